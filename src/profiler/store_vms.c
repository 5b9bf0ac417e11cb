/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMs whose profiles are kept, and their files. */
#include "profiler/store_vms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that no name of a VM has. */
#define STORE_HOST_FILE ".host"

struct store_vm {
    struct store_id id;
    unsigned users; /* entered so many times more than left */
    bool kept;      /* its name is ours, and what is there may be replaced */
    bool failed;    /* the last writing */
    char name[STORE_NAME_SIZE];
    char file[STORE_FILE_SIZE];
};

struct store_id store_id_make(const char *uuid, const char *key)
{
    struct store_id id = {.uuid = xstrdup(uuid ? uuid : ""), .key = xstrdup(key ? key : "")};

    id.hash = hash_bytes(id.key, strlen(id.key), hash_text(id.uuid));
    return id;
}

void store_id_done(struct store_id *id)
{
    free(id->uuid);
    free(id->key);
    *id = (struct store_id){0};
}

bool store_id_equal(const struct store_id *a, const struct store_id *b)
{
    return a->hash == b->hash && strcmp(a->uuid, b->uuid) == 0 && strcmp(a->key, b->key) == 0;
}

/* The number of a VM, or count. */
static size_t store_vms_find(const struct store_vms *vms, const struct store_id *id)
{
    size_t i = 0;

    while (i < vms->count && !store_id_equal(&vms->vms[i]->id, id))
        i++;
    return i;
}

static bool store_name_in_use(const void *argument, const char *name)
{
    const struct store_vms *vms = argument;

    for (size_t i = 0; i < vms->count; i++)
        if (vms->vms[i]->kept && strcmp(vms->vms[i]->name, name) == 0)
            return true;
    return false;
}

static void store_file_beside(const struct store_vms *vms, const char *name,
                              char file[STORE_FILE_SIZE])
{
    snprintf(file, STORE_FILE_SIZE, "%s.%s", name, vms->fingerprint);
}

/* UUID, or UUID+KEY if another VM here has that, or if it had when this one was here last: it must
 * not get the other one's profile because it comes first today. */
static bool store_vm_name(const struct store_vms *vms, struct store_vm *vm)
{
    char own[STORE_NAME_SIZE], beside[STORE_FILE_SIZE];
    bool own_is_free, own_is_there;

    store_name_make(vm->id.uuid, vm->id.key, own);
    store_file_beside(vms, own, beside);
    own_is_free = !store_name_in_use(vms, own);
    own_is_there = store_dir_has(&vms->dir, own) || store_dir_has(&vms->dir, beside);
    store_name_make(vm->id.uuid, NULL, vm->name);
    if ((own_is_there && own_is_free) || store_name_in_use(vms, vm->name))
        copy_text(vm->name, sizeof(vm->name), own);
    return !store_name_in_use(vms, vm->name);
}

/* The VM's name and its lock. */
static void store_vm_claim(const struct store_vms *vms, struct store_vm *vm)
{
    int r = store_vm_name(vms, vm) ? store_dir_lock(&vms->dir, vm->name) : -EBUSY;

    if (r == 0)
        vm->kept = true;
    else if (r == -EAGAIN)
        log_warning("'%s/%s' is in use by another proxprofiler: what is learned of this VM here is "
                    "not kept",
                    vms->dir.path, vm->name);
    else
        log_warning("'%s/%s' cannot be locked: %s; what is learned of this VM is not kept",
                    vms->dir.path, vm->name, strerror(-r));
}

enum store_found { STORE_NONE, STORE_GOOD, STORE_OTHER, STORE_FAILED };

static enum store_found store_set_aside(const struct store_vms *vms, const char *file,
                                        const char *why)
{
    int r = store_dir_set_aside(&vms->dir, file);

    if (r == 0) {
        log_warning("'%s/%s' is no saved profile: %s; it is now '%s.bad', and learning starts anew",
                    vms->dir.path, file, why, file);
        return STORE_NONE;
    }
    log_warning("'%s/%s' is no saved profile: %s; it cannot be renamed: %s; what is learned of "
                "this VM is not kept",
                vms->dir.path, file, why, strerror(-r));
    return STORE_FAILED;
}

/* What a file is; of a good one its profile, and why another one is not good. */
static enum store_found store_look(const struct store_vms *vms, const char *file,
                                   struct profile **ret, char *why, size_t size)
{
    struct vm_identity vm = {0};
    enum state_verdict verdict;
    struct buf b = {0};
    int r = store_dir_read(&vms->dir, file, &b, STATE_SIZE_MAX);

    if (r == 0) {
        verdict = state_read(b.data, b.len, vms->settings, NULL, &vm, ret, why, size);
        buf_done(&b);
        if (verdict == STATE_GOOD)
            vm_identity_done(&vm);
        if (verdict == STATE_BAD)
            return store_set_aside(vms, file, why);
        return verdict == STATE_GOOD ? STORE_GOOD : STORE_OTHER;
    }
    buf_done(&b);
    if (r == -ENOENT)
        return STORE_NONE;
    if (r == -EFBIG)
        return store_set_aside(vms, file, "too large");
    log_warning("'%s/%s' cannot be read: %s; it stays as it is, and what is learned of this VM is "
                "not kept",
                vms->dir.path, file, r == -EINVAL ? "not a regular file" : strerror(-r));
    return STORE_FAILED;
}

/* What is kept of the host, or NULL; host->kept becomes false if that must not be replaced. */
static struct state_host *store_host_load(const struct store_vms *vms, struct store_vm *host)
{
    enum state_verdict verdict;
    struct state_host *saved = NULL;
    struct buf b = {0};
    char why[256] = "";
    int r = store_dir_read(&vms->dir, host->file, &b, STATE_SIZE_MAX);

    if (r == 0) {
        verdict = state_host_read(b.data, b.len, &saved, why, sizeof(why));
        if (verdict == STATE_BAD)
            host->kept = store_set_aside(vms, host->file, why) != STORE_FAILED;
        else if (verdict == STATE_OTHER)
            host->kept = false;
    } else if (r == -EFBIG) {
        host->kept = store_set_aside(vms, host->file, "too large") != STORE_FAILED;
    } else if (r != -ENOENT) {
        host->kept = false;
        copy_text(why, sizeof(why), r == -EINVAL ? "not a regular file" : strerror(-r));
    }
    buf_done(&b);
    if (!host->kept)
        log_warning("'%s/%s' stays as it is (%s): what is measured of the host is not kept",
                    vms->dir.path, host->file, why);
    return saved;
}

struct state_host *store_vms_enter_host(struct store_vms *vms)
{
    struct store_vm *host;
    struct state_host *saved;
    int r;

    if (vms->host)
        return NULL;
    vms->host = host = xcalloc(1, sizeof(*host));
    copy_text(host->name, sizeof(host->name), STORE_HOST_FILE);
    copy_text(host->file, sizeof(host->file), STORE_HOST_FILE);
    r = store_dir_lock(&vms->dir, host->name);
    host->kept = r == 0;
    /* Of two that share a directory the first one keeps it. */
    if (r == -EAGAIN)
        log_info("'%s/%s' is in use by another proxprofiler: what is measured of the host here is "
                 "not kept",
                 vms->dir.path, host->name);
    else if (r < 0)
        log_warning("'%s/%s' cannot be locked: %s; what is measured of the host is not kept",
                    vms->dir.path, host->name, strerror(-r));
    if (!host->kept)
        return NULL;
    saved = store_host_load(vms, host);
    if (!host->kept)
        store_dir_unlock(&vms->dir, host->name);
    return saved;
}

/* Decides which file is the VM's. Returns the profile that is in it, or NULL. */
static struct profile *store_vm_load(const struct store_vms *vms, struct store_vm *vm)
{
    char beside[STORE_FILE_SIZE], why[256] = "";
    struct profile *profile = NULL;
    enum store_found found, own;

    store_file_beside(vms, vm->name, beside);
    copy_text(vm->file, sizeof(vm->file), beside);
    found = store_look(vms, beside, &profile, why, sizeof(why));
    if (found == STORE_GOOD)
        return profile;
    vm->kept = found != STORE_FAILED;
    if (!vm->kept)
        return NULL;
    own = store_look(vms, vm->name, &profile, why, sizeof(why));
    if (own == STORE_FAILED) {
        vm->kept = false;
    } else if (own != STORE_OTHER) {
        copy_text(vm->file, sizeof(vm->file), vm->name);
    } else if (found == STORE_OTHER) {
        vm->kept = false;
        log_warning("'%s/%s' and '%s' were learned with other settings or by another version: they "
                    "stay as they are, and what is learned of this VM is not kept",
                    vms->dir.path, vm->name, beside);
    } else {
        log_notice("'%s/%s' was learned with other settings or by another version (%s): it stays "
                   "as it is, and a new profile goes to '%s'",
                   vms->dir.path, vm->name, why, beside);
    }
    return own == STORE_GOOD ? profile : NULL;
}

static struct store_vm *store_vm_add(struct store_vms *vms, const struct store_id *id)
{
    struct store_vm *vm = xcalloc(1, sizeof(*vm));

    vm->id = store_id_make(id->uuid, id->key);
    store_vm_claim(vms, vm);
    vms->vms = array_grow(vms->vms, &vms->capacity, vms->count + 1, sizeof(struct store_vm *));
    vms->vms[vms->count++] = vm;
    return vm;
}

static struct store_vm *store_vm_enter(struct store_vms *vms, const struct store_id *id,
                                       struct profile **ret_profile)
{
    size_t i = store_vms_find(vms, id);
    struct store_vm *vm = i < vms->count ? vms->vms[i] : store_vm_add(vms, id);

    *ret_profile = NULL;
    if (vm->kept) {
        *ret_profile = store_vm_load(vms, vm);
        if (!vm->kept)
            store_dir_unlock(&vms->dir, vm->name);
    }
    vm->users++;
    return vm;
}

struct profile *store_vms_enter(struct store_vms *vms, const struct store_id *id)
{
    struct profile *profile;

    (void)store_vm_enter(vms, id, &profile);
    return profile;
}

static void store_vm_set_failed(struct store_vms *vms, struct store_vm *vm, bool failed)
{
    vms->failed += (size_t)failed;
    vms->failed -= (size_t)vm->failed;
    vm->failed = failed;
}

static void store_vm_lock_again(const struct store_dir *dir, struct store_vm *vm)
{
    if (!vm->kept || store_dir_lock(dir, vm->name) == 0)
        return;
    vm->kept = false;
    log_warning("'%s/%s' cannot be locked any more: what is learned of this VM is not kept",
                dir->path, vm->name);
}

/* The directory was removed: it is made again, and the names are taken there. 0 or -errno. */
static int store_vms_renew(struct store_vms *vms)
{
    struct store_dir dir;
    char error[512];
    int r = store_dir_open(vms->dir.path, &dir, error, sizeof(error));

    if (r < 0)
        return r;
    for (size_t i = 0; i < vms->count; i++)
        store_vm_lock_again(&dir, vms->vms[i]);
    if (vms->host)
        store_vm_lock_again(&dir, vms->host);
    log_notice("'%s' was removed, and is made again", dir.path);
    store_dir_close(&vms->dir);
    vms->dir = dir;
    return 0;
}

static int store_vm_write(struct store_vms *vms, const struct store_vm *vm, const struct buf *text)
{
    int r;

    /* What could not be read again would be taken for damaged. */
    if (text->len > STATE_SIZE_MAX)
        return -EFBIG;
    r = store_dir_write(&vms->dir, vm->file, text->data, text->len);
    if (r != -ENOENT || !store_dir_is_gone(&vms->dir) || store_vms_renew(vms) < 0 || !vm->kept)
        return r;
    return store_dir_write(&vms->dir, vm->file, text->data, text->len);
}

static void store_vm_put(struct store_vms *vms, struct store_vm *vm, const struct buf *text)
{
    int r;

    if (!vm->kept)
        return;
    r = store_vm_write(vms, vm, text);
    store_vm_set_failed(vms, vm, r < 0);
    if (r < 0)
        complain(&vms->writing, LOG_WARNING, "cannot write '%s/%s': %s; the old one stays",
                 vms->dir.path, vm->file, strerror(-r));
    else if (vms->failed == 0)
        complaint_recover(&vms->writing, "profiles are written to '%s' again", vms->dir.path);
}

void store_vms_put(struct store_vms *vms, const struct store_id *id, const struct buf *text)
{
    struct profile *profile = NULL;
    size_t i = store_vms_find(vms, id);
    struct store_vm *vm = i < vms->count ? vms->vms[i] : store_vm_enter(vms, id, &profile);

    profile_free(profile);
    store_vm_put(vms, vm, text);
}

void store_vms_put_host(struct store_vms *vms, const struct buf *text)
{
    if (vms->host)
        store_vm_put(vms, vms->host, text);
}

static void store_vm_free(struct store_vms *vms, size_t i)
{
    struct store_vm *vm = vms->vms[i];

    if (vm->kept)
        store_dir_unlock(&vms->dir, vm->name);
    store_vm_set_failed(vms, vm, false);
    store_id_done(&vm->id);
    free(vm);
    vms->vms[i] = vms->vms[--vms->count];
}

bool store_vms_leave(struct store_vms *vms, const struct store_id *id)
{
    size_t i = store_vms_find(vms, id);
    bool written;

    if (i == vms->count || --vms->vms[i]->users > 0)
        return true;
    written = !vms->vms[i]->failed;
    store_vm_free(vms, i);
    return written;
}

void store_vms_clean(const struct store_vms *vms, bool states)
{
    store_dir_clean(&vms->dir, clock_system.wall(clock_system.self), states ? vms->keep_seconds : 0,
                    store_name_in_use, vms);
}

void store_vms_done(struct store_vms *vms)
{
    while (vms->count > 0)
        store_vm_free(vms, vms->count - 1);
    free(vms->vms);
    free(vms->host); /* its lock goes with the directory */
    store_dir_close(&vms->dir);
}
