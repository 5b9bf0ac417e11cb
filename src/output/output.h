/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outputs take what a printer made and bring it somewhere, without ever making
 * the caller wait. They live on the event loop of the main thread; what can
 * block (a disk, a name server) is done by threads of their own.
 *
 * Life: open, write..., finish (the loop runs on until finished() was called or
 * time is up), close.
 */
#ifndef PROXTOP_OUTPUT_OUTPUT_H
#define PROXTOP_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct event_base;
struct frame;
struct output;
struct output_pages;

/* Texts of an option that may be repeated. */
#define OUTPUT_TEXTS_MAX 16
struct output_texts {
    const char *items[OUTPUT_TEXTS_MAX];
    size_t count;
};

/* What the options say about outputs; strings outlive all outputs. */
struct output_settings {
    uint64_t buffer;      /* bytes that cycles may take in memory while nobody takes them */
    const char *spool;    /* directory where they wait on disk; NULL = nowhere */
    uint64_t spool_size;  /* bytes there, at most */
    double drain_timeout; /* seconds that the end waits for a peer */
    double send_timeout;  /* seconds without progress after which a peer counts as gone */
    int tls;
    const char *tls_ca;               /* NULL = the system's */
    const char *tls_cert, *tls_key;   /* NULL = none is shown */
    uint64_t datagram;                /* bytes of a datagram */
    struct output_texts http_headers; /* "Name: value", or "@file" with such lines */
    const char *http_token_file;      /* NULL = none */
    int http_gzip;
    const char *serve_auth_file; /* NULL = everybody may read */
};

struct output_config {
    struct event_base *base;
    const struct output_settings *settings;
    const char *target;               /* as the user wrote it; NULL = none given */
    const char *form;                 /* name of the printer, for the spool and for messages */
    const char *content_type;         /* of a cycle, for HTTP */
    const char *header;               /* what begins a file, a connection, a body; "" = nothing.
                                         May hold several lines */
    bool replaces;                    /* a cycle replaces the one before it (in a file) */
    const struct output_pages *pages; /* of those that show frames; else NULL */

    /* Called on the loop: nobody will ever read what is written (a closed pipe,
     * a terminal that is gone). */
    void (*broken)(void *argument);
    /* Called on the loop once after finish(): all is delivered, or there is no
     * use in waiting. Not from within finish(). */
    void (*finished)(void *argument);
    void *argument;
};

struct output_error {
    char text[512]; /* one line for people: what failed and what to do */
    bool usage;     /* the options are wrong: the program ends with status 2 */
};

struct output_end {
    uint64_t lost; /* cycles that were given up, of the whole run */
    bool hanging;  /* a thread hangs in it: leave the program by _exit() */
};

struct output_ops {
    const char *name;
    bool needs_target;
    /* A cycle longer than this is asked for in lines (--json=lines); 0 = never. */
    size_t (*longest)(const struct output_settings *settings); /* NULL = never */

    /* Makes the output. A peer that is away is no failure. 0 or -errno with
     * *error filled. The config is copied, what it points to is borrowed. */
    int (*open)(const struct output_config *config, struct output **ret,
                struct output_error *error);
    /* Takes one cycle, whole lines, and leaves *cycle empty (its memory may be
     * exchanged for other memory, which saves the copy). Losses are counted
     * and told by the output. NULL for outputs that show frames. */
    void (*write)(struct output *output, struct buf *cycle);
    /* Takes the newest frame and keeps a reference; NULL for those that write. */
    void (*show)(struct output *output, struct frame *frame);
    /* Opens files again by their names; NULL = it has none. */
    void (*reopen)(struct output *output);
    /* No more cycles come; see output_config.finished. */
    void (*finish)(struct output *output);
    /* Cycles that were lost so far. */
    uint64_t (*lost)(const struct output *output);
    /* Ends and frees. What could not be delivered goes to the spool, else it is lost. */
    struct output_end (*close)(struct output *output);
};

extern const struct output_ops output_file;
extern const struct output_ops output_http;
extern const struct output_ops output_serve;
extern const struct output_ops output_stdout;
extern const struct output_ops output_tcp;
extern const struct output_ops output_udp;

/* The outputs by name; NULL = no such output. */
const struct output_ops *output_by_name(const char *name);

#endif
