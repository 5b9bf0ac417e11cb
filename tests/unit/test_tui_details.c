/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The details of one VM. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "made_frame.h"
#include "made_tui.h"
#include "support.h"

static struct row_labels *details_labels(struct made_tui *m, enum scope scope, size_t row)
{
    return &m->frame->tables[scope].labels[row];
}

static void details_unset(struct made_tui *m, enum scope scope, size_t row, unsigned column)
{
    struct frame_table *table = &m->frame->tables[scope];

    table->valid[frame_cell_index(table, row, column)] = 0;
}

/* A VM that tells all. */
static void details_frame(struct made_tui *m)
{
    made_tui_frame(m);
    size_t vm = made_tui_vm(m, "db-01");
    struct row_labels *labels = details_labels(m, SCOPE_VM, vm);

    labels->tags = "prod;db";
    labels->lock = "backup";
    labels->cpu_limit = 2.5;
    labels->hostdevs = "0000:01:00.0;0000:02:00.1";
    labels->is_template = true;
    made_tui_set_text(m, SCOPE_VM, vm, VM_UUID, "4c4c4544-0031-3010-8057-b4c04f333032");
    made_tui_set(m, SCOPE_VM, vm, VM_CPU_CORES, 4);
    made_tui_set(m, SCOPE_VM, vm, VM_CPU_STEAL, 12.1);
    made_tui_set(m, SCOPE_VM, vm, VM_CPU_THROTTLED, 3.1);
    made_tui_set(m, SCOPE_VM, vm, VM_RAM_ACTUAL, 3.0 * 1024 * 1024);
    made_tui_set(m, SCOPE_VM, vm, VM_RAM_MAX, 4.0 * 1024 * 1024);
    made_tui_set(m, SCOPE_VM, vm, VM_START_TIME, 502);
    for (unsigned i = 0; i < 4; i++) {
        size_t row = made_tui_vcpu(m);

        made_tui_set(m, SCOPE_VCPU, row, VCPU_VCPU_TOTAL, 10.0 * i);
        made_tui_set(m, SCOPE_VCPU, row, VCPU_VCPU_STEAL, 1.5 * i);
    }
    size_t disk = made_tui_disk(m, "scsi0");

    labels = details_labels(m, SCOPE_VMDISK, disk);
    labels->backend = "rbd";
    labels->source = "pool/vm-101-disk-0";
    labels->device = "nvme0n1";
    made_tui_set(m, SCOPE_VMDISK, disk, VMDISK_DISK_SIZE_CAPACITY, 32.0 * 1024 * 1024 * 1024);
    made_tui_set(m, SCOPE_VMDISK, disk, VMDISK_DISK_INFLIGHT, 0.25);
    size_t nic = made_tui_nic(m, "net0");

    labels = details_labels(m, SCOPE_VMNIC, nic);
    labels->mac = "BC:24:11:00:00:01";
    labels->bridge = "vmbr0";
    made_tui_set_text(m, SCOPE_VMNIC, nic, VMNIC_NIC_NAME, "tap100i0");
    nic = made_tui_nic(m, "net1");
    made_tui_set_text(m, SCOPE_VMNIC, nic, VMNIC_NIC_KIND, "vf");
    details_unset(m, SCOPE_VMNIC, nic, VMNIC_NET_RECEIVEDBYTES);
}

static void details_open(struct made_tui *m)
{
    made_tui_init(m);
    details_frame(m);
    made_tui_take(m);
    made_tui_size(m, 80, 120);
    made_tui_type(m, "<Enter>");
    assert_int_equal(m->tui->mode, MODE_DETAILS);
}

static void details_has(struct made_tui *m, const char *text)
{
    if (!strstr(made_tui_text(m), text))
        fail_msg("not there: \"%s\" in\n%s", text, made_tui_text(m));
}

static void details_lacks(struct made_tui *m, const char *text)
{
    if (strstr(made_tui_text(m), text))
        fail_msg("there: \"%s\" in\n%s", text, made_tui_text(m));
}

static void test_identity(void **state)
{
    struct made_tui m;

    (void)state;
    details_open(&m);
    assert_memory_equal(made_tui_line(&m, 1), " db-01 ", 7);
    details_has(&m, "ID 100  UUID 4c4c4544-0031-3010-8057-b4c04f333032  host pve1  PID 1000");
    details_has(&m, "tags prod;db  lock backup  template");
    details_has(&m, "CPU limit 2.50 host CPUs  %LIM 3.1  balloon (MCTL) 3.0G of 4.0G");
    /* 12.1 of each of 4 vCPUs. */
    details_has(&m, "esxtop %RDY (sum): 48.4");
    made_tui_done(&m);
}

/* Where there is no VMID, the ID is the UUID: once is enough. */
static void test_the_uuid_is_told_once(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    details_frame(&m);
    details_unset(&m, SCOPE_VM, 0, VM_VMID);
    made_tui_take(&m);
    made_tui_size(&m, 30, 120);
    made_tui_type(&m, "<Enter>");
    details_has(&m, "  ID 4c4c4544-0031-3010-8057-b4c04f333032  host pve1  PID 1000");
    made_tui_done(&m);
}

static void test_parts(void **state)
{
    struct made_tui m;

    (void)state;
    details_open(&m);
    details_has(&m, "VCPUS (4)");
    details_has(&m, "vCPU 3   %USED   30.0  %RDY    4.5 [|||");
    details_has(&m, "scsi0  backend rbd  on nvme0n1  SIZE 32.0G");
    details_has(&m, "source pool/vm-101-disk-0");
    details_has(&m, "AQU 0.25");
    details_has(&m, "net0  interface tap100i0  kind tap  bridge vmbr0  MAC BC:24:11:00:00:01");
    /* 125000 bytes per s are 1 Mb/s. */
    details_has(&m, "RX 1.0  TX 2.0");
    details_has(&m, "net1  interface -  kind vf  bridge -  MAC -  not measurable");
    details_has(&m, "0000:01:00.0  hostdev, not measurable");
    details_has(&m, "0000:02:00.1  hostdev, not measurable");
    /* Nobody asked for it. */
    details_lacks(&m, "THREADS");
    made_tui_done(&m);
}

/* A tap that has no figure yet is no NIC that cannot be measured; a vhost-user one whose
 * hypervisor tells is measured. */
static void test_measurable(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    made_tui_vm(&m, "db-01");
    size_t tap = made_tui_nic(&m, "net0"), user = made_tui_nic(&m, "net1");

    details_unset(&m, SCOPE_VMNIC, tap, VMNIC_NET_RECEIVEDBYTES);
    made_tui_set_text(&m, SCOPE_VMNIC, user, VMNIC_NIC_KIND, "vhost-user");
    made_tui_take(&m);
    made_tui_size(&m, 60, 120);
    made_tui_type(&m, "<Enter>");
    details_has(&m, "RX -  TX 2.0");
    details_has(&m, "RX 1.0  TX 2.0");
    details_lacks(&m, "not measurable");
    made_tui_done(&m);
}

static void test_threads(void **state)
{
    struct thread_use use[1][THREAD_CLASS__COUNT] = {{
        [THREAD_MAIN] = {.threads = 1, .valid = true, .used = 1.25, .waiting = 0.5},
        [THREAD_VHOST] = {.threads = 2, .valid = true, .used = 110, .waiting = 7},
        [THREAD_WORKER] = {.threads = 3},
    }};
    struct made_tui m;
    struct frame_table *table;

    (void)state;
    made_tui_init(&m);
    details_frame(&m);
    table = &m.frame->tables[SCOPE_VM];
    table->threads = use;
    made_tui_take(&m);
    made_tui_size(&m, 80, 120);
    made_tui_type(&m, "<Enter>");
    details_has(&m, "main         1  used    1.2  waiting    0.5\n");
    details_has(&m, "vhost        2  used  110.0  waiting    7.0\n");
    details_has(&m, "worker       3  used      -  waiting      -\n");
    details_lacks(&m, "iothread     ");
    table->threads = NULL;
    made_tui_done(&m);
}

/* What is not known is "-", and nothing is 0 that nobody told. */
static void test_nothing_known(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    size_t vm = frame_add_row(&m.frame->tables[SCOPE_VM], 0);

    made_tui_set_text(&m, SCOPE_VM, vm, VM_NAME, "bare");
    frame_add_row(&m.frame->tables[SCOPE_VCPU], (uint32_t)vm);
    frame_add_row(&m.frame->tables[SCOPE_VMDISK], (uint32_t)vm);
    frame_add_row(&m.frame->tables[SCOPE_VMNIC], (uint32_t)vm);
    made_tui_take(&m);
    made_tui_size(&m, 60, 120);
    made_tui_type(&m, "<Enter>");
    details_has(&m, "ID -  host pve1  PID -");
    details_has(&m, "state unknown");
    details_has(&m, "up since -");
    details_has(&m, "CPU limit none known  %LIM -  balloon (MCTL) -  GUEST -");
    details_has(&m, "esxtop %RDY (sum): -");
    details_has(&m, "vCPU -   %USED      -  %RDY      -");
    details_has(&m, "-  backend -  on -  SIZE -  ALLOC -  source -");
    details_has(&m, "READS/s -  WRITES/s -");
    details_has(&m, "-  interface -  kind -  bridge -  MAC -");
    made_tui_done(&m);
}

static void test_state_since(void **state)
{
    struct made_tui m;
    char want[128], moment[32];
    struct tm tm;
    time_t at;

    (void)state;
    details_open(&m);
    at = (time_t)(m.now.ns / (int64_t)NS_PER_S);
    strftime(moment, sizeof(moment), "%b %e %H:%M", localtime_r(&at, &tm));
    snprintf(want, sizeof(want), "state running  since before %s  up since", moment);
    details_has(&m, want);
    /* Up since 502 s after the epoch: 1002 - 502 = 500 s. */
    details_has(&m, "(8 min)");

    details_frame(&m);
    made_tui_set_text(&m, SCOPE_VM, 0, VM_STATE, "paused");
    made_tui_take(&m);
    made_tui_pass(&m, 88);
    details_frame(&m);
    made_tui_set_text(&m, SCOPE_VM, 0, VM_STATE, "paused");
    made_tui_take(&m);
    at = (time_t)(m.now.ns / (int64_t)NS_PER_S) - 90;
    strftime(moment, sizeof(moment), "%b %e %H:%M", localtime_r(&at, &tm));
    snprintf(want, sizeof(want), "state paused  since %s (1 min)", moment);
    details_has(&m, want);
    made_tui_done(&m);
}

static void states_take(struct states *states, const char *ids, time_t wall)
{
    struct vm_facts list[8] = {0};
    struct facts facts = {.list = list};

    /* "a" is a VM that runs, "A" the same one paused. */
    for (; *ids; ids++)
        list[facts.count++] = (struct vm_facts){
            .id = (uint64_t)*ids | 0x20, .state = *ids & 0x20 ? VM_STATE_RUNNING : VM_STATE_PAUSED};
    states_look(states, &facts, wall);
}

static void states_expect(const struct states *states, char id, time_t at, bool earlier)
{
    const struct state_since *since = states_find(states, (uint64_t)id);

    assert_non_null(since);
    assert_int_equal(since->at, at);
    assert_int_equal(since->earlier, earlier);
}

/* Wherever VMs stand in the frame. */
static void test_states_follow_vms(void **state)
{
    struct states states = {0};

    (void)state;
    states_take(&states, "", 5);
    states_take(&states, "abcd", 10);
    states_take(&states, "aBcd", 20);
    states_take(&states, "daeB", 30);
    states_expect(&states, 'a', 10, true);
    states_expect(&states, 'b', 20, false);
    states_expect(&states, 'd', 10, true);
    states_expect(&states, 'e', 30, true);
    assert_null(states_find(&states, 'c'));
    states_take(&states, "cDaeb", 40);
    states_expect(&states, 'b', 40, false);
    states_expect(&states, 'c', 40, true);
    states_expect(&states, 'd', 40, false);
    states_expect(&states, 'e', 30, true);
    states_done(&states);
}

static void test_stale(void **state)
{
    struct made_tui m;

    (void)state;
    details_open(&m);
    details_lacks(&m, "no answer");
    details_frame(&m);
    made_tui_set(&m, SCOPE_VM, 0, VM_STALE, 12);
    struct inventory *inventory = inventory_new("made");
    struct vm_info *vm = inventory_append(inventory);

    vm->key = xstrdup("db-01");
    vm->name = xstrdup("db-01");
    copy_text(vm->stale_reason, sizeof(vm->stale_reason), "QMP is busy");
    inventory_finish(inventory);
    m.frame->inventory = inventory;
    made_tui_take(&m);
    details_has(&m, "no answer for 12 s  because QMP is busy");
    details_has(&m, "WHY STUCK");
    made_tui_done(&m);
}

static enum style details_style_of(struct made_tui *m, const char *text)
{
    struct buf line = {0};
    enum style style = STYLE__COUNT;

    tui_draw(m->tui, &m->canvas, m->now);
    for (unsigned row = 0; row < m->canvas.rows && style == STYLE__COUNT; row++) {
        buf_clear(&line);
        canvas_row_text(&m->canvas, row, &line);
        const char *at = strstr(buf_text(&line), text);

        /* The text's last character; lines of plain ASCII. */
        if (at)
            style = m->canvas
                        .cells[row * m->canvas.cols +
                               (size_t)(at - buf_text(&line) + (ptrdiff_t)strlen(text) - 1)]
                        .style;
    }
    buf_done(&line);
    return style;
}

/* Ready time is judged without what the limit takes: 12.1 - 3.1 = 9 is a warning. */
static void test_colours(void **state)
{
    struct made_tui m;

    (void)state;
    details_open(&m);
    details_frame(&m);
    made_tui_set(&m, SCOPE_VCPU, 0, VCPU_VCPU_STEAL, 12.1);
    made_tui_set(&m, SCOPE_VCPU, 1, VCPU_VCPU_STEAL, 13.2);
    made_tui_set(&m, SCOPE_VMDISK, 0, VMDISK_DISK_LAT_RD, 60);
    made_tui_set(&m, SCOPE_VMDISK, 0, VMDISK_DISK_READS, 100);
    made_tui_take(&m);
    assert_int_equal(details_style_of(&m, "%RDY   12.1"), STYLE_WARN);
    assert_int_equal(details_style_of(&m, "%RDY   13.2"), STYLE_CRIT);
    assert_int_equal(details_style_of(&m, "%RDY    4.5"), STYLE_NORMAL);
    assert_int_equal(details_style_of(&m, "LAT/rd 60.00"), STYLE_CRIT);
    made_tui_done(&m);
}

/* More than 16 vCPUs: a character each, and the 8 that suffer most. */
static void test_many_vcpus(void **state)
{
    struct made_tui m;
    struct buf want = {0};
    float values[40];

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    made_tui_vm(&m, "big");
    for (unsigned i = 0; i < 40; i++) {
        size_t row = made_tui_vcpu(&m);

        values[i] = (float)(i * 37 % 100);
        made_tui_set(&m, SCOPE_VCPU, row, VCPU_VCPU_TOTAL, (double)values[i]);
        made_tui_set(&m, SCOPE_VCPU, row, VCPU_VCPU_STEAL, i < 32 ? i : 0);
    }
    made_tui_take(&m);
    made_tui_size(&m, 60, 120);
    made_tui_type(&m, "<Enter>");
    details_has(&m, "VCPUS (40)");
    buf_puts(&want, "%USED      ");
    figure_curve(&want, values, 40, 100, true);
    details_has(&m, buf_text(&want));
    details_has(&m, "The 8 that wait most:\n  vCPU 31  %USED");
    details_has(&m, "vCPU 24 ");
    details_lacks(&m, "vCPU 23 ");
    /* A strip that is wider than the screen goes on in the next line. */
    made_tui_size(&m, 60, 40);
    details_has(&m, "  27         █");
    buf_done(&want);
    made_tui_done(&m);
}

/* Five minutes of 50 %: the lower half of the graph is full, and latency has its scale. */
static void test_graph(void **state)
{
    struct made_tui m;
    unsigned row = 0;

    (void)state;
    made_tui_init(&m);
    for (unsigned i = 0; i < HISTORY_STEPS; i++) {
        made_tui_frame(&m);
        size_t vm = made_tui_vm(&m, "db-01");

        made_tui_set(&m, SCOPE_VM, vm, VM_CPU_TOTAL, 50);
        made_tui_set(&m, SCOPE_VM, vm, VM_CPU_STEAL, 0);
        made_tui_set(&m, SCOPE_VM, vm, VM_DISK_LAT_AVG, 42);
        made_tui_take(&m);
    }
    made_tui_size(&m, 40, 90);
    made_tui_type(&m, "<Enter>");
    while (row < 40 && !strstr(made_tui_line(&m, row), " 100 %"))
        row++;
    assert_non_null(strstr(made_tui_line(&m, row), "%USED"));
    assert_null(strstr(made_tui_line(&m, row), "▁"));
    assert_non_null(strstr(made_tui_line(&m, row + 1), "▄▄▄▄▄▄▄▄▄▄"));
    assert_non_null(strstr(made_tui_line(&m, row + 2), "  0 ██████████"));
    assert_non_null(strstr(made_tui_line(&m, row + 3), "%RDY   100 %"));
    assert_non_null(strstr(made_tui_line(&m, row + 5), "  0 ▁▁▁▁▁▁▁▁▁▁"));
    assert_non_null(strstr(made_tui_line(&m, row + 6), "LAT    50 ms"));
    assert_non_null(strstr(made_tui_line(&m, row + 9), "-5 min"));
    assert_non_null(strstr(made_tui_line(&m, row + 9), "now"));
    made_tui_done(&m);
}

static void test_vm_ends(void **state)
{
    struct made_tui m;

    (void)state;
    details_open(&m);
    made_tui_cycle(&m, "web-01");
    details_has(&m, "the VM is not running any more");
    assert_memory_equal(made_tui_line(&m, 1), " db-01 ", 7);
    made_tui_type(&m, "<Esc>");
    details_lacks(&m, "not running any more");
    made_tui_done(&m);
}

/* Texts of a VM fill their columns and do nothing else. */
static void test_hostile_texts(void **state)
{
    static const unsigned sizes[][2] = {{24, 80}, {60, 120}, {12, 40}, {5, 20}, {1, 1}};
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    for (size_t i = 0; i < hostile_names_count; i++) {
        const char *name = hostile_names[i].name;

        details_frame(&m);
        details_labels(&m, SCOPE_VM, 0)->tags = name;
        details_labels(&m, SCOPE_VM, 0)->lock = name;
        details_labels(&m, SCOPE_VM, 0)->hostdevs = name;
        details_labels(&m, SCOPE_VMDISK, 0)->source = name;
        details_labels(&m, SCOPE_VMDISK, 0)->backend = name;
        details_labels(&m, SCOPE_VMDISK, 0)->device = name;
        details_labels(&m, SCOPE_VMNIC, 0)->mac = name;
        details_labels(&m, SCOPE_VMNIC, 0)->bridge = name;
        made_tui_set_text(&m, SCOPE_VM, 0, VM_NAME, name);
        made_tui_set_text(&m, SCOPE_VM, 0, VM_UUID, name);
        made_tui_set_text(&m, SCOPE_VMDISK, 0, VMDISK_DISK_NAME, name);
        made_tui_set_text(&m, SCOPE_VMNIC, 0, VMNIC_NIC, name);
        made_tui_set_text(&m, SCOPE_VMNIC, 0, VMNIC_NIC_NAME, name);
        made_tui_take(&m);
        made_tui_size(&m, 30, 120);
        made_tui_type(&m, "<Esc><Enter>");
        assert_int_equal(m.tui->mode, MODE_DETAILS);
        for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
            made_tui_size(&m, sizes[k][0], sizes[k][1]);
            for (const char *p = made_tui_text(&m); *p; p++)
                assert_true(*p == '\n' || (unsigned char)*p >= ' ');
            made_tui_type(&m, "<End>");
            made_tui_text(&m);
        }
    }
    made_tui_done(&m);
}

/* A path without blanks is shown whole, over several lines. */
static void test_long_source(void **state)
{
    struct made_tui m;
    char source[301];
    size_t count = 0;

    (void)state;
    made_tui_init(&m);
    details_frame(&m);
    memset(source, 'x', 300);
    source[300] = '\0';
    details_labels(&m, SCOPE_VMDISK, 0)->source = source;
    made_tui_take(&m);
    made_tui_size(&m, 80, 80);
    made_tui_type(&m, "<Enter>");
    size_t lines = 0;

    /* 300 of 75 to 79 in a line: in four lines, or five. */
    for (const char *p = made_tui_text(&m); (p = strstr(p, "xxxx")); p += strspn(p, "x")) {
        count += strspn(p, "x");
        lines++;
    }
    assert_int_equal(count, 300);
    assert_true(lines >= 4 && lines <= 5);
    made_tui_done(&m);
}

static void test_small_screens(void **state)
{
    struct made_tui m;

    (void)state;
    details_open(&m);
    for (unsigned rows = 1; rows <= 12; rows++) {
        for (unsigned cols = 1; cols <= 60; cols++) {
            made_tui_size(&m, rows, cols);
            made_tui_text(&m);
            made_tui_type(&m, "<PgDn>");
            made_tui_text(&m);
        }
    }
    made_tui_size(&m, 12, 40);
    made_tui_type(&m, "<Home>");
    details_has(&m, "ID 100");
    details_has(&m, "(more below)");
    made_tui_type(&m, "<End>");
    details_has(&m, "hostdev, not measurable");
    made_tui_done(&m);
}

static void test_needs(void **state)
{
    struct made_tui m;
    struct selection needs = {0};

    (void)state;
    details_open(&m);
    details_add_needs(m.tui, &needs);
    assert_true(needs.thread_classes);
    assert_true(needs.wanted[SCOPE_VCPU][VCPU_VCPU_STEAL]);
    assert_true(needs.wanted[SCOPE_VM][VM_START_TIME]);
    assert_true(needs.wanted[SCOPE_VM][VM_CPU_THROTTLED]);
    assert_true(needs.wanted[SCOPE_VM][VM_RAM_ACTUAL]);
    assert_true(needs.wanted[SCOPE_VMDISK][VMDISK_DISK_INFLIGHT]);
    assert_true(needs.wanted[SCOPE_VMDISK][VMDISK_DISK_LAT_AVG]);
    assert_true(needs.wanted[SCOPE_VMNIC][VMNIC_NIC_KIND]);
    assert_true(needs.wanted[SCOPE_VMNIC][VMNIC_NET_RECEIVEDDROP]);
    /* What it does not show is not read for it. */
    assert_false(needs.wanted[SCOPE_VM][VM_IO_RCHAR]);
    made_tui_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),    cmocka_unit_test(test_the_uuid_is_told_once),
        cmocka_unit_test(test_parts),       cmocka_unit_test(test_measurable),
        cmocka_unit_test(test_threads),     cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_state_since), cmocka_unit_test(test_states_follow_vms),
        cmocka_unit_test(test_stale),       cmocka_unit_test(test_colours),
        cmocka_unit_test(test_many_vcpus),  cmocka_unit_test(test_graph),
        cmocka_unit_test(test_vm_ends),     cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_long_source), cmocka_unit_test(test_small_screens),
        cmocka_unit_test(test_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
