/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/log: one clean line per message, levels, rotation, and pauses that grow. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "support.h"

static char directory[64], path[96], rotated[96];
static struct buf content;

/* What the log holds now; forgotten at the next call. Closing it waits for the
 * thread that writes it. */
static const char *log_text(void)
{
    log_close();
    assert_int_equal(file_read_all(AT_FDCWD, path, &content, 1 << 20), 0);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(log_init(LOG_NOTICE, path), 0);
    return buf_text(&content);
}

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static int setup(void **state UNUSED)
{
    strcpy(directory, "/tmp/proxtop-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/log", directory);
    snprintf(rotated, sizeof(rotated), "%s/log.1", directory);
    return log_init(LOG_NOTICE, path);
}

static int teardown(void **state UNUSED)
{
    log_close();
    unlink(path);
    unlink(rotated);
    buf_done(&content);
    return rmdir(directory);
}

static void test_levels(void **state UNUSED)
{
    const char *text;

    log_debug("unseen");
    log_info("unseen");
    log_notice("seen %d", 1);
    log_error("seen %s", "two");
    text = log_text();
    assert_null(strstr(text, "unseen"));
    assert_non_null(strstr(text, " notice: seen 1\n"));
    assert_non_null(strstr(text, " error: seen two\n"));
    assert_int_equal(count_lines(text), 2);
}

static void test_open_failure(void **state UNUSED)
{
    assert_int_equal(log_init(LOG_NOTICE, "/nonexistent/log"), -ENOENT);
    log_notice("still here");
    assert_non_null(strstr(log_text(), "still here"));
}

/* Nothing that a terminal takes for a command, whatever is named in a message. */
static void test_no_control_bytes(void **state UNUSED)
{
    const char *text;

    log_notice("vm '%s'", "a\nb\tc\033[31md\x7f"
                          "e\xc2\x9b"
                          "31mf\xc2\x85g\x9bh\xff");
    text = log_text();
    assert_int_equal(count_lines(text), 1);
    while (*text && *text != '\n') {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        assert_true(n > 0);
        assert_false(utf8_is_control(c));
        text += n;
    }
}

static void test_keeps_utf8(void **state UNUSED)
{
    log_notice("vm '%s'", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    assert_non_null(strstr(log_text(), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"));
}

static void test_long_message(void **state UNUSED)
{
    for (int len = 900; len < 1200; len++) {
        const char *text;

        log_notice("%0*d", len, 7);
        text = log_text();
        assert_int_equal(count_lines(text), 1);
        assert_int_equal(text[strlen(text) - 1], '\n');
        assert_true(strlen(text) <= 1024);
    }
}

static void test_rotation(void **state UNUSED)
{
    assert_int_equal(rename(path, rotated), 0);
    log_notice("old");
    log_reopen();
    for (int i = 0; i < 100000 && access(path, F_OK) != 0; i++)
        usleep(1000);
    log_notice("new");
    assert_non_null(strstr(log_text(), "new"));
    assert_int_equal(file_read_all(AT_FDCWD, rotated, &content, 1 << 20), 0);
    assert_non_null(strstr(buf_text(&content), "old"));
    assert_null(strstr(buf_text(&content), "new"));
}

/* Many lines at once arrive whole and in order. */
static void test_many_lines(void **state UNUSED)
{
    const char *text;

    for (int i = 0; i < 500; i++)
        log_notice("line %d of 500", i);
    text = log_text();
    assert_int_equal(count_lines(text), 500);
    for (int i = 0; i < 500; i++) {
        char expected[64];

        snprintf(expected, sizeof(expected), " notice: line %d of 500\n", i);
        text = strstr(text, expected);
        assert_non_null(text);
    }
}

static void test_close_twice(void **state UNUSED)
{
    log_close();
    log_close();
    log_reopen();
    assert_int_equal(log_init(LOG_NOTICE, path), 0);
    log_notice("back");
    assert_non_null(strstr(log_text(), "back"));
}

static void go_back(struct complaint *c, double seconds)
{
    c->told_at = mono_add_seconds(c->told_at, -seconds);
}

static void test_complaint_pauses(void **state UNUSED)
{
    struct complaint c = {0};
    double pause = 10;

    complain(&c, LOG_WARNING, "broken %d", 1);
    assert_non_null(strstr(log_text(), " warning: broken 1\n"));
    for (int line = 0; line < 12; line++) {
        go_back(&c, pause - 1);
        complain(&c, LOG_WARNING, "broken");
        complain(&c, LOG_WARNING, "broken");
        assert_string_equal(log_text(), "");
        assert_int_equal(c.suppressed, 2);
        go_back(&c, 1);
        complain(&c, LOG_WARNING, "broken");
        assert_non_null(strstr(log_text(), "2 more"));
        assert_int_equal(c.suppressed, 0);
        pause = pause * 2 > 3600 ? 3600 : pause * 2;
        assert_near(c.pause, pause);
    }
}

static void test_complaint_recovers_once(void **state UNUSED)
{
    struct complaint c = {0};
    const char *text;

    complaint_recover(&c, "fine");
    assert_string_equal(log_text(), "");
    complain(&c, LOG_WARNING, "broken");
    complaint_recover(&c, "fine again");
    complaint_recover(&c, "fine again");
    text = log_text();
    assert_non_null(strstr(text, " warning: fine again\n"));
    assert_int_equal(count_lines(text), 2);
    complain(&c, LOG_WARNING, "broken anew");
    assert_non_null(strstr(log_text(), "broken anew"));
    assert_near(c.pause, 10);
}

static void *say(void *argument UNUSED)
{
    log_notice("said");
    return NULL;
}

/* A file that cannot be opened now (here: a pipe that nobody reads) holds up
 * the log's own thread, and nobody who has something to say. */
static void test_hanging_reopen(void **state UNUSED)
{
    struct timespec until;
    pthread_t thread;
    int r, fd;

    assert_int_equal(rename(path, rotated), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    log_reopen();
    usleep(100000);
    assert_int_equal(pthread_create(&thread, NULL, say, NULL), 0);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60; /* who waits does so until this test opens it */
    r = pthread_timedjoin_np(thread, NULL, &until);
    fd = open(path, O_RDONLY | O_NONBLOCK); /* lets it go on */
    if (r != 0)
        pthread_join(thread, NULL);
    log_close();
    close(fd);
    unlink(path);
    assert_int_equal(log_init(LOG_NOTICE, path), 0);
    assert_int_equal(r, 0);
}

/* How many messages woke since the last call. */
static unsigned woken(int fd)
{
    uint64_t count = 0;

    return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count) ? (unsigned)count : 0;
}

static void assert_next(enum log_level level, const char *expected)
{
    enum log_level got = LOG_DEBUG;
    char line[64] = "";

    assert_true(log_next(&got, line, sizeof(line)));
    assert_string_equal(line, expected);
    assert_int_equal(got, level);
}

static void assert_none(void)
{
    enum log_level level = LOG_DEBUG;
    char line[8] = "as it is";

    line[7] = '\0';
    assert_false(log_next(&level, line, sizeof(line)));
    assert_int_equal(level, LOG_DEBUG);
    assert_string_equal(line, "as it i");
}

static void test_divert(void **state UNUSED)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const char *file;

    log_warning("before");
    assert_none();
    log_divert(fd);
    assert_none();
    assert_int_equal(woken(fd), 0);
    log_notice("one %d", 1);
    log_error("two\n\033[31m");
    log_debug("unseen");
    assert_int_equal(woken(fd), 2);
    assert_next(LOG_NOTICE, "one 1");
    assert_next(LOG_ERROR, "two??[31m");
    assert_none();
    log_divert(-1);
    log_notice("after");
    assert_none();
    assert_int_equal(woken(fd), 0);
    file = log_text();
    assert_non_null(strstr(file, " notice: one 1\n"));
    assert_non_null(strstr(file, " error: two??[31m\n"));
    assert_non_null(strstr(file, " notice: after\n"));
    assert_int_equal(count_lines(file), 4);
    close(fd);
}

/* The newest are kept; a line is cut to what there is room for. */
static void test_divert_many(void **state UNUSED)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum log_level level;
    char line[8], expected[16];

    log_divert(fd);
    for (unsigned i = 0; i < 200; i++)
        log_notice("line %u", i);
    assert_int_equal(woken(fd), 200);
    for (unsigned i = 200 - 64; i < 200; i++) {
        snprintf(expected, sizeof(expected), "line %u", i);
        assert_next(LOG_NOTICE, expected);
    }
    assert_none();
    log_notice("0123456789");
    log_notice("%2000s", "x");
    assert_true(log_next(&level, line, sizeof(line)));
    assert_string_equal(line, "0123456");
    assert_true(log_next(&level, line, sizeof(line)));
    assert_string_equal(line, "       ");
    log_divert(-1);
    log_text();
    close(fd);
}

static void *say_much(void *argument)
{
    for (unsigned i = 0; i < 500; i++)
        log_notice("%u %u", *(const unsigned *)argument, i);
    return NULL;
}

/* From many threads, while others fetch them: each one whole, each thread's in order. */
static void test_divert_threads(void **state UNUSED)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    unsigned numbers[3], next[3] = {0}, running = 3;
    enum log_level level;
    pthread_t threads[3];
    char line[64];

    log_divert(fd);
    for (unsigned i = 0; i < 3; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, say_much, &numbers[i]), 0);
    }
    while (running || woken(fd)) {
        while (log_next(&level, line, sizeof(line))) {
            char *end;
            unsigned long thread = strtoul(line, &end, 10), number = strtoul(end, &end, 10);

            assert_int_equal(*end, '\0');
            assert_true(thread < 3 && number >= next[thread] && number < 500);
            next[thread] = (unsigned)number + 1;
        }
        if (running && pthread_tryjoin_np(threads[running - 1], NULL) == 0)
            running--;
    }
    assert_none();
    /* Of those that were lost to newer ones none is the last of all. */
    assert_true(next[0] == 500 || next[1] == 500 || next[2] == 500);
    log_divert(-1);
    log_text();
    close(fd);
}

/* What nobody fetched is not lost if it matters. */
static void check_divert_ends(bool with_file, const char *expected)
{
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), ends[2], before = dup(STDERR_FILENO);
    char out[256];
    ssize_t n;

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_close();
    assert_int_equal(log_init(LOG_NOTICE, with_file ? path : NULL), 0);
    dup2(ends[1], STDERR_FILENO);
    log_divert(wake);
    log_divert(wake); /* once more changes nothing */
    log_notice("a notice");
    log_warning("a warning");
    log_error("an error");
    log_divert(-1);
    log_divert(-1);
    if (!with_file)
        log_warning("afterwards");
    log_close();
    dup2(before, STDERR_FILENO);
    n = read(ends[0], out, sizeof(out) - 1);
    assert_true(n > 0);
    out[n] = '\0';
    assert_string_equal(out, expected);
    close(before);
    close(ends[0]);
    close(ends[1]);
    close(wake);
    assert_int_equal(log_init(LOG_NOTICE, path), 0);
}

static void test_divert_ends(void **state UNUSED)
{
    check_divert_ends(false, "proxtop: a warning\nproxtop: an error\nproxtop: afterwards\n");
    check_divert_ends(true, "proxtop: a warning\nproxtop: an error\n");
    assert_int_equal(count_lines(log_text()), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),           cmocka_unit_test(test_open_failure),
        cmocka_unit_test(test_no_control_bytes), cmocka_unit_test(test_keeps_utf8),
        cmocka_unit_test(test_long_message),     cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_many_lines),       cmocka_unit_test(test_close_twice),
        cmocka_unit_test(test_complaint_pauses), cmocka_unit_test(test_complaint_recovers_once),
        cmocka_unit_test(test_hanging_reopen),   cmocka_unit_test(test_divert),
        cmocka_unit_test(test_divert_many),      cmocka_unit_test(test_divert_threads),
        cmocka_unit_test(test_divert_ends),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
