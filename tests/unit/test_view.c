/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views: their columns to the letter, their orders and what they offer. */
#include "support.h"

#include <string.h>

#include "base/buf.h"
#include "tui/view.h"

static int test_setup(void **state)
{
    *state = column_table_new();
    return 0;
}

static int test_teardown(void **state)
{
    column_table_free(*state);
    return 0;
}

#define ALL_80  "NAME ID S vCPU CORES RDYMX RSS IOPS LAT RX TX"
#define ALL_120 "NAME ID S WHY vCPU CORES %USED %RDY RDYMX %LIM GUEST RSS SWAP IOPS MB/s LAT RX TX"

/* The first columns of a view at that width, by their titles; rest = whatever follows. */
static void assert_titles(const struct column_table *table, enum view view, unsigned cols,
                          const char *titles)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = view_default_columns(view, table, cols, list), words = 1;
    struct buf text = {0};

    for (const char *p = titles; *p; p++)
        words += *p == ' ';
    assert_true(count >= words);
    for (size_t i = 0; i < words; i++) {
        if (i)
            buf_putc(&text, ' ');
        buf_puts(&text, view_title(view, list[i]));
    }
    assert_string_equal(buf_text(&text), titles);
    buf_done(&text);
}

static void test_columns_of_all(void **state)
{
    static const unsigned narrow[] = {1, 80, 119}, medium[] = {120, 139}, wide[] = {140, 500};

    for (size_t i = 0; i < ARRAY_SIZE(narrow); i++)
        assert_titles(*state, VIEW_ALL, narrow[i], ALL_80);
    for (size_t i = 0; i < ARRAY_SIZE(medium); i++)
        assert_titles(*state, VIEW_ALL, medium[i], ALL_120);
    for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
        assert_titles(*state, VIEW_ALL, wide[i], ALL_120 " %OVH HISTORY");
    /* Behind its own list, those of wider ones. */
    assert_titles(*state, VIEW_ALL, 80, ALL_80 " WHY %USED %RDY %LIM GUEST SWAP MB/s %OVH HISTORY");
    assert_titles(*state, VIEW_ALL, 120, ALL_120 " %OVH HISTORY");
}

/* Where the titles of ALL end at 120 columns: a blank between them, and one for the mark of
 * the order behind CORES. */
static void test_widths_of_all(void **state)
{
    static const unsigned ends[] = {12, 17, 19, 25, 30, 36, 43,  49,  55,
                                    61, 69, 77, 83, 89, 95, 101, 108, 115};
    const struct column *list[COLUMNS_MAX];
    unsigned end = 0;

    view_default_columns(VIEW_ALL, *state, 120, list);
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        end += 1u + list[i]->width;
        assert_int_equal(end, ends[i]);
        end += i == 5;
    }
}

static void test_columns_of_views(void **state)
{
    static const struct {
        enum view view;
        const char *titles;
    } lists[] = {
        {VIEW_CPU, "NAME ID S WHY vCPU CORES %USED %RDY RDYMX %LIM %OVH %OTHRDY HISTORY"},
        {VIEW_MEM,
         "NAME ID S MEMSZ GUEST FREE MCTL RSS HUGETLB HSWAP MINFLT MAJFLT SWAPIN SWAPOUT"},
        {VIEW_DISK, "NAME ID DISK SIZE ALLOC %UTIL READS/s WRITES/s MBRD/s MBWR/s LAT/rd LAT/wr "
                    "LAT/fl AQU ERR/s"},
        {VIEW_NET, "NAME ID NIC IFACE RX TX RX-PKT TX-PKT RX-DRP TX-DRP RX-ERR TX-ERR"},
        {VIEW_IO, "NAME ID S IOMB/s IOMBRD/s IOMBWR/s RDOPS WROPS RCHAR WCHAR CANCELLED"},
        {VIEW_NICS, "DEVICE SPEED RX TX RX+TX RX-PKT TX-PKT RX-DRP TX-DRP RX-ERR TX-ERR"},
        {VIEW_DISKS,
         "DEVICE CLASS %UTIL READS/s WRITES/s MBRD/s MBWR/s AWAIT QLEN QDEPTH SVCTM IOPS MB/s"},
        {VIEW_LVM, "DEVICE %UTIL READS/s WRITES/s MBRD/s MBWR/s AWAIT QLEN QDEPTH SVCTM"},
        {VIEW_MULTIPATH, "DEVICE %UTIL READS/s WRITES/s MBRD/s MBWR/s AWAIT QLEN QDEPTH SVCTM"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        assert_titles(*state, lists[i].view, 80, lists[i].titles);
        assert_titles(*state, lists[i].view, 120, lists[i].titles);
        assert_titles(*state, lists[i].view, 200, lists[i].titles);
    }
}

/* Which columns are on does not depend on the width, only their order does; none is
 * there twice, all are offered, and what belongs to the view and is not verbose is in. */
static void test_default_columns_are_whole(void **state)
{
    const struct column_table *table = *state;
    static const unsigned widths[] = {80, 120, 140};

    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        const struct column *list[COLUMNS_MAX], *first[COLUMNS_MAX];
        size_t first_count = view_default_columns(v, table, 80, first);

        assert_in_range(first_count, 1, column_count(table, views[v].family));
        assert_int_equal(first[0]->kind, COLUMN_NAME);
        for (size_t w = 0; w < ARRAY_SIZE(widths); w++) {
            bool in[COLUMNS_MAX] = {false};
            size_t count = view_default_columns(v, table, widths[w], list);

            assert_int_equal(count, first_count);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(list[i]->family, views[v].family);
                assert_false(in[list[i]->number]);
                assert_true(view_offers(v, list[i]));
                in[list[i]->number] = true;
            }
            for (size_t i = 0; i < first_count; i++)
                assert_true(in[first[i]->number]);
        }
    }
}

static bool test_has(const struct column_table *table, enum view view, struct column_ref ref)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = view_default_columns(view, table, 80, list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == column_of(table, views[view].family, ref))
            return true;
    }
    return false;
}

static void test_more_columns_stand_behind(void **state)
{
    const struct column_table *table = *state;
    const struct column_ref traffic = COLUMN_REF(COLUMN_TRAFFIC), nic = COLUMN_REF(COLUMN_NIC);
    const struct column_ref uuid = COLUMN_REF_METRIC(VM_UUID), pid = COLUMN_REF_METRIC(VM_PID);
    const struct column_ref capacity = COLUMN_REF_METRIC(VM_DISK_SIZE_CAPACITY);
    const struct column_ref packets = COLUMN_REF_METRIC(VM_NET_RECEIVEDPACKETS);

    assert_false(test_has(table, VIEW_ALL, uuid)); /* ID has it */
    assert_true(view_offers(VIEW_ALL, column_of(table, FAMILY_VM, uuid)));
    assert_true(test_has(table, VIEW_ALL, capacity));
    assert_true(test_has(table, VIEW_ALL, traffic));
    assert_false(test_has(table, VIEW_ALL, pid));     /* verbose */
    assert_false(test_has(table, VIEW_ALL, packets)); /* likewise */
    assert_false(test_has(table, VIEW_ALL, nic));     /* only NICs have it */
    assert_true(test_has(table, VIEW_NET, nic));
    assert_true(test_has(table, VIEW_NET, traffic));
    assert_false(test_has(table, VIEW_NET, uuid));
    assert_false(test_has(table, VIEW_CPU, capacity));
}

static void test_offers(void **state)
{
    const struct column_table *table = *state;
    static const enum column_kind always[] = {COLUMN_NAME, COLUMN_ID, COLUMN_STATE, COLUMN_WHY};

    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        for (unsigned f = 0; f < FAMILY__COUNT; f++) {
            for (size_t c = 0; c < column_count(table, f); c++) {
                const struct column *column = column_at(table, f, c);
                bool offers = view_offers(v, column);

                if (f != views[v].family)
                    assert_false(offers);
                else if (views[v].collector == COLLECTOR_BASE)
                    assert_true(offers);
                else if (column->kind == COLUMN_METRIC)
                    assert_int_equal(offers, column->metric->collector == views[v].collector);
            }
        }
        for (size_t i = 0; views[v].family == FAMILY_VM && i < ARRAY_SIZE(always); i++)
            assert_true(view_offers(
                v, column_of(table, FAMILY_VM, (struct column_ref){.kind = (short)always[i]})));
    }
}

static void test_orders(void **state)
{
    const struct column_table *table = *state;
    static const struct {
        enum view view;
        const char *title;
    } orders[] = {{VIEW_ALL, "CORES"},      {VIEW_CPU, "CORES"},   {VIEW_MEM, "GUEST"},
                  {VIEW_DISK, "MB/s"},      {VIEW_NET, "RX+TX"},   {VIEW_IO, "IOMB/s"},
                  {VIEW_NICS, "RX+TX"},     {VIEW_DISKS, "%UTIL"}, {VIEW_LVM, "%UTIL"},
                  {VIEW_MULTIPATH, "%UTIL"}};

    assert_int_equal(ARRAY_SIZE(orders), VIEW__COUNT);
    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        const struct view_info *info = &views[orders[i].view];

        assert_string_equal(column_of(table, info->family, info->sort)->title, orders[i].title);
        assert_false(info->ascending);
        assert_true(test_has(table, orders[i].view, info->sort));
    }
}

static void test_words_and_keys(void **state)
{
    static const char keys[VIEW__COUNT] = {'a', 'c', 'm', 'd', 'n', 'i', 'p', 's', 'l', 'x'};
    enum view view = VIEW_NET;

    (void)state;
    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        assert_int_equal(views[v].key, keys[v]);
        assert_true(strlen(views[v].name) && strlen(views[v].empty));
        for (unsigned other = 0; other < v; other++)
            assert_string_not_equal(views[v].word, views[other].word);
        assert_true(view_by_word(views[v].word, &view));
        assert_int_equal(view, v);
    }
    assert_true(view_by_word("C", &view));
    assert_int_equal(view, VIEW_CPU);
    assert_true(view_by_word("MultiPath", &view));
    assert_int_equal(view, VIEW_MULTIPATH);
    assert_false(view_by_word("", &view));
    assert_false(view_by_word("cp", &view));
    assert_int_equal(view, VIEW_MULTIPATH);
    assert_string_equal(views[VIEW_ALL].name, "ALL");
    assert_string_equal(views[VIEW_IO].name, "I/O");
    assert_string_equal(views[VIEW_MULTIPATH].empty, "no multipath device on this host");
    assert_null(views[VIEW_DISKS].block_class);
    assert_string_equal(views[VIEW_LVM].block_class, "lvm");
    assert_string_equal(views[VIEW_MULTIPATH].block_class, "mpath");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_columns_of_all),
        TEST(test_widths_of_all),
        TEST(test_columns_of_views),
        TEST(test_default_columns_are_whole),
        TEST(test_more_columns_stand_behind),
        TEST(test_offers),
        TEST(test_orders),
        TEST(test_words_and_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
