/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/util: arrays that grow with zeroed tails, and copies that are cut. */
#include "base/util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static void test_array_grow(void **state UNUSED)
{
    size_t capacity = 0;
    uint32_t *array = array_grow(NULL, &capacity, 0, sizeof(*array)), *before;

    assert_non_null(array);
    for (size_t i = 0; i < 1000; i++) {
        array = array_grow(array, &capacity, i + 1, sizeof(*array));
        assert_true(capacity > i);
        for (size_t j = i; j < capacity; j++)
            assert_int_equal(array[j], 0);
        array[i] = (uint32_t)i + 1;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i + 1);
    before = array;
    array = array_grow(array, &capacity, 3, sizeof(*array));
    assert_ptr_equal(array, before);
    free(array);
}

/* Big elements get no more room than they need, doubled. */
static void test_array_grow_big(void **state UNUSED)
{
    struct {
        char bytes[500];
    } *array = NULL;
    size_t capacity = 0;

    for (size_t i = 0; i < 5; i++) {
        static const size_t expected[] = {1, 2, 4, 4, 8};

        array = array_grow(array, &capacity, i + 1, sizeof(*array));
        assert_int_equal(capacity, expected[i]);
        for (size_t j = 0; j < sizeof(*array); j++)
            assert_int_equal(array[i].bytes[j], 0);
        memset(&array[i], 1, sizeof(*array));
    }
    free(array);
}

static void test_copy_text(void **state UNUSED)
{
    char text[4] = "zzz";

    copy_text(text, sizeof(text), "abcdef");
    assert_string_equal(text, "abc");
    copy_text(text, sizeof(text), "");
    assert_string_equal(text, "");
    copy_text(text, 1, "abc");
    assert_string_equal(text, "");
    copy_text(text, sizeof(text), "xyz");
    assert_string_equal(text, "xyz");
}

static void test_strings(void **state UNUSED)
{
    char *a = xstrndup("abcdef", 2), *b = xasprintf("%s-%d", a, 5), *c = xstrdup("");

    assert_string_equal(a, "ab");
    assert_string_equal(b, "ab-5");
    assert_string_equal(c, "");
    free(a);
    free(b);
    free(c);
    free(xcalloc(0, 0));
    free(xreallocarray(NULL, 0, 8));
}

/* Test vectors of FNV-1a's authors (draft-eastlake-fnv). */
static void test_hash_text(void **state UNUSED)
{
    assert_true(hash_text("") == UINT64_C(0xcbf29ce484222325));
    assert_true(hash_text("a") == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash_text("foobar") == UINT64_C(0x85944171f73967e8));
    assert_true(hash_text("vda") != hash_text("vdb"));
    assert_true(hash_text("\xff") != hash_text("\x7f"));
    assert_true(hash_bytes("foobarx", 6, 0) == hash_text("foobar"));
    assert_true(hash_bytes("foobar", 6, 1) != hash_text("foobar"));
}

struct rites {
    int fd;
    bool again; /* they run out of memory, too */
};

static void exhaust(void)
{
    size_t capacity = 0;
    char *array = array_grow(NULL, &capacity, SIZE_MAX, 1);

    free(array);
}

static void last_rites(void *argument)
{
    const struct rites *rites = argument;

    if (write(rites->fd, "rites. ", 7) == 7 && rites->again)
        exhaust();
}

/* What a process writes that runs out of memory; it ends by SIGABRT. */
static void run_out(struct rites *rites, bool withdrawn, char *out, size_t size)
{
    int ends[2], status = 0;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        const struct rlimit none = {0};

        setrlimit(RLIMIT_CORE, &none);
        dup2(ends[1], STDERR_FILENO);
        rites->fd = ends[1];
        util_set_last_rites(last_rites, rites);
        if (withdrawn)
            util_set_last_rites(NULL, NULL);
        exhaust();
        _exit(0);
    }
    close(ends[1]);
    while ((n = read(ends[0], out + len, size - 1 - len)) > 0)
        len += (size_t)n;
    out[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* Before the line is written: the terminal is given back by them. */
static void test_last_rites(void **state UNUSED)
{
    struct rites rites = {0}, again = {.again = true};
    char out[256];

    run_out(&rites, false, out, sizeof(out));
    assert_string_equal(out, "rites. proxtop: out of memory\n");
    run_out(&again, false, out, sizeof(out));
    assert_string_equal(out, "rites. proxtop: out of memory\n");
    run_out(&rites, true, out, sizeof(out));
    assert_string_equal(out, "proxtop: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_grow), cmocka_unit_test(test_array_grow_big),
        cmocka_unit_test(test_copy_text),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_hash_text),  cmocka_unit_test(test_last_rites),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
