/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collect/slow_facts: the table of link speeds. */
#include "collect/slow_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support.h"

struct speeds {
    char root[64];
    int root_fd;
    unsigned calls;
    char told[512]; /* "name=mbps name=mbps ", sorted by what was asked */
};

static int remove_one(const char *path, const struct stat *info UNUSED, int type UNUSED,
                      struct FTW *walk UNUSED)
{
    return remove(path);
}

static int speeds_set_up(void **state)
{
    struct speeds *speeds = xcalloc(1, sizeof(*speeds));

    copy_text(speeds->root, sizeof(speeds->root), "/tmp/proxtop-test.XXXXXX");
    assert_non_null(mkdtemp(speeds->root));
    speeds->root_fd = file_open_directory(speeds->root);
    assert_int_equal(mkdirat(speeds->root_fd, "class", 0700), 0);
    assert_int_equal(mkdirat(speeds->root_fd, "class/net", 0700), 0);
    *state = speeds;
    return 0;
}

static int speeds_tear_down(void **state)
{
    struct speeds *speeds = *state;

    close(speeds->root_fd);
    assert_int_equal(nftw(speeds->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(speeds);
    return 0;
}

/* text NULL = the device has no speed file. */
static void put_device(const struct speeds *speeds, const char *name, const char *text)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "class/net/%s", name);
    assert_true(mkdirat(speeds->root_fd, path, 0700) == 0 || errno == EEXIST);
    if (!text)
        return;
    snprintf(path, sizeof(path), "class/net/%s/speed", name);
    fd = openat(speeds->root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void take(void *arg, const char *name, uint64_t mbps)
{
    struct speeds *speeds = arg;
    size_t len = strlen(speeds->told);

    speeds->calls++;
    snprintf(speeds->told + len, sizeof(speeds->told) - len, "%s=%llu ", name,
             (unsigned long long)mbps);
}

static uint64_t ask(struct speeds *speeds, struct slow_facts *facts, uint64_t seen)
{
    speeds->calls = 0;
    copy_text(speeds->told, sizeof(speeds->told), " ");
    return slow_facts_speeds(facts, seen, take, speeds);
}

static void test_speeds(void **state)
{
    struct speeds *speeds = *state;
    struct slow_facts *facts =
        slow_facts_new(speeds->root_fd, speeds->root_fd, "here", false, true);
    uint64_t seen;

    put_device(speeds, "eth0", "1000\n");
    put_device(speeds, "eth1", "-1\n");
    put_device(speeds, "eth2", "4294967295\n");
    put_device(speeds, "lo", NULL);
    put_device(speeds, ".odd", "10\n");
    put_device(speeds, "junk", "fast\n");
    put_device(speeds, "tap100i0", "10\n");
    put_device(speeds, "vnet0", "10\n");
    put_device(speeds, "a-name-that-is-too-long", "10\n");
    assert_int_equal(ask(speeds, facts, 0), 0);
    assert_int_equal(speeds->calls, 0);
    slow_facts_update(facts);
    seen = ask(speeds, facts, 0);
    assert_int_equal(seen, 1);
    assert_int_equal(speeds->calls, 6);
    assert_non_null(strstr(speeds->told, " eth0=1000 "));
    assert_non_null(strstr(speeds->told, " eth1=0 "));
    assert_non_null(strstr(speeds->told, " eth2=0 "));
    assert_non_null(strstr(speeds->told, " lo=0 "));
    assert_non_null(strstr(speeds->told, " .odd=10 "));
    assert_non_null(strstr(speeds->told, " junk=0 "));
    slow_facts_update(facts);
    assert_int_equal(ask(speeds, facts, seen), seen);
    assert_int_equal(speeds->calls, 0);
    assert_int_equal(ask(speeds, facts, 0), seen); /* all once more */
    assert_int_equal(speeds->calls, 6);
    put_device(speeds, "eth1", "25000\n");
    slow_facts_update(facts);
    assert_int_equal(ask(speeds, facts, seen), seen + 1);
    assert_non_null(strstr(speeds->told, " eth1=25000 "));
    put_device(speeds, "eth0", "-1\n");
    slow_facts_update(facts);
    assert_int_equal(ask(speeds, facts, seen + 1), seen + 2);
    assert_non_null(strstr(speeds->told, " eth0=0 "));
    slow_facts_free(facts);
}

static void test_no_speeds(void **state)
{
    struct speeds *speeds = *state;
    struct slow_facts *facts =
        slow_facts_new(speeds->root_fd, speeds->root_fd, "here", false, false);

    put_device(speeds, "eth0", "1000\n");
    slow_facts_update(facts);
    assert_int_equal(ask(speeds, facts, 0), 0);
    assert_int_equal(speeds->calls, 0);
    slow_facts_free(facts);
    /* A sysfs without any. */
    facts = slow_facts_new(speeds->root_fd, -1, "here", false, true);
    slow_facts_update(facts);
    assert_int_equal(ask(speeds, facts, 0), 1);
    assert_int_equal(speeds->calls, 0);
    slow_facts_free(facts);
}

static void test_many(void **state)
{
    struct speeds *speeds = *state;
    struct slow_facts *facts =
        slow_facts_new(speeds->root_fd, speeds->root_fd, "here", false, true);
    char name[32];

    for (int i = 0; i < 4200; i++) {
        snprintf(name, sizeof(name), "d%d", i);
        put_device(speeds, name, NULL);
    }
    slow_facts_update(facts);
    assert_int_equal(ask(speeds, facts, 0), 1);
    assert_int_equal(speeds->calls, 4096);
    slow_facts_free(facts);
}

#define SPEEDS_TEST(name) cmocka_unit_test_setup_teardown(name, speeds_set_up, speeds_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPEEDS_TEST(test_speeds),
        SPEEDS_TEST(test_no_speeds),
        SPEEDS_TEST(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
