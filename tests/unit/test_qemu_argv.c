/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/qemu_argv: names, UUIDs and memory on command lines as they are found. */
#include "kernel/qemu_argv.h"

#include <errno.h>
#include <string.h>

#include "support.h"

#define UUID  "d063c91f-3d84-4fb4-bb34-98861fa50b50"
#define OTHER "6c6f6f6b-616c-4b65-8000-000000000001"
#define EMU   "/usr/bin/qemu-system-x86_64\0"
/* A literal's bytes without the NUL that C adds. */
#define ARGV(text) (text), sizeof(text) - 1

static const char libvirt_argv[] =
    EMU "-name\0guest=p7,debug-threads=on\0-S\0-object\0"
        "{\"qom-type\":\"secret\",\"id\":\"masterKey0\",\"format\":\"raw\"}\0"
        "-machine\0pc-i440fx-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram\0"
        "-accel\0tcg\0-cpu\0qemu64\0-m\0size=16777216k,slots=16,maxmem=1099511627776k\0"
        "-overcommit\0mem-lock=off\0-smp\0"
        "2,sockets=2,cores=1,threads=1\0-uuid\0" UUID "\0-display\0none\0-no-user-config\0"
        "-nodefaults\0-msg\0timestamp=on\0";

static const char proxmox_argv[] =
    "/usr/bin/kvm\0-id\0"
    "100\0-name\0web,debug-threads=on\0-no-shutdown\0-chardev\0"
    "socket,id=qmp,path=/var/run/qemu-server/100.qmp,server=on,wait=off\0-mon\0"
    "chardev=qmp,mode=control\0-pidfile\0/var/run/qemu-server/100.pid\0-daemonize\0-smbios\0"
    "type=1,uuid=D063C91F-3D84-4FB4-BB34-98861FA50B50\0-smp\0"
    "4,sockets=1,cores=4,maxcpus=4\0-nodefaults\0-m\0"
    "2048\0-device\0pci-bridge,id=pci.1,chassis_nr=1,bus=pci.0,addr=0x1e\0";

static struct qemu_argv parse(const char *text, size_t len)
{
    struct qemu_argv q;

    memset(&q, 'x', sizeof(q));
    assert_int_equal(parse_qemu_argv(text, len, &q), 0);
    return q;
}

static void test_libvirt(void **state UNUSED)
{
    struct qemu_argv q = parse(ARGV(libvirt_argv));

    assert_string_equal(q.name, "p7");
    assert_string_equal(q.uuid, UUID);
    assert_string_equal(q.pidfile, "");
    assert_string_equal(q.id, "");
    assert_true(q.memory_kb == 16777216);
}

static void test_proxmox(void **state UNUSED)
{
    struct qemu_argv q = parse(ARGV(proxmox_argv));

    assert_string_equal(q.name, "web");
    assert_string_equal(q.uuid, UUID);
    assert_string_equal(q.pidfile, "/var/run/qemu-server/100.pid");
    assert_string_equal(q.id, "100");
    assert_true(q.memory_kb == 2097152);
}

static void test_names(void **state UNUSED)
{
    assert_string_equal(parse(ARGV(EMU "-name\0a\0")).name, "a");
    assert_string_equal(parse(ARGV(EMU "--name\0a")).name, "a");
    assert_string_equal(parse(ARGV(EMU "-name\0guest=a,,b,debug-threads=on\0")).name, "a,b");
    assert_string_equal(parse(ARGV(EMU "-name\0a,,,,b,process=p\0")).name, "a,,b");
    assert_string_equal(parse(ARGV(EMU "-name\0debug-threads=on,guest=a b\0")).name, "a b");
    assert_string_equal(parse(ARGV(EMU "-name\0debug-threads=on\0")).name, "");
    assert_string_equal(parse(ARGV(EMU "-name\0guest=a=b,x=y\0")).name, "a=b");
    assert_string_equal(parse(ARGV(EMU "-name\0a\0-name\0guest=b\0")).name, "b");
    assert_string_equal(parse(ARGV(EMU "-name\0")).name, "");
    assert_string_equal(parse(ARGV(EMU "-name")).name, "");
    assert_string_equal(parse(ARGV(EMU "-name\0\0-m\0"
                                       "1\0"))
                            .name,
                        "");
    assert_string_equal(parse(ARGV(EMU "-name\0guest=\0")).name, "");
    assert_string_equal(parse(ARGV(EMU "-name\0\033[31m\n\xff\0")).name, "\033[31m\n\xff");
    assert_string_equal(parse(ARGV(EMU "-name\0guest=vm,\0")).name, "vm");
    assert_string_equal(parse(ARGV(EMU "name\0a\0---name\0a\0")).name, "");
}

/* What stands as a value of one option is no option. */
static void test_values_are_no_options(void **state UNUSED)
{
    assert_string_equal(parse(ARGV(EMU "-name\0-uuid\0" UUID "\0")).uuid, "");
    assert_string_equal(parse(ARGV(EMU "-name\0-uuid\0" UUID "\0")).name, "-uuid");
    assert_string_equal(parse(ARGV(EMU "-name\0a\0-append\0-name\0b\0")).name, "a");
}

/* The option with a value of 1000 bytes. */
static struct qemu_argv parse_long(const char *option)
{
    char text[1200] = EMU;
    size_t len = sizeof(EMU) - 1, n = strlen(option) + 1;

    memcpy(text + len, option, n);
    memset(text + len + n, 'n', 1000);
    return parse(text, len + n + 1000);
}

static void test_long_values(void **state UNUSED)
{
    assert_int_equal(strlen(parse_long("-name").name), sizeof(parse_long("-name").name) - 1);
    assert_string_equal(parse_long("-pidfile").pidfile, "");
    assert_string_equal(parse_long("-uuid").uuid, "");
    assert_int_equal(parse_long("-m").memory_kb, 0);
    assert_string_equal(parse_long("-smbios").uuid, "");
}

static void test_uuids(void **state UNUSED)
{
    assert_string_equal(parse(ARGV(EMU "-uuid\0" UUID "\0")).uuid, UUID);
    assert_string_equal(parse(ARGV(EMU "-uuid\0" UUID "\0-smbios\0type=1,uuid=" OTHER "\0")).uuid,
                        UUID);
    assert_string_equal(parse(ARGV(EMU "-smbios\0type=1,uuid=" OTHER "\0-uuid\0" UUID "\0")).uuid,
                        UUID);
    assert_string_equal(parse(ARGV(EMU "-smbios\0uuid=" OTHER ",manufacturer=a,,b,type=1\0")).uuid,
                        OTHER);
    assert_string_equal(parse(ARGV(EMU "-smbios\0type=2,uuid=" OTHER "\0")).uuid, "");
    assert_string_equal(parse(ARGV(EMU "-smbios\0type=11,value=type=1,,uuid=" OTHER "\0")).uuid,
                        "");
    assert_string_equal(parse(ARGV(EMU "-smbios\0file=/a\0")).uuid, "");
    assert_string_equal(parse(ARGV(EMU "-uuid\0not-a-uuid\0")).uuid, "");
    assert_string_equal(parse(ARGV(EMU "-uuid\0" UUID "0\0")).uuid, "");
    assert_string_equal(parse(ARGV(EMU "-uuid\0d063c91f\0")).uuid, "");
    assert_string_equal(parse(ARGV(EMU "-uuid")).uuid, "");
}

static void test_memory(void **state UNUSED)
{
    assert_int_equal(parse(ARGV(EMU "-m\0"
                                    "1024\0"))
                         .memory_kb,
                     1048576);
    assert_int_equal(parse(ARGV(EMU "-m\0"
                                    "2G,slots=4,maxmem=8G\0"))
                         .memory_kb,
                     2097152);
    assert_int_equal(parse(ARGV(EMU "-m\0size=512M\0")).memory_kb, 524288);
    assert_int_equal(parse(ARGV(EMU "-m\0slots=4,size=3g\0")).memory_kb, 3145728);
    assert_int_equal(parse(ARGV(EMU "-m\0"
                                    "65536k\0"))
                         .memory_kb,
                     65536);
    assert_true(parse(ARGV(EMU "-m\0"
                               "1T\0"))
                    .memory_kb == UINT64_C(1) << 30);
    assert_int_equal(parse(ARGV(EMU "-m\0\0")).memory_kb, 0);
    assert_int_equal(parse(ARGV(EMU "-m\0lots\0")).memory_kb, 0);
    assert_int_equal(parse(ARGV(EMU "-m\0"
                                    "18446744073709551615G\0"))
                         .memory_kb,
                     0);
    assert_int_equal(parse(ARGV(EMU "-m\0"
                                    "99999999999999999999\0"))
                         .memory_kb,
                     0);
    assert_int_equal(parse(ARGV(EMU "-m")).memory_kb, 0);
}

static void test_no_arguments(void **state UNUSED)
{
    struct qemu_argv q = {.memory_kb = 77};

    assert_int_equal(parse_qemu_argv("", 0, &q), -EINVAL);
    assert_int_equal(parse_qemu_argv("\0-name\0a\0", 9, &q), -EINVAL);
    assert_int_equal(q.memory_kb, 77);
    assert_int_equal(parse_qemu_argv("kvm", 3, &q), 0);
    assert_int_equal(q.memory_kb, 0);
}

static void test_emulators(void **state UNUSED)
{
    static const char *const yes[] = {
        "/usr/bin/qemu-system-x86_64",
        "qemu-system-aarch64",
        "/usr/bin/kvm",
        "kvm",
        "/usr/libexec/qemu-kvm",
        "/usr/bin/qemu-system-x86_64 (deleted)",
        "/usr/bin/kvm (deleted)",
        "/nix/store/x/bin/qemu-system-s390x",
    };
    static const char *const no[] = {
        "",
        "/",
        "qemu-img",
        "/usr/bin/qemu-nbd",
        "qemu-ga",
        "qemu-storage-daemon",
        "qemu-x86_64",
        "/usr/bin/qemu-aarch64-static",
        "qemu-system-",
        "kvm-ok",
        "/usr/bin/kvm/",
        "xkvm",
        "bash",
        "/qemu-system-x/bash",
        "kvm (delete)",
        " (deleted)",
        "virtqemud",
    };

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        assert_true(qemu_is_emulator(yes[i], strlen(yes[i])));
    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        assert_false(qemu_is_emulator(no[i], strlen(no[i])));
    assert_true(qemu_argv_is_emulator(ARGV(libvirt_argv)));
    assert_true(qemu_argv_is_emulator("kvm", 3));
    assert_false(qemu_argv_is_emulator("", 0));
    assert_false(qemu_argv_is_emulator("\0kvm\0", 5));
    assert_false(qemu_argv_is_emulator("sh\0kvm\0", 7));
}

static void parse_any(const char *text, size_t len)
{
    struct qemu_argv q;
    int r = parse_qemu_argv(text, len, &q);

    (void)qemu_argv_is_emulator(text, len);
    (void)qemu_is_emulator(text, len);
    assert_true(r == 0 || r == -EINVAL);
    if (r < 0)
        return;
    assert_true(strnlen(q.name, sizeof(q.name)) < sizeof(q.name));
    assert_true(strlen(q.uuid) == 0 || strlen(q.uuid) == 36);
    assert_true(strnlen(q.pidfile, sizeof(q.pidfile)) < sizeof(q.pidfile));
    assert_true(strnlen(q.id, sizeof(q.id)) < sizeof(q.id));
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(ARGV(libvirt_argv), parse_any);
    support_each_prefix(ARGV(proxmox_argv), parse_any);
    support_each_garbage(ARGV(proxmox_argv), 10000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_libvirt),     cmocka_unit_test(test_proxmox),
        cmocka_unit_test(test_names),       cmocka_unit_test(test_values_are_no_options),
        cmocka_unit_test(test_long_values), cmocka_unit_test(test_uuids),
        cmocka_unit_test(test_memory),      cmocka_unit_test(test_no_arguments),
        cmocka_unit_test(test_emulators),   cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
