/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of images, as QEMU gives them. */
#include <string.h>

#include "connect/image_name.h"
#include "fuzz.h"
#include "model/inventory.h"

/* A URL's authority has no user left. */
static void check_url(const char *text)
{
    struct buf url = {0};
    const char *authority;

    image_put_url(&url, text);
    authority = strstr(buf_text(&url), "://");
    CHECK(!authority || !memchr(authority + 3, '@', strcspn(authority + 3, "/?#")));
    buf_done(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct image_name name;

    parse_image_name(text, &name);
    CHECK(!name.path || name.path[0] == '/');
    CHECK(!name.source || (name.source[0] && name.backend));
    CHECK(!name.source || strlen(name.source) <= INVENTORY_SOURCE_MAX);
    CHECK(!name.backend || (name.backend[0] && strlen(name.backend) <= INVENTORY_NAME_MAX));
    image_name_done(&name);
    check_url(text);
    free(text);
    return 0;
}
