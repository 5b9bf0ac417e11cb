/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client is willing to read. */
#include "output/serve_accept.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define OM "application/openmetrics-text"

static const char prometheus[] = OM ";version=1.0.0," OM ";version=0.0.1;q=0.75,"
                                    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

static void test_openmetrics(void **state UNUSED)
{
    static const char *const wanted[] = {
        prometheus,
        OM,
        "Application/OpenMetrics-Text",
        OM ", text/plain",
        OM ", */*",
        "*/*," OM,
        OM ";q=0.5,text/plain;q=0.4",
        OM ";q=0.001",
        OM " ; version=1.0.0 ; q=0.5 , text/plain ; q=0.5",
        OM ";version=\"1.0.0\";escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;q=0.9",
        OM ";q=.5," OM ";q=0.5", /* the first one is not understood */
        "text/plain;q=0," OM ";q=0.1",
        "text/*;q=0.1,*/*;q=1," OM ";q=0.2", /* text/ is closer than anything */
        "\"a,b\"," OM,
    };

    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (!serve_accept_openmetrics(wanted[i]))
            fail_msg("no OpenMetrics for '%s'", wanted[i]);
    }
}

static void test_text(void **state UNUSED)
{
    static const char *const wanted[] = {
        NULL,
        "",
        ",",
        "*/*",
        "text/plain",
        "application/*",
        "image/png",
        OM ";q=0",
        OM ";q=0.000,*/*",
        OM ";version=0.0.1",
        OM ";version=2.0.0",
        OM ";version=",
        OM ";q=0.4,text/plain;q=0.5",
        OM ";q=0.4,text/plain;version=0.0.4;q=0.5",
        OM ";q=0.4,text/*;q=0.5",
        OM ";q=0.4,*/*;q=0.5",
        OM ";q=1.001",
        OM ";q=2",
        OM ";q=-1",
        OM ";q=0.1234",
        OM ";q=",
        OM ";q=x",
        OM "x",
        "x" OM,
        "\"" OM,
        "\"," OM,
        "\"\\\"," OM ",\"",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (serve_accept_openmetrics(wanted[i]))
            fail_msg("OpenMetrics for '%s'", wanted[i]);
    }
}

static void test_gzip(void **state UNUSED)
{
    static const char *const wanted[] = {
        "gzip",
        "GZIP",
        "x-gzip",
        "deflate, gzip;q=1.0, *;q=0.5",
        "gzip, deflate, br, zstd",
        "*",
        "identity;q=0.5, *",
        "gzip;q=0.5",
        "gzip;q=0.5, identity;q=0.5",
        "gzip;q=0.5, identity;q=0",
    };
    static const char *const refused[] = {
        NULL,           "",        "identity", "deflate",         "gzip;q=0",
        "gzip;q=0.000", "*;q=0",   "gzip;q",   "gzip;q=0, *;q=1", "gzip;q=0.5, identity",
        "gzipp",        "gzip;q=", "\"gzip",   "br;gzip",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (!serve_accept_gzip(wanted[i]))
            fail_msg("no gzip for '%s'", wanted[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        if (serve_accept_gzip(refused[i]))
            fail_msg("gzip for '%s'", refused[i]);
    }
}

/* OpenMetrics and gzip as soon as their names are whole; nothing before. */
static void parse_cut(const char *bytes, size_t len)
{
    char *text = xstrndup(bytes, len);
    bool whole = len >= strlen(OM);
    /* "...;version" with less than a whole number behind it is another version. */
    bool version = len >= strlen(OM ";version") && len < strlen(OM ";version=1.0.0");

    assert_int_equal(serve_accept_openmetrics(text), whole && !version);
    free(text);
}

static void parse_any(const char *bytes, size_t len)
{
    char *text = xstrndup(bytes, len);

    if (!strcasestr(text, OM))
        assert_false(serve_accept_openmetrics(text));
    if (!strcasestr(text, "gzip") && !strchr(text, '*'))
        assert_false(serve_accept_gzip(text));
    free(text);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    static const char encodings[] = "gzip;q=0.8, *;q=0.5, identity;q=0";

    support_each_prefix(prometheus, sizeof(prometheus) - 1, parse_cut);
    support_each_garbage(prometheus, sizeof(prometheus) - 1, 5000, parse_any);
    support_each_garbage(encodings, sizeof(encodings) - 1, 5000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openmetrics),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
