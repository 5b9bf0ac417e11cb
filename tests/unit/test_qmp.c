/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/qmp: conversations with monitors that behave and such that do not. */
#include "connect/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "qmp_fake.h"
#include "support.h"

#define CROWD 200

/* The client's side: asks two commands, then one more. */
struct asker {
    struct qmp_fake *fake;
    int error; /* of connect, instead of connecting */
    unsigned taken, errors;
    int64_t sum;
};

static void behave_well(struct qmp_fake *fake, int fd)
{
    long id;

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    while ((id = qmp_fake_next_id(fd)) >= 0)
        qmp_fake_answer(fake, fd, id, "", "{\"n\": 5}");
}

/* Accepts, says what is in the text and no more. */
static void behave_mute(struct qmp_fake *fake UNUSED, int fd UNUSED)
{
}

static void behave_greeting_only(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_say(fd, QMP_FAKE_GREETING);
}

static void behave_negotiating_only(struct qmp_fake *fake, int fd)
{
    qmp_fake_say(fd, QMP_FAKE_GREETING);
    qmp_fake_answer(fake, fd, qmp_fake_next_id(fd), "", "{}");
}

/* One byte after the other. */
static void behave_in_bytes(struct qmp_fake *fake UNUSED, int fd)
{
    char text[256], number[32];
    long id = 0;

    for (const char *p = QMP_FAKE_GREETING; *p; p++)
        qmp_fake_send(fd, p, 1);
    while ((id = qmp_fake_next_id(fd)) >= 0) {
        snprintf(text, sizeof(text), "{\"return\": {\"n\": 5}%s}\r\n", qmp_fake_id(number, id));
        for (const char *p = text; *p; p++)
            qmp_fake_send(fd, p, 1);
    }
}

/* As -qmp-pretty writes. */
static void behave_pretty(struct qmp_fake *fake UNUSED, int fd)
{
    char text[256], number[32];
    long id = 0;

    qmp_fake_say(
        fd, "{\r\n    \"QMP\": {\r\n        \"capabilities\": [\r\n        ]\r\n    }\r\n}\r\n");
    while ((id = qmp_fake_next_id(fd)) >= 0) {
        snprintf(text, sizeof(text), "{\n    \"return\": {\n        \"n\": 5\n    }%s\n}\n",
                 qmp_fake_id(number, id));
        qmp_fake_say(fd, text);
    }
}

static void behave_eventful(struct qmp_fake *fake, int fd)
{
    long id;

    qmp_fake_say(fd, QMP_FAKE_GREETING QMP_FAKE_EVENT);
    while ((id = qmp_fake_next_id(fd)) >= 0) {
        qmp_fake_answer(fake, fd, id, QMP_FAKE_EVENT QMP_FAKE_EVENT, "{\"n\": 5}");
        if (id != QMP_FAKE_NO_ID)
            qmp_fake_answer(fake, fd, id, "", "{\"n\": 100}"); /* nobody asked twice */
    }
}

static void behave_flooding(struct qmp_fake *fake UNUSED, int fd)
{
    char byte;

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    for (;;) {
        struct pollfd gone = {.fd = fd, .events = POLLIN};

        if (send(fd, QMP_FAKE_EVENT, sizeof(QMP_FAKE_EVENT) - 1, MSG_NOSIGNAL) < 0)
            return;
        (void)poll(&gone, 1, 1);
        if (gone.revents & POLLHUP || (gone.revents & POLLIN && recv(fd, &byte, 1, 0) <= 0))
            return;
    }
}

static void behave_wrongly_numbered(struct qmp_fake *fake, int fd)
{
    long id;

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    while ((id = qmp_fake_next_id(fd)) >= 0) {
        if (id == QMP_FAKE_NO_ID) {
            qmp_fake_answer(fake, fd, id, "", "{}");
            continue;
        }
        qmp_fake_answer(fake, fd, id + 100, "", "{}");
        qmp_fake_answer(fake, fd, -id - 1, "", "{}");
        qmp_fake_say(fd, "{\"return\": {\"n\": 1}}\r\n{\"return\": {\"n\": 1}, \"id\": \"x\"}\r\n");
    }
}

static void behave_refusing(struct qmp_fake *fake, int fd)
{
    char text[256], number[32];
    long id;

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    qmp_fake_answer(fake, fd, qmp_fake_next_id(fd), "", "{}");
    while ((id = qmp_fake_next_id(fd)) >= 0) {
        snprintf(text, sizeof(text),
                 "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}%s}\r\n",
                 qmp_fake_id(number, id));
        qmp_fake_say(fd, text);
    }
}

static void behave_unnegotiable(struct qmp_fake *fake UNUSED, int fd)
{
    char text[256], number[32];

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    snprintf(text, sizeof(text), "{\"error\": {}%s}\r\n",
             qmp_fake_id(number, qmp_fake_next_id(fd)));
    qmp_fake_say(fd, text);
}

static void behave_endless(struct qmp_fake *fake UNUSED, int fd)
{
    static const char piece[4096] = "";
    char text[sizeof(piece)];

    memset(text, 'x', sizeof(text));
    qmp_fake_say(fd, QMP_FAKE_GREETING "{\"return\": \"");
    while (send(fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
        ;
}

static void behave_endless_greeting(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_flood(fd, "{\"QMP\": \"", "x");
}

static void behave_blank(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_flood(fd, QMP_FAKE_GREETING, " ");
}

static void behave_numerous(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_flood(fd, QMP_FAKE_GREETING "{\"return\": ", "1");
}

static void behave_wide(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_flood(fd, QMP_FAKE_GREETING "{\"return\": [", "{},");
}

static void behave_wide_in_numbers(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_flood(fd, QMP_FAKE_GREETING "{\"return\": [", "1,");
}

static void behave_deep_in_objects(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_flood(fd, QMP_FAKE_GREETING, "{\"a\":");
}

static void behave_half_greeting(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_send(fd, QMP_FAKE_GREETING, sizeof(QMP_FAKE_GREETING) / 2);
}

static void behave_half_answer(struct qmp_fake *fake, int fd)
{
    qmp_fake_say(fd, QMP_FAKE_GREETING);
    qmp_fake_answer(fake, fd, qmp_fake_next_id(fd), "", "{}");
    qmp_fake_say(fd, "{\"return\": {\"n\"");
}

static void behave_vanishing(struct qmp_fake *fake, int fd)
{
    behave_half_answer(fake, fd);
    shutdown(fd, SHUT_RDWR);
}

/* The last answer first, which QEMU does to no client that has not asked for it. */
static void behave_backwards(struct qmp_fake *fake, int fd)
{
    long ids[3], id;

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        ids[i] = qmp_fake_next_id(fd);
    for (size_t i = ARRAY_SIZE(ids); i--;)
        qmp_fake_answer(fake, fd, ids[i], i ? QMP_FAKE_EVENT : "", "{\"n\": 5}");
    while ((id = qmp_fake_next_id(fd)) >= 0)
        qmp_fake_answer(fake, fd, id, "", "{\"n\": 5}");
}

/* Events that no version sends, and answers that are no objects. */
static void behave_strangely(struct qmp_fake *fake, int fd)
{
    static const char *const values[] = {"{}", "5", "[[]]", "\"n\""};
    long id;

    qmp_fake_say(fd, QMP_FAKE_GREETING);
    for (size_t i = 0; (id = qmp_fake_next_id(fd)) >= 0; i++) {
        qmp_fake_say(
            fd, "{\"event\": {\"x\": []}, \"data\": null}\r\n{}\r\n{\"event\": 5, \"id\": {}}\r\n"
                "{\"id\": 1e300, \"return\": {\"n\": 9}}\r\n{\"event\": \"FROM_THE_FUTURE\"}\r\n");
        qmp_fake_answer(fake, fd, id, "", values[i % ARRAY_SIZE(values)]);
    }
}

static void behave_deep(struct qmp_fake *fake UNUSED, int fd)
{
    char text[4096];

    memset(text, '[', sizeof(text));
    qmp_fake_say(fd, QMP_FAKE_GREETING "{\"return\": ");
    qmp_fake_send(fd, text, sizeof(text));
}

static void behave_garbled(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_say(fd, QMP_FAKE_GREETING "}{}{");
}

static void behave_with_nul(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_send(fd, QMP_FAKE_GREETING "{\"return\": \0}",
                  sizeof(QMP_FAKE_GREETING "{\"return\": \0}") - 1);
}

static void behave_as_array(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_say(fd, "[1, 2]\r\n");
}

static void behave_as_other(struct qmp_fake *fake UNUSED, int fd)
{
    qmp_fake_say(fd, "{\"hello\": 1}\r\n");
}

/* Closes after so many steps as clients have come. */
static void behave_closing(struct qmp_fake *fake, int fd)
{
    for (unsigned step = 0; step < fake->clients; step++) {
        if (step == 0)
            qmp_fake_say(fd, QMP_FAKE_GREETING);
        else
            qmp_fake_answer(fake, fd, qmp_fake_next_id(fd), "", "{\"n\": 5}");
    }
    shutdown(fd, SHUT_RDWR);
}

static int asker_connect(void *self)
{
    struct asker *asker = self;

    return asker->error ? asker->error : qmp_connect(asker->fake->path);
}

static void asker_next(void *self, struct qmp_talk *talk)
{
    struct asker *asker = self;

    if (talk->batch == 0) {
        qmp_ask(talk, 0, "query-a", NULL);
        qmp_ask(talk, 1, "query-b", "{\"path\":\"/machine\"}");
    } else if (asker->taken + asker->errors < 3) {
        qmp_ask(talk, 30, "query-c", NULL);
    }
}

static void asker_take(void *self, unsigned tag, struct json_object *value, struct mono at)
{
    struct asker *asker = self;
    struct json_object *n = NULL;

    assert_true(tag == 0 || tag == 1 || tag == 30);
    assert_true(at.ns > 0);
    if (!value) {
        asker->errors++;
        return;
    }
    asker->taken++;
    if (json_object_object_get_ex(value, "n", &n))
        asker->sum += json_object_get_int64(n);
}

static const struct qmp_ops asker_ops = {
    .connect = asker_connect, .next = asker_next, .take = asker_take};

#define TRIES 20

/* A conversation with a monitor that behaves so; with one that ought to answer,
 * some more, as a slow machine may take longer than the client waits. */
static struct qmp_talk converse(void (*behave)(struct qmp_fake *, int), struct asker *asker,
                                unsigned tries)
{
    struct qmp_fake fake;
    struct qmp_talk talk;

    qmp_fake_start(&fake, 0, behave);
    do {
        *asker = (struct asker){.fake = &fake};
        talk = (struct qmp_talk){.ops = &asker_ops, .self = asker};
        qmp_talk_all(&talk, 1);
    } while (--tries && talk.result != QMP_DONE);
    assert_int_equal(talk.fd, -1);
    assert_null(talk.tokener);
    assert_int_equal(strlen(talk.reason) == 0, talk.result == QMP_DONE);
    qmp_fake_stop(&fake);
    return talk;
}

#define assert_talk(behave, expected, text, taken_count)                                           \
    do {                                                                                           \
        struct asker asker_;                                                                       \
        struct qmp_talk talk_ = converse(behave, &asker_, 1);                                      \
        assert_string_equal(talk_.reason, text);                                                   \
        assert_int_equal(talk_.result, expected);                                                  \
        assert_int_equal(asker_.taken, taken_count);                                               \
    } while (0)

static void test_good(void **state UNUSED)
{
    void (*const good[])(struct qmp_fake *, int) = {behave_well, behave_in_bytes, behave_pretty,
                                                    behave_eventful};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct asker asker;
        struct qmp_talk talk = converse(good[i], &asker, TRIES);

        assert_int_equal(talk.result, QMP_DONE);
        assert_int_equal(asker.taken, 3);
        assert_int_equal(asker.sum, 15);
    }
}

static void test_silent(void **state UNUSED)
{
    assert_talk(behave_mute, QMP_BUSY, "QMP busy", 0);
    assert_talk(behave_greeting_only, QMP_SILENT, "QMP does not answer", 0);
    assert_talk(behave_negotiating_only, QMP_SILENT, "QMP does not answer", 0);
    assert_talk(behave_wrongly_numbered, QMP_SILENT, "QMP does not answer", 1);
    assert_talk(behave_backwards, QMP_SILENT, "QMP does not answer", 1);
    assert_talk(behave_flooding, QMP_SILENT, "QMP does not answer", 0);
    assert_talk(behave_half_greeting, QMP_BUSY, "QMP busy", 0);
    assert_talk(behave_half_answer, QMP_SILENT, "QMP does not answer", 0);
    assert_talk(behave_vanishing, QMP_FAILED, "QMP: the connection was closed", 0);
}

static void test_strange(void **state UNUSED)
{
    struct asker asker;
    struct qmp_talk talk = converse(behave_strangely, &asker, TRIES);

    assert_int_equal(talk.result, QMP_DONE);
    assert_int_equal(asker.taken, 3);
    assert_int_equal(asker.sum, 0);
}

static void test_errors(void **state UNUSED)
{
    struct asker asker;
    struct qmp_talk talk = converse(behave_refusing, &asker, TRIES);

    assert_int_equal(talk.result, QMP_DONE);
    assert_int_equal(asker.taken, 0);
    assert_int_equal(asker.errors, 3);
    assert_talk(behave_unnegotiable, QMP_FAILED, "QMP: the monitor does not negotiate", 0);
}

static void test_garbage(void **state UNUSED)
{
    assert_talk(behave_deep, QMP_FAILED, "QMP: garbled answer", 0);
    assert_talk(behave_deep_in_objects, QMP_FAILED, "QMP: garbled answer", 0);
    assert_talk(behave_garbled, QMP_FAILED, "QMP: garbled answer", 0);
    assert_talk(behave_with_nul, QMP_FAILED, "QMP: garbled answer", 0);
    assert_talk(behave_as_array, QMP_FAILED, "QMP: garbled answer", 0);
    assert_talk(behave_as_other, QMP_FAILED, "QMP: no monitor greets there", 0);
}

/* They are ended by their length or by what they hold, or before that by the time they take. */
static void test_endless(void **state UNUSED)
{
    static const struct {
        void (*behave)(struct qmp_fake *, int);
        size_t received; /* at most, bytes */
    } cases[] = {
        {behave_endless, 9 << 20},         {behave_endless_greeting, 9 << 20},
        {behave_blank, 9 << 20},           {behave_numerous, 9 << 20},
        {behave_wide, 300 << 10}, /* 60,000 objects */
        {behave_wide_in_numbers, 3 << 20},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asker asker;
        struct qmp_talk talk = converse(cases[i].behave, &asker, 1);

        if (talk.result != QMP_SILENT && talk.result != QMP_BUSY) {
            assert_int_equal(talk.result, QMP_FAILED);
            assert_string_equal(talk.reason, "QMP: endless answer");
        }
        assert_int_equal(asker.taken, 0);
        assert_in_range(talk.received, 1, cases[i].received);
    }
}

/* Without a word, after the greeting, after each answer: 4 with the negotiation. */
static void test_closing(void **state UNUSED)
{
    struct qmp_fake fake;

    qmp_fake_start(&fake, 0, behave_closing);
    for (unsigned i = 0; i < 6; i++) {
        struct asker asker = {.fake = &fake};
        struct qmp_talk talk = {.ops = &asker_ops, .self = &asker};

        qmp_talk_all(&talk, 1);
        assert_int_equal(talk.fd, -1);
        assert_int_equal(talk.result, i < 5 ? QMP_FAILED : QMP_DONE);
        assert_int_equal(asker.taken, i < 2 ? 0 : i - 2);
        if (i < 5)
            assert_non_null(strstr(talk.reason, "QMP: "));
    }
    qmp_fake_stop(&fake);
}

static void test_unreachable(void **state UNUSED)
{
    static const struct {
        int error;
        enum qmp_result result;
        const char *reason;
    } cases[] = {
        {-EACCES, QMP_DENIED, "QMP: permission denied"},
        {-EPERM, QMP_DENIED, "QMP: permission denied"},
        {-EAGAIN, QMP_BUSY, "QMP busy"},
        {-ENOENT, QMP_FAILED, "QMP: No such file or directory"},
        {-ECONNREFUSED, QMP_FAILED, "QMP: Connection refused"},
    };
    char text[300];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct asker asker = {.error = cases[i].error};
        struct qmp_talk talk = {.ops = &asker_ops, .self = &asker};

        qmp_talk_all(&talk, 1);
        assert_int_equal(talk.result, cases[i].result);
        assert_string_equal(talk.reason, cases[i].reason);
    }
    snprintf(text, sizeof(text), "%s/none", qmp_fake_directory);
    assert_int_equal(qmp_connect(text), -ENOENT);
    memset(text, 'a', 200);
    text[200] = '\0';
    assert_int_equal(qmp_connect(text), -ENAMETOOLONG);
    qmp_talk_all(NULL, 0);
}

/* The queue of a socket whose server accepts nobody. */
static void test_full_queue(void **state UNUSED)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), clients[16];
    size_t count = 0;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/full", qmp_fake_directory);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(qmp_connect(address.sun_path), -ECONNREFUSED);
    assert_int_equal(listen(listener, 1), 0);
    while (count < ARRAY_SIZE(clients) && (clients[count] = qmp_connect(address.sun_path)) >= 0)
        count++;
    assert_in_range(count, 1, 4);
    assert_int_equal(clients[count], -EAGAIN);
    while (count)
        close(clients[--count]);
    close(listener);
    unlink(address.sun_path);
}

static void test_listener(void **state UNUSED)
{
    struct qmp_fake fake;
    struct asker asker = {.fake = &fake};
    struct qmp_talk talk = {.ops = &asker_ops, .self = &asker, .listener = getppid()};

    qmp_fake_start(&fake, 0, behave_well);
    qmp_talk_all(&talk, 1);
    assert_int_equal(talk.result, QMP_FAILED);
    assert_string_equal(talk.reason, "QMP: the socket is another process's");
    talk = (struct qmp_talk){.ops = &asker_ops, .self = &asker, .listener = getpid()};
    qmp_talk_all(&talk, 1);
    assert_int_equal(talk.result, QMP_DONE);
    qmp_fake_stop(&fake);
}

/* Absolute below the root, and relative to the working directory. */
static void test_inside(void **state UNUSED)
{
    int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
    char before[512], path[128];
    struct qmp_fake fake;

    qmp_fake_start(&fake, 7, behave_well);
    assert_int_equal(listen(fake.listener, 16), 0); /* connects faster than it is served */
    fd = qmp_connect_inside(proc_fd, getpid(), fake.path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(path, sizeof(path), "%s/link", qmp_fake_directory);
    assert_int_equal(symlink(fake.path, path), 0);
    fd = qmp_connect_inside(proc_fd, getpid(), path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(qmp_fake_directory), 0);
    fd = qmp_connect_inside(proc_fd, getpid(), "7");
    assert_int_equal(chdir(before), 0);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(qmp_connect_inside(proc_fd, getpid(), "/none"), -ENOENT);
    assert_int_equal(qmp_connect_inside(proc_fd, 0, fake.path), -ENOENT);
    close(proc_fd);
    qmp_fake_stop(&fake);
}

/* More than are held at a time; each tenth hangs in one of two ways. */
static void test_crowd(void **state UNUSED)
{
    static struct qmp_fake fakes[CROWD];
    static struct asker askers[CROWD];
    static struct qmp_talk talks[CROWD];

    for (unsigned i = 0; i < CROWD; i++) {
        qmp_fake_start(&fakes[i], i,
                       i % 20 == 0    ? behave_mute
                       : i % 20 == 10 ? behave_greeting_only
                                      : behave_well);
        askers[i] = (struct asker){.fake = &fakes[i]};
        talks[i] = (struct qmp_talk){.ops = &asker_ops, .self = &askers[i]};
    }
    qmp_talk_all(talks, CROWD);
    for (unsigned i = 0; i < CROWD; i++) {
        assert_int_equal(talks[i].fd, -1);
        for (unsigned n = 0; n < TRIES && i % 10 && talks[i].result != QMP_DONE; n++) {
            askers[i] = (struct asker){.fake = &fakes[i]};
            talks[i] = (struct qmp_talk){.ops = &asker_ops, .self = &askers[i]};
            qmp_talk_all(&talks[i], 1);
        }
        if (i % 20 == 0)
            assert_int_equal(talks[i].result, QMP_BUSY);
        else if (i % 20 == 10)
            assert_int_equal(talks[i].result, QMP_SILENT);
        else
            assert_int_equal(askers[i].taken, 3);
        qmp_fake_stop(&fakes[i]);
    }
}

static int make_directory(void **state UNUSED)
{
    copy_text(qmp_fake_directory, sizeof(qmp_fake_directory), "/tmp/proxtop-qmp-XXXXXX");
    return mkdtemp(qmp_fake_directory) ? 0 : -1;
}

static int remove_directory(void **state UNUSED)
{
    return rmdir(qmp_fake_directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_silent),
        cmocka_unit_test(test_strange),    cmocka_unit_test(test_endless),
        cmocka_unit_test(test_errors),     cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_closing),    cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_full_queue), cmocka_unit_test(test_listener),
        cmocka_unit_test(test_inside),     cmocka_unit_test(test_crowd),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
