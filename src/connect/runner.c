/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a connector: a worker thread opens the source and reads it at its beat,
 * a supervisor thread gives up on a worker that overstays its announced time
 * and starts a spare. A worker that was given up on is never joined; it frees
 * itself if its call ever returns.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "connect/connector.h"

#define RUNNER_ABANDONED_MAX 4
#define RUNNER_FIRST_PAUSE_S 1.0 /* before a lost source is opened again, doubled */
#define RUNNER_LAST_PAUSE_S  30.0
#define RUNNER_STOP_WAIT_S   1.0

/* A worker, which is what its connector sees as its guard. */
struct connector_guard {
    struct connector *connector;
    bool abandoned;
    struct mono deadline; /* ns 0 = no announcement */
    unsigned milliseconds;
    const char *what;
    pid_t pid; /* that it is about; 0 = none */
};

struct connector {
    const struct connector_ops *ops;
    struct connector_config config;
    pthread_mutex_t lock;
    pthread_cond_t changed;         /* CLOCK_MONOTONIC; anything below changed */
    struct connector_guard *worker; /* the one in charge; NULL = none */
    unsigned threads;               /* running: workers, abandoned ones too, and the supervisor */
    struct connector_guard *hanging[RUNNER_ABANDONED_MAX]; /* workers that were given up on */
    unsigned abandoned;                                    /* how many of them */
    struct mono watched; /* when the supervisor wakes up by itself; ns 0 = never */
    bool stopping;
    bool hushed;
    bool fatal; /* trying again cannot help: no worker, and no new one */
    enum connector_status status;
    struct connector_error error;
    struct complaint trouble;
    double pause;
    unsigned rounds;          /* that succeeded */
    struct mono answered;     /* when the last one of them ended; ns 0 = never */
    struct inventory *newest; /* one reference; written under the lock */
};

static void *runner_supervise(void *argument);
static void *runner_work(void *argument);

/* Waits for a change until `until` (ns 0 = without end). False when the time is over. */
static bool runner_wait(struct connector *c, struct mono until)
{
    return cond_wait_until(&c->changed, &c->lock, until);
}

/* Starts a thread that nobody joins. Called with the lock held. */
static bool runner_start_thread(struct connector *c, void *(*run)(void *), void *argument)
{
    if (thread_start(NULL, run, argument) < 0)
        return false;
    c->threads++;
    return true;
}

static void runner_start_worker(struct connector *c)
{
    struct connector_guard *worker = xcalloc(1, sizeof(*worker));

    worker->connector = c;
    if (runner_start_thread(c, runner_work, worker)) {
        c->worker = worker;
        return;
    }
    log_error("%s: cannot start a thread", c->ops->name);
    free(worker);
}

struct connector *connector_start(const struct connector_ops *ops,
                                  const struct connector_config *config)
{
    struct connector *c = xcalloc(1, sizeof(*c));

    c->ops = ops;
    c->config = *config;
    c->status = CONNECTOR_OPENING;
    c->pause = RUNNER_FIRST_PAUSE_S;
    pthread_mutex_init(&c->lock, NULL);
    cond_init(&c->changed);
    pthread_mutex_lock(&c->lock);
    runner_start_worker(c);
    (void)runner_start_thread(c, runner_supervise, c);
    pthread_mutex_unlock(&c->lock);
    return c;
}

void connector_guard_set_for(struct connector_guard *guard, unsigned milliseconds, const char *what,
                             pid_t pid)
{
    struct connector *c;

    if (!guard)
        return;
    c = guard->connector;
    pthread_mutex_lock(&c->lock);
    guard->deadline = mono_in(milliseconds / 1000.0);
    guard->milliseconds = milliseconds;
    guard->what = what;
    guard->pid = pid;
    /* There can be thousands of announcements in a round. */
    if (!c->watched.ns || guard->deadline.ns < c->watched.ns)
        pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

void connector_guard_set(struct connector_guard *guard, unsigned milliseconds, const char *what)
{
    connector_guard_set_for(guard, milliseconds, what, 0);
}

bool connector_guard_clear(struct connector_guard *guard)
{
    bool abandoned;

    if (!guard)
        return false;
    pthread_mutex_lock(&guard->connector->lock);
    guard->deadline.ns = 0;
    abandoned = guard->abandoned || guard->connector->stopping;
    pthread_mutex_unlock(&guard->connector->lock);
    return abandoned;
}

bool connector_guard_others_hang(struct connector_guard *guard, const char *what, pid_t pid)
{
    struct connector *c;
    bool hang = false;

    if (!guard)
        return false;
    c = guard->connector;
    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < c->abandoned && !hang; i++) {
        const struct connector_guard *other = c->hanging[i];

        hang = other != guard && other->deadline.ns && (!pid || other->pid == pid) &&
               strcmp(other->what, what) == 0;
    }
    pthread_mutex_unlock(&c->lock);
    return hang;
}

static void runner_abandon(struct connector *c)
{
    char about[32] = "";

    if (c->worker->pid)
        snprintf(about, sizeof(about), " %d", (int)c->worker->pid);
    if (!c->hushed)
        complain(&c->trouble, LOG_WARNING,
                 "%s: %s%s takes longer than %u ms; going on without it on another thread",
                 c->ops->name, c->worker->what, about, c->worker->milliseconds);
    c->worker->abandoned = true;
    c->hanging[c->abandoned++] = c->worker;
    c->worker = NULL;
    if (c->abandoned == RUNNER_ABANDONED_MAX && !c->hushed)
        log_warning("%s: %u calls hang by now: nothing more is asked until one of them returns; "
                    "what it knows of the VMs stays as it is",
                    c->ops->name, c->abandoned);
    if (!c->rounds) {
        c->status = CONNECTOR_FAILED;
        c->error =
            (struct connector_error){.text = "it does not answer", .trouble = CONNECTOR_SILENT};
    }
    pthread_cond_broadcast(&c->changed);
}

static void *runner_supervise(void *argument)
{
    struct connector *c = argument;

    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        struct mono deadline = c->worker ? c->worker->deadline : (struct mono){0};

        if (deadline.ns && clock_mono(&clock_system).ns >= deadline.ns)
            runner_abandon(c);
        if (!c->worker && !c->fatal && c->abandoned < RUNNER_ABANDONED_MAX)
            runner_start_worker(c);
        if (c->worker)
            deadline = c->worker->deadline;
        else if (c->fatal || c->abandoned >= RUNNER_ABANDONED_MAX)
            deadline.ns = 0;
        else /* no thread could be started */
            deadline = mono_in(RUNNER_LAST_PAUSE_S);
        c->watched = deadline;
        (void)runner_wait(c, deadline);
    }
    c->threads--;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Sleeps until the time, the end of the connector or of this worker's charge.
 * Called with the lock held. False = the worker has to end. */
static bool runner_sleep(struct connector_guard *worker, double seconds)
{
    struct connector *c = worker->connector;
    struct mono until = mono_in(seconds);

    while (!c->stopping && !worker->abandoned && runner_wait(c, until))
        ;
    return !c->stopping && !worker->abandoned;
}

/* Notes a failure of opening or reading. Called with the lock held. */
static bool runner_fail(struct connector_guard *worker, const struct connector_error *error)
{
    struct connector *c = worker->connector;
    double pause = c->pause;
    bool first = c->status == CONNECTOR_OPENING; /* whoever started the connector tells it */

    c->error = *error;
    if (!c->rounds)
        c->status = CONNECTOR_FAILED;
    if (!first && !c->hushed)
        complain(&c->trouble, LOG_WARNING, "%s: %s", c->ops->name, error->text);
    pthread_cond_broadcast(&c->changed);
    c->fatal = error->fatal;
    if (c->fatal)
        return false;
    c->pause = pause * 2 > RUNNER_LAST_PAUSE_S ? RUNNER_LAST_PAUSE_S : pause * 2;
    return runner_sleep(worker, pause);
}

static void runner_tell_change(const struct vm_info *vm, const char *change)
{
    if (vm->pid)
        log_info("VM '%s' (pid %d) %s", vm->name, (int)vm->pid, change);
    else
        log_info("VM '%s' %s", vm->name, change);
}

/* Tells when a VM has been silent for two beats, and when it answers again. A
 * source that is busy for a moment is no news. */
static void runner_tell_silence(const struct vm_info *before, struct vm_info *now, double beat)
{
    double age = mono_seconds_between(now->answered_at, clock_mono(&clock_system));
    bool silent = now->has_source && age > 2 * beat;

    if (silent && !before->told_silent)
        log_notice("VM '%s' does not answer: %s", now->name,
                   now->stale_reason[0] ? now->stale_reason : "its turn to be asked did not come");
    else if (!silent && before->told_silent)
        log_notice("VM '%s' answers again", now->name);
    now->told_silent = silent;
}

/* Tells which VMs came, went and fell silent; both inventories are sorted by
 * name and key. `fresh` is not published yet. */
static void runner_tell_changes(const struct inventory *old, struct inventory *fresh)
{
    size_t i = 0, j = 0, old_count = old ? old->count : 0;

    while (i < old_count || j < fresh->count) {
        int order = 1; /* > 0: the next one of `fresh` is new */

        if (i < old_count)
            order = j < fresh->count ? vm_info_compare(&old->vms[i], &fresh->vms[j]) : -1;
        if (order == 0)
            runner_tell_silence(&old->vms[i], &fresh->vms[j], fresh->beat);
        else if (order > 0)
            runner_tell_change(&fresh->vms[j], "is there");
        else
            runner_tell_change(&old->vms[i], "left");
        i += order <= 0;
        j += order >= 0;
    }
}

/* Called with the lock held; takes the inventory over. */
static void runner_publish(struct connector *c, struct inventory *inventory)
{
    struct inventory *old = c->newest;

    inventory->rounds = c->rounds;
    __atomic_store_n(&c->newest, inventory, __ATOMIC_RELEASE);
    inventory_unref(old);
}

/* One round and the pause behind it. False = close the source. */
static bool runner_round(struct connector_guard *worker, void *state)
{
    struct connector *c = worker->connector;
    struct connector_error error = {.text = "unknown failure"};
    struct inventory *fresh = NULL, *previous = connector_inventory(c);
    struct mono start = clock_mono(&clock_system);
    int r = c->ops->round(state, worker, previous, &fresh, &error);
    double last_round = mono_seconds_between(start, clock_mono(&clock_system));
    double beat = c->ops->beat(&c->config, last_round);
    bool go_on;

    if (r == 0) {
        if (fresh->beat < beat)
            fresh->beat = beat;
        runner_tell_changes(previous, fresh);
    }
    inventory_unref(previous);
    pthread_mutex_lock(&c->lock);
    if (worker->abandoned || c->stopping) {
        if (r == 0)
            inventory_unref(fresh);
        go_on = false;
    } else if (r < 0) {
        (void)runner_fail(worker, &error);
        go_on = false;
    } else {
        c->status = CONNECTOR_READY;
        c->pause = RUNNER_FIRST_PAUSE_S;
        c->rounds++;
        c->answered = clock_mono(&clock_system);
        complaint_recover(&c->trouble, "%s: answers again", c->ops->name);
        if (r == 0)
            runner_publish(c, fresh);
        pthread_cond_broadcast(&c->changed);
        /* Rates need two readings: the second one comes soon after the start. */
        if (c->rounds == 1 && beat > 1.0)
            beat = c->config.interval < 1.0 ? c->config.interval : 1.0;
        beat -= last_round;
        go_on = runner_sleep(worker, beat > 0 ? beat : 0);
    }
    pthread_mutex_unlock(&c->lock);
    return go_on;
}

static bool runner_open(struct connector_guard *worker, void **ret_state)
{
    struct connector *c = worker->connector;
    struct connector_error error = {.text = "unknown failure"};
    int r = c->ops->open(&c->config, worker, ret_state, &error);
    bool wanted;

    pthread_mutex_lock(&c->lock);
    wanted = !c->stopping && !worker->abandoned;
    if (r < 0) {
        *ret_state = NULL;
        if (wanted)
            wanted = runner_fail(worker, &error);
    } else if (wanted && !c->rounds) {
        c->status = CONNECTOR_READY;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
    return wanted;
}

/* The worker that was given up on ends. Called with the lock held. */
static void runner_forget(struct connector *c, const struct connector_guard *worker)
{
    unsigned i = 0;

    while (c->hanging[i] != worker)
        i++;
    c->hanging[i] = c->hanging[--c->abandoned];
}

static void *runner_work(void *argument)
{
    struct connector_guard *worker = argument;
    struct connector *c = worker->connector;
    void *state = NULL;
    bool go_on = true;

    while (go_on) {
        go_on = runner_open(worker, &state);
        if (!state)
            continue;
        while (go_on && runner_round(worker, state))
            ;
        c->ops->close(state);
        state = NULL;
        pthread_mutex_lock(&c->lock);
        go_on = !worker->abandoned && !c->stopping;
        pthread_mutex_unlock(&c->lock);
    }
    pthread_mutex_lock(&c->lock);
    c->threads--;
    if (worker->abandoned)
        runner_forget(c, worker);
    else
        c->worker = NULL;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    free(worker);
    return NULL;
}

enum connector_status connector_wait(struct connector *c, double seconds, bool first_round,
                                     struct connector_error *ret_error)
{
    struct mono until = mono_in(seconds);
    enum connector_status status;

    pthread_mutex_lock(&c->lock);
    while (c->status == CONNECTOR_OPENING ||
           (first_round && c->status == CONNECTOR_READY && !c->newest)) {
        if (!runner_wait(c, until))
            break;
    }
    status = c->status;
    if (ret_error)
        *ret_error = c->error;
    pthread_mutex_unlock(&c->lock);
    return status;
}

struct inventory *connector_inventory(struct connector *c)
{
    struct inventory *inventory;

    pthread_mutex_lock(&c->lock);
    inventory = c->newest ? inventory_ref(c->newest) : NULL;
    pthread_mutex_unlock(&c->lock);
    return inventory;
}

struct mono connector_answered(struct connector *c)
{
    struct mono answered;

    pthread_mutex_lock(&c->lock);
    answered = c->answered;
    pthread_mutex_unlock(&c->lock);
    return answered;
}

bool connector_has_news(const struct connector *c, const struct inventory *seen)
{
    return __atomic_load_n(&c->newest, __ATOMIC_ACQUIRE) != seen;
}

const char *connector_name(const struct connector *c)
{
    return c->ops->name;
}

void connector_hush(struct connector *c, bool hushed)
{
    pthread_mutex_lock(&c->lock);
    c->hushed = hushed;
    pthread_mutex_unlock(&c->lock);
}

void connector_retire(struct connector *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

bool connector_stop(struct connector *c)
{
    struct mono until = mono_in(RUNNER_STOP_WAIT_S);
    bool all_ended;

    connector_retire(c);
    pthread_mutex_lock(&c->lock);
    while (c->threads && runner_wait(c, until))
        ;
    all_ended = c->threads == 0;
    pthread_mutex_unlock(&c->lock);
    if (!all_ended)
        return false;
    inventory_unref(c->newest);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
    return true;
}
