/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/doctor_place: every verdict about terminals and services, on made facts and on a made host.
 */
#include "made_doctor.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_terminal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_services, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_proxmox_dropin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_target, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
