/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's panel: its figures, what it leaves out, what each view adds. */
#include <math.h>
#include <string.h>

#include "made_tui.h"
#include "support.h"

/* The host of the specification's picture: 16 CPUs, 10 of them busy, 9.1 with VMs. */
static void panel_begin(struct made_tui *m)
{
    size_t row;

    made_tui_frame(m);
    made_tui_set(m, SCOPE_HOST, 0, HOST_CPU_IDLE, 30.1);
    made_tui_set(m, SCOPE_HOST, 0, HOST_CPU_IOWAIT, 7.5);
    made_tui_set(m, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 11512500);
    made_tui_set(m, SCOPE_HOST, 0, HOST_NET_HOST_TRANSMITTEDBYTES, 1837500);
    made_tui_set(m, SCOPE_HOST, 0, HOST_NET_HOST_SPEED, 10000);
    row = made_tui_vm(m, "large");
    made_tui_set(m, SCOPE_VM, row, VM_CPU_HOST_USED, 9.0);
    made_tui_set(m, SCOPE_VM, row, VM_CPU_CORES, 94);
    made_tui_set(m, SCOPE_VM, row, VM_RAM_MAX, 84.0 * 1024 * 1024);
    row = made_tui_vm(m, "small"); /* has no ram_max: its 4 GB are its ram_total */
    made_tui_set(m, SCOPE_VM, row, VM_CPU_HOST_USED, 0.1);
    row = made_tui_vm(m, "off");
    made_tui_set_text(m, SCOPE_VM, row, VM_STATE, "shutdown");
    made_tui_set(m, SCOPE_VM, row, VM_CPU_HOST_USED, 0);
    made_tui_blockdev(m, "sda", "disk");
    made_tui_set(m, SCOPE_BLOCKDEV, 0, BLOCKDEV_DISK_DEVICE_IOUTIL, 3);
    made_tui_blockdev(m, "nvme0n1", "disk");
    made_tui_blockdev(m, "vg-root", "lvm");
    made_tui_set(m, SCOPE_BLOCKDEV, 2, BLOCKDEV_DISK_DEVICE_IOUTIL, 99);
    made_tui_netdev(m, "eno1");
}

static void panel_expect(struct made_tui *m, unsigned row, const char *text)
{
    assert_string_equal(made_tui_line(m, row), text);
}

static void test_all_on_a_wide_screen(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_take(&m);
    made_tui_size(&m, 30, 137);
    panel_expect(&m, 1, " HOST METRICS");
    panel_expect(&m, 2,
                 " CPU  [||||||||||||||||||||||||||          62.4%] 16 cores 2445 MHz  VMs 9.1 + "
                 "other 0.9 cores  vCPU 96:16 = 6.0  PSI cpu 12.4");
    panel_expect(
        &m, 3,
        " MEM  [|||||||||||||||||||||||||||||||||   81.1%] 51.9G of 64.0G  ARC 6.0G  avail "
        "12.1G  swap 1.2G in 0 out 0  VMs own 88.0G  PSI 0.3/0.1");
    panel_expect(&m, 4,
                 " DISK [||||||                              14.2%] nvme0n1  312 r/s 98 w/s  "
                 "10.4/4.1 MB/s  await 0.8 ms  PSI 0.2/0.0");
    panel_expect(&m, 5, " NET  rx 92.1 tx 14.7 Mb/s of 10 Gb/s");
    made_tui_done(&m);
}

static void test_two_lines_and_one(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_take(&m);
    made_tui_size(&m, 24, 80);
    panel_expect(&m, 1,
                 " HOST METRICS  CPU 62.4% of 16 PSI 12.4  MEM 81.1% avail 12.1G PSI 0.3/0.1");
    panel_expect(&m, 2,
                 " DISK 14.2% nvme0n1  312 r/s 98 w/s  await 0.8 ms  NET rx 92.1 tx 14.7 Mb/s");
    made_tui_size(&m, 14, 80);
    panel_expect(&m, 1,
                 " HOST METRICS  CPU 62.4%  MEM 81.1%  DISK 14.2%  NET rx 92.1 tx 14.7 Mb/s");
    made_tui_size(&m, 14, 40);
    panel_expect(&m, 1, " CPU 62.4%  MEM 81.1%  DISK 14.2%");
    made_tui_done(&m);
}

/* Before the first frame, and in the first one, which has no rates. */
static void test_what_is_missing_is_no_zero(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    for (unsigned cycle = 0; cycle < 2; cycle++) {
        panel_expect(
            &m, 2,
            " CPU  [                       -] - cores - MHz  VMs - + other - cores  vCPU -:- "
            "= -  PSI cpu -");
        panel_expect(
            &m, 3,
            " MEM  [                       -] - of -  avail -  swap - in - out -  VMs own -  "
            "PSI -/-");
        panel_expect(&m, 4, " DISK [                       -] -  PSI -/-");
        panel_expect(&m, 5, " NET  rx - tx - Mb/s");
        m.frame = frame_new(m.pool);
        frame_add_row(&m.frame->tables[SCOPE_VM], 0);
        made_tui_take(&m);
    }
    made_tui_done(&m);
}

static void test_a_host_without_vms_uses_none_for_them(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_IOWAIT, 0);
    made_tui_take(&m);
    made_tui_size(&m, 30, 137);
    assert_non_null(strstr(made_tui_line(&m, 2), "VMs 0.0 + other 10.0 cores  vCPU 0:16 = 0.0"));
    assert_non_null(strstr(made_tui_line(&m, 3), "VMs own 0 "));
    made_tui_done(&m);
}

/* VMs cannot use more than there is: measured at other moments they can seem to. */
static void test_other_is_never_below_zero(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_set(&m, SCOPE_VM, 0, VM_CPU_HOST_USED, 12);
    made_tui_take(&m);
    assert_non_null(strstr(made_tui_line(&m, 2), "VMs 12.1 + other 0.0 cores"));
    made_tui_done(&m);
}

static void test_a_host_that_is_a_vm_says_so(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_STEAL, 7.25);
    made_tui_take(&m);
    made_tui_size(&m, 30, 200);
    assert_non_null(strstr(made_tui_line(&m, 2), "  this host is itself a VM (steal 7.3%)"));
    made_tui_size(&m, 24, 80);
    assert_non_null(strstr(made_tui_line(&m, 1), " steal 7.3% "));
    /* It does not cease to be one, and the figure goes before anything else does. */
    panel_begin(&m);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_STEAL, 0);
    made_tui_take(&m);
    made_tui_size(&m, 30, 200);
    assert_non_null(strstr(made_tui_line(&m, 2), "  this host is itself a VM (steal 0.0%)"));
    made_tui_size(&m, 30, 120);
    assert_non_null(strstr(made_tui_line(&m, 2), "  vCPU 96:16 = 6.0  PSI cpu 12.4  this host is"));
    made_tui_size(&m, 30, 130);
    assert_non_null(strstr(made_tui_line(&m, 2), "2445 MHz"));
    assert_string_equal(strstr(made_tui_line(&m, 2), "  this host"), "  this host is itself a VM");
    made_tui_done(&m);
}

/* The style of the first character of a text in a row. */
static enum style panel_style(struct made_tui *m, unsigned row, const char *text)
{
    const char *line = made_tui_line(m, row), *found = strstr(line, text);

    assert_non_null(found);
    return (enum style)m->canvas.cells[(size_t)row * m->canvas.cols + (size_t)(found - line)].style;
}

static void test_colours_go_by_thresholds(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_set(&m, SCOPE_BLOCKDEV, 1, BLOCKDEV_DISK_DEVICE_IOUTIL, 97);
    made_tui_set(&m, SCOPE_BLOCKDEV, 1, BLOCKDEV_DISK_DEVICE_AWAIT, 20);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_PSI_SOME_CPU_AVG10, 55.5);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_IDLE, 0); /* being used is not suffering */
    made_tui_take(&m);
    assert_int_equal(panel_style(&m, 2, "||"), STYLE_BAR);
    assert_int_equal(panel_style(&m, 2, "55.5"), STYLE_CRIT); /* that of 10 s goes first */
    assert_int_equal(panel_style(&m, 2, "16 cores"), STYLE_NORMAL);
    assert_int_equal(panel_style(&m, 4, "||"), STYLE_CRIT);
    assert_int_equal(panel_style(&m, 4, "20.0 ms"), STYLE_WARN);
    assert_int_equal(panel_style(&m, 4, "PSI"), STYLE_NORMAL);
    made_tui_done(&m);
}

static void test_views_add_lines_of_their_own(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_netdev(&m, "eno2");
    made_tui_set(&m, SCOPE_NETDEV, 1, NETDEV_NET_HOST_RECEIVEDPACKETS, 1234);
    made_tui_set(&m, SCOPE_NETDEV, 1, NETDEV_NET_HOST_TRANSMITTEDDROP, 3);
    made_tui_set(&m, SCOPE_NETDEV, 1, NETDEV_NET_HOST_SPEED, 2500);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_RAM_HUGEPAGESTOTAL, 1024);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_RAM_HUGEPAGESFREE, 24);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_RAM_HUGEPAGESIZE, 2048);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_RAM_DIRTY, 3.0 * 1024);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_GUEST, 44);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_MINFREQ, 1500);
    made_tui_set(&m, SCOPE_HOST, 0, HOST_CPU_MAXFREQ, 3400);
    made_tui_take(&m);
    made_tui_type(&m, "c");
    panel_expect(
        &m, 3,
        "      user 50.0%  system 12.4%  nice 0.0%  iowait 7.5%  irq 0.0%  softirq 0.0%  steal "
        "0.0%  guest 44.0%  idle 30.1%");
    panel_expect(&m, 4, "      2445 MHz  from 1500 to 3400 MHz");
    assert_memory_equal(made_tui_line(&m, 5), " MEM  [", 7);
    made_tui_type(&m, "m");
    assert_non_null(strstr(made_tui_line(&m, 4), "      free 6.0"));
    assert_non_null(strstr(made_tui_line(&m, 4), "  dirty 3.0"));
    assert_non_null(strstr(made_tui_line(&m, 5), "      huge pages 24 free of 1024 of 2.0"));
    made_tui_type(&m, "i");
    panel_expect(&m, 6, "      PSI cpu  some -/12.4/-  % of the last 10/60/300 s");
    panel_expect(&m, 7, "      PSI mem  some -/0.3/-  full -/0.1/-  % of the last 10/60/300 s");
    panel_expect(&m, 8, "      PSI io   some -/0.2/-  full -/0.0/-  % of the last 10/60/300 s");
    made_tui_type(&m, "d");
    assert_memory_equal(made_tui_line(&m, 5), "      sda  3.0%  312 r/s", 24);
    assert_memory_equal(made_tui_line(&m, 6), "      nvme0n1  14.2%  312", 24);
    assert_memory_equal(made_tui_line(&m, 7), " NET  rx", 8);
    made_tui_type(&m, "n");
    assert_memory_equal(made_tui_line(&m, 6), "      eno1  rx 92.1 tx 14.7 Mb/s of 10 Gb/s", 42);
    panel_expect(&m, 7,
                 "      eno2  rx 92.1 tx 14.7 Mb/s of 2.5 Gb/s  packets 1234/-  errors -/-  drops "
                 "-/3");
    made_tui_done(&m);
}

/* Neither is a VM's clock bounded, nor has a bridge a speed. */
static void test_bounds_that_nobody_knows_are_left_out(void **state)
{
    struct made_tui m;
    struct frame_table *netdevs;

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    made_tui_netdev(&m, "vmbr0");
    netdevs = &m.frame->tables[SCOPE_NETDEV];
    netdevs->valid[frame_cell_index(netdevs, 0, NETDEV_NET_HOST_SPEED)] = 0;
    made_tui_take(&m);
    made_tui_type(&m, "c");
    panel_expect(&m, 4, "      2445 MHz");
    made_tui_type(&m, "n");
    assert_memory_equal(made_tui_line(&m, 6), "      vmbr0  rx 92.1 tx 14.7 Mb/s  packets", 41);
    made_tui_done(&m);
}

static void test_many_devices_leave_the_table_its_rows(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    for (unsigned i = 0; i < 100; i++) {
        made_tui_netdev(&m, "br\033[2J");
        made_tui_blockdev(&m, "sdx", "disk");
    }
    made_tui_take(&m);
    made_tui_type(&m, "n");
    made_tui_text(&m);
    assert_true(m.tui->layout.table.rows >= 8);
    assert_non_null(strstr(made_tui_line(&m, 7), "br?[2J  rx"));
    made_tui_type(&m, "d");
    made_tui_text(&m);
    assert_true(m.tui->layout.table.rows >= 8);
    made_tui_done(&m);
}

static bool panel_needs(struct made_tui *m, enum scope scope, unsigned column)
{
    struct selection needs = {0};

    panel_add_needs(m->tui, &needs);
    return needs.wanted[scope][column];
}

static void test_only_what_is_shown_is_needed(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    assert_true(panel_needs(&m, SCOPE_HOST, HOST_CPU_IOWAIT));
    assert_true(panel_needs(&m, SCOPE_HOST, HOST_PSI_FULL_IO_AVG10));
    assert_true(panel_needs(&m, SCOPE_VM, VM_CPU_HOST_USED));
    assert_true(panel_needs(&m, SCOPE_VM, VM_RAM_MAX));
    assert_true(panel_needs(&m, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_IOUTIL));
    assert_false(panel_needs(&m, SCOPE_HOST, HOST_CPU_SOFTIRQ));
    assert_false(panel_needs(&m, SCOPE_HOST, HOST_RAM_DIRTY));
    assert_false(panel_needs(&m, SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDDROP));
    made_tui_type(&m, "c");
    assert_true(panel_needs(&m, SCOPE_HOST, HOST_CPU_SOFTIRQ));
    made_tui_type(&m, "m");
    assert_true(panel_needs(&m, SCOPE_HOST, HOST_RAM_DIRTY));
    assert_false(panel_needs(&m, SCOPE_HOST, HOST_PSI_FULL_IO_AVG300));
    made_tui_type(&m, "i");
    assert_true(panel_needs(&m, SCOPE_HOST, HOST_PSI_FULL_IO_AVG300));
    made_tui_type(&m, "n");
    assert_true(panel_needs(&m, SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDDROP));
    made_tui_done(&m);
}

/* No figure is cut: each word of a narrow panel stands in the wide one, too. */
static void test_parts_are_left_out_whole(void **state)
{
    struct made_tui m;
    char wide[6][256], word[256];

    (void)state;
    made_tui_init(&m);
    panel_begin(&m);
    made_tui_take(&m);
    made_tui_size(&m, 30, 200);
    for (unsigned row = 1; row < 6; row++)
        copy_text(wide[row], sizeof(wide[row]), made_tui_line(&m, row));
    for (unsigned cols = 40; cols < 200; cols++) {
        made_tui_size(&m, 30, cols);
        for (unsigned row = 1; row < 6; row++) {
            const char *bar = strchr(made_tui_line(&m, row), ']'),
                       *p = bar ? bar : buf_text(&m.text);

            while (*p) {
                size_t n = strcspn(p, " ");

                memcpy(word, p, n);
                word[n] = '\0';
                if (!strstr(wide[row], word))
                    fail_msg("%u columns: '%s' is no part of '%s'", cols, word, wide[row]);
                p += n + strspn(p + n, " ");
            }
        }
    }
    made_tui_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_on_a_wide_screen),
        cmocka_unit_test(test_two_lines_and_one),
        cmocka_unit_test(test_what_is_missing_is_no_zero),
        cmocka_unit_test(test_a_host_without_vms_uses_none_for_them),
        cmocka_unit_test(test_other_is_never_below_zero),
        cmocka_unit_test(test_a_host_that_is_a_vm_says_so),
        cmocka_unit_test(test_colours_go_by_thresholds),
        cmocka_unit_test(test_views_add_lines_of_their_own),
        cmocka_unit_test(test_bounds_that_nobody_knows_are_left_out),
        cmocka_unit_test(test_many_devices_leave_the_table_its_rows),
        cmocka_unit_test(test_only_what_is_shown_is_needed),
        cmocka_unit_test(test_parts_are_left_out_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
