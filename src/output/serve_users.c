/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of users, and Basic credentials. */
#include "output/serve_users.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/num.h"
#include "base/util.h"

#define USERS_MAX      1000
#define USERS_FILE_MAX ((size_t)256 * 1024)

void serve_users_free(struct serve_users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        free(users->list[i].name);
        free(users->list[i].hash);
    }
    free(users->list);
    *users = (struct serve_users){0};
}

const char *serve_users_hash(const struct serve_users *users, const char *name)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcmp(users->list[i].name, name) == 0)
            return users->list[i].hash;
    }
    return NULL;
}

static bool users_is_plain(struct cursor text)
{
    for (const char *c = text.at; c < text.end; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    }
    return true;
}

/* Neither DES, which any word could be, nor what is computed in no time. */
static bool users_is_safe(const char *hash)
{
    static const char *const methods[] = {"$y$",  "$gy$", "$7$", "$2a$",
                                          "$2b$", "$2y$", "$6$", "$5$"};
    int verdict = crypt_checksalt(hash);

    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (strncmp(hash, methods[i], strlen(methods[i])) == 0)
            return verdict != CRYPT_SALT_INVALID && verdict != CRYPT_SALT_METHOD_DISABLED;
    }
    return false;
}

/* What is wrong with the line, or NULL; adds its user. */
static const char *users_add(struct serve_users *users, struct cursor line)
{
    size_t len = (size_t)(line.end - line.at);
    const char *colon = memchr(line.at, ':', len);
    struct serve_user *user;
    const char *why = NULL;

    if (!colon || colon == line.at || !users_is_plain(line))
        return "it is not USER:HASH";
    if (users->count == USERS_MAX)
        return "there are too many users";
    users->list = array_grow(users->list, &users->capacity, users->count + 1, sizeof(*users->list));
    user = &users->list[users->count];
    user->name = xstrndup(line.at, (size_t)(colon - line.at));
    user->hash = xstrndup(colon + 1, (size_t)(line.end - colon - 1));
    if (serve_users_hash(users, user->name))
        why = "its user was there before";
    else if (!users_is_safe(user->hash))
        why = "its hash is of no method that is safe; 'mkpasswd -m yescrypt' and 'openssl passwd "
              "-6' make one";
    users->count++;
    return why;
}

int serve_users_parse(const char *text, size_t len, struct serve_users *ret, size_t *ret_line,
                      const char **ret_why)
{
    struct serve_users users = {0};
    struct cursor c = cursor_of(text, len), line;
    const char *why = NULL;
    size_t number = 0;

    while (!why && cursor_line(&c, &line)) {
        number++;
        cursor_skip_blanks(&line);
        while (line.end > line.at && strchr(" \t\r", line.end[-1]) && line.end[-1])
            line.end--;
        if (line.at < line.end && *line.at != '#')
            why = users_add(&users, line);
    }
    if (!why && !users.count) {
        why = "there is no user in it";
        number = 0;
    }
    if (why) {
        serve_users_free(&users);
        *ret_line = number;
        *ret_why = why;
        return -EINVAL;
    }
    *ret = users;
    return 0;
}

/* Waits for no FIFO. The content, or -errno. */
static int users_read_file(const char *path, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), rc;
    struct stat st;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else if (!S_ISREG(st.st_mode))
        rc = -EINVAL;
    else
        rc = file_reread_all(fd, text, USERS_FILE_MAX);
    if (!rc && st.st_mode & (S_IROTH | S_IWOTH))
        log_warning("'%s' can be %s by everybody; 'chmod o= %s' ends that", path,
                    st.st_mode & S_IWOTH ? "changed" : "read", path);
    close(fd);
    return rc;
}

int serve_users_read(const char *path, struct serve_users *ret, char *error, size_t size)
{
    struct buf text = {0};
    const char *why;
    size_t line;
    int rc = users_read_file(path, &text);

    if (rc < 0) {
        snprintf(error, size, "cannot read the users in '%s': %s", path,
                 rc == -EINVAL ? "it is no file" : strerror(-rc));
    } else {
        rc = serve_users_parse(text.data, text.len, ret, &line, &why);
        if (rc < 0 && line)
            snprintf(error, size, "cannot use line %zu of '%s': %s", line, path, why);
        else if (rc < 0)
            snprintf(error, size, "cannot use '%s': %s", path, why);
    }
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_done(&text);
    return rc;
}

/* Whole base64 with its padding, as text that ends with NUL and contains none.
 * Its length or -EINVAL. */
static int users_decode(struct cursor c, char *text, size_t size)
{
    size_t len = (size_t)(c.end - c.at), pad = 0, n = 0;
    uint32_t bits = 0;

    if (len % 4 || len / 4 * 3 >= size)
        return -EINVAL;
    while (pad < 2 && pad < len && c.end[-1 - (long)pad] == '=')
        pad++;
    for (size_t i = 0; i < len - pad; i++) {
        int sextet = base64_digit(c.at[i]);

        if (sextet < 0)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)sextet;
        if (i % 4)
            text[n++] = (char)(unsigned char)(bits >> (6 - i % 4 * 2) & 0xff);
    }
    /* The bits that are left over have to be zero: else there is a second way to write it. */
    if ((pad == 1 && bits & 3) || (pad == 2 && bits & 15) || memchr(text, '\0', n))
        return -EINVAL;
    text[n] = '\0';
    return (int)n;
}

int serve_users_credentials(const char *authorization, char user[SERVE_CREDENTIALS_SIZE],
                            const char **ret_password)
{
    struct cursor c = cursor_of(authorization, strlen(authorization));
    char *colon;

    if (strncasecmp(c.at, "Basic", 5) != 0 || (c.at[5] != ' ' && c.at[5] != '\t'))
        return -EINVAL;
    c.at += 5;
    cursor_skip_blanks(&c);
    while (c.end > c.at && (c.end[-1] == ' ' || c.end[-1] == '\t'))
        c.end--;
    if (users_decode(c, user, SERVE_CREDENTIALS_SIZE) < 0)
        return -EINVAL;
    colon = strchr(user, ':');
    if (!colon)
        return -EINVAL;
    *colon = '\0';
    *ret_password = colon + 1;
    return 0;
}
