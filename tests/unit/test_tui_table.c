/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table: what is drawn, to the letter and as rules that hold at every size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "made_frame.h"
#include "made_tui.h"
#include "support.h"

#define JAPAN     "\xe6\x97\xa5\xe6\x9c\xac" /* two characters of two columns each */
#define WIDE_NAME "web-" JAPAN

/* The VMs of the specification's picture. */
static void table_begin(struct made_tui *m)
{
    size_t row;

    setenv("TZ", "UTC", 1);
    tzset();
    made_tui_init(m);
    m->now.ns = (14 * 3600 + 3 * 60 + 20) * (int64_t)NS_PER_S;
    made_tui_frame(m);
    made_tui_set(m, SCOPE_HOST, 0, HOST_CPU_IOWAIT, 0);
    made_tui_set(m, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 11512500);
    made_tui_set(m, SCOPE_HOST, 0, HOST_NET_HOST_TRANSMITTEDBYTES, 1837500);
    made_tui_set(m, SCOPE_HOST, 0, HOST_NET_HOST_SPEED, 10000);
    made_tui_blockdev(m, "nvme0n1", "disk");
    row = made_tui_vm(m, "app-01");
    made_tui_set(m, SCOPE_VM, row, VM_STALE, 12);
    row = made_tui_vm(m, "db-01");
    made_tui_set(m, SCOPE_VM, row, VM_CPU_CORES, 4);
    made_tui_set(m, SCOPE_VM, row, VM_CPU_HOST_USED, 3.46);
    made_tui_set(m, SCOPE_VM, row, VM_CPU_TOTAL, 78.2);
    made_tui_set(m, SCOPE_VM, row, VM_CPU_STEAL, 12.1);
    made_tui_set(m, SCOPE_VM, row, VM_CPU_STEAL_MAX, 31.0);
    made_tui_set(m, SCOPE_VM, row, VM_RAM_USED, 6.9 * 1024 * 1024);
    made_tui_set(m, SCOPE_VM, row, VM_RAM_RSS, 8.0 * 1024 * 1024);
    made_tui_set(m, SCOPE_VM, row, VM_DISK_READS, 400);
    made_tui_set(m, SCOPE_VM, row, VM_DISK_WRITES, 110);
    made_tui_set(m, SCOPE_VM, row, VM_DISK_MBREAD, 3.0);
    made_tui_set(m, SCOPE_VM, row, VM_DISK_MBWRITE, 1.1);
    made_tui_set(m, SCOPE_VM, row, VM_NET_RECEIVEDBYTES, 17.0e6 / 8);
    made_tui_set(m, SCOPE_VM, row, VM_NET_TRANSMITTEDBYTES, 2.1e6 / 8);
    made_tui_set(m, SCOPE_VMDISK, made_tui_disk(m, "scsi0"), VMDISK_DISK_LAT_AVG, 4.8);
    made_tui_nic(m, "net0");
    row = made_tui_vm(m, "thin-07");
    made_tui_set_text(m, SCOPE_VM, row, VM_STATE, "io-error");
    row = made_tui_vm(m, WIDE_NAME);
    made_tui_set_text(m, SCOPE_VM, row, VM_STATE, "paused");
}

/* clang-format off */
static const char table_120_by_30[] =
    " proxtop | pve1 | Refresh: 2.0s | View: ALL | VMs: 4 (1 stale) | [H] | Press ? help                             14:03:22\n"
    " HOST METRICS\n"
    " CPU  [|||||||||||||||    62.4%] 16 cores 2445 MHz  VMs 4.7 + other 5.3 cores  vCPU 8:16 = 0.5  PSI cpu 12.4\n"
    " MEM  [|||||||||||||||||| 81.1%] 51.9G of 64.0G  ARC 6.0G  avail 12.1G  swap 1.2G in 0 out 0  VMs own 16.0G  PSI 0.3/0.1\n"
    " DISK [|||                14.2%] nvme0n1  312 r/s 98 w/s  10.4/4.1 MB/s  await 0.8 ms  PSI 0.2/0.0\n"
    " NET  rx 92.1 tx 14.7 Mb/s of 10 Gb/s\n"
    " NAME        ID   S WHY   vCPU CORESv %USED  %RDY RDYMX  %LIM   GUEST     RSS  SWAP  IOPS  MB/s   LAT     RX     TX\n"
    ">db-01       101  R RDY      4  3.46   78.2  12.1  31.0     -    6.9G    8.0G     -   510   4.1  4.80   17.0    2.1\n"
    " app-01      100  R STUCK    2  0.40   20.0   0.4   0.5     -    1.9G    3.3G     -    15   1.5  0.60    1.0    2.0\n"
    " thin-07     102  E IOERR    2  0.40   20.0   0.4   0.5     -    1.9G    3.3G     -    15   1.5  0.60    1.0    2.0\n"
    " web-" JAPAN "    103  P          2  0.40   20.0   0.4   0.5     -    1.9G    3.3G     -    15   1.5  0.60    1.0    2.0\n"
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
    " 1-4 of 4 | app-01: no answer for 12 s                      / filter  Enter details  f fields  a c m d n i views  q quit\n";

static const char table_80_by_24[] =
    " proxtop | Refresh: 2.0s | View: ALL | VMs: 4 (1 stale) | Press ? help  14:03:22\n"
    " HOST METRICS  CPU 62.4% of 16 PSI 12.4  MEM 81.1% avail 12.1G PSI 0.3/0.1\n"
    " DISK 14.2% nvme0n1  312 r/s 98 w/s  await 0.8 ms  NET rx 92.1 tx 14.7 Mb/s\n"
    " NAME        ID   S vCPU CORESv RDYMX     RSS  IOPS   LAT     RX     TX WHY\n"
    ">db-01       101  R    4  3.46   31.0    8.0G   510  4.80   17.0    2.1 RDY\n"
    " app-01      100  R    2  0.40    0.5    3.3G    15  0.60    1.0    2.0 STUCK\n"
    " thin-07     102  E    2  0.40    0.5    3.3G    15  0.60    1.0    2.0 IOERR\n"
    " web-" JAPAN "    103  P    2  0.40    0.5    3.3G    15  0.60    1.0    2.0\n"
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
    " 1-4 of 4 | app-01: no answer for 12 s           / filter  Enter details  q quit\n";

static const char table_200_by_50[] =
    " proxtop | pve1 | Refresh: 2.0s | View: DISK | VMs: 4 (1 stale) | [H] | Press ? help                                                                                                            14:03:22\n"
    " HOST METRICS\n"
    " CPU  [||||||||||||||||||||||||||          62.4%] 16 cores 2445 MHz  VMs 4.7 + other 5.3 cores  vCPU 8:16 = 0.5  PSI cpu 12.4\n"
    " MEM  [|||||||||||||||||||||||||||||||||   81.1%] 51.9G of 64.0G  ARC 6.0G  avail 12.1G  swap 1.2G in 0 out 0  VMs own 16.0G  PSI 0.3/0.1\n"
    " DISK [||||||                              14.2%] nvme0n1  312 r/s 98 w/s  10.4/4.1 MB/s  await 0.8 ms  PSI 0.2/0.0\n"
    "      nvme0n1  14.2%  312 r/s 98 w/s  10.4/4.1 MB/s  await 0.8 ms  queue 0.3\n"
    " NET  rx 92.1 tx 14.7 Mb/s of 10 Gb/s\n"
    " NAME        ID   DISK      SIZE   ALLOC  %UTIL READS/s WRITES/s MBRD/s MBWR/s LAT/rd LAT/wr LAT/fl   AQU   ERR/s  IOPS  MB/sv   LAT LAT/avg\n"
    ">db-01 -     101               -       -      -     400      110    3.0    1.1   0.50   0.90      -     -       -   510   4.1   4.80    0.60\n"
    "   scsi0          scsi0    32.0G       -      -      10      5.0    1.0    0.5   0.50   0.90      -     -       -    15   1.5   4.80    4.80\n"
    " app-01      100               -       -      -      10      5.0    1.0    0.5   0.50   0.90      -     -       -    15   1.5   0.60    0.60\n"
    " thin-07     102               -       -      -      10      5.0    1.0    0.5   0.50   0.90      -     -       -    15   1.5   0.60    0.60\n"
    " web-" JAPAN "    103               -       -      -      10      5.0    1.0    0.5   0.50   0.90      -     -       -    15   1.5   0.60    0.60\n"
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
    " 1-5 of 5 | app-01: no answer for 12 s                                                                                                      / filter  Enter details  f fields  a c m d n i views  q quit\n";
/* clang-format on */

static void test_120_by_30(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    assert_string_equal(made_tui_text(&m), table_120_by_30);
    made_tui_done(&m);
}

static void test_80_by_24(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    made_tui_size(&m, 24, 80);
    assert_string_equal(made_tui_text(&m), table_80_by_24);
    made_tui_done(&m);
}

static void test_200_by_50(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    made_tui_size(&m, 50, 200);
    made_tui_type(&m, "d");
    assert_string_equal(made_tui_text(&m), table_200_by_50);
    made_tui_done(&m);
}

static const struct canvas_cell *table_cell(const struct made_tui *m, unsigned row, unsigned col)
{
    assert_true(row < m->canvas.rows && col < m->canvas.cols);
    return &m->canvas.cells[(size_t)row * m->canvas.cols + col];
}

/* The blanks left of a column keep it apart from the one before. */
static void table_check_gap(const struct made_tui *m, unsigned row, unsigned col)
{
    if (table_cell(m, row, col)->text[0] != ' ')
        fail_msg("%u x %u, row %u: column %u is no gap", m->canvas.rows, m->canvas.cols, row, col);
}

/* A number stands whole, and ends where its title ends. */
static void table_check_number(struct made_tui *m, unsigned at, const struct shown_column *shown,
                               const struct table_row *row, unsigned end)
{
    struct figure figure = column_figure(shown->column, &row->ref, &m->tui->thresholds);
    struct buf text = {0};
    size_t len;

    figure_put(&text, &figure, shown->column, m->tui->units);
    len = strlen(buf_text(&text));
    assert_true(len <= end - shown->col);
    for (size_t i = 0; i < end - shown->col; i++) {
        uint32_t want = ' ', is = table_cell(m, at, end - 1 - (unsigned)i)->text[0];

        if (i < len)
            want = (uint32_t)text.data[len - 1 - i];
        if (is != want)
            fail_msg("%u x %u: %s shows '%c' for '%c' of '%s'", m->canvas.rows, m->canvas.cols,
                     shown->column->key, (char)is, (char)want, buf_text(&text));
    }
    buf_done(&text);
}

static void table_check_column(struct made_tui *m, size_t i)
{
    struct tui *tui = m->tui;
    const struct shown_column *shown = &tui->shown[i];
    const struct view_state *view = &tui->views[tui->view];
    unsigned end = shown->col + shown->width - (view->sort == shown->column);

    assert_true(shown->col + shown->width <= tui->cols);
    if (!shown->column->left && tui->layout.titles.rows)
        assert_int_not_equal(table_cell(m, tui->layout.titles.row, end - 1)->text[0], ' ');
    for (unsigned r = 0; r < tui->layout.table.rows && view->top + r < tui->table.count; r++) {
        unsigned at = tui->layout.table.row + r;

        if (i)
            table_check_gap(m, at, shown->col - 1);
        if (!shown->column->left && shown->column->kind != COLUMN_HISTORY)
            table_check_number(m, at, shown, &tui->table.list[view->top + r], end);
    }
}

/* What must hold of every screen. */
static void table_check(struct made_tui *m)
{
    struct tui *tui = m->tui;
    unsigned end = 0;

    made_tui_text(m);
    assert_int_equal(m->canvas.rows, tui->rows);
    assert_int_equal(m->canvas.cols, tui->cols);
    assert_true(tui->shown_count > 0);
    assert_int_equal(tui->shown[0].column->kind, COLUMN_NAME);
    if (tui->cols > 1 && tui->layout.table.rows)
        assert_true(tui->shown[0].width > 0);
    assert_true(tui->shown[0].width <= 41);
    for (size_t i = 0; i < tui->shown_count; i++) {
        if (!tui->shown[i].width)
            continue;
        assert_true(tui->shown[i].col > end || (!i && tui->shown[i].col == 1));
        end = tui->shown[i].col + tui->shown[i].width;
        table_check_column(m, i);
    }
}

static void table_check_all_sizes(struct made_tui *m)
{
    static const unsigned rows[] = {5, 13, 14, 24, 30, 50, 200};
    static const unsigned cols[] = {20, 21, 33, 40, 79, 80, 81, 119, 120, 139, 140, 200, 333, 500};

    for (unsigned r = 0; r < ARRAY_SIZE(rows); r++) {
        for (unsigned c = 0; c < ARRAY_SIZE(cols); c++) {
            made_tui_size(m, rows[r], cols[c]);
            table_check(m);
        }
    }
}

static void test_every_size_and_view(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_vms(&m, "vm", 60, 3, 2, 2);
    made_tui_netdev(&m, "eno1");
    made_tui_blockdev(&m, "sda", "disk");
    made_tui_take(&m);
    for (const char *keys = "acmdnipslxaEuu"; *keys; keys++) {
        char key[2] = {*keys, '\0'};

        made_tui_type(&m, key);
        table_check_all_sizes(&m);
    }
    made_tui_done(&m);
}

static void test_tiny_screens_do_no_harm(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    for (unsigned rows = 1; rows < 8; rows++) {
        for (unsigned cols = 1; cols < 20; cols++) {
            made_tui_size(&m, rows, cols);
            table_check(&m);
        }
    }
    made_tui_done(&m);
}

static void test_names_that_want_to_do_harm(void **state)
{
    static const char *const more[] = {
        "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81", (JAPAN JAPAN JAPAN JAPAN JAPAN),
        "\xf0\x9f\x98\x80\xe2\x80\x8d\xf0\x9f\x98\x80", "\xe2\x80\xae evil"};
    struct made_tui m;

    (void)state;
    table_begin(&m);
    for (size_t i = 0; i < hostile_names_count; i++) {
        made_tui_vm(&m, hostile_names[i].name);
        made_tui_disk(&m, hostile_names[i].name);
        made_tui_nic(&m, hostile_names[i].name);
    }
    for (size_t i = 0; i < ARRAY_SIZE(more); i++)
        made_tui_vm(&m, more[i]);
    made_tui_take(&m);
    table_check_all_sizes(&m);
    made_tui_type(&m, "dE");
    table_check_all_sizes(&m);
    made_tui_type(&m, "nn");
    table_check_all_sizes(&m);
    m.canvas.utf8 = false;
    table_check_all_sizes(&m);
    made_tui_done(&m);
}

/* The row of the table in which the name stands, on the screen. */
static unsigned table_row_of(struct made_tui *m, const char *name)
{
    for (unsigned row = 0; row < m->tui->rows; row++) {
        if (strncmp(made_tui_line(m, row) + 1, name, strlen(name)) == 0)
            return row;
    }
    fail_msg("no row of '%s'", name);
    return 0;
}

static const struct shown_column *table_shown(struct made_tui *m, const char *title)
{
    for (size_t i = 0; i < m->tui->shown_count; i++) {
        if (m->tui->shown[i].width &&
            strcmp(view_title(m->tui->view, m->tui->shown[i].column), title) == 0)
            return &m->tui->shown[i];
    }
    fail_msg("no column '%s'", title);
    return NULL;
}

static enum style table_style(struct made_tui *m, const char *name, const char *title)
{
    unsigned row = table_row_of(m, name);
    const struct shown_column *shown = table_shown(m, title);

    for (unsigned col = shown->col; col < shown->col + shown->width; col++) {
        if (table_cell(m, row, col)->text[0] != ' ')
            return (enum style)table_cell(m, row, col)->style;
    }
    return STYLE__COUNT;
}

static void test_styles(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    assert_int_equal(table_style(&m, "db-01", "RDYMX"), STYLE_CRIT);
    assert_int_equal(table_style(&m, "db-01", "NAME"), STYLE_NORMAL);
    assert_int_equal(table_style(&m, "db-01", "CORES"), STYLE_NORMAL);
    assert_int_equal(table_style(&m, "thin-07", "S"), STYLE_CRIT);
    assert_int_equal(table_style(&m, "web-", "S"), STYLE_DIM);
    made_tui_cycle(&m, "app-01 new-01");
    assert_int_equal(table_style(&m, "new-01", "NAME"), STYLE_NEW);
    assert_int_equal(table_style(&m, "app-01", "NAME"), STYLE_NORMAL);
    assert_int_equal(table_style(&m, "db-01", "NAME"), STYLE_GONE);
    assert_int_equal(table_style(&m, "db-01", "RDYMX"), STYLE_GONE);
    made_tui_done(&m);
}

static void test_the_selected_row_is_marked(void **state)
{
    struct made_tui m;
    unsigned row;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    made_tui_type(&m, "<Down><Right>");
    made_tui_text(&m);
    row = m.tui->layout.table.row + 1;
    for (unsigned at = m.tui->layout.titles.row; at < 29; at++) {
        assert_int_equal(table_cell(&m, at, 0)->text[0], at == row ? '>' : ' ');
        assert_int_equal(table_cell(&m, at, 0)->selected, at == row);
        assert_int_equal(table_cell(&m, at, 119)->selected, at == row);
    }
    made_tui_done(&m);
}

static void test_titles_tell_the_order(void **state)
{
    struct made_tui m;
    const struct shown_column *shown;
    unsigned row;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    assert_non_null(strstr(made_tui_line(&m, 6), " CORESv "));
    row = m.tui->layout.titles.row;
    shown = table_shown(&m, "CORES");
    assert_int_equal(table_cell(&m, row, shown->col + shown->width - 1)->style, STYLE_SORTED);
    assert_int_equal(table_cell(&m, row, shown->col + shown->width)->style, STYLE_TITLE);
    made_tui_type(&m, "r");
    assert_non_null(strstr(made_tui_line(&m, 6), " CORES^ "));
    made_tui_done(&m);
}

static void test_columns_scroll_behind_the_name(void **state)
{
    struct made_tui m;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    made_tui_type(&m, "<Right><Right><Right>");
    assert_memory_equal(made_tui_line(&m, 6), " NAME ", 6);
    assert_null(strstr(made_tui_line(&m, 6), " ID "));
    assert_null(strstr(made_tui_line(&m, 6), "WHY"));
    assert_non_null(strstr(made_tui_line(&m, 6), " vCPU "));
    table_check_all_sizes(&m);
    made_tui_type(&m, "<Left><Left><Left>");
    assert_non_null(strstr(made_tui_line(&m, 6), " ID "));
    m.tui->views[VIEW_ALL].scroll = 10000; /* more than there are */
    m.tui->stale = true;
    table_check(&m);
    made_tui_done(&m);
}

/* A column that once was wide stays so, until something else is shown. */
static void test_columns_do_not_jitter(void **state)
{
    struct made_tui m;
    unsigned wide, col;

    (void)state;
    table_begin(&m);
    made_tui_set(&m, SCOPE_VM, 1, VM_CPU_HOST_USED, 1234.56);
    made_tui_take(&m);
    made_tui_text(&m);
    wide = table_shown(&m, "CORES")->width;
    col = table_shown(&m, "RX")->col;
    made_tui_cycle(&m, "app-01 db-01");
    made_tui_text(&m);
    assert_int_equal(table_shown(&m, "CORES")->width, wide);
    assert_int_equal(table_shown(&m, "RX")->col, col);
    made_tui_type(&m, "ca");
    made_tui_text(&m);
    assert_true(table_shown(&m, "CORES")->width < wide);
    made_tui_done(&m);
}

static void test_uuids_are_whole_where_there_is_room(void **state)
{
    static const char uuid[] = "0f9fe2a5-2b4e-4d0c-8a56-2f3b6a1d7c11";
    struct made_tui m;
    size_t row;

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    row = frame_add_row(&m.frame->tables[SCOPE_VM], 0);
    made_tui_set_text(&m, SCOPE_VM, row, VM_NAME, "vm");
    made_tui_set_text(&m, SCOPE_VM, row, VM_UUID, uuid);
    made_tui_take(&m);
    assert_non_null(strstr(made_tui_line(&m, 7), " 0f9fe2a5 "));
    made_tui_size(&m, 30, 500);
    assert_non_null(strstr(made_tui_text(&m), uuid));
    /* In the column UUID, too. */
    assert_non_null(strstr(strstr(made_tui_text(&m), uuid) + 1, uuid));
    made_tui_size(&m, 30, 80);
    assert_non_null(strstr(made_tui_text(&m), " 0f9fe2a5 "));
    made_tui_done(&m);
}

static void test_long_names_are_cut_with_a_mark(void **state)
{
    struct made_tui m;
    char name[201];

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    made_tui_vm(&m, name);
    made_tui_take(&m);
    made_tui_size(&m, 30, 80);
    assert_memory_equal(made_tui_line(&m, 7), ">nnnnnnn", 8);
    assert_non_null(strstr(made_tui_line(&m, 7), "n\xe2\x80\xa6 100"));
    m.canvas.utf8 = false;
    assert_non_null(strstr(made_tui_text(&m), "n+ 100"));
    made_tui_size(&m, 30, 500);
    made_tui_text(&m);
    assert_int_equal(m.tui->shown[0].width, 40);
    made_tui_done(&m);
}

static void test_children_stand_below_their_vm(void **state)
{
    struct made_tui m;
    unsigned row;

    (void)state;
    table_begin(&m);
    made_tui_take(&m);
    made_tui_type(&m, "d");
    row = table_row_of(&m, "db-01 - ");
    assert_memory_equal(made_tui_line(&m, row + 1), "   scsi0 ", 9);
    made_tui_type(&m, "E");
    assert_int_not_equal(table_row_of(&m, "db-01 + "), 0);
    made_tui_done(&m);
}

static void test_an_empty_table_says_why(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    assert_non_null(strstr(made_tui_text(&m), "      waiting for the first figures\n"));
    made_tui_cycle(&m, "");
    assert_non_null(strstr(made_tui_text(&m), views[VIEW_ALL].empty));
    made_tui_type(&m, "x");
    assert_non_null(strstr(made_tui_text(&m), views[VIEW_MULTIPATH].empty));
    made_tui_type(&m, "a");
    made_tui_cycle(&m, "app-01");
    made_tui_type(&m, "/web\033");
    made_tui_type(&m, "/web<Enter>");
    assert_non_null(strstr(made_tui_text(&m), "  no row matches the filter 'web' (Esc clears)\n"));
    /* A list of disks or NICs is no list of VMs. */
    for (unsigned i = 0; i < 2 + TUI_ENDED_CYCLES; i++) {
        made_tui_frame(&m);
        made_tui_vm(&m, "web-01");
        made_tui_take(&m);
    }
    made_tui_type(&m, "nn");
    assert_non_null(strstr(made_tui_text(&m), "  no NIC of a VM is known\n"));
    made_tui_type(&m, "dd");
    assert_non_null(strstr(made_tui_text(&m), "  no disk of a VM is known\n"));
    for (unsigned i = 0; i < 2 + TUI_ENDED_CYCLES; i++)
        made_tui_cycle(&m, "");
    assert_non_null(strstr(made_tui_text(&m), views[VIEW_DISK].empty));
    made_tui_done(&m);
}

static void test_the_history_is_a_curve(void **state)
{
    struct made_tui m;
    const struct shown_column *shown;

    (void)state;
    made_tui_init(&m);
    made_tui_size(&m, 30, 200);
    for (int i = 0; i < 8; i++) {
        made_tui_frame(&m);
        made_tui_set(&m, SCOPE_VM, made_tui_vm(&m, "vm"), VM_CPU_TOTAL, i < 4 ? 0 : 100);
        made_tui_take(&m);
    }
    made_tui_text(&m);
    for (size_t i = 0; i < m.tui->shown_count; i++) {
        shown = &m.tui->shown[i];
        if (shown->column->kind != COLUMN_HISTORY)
            continue;
        assert_true(shown->width >= 10);
        assert_int_equal(table_cell(&m, 7, shown->col + 9)->text[0], 0x2588);
        assert_int_not_equal(table_cell(&m, 7, shown->col + 2)->text[0],
                             table_cell(&m, 7, shown->col + 9)->text[0]);
        made_tui_done(&m);
        return;
    }
    fail_msg("no history");
}

static double table_draw_ms(struct made_tui *m, unsigned rounds)
{
    struct timespec from, to;

    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < rounds; i++) {
        m->tui->stale = true; /* rows are built anew */
        tui_draw(m->tui, &m->canvas, m->now);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) /
           rounds;
}

/* What a key costs with 1000 VMs; told, as machines differ. */
static void test_a_thousand_vms(void **state)
{
    static const unsigned sizes[][2] = {{50, 200}, {200, 500}};
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_frame(&m);
    made_tui_vms(&m, "vm", 1000, 4, 2, 1);
    made_tui_take(&m);
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        made_tui_size(&m, sizes[i][0], sizes[i][1]);
        made_tui_text(&m);
        print_message("# 1000 VMs on %u x %u: %.2f ms for rows and drawing\n", sizes[i][1],
                      sizes[i][0], table_draw_ms(&m, 50));
        table_check(&m);
    }
    made_tui_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_120_by_30),
        cmocka_unit_test(test_80_by_24),
        cmocka_unit_test(test_200_by_50),
        cmocka_unit_test(test_every_size_and_view),
        cmocka_unit_test(test_tiny_screens_do_no_harm),
        cmocka_unit_test(test_names_that_want_to_do_harm),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_the_selected_row_is_marked),
        cmocka_unit_test(test_titles_tell_the_order),
        cmocka_unit_test(test_columns_scroll_behind_the_name),
        cmocka_unit_test(test_columns_do_not_jitter),
        cmocka_unit_test(test_uuids_are_whole_where_there_is_room),
        cmocka_unit_test(test_long_names_are_cut_with_a_mark),
        cmocka_unit_test(test_children_stand_below_their_vm),
        cmocka_unit_test(test_an_empty_table_says_why),
        cmocka_unit_test(test_the_history_is_a_curve),
        cmocka_unit_test(test_a_thousand_vms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
