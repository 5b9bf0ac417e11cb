/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The learner and what it keeps: a store that is slow, silent, or has something to tell. */
#include "made_learner.h"
#include "profiler/profiler.h"

static void test_slow_store(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = true;
    for (unsigned i = 0; i < 5; i++) {
        take_web(&made, 10 * i);
        assert_int_equal(profiler_count(made.profiler), 0);
        assert_false(profiler_is_due(made.profiler));
    }
    fake.silent = false;
    take_web(&made, 50);
    assert_int_equal(profiler_count(made.profiler), 1);
    assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->samples, 6);
    assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->gaps, 0);
    assert_near(web_channel(&made, PROFILER_CPU_USED)->moments.mean, 25);
    assert_near(vm_named(&made, "web")->profile->first, WALL);
    assert_near(vm_named(&made, "web")->profile->last, WALL + 100);
    take_web(&made, 60);
    assert_true(profiler_is_due(made.profiler));
    assert_log("ask u1 web\nput u1 web web:7\n");
    made_done(&made);
    assert_log("close\n");
}

/* After a while what is learned is shown. What was kept is not written over before it is known, and
 * takes the place of what is shown. */
static void test_very_slow_store(void **state UNUSED)
{
    struct made made;
    struct channel_spec spec;

    for (unsigned kept = 0; kept < 2; kept++) {
        made_init(&made);
        made.settings.state_dir = "somewhere";
        made_start(&made);
        fake.silent = true;
        for (unsigned i = 0; i < 63; i++)
            take_web(&made, 10);
        assert_int_equal(profiler_count(made.profiler), 0);
        for (unsigned i = 0; i < 7; i++)
            take_web(&made, 10);
        assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->samples, 70);
        assert_log("ask u1 web\n");
        fake.silent = false;
        if (kept) {
            profiler_metric_spec(PROFILER_CPU_USED, &made.settings.ranges, &spec);
            fake.profile = profile_new(&spec, 1, &profiler_settings(made.profiler)->profile);
        }
        take_web(&made, 10);
        assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->samples, kept ? 1 : 71);
        assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->gaps, 0);
        take_web(&made, 10);
        take_web(&made, 10);
        assert_log(kept ? "put u1 web web:3\n" : "put u1 web web:73\n");
        made_done(&made);
    }
}

/* One that ends meanwhile is shown for the last time, and not kept. */
static void test_very_slow_store_and_the_vm_ends(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = true;
    for (unsigned i = 0; i < 70; i++)
        take_web(&made, 10);
    take_nobody(&made);
    assert_true(vm_named(&made, "web")->final && vm_named(&made, "web")->due);
    assert_log("ask u1 web\nleave u1 web\n");
    take_nobody(&made);
    assert_int_equal(profiler_count(made.profiler), 0);
    made_done(&made);
}

static void test_vm_ends_before_the_store_answers(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = true;
    take_web(&made, 10);
    take_web(&made, 10);
    take_nobody(&made);
    assert_int_equal(profiler_count(made.profiler), 0);
    fake.silent = false;
    take_nobody(&made);
    assert_true(vm_named(&made, "web")->final && vm_named(&made, "web")->due);
    assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->samples, 2);
    assert_log("ask u1 web\nput u1 web web:2\nleave u1 web\n");
    take_nobody(&made);
    assert_int_equal(profiler_count(made.profiler), 0);
    made_done(&made);
}

/* VMs come and go while nothing is answered: those that are gone do not pile up. */
static void test_vms_pass_while_the_store_is_silent(void **state UNUSED)
{
    struct made made;
    struct profiler *profiler;
    char names[100][16];

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = fake.is_counted = true;
    profiler = made.profiler;
    for (unsigned i = 0; i < 30; i++) {
        made_frame_at(&made, 20 * i);
        for (unsigned v = 0; v < 100; v++) {
            snprintf(names[v], sizeof(names[v]), "vm%u", 100 * i + v);
            (void)made_vm(&made, names[v], names[v], names[v], 10);
        }
        take(&made);
        /* Those that ended just now are shown until the next one. */
        assert_true(HASH_COUNT(profiler->vms) <= PROFILER_ENDED_MAX + 200);
        assert_true(profiler_count(made.profiler) <= 100);
    }
    assert_int_equal(fake.puts, 0);
    assert_int_equal(fake.left, 3000 - 100 - PROFILER_ENDED_MAX);
    made_done(&made);
}

/* One that ended while it was asked for, and came again, is asked for twice: it is the second
 * answer that is its own, as between the two another profiler could have had it. */
static void test_answers_go_to_who_asked(void **state UNUSED)
{
    struct channel_spec spec;
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = true;
    for (unsigned i = 0; i < 70; i++)
        take_web(&made, 10);
    take_nobody(&made);
    take_web(&made, 10);
    assert_log("ask u1 web\nleave u1 web\nask u1 web\n");
    fake.silent = false;
    profiler_metric_spec(PROFILER_CPU_USED, &made.settings.ranges, &spec);
    fake.profile = profile_new(&spec, 1, &profiler_settings(made.profiler)->profile);
    take_web(&made, 10);
    assert_int_equal(vm_named(&made, "web")->profile->count, 2);
    assert_false(made.profiler->vms->loaded);
    assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->samples, 2);
    assert_null(made.profiler->questions);
    made_done(&made);
}

/* A VM that had no sample yet has nothing to be kept. */
static void test_nothing_to_save(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    take_web(&made, NAN);
    take_web(&made, NAN);
    take_nobody(&made);
    assert_log("ask u1 web\nleave u1 web\n");
    made_done(&made);
}

/* What a VM claims to have fits into what is kept of it. */
static void test_absurd_size(void **state UNUSED)
{
    static const double claims[] = {0, -5, 1e10, 1e19, 1e300};
    struct made made;

    made_init(&made);
    made_start(&made);
    for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
        made_frame_at(&made, 20.0 * (double)i);
        frame_set_number(&made.frame->tables[SCOPE_VM], made_vm(&made, "k1", "u1", "web", 5),
                         VM_RAM_TOTAL, claims[i]);
        frame_set_number(&made.frame->tables[SCOPE_VM], 0, VM_CPU_CORES, claims[i]);
        take(&made);
    }
    assert_true(vm_named(&made, "web")->vm.vcpus == 65536);
    assert_true(vm_named(&made, "web")->vm.mem_kb == UINT64_C(1) << 48);
    made_done(&made);
}

static void test_finish_without_an_answer(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.silent = true;
    take_web(&made, 10);
    take_web(&made, 10);
    profiler_finish(made.profiler);
    assert_true(vm_named(&made, "web")->final && vm_named(&made, "web")->due);
    assert_int_equal(web_channel(&made, PROFILER_CPU_USED)->samples, 2);
    assert_log("ask u1 web\nleave u1 web\n"); /* what was learned before is not written over */
    made_done(&made);
}

static void test_finish_saves(void **state UNUSED)
{
    struct made made;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    take_web(&made, 10);
    take_web(&made, 10);
    profiler_finish(made.profiler);
    assert_true(profiler_is_due(made.profiler));
    assert_log("ask u1 web\nput u1 web web:2\nleave u1 web\n");
    made_done(&made);
}

/* Many states are not written all in one frame, and each is written once. */
static void test_saves_are_spread(void **state UNUSED)
{
    static const size_t puts[] = {0, 0, 0, 64, 36, 0, 64};
    struct made made;
    char names[100][8];

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    fake.is_counted = true;
    for (unsigned i = 0; i < ARRAY_SIZE(puts); i++) {
        made_frame_at(&made, 20 * i);
        for (unsigned v = 0; v < ARRAY_SIZE(names); v++) {
            snprintf(names[v], sizeof(names[v]), "vm%u", v);
            (void)made_vm(&made, names[v], names[v], names[v], 10);
        }
        fake.puts = 0;
        take(&made);
        assert_int_equal(profiler_count(made.profiler), i ? ARRAY_SIZE(names) : 0);
        assert_int_equal(fake.puts, puts[i]);
    }
    fake.puts = 0;
    profiler_finish(made.profiler);
    assert_int_equal(fake.puts, ARRAY_SIZE(names));
    made_done(&made);
}

/* Where all are to be written more often than that is done, each has its turn. */
static void test_saves_reach_all(void **state UNUSED)
{
    struct made made;
    char names[100][8], put[16];

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made.settings.output_seconds = 20;
    made_start(&made);
    for (unsigned i = 0; i < 6; i++) {
        made_frame_at(&made, 20 * i);
        for (unsigned v = 0; v < ARRAY_SIZE(names); v++) {
            snprintf(names[v], sizeof(names[v]), "vm%u", v);
            (void)made_vm(&made, names[v], names[v], names[v], 10);
        }
        take(&made);
    }
    for (unsigned v = 0; v < ARRAY_SIZE(names); v++) {
        snprintf(put, sizeof(put), "put vm%u ", v);
        assert_non_null(strstr(buf_text(&fake.log), put));
    }
    made_done(&made);
}

/* With a beat of their own states are written whenever that has passed, of each VM at its own time,
 * whatever is printed; also after a pause, which brings all of them due at once. */
static void test_saves_have_a_beat(void **state UNUSED)
{
    enum { VMS = 60, FRAMES = 30 };
    char names[VMS][8];
    struct made made;
    size_t most = 0, all = 0;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made.settings.save_seconds = 600;
    made.settings.output_seconds = 20;
    made_start(&made);
    fake.is_counted = true;
    for (unsigned i = 0; i < 4 * FRAMES; i++) {
        made_frame_at(&made, 20.0 * i + (i < 3 * FRAMES ? 0 : 7010));
        for (unsigned v = 0; v < VMS; v++) {
            snprintf(names[v], sizeof(names[v]), "vm%u", v);
            (void)made_vm(&made, names[v], names[v], names[v], 10);
        }
        fake.puts = 0;
        take(&made);
        all += fake.puts;
        if (i == 3 * FRAMES) /* the pause */
            assert_int_equal(fake.puts, VMS);
        else if (fake.puts > most)
            most = fake.puts;
        if (i % FRAMES == FRAMES - 1 && i < 3 * FRAMES) {
            assert_true(all >= (i == FRAMES - 1 ? VMS - VMS / 5 : VMS) && all <= VMS);
            all = 0;
        }
    }
    assert_true(most >= 1 && most <= VMS / 4);
    fake.puts = 0;
    profiler_finish(made.profiler);
    assert_int_equal(fake.puts, VMS);
    made_done(&made);
}

/* A saved profile of the same metrics goes on as it is. */
static void test_saved_profile(void **state UNUSED)
{
    struct profiler_ranges ranges = {.link_mbit = NAN};
    struct channel_spec specs[2];
    struct profile *saved;
    struct made made;
    double values[2] = {40, 30};

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    profiler_metric_spec(PROFILER_CPU, &ranges, &specs[0]);
    profiler_metric_spec(PROFILER_CPU_USED, &ranges, &specs[1]);
    specs[1].hi = 50;
    saved = profile_new(specs, 2, &profiler_settings(made.profiler)->profile);
    (void)profile_take(saved, values, WALL - 20, -1);
    fake.profile = saved;
    take_web(&made, 10);
    take_web(&made, 10);
    assert_ptr_equal(vm_named(&made, "web")->profile, saved);
    assert_int_equal(web_channel(&made, PROFILER_CPU)->samples, 3);
    assert_near(web_channel(&made, PROFILER_CPU)->moments.max, 40);
    assert_near(web_channel(&made, PROFILER_CPU_USED)->moments.max, 30);
    assert_near(web_channel(&made, PROFILER_CPU_USED)->scale.hi, 50);
    made_done(&made);
}

/* One of other metrics keeps them, and gets those that it lacks. */
static void test_saved_profile_of_other_metrics(void **state UNUSED)
{
    struct profiler_ranges ranges = {.link_mbit = NAN};
    struct channel_spec specs[3];
    struct profile *saved;
    struct made made;
    double values[3] = {7, 40, 30};
    const struct profile *profile;

    made_init(&made);
    made.settings.state_dir = "somewhere";
    made_start(&made);
    profiler_spec_by_name("strange", &ranges, &specs[0]);
    profiler_metric_spec(PROFILER_CPU_USED, &ranges, &specs[1]);
    profiler_metric_spec(PROFILER_MEM, &ranges, &specs[2]);
    saved = profile_new(specs, 3, &profiler_settings(made.profiler)->profile);
    (void)profile_take(saved, values, WALL - 20, -1);
    fake.profile = saved;
    take_web(&made, 10);
    take_web(&made, 10);
    profile = vm_named(&made, "web")->profile;
    assert_int_equal(profile->count, 4);
    assert_string_equal(profile->channels[0]->spec.name, "cpu");
    assert_string_equal(profile->channels[1]->spec.name, "cpu_used");
    assert_string_equal(profile->channels[2]->spec.name, "mem");
    assert_string_equal(profile->channels[3]->spec.name, "strange");
    assert_int_equal(profile->samples, 3);
    assert_near(profile->first, WALL - 20);
    assert_int_equal(profile->channels[0]->samples, 2);
    assert_int_equal(profile->channels[1]->samples, 3);
    assert_near(profile->channels[1]->moments.max, 40);
    assert_int_equal(profile->channels[2]->gaps, 2);
    assert_near(profile->channels[3]->moments.max, 7);
    made_done(&made);
}

static void test_bad_directory(void **state UNUSED)
{
    struct profiler *profiler = NULL;
    struct made made;
    char error[64];

    made_init(&made);
    made.settings.state_dir = "bad";
    assert_true(profiler_new(&made.settings, &profiler, error, sizeof(error)) < 0);
    assert_string_equal(error, "it is bad");
    assert_null(profiler);
    made_done(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_store),
        cmocka_unit_test(test_very_slow_store),
        cmocka_unit_test(test_very_slow_store_and_the_vm_ends),
        cmocka_unit_test(test_vm_ends_before_the_store_answers),
        cmocka_unit_test(test_vms_pass_while_the_store_is_silent),
        cmocka_unit_test(test_answers_go_to_who_asked),
        cmocka_unit_test(test_nothing_to_save),
        cmocka_unit_test(test_absurd_size),
        cmocka_unit_test(test_finish_without_an_answer),
        cmocka_unit_test(test_finish_saves),
        cmocka_unit_test(test_saves_are_spread),
        cmocka_unit_test(test_saves_reach_all),
        cmocka_unit_test(test_saves_have_a_beat),
        cmocka_unit_test(test_saved_profile),
        cmocka_unit_test(test_saved_profile_of_other_metrics),
        cmocka_unit_test(test_bad_directory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_done(&fake.log);
    return failed;
}
