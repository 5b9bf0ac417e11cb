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

/* Descriptors left for others: 128 monitors that are talked to at a time, and libvirt, outputs
 * and directory walks. */
#define FILE_BUDGET_RESERVE 256
/* What is given back when that was not enough. */
#define FILE_BUDGET_STEP 16

/* The file is not open because there is no room for it, and is counted in file_budget.without. */
#define KEPT_FILE_WITHOUT (-2)

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

void file_read_line(int dir_fd, const char *path, char *ret, size_t size)
{
    char text[512];
    size_t len = 0, n = 0;
    int fd = file_open_at(dir_fd, path);

    ret[0] = '\0';
    if (fd < 0)
        return;
    if (file_read_record(fd, text, sizeof(text), &len) < 0)
        len = 0;
    close(fd);
    while (n < len && n + 1 < size && text[n] != '\n' && text[n] != '\0')
        n++;
    memcpy(ret, text, n);
    ret[n] = '\0';
}

size_t file_budget_of(uint64_t files)
{
    return (size_t)(files > 2 * FILE_BUDGET_RESERVE ? files - FILE_BUDGET_RESERVE : files / 2);
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
    budget->limit = file_budget_of(limit.rlim_cur);
}

/* Whether what is kept leaves room for the files of the ranks before that do without. */
static bool file_budget_has_room(const struct file_budget *budget, enum file_rank rank)
{
    size_t needed = budget->kept + budget->others;

    for (unsigned before = 0; before < rank; before++)
        needed += budget->without[before];
    return needed <= budget->limit;
}

/* The process has no descriptor left though the budget is not used up. */
static void file_budget_shrink(struct file_budget *budget)
{
    size_t used = budget->kept + budget->others;
    size_t limit = used > FILE_BUDGET_STEP ? used - FILE_BUDGET_STEP : 0;

    if (limit < budget->limit)
        budget->limit = limit;
    budget->exceeded = true;
}

static int kept_file_open(struct kept_file *file, struct file_budget *budget, int dir_fd,
                          const char *path)
{
    int fd = file_open_at(dir_fd, path);

    kept_file_close(file, budget);
    if (fd == -EMFILE)
        file_budget_shrink(budget);
    if (fd < 0)
        return fd;
    file->fd = fd;
    budget->kept++;
    return 0;
}

int kept_file_read(struct kept_file *file, struct file_budget *budget, int dir_fd, const char *path,
                   char *text, size_t size, size_t *ret_len)
{
    int r;

    if (file->fd < 0) {
        r = kept_file_open(file, budget, dir_fd, path);
        if (r < 0)
            return r;
    }
    r = file_read_record(file->fd, text, size, ret_len);
    if (r == 0 && file_budget_has_room(budget, file->rank))
        return 0;
    kept_file_close(file, budget);
    if (r == 0) {
        file->fd = KEPT_FILE_WITHOUT;
        budget->without[file->rank]++;
        budget->exceeded = true;
    }
    return r;
}

void kept_file_close(struct kept_file *file, struct file_budget *budget)
{
    if (file->fd == KEPT_FILE_WITHOUT)
        budget->without[file->rank]--;
    if (file->fd >= 0) {
        close(file->fd);
        budget->kept--;
    }
    file->fd = -1;
}
