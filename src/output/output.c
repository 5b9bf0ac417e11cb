/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of outputs. */
#include "output/output.h"

#include <string.h>

#include "base/util.h"

const struct output_ops *output_by_name(const char *name)
{
    static const struct output_ops *const outputs[] = {
        &output_file, &output_http, &output_serve, &output_stdout, &output_tcp, &output_udp,
    };

    for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
        if (strcmp(outputs[i]->name, name) == 0)
            return outputs[i];
    }
    return NULL;
}
