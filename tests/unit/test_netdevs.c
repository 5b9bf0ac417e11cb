/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collect/netdevs on made-up roots: which device is which, and text that is not as it should be. */
#include "collect/netdevs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "net_tree.h"
#include "support.h"

/* ---- which device is which ---- */

static void test_steady(void **state)
{
    struct net_tree *tree = *state;
    uint64_t listing;

    net_tree_fill(tree, 400);
    net_tree_open(tree, NULL);
    assert_int_equal(netdevs_listing(tree->netdevs), 0);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_count, 400);
    assert_int_equal(tree->host.netdev_slot_count, 400);
    listing = netdevs_listing(tree->netdevs);
    assert_int_equal(listing, 1);
    /* The file stays open and sysfs is not asked again. */
    net_tree_remove(tree, "sys/class");
    net_tree_without_sysfs(tree);
    assert_int_equal(renameat(tree->proc_fd, "1", tree->proc_fd, "2"), 0);
    for (int i = 0; i < 3; i++) {
        struct netdev_sample **before = tree->host.netdevs;

        for (size_t k = 0; k < tree->count; k++)
            tree->fakes[k].age += 5;
        net_tree_write_list(tree, "proc/2/net/dev", tree->fakes, tree->count);
        net_tree_collect(tree);
        net_tree_check(tree);
        assert_ptr_equal(tree->host.netdevs, before);
    }
    assert_int_equal(netdevs_listing(tree->netdevs), listing);
}

static void test_new_and_gone(void **state)
{
    struct net_tree *tree = *state;
    unsigned slot;

    net_tree_fill(tree, 400);
    net_tree_open(tree, NULL);
    net_tree_cycle(tree);
    slot = net_tree_device(tree, "n200")->slot;
    net_tree_take_out(tree, 200);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(netdevs_listing(tree->netdevs), 2);
    assert_null(net_tree_device(tree, "n200"));
    /* In the middle, as where the kernel lists by a hash. */
    net_tree_add(tree, 100, "new", 500);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(netdevs_listing(tree->netdevs), 3);
    assert_int_equal(net_tree_device(tree, "new")->slot, slot);
    assert_int_equal(net_tree_birth(tree, "new"), 401);
    assert_int_equal(net_tree_birth(tree, "n399"), 400);
    assert_int_equal(tree->host.netdev_slot_count, 400);
    tree->count = 0; /* nothing but the header */
    net_tree_cycle(tree);
    assert_int_equal(tree->host.netdev_count, 0);
    assert_int_equal(netdevs_listing(tree->netdevs), 4);
    net_tree_fill(tree, 2);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_slot_count, 400);
    assert_int_equal(net_tree_birth(tree, "n0"), 402);
}

static void test_renamed(void **state)
{
    struct net_tree *tree = *state;
    const struct netdev_sample *device;
    uint64_t births[400];

    net_tree_fill(tree, 400);
    tree->fakes[7].physical = true;
    net_tree_open(tree, NULL);
    net_tree_cycle(tree);
    device = net_tree_device(tree, "n7");
    net_fake_rename(&tree->fakes[7], "enp1s0");
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_ptr_equal(net_tree_device(tree, "enp1s0"), device);
    assert_int_equal(device->birth, 8);
    assert_true(device->considered);
    assert_int_equal(netdevs_listing(tree->netdevs), 2);
    /* Two exchange their names; one is new, one goes, all at once. */
    for (size_t i = 0; i < 400; i++)
        births[i] = tree->host.netdevs[i]->birth;
    net_fake_rename(&tree->fakes[20], "n300");
    net_fake_rename(&tree->fakes[300], "n20");
    net_tree_take_out(tree, 399);
    net_tree_add(tree, 399, "new", 999);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(netdevs_listing(tree->netdevs), 3);
    for (size_t i = 0; i < 399; i++)
        assert_int_equal(tree->host.netdevs[i]->birth, births[i]);
    assert_int_equal(net_tree_birth(tree, "new"), 401);
    assert_ptr_equal(netdevs_find(tree->netdevs, netdevs_join(tree->netdevs, 1), "n20"),
                     tree->host.netdevs[300]);
}

/* The name of one that goes is taken at once by its neighbour, by one further
 * away, and along a chain. */
static void test_name_taken_over(void **state)
{
    struct net_tree *tree = *state;
    static const unsigned chains[][4] = {{1, 2}, {2, 1}, {0, 3}, {4, 0}, {1, 2, 3}, {3, 2, 1}};

    net_tree_open(tree, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
        size_t length = chains[i][2] ? 3 : 2, gone = chains[i][length - 1];
        uint64_t births[5];

        tree->count = 0;
        net_tree_cycle(tree);
        net_tree_fill(tree, 5);
        net_tree_cycle(tree);
        for (size_t k = 0; k < 5; k++)
            births[k] = tree->host.netdevs[k]->birth;
        for (size_t k = 0; k + 1 < length; k++) {
            char name[IFNAMSIZ];

            snprintf(name, sizeof(name), "n%u", chains[i][k + 1]);
            net_fake_rename(&tree->fakes[chains[i][k]], name);
            tree->fakes[chains[i][k]].age += 100; /* no counter betrays it */
        }
        net_tree_take_out(tree, gone);
        net_tree_cycle(tree);
        net_tree_check(tree);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(tree->host.netdevs[k]->birth, births[k < gone ? k : k + 1]);
    }
}

static void test_name_reused(void **state)
{
    struct net_tree *tree = *state;

    net_tree_fill(tree, 400);
    net_tree_open(tree, NULL);
    net_tree_cycle(tree);
    net_tree_cycle(tree);
    /* Made anew within a cycle: it stands at the end then. */
    net_tree_take_out(tree, 50);
    net_tree_add(tree, 399, "n50", 401);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "n50"), 401);
    assert_int_equal(net_tree_birth(tree, "n51"), 52);
    assert_int_equal(netdevs_listing(tree->netdevs), 2);
    net_tree_cycle(tree);
    /* Made anew at the same place: its counters fell. */
    net_tree_take_out(tree, 399);
    net_tree_add(tree, 399, "n50", 402);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "n50"), 402);
    assert_int_equal(netdevs_listing(tree->netdevs), 3);
    /* Away for a while. */
    net_tree_take_out(tree, 59);
    net_tree_cycle(tree);
    net_tree_add(tree, 59, "n60", 403);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "n60"), 403);
    /* Counters that fell alone are no other device. */
    tree->fakes[0].age = 0;
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "n0"), 1);
}

static void test_names_only(void **state)
{
    struct net_tree *tree = *state;
    uint64_t birth;

    net_tree_without_sysfs(tree);
    net_tree_fill(tree, 400);
    net_tree_open(tree, NULL);
    net_tree_cycle(tree);
    net_tree_check(tree);
    net_fake_rename(&tree->fakes[5], "other");
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "other"), 401);
    birth = net_tree_birth(tree, "n20");
    net_fake_rename(&tree->fakes[20], "n30");
    net_fake_rename(&tree->fakes[30], "n20");
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "n20"), birth);
    /* Another order is no other list, but it is followed. */
    assert_int_equal(netdevs_listing(tree->netdevs), 2);
}

/* A device is renamed between net/dev and sysfs being read. */
static void test_sysfs_late(void **state)
{
    struct net_tree *tree = *state;

    net_tree_open(tree, NULL);
    net_tree_fill(tree, 3);
    tree->fakes[1].physical = true;
    net_tree_write_list(tree, "proc/1/net/dev", tree->fakes, tree->count);
    net_tree_collect(tree);
    assert_int_equal(tree->host.netdev_count, 3);
    assert_false(net_tree_device(tree, "n1")->considered);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_true(net_tree_device(tree, "n1")->considered);
    assert_int_equal(netdevs_listing(tree->netdevs), 1);
    net_fake_rename(&tree->fakes[1], "eth0");
    net_tree_cycle(tree);
    assert_int_equal(net_tree_birth(tree, "eth0"), 2);
}

/* Any number of changes at once, against what the kernel knows. In every other
 * cycle nothing happens, so that a device made anew has counters that fell. */
static void random_change(struct net_tree *tree, uint64_t *seed, unsigned *indexes, unsigned hash)
{
    size_t at = tree->count ? support_random_below(seed, tree->count) : 0;
    size_t to = tree->count ? support_random_below(seed, tree->count) : 0;
    struct net_fake fake;

    switch (support_random_below(seed, 5)) {
    case 0: /* goes */
        if (tree->count > 5)
            net_tree_take_out(tree, at);
        return;
    case 1: /* gets a name that is free */
    case 2: /* goes, and one of that name or a free one comes */
        snprintf(fake.name, sizeof(fake.name), "n%u", (unsigned)support_random_below(seed, 60));
        if (tree->count && support_random_below(seed, 2) == 0) {
            fake = tree->fakes[at];
            net_tree_take_out(tree, at);
        }
        if (net_fake_find(tree->fakes, tree->count, fake.name))
            return;
        if (tree->count && support_random_below(seed, 2) == 0) {
            net_fake_rename(&tree->fakes[support_random_below(seed, tree->count)], fake.name);
            return;
        }
        break;
    default: /* two exchange their names */
        if (tree->count) {
            fake = tree->fakes[at];
            net_fake_rename(&tree->fakes[at], tree->fakes[to].name);
            net_fake_rename(&tree->fakes[to], fake.name);
        }
        return;
    }
    ++*indexes;
    for (to = 0; to < tree->count; to++) {
        if (hash && tree->fakes[to].index % hash > *indexes % hash)
            break;
    }
    net_tree_add(tree, to, fake.name, *indexes);
}

static void run_random(struct net_tree *tree, uint64_t seed, unsigned hash)
{
    uint64_t births[8192] = {0}, highest = 0;
    unsigned indexes = 1;

    for (unsigned cycle = 0; cycle < 400; cycle++) {
        unsigned changes = cycle % 2 ? 0 : (unsigned)support_random_below(&seed, 8);
        uint64_t before = highest;

        if (cycle == 0)
            changes = 60;
        for (unsigned i = 0; i < changes; i++)
            random_change(tree, &seed, &indexes, hash);
        net_tree_cycle(tree);
        net_tree_check(tree);
        for (size_t i = 0; i < tree->count; i++) {
            uint64_t birth = tree->host.netdevs[i]->birth;
            unsigned index = tree->fakes[i].index;

            if (births[index]) {
                assert_int_equal(birth, births[index]);
            } else {
                assert_true(birth > before);
                births[index] = birth;
            }
            highest = birth > highest ? birth : highest;
        }
    }
}

static void test_random(void **state)
{
    struct net_tree *tree = *state;

    net_tree_open(tree, NULL);
    run_random(tree, 1, 0);
}

static void test_random_by_hash(void **state)
{
    struct net_tree *tree = *state;

    net_tree_open(tree, NULL);
    run_random(tree, 2, 7);
}

/* ---- text that is not as it should be ---- */

static void test_text(void **state)
{
    struct net_tree *tree = *state;
    struct buf b = {0};
    size_t count;

    net_tree_without_sysfs(tree);
    net_tree_fill(tree, 3);
    buf_puts(&b, NET_TREE_HEADER);
    for (size_t i = 0; i < 3; i++)
        net_fake_put(&b, &tree->fakes[i]);
    net_tree_open(tree, NULL);
    for (size_t len = 0; len <= b.len; len++) {
        net_tree_write(tree, "proc/1/net/dev", b.data, len);
        net_tree_collect(tree);
        count = 0;
        for (size_t i = strlen(NET_TREE_HEADER); i < len; i++)
            count += b.data[i] == '\n';
        if (len) /* without any text there is no list */
            assert_int_equal(tree->host.netdev_count, count);
    }
    buf_done(&b);
    net_tree_puts(tree, "proc/1/net/dev",
                  NET_TREE_HEADER
                  "  eth0: 1 2 3\n"
                  "   n1: 18446744073709551615 18446744073709551615 3 4 5 6 7 8 9 10 11 12 13 14"
                  " 15 18446744073709551615 17 18\n"
                  "   n1: 5 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                  "  a:b: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                  "../x: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                  "   n0: 18446744073709551616 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    for (int i = 0; i < 2; i++) {
        net_tree_collect(tree);
        assert_int_equal(tree->host.netdev_count, 2);
        assert_string_equal(tree->host.netdevs[0]->name, "n1");
        assert_true(tree->host.netdevs[0]->counters[0] == UINT64_MAX);
        assert_true(tree->host.netdevs[0]->counters[15] == UINT64_MAX);
        assert_int_equal(tree->host.netdevs[0]->birth, 2);
        assert_string_equal(tree->host.netdevs[1]->name, "a:b");
    }
}

static void test_unreadable(void **state)
{
    struct net_tree *tree = *state;

    net_tree_open(tree, NULL);
    net_tree_fill(tree, 2);
    net_tree_cycle(tree);
    net_tree_puts(tree, "proc/1/net/dev", "");
    net_tree_remove(tree, "proc/1/net");
    for (int i = 0; i < 2; i++) {
        net_tree_collect(tree);
        assert_int_equal(tree->host.netdev_count, 2);
        assert_int_equal(tree->host.netdevs[1]->at.ns, 0);
    }
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(net_tree_birth(tree, "n1"), 2);
    assert_int_equal(netdevs_listing(tree->netdevs), 1);
    /* Without PID 1, our own. */
    net_tree_puts(tree, "proc/1/net/dev", "");
    net_tree_remove(tree, "proc/1");
    net_tree_collect(tree);
    tree->count = 0;
    net_tree_fill(tree, 3);
    net_tree_write_list(tree, "proc/net/dev", tree->fakes, tree->count);
    net_tree_write_sysfs(tree);
    net_tree_collect(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TREE_TEST(test_steady),         NET_TREE_TEST(test_new_and_gone),
        NET_TREE_TEST(test_renamed),        NET_TREE_TEST(test_name_taken_over),
        NET_TREE_TEST(test_name_reused),    NET_TREE_TEST(test_names_only),
        NET_TREE_TEST(test_sysfs_late),     NET_TREE_TEST(test_random),
        NET_TREE_TEST(test_random_by_hash), NET_TREE_TEST(test_text),
        NET_TREE_TEST(test_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
