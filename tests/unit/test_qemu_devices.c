/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/qemu_devices and qemu_options: NICs and monitors on command lines. */
#include "kernel/qemu_devices.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "kernel/qemu_options.h"
#include "support.h"

#define EMU        "/usr/bin/qemu-system-x86_64\0"
#define ARGV(text) (text), sizeof(text) - 1

static const char proxmox_argv[] =
    "/usr/bin/kvm\0-id\0"
    "100\0-name\0web,debug-threads=on\0-no-shutdown\0-chardev\0"
    "socket,id=qmp,path=/var/run/qemu-server/100.qmp,server=on,wait=off\0-mon\0"
    "chardev=qmp,mode=control\0-chardev\0socket,id=qmp-event,path=/var/run/qmeventd.sock,"
    "reconnect=5\0-mon\0chardev=qmp-event,mode=control\0-pidfile\0"
    "/var/run/qemu-server/100.pid\0-daemonize\0-netdev\0"
    "type=tap,id=net0,ifname=tap100i0,script=/usr/libexec/qemu-server/pve-bridge,"
    "downscript=/usr/libexec/qemu-server/pve-bridgedown,vhost=on\0-device\0"
    "virtio-net-pci,mac=BC:24:11:00:00:01,netdev=net0,bus=pci.0,addr=0x12,id=net0,rx_queue_size="
    "1024\0-netdev\0type=tap,id=net3,ifname=tap100i3\0-device\0e1000,mac=BC:24:11:00:00:02,"
    "netdev=net3,id=net3\0";

/* libvirt 9 */
static const char libvirt_argv[] =
    EMU "-name\0guest=d,debug-threads=on\0-chardev\0"
        "socket,id=charmonitor,fd=28,server=on,wait=off\0-mon\0"
        "chardev=charmonitor,id=monitor,mode=control\0-netdev\0"
        "{\"type\":\"tap\",\"fd\":\"33\",\"vhost\":true,\"vhostfd\":\"35\",\"id\":\"hostnet0\"}\0"
        "-device\0{\"driver\":\"virtio-net-pci\",\"netdev\":\"hostnet0\",\"id\":\"net0\",\"mac\":"
        "\"52:54:00:11:22:33\",\"bus\":\"pci.1\",\"addr\":\"0x0\"}\0-netdev\0"
        "tap,fds=36:37,id=hostnet1\0-device\0virtio-net-pci,netdev=hostnet1,id=net1\0";

static struct qemu_devices parse(const char *text, size_t len)
{
    struct qemu_devices d;

    memset(&d, 'x', sizeof(d));
    parse_qemu_devices(text, len, &d);
    return d;
}

static void assert_nic(const struct qemu_devices *d, size_t i, const char *name, int kind,
                       const char *interface, int fd, const char *mac, const char *bridge)
{
    assert_true(i < d->nic_count);
    assert_string_equal(d->nics[i].name, name);
    assert_int_equal(d->nics[i].kind, kind);
    assert_string_equal(d->nics[i].interface, interface);
    assert_int_equal(d->nics[i].fd, fd);
    assert_string_equal(d->nics[i].mac, mac);
    assert_string_equal(d->nics[i].bridge, bridge);
}

static void test_proxmox(void **state UNUSED)
{
    struct qemu_devices d = parse(ARGV(proxmox_argv));

    assert_int_equal(d.nic_count, 2);
    assert_nic(&d, 0, "net0", QEMU_NIC_TAP, "tap100i0", -1, "BC:24:11:00:00:01", "");
    assert_nic(&d, 1, "net3", QEMU_NIC_TAP, "tap100i3", -1, "BC:24:11:00:00:02", "");
    assert_string_equal(d.qmp, "/var/run/qemu-server/100.qmp");
    assert_true(d.names_threads);
    qemu_devices_done(&d);
    assert_int_equal(d.nic_count, 0);
}

static void test_libvirt(void **state UNUSED)
{
    struct qemu_devices d = parse(ARGV(libvirt_argv));

    assert_int_equal(d.nic_count, 2);
    assert_nic(&d, 0, "net0", QEMU_NIC_TAP, "", 33, "52:54:00:11:22:33", "");
    assert_nic(&d, 1, "net1", QEMU_NIC_TAP, "", 36, "", "");
    assert_string_equal(d.qmp, "");
    qemu_devices_done(&d);
}

static void test_kinds(void **state UNUSED)
{
    struct qemu_devices d = parse(
        ARGV(EMU "-device\0virtio-net-pci,netdev=a,id=net1,mac=52:54:00:00:00:01\0" /* before it */
                 "-netdev\0user,id=a,hostfwd=tcp::22-:22\0-netdev\0bridge,id=b,br=vmbr7\0"
                 "-device\0e1000,netdev=b,id=nic7\0-nic\0tap,ifname=t5,model=virtio-net-pci,"
                 "mac=52:54:00:00:00:02\0-nic\0none\0-netdev\0vhost-user,id=c,chardev=ch\0"
                 "-device\0virtio-net-pci,netdev=c\0-netdev\0vhost-vdpa,id=d\0-netdev\0"
                 "socket,id=e,listen=:1\0-device\0vfio-pci,host=1:2.3\0-netdev\0bridge,id=f\0"
                 "-netdev\0tap,ifname=tap%d,id=g\0-netdev\0tap,fd=name,id=h\0"
                 "-net\0nic\0-net\0tap,ifname=old0\0"));

    assert_int_equal(d.nic_count, 10);
    assert_string_equal(d.hostdevs, "1:2.3");
    assert_nic(&d, 0, "net1", QEMU_NIC_USER, "", -1, "52:54:00:00:00:01", "");
    assert_nic(&d, 1, "net2", QEMU_NIC_TAP, "", -1, "", "vmbr7");
    assert_nic(&d, 2, "net3", QEMU_NIC_TAP, "t5", -1, "52:54:00:00:00:02", "");
    assert_nic(&d, 3, "net4", QEMU_NIC_VHOST_USER, "", -1, "", "");
    assert_nic(&d, 4, "net5", QEMU_NIC_TAP, "old0", -1, "", "");
    /* Those that no device uses come last. */
    assert_nic(&d, 5, "net6", QEMU_NIC_VHOST_VDPA, "", -1, "", "");
    assert_nic(&d, 6, "net7", QEMU_NIC_OTHER, "", -1, "", "");
    assert_nic(&d, 7, "net8", QEMU_NIC_TAP, "", -1, "", "br0");
    assert_nic(&d, 8, "net9", QEMU_NIC_TAP, "", -1, "", "");
    assert_nic(&d, 9, "net10", QEMU_NIC_TAP, "", -1, "", "");
    qemu_devices_done(&d);
}

static void test_hostdevs(void **state UNUSED)
{
    char text[16384] = EMU;
    size_t len = strlen(text) + 1;
    struct qemu_devices d = parse(ARGV(
        EMU "-device\0vfio-pci,host=0000:01:00.0,id=hostpci0.0,multifunction=on\0"
            "-device\0{\"driver\":\"vfio-pci\",\"host\":\"0000:02:00.1\",\"id\":\"hostdev1\"}\0"
            "-device\0vfio-pci,sysfsdev=/sys/bus/mdev/devices/1-2\0-device\0vfio-pci,id=x\0"
            "-device\0usb-host,hostbus=1,hostport=2.1\0-device\0vfio-user-pci,host=no\0"));

    assert_string_equal(d.hostdevs,
                        "0000:01:00.0;0000:02:00.1;/sys/bus/mdev/devices/1-2;vfio-pci;2.1");
    qemu_devices_done(&d);
    /* What does not fit is left out whole. */
    for (unsigned i = 0; i < 100; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "-device") + 1;
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "vfio-pci,host=0000:%02x:00.0", i) + 1;
    }
    d = parse(text, len);
    assert_int_equal(strlen(d.hostdevs), 39 * 13 - 1); /* "0000:xx:00.0;" are 13 */
    qemu_devices_done(&d);
}

/* Names are unique, whatever the ids. */
static void test_names(void **state UNUSED)
{
    struct qemu_devices d =
        parse(ARGV(EMU "-nic\0user\0-nic\0user,id=net0\0-nic\0user,id=net0\0-nic\0user,id=netx\0"
                       "-nic\0user,id=net123456789012345\0"));
    char name[16];

    assert_int_equal(d.nic_count, 5);
    assert_string_equal(d.nics[0].name, "net1");
    assert_string_equal(d.nics[1].name, "net0");
    assert_string_equal(d.nics[2].name, "net2");
    assert_string_equal(d.nics[3].name, "net3");
    assert_string_equal(d.nics[4].name, "net4");
    qemu_nic_number(d.nics, d.nic_count, 2, name);
    assert_string_equal(name, "net5");
    qemu_devices_done(&d);
}

static void assert_monitor(const char *text, size_t len, const char *expected)
{
    struct qemu_devices d = parse(text, len);

    assert_string_equal(d.qmp, expected);
    qemu_devices_done(&d);
}

#define SOCK "-chardev\0socket,id=m,path="
#define MON  "\0-mon\0chardev=m,mode=control\0"

static void test_monitors(void **state UNUSED)
{
    assert_monitor(ARGV(EMU "-qmp\0unix:/run/a.qmp,server,nowait\0"), "/run/a.qmp");
    assert_monitor(ARGV(EMU "--qmp\0unix:/run/a.qmp,server=on,wait=off\0"), "/run/a.qmp");
    assert_monitor(ARGV(EMU "-qmp-pretty\0unix:/a,,b,server=yes\0"), "/a,b");
    assert_monitor(ARGV(EMU "-qmp\0unix:path=/a,server=on\0"), "/a");
    assert_monitor(ARGV(EMU "-qmp\0unix:a.qmp,server=on\0"), "a.qmp");
    assert_monitor(ARGV(EMU "-qmp\0unix:a.qmp,server=on\0-daemonize\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0unix:/a.qmp,server=on\0-daemonize\0"), "/a.qmp");
    assert_monitor(ARGV(EMU "-qmp\0unix:/a.qmp\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0unix:/a.qmp,server=off\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0unix:/a,,server\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0unix:server\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0tcp:localhost:4444,server\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0stdio\0"), "");
    assert_monitor(ARGV(EMU "-monitor\0unix:/a,server\0"), "");
    assert_monitor(ARGV(EMU "-name\0-qmp\0unix:/a,server\0"), "");
    assert_monitor(ARGV(EMU "-qmp\0tcp::1,server\0-qmp\0unix:/2,server\0-qmp\0unix:/3,server\0"),
                   "/2");
    assert_monitor(ARGV(EMU SOCK "/a,server=on" MON), "/a");
    assert_monitor(ARGV(EMU "-mon\0chardev=m,mode=control\0" SOCK "/a,server=on\0"), "/a");
    assert_monitor(ARGV(EMU SOCK "/a,server=on\0-mon\0m,mode=control\0"), "/a");
    assert_monitor(ARGV(EMU SOCK "/a,server=on\0-mon\0chardev=m,mode=readline\0"), "");
    assert_monitor(ARGV(EMU SOCK "/a,server=on\0-mon\0chardev=m\0"), "");
    assert_monitor(ARGV(EMU SOCK "/a,server=on\0-mon\0chardev=n,mode=control\0"), "");
    assert_monitor(ARGV(EMU SOCK "/a,reconnect=5" MON), "");
    assert_monitor(ARGV(EMU SOCK "/a,server=on,abstract=on" MON), "");
    assert_monitor(ARGV(EMU SOCK "/a,server=on,abstract=off" MON), "/a");
    assert_monitor(ARGV(EMU "-chardev\0socket,id=m,fd=5,server=on" MON), "");
    assert_monitor(ARGV(EMU "-chardev\0pipe,id=m,path=/a,server=on" MON), "");
    assert_monitor(ARGV(EMU "-chardev\0socket,id=charmonitor,path=/a,server=on\0-mon\0"
                            "chardev=charmonitor,mode=control\0"),
                   "");
    assert_monitor(ARGV(EMU SOCK "/var/lib/libvirt/qemu/d/monitor.sock,server=on" MON), "");
    assert_monitor(ARGV(EMU SOCK "/run/libvirt/x,server=on" MON), "");
    assert_monitor(ARGV(EMU SOCK "/home/u/.cache/libvirt,server=on" MON), "");
    assert_monitor(ARGV(EMU SOCK "/run/libvirt-no/x,server=on" MON), "/run/libvirt-no/x");
    assert_monitor(ARGV(EMU "-qmp\0"), "");
    assert_monitor(ARGV(EMU "-qmp"), "");
}

/* Looking for the socket of each of thousands takes seconds: what is on a
 * command line anybody can write. */
static void test_many_monitors(void **state UNUSED)
{
    static const char other[] = "-mon\0n,mode=control";
    static const char last[] = "-mon\0m,mode=control\0-chardev\0socket,id=m,path=/a,server=on";

    for (unsigned others = 15; others <= 16; others++) {
        struct buf text = {0};

        buf_add(&text, EMU, sizeof(EMU) - 1);
        for (unsigned i = 0; i < others; i++)
            buf_add(&text, other, sizeof(other));
        buf_add(&text, last, sizeof(last));
        assert_monitor(text.data, text.len, others == 15 ? "/a" : "");
        buf_done(&text);
    }
}

/* A path of 107 bytes fits into a socket's address, one of 108 does not. */
static void test_long_path(void **state UNUSED)
{
    for (size_t n = 107; n <= 108; n++) {
        char text[256] = EMU "-qmp\0unix:/", *path = text + sizeof(EMU "-qmp\0unix:") - 1;
        struct qemu_devices d;

        memset(path + 1, 'p', n - 1);
        memcpy(path + n, ",server", 8);
        d = parse(text, sizeof(EMU "-qmp\0unix:") - 1 + n + 8);
        assert_int_equal(strlen(d.qmp), n == 107 ? 107 : 0);
        qemu_devices_done(&d);
    }
}

static void test_fdinfo(void **state UNUSED)
{
    char name[16] = "before";

    assert_true(parse_fdinfo_interface(
        ARGV("pos:\t0\nflags:\t0104002\nmnt_id:\t27\nino:\t123\niff:\ttap0\n"), name));
    assert_string_equal(name, "tap0");
    assert_false(parse_fdinfo_interface(ARGV("pos:\t0\niff:\t\n"), name));
    assert_false(parse_fdinfo_interface(ARGV("pos:\t0\n"), name));
    assert_false(parse_fdinfo_interface(ARGV(""), name));
    assert_false(parse_fdinfo_interface(ARGV("iff:\t0123456789abcdef\n"), name));
    assert_false(parse_fdinfo_interface(ARGV("iff:\ta\0b\n"), name));
    assert_string_equal(name, "tap0");
    assert_true(parse_fdinfo_interface(ARGV("iff:\t0123456789abcde"), name));
    assert_string_equal(name, "0123456789abcde");
}

static void parse_any(const char *text, size_t len)
{
    struct qemu_devices d = parse(text, len);
    char name[16];

    assert_true(d.nic_count <= QEMU_NICS_MAX);
    assert_true(strnlen(d.qmp, sizeof(d.qmp)) < sizeof(d.qmp));
    for (size_t i = 0; i < d.nic_count; i++) {
        assert_int_equal(strncmp(d.nics[i].name, "net", 3), 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(d.nics[i].name, d.nics[j].name);
    }
    qemu_devices_done(&d);
    (void)parse_fdinfo_interface(text, len, name);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(ARGV(proxmox_argv), parse_any);
    support_each_prefix(ARGV(libvirt_argv), parse_any);
    support_each_garbage(ARGV(proxmox_argv), 3000, parse_any);
    support_each_garbage(ARGV(libvirt_argv), 3000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proxmox),        cmocka_unit_test(test_libvirt),
        cmocka_unit_test(test_kinds),          cmocka_unit_test(test_hostdevs),
        cmocka_unit_test(test_names),          cmocka_unit_test(test_monitors),
        cmocka_unit_test(test_long_path),      cmocka_unit_test(test_fdinfo),
        cmocka_unit_test(test_cut_and_spoilt), cmocka_unit_test(test_many_monitors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
