/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monitor of the test's own, which behaves as the test wants. */
#ifndef PROXTOP_TESTS_UNIT_QMP_FAKE_H
#define PROXTOP_TESTS_UNIT_QMP_FAKE_H

#include <pthread.h>
#include <stddef.h>

#define QMP_FAKE_GREETING                                                                          \
    "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7}}, \"capabilities\": [\"oob\"]}}\r\n"
#define QMP_FAKE_EVENT                                                                             \
    "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESUME\"}\r\n"
#define QMP_FAKE_NO_ID 1000

/* A monitor of one client, on a thread of its own. */
struct qmp_fake {
    char path[100];
    int listener;
    void (*behave)(struct qmp_fake *fake, int fd);
    unsigned clients; /* served so far */
    unsigned answered;
    pthread_t thread;
};

/* Where the sockets are. */
extern char qmp_fake_directory[64];

void qmp_fake_start(struct qmp_fake *fake, unsigned number, void (*behave)(struct qmp_fake *, int));
void qmp_fake_stop(struct qmp_fake *fake);

void qmp_fake_send(int fd, const char *text, size_t len);
void qmp_fake_say(int fd, const char *text);

/* The id of the next command, or QMP_FAKE_NO_ID; -1 at the end of the connection. */
long qmp_fake_next_id(int fd);
/* As it stands in an answer. */
const char *qmp_fake_id(char text[32], long id);
void qmp_fake_answer(struct qmp_fake *fake, int fd, long id, const char *before, const char *value);

/* 10 MB that do not end: the start, and the piece again and again. */
void qmp_fake_flood(int fd, const char *start, const char *piece);

#endif
