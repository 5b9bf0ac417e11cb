/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening libvirt's libraries and reading its errors. */
#include "connect/libvirt_api.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define LIBVIRT_LIBRARY      "libvirt.so.0"
#define LIBVIRT_QEMU_LIBRARY "libvirt-qemu.so.0"

struct libvirt_api_symbol {
    const char *name;
    size_t offset; /* of its pointer in struct libvirt_api */
};

static const struct libvirt_api_symbol libvirt_api_symbols[] = {
#define X(function) {#function, offsetof(struct libvirt_api, function)},
    LIBVIRT_API_FUNCTIONS(X)
#undef X
};

static const struct libvirt_api_symbol libvirt_api_qemu_symbol = {
    "virDomainQemuMonitorCommand", offsetof(struct libvirt_api, virDomainQemuMonitorCommand)};

static void libvirt_api_drop_error(void *data UNUSED, virErrorPtr error UNUSED)
{
}

static int libvirt_api_open(const char *file, void **ret_library, struct connector_error *error)
{
    /* NODELETE: libvirt leaves destructors of thread-local data behind. */
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *why = library ? NULL : dlerror();

    if (!library) {
        snprintf(error->text, sizeof(error->text),
                 "the libvirt client library cannot be opened (Debian package libvirt0): %s",
                 why ? why : file);
        error->trouble = CONNECTOR_NO_LIBRARY;
        error->fatal = true;
        return -ENOENT;
    }
    *ret_library = library;
    return 0;
}

static int libvirt_api_resolve(struct libvirt_api *api, void *library,
                               const struct libvirt_api_symbol *symbol,
                               struct connector_error *error)
{
    void *function = dlsym(library, symbol->name);

    if (!function) {
        snprintf(error->text, sizeof(error->text),
                 "the libvirt client library is too old: it has no %s (1.2.8 is needed)",
                 symbol->name);
        error->fatal = true;
        return -ENOSYS;
    }
    memcpy((char *)api + symbol->offset, &function, sizeof(function));
    return 0;
}

int libvirt_api_load(struct libvirt_api *api, bool with_qemu, struct connector_error *error)
{
    int r;

    *api = (struct libvirt_api){0};
    r = libvirt_api_open(LIBVIRT_LIBRARY, &api->library, error);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(libvirt_api_symbols); i++)
        r = libvirt_api_resolve(api, api->library, &libvirt_api_symbols[i], error);
    if (r < 0)
        return r;
    api->virSetErrorFunc(NULL, libvirt_api_drop_error);
    if (!with_qemu)
        return 0;
    r = libvirt_api_open(LIBVIRT_QEMU_LIBRARY, &api->qemu_library, error);
    if (r == 0)
        r = libvirt_api_resolve(api, api->qemu_library, &libvirt_api_qemu_symbol, error);
    return r;
}

void libvirt_api_unload(struct libvirt_api *api)
{
    if (api->qemu_library)
        dlclose(api->qemu_library);
    if (api->library)
        dlclose(api->library);
    *api = (struct libvirt_api){0};
}

static bool libvirt_api_error_is_of_transport(const virError *error)
{
    switch (error->code) {
    case VIR_ERR_SYSTEM_ERROR: /* a system error of a driver costs one domain only */
        return error->domain == VIR_FROM_RPC || error->domain == VIR_FROM_REMOTE;
    case VIR_ERR_RPC:
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_INVALID_CONN:
        return true;
    default:
        return false;
    }
}

void libvirt_api_note_failure(const struct libvirt_api *api, virConnectPtr connection,
                              struct libvirt_failure *ret)
{
    virErrorPtr error = api->virGetLastError();

    *ret = (struct libvirt_failure){.code = VIR_ERR_OK, .text = "unknown error"};
    if (error) {
        ret->code = error->code;
        ret->detail = error->int1;
        ret->lost = libvirt_api_error_is_of_transport(error);
        copy_text(ret->text, sizeof(ret->text), error->message ? error->message : "unknown error");
    }
    if (connection && api->virConnectIsAlive(connection) != 1)
        ret->lost = true;
}
