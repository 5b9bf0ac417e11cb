/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices of the host: their listing, and one cycle over them. */
#include "collect/blockdevs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/blockdev_slot.h"

#define BLOCKDEVS_REFRESH_S 60.0
/* What is believed of one host: 30000 lines and their text. */
#define BLOCKDEVS_MAX      30000
#define BLOCKDEVS_TEXT_MAX (16u << 20)

struct blockdevs *blockdevs_new(int proc_fd, int sys_fd, const struct clock_source *clock,
                                const char *considered)
{
    struct blockdevs *b = xcalloc(1, sizeof(*b));

    b->proc_fd = proc_fd;
    b->sys_fd = sys_fd;
    b->clock = clock;
    b->considered = considered;
    b->fd = -1;
    return b;
}

static void blockdev_take_slot(struct blockdevs *b, struct blockdev *dev)
{
    size_t slot = b->slot_hint;

    while (slot < b->slot_count && b->by_slot[slot])
        slot++;
    b->by_slot = array_grow(b->by_slot, &b->slot_capacity, slot + 1, sizeof(*b->by_slot));
    b->by_slot[slot] = dev;
    b->slot_hint = slot + 1;
    if (slot >= b->slot_count)
        b->slot_count = slot + 1;
    dev->sample.slot = (unsigned)slot;
}

static struct blockdev *blockdev_new(struct blockdevs *b, const char *sysfs_name)
{
    struct blockdev *dev = xcalloc(1, sizeof(*dev));

    copy_text(dev->sysfs_name, sizeof(dev->sysfs_name), sysfs_name);
    dev->sample.shown = true;
    blockdev_take_slot(b, dev);
    HASH_ADD_KEYPTR(hh, b->by_name, dev->sysfs_name, strlen(dev->sysfs_name), dev);
    return dev;
}

/* by_number is cleared before. */
static void blockdev_free(struct blockdevs *b, struct blockdev *dev)
{
    HASH_DEL(b->by_name, dev);
    b->by_slot[dev->sample.slot] = NULL;
    b->slot_hint = min_size(b->slot_hint, dev->sample.slot);
    free(dev);
}

void blockdevs_free(struct blockdevs *b)
{
    if (!b)
        return;
    HASH_CLEAR(hh_number, b->by_number);
    HASH_CLEAR(hh, b->by_name);
    for (size_t i = 0; i < b->slot_count; i++)
        free(b->by_slot[i]);
    if (b->fd >= 0)
        close(b->fd);
    buf_done(&b->text);
    free(b->devices);
    free(b->samples);
    free(b->by_slot);
    free(b);
}

static bool blockdev_is_considered(const struct blockdevs *b, const struct blockdev *dev)
{
    const char *list = b->considered, *name;
    size_t len;

    if (!list)
        return dev->facts.considered;
    while (blockdevs_next_name(&list, &name, &len)) {
        if (blockdev_is_named(dev, name, len))
            return true;
    }
    return false;
}

static bool blockdev_is_line(const struct blockdev *dev, const struct diskstats_line *line)
{
    return dev->number == blockdev_number(line->major, line->minor) &&
           dev->name_len == line->name_len && memcmp(dev->name, line->name, line->name_len) == 0;
}

/* Whether sysfs tells of the device that it told of before. */
static bool facts_are_of_one(const struct blockdev_facts *a, const struct blockdev_facts *b)
{
    if (a->diskseq && b->diskseq && a->diskseq != b->diskseq)
        return false;
    return !a->uuid[0] || !b->uuid[0] || strcmp(a->uuid, b->uuid) == 0;
}

/* Reads sysfs again, of a device whose line is the same. Whether something
 * changed that others can see. */
static bool blockdev_refresh(struct blockdevs *b, struct blockdev *dev)
{
    struct blockdev_sample *sample = &dev->sample;
    struct blockdev_facts facts;
    const char *name;
    bool changed;

    blockdev_facts_read(b->sys_fd, dev->sysfs_name, &facts);
    changed = !sample->birth || !facts_are_of_one(&dev->facts, &facts);
    if (changed)
        sample->birth = ++b->births;
    else if (!facts.known || (facts.mapped && !facts.name[0]))
        return false; /* not readable just now: what was known stays */
    dev->facts = facts;
    name = facts.name[0] ? facts.name : dev->name;
    changed = changed || strcmp(sample->name, name) != 0 || strcmp(sample->class, facts.class) != 0;
    copy_text(sample->name, sizeof(sample->name), name);
    sample->class = facts.class;
    sample->considered = blockdev_is_considered(b, dev);
    return changed;
}

/* The next line of a device that is shown. */
static bool blockdevs_next_line(struct cursor *c, struct diskstats_line *ret)
{
    while (diskstats_next(c, ret)) {
        if (ret->name_len < BLOCKDEV_NAME_SIZE && !blockdev_is_left_out(ret->name, ret->name_len))
            return true;
    }
    return false;
}

/* The device of a line that is not where it was expected, made if need be.
 * NULL: it had a line already (the file was read while one came or went). */
static struct blockdev *blockdev_take(struct blockdevs *b, const struct diskstats_line *line,
                                      bool *changed)
{
    char sysfs_name[BLOCKDEV_NAME_SIZE];
    struct blockdev *dev;

    for (size_t i = 0; i < line->name_len; i++)
        sysfs_name[i] = line->name[i] == '/' ? '!' : line->name[i];
    sysfs_name[line->name_len] = '\0';
    HASH_FIND(hh, b->by_name, sysfs_name, line->name_len, dev);
    if (!dev)
        dev = blockdev_new(b, sysfs_name);
    else if (dev->seen)
        return NULL;
    if (!blockdev_is_line(dev, line)) {
        memcpy(dev->name, line->name, line->name_len);
        dev->name[line->name_len] = '\0';
        dev->name_len = line->name_len;
        dev->number = blockdev_number(line->major, line->minor);
        dev->sample.birth = 0;
    }
    dev->seen = true;
    *changed |= blockdev_refresh(b, dev);
    return dev;
}

static void blockdev_store(struct blockdev *dev, const struct diskstats_line *line, struct mono at)
{
    memcpy(dev->sample.counters, line->counters, sizeof(dev->sample.counters));
    dev->sample.counted = line->counted;
    dev->sample.at = at;
}

static void blockdevs_append(struct blockdevs *b, struct blockdev *dev)
{
    size_t capacity = b->capacity;
    struct blockdev *same = NULL;

    b->devices = array_grow(b->devices, &capacity, b->count + 1, sizeof(*b->devices));
    b->samples = array_grow(b->samples, &b->capacity, b->count + 1, sizeof(*b->samples));
    b->devices[b->count] = dev;
    b->samples[b->count] = &dev->sample;
    b->count++;
    HASH_FIND(hh_number, b->by_number, &dev->number, sizeof(dev->number), same);
    if (!same)
        HASH_ADD(hh_number, b->by_number, number, sizeof(dev->number), dev);
}

static void blockdevs_relist(struct blockdevs *b, struct mono at)
{
    struct cursor c = cursor_of(b->text.data, b->text.len);
    struct diskstats_line line;
    struct blockdev *dev, *next;
    bool changed = false;

    HASH_CLEAR(hh_number, b->by_number);
    b->count = 0;
    while (b->count < BLOCKDEVS_MAX && blockdevs_next_line(&c, &line)) {
        dev = blockdev_take(b, &line, &changed);
        if (!dev)
            continue;
        blockdev_store(dev, &line, at);
        blockdevs_append(b, dev);
    }
    HASH_ITER(hh, b->by_name, dev, next)
    {
        if (!dev->seen) {
            blockdev_free(b, dev);
            changed = true;
        } else {
            dev->seen = false;
        }
    }
    b->refreshed_at = at;
    b->listing += changed;
}

/* A counter that fell is another disk's that came under the name of one that
 * went, between two cycles: a listing finds out. */
static bool blockdev_fell(const struct blockdev *dev, const struct diskstats_line *line)
{
    return line->counters[DISKSTAT_READS] < dev->sample.counters[DISKSTAT_READS] ||
           line->counters[DISKSTAT_WRITES] < dev->sample.counters[DISKSTAT_WRITES];
}

/* False: the devices are not those of the last listing. */
static bool blockdevs_update(struct blockdevs *b, struct mono at)
{
    struct cursor c = cursor_of(b->text.data, b->text.len);
    struct diskstats_line line;
    size_t i = 0;

    for (; i < BLOCKDEVS_MAX && blockdevs_next_line(&c, &line); i++) {
        if (i >= b->count || !blockdev_is_line(b->devices[i], &line) ||
            blockdev_fell(b->devices[i], &line))
            return false;
        blockdev_store(b->devices[i], &line, at);
    }
    return i == b->count;
}

static int blockdevs_read(struct blockdevs *b, struct mono *ret_at)
{
    int r;

    if (b->fd < 0)
        b->fd = file_open_at(b->proc_fd, "diskstats");
    if (b->fd < 0) {
        r = b->fd;
        b->fd = -1;
        return r;
    }
    r = file_reread_all(b->fd, &b->text, BLOCKDEVS_TEXT_MAX);
    if (r < 0) {
        close(b->fd);
        b->fd = -1;
        return r;
    }
    *ret_at = clock_mono(b->clock);
    return 0;
}

/* Names of device-mapper devices change without a word in diskstats. */
static void blockdevs_refresh_mapped(struct blockdevs *b, struct mono at)
{
    bool changed = false;

    for (size_t i = 0; i < b->count; i++) {
        if (b->devices[i]->facts.mapped || strcmp(b->devices[i]->sample.class, "dm") == 0)
            changed |= blockdev_refresh(b, b->devices[i]);
    }
    b->refreshed_at = at;
    b->listing += changed;
}

void blockdevs_collect(struct blockdevs *b, struct host_sample *host)
{
    struct mono at = {0};
    int r = blockdevs_read(b, &at);

    if (r == 0 && !blockdevs_update(b, at)) {
        /* While devices come and go, a file that is handed over by the page can
         * lack one that is there: read again, it hardly does. */
        r = blockdevs_read(b, &at);
        if (r == 0)
            blockdevs_relist(b, at);
    } else if (r == 0 && mono_seconds_between(b->refreshed_at, at) >= BLOCKDEVS_REFRESH_S) {
        blockdevs_refresh_mapped(b, at);
    }
    for (size_t i = 0; r < 0 && i < b->count; i++)
        b->devices[i]->sample.at = (struct mono){0};
    host->blockdevs = b->samples;
    host->blockdev_count = b->count;
    host->blockdev_slot_count = b->slot_count;
}

uint64_t blockdevs_listing(const struct blockdevs *b)
{
    return b->listing;
}
