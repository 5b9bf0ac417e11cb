/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line of a QEMU tells of its network devices and of the
 * socket of its monitor (qemu(1): -netdev, -nic, -net, -device; -qmp, -mon,
 * -chardev). Pure functions; what was plugged in later is not seen.
 */
#ifndef PROXTOP_KERNEL_QEMU_DEVICES_H
#define PROXTOP_KERNEL_QEMU_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#define QEMU_NICS_MAX    512
#define QEMU_SOCKET_SIZE 108 /* sun_path of struct sockaddr_un, its NUL included */

enum qemu_nic_kind {
    QEMU_NIC_OTHER,
    QEMU_NIC_TAP,     /* or a macvtap, when it came as a descriptor */
    QEMU_NIC_MACVTAP, /* the command line alone never tells */
    QEMU_NIC_VHOST_USER,
    QEMU_NIC_VHOST_VDPA,
    QEMU_NIC_USER,
};

struct qemu_nic {
    char name[16];      /* the device's id where that is "net" and a number, else "net<order>" */
    char interface[16]; /* the tap's name; "" = not told */
    char bridge[16];    /* "" = none told */
    char mac[18];       /* "" = none told */
    enum qemu_nic_kind kind;
    int fd; /* the tap's descriptor in the process; -1 = not told */
};

struct qemu_devices {
    struct qemu_nic *nics; /* in the order of the devices */
    size_t nic_count;
    /* Path of the socket where QMP is served, absolute or from the process's
     * working directory; "" = none that may be used: only sockets that QEMU
     * listens on, and none of libvirt's, whose place a client could take. */
    char qmp[QEMU_SOCKET_SIZE];
    /* Devices of the host that are passed through ("0000:01:00.0"), joined with ';'; those that
     * do not fit are left out. "" = none. */
    char hostdevs[512];
    bool names_threads; /* "CPU 0/KVM" and so on, by -name debug-threads=on */
};

/* Fills *ret, which qemu_devices_done() empties again. */
void parse_qemu_devices(const char *cmdline, size_t len, struct qemu_devices *ret);
void qemu_devices_done(struct qemu_devices *devices);

/* The first of "net0", "net1", ... from `order` on that no NIC of the list has. */
void qemu_nic_number(const struct qemu_nic *nics, size_t count, size_t order, char ret[16]);

/* Whether a component of the path is "libvirt": a queued client could take
 * libvirt's place at its own sockets. */
bool qemu_is_libvirt_path(const char *path);

/* The interface in the text of /proc/PID/fdinfo/N of a tap ("iff:\ttap0"). */
bool parse_fdinfo_interface(const char *text, size_t len, char ret[16]);

#endif
