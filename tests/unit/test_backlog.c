/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/backlog: whole cycles in order, the oldest go first, memory that goes round. */
#include "output/backlog.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

static size_t push(struct backlog *backlog, struct buf *buf, unsigned number, uint64_t limit)
{
    buf_clear(buf);
    buf_printf(buf, "%u", number);
    return backlog_push(backlog, buf, limit);
}

static void assert_next(struct backlog *backlog, struct buf *buf, unsigned number)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", number);
    assert_true(backlog_take(backlog, buf));
    assert_string_equal(buf_text(buf), text);
}

static void test_order(void **state UNUSED)
{
    struct backlog backlog = {0};
    struct buf in = {0}, out = {0};
    unsigned pushed = 0, taken = 0;
    uint64_t seed = 1;

    for (unsigned round = 0; round < 2000; round++) {
        if (support_random_below(&seed, 100) < 50)
            assert_int_equal(push(&backlog, &in, pushed++, UINT64_MAX), 0);
        else if (taken < pushed)
            assert_next(&backlog, &out, taken++);
        assert_int_equal(backlog.count, pushed - taken);
    }
    while (taken < pushed)
        assert_next(&backlog, &out, taken++);
    assert_int_equal(backlog.bytes, 0);
    buf_clear(&out);
    assert_false(backlog_take(&backlog, &out));
    backlog_done(&backlog);
    buf_done(&in);
    buf_done(&out);
}

static void test_limit(void **state UNUSED)
{
    struct backlog backlog = {0};
    struct buf in = {0}, out = {0};
    size_t dropped = 0, kept;

    for (unsigned i = 0; i < 100; i++) {
        buf_reserve(&in, 1000);
        dropped += push(&backlog, &in, i, 20000);
        assert_true(backlog.bytes <= 20000);
        assert_int_equal(in.len, 0);
    }
    kept = backlog.count;
    assert_true(kept >= 8 && kept <= 20);
    assert_int_equal(dropped, 100 - kept);
    for (unsigned i = 0; i < kept; i++)
        assert_next(&backlog, &out, (unsigned)dropped + i);
    /* One that is larger than all there is room for goes alone. */
    push(&backlog, &in, 100, 20000);
    buf_reserve(&in, 50000);
    assert_int_equal(push(&backlog, &in, 101, 20000), 1);
    assert_int_equal(backlog.count, 1);
    assert_next(&backlog, &out, 101);
    backlog_done(&backlog);
    buf_done(&in);
    buf_done(&out);
}

/* In a steady state the same pieces of memory go round. */
static void test_steady(void **state UNUSED)
{
    const void *seen[8] = {0};
    struct backlog backlog = {0};
    struct buf in = {0}, out = {0};
    size_t count = 0, i;

    for (unsigned round = 0; round < 100; round++) {
        push(&backlog, &in, round, 1000000);
        assert_next(&backlog, &out, round);
        for (i = 0; i < count && seen[i] != out.data; i++)
            ;
        if (i == count)
            seen[count++] = out.data;
        assert_true(count <= 3);
    }
    backlog_done(&backlog);
    buf_done(&in);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_steady),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
