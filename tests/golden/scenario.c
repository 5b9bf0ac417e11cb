/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a scenario file, line by line. */
#include "scenario.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "model/metric.h"
#include "print/printer.h"

#define SCENARIO_MAX (16 * 1024 * 1024)

/* How the lines after a directive become the content of its file. */
enum content { CONTENT_NONE, CONTENT_LINES, CONTENT_ARGS, CONTENT_BYTES };

struct parser {
    struct scenario *scenario;
    unsigned line;
    enum content content;
};

void scenario_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

static ATTR_NORETURN void parser_reject(const struct parser *p, const char *what, const char *text)
{
    scenario_die("%s:%u: %s: '%s'", p->scenario->path, p->line, what, text);
}

char *scenario_next_word(char **line)
{
    char *word = *line + strspn(*line, " ");

    if (!*word)
        return NULL;
    *line = word + strcspn(word, " ");
    if (**line)
        *(*line)++ = '\0';
    return word;
}

static struct scenario_step *current_step(const struct parser *p)
{
    if (!p->scenario->step_count)
        parser_reject(p, "before the first @step", "");
    return &p->scenario->steps[p->scenario->step_count - 1];
}

static struct change *add_change(struct parser *p, enum change_kind kind, const char *path)
{
    struct scenario_step *step = current_step(p);
    struct change *change;

    if (!path || (strncmp(path, "proc/", 5) != 0 && strncmp(path, "sys/", 4) != 0) ||
        strstr(path, "/../") || path[strlen(path) - 1] == '/')
        parser_reject(p, "no path below proc/ or sys/", path ? path : "");
    step->changes =
        array_grow(step->changes, &step->capacity, step->count + 1, sizeof(*step->changes));
    change = &step->changes[step->count++];
    change->kind = kind;
    change->path = xstrdup(path);
    return change;
}

/* "1000.25": seconds and up to 9 decimals, exactly. */
static struct mono parse_mono(const struct parser *p, const char *text)
{
    struct cursor c = cursor_of(text, strlen(text));
    uint64_t seconds, fraction = 0;
    const char *start;

    if (!cursor_u64(&c, &seconds))
        parser_reject(p, "no time", text);
    if (cursor_word(&c, ".")) {
        start = c.at;
        if (!cursor_u64(&c, &fraction) || c.at - start > 9)
            parser_reject(p, "no time", text);
        for (ptrdiff_t digits = c.at - start; digits < 9; digits++)
            fraction *= 10;
    }
    if (c.at != c.end)
        parser_reject(p, "no time", text);
    return (struct mono){(int64_t)(seconds * NS_PER_S + fraction)};
}

/* "2026-01-02T03:04:05.678Z" */
static struct timespec parse_wall(const struct parser *p, const char *text)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S.", &utc);
    struct cursor c = cursor_of(rest ? rest : "", rest ? strlen(rest) : 0);
    uint64_t ms;

    if (!rest || strlen(rest) != 4 || !cursor_u64(&c, &ms) || !cursor_word(&c, "Z"))
        parser_reject(p, "no wall time", text);
    return (struct timespec){.tv_sec = timegm(&utc), .tv_nsec = (long)(ms * NS_PER_MS)};
}

static void parse_step(struct parser *p, char *line)
{
    struct scenario *s = p->scenario;
    struct scenario_step *step;
    char *word;

    s->steps = array_grow(s->steps, &s->step_capacity, s->step_count + 1, sizeof(*s->steps));
    step = &s->steps[s->step_count++];
    step->lookup = true;
    while ((word = scenario_next_word(&line))) {
        if (strncmp(word, "mono=", 5) == 0)
            step->mono = parse_mono(p, word + 5);
        else if (strncmp(word, "wall=", 5) == 0)
            step->wall = parse_wall(p, word + 5);
        else if (strcmp(word, "no-lookup") == 0)
            step->lookup = false;
        else
            parser_reject(p, "unknown word in @step", word);
    }
    if (!step->mono.ns || !step->wall.tv_sec)
        parser_reject(p, "@step needs mono= and wall=", "");
}

static unsigned parse_collectors(const struct parser *p, char *list)
{
    unsigned set = 0;
    enum collector collector;

    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        if (!collector_by_name(name, &collector))
            parser_reject(p, "unknown collector", name);
        set |= 1u << collector;
    }
    return set;
}

static void parse_output_word(const struct parser *p, struct scenario_output *out, char *word)
{
    enum scope scope;

    if (strcmp(word, "verbose") == 0)
        out->verbose = true;
    else if (strcmp(word, "devices") == 0)
        out->devices = true;
    else if (strcmp(word, "human") == 0)
        out->human = true;
    else if (strcmp(word, "timestamps") == 0)
        out->timestamps = true;
    else if (strcmp(word, "names=esxtop") == 0)
        out->esxtop = true;
    else if (strcmp(word, "influx=both") == 0)
        out->influx_both = true;
    else if (strncmp(word, "fields=", 7) == 0)
        out->fields = xstrdup(word + 7);
    else if (strncmp(word, "collectors=", 11) == 0)
        out->collectors = parse_collectors(p, word + 11);
    else if (strncmp(word, "storedev=", 9) == 0)
        out->storedev = xstrdup(word + 9);
    else if (strncmp(word, "netdev=", 7) == 0)
        out->netdev = xstrdup(word + 7);
    else if (strncmp(word, "scope=", 6) == 0 && scope_by_name(word + 6, &scope))
        out->scope = (int)scope;
    else
        parser_reject(p, "unknown word in @output", word);
}

/* "@output text.wide human timestamps" */
static void parse_output(struct parser *p, char *line)
{
    struct scenario *s = p->scenario;
    char *format = scenario_next_word(&line), *word, *dot;
    struct scenario_output *out;

    if (!format)
        parser_reject(p, "@output needs a format", "");
    s->outputs =
        array_grow(s->outputs, &s->output_capacity, s->output_count + 1, sizeof(*s->outputs));
    out = &s->outputs[s->output_count++];
    dot = strchr(format, '.');
    out->label = xstrdup(dot ? dot : "");
    out->format = dot ? xstrndup(format, (size_t)(dot - format)) : xstrdup(format);
    out->collectors = 1u << COLLECTOR_CPU | 1u << COLLECTOR_MEM;
    out->scope = PRINT_ALL_SCOPES;
    while ((word = scenario_next_word(&line)))
        parse_output_word(p, out, word);
}

static void parse_cut(struct parser *p, char *line)
{
    struct change *change = add_change(p, CHANGE_CUT, scenario_next_word(&line));
    const char *length = scenario_next_word(&line);
    uint64_t n;

    if (!length || !parse_u64(length, &n))
        parser_reject(p, "@cut needs a length", length ? length : "");
    change->length = (size_t)n;
}

/* "@disk NAME ...": read when it is told, for only then is known who is meant. */
static void add_telling(struct parser *p, const char *directive, const char *words)
{
    struct scenario_step *step = current_step(p);

    step->tellings = array_grow(step->tellings, &step->telling_capacity, step->telling_count + 1,
                                sizeof(*step->tellings));
    step->tellings[step->telling_count++] =
        (struct telling){.directive = xstrdup(directive), .words = xstrdup(words), .line = p->line};
}

static void parse_beat(struct parser *p, char *line)
{
    const char *seconds = scenario_next_word(&line);

    if (!seconds)
        parser_reject(p, "@beat needs seconds", "");
    p->scenario->beat = (double)parse_mono(p, seconds).ns / NS_PER_S;
}

static void parse_directive(struct parser *p, char *line)
{
    char *word = scenario_next_word(&line);
    struct change *change;

    p->content = CONTENT_NONE;
    if (strcmp(word, "@output") == 0) {
        parse_output(p, line);
    } else if (strcmp(word, "@step") == 0) {
        parse_step(p, line);
    } else if (strcmp(word, "@file") == 0) {
        add_change(p, CHANGE_WRITE, scenario_next_word(&line));
        p->content = CONTENT_LINES;
    } else if (strcmp(word, "@args") == 0) {
        add_change(p, CHANGE_WRITE, scenario_next_word(&line));
        p->content = CONTENT_ARGS;
    } else if (strcmp(word, "@bytes") == 0) {
        add_change(p, CHANGE_WRITE, scenario_next_word(&line));
        p->content = CONTENT_BYTES;
    } else if (strcmp(word, "@line") == 0) {
        change = add_change(p, CHANGE_WRITE, scenario_next_word(&line));
        buf_puts(&change->content, line);
        buf_putc(&change->content, '\n');
    } else if (strcmp(word, "@symlink") == 0) {
        change = add_change(p, CHANGE_SYMLINK, scenario_next_word(&line));
        buf_puts(&change->content, line);
    } else if (strcmp(word, "@gone") == 0) {
        add_change(p, CHANGE_GONE, scenario_next_word(&line));
    } else if (strcmp(word, "@cut") == 0) {
        parse_cut(p, line);
    } else if (strcmp(word, "@vm") == 0 || strcmp(word, "@disk") == 0 ||
               strcmp(word, "@nic") == 0) {
        add_telling(p, word, line);
    } else if (strcmp(word, "@beat") == 0) {
        parse_beat(p, line);
    } else {
        parser_reject(p, "unknown directive", word);
    }
}

static char parse_hex_byte(const struct parser *p, const char *text)
{
    char digits[3] = {0};
    char *end;
    unsigned long byte;

    copy_text(digits, sizeof(digits), text);
    byte = strtoul(digits, &end, 16);
    if (end != digits + 2)
        parser_reject(p, "\\x needs two digits", text);
    return (char)byte;
}

/* The line with \n \t \e \xHH and \\ replaced. */
static void add_escaped(const struct parser *p, struct buf *out, const char *line)
{
    static const char names[] = "nte\\", bytes[] = "\n\t\033\\";

    for (; *line; line++) {
        const char *name;

        if (*line != '\\') {
            buf_putc(out, *line);
            continue;
        }
        line++;
        name = *line ? strchr(names, *line) : NULL;
        if (name) {
            buf_putc(out, bytes[name - names]);
        } else if (*line == 'x') {
            buf_putc(out, parse_hex_byte(p, line + 1));
            line += 2;
        } else {
            parser_reject(p, "unknown escape", line);
        }
    }
}

static void parse_content(struct parser *p, const char *line)
{
    struct scenario_step *step;
    struct buf *out;

    if (p->content == CONTENT_NONE)
        parser_reject(p, "neither directive nor content", line);
    step = current_step(p);
    out = &step->changes[step->count - 1].content;
    if (p->content == CONTENT_LINES) {
        buf_puts(out, line);
        buf_putc(out, '\n');
        return;
    }
    if (p->content == CONTENT_BYTES || strcmp(line, "\"\"") != 0)
        add_escaped(p, out, line);
    if (p->content == CONTENT_ARGS)
        buf_putc(out, '\0');
}

static void parse_line(struct parser *p, char *line);

/* "@repeat FIRST LAST LINE": the line once per number, which stands for "{}". */
static void parse_repeat(struct parser *p, char *line)
{
    const char *first = scenario_next_word(&line), *last = scenario_next_word(&line);
    struct buf text = {0};
    uint64_t from, to;
    char *copy;

    if (!first || !last || !parse_u64(first, &from) || !parse_u64(last, &to) || to < from)
        parser_reject(p, "@repeat needs two numbers", first ? first : "");
    for (uint64_t number = from; number <= to; number++) {
        const char *rest = line, *mark;

        buf_clear(&text);
        while ((mark = strstr(rest, "{}"))) {
            buf_add(&text, rest, (size_t)(mark - rest));
            buf_put_u64(&text, number);
            rest = mark + 2;
        }
        buf_puts(&text, rest);
        copy = xstrdup(buf_text(&text));
        parse_line(p, copy);
        free(copy);
    }
    buf_done(&text);
}

static void parse_line(struct parser *p, char *line)
{
    if (strncmp(line, "@repeat ", 8) == 0)
        parse_repeat(p, line + 8);
    else if (line[0] == '@')
        parse_directive(p, line);
    else if (line[0] && line[0] != '#')
        parse_content(p, line);
}

struct scenario *scenario_load(const char *path)
{
    struct parser p = {.scenario = xcalloc(1, sizeof(*p.scenario))};
    struct buf text = {0};
    struct cursor c, line;

    p.scenario->path = path;
    if (file_read_all(AT_FDCWD, path, &text, SCENARIO_MAX) < 0)
        scenario_die("%s: cannot be read", path);
    c = cursor_of(text.data, text.len);
    while (cursor_line(&c, &line)) {
        char *copy = xstrndup(line.at, (size_t)(line.end - line.at));

        p.line++;
        parse_line(&p, copy);
        free(copy);
    }
    buf_done(&text);
    if (p.scenario->step_count < 2 || !p.scenario->output_count)
        scenario_die("%s: needs an @output and two steps", path);
    return p.scenario;
}

static void step_done(struct scenario_step *step)
{
    for (size_t i = 0; i < step->count; i++) {
        free(step->changes[i].path);
        buf_done(&step->changes[i].content);
    }
    for (size_t i = 0; i < step->telling_count; i++) {
        free(step->tellings[i].directive);
        free(step->tellings[i].words);
    }
    free(step->changes);
    free(step->tellings);
}

void scenario_free(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->step_count; i++)
        step_done(&scenario->steps[i]);
    for (size_t i = 0; i < scenario->output_count; i++) {
        free(scenario->outputs[i].format);
        free(scenario->outputs[i].label);
        free(scenario->outputs[i].fields);
        free(scenario->outputs[i].storedev);
        free(scenario->outputs[i].netdev);
    }
    free(scenario->steps);
    free(scenario->outputs);
    free(scenario);
}
