/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/image_cache: against a plain list, at its limits, and its rings. */
#include "connect/image_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define MANY 5000

static const char *path_of(unsigned i)
{
    static char path[64];

    snprintf(path, sizeof(path), "/srv/vms/%u/disk-%u.qcow2", i / 4, i);
    return path;
}

static struct mono at(double seconds)
{
    return mono_add_seconds((struct mono){1}, seconds);
}

static void test_finds_what_was_added(void **state UNUSED)
{
    static struct image_entry *entries[MANY];
    struct image_cache cache;

    image_cache_init(&cache);
    for (unsigned i = 0; i < MANY; i++) {
        assert_null(image_cache_find(&cache, (pid_t)(i % 7), path_of(i)));
        entries[i] = image_cache_add(&cache, (pid_t)(i % 7), path_of(i));
        assert_non_null(entries[i]);
    }
    for (unsigned i = 0; i < MANY; i++) {
        assert_ptr_equal(image_cache_find(&cache, (pid_t)(i % 7), path_of(i)), entries[i]);
        assert_null(image_cache_find(&cache, (pid_t)(i % 7 + 1), path_of(i)));
        assert_string_equal(entries[i]->path, path_of(i));
    }
    assert_null(image_cache_find(&cache, 1, ""));
    image_cache_done(&cache);
}

/* Random questions; a list of times tells which entries must be left. */
static void test_drops_by_age(void **state UNUSED)
{
    static double asked[500];
    struct image_cache cache;
    uint64_t seed = 5;
    double now = 0;
    unsigned dropped = 0;

    image_cache_init(&cache);
    for (unsigned i = 0; i < ARRAY_SIZE(asked); i++)
        asked[i] = -1e9;
    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)support_random_below(&seed, ARRAY_SIZE(asked));
        struct image_entry *entry;

        now += (double)support_random_below(&seed, 4);
        image_cache_tick(&cache, at(now));
        entry = image_cache_find(&cache, 1, path_of(i));
        if (now - asked[i] <= 600)
            assert_non_null(entry);
        if (!entry) {
            dropped++;
            entry = image_cache_add(&cache, 1, path_of(i));
            if (support_random_below(&seed, 2))
                image_cache_enqueue(&cache, entry);
        }
        image_cache_touch(&cache, entry);
        asked[i] = now;
    }
    assert_true(dropped > ARRAY_SIZE(asked));
    for (unsigned i = 0; i < ARRAY_SIZE(asked); i++)
        image_cache_tick(&cache, at(now));
    for (unsigned i = 0; i < ARRAY_SIZE(asked); i++)
        assert_int_equal(!!image_cache_find(&cache, 1, path_of(i)), now - asked[i] <= 600);
    image_cache_done(&cache);
}

/* A full cache takes nothing new until something was not asked for any more. */
static void test_full(void **state UNUSED)
{
    struct image_cache cache;

    image_cache_init(&cache);
    image_cache_tick(&cache, at(0));
    for (unsigned i = 0; i < IMAGE_CACHE_ENTRIES_MAX; i++)
        assert_non_null(image_cache_add(&cache, 1, path_of(i)));
    assert_null(image_cache_add(&cache, 1, "/one/more"));
    for (unsigned i = 1; i <= 10; i++)
        image_cache_tick(&cache, at(i * 60.0));
    assert_null(image_cache_add(&cache, 1, "/one/more"));
    image_cache_tick(&cache, at(601));
    assert_int_equal(cache.count, IMAGE_CACHE_ENTRIES_MAX - 2);
    assert_non_null(image_cache_add(&cache, 1, "/one/more"));
    image_cache_done(&cache);
}

static void test_long_paths(void **state UNUSED)
{
    static char path[4097];
    struct image_cache cache;
    unsigned count = 0;

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    image_cache_init(&cache);
    assert_null(image_cache_add(&cache, 1, path));
    assert_null(image_cache_add(&cache, 1, "relative"));
    assert_null(image_cache_add(&cache, 1, ""));
    path[4095] = '\0';
    while (image_cache_add(&cache, (pid_t)count, path))
        count++;
    assert_int_equal(count, IMAGE_CACHE_BYTES_MAX / 4095);
    image_cache_done(&cache);
}

static void assert_head(struct image_cache *cache, const char *path)
{
    struct image_entry *head = image_cache_head(cache);

    if (!path) {
        assert_null(head);
        return;
    }
    assert_string_equal(head->path, path);
    image_cache_dequeue(head);
}

static void test_queue(void **state UNUSED)
{
    static const char *const paths[] = {"/a", "/b", "/c", "/d"};
    struct image_entry *e[ARRAY_SIZE(paths)];
    struct image_cache cache;

    image_cache_init(&cache);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        e[i] = image_cache_add(&cache, 1, paths[i]);
    image_cache_unpark(&cache);
    assert_head(&cache, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        image_cache_enqueue(&cache, e[i]);
    image_cache_enqueue(&cache, e[0]);
    image_cache_park(&cache, e[0]);
    image_cache_park(&cache, e[1]);
    image_cache_enqueue(&cache, e[1]); /* it waits already */
    assert_head(&cache, "/c");
    image_cache_unpark(&cache);
    assert_head(&cache, "/d");
    assert_head(&cache, "/a");
    image_cache_park(&cache, e[1]);
    assert_head(&cache, NULL);
    image_cache_unpark(&cache);
    assert_head(&cache, "/b");
    assert_head(&cache, NULL);
    image_cache_done(&cache);
}

static void test_directories(void **state UNUSED)
{
    assert_int_equal(image_directory("/a/b/c"), 4);
    assert_int_equal(image_directory("/a"), 0);
    assert_int_equal(image_directory("/"), 0);
    assert_int_equal(image_directory(""), 0);
    assert_int_equal(image_directory("/a/"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_was_added),
        cmocka_unit_test(test_drops_by_age),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
