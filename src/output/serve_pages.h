/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of the newest frame, made when they are first asked for and shared by
 * all who read them. An old page lives until its last reader is done with it.
 * All on one thread.
 */
#ifndef PROXTOP_OUTPUT_SERVE_PAGES_H
#define PROXTOP_OUTPUT_SERVE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "output/pages.h"

struct evbuffer;
struct serve_pages;
struct serve_page;

enum serve_form {
    SERVE_METRICS,
    SERVE_OPENMETRICS,
    SERVE_JSON,
    SERVE_FORM__COUNT,
};

/* Bytes that pages may take together: a page that would come on top of as many
 * is not made. */
#define SERVE_PAGES_MAX ((size_t)64 * 1024 * 1024)

/* The printers are borrowed. */
struct serve_pages *serve_pages_new(const struct output_pages *printers);
/* Pages that are still being read stay, even beyond this. NULL is allowed. */
void serve_pages_free(struct serve_pages *pages);

/* From now on this frame is the newest one; takes a reference. */
void serve_pages_show(struct serve_pages *pages, struct frame *frame);

/* The newest frame, or NULL. */
const struct frame *serve_pages_frame(const struct serve_pages *pages);

/* The page in that form, compressed if that is wanted and worth it; the caller
 * gives it back by serve_page_unref(). -ENODATA: there is no frame yet;
 * -ENOBUFS: too much of the pages before is still being read. */
int serve_pages_get(struct serve_pages *pages, enum serve_form form, bool gzip,
                    struct serve_page **ret);

void serve_page_unref(struct serve_page *page); /* NULL is allowed */
const char *serve_page_content_type(const struct serve_page *page);
bool serve_page_is_gzip(const struct serve_page *page);
size_t serve_page_size(const struct serve_page *page);

/* Appends the page without copying it: the buffer holds a reference until the
 * bytes are gone. 0 or -ENOMEM. */
int serve_page_append(struct serve_page *page, struct evbuffer *out);

#endif
