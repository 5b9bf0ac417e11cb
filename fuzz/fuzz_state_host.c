/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a host, which may be anything: what was read is used, written and read again,
 * which gives the same. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "profiler/state.h"

static void fuzz_again(const struct state_host *host)
{
    struct buf first = {0}, second = {0};
    struct state_host *read = NULL;
    char why[200] = "";

    state_host_write(host, &first);
    CHECK(state_host_read(first.data, first.len, &read, why, sizeof(why)) == STATE_GOOD);
    state_host_write(read, &second);
    CHECK(first.len == second.len && !memcmp(first.data, second.data, first.len));
    state_host_free(read);
    buf_done(&first);
    buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct state_host *host = NULL;
    char why[200] = "";

    if (state_host_read(text, size, &host, why, sizeof(why)) == STATE_GOOD) {
        fuzz_again(host);
        for (unsigned i = 0; i < 50; i++)
            overcommit_measured_take(&host->measured, i * 0.3, 1e9 + i * 20000.0);
        CHECK(!isinf(overcommit_measured_p95(&host->measured)));
        CHECK(!isinf(overcommit_days_left(&host->measured)));
        fuzz_again(host);
        state_host_free(host);
    } else {
        CHECK(!host && why[0]);
    }
    free(text);
    return 0;
}
