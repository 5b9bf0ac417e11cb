/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a configuration file, for those who read it and those who change it: both
 * see the same lines, sections and names.
 */
#ifndef PROXTOP_APP_CONFIG_LINE_H
#define PROXTOP_APP_CONFIG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/num.h"
#include "tui/view.h"

#define CONFIG_LINE_MAX 8192

enum config_line_kind {
    CONFIG_LINE_BLANK,   /* empty, or a comment: '#' or ';' in front */
    CONFIG_LINE_SECTION, /* [name] */
    CONFIG_LINE_SETTING, /* name = value; all behind '=' is the value */
    CONFIG_LINE_WRONG,
};

enum config_section {
    CONFIG_OPTIONS,  /* the beginning, and [proxtop] */
    CONFIG_PROFILER, /* [proxprofiler] */
    CONFIG_VIEW,     /* [view WORD] */
    CONFIG_THRESHOLDS,
    CONFIG_UNKNOWN,
};

struct config_line {
    enum config_line_kind kind;
    struct cursor whole;  /* with its end: all lines together are the file */
    struct cursor name;   /* of section or setting, without blanks around it */
    struct cursor value;  /* likewise */
    const char *wrong;    /* of CONFIG_LINE_WRONG: what, for people */
    bool comment;         /* of CONFIG_LINE_BLANK */
    bool carriage_return; /* it ends as lines of Windows do */
    /* Where it stands; for the line of a section, that one. */
    enum config_section section;
    enum view view;
};

/* Walks the lines of a file's text. */
struct config_lines {
    struct cursor rest;
    unsigned number; /* of the line that was read last, from 1 on */
    bool bom;        /* the text began with a byte order mark, which is passed over */
    enum config_section section;
    enum view view;
};

struct config_lines config_lines_of(const char *text, size_t len);
/* The next line; false at the end. */
bool config_lines_next(struct config_lines *lines, struct config_line *ret);

/* Copies a piece into text[size], cutting it if need be, ended by NUL. */
void config_text(struct cursor piece, char *text, size_t size);

#endif
