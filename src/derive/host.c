/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host row. */
#include "base/util.h"
#include "derive/internal.h"

/* The fields of /proc/stat that add up to all CPU time: guest time is inside
 * user, guest_nice inside nice. */
static const enum host_column cpu_summed[] = {
    HOST_CPU_USER,   HOST_CPU_NICE, HOST_CPU_SYSTEM,  HOST_CPU_IDLE,
    HOST_CPU_IOWAIT, HOST_CPU_IRQ,  HOST_CPU_SOFTIRQ, HOST_CPU_STEAL,
};
static const enum host_column cpu_shares[] = {
    HOST_CPU_USER, HOST_CPU_NICE,    HOST_CPU_SYSTEM, HOST_CPU_IDLE,  HOST_CPU_IOWAIT,
    HOST_CPU_IRQ,  HOST_CPU_SOFTIRQ, HOST_CPU_STEAL,  HOST_CPU_GUEST, HOST_CPU_GUESTNICE,
};

static void derive_host_cpu(struct derive *derive, const struct host_sample *host,
                            struct frame_table *table)
{
    struct step steps[HOST__COUNT] = {{0}};
    double all = 0;

    for (size_t i = 0; i < ARRAY_SIZE(cpu_shares); i++) {
        enum host_column column = cpu_shares[i];
        struct counter *counter = &derive->host[column];
        struct raw reading = host->columns[column];
        bool first = !raw_valid(counter->last);

        if (column == HOST_CPU_IDLE || column == HOST_CPU_IOWAIT) {
            steps[column] = counter_step_back_is_zero(counter, reading);
            derive->host_ticks[column] += first ? reading.value : steps[column].delta;
        } else {
            steps[column] = counter_step(counter, reading);
            derive->host_ticks[column] = reading.value;
        }
        if (raw_valid(reading))
            frame_set_counter(table, 0, column,
                              derive_ticks_ns(derive, derive->host_ticks[column]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(cpu_summed); i++) {
        enum host_column column = cpu_summed[i];

        if (raw_valid(host->columns[column]) && !steps[column].valid)
            return; /* one part is not known, so the whole is not, nor is any share of it */
        all += (double)steps[column].delta;
    }
    for (size_t i = 0; i < ARRAY_SIZE(cpu_shares); i++) {
        enum host_column column = cpu_shares[i];

        if (steps[column].valid)
            frame_set_number(table, 0, column, percent((double)steps[column].delta, all));
    }
}

/* Averages come in hundredths of a percent, totals in us as they are shown. */
static void derive_host_pressure(const struct host_sample *host, struct frame_table *table)
{
    static const enum host_column lines[] = {HOST_PSI_SOME_CPU_AVG60, HOST_PSI_SOME_IO_AVG60,
                                             HOST_PSI_FULL_IO_AVG60, HOST_PSI_SOME_MEM_AVG60,
                                             HOST_PSI_FULL_MEM_AVG60};

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        unsigned total = lines[i] + 3;

        for (unsigned column = lines[i]; column < total; column++)
            derive_gauge(table, 0, column, host->columns[column], 0.01);
        derive_gauge(table, 0, total, host->columns[total], 1);
        if (raw_valid(host->columns[total]))
            frame_set_counter(table, 0, total, host->columns[total].value * NS_PER_US);
    }
}

void derive_host(struct derive *derive, const struct sample *sample, struct frame *frame)
{
    struct frame_table *table = &frame->tables[SCOPE_HOST];
    const struct raw *raw = sample->host.columns;
    static const enum host_column cpu_gauges[] = {HOST_CPU_CORES, HOST_CPU_CURFREQ,
                                                  HOST_CPU_MINFREQ, HOST_CPU_MAXFREQ};
    struct derive_unit pages = {derive->page_kb, (uint64_t)(derive->page_kb * 1024)};

    for (size_t i = 0; i < ARRAY_SIZE(cpu_gauges); i++)
        derive_gauge(table, 0, cpu_gauges[i], raw[cpu_gauges[i]], 1);
    derive_host_cpu(derive, &sample->host, table);
    for (unsigned column = HOST_RAM_TOTAL; column <= HOST_RAM_DIRECTMAP1G; column++)
        derive_gauge(table, 0, column, raw[column], 1);
    if (raw_valid(raw[HOST_RAM_SWAPTOTAL]) && raw_valid(raw[HOST_RAM_SWAPFREE]) &&
        raw[HOST_RAM_SWAPTOTAL].value >= raw[HOST_RAM_SWAPFREE].value)
        frame_set_number(table, 0, HOST_RAM_SWAPUSED,
                         (double)(raw[HOST_RAM_SWAPTOTAL].value - raw[HOST_RAM_SWAPFREE].value));
    derive_rate(table, 0, HOST_RAM_SWAPIN, &derive->host[HOST_RAM_SWAPIN], raw[HOST_RAM_SWAPIN],
                pages);
    derive_rate(table, 0, HOST_RAM_SWAPOUT, &derive->host[HOST_RAM_SWAPOUT], raw[HOST_RAM_SWAPOUT],
                pages);
    derive_gauge(table, 0, HOST_RAM_ZFSARC, raw[HOST_RAM_ZFSARC], 1.0 / 1024);
    derive_host_pressure(&sample->host, table);
    if (frame->host_name[0])
        frame_set_text(table, 0, HOST_HOST_NAME, frame->host_name);
    if (frame->host_uuid[0])
        frame_set_text(table, 0, HOST_HOST_UUID, frame->host_uuid);
}
