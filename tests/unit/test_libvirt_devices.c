/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks and NICs out of statistics, descriptions and the inventory before.
 * Where images lie is told by a function of ours.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "connect/libvirt_devices.h"
#include "support.h"

static const struct mono read_at = {.ns = 5000};
static const struct mono looked_at = {.ns = 6000};

static unsigned asked; /* how often images_find() was */

bool images_find(struct images *images, pid_t pid, const char *path, struct image *ret)
{
    assert_ptr_equal(images, (struct images *)&asked);
    assert_int_equal(pid, 4711);
    assert_int_equal(path[0], '/');
    asked++;
    if (strcmp(path, "/a.qcow2") != 0)
        return false;
    *ret = (struct image){
        .kind = IMAGE_KIND_FILE, .device = makedev(8, 1), .size = raw_of(777, looked_at)};
    return true;
}

/* ---- parameters ---- */

static virTypedParameter number(const char *name, unsigned long long value)
{
    virTypedParameter p = {.type = VIR_TYPED_PARAM_ULLONG, .value.ul = value};

    copy_text(p.field, sizeof(p.field), name);
    return p;
}

static virTypedParameter word(const char *name, const char *value)
{
    virTypedParameter p = {.type = VIR_TYPED_PARAM_STRING};

    copy_text(p.field, sizeof(p.field), name);
    memcpy(&p.value.s, &value, sizeof(value));
    return p;
}

#define take(parameters, ret)                                                                      \
    libvirt_statistics_take(parameters, ARRAY_SIZE(parameters), read_at, ret)

/* What libvirt 9.0 gives of a guest with a disk, an empty drive, a tap and a NIC in QEMU. */
static void take_real(struct libvirt_statistics *ret)
{
    const virTypedParameter parameters[] = {
        number("state.state", 1),
        number("balloon.current", 65536),
        number("net.count", 2),
        word("net.0.name", "vnet0"),
        number("net.0.rx.bytes", 1166),
        number("net.0.rx.pkts", 13),
        number("net.0.rx.errs", 1),
        number("net.0.rx.drop", 2),
        number("net.0.tx.bytes", 1676),
        number("net.0.tx.pkts", 8),
        number("net.0.tx.errs", 3),
        number("net.0.tx.drop", 4),
        number("block.count", 2),
        word("block.0.name", "vda"),
        word("block.0.path", "/a.qcow2"),
        number("block.0.backingIndex", 4),
        number("block.0.rd.reqs", 11),
        number("block.0.rd.bytes", 12),
        number("block.0.rd.times", 13),
        number("block.0.wr.reqs", 21),
        number("block.0.wr.bytes", 22),
        number("block.0.wr.times", 23),
        number("block.0.fl.reqs", 31),
        number("block.0.fl.times", 32),
        number("block.0.allocation", 99),
        number("block.0.capacity", 67108864),
        number("block.0.physical", 1314816),
        word("block.1.name", "sdc"),
        number("block.1.rd.reqs", 0),
        number("block.1.rd.bytes", 0),
        number("block.1.wr.reqs", 0),
    };

    take(parameters, ret);
}

static const uint64_t real_columns[VMDISK__COUNT] = {
    [VMDISK_DISK_READS] = 11,
    [VMDISK_DISK_MBREAD] = 12,
    [VMDISK_DISK_STATS_RDTOTALTIMES] = 13,
    [VMDISK_DISK_WRITES] = 21,
    [VMDISK_DISK_MBWRITE] = 22,
    [VMDISK_DISK_STATS_WRTOTALTIMES] = 23,
    [VMDISK_DISK_STATS_FLUSHREQ] = 31,
    [VMDISK_DISK_STATS_FLUSHTOTALTIMES] = 32,
    [VMDISK_DISK_SIZE_CAPACITY] = 67108864,
    [VMDISK_DISK_SIZE_ALLOCATION] = 1314816,
};

static const uint64_t real_nic_columns[VMNIC__COUNT] = {
    [VMNIC_NET_RECEIVEDBYTES] = 1166,    [VMNIC_NET_RECEIVEDPACKETS] = 13,
    [VMNIC_NET_RECEIVEDERRS] = 1,        [VMNIC_NET_RECEIVEDDROP] = 2,
    [VMNIC_NET_TRANSMITTEDBYTES] = 1676, [VMNIC_NET_TRANSMITTEDPACKETS] = 8,
    [VMNIC_NET_TRANSMITTEDERRS] = 3,     [VMNIC_NET_TRANSMITTEDDROP] = 4,
};

/* Exactly those that are not 0 in `expected` were read, at `at`. */
static void check_columns(const struct raw *columns, const uint64_t *expected, size_t count,
                          struct mono at)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(columns[i].value, expected[i]);
        assert_int_equal(columns[i].at.ns, expected[i] ? at.ns : 0);
    }
}

static void check_no_columns(const struct raw *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_false(raw_valid(columns[i]));
}

static void test_statistics(void **state UNUSED)
{
    struct libvirt_statistics s = {0};

    take_real(&s);
    assert_true(s.has_disks && s.has_nics);
    assert_int_equal(s.disk_count, 2);
    assert_string_equal(s.disks[0].name, "vda");
    assert_string_equal(s.disks[0].path, "/a.qcow2");
    check_columns(s.disks[0].columns, real_columns, VMDISK__COUNT, read_at);
    assert_string_equal(s.disks[1].name, "sdc");
    assert_null(s.disks[1].path);
    assert_int_equal(s.nic_count, 2);
    assert_string_equal(s.nics[0].interface, "vnet0");
    check_columns(s.nics[0].columns, real_nic_columns, VMNIC__COUNT, read_at);
    assert_null(s.nics[1].interface);
    check_no_columns(s.nics[1].columns, VMNIC__COUNT);
    libvirt_statistics_done(&s);
    assert_int_equal(s.disk_count, 0);
}

static void check_type(virTypedParameter p, const char *field, bool valid)
{
    virTypedParameter all[2] = {word("block.0.name", "vda"), p};
    struct libvirt_statistics s = {0};

    copy_text(all[1].field, sizeof(all[1].field), field);
    take(all, &s);
    assert_int_equal(s.disk_count, 1);
    assert_int_equal(raw_valid(s.disks[0].columns[VMDISK_DISK_READS]), valid);
    assert_string_equal(s.disks[0].name, "vda");
    assert_null(s.disks[0].path);
    libvirt_statistics_done(&s);
}

static void test_types(void **state UNUSED)
{
    static char text[] = "x";

    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_INT, .value.i = 7}, "block.0.rd.reqs",
               true);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_LLONG, .value.l = -1}, "block.0.rd.reqs",
               false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = ULLONG_MAX},
               "block.0.rd.reqs", false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_DOUBLE, .value.d = 7}, "block.0.rd.reqs",
               false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_STRING, .value.s = text},
               "block.0.rd.reqs", false);
    check_type((virTypedParameter){.type = 99}, "block.0.rd.reqs", false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = 1}, "block.0.path",
               false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_STRING, .value.s = NULL}, "block.0.path",
               false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_ULLONG, .value.ul = 1}, "block.0.name",
               false);
    check_type((virTypedParameter){.type = VIR_TYPED_PARAM_STRING, .value.s = text}, "block.count",
               false);
}

/* Numbers and names that nobody should give. */
static void test_wrong_names(void **state UNUSED)
{
    const virTypedParameter parameters[] = {
        number("block.", 1),
        number("block.x.rd.reqs", 1),
        number("block.-1.rd.reqs", 1),
        number("block.512.rd.reqs", 1),
        number("block.18446744073709551616.rd.reqs", 1),
        number("block.0", 1),
        number("block.0rd.reqs", 1),
        number("blocks.0.rd.reqs", 1),
        number("net.512.rx.bytes", 1),
        number("net.count", ULLONG_MAX),
        number("block.count", 513),
    };
    struct libvirt_statistics s = {0};

    take(parameters, &s);
    assert_int_equal(s.disk_count, 0);
    assert_int_equal(s.nic_count, 0);
    libvirt_statistics_done(&s);
    libvirt_statistics_take(NULL, 0, read_at, &s);
    assert_false(s.has_disks || s.has_nics);
}

/* Numbers may leave gaps, come in any order and twice. */
static void test_gaps(void **state UNUSED)
{
    const virTypedParameter parameters[] = {
        number("block.3.rd.reqs", 5),  word("block.3.name", "vdd"), word("block.1.name", "vdb"),
        word("block.1.name", "again"), word("net.7.name", "vnet7"),
    };
    struct libvirt_statistics s = {0};
    struct libvirt_devices devices = {.statistics = &s};
    struct inventory *inventory = inventory_new("test");
    struct vm_info *vm = inventory_append(inventory);

    take(parameters, &s);
    assert_int_equal(s.disk_count, 4);
    libvirt_append_disks(&devices, vm);
    libvirt_append_nics(&devices, vm);
    assert_int_equal(vm->disk_count, 2);
    assert_string_equal(vm->disks[0].name, "vdb");
    assert_string_equal(vm->disks[1].name, "vdd");
    assert_int_equal(vm->nic_count, 1);
    assert_string_equal(vm->nics[0].name, "net7");
    libvirt_statistics_done(&s);
    vm->key = xstrdup("k");
    vm->name = xstrdup("n");
    inventory_unref(inventory);
}

/* ---- descriptions ---- */

static const char real_xml[] =
    "<domain><devices>"
    "<disk type='file' device='disk'><source file='/a.qcow2'/><target dev='vda'/></disk>"
    "<disk type='file' device='cdrom'><target dev='sdc'/></disk>"
    "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
    "<target dev='vnet0'/><alias name='net0'/></interface>"
    "<interface type='user'><alias name='ua-x'/></interface>"
    "</devices></domain>";

static void describe(const char *xml, struct libvirt_description *ret)
{
    assert_int_equal(parse_domain_description(xml, strlen(xml), ret), 0);
}

static void check_fit(const char *xml, bool expected)
{
    struct libvirt_statistics s = {0};
    struct libvirt_description d;

    describe(xml, &d);
    assert_true(libvirt_statistics_fit(&s, &d));
    take_real(&s);
    assert_int_equal(libvirt_statistics_fit(&s, &d), expected);
    libvirt_description_done(&d);
    libvirt_statistics_done(&s);
}

static void test_fit(void **state UNUSED)
{
#define DISKS "<disk><target dev='vda'/></disk><disk><target dev='sdc'/></disk>"
#define TAP   "<interface type='bridge'><target dev='vnet0'/></interface>"
    check_fit(real_xml, true);
    check_fit("<domain/>", false);
    check_fit("<domain><devices>" DISKS TAP "<interface type='user'/></devices></domain>", true);
    check_fit("<domain><devices>" DISKS TAP "</devices></domain>", false);
    check_fit("<domain><devices>" DISKS TAP TAP "</devices></domain>", false);
    check_fit("<domain><devices>" DISKS "<interface/><interface/></devices></domain>", false);
    check_fit("<domain><devices><disk><target dev='vda'/></disk>" TAP
              "<interface/></devices></domain>",
              false);
    check_fit(
        "<domain><devices><disk><target dev='vda'/></disk><disk><target dev='vdb'/></disk>" TAP
        "<interface/></devices></domain>",
        false);
#undef DISKS
#undef TAP
}

/* ---- together ---- */

struct scene {
    struct libvirt_statistics statistics;
    struct libvirt_description description;
    struct libvirt_devices devices;
    struct inventory *inventory;
    struct vm_info *vm;
};

static struct vm_info *new_vm(struct inventory *inventory)
{
    struct vm_info *vm = inventory_append(inventory);

    vm->key = xstrdup("k");
    vm->name = xstrdup("n");
    vm->pid = 4711;
    return vm;
}

static int set_up(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));

    asked = 0;
    scene->inventory = inventory_new("test");
    scene->vm = new_vm(scene->inventory);
    scene->devices = (struct libvirt_devices){.statistics = &scene->statistics,
                                              .description = &scene->description,
                                              .images = (struct images *)&asked};
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    libvirt_statistics_done(&scene->statistics);
    libvirt_description_done(&scene->description);
    inventory_unref(scene->inventory);
    free(scene);
    return 0;
}

static void append(struct scene *scene)
{
    libvirt_append_disks(&scene->devices, scene->vm);
    libvirt_append_nics(&scene->devices, scene->vm);
}

static void test_both(void **state)
{
    struct scene *scene = *state;
    const struct vm_info *vm = scene->vm;
    uint64_t expected[VMDISK__COUNT];

    take_real(&scene->statistics);
    describe(real_xml, &scene->description);
    append(scene);
    assert_int_equal(vm->disk_count, 2);
    assert_string_equal(vm->disks[0].name, "vda");
    assert_true(vm->disks[0].is_total);
    assert_int_equal(vm->disks[0].image_device, makedev(8, 1));
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_SIZE_PHYSICAL].value, 777);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_SIZE_PHYSICAL].at.ns, looked_at.ns);
    scene->vm->disks[0].columns[VMDISK_DISK_SIZE_PHYSICAL] = raw_of(777, read_at);
    memcpy(expected, real_columns, sizeof(expected));
    expected[VMDISK_DISK_SIZE_PHYSICAL] = 777;
    check_columns(vm->disks[0].columns, expected, VMDISK__COUNT, read_at);
    assert_string_equal(vm->disks[0].backend, "file");
    assert_string_equal(vm->disks[0].source, "/a.qcow2");
    assert_string_equal(vm->disks[1].name, "sdc");
    assert_false(vm->disks[1].is_total);
    assert_int_equal(vm->disks[1].image_device, 0);
    assert_true(!vm->disks[1].backend && !vm->disks[1].source);
    check_no_columns(vm->disks[1].columns, VMDISK__COUNT);

    assert_int_equal(vm->nic_count, 2);
    assert_string_equal(vm->nics[0].name, "net0");
    assert_string_equal(vm->nics[0].interface, "vnet0");
    assert_string_equal(vm->nics[0].mac, "52:54:00:00:00:01");
    assert_string_equal(vm->nics[0].bridge, "br0");
    assert_int_equal(vm->nics[0].kind, NIC_KIND_TAP);
    check_columns(vm->nics[0].columns, real_nic_columns, VMNIC__COUNT, read_at);
    assert_string_equal(vm->nics[1].name, "ua-x");
    assert_null(vm->nics[1].interface);
    assert_int_equal(vm->nics[1].kind, NIC_KIND_USER);
    check_no_columns(vm->nics[1].columns, VMNIC__COUNT);
}

/* A CD-ROM with a medium has figures, and is no disk all the same. */
static void test_drive_with_medium(void **state)
{
    const virTypedParameter parameters[] = {
        word("block.0.name", "sdc"),
        number("block.0.rd.reqs", 1),
        number("block.0.capacity", 4194304),
    };
    struct scene *scene = *state;

    take(parameters, &scene->statistics);
    describe("<domain><devices><disk device='cdrom'><source file='/a.qcow2'/><target dev='sdc'/>"
             "</disk></devices></domain>",
             &scene->description);
    append(scene);
    assert_false(scene->vm->disks[0].is_total);
    assert_int_equal(scene->vm->disks[0].columns[VMDISK_DISK_READS].value, 1);
    /* The path is the description's here. */
    assert_int_equal(scene->vm->disks[0].image_device, makedev(8, 1));
}

/* The medium was taken out since the description was read. */
static void test_drive_without_medium(void **state)
{
    const virTypedParameter parameters[] = {word("block.0.name", "sdc"),
                                            number("block.0.rd.reqs", 0)};
    struct scene *scene = *state;

    take(parameters, &scene->statistics);
    describe("<domain><devices><disk device='cdrom'><source file='/a.qcow2'/><target dev='sdc'/>"
             "</disk></devices></domain>",
             &scene->description);
    append(scene);
    assert_int_equal(scene->vm->disks[0].image_device, 0);
    assert_true(!scene->vm->disks[0].backend && !scene->vm->disks[0].source);
    check_no_columns(scene->vm->disks[0].columns, VMDISK__COUNT);
    assert_int_equal(asked, 0);
}

static void test_statistics_alone(void **state)
{
    struct scene *scene = *state;
    const struct vm_info *vm = scene->vm;

    scene->devices.description = NULL;
    take_real(&scene->statistics);
    append(scene);
    assert_int_equal(vm->disk_count, 2);
    assert_true(vm->disks[0].is_total);
    assert_int_equal(vm->disks[0].image_device, makedev(8, 1));
    assert_string_equal(vm->disks[0].backend, "file");
    assert_string_equal(vm->disks[0].source, "/a.qcow2");
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_READS].value, 11);
    assert_false(vm->disks[1].is_total);
    check_no_columns(vm->disks[1].columns, VMDISK__COUNT);
    assert_int_equal(vm->nic_count, 1);
    assert_string_equal(vm->nics[0].name, "net0");
    assert_string_equal(vm->nics[0].interface, "vnet0");
    assert_int_equal(vm->nics[0].kind, NIC_KIND_UNKNOWN);
    check_columns(vm->nics[0].columns, real_nic_columns, VMNIC__COUNT, read_at);
}

/* The guest's disk was moved since the description was read; other hosts' images
 * and volumes have no path in the statistics that could tell. */
static void test_image_of_statistics(void **state)
{
    const virTypedParameter parameters[] = {
        word("block.0.name", "vda"), word("block.0.path", "/new"), word("block.1.name", "vdb"),
        word("block.1.path", "/volume/v"), word("block.2.name", "vdc")};
    struct scene *scene = *state;
    const struct vm_info *vm = scene->vm;

    take(parameters, &scene->statistics);
    describe("<domain><devices><disk type='file'><source file='/old'/><target dev='vda'/></disk>"
             "<disk type='volume'><source pool='p' volume='v'/><target dev='vdb'/></disk>"
             "<disk type='network'><source protocol='rbd' name='p/i'/><target dev='vdc'/></disk>"
             "</devices></domain>",
             &scene->description);
    append(scene);
    assert_string_equal(vm->disks[0].backend, "file");
    assert_string_equal(vm->disks[0].source, "/new");
    assert_string_equal(vm->disks[1].backend, "volume");
    assert_string_equal(vm->disks[1].source, "p/v");
    assert_string_equal(vm->disks[2].backend, "rbd");
    assert_string_equal(vm->disks[2].source, "p/i");
}

/* What was plugged since the description was read; its likely name is taken. */
static void test_more_than_described(void **state)
{
    const virTypedParameter parameters[] = {
        word("block.0.name", "vda"),  number("block.0.rd.reqs", 1),  word("block.1.name", "vdb"),
        number("block.1.rd.reqs", 2), number("block.1.capacity", 3), word("net.0.name", "vnet5"),
        number("net.0.rx.bytes", 4),
    };
    struct scene *scene = *state;
    const struct vm_info *vm = scene->vm;

    take(parameters, &scene->statistics);
    describe(real_xml, &scene->description);
    append(scene);
    assert_int_equal(vm->disk_count, 3);
    assert_string_equal(vm->disks[2].name, "vdb");
    assert_true(vm->disks[2].is_total);
    assert_int_equal(vm->disks[2].columns[VMDISK_DISK_READS].value, 2);
    assert_int_equal(vm->disks[0].columns[VMDISK_DISK_READS].value, 1);
    assert_int_equal(vm->nic_count, 3);
    assert_string_equal(vm->nics[0].interface, "vnet0");
    check_no_columns(vm->nics[0].columns, VMNIC__COUNT);
    assert_string_equal(vm->nics[2].name, "vnet5");
    assert_string_equal(vm->nics[2].interface, "vnet5");
    assert_int_equal(vm->nics[2].columns[VMNIC_NET_RECEIVEDBYTES].value, 4);
}

static void test_without_image_or_process(void **state)
{
    struct scene *scene = *state;

    scene->vm->pid = 0;
    take_real(&scene->statistics);
    describe(real_xml, &scene->description);
    append(scene);
    assert_int_equal(asked, 0);
    assert_int_equal(scene->vm->disks[0].image_device, 0);
    assert_false(raw_valid(scene->vm->disks[0].columns[VMDISK_DISK_SIZE_PHYSICAL]));
}

static void test_paths_that_are_none(void **state)
{
    const virTypedParameter parameters[] = {word("block.0.name", "vda"),
                                            word("block.0.path", "relative")};
    struct scene *scene = *state;

    take(parameters, &scene->statistics);
    append(scene);
    assert_int_equal(asked, 0);
    scene->devices.images = NULL;
    take_real(&scene->statistics);
    append(scene);
    assert_int_equal(asked, 0);
}

/* A domain that answered once and does not now, with and without a description. */
static void check_silent(struct scene *scene)
{
    struct vm_info before = {0};
    struct inventory *later = inventory_new("test");
    struct vm_info *vm = new_vm(later);
    struct libvirt_statistics none = {0};

    take_real(&scene->statistics);
    describe(real_xml, &scene->description);
    append(scene);
    before = *scene->vm;
    if (scene->devices.description)
        assert_int_equal(scene->devices.description->disk_count, 2);
    scene->devices.before = &before;
    scene->devices.statistics = &none;
    libvirt_append_disks(&scene->devices, vm);
    libvirt_append_nics(&scene->devices, vm);
    assert_int_equal(vm->disk_count, before.disk_count);
    for (size_t i = 0; i < vm->disk_count; i++) {
        assert_string_equal(vm->disks[i].name, before.disks[i].name);
        assert_ptr_not_equal(vm->disks[i].name, before.disks[i].name);
        assert_int_equal(vm->disks[i].is_total, before.disks[i].is_total);
        assert_int_equal(vm->disks[i].image_device, before.disks[i].image_device);
        assert_true(text_equal(vm->disks[i].backend, before.disks[i].backend));
        assert_true(text_equal(vm->disks[i].source, before.disks[i].source));
        assert_true(!vm->disks[i].source || vm->disks[i].source != before.disks[i].source);
        assert_memory_equal(vm->disks[i].columns, before.disks[i].columns,
                            sizeof(vm->disks[i].columns));
    }
    assert_int_equal(vm->nic_count, before.nic_count);
    for (size_t i = 0; i < vm->nic_count; i++) {
        assert_string_equal(vm->nics[i].name, before.nics[i].name);
        assert_ptr_not_equal(vm->nics[i].name, before.nics[i].name);
        assert_int_equal(vm->nics[i].kind, before.nics[i].kind);
        assert_memory_equal(vm->nics[i].columns, before.nics[i].columns,
                            sizeof(vm->nics[i].columns));
    }
    assert_string_equal(vm->nics[0].interface, "vnet0");
    inventory_unref(later);
}

static void test_silent(void **state)
{
    check_silent(*state);
}

static void test_silent_to_a_new_thread(void **state)
{
    struct scene *scene = *state;

    scene->devices.description = NULL;
    check_silent(scene);
}

/* NOWAIT gives names alone while another client holds the domain. */
static void test_held(void **state)
{
    const virTypedParameter parameters[] = {
        word("block.0.name", "vda"), number("block.0.backingIndex", 1), word("net.0.name", "vnet1"),
        number("net.0.rx.bytes", 5)};
    struct scene *scene = *state;
    struct raw disk_columns[VMDISK__COUNT] = {[VMDISK_DISK_READS] = raw_of(3, looked_at)};
    struct raw nic_columns[VMNIC__COUNT] = {[VMNIC_NET_RECEIVEDDROP] = raw_of(4, looked_at)};
    char disk_name[] = "vda", nic_name[] = "net0", interface[] = "vnet0";
    struct vm_disk disk = {.name = disk_name, .is_total = true};
    struct vm_nic nic = {.name = nic_name, .interface = interface};
    struct vm_info before = {.disks = &disk, .disk_count = 1, .nics = &nic, .nic_count = 1};

    memcpy(disk.columns, disk_columns, sizeof(disk_columns));
    memcpy(nic.columns, nic_columns, sizeof(nic_columns));
    take(parameters, &scene->statistics);
    describe("<domain><devices><disk><target dev='vda'/></disk>"
             "<interface type='bridge'><target dev='vnet1'/></interface></devices></domain>",
             &scene->description);
    scene->devices.before = &before;
    append(scene);
    assert_int_equal(scene->vm->disk_count, 1);
    assert_memory_equal(scene->vm->disks[0].columns, disk_columns, sizeof(disk_columns));
    /* Another interface since: its counters are its own. */
    assert_int_equal(scene->vm->nics[0].columns[VMNIC_NET_RECEIVEDBYTES].value, 5);
    assert_false(raw_valid(scene->vm->nics[0].columns[VMNIC_NET_RECEIVEDDROP]));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics),  cmocka_unit_test(test_types),
        cmocka_unit_test(test_wrong_names), cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_fit),         TEST(test_both),
        TEST(test_drive_with_medium),       TEST(test_drive_without_medium),
        TEST(test_statistics_alone),        TEST(test_image_of_statistics),
        TEST(test_more_than_described),     TEST(test_without_image_or_process),
        TEST(test_paths_that_are_none),     TEST(test_silent),
        TEST(test_silent_to_a_new_thread),  TEST(test_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
