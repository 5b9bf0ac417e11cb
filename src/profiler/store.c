/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directory's thread, and what waits for it. */
#include "profiler/store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "profiler/store_vms.h"

/* Cleaned up first when the VMs of this host should be known, then daily, and at the end. */
#define STORE_CLEAN_FIRST_S 60.0
#define STORE_DAY_S         86400.0
/* Of texts that wait for a disk that hangs. */
#define STORE_WAITING_MAX ((size_t)512 << 20)
/* What the start waits for the directory, and what the end may take of a disk that is slow but
 * gets on: less than the 90 s after which services are killed. */
#define STORE_OPEN_S  3.0
#define STORE_CLOSE_S 60.0

enum store_task { STORE_ASK, STORE_PUT, STORE_LEAVE };

struct store_job {
    struct store_job *next;
    enum store_task task;
    bool host; /* it is about the host, not about a VM */
    struct store_id id;
    struct buf text;
};

struct store_reply {
    struct store_reply *next;
    struct store_answer answer;
};

struct store {
    char *path; /* the directory */
    pthread_t thread;
    struct complaint full; /* the caller's thread's */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct store_job *first, **end;
    size_t waiting; /* bytes */
    struct store_reply *replies, **replies_end;
    uint64_t done; /* jobs */
    bool closing, ended, lost;
    bool opened; /* or not, as `result` says */
    bool late;   /* nobody waited for it any more */
    int result;
    char error[512]; /* of opening */

    /* The thread's. */
    struct store_vms vms;
    struct mono clean_at;
};

static void store_job_free(struct store_job *job)
{
    buf_done(&job->text);
    store_id_done(&job->id);
    free(job);
}

/* What the thread does. */

static void store_lose(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->lost = true;
    pthread_mutex_unlock(&store->lock);
}

/* The answer takes what the job knows the VM by. */
static void store_reply_add(struct store *store, struct store_job *job, struct profile *profile,
                            struct state_host *host)
{
    struct store_reply *reply = xcalloc(1, sizeof(*reply));

    reply->answer = (struct store_answer){job->id.uuid, job->id.key, profile, host};
    job->id = (struct store_id){0};
    pthread_mutex_lock(&store->lock);
    *store->replies_end = reply;
    store->replies_end = &reply->next;
    pthread_mutex_unlock(&store->lock);
}

static void store_do(struct store *store, struct store_job *job)
{
    /* Without a directory nothing is kept, which was told when it could not be opened. */
    if (store->result < 0) {
        if (job->task == STORE_ASK)
            store_reply_add(store, job, NULL, NULL);
        store_job_free(job);
        return;
    }
    switch (job->task) {
    case STORE_ASK:
        if (job->host)
            store_reply_add(store, job, NULL, store_vms_enter_host(&store->vms));
        else
            store_reply_add(store, job, store_vms_enter(&store->vms, &job->id), NULL);
        break;
    case STORE_PUT:
        if (job->host)
            store_vms_put_host(&store->vms, &job->text);
        else
            store_vms_put(&store->vms, &job->id, &job->text);
        break;
    case STORE_LEAVE:
        if (!store_vms_leave(&store->vms, &job->id))
            store_lose(store);
        break;
    }
    store_job_free(job);
}

static void store_clean(struct store *store)
{
    if (store->result == 0)
        store_vms_clean(&store->vms, true);
    store->clean_at = mono_in(STORE_DAY_S);
}

static struct store_job *store_next_job(struct store *store)
{
    struct store_job *job = store->first;

    if (!job)
        return NULL;
    store->first = job->next;
    if (!store->first)
        store->end = &store->first;
    store->waiting -= job->text.len;
    return job;
}

/* The thread's first job, as a dead file system can keep it for ever. False = it failed while
 * somebody waited, who tells it. */
static bool store_begin(struct store *store)
{
    int r = store_dir_open(store->path, &store->vms.dir, store->error, sizeof(store->error));
    bool late;

    pthread_mutex_lock(&store->lock);
    store->opened = true;
    store->result = r;
    store->lost = r < 0;
    late = store->late;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    if (r == 0 && late)
        log_notice("'%s' answers now", store->path);
    else if (late)
        log_error("%s: what is learned is not kept", store->error);
    return r == 0 || late;
}

static void *store_run(void *argument)
{
    struct store *store = argument;
    struct store_job *job;

    if (!store_begin(store))
        return NULL;
    if (store->result == 0)
        store_vms_clean(&store->vms, false);
    store->clean_at = mono_in(STORE_CLEAN_FIRST_S);
    pthread_mutex_lock(&store->lock);
    for (;;) {
        bool clean = mono_seconds_between(store->clean_at, mono_in(0)) >= 0;

        job = store_next_job(store);
        if (!job && !clean && !store->closing) {
            cond_wait_until(&store->changed, &store->lock, store->clean_at);
            continue;
        }
        if (!job && store->closing)
            break;
        pthread_mutex_unlock(&store->lock);
        if (job)
            store_do(store, job);
        else
            store_clean(store);
        pthread_mutex_lock(&store->lock);
        store->done++;
    }
    pthread_mutex_unlock(&store->lock);
    store_clean(store);
    pthread_mutex_lock(&store->lock);
    store->lost |= store->vms.failed > 0;
    store->ended = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* What others see. */

static void store_free(struct store *store)
{
    struct store_answer answer;
    struct store_job *job;

    while ((job = store_next_job(store)))
        store_job_free(job);
    while (store_next(store, &answer)) {
        free(answer.uuid);
        free(answer.key);
        profile_free(answer.profile);
        state_host_free(answer.host);
    }
    store_vms_done(&store->vms);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    free(store->path);
    free(store);
}

/* Waits for the thread to have the directory; a dead one must not hold up the start. 0 also if it
 * does not answer. */
static int store_wait_open(struct store *store)
{
    struct mono until = mono_in(STORE_OPEN_S);
    int r;

    pthread_mutex_lock(&store->lock);
    while (!store->opened && cond_wait_until(&store->changed, &store->lock, until))
        ;
    store->late = !store->opened;
    r = store->opened ? store->result : 0;
    pthread_mutex_unlock(&store->lock);
    if (store->late)
        log_warning("'%s' does not answer: it is not waited for, and saved profiles come when it "
                    "does",
                    store->path);
    return r;
}

static struct store *store_new(const char *directory, const struct profile_settings *settings,
                               double keep_days)
{
    struct store *store = xcalloc(1, sizeof(*store));

    store->path = xstrdup(directory);
    store->vms.dir = (struct store_dir){.fd = -1, .lock_fd = -1};
    store->vms.settings = settings;
    store->vms.keep_seconds = keep_days > 0 ? keep_days * STORE_DAY_S : 0;
    state_fingerprint(settings, store->vms.fingerprint);
    store->end = &store->first;
    store->replies_end = &store->replies;
    pthread_mutex_init(&store->lock, NULL);
    cond_init(&store->changed);
    return store;
}

int store_open(const char *directory, const struct profile_settings *settings, double keep_days,
               struct store **ret, char *error, size_t size)
{
    struct store *store = store_new(directory, settings, keep_days);
    int r = thread_start(&store->thread, store_run, store);

    if (r < 0) {
        snprintf(error, size, "cannot start a thread: %s", strerror(-r));
        store_free(store);
        return r;
    }
    r = store_wait_open(store);
    if (r < 0) {
        pthread_join(store->thread, NULL);
        copy_text(error, size, store->error);
        store_free(store);
        return r;
    }
    *ret = store;
    return 0;
}

static struct store_job *store_job_new(enum store_task task, const char *uuid, const char *key)
{
    struct store_job *job = xcalloc(1, sizeof(*job));

    job->task = task;
    job->id = store_id_make(uuid, key);
    return job;
}

static struct store_job *store_job_new_host(enum store_task task)
{
    struct store_job *job = xcalloc(1, sizeof(*job));

    job->task = task;
    job->host = true;
    return job;
}

/* Called with the lock held. */
static void store_append(struct store *store, struct store_job *job)
{
    *store->end = job;
    store->end = &job->next;
    store->waiting += job->text.len;
    pthread_cond_broadcast(&store->changed);
}

static void store_add(struct store *store, struct store_job *job)
{
    pthread_mutex_lock(&store->lock);
    store_append(store, job);
    pthread_mutex_unlock(&store->lock);
}

void store_ask(struct store *store, const char *uuid, const char *key)
{
    store_add(store, store_job_new(STORE_ASK, uuid, key));
}

void store_ask_host(struct store *store)
{
    store_add(store, store_job_new_host(STORE_ASK));
}

void store_leave(struct store *store, const char *uuid, const char *key)
{
    store_add(store, store_job_new(STORE_LEAVE, uuid, key));
}

bool store_next(struct store *store, struct store_answer *ret)
{
    struct store_reply *reply;

    pthread_mutex_lock(&store->lock);
    reply = store->replies;
    if (reply) {
        store->replies = reply->next;
        if (!store->replies)
            store->replies_end = &store->replies;
    }
    pthread_mutex_unlock(&store->lock);
    if (!reply)
        return false;
    *ret = reply->answer;
    free(reply);
    return true;
}

static bool store_job_is_of(const struct store_job *job, const struct store_job *other)
{
    if (job->host || other->host)
        return job->host && other->host;
    return store_id_equal(&job->id, &other->id);
}

/* The last job of that VM if it is to write: nothing stands between that and another one. */
static struct store_job *store_find_put(const struct store *store, const struct store_job *put)
{
    struct store_job *last = NULL;

    for (struct store_job *job = store->first; job; job = job->next)
        if (store_job_is_of(job, put))
            last = job;
    return last && last->task == STORE_PUT ? last : NULL;
}

/* Takes the job and the text. */
static void store_put_job(struct store *store, struct store_job *job, struct buf *text)
{
    struct store_job *waiting;
    size_t freed;
    bool room;

    job->text = *text;
    *text = (struct buf){0};
    pthread_mutex_lock(&store->lock);
    waiting = store_find_put(store, job);
    freed = waiting ? waiting->text.len : 0;
    room = store->waiting - freed + job->text.len <= STORE_WAITING_MAX;
    if (!room) {
        store->lost = true;
    } else if (waiting) {
        struct buf old = waiting->text;

        waiting->text = job->text;
        job->text = old;
        store->waiting += waiting->text.len - freed;
    } else {
        store_append(store, job);
        job = NULL;
    }
    pthread_mutex_unlock(&store->lock);
    if (!room)
        complain(&store->full, LOG_WARNING,
                 "'%s' is too slow: a profile could not wait for it any more", store->path);
    else
        complaint_recover(&store->full, "'%s' takes profiles again", store->path);
    if (job)
        store_job_free(job);
}

void store_put(struct store *store, const char *uuid, const char *key, struct buf *text)
{
    store_put_job(store, store_job_new(STORE_PUT, uuid, key), text);
}

void store_put_host(struct store *store, struct buf *text)
{
    store_put_job(store, store_job_new_host(STORE_PUT), text);
}

/* With the lock held: until the thread has ended, gets on with nothing for so many seconds, or has
 * had its time. */
static void store_wait_end(struct store *store, double seconds)
{
    struct mono last = mono_in(fmax(seconds, STORE_CLOSE_S)), until = mono_in(seconds);
    uint64_t done = store->done;

    while (!store->ended) {
        if (cond_wait_until(&store->changed, &store->lock, until.ns < last.ns ? until : last))
            continue;
        if (store->done == done || mono_seconds_between(last, mono_in(0)) >= 0)
            break;
        done = store->done;
        until = mono_in(seconds);
    }
}

bool store_close(struct store *store, double seconds, bool *ret_hanging)
{
    bool ended, lost;

    *ret_hanging = false;
    if (!store)
        return true;
    pthread_mutex_lock(&store->lock);
    store->closing = true;
    pthread_cond_broadcast(&store->changed);
    store_wait_end(store, seconds);
    ended = store->ended;
    lost = store->lost;
    pthread_mutex_unlock(&store->lock);
    if (!ended) {
        /* The thread still has the store. */
        log_warning("'%s' does not answer in time: profiles that wait for it are not written",
                    store->path);
        pthread_detach(store->thread);
        *ret_hanging = true;
        return false;
    }
    pthread_join(store->thread, NULL);
    store_free(store);
    return !lost;
}
