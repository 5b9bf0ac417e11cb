/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of /proc/stat, /proc/vmstat, /proc/cpuinfo and ZFS' arcstats. */
#include "kernel/host_stat.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"

/* A line counts only with its newline: the last one may have been cut. */
static bool next_whole_line(struct cursor *text, struct cursor *line)
{
    return cursor_line(text, line) && line->end < text->end && *line->end == '\n';
}

static bool host_stat_parse_cpu(struct cursor line, struct host_stat *stat)
{
    unsigned n;

    if (!cursor_word(&line, "cpu "))
        return false;
    for (n = 0; n < CPU_TIME__COUNT; n++) {
        cursor_skip_blanks(&line);
        if (!cursor_u64(&line, &stat->ticks[n]))
            break;
    }
    stat->times = n;
    return n > CPU_TIME_IDLE;
}

static void host_stat_parse_line(struct cursor line, struct host_stat *stat)
{
    uint64_t number;

    if (cursor_word(&line, "cpu")) {
        if (cursor_u64(&line, &number))
            stat->online_cpus++;
    } else if (cursor_word(&line, "btime ")) {
        if (cursor_u64(&line, &number))
            stat->boot_seconds = number;
    } else if (cursor_word(&line, "processes ")) {
        if (cursor_u64(&line, &number))
            stat->forks = number;
    }
}

int parse_host_stat(const char *text, size_t len, struct host_stat *ret)
{
    struct cursor c = cursor_of(text, len), line;
    struct host_stat stat = {0};
    bool last_is_cpu = false;

    if (!next_whole_line(&c, &line) || !host_stat_parse_cpu(line, &stat))
        return -EBADMSG;
    while (next_whole_line(&c, &line)) {
        last_is_cpu = line.end - line.at > 3 && memcmp(line.at, "cpu", 3) == 0;
        host_stat_parse_line(line, &stat);
    }
    if (last_is_cpu) /* cut: there may be more of them */
        stat.online_cpus = 0;
    *ret = stat;
    return 0;
}

int parse_vmstat(const char *text, size_t len, struct vmstat *ret)
{
    struct cursor c = cursor_of(text, len), line;
    struct vmstat vmstat = {0};
    bool in = false, out = false;

    while (!(in && out) && next_whole_line(&c, &line)) {
        if (cursor_word(&line, "pswpin "))
            in = cursor_u64(&line, &vmstat.swap_in_pages);
        else if (cursor_word(&line, "pswpout "))
            out = cursor_u64(&line, &vmstat.swap_out_pages);
    }
    if (!in || !out)
        return -EBADMSG;
    *ret = vmstat;
    return 0;
}

int parse_cpuinfo_mhz(const char *text, size_t len, double *ret_mhz)
{
    struct cursor c = cursor_of(text, len), line;
    double sum = 0;
    unsigned cpus = 0;

    while (next_whole_line(&c, &line)) {
        uint64_t mhz;

        if (!cursor_word(&line, "cpu MHz"))
            continue;
        cursor_skip_blanks(&line);
        if (!cursor_word(&line, ": ") || !cursor_u64(&line, &mhz) || mhz > 1000000)
            continue;
        sum += (double)mhz; /* the fraction of a MHz does not matter in a mean */
        cpus++;
    }
    if (!cpus)
        return -ENODATA;
    *ret_mhz = sum / cpus;
    return 0;
}

int parse_arcstats_size(const char *text, size_t len, uint64_t *ret_bytes)
{
    struct cursor c = cursor_of(text, len), line;

    while (next_whole_line(&c, &line)) {
        uint64_t type, bytes;

        if (!cursor_word(&line, "size "))
            continue;
        cursor_skip_blanks(&line);
        if (!cursor_u64(&line, &type))
            return -EBADMSG;
        cursor_skip_blanks(&line);
        if (!cursor_u64(&line, &bytes))
            return -EBADMSG;
        *ret_bytes = bytes;
        return 0;
    }
    return -EBADMSG;
}
