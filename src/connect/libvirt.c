/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connector for hosts with libvirt, over a read-only connection: the
 * domains are the VMs. Without an event loop there is no keepalive, so a dead
 * connection shows by the errors of calls or by the guard.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/connector.h"
#include "connect/libvirt_descriptions.h"
#include "connect/libvirt_devices.h"
#include "connect/libvirt_domains.h"
#include "connect/libvirt_processes.h"
#include "connect/libvirt_uri.h"
#include "connect/libvirt_values.h"
#include "connect/libvirt_vcpus.h"

#define LIBVIRT_OPEN_MS    3000
#define LIBVIRT_MONITOR_MS 500
#define LIBVIRT_SCAN_MS    5000
#define LIBVIRT_BEAT_S     2.0
/* A round costs libvirtd and the QEMUs time: pause so much longer than it took. */
#define LIBVIRT_BEAT_ROUNDS   4.0
#define LIBVIRT_HOST_NAME_MAX 256

struct libvirt_state {
    struct connector_config config;
    struct libvirt_link link;
    char *run_dir;  /* where the driver keeps its files of domains; NULL = none */
    bool is_remote; /* procfs shows another host than the domains' */
    char their_host[LIBVIRT_HOST_NAME_MAX]; /* with is_remote; "" = it does not tell */
    bool told_hidden;
    unsigned blind_rounds; /* one after another in which no domain's process was seen */
    struct complaint procfs_trouble;
    struct libvirt_processes *processes;
    struct libvirt_vcpus *vcpus;
    struct libvirt_descriptions *descriptions;
};

/* A domain that may be asked for "info cpus". */
struct libvirt_question {
    struct libvirt_state *state;
    struct connector_guard *guard;
    virDomainPtr handle;
};

static void libvirt_close(void *pointer)
{
    struct libvirt_state *state = pointer;

    libvirt_link_close(&state->link, NULL);
    libvirt_descriptions_free(state->descriptions);
    libvirt_vcpus_free(state->vcpus);
    libvirt_processes_free(state->processes);
    free(state->run_dir);
    free(state->link.uri);
    libvirt_api_unload(&state->link.api);
    free(state);
}

static int libvirt_fail_open(const struct libvirt_failure *failure, const char *uri,
                             struct connector_error *error)
{
    bool of_system = failure->code == VIR_ERR_SYSTEM_ERROR;
    const char *advice = "";

    if (of_system && (failure->detail == ENOENT || failure->detail == ECONNREFUSED)) {
        advice = "; does libvirtd or virtqemud run there?";
        error->trouble = CONNECTOR_NO_LISTENER;
    } else if (failure->code == VIR_ERR_AUTH_FAILED || failure->code == VIR_ERR_AUTH_CANCELLED ||
               failure->code == VIR_ERR_AUTH_UNAVAILABLE ||
               (of_system && (failure->detail == EACCES || failure->detail == EPERM))) {
        advice = "; it takes root or the group libvirt";
        error->trouble = CONNECTOR_DENIED;
    } else if (strstr(failure->text, "user record for uid")) { /* no code tells it */
        advice = "; such users (DynamicUser=) have names where libnss-systemd is installed";
        error->trouble = CONNECTOR_NO_ACCOUNT;
    }
    snprintf(error->text, sizeof(error->text), "cannot open '%.60s': %.140s%s",
             uri ? uri : "the default connection", failure->text, advice);
    if (failure->code == VIR_ERR_SYSTEM_ERROR && failure->detail > 0)
        return -failure->detail;
    return -ENOTCONN;
}

static int libvirt_connect(struct libvirt_state *state, struct connector_guard *guard,
                           struct connector_error *error)
{
    struct libvirt_link *link = &state->link;
    const char *asked = state->config.uri ? state->config.uri : getenv("LIBVIRT_DEFAULT_URI");
    char *uri = asked && *asked ? libvirt_uri_without_prompt(asked) : NULL;
    struct libvirt_failure failure;
    int r = 0;

    connector_guard_set(guard, LIBVIRT_OPEN_MS, "opening the connection");
    if (link->api.virInitialize() == 0)
        link->connection = state->config.allow_hmp ? link->api.virConnectOpen(uri)
                                                   : link->api.virConnectOpenReadOnly(uri);
    if (!link->connection) {
        libvirt_api_note_failure(&link->api, NULL, &failure);
        r = libvirt_fail_open(&failure, uri, error);
    }
    if (connector_guard_clear(guard))
        r = -ECANCELED;
    if (r == 0) {
        link->uri = link->api.virConnectGetURI(link->connection);
        if (!link->uri)
            link->uri = xstrdup(uri ? uri : "");
    }
    free(uri);
    return r;
}

/* The name of the host of the domains; "" = it does not tell. */
static int libvirt_read_their_host(struct libvirt_state *state, struct connector_guard *guard,
                                   char *name, struct connector_error *error)
{
    struct libvirt_link *link = &state->link;
    struct libvirt_failure failure;
    char *theirs;
    int r = 0;

    name[0] = '\0';
    connector_guard_set(guard, LIBVIRT_OPEN_MS, "asking for the host name");
    theirs = link->api.virConnectGetHostname(link->connection);
    if (theirs) {
        copy_text(name, LIBVIRT_HOST_NAME_MAX, theirs);
    } else {
        libvirt_api_note_failure(&link->api, link->connection, &failure);
        if (failure.lost)
            r = libvirt_fail_open(&failure, link->uri, error);
    }
    free(theirs);
    return connector_guard_clear(guard) ? -ECANCELED : r;
}

/* A live procfs answers sys/kernel/hostname from the reader's UTS namespace, not from its own. */
static bool libvirt_is_foreign_uts(int proc_fd)
{
    char ours[64] = "", theirs[64] = "";
    struct statfs fs;

    if (fstatfs(proc_fd, &fs) != 0 || fs.f_type != PROC_SUPER_MAGIC)
        return false;
    if (readlink("/proc/self/ns/uts", ours, sizeof(ours) - 1) < 0 ||
        readlinkat(proc_fd, "1/ns/uts", theirs, sizeof(theirs) - 1) < 0)
        return true; /* not for us to see: nothing is known */
    return strcmp(ours, theirs) != 0;
}

/* The name of the host that procfs shows; "" = it does not tell. */
static void libvirt_read_our_host(int proc_fd, char *name)
{
    struct buf text = {0};

    name[0] = '\0';
    if (file_read_all(proc_fd, "sys/kernel/hostname", &text, FILE_RECORD_SIZE) == 0)
        copy_text(name, LIBVIRT_HOST_NAME_MAX, buf_text(&text));
    name[strcspn(name, "\n")] = '\0';
    buf_done(&text);
}

/* Finds out whether the processes in procfs can be those of the domains. */
static int libvirt_compare_hosts(struct libvirt_state *state, struct connector_guard *guard,
                                 struct connector_error *error)
{
    char theirs[LIBVIRT_HOST_NAME_MAX], ours[LIBVIRT_HOST_NAME_MAX];
    const char *uri = state->link.uri;
    int r;

    if (!libvirt_uri_host(uri, theirs, sizeof(theirs)))
        return 0;
    r = libvirt_read_their_host(state, guard, theirs, error);
    if (r < 0)
        return r;
    libvirt_read_our_host(state->config.proc_fd, ours);
    if (libvirt_same_host(theirs, ours))
        return 0;
    if (state->config.procfs_given) {
        if (libvirt_is_foreign_uts(state->config.proc_fd))
            return 0;
        /* Nothing contradicts the user where one side does not tell its name. */
        if (!theirs[0] || !ours[0])
            return 0;
        snprintf(error->text, sizeof(error->text),
                 "--procfs shows the host '%.60s', but '%.60s' is a connection to '%.60s'", ours,
                 uri, theirs);
        error->usage = true;
        error->fatal = true;
        return -EINVAL;
    }
    state->is_remote = true;
    copy_text(state->their_host, sizeof(state->their_host), theirs);
    log_notice("libvirt: '%s' is a connection to another host (%s): what is read from /proc and "
               "/sys, as CPU and RSS, is not available for its VMs; run proxtop there, or name "
               "that host's procfs with --procfs",
               uri, theirs[0] ? theirs : "which does not tell its name");
    return 0;
}

static int libvirt_open(const struct connector_config *config, struct connector_guard *guard,
                        void **ret_state, struct connector_error *error)
{
    struct libvirt_state *state = xcalloc(1, sizeof(*state));
    int r;

    state->config = *config;
    state->link.has_statistics = config->libvirt_interval != 0;
    state->link.has_nowait = true;
    state->link.wants_disks = config->wants_disks;
    state->link.wants_nics = config->wants_nics;
    r = libvirt_api_load(&state->link.api, config->allow_hmp, error);
    if (r == 0)
        r = libvirt_connect(state, guard, error);
    if (r == 0)
        r = libvirt_compare_hosts(state, guard, error);
    if (r < 0) {
        libvirt_link_close(&state->link, r == -ECANCELED ? NULL : guard);
        libvirt_close(state);
        return r;
    }
    state->run_dir = libvirt_uri_run_dir(state->link.uri, getenv("XDG_RUNTIME_DIR"));
    state->processes = libvirt_processes_new(config->proc_fd, state->run_dir);
    state->vcpus = libvirt_vcpus_new(config->proc_fd, config->sys_fd, state->run_dir);
    state->descriptions = libvirt_descriptions_new(&clock_system);
    *ret_state = state;
    return 0;
}

static int libvirt_ask_monitor(void *self, char **ret_text)
{
    const struct libvirt_question *question = self;
    const struct libvirt_api *api = &question->state->link.api;
    char *text = NULL;
    int r;

    connector_guard_set(question->guard, LIBVIRT_MONITOR_MS, "asking QEMU for \"info cpus\"");
    r = api->virDomainQemuMonitorCommand(question->handle, "info cpus", &text,
                                         VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP);
    if (connector_guard_clear(question->guard)) {
        if (r == 0)
            free(text);
        return -ECANCELED;
    }
    if (r < 0 || !text)
        return -EIO;
    *ret_text = text;
    return 0;
}

/* Finds the QEMU process of the domain and what must be known of its threads. */
static int libvirt_attach_process(struct libvirt_state *state, struct connector_guard *guard,
                                  const struct libvirt_domain *domain, struct vm_info *vm)
{
    const struct qemu_process *process =
        libvirt_processes_find(state->processes, domain->uuid, domain->name);
    struct libvirt_question question = {state, guard, domain->handle};
    const struct libvirt_monitor monitor = {libvirt_ask_monitor, &question};

    if (!process)
        return 0;
    vm->pid = process->pid;
    vm->start_ticks = process->start_ticks;
    vm_info_set_helpers(vm, process->helpers, process->helper_count);
    return libvirt_vcpus_find(state->vcpus, vm,
                              state->config.allow_hmp && domain->answered ? &monitor : NULL);
}

/* What a domain that did not answer told before. */
static void libvirt_carry_over(struct vm_info *vm, const struct vm_info *before)
{
    if (!before) {
        vm->answered_at = clock_mono(&clock_system);
        vm->never_answered = true;
        return;
    }
    vm->answered_at = before->answered_at;
    vm->never_answered = before->never_answered;
    for (size_t i = 0; i < READING__COUNT; i++) {
        if (!raw_valid(vm->readings[i]))
            vm->readings[i] = before->readings[i];
    }
}

static struct vm_info *libvirt_append_vm(struct inventory *inventory,
                                         const struct libvirt_domain *domain)
{
    struct vm_info *vm = inventory_append(inventory);

    if (!vm)
        return NULL;
    vm->key = xstrdup(domain->uuid);
    vm->uuid = xstrdup(domain->uuid);
    vm->name = xstrndup(domain->name, INVENTORY_NAME_MAX);
    vm->state = domain->state;
    vm->has_source = true;
    memcpy(vm->readings, domain->readings, sizeof(vm->readings));
    copy_text(vm->stale_reason, sizeof(vm->stale_reason), domain->stale_reason);
    vm->answered_at = domain->answered_at;
    return vm;
}

/* The disks and NICs of the domain, and what it told before if it did not
 * answer. Its process is there if there is one: what another one did is not its. */
static void libvirt_complete_vm(struct libvirt_state *state, const struct libvirt_domain *domain,
                                const struct inventory *previous, struct vm_info *vm)
{
    struct libvirt_devices devices = {
        .statistics = &domain->statistics,
        .description = domain->description,
        /* Another host's paths mean nothing here. */
        .images = state->is_remote ? NULL : state->config.images,
    };

    if (!(domain->answered && domain->can_ask))
        devices.before = inventory_find_before(previous, vm);
    if (!domain->answered)
        libvirt_carry_over(vm, devices.before);
    if (state->link.wants_disks)
        libvirt_append_disks(&devices, vm);
    if (state->link.wants_nics)
        libvirt_append_nics(&devices, vm);
    if (devices.description && devices.description->hostdevs)
        vm->hostdevs = xstrdup(devices.description->hostdevs);
    else if (!devices.description && devices.before && devices.before->hostdevs)
        vm->hostdevs = xstrdup(devices.before->hostdevs);
}

/* The processes of this round, unless they are another host's: 1 = there they
 * are, 0 = not this time, -ECANCELED. */
static int libvirt_update_processes(struct libvirt_state *state, struct connector_guard *guard)
{
    int r;

    if (state->is_remote)
        return 0;
    connector_guard_set(guard, LIBVIRT_SCAN_MS, "reading the process list");
    r = libvirt_processes_update(state->processes, guard);
    if (connector_guard_clear(guard))
        return -ECANCELED;
    if (r < 0) {
        complain(&state->procfs_trouble, LOG_WARNING, "libvirt: cannot read the process list: %s",
                 strerror(-r));
        return 0;
    }
    complaint_recover(&state->procfs_trouble, "libvirt: the process list can be read again");
    return 1;
}

/* `missing` of `count` domains have no process that can be seen. */
static void libvirt_tell_hidden(struct libvirt_state *state, size_t missing, size_t count)
{
    /* A domain that just starts or ends has none either: once is nothing. */
    state->blind_rounds = missing && missing == count ? state->blind_rounds + 1 : 0;
    if (!missing || state->told_hidden ||
        (state->blind_rounds < 3 && !libvirt_processes_are_hidden(state->processes)))
        return;
    state->told_hidden = true;
    log_notice(
        "libvirt: the process%s of %zu VM%s cannot be seen by this user (hidepid of /proc, or "
        "a container): what is read from /proc is not available there; proxtop --doctor tells why",
        missing == 1 ? "" : "es", missing, missing == 1 ? "" : "s");
}

static int libvirt_make_inventory(struct libvirt_state *state, struct connector_guard *guard,
                                  const struct libvirt_domains *domains,
                                  const struct inventory *previous, struct inventory *inventory)
{
    int has_processes = libvirt_update_processes(state, guard);
    size_t missing = 0;

    if (has_processes < 0)
        return has_processes;
    inventory->elsewhere = state->is_remote;
    copy_text(inventory->host_name, sizeof(inventory->host_name), state->their_host);

    for (size_t i = 0; i < domains->count; i++) {
        const struct libvirt_domain *domain = &domains->list[i];
        struct vm_info *vm = domain->gone ? NULL : libvirt_append_vm(inventory, domain);
        int r = vm && has_processes ? libvirt_attach_process(state, guard, domain, vm) : 0;

        if (r < 0)
            return r;
        if (!vm)
            continue;
        missing += !vm->pid;
        libvirt_complete_vm(state, domain, previous, vm);
    }
    libvirt_vcpus_end_round(state->vcpus);
    if (has_processes) {
        inventory->strangers = libvirt_processes_strangers(state->processes);
        libvirt_tell_hidden(state, missing, domains->count);
    }
    inventory_finish(inventory);
    return 0;
}

static int libvirt_round(void *pointer, struct connector_guard *guard,
                         const struct inventory *previous, struct inventory **ret_inventory,
                         struct connector_error *error)
{
    struct libvirt_state *state = pointer;
    struct libvirt_domains domains = {0};
    struct inventory *inventory;
    int r = libvirt_domains_read(&state->link, guard, &domains, error);

    if (r == 0 && (state->link.wants_disks || state->link.wants_nics)) {
        r = libvirt_descriptions_update(state->descriptions, &state->link, guard, &domains, error);
        if (r < 0)
            libvirt_domains_done(&state->link, &domains);
    }
    if (r < 0) {
        /* Under the guard: the connection can be one that nobody answers. */
        if (r != -ECANCELED)
            libvirt_link_close(&state->link, guard);
        return r;
    }
    inventory = inventory_new(connector_libvirt.name);
    r = libvirt_make_inventory(state, guard, &domains, previous, inventory);
    libvirt_domains_done(&state->link, &domains);
    if (r < 0) {
        inventory_unref(inventory);
        return r;
    }
    *ret_inventory = inventory;
    return 0;
}

static double libvirt_beat(const struct connector_config *config, double last_round)
{
    double beat = config->interval > LIBVIRT_BEAT_S ? config->interval : LIBVIRT_BEAT_S;

    if (config->libvirt_interval > 0)
        return config->libvirt_interval;
    return beat > LIBVIRT_BEAT_ROUNDS * last_round ? beat : LIBVIRT_BEAT_ROUNDS * last_round;
}

const struct connector_ops connector_libvirt = {
    .name = "libvirt",
    .open = libvirt_open,
    .round = libvirt_round,
    .close = libvirt_close,
    .beat = libvirt_beat,
};
