/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing of targets. */
#include "output/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"
#include "output/output.h"

#define TARGET_NAME_MAX 253 /* of a host name in DNS */

/* What is being parsed, for the message if it is wrong. */
struct target_text {
    const char *text;
    const char *allowed;
    struct output_error *error;
    size_t shown; /* bytes that a message may show, what is behind may be a secret; 0 = all */
};

static int target_reject(const struct target_text *t, const char *why)
{
    size_t len = min_size(t->shown ? t->shown : strlen(t->text), 200);

    snprintf(t->error->text, sizeof(t->error->text),
             "target '%.*s%s' is not allowed: %s; allowed: %s", (int)len, t->text,
             t->text[len] ? "..." : "", why, t->allowed);
    t->error->usage = true;
    return -EINVAL;
}

static bool target_is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits and dots that are no IPv4 address; what looks names up would take "10.1" for
 * 10.0.0.1. */
static bool target_is_cut_ipv4(const char *host)
{
    struct in_addr binary;

    return !host[strspn(host, "0123456789.")] && inet_pton(AF_INET, host, &binary) != 1;
}

/* Letters, digits and "-._", as in DNS and in /etc/hosts. */
static bool target_is_name(const char *host)
{
    if ((!target_is_alnum(host[0]) && host[0] != '_') || target_is_cut_ipv4(host))
        return false;
    for (const char *c = host; *c; c++) {
        if (!target_is_alnum(*c) && !strchr("-._", *c))
            return false;
        if (c[0] == '.' && c[1] == '.')
            return false;
    }
    return true;
}

/* An IPv6 address, with the interface behind '%' if it is link-local. */
static bool target_is_ipv6(const char *host)
{
    const char *zone = strchr(host, '%');
    char address[INET6_ADDRSTRLEN];
    struct in6_addr binary;
    size_t len = zone ? (size_t)(zone - host) : strlen(host);

    if (len >= sizeof(address))
        return false;
    copy_text(address, len + 1, host);
    if (inet_pton(AF_INET6, address, &binary) != 1)
        return false;
    if (!zone)
        return true;
    for (len = 0; zone[1 + len]; len++) {
        if (!target_is_alnum(zone[1 + len]) && !strchr("-._@", zone[1 + len]))
            return false;
    }
    return len > 0 && len < IF_NAMESIZE;
}

/* The host at the start of text[len]; *ret_rest: what is behind it. */
static int target_parse_host(const struct target_text *t, const char *text, size_t len,
                             struct target *target, const char **ret_rest)
{
    bool bracket = len && text[0] == '[';
    const char *begin = text + bracket, *end = memchr(begin, bracket ? ']' : ':', len - bracket);
    size_t host_len;

    if (!end && bracket)
        return target_reject(t, "']' is missing");
    if (!end)
        end = text + len;
    host_len = (size_t)(end - begin);
    if (!bracket && host_len < len && memchr(end + 1, ':', len - host_len - 1))
        return target_reject(t, "an IPv6 address needs brackets");
    if (!host_len)
        return target_reject(t, "the host is missing");
    if (host_len > TARGET_NAME_MAX)
        return target_reject(t, "the host's name is too long");
    copy_text(target->host, host_len + 1, begin);
    if (bracket && !target_is_ipv6(target->host))
        return target_reject(t, "there is no IPv6 address in the brackets");
    if (!bracket && !target_is_name(target->host))
        return target_reject(t, "the host is neither a name nor an address");
    *ret_rest = end + bracket;
    return 0;
}

/* host[:port] of text[len]. */
static int target_parse_authority(const struct target_text *t, const char *text, size_t len,
                                  const char *default_port, struct target *target)
{
    const char *rest = NULL;
    char digits[24];
    uint64_t port;
    size_t rest_len;
    int r = target_parse_host(t, text, len, target, &rest);

    if (r < 0)
        return r;
    rest_len = len - (size_t)(rest - text);
    if (!rest_len && default_port) {
        copy_text(target->port, sizeof(target->port), default_port);
        return 0;
    }
    if (!rest_len)
        return target_reject(t, "the port is missing");
    if (rest[0] != ':')
        return target_reject(t, "behind ']' is no port");
    if (rest_len >= sizeof(digits))
        return target_reject(t, "the port is not from 1 to 65535");
    copy_text(digits, rest_len, rest + 1);
    if (!parse_u64(digits, &port) || port < 1 || port > 65535)
        return target_reject(t, "the port is not from 1 to 65535");
    snprintf(target->port, sizeof(target->port), "%u", (unsigned)port);
    return 0;
}

int target_parse_address(const char *text, const char *default_port, struct target *ret,
                         struct output_error *error)
{
    struct target_text t = {
        .text = text,
        .allowed = default_port ? "HOST[:PORT], IPV4[:PORT], [IPV6] or [IPV6]:PORT"
                                : "HOST:PORT, IPV4:PORT or [IPV6]:PORT",
        .error = error,
    };
    struct target target = {.tls = false};
    int r;

    if (strstr(text, "://"))
        return target_reject(&t, "a URL is not expected here");
    r = target_parse_authority(&t, text, strlen(text), default_port, &target);
    if (r < 0)
        return r;
    *ret = target;
    return 0;
}

/* Path and query: what a request line may hold. */
static int target_parse_path(const struct target_text *t, const char *text, struct target *target)
{
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || (unsigned char)*c >= 0x7f)
            return target_reject(t, "spaces and what is not ASCII have to be written as %XX");
        if (*c == '#')
            return target_reject(t, "a part behind '#' is never sent");
    }
    if (strlen(text) + 2 > sizeof(target->path))
        return target_reject(t, "the path is too long");
    snprintf(target->path, sizeof(target->path), "%s%s", *text == '/' ? "" : "/", text);
    return 0;
}

/* Bytes before the first of a URL that may be a secret: user and password, a query. */
static size_t target_public_part(const char *url)
{
    size_t len = strcspn(url, "?");
    const char *slashes = strstr(url, "://");

    if (slashes && memchr(url, '@', len))
        return (size_t)(slashes + 3 - url);
    return len;
}

int target_parse_url(const char *text, struct target *ret, struct output_error *error)
{
    struct target_text t = {text, "http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH]", error,
                            target_public_part(text)};
    struct target target = {.tls = strncasecmp(text, "https://", 8) == 0};
    const char *authority;
    size_t len;
    int r;

    if (!target.tls && strncasecmp(text, "http://", 7) != 0)
        return target_reject(&t, "it is no URL of http or https");
    authority = text + (target.tls ? 8 : 7);
    len = strcspn(authority, "/?#");
    if (memchr(authority, '@', len))
        return target_reject(&t, "user and password do not belong into a URL, where everybody on "
                                 "the host can read them");
    r = target_parse_authority(&t, authority, len, target.tls ? "443" : "80", &target);
    if (r == 0)
        r = target_parse_path(&t, authority + len, &target);
    if (r < 0)
        return r;
    *ret = target;
    return 0;
}

void target_spool_name(const char *form, const char *output, const struct target *target,
                       char ret[TARGET_SPOOL_NAME_SIZE])
{
    char *whole = xasprintf("%s%s://%s:%s%s", output, target->tls ? "s" : "", target->host,
                            target->port, target->path);
    char *name = xasprintf("%s-%s-%s-%s%.*s", form, output, target->host, target->port,
                           (int)strcspn(target->path, "?"), target->path);

    for (char *c = name; *c; c++) {
        if (!target_is_alnum(*c) && *c != '.' && *c != '-')
            *c = '_';
    }
    snprintf(ret, TARGET_SPOOL_NAME_SIZE, "%.120s-%016" PRIx64, name, hash_text(whole));
    free(name);
    free(whole);
}
