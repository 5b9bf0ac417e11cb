/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen for manual pages: keys, views, columns, marks, colours. */
#include <string.h>

#include "manual.h"
#include "tui/help.h"
#include "tui/keys.h"
#include "tui/view.h"

/* "q F10 Ctrl-C" becomes "q, F10, Ctrl-C". */
bool manual_keys(struct buf *out, const char *argument)
{
    buf_puts(out, ".Bl -tag -width 14n\n");
    for (size_t i = 0; i < key_rows_count; i++) {
        const char *between = "";

        if (!key_rows[i].help)
            continue;
        buf_puts(out, ".It");
        for (const char *p = key_rows[i].names; *p;) {
            size_t n = strcspn(p, " ");
            char name[32];

            copy_text(name, n + 1 < sizeof(name) ? n + 1 : sizeof(name), p);
            buf_printf(out, "%s Ic ", between);
            mdoc_word(out, name);
            between = " ,";
            p += n + (p[n] == ' ');
        }
        buf_putc(out, '\n');
        mdoc_phrase(out, key_rows[i].help);
    }
    buf_puts(out, ".El\n");
    return !*argument;
}

bool manual_views(struct buf *out, const char *argument)
{
    struct column_table *table = column_table_new();

    buf_puts(out, ".Bl -tag -width 14n\n");
    for (enum view view = 0; view < VIEW__COUNT; view++) {
        const struct view_info *info = &views[view];
        const struct column *list[COLUMNS_MAX], *sort = column_of(table, info->family, info->sort);
        const struct column_ref *refs = info->wide     ? info->wide
                                        : info->medium ? info->medium
                                                       : info->narrow;
        struct buf text = {0};

        buf_printf(out, ".It Cm %s Pq key Ic %c\n", info->word, info->key);
        buf_puts(&text, "Columns");
        for (; refs->kind >= 0; refs++) {
            list[0] = column_of(table, info->family, *refs);
            buf_printf(&text, " %s%s", view_title(view, list[0]), refs[1].kind >= 0 ? "," : "");
        }
        buf_printf(&text, "; sorted by %s (", view_title(view, sort));
        buf_printf(&text, "%s).", sort->key);
        mdoc_text(out, buf_text(&text));
        buf_done(&text);
    }
    buf_puts(out, ".El\n");
    column_table_free(table);
    return !*argument;
}

/* Columns whose key no metric has: --list-fields does not tell them. */
bool manual_columns(struct buf *out, const char *argument)
{
    struct column_table *table = column_table_new();

    buf_puts(out, ".Bl -tag -width 14n\n");
    for (size_t i = 0; i < column_count(table, FAMILY_VM); i++) {
        const struct column *column = column_at(table, FAMILY_VM, i);

        if (column->kind == COLUMN_METRIC)
            continue;
        buf_puts(out, ".It Cm ");
        mdoc_word(out, column->key);
        if (*column->title) {
            buf_puts(out, " Pq ");
            mdoc_word(out, column->title);
        }
        buf_putc(out, '\n');
        mdoc_phrase(out, column->help);
    }
    buf_puts(out, ".El\n");
    column_table_free(table);
    return !*argument;
}

static void manual_note(struct buf *out, const char *term, const char *text)
{
    buf_puts(out, ".It ");
    mdoc_word(out, term);
    buf_putc(out, '\n');
    mdoc_phrase(out, text);
}

bool manual_help(struct buf *out, const char *argument)
{
    size_t len = strlen(argument);

    for (size_t i = 0; len && i < help_parts_count; i++) {
        const struct help_part *part = &help_parts[i];

        if (strncmp(part->heading, argument, len) != 0)
            continue;
        buf_puts(out, ".Bl -tag -width 14n\n");
        for (size_t n = 0; n < part->count; n++)
            manual_note(out, part->notes[n].term, part->notes[n].text);
        for (enum why why = WHY_STUCK; !part->notes && why < WHY__COUNT; why++)
            manual_note(out, why_word(why), help_why(why));
        buf_puts(out, ".El\n");
        return true;
    }
    return false;
}
