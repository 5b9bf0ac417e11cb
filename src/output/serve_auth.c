/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checking of passwords. */
#include "output/serve_auth.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "output/serve_users.h"

#define AUTH_DIGEST_SIZE 32 /* SHA-256 */
#define AUTH_KNOWN_MAX   64
#define AUTH_PER_SECOND  2.0 /* passwords that are computed, and how many at once */

struct serve_auth {
    const char *path;
    struct serve_users users;
    unsigned char key[AUTH_DIGEST_SIZE];
    unsigned char known[AUTH_KNOWN_MAX][AUTH_DIGEST_SIZE]; /* of credentials that were right */
    size_t known_count, known_next;
    double room; /* passwords that may be computed now */
    struct mono room_at;
    unsigned long computed;
    struct crypt_data crypt;
};

int serve_auth_new(const char *path, struct serve_auth **ret, char *error, size_t size)
{
    struct serve_auth *auth = xcalloc(1, sizeof(*auth));
    int rc;

    auth->path = path;
    auth->room = AUTH_PER_SECOND;
    rc = serve_users_read(path, &auth->users, error, size);
    if (!rc && RAND_bytes(auth->key, sizeof(auth->key)) != 1) {
        snprintf(error, size, "cannot get random numbers to check passwords with");
        rc = -EIO;
    }
    if (rc < 0) {
        serve_auth_free(auth);
        return rc;
    }
    *ret = auth;
    return 0;
}

void serve_auth_free(struct serve_auth *auth)
{
    if (!auth)
        return;
    serve_users_free(&auth->users);
    OPENSSL_cleanse(auth, sizeof(*auth));
    free(auth);
}

void serve_auth_reload(struct serve_auth *auth)
{
    struct serve_users users;
    char error[512];

    if (serve_users_read(auth->path, &users, error, sizeof(error)) < 0) {
        log_error("%s; the users of before stay", error);
        return;
    }
    serve_users_free(&auth->users);
    auth->users = users;
    auth->known_count = auth->known_next = 0;
}

/* Looks at all of them, whichever it is. */
static bool auth_is_known(const struct serve_auth *auth, const unsigned char *digest)
{
    bool known = false;

    for (size_t i = 0; i < auth->known_count; i++)
        known |= CRYPTO_memcmp(auth->known[i], digest, AUTH_DIGEST_SIZE) == 0;
    return known;
}

static void auth_remember(struct serve_auth *auth, const unsigned char *digest)
{
    memcpy(auth->known[auth->known_next], digest, AUTH_DIGEST_SIZE);
    auth->known_next = (auth->known_next + 1) % AUTH_KNOWN_MAX;
    if (auth->known_count < AUTH_KNOWN_MAX)
        auth->known_count++;
}

static bool auth_has_room(struct serve_auth *auth, struct mono now)
{
    if (auth->room_at.ns)
        auth->room += mono_seconds_between(auth->room_at, now) * AUTH_PER_SECOND;
    if (auth->room > AUTH_PER_SECOND)
        auth->room = AUTH_PER_SECOND;
    auth->room_at = now;
    if (auth->room < 1)
        return false;
    auth->room -= 1;
    return true;
}

/* A user that there is not has the first one's hash, and never the right password. */
static bool auth_compute(struct serve_auth *auth, const char *user, const char *password)
{
    const char *hash = serve_users_hash(&auth->users, user);
    const char *setting = hash ? hash : auth->users.list[0].hash;
    const char *made = crypt_r(password, setting, &auth->crypt);
    size_t len = strlen(setting);
    bool same =
        made && *made != '*' && strlen(made) == len && CRYPTO_memcmp(made, setting, len) == 0;

    auth->computed++;
    OPENSSL_cleanse(&auth->crypt, sizeof(auth->crypt));
    return same && hash;
}

/* `credentials` is user and password with a NUL between them, `len` bytes. */
static enum serve_verdict auth_judge(struct serve_auth *auth, const char *credentials, size_t len,
                                     const char *password, struct mono now)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (!HMAC(EVP_sha256(), auth->key, sizeof(auth->key), (const unsigned char *)credentials, len,
              digest, NULL))
        return SERVE_DENIED;
    if (auth_is_known(auth, digest))
        return SERVE_ALLOWED;
    if (!auth_has_room(auth, now))
        return SERVE_LATER;
    if (!auth_compute(auth, credentials, password))
        return SERVE_DENIED;
    auth_remember(auth, digest);
    return SERVE_ALLOWED;
}

enum serve_verdict serve_auth_check(struct serve_auth *auth, const char *authorization,
                                    struct mono now)
{
    char credentials[SERVE_CREDENTIALS_SIZE];
    enum serve_verdict verdict = SERVE_DENIED;
    const char *password;

    if (authorization && serve_users_credentials(authorization, credentials, &password) == 0) {
        size_t len = (size_t)(password - credentials) + strlen(password);

        verdict = auth_judge(auth, credentials, len, password, now);
    }
    OPENSSL_cleanse(credentials, sizeof(credentials));
    return verdict;
}

unsigned long serve_auth_computed(const struct serve_auth *auth)
{
    return auth->computed;
}
