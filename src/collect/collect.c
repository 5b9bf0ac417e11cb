/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs' slots, and one cycle over them. */
#include "collect/collect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "collect/slot.h"

struct collect *collect_new(const struct collect_config *config)
{
    struct collect *collect = xcalloc(1, sizeof(*collect));

    collect->config = *config;
    file_budget_init(&collect->budget);
    collect->host_stat = KEPT_FILE_INIT;
    collect->meminfo = KEPT_FILE_INIT;
    collect->arcstats = KEPT_FILE_INIT;
    collect->vmstat_fd = -1;
    collect->delayacct = KEPT_FILE_INIT;
    for (size_t i = 0; i < COLLECT_PRESSURE_FILES; i++)
        collect->pressure[i] = KEPT_FILE_INIT;
    collect->blockdevs =
        blockdevs_new(config->proc_fd, config->sys_fd, config->clock, config->storedev);
    collect->netdevs = netdevs_new(config->proc_fd, config->sys_fd, config->clock, config->netdev);
    netdevs_keep_at_most(collect->netdevs, collect->budget.limit / 2);
    collect->text = xcalloc(1, COLLECT_TEXT_SIZE);
    return collect;
}

unsigned collect_available(void)
{
    return (1u << COLLECTOR__COUNT) - 1;
}

/* Closes everything of the process that the slot watched. */
static void slot_reset(struct collect *collect, struct vm_slot *slot)
{
    threads_close(collect, slot);
    throttle_close(collect, slot);
    vm_pressure_close(collect, slot);
    devices_leave(collect, slot);
    kept_file_close(&slot->stat, &collect->budget);
    kept_file_close(&slot->status, &collect->budget);
    kept_file_close(&slot->io, &collect->budget);
    slot->io_denied = false;
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
    free(slot->sample.disk_devices);
    free(slot->sample.nic_devices);
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
    kept_file_close(&collect->delayacct, &collect->budget);
    for (size_t i = 0; i < COLLECT_PRESSURE_FILES; i++)
        kept_file_close(&collect->pressure[i], &collect->budget);
    blockdevs_free(collect->blockdevs);
    netdevs_free(collect->netdevs);
    if (collect->vmstat_fd >= 0)
        close(collect->vmstat_fd);
    inventory_unref(collect->inventory);
    buf_done(&collect->long_text);
    free(collect->text);
    free(collect->sample.vms);
    free(collect->by_number);
    free(collect);
}

void collect_select(struct collect *collect, const struct selection *s)
{
    const bool *vm = s->wanted[SCOPE_VM], *host = s->wanted[SCOPE_HOST];
    struct collect_needs needs = {0};

    needs.overhead_threads = s->thread_classes || vm[VM_CPU_HOST_USED] || vm[VM_CPU_OTHER_TOTAL] ||
                             vm[VM_CPU_OTHER_STEAL];
    needs.vcpu_threads = needs.overhead_threads || s->scopes[SCOPE_VCPU].count ||
                         selection_wants_between(s, SCOPE_VM, VM_CPU_CORES, VM_CPU_THROTTLED);
    needs.throttling = vm[VM_CPU_THROTTLED];
    needs.status = vm[VM_RAM_HOSTSWAP] || vm[VM_RAM_HUGETLB];
    needs.memory_estimate = vm[VM_RAM_USED];
    needs.cpu_times = selection_wants_between(s, SCOPE_HOST, HOST_CPU_CORES, HOST_CPU_GUESTNICE) ||
                      vm[VM_START_TIME]; /* counted from the time of the boot */
    needs.host_swapping = host[HOST_RAM_SWAPIN] || host[HOST_RAM_SWAPOUT];
    needs.host_arc = host[HOST_RAM_ZFSARC];
    needs.host_memory = needs.memory_estimate || /* tells whether there are huge pages */
                        selection_wants_between(s, SCOPE_HOST, HOST_RAM_TOTAL, HOST_RAM_SWAPUSED);
    needs.io = selection_wants_between(s, SCOPE_VM, VM_IO_MBRD_S, VM_IO_CANCELLED_WRITE_BYTES);
    needs.blkio = vm[VM_DISK_DELAYBLKIO];
    needs.pressure =
        selection_wants_between(s, SCOPE_HOST, HOST_PSI_SOME_CPU_AVG60, HOST_PSI_FULL_MEM_TOTAL);
    for (unsigned i = 0; i < COLLECT_PRESSURE_FILES; i++)
        needs.vm_pressure |= (unsigned)vm[VM_PSI_SOME_CPU_TOTAL + i] << i;
    needs.disks = selection_wants_disks(s);
    needs.nics = selection_wants_nics(s);
    needs.blockdevs =
        vm[VM_DISK_IOUTIL] || s->wanted[SCOPE_VMDISK][VMDISK_DISK_IOUTIL] ||
        s->scopes[SCOPE_BLOCKDEV].count ||
        selection_wants_between(s, SCOPE_HOST, HOST_DISK_DEVICE_READS, HOST_DISK_DEVICE_COUNT);
    needs.netdevs =
        needs.nics || s->scopes[SCOPE_NETDEV].count ||
        selection_wants_between(s, SCOPE_HOST, HOST_NET_HOST_RECEIVEDBYTES, HOST_NET_HOST_SPEED);
    needs.speeds = host[HOST_NET_HOST_SPEED] || s->wanted[SCOPE_NETDEV][NETDEV_NET_HOST_SPEED];
    collect->needs = needs;
    collect->inventory_is_new = true;
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
    slot->status = KEPT_FILE_INIT_EXTRA;
    slot->io = KEPT_FILE_INIT_EXTRA;
    for (size_t i = 0; i < COLLECT_PRESSURE_FILES; i++)
        slot->pressure_files[i] = KEPT_FILE_INIT_EXTRA;
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
    collect->inventory_is_new = true;
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

/* Readings of the cycle before are no readings of this one. Figures of disks
 * and NICs are the connector's and the devices', not the VM's columns. */
static void slot_forget_readings(struct vm_sample *vm)
{
    static const struct {
        enum vm_column first, last;
    } used[] = {
        {0, VM_RAM_HUGETLB},
        {VM_DISK_DELAYBLKIO, VM_DISK_DELAYBLKIO},
        {VM_IO_MBRD_S, VM_IO_CANCELLED_WRITE_BYTES},
        {VM_PSI_SOME_CPU_TOTAL, VM_PSI_SOME_MEM_TOTAL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(used); i++)
        memset(&vm->columns[used[i].first], 0,
               (used[i].last - used[i].first + 1) * sizeof(vm->columns[0]));
}

static void slot_collect(struct collect *collect, struct vm_slot *slot)
{
    struct vm_sample *vm = &slot->sample;

    slot_forget_readings(vm);
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
    if (collect->needs.vm_pressure)
        vm_pressure_collect(collect, slot);
}

const struct sample *collect_cycle(struct collect *collect)
{
    struct sample *sample = &collect->sample;

    sample->at = clock_mono(collect->config.clock);
    sample->wall = collect->config.clock->wall(collect->config.clock->self);
    devices_join(collect);
    host_collect(collect, &sample->host);
    devices_attach(collect);
    collect->budget.others = netdevs_kept(collect->netdevs);
    for (size_t i = 0; i < sample->slot_count; i++) {
        if (collect->by_number[i])
            slot_collect(collect, collect->by_number[i]);
    }
    return sample;
}

const char *collect_notice(struct collect *collect)
{
    static const struct {
        enum collect_lack lack;
        const char *text;
    } notices[] = {
        {COLLECT_LACKS_FILES, "the limit of open files is too low to keep all files open: reading "
                              "costs more; raise it (ulimit -n, LimitNOFILE=)"},
        {COLLECT_LACKS_PRESSURE,
         "this kernel does not tell pressure (PSI), its figures are missing: start it with psi=1 "
         "on its command line; it must be built with CONFIG_PSI=y (Linux 4.20)"},
        {COLLECT_LACKS_IO,
         "permission denied for /proc/PID/io of VMs: the figures of --io are missing; it takes "
         "root, or CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH (proxtop --doctor has the command)"},
    };

    if (collect->budget.exceeded)
        collect->lacks |= COLLECT_LACKS_FILES;
    for (size_t i = 0; i < ARRAY_SIZE(notices); i++) {
        if (collect->lacks & ~collect->told_lacks & notices[i].lack) {
            collect->told_lacks |= notices[i].lack;
            return notices[i].text;
        }
    }
    return NULL;
}
