/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking QEMU's arguments apart. */
#include "kernel/qemu_options.h"

#include <json-c/json.h>
#include <string.h>

#include "base/util.h"

#define QEMU_JSON_MAX (64u * 1024)

bool qemu_argv_next(struct cursor *argv, struct cursor *arg)
{
    const char *nul;

    if (argv->at >= argv->end)
        return false;
    nul = memchr(argv->at, '\0', (size_t)(argv->end - argv->at));
    arg->at = argv->at;
    arg->end = nul ? nul : argv->end;
    argv->at = nul ? nul + 1 : argv->end;
    return true;
}

/* The next element of a list "a=b,c=d,,e", copied, cut to size. */
static bool option_next(struct cursor *list, char *element, size_t size)
{
    size_t n = 0;

    if (list->at >= list->end)
        return false;
    while (list->at < list->end) {
        char c = *list->at++;

        if (c == ',') {
            if (list->at >= list->end || *list->at != ',')
                break;
            list->at++;
        }
        if (n + 1 < size)
            element[n++] = c;
    }
    element[n] = '\0';
    return true;
}

bool qemu_option(struct cursor list, const char *key, bool implied, char *ret, size_t size)
{
    char element[320] = "";
    size_t key_len = strlen(key);

    for (bool first = true; option_next(&list, element, sizeof(element)); first = false) {
        if (strncmp(element, key, key_len) == 0 && element[key_len] == '=') {
            copy_text(ret, size, element + key_len + 1);
            return true;
        }
        if (first && implied && !strchr(element, '=')) {
            copy_text(ret, size, element);
            return true;
        }
    }
    return false;
}

bool qemu_option_flag(struct cursor list, const char *key)
{
    char element[320];
    size_t key_len = strlen(key);

    (void)option_next(&list, element, sizeof(element));
    while (option_next(&list, element, sizeof(element))) {
        const char *value = element + key_len;

        if (strncmp(element, key, key_len) != 0 || (*value && *value != '='))
            continue;
        return !*value || strcmp(value, "=on") == 0 || strcmp(value, "=yes") == 0 ||
               strcmp(value, "=true") == 0 || strcmp(value, "=y") == 0;
    }
    return false;
}

bool qemu_option_json(struct cursor list, const char *key, char *ret, size_t size)
{
    size_t len = (size_t)(list.end - list.at);
    struct json_tokener *tokener = len <= QEMU_JSON_MAX ? json_tokener_new() : NULL;
    struct json_object *object, *value = NULL;
    bool found;

    if (!tokener)
        return false;
    object = json_tokener_parse_ex(tokener, list.at, (int)len);
    found = json_object_is_type(object, json_type_object) &&
            json_object_object_get_ex(object, key, &value) && value;
    if (found)
        copy_text(ret, size, json_object_get_string(value));
    json_object_put(object);
    json_tokener_free(tokener);
    return found;
}
