/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share: their options, saved profiles, where results go, words for figures. */
#ifndef PROXTOP_PROFILER_COMMAND_INTERNAL_H
#define PROXTOP_PROFILER_COMMAND_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "profiler/csv_read.h"
#include "profiler/plot.h"
#include "profiler/profiler.h"

/* Exit statuses. */
#define COMMAND_OK     0
#define COMMAND_DIFFER 1 /* also: an anomaly was found, where that was asked */
#define COMMAND_FAILED 1 /* output could not be written */
#define COMMAND_WRONG  2 /* usage, files that cannot be read or compared */

#define COMMAND_BOUNDS_MAX CSV_VALUES_MAX

/* The range of one column of a CSV file. */
struct command_bounds {
    char column[CSV_NAME_SIZE];
    double lo, hi;
};

/* What all commands' options say; each has its share of them (command_options.c). */
struct command_options {
    const char *metric; /* NULL = all */
    const char *vms[2]; /* of which VM, where a file has several: of the first, the second file */
    unsigned vms_count;
    bool json, fail, record, help;
    double threshold;
    uint64_t steps, seed;
    int64_t hot; /* -1 = the highest state */
    const char *profile, *data, *output, *name;

    struct profile_settings settings;
    bool fixed_bound;
    double interval; /* seconds; NAN = not told */
    double min, max; /* of all columns; NAN = not told */
    struct command_bounds bounds[COMMAND_BOUNDS_MAX];
    size_t bounds_count;
    double vcpus, mem_kb; /* of the VM; 0 = not known */
};

struct command {
    const char *name, *arguments, *summary, *text;
    unsigned files_min, files_max;
    int (*run)(const struct command_options *options, char *const *files, size_t count);
};
extern const struct command command_all[];
extern const size_t command_count;

/* Takes the options and finds the files among the words (argv[0] is the command's name), which it
 * reorders: files[] are the last ones. 0, or -EINVAL, which was told. */
int command_options_parse(const struct command *command, int argc, char **argv,
                          struct command_options *options, char *const **ret_files,
                          size_t *ret_count);
/* The part of --help about one command. */
void command_options_help(const struct command *command, struct buf *out);
/* The command's option number i, for the manual and for completion; false = there are no more. */
struct command_option_text {
    const char *name, *argument, *help; /* argument NULL = a flag */
    const char *allowed;                /* for people; NULL or "" = not told */
};
bool command_option_at(const struct command *command, size_t i, struct command_option_text *ret);

int command_show(const struct command_options *options, char *const *files, size_t count);
int command_diff(const struct command_options *options, char *const *files, size_t count);
int command_predict(const struct command_options *options, char *const *files, size_t count);
int command_simulate(const struct command_options *options, char *const *files, size_t count);
int command_train(const struct command_options *options, char *const *files, size_t count);
int command_score(const struct command_options *options, char *const *files, size_t count);
int command_plot(const struct command_options *options, char *const *files, size_t count);

/* A profile from a file. */
struct command_saved {
    struct vm_identity vm;
    struct profile_settings settings;
    struct profile *profile; /* borrows the settings: this struct does not move */
    struct buf record;       /* the printed record that it is from; empty: a state */
};
/* Reads a state, or the last record of the VM named (NULL = the only one) from a file of them; "-"
 * is standard input. The caller frees *ret. 0, or -errno, which was told. */
int command_load(const char *file, const char *vm, struct command_saved **ret);
void command_saved_free(struct command_saved *saved); /* NULL is allowed */
/* The VM's name for people: its name, or its UUID. */
const char *command_vm_name(const struct vm_identity *vm);
/* The channels asked for: NULL = all. False = there is none of that name, which was told with those
 * there are. */
bool command_channels(const struct command_saved *saved, const char *metric,
                      const struct channel **list, size_t *ret_count);

/* What is told of a profile beside its matrices; NAN, "" and -1 where it is not known. */
struct command_metric_figures {
    struct capacity_stats stats;
    double hits, baseline; /* shares of the predictions that came true */
    bool useful;
    uint64_t checked; /* predictions */
    double z;
    bool anomaly;
    unsigned period; /* steps; 0 = none */
};
struct command_figures {
    char class[32];
    double first, last; /* of the samples, seconds since the epoch */
    struct capacity_advice advice;
    double z;
    bool anomaly;
    char blame[CHANNEL_NAME_SIZE];
    int from, to;
    unsigned phases;
    int phase;
    struct command_metric_figures metrics[PROFILE_CHANNELS_MAX]; /* as the profile's channels */
};
void command_figures(const struct command_saved *saved, struct command_figures *ret);

/* The first part of show: who the VM is, what it has and needs, when it is busy, whether it behaves
 * as usual, and how sure all that is. In lines of 80 columns. */
void command_put_summary(const struct command_saved *saved, const struct command_figures *figures,
                         struct buf *out);

/* Whether predictions are worth something: "right 81.2 % of 864, staying ...: useful". */
void command_put_worth(struct buf *out, const struct command_metric_figures *figures);

/* The profile's record: see record_print(). */
void command_put_record(const struct vm_identity *vm, const struct profile *profile,
                        bool fixed_bound, struct buf *out);

/* A file for reading, or standard input for "-": a descriptor that the caller closes, or -errno,
 * which was told. */
int command_open(const char *file);
/* Rows of a CSV file. */
struct command_csv {
    int fd;
    struct csv_source source;
    struct csv_reader *reader;
};
/* Opens it and reads its header. 0, or -errno, which was told. */
int command_csv_open(struct command_csv *csv, const char *file);
/* The next row: 1, 0 at the end, -errno, which was told. */
int command_csv_next(struct command_csv *csv, struct csv_row *ret);
void command_csv_close(struct command_csv *csv);

/* Writes the text to standard output and empties it. 0, or -errno, which was told unless nobody
 * listens any more. */
int command_write(struct buf *text);
/* The same once it has become long: for results of any length. */
int command_write_some(struct buf *text);
/* Puts the text in place of the file: a temporary file beside it, which is renamed. "-" is standard
 * output; what is neither a file nor free is written to as it is. `mode`: of a new one. 0, or
 * -errno, which was told. */
int command_replace(const char *file, const struct buf *text, unsigned mode);
/* The exit status of a result of one of these. */
int command_status(int r);

/* `text` padded with blanks to `width` characters, left- or right-aligned. */
void command_put_left(struct buf *out, const char *text, unsigned width);
void command_put_right(struct buf *out, const char *text, unsigned width);
/* A finite number as JSON, else null, behind "key": and a comma if it is not the first. */
void command_put_member(struct buf *out, const char *key, double value);
/* A field of CSV: quoted where it has to be. */
void command_put_csv(struct buf *out, const char *text);
/* "" where the number is NAN. */
void command_put_csv_number(struct buf *out, double value);

/* Steps of one metric, judged by a profile that does not change: every step by the same yardstick,
 * so that the result depends on the profile and the steps alone. */
struct command_judge {
    const struct channel *channel;
    double sum; /* of the unfinished buffer */
    unsigned filled;
    struct context context;
    struct anomaly anomaly;
    struct chain_surprise expected;
    bool trained;
};
struct command_judged {
    double value; /* average of the buffer */
    unsigned state;
    double surprisal; /* NAN = it follows nothing */
    double z;
    bool anomaly;
};
void command_judge_init(struct command_judge *judge, const struct channel *channel);
/* A value; NAN breaks the chain. True = a step was completed. */
bool command_judge_take(struct command_judge *judge, double value, struct command_judged *ret);
/* A step by its average. */
void command_judge_step(struct command_judge *judge, double average, struct command_judged *ret);
void command_judge_break(struct command_judge *judge);

#endif
