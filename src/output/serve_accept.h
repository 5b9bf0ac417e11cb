/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client of HTTP is willing to read: Accept and Accept-Encoding
 * (RFC 9110, 12.5). The texts are a stranger's; what cannot be understood of
 * them is as if it was not there.
 */
#ifndef PROXTOP_OUTPUT_SERVE_ACCEPT_H
#define PROXTOP_OUTPUT_SERVE_ACCEPT_H

#include <stdbool.h>

/* Whether it wants OpenMetrics 1.0.0 at least as much as Prometheus text. It
 * has to be called by its name for that: "*" stands for text, which everybody
 * can read. NULL = no such header. */
bool serve_accept_openmetrics(const char *accept);

/* Whether it takes gzip, and likes it no less than plain bytes. NULL as above. */
bool serve_accept_gzip(const char *accept_encoding);

#endif
