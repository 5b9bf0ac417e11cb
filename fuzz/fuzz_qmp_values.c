/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of monitors: the first byte says to which command. */
#include <string.h>

#include "base/util.h"
#include "connect/qmp_values.h"
#include "fuzz.h"

#define AT ((struct mono){1})

static void check_vm(const struct vm_info *vm)
{
    CHECK(vm->disk_count <= INVENTORY_DISKS_MAX && vm->vcpu_count <= INVENTORY_VCPUS_MAX);
    for (size_t i = 0; i < vm->disk_count; i++) {
        CHECK(vm->disks[i].name[0]);
        CHECK(vm_info_find_disk(vm, vm->disks[i].name) == &vm->disks[i]);
    }
    CHECK((unsigned)vm->state < VM_STATE__COUNT);
}

static void take(unsigned command, struct json_object *value, struct vm_info *vm)
{
    struct qmp_drives drives = {0};
    uint32_t polling;

    switch (command % 7) {
    case 0:
        (void)qmp_take_status(value, vm);
        break;
    case 1:
        (void)qmp_take_block(value, AT, &drives);
        break;
    case 2:
        (void)qmp_take_blockstats(value, AT, vm);
        break;
    case 3:
        (void)qmp_take_balloon(value, AT, vm);
        (void)qmp_take_polling(value, &polling);
        break;
    case 4:
        (void)qmp_take_guest_stats(value, AT, 1700000000, 60, vm);
        break;
    case 5:
        (void)qmp_take_cpus(value, AT, vm);
        break;
    default:
        free(qmp_find_balloon(value));
        break;
    }
    for (size_t i = 0; i < drives.count; i++) {
        const struct image_name *image = &drives.list[i].image;

        CHECK(drives.list[i].name[0] && (!image->path || image->path[0] == '/'));
        CHECK(!image->source || image->backend);
    }
    qmp_drives_done(&drives);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inventory *inventory;
    struct json_object *value;
    struct vm_info *vm;
    char *text;

    if (!size)
        return 0;
    text = fuzz_text(data + 1, size - 1);
    value = json_tokener_parse(text);
    inventory = inventory_new("fuzz");
    vm = inventory_append(inventory);
    vm->key = xstrdup("key");
    vm->name = xstrdup("name");
    take(data[0], value, vm);
    take(data[0], value, vm);
    check_vm(vm);
    inventory_unref(inventory);
    json_object_put(value);
    free(text);
    return 0;
}
