/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages, shared and counted. */
#include "output/serve_pages.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "output/gzip.h"

#define PAGES_GZIP_MIN   256u /* a packet takes that anyway */
#define PAGES_SPARES_MAX (SERVE_FORM__COUNT + 1)

struct serve_page {
    struct serve_pages *pages;
    unsigned references;
    struct buf body;
    size_t counted; /* of pages->bytes */
    const char *content_type;
    bool gzip;
};

struct serve_pages {
    unsigned references; /* the owner's, and one per page */
    const struct output_pages *printers;
    struct frame *frame;
    struct serve_page *current[SERVE_FORM__COUNT][2]; /* plain, gzip */
    struct gzip *gzip;
    size_t bytes;                        /* of all pages */
    struct buf spares[PAGES_SPARES_MAX]; /* memory of pages that were */
    size_t spare_count;
    bool ended;
};

struct serve_pages *serve_pages_new(const struct output_pages *printers)
{
    struct serve_pages *pages = xcalloc(1, sizeof(*pages));

    pages->references = 1;
    pages->printers = printers;
    pages->gzip = gzip_new();
    return pages;
}

static void pages_unref(struct serve_pages *pages)
{
    if (--pages->references == 0)
        free(pages);
}

static void pages_forget(struct serve_pages *pages)
{
    for (size_t i = 0; i < SERVE_FORM__COUNT; i++) {
        for (size_t k = 0; k < 2; k++) {
            serve_page_unref(pages->current[i][k]);
            pages->current[i][k] = NULL;
        }
    }
    frame_unref(pages->frame);
    pages->frame = NULL;
}

void serve_pages_free(struct serve_pages *pages)
{
    if (!pages)
        return;
    pages->ended = true;
    pages_forget(pages);
    for (size_t i = 0; i < pages->spare_count; i++)
        buf_done(&pages->spares[i]);
    pages->spare_count = 0;
    gzip_free(pages->gzip);
    pages->gzip = NULL;
    pages_unref(pages);
}

void serve_pages_show(struct serve_pages *pages, struct frame *frame)
{
    pages_forget(pages);
    pages->frame = frame_ref(frame);
}

const struct frame *serve_pages_frame(const struct serve_pages *pages)
{
    return pages->frame;
}

static struct serve_page *pages_new_page(struct serve_pages *pages, const char *content_type)
{
    struct serve_page *page = xcalloc(1, sizeof(*page));

    page->references = 1;
    page->pages = pages;
    page->content_type = content_type;
    if (pages->spare_count)
        page->body = pages->spares[--pages->spare_count];
    buf_clear(&page->body);
    pages->references++;
    return page;
}

static void pages_count(struct serve_page *page)
{
    page->counted = page->body.cap;
    page->pages->bytes += page->counted;
}

void serve_page_unref(struct serve_page *page)
{
    struct serve_pages *pages;

    if (!page || --page->references)
        return;
    pages = page->pages;
    pages->bytes -= page->counted;
    if (!pages->ended && pages->spare_count < PAGES_SPARES_MAX)
        pages->spares[pages->spare_count++] = page->body;
    else
        buf_done(&page->body);
    free(page);
    pages_unref(pages);
}

static struct serve_page *pages_print(struct serve_pages *pages, enum serve_form form)
{
    const struct output_pages *p = pages->printers;
    const struct output_page *with = form == SERVE_METRICS       ? &p->metrics
                                     : form == SERVE_OPENMETRICS ? &p->openmetrics
                                                                 : &p->json;
    struct serve_page *page = pages_new_page(pages, with->content_type);

    with->ops->print(with->printer, pages->frame, &page->body);
    while (with->ops->next && with->ops->next(with->printer, pages->frame, &page->body))
        ;
    pages_count(page);
    return page;
}

/* NULL = out of memory. */
static struct serve_page *pages_compress(struct serve_pages *pages, const struct serve_page *plain)
{
    struct serve_page *page = pages_new_page(pages, plain->content_type);
    int rc = gzip_data(pages->gzip, plain->body.data, plain->body.len, &page->body);

    page->gzip = true;
    pages_count(page);
    if (!rc)
        return page;
    serve_page_unref(page);
    return NULL;
}

static struct serve_page *pages_share(struct serve_page *page)
{
    page->references++;
    return page;
}

int serve_pages_get(struct serve_pages *pages, enum serve_form form, bool gzip,
                    struct serve_page **ret)
{
    struct serve_page **plain = &pages->current[form][0], **packed = &pages->current[form][1];

    if (!pages->frame)
        return -ENODATA;
    if (!*plain) {
        if (pages->bytes > SERVE_PAGES_MAX)
            return -ENOBUFS;
        *plain = pages_print(pages, form);
    }
    if (gzip && !*packed && (*plain)->body.len >= PAGES_GZIP_MIN && pages->bytes <= SERVE_PAGES_MAX)
        *packed = pages_compress(pages, *plain);
    *ret = pages_share(gzip && *packed ? *packed : *plain);
    return 0;
}

const char *serve_page_content_type(const struct serve_page *page)
{
    return page->content_type;
}

bool serve_page_is_gzip(const struct serve_page *page)
{
    return page->gzip;
}

size_t serve_page_size(const struct serve_page *page)
{
    return page->body.len;
}

static void page_on_read(const void *data UNUSED, size_t len UNUSED, void *argument)
{
    serve_page_unref(argument);
}

int serve_page_append(struct serve_page *page, struct evbuffer *out)
{
    if (!page->body.len)
        return 0;
    page->references++;
    if (evbuffer_add_reference(out, page->body.data, page->body.len, page_on_read, page) == 0)
        return 0;
    page->references--;
    return -ENOMEM;
}
