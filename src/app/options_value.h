/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of options by their kinds, and who said them: what parsing is made of. */
#ifndef PROXTOP_APP_OPTIONS_VALUE_H
#define PROXTOP_APP_OPTIONS_VALUE_H

#include <errno.h>

#include "app/options.h"
#include "base/buf.h"

/* Where parsing reports: which option with which value is wrong, and what is allowed. */
struct option_error {
    char *text;
    size_t size;
    bool of_file; /* it stands in a file: 'interval', not --interval */
};

/* Takes the row's option; options are unchanged on failure. `value` is not looked at where
 * the row has no argument. 0, or -EINVAL with one line in error->text. */
int option_take(struct options *options, const struct option_row *row, const char *value,
                enum option_layer layer, const struct option_error *error);

/* Appends the row's choices, "a, b, c"; nothing if it has none. */
void options_list_choices(const struct option_row *row, struct buf *out);

#define OPTIONS_NONE SIZE_MAX

/* Which options break a rule: offsets of their members, or OPTIONS_NONE. The first is the
 * one that a message names. */
struct options_broken {
    size_t by, with;
};

/* Sets both, and returns -EINVAL. */
static inline int options_break(struct options_broken *broken, size_t by, size_t with)
{
    *broken = (struct options_broken){by, with};
    return -EINVAL;
}

#endif
