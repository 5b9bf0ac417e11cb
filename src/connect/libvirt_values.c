/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translating libvirt's states and statistics. */
#include "connect/libvirt_values.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* A guest's word that is older has been forgotten: its driver stopped. Longer
 * than 3 of any polling period that is in use (2 to 10 s). */
#define LIBVIRT_GUEST_STALE_S 60

struct libvirt_field {
    const char *name;
    enum vm_reading reading;
    bool of_guest; /* current only as long as balloon.last-update moves on */
};

/* All in KB. */
static const struct libvirt_field libvirt_fields[] = {
    {"balloon.current", READING_BALLOON_KB, false},
    {"balloon.maximum", READING_MEMORY_MAX_KB, false},
    {"balloon.available", READING_GUEST_TOTAL_KB, true},
    {"balloon.usable", READING_GUEST_USABLE_KB, true},
    {"balloon.unused", READING_GUEST_FREE_KB, true},
    {"balloon.swap_in", READING_GUEST_SWAP_IN_KB, true},
    {"balloon.swap_out", READING_GUEST_SWAP_OUT_KB, true},
};

static const char libvirt_last_update[] = "balloon.last-update";

unsigned libvirt_statistics_groups(bool disks, bool nics)
{
    unsigned groups = VIR_DOMAIN_STATS_BALLOON;

    if (disks)
        groups |= VIR_DOMAIN_STATS_BLOCK;
    if (nics)
        groups |= VIR_DOMAIN_STATS_INTERFACE;
    return groups;
}

static enum vm_state libvirt_paused_state(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_PAUSED_MIGRATION:
    case VIR_DOMAIN_PAUSED_POSTCOPY:
    case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
        return VM_STATE_MIGRATING;
    case VIR_DOMAIN_PAUSED_SAVE:
    case VIR_DOMAIN_PAUSED_SNAPSHOT:
        return VM_STATE_SAVING;
    case VIR_DOMAIN_PAUSED_IOERROR:
        return VM_STATE_IO_ERROR;
    case VIR_DOMAIN_PAUSED_WATCHDOG:
    case VIR_DOMAIN_PAUSED_CRASHED:
        return VM_STATE_CRASHED;
    case VIR_DOMAIN_PAUSED_SHUTTING_DOWN:
        return VM_STATE_SHUTDOWN;
    default:
        return VM_STATE_PAUSED;
    }
}

enum vm_state libvirt_vm_state(int state, int reason)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return VM_STATE_RUNNING;
    case VIR_DOMAIN_PAUSED:
        return libvirt_paused_state(reason);
    case VIR_DOMAIN_SHUTDOWN:
    case VIR_DOMAIN_SHUTOFF:
        return VM_STATE_SHUTDOWN;
    case VIR_DOMAIN_CRASHED:
        return VM_STATE_CRASHED;
    case VIR_DOMAIN_PMSUSPENDED:
        return VM_STATE_SUSPENDED;
    default:
        return VM_STATE_UNKNOWN;
    }
}

bool libvirt_parameter_u64(const virTypedParameter *parameter, uint64_t *ret)
{
    switch (parameter->type) {
    case VIR_TYPED_PARAM_INT:
        if (parameter->value.i < 0)
            return false;
        *ret = (uint64_t)parameter->value.i;
        return true;
    case VIR_TYPED_PARAM_UINT:
        *ret = parameter->value.ui;
        return true;
    case VIR_TYPED_PARAM_LLONG:
        if (parameter->value.l < 0)
            return false;
        *ret = (uint64_t)parameter->value.l;
        return true;
    case VIR_TYPED_PARAM_ULLONG:
        *ret = parameter->value.ul;
        return true;
    default:
        return false;
    }
}

static const struct libvirt_field *libvirt_find_field(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(libvirt_fields); i++) {
        if (strcmp(libvirt_fields[i].name, name) == 0)
            return &libvirt_fields[i];
    }
    return NULL;
}

/* Whether the balloon driver in the guest reported lately: last-update is
 * seconds since 1970, 0 = never. */
static bool libvirt_guest_is_current(const virTypedParameter *parameters, int count,
                                     int64_t now_seconds)
{
    for (int i = 0; i < count; i++) {
        uint64_t updated;

        if (strcmp(parameters[i].field, libvirt_last_update) == 0)
            return libvirt_parameter_u64(&parameters[i], &updated) && updated &&
                   updated <= INT64_MAX && now_seconds - (int64_t)updated <= LIBVIRT_GUEST_STALE_S;
    }
    return false;
}

bool libvirt_take_parameters(const virTypedParameter *parameters, int count, int64_t now_seconds,
                             struct mono at, struct raw readings[READING__COUNT])
{
    bool guest_is_current = libvirt_guest_is_current(parameters, count, now_seconds);
    bool has_balloon = false, asked_qemu = false;

    for (int i = 0; i < count; i++) {
        const struct libvirt_field *field = libvirt_find_field(parameters[i].field);
        uint64_t value;

        if (strncmp(parameters[i].field, "balloon.", strlen("balloon.")) == 0) {
            has_balloon = true;
            asked_qemu |= !field || field->of_guest;
        }
        if (!field || (field->of_guest && !guest_is_current))
            continue;
        /* 2^64-1 bytes is QEMU's word for a figure that the guest does not
         * tell; in KB it is no figure either. */
        if (libvirt_parameter_u64(&parameters[i], &value) && value < UINT64_MAX / 1024)
            readings[field->reading] = raw_of(value, at);
    }
    return asked_qemu || !has_balloon;
}

void libvirt_format_control(const virDomainControlInfo *control, char *reason, size_t size)
{
    unsigned long long seconds = control->stateTime / 1000;

    switch (control->state) {
    case VIR_DOMAIN_CONTROL_OCCUPIED:
        snprintf(reason, size, "libvirt: QEMU monitor occupied for %llu s", seconds);
        return;
    case VIR_DOMAIN_CONTROL_JOB:
        snprintf(reason, size, "libvirt: QEMU monitor occupied by a job of %llu s", seconds);
        return;
    case VIR_DOMAIN_CONTROL_ERROR:
        break;
    default:
        snprintf(reason, size, "libvirt: unknown control state %u", control->state);
        return;
    }
    if (control->details == VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR)
        snprintf(reason, size, "libvirt: connection to the QEMU monitor is broken");
    else if (control->details == VIR_DOMAIN_CONTROL_ERROR_REASON_INTERNAL)
        snprintf(reason, size, "libvirt: a job holds the domain outside of the QEMU monitor");
    else
        snprintf(reason, size, "libvirt: QEMU cannot be controlled");
}

void libvirt_format_failure(const char *message, char *reason, size_t size)
{
    static const char held[] = "(held by ";
    const char *holder = strstr(message, held);

    if (!holder) {
        snprintf(reason, size, "libvirt: %s", message);
        return;
    }
    holder += strlen(held);
    snprintf(reason, size, "libvirt: domain locked by %.*s", (int)strcspn(holder, ")"), holder);
}
