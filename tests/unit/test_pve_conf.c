/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/pve_conf: configurations as Proxmox VE and people write them, cut and spoilt ones. */
#include "kernel/pve_conf.h"

#include <string.h>

#include "base/buf.h"
#include "support.h"

/* As the web interface makes it, with a snapshot and a change that waits. */
static const char whole[] =
    "#Web server%0Asecond line%3A [no section]\n"
    "#name: not this\n"
    "agent: 1\n"
    "boot: order=scsi0;ide2;net0\n"
    "cores: 4\n"
    "efidisk0: local-lvm:vm-101-disk-1,efitype=4m,pre-enrolled-keys=1,size=528K\n"
    "ide2: local:iso/debian-12.iso,media=cdrom,size=628M\n"
    "lock: backup\n"
    "memory: 4096\n"
    "name: web01\n"
    "net0: virtio=BC:24:11:5A:01:02,bridge=vmbr0,firewall=1,tag=20\n"
    "net17: model=e1000,macaddr=bc:24:11:5a:01:03,bridge=vmbr1\n"
    "net2: virtio=BC:24:11:5A:01:04\n"
    "numa: 0\n"
    "ostype: l26\n"
    "parent: before\n"
    "scsi0: local-lvm:vm-101-disk-0,iothread=1,size=32G,ssd=1\n"
    "scsi30: local-lvm:vm-101-disk-3,size=1.5T\n"
    "scsihw: virtio-scsi-single\n"
    "smbios1: uuid=6F1C22B0-7A56-4B43-9C0F-0D1E2F3A4B5C,manufacturer=QWNtZQ==,base64=1\n"
    "sockets: 1\n"
    "tags: prod;web\n"
    "template: 1\n"
    "tpmstate0: local-lvm:vm-101-disk-2,size=4M,version=v2.0\n"
    "unused0: local-lvm:vm-101-disk-9,size=7G\n"
    "virtio1: /dev/zvol/rpool/x,size=512\n"
    "\n"
    "[PENDING]\n"
    "cores: 8\n"
    "name: pending\n"
    "virtio2: local:x,size=1G\n"
    "\n"
    "[before]\n"
    "lock: snap\n"
    "memory: 1024\n"
    "name: snap\n"
    "net5: virtio=00:00:00:00:00:05,bridge=vmbr5\n";

static struct pve_conf parse(const char *text)
{
    struct pve_conf conf;

    parse_pve_conf(text, strlen(text), &conf);
    return conf;
}

static void assert_disk(const struct pve_disk *disk, const char *name, bool is_total, bool is_state,
                        uint64_t size)
{
    assert_string_equal(disk->name, name);
    assert_int_equal(disk->is_total, is_total);
    assert_int_equal(disk->is_state, is_state);
    assert_true(disk->size_bytes == size);
}

static void assert_nic(const struct pve_nic *nic, unsigned number, const char *mac,
                       const char *bridge)
{
    assert_int_equal(nic->number, number);
    assert_string_equal(nic->mac, mac);
    assert_string_equal(nic->bridge, bridge);
}

static void test_whole(void **state UNUSED)
{
    struct pve_conf conf = parse(whole);

    assert_string_equal(conf.name, "web01");
    assert_string_equal(conf.tags, "prod;web");
    assert_string_equal(conf.lock, "backup");
    assert_true(conf.is_template);
    assert_string_equal(conf.uuid, "6f1c22b0-7a56-4b43-9c0f-0d1e2f3a4b5c");
    assert_int_equal(conf.memory_kb, 4096 * 1024);
    assert_int_equal(conf.disk_count, 6);
    assert_disk(&conf.disks[0], "efidisk0", false, false, 528 * 1024);
    assert_disk(&conf.disks[1], "ide2", false, false, UINT64_C(628) << 20);
    assert_disk(&conf.disks[2], "scsi0", true, false, UINT64_C(32) << 30);
    assert_disk(&conf.disks[3], "scsi30", true, false, UINT64_C(3) << 39);
    assert_disk(&conf.disks[4], "tpmstate0", false, true, UINT64_C(4) << 20);
    assert_disk(&conf.disks[5], "virtio1", true, false, 512);
    assert_int_equal(conf.nic_count, 3);
    assert_nic(&conf.nics[0], 0, "BC:24:11:5A:01:02", "vmbr0");
    assert_nic(&conf.nics[1], 17, "bc:24:11:5a:01:03", "vmbr1");
    assert_nic(&conf.nics[2], 2, "BC:24:11:5A:01:04", "");
    pve_conf_done(&conf);
    assert_null(conf.name);
    assert_int_equal(conf.disk_count, 0);
}

/* Only what stands before the first section is the VM that runs. */
static void test_sections_only(void **state UNUSED)
{
    struct pve_conf conf = parse("[before]\nname: snap\nmemory: 1024\nscsi0: a:b,size=1G\n");

    assert_null(conf.name);
    assert_int_equal(conf.memory_kb, 0);
    assert_int_equal(conf.disk_count, 0);
    pve_conf_done(&conf);
    conf = parse("tags: a\n[PENDING]\n\ntags: b\nname: n\n");
    assert_string_equal(conf.tags, "a");
    assert_null(conf.name);
    pve_conf_done(&conf);
}

static void test_template(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool is_template;
    } cases[] = {
        {"template: 1\n", true},
        {"template:\t1 \r\n", true},
        {"template: 1\n[snap]\ntemplate: 0\n", true},
        {"template: On\n", true},
        {"template: 0\n", false},
        {"template: 1\ntemplate: 0\n", false},
        {"template: 10\n", false},
        {"template:\n", false},
        {"templates: 1\n", false},
        {"#template: 1\n", false},
        {"name: a\n[snap]\ntemplate: 1\n", false},
        {"name: a\n[PENDING]\ntemplate: 1\n", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pve_conf conf = parse(cases[i].text);

        assert_int_equal(conf.is_template, cases[i].is_template);
        pve_conf_done(&conf);
    }
}

static void test_line_ends_and_blanks(void **state UNUSED)
{
    struct pve_conf conf = parse("name:\tweb 02 \r\nmemory:2048\r\n\r\ntags: \ta; b,c d\t\r\n"
                                 "ide2:\tnone,media=cdrom\r\nscsi0: a:b , size=2G\r\n"
                                 "net0: virtio=00:11:22:33:44:55,bridge=vmbr0\r\n"
                                 "smbios1: uuid=00000000-0000-0000-0000-000000000001\r\n"
                                 "[snap]\r\nname: snap\r\n");

    assert_string_equal(conf.name, "web 02");
    assert_int_equal(conf.memory_kb, 2048 * 1024);
    assert_string_equal(conf.tags, "a;b;c;d");
    assert_string_equal(conf.uuid, "00000000-0000-0000-0000-000000000001");
    assert_int_equal(conf.disk_count, 2);
    assert_disk(&conf.disks[0], "ide2", false, false, 0);
    assert_disk(&conf.disks[1], "scsi0", true, false, UINT64_C(2) << 30);
    assert_nic(&conf.nics[0], 0, "00:11:22:33:44:55", "vmbr0");
    pve_conf_done(&conf);
    conf = parse("name: last line without an end");
    assert_string_equal(conf.name, "last line without an end");
    pve_conf_done(&conf);
}

/* Quotes are no more than themselves, and a key is taken only as Proxmox VE writes it. */
static void test_literally(void **state UNUSED)
{
    struct pve_conf conf = parse("name: \"web\"\n name: indented\nname : spaced\nname\n:\nNAME: x\n"
                                 "hostname: y\ntags: 'a;b'\n#tags: c\nlock:\n");

    assert_string_equal(conf.name, "\"web\"");
    assert_string_equal(conf.tags, "'a;b'");
    assert_null(conf.lock);
    pve_conf_done(&conf);
    conf = parse("tags: ,; ;\n");
    assert_null(conf.tags);
    pve_conf_done(&conf);
    conf = parse("tags: ;;a;;,b;\n");
    assert_string_equal(conf.tags, "a;b");
    pve_conf_done(&conf);
}

static void test_last_line_counts(void **state UNUSED)
{
    struct pve_conf conf =
        parse("name: a\nname: b\nmemory: 1\nmemory: x\nscsi0: a:b,size=1G\nscsi1: c:d\n"
              "scsi0: a:b,media=cdrom\nnet0: virtio=00:11:22:33:44:55,bridge=vmbr0\n"
              "net0: bridge=vmbr1\n"
              "smbios1: uuid=00000000-0000-0000-0000-000000000001\nsmbios1: uuid=1\n");

    assert_string_equal(conf.name, "b");
    assert_int_equal(conf.memory_kb, 0);
    assert_string_equal(conf.uuid, "");
    assert_int_equal(conf.disk_count, 2);
    assert_disk(&conf.disks[0], "scsi0", false, false, 0);
    assert_disk(&conf.disks[1], "scsi1", true, false, 0);
    assert_int_equal(conf.nic_count, 1);
    assert_nic(&conf.nics[0], 0, "", "vmbr1");
    pve_conf_done(&conf);
}

static void test_memory(void **state UNUSED)
{
    static const struct {
        const char *text;
        uint64_t kb;
    } cases[] = {
        {"memory: 16", 16 * 1024},
        {"memory: current=4096", 4096 * 1024},
        {"memory: current=4096,other=1", 4096 * 1024},
        {"memory: other=1,current=8", 8 * 1024},
        {"memory: 4096M", 0},
        {"memory: -1", 0},
        {"memory: currents=5", 0},
        {"memory: 18014398509481983", UINT64_C(18014398509481983) * 1024},
        {"memory: 18014398509481984", 0},
        {"memory: 99999999999999999999999", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pve_conf conf = parse(cases[i].text);

        assert_true(conf.memory_kb == cases[i].kb);
        pve_conf_done(&conf);
    }
}

static void test_numbers_and_sizes(void **state UNUSED)
{
    struct pve_conf conf =
        parse("scsi: a\nscsi00: a\nscsi01: a\nscsi256: a\nscsi-1: a\nscsi1x: a\nscsihw: a\nnet: a\n"
              "net256: a\nnetx: a\nide255: a,size=1g\nsata0: a,size=G\nsata1: a,size=1GB\n"
              "sata2: a,size=17000000000000T\nsata3: a,size=0.5K\nsata4: a,size=3M,size=4M\nsata5: "
              "size=\n");

    assert_int_equal(conf.nic_count, 0);
    assert_int_equal(conf.disk_count, 7);
    assert_disk(&conf.disks[0], "ide255", true, false, 0);
    assert_disk(&conf.disks[1], "sata0", true, false, 0);
    assert_disk(&conf.disks[2], "sata1", true, false, 0);
    assert_disk(&conf.disks[3], "sata2", true, false, 0);
    assert_disk(&conf.disks[4], "sata3", true, false, 512);
    assert_disk(&conf.disks[5], "sata4", true, false, 3 << 20);
    assert_disk(&conf.disks[6], "sata5", true, false, 0);
    pve_conf_done(&conf);
}

static void test_limits(void **state UNUSED)
{
    struct buf text = {0};
    struct pve_conf conf;

    for (unsigned i = 0; i < 256; i++)
        buf_printf(&text, "scsi%u: a\nnet%u: b\n", i, i);
    buf_puts(&text, "name: ");
    for (unsigned i = 0; i < 5000; i++)
        buf_putc(&text, 'x');
    parse_pve_conf(text.data, text.len, &conf);
    assert_int_equal(conf.disk_count, PVE_DISKS_MAX);
    assert_int_equal(conf.nic_count, PVE_NICS_MAX);
    assert_int_equal(strlen(conf.name), 1024);
    pve_conf_done(&conf);
    buf_done(&text);
    parse_pve_conf("name: \0x\nbridge\0: y", 20, &conf);
    assert_null(conf.name);
    pve_conf_done(&conf);
    parse_pve_conf("net0: virtio=00:11:22:33:44:5\0,bridge=v\0r\n", 43, &conf);
    assert_nic(&conf.nics[0], 0, "", "");
    pve_conf_done(&conf);
    parse_pve_conf("net0: bridge=abcdefghijklmnop,e1000=00:11:22:33:44:5g", 53, &conf);
    assert_nic(&conf.nics[0], 0, "", "");
    pve_conf_done(&conf);
}

/* Whatever a text that was cut tells, it is of the part before the sections. */
static void parse_cut(const char *text, size_t len)
{
    struct pve_conf conf;

    parse_pve_conf(text, len, &conf);
    assert_true(!conf.name || strncmp(conf.name, "web01", strlen(conf.name)) == 0);
    assert_true(!conf.lock || strncmp(conf.lock, "backup", strlen(conf.lock)) == 0);
    assert_true(conf.memory_kb <= 4096 * 1024);
    assert_true(!conf.uuid[0] || strlen(conf.uuid) == 36);
    assert_true(conf.disk_count <= 7 && conf.nic_count <= 4);
    for (size_t i = 0; i < conf.nic_count; i++)
        assert_true(conf.nics[i].number != 5);
    pve_conf_done(&conf);
}

static void parse_any(const char *text, size_t len)
{
    struct pve_conf conf;

    parse_pve_conf(text, len, &conf);
    assert_true(!conf.name || conf.name[0]);
    assert_true(conf.disk_count <= PVE_DISKS_MAX && conf.nic_count <= PVE_NICS_MAX);
    for (size_t i = 0; i < conf.disk_count; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(conf.disks[i].name, conf.disks[j].name);
    }
    pve_conf_done(&conf);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(whole, sizeof(whole) - 1, parse_cut);
    support_each_garbage(whole, sizeof(whole) - 1, 5000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),     cmocka_unit_test(test_sections_only),
        cmocka_unit_test(test_template),  cmocka_unit_test(test_line_ends_and_blanks),
        cmocka_unit_test(test_literally), cmocka_unit_test(test_last_line_counts),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_numbers_and_sizes),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
