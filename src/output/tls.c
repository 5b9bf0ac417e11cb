/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS of the client's side. */
#include "output/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "output/output.h"

struct tls {
    SSL_CTX *context;
};

/* For people: what OpenSSL says of an error of its own; NULL if it is the system's. */
static const char *tls_reason(unsigned long error)
{
    return error ? ERR_reason_error_string(error) : NULL;
}

/* Tells that `file` (NULL = none) cannot be used, with the first of the errors
 * in OpenSSL's queue, which is the one that says why. */
static int tls_reject(struct output_error *error, const char *what, const char *file)
{
    const char *reason = tls_reason(ERR_peek_error());

    snprintf(error->text, sizeof(error->text), "cannot use %s%s%s%s: %s%s", what, file ? " '" : "",
             file ? file : "", file ? "'" : "", reason ? reason : "it cannot be read",
             file ? "; needed is PEM, without a password" : "");
    ERR_clear_error();
    return -EINVAL;
}

/* OpenSSL names neither the file nor the reason well if it is not there. */
static int tls_check_file(struct output_error *error, const char *what, const char *file)
{
    int r = faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) < 0 ? -errno : 0;

    if (r < 0)
        snprintf(error->text, sizeof(error->text), "cannot read %s '%s': %s", what, file,
                 strerror(-r));
    return r;
}

/* Instead of asking at the terminal. */
static int tls_no_password(char *text UNUSED, int size UNUSED, int writing UNUSED,
                           void *argument UNUSED)
{
    return -1;
}

static int tls_load_authorities(SSL_CTX *context, const char *file, struct output_error *error)
{
    static const char what[] = "the certificates of authorities (--tls-ca)";
    int r;

    if (!file) {
        if (SSL_CTX_set_default_verify_paths(context) == 1)
            return 0;
        return tls_reject(error, "the system's certificates of authorities", NULL);
    }
    r = tls_check_file(error, what, file);
    if (r == 0 && SSL_CTX_load_verify_locations(context, file, NULL) != 1)
        r = tls_reject(error, what, file);
    return r;
}

static int tls_load_certificate(SSL_CTX *context, const char *certificate, const char *key,
                                struct output_error *error)
{
    static const char what[] = "the certificate (--tls-cert)";
    static const char what_key[] = "the certificate's key (--tls-key)";
    int r;

    if (!certificate)
        return 0;
    if (!key)
        key = certificate;
    r = tls_check_file(error, what, certificate);
    if (r == 0)
        r = tls_check_file(error, what_key, key);
    if (r < 0)
        return r;
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return tls_reject(error, what, certificate);
    SSL_CTX_set_default_passwd_cb(context, tls_no_password);
    /* This compares it with the certificate, too. */
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return tls_reject(error, what_key, key);
    return 0;
}

int tls_new(const struct output_settings *settings, struct tls **ret, struct output_error *error)
{
    struct tls *tls = xcalloc(1, sizeof(*tls));
    int r;

    ERR_clear_error();
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1) {
        r = tls_reject(error, "TLS", NULL);
        tls_free(tls);
        return r;
    }
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
#ifdef SSL_OP_NO_RENEGOTIATION
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION);
#endif
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF /* many end without saying so in TLS */
    SSL_CTX_set_options(tls->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    r = tls_load_authorities(tls->context, settings->tls_ca, error);
    if (r == 0)
        r = tls_load_certificate(tls->context, settings->tls_cert, settings->tls_key, error);
    ERR_clear_error();
    if (r < 0) {
        tls_free(tls);
        return r;
    }
    *ret = tls;
    return 0;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

/* Whether it is a numeric address; without its interface, which no certificate
 * knows of, in text[size]. */
static bool tls_is_address(const char *host, char *text, size_t size)
{
    struct in6_addr binary; /* the longer one */

    copy_text(text, min_size(size, strcspn(host, "%") + 1), host);
    return inet_pton(AF_INET, text, &binary) == 1 || inet_pton(AF_INET6, text, &binary) == 1;
}

/* Whom the peer has to be. */
static bool tls_expect(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    char text[256];
    size_t len;

    if (tls_is_address(host, text, sizeof(text)))
        return X509_VERIFY_PARAM_set1_ip_asc(param, text) == 1;
    copy_text(text, sizeof(text), host);
    len = strlen(text);
    if (len && text[len - 1] == '.') /* it ends the search for a name, and is no part of it */
        text[len - 1] = '\0';
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, text, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, text) == 1;
}

struct bufferevent *tls_bufferevent(struct tls *tls, struct event_base *base, int fd,
                                    const char *host)
{
    SSL *ssl = SSL_new(tls->context);
    struct bufferevent *bev = NULL;

    /* libevent goes on with the next piece when a write was partial: the mode
     * SSL_MODE_ENABLE_PARTIAL_WRITE must stay off. */
    if (ssl && tls_expect(ssl, host))
        bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_CONNECTING,
                                             BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!bev)
        SSL_free(ssl);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    ERR_clear_error();
    return bev;
}

bool tls_why(struct bufferevent *bev, char *text, size_t size)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    const char *reason = NULL;
    unsigned long error;
    long verified;

    if (!ssl)
        return false;
    verified = SSL_get_verify_result(ssl);
    if (verified != X509_V_OK)
        reason = X509_verify_cert_error_string(verified);
    /* They come last one first; the first one says why. */
    while (verified == X509_V_OK && (error = bufferevent_get_openssl_error(bev)))
        reason = tls_reason(error) ? tls_reason(error) : reason;
    if (reason)
        copy_text(text, size, reason);
    return reason != NULL;
}
