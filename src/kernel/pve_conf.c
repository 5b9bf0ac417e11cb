/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a VM's configuration. */
#include "kernel/pve_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"

#define CONF_NUMBER_MAX 255  /* of a disk or NIC; qm.conf(5) knows less */
#define CONF_TEXT_MAX   1024 /* bytes of a text that are kept */

/* Kinds of disks: the word before the number. */
static const struct {
    const char *word;
    bool is_total, is_state;
} conf_buses[] = {
    {"scsi", true, false}, {"virtio", true, false},   {"ide", true, false},
    {"sata", true, false}, {"efidisk", false, false}, {"tpmstate", false, true},
};

static bool conf_equals(struct cursor text, const char *word)
{
    size_t n = (size_t)(text.end - text.at);

    return strlen(word) == n && memcmp(text.at, word, n) == 0;
}

/* Spaces, tabs, and what an editor left of another system's line ends. */
static struct cursor conf_trim(struct cursor text)
{
    while (text.at < text.end && isspace((unsigned char)*text.at))
        text.at++;
    while (text.at < text.end && isspace((unsigned char)text.end[-1]))
        text.end--;
    return text;
}

/* The next element of a list "a=b,c", without the blanks around it. */
static bool conf_next(struct cursor *list, struct cursor *ret)
{
    const char *comma;

    if (list->at >= list->end)
        return false;
    comma = memchr(list->at, ',', (size_t)(list->end - list->at));
    ret->at = list->at;
    ret->end = comma ? comma : list->end;
    list->at = comma ? comma + 1 : list->end;
    *ret = conf_trim(*ret);
    return true;
}

/* The value of an element "key=value". */
static bool conf_value(struct cursor element, const char *key, struct cursor *ret)
{
    if (!cursor_word(&element, key) || !cursor_word(&element, "="))
        return false;
    *ret = element;
    return true;
}

static bool conf_find(struct cursor list, const char *key, struct cursor *ret)
{
    struct cursor element;

    while (conf_next(&list, &element)) {
        if (conf_value(element, key, ret))
            return true;
    }
    return false;
}

/* Copies a text that fits, whole or not at all. */
static bool conf_copy(struct cursor text, char *ret, size_t size)
{
    size_t n = (size_t)(text.end - text.at);

    if (!n || n >= size || memchr(text.at, '\0', n))
        return false;
    memcpy(ret, text.at, n);
    ret[n] = '\0';
    return true;
}

/* As Proxmox VE reads a boolean. */
static bool conf_is_true(struct cursor value)
{
    static const char *const words[] = {"1", "on", "yes", "true"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = strlen(words[i]);

        if ((size_t)(value.end - value.at) == n && strncasecmp(value.at, words[i], n) == 0)
            return true;
    }
    return false;
}

static void conf_take_text(struct cursor value, char **ret)
{
    size_t n = strnlen(value.at, min_size((size_t)(value.end - value.at), CONF_TEXT_MAX));
    char *text = n ? xstrndup(value.at, n) : NULL;

    free(*ret);
    *ret = text;
}

/* Tags may be separated by any of these, in any number. */
static void conf_take_tags(struct cursor value, char **ret)
{
    static const char separators[] = ";, \t";
    char *from, *to;

    conf_take_text(value, ret);
    if (!*ret)
        return;
    for (from = to = *ret; *from;) {
        size_t n;

        from += strspn(from, separators);
        n = strcspn(from, separators);
        if (n && to > *ret)
            *to++ = ';';
        memmove(to, from, n);
        to += n;
        from += n;
    }
    *to = '\0';
    if (to > *ret)
        return;
    free(*ret);
    *ret = NULL;
}

/* A text of hexadecimal figures and, where the shape has none, of the shape's own characters. */
static bool conf_has_shape(const char *text, const char *shape)
{
    for (; *text && *shape; text++, shape++) {
        if (*shape == 'x' ? !isxdigit((unsigned char)*text) : *text != *shape)
            return false;
    }
    return *text == *shape;
}

/* uuid=...,manufacturer=... */
static void conf_take_smbios(struct pve_conf *conf, struct cursor value)
{
    struct cursor uuid;
    char text[sizeof(conf->uuid)];

    conf->uuid[0] = '\0';
    if (!conf_find(value, "uuid", &uuid) || !conf_copy(uuid, text, sizeof(text)) ||
        !conf_has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
        return;
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    copy_text(conf->uuid, sizeof(conf->uuid), text);
}

/* 4096, or current=4096: MB */
static void conf_take_memory(struct pve_conf *conf, struct cursor value)
{
    struct cursor number;
    uint64_t mb;

    conf->memory_kb = 0;
    if (!conf_find(value, "current", &number) && !conf_next(&value, &number))
        return;
    if (cursor_u64(&number, &mb) && number.at == number.end && mb <= UINT64_MAX / 1024)
        conf->memory_kb = mb * 1024;
}

/* 32G, 528K, 4M, 1.5T, or bytes; 0 = makes no sense */
static uint64_t conf_size(struct cursor text)
{
    static const char units[] = "KMGT";
    uint64_t number, unit = 1, tenths = 0;

    if (!cursor_u64(&text, &number))
        return 0;
    if (cursor_word(&text, ".")) { /* one figure behind the point is enough */
        if (text.at < text.end && isdigit((unsigned char)*text.at))
            tenths = (uint64_t)(*text.at - '0');
        while (text.at < text.end && isdigit((unsigned char)*text.at))
            text.at++;
    }
    if (text.at < text.end) {
        const char *found = memchr(units, *text.at++, sizeof(units) - 1);

        if (!found || text.at < text.end)
            return 0;
        unit = UINT64_C(1) << (10 * (unsigned)(found + 1 - units));
    }
    return number < UINT64_MAX / unit ? number * unit + tenths * unit / 10 : 0;
}

/* "scsi0": whether the key is the word and a number, without needless zeros. */
static bool conf_numbered(struct cursor key, const char *word, unsigned *ret)
{
    const char *first;
    uint64_t number;

    if (!cursor_word(&key, word))
        return false;
    first = key.at;
    if (!cursor_u64(&key, &number) || key.at != key.end || number > CONF_NUMBER_MAX ||
        (*first == '0' && key.end - first > 1))
        return false;
    *ret = (unsigned)number;
    return true;
}

static struct pve_disk *conf_disk(struct pve_conf *conf, const char *name)
{
    struct pve_disk *disk;

    for (size_t i = 0; i < conf->disk_count; i++) {
        if (strcmp(conf->disks[i].name, name) == 0)
            return &conf->disks[i];
    }
    if (conf->disk_count >= PVE_DISKS_MAX)
        return NULL;
    conf->disks = xreallocarray(conf->disks, conf->disk_count + 1, sizeof(*conf->disks));
    disk = &conf->disks[conf->disk_count++];
    *disk = (struct pve_disk){0};
    copy_text(disk->name, sizeof(disk->name), name);
    return disk;
}

/* storage:vm-100-disk-0,size=32G, or none,media=cdrom */
static bool conf_take_disk(struct pve_conf *conf, struct cursor key, struct cursor value)
{
    for (size_t i = 0; i < ARRAY_SIZE(conf_buses); i++) {
        char name[sizeof(conf->disks->name)];
        struct pve_disk *disk;
        struct cursor found;
        unsigned number;

        if (!conf_numbered(key, conf_buses[i].word, &number))
            continue;
        snprintf(name, sizeof(name), "%s%u", conf_buses[i].word, number & CONF_NUMBER_MAX);
        disk = conf_disk(conf, name);
        if (!disk)
            return true;
        disk->is_state = conf_buses[i].is_state;
        disk->is_total = conf_buses[i].is_total &&
                         !(conf_find(value, "media", &found) && conf_equals(found, "cdrom"));
        disk->size_bytes = conf_find(value, "size", &found) ? conf_size(found) : 0;
        return true;
    }
    return false;
}

static struct pve_nic *conf_nic(struct pve_conf *conf, unsigned number)
{
    struct pve_nic *nic;

    for (size_t i = 0; i < conf->nic_count; i++) {
        if (conf->nics[i].number == number)
            return &conf->nics[i];
    }
    if (conf->nic_count >= PVE_NICS_MAX)
        return NULL;
    conf->nics = xreallocarray(conf->nics, conf->nic_count + 1, sizeof(*conf->nics));
    nic = &conf->nics[conf->nic_count++];
    *nic = (struct pve_nic){.number = number};
    return nic;
}

/* virtio=BC:24:11:00:00:01,bridge=vmbr0, or model=virtio,macaddr=...: the model
 * is one of many words, so the address is known by its shape. */
static bool conf_take_nic(struct pve_conf *conf, struct cursor key, struct cursor value)
{
    struct pve_nic *nic;
    struct cursor element;
    unsigned number;

    if (!conf_numbered(key, "net", &number))
        return false;
    nic = conf_nic(conf, number);
    if (!nic)
        return true;
    *nic = (struct pve_nic){.number = number};
    while (conf_next(&value, &element)) {
        const char *equal = memchr(element.at, '=', (size_t)(element.end - element.at));
        struct cursor right = {.at = equal ? equal + 1 : element.end, .end = element.end};
        char mac[sizeof(nic->mac)];

        if (conf_value(element, "bridge", &right))
            (void)conf_copy(right, nic->bridge, sizeof(nic->bridge));
        else if (conf_copy(right, mac, sizeof(mac)) && conf_has_shape(mac, "xx:xx:xx:xx:xx:xx"))
            copy_text(nic->mac, sizeof(nic->mac), mac);
    }
    return true;
}

static void conf_take(struct pve_conf *conf, struct cursor key, struct cursor value)
{
    if (conf_equals(key, "name"))
        conf_take_text(value, &conf->name);
    else if (conf_equals(key, "tags"))
        conf_take_tags(value, &conf->tags);
    else if (conf_equals(key, "lock"))
        conf_take_text(value, &conf->lock);
    else if (conf_equals(key, "template"))
        conf->is_template = conf_is_true(value);
    else if (conf_equals(key, "smbios1"))
        conf_take_smbios(conf, value);
    else if (conf_equals(key, "memory"))
        conf_take_memory(conf, value);
    else if (!conf_take_disk(conf, key, value))
        (void)conf_take_nic(conf, key, value);
}

void parse_pve_conf(const char *text, size_t len, struct pve_conf *ret)
{
    struct cursor c = cursor_of(text, len), line;
    struct pve_conf conf = {0};

    while (cursor_line(&c, &line) && (line.at == line.end || *line.at != '[')) {
        const char *colon;
        struct cursor key;

        if (line.at == line.end || *line.at == '#')
            continue;
        colon = memchr(line.at, ':', (size_t)(line.end - line.at));
        if (!colon)
            continue;
        key = (struct cursor){.at = line.at, .end = colon};
        line.at = colon + 1;
        line = conf_trim(line);
        if (line.at < line.end)
            conf_take(&conf, key, line);
    }
    *ret = conf;
}

void pve_conf_done(struct pve_conf *conf)
{
    free(conf->name);
    free(conf->tags);
    free(conf->lock);
    free(conf->disks);
    free(conf->nics);
    *conf = (struct pve_conf){0};
}
