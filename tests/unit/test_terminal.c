/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tui/terminal on pseudo-terminals: what is sent, and that the terminal is given back,
 * whatever becomes of it.
 */
#include "tui/terminal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pty.h"
#include "support.h"
#include "tui/keys.h"
#include "tui/tty.h"

static bool same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

static void assert_given_back(void)
{
    struct termios now;

    assert_int_equal(tcgetattr(pty.slave, &now), 0);
    assert_true(same_modes(&now, &pty.before));
}

static unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void refuse(const char *type, const char *expected)
{
    struct terminal *terminal = NULL;
    char error[256] = "";
    unsigned before = count_descriptors();

    if (type)
        setenv("TERM", type, 1);
    else
        unsetenv("TERM");
    assert_int_equal(terminal_open(pty.slave, true, &terminal, error, sizeof(error)), -EINVAL);
    assert_null(terminal);
    assert_non_null(strstr(error, expected));
    assert_non_null(strstr(error, "set TERM to"));
    assert_int_equal(count_descriptors(), before);
    assert_given_back();
}

static void test_refused(void **state UNUSED)
{
    struct terminal *terminal = NULL;
    char error[256] = "", nothing;
    int ends[2];

    pty_open(24, 80);
    refuse("dumb", "'dumb' cannot place its cursor");
    refuse("nonsense", "'nonsense' is not known");
    refuse("../../etc/passwd", "is not known");
    refuse("", "TERM is not set");
    refuse(NULL, "TERM is not set");
    assert_int_equal(read(pty.master, &nothing, 1), -1);
    setenv("TERM", "xterm", 1);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(terminal_open(ends[0], true, &terminal, error, sizeof(error)), -ENOTTY);
    assert_string_not_equal(error, "");
    assert_null(terminal);
    terminal_close(NULL);
    close(ends[0]);
    close(ends[1]);
}

/* Modes while it runs and afterwards; the screen is entered by the first painting. */
static void test_given_back(void **state UNUSED)
{
    static const char *const types[] = {"xterm",         "xterm-256color", "linux", "screen",
                                        "tmux-256color", "vt100",          "rxvt"};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct termios now;
        int flags;

        pty_start(types[i], true);
        flags = fcntl(pty.slave, F_GETFL);
        assert_int_equal(flags & O_NONBLOCK, 0);
        assert_int_equal(tcgetattr(pty.slave, &now), 0);
        assert_int_equal(now.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
        assert_int_equal(now.c_iflag & (tcflag_t)(ICRNL | IXON), 0);
        assert_true(now.c_lflag & ISIG);
        assert_int_equal(terminal_bytes(pty.terminal), 0);
        canvas_put(&pty.canvas, 3, 5, 20, "first", STYLE_NORMAL);
        assert_non_null(strstr(pty_paint(), "first"));
        if (strcmp(types[i], "xterm") == 0) {
            assert_non_null(strstr(buf_text(&pty.out), "\033[?1049h"));
            assert_non_null(strstr(buf_text(&pty.out), "\033[?25l"));
            assert_non_null(strstr(buf_text(&pty.out), "\033[?1006;1000h"));
        }
        terminal_close(pty.terminal);
        pty.terminal = NULL;
        assert_given_back();
        assert_int_equal(fcntl(pty.slave, F_GETFL), flags);
        if (strcmp(types[i], "xterm") == 0) {
            pty_wait_for("\033[?1049l");
            assert_non_null(strstr(buf_text(&pty.out), "\033[?1006;1000l"));
            pty_wait_for("\033[?1l"); /* keypad */
        } else if (strcmp(types[i], "linux") == 0) {
            pty_wait_for("\033[?25h");
            assert_null(strstr(buf_text(&pty.out), "1000"));
        }
        pty_stop();
    }
}

/* What does not change costs nothing, a clock little. */
static void test_bytes(void **state UNUSED)
{
    uint64_t before;

    pty_start("xterm-256color", false);
    for (unsigned row = 0; row < 24; row++) {
        canvas_fill(&pty.canvas, row, 0, 80, ' ', row == 0 ? STYLE_STATUS : STYLE_NORMAL);
        for (unsigned col = 0; row > 2 && col < 80; col += 10)
            canvas_printf(&pty.canvas, row, col, 9, col == 20 ? STYLE_WARN : STYLE_NORMAL, "%u",
                          col);
    }
    canvas_put(&pty.canvas, 0, 71, 8, "14:03:22", STYLE_STATUS);
    assert_non_null(strstr(pty_paint(), "14:03:22"));
    before = terminal_bytes(pty.terminal);
    pty_paint();
    assert_int_equal(terminal_bytes(pty.terminal), before);
    canvas_put(&pty.canvas, 0, 71, 8, "14:03:23", STYLE_STATUS);
    pty_paint();
    assert_in_range(terminal_bytes(pty.terminal) - before, 1, 59);
    /* A minute later the whole of it. */
    before = terminal_bytes(pty.terminal);
    canvas_put(&pty.canvas, 0, 71, 8, "15:14:34", STYLE_STATUS);
    pty_paint();
    assert_in_range(terminal_bytes(pty.terminal) - before, 1, 59);
    before = terminal_bytes(pty.terminal);
    canvas_select(&pty.canvas, 5, 0, 80);
    pty_paint();
    assert_true(terminal_bytes(pty.terminal) - before > 0);
    before = terminal_bytes(pty.terminal);
    terminal_paint(pty.terminal, &pty.canvas, true, NULL);
    assert_non_null(strstr(pty_sent(), "15:14:34"));
    assert_true(terminal_bytes(pty.terminal) - before > 500);
    print_message("# all of the screen: %u bytes\n",
                  (unsigned)(terminal_bytes(pty.terminal) - before));
}

static void test_cursor(void **state UNUSED)
{
    static const unsigned at[] = {6, 9};

    pty_start("xterm", false);
    pty_paint();
    terminal_paint(pty.terminal, &pty.canvas, false, at);
    assert_non_null(strstr(pty_sent(), "\033[7;10H"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[?25h"));
    terminal_paint(pty.terminal, &pty.canvas, false, at);
    assert_string_equal(pty_sent(), "");
    assert_non_null(strstr(pty_paint(), "\033[?25l"));
}

/* Nobody reads: nothing waits, and memory is bounded. */
static void test_stuck(void **state UNUSED)
{
    uint64_t before;
    bool all_out = true;

    pty_start("xterm", false);
    for (unsigned i = 0; i < 3000; i++) {
        for (unsigned row = 0; row < 24; row++)
            canvas_fill(&pty.canvas, row, 0, 80, 'a' + (i + row) % 26, STYLE_NORMAL);
        canvas_put(&pty.canvas, i % 24, i % 70, 10, "xyz", STYLE_CRIT);
        terminal_paint(pty.terminal, &pty.canvas, true, NULL);
        all_out = terminal_flush(pty.terminal);
    }
    assert_false(all_out);
    before = terminal_bytes(pty.terminal);
    assert_true(before < 3u << 20);
    /* Once it reads again it gets all, and then what is there by now. */
    pty_sent();
    canvas_put(&pty.canvas, 0, 0, 80, "by now", STYLE_CRIT);
    assert_non_null(strstr(pty_paint(), "by now"));
    /* Leaving does not wait for it either (there is a limit on the whole test). */
    terminal_paint(pty.terminal, &pty.canvas, true, NULL);
    for (unsigned i = 0; i < 200; i++) {
        terminal_paint(pty.terminal, &pty.canvas, true, NULL);
        terminal_flush(pty.terminal);
    }
    terminal_close(pty.terminal);
    pty.terminal = NULL;
    assert_given_back();
}

static void test_hangup(void **state UNUSED)
{
    struct terminal_input input;

    pty_start("xterm", true);
    pty_paint();
    assert_true(terminal_is_there(pty.terminal));
    pty_type("q");
    assert_true(poll(&(struct pollfd){.fd = pty.slave, .events = POLLIN}, 1, PTY_PATIENCE_MS) == 1);
    assert_true(terminal_is_there(pty.terminal));
    assert_int_equal(pty_next_key(), 'q');
    close(pty.master);
    pty.master = -1;
    assert_false(terminal_is_there(pty.terminal));
    assert_false(terminal_read(pty.terminal, &input));
    canvas_put(&pty.canvas, 0, 0, 80, "nobody", STYLE_CRIT);
    for (unsigned i = 0; i < 100; i++) {
        terminal_paint(pty.terminal, &pty.canvas, true, NULL);
        assert_false(terminal_flush(pty.terminal));
    }
    terminal_suspend(pty.terminal);
    terminal_resume(pty.terminal);
}

/* It did not hang up, but takes nothing any more: whoever waits for it is told. */
static void test_dead(void **state UNUSED)
{
    int full;

    pty_start("xterm", false);
    pty_paint();
    full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(dup2(full, terminal_write_fd(pty.terminal)), terminal_write_fd(pty.terminal));
    close(full);
    assert_true(terminal_is_there(pty.terminal));
    terminal_paint(pty.terminal, &pty.canvas, true, NULL);
    assert_false(terminal_flush(pty.terminal));
    assert_false(terminal_is_there(pty.terminal));
}

static void test_many_times(void **state UNUSED)
{
    unsigned before = count_descriptors();

    for (unsigned i = 0; i < 50; i++) {
        pty_start(i % 2 ? "xterm" : "linux", i % 3);
        pty_paint();
        pty_stop();
    }
    assert_int_equal(count_descriptors(), before);
}

static void handle(int number UNUSED)
{
}

static void test_signals(void **state UNUSED)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGCONT, SIGHUP};

    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
            signal(signals[i], round ? handle : SIG_DFL);
        pty_start("xterm", true);
        pty_paint();
        terminal_suspend(pty.terminal);
        terminal_resume(pty.terminal);
        pty_paint();
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
            struct sigaction now;

            assert_int_equal(sigaction(signals[i], NULL, &now), 0);
            assert_ptr_equal(now.sa_handler, round ? handle : SIG_DFL);
        }
        pty_stop();
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
            assert_ptr_equal(signal(signals[i], SIG_DFL), round ? handle : SIG_DFL);
    }
}

static void test_suspend(void **state UNUSED)
{
    struct terminal_input input;
    struct termios now;
    unsigned rows, cols;
    uint64_t before;

    pty_start("xterm", true);
    canvas_put(&pty.canvas, 5, 0, 80, "what it shows", STYLE_NORMAL);
    pty_paint();
    terminal_suspend(pty.terminal);
    assert_given_back();
    buf_clear(&pty.out);
    pty_read(terminal_bytes(pty.terminal) - pty.seen);
    assert_non_null(strstr(buf_text(&pty.out), "\033[?1049l"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[?1006;1000l"));
    /* While it is stopped it neither writes nor reads. */
    before = terminal_bytes(pty.terminal);
    terminal_paint(pty.terminal, &pty.canvas, true, NULL);
    assert_true(terminal_flush(pty.terminal));
    assert_int_equal(terminal_bytes(pty.terminal), before);
    assert_false(terminal_read(pty.terminal, &input));
    terminal_suspend(pty.terminal);
    ioctl(pty.slave, TIOCSWINSZ, &(struct winsize){.ws_row = 30, .ws_col = 100});
    terminal_resume(pty.terminal);
    terminal_resume(pty.terminal);
    assert_int_equal(tcgetattr(pty.slave, &now), 0);
    assert_int_equal(now.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
    terminal_size(pty.terminal, &rows, &cols);
    assert_int_equal(rows, 30);
    assert_int_equal(cols, 100);
    assert_non_null(strstr(pty_paint(), "what it shows"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[?1049h"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[?1006;1000h"));
    pty_check_key("\033OA", KEY_CODE_UP);
    /* Closed while it is stopped: it has been given back already. */
    terminal_suspend(pty.terminal);
    before = terminal_bytes(pty.terminal);
    pty_read(before - pty.seen);
    terminal_close(pty.terminal);
    pty.terminal = NULL;
    assert_given_back();
}

static void check_size(unsigned rows, unsigned cols, unsigned expected_rows, unsigned expected_cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    ioctl(pty.slave, TIOCSWINSZ, &size);
    terminal_size(pty.terminal, &rows, &cols);
    assert_int_equal(rows, expected_rows);
    assert_int_equal(cols, expected_cols);
    canvas_resize(&pty.canvas, rows, cols);
    canvas_put(&pty.canvas, rows - 1, cols > 9 ? cols - 9 : 0, 4, "last", STYLE_NORMAL);
    assert_non_null(strstr(pty_paint(), cols >= 4 ? "last" : "l"));
}

static void test_sizes(void **state UNUSED)
{
    pty_start("xterm", false);
    check_size(24, 80, 24, 80);
    check_size(1, 1, 1, 1);
    check_size(65535, 65535, 200, 500);
    check_size(0, 0, 24, 80);
    check_size(10, 0, 10, 80);
    check_size(2, 300, 2, 300);
    /* A canvas of another size than the terminal harms nobody. */
    canvas_resize(&pty.canvas, 300, 700);
    canvas_put(&pty.canvas, 250, 650, 10, "outside", STYLE_NORMAL);
    canvas_put(&pty.canvas, 0, 498, 10, "\xe6\xbc\xa2\xe6\xbc\xa2", STYLE_NORMAL);
    assert_null(strstr(pty_paint(), "outside"));
    canvas_resize(&pty.canvas, 0, 0);
    pty_paint();
    pty_check_key("x", 'x'); /* not the size */
}

static void paint_all_styles(void)
{
    for (unsigned style = 0; style < STYLE__COUNT; style++) {
        canvas_printf(&pty.canvas, style, 0, 30, (enum style)style, "style %u", style);
        canvas_printf(&pty.canvas, style, 40, 30, (enum style)style, "style %u", style);
        canvas_select(&pty.canvas, style, 40, 30);
    }
    pty_paint();
}

/* Whether one of the sequences \033[...m asks for a colour. */
static bool has_colour(const char *text)
{
    while ((text = strstr(text, "\033["))) {
        text += 2;
        for (const char *p = text; strchr("0123456789;", *p) && *p; p++) {
            if ((p == text || p[-1] == ';') && (*p == '3' || *p == '4') && p[1] != ';' &&
                p[1] != 'm' && strspn(p, "0123456789;") == strcspn(p, "m"))
                return true;
        }
    }
    return false;
}

static void test_colours(void **state UNUSED)
{
    pty_start("xterm-256color", false);
    paint_all_styles();
    assert_true(has_colour(buf_text(&pty.out)));
    assert_non_null(strstr(buf_text(&pty.out), "\033[31m"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[33m"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[90m"));
    pty_stop();
    setenv("NO_COLOR", "", 1);
    pty_start("xterm", false);
    paint_all_styles();
    assert_true(has_colour(buf_text(&pty.out)));
    pty_stop();
    setenv("NO_COLOR", "1", 1);
    pty_start("xterm-256color", false);
    paint_all_styles();
    assert_false(has_colour(buf_text(&pty.out)));
    assert_non_null(strstr(buf_text(&pty.out), "\033[0;1m"));
    pty_stop();
    unsetenv("NO_COLOR");
    pty_start("vt100", false);
    paint_all_styles();
    assert_false(has_colour(buf_text(&pty.out)));
    assert_non_null(strstr(buf_text(&pty.out), "\033[0;7m"));
}

static void test_locales(void **state UNUSED)
{
    static const char text[] = "gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 e\xcc\x81.";

    pty_start("xterm", false);
    assert_true(terminal_is_utf8(pty.terminal));
    canvas_put(&pty.canvas, 0, 0, 80, text, STYLE_NORMAL);
    assert_non_null(strstr(pty_paint(), text));
    pty_stop();
    /* Of a canvas that thinks otherwise, too. */
    assert_non_null(setlocale(LC_CTYPE, "C"));
    pty_start("xterm", false);
    assert_false(terminal_is_utf8(pty.terminal));
    setlocale(LC_CTYPE, "C.UTF-8");
    pty.canvas.utf8 = true;
    canvas_put(&pty.canvas, 0, 0, 80, text, STYLE_NORMAL);
    setlocale(LC_CTYPE, "C");
    assert_non_null(strstr(pty_paint(), "gr?? ?  e."));
    for (size_t i = 0; i < pty.out.len; i++)
        assert_true((unsigned char)pty.out.data[i] < 0x80);
    pty_check_key("\xc3\xbc", 0);
}

/* Memory runs out: the terminal is given back before the line is written. */
static void test_last_rites(void **state UNUSED)
{
    int status = 0;
    pid_t pid;

    pty_start("xterm", true);
    canvas_put(&pty.canvas, 0, 0, 80, "as usual", STYLE_CRIT);
    pty_paint();
    pid = fork();
    if (pid == 0) {
        const struct rlimit none = {0};
        size_t capacity = 0;

        setrlimit(RLIMIT_CORE, &none);
        dup2(pty.slave, STDERR_FILENO);
        free(array_grow(NULL, &capacity, SIZE_MAX, 1));
        _exit(0);
    }
    pty_wait_for("out of memory\r\n");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_given_back();
    assert_non_null(strstr(buf_text(&pty.out), "\033[?1049l"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[?25h"));
    assert_non_null(strstr(buf_text(&pty.out), "\033[?1006;1000l"));
    assert_true(strstr(buf_text(&pty.out), "1049l") < strstr(buf_text(&pty.out), "out of memory"));
    pty.seen = terminal_bytes(pty.terminal);
}

/* Where the terminal cannot be opened by its name. */
static void test_shared(void **state UNUSED)
{
    char bytes[1000];
    struct tty tty;

    pty_open(24, 80);
    assert_int_equal(tty_open(pty.slave, &tty), 0);
    assert_false(tty.shared);
    assert_true(fcntl(tty.write_fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(fcntl(pty.slave, F_GETFL) & O_NONBLOCK, 0);
    dup3(pty.slave, tty.write_fd, O_CLOEXEC);
    tty.shared = true;
    assert_int_equal(fcntl(tty.write_fd, F_GETFL) & O_NONBLOCK, 0);
    tty_take(&tty);
    memset(bytes, '\n', sizeof(bytes));
    for (unsigned i = 0; i < 300; i++)
        tty_queue(&tty, bytes, sizeof(bytes));
    assert_false(tty_flush(&tty));
    assert_false(tty_flush_within(&tty, 0.01));
    while (!tty_flush(&tty))
        pty_read(1);
    pty_read(tty.bytes - pty.seen);
    assert_int_equal(pty.seen, 300000); /* and no \r */
    tty_give_back(&tty);
    assert_given_back();
    tty_done(&tty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, pty_setup, pty_teardown)
        TEST(test_refused), TEST(test_given_back), TEST(test_bytes),  TEST(test_cursor),
        TEST(test_stuck),   TEST(test_hangup),     TEST(test_dead),   TEST(test_many_times),
        TEST(test_signals), TEST(test_suspend),    TEST(test_sizes),  TEST(test_colours),
        TEST(test_locales), TEST(test_last_rites), TEST(test_shared),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
