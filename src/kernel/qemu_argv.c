/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading QEMU's command line and the names of its threads. */
#include "kernel/qemu_argv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "kernel/qemu_options.h"

static bool ends_with(const char *text, size_t len, const char *tail)
{
    size_t n = strlen(tail);

    return len >= n && memcmp(text + len - n, tail, n) == 0;
}

static bool equals(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

bool qemu_is_emulator(const char *path, size_t len)
{
    static const char deleted[] = " (deleted)";
    static const char system[] = "qemu-system-";
    const char *slash;

    if (ends_with(path, len, deleted))
        len -= sizeof(deleted) - 1;
    slash = memrchr(path, '/', len);
    if (slash) {
        len -= (size_t)(slash + 1 - path);
        path = slash + 1;
    }
    if (equals(path, len, "kvm") || equals(path, len, "qemu-kvm"))
        return true;
    return len > sizeof(system) - 1 && memcmp(path, system, sizeof(system) - 1) == 0;
}

bool qemu_argv_is_emulator(const char *cmdline, size_t len)
{
    struct cursor argv = cursor_of(cmdline, len), arg;

    return qemu_argv_next(&argv, &arg) && qemu_is_emulator(arg.at, (size_t)(arg.end - arg.at));
}

static bool is_uuid(const char *text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(text) != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        if (shape[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != '-')
            return false;
    }
    return true;
}

static void argv_take_uuid(struct qemu_argv *qemu, const char *text)
{
    if (!is_uuid(text))
        return;
    copy_text(qemu->uuid, sizeof(qemu->uuid), text);
    for (char *p = qemu->uuid; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

static void argv_take_smbios(struct qemu_argv *qemu, struct cursor value)
{
    char type[16] = "", uuid[64] = "";

    if (qemu->uuid[0] || !qemu_option(value, "type", false, type, sizeof(type)))
        return;
    if (strcmp(type, "1") == 0 && qemu_option(value, "uuid", false, uuid, sizeof(uuid)))
        argv_take_uuid(qemu, uuid);
}

/* "2G", "1024" (MB), "size=512M": what -m says of the size at start. */
static void argv_take_memory(struct qemu_argv *qemu, struct cursor value)
{
    static const char units[] = "KMGT";
    uint64_t unit_kb = 1024, number, tenths = 0;
    char text[32];
    struct cursor c;

    if (!qemu_option(value, "size", true, text, sizeof(text)))
        return;
    c = cursor_of(text, strlen(text));
    if (!cursor_u64(&c, &number))
        return;
    if (cursor_word(&c, ".")) { /* 1.5G: QEMU takes fractions; one figure of them is enough here */
        if (c.at < c.end && *c.at >= '0' && *c.at <= '9')
            tenths = (uint64_t)(*c.at - '0');
        while (c.at < c.end && *c.at >= '0' && *c.at <= '9')
            c.at++;
    }
    if (c.at < c.end) {
        const char *unit = strchr(units, toupper((unsigned char)*c.at));

        if (!unit)
            return;
        unit_kb = UINT64_C(1) << (10 * (unsigned)(unit - units));
    }
    if (number <= UINT64_MAX / unit_kb)
        qemu->memory_kb = number * unit_kb + tenths * unit_kb / 10;
}

/* Options of QEMU whose value is free text, which may look like an option. */
static bool option_takes_text(struct cursor name)
{
    static const char *const names[] = {"name", "uuid", "smbios", "m", "id", "pidfile", "append"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (equals(name.at, (size_t)(name.end - name.at), names[i]))
            return true;
    }
    return false;
}

/* `name` without its dashes is an option of QEMU that takes the value. */
static void argv_take_option(struct qemu_argv *qemu, struct cursor name, struct cursor value)
{
    size_t name_len = (size_t)(name.end - name.at);
    size_t value_len = (size_t)(value.end - value.at);
    char text[64] = "";

    if (equals(name.at, name_len, "name")) {
        /* QEMU itself lets an absent guest= leave the name unset. */
        (void)qemu_option(value, "guest", true, qemu->name, sizeof(qemu->name));
    } else if (equals(name.at, name_len, "uuid") && value_len < sizeof(text)) {
        memcpy(text, value.at, value_len);
        text[value_len] = '\0';
        argv_take_uuid(qemu, text);
    } else if (equals(name.at, name_len, "smbios")) {
        argv_take_smbios(qemu, value);
    } else if (equals(name.at, name_len, "m")) {
        argv_take_memory(qemu, value);
    } else if (equals(name.at, name_len, "id") && value_len < sizeof(qemu->id)) {
        memcpy(qemu->id, value.at, value_len);
        qemu->id[value_len] = '\0';
    } else if (equals(name.at, name_len, "pidfile") && value_len < sizeof(qemu->pidfile)) {
        memcpy(qemu->pidfile, value.at, value_len);
        qemu->pidfile[value_len] = '\0';
    }
}

int parse_qemu_argv(const char *cmdline, size_t len, struct qemu_argv *ret)
{
    struct cursor argv = cursor_of(cmdline, len), arg, value;
    struct qemu_argv qemu = {0};

    if (!qemu_argv_next(&argv, &arg) || arg.at == arg.end)
        return -EINVAL;
    while (qemu_argv_next(&argv, &arg)) {
        struct cursor after = argv;

        if (!cursor_word(&arg, "-"))
            continue;
        (void)cursor_word(&arg, "-"); /* QEMU takes --name as well */
        if (!option_takes_text(arg) || !qemu_argv_next(&after, &value))
            continue;
        argv_take_option(&qemu, arg, value);
        argv = after;
    }
    *ret = qemu;
    return 0;
}

bool parse_vcpu_thread_name(const char *comm, size_t len, unsigned *ret_id)
{
    struct cursor c = cursor_of(comm, len);
    uint64_t id;

    if (cursor_word(&c, "ALL CPUs/")) {
        *ret_id = 0;
        return true;
    }
    if (!cursor_word(&c, "CPU ") || !cursor_u64(&c, &id) || !cursor_word(&c, "/") || id > 65535)
        return false;
    *ret_id = (unsigned)id;
    return true;
}

bool parse_helper_thread_name(const char *comm, size_t len, unsigned *ret_pid)
{
    struct cursor c = cursor_of(comm, len);
    uint64_t pid;

    if (!cursor_word(&c, "vhost-") && !cursor_word(&c, "kvm-pit/"))
        return false;
    if (!cursor_u64(&c, &pid) || c.at != c.end || !pid || pid > INT32_MAX)
        return false;
    *ret_pid = (unsigned)pid;
    return true;
}
