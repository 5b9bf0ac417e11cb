/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QMP monitor of one client at a time, on a thread of its own, that behaves
 * as it is told to. */
#ifndef PROXTOP_TESTS_FAKE_QMP_H
#define PROXTOP_TESTS_FAKE_QMP_H

#include <pthread.h>

struct fake {
    char path[100];
    int listener;
    void (*behave)(struct fake *fake, int fd);
    unsigned clients; /* served so far */
    unsigned answered;
    pthread_t thread;
};

/* Listens on directory/number until it is stopped. */
void fake_start(struct fake *fake, const char *directory, unsigned number,
                void (*behave)(struct fake *, int));
void fake_stop(struct fake *fake);

/* What it does with a client. */
void behave_well(struct fake *fake, int fd);
void behave_mute(struct fake *fake, int fd);
void behave_greeting_only(struct fake *fake, int fd);
void behave_negotiating_only(struct fake *fake, int fd);
void behave_in_bytes(struct fake *fake, int fd);
void behave_pretty(struct fake *fake, int fd);
void behave_eventful(struct fake *fake, int fd);
void behave_flooding(struct fake *fake, int fd);
void behave_wrongly_numbered(struct fake *fake, int fd);
void behave_refusing(struct fake *fake, int fd);
void behave_unnegotiable(struct fake *fake, int fd);
void behave_endless(struct fake *fake, int fd);
void behave_endless_greeting(struct fake *fake, int fd);
void behave_blank(struct fake *fake, int fd);
void behave_numerous(struct fake *fake, int fd);
void behave_wide(struct fake *fake, int fd);
void behave_wide_in_numbers(struct fake *fake, int fd);
void behave_deep_in_objects(struct fake *fake, int fd);
void behave_half_greeting(struct fake *fake, int fd);
void behave_half_answer(struct fake *fake, int fd);
void behave_vanishing(struct fake *fake, int fd);
void behave_backwards(struct fake *fake, int fd);
void behave_strangely(struct fake *fake, int fd);
void behave_deep(struct fake *fake, int fd);
void behave_garbled(struct fake *fake, int fd);
void behave_with_nul(struct fake *fake, int fd);
void behave_as_array(struct fake *fake, int fd);
void behave_as_other(struct fake *fake, int fd);
void behave_closing(struct fake *fake, int fd);

#endif
