/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles as lines of JSON, a part of them at a time; and which printers there are. */
#include "profiler/printers.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/profiler.h"
#include "profiler/record.h"

/* What one call brings out, and no more than a record beyond. */
#define PROFILE_JSON_PART (1u << 20)

struct profile_json {
    struct print_options options;
    size_t next; /* the VM that comes next */
};

static const char *profile_json_content_type(const struct print_options *options UNUSED)
{
    return "application/x-ndjson";
}

static struct printer *profile_json_create(const struct print_options *options)
{
    struct profile_json *json = xcalloc(1, sizeof(*json));

    json->options = *options;
    return (struct printer *)json;
}

static void profile_json_destroy(struct printer *printer)
{
    free(printer);
}

/* Whether anything was appended. */
static bool profile_json_part(struct profile_json *json, struct buf *out)
{
    const struct profiler *profiler = json->options.profiler;
    const struct record_context context = {
        .settings = profiler_settings(profiler),
        .host = profiler_host(profiler),
        .time = profiler_time(profiler),
    };
    size_t begin = out->len, count = profiler_count(profiler);

    while (json->next < count && out->len - begin < PROFILE_JSON_PART) {
        const struct profiled_vm *vm = profiler_at(profiler, json->next++);

        if (vm->due || json->options.page)
            record_print(&context, &vm->vm, vm->profile, vm->final, out);
    }
    return out->len > begin;
}

static void profile_json_print(struct printer *printer, const struct frame *frame UNUSED,
                               struct buf *out)
{
    struct profile_json *json = (struct profile_json *)printer;

    json->next = 0;
    profile_json_part(json, out);
}

static bool profile_json_next(struct printer *printer, const struct frame *frame UNUSED,
                              struct buf *out)
{
    return profile_json_part((struct profile_json *)printer, out);
}

const struct printer_ops printer_profile_json = {
    .name = "json",
    .content_type = profile_json_content_type,
    .create = profile_json_create,
    .print = profile_json_print,
    .next = profile_json_next,
    .destroy = profile_json_destroy,
};

const struct printer_ops *printer_profile_by_name(const char *name)
{
    static const struct printer_ops *const printers[] = {
        &printer_profile_json,
        &printer_profile_text,
        &printer_profile_prometheus,
    };

    for (size_t i = 0; i < ARRAY_SIZE(printers); i++)
        if (strcmp(printers[i]->name, name) == 0)
            return printers[i];
    return NULL;
}
