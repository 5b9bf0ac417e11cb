/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/net/dev. */
#include "kernel/net_dev.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* What the kernel lets be a name (dev_valid_name()), but for ':', which it
 * did not always forbid. Such a name is safe as a part of a path. */
static bool net_dev_name_valid(const char *name, size_t len)
{
    if (len == 0 || len >= IFNAMSIZ)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)name[i];

        if (byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == '/' || byte == '\0')
            return false;
    }
    return name[0] != '.' || (len != 1 && !(len == 2 && name[1] == '.'));
}

bool net_dev_next(struct cursor *c, const char **ret_name, size_t *ret_name_len,
                  struct cursor *ret_rest)
{
    struct cursor line;

    while (cursor_line(c, &line)) {
        const char *colon;
        struct cursor name;

        if (line.end == c->end) /* without its newline: it may have been cut */
            return false;
        colon = memrchr(line.at, ':', (size_t)(line.end - line.at));
        if (!colon)
            continue;
        name = (struct cursor){.at = line.at, .end = colon};
        cursor_skip_blanks(&name);
        if (!net_dev_name_valid(name.at, (size_t)(name.end - name.at)))
            continue;
        *ret_name = name.at;
        *ret_name_len = (size_t)(name.end - name.at);
        *ret_rest = (struct cursor){.at = colon + 1, .end = line.end};
        return true;
    }
    return false;
}

int parse_net_dev_counters(struct cursor rest, uint64_t counters[NET_DEV__COUNT])
{
    uint64_t values[NET_DEV__COUNT];

    for (size_t i = 0; i < NET_DEV__COUNT; i++) {
        cursor_skip_blanks(&rest);
        if (!cursor_u64(&rest, &values[i]))
            return -EBADMSG;
    }
    if (rest.at < rest.end && *rest.at != ' ' && *rest.at != '\t')
        return -EBADMSG;
    memcpy(counters, values, sizeof(values));
    return 0;
}

static bool net_dev_skip_number(struct cursor *name)
{
    const char *start = name->at;

    while (name->at < name->end && *name->at >= '0' && *name->at <= '9')
        name->at++;
    return name->at > start;
}

bool net_dev_is_vm_name(const char *name)
{
    static const struct {
        const char *prefix, *between; /* of two numbers; NULL = there is one */
    } patterns[] = {
        {"tap", "i"}, {"veth", "i"}, {"fwbr", "i"}, {"fwpr", "p"}, {"fwln", "i"}, {"vnet", NULL},
    };

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct cursor c = cursor_of(name, strlen(name));

        if (!cursor_word(&c, patterns[i].prefix) || !net_dev_skip_number(&c))
            continue;
        if (patterns[i].between &&
            (!cursor_word(&c, patterns[i].between) || !net_dev_skip_number(&c)))
            continue;
        if (c.at == c.end)
            return true;
    }
    return false;
}
