/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory that plays /proc and /sys of a host with block devices, what is
 * collected from it, and a clock that stands still.
 */
#ifndef PROXTOP_TESTS_UNIT_BLOCKDEV_TREE_H
#define PROXTOP_TESTS_UNIT_BLOCKDEV_TREE_H

#include "collect/blockdevs.h"
#include "support.h"

/* Paths below are those in the tree: "sys/block/sda/hidden". */
extern struct blockdev_tree {
    char path[64];
    int root_fd, proc_fd, sys_fd;
    struct mono now;
    struct blockdevs *devices;
    struct host_sample host; /* of the last cycle */
} tree;

/* Of cmocka: an empty tree, and its end. */
int tree_setup(void **state);
int tree_teardown(void **state);
#define tree_test(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

/* Files are written in place: who has one open sees it. */
void tree_put(const char *path, const char *text);
void tree_put_bytes(const char *path, const char *data, size_t len);
void tree_link(const char *path, const char *target);
void tree_gone(const char *path); /* with all that is in it */

/* "8:0 sda, 8:1 sda1": diskstats with these devices, whose counters are
 * first + 1, + 2, ... */
void tree_put_devices(const char *devices, unsigned first);
void tree_put_mapped(const char *kernel, const char *name, const char *uuid);
void tree_put_slave(const char *kernel, const char *slave);

/* Makes tree.devices anew, and the first cycle. */
void tree_start(int sys_fd, const char *considered);
/* The next cycle, a second later: whether the listing grew, by one then. */
bool tree_cycle(void);
/* The device of that name in the last cycle, or NULL. */
const struct blockdev_sample *tree_device(const char *name);

/* That it is there, was read now, and is that. */
void assert_device(const char *name, const char *class, bool considered);
/* What blockdevs_find() says of the number; name NULL = nothing. */
void assert_ends_in(unsigned major, unsigned minor, const char *name);

#endif
