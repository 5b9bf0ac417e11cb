/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of /proc/PID/stat and schedstat. */
#include "kernel/pid_stat.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

/* Fields 3 (state) to 24 (rss) stand behind the last ')'. */
#define STAT_FIRST_NUMBER 4
#define STAT_LAST_NUMBER  24
#define STAT_BLKIO        42

static bool stat_read_numbers(struct cursor *c, uint64_t field[STAT_LAST_NUMBER + 1])
{
    for (int i = STAT_FIRST_NUMBER; i <= STAT_LAST_NUMBER; i++) {
        int64_t number;

        cursor_skip_blanks(c);
        /* Some fields are signed (priority, nice, tty), some use all 64 bits;
         * none of those that are taken over can be negative. */
        if (cursor_u64(c, &field[i]))
            continue;
        if (!cursor_i64(c, &number))
            return false;
        field[i] = 0;
    }
    return true;
}

int parse_pid_stat(const char *text, size_t len, struct pid_stat *ret)
{
    const char *open = memchr(text, '(', len);
    const char *close = memrchr(text, ')', len);
    uint64_t field[STAT_LAST_NUMBER + 1] = {0};
    struct pid_stat stat = {0};
    struct cursor c;
    size_t comm_len;

    if (!open || !close || close < open || (size_t)(text + len - close) < 4)
        return -EBADMSG;
    if (close[1] != ' ' || close[3] != ' ')
        return -EBADMSG;
    comm_len = min_size((size_t)(close - open - 1), sizeof(stat.comm) - 1);
    memcpy(stat.comm, open + 1, comm_len);
    stat.state = close[2];
    c = cursor_of(close + 3, (size_t)(text + len - close - 3));
    /* A number that ends with the text may have been cut. */
    if (!stat_read_numbers(&c, field) || c.at >= c.end)
        return -EBADMSG;
    stat.min_faults = field[10];
    stat.child_min_faults = field[11];
    stat.maj_faults = field[12];
    stat.child_maj_faults = field[13];
    stat.user_ticks = field[14];
    stat.system_ticks = field[15];
    stat.num_threads = field[20];
    stat.start_ticks = field[22];
    stat.vsize_bytes = field[23];
    stat.rss_pages = field[24];
    *ret = stat;
    return 0;
}

int parse_pid_stat_blkio(const char *text, size_t len, uint64_t *ret_ticks)
{
    const char *close = memrchr(text, ')', len);
    struct cursor c;
    uint64_t ticks;

    if (!close)
        return -EBADMSG;
    c = cursor_of(close + 1, (size_t)(text + len - close - 1));
    for (int field = 3; field <= STAT_BLKIO; field++) {
        const char *blank = memchr(c.at, ' ', (size_t)(c.end - c.at));

        if (!blank)
            return -EBADMSG;
        c.at = blank + 1;
    }
    if (!cursor_u64(&c, &ticks) || c.at >= c.end || (*c.at != ' ' && *c.at != '\n'))
        return -EBADMSG;
    *ret_ticks = ticks;
    return 0;
}

int parse_schedstat(const char *text, size_t len, struct schedstat *ret)
{
    struct cursor c = cursor_of(text, len);
    struct schedstat s;

    if (!cursor_u64(&c, &s.run_ns) || !cursor_word(&c, " "))
        return -EBADMSG;
    if (!cursor_u64(&c, &s.wait_ns) || !cursor_word(&c, " "))
        return -EBADMSG;
    if (!cursor_u64(&c, &s.timeslices) || !cursor_word(&c, "\n"))
        return -EBADMSG;
    if (!s.run_ns && !s.wait_ns && !s.timeslices)
        return -ENODATA;
    *ret = s;
    return 0;
}
