/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generator of manual pages, completions and docs/METRICS.md. It copies a template and puts a
 * piece that is made from the tables in the place of each marker; what stands in no table stands in
 * the template.
 */
#ifndef PROXTOP_MANUAL_MANUAL_H
#define PROXTOP_MANUAL_MANUAL_H

#include "app/options.h"
#include "app/program.h"
#include "base/buf.h"
#include "profiler/command_internal.h"

/* A piece: appends what the marker asks for; `argument` is "" if the marker has none. False = the
 * argument means nothing to it. */
typedef bool manual_piece(struct buf *out, const char *argument);

/* For manual pages (mdoc(7)). */
manual_piece manual_options;  /* PROGRAM: its options in groups */
manual_piece manual_settings; /* "both", or PROGRAM: those that only it has, for config files */
manual_piece manual_commands; /* of proxprofiler */
manual_piece manual_keys;     /* of the screen */
manual_piece manual_views;
manual_piece manual_columns; /* those that are no metrics */
manual_piece manual_help;    /* HEADING: a part of the screen's help, by its first word */
manual_piece manual_metrics; /* SCOPE */
manual_piece manual_thresholds;
manual_piece manual_profile_metrics;

/* For docs/METRICS.md. */
manual_piece manual_markdown_metrics; /* SCOPE */
manual_piece manual_markdown_profile_metrics;

/* For completions: PROGRAM, or PROGRAM and what is needed of it. */
manual_piece manual_bash_words;  /* variables with words */
manual_piece manual_bash_values; /* what may stand behind an option: arms of a case */
manual_piece manual_zsh_options; /* specifications for _arguments */
manual_piece manual_zsh_commands;
manual_piece manual_fish;

/* NULL = there is none of that name. */
const struct program *manual_program(const char *name);

/* In front of a word that is not to be divided at the end of a line. */
#define MDOC_UNDIVIDED '\1'

/* Text of mdoc(7): escapes, lines of at most 79 bytes, a sentence begins a line. The last line is
 * ended. */
void mdoc_text(struct buf *out, const char *text);
/* A word as an argument of a macro. */
void mdoc_word(struct buf *out, const char *word);
/* A sentence of it: with a full stop, if it has none. */
void mdoc_sentence(struct buf *out, const char *text);
/* The same, but words that are no sentence stay as they are. */
void mdoc_phrase(struct buf *out, const char *text);

/* What may stand behind an option, as completion sees it. */
enum value_kind {
    VALUE_NONE, /* it takes none */
    VALUE_ANY,
    VALUE_CHOICES,
    VALUE_FILE,
    VALUE_DIRECTORY,
    VALUE_FIELDS,  /* a list of keys of metrics */
    VALUE_SORT,    /* key of a column, and an order */
    VALUE_NICS,    /* a list of network devices */
    VALUE_DISKS,   /* a list of block devices */
    VALUE_METRICS, /* a list of metrics of profiles */
    VALUE_METRIC,  /* one of them */
    VALUE_SINK,
};

/* An option of a program or of a command. */
struct word_option {
    const char *shorts; /* letters; "" = none */
    const char *names;  /* separated by spaces; "" = none */
    const char *argument, *help;
    enum value_kind kind;
    bool repeated;
    char choices[512]; /* of VALUE_CHOICES, separated by spaces */
};

/* Option number i of the program, or of the command; false = there are no more. */
bool words_of_program(const struct program *program, size_t i, struct word_option *ret);
bool words_of_command(const struct command *command, size_t i, struct word_option *ret);
/* Its commands, in order; 0 = it has none. */
size_t words_commands(const struct program *program);

/* All names of an option: "-p", "--printer", one after the other; false = there are no more. */
bool words_name(const struct word_option *option, size_t i, struct buf *ret);

/* Words for completion, each behind a space: keys of metrics; SCOPE.KEY; keys of columns; metrics
 * of profiles. */
void words_keys(struct buf *out);
void words_scope_keys(struct buf *out);
void words_columns(struct buf *out);
void words_profile_metrics(struct buf *out);

#endif
