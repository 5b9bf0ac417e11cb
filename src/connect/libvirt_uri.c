/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking libvirt connection URIs apart. */
#include "connect/libvirt_uri.h"

#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"

#define LIBVIRT_URI_SYSTEM_DIR "/run/libvirt/qemu"

struct libvirt_uri_parts {
    struct cursor scheme;
    struct cursor authority; /* user@host:port */
    struct cursor path;
    struct cursor query; /* without the question mark */
};

static bool libvirt_uri_split(const char *uri, struct libvirt_uri_parts *ret)
{
    const char *colon = strstr(uri, "://");
    const char *at;

    if (!colon || colon == uri)
        return false;
    ret->scheme = cursor_of(uri, (size_t)(colon - uri));
    at = colon + strlen("://");
    ret->authority = cursor_of(at, strcspn(at, "/?#"));
    at = ret->authority.end;
    ret->path = cursor_of(at, strcspn(at, "?#"));
    at = ret->path.end;
    if (*at == '?')
        at++;
    ret->query = cursor_of(at, strcspn(at, "#"));
    return true;
}

static bool libvirt_uri_is(struct cursor part, const char *text)
{
    return cursor_word(&part, text) && part.at == part.end;
}

bool libvirt_uri_host(const char *uri, char *host, size_t size)
{
    struct libvirt_uri_parts parts;
    struct cursor name;
    const char *user, *end;

    if (!libvirt_uri_split(uri, &parts))
        return false;
    name = parts.authority;
    user = memrchr(name.at, '@', (size_t)(name.end - name.at));
    if (user)
        name.at = user + 1;
    if (name.at < name.end && *name.at == '[') {
        name.at++;
        end = memchr(name.at, ']', (size_t)(name.end - name.at));
    } else {
        end = memchr(name.at, ':', (size_t)(name.end - name.at));
    }
    if (end)
        name.end = end;
    if (name.at == name.end)
        return false;
    size = min_size(size - 1, (size_t)(name.end - name.at));
    memcpy(host, name.at, size);
    host[size] = '\0';
    return true;
}

/* Whether the query has the parameter, with or without a value. */
static bool libvirt_uri_has_parameter(struct cursor query, const char *name)
{
    while (query.at < query.end) {
        const char *end = memchr(query.at, '&', (size_t)(query.end - query.at));
        struct cursor parameter = {query.at, end ? end : query.end};

        if (cursor_word(&parameter, name) &&
            (parameter.at == parameter.end || *parameter.at == '='))
            return true;
        query.at = end ? end + 1 : query.end;
    }
    return false;
}

char *libvirt_uri_without_prompt(const char *uri)
{
    static const char ssh[] = "+ssh";
    struct libvirt_uri_parts parts;
    size_t scheme, head;

    if (!libvirt_uri_split(uri, &parts))
        return xstrdup(uri);
    scheme = (size_t)(parts.scheme.end - parts.scheme.at);
    if (scheme < strlen(ssh) || memcmp(parts.scheme.end - strlen(ssh), ssh, strlen(ssh)) != 0 ||
        libvirt_uri_has_parameter(parts.query, "no_tty"))
        return xstrdup(uri);
    head = (size_t)(parts.path.end - uri);
    if (parts.query.at == parts.query.end)
        return xasprintf("%.*s?no_tty=1%s", (int)head, uri, parts.query.end);
    return xasprintf("%.*s?no_tty=1&%s", (int)head, uri, parts.query.at);
}

char *libvirt_uri_run_dir(const char *uri, const char *runtime_dir)
{
    struct libvirt_uri_parts parts;

    if (!libvirt_uri_split(uri, &parts))
        return NULL;
    if (!cursor_word(&parts.scheme, "qemu") ||
        (parts.scheme.at < parts.scheme.end && *parts.scheme.at != '+'))
        return NULL;
    if (libvirt_uri_is(parts.path, "/system"))
        return xstrdup(LIBVIRT_URI_SYSTEM_DIR);
    if (libvirt_uri_is(parts.path, "/session") && runtime_dir && *runtime_dir)
        return xasprintf("%s/libvirt/qemu/run", runtime_dir);
    return NULL;
}

bool libvirt_same_host(const char *a, const char *b)
{
    size_t a_label = strcspn(a, "."), b_label = strcspn(b, ".");

    if (!*a || !*b)
        return false;
    if (a[a_label] && b[b_label])
        return strcasecmp(a, b) == 0;
    return a_label == b_label && strncasecmp(a, b, a_label) == 0;
}
