/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading pid files, status files and "info cpus". */
#include "connect/libvirt_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "connect/libvirt_xml.h"

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

static bool libvirt_text_take_vcpu(uint64_t id, uint64_t tid, struct vcpu_thread *threads,
                                   size_t max, size_t *count)
{
    if (*count >= max || id >= INVENTORY_VCPUS_MAX || !libvirt_text_is_pid(tid))
        return false;
    threads[(*count)++] = (struct vcpu_thread){.id = (unsigned)id, .tid = (pid_t)tid};
    return true;
}

/* A status file that is being read. */
struct libvirt_status {
    struct vcpu_thread *threads;
    size_t max, count;
    uint64_t pid; /* 0 = not seen yet */
    bool wrong;
};

static bool libvirt_text_attribute(const struct libvirt_element *element, const char *name,
                                   uint64_t *ret)
{
    const char *value = libvirt_element_attribute(element, name);

    return value && parse_u64(value, ret);
}

static bool libvirt_status_begin(void *self, const struct libvirt_element *element)
{
    struct libvirt_status *status = self;
    uint64_t id, tid;

    if (element->depth == 1) {
        status->wrong = strcmp(element->name, "domstatus") != 0 ||
                        !libvirt_text_attribute(element, "pid", &status->pid) ||
                        !libvirt_text_is_pid(status->pid);
        return !status->wrong;
    }
    if (element->depth == 3 && strcmp(element->name, "vcpu") == 0 &&
        libvirt_text_attribute(element, "id", &id) && libvirt_text_attribute(element, "pid", &tid))
        (void)libvirt_text_take_vcpu(id, tid, status->threads, status->max, &status->count);
    /* <domain> repeats what a person wrote, which can look like anything. */
    return strcmp(element->name, "domain") != 0;
}

int parse_domain_status(const char *text, size_t len, pid_t *ret_pid, struct vcpu_thread *threads,
                        size_t max, size_t *ret_count)
{
    struct libvirt_status status = {.threads = threads, .max = max};
    int r = libvirt_xml_read(text, len, libvirt_status_begin, &status);

    if (r < 0)
        return r;
    if (status.wrong || !status.pid)
        return -EBADMSG;
    if (!status.count)
        return -ENODATA;
    *ret_pid = (pid_t)status.pid;
    *ret_count = status.count;
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
