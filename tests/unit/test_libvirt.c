/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt connector as a whole, against the driver that libvirt has for
 * tests (test:///default: one domain, "test") and a small tree of files in
 * place of /proc and /sys.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "connect/connector.h"
#include "support.h"

/* Of the driver's domain; part of libvirt. */
#define TEST_UUID  "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define OTHER_UUID "11111111-2222-4333-8444-555555555555"

/* A domain of ours in the driver's own format. */
#define NODE_DOMAIN(name, uuid, state)                                                             \
    "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"                 \
    "<test:runstate>" state "</test:runstate><name>" name "</name><uuid>" uuid "</uuid>"           \
    "<memory>4096</memory><currentMemory>2048</currentMemory><vcpu>3</vcpu>"                       \
    "<os><type>hvm</type></os></domain>"

struct tree {
    char root[64];
    struct connector_config config;
};

/* ---- the tree ---- */

static void tree_write(const struct tree *tree, const char *path, const void *data, size_t len)
{
    char *full = xasprintf("%s/%s", tree->root, path);
    FILE *file;

    for (char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0755);
        *slash = '/';
    }
    file = fopen(full, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    free(full);
}

static void tree_puts(const struct tree *tree, const char *path, const char *text)
{
    tree_write(tree, path, text, strlen(text));
}

static void tree_add_thread(const struct tree *tree, int pid, int tid, const char *comm)
{
    char path[64], text[64];

    snprintf(path, sizeof(path), "proc/%d/task/%d/comm", pid, tid);
    snprintf(text, sizeof(text), "%s\n", comm);
    tree_puts(tree, path, text);
}

/* A QEMU that started `pid` ticks after the host. */
static void tree_add_qemu(const struct tree *tree, int pid, const char *name, const char *uuid)
{
    char path[64], text[512];
    int n = snprintf(text, sizeof(text), "/usr/bin/qemu-system-x86_64%c-name%cguest=%s%c-uuid%c%s",
                     0, 0, name, 0, 0, uuid);

    snprintf(path, sizeof(path), "proc/%d/cmdline", pid);
    tree_write(tree, path, text, (size_t)n + 1);
    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(text, sizeof(text),
             "%d (qemu-system-x86) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 %d 1000 10 -1 0 0\n",
             pid, pid);
    tree_puts(tree, path, text);
    tree_add_thread(tree, pid, pid, "qemu-system-x86");
}

static int tree_set_up(void **state)
{
    struct tree *tree = xcalloc(1, sizeof(*tree));
    char path[96];

    copy_text(tree->root, sizeof(tree->root), "/tmp/proxtop-test.XXXXXX");
    assert_non_null(mkdtemp(tree->root));
    tree_puts(tree, "proc/1/cmdline", "init");
    tree_puts(tree, "proc/stat", "cpu  1 2 3 4 5 6 7 8\nprocesses 10\n");
    tree_puts(tree, "proc/sys/kernel/hostname", "here\n");
    tree_puts(tree, "sys/fs/cgroup/empty", "");
    tree->config = (struct connector_config){
        .uri = "test:///default", .interval = 1, .libvirt_interval = -1, .qmp_interval = -1};
    snprintf(path, sizeof(path), "%s/proc", tree->root);
    tree->config.proc_fd = file_open_directory(path);
    snprintf(path, sizeof(path), "%s/sys", tree->root);
    tree->config.sys_fd = file_open_directory(path);
    assert_true(tree->config.proc_fd >= 0 && tree->config.sys_fd >= 0);
    *state = tree;
    return 0;
}

static int tree_remove_one(const char *path, const struct stat *info UNUSED, int type UNUSED,
                           struct FTW *walk UNUSED)
{
    return remove(path);
}

static int tree_tear_down(void **state)
{
    struct tree *tree = *state;

    close(tree->config.proc_fd);
    close(tree->config.sys_fd);
    assert_int_equal(nftw(tree->root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(tree);
    return 0;
}

/* ---- helpers ---- */

static void *open_connector(const struct tree *tree)
{
    struct connector_error error = {.text = ""};
    void *connector = NULL;

    assert_int_equal(connector_libvirt.open(&tree->config, NULL, &connector, &error), 0);
    assert_non_null(connector);
    return connector;
}

static struct inventory *run_round(void *connector, const struct inventory *previous)
{
    struct connector_error error = {.text = ""};
    struct inventory *inventory = NULL;

    assert_int_equal(connector_libvirt.round(connector, NULL, previous, &inventory, &error), 0);
    assert_non_null(inventory);
    return inventory;
}

static struct inventory *read_once(const struct tree *tree)
{
    void *connector = open_connector(tree);
    struct inventory *inventory = run_round(connector, NULL);

    connector_libvirt.close(connector);
    return inventory;
}

/* ---- the domain ---- */

static void test_the_domain_is_listed(void **state)
{
    struct mono before = clock_mono(&clock_system);
    struct inventory *inventory = read_once(*state);
    const struct vm_info *vm = &inventory->vms[0];

    assert_string_equal(inventory->source, "libvirt");
    assert_int_equal(inventory->references, 1);
    assert_int_equal(inventory->count, 1);
    assert_int_equal(inventory->strangers, 0);
    assert_string_equal(vm->key, TEST_UUID);
    assert_string_equal(vm->uuid, TEST_UUID);
    assert_string_equal(vm->name, "test");
    assert_null(vm->vmid);
    assert_int_equal(vm->state, VM_STATE_RUNNING);
    assert_int_equal(vm->pid, 0);
    assert_null(vm->vcpus);
    assert_true(vm->has_source);
    assert_string_equal(vm->stale_reason, "");
    assert_true(vm->answered_at.ns >= before.ns);
    assert_int_equal(vm->readings[READING_VCPUS].value, 2);
    assert_int_equal(vm->readings[READING_MEMORY_MAX_KB].value, 8388608);
    assert_int_equal(vm->readings[READING_BALLOON_KB].value, 2097152);
    assert_false(raw_valid(vm->readings[READING_GUEST_TOTAL_KB]));
    for (size_t i = READING_VCPUS; i <= READING_BALLOON_KB; i++)
        assert_true(vm->readings[i].at.ns >= before.ns);
    inventory_unref(inventory);
}

static void test_rounds_go_on(void **state)
{
    void *connector = open_connector(*state);
    struct inventory *first = run_round(connector, NULL);
    struct inventory *second = run_round(connector, first);

    assert_int_equal(second->count, 1);
    assert_true(second->vms[0].answered_at.ns > first->vms[0].answered_at.ns);
    inventory_unref(first);
    inventory_unref(second);
    connector_libvirt.close(connector);
}

static void test_without_statistics(void **state)
{
    struct tree *tree = *state;
    struct inventory *inventory;

    tree->config.libvirt_interval = 0;
    inventory = read_once(tree);
    assert_true(inventory->vms[0].has_source);
    assert_true(inventory->vms[0].answered_at.ns > 0);
    assert_int_equal(inventory->vms[0].readings[READING_VCPUS].value, 2);
    inventory_unref(inventory);
}

static void test_states_and_names(void **state)
{
    static const char node[] =
        "<node>" NODE_DOMAIN("zebra, \"&lt;x>", TEST_UUID, "3") NODE_DOMAIN("ant", OTHER_UUID, "6")
            NODE_DOMAIN("gone", "22222222-2222-4333-8444-555555555555", "5") "</node>";
    struct tree *tree = *state;
    struct inventory *inventory;
    char uri[128];

    tree_puts(tree, "node.xml", node);
    snprintf(uri, sizeof(uri), "test://%s/node.xml", tree->root);
    tree->config.uri = uri;
    inventory = read_once(tree);
    assert_int_equal(inventory->count, 2);
    assert_string_equal(inventory->vms[0].name, "ant");
    assert_int_equal(inventory->vms[0].state, VM_STATE_CRASHED);
    assert_string_equal(inventory->vms[1].name, "zebra, \"<x>");
    assert_int_equal(inventory->vms[1].state, VM_STATE_PAUSED);
    assert_int_equal(inventory->vms[1].readings[READING_VCPUS].value, 3);
    inventory_unref(inventory);
}

/* ---- its devices ---- */

static const char devices_node[] =
    "<node><domain type='test'><name>vm</name><uuid>" TEST_UUID "</uuid><memory>4096</memory>"
    "<os><type>hvm</type></os><devices>"
    "<disk type='file' device='disk'><source file='/srv/a &amp; b'/><target dev='vda'/></disk>"
    "<disk type='file' device='cdrom'><target dev='hdc'/></disk>"
    "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
    "<target dev='tap7'/></interface></devices></domain></node>";

static void test_devices(void **state)
{
    struct tree *tree = *state;
    struct inventory *inventory;
    const struct vm_info *vm;
    char uri[128];

    tree_puts(tree, "node.xml", devices_node);
    snprintf(uri, sizeof(uri), "test://%s/node.xml", tree->root);
    tree->config.uri = uri;
    tree->config.wants_disks = true;
    inventory = read_once(tree);
    vm = &inventory->vms[0];
    assert_int_equal(vm->disk_count, 2);
    assert_string_equal(vm->disks[0].name, "vda");
    assert_true(vm->disks[0].is_total);
    assert_string_equal(vm->disks[1].name, "hdc");
    assert_false(vm->disks[1].is_total);
    assert_int_equal(vm->nic_count, 0);
    inventory_unref(inventory);

    tree->config.wants_disks = false;
    tree->config.wants_nics = true;
    tree->config.libvirt_interval = 0; /* what they are is no statistics */
    inventory = read_once(tree);
    vm = &inventory->vms[0];
    assert_int_equal(vm->disk_count, 0);
    assert_int_equal(vm->nic_count, 1);
    assert_string_equal(vm->nics[0].name, "net0");
    assert_string_equal(vm->nics[0].mac, "52:54:00:00:00:01");
    assert_string_equal(vm->nics[0].bridge, "br0");
    assert_string_equal(vm->interfaces, vm->nics[0].interface);
    assert_int_equal(vm->nics[0].kind, NIC_KIND_TAP);
    inventory_unref(inventory);
}

/* The driver's domain has a disk, too. */
static void test_devices_not_wanted(void **state)
{
    struct inventory *inventory = read_once(*state);

    assert_int_equal(inventory->vms[0].disk_count, 0);
    assert_int_equal(inventory->vms[0].nic_count, 0);
    inventory_unref(inventory);
}

/* ---- its process ---- */

static void test_process_by_uuid_and_name(void **state)
{
    struct inventory *inventory;

    tree_add_qemu(*state, 100, "test1", TEST_UUID);
    tree_add_qemu(*state, 101, "test", OTHER_UUID);
    tree_add_qemu(*state, 102, "test", "6695EB01-F6A4-8304-79AA-97F2502E193F");
    tree_add_thread(*state, 102, 103, "CPU 0/KVM");
    tree_add_qemu(*state, 104, "tes", TEST_UUID);
    inventory = read_once(*state);
    assert_int_equal(inventory->count, 1);
    assert_int_equal(inventory->vms[0].pid, 102);
    assert_int_equal(inventory->vms[0].start_ticks, 102);
    assert_null(inventory->vms[0].vcpus);
    assert_int_equal(inventory->strangers, 3);
    inventory_unref(inventory);
}

static void test_process_ambiguous(void **state)
{
    struct inventory *inventory;

    tree_add_qemu(*state, 100, "test", TEST_UUID);
    tree_add_qemu(*state, 101, "test", TEST_UUID);
    inventory = read_once(*state);
    assert_int_equal(inventory->vms[0].pid, 0);
    assert_int_equal(inventory->strangers, 2);
    inventory_unref(inventory);
}

static void test_no_procfs(void **state)
{
    struct tree *tree = *state;
    struct connector_config config = tree->config;
    struct inventory *inventory;

    tree->config.proc_fd = tree->config.sys_fd;
    inventory = read_once(tree);
    assert_int_equal(inventory->count, 1);
    assert_int_equal(inventory->vms[0].pid, 0);
    assert_int_equal(inventory->strangers, 0);
    inventory_unref(inventory);
    tree->config = config;
}

/* ---- its threads ---- */

static void add_unnamed_qemu(const struct tree *tree, const char *cgroup)
{
    tree_add_qemu(tree, 100, "test", TEST_UUID);
    tree_add_thread(tree, 100, 101, "qemu-system-x86");
    tree_add_thread(tree, 100, 102, "qemu-system-x86");
    tree_puts(tree, "proc/100/cgroup", cgroup);
}

static void check_two_vcpus(const struct tree *tree)
{
    struct inventory *inventory = read_once(tree);
    const struct vm_info *vm = &inventory->vms[0];

    assert_int_equal(vm->pid, 100);
    assert_int_equal(vm->vcpu_count, 2);
    assert_int_equal(vm->vcpus[0].id, 0);
    assert_int_equal(vm->vcpus[0].tid, 102);
    assert_int_equal(vm->vcpus[1].id, 1);
    assert_int_equal(vm->vcpus[1].tid, 101);
    inventory_unref(inventory);
}

static void test_threads_in_cgroup_v2(void **state)
{
    struct tree *tree = *state;

    add_unnamed_qemu(tree,
                     "0::/machine.slice/machine-qemu\\x2d1\\x2dtest.scope/libvirt/emulator\n");
#define SCOPE "sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dtest.scope/libvirt"
    tree_puts(tree, SCOPE "/emulator/cgroup.threads", "100\n");
    /* 999 is a kernel thread outside of the process. */
    tree_puts(tree, SCOPE "/vcpu0/cgroup.threads", "999\n102\n");
    tree_puts(tree, SCOPE "/vcpu1/cgroup.threads", "101\n");
    tree_puts(tree, SCOPE "/vcpu2/cgroup.threads", "998\n");
    tree_puts(tree, SCOPE "/vcpu3/cgroup.threads", "");
    tree_puts(tree, SCOPE "/vcpu3x/cgroup.threads", "100\n");
    tree_puts(tree, SCOPE "/iothread1/cgroup.threads", "100\n");
#undef SCOPE
    check_two_vcpus(tree);
}

static void test_threads_in_cgroup_v1(void **state)
{
    struct tree *tree = *state;

    add_unnamed_qemu(tree, "2:cpu,cpuacct:/machine/qemu-1-test.libvirt-qemu/emulator\n"
                           "1:memory:/machine/qemu-1-test.libvirt-qemu\n");
    tree_puts(tree, "sys/fs/cgroup/cpu,cpuacct/machine/qemu-1-test.libvirt-qemu/vcpu0/tasks",
              "102\n");
    tree_puts(tree, "sys/fs/cgroup/cpu,cpuacct/machine/qemu-1-test.libvirt-qemu/vcpu1/tasks",
              "101\n");
    check_two_vcpus(tree);
}

static void test_threads_on_hybrid_host(void **state)
{
    struct tree *tree = *state;

    add_unnamed_qemu(tree, "0::/machine/qemu-1-test.libvirt-qemu/emulator\n");
    tree_puts(tree, "sys/fs/cgroup/unified/machine/qemu-1-test.libvirt-qemu/vcpu0/cgroup.threads",
              "102\n");
    tree_puts(tree, "sys/fs/cgroup/unified/machine/qemu-1-test.libvirt-qemu/vcpu1/cgroup.threads",
              "101\n");
    check_two_vcpus(tree);
}

/* Not found at once, found later and then remembered. */
static void test_threads_come_later(void **state)
{
    struct tree *tree = *state;
    void *connector = open_connector(tree);
    struct inventory *inventory;

    add_unnamed_qemu(tree, "0::/vm/emulator\n");
    inventory = run_round(connector, NULL);
    assert_int_equal(inventory->vms[0].pid, 100);
    assert_null(inventory->vms[0].vcpus);
    inventory_unref(inventory);
    tree_puts(tree, "sys/fs/cgroup/vm/vcpu0/cgroup.threads", "102\n");
    tree_puts(tree, "sys/fs/cgroup/vm/vcpu1/cgroup.threads", "101\n");
    for (int i = 0; i < 600; i++) {
        inventory = run_round(connector, NULL);
        if (inventory->vms[0].vcpus)
            break;
        inventory_unref(inventory);
        usleep(100000);
    }
    assert_int_equal(inventory->vms[0].vcpu_count, 2);
    inventory_unref(inventory);
    tree_puts(tree, "sys/fs/cgroup/vm/vcpu0/cgroup.threads", "");
    inventory = run_round(connector, NULL);
    assert_int_equal(inventory->vms[0].vcpu_count, 2);
    inventory_unref(inventory);
    connector_libvirt.close(connector);
}

/* ---- opening, beat ---- */

static void test_open_fails(void **state)
{
    struct tree *tree = *state;
    struct connector_error error = {.text = ""};
    void *connector = NULL;

    tree->config.uri = "qemu+unix:///system?socket=/does/not/exist";
    assert_int_equal(connector_libvirt.open(&tree->config, NULL, &connector, &error), -ENOENT);
    assert_null(connector);
    assert_non_null(strstr(error.text, "cannot open 'qemu+unix:///system?socket=/does/not/exist'"));
    assert_non_null(strstr(error.text, "; does libvirtd or virtqemud run there?"));
    assert_false(error.usage);
    assert_false(error.fatal);
}

static void test_beat(void **state UNUSED)
{
    struct connector_config config = {.interval = 1, .libvirt_interval = -1};

    assert_float_equal(connector_libvirt.beat(&config, 0.1), 2, 0);
    assert_float_equal(connector_libvirt.beat(&config, 1.5), 6, 0);
    config.interval = 5;
    assert_float_equal(connector_libvirt.beat(&config, 0.1), 5, 0);
    config.libvirt_interval = 0;
    assert_float_equal(connector_libvirt.beat(&config, 0.1), 5, 0);
    config.libvirt_interval = 0.5;
    assert_float_equal(connector_libvirt.beat(&config, 3), 0.5, 0);
    assert_string_equal(connector_libvirt.name, "libvirt");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, tree_set_up, tree_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_domain_is_listed),
        TEST(test_rounds_go_on),
        TEST(test_without_statistics),
        TEST(test_states_and_names),
        TEST(test_devices),
        TEST(test_devices_not_wanted),
        TEST(test_process_by_uuid_and_name),
        TEST(test_process_ambiguous),
        TEST(test_no_procfs),
        TEST(test_threads_in_cgroup_v2),
        TEST(test_threads_in_cgroup_v1),
        TEST(test_threads_on_hybrid_host),
        TEST(test_threads_come_later),
        TEST(test_open_fails),
        TEST(test_beat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
