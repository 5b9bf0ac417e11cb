/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices, by namespace. */
#include "collect/netdevs.h"
