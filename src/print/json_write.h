/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing JSON (RFC 8259) into a buffer. */
#ifndef PROXTOP_PRINT_JSON_WRITE_H
#define PROXTOP_PRINT_JSON_WRITE_H

#include "base/buf.h"

/* A string with its quotes. Control characters, C1 ones too, are escaped;
 * bytes that are no UTF-8 become U+FFFD. */
void json_put_string(struct buf *out, const char *text);

#endif
