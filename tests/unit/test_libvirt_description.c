/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptions of domains, in the form in which libvirt's QEMU driver gives them. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "connect/libvirt_description.h"
#include "support.h"

/* What people wrote must not be taken for devices. */
#define HEAD                                                                                       \
    "<domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"         \
    "  <name>web &amp; &lt;more&gt;</name>\n"                                                      \
    "  <metadata><x:y xmlns:x='urn:x'><devices><disk device='disk'><target dev='evil'/></disk>"    \
    "</devices></x:y><x:disk xmlns:x='urn:x'><target dev='evil2'/></x:disk></metadata>\n"          \
    "  <memory unit='KiB'>1048576</memory>\n"                                                      \
    "  <os><loader type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader>"                            \
    "<nvram>/var/lib/libvirt/qemu/nvram/web_VARS.fd</nvram></os>\n"                                \
    "  <devices>\n"                                                                                \
    "    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
#define TAIL                                                                                       \
    "    <memballoon model='virtio'><stats period='2'/><alias name='balloon0'/></memballoon>\n"    \
    "  </devices>\n"                                                                               \
    "  <seclabel type='dynamic' model='dac' relabel='yes'/>\n"                                     \
    "</domain>\n"

#define DISK_QCOW2                                                                                 \
    "    <disk type='file' device='disk'>\n"                                                       \
    "      <driver name='qemu' type='qcow2' discard='unmap'/>\n"                                   \
    "      <source file='/srv/a &amp; b/&lt;web&gt;&apos;s.qcow2' index='3'/>\n"                   \
    "      <backingStore type='file' index='4'>\n"                                                 \
    "        <format type='qcow2'/>\n"                                                             \
    "        <source file='/srv/base.qcow2'/>\n"                                                   \
    "        <backingStore/>\n"                                                                    \
    "      </backingStore>\n"                                                                      \
    "      <mirror type='file' job='copy'><source file='/srv/copy.qcow2'/></mirror>\n"             \
    "      <target dev='vda' bus='virtio'/>\n"                                                     \
    "      <alias name='virtio-disk0'/>\n"                                                         \
    "    </disk>\n"
#define DISK_LV                                                                                    \
    "    <disk type='block' device='disk'><driver name='qemu' type='raw'/>\n"                      \
    "      <source dev='/dev/vg0/web-data' index='2'/><target dev='sda' bus='scsi'/></disk>\n"
#define DISK_RBD                                                                                   \
    "    <disk type='network' device='disk'><driver name='qemu' type='raw'/>\n"                    \
    "      <source protocol='rbd' name='pool/web' index='5'><host name='mon1' port='6789'/>\n"     \
    "      </source><target dev='vdb' bus='virtio'/></disk>\n"
#define DISK_LUN                                                                                   \
    "    <disk type='block' device='lun'><source dev='/dev/mapper/mpatha'/><target dev='sdb'/>"    \
    "</disk>\n"
#define DISK_VOLUME                                                                                \
    "    <disk type='volume'><source pool='default' volume='v1' index='1'/><target dev='vdc'/>"    \
    "</disk>\n"
#define DISK_DIRECTORY                                                                             \
    "    <disk type='dir' device='disk'><source dir='/srv/fat'/><target dev='vdd'/></disk>\n"
#define DISK_VHOSTUSER                                                                             \
    "    <disk type='vhostuser' device='disk'><source type='unix' path='/run/spdk.sock'/>"         \
    "<target dev='vde' bus='virtio'/></disk>\n"
#define CDROM_EMPTY                                                                                \
    "    <disk type='file' device='cdrom'><driver name='qemu'/><target dev='sdc' bus='sata'/>"     \
    "<readonly/></disk>\n"
#define CDROM                                                                                      \
    "    <disk type='file' device='cdrom'><source file='/iso/debian.iso' index='1'/>"              \
    "<target dev='sdd' bus='sata'/><readonly/></disk>\n"
#define FLOPPY                                                                                     \
    "    <disk type='file' device='floppy'><source file='relative.img'/><target dev='fda'/>"       \
    "</disk>\n"

/* Disks by where their images lie: the type and what else the element says of it,
 * and what comes of it. */
static const struct {
    const char *xml;
    const char *backend, *source;
} source_cases[] = {
    {"<disk type='file'><source file='/a b'/><target dev='a'/></disk>", "file", "/a b"},
    {"<disk type='file'><target dev='a'/><source file='rel'/></disk>", "file", "rel"},
    {"<disk type='block'><source dev='/dev/a'/><target dev='a'/></disk>", "block", "/dev/a"},
    {"<disk type='volume'><source pool='p q' volume='v' index='1'/><target dev='a'/></disk>",
     "volume", "p q/v"},
    {"<disk type='volume'><source pool='p'/><target dev='a'/></disk>", NULL, NULL},
    {"<disk type='dir'><source dir='/srv'/><target dev='a'/></disk>", "dir", "/srv"},
    {"<disk type='vhostuser'><source type='unix' path='/run/x'/><target dev='a'/></disk>",
     "vhostuser", "/run/x"},
    {"<disk type='vhostvdpa'><source dev='/dev/vhost-vdpa-0'/><target dev='a'/></disk>",
     "vhostvdpa", "/dev/vhost-vdpa-0"},
    {"<disk type='network'><auth username='secret'/><source protocol='rbd' name='p/i'>"
     "<host name='mon1' port='6789'/><host name='mon2'/><snapshot name='s'/></source>"
     "<target dev='a'/></disk>",
     "rbd", "p/i"},
    {"<disk type='network'><source protocol='iscsi' name='iqn.x/1'><host name='h' port='3260'/>"
     "<host name='h2'/><auth username='secret'/></source><target dev='a'/></disk>",
     "iscsi", "iscsi://h:3260/iqn.x/1"},
    {"<disk type='network'><source protocol='nbd'><host name='h'/></source><target dev='a'/>"
     "</disk>",
     "nbd", "nbd://h"},
    {"<disk type='network'><source protocol='nbd' name='e'><host transport='unix' "
     "socket='/run/n'/></source><target dev='a'/></disk>",
     "nbd", "nbd+unix:///e?socket=/run/n"},
    {"<disk type='network'><source protocol='https' name='x.iso?secret' query='secret'>"
     "<host name='user:secret@h' port='443'/></source><target dev='a'/></disk>",
     "https", "https://h:443/x.iso"},
    {"<disk type='network'><source protocol='https' name='x?secret'/><target dev='a'/></disk>",
     "https", "x"},
    {"<disk type='network'><source protocol='https' name='?secret'/><target dev='a'/></disk>", NULL,
     NULL},
    {"<disk type='network'><source protocol='gluster' name='v/a'/><target dev='a'/>"
     "<backingStore><source protocol='x' name='y'><host name='wrong'/></source></backingStore>"
     "<x><host name='wrong'/></x></disk>",
     "gluster", "v/a"},
    {"<disk type='nvme'><source type='pci' managed='yes' namespace='1'><address domain='0x0000' "
     "bus='0x01' slot='0x00' function='0x0'/></source><target dev='a'/></disk>",
     "nvme", "nvme://0000:01:00.0/1"},
    {"<disk type='nvme'><source/><target dev='a'/></disk>", NULL, NULL},
    {"<disk type='file' device='cdrom'><target dev='a'/></disk>", NULL, NULL},
    {"<disk type='file' device='cdrom'><source startupPolicy='optional'/><target dev='a'/></disk>",
     NULL, NULL},
    {"<disk><source file='/a'/><target dev='a'/></disk>", NULL, "/a"},
};

struct nic_case {
    const char *xml;
    const char *name, *interface, *mac, *bridge;
    enum nic_kind kind;
};

static const struct nic_case nic_cases[] = {
    {"<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
     "<target dev='vnet0'/><model type='virtio'/><alias name='net0'/>"
     "<address type='pci' domain='0x0000'/></interface>",
     "net0", "vnet0", "52:54:00:00:00:01", "br0", NIC_KIND_TAP},
    {"<interface type='network'><mac address='52:54:00:00:00:02'/>"
     "<source network='default' portid='b1e0' bridge='virbr0'/><target dev='vnet1'/>"
     "<alias name='ua-front end'/></interface>",
     "ua-front end", "vnet1", "52:54:00:00:00:02", "virbr0", NIC_KIND_TAP},
    {"<interface type='network'><source network='sriov'/><alias name='net2'/>"
     "<driver name='vfio'/></interface>",
     "net2", NULL, NULL, "sriov", NIC_KIND_VF},
    {"<interface type='network'><source network='vepa'/><target dev='macvtap0'/></interface>",
     "net3", "macvtap0", NULL, "vepa", NIC_KIND_MACVTAP},
    {"<interface type='direct'><source dev='eth0' mode='bridge'/><target dev='macvtap1'/>"
     "<alias name='net4'/></interface>",
     "net4", "macvtap1", NULL, "eth0", NIC_KIND_MACVTAP},
    {"<interface type='direct'><source network='vepa' dev='eth0' mode='vepa'/>"
     "<target dev='mine'/><alias name='net5'/></interface>",
     "net5", "mine", NULL, "vepa", NIC_KIND_MACVTAP},
    {"<interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:07'/>"
     "<driver name='vfio'/><source><address type='pci' domain='0x0000' bus='0x3b' slot='0x02' "
     "function='0x1'/></source><alias name='hostdev0'/></interface>",
     "hostdev0", NULL, "52:54:00:00:00:07", NULL, NIC_KIND_VF},
    {"<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/><alias name='net7'/></interface>",
     "net7", NULL, NULL, NULL, NIC_KIND_VF},
    {"<interface type='vhostuser'><source type='unix' path='/run/vhost.sock' mode='server'/>"
     "<target dev='vhu0'/><alias name='net8'/></interface>",
     "net8", "vhu0", NULL, NULL, NIC_KIND_VHOST_USER},
    {"<interface type='user'><mac address='52:54:00:00:00:0a'/><model type='e1000'/>"
     "<alias name='net9'/></interface>",
     "net9", NULL, "52:54:00:00:00:0a", NULL, NIC_KIND_USER},
    {"<interface type='ethernet'><target dev='tap&#45;7' managed='no'/></interface>", "net10",
     "tap-7", NULL, NULL, NIC_KIND_TAP},
    {"<interface type='mcast'><source address='230.0.0.1' port='5558'/><alias name='net11'/>"
     "</interface>",
     "net11", NULL, NULL, NULL, NIC_KIND_UNKNOWN},
    {"<interface><alias name='net12'/></interface>", "net12", NULL, NULL, NULL, NIC_KIND_UNKNOWN},
};

static int parse(const char *text, struct libvirt_description *ret)
{
    return parse_domain_description(text, strlen(text), ret);
}

static void check_text(const char *actual, const char *expected)
{
    if (expected)
        assert_string_equal(actual, expected);
    else
        assert_null(actual);
}

static void test_disks(void **state UNUSED)
{
    static const struct {
        const char *name, *path;
        bool is_drive;
    } expected[] = {
        {"vda", "/srv/a & b/<web>'s.qcow2", false},
        {"sda", "/dev/vg0/web-data", false},
        {"vdb", NULL, false},
        {"sdb", "/dev/mapper/mpatha", false},
        {"vdc", NULL, false},
        {"vdd", NULL, false},
        {"vde", NULL, false},
        {"sdc", NULL, true},
        {"sdd", "/iso/debian.iso", true},
        {"fda", NULL, true},
    };
    struct libvirt_description d;

    assert_int_equal(parse(HEAD DISK_QCOW2 DISK_LV DISK_RBD DISK_LUN DISK_VOLUME DISK_DIRECTORY
                               DISK_VHOSTUSER CDROM_EMPTY CDROM FLOPPY TAIL,
                           &d),
                     0);
    assert_int_equal(d.disk_count, ARRAY_SIZE(expected));
    assert_int_equal(d.nic_count, 0);
    for (size_t i = 0; i < d.disk_count; i++) {
        assert_string_equal(d.disks[i].name, expected[i].name);
        check_text(d.disks[i].path, expected[i].path);
        assert_int_equal(d.disks[i].is_drive, expected[i].is_drive);
    }
    libvirt_description_done(&d);
    assert_int_equal(d.disk_count, 0);
}

static void test_sources(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(source_cases); i++) {
        struct libvirt_description d;
        struct buf text = {0};

        buf_printf(&text, "%s%s%s", HEAD, source_cases[i].xml, TAIL);
        assert_int_equal(parse(buf_text(&text), &d), 0);
        buf_done(&text);
        assert_int_equal(d.disk_count, 1);
        check_text(d.disks[0].backend, source_cases[i].backend);
        check_text(d.disks[0].source, source_cases[i].source);
        libvirt_description_done(&d);
    }
}

static void test_nics(void **state UNUSED)
{
    struct libvirt_description d;
    struct buf text = {0};

    buf_puts(&text, HEAD);
    for (size_t i = 0; i < ARRAY_SIZE(nic_cases); i++)
        buf_puts(&text, nic_cases[i].xml);
    buf_puts(&text, TAIL);
    assert_int_equal(parse(buf_text(&text), &d), 0);
    buf_done(&text);
    assert_int_equal(d.disk_count, 0);
    assert_int_equal(d.nic_count, ARRAY_SIZE(nic_cases));
    for (size_t i = 0; i < d.nic_count; i++) {
        assert_string_equal(d.nics[i].name, nic_cases[i].name);
        check_text(d.nics[i].interface, nic_cases[i].interface);
        check_text(d.nics[i].mac, nic_cases[i].mac);
        check_text(d.nics[i].bridge, nic_cases[i].bridge);
        assert_int_equal(d.nics[i].kind, nic_cases[i].kind);
    }
    libvirt_description_done(&d);
}

/* Devices that cannot be named are none, and where others stand, none are. */
static void test_odd_places(void **state UNUSED)
{
    struct libvirt_description d;

    assert_int_equal(parse("<domain><devices><disk/><disk><source file='/a'/></disk>"
                           "<disk><target dev=''/></disk><disk><target/></disk>"
                           "<disk><target dev='a'/><target dev='b'/></disk>"
                           "<controller><target dev='c'/></controller>"
                           "<disk><x><target dev='d'/></x></disk></devices>"
                           "<disk><target dev='e'/></disk>"
                           "<other><disk><target dev='f'/></disk></other></domain>",
                           &d),
                     0);
    assert_int_equal(d.disk_count, 1);
    assert_string_equal(d.disks[0].name, "a");
    libvirt_description_done(&d);
}

static void test_bounds(void **state UNUSED)
{
    struct libvirt_description d;
    struct buf text = {0};

    buf_puts(&text, "<domain><devices>");
    for (unsigned i = 0; i < INVENTORY_DISKS_MAX + 100; i++)
        buf_printf(&text, "<disk><target dev='d%u'/></disk><interface type='user'/>", i);
    buf_puts(&text, "<disk><target dev='");
    buf_puts(&text, "'/></disk></devices></domain>");
    assert_int_equal(parse(buf_text(&text), &d), 0);
    assert_int_equal(d.disk_count, INVENTORY_DISKS_MAX);
    assert_int_equal(d.nic_count, INVENTORY_NICS_MAX);
    libvirt_description_done(&d);

    buf_clear(&text);
    buf_puts(&text, "<domain><devices><disk><target dev='");
    for (unsigned i = 0; i < 10000; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "'/></disk></devices></domain>");
    assert_int_equal(parse(buf_text(&text), &d), 0);
    assert_int_equal(strlen(d.disks[0].name), INVENTORY_NAME_MAX);
    libvirt_description_done(&d);

    buf_clear(&text);
    buf_puts(&text, "<domain><devices><disk type='network'><source protocol='https' name='");
    for (unsigned i = 0; i < 10000; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "'><host name='h'/></source><target dev='a'/></disk></devices></domain>");
    assert_int_equal(parse(buf_text(&text), &d), 0);
    assert_int_equal(strlen(d.disks[0].source), INVENTORY_SOURCE_MAX);
    libvirt_description_done(&d);
    buf_done(&text);
}

/* PCI, a mediated device, USB by its place; what is no device of the host is none. */
static void test_hostdevs(void **state UNUSED)
{
    struct libvirt_description d;

    assert_int_equal(
        parse(HEAD
              "<hostdev mode='subsystem' type='pci' managed='yes'><driver name='vfio'/>"
              "<source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>"
              "<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>"
              "</hostdev>" DISK_QCOW2 "<hostdev mode='subsystem' type='mdev'><source>"
              "<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"
              "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/>"
              "<product id='0xbeef'/><address bus='3' device='5'/></source></hostdev>" TAIL,
              &d),
        0);
    assert_string_equal(d.hostdevs, "0000:01:00.0;c2177883-f1bb-47f0-914d-32a22e3a8804;3:5");
    assert_int_equal(d.disk_count, 1);
    libvirt_description_done(&d);
    assert_int_equal(parse(HEAD DISK_QCOW2 TAIL, &d), 0);
    assert_null(d.hostdevs);
    libvirt_description_done(&d);
}

static void test_no_domain(void **state UNUSED)
{
    struct libvirt_description d = {.disk_count = 77};

    assert_int_equal(parse("", &d), -EBADMSG);
    assert_int_equal(parse("<network><devices/></network>", &d), -EBADMSG);
    assert_int_equal(parse(HEAD DISK_QCOW2, &d), -EBADMSG);
    assert_int_equal(parse("<!DOCTYPE domain>" HEAD DISK_QCOW2 TAIL, &d), -EBADMSG);
    assert_int_equal(d.disk_count, 77);
}

static void check_any(const char *text, size_t len)
{
    struct libvirt_description d = {.disk_count = 77};
    int r = parse_domain_description(text, len, &d);

    if (r < 0) {
        assert_int_equal(r, -EBADMSG);
        assert_int_equal(d.disk_count, 77);
        return;
    }
    for (size_t i = 0; i < d.disk_count; i++) {
        assert_true(d.disks[i].name[0] != '\0');
        assert_true(!d.disks[i].path || d.disks[i].path[0] == '/');
        assert_true(!d.disks[i].source || d.disks[i].source[0]);
    }
    for (size_t i = 0; i < d.nic_count; i++) {
        assert_true(d.nics[i].name[0] != '\0');
        assert_true(d.nics[i].kind < NIC_KIND__COUNT);
    }
    libvirt_description_done(&d);
}

static void test_prefixes_and_garbage(void **state UNUSED)
{
    static const char text[] = HEAD DISK_QCOW2 CDROM_EMPTY DISK_RBD
        "<interface type='network'><source network='n'/><target dev='vnet1'/></interface>"
        "<hostdev type='pci'><source><address bus='0x01'/></source></hostdev>" TAIL;

    support_each_prefix(text, sizeof(text) - 1, check_any);
    support_each_garbage(text, sizeof(text) - 1, 2000, check_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disks),     cmocka_unit_test(test_sources),
        cmocka_unit_test(test_nics),      cmocka_unit_test(test_odd_places),
        cmocka_unit_test(test_bounds),    cmocka_unit_test(test_hostdevs),
        cmocka_unit_test(test_no_domain), cmocka_unit_test(test_prefixes_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
