/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/proxmox on a made host: processes, pid files and configurations. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "connect/connector.h"
#include "connect/pve_files.h"
#include "support.h"

#define UUID "11111111-2222-3333-4444-555555555555"

struct made_host {
    char root[64];
    char run[96], conf[96];
    struct connector_config config;
    void *connector;
    struct inventory *inventory;
    unsigned forks;
};

static void made_path(const struct made_host *m, const char *path, char whole[256])
{
    assert_true(snprintf(whole, 256, "%s/%s", m->root, path) < 256);
}

static void made_write(const struct made_host *m, const char *path, const char *data, size_t len)
{
    char whole[256];
    int fd;

    made_path(m, path, whole);
    for (char *p = whole + strlen(m->root) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
    }
    fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    close(fd);
}

static void made_puts(const struct made_host *m, const char *path, const char *text)
{
    made_write(m, path, text, strlen(text));
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *ftw UNUSED)
{
    return remove(path);
}

static void made_remove(const struct made_host *m, const char *path)
{
    char whole[256];

    made_path(m, path, whole);
    assert_int_equal(nftw(whole, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A process more or less is one that was started since. */
static void made_fork(struct made_host *m)
{
    char text[64];

    snprintf(text, sizeof(text), "cpu  1 2 3 4 5 6 7 8 9 0\nprocesses %u\n", ++m->forks);
    made_puts(m, "proc/stat", text);
}

/* A QEMU with this -pidfile; its -id is the file's number. */
static void made_qemu_of(struct made_host *m, int pid, unsigned start, const char *pidfile,
                         const char *id)
{
    char path[64], text[256];
    struct buf argv = {0};

    snprintf(path, sizeof(path), "proc/%d/cmdline", pid);
    buf_printf(&argv, "/usr/bin/kvm%c-id%c%s%c-name%cargv%s,debug-threads=on%c", 0, 0, id, 0, 0, id,
               0);
    buf_printf(&argv, "-pidfile%c%s%c-smbios%ctype=1,uuid=" UUID "%c-m%c64%c", 0, pidfile, 0, 0, 0,
               0, 0);
    buf_printf(&argv, "-netdev%ctype=tap,id=net3,ifname=tap%si3%c", 0, id, 0);
    buf_printf(&argv, "-device%cvirtio-net-pci,mac=00:11:22:33:44:55,netdev=net3,id=net3%c", 0, 0);
    made_write(m, path, argv.data, argv.len);
    buf_done(&argv);
    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(
        text, sizeof(text),
        "%d (kvm) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 4 0 %u 1000 100 0 0 0 0 0 0 0 0 0 0 0 0 0 "
        "0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        pid, start);
    made_puts(m, path, text);
    made_fork(m);
}

/* A VM that runs, without a configuration. */
static void made_vm(struct made_host *m, int pid, const char *vmid)
{
    char path[96], text[32];

    snprintf(path, sizeof(path), "/var/run/qemu-server/%s.pid", vmid);
    made_qemu_of(m, pid, 1000, path, vmid);
    snprintf(path, sizeof(path), "run/%s.pid", vmid);
    snprintf(text, sizeof(text), "%d\n", pid);
    made_puts(m, path, text);
}

static void made_open(struct made_host *m, bool run_given)
{
    struct connector_error error;

    m->config.pve_run = run_given ? m->run : NULL;
    m->config.pve_conf = m->conf;
    assert_int_equal(connector_proxmox.open(&m->config, NULL, &m->connector, &error), 0);
}

/* A round; false when it says that nothing changed. */
static bool made_round(struct made_host *m)
{
    struct connector_error error = {.text = ""};
    struct inventory *fresh;
    int r = connector_proxmox.round(m->connector, NULL, m->inventory, &fresh, &error);

    assert_true(r >= 0);
    if (r)
        return false;
    inventory_unref(m->inventory);
    m->inventory = fresh;
    return true;
}

static const struct vm_info *made_find(const struct made_host *m, const char *vmid)
{
    return inventory_find(m->inventory, vmid);
}

static int set_up(void **state)
{
    struct made_host *m = xcalloc(1, sizeof(*m));
    char path[256];

    copy_text(m->root, sizeof(m->root), "/tmp/proxtop-test.XXXXXX");
    assert_non_null(mkdtemp(m->root));
    snprintf(m->run, sizeof(m->run), "%s/run", m->root);
    snprintf(m->conf, sizeof(m->conf), "%s/conf", m->root);
    made_puts(m, "run/qsd-100.pid", "1\n");
    made_puts(m, "conf/README", "none");
    made_fork(m);
    made_path(m, "proc", path);
    m->config.proc_fd = m->config.sys_fd = file_open_directory(path);
    assert_true(m->config.proc_fd >= 0);
    m->config.procfs_given = true;
    m->config.interval = 2;
    m->config.qmp_interval = -1;
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    struct made_host *m = *state;

    if (m->connector)
        connector_proxmox.close(m->connector);
    inventory_unref(m->inventory);
    close(m->config.proc_fd);
    assert_int_equal(nftw(m->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(m);
    return 0;
}

static void assert_none(const struct made_host *m, const char *vmid)
{
    assert_null(made_find(m, vmid));
}

static void test_pidfile_names(void **state UNUSED)
{
    static const struct {
        const char *path;
        const char *vmid; /* NULL = none */
        bool anywhere;    /* only if any directory will do */
    } cases[] = {
        {"/var/run/qemu-server/100.pid", "100", false},
        {"/run/qemu-server/1.pid", "1", false},
        {"/run/qemu-server/999999999.pid", "999999999", false},
        {"/host/run/qemu-server/7.pid", "7", true},
        {"/var/run/qemu-server/x/7.pid", "7", true},
        {"/var/var/run/qemu-server/7.pid", "7", true},
        {"/run/qemu-server2/7.pid", "7", true},
        {"/7.pid", "7", true},
        {"/run/qemu-server/1000000000.pid", NULL, true},
        {"/run/qemu-server/99999999999999999999.pid", NULL, true},
        {"/run/qemu-server/0.pid", NULL, true},
        {"/run/qemu-server/007.pid", NULL, true},
        {"/run/qemu-server/qsd-100.pid", NULL, true},
        {"/run/qemu-server/100.pid2", NULL, true},
        {"/run/qemu-server/100.pid ", NULL, true},
        {"/run/qemu-server/100xpid", NULL, true},
        {"/run/qemu-server/-100.pid", NULL, true},
        {"/run/qemu-server/+100.pid", NULL, true},
        {"/run/qemu-server/.pid", NULL, true},
        {"/run/qemu-server/", NULL, true},
        {"100.pid", NULL, true},
        {"", NULL, true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char vmid[PVE_VMID_SIZE] = "";

        assert_int_equal(pve_pidfile_vmid(cases[i].path, true, vmid), cases[i].vmid != NULL);
        assert_string_equal(vmid, cases[i].vmid ? cases[i].vmid : "");
        assert_int_equal(pve_pidfile_vmid(cases[i].path, false, vmid),
                         cases[i].vmid && !cases[i].anywhere);
    }
}

static void test_configured(void **state)
{
    struct made_host *m = *state;
    const struct vm_info *vm;

    made_vm(m, 500, "100");
    made_puts(m, "conf/100.conf",
              "name: web\nmemory: 2048\nsmbios1: uuid=AAAAAAAA-2222-3333-4444-555555555555\n"
              "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0\nnet1: e1000=BC:24:11:00:00:02\n"
              "scsi0: a:b,size=4G\nide2: none,media=cdrom\nefidisk0: a:c,size=4M\n"
              "tpmstate0: a:d,size=4M\ntags: b;a\nlock: backup\ntemplate: 1\n"
              "[snap]\nname: old\nscsi1: a:e\n");
    made_open(m, true);
    assert_true(made_round(m));
    assert_string_equal(m->inventory->source, "proxmox");
    assert_int_equal(m->inventory->count, 1);
    vm = made_find(m, "100");
    assert_string_equal(vm->vmid, "100");
    assert_string_equal(vm->name, "web");
    assert_string_equal(vm->uuid, "aaaaaaaa-2222-3333-4444-555555555555");
    assert_string_equal(vm->tags, "b;a");
    assert_string_equal(vm->lock, "backup");
    assert_true(vm->is_template);
    assert_int_equal(vm->pid, 500);
    assert_int_equal(vm->start_ticks, 1000);
    assert_int_equal(vm->readings[READING_MEMORY_MAX_KB].value, 2048 * 1024);
    assert_false(raw_valid(vm->readings[READING_VCPUS]));
    assert_int_equal(vm->nic_count, 2);
    assert_string_equal(vm->nics[0].name, "net0");
    assert_string_equal(vm->nics[0].interface, "tap100i0");
    assert_string_equal(vm->nics[0].bridge, "vmbr0");
    assert_string_equal(vm->nics[0].mac, "BC:24:11:00:00:01");
    assert_int_equal(vm->nics[0].kind, NIC_KIND_TAP);
    assert_null(vm->nics[1].interface);
    assert_int_equal(vm->nics[1].kind, NIC_KIND_USER);
    assert_string_equal(vm->interfaces, "tap100i0");
    assert_int_equal(vm->disk_count, 3);
    assert_string_equal(vm->disks[0].name, "scsi0");
    assert_true(vm->disks[0].is_total);
    assert_true(vm->disks[0].columns[VMDISK_DISK_SIZE_CAPACITY].value == UINT64_C(4) << 30);
    assert_string_equal(vm->disks[1].name, "ide2");
    assert_false(vm->disks[1].is_total);
    assert_string_equal(vm->disks[2].name, "efidisk0");
    assert_false(vm->disks[2].is_total);
    assert_false(made_round(m));
}

/* Without a configuration the command line tells. */
static void test_without_configuration(void **state)
{
    static const char nameless[] = "kvm\0-id\0"
                                   "101\0-pidfile\0/run/qemu-server/101.pid";
    struct made_host *m = *state;
    const struct vm_info *vm;

    made_vm(m, 500, "100");
    made_vm(m, 501, "101");
    made_puts(m, "conf/101.conf", "memory: 16\n");
    made_write(m, "proc/501/cmdline", nameless, sizeof(nameless));
    made_open(m, true);
    assert_true(made_round(m));
    vm = made_find(m, "100");
    assert_string_equal(vm->name, "argv100");
    assert_string_equal(vm->uuid, UUID);
    assert_int_equal(vm->readings[READING_MEMORY_MAX_KB].value, 64 * 1024);
    assert_int_equal(vm->nic_count, 1);
    assert_string_equal(vm->nics[0].name, "net3");
    assert_string_equal(vm->nics[0].interface, "tap100i3");
    assert_null(vm->tags);
    vm = made_find(m, "101");
    assert_string_equal(vm->name, "vm101");
    assert_null(vm->uuid);
    assert_int_equal(vm->readings[READING_MEMORY_MAX_KB].value, 16 * 1024);
}

static void test_which_are_vms(void **state)
{
    struct made_host *m = *state;

    made_vm(m, 500, "100");
    made_puts(m, "run/101.pid", "999\n"); /* stale: no such process */
    made_puts(m, "run/102.pid", "1\n");   /* used again: by another program */
    made_write(m, "proc/1/cmdline", "/sbin/init\0", 11);
    made_vm(m, 503, "103");
    made_puts(m, "run/103.pid", "500\n"); /* used again: by another VM */
    made_vm(m, 504, "104");
    made_remove(m, "run/104.pid");
    made_vm(m, 505, "105");
    made_puts(m, "run/105.pid", ""); /* not written yet */
    made_qemu_of(m, 506, 1000, "/tmp/other.pid", "106");
    made_vm(m, 507, "107");
    made_puts(m, "run/107.pid", "5070");
    made_vm(m, 508, "108");
    made_puts(m, "run/108.pid", "508");
    made_qemu_of(m, 509, 1000, "/var/run/qemu-server/qsd-100.pid", "100");
    made_puts(m, "run/qsd-100.pid", "509\n");
    made_open(m, true);
    assert_true(made_round(m));
    assert_int_equal(m->inventory->count, 2);
    assert_non_null(made_find(m, "100"));
    assert_non_null(made_find(m, "108"));
    assert_int_equal(m->inventory->strangers, 6);
    /* It is written now. */
    made_puts(m, "run/105.pid", "505\n");
    assert_true(made_round(m));
    assert_int_equal(m->inventory->count, 3);
    assert_non_null(made_find(m, "105"));
    assert_false(made_round(m));
    /* Its pid file goes: it is about to end. */
    made_remove(m, "run/100.pid");
    assert_true(made_round(m));
    assert_none(m, "100");
}

static void test_two_with_one_uuid(void **state)
{
    struct made_host *m = *state;

    made_vm(m, 500, "100");
    made_vm(m, 501, "101");
    made_puts(m, "conf/100.conf", "name: twin\nsmbios1: uuid=" UUID "\n");
    made_puts(m, "conf/101.conf", "name: twin\nsmbios1: uuid=" UUID "\n");
    made_open(m, true);
    assert_true(made_round(m));
    assert_int_equal(m->inventory->count, 2);
    assert_string_equal(m->inventory->vms[0].uuid, m->inventory->vms[1].uuid);
    assert_string_equal(m->inventory->vms[0].key, "100");
    assert_string_equal(m->inventory->vms[1].key, "101");
}

/* Changes are seen even within the second of the file's time, and a
 * configuration that leaves with its VM is kept until the VM has left, too. */
static void test_configuration_changes(void **state)
{
    struct made_host *m = *state;

    made_vm(m, 500, "100");
    made_puts(m, "conf/100.conf", "name: one\n");
    made_open(m, true);
    assert_true(made_round(m));
    assert_string_equal(made_find(m, "100")->name, "one");
    made_puts(m, "conf/100.conf", "name: two\n");
    assert_true(made_round(m));
    assert_string_equal(made_find(m, "100")->name, "two");
    made_puts(m, "conf/100.conf", "name: two\n#a description\n");
    assert_false(made_round(m));
    made_remove(m, "conf/100.conf");
    assert_false(made_round(m));
    made_puts(m, "conf/100.conf", "name: two\ntags: a\n");
    assert_true(made_round(m));
    assert_string_equal(made_find(m, "100")->tags, "a");
    assert_false(made_find(m, "100")->is_template);
    made_puts(m, "conf/100.conf", "name: two\ntags: a\ntemplate: 1\n");
    assert_true(made_round(m));
    assert_true(made_find(m, "100")->is_template);
    made_remove(m, "conf");
    assert_false(made_round(m));
    made_vm(m, 501, "101");
    assert_true(made_round(m));
    assert_string_equal(made_find(m, "100")->name, "two");
    assert_string_equal(made_find(m, "101")->name, "argv101");
}

/* An old file that nobody writes is read once. */
static void test_configuration_is_kept(void **state)
{
    struct made_host *m = *state;
    struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    struct pve_conf_file file = {0};
    struct buf text = {0};
    char path[256];
    int dir_fd = file_open_directory(m->conf);

    made_puts(m, "conf/100.conf", "name: one\n");
    made_path(m, "conf/100.conf", path);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_int_equal(pve_conf_file_update(&file, dir_fd, "100", &text), 1);
    assert_int_equal(pve_conf_file_update(&file, dir_fd, "100", &text), 0);
    /* As nobody can do it in earnest: another content, but all else as it was. */
    made_puts(m, "conf/100.conf", "name: two\n");
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_int_equal(pve_conf_file_update(&file, dir_fd, "100", &text), 0);
    assert_string_equal(file.conf.name, "one");
    old[1].tv_sec++;
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    assert_int_equal(pve_conf_file_update(&file, dir_fd, "100", &text), 1);
    assert_string_equal(file.conf.name, "two");
    assert_int_equal(pve_conf_file_update(&file, dir_fd, "101", &text), -ENOENT);
    assert_int_equal(mkdirat(dir_fd, "102.conf", 0755), 0);
    assert_int_equal(pve_conf_file_update(&file, dir_fd, "102", &text), -EINVAL);
    assert_true(file.known);
    pve_conf_file_done(&file);
    buf_done(&text);
    close(dir_fd);
}

/* The next VM of a number has nothing of the one before. */
static void test_started_anew(void **state)
{
    struct made_host *m = *state;

    made_vm(m, 500, "100");
    made_open(m, true);
    assert_true(made_round(m));
    made_remove(m, "proc/500");
    made_vm(m, 600, "100");
    assert_true(made_round(m));
    assert_int_equal(m->inventory->count, 1);
    assert_int_equal(made_find(m, "100")->pid, 600);
    made_remove(m, "proc/600");
    made_fork(m);
    assert_true(made_round(m));
    assert_int_equal(m->inventory->count, 0);
}

/* Where there are no pid files to read, command lines tell: the file's name in
 * its directory, and the option that only Proxmox VE's QEMU has. */
static void test_without_pid_files(void **state)
{
    struct made_host *m = *state;

    made_qemu_of(m, 500, 1000, "/var/run/qemu-server/100.pid", "100");
    made_qemu_of(m, 501, 1000, "/run/qemu-server/101.pid", "102");
    made_qemu_of(m, 502, 1000, "/elsewhere/103.pid", "103");
    made_qemu_of(m, 503, 1000, "/run/qemu-server/104.pid", "104");
    made_qemu_of(m, 504, 2000, "/run/qemu-server/104.pid", "104");
    made_puts(m, "conf/100.conf", "name: web\n");
    made_remove(m, "run");
    made_open(m, true);
    assert_true(made_round(m));
    assert_int_equal(m->inventory->count, 3);
    assert_string_equal(made_find(m, "100")->name, "web");
    assert_int_equal(made_find(m, "103")->pid, 502); /* any directory: the user named one */
    assert_int_equal(made_find(m, "104")->pid, 504);
    assert_false(made_round(m));
    made_remove(m, "proc/504");
    made_fork(m);
    assert_true(made_round(m));
    assert_int_equal(made_find(m, "104")->pid, 503);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pidfile_names),
        T(test_configured),
        T(test_without_configuration),
        T(test_which_are_vms),
        T(test_two_with_one_uuid),
        T(test_configuration_changes),
        T(test_configuration_is_kept),
        T(test_started_anew),
        T(test_without_pid_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
