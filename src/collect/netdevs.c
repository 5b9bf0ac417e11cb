/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices, by namespace. */
#include "collect/netdevs.h"
#include "base/util.h"
struct netdevs *netdevs_new(int p UNUSED, int s UNUSED, const struct clock_source *c UNUSED, const char *n UNUSED) { return NULL; }
void netdevs_free(struct netdevs *b UNUSED) {}
struct net_space *netdevs_join(struct netdevs *n UNUSED, pid_t p UNUSED) { return NULL; }
void netdevs_leave(struct netdevs *n UNUSED, struct net_space *s UNUSED) {}
void netdevs_collect(struct netdevs *b UNUSED, struct host_sample *h UNUSED) {}
uint64_t netdevs_listing(const struct netdevs *b UNUSED) { return 0; }
struct netdev_sample *netdevs_find(struct netdevs *n UNUSED, const struct net_space *s UNUSED, const char *m UNUSED) { return NULL; }
void netdevs_begin_owned(struct netdevs *b UNUSED) {}
void netdevs_own(struct netdevs *b UNUSED, struct netdev_sample *d UNUSED) {}
void netdevs_set_speed(struct netdevs *b UNUSED, const char *n UNUSED, struct raw s UNUSED) {}
int netdevs_check(int p UNUSED, int s UNUSED, const char *n UNUSED, char *e UNUSED, size_t z UNUSED) { return 0; }
