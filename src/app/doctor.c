/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report: its lines, their order, and what is told of the program itself. */
#include "app/doctor.h"

#include <linux/capability.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/config_file.h"
#include "app/doctor_internal.h"
#include "app/roots.h"
#include "app/sink.h"
#include "base/log.h"
#include "print/column.h"

#define DOCTOR_INDENT 18 /* where texts begin */

static ATTR_PRINTF(4, 0) void doctor_put(struct doctor *doctor, const char *head, const char *mark,
                                         const char *format, va_list args)
{
    struct buf line = {0};
    char text[2 * PATH_MAX];

    vsnprintf(text, sizeof(text), format, args);
    buf_printf(&line, "%-*s%s", DOCTOR_INDENT, head, mark);
    print_clean(&line, text);
    fprintf(doctor->config->out, "%s\n", buf_text(&line));
    fflush(doctor->config->out); /* what comes next may take seconds */
    buf_done(&line);
}

void doctor_tell(struct doctor *doctor, enum doctor_verdict verdict, const char *object,
                 const char *format, ...)
{
    static const char *const words[] = {"ok", "note", "warn", "FAIL"};
    char head[64];
    va_list args;

    doctor->counts[verdict]++;
    snprintf(head, sizeof(head), "%-4s  %-10s  ", words[verdict], object);
    va_start(args, format);
    doctor_put(doctor, head, "", format, args);
    va_end(args);
}

void doctor_advise(struct doctor *doctor, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    doctor_put(doctor, "", "-> ", format, args);
    va_end(args);
}

static const struct {
    unsigned number;
    const char *name; /* as setcap(8) has it */
} doctor_caps[] = {
    {CAP_SYS_PTRACE, "cap_sys_ptrace"},
    {CAP_DAC_READ_SEARCH, "cap_dac_read_search"},
    {CAP_DAC_OVERRIDE, "cap_dac_override"},
};

/* The names of those in the set. */
static void doctor_name_caps(uint64_t caps, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(doctor_caps) && len < size; i++) {
        if (caps & UINT64_C(1) << doctor_caps[i].number)
            len += (size_t)snprintf(text + len, size - len, "%s%s", len ? "," : "",
                                    doctor_caps[i].name);
    }
}

void doctor_advise_caps(struct doctor *doctor, uint64_t caps, const char *otherwise)
{
    const struct doctor_self *self = &doctor->self;
    char names[128];

    doctor_name_caps(caps, names, sizeof(names));
    if (!(caps & ~self->caps))
        doctor_advise(doctor, "this process has %s: %s", names, otherwise);
    else if (!self->uid)
        doctor_advise(
            doctor,
            "root without %s: allow it (CapabilityBoundingSet= of a service, --cap-add of "
            "a container)",
            names);
    else if (doctor->is_pve)
        doctor_advise(doctor, "run as root: sudo %s, or as the service: systemctl start proxtop",
                      self->program);
    else
        doctor_advise(doctor, "run as root: sudo %s, or allow it: sudo setcap %s+ep %s",
                      self->program, names, self->program);
}

void doctor_read_self(struct doctor_self *ret)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    ssize_t n = readlink("/proc/self/exe", ret->program, sizeof(ret->program) - 1);

    if (n > 0)
        ret->program[n] = '\0';
    else
        copy_text(ret->program, sizeof(ret->program), log_name());
    ret->uid = geteuid();
    if (syscall(SYS_capget, &header, data) != 0)
        data[0].effective = data[1].effective = 0;
    ret->caps = (uint64_t)data[1].effective << 32 | data[0].effective;
}

void doctor_check_program(struct doctor *doctor)
{
    struct utsname kernel;
    char who[64] = "root";

    if (uname(&kernel) != 0)
        copy_text(kernel.release, sizeof(kernel.release), "?");
    if (doctor->self.uid)
        snprintf(who, sizeof(who), "user %u", (unsigned)doctor->self.uid);
    doctor_tell(doctor, DOCTOR_OK, "program", "%s %s (%s), run by %s, Linux %s", log_name(),
                PROXTOP_VERSION, doctor->self.program, who, kernel.release);
}

void doctor_check_config(struct doctor *doctor)
{
    const struct config *config = doctor->config->config;
    const struct config_source *source;

    if (!config) {
        doctor_tell(doctor, DOCTOR_OK, "config", "none is read (--no-config)");
        return;
    }
    if (!config_source(config, 0))
        doctor_tell(doctor, DOCTOR_OK, "config", "neither " CONFIG_SYSTEM " nor one of this user");
    for (size_t i = 0; (source = config_source(config, i)); i++) {
        const char *first = config_warning(config, source->first_wrong);

        if (source->is_read && !source->wrong) {
            doctor_tell(doctor, DOCTOR_OK, "config", "%s is read", source->path);
        } else if (source->is_read) {
            doctor_tell(doctor, DOCTOR_WARN, "config", "%s: %zu line%s left out; the first: %s",
                        source->path, source->wrong, source->wrong == 1 ? " is" : "s are",
                        first ? first : "?");
            doctor_advise(doctor, "correct it; 'man proxtop-config' has what may stand there");
        } else {
            doctor_tell(doctor, DOCTOR_WARN, "config", "%s", first ? first : source->path);
            doctor_advise(doctor,
                          "ls -ld '%s' \"$(dirname '%s')\"; it must be a text file of this "
                          "user's or of root's that nobody else can write",
                          source->path, source->path);
        }
    }
}

/* What a run would refuse of the options: 0 or the exit status, and it was logged. */
static int doctor_check_sinks(const struct doctor_config *config)
{
    struct sinks *sinks = NULL;
    bool hanging = false;
    int status = sinks_new(config->options, config->settings, NULL, &sinks);

    (void)sinks_close(sinks, &hanging);
    return status;
}

static void doctor_summarize(struct doctor *doctor)
{
    unsigned fails = doctor->counts[DOCTOR_FAIL], warnings = doctor->counts[DOCTOR_WARN];
    char text[64];

    if (fails)
        snprintf(text, sizeof(text), "%u thing%s", fails, fails == 1 ? " blocks" : "s block");
    else
        copy_text(text, sizeof(text), "nothing blocks");
    fprintf(doctor->config->out, "%s; %u warning%s\n", text, warnings, warnings == 1 ? "" : "s");
}

/* All that needs procfs. */
static void doctor_check_host(struct doctor *doctor, const struct roots *roots, bool *ret_hanging)
{
    struct inventory *inventory = NULL;
    struct doctor_procfs procfs = {0};
    struct doctor_source source = {0};
    struct doctor_kernel kernel = {0};
    struct doctor_vms vms = {0};
    bool known = false;

    doctor_read_procfs(doctor->procfs, roots->proc_fd, &procfs);
    doctor_tell_procfs(doctor, &procfs);
    doctor_read_source(doctor, roots, &source, &inventory, ret_hanging);
    doctor_tell_source(doctor, &source, &procfs);
    if (inventory && !source.elsewhere)
        known = doctor_read_vms(roots, doctor->config->options, inventory, &vms, ret_hanging);
    if (known)
        doctor_tell_vms(doctor, &vms);
    else if (inventory && !source.elsewhere) {
        doctor_tell(doctor, DOCTOR_WARN, "vms", "reading /proc of a VM's process hangs");
        doctor_advise(doctor, "look for processes in state D: ps -eo pid,stat,wchan:30,args | awk "
                              "'$2 ~ /^D/'");
    }
    doctor_read_kernel(roots->proc_fd, &kernel);
    doctor_tell_kernel(doctor, &kernel, known ? &vms : NULL);
    inventory_unref(inventory);
}

/* Whatever threads want to say: the report has it. */
static int doctor_hush_log(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd >= 0)
        log_divert(fd);
    return fd;
}

static void doctor_unhush_log(int fd)
{
    enum log_level level;
    char line[512];

    if (fd < 0)
        return;
    while (log_next(&level, line, sizeof(line)))
        ;
    log_divert(-1);
    close(fd);
}

int doctor_run(const struct doctor_config *config, bool *ret_hanging)
{
    const char *procfs = config->options->procfs;
    struct doctor doctor = {
        .config = config,
        .procfs = procfs ? procfs : "/proc",
        .is_pve = detect_proxmox(config->root) != NULL,
    };
    struct roots roots = ROOTS_NONE;
    char error[512];
    int status = doctor_check_sinks(config), log_fd;

    *ret_hanging = false;
    if (status)
        return status;
    doctor_read_self(&doctor.self);
    doctor_check_program(&doctor);
    doctor_check_config(&doctor);
    doctor_check_terminal(&doctor);
    if (roots_open(config->options, &roots, error, sizeof(error)) < 0) {
        doctor_tell(&doctor, DOCTOR_FAIL, "processes", "%s", error);
        doctor_advise(&doctor, "mount -t proc proc /proc, or name where the host's is mounted: "
                               "--procfs=/host/proc --sysfs=/host/sys");
    } else if (roots_check_devices(&roots, config->options, error, sizeof(error)) < 0) {
        log_error("%s", error);
        status = 2;
    } else {
        log_fd = doctor_hush_log();
        doctor_check_host(&doctor, &roots, ret_hanging);
        doctor_unhush_log(log_fd);
    }
    if (!*ret_hanging)
        roots_close(&roots);
    if (status)
        return status;
    doctor_check_services(&doctor);
    doctor_summarize(&doctor);
    if (fflush(config->out) != 0 || ferror(config->out))
        return 1;
    return doctor.counts[DOCTOR_FAIL] ? 1 : 0;
}
