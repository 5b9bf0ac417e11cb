/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The procedure of asking libvirt, against a libvirt made of functions here:
 * what one domain does wrong must cost that domain only. The guard is one of
 * ours, too, and can give up at any call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connect/libvirt_domains.h"
#include "support.h"

#define FAKES_MAX 40

/* What virDomainPtr points to here. */
struct fake_domain {
    unsigned id;
    char name[16];
    virDomainInfo info;
    int reason;
    virDomainControlInfo control;
    int info_error, control_error, statistics_error; /* VIR_ERR_..., 0 = works */
    bool no_record;
    bool held; /* by another client: a call with NOWAIT has only the daemon's figures */
};

static struct {
    struct fake_domain domains[FAKES_MAX];
    int count;
    unsigned references;
    virError error;
    bool dead;      /* the connection */
    int list_error; /* VIR_ERR_..., 0 = works */
    bool refuses_nowait;
    unsigned calls;        /* of virDomainListGetStats */
    unsigned most_domains; /* in one of them */
    unsigned groups;       /* that they are to ask for */
} fake;

/* Stands in for the runner's. */
struct connector_guard {
    int give_up_at; /* the announcement at whose end the runner has given up; 0 = none */
    int set;
    bool is_set;
};

void connector_guard_set(struct connector_guard *guard, unsigned milliseconds,
                         const char *what UNUSED)
{
    assert_false(guard->is_set);
    assert_in_range(milliseconds, 1, 3000);
    guard->is_set = true;
    guard->set++;
}

bool connector_guard_clear(struct connector_guard *guard)
{
    assert_true(guard->is_set);
    guard->is_set = false;
    return guard->set == guard->give_up_at;
}

static int fake_fail(int code)
{
    static char message[] = "it failed";

    fake.error = (virError){.code = code, .domain = VIR_FROM_QEMU, .message = message};
    return -1;
}

static virErrorPtr fake_get_last_error(void)
{
    return fake.error.code ? &fake.error : NULL;
}

/* As the real one, it wipes out the last error. */
static int fake_is_alive(virConnectPtr connection UNUSED)
{
    fake.error = (virError){0};
    return !fake.dead;
}

static int fake_list(virConnectPtr connection UNUSED, virDomainPtr **domains, unsigned flags)
{
    assert_int_equal(flags, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (fake.list_error)
        return fake_fail(fake.list_error);
    *domains = xcalloc((size_t)fake.count + 1, sizeof(**domains));
    for (int i = 0; i < fake.count; i++)
        (*domains)[i] = (virDomainPtr)&fake.domains[i];
    fake.references += (unsigned)fake.count;
    return fake.count;
}

static int fake_free(virDomainPtr domain UNUSED)
{
    fake.references--;
    fake.error = (virError){0};
    return 0;
}

static unsigned fake_get_id(virDomainPtr domain)
{
    return 100 + ((struct fake_domain *)domain)->id;
}

static const char *fake_get_name(virDomainPtr domain)
{
    return ((struct fake_domain *)domain)->name;
}

static int fake_get_uuid(virDomainPtr domain, char *uuid)
{
    snprintf(uuid, VIR_UUID_STRING_BUFLEN, "00000000-0000-0000-0000-%012u",
             ((struct fake_domain *)domain)->id);
    return 0;
}

static int fake_get_info(virDomainPtr pointer, virDomainInfoPtr info)
{
    const struct fake_domain *domain = (struct fake_domain *)pointer;

    if (domain->info_error)
        return fake_fail(domain->info_error);
    *info = domain->info;
    return 0;
}

static int fake_get_state(virDomainPtr pointer, int *state, int *reason, unsigned flags UNUSED)
{
    const struct fake_domain *domain = (struct fake_domain *)pointer;

    *state = domain->info.state;
    *reason = domain->reason;
    return 0;
}

static int fake_get_control(virDomainPtr pointer, virDomainControlInfoPtr control,
                            unsigned flags UNUSED)
{
    const struct fake_domain *domain = (struct fake_domain *)pointer;

    if (domain->control_error)
        return fake_fail(domain->control_error);
    *control = domain->control;
    return 0;
}

static virDomainStatsRecordPtr fake_record(struct fake_domain *domain, unsigned flags)
{
    static const char *const names[] = {"balloon.current", "balloon.rss", "block.0.rd.reqs",
                                        "net.0.rx.bytes"};
    virDomainStatsRecordPtr record = xcalloc(1, sizeof(*record));
    int held = domain->held && (flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);

    record->dom = (virDomainPtr)domain;
    record->nparams = held ? 1 : ARRAY_SIZE(names);
    record->params = xcalloc(ARRAY_SIZE(names), sizeof(*record->params));
    for (int i = 0; i < record->nparams; i++) {
        copy_text(record->params[i].field, sizeof(record->params[i].field), names[i]);
        record->params[i].type = VIR_TYPED_PARAM_ULLONG;
        record->params[i].value.ul = 1000 + domain->id;
    }
    return record;
}

static int fake_get_statistics(virDomainPtr *domains, unsigned groups,
                               virDomainStatsRecordPtr **ret, unsigned flags)
{
    unsigned asked = 0;
    int count = 0;

    assert_int_equal(groups, fake.groups);
    fake.calls++;
    for (; domains[asked]; asked++) {
        const struct fake_domain *domain = (struct fake_domain *)domains[asked];

        /* Such a call would hang. */
        assert_int_equal(domain->control_error ? VIR_DOMAIN_CONTROL_OK : domain->control.state,
                         VIR_DOMAIN_CONTROL_OK);
        if (domain->statistics_error)
            return fake_fail(domain->statistics_error);
    }
    assert_int_not_equal(asked, 0);
    if (asked > fake.most_domains)
        fake.most_domains = asked;
    if (fake.refuses_nowait && (flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT))
        return fake_fail(VIR_ERR_INVALID_ARG);
    *ret = xcalloc(asked + 1, sizeof(**ret));
    /* The other way round: the order is nowhere promised. */
    for (unsigned i = asked; i > 0; i--) {
        struct fake_domain *domain = (struct fake_domain *)domains[i - 1];

        if (!domain->no_record)
            (*ret)[count++] = fake_record(domain, flags);
    }
    return count;
}

static void fake_free_records(virDomainStatsRecordPtr *records)
{
    for (size_t i = 0; records[i]; i++) {
        free(records[i]->params);
        free(records[i]);
    }
    free(records);
    fake.error = (virError){0};
}

static struct libvirt_link fake_link(void)
{
    static char uri[] = "fake:///";

    return (struct libvirt_link){
        .api = {.virGetLastError = fake_get_last_error,
                .virConnectIsAlive = fake_is_alive,
                .virConnectListAllDomains = fake_list,
                .virDomainFree = fake_free,
                .virDomainGetID = fake_get_id,
                .virDomainGetName = fake_get_name,
                .virDomainGetUUIDString = fake_get_uuid,
                .virDomainGetInfo = fake_get_info,
                .virDomainGetState = fake_get_state,
                .virDomainGetControlInfo = fake_get_control,
                .virDomainListGetStats = fake_get_statistics,
                .virDomainStatsRecordListFree = fake_free_records},
        .connection = (virConnectPtr)&fake,
        .uri = uri,
        .has_statistics = true,
        .has_nowait = true,
    };
}

static int set_up(void **state)
{
    static struct libvirt_link link;

    memset(&fake, 0, sizeof(fake));
    fake.count = 3;
    fake.groups = VIR_DOMAIN_STATS_BALLOON;
    for (unsigned i = 0; i < FAKES_MAX; i++) {
        struct fake_domain *domain = &fake.domains[i];

        domain->id = i;
        snprintf(domain->name, sizeof(domain->name), "vm%u", i);
        domain->info = (virDomainInfo){
            .state = VIR_DOMAIN_RUNNING, .maxMem = 4096, .memory = 2048, .nrVirtCpu = 2};
    }
    link = fake_link();
    *state = &link;
    return 0;
}

static int tear_down(void **state UNUSED)
{
    assert_int_equal(fake.references, 0);
    return 0;
}

static void read_domains(struct libvirt_link *link, struct libvirt_domains *domains)
{
    struct connector_guard guard = {0};
    struct connector_error error;

    assert_int_equal(libvirt_domains_read(link, &guard, domains, &error), 0);
    assert_int_equal(domains->count, fake.count);
    assert_false(guard.is_set);
}

static void check_answered(const struct libvirt_domain *domain, unsigned id)
{
    assert_false(domain->gone);
    assert_true(domain->answered);
    assert_true(domain->answered_at.ns > 0);
    assert_string_equal(domain->stale_reason, "");
    assert_int_equal(domain->readings[READING_VCPUS].value, 2);
    assert_int_equal(domain->readings[READING_MEMORY_MAX_KB].value, 4096);
    assert_int_equal(domain->readings[READING_BALLOON_KB].value, 1000 + id);
    assert_int_equal(domain->readings[READING_BALLOON_KB].at.ns, domain->answered_at.ns);
}

static void check_silent(const struct libvirt_domain *domain, const char *reason)
{
    assert_false(domain->gone);
    assert_false(domain->answered);
    assert_int_equal(domain->answered_at.ns, 0);
    assert_string_equal(domain->stale_reason, reason);
    /* What the daemon knows by itself. */
    assert_int_equal(domain->readings[READING_VCPUS].value, 2);
}

static void test_all_answer(void **state)
{
    struct libvirt_domains domains;

    read_domains(*state, &domains);
    assert_string_equal(domains.list[1].name, "vm1");
    assert_string_equal(domains.list[1].uuid, "00000000-0000-0000-0000-000000000001");
    for (unsigned i = 0; i < 3; i++) {
        check_answered(&domains.list[i], i);
        assert_int_equal(domains.list[i].state, VM_STATE_RUNNING);
    }
    assert_int_equal(fake.calls, 1);
    libvirt_domains_done(*state, &domains);
}

static void test_none(void **state)
{
    struct libvirt_domains domains;

    fake.count = 0;
    read_domains(*state, &domains);
    assert_int_equal(fake.calls, 0);
    libvirt_domains_done(*state, &domains);
}

static void test_many_in_calls_of_bounded_size(void **state)
{
    struct libvirt_domains domains;

    fake.count = FAKES_MAX;
    read_domains(*state, &domains);
    for (unsigned i = 0; i < FAKES_MAX; i++)
        check_answered(&domains.list[i], i);
    assert_in_range(fake.most_domains, 2, 16);
    assert_int_equal(fake.calls, (FAKES_MAX + 15) / 16);
    libvirt_domains_done(*state, &domains);
}

static void test_reason_of_a_pause(void **state)
{
    struct libvirt_domains domains;

    fake.domains[0].info.state = VIR_DOMAIN_PAUSED;
    fake.domains[0].reason = VIR_DOMAIN_PAUSED_IOERROR;
    /* The one call fails, the other one knows. */
    fake.domains[1].info_error = VIR_ERR_OPERATION_FAILED;
    fake.domains[1].info.state = VIR_DOMAIN_PMSUSPENDED;
    read_domains(*state, &domains);
    assert_int_equal(domains.list[0].state, VM_STATE_IO_ERROR);
    assert_int_equal(domains.list[1].state, VM_STATE_SUSPENDED);
    assert_false(raw_valid(domains.list[1].readings[READING_VCPUS]));
    assert_true(domains.list[1].answered);
    libvirt_domains_done(*state, &domains);
}

static void test_occupied_is_not_asked(void **state)
{
    struct libvirt_domains domains;

    fake.domains[1].control =
        (virDomainControlInfo){.state = VIR_DOMAIN_CONTROL_OCCUPIED, .stateTime = 12000};
    read_domains(*state, &domains);
    check_answered(&domains.list[0], 0);
    check_silent(&domains.list[1], "libvirt: QEMU monitor occupied for 12 s");
    check_answered(&domains.list[2], 2);
    libvirt_domains_done(*state, &domains);
}

static void test_all_occupied(void **state)
{
    struct libvirt_domains domains;

    for (int i = 0; i < 3; i++)
        fake.domains[i].control.state = VIR_DOMAIN_CONTROL_JOB;
    read_domains(*state, &domains);
    for (int i = 0; i < 3; i++)
        check_silent(&domains.list[i], "libvirt: QEMU monitor occupied by a job of 0 s");
    assert_int_equal(fake.calls, 0);
    libvirt_domains_done(*state, &domains);
}

static void test_held_by_another_client(void **state)
{
    struct libvirt_domains domains;

    fake.domains[2].held = true;
    read_domains(*state, &domains);
    check_answered(&domains.list[1], 1);
    check_silent(&domains.list[2], "libvirt: QEMU monitor occupied by another client");
    assert_int_equal(domains.list[2].readings[READING_BALLOON_KB].value, 1002);
    libvirt_domains_done(*state, &domains);
}

static void test_gone_meanwhile(void **state)
{
    struct libvirt_domains domains;

    fake.count = 6;
    fake.domains[0].info_error = VIR_ERR_NO_DOMAIN;
    fake.domains[1].control_error = VIR_ERR_NO_DOMAIN;
    fake.domains[2].control_error = VIR_ERR_OPERATION_INVALID;
    fake.domains[3].no_record = true;
    fake.domains[4].info.state = VIR_DOMAIN_SHUTOFF;
    read_domains(*state, &domains);
    for (int i = 0; i < 5; i++)
        assert_true(domains.list[i].gone);
    check_answered(&domains.list[5], 5);
    libvirt_domains_done(*state, &domains);
}

static void test_one_makes_the_call_fail(void **state)
{
    struct libvirt_domains domains;

    fake.count = 4;
    fake.domains[1].statistics_error = VIR_ERR_OPERATION_TIMEOUT;
    fake.domains[2].statistics_error = VIR_ERR_NO_DOMAIN;
    read_domains(*state, &domains);
    check_answered(&domains.list[0], 0);
    check_silent(&domains.list[1], "libvirt: it failed");
    assert_true(domains.list[2].gone);
    check_answered(&domains.list[3], 3);
    assert_int_equal(fake.calls, 5);
    libvirt_domains_done(*state, &domains);
}

static void test_control_cannot_be_read(void **state)
{
    struct libvirt_domains domains;

    fake.domains[0].control_error = VIR_ERR_INTERNAL_ERROR;
    fake.domains[1].control_error = VIR_ERR_NO_SUPPORT; /* nothing can be occupied */
    read_domains(*state, &domains);
    check_silent(&domains.list[0], "libvirt: it failed");
    check_answered(&domains.list[1], 1);
    libvirt_domains_done(*state, &domains);
}

static void test_old_daemon(void **state)
{
    struct libvirt_link *link = *state;
    struct libvirt_domains domains;

    fake.refuses_nowait = true;
    fake.domains[1].held = true;
    for (unsigned round = 0; round < 2; round++) {
        read_domains(link, &domains);
        for (unsigned i = 0; i < 3; i++)
            check_answered(&domains.list[i], i);
        libvirt_domains_done(link, &domains);
        assert_int_equal(fake.calls, 2 + round);
    }
    assert_false(link->has_nowait);
}

static void test_driver_without_statistics(void **state)
{
    struct libvirt_link *link = *state;
    struct libvirt_domains domains;

    fake.domains[0].statistics_error = VIR_ERR_NO_SUPPORT;
    for (unsigned round = 0; round < 2; round++) {
        read_domains(link, &domains);
        for (int i = 0; i < 3; i++) {
            assert_true(domains.list[i].answered);
            assert_int_equal(domains.list[i].readings[READING_BALLOON_KB].value, 2048);
        }
        libvirt_domains_done(link, &domains);
        assert_int_equal(fake.calls, 1);
    }
}

static void test_statistics_not_wanted(void **state)
{
    struct libvirt_link *link = *state;
    struct libvirt_domains domains;

    link->has_statistics = false;
    fake.domains[1].control.state = VIR_DOMAIN_CONTROL_OCCUPIED;
    read_domains(link, &domains);
    for (int i = 0; i < 3; i++) {
        assert_true(domains.list[i].answered);
        assert_string_equal(domains.list[i].stale_reason, "");
    }
    assert_int_equal(fake.calls, 0);
    libvirt_domains_done(link, &domains);
}

static void test_devices_are_asked_about_if_wanted(void **state)
{
    struct libvirt_link *link = *state;
    struct libvirt_domains domains;

    link->wants_disks = true;
    fake.groups = VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_BLOCK;
    fake.domains[1].held = true;
    read_domains(link, &domains);
    assert_int_equal(domains.list[2].id, 102);
    assert_int_equal(domains.list[2].statistics.disk_count, 1);
    assert_int_equal(domains.list[2].statistics.disks[0].columns[VMDISK_DISK_READS].value, 1002);
    assert_false(domains.list[1].statistics.has_disks);
    libvirt_domains_done(link, &domains);
    link->wants_nics = true;
    fake.groups |= VIR_DOMAIN_STATS_INTERFACE;
    read_domains(link, &domains);
    libvirt_domains_done(link, &domains);
    link->wants_disks = false;
    fake.groups = VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_INTERFACE;
    read_domains(link, &domains);
    libvirt_domains_done(link, &domains);
}

/* Without statistics there are still the devices themselves, of whoever waits for commands. */
static void test_devices_without_statistics(void **state)
{
    struct libvirt_link *link = *state;
    struct libvirt_domains domains;

    link->has_statistics = false;
    link->wants_nics = true;
    fake.domains[1].control.state = VIR_DOMAIN_CONTROL_OCCUPIED;
    read_domains(link, &domains);
    assert_true(domains.list[0].can_ask);
    assert_false(domains.list[1].can_ask);
    assert_true(domains.list[1].answered);
    assert_int_equal(fake.calls, 0);
    libvirt_domains_done(link, &domains);
}

static void check_lost(struct libvirt_link *link)
{
    struct connector_guard guard = {0};
    struct connector_error error = {.text = ""};
    struct libvirt_domains domains;

    assert_int_equal(libvirt_domains_read(link, &guard, &domains, &error), -ENOTCONN);
    assert_string_equal(error.text, "connection to 'fake:///' lost: it failed");
    assert_false(guard.is_set);
    assert_int_equal(fake.references, 0);
}

static void test_connection_lost(void **state)
{
    fake.list_error = VIR_ERR_INTERNAL_ERROR;
    fake.dead = true;
    check_lost(*state);
    fake.list_error = VIR_ERR_RPC;
    fake.dead = false;
    check_lost(*state);
    fake.list_error = 0;
    fake.domains[1].info_error = VIR_ERR_RPC;
    check_lost(*state);
    fake.domains[1].info_error = 0;
    fake.domains[1].control_error = VIR_ERR_RPC;
    check_lost(*state);
    fake.domains[1].control_error = 0;
    fake.domains[1].statistics_error = VIR_ERR_RPC;
    check_lost(*state);
}

static void test_listing_refused(void **state)
{
    struct connector_guard guard = {0};
    struct connector_error error = {.text = ""};
    struct libvirt_domains domains;

    fake.list_error = VIR_ERR_ACCESS_DENIED;
    assert_int_equal(libvirt_domains_read(*state, &guard, &domains, &error), -EIO);
    assert_string_equal(error.text, "'fake:///' does not list its domains: it failed");
}

/* Whichever call the runner gave up on: nothing is kept and nothing more is asked. */
static void test_given_up(void **state)
{
    struct connector_guard guard = {0};
    struct connector_error error;
    struct libvirt_domains domains;

    for (int at = 1; at <= 5; at++) {
        guard = (struct connector_guard){.give_up_at = at};
        assert_int_equal(libvirt_domains_read(*state, &guard, &domains, &error), -ECANCELED);
        assert_int_equal(guard.set, at);
        assert_int_equal(fake.references, 0);
    }
    fake.domains[1].statistics_error = VIR_ERR_RPC;
    guard = (struct connector_guard){.give_up_at = 5};
    assert_int_equal(libvirt_domains_read(*state, &guard, &domains, &error), -ECANCELED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_answer),
        TEST(test_none),
        TEST(test_many_in_calls_of_bounded_size),
        TEST(test_reason_of_a_pause),
        TEST(test_occupied_is_not_asked),
        TEST(test_all_occupied),
        TEST(test_held_by_another_client),
        TEST(test_gone_meanwhile),
        TEST(test_one_makes_the_call_fail),
        TEST(test_control_cannot_be_read),
        TEST(test_old_daemon),
        TEST(test_driver_without_statistics),
        TEST(test_statistics_not_wanted),
        TEST(test_devices_are_asked_about_if_wanted),
        TEST(test_devices_without_statistics),
        TEST(test_connection_lost),
        TEST(test_listing_refused),
        TEST(test_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
