/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/pve/qemu-server/N.conf. */
#include <string.h>

#include "fuzz.h"
#include "kernel/pve_conf.h"

static void check_text(const char *text)
{
    CHECK(!text || (*text && strlen(text) <= 1024));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pve_conf conf;

    parse_pve_conf((const char *)data, size, &conf);
    check_text(conf.name);
    check_text(conf.tags);
    check_text(conf.lock);
    CHECK(!conf.uuid[0] || strlen(conf.uuid) == 36);
    CHECK(conf.disk_count <= PVE_DISKS_MAX && conf.nic_count <= PVE_NICS_MAX);
    for (size_t i = 0; i < conf.disk_count; i++) {
        CHECK(strlen(conf.disks[i].name) > 3);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(conf.disks[i].name, conf.disks[j].name) != 0);
    }
    for (size_t i = 0; i < conf.nic_count; i++) {
        size_t mac = strlen(conf.nics[i].mac);

        CHECK(mac == 0 || mac == 17);
        for (size_t j = 0; j < i; j++)
            CHECK(conf.nics[i].number != conf.nics[j].number);
    }
    pve_conf_done(&conf);
    return 0;
}
