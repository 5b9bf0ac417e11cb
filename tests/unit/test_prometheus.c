/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prometheus text: families, values, labels, and what is left out. */
#include <string.h>

#include "made_frame.h"
#include "print/prometheus_internal.h"
#include "prometheus_reader.h"
#include "support.h"

static struct prometheus_reader reader;

static void made_init(struct made_frame *m)
{
    made_frame_init(m);
    selection_by_families(&m->selection, UINT32_MAX);
    m->options.interval = 1;
}

static void made_done(struct made_frame *m)
{
    free(reader.series);
    reader.series = NULL;
    made_frame_done(m);
}

/* What is printed, read by the strict reader. */
static const char *print(struct made_frame *m)
{
    const char *text = made_frame_print(m, &printer_prometheus, 1), *wrong;

    free(reader.series);
    wrong = prometheus_read(&reader, text, m->options.openmetrics);
    if (wrong)
        print_error("%s:\n%s", wrong, text);
    assert_null(wrong);
    return text;
}

/* Whether the text has this line. */
static bool has_line(const char *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *p = text; (p = strstr(p, line)); p++) {
        if ((p == text || p[-1] == '\n') && p[len] == '\n')
            return true;
    }
    return false;
}

static void assert_line(const char *text, const char *line)
{
    if (!has_line(text, line))
        print_error("no line '%s' in\n%s", line, text);
    assert_true(has_line(text, line));
}

/* A row in each table, every cell with a value and a counter. */
static void fill_all(struct made_frame *m)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        struct frame_table *table = &m->frame->tables[s];

        if (s != SCOPE_HOST)
            frame_add_row(table, 0);
        for (unsigned column = 0; column < table->columns; column++) {
            if (metric_at((enum scope)s, column)->type == METRIC_TYPE_STR)
                frame_set_text(table, 0, column, "text");
            else
                frame_set_number(table, 0, column, 3);
            frame_set_counter(table, 0, column, 5);
        }
    }
    m->frame->agent = (struct frame_agent){.source = "made", .resident_bytes = 4096};
}

static size_t family_of(const struct metric *m, char *ret, size_t size, bool openmetrics)
{
    size_t len = strcspn(m->prometheus, "{");

    if (openmetrics && strcmp(m->prometheus_type, "counter") == 0)
        len -= strlen("_total");
    if (openmetrics && strcmp(m->prometheus_type, "info") == 0)
        len -= strlen("_info");
    assert_true(len < size);
    copy_text(ret, len + 1, m->prometheus);
    return len;
}

/* Every family of the table is printed, with its type and a help of its own. */
static void test_all_families(void **state UNUSED)
{
    for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
        struct made_frame m;
        char name[128];

        made_init(&m);
        m.options.openmetrics = openmetrics;
        fill_all(&m);
        print(&m);
        for (size_t i = 0; i < metrics_count; i++) {
            const struct prometheus_family_read *family;
            const char *type = metrics[i].prometheus_type;

            if (!type[0])
                continue;
            family_of(&metrics[i], name, sizeof(name), openmetrics);
            family = prometheus_read_find(&reader, name);
            if (!family)
                print_error("no family '%s'\n", name);
            assert_non_null(family);
            assert_string_equal(family->type,
                                strcmp(type, "info") == 0 && !openmetrics ? "gauge" : type);
            family_of(&metrics[i], name, sizeof(name), false);
            assert_non_null(prometheus_help(name));
        }
        made_done(&m);
    }
}

/* In the table: a family has one type, stands in one scope, names the labels
 * that all rows of its scope have, and the same ones wherever it is named. */
static void test_table_families(void **state UNUSED)
{
    static const char *const own[SCOPE__COUNT] = {
        [SCOPE_VCPU] = "vcpu",   [SCOPE_BLOCKDEV] = "device,class",
        [SCOPE_VMDISK] = "disk", [SCOPE_NETDEV] = "device",
        [SCOPE_VMNIC] = "nic",
    };

    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *a = &metrics[i];
        size_t len = strcspn(a->prometheus, "{");

        if (!a->prometheus_type[0])
            continue;
        if (own[a->scope])
            assert_int_equal(strncmp(a->prometheus + len + 1, own[a->scope], strlen(own[a->scope])),
                             0);
        for (size_t k = 0; k < i; k++) {
            const struct metric *b = &metrics[k];

            if (strncmp(a->prometheus, b->prometheus, len + 1) != 0)
                continue;
            assert_int_equal(a->scope, b->scope);
            assert_string_equal(a->prometheus_type, b->prometheus_type);
            assert_string_not_equal(a->prometheus, b->prometheus);
        }
    }
}

/* The unit of a family is the one that its name ends in. */
static void test_units(void **state UNUSED)
{
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];
        char name[128];

        if (strcmp(m->prometheus_type, "gauge") != 0)
            continue;
        family_of(m, name, sizeof(name), false);
        if (strcmp(m->unit, "KB") == 0 || strcmp(m->unit, "bytes") == 0 ||
            strcmp(m->unit, "Mbps") == 0)
            assert_non_null(strstr(name, "_bytes"));
        else if (strcmp(m->unit, "s") == 0)
            assert_non_null(strstr(name, "_seconds"));
        else if (strcmp(m->unit, "MHz") == 0)
            assert_non_null(strstr(name, "_hertz"));
        else
            assert_true(strcmp(m->unit, "count") == 0 || m->column == VM_STATE);
    }
}

static void test_gauges(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *host, *vms;
    const char *text;

    made_init(&m);
    host = &m.frame->tables[SCOPE_HOST];
    vms = &m.frame->tables[SCOPE_VM];
    frame_set_number(host, 0, HOST_RAM_TOTAL, 24684092);
    frame_set_number(host, 0, HOST_CPU_CURFREQ, 2596);
    frame_set_number(host, 0, HOST_RAM_ZFSARC, 0.5);
    frame_add_row(&m.frame->tables[SCOPE_NETDEV], 0);
    frame_set_text(&m.frame->tables[SCOPE_NETDEV], 0, NETDEV_DEVICE, "eth0");
    frame_set_number(&m.frame->tables[SCOPE_NETDEV], 0, NETDEV_NET_HOST_SPEED, 10000);
    made_frame_vm(&m, "a");
    frame_set_text(vms, 0, VM_UUID, "u");
    frame_set_number(vms, 0, VM_CPU_STEAL_MAX, 12.3456789);
    frame_set_number(vms, 0, VM_RAM_RSS, 9007199254740992.0 / 1024);
    text = print(&m);
    assert_line(text, "proxtop_host_memory_total_bytes 25276510208");
    assert_line(text, "proxtop_host_cpu_frequency_hertz 2596000000");
    assert_line(text, "proxtop_host_zfs_arc_bytes 512");
    assert_line(text, "proxtop_host_net_speed_bytes{device=\"eth0\"} 1250000000");
    assert_line(text, "proxtop_vm_ready_max_ratio{uuid=\"u\",name=\"a\"} 0.123456789");
    assert_line(text, "proxtop_vm_memory_resident_bytes{uuid=\"u\",name=\"a\"} 9007199254740992");
    assert_null(strstr(text, "proxtop_host_swap_used_bytes")); /* no value: no family */
    made_done(&m);
}

static void test_counters(void **state UNUSED)
{
    static const struct {
        uint64_t ns;
        const char *line;
    } times[] = {
        {0, "proxtop_host_cpu_seconds_total{mode=\"user\"} 0"},
        {1, "proxtop_host_cpu_seconds_total{mode=\"user\"} 0.000000001"},
        {1500000000, "proxtop_host_cpu_seconds_total{mode=\"user\"} 1.5"},
        {20000000000, "proxtop_host_cpu_seconds_total{mode=\"user\"} 20"},
        {UINT64_C(9007199254740993), "proxtop_host_cpu_seconds_total{mode=\"user\"} "
                                     "9007199.254740993"},
        {UINT64_MAX, "proxtop_host_cpu_seconds_total{mode=\"user\"} 18446744073.709551615"},
    };
    struct made_frame m;
    struct frame_table *host;
    const char *text;

    made_init(&m);
    host = &m.frame->tables[SCOPE_HOST];
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        frame_set_counter(host, 0, HOST_CPU_USER, times[i].ns);
        frame_set_counter(host, 0, HOST_CPU_STEAL, 7);
        frame_set_counter(host, 0, HOST_RAM_SWAPIN, UINT64_MAX - i);
        text = print(&m);
        assert_line(text, times[i].line);
        assert_line(text, "proxtop_host_cpu_seconds_total{mode=\"steal\"} 0.000000007");
        if (i == 5)
            assert_line(text, "proxtop_host_swap_in_bytes_total 18446744073709551610");
    }
    /* A value without a counter is no counter. */
    frame_set_number(host, 0, HOST_CPU_GUEST, 5);
    assert_null(strstr(print(&m), "proxtop_host_cpu_guest_seconds_total"));
    made_done(&m);
}

/* Only what is selected, and only of the chosen table. */
static void test_selection(void **state UNUSED)
{
    struct made_frame m;
    const char *text;

    made_init(&m);
    fill_all(&m);
    made_frame_select(&m, "vm.cpu_total,vm.cpu_cores");
    text = print(&m);
    assert_non_null(strstr(text, "proxtop_vm_cpu_seconds_total{"));
    assert_non_null(strstr(text, "proxtop_vm_vcpus{"));
    assert_non_null(strstr(text, "proxtop_vm_info{"));
    assert_null(strstr(text, "proxtop_vm_cpu_wait"));
    assert_null(strstr(text, "proxtop_vm_ready_max_ratio"));
    assert_null(strstr(text, "proxtop_vm_disk_info"));
    assert_null(strstr(text, "proxtop_host"));
    selection_by_families(&m.selection, UINT32_MAX);
    m.options.scope = SCOPE_VMNIC;
    text = print(&m);
    assert_non_null(strstr(text, "proxtop_vm_nic_info{"));
    assert_null(strstr(text, "proxtop_vm_info{"));
    made_done(&m);
}

static void test_host_label(void **state UNUSED)
{
    struct made_frame m;
    struct print_status status = {.sinks = 1, .sink = {{"json stdout", 3}}};
    const char *text;

    made_init(&m);
    fill_all(&m);
    strcpy(m.frame->host_name, "no\"de");
    m.options.host_label = true;
    m.options.status = &status;
    text = print(&m);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        if (*line != '#')
            assert_int_equal(strncmp(strchr(line, '{'), "{host=\"no\\\"de\"", 14), 0);
    }
    assert_line(text, "proxtop_host_info{host=\"no\\\"de\",uuid=\"\"} 1");
    assert_line(text, "proxtop_dropped_cycles_total{host=\"no\\\"de\",sink=\"json stdout\"} 3");
    m.options.host_label = false;
    strcpy(m.frame->host_uuid, "h");
    assert_line(print(&m), "proxtop_host_info{host=\"no\\\"de\",uuid=\"h\"} 1");
    made_done(&m);
}

static void test_states(void **state UNUSED)
{
    struct made_frame m;
    const char *text;

    made_init(&m);
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    frame_set_text(&m.frame->tables[SCOPE_VM], 0, VM_UUID, "1");
    frame_set_text(&m.frame->tables[SCOPE_VM], 1, VM_UUID, "2");
    frame_set_text(&m.frame->tables[SCOPE_VM], 1, VM_STATE, "io-error");
    text = print(&m);
    assert_line(text, "proxtop_vm_state{uuid=\"1\",name=\"a\",state=\"running\"} 1");
    assert_line(text, "proxtop_vm_state{uuid=\"1\",name=\"a\",state=\"io-error\"} 0");
    assert_line(text, "proxtop_vm_state{uuid=\"2\",name=\"b\",state=\"io-error\"} 1");
    assert_int_equal(prometheus_read_find(&reader, "proxtop_vm_state")->samples,
                     2 * VM_STATE__COUNT);
    assert_line(text, "proxtop_vms{state=\"running\"} 1");
    assert_line(text, "proxtop_vms{state=\"paused\"} 0");
    assert_int_equal(prometheus_read_find(&reader, "proxtop_vms")->samples, VM_STATE__COUNT);
    made_done(&m);
}

static void test_agent(void **state UNUSED)
{
    struct made_frame m;
    struct print_status status = {
        .sinks = 3, .sink = {{"json tcp a", 3}, {"csv file x", 0}, {"json tcp a", 4}}};
    const char *text;

    made_init(&m);
    text = print(&m); /* nobody filled it */
    assert_null(strstr(text, "proxtop_up"));
    assert_null(strstr(text, "process_"));
    assert_null(strstr(text, "proxtop_dropped"));
    assert_line(text, "proxtop_build_info{version=\"" PROXTOP_VERSION "\"} 1");
    m.frame->agent = (struct frame_agent){.source = "libvirt",
                                          .source_up = true,
                                          .cycle_seconds = 0.0025,
                                          .cpu_ns = 1234567890,
                                          .resident_bytes = 8192,
                                          .late_cycles = 7};
    m.options.status = &status;
    text = print(&m);
    assert_line(text, "proxtop_up{source=\"libvirt\"} 1");
    assert_line(text, "proxtop_cycle_seconds 0.0025");
    assert_line(text, "process_cpu_seconds_total 1.23456789");
    assert_line(text, "process_resident_memory_bytes 8192");
    assert_line(text, "proxtop_late_cycles_total 7");
    assert_line(text, "proxtop_last_cycle_timestamp_seconds 1769903999.123");
    assert_line(text, "proxtop_dropped_cycles_total{sink=\"json tcp a\"} 7");
    assert_line(text, "proxtop_dropped_cycles_total{sink=\"csv file x\"} 0");
    m.frame->agent.source_up = false;
    assert_line(print(&m), "proxtop_up{source=\"libvirt\"} 0");
    made_done(&m);
}

static void test_openmetrics(void **state UNUSED)
{
    struct made_frame m;
    const char *text;

    made_init(&m);
    fill_all(&m);
    m.options.openmetrics = true;
    text = print(&m);
    assert_line(text, "# TYPE proxtop_vm_cpu_seconds counter");
    assert_line(text, "# UNIT proxtop_vm_cpu_seconds seconds");
    assert_line(text, "# UNIT proxtop_vm_memory_used_bytes bytes");
    assert_line(text, "# UNIT proxtop_host_cpu_frequency_hertz hertz");
    assert_line(text, "# UNIT proxtop_vm_ready_max_ratio ratio");
    assert_line(text, "# TYPE proxtop_vm info");
    assert_line(text, "# TYPE proxtop_build info");
    assert_line(text, "# TYPE process_cpu_seconds counter");
    assert_null(strstr(text, "# UNIT proxtop_host_disk_reads "));
    assert_non_null(strstr(text, "\nproxtop_vm_cpu_seconds_total{"));
    assert_non_null(strstr(text, "\nproxtop_vm_info{"));
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    assert_string_equal(printer_prometheus.content_type(&m.options),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
    m.options.openmetrics = false;
    text = print(&m);
    assert_null(strstr(text, "EOF"));
    assert_null(strstr(text, "# UNIT"));
    assert_line(text, "# TYPE proxtop_vm_info gauge");
    assert_string_equal(printer_prometheus.content_type(&m.options),
                        "text/plain; version=0.0.4; charset=utf-8");
    made_done(&m);
}

/* Cells that the source told, and what counts as long. */
static void test_silent_source(void **state UNUSED)
{
    static const struct {
        double interval, stale;
        bool told;
    } cases[] = {{1, 0, true},   {1, 29, true},   {1, 30, false},
                 {20, 59, true}, {20, 60, false}, {20, 10000, false}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct made_frame m;
        struct frame_table *vms, *disks;
        const char *text;

        made_init(&m);
        m.options.interval = cases[i].interval;
        fill_all(&m);
        vms = &m.frame->tables[SCOPE_VM];
        disks = &m.frame->tables[SCOPE_VMDISK];
        frame_set_number(vms, 0, VM_STALE, cases[i].stale);
        frame_mark_told(vms, 0, VM_STATE);
        frame_mark_told(vms, 0, VM_RAM_TOTAL);
        for (unsigned column = 0; column < VMDISK__COUNT; column++)
            frame_mark_told(disks, 0, column);
        text = print(&m);
        assert_int_equal(strstr(text, "proxtop_vm_state{") != NULL, cases[i].told);
        assert_int_equal(strstr(text, "proxtop_vm_memory_total_bytes{") != NULL, cases[i].told);
        assert_int_equal(strstr(text, "proxtop_vm_disk_reads_total{") != NULL, cases[i].told);
        assert_int_equal(strstr(text, "proxtop_vm_disk_capacity_bytes{") != NULL, cases[i].told);
        assert_non_null(strstr(text, "proxtop_vm_stale_seconds{"));
        assert_non_null(strstr(text, "proxtop_vm_cpu_seconds_total{"));
        assert_non_null(strstr(text, "proxtop_vm_memory_resident_bytes{"));
        assert_non_null(strstr(text, "proxtop_vm_net_receive_bytes_total{")); /* of a tap */
        made_done(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_families),  cmocka_unit_test(test_table_families),
        cmocka_unit_test(test_units),         cmocka_unit_test(test_gauges),
        cmocka_unit_test(test_counters),      cmocka_unit_test(test_selection),
        cmocka_unit_test(test_host_label),    cmocka_unit_test(test_states),
        cmocka_unit_test(test_agent),         cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_silent_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
