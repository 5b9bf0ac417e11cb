/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of disk images, by process and path, and which of them wait
 * to be asked about. Locks nothing: its owner does. Everything takes constant
 * time but growing the table.
 */
#ifndef PROXTOP_CONNECT_IMAGE_CACHE_H
#define PROXTOP_CONNECT_IMAGE_CACHE_H

#include "connect/image_stat.h"
#include "connect/images.h"

#define IMAGE_CACHE_ENTRIES_MAX 100000
#define IMAGE_CACHE_BYTES_MAX   (32 * 1024 * 1024) /* of paths */

/* A place in a ring; one that points to itself is in none. */
struct image_link {
    struct image_link *prev, *next;
};

struct image_entry {
    struct image_entry *chain; /* of the hash table */
    struct image_link by_age;
    struct image_link waiting; /* in the queue, or parked */
    uint64_t hash;
    struct mono asked; /* on the cache's own clock */
    struct mono due;   /* when it is to be looked at again */
    bool known;
    dev_t st_dev; /* as image_answer; 0 = not known */
    struct image image;
    pid_t pid;
    unsigned length;    /* of the path */
    unsigned directory; /* of it, up to the last '/', without that */
    char path[];
};

struct image_cache {
    struct image_entry **table;
    size_t buckets, count, bytes;
    uint64_t seed;
    struct image_link by_age; /* the one asked for longest ago comes first */
    struct image_link queue;  /* to be looked at */
    struct image_link parked; /* likewise, but not now */
    struct mono time;         /* see image_cache_tick() */
    struct mono ticked;
};

void image_cache_init(struct image_cache *cache);
void image_cache_done(struct image_cache *cache);

/* The entry, or NULL. */
struct image_entry *image_cache_find(struct image_cache *cache, pid_t pid, const char *path);

/* Adds an entry that is not there yet. NULL: no room, or the path is not
 * absolute or longer than PATH_MAX. */
struct image_entry *image_cache_add(struct image_cache *cache, pid_t pid, const char *path);

/* Moves the cache's clock, at each question, and drops up to two entries that
 * nobody asked for during 10 minutes of it. A pause in which nobody asks for
 * anything counts as one minute at most, so that who asks once an hour still
 * gets answers. */
void image_cache_tick(struct image_cache *cache, struct mono now);

/* Notes that somebody asks for the entry. */
void image_cache_touch(struct image_cache *cache, struct image_entry *entry);

/* Lets the entry wait in the queue, at its end; no-op if it waits already. */
void image_cache_enqueue(struct image_cache *cache, struct image_entry *entry);
/* The entry at the head of the queue, or NULL. */
struct image_entry *image_cache_head(const struct image_cache *cache);
/* The entry waits no more. */
void image_cache_dequeue(struct image_entry *entry);
/* From the queue to where it waits for image_cache_unpark(). */
void image_cache_park(struct image_cache *cache, struct image_entry *entry);
void image_cache_unpark(struct image_cache *cache);

/* The length of a path's directory, without a '/' at its end. */
unsigned image_directory(const char *path);

#endif
