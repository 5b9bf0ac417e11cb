/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads behind images.h. One worker at a time is in charge and asks for
 * what waits in the queue. A supervisor takes the charge from one that is stuck
 * in a question; it keeps its thread until the kernel returns, and its answer
 * counts then. What probably lies on the same dead file system is parked
 * meanwhile, so that it costs one thread and not all of them.
 */
#include "connect/images.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/thread.h"
#include "connect/image_cache.h"
#include "connect/images_internal.h"

#define IMAGES_AGAIN_S     60.0
#define IMAGES_SPREAD_S    10.0 /* earlier by up to this, so that not all come at once */
#define IMAGES_PATIENCE_S  2.0
#define IMAGES_STOP_WAIT_S 1.0
#define IMAGES_RETRY_S     30.0 /* before a thread that could not be started is tried again */

struct images_worker {
    struct images *images;
    pthread_t thread;
    bool hanging;
    /* The question; copied, as the entry may be dropped before the answer. */
    pid_t pid;
    dev_t st_dev; /* of the last answer; 0 = none */
    unsigned directory;
    char path[PATH_MAX];
};

struct images {
    struct images_ops ops;
    struct image_roots roots;
    pthread_mutex_t lock;
    pthread_cond_t work;  /* a worker may take charge */
    pthread_cond_t watch; /* the supervisor has something to look at */
    pthread_cond_t ended; /* a thread */
    pthread_t supervisor;
    struct image_cache cache;
    struct images_worker workers[IMAGES_WORKERS];
    unsigned started; /* workers, of those above */
    unsigned running; /* likewise, and the supervisor */
    unsigned idle, hanging;
    struct images_worker *in_charge; /* asks at this moment; NULL = nobody */
    struct mono since;               /* when its question began */
    bool watched;                    /* the supervisor wakes up in time for it */
    bool stopping;
    struct complaint trouble, no_thread;
};

/* Whether two directories look as if they lay on one file system: siblings, or
 * one inside the other. Only what stands right below a directory of the root
 * ("/mnt/a", "/mnt/b") is often a mount point of its own. */
static bool images_are_near(const char *a, unsigned a_length, const char *b, unsigned b_length)
{
    unsigned common = 0, parts = 0;
    bool inside;

    for (unsigned i = 0; i <= a_length && i <= b_length; i++) {
        bool a_ends = i == a_length || a[i] == '/', b_ends = i == b_length || b[i] == '/';

        if (a_ends && b_ends) {
            common = i;
            parts += i > 0;
        }
        if (a_ends != b_ends || (!a_ends && a[i] != b[i]))
            break;
    }
    inside = common == a_length || common == b_length;
    if (inside)
        return parts > 0;
    return parts >= 2 && !memchr(a + common + 1, '/', a_length - common - 1) &&
           !memchr(b + common + 1, '/', b_length - common - 1);
}

/* Whether asking for the entry would hang, too, as far as one can tell. */
static bool images_would_hang(const struct images *images, const struct image_entry *entry)
{
    for (unsigned i = 0; i < images->started && images->hanging; i++) {
        const struct images_worker *w = &images->workers[i];

        if (!w->hanging)
            continue;
        if (w->directory == entry->directory && memcmp(w->path, entry->path, w->directory) == 0)
            return true;
        if (w->st_dev && entry->st_dev) {
            if (w->st_dev == entry->st_dev)
                return true;
        } else if (images_are_near(w->path, w->directory, entry->path, entry->directory)) {
            return true;
        }
    }
    return false;
}

/* Puts the worker in charge of the next question. False: there is none. */
static bool images_take(struct images *images, struct images_worker *worker)
{
    struct image_entry *entry;

    if (images->in_charge)
        return false;
    while ((entry = image_cache_head(&images->cache)) && images_would_hang(images, entry))
        image_cache_park(&images->cache, entry);
    if (!entry)
        return false;
    image_cache_dequeue(entry);
    worker->pid = entry->pid;
    worker->st_dev = entry->st_dev;
    worker->directory = entry->directory;
    memcpy(worker->path, entry->path, entry->length + 1);
    images->in_charge = worker;
    images->since = clock_mono(&clock_system);
    if (!images->watched)
        pthread_cond_signal(&images->watch);
    return true;
}

static struct mono images_due(const struct image_entry *entry, struct mono now)
{
    double share = (double)(entry->hash >> 32) / 4294967296.0;

    return mono_add_seconds(now, IMAGES_AGAIN_S - share * IMAGES_SPREAD_S);
}

static void images_note(struct images *images, const struct images_worker *worker,
                        const struct image_answer *answer)
{
    struct image_entry *entry = image_cache_find(&images->cache, worker->pid, worker->path);
    struct mono now = clock_mono(images->ops.clock);

    if (!entry)
        return;
    entry->known = true;
    entry->st_dev = answer->st_dev;
    entry->image.kind = answer->kind;
    entry->image.device = answer->device;
    entry->image.size = answer->has_size ? raw_of(answer->size, now) : (struct raw){0};
    entry->due = images_due(entry, now);
}

/* Asks what the worker is in charge of. Called with the lock held, which is
 * not held meanwhile. */
static void images_ask(struct images *images, struct images_worker *worker)
{
    struct image_answer answer = {0};

    pthread_mutex_unlock(&images->lock);
    images->ops.look(images->ops.self, worker->pid, worker->path, &answer);
    pthread_mutex_lock(&images->lock);
    images_note(images, worker, &answer);
    if (!worker->hanging) {
        images->in_charge = NULL;
        return;
    }
    worker->hanging = false;
    images->hanging--;
    image_cache_unpark(&images->cache);
    if (!images->hanging)
        complaint_recover(&images->trouble, "all file systems with disk images answer again");
}

static void *images_work(void *argument)
{
    struct images_worker *worker = argument;
    struct images *images = worker->images;

    pthread_mutex_lock(&images->lock);
    for (;;) {
        while (!images->stopping && !images_take(images, worker))
            (void)cond_wait_until(&images->work, &images->lock, (struct mono){0});
        if (images->stopping)
            break;
        images->idle--;
        images_ask(images, worker);
        images->idle++;
    }
    images->running--;
    pthread_cond_broadcast(&images->ended);
    pthread_mutex_unlock(&images->lock);
    return NULL;
}

/* Leaves the worker in charge alone with its question. */
static void images_leave(struct images *images)
{
    struct images_worker *worker = images->in_charge;

    worker->hanging = true;
    images->hanging++;
    images->in_charge = NULL;
    complain(&images->trouble, LOG_WARNING,
             "stat of '%s' takes longer than %.0f s; disk images near it are not asked about "
             "until it returns",
             worker->path, images->ops.patience);
    if (images->hanging == IMAGES_WORKERS)
        log_warning("%u stats hang by now: what is known of disk images stays as it is until one "
                    "of them returns",
                    images->hanging);
}

/* Makes sure that somebody takes charge if something waits. False: a thread
 * is missing and cannot be started. */
static bool images_wake(struct images *images)
{
    struct images_worker *worker = &images->workers[images->started];
    int r;

    if (images->in_charge || !image_cache_head(&images->cache))
        return true;
    if (images->idle) {
        pthread_cond_signal(&images->work);
        return true;
    }
    if (images->started == IMAGES_WORKERS)
        return true;
    worker->images = images;
    r = thread_start(&worker->thread, images_work, worker);
    if (r < 0) {
        complain(&images->no_thread, LOG_WARNING, "cannot start a thread: %s", strerror(-r));
        return false;
    }
    images->started++;
    images->running++;
    images->idle++; /* until it takes charge */
    return true;
}

static void *images_supervise(void *argument)
{
    struct images *images = argument;

    pthread_mutex_lock(&images->lock);
    while (!images->stopping) {
        struct mono until = mono_add_seconds(images->since, images->ops.patience);

        if (images->in_charge && clock_mono(&clock_system).ns >= until.ns)
            images_leave(images);
        images->watched = images->in_charge;
        if (!images->in_charge)
            until = images_wake(images) ? (struct mono){0} : mono_in(IMAGES_RETRY_S);
        (void)cond_wait_until(&images->watch, &images->lock, until);
    }
    images->running--;
    pthread_cond_broadcast(&images->ended);
    pthread_mutex_unlock(&images->lock);
    return NULL;
}

/* Starts the supervisor; the rest follows when there is something to ask. */
static struct images *images_start(struct images *images)
{
    int r;

    image_cache_init(&images->cache);
    pthread_mutex_init(&images->lock, NULL);
    cond_init(&images->work);
    cond_init(&images->watch);
    cond_init(&images->ended);
    images->running = 1;
    r = thread_start(&images->supervisor, images_supervise, images);
    if (r == 0)
        return images;
    log_error("cannot start a thread: %s; where disk images lie stays unknown", strerror(-r));
    image_cache_done(&images->cache);
    free(images);
    return NULL;
}

struct images *images_new_with_ops(const struct images_ops *ops)
{
    struct images *images = xcalloc(1, sizeof(*images));

    images->ops = *ops;
    return images_start(images);
}

static void images_look(void *self, pid_t pid, const char *path, struct image_answer *ret)
{
    image_stat(self, pid, path, ret);
}

struct images *images_new(int proc_fd, int sys_fd, bool procfs_given)
{
    struct images *images = xcalloc(1, sizeof(*images));

    images->roots = (struct image_roots){
        .proc_fd = proc_fd,
        .sys_fd = sys_fd,
        .procfs_given = procfs_given,
    };
    images->ops = (struct images_ops){
        .look = images_look,
        .self = &images->roots,
        .clock = &clock_system,
        .patience = IMAGES_PATIENCE_S,
    };
    return images_start(images);
}

bool images_free(struct images *images)
{
    struct mono until = mono_in(IMAGES_STOP_WAIT_S);
    bool all_ended;

    if (!images)
        return true;
    pthread_mutex_lock(&images->lock);
    images->stopping = true;
    pthread_cond_broadcast(&images->work);
    pthread_cond_broadcast(&images->watch);
    while (images->running > images->hanging &&
           cond_wait_until(&images->ended, &images->lock, until))
        ;
    all_ended = !images->running;
    pthread_mutex_unlock(&images->lock);
    if (!all_ended)
        return false;
    for (unsigned i = 0; i < images->started; i++)
        pthread_join(images->workers[i].thread, NULL);
    pthread_join(images->supervisor, NULL);
    image_cache_done(&images->cache);
    pthread_cond_destroy(&images->work);
    pthread_cond_destroy(&images->watch);
    pthread_cond_destroy(&images->ended);
    pthread_mutex_destroy(&images->lock);
    free(images);
    return true;
}

bool images_find(struct images *images, pid_t pid, const char *path, struct image *ret)
{
    struct image_entry *entry;
    bool known = false;
    struct mono now;

    if (!images)
        return false;
    pthread_mutex_lock(&images->lock);
    now = clock_mono(images->ops.clock);
    image_cache_tick(&images->cache, now);
    entry = image_cache_find(&images->cache, pid, path);
    if (!entry)
        entry = image_cache_add(&images->cache, pid, path);
    if (entry) {
        image_cache_touch(&images->cache, entry);
        if (now.ns >= entry->due.ns) {
            entry->due = images_due(entry, now);
            image_cache_enqueue(&images->cache, entry);
            if (!images->in_charge && images->idle)
                pthread_cond_signal(&images->work);
            else if (!images->in_charge && images->started < IMAGES_WORKERS)
                pthread_cond_signal(&images->watch);
        }
        known = entry->known;
        if (known)
            *ret = entry->image;
    }
    pthread_mutex_unlock(&images->lock);
    return known;
}
