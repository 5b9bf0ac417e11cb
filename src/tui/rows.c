/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the table. First the things: VMs, or disks, NICs, devices in lists of
 * theirs, each with what it is sorted by, looked up once. They are sorted, then
 * written out with the rows below them.
 */
#include "tui/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/row_name.h"
#include "tui/rows_sort.h"

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

/* ---- what passes ---- */

static bool rows_matches(const char *filter, const char *text)
{
    return text && filter_matches(filter, text);
}

static bool rows_vm_passes(const struct row_ref *ref, const char *filter)
{
    const struct frame_table *table = &ref->shot->frame->tables[SCOPE_VM];
    char vmid[24];

    if (rows_matches(filter, row_text(ref, SCOPE_VM, VM_NAME)) ||
        rows_matches(filter, row_text(ref, SCOPE_VM, VM_UUID)))
        return true;
    if (!frame_has_value(table, ref->vm, VM_VMID))
        return false;
    snprintf(vmid, sizeof(vmid), "%.0f", frame_value(table, ref->vm, VM_VMID).number);
    return filter_matches(filter, vmid);
}

static bool rows_passes(const struct row_ref *ref, const char *filter)
{
    /* A filter that asks for nothing passes what has no name, too. */
    if (filter_matches(filter, "") || rows_matches(filter, row_name(ref)))
        return true;
    if (ref->scope == SCOPE_NETDEV || ref->scope == SCOPE_BLOCKDEV)
        return false;
    if (ref->scope == SCOPE_VMNIC &&
        rows_matches(filter, row_text(ref, SCOPE_VMNIC, VMNIC_NIC_NAME)))
        return true;
    return rows_vm_passes(ref, filter);
}

/* Whether a block device is one of the view's. */
static bool rows_is_of_class(const struct row_ref *ref, const char *wanted)
{
    const char *class = row_text(ref, SCOPE_BLOCKDEV, BLOCKDEV_CLASS);

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
    sort_key_fill(key, b->request);
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
    range = row_children(&ref, b->children);
    ref.scope = b->children;
    ref.flat = true;
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

    for (; shot->frame && ref.row < shot->frame->tables[scope].rows; ref.row++) {
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
    struct row_range range = row_children(&vm->ref, scope);
    struct row_ref ref = vm->ref;

    ref.scope = scope;
    for (uint32_t i = 0; i < range.count; i++) {
        ref.row = range.first + i;
        rows_append(b->rows, &ref, vm->mark, row_id(&ref))->child = true;
    }
}

static void rows_append_vm(struct rows_builder *b, const struct sort_key *key)
{
    static const enum scope all[] = {SCOPE_VCPU, SCOPE_VMDISK, SCOPE_VMNIC};
    const struct rows_request *request = b->request;
    uint64_t id = row_id(&key->ref);
    struct table_row *row = rows_append(b->rows, &key->ref, key->mark, id);

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if ((b->children == SCOPE__COUNT || b->children == all[i]) &&
            row_children(&key->ref, all[i]).count)
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
    rows->order =
        array_grow(rows->order, &rows->order_capacity, 2 * b.count + 1, sizeof(*rows->order));
    sort_keys_order(rows->keys, rows->order, b.count, request->ascending);
    for (size_t i = 0; i < b.count; i++) {
        const struct sort_key *key = &rows->keys[rows->order[i]];

        if (key->ref.scope == SCOPE_VM)
            rows_append_vm(&b, key);
        else
            rows_append(rows, &key->ref, key->mark, row_id(&key->ref));
    }
}
