/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seam of images.c: who asks, and by which clock. For tests. */
#ifndef PROXTOP_CONNECT_IMAGES_INTERNAL_H
#define PROXTOP_CONNECT_IMAGES_INTERNAL_H

#include "base/clock.h"
#include "connect/image_stat.h"
#include "connect/images.h"

/* Threads that ask, those that hang included. */
#define IMAGES_WORKERS 4

struct images_ops {
    /* See image_stat(); runs on threads of its own, several at a time. */
    void (*look)(void *self, pid_t pid, const char *path, struct image_answer *ret);
    void *self;
    const struct clock_source *clock; /* of what is due; not of `patience` */
    double patience;                  /* seconds after which another thread goes on */
};

/* As images_new(). The ops are copied. */
struct images *images_new_with_ops(const struct images_ops *ops);

#endif
