/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made host for app/doctor, and what its report says. For one file of a program. */
#ifndef PROXTOP_TESTS_UNIT_MADE_DOCTOR_H
#define PROXTOP_TESTS_UNIT_MADE_DOCTOR_H

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

static UNUSED void made_write(const struct made_doctor *m, const char *path, const char *data,
                              size_t len)
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

static UNUSED void made_puts(const struct made_doctor *m, const char *path, const char *text)
{
    made_write(m, path, text, strlen(text));
}

static UNUSED void made_link(const struct made_doctor *m, const char *path, const char *target)
{
    char whole[512];

    made_puts(m, path, "");
    snprintf(whole, sizeof(whole), "%s/%s", m->root, path);
    assert_int_equal(unlink(whole), 0);
    assert_int_equal(symlink(target, whole), 0);
}

static UNUSED int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                             struct FTW *ftw UNUSED)
{
    return remove(path);
}

static UNUSED void made_remove(const struct made_doctor *m, const char *path)
{
    char whole[512];

    snprintf(whole, sizeof(whole), "%s/%s", m->root, path);
    assert_int_equal(nftw(whole, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A QEMU with these arguments behind its name (NUL between them), whose only thread is called so.
 */
static UNUSED void made_qemu(const struct made_doctor *m, int pid, const char *name,
                             const char *more, size_t more_len, const char *thread)
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
static UNUSED void made_host(const struct made_doctor *m)
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

static UNUSED int set_up(void **state)
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

static UNUSED int tear_down(void **state)
{
    struct made_doctor *m = *state;

    fclose(m->config.out);
    free(m->report);
    assert_int_equal(nftw(m->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(m);
    return 0;
}

/* Forgets what was reported. */
static UNUSED void made_anew(struct made_doctor *m)
{
    fclose(m->config.out);
    free(m->report);
    m->config.out = open_memstream(&m->report, &m->len);
    memset(m->doctor.counts, 0, sizeof(m->doctor.counts));
}

static UNUSED void says(struct made_doctor *m, const char *text)
{
    fflush(m->config.out);
    if (!strstr(m->report, text))
        fail_msg("'%s' is not in:\n%s", text, m->report);
}

static UNUSED void says_not(struct made_doctor *m, const char *text)
{
    fflush(m->config.out);
    if (strstr(m->report, text))
        fail_msg("'%s' is in:\n%s", text, m->report);
}

/* What was reported, exactly. */
static UNUSED void reports(struct made_doctor *m, const char *text)
{
    fflush(m->config.out);
    assert_string_equal(m->report, text);
    made_anew(m);
}

#endif
