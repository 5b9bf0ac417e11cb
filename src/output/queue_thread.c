/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of a queue with a spool. */
#include <errno.h>
#include <stdio.h>

#include "output/output.h"
#include "output/queue_internal.h"

int queue_thread_start(struct queue *q, struct output_error *error)
{
    snprintf(error->text, sizeof(error->text), "%s: there is no spool yet", q->config.peer);
    return -ENOSYS;
}

bool queue_thread_stop(struct queue *q)
{
    return q->ended;
}
