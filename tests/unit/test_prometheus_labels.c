/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prometheus labels: hostile texts, VMs that cannot be told apart, info families. */
#include <stdio.h>
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
}

static void made_done(struct made_frame *m)
{
    free(reader.series);
    reader.series = NULL;
    made_frame_done(m);
}

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

static void assert_line(const char *text, const char *line)
{
    struct buf wanted = {0};

    buf_printf(&wanted, "\n%s\n", line);
    if (!strstr(text, buf_text(&wanted)))
        print_error("no line '%s' in\n%s", line, text);
    assert_non_null(strstr(text, buf_text(&wanted)));
    buf_done(&wanted);
}

/* A VM with a UUID ("" = none) and a counter. */
static size_t add_vm(struct made_frame *m, const char *name, const char *uuid, double pid)
{
    struct frame_table *vms = &m->frame->tables[SCOPE_VM];
    size_t row = made_frame_vm(m, name);

    if (*uuid)
        frame_set_text(vms, row, VM_UUID, uuid);
    if (pid > 0)
        frame_set_number(vms, row, VM_PID, pid);
    frame_set_counter(vms, row, VM_CPU_TOTAL, NS_PER_S * (row + 1));
    return row;
}

static void add_disk(struct made_frame *m, size_t vm_row, const char *name, uint64_t reads)
{
    struct frame_table *disks = &m->frame->tables[SCOPE_VMDISK];
    size_t row = frame_add_row(disks, (uint32_t)vm_row);

    frame_set_text(disks, row, VMDISK_DISK_NAME, name);
    frame_set_counter(disks, row, VMDISK_DISK_READS, reads);
}

static size_t samples_of(const char *name)
{
    const struct prometheus_family_read *family = prometheus_read_find(&reader, name);

    return family ? family->samples : 0;
}

static void assert_value(const char *text, const char *expected)
{
    struct buf out = {0};

    prometheus_put_value(&out, text);
    assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
}

static void test_escapes(void **state UNUSED)
{
    assert_value("", "");
    assert_value("plain {text}=,'#", "plain {text}=,'#");
    assert_value("a\"b", "a\\\"b");
    assert_value("a\\b\\", "a\\\\b\\\\");
    assert_value("a\nb", "a\\nb");
    assert_value("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    assert_value("\xff", "\xef\xbf\xbd");
    assert_value("cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd");
    assert_value("\033[2J\r\t\x7f", "\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_value("\xe2\x80\xae", "\xef\xbf\xbd"); /* right-to-left override */
}

/* Not more than its limit, and no half character. */
static void test_long_value(void **state UNUSED)
{
    char text[PROMETHEUS_VALUE_MAX + 100];
    struct buf out = {0};

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    prometheus_put_value(&out, text);
    assert_int_equal(out.len, PROMETHEUS_VALUE_MAX);
    memcpy(text + PROMETHEUS_VALUE_MAX - 1, "\xc3\xbc", 2);
    buf_clear(&out);
    prometheus_put_value(&out, text);
    assert_int_equal(out.len, PROMETHEUS_VALUE_MAX - 1);
    buf_done(&out);
}

static void assert_number(double number, const char *expected)
{
    struct buf out = {0};

    prometheus_put_number(&out, number);
    assert_int_equal(out.data[out.len - 1], '\n');
    out.len--;
    assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
}

static void test_numbers(void **state UNUSED)
{
    assert_number(0, "0");
    assert_number(-0.0, "0");
    assert_number(7, "7");
    assert_number(99, "99");
    assert_number(100, "100");
    assert_number(12345678901, "12345678901");
    assert_number(-3, "-3");
    assert_number(0.5, "0.5");
    assert_number(-0.25, "-0.25");
    assert_number(0.1, "0.1");
    assert_number(0.000000001, "0.000000001");
    assert_number(0.0000000001, "0");
    assert_number(-0.0000000001, "0");
    assert_number(2.9999999999, "3");
    assert_number(9007199254740992.0, "9007199254740992");
    assert_number(1e18, "1000000000000000000");
    assert_number(1e22, "10000000000000000000000");
}

/* Every hostile name as host, VM, disk, tag and interface. */
static void test_hostile_names(void **state UNUSED)
{
    for (size_t i = 0; i < hostile_names_count; i++) {
        const char *name = hostile_names[i].name;
        struct frame_table *nics;
        struct made_frame m;

        made_init(&m);
        copy_text(m.frame->host_name, sizeof(m.frame->host_name), name);
        add_vm(&m, name, name, 7);
        m.frame->tables[SCOPE_VM].labels[0].tags = name;
        add_disk(&m, 0, name, 1);
        m.frame->tables[SCOPE_VMDISK].labels[0] =
            (struct row_labels){.backend = name, .source = name, .device = name};
        nics = &m.frame->tables[SCOPE_VMNIC];
        frame_add_row(nics, 0);
        frame_set_text(nics, 0, VMNIC_NIC, name);
        frame_set_text(nics, 0, VMNIC_NIC_NAME, name);
        nics->labels[0] = (struct row_labels){.mac = name, .bridge = name};
        for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
            m.options.openmetrics = m.options.host_label = openmetrics;
            print(&m);
            assert_int_equal(samples_of(openmetrics ? "proxtop_vm" : "proxtop_vm_info"), 1);
            assert_int_equal(samples_of(openmetrics ? "proxtop_vm_nic" : "proxtop_vm_nic_info"), 1);
        }
        made_done(&m);
    }
}

/* With UUIDs that tell them apart, VMs have no PID. */
static void test_vm_labels(void **state UNUSED)
{
    struct made_frame m;

    made_init(&m);
    add_vm(&m, "same", "1", 11);
    add_vm(&m, "same", "2", 12);
    print(&m);
    assert_string_equal(prometheus_read_find(&reader, "proxtop_vm_cpu_seconds_total")->labels,
                        "uuid,name,");
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"2\",name=\"same\"} 2");
    made_done(&m);
}

/* On Proxmox VE each VM has a VMID label, the part's families too. */
static void test_vmid(void **state UNUSED)
{
    struct made_frame m;

    made_init(&m);
    add_vm(&m, "a", "1", 11);
    add_vm(&m, "b", "2", 12);
    frame_set_number(&m.frame->tables[SCOPE_VM], 1, VM_VMID, 100);
    m.frame->tables[SCOPE_VM].labels[1] = (struct row_labels){.tags = "x;y", .is_template = true};
    add_disk(&m, 1, "scsi0", 7);
    print(&m);
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"1\",name=\"a\",vmid=\"\"} 1");
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"2\",name=\"b\",vmid=\"100\"} 2");
    assert_line(m.out.data, "proxtop_vm_disk_reads_total{uuid=\"2\",name=\"b\",vmid=\"100\","
                            "disk=\"scsi0\"} 7");
    assert_line(m.out.data, "proxtop_vm_info{uuid=\"1\",name=\"a\",vmid=\"\",id=\"\","
                            "template=\"0\",tags=\"\"} 1");
    assert_line(m.out.data, "proxtop_vm_info{uuid=\"2\",name=\"b\",vmid=\"100\","
                            "id=\"qemu/100\",template=\"1\",tags=\"x;y\"} 1");
    made_done(&m);
}

/* One UUID twice, and none: their PIDs tell; the others' PID is empty. */
static void test_doubles(void **state UNUSED)
{
    struct made_frame m;

    made_init(&m);
    add_vm(&m, "a", "1", 11);
    add_vm(&m, "b", "2", 12);
    add_vm(&m, "a", "1", 13);
    add_vm(&m, "c", "", 14);
    add_disk(&m, 2, "vda", 5);
    print(&m);
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"1\",name=\"a\",pid=\"11\"} 1");
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"2\",name=\"b\",pid=\"\"} 2");
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"1\",name=\"a\",pid=\"13\"} 3");
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"\",name=\"c\",pid=\"14\"} 4");
    assert_line(m.out.data,
                "proxtop_vm_disk_reads_total{uuid=\"1\",name=\"a\",pid=\"13\",disk=\"vda\"} 5");
    made_done(&m);
}

/* Rows that nothing tells apart: the first is printed, the others and their parts are not. */
static void test_equal_rows(void **state UNUSED)
{
    struct made_frame m;

    made_init(&m);
    add_vm(&m, "a", "1", 0);
    add_vm(&m, "a", "1", 0);
    add_vm(&m, "b", "1", 0);
    add_disk(&m, 0, "vda", 1);
    add_disk(&m, 0, "vda", 2);
    add_disk(&m, 1, "vdb", 3);
    add_disk(&m, 2, "vda", 4);
    print(&m);
    assert_int_equal(samples_of("proxtop_vm_cpu_seconds_total"), 2);
    assert_line(m.out.data, "proxtop_vm_cpu_seconds_total{uuid=\"1\",name=\"a\",pid=\"\"} 1");
    assert_int_equal(samples_of("proxtop_vm_disk_reads_total"), 2);
    assert_int_equal(samples_of("proxtop_vm_disk_info"), 2);
    assert_line(m.out.data,
                "proxtop_vm_disk_reads_total{uuid=\"1\",name=\"a\",pid=\"\",disk=\"vda\"} 1");
    assert_line(m.out.data,
                "proxtop_vm_disk_reads_total{uuid=\"1\",name=\"b\",pid=\"\",disk=\"vda\"} 4");
    assert_int_equal(samples_of("proxtop_vm_state"), 2 * VM_STATE__COUNT);
    made_done(&m);
}

/* Names that differ in what is cleaned away, only. */
static void test_equal_when_clean(void **state UNUSED)
{
    struct made_frame m;

    made_init(&m);
    add_vm(&m, "a\001", "1", 0);
    add_vm(&m, "a\002", "1", 0);
    print(&m);
    assert_int_equal(samples_of("proxtop_vm_cpu_seconds_total"), 1);
    made_done(&m);
}

/* Thousands of VMs, each UUID at two of them; a second cycle of fewer in the same memory. */
static void test_many(void **state UNUSED)
{
    static char names[4000][16];
    struct made_frame m;
    struct printer *printer;
    struct buf out = {0};

    made_init(&m);
    made_frame_select(&m, "vm.cpu_total");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(names[i], sizeof(names[i]), "u-%u", i / 2);
        add_vm(&m, "vm", names[i], 1000 + i);
    }
    print(&m);
    assert_int_equal(samples_of("proxtop_vm_cpu_seconds_total"), ARRAY_SIZE(names));
    printer = printer_prometheus.create(&m.options);
    printer_prometheus.print(printer, m.frame, &out);
    frame_unref(m.frame);
    m.frame = frame_new(m.pool);
    add_vm(&m, "vm", "u-0", 1);
    add_vm(&m, "vm", "u-1", 2);
    buf_clear(&out);
    printer_prometheus.print(printer, m.frame, &out);
    printer_prometheus.destroy(printer);
    assert_string_equal(buf_text(&out), print(&m));
    assert_string_equal(prometheus_read_find(&reader, "proxtop_vm_cpu_seconds_total")->labels,
                        "uuid,name,");
    buf_done(&out);
    made_done(&m);
}

/* Each family has one set of labels, whatever is known of its rows. */
static void test_info(void **state UNUSED)
{
    struct frame_table *nics;
    struct made_frame m;

    made_init(&m);
    add_vm(&m, "a", "1", 0);
    add_disk(&m, 0, "vda", 1);
    add_disk(&m, 0, "vdb", 1);
    m.frame->tables[SCOPE_VMDISK].labels[0] =
        (struct row_labels){.backend = "qcow2", .source = "/a \"b\"", .device = "dm-0"};
    nics = &m.frame->tables[SCOPE_VMNIC];
    frame_add_row(nics, 0);
    frame_add_row(nics, 0);
    frame_set_text(nics, 0, VMNIC_NIC, "net0");
    frame_set_text(nics, 0, VMNIC_NIC_NAME, "tap0");
    frame_set_text(nics, 0, VMNIC_NIC_KIND, "tap");
    frame_set_text(nics, 1, VMNIC_NIC, "net1");
    nics->labels[0] = (struct row_labels){.mac = "52:54:00:00:00:01", .bridge = "vmbr0"};
    print(&m);
    assert_line(m.out.data, "proxtop_vm_disk_info{uuid=\"1\",name=\"a\",disk=\"vda\","
                            "backend=\"qcow2\",source=\"/a \\\"b\\\"\",device=\"dm-0\"} 1");
    assert_line(m.out.data, "proxtop_vm_disk_info{uuid=\"1\",name=\"a\",disk=\"vdb\","
                            "backend=\"\",source=\"\",device=\"\"} 1");
    assert_line(m.out.data,
                "proxtop_vm_nic_info{uuid=\"1\",name=\"a\",nic=\"net0\",interface=\"tap0\","
                "mac=\"52:54:00:00:00:01\",bridge=\"vmbr0\",kind=\"tap\"} 1");
    assert_line(m.out.data, "proxtop_vm_nic_info{uuid=\"1\",name=\"a\",nic=\"net1\","
                            "interface=\"\",mac=\"\",bridge=\"\",kind=\"\"} 1");
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_long_value),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_vm_labels),
        cmocka_unit_test(test_vmid),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_equal_rows),
        cmocka_unit_test(test_equal_when_clean),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
