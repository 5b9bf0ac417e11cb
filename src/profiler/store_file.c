/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the state directory. */
#include "profiler/store_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/replace.h"

#define STORE_LOCK_FILE   ".lock"
#define STORE_BAD         ".bad"
#define STORE_TEMP        ".tmp"
#define STORE_SUFFIX_LEN  4
#define STORE_KEY         '+' /* before a key; no escaped text has it */
#define STORE_NAME_MAX    200
#define STORE_CUT_LEN     180 /* and "%-" with 16 digits */
#define STORE_FINGERPRINT 16

_Static_assert(STORE_NAME_SIZE > STORE_NAME_MAX, "a name fits");
_Static_assert(STORE_CUT_LEN + 2 + 16 <= STORE_NAME_MAX, "a cut name fits");
_Static_assert(STORE_FILE_SIZE > STORE_NAME_MAX + 1 + STORE_FINGERPRINT + STORE_SUFFIX_LEN,
               "a name with all that may stand behind it fits");

static bool store_byte_is_plain(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool store_byte_is_digit(unsigned char c, char first_letter)
{
    return (c >= '0' && c <= '9') || (c >= first_letter && c <= first_letter + 5);
}

/* Where an escaped text of at most `max` bytes can end without parting an escape. */
static size_t store_cut(const struct buf *b, size_t max)
{
    for (size_t i = 1; i <= 2; i++)
        if (b->data[max - i] == '%')
            return max - i;
    return max;
}

static void store_escape(const char *text, struct buf *b)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (store_byte_is_plain(c))
            buf_putc(b, *text);
        else
            buf_printf(b, "%%%02X", c);
    }
}

void store_name_make(const char *uuid, const char *key, char name[STORE_NAME_SIZE])
{
    struct buf b = {0};
    uint64_t hash;

    store_escape(uuid, &b);
    if (key) {
        buf_putc(&b, STORE_KEY);
        store_escape(key, &b);
    }
    if (b.len == 0)
        buf_putc(&b, '%');
    if (b.len > STORE_NAME_MAX) {
        hash = hash_bytes(b.data, b.len, 0);
        b.len = store_cut(&b, STORE_CUT_LEN);
        buf_printf(&b, "%%-%016llx", (unsigned long long)hash);
    }
    copy_text(name, STORE_NAME_SIZE, buf_text(&b));
    buf_done(&b);
}

/* How many bytes at text[i] belong to a name as store_name_make() makes it; 0 = none. */
static size_t store_name_piece(const char *text, size_t i)
{
    if (store_byte_is_plain((unsigned char)text[i]) || text[i] == STORE_KEY)
        return 1;
    if (text[i] != '%')
        return 0;
    if (store_byte_is_digit((unsigned char)text[i + 1], 'A') &&
        store_byte_is_digit((unsigned char)text[i + 2], 'A'))
        return 3;
    return text[i + 1] == '-' || (i == 0 && (!text[1] || text[1] == '.'));
}

/* The length of such a name at the start of a text. */
static size_t store_name_span(const char *text)
{
    size_t i = 0, piece;

    while (i <= STORE_NAME_MAX && (piece = store_name_piece(text, i)) > 0)
        i += piece;
    return i;
}

bool store_name_parse(const char *file, size_t *ret_len, bool *ret_temporary)
{
    size_t len = store_name_span(file), digits = 0;
    const char *rest = file + len;
    bool temporary = false;

    if (len == 0 || len > STORE_NAME_MAX)
        return false;
    if (*rest == '.') {
        while (digits < STORE_FINGERPRINT &&
               store_byte_is_digit((unsigned char)rest[1 + digits], 'a'))
            digits++;
        if (digits == STORE_FINGERPRINT)
            rest += 1 + digits;
    }
    if (strcmp(rest, STORE_TEMP) == 0)
        temporary = true;
    else if (*rest && strcmp(rest, STORE_BAD) != 0)
        return false;
    *ret_len = len;
    *ret_temporary = temporary;
    return true;
}

/* A lock of one byte per name, at a place that the name's hash tells, of one file: a thousand VMs
 * take one descriptor, and no lock is left behind by a process that is killed. These locks belong
 * to the open file, not to the process (F_OFD_SETLK). */
static int store_dir_set_lock(const struct store_dir *dir, const char *name, short type)
{
    struct flock lock = {
        .l_type = type,
        .l_whence = SEEK_SET,
        .l_start = (off_t)(hash_text(name) >> 2),
        .l_len = 1,
    };

    if (fcntl(dir->lock_fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EACCES ? -EAGAIN : -errno;
}

int store_dir_lock(const struct store_dir *dir, const char *name)
{
    return store_dir_set_lock(dir, name, F_WRLCK);
}

void store_dir_unlock(const struct store_dir *dir, const char *name)
{
    (void)store_dir_set_lock(dir, name, F_UNLCK);
}

/* What somebody else can put there would be learned from as our own. */
static int store_dir_check(const struct store_dir *dir, char *error, size_t size)
{
    struct stat st;

    if (fstat(dir->fd, &st) < 0) {
        int r = -errno;

        snprintf(error, size, "cannot use the state directory '%s': %s", dir->path, strerror(-r));
        return r;
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        snprintf(error, size, "the state directory '%s' belongs to another user (uid %u)",
                 dir->path, (unsigned)st.st_uid);
        return -EPERM;
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        snprintf(error, size, "others may write to the state directory '%s' (mode %03o)", dir->path,
                 (unsigned)st.st_mode & 0777);
        return -EPERM;
    }
    return 0;
}

/* The lock file, and whether locks work there at all. */
static int store_dir_open_lock(struct store_dir *dir, char *error, size_t size)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    struct stat st;
    int r = 0;

    dir->lock_fd = openat(dir->fd, STORE_LOCK_FILE, flags | O_CLOEXEC, 0600);
    if (dir->lock_fd < 0 || fstat(dir->lock_fd, &st) < 0)
        r = -errno;
    else if (!S_ISREG(st.st_mode))
        r = -EINVAL;
    else
        r = store_dir_lock(dir, "");
    if (r == 0)
        store_dir_unlock(dir, "");
    if (r == 0 || r == -EAGAIN)
        return 0;
    snprintf(error, size, "cannot lock files in the state directory '%s': %s", dir->path,
             strerror(-r));
    return r;
}

int store_dir_open(const char *path, struct store_dir *ret, char *error, size_t size)
{
    struct store_dir dir = {.path = xstrdup(path), .fd = -1, .lock_fd = -1};
    int r = 0;

    if (mkdir(path, 0700) < 0 && errno != EEXIST) {
        r = -errno;
        snprintf(error, size, "cannot make the state directory '%s': %s", path, strerror(-r));
    }
    if (r == 0) {
        dir.fd = file_open_directory(path);
        if (dir.fd < 0) {
            r = dir.fd;
            snprintf(error, size, "cannot use the state directory '%s': %s", path, strerror(-r));
        }
    }
    if (r == 0)
        r = store_dir_check(&dir, error, size);
    if (r == 0)
        r = store_dir_open_lock(&dir, error, size);
    if (r < 0)
        store_dir_close(&dir);
    else
        *ret = dir;
    return r;
}

bool store_dir_is_gone(const struct store_dir *dir)
{
    struct stat here, there;

    return fstat(dir->fd, &here) == 0 &&
           (stat(dir->path, &there) < 0 || here.st_dev != there.st_dev ||
            here.st_ino != there.st_ino);
}

void store_dir_close(struct store_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    if (dir->fd >= 0)
        close(dir->fd);
    free(dir->path);
    *dir = (struct store_dir){.fd = -1, .lock_fd = -1};
}

bool store_dir_has(const struct store_dir *dir, const char *file)
{
    struct stat st;

    return fstatat(dir->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_dir_read(const struct store_dir *dir, const char *file, struct buf *b, size_t max)
{
    struct stat st;
    int fd = openat(dir->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int r;

    if (fd < 0)
        return errno == ELOOP || errno == ENXIO ? -EINVAL : -errno;
    if (fstat(fd, &st) < 0)
        r = -errno;
    else if (!S_ISREG(st.st_mode))
        r = -EINVAL;
    else if ((uintmax_t)st.st_size > max)
        r = -EFBIG;
    else
        r = file_reread_all(fd, b, max);
    close(fd);
    return r;
}

static void store_suffixed(const char *file, const char *suffix, char ret[STORE_FILE_SIZE])
{
    snprintf(ret, STORE_FILE_SIZE, "%s%s", file, suffix);
}

int store_dir_write(const struct store_dir *dir, const char *file, const char *data, size_t len)
{
    char temporary[STORE_FILE_SIZE];
    int fd, r;

    store_suffixed(file, STORE_TEMP, temporary);
    /* What a killed process left. Two writers there are not: the name is locked. */
    if (unlinkat(dir->fd, temporary, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(dir->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    r = write_all(fd, data, len);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat(dir->fd, temporary, dir->fd, file) < 0)
        r = -errno;
    if (r < 0) {
        (void)unlinkat(dir->fd, temporary, 0);
        return r;
    }
    /* Without this, a crash of the machine could bring the old file back. */
    return fsync(dir->fd) < 0 ? -errno : 0;
}

int store_dir_set_aside(const struct store_dir *dir, const char *file)
{
    char aside[STORE_FILE_SIZE];

    store_suffixed(file, STORE_BAD, aside);
    return renameat(dir->fd, file, dir->fd, aside) < 0 ? -errno : 0;
}

static bool store_file_is_old(const struct store_dir *dir, const char *file, struct timespec now,
                              double seconds)
{
    struct stat st;

    if (fstatat(dir->fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
        st.st_uid != geteuid() || (st.st_mode & 07777) != 0600)
        return false;
    return difftime(now.tv_sec, st.st_mtim.tv_sec) > seconds;
}

static void store_remove(const struct store_dir *dir, const char *file, bool temporary)
{
    if (unlinkat(dir->fd, file, 0) < 0)
        log_warning("cannot remove '%s/%s': %s", dir->path, file, strerror(errno));
    else if (!temporary)
        log_info("'%s/%s' is removed: its VM was not seen for long", dir->path, file);
}

void store_dir_clean(const struct store_dir *dir, struct timespec now, double keep_seconds,
                     bool (*in_use)(const void *argument, const char *name), const void *argument)
{
    int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (!list && fd >= 0)
        close(fd);
    while (list && (entry = readdir(list))) {
        char name[STORE_NAME_SIZE];
        double seconds = keep_seconds;
        bool temporary;
        size_t len;

        if (!store_name_parse(entry->d_name, &len, &temporary))
            continue;
        if (temporary)
            seconds = STORE_TEMP_S;
        if (!(seconds > 0) || !store_file_is_old(dir, entry->d_name, now, seconds))
            continue;
        memcpy(name, entry->d_name, len);
        name[len] = '\0';
        if (in_use(argument, name) || store_dir_lock(dir, name) < 0)
            continue;
        /* Whoever had it until now may have written it. */
        if (store_file_is_old(dir, entry->d_name, now, seconds))
            store_remove(dir, entry->d_name, temporary);
        store_dir_unlock(dir, name);
    }
    if (list)
        closedir(list);
}
