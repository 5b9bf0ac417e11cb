/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The families that are about the program itself, and the number of VMs. */
#include <string.h>

#include "print/prometheus_internal.h"

struct agent_writer {
    struct buf *out, *extra;
    const struct prometheus_labels *labels;
    bool openmetrics;
};

static void agent_head(const struct agent_writer *w, const char *name, const char *type)
{
    prometheus_put_head(w->out, w->openmetrics, name, type, prometheus_help(name));
}

/* A sample up to its number; label may be NULL. */
static void agent_series(const struct agent_writer *w, const char *name, const char *label,
                         const char *text)
{
    const struct prometheus_row *host = &w->labels->rows[SCOPE_HOST][0];

    buf_clear(w->extra);
    if (label)
        prometheus_put_label(w->extra, label, text);
    prometheus_put_series(w->out, w->labels, host, name, strlen(name), buf_text(w->extra),
                          w->extra->len);
}

static void agent_put_states(const struct agent_writer *w, const struct frame_table *vms)
{
    static const char name[] = "proxtop_vms";
    uint64_t counts[VM_STATE__COUNT] = {0};

    for (size_t row = 0; row < vms->rows; row++) {
        const char *state =
            frame_has_value(vms, row, VM_STATE) ? frame_value(vms, row, VM_STATE).text : "";

        for (unsigned s = 0; s < VM_STATE__COUNT; s++)
            counts[s] += strcmp(state, vm_state_word((enum vm_state)s)) == 0;
    }
    agent_head(w, name, "gauge");
    for (unsigned s = 0; s < VM_STATE__COUNT; s++) {
        agent_series(w, name, "state", vm_state_word((enum vm_state)s));
        prometheus_put_count(w->out, counts[s]);
    }
}

/* Cycles that sinks lost; those of sinks with one name together. */
static void agent_put_dropped(const struct agent_writer *w, const struct print_status *status)
{
    static const char name[] = "proxtop_dropped_cycles_total";

    if (!status || !status->sinks)
        return;
    agent_head(w, name, "counter");
    for (size_t i = 0; i < status->sinks; i++) {
        uint64_t lost = 0;
        bool told = false;

        for (size_t k = 0; k < status->sinks; k++) {
            bool same = strcmp(status->sink[k].name, status->sink[i].name) == 0;

            told |= same && k < i;
            lost += same ? status->sink[k].lost : 0;
        }
        if (told)
            continue;
        agent_series(w, name, "sink", status->sink[i].name);
        prometheus_put_count(w->out, lost);
    }
}

static void agent_put_process(const struct agent_writer *w, const struct frame_agent *agent)
{
    agent_head(w, "proxtop_up", "gauge");
    agent_series(w, "proxtop_up", "source", agent->source);
    prometheus_put_count(w->out, agent->source_up);
    agent_head(w, "proxtop_cycle_seconds", "gauge");
    agent_series(w, "proxtop_cycle_seconds", NULL, NULL);
    prometheus_put_number(w->out, agent->cycle_seconds);
    agent_head(w, "proxtop_late_cycles_total", "counter");
    agent_series(w, "proxtop_late_cycles_total", NULL, NULL);
    prometheus_put_count(w->out, agent->late_cycles);
    agent_head(w, "process_cpu_seconds_total", "counter");
    agent_series(w, "process_cpu_seconds_total", NULL, NULL);
    prometheus_put_seconds(w->out, agent->cpu_ns);
    if (!agent->resident_bytes)
        return;
    agent_head(w, "process_resident_memory_bytes", "gauge");
    agent_series(w, "process_resident_memory_bytes", NULL, NULL);
    prometheus_put_count(w->out, agent->resident_bytes);
}

void prometheus_put_agent(struct buf *out, struct buf *scratch,
                          const struct prometheus_labels *labels,
                          const struct print_options *options, const struct frame *frame)
{
    static const char last[] = "proxtop_last_cycle_timestamp_seconds";
    struct agent_writer w = {out, scratch, labels, options->openmetrics};

    agent_put_states(&w, &frame->tables[SCOPE_VM]);
    agent_head(&w, "proxtop_build_info", "info");
    agent_series(&w, "proxtop_build_info", "version", PROXTOP_VERSION);
    prometheus_put_count(out, 1);
    agent_head(&w, last, "gauge");
    agent_series(&w, last, NULL, NULL);
    prometheus_put_seconds(out,
                           (uint64_t)frame->wall.tv_sec * NS_PER_S + (uint64_t)frame->wall.tv_nsec);
    if (frame->agent.source)
        agent_put_process(&w, &frame->agent);
    agent_put_dropped(&w, options->status);
}
