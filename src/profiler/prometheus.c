/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles as gauges for Prometheus, or as OpenMetrics: a table of families, each a function that
 * gives its number, NAN = no sample. What can change of a VM (its class) stands in an info family
 * only. A VM that ended is left out: a gauge is about now.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "print/prometheus_internal.h"
#include "profiler/printers.h"
#include "profiler/profiler.h"

#define SECONDS_PER_DAY 86400.0
#define BYTES_PER_KB    1024.0

struct prometheus_profiles_row {
    const struct profiled_vm *vm;
    struct prometheus_row labels;
    bool needs_key; /* another VM has its name and UUID */
};

struct prometheus_profiles {
    struct print_options options;
    /* Of a cycle; memory is kept. */
    struct prometheus_labels labels; /* its text only */
    struct prometheus_row host;
    struct prometheus_profiles_row *rows;
    size_t count, capacity;
    struct print_slots slots;
    struct buf extra;
};

/* ---- what families tell ---- */

static double profiles_score(const struct profiled_vm *vm)
{
    struct profile_anomaly anomaly = profile_anomaly(vm->profile);

    return anomaly.blame ? anomaly.z : NAN;
}

static double profiles_score01(const struct profiled_vm *vm)
{
    struct profile_anomaly anomaly = profile_anomaly(vm->profile);

    return anomaly.blame ? anomaly.score01 : NAN;
}

static double profiles_active(const struct profiled_vm *vm)
{
    return profile_anomaly(vm->profile).active;
}

static struct capacity_advice profiles_advice(const struct profiled_vm *vm)
{
    struct capacity_advice advice;

    vm_identity_advise(&vm->vm, vm->profile, &advice);
    return advice;
}

static double profiles_vcpus(const struct profiled_vm *vm)
{
    return profiles_advice(vm).vcpus;
}

static double profiles_memory(const struct profiled_vm *vm)
{
    return profiles_advice(vm).mem_kb * BYTES_PER_KB;
}

static double profiles_confidence(const struct profiled_vm *vm)
{
    return profiles_advice(vm).confidence;
}

static double profiles_metric_score(const struct channel *channel)
{
    return channel->anomaly.count ? channel->anomaly.z : NAN;
}

static double profiles_state(const struct channel *channel)
{
    return channel->state >= 0 ? channel->state : NAN;
}

static double profiles_next(const struct channel *channel)
{
    double p[SCALE_STATES_MAX];

    return channel_predict(channel, p) ? chain_likeliest(p, channel->scale.states) : NAN;
}

static double profiles_chance(const struct channel *channel)
{
    double p[SCALE_STATES_MAX];

    return channel_predict(channel, p) ? p[chain_likeliest(p, channel->scale.states)] : NAN;
}

static double profiles_predictability(const struct channel *channel)
{
    unsigned states = channel->scale.states;
    double p[SCALE_STATES_MAX * SCALE_STATES_MAX], pi[SCALE_STATES_MAX], x[SCALE_STATES_MAX];

    if (matrix_total(channel->matrix, 1) == 0)
        return NAN;
    matrix_dense(channel->matrix, 0.5, p);
    matrix_shares(channel->matrix, pi);
    chain_stationary(p, states, pi, x);
    return chain_predictability(chain_entropy_rate(p, x, states), states);
}

static double profiles_p95(const struct channel *channel)
{
    return histogram_quantile(&channel->histogram, 0.95);
}

static double profiles_host_cores(const struct profiled_host *host)
{
    return host->cores;
}

static double profiles_host_risk(const struct profiled_host *host)
{
    return host->computed.risk;
}

static double profiles_host_p95(const struct profiled_host *host)
{
    return host->computed.p95;
}

static double profiles_host_measured(const struct profiled_host *host)
{
    return overcommit_measured_p95(&host->measured);
}

static double profiles_host_left(const struct profiled_host *host)
{
    return host->capacity_left;
}

static double profiles_host_time(const struct profiled_host *host)
{
    return host->days_left * SECONDS_PER_DAY;
}

/* One of vm, channel, host. */
static const struct profiles_family {
    const char *name, *help;
    double (*vm)(const struct profiled_vm *vm);
    double (*channel)(const struct channel *channel);
    double (*host)(const struct profiled_host *host);
    bool unit; /* samples tell the unit of their metric */
} profiles_families[] = {
    {"proxprofiler_vm_anomaly_score",
     "How unusual the last steps of the VM's most unusual metric are: standard deviations above "
     "what its profile expects. 3 and more is unusual.",
     .vm = profiles_score},
    {"proxprofiler_vm_anomaly_score_ratio",
     "The same between 0 and 1: 1 - exp(-score/3), 0 for negative scores.", .vm = profiles_score01},
    {"proxprofiler_vm_anomaly_active", "1 while the VM behaves unusually, else 0.",
     .vm = profiles_active},
    {"proxprofiler_vm_recommended_vcpus",
     "vCPUs that the VM would need: the 95th percentile of what it took and 15 % above it.",
     .vm = profiles_vcpus},
    {"proxprofiler_vm_recommended_memory_bytes",
     "Memory that the VM would need: the 95th percentile of what was resident and 15 % above it. "
     "Of VMs whose guests tell of their memory.",
     .vm = profiles_memory},
    {"proxprofiler_vm_recommendation_confidence",
     "How much the recommendations are worth: 1 with a day of data.", .vm = profiles_confidence},
    {"proxprofiler_vm_metric_anomaly_score",
     "How unusual the last steps of the metric are: standard deviations above what its profile "
     "expects.",
     .channel = profiles_metric_score},
    {"proxprofiler_vm_metric_state", "The state of the metric, from 0.", .channel = profiles_state},
    {"proxprofiler_vm_metric_predicted_state",
     "The state that most probably comes next for the metric.", .channel = profiles_next},
    {"proxprofiler_vm_metric_predicted_probability",
     "The probability of the state that most probably comes next.", .channel = profiles_chance},
    {"proxprofiler_vm_metric_predictability",
     "How well the metric's next state is known from its last one: 0 not at all, 1 for certain.",
     .channel = profiles_predictability},
    {"proxprofiler_vm_metric_p95",
     "95th percentile of the metric, recent days weighing most, in the unit of its label.",
     .channel = profiles_p95, .unit = true},
    {"proxprofiler_host_cores", "Logical CPUs of the host.", .host = profiles_host_cores},
    {"proxprofiler_host_overcommit_risk",
     "Probability that the VMs together want more CPUs than the host has, were they independent.",
     .host = profiles_host_risk},
    {"proxprofiler_host_demand_p95_cores",
     "95th percentile of the CPUs that the VMs together take, computed from their profiles as if "
     "they were independent.",
     .host = profiles_host_p95},
    {"proxprofiler_host_demand_measured_p95_cores",
     "95th percentile of the CPUs that the VMs together took, as measured.",
     .host = profiles_host_measured},
    {"proxprofiler_host_capacity_left_cores",
     "CPUs of the host less the measured 95th percentile of what the VMs take.",
     .host = profiles_host_left},
    {"proxprofiler_host_capacity_left_seconds",
     "Time until the VMs take all CPUs of the host, if their demand grows on as it did.",
     .host = profiles_host_time},
};

/* ---- labels of VMs ---- */

static const char *profiles_text(const char *text)
{
    return text ? text : "";
}

static void profiles_put_own(struct buf *text, const struct vm_identity *vm)
{
    prometheus_put_label(text, "name", profiles_text(vm->name));
    prometheus_put_label(text, ",uuid", profiles_text(vm->uuid));
}

/* The row before that has the same labels, or NULL; then this one is remembered. */
static struct prometheus_profiles_row *profiles_twin(struct prometheus_profiles *p, size_t row)
{
    const struct prometheus_row *mine = &p->rows[row].labels;
    const char *text = p->labels.text.data;
    uint64_t hash = hash_bytes(text + mine->at, mine->len, 0);
    size_t place = hash;
    struct print_slot *slot;

    while ((slot = print_slots_next(&p->slots, hash, &place))->row) {
        struct prometheus_profiles_row *other = &p->rows[slot->row - 1];

        if (other->labels.len == mine->len &&
            memcmp(text + other->labels.at, text + mine->at, mine->len) == 0)
            return other;
        place++;
    }
    *slot = (struct print_slot){hash, row + 1};
    return NULL;
}

static void profiles_make_row(struct prometheus_profiles *p, struct prometheus_profiles_row *row,
                              bool with_key)
{
    struct buf *text = &p->labels.text;

    row->labels = (struct prometheus_row){.at = text->len};
    if (p->options.host_label) {
        prometheus_put_label(text, "host", profiler_host(p->options.profiler)->name);
        buf_putc(text, ',');
    }
    profiles_put_own(text, &row->vm->vm);
    if (with_key)
        prometheus_put_label(text, ",key", row->needs_key ? profiles_text(row->vm->vm.key) : "");
    row->labels.len = text->len - row->labels.at;
}

/* Returns whether some rows have the same labels; what can still not be told apart is hidden. */
static bool profiles_make_rows(struct prometheus_profiles *p, bool with_key)
{
    bool same = false;

    buf_clear(&p->labels.text);
    print_slots_clear(&p->slots, p->count);
    for (size_t i = 0; i < p->count; i++) {
        struct prometheus_profiles_row *twin;

        profiles_make_row(p, &p->rows[i], with_key);
        twin = profiles_twin(p, i);
        if (!twin)
            continue;
        same = true;
        twin->needs_key = p->rows[i].needs_key = true;
        p->rows[i].labels.hidden = true;
    }
    return same;
}

static void profiles_make_labels(struct prometheus_profiles *p)
{
    const struct profiler *profiler = p->options.profiler;
    size_t vms = profiler_count(profiler);

    p->rows = array_grow(p->rows, &p->capacity, vms, sizeof(*p->rows));
    p->count = 0;
    for (size_t i = 0; i < vms; i++) {
        const struct profiled_vm *vm = profiler_at(profiler, i);

        if (!vm->final || profiler_is_finished(profiler))
            p->rows[p->count++] = (struct prometheus_profiles_row){.vm = vm};
    }
    if (profiles_make_rows(p, false))
        profiles_make_rows(p, true);
    p->host = (struct prometheus_row){.at = p->labels.text.len};
    if (p->options.host_label)
        prometheus_put_label(&p->labels.text, "host", profiler_host(profiler)->name);
    p->host.len = p->labels.text.len - p->host.at;
}

/* ---- samples ---- */

static void profiles_put_sample(struct prometheus_profiles *p, struct buf *out,
                                const struct prometheus_row *labels, const char *name,
                                double number)
{
    if (!isfinite(number) || labels->hidden)
        return;
    prometheus_put_series(out, &p->labels, labels, name, strlen(name), p->extra.data, p->extra.len);
    prometheus_put_number(out, number);
}

static void profiles_put_channels(struct prometheus_profiles *p, struct buf *out,
                                  const struct profiles_family *family,
                                  const struct prometheus_profiles_row *row)
{
    const struct profile *profile = row->vm->profile;

    for (size_t i = 0; i < profile->count; i++) {
        const struct channel *channel = profile->channels[i];

        buf_clear(&p->extra);
        prometheus_put_label(&p->extra, "metric", channel->spec.name);
        if (family->unit)
            prometheus_put_label(&p->extra, ",unit", profiles_text(channel->spec.unit));
        profiles_put_sample(p, out, &row->labels, family->name, family->channel(channel));
    }
}

static void profiles_put_family(struct prometheus_profiles *p, struct buf *out,
                                const struct profiles_family *family)
{
    size_t before = out->len, empty;

    prometheus_put_head(out, p->options.openmetrics, family->name, "gauge", family->help);
    empty = out->len;
    buf_clear(&p->extra);
    if (family->host)
        profiles_put_sample(p, out, &p->host, family->name,
                            family->host(profiler_host(p->options.profiler)));
    for (size_t i = 0; !family->host && i < p->count; i++) {
        if (family->vm)
            profiles_put_sample(p, out, &p->rows[i].labels, family->name,
                                family->vm(p->rows[i].vm));
        else
            profiles_put_channels(p, out, family, &p->rows[i]);
    }
    if (out->len == empty) /* a head alone says nothing */
        out->len = before;
}

static void profiles_put_infos(struct prometheus_profiles *p, struct buf *out)
{
    if (!p->count)
        return;
    prometheus_put_head(out, p->options.openmetrics, "proxprofiler_vm_info", "info",
                        "What kind of load the VM is.");
    for (size_t i = 0; i < p->count; i++) {
        buf_clear(&p->extra);
        prometheus_put_label(&p->extra, "class",
                             capacity_class_word(capacity_class(p->rows[i].vm->profile)));
        profiles_put_sample(p, out, &p->rows[i].labels, "proxprofiler_vm_info", 1);
    }
}

static void profiles_put_count(struct prometheus_profiles *p, struct buf *out)
{
    buf_clear(&p->extra);
    prometheus_put_head(out, p->options.openmetrics, "proxprofiler_vms", "gauge",
                        "VMs that there are profiles of.");
    profiles_put_sample(p, out, &p->host, "proxprofiler_vms", (double)p->count);
}

static void profiles_print(struct printer *printer, const struct frame *frame UNUSED,
                           struct buf *out)
{
    struct prometheus_profiles *p = (struct prometheus_profiles *)printer;

    if (!p->options.page && !profiler_is_due(p->options.profiler))
        return;
    profiles_make_labels(p);
    profiles_put_infos(p, out);
    for (size_t i = 0; i < ARRAY_SIZE(profiles_families); i++)
        profiles_put_family(p, out, &profiles_families[i]);
    profiles_put_count(p, out);
    if (p->options.openmetrics)
        buf_puts(out, "# EOF\n");
}

static struct printer *profiles_create(const struct print_options *options)
{
    struct prometheus_profiles *p = xcalloc(1, sizeof(*p));

    p->options = *options;
    buf_reserve(&p->extra, 1); /* extras are copied even where there are none */
    return (struct printer *)p;
}

static void profiles_destroy(struct printer *printer)
{
    struct prometheus_profiles *p = (struct prometheus_profiles *)printer;

    free(p->rows);
    print_slots_done(&p->slots);
    buf_done(&p->labels.text);
    buf_done(&p->extra);
    free(p);
}

static const char *profiles_content_type(const struct print_options *options)
{
    return printer_prometheus.content_type(options);
}

const struct printer_ops printer_profile_prometheus = {
    .name = "prometheus",
    .replaces = true,
    .content_type = profiles_content_type,
    .create = profiles_create,
    .print = profiles_print,
    .destroy = profiles_destroy,
};
