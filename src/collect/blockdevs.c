/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices of the host. */
#include "collect/blockdevs.h"
