/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/inventory: order, one VM per key, limits, references. */
#include "model/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static void add(struct inventory *inventory, const char *key, const char *name)
{
    struct vm_info *vm = inventory_append(inventory);

    assert_non_null(vm);
    assert_int_equal(vm->state, VM_STATE_UNKNOWN);
    assert_null(vm->uuid);
    vm->key = xstrdup(key);
    vm->name = xstrdup(name);
    vm->uuid = xstrdup("u");
    vm->helpers = xcalloc(2, sizeof(*vm->helpers));
    vm->vcpus = xcalloc(2, sizeof(*vm->vcpus));
}

static void test_order(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    add(inventory, "k3", "web");
    add(inventory, "k1", "web");
    add(inventory, "k9", "");
    add(inventory, "k2", "\xc3\xa4pfel");
    add(inventory, "k4", "Web");
    inventory_finish(inventory);
    assert_int_equal(inventory->count, 5);
    assert_string_equal(inventory->vms[0].key, "k9");
    assert_string_equal(inventory->vms[1].key, "k4");
    assert_string_equal(inventory->vms[2].key, "k1"); /* one name: by key */
    assert_string_equal(inventory->vms[3].key, "k3");
    assert_string_equal(inventory->vms[4].key, "k2");
    assert_string_equal(inventory->source, "made");
    inventory_unref(inventory);
}

/* One key is one VM; two VMs with one name, or one UUID, are two. */
static void test_duplicates(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    for (int i = 0; i < 100; i++) {
        char key[16], name[16];

        snprintf(key, sizeof(key), "k%d", i % 10);
        snprintf(name, sizeof(name), "n%d", 99 - i);
        add(inventory, key, name);
    }
    add(inventory, "other", "n5");
    inventory_finish(inventory);
    assert_int_equal(inventory->count, 11);
    for (size_t i = 1; i < inventory->count; i++)
        assert_true(strcmp(inventory->vms[i - 1].name, inventory->vms[i].name) <= 0);
    for (size_t i = 0; i < inventory->count; i++)
        assert_ptr_equal(inventory_find(inventory, inventory->vms[i].key), &inventory->vms[i]);
    assert_null(inventory_find(inventory, "k"));
    assert_null(inventory_find(inventory, "k10"));
    inventory_unref(inventory);
}

static void assert_before(const struct inventory *inventory, const char *key, const char *name,
                          pid_t pid, uint64_t start, const char *expected)
{
    struct vm_info vm = {
        .key = xstrdup(key), .name = xstrdup(name), .pid = pid, .start_ticks = start};
    const struct vm_info *before = inventory_find_before(inventory, &vm);

    free(vm.key);
    free(vm.name);
    if (!expected)
        assert_null(before);
    else
        assert_string_equal(before ? before->key : "none", expected);
}

/* What a QEMU did is not what the next one of the same VM did. */
static void test_before(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    assert_before(NULL, "k1", "web", 7, 70, NULL);
    assert_before(inventory, "k1", "web", 7, 70, NULL);
    add(inventory, "k1", "web");
    inventory->vms[0].pid = 7;
    inventory->vms[0].start_ticks = 70;
    add(inventory, "k2", "db");
    inventory_finish(inventory);
    assert_before(inventory, "k1", "web", 7, 70, "k1");
    assert_before(inventory, "k1", "renamed", 7, 70, "k1");
    assert_before(inventory, "k1", "web", 0, 0, "k1"); /* it is not seen this time */
    assert_before(inventory, "k2", "db", 8, 80, "k2");
    assert_before(inventory, "k1", "web", 7, 71, NULL);
    assert_before(inventory, "k1", "web", 8, 70, NULL);
    assert_before(inventory, "k1", "renamed", 8, 70, NULL);
    assert_before(inventory, "k3", "web", 7, 70, NULL);
    inventory_unref(inventory);
}

static void test_empty(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    inventory_finish(inventory);
    assert_int_equal(inventory->count, 0);
    assert_null(inventory_find(inventory, ""));
    inventory_unref(inventory);
    inventory_unref(NULL);
}

static void test_limit(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    for (int i = 0; i < INVENTORY_VMS_MAX; i++)
        assert_non_null(inventory_append(inventory));
    assert_null(inventory_append(inventory));
    assert_int_equal(inventory->count, INVENTORY_VMS_MAX);
    inventory_unref(inventory);
}

static void test_references(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    add(inventory, "k", "n");
    assert_int_equal(inventory->references, 1);
    assert_ptr_equal(inventory_ref(inventory), inventory);
    inventory_unref(inventory);
    assert_string_equal(inventory->vms[0].name, "n");
    inventory_unref(inventory);
}

static void test_state_words(void **state UNUSED)
{
    for (unsigned a = 0; a < VM_STATE__COUNT; a++) {
        assert_true(strlen(vm_state_word((enum vm_state)a)) > 0);
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(vm_state_word((enum vm_state)a),
                                    vm_state_word((enum vm_state)b));
    }
    assert_string_equal(vm_state_word(VM_STATE_IO_ERROR), "io-error");
}

static void test_images_of_disks(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");
    char long_text[INVENTORY_SOURCE_MAX * 2];
    struct vm_disk *disk, *copy;
    struct vm_info *vm;

    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    add(inventory, "k", "n");
    vm = &inventory->vms[0];
    disk = vm_info_append_disk(vm);
    disk->name = xstrdup("vda");
    disk->is_total = true;
    disk->columns[VMDISK_DISK_READS] = raw_of(7, (struct mono){1});
    vm_disk_set_image(disk, "file", long_text);
    assert_string_equal(disk->backend, "file");
    assert_int_equal(strlen(disk->source), INVENTORY_SOURCE_MAX);
    vm_disk_set_image(disk, long_text, "/a");
    assert_int_equal(strlen(disk->backend), INVENTORY_NAME_MAX);
    copy = vm_info_append_disk(vm);
    disk = &vm->disks[0];
    vm_disk_copy(copy, disk);
    vm_disk_set_image(disk, "", NULL);
    assert_true(!disk->backend && !disk->source);
    assert_string_equal(copy->name, "vda");
    assert_int_equal(strlen(copy->backend), INVENTORY_NAME_MAX);
    assert_string_equal(copy->source, "/a");
    assert_true(copy->is_total);
    assert_int_equal(copy->columns[VMDISK_DISK_READS].value, 7);
    vm_info_clear_disks(vm);
    assert_int_equal(vm->disk_count, 0);
    assert_non_null(vm_info_append_disk(vm));
    vm->disks[0].name = xstrdup("vdb");
    assert_true(!vm->disks[0].source && !vm->disks[0].is_total);
    inventory_unref(inventory);
}

static void test_disks_and_nics(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");
    struct vm_info *vm;

    add(inventory, "k", "n");
    vm = &inventory->vms[0];
    for (int i = 0; i < INVENTORY_DISKS_MAX; i++) {
        struct vm_disk *disk = vm_info_append_disk(vm);

        assert_non_null(disk);
        assert_null(disk->name);
        assert_false(disk->is_total);
        assert_true(disk->image_device == 0);
        for (size_t c = 0; c < VMDISK__COUNT; c++)
            assert_false(raw_valid(disk->columns[c]));
        disk->name = xasprintf("disk%d", i);
    }
    for (int i = 0; i < INVENTORY_NICS_MAX; i++) {
        struct vm_nic *nic = vm_info_append_nic(vm);

        assert_non_null(nic);
        assert_true(!nic->name && !nic->interface && !nic->mac && !nic->bridge);
        assert_int_equal(nic->kind, NIC_KIND_UNKNOWN);
        for (size_t c = 0; c < VMNIC__COUNT; c++)
            assert_false(raw_valid(nic->columns[c]));
        nic->name = xasprintf("net%d", i);
        nic->mac = xstrdup("m");
        nic->bridge = xstrdup("b");
    }
    assert_null(vm_info_append_disk(vm));
    assert_null(vm_info_append_nic(vm));
    assert_int_equal(vm->disk_count, INVENTORY_DISKS_MAX);
    assert_int_equal(vm->nic_count, INVENTORY_NICS_MAX);
    assert_ptr_equal(vm_info_find_disk(vm, "disk17"), &vm->disks[17]);
    assert_ptr_equal(vm_info_find_nic(vm, "net511"), &vm->nics[511]);
    assert_null(vm_info_find_disk(vm, "disk512"));
    assert_null(vm_info_find_disk(vm, ""));
    assert_null(vm_info_find_nic(vm, "disk1"));
    inventory_finish(inventory);
    assert_null(inventory->vms[0].interfaces); /* none is known */
    inventory_unref(inventory);
}

static void add_interface(struct inventory *inventory, const char *key, const char *interface)
{
    struct vm_info *vm = NULL;
    struct vm_nic *nic;

    for (size_t i = 0; i < inventory->count; i++) {
        if (strcmp(inventory->vms[i].key, key) == 0)
            vm = &inventory->vms[i];
    }
    assert_non_null(vm);
    nic = vm_info_append_nic(vm);
    nic->name = xstrdup("net");
    nic->interface = interface ? xstrdup(interface) : NULL;
}

static void test_interfaces(void **state UNUSED)
{
    struct inventory *inventory = inventory_new("made");

    add(inventory, "k1", "many");
    add(inventory, "k2", "one");
    add(inventory, "k2", "two of one key");
    add(inventory, "k3", "none");
    add_interface(inventory, "k1", "vnet3");
    add_interface(inventory, "k1", NULL);
    add_interface(inventory, "k1", "vnet1");
    add_interface(inventory, "k1", "odd;name");
    add_interface(inventory, "k2", "tap0");
    add_interface(inventory, "k2", NULL);
    inventory_finish(inventory);
    assert_string_equal(inventory_find(inventory, "k1")->interfaces, "vnet3;vnet1;odd;name");
    assert_null(inventory_find(inventory, "k3")->interfaces);
    inventory_unref(inventory);
}

static void test_kind_words(void **state UNUSED)
{
    static const char *const words[] = {NULL, "tap", "macvtap", "vf", "vhost-user", "user"};

    assert_int_equal(ARRAY_SIZE(words), NIC_KIND__COUNT);
    assert_null(nic_kind_word(NIC_KIND_UNKNOWN));
    for (unsigned kind = 1; kind < NIC_KIND__COUNT; kind++)
        assert_string_equal(nic_kind_word((enum nic_kind)kind), words[kind]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),          cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_empty),          cmocka_unit_test(test_limit),
        cmocka_unit_test(test_references),     cmocka_unit_test(test_state_words),
        cmocka_unit_test(test_disks_and_nics), cmocka_unit_test(test_images_of_disks),
        cmocka_unit_test(test_interfaces),     cmocka_unit_test(test_kind_words),
        cmocka_unit_test(test_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
