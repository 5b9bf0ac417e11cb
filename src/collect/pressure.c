/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pressure stall information of the host. */
#include "kernel/pressure.h"

#include <errno.h>

#include "collect/slot.h"

/* Four columns each: avg60, avg10, avg300, total. */
static void pressure_store(struct host_sample *host, enum host_column first,
                           const struct pressure_line *line, struct mono at)
{
    if (!line->valid)
        return;
    host->columns[first] = raw_of(line->avg60, at);
    host->columns[first + 1] = raw_of(line->avg10, at);
    host->columns[first + 2] = raw_of(line->avg300, at);
    host->columns[first + 3] = raw_of(line->total_us, at);
}

_Static_assert(HOST_PSI_SOME_CPU_TOTAL == HOST_PSI_SOME_CPU_AVG60 + 3 &&
                   HOST_PSI_SOME_IO_TOTAL == HOST_PSI_SOME_IO_AVG60 + 3 &&
                   HOST_PSI_FULL_IO_TOTAL == HOST_PSI_FULL_IO_AVG60 + 3 &&
                   HOST_PSI_SOME_MEM_TOTAL == HOST_PSI_SOME_MEM_AVG60 + 3 &&
                   HOST_PSI_FULL_MEM_TOTAL == HOST_PSI_FULL_MEM_AVG60 + 3,
               "pressure_store() goes by this order");

void pressure_collect(struct collect *collect, struct host_sample *host)
{
    static const struct {
        const char *path;
        enum host_column some, full;
    } files[COLLECT_PRESSURE_FILES] = {
        {"pressure/cpu", HOST_PSI_SOME_CPU_AVG60, HOST__COUNT},
        {"pressure/io", HOST_PSI_SOME_IO_AVG60, HOST_PSI_FULL_IO_AVG60},
        {"pressure/memory", HOST_PSI_SOME_MEM_AVG60, HOST_PSI_FULL_MEM_AVG60},
    };

    if (collect->lacks & COLLECT_LACKS_PRESSURE)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct pressure pressure;
        char text[512];
        struct mono at;
        size_t len;
        int r = kept_file_read(&collect->pressure[i], &collect->budget, collect->config.proc_fd,
                               files[i].path, text, sizeof(text), &len);

        /* Compiled out, or off (psi=0): the files are missing, or cannot be read. */
        if (r == -ENOENT || r == -EOPNOTSUPP)
            collect->lacks |= COLLECT_LACKS_PRESSURE;
        if (r < 0 || parse_pressure(text, len, &pressure) < 0)
            continue;
        at = clock_mono(collect->config.clock);
        pressure_store(host, files[i].some, &pressure.some, at);
        if (files[i].full != HOST__COUNT)
            pressure_store(host, files[i].full, &pressure.full, at);
    }
}
