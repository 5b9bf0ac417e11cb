/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taps and macvtaps among the open files of a QEMU: the fdinfo of a tap has a
 * line "iff:\ttap0" (drivers/net/tun.c of Linux), a macvtap is /dev/tapINDEX.
 */
#include "connect/qemu_nics.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "base/util.h"

#define NICS_FILES_MAX      4096 /* open files of a process that are looked at */
#define NICS_INTERFACES_MAX 4096 /* of the host, likewise */

struct nics_tap {
    unsigned fd;
    char interface[16];
};

struct nics_link {
    uint64_t index;
    char interface[16];
};

struct nics_search {
    int proc_fd, sys_fd;
    pid_t pid;
    struct qemu_devices *devices;
    bool denied;
    struct buf text;
    struct nics_tap *taps; /* sorted by descriptor, one for each interface */
    size_t tap_count, tap_capacity;
    struct nics_link *links; /* interfaces of the host; read when the first one is asked for */
    size_t link_count, link_capacity;
    bool links_read;
};

static void nics_note_error(struct nics_search *search, int error)
{
    search->denied |= error == -EACCES || error == -EPERM;
}

static bool nics_read_fdinfo(struct nics_search *search, unsigned fd, char interface[16])
{
    char path[64];
    int r;

    snprintf(path, sizeof(path), "%d/fdinfo/%u", (int)search->pid, fd);
    r = file_read_all(search->proc_fd, path, &search->text, FILE_RECORD_SIZE);
    if (r < 0) {
        nics_note_error(search, r);
        return false;
    }
    return parse_fdinfo_interface(search->text.data, search->text.len, interface);
}

static void nics_read_link(struct nics_search *search, const char *interface)
{
    char path[64];
    struct cursor c;
    uint64_t index;

    if (interface[0] == '.' || strlen(interface) >= 16)
        return;
    snprintf(path, sizeof(path), "class/net/%.15s/ifindex", interface);
    if (file_read_all(search->sys_fd, path, &search->text, FILE_RECORD_SIZE) < 0)
        return;
    c = cursor_of(search->text.data, search->text.len);
    if (!cursor_u64(&c, &index))
        return;
    search->links = array_grow(search->links, &search->link_capacity, search->link_count + 1,
                               sizeof(*search->links));
    search->links[search->link_count].index = index;
    copy_text(search->links[search->link_count++].interface, 16, interface);
}

/* Once for all NICs of a process: it can claim to have hundreds of macvtaps. */
static void nics_read_links(struct nics_search *search)
{
    int fd = openat(search->sys_fd, "class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;

    search->links_read = true;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (unsigned i = 0; i < NICS_INTERFACES_MAX && (item = readdir(dir)); i++)
        nics_read_link(search, item->d_name);
    closedir(dir);
}

/* The interface of this host with that number. */
static bool nics_find_index(struct nics_search *search, uint64_t index, char interface[16])
{
    if (!search->links_read)
        nics_read_links(search);
    for (size_t i = 0; i < search->link_count; i++) {
        if (search->links[i].index != index)
            continue;
        copy_text(interface, 16, search->links[i].interface);
        return true;
    }
    return false;
}

/* A NIC with a descriptor: of a tap, or of /dev/tap7, which is a macvtap. */
static void nics_resolve(struct nics_search *search, struct qemu_nic *nic)
{
    static const char prefix[] = "/dev/tap";
    char path[64], target[64];
    struct cursor c;
    uint64_t index;
    ssize_t n;

    if (nics_read_fdinfo(search, (unsigned)nic->fd, nic->interface))
        return;
    snprintf(path, sizeof(path), "%d/fd/%d", (int)search->pid, nic->fd);
    n = readlinkat(search->proc_fd, path, target, sizeof(target));
    if (n < 0) {
        nics_note_error(search, -errno);
        return;
    }
    c = cursor_of(target, (size_t)n);
    if (!cursor_word(&c, prefix) || !cursor_u64(&c, &index) || c.at != c.end)
        return;
    nic->kind = QEMU_NIC_MACVTAP;
    (void)nics_find_index(search, index, nic->interface);
}

static int nics_compare_taps(const void *a, const void *b)
{
    const struct nics_tap *x = a, *y = b;

    return x->fd < y->fd ? -1 : x->fd > y->fd;
}

static bool nics_has(const struct nics_search *search, const char *interface)
{
    for (size_t i = 0; i < search->devices->nic_count; i++) {
        if (strcmp(search->devices->nics[i].interface, interface) == 0)
            return true;
    }
    for (size_t i = 0; i < search->tap_count; i++) {
        if (strcmp(search->taps[i].interface, interface) == 0)
            return true;
    }
    return false;
}

static void nics_look_at(struct nics_search *search, int dir_fd, const char *name)
{
    static const char tun[] = "/dev/net/tun";
    char target[64], interface[16];
    uint64_t fd;
    ssize_t n;

    if (name[0] == '.' || !parse_u64(name, &fd) || fd > INT32_MAX)
        return;
    n = readlinkat(dir_fd, name, target, sizeof(target));
    if (n != (ssize_t)sizeof(tun) - 1 || memcmp(target, tun, sizeof(tun) - 1) != 0 ||
        !nics_read_fdinfo(search, (unsigned)fd, interface) || nics_has(search, interface))
        return;
    search->taps = array_grow(search->taps, &search->tap_capacity, search->tap_count + 1,
                              sizeof(*search->taps));
    search->taps[search->tap_count].fd = (unsigned)fd;
    copy_text(search->taps[search->tap_count++].interface, 16, interface);
}

/* Finds the taps that no NIC has yet. */
static void nics_walk(struct nics_search *search)
{
    char path[32];
    struct dirent *item;
    DIR *dir;
    int fd;

    snprintf(path, sizeof(path), "%d/fd", (int)search->pid);
    fd = openat(search->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        nics_note_error(search, -errno);
        if (fd >= 0)
            close(fd);
        return;
    }
    for (unsigned i = 0; i < NICS_FILES_MAX && (item = readdir(dir)); i++)
        nics_look_at(search, fd, item->d_name);
    closedir(dir);
    if (search->tap_count)
        qsort(search->taps, search->tap_count, sizeof(*search->taps), nics_compare_taps);
}

static bool nics_misses_interface(const struct qemu_nic *nic)
{
    return nic->kind == QEMU_NIC_TAP && !nic->interface[0];
}

/* QEMU opened them in the order of its NICs. */
static void nics_hand_out(struct nics_search *search)
{
    struct qemu_devices *devices = search->devices;
    size_t at = 0;

    for (size_t i = 0; i < devices->nic_count && at < search->tap_count; i++) {
        if (nics_misses_interface(&devices->nics[i]))
            copy_text(devices->nics[i].interface, 16, search->taps[at++].interface);
    }
    for (; at < search->tap_count && devices->nic_count < QEMU_NICS_MAX; at++) {
        struct qemu_nic nic = {.kind = QEMU_NIC_TAP, .fd = (int)search->taps[at].fd};

        copy_text(nic.interface, sizeof(nic.interface), search->taps[at].interface);
        qemu_nic_number(devices->nics, devices->nic_count, devices->nic_count, nic.name);
        devices->nics =
            xreallocarray(devices->nics, devices->nic_count + 1, sizeof(*devices->nics));
        devices->nics[devices->nic_count++] = nic;
    }
}

bool qemu_nics_find(int proc_fd, int sys_fd, pid_t pid, struct qemu_devices *devices)
{
    struct nics_search search = {
        .proc_fd = proc_fd, .sys_fd = sys_fd, .pid = pid, .devices = devices};
    bool misses = false;

    for (size_t i = 0; i < devices->nic_count; i++) {
        if (nics_misses_interface(&devices->nics[i]) && devices->nics[i].fd >= 0)
            nics_resolve(&search, &devices->nics[i]);
    }
    nics_walk(&search);
    nics_hand_out(&search);
    for (size_t i = 0; i < devices->nic_count; i++)
        misses |= nics_misses_interface(&devices->nics[i]);
    free(search.taps);
    free(search.links);
    buf_done(&search.text);
    return misses && search.denied;
}

void qemu_nics_add(const struct qemu_devices *devices, struct vm_info *vm)
{
    static const enum nic_kind kinds[] = {
        [QEMU_NIC_OTHER] = NIC_KIND_UNKNOWN,   [QEMU_NIC_TAP] = NIC_KIND_TAP,
        [QEMU_NIC_MACVTAP] = NIC_KIND_MACVTAP, [QEMU_NIC_VHOST_USER] = NIC_KIND_VHOST_USER,
        [QEMU_NIC_VHOST_VDPA] = NIC_KIND_VF,   [QEMU_NIC_USER] = NIC_KIND_USER,
    };

    for (size_t i = 0; i < devices->nic_count; i++) {
        const struct qemu_nic *from = &devices->nics[i];
        struct vm_nic *nic = vm_info_append_nic(vm);

        if (!nic)
            return;
        nic->name = xstrdup(from->name);
        nic->interface = from->interface[0] ? xstrdup(from->interface) : NULL;
        nic->bridge = from->bridge[0] ? xstrdup(from->bridge) : NULL;
        nic->mac = from->mac[0] ? xstrdup(from->mac) : NULL;
        nic->kind = kinds[from->kind];
    }
}
