/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/notify: what a service manager gets to read, on a real socket. */
#include "app/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "made_frame.h"
#include "support.h"

/* A manager: a socket that is read from, and the time of the frames. */
struct manager {
    char dir[32];
    char name[64]; /* as the variable has it */
    int fd;
    struct made_frame made;
    char text[1024];
};

static void manager_listen(struct manager *m)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(m->name));

    copy_text(address.sun_path, sizeof(address.sun_path), m->name);
    if (m->name[0] == '@')
        address.sun_path[0] = '\0';
    m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(m->fd >= 0);
    assert_int_equal(bind(m->fd, (const struct sockaddr *)&address, len), 0);
}

static void manager_init(struct manager *m, bool abstract)
{
    *m = (struct manager){.fd = -1};
    copy_text(m->dir, sizeof(m->dir), "/tmp/test-notify-XXXXXX");
    assert_non_null(mkdtemp(m->dir));
    if (abstract)
        snprintf(m->name, sizeof(m->name), "@test-notify-%ld", (long)getpid());
    else
        snprintf(m->name, sizeof(m->name), "%s/socket", m->dir);
    manager_listen(m);
    made_frame_init(&m->made);
    m->made.frame->at = mono_add_seconds((struct mono){0}, 1000);
    m->made.frame->agent.source = "libvirt";
    m->made.frame->agent.source_up = true;
    setenv("NOTIFY_SOCKET", m->name, 1);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void manager_done(struct manager *m)
{
    if (m->fd >= 0)
        close(m->fd);
    if (m->name[0] == '/')
        unlink(m->name);
    assert_int_equal(rmdir(m->dir), 0);
    made_frame_done(&m->made);
}

/* The next message, "" if there is none. */
static const char *manager_read(struct manager *m)
{
    ssize_t n = recv(m->fd, m->text, sizeof(m->text) - 1, 0);

    if (n < 0)
        assert_int_equal(errno, EAGAIN);
    m->text[n > 0 ? n : 0] = '\0';
    return m->text;
}

/* What a cycle so many seconds after the one before has it read. */
static const char *manager_cycle(struct manager *m, struct notify *notify, double seconds)
{
    m->made.frame->at = mono_add_seconds(m->made.frame->at, seconds);
    notify_cycle(notify, m->made.frame);
    return manager_read(m);
}

static void set_watchdog(unsigned long long usec, long pid)
{
    char text[32];

    snprintf(text, sizeof(text), "%llu", usec);
    setenv("WATCHDOG_USEC", text, 1);
    snprintf(text, sizeof(text), "%ld", pid);
    setenv("WATCHDOG_PID", text, 1);
}

/* Without a watchdog: ready once, then nothing that did not change. */
static void test_ready(void **state UNUSED)
{
    for (unsigned abstract = 0; abstract < 2; abstract++) {
        struct manager m;
        struct notify *notify;

        manager_init(&m, abstract);
        made_frame_vm(&m.made, "web");
        notify = notify_new(2);
        assert_non_null(notify);
        assert_null(getenv("NOTIFY_SOCKET"));
        assert_string_equal(manager_read(&m), "");
        assert_string_equal(manager_cycle(&m, notify, 2),
                            "READY=1\nSTATUS=1 VM by libvirt, every 2 s\n");
        assert_string_equal(manager_cycle(&m, notify, 2), "");
        made_frame_vm(&m.made, "db");
        assert_string_equal(manager_cycle(&m, notify, 2), "STATUS=2 VMs by libvirt, every 2 s\n");
        notify_stopping(notify, 6.5);
        assert_string_equal(manager_read(&m),
                            "STOPPING=1\nSTATUS=ending, within 7 s\nEXTEND_TIMEOUT_USEC=6500000\n");
        notify_free(notify);
        manager_done(&m);
    }
}

static void add_silent(struct manager *m, const char *name)
{
    size_t row = made_frame_vm(&m->made, name);

    frame_set_number(&m->made.frame->tables[SCOPE_VM], row, VM_STALE, 7);
}

/* The line for people; names of VMs cannot add lines of their own to it. */
static void test_status(void **state UNUSED)
{
    struct manager m;
    struct notify *notify;

    manager_init(&m, false);
    notify = notify_new(0.5);
    assert_string_equal(manager_cycle(&m, notify, 1),
                        "READY=1\nSTATUS=no VM by libvirt, every 0.5 s\n");
    add_silent(&m, "a\nREADY=1\nb");
    assert_string_equal(manager_cycle(&m, notify, 1),
                        "STATUS=1 VM by libvirt, every 0.5 s, 1 silent: a?READY=1?b\n");
    add_silent(&m, "123456789012345678901234567890123456789012345678too long");
    add_silent(&m, "c");
    add_silent(&m, "d");
    assert_string_equal(manager_cycle(&m, notify, 1),
                        "STATUS=4 VMs by libvirt, every 0.5 s, 4 silent: a?READY=1?b, "
                        "123456789012345678901234567890123456789012345678, c, ...\n");
    m.made.frame->agent.source_up = false;
    assert_string_equal(manager_cycle(&m, notify, 1),
                        "STATUS=4 VMs by libvirt, every 0.5 s; libvirt does not answer\n");
    /* Of the others none stands for all VMs: with monitors that are closed to it, it lives. */
    m.made.frame->agent.source = "processes";
    assert_string_equal(manager_cycle(&m, notify, 1),
                        "STATUS=4 VMs by processes, every 0.5 s, 4 silent: a?READY=1?b, "
                        "123456789012345678901234567890123456789012345678, c, ...\n");
    m.made.frame->agent.source = NULL;
    notify_interval(notify, 10);
    assert_string_equal(manager_read(&m), "");
    assert_string_equal(manager_cycle(&m, notify, 1), "STATUS=4 VMs, every 10 s, 4 silent: "
                                                      "a?READY=1?b, 12345678901234567890123456789"
                                                      "0123456789012345678, c, ...\n");
    notify_free(notify);
    manager_done(&m);
}

/* Fed by cycles, by not too many of them. */
static void test_watchdog(void **state UNUSED)
{
    struct manager m;
    struct notify *notify;

    manager_init(&m, false);
    set_watchdog(60000000, (long)getpid());
    notify = notify_new(0.1);
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    assert_string_equal(manager_cycle(&m, notify, 1),
                        "READY=1\nWATCHDOG=1\nSTATUS=no VM by libvirt, every 0.1 s\n");
    assert_string_equal(manager_cycle(&m, notify, 0.4), "");
    assert_string_equal(manager_cycle(&m, notify, 0.2), "WATCHDOG=1\n");
    assert_string_equal(manager_cycle(&m, notify, 0.1), "");
    assert_string_equal(manager_cycle(&m, notify, 2), "WATCHDOG=1\n");
    notify_free(notify);

    /* One of half a second: four times in it. */
    setenv("NOTIFY_SOCKET", m.name, 1);
    set_watchdog(500000, (long)getpid());
    notify = notify_new(0.1);
    (void)manager_cycle(&m, notify, 1);
    assert_string_equal(manager_cycle(&m, notify, 0.1), "");
    assert_string_equal(manager_cycle(&m, notify, 0.1), "WATCHDOG=1\n");
    notify_free(notify);
    manager_done(&m);
}

/* A watchdog that would bite between two cycles gets more time, no sooner than it runs. */
static void test_watchdog_interval(void **state UNUSED)
{
    struct manager m;
    struct notify *notify;

    manager_init(&m, false);
    set_watchdog(60000000, (long)getpid());
    notify = notify_new(100);
    notify_interval(notify, 300);
    assert_string_equal(manager_read(&m), "");
    assert_string_equal(manager_cycle(&m, notify, 300),
                        "READY=1\nWATCHDOG_USEC=900000000\nWATCHDOG=1\n"
                        "STATUS=no VM by libvirt, every 300 s\n");
    assert_string_equal(manager_cycle(&m, notify, 300), "WATCHDOG=1\n");
    notify_interval(notify, 400);
    assert_string_equal(manager_read(&m), "WATCHDOG_USEC=1200000000\n");
    notify_interval(notify, 2); /* no less than it had at first */
    assert_string_equal(manager_read(&m), "WATCHDOG_USEC=60000000\n");
    notify_interval(notify, 20);
    assert_string_equal(manager_read(&m), "");
    notify_free(notify);
    manager_done(&m);
}

/* Of another process, or nonsense: there is none. */
static void test_watchdog_foreign(void **state UNUSED)
{
    static const char *const wrong[] = {"0", "-1", "60s", "18446744073709551615", " "};
    struct manager m;
    struct notify *notify;

    manager_init(&m, false);
    set_watchdog(60000000, (long)getpid() + 1);
    notify = notify_new(2);
    (void)manager_cycle(&m, notify, 2);
    assert_string_equal(manager_cycle(&m, notify, 2), "");
    notify_free(notify);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        setenv("NOTIFY_SOCKET", m.name, 1);
        setenv("WATCHDOG_USEC", wrong[i], 1);
        notify = notify_new(2);
        (void)manager_cycle(&m, notify, 2);
        assert_string_equal(manager_cycle(&m, notify, 2), "");
        notify_free(notify);
    }
    /* One that does not say whose it is, is ours. */
    setenv("NOTIFY_SOCKET", m.name, 1);
    setenv("WATCHDOG_USEC", "60000000", 1);
    notify = notify_new(2);
    (void)manager_cycle(&m, notify, 2);
    assert_string_equal(manager_cycle(&m, notify, 2), "WATCHDOG=1\n");
    notify_free(notify);
    manager_done(&m);
}

/* A manager that is gone, or does not read, hurts nobody; what it missed it is told later. */
static void test_vanished(void **state UNUSED)
{
    struct manager m;
    struct notify *notify;
    unsigned n = 0;

    manager_init(&m, false);
    close(m.fd);
    assert_int_equal(unlink(m.name), 0);
    notify = notify_new(2);
    assert_non_null(notify);
    notify_cycle(notify, m.made.frame);
    manager_listen(&m);
    assert_string_equal(manager_cycle(&m, notify, 2),
                        "READY=1\nSTATUS=no VM by libvirt, every 2 s\n");
    close(m.fd);
    made_frame_vm(&m.made, "web");
    notify_cycle(notify, m.made.frame);
    notify_stopping(notify, 1);
    assert_int_equal(unlink(m.name), 0);
    manager_listen(&m);
    assert_string_equal(manager_cycle(&m, notify, 2), "STATUS=1 VM by libvirt, every 2 s\n");
    for (unsigned i = 0; i < 2000; i++) /* more than a socket holds */
        notify_stopping(notify, 1);
    while (*manager_read(&m))
        n++;
    assert_in_range(n, 1, 1999);
    notify_free(notify);
    manager_done(&m);
}

/* Nobody to tell, or nobody that can be. */
static void test_nobody(void **state UNUSED)
{
    static const char *const unusable[] = {"", "relative", "/", "@", "vsock:2:1234"};
    char path[200];

    unsetenv("NOTIFY_SOCKET");
    assert_null(notify_new(2));
    for (size_t i = 0; i < ARRAY_SIZE(unusable); i++) {
        setenv("NOTIFY_SOCKET", unusable[i], 1);
        assert_null(notify_new(2));
        assert_null(getenv("NOTIFY_SOCKET"));
    }
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    setenv("NOTIFY_SOCKET", path, 1);
    assert_null(notify_new(2));
    notify_cycle(NULL, NULL);
    notify_interval(NULL, 1);
    notify_stopping(NULL, 1);
    notify_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_watchdog_interval),
        cmocka_unit_test(test_watchdog_foreign),
        cmocka_unit_test(test_vanished),
        cmocka_unit_test(test_nobody),
    };

    alarm(60); /* nothing here waits */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
