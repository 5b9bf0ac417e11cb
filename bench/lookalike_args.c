/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of a pretended machine, in the order and the spelling that a management layer
 * uses for a real one.
 */
#include "lookalike.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool lookalike_add_arg(struct lookalike_args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool lookalike_add_arg(struct lookalike_args *args, const char *format, ...)
{
    va_list list;
    int n;

    if (args->n >= LOOKALIKE_MAX_ARGS)
        return false;
    va_start(list, format);
    n = vasprintf(&args->argv[args->n], format, list);
    va_end(list);
    if (n < 0) {
        args->argv[args->n] = NULL;
        return false;
    }
    args->n++;
    return true;
}

void lookalike_free_args(struct lookalike_args *args)
{
    for (unsigned i = 0; i < args->n; i++)
        free(args->argv[i]);
}

/* The name of the machine: its own one of the list, else made from its number. False = no memory.
 */
static bool lookalike_add_name(const struct lookalike_options *opt, unsigned id,
                               struct lookalike_args *args)
{
    const char *name = opt->names;

    for (unsigned i = opt->first_id; name && i < id; i++) {
        name = strchr(name, ',');
        name = name ? name + 1 : NULL;
    }
    if (!name || !*name || *name == ',')
        return lookalike_add_arg(args, "guest=vm-%05u,debug-threads=on", id);
    return lookalike_add_arg(args, "guest=%.*s,debug-threads=on", (int)strcspn(name, ","), name);
}

bool lookalike_make_args(const struct lookalike_options *opt, unsigned id,
                         struct lookalike_args *args)
{
    static const char *const fixed[] = {
        "-machine",    "pc,accel=kvm,usb=off",
        "-cpu",        "qemu64",
        "-m",          "1024",
        "-nodefaults", "-nographic",
        "-device",     "virtio-balloon-pci,id=balloon0",
        "-device",     "virtio-blk-pci,drive=drive-virtio0,id=virtio0",
        "-msg",        "timestamp=on"};
    bool ok;

    ok =
        lookalike_add_arg(args, "/usr/bin/qemu-system-x86_64") &&
        lookalike_add_arg(args, "-name") && lookalike_add_name(opt, id, args) &&
        lookalike_add_arg(args, "-uuid") &&
        lookalike_add_arg(args, "6c6f6f6b-616c-4b65-8000-%012u", id) &&
        lookalike_add_arg(args, "-pidfile") && lookalike_add_arg(args, "%s/%u.pid", opt->dir, id) &&
        lookalike_add_arg(args, "-smp") &&
        lookalike_add_arg(args, "%u,sockets=1,cores=%u,maxcpus=%u", opt->vcpus, opt->vcpus,
                          opt->vcpus) &&
        lookalike_add_arg(args, "-chardev") &&
        lookalike_add_arg(args, "socket,id=qmp,path=%s/%u.qmp,server=on,wait=off", opt->dir, id) &&
        lookalike_add_arg(args, "-mon") && lookalike_add_arg(args, "chardev=qmp,mode=control") &&
        lookalike_add_arg(args, "-drive") &&
        lookalike_add_arg(args, "file=%s/%u.raw,if=none,id=drive-virtio0,format=raw", opt->dir, id);
    for (size_t i = 0; ok && i < sizeof(fixed) / sizeof(fixed[0]); i++)
        ok = lookalike_add_arg(args, "%s", fixed[i]);
    if (ok && opt->tap)
        ok = lookalike_add_arg(args, "-netdev") &&
             lookalike_add_arg(args, "type=tap,id=net0,ifname=tap%ui0,vhost=off", id) &&
             lookalike_add_arg(args, "-device") &&
             lookalike_add_arg(args,
                               "virtio-net-pci,mac=52:54:00:%02x:%02x:%02x,netdev=net0,id=net0",
                               id >> 16 & 0xff, id >> 8 & 0xff, id & 0xff);
    return ok;
}
