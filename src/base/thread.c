/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting threads and waiting for them. */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>

int thread_start(pthread_t *ret, void *(*run)(void *), void *argument)
{
    sigset_t all, old;
    pthread_t thread;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(&thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r != 0)
        return -r;
    if (ret)
        *ret = thread;
    else
        pthread_detach(thread);
    return 0;
}

void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, struct mono until)
{
    struct timespec t = mono_to_timespec(until);

    if (!until.ns)
        return pthread_cond_wait(cond, lock) == 0;
    return pthread_cond_timedwait(cond, lock, &t) != ETIMEDOUT;
}

struct mono mono_in(double seconds)
{
    return mono_add_seconds(clock_mono(&clock_system), seconds);
}
