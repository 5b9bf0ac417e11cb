/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show's answers: is the VM too big or too small, when is it busy, is it behaving as usual? */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "print/column.h"
#include "print/human.h"
#include "profiler/calendar.h"
#include "profiler/command_internal.h"
#include "profiler/words.h"

#define SUMMARY_PAIRS 5 /* of phases that follow each other */
/* Times before the year 1971 are those of a file without times: it began at 0. */
#define SUMMARY_TIME_MIN 31536000.0

static void summary_time(struct buf *out, double seconds)
{
    char stamp[CLOCK_STAMP_SIZE];

    if (!(seconds >= 0 && seconds < CSV_TIME_MAX)) {
        buf_putc(out, '-');
        return;
    }
    clock_format_stamp((struct timespec){.tv_sec = (time_t)seconds}, stamp);
    buf_add(out, stamp, 19); /* the day and the second */
    buf_putc(out, 'Z');
}

static void summary_identity(const struct command_saved *saved,
                             const struct command_figures *figures, struct buf *out)
{
    const struct vm_identity *vm = &saved->vm;

    print_clean(out, command_vm_name(vm));
    if (vm->uuid && vm->uuid[0] && strcmp(vm->uuid, command_vm_name(vm)) != 0) {
        buf_puts(out, "  ");
        print_clean(out, vm->uuid);
    }
    buf_puts(out, "\n  has     ");
    if (vm->vcpus)
        buf_printf(out, "%u vCPU%s", vm->vcpus, vm->vcpus == 1 ? "" : "s");
    else
        buf_puts(out, "- vCPUs");
    buf_puts(out, ", ");
    if (vm->mem_kb)
        human_put(out, "KB", HUMAN_DECIMAL, (double)vm->mem_kb);
    else
        buf_putc(out, '-');
    buf_puts(out, " memory\n  data    ");
    words_put_duration(out, saved->profile->learned);
    if (figures->first >= SUMMARY_TIME_MIN) {
        buf_puts(out, ", from ");
        summary_time(out, figures->first);
        buf_puts(out, " to ");
        summary_time(out, figures->last);
    }
    buf_putc(out, '\n');
}

static void summary_settings(const struct profile_settings *settings, struct buf *out)
{
    buf_printf(out, "  learns  %u states, history %u, steps of %u value%s (", settings->states,
               settings->history, settings->buffer, settings->buffer == 1 ? "" : "s");
    words_put_duration(out, settings->sample_seconds * settings->buffer);
    buf_printf(out, "), window %u,\n          ranges %s, binning %s", settings->window,
               settings->dynamic ? "grow" : "fixed",
               settings->dynamic || settings->binning == SCALE_EQUAL ? "equal" : "nearest");
    if (settings->filter_deviations >= 0)
        buf_printf(out, ", outliers beyond %g deviations left out", settings->filter_deviations);
    if (settings->phantom_start)
        buf_puts(out, ", phantom start");
    buf_putc(out, '\n');
}

/* What the classes mean: see capacity_class(). */
static const char *summary_class_words(const char *class)
{
    static const struct {
        const char *class, *words;
    } all[] = {
        {"idle", "P95 of its CPU is below 5 %"},
        {"contended", "its vCPUs wait for CPUs of the host; more of them would wait, too"},
        {"saturated", "P90 of its CPU is 90 % or more"},
        {"periodic", "its CPU goes up and down in time"},
        {"bursty", "P99 of its CPU is four times the median or more"},
        {"steady", "its CPU varies by a quarter of its mean at most"},
        {"variable", "its CPU goes up and down without a rule that was found"},
        {"unknown", "no values of its CPU"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (strcmp(all[i].class, class) == 0)
            return all[i].words;
    }
    return NULL;
}

static void summary_class(const struct command_figures *figures, struct buf *out)
{
    const char *words = summary_class_words(figures->class);

    buf_puts(out, "  class   ");
    print_clean(out, figures->class[0] ? figures->class : "-");
    if (words)
        buf_printf(out, ": %s", words);
    buf_putc(out, '\n');
}

/* What it should have, next to what it has, and how much that is worth. */
static void summary_advice(const struct command_saved *saved, const struct command_figures *figures,
                           struct buf *out)
{
    const struct capacity_advice *advice = &figures->advice;
    double has = saved->vm.vcpus;

    buf_puts(out, "  needs   ");
    if (isfinite(advice->vcpus))
        buf_printf(out, "%.0f vCPU%s (%s)", advice->vcpus, advice->vcpus == 1 ? "" : "s",
                   advice->vcpus > has   ? "more than it has"
                   : advice->vcpus < has ? "less than it has"
                                         : "as it has");
    else
        buf_puts(out, "- vCPUs");
    buf_puts(out, ", ");
    if (isfinite(advice->mem_kb)) {
        human_put(out, "KB", HUMAN_DECIMAL, advice->mem_kb);
        buf_puts(out, " memory at most");
    } else {
        buf_puts(out, "- memory");
    }
    buf_putc(out, '\n');
    if (!isfinite(advice->confidence))
        return;
    buf_printf(out, "  sure    %.0f %%", 100 * advice->confidence);
    if (!advice->ready)
        buf_printf(out, ": a guess until there are %.0f h of data", CAPACITY_HOURS);
    buf_putc(out, '\n');
}

/* How busy its CPU is at times, and at which times. */
static void summary_busy(const struct command_saved *saved, const struct command_figures *figures,
                         struct buf *out)
{
    const struct profile *profile = saved->profile;
    const struct channel *cpu = profile_role(profile, ROLE_CPU);
    size_t i = 0, most, least;

    if (!cpu)
        return;
    while (profile->channels[i] != cpu)
        i++;
    buf_puts(out, "  busy    P95 of ");
    print_clean(out, cpu->spec.name);
    buf_putc(out, ' ');
    words_put_value(out, &cpu->spec, figures->metrics[i].stats.p95, true);
    if (!cpu->calendar) {
        buf_puts(out, "; hours are learned with --calendar");
    } else if (calendar_extremes(cpu->calendar, &most, &least)) {
        buf_puts(out, "; most at ");
        calendar_put_slot(out, cpu->calendar, most);
        buf_printf(out, " h (mean %.0f %%), least at ", slots_at(cpu->calendar, most)->mean);
        calendar_put_slot(out, cpu->calendar, least);
        buf_printf(out, " h (%.0f %%)", slots_at(cpu->calendar, least)->mean);
    }
    buf_putc(out, '\n');
}

static void summary_phases(const struct command_saved *saved, const struct command_figures *figures,
                           struct buf *out)
{
    const struct phases *phases = saved->profile->phases;
    unsigned told = 0;

    buf_printf(out, "  phases  %u", figures->phases);
    if (figures->phase >= 0)
        buf_printf(out, ", now in phase %d", figures->phase);
    for (unsigned i = 0; !saved->record.len && i < figures->phases; i++) {
        for (unsigned j = 0; j < figures->phases; j++) {
            uint32_t n = phases_follows(phases, i, j);

            if (i == j || !n || told == SUMMARY_PAIRS)
                continue;
            buf_printf(out, "%s %u>%u %u", told ? "," : "; changes", i, j, n);
            told++;
        }
    }
    buf_putc(out, '\n');
}

static void summary_usual(const struct command_saved *saved, const struct command_figures *figures,
                          struct buf *out)
{
    const struct channel *blame = profile_channel(saved->profile, figures->blame);
    unsigned states = saved->settings.states;

    buf_puts(out, "  usual   ");
    if (!isfinite(figures->z)) {
        buf_puts(out, "not judged yet\n");
        return;
    }
    if (!figures->anomaly && blame && !channel_is_trained(blame)) {
        buf_printf(out, "too early to say: %llu of %u steps were learned\n",
                   (unsigned long long)matrix_total(blame->matrix, 1),
                   CHANNEL_TRAINED * states * states);
        return;
    }
    buf_printf(out, "%s: z %.2f",
               figures->anomaly          ? "NO, an anomaly"
               : figures->z >= ANOMALY_Z ? "doubtful, no anomaly yet"
                                         : "yes",
               figures->z);
    if (blame) {
        buf_puts(out, figures->z >= ANOMALY_Z ? " by " : ", most by ");
        print_clean(out, figures->blame);
    }
    if (figures->from >= 0)
        buf_printf(out, " (step %d>%d)", figures->from, figures->to);
    buf_putc(out, '\n');
}

void command_put_summary(const struct command_saved *saved, const struct command_figures *figures,
                         struct buf *out)
{
    summary_identity(saved, figures, out);
    summary_settings(&saved->settings, out);
    summary_advice(saved, figures, out);
    summary_class(figures, out);
    summary_busy(saved, figures, out);
    summary_usual(saved, figures, out);
    summary_phases(saved, figures, out);
}
