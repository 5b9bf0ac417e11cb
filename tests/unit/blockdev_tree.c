/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree of block devices for the unit tests. */
#include "blockdev_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

struct blockdev_tree tree;

static struct mono tree_mono(void *self UNUSED)
{
    return tree.now;
}

static const struct clock_source tree_clock = {.mono = tree_mono};

static void tree_make_parents(const char *path)
{
    char *parent = xstrdup(path);

    for (char *slash = strchr(parent, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdirat(tree.root_fd, parent, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    free(parent);
}

void tree_put_bytes(const char *path, const char *data, size_t len)
{
    int fd;

    tree_make_parents(path);
    fd = openat(tree.root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

void tree_put(const char *path, const char *text)
{
    tree_put_bytes(path, text, strlen(text));
}

void tree_link(const char *path, const char *target)
{
    tree_make_parents(path);
    assert_int_equal(symlinkat(target, tree.root_fd, path), 0);
}

static int tree_remove_entry(const char *path, const struct stat *stat UNUSED, int type UNUSED,
                             struct FTW *ftw UNUSED)
{
    return remove(path);
}

void tree_gone(const char *path)
{
    char *whole = xasprintf("%s/%s", tree.path, path);

    assert_int_equal(nftw(whole, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(whole);
}

int tree_setup(void **state UNUSED)
{
    memset(&tree, 0, sizeof(tree));
    copy_text(tree.path, sizeof(tree.path), "/tmp/proxtop-test-XXXXXX");
    if (!mkdtemp(tree.path))
        return -1;
    tree.root_fd = file_open_directory(tree.path);
    tree_put("proc/x", "");
    tree_put("sys/x", "");
    tree.proc_fd = openat(tree.root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree.sys_fd = openat(tree.root_fd, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree.now = (struct mono){1000};
    return tree.root_fd < 0 || tree.proc_fd < 0 || tree.sys_fd < 0 ? -1 : 0;
}

int tree_teardown(void **state UNUSED)
{
    blockdevs_free(tree.devices);
    close(tree.root_fd);
    close(tree.proc_fd);
    close(tree.sys_fd);
    tree_gone("");
    return 0;
}

void tree_put_devices(const char *devices, unsigned first)
{
    struct buf text = {0};

    for (const char *p = devices; *p;) {
        size_t number = strcspn(p, ":"), minor = strcspn(p + number + 1, " ");
        const char *name = p + number + 1 + minor + 1;
        size_t len = strcspn(name, ",");

        buf_printf(&text, "%4.*s %7.*s %.*s", (int)number, p, (int)minor, p + number + 1, (int)len,
                   name);
        for (unsigned i = 0; i < DISKSTAT__COUNT; i++)
            buf_printf(&text, " %u", first + i + 1);
        buf_putc(&text, '\n');
        p = name + len;
        p += strspn(p, ", ");
    }
    tree_put_bytes("proc/diskstats", text.data ? text.data : "", text.len);
    buf_done(&text);
}

void tree_start(int sys_fd, const char *considered)
{
    blockdevs_free(tree.devices);
    tree.devices = blockdevs_new(tree.proc_fd, sys_fd, &tree_clock, considered);
    blockdevs_collect(tree.devices, &tree.host);
}

bool tree_cycle(void)
{
    uint64_t before = blockdevs_listing(tree.devices), after;

    tree.now.ns += (int64_t)NS_PER_S;
    blockdevs_collect(tree.devices, &tree.host);
    after = blockdevs_listing(tree.devices);
    assert_true(after == before || after == before + 1);
    return after != before;
}

const struct blockdev_sample *tree_device(const char *name)
{
    for (size_t i = 0; i < tree.host.blockdev_count; i++) {
        if (strcmp(tree.host.blockdevs[i]->name, name) == 0)
            return tree.host.blockdevs[i];
    }
    return NULL;
}

void assert_device(const char *name, const char *class, bool considered)
{
    const struct blockdev_sample *device = tree_device(name);

    if (!device)
        fail_msg("%s is not listed", name);
    if (strcmp(device->class, class) != 0 || device->considered != considered)
        fail_msg("%s is %s, %d", name, device->class, device->considered);
    assert_true(device->shown);
    assert_true(device->at.ns == tree.now.ns);
    assert_in_range(device->slot, 0, tree.host.blockdev_slot_count - 1);
}

void assert_ends_in(unsigned major, unsigned minor, const char *name)
{
    const struct blockdev_sample *device = blockdevs_find(tree.devices, makedev(major, minor));

    if (!device && name)
        fail_msg("%u:%u ends nowhere", major, minor);
    if (device && (!name || strcmp(device->name, name) != 0))
        fail_msg("%u:%u ends in %s", major, minor, device->name);
    /* Once more, from what was kept. */
    assert_ptr_equal(blockdevs_find(tree.devices, makedev(major, minor)), device);
}

void tree_put_mapped(const char *kernel, const char *name, const char *uuid)
{
    char path[128], text[256];

    snprintf(path, sizeof(path), "sys/block/%s/dm/name", kernel);
    snprintf(text, sizeof(text), "%s\n", name);
    tree_put(path, text);
    snprintf(path, sizeof(path), "sys/block/%s/dm/uuid", kernel);
    snprintf(text, sizeof(text), "%s\n", uuid);
    tree_put(path, text);
}

void tree_put_slave(const char *kernel, const char *slave)
{
    char path[128];

    snprintf(path, sizeof(path), "sys/block/%s/slaves/%s", kernel, slave);
    tree_link(path, "../elsewhere");
}
