/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/rows: which rows the table has, in which order. */
#include "tui/rows.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"
#include "tui/rows_sort.h"

#define NOT_KNOWN NAN

/* One shot, and one before it for those who left. */
struct world {
    struct made_frame made, made_before;
    struct shot shot, before;
    struct thresholds thresholds;
    struct column_table *columns;
    struct table_rows rows;
    struct rows_request request;
};

static struct world w;

static void set_up_made(struct made_frame *made, struct shot *shot)
{
    made_frame_init(made);
    shot->frame = made->frame;
}

static int set_up(void **state UNUSED)
{
    memset(&w, 0, sizeof(w));
    set_up_made(&w.made, &w.shot);
    set_up_made(&w.made_before, &w.before);
    thresholds_defaults(&w.thresholds);
    w.columns = column_table_new();
    w.request = (struct rows_request){
        .shot = &w.shot, .view = VIEW_ALL, .filter = "", .thresholds = &w.thresholds};
    return 0;
}

static int tear_down(void **state UNUSED)
{
    table_rows_done(&w.rows);
    column_table_free(w.columns);
    facts_done(&w.shot.facts);
    facts_done(&w.before.facts);
    made_frame_done(&w.made);
    made_frame_done(&w.made_before);
    return 0;
}

static size_t add_vm_to(struct made_frame *made, const char *name, unsigned vmid, double used)
{
    struct frame_table *table = &made->frame->tables[SCOPE_VM];
    size_t row = made_frame_vm(made, name);
    char key[32];

    snprintf(key, sizeof(key), "key%u", vmid);
    table->labels[row].key = frame_keep_text(made->frame, key);
    frame_set_number(table, row, VM_VMID, vmid);
    frame_set_number(table, row, VM_CPU_TOTAL, used);
    return row;
}

static size_t add_vm(const char *name, unsigned vmid, double used)
{
    return add_vm_to(&w.made, name, vmid, used);
}

static void add_disk_to(struct made_frame *made, size_t vm, const char *name, double reads)
{
    struct frame_table *table = &made->frame->tables[SCOPE_VMDISK];
    size_t row = frame_add_row(table, (uint32_t)vm);

    frame_set_text(table, row, VMDISK_DISK_NAME, name);
    frame_set_number(table, row, VMDISK_DISK_READS, reads);
}

static void add_disk(size_t vm, const char *name, double reads)
{
    add_disk_to(&w.made, vm, name, reads);
}

static void add_nic(size_t vm, const char *name, const char *interface)
{
    struct frame_table *table = &w.made.frame->tables[SCOPE_VMNIC];
    size_t row = frame_add_row(table, (uint32_t)vm);

    frame_set_text(table, row, VMNIC_NIC, name);
    frame_set_text(table, row, VMNIC_NIC_NAME, interface);
}

static void add_device(enum scope scope, unsigned column, const char *name, const char *class)
{
    struct frame_table *table = &w.made.frame->tables[scope];
    size_t row = frame_add_row(table, 0);

    frame_set_text(table, row, column, name);
    if (class)
        frame_set_text(table, row, BLOCKDEV_CLASS, class);
}

static void sort_by(enum column_family family, struct column_ref ref, bool ascending)
{
    w.request.sort = column_of(w.columns, family, ref);
    w.request.ascending = ascending;
}

static void build(void)
{
    facts_look(&w.shot.facts, w.shot.frame, &w.thresholds);
    facts_look(&w.before.facts, w.before.frame, &w.thresholds);
    table_rows_build(&w.rows, &w.request);
}

static const char *cell_text(const struct row_ref *ref, enum scope scope, uint32_t row,
                             unsigned column)
{
    const struct frame_table *table = &ref->shot->frame->tables[scope];

    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : "?";
}

/* The rows as one text: "NAME", "NAME+" expanded, "NAME.disk" below it or flat;
 * '*' behind a new one, '~' behind one that left. */
static const char *shown(void)
{
    static char text[4096];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < w.rows.count; i++) {
        const struct table_row *row = &w.rows.list[i];
        const struct row_ref *ref = &row->ref;
        char part[64] = "";

        if (ref->scope == SCOPE_VMDISK)
            snprintf(part, sizeof(part), ".%s",
                     cell_text(ref, SCOPE_VMDISK, ref->row, VMDISK_DISK_NAME));
        else if (ref->scope == SCOPE_VMNIC)
            snprintf(part, sizeof(part), ".%s", cell_text(ref, SCOPE_VMNIC, ref->row, VMNIC_NIC));
        else if (ref->scope == SCOPE_VCPU)
            snprintf(
                part, sizeof(part), ".%g",
                frame_value(&ref->shot->frame->tables[SCOPE_VCPU], ref->row, VCPU_VCPU_ID).number);
        assert_int_equal(row->child, *part && !ref->flat);
        assert_true(!row->expanded || row->can_expand);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s%s", len ? " " : "",
                                ref->scope == SCOPE_NETDEV
                                    ? cell_text(ref, SCOPE_NETDEV, ref->row, NETDEV_DEVICE)
                                : ref->scope == SCOPE_BLOCKDEV
                                    ? cell_text(ref, SCOPE_BLOCKDEV, ref->row, BLOCKDEV_DEVICE)
                                    : cell_text(ref, SCOPE_VM, ref->vm, VM_NAME),
                                part, row->expanded ? "+" : "",
                                row->mark == ROW_MARK_NEW     ? "*"
                                : row->mark == ROW_MARK_ENDED ? "~"
                                                              : "");
        assert_true(len < sizeof(text));
    }
    return text;
}

#define assert_shown(text)                                                                         \
    do {                                                                                           \
        build();                                                                                   \
        assert_string_equal(shown(), text);                                                        \
    } while (0)

static const struct column_ref by_used = COLUMN_REF_METRIC(VM_CPU_TOTAL);
static const struct column_ref by_name = COLUMN_REF(COLUMN_NAME);

static void test_sorted_by_number(void **state UNUSED)
{
    add_vm("low", 1, 2);
    add_vm("none", 2, NOT_KNOWN);
    add_vm("high", 3, 100);
    add_vm("middle", 4, 10);
    add_vm("minus", 5, -1);
    add_vm("another", 6, NOT_KNOWN);
    sort_by(FAMILY_VM, by_used, false);
    assert_shown("high middle low minus another none");
    /* Those without a value stay last, by name. */
    sort_by(FAMILY_VM, by_used, true);
    assert_shown("minus low middle high another none");
}

static void test_ties_go_by_name_then_by_the_frame(void **state UNUSED)
{
    add_vm("b", 1, 5);
    add_vm("C", 2, 5);
    add_vm("a", 3, 5);
    add_vm("same", 4, 5);
    add_vm("SAME", 5, 5);
    add_vm("same", 6, 5);
    for (int ascending = 0; ascending < 2; ascending++) {
        sort_by(FAMILY_VM, by_used, ascending);
        assert_shown("a b C same SAME same");
        assert_int_equal(w.rows.list[3].ref.row, 3);
        assert_int_equal(w.rows.list[5].ref.row, 5);
    }
    w.request.sort = NULL;
    assert_shown("a b C same SAME same");
}

static void test_sorted_by_text(void **state UNUSED)
{
    add_vm("Web", 100, 0);
    add_vm("app", 20, 0);
    add_vm("\xc3\x84rger", 9, 0);
    add_vm("db", 1000, 0);
    sort_by(FAMILY_VM, by_name, true);
    assert_shown("app db Web \xc3\x84rger");
    sort_by(FAMILY_VM, by_name, false);
    assert_shown("\xc3\x84rger Web db app");
    /* IDs of Proxmox VE are numbers. */
    sort_by(FAMILY_VM, (struct column_ref)COLUMN_REF(COLUMN_ID), true);
    assert_shown("\xc3\x84rger app Web db");
}

static void test_sorted_by_why(void **state UNUSED)
{
    struct frame_table *table = &w.made.frame->tables[SCOPE_VM];

    add_vm("fine", 1, 0);
    frame_set_number(table, add_vm("late", 2, 0), VM_DISK_LAT_AVG, 0);
    frame_set_text(table, add_vm("broken", 3, 0), VM_STATE, vm_state_word(VM_STATE_IO_ERROR));
    frame_set_number(table, add_vm("waits", 4, 0), VM_CPU_STEAL_MAX, 1e3);
    sort_by(FAMILY_VM, (struct column_ref)COLUMN_REF(COLUMN_WHY), false);
    /* As bad as each other: in the order of reasons. Nothing is the matter with the rest. */
    assert_shown("broken waits fine late");
    w.request.ascending = true;
    assert_shown("waits broken fine late");
}

static void test_sorted_by_the_curve(void **state UNUSED)
{
    add_vm("low", 1, 2);
    add_vm("none", 2, NOT_KNOWN);
    add_vm("high", 3, 100);
    sort_by(FAMILY_VM, (struct column_ref)COLUMN_REF(COLUMN_HISTORY), false);
    assert_shown("high low none");
}

static void test_filter_of_vms(void **state UNUSED)
{
    size_t web = add_vm("web-01", 100, 1);

    add_vm("db-01", 2017, 2);
    add_vm("db-02", 300, 3);
    frame_set_text(&w.made.frame->tables[SCOPE_VM], web, VM_UUID, "8dea22b3-1d52");
    add_disk(web, "scsi0", 1);
    w.request.filter = "DB";
    assert_shown("db-01 db-02");
    assert_int_equal(w.rows.things, 2);
    assert_int_equal(w.rows.all, 3);
    w.request.filter = "017";
    assert_shown("db-01");
    w.request.filter = "22b3|db-02";
    assert_shown("db-02 web-01");
    w.request.filter = "running";
    assert_shown("");
    assert_int_equal(w.rows.things, 0);
    assert_int_equal(w.rows.all, 3);
    /* VMs are looked for, not what belongs to them. */
    w.request.filter = "scsi0";
    w.request.expand_all = true;
    assert_shown("");
    w.request.filter = "web";
    assert_shown("web-01+ web-01.scsi0");
    assert_int_equal(w.rows.things, 1);
}

static void test_vms_without_a_name(void **state UNUSED)
{
    frame_add_row(&w.made.frame->tables[SCOPE_VM], 0);
    add_vm("a", 1, 1);
    assert_shown("a ?");
    w.request.filter = "|";
    assert_shown("a ?");
    w.request.filter = "a";
    assert_shown("a");
}

/* Two VMs with two disks, NICs, vCPUs each, and one with nothing. */
static void add_parts(void)
{
    size_t a = add_vm("a", 1, 1), b = add_vm("b", 2, 2);

    add_vm("c", 3, 3);
    add_disk(a, "scsi0", 30);
    add_disk(a, "scsi1", 10);
    add_disk(b, "scsi0", 20);
    add_disk(b, "virtio1", NOT_KNOWN);
    add_nic(a, "net0", "tap1i0");
    add_nic(a, "net1", "tap1i1");
    add_nic(b, "net0", "tap2i0");
    made_frame_vcpu(&w.made, a, 0);
    made_frame_vcpu(&w.made, a, 1);
    made_frame_vcpu(&w.made, b, 0);
}

static void test_rows_below_a_vm(void **state UNUSED)
{
    static const struct {
        enum view view;
        const char *expanded;
    } cases[] = {
        {VIEW_DISK, "a+ a.scsi0 a.scsi1 b+ b.scsi0 b.virtio1 c"},
        {VIEW_NET, "a+ a.net0 a.net1 b+ b.net0 c"},
        {VIEW_ALL, "a+ a.0 a.1 a.scsi0 a.scsi1 a.net0 a.net1 b+ b.0 b.scsi0 b.virtio1 b.net0 c"},
    };

    add_parts();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        w.request.view = cases[i].view;
        w.request.expand_all = false;
        assert_shown("a b c");
        assert_true(w.rows.list[0].can_expand);
        assert_true(w.rows.list[1].can_expand);
        assert_false(w.rows.list[2].can_expand);
        w.request.expand_all = true;
        assert_shown(cases[i].expanded);
        assert_int_equal(w.rows.things, 3);
        assert_int_equal(w.rows.all, 3);
    }
}

static void test_the_rule_is_turned_round_for_some(void **state UNUSED)
{
    struct id_set toggled = {0};

    add_parts();
    w.request.view = VIEW_NET;
    w.request.toggled = &toggled;
    build();
    id_set_toggle(&toggled, w.rows.list[1].id);
    id_set_toggle(&toggled, w.rows.list[2].id); /* has nothing to expand */
    assert_shown("a b+ b.net0 c");
    w.request.expand_all = true;
    assert_shown("a+ a.net0 a.net1 b c");
    id_set_done(&toggled);
}

static void test_flat_lists(void **state UNUSED)
{
    add_parts();
    w.request.view = VIEW_DISK;
    w.request.flat = true;
    w.request.expand_all = true;
    sort_by(FAMILY_VM, (struct column_ref)COLUMN_REF_METRIC(VM_DISK_READS), false);
    assert_shown("a.scsi0 b.scsi0 a.scsi1 b.virtio1");
    assert_int_equal(w.rows.things, 4);
    assert_int_equal(w.rows.all, 4);
    for (size_t i = 0; i < w.rows.count; i++)
        assert_false(w.rows.list[i].can_expand);
    w.request.filter = "scsi1|virtio";
    assert_shown("a.scsi1 b.virtio1");
    assert_int_equal(w.rows.things, 2);
    assert_int_equal(w.rows.all, 4);
    /* By the VM, too. */
    w.request.filter = "B";
    assert_shown("b.scsi0 b.virtio1");

    w.request.view = VIEW_NET;
    w.request.filter = "";
    sort_by(FAMILY_VM, by_name, false);
    assert_shown("b.net0 a.net0 a.net1");
    w.request.filter = "1I1|p2";
    assert_shown("b.net0 a.net1");
    /* Other views have no such list. */
    w.request.view = VIEW_CPU;
    w.request.filter = "";
    w.request.expand_all = false;
    assert_shown("c b a");
}

static uint64_t id_of(const char *name)
{
    for (size_t i = 0; i < w.rows.count; i++) {
        struct table_rows one = {.list = &w.rows.list[i], .count = 1}, all = w.rows;
        bool is;

        w.rows = one;
        is = strcmp(shown(), name) == 0;
        w.rows = all;
        if (is)
            return w.rows.list[i].id;
    }
    fail_msg("no row shows as '%s'", name);
    return 0;
}

static void assert_ids_differ(void)
{
    for (size_t i = 0; i < w.rows.count; i++) {
        assert_true(w.rows.list[i].id != 0);
        for (size_t k = 0; k < i; k++)
            assert_true(w.rows.list[i].id != w.rows.list[k].id);
    }
}

static void test_ids_stay_with_the_things(void **state UNUSED)
{
    uint64_t vm, vcpu, disk, nic;
    size_t a, b;

    add_parts();
    w.request.expand_all = true;
    build();
    assert_ids_differ();
    vm = id_of("b+");
    vcpu = id_of("b.0");
    disk = id_of("b.virtio1");
    nic = id_of("b.net0");
    w.request.view = VIEW_DISK;
    w.request.flat = true;
    build();
    assert_true(id_of("b.virtio1") == disk);

    /* A cycle later every row has another number. */
    tear_down(NULL);
    set_up(NULL);
    a = add_vm("first", 9, 0);
    b = add_vm("b", 2, 0);
    add_disk(a, "scsi0", 1);
    add_disk(b, "sata0", 1);
    add_disk(b, "scsi0", 1);
    add_disk(b, "virtio1", 1);
    add_nic(a, "net0", "x");
    add_nic(b, "net7", "x");
    add_nic(b, "net0", "x");
    made_frame_vcpu(&w.made, a, 0);
    made_frame_vcpu(&w.made, b, 3);
    made_frame_vcpu(&w.made, b, 0);
    w.request.expand_all = true;
    build();
    assert_ids_differ();
    assert_true(id_of("b+") == vm);
    assert_true(id_of("b.0") == vcpu);
    assert_true(id_of("b.virtio1") == disk);
    assert_true(id_of("b.net0") == nic);
}

static void test_ids_of_things_of_one_name(void **state UNUSED)
{
    size_t a = add_vm("a", 1, 1);
    uint64_t first;

    add_disk(a, "", 1);
    add_disk(a, "same", 1);
    add_disk(a, "same", 2);
    add_disk(a, "same", 3);
    add_nic(a, "same", "x");
    frame_add_row(&w.made.frame->tables[SCOPE_VMNIC], (uint32_t)a);
    frame_add_row(&w.made.frame->tables[SCOPE_VMNIC], (uint32_t)a);
    frame_add_row(&w.made.frame->tables[SCOPE_VCPU], (uint32_t)a);
    frame_add_row(&w.made.frame->tables[SCOPE_VCPU], (uint32_t)a);
    w.request.expand_all = true;
    build();
    assert_int_equal(w.rows.count, 10);
    assert_ids_differ();
    first = w.rows.list[4].id;
    build();
    assert_true(w.rows.list[4].id == first);
}

static void test_those_who_left(void **state UNUSED)
{
    struct ended_row ended[3] = {{.shot = &w.before, .row = 0},
                                 {.shot = &w.before, .row = 1},
                                 {.shot = &w.before, .row = 2}};

    add_disk_to(&w.made_before, add_vm_to(&w.made_before, "gone", 7, 50), "scsi9", 1);
    add_vm_to(&w.made_before, "back", 2, 70); /* is there again: its row of now counts */
    add_vm("a", 1, 40);
    add_vm("back", 2, 60);
    w.request.ended = ended;
    w.request.ended_count = 3; /* the third row does not exist */
    sort_by(FAMILY_VM, by_used, false);
    assert_shown("back gone~ a");
    assert_true(w.rows.list[0].ref.shot == &w.shot);
    assert_true(w.rows.list[1].ref.shot == &w.before);
    assert_int_equal(w.rows.all, 3);
    w.request.expand_all = true;
    assert_shown("back gone+~ gone.scsi9~ a");
    w.request.filter = "a";
    assert_shown("back a");
    w.request.filter = "7";
    assert_shown("gone+~ gone.scsi9~");
    w.request.filter = "";
    w.request.view = VIEW_DISK;
    w.request.flat = true;
    assert_shown("gone.scsi9~");
    /* Before the first frame there is nothing to show, whoever left. */
    w.before.frame = NULL;
    w.request.flat = false;
    table_rows_build(&w.rows, &w.request);
    assert_string_equal(shown(), "back a");
    w.before.frame = w.made_before.frame;
}

static void test_new_ones(void **state UNUSED)
{
    struct id_set fresh = {0};

    add_parts();
    w.request.view = VIEW_NET;
    w.request.expand_all = true;
    w.request.fresh = &fresh;
    build();
    id_set_add(&fresh, id_of("b+"));
    assert_shown("a+ a.net0 a.net1 b+* b.net0* c");
    id_set_done(&fresh);
}

static void test_network_devices(void **state UNUSED)
{
    add_vm("vm", 1, 1);
    add_device(SCOPE_NETDEV, NETDEV_DEVICE, "eno2", NULL);
    add_device(SCOPE_NETDEV, NETDEV_DEVICE, "bond0", NULL);
    add_device(SCOPE_NETDEV, NETDEV_DEVICE, "eno1", NULL);
    frame_set_number(&w.made.frame->tables[SCOPE_NETDEV], 2, NETDEV_NET_HOST_SPEED, 1000);
    w.request.view = VIEW_NICS;
    w.request.flat = true;
    w.request.expand_all = true;
    sort_by(FAMILY_NETDEV, (struct column_ref)COLUMN_REF_METRIC(NETDEV_NET_HOST_SPEED), false);
    assert_shown("eno1 bond0 eno2");
    assert_ids_differ();
    w.request.filter = "EN";
    assert_shown("eno1 eno2");
    assert_int_equal(w.rows.things, 2);
    assert_int_equal(w.rows.all, 3);
    w.request.filter = "vm";
    assert_shown("");
}

static void test_block_devices(void **state UNUSED)
{
    static const char *const names[][2] = {
        {"sda", "disk"}, {"sda1", "part"}, {"dm-0", "lvm"}, {"dm-1", "mpath"}, {"dm-2", "dm"},
        {"md0", "md"},   {"zd0", "zvol"},  {"rbd0", "rbd"}, {"x", "other"},    {"sdb", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        add_device(SCOPE_BLOCKDEV, BLOCKDEV_DEVICE, names[i][0], names[i][1]);
    sort_by(FAMILY_BLOCKDEV, by_name, true);
    w.request.view = VIEW_DISKS;
    assert_shown("dm-2 md0 rbd0 sda sdb x zd0");
    assert_int_equal(w.rows.all, 7);
    w.request.view = VIEW_LVM;
    assert_shown("dm-0");
    w.request.view = VIEW_MULTIPATH;
    assert_shown("dm-1");
    assert_int_equal(w.rows.all, 1);
    w.request.filter = "dm-0";
    assert_shown("");
    assert_int_equal(w.rows.all, 1);
}

/* Also what changes its place by the direction, and what does not, against the
 * simplest of sorts. */
static void test_sorting_against_a_simple_one(void **state UNUSED)
{
    enum { MOST = 70 };
    static const char *const texts[] = {"a", "A", "b", "", "\xc3\xa4"};
    struct sort_key keys[MOST] = {{.name = NULL}};
    uint32_t order[2 * MOST + 1];
    uint64_t seed = 3;

    for (unsigned round = 0; round < 3000; round++) {
        size_t count = support_random_below(&seed, MOST + 1);
        bool ascending = support_random_below(&seed, 2);

        for (size_t i = 0; i < count; i++) {
            keys[i].kind = (enum sort_kind)support_random_below(&seed, 3);
            keys[i].number = (double)support_random_below(&seed, 4);
            keys[i].text = texts[support_random_below(&seed, ARRAY_SIZE(texts))];
            keys[i].name = support_random_below(&seed, 4)
                               ? texts[support_random_below(&seed, ARRAY_SIZE(texts))]
                               : NULL;
        }
        sort_keys_order(keys, order, count, ascending);
        for (size_t i = 1; i < count; i++) {
            const uint32_t pair[] = {order[i - 1], order[i]};
            struct sort_key two[] = {keys[pair[0]], keys[pair[1]]};
            uint32_t of_two[5];

            /* Neighbours are in order, and equal ones as they came. */
            sort_keys_order(two, of_two, 2, ascending);
            assert_int_equal(of_two[0], 0);
            two[0] = keys[pair[1]];
            two[1] = keys[pair[0]];
            sort_keys_order(two, of_two, 2, ascending);
            assert_true(of_two[0] == 1 || pair[0] < pair[1]);
            assert_true(two[0].kind == SORT_NONE || two[1].kind != SORT_NONE);
        }
        for (size_t i = 0; i < count; i++) {
            size_t times = 0;

            for (size_t k = 0; k < count; k++)
                times += order[k] == i;
            assert_int_equal(times, 1);
        }
    }
}

static void test_nothing_to_show(void **state UNUSED)
{
    for (int view = 0; view < VIEW__COUNT; view++) {
        w.request.view = (enum view)view;
        assert_shown("");
        assert_int_equal(w.rows.things + w.rows.all, 0);
    }
    w.shot.frame = NULL; /* before the first frame */
    for (int view = 0; view < VIEW__COUNT; view++) {
        w.request.view = (enum view)view;
        table_rows_build(&w.rows, &w.request);
        assert_int_equal(w.rows.count, 0);
    }
    w.shot.frame = w.made.frame;
}

static void test_memory_is_kept(void **state UNUSED)
{
    const void *list, *keys, *order;

    for (unsigned i = 0; i < 1000; i++) {
        char name[32];
        size_t row;

        snprintf(name, sizeof(name), "vm-%u", i * 7919 % 1000);
        row = add_vm(frame_keep_text(w.made.frame, name), i, i * 31 % 100);
        add_disk(row, "scsi0", i);
    }
    w.request.expand_all = true;
    sort_by(FAMILY_VM, by_used, false);
    build();
    assert_int_equal(w.rows.count, 2000);
    list = w.rows.list;
    keys = w.rows.keys;
    order = w.rows.order;
    for (unsigned i = 0; i < 10; i++) {
        w.request.ascending = i & 1;
        build();
        assert_true(w.rows.list == list && w.rows.keys == keys && w.rows.order == order);
    }
    assert_ids_differ();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sorted_by_number),
        TEST(test_ties_go_by_name_then_by_the_frame),
        TEST(test_sorted_by_text),
        TEST(test_sorted_by_why),
        TEST(test_sorted_by_the_curve),
        TEST(test_filter_of_vms),
        TEST(test_vms_without_a_name),
        TEST(test_rows_below_a_vm),
        TEST(test_the_rule_is_turned_round_for_some),
        TEST(test_flat_lists),
        TEST(test_ids_stay_with_the_things),
        TEST(test_ids_of_things_of_one_name),
        TEST(test_those_who_left),
        TEST(test_new_ones),
        TEST(test_network_devices),
        TEST(test_block_devices),
        TEST(test_sorting_against_a_simple_one),
        TEST(test_nothing_to_show),
        TEST(test_memory_is_kept),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 99;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
