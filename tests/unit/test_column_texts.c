/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui: what columns say of themselves, and the names of vCPUs. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/column.h"
#include "tui/facts.h"
#include "tui/vcpu_names.h"

static const struct column *own_column(const struct column_table *table, enum column_kind kind)
{
    return column_of(table, FAMILY_VM, (struct column_ref){(short)kind, 0});
}

static const struct column *metric_column(const struct column_table *table, unsigned metric)
{
    return column_of(table, FAMILY_VM, (struct column_ref)COLUMN_REF_METRIC((short)metric));
}

static void test_help_says_what_people_must_know(void **state UNUSED)
{
    struct column_table *t = column_table_new();
    const struct {
        const struct column *column;
        const char *words;
    } texts[] = {
        {metric_column(t, VM_CPU_HOST_USED), "host CPUs that the VM uses now, vCPUs plus overhead"},
        {metric_column(t, VM_CPU_STEAL),
         "ready to run but waiting for a host CPU, mean of its vCPUs; esxtop's group %RDY is this "
         "x vCPUs; contains %LIM"},
        {metric_column(t, VM_CPU_STEAL_MAX), "the vCPU that waits most"},
        {metric_column(t, VM_CPU_THROTTLED), "held back by its own CPU limit"},
        {metric_column(t, VM_CPU_OTHER_TOTAL),
         "QEMU outside the vCPUs (emulation, iothreads, vhost), in % of ONE host CPU"},
        {own_column(t, COLUMN_LATENCY), "what the guest waits for (esxtop GAVG)"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_non_null(strstr(texts[i].column->help, texts[i].words));
    for (unsigned w = WHY_NONE + 1; w < WHY__COUNT; w++)
        assert_non_null(strstr(own_column(t, COLUMN_WHY)->help, why_word(w)));
    column_table_free(t);
}

static void test_each_vcpu_has_its_name(void **state UNUSED)
{
    char name[32];

    for (unsigned i = 0; i < INVENTORY_VCPUS_MAX; i++) {
        snprintf(name, sizeof(name), "vCPU %u", i);
        assert_string_equal(vcpu_name(i), name);
    }
    assert_string_equal(vcpu_name(1e9), "vCPU");
    assert_string_equal(vcpu_name(-1), "vCPU");
    assert_string_equal(vcpu_name(NAN), "vCPU");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help_says_what_people_must_know),
        cmocka_unit_test(test_each_vcpu_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
