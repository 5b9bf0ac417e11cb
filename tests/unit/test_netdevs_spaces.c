/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collect/netdevs on made-up roots: namespaces, rows, names that a person gave. */
#include "collect/netdevs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "net_tree.h"
#include "support.h"

/* ---- namespaces ---- */

static const struct net_fake others[] = {
    {.name = "lo", .index = 1, .age = 7},
    {.name = "n1", .index = 2, .age = 8},
    {.name = "eth0", .index = 3, .age = 9, .physical = true},
};

/* 200 is in the host's namespace, 300 and 301 in one of their own. */
static void net_tree_make_processes(struct net_tree *tree)
{
    net_tree_puts(tree, "proc/200/stat", "");
    net_tree_link(tree, "../1/net", "proc/200/net");
    net_tree_write_list(tree, "proc/300/net/dev", others, ARRAY_SIZE(others));
    net_tree_puts(tree, "proc/301/stat", "");
    net_tree_link(tree, "../300/net", "proc/301/net");
}

static void test_namespaces(void **state)
{
    struct net_tree *tree = *state;
    struct net_space *host, *space;
    const struct netdev_sample *device;

    net_tree_make_processes(tree);
    net_tree_fill(tree, 3);
    net_tree_open(tree, "n0,eth0");
    host = netdevs_join(tree->netdevs, 200);
    space = netdevs_join(tree->netdevs, 300);
    assert_non_null(host);
    assert_non_null(space);
    assert_ptr_not_equal(host, space);
    assert_ptr_equal(netdevs_join(tree->netdevs, 1), host);
    assert_ptr_equal(netdevs_join(tree->netdevs, 301), space);
    assert_null(netdevs_join(tree->netdevs, 302));
    assert_null(netdevs_find(tree->netdevs, space, "eth0"));
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_count, 6);
    assert_int_equal(tree->host.netdev_slot_count, 6);
    assert_ptr_equal(netdevs_find(tree->netdevs, host, "n1"), tree->host.netdevs[1]);
    assert_ptr_equal(netdevs_find(tree->netdevs, space, "n1"), tree->host.netdevs[4]);
    assert_null(netdevs_find(tree->netdevs, host, "eth0"));
    assert_null(netdevs_find(tree->netdevs, NULL, "n1"));
    assert_null(netdevs_find(tree->netdevs, host, ""));
    assert_null(netdevs_find(tree->netdevs, host, "a name that is longer than any"));
    device = netdevs_find(tree->netdevs, space, "eth0");
    assert_ptr_equal(device, tree->host.netdevs[5]);
    assert_int_equal(device->counters[0], 3000009);
    assert_false(device->shown);
    assert_false(device->considered);
    assert_true(tree->host.netdevs[0]->considered);
    /* The host's is nobody's to drop. */
    for (int i = 0; i < 4; i++)
        netdevs_leave(tree->netdevs, host);
    netdevs_leave(tree->netdevs, NULL);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_count, 6);
}

static void test_namespace_dropped(void **state)
{
    struct net_tree *tree = *state;
    struct net_space *space;
    unsigned slot;

    net_tree_make_processes(tree);
    net_tree_fill(tree, 1);
    net_tree_open(tree, NULL);
    space = netdevs_join(tree->netdevs, 300);
    assert_ptr_equal(netdevs_join(tree->netdevs, 301), space);
    net_tree_cycle(tree);
    assert_int_equal(netdevs_listing(tree->netdevs), 2);
    slot = net_tree_device(tree, "eth0")->slot;
    netdevs_leave(tree->netdevs, space);
    net_tree_cycle(tree);
    assert_int_equal(tree->host.netdev_count, 4);
    /* Left and joined again between two cycles: nothing happened. */
    netdevs_leave(tree->netdevs, space);
    assert_ptr_equal(netdevs_join(tree->netdevs, 301), space);
    net_tree_cycle(tree);
    assert_int_equal(net_tree_birth(tree, "eth0"), 4);
    assert_int_equal(netdevs_listing(tree->netdevs), 2);
    netdevs_leave(tree->netdevs, space);
    assert_int_equal(tree->host.netdev_count, 4);
    assert_string_equal(tree->host.netdevs[3]->name, "eth0"); /* until the next cycle */
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_count, 1);
    assert_int_equal(netdevs_listing(tree->netdevs), 3);
    space = netdevs_join(tree->netdevs, 300);
    net_tree_cycle(tree);
    net_tree_check(tree);
    assert_int_equal(tree->host.netdev_count, 4);
    assert_int_equal(tree->host.netdev_slot_count, 4);
    assert_int_equal(netdevs_listing(tree->netdevs), 4);
    assert_int_equal(net_tree_birth(tree, "eth0"), 7);
    assert_true(slot < 4);
    assert_non_null(netdevs_find(tree->netdevs, space, "eth0"));
}

static void test_namespace_outlives_process(void **state)
{
    struct net_tree *tree = *state;
    struct net_space *space;

    net_tree_make_processes(tree);
    net_tree_open(tree, NULL);
    space = netdevs_join(tree->netdevs, 301);
    net_tree_cycle(tree);
    net_tree_remove(tree, "proc/301");
    net_tree_write_list(tree, "proc/300/net/dev", others + 1, 2);
    net_tree_cycle(tree);
    assert_null(netdevs_find(tree->netdevs, space, "lo"));
    assert_int_equal(net_tree_device(tree, "eth0")->at.ns, tree->now);
    /* The file is lost, and the PID is now one of another namespace. */
    net_tree_puts(tree, "proc/300/net/dev", "");
    net_tree_write_list(tree, "proc/301/net/dev", others, 1);
    for (int i = 0; i < 2; i++) {
        net_tree_cycle(tree);
        assert_int_equal(tree->host.netdev_count, 2);
        assert_int_equal(net_tree_device(tree, "eth0")->at.ns, 0);
    }
    /* Another process of the first one turns up. */
    net_tree_write_list(tree, "proc/300/net/dev", others + 1, 2);
    assert_ptr_equal(netdevs_join(tree->netdevs, 300), space);
    net_tree_cycle(tree);
    assert_int_equal(tree->host.netdev_count, 2);
    assert_int_equal(net_tree_device(tree, "eth0")->at.ns, tree->now);
    assert_int_equal(net_tree_birth(tree, "eth0"), 3);
    assert_ptr_not_equal(netdevs_join(tree->netdevs, 301), space);
}

/* ---- rows ---- */

static void test_rows(void **state)
{
    static const char *const names[] = {"lo", "eth0", "tap100i0", "vnet3", "mine", "vmbr0"};
    struct net_tree *tree = *state;
    struct net_space *host;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        net_tree_add(tree, i, names[i], (unsigned)i + 1);
    tree->fakes[1].physical = true;
    net_tree_open(tree, NULL);
    net_tree_cycle(tree);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(tree->host.netdevs[i]->shown, i != 2 && i != 3);
        assert_int_equal(tree->host.netdevs[i]->considered, i == 1);
    }
    host = netdevs_join(tree->netdevs, 1);
    netdevs_begin_owned(tree->netdevs);
    netdevs_own(tree->netdevs, netdevs_find(tree->netdevs, host, "mine"));
    netdevs_own(tree->netdevs, netdevs_find(tree->netdevs, host, "eth0"));
    assert_false(net_tree_device(tree, "mine")->shown);
    assert_false(net_tree_device(tree, "eth0")->shown);
    assert_true(net_tree_device(tree, "eth0")->considered);
    net_tree_cycle(tree);
    assert_false(net_tree_device(tree, "mine")->shown);
    netdevs_begin_owned(tree->netdevs);
    assert_true(net_tree_device(tree, "mine")->shown);
    assert_int_equal(netdevs_listing(tree->netdevs), 1);
    /* A row comes and goes with the name. */
    net_fake_rename(&tree->fakes[4], "tap7i7");
    net_fake_rename(&tree->fakes[2], "free");
    net_tree_cycle(tree);
    assert_false(net_tree_device(tree, "tap7i7")->shown);
    assert_true(net_tree_device(tree, "free")->shown);
}

static void test_named_rows(void **state)
{
    static const char *const names[] = {"lo", "eth0", "tap100i0", "vnet3", "mine", "vmbr0"};
    struct net_tree *tree = *state;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        net_tree_add(tree, i, names[i], (unsigned)i + 1);
    tree->fakes[1].physical = true;
    net_tree_open(tree, "mine,tap100i0,,mine,eth,vmbr01,eth00,missing");
    net_tree_cycle(tree);
    netdevs_own(tree->netdevs, net_tree_device(tree, "mine"));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(tree->host.netdevs[i]->shown, i != 3);
        assert_int_equal(tree->host.netdevs[i]->considered, i == 2 || i == 4);
    }
    net_fake_rename(&tree->fakes[0], "missing");
    net_fake_rename(&tree->fakes[4], "other");
    net_tree_cycle(tree);
    assert_true(net_tree_device(tree, "missing")->considered);
    assert_false(net_tree_device(tree, "other")->considered);
    assert_false(net_tree_device(tree, "other")->shown); /* still owned */
}

static void test_speed(void **state)
{
    struct net_tree *tree = *state;

    net_tree_make_processes(tree);
    net_tree_fill(tree, 2);
    net_tree_open(tree, NULL);
    assert_non_null(netdevs_join(tree->netdevs, 300));
    netdevs_set_speed(tree->netdevs, "n1", raw_of(100, (struct mono){5}));
    net_tree_cycle(tree);
    assert_false(raw_valid(net_tree_device(tree, "n1")->speed));
    netdevs_set_speed(tree->netdevs, "n1", raw_of(1000, (struct mono){5}));
    netdevs_set_speed(tree->netdevs, "eth0", raw_of(10, (struct mono){5})); /* not the host's */
    net_fake_rename(&tree->fakes[1], "n9");
    net_tree_cycle(tree);
    assert_true(raw_valid(net_tree_device(tree, "n9")->speed));
    assert_int_equal(net_tree_device(tree, "n9")->speed.value, 1000);
    assert_false(raw_valid(net_tree_device(tree, "n0")->speed));
    assert_false(raw_valid(net_tree_device(tree, "eth0")->speed));
    netdevs_set_speed(tree->netdevs, "n9", (struct raw){0});
    assert_false(raw_valid(net_tree_device(tree, "n9")->speed));
}

/* ---- names that a person gave ---- */

static void test_check(void **state)
{
    struct net_tree *tree = *state;
    char error[96] = "before";

    net_tree_add(tree, 0, "lo", 1);
    net_tree_add(tree, 1, "tap1i0", 3);
    net_tree_add(tree, 2, "eth0", 2);
    net_tree_write_list(tree, "proc/1/net/dev", tree->fakes, 3);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "eth0", error, sizeof(error)), 0);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "lo,eth0,lo,tap1i0", error, 96), 0);
    assert_string_equal(error, "before");
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "lo,eth9,x", error, sizeof(error)), -ENOENT);
    assert_string_equal(error,
                        "'eth9' is no network device of this host; it has: eth0, lo, tap1i0");
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "eth", error, sizeof(error)), -ENOENT);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "eth0 ", error, sizeof(error)), -ENOENT);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "ETH0", error, sizeof(error)), -ENOENT);
    for (size_t i = 0; i < 4; i++) {
        static const char *const empty[] = {"", ",eth0", "eth0,", "lo,,eth0"};

        assert_int_equal(netdevs_check(tree->proc_fd, -1, empty[i], error, 96), -ENOENT);
        assert_int_equal(strncmp(error, "'' is no", 8), 0);
    }
}

static void test_check_of_many(void **state)
{
    struct net_tree *tree = *state;
    char error[128], name[300];

    net_tree_fill(tree, 400);
    net_tree_write_list(tree, "proc/1/net/dev", tree->fakes, tree->count);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "n399,n400", error, sizeof(error)), -ENOENT);
    assert_string_equal(error, "'n400' is no network device of this host; it has: n0, n1, n10, "
                               "n100, n101, n102, n103, n104, n105, n106, n107, ...");
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (size_t size = 1; size < sizeof(error); size++) {
        memset(error, '#', sizeof(error));
        assert_int_equal(netdevs_check(tree->proc_fd, -1, size % 2 ? "n400" : name, error, size),
                         -ENOENT);
        assert_true(strlen(error) < size);
        if (size < sizeof(error) - 1)
            assert_int_equal(error[size], '#');
    }
    net_tree_puts(tree, "proc/1/net/dev", NET_TREE_HEADER);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "lo", error, sizeof(error)), -ENOENT);
    assert_string_equal(error, "'lo' is no network device of this host; it has: none");
    net_tree_remove(tree, "proc/1");
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "lo", error, sizeof(error)), -ENOENT);
    assert_non_null(strstr(error, "cannot read"));
    net_tree_write_list(tree, "proc/net/dev", tree->fakes, 1);
    assert_int_equal(netdevs_check(tree->proc_fd, -1, "n0", error, sizeof(error)), 0);
}

/* ---- this machine ---- */

static void test_here(void **state)
{
    struct net_tree *tree = *state;
    struct netdev_sample *device;
    struct net_space *space;
    uint64_t before;

    close(tree->proc_fd);
    close(tree->sys_fd);
    tree->proc_fd = file_open_directory("/proc");
    tree->sys_fd = file_open_directory("/sys");
    net_tree_open(tree, NULL);
    space = netdevs_join(tree->netdevs, getpid());
    assert_non_null(space);
    net_tree_collect(tree);
    assert_true(tree->host.netdev_count >= 1);
    device = netdevs_find(tree->netdevs, space, "lo"); /* every namespace has one */
    assert_non_null(device);
    assert_int_equal(device->at.ns, tree->now);
    assert_false(device->considered);
    before = device->counters[NET_DEV_RX_BYTES];
    net_tree_collect(tree);
    device = netdevs_find(tree->netdevs, space, "lo");
    assert_non_null(device);
    assert_true(device->counters[NET_DEV_RX_BYTES] >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NET_TREE_TEST(test_namespaces),
        NET_TREE_TEST(test_namespace_dropped),
        NET_TREE_TEST(test_namespace_outlives_process),
        NET_TREE_TEST(test_rows),
        NET_TREE_TEST(test_named_rows),
        NET_TREE_TEST(test_speed),
        NET_TREE_TEST(test_check),
        NET_TREE_TEST(test_check_of_many),
        NET_TREE_TEST(test_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
