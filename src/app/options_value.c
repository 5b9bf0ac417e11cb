/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of options by their kinds, and who said them. */
#include "app/options_value.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "app/options_sinks.h"
#include "app/program.h"
#include "base/num.h"
#include "base/util.h"

/* A name for messages: "--interval", "-b"; of a file: "'interval'". */
static void option_display_name(const struct option_row *row, bool of_file, char *name, size_t size)
{
    size_t n = strcspn(row->names, " ");

    if (of_file)
        snprintf(name, size, "'%.*s'", (int)n, row->names);
    else if (n)
        snprintf(name, size, "--%.*s", (int)n, row->names);
    else
        snprintf(name, size, "-%c", row->shorts[0]);
}

static int option_reject(const struct option_error *error, const struct option_row *row,
                         const char *value, const char *allowed)
{
    char name[64];

    option_display_name(row, error->of_file, name, sizeof(name));
    if (value)
        snprintf(error->text, error->size, "option %s: '%s' is not allowed; allowed: %s", name,
                 value, allowed);
    else
        snprintf(error->text, error->size, "option %s: %s", name, allowed);
    return -EINVAL;
}

const char *option_choice_word(const struct option_row *row, size_t i, int *ret)
{
    const char *word = row->choices   ? row->choices[i].word
                       : row->word_of ? row->word_of((unsigned)i)
                                      : NULL;

    if (word)
        *ret = row->choices ? row->choices[i].value : (int)i;
    return word;
}

void options_list_choices(const struct option_row *row, struct buf *out)
{
    const char *word;
    int value;

    for (size_t i = 0; (word = option_choice_word(row, i, &value)); i++) {
        if (out->len)
            buf_puts(out, ", ");
        buf_puts(out, word);
    }
}

static int option_take_choice(const struct option_row *row, const char *text, void *member,
                              const struct option_error *error)
{
    struct buf allowed = {0};
    const char *word;
    int value, r;

    for (size_t i = 0; (word = option_choice_word(row, i, &value)); i++) {
        if (strcmp(word, text) != 0)
            continue;
        if (row->kind == OPTION_WORD)
            *(const char **)member = word;
        else
            *(int *)member = value;
        return 0;
    }
    options_list_choices(row, &allowed);
    r = option_reject(error, row, text, buf_text(&allowed));
    buf_done(&allowed);
    return r;
}

static bool option_is_zero(double number)
{
    return fpclassify(number) == FP_ZERO;
}

/* "0 (never), or ", or nothing. */
static void option_allow_zero(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, row->zero ? "0 (%s), or " : "%s", row->zero ? row->zero : "");
}

static int option_take_seconds(const struct option_row *row, const char *value, double *member,
                               const struct option_error *error)
{
    char allowed[128], zero[40];
    double seconds;

    if (parse_seconds(value, &seconds) &&
        ((seconds >= row->min && seconds <= row->max) || (row->zero && option_is_zero(seconds)))) {
        *member = seconds;
        return 0;
    }
    option_allow_zero(row, zero, sizeof(zero));
    snprintf(allowed, sizeof(allowed), "%sseconds from %g to %g", zero, row->min, row->max);
    return option_reject(error, row, value, allowed);
}

static int option_take_runs(const struct option_row *row, const char *value, int64_t *member,
                            const struct option_error *error)
{
    int64_t runs;

    if (!parse_i64(value, &runs) || (runs != -1 && runs < 1))
        return option_reject(error, row, value, "-1 (without end), or a number from 1 on");
    *member = runs;
    return 0;
}

static int option_take_set(const struct option_row *row, int *member,
                           const struct option_error *error)
{
    if (*member && *member != row->value)
        return option_reject(error, row, NULL, row->preset);
    *member = row->value;
    return 0;
}

static int option_take_number(const struct option_row *row, const char *value, unsigned *member,
                              const struct option_error *error)
{
    char allowed[80];
    uint64_t number;

    if (parse_u64(value, &number) && (double)number >= row->min && (double)number <= row->max) {
        *member = (unsigned)number;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "whole numbers from %.0f to %.0f", row->min, row->max);
    return option_reject(error, row, value, allowed);
}

static int option_take_decimal(const struct option_row *row, const char *value, double *member,
                               const struct option_error *error)
{
    char allowed[80];
    double number;

    if (strcmp(value, "-1") == 0) {
        *member = -1;
        return 0;
    }
    if (parse_seconds(value, &number) && number >= row->min && number <= row->max) {
        *member = number;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "-1 (off), or numbers from %g to %g", row->min, row->max);
    return option_reject(error, row, value, allowed);
}

/* "1h30m": numbers, each with its unit behind it, the largest unit first; without any: seconds. */
static bool option_parse_duration(const char *text, double *ret)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    size_t next = 0;
    double sum = 0;

    if (parse_seconds(text, ret))
        return true;
    while (*text) {
        size_t len = strspn(text, "0123456789.");
        char number[32];
        double count;

        if (len >= sizeof(number))
            return false;
        copy_text(number, len + 1, text);
        while (next < ARRAY_SIZE(units) && units[next].unit != text[len])
            next++;
        if (next == ARRAY_SIZE(units) || !parse_seconds(number, &count))
            return false;
        sum += count * units[next++].seconds;
        text += len + 1;
    }
    *ret = sum;
    return next > 0;
}

static int option_take_duration(const struct option_row *row, const char *value, double *member,
                                const struct option_error *error)
{
    char allowed[160], zero[40];
    double seconds;

    if (option_parse_duration(value, &seconds) &&
        ((seconds >= row->min && seconds <= row->max) || (row->zero && option_is_zero(seconds)))) {
        *member = seconds;
        return 0;
    }
    option_allow_zero(row, zero, sizeof(zero));
    snprintf(allowed, sizeof(allowed), "%sseconds, or as in 90s, 5m, 1h30m, from %gs to %.0fd",
             zero, row->min, row->max / 86400);
    return option_reject(error, row, value, allowed);
}

static int option_take_size(const struct option_row *row, const char *value, uint64_t *member,
                            const struct option_error *error)
{
    char allowed[80];
    uint64_t bytes;

    if (parse_size(value, &bytes) && (double)bytes >= row->min && (double)bytes <= row->max) {
        *member = bytes;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "bytes, or a number with K, M or G, from %.0f to %.0f",
             row->min, row->max);
    return option_reject(error, row, value, allowed);
}

static int option_take_texts(const struct option_row *row, const char *value,
                             struct output_texts *member, const struct option_error *error)
{
    if (!*value)
        return option_reject(error, row, value, "a text that is not empty");
    if (member->count == ARRAY_SIZE(member->items))
        return option_reject(error, row, NULL, "may be repeated 16 times at most");
    member->items[member->count++] = value;
    return 0;
}

static int option_take_text(const struct program *program, const struct option_row *row,
                            const char *value, const char **member,
                            const struct option_error *error)
{
    char allowed[400];

    if (!*value)
        return option_reject(error, row, value, "a text that is not empty");
    if (row->max > 0 && (double)strlen(value) > row->max) {
        snprintf(allowed, sizeof(allowed), "a text of %.0f bytes at most", row->max);
        return option_reject(error, row, value, allowed);
    }
    if (program->accepts && !program->accepts(row, value, allowed, sizeof(allowed)))
        return option_reject(error, row, value, allowed);
    *member = value;
    return 0;
}

static int option_take_member(struct options *options, const struct option_row *row,
                              const char *value, const struct option_error *error)
{
    void *member = (char *)options + row->offset;

    switch (row->kind) {
    case OPTION_ACTION:
        *(int *)member = row->value;
        return 0;
    case OPTION_FLAG:
        *(int *)member = 1;
        return 0;
    case OPTION_SET:
        return option_take_set(row, member, error);
    case OPTION_COLLECTOR:
        *(unsigned *)member |= 1u << row->value;
        return 0;
    case OPTION_SECONDS:
        return option_take_seconds(row, value, member, error);
    case OPTION_RUNS:
        return option_take_runs(row, value, member, error);
    case OPTION_NUMBER:
        return option_take_number(row, value, member, error);
    case OPTION_DECIMAL:
        return option_take_decimal(row, value, member, error);
    case OPTION_DURATION:
        return option_take_duration(row, value, member, error);
    case OPTION_SIZE:
        return option_take_size(row, value, member, error);
    case OPTION_TEXTS:
        return option_take_texts(row, value, member, error);
    case OPTION_SINK:
        return options_add_sink(options, value, error);
    case OPTION_TEXT:
        return option_take_text(options->program, row, value, member, error);
    case OPTION_CHOICE:
    case OPTION_WORD:
        return option_take_choice(row, value, member, error);
    case OPTION_PRESET:
        *(const char **)member = row->preset;
        return 0;
    }
    return -EINVAL;
}

/* How much of the options a row's member is. */
static size_t option_size(enum option_kind kind)
{
    switch (kind) {
    case OPTION_ACTION:
    case OPTION_FLAG:
    case OPTION_SET:
    case OPTION_CHOICE:
        return sizeof(int);
    case OPTION_COLLECTOR:
    case OPTION_NUMBER:
        return sizeof(unsigned);
    case OPTION_SECONDS:
    case OPTION_DECIMAL:
    case OPTION_DURATION:
        return sizeof(double);
    case OPTION_RUNS:
        return sizeof(int64_t);
    case OPTION_SIZE:
        return sizeof(uint64_t);
    case OPTION_TEXTS:
        return sizeof(struct output_texts);
    case OPTION_SINK:
        return sizeof(((struct options *)0)->sinks);
    case OPTION_TEXT:
    case OPTION_WORD:
    case OPTION_PRESET:
        break;
    }
    return sizeof(const char *);
}

enum option_layer options_layer(const struct options *options, size_t offset)
{
    unsigned char layer = LAYER_DEFAULT;

    for (size_t i = 0; i < option_rows_count; i++) {
        if (option_rows[i].offset == offset && options->said_by[i] > layer)
            layer = options->said_by[i];
    }
    return (enum option_layer)layer;
}

bool options_print_view(const struct options *options)
{
    return !options->screen &&
           options_layer(options, offsetof(struct options, view)) == LAYER_COMMAND_LINE;
}

void options_forget(struct options *options, size_t offset)
{
    struct options defaults;

    options_defaults(&defaults, options->program);
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (row->offset != offset)
            continue;
        options->said_by[i] = LAYER_DEFAULT;
        memcpy((char *)options + offset, (const char *)&defaults + offset, option_size(row->kind));
        if (row->kind == OPTION_SINK)
            options->sink_count = 0;
    }
}

/* Options that say the same member share who said it: the first one of a layer puts an end
 * to what was said before. */
static struct options options_before(const struct options *options, const struct option_row *row,
                                     enum option_layer layer)
{
    struct options before = *options;

    if (options_layer(options, row->offset) != layer)
        options_forget(&before, row->offset);
    return before;
}

int option_take(struct options *options, const struct option_row *row, const char *value,
                enum option_layer layer, const struct option_error *error)
{
    struct options taken = options_before(options, row, layer);
    int r;

    if (!option_is_of(row, options->program))
        return option_reject(error, row, NULL, options->program->refuses);
    r = option_take_member(&taken, row, value, error);

    if (r < 0)
        return r;
    taken.said_by[row - option_rows] = (unsigned char)layer;
    *options = taken;
    return 0;
}

static bool option_parse_yes(const char *text, bool *ret)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        for (unsigned yes = 0; yes < 2; yes++) {
            if (strcasecmp(text, words[i][yes]) == 0) {
                *ret = yes;
                return true;
            }
        }
    }
    return false;
}

/* An option that stands without a value on the command line, with "no" in a file. */
static void option_take_no(struct options *options, const struct option_row *row,
                           enum option_layer layer)
{
    struct options taken = options_before(options, row, layer);
    void *member = (char *)&taken + row->offset;

    if (row->kind == OPTION_COLLECTOR)
        *(unsigned *)member &= ~(1u << row->value);
    else if (row->kind == OPTION_FLAG || *(int *)member == row->value)
        *(int *)member = 0;
    taken.said_by[row - option_rows] = (unsigned char)layer;
    *options = taken;
}

static bool option_has_name(const struct option_row *row, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = row->names; len && *p;) {
        size_t n = strcspn(p, " ");

        if (n == len && strncmp(p, name, n) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

/* The program's own row of that name, else that of the other program if it knows those. */
static const struct option_row *option_by_name(const struct program *program, const char *name)
{
    const struct option_row *other = NULL;

    for (size_t i = 0; i < option_rows_count; i++) {
        if (!option_has_name(&option_rows[i], name))
            continue;
        if (option_is_of(&option_rows[i], program))
            return &option_rows[i];
        other = &option_rows[i];
    }
    return program->refuses ? other : NULL;
}

int options_set(struct options *options, enum option_layer layer, const char *name,
                const char *value, char *error, size_t size)
{
    struct option_error rejected = {.text = error, .size = size, .of_file = true};
    const struct option_row *row = option_by_name(options->program, name);
    bool yes = true;

    if (!row) {
        snprintf(error, size, "option '%s' is not known; --help lists all", name);
        return -EINVAL;
    }
    if (!option_is_of(row, options->program))
        return option_reject(&rejected, row, NULL, options->program->refuses);
    if (row->command_line_only || row->kind == OPTION_ACTION) {
        snprintf(error, size, "option '%s' is one for the command line only", name);
        return -EINVAL;
    }
    if (!row->argument && !option_parse_yes(value, &yes))
        return option_reject(&rejected, row, value, "yes or no");
    if (yes)
        return option_take(options, row, value, layer, &rejected);
    option_take_no(options, row, layer);
    return 0;
}
