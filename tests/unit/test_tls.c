/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/tls: what is said of wrong files, and whom a handshake trusts. */
#include "output/tls.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "output/output.h"
#include "support.h"

static char tls_dir[] = "/tmp/test_tls.XXXXXX";

/* Paths live until the end of the tests. */
static const char *tls_path(const char *name)
{
    static char paths[8][64];
    static unsigned next;
    char *path = paths[next++ % ARRAY_SIZE(paths)];

    snprintf(path, sizeof(paths[0]), "%s/%s", tls_dir, name);
    return path;
}

static FILE *tls_file(const char *name, const char *mode)
{
    FILE *file = fopen(tls_path(name), mode);

    assert_non_null(file);
    return file;
}

static EVP_PKEY *tls_make_key(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1), 1);
    assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* A certificate that is its own authority, and its key, in one file; valid from
 * an hour ago on for `seconds`. names: as in subjectAltName. */
static void tls_make(const char *file, const char *names, long seconds)
{
    EVP_PKEY *key = tls_make_key();
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    FILE *out = tls_file(file, "we");

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), seconds - 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                               0);
    X509_set_issuer_name(cert, subject);
    X509_set_pubkey(cert, key);
    assert_non_null(extension);
    X509_add_ext(cert, extension, -1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(out, cert), 1);
    assert_int_equal(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(out);
    X509_EXTENSION_free(extension);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static int tls_setup(void **state UNUSED)
{
    char password[] = "secret";
    EVP_PKEY *key;
    FILE *out;

    if (!mkdtemp(tls_dir))
        return -1;
    tls_make("good.pem", "DNS:peer.example,IP:192.0.2.1,IP:2001:db8::1", 86400);
    tls_make("other.pem", "DNS:other.example", 86400);
    tls_make("expired.pem", "DNS:peer.example", 1800);
    out = tls_file("locked.pem", "we");
    key = tls_make_key();
    PEM_write_PrivateKey(out, key, EVP_aes_128_cbc(), NULL, 0, NULL, password);
    EVP_PKEY_free(key);
    fclose(out);
    out = tls_file("garbage.pem", "we");
    fputs("-----BEGIN CERTIFICATE-----\nnothing\n", out);
    fclose(out);
    return 0;
}

static int tls_teardown(void **state UNUSED)
{
    static const char *const files[] = {"good.pem", "other.pem", "expired.pem", "locked.pem",
                                        "garbage.pem"};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        unlink(tls_path(files[i]));
    return rmdir(tls_dir);
}

static void tls_expect_error(const struct output_settings *settings, const char *text,
                             const char *file)
{
    struct output_error error = {.text = ""};
    struct tls *tls = NULL;

    assert_true(tls_new(settings, &tls, &error) < 0);
    assert_null(tls);
    if (!strstr(error.text, text) || !strstr(error.text, file))
        fail_msg("'%s' does not say '%s' and '%s'", error.text, text, file);
    assert_true((unsigned char)error.text[strlen(error.text) - 1] > ' ');
    assert_int_equal(ERR_peek_error(), 0); /* it would be taken for an error of a connection */
}

static void test_wrong_files(void **state UNUSED)
{
    const char *good = tls_path("good.pem"), *missing = tls_path("missing.pem");
    const char *garbage = tls_path("garbage.pem"), *other = tls_path("other.pem");
    const char *locked = tls_path("locked.pem");

    tls_expect_error(&(struct output_settings){.tls_ca = missing}, "No such file", missing);
    tls_expect_error(&(struct output_settings){.tls_ca = "/dev/null"}, "--tls-ca", "/dev/null");
    tls_expect_error(&(struct output_settings){.tls_ca = garbage}, "--tls-ca", garbage);
    tls_expect_error(&(struct output_settings){.tls_ca = tls_dir}, "--tls-ca", tls_dir);
    tls_expect_error(&(struct output_settings){.tls_cert = missing}, "No such file", missing);
    tls_expect_error(&(struct output_settings){.tls_cert = garbage}, "--tls-cert", garbage);
    tls_expect_error(&(struct output_settings){.tls_cert = good, .tls_key = missing},
                     "No such file", missing);
    tls_expect_error(&(struct output_settings){.tls_cert = good, .tls_key = garbage},
                     "needed is PEM", garbage);
    tls_expect_error(&(struct output_settings){.tls_cert = good, .tls_key = other},
                     "key values mismatch", other);
    /* Nobody is asked for its password. */
    tls_expect_error(&(struct output_settings){.tls_cert = good, .tls_key = locked}, "--tls-key",
                     locked);
}

static void test_good_files(void **state UNUSED)
{
    const char *good = tls_path("good.pem");
    struct output_settings settings[] = {
        {.tls_ca = NULL},
        {.tls_ca = good, .tls_cert = good},
        {.tls_cert = good, .tls_key = good},
    };

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        struct output_error error = {.text = ""};
        struct tls *tls = NULL;

        assert_int_equal(tls_new(&settings[i], &tls, &error), 0);
        assert_string_equal(error.text, "");
        tls_free(tls);
    }
    tls_free(NULL);
}

struct handshake {
    struct event_base *base;
    short what;
    bool told;
    char why[128];
};

static void handshake_on_event(struct bufferevent *bev, short what, void *argument)
{
    struct handshake *h = argument;

    h->what = what;
    h->told = tls_why(bev, h->why, sizeof(h->why));
    event_base_loopbreak(h->base);
}

/* A handshake between a client that knows `authority` and expects `host`, and a
 * server with a certificate; server_options limits it. */
static struct handshake tls_shake(const char *authority, const char *host, const char *certificate,
                                  int newest)
{
    struct output_settings settings = {.tls_ca = tls_path(authority)};
    struct handshake h = {.base = event_base_new()};
    struct timeval patience = {.tv_sec = 60};
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    struct bufferevent *client, *server;
    struct output_error error;
    struct tls *tls;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    SSL_CTX_use_certificate_chain_file(context, tls_path(certificate));
    SSL_CTX_use_PrivateKey_file(context, tls_path(certificate), SSL_FILETYPE_PEM);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, newest);
    server = bufferevent_openssl_socket_new(h.base, fds[1], SSL_new(context),
                                            BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_enable(server, EV_READ | EV_WRITE);
    assert_int_equal(tls_new(&settings, &tls, &error), 0);
    client = tls_bufferevent(tls, h.base, fds[0], host);
    assert_non_null(client);
    bufferevent_setcb(client, NULL, NULL, handshake_on_event, &h);
    bufferevent_enable(client, EV_READ | EV_WRITE);
    event_base_loopexit(h.base, &patience);
    event_base_dispatch(h.base);
    bufferevent_free(client);
    bufferevent_free(server);
    event_base_free(h.base);
    tls_free(tls);
    SSL_CTX_free(context);
    return h;
}

static void tls_expect_refusal(struct handshake h, const char *why)
{
    assert_true(h.what & BEV_EVENT_ERROR);
    assert_true(h.told);
    if (!strstr(h.why, why))
        fail_msg("'%s' does not say '%s'", h.why, why);
}

static void test_trusted(void **state UNUSED)
{
    static const char *const hosts[] = {"peer.example", "PEER.example.", "192.0.2.1", "2001:db8::1",
                                        "2001:DB8:0::1%lo"};

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        struct handshake h = tls_shake("good.pem", hosts[i], "good.pem", TLS1_3_VERSION);

        assert_int_equal(h.what, BEV_EVENT_CONNECTED);
        assert_false(h.told);
        h = tls_shake("good.pem", hosts[i], "good.pem", TLS1_2_VERSION);
        assert_int_equal(h.what, BEV_EVENT_CONNECTED);
    }
}

static void test_not_trusted(void **state UNUSED)
{
    tls_expect_refusal(tls_shake("good.pem", "www.example", "good.pem", TLS1_3_VERSION),
                       "ostname mismatch");
    tls_expect_refusal(tls_shake("good.pem", "test", "good.pem", TLS1_3_VERSION),
                       "ostname mismatch");
    tls_expect_refusal(tls_shake("good.pem", "192.0.2.2", "good.pem", TLS1_3_VERSION),
                       "IP address mismatch");
    tls_expect_refusal(tls_shake("expired.pem", "peer.example", "expired.pem", TLS1_3_VERSION),
                       "expired");
    tls_expect_refusal(tls_shake("other.pem", "peer.example", "good.pem", TLS1_3_VERSION), "self");
    tls_expect_refusal(tls_shake("good.pem", "peer.example", "good.pem", TLS1_1_VERSION),
                       "protocol version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_good_files),
        cmocka_unit_test(test_trusted),
        cmocka_unit_test(test_not_trusted),
    };

    return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
