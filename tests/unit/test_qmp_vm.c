/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/qmp_vm: what is asked when, and what comes of the answers, round by round. */
#include "connect/qmp_vm.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "support.h"

#define BEAT  0.002 /* so that there is next to no waiting */
#define TRIES 50

/* A monitor that answers to each command what stands here; notes what was asked. */
struct fake {
    char path[100];
    int listener;
    pthread_t thread;
    pthread_mutex_t lock;
    struct buf asked;        /* names of commands, each with a blank */
    const char *blockstats;  /* NULL = silence from there on */
    const char *guest_stats; /* NULL = an error */
    const char *polling;     /* likewise, and qom-set then fails, too */
    const char *all;         /* to all questions, if not NULL */
    char set[100];           /* what qom-set was to set */
    bool mute;
};

static const char stats_of_two[] =
    "[{\"device\":\"drive-a\",\"node-name\":\"n\",\"qdev\":\"a\",\"stats\":{\"rd_operations\":5}},"
    "{\"device\":\"drive-b\",\"node-name\":\"m\",\"qdev\":\"b\",\"stats\":{\"rd_operations\":6}}]";
static const char stats_of_one[] =
    "[{\"device\":\"drive-a\",\"node-name\":\"n\",\"qdev\":\"a\",\"stats\":{\"rd_operations\":7}}]";
static const char stats_of_another[] =
    "[{\"device\":\"drive-new\",\"node-name\":\"n\",\"qdev\":\"new\",\"stats\":{}}]";
static const char block_of_two[] =
    "[{\"device\":\"drive-a\",\"qdev\":\"a\",\"removable\":false,\"inserted\":{\"file\":\"/a\","
    "\"image\":{\"virtual-size\":1000,\"actual-size\":500}}},"
    "{\"device\":\"drive-b\",\"qdev\":\"b\",\"removable\":true,\"tray_open\":false,"
    "\"io-status\":\"ok\",\"inserted\":{\"image\":{\"virtual-size\":2000}}}]";
static const char guest[] = "{\"stats\":{\"stat-total-memory\":4096},\"last-update\":99999999999}";

static const char *fake_value(const struct fake *fake, const char *line)
{
    if (strstr(line, "qmp_capabilities"))
        return "{}";
    if (fake->all)
        return fake->all;
    if (strstr(line, "query-status"))
        return "{\"status\":\"running\"}";
    if (strstr(line, "query-blockstats"))
        return fake->blockstats;
    if (strstr(line, "query-block"))
        return block_of_two;
    if (strstr(line, "peripheral-anon"))
        return "[]";
    if (strstr(line, "qom-list"))
        return "[{\"name\":\"balloon0\",\"type\":\"child<virtio-balloon-pci>\"}]";
    if (strstr(line, "query-balloon"))
        return "{\"actual\":2048}";
    if (strstr(line, "qom-set"))
        return fake->polling ? "{}" : NULL;
    return strstr(line, "polling") ? fake->polling : fake->guest_stats;
}

/* One command; false at the end. */
static bool fake_serve_one(struct fake *fake, int fd)
{
    char line[512], reply[1024], number_text[32] = "";
    const char *name, *id, *value;
    struct cursor c;
    uint64_t number;
    size_t n = 0;
    int depth = 0;

    while (n + 1 < sizeof(line) && recv(fd, &line[n], 1, 0) == 1) {
        depth += (line[n] == '{') - (line[n] == '}');
        if (line[n++] == '}' && depth == 0)
            break;
    }
    line[n] = '\0';
    name = strstr(line, "\"execute\":\"");
    id = strstr(line, "\"id\":");
    if (!name)
        return false;
    c = cursor_of(id ? id + 5 : "", id ? strlen(id + 5) : 0);
    if (cursor_u64(&c, &number))
        snprintf(number_text, sizeof(number_text), ",\"id\":%u", (unsigned)number);
    name += 11;
    pthread_mutex_lock(&fake->lock);
    buf_printf(&fake->asked, "%.*s ", (int)strcspn(name, "\""), name);
    value = fake_value(fake, line);
    if (strstr(line, "qom-set"))
        copy_text(fake->set, sizeof(fake->set), strstr(line, "\"property\""));
    pthread_mutex_unlock(&fake->lock);
    if (value)
        snprintf(reply, sizeof(reply), "{\"return\":%s%s}\r\n", value, number_text);
    else
        snprintf(reply, sizeof(reply), "{\"error\":{\"class\":\"GenericError\"}%s}\r\n",
                 number_text);
    if (value || !strstr(line, "query-blockstats"))
        (void)send(fd, reply, strlen(reply), MSG_NOSIGNAL);
    return true;
}

static void *fake_run(void *argument)
{
    static const char greeting[] = "{\"QMP\": {}}\r\n";
    struct fake *fake = argument;
    int fd;

    while ((fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        bool mute;

        pthread_mutex_lock(&fake->lock);
        mute = fake->mute;
        pthread_mutex_unlock(&fake->lock);
        if (!mute)
            (void)send(fd, greeting, sizeof(greeting) - 1, MSG_NOSIGNAL);
        while (fake_serve_one(fake, fd))
            ;
        close(fd);
    }
    return NULL;
}

static int fake_start(void **state)
{
    static struct fake fake;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char directory[] = "/tmp/proxtop-qmpvm-XXXXXX";

    fake = (struct fake){.blockstats = stats_of_two, .guest_stats = guest, .polling = "2"};
    pthread_mutex_init(&fake.lock, NULL);
    if (!mkdtemp(directory))
        return -1;
    snprintf(fake.path, sizeof(fake.path), "%s/s", directory);
    copy_text(address.sun_path, sizeof(address.sun_path), fake.path);
    fake.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fake.listener, (struct sockaddr *)&address, sizeof(address)) ||
        listen(fake.listener, 4) || pthread_create(&fake.thread, NULL, fake_run, &fake))
        return -1;
    *state = &fake;
    return 0;
}

static int fake_stop(void **state)
{
    struct fake *fake = *state;

    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    unlink(fake->path);
    *strrchr(fake->path, '/') = '\0';
    rmdir(fake->path);
    buf_done(&fake->asked);
    return 0;
}

static struct qmp_vm *monitor_new(const struct fake *fake)
{
    struct qmp_place place = {.path = fake->path, .pid = getpid(), .proc_fd = -1};

    return qmp_vm_new(&place);
}

/* One round for one VM, of which `previous` is known and given back. */
static struct inventory *visit(struct qmp_vm *monitor, struct inventory *previous, size_t *denied)
{
    struct inventory *inventory = inventory_new("test");
    struct qmp_visit one = {.monitor = monitor, .vm = inventory_append(inventory)};
    size_t count;

    one.vm->key = xstrdup("k");
    one.vm->name = xstrdup("n");
    if (previous)
        qmp_vm_keep(&previous->vms[0], one.vm);
    inventory_unref(previous);
    count = qmp_visit_all(&one, 1, BEAT, NULL);
    if (denied)
        *denied = count;
    return inventory;
}

/* Rounds until the VM answers; a slow machine may need more than one. */
static struct inventory *visit_well(struct fake *fake, struct qmp_vm *monitor,
                                    struct inventory *inventory)
{
    for (unsigned i = 0; i < TRIES; i++) {
        pthread_mutex_lock(&fake->lock);
        buf_clear(&fake->asked);
        pthread_mutex_unlock(&fake->lock);
        inventory = visit(monitor, inventory, NULL);
        if (!inventory->vms[0].stale_reason[0] && inventory->vms[0].state)
            break;
    }
    assert_string_equal(inventory->vms[0].stale_reason, "");
    return inventory;
}

static void assert_asked(struct fake *fake, const char *expected)
{
    pthread_mutex_lock(&fake->lock);
    assert_string_equal(buf_text(&fake->asked), expected);
    pthread_mutex_unlock(&fake->lock);
}

static void fake_set(struct fake *fake, const char *blockstats, const char *guest_stats)
{
    pthread_mutex_lock(&fake->lock);
    fake->blockstats = blockstats;
    fake->guest_stats = guest_stats;
    pthread_mutex_unlock(&fake->lock);
}

#define FIRST "qmp_capabilities query-status query-block query-blockstats qom-list qom-list "
#define LATER "qmp_capabilities query-status query-blockstats "

static void test_questions(void **state)
{
    struct fake *fake = *state;
    struct qmp_vm *monitor = monitor_new(fake);
    struct inventory *inventory = visit_well(fake, monitor, NULL);
    const struct vm_info *vm = &inventory->vms[0];

    assert_asked(fake, FIRST "query-balloon qom-get qom-get ");
    assert_true(vm->has_source && vm->answered_at.ns);
    assert_int_equal(vm->state, VM_STATE_RUNNING);
    assert_int_equal(vm->disk_count, 2);
    assert_string_equal(vm->disks[0].name, "a");
    assert_true(vm->disks[0].is_total);
    assert_false(vm->disks[1].is_total);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_READS].value, 5);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_SIZE_CAPACITY].value, 1000);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_SIZE_ALLOCATION].value, 500);
    assert_false(raw_valid(vm->disks[1].columns[VMDISK_DISK_SIZE_ALLOCATION]));
    assert_string_equal(vm->disks[0].backend, "file");
    assert_string_equal(vm->disks[0].source, "/a");
    assert_true(!vm->disks[1].backend && !vm->disks[1].source);
    assert_int_equal(vm->readings[READING_BALLOON_KB].value, 2);
    assert_int_equal(vm->readings[READING_GUEST_TOTAL_KB].value, 4);

    /* Sizes and the balloon's place hold for a minute; disks go at once. */
    fake_set(fake, stats_of_one, guest);
    inventory = visit_well(fake, monitor, inventory);
    vm = &inventory->vms[0];
    assert_asked(fake, LATER "query-balloon qom-get ");
    assert_int_equal(vm->disk_count, 1);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_READS].value, 7);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_SIZE_CAPACITY].value, 1000);

    /* A disk that is not known has the sizes asked again; the memory is asked
     * about in each third round, and what was known of it holds on. */
    fake_set(fake, stats_of_another, guest);
    inventory = visit_well(fake, monitor, inventory);
    assert_asked(fake, LATER "query-block ");
    assert_string_equal(inventory->vms[0].disks[0].name, "new");
    assert_int_equal(inventory->vms[0].readings[READING_GUEST_TOTAL_KB].value, 4);

    inventory = visit_well(fake, monitor, inventory);
    assert_asked(fake, LATER "query-block ");

    /* The balloon is gone, and with it what it told. */
    fake_set(fake, stats_of_one, NULL);
    inventory = visit_well(fake, monitor, inventory);
    assert_false(raw_valid(inventory->vms[0].readings[READING_GUEST_TOTAL_KB]));
    assert_false(raw_valid(inventory->vms[0].readings[READING_BALLOON_KB]));
    inventory = visit_well(fake, monitor, inventory);
    assert_asked(fake, LATER);
    inventory_unref(inventory);
    qmp_vm_free(monitor);
}

/* What was known holds on, the time of the last answer stands still, and the
 * monitor is let alone for longer and longer. */
static void test_silence(void **state)
{
    struct fake *fake = *state;
    struct qmp_vm *monitor = monitor_new(fake);
    struct inventory *inventory = visit_well(fake, monitor, NULL);
    struct mono answered = inventory->vms[0].answered_at;

    pthread_mutex_lock(&fake->lock);
    fake->mute = true;
    pthread_mutex_unlock(&fake->lock);
    inventory = visit(monitor, inventory, NULL);
    assert_string_equal(inventory->vms[0].stale_reason, "QMP busy");
    assert_true(inventory->vms[0].answered_at.ns == answered.ns);
    assert_true(inventory->vms[0].has_source);
    assert_int_equal(inventory->vms[0].disk_count, 2);
    assert_int_equal(inventory->vms[0].state, VM_STATE_RUNNING);
    assert_int_equal(inventory->vms[0].readings[READING_BALLOON_KB].value, 2);
    pthread_mutex_lock(&fake->lock);
    fake->mute = false;
    pthread_mutex_unlock(&fake->lock);
    inventory = visit_well(fake, monitor, inventory);
    assert_true(inventory->vms[0].answered_at.ns > answered.ns);

    fake_set(fake, NULL, guest); /* greets, and hangs at the disks */
    answered = inventory->vms[0].answered_at;
    inventory = visit(monitor, inventory, NULL);
    assert_string_equal(inventory->vms[0].stale_reason, "QMP does not answer");
    assert_true(inventory->vms[0].answered_at.ns == answered.ns);
    inventory_unref(inventory);
    qmp_vm_free(monitor);
}

/* A round of a VM of which nothing is known, with a monitor that polls so often. */
static struct inventory *visit_polling(struct fake *fake, uint32_t guest_stats_s,
                                       const char *polling, const char *told)
{
    struct qmp_place place = {
        .path = fake->path, .pid = getpid(), .proc_fd = -1, .guest_stats_s = guest_stats_s};
    struct qmp_vm *monitor = qmp_vm_new(&place);
    struct inventory *inventory;

    pthread_mutex_lock(&fake->lock);
    fake->polling = polling;
    fake->guest_stats = told;
    fake->set[0] = '\0';
    pthread_mutex_unlock(&fake->lock);
    inventory = visit_well(fake, monitor, NULL);
    /* It is settled for a minute, whatever came of it. */
    pthread_mutex_lock(&fake->lock);
    assert_int_equal(fake->set[0] != '\0', strstr(buf_text(&fake->asked), "qom-set") != NULL);
    pthread_mutex_unlock(&fake->lock);
    inventory = visit_well(fake, monitor, inventory);
    assert_asked(fake, LATER "query-balloon qom-get ");
    qmp_vm_free(monitor);
    return inventory;
}

/* Only when it was asked for, and only to more often. */
static void test_set_polling(void **state)
{
    static const struct {
        uint32_t guest_stats_s;
        const char *polling; /* NULL = the device tells an error */
        const char *set;     /* NULL = nothing */
    } cases[] = {
        {0, "0", NULL},  {0, "10", NULL}, {0, NULL, NULL},
        {5, "0", "5"},   {5, "6", "5"},   {3600, "4294967295", "3600"},
        {5, "5", NULL},  {5, "2", NULL},  {5, NULL, NULL},
        {5, "-1", NULL}, {5, "{}", NULL},
    };
    struct fake *fake = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char expected[100] = "";

        inventory_unref(visit_polling(fake, cases[i].guest_stats_s, cases[i].polling, guest));
        if (cases[i].set)
            snprintf(expected, sizeof(expected),
                     "\"property\":\"guest-stats-polling-interval\",\"value\":%s}", cases[i].set);
        assert_memory_equal(fake->set, expected, strlen(expected) + !cases[i].set);
    }
}

/* What the guest said more than three periods of its polling ago is not taken. */
static void test_old_statistics(void **state)
{
    static const struct {
        const char *polling;
        int64_t fresh_s, stale_s;
    } cases[] = {{"20", 30, 90}, {"600", 1700, 1900}, {"0", 30, 90}, {NULL, 30, 90}};
    struct fake *fake = *state;

    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        int64_t age = i % 2 ? cases[i / 2].stale_s : cases[i / 2].fresh_s;
        struct inventory *inventory;
        char told[120];

        snprintf(told, sizeof(told),
                 "{\"stats\":{\"stat-total-memory\":4096},\"last-update\":%lld}",
                 (long long)(clock_system.wall(NULL).tv_sec - age));
        inventory = visit_polling(fake, 0, cases[i / 2].polling, told);
        assert_int_equal(raw_valid(inventory->vms[0].readings[READING_GUEST_TOTAL_KB]), i % 2 == 0);
        inventory_unref(inventory);
    }
}

/* A monitor that says what QEMU never does: what was known holds on. */
static void test_wrong_types(void **state)
{
    /* Lists come last: they have no disks in them. */
    static const char *const all[] = {"5",        "\"x\"",      "null",          "{}",     "true",
                                      "-1.5e300", "{\"n\":{}}", "[{}, 1, null]", "[\"x\"]"};
    struct fake *fake = *state;
    struct qmp_vm *monitor = monitor_new(fake);
    struct inventory *inventory = visit_well(fake, monitor, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct qmp_vm *fresh = monitor_new(fake);

        pthread_mutex_lock(&fake->lock);
        fake->all = all[i];
        pthread_mutex_unlock(&fake->lock);
        inventory = visit_well(fake, monitor, inventory);
        assert_int_equal(inventory->vms[0].state, VM_STATE_RUNNING);
        assert_int_equal(inventory->vms[0].disk_count, all[i][0] == '[' ? 0 : 2);
        inventory_unref(visit(fresh, NULL, NULL));
        qmp_vm_free(fresh);
    }
    inventory_unref(inventory);
    qmp_vm_free(monitor);
}

static void test_no_socket(void **state UNUSED)
{
    struct qmp_place place = {.path = "/none/a.qmp", .pid = getpid(), .proc_fd = -1};
    struct qmp_vm *monitor = qmp_vm_new(&place);
    size_t denied = 7;
    struct inventory *inventory = visit(monitor, NULL, &denied);

    assert_int_equal(denied, 0);
    assert_true(inventory->vms[0].has_source && inventory->vms[0].answered_at.ns);
    assert_string_equal(inventory->vms[0].stale_reason, "QMP: No such file or directory");
    assert_int_equal(inventory->vms[0].state, VM_STATE_UNKNOWN);
    inventory_unref(inventory);
    qmp_vm_free(monitor);
    qmp_vm_free(NULL);
    assert_int_equal(qmp_visit_all(NULL, 0, BEAT, NULL), 0);
    assert_true(qmp_visit_ms(1000) > qmp_visit_ms(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_questions, fake_start, fake_stop),
        cmocka_unit_test_setup_teardown(test_silence, fake_start, fake_stop),
        cmocka_unit_test_setup_teardown(test_set_polling, fake_start, fake_stop),
        cmocka_unit_test_setup_teardown(test_old_statistics, fake_start, fake_stop),
        cmocka_unit_test_setup_teardown(test_wrong_types, fake_start, fake_stop),
        cmocka_unit_test(test_no_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
