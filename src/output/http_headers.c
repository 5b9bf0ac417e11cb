/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/http_headers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/num.h"
#include "output/http_text.h"
#include "output/output.h"

#define HTTP_HEADERS_MAX 64
#define HTTP_FILE_MAX    65536
#define HTTP_TOKEN_MAX   8192

struct http_headers {
    struct {
        char *name, *value;
    } list[HTTP_HEADERS_MAX];
    size_t count;
    const char *token_file; /* NULL = none */
    char *authorization;    /* "Bearer TOKEN"; NULL without a file */
    struct complaint failure;
};

/* The whole file, HTTP_FILE_MAX bytes at most: also a pipe, but once the loop
 * runs (`wait` is false) nobody waits for its writer. */
static int http_file_read(const char *path, bool wait, struct buf *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (wait ? 0 : O_NONBLOCK));
    ssize_t n;

    if (fd < 0)
        return -errno;
    buf_clear(ret);
    do {
        buf_reserve(ret, 4096);
        n = read(fd, ret->data + ret->len, ret->cap - ret->len);
        if (n > 0)
            ret->len += (size_t)n;
    } while ((n > 0 && ret->len <= HTTP_FILE_MAX) || (n < 0 && errno == EINTR));
    n = n < 0 ? -errno : 0;
    close(fd);
    return ret->len > HTTP_FILE_MAX ? -EFBIG : (int)n;
}

/* It may hold secrets. */
static void http_file_forget(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    buf_done(b);
}

static const char *http_headers_add(struct http_headers *h, const char *line, size_t len)
{
    struct http_field field;
    const char *why = http_parse_field(line, len, &field);

    if (why)
        return why;
    if (h->count == HTTP_HEADERS_MAX)
        return "there are too many headers";
    h->list[h->count].name = xstrndup(field.name, field.name_len);
    h->list[h->count].value = xstrndup(field.value, field.value_len);
    h->count++;
    return NULL;
}

static bool http_headers_skips(const struct cursor *line)
{
    return line->at == line->end || *line->at == '#';
}

static int http_headers_add_file(struct http_headers *h, const char *path,
                                 struct output_error *error)
{
    struct buf text = {0};
    struct cursor all, line;
    const char *why = NULL;
    unsigned number = 0;
    int status = http_file_read(path, true, &text);

    if (status < 0) {
        snprintf(error->text, sizeof(error->text), "option --http-header: cannot read '%s': %s",
                 path, strerror(-status));
        http_file_forget(&text);
        return status;
    }
    all = cursor_of(buf_text(&text), text.len);
    while (!why && cursor_line(&all, &line)) {
        number++;
        if (line.end > line.at && line.end[-1] == '\r')
            line.end--;
        if (!http_headers_skips(&line))
            why = http_headers_add(h, line.at, (size_t)(line.end - line.at));
    }
    http_file_forget(&text);
    if (!why)
        return 0;
    snprintf(error->text, sizeof(error->text), "option --http-header: '%s', line %u: %s", path,
             number, why);
    return -EINVAL;
}

static int http_headers_add_option(struct http_headers *h, const char *text,
                                   struct output_error *error)
{
    const char *why;
    size_t name;

    if (text[0] == '@')
        return http_headers_add_file(h, text + 1, error);
    why = http_headers_add(h, text, strlen(text));
    if (!why)
        return 0;
    error->usage = true;
    /* Not the value: it may be a secret, and messages go to a log. */
    name = min_size(strcspn(text, ": \t"), 64);
    snprintf(error->text, sizeof(error->text),
             "option --http-header: '%.*s%s' is not allowed: %s; allowed: 'Name: value', or @FILE "
             "with such lines",
             (int)name, text, text[name] ? "..." : "", why);
    return -EINVAL;
}

/* "Bearer TOKEN" of the file; NULL, and why. */
static char *http_token_read(const char *path, bool wait, const char **ret_why)
{
    struct buf text = {0};
    int status = http_file_read(path, wait, &text);
    const char *at = text.data;
    size_t len = text.len;
    char *value = NULL;

    for (; len && strchr(" \t\r\n", *at); len--)
        at++;
    while (len && strchr(" \t\r\n", at[len - 1]))
        len--;
    if (status < 0)
        *ret_why = strerror(-status);
    else if (!len)
        *ret_why = "it is empty";
    else if (len > HTTP_TOKEN_MAX)
        *ret_why = "it is too long";
    else if (!http_is_token(at, len))
        *ret_why = "it holds more than one word, or characters that no token has";
    else
        value = xasprintf("Bearer %.*s", (int)len, at);
    http_file_forget(&text);
    return value;
}

static int http_headers_add_token(struct http_headers *h, const char *path,
                                  struct output_error *error)
{
    const char *why = "";

    if (http_headers_have(h, "Authorization")) {
        error->usage = true;
        snprintf(error->text, sizeof(error->text),
                 "option --http-token-file: '%s' has no meaning with a header Authorization", path);
        return -EINVAL;
    }
    h->token_file = path;
    h->authorization = http_token_read(path, true, &why);
    if (h->authorization)
        return 0;
    snprintf(error->text, sizeof(error->text),
             "option --http-token-file: cannot take a token from '%s': %s", path, why);
    return -EINVAL;
}

int http_headers_new(const struct output_settings *settings, struct http_headers **ret,
                     struct output_error *error)
{
    struct http_headers *h = xcalloc(1, sizeof(*h));
    int status = 0;

    for (size_t i = 0; !status && i < settings->http_headers.count; i++)
        status = http_headers_add_option(h, settings->http_headers.items[i], error);
    if (!status && settings->http_token_file)
        status = http_headers_add_token(h, settings->http_token_file, error);
    if (status) {
        http_headers_free(h);
        return status;
    }
    *ret = h;
    return 0;
}

static void http_secret_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void http_headers_free(struct http_headers *headers)
{
    for (size_t i = 0; headers && i < headers->count; i++) {
        free(headers->list[i].name);
        http_secret_free(headers->list[i].value);
    }
    if (headers)
        http_secret_free(headers->authorization);
    free(headers);
}

bool http_headers_at(const struct http_headers *headers, size_t place, const char **ret_name,
                     const char **ret_value)
{
    if (place < headers->count) {
        *ret_name = headers->list[place].name;
        *ret_value = headers->list[place].value;
        return true;
    }
    if (place > headers->count || !headers->authorization)
        return false;
    *ret_name = "Authorization";
    *ret_value = headers->authorization;
    return true;
}

bool http_headers_have(const struct http_headers *headers, const char *name)
{
    const char *have, *value;

    for (size_t i = 0; http_headers_at(headers, i, &have, &value); i++) {
        if (strcasecmp(have, name) == 0)
            return true;
    }
    return false;
}

bool http_headers_renew(struct http_headers *headers)
{
    const char *why = "";
    char *value;
    bool changed;

    if (!headers->token_file)
        return false;
    value = http_token_read(headers->token_file, false, &why);
    if (!value) {
        complain(&headers->failure, LOG_WARNING,
                 "cannot take a new token from '%s': %s; the old one stays", headers->token_file,
                 why);
        return false;
    }
    complaint_recover(&headers->failure, "there is a token in '%s' again", headers->token_file);
    changed = strcmp(value, headers->authorization) != 0;
    http_secret_free(headers->authorization);
    headers->authorization = value;
    return changed;
}
