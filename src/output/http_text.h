/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The little texts of HTTP: headers as users write them, times to wait, first lines of answers. */
#ifndef PROXTOP_OUTPUT_HTTP_TEXT_H
#define PROXTOP_OUTPUT_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct target;

/* Where name and value of a header lie in its line. */
struct http_field {
    const char *name, *value;
    size_t name_len, value_len; /* blanks around the value are not counted */
};

/* "Name: value" (RFC 9110, 5.1): the name a token that is none of those that
 * say how the request itself is made, the value without control characters.
 * NULL, or what is wrong with it, which repeats nothing of the line: it may
 * hold a secret. */
const char *http_parse_field(const char *line, size_t len, struct http_field *ret);

/* A bearer token: no byte of it is a blank or a control character, or not ASCII. */
bool http_is_token(const char *text, size_t len);

/* The longest pause that a peer can ask for, seconds. */
#define HTTP_PAUSE_MAX 300

/* Retry-After (RFC 9110, 10.2.3): seconds, or a date in the form that is sent
 * today ("Sun, 06 Nov 1994 08:49:37 GMT"), seen from `now`. 0 for what has
 * passed, HTTP_PAUSE_MAX at most. False: neither. */
bool http_parse_retry_after(const char *text, time_t now, unsigned *ret);

/* The first line with something in it, for a message: without blanks around it
 * and control characters, cut to size. */
void http_first_line(const char *text, size_t len, char *ret, size_t size);

/* "host", "host:port", "[2001:db8::1]:port": the port unless it is the scheme's own. */
void http_put_host(const struct target *target, char *ret, size_t size);

#endif
