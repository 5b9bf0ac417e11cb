/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the program: one line per event, to stderr or to a file. Safe
 * from every thread, and never in its way: nobody waits for a terminal or a disk. A failure that
 * repeats goes through a `complaint`, which tells it with growing pauses and tells its end once.
 *
 * The log is the one piece of state that is global: name, level and sink are set at
 * start (and the file reopened on SIGHUP); everything may log.
 */
#ifndef PROXTOP_BASE_LOG_H
#define PROXTOP_BASE_LOG_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/util.h"

/* notice, the default, is what a person should read once: which connector was
 * chosen, which privilege is missing. */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* At the very start: the program's name, which messages on standard error begin with (until then
 * "proxtop"). Static text. */
void log_set_name(const char *name);
const char *log_name(void);
/* Once, at the start. file NULL = stderr. 0 or -errno of the open. The path is
 * copied. */
int log_init(enum log_level level, const char *file);
/* Opens the log file again by its name, for log rotation; no-op on stderr. */
void log_reopen(void);
/* Writes what is queued for the file, waiting a second at most, and goes back
 * to stderr. */
void log_close(void);

/* From now on messages are kept (the newest 64) for log_next(), and do not go to standard
 * error; a log file gets them all the same. Each one makes the eventfd `wake_fd` readable.
 * -1 ends it: of those that nobody fetched, warnings and errors go to standard error. */
void log_divert(int wake_fd);
/* The oldest message that was kept, without its newline, cut to line[size]; false = none. */
bool log_next(enum log_level *ret_level, char *line, size_t size);

void log_message(enum log_level level, const char *format, ...) ATTR_PRINTF(2, 3);

#define log_error(...)   log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_DEBUG, __VA_ARGS__)

/* A failure that may repeat; zero-initialised = none. One thread owns it. */
struct complaint {
    bool active;
    enum log_level level; /* of its lines, the one that tells its end included */
    unsigned suppressed;  /* repetitions since the last line */
    double pause;         /* seconds until it is told again */
    struct mono told_at;
};

/* Tells the failure now, or counts it if it was told less than its pause ago
 * (10 s at first, doubled at each line up to an hour). */
void complain(struct complaint *c, enum log_level level, const char *format, ...) ATTR_PRINTF(3, 4);
/* Tells once that the failure is over; no-op if there was none. */
void complaint_recover(struct complaint *c, const char *format, ...) ATTR_PRINTF(2, 3);

#endif
