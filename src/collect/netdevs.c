/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices: namespaces, and the cycle in which nothing has changed. */
#include "collect/netdevs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/netdevs_list.h"

/* 100000 devices; a line is 130 bytes and can grow to 350. */
#define NETDEVS_TEXT_MAX (16 * 1024 * 1024)
/* Each one is read in every cycle. */
#define NETDEVS_SPACES_MAX 4096

static int netdevs_open_host(int proc_fd)
{
    int fd = file_open_at(proc_fd, "1/net/dev");

    return fd < 0 ? file_open_at(proc_fd, "net/dev") : fd;
}

static int netdevs_open_process(int proc_fd, pid_t pid)
{
    char path[48];

    snprintf(path, sizeof(path), "%d/net/dev", (int)pid);
    return file_open_at(proc_fd, path);
}

/* Opens net/dev anew. By its process, which by now can be in another
 * namespace, or be another process. */
static void space_open(const struct netdevs *netdevs, struct net_space *space)
{
    struct stat info;
    int fd = space->host ? netdevs_open_host(netdevs->proc_fd)
                         : netdevs_open_process(netdevs->proc_fd, space->pid);

    if (fd < 0)
        return;
    if (fstat(fd, &info) != 0 ||
        (!space->host && (info.st_dev != space->device || info.st_ino != space->inode))) {
        close(fd);
        return;
    }
    space->device = info.st_dev;
    space->inode = info.st_ino;
    space->fd = fd;
}

static void space_close(struct net_space *space)
{
    if (space->fd >= 0)
        close(space->fd);
    space->fd = -1;
}

static struct net_space *space_new(struct netdevs *netdevs)
{
    struct net_space *space = xcalloc(1, sizeof(*space));

    space->fd = -1;
    netdevs->spaces = array_grow(netdevs->spaces, &netdevs->space_capacity,
                                 netdevs->space_count + 1, sizeof(struct net_space *));
    netdevs->spaces[netdevs->space_count++] = space;
    return space;
}

static void space_drop(struct netdevs *netdevs, struct net_space *space)
{
    space_close(space);
    HASH_CLEAR(hh, space->by_name);
    for (size_t i = 0; i < space->count; i++)
        netdev_drop(netdevs, space->devices[i]);
    if (space->count) {
        netdevs->listing++;
        netdevs->list_stale = true;
    }
    free(space->devices);
    free(space);
}

/* The list of names becomes a row of strings. */
static void netdevs_copy_considered(struct netdevs *netdevs, const char *considered)
{
    if (!considered)
        return;
    netdevs->considered = xstrdup(considered);
    netdevs->considered_size = strlen(considered) + 1;
    for (char *c = netdevs->considered; *c; c++) {
        if (*c == ',')
            *c = '\0';
    }
}

struct netdevs *netdevs_new(int proc_fd, int sys_fd, const struct clock_source *clock,
                            const char *considered)
{
    struct netdevs *netdevs = xcalloc(1, sizeof(*netdevs));

    netdevs->proc_fd = proc_fd;
    netdevs->sys_fd = sys_fd;
    netdevs->kept_max = NETDEVS_SPACES_MAX;
    netdevs->clock = clock;
    netdevs_copy_considered(netdevs, considered);
    space_new(netdevs)->host = true;
    return netdevs;
}

void netdevs_free(struct netdevs *netdevs)
{
    if (!netdevs)
        return;
    for (size_t i = 0; i < netdevs->space_count; i++)
        space_drop(netdevs, netdevs->spaces[i]);
    free(netdevs->spaces);
    free(netdevs->list);
    free(netdevs->free_slots);
    free(netdevs->order);
    free(netdevs->considered);
    buf_done(&netdevs->text);
    free(netdevs);
}

/* Takes the descriptor over. */
static struct net_space *netdevs_space_of(struct netdevs *netdevs, int fd, const struct stat *info)
{
    struct net_space *space;

    for (size_t i = 0; i < netdevs->space_count; i++) {
        space = netdevs->spaces[i];
        if (space->inode != info->st_ino || space->device != info->st_dev)
            continue;
        close(fd); /* it has one, or is opened anew by the process that joins */
        return space;
    }
    if (netdevs->space_count >= NETDEVS_SPACES_MAX) {
        close(fd);
        return NULL;
    }
    space = space_new(netdevs);
    space->device = info->st_dev;
    space->inode = info->st_ino;
    space->fd = fd;
    if (netdevs->space_count > netdevs->kept_max)
        space_close(space);
    return space;
}

struct net_space *netdevs_join(struct netdevs *netdevs, pid_t pid)
{
    struct net_space *host = netdevs->spaces[0], *space;
    struct stat info;
    int fd;

    if (host->fd < 0)
        space_open(netdevs, host); /* or it would not be recognised */
    fd = netdevs_open_process(netdevs->proc_fd, pid);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &info) != 0) {
        close(fd);
        return NULL;
    }
    space = netdevs_space_of(netdevs, fd, &info);
    if (space) {
        space->holds++;
        space->pid = pid;
    }
    return space;
}

void netdevs_stay(struct net_space *space, pid_t pid)
{
    if (space->fd < 0)
        space->pid = pid;
}

void netdevs_leave(struct netdevs *netdevs UNUSED, struct net_space *space)
{
    if (space && space->holds)
        space->holds--;
}

static void netdevs_drop_unheld(struct netdevs *netdevs)
{
    size_t kept = 1; /* the host's is always there */

    for (size_t i = 1; i < netdevs->space_count; i++) {
        if (netdevs->spaces[i]->holds)
            netdevs->spaces[kept++] = netdevs->spaces[i];
        else
            space_drop(netdevs, netdevs->spaces[i]);
    }
    netdevs->space_count = kept;
}

/* Takes the readings over as long as the text tells of the devices that are
 * known, in that order. False: it does not, or one may be another now. */
static bool space_take(const struct netdevs *netdevs, const struct net_space *space, struct mono at)
{
    struct cursor c = cursor_of(netdevs->text.data, netdevs->text.len), rest;
    uint64_t counters[NET_DEV__COUNT];
    bool suspect = false;
    const char *name;
    size_t i, len;

    for (i = 0; net_dev_next(&c, &name, &len, &rest); i++) {
        struct netdev *device;

        if (i >= space->count)
            return false;
        device = space->devices[i];
        if (device->name_len != len || memcmp(device->sample.name, name, len) != 0 ||
            parse_net_dev_counters(rest, counters) < 0)
            return false;
        netdev_take(device, counters, at);
        suspect |= device->suspect;
    }
    return i == space->count && !suspect;
}

static void space_read(struct netdevs *netdevs, struct net_space *space)
{
    struct mono at;
    int r = -ENOENT;

    if (space->fd < 0)
        space_open(netdevs, space);
    if (space->fd >= 0)
        r = file_reread_all(space->fd, &netdevs->text, NETDEVS_TEXT_MAX);
    if (r == 0 && netdevs->text.len == 0) /* there is always a header */
        r = -ENODATA;
    if (r < 0) {
        space_close(space);
        for (size_t i = 0; i < space->count; i++)
            space->devices[i]->sample.at = (struct mono){0};
        return;
    }
    at = clock_mono(netdevs->clock);
    if (!space_take(netdevs, space, at) || space->retry)
        netdevs_relist(netdevs, space, at);
}

static void netdevs_make_list(struct netdevs *netdevs)
{
    size_t count = 0;

    for (size_t i = 0; i < netdevs->space_count; i++)
        count += netdevs->spaces[i]->count;
    netdevs->list =
        array_grow(netdevs->list, &netdevs->list_capacity, count, sizeof(*netdevs->list));
    netdevs->list_count = 0;
    for (size_t i = 0; i < netdevs->space_count; i++) {
        for (size_t k = 0; k < netdevs->spaces[i]->count; k++)
            netdevs->list[netdevs->list_count++] = &netdevs->spaces[i]->devices[k]->sample;
    }
    netdevs->list_stale = false;
}

void netdevs_collect(struct netdevs *netdevs, struct host_sample *host)
{
    netdevs_drop_unheld(netdevs);
    for (size_t i = 0; i < netdevs->space_count; i++) {
        space_read(netdevs, netdevs->spaces[i]);
        if (i >= netdevs->kept_max)
            space_close(netdevs->spaces[i]);
    }
    if (netdevs->list_stale)
        netdevs_make_list(netdevs);
    host->netdevs = netdevs->list;
    host->netdev_count = netdevs->list_count;
    host->netdev_slot_count = netdevs->slot_count;
}

void netdevs_keep_at_most(struct netdevs *netdevs, size_t max)
{
    netdevs->kept_max = max;
}

size_t netdevs_kept(const struct netdevs *netdevs)
{
    return netdevs->space_count < netdevs->kept_max ? netdevs->space_count : netdevs->kept_max;
}

uint64_t netdevs_listing(const struct netdevs *netdevs)
{
    return netdevs->listing;
}

struct netdev_sample *netdevs_find(struct netdevs *netdevs UNUSED, const struct net_space *space,
                                   const char *name)
{
    struct netdev *device = space ? netdev_by_name(space, name, strlen(name)) : NULL;

    return device ? &device->sample : NULL;
}

void netdevs_begin_owned(struct netdevs *netdevs)
{
    for (size_t i = 0; i < netdevs->space_count; i++) {
        for (size_t k = 0; k < netdevs->spaces[i]->count; k++) {
            struct netdev *device = netdevs->spaces[i]->devices[k];

            if (!device->owned)
                continue;
            device->owned = false;
            netdev_classify(netdevs, device);
        }
    }
}

void netdevs_own(struct netdevs *netdevs, struct netdev_sample *sample)
{
    struct netdev *device = (struct netdev *)sample;

    device->owned = true;
    netdev_classify(netdevs, device);
}

void netdevs_set_speed(struct netdevs *netdevs, const char *name, struct raw speed)
{
    struct netdev_sample *device = netdevs_find(netdevs, netdevs->spaces[0], name);

    if (device)
        device->speed = speed;
}

/* ---- the names of --netdev ---- */

static int name_compare(const void *a, const void *b)
{
    const char *x = a, *y = b;
    bool x_vm = net_dev_is_vm_name(x), y_vm = net_dev_is_vm_name(y);

    return x_vm != y_vm ? x_vm - y_vm : strcmp(x, y);
}

/* All devices of the host, those of VMs last: a tap is seldom what was meant. */
static int check_list(int proc_fd, char (**ret_names)[IFNAMSIZ], size_t *ret_count)
{
    char(*names)[IFNAMSIZ] = NULL;
    struct buf text = {0};
    struct cursor c, rest;
    size_t count = 0, capacity = 0, len;
    const char *name;
    int fd = netdevs_open_host(proc_fd), r;

    if (fd < 0)
        return fd;
    r = file_reread_all(fd, &text, NETDEVS_TEXT_MAX);
    close(fd);
    c = cursor_of(text.data, text.len);
    while (r == 0 && net_dev_next(&c, &name, &len, &rest)) {
        names = array_grow(names, &capacity, count + 1, sizeof(*names));
        memcpy(names[count++], name, len);
    }
    buf_done(&text);
    if (r < 0)
        return r;
    if (count)
        qsort(names, count, sizeof(*names), name_compare);
    *ret_names = names;
    *ret_count = count;
    return 0;
}

static bool check_has(char (*names)[IFNAMSIZ], size_t count, const char *name, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    }
    return false;
}

static void check_tell(char (*names)[IFNAMSIZ], size_t count, const char *name, size_t len,
                       char *error, size_t size)
{
    static const char more[] = ", ...";
    struct buf line = {0};
    size_t i;

    buf_putc(&line, '\'');
    buf_add(&line, name, len);
    buf_puts(&line, "' is no network device of this host; it has: ");
    for (i = 0; i < count && line.len + IFNAMSIZ + sizeof(more) < size; i++) {
        buf_puts(&line, i ? ", " : "");
        buf_puts(&line, names[i]);
    }
    if (i < count)
        buf_puts(&line, i ? more : "...");
    if (!count)
        buf_puts(&line, "none");
    copy_text(error, size, buf_text(&line));
    buf_done(&line);
}

int netdevs_check(int proc_fd, int sys_fd UNUSED, const char *names, char *error, size_t size)
{
    char(*known)[IFNAMSIZ] = NULL;
    size_t count = 0, len;
    int r = check_list(proc_fd, &known, &count);

    if (r < 0) {
        snprintf(error, size, "cannot read the network devices of this host: %s", strerror(-r));
        return r;
    }
    for (const char *name = names; r == 0; name += len + 1) {
        len = strcspn(name, ",");
        if (!check_has(known, count, name, len)) {
            check_tell(known, count, name, len, error, size);
            r = -ENOENT;
        }
        if (!name[len])
            break;
    }
    free(known);
    return r;
}
