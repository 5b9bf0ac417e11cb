/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that get no signals, and waiting on the monotonic clock. */
#ifndef PROXTOP_BASE_THREAD_H
#define PROXTOP_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"

/* Starts run(argument) on a thread with all signals blocked: signals are the
 * main thread's. *ret may be NULL for a thread that nobody joins (it is
 * detached). 0 or -errno. */
int thread_start(pthread_t *ret, void *(*run)(void *), void *argument);

/* A condition whose timed waits go by CLOCK_MONOTONIC. */
void cond_init(pthread_cond_t *cond);

/* Waits with the lock held until the condition is signalled (true; or for no
 * reason, as conditions do) or the time is reached (false). ns 0 = no end. */
bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, struct mono until);

/* `seconds` from now. */
struct mono mono_in(double seconds);

#endif
