/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of printers. */
#include "print/printer.h"

#include <string.h>

#include "base/util.h"

const struct printer_ops *printer_by_name(const char *name)
{
    static const struct printer_ops *const printers[] = {
        &printer_text, &printer_json, &printer_csv, &printer_prometheus, &printer_influx,
    };

    for (size_t i = 0; i < ARRAY_SIZE(printers); i++) {
        if (strcmp(printers[i]->name, name) == 0)
            return printers[i];
    }
    return NULL;
}
