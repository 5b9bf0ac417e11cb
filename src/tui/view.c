/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views: a table, and what columns they have. */
#include "tui/view.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"

#define VIEW_COLS_MEDIUM 120
#define VIEW_COLS_WIDE   140

#define M(number) COLUMN_REF_METRIC(number)
#define OWN(kind) COLUMN_REF(COLUMN_##kind)
#define END       COLUMN_REF_END

/* clang-format off */
static const struct column_ref view_all_narrow[] = {
    OWN(NAME), OWN(ID), OWN(STATE), M(VM_CPU_CORES), M(VM_CPU_HOST_USED), M(VM_CPU_STEAL_MAX),
    M(VM_RAM_RSS), OWN(IOPS), OWN(LATENCY), M(VM_NET_RECEIVEDBYTES), M(VM_NET_TRANSMITTEDBYTES),
    END};
#define VIEW_ALL_MEDIUM                                                                            \
    OWN(NAME), OWN(ID), OWN(STATE), OWN(WHY), M(VM_CPU_CORES), M(VM_CPU_HOST_USED),                \
    M(VM_CPU_TOTAL), M(VM_CPU_STEAL), M(VM_CPU_STEAL_MAX), M(VM_CPU_THROTTLED), M(VM_RAM_USED),    \
    M(VM_RAM_RSS), M(VM_RAM_HOSTSWAP), OWN(IOPS), OWN(THROUGHPUT), OWN(LATENCY),                   \
    M(VM_NET_RECEIVEDBYTES), M(VM_NET_TRANSMITTEDBYTES)
static const struct column_ref view_all_medium[] = {VIEW_ALL_MEDIUM, END};
static const struct column_ref view_all_wide[] = {
    VIEW_ALL_MEDIUM, M(VM_CPU_OTHER_TOTAL), OWN(HISTORY), END};

static const struct column_ref view_cpu[] = {
    OWN(NAME), OWN(ID), OWN(STATE), OWN(WHY), M(VM_CPU_CORES), M(VM_CPU_HOST_USED),
    M(VM_CPU_TOTAL), M(VM_CPU_STEAL), M(VM_CPU_STEAL_MAX), M(VM_CPU_THROTTLED),
    M(VM_CPU_OTHER_TOTAL), M(VM_CPU_OTHER_STEAL), OWN(HISTORY), END};

static const struct column_ref view_mem[] = {
    OWN(NAME), OWN(ID), OWN(STATE), M(VM_RAM_TOTAL), M(VM_RAM_USED), M(VM_RAM_FREE),
    M(VM_RAM_ACTUAL), M(VM_RAM_RSS), M(VM_RAM_HUGETLB), M(VM_RAM_HOSTSWAP), M(VM_RAM_MINFLT),
    M(VM_RAM_MAJFLT), M(VM_RAM_SWAPIN), M(VM_RAM_SWAPOUT), END};

static const struct column_ref view_disk[] = {
    OWN(NAME), OWN(ID), OWN(DISK), M(VM_DISK_SIZE_CAPACITY), M(VM_DISK_SIZE_ALLOCATION),
    M(VM_DISK_IOUTIL), M(VM_DISK_READS), M(VM_DISK_WRITES), M(VM_DISK_MBREAD), M(VM_DISK_MBWRITE),
    M(VM_DISK_LAT_RD), M(VM_DISK_LAT_WR), M(VM_DISK_LAT_FL), M(VM_DISK_INFLIGHT),
    M(VM_DISK_ERRORS), END};

static const struct column_ref view_net[] = {
    OWN(NAME), OWN(ID), OWN(NIC), OWN(INTERFACE), M(VM_NET_RECEIVEDBYTES),
    M(VM_NET_TRANSMITTEDBYTES), M(VM_NET_RECEIVEDPACKETS), M(VM_NET_TRANSMITTEDPACKETS),
    M(VM_NET_RECEIVEDDROP), M(VM_NET_TRANSMITTEDDROP), M(VM_NET_RECEIVEDERRS),
    M(VM_NET_TRANSMITTEDERRS), END};

static const struct column_ref view_io[] = {
    OWN(NAME), OWN(ID), OWN(STATE), OWN(IO_THROUGHPUT), M(VM_IO_MBRD_S), M(VM_IO_MBWR_S),
    M(VM_IO_RDOPS), M(VM_IO_WROPS), M(VM_IO_RCHAR), M(VM_IO_WCHAR), M(VM_IO_CANCELLED_WRITE_BYTES),
    END};

static const struct column_ref view_nics[] = {
    OWN(NAME), M(NETDEV_NET_HOST_SPEED), M(NETDEV_NET_HOST_RECEIVEDBYTES),
    M(NETDEV_NET_HOST_TRANSMITTEDBYTES), OWN(TRAFFIC), M(NETDEV_NET_HOST_RECEIVEDPACKETS),
    M(NETDEV_NET_HOST_TRANSMITTEDPACKETS), M(NETDEV_NET_HOST_RECEIVEDDROP),
    M(NETDEV_NET_HOST_TRANSMITTEDDROP), M(NETDEV_NET_HOST_RECEIVEDERRS),
    M(NETDEV_NET_HOST_TRANSMITTEDERRS), END};

#define VIEW_BLOCKDEV                                                                              \
    M(BLOCKDEV_DISK_DEVICE_IOUTIL), M(BLOCKDEV_DISK_DEVICE_READS), M(BLOCKDEV_DISK_DEVICE_WRITES), \
    M(BLOCKDEV_DISK_DEVICE_MBREAD), M(BLOCKDEV_DISK_DEVICE_MBWRITE),                               \
    M(BLOCKDEV_DISK_DEVICE_AWAIT), M(BLOCKDEV_DISK_DEVICE_QUEUELEN),                               \
    M(BLOCKDEV_DISK_DEVICE_CURRENTOPS), M(BLOCKDEV_DISK_DEVICE_SERVICETIME)
static const struct column_ref view_disks[] = {
    OWN(NAME), M(BLOCKDEV_CLASS), VIEW_BLOCKDEV, END};
static const struct column_ref view_volumes[] = {OWN(NAME), VIEW_BLOCKDEV, END};
/* clang-format on */

#define VIEW_NO_VM "No VMs: none runs, or it is hidden; proxtop --doctor tells"

const struct view_info views[VIEW__COUNT] = {
    [VIEW_ALL] = {.name = "ALL",
                  .word = "all",
                  .key = 'a',
                  .collector = COLLECTOR_BASE,
                  .family = FAMILY_VM,
                  .children = SCOPE__COUNT,
                  .narrow = view_all_narrow,
                  .medium = view_all_medium,
                  .wide = view_all_wide,
                  .sort = M(VM_CPU_HOST_USED),
                  .empty = VIEW_NO_VM},
    [VIEW_CPU] = {.name = "CPU",
                  .word = "cpu",
                  .key = 'c',
                  .collector = COLLECTOR_CPU,
                  .family = FAMILY_VM,
                  .children = SCOPE__COUNT,
                  .narrow = view_cpu,
                  .sort = M(VM_CPU_HOST_USED),
                  .empty = VIEW_NO_VM},
    [VIEW_MEM] = {.name = "MEM",
                  .word = "mem",
                  .key = 'm',
                  .collector = COLLECTOR_MEM,
                  .family = FAMILY_VM,
                  .children = SCOPE__COUNT,
                  .narrow = view_mem,
                  .sort = M(VM_RAM_USED),
                  .empty = VIEW_NO_VM},
    [VIEW_DISK] = {.name = "DISK",
                   .word = "disk",
                   .key = 'd',
                   .collector = COLLECTOR_DISK,
                   .family = FAMILY_VM,
                   .children = SCOPE_VMDISK,
                   .narrow = view_disk,
                   .sort = OWN(THROUGHPUT),
                   .empty = VIEW_NO_VM,
                   .empty_flat = "no disk of a VM is known"},
    [VIEW_NET] = {.name = "NET",
                  .word = "net",
                  .key = 'n',
                  .collector = COLLECTOR_NET,
                  .family = FAMILY_VM,
                  .children = SCOPE_VMNIC,
                  .narrow = view_net,
                  .sort = OWN(TRAFFIC),
                  .empty = VIEW_NO_VM,
                  .empty_flat = "no NIC of a VM is known"},
    [VIEW_IO] = {.name = "I/O",
                 .word = "io",
                 .key = 'i',
                 .collector = COLLECTOR_IO,
                 .family = FAMILY_VM,
                 .children = SCOPE__COUNT,
                 .narrow = view_io,
                 .sort = OWN(IO_THROUGHPUT),
                 .empty = VIEW_NO_VM},
    [VIEW_NICS] = {.name = "NICS",
                   .word = "nics",
                   .key = 'p',
                   .collector = COLLECTOR_NET,
                   .family = FAMILY_NETDEV,
                   .children = SCOPE__COUNT,
                   .narrow = view_nics,
                   .sort = OWN(TRAFFIC),
                   .empty = "no network device on this host"},
    [VIEW_DISKS] = {.name = "DISKS",
                    .word = "disks",
                    .key = 's',
                    .collector = COLLECTOR_DISK,
                    .family = FAMILY_BLOCKDEV,
                    .children = SCOPE__COUNT,
                    .narrow = view_disks,
                    .sort = M(BLOCKDEV_DISK_DEVICE_IOUTIL),
                    .empty = "no disk on this host"},
    [VIEW_LVM] = {.name = "LVM",
                  .word = "lvm",
                  .key = 'l',
                  .collector = COLLECTOR_DISK,
                  .family = FAMILY_BLOCKDEV,
                  .children = SCOPE__COUNT,
                  .block_class = "lvm",
                  .narrow = view_volumes,
                  .sort = M(BLOCKDEV_DISK_DEVICE_IOUTIL),
                  .empty = "no LVM volume on this host"},
    [VIEW_MULTIPATH] = {.name = "MULTIPATH",
                        .word = "multipath",
                        .key = 'x',
                        .collector = COLLECTOR_DISK,
                        .family = FAMILY_BLOCKDEV,
                        .children = SCOPE__COUNT,
                        .block_class = "mpath",
                        .narrow = view_volumes,
                        .sort = M(BLOCKDEV_DISK_DEVICE_IOUTIL),
                        .empty = "no multipath device on this host"},
};

bool view_by_word(const char *word, enum view *ret)
{
    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        char key[2] = {views[v].key, '\0'};

        if (strcasecmp(word, views[v].word) == 0 || strcasecmp(word, key) == 0) {
            *ret = (enum view)v;
            return true;
        }
    }
    return false;
}

const char *view_title(enum view view, const struct column *column)
{
    bool is_host_swap = column->family == FAMILY_VM && column->metrics[SCOPE_VM] == VM_RAM_HOSTSWAP;

    return view == VIEW_ALL && is_host_swap ? "SWAP" : column->title;
}

/* Columns while they are gathered, each once. */
struct view_gathered {
    const struct column **list;
    size_t count;
    bool in[COLUMNS_MAX];
};

static void view_gather(struct view_gathered *gathered, const struct column *column)
{
    if (!column || gathered->in[column->number])
        return;
    gathered->in[column->number] = true;
    gathered->list[gathered->count++] = column;
}

static void view_gather_list(struct view_gathered *gathered, const struct column_table *table,
                             enum column_family family, const struct column_ref *refs)
{
    for (; refs && refs->kind >= 0; refs++)
        view_gather(gathered, column_of(table, family, *refs));
}

/* Whether rows of the view can have a value there: a column of what stands below VMs
 * has none where only VMs stand. */
static bool view_has_rows_for(const struct view_info *info, const struct column *column)
{
    bool is_of_any = false;

    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        is_of_any |= column->metrics[s] >= 0;
    return !is_of_any || column->metrics[column_main_scope(column->family)] >= 0 ||
           (info->children != SCOPE__COUNT && column->metrics[info->children] >= 0);
}

/* COLLECTOR_BASE = of all views. */
static enum collector view_collector_of(const struct column *column)
{
    switch (column->kind) {
    case COLUMN_METRIC:
        return column->metric->collector;
    case COLUMN_IOPS:
    case COLUMN_THROUGHPUT:
    case COLUMN_LATENCY:
    case COLUMN_DISK:
        return COLLECTOR_DISK;
    case COLUMN_TRAFFIC:
    case COLUMN_NIC:
    case COLUMN_INTERFACE:
        return COLLECTOR_NET;
    case COLUMN_HISTORY:
        return COLLECTOR_CPU;
    case COLUMN_IO_THROUGHPUT:
        return COLLECTOR_IO;
    case COLUMN_NAME:
    case COLUMN_ID:
    case COLUMN_STATE:
    case COLUMN_WHY:
    case COLUMN_KIND__COUNT:
        break;
    }
    return COLLECTOR_BASE;
}

/* Whether the column is of what the view is about, not of every VM's identity. */
static bool view_is_about(const struct view_info *info, const struct column *column)
{
    return info->collector == COLLECTOR_BASE || view_collector_of(column) == info->collector;
}

/* ID shows it where there is room. */
static bool view_repeats(const struct column *column)
{
    return column->metric && column->metric->scope == SCOPE_VM && column->metric->column == VM_UUID;
}

size_t view_default_columns(enum view view, const struct column_table *table, unsigned cols,
                            const struct column **list)
{
    const struct view_info *info = &views[view];
    struct view_gathered gathered = {.list = list};

    if (cols < VIEW_COLS_MEDIUM)
        view_gather_list(&gathered, table, info->family, info->narrow);
    if (cols < VIEW_COLS_WIDE)
        view_gather_list(&gathered, table, info->family, info->medium);
    view_gather_list(&gathered, table, info->family, info->wide);
    /* Where there is no other list for the width. */
    view_gather_list(&gathered, table, info->family, info->medium);
    view_gather_list(&gathered, table, info->family, info->narrow);
    for (size_t i = 0; i < column_count(table, info->family); i++) {
        const struct column *column = column_at(table, info->family, i);

        if (!column->verbose && !view_repeats(column) && view_is_about(info, column) &&
            view_has_rows_for(info, column))
            view_gather(&gathered, column);
    }
    return gathered.count;
}

bool view_offers(enum view view, const struct column *column)
{
    const struct view_info *info = &views[view];

    if (column->family != info->family)
        return false;
    return view_is_about(info, column) ||
           (column->kind != COLUMN_METRIC && view_collector_of(column) == COLLECTOR_BASE);
}
