/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connector that is asked, and the one that may take its place. */
#include "app/source.h"

#include <stdlib.h>

#include "app/detect.h"
#include "base/log.h"
#include "base/util.h"

struct source {
    struct connector *chosen;
    struct connector *later;   /* NULL = none, or it was decided */
    struct connector *retired; /* which ends, or hangs; NULL = none */
};

struct source *source_new(struct connector *chosen, struct connector *later)
{
    struct source *source = xcalloc(1, sizeof(*source));

    source->chosen = chosen;
    source->later = later;
    return source;
}

static void source_tell(const struct source *source, const struct inventory *inventory)
{
    char vms[160];

    detect_describe_vms(inventory, vms, sizeof(vms));
    log_notice("%s answers now and is used in place of '%s': %s", connector_name(source->later),
               connector_name(source->chosen), vms);
}

struct connector *source_connector(struct source *source)
{
    struct inventory *inventory;

    if (!source->later || !connector_has_news(source->later, NULL))
        return source->chosen;
    inventory = connector_inventory(source->later);
    if (inventory->count || !inventory->strangers) {
        source_tell(source, inventory);
        connector_hush(source->later, false);
        source->retired = source->chosen;
        source->chosen = source->later;
    } else {
        source->retired = source->later;
    }
    source->later = NULL;
    connector_retire(source->retired);
    inventory_unref(inventory);
    return source->chosen;
}

bool source_stop(struct source *source)
{
    bool ended;

    if (!source)
        return true;
    ended = connector_stop(source->chosen);
    if (source->later)
        ended &= connector_stop(source->later);
    if (source->retired)
        ended &= connector_stop(source->retired);
    free(source);
    return ended;
}
