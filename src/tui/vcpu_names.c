/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of vCPUs: a table. */
#include "tui/vcpu_names.h"

#include <stddef.h>

#include "base/util.h"
#include "model/inventory.h"

/* clang-format off */
#define NAMES_10(p)                                                                                \
    "vCPU " p "0", "vCPU " p "1", "vCPU " p "2", "vCPU " p "3", "vCPU " p "4",                     \
    "vCPU " p "5", "vCPU " p "6", "vCPU " p "7", "vCPU " p "8", "vCPU " p "9"
#define NAMES_OF(n, p)                                                                             \
    n(p "0"), n(p "1"), n(p "2"), n(p "3"), n(p "4"), n(p "5"), n(p "6"), n(p "7"), n(p "8"),      \
    n(p "9")
/* Without the first one, whose numbers have a digit less. */
#define NAMES_FROM_1(n)                                                                            \
    n("1"), n("2"), n("3"), n("4"), n("5"), n("6"), n("7"), n("8"), n("9")
#define NAMES_100(p) NAMES_OF(NAMES_10, p)
/* The preprocessor expands no macro within itself. */
#define NAMES_HUNDREDS(p)                                                                          \
    NAMES_100(p "0"), NAMES_100(p "1"), NAMES_100(p "2"), NAMES_100(p "3"), NAMES_100(p "4"),      \
    NAMES_100(p "5"), NAMES_100(p "6"), NAMES_100(p "7"), NAMES_100(p "8"), NAMES_100(p "9")

static const char vcpu_names[][10] = {
    NAMES_10(""), NAMES_FROM_1(NAMES_10), NAMES_FROM_1(NAMES_100),
    NAMES_HUNDREDS("1"), NAMES_HUNDREDS("2"), NAMES_HUNDREDS("3"), NAMES_100("40"),
};
/* clang-format on */
_Static_assert(ARRAY_SIZE(vcpu_names) >= INVENTORY_VCPUS_MAX, "vCPUs without a name");

const char *vcpu_name(double id)
{
    static const size_t count = ARRAY_SIZE(vcpu_names);

    if (!(id >= 0 && id < (double)count))
        return "vCPU";
    return vcpu_names[(size_t)id];
}
