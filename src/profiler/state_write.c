/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A profile becomes the text that it can be made from again. */
#include <string.h>

#include "profiler/record_internal.h"
#include "profiler/state_internal.h"

void state_put_base64(struct buf *out, const uint8_t *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        size_t n = min_size(len - i, 3);
        uint32_t bits = (uint32_t)data[i] << 16;

        if (n > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (n > 2)
            bits |= data[i + 2];
        for (size_t k = 0; k <= n; k++)
            buf_putc(out, digits[bits >> (18 - 6 * k) & 63]);
    }
}

static void state_put_settings(struct buf *out, const struct profile_settings *settings)
{
    buf_puts(out, "{");
    state_put_fields(out, &state_settings_fields, settings);
    buf_puts(out, ",\"periods\":[");
    for (unsigned i = 0; i < settings->periods.count; i++)
        record_put_count(out, i ? "," : "", settings->periods.sizes[i]);
    buf_puts(out, "]}");
}

static void state_put_vm(struct buf *out, const struct vm_identity *vm)
{
    record_put_text(out, "{\"uuid\":", vm->uuid);
    record_put_text(out, ",\"name\":", vm->name);
    record_put_text(out, ",\"key\":", vm->key);
    record_put_count(out, ",\"vcpus\":", vm->vcpus);
    record_put_count(out, ",\"mem_kb\":", vm->mem_kb);
    record_put_bool(out, ",\"guest_memory\":", vm->guest_memory);
    buf_putc(out, '}');
}

/* Runs of buckets that have weight: [number of the first, weights...]. */
void state_put_histogram(struct buf *out, const struct histogram *histogram)
{
    bool run = false, first = true;

    buf_putc(out, '{');
    state_put_fields(out, &state_histogram_fields, histogram);
    buf_puts(out, ",\"weights\":[");
    for (unsigned i = 0; i < histogram->used; i++) {
        double weight = histogram->weights[i];

        if (weight > 0 && !run) {
            record_put_count(out, first ? "[" : ",[", histogram->low + i);
            first = false;
        } else if (weight <= 0 && run) {
            buf_putc(out, ']');
        }
        run = weight > 0;
        if (run)
            record_put_member(out, ",", weight);
    }
    buf_puts(out, run ? "]]}" : "]}");
}

/* Steps are surprisal, from, to; the oldest first. */
static void state_put_anomaly(struct buf *out, const struct anomaly *anomaly)
{
    buf_putc(out, '{');
    state_put_fields(out, &state_anomaly_fields, anomaly);
    buf_puts(out, ",\"sums\":[");
    for (unsigned i = 0; i < ANOMALY_TILTS; i++)
        record_put_member(out, i ? "," : "", anomaly->sums[i]);
    buf_puts(out, "],\"steps\":[");
    for (unsigned i = 0; i < anomaly->count; i++) {
        unsigned at = (anomaly->next + anomaly->window - anomaly->count + i) % anomaly->window;

        if (i)
            buf_putc(out, ',');
        record_put_float(out, anomaly->surprisals[at]);
        record_put_count(out, ",", anomaly->from[at]);
        record_put_count(out, ",", anomaly->to[at]);
    }
    buf_puts(out, "]}");
}

/* The oldest code first. */
static void state_put_series(struct buf *out, const struct series *series)
{
    uint8_t codes[SERIES_LENGTH];
    size_t first;

    buf_putc(out, '{');
    state_put_fields(out, &state_series_fields, series);
    buf_puts(out, ",\"codes\":\"");
    if (series->count) {
        first = (series->next + series->capacity - series->count) % series->capacity;
        for (size_t i = 0; i < series->count; i++)
            codes[i] = series->codes[(first + i) % series->capacity];
        state_put_base64(out, codes, series->count);
    }
    buf_puts(out, "\"}");
}

/* [number, count, mean, max, rows] of those that there are. */
static void state_put_slots(struct buf *out, const struct slots *slots, unsigned states)
{
    bool first = true;

    buf_putc(out, '[');
    for (size_t i = 0; slots && i < slots_count(slots); i++) {
        const struct slot *slot = slots_at(slots, i);

        if (!slot)
            continue;
        record_put_count(out, first ? "[" : ",[", i);
        first = false;
        record_put_count(out, ",", slot->count);
        record_put_member(out, ",", slot->mean);
        record_put_member(out, ",", slot->max);
        buf_putc(out, ',');
        record_put_counts(out, slot->matrix, states);
        buf_putc(out, ']');
    }
    buf_putc(out, ']');
}

static void state_put_group(struct buf *out, const char *before, const struct state_fields *fields,
                            const void *base)
{
    buf_puts(out, before);
    state_put_fields(out, fields, base);
    buf_putc(out, '}');
}

static void state_put_channel(struct buf *out, const struct channel *channel)
{
    unsigned states = channel->settings->states;
    char context[MATRIX_KEY_SIZE];

    record_put_text(out, "{\"name\":", channel->spec.name);
    record_put_text(out, ",\"unit\":", channel->spec.unit);
    state_put_group(out, ",\"spec\":{", &state_spec_fields, &channel->spec);
    buf_putc(out, ',');
    state_put_fields(out, &state_now_fields, channel);
    context_format(&channel->context, context);
    record_put_text(out, ",\"context\":", context);
    state_put_group(out, ",\"moments\":{", &state_moments_fields, &channel->moments);
    buf_puts(out, ",\"histogram\":");
    state_put_histogram(out, &channel->histogram);
    buf_puts(out, ",\"counts\":");
    record_put_counts(out, channel->matrix, states);
    buf_puts(out, ",\"values\":[");
    for (unsigned i = 0; i < states; i++) {
        record_put_count(out, i ? "," : "", channel->values[i].count);
        record_put_member(out, ",", channel->values[i].mean);
    }
    buf_puts(out, "],\"anomaly\":");
    state_put_anomaly(out, &channel->anomaly);
    state_put_group(out, ",\"drift\":{", &state_drift_fields, &channel->drift);
    state_put_group(out, ",\"forecast\":{", &state_forecast_fields, &channel->forecast);
    buf_puts(out, ",\"series\":");
    state_put_series(out, &channel->series);
    buf_puts(out, ",\"calendar\":");
    state_put_slots(out, channel->calendar, states);
    buf_puts(out, ",\"periods\":");
    state_put_slots(out, channel->periods, states);
    buf_putc(out, '}');
}

/* The block under way: per metric from, to, from, to, ... */
static void state_put_block(struct buf *out, const struct phases *phases, size_t channels)
{
    unsigned from, to;

    record_put_count(out, "{\"steps\":", phases_block_steps(phases));
    buf_puts(out, ",\"transitions\":[");
    for (unsigned metric = 0; metric < channels; metric++) {
        buf_puts(out, metric ? ",[" : "[");
        for (unsigned i = 0; phases_block_at(phases, metric, i, &from, &to); i++) {
            record_put_count(out, i ? "," : "", from);
            record_put_count(out, ",", to);
        }
        buf_putc(out, ']');
    }
    buf_puts(out, "]}");
}

static void state_put_phases(struct buf *out, const struct profile *profile)
{
    const struct phases *phases = profile->phases;
    unsigned count = phases_count(phases);

    record_put_count(out, "{\"current\":", phases_current(phases));
    buf_puts(out, ",\"follows_one\":");
    buf_puts(out, phases_follows_one(phases) ? "true" : "false");
    buf_puts(out, ",\"follows\":[");
    for (unsigned from = 0; from < count; from++) {
        for (unsigned to = 0; to < count; to++)
            record_put_count(out, to ? "," : from ? ",[" : "[", phases_follows(phases, from, to));
        buf_putc(out, ']');
    }
    buf_puts(out, "],\"counts\":[");
    for (unsigned phase = 0; phase < count; phase++) {
        for (unsigned metric = 0; metric < profile->count; metric++) {
            buf_puts(out, metric ? "," : phase ? ",[" : "[");
            record_put_counts(out, phases_matrix(phases, phase, metric), profile->settings->states);
        }
        buf_putc(out, ']');
    }
    buf_puts(out, "],\"block\":");
    state_put_block(out, phases, profile->count);
    buf_putc(out, '}');
}

void state_write(const struct vm_identity *vm, const struct profile *profile, struct buf *out)
{
    char fingerprint[STATE_FINGERPRINT_SIZE];

    state_fingerprint(profile->settings, fingerprint);
    record_put_count(out, "{\"version\":", STATE_VERSION);
    record_put_text(out, ",\"fingerprint\":", fingerprint);
    buf_puts(out, ",\"settings\":");
    state_put_settings(out, profile->settings);
    buf_puts(out, ",\"vm\":");
    state_put_vm(out, vm);
    buf_putc(out, ',');
    state_put_fields(out, &state_profile_fields, profile);
    buf_puts(out, ",\"channels\":[");
    for (size_t i = 0; i < profile->count; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        state_put_channel(out, profile->channels[i]);
    }
    buf_puts(out, "],\n\"phases\":");
    state_put_phases(out, profile);
    buf_puts(out, "}\n");
}
