/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading pid files, status files and "info cpus". */
#include "connect/libvirt_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"

static bool libvirt_text_is_pid(uint64_t number)
{
    return number > 0 && number <= INT32_MAX;
}

int parse_pid_file(const char *text, size_t len, pid_t *ret)
{
    struct cursor c = cursor_of(text, len);
    uint64_t pid;

    if (!cursor_u64(&c, &pid) || !libvirt_text_is_pid(pid))
        return -EBADMSG;
    (void)cursor_word(&c, "\n");
    if (c.at != c.end)
        return -EBADMSG;
    *ret = (pid_t)pid;
    return 0;
}

/* Moves behind the next `word`, or to the end without one. */
static bool libvirt_text_skip_to(struct cursor *c, const char *word)
{
    const char *found = memmem(c->at, (size_t)(c->end - c->at), word, strlen(word));

    c->at = found ? found + strlen(word) : c->end;
    return found != NULL;
}

struct libvirt_tag {
    struct cursor name; /* with its slash, if the tag ends an element */
    struct cursor attributes;
};

static bool libvirt_text_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next tag of an XML text, comments passed over. False at the end and at
 * what is no XML. A '>' in an attribute is escaped in what libvirt writes. */
static bool libvirt_text_next_tag(struct cursor *c, struct libvirt_tag *ret)
{
    const char *end;

    while (libvirt_text_skip_to(c, "<")) {
        if (cursor_word(c, "!--")) {
            (void)libvirt_text_skip_to(c, "-->");
            continue;
        }
        end = memchr(c->at, '>', (size_t)(c->end - c->at));
        if (!end)
            return false;
        ret->name.at = c->at;
        while (c->at < end && !libvirt_text_is_blank(*c->at))
            c->at++;
        ret->name.end = c->at;
        ret->attributes = (struct cursor){c->at, end};
        c->at = end + 1;
        return true;
    }
    return false;
}

static bool libvirt_text_tag_is(const struct libvirt_tag *tag, const char *name)
{
    struct cursor c = tag->name;

    return cursor_word(&c, name) && c.at == c.end;
}

/* The number in the attribute name='number'. */
static bool libvirt_text_attribute(struct cursor c, const char *name, uint64_t *ret)
{
    while (c.at < c.end) {
        const char *quote;
        bool found;

        while (c.at < c.end && libvirt_text_is_blank(*c.at))
            c.at++;
        found = cursor_word(&c, name) && cursor_word(&c, "=");
        while (c.at < c.end && *c.at != '\'' && *c.at != '"')
            c.at++;
        if (c.at == c.end)
            return false;
        quote = memchr(c.at + 1, *c.at, (size_t)(c.end - c.at - 1));
        if (!quote)
            return false;
        c.at++;
        if (found)
            return cursor_u64(&c, ret) && c.at == quote;
        c.at = quote + 1;
    }
    return false;
}

static bool libvirt_text_take_vcpu(uint64_t id, uint64_t tid, struct vcpu_thread *threads,
                                   size_t max, size_t *count)
{
    if (*count >= max || id >= INVENTORY_VCPUS_MAX || !libvirt_text_is_pid(tid))
        return false;
    threads[(*count)++] = (struct vcpu_thread){.id = (unsigned)id, .tid = (pid_t)tid};
    return true;
}

int parse_domain_status(const char *text, size_t len, pid_t *ret_pid, struct vcpu_thread *threads,
                        size_t max, size_t *ret_count)
{
    struct cursor c = cursor_of(text, len);
    struct libvirt_tag tag;
    uint64_t pid = 0, id, tid;
    size_t count = 0;

    /* <domain> repeats what a person wrote, which can look like anything. */
    while (libvirt_text_next_tag(&c, &tag) && !libvirt_text_tag_is(&tag, "domain")) {
        if (libvirt_text_tag_is(&tag, "domstatus") && !pid) {
            if (!libvirt_text_attribute(tag.attributes, "pid", &pid) || !libvirt_text_is_pid(pid))
                return -EBADMSG;
        } else if (pid && libvirt_text_tag_is(&tag, "vcpu") &&
                   libvirt_text_attribute(tag.attributes, "id", &id) &&
                   libvirt_text_attribute(tag.attributes, "pid", &tid)) {
            (void)libvirt_text_take_vcpu(id, tid, threads, max, &count);
        }
    }
    if (!pid)
        return -EBADMSG;
    if (!count)
        return -ENODATA;
    *ret_pid = (pid_t)pid;
    *ret_count = count;
    return 0;
}

int parse_info_cpus(const char *text, size_t len, struct vcpu_thread *threads, size_t max,
                    size_t *ret_count)
{
    struct cursor c = cursor_of(text, len), line;
    size_t count = 0;

    while (cursor_line(&c, &line)) {
        uint64_t id, tid;

        if (libvirt_text_skip_to(&line, "CPU #") && cursor_u64(&line, &id) &&
            cursor_word(&line, ":") && libvirt_text_skip_to(&line, "thread_id=") &&
            cursor_u64(&line, &tid))
            (void)libvirt_text_take_vcpu(id, tid, threads, max, &count);
    }
    if (!count)
        return -ENODATA;
    *ret_count = count;
    return 0;
}
