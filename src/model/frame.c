/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames, their cells, and the pool that recycles them. */
#include "model/frame.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* A reader, a writer and one in flight; more than that are freed. */
#define FRAME_POOL_KEEP 4

struct frame_pool {
    pthread_mutex_t lock;
    struct frame *idle[FRAME_POOL_KEEP];
    size_t idle_count;
    size_t out; /* frames that somebody holds */
    bool closed;
};

/* Texts never move while the frame lives: a chain of chunks. */
struct frame_text {
    struct frame_text *next;
    size_t used;
    char text[16384];
};

const char *frame_keep_text(struct frame *frame, const char *text)
{
    size_t len = min_size(strlen(text), sizeof(frame->text->text) - 1);
    struct frame_text *chunk = frame->text;
    char *copy;

    if (!chunk || sizeof(chunk->text) - chunk->used <= len) {
        struct frame_text **next = chunk ? &chunk->next : &frame->texts;

        if (!*next)
            *next = xcalloc(1, sizeof(**next));
        chunk = frame->text = *next;
        chunk->used = 0;
    }
    copy = chunk->text + chunk->used;
    memcpy(copy, text, len);
    copy[len] = '\0';
    chunk->used += len + 1;
    return copy;
}

void frame_set_number(struct frame_table *table, size_t row, unsigned column, double number)
{
    size_t i = frame_cell_index(table, row, column);

    if (!isfinite(number))
        return;
    table->values[i].number = number;
    table->valid[i] |= CELL_VALUE;
}

void frame_set_text(struct frame_table *table, size_t row, unsigned column, const char *text)
{
    size_t i = frame_cell_index(table, row, column);

    table->values[i].text = text;
    table->valid[i] |= CELL_VALUE;
}

void frame_set_counter(struct frame_table *table, size_t row, unsigned column, uint64_t counter)
{
    size_t i = frame_cell_index(table, row, column);

    table->counters[i] = counter;
    table->valid[i] |= CELL_COUNTER;
}

bool frame_scope_has_labels(enum scope scope)
{
    return scope == SCOPE_VM || scope == SCOPE_VMDISK || scope == SCOPE_VMNIC;
}

static void frame_table_grow(struct frame_table *table)
{
    size_t capacity = table->capacity ? table->capacity * 2 : 4;
    size_t cells = capacity * table->columns;

    table->values = xreallocarray(table->values, cells, sizeof(*table->values));
    table->counters = xreallocarray(table->counters, cells, sizeof(*table->counters));
    table->valid = xreallocarray(table->valid, cells, sizeof(*table->valid));
    table->parents = xreallocarray(table->parents, capacity, sizeof(*table->parents));
    table->notes = xreallocarray(table->notes, capacity, sizeof(*table->notes));
    if (frame_scope_has_labels(table->scope))
        table->labels = xreallocarray(table->labels, capacity, sizeof(*table->labels));
    table->capacity = capacity;
}

size_t frame_add_row(struct frame_table *table, uint32_t parent)
{
    size_t row = table->rows;

    if (row == table->capacity)
        frame_table_grow(table);
    table->rows++;
    memset(table->valid + row * table->columns, 0, table->columns);
    table->parents[row] = parent;
    table->notes[row] = 0;
    if (table->labels)
        table->labels[row] = (struct row_labels){0};
    return row;
}

void frame_want_threads(struct frame *frame, size_t rows)
{
    struct frame_table *table = &frame->tables[SCOPE_VM];

    table->threads_kept = array_grow(table->threads_kept, &table->threads_capacity, rows,
                                     sizeof(*table->threads_kept));
    table->threads = table->threads_kept;
    for (size_t row = 0; row < rows; row++) {
        for (unsigned class = 0; class < THREAD_CLASS__COUNT; class ++)
            table->threads[row][class] = (struct thread_use){.valid = true};
    }
}

struct frame_pool *frame_pool_new(void)
{
    struct frame_pool *pool = xcalloc(1, sizeof(*pool));

    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void frame_destroy(struct frame *frame)
{
    while (frame->texts) {
        struct frame_text *next = frame->texts->next;

        free(frame->texts);
        frame->texts = next;
    }
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        struct frame_table *table = &frame->tables[s];

        free(table->values);
        free(table->counters);
        free(table->valid);
        free(table->parents);
        free(table->notes);
        free(table->labels);
        free(table->threads_kept);
    }
    free(frame);
}

static void frame_pool_destroy(struct frame_pool *pool)
{
    while (pool->idle_count)
        frame_destroy(pool->idle[--pool->idle_count]);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void frame_pool_free(struct frame_pool *pool)
{
    bool last;

    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    last = pool->out == 0;
    pthread_mutex_unlock(&pool->lock);
    if (last)
        frame_pool_destroy(pool);
}

static struct frame *frame_create(struct frame_pool *pool)
{
    struct frame *frame = xcalloc(1, sizeof(*frame));

    frame->pool = pool;
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        frame->tables[s].scope = (enum scope)s;
        frame->tables[s].columns = scope_columns((enum scope)s);
    }
    return frame;
}

struct frame *frame_new(struct frame_pool *pool)
{
    struct frame *frame = NULL;

    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count)
        frame = pool->idle[--pool->idle_count];
    pool->out++;
    pthread_mutex_unlock(&pool->lock);
    if (!frame)
        frame = frame_create(pool);
    frame->references = 1;
    frame->interval = 0;
    frame->host_name[0] = '\0';
    frame->host_uuid[0] = '\0';
    frame->text = NULL;
    frame->agent = (struct frame_agent){0};
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        frame->tables[s].rows = 0;
        frame->tables[s].threads = NULL;
    }
    frame_add_row(&frame->tables[SCOPE_HOST], 0);
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    __atomic_add_fetch(&frame->references, 1, __ATOMIC_RELAXED);
    return frame;
}

void frame_unref(struct frame *frame)
{
    struct frame_pool *pool;
    bool last;

    if (!frame || __atomic_sub_fetch(&frame->references, 1, __ATOMIC_ACQ_REL))
        return;
    pool = frame->pool;
    inventory_unref(frame->inventory);
    frame->inventory = NULL;
    pthread_mutex_lock(&pool->lock);
    if (!pool->closed && pool->idle_count < FRAME_POOL_KEEP) {
        pool->idle[pool->idle_count++] = frame;
        frame = NULL;
    }
    last = --pool->out == 0 && pool->closed;
    pthread_mutex_unlock(&pool->lock);
    if (frame)
        frame_destroy(frame);
    if (last)
        frame_pool_destroy(pool);
}
