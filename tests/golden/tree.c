/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making, changing and removing the tree of a scenario. */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char tree_base[4096];

static ATTR_NORETURN void tree_fail(const char *what, const char *path)
{
    scenario_die("cannot %s '%s': %s", what, path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *stat UNUSED, int type UNUSED,
                        struct FTW *ftw UNUSED)
{
    return remove(path);
}

static int remove_all(const char *path)
{
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void tree_base_create(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(tree_base, sizeof(tree_base), "%s/proxtop-golden-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(tree_base))
        tree_fail("make", tree_base);
}

void tree_base_remove(void)
{
    (void)remove_all(tree_base);
}

int tree_create(void)
{
    char *path = xasprintf("%s/root", tree_base);
    int fd;

    if (mkdir(path, 0755) != 0)
        tree_fail("make", path);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || mkdirat(fd, "proc", 0755) != 0 || mkdirat(fd, "sys", 0755) != 0)
        tree_fail("fill", path);
    free(path);
    return fd;
}

void tree_remove(int root_fd)
{
    char *path = xasprintf("%s/root", tree_base);

    close(root_fd);
    (void)remove_all(path);
    free(path);
}

static void make_parents(int root_fd, const char *path)
{
    char *parent = xstrdup(path);

    for (char *slash = strchr(parent, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(root_fd, parent, 0755) != 0 && errno != EEXIST)
            tree_fail("make", parent);
        *slash = '/';
    }
    free(parent);
}

static void apply_write(int root_fd, const struct change *change)
{
    const struct buf *content = &change->content;
    int fd;

    make_parents(root_fd, change->path);
    fd = openat(root_fd, change->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, 0) != 0)
        tree_fail("write", change->path);
    if (content->len && pwrite(fd, content->data, content->len, 0) != (ssize_t)content->len)
        tree_fail("write", change->path);
    close(fd);
}

static void apply_cut(int root_fd, const struct change *change)
{
    int fd = openat(root_fd, change->path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || ftruncate(fd, (off_t)change->length) != 0)
        tree_fail("cut", change->path);
    close(fd);
}

static void apply_symlink(int root_fd, struct change *change)
{
    make_parents(root_fd, change->path);
    (void)unlinkat(root_fd, change->path, 0);
    if (symlinkat(buf_text(&change->content), root_fd, change->path) != 0)
        tree_fail("link", change->path);
}

static void apply_gone(const struct change *change)
{
    char *path = xasprintf("%s/root/%s", tree_base, change->path);

    if (remove_all(path) != 0)
        tree_fail("remove", change->path);
    free(path);
}

void tree_apply(int root_fd, const struct scenario_step *step)
{
    for (size_t i = 0; i < step->count; i++) {
        struct change *change = &step->changes[i];

        switch (change->kind) {
        case CHANGE_WRITE:
            apply_write(root_fd, change);
            break;
        case CHANGE_CUT:
            apply_cut(root_fd, change);
            break;
        case CHANGE_SYMLINK:
            apply_symlink(root_fd, change);
            break;
        case CHANGE_GONE:
            apply_gone(change);
            break;
        }
    }
}

/* The linker puts these in the place of pread(2) (see meson.build). */
ssize_t __real_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __real_pread64(int fd, void *data, size_t size, off64_t offset);
ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off64_t offset);

static bool file_is_gone(int fd)
{
    struct stat stat;

    if (fstat(fd, &stat) != 0 || stat.st_nlink)
        return false;
    errno = ESRCH;
    return true;
}

ssize_t __wrap_pread(int fd, void *data, size_t size, off_t offset)
{
    return file_is_gone(fd) ? -1 : __real_pread(fd, data, size, offset);
}

ssize_t __wrap_pread64(int fd, void *data, size_t size, off64_t offset)
{
    return file_is_gone(fd) ? -1 : __real_pread64(fd, data, size, offset);
}
