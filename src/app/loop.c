/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop, on libevent. */
#include "app/loop.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"

struct loop {
    struct loop_config config;
    struct event_base *base;
    struct buf text; /* of one cycle */
    enum loop_end end;
};

static void loop_stop(struct loop *loop, enum loop_end end)
{
    loop->end = end;
    event_base_loopbreak(loop->base);
}

static void loop_drain(int fd)
{
    eventfd_t count;

    (void)eventfd_read(fd, &count); /* empty is fine */
}

static void loop_on_frames(evutil_socket_t fd, short what UNUSED, void *argument)
{
    struct loop *loop = argument;
    const struct loop_config *config = &loop->config;
    struct frame *frame;

    loop_drain(fd);
    while ((frame = sampler_next(config->sampler))) {
        buf_clear(&loop->text);
        config->printer_ops->print(config->printer, frame, &loop->text);
        frame_unref(frame);
        if (loop->text.len) /* a table without a row says nothing */
            output_write(config->output, &loop->text);
    }
    if (sampler_is_done(config->sampler))
        loop_stop(loop, LOOP_DONE);
}

static void loop_on_output(evutil_socket_t fd, short what UNUSED, void *argument)
{
    struct loop *loop = argument;

    loop_drain(fd);
    if (output_broken(loop->config.output))
        loop_stop(loop, LOOP_STOPPED);
}

static void loop_on_signal(evutil_socket_t number, short what UNUSED, void *argument)
{
    struct loop *loop = argument;

    if (number == SIGUSR1) {
        sampler_kick(loop->config.sampler);
    } else if (number == SIGHUP && !(loop->config.stdout_is_output && isatty(STDOUT_FILENO))) {
        log_reopen();
        output_reopen(loop->config.output);
    } else { /* also a terminal that hung up */
        loop_stop(loop, LOOP_STOPPED);
    }
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

enum loop_end loop_run(const struct loop_config *config)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct loop loop = {.config = *config, .end = LOOP_FAILED};
    struct event *events[ARRAY_SIZE(signals) + 2];
    size_t count = 0;

    loop.base = event_base_new();
    if (!loop.base) {
        log_error("cannot make the event loop");
        return LOOP_FAILED;
    }
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        events[count++] = evsignal_new(loop.base, signals[i], loop_on_signal, &loop);
    events[count++] = event_new(loop.base, sampler_event_fd(config->sampler), EV_READ | EV_PERSIST,
                                loop_on_frames, &loop);
    events[count++] = event_new(loop.base, output_event_fd(config->output), EV_READ | EV_PERSIST,
                                loop_on_output, &loop);
    for (size_t i = 0; i < count; i++) {
        if (!events[i] || event_add(events[i], NULL) != 0) {
            log_error("cannot watch for events");
            return LOOP_FAILED;
        }
    }
    loop.end = LOOP_STOPPED;
    loop_mask_signals(SIG_UNBLOCK);
    event_base_dispatch(loop.base);
    for (size_t i = 0; i < count; i++)
        event_free(events[i]);
    event_base_free(loop.base);
    buf_done(&loop.text);
    return loop.end;
}
