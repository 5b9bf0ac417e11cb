/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of libvirt's XML: what it hands on, and what it refuses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "connect/libvirt_xml.h"
#include "support.h"

/* Writes down what begins: "name(depth) " and, if it is there, "a=value ". */
struct notes {
    struct buf text;
    unsigned calls;
    const char *last; /* element that is enough */
};

static bool note(void *self, const struct libvirt_element *element)
{
    struct notes *notes = self;
    const char *value = libvirt_element_attribute(element, "a");

    assert_in_range(element->depth, 1, LIBVIRT_XML_DEPTH_MAX);
    notes->calls++;
    buf_printf(&notes->text, "%s(%u) ", element->name, element->depth);
    if (value)
        buf_printf(&notes->text, "a=%s ", value);
    return !notes->last || strcmp(element->name, notes->last) != 0;
}

static void check(const char *text, const char *last, int expected, const char *elements)
{
    struct notes notes = {.last = last};

    assert_int_equal(libvirt_xml_read(text, strlen(text), note, &notes), expected);
    assert_string_equal(buf_text(&notes.text), elements);
    buf_done(&notes.text);
}

static void test_elements(void **state UNUSED)
{
    check("<r a='1'><x b='2' a=\"3\"/><y><z a=''>text</z></y><w/></r>", NULL, 0,
          "r(1) a=1 x(2) a=3 y(2) z(3) a= w(2) ");
    check("<?xml version='1.0' encoding='ISO-8859-1'?><!-- <no/> --><r><![CDATA[<no/>]]></r>\n",
          NULL, 0, "r(1) ");
    check("<r a='&lt;&amp;&gt;&quot;&apos;&#9731;'/>", NULL, 0, "r(1) a=<&>\"'\xe2\x98\x83 ");
}

/* Neither what follows nor what it lacks is looked at. */
static void test_enough(void **state UNUSED)
{
    check("<r><x/><y/></r>", "x", 0, "r(1) x(2) ");
    check("<r><x><y", "x", 0, "r(1) x(2) ");
    check("<r/>", "r", 0, "r(1) ");
}

static void test_no_xml(void **state UNUSED)
{
    check("", NULL, -EBADMSG, "");
    check("<r>", NULL, -EBADMSG, "r(1) ");
    check("<r></s>", NULL, -EBADMSG, "r(1) ");
    check("<r/><s/>", NULL, -EBADMSG, "r(1) ");
    check("<r a='1' a='2'/>", NULL, -EBADMSG, "");
    check("<r a='\xff'/>", NULL, -EBADMSG, "");
    check("<r a='&unknown;'/>", NULL, -EBADMSG, "");
}

static void test_document_types(void **state UNUSED)
{
    check("<!DOCTYPE r><r/>", NULL, -EBADMSG, "");
    check("<!DOCTYPE r [<!ENTITY e 'x'>]><r a='&e;'/>", NULL, -EBADMSG, "");
    check("<!DOCTYPE r [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
          "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><r a='&c;'>&c;</r>",
          NULL, -EBADMSG, "");
    check("<!DOCTYPE r SYSTEM 'file:///etc/passwd'><r/>", NULL, -EBADMSG, "");
}

static int read_nested(unsigned depth, unsigned *calls)
{
    struct notes notes = {.calls = 0};
    struct buf text = {0};
    int r;

    for (unsigned i = 0; i < depth; i++)
        buf_puts(&text, "<x>");
    for (unsigned i = 0; i < depth; i++)
        buf_puts(&text, "</x>");
    r = libvirt_xml_read(text.data, text.len, note, &notes);
    *calls = notes.calls;
    buf_done(&notes.text);
    buf_done(&text);
    return r;
}

static void test_depth(void **state UNUSED)
{
    unsigned calls;

    assert_int_equal(read_nested(LIBVIRT_XML_DEPTH_MAX, &calls), 0);
    assert_int_equal(calls, LIBVIRT_XML_DEPTH_MAX);
    assert_int_equal(read_nested(LIBVIRT_XML_DEPTH_MAX + 1, &calls), -EBADMSG);
    assert_int_equal(calls, LIBVIRT_XML_DEPTH_MAX);
    assert_int_equal(read_nested(10000, &calls), -EBADMSG);
    assert_int_equal(calls, LIBVIRT_XML_DEPTH_MAX);
}

static void test_size(void **state UNUSED)
{
    struct notes notes = {.calls = 0};
    char *text = xcalloc(LIBVIRT_XML_MAX + 1, 1);

    memset(text, ' ', LIBVIRT_XML_MAX + 1);
    memcpy(text, "<r/>", 4);
    assert_int_equal(libvirt_xml_read(text, LIBVIRT_XML_MAX + 1, note, &notes), -E2BIG);
    assert_int_equal(notes.calls, 0);
    assert_int_equal(libvirt_xml_read(text, LIBVIRT_XML_MAX, note, &notes), 0);
    assert_int_equal(notes.calls, 1);
    free(text);
    buf_done(&notes.text);
}

static void check_any(const char *text, size_t len)
{
    struct notes notes = {.calls = 0};
    int r = libvirt_xml_read(text, len, note, &notes);

    assert_true(r == 0 || r == -EBADMSG);
    assert_true(r < 0 || notes.calls > 0);
    buf_done(&notes.text);
}

static void test_prefixes_and_garbage(void **state UNUSED)
{
    static const char text[] = "<!DOCTYPE r><r a='&lt;'><!-- c --><x a=\"b\"><y/></x>&#65;</r>";

    support_each_prefix(text, sizeof(text) - 1, check_any);
    support_each_prefix(text + 12, sizeof(text) - 13, check_any);
    support_each_garbage(text + 12, sizeof(text) - 13, 2000, check_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_no_xml),
        cmocka_unit_test(test_document_types),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_prefixes_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
