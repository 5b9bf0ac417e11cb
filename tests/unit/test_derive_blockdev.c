/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: block devices of the host, and their sum on the host row. */
#include <string.h>

#include "made_devices.h"
#include "support.h"

static const uint64_t nothing[DISKSTAT__COUNT] = {0};

/* What a device does in 2 s: see test_cells for what that means. */
static const uint64_t work[DISKSTAT__COUNT] = {
    [DISKSTAT_READS] = 100,
    [DISKSTAT_READS_MERGED] = 4,
    [DISKSTAT_SECTORS_READ] = 4096,
    [DISKSTAT_MS_READING] = 50,
    [DISKSTAT_WRITES] = 200,
    [DISKSTAT_WRITES_MERGED] = 6,
    [DISKSTAT_SECTORS_WRITTEN] = 8192,
    [DISKSTAT_MS_WRITING] = 150,
    [DISKSTAT_IN_FLIGHT] = 3,
    [DISKSTAT_MS_BUSY] = 600,
    [DISKSTAT_MS_WEIGHTED] = 3000,
    [DISKSTAT_DISCARDS] = 20,
    [DISKSTAT_SECTORS_DISCARDED] = 40,
    [DISKSTAT_MS_DISCARDING] = 10,
    [DISKSTAT_FLUSHES] = 80,
    [DISKSTAT_MS_FLUSHING] = 190,
};

/* Values that a device can have before the first reading. */
static const uint64_t past[DISKSTAT__COUNT] = {1000, 10,   8000, 500, 2000, 20, 16000, 900, 1,
                                               4000, 5000, 5,    0,   50,   7,  11,    13};

/* What test and host row have of `work`, and of how much of it. */
static void assert_work(const struct made_devices *d, enum scope scope, unsigned first)
{
    static const struct {
        enum blockdev_column column;
        double value;
    } cells[] = {
        {BLOCKDEV_DISK_DEVICE_READS, 50},            /* 100 / 2 */
        {BLOCKDEV_DISK_DEVICE_WRITES, 100},          /* 200 / 2 */
        {BLOCKDEV_DISK_DEVICE_MBREAD, 1},            /* 4096 * 512 / 2^20 / 2 */
        {BLOCKDEV_DISK_DEVICE_MBWRITE, 2},           /* 8192 * 512 / 2^20 / 2 */
        {BLOCKDEV_DISK_DEVICE_IOUTIL, 30},           /* 600 ms of 2000 */
        {BLOCKDEV_DISK_DEVICE_CURRENTOPS, 3},        /* as told */
        {BLOCKDEV_DISK_DEVICE_QUEUELEN, 1.5},        /* 3000 ms / 2000 ms */
        {BLOCKDEV_DISK_DEVICE_SERVICETIME, 1.5},     /* 600 / (100 + 200 + 20 + 80) */
        {BLOCKDEV_DISK_DEVICE_AWAIT, 1},             /* (50 + 150 + 10 + 190) / 400 */
        {BLOCKDEV_DISK_DEVICE_READSMERGED, 2},       /* 4 / 2 */
        {BLOCKDEV_DISK_DEVICE_SECTORSREAD, 2048},    /* 4096 / 2 */
        {BLOCKDEV_DISK_DEVICE_TIMEREADING, 25},      /* 50 / 2 */
        {BLOCKDEV_DISK_DEVICE_WRITESMERGED, 3},      /* 6 / 2 */
        {BLOCKDEV_DISK_DEVICE_SECTORSWRITTEN, 4096}, /* 8192 / 2 */
        {BLOCKDEV_DISK_DEVICE_TIMEWRITING, 75},      /* 150 / 2 */
        {BLOCKDEV_DISK_DEVICE_TIMEFOROPS, 300},      /* 600 / 2 */
        {BLOCKDEV_DISK_DEVICE_WEIGHTEDTIMEFOROPS, 1500},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        assert_near(
            made_value(&d->m, scope, 0, first + (cells[i].column - BLOCKDEV_DISK_DEVICE_READS)),
            cells[i].value);
}

/* No rate on the row. */
static void assert_no_rates(const struct made_devices *d, enum scope scope, size_t row,
                            unsigned first)
{
    for (unsigned i = 0; i <= BLOCKDEV_DISK_DEVICE_WEIGHTEDTIMEFOROPS - BLOCKDEV_DISK_DEVICE_READS;
         i++) {
        if (i != BLOCKDEV_DISK_DEVICE_CURRENTOPS - BLOCKDEV_DISK_DEVICE_READS &&
            made_has(&d->m, scope, row, first + i)) {
            print_error("%s has a value\n", metric_at(scope, first + i)->key);
            fail();
        }
    }
}

static void test_cells(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_blockdev_read(&d, sda, past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_BLOCKDEV, 0, BLOCKDEV_DISK_DEVICE_READS);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_DISK_DEVICE_READS);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_CURRENTOPS), 1);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_BLOCKDEV), 1);
    assert_string_equal(frame_value(&d.m.frame->tables[SCOPE_BLOCKDEV], 0, BLOCKDEV_DEVICE).text,
                        "sda");
    assert_string_equal(frame_value(&d.m.frame->tables[SCOPE_BLOCKDEV], 0, BLOCKDEV_CLASS).text,
                        "disk");
    assert_work(&d, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS);
    assert_work(&d, SCOPE_HOST, HOST_DISK_DEVICE_READS);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_COUNT), 1);
    made_devices_done(&d);
}

/* A frame's text is the frame's own: the device's name may change under it. */
static void test_name_is_the_frames(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_cycle(&d.m);
    copy_text(sda->name, sizeof(sda->name), "other");
    assert_string_equal(frame_value(&d.m.frame->tables[SCOPE_BLOCKDEV], 0, BLOCKDEV_DEVICE).text,
                        "sda");
    made_devices_done(&d);
}

/* Counters: requests, bytes, sectors, ns. */
static void test_counters(void **state UNUSED)
{
    static const struct {
        enum blockdev_column column;
        uint64_t counter;
    } cells[] = {
        {BLOCKDEV_DISK_DEVICE_READS, 1100},
        {BLOCKDEV_DISK_DEVICE_WRITES, 2200},
        {BLOCKDEV_DISK_DEVICE_MBREAD, 12096 * 512},  /* 8000 + 4096 sectors */
        {BLOCKDEV_DISK_DEVICE_MBWRITE, 24192 * 512}, /* 16000 + 8192 */
        {BLOCKDEV_DISK_DEVICE_READSMERGED, 14},
        {BLOCKDEV_DISK_DEVICE_SECTORSREAD, 12096},
        {BLOCKDEV_DISK_DEVICE_TIMEREADING, 550 * MS},
        {BLOCKDEV_DISK_DEVICE_WRITESMERGED, 26},
        {BLOCKDEV_DISK_DEVICE_SECTORSWRITTEN, 24192},
        {BLOCKDEV_DISK_DEVICE_TIMEWRITING, 1050 * MS},
        {BLOCKDEV_DISK_DEVICE_TIMEFOROPS, 4600 * MS},
        {BLOCKDEV_DISK_DEVICE_WEIGHTEDTIMEFOROPS, 8000 * MS},
        {BLOCKDEV_DISK_DEVICE_QUEUELEN, 8000 * MS},
    };
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_blockdev_read(&d, sda, past);
    made_cycle(&d.m);
    assert_int_equal(blockdev_counter(&d, 0, BLOCKDEV_DISK_DEVICE_READS), 1000);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_MBREAD), 8000 * 512);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_cycle(&d.m);
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
        unsigned place = cells[i].column - BLOCKDEV_DISK_DEVICE_READS;

        assert_int_equal(blockdev_counter(&d, 0, cells[i].column), cells[i].counter);
        assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS + place), cells[i].counter);
    }
    made_devices_done(&d);
}

/* Linux before 4.18 tells 11 numbers, before 5.5 15. */
static void test_older_kernels(void **state UNUSED)
{
    static const struct {
        unsigned counted;
        double service, await;
    } rows[] = {
        {11, 600.0 / 300, 200.0 / 300}, /* reads and writes */
        {15, 600.0 / 320, 210.0 / 320}, /* and discards */
        {17, 600.0 / 400, 400.0 / 400}, /* and flushes */
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct made_devices d;
        struct blockdev_sample *sda;

        made_devices_init(&d);
        sda = made_blockdev(&d, 0, "sda");
        sda->counted = rows[i].counted;
        made_cycle(&d.m);
        made_pass(&d.m, 2);
        made_blockdev_read(&d, sda, work);
        for (unsigned s = rows[i].counted; s < DISKSTAT__COUNT; s++)
            sda->counters[s] = 0;
        made_cycle(&d.m);
        assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_SERVICETIME), rows[i].service);
        assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_AWAIT), rows[i].await);
        assert_near(host_value(&d.m, HOST_DISK_DEVICE_SERVICETIME), rows[i].service);
        assert_near(host_value(&d.m, HOST_DISK_DEVICE_AWAIT), rows[i].await);
        made_devices_done(&d);
    }
}

/* Nothing completed: rates are 0, times per request do not exist. */
static void test_idle_device(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, nothing);
    sda->counters[DISKSTAT_MS_BUSY] += 100; /* with a request that takes long */
    made_cycle(&d.m);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_READS), 0);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_IOUTIL), 5);
    assert_false(blockdev_has(&d, 0, BLOCKDEV_DISK_DEVICE_AWAIT));
    assert_false(blockdev_has(&d, 0, BLOCKDEV_DISK_DEVICE_SERVICETIME));
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_AWAIT));
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_SERVICETIME));
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 0);
    made_devices_done(&d);
}

/* Two whole disks and a device on top of one of them, which is not counted twice. */
static void test_sums(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda, *sdb, *lvm;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    lvm = made_blockdev(&d, 1, "pve-root");
    sdb = made_blockdev(&d, 2, "sdb");
    lvm->considered = false;
    made_blockdev_read(&d, sda, past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_blockdev_read(&d, lvm, work);
    made_blockdev_read(&d, sdb, work);
    sdb->counters[DISKSTAT_MS_BUSY] += 1000; /* 1600 ms of 2000 */
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_BLOCKDEV), 3);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_COUNT), 2);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 100);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_MBWRITE), 4);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_IOUTIL), 80); /* the busiest, not 110 */
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_CURRENTOPS), 6);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_QUEUELEN), 3);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_SERVICETIME), 2200.0 / 800);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_AWAIT), 1);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1000 + 200);
    made_devices_done(&d);
}

/* The kernel books the time of being busy in jiffies: it can exceed the time. */
static void test_ioutil_is_capped(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_cycle(&d.m);
    made_pass(&d.m, 1);
    made_blockdev_read(&d, sda, nothing);
    sda->counters[DISKSTAT_MS_BUSY] = 1004;
    made_cycle(&d.m);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_IOUTIL), 100);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_IOUTIL), 100);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_TIMEFOROPS), 1004);
    made_devices_done(&d);
}

/* The rate is by the device's own two readings. */
static void test_own_times(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_cycle(&d.m);
    made_pass(&d.m, 10);
    sda->at = mono_add_seconds(d.m.sample.at, -2); /* 8 s after the first */
    sda->counters[DISKSTAT_READS] = 80;
    made_cycle(&d.m);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_READS), 10);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 10);
    made_devices_done(&d);
}

/* A device goes: the host's sum does not fall, its rates are the others'. */
static void test_device_vanishes(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda, *sdb;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    sdb = made_blockdev(&d, 1, "sdb");
    made_blockdev_read(&d, sdb, past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_blockdev_read(&d, sdb, work);
    made_cycle(&d.m);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1200);
    made_blockdev_leaves(&d, sdb);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_HOST, HOST_DISK_DEVICE_READS);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1300);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_COUNT), 1);
    made_devices_done(&d);
}

/* A device comes with a past: no spike, neither on its row nor on the host's. */
static void test_device_appears(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda, *sdb;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    sdb = made_blockdev(&d, 1, "sdb");
    made_blockdev_read(&d, sdb, past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_BLOCKDEV, 1, BLOCKDEV_DISK_DEVICE_READS);
    if (host_has(&d.m, HOST_DISK_DEVICE_READS))
        assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 50);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 100);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_blockdev_read(&d, sdb, work);
    made_cycle(&d.m);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 100);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 300);
    made_devices_done(&d);
}

/* One device's counters start anew: its rates and the host's are missing. */
static void test_device_starts_anew(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda, *sdb;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    sdb = made_blockdev(&d, 1, "sdb");
    made_blockdev_read(&d, sdb, past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    memset(sdb->counters, 0, sizeof(sdb->counters));
    made_blockdev_read(&d, sdb, work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS);
    assert_no_rates(&d, SCOPE_BLOCKDEV, 1, BLOCKDEV_DISK_DEVICE_READS);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_DISK_DEVICE_READS);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1000 + 100);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, nothing);
    made_blockdev_read(&d, sdb, work);
    made_cycle(&d.m);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 50);
    assert_near(blockdev_value(&d, 1, BLOCKDEV_DISK_DEVICE_READS), 50);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1000 + 200);
    assert_int_equal(blockdev_counter(&d, 1, BLOCKDEV_DISK_DEVICE_READS), 1100);
    made_devices_done(&d);
}

/* A time that is not known is not 0: no mean is made of the others alone. */
static void test_half_a_mean_is_none(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_blockdev_read(&d, sda, past);
    sda->counters[DISKSTAT_MS_WRITING] = 2000000000;
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    sda->counters[DISKSTAT_MS_WRITING] = 1000000000; /* no wrap: 3.3e9 ms in 2 s */
    made_cycle(&d.m);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_WRITES), 100);
    assert_false(blockdev_has(&d, 0, BLOCKDEV_DISK_DEVICE_TIMEWRITING));
    assert_false(blockdev_has(&d, 0, BLOCKDEV_DISK_DEVICE_AWAIT));
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_AWAIT));
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_SERVICETIME), 1.5);
    made_devices_done(&d);
}

/* The times are 32 bits wide: 4294967290 + 50 is 44. */
static void test_times_wrap(void **state UNUSED)
{
    static const enum diskstat times[] = {DISKSTAT_MS_READING,    DISKSTAT_MS_WRITING,
                                          DISKSTAT_MS_BUSY,       DISKSTAT_MS_WEIGHTED,
                                          DISKSTAT_MS_DISCARDING, DISKSTAT_MS_FLUSHING};
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    for (size_t i = 0; i < ARRAY_SIZE(times); i++)
        sda->counters[times[i]] = 4294967290;
    made_cycle(&d.m);
    for (uint64_t round = 1; round <= 2; round++) {
        made_pass(&d.m, 2);
        made_blockdev_read(&d, sda, work);
        for (size_t i = 0; i < ARRAY_SIZE(times); i++)
            sda->counters[times[i]] &= UINT32_MAX;
        made_cycle(&d.m);
        assert_work(&d, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS);
        assert_work(&d, SCOPE_HOST, HOST_DISK_DEVICE_READS);
        assert_int_equal(blockdev_counter(&d, 0, BLOCKDEV_DISK_DEVICE_TIMEREADING),
                         (UINT64_C(4294967290) + 50 * round) * MS);
        assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_TIMEREADING),
                         (UINT64_C(4294967290) + 50 * round) * MS);
    }
    made_devices_done(&d);
}

/* Times that fell because the device is another one: no wrap. */
static void test_reset_is_no_wrap(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_blockdev_read(&d, sda, past);
    sda->counters[DISKSTAT_MS_BUSY] = 4294967290;
    sda->counters[DISKSTAT_MS_READING] = 4294967290;
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    memset(sda->counters, 0, sizeof(sda->counters));
    made_blockdev_read(&d, sda, work); /* reads fell, too: the times are not taken for a wrap */
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_BLOCKDEV, 0, BLOCKDEV_DISK_DEVICE_READS);
    assert_int_equal(blockdev_counter(&d, 0, BLOCKDEV_DISK_DEVICE_TIMEFOROPS),
                     UINT64_C(4294967290) * MS);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, nothing);
    sda->counters[DISKSTAT_MS_BUSY] = 1; /* busy for 2^32 - 599 ms in 2 s it was not */
    made_cycle(&d.m);
    assert_false(blockdev_has(&d, 0, BLOCKDEV_DISK_DEVICE_IOUTIL));
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_IOUTIL));
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_READS), 0);
    made_devices_done(&d);
}

/* The busiest of some is not the busiest of all. */
static void test_busiest_of_all_only(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda, *sdb;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    sdb = made_blockdev(&d, 1, "sdb");
    sdb->counters[DISKSTAT_MS_BUSY] = 1000000;
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_blockdev_read(&d, sdb, nothing);
    sdb->counters[DISKSTAT_MS_BUSY] = 5;
    made_cycle(&d.m);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_IOUTIL), 30);
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_IOUTIL));
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 50);
    made_devices_done(&d);
}

/* Not read this time: no row, and the host goes by the others; then the rate
 * is that of the whole gap. */
static void test_not_read(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    sda->at.ns = 0;
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_BLOCKDEV), 0);
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_COUNT));
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_DISK_DEVICE_READS);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_cycle(&d.m);
    assert_near(blockdev_value(&d, 0, BLOCKDEV_DISK_DEVICE_READS), 25); /* 100 in 4 s */
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 25);
    made_devices_done(&d);
}

/* The first readings start the host's sums, in whichever cycle they come. */
static void test_first_cycle_unread(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    sda->at.ns = 0;
    made_cycle(&d.m);
    assert_false(host_has_counter(&d.m, HOST_DISK_DEVICE_READS));
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, past);
    made_cycle(&d.m);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1000);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_DISK_DEVICE_READS);
    made_devices_done(&d);
}

/* Another device takes over slot and even name. */
static void test_slot_reused(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *sda;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    made_blockdev_read(&d, sda, past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_leaves(&d, sda);
    sda = made_blockdev(&d, 0, "sda");
    made_blockdev_read(&d, sda, past);
    made_blockdev_read(&d, sda, work); /* higher than the old one's */
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_BLOCKDEV, 0, BLOCKDEV_DISK_DEVICE_READS);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_DISK_DEVICE_READS);
    assert_int_equal(blockdev_counter(&d, 0, BLOCKDEV_DISK_DEVICE_READS), 1100);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1000);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS);
    assert_int_equal(host_counter(&d.m, HOST_DISK_DEVICE_READS), 1100);
    made_devices_done(&d);
}

/* Rows are of what is shown, and of tables that are wanted; sums need no row. */
static void test_without_rows(void **state UNUSED)
{
    struct selection selection;
    struct made_devices d;
    struct blockdev_sample *sda, *hidden;

    made_devices_init(&d);
    sda = made_blockdev(&d, 0, "sda");
    hidden = made_blockdev(&d, 1, "sdb");
    hidden->shown = false;
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_BLOCKDEV), 1);
    selection_by_collectors(&selection, UINT32_MAX, true);
    selection_limit_devices(&selection, false, SCOPE__COUNT);
    derive_select(d.m.derive, &selection);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, sda, work);
    made_blockdev_read(&d, hidden, work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_BLOCKDEV), 0);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_READS), 100);
    made_devices_done(&d);
}

/* Devices that nobody considers have rows and make up no sum. */
static void test_none_considered(void **state UNUSED)
{
    struct made_devices d;
    struct blockdev_sample *dm;

    made_devices_init(&d);
    made_cycle(&d.m); /* a host without devices */
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_COUNT));
    made_pass(&d.m, 2);
    dm = made_blockdev(&d, 0, "vg-lv");
    dm->considered = false;
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, dm, work);
    made_cycle(&d.m);
    assert_near(host_value(&d.m, HOST_DISK_DEVICE_COUNT), 0);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_DISK_DEVICE_READS);
    assert_false(host_has(&d.m, HOST_DISK_DEVICE_CURRENTOPS));
    assert_false(host_has_counter(&d.m, HOST_DISK_DEVICE_READS));
    assert_work(&d, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS);
    made_devices_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_name_is_the_frames),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_older_kernels),
        cmocka_unit_test(test_idle_device),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_ioutil_is_capped),
        cmocka_unit_test(test_own_times),
        cmocka_unit_test(test_device_vanishes),
        cmocka_unit_test(test_device_appears),
        cmocka_unit_test(test_device_starts_anew),
        cmocka_unit_test(test_half_a_mean_is_none),
        cmocka_unit_test(test_times_wrap),
        cmocka_unit_test(test_reset_is_no_wrap),
        cmocka_unit_test(test_busiest_of_all_only),
        cmocka_unit_test(test_not_read),
        cmocka_unit_test(test_first_cycle_unread),
        cmocka_unit_test(test_slot_reused),
        cmocka_unit_test(test_without_rows),
        cmocka_unit_test(test_none_considered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
