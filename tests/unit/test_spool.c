/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/spool: what is appended comes back, whatever happened to the files in between. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "output/spool.h"
#include "output/spool_file.h"
#include "support.h"

#define SIZE_OF_TESTS (1024 * 1024)

struct fixture {
    char directory[64];
    char parent[32];
    uint64_t size;
    struct spool *spool;
    struct buf data;
};

static void fixture_open(struct fixture *f)
{
    char error[256] = "";

    assert_int_equal(spool_open(f->directory, "peer", f->size, &f->spool, error, sizeof(error)), 0);
}

static void fixture_reopen(struct fixture *f)
{
    spool_close(f->spool);
    fixture_open(f);
}

static void fixture_init(struct fixture *f, uint64_t size)
{
    *f = (struct fixture){.parent = "/dev/shm/test-spool-XXXXXX", .size = size};
    assert_non_null(mkdtemp(f->parent));
    snprintf(f->directory, sizeof(f->directory), "%s/spools", f->parent);
    fixture_open(f);
}

static void remove_all_in(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(directory), entry->d_name, 0), 0);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static void fixture_done(struct fixture *f)
{
    char path[128];

    if (f->spool)
        spool_close(f->spool);
    buf_done(&f->data);
    snprintf(path, sizeof(path), "%s/peer", f->directory);
    remove_all_in(path);
    rmdir(f->directory);
    assert_int_equal(rmdir(f->parent), 0);
}

/* The content of record n: its length depends on n, its bytes say n. */
static void make_record(struct buf *data, uint64_t n, size_t len)
{
    buf_clear(data);
    buf_printf(data, "%llu;", (unsigned long long)n);
    while (data->len < len)
        buf_putc(data, (char)('a' + (n + data->len) % 26));
}

static uint64_t fixture_append(struct fixture *f, uint64_t n, size_t len)
{
    uint64_t number = 0;

    make_record(&f->data, n, len);
    assert_int_equal(spool_append(f->spool, f->data.data, f->data.len, &number), 0);
    return number;
}

/* Reads one record and checks that it is whole; its n, -1 = there is none. */
static long fixture_read(struct fixture *f, uint64_t *ret_number)
{
    struct buf expected = {0};
    uint64_t number = 0;
    size_t len = 0;
    long n;

    if (spool_peek(f->spool, &len) == 0) {
        assert_int_equal(spool_read(f->spool, &f->data, &number), 0);
        return -1;
    }
    if (spool_read(f->spool, &f->data, &number) == 0)
        return -1; /* its header was good, but not what follows */
    n = strtol(buf_text(&f->data), NULL, 10);
    make_record(&expected, (uint64_t)n, f->data.len);
    assert_int_equal(expected.len, f->data.len);
    assert_memory_equal(expected.data, f->data.data, f->data.len);
    if (!spool_damaged(f->spool))
        assert_int_equal(f->data.len, len);
    buf_done(&expected);
    if (ret_number)
        *ret_number = number;
    return n;
}

/* The files with records, oldest first; how many. */
static size_t list_segments(const struct fixture *f, char names[][512], size_t max)
{
    char path[128];
    struct dirent **entries;
    size_t count = 0;
    int n;

    snprintf(path, sizeof(path), "%s/peer", f->directory);
    n = scandir(path, &entries, NULL, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (strstr(entries[i]->d_name, ".records") && count < max)
            snprintf(names[count++], 512, "%s/peer/%s", f->directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return count;
}

static size_t load(const char *path, char *data, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, data, size);

    assert_true(n >= 0 && (size_t)n < size);
    close(fd);
    return (size_t)n;
}

static void store(const char *path, const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

static void test_order_and_restart(void **state UNUSED)
{
    struct fixture f;
    uint64_t number = 0;

    fixture_init(&f, SIZE_OF_TESTS);
    assert_int_equal(spool_waiting(f.spool), 0);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(fixture_append(&f, i, 10 + i), i);
    assert_int_equal(spool_waiting(f.spool), 10);
    for (long i = 0; i < 4; i++)
        assert_int_equal(fixture_read(&f, &number), i);
    assert_int_equal(number, 3);
    assert_int_equal(spool_waiting(f.spool), 6);
    assert_int_equal(spool_acknowledge(f.spool, 3), 0);
    fixture_reopen(&f); /* 3 was read, but not acknowledged */
    assert_int_equal(spool_waiting(f.spool), 7);
    assert_int_equal(spool_acknowledged(f.spool), 3);
    for (long i = 3; i < 10; i++)
        assert_int_equal(fixture_read(&f, NULL), i);
    assert_int_equal(fixture_read(&f, NULL), -1);
    assert_int_equal(fixture_append(&f, 10, 10), 10);
    assert_int_equal(fixture_read(&f, NULL), 10);
    fixture_done(&f);
}

static void test_seek_reads_again(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 8 * 1000); /* some segments */
    for (uint64_t i = 0; i < 50; i++)
        fixture_append(&f, i, 60);
    for (long i = 0; i < 40; i++)
        assert_int_equal(fixture_read(&f, NULL), i);
    spool_seek(f.spool, 7);
    assert_int_equal(spool_waiting(f.spool), 43);
    for (long i = 7; i < 20; i++)
        assert_int_equal(fixture_read(&f, NULL), i);
    spool_seek(f.spool, 50);
    assert_int_equal(fixture_read(&f, NULL), -1);
    fixture_append(&f, 50, 60);
    assert_int_equal(fixture_read(&f, NULL), 50);
    fixture_done(&f);
}

static void test_what_is_acknowledged_takes_no_room(void **state UNUSED)
{
    char names[16][512];
    struct fixture f;
    struct stat st;

    fixture_init(&f, 8 * 1000);
    for (uint64_t i = 0; i < 60; i++)
        fixture_append(&f, i, 60);
    assert_true(list_segments(&f, names, 16) > 3);
    assert_int_equal(spool_acknowledge(f.spool, 59), 0);
    assert_int_equal(list_segments(&f, names, 16), 1);
    assert_int_equal(spool_acknowledge(f.spool, 60), 0);
    assert_int_equal(list_segments(&f, names, 16), 1);
    assert_int_equal(stat(names[0], &st), 0);
    assert_int_equal(st.st_size, 0);
    /* The emptied file is used again, and found again. */
    assert_int_equal(fixture_append(&f, 60, 60), 60);
    assert_int_equal(fixture_read(&f, NULL), 60);
    fixture_reopen(&f);
    assert_int_equal(spool_waiting(f.spool), 1);
    assert_int_equal(fixture_read(&f, NULL), 60);
    assert_int_equal(spool_acknowledge(f.spool, 61), 0);
    fixture_reopen(&f);
    assert_int_equal(spool_waiting(f.spool), 0);
    assert_int_equal(fixture_append(&f, 61, 60), 61);
    assert_int_equal(spool_dropped(f.spool) + spool_damaged(f.spool), 0);
    fixture_done(&f);
}

static uint64_t bytes_on_disk(const struct fixture *f)
{
    char names[32][512];
    size_t count = list_segments(f, names, 32);
    uint64_t sum = 0;
    struct stat st;

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(stat(names[i], &st), 0);
        sum += (uint64_t)st.st_size;
    }
    return sum;
}

static void test_the_oldest_go_when_it_is_full(void **state UNUSED)
{
    struct fixture f;
    long first;

    fixture_init(&f, 8 * 1000);
    for (uint64_t i = 0; i < 500; i++) {
        fixture_append(&f, i, 60);
        assert_true(bytes_on_disk(&f) <= f.size);
    }
    first = (long)spool_dropped(f.spool);
    assert_in_range(first, 380, 430); /* 95 records fit, less a segment of 11 */
    assert_int_equal(spool_waiting(f.spool), 500 - first);
    for (long i = first; i < 500; i++)
        assert_int_equal(fixture_read(&f, NULL), i);
    /* What was read before it went is not lost. */
    for (uint64_t i = 500; i < 600; i++) {
        fixture_append(&f, i, 60);
        assert_int_equal(fixture_read(&f, NULL), i);
    }
    assert_int_equal(spool_dropped(f.spool), first);
    spool_seek(f.spool, 0); /* gone on disk: now it is lost */
    assert_true(spool_dropped(f.spool) > (uint64_t)first);
    /* One record always fits. */
    fixture_append(&f, 600, 20000);
    assert_int_equal(fixture_read(&f, NULL), 600);
    assert_int_equal(fixture_read(&f, NULL), -1);
    fixture_done(&f);
}

static void test_one_owner(void **state UNUSED)
{
    struct fixture f;
    struct spool *other = NULL;
    char error[256] = "";

    fixture_init(&f, SIZE_OF_TESTS);
    assert_int_equal(spool_open(f.directory, "peer", f.size, &other, error, sizeof(error)), -EBUSY);
    assert_null(other);
    assert_non_null(strstr(error, "is in use"));
    assert_non_null(strstr(error, f.directory));
    fixture_done(&f);
}

static void test_names_and_modes(void **state UNUSED)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "a b", "\xc3\xa4"};
    char path[128], error[256];
    struct spool *other;
    struct fixture f;
    struct stat st;

    fixture_init(&f, SIZE_OF_TESTS);
    fixture_append(&f, 0, 10);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(spool_open(f.directory, bad[i], 1, &other, error, sizeof(error)), -EINVAL);
    assert_int_equal(stat(f.directory, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    snprintf(path, sizeof(path), "%s/peer", f.directory);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    snprintf(path, sizeof(path), "%s/peer/%016x.records", f.directory, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    /* A link in the place of the spool is not followed. */
    snprintf(path, sizeof(path), "%s/link", f.directory);
    assert_int_equal(symlink("peer", path), 0);
    assert_true(spool_open(f.directory, "link", 1, &other, error, sizeof(error)) < 0);
    assert_int_equal(unlink(path), 0);
    /* Nor is one used that others can write to. */
    snprintf(path, sizeof(path), "%s/open", f.directory);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0770), 0);
    assert_int_equal(spool_open(f.directory, "open", 1, &other, error, sizeof(error)), -EPERM);
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(spool_open(f.directory, "open", 1, &other, error, sizeof(error)), 0);
    spool_close(other);
    remove_all_in(path);
    /* Where nothing can be made. */
    assert_int_equal(spool_open("/proc/none", "peer", 1, &other, error, sizeof(error)), -ENOENT);
    assert_non_null(strstr(error, "/proc/none/peer"));
    fixture_done(&f);
}

/* A file cut anywhere gives the records that are whole, and then takes new ones. */
static void test_each_prefix_of_a_segment(void **state UNUSED)
{
    size_t ends[6] = {0}, len;
    char names[4][512], *content = malloc(4096);
    struct fixture f;

    fixture_init(&f, SIZE_OF_TESTS);
    for (size_t i = 1; i < 6; i++) {
        fixture_append(&f, i - 1, 5 + 7 * i);
        ends[i] = ends[i - 1] + SPOOL_FILE_HEADER + 5 + 7 * i;
    }
    assert_int_equal(list_segments(&f, names, 4), 1);
    len = load(names[0], content, 4096);
    assert_int_equal(len, ends[5]);
    for (size_t cut = 0; cut <= len; cut++) {
        size_t whole = 0;

        while (whole < 5 && ends[whole + 1] <= cut)
            whole++;
        spool_close(f.spool);
        store(names[0], content, cut);
        fixture_open(&f);
        assert_int_equal(spool_waiting(f.spool), whole);
        assert_int_equal(fixture_append(&f, 99, 30), whole);
        for (size_t i = 0; i < whole; i++)
            assert_int_equal(fixture_read(&f, NULL), i);
        assert_int_equal(fixture_read(&f, NULL), 99);
        assert_int_equal(fixture_read(&f, NULL), -1);
    }
    free(content);
    fixture_done(&f);
}

/* A byte that flipped in an older segment ends that one; the next one is read. */
static void test_each_byte_flipped(void **state UNUSED)
{
    char names[16][512], *content = malloc(4096);
    struct fixture f;
    size_t len;

    fixture_init(&f, 8 * 300);
    for (uint64_t i = 0; i < 9; i++)
        fixture_append(&f, i, 76); /* three of 100 bytes in a segment */
    assert_int_equal(list_segments(&f, names, 16), 3);
    len = load(names[1], content, 4096);
    assert_int_equal(len, 300);
    for (size_t i = 0; i < len; i++) {
        uint64_t good = 3 + i / 100, damaged = 3 - i / 100;

        content[i] ^= 0x10;
        store(names[1], content, len);
        content[i] ^= 0x10;
        fixture_reopen(&f);
        assert_int_equal(spool_waiting(f.spool), 9);
        for (uint64_t n = 0; n < 9; n++) {
            if (n < good || n >= 6)
                assert_int_equal(fixture_read(&f, NULL), n);
        }
        assert_int_equal(fixture_read(&f, NULL), -1);
        assert_int_equal(spool_damaged(f.spool), damaged);
        assert_int_equal(spool_waiting(f.spool), 0);
    }
    free(content);
    fixture_done(&f);
}

/* Damage under the feet: in the segment that is appended to. */
static void test_damage_in_the_newest_segment(void **state UNUSED)
{
    char names[16][512], content[4096];
    struct fixture f;
    size_t len;

    fixture_init(&f, SIZE_OF_TESTS);
    for (uint64_t i = 0; i < 3; i++)
        fixture_append(&f, i, 76);
    assert_int_equal(list_segments(&f, names, 16), 1);
    len = load(names[0], content, sizeof(content));
    content[150] ^= 1;
    store(names[0], content, len);
    assert_int_equal(fixture_read(&f, NULL), 0);
    assert_int_equal(fixture_read(&f, NULL), -1);
    assert_int_equal(spool_damaged(f.spool), 2);
    assert_int_equal(fixture_append(&f, 3, 76), 3);
    assert_int_equal(fixture_read(&f, NULL), 3);
    fixture_reopen(&f);
    assert_int_equal(fixture_read(&f, NULL), 0);
    assert_int_equal(fixture_read(&f, NULL), 3);
    assert_int_equal(fixture_read(&f, NULL), -1);
    fixture_done(&f);
}

static struct fixture *garbage_fixture;

/* Whatever the file holds: the segment before and what is appended come through. */
static void check_garbage(const char *text, size_t len)
{
    struct fixture *f = garbage_fixture;
    char names[16][512];
    long n, last = -1;

    fixture_open(f);
    fixture_append(f, 0, 30);
    spool_close(f->spool);
    assert_int_equal(list_segments(f, names, 16), 1);
    snprintf(names[1], sizeof(names[1]), "%s/peer/%016x.records", f->directory, 1);
    store(names[1], text, len);
    fixture_open(f);
    fixture_append(f, 777, 30);
    assert_int_equal(fixture_read(f, NULL), 0);
    while ((n = fixture_read(f, NULL)) >= 0)
        last = n;
    assert_int_equal(last, 777);
    spool_close(f->spool);
    snprintf(names[0], sizeof(names[0]), "%s/peer", f->directory);
    remove_all_in(names[0]);
}

static void test_garbage(void **state UNUSED)
{
    char names[4][512], content[4096];
    struct fixture f;
    size_t len;

    fixture_init(&f, SIZE_OF_TESTS);
    fixture_append(&f, 0, 20);
    assert_int_equal(spool_acknowledge(f.spool, 1), 0);
    for (uint64_t i = 1; i < 4; i++)
        fixture_append(&f, i, 20);
    assert_int_equal(list_segments(&f, names, 4), 1);
    len = load(names[0], content, sizeof(content));
    spool_close(f.spool);
    snprintf(names[0], sizeof(names[0]), "%s/peer", f.directory);
    remove_all_in(names[0]);
    garbage_fixture = &f;
    support_each_garbage(content, len, 400, check_garbage);
    f.spool = NULL;
    fixture_done(&f);
}

/* Without the position all comes again; a wrong one is not believed. */
static void test_position_lost(void **state UNUSED)
{
    char path[128], content[64];
    struct fixture f;
    size_t len;

    fixture_init(&f, SIZE_OF_TESTS);
    for (uint64_t i = 0; i < 5; i++)
        fixture_append(&f, i, 30);
    assert_int_equal(spool_acknowledge(f.spool, 2), 0);
    snprintf(path, sizeof(path), "%s/peer/position", f.directory);
    len = load(path, content, sizeof(content));
    for (size_t i = 0; i < len; i++) {
        content[i] ^= 4;
        store(path, content, len);
        content[i] ^= 4;
        fixture_reopen(&f);
        assert_int_equal(spool_waiting(f.spool), 5);
        assert_int_equal(fixture_read(&f, NULL), 0);
    }
    fixture_done(&f);
}

/* A power cut can take records whose acknowledgement is on the platter. */
static void test_position_ahead(void **state UNUSED)
{
    char names[4][512];
    struct fixture f;

    fixture_init(&f, SIZE_OF_TESTS);
    for (uint64_t i = 0; i < 5; i++)
        fixture_append(&f, i, 30);
    assert_int_equal(spool_acknowledge(f.spool, 4), 0);
    assert_int_equal(list_segments(&f, names, 4), 1);
    assert_int_equal(truncate(names[0], 54), 0);
    fixture_reopen(&f);
    assert_int_equal(spool_waiting(f.spool), 0);
    assert_int_equal(fixture_append(&f, 4, 30), 4);
    fixture_reopen(&f);
    assert_int_equal(spool_waiting(f.spool), 1);
    assert_int_equal(fixture_read(&f, NULL), 4);
    fixture_done(&f);
}

/* In a process of its own, whose files may not become larger than that. */
static void check_full_disk(struct fixture *f)
{
    struct rlimit limit = {1000, 1000};
    uint64_t number, first_failed = 0;
    int r = 0;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (; !r; first_failed += !r) {
        make_record(&f->data, first_failed, 60);
        r = spool_append(f->spool, f->data.data, f->data.len, &number);
    }
    assert_int_equal(r, -EFBIG);
    assert_int_equal(first_failed, 1000 / 84);
    for (uint64_t i = 0; i < first_failed; i++)
        assert_int_equal(fixture_read(f, NULL), i);
    assert_int_equal(fixture_read(f, NULL), -1);
    assert_int_equal(spool_acknowledge(f->spool, first_failed), 0); /* which makes room */
    assert_int_equal(fixture_append(f, 90, 60), first_failed);
    assert_int_equal(fixture_read(f, NULL), 90);
}

static void run_in_child(void (*run)(struct fixture *), struct fixture *f)
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        run(f);
        _exit(42);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void test_full_disk(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, SIZE_OF_TESTS);
    run_in_child(check_full_disk, &f);
    fixture_reopen(&f);
    assert_int_equal(fixture_read(&f, NULL), 90);
    fixture_done(&f);
}

/* Everything at random, with a restart now and then, against plain counting. */
static void check_random(uint64_t *seed)
{
    uint64_t next = 0, read = 0, acknowledged = 0;
    struct fixture f;

    fixture_init(&f, 8 * 2000); /* larger than what waits at most */
    for (unsigned i = 0; i < 600; i++) {
        uint64_t what = support_random_below(seed, 16);

        if (what < 6 && next - acknowledged < 60) {
            assert_int_equal(fixture_append(&f, next, 10 + support_random_below(seed, 120)), next);
            next++;
        } else if (what < 10) {
            assert_int_equal(fixture_read(&f, NULL), read < next ? (long)read : -1);
            read += read < next;
        } else if (what < 13) {
            acknowledged += support_random_below(seed, read - acknowledged + 1);
            assert_int_equal(spool_acknowledge(f.spool, acknowledged), 0);
        } else if (what == 13) {
            read = acknowledged + support_random_below(seed, next - acknowledged + 1);
            spool_seek(f.spool, read);
        } else if (what == 14) {
            fixture_reopen(&f);
            read = acknowledged;
        } else {
            assert_int_equal(spool_sync(f.spool), 0);
        }
        assert_int_equal(spool_waiting(f.spool), next - read);
        assert_int_equal(spool_next(f.spool), next);
    }
    assert_int_equal(spool_dropped(f.spool) + spool_damaged(f.spool), 0);
    fixture_done(&f);
}

static void test_random(void **state UNUSED)
{
    uint64_t seed = 11;

    for (unsigned i = 0; i < 30; i++)
        check_random(&seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_restart),
        cmocka_unit_test(test_seek_reads_again),
        cmocka_unit_test(test_what_is_acknowledged_takes_no_room),
        cmocka_unit_test(test_the_oldest_go_when_it_is_full),
        cmocka_unit_test(test_one_owner),
        cmocka_unit_test(test_names_and_modes),
        cmocka_unit_test(test_each_prefix_of_a_segment),
        cmocka_unit_test(test_each_byte_flipped),
        cmocka_unit_test(test_damage_in_the_newest_segment),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_position_lost),
        cmocka_unit_test(test_position_ahead),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_random),
    };

    log_init(LOG_ERROR, NULL); /* damage is told of, a thousand times */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
