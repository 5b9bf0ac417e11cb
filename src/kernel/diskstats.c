/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/diskstats. */
#include "kernel/diskstats.h"
