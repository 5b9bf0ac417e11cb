/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hand-made frames, and names that printers must survive. */
#include "made_frame.h"

#include <string.h>

#include "support.h"

#define BAD "\xef\xbf\xbd" /* U+FFFD */
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

const struct hostile_name hostile_names[] = {
    {"plain", "plain"},
    {"", ""},
    {"quote\"quote", "quote\"quote"},
    {"back\\slash\\", "back\\slash\\"},
    {"tab\ttab", "tab\ttab"},
    {"new\nline\r\n", "new\nline\r\n"},
    {"\033[31mred\033[0m\007", "\033[31mred\033[0m\007"},
    {"\001\002\037\177", "\001\002\037\177"},
    {"c1\xc2\x9b"
     "31m\xc2\x85",
     "c1\xc2\x9b"
     "31m\xc2\x85"},
    {"raw\x9b"
     "31m",
     "raw" BAD "31m"},
    {"\xff\xfe", BAD BAD},
    {"cut\xe2\x82", "cut" BAD BAD},
    {"cut\xf0\x9f\x98", "cut" BAD BAD BAD},
    {"over\xc0\xaflong", "over" BAD BAD "long"},
    {"sur\xed\xa0\x80rogate", "sur" BAD BAD BAD "rogate"},
    {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"},
    {"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf", "\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf"},
    {"inf", "inf"},
    {"nan", "nan"},
    {"007", "007"},
    {"1e5", "1e5"},
    {"null", "null"},
    {"true", "true"},
    {"-", "-"},
    {"</script>&'%s%n{}[],:", "</script>&'%s%n{}[],:"},
    {X50 X50 X50 X50 X50 "12345", X50 X50 X50 X50 X50 "12345"},
};
const size_t hostile_names_count = ARRAY_SIZE(hostile_names);

void made_frame_init(struct made_frame *m)
{
    memset(m, 0, sizeof(*m));
    m->pool = frame_pool_new();
    m->frame = frame_new(m->pool);
    strcpy(m->frame->host_name, "node1");
    m->frame->wall = (struct timespec){.tv_sec = 1769903999, .tv_nsec = 123000000};
    m->frame->interval = 2.0005;
    selection_by_collectors(&m->selection, UINT32_MAX, true);
    m->options = (struct print_options){.selection = &m->selection, .scope = PRINT_ALL_SCOPES};
}

void made_frame_done(struct made_frame *m)
{
    buf_done(&m->out);
    frame_unref(m->frame);
    frame_pool_free(m->pool);
}

void made_frame_select(struct made_frame *m, const char *fields)
{
    char bad[64];

    assert_int_equal(selection_by_fields(&m->selection, fields, UINT32_MAX, bad, sizeof(bad)), 0);
}

size_t made_frame_vm(struct made_frame *m, const char *name)
{
    struct frame_table *table = &m->frame->tables[SCOPE_VM];
    size_t row = frame_add_row(table, 0);

    frame_set_text(table, row, VM_NAME, name);
    frame_set_text(table, row, VM_STATE, "running");
    return row;
}

size_t made_frame_vcpu(struct made_frame *m, size_t vm_row, unsigned id)
{
    struct frame_table *table = &m->frame->tables[SCOPE_VCPU];
    size_t row = frame_add_row(table, (uint32_t)vm_row);

    frame_set_number(table, row, VCPU_VCPU_ID, id);
    return row;
}

const char *made_frame_print(struct made_frame *m, const struct printer_ops *ops, unsigned times)
{
    struct printer *printer = ops->create(&m->options);

    buf_clear(&m->out);
    if (ops->header)
        ops->header(printer, &m->out);
    while (times--)
        ops->print(printer, m->frame, &m->out);
    ops->destroy(printer);
    return buf_text(&m->out);
}
