/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/doctor: every verdict of every check, on made facts and on a made host; the terminal and the
 * services: test_doctor_place.c. */
#include "made_doctor.h"

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
        cmocka_unit_test_setup_teardown(test_report, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
