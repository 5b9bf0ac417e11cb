/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/doctor: every verdict of every check, on made facts and on a made host. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_file.h"
#include "app/doctor.h"
#include "app/doctor_internal.h"
#include "app/program.h"
#include "base/file.h"
#include "base/log.h"
#include "support.h"
#include "tui/settings.h"

#define PROGRAM "/usr/bin/proxtop"

struct made_doctor {
    char root[64], procfs[96], sysfs[96];
    struct options options;
    struct tui_settings settings;
    struct doctor_config config;
    struct doctor doctor;
    char *report;
    size_t len;
};

static void made_write(const struct made_doctor *m, const char *path, const char *data, size_t len)
{
    char whole[512];
    int fd;

    assert_true(snprintf(whole, sizeof(whole), "%s/%s", m->root, path) < (int)sizeof(whole));
    for (char *p = whole + strlen(m->root) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
    }
    fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    close(fd);
}

static void made_puts(const struct made_doctor *m, const char *path, const char *text)
{
    made_write(m, path, text, strlen(text));
}

static void made_link(const struct made_doctor *m, const char *path, const char *target)
{
    char whole[512];

    made_puts(m, path, "");
    snprintf(whole, sizeof(whole), "%s/%s", m->root, path);
    assert_int_equal(unlink(whole), 0);
    assert_int_equal(symlink(target, whole), 0);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *ftw UNUSED)
{
    return remove(path);
}

static void made_remove(const struct made_doctor *m, const char *path)
{
    char whole[512];

    snprintf(whole, sizeof(whole), "%s/%s", m->root, path);
    assert_int_equal(nftw(whole, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A QEMU with these arguments behind its name (NUL between them), whose only thread is called so.
 */
static void made_qemu(const struct made_doctor *m, int pid, const char *name, const char *more,
                      size_t more_len, const char *thread)
{
    struct buf argv = {0};
    char path[96], text[256];

    buf_printf(&argv, "/usr/bin/qemu-system-x86_64%c-name%c%s%c", 0, 0, name, 0);
    buf_add(&argv, more, more_len);
    snprintf(path, sizeof(path), "proc/%d/cmdline", pid);
    made_write(m, path, argv.data, argv.len);
    buf_done(&argv);
    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(
        text, sizeof(text),
        "%d (qemu) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 4 0 100 1000 100 0 0 0 0 0 0 0 0 0 0 0 0 0 "
        "0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        pid);
    made_puts(m, path, text);
    snprintf(path, sizeof(path), "proc/%d/task/%d/comm", pid, pid + 1);
    made_puts(m, path, thread);
    snprintf(path, sizeof(path), "proc/%d/task/%d/cgroup", pid, pid);
    made_puts(m, path, "0::/qemu.slice/100.scope\n");
    snprintf(path, sizeof(path), "proc/%d/io", pid);
    made_puts(m, path, "rchar: 1\nwchar: 1\n");
}

/* A host on which all is as it should be, without VMs. */
static void made_host(const struct made_doctor *m)
{
    made_puts(m, "proc/stat", "cpu  1 2 3 4 5 6 7 8 9 0\nprocesses 10\n");
    made_puts(m, "proc/1/stat", "1 (init) S 0\n");
    made_puts(m, "proc/1/schedstat", "100 10 1\n");
    made_puts(m, "proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
    made_puts(m, "proc/sys/kernel/task_delayacct", "1\n");
    made_puts(m, "sys/fs/cgroup/cgroup.controllers", "cpu io memory\n");
    made_puts(m, "sys/fs/cgroup/qemu.slice/100.scope/cpu.stat", "usage_usec 1\n");
    made_puts(m, "sys/fs/cgroup/qemu.slice/100.scope/cpu.pressure",
              "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
    made_link(m, "proc/self/ns/pid", "pid:[4026531836]");
    made_puts(m, "proc/self/mountinfo", "");
}

static int set_up(void **state)
{
    struct made_doctor *m = xcalloc(1, sizeof(*m));

    copy_text(m->root, sizeof(m->root), "/tmp/proxtop-test.XXXXXX");
    assert_non_null(mkdtemp(m->root));
    snprintf(m->procfs, sizeof(m->procfs), "%s/proc", m->root);
    snprintf(m->sysfs, sizeof(m->sysfs), "%s/sys", m->root);
    options_defaults(&m->options, &program_proxtop);
    settings_defaults(&m->settings);
    m->options.hypervisor = HYPERVISOR_PROCESSES;
    m->options.printer = "text";
    m->config = (struct doctor_config){&m->options, &m->settings, NULL, m->root, NULL};
    m->config.out = open_memstream(&m->report, &m->len);
    m->doctor = (struct doctor){.config = &m->config, .procfs = "/proc"};
    copy_text(m->doctor.self.program, sizeof(m->doctor.self.program), PROGRAM);
    m->doctor.self.uid = 1000;
    made_host(m);
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    struct made_doctor *m = *state;

    fclose(m->config.out);
    free(m->report);
    assert_int_equal(nftw(m->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(m);
    return 0;
}

/* Forgets what was reported. */
static void made_anew(struct made_doctor *m)
{
    fclose(m->config.out);
    free(m->report);
    m->config.out = open_memstream(&m->report, &m->len);
    memset(m->doctor.counts, 0, sizeof(m->doctor.counts));
}

static void says(struct made_doctor *m, const char *text)
{
    fflush(m->config.out);
    if (!strstr(m->report, text))
        fail_msg("'%s' is not in:\n%s", text, m->report);
}

static void says_not(struct made_doctor *m, const char *text)
{
    fflush(m->config.out);
    if (strstr(m->report, text))
        fail_msg("'%s' is in:\n%s", text, m->report);
}

/* What was reported, exactly. */
static void reports(struct made_doctor *m, const char *text)
{
    fflush(m->config.out);
    assert_string_equal(m->report, text);
    made_anew(m);
}

/* ---- lines ---- */

static void test_lines(void **state)
{
    struct made_doctor *m = *state;

    doctor_tell(&m->doctor, DOCTOR_OK, "io", "a\033[31m\nb");
    doctor_tell(&m->doctor, DOCTOR_NOTE, "connection", "%d", 5);
    doctor_tell(&m->doctor, DOCTOR_WARN, "x", "w");
    doctor_tell(&m->doctor, DOCTOR_FAIL, "y", "f");
    doctor_advise(&m->doctor, "do %s", "this\t");
    assert_int_equal(m->doctor.counts[DOCTOR_OK], 1);
    assert_int_equal(m->doctor.counts[DOCTOR_FAIL], 1);
    reports(m, "ok    io          a?[31m?b\n"
               "note  connection  5\n"
               "warn  x           w\n"
               "FAIL  y           f\n"
               "                  -> do this?\n");
}

static void test_capabilities(void **state)
{
    struct made_doctor *m = *state;
    uint64_t caps = UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_DAC_READ_SEARCH;

    doctor_advise_caps(&m->doctor, caps, "another reason");
    says(m, "-> run as root: sudo " PROGRAM ", or allow it: sudo setcap "
            "cap_sys_ptrace,cap_dac_read_search+ep " PROGRAM "\n");
    m->doctor.is_pve = true;
    made_anew(m);
    doctor_advise_caps(&m->doctor, caps, "another reason");
    says(m, "or as the service: systemctl start proxtop\n");
    m->doctor.self.uid = 0;
    made_anew(m);
    doctor_advise_caps(&m->doctor, caps, "another reason");
    says(m, "-> root without cap_sys_ptrace,cap_dac_read_search: ");
    m->doctor.self.caps = caps;
    made_anew(m);
    doctor_advise_caps(&m->doctor, caps, "another reason");
    says(m, "another reason\n");
}

/* ---- configuration ---- */

static void test_config(void **state)
{
    struct made_doctor *m = *state;
    char good[128], bad[128], error[256];
    struct config *config;

    doctor_check_config(&m->doctor);
    reports(m, "ok    config      none is read (--no-config)\n");
    made_puts(m, "good", "interval = 5\n");
    made_puts(m, "bad", "interval = 5\nnonsense = 1\ninterval = never\n");
    snprintf(good, sizeof(good), "%s/good", m->root);
    snprintf(bad, sizeof(bad), "%s/bad", m->root);
    assert_int_equal(config_read_files(good, bad, false, &m->options, &m->settings, &config, error,
                                       sizeof(error)),
                     0);
    m->config.config = config;
    doctor_check_config(&m->doctor);
    says(m, "/good is read\n");
    says(m, "warn  config      ");
    says(m, "/bad: 2 lines are left out; the first: ");
    says(m, "bad:2: ");
    config_free(config);
    made_anew(m);

    snprintf(bad, sizeof(bad), "%s/none", m->root);
    assert_int_equal(config_read_files(bad, NULL, false, &m->options, &m->settings, &config, error,
                                       sizeof(error)),
                     0);
    m->config.config = config;
    doctor_check_config(&m->doctor);
    reports(m, "ok    config      neither /etc/proxtop/config nor one of this user\n");
    config_free(config);

    made_puts(m, "open", "interval = 5\n");
    snprintf(bad, sizeof(bad), "%s/open", m->root);
    assert_int_equal(chmod(bad, 0666), 0);
    assert_int_equal(config_read_files(NULL, bad, false, &m->options, &m->settings, &config, error,
                                       sizeof(error)),
                     0);
    m->config.config = config;
    doctor_check_config(&m->doctor);
    says(m, "warn  config      configuration '");
    says(m, "can be written by everybody\n");
    says(m, "-> ls -ld '");
    config_free(config);
    m->config.config = NULL;
}

/* ---- terminal ---- */

static void test_terminal(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_terminal t = {.is_terminal = true,
                                .type = "xterm-256color",
                                .rows = 24,
                                .cols = 80,
                                .colours = 256,
                                .utf8 = true};

    doctor_tell_terminal(&m->doctor, &t);
    reports(m, "ok    terminal    xterm-256color, 80 x 24, 256 colours, UTF-8\n");
    t.utf8 = false;
    doctor_tell_terminal(&m->doctor, &t);
    says(m, "note  terminal    the locale is not UTF-8");
    says(m, "-> export LC_ALL=C.UTF-8");
    t.utf8 = true;
    t.cols = 20;
    t.rows = 5;
    made_anew(m);
    doctor_tell_terminal(&m->doctor, &t);
    says_not(m, "warn");
    t.cols = 19;
    doctor_tell_terminal(&m->doctor, &t);
    says(m, "warn  terminal    19 columns and 5 rows are too few");
    t.cols = 20;
    t.rows = 4;
    made_anew(m);
    doctor_tell_terminal(&m->doctor, &t);
    says(m, "warn  terminal    20 columns and 4 rows are too few");
    t.reason = "the type is unknown";
    made_anew(m);
    doctor_tell_terminal(&m->doctor, &t);
    says(m, "warn  terminal    there is no screen: the type is unknown\n");
    says(m, "-> export TERM=");
    t.is_terminal = false;
    made_anew(m);
    doctor_tell_terminal(&m->doctor, &t);
    says(m, "note  terminal    standard input or output is no terminal");
    says_not(m, "warn");
}

/* ---- procfs ---- */

static void made_read_procfs(struct made_doctor *m, struct doctor_procfs *ret)
{
    int fd = file_open_directory(m->procfs);

    assert_true(fd >= 0);
    doctor_read_procfs("/proc", fd, ret);
    close(fd);
}

static void test_procfs(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_procfs procfs;

    made_read_procfs(m, &procfs);
    doctor_tell_procfs(&m->doctor, &procfs);
    reports(m, "ok    processes   /proc shows 1 processes\n");

    made_link(m, "proc/self/ns/pid", "pid:[4026532000]");
    made_read_procfs(m, &procfs);
    doctor_tell_procfs(&m->doctor, &procfs);
    says(m, "note  processes   /proc shows the 1 processes of a PID namespace");
    says(m, "--procfs=/host/proc\n");
    made_anew(m);
    m->options.procfs = "/host/proc";
    doctor_tell_procfs(&m->doctor, &procfs);
    says(m, "ok    processes");
    m->options.procfs = NULL;

    made_remove(m, "proc/1");
    made_puts(m, "proc/self/mountinfo",
              "20 1 0:4 / /proc rw,nosuid - proc proc rw,hidepid=1\n"
              "21 1 0:5 / /sys rw - sysfs sysfs rw,hidepid=9\n"
              "22 1 0:6 / /procedure rw - proc proc rw,hidepid=8\n"
              "23 20 0:7 / /proc rw,relatime shared:5 - proc proc rw,gid=5,hidepid=invisible\n");
    made_read_procfs(m, &procfs);
    assert_string_equal(procfs.hidepid, "invisible");
    made_anew(m);
    doctor_tell_procfs(&m->doctor, &procfs);
    says(m, "warn  processes   /proc is mounted with hidepid=invisible and shows 0 processes");
    says(m, "setcap cap_sys_ptrace+ep " PROGRAM "\n");

    made_puts(m, "proc/self/mountinfo", "20 1 0:4 / /proc rw - proc proc rw\nnonsense\n - proc ");
    made_read_procfs(m, &procfs);
    assert_string_equal(procfs.hidepid, "");
    made_anew(m);
    doctor_tell_procfs(&m->doctor, &procfs);
    says(m, "warn  processes   /proc shows 0 processes, and none of others");
}

/* ---- where VMs come from ---- */

static void test_source(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_procfs procfs = {.sees_init = true};
    struct doctor_source source = {.status = CONNECTOR_READY,
                                   .name = "processes",
                                   .text = "the list of processes: 2 VMs (--processes)",
                                   .uri = "qemu:///system",
                                   .vms = 2};

    doctor_tell_source(&m->doctor, &source, &procfs);
    reports(m, "ok    connection  the list of processes: 2 VMs (--processes)\n");
    source.strangers = 1;
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "note  connection  the list");
    says(m, "-> proxtop --processes\n");
    source.vms = 0;
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "warn  vms         no VM is found, but QEMU runs");
    source.strangers = 0;
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "note  vms         no VM is found: none runs\n");
    procfs.pid_inode = 5;
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "warn  vms         no VM is found in this PID namespace");
    procfs.sees_init = false;
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "FAIL  vms         no VM is found, since processes of others are hidden");
    /* libvirt tells of them all the same. */
    source.name = "libvirt";
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "note  vms");
    source.vms = 1;
    source.elsewhere = true;
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "warn  vms         they run on another host");
    says(m, "-> run proxtop there\n");
}

static void test_libvirt_fails(void **state)
{
    static const struct {
        enum connector_trouble trouble;
        bool usage;
        const char *advice;
    } cases[] = {
        {CONNECTOR_NO_LIBRARY, false, "-> apt install libvirt0, or"},
        {CONNECTOR_NO_LISTENER, false, "-> systemctl start libvirtd (or virtqemud.socket), or"},
        {CONNECTOR_DENIED, false, "sudo usermod -aG libvirt"},
        {CONNECTOR_NO_ACCOUNT, false, "-> apt install libnss-systemd"},
        {CONNECTOR_SILENT, false, "-> systemctl restart libvirtd"},
        {CONNECTOR_TROUBLE_OTHER, false, "-> virsh -r -c 'qemu+ssh://x/system' list"},
        {CONNECTOR_TROUBLE_OTHER, true, "-> proxtop --processes works"},
    };
    struct made_doctor *m = *state;
    struct doctor_procfs procfs = {.sees_init = true};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct doctor_source source = {
            .status = CONNECTOR_FAILED,
            .error = {.text = "why", .trouble = cases[i].trouble, .usage = cases[i].usage},
            .uri = "qemu+ssh://x/system"};

        doctor_tell_source(&m->doctor, &source, &procfs);
        says(m, "FAIL  connection  libvirt: why\n");
        says(m, cases[i].advice);
        made_anew(m);
    }
}

/* What the list of processes stands in for. */
static void test_libvirt_is_stood_in_for(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_procfs procfs = {.sees_init = true};
    struct doctor_source source = {
        .status = CONNECTOR_READY,
        .name = "processes",
        .text = "the list of processes: 2 VMs (libvirt: it is not there)",
        .libvirt = {.text = "it is not there", .trouble = CONNECTOR_NO_LISTENER},
        .uri = "qemu:///system",
        .vms = 2};
    char daemon[128];

    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "ok    connection  ");
    source.libvirt.trouble = CONNECTOR_NO_LIBRARY;
    doctor_tell_source(&m->doctor, &source, &procfs);
    says_not(m, "warn");
    source.libvirt.trouble = CONNECTOR_SILENT;
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "warn  connection  the list of processes: 2 VMs (libvirt: it is not there)\n");
    made_puts(m, "usr/sbin/virtqemud", "");
    snprintf(daemon, sizeof(daemon), "%s/usr/sbin/virtqemud", m->root);
    assert_int_equal(chmod(daemon, 0755), 0);
    source.libvirt.trouble = CONNECTOR_NO_LISTENER;
    made_anew(m);
    doctor_tell_source(&m->doctor, &source, &procfs);
    says(m, "warn  connection  ");
    says(m, "-> systemctl start libvirtd");
}

/* ---- VMs ---- */

/* The inventory of the connector for processes. */
static struct inventory *made_inventory(struct made_doctor *m, struct roots *roots)
{
    struct doctor_source source;
    struct inventory *inventory = NULL;
    bool hanging = false;
    char error[256];

    m->options.procfs = m->procfs;
    m->options.sysfs = m->sysfs;
    assert_int_equal(roots_open(&m->options, roots, error, sizeof(error)), 0);
    doctor_read_source(&m->doctor, roots, &source, &inventory, &hanging);
    assert_int_equal(source.status, CONNECTOR_READY);
    assert_string_equal(source.name, "processes");
    assert_false(hanging);
    assert_non_null(inventory);
    assert_int_equal(source.vms, inventory->count);
    return inventory;
}

static void made_look(struct made_doctor *m, struct doctor_vms *ret)
{
    struct roots roots;
    struct inventory *inventory = made_inventory(m, &roots);
    bool hanging = false;

    assert_true(doctor_read_vms(&roots, &m->options, inventory, ret, &hanging));
    assert_false(hanging);
    inventory_unref(inventory);
    roots_close(&roots);
}

static void test_vms_are_good(void **state)
{
    static const char qmp[] = "-qmp\0unix:/qmp,server=on,wait=off";
    struct made_doctor *m = *state;
    struct doctor_vms vms;

    made_qemu(m, 500, "web", qmp, sizeof(qmp), "CPU 0/KVM\n");
    made_puts(m, "proc/500/root/qmp", "");
    made_look(m, &vms);
    assert_int_equal(vms.count, 1);
    assert_true(vms.files >= 2);
    doctor_tell_vms(&m->doctor, &vms);
    reports(m, "ok    io          /proc/PID/io of 1 VM can be read\n"
               "ok    monitors    the QMP sockets of 1 VM are open to us\n"
               "ok    threads     the vCPU threads of 1 VM have names\n");
    assert_int_equal(vms.no_group.count, 0);
    assert_int_equal(vms.no_pressure.count, 0);
}

static void test_vms_lack(void **state)
{
    static const char qmp[] = "-qmp\0unix:/qmp,server=on,wait=off";
    struct made_doctor *m = *state;
    struct doctor_vms vms;

    /* A monitor whose socket is gone, a VM without one; threads without names. */
    made_qemu(m, 500, "web", qmp, sizeof(qmp), "qemu\n");
    made_qemu(m, 600, "bad\033name", "", 0, "qemu\n");
    made_puts(m, "proc/600/task/600/cgroup", "0::/nowhere\n");
    made_remove(m, "sys/fs/cgroup/qemu.slice/100.scope/cpu.pressure");
    made_look(m, &vms);
    assert_int_equal(vms.count, 2);
    assert_int_equal(vms.monitors.count, 1);
    assert_int_equal(vms.monitors.error, -ENOENT);
    assert_int_equal(vms.monitors.pid, 500);
    assert_int_equal(vms.no_monitor.count, 1);
    assert_false(vms.no_cgroups);
    assert_int_equal(vms.no_group.count, 1);
    assert_int_equal(vms.no_group.pid, 600);
    assert_int_equal(vms.no_pressure.count, 1);
    doctor_tell_vms(&m->doctor, &vms);
    says(m, "warn  monitors    disks, state and the memory inside of 1 of 2 VMs are missing: the "
            "QMP socket of 'web' (process 500): No such file or directory\n");
    says(m, "-> restart that VM");
    says(m, "note  monitors    disks, state and the memory inside of 1 of 2 VMs are missing: "
            "'bad?name' (process 600) has no QMP socket");
    says(m, "warn  threads     CPU figures of 2 of 2 VMs are missing");
    says(m, "debug-threads=on");

    /* A monitor tells which threads are vCPUs. */
    made_puts(m, "proc/500/root/qmp", "");
    made_look(m, &vms);
    made_anew(m);
    doctor_tell_vms(&m->doctor, &vms);
    says(m, "warn  threads     CPU figures of 1 of 2 VMs are missing: no thread of 'bad?name'");
    says(m, "note  threads     no thread of 'web' (process 500) is named");
}

static void test_vms_are_closed(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_lack lack = {.count = 3, .pid = 812, .name = "web", .error = -EACCES};
    struct doctor_vms vms = {
        .count = 5, .by_monitor = true, .io = lack, .monitors = lack, .taps = lack};

    doctor_tell_vms(&m->doctor, &vms);
    says(m,
         "warn  io          the figures of --io of 3 of 5 VMs are missing: /proc/812/io of 'web': "
         "Permission denied\n"
         "                  -> run as root: sudo " PROGRAM ", or allow it: sudo setcap "
         "cap_sys_ptrace,cap_dac_read_search,cap_dac_override+ep " PROGRAM "\n");
    says(m, "warn  monitors    disks, state and the memory inside of 3 of 5 VMs are missing");
    says_not(m, "setcap cap_dac_override");
    says(m, "warn  network     the network figures of 3 of 5 VMs are missing");

    /* libvirt asks the monitors itself, and tells of threads by its cgroups. */
    vms = (struct doctor_vms){.count = 1, .unnamed = lack, .nameless = lack, .hidden = lack};
    made_anew(m);
    doctor_tell_vms(&m->doctor, &vms);
    says_not(m, "monitors");
    says(m, "cgroups of libvirt tell which are\n");
    says(m, "or proxtop --allow-hmp\n");
    says(m, "warn  vms         the process of 3 of 4 VMs cannot be seen");
}

/* As another user, who may not read them. */
static void test_io_is_denied(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_vms vms;
    char path[128];

    made_qemu(m, 500, "web", "", 0, "CPU 0/KVM\n");
    snprintf(path, sizeof(path), "%s/proc/500/io", m->root);
    assert_int_equal(chmod(path, 0), 0);
    made_look(m, &vms);
    /* root may. */
    assert_int_equal(vms.io.count, access(path, R_OK) == 0 ? 0 : 1);
}

/* ---- the kernel ---- */

static void made_tell_kernel(struct made_doctor *m, const struct doctor_vms *vms, uint64_t files)
{
    struct doctor_kernel kernel;
    int fd = file_open_directory(m->procfs);

    doctor_read_kernel(fd, &kernel);
    close(fd);
    if (files)
        kernel.files = files;
    doctor_tell_kernel(&m->doctor, &kernel, vms);
}

static void test_kernel(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_vms vms = {.count = 2, .files = 400};
    struct doctor_kernel off = {
        .pressure = -EOPNOTSUPP, .counts_delays = true, .counts_runs = true, .files = 4096};

    made_tell_kernel(m, &vms, 4096);
    reports(m, "ok    pressure    /proc/pressure tells it (PSI)\n"
               "ok    cgroups     pressure of 2 VMs can be read\n"
               "ok    delays      the kernel counts waiting for block I/O\n"
               "ok    schedstat   the kernel counts running and waiting\n"
               "ok    files       432 are kept open, there is room for 3840\n");
    made_tell_kernel(m, &vms, 600);
    says(m, "warn  files       there is room for 344 open files, and 432 would be kept open");
    says(m, "-> ulimit -n 1376 as root before it starts; LimitNOFILE=1376 in a service\n");

    made_puts(m, "proc/sys/kernel/task_delayacct", "0\n");
    made_puts(m, "proc/1/schedstat", "0 0 0\n");
    made_remove(m, "proc/pressure");
    made_anew(m);
    made_tell_kernel(m, &vms, 4096);
    says(m, "warn  pressure    the figures of --pressure are missing: /proc/pressure/cpu: No such "
            "file or directory\n                  -> start the kernel with psi=1");
    says_not(m, "cgroups");
    says(m, "note  delays      ");
    says(m, " is missing: kernel.task_delayacct is 0\n                  -> sysctl -w "
            "kernel.task_delayacct=1");
    says(m, "warn  schedstat   CPU figures of VMs are missing");
    says(m, "CONFIG_SCHED_INFO=y");

    made_anew(m);
    doctor_tell_kernel(&m->doctor, &off, NULL);
    says(m, "/proc/pressure/cpu: Operation not supported\n                  -> start the kernel");
    off.pressure = -EACCES;
    made_anew(m);
    doctor_tell_kernel(&m->doctor, &off, NULL);
    says(m, "-> sudo head /proc/pressure/cpu shows whether root may");

    /* Before Linux 5.14 there is no such sysctl, and it is counted. */
    made_remove(m, "proc/sys/kernel/task_delayacct");
    made_anew(m);
    made_tell_kernel(m, NULL, 4096);
    says(m, "ok    delays");
}

static void test_groups(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_lack lack = {.count = 1, .pid = 812, .name = "web", .error = -EOPNOTSUPP};
    struct doctor_vms vms = {.count = 2, .no_group = lack, .no_pressure = lack};

    made_tell_kernel(m, &vms, 4096);
    says(m,
         "note  cgroups     pressure of 1 of 2 VMs is missing: 'web' (process 812) has no cgroup");
    says(m, "note  cgroups     pressure of 1 of 2 VMs is missing: cpu.pressure of the cgroup of "
            "'web' (process 812): Operation not supported\n");
    says_not(m, "ok    cgroups");
    /* Nobody could make one. */
    made_anew(m);
    vms.no_cgroups = true;
    vms.no_pressure.count = 0;
    made_tell_kernel(m, &vms, 4096);
    says(m,
         "note  cgroups     pressure of VMs is missing: /sys/fs/cgroup has no cgroups of version "
         "2\n");
    says(m, "-> start the kernel with systemd.unified_cgroup_hierarchy=1; ");
    says_not(m, "systemd-run");
}

static void test_no_cgroups(void **state)
{
    struct made_doctor *m = *state;
    struct doctor_vms vms;

    made_qemu(m, 500, "web", "", 0, "CPU 0/KVM\n");
    made_remove(m, "sys/fs/cgroup/cgroup.controllers");
    made_remove(m, "sys/fs/cgroup/qemu.slice");
    made_look(m, &vms);
    assert_true(vms.no_cgroups);
    assert_int_equal(vms.no_group.count, 1);
    made_puts(m, "sys/fs/cgroup/unified/cgroup.controllers", "");
    made_look(m, &vms);
    assert_false(vms.no_cgroups);
}

/* ---- services ---- */

#define UNITS "usr/lib/systemd/system/"
#define OWN   "etc/systemd/system/"
#define LOCAL "usr/local/lib/systemd/system/"

static void test_services(void **state)
{
    struct made_doctor *m = *state;

    doctor_check_services(&m->doctor);
    says(m, "note  services    there are no units of proxtop on this host\n");
    made_puts(m, UNITS "proxtop.service", "");
    made_puts(m, UNITS "proxtop-exporter.service", "");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "ok    services    proxtop, proxtop-exporter: the package's units\n");
    says(m, "note  services    PROXTOP_TARGET is missing, as there is no /etc/proxtop.conf: ");

    made_link(m, OWN "proxtop-exporter.service", "/dev/null");
    made_puts(m, OWN "proxtop.service", "[Service]\n");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "note  services    proxtop-exporter.service is masked");
    says(m, "-> if it shall run: systemctl unmask proxtop-exporter\n");
    says(m, "warn  services    /etc/systemd/system/proxtop.service is used in place of the "
            "package's");
    says(m, "-> rm /etc/systemd/system/proxtop.service && systemctl daemon-reload");
    says_not(m, "the package's unit\n");

    /* Another name of it does not; /usr/local counts more than /usr, and less than /etc. */
    made_remove(m, OWN "proxtop-exporter.service");
    made_remove(m, OWN "proxtop.service");
    made_link(m, OWN "proxtop.service", "../../../usr/lib/systemd/system/proxtop.service");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "ok    services    proxtop, proxtop-exporter: the package's units\n");
    made_puts(m, "usr/local/lib/systemd/system/proxtop-exporter.service", "");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "warn  services    /usr/local/lib/systemd/system/proxtop-exporter.service is used in "
            "place of the package's");
    says(m, "-> rm /usr/local/lib/systemd/system/proxtop-exporter.service && ");
    made_remove(m, "usr/local/lib/systemd/system/proxtop-exporter.service");
    made_remove(m, UNITS "proxtop-exporter.service");

    /* A link elsewhere shadows it, too, also one that leads nowhere; a drop-in does not. */
    made_remove(m, OWN "proxtop.service");
    made_link(m, OWN "proxtop.service", "/nonexistent/proxtop.service");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "warn  services    /etc/systemd/system/proxtop.service is used");
    made_remove(m, OWN "proxtop.service");
    made_puts(m, OWN "proxtop.service.d/own.conf", "");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "ok    services    proxtop: the package's unit\n");

    /* By hand, without a package. */
    made_remove(m, UNITS "proxtop.service");
    made_puts(m, OWN "proxprofiler.service", "[Service]\n");
    made_link(m, OWN "proxtop-exporter.service", "/dev/null");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "note  services    /etc/systemd/system/proxprofiler.service was made by hand: ");
    says(m, "PROXTOP_TARGET is missing");
    says(m, "-> apt install ./proxtop_*.deb");
    says_not(m, "there are no units");
    says_not(m, "proxtop-exporter");
}

/* What postinst tells and what it does not: tests/package/deb.bats. */
static void test_other_places(void **state)
{
    struct made_doctor *m = *state;

    made_puts(m, UNITS "proxtop.service", "");
    made_puts(m, UNITS "proxprofiler.service", "");
    made_puts(m, UNITS "proxtop-exporter.service", "");
    made_link(m, OWN "proxtop.service", "/lib/systemd/system/proxtop.service");
    made_link(m, OWN "proxtop-exporter.service",
              "/usr/lib/systemd/system/proxtop-exporter.service");
    made_puts(m, LOCAL "proxprofiler.service", "[Service]\n");
    doctor_check_services(&m->doctor);
    says(m, "ok    services    proxtop, proxtop-exporter: the package's units\n");
    says(m, "warn  services    /usr/local/lib/systemd/system/proxprofiler.service is used in "
            "place of the package's unit");
    says(m, "-> rm /usr/local/lib/systemd/system/proxprofiler.service && ");

    /* Without a package they are all there are. */
    made_remove(m, UNITS "proxprofiler.service");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "ok    services    proxprofiler.service is that of /usr/local/lib/systemd/system\n");
    says_not(m, "there are no units");
    says_not(m, "warn");
}

static void test_proxmox_dropin(void **state)
{
    struct made_doctor *m = *state;

    made_puts(m, UNITS "proxtop.service", "");
    m->doctor.is_pve = true;
    doctor_check_services(&m->doctor);
    says(m, "warn  services    proxtop.service has no drop-in proxtop-pve.conf");
    says(m, "ln -s /usr/share/proxtop/proxtop-pve.conf /etc/systemd/system/proxtop.service.d/ && "
            "systemctl daemon-reload && systemctl try-restart proxtop\n");
    made_puts(m, OWN "proxtop.service.d/proxtop-pve.conf", "");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says_not(m, "warn");
}

static void test_target(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"PROXTOP_TARGET=\n", "note  services    PROXTOP_TARGET is empty in /etc/proxtop.conf"},
        {"# PROXTOP_TARGET=a:1\n", "note  services    PROXTOP_TARGET is empty"},
        {"PROXTOP_TARGET=\"\"\n", "note  services    PROXTOP_TARGET is empty"},
        {"PROXTOP_TARGET=logs:5000\n",
         "ok    services    PROXTOP_TARGET in /etc/proxtop.conf is logs:5000 (not contacted)\n"},
        {"PROXTOP_TARGET=a:1\n PROXTOP_TARGET='[::1]:5000' \r\nOTHER=x", "is [::1]:5000 (not"},
        {"PROXTOP_TARGET=logs\n", "warn  services    PROXTOP_TARGET in /etc/proxtop.conf is no "
                                  "HOST:PORT: 'logs'\n"},
        {"PROXTOP_TARGET=\"", "HOST:PORT: '\"'\n"},
        {" PROXTOP_TARGET =\t[::1]:5000 ", "is [::1]:5000 (not"},
        {"PROXTOP_TARGETS=a:1\nPROXTOP_TARGET\n", "note  services    PROXTOP_TARGET is empty"},
        {"PROXTOP_TARGET=\t\n=a:1\n", "note  services    PROXTOP_TARGET is empty"},
    };
    struct made_doctor *m = *state;

    made_puts(m, UNITS "proxtop.service", "");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        made_puts(m, "etc/proxtop.conf", cases[i].text);
        made_anew(m);
        doctor_check_services(&m->doctor);
        says(m, cases[i].line);
    }
    made_remove(m, "etc/proxtop.conf");
    assert_true(snprintf(m->procfs, sizeof(m->procfs), "%s/etc/proxtop.conf", m->root) > 0);
    made_puts(m, "etc/proxtop.conf/x", "");
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "note  services    /etc/proxtop.conf cannot be read: ");
    /* A FIFO is not waited for. */
    made_remove(m, "etc/proxtop.conf");
    assert_int_equal(mkfifo(m->procfs, 0644), 0);
    made_anew(m);
    doctor_check_services(&m->doctor);
    says(m, "note  services    /etc/proxtop.conf cannot be read: ");
}

/* ---- all of it ---- */

static void test_report(void **state)
{
    static const char qmp[] = "-qmp\0unix:/qmp,server=on,wait=off";
    struct made_doctor *m = *state;
    bool hanging = true;

    made_qemu(m, 500, "web", qmp, sizeof(qmp), "CPU 0/KVM\n");
    made_puts(m, "proc/500/root/qmp", "");
    m->options.procfs = m->procfs;
    m->options.sysfs = m->sysfs;
    assert_int_equal(doctor_run(&m->config, &hanging), 0);
    assert_false(hanging);
    says(m, "ok    connection  the list of processes: 1 VM (--processes)\n");
    says(m, "\nnothing blocks; 0 warnings\n");
    says_not(m, "warn  ");
    assert_int_equal(m->report[m->len - 1], '\n');

    /* Others are hidden: nothing can be shown. */
    made_remove(m, "proc/500");
    made_remove(m, "proc/1");
    made_anew(m);
    assert_int_equal(doctor_run(&m->config, &hanging), 1);
    says(m, "FAIL  vms ");
    says(m, "\n1 thing blocks; 1 warning\n");

    made_remove(m, "proc/stat");
    made_anew(m);
    assert_int_equal(doctor_run(&m->config, &hanging), 1);
    says(m, "FAIL  processes   '");
    says(m, "' is no procfs: ");

    /* What a run would refuse. */
    m->options.fields = "nonsense";
    m->options.sinks[0] = (struct sink_option){.printer = "text", .output = "stdout"};
    m->options.sink_count = 1;
    made_anew(m);
    assert_int_equal(doctor_run(&m->config, &hanging), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_capabilities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_config, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_terminal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_procfs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_source, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_libvirt_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_libvirt_is_stood_in_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vms_are_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vms_lack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vms_are_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_io_is_denied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kernel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_cgroups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_services, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_proxmox_dropin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_target, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_report, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
