/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing and checking of sinks. */
#include "app/options_sinks.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "app/program.h"
#include "base/num.h"
#include "base/util.h"
#include "model/metric.h"
#include "output/output.h"

#define AT(member) offsetof(struct options, member)

static bool sinks_is(const char *word, const char *what)
{
    return strcmp(word, what) == 0;
}

/* The choice of the option's row that the first `len` bytes of the text name, or NULL. */
static const char *sinks_choice(const struct program *program, size_t option, const char *text,
                                size_t len)
{
    const char *word;
    int value;

    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (row->offset != option || !option_is_of(row, program))
            continue;
        for (size_t c = 0; (word = option_choice_word(row, c, &value)); c++) {
            if (strlen(word) == len && strncmp(word, text, len) == 0)
                return word;
        }
    }
    return NULL;
}

static int sinks_reject(const struct options *options, const char *text, const char *why,
                        const struct option_error *error)
{
    snprintf(error->text, error->size, "option %s: '%s' is not allowed: %s; allowed: %s",
             error->of_file ? "'sink'" : "--sink", text, why, options->program->sink_example);
    return -EINVAL;
}

/* What is wrong with a sink whatever the other options are. */
static const char *sinks_wrong(const struct sink_option *sink)
{
    const struct output_ops *ops = output_by_name(sink->output);

    if (ops->needs_target && !sink->target)
        return "its output needs a target";
    if (ops == &output_stdout && sink->target)
        return "stdout has no target";
    if (ops->show && !sinks_is(sink->printer, "prometheus"))
        return "its output makes its pages by itself, the printer must be prometheus";
    return NULL;
}

/* "@SECONDS" between printer and comma. */
static bool sinks_parse_seconds(const char *text, size_t len, double *ret)
{
    char seconds[32];

    if (len >= sizeof(seconds))
        return false;
    copy_text(seconds, len + 1, text);
    return parse_seconds(seconds, ret) && *ret >= 0.1 && *ret <= 86400;
}

int options_add_sink(struct options *options, const char *text, const struct option_error *error)
{
    struct sink_option sink = {0};
    size_t printer = strcspn(text, "@,"), first = strcspn(text, ",");
    const char *output = text[first] ? text + first + 1 : NULL;

    if (options->sink_count + 1 >= ARRAY_SIZE(options->sinks))
        return sinks_reject(options, text, "there are too many sinks, 8 may be", error);
    sink.printer = sinks_choice(options->program, AT(printer), text, printer);
    if (!sink.printer)
        return sinks_reject(options, text, "it begins with no printer", error);
    if (sinks_is(sink.printer, "ncurses"))
        return sinks_reject(options, text, "ncurses is the screen and has no output", error);
    if (text[printer] == '@' && !options->program->has_beats)
        return sinks_reject(options, text, "when something is printed, --output-freq says", error);
    if (text[printer] == '@' &&
        !sinks_parse_seconds(text + printer + 1, first - printer - 1, &sink.seconds))
        return sinks_reject(options, text, "behind '@' are no seconds from 0.1 to 86400", error);
    if (output)
        sink.output = sinks_choice(options->program, AT(output), output, strcspn(output, ","));
    if (!sink.output)
        return sinks_reject(options, text, "it has no output", error);
    if (output[strcspn(output, ",")] == ',')
        sink.target = output + strcspn(output, ",") + 1;
    if (sink.target && !*sink.target)
        return sinks_reject(options, text, "its target is empty", error);
    if (error->of_file && sinks_wrong(&sink)) /* later on nobody could tell the line */
        return sinks_reject(options, text, sinks_wrong(&sink), error);
    options->sinks[options->sink_count++] = sink;
    return 0;
}

/* The documentation of such tools has always promised that text in a file
 * called *.prom is what Prometheus reads. */
static bool sinks_means_prometheus(const struct sink_option *sink)
{
    size_t len = sink->target ? strlen(sink->target) : 0;

    return sinks_is(sink->printer, "text") && sinks_is(sink->output, "file") && len > 5 &&
           sinks_is(sink->target + len - 5, ".prom");
}

/* Rules between a sink and the other options; `main`: it is that of --printer, --output and
 * --target. */
static int sinks_check(const struct options *o, struct sink_option *sink, bool main,
                       struct options_broken *broken, char *error, size_t size)
{
    const struct output_ops *ops = output_by_name(sink->output);
    bool devices_only = o->scope != SCOPE__COUNT && o->scope != SCOPE_HOST && o->scope != SCOPE_VM;
    size_t by;

    if (sinks_means_prometheus(sink))
        sink->printer = "prometheus";
    if (ops->needs_target && !sink->target) {
        by = main ? AT(output) : AT(sinks);
        snprintf(error, size, "option --output: '%s' needs --target=%s, or in --sink a third part",
                 sink->output,
                 sinks_is(sink->output, "file")   ? "PATH"
                 : sinks_is(sink->output, "http") ? "URL"
                                                  : "HOST:PORT");
    } else if (ops == &output_stdout && sink->target) {
        by = main ? AT(target) : AT(sinks);
        snprintf(error, size, "option --target: '%s' has no meaning for --output=stdout",
                 sink->target);
    } else if (ops->show && !sinks_is(sink->printer, "prometheus")) {
        by = main ? AT(printer) : AT(sinks);
        snprintf(error, size,
                 "option --printer: '%s' is not allowed with --output=%s, which makes its pages by "
                 "itself; allowed: prometheus",
                 sink->printer, sink->output);
    } else if (o->devices && o->scope == SCOPE__COUNT && sinks_is(sink->printer, "csv")) {
        by = AT(devices);
        snprintf(error, size,
                 "option --devices: has no meaning for --printer=csv, which prints one table; "
                 "--scope chooses it");
    } else if (devices_only && o->json == PRINT_JSON_CYCLE && sinks_is(sink->printer, "json")) {
        by = AT(scope);
        snprintf(error, size,
                 "option --scope: '%s' is not allowed with --json=cycle; "
                 "allowed: host, vm, or --json=lines",
                 scope_name((enum scope)o->scope));
    } else {
        return 0;
    }
    return options_break(broken, by, OPTIONS_NONE);
}

static bool sinks_have(const struct options *o, const char *output, const char *scheme)
{
    for (size_t i = 0; i < o->sink_count; i++) {
        const struct sink_option *sink = &o->sinks[i];

        if (sinks_is(sink->output, output) &&
            (!scheme || strncasecmp(sink->target, scheme, strlen(scheme)) == 0))
            return true;
    }
    return false;
}

/* Options that none of the outputs would go by: whoever gives one believes that
 * it holds, that what is sent is encrypted, say. */
static int sinks_check_settings(const struct options *o, struct options_broken *broken, char *error,
                                size_t size)
{
    const struct output_settings *s = &o->outputs;
    bool tcp = sinks_have(o, "tcp", NULL), http = sinks_have(o, "http", NULL);
    bool tls = sinks_have(o, "http", "https://") || (tcp && s->tls);
    const struct {
        const char *name;
        size_t by;
        bool given, good;
        const char *needs;
    } rules[] = {
        {"--tls", AT(outputs.tls), s->tls, tcp,
         "--output=tcp (http is encrypted by a URL of https)"},
        {"--tls-ca", AT(outputs.tls_ca), s->tls_ca, tls,
         "--tls with --output=tcp, or a URL of https"},
        {"--tls-cert", AT(outputs.tls_cert), s->tls_cert, tls,
         "--tls with --output=tcp, or a URL of https"},
        {"--tls-key", AT(outputs.tls_key), s->tls_key, s->tls_cert, "--tls-cert=FILE"},
        {"--spool", AT(outputs.spool), s->spool, tcp || http, "--output=tcp or http"},
        {"--http-header", AT(outputs.http_headers), s->http_headers.count, http, "--output=http"},
        {"--http-token-file", AT(outputs.http_token_file), s->http_token_file, http,
         "--output=http"},
        {"--http-gzip", AT(outputs.http_gzip), s->http_gzip, http, "--output=http"},
        {"--serve-auth-file", AT(outputs.serve_auth_file), s->serve_auth_file,
         sinks_have(o, "serve", NULL), "--output=serve"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        if (rules[i].given && !rules[i].good) {
            snprintf(error, size, "option %s: needs %s", rules[i].name, rules[i].needs);
            return options_break(broken, rules[i].by, OPTIONS_NONE);
        }
    }
    return 0;
}

static void sinks_remove(struct options *o, size_t i)
{
    o->sink_count--;
    memmove(&o->sinks[i], &o->sinks[i + 1], (o->sink_count - i) * sizeof(o->sinks[0]));
}

/* Whether they would write into one another. */
static bool sinks_collide(const struct sink_option *a, const struct sink_option *b)
{
    return sinks_is(a->output, b->output) && text_equal(a->target, b->target) &&
           (sinks_is(a->output, "file") || sinks_is(a->output, "stdout"));
}

/* `first`: where those of --sink begin. */
static int sinks_check_apart(struct options *o, size_t first, struct options_broken *broken,
                             char *error, size_t size)
{
    bool of_file = options_layer(o, AT(sinks)) != LAYER_COMMAND_LINE;

    for (size_t i = first; i < o->sink_count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct sink_option *a = &o->sinks[i];

            if (!sinks_collide(a, &o->sinks[j]))
                continue;
            if (of_file) {
                sinks_remove(o, i--);
                break;
            }
            snprintf(error, size, "option --sink: two sinks write to %s",
                     a->target ? a->target : "standard output");
            return j < first ? options_break(broken, AT(printer), AT(output))
                             : options_break(broken, AT(sinks), OPTIONS_NONE);
        }
    }
    return 0;
}

static bool sinks_asked_for_screen(const struct options *o)
{
    return o->printer && sinks_is(o->printer, "ncurses");
}

/* Nobody but the screen may write where it is. */
static int sinks_leave_stdout(struct options *o, struct options_broken *broken, char *error,
                              size_t size)
{
    for (size_t i = 0; i < o->sink_count; i++) {
        if (!sinks_is(o->sinks[i].output, "stdout"))
            continue;
        if (options_layer(o, AT(sinks)) == LAYER_COMMAND_LINE) {
            snprintf(error, size,
                     "option --sink: '%s,stdout' has no meaning with --printer=ncurses, which has "
                     "standard output for itself",
                     o->sinks[i].printer);
            return options_break(broken, AT(printer), OPTIONS_NONE);
        }
        sinks_remove(o, i--);
    }
    return 0;
}

static int sinks_check_screen(struct options *o, struct options_broken *broken, char *error,
                              size_t size)
{
    if (o->output && !sinks_is(o->output, "stdout")) {
        snprintf(error, size,
                 "option --printer: 'ncurses' has no meaning for --output=%s, the screen is on a "
                 "terminal",
                 o->output);
        return options_break(broken, AT(printer), AT(output));
    }
    if (o->target) {
        snprintf(error, size, "option --target: '%s' has no meaning for --printer=ncurses",
                 o->target);
        return options_break(broken, AT(target), AT(printer));
    }
    if (!o->terminal) {
        snprintf(error, size,
                 "option --printer: 'ncurses' needs a terminal%s%s; --printer=text needs none",
                 o->no_terminal ? ", and " : "", o->no_terminal ? o->no_terminal : "");
        return options_break(broken, AT(printer), OPTIONS_NONE);
    }
    o->screen = true;
    return sinks_leave_stdout(o, broken, error, size);
}

static bool sinks_use_stdout_already(const struct options *o)
{
    for (size_t i = 0; i < o->sink_count; i++) {
        if (sinks_is(o->sinks[i].output, "stdout"))
            return true;
    }
    return false;
}

/* Puts the sink of --printer, --output and --target in front. */
static void sinks_add_main(struct options *o)
{
    struct sink_option main = {o->printer, o->output ? o->output : "stdout", o->target, 0};
    const struct output_ops *ops = output_by_name(main.output);

    if (!main.printer)
        main.printer = ops == &output_stdout ? o->program->printer
                       : ops->show           ? "prometheus"
                                             : "json";
    memmove(&o->sinks[1], &o->sinks[0], o->sink_count * sizeof(o->sinks[0]));
    o->sinks[0] = main;
    o->sink_count++;
}

int options_finish_sinks(struct options *o, struct options_broken *broken, char *error, size_t size)
{
    bool named = o->printer || o->output || o->target, alone;
    size_t first = 0;

    if (sinks_asked_for_screen(o)) {
        if (sinks_check_screen(o, broken, error, size) < 0)
            return -EINVAL;
    } else {
        o->screen = !named && o->terminal && !sinks_use_stdout_already(o);
        alone = !named && !o->screen && !o->sink_count;
        o->unasked = alone && o->program->has_screen;
        if (named || alone) {
            sinks_add_main(o);
            first = 1;
        }
    }
    for (size_t i = 0; i < o->sink_count; i++) {
        if (sinks_check(o, &o->sinks[i], i < first, broken, error, size) < 0)
            return -EINVAL;
    }
    if (sinks_check_apart(o, first, broken, error, size) < 0)
        return -EINVAL;
    return sinks_check_settings(o, broken, error, size);
}
