/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NICs and monitors on command lines of QEMU, and fdinfo of taps. */
#include <string.h>

#include "fuzz.h"
#include "kernel/qemu_devices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct qemu_devices devices;
    char interface[16] = "";

    parse_qemu_devices(text, size, &devices);
    CHECK(devices.nic_count <= QEMU_NICS_MAX);
    CHECK(strnlen(devices.qmp, sizeof(devices.qmp)) < sizeof(devices.qmp));
    for (size_t i = 0; i < devices.nic_count; i++) {
        const struct qemu_nic *nic = &devices.nics[i];

        CHECK(strncmp(nic->name, "net", 3) == 0 && strlen(nic->name) < sizeof(nic->name));
        CHECK(strnlen(nic->interface, sizeof(nic->interface)) < sizeof(nic->interface));
        CHECK(strnlen(nic->bridge, sizeof(nic->bridge)) < sizeof(nic->bridge));
        CHECK(strnlen(nic->mac, sizeof(nic->mac)) < sizeof(nic->mac));
        CHECK(nic->fd >= -1 && nic->kind <= QEMU_NIC_USER);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(nic->name, devices.nics[j].name) != 0);
    }
    qemu_devices_done(&devices);
    CHECK(!parse_fdinfo_interface(text, size, interface) || interface[0]);
    CHECK(strnlen(interface, sizeof(interface)) < sizeof(interface));
    return 0;
}
