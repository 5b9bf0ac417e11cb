/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved profiles: a state, or a file of printed records with the last one of each VM. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/log.h"
#include "profiler/command_internal.h"
#include "profiler/state.h"

#define SAVED_CHUNK    65536
#define SAVED_VMS_MAX  100000
#define SAVED_KEPT_MAX (1u << 30) /* bytes of the last records of all VMs */
/* Of a record: its tree of periods lies deepest. */
#define SAVED_DEPTH 64
/* VMs that a message lists. */
#define SAVED_LISTED 16

/* The last record of one VM. */
struct saved_record {
    char *uuid, *name;
    struct buf line;
};

struct saved_reader {
    const char *file;
    int fd;
    struct buf text;    /* what was read */
    size_t start, seen; /* of the line that comes; up to where there is no newline */
    bool ended;
    uint64_t lines;
    struct saved_record *records;
    size_t count, capacity, kept;
    size_t last; /* the record found last */
    struct json_tokener *tokener;
};

static const char *saved_file_name(const char *file)
{
    return strcmp(file, "-") == 0 ? "standard input" : file;
}

/* Reads more. 1, 0 at the end, -errno. */
static int saved_fill(struct saved_reader *reader)
{
    struct buf *text = &reader->text;
    ssize_t n;

    /* Finished lines go; a line that is begun is moved once per piece that is read. */
    text->len -= reader->start;
    reader->seen -= reader->start;
    if (reader->start && text->len)
        memmove(text->data, text->data + reader->start, text->len);
    reader->start = 0;
    if (text->len > STATE_SIZE_MAX) {
        log_error("%s: no saved profile: a line of more than %u bytes",
                  saved_file_name(reader->file), STATE_SIZE_MAX);
        return -EFBIG;
    }
    buf_reserve(text, SAVED_CHUNK);
    do
        n = read(reader->fd, text->data + text->len, SAVED_CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        n = -errno;
        log_error("cannot read %s: %s", saved_file_name(reader->file), strerror((int)-n));
        return (int)n;
    }
    text->len += (size_t)n;
    reader->ended = n == 0;
    return n > 0;
}

/* The next line into *line, its newline included unless it is the last one. 1, 0 at the end,
 * -errno. */
static int saved_next_line(struct saved_reader *reader, struct buf *line)
{
    for (;;) {
        const struct buf *text = &reader->text;
        const char *newline = NULL;
        size_t end = text->len;
        int r;

        if (text->len > reader->seen)
            newline = memchr(text->data + reader->seen, '\n', text->len - reader->seen);
        if (newline)
            end = (size_t)(newline - text->data) + 1;
        if (newline || (reader->ended && end > reader->start)) {
            buf_clear(line);
            buf_add(line, text->data + reader->start, end - reader->start);
            reader->start = reader->seen = end;
            reader->lines++;
            return 1;
        }
        reader->seen = end;
        if (reader->ended)
            return 0;
        r = saved_fill(reader);
        if (r < 0)
            return r;
    }
}

static const char *saved_text(struct json_object *object, const char *key)
{
    struct json_object *member;

    return json_object_object_get_ex(object, key, &member) &&
                   json_object_is_type(member, json_type_string)
               ? json_object_get_string(member)
               : NULL;
}

static struct json_object *saved_object(struct json_object *object, const char *key)
{
    struct json_object *member;

    return object && json_object_object_get_ex(object, key, &member) &&
                   json_object_is_type(member, json_type_object)
               ? member
               : NULL;
}

/* The record of the VM, a new one if there is none; NULL = there are too many. */
static struct saved_record *saved_find(struct saved_reader *reader, const char *uuid,
                                       const char *name)
{
    struct saved_record *record;

    /* The VMs of a round of output follow each other: where one was, the next one is behind it. */
    for (size_t i = 1; i <= reader->count; i++) {
        size_t at = (reader->last + i) % reader->count;

        record = &reader->records[at];
        if (strcmp(record->uuid, uuid) == 0 && strcmp(record->name, name) == 0) {
            reader->last = at;
            return record;
        }
    }
    if (reader->count == SAVED_VMS_MAX)
        return NULL;
    reader->records =
        array_grow(reader->records, &reader->capacity, reader->count + 1, sizeof(*reader->records));
    reader->last = reader->count;
    record = &reader->records[reader->count++];
    *record = (struct saved_record){.uuid = xstrdup(uuid), .name = xstrdup(name)};
    return record;
}

/* Whether the line is a record; it is kept as the last one of its VM. -errno was told. */
static int saved_take_record(struct saved_reader *reader, const struct buf *line)
{
    struct json_object *root, *profile, *vm;
    const char *uuid, *name;
    struct saved_record *record = NULL;

    if (!state_is_bearable(line->data, line->len)) {
        log_error("%s:%llu: no saved profile: too large", saved_file_name(reader->file),
                  (unsigned long long)reader->lines);
        return -EFBIG;
    }
    json_tokener_reset(reader->tokener);
    root = json_tokener_parse_ex(reader->tokener, line->data, (int)line->len);
    profile = saved_object(root, "profile");
    uuid = profile ? saved_text(profile, "name") : NULL;
    if (!uuid) {
        json_object_put(root);
        return 0;
    }
    vm = saved_object(saved_object(profile, "ext"), "vm");
    name = vm ? saved_text(vm, "name") : NULL;
    record = saved_find(reader, uuid, name ? name : uuid);
    json_object_put(root);
    if (record) {
        reader->kept -= record->line.len;
        reader->kept += line->len;
    }
    if (!record || reader->kept > SAVED_KEPT_MAX) {
        log_error("%s: too many VMs", saved_file_name(reader->file));
        return -EFBIG;
    }
    buf_clear(&record->line);
    buf_add(&record->line, line->data, line->len);
    return 1;
}

static bool saved_is_blank(const struct buf *line)
{
    for (size_t i = 0; i < line->len; i++) {
        if (!strchr(" \t\r\n", line->data[i]) || !line->data[i])
            return false;
    }
    return true;
}

/* The rest of a state, of which the first line was read. */
static int saved_read_rest(struct saved_reader *reader, struct buf *state)
{
    int r;

    while ((r = saved_fill(reader)) == 1)
        ;
    if (r == 0 && reader->text.len)
        buf_add(state, reader->text.data, reader->text.len);
    return r;
}

/* Reads all of it: records, or the text of a state, which is then in *state. */
static int saved_read(struct saved_reader *reader, struct buf *state)
{
    struct buf line = {0};
    int r;

    while ((r = saved_next_line(reader, &line)) == 1) {
        bool cut = line.data[line.len - 1] != '\n';

        if (saved_is_blank(&line))
            continue;
        r = saved_take_record(reader, &line);
        if (r < 0)
            break;
        if (r == 0 && reader->count && cut) {
            log_warning("%s:%llu: the last line is cut: it is left out",
                        saved_file_name(reader->file), (unsigned long long)reader->lines);
        } else if (r == 0 && reader->count) {
            log_error("%s:%llu: no record of a profile", saved_file_name(reader->file),
                      (unsigned long long)reader->lines);
            r = -EINVAL;
            break;
        } else if (r == 0) {
            buf_add(state, line.data, line.len);
            r = saved_read_rest(reader, state);
            break;
        }
    }
    buf_done(&line);
    return r < 0 ? r : 0;
}

static bool saved_name_is_unique(const struct saved_reader *reader, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < reader->count; i++)
        n += strcmp(reader->records[i].name, name) == 0;
    return n == 1;
}

/* Tells which VMs there are: by their names, where these tell them apart. */
static int saved_list(const struct saved_reader *reader, const char *vm, size_t matches)
{
    struct buf list = {0};

    for (size_t i = 0; i < reader->count && i < SAVED_LISTED; i++) {
        const struct saved_record *record = &reader->records[i];

        buf_printf(&list, "%s%s", i ? ", " : "", record->name);
        if (!saved_name_is_unique(reader, record->name))
            buf_printf(&list, " (%s)", record->uuid);
    }
    if (reader->count > SAVED_LISTED)
        buf_printf(&list, " and %zu more", reader->count - SAVED_LISTED);
    if (!vm)
        log_error("%s has several VMs: choose one by --vm=NAME|UUID: %s",
                  saved_file_name(reader->file), buf_text(&list));
    else
        log_error("%s has %s named '%s': %s", saved_file_name(reader->file),
                  matches ? "several VMs" : "no VM", vm, buf_text(&list));
    buf_done(&list);
    return -EINVAL;
}

/* The record that is meant, moved to *text. */
static int saved_choose(const struct saved_reader *reader, const char *vm, struct buf *text)
{
    struct saved_record *chosen = NULL;
    size_t matches = 0;

    for (size_t i = 0; i < reader->count; i++) {
        struct saved_record *record = &reader->records[i];

        if (!vm || strcmp(record->name, vm) == 0 || strcasecmp(record->uuid, vm) == 0) {
            chosen = record;
            matches++;
        }
    }
    if (matches != 1)
        return saved_list(reader, vm, matches);
    *text = chosen->line;
    chosen->line = (struct buf){0};
    return 0;
}

static void saved_reader_done(struct saved_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        free(reader->records[i].uuid);
        free(reader->records[i].name);
        buf_done(&reader->records[i].line);
    }
    free(reader->records);
    buf_done(&reader->text);
    json_tokener_free(reader->tokener);
    close(reader->fd);
}

/* The text of a state, or of the record that is meant. */
static int saved_find_text(const char *file, const char *vm, struct buf *text, bool *ret_record)
{
    struct saved_reader reader = {.file = file, .fd = command_open(file)};
    int r;

    if (reader.fd < 0)
        return reader.fd;
    reader.tokener = json_tokener_new_ex(SAVED_DEPTH);
    r = reader.tokener ? saved_read(&reader, text) : -ENOMEM;
    *ret_record = reader.count > 0;
    if (r == 0 && reader.count)
        r = saved_choose(&reader, vm, text);
    else if (r == 0 && !text->len) {
        log_error("%s: no saved profile: there is nothing in it", saved_file_name(file));
        r = -EINVAL;
    }
    saved_reader_done(&reader);
    return r;
}

/* Whether the VM of a state is the one that is meant. */
static bool saved_is_vm(const struct vm_identity *vm, const char *wanted)
{
    return !wanted || (vm->name && strcmp(vm->name, wanted) == 0) ||
           (vm->uuid && strcasecmp(vm->uuid, wanted) == 0);
}

int command_load(const char *file, const char *vm, struct command_saved **ret)
{
    struct command_saved *saved = xcalloc(1, sizeof(*saved));
    struct buf text = {0};
    bool record = false;
    char why[256];
    int r = saved_find_text(file, vm, &text, &record);

    if (r == 0 && state_read(text.data, text.len, NULL, &saved->settings, &saved->vm,
                             &saved->profile, why, sizeof(why)) != STATE_GOOD) {
        log_error("%s: no saved profile: %s", saved_file_name(file), why);
        r = -EINVAL;
    }
    if (r == 0 && !record && !saved_is_vm(&saved->vm, vm)) {
        log_error("%s has no VM named '%s': %s", saved_file_name(file), vm,
                  command_vm_name(&saved->vm));
        r = -EINVAL;
    }
    if (r == 0 && record) {
        saved->record = text;
        text = (struct buf){0};
    }
    buf_done(&text);
    if (r < 0) {
        command_saved_free(saved);
        return r;
    }
    *ret = saved;
    return 0;
}

void command_saved_free(struct command_saved *saved)
{
    if (!saved)
        return;
    profile_free(saved->profile);
    vm_identity_done(&saved->vm);
    buf_done(&saved->record);
    free(saved);
}

const char *command_vm_name(const struct vm_identity *vm)
{
    if (vm->name && vm->name[0])
        return vm->name;
    return vm->uuid && vm->uuid[0] ? vm->uuid : "(no name)";
}

bool command_channels(const struct command_saved *saved, const char *metric,
                      const struct channel **list, size_t *ret_count)
{
    const struct profile *profile = saved->profile;
    struct buf names = {0};
    size_t count = 0;

    for (size_t i = 0; i < profile->count; i++) {
        if (!metric || strcmp(profile->channels[i]->spec.name, metric) == 0)
            list[count++] = profile->channels[i];
        buf_printf(&names, "%s%s", i ? ", " : "", profile->channels[i]->spec.name);
    }
    if (metric && !count)
        log_error("option --metric: '%s' is not in the profile of %s; allowed: %s", metric,
                  command_vm_name(&saved->vm), names.len ? buf_text(&names) : "none: it is empty");
    buf_done(&names);
    *ret_count = count;
    return !metric || count;
}
