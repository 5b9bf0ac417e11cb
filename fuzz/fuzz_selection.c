/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --fields. The first byte of the input chooses the collectors. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "model/selection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct selection selection;
    char bad[16] = "", *fields;
    int r;

    if (!size)
        return 0;
    fields = fuzz_text(data + 1, size - 1);
    r = selection_by_fields(&selection, fields, data[0], bad, sizeof(bad));
    CHECK(r == 0 || r == -EINVAL);
    CHECK(strnlen(bad, sizeof(bad)) < sizeof(bad));
    for (unsigned s = 0; r == 0 && s < SCOPE__COUNT; s++) {
        CHECK(selection.scopes[s].count <= scope_columns((enum scope)s));
        for (unsigned i = 0; i < selection.scopes[s].count; i++)
            CHECK(selection.wanted[s][selection.scopes[s].columns[i]]);
    }
    free(fields);
    return 0;
}
