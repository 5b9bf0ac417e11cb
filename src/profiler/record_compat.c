/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a record that older readers know: percentages instead of counts, a matrix per metric,
 * period and phase. Where those have null for a list, ours is empty.
 */
#include <math.h>

#include "profiler/record_internal.h"

/* What older readers call the chain of phases. */
#define COMPAT_PHASES_NAME "phasetx"

/* n/all in percent, halves rounded away from zero. */
static uint64_t compat_percent(uint64_t n, uint64_t all)
{
    return all ? (200 * n + all) / (2 * all) : 0;
}

struct compat_rows {
    struct buf *out;
    unsigned states;
    uint64_t totals[MATRIX_HISTORY_MAX + 1]; /* by length of the context */
    bool first;
};

static void compat_put_row(void *argument, const struct matrix_row *row)
{
    struct compat_rows *rows = argument;
    char key[MATRIX_KEY_SIZE];

    buf_puts(rows->out, rows->first ? "\"" : ",\"");
    rows->first = false;
    buf_add(rows->out, key, context_format(&row->context, key));
    buf_puts(rows->out, "\":{\"nextProbs\":[");
    for (unsigned j = 0; j < rows->states; j++) {
        if (j)
            buf_putc(rows->out, ',');
        buf_put_u64(rows->out, compat_percent(row->counts[j], row->total));
    }
    record_put_count(rows->out, "],\"probability\":",
                     compat_percent(row->total, rows->totals[row->context.length]));
    buf_putc(rows->out, '}');
}

static void compat_put_transitions(struct buf *out, const struct matrix *matrix, unsigned states)
{
    struct compat_rows rows = {.out = out, .states = states, .first = true};

    buf_puts(out, ",\"transitions\":{");
    if (matrix) {
        for (unsigned length = 1; length <= MATRIX_HISTORY_MAX; length++)
            rows.totals[length] = matrix_total(matrix, length);
        matrix_each(matrix, compat_put_row, &rows);
    }
    buf_putc(out, '}');
}

/* min and max are the range that the states divide, as readers make values of states by them. */
struct compat_stats {
    double min, max, deviation, average, squares;
    uint64_t count;
};

static void compat_put_stats(struct buf *out, const struct compat_stats *stats)
{
    record_put_member(out, ",\"stats\":{\"min\":", stats->min);
    record_put_member(out, ",\"max\":", stats->max);
    record_put_member(out, ",\"stddev\":", stats->deviation);
    record_put_member(out, ",\"avg\":", stats->average);
    record_put_count(out, ",\"count\":", stats->count);
    record_put_member(out, ",\"stddevsum\":", stats->squares);
    buf_puts(out, "}}");
}

static void compat_put_matrix(struct buf *out, const struct channel *channel,
                              const struct matrix *matrix, const struct compat_stats *stats)
{
    record_put_text(out, "{\"metric\":", channel->spec.name);
    compat_put_transitions(out, matrix, channel->settings->states);
    compat_put_stats(out, stats);
}

/* All time, of all metrics. */
static void compat_put_root(struct buf *out, const struct profile *profile,
                            const struct record_order *order)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < order->count; i++) {
        const struct channel *channel = profile->channels[order->at[i]];
        struct compat_stats stats = {
            .min = channel->scale.lo,
            .max = channel->scale.hi,
            .deviation = moments_deviation(&channel->moments),
            .average = channel->moments.mean,
            .squares = channel->moments.squares,
            .count = channel->moments.count,
        };

        if (i)
            buf_putc(out, ',');
        compat_put_matrix(out, channel, channel->matrix, &stats);
    }
    buf_putc(out, ']');
}

/* Where a node of the period tree is: its level (0 = children of the root), the number of the
 * level's first node, and its place within the level. */
struct compat_node {
    unsigned level;
    size_t first, place;
};

static const struct slot *compat_slot(const struct channel *channel, const struct compat_node *node)
{
    return channel->periods ? slots_at(channel->periods, node->first + node->place) : NULL;
}

static bool compat_has_data(const struct profile *profile, const struct compat_node *node)
{
    for (size_t i = 0; i < profile->count; i++)
        if (compat_slot(profile->channels[i], node))
            return true;
    return false;
}

/* Deviations within a slot are not kept. */
static void compat_put_slots(struct buf *out, const struct profile *profile,
                             const struct record_order *order, const struct compat_node *node)
{
    bool first = true;

    for (size_t i = 0; i < order->count; i++) {
        const struct channel *channel = profile->channels[order->at[i]];
        const struct slot *slot = compat_slot(channel, node);
        struct compat_stats stats = {.min = channel->scale.lo, .max = channel->scale.hi};

        if (!slot)
            continue;
        stats.average = slot->mean;
        stats.count = slot->count * profile->settings->buffer;
        if (!first)
            buf_putc(out, ',');
        first = false;
        compat_put_matrix(out, channel, slot->matrix, &stats);
    }
}

static void compat_put_node_head(struct buf *out, const struct period_tree *tree, unsigned level,
                                 size_t number)
{
    uint64_t steps = tree->count > level ? 1 : 0;

    for (unsigned i = level; i < tree->count; i++)
        steps *= tree->sizes[i];
    record_put_count(out, "{\"UUID\":", number);
    record_put_count(out, ",\"maxChilds\":", level + 1 < tree->count ? tree->sizes[level] : 0);
    record_put_count(out, ",\"maxCounts\":", steps);
    buf_puts(out, ",\"children\":[");
}

/* The nodes from `child` on that have the same parent; `nodes`: how many its level has. Those
 * without data at the end are left out. No more than PERIOD_SIZES_MAX levels deep. */
static void compat_put_children(struct buf *out, const struct profile *profile,
                                const struct record_order *order, struct compat_node child,
                                size_t nodes)
{
    const struct period_tree *tree = &profile->settings->periods;
    size_t begin = child.place, count;

    if (child.level + 1 >= tree->count)
        return;
    count = tree->sizes[child.level];
    for (; count; count--) {
        child.place = begin + count - 1;
        if (compat_has_data(profile, &child))
            break;
    }
    for (size_t i = 0; i < count; i++) {
        struct compat_node below = {.level = child.level + 1, .first = child.first + nodes};

        child.place = begin + i;
        if (i)
            buf_putc(out, ',');
        compat_put_node_head(out, tree, child.level + 1, child.first + child.place + 1);
        below.place = child.place * tree->sizes[child.level + 1];
        if (compat_has_data(profile, &child))
            compat_put_children(out, profile, order, below, nodes * tree->sizes[below.level]);
        buf_puts(out, "],\"txmatrix\":[");
        compat_put_slots(out, profile, order, &child);
        buf_puts(out, "]}");
    }
}

static void compat_put_periods(struct buf *out, const struct profile *profile,
                               const struct record_order *order)
{
    const struct period_tree *tree = &profile->settings->periods;

    buf_puts(out, ",\"periodTree\":{\"root\":");
    compat_put_node_head(out, tree, 0, 0);
    if (tree->count > 1)
        compat_put_children(out, profile, order, (struct compat_node){0}, tree->sizes[0]);
    buf_puts(out, "],\"txmatrix\":");
    compat_put_root(out, profile, order);
    buf_puts(out, "}}");
}

/* Average and deviation of the values that its states stand for, by how often it was in them. */
struct compat_sums {
    const struct channel *channel;
    double weight, mean, squares;
};

static void compat_add_row(void *argument, const struct matrix_row *row)
{
    struct compat_sums *sums = argument;

    for (unsigned j = 0; j < sums->channel->settings->states; j++) {
        double value = channel_state_value(sums->channel, j), away = value - sums->mean;

        if (!row->counts[j])
            continue;
        sums->weight += row->counts[j];
        sums->mean += away * (row->counts[j] / sums->weight);
        sums->squares += row->counts[j] * away * (value - sums->mean);
    }
}

static void compat_put_phase(struct buf *out, const struct profile *profile,
                             const struct record_order *order, unsigned phase)
{
    bool first = true;

    for (size_t i = 0; i < order->count; i++) {
        const struct channel *channel = profile->channels[order->at[i]];
        const struct matrix *matrix = phases_matrix(profile->phases, phase, (unsigned)order->at[i]);
        struct compat_stats stats = {.min = channel->scale.lo, .max = channel->scale.hi};
        struct compat_sums sums = {.channel = channel};

        if (!matrix)
            continue;
        matrix_each(matrix, compat_add_row, &sums);
        stats.average = sums.mean;
        stats.squares = fmax(0, sums.squares);
        stats.deviation = sums.weight > 0 ? sqrt(stats.squares / sums.weight) : 0;
        stats.count = matrix_total(matrix, 1) * profile->settings->buffer;
        if (!first)
            buf_putc(out, ',');
        first = false;
        compat_put_matrix(out, channel, matrix, &stats);
    }
}

/* How often which phase followed which one, as a matrix whose states are phases. */
static void compat_put_phase_chain(struct buf *out, const struct phases *phases)
{
    unsigned count = phases_count(phases);
    struct compat_stats stats = {.max = count};
    uint64_t totals[PHASES_MAX] = {0};
    bool first = true;

    for (unsigned from = 0; from < count; from++) {
        for (unsigned to = 0; to < count; to++)
            totals[from] += phases_follows(phases, from, to);
        stats.count += totals[from];
    }
    buf_puts(out, "{\"metric\":\"" COMPAT_PHASES_NAME "\",\"transitions\":{");
    for (unsigned from = 0; from < count; from++) {
        if (!totals[from])
            continue;
        record_put_count(out, first ? "\"" : ",\"", from);
        first = false;
        buf_puts(out, "\":{\"nextProbs\":[");
        for (unsigned to = 0; to < count; to++)
            record_put_count(out, to ? "," : "",
                             compat_percent(phases_follows(phases, from, to), totals[from]));
        record_put_count(out, "],\"probability\":", compat_percent(totals[from], stats.count));
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
    compat_put_stats(out, &stats);
}

static void compat_put_phases(struct buf *out, const struct profile *profile,
                              const struct record_order *order)
{
    unsigned count = phases_count(profile->phases);

    buf_puts(out, ",\"phases\":{\"phases\":[");
    for (unsigned phase = 0; phase < count || phase == 0; phase++) {
        buf_puts(out, phase ? ",[" : "[");
        compat_put_phase(out, profile, order, phase);
        buf_putc(out, ']');
    }
    buf_puts(out, "],\"tx\":");
    compat_put_phase_chain(out, profile->phases);
    buf_putc(out, '}');
}

static void compat_put_settings(struct buf *out, const struct profile_settings *settings)
{
    double deviations = settings->filter_deviations;

    record_put_count(out, ",\"settings\":{\"buffersize\":", settings->buffer);
    record_put_count(out, ",\"states\":", settings->states);
    record_put_count(out, ",\"history\":", settings->history);
    record_put_member(out, ",\"filterstddevs\":", deviations < 0 ? -1 : round(deviations));
    buf_puts(out, ",\"fixbound\":");
    buf_puts(out, settings->dynamic ? "false" : "true");
    buf_puts(out, ",\"periodsize\":[");
    for (unsigned i = 0; i < settings->periods.count; i++)
        record_put_count(out, i ? "," : "", settings->periods.sizes[i]);
    /* Phases are found another way here. */
    buf_puts(out, "],\"phaseChangeLikeliness\":0,\"phaseChangeHistory\":0,"
                  "\"phaseChangeHistoryFadeout\":false}");
}

void record_put_compat(const struct vm_identity *vm, const struct profile *profile,
                       const struct record_order *order, struct buf *out)
{
    const char *name = vm->uuid ? vm->uuid : vm->name ? vm->name : vm->key;

    record_put_text(out, "\"name\":", name ? name : "");
    buf_puts(out, ",\"roottx\":");
    compat_put_root(out, profile, order);
    compat_put_periods(out, profile, order);
    compat_put_phases(out, profile, order);
    compat_put_settings(out, profile->settings);
}
