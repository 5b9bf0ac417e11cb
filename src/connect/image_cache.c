/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries about disk images: a hash table with chains, and rings through it. */
#include "connect/image_cache.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CACHE_BUCKETS  256 /* at first */
#define CACHE_KEEP_S   600.0
#define CACHE_PAUSE_S  60.0
#define CACHE_DROP_MAX 2
#define CACHE_PRIME    UINT64_C(0x9e3779b97f4a7c15)
#define CACHE_OF(p, at)                                                                            \
    ((struct image_entry *)(void *)((char *)(p)-offsetof(struct image_entry, at)))

static void link_init(struct image_link *link)
{
    link->prev = link->next = link;
}

static void link_remove(struct image_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link_init(link);
}

static void link_append(struct image_link *ring, struct image_link *link)
{
    link->prev = ring->prev;
    link->next = ring;
    ring->prev->next = link;
    ring->prev = link;
}

/* Paths are other people's: the seed keeps them from meeting in one bucket. */
static uint64_t cache_hash(const struct image_cache *cache, pid_t pid, const char *path,
                           size_t length)
{
    uint64_t hash = cache->seed ^ (uint64_t)pid * CACHE_PRIME;

    while (length) {
        size_t n = min_size(length, sizeof(uint64_t));
        uint64_t word = 0;

        memcpy(&word, path, n);
        hash = (hash ^ word) * CACHE_PRIME;
        hash ^= hash >> 29;
        path += n;
        length -= n;
    }
    hash *= CACHE_PRIME;
    return hash ^ hash >> 32;
}

void image_cache_init(struct image_cache *cache)
{
    *cache = (struct image_cache){.buckets = CACHE_BUCKETS, .seed = CACHE_PRIME};
    (void)!getrandom(&cache->seed, sizeof(cache->seed), GRND_NONBLOCK);
    cache->table = xcalloc(cache->buckets, sizeof(struct image_entry *));
    cache->time.ns = 1;
    link_init(&cache->by_age);
    link_init(&cache->queue);
    link_init(&cache->parked);
}

void image_cache_done(struct image_cache *cache)
{
    for (struct image_link *link = cache->by_age.next, *next; link != &cache->by_age; link = next) {
        next = link->next;
        free(CACHE_OF(link, by_age));
    }
    free(cache->table);
}

static struct image_entry **cache_bucket(struct image_cache *cache, uint64_t hash)
{
    return &cache->table[hash & (cache->buckets - 1)];
}

static struct image_entry *cache_find(struct image_cache *cache, uint64_t hash, pid_t pid,
                                      const char *path, size_t length)
{
    struct image_entry *entry = *cache_bucket(cache, hash);

    while (entry && (entry->hash != hash || entry->pid != pid || entry->length != length ||
                     memcmp(entry->path, path, length) != 0))
        entry = entry->chain;
    return entry;
}

struct image_entry *image_cache_find(struct image_cache *cache, pid_t pid, const char *path)
{
    size_t length = strlen(path);

    return cache_find(cache, cache_hash(cache, pid, path, length), pid, path, length);
}

static void cache_grow(struct image_cache *cache)
{
    struct image_entry **old = cache->table;
    size_t old_buckets = cache->buckets;

    cache->buckets *= 2;
    cache->table = xcalloc(cache->buckets, sizeof(struct image_entry *));
    for (size_t i = 0; i < old_buckets; i++) {
        for (struct image_entry *entry = old[i], *next; entry; entry = next) {
            struct image_entry **bucket = cache_bucket(cache, entry->hash);

            next = entry->chain;
            entry->chain = *bucket;
            *bucket = entry;
        }
    }
    free(old);
}

unsigned image_directory(const char *path)
{
    const char *end = strrchr(path, '/');

    return end ? (unsigned)(end - path) : 0;
}

struct image_entry *image_cache_add(struct image_cache *cache, pid_t pid, const char *path)
{
    size_t length = strlen(path);
    struct image_entry *entry, **bucket;

    if (path[0] != '/' || length >= PATH_MAX || cache->count >= IMAGE_CACHE_ENTRIES_MAX ||
        cache->bytes + length > IMAGE_CACHE_BYTES_MAX)
        return NULL;
    if (cache->count >= cache->buckets)
        cache_grow(cache);
    entry = xcalloc(1, sizeof(*entry) + length + 1);
    entry->hash = cache_hash(cache, pid, path, length);
    entry->pid = pid;
    entry->length = (unsigned)length;
    entry->directory = image_directory(path);
    memcpy(entry->path, path, length);
    link_init(&entry->waiting);
    entry->asked = cache->time;
    link_append(&cache->by_age, &entry->by_age);
    bucket = cache_bucket(cache, entry->hash);
    entry->chain = *bucket;
    *bucket = entry;
    cache->count++;
    cache->bytes += length;
    return entry;
}

static void cache_drop(struct image_cache *cache, struct image_entry *entry)
{
    struct image_entry **at = cache_bucket(cache, entry->hash);

    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    link_remove(&entry->by_age);
    link_remove(&entry->waiting);
    cache->count--;
    cache->bytes -= entry->length;
    free(entry);
}

void image_cache_tick(struct image_cache *cache, struct mono now)
{
    struct image_link *oldest = cache->by_age.next;
    double pause = cache->ticked.ns ? mono_seconds_between(cache->ticked, now) : 0;

    if (pause > 0)
        cache->time = mono_add_seconds(cache->time, pause < CACHE_PAUSE_S ? pause : CACHE_PAUSE_S);
    cache->ticked = now;
    for (unsigned i = 0; i < CACHE_DROP_MAX && oldest != &cache->by_age; i++) {
        struct image_entry *entry = CACHE_OF(oldest, by_age);

        if (mono_seconds_between(entry->asked, cache->time) <= CACHE_KEEP_S)
            break;
        oldest = oldest->next;
        cache_drop(cache, entry);
    }
}

void image_cache_touch(struct image_cache *cache, struct image_entry *entry)
{
    entry->asked = cache->time;
    link_remove(&entry->by_age);
    link_append(&cache->by_age, &entry->by_age);
}

void image_cache_enqueue(struct image_cache *cache, struct image_entry *entry)
{
    if (entry->waiting.next == &entry->waiting)
        link_append(&cache->queue, &entry->waiting);
}

struct image_entry *image_cache_head(const struct image_cache *cache)
{
    return cache->queue.next == &cache->queue ? NULL : CACHE_OF(cache->queue.next, waiting);
}

void image_cache_dequeue(struct image_entry *entry)
{
    link_remove(&entry->waiting);
}

void image_cache_park(struct image_cache *cache, struct image_entry *entry)
{
    link_remove(&entry->waiting);
    link_append(&cache->parked, &entry->waiting);
}

void image_cache_unpark(struct image_cache *cache)
{
    struct image_link *first = cache->parked.next, *last = cache->parked.prev;

    if (first == &cache->parked)
        return;
    first->prev = cache->queue.prev;
    cache->queue.prev->next = first;
    last->next = &cache->queue;
    cache->queue.prev = last;
    link_init(&cache->parked);
}
