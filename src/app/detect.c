/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Auto-detection of the hypervisor interface. */
#include "app/detect.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/libvirt_uri.h"

#define DETECT_OPEN_S 3.0

struct connector_config detect_config(const struct options *options, const struct roots *roots)
{
    const char *uri = options->connection ? options->connection : getenv("LIBVIRT_DEFAULT_URI");

    return (struct connector_config){
        .proc_fd = roots->proc_fd,
        .sys_fd = roots->sys_fd,
        .procfs_given = options->procfs,
        .uri = uri && *uri ? uri : "qemu:///system",
        .allow_hmp = options->allow_hmp,
        .interval = options->interval,
        .libvirt_interval = options->libvirt_interval,
        .qmp_interval = options->qmp_interval,
        .guest_stats_s = (unsigned)ceil(options->guest_stats),
        .pve_run = options->pve_run,
        .pve_conf = options->pve_conf,
    };
}

void detect_describe_vms(const struct inventory *inventory, char *text, size_t size)
{
    int n;

    if (!inventory) {
        snprintf(text, size, "still looking for VMs");
        return;
    }
    n = snprintf(text, size, "%zu VM%s", inventory->count, inventory->count == 1 ? "" : "s");
    if (inventory->strangers && n > 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n,
                 ", and %zu QEMU process%s that it does not know (--processes shows all)",
                 inventory->strangers, inventory->strangers == 1 ? "" : "es");
}

/* Whether a program of that name is on PATH; it is only looked for. */
static bool detect_has_program(const char *name)
{
    const char *path = getenv("PATH");

    while (path && *path) {
        size_t len = strcspn(path, ":");
        char file[512];
        int n =
            snprintf(file, sizeof(file), "%.*s/%s", (int)min_size(len, sizeof(file)), path, name);

        if (len && n > 0 && (size_t)n < sizeof(file) && access(file, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

const char *detect_proxmox(const char *root)
{
    char pve[512];
    int n = snprintf(pve, sizeof(pve), "%s/etc/pve", root);
    /* A mount by FUSE that hangs must not be asked; O_PATH does not. */
    int fd = n > 0 && (size_t)n < sizeof(pve) ? open(pve, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        close(fd);
        return "/etc/pve is there";
    }
    return detect_has_program("qm") ? "qm is there" : NULL;
}

/* Of what was found, not of what was asked for, is told how many VMs it has. */
static void detect_start(const struct connector_ops *ops, const struct connector_config *config,
                         const char *why, struct detected *ret)
{
    ret->connector = connector_start(ops, config);
    copy_text(ret->why, sizeof(ret->why), why);
    if (!ret->asked)
        (void)connector_wait(ret->connector, DETECT_OPEN_S, true, NULL);
}

#ifdef HAVE_LIBVIRT
static bool detect_names_host(const char *uri)
{
    char host[8];

    return libvirt_uri_host(uri, host, sizeof(host));
}

static int detect_libvirt(const struct connector_config *config, struct detected *ret)
{
    enum connector_status status;

    ret->asked = true;
    ret->connector = connector_start(&connector_libvirt, config);
    snprintf(ret->why, sizeof(ret->why), "%s was asked for", config->uri);
    status = connector_wait(ret->connector, DETECT_OPEN_S, false, &ret->libvirt);
    ret->failing = status == CONNECTOR_FAILED;
    if (!ret->failing || !ret->libvirt.fatal)
        return 0;
    ret->hanging |= !connector_stop(ret->connector);
    ret->connector = NULL;
    return ret->libvirt.usage ? 2 : 1;
}

/* Whether it takes nobody's help, but a daemon that starts, or has much to do. */
static bool detect_may_open_later(const struct connector_error *error)
{
    return !error->fatal && !error->usage && error->trouble != CONNECTOR_DENIED &&
           error->trouble != CONNECTOR_NO_ACCOUNT;
}

static int detect_auto(const struct connector_config *config, struct detected *ret)
{
    struct mono end = mono_add_seconds(clock_mono(&clock_system), DETECT_OPEN_S);
    struct connector *libvirt = connector_start(&connector_libvirt, config);
    char why[sizeof(ret->why)];
    enum connector_status status;

    connector_hush(libvirt, true); /* of what fails is told here, once */
    status = connector_wait(libvirt, DETECT_OPEN_S, false, NULL);
    if (status == CONNECTOR_READY) {
        double left = mono_seconds_between(clock_mono(&clock_system), end);

        status = connector_wait(libvirt, left > 0 ? left : 0, true, NULL);
    }
    if (status == CONNECTOR_READY) {
        connector_hush(libvirt, false);
        ret->connector = libvirt;
        snprintf(ret->why, sizeof(ret->why), "%s answers", config->uri);
        return 0;
    }
    ret->libvirt =
        (struct connector_error){.text = "it did not open within 3 s", .trouble = CONNECTOR_SILENT};
    if (status == CONNECTOR_FAILED)
        (void)connector_wait(libvirt, 0, false, &ret->libvirt);
    if (detect_may_open_later(&ret->libvirt))
        ret->later = libvirt;
    else
        ret->hanging |= !connector_stop(libvirt);
    if (ret->libvirt.usage)
        return 2;
    snprintf(why, sizeof(why), "libvirt: %s", ret->libvirt.text);
    detect_start(&connector_processes, config, why, ret);
    return 0;
}
#else
static bool detect_names_host(const char *uri UNUSED)
{
    return false;
}

static int detect_libvirt(const struct connector_config *config UNUSED, struct detected *ret)
{
    ret->libvirt = (struct connector_error){
        .text = "this proxtop was built without it; --processes works", .usage = true};
    return 2;
}

static int detect_auto(const struct connector_config *config, struct detected *ret)
{
    detect_start(&connector_processes, config, "built without libvirt", ret);
    return 0;
}
#endif

int detect_choose(const struct options *options, const struct connector_config *config,
                  struct detected *ret)
{
    const char *why;

    *ret = (struct detected){.asked = options->hypervisor == HYPERVISOR_PROXMOX ||
                                      options->hypervisor == HYPERVISOR_PROCESSES};
    if (ret->asked) {
        bool proxmox = options->hypervisor == HYPERVISOR_PROXMOX;

        detect_start(proxmox ? &connector_proxmox : &connector_processes, config,
                     proxmox ? "--proxmox" : "--processes", ret);
        return 0;
    }
    ret->elsewhere = !config->procfs_given && detect_names_host(config->uri);
    /* Naming a connection, or in the environment another host, means libvirt. */
    if (options->hypervisor == HYPERVISOR_LIBVIRT || options->connection || ret->elsewhere)
        return detect_libvirt(config, ret);
    why = detect_proxmox("");
    if (why) {
        detect_start(&connector_proxmox, config, why, ret);
        return 0;
    }
    return detect_auto(config, ret);
}

void detect_describe(const struct detected *detected, char *text, size_t size)
{
    static const struct {
        const char *name, *title;
    } titles[] = {{"proxmox", "Proxmox VE"}, {"processes", "the list of processes"}};
    struct inventory *inventory = connector_inventory(detected->connector);
    const char *title = connector_name(detected->connector);
    char vms[160];

    for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
        if (strcmp(title, titles[i].name) == 0)
            title = titles[i].title;
    }
    detect_describe_vms(inventory, vms, sizeof(vms));
    inventory_unref(inventory);
    snprintf(text, size, "%s: %s (%s)", title, vms, detected->why);
}

int detect_connector(const struct options *options, const struct connector_config *config,
                     struct detected *ret)
{
    int status = detect_choose(options, config, ret);
    char text[1024];

    if (status) {
        log_error("libvirt: %s; proxtop --doctor tells more", ret->libvirt.text);
    } else if (ret->failing) {
        log_warning("libvirt: %s; trying again (proxtop --doctor tells more)", ret->libvirt.text);
    } else if (!ret->asked) {
        detect_describe(ret, text, sizeof(text));
        if (ret->libvirt.text[0])
            log_notice("using %s; proxtop --doctor tells more", text);
        else
            log_notice("using %s", text);
    }
    return status;
}
