/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In place of profiler/state: what a state is, is made up. "GOOD number filling END" is one (see
 * made_store_text()), "OTHER" one of other settings, and at "HANG" the reader waits. For one file
 * of a program.
 */
#ifndef PROXTOP_TESTS_UNIT_FAKE_STATE_H
#define PROXTOP_TESTS_UNIT_FAKE_STATE_H

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "made_store.h"
#include "profiler/state.h"

/* Posted by the reader of "HANG", which then waits for the other one. */
static sem_t hung, hang;

void state_fingerprint(const struct profile_settings *settings UNUSED,
                       char text[STATE_FINGERPRINT_SIZE])
{
    copy_text(text, STATE_FINGERPRINT_SIZE, PRINT);
}

enum state_verdict state_read(const char *text, size_t len,
                              const struct profile_settings *settings UNUSED,
                              struct profile_settings *ret_settings UNUSED,
                              struct vm_identity *ret_vm, struct profile **ret, char *why,
                              size_t size)
{
    struct cursor c = cursor_of(text, len);
    uint64_t number;

    snprintf(why, size, "made up");
    if (cursor_word(&c, "HANG")) {
        sem_post(&hung);
        sem_wait(&hang);
        return STATE_OTHER;
    }
    if (cursor_word(&c, "OTHER"))
        return STATE_OTHER;
    if (!cursor_word(&c, "GOOD ") || !cursor_u64(&c, &number) || len < 4 ||
        memcmp(text + len - 4, " END", 4) != 0)
        return STATE_BAD;
    for (; c.at < c.end - 4; c.at++)
        if (*c.at != (char)('a' + number % 26))
            return STATE_BAD;
    *ret = xcalloc(1, sizeof(**ret));
    (*ret)->samples = number;
    *ret_vm = (struct vm_identity){.uuid = xstrdup("of the file")};
    return STATE_GOOD;
}

/* As above; it is put where its samples are counted. */
enum state_verdict state_host_read(const char *text, size_t len, struct state_host **ret, char *why,
                                   size_t size)
{
    struct profile *profile;
    struct vm_identity vm;
    enum state_verdict verdict = state_read(text, len, NULL, NULL, &vm, &profile, why, size);

    if (verdict != STATE_GOOD)
        return verdict;
    *ret = xcalloc(1, sizeof(**ret));
    (*ret)->measured.samples = profile->samples;
    free(vm.uuid);
    free(profile);
    return verdict;
}

void state_host_free(struct state_host *host)
{
    free(host);
}

void vm_identity_done(struct vm_identity *vm)
{
    free(vm->uuid);
    *vm = (struct vm_identity){0};
}

void profile_free(struct profile *profile)
{
    free(profile);
}

#endif
