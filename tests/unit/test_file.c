/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/file: records, whole files, and the budget of descriptors, on temporary files. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static char directory[64];
static int directory_fd;

static void put(const char *name, const char *text)
{
    int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int setup(void **state UNUSED)
{
    strcpy(directory, "/tmp/proxtop-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    directory_fd = file_open_directory(directory);
    return directory_fd < 0 ? -1 : 0;
}

static int teardown(void **state UNUSED)
{
    static const char *const names[] = {"a", "b", "c"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unlinkat(directory_fd, names[i], 0);
    close(directory_fd);
    return rmdir(directory);
}

static void test_open(void **state UNUSED)
{
    int fd;

    assert_int_equal(file_open_at(directory_fd, "missing"), -ENOENT);
    assert_int_equal(file_open_directory("/dev/null"), -ENOTDIR);
    put("a", "x");
    fd = file_open_at(directory_fd, "a");
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
}

static void test_record(void **state UNUSED)
{
    char text[8] = "zzzzzzz";
    size_t len = 99;
    int fd;

    put("a", "");
    fd = file_open_at(directory_fd, "a");
    assert_int_equal(file_read_record(fd, text, sizeof(text), &len), -ENODATA);
    put("a", "1234567");
    assert_int_equal(file_read_record(fd, text, sizeof(text), &len), 0);
    assert_int_equal(len, 7);
    assert_memory_equal(text, "1234567", 7);
    len = 99;
    put("a", "12345678");
    assert_int_equal(file_read_record(fd, text, sizeof(text), &len), -EFBIG);
    put("a", "123456789");
    assert_int_equal(file_read_record(fd, text, sizeof(text), &len), -EFBIG);
    assert_int_equal(len, 99);
    close(fd);
    assert_int_equal(file_read_record(fd, text, sizeof(text), &len), -EBADF);
}

static void test_read_all(void **state UNUSED)
{
    struct buf b = {0};
    char *big = calloc(1, 10001);

    assert_non_null(big);
    memset(big, 'x', 10000);
    buf_puts(&b, "before");
    put("a", "");
    assert_int_equal(file_read_all(directory_fd, "a", &b, 100), 0);
    assert_int_equal(b.len, 0);
    put("a", big);
    assert_int_equal(file_read_all(directory_fd, "a", &b, 10000), 0);
    assert_int_equal(b.len, 10000);
    assert_memory_equal(b.data, big, 10000);
    assert_int_equal(file_read_all(directory_fd, "a", &b, 9999), -EFBIG);
    assert_int_equal(file_read_all(directory_fd, "missing", &b, 9999), -ENOENT);
    buf_done(&b);
    free(big);
}

/* A file of many records, which procfs hands over a page at a time: its end
 * is there, and the end is that of a record. */
static void test_read_all_procfs(void **state UNUSED)
{
    struct buf b = {0};
    int fd = file_open_directory("/proc");
    const char *last;

    assert_int_equal(file_read_all(fd, "self/smaps", &b, 64 << 20), 0);
    assert_true(b.len > FILE_RECORD_SIZE);
    assert_int_equal(b.data[b.len - 1], '\n');
    last = memrchr(b.data, '\n', b.len - 1);
    assert_non_null(last);
    assert_memory_equal(last + 1, "VmFlags:", 8);
    assert_non_null(strstr(buf_text(&b), "[stack]"));
    buf_done(&b);
    close(fd);
}

static void test_budget(void **state UNUSED)
{
    struct file_budget budget = {.limit = 2};
    struct kept_file files[3] = {KEPT_FILE_INIT, KEPT_FILE_INIT, KEPT_FILE_INIT};
    static const char *const names[] = {"a", "b", "c"};
    char text[8];
    size_t len;

    for (int i = 0; i < 3; i++) {
        put(names[i], names[i]);
        assert_int_equal(
            kept_file_read(&files[i], &budget, directory_fd, names[i], text, sizeof(text), &len),
            0);
        assert_int_equal(text[0], names[i][0]);
        assert_int_equal(budget.exceeded, i == 2);
    }
    assert_true(files[0].fd >= 0 && files[1].fd >= 0);
    assert_true(files[2].fd < 0);
    assert_int_equal(budget.kept, 2);
    kept_file_close(&files[0], &budget);
    kept_file_close(&files[0], &budget);
    assert_int_equal(budget.kept, 1);
    assert_int_equal(kept_file_read(&files[2], &budget, directory_fd, "c", text, 8, &len), 0);
    assert_true(files[2].fd >= 0);
    kept_file_close(&files[1], &budget);
    kept_file_close(&files[2], &budget);
    assert_int_equal(budget.kept, 0);
}

static void read_kept(struct kept_file *file, struct file_budget *budget)
{
    char text[8];
    size_t len = 0;

    assert_int_equal(kept_file_read(file, budget, directory_fd, "a", text, sizeof(text), &len), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(text, "one", 3);
    assert_true(budget->kept <= budget->limit);
}

/* Three machines with two files of the first rank and one of the other, read
 * machine by machine: [machine][0] and [1] are of the first, [2] of the other. */
#define MACHINES 3

static void start_machines(struct kept_file files[MACHINES][3])
{
    put("a", "one");
    for (int i = 0; i < MACHINES; i++) {
        files[i][0] = files[i][1] = KEPT_FILE_INIT;
        files[i][2] = KEPT_FILE_INIT_EXTRA;
    }
}

static void read_machines(struct kept_file files[MACHINES][3], struct file_budget *budget)
{
    for (int i = 0; i < MACHINES; i++) {
        for (int k = 0; k < 3; k++)
            read_kept(&files[i][k], budget);
    }
}

static size_t count_open(struct kept_file files[MACHINES][3], enum file_rank rank)
{
    size_t count = 0;

    for (int i = 0; i < MACHINES; i++) {
        for (int k = 0; k < 3; k++)
            count += files[i][k].rank == rank && files[i][k].fd >= 0;
    }
    return count;
}

static void close_machine(struct kept_file files[3], struct file_budget *budget)
{
    for (int k = 0; k < 3; k++)
        kept_file_close(&files[k], budget);
}

/* Whatever the limit, after some cycles as many files of the first rank are
 * open as can be, and the others have the rest and no less. */
static void test_budget_ranks(void **state UNUSED)
{
    struct kept_file files[MACHINES][3];

    for (size_t limit = 0; limit <= 10; limit++) {
        struct file_budget budget = {.limit = limit};
        size_t mains = limit < 6 ? limit : 6, extras = limit - mains < 3 ? limit - mains : 3;

        start_machines(files);
        for (int cycle = 0; cycle < 3; cycle++)
            read_machines(files, &budget);
        assert_int_equal(count_open(files, FILE_RANK_MAIN), mains);
        assert_int_equal(count_open(files, FILE_RANK_EXTRA), extras);
        assert_int_equal(budget.kept, mains + extras);
        assert_int_equal(budget.without[FILE_RANK_MAIN], 6 - mains);
        assert_int_equal(budget.without[FILE_RANK_EXTRA], 3 - extras);
        assert_int_equal(budget.exceeded, limit < 9);
        for (int i = 0; i < MACHINES; i++)
            close_machine(files[i], &budget);
        assert_int_equal(budget.kept, 0);
        assert_int_equal(budget.without[FILE_RANK_MAIN], 0);
        assert_int_equal(budget.without[FILE_RANK_EXTRA], 0);
    }
}

/* What a machine that went leaves is taken, again in the order of the ranks;
 * and nothing changes hands while nothing changes. */
static void test_budget_ranks_regrow(void **state UNUSED)
{
    struct kept_file files[MACHINES][3], before[MACHINES][3];
    struct file_budget budget = {.limit = 5};

    start_machines(files);
    for (int cycle = 0; cycle < 3; cycle++)
        read_machines(files, &budget);
    memcpy(before, files, sizeof(files));
    read_machines(files, &budget);
    for (int i = 0; i < MACHINES; i++) {
        for (int k = 0; k < 3; k++)
            assert_int_equal(files[i][k].fd, before[i][k].fd);
    }
    close_machine(files[0], &budget);
    for (int cycle = 0; cycle < 2; cycle++) {
        for (int k = 0; k < 3; k++) {
            read_kept(&files[1][k], &budget);
            read_kept(&files[2][k], &budget);
        }
    }
    assert_int_equal(count_open(files, FILE_RANK_MAIN), 4);
    assert_int_equal(count_open(files, FILE_RANK_EXTRA), 1);
    for (int i = 1; i < MACHINES; i++)
        close_machine(files[i], &budget);
    assert_int_equal(budget.kept, 0);
}

/* What others keep is taken from the files, without being told. */
static void test_budget_others(void **state UNUSED)
{
    struct kept_file files[MACHINES][3];
    struct file_budget budget = {.limit = 9};

    start_machines(files);
    read_machines(files, &budget);
    assert_int_equal(budget.kept, 9);
    budget.others = 4;
    for (int cycle = 0; cycle < 2; cycle++)
        read_machines(files, &budget);
    assert_int_equal(budget.kept, 5);
    assert_int_equal(count_open(files, FILE_RANK_EXTRA), 0);
    budget.others = 0;
    for (int cycle = 0; cycle < 2; cycle++)
        read_machines(files, &budget);
    assert_int_equal(budget.kept, 9);
    for (int i = 0; i < MACHINES; i++)
        close_machine(files[i], &budget);
}

/* A file that had to do without and cannot be read any more claims nothing. */
static void test_budget_forgets_the_lost(void **state UNUSED)
{
    struct file_budget budget = {.limit = 0};
    struct kept_file file = KEPT_FILE_INIT;
    char text[8];
    size_t len;

    put("a", "one");
    read_kept(&file, &budget);
    assert_int_equal(budget.without[FILE_RANK_MAIN], 1);
    assert_int_equal(kept_file_read(&file, &budget, directory_fd, "missing", text, 8, &len),
                     -ENOENT);
    assert_int_equal(budget.without[FILE_RANK_MAIN], 0);
    read_kept(&file, &budget);
    put("a", "");
    assert_int_equal(kept_file_read(&file, &budget, directory_fd, "a", text, 8, &len), -ENODATA);
    assert_int_equal(budget.without[FILE_RANK_MAIN], 0);
    assert_int_equal(file.fd, -1);
}

/* Somebody else in the process took more descriptors than were left for it. */
static void test_budget_shrinks(void **state UNUSED)
{
    struct file_budget budget = {.limit = 1000};
    struct kept_file files[40], late = KEPT_FILE_INIT;
    struct rlimit old, low;
    char text[8];
    size_t len;

    put("a", "one");
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        files[i] = KEPT_FILE_INIT;
        read_kept(&files[i], &budget);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = (rlim_t)files[ARRAY_SIZE(files) - 1].fd + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(kept_file_read(&late, &budget, directory_fd, "a", text, 8, &len), -EMFILE);
    assert_true(budget.exceeded);
    assert_true(budget.limit < ARRAY_SIZE(files));
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        assert_int_equal(
            kept_file_read(&files[i], &budget, directory_fd, "a", text, sizeof(text), &len), 0);
    }
    assert_int_equal(budget.kept, budget.limit);
    read_kept(&late, &budget);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    kept_file_close(&late, &budget);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        kept_file_close(&files[i], &budget);
    assert_int_equal(budget.kept, 0);
}

static void test_kept_file_starts_anew(void **state UNUSED)
{
    struct file_budget budget = {.limit = 2};
    struct kept_file file = KEPT_FILE_INIT;
    char text[8];
    size_t len;

    assert_int_equal(kept_file_read(&file, &budget, directory_fd, "missing", text, 8, &len),
                     -ENOENT);
    assert_int_equal(file.fd, -1);
    assert_int_equal(budget.kept, 0);
    put("a", "one");
    assert_int_equal(kept_file_read(&file, &budget, directory_fd, "a", text, 8, &len), 0);
    assert_int_equal(kept_file_read(&file, &budget, -1, "not used", text, 8, &len), 0);
    assert_memory_equal(text, "one", 3);
    put("a", "");
    assert_int_equal(kept_file_read(&file, &budget, -1, "not used", text, 8, &len), -ENODATA);
    assert_int_equal(file.fd, -1);
    assert_int_equal(budget.kept, 0);
    put("b", "two");
    assert_int_equal(kept_file_read(&file, &budget, directory_fd, "b", text, 8, &len), 0);
    assert_memory_equal(text, "two", 3);
    kept_file_close(&file, &budget);
}

static void test_budget_init(void **state UNUSED)
{
    struct file_budget budget = {.kept = 7, .exceeded = true};

    file_budget_init(&budget);
    assert_int_equal(budget.kept, 0);
    assert_false(budget.exceeded);
    assert_true(budget.limit > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_read_all),
        cmocka_unit_test(test_read_all_procfs),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_kept_file_starts_anew),
        cmocka_unit_test(test_budget_ranks),
        cmocka_unit_test(test_budget_ranks_regrow),
        cmocka_unit_test(test_budget_forgets_the_lost),
        cmocka_unit_test(test_budget_shrinks),
        cmocka_unit_test(test_budget_others),
        cmocka_unit_test(test_budget_init),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
