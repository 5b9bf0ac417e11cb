/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/text and profiler/prometheus: lines for people, and gauges, of profiles made by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_profile.h"
#include "profiler/printers.h"
#include "profiler/record.h"
#include "prometheus_reader.h"
#include "support.h"

/* ---- a learner that has learned what the test says: the printers know it by these only ---- */

#define VMS_MAX 4
static struct {
    struct profiler_settings settings;
    struct profiled_vm vms[VMS_MAX];
    size_t count;
    struct profiled_host host;
    bool due;
} fake;

const struct profiler_settings *profiler_settings(const struct profiler *profiler UNUSED)
{
    return &fake.settings;
}

bool profiler_is_finished(const struct profiler *profiler UNUSED)
{
    return false;
}

bool profiler_is_due(const struct profiler *profiler UNUSED)
{
    return fake.due;
}

size_t profiler_count(const struct profiler *profiler UNUSED)
{
    return fake.count;
}

const struct profiled_vm *profiler_at(const struct profiler *profiler UNUSED, size_t i)
{
    return &fake.vms[i];
}

const struct profiled_host *profiler_host(const struct profiler *profiler UNUSED)
{
    return &fake.host;
}

struct timespec profiler_time(const struct profiler *profiler UNUSED)
{
    return (struct timespec){.tv_sec = 1700000000};
}

/* ---- what it has learned ---- */

static struct profile *made_profile(size_t channels)
{
    static const struct {
        const char *name;
        enum channel_role role;
        double hi;
        const char *unit;
    } all[] = {{"cpu", ROLE_CPU, 100, "%"},
               {"io", ROLE_OTHER, 6442450944.0, "B/s"},
               {"net", ROLE_OTHER, 125e6, "B/s"},
               {"mem", ROLE_MEM, 100, "%"}};
    struct channel_spec specs[4];

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        specs[i] = made_spec(all[i].name, 0, all[i].hi);
        specs[i].role = all[i].role;
        specs[i].unit = all[i].unit;
    }
    return profile_new(specs, channels, &fake.settings.profile);
}

static int setup(void **state UNUSED)
{
    memset(&fake, 0, sizeof(fake));
    fake.settings.profile = made_settings(4, 1, 1);
    fake.due = true;
    overcommit_measured_init(&fake.host.measured, NAN, 0);
    fake.host.cores = fake.host.capacity_left = fake.host.days_left = NAN;
    fake.host.computed = (struct overcommit){NAN, NAN, NAN, NAN};
    return 0;
}

static int teardown(void **state UNUSED)
{
    for (size_t i = 0; i < fake.count; i++) {
        profile_free(fake.vms[i].profile);
        free(fake.vms[i].vm.name);
        free(fake.vms[i].vm.uuid);
        free(fake.vms[i].vm.key);
    }
    overcommit_measured_done(&fake.host.measured);
    return 0;
}

static struct profiled_vm *add_vm(const char *name, const char *uuid, const char *key,
                                  size_t channels)
{
    struct profiled_vm *vm = &fake.vms[fake.count++];

    vm->vm.name = name ? xstrdup(name) : NULL;
    vm->vm.uuid = uuid ? xstrdup(uuid) : NULL;
    vm->vm.key = key ? xstrdup(key) : NULL;
    vm->profile = made_profile(channels);
    vm->due = true;
    return vm;
}

/* States 0 1 2 3 3 0 1 3 3 0 of the CPU, over and over; others stand still. Six seconds apart. */
static void learn(struct profiled_vm *vm, unsigned rounds, double cpu_scale)
{
    static const double cpu[] = {0, 30, 55, 80, 100, 12.4, 12.5, 87.5, 95, 5};

    for (unsigned i = 0; i < rounds; i++) {
        double values[] = {cpu[i % 10] * cpu_scale, 1e6, 100e6, 40};

        profile_take(vm->profile, values, i, -1);
    }
}

static void add_usual(void)
{
    struct profiled_vm *vm = add_vm("web-01", "a-b", "101", 3);

    vm->vm.vcpus = 4;
    vm->vm.mem_kb = 8 << 20;
    learn(vm, 10, 1);
    for (size_t i = 0; i < vm->profile->count; i++)
        vm->profile->channels[i]->anomaly.z = i ? -2 : -1.44;
}

static void set_host(void)
{
    copy_text(fake.host.name, sizeof(fake.host.name), "pve1");
    fake.host.cores = 16;
    overcommit_measured_done(&fake.host.measured);
    overcommit_measured_init(&fake.host.measured, 16, 0);
    overcommit_measured_take(&fake.host.measured, 8, 1000);
    fake.host.computed = (struct overcommit){.mean = 4, .p95 = 9.75, .risk = 0.012, .diversity = 1};
    fake.host.capacity_left = 8;
    fake.host.days_left = 120;
}

/* ---- the text ---- */

static unsigned widest(const char *text)
{
    unsigned ret = 0, width = 0;
    uint32_t c;

    while (*text) {
        size_t n = utf8_next(text, &c);

        assert_true(n > 0);
        assert_true(c == '\n' || !utf8_is_control(c));
        width = c == '\n' ? 0 : width + 1;
        ret = width > ret ? width : ret;
        text += n;
    }
    return ret;
}

static char *text_of(bool timestamps, bool page)
{
    struct print_options options = {
        .timestamps = timestamps, .page = page, .profiler = (const struct profiler *)&fake};
    struct printer *printer = printer_profile_text.create(&options);
    struct buf out = {0};
    char *ret;

    printer_profile_text.header(printer, &out);
    printer_profile_text.print(printer, NULL, &out);
    ret = xstrdup(buf_text(&out));
    printer_profile_text.destroy(printer);
    buf_done(&out);
    return ret;
}

static void test_text_lines(void **state UNUSED)
{
    struct profiled_vm *none;
    char *text;

    add_usual();
    none = add_vm("silent", "c-d", "102", 3);
    none->due = true;
    set_host();
    text = text_of(false, false);
    assert_string_equal(
        text, "NAME                CLASS     CPU P95 VCPU>NEED  MEM>NEED SURE  ANOMALY    "
              "METRIC STATE/STATES>NEXT, CHANCE\n"
              /* In state 0, from where it went to 1 both times; of 9 steps 8 stayed. */
              "web-01              saturated   100.0       4>5    8.0G>-   0%  learning   "
              "cpu 0/4>1  63%  io 0/4>0  86%  net 3/4>3  86%\n"
              "silent              unknown         -         -         -   0%      -      "
              "cpu -/4>-    -  io -/4>-    -  net -/4>-    -\n"
              "host pve1: 16 cores; all VMs: P95 8.0 measured, 9.8 computed; risk of "
              "overcommitment 1.2%; "
              "8.0 cores left, 120 days\n\n");
    free(text);
}

static void test_text_without_figures(void **state UNUSED)
{
    char *text = text_of(false, false);

    assert_non_null(strchr(text, '\n'));
    assert_string_equal(strchr(text, '\n'), "\n");
    free(text);
    add_vm(NULL, NULL, NULL, 0);
    text = text_of(false, false);
    assert_non_null(strstr(text, "\n-                   unknown"));
    assert_null(strstr(text, "host"));
    assert_null(strstr(text, "nan"));
    free(text);
}

/* A metric that there is no source of does not take the place of one that has values. */
static void test_text_metrics_without_values(void **state UNUSED)
{
    struct profiled_vm *vm = add_vm("no-net", "u", "k", 4);
    char *text;

    for (unsigned i = 0; i < 5; i++)
        profile_take(vm->profile, (const double[]){50, NAN, NAN, 40}, i, -1);
    text = text_of(false, false);
    assert_non_null(strstr(text, "  cpu 2/4>2  75%  mem 2/4>2  75%  io -/4>-    -\n"));
    free(text);
    profile_take(vm->profile, (const double[]){50, NAN, 100e6, 40}, 5, -1);
    text = text_of(false, false);
    assert_non_null(strstr(text, "  net 3/4>0  25%  mem 2/4>2  79%\n"));
    free(text);
}

/* What is not known of the host is left out. */
static void test_text_of_host(void **state UNUSED)
{
    char *text;

    set_host();
    fake.host.days_left = NAN;
    text = text_of(false, false);
    assert_non_null(strstr(text, "; 8.0 cores left\n"));
    free(text);
    fake.host.computed = (struct overcommit){NAN, NAN, NAN, NAN};
    text = text_of(false, false);
    assert_non_null(strstr(text, ": 16 cores; all VMs: P95 8.0 measured; 8.0 cores left\n"));
    free(text);
    fake.host.capacity_left = NAN;
    fake.host.computed.p95 = 9.75;
    overcommit_measured_done(&fake.host.measured);
    overcommit_measured_init(&fake.host.measured, 16, 0);
    text = text_of(false, false);
    assert_non_null(strstr(text, ": 16 cores; all VMs: P95 9.8 computed\n"));
    free(text);
}

static void test_text_is_due(void **state UNUSED)
{
    struct profiled_vm *other;
    char *text;

    add_usual();
    other = add_vm("later", "c-d", "102", 3);
    other->due = false;
    text = text_of(false, false);
    assert_null(strstr(text, "later"));
    free(text);
    text = text_of(false, true);
    assert_non_null(strstr(text, "later"));
    free(text);
    fake.due = false;
    text = text_of(false, false);
    assert_null(strstr(text, "web-01"));
    free(text);
    text = text_of(false, true);
    assert_non_null(strstr(text, "web-01"));
    free(text);
}

static void test_text_with_times(void **state UNUSED)
{
    char *text;

    add_usual();
    text = text_of(true, false);
    assert_memory_equal(text, "TIME                     NAME ", 30);
    assert_non_null(strstr(text, "\n2023-11-14T22:13:20.000Z web-01 "));
    assert_null(strstr(text, "000Z \n"));
    assert_null(strstr(text, "000Z\n"));
    free(text);
}

/* Names may be anything: they are cut, and nothing of them reaches a terminal. */
static void test_text_hostile_names(void **state UNUSED)
{
    char *text;

    add_vm("a\x1b[2J\nroot \xff\xe2\x80\xae", "u", "k", 3);
    add_vm("a name that is much too long for its column", "u", "k", 3);
    add_vm("\xc3\xa4\xc3\xb6\xc3\xbc-\xe6\x97\xa5\xe6\x9c\xac", "u", "k", 3);
    add_vm("", "u", "the-key", 3);
    copy_text(fake.host.name, sizeof(fake.host.name), "h\x1b[31m");
    fake.host.cores = 4;
    text = text_of(false, false);
    assert_true(widest(text) <= 120);
    assert_non_null(strstr(text, "\na?[2J?root ??       unknown"));
    assert_non_null(strstr(text, "\na name that is muc~ unknown"));
    assert_non_null(
        strstr(text, "\n\xc3\xa4\xc3\xb6\xc3\xbc-\xe6\x97\xa5\xe6\x9c\xac              unknown"));
    assert_non_null(strstr(text, "\nthe-key             unknown"));
    /* Of the host nothing else is known. */
    assert_non_null(strstr(text, "\nhost h?[31m: 4 cores\n"));
    free(text);
}

/* What is unusual is marked, and the metric to blame is told of though it is a later one. */
static void test_text_anomaly(void **state UNUSED)
{
    struct profiled_vm *vm = add_vm("odd", "u", "k", 4);
    struct anomaly *anomaly;
    char *text;

    learn(vm, 40, 1);
    anomaly = &vm->profile->channels[3]->anomaly;
    anomaly->z = 12.34;
    anomaly->active = true;
    text = text_of(false, false);
    assert_non_null(strstr(text, " !12.3 mem  cpu "));
    assert_non_null(strstr(text, "  mem 2/4>2  96%\n"));
    assert_null(strstr(text, "net"));
    assert_true(widest(text) <= 120);
    free(text);
    anomaly->active = false;
    text = text_of(false, false);
    assert_non_null(strstr(text, "  learning   cpu "));
    free(text);
    learn(vm, 130, 1); /* 10 * 4^2 transitions are enough */
    anomaly->active = false;
    anomaly->z = 12.34;
    text = text_of(false, false);
    assert_non_null(strstr(text, "  12.3 mem  cpu "));
    assert_null(strstr(text, "mem 2/4"));
    free(text);
    anomaly->active = true;
    anomaly->z = 1e300;
    text = text_of(false, false);
    assert_non_null(strstr(text, " !9999 mem  cpu "));
    assert_true(widest(text) <= 120);
    free(text);
}

static void test_text_of_many_states(void **state UNUSED)
{
    char *text;

    fake.settings.profile.states = 64;
    add_usual();
    text = text_of(false, false);
    assert_non_null(strstr(text, "  cpu  3/64>"));
    free(text);
}

/* ---- Prometheus ---- */

static struct prometheus_reader reader;

static char *gauges_of(bool openmetrics, bool host_label, bool page)
{
    struct print_options options = {.openmetrics = openmetrics,
                                    .host_label = host_label,
                                    .page = page,
                                    .profiler = (const struct profiler *)&fake};
    struct printer *printer = printer_profile_prometheus.create(&options);
    struct buf out = {0};
    const char *wrong;
    char *ret;

    /* Twice: what is kept does not get into the next cycle. */
    printer_profile_prometheus.print(printer, NULL, &out);
    buf_clear(&out);
    printer_profile_prometheus.print(printer, NULL, &out);
    ret = xstrdup(buf_text(&out));
    assert_null(strstr(ret, "nan"));
    assert_null(strstr(ret, "inf "));
    wrong = out.len ? prometheus_read(&reader, ret, openmetrics) : NULL;
    if (wrong)
        fail_msg("%.80s", wrong);
    free(reader.series);
    reader.series = NULL;
    assert_non_null(printer_profile_prometheus.content_type(&options));
    printer_profile_prometheus.destroy(printer);
    buf_done(&out);
    return ret;
}

#define assert_has(text, line)                                                                     \
    do {                                                                                           \
        if (!strstr((text), (line)))                                                               \
            fail_msg("no %s", (line));                                                             \
    } while (0)

static void test_gauges(void **state UNUSED)
{
    char *text;

    add_usual();
    set_host();
    text = gauges_of(false, false, false);
    assert_has(text, "# TYPE proxprofiler_vm_anomaly_score gauge\n"
                     "proxprofiler_vm_anomaly_score{name=\"web-01\",uuid=\"a-b\"} -1.44\n");
    assert_has(text, "\nproxprofiler_vm_anomaly_score_ratio{name=\"web-01\",uuid=\"a-b\"} 0\n");
    assert_has(text, "\nproxprofiler_vm_anomaly_active{name=\"web-01\",uuid=\"a-b\"} 0\n");
    assert_has(text,
               "\nproxprofiler_vm_info{name=\"web-01\",uuid=\"a-b\",class=\"saturated\"} 1\n");
    /* ceil(4 * 1.0 * 1.15) */
    assert_has(text, "\nproxprofiler_vm_recommended_vcpus{name=\"web-01\",uuid=\"a-b\"} 5\n");
    assert_null(strstr(text, "proxprofiler_vm_recommended_memory_bytes"));
    assert_has(text,
               "\nproxprofiler_vm_metric_state{name=\"web-01\",uuid=\"a-b\",metric=\"net\"} 3\n");
    assert_has(text, "_predicted_state{name=\"web-01\",uuid=\"a-b\",metric=\"cpu\"} 1\n");
    assert_has(text, "_predicted_probability{name=\"web-01\",uuid=\"a-b\",metric=\"cpu\"} 0.625\n");
    assert_has(text, "_predictability{name=\"web-01\",uuid=\"a-b\",metric=\"cpu\"} 0.155356");
    assert_has(text, "_p95{name=\"web-01\",uuid=\"a-b\",metric=\"cpu\",unit=\"%\"} 100\n");
    assert_has(text, "\nproxprofiler_host_overcommit_risk 0.012\n");
    assert_has(text, "\nproxprofiler_host_cores 16\n");
    assert_has(text, "\nproxprofiler_host_demand_p95_cores 9.75\n");
    assert_has(text, "\nproxprofiler_host_demand_measured_p95_cores 8\n");
    assert_has(text, "\nproxprofiler_host_capacity_left_cores 8\n");
    assert_has(text, "\nproxprofiler_host_capacity_left_seconds 10368000\n");
    assert_has(text, "\nproxprofiler_vms 1\n");
    free(text);
}

static void test_gauges_of_memory(void **state UNUSED)
{
    struct profiled_vm *vm = add_vm("m", "u", "k", 4);
    char *text;

    vm->vm.mem_kb = 1000000;
    learn(vm, 10, 1);
    text = gauges_of(false, false, false);
    /* Its guest says nothing of its memory. */
    assert_null(strstr(text, "recommended_memory"));
    free(text);
    vm->vm.guest_memory = true;
    text = gauges_of(false, false, false);
    /* ceil(0.40 * 1000000 * 1.15) KB: the largest value seen is 40 %. */
    assert_has(text,
               "\nproxprofiler_vm_recommended_memory_bytes{name=\"m\",uuid=\"u\"} 471040000\n");
    assert_null(strstr(text, "recommended_vcpus"));
    free(text);
}

/* Nothing learned: no figures, and no heads without samples. */
static void test_gauges_without_figures(void **state UNUSED)
{
    char *text;

    add_vm("new", "u", "k", 3);
    fake.vms[0].profile->channels[0]->anomaly.z = NAN;
    fake.host.cores = fake.host.days_left = INFINITY;
    text = gauges_of(false, true, false);
    assert_has(text, "proxprofiler_vm_info{host=\"\",name=\"new\",uuid=\"u\",class=\"unknown\"} 1");
    assert_null(strstr(text, "metric="));
    assert_null(strstr(text, "proxprofiler_host_"));
    free(text);
    fake.due = false;
    text = gauges_of(false, false, false);
    assert_string_equal(text, "");
    free(text);
    text = gauges_of(false, false, true);
    assert_has(text, "proxprofiler_vms 1\n");
    free(text);
}

static void test_openmetrics(void **state UNUSED)
{
    char *text;

    add_usual();
    set_host();
    text = gauges_of(true, true, false);
    assert_has(text, "# TYPE proxprofiler_vm info\n");
    assert_has(text, "# UNIT proxprofiler_host_capacity_left_seconds seconds\n");
    assert_has(text, "\nproxprofiler_host_cores{host=\"pve1\"} 16\n");
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
}

/* Two VMs of one name and UUID are told apart by their keys; the third by nothing. */
static void test_twins(void **state UNUSED)
{
    char *text;

    add_vm("one", "u", "101", 3);
    add_vm("other", "v", "104", 3);
    add_vm("one", "u", "102", 3);
    add_vm("one", "u", "102", 3);
    text = gauges_of(false, false, false);
    assert_has(text, "_info{name=\"one\",uuid=\"u\",key=\"101\",class");
    assert_has(text, "_info{name=\"one\",uuid=\"u\",key=\"102\",class");
    assert_has(text, "_info{name=\"other\",uuid=\"v\",key=\"\",class");
    assert_int_equal(prometheus_read_find(&reader, "proxprofiler_vm_info")->samples, 3);
    free(text);
    /* One that ended is not told of. */
    fake.vms[2].final = fake.vms[3].final = true;
    text = gauges_of(false, false, false);
    assert_has(text, "_info{name=\"one\",uuid=\"u\",class");
    assert_has(text, "proxprofiler_vms 2\n");
    free(text);
}

static void test_hostile_labels(void **state UNUSED)
{
    char *text;

    add_vm("a\"} 1\nb\\\x1b\xff", NULL, NULL, 3);
    learn(&fake.vms[0], 10, 1);
    copy_text(fake.vms[0].profile->channels[1]->spec.name, CHANNEL_NAME_SIZE, "x\"\n\xc3");
    text = gauges_of(false, false, false);
    assert_has(text, "name=\"a\\\"} 1\\nb\\\\\xef\xbf\xbd\xef\xbf\xbd\",uuid=\"\"");
    assert_has(text, "metric=\"x\\\"\\n\xef\xbf\xbd\"");
    free(text);
    text = gauges_of(true, true, false);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_without_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_metrics_without_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_of_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_with_times, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_hostile_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_anomaly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_of_many_states, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gauges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gauges_of_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gauges_without_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_openmetrics, setup, teardown),
        cmocka_unit_test_setup_teardown(test_twins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_labels, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
