/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for mdoc(7). */
#include <ctype.h>
#include <string.h>

#include "manual.h"

#define MDOC_WIDTH 78

static bool mdoc_ends_sentence(const char *word, size_t len)
{
    while (len > 1 && strchr(")'\"", word[len - 1]))
        len--;
    return len > 1 && strchr(".!?", word[len - 1]) && word[len - 2] != '.';
}

/* Those that end with a point, but no sentence. */
static bool mdoc_is_short(const char *word, size_t len)
{
    static const char *const shorts[] = {"e.g.", "i.e.", "(e.g."};

    for (size_t i = 0; i < ARRAY_SIZE(shorts); i++) {
        if (strlen(shorts[i]) == len && memcmp(word, shorts[i], len) == 0)
            return true;
    }
    return false;
}

/* Whether a hyphen in the word is one that people copy: of options, paths, names, titles. */
static bool mdoc_is_literal(const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && isupper(word[i]) && isupper(word[i - 1]))
            return true;
        if (strchr("/_=$", word[i]) || (word[i] == ',' && i + 1 < len) ||
            (word[i] == '-' && (i == 0 || !isalpha(word[i - 1]))))
            return true;
    }
    return false;
}

static void mdoc_put(struct buf *out, const char *word, size_t len)
{
    bool literal = mdoc_is_literal(word, len);

    if (literal && len > 1)
        buf_puts(out, "\\%"); /* never divided */
    for (size_t i = 0; i < len; i++) {
        switch (word[i]) {
        case '\\':
            buf_puts(out, "\\e");
            break;
        case '-':
            buf_puts(out, literal ? "\\-" : "-");
            break;
        case '~':
            buf_puts(out, "\\(ti");
            break;
        case '^':
            buf_puts(out, "\\(ha");
            break;
        case '\'': /* an apostrophe stays one */
            buf_puts(out, i == 0 || i + 1 == len ? "\\(aq" : "'");
            break;
        case '`':
            break;
        case MDOC_UNDIVIDED:
            buf_puts(out, "\\%");
            break;
        default:
            buf_putc(out, word[i]);
        }
    }
}

void mdoc_text(struct buf *out, const char *text)
{
    size_t column = 0;

    while (*(text += strspn(text, " \n"))) {
        size_t len = strcspn(text, " \n"), before = out->len;
        struct buf word = {0};

        mdoc_put(&word, text, len);
        if (mdoc_is_short(text, len))
            buf_puts(&word, "\\&");
        if (column && column + 1 + word.len > MDOC_WIDTH) {
            buf_putc(out, '\n');
            column = 0;
        } else if (column) {
            buf_putc(out, ' ');
        }
        if (!column && strchr(".'", *buf_text(&word)))
            buf_puts(out, "\\&");
        buf_add(out, word.data, word.len);
        column += out->len - before;
        if (mdoc_ends_sentence(text, len) && !mdoc_is_short(text, len)) {
            buf_putc(out, '\n');
            column = 0;
        }
        buf_done(&word);
        text += len;
    }
    if (column)
        buf_putc(out, '\n');
}

void mdoc_phrase(struct buf *out, const char *text)
{
    /* A name or an abbreviation may begin both: only what has a sentence behind it ends as one. */
    if (strstr(text, ". "))
        mdoc_sentence(out, text);
    else
        mdoc_text(out, text);
}

void mdoc_sentence(struct buf *out, const char *text)
{
    struct buf sentence = {0};

    buf_puts(&sentence, text);
    if (sentence.len && !mdoc_ends_sentence(buf_text(&sentence), sentence.len))
        buf_putc(&sentence, '.');
    mdoc_text(out, buf_text(&sentence));
    buf_done(&sentence);
}

void mdoc_word(struct buf *out, const char *word)
{
    bool alone = word[0] && !word[1] && strchr(".,:;()[]?!|", word[0]);

    buf_putc(out, '"');
    if (alone)
        buf_puts(out, "\\&");
    for (; *word; word++) {
        if (*word == '"')
            buf_puts(out, "\\(dq");
        else
            mdoc_put(out, word, 1);
    }
    buf_putc(out, '"');
}
