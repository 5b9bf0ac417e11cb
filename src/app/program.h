/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes one program of the parts that both share: proxtop shows and prints frames,
 * proxprofiler learns from them and prints what it learned. main() gives its own to
 * program_main(); nothing else tells them apart, so that proxtop has no learner linked.
 */
#ifndef PROXTOP_APP_PROGRAM_H
#define PROXTOP_APP_PROGRAM_H

#include "app/options.h"
#include "app/options_value.h"
#include "model/frame.h"
#include "model/selection.h"

struct profiler;

/* What takes each frame before the sinks print it. */
struct program_learner {
    /* 0, or the exit status after the reason was logged. The options outlive it. */
    int (*open)(const struct options *options, struct profiler **ret);
    void (*take)(struct profiler *profiler, const struct frame *frame);
    /* No more frames come; the sinks print what is left then. */
    void (*finish)(struct profiler *profiler);
    /* Ends and frees. False = something was not saved, which was logged; *ret_hanging becomes true
     * if a thread hangs in it. */
    bool (*close)(struct profiler *profiler, bool *ret_hanging);
};

/* Words that stand in front of all options, as in "proxprofiler show FILE". */
struct program_commands {
    bool (*is_known)(const char *word);
    int (*run)(int argc, char **argv); /* returns the exit status */
    void (*print_help)(void *file);    /* a line per command, to a FILE */
};

struct program {
    const char *name;    /* also of its section in configuration files */
    const char *summary; /* of --help, a sentence */
    unsigned options;    /* its bit of option_row.programs */
    /* Why it refuses options of the other program, for people; NULL = it does not know them. */
    const char *refuses;
    bool has_screen;
    const char *printer;      /* on standard output, where none is named */
    const char *sink_example; /* of --sink, for people */
    bool has_beats;           /* sinks can have beats of their own */

    const struct printer_ops *(*printer_by_name)(const char *name);
    /* Adds what the printers want to be read; NULL = the options say it. */
    void (*select)(const struct options *options, struct selection *selection);

    /* Of options, what the table does not say; each may be NULL. */
    void (*defaults)(struct options *options);
    /* Whether the row's text is good; else what is allowed, in allowed[size]. */
    bool (*accepts)(const struct option_row *row, const char *value, char *allowed, size_t size);
    /* Rules between options: 0, or -EINVAL with a line in error[size]. */
    int (*check)(const struct options *options, struct options_broken *broken, char *error,
                 size_t size);

    const struct program_learner *learner;   /* NULL = none */
    const struct program_commands *commands; /* likewise */
};

extern const struct program program_proxtop;
extern const struct program program_proxprofiler;

#endif
