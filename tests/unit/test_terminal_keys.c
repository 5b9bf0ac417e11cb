/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/terminal on pseudo-terminals: what keys and mice become. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "pty.h"
#include "support.h"
#include "tui/keys.h"

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
        pty_start(types[i], true);
        pty_paint();
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
            /* Where TERM says otherwise it is right. */
            if (strcmp(types[i], "rxvt") == 0 && strcmp(keys[k].bytes, "\033[24;2~") == 0)
                continue;
            pty_check_key(keys[k].bytes, keys[k].key);
        }
        pty_stop();
    }
}

/* Alone it comes at once; what is typed behind it is not lost. */
static void test_escape(void **state UNUSED)
{
    pty_start("xterm", false);
    pty_paint();
    pty_type("\033");
    assert_int_equal(pty_next_key(), KEY_CODE_ESCAPE);
    pty_type("q");
    assert_int_equal(pty_next_key(), 'q');
    pty_type("\033q\033\033\033[Az");
    assert_int_equal(pty_next_key(), KEY_CODE_ESCAPE);
    assert_int_equal(pty_next_key(), 'q');
    assert_int_equal(pty_next_key(), KEY_CODE_ESCAPE);
    assert_int_equal(pty_next_key(), KEY_CODE_ESCAPE);
    assert_int_equal(pty_next_key(), KEY_CODE_UP);
    assert_int_equal(pty_next_key(), 'z');
}

/* Anything at all: it ends, and what comes afterwards is understood. */
static void test_garbage(void **state UNUSED)
{
    uint64_t seed = 3;

    pty_start("xterm", true);
    pty_paint();
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
        pty_type(bytes);
        pty_type("\x0c\x0c\x0c\x0c\x0c\x0c\x0c\x0c");
        do {
            assert_true(pty_next_input(&input));
            assert_true(input.key || input.button || input.wheel);
            assert_true(input.key <= KEY_CODE_F10);
        } while (input.key != KEY_CODE_CTRL_L);
        while (terminal_read(pty.terminal, &input))
            ;
    }
}

static void check_mouse(const char *bytes, unsigned row, unsigned col, int button, int wheel)
{
    struct terminal_input input = {.key = 1};

    pty_type(bytes);
    assert_true(pty_next_input(&input));
    assert_int_equal(input.key, 0);
    assert_int_equal(input.row, row);
    assert_int_equal(input.col, col);
    assert_int_equal(input.button, button);
    assert_int_equal(input.wheel, wheel);
}

static void test_mouse(void **state UNUSED)
{
    pty_start("xterm", true);
    pty_paint();
    check_mouse("\033[<0;10;5M", 4, 9, 1, 0);
    check_mouse("\033[<0;10;5m\033[<64;1;1M", 0, 0, 0, -1);
    check_mouse("\033[<65;80;24M", 23, 79, 0, 1);
    check_mouse("\033[<0;300;190M", 189, 299, 1, 0);
    /* The other buttons do nothing. */
    pty_check_key("\033[<2;10;5M\033[<2;10;5m\033[<1;3;3M", 0);
    pty_stop();
    pty_start("screen", true);
    pty_paint();
    check_mouse("\033[M *%", 4, 9, 1, 0);
    check_mouse("\033[M#*%\033[M`!!", 0, 0, 0, -1);
    pty_stop();
    pty_start("xterm", false);
    assert_null(strstr(pty_paint(), "1000h"));
    pty_check_key("\033[<0;10;5M", 0);
}

/* A wheel that is spun sends many at once. */
static void test_mouse_many(void **state UNUSED)
{
    struct terminal_input input;
    unsigned wheels = 0;

    pty_start("xterm", true);
    pty_paint();
    pty_type("\033[<65;8;4M\033[<65;8;4M\033[<65;8;4M\033[<65;8;4M\033[<65;8;4M~");
    while (pty_next_input(&input) && !input.key)
        wheels += input.wheel == 1;
    assert_int_equal(input.key, '~');
    print_message("# %u of 5 turns of the wheel\n", wheels);
    assert_true(wheels >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, pty_setup, pty_teardown)
        TEST(test_keys),  TEST(test_escape),     TEST(test_garbage),
        TEST(test_mouse), TEST(test_mouse_many),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
