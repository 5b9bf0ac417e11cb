/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop, on libevent. */
#include "app/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"

#define LOOP_EVENTS_MAX 16
/* The last one is of what waits for everything else of a turn: drawing. */
#define LOOP_PRIORITIES 3

struct loop {
    struct event_base *base;
    struct sampler *sampler; /* borrowed, while loop_run() */
    struct learner *learner; /* likewise */
    struct sinks *sinks;
    struct screen *screen; /* or NULL */
    struct notify *notify; /* likewise */
    struct event *events[LOOP_EVENTS_MAX];
    size_t event_count;
    enum loop_end end;
    bool draining;
};

static void loop_stop(struct loop *loop, enum loop_end end)
{
    loop->end = end;
    event_base_loopbreak(loop->base);
}

static void loop_on_frames(evutil_socket_t fd, short what UNUSED, void *argument)
{
    struct loop *loop = argument;
    struct frame *frame;
    eventfd_t count;

    (void)eventfd_read(fd, &count); /* empty is fine */
    while ((frame = sampler_next(loop->sampler))) {
        learner_take(loop->learner, frame);
        sinks_take(loop->sinks, frame);
        if (loop->screen)
            screen_take(loop->screen, frame);
        notify_cycle(loop->notify, frame);
        frame_unref(frame);
    }
    if (sampler_is_done(loop->sampler))
        loop_stop(loop, LOOP_DONE);
}

static void loop_on_broken(void *argument)
{
    loop_stop(argument, LOOP_STOPPED);
}

static void loop_on_finished(void *argument)
{
    loop_stop(argument, LOOP_DONE);
}

void loop_quit(void *argument)
{
    loop_stop(argument, LOOP_STOPPED);
}

void loop_interval(void *argument, double interval)
{
    struct loop *loop = argument;

    notify_interval(loop->notify, interval);
}

/* SIGHUP has files opened again, but where a terminal hung up. */
static bool loop_has_terminal(const struct loop *loop)
{
    return loop->screen || (sinks_use_stdout(loop->sinks) && isatty(STDOUT_FILENO));
}

static void loop_on_signal(evutil_socket_t number, short what UNUSED, void *argument)
{
    struct loop *loop = argument;

    if (number == SIGUSR1) {
        if (!loop->draining)
            sampler_kick(loop->sampler);
    } else if (number == SIGHUP && !loop_has_terminal(loop)) {
        log_reopen();
        sinks_reopen(loop->sinks);
    } else { /* also a terminal that hung up */
        loop_stop(loop, LOOP_STOPPED);
    }
}

/* Whether others have the terminal of the screen now. */
static bool loop_is_background(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);

    return group > 0 && group != getpgrp();
}

/* Stops by the signal, and by SIGTTOU for as long as it is continued in the background, which no
 * screen can draw from: taking the terminal over would stop it there, too, but in a call that
 * begins again behind every signal, so that none could end it. True = it has the terminal; false =
 * it is to end, which the loop is told of behind this, or goes on in the background since nobody
 * would continue it. */
static bool loop_stop_until_foreground(int number)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction by_itself = {.sa_handler = SIG_DFL}, ours;
    sigset_t held, before, pending;
    bool to_end = false;

    sigemptyset(&held);
    sigaddset(&held, SIGCONT); /* it continues all the same; and tells that there was a stop */
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        sigaddset(&held, ends[i]);
    pthread_sigmask(SIG_BLOCK, &held, &before);
    do {
        sigaction(number, &by_itself, &ours);
        raise(number);
        sigaction(number, &ours, NULL);
        sigpending(&pending);
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
            to_end |= sigismember(&pending, ends[i]) == 1;
        number = SIGTTOU;
    } while (!to_end && loop_is_background() && sigismember(&pending, SIGCONT) == 1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !to_end && !loop_is_background();
}

/* Stops as it would have without a screen, which gives the terminal back before. */
static void loop_stop_process(struct loop *loop, int number)
{
    screen_suspend(loop->screen);
    if (loop_stop_until_foreground(number))
        screen_continue(loop->screen);
}

static void loop_on_screen_signal(evutil_socket_t number, short what UNUSED, void *argument)
{
    struct loop *loop = argument;

    if (loop->draining)
        return;
    if (number == SIGTSTP)
        loop_stop_process(loop, SIGTSTP);
    else if (number == SIGCONT && loop_is_background()) /* it was stopped by force */
        loop_stop_process(loop, SIGTTOU);
    else if (number == SIGCONT)
        screen_continue(loop->screen);
    else
        screen_resize(loop->screen);
}

static void loop_mask_signals(int how)
{
    sigset_t held;

    sigemptyset(&held);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGUSR1);
    pthread_sigmask(how, &held, NULL);
}

void loop_hold_signals(void)
{
    loop_mask_signals(SIG_BLOCK);
}

/* libevent would write to standard error by itself. */
static void loop_on_message(int severity, const char *message)
{
    log_message(severity >= EVENT_LOG_ERR ? LOG_WARNING : LOG_DEBUG, "libevent: %s", message);
}

struct loop *loop_new(void)
{
    struct loop *loop = xcalloc(1, sizeof(*loop));

    event_set_log_callback(loop_on_message);
    loop->base = event_base_new();
    if (loop->base && event_base_priority_init(loop->base, LOOP_PRIORITIES) == 0)
        return loop;
    log_error("cannot make the event loop");
    if (loop->base)
        event_base_free(loop->base);
    free(loop);
    return NULL;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (size_t i = 0; i < loop->event_count; i++)
        event_free(loop->events[i]);
    event_base_free(loop->base);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

struct sinks_events loop_events(struct loop *loop)
{
    return (struct sinks_events){loop_on_broken, loop_on_finished, loop};
}

static bool loop_watch(struct loop *loop, struct event *event, const struct timeval *timeout)
{
    if (event)
        loop->events[loop->event_count++] = event;
    return event && event_add(event, timeout) == 0;
}

static bool loop_watch_screen(struct loop *loop)
{
    static const int signals[] = {SIGTSTP, SIGCONT, SIGWINCH};
    bool good = loop_watch(loop, evsignal_new(loop->base, SIGQUIT, loop_on_signal, loop), NULL);

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        good &= loop_watch(loop, evsignal_new(loop->base, signals[i], loop_on_screen_signal, loop),
                           NULL);
    return good;
}

/* False = cannot. */
static bool loop_watch_all(struct loop *loop)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct event *frames = event_new(loop->base, sampler_event_fd(loop->sampler),
                                     EV_READ | EV_PERSIST, loop_on_frames, loop);
    bool good = loop_watch(loop, frames, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        good &= loop_watch(loop, evsignal_new(loop->base, signals[i], loop_on_signal, loop), NULL);
    return good && (!loop->screen || loop_watch_screen(loop));
}

/* LOOP_DONE = it can run. */
static enum loop_end loop_start(struct loop *loop)
{
    if (!loop_watch_all(loop)) {
        log_error("cannot watch for events");
        return LOOP_FAILED;
    }
    if (!loop->screen)
        return LOOP_DONE;
    if (loop_is_background() && !loop_stop_until_foreground(SIGTTOU))
        return LOOP_STOPPED;
    return screen_start(loop->screen, loop->sampler, sinks_selection(loop->sinks)) == 0
               ? LOOP_DONE
               : LOOP_FAILED;
}

enum loop_end loop_run(struct loop *loop, struct sampler *sampler, struct learner *learner,
                       struct sinks *sinks, struct screen *screen, struct notify *notify)
{
    loop->sampler = sampler;
    loop->learner = learner;
    loop->sinks = sinks;
    loop->screen = screen;
    loop->notify = notify;
    loop->end = loop_start(loop);
    if (loop->end == LOOP_DONE) {
        loop->end = LOOP_STOPPED;
        loop_mask_signals(SIG_UNBLOCK);
        event_base_dispatch(loop->base);
    }
    if (loop->event_count)
        event_del(loop->events[0]); /* the frames: the sampler may go now */
    loop->draining = true;
    return loop->end;
}

static void loop_on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    loop_stop(argument, LOOP_STOPPED);
}

void loop_drain(struct loop *loop, struct sinks *sinks, double seconds)
{
    struct timeval timeout = clock_timeval(seconds);

    loop->sinks = sinks;
    loop->screen = NULL;
    loop->draining = true;
    if (!sinks_count(sinks))
        return;
    sinks_finish(sinks);
    if (loop_watch(loop, event_new(loop->base, -1, 0, loop_on_deadline, loop), &timeout))
        event_base_dispatch(loop->base);
}
