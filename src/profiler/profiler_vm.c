/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which VM a row of a frame is of, and what is told of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "profiler/profiler_internal.h"

/* A command line can claim anything; what is saved of it must be readable again. */
#define VM_VCPUS_MAX  65536.0
#define VM_MEM_KB_MAX 0x1p48

void vm_identity_done(struct vm_identity *vm)
{
    free(vm->uuid);
    free(vm->name);
    free(vm->key);
    *vm = (struct vm_identity){0};
}

void vm_identity_advise(const struct vm_identity *vm, const struct profile *profile,
                        struct capacity_advice *ret)
{
    capacity_advise(profile, vm->vcpus, vm->guest_memory ? (double)vm->mem_kb : 0, ret);
}

static const char *vm_row_text(const struct frame_table *table, size_t row, enum vm_column column)
{
    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : "";
}

static double vm_row_number(const struct frame_table *table, size_t row, enum vm_column column)
{
    return frame_has_value(table, row, column) ? frame_value(table, row, column).number : 0;
}

/* Puts the VM's id into profiler->id. */
static void vm_make_id(struct profiler *profiler, const struct frame_table *table, size_t row)
{
    const char *key = table->labels[row].key;

    buf_clear(&profiler->id);
    buf_puts(&profiler->id, vm_row_text(table, row, VM_UUID));
    buf_putc(&profiler->id, '\0');
    buf_puts(&profiler->id, key ? key : vm_row_text(table, row, VM_NAME));
}

struct profiler_vm *profiler_vm_find(struct profiler *profiler, const struct frame_table *table,
                                     size_t row)
{
    struct profiler_vm *vm;

    vm_make_id(profiler, table, row);
    HASH_FIND(hh, profiler->vms, profiler->id.data, profiler->id.len, vm);
    return vm;
}

static void vm_set_text(char **text, const char *now)
{
    if (text_equal(*text, now))
        return;
    free(*text);
    *text = xstrdup(now);
}

void profiler_vm_describe(struct profiler_vm *vm, const struct frame_table *table, size_t row)
{
    struct vm_identity *identity = &vm->shown.vm;
    double vcpus = vm_row_number(table, row, VM_CPU_CORES);
    double mem_kb = vm_row_number(table, row, VM_RAM_TOTAL);

    vm_set_text(&identity->name, vm_row_text(table, row, VM_NAME));
    if (vcpus > 0)
        identity->vcpus = (unsigned)fmin(vcpus, VM_VCPUS_MAX);
    if (mem_kb > 0)
        identity->mem_kb = (uint64_t)fmin(mem_kb, VM_MEM_KB_MAX);
    /* For good: statistics can be silent for a moment. */
    identity->guest_memory = identity->guest_memory || frame_has_value(table, row, VM_RAM_FREE);
}

static void vm_ask(struct profiler *profiler, struct profiler_vm *vm)
{
    struct profiler_question *question = xcalloc(1, sizeof(*question));

    question->vm = vm;
    vm->asked = question;
    *profiler->questions_end = question;
    profiler->questions_end = &question->next;
    store_ask(profiler->store, vm->store_uuid, vm->store_key);
}

struct profiler_vm *profiler_vm_answered(struct profiler *profiler)
{
    struct profiler_question *question = profiler->questions;
    struct profiler_vm *vm = question->vm;

    profiler->questions = question->next;
    if (!profiler->questions)
        profiler->questions_end = &profiler->questions;
    free(question);
    if (vm)
        vm->asked = NULL;
    return vm;
}

/* A VM without a UUID is told by its key. The key of the row would not do where it names the
 * process: it is another one at each start. */
struct profiler_vm *profiler_vm_new(struct profiler *profiler, const struct frame_table *table,
                                    size_t row)
{
    struct profiler_vm *vm = xcalloc(1, sizeof(*vm));
    const char *uuid = vm_row_text(table, row, VM_UUID);
    const char *name = vm_row_text(table, row, VM_NAME);
    char *key = frame_has_value(table, row, VM_VMID)
                    ? xasprintf("%.0f", vm_row_number(table, row, VM_VMID))
                    : xstrdup(name);

    vm->id_len = profiler->id.len;
    vm->id = xcalloc(1, vm->id_len + 1);
    memcpy(vm->id, profiler->id.data, vm->id_len);
    vm->shown.vm.key = key;
    vm->shown.vm.uuid = xstrdup(uuid[0] ? uuid : key);
    vm->store_uuid = xstrdup(vm->shown.vm.uuid);
    vm->store_key = xstrdup(key);
    HASH_ADD_KEYPTR(hh, profiler->vms, vm->id, vm->id_len, vm);
    if (profiler->store)
        vm_ask(profiler, vm);
    return vm;
}

bool profiler_row_is_alive(const struct frame_table *table, size_t row, const double *values,
                           bool known)
{
    const char *state = vm_row_text(table, row, VM_STATE);

    if (frame_has_value(table, row, VM_PID))
        return true;
    if (strcmp(state, vm_state_word(VM_STATE_SHUTDOWN)) == 0 ||
        strcmp(state, vm_state_word(VM_STATE_CRASHED)) == 0)
        return false;
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        if (!isnan(values[m]))
            return true;
    }
    return known;
}

void profiler_vm_free(struct profiler *profiler, struct profiler_vm *vm)
{
    HASH_DEL(profiler->vms, vm);
    if (vm->asked)
        vm->asked->vm = NULL;
    profile_free(vm->shown.profile);
    vm_identity_done(&vm->shown.vm);
    free(vm->store_uuid);
    free(vm->store_key);
    free(vm->rounds);
    free(vm->id);
    free(vm);
}
