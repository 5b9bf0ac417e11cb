/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --doctor: the terminal, and the units that run proxtop as a service. */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/doctor_internal.h"
#include "base/file.h"
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

/* Where the package's units are, and what counts more, in this order: systemd.unit(5). */
#define DOCTOR_PACKAGE "/usr/lib/systemd/system"
static const char *const doctor_shadows[] = {"/etc/systemd/system",
                                             "/usr/local/lib/systemd/system"};

static const char *const doctor_units[] = {"proxtop", "proxprofiler", "proxtop-exporter"};

static char *doctor_path(const struct doctor *doctor, const char *directory, const char *unit,
                         const char *end)
{
    return xasprintf("%s%s/%s.service%s", doctor->config->root, directory, unit, end);
}

static bool doctor_has_unit(const struct doctor *doctor, const char *directory, const char *unit)
{
    char *path = doctor_path(doctor, directory, unit, ""), target[PATH_MAX];
    bool there = access(path, F_OK) == 0 || readlink(path, target, sizeof(target)) >= 0;

    free(path);
    return there;
}

/* Where the unit in the directory leads to; "" = it is no link. */
static void doctor_read_link(const struct doctor *doctor, const char *directory, const char *unit,
                             char *ret, size_t size)
{
    char *path = doctor_path(doctor, directory, unit, "");
    ssize_t n = readlink(path, ret, size - 1);

    ret[n > 0 ? n : 0] = '\0';
    free(path);
}

/* Whether it is the package's own, as a link of another place names it; /lib is /usr/lib. */
static bool doctor_is_package_unit(const char *target, const char *unit)
{
    char own[128];

    snprintf(own, sizeof(own), DOCTOR_PACKAGE "/%s.service", unit);
    return strcmp(target, own) == 0 || strcmp(target, own + strlen("/usr")) == 0;
}

/* A file there counts in place of the package's, with all that it does not say; where there is no
 * package, it is what an installation by hand made. */
static bool doctor_check_shadow(struct doctor *doctor, const char *directory, const char *unit)
{
    char target[PATH_MAX];

    if (!doctor_has_unit(doctor, directory, unit))
        return false;
    doctor_read_link(doctor, directory, unit, target, sizeof(target));
    if (doctor_is_package_unit(target, unit))
        return false;
    if (strcmp(target, "/dev/null") == 0) {
        doctor_tell(doctor, DOCTOR_NOTE, "services", "%s.service is masked: it cannot be started",
                    unit);
        doctor_advise(doctor, "if it shall run: systemctl unmask %s", unit);
    } else if (doctor_has_unit(doctor, DOCTOR_PACKAGE, unit)) {
        doctor_tell(doctor, DOCTOR_WARN, "services",
                    "%s/%s.service is used in place of the package's unit, with none of its limits "
                    "and permissions",
                    directory, unit);
        doctor_advise(doctor,
                      "rm %s/%s.service && systemctl daemon-reload && systemctl "
                      "restart %s; own settings: systemctl edit %s",
                      directory, unit, unit, unit);
    } else {
        doctor_tell(doctor, DOCTOR_OK, "services", "%s.service is that of %s", unit, directory);
    }
    return true;
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
                      "systemctl daemon-reload",
                      unit, unit);
    }
    free(path);
}

/* The value of PROXTOP_TARGET in an EnvironmentFile (systemd.exec(5)): of several lines the last
 * one counts; quotes around a value are none of it. */
static void doctor_parse_target(const char *text, char *ret, size_t size)
{
    static const char name[] = "PROXTOP_TARGET=";

    ret[0] = '\0';
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n"), blanks = strspn(line, " \t");
        const char *at = line + blanks, *end = line + len;

        if (blanks < len && strncmp(at, name, strlen(name)) == 0) {
            at += strlen(name);
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
    char *path = xasprintf("%s/etc/proxtop.conf", doctor->config->root), value[300];
    struct output_error error = {.text = ""};
    struct target target;
    struct buf text = {0};
    int r = file_read_all(AT_FDCWD, path, &text, 64 * 1024);

    if (r == 0)
        doctor_parse_target(buf_text(&text), value, sizeof(value));
    buf_done(&text);
    free(path);
    if (r < 0 && r != -ENOENT) {
        doctor_tell(doctor, DOCTOR_NOTE, "services", "/etc/proxtop.conf cannot be read: %s",
                    strerror(-r));
        doctor_advise(doctor, "run proxtop --doctor as root to have it checked");
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

/* Whether another unit than the package's is used, of which was told. */
static bool doctor_check_shadows(struct doctor *doctor, const char *unit)
{
    for (size_t i = 0; i < ARRAY_SIZE(doctor_shadows); i++) {
        if (doctor_check_shadow(doctor, doctor_shadows[i], unit))
            return true;
    }
    return false;
}

void doctor_check_services(struct doctor *doctor)
{
    unsigned installed = 0, own = 0;
    char names[128] = "";

    for (size_t i = 0; i < ARRAY_SIZE(doctor_units); i++) {
        const char *unit = doctor_units[i];
        size_t len = strlen(names);
        bool shadowed = doctor_check_shadows(doctor, unit);

        if (!shadowed && !doctor_has_unit(doctor, DOCTOR_PACKAGE, unit))
            continue;
        installed++;
        if (shadowed)
            continue;
        own++;
        snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "", unit);
        doctor_check_dropin(doctor, unit);
    }
    if (own)
        doctor_tell(doctor, DOCTOR_OK, "services", "%s: the package's unit%s", names,
                    own == 1 ? "" : "s");
    if (installed) {
        doctor_check_target(doctor);
        return;
    }
    doctor_tell(doctor, DOCTOR_NOTE, "services", "there are no units of proxtop on this host");
    doctor_advise(doctor, "apt install ./proxtop_*.deb, if it shall run as a service");
}
