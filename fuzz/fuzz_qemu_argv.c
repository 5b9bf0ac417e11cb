/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of QEMU, and names of threads. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "kernel/qemu_argv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct qemu_argv qemu;
    unsigned id = 0, pid = 1;
    int r = parse_qemu_argv(text, size, &qemu);

    CHECK(r == 0 || r == -EINVAL);
    if (r == 0) {
        CHECK(strnlen(qemu.name, sizeof(qemu.name)) < sizeof(qemu.name));
        CHECK(strlen(qemu.uuid) == 0 || strlen(qemu.uuid) == 36);
        CHECK(strnlen(qemu.pidfile, sizeof(qemu.pidfile)) < sizeof(qemu.pidfile));
    }
    (void)qemu_is_emulator(text, size);
    (void)qemu_argv_is_emulator(text, size);
    (void)parse_vcpu_thread_name(text, size, &id);
    (void)parse_helper_thread_name(text, size, &pid);
    CHECK(id <= 65535 && pid >= 1 && pid <= INT32_MAX);
    return 0;
}
