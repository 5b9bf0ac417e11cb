/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where configuration files are, and their text. */
#include "app/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

char *config_user_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (config && *config == '/') /* one that is not absolute is to be passed over */
        return xasprintf("%s/proxtop/config", config);
    if (home && *home == '/')
        return xasprintf("%s/.config/proxtop/config", home);
    return NULL;
}

static int config_check_place(const char *place, const struct stat *st, char *why, size_t size)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        snprintf(why, size, "'%s' belongs to another user (uid %u)", place, (unsigned)st->st_uid);
    else if ((st->st_mode & S_IWOTH) && !S_ISLNK(st->st_mode) && !(st->st_mode & S_ISVTX))
        snprintf(why, size, "'%s' can be written by everybody", place);
    else
        return 0;
    return -EPERM;
}

int config_file_check(const char *path, char *why, size_t size)
{
    char *place = xstrdup(path);
    struct stat st;
    int r = 0;

    if (lstat(place, &st) == 0)
        r = config_check_place(place, &st, why, size);
    if (r == 0 && stat(place, &st) == 0)
        r = config_check_place(place, &st, why, size);
    for (char *end = strrchr(place, '/'); r == 0 && end && end != place;
         end = strrchr(place, '/')) {
        *end = '\0';
        if (stat(place, &st) < 0)
            continue; /* it would be made */
        r = config_check_place(place, &st, why, size);
        break;
    }
    free(place);
    return r;
}

static int config_fd_read(int fd, struct buf *text, char *why, size_t size)
{
    struct stat st;
    int r;

    if (fstat(fd, &st) < 0) {
        r = -errno;
        snprintf(why, size, "%s", strerror(-r));
        return r;
    }
    if (!S_ISREG(st.st_mode)) {
        snprintf(why, size, "it is no regular file");
        return -EINVAL;
    }
    r = file_reread_all(fd, text, CONFIG_FILE_MAX);
    if (r < 0) {
        snprintf(why, size, "%s", r == -EFBIG ? "it is larger than 1 MB" : strerror(-r));
        return r;
    }
    if (text->len && memchr(text->data, '\0', text->len)) {
        snprintf(why, size, "it is no text, it has NUL bytes in it");
        return -EINVAL;
    }
    return 0;
}

int config_file_read(const char *path, struct buf *text, char *why, size_t size)
{
    /* A FIFO without a writer must not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;

    if (fd < 0) {
        r = errno == ENOTDIR ? -ENOENT : -errno;
        snprintf(why, size, "%s", strerror(errno));
        return r;
    }
    r = config_fd_read(fd, text, why, size);
    close(fd);
    return r;
}
