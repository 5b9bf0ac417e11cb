/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For programs whose tests all begin with an empty screen of their own: `made`. */
#ifndef PROXTOP_TESTS_UNIT_MADE_SCREEN_H
#define PROXTOP_TESTS_UNIT_MADE_SCREEN_H

#include "made_tui.h"
#include "support.h"

static struct made_tui made;

static inline int setup(void **state UNUSED)
{
    made_tui_init(&made);
    return 0;
}

static inline int teardown(void **state UNUSED)
{
    made_tui_done(&made);
    return 0;
}

static inline void type(const char *keys)
{
    made_tui_type(&made, keys);
}

/* Four VMs, in the order that they are shown in. */
static inline void cycle(void)
{
    made_tui_cycle(&made, "db-01=3.5 web-01=2.5 app-01=1.5 mail-01=0.5");
}

static inline const struct view_state *view(void)
{
    return &made.tui->views[made.tui->view];
}

static inline void assert_said(const char *message)
{
    assert_string_equal(made.tui->message, message);
}

static inline const struct column *own(enum column_kind kind)
{
    return column_of(made.tui->columns, FAMILY_VM, (struct column_ref){(short)kind, 0});
}

#endif
