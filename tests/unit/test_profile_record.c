/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/record: a profile as JSON, by another parser: what older readers know, and the rest. */
#include "profiler/record.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_json.h"
#include "made_learned.h"
#include "made_profile.h"
#include "profile/capacity.h"
#include "profiler/state.h"
#include "support.h"

static const struct record_context record_context = {.time = {.tv_sec = 1790000000}};

static struct json_object *print_profile(const struct profile *profile, const char *name)
{
    struct vm_identity vm = made_vm(name);
    struct buf out = {0};
    struct json_object *root;

    record_print(&record_context, &vm, profile, false, &out);
    root = json_parse_line(&out);
    vm_identity_done(&vm);
    buf_done(&out);
    return root;
}

static struct json_object *print_values(const struct profile_settings *settings,
                                        const double *values, size_t n)
{
    struct channel_spec spec = made_spec("cpu", 0, 100);
    struct profile *profile;
    struct json_object *root;

    spec.role = ROLE_CPU;
    profile = profile_new(&spec, 1, settings);
    for (size_t i = 0; i < n; i++)
        profile_take(profile, &values[i], 1.79e9 + (double)i, -1);
    root = print_profile(profile, "demo");
    profile_free(profile);
    return root;
}

static void test_order_1(void **state UNUSED)
{
    static const double values[] = {0, 30, 55, 80, 100, 12.4, 12.5, 87.5, 250, -5};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct json_object *root;

    settings.phantom_start = true;
    root = print_values(&settings, values, ARRAY_SIZE(values));
    assert_json_at(root, "profile.roottx.0.transitions",
                   "{\"0\":{\"nextProbs\":[33,67,0,0],\"probability\":30},"
                   "\"1\":{\"nextProbs\":[0,0,50,50],\"probability\":20},"
                   "\"2\":{\"nextProbs\":[0,0,0,100],\"probability\":10},"
                   "\"3\":{\"nextProbs\":[50,0,0,50],\"probability\":40}}");
    assert_json_at(root, "profile.roottx.0.metric", "\"cpu\"");
    assert_json_at(root, "profile.roottx", json_text_at(root, "profile.periodTree.root.txmatrix"));
    assert_near(json_number_at(root, "profile.roottx.0.stats.avg"), 62.24);
    assert_json_at(root, "profile.roottx.0.stats.count", "10");
    assert_json_at(root, "profile.roottx.0.stats.min", "0");
    assert_json_at(root, "profile.roottx.0.stats.max", "100");
    assert_json_at(root, "profile.ext.metrics.cpu.stats.min", "-5");
    assert_json_at(root, "profile.ext.metrics.cpu.stats.max", "250");
    assert_json_at(root, "profile.ext.metrics.cpu.below", "1");
    assert_json_at(root, "profile.ext.metrics.cpu.above", "1");
    assert_json_at(root, "profile.ext.metrics.cpu.counts",
                   "{\"0\":[1,2,0,0],\"1\":[0,0,1,1],\"2\":[0,0,0,1],\"3\":[2,0,0,2]}");
    assert_json_at(root, "profile.ext.metrics.cpu.p.0", "[0.3333,0.6667,0.0000,0.0000]");
    assert_json_at(root, "profile.ext.metrics.cpu.visits", "[3,2,1,4]");
    assert_json_at(root, "profile.ext.metrics.cpu.state", "0");
    json_object_put(root);

    /* Without the made-up start, and what is said in the long run. */
    settings.phantom_start = false;
    root = print_values(&settings, values, ARRAY_SIZE(values));
    assert_json_at(root, "profile.roottx.0.transitions.0",
                   "{\"nextProbs\":[0,100,0,0],\"probability\":22}");
    assert_json_at(root, "profile.ext.metrics.cpu.stationary",
                   "[0.235294,0.235294,0.176471,0.352941]");
    assert_near(json_number_at(root, "profile.ext.metrics.cpu.predictability"), 0.155356748777);
    assert_json_at(root, "profile.ext.metrics.cpu.dwell", "[1,1,1,2]");
    assert_json_at(root, "profile.ext.metrics.cpu.predict.next", "1");
    json_object_put(root);
}

static void test_order_2(void **state UNUSED)
{
    static const double values[] = {0, 10, 40, 60, 70, 90, 40, 60, 70, 90, 0, 10};
    struct profile_settings settings = made_settings(4, 2, 2);
    struct json_object *root;

    settings.phantom_start = true;
    root = print_values(&settings, values, ARRAY_SIZE(values));
    assert_json_at(root, "profile.roottx.0.transitions",
                   "{\"0\":{\"nextProbs\":[50,0,50,0],\"probability\":33},"
                   "\"0-0\":{\"nextProbs\":[50,0,50,0],\"probability\":33},"
                   "\"0-2\":{\"nextProbs\":[0,0,0,100],\"probability\":17},"
                   "\"2\":{\"nextProbs\":[0,0,0,100],\"probability\":33},"
                   "\"2-3\":{\"nextProbs\":[50,0,50,0],\"probability\":33},"
                   "\"3\":{\"nextProbs\":[50,0,50,0],\"probability\":33},"
                   "\"3-2\":{\"nextProbs\":[0,0,0,100],\"probability\":17}}");
    assert_near(json_number_at(root, "profile.roottx.0.stats.avg"), 45);
    assert_json_at(root, "profile.roottx.0.stats.count", "12");
    assert_near(json_number_at(root, "profile.roottx.0.stats.stddev"), sqrt(12300.0 / 12));
    assert_near(json_number_at(root, "profile.roottx.0.stats.stddevsum"), 12300);
    json_object_put(root);
}

static void test_rare(void **state UNUSED)
{
    static const double values[] = {10, 12, 11, 10, 95, 10};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct json_object *root;

    settings.phantom_start = true;
    settings.filter_deviations = 2;
    root = print_values(&settings, values, ARRAY_SIZE(values));
    assert_json_at(root, "profile.roottx.0.transitions",
                   "{\"0\":{\"nextProbs\":[80,0,0,20],\"probability\":83},"
                   "\"3\":{\"nextProbs\":[100,0,0,0],\"probability\":17}}");
    assert_near(json_number_at(root, "profile.roottx.0.stats.avg"), 148.0 / 6);
    assert_json_at(root, "profile.settings.filterstddevs", "2");
    json_object_put(root);
}

/* Names and order, to the letter, of the first record of a VM. */
static void test_empty(void **state UNUSED)
{
    static const char *const first[][2] = {
        {"profile.ext.final", "true"},
        {"profile.ext.step_seconds", "20"},
        {"profile.ext.node", "null"},
        {"profile.ext.first", "null"},
        {"profile.ext.phase", "null"},
        {"profile.ext.class", "\"unknown\""},
        {"profile.ext.recommend.vcpus", "null"},
        {"profile.ext.recommend.ready", "false"},
    };
    static const char expected[] =
        "{\"profile\":{\"name\":\"6f1c2d3e-0000-4000-8000-00000000002a\","
        "\"roottx\":[{\"metric\":\"cpu\",\"transitions\":{},\"stats\":{\"min\":0,\"max\":100,"
        "\"stddev\":0,\"avg\":0,\"count\":0,\"stddevsum\":0}}],"
        "\"periodTree\":{\"root\":{\"UUID\":0,\"maxChilds\":0,\"maxCounts\":0,\"children\":[],"
        "\"txmatrix\":[{\"metric\":\"cpu\",\"transitions\":{},\"stats\":{\"min\":0,\"max\":100,"
        "\"stddev\":0,\"avg\":0,\"count\":0,\"stddevsum\":0}}]}},"
        "\"phases\":{\"phases\":[[]],\"tx\":{\"metric\":\"phasetx\",\"transitions\":{},"
        "\"stats\":{\"min\":0,\"max\":0,\"stddev\":0,\"avg\":0,\"count\":0,\"stddevsum\":0}}},"
        "\"settings\":{\"buffersize\":10,\"states\":4,\"history\":1,\"filterstddevs\":-1,"
        "\"fixbound\":true,\"periodsize\":[],\"phaseChangeLikeliness\":0,"
        "\"phaseChangeHistory\":0,\"phaseChangeHistoryFadeout\":false},"
        "\"ext\":{\"version\":1,\"time\":\"2026-09-21T14:13:20.000Z\",";
    struct profile_settings settings;
    struct profile *profile;
    struct vm_identity vm = made_vm("demo");
    struct buf out = {0};
    struct json_object *root;

    profile_settings_defaults(&settings);
    profile = made_profile(&settings, 1);
    record_print(&record_context, &vm, profile, true, &out);
    assert_true(out.len > strlen(expected));
    assert_memory_equal(out.data, expected, strlen(expected));
    root = json_parse_line(&out);
    for (size_t i = 0; i < ARRAY_SIZE(first); i++)
        assert_string_equal(json_text_at(root, first[i][0]), first[i][1]);
    assert_json_at(root, "profile.ext.anomaly",
                   "{\"z\":null,\"score01\":null,\"blame\":null,\"step\":null,"
                   "\"active\":false}");
    assert_json_at(root, "profile.ext.vm",
                   "{\"uuid\":\"6f1c2d3e-0000-4000-8000-00000000002a\",\"name\":\"demo\","
                   "\"key\":\"100\",\"vcpus\":4,\"mem_kb\":8388608,"
                   "\"guest_memory\":true}");
    assert_json_at(root, "profile.ext.metrics.cpu.predict", "null");
    assert_json_at(root, "profile.ext.metrics.cpu.stats.p95", "null");
    assert_json_at(root, "profile.ext.metrics.cpu.stationary", "[]");
    json_object_put(root);
    profile_free(profile);
    vm_identity_done(&vm);
    buf_done(&out);
}

/* Every number of every kind of profile is one; counts are whole; states are in order. */
static void check_finite(struct json_object *object)
{
    switch (json_object_get_type(object)) {
    case json_type_double:
        assert_true(isfinite(json_object_get_double(object)));
        break;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(object); i++)
            check_finite(json_object_array_get_idx(object, i));
        break;
    case json_type_object: {
        json_object_object_foreach(object, key, value)
        {
            (void)key;
            check_finite(value);
        }
        break;
    }
    default:
        break;
    }
}

static void check_matrix(struct json_object *matrix, unsigned states)
{
    static const char *const floats[] = {"min", "max", "stddev", "avg", "stddevsum"};

    assert_true(json_object_is_type(json_at(matrix, "metric"), json_type_string));
    json_object_object_foreach(json_at(matrix, "transitions"), key, row)
    {
        assert_true(key[0] >= '0' && key[0] <= '9');
        assert_int_equal(json_object_array_length(json_at(row, "nextProbs")), states);
        for (unsigned j = 0; j < states; j++)
            assert_in_range(
                json_object_get_int(json_object_array_get_idx(json_at(row, "nextProbs"), j)), 0,
                100);
        assert_true(json_object_is_type(json_at(row, "probability"), json_type_int));
        assert_in_range(json_object_get_int(json_at(row, "probability")), 0, 100);
    }
    for (size_t i = 0; i < ARRAY_SIZE(floats); i++) {
        enum json_type type = json_object_get_type(json_at(json_at(matrix, "stats"), floats[i]));

        assert_true(type == json_type_int || type == json_type_double);
    }
    assert_true(json_object_is_type(json_at(matrix, "stats.count"), json_type_int));
}

static void check_node(struct json_object *node, unsigned states)
{
    struct json_object *children = json_at(node, "children"), *matrices = json_at(node, "txmatrix");

    assert_true(json_object_is_type(json_at(node, "UUID"), json_type_int));
    assert_true(json_object_is_type(json_at(node, "maxCounts"), json_type_int));
    assert_true(json_object_array_length(children) <=
                (size_t)json_object_get_int(json_at(node, "maxChilds")));
    for (size_t i = 0; i < json_object_array_length(matrices); i++)
        check_matrix(json_object_array_get_idx(matrices, i), states);
    for (size_t i = 0; i < json_object_array_length(children); i++)
        check_node(json_object_array_get_idx(children, i), states);
}

static void test_kinds(void **state UNUSED)
{
    for (unsigned kind = 0; kind < MADE_KINDS; kind++) {
        struct profile_settings settings = made_kind(kind);
        struct profile *profile = made_profile(&settings, 11);
        struct json_object *root, *phases;

        made_learn(profile, 0, 3000);
        root = print_profile(profile, "demo");
        check_finite(root);
        check_node(json_at(root, "profile.periodTree.root"), settings.states);
        phases = json_at(root, "profile.phases.phases");
        assert_true(json_object_array_length(phases) >= 1);
        for (size_t i = 0; i < json_object_array_length(phases); i++) {
            struct json_object *list = json_object_array_get_idx(phases, i);

            for (size_t k = 0; k < json_object_array_length(list); k++)
                check_matrix(json_object_array_get_idx(list, k), settings.states);
        }
        check_matrix(json_at(root, "profile.phases.tx"),
                     (unsigned)json_object_array_length(phases));
        assert_json_at(root, "profile.settings.fixbound", settings.dynamic ? "false" : "true");
        json_object_put(root);
        profile_free(profile);
    }
}

/* A VM without a NIC has no metric of it, nor gaps in what it never had; one that fell silent
 * stays.
 */
static void test_metric_without_source(void **state UNUSED)
{
    static const char *const names[] = {"mem", "net", "io", "cpu"};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel_spec specs[ARRAY_SIZE(names)];
    struct profile *profile;
    struct json_object *root;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        specs[i] = made_spec(names[i], 0, 100);
    settings.window = 2;
    profile = profile_new(specs, ARRAY_SIZE(names), &settings);
    for (unsigned i = 0; i < 20; i++)
        profile_take(profile, (const double[]){40, NAN, i < 8 ? 10 : NAN, 50}, i, -1);
    root = print_profile(profile, "demo");
    assert_int_equal(json_object_object_length(json_at(root, "profile.ext.metrics")), 3);
    assert_int_equal(json_object_array_length(json_at(root, "profile.roottx")), 3);
    assert_json_at(root, "profile.roottx.0.metric", "\"cpu\"");
    assert_json_at(root, "profile.roottx.1.metric", "\"io\"");
    assert_json_at(root, "profile.roottx.2.metric", "\"mem\"");
    assert_json_at(root, "profile.phases.phases.0.1.metric", "\"io\"");
    assert_int_equal(json_object_array_length(json_at(root, "profile.periodTree.root.txmatrix")),
                     3);
    assert_json_at(root, "profile.ext.gaps", "12");
    json_object_put(root);
    profile_free(profile);
}

/* Metrics stand in the order of the table whatever order they were learned in; others behind. */
static void test_metric_order(void **state UNUSED)
{
    static const char *const names[] = {"zeta", "net", "alpha", "io", "mem", "cpu"};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel_spec specs[ARRAY_SIZE(names)];
    struct profile *profile;
    struct json_object *root;
    struct buf order = {0};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        specs[i] = made_spec(names[i], 0, 100);
    profile = profile_new(specs, ARRAY_SIZE(names), &settings);
    made_learn(profile, 0, 200);
    root = print_profile(profile, NULL);
    json_object_object_foreach(json_at(root, "profile.ext.metrics"), name, metric)
    {
        (void)metric;
        buf_printf(&order, "%s ", name);
    }
    assert_string_equal(buf_text(&order), "cpu io net mem alpha zeta ");
    buf_clear(&order);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        buf_printf(&order, "%s ",
                   json_object_get_string(json_at(
                       json_object_array_get_idx(json_at(root, "profile.roottx"), i), "metric")));
    assert_string_equal(buf_text(&order), "cpu io net mem alpha zeta ");
    /* A phase's matrices are those of the metric that they stand under. */
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct json_object *first = json_at(root, "profile.phases.phases.0");

        assert_string_equal(
            json_object_get_string(json_at(json_object_array_get_idx(first, i), "metric")),
            json_object_get_string(
                json_at(json_object_array_get_idx(json_at(root, "profile.roottx"), i), "metric")));
    }
    assert_json_at(root, "profile.ext.vm.name", "null");
    buf_done(&order);
    json_object_put(root);
    profile_free(profile);
}

/* Two slots of three states each. */
static void test_periods(void **state UNUSED)
{
    static const double values[] = {0, 0, 90, 90, 0, 90, 90, 90, 90, 0, 0, 0};
    struct profile_settings settings = made_settings(2, 1, 1);
    struct json_object *root;

    settings.periods = (struct period_tree){{2, 3}, 2};
    root = print_values(&settings, values, ARRAY_SIZE(values));
    assert_json_at(root, "profile.settings.periodsize", "[2,3]");
    assert_json_at(root, "profile.periodTree.root.maxChilds", "2");
    assert_json_at(root, "profile.periodTree.root.maxCounts", "6");
    assert_json_at(root, "profile.periodTree.root.children.0.maxChilds", "0");
    assert_json_at(root, "profile.periodTree.root.children.0.maxCounts", "3");
    assert_json_at(root, "profile.periodTree.root.children.0.txmatrix.0.transitions",
                   "{\"0\":{\"nextProbs\":[50,50],\"probability\":40},"
                   "\"1\":{\"nextProbs\":[0,100],\"probability\":60}}");
    assert_json_at(root, "profile.periodTree.root.children.1.txmatrix.0.transitions",
                   "{\"0\":{\"nextProbs\":[67,33],\"probability\":50},"
                   "\"1\":{\"nextProbs\":[67,33],\"probability\":50}}");
    assert_json_at(root, "profile.periodTree.root.children.0.txmatrix.0.stats.count", "6");
    json_object_put(root);

    /* What comes later than the last data is not there; what has none before it is minimal. */
    settings.periods = (struct period_tree){{5, 2, 2}, 3};
    root = print_values(&settings, values, 7);
    assert_int_equal(json_object_array_length(json_at(root, "profile.periodTree.root.children")),
                     2);
    assert_json_at(root, "profile.periodTree.root.children.0.maxCounts", "4");
    assert_int_equal(
        json_object_array_length(json_at(root, "profile.periodTree.root.children.0.children")), 2);
    assert_int_equal(
        json_object_array_length(json_at(root, "profile.periodTree.root.children.1.children")), 2);
    assert_string_equal(
        json_text_at(root, "profile.periodTree.root.children.1.children.1.txmatrix.0.stats.count"),
        "1");
    json_object_put(root);
}

static void test_period_tree_is_sparse(void **state UNUSED)
{
    struct profile_settings settings = made_settings(2, 1, 1);
    struct channel_spec spec = made_spec("cpu", 0, 100);
    struct vm_identity vm = made_vm("demo");
    struct profile *profile;
    struct slot *slot;
    struct buf out = {0};
    struct json_object *root;

    settings.periods = (struct period_tree){{1000, 3, 5}, 3};
    profile = profile_new(&spec, 1, &settings);
    record_print(&record_context, &vm, profile, false, &out);
    root = json_parse_line(&out);
    assert_json_at(root, "profile.periodTree.root.children", "[]");
    json_object_put(root);
    slot = slots_make(profile->channels[0]->periods, 2);
    slot->count = 1;
    buf_clear(&out);
    record_print(&record_context, &vm, profile, false, &out);
    root = json_parse_line(&out);
    assert_int_equal(json_object_array_length(json_at(root, "profile.periodTree.root.children")),
                     3);
    assert_json_at(root, "profile.periodTree.root.children.0",
                   "{\"UUID\":1,\"maxChilds\":3,\"maxCounts\":15,\"children\":[],"
                   "\"txmatrix\":[]}");
    json_object_put(root);
    vm_identity_done(&vm);
    profile_free(profile);
    buf_done(&out);
}

/* Seven blocks of one way, then four blocks of another one: 39 steps within it, and one into it. */
static void test_phases(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel_spec spec = made_spec("cpu", 0, 100);
    struct profile *profile;
    struct json_object *root;
    double seconds = 1e9;

    settings.window = 10;
    profile = profile_new(&spec, 1, &settings);
    for (unsigned i = 0; i < 150; i++) {
        double value = i < 70 || i >= 110 ? (i % 2 ? 90 : 10) : i % 4 < 2 ? 40 : 60;

        profile_take(profile, &value, seconds++, -1);
    }
    root = print_profile(profile, "demo");
    assert_int_equal(json_object_array_length(json_at(root, "profile.phases.phases")),
                     phases_count(profile->phases));
    assert_true(phases_count(profile->phases) > 1);
    assert_int_equal(json_object_array_length(json_at(root, "profile.ext.phases")),
                     phases_count(profile->phases));
    assert_near(json_number_at(root, "profile.ext.phase"), phases_current(profile->phases));
    assert_near(json_number_at(root, "profile.phases.tx.stats.max"), phases_count(profile->phases));
    assert_json_at(root, "profile.phases.phases.1.0.transitions.2",
                   "{\"nextProbs\":[0,0,100,0],\"probability\":98}");
    assert_json_at(root, "profile.phases.phases.1.0.stats.count", "40");
    json_object_put(root);
    profile_free(profile);
}

static void test_calendar(void **state UNUSED)
{
    struct profile_settings settings = made_kind(5);
    struct profile *profile = made_profile(&settings, 1);
    struct json_object *root;

    made_learn(profile, 0, 100); /* slots 0 and 1 */
    root = print_profile(profile, "demo");
    assert_json_at(root, "profile.ext.settings.calendar", "\"hour-of-day\"");
    assert_int_equal(json_object_object_length(json_at(root, "profile.ext.metrics.cpu.calendar")),
                     2);
    assert_true(json_number_at(root, "profile.ext.metrics.cpu.calendar.1.count") > 10);
    assert_true(json_number_at(root, "profile.ext.metrics.cpu.calendar.0.max") >=
                json_number_at(root, "profile.ext.metrics.cpu.calendar.0.mean"));
    json_object_put(root);
    profile_free(profile);
}

static void test_node(void **state UNUSED)
{
    struct profile_settings settings = made_kind(0);
    struct profile *profile = made_profile(&settings, 1);
    struct profiled_host host = {
        .name = "node\"1\n",
        .cores = 16,
        .computed = {.mean = 1.64, .p95 = 3.5, .risk = 0.2, .diversity = NAN},
        .capacity_left = 12.5,
        .days_left = NAN,
    };
    const struct record_context context = {.host = &host, .time = {.tv_sec = 1}};
    struct vm_identity vm = {0};
    struct buf out = {0};
    struct json_object *root;

    overcommit_measured_init(&host.measured, 16, 86400);
    record_print(&context, &vm, profile, false, &out);
    root = json_parse_line(&out);
    assert_json_at(root, "profile.ext.node",
                   "{\"name\":\"node\\\"1\\n\",\"cores\":16,\"overcommit\":{\"mean\":1.64,"
                   "\"p95\":3.5,\"risk\":0.2,\"diversity\":null},\"measured\":{\"p95\":null,"
                   "\"samples\":0,\"over\":0},\"capacity_left\":12.5,\"days_left\":null}");
    assert_json_at(root, "profile.name", "\"\"");
    assert_json_at(root, "profile.ext.vm",
                   "{\"uuid\":null,\"name\":null,\"key\":null,\"vcpus\":null,"
                   "\"mem_kb\":null,\"guest_memory\":false}");
    json_object_put(root);
    overcommit_measured_done(&host.measured);
    profile_free(profile);
    buf_done(&out);
}

static void test_hostile_names(void **state UNUSED)
{
    static const char *const names[] = {
        "\"},\"host\":{\"", "a\nb", "\033[2J", "\xff\xfe", "%s%n", "\\u0000", "",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct profile_settings settings = made_kind(0);
        struct channel_spec spec = made_spec(names[i], 0, 100);
        struct profile *profile = profile_new(&spec, 1, &settings);
        struct json_object *root;

        made_learn(profile, 0, 200);
        root = print_profile(profile, names[i]);
        assert_int_equal(json_object_object_length(root), 1);
        assert_int_equal(json_object_object_length(json_at(root, "profile.ext.metrics")), 1);
        json_object_put(root);
        profile_free(profile);
    }
}

/* What a record says comes back from it. */
static void test_reads_back(void **state UNUSED)
{
    for (unsigned kind = 0; kind < MADE_KINDS; kind++) {
        struct profile_settings settings = made_kind(kind), again = {0};
        struct profile *profile = made_profile(&settings, 12), *read = NULL;
        struct vm_identity vm = made_vm("we\"b\n"), other = {0};
        struct buf out = {0}, second = {0};
        struct json_object *a, *b;
        char why[200] = "";

        made_learn(profile, 0, 2500);
        record_print(&record_context, &vm, profile, false, &out);
        if (state_read(out.data, out.len, NULL, &again, &other, &read, why, sizeof(why)) !=
            STATE_GOOD)
            fail_msg("kind %u: %s", kind, why);
        assert_string_equal(other.name, "we\"b\n");
        assert_int_equal(other.vcpus, 4);
        assert_int_equal(read->steps, profile->steps);
        record_print(&record_context, &other, read, false, &second);
        a = json_parse_line(&out);
        b = json_parse_line(&second);
        assert_string_equal(json_text_at(a, "profile.settings"),
                            json_text_at(b, "profile.settings"));
        assert_string_equal(json_text_at(a, "profile.ext.settings"),
                            json_text_at(b, "profile.ext.settings"));
        json_object_object_foreach(json_at(a, "profile.ext.metrics"), name, metric)
        {
            static const char *const same[] = {
                "lo",    "hi",     "scale",   "unit",       "samples",        "steps",
                "gaps",  "above",  "state",   "context",    "counts",         "p",
                "dwell", "values", "predict", "stationary", "predictability", "visits",
            };
            struct json_object *mirror = json_at(json_at(b, "profile.ext.metrics"), name);

            for (size_t i = 0; i < ARRAY_SIZE(same); i++)
                assert_string_equal(json_text_at(metric, same[i]), json_text_at(mirror, same[i]));
            assert_near(json_number_at(metric, "stats.mean"), json_number_at(mirror, "stats.mean"));
            assert_null(json_at(mirror, "stats.p95"));
        }
        json_object_put(a);
        json_object_put(b);
        profile_free(read);
        profile_free(profile);
        vm_identity_done(&vm);
        vm_identity_done(&other);
        buf_done(&out);
        buf_done(&second);
    }
}

/* One that others have printed has no counts. */
static void test_foreign(void **state UNUSED)
{
    static const char *const texts[] = {
        "{\"profile\":{\"name\":\"demo\",\"periodTree\":{\"root\":{}},\"settings\":{}}}",
        "{\"profile\":7}",
        "{\"profile\":{\"settings\":{},\"ext\":{\"settings\":{},\"vm\":{},\"metrics\":{}}}}",
        "{\"profile\":{\"settings\":{},\"ext\":[]}}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct profile_settings settings;
        struct profile *read = NULL;
        struct vm_identity vm = {0};
        char why[200] = "";

        assert_int_equal(
            state_read(texts[i], strlen(texts[i]), NULL, &settings, &vm, &read, why, sizeof(why)),
            STATE_BAD);
        assert_null(read);
        assert_true(why[0]);
    }
}

static void parse_record(const char *text, size_t len)
{
    struct profile_settings settings;
    struct profile *read = NULL;
    struct vm_identity vm = {0};
    char why[200] = "";
    struct json_object *root;

    if (state_read(text, len, NULL, &settings, &vm, &read, why, sizeof(why)) != STATE_GOOD) {
        assert_null(read);
        return;
    }
    made_learn(read, 10, 20);
    root = print_profile(read, vm.name);
    check_finite(root);
    json_object_put(root);
    vm_identity_done(&vm);
    profile_free(read);
}

static void test_garbage(void **state UNUSED)
{
    struct profile_settings settings = made_kind(1);
    struct profile *profile = made_profile(&settings, 1);
    struct vm_identity vm = made_vm("web");
    struct buf out = {0};

    made_learn(profile, 0, 200);
    record_print(&record_context, &vm, profile, false, &out);
    support_each_prefix(out.data, out.len, parse_record);
    support_each_garbage(out.data, out.len, 1000, parse_record);
    profile_free(profile);
    vm_identity_done(&vm);
    buf_done(&out);
}

static void test_size(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 10, 1);
    struct profile *profile = made_profile(&settings, 9);
    struct vm_identity vm = made_vm("web");
    struct buf out = {0};

    made_learn(profile, 0, 10000);
    record_print(&record_context, &vm, profile, false, &out);
    print_message("# record of 9 metrics after 10000 samples: %zu bytes\n", out.len);
    assert_in_range(out.len, 5000, 40000);
    profile_free(profile);
    vm_identity_done(&vm);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_1),
        cmocka_unit_test(test_order_2),
        cmocka_unit_test(test_rare),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_metric_order),
        cmocka_unit_test(test_metric_without_source),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_period_tree_is_sparse),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_node),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_reads_back),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
