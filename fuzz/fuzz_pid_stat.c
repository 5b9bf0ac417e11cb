/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/stat and schedstat. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "kernel/pid_stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pid_stat stat;
    struct schedstat times;
    uint64_t ticks;
    int r = parse_pid_stat((const char *)data, size, &stat);

    CHECK(r == 0 || r == -EBADMSG);
    if (r == 0)
        CHECK(strnlen(stat.comm, sizeof(stat.comm)) < sizeof(stat.comm));
    r = parse_pid_stat_blkio((const char *)data, size, &ticks);
    CHECK(r == 0 || r == -EBADMSG);
    r = parse_schedstat((const char *)data, size, &times);
    CHECK(r == 0 || r == -EBADMSG || r == -ENODATA);
    return 0;
}
