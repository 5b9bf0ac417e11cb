/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/channel.h"

/* Rows of a matrix that are kept; only long histories come near it. */
#define PROFILE_ROWS_MAX 4096

void profile_settings_defaults(struct profile_settings *settings)
{
    *settings = (struct profile_settings){
        .states = 4,
        .history = 1,
        .buffer = 10,
        .filter_deviations = -1,
        .binning = SCALE_NEAREST,
        .row_cap = MATRIX_ROW_CAP_MAX,
        .rows_max = PROFILE_ROWS_MAX,
        .window = 30,
        .half_life = 86400,
        .calendar = CALENDAR_NONE,
        .sample_seconds = 2,
    };
}

struct matrix_settings profile_matrix_settings(const struct profile_settings *settings)
{
    return (struct matrix_settings){
        .states = settings->states,
        .history = settings->history,
        .row_cap = settings->row_cap,
        .rows_max = settings->rows_max,
    };
}

unsigned profile_calendar_slots(enum profile_calendar calendar)
{
    switch (calendar) {
    case CALENDAR_HOUR_OF_DAY:
        return 24;
    case CALENDAR_HOUR_OF_WEEK:
        return 7 * 24;
    case CALENDAR_NONE:
        break;
    }
    return 0;
}
