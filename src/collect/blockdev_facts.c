/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One block device in sysfs. */
#include "collect/blockdev_facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"

#define BLOCKDEV_PATH_SIZE (BLOCKDEV_NAME_SIZE + 64)

static bool facts_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool blockdev_is_left_out(const char *name, size_t len)
{
    static const char *const kinds[] = {"loop", "ram", "zram", "sr", "fd"};

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        size_t n = strlen(kinds[i]);

        if (len > n && name[0] == kinds[i][0] && memcmp(name, kinds[i], n) == 0 &&
            facts_is_digit(name[n]))
            return true;
    }
    return false;
}

static const char *facts_class_by_name(const char *name)
{
    static const struct {
        const char *prefix, *class;
    } kinds[] = {{"dm-", "dm"}, {"md", "md"}, {"zd", "zvol"}, {"rbd", "rbd"}};

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        size_t n = strlen(kinds[i].prefix);
        uint64_t number;

        if (strncmp(name, kinds[i].prefix, n) == 0 && parse_u64(name + n, &number))
            return kinds[i].class;
    }
    return "other";
}

/* O_PATH is enough to go on from, and does not open the device's attributes. */
static int facts_open(int dir_fd, const char *parent, const char *name)
{
    char path[BLOCKDEV_PATH_SIZE];
    int n = snprintf(path, sizeof(path), "%s/%s", parent, name);

    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    return openat(dir_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool facts_has(int dir_fd, const char *path)
{
    struct stat stat;

    return fstatat(dir_fd, path, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

static uint64_t facts_read_number(int dir_fd, const char *path)
{
    char text[32];
    uint64_t number = 0;

    file_read_line(dir_fd, path, text, sizeof(text));
    return parse_u64(text, &number) ? number : 0;
}

/* Turns a partition's name into its disk's: the number, and a 'p' before it if
 * the disk's name ends in a digit (add_partition() in block/partitions/core.c).
 * False if it cannot be a partition's. */
static bool facts_cut_partition(char *name)
{
    size_t len = strlen(name), n = len;

    while (n && facts_is_digit(name[n - 1]))
        n--;
    if (n == len || !n)
        return false;
    if (n >= 2 && name[n - 1] == 'p' && facts_is_digit(name[n - 2]))
        n--;
    name[n] = '\0';
    return true;
}

/* The disk of a partition, in whose directory that of the partition stands, by
 * the link that leads there. */
static void facts_read_parent(int sys_fd, const char *name, char *ret)
{
    char path[BLOCKDEV_PATH_SIZE], target[PATH_MAX], *slash;
    ssize_t n;

    snprintf(path, sizeof(path), "class/block/%s", name);
    n = readlinkat(sys_fd, path, target, sizeof(target) - 1);
    if (n <= 0)
        return;
    target[n] = '\0';
    slash = strrchr(target, '/');
    if (!slash || strcmp(slash + 1, name) != 0)
        return;
    *slash = '\0';
    slash = strrchr(target, '/');
    if (slash && strlen(slash + 1) < BLOCKDEV_NAME_SIZE)
        copy_text(ret, BLOCKDEV_NAME_SIZE, slash + 1);
}

/* A partition has its directory in that of its disk, wherever /sys/block or
 * /sys/class/block lead; or beside it (`flat`). The disk's descriptor (the
 * partition's, where there is no other way), or < 0 if it is no partition. */
static int facts_open_partition(int sys_fd, const char *name, bool flat, char *ret_disk)
{
    char disk[BLOCKDEV_NAME_SIZE], path[BLOCKDEV_PATH_SIZE];
    int fd;

    copy_text(disk, sizeof(disk), name);
    if (facts_cut_partition(disk)) {
        fd = facts_open(sys_fd, "block", disk);
        snprintf(path, sizeof(path), "%s/partition", name);
        if (fd >= 0 && (flat || facts_has(fd, path))) {
            copy_text(ret_disk, BLOCKDEV_NAME_SIZE, disk);
            return fd;
        }
        if (fd >= 0)
            close(fd);
    }
    fd = facts_open(sys_fd, "class/block", name);
    if (fd >= 0 && facts_has(fd, "partition")) {
        facts_read_parent(sys_fd, name, ret_disk);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -ENOENT;
}

static const char *facts_class_of_mapped(const char *uuid)
{
    struct cursor c = cursor_of(uuid, strlen(uuid));
    uint64_t number;

    if (cursor_word(&c, "LVM-"))
        return "lvm";
    if (cursor_word(&c, "mpath-"))
        return "mpath";
    /* As kpartx names the partitions of a multipath device. */
    if (cursor_word(&c, "part") && cursor_u64(&c, &number) && cursor_word(&c, "-mpath-"))
        return "part";
    return "dm";
}

static void facts_read_whole(int fd, struct blockdev_facts *f)
{
    f->mapped = strcmp(f->class, "dm") == 0;
    if (f->mapped) {
        file_read_line(fd, "dm/name", f->name, sizeof(f->name));
        file_read_line(fd, "dm/uuid", f->uuid, sizeof(f->uuid));
        f->class = facts_class_of_mapped(f->uuid);
    } else if (strcmp(f->class, "other") == 0) {
        /* An array can have a name for its number ("md_home"). */
        if (facts_has(fd, "md"))
            f->class = "md";
        else if (facts_has(fd, "device"))
            f->class = "disk";
    }
    f->stacked = f->mapped || strcmp(f->class, "md") == 0;
    /* The paths of an NVMe namespace are hidden: their I/O is the namespace's. */
    f->considered = strcmp(f->class, "disk") == 0 && facts_read_number(fd, "hidden") != 1;
}

void blockdev_facts_read(int sys_fd, const char *name, struct blockdev_facts *ret)
{
    struct blockdev_facts f = {.class = facts_class_by_name(name)};
    int fd = facts_open(sys_fd, "block", name);
    bool flat = fd >= 0 && facts_has(fd, "partition");

    if (fd >= 0 && !flat) {
        facts_read_whole(fd, &f);
    } else {
        if (fd >= 0)
            close(fd);
        fd = facts_open_partition(sys_fd, name, flat, f.disk);
        if (fd >= 0 || flat)
            f.class = "part";
    }
    if (fd >= 0) {
        f.known = true;
        f.diskseq = facts_read_number(fd, "diskseq");
        close(fd);
    }
    *ret = f;
}

size_t blockdev_read_slaves(int sys_fd, const char *name, char (*ret)[BLOCKDEV_NAME_SIZE],
                            size_t max)
{
    char path[BLOCKDEV_PATH_SIZE];
    struct dirent *item;
    size_t count = 0;
    DIR *dir;
    int fd;

    snprintf(path, sizeof(path), "block/%s/slaves", name);
    fd = openat(sys_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while ((item = readdir(dir))) {
        if (item->d_name[0] == '.')
            continue;
        if (count >= max || strlen(item->d_name) >= BLOCKDEV_NAME_SIZE) {
            count = 0;
            break;
        }
        copy_text(ret[count++], BLOCKDEV_NAME_SIZE, item->d_name);
    }
    closedir(dir);
    return count;
}
