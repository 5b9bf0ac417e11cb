/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/gzip: what is compressed is what zlib's inflate gives back. */
#include "output/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support.h"

/* Exactly one gzip member, nothing behind it, and of these bytes. */
static void check_unpacks(const struct buf *packed, const char *data, size_t len)
{
    z_stream z = {.next_in = (Bytef *)packed->data, .avail_in = (uInt)packed->len};
    char *got = xcalloc(1, len + 1);

    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_out = (Bytef *)got;
    z.avail_out = (uInt)len + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, len);
    assert_int_equal(z.avail_in, 0);
    if (len)
        assert_memory_equal(got, data, len);
    assert_int_equal(inflateEnd(&z), Z_OK);
    free(got);
}

static void check_data(struct gzip *gzip, const char *data, size_t len, struct buf *out)
{
    assert_int_equal(gzip_data(gzip, data, len, out), 0);
    assert_true(out->len >= 18);
    assert_memory_equal(out->data, "\x1f\x8b\x08", 3);
    check_unpacks(out, data, len);
}

static void test_small(void **state UNUSED)
{
    struct gzip *gzip = gzip_new();
    struct buf out = {0};

    check_data(gzip, NULL, 0, &out);
    check_data(gzip, "", 0, &out);
    check_data(gzip, "a", 1, &out);
    buf_puts(&out, "what was there before");
    check_data(gzip, "cpu 1\nmem 2\n", 12, &out);
    buf_done(&out);
    gzip_free(gzip);
    gzip_free(NULL);
    gzip_free(gzip_new());
}

/* Lengths up to 200 KB, of bytes that do not compress, or do a little. */
static void test_random(void **state UNUSED)
{
    struct gzip *gzip = gzip_new();
    struct buf data = {0}, out = {0};
    uint64_t seed = 11;

    for (unsigned round = 0; round < 60; round++) {
        size_t len = support_random_below(&seed, UINT64_C(1) << (1 + round % 18));
        uint64_t bytes = round % 3 == 0 ? 256 : round % 3 == 1 ? 16 : 2;

        buf_clear(&data);
        for (size_t i = 0; i < len; i++)
            buf_putc(&data, (char)support_random_below(&seed, bytes));
        check_data(gzip, data.data, data.len, &out);
    }
    buf_done(&data);
    buf_done(&out);
    gzip_free(gzip);
}

static void test_large(void **state UNUSED)
{
    struct gzip *gzip = gzip_new();
    struct buf data = {0}, out = {0};
    char *memory;

    for (unsigned i = 0; data.len < 20u * 1024 * 1024; i++)
        buf_printf(&data, "vm,name=web%u value=%u\n", i % 1000, i * 7);
    check_data(gzip, data.data, data.len, &out);
    assert_true(out.len < data.len / 4);
    memory = out.data;
    check_data(gzip, data.data, data.len / 2, &out);
    assert_ptr_equal(out.data, memory);
    buf_done(&data);
    buf_done(&out);
    gzip_free(gzip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
