/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help: every key, every column, and what the figures mean. */
#include "tui/help.h"

#include <string.h>

#include "tui/pager.h"

static const struct help_note help_units[] = {
    {"MB, Mb",
     "MB = 2^20 bytes, Mb = 10^6 bits. K, M, G, T stand for steps of 1024 of bytes, of 1000 of all "
     "else. u changes the units",
     STYLE_NORMAL},
    {"-",
     "nobody knows: it is not collected, the guest or the hypervisor does not tell, or there "
     "is only one reading yet. Never 0",
     STYLE_NORMAL},
    {"~1.2G", "an estimate: GUEST, made from RSS where the guest does not tell", STYLE_NORMAL},
    {">2.1", "a lower bound: there is a NIC or a disk in it that nobody can measure", STYLE_NORMAL},
    {"^ v", "the column that is sorted by: smallest first, largest first", STYLE_SORTED},
};

/* The words of the host's panel that no column explains. */
static const struct help_note help_host[] = {
    {"VMs + other",
     "host CPUs in use: by the VMs with their overhead, and by all else (containers, ZFS, Ceph, "
     "backup)",
     STYLE_KEY},
    {"vCPU 96:16", "vCPUs of the running VMs to host CPUs, and the ratio", STYLE_KEY},
    {"steal", "this host is a VM: the share of its CPU time that its own host gave to others",
     STYLE_KEY},
    {"in, out", "what the host swaps in and out, per s", STYLE_KEY},
    {"VMs own", "memory that the VMs could claim", STYLE_KEY},
    {"PSI",
     "pressure: % of the last 10 s in which some task waited for it; behind the /: in which all "
     "did at once",
     STYLE_KEY},
    {"DISK", "the host's busiest disk", STYLE_KEY},
    {"[H] [B] [R]", "the units: human, network in bytes, raw", STYLE_KEY},
};

static const struct help_note help_colours[] = {
    {"yellow", "a figure crossed its first threshold. Colour marks suffering only", STYLE_WARN},
    {"red, bold", "it crossed the second one. [thresholds] of the configuration file moves both",
     STYLE_CRIT},
    {"green", "a VM that was not there before", STYLE_NEW},
    {"grey", "a VM that ended, for two refreshes; the line at the bottom says why", STYLE_GONE},
    {"dim", "a VM that is paused, suspended or shut down", STYLE_DIM},
};

static const struct help_note help_states[] = {
    {"R", "running", STYLE_NORMAL},
    {"P", "paused", STYLE_DIM},
    {"E", "stopped by an I/O error", STYLE_CRIT},
    {"X", "crashed: the guest panicked, a watchdog fired, or QEMU failed inside", STYLE_CRIT},
    {"i", "comes in by a migration", STYLE_NORMAL},
    {"o", "goes out by a migration", STYLE_NORMAL},
    {"s", "suspended", STYLE_DIM},
    {"V", "being saved", STYLE_NORMAL},
    {"D", "shut down", STYLE_DIM},
    {"?", "not known", STYLE_NORMAL},
};

/* By enum why. */
static const char *const help_whys[WHY__COUNT] = {
    [WHY_STUCK] = "libvirt or QMP does not answer for it: what they tell is old or missing",
    [WHY_IOERR] =
        "stopped by an I/O error, or its disks fail requests; look where their images lie",
    [WHY_CRASH] = "the guest crashed",
    [WHY_SWAP] = "the guest swaps, or the host swapped it out",
    [WHY_RDY] = "a vCPU waits for a host CPU: the host is too full. Judged without %LIM",
    [WHY_LIM] = "its own CPU limit holds it back",
    [WHY_LAT] = "a disk answers slowly",
    [WHY_DROP] = "packets are dropped, or faulty",
};

static const struct help_note help_esxtop[] = {
    {"%RDY", "is the mean of the vCPUs; esxtop's group %RDY is this x vCPUs: Enter shows that, too",
     STYLE_NORMAL},
    {"%LIM", "is what esxtop calls %MLMTD. %RDY contains it", STYLE_NORMAL},
    {"LAT", "is what the guest waits for: esxtop's GAVG", STYLE_NORMAL},
    {"AQU", "are the requests in flight: esxtop's ACTV", STYLE_NORMAL},
    {"MCTL", "is what the balloon leaves to the guest; esxtop's MCTLSZ is what it took away",
     STYLE_NORMAL},
    {"%CSTP", "No co-stop exists on KVM: each vCPU is scheduled by itself", STYLE_NORMAL},
};

const struct help_part help_parts[] = {
    {"UNITS AND MARKS", help_units, ARRAY_SIZE(help_units)},
    {"HOST METRICS", help_host, ARRAY_SIZE(help_host)},
    {"COLOURS", help_colours, ARRAY_SIZE(help_colours)},
    {"S: THE STATE", help_states, ARRAY_SIZE(help_states)},
    {"WHY: WHAT A VM SUFFERS FROM, THE WORST FIRST", NULL, 0},
    {"FOR THOSE WHO KNOW ESXTOP", help_esxtop, ARRAY_SIZE(help_esxtop)},
};
const size_t help_parts_count = ARRAY_SIZE(help_parts);

const char *help_why(enum why why)
{
    return help_whys[why];
}

/* A term, and what it means beside it; below it where the term is too long. */
static void help_entry(struct pager *pager, unsigned indent, enum style style, const char *term,
                       const char *text)
{
    /* Half of a narrow screen at most. */
    if (indent > pager->box.cols / 2)
        indent = pager->box.cols / 2;
    pager_to(pager, 1);
    pager_wrap(pager, 1, style, term);
    if (pager->col >= indent)
        pager->col++;
    pager_to(pager, indent);
    pager_wrap(pager, indent, STYLE_NORMAL, text);
    pager_next(pager);
}

static void help_notes(struct pager *pager, const struct help_part *part)
{
    pager_heading(pager, part->heading);
    for (size_t i = 0; i < part->count; i++)
        help_entry(pager, 12, part->notes[i].style, part->notes[i].term, part->notes[i].text);
    for (enum why why = WHY_STUCK; !part->notes && why < WHY__COUNT; why++)
        help_entry(pager, 12, STYLE_KEY, why_word(why), help_whys[why]);
}

static void help_keys(struct pager *pager)
{
    unsigned indent = 0;

    for (size_t i = 0; i < key_rows_count; i++) {
        unsigned width = key_rows[i].help ? (unsigned)strlen(key_rows[i].names) : 0;

        if (width + 3 > indent)
            indent = width + 3;
    }
    pager_heading(pager, "KEYS");
    for (size_t i = 0; i < key_rows_count; i++) {
        if (key_rows[i].help)
            help_entry(pager, indent, STYLE_KEY, key_rows[i].names, key_rows[i].help);
    }
}

/* Those that the view shows, then all others of its family, then the other families'. */
static void help_columns(struct pager *pager, const struct tui *tui)
{
    static const char *const headings[FAMILY__COUNT] = {
        [FAMILY_VM] = "OTHER COLUMNS OF VMS",
        [FAMILY_NETDEV] = "COLUMNS OF PHYSICAL NICS",
        [FAMILY_BLOCKDEV] = "COLUMNS OF PHYSICAL DISKS",
    };
    const struct column *list[COLUMNS_MAX];
    bool told[FAMILY__COUNT][COLUMNS_MAX] = {0};
    size_t count =
        settings_columns(tui->columns, tui->view, tui->views[tui->view].fields, tui->cols, list);

    pager_next(pager);
    pager_printf(pager, STYLE_HEADING, "COLUMNS OF %s", views[tui->view].name);
    pager_next(pager);
    for (size_t i = 0; i < count; i++) {
        told[list[i]->family][list[i]->number] = true;
        help_entry(pager, 12, STYLE_KEY, view_title(tui->view, list[i]), list[i]->help);
    }
    for (enum column_family family = 0; family < FAMILY__COUNT; family++) {
        pager_heading(pager, headings[family]);
        for (size_t i = 0; i < column_count(tui->columns, family); i++) {
            const struct column *column = column_at(tui->columns, family, i);

            if (!told[family][i])
                help_entry(pager, 12, STYLE_KEY, column->title, column->help);
        }
    }
}

static void help_make(struct pager *pager, void *argument)
{
    help_keys(pager);
    for (size_t i = 0; i < help_parts_count; i++)
        help_notes(pager, &help_parts[i]);
    help_columns(pager, argument);
}

void draw_help(struct tui *tui, struct canvas *canvas)
{
    pager_show(tui, canvas, "Help", help_make, tui);
}
