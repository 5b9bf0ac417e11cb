/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading kernel files below a root (/proc, /sys or a copy of them), once or
 * again and again through a descriptor that is kept open.
 */
#ifndef PROXTOP_BASE_FILE_H
#define PROXTOP_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Room for one record of any single-record kernel file that is read per cycle
 * (a /proc/PID/stat is under 400 bytes, a status under 2 KB). */
#define FILE_RECORD_SIZE 4096

/* Opens dir_fd/path read-only, close-on-exec. The descriptor or -errno. */
int file_open_at(int dir_fd, const char *path);
int file_open_directory(const char *path);

/* An O_PATH descriptor of the path, with root_fd for "/": absolute links start
 * there and ".." does not leave it, as for a process whose root that is. Before
 * Linux 5.6, or with openat2(2) filtered away, links lead where they do here.
 * Follows no links of procfs; opens no device. The descriptor or -errno. */
int file_open_in_root(int root_fd, const char *path);

/* One pread from the start into text[size]: right for single-record procfs
 * files (stat, status, schedstat, meminfo) and for sysfs attributes, whose
 * second read may differ. *ret_len <= size.
 * -ENODATA when nothing is there, -EFBIG when the file filled the buffer. */
int file_read_record(int fd, char *text, size_t size, size_t *ret_len);

/* Reads dir_fd/path whole (procfs hands files of several records over a page
 * at a time: a short read is not the end) into *b, replacing its content.
 * More than `max` bytes: -EFBIG. */
int file_read_all(int dir_fd, const char *path, struct buf *b, size_t max);
/* The first line of dir_fd/path without its newline, cut to size; "" where
 * there is none (a sysfs attribute, a sysctl). Opens and closes the file. */
void file_read_line(int dir_fd, const char *path, char *ret, size_t size);
/* file_read_all() for a file that is open, read from its start. */
int file_reread_all(int fd, struct buf *b, size_t max);

/* Who goes first where descriptors are scarce: as long as a file of a rank has
 * to do without one, those of the ranks behind it give theirs up. */
enum file_rank {
    FILE_RANK_MAIN,
    FILE_RANK_EXTRA,
    FILE_RANK__COUNT,
};

/* How many descriptors may be kept open. One thread owns it. */
struct file_budget {
    size_t kept;
    size_t limit;
    size_t others; /* descriptors that others keep in each cycle; theirs to set */
    size_t without[FILE_RANK__COUNT]; /* files that are opened for each read */
    bool exceeded;                    /* some file had to do without */
};

/* How many that are where a process may have `files` open: the rest is for everything else. */
size_t file_budget_of(uint64_t files);

/* Raises the process's soft limit of open files to its hard limit and leaves
 * room for everything that is not a kept file. Where that takes more than was
 * left, the budget shrinks when an open fails for it. */
void file_budget_init(struct file_budget *budget);

/* A file that is read every cycle. fd < 0 = not open: it is opened at the next
 * read and stays open as long as the budget has room; without room it is
 * opened for each read. Zero is not a valid start: use KEPT_FILE_INIT, for
 * files of another rank than the first KEPT_FILE_INIT_EXTRA. */
struct kept_file {
    int fd;
    enum file_rank rank;
};
#define KEPT_FILE_INIT       ((struct kept_file){.fd = -1, .rank = FILE_RANK_MAIN})
#define KEPT_FILE_INIT_EXTRA ((struct kept_file){.fd = -1, .rank = FILE_RANK_EXTRA})

/* Reads one record of dir_fd/path (see file_read_record). The path is used
 * only when the file is not open. Any error closes the file, so that the next
 * read starts anew. */
int kept_file_read(struct kept_file *file, struct file_budget *budget, int dir_fd, const char *path,
                   char *text, size_t size, size_t *ret_len);
void kept_file_close(struct kept_file *file, struct file_budget *budget);

#endif
