/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/file: records, whole files, and the budget of descriptors, on temporary files. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
    assert_int_equal(files[2].fd, -1);
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
        cmocka_unit_test(test_open),        cmocka_unit_test(test_record),
        cmocka_unit_test(test_read_all),    cmocka_unit_test(test_read_all_procfs),
        cmocka_unit_test(test_budget),      cmocka_unit_test(test_kept_file_starts_anew),
        cmocka_unit_test(test_budget_init),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
