/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line of a QEMU system emulator tells (qemu(1)): the content
 * of /proc/PID/cmdline, arguments separated by NUL. Pure functions.
 */
#ifndef PROXTOP_KERNEL_QEMU_ARGV_H
#define PROXTOP_KERNEL_QEMU_ARGV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_argv {
    char name[256];     /* -name, "" = none; doubled commas are single here */
    char uuid[40];      /* -uuid, else -smbios type=1,uuid=; lower case; "" = none */
    char id[16];        /* -id of Proxmox VE's QEMU: the VMID; "" = none or too long */
    char pidfile[256];  /* -pidfile; "" = none or too long */
    uint64_t memory_kb; /* -m; 0 = not given */
};

/* Whether a program of this path runs virtual machines: qemu-system-*, kvm,
 * qemu-kvm; a trailing " (deleted)" of /proc/PID/exe does not matter. qemu-img,
 * qemu-nbd, qemu-ga, qemu-storage-daemon and user-mode emulators do not. */
bool qemu_is_emulator(const char *path, size_t len);

/* Fills *ret from the arguments. -EINVAL if argv[0] is empty. Whether argv[0]
 * is an emulator is not asked here. */
int parse_qemu_argv(const char *cmdline, size_t len, struct qemu_argv *ret);

/* Whether argv[0] of the command line is an emulator (see above). */
bool qemu_argv_is_emulator(const char *cmdline, size_t len);

/* The number n of a thread named "CPU n/KVM", "CPU n/TCG", ... ("ALL CPUs/TCG",
 * one thread for all vCPUs, is 0). False for every other thread. */
bool parse_vcpu_thread_name(const char *comm, size_t len, unsigned *ret_id);

/* The PID in the name of a kernel thread that works for a VM outside its
 * process: "vhost-PID", "kvm-pit/PID". */
bool parse_helper_thread_name(const char *comm, size_t len, unsigned *ret_pid);

#endif
