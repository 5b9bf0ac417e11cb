/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading kernel files. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors left for libvirt, sockets, outputs and directory walks. */
#define FILE_BUDGET_RESERVE 128

int file_open_at(int dir_fd, const char *path)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? -errno : fd;
}

int file_open_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int file_open_in_root(int root_fd, const char *path)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;

    /* -EAGAIN: something was renamed or mounted meanwhile, and the kernel could not tell. */
    for (unsigned i = 0; i < 16; i++) {
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(root_fd, path + strspn(path, "/"), O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

int file_read_record(int fd, char *text, size_t size, size_t *ret_len)
{
    ssize_t n;

    do
        n = pread(fd, text, size, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        return -ENODATA;
    if ((size_t)n == size)
        return -EFBIG;
    *ret_len = (size_t)n;
    return 0;
}

int file_reread_all(int fd, struct buf *b, size_t max)
{
    ssize_t n;

    buf_clear(b);
    for (;;) {
        buf_reserve(b, FILE_RECORD_SIZE);
        n = pread(fd, b->data + b->len, b->cap - b->len, (off_t)b->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        b->len += (size_t)n;
        if (b->len > max)
            return -EFBIG;
    }
}

int file_read_all(int dir_fd, const char *path, struct buf *b, size_t max)
{
    int fd = file_open_at(dir_fd, path);
    int r;

    if (fd < 0)
        return fd;
    r = file_reread_all(fd, b, max);
    close(fd);
    return r;
}

void file_budget_init(struct file_budget *budget)
{
    struct rlimit limit;

    *budget = (struct file_budget){.limit = 512};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
            return;
    }
    if (limit.rlim_cur > 2 * FILE_BUDGET_RESERVE)
        budget->limit = (size_t)limit.rlim_cur - FILE_BUDGET_RESERVE;
    else
        budget->limit = (size_t)limit.rlim_cur / 2;
}

int kept_file_read(struct kept_file *file, struct file_budget *budget, int dir_fd, const char *path,
                   char *text, size_t size, size_t *ret_len)
{
    int r;

    if (file->fd < 0) {
        file->fd = file_open_at(dir_fd, path);
        if (file->fd < 0) {
            r = file->fd;
            file->fd = -1;
            return r;
        }
        budget->kept++;
    }
    r = file_read_record(file->fd, text, size, ret_len);
    if (r == 0 && budget->kept <= budget->limit)
        return 0;
    if (budget->kept > budget->limit)
        budget->exceeded = true;
    kept_file_close(file, budget);
    return r;
}

void kept_file_close(struct kept_file *file, struct file_budget *budget)
{
    if (file->fd < 0)
        return;
    close(file->fd);
    file->fd = -1;
    budget->kept--;
}
