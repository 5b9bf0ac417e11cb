/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/selection: by collectors and by --fields. */
#include "model/selection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#define ALL UINT32_MAX

static struct selection chosen;
static char bad[64];

static int by_fields(const char *fields, unsigned available)
{
    strcpy(bad, "untouched");
    return selection_by_fields(&chosen, fields, available, bad, sizeof(bad));
}

static void assert_consistent(void)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        unsigned wanted = 0;

        for (unsigned c = 0; c < METRIC_COLUMNS_MAX; c++)
            wanted += chosen.wanted[s][c];
        assert_int_equal(wanted, chosen.scopes[s].count);
        for (unsigned i = 0; i < chosen.scopes[s].count; i++)
            assert_true(chosen.wanted[s][chosen.scopes[s].columns[i]]);
    }
}

static void test_by_collectors(void **state UNUSED)
{
    for (unsigned set = 0; set < 1u << COLLECTOR__COUNT; set++) {
        for (unsigned verbose = 0; verbose < 2; verbose++) {
            size_t expected = 0, got = 0;

            selection_by_collectors(&chosen, set, verbose);
            for (size_t i = 0; i < metrics_count; i++)
                expected +=
                    (!metrics[i].verbose || verbose) && (metrics[i].collector == COLLECTOR_BASE ||
                                                         (set & (1u << metrics[i].collector)));
            for (unsigned s = 0; s < SCOPE__COUNT; s++)
                got += chosen.scopes[s].count;
            assert_int_equal(got, expected);
        }
    }
    assert_consistent();
}

static void test_table_order(void **state UNUSED)
{
    selection_by_collectors(&chosen, ALL, true);
    assert_consistent();
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        assert_int_equal(chosen.scopes[s].count, scope_columns((enum scope)s));
        for (unsigned i = 0; i < chosen.scopes[s].count; i++)
            assert_int_equal(chosen.scopes[s].columns[i], i);
    }
}

static void test_default_verbosity(void **state UNUSED)
{
    selection_by_collectors(&chosen, 1u << COLLECTOR_CPU, false);
    assert_true(chosen.wanted[SCOPE_VM][VM_NAME] && chosen.wanted[SCOPE_VM][VM_CPU_TOTAL]);
    assert_false(chosen.wanted[SCOPE_VM][VM_PID] || chosen.wanted[SCOPE_VM][VM_STATE]);
    assert_false(chosen.wanted[SCOPE_VM][VM_RAM_USED]);
}

static void test_fields_in_order(void **state UNUSED)
{
    const struct column_list *vm = &chosen.scopes[SCOPE_VM];

    assert_int_equal(by_fields("ram_used,name,cpu_total", ALL), 0);
    assert_consistent();
    assert_int_equal(vm->count, 3);
    assert_int_equal(vm->columns[0], VM_RAM_USED);
    assert_int_equal(vm->columns[1], VM_NAME);
    assert_int_equal(vm->columns[2], VM_CPU_TOTAL);
    assert_int_equal(chosen.scopes[SCOPE_HOST].count, 0);
    assert_string_equal(bad, "untouched");
}

static void test_scopes(void **state UNUSED)
{
    assert_int_equal(by_fields("cpu_steal", ALL), 0); /* host and vm have it */
    assert_int_equal(chosen.scopes[SCOPE_HOST].count, 1);
    assert_int_equal(chosen.scopes[SCOPE_VM].count, 1);
    assert_int_equal(by_fields("vm.cpu_steal,host.cpu_cores", ALL), 0);
    assert_int_equal(chosen.scopes[SCOPE_VM].columns[0], VM_CPU_STEAL);
    assert_int_equal(chosen.scopes[SCOPE_HOST].columns[0], HOST_CPU_CORES);
    assert_int_equal(chosen.scopes[SCOPE_HOST].count + chosen.scopes[SCOPE_VM].count, 2);
}

static void test_repeated(void **state UNUSED)
{
    assert_int_equal(by_fields("name,cpu_steal,name,vm.cpu_steal,vm.name", ALL), 0);
    assert_consistent();
    assert_int_equal(chosen.scopes[SCOPE_VM].count, 2);
    assert_int_equal(chosen.scopes[SCOPE_VM].columns[0], VM_NAME);
}

static void test_every_key(void **state UNUSED)
{
    for (size_t i = 0; i < metrics_count; i++) {
        char element[80];

        snprintf(element, sizeof(element), "%s.%s", scope_name(metrics[i].scope), metrics[i].key);
        assert_int_equal(by_fields(element, ALL), 0);
        assert_true(chosen.wanted[metrics[i].scope][metrics[i].column]);
        assert_consistent();
        assert_int_equal(by_fields(metrics[i].key, ALL), 0);
        assert_true(chosen.wanted[metrics[i].scope][metrics[i].column]);
    }
}

static void test_unknown(void **state UNUSED)
{
    static const struct {
        const char *fields, *bad;
    } rows[] = {
        {"nothing", "nothing"},
        {"name,nothing,pid", "nothing"},
        {"", ""},
        {"name,", ""},
        {",name", ""},
        {"name,,pid", ""},
        {"vm.nothing", "vm.nothing"},
        {"moon.name", "moon.name"},
        {"vm.", "vm."},
        {".name", ".name"},
        {"host.name", "host.name"},
        {"NAME", "NAME"},
        {" name", " name"},
        {"name ", "name "},
        {"vm.vm.name", "vm.vm.name"},
        {"*", "*"},
        {".", "."},
        {"vcpu.name", "vcpu.name"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        memset(&chosen, 0, sizeof(chosen));
        assert_int_equal(by_fields(rows[i].fields, ALL), -EINVAL);
        assert_string_equal(bad, rows[i].bad);
        for (unsigned s = 0; s < SCOPE__COUNT; s++)
            assert_int_equal(chosen.scopes[s].count, 0);
    }
}

static void test_long_elements(void **state UNUSED)
{
    char fields[400];

    for (size_t len = 1; len < sizeof(fields); len++) {
        memset(fields, 'n', len);
        fields[len] = '\0';
        assert_int_equal(by_fields(fields, ALL), -EINVAL);
        assert_memory_equal(bad, fields, min_size(len, sizeof(bad) - 1));
        fields[len / 2] = '.';
        assert_int_equal(by_fields(fields, ALL), -EINVAL);
    }
}

static void test_unavailable(void **state UNUSED)
{
    unsigned cpu = 1u << COLLECTOR_CPU;

    assert_int_equal(by_fields("cpu_total,ram_used", cpu), -EINVAL);
    assert_string_equal(bad, "ram_used");
    assert_int_equal(by_fields("name,cpu_total", cpu), 0); /* base is always there */
    assert_int_equal(by_fields("cpu_total", 0), -EINVAL);
}

/* Of the tables of devices, only those that are printed are wanted. */
static void test_limit_devices(void **state UNUSED)
{
    for (unsigned only = 0; only <= SCOPE__COUNT; only++) {
        for (unsigned devices = 0; devices < 2; devices++) {
            struct selection all;

            selection_by_collectors(&chosen, ALL, true);
            all = chosen;
            selection_limit_devices(&chosen, devices, (enum scope)only);
            for (unsigned s = 0; s < SCOPE__COUNT; s++) {
                bool kept = devices || s == SCOPE_HOST || s == SCOPE_VM || s == only;

                assert_int_equal(chosen.scopes[s].count, kept ? all.scopes[s].count : 0);
                for (unsigned c = 0; c < scope_columns((enum scope)s); c++)
                    assert_true(chosen.wanted[s][c] == (kept && all.wanted[s][c]));
            }
        }
    }
}

static void test_wants(void **state UNUSED)
{
    static const struct {
        const char *fields;
        bool disks, nics;
    } rows[] = {
        {"vm.name", false, false},
        {"vm.disk_reads", true, false},
        {"vm.disk_size_capacity", true, false},
        {"vm.disk_stats_flushtotaltimes", true, false},
        {"vmdisk.disk_errors", true, false},
        {"disk_name", true, false},
        {"vm.disk_delayblkio", false, false}, /* of the process */
        {"disk_device_reads", false, false},  /* of the host */
        {"host.net_host_speed", false, false},
        {"vm.net_receivedBytes", false, true},
        {"vm.net_transmittedCompressed", false, true},
        {"net_interfaces", false, true},
        {"nic", false, true},
        {"vmnic.net_receivedDrop", false, true},
        {"netdev.net_host_speed", false, true}, /* whose rows leave out those of VMs */
        {"io_RDOPS,cpu_total,psi_some_io_avg10", false, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(by_fields(rows[i].fields, ALL), 0);
        if (selection_wants_disks(&chosen) != rows[i].disks ||
            selection_wants_nics(&chosen) != rows[i].nics)
            print_error("%s\n", rows[i].fields);
        assert_true(selection_wants_disks(&chosen) == rows[i].disks);
        assert_true(selection_wants_nics(&chosen) == rows[i].nics);
    }
    selection_by_collectors(&chosen, 1u << COLLECTOR_CPU, true);
    assert_false(selection_wants_disks(&chosen) || selection_wants_nics(&chosen));
    selection_by_collectors(&chosen, 1u << COLLECTOR_DISK | 1u << COLLECTOR_NET, false);
    selection_limit_devices(&chosen, false, SCOPE__COUNT);
    assert_true(selection_wants_disks(&chosen) && selection_wants_nics(&chosen));
}

static void test_wants_between(void **state UNUSED)
{
    assert_int_equal(by_fields("vm.cpu_total", ALL), 0);
    assert_true(selection_wants_between(&chosen, SCOPE_VM, VM_CPU_TOTAL, VM_CPU_TOTAL));
    assert_true(selection_wants_between(&chosen, SCOPE_VM, 0, VM_CPU_TOTAL));
    assert_true(selection_wants_between(&chosen, SCOPE_VM, VM_CPU_TOTAL, VM__COUNT - 1));
    assert_false(selection_wants_between(&chosen, SCOPE_VM, VM_CPU_TOTAL + 1, VM__COUNT - 1));
    assert_false(selection_wants_between(&chosen, SCOPE_VM, 0, VM_CPU_TOTAL - 1));
    assert_false(selection_wants_between(&chosen, SCOPE_HOST, 0, HOST__COUNT - 1));
}

/* What has a family, verbose or not, and the column that Prometheus makes one of
 * without a family in the table; nothing else. */
static void test_by_families(void **state UNUSED)
{
    selection_by_families(&chosen, 1u << COLLECTOR_CPU);
    assert_true(chosen.wanted[SCOPE_VM][VM_STATE]); /* base is always in */
    assert_true(chosen.wanted[SCOPE_VM][VM_CPU_THROTTLED]);
    assert_true(chosen.wanted[SCOPE_VM][VM_CPU_STEAL_MAX]);
    assert_false(chosen.wanted[SCOPE_VM][VM_CPU_TOTAL_MAX]);
    assert_false(chosen.wanted[SCOPE_VM][VM_RAM_TOTAL]);
    selection_by_families(&chosen, 1u << COLLECTOR_MEM);
    assert_false(chosen.wanted[SCOPE_VM][VM_CPU_STEAL_MAX]);
    assert_true(chosen.wanted[SCOPE_VM][VM_RAM_TOTAL]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_collectors),
        cmocka_unit_test(test_table_order),
        cmocka_unit_test(test_default_verbosity),
        cmocka_unit_test(test_fields_in_order),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_long_elements),
        cmocka_unit_test(test_unavailable),
        cmocka_unit_test(test_limit_devices),
        cmocka_unit_test(test_wants),
        cmocka_unit_test(test_wants_between),
        cmocka_unit_test(test_by_families),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
