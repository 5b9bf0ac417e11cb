/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles for people, in lines that fit 120 columns: what a VM is like, what it has and should
 * have, how unusual it is now, and what its first metrics do and will do. The state of a metric
 * stands last, since metrics differ from run to run.
 */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "print/column.h"
#include "print/human.h"
#include "profiler/record.h"

#define TEXT_NAME_WIDTH    19
#define TEXT_METRIC_WIDTH  9 /* names of metrics that come from files may have any length */
#define TEXT_CLASS_WIDTH   9
#define TEXT_P95_WIDTH     7
#define TEXT_ADVICE_WIDTH  9
#define TEXT_SURE_WIDTH    4
#define TEXT_ANOMALY_WIDTH 9
/* So many metrics are told of; if another one is to blame for an anomaly, it takes the place of the
 * last of these. */
#define TEXT_METRICS 3
/* Figures beyond say no more than this one. */
#define TEXT_NUMBER_MAX 9999.0

/* Characters that were put behind `from`. */
static unsigned text_width(struct buf *out, size_t from)
{
    const char *text = buf_text(out) + from;
    unsigned width = 0;
    uint32_t c;

    for (size_t n; *text; text += n ? n : 1) {
        n = utf8_next(text, &c);
        width++;
    }
    return width;
}

static void text_fill(struct buf *out, size_t from, unsigned width)
{
    for (unsigned n = text_width(out, from); n < width; n++)
        buf_putc(out, ' ');
}

/* The same before what was put. */
static void text_fill_left(struct buf *out, size_t from, unsigned width)
{
    unsigned has = text_width(out, from), more = has < width ? width - has : 0;
    size_t len = out->len - from;

    if (!more)
        return;
    buf_reserve(out, more);
    memmove(out->data + from + more, out->data + from, len);
    memset(out->data + from, ' ', more);
    out->len += more;
}

/* A text that may be anything, at most `width` characters of it. */
static void text_put_name(struct buf *out, const char *name, unsigned width)
{
    char part[4 * TEXT_NAME_WIDTH + 8];
    size_t from = out->len, at = from;
    uint32_t c;

    copy_text(part, sizeof(part), name);
    print_clean(out, part);
    if (text_width(out, from) <= width)
        return;
    for (unsigned i = 0; i + 1 < width; i++)
        at += utf8_next(buf_text(out) + at, &c);
    out->len = at;
    buf_putc(out, '~');
}

static void text_put_fixed(struct buf *out, double number, unsigned digits)
{
    if (isnan(number))
        buf_putc(out, '-');
    else
        buf_put_fixed(out, fmax(-TEXT_NUMBER_MAX, fmin(TEXT_NUMBER_MAX, number)), digits);
}

static void text_put_share(struct buf *out, double share)
{
    text_put_fixed(out, 100 * share, 0);
    if (!isnan(share))
        buf_putc(out, '%');
}

static const char *text_vm_name(const struct vm_identity *vm)
{
    const char *const names[] = {vm->name, vm->key, vm->uuid};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i] && names[i][0])
            return names[i];
    }
    return "-";
}

static void text_put_p95(struct buf *out, const struct profile *profile)
{
    const struct channel *cpu = profile_role(profile, ROLE_CPU);
    size_t from = out->len;

    if (!cpu)
        cpu = profile_role(profile, ROLE_USED);
    text_put_fixed(out, cpu ? histogram_quantile(&cpu->histogram, 0.95) : NAN, 1);
    text_fill_left(out, from, TEXT_P95_WIDTH);
}

static void text_put_vcpus(struct buf *out, double has, double needs)
{
    size_t from = out->len;

    text_put_fixed(out, has > 0 ? has : NAN, 0);
    if (has > 0 || !isnan(needs)) {
        buf_putc(out, '>');
        text_put_fixed(out, needs, 0);
    }
    text_fill_left(out, from, TEXT_ADVICE_WIDTH);
}

static void text_put_kb(struct buf *out, double kb)
{
    if (!(kb > 0 && isfinite(kb)) || !human_put(out, "KB", HUMAN_FIGURES3, kb))
        buf_putc(out, '-');
}

static void text_put_memory(struct buf *out, double has_kb, double needs_kb)
{
    size_t from = out->len;

    text_put_kb(out, has_kb);
    if (has_kb > 0 || !isnan(needs_kb)) {
        buf_putc(out, '>');
        text_put_kb(out, needs_kb);
    }
    text_fill_left(out, from, TEXT_ADVICE_WIDTH);
}

/* "  0.4", or "!12.3 net" while it lasts. Scores mean nothing before there can be alarms. */
static void text_put_anomaly(struct buf *out, const struct profile_anomaly *anomaly)
{
    size_t from = out->len;

    if (anomaly->blame && !anomaly->active && !channel_is_trained(anomaly->blame)) {
        buf_puts(out, "learning");
        text_fill(out, from, TEXT_ANOMALY_WIDTH);
        return;
    }
    if (anomaly->active)
        buf_putc(out, '!');
    text_put_fixed(out, anomaly->blame ? anomaly->z : NAN, fabs(anomaly->z) < 99.95 ? 1 : 0);
    text_fill_left(out, from, TEXT_ANOMALY_WIDTH - 4);
    if (anomaly->blame && (anomaly->active || anomaly->z >= ANOMALY_Z)) {
        buf_putc(out, ' ');
        text_put_name(out, anomaly->blame->spec.name, TEXT_METRIC_WIDTH);
    }
    text_fill(out, from, TEXT_ANOMALY_WIDTH);
}

/* "cpu 2/4>3  62%": the state of now, how many there are, the likeliest next one. */
static void text_put_metric(struct buf *out, const struct channel *channel)
{
    double p[SCALE_STATES_MAX];
    unsigned states = channel->scale.states, digits = states > 10 ? 2 : 1;
    bool predicted = channel_predict(channel, p);
    unsigned next = predicted ? chain_likeliest(p, states) : 0;
    size_t from;

    buf_puts(out, "  ");
    text_put_name(out, channel->spec.name, TEXT_METRIC_WIDTH);
    buf_putc(out, ' ');
    from = out->len;
    text_put_fixed(out, channel->state >= 0 ? channel->state : NAN, 0);
    text_fill_left(out, from, digits);
    buf_putc(out, '/');
    buf_put_u64(out, states);
    buf_putc(out, '>');
    from = out->len;
    text_put_fixed(out, predicted ? next : NAN, 0);
    text_fill(out, from, digits);
    from = out->len;
    text_put_share(out, predicted ? p[next] : NAN);
    text_fill_left(out, from, 5);
}

/* Those that are told of: the first ones that have values, and only then ones that have none (their
 * source is not there, or has not spoken yet). Returns how many. */
static size_t text_choose(const struct profile *profile, const struct channel *ret[TEXT_METRICS])
{
    size_t count = 0;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < profile->count && count < TEXT_METRICS; i++) {
            if ((profile->channels[i]->samples == 0) == (pass == 1))
                ret[count++] = profile->channels[i];
        }
    }
    return count;
}

static void text_put_metrics(struct buf *out, const struct profile *profile,
                             const struct profile_anomaly *anomaly)
{
    const struct channel *chosen[TEXT_METRICS];
    size_t count = text_choose(profile, chosen);
    bool other = anomaly->active && anomaly->blame;

    for (size_t i = 0; i < count; i++)
        other = other && chosen[i] != anomaly->blame;
    for (size_t i = 0; i < count; i++)
        text_put_metric(out, other && i == count - 1 ? anomaly->blame : chosen[i]);
}

static void text_end_line(struct buf *out, size_t from)
{
    while (out->len > from && out->data[out->len - 1] == ' ')
        out->len--;
    buf_putc(out, '\n');
}

void record_print_text_header(struct buf *out)
{
    /* As wide as the columns below. */
    buf_puts(out, "NAME                CLASS     CPU P95 VCPU>NEED  MEM>NEED SURE  ANOMALY    "
                  "METRIC STATE/STATES>NEXT, CHANCE\n");
}

void record_print_text(const struct record_context *context UNUSED, const struct vm_identity *vm,
                       const struct profile *profile, struct buf *out)
{
    struct profile_anomaly anomaly = profile_anomaly(profile);
    struct capacity_advice advice;
    size_t line = out->len, from = line;

    vm_identity_advise(vm, profile, &advice);
    text_put_name(out, text_vm_name(vm), TEXT_NAME_WIDTH);
    text_fill(out, from, TEXT_NAME_WIDTH + 1);
    from = out->len;
    buf_puts(out, capacity_class_word(capacity_class(profile)));
    text_fill(out, from, TEXT_CLASS_WIDTH + 1);
    text_put_p95(out, profile);
    buf_putc(out, ' ');
    text_put_vcpus(out, vm->vcpus, advice.vcpus);
    buf_putc(out, ' ');
    text_put_memory(out, (double)vm->mem_kb, advice.mem_kb);
    buf_putc(out, ' ');
    from = out->len;
    text_put_share(out, advice.confidence);
    text_fill_left(out, from, TEXT_SURE_WIDTH);
    buf_puts(out, "  ");
    text_put_anomaly(out, &anomaly);
    text_put_metrics(out, profile, &anomaly);
    text_end_line(out, line);
}

/* Nothing if it is not known. */
static bool text_put_figure(struct buf *out, const char *before, double number, unsigned digits,
                            const char *behind)
{
    if (isnan(number))
        return false;
    buf_puts(out, before);
    text_put_fixed(out, number, digits);
    buf_puts(out, behind);
    return true;
}

void record_print_text_host(const struct profiled_host *host, struct buf *out)
{
    double measured = overcommit_measured_p95(&host->measured);
    bool told;

    if (isnan(host->cores) && isnan(host->computed.p95) && isnan(measured))
        return;
    buf_puts(out, "host ");
    text_put_name(out, host->name[0] ? host->name : "-", TEXT_NAME_WIDTH);
    buf_puts(out, ": ");
    text_put_fixed(out, host->cores, 0);
    buf_puts(out, " cores");
    told = text_put_figure(out, "; all VMs: P95 ", measured, 1, " measured");
    text_put_figure(out, told ? ", " : "; all VMs: P95 ", host->computed.p95, 1, " computed");
    text_put_figure(out, "; risk of overcommitment ", 100 * host->computed.risk, 1, "%");
    told = text_put_figure(out, "; ", host->capacity_left, 1, " cores left");
    text_put_figure(out, told ? ", " : "; ", host->days_left, 0, " days");
    buf_putc(out, '\n');
}
