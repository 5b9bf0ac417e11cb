/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where images lie. */
#include "connect/images.h"
