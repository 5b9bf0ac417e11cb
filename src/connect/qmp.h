/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A polite client of QEMU's monitors (QMP over Unix sockets). A monitor serves
 * one client at a time and lets others queue, so a conversation is short: a
 * connection, the negotiation and all first commands in one write, answers
 * within fractions of a second or none. The conversations of a round run
 * on the calling thread, side by side where some are slow or many.
 */
#ifndef PROXTOP_CONNECT_QMP_H
#define PROXTOP_CONNECT_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"

struct json_object;
struct json_tokener;

#define QMP_TAGS_MAX 31 /* commands that may wait for answers at a time */

struct qmp_talk;

struct qmp_ops {
    /* A connected, non-blocking, close-on-exec socket that then is the
     * client's, or -errno: see qmp_connect(). */
    int (*connect)(void *self);
    /* Asks the next commands by qmp_ask(), all at once; none = that is all.
     * Called at the start, and again whenever all answers are there. */
    void (*next)(void *self, struct qmp_talk *talk);
    /* What the command returned; NULL = an error (no such command, device, ...),
     * which is normal. The value is the client's. */
    void (*take)(void *self, unsigned tag, struct json_object *value, struct mono at);
};

enum qmp_result {
    QMP_LEFT_OUT, /* the round was over before its turn */
    QMP_DONE,
    QMP_BUSY,   /* connected, or refused for the length of the queue, but not greeted */
    QMP_SILENT, /* greeted, but an answer did not come in time */
    QMP_DENIED, /* permission denied */
    QMP_FAILED,
};

/* One conversation. Set ops and self, the rest is zero at first. */
struct qmp_talk {
    const struct qmp_ops *ops;
    void *self;
    pid_t listener; /* the socket must be this process's; 0 = anybody's */
    enum qmp_result result;
    char reason[96]; /* for people, where the result is not QMP_DONE: "QMP busy" */
    /* The client's own. */
    int fd;
    bool greeted;
    unsigned batch;
    unsigned char tags[QMP_TAGS_MAX + 1]; /* in the order of the questions */
    unsigned asked, answered;             /* of this batch */
    struct mono deadline, last;
    size_t received, weight; /* bytes; values in them */
    struct buf out;
    size_t sent;
    struct json_tokener *tokener;
};

/* Holds the conversations; they are over when it returns, after about 0.7 s
 * plus 2 ms for each of them at the latest. */
void qmp_talk_all(struct qmp_talk *talks, size_t count);

/* Appends a command to the conversation, from ops.next only, at most
 * QMP_TAGS_MAX of them. `arguments` is a JSON object or NULL; tag < QMP_TAGS_MAX
 * comes back with the answer. Mind the length: QEMU (7.2, for one) reads a
 * monitor byte by byte, which is most of what a question costs it. */
void qmp_ask(struct qmp_talk *talk, unsigned tag, const char *execute, const char *arguments);

/* Connects to the Unix socket. -EAGAIN if its queue is full; -EBUSY if it turns
 * out to be libvirt's by way of links: command lines are anybody's word. */
int qmp_connect(const char *path);
/* The same for a path as the process sees it: absolute below its root, else
 * below its working directory. It takes the privilege to trace the process. */
int qmp_connect_inside(int proc_fd, pid_t pid, const char *path);
/* Whether these would be let in, by the permissions of the socket and of the way there: 0 or
 * -errno. Connects to nothing. */
int qmp_check(const char *path);
int qmp_check_inside(int proc_fd, pid_t pid, const char *path);

#endif
