/* SPDX-License-Identifier: GPL-2.0-or-later */
/* score: how unusual figures are for a saved profile. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "print/column.h"
#include "profiler/command_internal.h"

/* One metric that both the profile and the file have. */
struct score_metric {
    size_t column; /* of the file */
    struct command_judge judge;
    uint64_t steps, judged, flagged, anomalies;
    double surprisal; /* sum */
    double worst;     /* largest z */
    uint64_t worst_row;
    bool active;
};

struct score {
    const struct command_saved *saved;
    struct command_csv csv;
    struct score_metric metrics[PROFILE_CHANNELS_MAX];
    size_t count;
    uint64_t rows;
    double last; /* when the row before was; NAN = no times */
};

/* Whether a name is one of the profile's that were asked for. */
static const struct channel *score_channel(const struct channel *const *list, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i]->spec.name, name) == 0)
            return list[i];
    }
    return NULL;
}

/* Pairs columns with metrics. False = there are none, which was told. */
static bool score_pair(struct score *score, const char *metric)
{
    const struct channel *list[PROFILE_CHANNELS_MAX];
    size_t count, paired = 0;

    if (!command_channels(score->saved, metric, list, &count))
        return false;
    for (size_t i = 0; i < csv_reader_count(score->csv.reader); i++) {
        const char *name = csv_reader_name(score->csv.reader, i);
        const struct channel *channel = score_channel(list, count, name);

        if (channel) {
            struct score_metric *m = &score->metrics[paired++];

            *m = (struct score_metric){.column = i, .worst = -INFINITY};
            command_judge_init(&m->judge, channel);
        } else if (!metric) {
            log_warning("score: column '%s' is left out: the profile does not have it", name);
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        for (size_t j = 0; j < paired; j++)
            found |= score->metrics[j].judge.channel == list[i];
        if (!found)
            log_warning("score: there is no column '%s', which the profile has",
                        list[i]->spec.name);
    }
    score->count = paired;
    if (!paired)
        log_error("score: the file and the profile have no metric in common");
    return paired > 0;
}

/* As for what is learned live: rows that come much later than they should, or earlier, do not
 * follow what was. */
static void score_check_time(struct score *score, double time)
{
    const struct profile_settings *settings = &score->saved->settings;
    double distance = time - score->last;

    if (distance < 0 || distance > 5 * settings->sample_seconds * settings->buffer) {
        for (size_t i = 0; i < score->count; i++)
            command_judge_break(&score->metrics[i].judge);
    }
    score->last = time;
}

static void score_count(struct score_metric *metric, const struct command_judged *judged,
                        uint64_t row)
{
    metric->steps++;
    if (isfinite(judged->surprisal)) {
        metric->judged++;
        metric->surprisal += judged->surprisal;
        if (judged->z > metric->worst) {
            metric->worst = judged->z;
            metric->worst_row = row;
        }
    }
    metric->flagged += judged->anomaly;
    metric->anomalies += judged->anomaly && !metric->active;
    metric->active = judged->anomaly;
}

static void score_print_step(const struct score_metric *metric, const struct csv_row *row,
                             const struct command_judged *judged, struct buf *out)
{
    buf_put_u64(out, metric->steps);
    buf_putc(out, ',');
    if (isfinite(row->time)) {
        char stamp[CLOCK_STAMP_SIZE];
        double whole = floor(row->time);

        clock_format_stamp((struct timespec){.tv_sec = (time_t)whole,
                                             .tv_nsec = (long)((row->time - whole) * 1e9)},
                           stamp);
        buf_puts(out, stamp);
    }
    buf_putc(out, ',');
    command_put_csv(out, metric->judge.channel->spec.name);
    buf_putc(out, ',');
    command_put_csv_number(out, judged->value);
    buf_printf(out, ",%u,", judged->state);
    command_put_csv_number(out, judged->surprisal);
    buf_putc(out, ',');
    if (isfinite(judged->surprisal))
        command_put_csv_number(out, judged->z);
    buf_printf(out, ",%d\r\n", judged->anomaly);
}

/* All rows. 0, or the exit status of a failure. */
static int score_rows(struct score *score, struct buf *out)
{
    struct csv_row row;
    int r;

    buf_puts(out, "step,time,metric,value,state,surprisal,z,anomaly\r\n");
    while ((r = command_csv_next(&score->csv, &row)) == 1) {
        score->rows++;
        if (isfinite(row.time))
            score_check_time(score, row.time);
        for (size_t i = 0; i < score->count; i++) {
            struct score_metric *metric = &score->metrics[i];
            struct command_judged judged;

            if (!command_judge_take(&metric->judge, row.values[metric->column], &judged))
                continue;
            score_count(metric, &judged, score->rows);
            score_print_step(metric, &row, &judged, out);
        }
        if (command_write_some(out) < 0)
            return COMMAND_FAILED;
    }
    if (command_write(out) < 0)
        return COMMAND_FAILED;
    return r < 0 ? COMMAND_WRONG : COMMAND_OK;
}

/* A line per metric for people; whether an anomaly was found. */
static bool score_sum_up(const struct score *score)
{
    bool found = false;

    for (size_t i = 0; i < score->count; i++) {
        const struct score_metric *metric = &score->metrics[i];
        const char *name = metric->judge.channel->spec.name;

        found |= metric->anomalies > 0;
        if (!metric->judged) {
            log_notice("%s: %llu steps, none of which follows another one", name,
                       (unsigned long long)metric->steps);
            continue;
        }
        log_notice("%s: %llu steps, mean surprisal %.3f (expected %.3f), largest z %.2f at row "
                   "%llu, %llu anomal%s of %llu step%s%s",
                   name, (unsigned long long)metric->steps,
                   metric->surprisal / (double)metric->judged, metric->judge.expected.mean,
                   metric->worst, (unsigned long long)metric->worst_row,
                   (unsigned long long)metric->anomalies, metric->anomalies == 1 ? "y" : "ies",
                   (unsigned long long)metric->flagged, metric->flagged == 1 ? "" : "s",
                   metric->judge.trained ? "" : "; too little was learned for verdicts");
    }
    return found;
}

int command_score(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    struct score *score = xcalloc(1, sizeof(*score));
    struct command_saved *saved = NULL;
    struct buf out = {0};
    int status = COMMAND_WRONG;

    score->last = NAN;
    if (strcmp(files[0], "-") == 0 && strcmp(options->profile, "-") == 0) {
        log_error("score: standard input can be one of the two files only");
    } else if (command_load(options->profile, options->vms[0], &saved) == 0 &&
               command_csv_open(&score->csv, files[0]) == 0) {
        score->saved = saved;
        if (score_pair(score, options->metric)) {
            status = score_rows(score, &out);
            if (status == COMMAND_OK && score_sum_up(score) && options->fail)
                status = COMMAND_DIFFER;
        }
        command_csv_close(&score->csv);
    }
    buf_done(&out);
    command_saved_free(saved);
    free(score);
    return status;
}
