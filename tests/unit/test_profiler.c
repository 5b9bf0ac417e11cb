/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The learner, on hand-made frames. */
#include "profiler/profiler.h"

#include "made_learner.h"

static void test_rounds(void **state UNUSED)
{
    struct made made;
    unsigned due = 0;

    made_init(&made);
    made_start(&made);
    for (unsigned i = 0; i <= 9; i++) {
        take_web(&made, 10);
        assert_int_equal(profiler_is_due(made.profiler), i && i % 3 == 0);
        assert_int_equal(profiler_at(made.profiler, 0)->due, i && i % 3 == 0);
        assert_false(profiler_at(made.profiler, 0)->final);
        due += profiler_is_due(made.profiler);
    }
    assert_int_equal(due, 3);
    assert_int_equal(profiler_time(made.profiler).tv_sec, WALL + 180);
    assert_int_equal(web_channel(&made, PROFILER_CPU)->samples, 10);
    assert_near(web_channel(&made, PROFILER_CPU)->moments.mean, 11);
    made_done(&made);
}

/* Frames come a moment early and late: rounds stand on their grid, and none is put off. */
static void test_rounds_of_uneven_frames(void **state UNUSED)
{
    static const struct {
        double at;
        bool due;
    } steps[] = {{0, false},   {20, false},    {39.9, false}, {59.9, true},  {80.3, false},
                 {100, false}, {119.99, true}, {140, false},  {179, true},   {240.2, true},
                 {1000, true}, {1020, false},  {1040, false}, {1059.5, true}};
    struct made made;

    made_init(&made);
    made_start(&made);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        made_frame_at(&made, steps[i].at);
        (void)made_vm(&made, "k1", "u1", "web", 10);
        take(&made);
        assert_int_equal(profiler_is_due(made.profiler), steps[i].due);
    }
    made_done(&made);
}

static void test_nothing_without_a_sample(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made_start(&made);
    for (unsigned i = 0; i < 4; i++)
        take_web(&made, NAN);
    assert_false(profiler_is_due(made.profiler));
    assert_int_equal(web_channel(&made, PROFILER_CPU)->gaps, 4);
    profiler_finish(made.profiler);
    assert_false(profiler_is_due(made.profiler));
    made_done(&made);
}

static void test_only_at_the_end(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.output_seconds = 0;
    made_start(&made);
    for (unsigned i = 0; i < 10; i++) {
        take_web(&made, 10);
        assert_false(profiler_is_due(made.profiler));
    }
    profiler_finish(made.profiler);
    assert_true(profiler_is_due(made.profiler));
    assert_int_equal(profiler_count(made.profiler), 1);
    assert_true(profiler_at(made.profiler, 0)->due && profiler_at(made.profiler, 0)->final);
    made_done(&made);
}

static void test_vm_ends(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made_start(&made);
    take_web(&made, 10);
    made_frame_at(&made, 20);
    (void)made_vm(&made, "k1", "u1", "web", 20);
    (void)made_vm(&made, "k2", "u2", "db", 30);
    take(&made);
    assert_int_equal(profiler_count(made.profiler), 2);
    made_frame_at(&made, 40);
    (void)made_vm(&made, "k2", "u2", "db", 30);
    take(&made);
    assert_true(profiler_is_due(made.profiler));
    assert_int_equal(profiler_count(made.profiler), 2);
    assert_true(vm_named(&made, "web")->due && vm_named(&made, "web")->final);
    assert_false(vm_named(&made, "db")->due);
    assert_int_equal(web_channel(&made, PROFILER_CPU)->samples, 2);
    made_frame_at(&made, 45);
    (void)made_vm(&made, "k2", "u2", "db", 30);
    take(&made);
    assert_false(profiler_is_due(made.profiler));
    assert_int_equal(profiler_count(made.profiler), 1);
    /* The same VM again is a new one. */
    made_frame_at(&made, 48);
    (void)made_vm(&made, "k1", "u1", "web", 20);
    take(&made);
    assert_int_equal(web_channel(&made, PROFILER_CPU)->samples, 1);
    made_done(&made);
}

/* A row whose process is gone, and of which the source says so. */
static void test_vm_is_shut_down(void **state UNUSED)
{
    struct frame_table *table;
    struct made made;
    size_t row;

    made_init(&made);
    made_start(&made);
    take_web(&made, 10);
    for (unsigned i = 0; i < 2; i++) {
        made_frame_at(&made, made.seconds + 20);
        row = made_vm(&made, "k1", "u1", "web", NAN);
        table = &made.frame->tables[SCOPE_VM];
        table->valid[frame_cell_index(table, row, VM_PID)] = 0;
        if (i) /* until then nobody says that it ended */
            frame_set_text(table, row, VM_STATE, "shutdown");
        take(&made);
        assert_int_equal(vm_named(&made, "web")->final, i);
    }
    take_nobody(&made);
    /* Neither process nor figures: no VM that runs here. */
    made_frame_at(&made, made.seconds + 20);
    row = made_vm(&made, "k1", "u1", "web", NAN);
    table = &made.frame->tables[SCOPE_VM];
    table->valid[frame_cell_index(table, row, VM_PID)] = 0;
    take(&made);
    assert_int_equal(profiler_count(made.profiler), 0);
    /* Figures without a process of this host: one on another host. */
    made_frame_at(&made, made.seconds + 20);
    row = made_vm(&made, "k1", "u1", "web", 50);
    table = &made.frame->tables[SCOPE_VM];
    table->valid[frame_cell_index(table, row, VM_PID)] = 0;
    take(&made);
    assert_int_equal(profiler_count(made.profiler), 1);
    made_done(&made);
}

static void test_source_is_down(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.source = made.source_up = true;
    made_start(&made);
    take_web(&made, 10);
    /* No inventory yet, or any more: nothing is known of VMs. */
    take_nobody(&made);
    assert_false(vm_named(&made, "web")->final);
    /* An inventory without it, of a source that does not answer. */
    made.inventory = inventory_new("test");
    made.source_up = false;
    take_nobody(&made);
    assert_false(vm_named(&made, "web")->final);
    assert_int_equal(web_channel(&made, PROFILER_CPU)->gaps, 2);
    take_web(&made, 20);
    assert_int_equal(web_channel(&made, PROFILER_CPU)->samples, 2);
    /* The source answers and does not know it. */
    made.source_up = true;
    take_nobody(&made);
    assert_true(vm_named(&made, "web")->final && vm_named(&made, "web")->due);
    made_done(&made);
}

/* A VM that the source told of has no row: its process is gone, whatever the source says now. */
static void test_process_is_gone_while_the_source_is_down(void **state UNUSED)
{
    struct vm_info *info;
    struct made made;

    made_init(&made);
    made.source = true;
    made.inventory = inventory_new("test");
    info = inventory_append(made.inventory);
    info->key = xstrdup("k1");
    info->name = xstrdup("web");
    made_start(&made);
    take_web(&made, 10);
    take_nobody(&made);
    assert_true(vm_named(&made, "web")->final);
    made_done(&made);
}

static void test_two_vms_with_one_uuid(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    for (unsigned i = 0; i < 4; i++) {
        made_frame_at(&made, i * 20);
        (void)made_vm(&made, "k1", "u1", "web", 10);
        (void)made_vm(&made, "k2", "u1", "copy", 90);
        take(&made);
    }
    assert_int_equal(profiler_count(made.profiler), 2);
    assert_near(profile_role(vm_named(&made, "web")->profile, ROLE_USED)->moments.mean, 10);
    assert_near(profile_role(vm_named(&made, "copy")->profile, ROLE_USED)->moments.mean, 90);
    assert_string_equal(vm_named(&made, "web")->vm.uuid, "u1");
    assert_string_equal(vm_named(&made, "copy")->vm.uuid, "u1");
    assert_log("ask u1 web\nask u1 copy\nput u1 web web:4\nput u1 copy copy:4\n");
    made_done(&made);
}

/* Its key names the process: what was learned is written before it is asked for. */
static void test_vm_starts_anew_under_another_key(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    take_web(&made, 10);
    made_frame_at(&made, 20);
    (void)made_vm(&made, "k2", "u1", "web", 20);
    take(&made);
    assert_log("ask u1 web\nput u1 web web:1\nleave u1 web\nask u1 web\n");
    assert_int_equal(profiler_count(made.profiler), 1);
    assert_true(profiler_at(made.profiler, 0)->final);
    made_frame_at(&made, 40);
    (void)made_vm(&made, "k2", "u1", "web", 20);
    take(&made);
    assert_int_equal(profiler_count(made.profiler), 1);
    assert_false(profiler_at(made.profiler, 0)->final);
    assert_int_equal(profiler_at(made.profiler, 0)->profile->samples, 2);
    made_done(&made);
}

/* Nothing tells these rows apart: the first one is the VM. */
static void test_rows_that_are_the_same(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made_start(&made);
    made_frame_at(&made, 0);
    (void)made_vm(&made, NULL, NULL, "web", 10);
    (void)made_vm(&made, NULL, NULL, "web", 90);
    take(&made);
    assert_int_equal(profiler_count(made.profiler), 1);
    assert_near(web_channel(&made, PROFILER_CPU_USED)->moments.mean, 10);
    assert_string_equal(vm_named(&made, "web")->vm.uuid, "web");
    made_done(&made);
}

static void test_identity(void **state UNUSED)
{
    struct frame_table *table;
    const struct profiled_vm *vm;
    struct made made;
    size_t row;

    made_init(&made);
    made_start(&made);
    take_web(&made, 10);
    made_frame_at(&made, 20);
    row = made_vm(&made, "k1", "u1", "renamed", 10);
    table = &made.frame->tables[SCOPE_VM];
    frame_set_number(table, row, VM_CPU_CORES, 8);
    frame_set_number(table, row, VM_RAM_TOTAL, 4194304);
    row = made_vm(&made, "100", NULL, "pve", 10);
    frame_set_number(table, row, VM_VMID, 100);
    take(&made);
    assert_int_equal(profiler_count(made.profiler), 2);
    vm = vm_named(&made, "renamed");
    assert_non_null(vm);
    assert_int_equal(vm->vm.vcpus, 8);
    assert_int_equal(vm->vm.mem_kb, 4194304);
    assert_false(vm->vm.guest_memory);
    assert_string_equal(vm->vm.key, "web");
    assert_int_equal(vm->profile->samples, 2);
    vm = vm_named(&made, "pve");
    assert_string_equal(vm->vm.key, "100");
    assert_string_equal(vm->vm.uuid, "100");
    assert_string_equal(profiler_host(made.profiler)->name, "node1");
    made_done(&made);
}

/* Memory is recommended for guests that tell of theirs, also while they are silent for once. */
static void test_memory_of_guests(void **state UNUSED)
{
    struct capacity_advice advice;
    struct made made;

    made_init(&made);
    made.settings.metrics |= 1u << PROFILER_MEM;
    made_start(&made);
    for (unsigned i = 0; i < 3; i++) {
        struct frame_table *table;
        const struct profiled_vm *vm;
        size_t row;

        made_frame_at(&made, i * 20);
        row = made_vm(&made, "k1", "u1", "web", 10);
        table = &made.frame->tables[SCOPE_VM];
        frame_set_number(table, row, VM_RAM_TOTAL, 1000);
        frame_set_number(table, row, VM_RAM_RSS, 400);
        if (i == 1)
            frame_set_number(table, row, VM_RAM_FREE, 500);
        take(&made);
        vm = vm_named(&made, "web");
        assert_true(vm->vm.guest_memory == (i > 0));
        vm_identity_advise(&vm->vm, vm->profile, &advice);
        if (i == 0)
            assert_true(isnan(advice.mem_kb));
        else
            assert_near(advice.mem_kb, 460); /* 1000 * .4 * 1.15 */
        assert_near(advice.mem_slack, 0.6);
    }
    made_done(&made);
}

/* A frame with traffic, and the speed of the host's link from frame `from` on. */
static void take_traffic(struct made *made, unsigned i, unsigned from)
{
    struct frame_table *table;
    size_t row;

    made_frame_at(made, i * 20);
    row = made_vm(made, "k1", "u1", "web", 10);
    table = &made->frame->tables[SCOPE_VM];
    frame_set_number(table, row, VM_NET_RECEIVEDBYTES, 1e6);
    frame_set_number(table, row, VM_NET_TRANSMITTEDBYTES, 1e6);
    if (i >= from)
        frame_set_number(&made->frame->tables[SCOPE_HOST], 0, HOST_NET_HOST_SPEED, 10000);
    take(made);
}

static void test_link_speed(void **state UNUSED)
{
    /* Which frame has it, and how far the range goes at the end. */
    static const struct {
        unsigned from;
        double hi;
    } cases[] = {{0, 1.25e9}, {1, 1.25e9}, {2, 1.25e9}, {3, 1.25e8}};

    for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
        struct made made;

        made_init(&made);
        made.settings.metrics = 1u << PROFILER_NET;
        made_start(&made);
        for (unsigned i = 0; i < 6; i++) {
            take_traffic(&made, i, cases[c].from);
            assert_int_equal(web_channel(&made, PROFILER_NET)->samples, i + 1);
        }
        assert_near(web_channel(&made, PROFILER_NET)->scale.hi, cases[c].hi);
        assert_int_equal(web_channel(&made, PROFILER_NET)->gaps, 0);
        assert_int_equal(isnan(profiler_settings(made.profiler)->ranges.link_mbit) != 0, c == 3);
        made_done(&made);
    }
}

/* Ranges that were asked for are among the settings that a saved profile must agree in; where
 * ranges grow with their data, there are none. */
static void test_asked_ranges(void **state UNUSED)
{
    struct made made;
    unsigned mark;

    made_init(&made);
    made_start(&made);
    assert_int_equal(profiler_settings(made.profiler)->profile.ranges, 0);
    made_done(&made);
    made_init(&made);
    made.settings.ranges.io_max = 1e6;
    made_start(&made);
    mark = profiler_settings(made.profiler)->profile.ranges;
    assert_true(mark && mark == profiler_ranges_mark(&made.settings.ranges));
    made_done(&made);
    made_init(&made);
    made.settings.ranges.io_max = 1e6;
    made.settings.profile.dynamic = true;
    made_start(&made);
    assert_int_equal(profiler_settings(made.profiler)->profile.ranges, 0);
    made_done(&made);
}

static void test_calendar(void **state UNUSED)
{
    static const struct {
        enum profile_calendar calendar;
        const char *zone;
        size_t slot;
    } cases[] = {
        {CALENDAR_HOUR_OF_DAY, "UTC0", 15},
        {CALENDAR_HOUR_OF_DAY, "XXX-2", 17},
        {CALENDAR_HOUR_OF_WEEK, "UTC0", 5 * 24 + 15},
        {CALENDAR_HOUR_OF_WEEK, "XXX-9", 6 * 24 + 0}, /* Sunday, 00:59:59 */
        {CALENDAR_HOUR_OF_WEEK, "XXX10", 5 * 24 + 5},
    };

    for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
        const struct slots *slots;
        struct made made;

        setenv("TZ", cases[c].zone, 1);
        tzset();
        made_init(&made);
        made.settings.profile.calendar = cases[c].calendar;
        made_start(&made);
        take_web(&made, 10);
        slots = web_channel(&made, PROFILER_CPU)->calendar;
        for (size_t i = 0; i < slots_count(slots); i++) {
            const struct slot *slot = slots_at(slots, i);

            assert_int_equal(slot && slot->count, i == cases[c].slot);
        }
        made_done(&made);
    }
    setenv("TZ", "UTC0", 1);
    tzset();
}

/* Two VMs with 4 vCPUs each, one of which always takes 1 core, the other 2. */
static void take_host(struct made *made, double used, double second)
{
    struct frame_table *table;
    size_t row;

    made_frame_at(made, made->frame ? made->seconds + 20 : 0);
    table = &made->frame->tables[SCOPE_VM];
    frame_set_number(&made->frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 8);
    row = made_vm(made, "k1", "u1", "web", used);
    frame_set_number(table, row, VM_CPU_HOST_USED, used * 4 / 100);
    row = made_vm(made, "k2", "u2", "db", second);
    frame_set_number(table, row, VM_CPU_HOST_USED, second * 4 / 100);
    take(made);
}

static void test_host(void **state UNUSED)
{
    const struct profiled_host *host;
    struct made made;

    made_init(&made);
    made_start(&made);
    host = profiler_host(made.profiler);
    assert_true(isnan(host->cores) && isnan(host->capacity_left) && isnan(host->days_left));
    assert_true(isnan(host->computed.mean));
    take_host(&made, 25, NAN); /* the second one is new: its share is not known yet */
    assert_near(host->cores, 8);
    assert_int_equal(host->measured.samples, 0);
    take_host(&made, 25, 50);
    take_host(&made, 25, 50);
    assert_true(isnan(host->capacity_left));
    take_host(&made, 25, 50);
    assert_int_equal(host->measured.samples, 3);
    /* 1 + 2 cores of 8, always; buckets are a 400th of the cores wide. */
    assert_near(host->computed.mean, 3);
    assert_near(host->computed.p95, 3);
    assert_near(host->computed.risk, 0);
    assert_near(host->computed.diversity, 1);
    assert_near(host->capacity_left, 5);
    assert_true(isnan(host->days_left));
    take_host(&made, 25, NAN); /* a gap of one of them: no sum */
    assert_int_equal(host->measured.samples, 3);
    profiler_finish(made.profiler);
    assert_near(host->computed.mean, 3);
    made_done(&made);
}

static void test_host_gets_cores(void **state UNUSED)
{
    const struct profiled_host *host;
    struct made made;

    made_init(&made);
    made_start(&made);
    host = profiler_host(made.profiler);
    take_host(&made, 25, 50);
    take_host(&made, 25, 50);
    made_frame_at(&made, 40);
    frame_set_number(&made.frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 16);
    (void)made_vm(&made, "k1", "u1", "web", 25);
    take(&made);
    assert_near(host->cores, 16);
    assert_int_equal(host->measured.samples, 1);
    assert_near(overcommit_measured_p95(&host->measured), 1);
    made_done(&made);
}

/* What was kept of `node` with so many cores: a sample, and three days of 1, 2 and 3 cores. */
static struct state_host *kept_host(const char *node, double cores, double half_life)
{
    struct state_host *host = xcalloc(1, sizeof(*host));

    strcpy(host->node, node);
    host->half_life = half_life;
    overcommit_measured_init(&host->measured, cores, half_life);
    for (unsigned i = 1; i <= 4; i++)
        overcommit_measured_take(&host->measured, i, WALL - 4 * 86400.0 + 86400.0 * i);
    return host;
}

/* Over a restart the distribution goes on where cores and half-life are the same, and the days of
 * the same host anyway. */
static void test_host_is_kept(void **state UNUSED)
{
    static const struct {
        const char *node;
        double cores, half_life;
        unsigned samples, days;
    } rows[] = {
        {"node1", 8, 86400, 6, 3},
        {"node1", 4, 86400, 2, 3},
        {"node1", 8, 3600, 2, 3},
        {"node2", 8, 86400, 2, 0},
    };

    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        const struct profiled_host *host;
        struct made made;
        char expected[64];
        bool late = i >= ARRAY_SIZE(rows); /* the answer, which comes when the cores are known */

        made_init(&made);
        made.settings.state_dir = "somewhere";
        made.settings.save_seconds = 60;
        made_start(&made);
        fake.host = kept_host(rows[i % 4].node, rows[i % 4].cores, rows[i % 4].half_life);
        fake.is_counted = true;
        fake.silent = late;
        host = profiler_host(made.profiler);
        take_host(&made, 25, NAN);
        fake.silent = false;
        assert_int_equal(fake.host_puts, 0);
        take_host(&made, 25, 50); /* the first span of 60 s since the boot begins */
        assert_int_equal(fake.host_puts, 1);
        take_host(&made, 25, 50);
        assert_int_equal(host->measured.samples, rows[i % 4].samples);
        assert_int_equal(host->measured.days, rows[i % 4].days);
        assert_near(host->measured.cores, 8);
        for (unsigned k = 0; k < host->measured.days; k++)
            assert_near(host->measured.p95_of_day[k], k + 1);
        take_host(&made, 25, 50);
        assert_int_equal(fake.host_puts, 1);
        take_host(&made, 25, 50);
        assert_int_equal(fake.host_puts, 2);
        profiler_finish(made.profiler);
        assert_int_equal(fake.host_puts, 3);
        snprintf(expected, sizeof(expected), "node1 8 %u %u", rows[i % 4].samples + 2,
                 rows[i % 4].days);
        assert_string_equal(buf_text(&fake.host_text), expected);
        made_done(&made);
    }
}

/* Before it is known what was kept, nothing takes its place. */
static void test_host_waits_for_what_was_kept(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = true;
    for (unsigned i = 0; i < 10; i++)
        take_host(&made, 25, 50);
    profiler_finish(made.profiler);
    assert_int_equal(fake.host_puts, 0);
    made_done(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_rounds_of_uneven_frames),
        cmocka_unit_test(test_nothing_without_a_sample),
        cmocka_unit_test(test_only_at_the_end),
        cmocka_unit_test(test_vm_ends),
        cmocka_unit_test(test_vm_is_shut_down),
        cmocka_unit_test(test_source_is_down),
        cmocka_unit_test(test_process_is_gone_while_the_source_is_down),
        cmocka_unit_test(test_two_vms_with_one_uuid),
        cmocka_unit_test(test_vm_starts_anew_under_another_key),
        cmocka_unit_test(test_rows_that_are_the_same),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_memory_of_guests),
        cmocka_unit_test(test_link_speed),
        cmocka_unit_test(test_asked_ranges),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_host_gets_cores),
        cmocka_unit_test(test_host_is_kept),
        cmocka_unit_test(test_host_waits_for_what_was_kept),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_done(&fake.log);
    return failed;
}
