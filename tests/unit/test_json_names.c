/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print/json: hostile names come back as they were, through another parser. */
#include <json-c/json.h>
#include <string.h>

#include "base/utf8.h"
#include "made_frame.h"
#include "print/json_write.h"
#include "support.h"

/* The object that the whole text is, by a parser that forgives nothing. */
static struct json_object *parse(const char *text, size_t len)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *object;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    object = json_tokener_parse_ex(tokener, text, (int)len);
    if (json_tokener_get_error(tokener) != json_tokener_success)
        print_error("%s in %.*s\n", json_tokener_error_desc(json_tokener_get_error(tokener)),
                    (int)len, text);
    assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
    assert_int_equal(json_tokener_get_parse_end(tokener), len);
    json_tokener_free(tokener);
    return object;
}

static void assert_string_at(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value;

    assert_true(json_object_object_get_ex(object, key, &value));
    assert_int_equal(json_object_get_type(value), json_type_string);
    assert_int_equal(json_object_get_string_len(value), strlen(text));
    assert_string_equal(json_object_get_string(value), text);
}

/* Nothing but UTF-8 without control characters, on whole lines. */
static void assert_clean_lines(const char *text)
{
    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        assert_true(n > 0);
        assert_true(c == '\n' || !utf8_is_control(c));
        text += n;
    }
    assert_int_equal(text[-1], '\n');
}

static void test_cycle(void **state UNUSED)
{
    struct made_frame m;
    struct json_object *root, *domains;
    const char *text;

    made_frame_init(&m);
    for (size_t i = 0; i < hostile_names_count; i++)
        made_frame_vm(&m, hostile_names[i].name);
    text = made_frame_print(&m, &printer_json, 1);
    assert_clean_lines(text);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    root = parse(text, strlen(text) - 1);
    assert_true(json_object_object_get_ex(root, "domains", &domains));
    assert_int_equal(json_object_array_length(domains), hostile_names_count);
    for (size_t i = 0; i < hostile_names_count; i++)
        assert_string_at(json_object_array_get_idx(domains, i), "name", hostile_names[i].text);
    json_object_put(root);
    made_frame_done(&m);
}

static void test_lines(void **state UNUSED)
{
    struct made_frame m;
    const char *line;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,vcpu_id");
    m.options.json = PRINT_JSON_LINES;
    m.options.devices = true;
    for (size_t i = 0; i < hostile_names_count; i++)
        made_frame_vcpu(&m, made_frame_vm(&m, hostile_names[i].name), 0);
    line = made_frame_print(&m, &printer_json, 1);
    assert_clean_lines(line);
    for (size_t i = 0; i < 2 * hostile_names_count; i++) {
        const char *end = strchr(line, '\n');
        struct json_object *object;

        assert_non_null(end);
        object = parse(line, (size_t)(end - line));
        assert_string_at(object, "type", i < hostile_names_count ? "vm" : "vcpu");
        assert_string_at(object, "name", hostile_names[i % hostile_names_count].text);
        json_object_put(object);
        line = end + 1;
    }
    assert_int_equal(*line, '\0');
    made_frame_done(&m);
}

static void test_host_name(void **state UNUSED)
{
    struct made_frame m;
    struct json_object *root;
    const char *text;

    for (size_t i = 0; i < hostile_names_count; i++) {
        made_frame_init(&m);
        copy_text(m.frame->host_name, sizeof(m.frame->host_name), hostile_names[i].name);
        text = made_frame_print(&m, &printer_json, 1);
        assert_clean_lines(text);
        root = parse(text, strlen(text) - 1);
        assert_string_at(root, "host_name", hostile_names[i].text);
        json_object_put(root);
        made_frame_done(&m);
    }
}

static void test_random_bytes(void **state UNUSED)
{
    uint64_t seed = 9;
    struct buf b = {0};

    for (int round = 0; round < 20000; round++) {
        char name[32];
        size_t n = support_random_below(&seed, sizeof(name));
        struct json_object *object;

        for (size_t i = 0; i < n; i++)
            name[i] = (char)(1 + support_random_below(&seed, 255));
        name[n] = '\0';
        buf_clear(&b);
        buf_putc(&b, '[');
        json_put_string(&b, name);
        buf_puts(&b, "]");
        object = parse(b.data, b.len);
        buf_putc(&b, '\n');
        assert_clean_lines(buf_text(&b));
        assert_int_equal(json_object_array_length(object), 1);
        json_object_put(object);
    }
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_host_name),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
