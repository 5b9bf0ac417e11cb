/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/qemu_nics, on a /proc and a /sys made of plain files and links. */
#include "connect/qemu_nics.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support.h"

static char root[64];

/* Makes the file below the root with its directories; a link if target is told. */
static void make(const char *path, const char *text, const char *target)
{
    char full[256];
    int fd;

    snprintf(full, sizeof(full), "%s/%s", root, path);
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        (void)mkdir(full, 0755);
        *p = '/';
    }
    if (target) {
        assert_int_equal(symlink(target, full), 0);
        return;
    }
    fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void make_file(unsigned fd, const char *target, const char *info)
{
    char path[64];

    snprintf(path, sizeof(path), "7/fd/%u", fd);
    make(path, NULL, target);
    snprintf(path, sizeof(path), "7/fdinfo/%u", fd);
    make(path, info, NULL);
}

static struct qemu_devices find(const char *argv, size_t len)
{
    int dir = file_open_directory(root);
    struct qemu_devices devices;

    parse_qemu_devices(argv, len, &devices);
    assert_false(qemu_nics_find(dir, dir, 7, &devices));
    close(dir);
    return devices;
}

static void assert_nic(const struct qemu_devices *d, size_t i, const char *name,
                       const char *interface, int kind)
{
    assert_true(i < d->nic_count);
    assert_string_equal(d->nics[i].name, name);
    assert_string_equal(d->nics[i].interface, interface);
    assert_int_equal(d->nics[i].kind, kind);
}

#define FIND(argv) find(argv, sizeof(argv) - 1)

static void test_descriptors(void **state UNUSED)
{
    struct qemu_devices d =
        FIND("kvm\0-netdev\0tap,fd=33,id=a\0-device\0e1000,netdev=a\0-netdev\0tap,fds=40:41,id=b\0"
             "-device\0e1000,netdev=b\0-netdev\0tap,fd=50,id=c\0-device\0e1000,netdev=c\0"
             "-netdev\0tap,fd=99,id=d\0-device\0e1000,netdev=d\0-nic\0tap,ifname=tap9\0");

    assert_int_equal(d.nic_count, 6);
    assert_nic(&d, 0, "net0", "vnet0", QEMU_NIC_TAP);
    assert_nic(&d, 1, "net1", "macvtap3", QEMU_NIC_MACVTAP);
    assert_nic(&d, 2, "net2", "", QEMU_NIC_MACVTAP); /* no interface of this host has the number */
    /* What is left: the first tap for the NIC that has none, the other one was plugged in. */
    assert_nic(&d, 3, "net3", "vnet7", QEMU_NIC_TAP);
    assert_nic(&d, 4, "net4", "tap9", QEMU_NIC_TAP);
    assert_nic(&d, 5, "net5", "vnet2", QEMU_NIC_TAP);
    qemu_devices_done(&d);
}

static void test_helper(void **state UNUSED)
{
    struct qemu_devices d = FIND("kvm\0-nic\0bridge,br=vmbr1\0-nic\0user\0-nic\0tap,ifname=x%d\0");
    struct inventory *inventory = inventory_new("test");
    struct vm_info *vm = inventory_append(inventory);

    assert_int_equal(d.nic_count, 5);
    assert_nic(&d, 0, "net0", "vnet7", QEMU_NIC_TAP);
    assert_nic(&d, 1, "net1", "", QEMU_NIC_USER);
    assert_nic(&d, 2, "net2", "vnet0", QEMU_NIC_TAP);
    assert_nic(&d, 3, "net3", "tap9", QEMU_NIC_TAP);
    assert_nic(&d, 4, "net4", "vnet2", QEMU_NIC_TAP);
    vm->key = xstrdup("k");
    vm->name = xstrdup("n");
    qemu_nics_add(&d, vm);
    qemu_devices_done(&d);
    assert_int_equal(vm->nic_count, 5);
    assert_string_equal(vm->nics[0].bridge, "vmbr1");
    assert_int_equal(vm->nics[0].kind, NIC_KIND_TAP);
    assert_null(vm->nics[0].mac);
    assert_null(vm->nics[1].interface);
    assert_int_equal(vm->nics[1].kind, NIC_KIND_USER);
    assert_string_equal(vm->nics[4].interface, "vnet2");
    inventory_unref(inventory);
}

static void test_gone(void **state UNUSED)
{
    int dir = file_open_directory(root);
    struct qemu_devices d;

    parse_qemu_devices("kvm\0-nic\0tap,fd=3", 18, &d);
    assert_false(qemu_nics_find(dir, -1, 8, &d));
    assert_int_equal(d.nic_count, 1);
    assert_string_equal(d.nics[0].interface, "");
    qemu_devices_done(&d);
    close(dir);
}

static int make_tree(void **state UNUSED)
{
    copy_text(root, sizeof(root), "/tmp/proxtop-nics-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    make_file(0, "/dev/null", "pos:\t0\n");
    make_file(21, "/dev/net/tun", "pos:\t0\niff:\tvnet7\n");
    make_file(33, "/dev/net/tun", "pos:\t0\niff:\tvnet0\n");
    make_file(34, "/dev/net/tun", "pos:\t0\niff:\tvnet0\n"); /* its second queue */
    make_file(35, "/dev/net/tun", "pos:\t0\niff:\t\n");      /* no interface yet */
    make_file(36, "/dev/net/tun", "pos:\t0\niff:\ttap9\n");
    make_file(40, "/dev/tap12", "pos:\t0\n");
    make_file(50, "/dev/tap13", "pos:\t0\n");
    make_file(60, "/dev/net/tun", "pos:\t0\niff:\tvnet2\n");
    make_file(61, "socket:[1]", "pos:\t0\niff:\tno\n");
    make("class/net/lo/ifindex", "1\n", NULL);
    make("class/net/macvtap3/ifindex", "12\n", NULL);
    make("class/net/x/ifindex", "x\n", NULL);
    return 0;
}

static int remove_one(const char *path, const struct stat *stat UNUSED, int type UNUSED,
                      struct FTW *walk UNUSED)
{
    return remove(path);
}

static int remove_tree(void **state UNUSED)
{
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_helper),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
