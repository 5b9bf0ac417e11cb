/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which block device is meant: by a name that was given, or by an image. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/num.h"
#include "collect/blockdev_slot.h"

#define BLOCKDEVS_DEPTH_MAX  16
#define BLOCKDEVS_SLAVES_MAX 64
#define BLOCKDEVS_MAPPER     "/dev/mapper/"
#define BLOCKDEVS_DEV        "/dev/"

bool blockdevs_next_name(const char **list, const char **ret, size_t *ret_len)
{
    if (!*list)
        return false;
    *ret = *list;
    *ret_len = strcspn(*list, ",");
    *list = (*list)[*ret_len] ? *list + *ret_len + 1 : NULL;
    return true;
}

bool blockdev_is_named(const struct blockdev *dev, const char *name, size_t len)
{
    struct cursor c = cursor_of(name, len);

    if (!cursor_word(&c, BLOCKDEVS_MAPPER))
        cursor_word(&c, BLOCKDEVS_DEV);
    len = (size_t)(c.end - c.at);
    if (!len)
        return false;
    return (len == dev->name_len && memcmp(c.at, dev->name, len) == 0) ||
           (len == strlen(dev->facts.name) && memcmp(c.at, dev->facts.name, len) == 0);
}

static struct blockdev *blockdev_by_name(struct blockdevs *b, const char *sysfs_name)
{
    struct blockdev *dev;

    HASH_FIND(hh, b->by_name, sysfs_name, strlen(sysfs_name), dev);
    return dev;
}

/* The devices that it lies on. Their number, 0 = none, or not all of them are known. */
static size_t blockdev_slaves(struct blockdevs *b, const struct blockdev *dev,
                              struct blockdev *ret[BLOCKDEVS_SLAVES_MAX])
{
    char names[BLOCKDEVS_SLAVES_MAX][BLOCKDEV_NAME_SIZE];
    size_t count;

    if (dev->facts.disk[0]) {
        ret[0] = blockdev_by_name(b, dev->facts.disk);
        return ret[0] != NULL;
    }
    if (!dev->facts.stacked)
        return 0;
    count = blockdev_read_slaves(b->sys_fd, dev->sysfs_name, names, ARRAY_SIZE(names));
    for (size_t i = 0; i < count; i++) {
        ret[i] = blockdev_by_name(b, names[i]);
        if (!ret[i])
            return 0;
    }
    return count;
}

static struct blockdev *blockdev_find_lowest(struct blockdevs *b, struct blockdev *dev,
                                             unsigned depth)
{
    struct blockdev *slaves[BLOCKDEVS_SLAVES_MAX], *below = NULL;
    size_t count;

    if (dev->lowest_listing == b->listing)
        return dev->lowest;
    if (depth >= BLOCKDEVS_DEPTH_MAX)
        return dev;
    /* Where a circle closes the way ends. */
    dev->lowest_listing = b->listing;
    dev->lowest = dev;
    count = blockdev_slaves(b, dev, slaves);
    for (size_t i = 0; i < count; i++) {
        struct blockdev *end = blockdev_find_lowest(b, slaves[i], depth + 1);

        if (below && end != below)
            return dev;
        below = end;
    }
    if (below)
        dev->lowest = below;
    return dev->lowest;
}

const struct blockdev_sample *blockdevs_find(struct blockdevs *b, dev_t device)
{
    uint64_t number = blockdev_number(major(device), minor(device));
    struct blockdev *dev = NULL;

    /* What has no block device (NFS, ZFS, btrfs) has a number with major 0. */
    if (!major(device))
        return NULL;
    HASH_FIND(hh_number, b->by_number, &number, sizeof(number), dev);
    return dev ? &blockdev_find_lowest(b, dev, 0)->sample : NULL;
}

/* "it has: sda, sdb, ..." in what is left of `size`. */
static void blockdevs_describe(const struct blockdevs *b, struct buf *text, size_t size)
{
    static const char more[] = ", ...";

    buf_puts(text, b->count ? "; it has: " : "; it has none");
    for (size_t i = 0; i < b->count; i++) {
        const char *name = b->samples[i]->name;

        if (text->len + strlen(", ") + strlen(name) + sizeof(more) > size) {
            buf_puts(text, i ? more : "...");
            return;
        }
        buf_puts(text, i ? ", " : "");
        buf_puts(text, name);
    }
}

static bool blockdevs_have(const struct blockdevs *b, const char *name, size_t len)
{
    for (size_t i = 0; i < b->count; i++) {
        if (blockdev_is_named(b->devices[i], name, len))
            return true;
    }
    return false;
}

int blockdevs_check(int proc_fd, int sys_fd, const char *names, char *error, size_t size)
{
    struct blockdevs *b = blockdevs_new(proc_fd, sys_fd, &clock_system, NULL);
    struct host_sample host = {0};
    struct buf text = {0};
    const char *name;
    size_t len;
    int r = 0;

    blockdevs_collect(b, &host);
    if (faccessat(proc_fd, "diskstats", R_OK, 0) != 0) {
        r = -errno;
        snprintf(error, size, "cannot read the block devices of this host: %s", strerror(-r));
    }
    while (r == 0 && blockdevs_next_name(&names, &name, &len)) {
        if (blockdevs_have(b, name, len))
            continue;
        buf_puts(&text, "'");
        buf_add(&text, name, min_size(len, BLOCKDEV_NAME_SIZE));
        buf_puts(&text, "' is no block device of this host");
        blockdevs_describe(b, &text, size);
        copy_text(error, size, buf_text(&text));
        r = -ENOENT;
    }
    buf_done(&text);
    blockdevs_free(b);
    return r;
}
