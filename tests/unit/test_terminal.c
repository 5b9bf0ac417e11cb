/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tui/terminal on pseudo-terminals: what is sent, what keys become, and that the
 * terminal is given back, whatever becomes of it.
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

#include "support.h"
#include "tui/keys.h"
#include "tui/tty.h"

#define PATIENCE_MS 20000 /* for what comes; never for what does not */

static struct {
    int master, slave;
    struct terminal *terminal;
    struct termios before;
    struct canvas canvas;
    struct buf out;
    uint64_t seen; /* bytes that were read on the other side */
} t;

static void open_pty(unsigned rows, unsigned cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    char name[64];

    t.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert_true(t.master >= 0);
    assert_int_equal(grantpt(t.master), 0);
    assert_int_equal(unlockpt(t.master), 0);
    assert_int_equal(ptsname_r(t.master, name, sizeof(name)), 0);
    t.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(t.slave >= 0);
    assert_int_equal(ioctl(t.slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(tcgetattr(t.slave, &t.before), 0);
    t.seen = 0;
}

static void start(const char *type, bool mouse)
{
    char error[256] = "";

    open_pty(24, 80);
    setenv("TERM", type, 1);
    if (terminal_open(t.slave, mouse, &t.terminal, error, sizeof(error)) != 0)
        fail_msg("%s: %s", type, error);
    t.canvas.utf8 = terminal_is_utf8(t.terminal);
    canvas_resize(&t.canvas, 24, 80);
}

static void close_pty(void)
{
    if (t.master >= 0)
        close(t.master);
    if (t.slave >= 0)
        close(t.slave);
    t.master = t.slave = -1;
}

static void stop(void)
{
    terminal_close(t.terminal);
    t.terminal = NULL;
    close_pty();
}

/* Of a test that failed, too. */
static int teardown(void **state UNUSED)
{
    stop();
    canvas_done(&t.canvas);
    buf_done(&t.out);
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static int setup(void **state UNUSED)
{
    t.master = t.slave = -1;
    return 0;
}

/* Adds `count` bytes to what the other side has read. */
static void read_bytes(uint64_t count)
{
    while (count) {
        struct pollfd ready = {.fd = t.master, .events = POLLIN};
        char bytes[4096];
        ssize_t n;

        assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
        n = read(t.master, bytes, min_size(sizeof(bytes), count));
        assert_true(n > 0);
        buf_add(&t.out, bytes, (size_t)n);
        count -= (uint64_t)n;
        t.seen += (uint64_t)n;
    }
}

/* What the other side gets of what is queued. */
static const char *sent(void)
{
    buf_clear(&t.out);
    while (!terminal_flush(t.terminal)) {
        struct pollfd ready = {.fd = t.master, .events = POLLIN};

        assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
        read_bytes(1);
    }
    read_bytes(terminal_bytes(t.terminal) - t.seen);
    return buf_text(&t.out);
}

static const char *paint(void)
{
    terminal_paint(t.terminal, &t.canvas, false, NULL);
    return sent();
}

/* What comes until nothing more does, from a terminal that was closed. */
static const char *sent_at_last(const char *until)
{
    buf_clear(&t.out);
    while (!strstr(buf_text(&t.out), until))
        read_bytes(1);
    return buf_text(&t.out);
}

static bool same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

static void assert_given_back(void)
{
    struct termios now;

    assert_int_equal(tcgetattr(t.slave, &now), 0);
    assert_true(same_modes(&now, &t.before));
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
    assert_int_equal(terminal_open(t.slave, true, &terminal, error, sizeof(error)), -EINVAL);
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

    open_pty(24, 80);
    refuse("dumb", "'dumb' cannot place its cursor");
    refuse("nonsense", "'nonsense' is not known");
    refuse("../../etc/passwd", "is not known");
    refuse("", "TERM is not set");
    refuse(NULL, "TERM is not set");
    assert_int_equal(read(t.master, &nothing, 1), -1);
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

        start(types[i], true);
        flags = fcntl(t.slave, F_GETFL);
        assert_int_equal(flags & O_NONBLOCK, 0);
        assert_int_equal(tcgetattr(t.slave, &now), 0);
        assert_int_equal(now.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
        assert_int_equal(now.c_iflag & (tcflag_t)(ICRNL | IXON), 0);
        assert_true(now.c_lflag & ISIG);
        assert_int_equal(terminal_bytes(t.terminal), 0);
        canvas_put(&t.canvas, 3, 5, 20, "first", STYLE_NORMAL);
        assert_non_null(strstr(paint(), "first"));
        if (strcmp(types[i], "xterm") == 0) {
            assert_non_null(strstr(buf_text(&t.out), "\033[?1049h"));
            assert_non_null(strstr(buf_text(&t.out), "\033[?25l"));
            assert_non_null(strstr(buf_text(&t.out), "\033[?1006;1000h"));
        }
        terminal_close(t.terminal);
        t.terminal = NULL;
        assert_given_back();
        assert_int_equal(fcntl(t.slave, F_GETFL), flags);
        if (strcmp(types[i], "xterm") == 0) {
            sent_at_last("\033[?1049l");
            assert_non_null(strstr(buf_text(&t.out), "\033[?1006;1000l"));
            sent_at_last("\033[?1l"); /* keypad */
        } else if (strcmp(types[i], "linux") == 0) {
            sent_at_last("\033[?25h");
            assert_null(strstr(buf_text(&t.out), "1000"));
        }
        stop();
    }
}

/* What does not change costs nothing, a clock little. */
static void test_bytes(void **state UNUSED)
{
    uint64_t before;

    start("xterm-256color", false);
    for (unsigned row = 0; row < 24; row++) {
        canvas_fill(&t.canvas, row, 0, 80, ' ', row == 0 ? STYLE_STATUS : STYLE_NORMAL);
        for (unsigned col = 0; row > 2 && col < 80; col += 10)
            canvas_printf(&t.canvas, row, col, 9, col == 20 ? STYLE_WARN : STYLE_NORMAL, "%u", col);
    }
    canvas_put(&t.canvas, 0, 71, 8, "14:03:22", STYLE_STATUS);
    assert_non_null(strstr(paint(), "14:03:22"));
    before = terminal_bytes(t.terminal);
    paint();
    assert_int_equal(terminal_bytes(t.terminal), before);
    canvas_put(&t.canvas, 0, 71, 8, "14:03:23", STYLE_STATUS);
    paint();
    assert_in_range(terminal_bytes(t.terminal) - before, 1, 59);
    /* A minute later the whole of it. */
    before = terminal_bytes(t.terminal);
    canvas_put(&t.canvas, 0, 71, 8, "15:14:34", STYLE_STATUS);
    paint();
    assert_in_range(terminal_bytes(t.terminal) - before, 1, 59);
    before = terminal_bytes(t.terminal);
    canvas_select(&t.canvas, 5, 0, 80);
    paint();
    assert_true(terminal_bytes(t.terminal) - before > 0);
    before = terminal_bytes(t.terminal);
    terminal_paint(t.terminal, &t.canvas, true, NULL);
    assert_non_null(strstr(sent(), "15:14:34"));
    assert_true(terminal_bytes(t.terminal) - before > 500);
    print_message("# all of the screen: %u bytes\n",
                  (unsigned)(terminal_bytes(t.terminal) - before));
}

static void test_cursor(void **state UNUSED)
{
    static const unsigned at[] = {6, 9};

    start("xterm", false);
    paint();
    terminal_paint(t.terminal, &t.canvas, false, at);
    assert_non_null(strstr(sent(), "\033[7;10H"));
    assert_non_null(strstr(buf_text(&t.out), "\033[?25h"));
    terminal_paint(t.terminal, &t.canvas, false, at);
    assert_string_equal(sent(), "");
    assert_non_null(strstr(paint(), "\033[?25l"));
}

static bool next_input(struct terminal_input *input)
{
    struct pollfd ready = {.fd = t.slave, .events = POLLIN};

    while (!terminal_read(t.terminal, input)) {
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            return false;
    }
    return true;
}

static int next_key(void)
{
    struct terminal_input input = {0};

    assert_true(next_input(&input));
    assert_int_equal(input.button, 0);
    assert_int_equal(input.wheel, 0);
    return input.key;
}

static void type_bytes(const char *bytes)
{
    assert_int_equal(write(t.master, bytes, strlen(bytes)), strlen(bytes));
}

/* Types the bytes and a letter; `key` must come before it, or nothing (0). */
static void check_key(const char *bytes, int key)
{
    char both[64];
    int got;

    snprintf(both, sizeof(both), "%s~", bytes);
    type_bytes(both);
    got = next_key();
    if (key && got != key)
        fail_msg("'\\033%s' is %#x, not %#x", bytes + 1, (unsigned)got, (unsigned)key);
    if (key)
        got = next_key();
    if (got != '~')
        fail_msg("'\\033%s' is followed by %#x", bytes + 1, (unsigned)got);
}

static const struct {
    const char *bytes;
    int key;
} keys[] = {
    {"a", 'a'},
    {"W", 'W'},
    {" ", ' '},
    {"\r", KEY_CODE_ENTER},
    {"\n", KEY_CODE_ENTER},
    {"\t", KEY_CODE_TAB},
    {"\x7f", KEY_CODE_BACKSPACE},
    {"\x08", KEY_CODE_BACKSPACE},
    {"\x0c", KEY_CODE_CTRL_L},
    {"\x11", 0x11}, /* Ctrl-Q and Ctrl-S are characters */
    {"\x13", 0x13},
    {"\033[A", KEY_CODE_UP},
    {"\033OA", KEY_CODE_UP},
    {"\033[B", KEY_CODE_DOWN},
    {"\033OB", KEY_CODE_DOWN},
    {"\033OC", KEY_CODE_RIGHT},
    {"\033[C", KEY_CODE_RIGHT},
    {"\033OD", KEY_CODE_LEFT},
    {"\033[D", KEY_CODE_LEFT},
    {"\033[5~", KEY_CODE_PAGE_UP},
    {"\033[6~", KEY_CODE_PAGE_DOWN},
    {"\033[1~", KEY_CODE_HOME},
    {"\033OH", KEY_CODE_HOME},
    {"\033[H", KEY_CODE_HOME},
    {"\033[4~", KEY_CODE_END},
    {"\033OF", KEY_CODE_END},
    {"\033[F", KEY_CODE_END},
    {"\033[3~", KEY_CODE_DELETE},
    {"\033[Z", KEY_CODE_SHIFT_TAB},
    {"\033OP", KEY_CODE_F1},
    {"\033OQ", KEY_CODE_F2},
    {"\033OR", KEY_CODE_F3},
    {"\033OS", KEY_CODE_F4},
    {"\033[11~", KEY_CODE_F1},
    {"\033[[A", KEY_CODE_F1},
    {"\033[[D", KEY_CODE_F4},
    {"\033[17~", KEY_CODE_F6},
    {"\033[21~", KEY_CODE_F10},
    {"\033OM", KEY_CODE_ENTER}, /* the block of digits */
    {"\033Ok", '+'},
    {"\033Om", '-'},
    {"\033Oo", '/'},
    {"\033[1;5C", 0}, /* Ctrl and an arrow: nothing, and no letter of it either */
    {"\033[15~", 0},
    {"\033[24;2~", 0},
    {"\033[200~", 0},
    {"\033[I", 0},
    {"\033[99;99;99R", 0},
    {"\xc3\xbc", 0xfc},
    {"\xe6\xbc\xa2", 0x6f22},
    {"\xf0\x9f\x98\x80", 0x1f600},
    {"\xff", 0}, /* no UTF-8, cut, controls: nothing */
    {"\xc3", 0},
    {"\xe6\xbc", 0},
    {"\xe6\xbc\xff", 0},
    {"\xc2\x9b", 0},
    {"\xed\xa0\x80", 0},
    {"\xc3\xc3\xbc", 0xfc},
};

static void test_keys(void **state UNUSED)
{
    static const char *const types[] = {"xterm",         "xterm-256color", "linux", "screen",
                                        "tmux-256color", "vt100",          "rxvt"};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        start(types[i], true);
        paint();
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
            /* Where TERM says otherwise it is right. */
            if (strcmp(types[i], "rxvt") == 0 && strcmp(keys[k].bytes, "\033[24;2~") == 0)
                continue;
            check_key(keys[k].bytes, keys[k].key);
        }
        stop();
    }
}

/* Alone it comes at once; what is typed behind it is not lost. */
static void test_escape(void **state UNUSED)
{
    start("xterm", false);
    paint();
    type_bytes("\033");
    assert_int_equal(next_key(), KEY_CODE_ESCAPE);
    type_bytes("q");
    assert_int_equal(next_key(), 'q');
    type_bytes("\033q\033\033\033[Az");
    assert_int_equal(next_key(), KEY_CODE_ESCAPE);
    assert_int_equal(next_key(), 'q');
    assert_int_equal(next_key(), KEY_CODE_ESCAPE);
    assert_int_equal(next_key(), KEY_CODE_ESCAPE);
    assert_int_equal(next_key(), KEY_CODE_UP);
    assert_int_equal(next_key(), 'z');
}

/* Anything at all: it ends, and what comes afterwards is understood. */
static void test_garbage(void **state UNUSED)
{
    uint64_t seed = 3;

    start("xterm", true);
    paint();
    for (unsigned i = 0; i < 40; i++) {
        struct terminal_input input;
        char bytes[101];

        for (size_t k = 0; k < 100; k++) {
            do
                bytes[k] = support_random_below(&seed, 4) ? (char)support_random(&seed)
                                                          : "\033[<M;O~"[i % 8];
            while (strchr("\x03\x1a\x1c", bytes[k])); /* none, or those of signals */
        }
        bytes[100] = '\0';
        type_bytes(bytes);
        type_bytes("\x0c\x0c\x0c\x0c\x0c\x0c\x0c\x0c");
        do {
            assert_true(next_input(&input));
            assert_true(input.key || input.button || input.wheel);
            assert_true(input.key <= KEY_CODE_F10);
        } while (input.key != KEY_CODE_CTRL_L);
        while (terminal_read(t.terminal, &input))
            ;
    }
}

static void check_mouse(const char *bytes, unsigned row, unsigned col, int button, int wheel)
{
    struct terminal_input input = {.key = 1};

    type_bytes(bytes);
    assert_true(next_input(&input));
    assert_int_equal(input.key, 0);
    assert_int_equal(input.row, row);
    assert_int_equal(input.col, col);
    assert_int_equal(input.button, button);
    assert_int_equal(input.wheel, wheel);
}

static void test_mouse(void **state UNUSED)
{
    start("xterm", true);
    paint();
    check_mouse("\033[<0;10;5M", 4, 9, 1, 0);
    check_mouse("\033[<0;10;5m\033[<64;1;1M", 0, 0, 0, -1);
    check_mouse("\033[<65;80;24M", 23, 79, 0, 1);
    check_mouse("\033[<0;300;190M", 189, 299, 1, 0);
    /* The other buttons do nothing. */
    check_key("\033[<2;10;5M\033[<2;10;5m\033[<1;3;3M", 0);
    stop();
    start("screen", true);
    paint();
    check_mouse("\033[M *%", 4, 9, 1, 0);
    check_mouse("\033[M#*%\033[M`!!", 0, 0, 0, -1);
    stop();
    start("xterm", false);
    assert_null(strstr(paint(), "1000h"));
    check_key("\033[<0;10;5M", 0);
}

/* A wheel that is spun sends many at once. */
static void test_mouse_many(void **state UNUSED)
{
    struct terminal_input input;
    unsigned wheels = 0;

    start("xterm", true);
    paint();
    type_bytes("\033[<65;8;4M\033[<65;8;4M\033[<65;8;4M\033[<65;8;4M\033[<65;8;4M~");
    while (next_input(&input) && !input.key)
        wheels += input.wheel == 1;
    assert_int_equal(input.key, '~');
    print_message("# %u of 5 turns of the wheel\n", wheels);
    assert_true(wheels >= 1);
}

/* Nobody reads: nothing waits, and memory is bounded. */
static void test_stuck(void **state UNUSED)
{
    uint64_t before;
    bool all_out = true;

    start("xterm", false);
    for (unsigned i = 0; i < 3000; i++) {
        for (unsigned row = 0; row < 24; row++)
            canvas_fill(&t.canvas, row, 0, 80, 'a' + (i + row) % 26, STYLE_NORMAL);
        canvas_put(&t.canvas, i % 24, i % 70, 10, "xyz", STYLE_CRIT);
        terminal_paint(t.terminal, &t.canvas, true, NULL);
        all_out = terminal_flush(t.terminal);
    }
    assert_false(all_out);
    before = terminal_bytes(t.terminal);
    assert_true(before < 3u << 20);
    /* Once it reads again it gets all, and then what is there by now. */
    sent();
    canvas_put(&t.canvas, 0, 0, 80, "by now", STYLE_CRIT);
    assert_non_null(strstr(paint(), "by now"));
    /* Leaving does not wait for it either (there is a limit on the whole test). */
    terminal_paint(t.terminal, &t.canvas, true, NULL);
    for (unsigned i = 0; i < 200; i++) {
        terminal_paint(t.terminal, &t.canvas, true, NULL);
        terminal_flush(t.terminal);
    }
    terminal_close(t.terminal);
    t.terminal = NULL;
    assert_given_back();
}

static void test_hangup(void **state UNUSED)
{
    struct terminal_input input;

    start("xterm", true);
    paint();
    assert_true(terminal_is_there(t.terminal));
    type_bytes("q");
    assert_true(poll(&(struct pollfd){.fd = t.slave, .events = POLLIN}, 1, PATIENCE_MS) == 1);
    assert_true(terminal_is_there(t.terminal));
    assert_int_equal(next_key(), 'q');
    close(t.master);
    t.master = -1;
    assert_false(terminal_is_there(t.terminal));
    assert_false(terminal_read(t.terminal, &input));
    canvas_put(&t.canvas, 0, 0, 80, "nobody", STYLE_CRIT);
    for (unsigned i = 0; i < 100; i++) {
        terminal_paint(t.terminal, &t.canvas, true, NULL);
        assert_false(terminal_flush(t.terminal));
    }
    terminal_suspend(t.terminal);
    terminal_resume(t.terminal);
}

static void test_many_times(void **state UNUSED)
{
    unsigned before = count_descriptors();

    for (unsigned i = 0; i < 50; i++) {
        start(i % 2 ? "xterm" : "linux", i % 3);
        paint();
        stop();
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
        start("xterm", true);
        paint();
        terminal_suspend(t.terminal);
        terminal_resume(t.terminal);
        paint();
        for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
            struct sigaction now;

            assert_int_equal(sigaction(signals[i], NULL, &now), 0);
            assert_ptr_equal(now.sa_handler, round ? handle : SIG_DFL);
        }
        stop();
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

    start("xterm", true);
    canvas_put(&t.canvas, 5, 0, 80, "what it shows", STYLE_NORMAL);
    paint();
    terminal_suspend(t.terminal);
    assert_given_back();
    buf_clear(&t.out);
    read_bytes(terminal_bytes(t.terminal) - t.seen);
    assert_non_null(strstr(buf_text(&t.out), "\033[?1049l"));
    assert_non_null(strstr(buf_text(&t.out), "\033[?1006;1000l"));
    /* While it is stopped it neither writes nor reads. */
    before = terminal_bytes(t.terminal);
    terminal_paint(t.terminal, &t.canvas, true, NULL);
    assert_true(terminal_flush(t.terminal));
    assert_int_equal(terminal_bytes(t.terminal), before);
    assert_false(terminal_read(t.terminal, &input));
    terminal_suspend(t.terminal);
    ioctl(t.slave, TIOCSWINSZ, &(struct winsize){.ws_row = 30, .ws_col = 100});
    terminal_resume(t.terminal);
    terminal_resume(t.terminal);
    assert_int_equal(tcgetattr(t.slave, &now), 0);
    assert_int_equal(now.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
    terminal_size(t.terminal, &rows, &cols);
    assert_int_equal(rows, 30);
    assert_int_equal(cols, 100);
    assert_non_null(strstr(paint(), "what it shows"));
    assert_non_null(strstr(buf_text(&t.out), "\033[?1049h"));
    assert_non_null(strstr(buf_text(&t.out), "\033[?1006;1000h"));
    check_key("\033OA", KEY_CODE_UP);
    /* Closed while it is stopped: it has been given back already. */
    terminal_suspend(t.terminal);
    before = terminal_bytes(t.terminal);
    read_bytes(before - t.seen);
    terminal_close(t.terminal);
    t.terminal = NULL;
    assert_given_back();
}

static void check_size(unsigned rows, unsigned cols, unsigned expected_rows, unsigned expected_cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    ioctl(t.slave, TIOCSWINSZ, &size);
    terminal_size(t.terminal, &rows, &cols);
    assert_int_equal(rows, expected_rows);
    assert_int_equal(cols, expected_cols);
    canvas_resize(&t.canvas, rows, cols);
    canvas_put(&t.canvas, rows - 1, cols > 9 ? cols - 9 : 0, 4, "last", STYLE_NORMAL);
    assert_non_null(strstr(paint(), cols >= 4 ? "last" : "l"));
}

static void test_sizes(void **state UNUSED)
{
    start("xterm", false);
    check_size(24, 80, 24, 80);
    check_size(1, 1, 1, 1);
    check_size(65535, 65535, 200, 500);
    check_size(0, 0, 24, 80);
    check_size(10, 0, 10, 80);
    check_size(2, 300, 2, 300);
    /* A canvas of another size than the terminal harms nobody. */
    canvas_resize(&t.canvas, 300, 700);
    canvas_put(&t.canvas, 250, 650, 10, "outside", STYLE_NORMAL);
    canvas_put(&t.canvas, 0, 498, 10, "\xe6\xbc\xa2\xe6\xbc\xa2", STYLE_NORMAL);
    assert_null(strstr(paint(), "outside"));
    canvas_resize(&t.canvas, 0, 0);
    paint();
    check_key("x", 'x'); /* not the size */
}

static void paint_all_styles(void)
{
    for (unsigned style = 0; style < STYLE__COUNT; style++) {
        canvas_printf(&t.canvas, style, 0, 30, (enum style)style, "style %u", style);
        canvas_printf(&t.canvas, style, 40, 30, (enum style)style, "style %u", style);
        canvas_select(&t.canvas, style, 40, 30);
    }
    paint();
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
    start("xterm-256color", false);
    paint_all_styles();
    assert_true(has_colour(buf_text(&t.out)));
    assert_non_null(strstr(buf_text(&t.out), "\033[31m"));
    assert_non_null(strstr(buf_text(&t.out), "\033[33m"));
    assert_non_null(strstr(buf_text(&t.out), "\033[90m"));
    stop();
    setenv("NO_COLOR", "", 1);
    start("xterm", false);
    paint_all_styles();
    assert_true(has_colour(buf_text(&t.out)));
    stop();
    setenv("NO_COLOR", "1", 1);
    start("xterm-256color", false);
    paint_all_styles();
    assert_false(has_colour(buf_text(&t.out)));
    assert_non_null(strstr(buf_text(&t.out), "\033[0;1m"));
    stop();
    unsetenv("NO_COLOR");
    start("vt100", false);
    paint_all_styles();
    assert_false(has_colour(buf_text(&t.out)));
    assert_non_null(strstr(buf_text(&t.out), "\033[0;7m"));
}

static void test_locales(void **state UNUSED)
{
    static const char text[] = "gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2 e\xcc\x81.";

    start("xterm", false);
    assert_true(terminal_is_utf8(t.terminal));
    canvas_put(&t.canvas, 0, 0, 80, text, STYLE_NORMAL);
    assert_non_null(strstr(paint(), text));
    stop();
    /* Of a canvas that thinks otherwise, too. */
    assert_non_null(setlocale(LC_CTYPE, "C"));
    start("xterm", false);
    assert_false(terminal_is_utf8(t.terminal));
    setlocale(LC_CTYPE, "C.UTF-8");
    t.canvas.utf8 = true;
    canvas_put(&t.canvas, 0, 0, 80, text, STYLE_NORMAL);
    setlocale(LC_CTYPE, "C");
    assert_non_null(strstr(paint(), "gr?? ?  e."));
    for (size_t i = 0; i < t.out.len; i++)
        assert_true((unsigned char)t.out.data[i] < 0x80);
    check_key("\xc3\xbc", 0);
}

/* Memory runs out: the terminal is given back before the line is written. */
static void test_last_rites(void **state UNUSED)
{
    int status = 0;
    pid_t pid;

    start("xterm", true);
    canvas_put(&t.canvas, 0, 0, 80, "as usual", STYLE_CRIT);
    paint();
    pid = fork();
    if (pid == 0) {
        const struct rlimit none = {0};
        size_t capacity = 0;

        setrlimit(RLIMIT_CORE, &none);
        dup2(t.slave, STDERR_FILENO);
        free(array_grow(NULL, &capacity, SIZE_MAX, 1));
        _exit(0);
    }
    sent_at_last("out of memory\r\n");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_given_back();
    assert_non_null(strstr(buf_text(&t.out), "\033[?1049l"));
    assert_non_null(strstr(buf_text(&t.out), "\033[?25h"));
    assert_non_null(strstr(buf_text(&t.out), "\033[?1006;1000l"));
    assert_true(strstr(buf_text(&t.out), "1049l") < strstr(buf_text(&t.out), "out of memory"));
    t.seen = terminal_bytes(t.terminal);
}

/* Where the terminal cannot be opened by its name. */
static void test_shared(void **state UNUSED)
{
    char bytes[1000];
    struct tty tty;

    open_pty(24, 80);
    assert_int_equal(tty_open(t.slave, &tty), 0);
    assert_false(tty.shared);
    assert_true(fcntl(tty.write_fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(fcntl(t.slave, F_GETFL) & O_NONBLOCK, 0);
    dup3(t.slave, tty.write_fd, O_CLOEXEC);
    tty.shared = true;
    assert_int_equal(fcntl(tty.write_fd, F_GETFL) & O_NONBLOCK, 0);
    tty_take(&tty);
    memset(bytes, '\n', sizeof(bytes));
    for (unsigned i = 0; i < 300; i++)
        tty_queue(&tty, bytes, sizeof(bytes));
    assert_false(tty_flush(&tty));
    assert_false(tty_flush_within(&tty, 0.01));
    while (!tty_flush(&tty))
        read_bytes(1);
    read_bytes(tty.bytes - t.seen);
    assert_int_equal(t.seen, 300000); /* and no \r */
    tty_give_back(&tty);
    assert_given_back();
    tty_done(&tty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_refused),    TEST(test_given_back), TEST(test_bytes),   TEST(test_cursor),
        TEST(test_keys),       TEST(test_escape),     TEST(test_garbage), TEST(test_mouse),
        TEST(test_mouse_many), TEST(test_stuck),      TEST(test_hangup),  TEST(test_many_times),
        TEST(test_signals),    TEST(test_suspend),    TEST(test_sizes),   TEST(test_colours),
        TEST(test_locales),    TEST(test_last_rites), TEST(test_shared),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
