/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "@vm", "@disk" and "@nic": inventories as connectors make them. */
#include "told.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/num.h"
#include "base/util.h"

/* A word "NAME=NUMBER" and the reading that it is. */
struct told_number {
    const char *name;
    unsigned place;
};

static const struct told_number told_readings[] = {
    {"vcpus", READING_VCPUS},
    {"max_kb", READING_MEMORY_MAX_KB},
    {"balloon_kb", READING_BALLOON_KB},
    {"total_kb", READING_GUEST_TOTAL_KB},
    {"usable_kb", READING_GUEST_USABLE_KB},
    {"free_kb", READING_GUEST_FREE_KB},
    {"swap_in_kb", READING_GUEST_SWAP_IN_KB},
    {"swap_out_kb", READING_GUEST_SWAP_OUT_KB},
};
_Static_assert(ARRAY_SIZE(told_readings) == READING__COUNT, "one is missing");

static const struct told_number told_disk_numbers[] = {
    {"capacity", VMDISK_DISK_SIZE_CAPACITY},
    {"allocation", VMDISK_DISK_SIZE_ALLOCATION},
    {"physical", VMDISK_DISK_SIZE_PHYSICAL},
    {"reads", VMDISK_DISK_READS},
    {"writes", VMDISK_DISK_WRITES},
    {"flushes", VMDISK_DISK_STATS_FLUSHREQ},
    {"read_bytes", VMDISK_DISK_MBREAD},
    {"written_bytes", VMDISK_DISK_MBWRITE},
    {"read_ns", VMDISK_DISK_STATS_RDTOTALTIMES},
    {"write_ns", VMDISK_DISK_STATS_WRTOTALTIMES},
    {"flush_ns", VMDISK_DISK_STATS_FLUSHTOTALTIMES},
    {"errors", VMDISK_DISK_ERRORS},
};

static const struct told_number told_nic_numbers[] = {
    {"rx_bytes", VMNIC_NET_RECEIVEDBYTES},    {"rx_packets", VMNIC_NET_RECEIVEDPACKETS},
    {"rx_errs", VMNIC_NET_RECEIVEDERRS},      {"rx_drop", VMNIC_NET_RECEIVEDDROP},
    {"tx_bytes", VMNIC_NET_TRANSMITTEDBYTES}, {"tx_packets", VMNIC_NET_TRANSMITTEDPACKETS},
    {"tx_errs", VMNIC_NET_TRANSMITTEDERRS},   {"tx_drop", VMNIC_NET_TRANSMITTEDDROP},
};

/* A directive that is being taken. */
struct teller {
    const char *path;
    unsigned line;
    struct mono at;
};

static ATTR_NORETURN void told_reject(struct teller teller, const char *what, const char *text)
{
    scenario_die("%s:%u: %s: '%s'", teller.path, teller.line, what, text);
}

/* "reads=12", or "reads=-": no reading. False: it is no such word. */
static bool told_number(struct teller teller, const struct told_number *numbers, size_t count,
                        const char *word, struct raw *readings)
{
    size_t len = strcspn(word, "=");
    uint64_t value;

    for (size_t i = 0; i < count; i++) {
        if (strlen(numbers[i].name) != len || strncmp(numbers[i].name, word, len) != 0 ||
            word[len] != '=')
            continue;
        if (strcmp(word + len + 1, "-") == 0)
            readings[numbers[i].place] = (struct raw){0};
        else if (parse_u64(word + len + 1, &value))
            readings[numbers[i].place] = raw_of(value, teller.at);
        else
            told_reject(teller, "no number", word);
        return true;
    }
    return false;
}

/* What is not named is read again, and found unchanged. */
static void told_read_again(struct raw *readings, size_t count, struct mono at)
{
    for (size_t i = 0; i < count; i++) {
        if (raw_valid(readings[i]))
            readings[i].at = at;
    }
}

/* The text behind "NAME=", or NULL. */
static const char *told_text(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static bool told_set_text(char **text, const char *word, const char *name)
{
    const char *value = told_text(word, name);

    if (!value)
        return false;
    free(*text);
    *text = *value ? xstrdup(value) : NULL;
    return true;
}

static void told_device(struct teller teller, struct vm_disk *disk, const char *word)
{
    struct cursor c = cursor_of(word, strlen(word));
    uint64_t major_number, minor_number;

    if (!cursor_u64(&c, &major_number) || !cursor_word(&c, ":") || !cursor_u64(&c, &minor_number) ||
        c.at != c.end)
        told_reject(teller, "no MAJOR:MINOR", word);
    disk->image_device = makedev((unsigned)major_number, (unsigned)minor_number);
}

static void told_disk_gone(struct vm_info *vm, struct vm_disk *disk)
{
    free(disk->name);
    vm->disk_count--;
    memmove(disk, disk + 1, (size_t)(vm->disks + vm->disk_count - disk) * sizeof(*disk));
}

static void told_disk(struct teller teller, struct vm_info *vm, const char *name, char *words)
{
    struct vm_disk *disk;
    size_t i = 0;
    const char *word;

    while (i < vm->disk_count && strcmp(vm->disks[i].name, name) != 0)
        i++;
    if (i < vm->disk_count) {
        disk = &vm->disks[i];
    } else {
        disk = vm_info_append_disk(vm);
        disk->name = xstrdup(name);
        disk->is_total = true;
    }
    told_read_again(disk->columns, VMDISK__COUNT, teller.at);
    while ((word = scenario_next_word(&words))) {
        const char *device = told_text(word, "device");

        if (strcmp(word, "gone") == 0) {
            told_disk_gone(vm, disk);
            return;
        }
        if (strcmp(word, "cdrom") == 0)
            disk->is_total = false;
        else if (device)
            told_device(teller, disk, device);
        else if (!told_number(teller, told_disk_numbers, ARRAY_SIZE(told_disk_numbers), word,
                              disk->columns))
            told_reject(teller, "unknown word in @disk", word);
    }
}

static enum nic_kind told_kind(struct teller teller, const char *word)
{
    for (int kind = NIC_KIND_UNKNOWN + 1; kind < NIC_KIND__COUNT; kind++) {
        if (strcmp(nic_kind_word((enum nic_kind)kind), word) == 0)
            return (enum nic_kind)kind;
    }
    told_reject(teller, "unknown kind of NIC", word);
}

static void told_nic_gone(struct vm_info *vm, struct vm_nic *nic)
{
    free(nic->name);
    free(nic->interface);
    free(nic->mac);
    free(nic->bridge);
    vm->nic_count--;
    memmove(nic, nic + 1, (size_t)(vm->nics + vm->nic_count - nic) * sizeof(*nic));
}

static void told_nic(struct teller teller, struct vm_info *vm, const char *name, char *words)
{
    struct vm_nic *nic;
    size_t i = 0;
    const char *word;

    while (i < vm->nic_count && strcmp(vm->nics[i].name, name) != 0)
        i++;
    if (i < vm->nic_count) {
        nic = &vm->nics[i];
    } else {
        nic = vm_info_append_nic(vm);
        nic->name = xstrdup(name);
    }
    told_read_again(nic->columns, VMNIC__COUNT, teller.at);
    while ((word = scenario_next_word(&words))) {
        const char *kind = told_text(word, "kind");

        if (strcmp(word, "gone") == 0) {
            told_nic_gone(vm, nic);
            return;
        }
        if (kind)
            nic->kind = told_kind(teller, kind);
        else if (!told_set_text(&nic->interface, word, "interface") &&
                 !told_set_text(&nic->mac, word, "mac") &&
                 !told_set_text(&nic->bridge, word, "bridge") &&
                 !told_number(teller, told_nic_numbers, ARRAY_SIZE(told_nic_numbers), word,
                              nic->columns))
            told_reject(teller, "unknown word in @nic", word);
    }
}

static enum vm_state told_state(struct teller teller, const char *word)
{
    for (int state = 0; state < VM_STATE__COUNT; state++) {
        if (strcmp(vm_state_word((enum vm_state)state), word) == 0)
            return (enum vm_state)state;
    }
    told_reject(teller, "unknown state", word);
}

static void told_vm(struct teller teller, struct vm_info *vm, char *words)
{
    const char *word;

    vm->has_source = true;
    vm->answered_at = teller.at;
    told_read_again(vm->readings, READING__COUNT, teller.at);
    while ((word = scenario_next_word(&words))) {
        const char *state = told_text(word, "state");

        if (state)
            vm->state = told_state(teller, state);
        else if (!told_set_text(&vm->vmid, word, "vmid") &&
                 !told_set_text(&vm->tags, word, "tags") &&
                 !told_set_text(&vm->lock, word, "lock") &&
                 !told_number(teller, told_readings, ARRAY_SIZE(told_readings), word, vm->readings))
            told_reject(teller, "unknown word in @vm", word);
    }
}

/* What was told of the VM of that name, which is one that is seen. */
static struct vm_info *told_find(struct inventory *told, const struct inventory *seen,
                                 const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        const struct vm_info *vm = &seen->vms[i];
        struct vm_info *mine;

        if (strcmp(vm->name, name) != 0)
            continue;
        for (size_t k = 0; k < told->count; k++) {
            if (strcmp(told->vms[k].key, vm->key) == 0)
                return &told->vms[k];
        }
        mine = inventory_append(told);
        mine->key = xstrdup(vm->key);
        mine->name = xstrdup(vm->name);
        return mine;
    }
    return NULL;
}

void told_take(struct inventory *told, const struct scenario *scenario,
               const struct scenario_step *step, const struct inventory *seen)
{
    told->beat = scenario->beat;
    for (size_t i = 0; i < step->telling_count; i++) {
        const struct telling *telling = &step->tellings[i];
        struct teller teller = {scenario->path, telling->line, step->mono};
        char *copy = xstrdup(telling->words), *words = copy;
        const char *name = scenario_next_word(&words), *part;
        struct vm_info *vm = name ? told_find(told, seen, name) : NULL;

        if (!vm)
            told_reject(teller, "no such VM", name ? name : "");
        if (strcmp(telling->directive, "@vm") == 0) {
            told_vm(teller, vm, words);
        } else {
            part = scenario_next_word(&words);
            if (!part)
                told_reject(teller, "needs a name", telling->directive);
            if (strcmp(telling->directive, "@disk") == 0)
                told_disk(teller, vm, part, words);
            else
                told_nic(teller, vm, part, words);
        }
        free(copy);
    }
}

static char *told_copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* NULL if there is nothing to copy. */
static void *told_copy_array(const void *from, size_t count, size_t size)
{
    void *to = count ? xcalloc(count, size) : NULL;

    if (to)
        memcpy(to, from, count * size);
    return to;
}

static void told_copy_disk(struct vm_info *vm, const struct vm_disk *from)
{
    struct vm_disk *to = NULL;

    for (size_t i = 0; i < vm->disk_count && !to; i++) {
        if (strcmp(vm->disks[i].name, from->name) == 0)
            to = &vm->disks[i];
    }
    if (to)
        free(to->name);
    else
        to = vm_info_append_disk(vm);
    *to = *from;
    to->name = xstrdup(from->name);
}

static void told_copy_nic(struct vm_info *vm, const struct vm_nic *from)
{
    struct vm_nic *to = NULL;

    for (size_t i = 0; i < vm->nic_count && !to; i++) {
        if (strcmp(vm->nics[i].name, from->name) == 0)
            to = &vm->nics[i];
    }
    if (to) {
        free(to->name);
        free(to->interface);
        free(to->mac);
        free(to->bridge);
    } else {
        to = vm_info_append_nic(vm);
    }
    *to = *from;
    to->name = xstrdup(from->name);
    to->interface = told_copy_text(from->interface);
    to->mac = told_copy_text(from->mac);
    to->bridge = told_copy_text(from->bridge);
}

static void told_copy_vm(struct vm_info *to, const struct vm_info *from)
{
    *to = *from;
    to->key = xstrdup(from->key);
    to->name = xstrdup(from->name);
    to->uuid = told_copy_text(from->uuid);
    to->vmid = told_copy_text(from->vmid);
    to->tags = told_copy_text(from->tags);
    to->lock = told_copy_text(from->lock);
    to->vcpus = told_copy_array(from->vcpus, from->vcpu_count, sizeof(*from->vcpus));
    to->helpers = told_copy_array(from->helpers, from->helper_count, sizeof(*from->helpers));
    to->interfaces = NULL; /* inventory_finish() joins them anew */
    to->disks = NULL;
    to->nics = NULL;
    to->disk_count = to->nic_count = 0;
    for (size_t i = 0; i < from->disk_count; i++)
        told_copy_disk(to, &from->disks[i]);
    for (size_t i = 0; i < from->nic_count; i++)
        told_copy_nic(to, &from->nics[i]);
}

static void told_replace_text(char **text, const char *told)
{
    if (!told)
        return;
    free(*text);
    *text = xstrdup(told);
}

/* Adds what was told to what was seen. */
static void told_add(struct vm_info *to, const struct vm_info *told,
                     const struct connector_config *config)
{
    if (told->has_source) {
        to->has_source = true;
        to->answered_at = told->answered_at;
        to->state = told->state;
    }
    told_replace_text(&to->vmid, told->vmid);
    told_replace_text(&to->tags, told->tags);
    told_replace_text(&to->lock, told->lock);
    for (size_t i = 0; i < READING__COUNT; i++) {
        if (raw_valid(told->readings[i]))
            to->readings[i] = told->readings[i];
    }
    for (size_t i = 0; config->wants_disks && i < told->disk_count; i++)
        told_copy_disk(to, &told->disks[i]);
    for (size_t i = 0; config->wants_nics && i < told->nic_count; i++)
        told_copy_nic(to, &told->nics[i]);
}

struct inventory *told_merge(const struct inventory *told, const struct inventory *seen,
                             const struct connector_config *config)
{
    struct inventory *merged = inventory_new(seen->source);

    merged->beat = told->count ? told->beat : seen->beat;
    merged->rounds = seen->rounds;
    merged->strangers = seen->strangers;
    for (size_t i = 0; i < seen->count; i++) {
        struct vm_info *vm = inventory_append(merged);
        const struct vm_info *mine = inventory_find(told, seen->vms[i].key);

        told_copy_vm(vm, &seen->vms[i]);
        if (mine)
            told_add(vm, mine, config);
    }
    inventory_finish(merged);
    return merged;
}
