/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor of a pretended machine: greeting, negotiation, requests in any number of pieces, and
 * errors in QEMU's words.
 */
#include "lookalike.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define QMP_MAX_DEPTH   32
#define QMP_MAX_REQUEST 65536 /* bytes of one request; a longer one ends the connection */

struct qmp_client {
    const struct lookalike_vm *vm;
    int fd;
    bool negotiated;
    bool quit;
    bool failed;
};

static void qmp_send(struct qmp_client *c, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            c->failed = true;
            return;
        }
        text += n;
        len -= (size_t)n;
    }
}

static const char *qmp_get_json(json_object *value)
{
    return json_object_to_json_string_ext(value,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Sends {"return": ...} or {"error": ...}, with the id of the request when it had one. */
static void qmp_send_reply(struct qmp_client *c, json_object *id, const char *value,
                           const char *class, const char *desc)
{
    json_object *quoted = json_object_new_string(desc);
    char *text = NULL;
    int n;

    if (class == NULL)
        n = asprintf(&text, "{\"return\": %s%s%s}\r\n", value, id ? ", \"id\": " : "",
                     id ? qmp_get_json(id) : "");
    else
        n = asprintf(&text, "{%s%s%s\"error\": {\"class\": \"%s\", \"desc\": %s}}\r\n",
                     id ? "\"id\": " : "", id ? qmp_get_json(id) : "", id ? ", " : "", class,
                     qmp_get_json(quoted));
    if (n < 0)
        c->failed = true;
    else
        qmp_send(c, text, (size_t)n);
    if (n >= 0)
        free(text);
    json_object_put(quoted);
}

static void qmp_run_command(struct qmp_client *c, const char *name, json_object *args,
                            json_object *id)
{
    const char *class;
    char desc[256], *value = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&value, &len);

    if (out == NULL) {
        c->failed = true;
        return;
    }
    class = lookalike_reply(c->vm, name, args, out);
    if (class == NULL)
        desc[0] = '\0';
    else if (strcmp(class, "CommandNotFound") == 0)
        snprintf(desc, sizeof(desc), "The command %s has not been found", name);
    else if (strcmp(class, "DeviceNotFound") == 0)
        snprintf(desc, sizeof(desc), "Device '%s' not found", lookalike_get_string(args, "path"));
    else
        snprintf(desc, sizeof(desc), "Property 'virtio-balloon-pci.%s' not found",
                 lookalike_get_string(args, "property"));
    if (fclose(out) == 0)
        qmp_send_reply(c, id, value, class, desc);
    else
        c->failed = true;
    free(value);
    c->quit = strcmp(name, "quit") == 0;
}

static void qmp_handle(struct qmp_client *c, json_object *request)
{
    json_object *args = NULL, *id = NULL;
    const char *name;

    if (!json_object_is_type(request, json_type_object)) {
        qmp_send_reply(c, NULL, NULL, "GenericError", "QMP input must be a JSON object");
        return;
    }
    json_object_object_get_ex(request, "arguments", &args);
    json_object_object_get_ex(request, "id", &id);
    name = lookalike_get_string(request, "execute");
    if (name[0] == '\0')
        qmp_send_reply(c, id, NULL, "GenericError", "QMP input lacks member 'execute'");
    else if (strcmp(name, "qmp_capabilities") != 0 && !c->negotiated)
        qmp_send_reply(c, id, NULL, "CommandNotFound",
                       "Expecting capabilities negotiation with 'qmp_capabilities'");
    else if (strcmp(name, "qmp_capabilities") != 0)
        qmp_run_command(c, name, args, id);
    else if (c->negotiated)
        qmp_send_reply(c, id, NULL, "CommandNotFound",
                       "Capabilities negotiation is already complete, command ignored");
    else
        qmp_send_reply(c, id, "{}", NULL, "");
    if (strcmp(name, "qmp_capabilities") == 0)
        c->negotiated = true;
}

/* Requests need no newline between them and may come in pieces. */
static void qmp_feed(struct qmp_client *c, json_tokener *tok, const char *buf, size_t len,
                     size_t *pending)
{
    size_t at = 0;

    while (at < len && !c->quit && !c->failed) {
        json_object *request = json_tokener_parse_ex(tok, buf + at, (int)(len - at));
        enum json_tokener_error error = json_tokener_get_error(tok);

        at += json_tokener_get_parse_end(tok);
        if (error == json_tokener_continue) {
            *pending += len;
            c->failed = *pending > QMP_MAX_REQUEST;
            return;
        }
        *pending = 0;
        if (error == json_tokener_success) {
            qmp_handle(c, request);
        } else {
            qmp_send_reply(c, NULL, NULL, "GenericError", "JSON parse error, expecting value");
            at = len;
        }
        json_object_put(request);
        json_tokener_reset(tok);
    }
}

bool lookalike_qmp_serve(const struct lookalike_vm *vm, int fd)
{
    static const char greeting[] =
        "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 2, \"minor\": 0, \"major\": 9}, "
        "\"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n";
    struct qmp_client c = {.vm = vm, .fd = fd};
    json_tokener *tok = json_tokener_new_ex(QMP_MAX_DEPTH);
    size_t pending = 0;
    char buf[4096];
    ssize_t n;

    if (tok == NULL)
        return false;
    qmp_send(&c, greeting, sizeof(greeting) - 1);
    while (!c.failed && !c.quit) {
        n = recv(fd, buf, sizeof(buf), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        qmp_feed(&c, tok, buf, (size_t)n, &pending);
    }
    json_tokener_free(tok);
    return c.quit;
}
