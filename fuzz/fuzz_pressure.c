/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/pressure/{cpu,io,memory}. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "kernel/pressure.h"

static void check_line(const struct pressure_line *line, const char *kind, const char *text,
                       size_t size)
{
    if (!line->valid)
        return;
    CHECK(memmem(text, size, kind, strlen(kind)));
    CHECK(line->avg10 < 1000000 && line->avg60 < 1000000 && line->avg300 < 1000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pressure pressure;
    int r = parse_pressure((const char *)data, size, &pressure);

    CHECK(r == 0 || r == -EBADMSG);
    if (r < 0)
        return 0;
    CHECK(pressure.some.valid || pressure.full.valid);
    check_line(&pressure.some, "some avg10=", (const char *)data, size);
    check_line(&pressure.full, "full avg10=", (const char *)data, size);
    return 0;
}
