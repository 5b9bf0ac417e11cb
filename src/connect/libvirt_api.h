/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's client library, opened at run time: a host without libvirt can run
 * proxtop all the same. Its headers are needed to build, nothing is linked.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_API_H
#define PROXTOP_CONNECT_LIBVIRT_API_H

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>

#include "connect/connector.h"

/* All of them are in libvirt 1.2.8 (2014). */
#define LIBVIRT_API_FUNCTIONS(X)                                                                   \
    X(virSetErrorFunc)                                                                             \
    X(virGetLastError)                                                                             \
    X(virInitialize)                                                                               \
    X(virConnectOpen)                                                                              \
    X(virConnectOpenReadOnly)                                                                      \
    X(virConnectClose)                                                                             \
    X(virConnectIsAlive)                                                                           \
    X(virConnectGetURI)                                                                            \
    X(virConnectGetHostname)                                                                       \
    X(virConnectListAllDomains)                                                                    \
    X(virDomainFree)                                                                               \
    X(virDomainGetID)                                                                              \
    X(virDomainGetName)                                                                            \
    X(virDomainGetUUIDString)                                                                      \
    X(virDomainGetState)                                                                           \
    X(virDomainGetInfo)                                                                            \
    X(virDomainGetControlInfo)                                                                     \
    X(virDomainGetXMLDesc)                                                                         \
    X(virDomainListGetStats)                                                                       \
    X(virDomainStatsRecordListFree)

/* The functions carry libvirt's own names. */
struct libvirt_api {
    void *library;
    void *qemu_library; /* NULL = not asked for */
#define X(function) __typeof__(function) *function;
    LIBVIRT_API_FUNCTIONS(X)
#undef X
    __typeof__(virDomainQemuMonitorCommand) *virDomainQemuMonitorCommand; /* NULL likewise */
};

/* Opens libvirt.so.0, with_qemu also libvirt-qemu.so.0, and keeps libvirt from
 * writing its errors on the screen. Fills *api even on failure: unload it.
 * -ENOENT or -ENOSYS with a fatal *error when the library is not there or too
 * old. Every caller may have an api of its own. */
int libvirt_api_load(struct libvirt_api *api, bool with_qemu, struct connector_error *error);
void libvirt_api_unload(struct libvirt_api *api);

/* A failure of a call, noted before the next call wipes it out. */
struct libvirt_failure {
    int code;   /* VIR_ERR_... */
    int detail; /* errno of a VIR_ERR_SYSTEM_ERROR */
    bool lost;  /* the connection is of no use any more */
    char text[200];
};

/* Notes why the last call on this thread failed. connection NULL = there is
 * none yet. Never blocks. */
void libvirt_api_note_failure(const struct libvirt_api *api, virConnectPtr connection,
                              struct libvirt_failure *ret);

#endif
