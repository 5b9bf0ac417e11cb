/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's answers mean for a VM: pure functions on the values that QMP
 * commands returned. NULL and values of another shape than QEMU's change
 * nothing; all return whether the value was of the right shape.
 */
#ifndef PROXTOP_CONNECT_QMP_VALUES_H
#define PROXTOP_CONNECT_QMP_VALUES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connect/image_name.h"
#include "model/inventory.h"

/* What query-block tells of a device: it changes rarely. */
struct qmp_drive {
    char *name; /* as in vm_disk */
    struct image_name image;
    bool is_total;                   /* as in vm_disk */
    struct raw capacity, allocation; /* bytes */
};

struct qmp_drives {
    struct qmp_drive *list;
    size_t count;
};

void qmp_drives_done(struct qmp_drives *drives);
const struct qmp_drive *qmp_drives_find(const struct qmp_drives *drives, const char *name);

/* query-status */
enum vm_state qmp_vm_state(const char *status);
bool qmp_take_status(struct json_object *value, struct vm_info *vm);

/* query-block: replaces the content of *drives. */
bool qmp_take_block(struct json_object *value, struct mono at, struct qmp_drives *drives);

/* query-blockstats: the VM's disks are those of the answer, with counters. */
bool qmp_take_blockstats(struct json_object *value, struct mono at, struct vm_info *vm);

/* query-balloon */
bool qmp_take_balloon(struct json_object *value, struct mono at, struct vm_info *vm);

/* qom-get of a balloon's guest-stats-polling-interval: seconds, 0 = QEMU does
 * not ask the guest. */
bool qmp_take_polling(struct json_object *value, uint32_t *ret_seconds);

/* Age in seconds beyond which the guest's word is stale: three periods of its
 * polling, or a minute where that is 0 or not known. */
int64_t qmp_guest_stats_age(uint32_t polling_s);

/* qom-get of a balloon's guest-stats; now_s: seconds since 1970. What the guest
 * does not tell, or told more than max_age_s ago, is no reading. */
bool qmp_take_guest_stats(struct json_object *value, struct mono at, int64_t now_s,
                          int64_t max_age_s, struct vm_info *vm);

/* query-cpus-fast: the threads of the vCPUs and their number. */
bool qmp_take_cpus(struct json_object *value, struct mono at, struct vm_info *vm);

/* qom-list: the name of the first child that is a balloon, to be freed; NULL = none. */
char *qmp_find_balloon(struct json_object *value);

#endif
