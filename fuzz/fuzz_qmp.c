/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monitor that says this and closes the connection. */
#include "connect/qmp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#define SIZE_MAX_SENT 16384 /* fits into the socket's buffer */

struct said {
    const uint8_t *data;
    size_t size;
    unsigned batches, answers;
};

static int said_connect(void *self)
{
    struct said *said = self;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    CHECK(!said->size || write(fds[1], said->data, said->size) == (ssize_t)said->size);
    CHECK(shutdown(fds[1], SHUT_WR) == 0);
    /* Closing it would have the first send fail: it is left to the client's descriptor. */
    CHECK(dup2(fds[1], 1000) == 1000);
    close(fds[1]);
    return fds[0];
}

static void said_next(void *self, struct qmp_talk *talk)
{
    struct said *said = self;

    if (said->batches++ > 3)
        return;
    qmp_ask(talk, 0, "query-a", NULL);
    qmp_ask(talk, 5, "query-b", "{}");
}

static void said_take(void *self, unsigned tag, struct json_object *value, struct mono at)
{
    struct said *said = self;

    (void)value;
    CHECK(at.ns > 0 && (tag == 0 || tag == 5));
    CHECK(++said->answers <= 2 * said->batches);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct qmp_ops ops = {
        .connect = said_connect, .next = said_next, .take = said_take};
    struct said said = {.data = data, .size = size < SIZE_MAX_SENT ? size : SIZE_MAX_SENT};
    struct qmp_talk talk = {.ops = &ops, .self = &said};

    qmp_talk_all(&talk, 1);
    close(1000);
    CHECK(talk.fd == -1 && !talk.tokener);
    CHECK((talk.result == QMP_DONE) == (talk.reason[0] == '\0'));
    CHECK(talk.result != QMP_LEFT_OUT &&
          strnlen(talk.reason, sizeof(talk.reason)) < sizeof(talk.reason));
    return 0;
}
