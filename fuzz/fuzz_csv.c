/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSV of hostile names and odd numbers: another reader takes it, each record has
 * a field for each of the header, and no byte is one that a terminal obeys. */
#include "../tests/unit/csv_reader.h"
#include "base/utf8.h"
#include "fuzz_frame.h"

/* The number of fields of the next record. */
static unsigned record(const char **at, char *field, size_t size)
{
    enum csv_end end;
    unsigned fields = 0;

    do {
        end = csv_read_field(at, field, size);
        CHECK(end != CSV_BROKEN);
        fields++;
    } while (end == CSV_FIELD);
    return fields;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = {0};
    unsigned columns, records = 0;
    const char *at;
    char *field;

    if (!fuzz_print(&printer_csv, data, size, &out))
        return 0;
    at = buf_text(&out);
    field = malloc(out.len + 1);
    CHECK(field);
    columns = record(&at, field, out.len + 1);
    for (; *at; records++)
        CHECK(record(&at, field, out.len + 1) == columns);
    CHECK(records == 1);
    CHECK(at == out.data + out.len);
    for (at = out.data; *at;) {
        uint32_t c = 0;
        size_t n = utf8_next(at, &c);

        CHECK(n && (c == '\r' || c == '\n' || !utf8_is_control(c)));
        at += n;
    }
    free(field);
    buf_done(&out);
    return 0;
}
