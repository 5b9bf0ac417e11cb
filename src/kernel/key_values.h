/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files made of lines "Key: number [kB]": /proc/meminfo and /proc/PID/status,
 * and of "key number": cgroup cpu.stat. The caller names the keys it wants.
 */
#ifndef PROXTOP_KERNEL_KEY_VALUES_H
#define PROXTOP_KERNEL_KEY_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_value {
    const char *key; /* with its colon, if the file writes one: "MemTotal:" */
    uint64_t value;  /* in the file's unit */
    bool valid;
};

/* Fills value and valid of each wanted key; keys that the text does not have,
 * or has without a number, become invalid. Fast when `wanted` stands in the
 * order of the text, right in any order. A line that is cut at the end of the
 * text does not count. Returns the number of valid keys. */
size_t parse_key_values(const char *text, size_t len, struct key_value *wanted, size_t count);

#endif
