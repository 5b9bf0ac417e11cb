/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate TEMPLATE [NAME=VALUE]...: copies the template to standard output. A line "@piece@" or
 * "@piece argument@" is replaced by that piece, "@NAME@" in any line by the value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "manual.h"

#include <fcntl.h>
#include <unistd.h>

#define TEMPLATE_MAX (1024 * 1024)

static const struct {
    const char *name;
    manual_piece *make;
} pieces[] = {
    {"options", manual_options},
    {"settings", manual_settings},
    {"commands", manual_commands},
    {"keys", manual_keys},
    {"views", manual_views},
    {"columns", manual_columns},
    {"help", manual_help},
    {"metrics", manual_metrics},
    {"thresholds", manual_thresholds},
    {"profile-metrics", manual_profile_metrics},
    {"markdown-metrics", manual_markdown_metrics},
    {"markdown-profile-metrics", manual_markdown_profile_metrics},
    {"bash-words", manual_bash_words},
    {"bash-values", manual_bash_values},
    {"zsh-options", manual_zsh_options},
    {"zsh-commands", manual_zsh_commands},
    {"fish", manual_fish},
};

struct generation {
    const char *path; /* of the template */
    unsigned line;
    char **values; /* NAME=VALUE */
    size_t count;
    struct buf out;
};

const struct program *manual_program(const char *name)
{
    static const struct program *const programs[] = {&program_proxtop, &program_proxprofiler};

    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        if (strcmp(programs[i]->name, name) == 0)
            return programs[i];
    }
    return NULL;
}

/* The value of a name that is len bytes long; NULL = it has none. */
static const char *generate_value(const struct generation *g, const char *name, size_t len)
{
    for (size_t i = 0; i < g->count; i++) {
        if (strncmp(g->values[i], name, len) == 0 && g->values[i][len] == '=')
            return g->values[i] + len + 1;
    }
    return NULL;
}

/* Puts values in the place of their names. */
static void generate_values(const struct generation *g, const char *line, struct buf *out)
{
    while (*line) {
        const char *end = *line == '@' ? strchr(line + 1, '@') : NULL;
        const char *value = end ? generate_value(g, line + 1, (size_t)(end - line) - 1) : NULL;

        if (value) {
            buf_puts(out, value);
            line = end + 1;
        } else {
            buf_putc(out, *line++);
        }
    }
}

/* A line that is nothing but a marker. False = there is no such piece. */
static bool generate_piece(struct generation *g, const char *marker)
{
    char name[64], *argument, *end;

    copy_text(name, sizeof(name), marker + 1);
    end = strchr(name, '@');
    argument = strchr(name, ' ');
    if (!end)
        return false;
    *end = '\0';
    if (argument)
        *argument++ = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        if (strcmp(pieces[i].name, name) == 0)
            return pieces[i].make(&g->out, argument ? argument : "");
    }
    return false;
}

static bool generate_line(struct generation *g, const char *text)
{
    struct buf line = {0};
    const char *whole;
    bool good = true;

    generate_values(g, text, &line);
    whole = buf_text(&line);
    if (whole[0] == '@' && line.len > 1 && whole[line.len - 1] == '@') {
        good = generate_piece(g, whole);
    } else {
        buf_add(&g->out, whole, line.len);
        buf_putc(&g->out, '\n');
    }
    buf_done(&line);
    return good;
}

static int generate_all(struct generation *g)
{
    struct buf template = {0};
    int fd = open(g->path, O_RDONLY | O_CLOEXEC);
    int r = fd < 0 ? -errno : file_reread_all(fd, &template, TEMPLATE_MAX);
    char *rest = xstrdup(r < 0 ? "" : buf_text(&template)), *all = rest;

    if (fd >= 0)
        close(fd);
    buf_done(&template);
    if (r < 0)
        fprintf(stderr, "generate: cannot read '%s': %s\n", g->path, strerror(-r));
    for (char *text; r >= 0 && *rest && (text = strsep(&rest, "\n"));) {
        g->line++;
        if (!generate_line(g, text)) {
            fprintf(stderr, "generate: %s:%u: no such piece: %s\n", g->path, g->line, text);
            r = -EINVAL;
        }
        if (!rest)
            break;
    }
    free(all);
    return r;
}

int main(int argc, char **argv)
{
    struct generation g = {.values = argv + 2, .count = argc > 2 ? (size_t)argc - 2 : 0};
    int r;

    if (argc < 2) {
        fputs("Usage: generate TEMPLATE [NAME=VALUE]...\n", stderr);
        return 2;
    }
    g.path = argv[1];
    r = generate_all(&g);
    if (r >= 0 && fwrite(buf_text(&g.out), 1, g.out.len, stdout) != g.out.len)
        r = -EIO;
    buf_done(&g.out);
    return r >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
