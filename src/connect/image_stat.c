/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat(2) of a disk image in the mount namespace of its process. */
#include "connect/image_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

#define IMAGE_SECTOR 512 /* the unit of sysfs, whatever the device's own */

/* 0 or -errno; *ret_entered: PID/root could be entered, the result is the process's own view. */
static int image_stat_inside(const struct image_roots *roots, pid_t pid, const char *path,
                             struct stat *ret, bool *ret_entered)
{
    char root[32];
    int root_fd, fd, r;

    snprintf(root, sizeof(root), "%d/root", (int)pid);
    root_fd = openat(roots->proc_fd, root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *ret_entered = root_fd >= 0;
    if (root_fd < 0)
        return -errno;
    fd = file_open_in_root(root_fd, path);
    close(root_fd);
    if (fd < 0)
        return fd;
    r = fstat(fd, ret) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static bool image_block_size(int sys_fd, dev_t device, uint64_t *ret)
{
    char path[64], text[32];
    uint64_t sectors;

    if (sys_fd < 0)
        return false;
    snprintf(path, sizeof(path), "dev/block/%u:%u/size", major(device), minor(device));
    file_read_line(sys_fd, path, text, sizeof(text));
    if (!parse_u64(text, &sectors) || sectors > UINT64_MAX / IMAGE_SECTOR)
        return false;
    *ret = sectors * IMAGE_SECTOR;
    return true;
}

const char *image_kind_word(enum image_kind kind)
{
    static const char *const words[] = {[IMAGE_KIND_FILE] = "file", [IMAGE_KIND_BLOCK] = "block"};

    return kind == IMAGE_KIND_UNKNOWN ? NULL : words[kind];
}

void image_stat(const struct image_roots *roots, pid_t pid, const char *path,
                struct image_answer *ret)
{
    bool entered = false;
    struct stat st = {0};
    int r = image_stat_inside(roots, pid, path, &st, &entered);

    *ret = (struct image_answer){0};
    if (!entered && !roots->procfs_given && (r == -EACCES || r == -EPERM || r == -ENOENT))
        r = fstatat(AT_FDCWD, path, &st, 0) < 0 ? -errno : 0;
    if (r < 0)
        return;
    ret->st_dev = st.st_dev;
    if (S_ISREG(st.st_mode)) {
        ret->kind = IMAGE_KIND_FILE;
        /* Major 0: NFS, ZFS, btrfs, overlayfs, tmpfs name no block device here. */
        ret->device = major(st.st_dev) ? st.st_dev : 0;
        ret->has_size = st.st_size >= 0;
        ret->size = (uint64_t)st.st_size;
    } else if (S_ISBLK(st.st_mode)) {
        ret->kind = IMAGE_KIND_BLOCK;
        ret->device = st.st_rdev;
        ret->has_size = image_block_size(roots->sys_fd, st.st_rdev, &ret->size);
    }
}
