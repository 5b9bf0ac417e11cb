/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/file, replaced with each cycle: never seen in parts, kept when there is no room. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_output.h"
#include "support.h"

static void init(struct made_output *m)
{
    made_output_init(m, &output_file);
    m->config.replaces = true;
}

/* Files in the directory beside data and log. */
static unsigned count_others(const struct made_output *m)
{
    DIR *directory = opendir(m->directory);
    const struct dirent *entry;
    unsigned others = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)))
        others += strcmp(entry->d_name, "data") != 0 && strcmp(entry->d_name, "log") != 0;
    closedir(directory);
    return others - 2; /* "." and ".." */
}

static void make(const struct made_output *m, const char *name, char *path, size_t size)
{
    int fd;

    snprintf(path, size, "%s/%s", m->directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

struct reader {
    const char *path;
    bool stop;
    unsigned seen, torn;
};

static void *reader_run(void *argument)
{
    struct reader *r = argument;
    static char text[100000];

    while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
        int fd = open(r->path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

        if (fd >= 0)
            close(fd);
        else
            continue; /* before the first cycle */
        text[n > 0 ? n : 0] = '\0';
        __atomic_fetch_add(&r->seen, 1, __ATOMIC_RELAXED);
        /* "N ... N\n": begins and ends with the same number */
        r->torn += n < 20 || strtoul(text, NULL, 10) != strtoul(text + n - 7, NULL, 10);
    }
    return NULL;
}

static void test_always_whole(void **state UNUSED)
{
    struct reader reader = {0};
    struct made_output m;
    char *cycle, *filler = xcalloc(1, 50001);
    pthread_t thread;
    struct stat st;

    memset(filler, 'x', 50000);
    init(&m);
    reader.path = m.path;
    assert_int_equal(made_output_open(&m), 0);
    assert_int_equal(pthread_create(&thread, NULL, reader_run, &reader), 0);
    for (unsigned i = 0; i < 200; i++) {
        cycle = xasprintf("%06u %s\n%06u\n", i, filler, i);
        made_output_write(&m, cycle);
        made_output_wait_content(&m, cycle);
        free(cycle);
    }
    while (!__atomic_load_n(&reader.seen, __ATOMIC_RELAXED)) /* it has had no turn yet */
        usleep(1000);
    __atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    assert_int_equal(made_output_finish(&m), 0);
    assert_int_equal(reader.torn, 0);
    assert_int_equal(count_others(&m), 0);
    assert_int_equal(stat(m.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    free(filler);
    made_output_done(&m);
}

/* What waits is the newest cycle, and none but the last one is missed. */
static void test_newest_only(void **state UNUSED)
{
    struct made_output m;

    init(&m);
    m.config.header = "h\n";
    assert_int_equal(made_output_open(&m), 0);
    for (unsigned i = 0; i < 1000; i++) {
        char text[20];

        snprintf(text, sizeof(text), "%u\n", i);
        made_output_write(&m, text);
    }
    assert_int_equal(made_output_finish(&m), 0);
    assert_string_equal(made_output_read(&m, m.path), "h\n999\n");
    made_output_done(&m);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_no_room(void **state UNUSED)
{
    char *large = xcalloc(1, 20001);
    struct made_output m;

    memset(large, 'x', 20000);
    large[19999] = '\n';
    init(&m);
    assert_int_equal(made_output_open(&m), 0);
    made_output_write(&m, "old\n");
    made_output_wait_content(&m, "old\n");
    limit_files(10000);
    made_output_write(&m, large);
    made_output_wait_log(&m, "File too large");
    assert_string_equal(made_output_read(&m, m.path), "old\n");
    made_output_write(&m, "newer\n"); /* it takes the place of the one that waits */
    made_output_wait_content(&m, "newer\n");
    made_output_wait_log(&m, "works again");
    made_output_write(&m, large);
    assert_int_equal(made_output_close(&m), 1);
    limit_files(RLIM_INFINITY);
    assert_string_equal(made_output_read(&m, m.path), "newer\n");
    assert_int_equal(count_others(&m), 0);
    free(large);
    made_output_done(&m);
}

static void test_cannot_rename(void **state UNUSED)
{
    struct made_output m;

    init(&m);
    assert_int_equal(made_output_open(&m), 0);
    made_output_write(&m, "1\n");
    made_output_wait_content(&m, "1\n");
    assert_int_equal(unlink(m.path), 0);
    assert_int_equal(mkdir(m.path, 0755), 0);
    made_output_write(&m, "2\n");
    made_output_wait_log(&m, "Is a directory");
    assert_int_equal(rmdir(m.path), 0);
    made_output_wait_content(&m, "2\n");
    assert_int_equal(made_output_finish(&m), 0);
    assert_int_equal(count_others(&m), 0);
    made_output_done(&m);
}

/* What a killed one has left goes; what is another's, or in use, stays. */
static void test_left_behind(void **state UNUSED)
{
    char left[120], used[120], longer[120], other[120], hidden[120], link[120];
    struct made_output m;
    int fd;

    init(&m);
    make(&m, ".data.aB3dEf.tmp", left, sizeof(left));
    make(&m, ".data.aB3dE0.tmp", used, sizeof(used));
    make(&m, ".data.aB3dEfg.tmp", longer, sizeof(longer));
    make(&m, ".date.aB3dEf.tmp", other, sizeof(other));
    make(&m, ".data.aB3dEf.tmp~", hidden, sizeof(hidden));
    snprintf(link, sizeof(link), "%s/.data.000000.tmp", m.directory);
    assert_int_equal(symlink(other, link), 0);
    fd = open(used, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(made_output_open(&m), 0);
    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(access(used, F_OK) + access(longer, F_OK) + access(other, F_OK) +
                         access(hidden, F_OK) + access(link, F_OK),
                     0);
    assert_int_equal(made_output_finish(&m), 0);
    assert_int_equal(access(m.path, F_OK), -1); /* there was no cycle */
    close(fd);
    made_output_done(&m);
}

static void assert_refused(struct made_output *m, const char *target, int error, const char *why)
{
    m->config.target = target;
    assert_int_equal(made_output_open(m), error);
    assert_non_null(strstr(m->error.text, target));
    assert_non_null(strstr(m->error.text, why));
    assert_false(m->error.usage);
}

static void test_cannot_open(void **state UNUSED)
{
    struct made_output m;
    char slash[80], link[80];

    init(&m);
    snprintf(slash, sizeof(slash), "%s/", m.directory);
    snprintf(link, sizeof(link), "%s/link", m.directory);
    assert_refused(&m, m.directory, -EISDIR, "directory");
    assert_refused(&m, slash, -EISDIR, "directory");
    assert_refused(&m, "/nonexistent/x.prom", -ENOENT, "No such file");
    assert_refused(&m, "/dev/null", -EINVAL, "no regular file");
    assert_int_equal(mkfifo(m.path, 0644), 0);
    assert_refused(&m, m.path, -EINVAL, "no regular file");
    assert_int_equal(symlink(m.directory, link), 0);
    assert_refused(&m, link, -EISDIR, "directory");
    made_output_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_always_whole), cmocka_unit_test(test_newest_only),
        cmocka_unit_test(test_no_room),      cmocka_unit_test(test_cannot_rename),
        cmocka_unit_test(test_left_behind),  cmocka_unit_test(test_cannot_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
