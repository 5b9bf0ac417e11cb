/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pseudo-terminal with a terminal on it. */
#include "pty.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support.h"

struct pty pty = {.master = -1, .slave = -1};

void pty_open(unsigned rows, unsigned cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    char name[64];

    pty.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert_true(pty.master >= 0);
    assert_int_equal(grantpt(pty.master), 0);
    assert_int_equal(unlockpt(pty.master), 0);
    assert_int_equal(ptsname_r(pty.master, name, sizeof(name)), 0);
    pty.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(pty.slave >= 0);
    assert_int_equal(ioctl(pty.slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(tcgetattr(pty.slave, &pty.before), 0);
    pty.seen = 0;
}

void pty_start(const char *type, bool mouse)
{
    char error[256] = "";

    pty_open(24, 80);
    setenv("TERM", type, 1);
    if (terminal_open(pty.slave, mouse, &pty.terminal, error, sizeof(error)) != 0)
        fail_msg("%s: %s", type, error);
    pty.canvas.utf8 = terminal_is_utf8(pty.terminal);
    canvas_resize(&pty.canvas, 24, 80);
}

static void pty_close(void)
{
    if (pty.master >= 0)
        close(pty.master);
    if (pty.slave >= 0)
        close(pty.slave);
    pty.master = pty.slave = -1;
}

void pty_stop(void)
{
    terminal_close(pty.terminal);
    pty.terminal = NULL;
    pty_close();
}

int pty_teardown(void **state UNUSED)
{
    pty_stop();
    canvas_done(&pty.canvas);
    buf_done(&pty.out);
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int pty_setup(void **state UNUSED)
{
    pty.master = pty.slave = -1;
    return 0;
}

void pty_read(uint64_t count)
{
    while (count) {
        struct pollfd ready = {.fd = pty.master, .events = POLLIN};
        char bytes[4096];
        ssize_t n;

        assert_int_equal(poll(&ready, 1, PTY_PATIENCE_MS), 1);
        n = read(pty.master, bytes, min_size(sizeof(bytes), count));
        assert_true(n > 0);
        buf_add(&pty.out, bytes, (size_t)n);
        count -= (uint64_t)n;
        pty.seen += (uint64_t)n;
    }
}

const char *pty_sent(void)
{
    buf_clear(&pty.out);
    while (!terminal_flush(pty.terminal)) {
        struct pollfd ready = {.fd = pty.master, .events = POLLIN};

        assert_int_equal(poll(&ready, 1, PTY_PATIENCE_MS), 1);
        pty_read(1);
    }
    pty_read(terminal_bytes(pty.terminal) - pty.seen);
    return buf_text(&pty.out);
}

const char *pty_paint(void)
{
    terminal_paint(pty.terminal, &pty.canvas, false, NULL);
    return pty_sent();
}

const char *pty_wait_for(const char *until)
{
    buf_clear(&pty.out);
    while (!strstr(buf_text(&pty.out), until))
        pty_read(1);
    return buf_text(&pty.out);
}

bool pty_next_input(struct terminal_input *input)
{
    struct pollfd ready = {.fd = pty.slave, .events = POLLIN};

    while (!terminal_read(pty.terminal, input)) {
        if (poll(&ready, 1, PTY_PATIENCE_MS) != 1)
            return false;
    }
    return true;
}

int pty_next_key(void)
{
    struct terminal_input input = {0};

    assert_true(pty_next_input(&input));
    assert_int_equal(input.button, 0);
    assert_int_equal(input.wheel, 0);
    return input.key;
}

void pty_type(const char *bytes)
{
    assert_int_equal(write(pty.master, bytes, strlen(bytes)), strlen(bytes));
}

void pty_check_key(const char *bytes, int key)
{
    char both[64];
    int got;

    snprintf(both, sizeof(both), "%s~", bytes);
    pty_type(both);
    got = pty_next_key();
    if (key && got != key)
        fail_msg("'\\033%s' is %#x, not %#x", bytes + 1, (unsigned)got, (unsigned)key);
    if (key)
        got = pty_next_key();
    if (got != '~')
        fail_msg("'\\033%s' is followed by %#x", bytes + 1, (unsigned)got);
}
