/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM consists of: vCPUs, threads, disks, NICs, devices that are its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/details.h"
#include "tui/line.h"

#define DETAILS_VCPU_LINES 16 /* more vCPUs than that are a strip */
#define DETAILS_FIGURES    3  /* indent of a part's figures */
#define DETAILS_WORST      8
#define DETAILS_STRIP      12  /* columns left of a strip */
#define DETAILS_STRIP_MAX  256 /* vCPUs in a line of it */

/* Metrics of a disk and of a NIC that are shown, by their numbers for VMs. */
static const struct {
    unsigned char vm, disk;
} details_disk_metrics[] = {
    {VM_DISK_READS, VMDISK_DISK_READS},   {VM_DISK_WRITES, VMDISK_DISK_WRITES},
    {VM_DISK_MBREAD, VMDISK_DISK_MBREAD}, {VM_DISK_MBWRITE, VMDISK_DISK_MBWRITE},
    {VM_DISK_LAT_RD, VMDISK_DISK_LAT_RD}, {VM_DISK_LAT_WR, VMDISK_DISK_LAT_WR},
    {VM_DISK_LAT_FL, VMDISK_DISK_LAT_FL}, {VM_DISK_INFLIGHT, VMDISK_DISK_INFLIGHT},
    {VM_DISK_IOUTIL, VMDISK_DISK_IOUTIL}, {VM_DISK_ERRORS, VMDISK_DISK_ERRORS},
};
static const struct {
    unsigned char vm, nic;
} details_nic_metrics[] = {
    {VM_NET_RECEIVEDBYTES, VMNIC_NET_RECEIVEDBYTES},
    {VM_NET_TRANSMITTEDBYTES, VMNIC_NET_TRANSMITTEDBYTES},
    {VM_NET_RECEIVEDPACKETS, VMNIC_NET_RECEIVEDPACKETS},
    {VM_NET_TRANSMITTEDPACKETS, VMNIC_NET_TRANSMITTEDPACKETS},
    {VM_NET_RECEIVEDDROP, VMNIC_NET_RECEIVEDDROP},
    {VM_NET_TRANSMITTEDDROP, VMNIC_NET_TRANSMITTEDDROP},
    {VM_NET_RECEIVEDERRS, VMNIC_NET_RECEIVEDERRS},
    {VM_NET_TRANSMITTEDERRS, VMNIC_NET_TRANSMITTEDERRS},
};

/* A percentage that takes as much room whatever it is; "-" = not known. */
static void details_percent(const struct details *details, const char *name, double value,
                            enum style style)
{
    char text[48] = "-";

    if (!isnan(value))
        snprintf(text, sizeof(text), "%.1f", value);
    pager_put(details->pager, STYLE_DIM, name);
    pager_printf(details->pager, style, "%7s", text);
}

/* Ready time without what the VM's own limit held back. */
static enum severity details_judge_ready(const struct details *details, double ready)
{
    double limited = details_number(details, SCOPE_VM, details->vm.row, VM_CPU_THROTTLED);

    if (limited > 0)
        ready -= limited;
    return thresholds_judge(&details->tui->thresholds, SCOPE_VCPU, VCPU_VCPU_STEAL, ready);
}

/* What ran as '|', what waited as 'r'. */
static void details_vcpu_bar(const struct details *details, double used, double ready,
                             enum style style)
{
    struct pager *pager = details->pager;
    char text[64];
    unsigned cols = pager_left(pager);

    if (cols < 12 || isnan(used) || isnan(ready))
        return;
    cols = (unsigned)min_size(cols - 3, sizeof(text) - 1);
    unsigned full = (unsigned)lround(fmin(fmax(used, 0), 100) / 100 * cols);
    unsigned waits = (unsigned)lround(fmin(fmax(ready, 0), 100) / 100 * cols);

    if (waits > cols - full)
        waits = cols - full;
    pager_put(pager, STYLE_NORMAL, " [");
    unsigned col = pager->col;

    memset(text, '|', full);
    text[full] = '\0';
    pager_put(pager, STYLE_BAR, text);
    memset(text, 'r', waits);
    text[waits] = '\0';
    pager_put(pager, style, text);
    pager_to(pager, col + cols);
    pager_put(pager, STYLE_NORMAL, "]");
}

static void details_vcpu(const struct details *details, uint32_t row)
{
    struct pager *pager = details->pager;
    double used = details_number(details, SCOPE_VCPU, row, VCPU_VCPU_TOTAL);
    double ready = details_number(details, SCOPE_VCPU, row, VCPU_VCPU_STEAL);
    double id = details_number(details, SCOPE_VCPU, row, VCPU_VCPU_ID);
    enum style style = style_of_severity(details_judge_ready(details, ready), STYLE_NORMAL);

    pager_to(pager, DETAILS_INDENT);
    if (isnan(id))
        pager_put(pager, STYLE_NORMAL, "vCPU -   ");
    else
        pager_printf(pager, STYLE_NORMAL, "vCPU %-4.0f", id);
    details_percent(details, "%USED", used, STYLE_NORMAL);
    details_percent(details, "  %RDY", ready, style);
    details_vcpu_bar(details, used, ready, style);
    pager_next(pager);
}

/* One character per vCPU. */
static void details_strip(const struct details *details, const char *name, unsigned column,
                          enum style style)
{
    struct pager *pager = details->pager;
    struct row_range range = details->facts->vcpus;
    float values[DETAILS_STRIP_MAX];
    size_t width = pager->box.cols > DETAILS_STRIP ? pager->box.cols - DETAILS_STRIP : 1;

    width = min_size(width, DETAILS_STRIP_MAX);
    for (size_t from = 0; from < range.count; from += width) {
        size_t count = min_size(width, range.count - from);

        for (size_t i = 0; i < count; i++)
            values[i] = (float)details_number(details, SCOPE_VCPU,
                                              range.first + (uint32_t)(from + i), column);
        buf_clear(&details->tui->text);
        figure_curve(&details->tui->text, values, count, 100, pager->canvas->utf8);
        pager_to(pager, DETAILS_INDENT);
        if (!from)
            pager_put(pager, STYLE_DIM, name);
        else
            pager_printf(pager, STYLE_DIM, "%zu", from);
        pager_to(pager, DETAILS_STRIP);
        pager_put(pager, style, buf_text(&details->tui->text));
        pager_next(pager);
    }
}

/* How much a vCPU suffers: by ready time, then by use; less than all where nothing is known. */
static double details_vcpu_badness(const struct details *details, uint32_t row)
{
    double used = details_number(details, SCOPE_VCPU, row, VCPU_VCPU_TOTAL);
    double ready = details_number(details, SCOPE_VCPU, row, VCPU_VCPU_STEAL);

    return (isnan(ready) ? -1 : ready) * 1000 + (isnan(used) ? 0 : used);
}

/* The worst vCPUs, the worst one first. */
static void details_worst(const struct details *details)
{
    struct row_range range = details->facts->vcpus;
    uint32_t rows[DETAILS_WORST];
    double badness[DETAILS_WORST];
    size_t count = 0;

    for (uint32_t row = range.first; row < range.first + range.count; row++) {
        double bad = details_vcpu_badness(details, row);
        size_t at = count;

        while (at && badness[at - 1] < bad)
            at--;
        if (at == DETAILS_WORST)
            continue;
        if (count < DETAILS_WORST)
            count++;
        for (size_t i = count - 1; i > at; i--) {
            rows[i] = rows[i - 1];
            badness[i] = badness[i - 1];
        }
        rows[at] = row;
        badness[at] = bad;
    }
    pager_to(details->pager, DETAILS_INDENT);
    pager_printf(details->pager, STYLE_DIM, "The %zu that wait most:", count);
    pager_next(details->pager);
    for (size_t i = 0; i < count; i++)
        details_vcpu(details, rows[i]);
}

void details_vcpus(const struct details *details)
{
    struct row_range range = details->facts->vcpus;

    pager_next(details->pager);
    pager_printf(details->pager, STYLE_HEADING, "VCPUS (%u)", (unsigned)range.count);
    pager_put(details->pager, STYLE_DIM, range.count ? "  | runs, r is ready but waits" : "  -");
    pager_next(details->pager);
    if (range.count <= DETAILS_VCPU_LINES) {
        for (uint32_t i = 0; i < range.count; i++)
            details_vcpu(details, range.first + i);
        return;
    }
    details_strip(details, "%USED", VCPU_VCPU_TOTAL, STYLE_GRAPH_USED);
    details_strip(details, "%RDY", VCPU_VCPU_STEAL, STYLE_GRAPH_READY);
    details_worst(details);
}

void details_threads(const struct details *details)
{
    const struct frame_table *table = details_table(details, SCOPE_VM);
    struct pager *pager = details->pager;

    if (!table->threads)
        return;
    pager_heading(pager, "THREADS (in % of one host CPU)");
    for (enum thread_class class = 0; class < THREAD_CLASS__COUNT; class ++) {
        const struct thread_use *use = &table->threads[details->vm.row][class];

        if (!use->threads)
            continue;
        pager_to(pager, DETAILS_INDENT);
        pager_printf(pager, STYLE_NORMAL, "%-9s%5u ", thread_class_word(class), use->threads);
        details_percent(details, " used", use->valid ? use->used : NAN, STYLE_NORMAL);
        details_percent(details, "  waiting", use->valid ? use->waiting : NAN, STYLE_NORMAL);
        pager_next(pager);
    }
}

/* A text of a part: "-" for none. */
static void details_word(const struct details *details, const char *name, const char *text)
{
    details_label(details, name, text && *text ? text : "-");
}

/* What a part is called, in front of its first line. */
static void details_title(const struct details *details, const char *text)
{
    pager_field(details->pager, details->indent, "", STYLE_KEY, text && *text ? text : "-");
}

static void details_disk(const struct details *details, uint32_t row)
{
    struct details figures = *details;
    const struct row_labels *labels = &details_table(details, SCOPE_VMDISK)->labels[row];
    struct row_ref ref = {
        .shot = details->vm.shot, .scope = SCOPE_VMDISK, .row = row, .vm = details->vm.row};

    details_title(details, details_text(details, SCOPE_VMDISK, row, VMDISK_DISK_NAME));
    details_word(details, "backend", labels->backend);
    details_word(details, "on", labels->device);
    details_metric(details, &ref, VM_DISK_SIZE_CAPACITY, NULL);
    details_metric(details, &ref, VM_DISK_SIZE_ALLOCATION, NULL);
    details_word(details, "source", labels->source);
    pager_next(details->pager);
    figures.indent = DETAILS_FIGURES;
    for (size_t i = 0; i < ARRAY_SIZE(details_disk_metrics); i++)
        details_metric(&figures, &ref, details_disk_metrics[i].vm, NULL);
    pager_next(details->pager);
}

void details_disks(const struct details *details)
{
    struct row_range range = details->facts->disks;

    pager_next(details->pager);
    pager_printf(details->pager, STYLE_HEADING, "DISKS (%u)", (unsigned)range.count);
    pager_next(details->pager);
    for (uint32_t i = 0; i < range.count; i++)
        details_disk(details, range.first + i);
}

/* Of kinds whose packets the host does not see nobody has figures, but where the hypervisor tells.
 */
static bool details_nic_is_measurable(const struct details *details, uint32_t row, const char *kind)
{
    static const enum nic_kind unseen[] = {NIC_KIND_VF, NIC_KIND_VHOST_USER, NIC_KIND_USER};

    if (!kind || !isnan(details_number(details, SCOPE_VMNIC, row, VMNIC_NET_RECEIVEDBYTES)))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(unseen); i++) {
        if (text_equal(kind, nic_kind_word(unseen[i])))
            return false;
    }
    return true;
}

static void details_nic(const struct details *details, uint32_t row)
{
    struct details figures = *details;
    const struct row_labels *labels = &details_table(details, SCOPE_VMNIC)->labels[row];
    struct row_ref ref = {
        .shot = details->vm.shot, .scope = SCOPE_VMNIC, .row = row, .vm = details->vm.row};
    const char *kind = details_text(details, SCOPE_VMNIC, row, VMNIC_NIC_KIND);

    details_title(details, details_text(details, SCOPE_VMNIC, row, VMNIC_NIC));
    details_word(details, "interface", details_text(details, SCOPE_VMNIC, row, VMNIC_NIC_NAME));
    details_word(details, "kind", kind);
    details_word(details, "bridge", labels->bridge);
    details_word(details, "MAC", labels->mac);
    if (!details_nic_is_measurable(details, row, kind)) {
        details_label(details, "", "not measurable");
        pager_next(details->pager);
        return;
    }
    pager_next(details->pager);
    figures.indent = DETAILS_FIGURES;
    for (size_t i = 0; i < ARRAY_SIZE(details_nic_metrics); i++)
        details_metric(&figures, &ref, details_nic_metrics[i].vm, NULL);
    pager_next(details->pager);
}

/* Devices of the host that are the guest's: a list with ';' between them. */
static void details_hostdevs(const struct details *details)
{
    const char *rest = details->labels->hostdevs;

    while (rest && *rest) {
        size_t len = strcspn(rest, ";");
        char name[256];

        copy_text(name, min_size(sizeof(name), len + 1), rest);
        if (len) {
            details_label(details, "", name);
            details_label(details, "", "hostdev, not measurable");
            pager_next(details->pager);
        }
        rest += len;
        rest += *rest == ';';
    }
}

void details_nics(const struct details *details)
{
    struct row_range range = details->facts->nics;

    pager_next(details->pager);
    pager_printf(details->pager, STYLE_HEADING, "NICS (%u)  ", (unsigned)range.count);
    pager_put(details->pager, STYLE_DIM, "RX and TX in ");
    pager_put(details->pager, STYLE_DIM, figure_traffic_unit(details->tui->units));
    pager_next(details->pager);
    for (uint32_t i = 0; i < range.count; i++)
        details_nic(details, range.first + i);
    if (details->labels->hostdevs && *details->labels->hostdevs) {
        pager_heading(details->pager, "PASSED-THROUGH DEVICES");
        details_hostdevs(details);
    }
}

void details_parts_add_needs(struct selection *needs)
{
    static const unsigned char vcpu[] = {VCPU_VCPU_ID, VCPU_VCPU_TOTAL, VCPU_VCPU_STEAL};
    static const unsigned char disk[] = {VMDISK_DISK_NAME, VMDISK_DISK_SIZE_CAPACITY,
                                         VMDISK_DISK_SIZE_ALLOCATION};
    static const unsigned char nic[] = {VMNIC_NIC, VMNIC_NIC_NAME, VMNIC_NIC_KIND};

    needs->thread_classes = true;
    for (size_t i = 0; i < ARRAY_SIZE(vcpu); i++)
        selection_add(needs, SCOPE_VCPU, vcpu[i]);
    for (size_t i = 0; i < ARRAY_SIZE(disk); i++)
        selection_add(needs, SCOPE_VMDISK, disk[i]);
    for (size_t i = 0; i < ARRAY_SIZE(details_disk_metrics); i++)
        selection_add(needs, SCOPE_VMDISK, details_disk_metrics[i].disk);
    for (size_t i = 0; i < ARRAY_SIZE(nic); i++)
        selection_add(needs, SCOPE_VMNIC, nic[i]);
    for (size_t i = 0; i < ARRAY_SIZE(details_nic_metrics); i++)
        selection_add(needs, SCOPE_VMNIC, details_nic_metrics[i].nic);
}
