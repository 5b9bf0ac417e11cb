/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prometheus text and OpenMetrics of hostile names, some of them twice, and odd numbers. */
#include <stdio.h>

#include "../tests/unit/prometheus_reader.h"
#include "fuzz_frame.h"

/* Counters, and the labels that are no cells, on every row; a second VM beside. */
static void fill(struct frame *frame, const char *name, double number, uint64_t counter)
{
    fuzz_fill(frame, name, number);
    (void)frame_add_row(&frame->tables[SCOPE_VM], 0);
    for (unsigned column = 0; column < VM__COUNT; column++) {
        if (metric_at(SCOPE_VM, column)->type != METRIC_TYPE_STR)
            frame_set_number(&frame->tables[SCOPE_VM], 1, column, number + 1);
        else if (counter & 1)
            frame_set_text(&frame->tables[SCOPE_VM], 1, column, name);
    }
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        struct frame_table *table = &frame->tables[s];

        for (size_t row = 0; row < table->rows; row++) {
            for (unsigned column = 0; column < table->columns; column++)
                frame_set_counter(table, row, column, counter);
            if (table->labels)
                table->labels[row] =
                    (struct row_labels){.tags = name, .backend = name, .source = name, .mac = name};
        }
    }
}

static void check(const struct print_options *options, const struct frame *frame)
{
    static struct prometheus_reader reader;
    struct printer *printer = printer_prometheus.create(options);
    struct buf out = {0};
    const char *wrong;

    printer_prometheus.print(printer, frame, &out);
    wrong = prometheus_read(&reader, buf_text(&out), options->openmetrics);
    if (wrong)
        fprintf(stderr, "%s:\n%s", wrong, out.data);
    CHECK(!wrong);
    free(reader.series);
    printer_prometheus.destroy(printer);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct print_options options = {.scope = PRINT_ALL_SCOPES};
    struct print_status status = {.sinks = 2};
    struct selection selection;
    struct frame_pool *pool;
    struct frame *frame;
    double number;
    uint64_t counter;
    char *name;

    if (size < FUZZ_HEAD)
        return 0;
    memcpy(&number, data + 1, sizeof(number));
    memcpy(&counter, data + 1, sizeof(counter));
    number = fmod(number, 1e18);
    name = fuzz_text(data + FUZZ_HEAD, size - FUZZ_HEAD);
    selection_by_families(&selection, UINT32_MAX);
    options.selection = &selection;
    options.status = &status;
    options.openmetrics = data[0] & 1;
    options.host_label = data[0] & 2;
    status.sink[0].name = name;
    status.sink[1].name = data[0] & 4 ? name : "stdout";
    pool = frame_pool_new();
    frame = frame_new(pool);
    copy_text(frame->host_name, sizeof(frame->host_name), name);
    fill(frame, name, number, counter);
    frame->agent.source = "fuzz";
    check(&options, frame);
    frame_unref(frame);
    frame_pool_free(pool);
    free(name);
    return 0;
}
