/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal by curses, which is given a memory file to write to and never sees the
 * device: modes, sizes and writing are tty.c's. Curses' own copy of the screen tells
 * it what to send; the copy here tells which rows it needs to be asked about.
 */
#include "tui/terminal.h"

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "tui/keys.h"
#include "tui/tty.h"

#define TERMINAL_ESCAPE_MS    25
#define TERMINAL_LEAVE_S      0.2
#define TERMINAL_UNSENT_MAX   (1u << 20)
#define TERMINAL_CODES_MAX    1000 /* of one call: a flood of nonsense holds up nobody */
#define TERMINAL_SEQUENCE_MAX 32
#define TERMINAL_ESCAPE       0x1b

struct terminal_look {
    attr_t attributes;
    short pair;
};

struct terminal {
    struct tty tty;
    SCREEN *screen;
    WINDOW *keys; /* a pad: reading from any other window paints that one */
    FILE *in, *out;
    struct buf farewell; /* bytes that give the screen back, whatever it shows */
    struct terminal_look looks[STYLE__COUNT];
    bool utf8, mouse, suspended;
    bool all; /* what it shows is not known */
    struct canvas shown;
    cchar_t row[TTY_COLS_MAX];
    int ahead;         /* a code that was read too early; ERR = none */
    char character[5]; /* the beginning of one of several bytes */
    size_t character_len;
};

/* Looks. Colour marks suffering: without it that stands out by other means. */
static const struct {
    attr_t plain, coloured;
    short colour; /* COLOR_..., -1 = the terminal's own */
} terminal_styles[STYLE__COUNT] = {
    [STYLE_NORMAL] = {A_NORMAL, A_NORMAL, -1},
    [STYLE_STATUS] = {A_REVERSE, A_REVERSE, -1},
    [STYLE_TITLE] = {A_REVERSE, A_REVERSE, -1},
    [STYLE_SORTED] = {A_BOLD | A_UNDERLINE, A_REVERSE | A_BOLD, COLOR_CYAN},
    [STYLE_FOOTER] = {A_NORMAL, A_NORMAL, -1},
    [STYLE_KEY] = {A_BOLD, A_BOLD, -1},
    [STYLE_HEADING] = {A_BOLD, A_BOLD, -1},
    [STYLE_DIM] = {A_DIM, A_DIM, -1},
    [STYLE_WARN] = {A_UNDERLINE, A_NORMAL, COLOR_YELLOW},
    [STYLE_CRIT] = {A_BOLD | A_REVERSE, A_BOLD, COLOR_RED},
    [STYLE_NEW] = {A_BOLD, A_NORMAL, COLOR_GREEN},
    [STYLE_GONE] = {A_DIM, A_DIM, -1},
    [STYLE_BAR] = {A_NORMAL, A_NORMAL, COLOR_CYAN},
    [STYLE_MESSAGE] = {A_BOLD, A_BOLD, -1},
    [STYLE_INPUT] = {A_BOLD, A_BOLD, -1},
    [STYLE_GRAPH_USED] = {A_NORMAL, A_NORMAL, COLOR_CYAN},
    [STYLE_GRAPH_READY] = {A_BOLD, A_NORMAL, COLOR_YELLOW},
    [STYLE_GRAPH_LATENCY] = {A_UNDERLINE, A_NORMAL, COLOR_MAGENTA},
};

static const struct {
    int code, key;
} terminal_keys[] = {
    {KEY_UP, KEY_CODE_UP},         {KEY_DOWN, KEY_CODE_DOWN},
    {KEY_LEFT, KEY_CODE_LEFT},     {KEY_RIGHT, KEY_CODE_RIGHT},
    {KEY_PPAGE, KEY_CODE_PAGE_UP}, {KEY_NPAGE, KEY_CODE_PAGE_DOWN},
    {KEY_HOME, KEY_CODE_HOME},     {KEY_FIND, KEY_CODE_HOME},
    {KEY_END, KEY_CODE_END},       {KEY_SELECT, KEY_CODE_END},
    {KEY_A1, KEY_CODE_HOME}, /* of the block of digits */
    {KEY_A3, KEY_CODE_PAGE_UP},    {KEY_C1, KEY_CODE_END},
    {KEY_C3, KEY_CODE_PAGE_DOWN},  {KEY_BACKSPACE, KEY_CODE_BACKSPACE},
    {0x7f, KEY_CODE_BACKSPACE},    {0x08, KEY_CODE_BACKSPACE},
    {KEY_DC, KEY_CODE_DELETE},     {KEY_BTAB, KEY_CODE_SHIFT_TAB},
    {KEY_ENTER, KEY_CODE_ENTER},   {'\r', KEY_CODE_ENTER},
    {KEY_F(1), KEY_CODE_F1},       {KEY_F(2), KEY_CODE_F2},
    {KEY_F(3), KEY_CODE_F3},       {KEY_F(4), KEY_CODE_F4},
    {KEY_F(6), KEY_CODE_F6},       {KEY_F(10), KEY_CODE_F10},
};

/* What terminals send whose TERM is that of a similar one, and the block of digits, which
 * curses switches to sending sequences. Those that TERM has a key for stay that key, unless
 * it is one of those for which curses makes up a number above KEY_MAX. */
static const struct {
    const char *sequence;
    int code;
} terminal_sequences[] = {
    {"\033[A", KEY_UP},     {"\033[B", KEY_DOWN},    {"\033[C", KEY_RIGHT},  {"\033[D", KEY_LEFT},
    {"\033OA", KEY_UP},     {"\033OB", KEY_DOWN},    {"\033OC", KEY_RIGHT},  {"\033OD", KEY_LEFT},
    {"\033[H", KEY_HOME},   {"\033[F", KEY_END},     {"\033OH", KEY_HOME},   {"\033OF", KEY_END},
    {"\033[1~", KEY_HOME},  {"\033[4~", KEY_END},    {"\033[7~", KEY_HOME},  {"\033[8~", KEY_END},
    {"\033[3~", KEY_DC},    {"\033[5~", KEY_PPAGE},  {"\033[6~", KEY_NPAGE}, {"\033[Z", KEY_BTAB},
    {"\033OP", KEY_F(1)},   {"\033OQ", KEY_F(2)},    {"\033OR", KEY_F(3)},   {"\033OS", KEY_F(4)},
    {"\033[11~", KEY_F(1)}, {"\033[12~", KEY_F(2)},  {"\033[13~", KEY_F(3)}, {"\033[14~", KEY_F(4)},
    {"\033[17~", KEY_F(6)}, {"\033[21~", KEY_F(10)}, {"\033[[A", KEY_F(1)},  {"\033[[B", KEY_F(2)},
    {"\033[[C", KEY_F(3)},  {"\033[[D", KEY_F(4)},   {"\033OM", KEY_ENTER},  {"\033Oj", '*'},
    {"\033Ok", '+'},        {"\033Om", '-'},         {"\033Oo", '/'},        {"\033OX", '='},
};

/* Curses installs handlers for these; what the program does about them is its own. */
static const int terminal_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};

static SCREEN *terminal_new_screen(FILE *out, FILE *in)
{
    struct sigaction before[ARRAY_SIZE(terminal_signals)];
    SCREEN *screen;

    for (size_t i = 0; i < ARRAY_SIZE(terminal_signals); i++)
        sigaction(terminal_signals[i], NULL, &before[i]);
    /* Of one who has a handler already curses keeps off, at each update too. */
    if (before[2].sa_handler == SIG_DFL)
        sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    screen = newterm(NULL, out, in);
    for (size_t i = 0; i < ARRAY_SIZE(terminal_signals); i++)
        sigaction(terminal_signals[i], &before[i], NULL);
    return screen;
}

/* Moves what curses wrote so far to the queue, or to out if that is not NULL. */
static void terminal_collect(struct terminal *terminal, struct buf *out)
{
    int fd = fileno(terminal->out);
    char bytes[4096];
    off_t at = 0;
    ssize_t n;

    fflush(terminal->out);
    while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        if (out)
            buf_add(out, bytes, (size_t)n);
        else
            tty_queue(&terminal->tty, bytes, (size_t)n);
        at += n;
    }
    if (at && (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0))
        terminal->tty.dead = true; /* never; else all of it would be sent once more */
}

static void terminal_free(struct terminal *terminal)
{
    if (terminal->keys)
        delwin(terminal->keys);
    if (terminal->screen)
        delscreen(terminal->screen);
    if (terminal->in)
        fclose(terminal->in);
    if (terminal->out)
        fclose(terminal->out);
    canvas_done(&terminal->shown);
    buf_done(&terminal->farewell);
    tty_done(&terminal->tty);
    free(terminal);
}

/* Runs in any thread, when memory is out. */
static void terminal_last_rites(void *argument)
{
    static const char said[] = "proxtop: out of memory\r\n";
    struct terminal *terminal = argument;

    if (!terminal->tty.taken)
        return;
    tty_write_now(&terminal->tty, terminal->farewell.data, terminal->farewell.len);
    tty_give_back(&terminal->tty);
    /* What is said on standard error may not be seen: see screen_start(). */
    tty_write_now(&terminal->tty, said, sizeof(said) - 1);
}

/* Takes the descriptor over. */
static int terminal_open_file(int fd, const char *mode, FILE **ret)
{
    FILE *file = fd < 0 ? NULL : fdopen(fd, mode);
    int r = file ? 0 : -errno;

    if (file)
        *ret = file;
    else if (fd >= 0)
        close(fd);
    return r;
}

static int terminal_open_files(struct terminal *terminal)
{
    int r = terminal_open_file(fcntl(terminal->tty.fd, F_DUPFD_CLOEXEC, 0), "r", &terminal->in);

    return r < 0 ? r
                 : terminal_open_file(memfd_create("terminal", MFD_CLOEXEC), "w", &terminal->out);
}

static bool terminal_has(const char *capability)
{
    const char *text = tigetstr(capability);

    /* curses' words for "is no string" */
    return text && text != (const char *)-1; // NOLINT(performance-no-int-to-ptr)
}

bool terminal_type_is_good(char *reason, size_t size)
{
    const char *type = getenv("TERM"),
               *advice = "set TERM to what the terminal is (xterm, linux, ...)";
    bool places;
    int r = 0;

    if (!type || !*type) {
        snprintf(reason, size, "TERM is not set; %s", advice);
        return false;
    }
    if (setupterm(type, STDOUT_FILENO, &r) != OK) {
        snprintf(reason, size, "the terminal type '%.40s' is not known here; %s", type, advice);
        return false;
    }
    places = terminal_has("cup");
    del_curterm(cur_term);
    if (!places)
        snprintf(reason, size, "a terminal of type '%.40s' cannot place its cursor; %s", type,
                 advice);
    return places;
}

int terminal_colours(void)
{
    const char *type = getenv("TERM");
    int r = 0, colours;

    if (!type || !*type || setupterm(type, STDOUT_FILENO, &r) != OK)
        return 0;
    colours = tigetnum("colors");
    del_curterm(cur_term);
    return colours > 0 ? colours : 0;
}

void terminal_size_of(int fd, unsigned *ret_rows, unsigned *ret_cols)
{
    tty_size(&(struct tty){.fd = fd}, ret_rows, ret_cols);
}

/* newterm() loses memory over a type that it does not know. */
static int terminal_start_curses(struct terminal *terminal, char *error, size_t size)
{
    if (!terminal_type_is_good(error, size))
        return -EINVAL;
    terminal->screen = terminal_new_screen(terminal->out, terminal->in);
    if (terminal->screen)
        return 0;
    snprintf(error, size, "the terminal cannot be set up");
    return -ENOMEM;
}

/* no-color.org */
static bool terminal_wants_colours(void)
{
    const char *none = getenv("NO_COLOR");

    return has_colors() && !(none && *none);
}

static void terminal_choose_looks(struct terminal *terminal)
{
    bool coloured = terminal_wants_colours() && start_color() == OK;
    short ground = coloured && use_default_colors() == OK ? -1 : COLOR_BLACK;

    for (int i = 0; i < STYLE__COUNT; i++) {
        struct terminal_look *look = &terminal->looks[i];
        short colour = terminal_styles[i].colour;

        look->attributes = coloured ? terminal_styles[i].coloured : terminal_styles[i].plain;
        if (coloured && i == STYLE_GONE && COLORS >= 16) {
            colour = COLOR_BLACK + 8;
            look->attributes = A_NORMAL;
        }
        if (!coloured || colour < 0)
            continue;
        if (init_pair((short)(i + 1), colour, ground) == OK)
            look->pair = (short)(i + 1);
        else
            look->attributes = terminal_styles[i].plain;
    }
}

/* Linux' console is left to its own program for mice. */
static void terminal_set_mouse(struct terminal *terminal)
{
    const char *type = getenv("TERM");

    if (!terminal_has("kmous") || (type && strncmp(type, "linux", 5) == 0))
        return;
    terminal->mouse =
        mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL) != 0;
    mouseinterval(0);
}

static void terminal_set_keys(struct terminal *terminal)
{
    set_escdelay(TERMINAL_ESCAPE_MS);
    cbreak();
    noecho();
    nonl();
    typeahead(-1); /* else an update stops halfway when a key was pressed */
    terminal->keys = newpad(1, 1);
    keypad(terminal->keys, TRUE);
    nodelay(terminal->keys, TRUE);
    meta(terminal->keys, TRUE); /* else the eighth bit is cut off */
    for (size_t i = 0; i < ARRAY_SIZE(terminal_sequences); i++) {
        const char *sequence = terminal_sequences[i].sequence;
        int known = key_defined(sequence);

        if (known == 0 || known > KEY_MAX)
            define_key(sequence, terminal_sequences[i].code);
    }
}

/* Without the pauses that it asks for: "$<2>". */
static void terminal_add_capability(struct buf *out, const char *text)
{
    while (*text) {
        const char *end = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;

        if (end)
            text = end + 1;
        else
            buf_putc(out, *text++);
    }
}

/* Where there is one screen only, what is left on it ends with its last line: a shell's prompt
 * begins there. */
static void terminal_clear_line(struct buf *out)
{
    if (!terminal_has("rmcup") && terminal_has("el"))
        terminal_add_capability(out, tigetstr("el"));
}

/* Learns what curses says at the end, by ending before anything was shown. */
static void terminal_learn_farewell(struct terminal *terminal)
{
    struct buf nothing = {0};
    unsigned rows, cols;

    tty_size(&terminal->tty, &rows, &cols);
    resizeterm((int)rows, (int)cols);
    curs_set(0);
    terminal_collect(terminal, &nothing);
    if (terminal_has("sgr0"))
        terminal_add_capability(&terminal->farewell, tigetstr("sgr0"));
    endwin();
    terminal_collect(terminal, &terminal->farewell);
    terminal_clear_line(&terminal->farewell);
    buf_done(&nothing);
}

int terminal_open(int fd, bool mouse, struct terminal **ret, char *error, size_t size)
{
    struct terminal *terminal = xcalloc(1, sizeof(*terminal));
    int r = tty_open(fd, &terminal->tty);

    if (r < 0) {
        snprintf(error, size, "not a terminal: %s", strerror(-r));
        free(terminal);
        return r;
    }
    r = terminal_open_files(terminal);
    if (r < 0)
        snprintf(error, size, "cannot use the terminal: %s", strerror(-r));
    else
        r = terminal_start_curses(terminal, error, size);
    if (r < 0) {
        terminal_free(terminal);
        return r;
    }
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    terminal->ahead = ERR;
    terminal->all = true;
    terminal_set_keys(terminal);
    terminal_choose_looks(terminal);
    if (mouse)
        terminal_set_mouse(terminal);
    if (!terminal->mouse) /* else the beginning of a report is one, and the rest typed */
        define_key(NULL, KEY_MOUSE);
    terminal_learn_farewell(terminal);
    tty_take(&terminal->tty);
    util_set_last_rites(terminal_last_rites, terminal);
    *ret = terminal;
    return 0;
}

/* Leaves the screen; the modes follow when the bytes are out. */
static void terminal_leave(struct terminal *terminal)
{
    /* Somebody else's screen, as of one who was stopped by force, is left alone. */
    if (!tty_is_elsewhere(&terminal->tty)) {
        struct buf rest = {0};

        set_term(terminal->screen);
        endwin();
        terminal_collect(terminal, NULL);
        terminal_clear_line(&rest);
        tty_queue(&terminal->tty, buf_text(&rest), rest.len);
        buf_done(&rest);
        tty_flush_within(&terminal->tty, TERMINAL_LEAVE_S);
        if (terminal->mouse) /* what it did meanwhile is nothing for a shell */
            tcflush(terminal->tty.fd, TCIFLUSH);
    }
    tty_give_back(&terminal->tty);
}

void terminal_close(struct terminal *terminal)
{
    if (!terminal)
        return;
    util_set_last_rites(NULL, NULL);
    if (!terminal->suspended)
        terminal_leave(terminal);
    terminal_free(terminal);
}

void terminal_suspend(struct terminal *terminal)
{
    if (!terminal->suspended)
        terminal_leave(terminal);
    terminal->suspended = true;
}

void terminal_resume(struct terminal *terminal)
{
    if (!terminal->suspended)
        return;
    tty_take(&terminal->tty);
    terminal->suspended = false;
    terminal->all = true;
}

bool terminal_is_utf8(const struct terminal *terminal)
{
    return terminal->utf8;
}

void terminal_size(struct terminal *terminal, unsigned *ret_rows, unsigned *ret_cols)
{
    tty_size(&terminal->tty, ret_rows, ret_cols);
}

bool terminal_is_there(const struct terminal *terminal)
{
    return tty_is_there(&terminal->tty);
}

bool terminal_flush(struct terminal *terminal)
{
    return terminal->suspended || tty_flush(&terminal->tty);
}

int terminal_write_fd(const struct terminal *terminal)
{
    return terminal->tty.write_fd;
}

uint64_t terminal_bytes(const struct terminal *terminal)
{
    return terminal->tty.bytes;
}

static bool terminal_cell_equal(const struct canvas_cell *a, const struct canvas_cell *b)
{
    for (size_t i = 0; i <= CANVAS_MARKS; i++) {
        if (a->text[i] != b->text[i])
            return false;
    }
    return a->width == b->width && a->style == b->style && a->selected == b->selected;
}

static bool terminal_cells_equal(const struct canvas_cell *a, const struct canvas_cell *b,
                                 unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!terminal_cell_equal(&a[i], &b[i]))
            return false;
    }
    return true;
}

/* One cell for curses; what it does not take shows as '?'. */
static void terminal_make_cell(const struct terminal *terminal, const struct canvas_cell *cell,
                               cchar_t *ret)
{
    const struct terminal_look *look = &terminal->looks[cell->style];
    attr_t attributes = cell->selected ? look->attributes ^ A_REVERSE : look->attributes;
    wchar_t text[CANVAS_MARKS + 2] = {0};

    for (size_t i = 0; i <= CANVAS_MARKS; i++)
        text[i] = (wchar_t)cell->text[i];
    if (!terminal->utf8) {
        text[0] = cell->text[0] > 0x7e ? '?' : text[0];
        text[1] = 0;
    }
    if (setcchar(ret, text, attributes, look->pair, NULL) != OK)
        setcchar(ret, L"?", attributes, look->pair, NULL);
}

static void terminal_send_row(struct terminal *terminal, unsigned row,
                              const struct canvas_cell *cells, unsigned cols)
{
    unsigned count = 0;

    for (unsigned col = 0; col < cols; col++) {
        const struct canvas_cell blank = {
            .text = {' '}, .width = 1, .style = cells[col].style, .selected = cells[col].selected};

        if (cells[col].width)
            terminal_make_cell(terminal, &cells[col], &terminal->row[count++]);
        else if (!terminal->utf8) /* its left half became a '?' */
            terminal_make_cell(terminal, &blank, &terminal->row[count++]);
    }
    mvadd_wchnstr((int)row, 0, terminal->row, (int)count);
}

/* Sends the rows that differ to curses. */
static void terminal_send(struct terminal *terminal, const struct canvas *canvas)
{
    unsigned rows = canvas->rows < TTY_ROWS_MAX ? canvas->rows : TTY_ROWS_MAX;
    unsigned cols = canvas->cols < TTY_COLS_MAX ? canvas->cols : TTY_COLS_MAX;

    if (terminal->shown.rows != rows || terminal->shown.cols != cols) {
        canvas_resize(&terminal->shown, rows, cols);
        resizeterm((int)rows, (int)cols);
        terminal->all = true;
    }
    for (unsigned row = 0; row < rows; row++) {
        const struct canvas_cell *cells = canvas->cells + (size_t)row * canvas->cols;
        struct canvas_cell *shown = terminal->shown.cells + (size_t)row * cols;

        if (!terminal->all && terminal_cells_equal(cells, shown, cols))
            continue;
        memcpy(shown, cells, cols * sizeof(*cells));
        terminal_send_row(terminal, row, cells, cols);
    }
    if (terminal->all)
        clearok(curscr, TRUE);
    terminal->all = false;
}

void terminal_paint(struct terminal *terminal, const struct canvas *canvas, bool all,
                    const unsigned *cursor_row_col)
{
    terminal->all |= all;
    if (terminal->suspended || !canvas->rows || !canvas->cols ||
        tty_unsent(&terminal->tty) > TERMINAL_UNSENT_MAX)
        return;
    set_term(terminal->screen);
    terminal_send(terminal, canvas);
    /* One that cannot be hidden is parked, else it stays where the last change was. */
    leaveok(stdscr, !cursor_row_col && terminal_has("civis"));
    if (cursor_row_col)
        wmove(stdscr, (int)cursor_row_col[0], (int)cursor_row_col[1]);
    else
        wmove(stdscr, (int)terminal->shown.rows - 1, 0);
    wnoutrefresh(stdscr);
    doupdate();
    curs_set(cursor_row_col != NULL);
    terminal_collect(terminal, NULL);
}

/* The next code of curses: a byte or a key; ERR = there is none. */
static int terminal_next_code(struct terminal *terminal)
{
    int code = terminal->ahead;

    terminal->ahead = ERR;
    return code == ERR ? wgetch(terminal->keys) : code;
}

/* Behind Esc: whether a sequence follows that nobody knows, which is skipped then. */
static bool terminal_skip_sequence(struct terminal *terminal)
{
    int code = wgetch(terminal->keys);

    if (code == 'O') {
        wgetch(terminal->keys);
        return true;
    }
    if (code != '[') {
        terminal->ahead = code;
        return false;
    }
    code = wgetch(terminal->keys);
    if (code == '[') /* as of Linux' console: one more */
        code = wgetch(terminal->keys);
    for (unsigned i = 0; i < TERMINAL_SEQUENCE_MAX && code >= 0x20 && code < 0x40; i++)
        code = wgetch(terminal->keys);
    if (code < 0x20 || code > 0x7e)
        terminal->ahead = code;
    return true;
}

static bool terminal_read_mouse(struct terminal_input *ret)
{
    MEVENT event;

    if (getmouse(&event) != OK || event.x < 0 || event.y < 0)
        return false;
    *ret = (struct terminal_input){.row = (unsigned)event.y, .col = (unsigned)event.x};
    if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
        ret->button = 1;
    else if (event.bstate & BUTTON4_PRESSED)
        ret->wheel = -1;
    else if (event.bstate & BUTTON5_PRESSED)
        ret->wheel = 1;
    return ret->button || ret->wheel;
}

/* Takes a byte that is no ASCII: the character that it completes; 0 = none. */
static int terminal_add_byte(struct terminal *terminal, int byte)
{
    uint32_t c = 0;
    size_t wanted;

    if (byte >= 0xc0)
        terminal->character_len = 0;
    else if (!terminal->character_len)
        return 0;
    terminal->character[terminal->character_len++] = (char)byte;
    terminal->character[terminal->character_len] = '\0';
    byte = (unsigned char)terminal->character[0];
    wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (terminal->character_len < wanted)
        return 0;
    terminal->character_len = 0;
    if (!terminal->utf8 || utf8_next(terminal->character, &c) != wanted || utf8_is_control(c))
        return 0;
    return (int)c;
}

/* The key that a code stands for; 0 = none. */
static int terminal_find_key(struct terminal *terminal, int code)
{
    if (code >= 0x80 && code <= 0xff)
        return terminal_add_byte(terminal, code);
    terminal->character_len = 0;
    for (size_t i = 0; i < ARRAY_SIZE(terminal_keys); i++) {
        if (terminal_keys[i].code == code)
            return terminal_keys[i].key;
    }
    return code < 0x80 ? code : 0;
}

bool terminal_read(struct terminal *terminal, struct terminal_input *ret)
{
    if (terminal->suspended)
        return false;
    set_term(terminal->screen);
    for (unsigned i = 0; i < TERMINAL_CODES_MAX; i++) {
        int code = terminal_next_code(terminal), key;

        if (code == ERR)
            return false;
        if (code == KEY_MOUSE) {
            if (terminal_read_mouse(ret))
                return true;
            continue;
        }
        if (code == TERMINAL_ESCAPE && terminal_skip_sequence(terminal))
            continue;
        key = terminal_find_key(terminal, code);
        if (key) {
            *ret = (struct terminal_input){.key = key};
            return true;
        }
    }
    return false;
}
