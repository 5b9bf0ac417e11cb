/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/stat, /proc/vmstat, /proc/cpuinfo and arcstats. */
#include <errno.h>

#include "fuzz.h"
#include "kernel/host_stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct host_stat stat;
    struct vmstat vmstat;
    uint64_t bytes;
    double mhz;
    int r = parse_host_stat(text, size, &stat);

    CHECK(r == 0 || r == -EBADMSG);
    CHECK(r < 0 || stat.online_cpus <= size);
    r = parse_vmstat(text, size, &vmstat);
    CHECK(r == 0 || r == -EBADMSG);
    r = parse_arcstats_size(text, size, &bytes);
    CHECK(r == 0 || r == -EBADMSG);
    r = parse_cpuinfo_mhz(text, size, &mhz);
    CHECK(r == -ENODATA || (r == 0 && mhz >= 0 && mhz <= 1e6));
    return 0;
}
