/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hand-made frames for a screen, keys, and what it shows. */
#include "made_tui.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "support.h"

static const struct made_tui_key {
    const char *name;
    int key;
} made_tui_keys[] = {
    {"<Up>", KEY_CODE_UP},
    {"<Down>", KEY_CODE_DOWN},
    {"<Left>", KEY_CODE_LEFT},
    {"<Right>", KEY_CODE_RIGHT},
    {"<PgUp>", KEY_CODE_PAGE_UP},
    {"<PgDn>", KEY_CODE_PAGE_DOWN},
    {"<Home>", KEY_CODE_HOME},
    {"<End>", KEY_CODE_END},
    {"<Bs>", KEY_CODE_BACKSPACE},
    {"<Del>", KEY_CODE_DELETE},
    {"<S-Tab>", KEY_CODE_SHIFT_TAB},
    {"<Tab>", KEY_CODE_TAB},
    {"<Enter>", KEY_CODE_ENTER},
    {"<Esc>", KEY_CODE_ESCAPE},
    {"<C-c>", KEY_CODE_CTRL_C},
    {"<C-l>", KEY_CODE_CTRL_L},
    {"<F10>", KEY_CODE_F10},
    {"<F1>", KEY_CODE_F1},
    {"<F2>", KEY_CODE_F2},
    {"<F3>", KEY_CODE_F3},
    {"<F4>", KEY_CODE_F4},
    {"<F6>", KEY_CODE_F6},
    {"<lt>", '<'},
};

void made_tui_init(struct made_tui *m)
{
    memset(m, 0, sizeof(*m));
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    m->pool = frame_pool_new();
    m->canvas.utf8 = true;
    m->now.ns = 1000 * (int64_t)NS_PER_S;
    settings_defaults(&m->settings);
    m->config = (struct tui_config){
        .settings = &m->settings, .interval = 2.0, .collectors = UINT32_MAX, .started_with = ""};
    made_tui_restart(m);
}

void made_tui_done(struct made_tui *m)
{
    tui_free(m->tui);
    frame_unref(m->frame);
    frame_pool_free(m->pool);
    canvas_done(&m->canvas);
    buf_done(&m->text);
}

void made_tui_restart(struct made_tui *m)
{
    tui_free(m->tui);
    m->tui = tui_new(&m->config);
    tui_take_size(m->tui, 30, 120);
}

void made_tui_set(struct made_tui *m, enum scope scope, size_t row, unsigned column, double number)
{
    frame_set_number(&m->frame->tables[scope], row, column, number);
}

void made_tui_set_text(struct made_tui *m, enum scope scope, size_t row, unsigned column,
                       const char *text)
{
    frame_set_text(&m->frame->tables[scope], row, column, frame_keep_text(m->frame, text));
}

struct made_tui_cell {
    unsigned column;
    double number;
};

static void made_tui_fill(struct made_tui *m, enum scope scope, size_t row,
                          const struct made_tui_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        made_tui_set(m, scope, row, cells[i].column, cells[i].number);
}

void made_tui_frame(struct made_tui *m)
{
    static const struct made_tui_cell cells[] = {
        {HOST_CPU_CORES, 16},
        {HOST_CPU_CURFREQ, 2445},
        {HOST_CPU_USER, 50.0},
        {HOST_CPU_SYSTEM, 12.4},
        {HOST_CPU_IDLE, 37.6},
        {HOST_CPU_STEAL, 0},
        {HOST_CPU_NICE, 0},
        {HOST_CPU_IOWAIT, 0},
        {HOST_CPU_IRQ, 0},
        {HOST_CPU_SOFTIRQ, 0},
        {HOST_CPU_GUEST, 40.0},
        {HOST_RAM_TOTAL, 64.0 * 1024 * 1024},
        {HOST_RAM_FREE, 6.0 * 1024 * 1024},
        {HOST_RAM_AVAILABLE, 12.1 * 1024 * 1024},
        {HOST_RAM_BUFFERS, 0},
        {HOST_RAM_CACHED, 6.1 * 1024 * 1024},
        {HOST_RAM_SWAPTOTAL, 8.0 * 1024 * 1024},
        {HOST_RAM_SWAPFREE, 6.8 * 1024 * 1024},
        {HOST_RAM_SWAPUSED, 1.2 * 1024 * 1024},
        {HOST_RAM_SWAPIN, 0},
        {HOST_RAM_SWAPOUT, 0},
        {HOST_RAM_ZFSARC, 6.0 * 1024 * 1024},
        {HOST_PSI_SOME_CPU_AVG60, 12.4},
        {HOST_PSI_SOME_MEM_AVG60, 0.3},
        {HOST_PSI_FULL_MEM_AVG60, 0.1},
        {HOST_PSI_SOME_IO_AVG60, 0.2},
        {HOST_PSI_FULL_IO_AVG60, 0.0},
        {HOST_NET_HOST_RECEIVEDBYTES, 11512500},
        {HOST_NET_HOST_TRANSMITTEDBYTES, 1837500},
        {HOST_NET_HOST_SPEED, 10000},
    };

    frame_unref(m->frame);
    m->frame = frame_new(m->pool);
    copy_text(m->frame->host_name, sizeof(m->frame->host_name), "pve1");
    m->frame->interval = m->config.interval;
    made_tui_fill(m, SCOPE_HOST, 0, cells, ARRAY_SIZE(cells));
    made_tui_set_text(m, SCOPE_HOST, 0, HOST_HOST_NAME, "pve1");
}

size_t made_tui_vm(struct made_tui *m, const char *name)
{
    static const struct made_tui_cell cells[] = {
        {VM_STALE, 0},
        {VM_START_TIME, 1769900000},
        {VM_CPU_CORES, 2},
        {VM_CPU_TOTAL, 20.0},
        {VM_CPU_STEAL, 0.4},
        {VM_CPU_TOTAL_MAX, 25.0},
        {VM_CPU_STEAL_MAX, 0.5},
        {VM_CPU_HOST_USED, 0.40},
        {VM_CPU_OTHER_TOTAL, 1.5},
        {VM_CPU_OTHER_STEAL, 0.1},
        {VM_RAM_TOTAL, 4.0 * 1024 * 1024},
        {VM_RAM_USED, 1.9 * 1024 * 1024},
        {VM_RAM_RSS, 3.3 * 1024 * 1024},
        {VM_RAM_FREE, 2.1 * 1024 * 1024},
        {VM_DISK_READS, 10},
        {VM_DISK_WRITES, 5},
        {VM_DISK_MBREAD, 1.0},
        {VM_DISK_MBWRITE, 0.5},
        {VM_DISK_LAT_RD, 0.5},
        {VM_DISK_LAT_WR, 0.9},
        {VM_DISK_LAT_AVG, 0.6},
        {VM_NET_RECEIVEDBYTES, 125000},
        {VM_NET_TRANSMITTEDBYTES, 250000},
    };
    struct frame_table *table = &m->frame->tables[SCOPE_VM];
    size_t row = frame_add_row(table, 0);

    made_tui_fill(m, SCOPE_VM, row, cells, ARRAY_SIZE(cells));
    made_tui_set_text(m, SCOPE_VM, row, VM_NAME, name);
    made_tui_set_text(m, SCOPE_VM, row, VM_STATE, "running");
    made_tui_set(m, SCOPE_VM, row, VM_VMID, 100.0 + (double)row);
    made_tui_set(m, SCOPE_VM, row, VM_PID, 1000.0 + (double)row);
    table->labels[row].key = frame_keep_text(m->frame, name);
    return row;
}

/* A row of a part of the last VM, and which of its kind it is there. */
static size_t made_tui_part(struct made_tui *m, enum scope scope, unsigned *ret_number)
{
    struct frame_table *table = &m->frame->tables[scope];
    size_t vm = m->frame->tables[SCOPE_VM].rows - 1;
    size_t row = frame_add_row(table, (uint32_t)vm);
    unsigned number = 0;

    while (number < row && table->parents[row - number - 1] == vm)
        number++;
    *ret_number = number;
    return row;
}

size_t made_tui_vcpu(struct made_tui *m)
{
    unsigned number;
    size_t row = made_tui_part(m, SCOPE_VCPU, &number);

    made_tui_set(m, SCOPE_VCPU, row, VCPU_VCPU_ID, number);
    made_tui_set(m, SCOPE_VCPU, row, VCPU_VCPU_TOTAL, 20.0);
    made_tui_set(m, SCOPE_VCPU, row, VCPU_VCPU_STEAL, 0.4);
    return row;
}

size_t made_tui_disk(struct made_tui *m, const char *name)
{
    static const struct made_tui_cell cells[] = {
        {VMDISK_DISK_SIZE_CAPACITY, 32.0 * 1024 * 1024 * 1024},
        {VMDISK_DISK_READS, 10},
        {VMDISK_DISK_WRITES, 5},
        {VMDISK_DISK_MBREAD, 1.0},
        {VMDISK_DISK_MBWRITE, 0.5},
        {VMDISK_DISK_LAT_RD, 0.5},
        {VMDISK_DISK_LAT_WR, 0.9},
        {VMDISK_DISK_LAT_AVG, 0.6},
    };
    unsigned number;
    size_t row = made_tui_part(m, SCOPE_VMDISK, &number);

    made_tui_fill(m, SCOPE_VMDISK, row, cells, ARRAY_SIZE(cells));
    made_tui_set_text(m, SCOPE_VMDISK, row, VMDISK_DISK_NAME, name);
    return row;
}

size_t made_tui_nic(struct made_tui *m, const char *name)
{
    unsigned number;
    size_t row = made_tui_part(m, SCOPE_VMNIC, &number);

    made_tui_set_text(m, SCOPE_VMNIC, row, VMNIC_NIC, name);
    made_tui_set_text(m, SCOPE_VMNIC, row, VMNIC_NIC_KIND, "tap");
    made_tui_set(m, SCOPE_VMNIC, row, VMNIC_NET_RECEIVEDBYTES, 125000);
    made_tui_set(m, SCOPE_VMNIC, row, VMNIC_NET_TRANSMITTEDBYTES, 250000);
    return row;
}

size_t made_tui_blockdev(struct made_tui *m, const char *device, const char *class)
{
    static const struct made_tui_cell cells[] = {
        {BLOCKDEV_DISK_DEVICE_READS, 312},    {BLOCKDEV_DISK_DEVICE_WRITES, 98},
        {BLOCKDEV_DISK_DEVICE_MBREAD, 10.4},  {BLOCKDEV_DISK_DEVICE_MBWRITE, 4.1},
        {BLOCKDEV_DISK_DEVICE_IOUTIL, 14.2},  {BLOCKDEV_DISK_DEVICE_CURRENTOPS, 1},
        {BLOCKDEV_DISK_DEVICE_QUEUELEN, 0.3}, {BLOCKDEV_DISK_DEVICE_AWAIT, 0.8},
    };
    size_t row = frame_add_row(&m->frame->tables[SCOPE_BLOCKDEV], 0);

    made_tui_fill(m, SCOPE_BLOCKDEV, row, cells, ARRAY_SIZE(cells));
    made_tui_set_text(m, SCOPE_BLOCKDEV, row, BLOCKDEV_DEVICE, device);
    made_tui_set_text(m, SCOPE_BLOCKDEV, row, BLOCKDEV_CLASS, class);
    return row;
}

size_t made_tui_netdev(struct made_tui *m, const char *device)
{
    size_t row = frame_add_row(&m->frame->tables[SCOPE_NETDEV], 0);

    made_tui_set_text(m, SCOPE_NETDEV, row, NETDEV_DEVICE, device);
    made_tui_set(m, SCOPE_NETDEV, row, NETDEV_NET_HOST_RECEIVEDBYTES, 11512500);
    made_tui_set(m, SCOPE_NETDEV, row, NETDEV_NET_HOST_TRANSMITTEDBYTES, 1837500);
    made_tui_set(m, SCOPE_NETDEV, row, NETDEV_NET_HOST_SPEED, 10000);
    return row;
}

static void made_tui_parts(struct made_tui *m, unsigned vcpus, unsigned disks, unsigned nics)
{
    char name[32];

    for (unsigned i = 0; i < vcpus; i++)
        made_tui_vcpu(m);
    for (unsigned i = 0; i < disks; i++) {
        snprintf(name, sizeof(name), "scsi%u", i);
        made_tui_disk(m, name);
    }
    for (unsigned i = 0; i < nics; i++) {
        snprintf(name, sizeof(name), "net%u", i);
        made_tui_nic(m, name);
    }
}

void made_tui_vms(struct made_tui *m, const char *prefix, size_t count, unsigned vcpus,
                  unsigned disks, unsigned nics)
{
    char name[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%s-%04zu", prefix, i + 1);
        made_tui_vm(m, name);
        made_tui_parts(m, vcpus, disks, nics);
    }
}

void made_tui_take(struct made_tui *m)
{
    made_tui_pass(m, m->config.interval);
    m->frame->at = m->now;
    m->frame->wall = (struct timespec){.tv_sec = m->now.ns / (int64_t)NS_PER_S};
    tui_take_frame(m->tui, m->frame);
    frame_unref(m->frame);
    m->frame = NULL;
}

/* A VM of a word as made_tui_cycle() takes them. */
static void made_tui_word(struct made_tui *m, char *word)
{
    char *state = strchr(word, ':'), *cores = strchr(word, '=');
    size_t row;

    if (state)
        *state++ = '\0';
    if (cores)
        *cores++ = '\0';
    row = made_tui_vm(m, word);
    if (state)
        made_tui_set_text(m, SCOPE_VM, row, VM_STATE, state);
    if (cores)
        made_tui_set(m, SCOPE_VM, row, VM_CPU_HOST_USED, strtod(cores, NULL));
    made_tui_parts(m, 2, 1, 1);
}

void made_tui_cycle(struct made_tui *m, const char *names)
{
    char word[64];

    made_tui_frame(m);
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " ");

        assert_true(n < sizeof(word));
        memcpy(word, p, n);
        word[n] = '\0';
        if (n)
            made_tui_word(m, word);
        p += n + (p[n] == ' ');
    }
    made_tui_take(m);
}

void made_tui_pass(struct made_tui *m, double seconds)
{
    m->now = mono_add_seconds(m->now, seconds);
}

void made_tui_type(struct made_tui *m, const char *keys)
{
    while (*keys) {
        uint32_t c;
        size_t n = utf8_next(keys, &c);
        int key = (int)c;

        assert_true(n > 0);
        for (size_t i = 0; i < ARRAY_SIZE(made_tui_keys); i++) {
            if (strncmp(keys, made_tui_keys[i].name, strlen(made_tui_keys[i].name)) == 0) {
                key = made_tui_keys[i].key;
                n = strlen(made_tui_keys[i].name);
                break;
            }
        }
        tui_take_key(m->tui, key, m->now);
        keys += n;
    }
}

void made_tui_size(struct made_tui *m, unsigned rows, unsigned cols)
{
    tui_take_size(m->tui, rows, cols);
}

const char *made_tui_text(struct made_tui *m)
{
    tui_draw(m->tui, &m->canvas, m->now);
    buf_clear(&m->text);
    for (unsigned row = 0; row < m->canvas.rows; row++) {
        canvas_row_text(&m->canvas, row, &m->text);
        buf_putc(&m->text, '\n');
    }
    return buf_text(&m->text);
}

const char *made_tui_line(struct made_tui *m, unsigned row)
{
    tui_draw(m->tui, &m->canvas, m->now);
    buf_clear(&m->text);
    canvas_row_text(&m->canvas, row, &m->text);
    return buf_text(&m->text);
}

static const char *made_tui_row_name(struct made_tui *m, const struct table_row *row)
{
    static const unsigned columns[SCOPE__COUNT] = {
        [SCOPE_HOST] = HOST_HOST_NAME,     [SCOPE_VM] = VM_NAME,
        [SCOPE_VCPU] = VCPU_VCPU_ID,       [SCOPE_BLOCKDEV] = BLOCKDEV_DEVICE,
        [SCOPE_VMDISK] = VMDISK_DISK_NAME, [SCOPE_NETDEV] = NETDEV_DEVICE,
        [SCOPE_VMNIC] = VMNIC_NIC,
    };
    union cell cell;

    if (!row)
        return "";
    cell = frame_value(&row->ref.shot->frame->tables[row->ref.scope], row->ref.row,
                       columns[row->ref.scope]);
    if (row->ref.scope != SCOPE_VCPU)
        return cell.text;
    buf_clear(&m->text);
    buf_put_fixed(&m->text, cell.number, 0);
    return buf_text(&m->text);
}

const char *made_tui_selected(struct made_tui *m)
{
    tui_refresh(m->tui);
    return made_tui_row_name(m, tui_selected_row(m->tui));
}

const char *made_tui_name(struct made_tui *m, size_t index)
{
    tui_refresh(m->tui);
    assert_true(index < m->tui->table.count);
    return made_tui_row_name(m, &m->tui->table.list[index]);
}

size_t made_tui_rows(struct made_tui *m)
{
    tui_refresh(m->tui);
    return m->tui->table.count;
}
