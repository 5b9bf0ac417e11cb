/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sinks: which metrics, which printer, which output; frames through them. */
#include "app/sink.h"

#include <stdlib.h>
#include <string.h>

#include "app/program.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/util.h"
#include "collect/collect.h"
#include "output/output.h"
#include "output/pages.h"
#include "print/printer.h"
#include "tui/view_printer.h"

struct sink {
    struct sinks *all;
    const struct sink_option *option;
    const struct output_ops *output_ops;
    const struct printer_ops *printer_ops;
    struct selection selection;
    struct print_options print;
    struct printer *printer;
    struct printer *lines; /* of a JSON cycle that is too long for the output; else NULL */
    size_t longest;        /* what is longer goes out in lines; 0 = never */
    struct output_pages pages;
    struct printer *page_printers[3]; /* of the pages */
    struct output *output;
    struct buf text; /* of one cycle */
    struct buf header;
    char target[256]; /* for people: of a URL not the query, where passwords can stand */
    char name[300];
    struct mono due; /* with a beat of its own: its next turn; ns 0 = now */
    bool finished;
};

struct sinks {
    const struct options *options;
    const struct tui_settings *settings;
    const struct profiler *profiler; /* or NULL */
    struct sinks_events events;
    struct print_status status;
    struct selection selection; /* of all */
    struct sink list[PRINT_SINKS_MAX];
    size_t count;
    size_t finished;
};

static bool sink_shows(const struct sink *sink)
{
    return sink->output_ops->show != NULL;
}

/* Prometheus tells everything that has a family, whatever is verbose: queries
 * and alerts count on it. */
static bool sink_wants_families(const struct sink *sink)
{
    return strcmp(sink->option->printer, "prometheus") == 0;
}

/* A table of the screen in place of columns by their keys. */
static bool sink_prints_view(const struct sink *sink)
{
    return options_print_view(sink->all->options) && strcmp(sink->option->printer, "text") == 0;
}

static int sink_select(struct sink *sink)
{
    const struct options *o = sink->all->options;
    unsigned available = collect_available(), wanted = o->collectors;
    char bad[64];

    if (o->program->select) {
        o->program->select(o, &sink->selection);
        return 0;
    }
    if (sink_prints_view(sink)) {
        view_printer_select(sink->all->settings, &sink->selection);
        return 0;
    }
    if (o->fields) {
        if (selection_by_fields(&sink->selection, o->fields, available, bad, sizeof(bad)) < 0) {
            log_error("option --fields: '%s' is not allowed; allowed: KEY or SCOPE.KEY as "
                      "--list-fields shows them",
                      bad);
            return 2;
        }
    } else if (sink_wants_families(sink)) {
        selection_by_families(&sink->selection, wanted ? wanted : available);
    } else {
        if (!wanted)
            wanted = available & (1u << COLLECTOR_CPU | 1u << COLLECTOR_MEM | 1u << COLLECTOR_DISK |
                                  1u << COLLECTOR_NET | 1u << COLLECTOR_IO);
        selection_by_collectors(&sink->selection, wanted, o->verbose);
    }
    if (!sink_wants_families(sink))
        selection_limit_devices(&sink->selection, o->devices, (enum scope)o->scope);
    else if (!o->devices)
        selection_drop_scope(&sink->selection, SCOPE_VCPU);
    return 0;
}

/* A table of VMs whose only columns are their names. */
static bool sink_prints_csv_of_nothing(const struct sink *sink)
{
    const struct options *o = sink->all->options;
    const struct column_list *vm = &sink->selection.scopes[SCOPE_VM];

    if (strcmp(sink->option->printer, "csv") != 0 || o->scope != SCOPE__COUNT || o->fields)
        return false;
    for (unsigned i = 0; i < vm->count; i++) {
        if (metric_at(SCOPE_VM, vm->columns[i])->collector != COLLECTOR_BASE)
            return false;
    }
    return true;
}

/* Whether the printer would have nothing to say: text, or lines, of tables
 * without a column. */
static int sink_check_selection(const struct sink *sink)
{
    const struct options *o = sink->all->options;
    const struct column_list *scopes = sink->selection.scopes;

    if (o->program->select || sink_wants_families(sink) || sink_prints_view(sink))
        return 0;
    if (o->scope != SCOPE__COUNT && !scopes[o->scope].count) {
        log_error("option --scope: '%s' has none of the chosen metrics; --list-fields shows which "
                  "scope has which",
                  scope_name((enum scope)o->scope));
        return 2;
    }
    if (o->scope == SCOPE__COUNT && !scopes[SCOPE_HOST].count && !scopes[SCOPE_VM].count &&
        !o->devices) {
        log_error("option --fields: '%s' has no metric of the host or of a VM; --scope prints "
                  "another table",
                  o->fields);
        return 2;
    }
    if (sink_prints_csv_of_nothing(sink)) {
        log_error("option --printer: csv has a row per VM, and the chosen metrics are the host's; "
                  "--scope=host prints those");
        return 2;
    }
    return 0;
}

static struct output_page sink_make_page(struct sink *sink, unsigned place, const char *printer,
                                         const struct print_options *options)
{
    const struct printer_ops *ops = sink->all->options->program->printer_by_name(printer);

    sink->page_printers[place] = ops->create(options);
    return (struct output_page){ops, sink->page_printers[place], ops->content_type(options)};
}

static void sink_make_pages(struct sink *sink)
{
    struct print_options options = sink->print;

    options.json = PRINT_JSON_CYCLE;
    options.scope = PRINT_ALL_SCOPES;
    options.page = true;
    /* Its frames come at its own beat. */
    sink->pages.interval =
        sink->option->seconds > options.interval ? sink->option->seconds : options.interval;
    sink->pages.json = sink_make_page(sink, 0, "json", &options);
    sink->pages.metrics = sink_make_page(sink, 1, "prometheus", &options);
    options.openmetrics = true;
    sink->pages.openmetrics = sink_make_page(sink, 2, "prometheus", &options);
}

static void sink_make_printers(struct sink *sink)
{
    const struct options *o = sink->all->options;
    struct print_options lines;

    sink->print = (struct print_options){
        .selection = &sink->selection,
        .scope = (enum scope)o->scope,
        .names = (enum print_names)o->names,
        .json = (enum print_json)o->json,
        .devices = o->devices,
        .timestamps = o->timestamps,
        .human = o->human,
        .by_fields = o->fields != NULL,
        .influx = (enum print_influx)o->influx,
        .host_label = !sink_shows(sink) || o->prom_host_label,
        .interval = o->interval,
        .status = &sink->all->status,
        .screen = sink->all->settings,
        .profiler = sink->all->profiler,
    };
    if (sink_shows(sink)) {
        sink_make_pages(sink);
        return;
    }
    sink->printer = sink->printer_ops->create(&sink->print);
    if (sink->printer_ops->header)
        sink->printer_ops->header(sink->printer, &sink->header);
    if (sink->output_ops->longest)
        sink->longest = sink->output_ops->longest(&o->outputs);
    if (sink->longest && sink->printer_ops == &printer_json && o->json == PRINT_JSON_CYCLE) {
        lines = sink->print;
        lines.json = PRINT_JSON_LINES;
        sink->lines = sink->printer_ops->create(&lines);
    }
}

static int sink_init(struct sink *sink)
{
    const struct program *program = sink->all->options->program;
    const struct sink_option *option = sink->option;
    int status;

    copy_text(sink->target, sizeof(sink->target), option->target ? option->target : "");
    if (strcmp(option->output, "http") == 0)
        sink->target[strcspn(sink->target, "?")] = '\0';
    snprintf(sink->name, sizeof(sink->name), "%s %s%s%s", option->printer, option->output,
             sink->target[0] ? " " : "", sink->target);
    sink->output_ops = output_by_name(option->output);
    sink->printer_ops =
        sink_prints_view(sink) ? &printer_view : program->printer_by_name(option->printer);
    status = sink_select(sink);
    if (!status)
        status = sink_check_selection(sink);
    if (status)
        return status;
    sink_make_printers(sink);
    selection_merge(&sink->all->selection, &sink->selection);
    return 0;
}

int sinks_new(const struct options *options, const struct tui_settings *settings,
              const struct profiler *profiler, struct sinks **ret)
{
    struct sinks *sinks = xcalloc(1, sizeof(*sinks));

    sinks->options = options;
    sinks->settings = settings;
    sinks->profiler = profiler;
    sinks->count = options->sink_count;
    for (size_t i = 0; i < sinks->count; i++) {
        bool hanging = false;
        int status;

        sinks->list[i].all = sinks;
        sinks->list[i].option = &options->sinks[i];
        status = sink_init(&sinks->list[i]);
        if (status) {
            (void)sinks_close(sinks, &hanging);
            return status;
        }
        sinks->status.sink[i].name = sinks->list[i].name;
    }
    sinks->status.sinks = sinks->count;
    *ret = sinks;
    return 0;
}

const struct selection *sinks_selection(const struct sinks *sinks)
{
    return &sinks->selection;
}

size_t sinks_count(const struct sinks *sinks)
{
    return sinks->count;
}

bool sinks_use_stdout(const struct sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (sinks->list[i].output_ops == &output_stdout)
            return true;
    }
    return false;
}

static void sink_on_broken(void *argument)
{
    struct sink *sink = argument;

    sink->all->events.broken(sink->all->events.argument);
}

static void sink_on_finished(void *argument)
{
    struct sink *sink = argument;
    struct sinks *all = sink->all;

    if (sink->finished)
        return;
    sink->finished = true;
    if (++all->finished == all->count)
        all->events.finished(all->events.argument);
}

static int sink_open(struct sink *sink, struct event_base *base)
{
    const struct print_options *print = &sink->print;
    struct output_config config = {
        .base = base,
        .settings = &sink->all->options->outputs,
        .target = sink->option->target,
        .form = sink->option->printer,
        .content_type = sink->printer ? sink->printer_ops->content_type(print) : "",
        .header = buf_text(&sink->header),
        .replaces = sink->printer && sink->printer_ops->replaces,
        .pages = sink_shows(sink) ? &sink->pages : NULL,
        .broken = sink_on_broken,
        .finished = sink_on_finished,
        .argument = sink,
    };
    struct output_error error = {.text = ""};

    if (sink->output_ops->open(&config, &sink->output, &error) < 0) {
        log_error("%s", error.text);
        return error.usage ? 2 : 1;
    }
    return 0;
}

int sinks_open(struct sinks *sinks, struct event_base *base, const struct sinks_events *events)
{
    sinks->events = *events;
    for (size_t i = 0; i < sinks->count; i++) {
        int status = sink_open(&sinks->list[i], base);

        if (status)
            return status;
    }
    return 0;
}

/* Whether it is the sink's turn, half a cycle early at most; its turns keep
 * their grid. */
static bool sink_is_due(struct sink *sink, struct mono at)
{
    double seconds = sink->option->seconds;
    struct mono early = mono_add_seconds(at, sink->print.interval / 2);

    if (!(seconds > 0))
        return true;
    if (sink->due.ns && early.ns < sink->due.ns)
        return false;
    sink->due = mono_add_seconds(sink->due.ns ? sink->due : at, seconds);
    if (sink->due.ns <= early.ns) /* turns were missed */
        sink->due = mono_add_seconds(at, seconds);
    return true;
}

/* What follows as a cycle of its own; false = nothing does. */
static bool sink_print_next(struct sink *sink, const struct frame *frame)
{
    buf_clear(&sink->text);
    return sink->printer_ops->next && sink->printer_ops->next(sink->printer, frame, &sink->text);
}

static void sink_take(struct sink *sink, struct frame *frame)
{
    if (sink_shows(sink)) {
        sink->output_ops->show(sink->output, frame);
        return;
    }
    buf_clear(&sink->text);
    sink->printer_ops->print(sink->printer, frame, &sink->text);
    if (sink->lines && sink->text.len > sink->longest) {
        buf_clear(&sink->text);
        sink->printer_ops->print(sink->lines, frame, &sink->text);
    }
    if (sink->text.len) /* a table without a row says nothing */
        sink->output_ops->write(sink->output, &sink->text);
    while (sink_print_next(sink, frame))
        sink->output_ops->write(sink->output, &sink->text);
}

void sinks_take(struct sinks *sinks, struct frame *frame)
{
    for (size_t i = 0; i < sinks->count; i++)
        sinks->status.sink[i].lost = sinks->list[i].output_ops->lost(sinks->list[i].output);
    for (size_t i = 0; i < sinks->count; i++) {
        if (sink_is_due(&sinks->list[i], frame->at))
            sink_take(&sinks->list[i], frame);
    }
}

void sinks_reopen(struct sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (sinks->list[i].output_ops->reopen)
            sinks->list[i].output_ops->reopen(sinks->list[i].output);
    }
}

void sinks_finish(struct sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++)
        sinks->list[i].output_ops->finish(sinks->list[i].output);
}

static void sink_tell_lost(const struct sink *sink, uint64_t lost)
{
    if (lost)
        log_error("some output was lost: %llu cycle%s did not get to '%s'",
                  (unsigned long long)lost, lost == 1 ? "" : "s",
                  sink->target[0] ? sink->target : "standard output");
}

bool sinks_close(struct sinks *sinks, bool *ret_hanging)
{
    bool complete = true;

    for (size_t i = 0; sinks && i < sinks->count; i++) {
        struct sink *sink = &sinks->list[i];
        struct output_end end = {0};

        if (sink->output) {
            end = sink->output_ops->close(sink->output);
            sink_tell_lost(sink, end.lost);
            complete &= !end.lost;
            *ret_hanging |= end.hanging;
        }
        if (sink->printer)
            sink->printer_ops->destroy(sink->printer);
        if (sink->lines)
            sink->printer_ops->destroy(sink->lines);
        if (sink->page_printers[0]) {
            sink->pages.json.ops->destroy(sink->page_printers[0]);
            sink->pages.metrics.ops->destroy(sink->page_printers[1]);
            sink->pages.openmetrics.ops->destroy(sink->page_printers[2]);
        }
        buf_done(&sink->text);
        if (!end.hanging) /* the thread may still look at it */
            buf_done(&sink->header);
    }
    free(sinks);
    return complete;
}
