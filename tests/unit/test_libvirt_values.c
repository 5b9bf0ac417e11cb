/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's states, reasons and statistics in proxtop's terms. */
#include <limits.h>

#include "connect/libvirt_values.h"
#include "support.h"

#define NOW_S INT64_C(1700000000)

static const struct mono read_at = {.ns = 12345};

/* ---- states and reasons ---- */

static void test_states(void **state UNUSED)
{
    static const struct {
        int state, reason;
        enum vm_state expected;
    } cases[] = {
        {VIR_DOMAIN_NOSTATE, 0, VM_STATE_UNKNOWN},
        {VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, VM_STATE_RUNNING},
        {VIR_DOMAIN_BLOCKED, 0, VM_STATE_RUNNING},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_UNKNOWN, VM_STATE_PAUSED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, VM_STATE_PAUSED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_DUMP, VM_STATE_PAUSED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_FROM_SNAPSHOT, VM_STATE_PAUSED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, VM_STATE_PAUSED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, VM_STATE_MIGRATING},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY, VM_STATE_MIGRATING},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE, VM_STATE_SAVING},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SNAPSHOT, VM_STATE_SAVING},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, VM_STATE_IO_ERROR},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_WATCHDOG, VM_STATE_CRASHED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED, VM_STATE_CRASHED},
        {VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SHUTTING_DOWN, VM_STATE_SHUTDOWN},
        {VIR_DOMAIN_PAUSED, 9999, VM_STATE_PAUSED},
        {VIR_DOMAIN_SHUTDOWN, 0, VM_STATE_SHUTDOWN},
        {VIR_DOMAIN_SHUTOFF, 0, VM_STATE_SHUTDOWN},
        {VIR_DOMAIN_CRASHED, 0, VM_STATE_CRASHED},
        {VIR_DOMAIN_PMSUSPENDED, 0, VM_STATE_SUSPENDED},
        {-1, -1, VM_STATE_UNKNOWN},
        {9999, 0, VM_STATE_UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(libvirt_vm_state(cases[i].state, cases[i].reason), cases[i].expected);
}

static void check_control(unsigned state, unsigned details, unsigned long long milliseconds,
                          const char *expected)
{
    virDomainControlInfo control = {.state = state, .details = details, .stateTime = milliseconds};
    char reason[96];

    libvirt_format_control(&control, reason, sizeof(reason));
    assert_string_equal(reason, expected);
}

static void test_control(void **state UNUSED)
{
    check_control(VIR_DOMAIN_CONTROL_OCCUPIED, 0, 12999, "libvirt: QEMU monitor occupied for 12 s");
    check_control(VIR_DOMAIN_CONTROL_JOB, 0, 3000,
                  "libvirt: QEMU monitor occupied by a job of 3 s");
    check_control(VIR_DOMAIN_CONTROL_ERROR, VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR, 0,
                  "libvirt: connection to the QEMU monitor is broken");
    check_control(VIR_DOMAIN_CONTROL_ERROR, VIR_DOMAIN_CONTROL_ERROR_REASON_INTERNAL, 0,
                  "libvirt: a job holds the domain outside of the QEMU monitor");
    check_control(VIR_DOMAIN_CONTROL_ERROR, 77, 0, "libvirt: QEMU cannot be controlled");
    check_control(77, 0, 0, "libvirt: unknown control state 77");
}

static void test_failure(void **state UNUSED)
{
    char reason[48];

    libvirt_format_failure("Timed out during operation: cannot acquire state change lock (held by "
                           "monitor=remoteX)",
                           reason, sizeof(reason));
    assert_string_equal(reason, "libvirt: domain locked by monitor=remoteX");
    libvirt_format_failure("lock (held by nobody closes it", reason, sizeof(reason));
    assert_string_equal(reason, "libvirt: domain locked by nobody closes it");
    libvirt_format_failure("something else that is too long for the buffer", reason,
                           sizeof(reason));
    assert_string_equal(reason, "libvirt: something else that is too long for th");
}

/* ---- statistics ---- */

static virTypedParameter parameter_ull(const char *name, unsigned long long value)
{
    virTypedParameter p = {.type = VIR_TYPED_PARAM_ULLONG, .value.ul = value};

    copy_text(p.field, sizeof(p.field), name);
    return p;
}

static void test_parameters(void **state UNUSED)
{
    const virTypedParameter parameters[] = {
        parameter_ull("balloon.current", 131072), parameter_ull("balloon.maximum", 262144),
        parameter_ull("balloon.swap_in", 5),      parameter_ull("balloon.swap_out", 0),
        parameter_ull("balloon.unused", 65508),   parameter_ull("balloon.available", 94788),
        parameter_ull("balloon.usable", 71128),   parameter_ull("balloon.last-update", NOW_S - 60),
        parameter_ull("balloon.rss", 225352),     parameter_ull("vcpu.current", 3),
    };
    static const uint64_t expected[READING__COUNT] = {
        [READING_BALLOON_KB] = 131072,    [READING_MEMORY_MAX_KB] = 262144,
        [READING_GUEST_TOTAL_KB] = 94788, [READING_GUEST_USABLE_KB] = 71128,
        [READING_GUEST_FREE_KB] = 65508,  [READING_GUEST_SWAP_IN_KB] = 5,
        [READING_GUEST_SWAP_OUT_KB] = 0,
    };
    struct raw readings[READING__COUNT] = {0};

    assert_true(
        libvirt_take_parameters(parameters, ARRAY_SIZE(parameters), NOW_S, read_at, readings));
    for (size_t i = 0; i < READING__COUNT; i++) {
        assert_int_equal(raw_valid(readings[i]), i != READING_VCPUS);
        assert_int_equal(readings[i].value, expected[i]);
        assert_int_equal(readings[i].at.ns, i == READING_VCPUS ? 0 : read_at.ns);
    }
}

/* What the guest told counts only with a fresh last-update; the rest always. */
static void check_guest(const virTypedParameter *updated, bool expected)
{
    virTypedParameter parameters[] = {
        parameter_ull("balloon.usable", 71128),
        parameter_ull("balloon.current", 131072),
        parameter_ull("balloon.rss", 1),
        {.type = 0},
    };
    struct raw readings[READING__COUNT] = {0};
    int count = 3;

    if (updated)
        parameters[count++] = *updated;
    assert_true(libvirt_take_parameters(parameters, count, NOW_S, read_at, readings));
    assert_int_equal(raw_valid(readings[READING_GUEST_USABLE_KB]), expected);
    assert_int_equal(readings[READING_BALLOON_KB].value, 131072);
}

static void test_guest_word(void **state UNUSED)
{
    static const struct {
        unsigned long long updated;
        bool current;
    } cases[] = {
        {0, false},          {NOW_S, true},      {NOW_S - 60, true},
        {NOW_S - 61, false}, {NOW_S + 30, true}, {ULLONG_MAX, false},
    };
    virTypedParameter updated;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        updated = parameter_ull("balloon.last-update", cases[i].updated);
        check_guest(&updated, cases[i].current);
    }
    check_guest(NULL, false);
    updated.type = VIR_TYPED_PARAM_STRING;
    updated.value.s = NULL;
    check_guest(&updated, false);
}

static void check_type(virTypedParameter p, bool valid, uint64_t expected)
{
    struct raw readings[READING__COUNT] = {0};

    copy_text(p.field, sizeof(p.field), "balloon.current");
    (void)libvirt_take_parameters(&p, 1, NOW_S, read_at, readings);
    assert_int_equal(raw_valid(readings[READING_BALLOON_KB]), valid);
    assert_int_equal(readings[READING_BALLOON_KB].value, expected);
}

static void test_parameter_types(void **state UNUSED)
{
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_INT, .value.i = 7}, true, 7);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_INT, .value.i = -7}, false, 0);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_UINT, .value.ui = UINT_MAX}, true,
               UINT_MAX);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_LLONG, .value.l = 7}, true, 7);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_LLONG, .value.l = -1}, false, 0);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = 0}, true, 0);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_DOUBLE, .value.d = 7}, false, 0);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_BOOLEAN, .value.b = 1}, false, 0);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_STRING, .value.s = NULL}, false, 0);
    check_type((virTypedParameter){.type = 0}, false, 0);
    check_type((virTypedParameter){.type = 99}, false, 0);
    /* "Not told" in bytes, and the same in KB. */
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = ULLONG_MAX}, false,
               0);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = ULLONG_MAX / 1024},
               false, 0);
}

static void test_qemu_was_asked(void **state UNUSED)
{
    const virTypedParameter parameters[] = {
        parameter_ull("balloon.current", 1),
        parameter_ull("balloon.maximum", 1),
        parameter_ull("balloon.rss", 1),
    };
    const virTypedParameter other = parameter_ull("state.state", 1);
    struct raw readings[READING__COUNT] = {0};

    assert_false(libvirt_take_parameters(parameters, 2, NOW_S, read_at, readings));
    assert_true(libvirt_take_parameters(parameters, 3, NOW_S, read_at, readings));
    assert_true(libvirt_take_parameters(&other, 1, NOW_S, read_at, readings));
    assert_true(libvirt_take_parameters(NULL, 0, NOW_S, read_at, readings));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),         cmocka_unit_test(test_control),
        cmocka_unit_test(test_failure),        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_guest_word),     cmocka_unit_test(test_parameter_types),
        cmocka_unit_test(test_qemu_was_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
