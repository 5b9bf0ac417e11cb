/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each printer costs: a made frame of N machines, every metric with a
 * value, each with two vCPUs, a disk and a NIC; CPU time of the thread per
 * cycle (median of many) and its bytes. Use: printers [N].
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/util.h"
#include "model/frame.h"
#include "model/selection.h"
#include "print/printer.h"

#define ROUNDS   31
#define VMS      1000
#define DEVICES  8    /* of the host, each kind */
#define JSON_BAR 12.0 /* ms for 1000 machines with all fields, without devices */

struct bench_case {
    const char *what;
    const char *printer;
    enum print_json json;
    bool devices;
    double bar; /* 0 = none */
};

static const struct bench_case bench_cases[] = {
    {"text", "text", PRINT_JSON_CYCLE, false, 0},
    {"json", "json", PRINT_JSON_CYCLE, false, JSON_BAR},
    {"json, devices", "json", PRINT_JSON_CYCLE, true, 0},
    {"json, lines", "json", PRINT_JSON_LINES, false, 0},
    {"csv", "csv", PRINT_JSON_CYCLE, false, 0},
    {"prometheus", "prometheus", PRINT_JSON_CYCLE, false, 0},
    {"influx", "influx", PRINT_JSON_CYCLE, false, 0},
    {"influx, devices", "influx", PRINT_JSON_CYCLE, true, 0},
};

/* Cells of all lengths, the same in each run. */
static uint64_t bench_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static const char *bench_text(struct frame *frame, const struct metric *metric, size_t row)
{
    char text[64];

    if (metric->scope == SCOPE_VM && metric->column == VM_UUID)
        snprintf(text, sizeof(text), "6c6f6f6b-616c-4b65-8000-%012zu", row);
    else if (metric->scope == SCOPE_VM && metric->column == VM_STATE)
        snprintf(text, sizeof(text), "running");
    else
        snprintf(text, sizeof(text), "%s-%05zu", scope_name(metric->scope), row);
    return frame_keep_text(frame, text);
}

static void bench_fill_row(struct frame *frame, enum scope scope, size_t row, uint64_t *state)
{
    struct frame_table *table = &frame->tables[scope];

    for (unsigned column = 0; column < scope_columns(scope); column++) {
        const struct metric *metric = metric_at(scope, column);
        uint64_t number = bench_random(state) >> bench_random(state) % 24;

        if (metric->type == METRIC_TYPE_STR)
            frame_set_text(table, row, column, bench_text(frame, metric, row));
        else if (scope == SCOPE_VM && column == VM_STALE)
            frame_set_number(table, row, column, 0);
        else
            frame_set_number(table, row, column,
                             metric->type == METRIC_TYPE_INT ? (double)number
                                                             : (double)number / 1024);
        if (metric->kind == METRIC_KIND_RATE || metric->kind == METRIC_KIND_TOTAL)
            frame_set_counter(table, row, column, number * 1000003);
    }
}

static struct frame *bench_make_frame(struct frame_pool *pool, size_t vms)
{
    static const enum scope parts[] = {SCOPE_VCPU, SCOPE_VCPU, SCOPE_VMDISK, SCOPE_VMNIC};
    static const enum scope devices[] = {SCOPE_BLOCKDEV, SCOPE_NETDEV};
    struct frame *frame = frame_new(pool);
    uint64_t state = 1;

    frame->wall = (struct timespec){.tv_sec = 1769817600, .tv_nsec = 123456789};
    frame->interval = 1;
    copy_text(frame->host_name, sizeof(frame->host_name), "node1");
    bench_fill_row(frame, SCOPE_HOST, 0, &state);
    for (size_t d = 0; d < ARRAY_SIZE(devices); d++) {
        for (unsigned i = 0; i < DEVICES; i++)
            bench_fill_row(frame, devices[d], frame_add_row(&frame->tables[devices[d]], 0), &state);
    }
    for (size_t i = 0; i < vms; i++) {
        size_t row = frame_add_row(&frame->tables[SCOPE_VM], 0);

        bench_fill_row(frame, SCOPE_VM, row, &state);
        for (size_t p = 0; p < ARRAY_SIZE(parts); p++)
            bench_fill_row(frame, parts[p], frame_add_row(&frame->tables[parts[p]], (uint32_t)row),
                           &state);
    }
    return frame;
}

static int bench_compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double bench_cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void bench_print(const struct bench_case *c, const struct frame *frame, size_t vms)
{
    const struct printer_ops *ops = printer_by_name(c->printer);
    struct selection selection;
    struct print_options options = {
        .selection = &selection,
        .scope = PRINT_ALL_SCOPES,
        .json = c->json,
        .devices = c->devices,
        .interval = 1,
    };
    struct printer *printer;
    struct buf out = {0};
    double times[ROUNDS];

    if (!ops)
        return;
    selection_by_collectors(&selection, ~0u, true);
    printer = ops->create(&options);
    for (size_t i = 0; i < ROUNDS; i++) {
        double start = bench_cpu_ms();

        buf_clear(&out);
        ops->print(printer, frame, &out);
        times[i] = bench_cpu_ms() - start;
    }
    qsort(times, ROUNDS, sizeof(times[0]), bench_compare);
    printf("%-6zu %-16s %10.2f ms %12zu bytes", vms, c->what, times[ROUNDS / 2], out.len);
    if (c->bar > 0 && vms == VMS)
        printf("   bar %.0f ms: %s", c->bar, times[ROUNDS / 2] <= c->bar ? "reached" : "missed");
    puts("");
    ops->destroy(printer);
    buf_done(&out);
}

int main(int argc, char **argv)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame;
    uint64_t vms = VMS;

    if (argc > 2 || (argc == 2 && (!parse_u64(argv[1], &vms) || !vms || vms > 20000))) {
        fputs("usage: printers [N]: machines, 1 to 20000\n", stderr);
        return 2;
    }
    frame = bench_make_frame(pool, (size_t)vms);
    puts("VMs    printer         CPU per cycle     size of a cycle   (every metric has a value)");
    for (size_t i = 0; i < ARRAY_SIZE(bench_cases); i++)
        bench_print(&bench_cases[i], frame, (size_t)vms);
    frame_unref(frame);
    frame_pool_free(pool);
    return 0;
}
