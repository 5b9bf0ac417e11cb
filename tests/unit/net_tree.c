/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up roots with network devices. */
#include "net_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support.h"

static struct mono net_tree_mono(void *self)
{
    return (struct mono){((struct net_tree *)self)->now};
}

static void net_tree_path(const struct net_tree *tree, const char *path, char *whole, size_t size)
{
    snprintf(whole, size, "%s/%s", tree->root, path);
}

/* In place, as a kernel file changes: who has it open sees the new text. */
void net_tree_write(const struct net_tree *tree, const char *path, const char *data, size_t len)
{
    char whole[256];
    int fd;

    net_tree_path(tree, path, whole, sizeof(whole));
    for (char *slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(whole, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

void net_tree_puts(const struct net_tree *tree, const char *path, const char *text)
{
    net_tree_write(tree, path, text, strlen(text));
}

static int remove_one(const char *path, const struct stat *info UNUSED, int type UNUSED,
                      struct FTW *walk UNUSED)
{
    return remove(path);
}

void net_tree_remove(const struct net_tree *tree, const char *path)
{
    char whole[256];

    net_tree_path(tree, path, whole, sizeof(whole));
    assert_int_equal(nftw(whole, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void net_tree_link(const struct net_tree *tree, const char *target, const char *path)
{
    char whole[256];

    net_tree_path(tree, path, whole, sizeof(whole));
    assert_int_equal(symlink(target, whole), 0);
}

int net_tree_set_up(void **state)
{
    struct net_tree *tree = xcalloc(1, sizeof(*tree));
    char path[96];

    copy_text(tree->root, sizeof(tree->root), "/tmp/proxtop-test.XXXXXX");
    assert_non_null(mkdtemp(tree->root));
    net_tree_puts(tree, "proc/1/net/dev", NET_TREE_HEADER);
    net_tree_puts(tree, "sys/class/net/bonding_masters", "\n");
    net_tree_path(tree, "proc", path, sizeof(path));
    tree->proc_fd = file_open_directory(path);
    net_tree_path(tree, "sys", path, sizeof(path));
    tree->sys_fd = file_open_directory(path);
    assert_true(tree->proc_fd >= 0 && tree->sys_fd >= 0);
    tree->now = 1000;
    tree->clock = (struct clock_source){.mono = net_tree_mono, .self = tree};
    *state = tree;
    return 0;
}

int net_tree_tear_down(void **state)
{
    struct net_tree *tree = *state;

    netdevs_free(tree->netdevs);
    if (tree->sys_fd >= 0)
        close(tree->sys_fd);
    close(tree->proc_fd);
    assert_int_equal(nftw(tree->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(tree);
    return 0;
}

void net_tree_open(struct net_tree *tree, const char *considered)
{
    tree->netdevs = netdevs_new(tree->proc_fd, tree->sys_fd, &tree->clock, considered);
}

void net_tree_without_sysfs(struct net_tree *tree)
{
    close(tree->sys_fd);
    tree->sys_fd = -1;
}

void net_fake_put(struct buf *b, const struct net_fake *fake)
{
    buf_printf(b, "%6s: %7u", fake->name, fake->index * 1000000 + fake->age);
    for (unsigned i = 1; i < NET_DEV__COUNT; i++)
        buf_printf(b, " %7u", fake->age);
    buf_putc(b, '\n');
}

void net_tree_write_list(const struct net_tree *tree, const char *path,
                         const struct net_fake *fakes, size_t count)
{
    struct buf b = {0};

    buf_puts(&b, NET_TREE_HEADER);
    for (size_t i = 0; i < count; i++)
        net_fake_put(&b, &fakes[i]);
    net_tree_write(tree, path, b.data, b.len);
    buf_done(&b);
}

const struct net_fake *net_fake_find(const struct net_fake *fakes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fakes[i].name, name) == 0)
            return &fakes[i];
    }
    return NULL;
}

void net_tree_write_sysfs(struct net_tree *tree)
{
    const struct net_fake *other;
    char path[96], text[16];

    for (size_t i = 0; i < tree->shown_count; i++) {
        if (net_fake_find(tree->fakes, tree->count, tree->shown[i].name))
            continue;
        snprintf(path, sizeof(path), "sys/class/net/%s", tree->shown[i].name);
        net_tree_remove(tree, path);
    }
    for (size_t i = 0; i < tree->count; i++) {
        other = net_fake_find(tree->shown, tree->shown_count, tree->fakes[i].name);
        if (other && other->index == tree->fakes[i].index)
            continue;
        snprintf(path, sizeof(path), "sys/class/net/%s/ifindex", tree->fakes[i].name);
        snprintf(text, sizeof(text), "%u\n", tree->fakes[i].index);
        net_tree_puts(tree, path, text);
        if (!tree->fakes[i].physical)
            continue;
        snprintf(path, sizeof(path), "sys/class/net/%s/device/vendor", tree->fakes[i].name);
        net_tree_puts(tree, path, "0x8086\n");
    }
    memcpy(tree->shown, tree->fakes, sizeof(tree->shown));
    tree->shown_count = tree->count;
}

void net_tree_collect(struct net_tree *tree)
{
    tree->now += 1000;
    netdevs_collect(tree->netdevs, &tree->host);
}

/* A cycle in which every device grows older. */
void net_tree_cycle(struct net_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        tree->fakes[i].age++;
    net_tree_write_list(tree, "proc/1/net/dev", tree->fakes, tree->count);
    if (tree->sys_fd >= 0)
        net_tree_write_sysfs(tree);
    net_tree_collect(tree);
}

struct net_fake *net_tree_add(struct net_tree *tree, size_t at, const char *name, unsigned index)
{
    struct net_fake *fake = &tree->fakes[at];

    assert_true(tree->count < ARRAY_SIZE(tree->fakes) && at <= tree->count);
    memmove(fake + 1, fake, (tree->count - at) * sizeof(*fake));
    *fake = (struct net_fake){.index = index};
    copy_text(fake->name, sizeof(fake->name), name);
    tree->count++;
    return fake;
}

struct net_fake net_tree_take_out(struct net_tree *tree, size_t at)
{
    struct net_fake fake = tree->fakes[at];

    assert_true(at < tree->count);
    memmove(&tree->fakes[at], &tree->fakes[at + 1], (tree->count - at - 1) * sizeof(fake));
    tree->count--;
    return fake;
}

void net_fake_rename(struct net_fake *fake, const char *name)
{
    copy_text(fake->name, sizeof(fake->name), name);
}

/* What must hold after any cycle: the host's devices first, in the kernel's
 * order, each with its own readings, and no slot or birth twice. */
void net_tree_check(const struct net_tree *tree)
{
    const struct host_sample *host = &tree->host;
    bool *used = xcalloc(host->netdev_slot_count, sizeof(*used));

    assert_true(host->netdev_count >= tree->count);
    for (size_t i = 0; i < host->netdev_count; i++) {
        const struct netdev_sample *device = host->netdevs[i];

        assert_true(device->slot < host->netdev_slot_count);
        assert_false(used[device->slot]);
        used[device->slot] = true;
        assert_true(device->birth > 0);
        if (i >= tree->count)
            continue;
        assert_string_equal(device->name, tree->fakes[i].name);
        assert_int_equal(device->at.ns, tree->now);
        assert_int_equal(device->counters[0], tree->fakes[i].index * 1000000 + tree->fakes[i].age);
        assert_int_equal(device->counters[NET_DEV__COUNT - 1], tree->fakes[i].age);
    }
    free(used);
}

struct netdev_sample *net_tree_device(const struct net_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->host.netdev_count; i++) {
        if (strcmp(tree->host.netdevs[i]->name, name) == 0)
            return tree->host.netdevs[i];
    }
    return NULL;
}

uint64_t net_tree_birth(const struct net_tree *tree, const char *name)
{
    const struct netdev_sample *device = net_tree_device(tree, name);

    assert_non_null(device);
    return device->birth;
}

/* Devices n0, n1, ... with ifindexes from 1 on. */
void net_tree_fill(struct net_tree *tree, unsigned count)
{
    char name[IFNAMSIZ];

    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        net_tree_add(tree, i, name, i + 1);
    }
}
