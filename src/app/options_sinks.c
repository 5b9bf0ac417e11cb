/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing and checking of sinks. */
#include "app/options_sinks.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"
#include "model/metric.h"
#include "output/output.h"

/* The choice of the option's row that the first `len` bytes of the text name;
 * NULL if there is none, or only in a later version. */
static const char *sinks_choice(const char *option, const char *text, size_t len)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (strcmp(row->names, option) != 0)
            continue;
        for (const struct option_choice *c = row->choices; c->word; c++) {
            if (!c->missing && strlen(c->word) == len && strncmp(c->word, text, len) == 0)
                return c->word;
        }
    }
    return NULL;
}

static int sinks_reject(const char *text, const char *why, char *error, size_t size)
{
    snprintf(error, size,
             "option --sink: '%s' is not allowed: %s; allowed: PRINTER[@SECONDS],OUTPUT[,TARGET], "
             "e.g. json@10,tcp,localhost:5000",
             text, why);
    return -EINVAL;
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

int options_add_sink(struct options *options, const char *text, char *error, size_t size)
{
    struct sink_option sink = {0};
    size_t printer = strcspn(text, "@,"), first = strcspn(text, ",");
    const char *output = text[first] ? text + first + 1 : NULL;

    if (options->sink_count + 1 >= ARRAY_SIZE(options->sinks))
        return sinks_reject(text, "there are too many sinks, 8 may be", error, size);
    sink.printer = sinks_choice("printer", text, printer);
    if (!sink.printer)
        return sinks_reject(text, "it begins with no printer", error, size);
    if (text[printer] == '@' &&
        !sinks_parse_seconds(text + printer + 1, first - printer - 1, &sink.seconds))
        return sinks_reject(text, "behind '@' are no seconds from 0.1 to 86400", error, size);
    if (output)
        sink.output = sinks_choice("output", output, strcspn(output, ","));
    if (!sink.output)
        return sinks_reject(text, "it has no output", error, size);
    if (output[strcspn(output, ",")] == ',')
        sink.target = output + strcspn(output, ",") + 1;
    if (sink.target && !*sink.target)
        return sinks_reject(text, "its target is empty", error, size);
    options->sinks[options->sink_count++] = sink;
    return 0;
}

static bool sinks_is(const char *word, const char *what)
{
    return strcmp(word, what) == 0;
}

/* The documentation of such tools has always promised that text in a file
 * called *.prom is what Prometheus reads. */
static bool sinks_means_prometheus(const struct sink_option *sink)
{
    size_t len = sink->target ? strlen(sink->target) : 0;

    return sinks_is(sink->printer, "text") && sinks_is(sink->output, "file") && len > 5 &&
           sinks_is(sink->target + len - 5, ".prom");
}

/* Rules between a sink and the other options. */
static int sinks_check(const struct options *o, struct sink_option *sink, char *error, size_t size)
{
    const struct output_ops *ops = output_by_name(sink->output);
    bool devices_only = o->scope != SCOPE__COUNT && o->scope != SCOPE_HOST && o->scope != SCOPE_VM;

    if (sinks_means_prometheus(sink))
        sink->printer = "prometheus";
    if (ops->needs_target && !sink->target)
        snprintf(error, size, "option --output: '%s' needs --target=%s, or in --sink a third part",
                 sink->output,
                 sinks_is(sink->output, "file")   ? "PATH"
                 : sinks_is(sink->output, "http") ? "URL"
                                                  : "HOST:PORT");
    else if (ops == &output_stdout && sink->target)
        snprintf(error, size, "option --target: '%s' has no meaning for --output=stdout",
                 sink->target);
    else if (ops->show && !sinks_is(sink->printer, "prometheus"))
        snprintf(error, size,
                 "option --printer: '%s' is not allowed with --output=%s, which makes its pages by "
                 "itself; allowed: prometheus",
                 sink->printer, sink->output);
    else if (o->devices && o->scope == SCOPE__COUNT && sinks_is(sink->printer, "csv"))
        snprintf(error, size,
                 "option --devices: has no meaning for --printer=csv, which prints one table; "
                 "--scope chooses it");
    else if (devices_only && o->json == PRINT_JSON_CYCLE && sinks_is(sink->printer, "json"))
        snprintf(error, size,
                 "option --scope: '%s' is not allowed with --json=cycle; "
                 "allowed: host, vm, or --json=lines",
                 scope_name((enum scope)o->scope));
    else
        return 0;
    return -EINVAL;
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
static int sinks_check_settings(const struct options *o, char *error, size_t size)
{
    const struct output_settings *s = &o->outputs;
    bool tcp = sinks_have(o, "tcp", NULL), http = sinks_have(o, "http", NULL);
    bool tls = sinks_have(o, "http", "https://") || (tcp && s->tls);
    const struct {
        const char *name;
        bool given, good;
        const char *needs;
    } rules[] = {
        {"--tls", s->tls, tcp, "--output=tcp (http is encrypted by a URL of https)"},
        {"--tls-ca", s->tls_ca, tls, "--tls with --output=tcp, or a URL of https"},
        {"--tls-cert", s->tls_cert, tls, "--tls with --output=tcp, or a URL of https"},
        {"--tls-key", s->tls_key, s->tls_cert, "--tls-cert=FILE"},
        {"--spool", s->spool, tcp || http, "--output=tcp or http"},
        {"--http-header", s->http_headers.count, http, "--output=http"},
        {"--http-token-file", s->http_token_file, http, "--output=http"},
        {"--http-gzip", s->http_gzip, http, "--output=http"},
        {"--serve-auth-file", s->serve_auth_file, sinks_have(o, "serve", NULL), "--output=serve"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        if (rules[i].given && !rules[i].good) {
            snprintf(error, size, "option %s: needs %s", rules[i].name, rules[i].needs);
            return -EINVAL;
        }
    }
    return 0;
}

/* Two sinks that would write into one another. */
static int sinks_check_apart(const struct options *o, char *error, size_t size)
{
    for (size_t i = 0; i < o->sink_count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct sink_option *a = &o->sinks[i], *b = &o->sinks[j];

            if (!sinks_is(a->output, b->output) || !text_equal(a->target, b->target) ||
                (!sinks_is(a->output, "file") && !sinks_is(a->output, "stdout")))
                continue;
            snprintf(error, size, "option --sink: two sinks write to %s",
                     a->target ? a->target : "standard output");
            return -EINVAL;
        }
    }
    return 0;
}

int options_finish_sinks(struct options *o, char *error, size_t size)
{
    struct sink_option main = {o->printer, o->output ? o->output : "stdout", o->target, 0};

    if (!o->sink_count || o->printer || o->output || o->target) {
        const struct output_ops *ops = output_by_name(main.output);

        if (!main.printer)
            main.printer = ops == &output_stdout ? "text" : ops->show ? "prometheus" : "json";
        memmove(&o->sinks[1], &o->sinks[0], o->sink_count * sizeof(o->sinks[0]));
        o->sinks[0] = main;
        o->sink_count++;
    }
    for (size_t i = 0; i < o->sink_count; i++) {
        if (sinks_check(o, &o->sinks[i], error, size) < 0)
            return -EINVAL;
    }
    if (sinks_check_apart(o, error, size) < 0)
        return -EINVAL;
    return sinks_check_settings(o, error, size);
}
