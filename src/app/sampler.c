/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sampler thread: start-up, ticks, and the queue of frames. */
#include "app/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/agent.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"

#define SAMPLER_QUEUE   64
#define SAMPLER_START_S 3.0 /* how long the start waits for the connector */
#define SAMPLER_FIRST_S 1.0 /* from the priming sample to the first cycle, at most */
#define SAMPLER_KICK_S  0.1 /* between two cycles, at least, however often it is asked for */
#define SAMPLER_POLL_S  0.05

struct sampler {
    struct sampler_config config;
    int event_fd;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC; stopping or kicked */
    bool stopping, kicked, finished;
    double next_interval;     /* to be taken over; 0 = none */
    struct selection *chosen; /* to be taken over; NULL = none */
    struct frame *queue[SAMPLER_QUEUE];
    size_t first, count;
    uint64_t lost;

    /* The thread's own. */
    double interval;
    struct agent *agent;
    struct connector *connector; /* that the inventory is of */
    struct inventory *inventory; /* borrowed from collect, to tell news from old */
    bool told_empty;
};

static void sampler_notify(struct sampler *s)
{
    if (eventfd_write(s->event_fd, 1) < 0)
        return; /* the counter is full: it is readable already */
}

static void sampler_publish(struct sampler *s, struct frame *frame)
{
    struct frame *oldest = NULL;

    pthread_mutex_lock(&s->lock);
    if (s->count == SAMPLER_QUEUE) {
        oldest = s->queue[s->first];
        s->first = (s->first + 1) % SAMPLER_QUEUE;
        s->count--;
        s->lost++;
    }
    s->queue[(s->first + s->count++) % SAMPLER_QUEUE] = frame;
    pthread_mutex_unlock(&s->lock);
    frame_unref(oldest);
    sampler_notify(s);
}

/* Sleeps until the time; true = go on, false = stop. A kick ends the sleep. */
static bool sampler_sleep(struct sampler *s, struct mono until)
{
    bool stopping;

    pthread_mutex_lock(&s->lock);
    while (!s->stopping && !s->kicked && cond_wait_until(&s->changed, &s->lock, until))
        ;
    stopping = s->stopping;
    s->kicked = false;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

static void sampler_take_inventory(struct sampler *s)
{
    struct inventory *news;

    s->connector = source_connector(s->config.source);
    if (!connector_has_news(s->connector, s->inventory))
        return;
    news = connector_inventory(s->connector);
    if (!news)
        return;
    s->inventory = news;
    collect_set_inventory(s->config.collect, news);
}

static void sampler_take_selection(struct sampler *s)
{
    struct selection *chosen;

    pthread_mutex_lock(&s->lock);
    chosen = s->chosen;
    s->chosen = NULL;
    pthread_mutex_unlock(&s->lock);
    if (!chosen)
        return;
    collect_select(s->config.collect, chosen);
    derive_select(s->config.derive, chosen);
    free(chosen);
}

static void sampler_tell_once(struct sampler *s)
{
    const char *notice;

    if (s->inventory && !s->inventory->count && !s->told_empty) {
        s->told_empty = true;
        log_notice("no VM found by '%s': none runs, or it is hidden from this user (hidepid of "
                   "/proc), by a PID namespace (container), or another connector knows it; proxtop "
                   "--doctor tells which; watching on",
                   connector_name(s->connector));
    }
    while ((notice = collect_notice(s->config.collect)))
        log_notice("%s", notice);
}

static struct frame *sampler_cycle(struct sampler *s)
{
    struct mono started = clock_mono(&clock_system);
    struct frame *frame;

    sampler_take_selection(s);
    sampler_take_inventory(s);
    frame = derive_frame(s->config.derive, collect_cycle(s->config.collect));
    agent_fill(s->agent, s->connector, started, frame);
    frame->agent.late_cycles = sampler_lost(s);
    return frame;
}

/* Whether rates of the connector's source need another reading. */
static bool sampler_lacks_readings(const struct sampler *s)
{
    if (!s->inventory)
        return true;
    for (size_t i = 0; i < s->inventory->count; i++) {
        if (s->inventory->vms[i].has_source)
            return s->inventory->rounds < 2;
    }
    return false;
}

/* Waits until the connector has VMs or has failed. False = stop. */
static bool sampler_wait_connector(struct sampler *s, struct mono latest)
{
    bool stopping = false;

    while (!stopping && clock_mono(&clock_system).ns < latest.ns) {
        struct connector *connector = source_connector(s->config.source);
        enum connector_status status = connector_wait(connector, SAMPLER_POLL_S, true, NULL);

        if (status == CONNECTOR_FAILED || connector_has_news(connector, NULL))
            break;
        pthread_mutex_lock(&s->lock);
        stopping = s->stopping;
        pthread_mutex_unlock(&s->lock);
    }
    return !stopping;
}

/* The start: waits for the VMs, takes the priming sample, gives rates the time
 * they need. Returns the time of the first cycle; false = stop. */
static bool sampler_prime(struct sampler *s, struct mono *ret_first)
{
    struct mono now, first, latest = mono_add_seconds(s->config.started, SAMPLER_START_S);
    double pause = s->interval < SAMPLER_FIRST_S ? s->interval : SAMPLER_FIRST_S;
    bool go_on = sampler_wait_connector(s, latest);

    frame_unref(sampler_cycle(s));
    now = clock_mono(&clock_system);
    first = mono_add_seconds(now, pause);
    while (go_on && clock_mono(&clock_system).ns < first.ns) /* whoever asks for a sample now */
        go_on = sampler_sleep(s, first);
    sampler_take_inventory(s);
    while (go_on && sampler_lacks_readings(s) && clock_mono(&clock_system).ns < latest.ns) {
        first = mono_in(SAMPLER_POLL_S);
        go_on = sampler_sleep(s, first);
        sampler_take_inventory(s);
    }
    *ret_first = first;
    return go_on;
}

/* Sleeps until the tick as sampler_sleep() does; with another interval a new grid
 * begins at once, of which *tick becomes the first. */
static bool sampler_sleep_until_tick(struct sampler *s, struct mono *tick)
{
    bool stopping;

    pthread_mutex_lock(&s->lock);
    do {
        if (s->next_interval > 0) {
            s->interval = s->next_interval;
            s->next_interval = 0;
            *tick = mono_in(s->interval);
        }
    } while (!s->stopping && !s->kicked && cond_wait_until(&s->changed, &s->lock, *tick));
    stopping = s->stopping;
    s->kicked = false;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

/* The next tick of the grid that is still to come. */
static struct mono sampler_next_tick(struct sampler *s, struct mono tick)
{
    struct mono now = clock_mono(&clock_system);
    struct mono next = mono_add_seconds(tick, s->interval);

    while (next.ns < now.ns) {
        pthread_mutex_lock(&s->lock);
        s->lost++;
        pthread_mutex_unlock(&s->lock);
        next = mono_add_seconds(next, s->interval);
    }
    return next;
}

static void *sampler_run(void *argument)
{
    struct sampler *s = argument;
    int64_t left = s->config.runs;
    struct mono tick, soonest;
    bool go_on = sampler_prime(s, &tick);

    while (go_on) {
        sampler_publish(s, sampler_cycle(s));
        sampler_tell_once(s);
        if (left > 0 && --left == 0)
            break;
        soonest = mono_in(SAMPLER_KICK_S);
        if (clock_mono(&clock_system).ns >= tick.ns) /* not kicked before its time */
            tick = sampler_next_tick(s, tick);
        go_on = sampler_sleep_until_tick(s, &tick);
        while (go_on && clock_mono(&clock_system).ns < soonest.ns && tick.ns > soonest.ns)
            go_on = sampler_sleep(s, soonest);
    }
    pthread_mutex_lock(&s->lock);
    s->finished = true;
    pthread_mutex_unlock(&s->lock);
    sampler_notify(s);
    return NULL;
}

int sampler_start(const struct sampler_config *config, struct sampler **ret)
{
    struct sampler *s = xcalloc(1, sizeof(*s));
    int r;

    s->config = *config;
    s->interval = config->interval;
    s->agent = agent_new();
    s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->changed);
    r = s->event_fd < 0 ? -errno : thread_start(&s->thread, sampler_run, s);
    if (r < 0) {
        if (s->event_fd >= 0)
            close(s->event_fd);
        agent_free(s->agent);
        free(s);
        return r;
    }
    *ret = s;
    return 0;
}

int sampler_event_fd(const struct sampler *s)
{
    return s->event_fd;
}

struct frame *sampler_next(struct sampler *s)
{
    struct frame *frame = NULL;

    pthread_mutex_lock(&s->lock);
    if (s->count) {
        frame = s->queue[s->first];
        s->first = (s->first + 1) % SAMPLER_QUEUE;
        s->count--;
    }
    pthread_mutex_unlock(&s->lock);
    return frame;
}

bool sampler_is_done(struct sampler *s)
{
    bool done;

    pthread_mutex_lock(&s->lock);
    done = s->finished && !s->count;
    pthread_mutex_unlock(&s->lock);
    return done;
}

uint64_t sampler_lost(struct sampler *s)
{
    uint64_t lost;

    pthread_mutex_lock(&s->lock);
    lost = s->lost;
    pthread_mutex_unlock(&s->lock);
    return lost;
}

void sampler_select(struct sampler *s, const struct selection *selection)
{
    struct selection *chosen = xcalloc(1, sizeof(*chosen)), *old;

    *chosen = *selection;
    pthread_mutex_lock(&s->lock);
    old = s->chosen;
    s->chosen = chosen;
    pthread_mutex_unlock(&s->lock);
    free(old);
}

void sampler_set_interval(struct sampler *s, double interval)
{
    pthread_mutex_lock(&s->lock);
    s->next_interval = interval;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void sampler_kick(struct sampler *s)
{
    pthread_mutex_lock(&s->lock);
    s->kicked = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void sampler_stop(struct sampler *s)
{
    struct frame *frame;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    while ((frame = sampler_next(s)))
        frame_unref(frame);
    close(s->event_fd);
    free(s->chosen);
    agent_free(s->agent);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
