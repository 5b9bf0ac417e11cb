/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A learner on hand-made frames, and in place of profiler/store and profiler/state a store that
 * answers when it is told to. For one file of a program.
 */
#ifndef PROXTOP_TESTS_UNIT_MADE_LEARNER_H
#define PROXTOP_TESTS_UNIT_MADE_LEARNER_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_frame.h"
#include "profiler/profiler_internal.h"
#include "profiler/state.h"
#include "profiler/store.h"
#include "support.h"

/* 2026-01-31 is a Saturday; the stamp is 15:59:59 UTC of that day. */
#define WALL 1769875199

/* What the store was asked to do, a line each. */
static struct {
    struct buf log;
    bool silent;             /* answers are kept back */
    struct profile *profile; /* the next answer; NULL = there is none */
    size_t asked, answered;
    char uuids[128][64], keys[128][64];
    bool is_counted; /* nothing is logged, puts are counted */
    size_t puts, left, host_puts;
    bool host_asked;
    struct state_host *host; /* the next answer; NULL = there is none */
    struct buf host_text;    /* the newest one */
} fake;

int store_open(const char *directory, const struct profile_settings *settings UNUSED,
               double keep_days UNUSED, struct store **ret, char *error, size_t size)
{
    if (strcmp(directory, "bad") == 0) {
        copy_text(error, size, "it is bad");
        return -1;
    }
    *ret = (struct store *)&fake;
    return 0;
}

void store_ask(struct store *store UNUSED, const char *uuid, const char *key)
{
    if (fake.silent && fake.is_counted)
        return;
    buf_printf(&fake.log, "ask %s %s\n", uuid, key);
    copy_text(fake.uuids[fake.asked], sizeof(fake.uuids[0]), uuid);
    copy_text(fake.keys[fake.asked++], sizeof(fake.keys[0]), key);
}

bool store_next(struct store *store UNUSED, struct store_answer *ret)
{
    if (fake.silent)
        return false;
    if (fake.host_asked) {
        *ret = (struct store_answer){.host = fake.host};
        fake.host_asked = false;
        fake.host = NULL;
        return true;
    }
    if (fake.answered == fake.asked)
        return false;
    *ret = (struct store_answer){.uuid = xstrdup(fake.uuids[fake.answered]),
                                 .key = xstrdup(fake.keys[fake.answered]),
                                 .profile = fake.profile};
    fake.answered++;
    fake.profile = NULL;
    return true;
}

void store_put(struct store *store UNUSED, const char *uuid, const char *key, struct buf *text)
{
    fake.puts++;
    if (!fake.is_counted)
        buf_printf(&fake.log, "put %s %s %s\n", uuid, key, buf_text(text));
    buf_done(text);
    *text = (struct buf){0};
}

void store_ask_host(struct store *store UNUSED)
{
    fake.host_asked = true;
}

void store_put_host(struct store *store UNUSED, struct buf *text)
{
    fake.host_puts++;
    buf_done(&fake.host_text);
    fake.host_text = *text;
    *text = (struct buf){0};
}

void store_leave(struct store *store UNUSED, const char *uuid, const char *key)
{
    fake.left++;
    if (!fake.is_counted)
        buf_printf(&fake.log, "leave %s %s\n", uuid, key);
}

bool store_close(struct store *store, double seconds UNUSED, bool *ret_hanging)
{
    if (store)
        buf_puts(&fake.log, "close\n");
    *ret_hanging = false;
    return true;
}

void state_write(const struct vm_identity *vm, const struct profile *profile, struct buf *out)
{
    buf_printf(out, "%s:%u", vm->name, (unsigned)profile->samples);
}

void state_host_write(const struct state_host *host, struct buf *out)
{
    buf_printf(out, "%s %g %u %u", host->node, host->measured.cores,
               (unsigned)host->measured.samples, (unsigned)host->measured.days);
}

void state_host_free(struct state_host *host)
{
    if (!host)
        return;
    overcommit_measured_done(&host->measured);
    free(host);
}

static UNUSED void assert_log(const char *expected)
{
    assert_string_equal(buf_text(&fake.log), expected);
    buf_clear(&fake.log);
}

/* A learner and the frames that it gets, one every 20 s unless it is said otherwise. */
struct made {
    struct profiler_settings settings;
    struct profiler *profiler;
    struct frame_pool *pool;
    struct frame *frame;
    double seconds; /* of the frame, since the first one */
    struct inventory *inventory;
    bool source, source_up;
};

static UNUSED void made_init(struct made *made)
{
    memset(made, 0, sizeof(*made));
    buf_done(&fake.log);
    buf_done(&fake.host_text);
    memset(&fake, 0, sizeof(fake));
    profile_settings_defaults(&made->settings.profile);
    made->settings.profile.buffer = 1;
    made->settings.profile.states = 4;
    made->settings.profile.history = 1;
    made->settings.profile.sample_seconds = 20;
    made->settings.metrics = 1u << PROFILER_CPU | 1u << PROFILER_CPU_USED;
    made->settings.output_seconds = 60;
    made->pool = frame_pool_new();
}

static UNUSED void made_start(struct made *made)
{
    char error[64];

    assert_int_equal(profiler_new(&made->settings, &made->profiler, error, sizeof(error)), 0);
}

static UNUSED void made_done(struct made *made)
{
    profiler_free(made->profiler);
    frame_unref(made->frame);
    frame_pool_free(made->pool);
    inventory_unref(made->inventory);
}

static UNUSED void made_frame_at(struct made *made, double seconds)
{
    frame_unref(made->frame);
    made->frame = frame_new(made->pool);
    made->seconds = seconds;
    made->frame->at.ns = (int64_t)((1000 + seconds) * (double)NS_PER_S);
    made->frame->wall.tv_sec = WALL + (time_t)seconds;
    strcpy(made->frame->host_name, "node1");
    if (made->inventory)
        made->frame->inventory = inventory_ref(made->inventory);
    made->frame->agent.source = made->source ? "test" : NULL;
    made->frame->agent.source_up = made->source_up;
}

/* A row of a VM that uses `used` % and waits 1 %; NAN = no figures. */
static UNUSED size_t made_vm(struct made *made, const char *key, const char *uuid, const char *name,
                             double used)
{
    struct frame_table *table = &made->frame->tables[SCOPE_VM];
    size_t row = frame_add_row(table, 0);

    table->labels[row].key = key;
    if (uuid)
        frame_set_text(table, row, VM_UUID, uuid);
    frame_set_text(table, row, VM_NAME, name);
    frame_set_text(table, row, VM_STATE, "running");
    frame_set_number(table, row, VM_PID, 100);
    frame_set_number(table, row, VM_CPU_CORES, 4);
    frame_set_number(table, row, VM_CPU_TOTAL, used);
    if (!isnan(used))
        frame_set_number(table, row, VM_CPU_STEAL, 1);
    return row;
}

static UNUSED void take(struct made *made)
{
    profiler_take(made->profiler, made->frame);
}

/* A frame, 20 s after the one before, of the VM "web" alone. */
static UNUSED void take_web(struct made *made, double used)
{
    made_frame_at(made, made->frame ? made->seconds + 20 : 0);
    (void)made_vm(made, "k1", "u1", "web", used);
    take(made);
}

static UNUSED void take_nobody(struct made *made)
{
    made_frame_at(made, made->seconds + 20);
    take(made);
}

static UNUSED const struct profiled_vm *vm_named(struct made *made, const char *name)
{
    for (size_t i = 0; i < profiler_count(made->profiler); i++) {
        const struct profiled_vm *vm = profiler_at(made->profiler, i);

        if (strcmp(vm->vm.name, name) == 0)
            return vm;
    }
    return NULL;
}

static UNUSED const struct channel *web_channel(struct made *made, enum profiler_metric metric)
{
    const struct channel *channel = NULL;
    const struct profiled_vm *vm = vm_named(made, "web");

    assert_non_null(vm);
    channel = profile_channel(vm->profile, profiler_metric_name(metric));
    assert_non_null(channel);
    return channel;
}

#endif
