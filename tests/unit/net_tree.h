/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A /proc and a /sys of the test's own with the network devices that it makes
 * up, and what must hold for the list that netdevs makes of them.
 */
#ifndef PROXTOP_TESTS_UNIT_NET_TREE_H
#define PROXTOP_TESTS_UNIT_NET_TREE_H

#include "base/buf.h"
#include "collect/netdevs.h"

#define NET_TREE_HEADER "Inter-|   Receive  |  Transmit\n face |bytes |bytes\n"

/* A device as the kernel has it. Its counters tell which one it is: received
 * bytes are index * 1000000 + age, all others its age. */
struct net_fake {
    char name[IFNAMSIZ];
    unsigned index;
    unsigned age;
    bool physical;
};

struct net_tree {
    char root[64];
    int proc_fd, sys_fd;
    struct clock_source clock;
    int64_t now;
    struct net_fake fakes[512]; /* of the host, in the kernel's order */
    size_t count;
    struct net_fake shown[512]; /* as sysfs has them */
    size_t shown_count;
    struct netdevs *netdevs;
    struct host_sample host;
};

/* A test with a tree of its own in *state. */
#define NET_TREE_TEST(name)                                                                        \
    cmocka_unit_test_setup_teardown(name, net_tree_set_up, net_tree_tear_down)
int net_tree_set_up(void **state);
int net_tree_tear_down(void **state);

/* Files below the root; directories are made as needed. Written in place, as a
 * kernel file changes: who has it open sees the new text. */
void net_tree_write(const struct net_tree *tree, const char *path, const char *data, size_t len);
void net_tree_puts(const struct net_tree *tree, const char *path, const char *text);
void net_tree_remove(const struct net_tree *tree, const char *path); /* with all below it */
void net_tree_link(const struct net_tree *tree, const char *target, const char *path);

/* The fakes as a net/dev, and those of the host in sysfs. */
void net_tree_write_list(const struct net_tree *tree, const char *path,
                         const struct net_fake *fakes, size_t count);
void net_tree_write_sysfs(struct net_tree *tree);

void net_tree_without_sysfs(struct net_tree *tree); /* before net_tree_open() */
void net_tree_open(struct net_tree *tree, const char *considered);
void net_tree_collect(struct net_tree *tree);
/* A cycle in which every device of the host grows older: writes, collects. */
void net_tree_cycle(struct net_tree *tree);

/* Changes to the host's devices, not written yet. Fill makes devices n0, n1,
 * ... with ifindexes from 1 on. */
struct net_fake *net_tree_add(struct net_tree *tree, size_t at, const char *name, unsigned index);
struct net_fake net_tree_take_out(struct net_tree *tree, size_t at);
void net_tree_fill(struct net_tree *tree, unsigned count);
void net_fake_rename(struct net_fake *fake, const char *name);
const struct net_fake *net_fake_find(const struct net_fake *fakes, size_t count, const char *name);
void net_fake_put(struct buf *b, const struct net_fake *fake); /* its line */

/* What must hold after any cycle: the host's devices first, in the kernel's
 * order, each with its own readings, and no slot twice. */
void net_tree_check(const struct net_tree *tree);
/* The first device of that name in the sample, or NULL. */
struct netdev_sample *net_tree_device(const struct net_tree *tree, const char *name);
uint64_t net_tree_birth(const struct net_tree *tree, const char *name);

#endif
