/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Monitors that behave, and such that do not. */
#include "fake_qmp.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "support.h"

#define GREETING                                                                                   \
    "{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7}}, \"capabilities\": [\"oob\"]}}\r\n"
#define EVENT "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESUME\"}\r\n"

static void fake_send(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static void fake_say(int fd, const char *text)
{
    fake_send(fd, text, strlen(text));
}

#define NO_ID 1000

/* The id of the next command, or NO_ID; -1 at the end of the connection. */
static long fake_next_id(int fd)
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
    return cursor_u64(&c, &number) ? (long)number : strstr(line, "execute") ? NO_ID : -1;
}

/* As it stands in an answer. */
static const char *fake_id(char text[32], long id)
{
    text[0] = '\0';
    if (id != NO_ID)
        snprintf(text, 32, ", \"id\": %ld", id);
    return text;
}

static void fake_answer(struct fake *fake, int fd, long id, const char *before, const char *value)
{
    char text[256], number[32];

    snprintf(text, sizeof(text), "%s{\"return\": %s%s}\r\n", before, value, fake_id(number, id));
    fake_say(fd, text);
    fake->answered++;
}

void behave_well(struct fake *fake, int fd)
{
    long id;

    fake_say(fd, GREETING);
    while ((id = fake_next_id(fd)) >= 0)
        fake_answer(fake, fd, id, "", "{\"n\": 5}");
}

/* Accepts, says what is in the text and no more. */
void behave_mute(struct fake *fake UNUSED, int fd UNUSED)
{
}

void behave_greeting_only(struct fake *fake UNUSED, int fd)
{
    fake_say(fd, GREETING);
}

void behave_negotiating_only(struct fake *fake, int fd)
{
    fake_say(fd, GREETING);
    fake_answer(fake, fd, fake_next_id(fd), "", "{}");
}

/* One byte after the other. */
void behave_in_bytes(struct fake *fake UNUSED, int fd)
{
    char text[256], number[32];
    long id = 0;

    for (const char *p = GREETING; *p; p++)
        fake_send(fd, p, 1);
    while ((id = fake_next_id(fd)) >= 0) {
        snprintf(text, sizeof(text), "{\"return\": {\"n\": 5}%s}\r\n", fake_id(number, id));
        for (const char *p = text; *p; p++)
            fake_send(fd, p, 1);
    }
}

/* As -qmp-pretty writes. */
void behave_pretty(struct fake *fake UNUSED, int fd)
{
    char text[256], number[32];
    long id = 0;

    fake_say(fd,
             "{\r\n    \"QMP\": {\r\n        \"capabilities\": [\r\n        ]\r\n    }\r\n}\r\n");
    while ((id = fake_next_id(fd)) >= 0) {
        snprintf(text, sizeof(text), "{\n    \"return\": {\n        \"n\": 5\n    }%s\n}\n",
                 fake_id(number, id));
        fake_say(fd, text);
    }
}

void behave_eventful(struct fake *fake, int fd)
{
    long id;

    fake_say(fd, GREETING EVENT);
    while ((id = fake_next_id(fd)) >= 0) {
        fake_answer(fake, fd, id, EVENT EVENT, "{\"n\": 5}");
        if (id != NO_ID)
            fake_answer(fake, fd, id, "", "{\"n\": 100}"); /* nobody asked twice */
    }
}

void behave_flooding(struct fake *fake UNUSED, int fd)
{
    char byte;

    fake_say(fd, GREETING);
    for (;;) {
        struct pollfd gone = {.fd = fd, .events = POLLIN};

        if (send(fd, EVENT, sizeof(EVENT) - 1, MSG_NOSIGNAL) < 0)
            return;
        (void)poll(&gone, 1, 1);
        if (gone.revents & POLLHUP || (gone.revents & POLLIN && recv(fd, &byte, 1, 0) <= 0))
            return;
    }
}

void behave_wrongly_numbered(struct fake *fake, int fd)
{
    long id;

    fake_say(fd, GREETING);
    while ((id = fake_next_id(fd)) >= 0) {
        if (id == NO_ID) {
            fake_answer(fake, fd, id, "", "{}");
            continue;
        }
        fake_answer(fake, fd, id + 100, "", "{}");
        fake_answer(fake, fd, -id - 1, "", "{}");
        fake_say(fd, "{\"return\": {\"n\": 1}}\r\n{\"return\": {\"n\": 1}, \"id\": \"x\"}\r\n");
    }
}

void behave_refusing(struct fake *fake, int fd)
{
    char text[256], number[32];
    long id;

    fake_say(fd, GREETING);
    fake_answer(fake, fd, fake_next_id(fd), "", "{}");
    while ((id = fake_next_id(fd)) >= 0) {
        snprintf(text, sizeof(text),
                 "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}%s}\r\n",
                 fake_id(number, id));
        fake_say(fd, text);
    }
}

void behave_unnegotiable(struct fake *fake UNUSED, int fd)
{
    char text[256], number[32];

    fake_say(fd, GREETING);
    snprintf(text, sizeof(text), "{\"error\": {}%s}\r\n", fake_id(number, fake_next_id(fd)));
    fake_say(fd, text);
}

void behave_endless(struct fake *fake UNUSED, int fd)
{
    static const char piece[4096] = "";
    char text[sizeof(piece)];

    memset(text, 'x', sizeof(text));
    fake_say(fd, GREETING "{\"return\": \"");
    while (send(fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
        ;
}

/* 10 MB that do not end: text, numbers, blanks, and values that take more memory
 * than they take room. */
static void fake_flood(int fd, const char *start, const char *piece)
{
    char text[4096];
    size_t len = strlen(piece);

    for (size_t i = 0; i + len <= sizeof(text); i += len)
        memcpy(text + i, piece, len);
    fake_say(fd, start);
    for (size_t sent = 0; sent < 10u * 1024 * 1024; sent += sizeof(text)) {
        if (send(fd, text, sizeof(text) / len * len, MSG_NOSIGNAL) <= 0)
            return;
    }
}

void behave_endless_greeting(struct fake *fake UNUSED, int fd)
{
    fake_flood(fd, "{\"QMP\": \"", "x");
}

void behave_blank(struct fake *fake UNUSED, int fd)
{
    fake_flood(fd, GREETING, " ");
}

void behave_numerous(struct fake *fake UNUSED, int fd)
{
    fake_flood(fd, GREETING "{\"return\": ", "1");
}

void behave_wide(struct fake *fake UNUSED, int fd)
{
    fake_flood(fd, GREETING "{\"return\": [", "{},");
}

void behave_wide_in_numbers(struct fake *fake UNUSED, int fd)
{
    fake_flood(fd, GREETING "{\"return\": [", "1,");
}

void behave_deep_in_objects(struct fake *fake UNUSED, int fd)
{
    fake_flood(fd, GREETING, "{\"a\":");
}

void behave_half_greeting(struct fake *fake UNUSED, int fd)
{
    fake_send(fd, GREETING, sizeof(GREETING) / 2);
}

void behave_half_answer(struct fake *fake, int fd)
{
    fake_say(fd, GREETING);
    fake_answer(fake, fd, fake_next_id(fd), "", "{}");
    fake_say(fd, "{\"return\": {\"n\"");
}

void behave_vanishing(struct fake *fake, int fd)
{
    behave_half_answer(fake, fd);
    shutdown(fd, SHUT_RDWR);
}

/* The last answer first, which QEMU does to no client that has not asked for it. */
void behave_backwards(struct fake *fake, int fd)
{
    long ids[3], id;

    fake_say(fd, GREETING);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        ids[i] = fake_next_id(fd);
    for (size_t i = ARRAY_SIZE(ids); i--;)
        fake_answer(fake, fd, ids[i], i ? EVENT : "", "{\"n\": 5}");
    while ((id = fake_next_id(fd)) >= 0)
        fake_answer(fake, fd, id, "", "{\"n\": 5}");
}

/* Events that no version sends, and answers that are no objects. */
void behave_strangely(struct fake *fake, int fd)
{
    static const char *const values[] = {"{}", "5", "[[]]", "\"n\""};
    long id;

    fake_say(fd, GREETING);
    for (size_t i = 0; (id = fake_next_id(fd)) >= 0; i++) {
        fake_say(fd,
                 "{\"event\": {\"x\": []}, \"data\": null}\r\n{}\r\n{\"event\": 5, \"id\": {}}\r\n"
                 "{\"id\": 1e300, \"return\": {\"n\": 9}}\r\n{\"event\": \"FROM_THE_FUTURE\"}\r\n");
        fake_answer(fake, fd, id, "", values[i % ARRAY_SIZE(values)]);
    }
}

void behave_deep(struct fake *fake UNUSED, int fd)
{
    char text[4096];

    memset(text, '[', sizeof(text));
    fake_say(fd, GREETING "{\"return\": ");
    fake_send(fd, text, sizeof(text));
}

void behave_garbled(struct fake *fake UNUSED, int fd)
{
    fake_say(fd, GREETING "}{}{");
}

void behave_with_nul(struct fake *fake UNUSED, int fd)
{
    fake_send(fd, GREETING "{\"return\": \0}", sizeof(GREETING "{\"return\": \0}") - 1);
}

void behave_as_array(struct fake *fake UNUSED, int fd)
{
    fake_say(fd, "[1, 2]\r\n");
}

void behave_as_other(struct fake *fake UNUSED, int fd)
{
    fake_say(fd, "{\"hello\": 1}\r\n");
}

/* Closes after so many steps as clients have come. */
void behave_closing(struct fake *fake, int fd)
{
    for (unsigned step = 0; step < fake->clients; step++) {
        if (step == 0)
            fake_say(fd, GREETING);
        else
            fake_answer(fake, fd, fake_next_id(fd), "", "{\"n\": 5}");
    }
    shutdown(fd, SHUT_RDWR);
}

static void *fake_run(void *argument)
{
    struct fake *fake = argument;
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

void fake_start(struct fake *fake, const char *directory, unsigned number,
                void (*behave)(struct fake *, int))
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *fake = (struct fake){.behave = behave};
    snprintf(fake->path, sizeof(fake->path), "%s/%u", directory, number);
    copy_text(address.sun_path, sizeof(address.sun_path), fake->path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fake->listener >= 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->listener, 1), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

void fake_stop(struct fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR); /* wakes accept() */
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    unlink(fake->path);
}
