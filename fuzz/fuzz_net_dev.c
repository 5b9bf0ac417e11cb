/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/dev. */
#include "kernel/net_dev.h"

#include <errno.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *last = text, *name;
    struct cursor c = cursor_of(text, size), rest;
    uint64_t counters[NET_DEV__COUNT];
    char *whole = fuzz_text(data, size);
    size_t len;

    while (net_dev_next(&c, &name, &len, &rest)) {
        int r = parse_net_dev_counters(rest, counters);

        CHECK(r == 0 || r == -EBADMSG);
        CHECK(name >= last && len >= 1 && len <= 15);
        CHECK(rest.at == name + len + 1 && rest.at[-1] == ':');
        CHECK(rest.end < text + size && *rest.end == '\n');
        CHECK(!memchr(name, '/', len) && !memchr(name, ' ', len) && !memchr(name, '\0', len));
        CHECK(!memchr(rest.at, ':', (size_t)(rest.end - rest.at)));
        last = c.at;
    }
    CHECK(!net_dev_is_vm_name(whole) || strlen(whole) >= 5);
    free(whole);
    return 0;
}
