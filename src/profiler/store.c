/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directory's thread, and what waits for it. */
#include "profiler/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/thread.h"
#include "profiler/state.h"
#include "profiler/store_file.h"

/* Cleaned up first when the VMs of this host should be known, then daily, and at the end. */
#define STORE_CLEAN_FIRST_S 60.0
#define STORE_DAY_S         86400.0
/* Of texts that wait for a disk that hangs. */
#define STORE_WAITING_MAX ((size_t)512 << 20)

enum store_task { STORE_ASK, STORE_PUT, STORE_LEAVE };

struct store_job {
    struct store_job *next;
    enum store_task task;
    uint64_t hash; /* of uuid and key */
    char *uuid, *key;
    struct buf text;
};

struct store_reply {
    struct store_reply *next;
    struct store_answer answer;
};

/* A VM that was asked for. The thread's own. */
struct store_vm {
    uint64_t hash;
    char *uuid, *key;
    unsigned users; /* asked for so many times more than left */
    bool kept;      /* its name is ours, and what is there may be replaced */
    bool failed;    /* the last writing */
    char name[STORE_NAME_SIZE];
    char file[STORE_FILE_SIZE];
};

struct store {
    struct store_dir dir;
    const struct profile_settings *settings; /* borrowed; by the profiles, too */
    double keep_seconds;                     /* 0 = for ever */
    char fingerprint[STATE_FINGERPRINT_SIZE];
    pthread_t thread;
    struct complaint full; /* the caller's thread's */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct store_job *first, **end;
    size_t waiting; /* bytes */
    struct store_reply *replies, **replies_end;
    bool closing, ended, lost;

    /* The thread's. */
    struct store_vm **vms;
    size_t count, capacity;
    size_t failed; /* of the VMs */
    struct complaint writing;
    struct mono clean_at;
};

static uint64_t store_hash(const char *uuid, const char *key)
{
    return hash_bytes(key, strlen(key), hash_text(uuid));
}

static void store_job_free(struct store_job *job)
{
    buf_done(&job->text);
    free(job->uuid);
    free(job->key);
    free(job);
}

/* VMs. */

/* The number of a job's VM, or count. */
static size_t store_vm_find(const struct store *store, const struct store_job *job)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct store_vm *vm = store->vms[i];

        if (vm->hash == job->hash && strcmp(vm->uuid, job->uuid) == 0 &&
            strcmp(vm->key, job->key) == 0)
            return i;
    }
    return store->count;
}

static bool store_name_in_use(const void *argument, const char *name)
{
    const struct store *store = argument;

    for (size_t i = 0; i < store->count; i++)
        if (store->vms[i]->kept && strcmp(store->vms[i]->name, name) == 0)
            return true;
    return false;
}

static void store_file_beside(const struct store *store, const char *name,
                              char file[STORE_FILE_SIZE])
{
    snprintf(file, STORE_FILE_SIZE, "%s.%s", name, store->fingerprint);
}

/* UUID, or UUID-KEY if another VM here has that, or if it had when this one was here last: it must
 * not get the other one's profile because it comes first today. */
static bool store_vm_name(const struct store *store, struct store_vm *vm)
{
    char own[STORE_NAME_SIZE], beside[STORE_FILE_SIZE];
    bool own_is_free, own_is_there;

    store_name_make(vm->uuid, vm->key, own);
    store_file_beside(store, own, beside);
    own_is_free = !store_name_in_use(store, own);
    own_is_there = store_dir_has(&store->dir, own) || store_dir_has(&store->dir, beside);
    store_name_make(vm->uuid, NULL, vm->name);
    if ((own_is_there && own_is_free) || store_name_in_use(store, vm->name))
        copy_text(vm->name, sizeof(vm->name), own);
    return !store_name_in_use(store, vm->name);
}

/* The VM's name and its lock. */
static void store_vm_claim(const struct store *store, struct store_vm *vm)
{
    int r = store_vm_name(store, vm) ? store_dir_lock(&store->dir, vm->name) : -EBUSY;

    if (r == 0)
        vm->kept = true;
    else if (r == -EAGAIN)
        log_warning("'%s/%s' is in use by another proxprofiler: what is learned of this VM here is "
                    "not kept",
                    store->dir.path, vm->name);
    else
        log_warning("'%s/%s' cannot be locked: %s; what is learned of this VM is not kept",
                    store->dir.path, vm->name, strerror(-r));
}

enum store_found { STORE_NONE, STORE_GOOD, STORE_OTHER, STORE_FAILED };

static enum store_found store_set_aside(const struct store *store, const char *file,
                                        const char *why)
{
    int r = store_dir_set_aside(&store->dir, file);

    if (r == 0) {
        log_warning("'%s/%s' is no saved profile: %s; it is now '%s.bad', and learning starts anew",
                    store->dir.path, file, why, file);
        return STORE_NONE;
    }
    log_warning("'%s/%s' is no saved profile: %s; it cannot be renamed: %s; what is learned of "
                "this VM is not kept",
                store->dir.path, file, why, strerror(-r));
    return STORE_FAILED;
}

/* What a file is; of a good one its profile, and why another one is not good. */
static enum store_found store_look(const struct store *store, const char *file,
                                   struct profile **ret, char *why, size_t size)
{
    struct vm_identity vm = {0};
    enum state_verdict verdict;
    struct buf b = {0};
    int r = store_dir_read(&store->dir, file, &b, STATE_SIZE_MAX);

    if (r == 0) {
        verdict = state_read(b.data, b.len, store->settings, NULL, &vm, ret, why, size);
        buf_done(&b);
        if (verdict == STATE_GOOD)
            vm_identity_done(&vm);
        if (verdict == STATE_BAD)
            return store_set_aside(store, file, why);
        return verdict == STATE_GOOD ? STORE_GOOD : STORE_OTHER;
    }
    buf_done(&b);
    if (r == -ENOENT)
        return STORE_NONE;
    if (r == -EFBIG)
        return store_set_aside(store, file, "too large");
    log_warning("'%s/%s' cannot be read: %s; it stays as it is, and what is learned of this VM is "
                "not kept",
                store->dir.path, file, r == -EINVAL ? "not a regular file" : strerror(-r));
    return STORE_FAILED;
}

/* Decides which file is the VM's. Returns the profile that is in it, or NULL. */
static struct profile *store_vm_load(const struct store *store, struct store_vm *vm)
{
    char beside[STORE_FILE_SIZE], why[256] = "";
    struct profile *profile = NULL;
    enum store_found found, own;

    store_file_beside(store, vm->name, beside);
    copy_text(vm->file, sizeof(vm->file), beside);
    found = store_look(store, beside, &profile, why, sizeof(why));
    if (found == STORE_GOOD)
        return profile;
    vm->kept = found != STORE_FAILED;
    if (!vm->kept)
        return NULL;
    own = store_look(store, vm->name, &profile, why, sizeof(why));
    if (own == STORE_FAILED) {
        vm->kept = false;
    } else if (own != STORE_OTHER) {
        copy_text(vm->file, sizeof(vm->file), vm->name);
    } else if (found == STORE_OTHER) {
        vm->kept = false;
        log_warning("'%s/%s' and '%s' were learned with other settings or by another version: they "
                    "stay as they are, and what is learned of this VM is not kept",
                    store->dir.path, vm->name, beside);
    } else {
        log_notice("'%s/%s' was learned with other settings or by another version (%s): it stays "
                   "as it is, and a new profile goes to '%s'",
                   store->dir.path, vm->name, why, beside);
    }
    return own == STORE_GOOD ? profile : NULL;
}

static struct store_vm *store_vm_add(struct store *store, const struct store_job *job)
{
    struct store_vm *vm = xcalloc(1, sizeof(*vm));

    vm->hash = job->hash;
    vm->uuid = xstrdup(job->uuid);
    vm->key = xstrdup(job->key);
    store_vm_claim(store, vm);
    store->vms =
        array_grow(store->vms, &store->capacity, store->count + 1, sizeof(struct store_vm *));
    store->vms[store->count++] = vm;
    return vm;
}

/* The VM of a job, which uses it from now on, and the profile that is kept of it. */
static struct store_vm *store_vm_enter(struct store *store, const struct store_job *job,
                                       struct profile **ret_profile)
{
    size_t i = store_vm_find(store, job);
    struct store_vm *vm = i < store->count ? store->vms[i] : store_vm_add(store, job);

    *ret_profile = NULL;
    if (vm->kept) {
        *ret_profile = store_vm_load(store, vm);
        if (!vm->kept)
            store_dir_unlock(&store->dir, vm->name);
    }
    vm->users++;
    return vm;
}

static void store_vm_set_failed(struct store *store, struct store_vm *vm, bool failed)
{
    store->failed += (size_t)failed;
    store->failed -= (size_t)vm->failed;
    vm->failed = failed;
}

static void store_vm_free(struct store *store, size_t i)
{
    struct store_vm *vm = store->vms[i];

    if (vm->kept)
        store_dir_unlock(&store->dir, vm->name);
    store_vm_set_failed(store, vm, false);
    free(vm->uuid);
    free(vm->key);
    free(vm);
    store->vms[i] = store->vms[--store->count];
}

/* What the thread does. */

static void store_lose(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->lost = true;
    pthread_mutex_unlock(&store->lock);
}

static void store_reply_add(struct store *store, struct store_job *job, struct profile *profile)
{
    struct store_reply *reply = xcalloc(1, sizeof(*reply));

    reply->answer = (struct store_answer){.uuid = job->uuid, .key = job->key, .profile = profile};
    job->uuid = job->key = NULL;
    pthread_mutex_lock(&store->lock);
    *store->replies_end = reply;
    store->replies_end = &reply->next;
    pthread_mutex_unlock(&store->lock);
}

static void store_do_put(struct store *store, const struct store_job *job)
{
    struct profile *profile = NULL;
    size_t i = store_vm_find(store, job);
    struct store_vm *vm = i < store->count ? store->vms[i] : store_vm_enter(store, job, &profile);
    int r;

    profile_free(profile);
    if (!vm->kept)
        return;
    /* What could not be read again would be taken for damaged. */
    r = job->text.len > STATE_SIZE_MAX
            ? -EFBIG
            : store_dir_write(&store->dir, vm->file, job->text.data, job->text.len);
    store_vm_set_failed(store, vm, r < 0);
    if (r < 0)
        complain(&store->writing, LOG_WARNING, "cannot write '%s/%s': %s; the old one stays",
                 store->dir.path, vm->file, strerror(-r));
    else if (store->failed == 0)
        complaint_recover(&store->writing, "profiles are written to '%s' again", store->dir.path);
}

static void store_do_leave(struct store *store, const struct store_job *job)
{
    size_t i = store_vm_find(store, job);

    if (i == store->count || --store->vms[i]->users > 0)
        return;
    if (store->vms[i]->failed)
        store_lose(store);
    store_vm_free(store, i);
}

static void store_do(struct store *store, struct store_job *job)
{
    struct profile *profile;

    switch (job->task) {
    case STORE_ASK:
        (void)store_vm_enter(store, job, &profile);
        store_reply_add(store, job, profile);
        break;
    case STORE_PUT:
        store_do_put(store, job);
        break;
    case STORE_LEAVE:
        store_do_leave(store, job);
        break;
    }
    store_job_free(job);
}

static void store_clean(struct store *store, double keep_seconds)
{
    store_dir_clean(&store->dir, clock_system.wall(clock_system.self), keep_seconds,
                    store_name_in_use, store);
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

static void *store_run(void *argument)
{
    struct store *store = argument;
    struct store_job *job;

    store_clean(store, 0);
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
            store_clean(store, store->keep_seconds);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    store_clean(store, store->keep_seconds);
    pthread_mutex_lock(&store->lock);
    store->lost |= store->failed > 0;
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
    }
    while (store->count > 0)
        store_vm_free(store, store->count - 1);
    free(store->vms);
    store_dir_close(&store->dir);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

int store_open(const char *directory, const struct profile_settings *settings, double keep_days,
               struct store **ret, char *error, size_t size)
{
    struct store *store;
    struct store_dir dir;
    int r = store_dir_open(directory, &dir, error, size);

    if (r < 0)
        return r;
    store = xcalloc(1, sizeof(*store));
    store->dir = dir;
    store->settings = settings;
    store->keep_seconds = keep_days > 0 ? keep_days * STORE_DAY_S : 0;
    state_fingerprint(settings, store->fingerprint);
    store->end = &store->first;
    store->replies_end = &store->replies;
    pthread_mutex_init(&store->lock, NULL);
    cond_init(&store->changed);
    r = thread_start(&store->thread, store_run, store);
    if (r < 0) {
        snprintf(error, size, "cannot start a thread: %s", strerror(-r));
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
    job->uuid = xstrdup(uuid ? uuid : "");
    job->key = xstrdup(key ? key : "");
    job->hash = store_hash(job->uuid, job->key);
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

/* The last job of that VM if it is to write: nothing stands between that and another one. */
static struct store_job *store_find_put(const struct store *store, const struct store_job *put)
{
    struct store_job *last = NULL;

    for (struct store_job *job = store->first; job; job = job->next)
        if (job->hash == put->hash && strcmp(job->uuid, put->uuid) == 0 &&
            strcmp(job->key, put->key) == 0)
            last = job;
    return last && last->task == STORE_PUT ? last : NULL;
}

void store_put(struct store *store, const char *uuid, const char *key, struct buf *text)
{
    struct store_job *job = store_job_new(STORE_PUT, uuid, key), *waiting;
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
                 "'%s' is too slow: a profile could not wait for it any more", store->dir.path);
    else
        complaint_recover(&store->full, "'%s' takes profiles again", store->dir.path);
    if (job)
        store_job_free(job);
}

bool store_close(struct store *store, double seconds, bool *ret_hanging)
{
    struct mono until = mono_in(seconds);
    bool ended, lost;

    *ret_hanging = false;
    if (!store)
        return true;
    pthread_mutex_lock(&store->lock);
    store->closing = true;
    pthread_cond_broadcast(&store->changed);
    while (!store->ended && cond_wait_until(&store->changed, &store->lock, until))
        ;
    ended = store->ended;
    lost = store->lost;
    pthread_mutex_unlock(&store->lock);
    if (!ended) {
        /* The thread still has the store. */
        log_warning("'%s' does not answer: profiles that wait for it are not written",
                    store->dir.path);
        pthread_detach(store->thread);
        *ret_hanging = true;
        return false;
    }
    pthread_join(store->thread, NULL);
    store_free(store);
    return !lost;
}
