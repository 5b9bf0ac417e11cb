/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monitor of one client, on a thread of its own. */
#include "qmp_fake.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "base/util.h"
#include "support.h"

char qmp_fake_directory[64];

void qmp_fake_send(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

void qmp_fake_say(int fd, const char *text)
{
    qmp_fake_send(fd, text, strlen(text));
}

/* The id of the next command, or QMP_FAKE_NO_ID; -1 at the end of the connection. */
long qmp_fake_next_id(int fd)
{
    char line[512];
    size_t n = 0;
    int depth = 0;
    const char *id;
    struct cursor c;
    uint64_t number;

    while (n + 1 < sizeof(line) && recv(fd, &line[n], 1, 0) == 1) {
        depth += (line[n] == '{') - (line[n] == '}');
        if (line[n++] == '}' && depth == 0)
            break;
    }
    line[n] = '\0';
    id = strstr(line, "\"id\":");
    c = cursor_of(id ? id + 5 : "", id ? strlen(id + 5) : 0);
    return cursor_u64(&c, &number) ? (long)number : strstr(line, "execute") ? QMP_FAKE_NO_ID : -1;
}

/* As it stands in an answer. */
const char *qmp_fake_id(char text[32], long id)
{
    text[0] = '\0';
    if (id != QMP_FAKE_NO_ID)
        snprintf(text, 32, ", \"id\": %ld", id);
    return text;
}

void qmp_fake_answer(struct qmp_fake *fake, int fd, long id, const char *before, const char *value)
{
    char text[256], number[32];

    snprintf(text, sizeof(text), "%s{\"return\": %s%s}\r\n", before, value,
             qmp_fake_id(number, id));
    qmp_fake_say(fd, text);
    fake->answered++;
}

/* 10 MB that do not end: text, numbers, blanks, and values that take more memory
 * than they take room. */
void qmp_fake_flood(int fd, const char *start, const char *piece)
{
    char text[4096];
    size_t len = strlen(piece);

    for (size_t i = 0; i + len <= sizeof(text); i += len)
        memcpy(text + i, piece, len);
    qmp_fake_say(fd, start);
    for (size_t sent = 0; sent < 10u * 1024 * 1024; sent += sizeof(text)) {
        if (send(fd, text, sizeof(text) / len * len, MSG_NOSIGNAL) <= 0)
            return;
    }
}

static void *qmp_fake_run(void *argument)
{
    struct qmp_fake *fake = argument;
    char byte;
    int fd;

    while ((fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        fake->behave(fake, fd);
        while (recv(fd, &byte, 1, 0) > 0)
            ;
        close(fd);
        fake->clients++;
    }
    return NULL;
}

void qmp_fake_start(struct qmp_fake *fake, unsigned number, void (*behave)(struct qmp_fake *, int))
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *fake = (struct qmp_fake){.behave = behave};
    snprintf(fake->path, sizeof(fake->path), "%s/%u", qmp_fake_directory, number);
    copy_text(address.sun_path, sizeof(address.sun_path), fake->path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fake->listener >= 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->listener, 1), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, qmp_fake_run, fake), 0);
}

void qmp_fake_stop(struct qmp_fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR); /* wakes accept() */
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    unlink(fake->path);
}
