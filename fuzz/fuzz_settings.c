/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields and order of a view: a byte for the view, another for a column, then the text. */
#include <string.h>

#include "fuzz.h"
#include "tui/settings.h"

/* Which columns the fields switch on. */
static void fields_set(const struct column_table *table, enum view view, const char *fields,
                       bool set[COLUMNS_MAX])
{
    const struct column *list[COLUMNS_MAX];
    size_t count = settings_columns(table, view, fields, 80, list);

    CHECK(count >= 1 && count <= COLUMNS_MAX && list[0]->kind == COLUMN_NAME);
    memset(set, 0, COLUMNS_MAX * sizeof(set[0]));
    for (size_t i = 0; i < count; i++) {
        CHECK(list[i]->family == views[view].family && !set[list[i]->number]);
        set[list[i]->number] = true;
    }
}

static void check_toggle(const struct column_table *table, enum view view, const char *fields,
                         const struct column *column)
{
    char once[SETTINGS_FIELDS_SIZE], twice[SETTINGS_FIELDS_SIZE];
    bool before[COLUMNS_MAX], after[COLUMNS_MAX];

    settings_toggle_field(table, view, fields, column, once);
    settings_toggle_field(table, view, once, column, twice);
    fields_set(table, view, fields, before);
    fields_set(table, view, twice, after);
    CHECK(memcmp(before, after, sizeof(before)) == 0);
    fields_set(table, view, once, after);
    before[column->number] ^= column->kind != COLUMN_NAME;
    /* One that is as long as can be has no room for the change. */
    CHECK(strlen(fields) > SETTINGS_FIELDS_SIZE - 64 || memcmp(before, after, sizeof(before)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct column_table *table = column_table_new();
    char *text = size > 2 ? fuzz_text(data + 2, size - 2) : NULL, allowed[60] = "";
    enum view view = size ? data[0] % VIEW__COUNT : VIEW_ALL;
    bool ascending, good;

    if (text) {
        enum column_family family = views[view].family;

        good = settings_check_fields(table, view, text, allowed, sizeof(allowed));
        CHECK(strnlen(allowed, sizeof(allowed)) < sizeof(allowed));
        CHECK(good == !allowed[0]);
        if (good || strlen(text) < SETTINGS_FIELDS_SIZE)
            check_toggle(table, view, text,
                         column_at(table, family, data[1] % column_count(table, family)));
        allowed[0] = '\0';
        good = settings_check_sort(table, view, text, allowed, sizeof(allowed));
        CHECK(strnlen(allowed, sizeof(allowed)) < sizeof(allowed));
        CHECK(good == !allowed[0]);
        CHECK(settings_sort_column(table, view, text, &ascending)->family == family);
    }
    free(text);
    column_table_free(table);
    return 0;
}
