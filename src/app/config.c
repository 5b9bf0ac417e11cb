/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading configuration files. */
#include "app/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_file.h"
#include "app/config_line.h"
#include "app/program.h"
#include "base/log.h"
#include "model/selection.h"

#define CONFIG_NAME_SIZE    128
#define CONFIG_WARNING_SIZE 1024
#define CONFIG_SOURCES      2
#define CONFIG_COLLECTORS   ((1u << COLLECTOR__COUNT) - 1)

struct config {
    char **texts; /* values that options point to */
    size_t texts_count, texts_capacity;
    char **warnings;
    size_t warnings_count, warnings_capacity;
    struct config_source sources[CONFIG_SOURCES];
    size_t source_count;
    struct column_table *columns;
};

/* A file that is being read. */
struct config_reading {
    struct config *config;
    const char *path;
    enum option_layer layer;
    unsigned line;
    size_t wrong; /* lines so far */
    struct options *options;
    struct tui_settings *settings;
};

struct config *config_new(void)
{
    struct config *config = xcalloc(1, sizeof(*config));

    config->columns = column_table_new();
    return config;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->texts_count; i++)
        free(config->texts[i]);
    for (size_t i = 0; i < config->warnings_count; i++)
        free(config->warnings[i]);
    for (size_t i = 0; i < config->source_count; i++)
        free(config->sources[i].path);
    free(config->texts);
    free(config->warnings);
    column_table_free(config->columns);
    free(config);
}

static void config_keep(char ***list, size_t *count, size_t *capacity, char *text)
{
    *list = array_grow(*list, capacity, *count + 1, sizeof(**list));
    (*list)[(*count)++] = text;
}

static void config_add_warning(struct config *config, char *text)
{
    config_keep(&config->warnings, &config->warnings_count, &config->warnings_capacity, text);
}

const char *config_warning(const struct config *config, size_t i)
{
    return i < config->warnings_count ? config->warnings[i] : NULL;
}

const struct config_source *config_source(const struct config *config, size_t i)
{
    return i < config->source_count ? &config->sources[i] : NULL;
}

/* The first of what is told of it is the warning number `first`. */
static void config_add_source(struct config *config, const char *path, bool is_read, size_t wrong,
                              size_t first)
{
    if (config->source_count < CONFIG_SOURCES)
        config->sources[config->source_count++] = (struct config_source){
            .path = xstrdup(path), .is_read = is_read, .wrong = wrong, .first_wrong = first};
}

/* There is a file, but it is not taken. */
static void config_pass_over(struct config *config, const char *path, const char *why)
{
    config_add_source(config, path, false, 1, config->warnings_count);
    config_add_warning(config, xasprintf("configuration '%s' is not read: %s", path, why));
}

void config_tell(const struct config *config)
{
    for (size_t i = 0; i < config->warnings_count; i++)
        log_warning("%s", config->warnings[i]);
}

ATTR_PRINTF(2, 3)
static void config_warn(struct config_reading *reading, const char *format, ...)
{
    char text[CONFIG_WARNING_SIZE];
    va_list arguments;

    if (++reading->wrong > CONFIG_WARNINGS_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    config_add_warning(reading->config, xasprintf("%s:%u: %s", reading->path, reading->line, text));
}

/* Whether the value is good for some view; which one it will be is known only when the
 * command line was read. */
static bool config_check_sort(const struct config *config, const char *value, char *allowed,
                              size_t size)
{
    for (unsigned view = VIEW__COUNT; view-- > 0;) {
        if (settings_check_sort(config->columns, (enum view)view, value, allowed, size))
            return true;
    }
    return false;
}

static bool config_check_option(struct config_reading *reading, const char *name, const char *value)
{
    struct selection selection = {0};
    char wrong[CONFIG_NAME_SIZE], allowed[512];

    if (!reading->options->program->has_screen)
        return true;
    if (strcmp(name, "fields") == 0 &&
        selection_by_fields(&selection, value, CONFIG_COLLECTORS, wrong, sizeof(wrong)) < 0)
        config_warn(reading,
                    "option 'fields': '%s' is not allowed; allowed: KEY or SCOPE.KEY as "
                    "--list-fields shows them",
                    wrong);
    else if (strcmp(name, "sort") == 0 &&
             !config_check_sort(reading->config, value, allowed, sizeof(allowed)))
        config_warn(reading, "option 'sort': %s", allowed);
    else
        return true;
    return false;
}

/* Takes over the value. */
static void config_take_option(struct config_reading *reading, const char *name, char *value)
{
    struct config *config = reading->config;
    char error[CONFIG_WARNING_SIZE];

    if (*value && !config_check_option(reading, name, value)) {
        free(value);
    } else if (options_set(reading->options, reading->layer, name, value, error, sizeof(error)) <
               0) {
        config_warn(reading, "%s", error);
        free(value);
    } else {
        config_keep(&config->texts, &config->texts_count, &config->texts_capacity, value);
    }
}

static void config_take_threshold(struct config_reading *reading, const char *name,
                                  const char *value)
{
    char allowed[256];
    int r = thresholds_set(&reading->settings->thresholds, name, value, allowed, sizeof(allowed));

    if (r == -ENOENT)
        config_warn(reading, "threshold '%s' is not known; allowed: %s", name, allowed);
    else if (r < 0)
        config_warn(reading, "threshold '%s': '%s' is not allowed; allowed: %s", name, value,
                    allowed);
}

static void config_take_view(struct config_reading *reading, enum view view, const char *name,
                             const char *value)
{
    struct view_settings *settings = &reading->settings->views[view];
    const struct column_table *columns = reading->config->columns;
    char allowed[512];

    if (strcmp(name, "fields") == 0) {
        if (settings_check_fields(columns, view, value, allowed, sizeof(allowed)))
            copy_text(settings->fields, sizeof(settings->fields), value);
        else
            config_warn(reading, "fields of view '%s': %s", views[view].word, allowed);
    } else if (strcmp(name, "sort") == 0) {
        if (settings_check_sort(columns, view, value, allowed, sizeof(allowed)))
            copy_text(settings->sort, sizeof(settings->sort), value);
        else
            config_warn(reading, "sort of view '%s': %s", views[view].word, allowed);
    } else {
        config_warn(reading, "'%s' is nothing that a view has; allowed: fields, sort", name);
    }
}

static void config_take_setting(struct config_reading *reading, const struct config_line *line)
{
    char name[CONFIG_NAME_SIZE];
    char *value;

    if (line->section == CONFIG_UNKNOWN)
        return; /* the line that begins the section was told */
    value = xstrndup(line->value.at, (size_t)(line->value.end - line->value.at));
    /* What is longer is no name of anything. */
    config_text(line->name, name, sizeof(name));
    if (line->section == CONFIG_OPTIONS || line->section == CONFIG_PROFILER) {
        config_take_option(reading, name, value);
        return;
    }
    if (line->section == CONFIG_VIEW)
        config_take_view(reading, line->view, name, value);
    else
        config_take_threshold(reading, name, value);
    free(value);
}

static void config_warn_section(struct config_reading *reading, const struct config_line *line)
{
    struct buf words = {0};

    for (unsigned i = 0; i < VIEW__COUNT; i++)
        buf_printf(&words, "%s%s", i ? ", " : "", views[i].word);
    config_warn(reading,
                "section '[%.*s]' is not known; allowed: [proxtop], [proxprofiler], "
                "[thresholds], and [view VIEW] with one of %s",
                (int)min_size(CONFIG_NAME_SIZE, (size_t)(line->name.end - line->name.at)),
                line->name.at, buf_text(&words));
    buf_done(&words);
}

/* Each program has its own options; views and thresholds are the screen's. */
static bool config_is_ours(const struct config_reading *reading, enum config_section section)
{
    bool profiler = reading->options->program->options == OPTIONS_PROFILER;

    return section == CONFIG_UNKNOWN || (section == CONFIG_PROFILER) == profiler;
}

static void config_take_line(struct config_reading *reading, const struct config_line *line)
{
    if (!config_is_ours(reading, line->section))
        return;
    switch (line->kind) {
    case CONFIG_LINE_BLANK:
        break;
    case CONFIG_LINE_SECTION:
        if (line->section == CONFIG_UNKNOWN)
            config_warn_section(reading, line);
        break;
    case CONFIG_LINE_SETTING:
        config_take_setting(reading, line);
        break;
    case CONFIG_LINE_WRONG:
        config_warn(reading, "the line %s", line->wrong);
        break;
    }
}

size_t config_take(struct config *config, const char *path, enum option_layer layer,
                   const char *text, size_t len, struct options *options,
                   struct tui_settings *settings)
{
    struct config_lines lines = config_lines_of(text, len);
    struct config_reading reading = {.config = config,
                                     .path = path,
                                     .layer = layer,
                                     .line = 1,
                                     .options = options,
                                     .settings = settings};
    bool carriage_returns = false;
    struct config_line line;

    if (lines.bom)
        config_warn(&reading, "the file begins with a byte order mark, which is passed over");
    while (config_lines_next(&lines, &line)) {
        reading.line = lines.number;
        if (line.carriage_return && !carriage_returns) {
            config_warn(&reading, "lines end with CR LF; the CR is passed over");
            carriage_returns = true;
        }
        config_take_line(&reading, &line);
    }
    if (reading.wrong > CONFIG_WARNINGS_MAX)
        config_add_warning(
            config, xasprintf("%s: and %zu more", path, reading.wrong - CONFIG_WARNINGS_MAX));
    return reading.wrong;
}

/* 0, or -errno with the reason if there is no such file, or it cannot be read. */
static int config_take_file(struct config *config, const char *path, enum option_layer layer,
                            struct options *options, struct tui_settings *settings, char *why,
                            size_t size)
{
    struct buf text = {0};
    int r = config_file_read(path, &text, why, size);

    if (r == 0) {
        size_t first = config->warnings_count;
        size_t wrong =
            config_take(config, path, layer, buf_text(&text), text.len, options, settings);

        config_add_source(config, path, true, wrong, first);
    }
    buf_done(&text);
    return r;
}

int config_read_files(const char *system, const char *user, bool must, struct options *options,
                      struct tui_settings *settings, struct config **ret, char *error, size_t size)
{
    struct config *config = config_new();
    char why[256];
    int r = 0;

    if (system)
        r = config_take_file(config, system, LAYER_SYSTEM, options, settings, why, sizeof(why));
    if (r < 0 && r != -ENOENT)
        config_pass_over(config, system, why);
    r = 0;
    if (user && !must)
        r = config_file_check(user, why, sizeof(why));
    if (user && r == 0)
        r = config_take_file(config, user, LAYER_USER, options, settings, why, sizeof(why));
    if (r < 0 && must) {
        snprintf(error, size, "option --config: cannot read '%s': %s", user, why);
        config_free(config);
        return -EINVAL;
    }
    if (r < 0 && r != -ENOENT)
        config_pass_over(config, user, why);
    *ret = config;
    return 0;
}

int config_read(const char *file, struct options *options, struct tui_settings *settings,
                struct config **ret, char *error, size_t size)
{
    const char *uri = getenv("LIBVIRT_DEFAULT_URI");
    char *user = file ? xstrdup(file) : config_user_path();
    int r =
        config_read_files(CONFIG_SYSTEM, user, file != NULL, options, settings, ret, error, size);

    /* The environment counts more than files do. */
    if (r == 0 && uri && *uri)
        options_forget(options, offsetof(struct options, connection));
    free(user);
    return r;
}

/* --fields may name scopes, which columns do without. */
static void config_fields_of_view(const char *fields, char ret[SETTINGS_FIELDS_SIZE])
{
    size_t len = 0;

    for (const char *p = fields; *p && len + 1 < SETTINGS_FIELDS_SIZE;) {
        size_t n = strcspn(p, ","), dot = strcspn(p, ".,");
        enum scope scope;
        char word[16];

        if (dot < n && dot < sizeof(word)) {
            copy_text(word, dot + 1, p);
            if (scope_by_name(word, &scope)) {
                p += dot + 1;
                n -= dot + 1;
            }
        }
        n += p[n] == ',';
        n = min_size(n, SETTINGS_FIELDS_SIZE - 1 - len);
        memcpy(ret + len, p, n);
        len += n;
        p += n;
    }
    ret[len] = '\0';
}

/* What a file says is left out where it does not fit. */
static int config_refuse(const struct options *options, size_t offset, const char *name,
                         const char *why, char *error, size_t size)
{
    if (options_layer(options, offset) != LAYER_COMMAND_LINE)
        return 0;
    snprintf(error, size, "option --%s: %s", name, why);
    return -EINVAL;
}

static int config_settle_fields(const struct options *options, const struct column_table *columns,
                                struct tui_settings *settings, char *error, size_t size)
{
    char fields[SETTINGS_FIELDS_SIZE], allowed[512];

    if (strlen(options->fields) >= sizeof(fields)) {
        snprintf(error, size, "option --fields: allowed: %zu bytes at most", sizeof(fields) - 1);
        return -EINVAL;
    }
    config_fields_of_view(options->fields, fields);
    if (settings_check_fields(columns, settings->view, fields, allowed, sizeof(allowed))) {
        copy_text(settings->views[settings->view].fields, SETTINGS_FIELDS_SIZE, fields);
        return 0;
    }
    return config_refuse(options, offsetof(struct options, fields), "fields", allowed, error, size);
}

static int config_settle_sort(const struct options *options, const struct column_table *columns,
                              struct tui_settings *settings, char *error, size_t size)
{
    char allowed[512];

    if (settings_check_sort(columns, settings->view, options->sort, allowed, sizeof(allowed))) {
        copy_text(settings->views[settings->view].sort, SETTINGS_SORT_SIZE, options->sort);
        return 0;
    }
    return config_refuse(options, offsetof(struct options, sort), "sort", allowed, error, size);
}

int config_settle(const struct options *options, struct tui_settings *settings, char *error,
                  size_t size)
{
    struct column_table *columns = column_table_new();
    int r = 0;

    if (options->view >= 0)
        settings->view = (enum view)options->view;
    if (options->units >= 0)
        settings->units = (enum units)options->units;
    if (options->no_mouse)
        settings->no_mouse = true;
    if (options->filter)
        copy_text(settings->filter, sizeof(settings->filter), options->filter);
    if (options->sort)
        r = config_settle_sort(options, columns, settings, error, size);
    if (r == 0 && options->fields && (options->screen || options_print_view(options)))
        r = config_settle_fields(options, columns, settings, error, size);
    column_table_free(columns);
    return r;
}
