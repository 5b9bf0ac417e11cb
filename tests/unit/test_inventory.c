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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),      cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_empty),      cmocka_unit_test(test_limit),
        cmocka_unit_test(test_references), cmocka_unit_test(test_state_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
