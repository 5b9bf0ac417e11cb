/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads CSV by the grammar of RFC 4180, and takes nothing that is outside it. */
#ifndef PROXTOP_TESTS_UNIT_CSV_READER_H
#define PROXTOP_TESTS_UNIT_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>

enum csv_end { CSV_FIELD, CSV_RECORD, CSV_BROKEN };

/* The field at *at goes without its quotes to field[size], ended by NUL; *at
 * moves behind it and what ends it: a comma (CSV_FIELD) or CR LF (CSV_RECORD). */
static inline enum csv_end csv_read_field(const char **at, char *field, size_t size)
{
    const char *p = *at;
    bool quoted = *p == '"';
    size_t n = 0;

    p += quoted;
    for (;; p++) {
        bool doubled = quoted && p[0] == '"' && p[1] == '"';

        if (doubled)
            p++;
        else if (quoted ? *p == '"' : *p == ',' || *p == '\r')
            break;
        if (!*p || (!quoted && (*p == '"' || *p == '\n')) || n + 1 >= size)
            return CSV_BROKEN;
        field[n++] = *p;
    }
    field[n] = '\0';
    p += quoted;
    if (*p == ',') {
        *at = p + 1;
        return CSV_FIELD;
    }
    if (p[0] != '\r' || p[1] != '\n')
        return CSV_BROKEN;
    *at = p + 2;
    return CSV_RECORD;
}

#endif
