/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record tells of a VM, and of the host it is on, beyond what older readers know. */
#include <math.h>

#include "base/clock.h"
#include "profile/capacity.h"
#include "profiler/record_internal.h"
#include "profiler/state.h"

/* The last second whose year has four digits. */
#define EXT_TIME_MAX 253402300799.0

static void ext_put_stamp(struct buf *out, const char *before, double seconds)
{
    char stamp[CLOCK_STAMP_SIZE];
    double whole = floor(seconds);
    struct timespec time;

    if (!(seconds >= 0 && seconds < EXT_TIME_MAX)) {
        record_put_text(out, before, NULL);
        return;
    }
    time = (struct timespec){.tv_sec = (time_t)whole, .tv_nsec = (long)((seconds - whole) * 1e9)};
    clock_format_stamp(time, stamp);
    record_put_text(out, before, stamp);
}

static void ext_put_vm(struct buf *out, const struct vm_identity *vm)
{
    record_put_text(out, ",\"vm\":{\"uuid\":", vm->uuid);
    record_put_text(out, ",\"name\":", vm->name);
    record_put_text(out, ",\"key\":", vm->key);
    record_put_member(out, ",\"vcpus\":", vm->vcpus ? vm->vcpus : NAN);
    record_put_member(out, ",\"mem_kb\":", vm->mem_kb ? (double)vm->mem_kb : NAN);
    record_put_bool(out, ",\"guest_memory\":", vm->guest_memory);
    buf_putc(out, '}');
}

static void ext_put_node(struct buf *out, const struct profiled_host *host)
{
    if (!host) {
        buf_puts(out, ",\"node\":null");
        return;
    }
    record_put_text(out, ",\"node\":{\"name\":", host->name);
    record_put_member(out, ",\"cores\":", host->cores);
    record_put_member(out, ",\"overcommit\":{\"mean\":", host->computed.mean);
    record_put_member(out, ",\"p95\":", host->computed.p95);
    record_put_member(out, ",\"risk\":", host->computed.risk);
    record_put_member(out, ",\"diversity\":", host->computed.diversity);
    record_put_member(out, "},\"measured\":{\"p95\":", overcommit_measured_p95(&host->measured));
    record_put_count(out, ",\"samples\":", host->measured.samples);
    record_put_count(out, ",\"over\":", host->measured.over);
    record_put_member(out, "},\"capacity_left\":", host->capacity_left);
    record_put_member(out, ",\"days_left\":", host->days_left);
    buf_putc(out, '}');
}

/* With what stands in the older part, all that the profile was learned with. */
static void ext_put_settings(struct buf *out, const struct profile_settings *settings)
{
    static const char *const binnings[] = {[SCALE_NEAREST] = "nearest", [SCALE_EQUAL] = "equal"};
    static const char *const calendars[] = {
        [CALENDAR_NONE] = "none",
        [CALENDAR_HOUR_OF_DAY] = "hour-of-day",
        [CALENDAR_HOUR_OF_WEEK] = "hour-of-week",
    };
    char fingerprint[STATE_FINGERPRINT_SIZE];

    state_fingerprint(settings, fingerprint);
    record_put_text(out, ",\"settings\":{\"fingerprint\":", fingerprint);
    record_put_member(out, ",\"sample_seconds\":", settings->sample_seconds);
    record_put_text(out, ",\"binning\":", binnings[settings->binning]);
    record_put_bool(out, ",\"dynamic\":", settings->dynamic);
    record_put_bool(out, ",\"phantom_start\":", settings->phantom_start);
    record_put_member(out, ",\"filter_deviations\":", settings->filter_deviations);
    record_put_count(out, ",\"row_cap\":", settings->row_cap);
    record_put_count(out, ",\"rows_max\":", settings->rows_max);
    record_put_count(out, ",\"window\":", settings->window);
    record_put_member(out, ",\"half_life\":", settings->half_life);
    record_put_text(out, ",\"calendar\":", calendars[settings->calendar]);
    record_put_count(out, ",\"ranges\":", settings->ranges);
    buf_putc(out, '}');
}

/* Gaps and outliers are those of all metrics that are told of. */
static void ext_put_counters(struct buf *out, const struct profile *profile,
                             const struct record_order *order)
{
    uint64_t gaps = 0, filtered = 0;

    for (size_t i = 0; i < order->count; i++) {
        gaps += profile->channels[order->at[i]]->gaps;
        filtered += profile->channels[order->at[i]]->filtered;
    }
    record_put_member(
        out, ",\"step_seconds\":", profile->settings->buffer * profile->settings->sample_seconds);
    record_put_count(out, ",\"steps\":", profile->steps);
    record_put_count(out, ",\"samples\":", profile->samples);
    record_put_count(out, ",\"gaps\":", gaps);
    record_put_count(out, ",\"filtered\":", filtered);
    ext_put_stamp(out, ",\"first\":", profile->first);
    ext_put_stamp(out, ",\"last\":", profile->last);
    record_put_member(out, ",\"learned_seconds\":", profile->learned);
}

static void ext_put_anomaly(struct buf *out, const struct profile *profile)
{
    struct profile_anomaly anomaly = profile_anomaly(profile);
    bool any = anomaly.blame != NULL;

    record_put_member(out, ",\"anomaly\":{\"z\":", any ? anomaly.z : NAN);
    record_put_member(out, ",\"score01\":", any ? anomaly.score01 : NAN);
    record_put_text(out, ",\"blame\":", any ? anomaly.blame->spec.name : NULL);
    buf_puts(out, ",\"step\":");
    if (any && anomaly.has_step) {
        record_put_count(out, "\"", anomaly.from);
        record_put_count(out, ">", anomaly.to);
        buf_putc(out, '"');
    } else {
        buf_puts(out, "null");
    }
    record_put_bool(out, ",\"active\":", anomaly.active);
    buf_putc(out, '}');
}

static void ext_put_advice(struct buf *out, const struct vm_identity *vm,
                           const struct profile *profile)
{
    struct capacity_advice advice;

    vm_identity_advise(vm, profile, &advice);
    record_put_text(out, ",\"class\":", capacity_class_word(capacity_class(profile)));
    record_put_member(out, ",\"recommend\":{\"vcpus\":", advice.vcpus);
    record_put_member(out, ",\"mem_kb\":", advice.mem_kb);
    record_put_member(out, ",\"cpu_slack\":", advice.cpu_slack);
    record_put_member(out, ",\"mem_slack\":", advice.mem_slack);
    record_put_share(out, ",\"confidence\":", advice.confidence, 4);
    record_put_bool(out, ",\"ready\":", advice.ready);
    buf_putc(out, '}');
}

/* Transitions that each phase has counted, of all metrics, and how often which one came next. */
static void ext_put_phases(struct buf *out, const struct profile *profile)
{
    const struct phases *phases = profile->phases;
    unsigned count = phases_count(phases);

    record_put_member(out, ",\"phase\":", count ? phases_current(phases) : NAN);
    buf_puts(out, ",\"phases\":[");
    for (unsigned phase = 0; phase < count; phase++) {
        uint64_t transitions = 0;

        for (unsigned i = 0; i < profile->count; i++) {
            const struct matrix *matrix = phases_matrix(phases, phase, i);

            transitions += matrix ? matrix_total(matrix, 1) : 0;
        }
        record_put_count(out, phase ? ",{\"transitions\":" : "{\"transitions\":", transitions);
        buf_puts(out, ",\"follows\":[");
        for (unsigned to = 0; to < count; to++)
            record_put_count(out, to ? "," : "", phases_follows(phases, phase, to));
        buf_puts(out, "]}");
    }
    buf_putc(out, ']');
}

void record_put_ext(const struct record_context *context, const struct vm_identity *vm,
                    const struct profile *profile, const struct record_order *order, bool final,
                    struct buf *out)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_format_stamp(context->time, stamp);
    record_put_text(out, "\"ext\":{\"version\":1,\"time\":", stamp);
    ext_put_vm(out, vm);
    ext_put_node(out, context->host);
    ext_put_settings(out, profile->settings);
    ext_put_counters(out, profile, order);
    record_put_bool(out, ",\"final\":", final);
    buf_puts(out, ",\"metrics\":{");
    for (size_t i = 0; i < order->count; i++) {
        const struct channel *channel = profile->channels[order->at[i]];

        record_put_text(out, i ? "," : "", channel->spec.name);
        buf_putc(out, ':');
        record_put_metric(out, channel);
    }
    buf_putc(out, '}');
    ext_put_anomaly(out, profile);
    ext_put_advice(out, vm, profile);
    ext_put_phases(out, profile);
    buf_putc(out, '}');
}
