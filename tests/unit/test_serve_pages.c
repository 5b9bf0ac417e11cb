/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages: made once, shared, alive as long as they are read, and not too many. */
#include "output/serve_pages.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"

struct printer {
    char letter;
    size_t size;
    unsigned printed;
};

static void letters_print(struct printer *printer, const struct frame *frame UNUSED,
                          struct buf *out)
{
    printer->printed++;
    for (size_t i = 0; i < printer->size; i++)
        buf_putc(out, printer->letter);
}

/* Two more pieces behind the first one. */
static bool pieces_next(struct printer *printer, const struct frame *frame UNUSED, struct buf *out)
{
    if (++printer->printed % 3 == 1)
        return false;
    buf_putc(out, '+');
    return true;
}

static const struct printer_ops pieces = {
    .name = "pieces", .print = letters_print, .next = pieces_next};
static const struct printer_ops letters = {.name = "letters", .print = letters_print};

struct fixture {
    struct made_frame made;
    struct printer metrics, openmetrics, json;
    struct output_pages printers;
    struct serve_pages *pages;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    made_frame_init(&f->made);
    f->metrics = (struct printer){'m', 1000, 0};
    f->openmetrics = (struct printer){'o', 1000, 0};
    f->json = (struct printer){'j', 1000, 0};
    f->printers = (struct output_pages){{&letters, &f->metrics, "text/m"},
                                        {&letters, &f->openmetrics, "text/o"},
                                        {&letters, &f->json, "text/j"},
                                        1};
    f->pages = serve_pages_new(&f->printers);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    serve_pages_free(f->pages);
    made_frame_done(&f->made);
    free(f);
    return 0;
}

static void test_before_the_first(void **state)
{
    struct fixture *f = *state;
    struct serve_page *page = NULL;

    assert_int_equal(serve_pages_get(f->pages, SERVE_JSON, false, &page), -ENODATA);
    assert_null(page);
    assert_null(serve_pages_frame(f->pages));
    serve_pages_show(f->pages, f->made.frame);
    assert_ptr_equal(serve_pages_frame(f->pages), f->made.frame);
    assert_int_equal(f->made.frame->references, 2);
    serve_pages_show(f->pages, f->made.frame);
    assert_int_equal(f->made.frame->references, 2);
    assert_int_equal(f->json.printed, 0); /* nobody has asked */
}

static void test_made_once(void **state)
{
    struct fixture *f = *state;
    struct serve_page *all[100], *page;

    serve_pages_show(f->pages, f->made.frame);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        assert_int_equal(serve_pages_get(f->pages, SERVE_METRICS, i % 2, &all[i]), 0);
        assert_ptr_equal(all[i], all[i % 2]);
        assert_int_equal(serve_page_is_gzip(all[i]), i % 2);
        assert_string_equal(serve_page_content_type(all[i]), "text/m");
    }
    assert_ptr_not_equal(all[0], all[1]);
    assert_int_equal(serve_page_size(all[0]), 1000);
    assert_true(serve_page_size(all[1]) < 100);
    assert_int_equal(f->metrics.printed, 1);
    assert_int_equal(f->openmetrics.printed, 0);
    assert_int_equal(serve_pages_get(f->pages, SERVE_OPENMETRICS, false, &page), 0);
    assert_string_equal(serve_page_content_type(page), "text/o");
    serve_page_unref(page);
    serve_pages_show(f->pages, f->made.frame);
    assert_int_equal(serve_pages_get(f->pages, SERVE_METRICS, false, &page), 0);
    assert_int_equal(f->metrics.printed, 2);
    serve_page_unref(page);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        serve_page_unref(all[i]);
}

static void test_small_ones_are_plain(void **state)
{
    struct fixture *f = *state;
    struct serve_page *page;

    f->json.size = 100;
    f->metrics.size = 0;
    serve_pages_show(f->pages, f->made.frame);
    assert_int_equal(serve_pages_get(f->pages, SERVE_JSON, true, &page), 0);
    assert_false(serve_page_is_gzip(page));
    assert_int_equal(serve_page_size(page), 100);
    serve_page_unref(page);
    assert_int_equal(serve_pages_get(f->pages, SERVE_METRICS, true, &page), 0);
    assert_int_equal(serve_page_size(page), 0);
    serve_page_unref(page);
}

/* Old pages stay as they were, without a copy, even when all else is gone. */
static void test_readers_keep_their_page(void **state)
{
    struct fixture *f = *state;
    struct evbuffer *readers[20];
    struct serve_page *page;

    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        readers[i] = evbuffer_new();
        if (i % 5 == 0) {
            f->json.letter = (char)('a' + i);
            serve_pages_show(f->pages, f->made.frame);
        }
        assert_int_equal(serve_pages_get(f->pages, SERVE_JSON, false, &page), 0);
        assert_int_equal(serve_page_append(page, readers[i]), 0);
        serve_page_unref(page);
    }
    assert_int_equal(f->json.printed, 4);
    serve_pages_free(f->pages);
    f->pages = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        const unsigned char *bytes = evbuffer_pullup(readers[i], 1000);

        assert_int_equal(evbuffer_get_length(readers[i]), 1000);
        for (size_t k = 0; k < 1000; k++)
            assert_int_equal(bytes[k], 'a' + i / 5 * 5);
        if (i % 5)
            assert_ptr_equal(bytes, evbuffer_pullup(readers[i - 1], 1000));
        else if (i)
            evbuffer_free(readers[i - 1]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        if (i % 5 != 4 || i == ARRAY_SIZE(readers) - 1)
            evbuffer_free(readers[i]);
    }
}

static void test_not_too_many(void **state)
{
    struct fixture *f = *state;
    struct serve_page *held[64], *page;
    size_t count = 0;
    int rc = 0;

    f->json.size = SERVE_PAGES_MAX / 8;
    while (count < ARRAY_SIZE(held) && !rc) {
        serve_pages_show(f->pages, f->made.frame);
        rc = serve_pages_get(f->pages, SERVE_JSON, false, &held[count]);
        count += !rc;
    }
    assert_int_equal(rc, -ENOBUFS);
    assert_in_range(count, 4, 9); /* the buffers may be larger than what is in them */
    assert_int_equal(serve_pages_get(f->pages, SERVE_METRICS, false, &page), -ENOBUFS);
    while (count)
        serve_page_unref(held[--count]);
    assert_int_equal(serve_pages_get(f->pages, SERVE_JSON, false, &page), 0);
    serve_page_unref(page);
}

/* A page is whole, in however many pieces its printer makes it. */
static void test_pieces(void **state)
{
    struct fixture *f = *state;
    struct serve_page *page;

    f->printers.json.ops = &pieces;
    f->json.size = 5;
    serve_pages_show(f->pages, f->made.frame);
    assert_int_equal(serve_pages_get(f->pages, SERVE_JSON, false, &page), 0);
    assert_int_equal(serve_page_size(page), 7);
    assert_int_equal(f->json.printed, 4);
    serve_page_unref(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_before_the_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_made_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_ones_are_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_readers_keep_their_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
