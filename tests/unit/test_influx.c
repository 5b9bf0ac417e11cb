/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print/influx: tags, types, escapes and gaps, read back by another reader. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "influx_reader.h"
#include "made_frame.h"
#include "print/column.h"
#include "support.h"

#define STAMP " 1769903999123000000\n"

static const char *print(struct made_frame *m)
{
    return made_frame_print(m, &printer_influx, 1);
}

static void test_lines(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *vms;

    made_frame_init(&m);
    made_frame_select(&m, "UUID,name,pid,state,vm.cpu_total,vm.net_receivedBytes,host.cpu_cores,"
                          "host.cpu_idle");
    vms = &m.frame->tables[SCOPE_VM];
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    frame_set_text(vms, 0, VM_UUID, "u-1");
    frame_set_number(vms, 0, VM_VMID, 100);
    frame_set_number(vms, 0, VM_PID, 42);
    frame_set_number(vms, 0, VM_CPU_TOTAL, 45);
    frame_set_number(vms, 1, VM_NET_RECEIVEDBYTES, 1234.6);
    frame_set_number(&m.frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 8);
    assert_string_equal(
        print(&m), "proxtop_host,host=node1 cpu_cores=8i" STAMP
                   "proxtop_vm,host=node1,name=a,uuid=u-1,vmid=100 pid=42i,state=\"running\","
                   "cpu_total=45.00" STAMP
                   "proxtop_vm,host=node1,name=b state=\"running\",net_receivedBytes=1235.0" STAMP);
    made_frame_done(&m);
}

static void test_parts(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *tables;

    made_frame_init(&m);
    tables = m.frame->tables;
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    frame_set_number(&tables[SCOPE_VM], 1, VM_VMID, 7);
    made_frame_vcpu(&m, 1, 3);
    frame_set_number(&tables[SCOPE_VCPU], 0, VCPU_VCPU_TOTAL, 1.5);
    frame_add_row(&tables[SCOPE_VMDISK], 0);
    frame_set_text(&tables[SCOPE_VMDISK], 0, VMDISK_DISK_NAME, "vda");
    frame_set_number(&tables[SCOPE_VMDISK], 0, VMDISK_DISK_SIZE_CAPACITY, 5);
    frame_add_row(&tables[SCOPE_VMNIC], 1);
    frame_set_text(&tables[SCOPE_VMNIC], 0, VMNIC_NIC, "net0");
    frame_set_text(&tables[SCOPE_VMNIC], 0, VMNIC_NIC_NAME, "tap1");
    frame_add_row(&tables[SCOPE_BLOCKDEV], 0);
    frame_set_text(&tables[SCOPE_BLOCKDEV], 0, BLOCKDEV_DEVICE, "sda");
    frame_set_text(&tables[SCOPE_BLOCKDEV], 0, BLOCKDEV_CLASS, "disk");
    frame_set_number(&tables[SCOPE_BLOCKDEV], 0, BLOCKDEV_DISK_DEVICE_IOUTIL, 2);
    frame_add_row(&tables[SCOPE_NETDEV], 0);
    frame_set_text(&tables[SCOPE_NETDEV], 0, NETDEV_DEVICE, "eth0");
    frame_set_number(&tables[SCOPE_NETDEV], 0, NETDEV_NET_HOST_SPEED, 1000);
    made_frame_select(&m, "vcpu_id,vcpu_total,disk_name,vmdisk.disk_size_capacity,nic,nic_name,"
                          "device,class,disk_device_ioutil,netdev.net_host_speed");
    assert_string_equal(print(&m), "");
    m.options.devices = true;
    assert_string_equal(print(&m),
                        "proxtop_vcpu,host=node1,name=b,vcpu=3,vmid=7 vcpu_total=1.50" STAMP
                        "proxtop_blockdev,class=disk,device=sda,host=node1 "
                        "disk_device_ioutil=2.00" STAMP
                        "proxtop_disk,disk=vda,host=node1,name=a disk_size_capacity=5i" STAMP
                        "proxtop_netdev,device=eth0,host=node1 net_host_speed=1000i" STAMP
                        "proxtop_nic,host=node1,name=b,nic=net0,vmid=7 nic_name=\"tap1\"" STAMP);
    m.options.devices = false;
    m.options.scope = SCOPE_NETDEV;
    assert_string_equal(print(&m),
                        "proxtop_netdev,device=eth0,host=node1 net_host_speed=1000i" STAMP);
    made_frame_done(&m);
}

/* Counters are the kernel's: of rates, where there is one, and within an int64_t. */
static void test_counters(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *vms;

    made_frame_init(&m);
    made_frame_select(&m, "name,vm.cpu_total,vm.net_receivedBytes,ram_rss");
    vms = &m.frame->tables[SCOPE_VM];
    made_frame_vm(&m, "a");
    frame_set_number(vms, 0, VM_CPU_TOTAL, 45);
    frame_set_counter(vms, 0, VM_CPU_TOTAL, INT64_MAX);
    frame_set_counter(vms, 0, VM_NET_RECEIVEDBYTES, (uint64_t)INT64_MAX + 1);
    frame_set_number(vms, 0, VM_RAM_RSS, 9);
    frame_set_counter(vms, 0, VM_RAM_RSS, 9); /* of a gauge, it would be none */
    assert_string_equal(print(&m), "proxtop_vm,host=node1,name=a cpu_total=45.00,ram_rss=9i" STAMP);
    m.options.influx = PRINT_INFLUX_COUNTERS;
    assert_string_equal(print(&m),
                        "proxtop_vm,host=node1,name=a cpu_total_total=9223372036854775807i" STAMP);
    m.options.influx = PRINT_INFLUX_BOTH;
    frame_set_counter(vms, 0, VM_NET_RECEIVEDBYTES, 0);
    assert_string_equal(print(&m),
                        "proxtop_vm,host=node1,name=a cpu_total=45.00,"
                        "cpu_total_total=9223372036854775807i,net_receivedBytes_total=0i,"
                        "ram_rss=9i" STAMP);
    made_frame_done(&m);
}

/* Two VMs with one UUID are two series, with all their parts; so are those
 * without one. Nobody else's tags change. */
static void test_doubles(void **state UNUSED)
{
    static const char *const uuids[] = {"u-1", "u-2", "u-1", NULL};
    struct made_frame m;
    struct frame_table *vms;

    made_frame_init(&m);
    made_frame_select(&m, "name,pid,vcpu_id,vcpu_total");
    m.options.devices = true;
    vms = &m.frame->tables[SCOPE_VM];
    for (size_t i = 0; i < ARRAY_SIZE(uuids); i++) {
        made_frame_vm(&m, "a");
        if (uuids[i])
            frame_set_text(vms, i, VM_UUID, uuids[i]);
        frame_set_number(vms, i, VM_PID, 40.0 + (double)i);
        made_frame_vcpu(&m, i, 0);
        frame_set_number(&m.frame->tables[SCOPE_VCPU], i, VCPU_VCPU_TOTAL, 1);
    }
    assert_string_equal(
        print(&m), "proxtop_vm,host=node1,name=a,process=40,uuid=u-1 pid=40i" STAMP
                   "proxtop_vm,host=node1,name=a,uuid=u-2 pid=41i" STAMP
                   "proxtop_vm,host=node1,name=a,process=42,uuid=u-1 pid=42i" STAMP
                   "proxtop_vm,host=node1,name=a,process=43 pid=43i" STAMP
                   "proxtop_vcpu,host=node1,name=a,process=40,uuid=u-1,vcpu=0 vcpu_total=1.00" STAMP
                   "proxtop_vcpu,host=node1,name=a,uuid=u-2,vcpu=0 vcpu_total=1.00" STAMP
                   "proxtop_vcpu,host=node1,name=a,process=42,uuid=u-1,vcpu=0 vcpu_total=1.00" STAMP
                   "proxtop_vcpu,host=node1,name=a,process=43,vcpu=0 vcpu_total=1.00" STAMP);
    made_frame_done(&m);
}

static void set_told_counter(struct frame_table *table, size_t row, unsigned column)
{
    frame_set_counter(table, row, column, 5);
    frame_mark_told(table, row, column);
}

/* A counter that stands still because nobody tells it would be a rate of 0:
 * after 30 s, or 3 cycles, it is left out; the kernel's own go on. */
static void test_silent_source(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *tables;
    static const struct {
        double stale, interval;
        bool silent;
    } cases[] = {{0, 2, false},   {29, 2, false},   {30, 2, true},
                 {29, 60, false}, {179, 60, false}, {180, 60, true}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        made_frame_init(&m);
        made_frame_select(&m, "vm.cpu_total,vm.disk_reads,vmdisk.disk_reads");
        m.options.devices = true;
        m.options.influx = PRINT_INFLUX_COUNTERS;
        m.options.interval = cases[i].interval;
        tables = m.frame->tables;
        made_frame_vm(&m, "a");
        frame_set_text(&tables[SCOPE_VM], 0, VM_UUID, "u-1");
        frame_set_number(&tables[SCOPE_VM], 0, VM_STALE, cases[i].stale);
        frame_set_counter(&tables[SCOPE_VM], 0, VM_CPU_TOTAL, 7);
        set_told_counter(&tables[SCOPE_VM], 0, VM_DISK_READS);
        set_told_counter(&tables[SCOPE_VMDISK], frame_add_row(&tables[SCOPE_VMDISK], 0),
                         VMDISK_DISK_READS);
        assert_string_equal(
            print(&m), cases[i].silent
                           ? "proxtop_vm,host=node1,name=a,uuid=u-1 cpu_total_total=7i" STAMP
                           : "proxtop_vm,host=node1,name=a,uuid=u-1 "
                             "cpu_total_total=7i,disk_reads_total=5i" STAMP
                             "proxtop_disk,host=node1,name=a,uuid=u-1 disk_reads_total=5i" STAMP);
        made_frame_done(&m);
    }
}

/* A row without a field is no line. */
static void test_gaps(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "name,UUID,vm.cpu_total,vm.host_name,host.host_name,pid");
    assert_string_equal(print(&m), "");
    made_frame_vm(&m, "a");
    frame_set_text(&m.frame->tables[SCOPE_VM], 0, VM_HOST_NAME, "node1");
    frame_set_text(&m.frame->tables[SCOPE_VM], 0, VM_UUID, "u-1");
    assert_string_equal(print(&m), "");
    /* What an int64_t does not hold would be refused, and the whole line with it. */
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_PID, 9223372036854775808.0);
    assert_string_equal(print(&m), "");
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_PID, -9223372036854774784.0);
    m.frame->host_name[0] = '\0';
    assert_string_equal(print(&m), "proxtop_vm,name=a,uuid=u-1 pid=-9223372036854774784i" STAMP);
    made_frame_done(&m);
}

static void assert_written(const char *name, const char *tag, const char *field)
{
    struct made_frame m;
    char *expected = xasprintf("proxtop_vm,host=node1%s%s state=\"%s\"" STAMP,
                               tag[0] ? ",name=" : "", tag, field);

    made_frame_init(&m);
    made_frame_select(&m, "state");
    made_frame_vm(&m, name);
    frame_set_text(&m.frame->tables[SCOPE_VM], 0, VM_STATE, name);
    assert_string_equal(print(&m), expected);
    free(expected);
    made_frame_done(&m);
}

static void test_escapes(void **state UNUSED)
{
    assert_written("", "", "");
    assert_written("plain-1.x_y", "plain-1.x_y", "plain-1.x_y");
    assert_written("a b,c=d", "a\\ b\\,c\\=d", "a b,c=d");
    assert_written(" ", "\\ ", " ");
    assert_written("quo\"te", "quo\"te", "quo\\\"te");
    assert_written("a\\b", "a\\b", "a\\\\b");
    assert_written("end\\", "end/", "end\\\\");
    assert_written("\\\\x", "/\\x", "\\\\\\\\x");
    assert_written("a\\,b", "a/\\,b", "a\\\\,b");
    assert_written("a\\ b\\=c", "a/\\ b/\\=c", "a\\\\ b\\\\=c");
    assert_written("a\nb\r\tc\033", "a?b??c?", "a?b??c?");
    assert_written("\xff\xc2\x85", "??", "??");
    assert_written("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
    assert_written("#1", "#1", "#1");
}

static void test_hostile_names(void **state UNUSED)
{
    struct influx_line *line = xcalloc(1, sizeof(*line));
    struct made_frame m;
    const char *at;

    made_frame_init(&m);
    made_frame_select(&m, "state");
    for (size_t i = 0; i < hostile_names_count; i++) {
        size_t row = made_frame_vm(&m, hostile_names[i].name);

        frame_set_text(&m.frame->tables[SCOPE_VM], row, VM_STATE, hostile_names[i].name);
    }
    at = print(&m);
    for (size_t i = 0; i < hostile_names_count; i++) {
        struct buf shown = {0};

        print_clean(&shown, hostile_names[i].name);
        assert_true(influx_reader_line(&at, line));
        assert_string_equal(influx_reader_text(line, line->fields[0].value), buf_text(&shown));
        assert_int_equal(line->tag_count, hostile_names[i].name[0] ? 2 : 1);
        for (size_t j = 0; j < shown.len; j++) {
            if (shown.data[j] == '\\' &&
                (j + 1 == shown.len || strchr("\\\", =", shown.data[j + 1])))
                shown.data[j] = '/';
        }
        if (hostile_names[i].name[0])
            assert_string_equal(influx_reader_text(line, line->tags[1].value), buf_text(&shown));
        buf_done(&shown);
    }
    assert_string_equal(at, "");
    buf_done(&line->text);
    free(line);
    made_frame_done(&m);
}

/* Every table, with every metric at `number`, read back. */
static void fill(struct made_frame *m, double number)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        struct frame_table *table = &m->frame->tables[s];

        if (!table->rows)
            frame_add_row(table, 0);
        for (unsigned column = 0; column < table->columns; column++) {
            enum metric_kind kind = metric_at((enum scope)s, column)->kind;

            if (metric_at((enum scope)s, column)->type == METRIC_TYPE_STR)
                frame_set_text(table, 0, column, "t ,");
            else
                frame_set_number(table, 0, column, number);
            if (kind == METRIC_KIND_RATE || kind == METRIC_KIND_TOTAL)
                frame_set_counter(table, 0, column, (uint64_t)number);
        }
    }
}

/* Types of the fields as "key=type" words, one table after the other. */
static char *types(struct made_frame *m)
{
    struct influx_line *line = xcalloc(1, sizeof(*line));
    const char *at = print(m);
    struct buf words = {0};
    unsigned lines = 0;
    char *ret;

    for (; *at; lines++) {
        assert_true(influx_reader_line(&at, line));
        buf_printf(&words, "%s: ", influx_reader_text(line, line->measurement));
        for (size_t i = 0; i < line->field_count; i++)
            buf_printf(&words, "%s=%c ", influx_reader_text(line, line->fields[i].key),
                       line->fields[i].type);
    }
    assert_int_equal(lines, SCOPE__COUNT);
    ret = xstrdup(buf_text(&words));
    buf_done(&words);
    buf_done(&line->text);
    free(line);
    return ret;
}

/* A key's type is its metric's, whatever its value, under either kind of names,
 * and no key stands for two. */
static void test_types(void **state UNUSED)
{
    static const double numbers[] = {0, 1, 0.004, 0.5, 1e6 / 3, 1e15, 1e18};

    for (unsigned names = 0; names < 2; names++) {
        char *first = NULL, *other;

        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
            struct made_frame m;

            made_frame_init(&m);
            m.options.devices = true;
            m.options.influx = PRINT_INFLUX_BOTH;
            m.options.names = names ? PRINT_NAMES_ESXTOP : PRINT_NAMES_KEYS;
            fill(&m, numbers[i] * (names ? 0.001 : 1));
            other = types(&m);
            if (first) {
                assert_string_equal(other, first);
                free(other);
            } else {
                first = other;
            }
            made_frame_done(&m);
        }
        free(first);
    }
}

/* Each metric is either a field of its table, with its type, or a tag. */
static void test_every_metric(void **state UNUSED)
{
    static const char letters[] = {
        [METRIC_TYPE_STR] = 's', [METRIC_TYPE_INT] = 'i', [METRIC_TYPE_DEC] = 'f'};
    struct made_frame m;
    char *all;

    made_frame_init(&m);
    m.options.devices = true;
    fill(&m, 3);
    all = types(&m);
    for (size_t i = 0; i < metrics_count; i++) {
        char *word = xasprintf(" %s=%c ", metrics[i].key, letters[metrics[i].type]);
        bool field = strncmp(metrics[i].prometheus, "label ", 6) != 0 &&
                     strcmp(metrics[i].key, "host_name") != 0;

        if ((strstr(all, word) != NULL) != field)
            fail_msg("%s", word);
        free(word);
    }
    free(all);
    made_frame_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),    cmocka_unit_test(test_parts),
        cmocka_unit_test(test_counters), cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_escapes),  cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_types),    cmocka_unit_test(test_every_metric),
        cmocka_unit_test(test_doubles),  cmocka_unit_test(test_silent_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
