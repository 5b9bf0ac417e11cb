/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/net/dev. */
#include "kernel/net_dev.h"
