/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a host: what was written goes on as what it was written of; nothing else is read.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/state.h"
#include "support.h"

#define HALF_LIFE 86400.0
#define WHY       200

static enum state_verdict load(const char *text, size_t len, struct state_host **ret, char why[WHY])
{
    *ret = NULL;
    why[0] = '\0';
    return state_host_read(text, len, ret, why, WHY);
}

/* Ten minutes apart, for so many days from the one after `day` on, with one day left out. */
static void learn(struct overcommit_measured *measured, unsigned day, unsigned days)
{
    for (unsigned i = 0; i < 144 * days; i++) {
        if ((day + i / 144) % 5 == 3)
            continue;
        overcommit_measured_take(measured, (double)(i * 7 % 90) / 10 + day + i / 144.0,
                                 1.8e9 + 86400.0 * day + 600.0 * i);
    }
}

static struct state_host *made(unsigned days)
{
    struct state_host *host = xcalloc(1, sizeof(*host));

    strcpy(host->node, "pve \"1\"");
    host->half_life = HALF_LIFE;
    overcommit_measured_init(&host->measured, 16, HALF_LIFE);
    learn(&host->measured, 0, days);
    return host;
}

static void check_goes_on(unsigned days)
{
    struct state_host *host = made(days), *other;
    struct buf first = {0}, second = {0};
    char why[WHY];

    state_host_write(host, &first);
    if (load(first.data, first.len, &other, why) != STATE_GOOD)
        fail_msg("%u days: %s in %s", days, why, buf_text(&first));
    assert_string_equal(other->node, host->node);
    assert_true(other->half_life == HALF_LIFE && other->measured.cores == 16);
    state_host_write(other, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
    learn(&host->measured, days, 9);
    learn(&other->measured, days, 9);
    assert_true(isfinite(overcommit_days_left(&host->measured)));
    assert_true(overcommit_days_left(&host->measured) == overcommit_days_left(&other->measured));
    buf_clear(&first);
    buf_clear(&second);
    state_host_write(host, &first);
    state_host_write(other, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
    state_host_free(host);
    state_host_free(other);
    buf_done(&first);
    buf_done(&second);
}

static void test_goes_on(void **state UNUSED)
{
    static const unsigned days[] = {0, 1, 4, 5, 30, 59, 60, 61, 100};

    for (size_t i = 0; i < ARRAY_SIZE(days); i++)
        check_goes_on(days[i]);
}

/* Counters at their end stay there, and what is written can be read. */
static void test_full_counters(void **state UNUSED)
{
    struct state_host *host = made(1), *other;
    struct buf text = {0};
    char why[WHY];

    host->measured.samples = host->measured.over = UINT64_C(1000000000000000);
    overcommit_measured_take(&host->measured, 20, 1.81e9);
    state_host_write(host, &text);
    assert_int_equal(load(text.data, text.len, &other, why), STATE_GOOD);
    assert_true(other->measured.samples == UINT64_C(1000000000000000));
    assert_true(other->measured.over == other->measured.samples);
    state_host_free(host);
    state_host_free(other);
    buf_done(&text);
}

/* Any text: what is read of it can be gone on with, and is finite. */
static void parse(const char *text, size_t len)
{
    struct state_host *host;
    char why[WHY];

    if (load(text, len, &host, why) != STATE_GOOD) {
        assert_null(host);
        assert_true(why[0]);
        return;
    }
    learn(&host->measured, 1, 2);
    assert_false(isinf(overcommit_measured_p95(&host->measured)));
    assert_false(isinf(overcommit_days_left(&host->measured)));
    state_host_free(host);
}

static void test_prefixes_and_garbage(void **state UNUSED)
{
    struct state_host *host = made(3), *other;
    struct buf text = {0};
    char why[WHY];

    state_host_write(host, &text);
    for (size_t len = 0; len + 2 < text.len; len += 1 + len / 200)
        assert_int_equal(load(text.data, len, &other, why), STATE_BAD);
    support_each_garbage(text.data, text.len, 2000, parse);
    state_host_free(host);
    buf_done(&text);
}

#define EMPTY "{\"origin\":null,\"total\":0,\"max\":0,\"weights\":[]}"

static char *text_of(const char *version, const char *cores, const char *day, const char *days,
                     const char *sum)
{
    return xasprintf("{\"version\":%s,\"node\":\"n\",\"half_life\":60,\"cores\":%s,\"samples\":1,"
                     "\"over\":0,\"day\":%s,\"days\":%s,\"sum\":%s,\"today\":" EMPTY "}",
                     version, cores, day, days, sum);
}

static void test_absurd(void **state UNUSED)
{
    static const struct {
        const char *version, *cores, *day, *days, *sum;
        enum state_verdict verdict;
    } rows[] = {
        {"1", "4", "20000", "[1,null,2]", EMPTY, STATE_GOOD},
        {"1", "4", "null", "[]", EMPTY, STATE_GOOD},
        {"2", "4", "20000", "[]", EMPTY, STATE_OTHER},
        {"-1", "4", "20000", "[]", EMPTY, STATE_BAD},
        {"\"1\"", "4", "20000", "[]", EMPTY, STATE_BAD},
        {"1", "0", "20000", "[]", EMPTY, STATE_BAD},
        {"1", "-4", "20000", "[]", EMPTY, STATE_BAD},
        {"1", "1e300", "20000", "[]", EMPTY, STATE_BAD},
        {"1", "NaN", "20000", "[]", EMPTY, STATE_BAD},
        {"1", "4", "-1", "[]", EMPTY, STATE_BAD},
        {"1", "4", "1e18", "[]", EMPTY, STATE_BAD},
        {"1", "4", "9223372036854775807", "[]", EMPTY, STATE_BAD},
        {"1", "4", "1.5", "[]", EMPTY, STATE_BAD},
        {"1", "4", "20000", "{}", EMPTY, STATE_BAD},
        {"1", "4", "20000", "[-1]", EMPTY, STATE_BAD},
        {"1", "4", "20000", "[1e300]", EMPTY, STATE_BAD},
        {"1", "4", "20000", "[\"1\"]", EMPTY, STATE_BAD},
        {"1", "4", "20000",
         "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
         "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
         EMPTY, STATE_BAD},
        {"1", "4", "20000", "[]", "null", STATE_BAD},
        {"1", "4", "20000", "[]", "{\"origin\":null,\"total\":5,\"max\":0,\"weights\":[]}",
         STATE_BAD},
        {"1", "4", "20000", "[]", "{\"origin\":0,\"total\":2,\"max\":9,\"weights\":[[399,1,1]]}",
         STATE_BAD},
        {"1", "4", "20000", "[]", "{\"origin\":0,\"total\":2,\"max\":9,\"weights\":[[398,1,1]]}",
         STATE_GOOD},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *text =
            text_of(rows[i].version, rows[i].cores, rows[i].day, rows[i].days, rows[i].sum);
        struct state_host *host;
        char why[WHY];

        if (load(text, strlen(text), &host, why) != rows[i].verdict)
            fail_msg("%s: %s", text, why);
        state_host_free(host);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_full_counters),
        cmocka_unit_test(test_prefixes_and_garbage),
        cmocka_unit_test(test_absurd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
