/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of images as QEMU gives them: block.c of QEMU makes a name of its own,
 * or of the options that it would take ("json:"), whose keys are those of
 * BlockdevOptions (qapi/block-core.json), nested or with dots.
 */
#include "connect/image_name.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "model/inventory.h"

#define IMAGE_PATH_MAX    4096
#define IMAGE_JSON_LEVELS 8 /* drivers on top of each other in a "json:" name */
#define IMAGE_PARTS_MAX   4
#define IMAGE_KEY_MAX     32

/* A part of a source: what stands before it, unless it is missing. */
struct image_part {
    const char *before;
    const char *key;
};

/* Drivers at the bottom, and what of their options says which image it is. Of
 * two rows the one counts whose first part is there. */
static const struct {
    const char *driver;
    bool is_url;
    struct image_part parts[IMAGE_PARTS_MAX];
} image_drivers[] = {
    {"vvfat", false, {{"", "dir"}}},
    {"rbd", false, {{"", "pool"}, {"/", "namespace"}, {"/", "image"}, {"@", "snapshot"}}},
    {"iscsi", true, {{"iscsi://", "portal"}, {"/", "target"}, {"/", "lun"}}},
    {"nbd", true, {{"nbd://", "server.host"}, {":", "server.port"}, {"/", "export"}}},
    {"nbd", true, {{"nbd+unix:///?socket=", "server.path"}}},
    {"gluster", true, {{"gluster://", "server.0.host"}, {"/", "volume"}, {"/", "path"}}},
    {"gluster", true, {{"gluster+unix:///", "volume"}, {"/", "path"}}},
    {"nfs", true, {{"nfs://", "server.host"}, {"/", "path"}}},
    {"ssh", true, {{"ssh://", "server.host"}, {"/", "path"}}},
    {"nvme", true, {{"nvme://", "device"}, {"/", "namespace"}}},
    {"http", true, {{"", "url"}}},
    {"https", true, {{"", "url"}}},
    {"ftp", true, {{"", "url"}}},
    {"ftps", true, {{"", "url"}}},
    {"nvme-io_uring", false, {{"", "path"}}},
    {"virtio-blk-vfio-pci", false, {{"", "path"}}},
    {"virtio-blk-vhost-user", false, {{"", "path"}}},
    {"virtio-blk-vhost-vdpa", false, {{"", "path"}}},
};

void image_name_done(struct image_name *name)
{
    free(name->path);
    free(name->backend);
    free(name->source);
    *name = (struct image_name){0};
}

/* Keeps the text of the buffer as the source, and empties it. */
static void image_keep_source(struct image_name *name, struct buf *text)
{
    const char *source = buf_text(text);

    if (*source)
        name->source = xstrndup(source, INVENTORY_SOURCE_MAX);
    buf_done(text);
}

static void image_set_file(struct image_name *name, const char *path, bool is_block)
{
    if (!*path)
        return;
    name->backend = xstrdup(is_block ? "block" : "file");
    name->source = xstrndup(path, INVENTORY_SOURCE_MAX);
    if (path[0] == '/' && strlen(path) < IMAGE_PATH_MAX)
        name->path = xstrdup(path);
}

/* ---- "protocol:..." ---- */

/* The socket of a query "export?socket=/run/nbd&x=y". */
static void image_put_socket(struct buf *out, const char *query)
{
    static const char key[] = "socket=";

    while (*query == '?' || *query == '&') {
        size_t n = 1 + strcspn(query + 1, "&#");

        if (strncmp(query + 1, key, sizeof(key) - 1) == 0) {
            buf_putc(out, '?');
            buf_add(out, query + 1, n - 1);
            return;
        }
        query += n;
    }
}

static bool image_is_word(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_letter = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z');

        if (!is_letter && !(text[i] >= '0' && text[i] <= '9') && !strchr("+-._", text[i]))
            return false;
    }
    return n > 0;
}

void image_put_url(struct buf *out, const char *url)
{
    const char *authority = strstr(url, "://"), *rest;
    size_t n;

    if (!authority || !image_is_word(url, (size_t)(authority - url)))
        return;
    authority += 3;
    buf_add(out, url, (size_t)(authority - url));
    n = strcspn(authority, "/?#");
    rest = authority + n;
    for (const char *at; (at = memchr(authority, '@', (size_t)(rest - authority)));)
        authority = at + 1;
    n = strcspn(rest, "?#");
    buf_add(out, authority, (size_t)(rest + n - authority));
    image_put_socket(out, rest + n);
}

/* "pool/image@snapshot:key=value", where a backslash takes the meaning of the
 * character behind it: what follows the first colon are options, keys among them. */
static void image_put_rbd(struct buf *out, const char *text)
{
    for (; *text && *text != ':'; text++) {
        if (*text == '\\' && text[1])
            text++;
        buf_putc(out, *text);
    }
}

/* The length of the protocol that the name begins with, its colon not counted;
 * 0 = it is a path. */
static size_t image_protocol(const char *text)
{
    size_t n = strcspn(text, ":/");

    return text[n] == ':' ? n : 0;
}

static bool image_is_protocol(const char *text, size_t n, const char *protocol)
{
    return strlen(protocol) == n && memcmp(text, protocol, n) == 0;
}

static void image_from_protocol(const char *text, size_t n, struct image_name *name)
{
    const char *rest = text + n + 1, *plus = memchr(text, '+', n);
    struct buf source = {0};

    if (image_is_protocol(text, n, "file")) {
        image_set_file(name, rest, false);
        return;
    }
    if (image_is_protocol(text, n, "host_device") || image_is_protocol(text, n, "host_cdrom")) {
        image_set_file(name, rest, true);
        return;
    }
    if (!image_is_word(text, n))
        return;
    name->backend = xstrndup(text, min_size(plus ? (size_t)(plus - text) : n, INVENTORY_NAME_MAX));
    if (strncmp(rest, "//", 2) == 0)
        image_put_url(&source, text);
    else if (image_is_protocol(text, n, "rbd"))
        image_put_rbd(&source, rest);
    else if (image_is_protocol(text, n, "nbd"))
        buf_puts(&source, rest); /* host:port:exportname=x, unix:/run/socket:... */
    image_keep_source(name, &source);
}

/* ---- "json:{...}" ---- */

static struct json_object *image_member(struct json_object *parent, const char *key)
{
    struct json_object *value = NULL;
    uint64_t number;

    if (json_object_is_type(parent, json_type_array) && parse_u64(key, &number))
        return number < json_object_array_length(parent)
                   ? json_object_array_get_idx(parent, (size_t)number)
                   : NULL;
    return json_object_object_get_ex(parent, key, &value) ? value : NULL;
}

/* The text or number with the key "server.host": written so, or nested. "" = none. */
static const char *image_option(struct json_object *options, const char *key)
{
    struct json_object *value = image_member(options, key);
    char component[IMAGE_KEY_MAX];

    for (bool nested = !value; nested && *key; nested = value) {
        size_t n = strcspn(key, ".");

        copy_text(component, min_size(n + 1, sizeof(component)), key);
        value = image_member(value ? value : options, component);
        key += n + (key[n] == '.');
    }
    if (!json_object_is_type(value, json_type_string) && !json_object_is_type(value, json_type_int))
        return "";
    return json_object_get_string(value);
}

static void image_put_parts(struct buf *out, struct json_object *options,
                            const struct image_part *parts)
{
    for (size_t i = 0; i < IMAGE_PARTS_MAX && parts[i].key; i++) {
        const char *value = image_option(options, parts[i].key);

        if (!*value)
            continue;
        buf_puts(out, parts[i].before);
        buf_puts(out, *value == '/' && strcmp(parts[i].before, "/") == 0 ? value + 1 : value);
    }
}

/* The source that the options of a driver tell of. */
static void image_put_options(struct buf *out, struct json_object *options, const char *driver)
{
    struct buf url = {0};

    for (size_t i = 0; i < ARRAY_SIZE(image_drivers); i++) {
        if (strcmp(image_drivers[i].driver, driver) != 0 ||
            !*image_option(options, image_drivers[i].parts[0].key))
            continue;
        image_put_parts(image_drivers[i].is_url ? &url : out, options, image_drivers[i].parts);
        break;
    }
    if (url.len)
        image_put_url(out, buf_text(&url));
    buf_done(&url);
}

/* The driver at the bottom. */
static void image_from_options(struct json_object *options, struct image_name *name)
{
    const char *driver = image_option(options, "driver");
    const char *file = image_option(options, "filename");
    struct buf source = {0};
    bool is_block = strcmp(driver, "host_device") == 0 || strcmp(driver, "host_cdrom") == 0;

    if (is_block || strcmp(driver, "file") == 0) {
        image_set_file(name, file, is_block);
        return;
    }
    if (!image_is_word(driver, strlen(driver)))
        return;
    name->backend = xstrndup(driver, INVENTORY_NAME_MAX);
    image_put_options(&source, options, driver);
    image_keep_source(name, &source);
}

static void image_from_json(const char *text, struct image_name *name)
{
    struct json_object *root = json_tokener_parse(text), *level = root, *below = NULL;
    unsigned levels = 0;

    while (levels < IMAGE_JSON_LEVELS && json_object_object_get_ex(level, "file", &below)) {
        level = below;
        levels++;
    }
    /* What stands deeper, or is a node that has a name only, is not known. */
    if (json_object_is_type(level, json_type_object) && levels < IMAGE_JSON_LEVELS)
        image_from_options(level, name);
    json_object_put(root);
}

void parse_image_name(const char *text, struct image_name *ret)
{
    size_t protocol = image_protocol(text);

    *ret = (struct image_name){0};
    if (strncmp(text, "json:", 5) == 0)
        image_from_json(text + 5, ret);
    else if (protocol)
        image_from_protocol(text, protocol, ret);
    else
        image_set_file(ret, text, strncmp(text, "/dev/", 5) == 0);
}
