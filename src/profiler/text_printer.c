/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of text.c as a printer: a round of those VMs that are due, and the host. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "profiler/printers.h"
#include "profiler/record.h"

struct text_profiles {
    struct print_options options;
};

static struct printer *text_profiles_create(const struct print_options *options)
{
    struct text_profiles *p = xcalloc(1, sizeof(*p));

    p->options = *options;
    return (struct printer *)p;
}

static void text_profiles_destroy(struct printer *printer)
{
    free(printer);
}

/* A first column with the time; as many spaces in a heading. */
static void text_profiles_stamp(const struct text_profiles *p, const struct timespec *wall,
                                struct buf *out)
{
    static const struct timespec any;
    char stamp[CLOCK_STAMP_SIZE];

    if (!p->options.timestamps)
        return;
    clock_format_stamp(wall ? *wall : any, stamp);
    if (wall)
        buf_puts(out, stamp);
    else
        buf_printf(out, "%-*s", (int)strlen(stamp), "TIME");
    buf_putc(out, ' ');
}

static void text_profiles_header(const struct printer *printer, struct buf *out)
{
    text_profiles_stamp((const struct text_profiles *)printer, NULL, out);
    record_print_text_header(out);
}

static void text_profiles_print(struct printer *printer, const struct frame *frame UNUSED,
                                struct buf *out)
{
    const struct text_profiles *p = (const struct text_profiles *)printer;
    const struct profiler *profiler = p->options.profiler;
    struct record_context context = {.settings = profiler_settings(profiler),
                                     .host = profiler_host(profiler),
                                     .time = profiler_time(profiler)};
    size_t begin = out->len, line, stamped;

    if (!p->options.page && !profiler_is_due(profiler))
        return;
    for (size_t i = 0; i < profiler_count(profiler); i++) {
        const struct profiled_vm *vm = profiler_at(profiler, i);

        if (!vm->due && !p->options.page)
            continue;
        text_profiles_stamp(p, &context.time, out);
        record_print_text(&context, &vm->vm, vm->profile, out);
    }
    line = out->len;
    text_profiles_stamp(p, &context.time, out);
    stamped = out->len;
    record_print_text_host(context.host, out);
    if (out->len == stamped) /* there was nothing to tell of the host */
        out->len = line;
    if (out->len > begin)
        buf_putc(out, '\n');
}

static const char *text_profiles_content_type(const struct print_options *options UNUSED)
{
    return "text/plain; charset=utf-8";
}

const struct printer_ops printer_profile_text = {
    .name = "text",
    .content_type = text_profiles_content_type,
    .create = text_profiles_create,
    .header = text_profiles_header,
    .print = text_profiles_print,
    .destroy = text_profiles_destroy,
};
