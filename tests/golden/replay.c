/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays a scenario through the program's own pipeline, on one thread and by
 * the scenario's clock, and compares what is printed with the expected files
 * beside it, byte by byte. `--update` writes those files, `--print` shows them.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "collect/collect.h"
#include "connect/connector.h"
#include "derive/derive.h"
#include "print/printer.h"
#include "scenario.h"
#include "told.h"
#include "tree.h"

#define EXPECTED_MAX (16 * 1024 * 1024)
#define EXIT_SKIP    77

enum mode { MODE_COMPARE, MODE_UPDATE, MODE_PRINT };

struct replay {
    const struct scenario_output *output;
    const struct scenario_step *now;
    struct clock_source clock;
    struct selection selection;
    int root_fd;
    struct connector_config config;
    void *connector;
    struct inventory *seen; /* as the connector has it; NULL = not yet */
    struct inventory *told; /* what the scenario's directives add */
    struct slow_facts *slow_facts;
    struct collect *collect;
    struct frame_pool *pool;
    struct derive *derive;
    const struct printer_ops *printer_ops; /* NULL = counters */
    struct printer *printer;
};

static struct mono pinned_mono(void *self)
{
    return ((const struct replay *)self)->now->mono;
}

static struct timespec pinned_wall(void *self)
{
    return ((const struct replay *)self)->now->wall;
}

static bool replay_is(const struct replay *r, const char *format)
{
    return strcmp(r->output->format, format) == 0;
}

/* Metrics are chosen as the program does it for this format. */
static bool replay_prints_families(const struct replay *r)
{
    return replay_is(r, "prometheus") || replay_is(r, "openmetrics");
}

static void replay_select(struct replay *r)
{
    char bad[64];

    if (!r->output->fields && replay_prints_families(r))
        selection_by_families(&r->selection, r->output->collectors);
    else if (!r->output->fields)
        selection_by_collectors(&r->selection, r->output->collectors, r->output->verbose);
    else if (selection_by_fields(&r->selection, r->output->fields, collect_available(), bad,
                                 sizeof(bad)) < 0)
        scenario_die("unknown field '%s'", bad);
    if (!replay_prints_families(r))
        selection_limit_devices(&r->selection, r->output->devices, (enum scope)r->output->scope);
    else if (!r->output->devices)
        selection_drop_scope(&r->selection, SCOPE_VCPU);
}

static void replay_open_printer(struct replay *r)
{
    const struct scenario_output *o = r->output;
    struct print_options options = {
        .selection = &r->selection,
        .scope = (enum scope)o->scope,
        .names = o->esxtop ? PRINT_NAMES_ESXTOP : PRINT_NAMES_KEYS,
        .json = replay_is(r, "lines") ? PRINT_JSON_LINES : PRINT_JSON_CYCLE,
        .devices = o->devices,
        .timestamps = o->timestamps,
        .human = o->human,
        .by_fields = o->fields != NULL,
        .openmetrics = replay_is(r, "openmetrics"),
        .host_label = replay_is(r, "openmetrics"),
        .interval = 1,
        .influx = o->influx_both ? PRINT_INFLUX_BOTH : PRINT_INFLUX_VALUES,
    };

    if (replay_is(r, "counters"))
        return;
    r->printer_ops = printer_by_name(replay_is(r, "lines")         ? "json"
                                     : replay_is(r, "openmetrics") ? "prometheus"
                                                                   : o->format);
    if (!r->printer_ops)
        scenario_die("unknown format '%s'", o->format);
    r->printer = r->printer_ops->create(&options);
}

static void replay_open_connector(struct replay *r)
{
    struct connector_error error = {.text = ""};

    if (connector_processes.open(&r->config, NULL, &r->connector, &error) < 0)
        scenario_die("the connector cannot be opened: %s", error.text);
}

static void replay_open(struct replay *r, const struct scenario_output *output)
{
    const bool *host = r->selection.wanted[SCOPE_HOST];
    struct collect_config collecting = {.clock = &r->clock};

    *r = (struct replay){.output = output, .root_fd = tree_create()};
    r->clock = (struct clock_source){.mono = pinned_mono, .wall = pinned_wall, .self = r};
    r->config.proc_fd = openat(r->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->config.sys_fd = openat(r->root_fd, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->config.interval = 1;
    replay_select(r);
    r->config.wants_disks = selection_wants_disks(&r->selection);
    r->config.wants_nics = selection_wants_nics(&r->selection);
    r->told = inventory_new("told");
    replay_open_printer(r);
    replay_open_connector(r);
    r->slow_facts = slow_facts_new(
        r->config.proc_fd, r->config.sys_fd, NULL,
        host[HOST_CPU_CURFREQ] || host[HOST_CPU_MINFREQ] || host[HOST_CPU_MAXFREQ],
        host[HOST_NET_HOST_SPEED] || r->selection.wanted[SCOPE_NETDEV][NETDEV_NET_HOST_SPEED]);
    collecting.proc_fd = r->config.proc_fd;
    collecting.sys_fd = r->config.sys_fd;
    collecting.slow_facts = r->slow_facts;
    collecting.storedev = output->storedev;
    collecting.netdev = output->netdev;
    r->collect = collect_new(&collecting);
    collect_select(r->collect, &r->selection);
    r->pool = frame_pool_new();
    r->derive = derive_new(r->pool);
    derive_select(r->derive, &r->selection);
}

static void replay_close(struct replay *r)
{
    if (r->printer)
        r->printer_ops->destroy(r->printer);
    connector_processes.close(r->connector);
    inventory_unref(r->seen);
    inventory_unref(r->told);
    collect_free(r->collect);
    slow_facts_free(r->slow_facts);
    derive_free(r->derive);
    frame_pool_free(r->pool);
    close(r->config.proc_fd);
    close(r->config.sys_fd);
    tree_remove(r->root_fd);
}

/* As the connector's runner does it: what was known stays known while the
 * source cannot be read, and the source is opened anew. Whether there is news. */
static bool replay_look(struct replay *r)
{
    struct connector_error error = {.text = ""};
    struct inventory *news = NULL;
    int result = connector_processes.round(r->connector, NULL, r->seen, &news, &error);

    if (result == 0) {
        inventory_unref(r->seen);
        r->seen = news;
    } else if (result < 0) {
        connector_processes.close(r->connector);
        replay_open_connector(r);
    }
    return result == 0;
}

/* The connector's VMs, with what the scenario tells of them. */
static void replay_inventory(struct replay *r, const struct scenario *s,
                             const struct scenario_step *step)
{
    bool news = step->lookup && replay_look(r);

    if (!r->seen || (!news && !step->telling_count))
        return;
    told_take(r->told, s, step, r->seen);
    collect_set_inventory(r->collect, told_merge(r->told, r->seen, &r->config));
}

static void counters_put_name(const struct frame *frame, enum scope scope, size_t row,
                              struct buf *out)
{
    static const unsigned columns[SCOPE__COUNT] = {
        [SCOPE_VM] = VM_NAME,
        [SCOPE_BLOCKDEV] = BLOCKDEV_DEVICE,
        [SCOPE_VMDISK] = VMDISK_DISK_NAME,
        [SCOPE_NETDEV] = NETDEV_DEVICE,
        [SCOPE_VMNIC] = VMNIC_NIC,
    };
    const struct frame_table *table = &frame->tables[scope];

    if (scope == SCOPE_HOST)
        return;
    if (scope_is_part_of_vm(scope)) {
        buf_puts(out, frame_value(&frame->tables[SCOPE_VM], table->parents[row], VM_NAME).text);
        buf_putc(out, '/');
    }
    if (scope == SCOPE_VCPU)
        buf_printf(out, "%.0f", frame_value(table, row, VCPU_VCPU_ID).number);
    else
        buf_puts(out, frame_value(table, row, columns[scope]).text);
}

static void counters_of_row(const struct replay *r, const struct frame *frame, enum scope scope,
                            size_t row, struct buf *out)
{
    const struct frame_table *table = &frame->tables[scope];
    const struct column_list *list = &r->selection.scopes[scope];

    for (unsigned i = 0; i < list->count; i++) {
        size_t cell = frame_cell_index(table, row, list->columns[i]);

        if (metric_at(scope, list->columns[i])->kind != METRIC_KIND_RATE)
            continue;
        buf_printf(out, "%s\t", scope_name(scope));
        counters_put_name(frame, scope, row, out);
        buf_printf(out, "\t%s\t", metric_at(scope, list->columns[i])->key);
        if (table->valid[cell] & CELL_COUNTER)
            buf_put_u64(out, table->counters[cell]);
        else
            buf_putc(out, '-');
        buf_putc(out, '\n');
    }
}

/* The counter plane: a line per selected rate, "-" where there is no counter. */
static void print_counters(const struct replay *r, const struct frame *frame, struct buf *out)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_format_stamp(frame->wall, stamp);
    buf_printf(out, "%s\n", stamp);
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            counters_of_row(r, frame, (enum scope)s, row, out);
    }
}

static void replay_step(struct replay *r, const struct scenario *s,
                        const struct scenario_step *step, bool print, struct buf *out)
{
    struct frame *frame;

    r->now = step;
    tree_apply(r->root_fd, step);
    replay_inventory(r, s, step);
    slow_facts_update(r->slow_facts);
    frame = derive_frame(r->derive, collect_cycle(r->collect));
    if (print && r->printer && !out->len && r->printer_ops->header)
        r->printer_ops->header(r->printer, out);
    if (print && r->printer)
        r->printer_ops->print(r->printer, frame, out);
    else if (print)
        print_counters(r, frame, out);
    frame_unref(frame);
}

/* "dir/NAME.scenario" -> "dir/NAME.LABEL.FORMAT" */
static char *expected_path(const struct scenario *s, const struct scenario_output *output)
{
    const char *end = strstr(s->path, ".scenario");

    if (!end)
        scenario_die("%s: is not called NAME.scenario", s->path);
    return xasprintf("%.*s%s.%s", (int)(end - s->path), s->path, output->label, output->format);
}

static void expected_write(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0)
        scenario_die("%s: cannot be written", path);
}

static bool expected_compare(const char *path, const struct buf *got)
{
    struct buf want = {0};
    struct cursor a, b, x, y;
    unsigned line = 0;
    bool same;

    if (file_read_all(AT_FDCWD, path, &want, EXPECTED_MAX) < 0)
        scenario_die("%s: cannot be read", path);
    same = want.len == got->len && memcmp(want.data, got->data, got->len) == 0;
    a = cursor_of(want.data, want.len);
    b = cursor_of(got->data, got->len);
    while (!same && (a.at < a.end || b.at < b.end)) {
        x = y = cursor_of("", 0);
        cursor_line(&a, &x);
        cursor_line(&b, &y);
        line++;
        if (x.end - x.at == y.end - y.at && memcmp(x.at, y.at, (size_t)(x.end - x.at)) == 0)
            continue;
        printf("%s:%u: differs\n-%.*s\n+%.*s\n", path, line, (int)(x.end - x.at), x.at,
               (int)(y.end - y.at), y.at);
    }
    buf_done(&want);
    return same;
}

/* Each release has another version, which says nothing of figures: expected files hold "VERSION".
 */
static void replay_hide_version(struct buf *text)
{
    static const char version[] = "version=\"" PROXTOP_VERSION "\"",
                      hidden[] = "version=\"VERSION\"";
    struct buf out = {0};
    const char *at = buf_text(text), *end = at + text->len, *hit;

    for (; (hit = memmem(at, (size_t)(end - at), version, strlen(version)));
         at = hit + strlen(version)) {
        buf_add(&out, at, (size_t)(hit - at));
        buf_puts(&out, hidden);
    }
    buf_add(&out, at, (size_t)(end - at));
    buf_done(text);
    *text = out;
}

static bool run_output(const struct scenario *s, const struct scenario_output *output,
                       enum mode mode)
{
    struct replay r = {.root_fd = -1};
    struct buf out = {0};
    char *path = expected_path(s, output);
    bool good = true;

    replay_open(&r, output);
    for (size_t i = 0; i < s->step_count; i++)
        replay_step(&r, s, &s->steps[i], i > 0, &out);
    replay_close(&r);
    replay_hide_version(&out);
    if (mode == MODE_UPDATE)
        expected_write(path, &out);
    else if (mode == MODE_COMPARE)
        good = expected_compare(path, &out);
    else
        printf("%s:\n%.*s", path, (int)out.len, out.data);
    free(path);
    buf_done(&out);
    return good;
}

static bool run_scenario(const char *path, enum mode mode)
{
    struct scenario *s = scenario_load(path);
    bool good = true;

    for (size_t o = 0; o < s->output_count; o++)
        good &= run_output(s, &s->outputs[o], mode);
    scenario_free(s);
    return good;
}

/* Runs in a process of its own, so that the trees are removed however it ends. */
static int run_guarded(char **paths, enum mode mode)
{
    bool good = true;
    int status = 0;
    pid_t pid;

    tree_base_create();
    pid = fork();
    if (pid == 0) {
        for (; *paths; paths++)
            good &= run_scenario(*paths, mode);
        exit(good ? 0 : 1);
    }
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        status = -1;
    tree_base_remove();
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    enum mode mode = MODE_COMPARE;
    int first = 1;

    if (argc > 1 && strcmp(argv[1], "--update") == 0)
        mode = MODE_UPDATE;
    else if (argc > 1 && strcmp(argv[1], "--print") == 0)
        mode = MODE_PRINT;
    first += mode != MODE_COMPARE;
    if (argc <= first)
        scenario_die("usage: replay [--update|--print] NAME.scenario...");
    if (sysconf(_SC_PAGESIZE) != 4096 || sysconf(_SC_CLK_TCK) != 100) {
        fputs("skipped: the scenarios are made for pages of 4 KB and 100 ticks a second\n", stderr);
        return EXIT_SKIP;
    }
    return run_guarded(argv + first, mode);
}
