/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Auto-detection of the hypervisor interface. */
#include "app/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/libvirt_uri.h"

#define DETECT_OPEN_S 3.0

/* "2 VMs", and the QEMUs that the connector does not know, if any. */
static void detect_describe_vms(struct connector *connector, char *text, size_t size)
{
    struct inventory *inventory = connector_inventory(connector);
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
    inventory_unref(inventory);
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

/* Why this is a host of Proxmox VE, or NULL. */
static const char *detect_proxmox(void)
{
    /* A mount by FUSE that hangs must not be asked; O_PATH does not. */
    int fd = open("/etc/pve", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        return "/etc/pve is there";
    }
    return detect_has_program("qm") ? "qm is there" : NULL;
}

static void detect_start_proxmox(const struct connector_config *config, const char *why,
                                 struct detected *ret)
{
    char vms[160];

    ret->connector = connector_start(&connector_proxmox, config);
    if (!why)
        return;
    (void)connector_wait(ret->connector, DETECT_OPEN_S, true, NULL);
    detect_describe_vms(ret->connector, vms, sizeof(vms));
    log_notice("using Proxmox VE: %s (%s)", vms, why);
}

static void detect_start_processes(const struct connector_config *config, const char *why,
                                   struct detected *ret)
{
    char vms[160];

    ret->connector = connector_start(&connector_processes, config);
    if (!why)
        return;
    (void)connector_wait(ret->connector, DETECT_OPEN_S, true, NULL);
    detect_describe_vms(ret->connector, vms, sizeof(vms));
    log_notice("using the list of processes: %s (%s)", vms, why);
}

#ifdef HAVE_LIBVIRT
static bool detect_names_host(const char *uri)
{
    char host[8];

    return libvirt_uri_host(uri, host, sizeof(host));
}

static int detect_libvirt(const struct connector_config *config, struct detected *ret)
{
    struct connector_error error = {.text = ""};
    enum connector_status status;

    ret->connector = connector_start(&connector_libvirt, config);
    status = connector_wait(ret->connector, DETECT_OPEN_S, false, &error);
    if (status != CONNECTOR_FAILED)
        return 0;
    if (error.fatal) {
        log_error("libvirt: %s", error.text);
        ret->hanging |= !connector_stop(ret->connector);
        ret->connector = NULL;
        return error.usage ? 2 : 1;
    }
    log_warning("libvirt: %s; trying again", error.text);
    return 0;
}

static int detect_auto(const struct connector_config *config, struct detected *ret)
{
    struct mono end = mono_add_seconds(clock_mono(&clock_system), DETECT_OPEN_S);
    struct connector_error error = {.text = "it did not open within 3 s"};
    struct connector *libvirt = connector_start(&connector_libvirt, config);
    char vms[160], why[600];
    enum connector_status status = connector_wait(libvirt, DETECT_OPEN_S, false, NULL);

    if (status == CONNECTOR_READY) {
        double left = mono_seconds_between(clock_mono(&clock_system), end);

        status = connector_wait(libvirt, left > 0 ? left : 0, true, NULL);
    }
    if (status == CONNECTOR_READY) {
        detect_describe_vms(libvirt, vms, sizeof(vms));
        log_notice("using libvirt: %s (%s answers)", vms, config->uri);
        ret->connector = libvirt;
        return 0;
    }
    if (status == CONNECTOR_FAILED)
        (void)connector_wait(libvirt, 0, false, &error);
    ret->hanging |= !connector_stop(libvirt);
    if (error.usage) {
        log_error("libvirt: %s", error.text);
        return 2;
    }
    snprintf(why, sizeof(why), "libvirt: %s", error.text);
    detect_start_processes(config, why, ret);
    return 0;
}
#else
static bool detect_names_host(const char *uri UNUSED)
{
    return false;
}

static int detect_libvirt(const struct connector_config *config UNUSED, struct detected *ret UNUSED)
{
    log_error("option --libvirt: this proxtop was built without libvirt; --processes works");
    return 2;
}

static int detect_auto(const struct connector_config *config, struct detected *ret)
{
    detect_start_processes(config, "built without libvirt", ret);
    return 0;
}
#endif

int detect_connector(const struct options *options, const struct connector_config *config,
                     struct detected *ret)
{
    const char *why;

    *ret = (struct detected){0};
    if (options->hypervisor == HYPERVISOR_PROXMOX) {
        detect_start_proxmox(config, NULL, ret);
        return 0;
    }
    if (options->hypervisor == HYPERVISOR_PROCESSES) {
        detect_start_processes(config, NULL, ret);
        return 0;
    }
    ret->elsewhere = !config->procfs_given && detect_names_host(config->uri);
    /* Naming a connection, or in the environment another host, means libvirt. */
    if (options->hypervisor == HYPERVISOR_LIBVIRT || options->connection || ret->elsewhere)
        return detect_libvirt(config, ret);
    why = detect_proxmox();
    if (why) {
        detect_start_proxmox(config, why, ret);
        return 0;
    }
    return detect_auto(config, ret);
}
