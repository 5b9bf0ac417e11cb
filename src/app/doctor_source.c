/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --doctor: which processes procfs shows, and where VMs come from. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/doctor_internal.h"
#include "base/file.h"
#include "base/num.h"

#define DOCTOR_OPEN_S         3.0
#define DOCTOR_MOUNTINFO_SIZE (4 * 1024 * 1024)

/* ---- procfs ---- */

/* The words of a line of mountinfo (proc(5)): of fixed places, and of those behind " - ". */
static bool doctor_parse_mount(char *line, const char *procfs, char *hidepid, size_t size)
{
    char *rest = strstr(line, " - "), *word = line, *options;

    if (!rest || strncmp(rest, " - proc ", strlen(" - proc ")) != 0)
        return false;
    *rest = '\0';
    for (unsigned i = 0; word && i < 4; i++) {
        word = strchr(word, ' ');
        if (word)
            word++;
    }
    if (!word || strncmp(word, procfs, strlen(procfs)) != 0 || word[strlen(procfs)] != ' ')
        return false;
    options = strstr(rest + 1, "hidepid=");
    hidepid[0] = '\0';
    if (options) {
        options += strlen("hidepid=");
        copy_text(hidepid, min_size(size, strcspn(options, ", \n") + 1), options);
    }
    return true;
}

static void doctor_read_hidepid(const char *procfs, int proc_fd, char *ret, size_t size)
{
    struct buf text = {0};

    ret[0] = '\0';
    if (file_read_all(proc_fd, "self/mountinfo", &text, DOCTOR_MOUNTINFO_SIZE) == 0) {
        buf_putc(&text, '\0');
        for (char *line = text.data; *line;) {
            char *end = strchr(line, '\n');

            if (end)
                *end = '\0';
            doctor_parse_mount(line, procfs, ret, size); /* of several the last one is on top */
            if (!end)
                break;
            line = end + 1;
        }
    }
    buf_done(&text);
}

static size_t doctor_count_processes(int proc_fd)
{
    int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;
    size_t count = 0;
    uint64_t pid;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    while ((item = readdir(dir)))
        count += parse_u64(item->d_name, &pid);
    closedir(dir);
    return count;
}

void doctor_read_procfs(const char *procfs, int proc_fd, struct doctor_procfs *ret)
{
    char name[64];
    ssize_t n = readlinkat(proc_fd, "self/ns/pid", name, sizeof(name) - 1);

    *ret = (struct doctor_procfs){.processes = doctor_count_processes(proc_fd)};
    ret->sees_init = faccessat(proc_fd, "1/stat", F_OK, 0) == 0;
    doctor_read_hidepid(procfs, proc_fd, ret->hidepid, sizeof(ret->hidepid));
    if (n > 0 && strncmp(name, "pid:[", 5) == 0) {
        struct cursor c = cursor_of(name + 5, (size_t)n - 5);

        (void)cursor_u64(&c, &ret->pid_inode);
    }
}

static bool doctor_is_contained(const struct doctor *doctor, const struct doctor_procfs *procfs)
{
    return !doctor->config->options->procfs && procfs->pid_inode &&
           procfs->pid_inode != DOCTOR_PID_INODE_INIT;
}

void doctor_tell_procfs(struct doctor *doctor, const struct doctor_procfs *procfs)
{
    if (!procfs->sees_init && procfs->hidepid[0]) {
        doctor_tell(doctor, DOCTOR_WARN, "processes",
                    "%s is mounted with hidepid=%s and shows %zu processes, none of others",
                    doctor->procfs, procfs->hidepid, procfs->processes);
        doctor_advise_caps(doctor, UINT64_C(1) << CAP_SYS_PTRACE,
                           "look at the mount option subset= of it");
    } else if (!procfs->sees_init) {
        doctor_tell(doctor, DOCTOR_WARN, "processes",
                    "%s shows %zu processes, and none of others: a container, or a security module",
                    doctor->procfs, procfs->processes);
        doctor_advise(doctor, "run it on the host itself, or mount the host's /proc there: "
                              "--procfs=/host/proc");
    } else if (doctor_is_contained(doctor, procfs)) {
        doctor_tell(doctor, DOCTOR_NOTE, "processes",
                    "%s shows the %zu processes of a PID namespace (a container), not the host's",
                    doctor->procfs, procfs->processes);
        doctor_advise(doctor, "for the host's: docker run --pid=host, or -v /proc:/host/proc:ro "
                              "and --procfs=/host/proc");
    } else {
        doctor_tell(doctor, DOCTOR_OK, "processes", "%s shows %zu processes", doctor->procfs,
                    procfs->processes);
    }
}

/* ---- connectors ---- */

void doctor_read_source(struct doctor *doctor, const struct roots *roots, struct doctor_source *ret,
                        struct inventory **ret_inventory, bool *ret_hanging)
{
    const struct options *options = doctor->config->options;
    struct connector_config config = detect_config(options, roots);
    struct detected detected;

    /* VMs are listed; none is asked anything. */
    config.libvirt_interval = config.qmp_interval = 0;
    config.guest_stats_s = 0;
    config.allow_hmp = false;
    *ret = (struct doctor_source){.status = CONNECTOR_FAILED, .uri = config.uri};
    (void)detect_choose(options, &config, &detected);
    ret->libvirt = detected.libvirt;
    ret->elsewhere = detected.elsewhere;
    *ret_hanging |= detected.hanging;
    if (detected.later)
        *ret_hanging |= !connector_stop(detected.later);
    if (!detected.connector) {
        ret->error = detected.libvirt;
        return;
    }
    ret->name = connector_name(detected.connector);
    ret->status = connector_wait(detected.connector, DOCTOR_OPEN_S, true, &ret->error);
    *ret_inventory = connector_inventory(detected.connector);
    if (ret->status == CONNECTOR_OPENING || (ret->status == CONNECTOR_READY && !*ret_inventory)) {
        ret->status = CONNECTOR_OPENING;
        ret->error = (struct connector_error){.text = "it did not answer within some seconds",
                                              .trouble = CONNECTOR_SILENT};
    }
    detect_describe(&detected, ret->text, sizeof(ret->text));
    if (*ret_inventory) {
        ret->vms = (*ret_inventory)->count;
        ret->strangers = (*ret_inventory)->strangers;
        ret->elsewhere = (*ret_inventory)->elsewhere;
    }
    *ret_hanging |= !connector_stop(detected.connector);
}

/* Whether libvirt's daemon is installed here. */
static bool doctor_has_libvirtd(const struct doctor *doctor)
{
    static const char *const daemons[] = {"libvirtd", "virtqemud"};
    bool there = false;

    for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
        char *path = xasprintf("%s/usr/sbin/%s", doctor->config->root, daemons[i]);

        there |= access(path, X_OK) == 0;
        free(path);
    }
    return there;
}

static void doctor_advise_libvirt(struct doctor *doctor, const struct connector_error *error,
                                  const char *uri)
{
    switch (error->trouble) {
    case CONNECTOR_NO_LIBRARY:
        doctor_advise(doctor, "apt install libvirt0, or do without libvirt: proxtop --processes");
        break;
    case CONNECTOR_NO_LISTENER:
        doctor_advise(doctor, "systemctl start libvirtd (or virtqemud.socket), or do without "
                              "libvirt: proxtop --processes");
        break;
    case CONNECTOR_DENIED:
        doctor_advise(doctor,
                      "run as root: sudo %s, or: sudo usermod -aG libvirt \"$(id -un)\" and "
                      "log in anew",
                      doctor->self.program);
        break;
    case CONNECTOR_NO_ACCOUNT:
        doctor_advise(
            doctor,
            "apt install libnss-systemd, which names the users of services; an account of "
            "another kind: useradd -u %u",
            (unsigned)doctor->self.uid);
        break;
    case CONNECTOR_SILENT:
        doctor_advise(doctor, "systemctl restart libvirtd (or virtqemud): VMs go on running; "
                              "until then: proxtop --processes");
        break;
    case CONNECTOR_TROUBLE_OTHER:
        if (error->usage)
            doctor_advise(doctor, "proxtop --processes works without libvirt and --connection");
        else
            doctor_advise(doctor,
                          "virsh -r -c '%s' list tells more; without libvirt: proxtop "
                          "--processes",
                          uri);
        break;
    }
}

/* A source that opened, and has no VM. */
static void doctor_tell_no_vms(struct doctor *doctor, const struct doctor_source *source,
                               const struct doctor_procfs *procfs)
{
    bool by_procfs = !source->elsewhere && strcmp(source->name, "libvirt") != 0;

    if (by_procfs && !procfs->sees_init) {
        doctor_tell(doctor, DOCTOR_FAIL, "vms",
                    "no VM is found, since processes of others are hidden (see processes above)");
        doctor_advise(doctor, "run as root: sudo %s --doctor", doctor->self.program);
    } else if (by_procfs && doctor_is_contained(doctor, procfs)) {
        doctor_tell(doctor, DOCTOR_WARN, "vms",
                    "no VM is found in this PID namespace (see processes above)");
        doctor_advise(doctor, "docker run --pid=host, or -v /proc:/host/proc:ro and "
                              "--procfs=/host/proc");
    } else if (source->strangers) {
        doctor_tell(doctor, DOCTOR_WARN, "vms",
                    "no VM is found, but QEMU runs without being known");
        doctor_advise(doctor, "proxtop --processes");
    } else {
        doctor_tell(doctor, DOCTOR_NOTE, "vms", "no VM is found: none runs");
        doctor_advise(doctor, "start one; if one runs: pgrep -af 'qemu|kvm' shows whether this "
                              "user sees its process");
    }
}

void doctor_tell_source(struct doctor *doctor, const struct doctor_source *source,
                        const struct doctor_procfs *procfs)
{
    const struct connector_error *libvirt = &source->libvirt;

    if (source->status != CONNECTOR_READY) {
        doctor_tell(doctor, DOCTOR_FAIL, "connection", "%s: %s",
                    source->name ? source->name : "libvirt", source->error.text);
        doctor_advise_libvirt(doctor, &source->error, source->uri);
        return;
    }
    /* Where libvirt is not installed, nobody expects it. */
    if (libvirt->text[0] &&
        (doctor_has_libvirtd(doctor) ||
         (libvirt->trouble != CONNECTOR_NO_LIBRARY && libvirt->trouble != CONNECTOR_NO_LISTENER))) {
        doctor_tell(doctor, DOCTOR_WARN, "connection", "%s", source->text);
        doctor_advise_libvirt(doctor, libvirt, source->uri);
    } else if (source->strangers && source->vms) {
        doctor_tell(doctor, DOCTOR_NOTE, "connection", "%s", source->text);
        doctor_advise(doctor, "proxtop --processes");
    } else {
        doctor_tell(doctor, DOCTOR_OK, "connection", "%s", source->text);
    }
    if (source->elsewhere) {
        doctor_tell(doctor, DOCTOR_WARN, "vms",
                    "they run on another host: what is read from /proc and /sys, as CPU and "
                    "resident memory, is missing");
        doctor_advise(doctor, "run proxtop there");
    }
    if (!source->vms)
        doctor_tell_no_vms(doctor, source, procfs);
}
