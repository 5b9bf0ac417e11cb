/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsers of /proc/PID/cgroup and cpu.stat. */
#include "kernel/cgroup.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "kernel/key_values.h"

static bool list_has_word(struct cursor list, const char *word)
{
    size_t n = strlen(word);

    while (list.at < list.end) {
        const char *comma = memchr(list.at, ',', (size_t)(list.end - list.at));
        const char *end = comma ? comma : list.end;

        if ((size_t)(end - list.at) == n && memcmp(list.at, word, n) == 0)
            return true;
        list.at = comma ? comma + 1 : list.end;
    }
    return false;
}

static int cgroup_take(struct cgroup_of_task *cgroup, struct cursor controllers, struct cursor path)
{
    size_t controllers_len = (size_t)(controllers.end - controllers.at);
    size_t path_len = (size_t)(path.end - path.at);

    if (controllers_len >= sizeof(cgroup->controllers) || path_len >= sizeof(cgroup->path))
        return -EBADMSG;
    if (!path_len || path.at[0] != '/' || memmem(path.at, path_len, "/../", 4) ||
        (path_len >= 3 && memcmp(path.end - 3, "/..", 3) == 0))
        return -EBADMSG;
    memcpy(cgroup->controllers, controllers.at, controllers_len);
    cgroup->controllers[controllers_len] = '\0';
    memcpy(cgroup->path, path.at, path_len);
    cgroup->path[path_len] = '\0';
    cgroup->unified = controllers_len == 0;
    return 0;
}

int parse_task_cgroup(const char *text, size_t len, struct cgroup_of_task *ret)
{
    struct cursor c = cursor_of(text, len), line;
    struct cgroup_of_task found;
    int result = -ENODATA;

    while (cursor_line(&c, &line)) {
        struct cursor controllers;
        uint64_t id;
        bool v1_cpu;

        if (line.end >= cursor_of(text, len).end)
            return -EBADMSG;
        if (!cursor_u64(&line, &id) || !cursor_word(&line, ":"))
            return -EBADMSG;
        controllers.at = line.at;
        controllers.end = memchr(line.at, ':', (size_t)(line.end - line.at));
        if (!controllers.end)
            return -EBADMSG;
        line.at = controllers.end + 1;
        v1_cpu = list_has_word(controllers, "cpu");
        if (!v1_cpu && !(id == 0 && controllers.at == controllers.end && result == -ENODATA))
            continue;
        result = cgroup_take(&found, controllers, line);
        if (v1_cpu)
            break;
    }
    if (result == 0)
        *ret = found;
    return result;
}

static bool has_affixes(const char *text, size_t len, const char *head, const char *tail)
{
    size_t head_len = strlen(head), tail_len = strlen(tail);

    return len >= head_len + tail_len && memcmp(text, head, head_len) == 0 &&
           memcmp(text + len - tail_len, tail, tail_len) == 0;
}

size_t cgroup_vm_prefix(const char *path)
{
    const char *at = path;
    bool in_qemu_slice = false;

    while (*at == '/') {
        const char *name = at + 1;
        size_t n = strcspn(name, "/");

        if (has_affixes(name, n, "machine-qemu", ".scope") ||
            has_affixes(name, n, "qemu-", ".libvirt-qemu"))
            return (size_t)(name + n - path);
        if (in_qemu_slice && has_affixes(name, n, "", ".scope"))
            return (size_t)(name + n - path);
        in_qemu_slice = n == strlen("qemu.slice") && memcmp(name, "qemu.slice", n) == 0;
        at = name + n;
    }
    return 0;
}

int parse_cpu_stat_throttled(const char *text, size_t len, uint64_t *ret_ns)
{
    struct key_value keys[] = {{.key = "throttled_usec"}, {.key = "throttled_time"}};

    parse_key_values(text, len, keys, ARRAY_SIZE(keys));
    if (keys[0].valid && keys[0].value <= UINT64_MAX / 1000)
        *ret_ns = keys[0].value * 1000;
    else if (keys[1].valid)
        *ret_ns = keys[1].value;
    else
        return -ENODATA;
    return 0;
}

int parse_cpu_max(const char *text, size_t len, double *ret_cpus)
{
    struct cursor c = cursor_of(text, len);
    bool limited = !cursor_word(&c, "max") && !cursor_word(&c, "-1");
    uint64_t quota = 0, period;

    if (limited && !cursor_u64(&c, &quota))
        return -EBADMSG;
    cursor_skip_blanks(&c);
    if (!cursor_u64(&c, &period) || !period || (c.at < c.end && *c.at != '\n'))
        return -EBADMSG;
    *ret_cpus = (double)quota / (double)period;
    return 0;
}
