/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Thresholds of the configuration: a key, '=', and what stands behind it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "tui/thresholds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct thresholds thresholds, before;
    char *key = fuzz_text(data, size), *value = strchr(key, '=');
    char allowed[40] = "";
    int r;

    if (value)
        *value++ = '\0';
    else
        value = key;
    thresholds_defaults(&thresholds);
    before = thresholds;
    r = thresholds_set(&thresholds, key, value, allowed, sizeof(allowed));
    CHECK(r == 0 || r == -EINVAL || r == -ENOENT);
    CHECK(strnlen(allowed, sizeof(allowed)) < sizeof(allowed));
    CHECK((r == 0) == !allowed[0]);
    if (r)
        CHECK(memcmp(&thresholds, &before, sizeof(before)) == 0);
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        for (unsigned c = 0; c < METRIC_COLUMNS_MAX; c++) {
            const struct limits *limits = &thresholds.of[s][c];

            CHECK(isnan(limits->warn) == isnan(limits->crit));
            CHECK(isnan(limits->warn) ||
                  (limits->warn >= 0 && limits->warn <= limits->crit && isfinite(limits->crit)));
        }
    }
    free(key);
    return 0;
}
