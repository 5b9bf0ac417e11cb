/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing files by a rename. */
#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* As the old file was; for root, it stays its owner's: others can write none but their own. */
static int replace_make_like(int fd, const struct stat *old, mode_t mode)
{
    struct stat st;

    if (!old) {
        mode_t mask = umask(0);

        umask(mask);
        return fchmod(fd, mode & ~mask) < 0 ? -errno : 0;
    }
    if (fstat(fd, &st) == 0 && (st.st_uid != old->st_uid || st.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        return -errno;
    return fchmod(fd, old->st_mode & 07777) < 0 ? -errno : 0;
}

/* Until the directory is on the disk the old file may come back, whole: no failure. */
static void replace_sync_directory(const char *path)
{
    char *directory = xstrdup(path), *slash = strrchr(directory, '/');
    int fd;

    if (slash)
        slash[slash == directory] = '\0';
    fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(directory);
}

static int replace_fill(int fd, const struct buf *text, mode_t mode, const struct stat *old)
{
    int r = write_all(fd, text->data, text->len);

    if (r == 0)
        r = replace_make_like(fd, old, mode);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r;
}

int replace_file(const char *path, const struct buf *text, mode_t mode, const struct stat *old)
{
    char *temporary = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC), r;

    if (fd < 0) {
        r = -errno;
        free(temporary);
        return r;
    }
    r = replace_fill(fd, text, mode, old);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(temporary);
    else
        replace_sync_directory(path);
    free(temporary);
    return r;
}
