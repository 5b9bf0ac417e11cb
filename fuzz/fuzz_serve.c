/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clients of the web server say: Accept, Accept-Encoding, Authorization; and the file of
 * users. */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "output/serve_accept.h"
#include "output/serve_users.h"

static void check_accept(const char *text)
{
    CHECK(!serve_accept_openmetrics(text) || strcasestr(text, "application/openmetrics-text"));
    CHECK(!serve_accept_gzip(text) || strcasestr(text, "gzip") || strchr(text, '*'));
}

static void check_credentials(const char *text)
{
    char user[SERVE_CREDENTIALS_SIZE];
    const char *password;

    if (serve_users_credentials(text, user, &password) < 0)
        return;
    CHECK(password == user + strlen(user) + 1);
    CHECK(strlen(user) + 1 + strlen(password) < sizeof(user));
    CHECK(strncasecmp(text, "Basic", 5) == 0);
}

static void check_users(const char *text, size_t size)
{
    struct serve_users users;
    const char *why = NULL;
    size_t line = 0;

    if (serve_users_parse(text, size, &users, &line, &why) < 0) {
        CHECK(why && line <= size);
        return;
    }
    CHECK(users.count);
    for (size_t i = 0; i < users.count; i++)
        CHECK(serve_users_hash(&users, users.list[i].name) == users.list[i].hash);
    serve_users_free(&users);
}

/* The first byte chooses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (!size)
        return 0;
    text = fuzz_text(data + 1, size - 1);
    if (data[0] % 3 == 0)
        check_accept(text);
    else if (data[0] % 3 == 1)
        check_credentials(text);
    else
        check_users(text, size - 1);
    free(text);
    return 0;
}
