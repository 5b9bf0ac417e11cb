/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/meminfo, /proc/PID/status, cpu.stat: "key number" lines. */
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "fuzz.h"
#include "kernel/key_values.h"

/* A key in memory of exactly its size. */
static void check_keys(const char *text, size_t size, const char *const names[], size_t count)
{
    struct key_value wanted[8] = {{0}};
    size_t valid = 0, found;

    for (size_t i = 0; i < count; i++)
        wanted[i].key = strdup(names[i]);
    found = parse_key_values(text, size, wanted, count);
    for (size_t i = 0; i < count; i++) {
        char *key = strdup(wanted[i].key);

        CHECK(!wanted[i].valid || memmem(text, size, key, strlen(key)));
        valid += wanted[i].valid;
        free(key);
        free((char *)(uintptr_t)wanted[i].key);
    }
    CHECK(found == valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const meminfo[] = {
        "MemTotal:", "Active(anon):", "HugePages_Total:", "DirectMap1G:"};
    static const char *const status[] = {"HugetlbPages:", "VmSwap:"};

    check_keys((const char *)data, size, meminfo, ARRAY_SIZE(meminfo));
    check_keys((const char *)data, size, status, ARRAY_SIZE(status));
    return 0;
}
