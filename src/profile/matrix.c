/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows lie in one block of memory, sorted by a number that orders contexts as their texts are
 * ordered: a search is a bisection, and output needs no sorting. There are thousands of matrices of
 * a handful of rows each: what counts is that they are small.
 */
#include "profile/matrix.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

/* A row needs so many steps to speak for a context. */
#define MATRIX_SPEAKS 5
#define MATRIX_ALPHA  0.5

/* A key holds 7 bits per state, the oldest in the highest ones; 0 = no state. */
#define MATRIX_KEY_BITS 7
#define MATRIX_KEY_MASK 0x7fu

struct matrix_record {
    uint32_t key;
    uint16_t total;
    uint16_t counts[]; /* states */
};

struct matrix {
    uint8_t states, history;
    uint16_t row_cap;
    uint32_t rows_max;
    uint32_t rows, capacity;
    unsigned char *records;
};

/* 1 + the position of a state among the texts of all: 0, 1, 10, 11, .., 19, 2, 20, ... A shorter
 * text is followed by its end or by '-', which both come before any digit; so this is the order of
 * whole contexts, too. */
static const uint8_t matrix_rank[SCALE_STATES_MAX] = {
    1,  2,  13, 24, 35, 46, 57, 62, 63, 64, 3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 36, 37, 38, 39,
    40, 41, 42, 43, 44, 45, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 58, 59, 60, 61};
static const uint8_t matrix_unrank[SCALE_STATES_MAX + 1] = {
    0,  0,  1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 2, 20, 21, 22, 23, 24, 25, 26, 27,
    28, 29, 3, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 4, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 5, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 6, 60, 61, 62, 63, 7,  8,  9};

void context_push(struct context *context, unsigned history, unsigned state)
{
    if (history > MATRIX_HISTORY_MAX)
        history = MATRIX_HISTORY_MAX;
    if (history == 0)
        return;
    if (context->length >= history)
        *context = context_tail(context, history - 1);
    context->states[context->length++] = (uint8_t)state;
}

struct context context_tail(const struct context *context, unsigned length)
{
    struct context ret = {.length = 0};
    unsigned skip = context->length > length ? context->length - length : 0;

    for (unsigned i = skip; i < context->length; i++)
        ret.states[ret.length++] = context->states[i];
    return ret;
}

size_t context_format(const struct context *context, char text[MATRIX_KEY_SIZE])
{
    size_t len = 0;

    for (unsigned i = 0; i < context->length; i++) {
        unsigned state = context->states[i] % 100u;

        if (i > 0)
            text[len++] = '-';
        if (state >= 10)
            text[len++] = (char)('0' + state / 10);
        text[len++] = (char)('0' + state % 10);
    }
    text[len] = '\0';
    return len;
}

bool context_parse(const char *text, unsigned states, unsigned history, struct context *ret)
{
    struct cursor c = cursor_of(text, strlen(text));
    struct context context = {.length = 0};
    char again[MATRIX_KEY_SIZE];
    uint64_t state;

    do {
        if (context.length >= history || context.length >= MATRIX_HISTORY_MAX ||
            !cursor_u64(&c, &state) || state >= states || state >= SCALE_STATES_MAX)
            return false;
        context.states[context.length++] = (uint8_t)state;
    } while (cursor_word(&c, "-"));
    /* "02" would be a second text of the same context. */
    context_format(&context, again);
    if (strcmp(text, again) != 0)
        return false;
    *ret = context;
    return true;
}

static size_t matrix_stride_of(unsigned states)
{
    size_t size = offsetof(struct matrix_record, counts) + states * sizeof(uint16_t);

    return (size + sizeof(uint32_t) - 1) / sizeof(uint32_t) * sizeof(uint32_t);
}

static size_t matrix_stride(const struct matrix *matrix)
{
    return matrix_stride_of(matrix->states);
}

static struct matrix_record *matrix_at(const struct matrix *matrix, size_t i)
{
    return (struct matrix_record *)(void *)(matrix->records + i * matrix_stride(matrix));
}

/* 0 = there can be no such row. */
static uint32_t matrix_pack(const struct matrix *matrix, const struct context *context)
{
    uint32_t key = 0;

    if (context->length > matrix->history)
        return 0;
    for (unsigned i = 0; i < context->length; i++) {
        if (context->states[i] >= matrix->states)
            return 0;
        key |= (uint32_t)matrix_rank[context->states[i]]
               << (MATRIX_KEY_BITS * (MATRIX_HISTORY_MAX - 1 - i));
    }
    return key;
}

static struct context matrix_unpack(uint32_t key)
{
    struct context context = {.length = 0};

    for (unsigned i = 0; i < MATRIX_HISTORY_MAX; i++) {
        unsigned rank = (key >> (MATRIX_KEY_BITS * (MATRIX_HISTORY_MAX - 1 - i))) & MATRIX_KEY_MASK;

        if (rank == 0)
            break;
        context.states[context.length++] = matrix_unrank[rank];
    }
    return context;
}

/* Where the key is, or would be. */
static size_t matrix_position(const struct matrix *matrix, uint32_t key)
{
    size_t low = 0, high = matrix->rows;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (matrix_at(matrix, middle)->key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool matrix_has(const struct matrix *matrix, size_t position, uint32_t key)
{
    return position < matrix->rows && matrix_at(matrix, position)->key == key;
}

static unsigned matrix_limit(unsigned value, unsigned low, unsigned high)
{
    return value < low ? low : value > high ? high : value;
}

struct matrix *matrix_new(const struct matrix_settings *settings)
{
    struct matrix *matrix = xcalloc(1, sizeof(*matrix));

    matrix->states = (uint8_t)matrix_limit(settings->states, SCALE_STATES_MIN, SCALE_STATES_MAX);
    matrix->history = (uint8_t)matrix_limit(settings->history, 1, MATRIX_HISTORY_MAX);
    matrix->row_cap = (uint16_t)matrix_limit(settings->row_cap, 2, MATRIX_ROW_CAP_MAX);
    matrix->rows_max = matrix_limit(settings->rows_max, 1, UINT_MAX);
    return matrix;
}

void matrix_free(struct matrix *matrix)
{
    if (!matrix)
        return;
    free(matrix->records);
    free(matrix);
}

/* Moves rows from..from+count-1 to where `to` is. */
static void matrix_move(struct matrix *matrix, size_t to, size_t from, size_t count)
{
    size_t stride = matrix_stride(matrix);

    if (count > 0)
        memmove(matrix->records + to * stride, matrix->records + from * stride, count * stride);
}

static void matrix_remove(struct matrix *matrix, size_t position)
{
    matrix_move(matrix, position, position + 1, matrix->rows - position - 1);
    matrix->rows--;
}

/* An empty row in place; there is room for it below rows_max. */
static struct matrix_record *matrix_insert(struct matrix *matrix, size_t position, uint32_t key)
{
    struct matrix_record *record;

    if (matrix->rows == matrix->capacity) {
        uint32_t capacity = matrix->capacity ? matrix->capacity * 2 : 2;

        matrix->capacity = capacity < matrix->rows_max ? capacity : matrix->rows_max;
        matrix->records = xreallocarray(matrix->records, matrix->capacity, matrix_stride(matrix));
    }
    matrix_move(matrix, position + 1, position, matrix->rows - position);
    matrix->rows++;
    record = matrix_at(matrix, position);
    memset(record, 0, matrix_stride(matrix));
    record->key = key;
    return record;
}

/* Makes room for a row, by the one with the smallest total. *position is where it will be, and is
 * moved along. */
static void matrix_evict(struct matrix *matrix, size_t *position)
{
    size_t victim = 0;
    unsigned smallest = UINT_MAX;

    for (size_t i = 0; i < matrix->rows; i++) {
        if (matrix_at(matrix, i)->total < smallest) {
            smallest = matrix_at(matrix, i)->total;
            victim = i;
        }
    }
    matrix_remove(matrix, victim);
    if (victim < *position)
        --*position;
}

/* Halves a row until its total is below the cap. Returns the total. */
static uint32_t matrix_age(uint32_t *counts, unsigned states, uint32_t total, uint32_t cap)
{
    while (total >= cap) {
        total = 0;
        for (unsigned i = 0; i < states; i++) {
            counts[i] /= 2;
            total += counts[i];
        }
    }
    return total;
}

static void matrix_age_row(struct matrix *matrix, size_t position)
{
    struct matrix_record *record = matrix_at(matrix, position);
    uint32_t counts[SCALE_STATES_MAX];

    if (record->total < matrix->row_cap)
        return;
    for (unsigned i = 0; i < matrix->states; i++)
        counts[i] = record->counts[i];
    record->total = (uint16_t)matrix_age(counts, matrix->states, record->total, matrix->row_cap);
    for (unsigned i = 0; i < matrix->states; i++)
        record->counts[i] = (uint16_t)counts[i];
    if (record->total == 0)
        matrix_remove(matrix, position);
}

static void matrix_count(struct matrix *matrix, uint32_t key, unsigned next)
{
    size_t position = matrix_position(matrix, key);
    struct matrix_record *record;

    /* A row that was put in place may be full already. */
    if (matrix_has(matrix, position, key))
        matrix_age_row(matrix, position);
    if (matrix_has(matrix, position, key)) {
        record = matrix_at(matrix, position);
    } else {
        if (matrix->rows >= matrix->rows_max)
            matrix_evict(matrix, &position);
        record = matrix_insert(matrix, position, key);
    }
    record->counts[next]++;
    record->total++;
    matrix_age_row(matrix, position);
}

void matrix_learn(struct matrix *matrix, const struct context *context, unsigned next)
{
    if (next >= matrix->states)
        return;
    for (unsigned length = matrix->history; length > 0; length--) {
        struct context tail = context_tail(context, length);
        uint32_t key = tail.length == length ? matrix_pack(matrix, &tail) : 0;

        if (key)
            matrix_count(matrix, key, next);
    }
}

static struct matrix_row matrix_row_of(const struct matrix_record *record,
                                       const struct context *context)
{
    return (struct matrix_row){
        .context = *context, .total = record->total, .counts = record->counts};
}

bool matrix_find(const struct matrix *matrix, const struct context *context, struct matrix_row *ret)
{
    uint32_t key = matrix_pack(matrix, context);
    size_t position = matrix_position(matrix, key);

    if (!key || !matrix_has(matrix, position, key))
        return false;
    *ret = matrix_row_of(matrix_at(matrix, position), context);
    return true;
}

size_t matrix_rows(const struct matrix *matrix)
{
    return matrix->rows;
}

void matrix_each(const struct matrix *matrix,
                 void (*visit)(void *argument, const struct matrix_row *row), void *argument)
{
    for (size_t i = 0; i < matrix->rows; i++) {
        struct context context = matrix_unpack(matrix_at(matrix, i)->key);
        struct matrix_row row = matrix_row_of(matrix_at(matrix, i), &context);

        visit(argument, &row);
    }
}

bool matrix_put(struct matrix *matrix, const struct context *context, const uint16_t *counts)
{
    uint32_t key = matrix_pack(matrix, context), total = 0;
    size_t position = matrix_position(matrix, key);
    struct matrix_record *record;

    for (unsigned i = 0; i < matrix->states; i++)
        total += counts[i];
    if (!key || total == 0 || total > matrix->row_cap || matrix->rows >= matrix->rows_max ||
        matrix_has(matrix, position, key))
        return false;
    record = matrix_insert(matrix, position, key);
    memcpy(record->counts, counts, matrix->states * sizeof(*counts));
    record->total = (uint16_t)total;
    return true;
}

uint64_t matrix_total(const struct matrix *matrix, unsigned length)
{
    uint64_t total = 0;

    for (size_t i = 0; i < matrix->rows; i++) {
        const struct matrix_record *record = matrix_at(matrix, i);

        if (matrix_unpack(record->key).length == length)
            total += record->total;
    }
    return total;
}

size_t matrix_bytes(const struct matrix *matrix)
{
    return sizeof(*matrix) + matrix->capacity * matrix_stride(matrix);
}

/* Which row becomes which by a fold. */
struct matrix_folded {
    uint32_t key;
    uint32_t from;
};

static int matrix_folded_compare(const void *a, const void *b)
{
    uint32_t x = ((const struct matrix_folded *)a)->key, y = ((const struct matrix_folded *)b)->key;

    return x < y ? -1 : x > y;
}

/* The keys of all rows after a fold, sorted. The caller frees it. */
static struct matrix_folded *matrix_fold_keys(const struct matrix *matrix)
{
    struct matrix_folded *folded = xcalloc(matrix->rows, sizeof(*folded));

    for (uint32_t i = 0; i < matrix->rows; i++) {
        struct context context = matrix_unpack(matrix_at(matrix, i)->key);

        for (unsigned j = 0; j < context.length; j++)
            context.states[j] /= 2;
        folded[i] = (struct matrix_folded){.key = matrix_pack(matrix, &context), .from = i};
    }
    qsort(folded, matrix->rows, sizeof(*folded), matrix_folded_compare);
    return folded;
}

void matrix_fold(struct matrix *matrix)
{
    struct matrix old = *matrix;
    struct matrix_folded *folded;
    uint32_t i = 0;

    if (old.rows == 0)
        return;
    folded = matrix_fold_keys(&old);
    matrix->records = NULL;
    matrix->rows = matrix->capacity = 0;
    while (i < old.rows) {
        /* 64 states in 4 places: at most 16 rows of at most 65535 meet. */
        uint32_t counts[SCALE_STATES_MAX] = {0}, key = folded[i].key, total = 0;
        struct matrix_record *record;

        for (; i < old.rows && folded[i].key == key; i++) {
            record = matrix_at(&old, folded[i].from);
            total += record->total;
            for (unsigned j = 0; j < old.states; j++)
                counts[j / 2] += record->counts[j];
        }
        total = matrix_age(counts, old.states, total, old.row_cap);
        if (total == 0)
            continue;
        record = matrix_insert(matrix, matrix->rows, key);
        for (unsigned j = 0; j < old.states; j++)
            record->counts[j] = (uint16_t)counts[j];
        record->total = (uint16_t)total;
    }
    free(folded);
    free(old.records);
}

bool matrix_back_off(const struct matrix *matrix, const struct context *context,
                     struct matrix_row *ret)
{
    struct context tail;
    struct matrix_row row;

    for (unsigned length = matrix->history; length > 1; length--) {
        tail = context_tail(context, length);
        if (tail.length == length && matrix_find(matrix, &tail, &row) &&
            row.total >= MATRIX_SPEAKS) {
            *ret = row;
            return true;
        }
    }
    tail = context_tail(context, 1);
    return matrix_find(matrix, &tail, ret);
}

void matrix_smoothed(const struct matrix *matrix, const struct context *context, double *p)
{
    struct matrix_row row;
    bool found = matrix_back_off(matrix, context, &row);
    double total = (found ? row.total : 0) + MATRIX_ALPHA * matrix->states;

    for (unsigned i = 0; i < matrix->states; i++)
        p[i] = ((found ? row.counts[i] : 0) + MATRIX_ALPHA) / total;
}

void matrix_dense(const struct matrix *matrix, double alpha, double *p)
{
    unsigned states = matrix->states;

    for (unsigned i = 0; i < states; i++) {
        struct context context = {.states = {(uint8_t)i}, .length = 1};
        struct matrix_row row;
        bool found = matrix_find(matrix, &context, &row);
        double total = (found ? row.total : 0) + alpha * states;

        for (unsigned j = 0; j < states; j++)
            p[i * states + j] = total > 0 ? ((found ? row.counts[j] : 0) + alpha) / total : 0;
    }
}

void matrix_shares(const struct matrix *matrix, double *pi)
{
    double all = 0;

    for (unsigned i = 0; i < matrix->states; i++) {
        struct context context = {.states = {(uint8_t)i}, .length = 1};
        struct matrix_row row;

        pi[i] = matrix_find(matrix, &context, &row) ? row.total : 0;
        all += pi[i];
    }
    for (unsigned i = 0; all > 0 && i < matrix->states; i++)
        pi[i] /= all;
}
