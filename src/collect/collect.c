/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs' slots, and one cycle over them. */
#include "collect/collect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "collect/slot.h"

/* One behind the last column of a VM that any collector here fills. */
static size_t collect_count_vm_columns(void)
{
    unsigned filled = collect_available() & ~(1u << COLLECTOR_HOST);
    size_t count = 0;

    for (size_t i = 0; i < metrics_count; i++) {
        if (metrics[i].scope == SCOPE_VM && (filled & (1u << metrics[i].collector)) &&
            metrics[i].column >= count)
            count = metrics[i].column + 1;
    }
    return count;
}

struct collect *collect_new(const struct collect_config *config)
{
    struct collect *collect = xcalloc(1, sizeof(*collect));

    collect->config = *config;
    file_budget_init(&collect->budget);
    collect->host_stat = KEPT_FILE_INIT;
    collect->meminfo = KEPT_FILE_INIT;
    collect->arcstats = KEPT_FILE_INIT;
    collect->vmstat_fd = -1;
    collect->vm_columns = collect_count_vm_columns();
    collect->text = xcalloc(1, COLLECT_TEXT_SIZE);
    return collect;
}

unsigned collect_available(void)
{
    return 1u << COLLECTOR_BASE | 1u << COLLECTOR_CPU | 1u << COLLECTOR_MEM | 1u << COLLECTOR_HOST;
}

/* Closes everything of the process that the slot watched. */
static void slot_reset(struct collect *collect, struct vm_slot *slot)
{
    threads_close(collect, slot);
    throttle_close(collect, slot);
    kept_file_close(&slot->stat, &collect->budget);
    kept_file_close(&slot->status, &collect->budget);
    slot->num_threads = 0;
    slot->relist = false;
    slot->names_fresh = false;
    slot->sample.process_gone = false;
    slot->hugetlb_seen = false;
    slot->sample.birth = ++collect->births;
    slot->sample.listing = ++collect->listings;
}

static void slot_free(struct collect *collect, struct vm_slot *slot)
{
    HASH_DEL(collect->slots, slot);
    collect->by_number[slot->sample.slot] = NULL;
    slot_reset(collect, slot);
    free(slot->sample.threads);
    free(slot->thread_files);
    free(slot->sample.throttles);
    free(slot->throttle_files);
    free(slot->throttle_paths);
    free(slot->key);
    free(slot);
}

void collect_free(struct collect *collect)
{
    struct vm_slot *slot, *next;

    if (!collect)
        return;
    HASH_ITER(hh, collect->slots, slot, next)
    slot_free(collect, slot);
    kept_file_close(&collect->host_stat, &collect->budget);
    kept_file_close(&collect->meminfo, &collect->budget);
    kept_file_close(&collect->arcstats, &collect->budget);
    if (collect->vmstat_fd >= 0)
        close(collect->vmstat_fd);
    inventory_unref(collect->inventory);
    buf_done(&collect->long_text);
    free(collect->text);
    free(collect->sample.vms);
    free(collect->by_number);
    free(collect);
}

/* Whether any wanted column of the scope lies in [first, last]. */
static bool wants_range(const struct selection *s, enum scope scope, unsigned first, unsigned last)
{
    for (unsigned column = first; column <= last; column++) {
        if (s->wanted[scope][column])
            return true;
    }
    return false;
}

void collect_select(struct collect *collect, const struct selection *s)
{
    const bool *vm = s->wanted[SCOPE_VM], *host = s->wanted[SCOPE_HOST];
    struct collect_needs needs = {0};

    needs.overhead_threads =
        vm[VM_CPU_HOST_USED] || vm[VM_CPU_OTHER_TOTAL] || vm[VM_CPU_OTHER_STEAL];
    needs.vcpu_threads = needs.overhead_threads || s->scopes[SCOPE_VCPU].count ||
                         wants_range(s, SCOPE_VM, VM_CPU_CORES, VM_CPU_THROTTLED);
    needs.throttling = vm[VM_CPU_THROTTLED];
    needs.status = vm[VM_RAM_HOSTSWAP] || vm[VM_RAM_HUGETLB];
    needs.memory_estimate = vm[VM_RAM_USED];
    needs.cpu_times = wants_range(s, SCOPE_HOST, HOST_CPU_CORES, HOST_CPU_GUESTNICE) ||
                      vm[VM_START_TIME]; /* counted from the time of the boot */
    needs.host_swapping = host[HOST_RAM_SWAPIN] || host[HOST_RAM_SWAPOUT];
    needs.host_arc = host[HOST_RAM_ZFSARC];
    needs.host_memory = needs.memory_estimate || /* tells whether there are huge pages */
                        wants_range(s, SCOPE_HOST, HOST_RAM_TOTAL, HOST_RAM_SWAPUSED);
    collect->needs = needs;
}

static unsigned slot_take_number(struct collect *collect, struct vm_slot *slot)
{
    unsigned number = 0;

    while (number < collect->sample.slot_count && collect->by_number[number])
        number++;
    collect->by_number = array_grow(collect->by_number, &collect->number_capacity, number + 1,
                                    sizeof(*collect->by_number));
    collect->by_number[number] = slot;
    if (number >= collect->sample.slot_count)
        collect->sample.slot_count = number + 1;
    return number;
}

static struct vm_slot *slot_new(struct collect *collect, const char *key)
{
    struct vm_slot *slot = xcalloc(1, sizeof(*slot));

    slot->key = xstrdup(key);
    slot->stat = KEPT_FILE_INIT;
    slot->status = KEPT_FILE_INIT;
    slot->sample.slot = slot_take_number(collect, slot);
    HASH_ADD_KEYPTR(hh, collect->slots, slot->key, strlen(slot->key), slot);
    return slot;
}

static bool same_process(const struct vm_info *a, const struct vm_info *b)
{
    return a->pid == b->pid && a->start_ticks == b->start_ticks;
}

/* Finds or makes the slot of the VM; its old info is still there to compare. */
static struct vm_slot *slot_adopt(struct collect *collect, const struct vm_info *info)
{
    struct vm_slot *slot;

    HASH_FIND(hh, collect->slots, info->key, strlen(info->key), slot);
    if (!slot)
        slot = slot_new(collect, info->key);
    if (!slot->sample.info || !same_process(slot->sample.info, info))
        slot_reset(collect, slot);
    else if (slot->sample.info->helper_count != info->helper_count)
        slot->relist = true;
    slot->sample.info = info;
    slot->seen = true;
    return slot;
}

void collect_set_inventory(struct collect *collect, struct inventory *inventory)
{
    struct inventory *old = collect->inventory;
    struct sample *sample = &collect->sample;
    struct vm_slot *slot, *next;

    sample->vms =
        array_grow(sample->vms, &collect->sample_capacity, inventory->count, sizeof(*sample->vms));
    sample->vm_count = 0;
    for (size_t i = 0; i < inventory->count; i++)
        sample->vms[sample->vm_count++] = &slot_adopt(collect, &inventory->vms[i])->sample;
    HASH_ITER(hh, collect->slots, slot, next)
    {
        if (!slot->seen)
            slot_free(collect, slot);
        else
            slot->seen = false;
    }
    collect->inventory = inventory;
    sample->inventory = inventory;
    inventory_unref(old);
}

/* Copies what the connector read of the VM. */
static void slot_take_readings(struct vm_slot *slot)
{
    static const struct {
        enum vm_reading reading;
        enum vm_column column;
    } map[] = {
        {READING_VCPUS, VM_CPU_CORES},
        {READING_MEMORY_MAX_KB, VM_RAM_MAX},
        {READING_BALLOON_KB, VM_RAM_ACTUAL},
        {READING_GUEST_FREE_KB, VM_RAM_FREE},
        {READING_GUEST_SWAP_IN_KB, VM_RAM_SWAPIN},
        {READING_GUEST_SWAP_OUT_KB, VM_RAM_SWAPOUT},
    };
    const struct raw *readings = slot->sample.info->readings;

    for (size_t i = 0; i < ARRAY_SIZE(map); i++)
        slot->sample.columns[map[i].column] = readings[map[i].reading];
    slot->sample.guest_total_kb = readings[READING_GUEST_TOTAL_KB];
    slot->sample.guest_usable_kb = readings[READING_GUEST_USABLE_KB];
}

static void slot_collect(struct collect *collect, struct vm_slot *slot)
{
    struct vm_sample *vm = &slot->sample;

    memset(vm->columns, 0, collect->vm_columns * sizeof(vm->columns[0]));
    slot_take_readings(slot);
    if (!vm->info->pid || vm->process_gone)
        return;
    if (!process_collect(collect, slot)) {
        slot_reset(collect, slot);
        vm->process_gone = true;
        return;
    }
    if (collect->needs.vcpu_threads)
        threads_collect(collect, slot);
    if (collect->needs.throttling)
        throttle_collect(collect, slot);
}

const struct sample *collect_cycle(struct collect *collect)
{
    struct sample *sample = &collect->sample;

    sample->at = clock_mono(collect->config.clock);
    sample->wall = collect->config.clock->wall(collect->config.clock->self);
    host_collect(collect, &sample->host);
    for (size_t i = 0; i < sample->slot_count; i++) {
        if (collect->by_number[i])
            slot_collect(collect, collect->by_number[i]);
    }
    return sample;
}

bool collect_lacks_files(const struct collect *collect)
{
    return collect->budget.exceeded;
}
