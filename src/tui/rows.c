/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the table. First the things: VMs, or disks, NICs, devices in lists of
 * theirs, each with what it is sorted by, looked up once. They are sorted, then
 * written out with the rows below them.
 */
#include "tui/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "tui/fold.h"

#define ROWS_ID_MIX UINT64_C(0x9e3779b97f4a7c15)

/* In this order whichever way the texts or numbers go. */
enum sort_kind { SORT_NUMBER, SORT_TEXT, SORT_NONE };

struct sort_key {
    struct row_ref ref;
    enum row_mark mark;
    enum sort_kind kind;
    double number;
    const char *text;
    const char *name;
};

struct rows_builder {
    struct table_rows *rows;
    const struct rows_request *request;
    enum scope children; /* as view_info has it */
    size_t count;        /* keys */
};

void table_rows_done(struct table_rows *rows)
{
    free(rows->list);
    free(rows->keys);
    free(rows->order);
    *rows = (struct table_rows){0};
}

static const struct frame_table *rows_table(const struct shot *shot, enum scope scope)
{
    return &shot->frame->tables[scope];
}

/* NULL = it has none. */
static const char *rows_text(const struct row_ref *ref, enum scope scope, unsigned column)
{
    const struct frame_table *table = rows_table(ref->shot, scope);
    size_t row = scope == SCOPE_VM ? ref->vm : ref->row;

    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : NULL;
}

static const struct vm_facts *rows_facts(const struct row_ref *ref)
{
    return &ref->shot->facts.list[ref->vm];
}

/* The name that a row has in its scope; NULL = none. */
static const char *rows_own_name(const struct row_ref *ref)
{
    switch (ref->scope) {
    case SCOPE_VM:
        return rows_text(ref, SCOPE_VM, VM_NAME);
    case SCOPE_VMDISK:
        return rows_text(ref, SCOPE_VMDISK, VMDISK_DISK_NAME);
    case SCOPE_VMNIC:
        return rows_text(ref, SCOPE_VMNIC, VMNIC_NIC);
    case SCOPE_NETDEV:
        return rows_text(ref, SCOPE_NETDEV, NETDEV_DEVICE);
    case SCOPE_BLOCKDEV:
        return rows_text(ref, SCOPE_BLOCKDEV, BLOCKDEV_DEVICE);
    default:
        return NULL;
    }
}

static uint64_t rows_mix(uint64_t id, enum scope scope, const char *text, size_t len)
{
    uint64_t mixed = hash_bytes(text, len, id + ((uint64_t)scope + 1) * ROWS_ID_MIX);

    return mixed ? mixed : 1;
}

/* `index`: among its brothers; stands for a name that is not known. */
static uint64_t rows_id(const struct row_ref *ref, uint32_t index)
{
    const char *name = rows_own_name(ref);
    uint64_t number = index, parent = 0;

    if (ref->scope == SCOPE_VM)
        return rows_facts(ref)->id;
    if (ref->scope == SCOPE_VCPU || ref->scope == SCOPE_VMDISK || ref->scope == SCOPE_VMNIC)
        parent = rows_facts(ref)->id;
    if (ref->scope == SCOPE_VCPU) {
        const struct frame_table *table = rows_table(ref->shot, SCOPE_VCPU);

        if (frame_has_value(table, ref->row, VCPU_VCPU_ID))
            number = (uint64_t)frame_value(table, ref->row, VCPU_VCPU_ID).number;
    }
    if (name)
        return rows_mix(parent, ref->scope, name, strlen(name));
    return rows_mix(parent, ref->scope, (const char *)&number, sizeof(number));
}

static struct row_range rows_range(const struct row_ref *vm, enum scope scope)
{
    const struct vm_facts *facts = rows_facts(vm);

    switch (scope) {
    case SCOPE_VCPU:
        return facts->vcpus;
    case SCOPE_VMDISK:
        return facts->disks;
    case SCOPE_VMNIC:
        return facts->nics;
    default:
        return (struct row_range){0};
    }
}

/* ---- what passes ---- */

static bool rows_matches(const char *filter, const char *text)
{
    return text && filter_matches(filter, text);
}

static bool rows_vm_passes(const struct row_ref *ref, const char *filter)
{
    const struct frame_table *table = rows_table(ref->shot, SCOPE_VM);
    char vmid[24];

    if (rows_matches(filter, rows_text(ref, SCOPE_VM, VM_NAME)) ||
        rows_matches(filter, rows_text(ref, SCOPE_VM, VM_UUID)))
        return true;
    if (!frame_has_value(table, ref->vm, VM_VMID))
        return false;
    snprintf(vmid, sizeof(vmid), "%.0f", frame_value(table, ref->vm, VM_VMID).number);
    return filter_matches(filter, vmid);
}

static bool rows_passes(const struct row_ref *ref, const char *filter)
{
    if (!*filter || rows_matches(filter, rows_own_name(ref)))
        return true;
    if (ref->scope == SCOPE_NETDEV || ref->scope == SCOPE_BLOCKDEV)
        return false;
    if (ref->scope == SCOPE_VMNIC &&
        rows_matches(filter, rows_text(ref, SCOPE_VMNIC, VMNIC_NIC_NAME)))
        return true;
    return rows_vm_passes(ref, filter);
}

/* Whether a block device is one of the view's. */
static bool rows_is_of_class(const struct row_ref *ref, const char *wanted)
{
    const char *class = rows_text(ref, SCOPE_BLOCKDEV, BLOCKDEV_CLASS);

    if (wanted)
        return class && strcmp(class, wanted) == 0;
    if (!class)
        return true;
    if (strcmp(class, "part") == 0)
        return false;
    for (size_t i = 0; i < VIEW__COUNT; i++) {
        if (views[i].block_class && strcmp(class, views[i].block_class) == 0)
            return false;
    }
    return true;
}

/* ---- what it is sorted by ---- */

/* WHY goes by how bad it is, then by the order of reasons: the worst one is first
 * when the column is sorted as it is at first, as a text (A to Z) or as a number. */
static void rows_key_why(struct sort_key *key, const struct column *column)
{
    const struct vm_facts *facts = rows_facts(&key->ref);
    double badness = (double)facts->severity * WHY__COUNT - (double)facts->why;

    if (facts->why == WHY_NONE)
        return;
    key->kind = SORT_NUMBER;
    key->number = column->left ? -badness : badness;
}

/* A curve goes by its last value. */
static void rows_key_history(struct sort_key *key)
{
    const struct frame_table *table = rows_table(key->ref.shot, SCOPE_VM);

    if (key->ref.scope != SCOPE_VM || !frame_has_value(table, key->ref.row, VM_CPU_TOTAL))
        return;
    key->kind = SORT_NUMBER;
    key->number = frame_value(table, key->ref.row, VM_CPU_TOTAL).number;
}

static void rows_key_figure(struct sort_key *key, const struct rows_request *request)
{
    struct figure figure = column_figure(request->sort, &key->ref, request->thresholds);
    uint64_t number;

    if (figure.kind == FIGURE_NUMBER && !isnan(figure.number)) {
        key->kind = SORT_NUMBER;
        key->number = figure.number;
    } else if (figure.kind == FIGURE_TEXT && figure.text) {
        key->kind = SORT_TEXT;
        key->text = figure.text;
        /* A VMID is a number, whatever it is shown as. */
        if (request->sort->kind == COLUMN_ID && parse_u64(figure.text, &number)) {
            key->kind = SORT_NUMBER;
            key->number = (double)number;
        }
    }
}

static void rows_key_fill(struct sort_key *key, const struct rows_request *request)
{
    const struct column *sort = request->sort;
    bool of_vm = key->ref.scope != SCOPE_NETDEV && key->ref.scope != SCOPE_BLOCKDEV;

    key->kind = SORT_NONE;
    key->name = of_vm ? rows_text(&key->ref, SCOPE_VM, VM_NAME) : rows_own_name(&key->ref);
    if (!sort || (sort->family == FAMILY_VM) != of_vm)
        return;
    if (sort->kind == COLUMN_WHY && of_vm)
        rows_key_why(key, sort);
    else if (sort->kind == COLUMN_HISTORY)
        rows_key_history(key);
    else
        rows_key_figure(key, request);
}

static void rows_add_thing(struct rows_builder *b, const struct row_ref *ref, enum row_mark mark)
{
    struct table_rows *rows = b->rows;
    struct sort_key *key;

    rows->all++;
    if (!rows_passes(ref, b->request->filter))
        return;
    rows->keys = array_grow(rows->keys, &rows->keys_capacity, b->count + 1, sizeof(*rows->keys));
    key = &rows->keys[b->count++];
    key->ref = *ref;
    key->mark = mark;
    rows_key_fill(key, b->request);
}

static int rows_compare_names(const char *a, const char *b)
{
    if (!a || !b)
        return !a - !b;
    return fold_compare(a, b);
}

static int rows_compare(const struct sort_key *a, const struct sort_key *b, bool ascending)
{
    int order = 0;

    if (a->kind != b->kind)
        order = a->kind < b->kind ? -1 : 1;
    /* Numbers and texts, which one column can have, change places with the direction. */
    if (a->kind == SORT_NONE || b->kind == SORT_NONE)
        return order ? order : rows_compare_names(a->name, b->name);
    if (!order && a->kind == SORT_NUMBER)
        order = (a->number > b->number) - (a->number < b->number);
    else if (!order)
        order = fold_compare(a->text, b->text);
    if (!order)
        return rows_compare_names(a->name, b->name);
    return ascending ? order : -order;
}

/* Merges order[from..middle) and order[middle..to) by way of spare[]. */
static void rows_merge(const struct sort_key *keys, uint32_t *order, uint32_t *spare, size_t from,
                       size_t middle, size_t to, bool ascending)
{
    size_t left = from, right = middle, at = from;

    /* Most of it is in order already: cycles differ little, and many VMs idle. */
    if (rows_compare(&keys[order[middle - 1]], &keys[order[middle]], ascending) <= 0)
        return;
    memcpy(spare + from, order + from, (middle - from) * sizeof(*order));
    while (left < middle && right < to) {
        if (rows_compare(&keys[spare[left]], &keys[order[right]], ascending) <= 0)
            order[at++] = spare[left++];
        else
            order[at++] = order[right++];
    }
    memcpy(order + at, spare + left, (middle - left) * sizeof(*order));
}

/* Puts into rows->order which key comes when. A merge sort: stable, and in memory
 * that is kept, which qsort(3) does not promise. */
static void rows_sort(struct rows_builder *b)
{
    struct table_rows *rows = b->rows;
    size_t count = b->count;

    rows->order =
        array_grow(rows->order, &rows->order_capacity, 2 * count + 1, sizeof(*rows->order));
    for (size_t i = 0; i < count; i++)
        rows->order[i] = (uint32_t)i;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from + width < count; from += 2 * width)
            rows_merge(rows->keys, rows->order, rows->order + count, from, from + width,
                       min_size(from + 2 * width, count), b->request->ascending);
    }
}

/* ---- which things there are ---- */

static void rows_add_vm(struct rows_builder *b, const struct shot *shot, uint32_t row,
                        enum row_mark mark)
{
    struct row_ref ref = {.shot = shot, .scope = SCOPE_VM, .row = row, .vm = row};
    struct row_range range;

    if (!b->request->flat) {
        rows_add_thing(b, &ref, mark);
        return;
    }
    range = rows_range(&ref, b->children);
    ref.scope = b->children;
    for (uint32_t i = 0; i < range.count; i++) {
        ref.row = range.first + i;
        rows_add_thing(b, &ref, mark);
    }
}

static bool rows_is_there(const struct shot *shot, uint64_t id)
{
    for (size_t i = 0; i < shot->facts.count; i++) {
        if (shot->facts.list[i].id == id)
            return true;
    }
    return false;
}

static void rows_collect_vms(struct rows_builder *b)
{
    const struct rows_request *request = b->request;
    const struct shot *shot = request->shot;

    for (uint32_t row = 0; shot->frame && row < shot->facts.count; row++) {
        bool fresh = request->fresh && id_set_has(request->fresh, shot->facts.list[row].id);

        rows_add_vm(b, shot, row, fresh ? ROW_MARK_NEW : ROW_MARK_NONE);
    }
    for (size_t i = 0; i < request->ended_count; i++) {
        const struct ended_row *ended = &request->ended[i];

        if (ended->shot->frame && ended->row < ended->shot->facts.count &&
            !rows_is_there(shot, ended->shot->facts.list[ended->row].id))
            rows_add_vm(b, ended->shot, ended->row, ROW_MARK_ENDED);
    }
}

static void rows_collect_devices(struct rows_builder *b, enum scope scope)
{
    const struct shot *shot = b->request->shot;
    struct row_ref ref = {.shot = shot, .scope = scope};

    for (; shot->frame && ref.row < rows_table(shot, scope)->rows; ref.row++) {
        if (scope == SCOPE_NETDEV || rows_is_of_class(&ref, views[b->request->view].block_class))
            rows_add_thing(b, &ref, ROW_MARK_NONE);
    }
}

/* ---- writing them out ---- */

static struct table_row *rows_append(struct table_rows *rows, const struct row_ref *ref,
                                     enum row_mark mark, uint64_t id)
{
    struct table_row *row;

    rows->list = array_grow(rows->list, &rows->capacity, rows->count + 1, sizeof(*rows->list));
    row = &rows->list[rows->count++];
    *row = (struct table_row){.ref = *ref, .mark = mark, .id = id};
    return row;
}

static void rows_append_children(struct rows_builder *b, const struct sort_key *vm,
                                 enum scope scope)
{
    struct row_range range = rows_range(&vm->ref, scope);
    struct row_ref ref = vm->ref;

    ref.scope = scope;
    for (uint32_t i = 0; i < range.count; i++) {
        ref.row = range.first + i;
        rows_append(b->rows, &ref, vm->mark, rows_id(&ref, i))->child = true;
    }
}

static void rows_append_vm(struct rows_builder *b, const struct sort_key *key)
{
    static const enum scope all[] = {SCOPE_VCPU, SCOPE_VMDISK, SCOPE_VMNIC};
    const struct rows_request *request = b->request;
    uint64_t id = rows_id(&key->ref, 0);
    struct table_row *row = rows_append(b->rows, &key->ref, key->mark, id);

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if ((b->children == SCOPE__COUNT || b->children == all[i]) &&
            rows_range(&key->ref, all[i]).count)
            row->can_expand = true;
    }
    row->expanded = row->can_expand &&
                    request->expand_all != (request->toggled && id_set_has(request->toggled, id));
    if (!row->expanded)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (b->children == SCOPE__COUNT || b->children == all[i])
            rows_append_children(b, key, all[i]);
    }
}

void table_rows_build(struct table_rows *rows, const struct rows_request *request)
{
    const struct view_info *view = &views[request->view];
    struct rows_request asked = *request;
    struct rows_builder b = {.rows = rows, .request = &asked, .children = view->children};

    asked.flat = request->flat && view->family == FAMILY_VM &&
                 (view->children == SCOPE_VMDISK || view->children == SCOPE_VMNIC);
    rows->count = 0;
    rows->all = 0;
    if (view->family == FAMILY_VM)
        rows_collect_vms(&b);
    else
        rows_collect_devices(&b, view->family == FAMILY_NETDEV ? SCOPE_NETDEV : SCOPE_BLOCKDEV);
    rows->things = b.count;
    rows_sort(&b);
    for (size_t i = 0; i < b.count; i++) {
        const struct sort_key *key = &rows->keys[rows->order[i]];

        if (key->ref.scope == SCOPE_VM)
            rows_append_vm(&b, key);
        else
            rows_append(rows, &key->ref, key->mark, rows_id(&key->ref, key->ref.row));
    }
}
