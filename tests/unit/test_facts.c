/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/facts: sums, the worst disk, WHY and its order, ids, whose rows are whose. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"
#include "tui/facts.h"

struct fixture {
    struct made_frame made;
    struct thresholds thresholds;
    struct facts facts;
};

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    made_frame_init(&f->made);
    f->made.frame->interval = 2;
    thresholds_defaults(&f->thresholds);
}

static void fixture_done(struct fixture *f)
{
    facts_done(&f->facts);
    made_frame_done(&f->made);
}

static const struct vm_facts *look(struct fixture *f, size_t row)
{
    facts_look(&f->facts, f->made.frame, &f->thresholds);
    assert_int_equal(f->facts.count, f->made.frame->tables[SCOPE_VM].rows);
    assert_true(row < f->facts.count);
    return &f->facts.list[row];
}

static void set(struct fixture *f, enum scope scope, size_t row, unsigned column, double number)
{
    frame_set_number(&f->made.frame->tables[scope], row, column, number);
}

static size_t add_disk(struct fixture *f, size_t vm, double reads, double writes, double flushes,
                       double latency)
{
    struct frame_table *disks = &f->made.frame->tables[SCOPE_VMDISK];
    size_t row = frame_add_row(disks, (uint32_t)vm);

    frame_set_number(disks, row, VMDISK_DISK_READS, reads);
    frame_set_number(disks, row, VMDISK_DISK_WRITES, writes);
    frame_set_number(disks, row, VMDISK_DISK_STATS_FLUSHREQ, flushes);
    frame_set_number(disks, row, VMDISK_DISK_LAT_AVG, latency);
    return row;
}

static void test_words(void **state UNUSED)
{
    static const char *const words[] = {"",    "STUCK", "IOERR", "CRASH", "SWAP",
                                        "RDY", "LIM",   "LAT",   "DROP"};

    assert_int_equal(ARRAY_SIZE(words), WHY__COUNT);
    for (unsigned w = 0; w < WHY__COUNT; w++)
        assert_string_equal(why_word((enum why)w), words[w]);
}

static void test_nothing_known(void **state UNUSED)
{
    struct fixture f;
    const struct vm_facts *vm;

    fixture_init(&f);
    facts_look(&f.facts, f.made.frame, &f.thresholds);
    assert_int_equal(f.facts.count, 0);
    frame_add_row(&f.made.frame->tables[SCOPE_VM], 0);
    vm = look(&f, 0);
    assert_int_equal(vm->state, VM_STATE_UNKNOWN);
    assert_true(isnan(vm->iops) && isnan(vm->throughput) && isnan(vm->latency));
    assert_int_equal(vm->why, WHY_NONE);
    assert_int_equal(vm->severity, SEVERITY_NONE);
    assert_int_equal(vm->latency_severity, SEVERITY_NONE);
    assert_int_equal(vm->ready_severity, SEVERITY_NONE);
    assert_true(vm->id != 0);
    assert_int_equal(vm->vcpus.count + vm->disks.count + vm->nics.count, 0);
    fixture_done(&f);
}

static void test_states(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    made_frame_vm(&f.made, "a");
    for (unsigned s = 0; s < VM_STATE__COUNT; s++) {
        char word[32];

        /* Not the very text that the inventory points to. */
        copy_text(word, sizeof(word), vm_state_word((enum vm_state)s));
        frame_set_text(&f.made.frame->tables[SCOPE_VM], 0, VM_STATE, word);
        assert_int_equal(look(&f, 0)->state, s);
    }
    frame_set_text(&f.made.frame->tables[SCOPE_VM], 0, VM_STATE, "runningx");
    assert_int_equal(look(&f, 0)->state, VM_STATE_UNKNOWN);
    fixture_done(&f);
}

static void test_sums(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    made_frame_vm(&f.made, "both");
    made_frame_vm(&f.made, "reads");
    made_frame_vm(&f.made, "writes");
    set(&f, SCOPE_VM, 0, VM_DISK_READS, 300);
    set(&f, SCOPE_VM, 0, VM_DISK_WRITES, 210);
    set(&f, SCOPE_VM, 0, VM_DISK_MBREAD, 1.5);
    set(&f, SCOPE_VM, 0, VM_DISK_MBWRITE, 2.5);
    set(&f, SCOPE_VM, 1, VM_DISK_READS, 7);
    set(&f, SCOPE_VM, 1, VM_DISK_MBREAD, 0);
    set(&f, SCOPE_VM, 2, VM_DISK_WRITES, 8);
    set(&f, SCOPE_VM, 2, VM_DISK_MBWRITE, 9);
    look(&f, 2);
    assert_near(f.facts.list[0].iops, 510); /* 300 + 210 */
    assert_near(f.facts.list[0].throughput, 4);
    assert_near(f.facts.list[1].iops, 7);
    assert_near(f.facts.list[1].throughput, 0);
    assert_near(f.facts.list[2].iops, 8);
    assert_near(f.facts.list[2].throughput, 9);
    fixture_done(&f);
}

/* The slowest of those with at least 1 I/O per s, flushes included. */
static void test_worst_disk(void **state UNUSED)
{
    struct fixture f;
    const struct vm_facts *vm;

    fixture_init(&f);
    made_frame_vm(&f.made, "a");
    set(&f, SCOPE_VM, 0, VM_DISK_LAT_AVG, 77); /* of all of them: not asked */
    set(&f, SCOPE_VM, 0, VM_DISK_READS, 100);
    add_disk(&f, 0, 50, 50, 0, 4);
    add_disk(&f, 0, 0.3, 0.3, 0.3, 900); /* 0.9 per s */
    add_disk(&f, 0, NAN, NAN, NAN, 800);
    add_disk(&f, 0, 90, 90, 90, NAN);
    vm = look(&f, 0);
    assert_near(vm->latency, 4);
    assert_int_equal(vm->latency_severity, SEVERITY_NONE);
    add_disk(&f, 0, 0, 0, 1, 30); /* but 2 I/Os in 2 s */
    vm = look(&f, 0);
    assert_near(vm->latency, 30);
    assert_int_equal(vm->latency_severity, SEVERITY_NONE);
    add_disk(&f, 0, 2, 2, 1, 31); /* 5 per s, 10 in 2 s */
    vm = look(&f, 0);
    assert_near(vm->latency, 31);
    assert_int_equal(vm->latency_severity, SEVERITY_WARN);
    assert_int_equal(vm->why, WHY_LAT);
    fixture_done(&f);
}

/* Disks that do nothing are no reason to tell the mean of all. */
static void test_idle_disks(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    made_frame_vm(&f.made, "a");
    set(&f, SCOPE_VM, 0, VM_DISK_LAT_AVG, 77);
    set(&f, SCOPE_VM, 0, VM_DISK_READS, 1.5);
    assert_near(look(&f, 0)->latency, 77); /* no figures per disk */
    set(&f, SCOPE_VM, 0, VM_DISK_READS, 0.99);
    assert_true(isnan(look(&f, 0)->latency));
    set(&f, SCOPE_VM, 0, VM_DISK_READS, 1);
    assert_near(look(&f, 0)->latency, 77);
    assert_int_equal(look(&f, 0)->latency_severity, SEVERITY_NONE); /* 2 in 2 s */
    set(&f, SCOPE_VM, 0, VM_DISK_READS, 5);
    assert_int_equal(look(&f, 0)->latency_severity, SEVERITY_CRIT);
    add_disk(&f, 0, 0.5, 0, 0, 77);
    assert_true(isnan(look(&f, 0)->latency));
    assert_int_equal(look(&f, 0)->latency_severity, SEVERITY_NONE);
    fixture_done(&f);
}

static void test_latency_counts(void **state UNUSED)
{
    assert_true(facts_latency_counts(5, 2));
    assert_false(facts_latency_counts(4.5, 2)); /* 9 */
    assert_true(facts_latency_counts(10 / 2.01, 2));
    assert_true(facts_latency_counts(0.2, 60)); /* 12 */
    assert_false(facts_latency_counts(1e9, 0));
    assert_false(facts_latency_counts(NAN, 2));
    assert_false(facts_latency_counts(5, NAN));
    assert_false(facts_latency_counts(0, 60));
}

static void test_latency_borders(void **state UNUSED)
{
    static const struct {
        double latency;
        enum severity severity;
    } rows[] = {
        {19.99, SEVERITY_NONE}, {20, SEVERITY_WARN}, {20.01, SEVERITY_WARN},
        {49.99, SEVERITY_WARN}, {50, SEVERITY_CRIT}, {50.01, SEVERITY_CRIT},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fixture f;
        const struct vm_facts *vm;

        fixture_init(&f);
        made_frame_vm(&f.made, "a");
        add_disk(&f, 0, 100, 0, 0, rows[i].latency);
        vm = look(&f, 0);
        assert_int_equal(vm->latency_severity, rows[i].severity);
        assert_int_equal(vm->severity, rows[i].severity);
        assert_int_equal(vm->why, rows[i].severity ? WHY_LAT : WHY_NONE);
        fixture_done(&f);
    }
}

/* The vCPU that waits most, less what the limit holds back; from 5 yellow, from 10
 * red. NAN = no cell. */
static void test_ready(void **state UNUSED)
{
    static const struct {
        double most, mean, limited;
        enum severity severity;
    } rows[] = {
        {4.99, NAN, NAN, SEVERITY_NONE},  {5, NAN, NAN, SEVERITY_WARN},
        {9.99, NAN, NAN, SEVERITY_WARN},  {10, NAN, NAN, SEVERITY_CRIT},
        {10.01, NAN, NAN, SEVERITY_CRIT}, {31, 12.1, 0, SEVERITY_CRIT},
        {14, NAN, 4, SEVERITY_CRIT},                                    /* 10 */
        {14, NAN, 4.01, SEVERITY_WARN},                                 /* 9.99 */
        {9, NAN, 4, SEVERITY_WARN},                                     /* 5 */
        {9, NAN, 4.01, SEVERITY_NONE},    {40, NAN, 60, SEVERITY_NONE}, /* not below 0 */
        {NAN, 10, NAN, SEVERITY_CRIT},    {NAN, 10, 3, SEVERITY_WARN},
        {2, 10, NAN, SEVERITY_NONE},      {NAN, NAN, 3, SEVERITY_NONE},
        {NAN, NAN, NAN, SEVERITY_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct fixture f;
        const struct vm_facts *vm;

        fixture_init(&f);
        assert_int_equal(thresholds_set(&f.thresholds, "vm.cpu_throttled", "off", NULL, 0), 0);
        made_frame_vm(&f.made, "a");
        set(&f, SCOPE_VM, 0, VM_CPU_STEAL_MAX, rows[i].most);
        set(&f, SCOPE_VM, 0, VM_CPU_STEAL, rows[i].mean);
        set(&f, SCOPE_VM, 0, VM_CPU_THROTTLED, rows[i].limited);
        vm = look(&f, 0);
        assert_int_equal(vm->ready_severity, rows[i].severity);
        assert_int_equal(vm->why, rows[i].severity ? WHY_RDY : WHY_NONE);
        assert_int_equal(vm->severity, rows[i].severity);
        fixture_done(&f);
    }
}

/* Everything that a cell of the VM alone can say, at its limits. */
static void test_borders(void **state UNUSED)
{
    static const struct {
        unsigned column;
        enum why why;
    } rows[] = {
        {VM_STALE, WHY_STUCK},
        {VM_RAM_SWAPIN, WHY_SWAP},
        {VM_RAM_SWAPOUT, WHY_SWAP},
        {VM_RAM_HOSTSWAP, WHY_SWAP},
        {VM_CPU_STEAL_MAX, WHY_RDY},
        {VM_CPU_THROTTLED, WHY_LIM},
        {VM_NET_RECEIVEDDROP, WHY_DROP},
        {VM_NET_RECEIVEDERRS, WHY_DROP},
        {VM_NET_TRANSMITTEDDROP, WHY_DROP},
        {VM_NET_TRANSMITTEDERRS, WHY_DROP},
    };
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct metric *m = metric_at(SCOPE_VM, rows[i].column);
        const struct {
            double value;
            enum severity severity;
        } borders[] = {
            {0, SEVERITY_NONE},
            {m->warn - 0.01, SEVERITY_NONE},
            {m->warn, SEVERITY_WARN},
            {m->warn + 0.01, SEVERITY_WARN},
            {m->crit - 0.01, SEVERITY_WARN},
            {m->crit, SEVERITY_CRIT},
            {m->crit + 0.01, SEVERITY_CRIT},
        };

        made_frame_vm(&f.made, "a");
        assert_true(m->warn + 0.01 < m->crit);
        for (size_t b = 0; b < ARRAY_SIZE(borders); b++) {
            const struct vm_facts *vm;

            set(&f, SCOPE_VM, i, rows[i].column, borders[b].value);
            vm = look(&f, i);
            assert_int_equal(vm->severity, borders[b].severity);
            assert_int_equal(vm->why, borders[b].severity ? rows[i].why : WHY_NONE);
        }
    }
    fixture_done(&f);
}

/* A VM that suffers from all of the set (bits of 1 << enum why), of those in `bad`
 * badly. */
static void suffer(struct fixture *f, size_t row, unsigned set_of, unsigned bad)
{
    static const struct {
        enum why why;
        unsigned column;
    } cells[] = {
        {WHY_STUCK, VM_STALE},       {WHY_SWAP, VM_RAM_SWAPOUT},      {WHY_RDY, VM_CPU_STEAL_MAX},
        {WHY_LIM, VM_CPU_THROTTLED}, {WHY_DROP, VM_NET_RECEIVEDDROP},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
        const struct metric *m = metric_at(SCOPE_VM, cells[i].column);
        double extra = 0;

        if (!(set_of & 1u << cells[i].why))
            continue;
        /* Ready time is judged without the time that the limit took. */
        if (cells[i].why == WHY_RDY && set_of & 1u << WHY_LIM)
            extra = bad & 1u << WHY_LIM ? metric_at(SCOPE_VM, VM_CPU_THROTTLED)->crit
                                        : metric_at(SCOPE_VM, VM_CPU_THROTTLED)->warn;
        set(f, SCOPE_VM, row, cells[i].column,
            extra + (bad & 1u << cells[i].why ? m->crit : m->warn));
    }
    if (set_of & 1u << WHY_LAT)
        add_disk(f, row, 100, 0, 0, bad & 1u << WHY_LAT ? 50 : 20);
}

/* Every set of sufferings, mild and bad ones mixed: of the worst the first wins. */
static void test_order(void **state UNUSED)
{
    static const enum why order[] = {WHY_STUCK, WHY_SWAP, WHY_RDY, WHY_LIM, WHY_LAT, WHY_DROP};
    struct fixture f;
    size_t count = 0;
    struct {
        enum why why;
        enum severity severity;
    } expected[729];

    fixture_init(&f);
    for (; count < ARRAY_SIZE(expected); count++) { /* 3^6: each not, mild, bad */
        unsigned set_of = 0, bad = 0;
        size_t rest = count;

        expected[count].why = WHY_NONE;
        expected[count].severity = SEVERITY_NONE;
        for (size_t i = 0; i < ARRAY_SIZE(order); i++, rest /= 3) {
            enum severity severity = (enum severity)(rest % 3);

            if (severity != SEVERITY_NONE)
                set_of |= 1u << order[i];
            if (severity == SEVERITY_CRIT)
                bad |= 1u << order[i];
            if (severity > expected[count].severity) {
                expected[count].why = order[i];
                expected[count].severity = severity;
            }
        }
        made_frame_vm(&f.made, "a");
        suffer(&f, count, set_of, bad);
    }
    look(&f, 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(f.facts.list[i].why, expected[i].why);
        assert_int_equal(f.facts.list[i].severity, expected[i].severity);
    }
    fixture_done(&f);
}

/* A VM goes on while requests of its disks fail (werror=report): thresholds are 0.01 and 1 per s.
 */
static void test_failing_disk(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    made_frame_vm(&f.made, "a");
    set(&f, SCOPE_VM, 0, VM_DISK_ERRORS, 0.009);
    assert_int_equal(look(&f, 0)->why, WHY_NONE);
    set(&f, SCOPE_VM, 0, VM_DISK_ERRORS, 0.01);
    assert_int_equal(look(&f, 0)->why, WHY_IOERR);
    assert_int_equal(look(&f, 0)->severity, SEVERITY_WARN);
    set(&f, SCOPE_VM, 0, VM_DISK_ERRORS, 1);
    assert_int_equal(look(&f, 0)->severity, SEVERITY_CRIT);
    frame_set_text(&f.made.frame->tables[SCOPE_VM], 0, VM_STATE, "paused");
    assert_int_equal(look(&f, 0)->why, WHY_NONE);
    fixture_done(&f);
}

static void test_stopped(void **state UNUSED)
{
    struct fixture f;
    struct frame_table *vms;
    const struct vm_facts *vm;

    fixture_init(&f);
    vms = &f.made.frame->tables[SCOPE_VM];
    made_frame_vm(&f.made, "a");
    suffer(&f, 0, ~0u & ~(1u << WHY_STUCK), ~0u);
    frame_set_text(vms, 0, VM_STATE, "io-error");
    vm = look(&f, 0);
    assert_int_equal(vm->why, WHY_IOERR);
    assert_int_equal(vm->severity, SEVERITY_CRIT);
    frame_set_text(vms, 0, VM_STATE, "crashed");
    assert_int_equal(look(&f, 0)->why, WHY_CRASH);
    assert_int_equal(look(&f, 0)->severity, SEVERITY_CRIT);
    set(&f, SCOPE_VM, 0, VM_STALE, 29);
    assert_int_equal(look(&f, 0)->why, WHY_CRASH); /* silence is only yellow */
    set(&f, SCOPE_VM, 0, VM_STALE, 30);
    assert_int_equal(look(&f, 0)->why, WHY_STUCK);
    fixture_done(&f);
}

/* Whoever is not meant to run suffers from nothing but silence. */
static void test_not_running(void **state UNUSED)
{
    static const enum vm_state states[] = {VM_STATE_PAUSED, VM_STATE_SUSPENDED, VM_STATE_SHUTDOWN,
                                           VM_STATE_SAVING, VM_STATE_INMIGRATE, VM_STATE_MIGRATING};
    struct fixture f;
    struct frame_table *vms;

    fixture_init(&f);
    vms = &f.made.frame->tables[SCOPE_VM];
    made_frame_vm(&f.made, "a");
    suffer(&f, 0, ~0u & ~(1u << WHY_STUCK), ~0u);
    assert_int_equal(look(&f, 0)->why, WHY_SWAP);
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        frame_set_text(vms, 0, VM_STATE, vm_state_word(states[i]));
        set(&f, SCOPE_VM, 0, VM_STALE, 0);
        assert_int_equal(look(&f, 0)->why, WHY_NONE);
        assert_int_equal(look(&f, 0)->severity, SEVERITY_NONE);
        set(&f, SCOPE_VM, 0, VM_STALE, 5);
        assert_int_equal(look(&f, 0)->why, WHY_STUCK);
        assert_int_equal(look(&f, 0)->severity, SEVERITY_WARN);
    }
    fixture_done(&f);
}

/* By key, else UUID, VMID, name, PID. */
static void test_ids(void **state UNUSED)
{
    struct fixture f;
    struct frame_table *vms;
    uint64_t ids[8];

    fixture_init(&f);
    vms = &f.made.frame->tables[SCOPE_VM];
    frame_add_row(vms, 0);
    ids[0] = look(&f, 0)->id;
    set(&f, SCOPE_VM, 0, VM_PID, 4711);
    ids[1] = look(&f, 0)->id;
    frame_set_text(vms, 0, VM_NAME, "a");
    ids[2] = look(&f, 0)->id;
    assert_true(ids[2] == hash_text("a"));
    set(&f, SCOPE_VM, 0, VM_VMID, 4711);
    ids[3] = look(&f, 0)->id;
    frame_set_text(vms, 0, VM_UUID, "u");
    ids[4] = look(&f, 0)->id;
    assert_true(ids[4] == hash_text("u"));
    vms->labels[0].key = "k";
    ids[5] = look(&f, 0)->id;
    assert_true(ids[5] == hash_text("k"));
    for (size_t i = 0; i < 6; i++) {
        assert_true(ids[i] != 0);
        for (size_t j = 0; j < i; j++)
            assert_true(ids[i] != ids[j]);
    }
    /* What may change does not matter once there is a key. */
    frame_set_text(vms, 0, VM_NAME, "b");
    set(&f, SCOPE_VM, 0, VM_PID, 1);
    assert_true(look(&f, 0)->id == ids[5]);
    /* Empty texts are none. */
    vms->labels[0].key = "";
    assert_true(look(&f, 0)->id == ids[4]);
    frame_set_text(vms, 0, VM_UUID, "");
    assert_true(look(&f, 0)->id == ids[3]);
    fixture_done(&f);
}

static void test_ranges(void **state UNUSED)
{
    struct fixture f;
    struct frame_table *vcpus, *nics;

    fixture_init(&f);
    vcpus = &f.made.frame->tables[SCOPE_VCPU];
    nics = &f.made.frame->tables[SCOPE_VMNIC];
    for (unsigned i = 0; i < 3; i++)
        made_frame_vm(&f.made, "a");
    frame_add_row(vcpus, 0);
    frame_add_row(vcpus, 2);
    frame_add_row(vcpus, 2);
    frame_add_row(vcpus, 2);
    frame_add_row(nics, 3); /* nobody's */
    frame_add_row(nics, UINT32_MAX);
    frame_add_row(nics, 1);
    frame_add_row(nics, 0);
    frame_add_row(nics, 0);
    frame_add_row(nics, 1); /* apart from the others: left out */
    frame_add_row(nics, 0);
    look(&f, 0);
    assert_int_equal(f.facts.list[0].vcpus.first, 0);
    assert_int_equal(f.facts.list[0].vcpus.count, 1);
    assert_int_equal(f.facts.list[1].vcpus.count, 0);
    assert_int_equal(f.facts.list[2].vcpus.first, 1);
    assert_int_equal(f.facts.list[2].vcpus.count, 3);
    assert_int_equal(f.facts.list[0].nics.first, 3);
    assert_int_equal(f.facts.list[0].nics.count, 2);
    assert_int_equal(f.facts.list[1].nics.first, 2);
    assert_int_equal(f.facts.list[1].nics.count, 1);
    assert_int_equal(f.facts.list[2].nics.count, 0);
    assert_int_equal(f.facts.list[0].disks.count, 0);
    fixture_done(&f);
}

/* Nothing of an earlier frame stays. */
static void test_again(void **state UNUSED)
{
    struct fixture f, g;
    const struct vm_facts *list;

    fixture_init(&f);
    for (unsigned i = 0; i < 40; i++) {
        made_frame_vm(&f.made, "a");
        made_frame_vcpu(&f.made, i, 0);
        suffer(&f, i, ~0u, ~0u);
    }
    list = look(&f, 39);
    assert_int_equal(list->why, WHY_STUCK);
    list = f.facts.list;
    fixture_init(&g);
    for (unsigned i = 0; i < 30; i++)
        made_frame_vm(&g.made, "b");
    facts_look(&f.facts, g.made.frame, &g.thresholds);
    assert_ptr_equal(f.facts.list, list); /* memory is kept */
    assert_int_equal(f.facts.count, 30);
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(f.facts.list[i].why, WHY_NONE);
        assert_int_equal(f.facts.list[i].vcpus.count + f.facts.list[i].disks.count, 0);
        assert_true(isnan(f.facts.list[i].latency));
    }
    fixture_done(&g);
    fixture_done(&f);
}

/* Any parents, any numbers: ranges stay inside their tables, disjoint. */
static void test_random(void **state UNUSED)
{
    uint64_t seed = 7;

    for (unsigned round = 0; round < 200; round++) {
        struct fixture f;
        size_t vms = support_random_below(&seed, 20), parts = support_random_below(&seed, 60);

        fixture_init(&f);
        for (size_t i = 0; i < vms; i++) {
            made_frame_vm(&f.made, "a");
            for (unsigned c = 0; c < VM__COUNT; c++) {
                if (metric_at(SCOPE_VM, c)->type != METRIC_TYPE_STR &&
                    support_random_below(&seed, 2))
                    set(&f, SCOPE_VM, i, c,
                        (double)support_random(&seed) - (double)support_random(&seed));
            }
        }
        for (size_t i = 0; i < parts; i++)
            add_disk(&f, support_random_below(&seed, vms + 2), (double)support_random(&seed), 1, 2,
                     (double)support_random(&seed));
        facts_look(&f.facts, f.made.frame, &f.thresholds);
        for (size_t i = 0; i < vms; i++) {
            const struct row_range *disks = &f.facts.list[i].disks;

            assert_true(disks->first + (size_t)disks->count <= parts);
            for (size_t d = disks->first; d < disks->first + (size_t)disks->count; d++)
                assert_int_equal(f.made.frame->tables[SCOPE_VMDISK].parents[d], i);
            assert_true(f.facts.list[i].why < WHY__COUNT);
            assert_true((f.facts.list[i].why == WHY_NONE) ==
                        (f.facts.list[i].severity == SEVERITY_NONE));
        }
        fixture_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_worst_disk),
        cmocka_unit_test(test_idle_disks),
        cmocka_unit_test(test_latency_counts),
        cmocka_unit_test(test_latency_borders),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_failing_disk),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_not_running),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
