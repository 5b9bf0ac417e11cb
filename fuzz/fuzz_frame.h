/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame whose texts and numbers are the input, printed. The input: a byte of
 * options, eight bytes that make a number, and then the name of the VM.
 */
#ifndef PROXTOP_FUZZ_FUZZ_FRAME_H
#define PROXTOP_FUZZ_FUZZ_FRAME_H

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "fuzz.h"
#include "print/printer.h"

#define FUZZ_HEAD 9

static inline void fuzz_fill(struct frame *frame, const char *name, double number)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        struct frame_table *table = &frame->tables[s];

        if (s != SCOPE_HOST)
            (void)frame_add_row(table, 0);
        for (unsigned column = 0; table->rows && column < table->columns; column++) {
            if (metric_at((enum scope)s, column)->type == METRIC_TYPE_STR)
                frame_set_text(table, 0, column, name);
            else
                frame_set_number(table, 0, column, number);
            if (number >= 0)
                frame_set_counter(table, 0, column, (uint64_t)number);
        }
    }
}

/* What the printer makes of the input goes to *out; false if it is too short. */
static inline bool fuzz_print(const struct printer_ops *ops, const uint8_t *data, size_t size,
                              struct buf *out)
{
    struct print_options options = {.scope = PRINT_ALL_SCOPES};
    struct selection selection;
    struct frame_pool *pool;
    struct frame *frame;
    struct printer *printer;
    char *name;
    double number;

    if (size < FUZZ_HEAD)
        return false;
    memcpy(&number, data + 1, sizeof(number));
    number = fmod(number, 1e18); /* of what is measured nothing is larger */
    name = fuzz_text(data + FUZZ_HEAD, size - FUZZ_HEAD);
    selection_by_collectors(&selection, data[0] & 1 ? UINT32_MAX : 0, data[0] & 2);
    options.selection = &selection;
    options.names = data[0] & 4 ? PRINT_NAMES_ESXTOP : PRINT_NAMES_KEYS;
    options.json = data[0] & 8 ? PRINT_JSON_LINES : PRINT_JSON_CYCLE;
    options.devices = data[0] & 16;
    options.timestamps = data[0] & 32;
    options.human = data[0] & 64;
    options.by_fields = data[0] & 128;
    options.influx = (enum print_influx)((data[0] >> 5) % 3);
    pool = frame_pool_new();
    frame = frame_new(pool);
    copy_text(frame->host_name, sizeof(frame->host_name), name);
    fuzz_fill(frame, name, number);
    printer = ops->create(&options);
    if (ops->header)
        ops->header(printer, out);
    ops->print(printer, frame, out);
    ops->destroy(printer);
    frame_unref(frame);
    frame_pool_free(pool);
    free(name);
    return true;
}

#endif
