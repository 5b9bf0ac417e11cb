/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round of questions to libvirt. */
#include "connect/libvirt_domains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "connect/libvirt_values.h"

/* What a call may take before its thread is given up. Calls that wait for no
 * QEMU get the time that a slow network and a busy daemon need. */
#define LIBVIRT_CALL_MS              2000
#define LIBVIRT_STATISTICS_MS        500
#define LIBVIRT_STATISTICS_DOMAIN_MS 30
/* Domains in one statistics call: few enough that one that hangs is noticed
 * within a second however many there are, and that a reading's time is its own. */
#define LIBVIRT_STATISTICS_DOMAINS 16

void libvirt_link_close(struct libvirt_link *link, struct connector_guard *guard)
{
    if (!link->connection)
        return;
    connector_guard_set(guard, LIBVIRT_CALL_MS, "closing the connection");
    link->api.virConnectClose(link->connection);
    connector_guard_clear(guard);
    link->connection = NULL;
}

static void libvirt_free_handles(const struct libvirt_link *link, virDomainPtr *handles,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++)
        link->api.virDomainFree(handles[i]);
    free(handles);
}

void libvirt_domains_done(const struct libvirt_link *link, struct libvirt_domains *domains)
{
    libvirt_free_handles(link, domains->handles, domains->count);
    for (size_t i = 0; i < domains->count; i++)
        libvirt_statistics_done(&domains->list[i].statistics);
    free(domains->list);
    *domains = (struct libvirt_domains){0};
}

static int libvirt_fail_lost(const struct libvirt_link *link, const struct libvirt_failure *failure,
                             struct connector_error *error)
{
    snprintf(error->text, sizeof(error->text), "connection to '%.60s' lost: %s", link->uri,
             failure->text);
    return -ENOTCONN;
}

/* What the failure of a call about one domain means: 0 = nothing for the others. */
static int libvirt_judge_failure(const struct libvirt_link *link, struct libvirt_domain *domain,
                                 const struct libvirt_failure *failure,
                                 struct connector_error *error)
{
    if (failure->lost)
        return libvirt_fail_lost(link, failure, error);
    /* "Operation invalid" is what a domain that is defined, but ended, gives. */
    if (failure->code == VIR_ERR_NO_DOMAIN || failure->code == VIR_ERR_OPERATION_INVALID)
        domain->gone = true;
    return 0;
}

static int libvirt_list(const struct libvirt_link *link, struct connector_guard *guard,
                        struct libvirt_domains *ret, struct connector_error *error)
{
    virDomainPtr *handles = NULL;
    struct libvirt_failure failure;
    size_t count, kept;
    int n;

    connector_guard_set(guard, LIBVIRT_CALL_MS, "listing the domains");
    n = link->api.virConnectListAllDomains(link->connection, &handles,
                                           VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (n < 0)
        libvirt_api_note_failure(&link->api, link->connection, &failure);
    count = n > 0 ? (size_t)n : 0;
    if (connector_guard_clear(guard)) {
        libvirt_free_handles(link, handles, count);
        return -ECANCELED;
    }
    if (n < 0) {
        if (failure.lost)
            return libvirt_fail_lost(link, &failure, error);
        snprintf(error->text, sizeof(error->text), "'%.60s' does not list its domains: %s",
                 link->uri, failure.text);
        return -EIO;
    }
    kept = min_size(count, INVENTORY_VMS_MAX);
    for (size_t i = kept; i < count; i++)
        link->api.virDomainFree(handles[i]);
    ret->handles = handles;
    ret->count = kept;
    ret->list = xcalloc(kept, sizeof(*ret->list));
    return 0;
}

/* State, vCPUs and memory. Only a paused domain has reasons that matter: one
 * call less for all others. */
static int libvirt_read_info(const struct libvirt_link *link, struct libvirt_domain *domain,
                             struct connector_error *error)
{
    virDomainInfo info = {.state = VIR_DOMAIN_NOSTATE};
    struct libvirt_failure failure;
    int state, reason = 0;
    struct mono at;

    if (link->api.virDomainGetInfo(domain->handle, &info) == 0) {
        at = clock_mono(&clock_system);
        domain->readings[READING_VCPUS] = raw_of(info.nrVirtCpu, at);
        domain->readings[READING_MEMORY_MAX_KB] = raw_of(info.maxMem, at);
        domain->readings[READING_BALLOON_KB] = raw_of(info.memory, at);
    } else {
        int r;

        libvirt_api_note_failure(&link->api, link->connection, &failure);
        r = libvirt_judge_failure(link, domain, &failure, error);
        if (r < 0 || domain->gone)
            return r;
    }
    state = info.state;
    if (state == VIR_DOMAIN_NOSTATE || state == VIR_DOMAIN_PAUSED) {
        if (link->api.virDomainGetState(domain->handle, &state, &reason, 0) < 0) {
            libvirt_api_note_failure(&link->api, link->connection, &failure);
            return libvirt_judge_failure(link, domain, &failure, error);
        }
    }
    domain->state = libvirt_vm_state(state, reason);
    domain->gone = state == VIR_DOMAIN_SHUTOFF;
    return 0;
}

static int libvirt_read_control(const struct libvirt_link *link, struct libvirt_domain *domain,
                                struct connector_error *error)
{
    virDomainControlInfo control;
    struct libvirt_failure failure;

    if (link->api.virDomainGetControlInfo(domain->handle, &control, 0) < 0) {
        libvirt_api_note_failure(&link->api, link->connection, &failure);
        /* Drivers without a monitor have nothing that could be occupied. */
        domain->can_ask = failure.code == VIR_ERR_NO_SUPPORT;
        if (domain->can_ask)
            return 0;
        libvirt_format_failure(failure.text, domain->stale_reason, sizeof(domain->stale_reason));
        return libvirt_judge_failure(link, domain, &failure, error);
    }
    domain->can_ask = control.state == VIR_DOMAIN_CONTROL_OK;
    if (!domain->can_ask)
        libvirt_format_control(&control, domain->stale_reason, sizeof(domain->stale_reason));
    return 0;
}

static bool libvirt_asks_qemu(const struct libvirt_link *link)
{
    return link->has_statistics || link->wants_disks || link->wants_nics;
}

static int libvirt_read_domain(const struct libvirt_link *link, struct connector_guard *guard,
                               struct libvirt_domain *domain, struct connector_error *error)
{
    int r;

    domain->name = link->api.virDomainGetName(domain->handle);
    if (!domain->name || link->api.virDomainGetUUIDString(domain->handle, domain->uuid) < 0) {
        domain->gone = true;
        return 0;
    }
    domain->id = link->api.virDomainGetID(domain->handle);
    connector_guard_set(guard, LIBVIRT_CALL_MS, "reading the state of a domain");
    r = libvirt_read_info(link, domain, error);
    if (r == 0 && !domain->gone && libvirt_asks_qemu(link))
        r = libvirt_read_control(link, domain, error);
    return connector_guard_clear(guard) ? -ECANCELED : r;
}

static void libvirt_mark_answered(struct libvirt_domain *domain, struct mono at)
{
    domain->answered = true;
    domain->answered_at = at;
    domain->stale_reason[0] = '\0';
}

/* The domain of a record: records come in the order in which the domains were
 * asked for, so `*near`, behind the last one's, is where to start. */
static struct libvirt_domain *libvirt_match(struct libvirt_domains *domains, const char *uuid,
                                            size_t *near)
{
    for (size_t i = 0; i < domains->count; i++) {
        size_t at = (*near + i) % domains->count;

        if (strcmp(domains->list[at].uuid, uuid) == 0) {
            *near = at + 1;
            return &domains->list[at];
        }
    }
    return NULL;
}

/* Takes the records of the domains from..to that were asked. Those of which
 * none came have ended since they were listed. */
static void libvirt_take_records(const struct libvirt_link *link, struct libvirt_domains *domains,
                                 size_t from, size_t to, virDomainStatsRecordPtr *records,
                                 int count, struct mono at)
{
    int64_t now_seconds = clock_system.wall(clock_system.self).tv_sec;
    size_t near = from;

    for (size_t i = from; i < to; i++)
        domains->list[i].gone |= domains->list[i].can_ask;
    for (int i = 0; i < count; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];
        struct libvirt_domain *domain;

        if (link->api.virDomainGetUUIDString(records[i]->dom, uuid) < 0)
            continue;
        domain = libvirt_match(domains, uuid, &near);
        if (!domain)
            continue;
        domain->gone = false;
        libvirt_statistics_done(&domain->statistics);
        libvirt_statistics_take(records[i]->params, records[i]->nparams, at, &domain->statistics);
        if (libvirt_take_parameters(records[i]->params, records[i]->nparams, now_seconds, at,
                                    domain->readings) ||
            !link->has_nowait)
            libvirt_mark_answered(domain, at);
        else
            copy_text(domain->stale_reason, sizeof(domain->stale_reason),
                      "libvirt: QEMU monitor occupied by another client");
    }
}

/* Asks the domains from..to (exclusive) that can be asked in one call and takes
 * what comes. 1, with *failure, when the call failed on a connection that
 * still stands. */
static int libvirt_ask(struct libvirt_link *link, struct connector_guard *guard,
                       struct libvirt_domains *domains, size_t from, size_t to,
                       struct libvirt_failure *failure, struct connector_error *error)
{
    virDomainPtr handles[LIBVIRT_STATISTICS_DOMAINS + 1] = {NULL};
    virDomainStatsRecordPtr *records = NULL;
    unsigned flags = link->has_nowait ? VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT : 0;
    unsigned count = 0;
    struct mono at;
    bool abandoned;
    int n;

    for (size_t i = from; i < to; i++) {
        if (domains->list[i].can_ask && !domains->list[i].gone)
            handles[count++] = domains->list[i].handle;
    }
    if (!count)
        return 0;
    connector_guard_set(guard, LIBVIRT_STATISTICS_MS + LIBVIRT_STATISTICS_DOMAIN_MS * count,
                        "asking for statistics");
    n = link->api.virDomainListGetStats(
        handles, libvirt_statistics_groups(link->wants_disks, link->wants_nics), &records, flags);
    at = clock_mono(&clock_system);
    if (n < 0)
        libvirt_api_note_failure(&link->api, link->connection, failure);
    abandoned = connector_guard_clear(guard);
    if (n < 0 && !abandoned)
        return failure->lost ? libvirt_fail_lost(link, failure, error) : 1;
    if (n >= 0) {
        libvirt_take_records(link, domains, from, to, records, n, at);
        link->api.virDomainStatsRecordListFree(records);
    }
    return abandoned ? -ECANCELED : 0;
}

/* One call for each domain, so that one that makes calls fail costs nobody else. */
static int libvirt_ask_singly(struct libvirt_link *link, struct connector_guard *guard,
                              struct libvirt_domains *domains, size_t from, size_t to,
                              struct connector_error *error)
{
    for (size_t i = from; i < to; i++) {
        struct libvirt_domain *domain = &domains->list[i];
        struct libvirt_failure failure;
        int r = libvirt_ask(link, guard, domains, i, i + 1, &failure, error);

        if (r < 0)
            return r;
        if (r == 0)
            continue;
        domain->gone = failure.code == VIR_ERR_NO_DOMAIN;
        libvirt_format_failure(failure.text, domain->stale_reason, sizeof(domain->stale_reason));
    }
    return 0;
}

static void libvirt_answer_all(struct libvirt_domains *domains)
{
    struct mono now = clock_mono(&clock_system);

    for (size_t i = 0; i < domains->count; i++)
        libvirt_mark_answered(&domains->list[i], now);
}

/* Asks all domains that can be asked. */
static int libvirt_ask_all(struct libvirt_link *link, struct connector_guard *guard,
                           struct libvirt_domains *domains, struct connector_error *error)
{
    int r = 0;

    for (size_t from = 0, to; r == 0 && from < domains->count; from = to) {
        struct libvirt_failure failure;

        to = min_size(from + LIBVIRT_STATISTICS_DOMAINS, domains->count);
        r = libvirt_ask(link, guard, domains, from, to, &failure, error);
        if (r == 1 && failure.code == VIR_ERR_INVALID_ARG && link->has_nowait) {
            link->has_nowait = false;
            r = libvirt_ask(link, guard, domains, from, to, &failure, error);
        }
        if (r == 1 && failure.code == VIR_ERR_NO_SUPPORT) {
            link->has_statistics = false;
            libvirt_answer_all(domains);
            return 0;
        }
        if (r == 1)
            r = libvirt_ask_singly(link, guard, domains, from, to, error);
    }
    return r;
}

int libvirt_domains_read(struct libvirt_link *link, struct connector_guard *guard,
                         struct libvirt_domains *ret, struct connector_error *error)
{
    struct libvirt_domains domains = {0};
    int r = libvirt_list(link, guard, &domains, error);

    for (size_t i = 0; r == 0 && i < domains.count; i++) {
        domains.list[i].handle = domains.handles[i];
        r = libvirt_read_domain(link, guard, &domains.list[i], error);
    }
    if (r == 0 && link->has_statistics)
        r = libvirt_ask_all(link, guard, &domains, error);
    else if (r == 0)
        libvirt_answer_all(&domains);
    if (r < 0) {
        libvirt_domains_done(link, &domains);
        return r;
    }
    *ret = domains;
    return 0;
}

int libvirt_domain_read_xml(const struct libvirt_link *link, struct connector_guard *guard,
                            struct libvirt_domain *domain, char **ret_text,
                            struct connector_error *error)
{
    struct libvirt_failure failure;
    char *text;
    int r = 0;

    connector_guard_set(guard, LIBVIRT_CALL_MS, "reading the XML of a domain");
    text = link->api.virDomainGetXMLDesc(domain->handle, 0);
    if (!text) {
        libvirt_api_note_failure(&link->api, link->connection, &failure);
        r = libvirt_judge_failure(link, domain, &failure, error);
    }
    if (connector_guard_clear(guard)) {
        free(text);
        return -ECANCELED;
    }
    if (r == 0)
        *ret_text = text;
    return r;
}
