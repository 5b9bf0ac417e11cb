/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading pid files and configurations of VMs. */
#include "connect/pve_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"

#define PVE_VMID_MAX     999999999
#define PVE_CONF_MAX     (1024 * 1024) /* what the cluster's file system allows */
#define PVE_CONF_YOUNG_S 2 /* its times have whole seconds: a younger one may change unseen */

/* "123.pid" */
static bool pve_pidfile_name(const char *name, char ret[PVE_VMID_SIZE])
{
    struct cursor c = cursor_of(name, strlen(name));
    const char *first = c.at;
    uint64_t vmid;
    size_t digits;

    if (*first == '0' || !cursor_u64(&c, &vmid) || vmid > PVE_VMID_MAX)
        return false;
    digits = (size_t)(c.at - first);
    if (!cursor_word(&c, ".pid") || c.at != c.end)
        return false;
    memcpy(ret, first, digits);
    ret[digits] = '\0';
    return true;
}

bool pve_pidfile_vmid(const char *pidfile, bool any_directory, char ret[PVE_VMID_SIZE])
{
    const char *slash = strrchr(pidfile, '/');
    struct cursor c = cursor_of(pidfile, slash ? (size_t)(slash - pidfile) : 0);

    if (!slash)
        return false;
    if (!any_directory) {
        /* /var/run is a link to /run, and QEMU was told either of them. */
        (void)cursor_word(&c, "/var");
        if (!cursor_word(&c, "/run/qemu-server") || c.at != c.end)
            return false;
    }
    return pve_pidfile_name(slash + 1, ret);
}

int pve_pidfile_check(int dir_fd, const char *vmid, pid_t pid, struct buf *text)
{
    char path[PVE_VMID_SIZE + 8];
    struct cursor c;
    uint64_t number;
    int r;

    snprintf(path, sizeof(path), "%s.pid", vmid);
    r = file_read_all(dir_fd, path, text, FILE_RECORD_SIZE);
    if (r < 0)
        return r;
    c = cursor_of(text->data, text->len);
    if (!cursor_u64(&c, &number) || number != (uint64_t)pid ||
        (c.at < c.end && *c.at != '\n' && *c.at != ' '))
        return -ESRCH;
    return 0;
}

static bool pve_conf_is_seen(const struct pve_conf_file *file, const struct stat *now)
{
    const struct stat *seen = &file->seen;

    return file->known && file->settled && seen->st_ino == now->st_ino &&
           seen->st_dev == now->st_dev && seen->st_size == now->st_size &&
           seen->st_mtim.tv_sec == now->st_mtim.tv_sec &&
           seen->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

static bool pve_text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether two configurations say the same; a file is often written anew as it was. */
static bool pve_conf_equal(const struct pve_conf *a, const struct pve_conf *b)
{
    if (!pve_text_equal(a->name, b->name) || !pve_text_equal(a->tags, b->tags) ||
        !pve_text_equal(a->lock, b->lock) || strcmp(a->uuid, b->uuid) != 0 ||
        a->is_template != b->is_template || a->memory_kb != b->memory_kb ||
        a->disk_count != b->disk_count || a->nic_count != b->nic_count)
        return false;
    for (size_t i = 0; i < a->disk_count; i++) {
        const struct pve_disk *x = &a->disks[i], *y = &b->disks[i];

        if (strcmp(x->name, y->name) != 0 || x->is_total != y->is_total ||
            x->size_bytes != y->size_bytes)
            return false;
    }
    for (size_t i = 0; i < a->nic_count; i++) {
        const struct pve_nic *x = &a->nics[i], *y = &b->nics[i];

        if (x->number != y->number || strcmp(x->mac, y->mac) != 0 ||
            strcmp(x->bridge, y->bridge) != 0)
            return false;
    }
    return true;
}

int pve_conf_file_update(struct pve_conf_file *file, int dir_fd, const char *vmid, struct buf *text)
{
    char path[PVE_VMID_SIZE + 8];
    struct pve_conf conf;
    struct stat now;
    bool changed;
    int r;

    snprintf(path, sizeof(path), "%s.conf", vmid);
    if (fstatat(dir_fd, path, &now, 0) < 0)
        return -errno;
    if (!S_ISREG(now.st_mode))
        return -EINVAL;
    if (pve_conf_is_seen(file, &now))
        return 0;
    r = file_read_all(dir_fd, path, text, PVE_CONF_MAX);
    if (r < 0)
        return r;
    parse_pve_conf(text->data, text->len, &conf);
    changed = !file->known || !pve_conf_equal(&file->conf, &conf);
    pve_conf_done(&file->conf);
    file->conf = conf;
    file->seen = now;
    file->known = true;
    file->settled = clock_system.wall(NULL).tv_sec - now.st_mtim.tv_sec > PVE_CONF_YOUNG_S;
    return changed;
}

void pve_conf_file_done(struct pve_conf_file *file)
{
    pve_conf_done(&file->conf);
    *file = (struct pve_conf_file){0};
}
