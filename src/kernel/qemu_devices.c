/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NICs and the monitor's socket on QEMU's command line. A NIC is a pair: what
 * the guest sees (-device with netdev=) and what carries it (-netdev), which
 * -nic puts into one; they may stand in any order.
 */
#include "kernel/qemu_devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "kernel/qemu_options.h"

#define DEVICES_ID_SIZE 128
/* Each takes a walk through the command line, which anybody can fill with them. */
#define DEVICES_MONITORS_MAX 16

/* A -netdev, and the NIC that it carries. */
struct devices_netdev {
    char id[DEVICES_ID_SIZE]; /* "" = a -nic or -net, which no device names */
    struct qemu_nic nic;
    bool used;
};

struct devices_parser {
    const char *cmdline;
    size_t len;
    struct devices_netdev *netdevs;
    size_t netdev_count, netdev_capacity;
    struct qemu_devices result;
    size_t nic_capacity;
    unsigned monitors; /* that were looked at */
    bool daemonizes;
};

/* Options of QEMU that are looked at here, or whose text may look like one. */
static const char *const devices_names[] = {
    "netdev", "nic", "net", "device", "qmp", "qmp-pretty", "chardev", "mon", "name", "append",
};

static bool devices_option(struct cursor list, const char *key, bool implied, char *ret,
                           size_t size)
{
    if (list.at < list.end && *list.at == '{')
        return qemu_option_json(list, key, ret, size);
    return qemu_option(list, key, implied, ret, size);
}

/* The next option that counts, without its dashes, and its value. */
static bool devices_next(struct cursor *argv, const char **ret_name, struct cursor *ret_value,
                         bool *ret_daemonizes)
{
    struct cursor arg;

    while (qemu_argv_next(argv, &arg)) {
        if (!cursor_word(&arg, "-"))
            continue;
        (void)cursor_word(&arg, "-");
        for (size_t i = 0; i < ARRAY_SIZE(devices_names); i++) {
            size_t n = strlen(devices_names[i]);

            if ((size_t)(arg.end - arg.at) == n && memcmp(arg.at, devices_names[i], n) == 0) {
                *ret_name = devices_names[i];
                return qemu_argv_next(argv, ret_value);
            }
        }
        if (arg.end - arg.at == 9 && memcmp(arg.at, "daemonize", 9) == 0)
            *ret_daemonizes = true;
    }
    return false;
}

static enum qemu_nic_kind devices_kind(const char *type)
{
    static const struct {
        const char *type;
        enum qemu_nic_kind kind;
    } kinds[] = {
        {"tap", QEMU_NIC_TAP},
        {"bridge", QEMU_NIC_TAP},
        {"user", QEMU_NIC_USER},
        {"vhost-user", QEMU_NIC_VHOST_USER},
        {"vhost-vdpa", QEMU_NIC_VHOST_VDPA},
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].kind;
    }
    return QEMU_NIC_OTHER;
}

/* fd=33, or the first of fds=33:34:35, which are the queues of one tap. A name
 * instead of a number was handed over by a monitor: not known. */
static int devices_fd(struct cursor list)
{
    char text[64];
    struct cursor c;
    uint64_t fd;

    if (!devices_option(list, "fd", false, text, sizeof(text)) &&
        !devices_option(list, "fds", false, text, sizeof(text)))
        return -1;
    c = cursor_of(text, strlen(text));
    if (!cursor_u64(&c, &fd) || (c.at < c.end && *c.at != ':') || fd > INT32_MAX)
        return -1;
    return (int)fd;
}

static void devices_fill_nic(struct qemu_nic *nic, struct cursor list, const char *type)
{
    char text[DEVICES_ID_SIZE];

    nic->kind = devices_kind(type);
    nic->fd = -1;
    if (nic->kind != QEMU_NIC_TAP)
        return;
    /* Longer than IFNAMSIZ is none, and of tap%d the kernel made another one. */
    if (devices_option(list, "ifname", false, text, sizeof(text)) &&
        strlen(text) < sizeof(nic->interface) && !strchr(text, '%'))
        copy_text(nic->interface, sizeof(nic->interface), text);
    nic->fd = devices_fd(list);
    if (devices_option(list, "br", false, text, sizeof(text)))
        copy_text(nic->bridge, sizeof(nic->bridge), text);
    else if (strcmp(type, "bridge") == 0)
        copy_text(nic->bridge, sizeof(nic->bridge), "br0"); /* QEMU's default */
}

/* "net0", "net17": what libvirt and Proxmox VE call their NICs. */
static bool devices_is_nic_name(const char *id)
{
    struct cursor c = cursor_of(id, strlen(id));
    uint64_t number;

    return strlen(id) < sizeof(((struct qemu_nic *)0)->name) && cursor_word(&c, "net") &&
           cursor_u64(&c, &number) && c.at == c.end;
}

/* Appends the NIC; its name comes from the option "id" of the list, if that is one. */
static void devices_add_nic(struct devices_parser *parser, const struct qemu_nic *nic,
                            struct cursor list)
{
    struct qemu_devices *result = &parser->result;
    char text[DEVICES_ID_SIZE];
    struct qemu_nic *added;

    if (result->nic_count >= QEMU_NICS_MAX)
        return;
    result->nics = array_grow(result->nics, &parser->nic_capacity, result->nic_count + 1,
                              sizeof(*result->nics));
    added = &result->nics[result->nic_count++];
    *added = *nic;
    added->name[0] = '\0';
    if (devices_option(list, "id", false, text, sizeof(text)) && devices_is_nic_name(text))
        copy_text(added->name, sizeof(added->name), text);
    if (devices_option(list, "mac", false, text, sizeof(text)) ||
        devices_option(list, "macaddr", false, text, sizeof(text)))
        copy_text(added->mac, sizeof(added->mac), text);
}

static void devices_take_netdev(struct devices_parser *parser, struct cursor list)
{
    struct devices_netdev *netdev;
    char type[32] = "";

    if (parser->netdev_count >= QEMU_NICS_MAX ||
        !devices_option(list, "type", true, type, sizeof(type)))
        return;
    parser->netdevs = array_grow(parser->netdevs, &parser->netdev_capacity,
                                 parser->netdev_count + 1, sizeof(*parser->netdevs));
    netdev = &parser->netdevs[parser->netdev_count++];
    *netdev = (struct devices_netdev){0};
    (void)devices_option(list, "id", false, netdev->id, sizeof(netdev->id));
    devices_fill_nic(&netdev->nic, list, type);
}

/* -nic TYPE,... and the older -net TYPE,..., beside which a "-net nic" stands. */
static void devices_take_nic(struct devices_parser *parser, struct cursor list)
{
    char type[32] = "";
    struct qemu_nic nic = {0};

    if (!devices_option(list, "type", true, type, sizeof(type)) || strcmp(type, "none") == 0 ||
        strcmp(type, "nic") == 0)
        return;
    devices_fill_nic(&nic, list, type);
    devices_add_nic(parser, &nic, list);
}

/* A device of the host by its address; a mediated one by its directory in sysfs. */
static void devices_take_hostdev(struct devices_parser *parser, struct cursor list,
                                 const char *driver)
{
    static const struct {
        const char *driver;
        const char *keys[2];
    } drivers[] = {
        {"vfio-pci", {"host", "sysfsdev"}},       {"vfio-pci-nohotplug", {"host", "sysfsdev"}},
        {"vfio-ap", {"sysfsdev", NULL}},          {"vfio-ccw", {"sysfsdev", NULL}},
        {"usb-host", {"hostdevice", "hostport"}},
    };
    char *all = parser->result.hostdevs, text[DEVICES_ID_SIZE] = "";
    size_t used = strlen(all), i = 0;

    while (i < ARRAY_SIZE(drivers) && strcmp(drivers[i].driver, driver) != 0)
        i++;
    if (i == ARRAY_SIZE(drivers))
        return;
    for (size_t k = 0; k < 2 && drivers[i].keys[k] && !text[0]; k++)
        (void)devices_option(list, drivers[i].keys[k], false, text, sizeof(text));
    if (!text[0])
        copy_text(text, sizeof(text), driver);
    if (used + strlen(text) + 2 <= sizeof(parser->result.hostdevs))
        snprintf(all + used, sizeof(parser->result.hostdevs) - used, "%s%s", used ? ";" : "", text);
}

static void devices_take_device(struct devices_parser *parser, struct cursor list)
{
    char id[DEVICES_ID_SIZE];

    if (devices_option(list, "driver", true, id, sizeof(id)))
        devices_take_hostdev(parser, list, id);
    if (!devices_option(list, "netdev", false, id, sizeof(id)))
        return;
    for (size_t i = 0; i < parser->netdev_count; i++) {
        struct devices_netdev *netdev = &parser->netdevs[i];

        if (netdev->used || strcmp(netdev->id, id) != 0)
            continue;
        netdev->used = true;
        devices_add_nic(parser, &netdev->nic, list);
        return;
    }
}

bool qemu_is_libvirt_path(const char *path)
{
    static const char word[] = "libvirt";

    while (*path) {
        size_t n = strcspn(path, "/");

        if (n == sizeof(word) - 1 && memcmp(path, word, n) == 0)
            return true;
        path += n + (path[n] == '/');
    }
    return false;
}

/* Takes the path of a socket that QEMU listens on, if it may be used. */
static void devices_take_socket(struct devices_parser *parser, const char *path,
                                struct cursor options)
{
    if (parser->result.qmp[0] || !path[0] || strlen(path) >= QEMU_SOCKET_SIZE ||
        qemu_is_libvirt_path(path) || !qemu_option_flag(options, "server") ||
        qemu_option_flag(options, "abstract"))
        return;
    copy_text(parser->result.qmp, sizeof(parser->result.qmp), path);
}

/* -qmp unix:PATH,server=on,wait=off */
static void devices_take_qmp(struct devices_parser *parser, struct cursor value)
{
    char path[320];

    if (cursor_word(&value, "unix:") && qemu_option(value, "path", true, path, sizeof(path)))
        devices_take_socket(parser, path, value);
}

/* The list of options of the -chardev with this id. */
static bool devices_find_chardev(const struct devices_parser *parser, const char *wanted,
                                 struct cursor *ret)
{
    struct cursor argv = cursor_of(parser->cmdline, parser->len), value;
    char id[DEVICES_ID_SIZE];
    const char *name;
    bool ignored;

    while (devices_next(&argv, &name, &value, &ignored)) {
        if (strcmp(name, "chardev") != 0 || !qemu_option(value, "id", false, id, sizeof(id)) ||
            strcmp(id, wanted) != 0)
            continue;
        *ret = value;
        return true;
    }
    return false;
}

/* -mon chardev=X,mode=control with -chardev socket,id=X,path=PATH,server=on */
static void devices_take_monitor(struct devices_parser *parser, struct cursor list)
{
    char id[DEVICES_ID_SIZE] = "", mode[16] = "", type[16] = "", path[320] = "";
    struct cursor chardev;

    if (parser->result.qmp[0] || parser->monitors++ >= DEVICES_MONITORS_MAX)
        return;
    if (!qemu_option(list, "chardev", true, id, sizeof(id)) || strcmp(id, "charmonitor") == 0 ||
        !qemu_option(list, "mode", false, mode, sizeof(mode)) || strcmp(mode, "control") != 0 ||
        !devices_find_chardev(parser, id, &chardev))
        return;
    if (qemu_option(chardev, "backend", true, type, sizeof(type)) && strcmp(type, "socket") == 0 &&
        qemu_option(chardev, "path", false, path, sizeof(path)))
        devices_take_socket(parser, path, chardev);
}

static void devices_take_option(struct devices_parser *parser, const char *name,
                                struct cursor value)
{
    char text[16] = "";

    if (strcmp(name, "nic") == 0 || strcmp(name, "net") == 0)
        devices_take_nic(parser, value);
    else if (strcmp(name, "device") == 0)
        devices_take_device(parser, value);
    else if (strcmp(name, "qmp") == 0 || strcmp(name, "qmp-pretty") == 0)
        devices_take_qmp(parser, value);
    else if (strcmp(name, "mon") == 0)
        devices_take_monitor(parser, value);
    else if (strcmp(name, "name") == 0 &&
             qemu_option(value, "debug-threads", false, text, sizeof(text)))
        parser->result.names_threads = strcmp(text, "on") == 0;
}

void qemu_nic_number(const struct qemu_nic *nics, size_t count, size_t order, char ret[16])
{
    for (size_t number = order;; number++) {
        char name[16];
        size_t i = 0;

        snprintf(name, sizeof(name), "net%u", (unsigned)number);
        while (i < count && strcmp(nics[i].name, name) != 0)
            i++;
        if (i == count) {
            copy_text(ret, 16, name);
            return;
        }
    }
}

/* Names those whose devices have no name, and those that share one. */
static void devices_name_nics(struct qemu_devices *devices)
{
    for (size_t i = 0; i < devices->nic_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(devices->nics[i].name, devices->nics[j].name) == 0)
                devices->nics[i].name[0] = '\0';
        }
    }
    for (size_t i = 0; i < devices->nic_count; i++) {
        if (!devices->nics[i].name[0])
            qemu_nic_number(devices->nics, devices->nic_count, i, devices->nics[i].name);
    }
}

void parse_qemu_devices(const char *cmdline, size_t len, struct qemu_devices *ret)
{
    struct devices_parser parser = {.cmdline = cmdline, .len = len};
    struct cursor all = cursor_of(cmdline, len), argv, value;
    const char *name;

    (void)qemu_argv_next(&all, &value); /* the program */
    argv = all;
    while (devices_next(&argv, &name, &value, &parser.daemonizes)) {
        if (strcmp(name, "netdev") == 0)
            devices_take_netdev(&parser, value);
    }
    argv = all;
    while (devices_next(&argv, &name, &value, &parser.daemonizes))
        devices_take_option(&parser, name, value);
    for (size_t i = 0; i < parser.netdev_count; i++) {
        if (!parser.netdevs[i].used)
            devices_add_nic(&parser, &parser.netdevs[i].nic, cursor_of("", 0));
    }
    devices_name_nics(&parser.result);
    /* It opened the socket where it was started, and then went to "/". */
    if (parser.daemonizes && parser.result.qmp[0] != '/')
        parser.result.qmp[0] = '\0';
    free(parser.netdevs);
    *ret = parser.result;
}

void qemu_devices_done(struct qemu_devices *devices)
{
    free(devices->nics);
    *devices = (struct qemu_devices){0};
}

bool parse_fdinfo_interface(const char *text, size_t len, char ret[16])
{
    struct cursor c = cursor_of(text, len), line;

    while (cursor_line(&c, &line)) {
        size_t n;

        if (!cursor_word(&line, "iff:"))
            continue;
        cursor_skip_blanks(&line);
        n = (size_t)(line.end - line.at);
        if (!n || n >= 16 || memchr(line.at, '\0', n))
            return false;
        memcpy(ret, line.at, n);
        ret[n] = '\0';
        return true;
    }
    return false;
}
