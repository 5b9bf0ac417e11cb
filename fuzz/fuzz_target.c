/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets of outputs, as addresses and as URLs. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "output/output.h"
#include "output/target.h"

static void check(int r, const struct target *target, const struct output_error *error)
{
    size_t host = strnlen(target->host, sizeof(target->host));
    size_t port = strnlen(target->port, sizeof(target->port));

    if (r < 0) {
        CHECK(r == -EINVAL && error->usage);
        CHECK(strnlen(error->text, sizeof(error->text)) < sizeof(error->text));
        return;
    }
    CHECK(host > 0 && host <= 253);
    CHECK(port > 0 && port <= 5);
    CHECK(!strpbrk(target->host, "[]/@ \r\n") || strchr(target->host, '%'));
    CHECK(strnlen(target->path, sizeof(target->path)) < sizeof(target->path));
    CHECK(!strpbrk(target->path, " \r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct output_error error = {.text = ""};
    struct target target = {.tls = false};
    int r;

    r = target_parse_address(text, NULL, &target, &error);
    check(r, &target, &error);
    r = target_parse_address(text, "514", &target, &error);
    check(r, &target, &error);
    r = target_parse_url(text, &target, &error);
    check(r, &target, &error);
    free(text);
    return 0;
}
