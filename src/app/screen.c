/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen on the event loop. */
#include "app/screen.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/config_file.h"
#include "base/log.h"
#include "collect/collect.h"
#include "tui/terminal.h"
#include "tui/tui.h"

/* Above this many seconds a person would wait too long for a column that was not collected. */
#define SCREEN_PATIENCE_S 2.0
/* Keys and clicks of one turn of the loop: pasted text must not hold up signals and drawing. */
#define SCREEN_INPUT_MAX 64

struct screen {
    struct screen_config config;
    struct tui *tui;
    struct terminal *terminal;
    struct sampler *sampler; /* borrowed */
    struct selection others;
    struct canvas canvas;
    int log_fd;     /* readable when there are messages */
    int errors_fd;  /* standard error as it was; -1 = it is no terminal and was left alone */
    bool suspended; /* the terminal is somebody else's now */
    bool repaint;   /* whatever the terminal shows */
    bool writing;   /* the terminal has not taken everything yet */
    struct event *input, *messages, *output, *draw, *timer;
    struct event *rest; /* of the input, behind drawing */
    struct config_writer *writer;
};

static struct mono screen_now(void)
{
    return clock_mono(&clock_system);
}

/* Has it drawn when everything else of this turn is done. */
static void screen_draw_soon(struct screen *screen)
{
    if (screen->terminal)
        event_active(screen->draw, EV_TIMEOUT, 0);
}

static void screen_select(struct screen *screen)
{
    struct selection all = *tui_needs(screen->tui);

    selection_merge(&all, &screen->others);
    sampler_select(screen->sampler, &all);
    if (tui_interval(screen->tui) > SCREEN_PATIENCE_S)
        sampler_kick(screen->sampler);
}

static void screen_write_layout(struct screen *screen)
{
    struct tui_settings *layout = xcalloc(1, sizeof(*layout));

    tui_layout(screen->tui, layout);
    config_writer_put(screen->writer, layout, tui_interval(screen->tui));
    free(layout);
}

/* Does what the screen wants done. */
static void screen_serve(struct screen *screen)
{
    unsigned requests = tui_take_requests(screen->tui);

    if (requests & TUI_INTERVAL) {
        sampler_set_interval(screen->sampler, tui_interval(screen->tui));
        screen->config.interval(screen->config.argument, tui_interval(screen->tui));
    }
    if (requests & TUI_SELECT)
        screen_select(screen);
    if (requests & TUI_SAMPLE)
        sampler_kick(screen->sampler);
    if (requests & TUI_WRITE)
        screen_write_layout(screen);
    if (requests & TUI_REDRAW)
        screen->repaint = true;
    if (requests & TUI_QUIT)
        screen->config.quit(screen->config.argument);
    screen_draw_soon(screen);
}

/* What is left waits until signals were looked at and the screen was drawn. */
static void screen_read(struct screen *screen)
{
    struct terminal_input input;

    for (unsigned i = 0; i < SCREEN_INPUT_MAX; i++) {
        if (!terminal_read(screen->terminal, &input))
            return;
        if (input.key)
            tui_take_key(screen->tui, input.key, screen_now());
        else
            tui_take_mouse(screen->tui, input.row, input.col, input.button, input.wheel,
                           screen_now());
    }
    /* Curses may hold some of it, of which the descriptor does not tell. */
    event_del(screen->input);
    event_add(screen->rest, &(struct timeval){0});
}

static void screen_on_input(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct screen *screen = argument;

    if (screen->suspended)
        return;
    if (!terminal_is_there(screen->terminal)) {
        event_del(screen->input);
        screen->config.quit(screen->config.argument);
        return;
    }
    screen_read(screen);
    screen_serve(screen);
}

static void screen_on_rest(evutil_socket_t fd, short what, void *argument)
{
    struct screen *screen = argument;

    event_add(screen->input, NULL);
    screen_on_input(fd, what, screen);
}

static void screen_on_messages(evutil_socket_t fd, short what UNUSED, void *argument)
{
    struct screen *screen = argument;
    enum log_level level;
    char line[512];
    eventfd_t count;

    (void)eventfd_read(fd, &count); /* empty is fine */
    while (log_next(&level, line, sizeof(line)))
        tui_take_message(screen->tui, level, line, screen_now());
    screen_draw_soon(screen);
}

/* Writes what is queued; the rest when the terminal takes more. */
static void screen_flush(struct screen *screen)
{
    screen->writing = !terminal_flush(screen->terminal);
    if (!screen->writing)
        event_del(screen->output);
    else if (terminal_is_there(screen->terminal))
        event_add(screen->output, NULL);
    else /* else it would be found writable, without end */
        screen->config.quit(screen->config.argument);
}

static void screen_on_output(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct screen *screen = argument;

    if (screen->suspended)
        return;
    screen_flush(screen);
    if (!screen->writing)
        screen_draw_soon(screen);
}

static void screen_on_draw(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct screen *screen = argument;
    struct mono now = screen_now(), wake;
    unsigned cursor[2];

    if (screen->suspended || screen->writing)
        return;
    if (tui_is_dirty(screen->tui, now) || screen->repaint) {
        tui_draw(screen->tui, &screen->canvas, now);
        terminal_paint(screen->terminal, &screen->canvas, screen->repaint,
                       tui_cursor(screen->tui, &cursor[0], &cursor[1]) ? cursor : NULL);
        screen->repaint = false;
        screen_flush(screen);
        if (tui_take_requests(screen->tui) & TUI_SELECT) /* columns came into sight */
            screen_select(screen);
    }
    wake = tui_wakes_at(screen->tui);
    if (wake.ns) {
        double seconds = mono_seconds_between(now, wake);
        struct timeval timeout = clock_timeval(seconds > 0 ? seconds + 0.01 : 0.01);

        event_add(screen->timer, &timeout);
    }
}

static void screen_on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    screen_draw_soon(argument);
}

bool screen_is_possible(char *reason, size_t size)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        snprintf(reason, size, "standard %s is no terminal",
                 isatty(STDOUT_FILENO) ? "input" : "output");
        return false;
    }
    return terminal_type_is_good(reason, size);
}

/* The options by which somebody chose the collectors: "--cpu --mem". */
static void screen_name_collectors(const struct options *options, char *text, size_t size)
{
    size_t len = 0;

    *text = '\0';
    for (unsigned c = 0; c < COLLECTOR__COUNT && len < size; c++) {
        if (options->collectors & (1u << c))
            len += (size_t)snprintf(text + len, size - len, "%s--%s", len ? " " : "",
                                    collector_name((enum collector)c));
    }
}

static bool screen_make_events(struct screen *screen)
{
    struct event_base *base = screen->config.base;

    screen->messages =
        event_new(base, screen->log_fd, EV_READ | EV_PERSIST, screen_on_messages, screen);
    screen->draw = event_new(base, -1, 0, screen_on_draw, screen);
    screen->timer = evtimer_new(base, screen_on_timer, screen);
    screen->rest = evtimer_new(base, screen_on_rest, screen);
    screen->input = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, screen_on_input, screen);
    return screen->messages && screen->draw && screen->timer && screen->input && screen->rest &&
           event_priority_set(screen->draw, event_base_get_npriorities(base) - 1) == 0 &&
           event_priority_set(screen->rest, event_base_get_npriorities(base) - 1) == 0 &&
           event_add(screen->messages, NULL) == 0;
}

struct screen *screen_new(const struct screen_config *config)
{
    struct screen *screen = xcalloc(1, sizeof(*screen));
    const struct options *options = config->options;
    char started_with[64];
    struct tui_config tui = {
        .settings = config->settings,
        .interval = options->interval,
        .collectors =
            options->collectors ? options->collectors | 1u << COLLECTOR_BASE : collect_available(),
        .started_with = started_with,
    };

    screen->config = *config;
    screen->errors_fd = -1;
    screen->log_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    screen->writer = config_writer_new(CONFIG_SYSTEM, options->config);
    screen_name_collectors(options, started_with, sizeof(started_with));
    screen->tui = tui_new(&tui);
    if (screen->log_fd >= 0 && screen_make_events(screen)) {
        log_divert(screen->log_fd);
        return screen;
    }
    log_error("cannot make the screen: %s", strerror(errno));
    screen_close(screen);
    return NULL;
}

const struct selection *screen_needs(struct screen *screen)
{
    return tui_needs(screen->tui);
}

/* What libraries may write to standard error would stand across the screen. */
static void screen_silence_errors(struct screen *screen)
{
    int null;

    if (!isatty(STDERR_FILENO))
        return;
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    screen->errors_fd = null < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (screen->errors_fd >= 0)
        dup2(null, STDERR_FILENO);
    if (null >= 0)
        close(null);
}

int screen_start(struct screen *screen, struct sampler *sampler, const struct selection *others)
{
    char error[256];

    if (terminal_open(STDIN_FILENO, !screen->config.settings->no_mouse, &screen->terminal, error,
                      sizeof(error)) < 0) {
        log_error("%s", error);
        return 1;
    }
    screen_silence_errors(screen);
    screen->sampler = sampler;
    screen->others = *others;
    screen->canvas.utf8 = terminal_is_utf8(screen->terminal);
    screen->output = event_new(screen->config.base, terminal_write_fd(screen->terminal), EV_WRITE,
                               screen_on_output, screen);
    if (!screen->output || event_add(screen->input, NULL) < 0) {
        log_error("cannot watch the terminal");
        return 1;
    }
    screen_resize(screen);
    return 0;
}

void screen_take(struct screen *screen, struct frame *frame)
{
    tui_take_frame(screen->tui, frame);
    screen_serve(screen);
}

void screen_suspend(struct screen *screen)
{
    if (screen->suspended)
        return;
    screen->suspended = true;
    terminal_suspend(screen->terminal);
}

void screen_continue(struct screen *screen)
{
    if (screen->suspended) {
        screen->suspended = false;
        screen->writing = false;
        terminal_resume(screen->terminal);
    }
    screen->repaint = true;
    screen_resize(screen);
}

void screen_resize(struct screen *screen)
{
    unsigned rows, cols;

    if (screen->suspended)
        return;
    terminal_size(screen->terminal, &rows, &cols);
    tui_take_size(screen->tui, rows, cols);
    screen_serve(screen);
}

static void screen_free_event(struct event *event)
{
    if (event)
        event_free(event);
}

void screen_close(struct screen *screen)
{
    if (!screen)
        return;
    screen_free_event(screen->input);
    screen_free_event(screen->messages);
    screen_free_event(screen->output);
    screen_free_event(screen->draw);
    screen_free_event(screen->timer);
    screen_free_event(screen->rest);
    terminal_close(screen->terminal);
    config_writer_free(screen->writer);
    if (screen->errors_fd >= 0) {
        dup2(screen->errors_fd, STDERR_FILENO);
        close(screen->errors_fd);
    }
    log_divert(-1);
    if (screen->log_fd >= 0)
        close(screen->log_fd);
    canvas_done(&screen->canvas);
    tui_free(screen->tui);
    free(screen);
}
