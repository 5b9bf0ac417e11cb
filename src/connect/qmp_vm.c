/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions of a round. What can be answered at once comes first; the
 * balloon's figures, which take the longest, come last. Sizes of images and
 * the balloon's place are asked once a minute only.
 */
#include "connect/qmp_vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/qmp_values.h"
#include "kernel/qemu_argv.h"

#define QMP_SLOW_S 60.0
/* More than half of a QEMU's work is for its balloon, whose guest tells something
 * new every 2 s at best: asked in each third round, in the first two, which make
 * the first rates, and in each where rounds are so far apart. */
#define QMP_MEMORY_ROUNDS 3
#define QMP_MEMORY_S      4.0
#define QMP_LAST_PAUSE_S  60.0
/* A round begins up to so much later than its beat: the beats of others that
 * ask the same monitors (Proxmox VE: 10 s) shall not keep step with ours. */
#define QMP_JITTER_BEATS 0.05
#define QMP_JITTER_MAX_S 0.1
#define QMP_TALKS_MS     800 /* of qmp_talk_all(), and 2 for each VM */

enum qmp_question {
    QMP_Q_STATUS,
    QMP_Q_CPUS,
    QMP_Q_BLOCK,
    QMP_Q_BLOCKSTATS,
    QMP_Q_DEVICES,      /* named ones */
    QMP_Q_ANON_DEVICES, /* without a name */
    QMP_Q_BALLOON,
    QMP_Q_POLLING,
    QMP_Q_GUEST,
    QMP_Q_SET_POLLING,
};

static const char qmp_named[] = "/machine/peripheral", qmp_anon[] = "/machine/peripheral-anon";

struct qmp_vm {
    char *path;
    pid_t pid;
    int proc_fd;
    bool is_inside, any_pid;
    struct qmp_drives drives;
    uint32_t guest_stats_s;
    char *balloon; /* its path in QEMU's tree; NULL = none, or not known */
    bool polling_known;
    uint32_t polling_s;  /* of the balloon: how often QEMU asks the guest; 0 = never */
    bool names_threads;  /* of itself, although its command line does not say so */
    struct mono slow_at; /* when the slow questions were answered */
    struct mono next;    /* not before, after failures */
    double pause;
    bool denied, left_out;
    unsigned rounds; /* that were answered */
    /* During a round. */
    struct vm_info *vm;
    bool wants_cpus, slow, memory, again, sets_polling;
    unsigned step;
};

struct qmp_vm *qmp_vm_new(const struct qmp_place *place)
{
    struct qmp_vm *monitor = xcalloc(1, sizeof(*monitor));

    monitor->path = xstrdup(place->path);
    monitor->pid = place->pid;
    monitor->proc_fd = place->proc_fd;
    monitor->is_inside = place->is_inside;
    monitor->any_pid = place->any_pid;
    monitor->guest_stats_s = place->guest_stats_s;
    return monitor;
}

void qmp_vm_free(struct qmp_vm *monitor)
{
    if (!monitor)
        return;
    qmp_drives_done(&monitor->drives);
    free(monitor->balloon);
    free(monitor->path);
    free(monitor);
}

void qmp_vm_keep(const struct vm_info *before, struct vm_info *vm)
{
    vm->state = before->state;
    vm->has_source = before->has_source;
    vm->answered_at = before->answered_at;
    vm->never_answered = before->never_answered;
    copy_text(vm->stale_reason, sizeof(vm->stale_reason), before->stale_reason);
    for (size_t i = 0; i < READING__COUNT; i++) {
        if (!raw_valid(vm->readings[i]))
            vm->readings[i] = before->readings[i];
    }
    for (size_t i = 0; i < before->disk_count; i++) {
        struct vm_disk *disk = vm_info_append_disk(vm);

        vm_disk_copy(disk, &before->disks[i]);
    }
    if (before->vcpu_count && !vm->vcpus) {
        vm->vcpus = xcalloc(before->vcpu_count, sizeof(*vm->vcpus));
        memcpy(vm->vcpus, before->vcpus, before->vcpu_count * sizeof(*vm->vcpus));
        vm->vcpu_count = before->vcpu_count;
    }
}

static int qmp_vm_connect(void *self)
{
    struct qmp_vm *monitor = self;

    return monitor->is_inside ? qmp_connect_inside(monitor->proc_fd, monitor->pid, monitor->path)
                              : qmp_connect(monitor->path);
}

static void qmp_vm_ask_first(struct qmp_vm *monitor, struct qmp_talk *talk)
{
    qmp_ask(talk, QMP_Q_STATUS, "query-status", NULL);
    if (monitor->wants_cpus && monitor->slow && !monitor->names_threads)
        qmp_ask(talk, QMP_Q_CPUS, "query-cpus-fast", NULL);
    if (monitor->slow)
        qmp_ask(talk, QMP_Q_BLOCK, "query-block", NULL);
    qmp_ask(talk, QMP_Q_BLOCKSTATS, "query-blockstats", NULL);
    if (monitor->slow && !monitor->balloon) {
        qmp_ask(talk, QMP_Q_DEVICES, "qom-list", "{\"path\":\"/machine/peripheral\"}");
        qmp_ask(talk, QMP_Q_ANON_DEVICES, "qom-list", "{\"path\":\"/machine/peripheral-anon\"}");
    }
}

static void qmp_vm_ask_property(struct qmp_vm *monitor, struct qmp_talk *talk, unsigned tag,
                                const char *property)
{
    struct buf arguments = {0};

    buf_printf(&arguments, "{\"path\":\"%s\",\"property\":\"%s\"}", monitor->balloon, property);
    qmp_ask(talk, tag, "qom-get", buf_text(&arguments));
    buf_done(&arguments);
}

static void qmp_vm_ask_last(struct qmp_vm *monitor, struct qmp_talk *talk)
{
    if (monitor->again && !monitor->slow)
        qmp_ask(talk, QMP_Q_BLOCK, "query-block", NULL);
    if (!monitor->balloon || !monitor->memory)
        return;
    qmp_ask(talk, QMP_Q_BALLOON, "query-balloon", NULL);
    /* Before the statistics, as these are judged by it. */
    if (monitor->slow || !monitor->polling_known)
        qmp_vm_ask_property(monitor, talk, QMP_Q_POLLING, "guest-stats-polling-interval");
    qmp_vm_ask_property(monitor, talk, QMP_Q_GUEST, "guest-stats");
}

/* Whoever has the guest asked more often is left alone. */
static void qmp_vm_set_polling(struct qmp_vm *monitor, struct qmp_talk *talk)
{
    struct buf arguments = {0};

    if (!monitor->sets_polling || !monitor->balloon)
        return;
    buf_printf(&arguments,
               "{\"path\":\"%s\",\"property\":\"guest-stats-polling-interval\",\"value\":%u}",
               monitor->balloon, (unsigned)monitor->guest_stats_s);
    qmp_ask(talk, QMP_Q_SET_POLLING, "qom-set", buf_text(&arguments));
    buf_done(&arguments);
}

static void qmp_vm_next(void *self, struct qmp_talk *talk)
{
    struct qmp_vm *monitor = self;

    switch (monitor->step++) {
    case 0:
        qmp_vm_ask_first(monitor, talk);
        break;
    case 1:
        qmp_vm_ask_last(monitor, talk);
        break;
    case 2:
        qmp_vm_set_polling(monitor, talk);
        break;
    default:
        break;
    }
}

/* A QEMU that names its threads without being told to (since 11) needs no list;
 * and what procfs does not know are threads of another PID namespace. */
static void qmp_vm_check_threads(struct qmp_vm *monitor)
{
    struct vm_info *vm = monitor->vm;
    bool usable = vm->vcpu_count > 0;

    for (size_t i = 0; i < vm->vcpu_count && usable; i++) {
        struct buf text = {0};
        char path[80];
        unsigned id;

        snprintf(path, sizeof(path), "%d/task/%d/comm", (int)vm->pid, (int)vm->vcpus[i].tid);
        usable = file_read_all(monitor->proc_fd, path, &text, FILE_RECORD_SIZE) == 0;
        if (usable && parse_vcpu_thread_name(text.data, text.len, &id)) {
            monitor->names_threads = true;
            usable = false;
        }
        buf_done(&text);
    }
    if (usable)
        return;
    free(vm->vcpus);
    vm->vcpus = NULL;
    vm->vcpu_count = 0;
}

static void qmp_vm_find_balloon(struct qmp_vm *monitor, struct json_object *value,
                                const char *where)
{
    char *name = monitor->balloon ? NULL : qmp_find_balloon(value);

    if (name)
        monitor->balloon = xasprintf("%s/%s", where, name);
    free(name);
}

/* It was unplugged; the next slow questions look for another one. */
static void qmp_vm_lose_balloon(struct qmp_vm *monitor)
{
    free(monitor->balloon);
    monitor->balloon = NULL;
    monitor->polling_known = false;
    monitor->polling_s = 0;
    for (size_t i = READING_BALLOON_KB; i < READING__COUNT; i++)
        monitor->vm->readings[i] = (struct raw){0};
}

static void qmp_vm_take_polling(struct qmp_vm *monitor, struct json_object *value)
{
    /* An error: it is not known, and not asked again before a minute is over. */
    monitor->polling_known = true;
    if (!qmp_take_polling(value, &monitor->polling_s)) {
        monitor->polling_s = 0;
        return;
    }
    monitor->sets_polling = monitor->guest_stats_s &&
                            (!monitor->polling_s || monitor->polling_s > monitor->guest_stats_s);
}

static void qmp_vm_take_guest(struct qmp_vm *monitor, struct json_object *value, struct mono at)
{
    if (!value)
        qmp_vm_lose_balloon(monitor);
    else
        (void)qmp_take_guest_stats(value, at, clock_system.wall(NULL).tv_sec,
                                   qmp_guest_stats_age(monitor->polling_s), monitor->vm);
}

static void qmp_vm_take_set(struct qmp_vm *monitor, bool done)
{
    if (!done)
        return;
    log_info("QEMU of VM '%s' now asks its guest for statistics every %u s", monitor->vm->name,
             (unsigned)monitor->guest_stats_s);
    monitor->polling_s = monitor->guest_stats_s;
}

static void qmp_vm_take_stats(struct qmp_vm *monitor, struct json_object *value, struct mono at)
{
    struct vm_info *vm = monitor->vm;

    vm->answered_at = at;
    vm->never_answered = false;
    if (!qmp_take_blockstats(value, at, vm))
        return;
    for (size_t i = 0; i < vm->disk_count && !monitor->again; i++)
        monitor->again = !qmp_drives_find(&monitor->drives, vm->disks[i].name);
}

static void qmp_vm_take(void *self, unsigned tag, struct json_object *value, struct mono at)
{
    struct qmp_vm *monitor = self;
    struct vm_info *vm = monitor->vm;

    switch ((enum qmp_question)tag) {
    case QMP_Q_STATUS:
        (void)qmp_take_status(value, vm);
        break;
    case QMP_Q_CPUS:
        if (qmp_take_cpus(value, at, vm))
            qmp_vm_check_threads(monitor);
        break;
    case QMP_Q_BLOCK:
        if (qmp_take_block(value, at, &monitor->drives))
            monitor->slow_at = at;
        break;
    case QMP_Q_BLOCKSTATS:
        qmp_vm_take_stats(monitor, value, at);
        break;
    case QMP_Q_DEVICES:
        qmp_vm_find_balloon(monitor, value, qmp_named);
        break;
    case QMP_Q_ANON_DEVICES:
        qmp_vm_find_balloon(monitor, value, qmp_anon);
        break;
    case QMP_Q_BALLOON:
        (void)qmp_take_balloon(value, at, vm);
        break;
    case QMP_Q_GUEST:
        qmp_vm_take_guest(monitor, value, at);
        break;
    case QMP_Q_POLLING:
        qmp_vm_take_polling(monitor, value);
        break;
    case QMP_Q_SET_POLLING:
        qmp_vm_take_set(monitor, value != NULL);
        break;
    }
}

static const struct qmp_ops qmp_vm_ops = {
    .connect = qmp_vm_connect,
    .next = qmp_vm_next,
    .take = qmp_vm_take,
};

/* Adds to the VM's disks what is known of their drives. */
static void qmp_vm_describe_disks(const struct qmp_vm *monitor, struct vm_info *vm,
                                  struct images *images)
{
    for (size_t i = 0; i < vm->disk_count; i++) {
        struct vm_disk *disk = &vm->disks[i];
        const struct qmp_drive *drive = qmp_drives_find(&monitor->drives, disk->name);
        const char *kind;
        struct image image;
        bool is_known;

        if (!drive)
            continue;
        is_known =
            drive->image.path && images_find(images, monitor->pid, drive->image.path, &image);
        disk->is_total = drive->is_total;
        disk->columns[VMDISK_DISK_SIZE_CAPACITY] = drive->capacity;
        disk->columns[VMDISK_DISK_SIZE_ALLOCATION] = drive->allocation;
        kind = is_known ? image_kind_word(image.kind) : NULL;
        vm_disk_set_image(disk, kind ? kind : drive->image.backend, drive->image.source);
        if (!is_known)
            continue;
        disk->image_device = image.device;
        disk->columns[VMDISK_DISK_SIZE_PHYSICAL] = image.size;
    }
}

/* After a conversation: when the next one may be, and why this one failed. */
static void qmp_vm_settle(struct qmp_vm *monitor, const struct qmp_talk *talk, double beat,
                          struct mono now)
{
    struct vm_info *vm = monitor->vm;

    monitor->left_out = talk->result == QMP_LEFT_OUT;
    if (monitor->left_out)
        return;
    monitor->denied = talk->result == QMP_DENIED;
    if (talk->result == QMP_DONE) {
        monitor->pause = 0;
        monitor->rounds++;
        vm->stale_reason[0] = '\0';
        return;
    }
    copy_text(vm->stale_reason, sizeof(vm->stale_reason), talk->reason);
    /* Whoever else has the monitor is mostly gone at the next beat. */
    monitor->pause = monitor->pause > 0 ? monitor->pause * 2 : beat;
    if (monitor->pause > QMP_LAST_PAUSE_S || monitor->denied)
        monitor->pause = QMP_LAST_PAUSE_S;
    monitor->next = mono_add_seconds(now, monitor->pause - beat / 2);
}

static void qmp_vm_prepare(const struct qmp_visit *visit, struct qmp_talk *talk, double beat,
                           struct mono now)
{
    struct qmp_vm *monitor = visit->monitor;

    monitor->vm = visit->vm;
    monitor->wants_cpus = visit->wants_cpus;
    monitor->slow =
        !monitor->slow_at.ns || mono_seconds_between(monitor->slow_at, now) >= QMP_SLOW_S;
    monitor->memory = monitor->slow || monitor->rounds < 2 ||
                      monitor->rounds % QMP_MEMORY_ROUNDS == 1 || beat >= QMP_MEMORY_S;
    monitor->again = monitor->sets_polling = false;
    monitor->step = 0;
    *talk = (struct qmp_talk){
        .ops = &qmp_vm_ops, .self = monitor, .listener = monitor->any_pid ? 0 : monitor->pid};
}

/* Waits a part of the beat that is another one each time, but not when nothing
 * is known yet. */
static void qmp_visit_jitter(const struct qmp_visit *visits, size_t count, double beat)
{
    double longest = beat * QMP_JITTER_BEATS;
    struct timespec pause;
    uint16_t random;
    size_t i = 0;

    while (i < count && !visits[i].monitor->slow_at.ns)
        i++;
    if (i == count)
        return;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
        return;
    if (longest > QMP_JITTER_MAX_S)
        longest = QMP_JITTER_MAX_S;
    pause = mono_to_timespec(mono_add_seconds((struct mono){0}, longest * random / UINT16_MAX));
    nanosleep(&pause, NULL);
}

unsigned qmp_visit_ms(size_t count)
{
    return (unsigned)(QMP_JITTER_MAX_S * 1000 + QMP_TALKS_MS + 2 * (double)count);
}

/* Prepares those whose turn it is; those that the round before left out go first. */
static size_t qmp_visit_prepare(const struct qmp_visit *visits, size_t count, double beat,
                                struct qmp_talk *talks)
{
    struct mono now = clock_mono(&clock_system);
    size_t asked = 0;

    for (unsigned first = 1; first <= 1; first--) {
        for (size_t i = 0; i < count; i++) {
            const struct qmp_vm *monitor = visits[i].monitor;

            if (monitor->left_out == first && now.ns >= monitor->next.ns)
                qmp_vm_prepare(&visits[i], &talks[asked++], beat, now);
        }
    }
    return asked;
}

size_t qmp_visit_all(const struct qmp_visit *visits, size_t count, double beat,
                     struct images *images)
{
    struct qmp_talk *talks = count ? xcalloc(count, sizeof(*talks)) : NULL;
    size_t asked, denied = 0;
    struct mono now;

    qmp_visit_jitter(visits, count, beat);
    asked = qmp_visit_prepare(visits, count, beat, talks);
    qmp_talk_all(talks, asked);
    now = clock_mono(&clock_system);
    for (size_t i = 0; i < asked; i++)
        qmp_vm_settle(talks[i].self, &talks[i], beat, now);
    for (size_t i = 0; i < count; i++) {
        struct vm_info *vm = visits[i].vm;

        /* A VM that never answered is silent from now on. */
        if (!vm->answered_at.ns) {
            vm->answered_at = now;
            vm->never_answered = true;
        }
        vm->has_source |= !visits[i].monitor->denied;
        qmp_vm_describe_disks(visits[i].monitor, vm, images);
        denied += visits[i].monitor->denied;
    }
    free(talks);
    return denied;
}
