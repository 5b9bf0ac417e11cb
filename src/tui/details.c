/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One VM, all that is known of it. */
#include "tui/details.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/graph.h"
#include "tui/line.h"

#define DETAILS_GRAPH_ROWS  3
#define DETAILS_LOW         26 /* on a screen of fewer lines it gets one less */
#define DETAILS_GRAPH_LABEL 14 /* columns left of the curves */

const char *details_text(const struct details *details, enum scope scope, uint32_t row,
                         unsigned column)
{
    const struct frame_table *table = details_table(details, scope);

    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : NULL;
}

double details_number(const struct details *details, enum scope scope, uint32_t row,
                      unsigned column)
{
    const struct frame_table *table = details_table(details, scope);

    return frame_has_value(table, row, column) ? frame_value(table, row, column).number : NAN;
}

static void details_figure(const struct details *details, const struct row_ref *row,
                           const struct column *column, const char *name)
{
    struct tui *tui = details->tui;
    struct figure figure = column_figure(column, row, &tui->thresholds);

    buf_clear(&tui->text);
    figure_put(&tui->text, &figure, column, tui->units);
    pager_field(details->pager, details->indent, name ? name : column->title,
                style_of_severity(figure.severity, STYLE_NORMAL), buf_text(&tui->text));
}

void details_metric(const struct details *details, const struct row_ref *row, unsigned column,
                    const char *name)
{
    struct column_ref ref = {COLUMN_METRIC, (short)column};

    details_figure(details, row, column_of(details->tui->columns, FAMILY_VM, ref), name);
}

void details_own(const struct details *details, enum column_kind kind)
{
    struct column_ref ref = {(short)kind, 0};

    details_figure(details, &details->vm, column_of(details->tui->columns, FAMILY_VM, ref), NULL);
}

void details_label(const struct details *details, const char *name, const char *text)
{
    if (text && *text)
        pager_field(details->pager, details->indent, name, STYLE_NORMAL, text);
}

static void details_vm_metric(const struct details *details, unsigned column, const char *name)
{
    details_metric(details, &details->vm, column, name);
}

static void details_identity(const struct details *details)
{
    struct pager *pager = details->pager;
    double pid = details_number(details, SCOPE_VM, details->vm.row, VM_PID);
    char text[32] = "-";

    details_own(details, COLUMN_ID);
    /* Without a VMID the UUID is the ID. */
    if (!isnan(details_number(details, SCOPE_VM, details->vm.row, VM_VMID)))
        details_label(details, "UUID", details_text(details, SCOPE_VM, details->vm.row, VM_UUID));
    details_label(details, "host", details->vm.shot->frame->host_name);
    if (!isnan(pid))
        snprintf(text, sizeof(text), "%.0f", pid);
    details_label(details, "PID", text);
    details_label(details, "tags", details->labels->tags);
    details_label(details, "lock", details->labels->lock);
    if (details->labels->is_template)
        details_label(details, "", "template");
    pager_next(pager);
}

/* "2 d 3 h", "3 h 12 min", "12 min", "40 s". */
static void details_put_span(char *out, size_t size, double seconds)
{
    long s = seconds > 0 ? (long)seconds : 0;

    if (s >= 86400)
        snprintf(out, size, "%ld d %ld h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        snprintf(out, size, "%ld h %ld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        snprintf(out, size, "%ld min", s / 60);
    else
        snprintf(out, size, "%ld s", s);
}

/* "Jan 29 11:02", with the year where it is not this one. */
static void details_put_moment(char *out, size_t size, time_t when, time_t now)
{
    struct tm tm, tm_now;

    if (!localtime_r(&when, &tm) || !localtime_r(&now, &tm_now) ||
        !strftime(out, size, tm.tm_year == tm_now.tm_year ? "%b %e %H:%M" : "%Y-%m-%d %H:%M", &tm))
        copy_text(out, size, "-");
}

static void details_put_up(const struct details *details)
{
    double start = details_number(details, SCOPE_VM, details->vm.row, VM_START_TIME);
    time_t now = details->vm.shot->frame->wall.tv_sec;
    char text[96] = "-", moment[40], span[40];

    /* Far beyond what a kernel tells: no calendar holds it. */
    if (!isnan(start) && start >= 0 && start < 1e11) {
        details_put_moment(moment, sizeof(moment), (time_t)start, now);
        details_put_span(span, sizeof(span), (double)now - start);
        snprintf(text, sizeof(text), "%s (%s)", moment, span);
    }
    details_label(details, "up since", text);
}

/* Since when it is in its state: of a VM that was in it when it was seen first, that
 * is all that is known. */
static void details_put_since(const struct details *details)
{
    const struct state_since *since = states_find(&details->tui->states, details->facts->id);
    time_t now = details->vm.shot->frame->wall.tv_sec;
    char text[96], moment[40], span[40];

    /* While paused, what is shown is older than what is known. */
    if (!since || since->state != details->facts->state || since->at > now)
        return;
    details_put_moment(moment, sizeof(moment), since->at, now);
    details_put_span(span, sizeof(span), (double)(now - since->at));
    if (since->earlier)
        snprintf(text, sizeof(text), "before %s", moment);
    else
        snprintf(text, sizeof(text), "%s (%s)", moment, span);
    details_label(details, "since", text);
}

/* Why nobody answers for the VM; NULL = somebody does, or it is not known. */
static const char *details_stale_reason(const struct details *details)
{
    const struct inventory *inventory = details->vm.shot->frame->inventory;
    const struct vm_info *vm =
        inventory && details->labels->key ? inventory_find(inventory, details->labels->key) : NULL;

    return vm ? vm->stale_reason : NULL;
}

static void details_state(const struct details *details)
{
    struct pager *pager = details->pager;
    const struct vm_facts *facts = details->facts;
    double stale = details_number(details, SCOPE_VM, details->vm.row, VM_STALE);
    bool bad = facts->state == VM_STATE_IO_ERROR || facts->state == VM_STATE_CRASHED;
    char text[64];

    pager_field(pager, DETAILS_INDENT, "state", bad ? STYLE_CRIT : STYLE_NORMAL,
                vm_state_word(facts->state));
    details_put_since(details);
    details_put_up(details);
    if (stale > 0) {
        details_put_span(text, sizeof(text), stale);
        pager_field(pager, DETAILS_INDENT, "no answer for",
                    style_of_severity(
                        thresholds_judge(&details->tui->thresholds, SCOPE_VM, VM_STALE, stale),
                        STYLE_NORMAL),
                    text);
        details_label(details, "because", details_stale_reason(details));
    }
    if (facts->why)
        pager_field(pager, DETAILS_INDENT, "WHY", style_of_severity(facts->severity, STYLE_NORMAL),
                    why_word(facts->why));
    pager_next(pager);
}

/* What its CPU limit and its balloon leave to it. */
static void details_limits(const struct details *details)
{
    double used = details_number(details, SCOPE_VM, details->vm.row, VM_RAM_ACTUAL);
    double max = details_number(details, SCOPE_VM, details->vm.row, VM_RAM_MAX);
    struct buf *text = &details->tui->text;
    char limit[48] = "none known";

    if (details->labels->cpu_limit > 0)
        snprintf(limit, sizeof(limit), "%.2f host CPUs", details->labels->cpu_limit);
    details_label(details, "CPU limit", limit);
    details_vm_metric(details, VM_CPU_THROTTLED, NULL);
    buf_clear(text);
    if (isnan(used))
        buf_puts(text, "-");
    else
        figure_put_kb(text, used);
    if (!isnan(max)) {
        buf_puts(text, " of ");
        figure_put_kb(text, max);
    }
    details_label(details, "balloon (MCTL)", buf_text(text));
    details_vm_metric(details, VM_RAM_USED, NULL);
    details_vm_metric(details, VM_RAM_RSS, NULL);
    details_vm_metric(details, VM_RAM_HOSTSWAP, NULL);
    pager_next(details->pager);
}

static void details_figures(const struct details *details)
{
    double ready = details_number(details, SCOPE_VM, details->vm.row, VM_CPU_STEAL);
    double vcpus = details_number(details, SCOPE_VM, details->vm.row, VM_CPU_CORES);
    char sum[48] = "-";

    details_vm_metric(details, VM_CPU_CORES, NULL);
    details_vm_metric(details, VM_CPU_HOST_USED, NULL);
    details_vm_metric(details, VM_CPU_TOTAL, NULL);
    details_vm_metric(details, VM_CPU_STEAL, NULL);
    details_vm_metric(details, VM_CPU_STEAL_MAX, NULL);
    if (!isnan(ready) && !isnan(vcpus))
        snprintf(sum, sizeof(sum), "%.1f", ready * vcpus);
    details_label(details, "esxtop %RDY (sum):", sum);
    details_vm_metric(details, VM_CPU_OTHER_TOTAL, NULL);
    details_own(details, COLUMN_LATENCY);
    pager_next(details->pager);
}

static void details_curve(const struct details *details, const struct graph *graph,
                          const char *name, const char *full, enum style style)
{
    struct pager *pager = details->pager;
    struct buf *text = &details->tui->text;

    for (unsigned row = 0; row < graph->rows; row++) {
        const char *scale = row == 0 ? full : row + 1 == graph->rows ? "0" : "";

        pager_to(pager, DETAILS_INDENT);
        pager_put(pager, style, row == 0 ? name : "");
        pager_to(pager, DETAILS_GRAPH_LABEL - 1 - (unsigned)strlen(scale));
        pager_put(pager, STYLE_DIM, scale);
        pager_to(pager, DETAILS_GRAPH_LABEL);
        buf_clear(text);
        graph_put_line(text, graph, row, pager->canvas->utf8);
        pager_put(pager, style, buf_text(text));
        pager_next(pager);
    }
}

/* Three curves below each other over one time axis. */
static void details_graph(const struct details *details)
{
    static const struct {
        const char *name;
        enum style style;
    } series[HISTORY__COUNT] = {
        [HISTORY_USED] = {"%USED", STYLE_GRAPH_USED},
        [HISTORY_READY] = {"%RDY", STYLE_GRAPH_READY},
        [HISTORY_LATENCY] = {"LAT", STYLE_GRAPH_LATENCY},
    };
    struct pager *pager = details->pager;
    float values[HISTORY_STEPS];
    struct graph graph = {.values = values,
                          .count = HISTORY_STEPS,
                          .rows = pager->box.rows < DETAILS_LOW ? 2 : DETAILS_GRAPH_ROWS};

    pager_next(pager);
    if (pager->box.cols < DETAILS_GRAPH_LABEL + 12)
        return;
    graph.cols = (unsigned)min_size(pager->box.cols - DETAILS_GRAPH_LABEL - 1, HISTORY_STEPS);
    for (enum history_series i = 0; i < HISTORY__COUNT; i++) {
        char full[16] = "100 %";

        history_read(details->tui->history, details->facts->id, i, values, HISTORY_STEPS);
        graph.full = 100;
        if (i == HISTORY_LATENCY) {
            graph.full = graph_scale(values, HISTORY_STEPS);
            snprintf(full, sizeof(full), "%.0f ms", (double)graph.full);
        }
        details_curve(details, &graph, series[i].name, full, series[i].style);
    }
    pager_to(pager, DETAILS_GRAPH_LABEL);
    pager_put(pager, STYLE_DIM, "-5 min");
    pager_to(pager, DETAILS_GRAPH_LABEL + graph.cols - 3);
    pager_put(pager, STYLE_DIM, "now");
    pager_next(pager);
}

static void details_make(struct pager *pager, void *argument)
{
    struct tui *tui = argument;
    struct details details = {.tui = tui, .pager = pager, .indent = DETAILS_INDENT};

    if (!tui_find_vm(tui, tui->details_id, &details.vm)) {
        pager_to(pager, DETAILS_INDENT);
        pager_wrap(pager, DETAILS_INDENT, STYLE_NORMAL, "the VM is not running any more");
        pager_next(pager);
        return;
    }
    details.facts = &details.vm.shot->facts.list[details.vm.row];
    details.labels = &details_table(&details, SCOPE_VM)->labels[details.vm.row];
    details_identity(&details);
    details_state(&details);
    details_limits(&details);
    details_figures(&details);
    details_graph(&details);
    details_vcpus(&details);
    details_threads(&details);
    details_disks(&details);
    details_nics(&details);
}

/* The VM's name, as long as anything is known of it. */
static const char *details_name(const struct tui *tui)
{
    struct row_ref row = {.shot = NULL};
    const struct frame_table *vms;

    if (!tui_find_vm(tui, tui->details_id, &row)) {
        for (size_t i = 0; i < tui->ended_count; i++) {
            if (tui->ended[i].id == tui->details_id)
                row = (struct row_ref){.shot = &tui->shots[tui->ended[i].shot],
                                       .row = tui->ended[i].row};
        }
    }
    if (!row.shot || !row.shot->frame)
        return "-";
    vms = &row.shot->frame->tables[SCOPE_VM];
    return frame_has_value(vms, row.row, VM_NAME) ? frame_value(vms, row.row, VM_NAME).text : "-";
}

void draw_details(struct tui *tui, struct canvas *canvas)
{
    pager_show(tui, canvas, details_name(tui), details_make, tui);
}

void details_add_needs(const struct tui *tui, struct selection *needs)
{
    static const unsigned char columns[] = {
        VM_UUID,          VM_NAME,
        VM_PID,           VM_VMID,
        VM_STATE,         VM_STALE,
        VM_START_TIME,    VM_CPU_CORES,
        VM_CPU_TOTAL,     VM_CPU_STEAL,
        VM_CPU_STEAL_MAX, VM_CPU_HOST_USED,
        VM_CPU_THROTTLED, VM_CPU_OTHER_TOTAL,
        VM_RAM_ACTUAL,    VM_RAM_MAX,
        VM_RAM_USED,      VM_RAM_RSS,
        VM_RAM_HOSTSWAP,
    };
    static const struct column_ref own[] = {COLUMN_REF(COLUMN_ID), COLUMN_REF(COLUMN_WHY),
                                            COLUMN_REF(COLUMN_LATENCY)};

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        struct column_ref ref = {COLUMN_METRIC, columns[i]};

        column_add_needs(column_of(tui->columns, FAMILY_VM, ref), needs);
        selection_add(needs, SCOPE_VM, columns[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        column_add_needs(column_of(tui->columns, FAMILY_VM, own[i]), needs);
    details_parts_add_needs(needs);
}
