/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/diskstats: what every device that is found must be like. */
#include "fuzz.h"
#include "kernel/diskstats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct cursor c = cursor_of(text, size);
    const char *before = c.at;
    struct diskstats_line line;

    while (diskstats_next(&c, &line)) {
        CHECK(c.at > before && c.at <= c.end && c.at[-1] == '\n');
        CHECK(line.name >= before && line.name_len > 0 && line.name + line.name_len < c.at);
        for (size_t i = 0; i < line.name_len; i++)
            CHECK((unsigned char)line.name[i] > ' ');
        CHECK(line.counted >= DISKSTAT__ALWAYS && line.counted <= DISKSTAT__COUNT);
        for (unsigned i = line.counted; i < DISKSTAT__COUNT; i++)
            CHECK(line.counters[i] == 0);
        /* Three fields and those counted, each a byte and a blank or the newline behind it. */
        CHECK((size_t)(c.at - before) >= 2 * (3 + (size_t)line.counted));
        before = c.at;
    }
    return 0;
}
