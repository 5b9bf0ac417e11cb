/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of the screen as text: a line of titles and a line per row, aligned, for each
 * cycle; an empty line between cycles. What the screen shows at its widest, without what
 * only it can draw.
 */
#ifndef PROXTOP_TUI_VIEW_PRINTER_H
#define PROXTOP_TUI_VIEW_PRINTER_H

#include "print/printer.h"
#include "tui/settings.h"

/* Goes by print_options.screen alone. */
extern const struct printer_ops printer_view;

/* Adds what must be collected for the view that the settings begin with. */
void view_printer_select(const struct tui_settings *settings, struct selection *selection);

#endif
