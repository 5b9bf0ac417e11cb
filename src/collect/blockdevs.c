/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices of the host. */
#include "collect/blockdevs.h"
#include "base/util.h"
struct blockdevs *blockdevs_new(int p UNUSED, int s UNUSED, const struct clock_source *c UNUSED, const char *n UNUSED) { return NULL; }
void blockdevs_free(struct blockdevs *b UNUSED) {}
void blockdevs_collect(struct blockdevs *b UNUSED, struct host_sample *h UNUSED) {}
uint64_t blockdevs_listing(const struct blockdevs *b UNUSED) { return 0; }
const struct blockdev_sample *blockdevs_find(struct blockdevs *b UNUSED, dev_t d UNUSED) { return NULL; }
int blockdevs_check(int p UNUSED, int s UNUSED, const char *n UNUSED, char *e UNUSED, size_t z UNUSED) { return 0; }
