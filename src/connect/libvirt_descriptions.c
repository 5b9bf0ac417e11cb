/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping the descriptions of domains. */
#include "connect/libvirt_descriptions.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"

/* Without a sign of change a description is read again after 45 to 60 s, so
 * that those of domains that were listed together do not stay together. */
#define LIBVIRT_DESCRIPTION_S      45.0
#define LIBVIRT_DESCRIPTION_STEP_S 1.0
#define LIBVIRT_DESCRIPTION_STEPS  16
/* One that could not be read, or that the statistics contradict all the same. */
#define LIBVIRT_DESCRIPTION_PAUSE_S 10.0

struct libvirt_descriptions_entry {
    char uuid[VIR_UUID_STRING_BUFLEN];
    unsigned id; /* of this run of the domain */
    bool seen;   /* in this round */
    bool known;
    bool fits; /* when it was last compared with the statistics */
    struct libvirt_description description;
    struct mono retry_at; /* before that only a sign of change is reason to read it */
    struct mono due_at;   /* 0 = at once */
};

struct libvirt_descriptions {
    const struct clock_source *clock;
    struct libvirt_descriptions_entry *entries; /* sorted by UUID */
    size_t count, capacity;
    unsigned reads;
};

struct libvirt_descriptions *libvirt_descriptions_new(const struct clock_source *clock)
{
    struct libvirt_descriptions *descriptions = xcalloc(1, sizeof(*descriptions));

    descriptions->clock = clock;
    return descriptions;
}

void libvirt_descriptions_free(struct libvirt_descriptions *descriptions)
{
    if (!descriptions)
        return;
    for (size_t i = 0; i < descriptions->count; i++)
        libvirt_description_done(&descriptions->entries[i].description);
    free(descriptions->entries);
    free(descriptions);
}

/* The entry of the domain, a new one if need be; where others move, their
 * descriptions stay in place. */
static struct libvirt_descriptions_entry *
libvirt_descriptions_entry_of(struct libvirt_descriptions *descriptions,
                              const struct libvirt_domain *domain)
{
    struct libvirt_descriptions_entry *entry;
    size_t low = 0, high = descriptions->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order;

        entry = &descriptions->entries[middle];
        order = strcmp(entry->uuid, domain->uuid);
        if (order == 0)
            return entry;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    descriptions->entries = array_grow(descriptions->entries, &descriptions->capacity,
                                       descriptions->count + 1, sizeof(*descriptions->entries));
    entry = &descriptions->entries[low];
    memmove(entry + 1, entry, (descriptions->count - low) * sizeof(*entry));
    descriptions->count++;
    *entry = (struct libvirt_descriptions_entry){.id = domain->id};
    copy_text(entry->uuid, sizeof(entry->uuid), domain->uuid);
    return entry;
}

static bool libvirt_descriptions_is_due(struct libvirt_descriptions_entry *entry,
                                        const struct libvirt_domain *domain, struct mono now)
{
    bool fitted = entry->fits;

    if (entry->known)
        entry->fits = libvirt_statistics_fit(&domain->statistics, &entry->description);
    if (now.ns >= entry->due_at.ns)
        return true;
    return !entry->fits && (fitted || now.ns >= entry->retry_at.ns);
}

static void libvirt_descriptions_take(struct libvirt_descriptions *descriptions,
                                      struct libvirt_descriptions_entry *entry,
                                      const struct libvirt_domain *domain, const char *text)
{
    struct mono now = clock_mono(descriptions->clock);
    struct libvirt_description description;
    int r = text ? parse_domain_description(text, strlen(text), &description) : -1;

    entry->retry_at = mono_add_seconds(now, LIBVIRT_DESCRIPTION_PAUSE_S);
    if (r < 0) {
        log_debug("libvirt: no description of the domain '%s'", domain->name);
        entry->due_at = entry->retry_at;
        return;
    }
    libvirt_description_done(&entry->description);
    entry->description = description;
    entry->known = true;
    entry->fits = libvirt_statistics_fit(&domain->statistics, &entry->description);
    entry->due_at =
        mono_add_seconds(now, LIBVIRT_DESCRIPTION_S +
                                  LIBVIRT_DESCRIPTION_STEP_S *
                                      (double)(descriptions->reads++ % LIBVIRT_DESCRIPTION_STEPS));
}

static int libvirt_descriptions_look(struct libvirt_descriptions *descriptions,
                                     const struct libvirt_link *link, struct connector_guard *guard,
                                     struct libvirt_domain *domain, struct connector_error *error)
{
    struct libvirt_descriptions_entry *entry = libvirt_descriptions_entry_of(descriptions, domain);
    char *text = NULL;
    int r;

    if (entry->id != domain->id) {
        /* Started anew, perhaps with other devices. */
        libvirt_description_done(&entry->description);
        entry->known = entry->fits = false;
        entry->due_at.ns = 0;
        entry->id = domain->id;
    }
    entry->seen = true;
    if (!domain->can_ask ||
        !libvirt_descriptions_is_due(entry, domain, clock_mono(descriptions->clock)))
        return 0;
    r = libvirt_domain_read_xml(link, guard, domain, &text, error);
    if (r == 0)
        libvirt_descriptions_take(descriptions, entry, domain, text);
    free(text);
    return r;
}

static void libvirt_descriptions_end_round(struct libvirt_descriptions *descriptions)
{
    size_t kept = 0;

    for (size_t i = 0; i < descriptions->count; i++) {
        struct libvirt_descriptions_entry *entry = &descriptions->entries[i];

        if (entry->seen) {
            entry->seen = false;
            descriptions->entries[kept++] = *entry;
        } else {
            libvirt_description_done(&entry->description);
        }
    }
    descriptions->count = kept;
}

int libvirt_descriptions_update(struct libvirt_descriptions *descriptions,
                                const struct libvirt_link *link, struct connector_guard *guard,
                                struct libvirt_domains *domains, struct connector_error *error)
{
    for (size_t i = 0; i < domains->count; i++) {
        struct libvirt_domain *domain = &domains->list[i];
        int r =
            domain->gone ? 0 : libvirt_descriptions_look(descriptions, link, guard, domain, error);

        if (r < 0)
            return r;
    }
    libvirt_descriptions_end_round(descriptions);
    /* Only now do entries stay where they are. */
    for (size_t i = 0; i < domains->count; i++) {
        struct libvirt_domain *domain = &domains->list[i];
        const struct libvirt_descriptions_entry *entry =
            domain->gone ? NULL : libvirt_descriptions_entry_of(descriptions, domain);

        if (entry && entry->known)
            domain->description = &entry->description;
    }
    return 0;
}
