/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiler/calendar.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "profiler/words.h"

#define CALENDAR_HOURS 24
#define CALENDAR_DAYS  7
/* A column holds two figures and a space. */
#define CALENDAR_CELL_MAX 99.0
/* No clock tells times beyond the year 9999. */
#define CALENDAR_TIME_MAX 253402300800.0

static const char *const calendar_days[CALENDAR_DAYS] = {"Mon", "Tue", "Wed", "Thu",
                                                         "Fri", "Sat", "Sun"};

int calendar_slot(enum profile_calendar calendar, double seconds)
{
    time_t time;
    struct tm tm;

    if (calendar == CALENDAR_NONE || !(seconds >= 0 && seconds < CALENDAR_TIME_MAX))
        return -1;
    time = (time_t)seconds;
    if (!localtime_r(&time, &tm))
        return -1;
    return calendar == CALENDAR_HOUR_OF_DAY
               ? tm.tm_hour
               : (tm.tm_wday + 6) % CALENDAR_DAYS * CALENDAR_HOURS + tm.tm_hour;
}

void calendar_put_slot(struct buf *out, const struct slots *slots, size_t slot)
{
    if (slots_count(slots) > CALENDAR_HOURS)
        buf_printf(out, "%s ", calendar_days[slot / CALENDAR_HOURS % CALENDAR_DAYS]);
    buf_printf(out, "%02zu", slot % CALENDAR_HOURS);
}

static const struct slot *calendar_at(const struct slots *slots, size_t i)
{
    const struct slot *slot = slots_at(slots, i);

    return slot && slot->count && isfinite(slot->mean) ? slot : NULL;
}

bool calendar_extremes(const struct slots *slots, size_t *ret_most, size_t *ret_least)
{
    size_t most = 0, least = 0, found = 0;

    for (size_t i = 0; i < slots_count(slots); i++) {
        const struct slot *slot = calendar_at(slots, i);

        if (!slot)
            continue;
        if (!found || slot->mean > slots_at(slots, most)->mean)
            most = i;
        if (!found || slot->mean < slots_at(slots, least)->mean)
            least = i;
        found++;
    }
    if (found < 2)
        return false;
    *ret_most = most;
    *ret_least = least;
    return true;
}

static void calendar_put_row(struct buf *out, const struct slots *slots, size_t row, double factor)
{
    buf_printf(out, "  %s", slots_count(slots) > CALENDAR_HOURS ? calendar_days[row] : "   ");
    for (size_t hour = 0; hour < CALENDAR_HOURS; hour++) {
        const struct slot *slot = calendar_at(slots, row * CALENDAR_HOURS + hour);

        if (slot)
            buf_printf(out, " %2.0f", fmin(fmax(slot->mean * factor, 0), CALENDAR_CELL_MAX));
        else
            buf_puts(out, "  .");
    }
    buf_putc(out, '\n');
}

void calendar_put_table(struct buf *out, const struct channel *channel)
{
    const struct slots *slots = channel->calendar;
    bool percent = strcmp(channel->spec.unit, "%") == 0;
    double largest = 0;
    size_t found = 0;

    for (size_t i = 0; slots && i < slots_count(slots); i++) {
        const struct slot *slot = calendar_at(slots, i);

        found += slot != NULL;
        largest = slot ? fmax(largest, slot->mean) : largest;
    }
    if (!found)
        return;
    buf_puts(out, "  by hour    mean in % ");
    if (!percent) {
        buf_puts(out, "of the busiest hour (");
        words_put_value(out, &channel->spec, largest, true);
        buf_puts(out, ") ");
    }
    buf_puts(out, "by the local clock; 99: 99 or more\n     ");
    for (unsigned hour = 0; hour < CALENDAR_HOURS; hour++)
        buf_printf(out, " %02u", hour);
    buf_putc(out, '\n');
    for (size_t row = 0; row * CALENDAR_HOURS < slots_count(slots); row++)
        calendar_put_row(out, slots, row, percent ? 1 : largest > 0 ? 100 / largest : 0);
}
