/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that each cycle replaces: written beside it and renamed, so that
 * whoever reads it sees one cycle, whole. A lock on the file beside it tells a
 * program that lives from one that was killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "output/stream.h"

#define REPLACE_RANDOM   "XXXXXX"
#define REPLACE_SUFFIX   ".tmp"
#define REPLACE_NAME_MAX 200 /* bytes of the file's own name in that of the one beside it */

struct replace {
    const char *path, *header;
    char *directory;
    char *prefix;    /* ".NAME." */
    char *temporary; /* a path; its random part is new for each cycle */
};

static size_t replace_random_place(const struct replace *replace)
{
    return strlen(replace->temporary) - strlen(REPLACE_RANDOM REPLACE_SUFFIX);
}

/* A new file beside the target, locked, readable by all. The descriptor or -errno. */
static int replace_create(struct replace *replace)
{
    int fd;

    memcpy(replace->temporary + replace_random_place(replace), REPLACE_RANDOM,
           strlen(REPLACE_RANDOM));
    fd = mkostemps(replace->temporary, (int)strlen(REPLACE_SUFFIX), O_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)flock(fd, LOCK_EX | LOCK_NB); /* where there are no locks, nobody can tell */
    return fd;
}

static int replace_write(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

static int replace_fill(struct replace *replace, int fd, const struct buf *cycle)
{
    int r = fchmod(fd, 0644) < 0 ? -errno : 0;

    if (r == 0)
        r = replace_write(fd, replace->header, strlen(replace->header));
    if (r == 0)
        r = replace_write(fd, cycle->data, cycle->len);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (r == 0 && rename(replace->temporary, replace->path) < 0)
        r = -errno;
    return r;
}

static int replace_put(void *self, const struct buf *cycle, size_t *done)
{
    struct replace *replace = self;
    int fd, r;

    if (!cycle->len)
        return 1;
    fd = replace_create(replace);
    if (fd < 0)
        return fd;
    r = replace_fill(replace, fd, cycle);
    if (r < 0)
        unlink(replace->temporary);
    close(fd);
    if (r < 0)
        return r;
    *done = cycle->len;
    return 1;
}

static void replace_close(void *self)
{
    struct replace *replace = self;

    free(replace->directory);
    free(replace->prefix);
    free(replace->temporary);
    free(replace);
}

static bool replace_is_temporary(const struct replace *replace, const char *name)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t prefix = strlen(replace->prefix), random = strlen(REPLACE_RANDOM);

    return strncmp(name, replace->prefix, prefix) == 0 &&
           strspn(name + prefix, letters) == random &&
           strcmp(name + prefix + random, REPLACE_SUFFIX) == 0;
}

/* Removes the file unless somebody still writes it. */
static void replace_remove_dead(int directory_fd, const char *name)
{
    int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(directory_fd, name, 0);
    close(fd);
}

/* What a program that was killed has left. */
static void replace_remove_left(const struct replace *replace)
{
    DIR *directory = opendir(replace->directory);
    const struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        if (replace_is_temporary(replace, entry->d_name))
            replace_remove_dead(dirfd(directory), entry->d_name);
    }
    closedir(directory);
}

/* Whether a file can be made beside it, as far as that can be known before
 * there is something to write: a full disk may have room by then. 0 or -errno. */
static int replace_check(struct replace *replace)
{
    struct stat st;
    int fd;

    if (stat(replace->path, &st) == 0 && !S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    fd = replace_create(replace);
    if (fd < 0)
        return fd == -ENOSPC || fd == -EDQUOT ? 0 : fd;
    unlink(replace->temporary);
    close(fd);
    return 0;
}

int file_replace_open(const struct output_config *config, struct output **ret,
                      struct output_error *error)
{
    static const struct stream_ops ops = {
        .newest_only = true,
        .put = replace_put,
        .close = replace_close,
    };
    struct replace *replace = xcalloc(1, sizeof(*replace));
    const char *slash = strrchr(config->target, '/'), *name = slash ? slash + 1 : config->target;
    int r;

    replace->path = config->target;
    replace->header = config->header;
    replace->directory =
        slash ? xstrndup(config->target, (size_t)(name - config->target)) : xstrdup("./");
    replace->prefix = xasprintf(".%.*s.", REPLACE_NAME_MAX, name);
    replace->temporary =
        xasprintf("%s%s" REPLACE_RANDOM REPLACE_SUFFIX, replace->directory, replace->prefix);
    r = *name ? replace_check(replace) : -EISDIR;
    if (r < 0) {
        snprintf(error->text, sizeof(error->text), "cannot replace '%s' with each cycle: %s",
                 config->target, r == -EINVAL ? "it is no regular file" : strerror(-r));
        replace_close(replace);
        return r;
    }
    replace_remove_left(replace);
    return stream_start(config, &ops, replace, replace->path, ret, error);
}
