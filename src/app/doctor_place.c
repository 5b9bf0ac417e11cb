/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --doctor: the terminal, and the units that run proxtop as a service. */
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_file.h"
#include "app/doctor_internal.h"
#include "output/output.h"
#include "output/target.h"
#include "tui/terminal.h"

/* Below this the screen has no room for a table. */
#define DOCTOR_COLS_MIN 20
#define DOCTOR_ROWS_MIN 5

void doctor_check_terminal(struct doctor *doctor)
{
    char reason[256];
    const char *type = getenv("TERM");
    struct doctor_terminal terminal = {
        .is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
        .type = type ? type : "",
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
    };

    if (!terminal_type_is_good(reason, sizeof(reason)))
        terminal.reason = reason;
    else
        terminal.colours = terminal_colours();
    if (terminal.is_terminal)
        terminal_size_of(STDOUT_FILENO, &terminal.rows, &terminal.cols);
    doctor_tell_terminal(doctor, &terminal);
}

void doctor_tell_terminal(struct doctor *doctor, const struct doctor_terminal *t)
{
    if (!t->is_terminal) {
        doctor_tell(doctor, DOCTOR_NOTE, "terminal",
                    "standard input or output is no terminal: text is printed, there is no screen");
        doctor_advise(doctor, "for the screen run it in a terminal without redirection (ssh -t)");
        return;
    }
    if (t->reason) {
        doctor_tell(doctor, DOCTOR_WARN, "terminal", "there is no screen: %s", t->reason);
        doctor_advise(doctor, "export TERM=xterm-256color (linux on the console); 'toe -a' lists "
                              "the types, Debian package ncurses-term has more");
        return;
    }
    if (t->cols < DOCTOR_COLS_MIN || t->rows < DOCTOR_ROWS_MIN) {
        doctor_tell(doctor, DOCTOR_WARN, "terminal",
                    "%u columns and %u rows are too few for a table: the screen needs %d x %d",
                    t->cols, t->rows, DOCTOR_COLS_MIN, DOCTOR_ROWS_MIN);
        doctor_advise(doctor, "make the window larger; if it is larger: resize, or stty rows 24 "
                              "cols 80");
    }
    if (!t->utf8) {
        doctor_tell(doctor, DOCTOR_NOTE, "terminal",
                    "the locale is not UTF-8: curves and names are drawn with ASCII characters");
        doctor_advise(doctor, "export LC_ALL=C.UTF-8, if the terminal shows UTF-8");
    }
    doctor_tell(doctor, DOCTOR_OK, "terminal", "%s, %u x %u, %d colours%s", t->type, t->cols,
                t->rows, t->colours > 0 ? t->colours : 0, t->utf8 ? ", UTF-8" : "");
}

static const char *const doctor_units[] = {"proxtop", "proxprofiler", "proxtop-exporter"};

/* Where the package's are, and where units that count more are, the first one most. */
#define DOCTOR_UNIT_DIR "/usr/lib/systemd/system"
static const char *const doctor_own_dirs[] = {"/etc/systemd/system",
                                              "/usr/local/lib/systemd/system"};
#define DOCTOR_LOCAL_DIR 1 /* where `meson install` puts them */

static char *doctor_path(const struct doctor *doctor, const char *directory, const char *unit,
                         const char *end)
{
    return xasprintf("%s%s/%s.service%s", doctor->config->root, directory, unit, end);
}

static bool doctor_has_unit(const struct doctor *doctor, const char *unit)
{
    char *path = doctor_path(doctor, DOCTOR_UNIT_DIR, unit, "");
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* Whether the link names the package's unit, wherever the root is; /lib is /usr/lib. */
static bool doctor_names_package_unit(const char *link, const char *unit)
{
    char target[PATH_MAX], own[128];
    ssize_t n = readlink(link, target, sizeof(target) - 1);

    if (n < 0)
        return false;
    target[n] = '\0';
    snprintf(own, sizeof(own), DOCTOR_UNIT_DIR "/%s.service", unit);
    return strcmp(target, own) == 0 || strcmp(target, own + strlen("/usr")) == 0;
}

/* Whether there is a file, or a link, that is not just another name of the package's unit.
 * *ret_masked: it leads to /dev/null. */
static bool doctor_is_own_unit(const struct doctor *doctor, const char *directory, const char *unit,
                               bool *ret_masked)
{
    char *path = doctor_path(doctor, directory, unit, "");
    char *packaged = doctor_path(doctor, DOCTOR_UNIT_DIR, unit, "");
    char target[PATH_MAX] = "", other[PATH_MAX] = "";
    struct stat st;
    bool there = lstat(path, &st) == 0;
    bool leads = there && realpath(path, target);

    *ret_masked = leads && strcmp(target, "/dev/null") == 0;
    if (doctor_names_package_unit(path, unit) ||
        (leads && realpath(packaged, other) && strcmp(target, other) == 0))
        there = false;
    free(packaged);
    free(path);
    return there;
}

/* Where the unit is that counts in place of the package's; NULL = nowhere. */
static const char *doctor_find_own_unit(const struct doctor *doctor, const char *unit,
                                        bool *ret_masked)
{
    for (size_t i = 0; i < ARRAY_SIZE(doctor_own_dirs); i++) {
        if (doctor_is_own_unit(doctor, doctor_own_dirs[i], unit, ret_masked))
            return doctor_own_dirs[i];
    }
    return NULL;
}

/* Such a file counts in place of the package's, with all that it does not say. */
static bool doctor_check_shadow(struct doctor *doctor, const char *unit)
{
    bool masked = false;
    const char *dir = doctor_find_own_unit(doctor, unit, &masked);

    if (dir && masked) {
        doctor_tell(doctor, DOCTOR_NOTE, "services", "%s.service is masked: it cannot be started",
                    unit);
        doctor_advise(doctor, "if it shall run: systemctl unmask %s", unit);
    } else if (dir) {
        doctor_tell(doctor, DOCTOR_WARN, "services",
                    "%s/%s.service is used in place of the package's unit, with none of its limits "
                    "and permissions",
                    dir, unit);
        doctor_advise(doctor,
                      "rm %s/%s.service && systemctl daemon-reload && systemctl restart %s; own "
                      "settings: systemctl edit %s",
                      dir, unit, unit, unit);
    }
    return dir != NULL;
}

/* On Proxmox VE the monitors' sockets are root's. */
static void doctor_check_dropin(struct doctor *doctor, const char *unit)
{
    char *path = doctor_path(doctor, "/etc/systemd/system", unit, ".d/proxtop-pve.conf");

    if (doctor->is_pve && access(path, F_OK) != 0) {
        doctor_tell(doctor, DOCTOR_WARN, "services",
                    "%s.service has no drop-in proxtop-pve.conf: it may not ask the VMs of Proxmox "
                    "VE",
                    unit);
        doctor_advise(doctor,
                      "mkdir -p /etc/systemd/system/%s.service.d && ln -s "
                      "/usr/share/proxtop/proxtop-pve.conf /etc/systemd/system/%s.service.d/ && "
                      "systemctl daemon-reload && systemctl try-restart %s",
                      unit, unit, unit);
    }
    free(path);
}

/* The value of PROXTOP_TARGET in an EnvironmentFile (systemd.exec(5)): of several lines the last
 * one counts; blanks around "=" and quotes around a value are none of it. */
static void doctor_parse_target(const char *text, char *ret, size_t size)
{
    static const char name[] = "PROXTOP_TARGET";

    ret[0] = '\0';
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n"), blanks = strspn(line, " \t");
        const char *at = line + blanks, *end = line + len;
        bool named = blanks < len && strncmp(at, name, strlen(name)) == 0;

        if (named)
            at += strlen(name) + strspn(at + strlen(name), " \t");
        if (named && *at == '=') {
            at += 1 + strspn(at + 1, " \t");
            while (end > at && strchr(" \t\r", end[-1]))
                end--;
            if (end - at >= 2 && (*at == '"' || *at == '\'') && end[-1] == *at) {
                at++;
                end--;
            }
            copy_text(ret, min_size(size, (size_t)(end - at) + 1), at);
        }
        line += len + (line[len] == '\n');
    }
}

static void doctor_check_target(struct doctor *doctor)
{
    char *path = xasprintf("%s/etc/proxtop.conf", doctor->config->root), value[300] = "";
    struct output_error error = {.text = ""};
    struct target target;
    struct buf text = {0};
    char why[256];
    int r = config_file_read(path, &text, why, sizeof(why));

    if (r == 0)
        doctor_parse_target(buf_text(&text), value, sizeof(value));
    buf_done(&text);
    free(path);
    if (r < 0 && r != -ENOENT) {
        doctor_tell(doctor, DOCTOR_NOTE, "services", "/etc/proxtop.conf cannot be read: %s", why);
        doctor_advise(doctor, r == -EACCES ? "sudo proxtop --doctor checks it"
                                           : "make it a text file with PROXTOP_TARGET=HOST:PORT");
    } else if (r < 0 || !value[0]) {
        doctor_tell(doctor, DOCTOR_NOTE, "services",
                    "PROXTOP_TARGET %s /etc/proxtop.conf: proxtop.service and proxprofiler.service "
                    "have nowhere to send to",
                    r < 0 ? "is missing, as there is no" : "is empty in");
        doctor_advise(doctor, "write PROXTOP_TARGET=HOST:PORT there, then: systemctl enable --now "
                              "proxtop");
    } else if (target_parse_address(value, NULL, &target, &error) < 0) {
        doctor_tell(doctor, DOCTOR_WARN, "services",
                    "PROXTOP_TARGET in /etc/proxtop.conf is no HOST:PORT: '%s'", value);
        doctor_advise(doctor, "write PROXTOP_TARGET=HOST:PORT there, then: systemctl restart "
                              "proxtop");
    } else {
        doctor_tell(doctor, DOCTOR_OK, "services",
                    "PROXTOP_TARGET in /etc/proxtop.conf is %s (not contacted)", value);
    }
}

/* A unit that the package does not have; whether there is one. */
static bool doctor_check_foreign(struct doctor *doctor, const char *unit)
{
    bool masked = false;
    const char *dir = doctor_find_own_unit(doctor, unit, &masked);

    if (!dir || masked)
        return false;
    if (dir == doctor_own_dirs[DOCTOR_LOCAL_DIR]) {
        doctor_tell(doctor, DOCTOR_OK, "services", "%s.service is that of %s", unit, dir);
        return true;
    }
    doctor_tell(doctor, DOCTOR_NOTE, "services",
                "%s/%s.service was made by hand: the limits and permissions of the package's unit "
                "are not there",
                dir, unit);
    doctor_advise(doctor,
                  "apt install ./proxtop_*.deb, then: rm %s/%s.service && systemctl "
                  "daemon-reload && systemctl restart %s",
                  dir, unit, unit);
    return true;
}

void doctor_check_services(struct doctor *doctor)
{
    unsigned installed = 0, own = 0;
    char names[128] = "";

    for (size_t i = 0; i < ARRAY_SIZE(doctor_units); i++) {
        const char *unit = doctor_units[i];
        size_t len = strlen(names);

        if (!doctor_has_unit(doctor, unit)) {
            installed += doctor_check_foreign(doctor, unit);
            continue;
        }
        installed++;
        if (doctor_check_shadow(doctor, unit))
            continue;
        own++;
        snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "", unit);
        doctor_check_dropin(doctor, unit);
    }
    if (own)
        doctor_tell(doctor, DOCTOR_OK, "services", "%s: the package's unit%s", names,
                    own == 1 ? "" : "s");
    if (!installed) {
        doctor_tell(doctor, DOCTOR_NOTE, "services", "there are no units of proxtop on this host");
        doctor_advise(doctor, "apt install ./proxtop_*.deb, if it shall run as a service");
        return;
    }
    doctor_check_target(doctor);
}
