/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/file: what begins a file, rotation, no room, FIFOs. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_output.h"
#include "support.h"

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* What one run leaves of a file that holds `before`. */
static void assert_run(const char *before, const char *header, const char *cycle, const char *after)
{
    struct made_output m;

    made_output_init(&m, &output_file);
    if (before)
        put_file(m.path, before);
    m.config.header = header;
    assert_int_equal(made_output_open(&m), 0);
    if (cycle)
        made_output_write(&m, cycle);
    assert_int_equal(made_output_finish(&m), 0);
    assert_string_equal(made_output_read(&m, m.path), after);
    assert_string_equal(made_output_read(&m, m.log), "");
    made_output_done(&m);
}

static void test_headers(void **state UNUSED)
{
    assert_run(NULL, "", "1\n", "1\n");
    assert_run(NULL, "a,b\r\n", "1,2\r\n", "a,b\r\n1,2\r\n");
    assert_run(NULL, "a,b\r\n", NULL, "a,b\r\n");
    assert_run("", "h\n", "1\n", "h\n1\n");
    assert_run("h\n1\n", "h\n", "2\n", "h\n1\n2\n");
    assert_run("h\n1\n", "i\n", "2\n", "h\n1\ni\n2\n");
    assert_run("h\n1\n", "h\ni\n", "2\n", "h\n1\nh\ni\n2\n");
    assert_run("h", "h\n", "2\n", "h\nh\n2\n"); /* it was cut */
    assert_run("before\n", "", "1\n", "before\n1\n");
    assert_run("h\n1\n2", "h\n", "3\n", "h\n1\n2\n3\n");
    assert_run("{\"cut\":", "", "{}\n", "{\"cut\":\n{}\n");
    assert_run("h\n1", "h\n", NULL, "h\n1");
}

static void test_renamed(void **state UNUSED)
{
    struct made_output m;
    char old[100];

    made_output_init(&m, &output_file);
    snprintf(old, sizeof(old), "%s.1", m.path);
    m.config.header = "h\n";
    assert_int_equal(made_output_open(&m), 0);
    made_output_write(&m, "1\n");
    made_output_wait_content(&m, "h\n1\n");
    assert_int_equal(rename(m.path, old), 0);
    made_output_write(&m, "2\n");
    made_output_wait_content(&m, "h\n2\n");
    assert_string_equal(made_output_read(&m, old), "h\n1\n");
    /* Removed, and made by somebody else with the header, and without. */
    put_file(old, "h\nx\n");
    assert_int_equal(rename(old, m.path), 0);
    made_output_write(&m, "3\n");
    made_output_wait_content(&m, "h\nx\n3\n");
    put_file(old, "y\n");
    assert_int_equal(rename(old, m.path), 0);
    made_output_write(&m, "4\n");
    made_output_write(&m, "5\n");
    made_output_wait_content(&m, "y\nh\n4\n5\n");
    /* Told to, it opens the new file at once. */
    assert_int_equal(unlink(m.path), 0);
    m.ops->reopen(m.output);
    made_output_write(&m, "6\n");
    made_output_wait_content(&m, "h\n6\n");
    m.ops->reopen(m.output);
    made_output_write(&m, "7\n");
    made_output_wait_content(&m, "h\n6\n7\n");
    assert_int_equal(made_output_finish(&m), 0);
    made_output_done(&m);
}

static void test_truncated(void **state UNUSED)
{
    struct made_output m;

    made_output_init(&m, &output_file);
    m.config.header = "h\n";
    assert_int_equal(made_output_open(&m), 0);
    for (unsigned i = 0; i < 3; i++) {
        made_output_write(&m, "1\n");
        made_output_wait_content(&m, "h\n1\n");
        assert_int_equal(truncate(m.path, 0), 0);
    }
    assert_int_equal(made_output_finish(&m), 0);
    assert_string_equal(made_output_read(&m, m.path), "");
    made_output_done(&m);
}

static void test_directory_vanishes(void **state UNUSED)
{
    struct made_output m;
    char directory[100], away[100], path[120], old[120];

    made_output_init(&m, &output_file);
    snprintf(directory, sizeof(directory), "%s/d", m.directory);
    snprintf(away, sizeof(away), "%s/e", m.directory);
    snprintf(path, sizeof(path), "%s/f", directory);
    snprintf(old, sizeof(old), "%s/f", away);
    assert_int_equal(mkdir(directory, 0755), 0);
    m.config.target = path;
    m.config.header = "h\n";
    assert_int_equal(made_output_open(&m), 0);
    made_output_write(&m, "1\n");
    while (!*made_output_read(&m, path))
        ;
    assert_int_equal(rename(directory, away), 0);
    made_output_write(&m, "2\n");
    made_output_wait_log(&m, "going on with the old file");
    made_output_write(&m, "3\n");
    while (strcmp(made_output_read(&m, old), "h\n1\n2\n3\n") != 0)
        ;
    assert_int_equal(mkdir(directory, 0755), 0);
    made_output_write(&m, "4\n");
    made_output_wait_log(&m, "open again");
    assert_int_equal(made_output_finish(&m), 0);
    assert_string_equal(made_output_read(&m, path), "h\n4\n");
    assert_string_equal(made_output_read(&m, old), "h\n1\n2\n3\n");
    assert_int_equal(unlink(path) + unlink(old) + rmdir(directory) + rmdir(away), 0);
    made_output_done(&m);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A cycle of `len` bytes: its letter, and a newline. */
static char *long_cycle(char letter, size_t len)
{
    char *text = xcalloc(1, len + 1);

    memset(text, letter, len - 1);
    text[len - 1] = '\n';
    return text;
}

/* A file at its size limit, as one on a full disk, ends with a whole cycle. */
static void test_no_room(void **state UNUSED)
{
    char *first = long_cycle('a', 3000), *second = long_cycle('b', 3000), *all;
    struct made_output m;
    struct stat st;

    made_output_init(&m, &output_file);
    assert_int_equal(made_output_open(&m), 0);
    limit_files(4096);
    made_output_write(&m, first);
    made_output_write(&m, second);
    made_output_wait_log(&m, "File too large");
    made_output_wait_content(&m, first);
    limit_files(RLIM_INFINITY);
    all = xasprintf("%s%s", first, second);
    made_output_wait_content(&m, all);
    made_output_wait_log(&m, "works again");
    limit_files(6001);
    made_output_write(&m, first);
    assert_int_equal(made_output_close(&m), 1);
    limit_files(RLIM_INFINITY);
    assert_int_equal(stat(m.path, &st), 0);
    assert_int_equal(st.st_size, 6000);
    free(first);
    free(second);
    free(all);
    made_output_done(&m);
}

static void test_cannot_open(void **state UNUSED)
{
    struct made_output m;

    made_output_init(&m, &output_file);
    m.config.target = m.directory;
    assert_int_equal(made_output_open(&m), -EISDIR);
    assert_non_null(strstr(m.error.text, m.directory));
    m.config.target = "/nonexistent/x";
    assert_int_equal(made_output_open(&m), -ENOENT);
    assert_non_null(strstr(m.error.text, "'/nonexistent/x'"));
    assert_false(m.error.usage);
    made_output_done(&m);
}

/* Reads from the FIFO until the text is there, whole. */
static void read_until(struct made_output *m, int fd, struct buf *got, const char *last)
{
    while (got->len < strlen(last) ||
           memcmp(got->data + got->len - strlen(last), last, strlen(last)) != 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        ssize_t n;

        assert_int_equal(poll(&ready, 1, 120000), 1);
        buf_reserve(got, 65536);
        n = read(fd, got->data + got->len, 65536);
        assert_true(n > 0);
        got->len += (size_t)n;
        event_base_loop(m->base, EVLOOP_NONBLOCK);
    }
}

/* Without a reader the oldest cycles make room for the newest; each reader gets
 * the header and whole cycles. */
static void test_fifo(void **state UNUSED)
{
    struct buf got = {0};
    struct made_output m;
    char *cycle;
    uint64_t lost;
    int fd;

    made_output_init(&m, &output_file);
    m.settings.buffer = 64 * 1024;
    m.config.header = "h\n";
    assert_int_equal(mkfifo(m.path, 0644), 0);
    assert_int_equal(made_output_open(&m), 0); /* does not wait */
    made_output_wait_log(&m, "nobody reads it");
    for (char letter = 'a'; letter <= 'z'; letter++) {
        cycle = long_cycle(letter, 10000);
        made_output_write(&m, cycle);
        free(cycle);
    }
    lost = m.ops->lost(m.output);
    assert_true(lost >= 20 && lost < 26);
    fd = open(m.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    read_until(&m, fd, &got, "z\n");
    assert_int_equal(got.len, 2 + (26 - lost) * 10000);
    assert_memory_equal(got.data, "h\n", 2);
    assert_int_equal(got.data[2], 'a' + (int)lost);
    close(fd);
    made_output_write(&m, "one\n");
    made_output_wait_log(&m, "Broken pipe");
    buf_clear(&got);
    fd = open(m.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    read_until(&m, fd, &got, "one\n");
    assert_string_equal(buf_text(&got), "h\none\n");
    assert_int_equal(made_output_finish(&m), lost);
    close(fd);
    buf_done(&got);
    made_output_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),   cmocka_unit_test(test_renamed),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_directory_vanishes),
        cmocka_unit_test(test_no_room),   cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_fifo),
    };

    signal(SIGPIPE, SIG_IGN); /* as the program does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
