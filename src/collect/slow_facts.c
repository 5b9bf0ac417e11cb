/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU frequencies, host name, DMI UUID and link speeds. */
#include "collect/slow_facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/thread.h"
#include "kernel/host_stat.h"
#include "kernel/net_dev.h"

#define SLOW_BEAT_S      10.0
#define SLOW_CPUINFO_MAX (8 * 1024 * 1024)
#define SLOW_SPEEDS_MAX  4096

struct slow_speed {
    char name[IFNAMSIZ];
    uint64_t mbps; /* 0 = none */
};

struct slow_table {
    struct slow_speed *speeds; /* in the order of the directory */
    size_t count, capacity;
};

struct slow_facts {
    int proc_fd, sys_fd;
    char *name_override;
    bool frequencies, speeds;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool running, stopping;
    pthread_t thread;
    struct slow_values values;
    struct slow_table table;
    uint64_t serial;             /* of the table; 0 = there is none yet */
    struct buf text;             /* of the updating thread */
    struct slow_table new_table; /* likewise */
};

struct slow_facts *slow_facts_new(int proc_fd, int sys_fd, const char *host_name, bool frequencies,
                                  bool speeds)
{
    struct slow_facts *facts = xcalloc(1, sizeof(*facts));

    facts->proc_fd = proc_fd;
    facts->sys_fd = sys_fd;
    facts->frequencies = frequencies;
    facts->speeds = speeds;
    facts->name_override = host_name ? xstrdup(host_name) : NULL;
    pthread_mutex_init(&facts->lock, NULL);
    cond_init(&facts->stop);
    return facts;
}

struct mean {
    double sum;
    unsigned count;
};

static void mean_add_khz(struct mean *mean, int cpus_fd, const char *cpu, const char *file)
{
    char path[320], line[32];
    uint64_t khz;

    snprintf(path, sizeof(path), "%s/cpufreq/%s", cpu, file);
    file_read_line(cpus_fd, path, line, sizeof(line));
    if (!parse_u64(line, &khz) || !khz)
        return;
    mean->sum += (double)khz / 1000;
    mean->count++;
}

static double mean_value(struct mean mean)
{
    return mean.count ? mean.sum / mean.count : 0;
}

static void slow_read_frequencies(struct slow_facts *facts, struct slow_values *values)
{
    int fd = openat(facts->sys_fd, "devices/system/cpu", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct mean now = {0}, low = {0}, high = {0};
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;
    double mhz;

    while (dir && (item = readdir(dir))) {
        uint64_t number;

        if (strncmp(item->d_name, "cpu", 3) != 0 || !parse_u64(item->d_name + 3, &number))
            continue;
        mean_add_khz(&now, dirfd(dir), item->d_name, "scaling_cur_freq");
        mean_add_khz(&low, dirfd(dir), item->d_name, "cpuinfo_min_freq");
        mean_add_khz(&high, dirfd(dir), item->d_name, "cpuinfo_max_freq");
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    values->cpu_mhz = mean_value(now);
    values->cpu_min_mhz = mean_value(low);
    values->cpu_max_mhz = mean_value(high);
    if (!now.count &&
        file_read_all(facts->proc_fd, "cpuinfo", &facts->text, SLOW_CPUINFO_MAX) == 0 &&
        parse_cpuinfo_mhz(facts->text.data, facts->text.len, &mhz) == 0)
        values->cpu_mhz = mhz;
}

static void slow_read_names(struct slow_facts *facts, struct slow_values *values)
{
    if (facts->name_override)
        copy_text(values->host_name, sizeof(values->host_name), facts->name_override);
    else
        file_read_line(facts->proc_fd, "sys/kernel/hostname", values->host_name,
                       sizeof(values->host_name));
    file_read_line(facts->sys_fd, "devices/virtual/dmi/id/product_uuid", values->host_uuid,
                   sizeof(values->host_uuid));
}

/* What the driver says; -1 where there is no link, an error where it has no say. */
static uint64_t slow_read_speed(int net_fd, const char *name)
{
    char path[64], line[32];
    uint64_t mbps;

    snprintf(path, sizeof(path), "%s/speed", name);
    file_read_line(net_fd, path, line, sizeof(line));
    /* Some kernels print the -1 of "unknown" as an unsigned number. */
    return parse_u64(line, &mbps) && mbps < INT32_MAX ? mbps : 0;
}

static void slow_read_speeds(struct slow_facts *facts)
{
    int fd = openat(facts->sys_fd, "class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct slow_table *table = &facts->new_table;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;

    table->count = 0;
    while (dir && table->count < SLOW_SPEEDS_MAX && (item = readdir(dir))) {
        struct slow_speed *speed;

        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
            strlen(item->d_name) >= IFNAMSIZ || net_dev_is_vm_name(item->d_name))
            continue;
        table->speeds =
            array_grow(table->speeds, &table->capacity, table->count + 1, sizeof(*table->speeds));
        speed = &table->speeds[table->count++];
        copy_text(speed->name, sizeof(speed->name), item->d_name);
        speed->mbps = slow_read_speed(dirfd(dir), item->d_name);
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}

static bool slow_tables_equal(const struct slow_table *a, const struct slow_table *b)
{
    for (size_t i = 0; i < a->count && a->count == b->count; i++) {
        if (strcmp(a->speeds[i].name, b->speeds[i].name) != 0 ||
            a->speeds[i].mbps != b->speeds[i].mbps)
            return false;
    }
    return a->count == b->count;
}

static void slow_publish_speeds(struct slow_facts *facts)
{
    struct slow_table old;

    pthread_mutex_lock(&facts->lock);
    if (!facts->serial || !slow_tables_equal(&facts->table, &facts->new_table)) {
        old = facts->table;
        facts->table = facts->new_table;
        facts->new_table = old;
        facts->serial++;
    }
    pthread_mutex_unlock(&facts->lock);
}

static void slow_publish(struct slow_facts *facts, const struct slow_values *values)
{
    pthread_mutex_lock(&facts->lock);
    facts->values = *values;
    pthread_mutex_unlock(&facts->lock);
}

void slow_facts_update(struct slow_facts *facts)
{
    struct slow_values values = {0};

    slow_read_names(facts, &values);
    if (facts->frequencies)
        slow_read_frequencies(facts, &values);
    slow_publish(facts, &values);
    if (facts->speeds) {
        slow_read_speeds(facts);
        slow_publish_speeds(facts);
    }
}

static void *slow_run(void *argument)
{
    struct slow_facts *facts = argument;
    bool stopping = false;

    while (!stopping) {
        struct mono until;

        slow_facts_update(facts);
        until = mono_in(SLOW_BEAT_S);
        pthread_mutex_lock(&facts->lock);
        while (!facts->stopping && cond_wait_until(&facts->stop, &facts->lock, until))
            ;
        stopping = facts->stopping;
        pthread_mutex_unlock(&facts->lock);
    }
    return NULL;
}

int slow_facts_start(struct slow_facts *facts)
{
    struct slow_values names = {0};
    int r;

    slow_read_names(facts, &names);
    slow_publish(facts, &names);
    r = thread_start(&facts->thread, slow_run, facts);
    facts->running = r == 0;
    return r;
}

struct slow_values slow_facts_get(struct slow_facts *facts)
{
    struct slow_values values;

    pthread_mutex_lock(&facts->lock);
    values = facts->values;
    pthread_mutex_unlock(&facts->lock);
    return values;
}

uint64_t slow_facts_speeds(struct slow_facts *facts, uint64_t seen,
                           void (*each)(void *arg, const char *name, uint64_t mbps), void *arg)
{
    uint64_t serial;

    pthread_mutex_lock(&facts->lock);
    serial = facts->serial;
    for (size_t i = 0; serial != seen && i < facts->table.count; i++)
        each(arg, facts->table.speeds[i].name, facts->table.speeds[i].mbps);
    pthread_mutex_unlock(&facts->lock);
    return serial;
}

void slow_facts_free(struct slow_facts *facts)
{
    if (!facts)
        return;
    if (facts->running) {
        pthread_mutex_lock(&facts->lock);
        facts->stopping = true;
        pthread_cond_signal(&facts->stop);
        pthread_mutex_unlock(&facts->lock);
        pthread_join(facts->thread, NULL);
    }
    pthread_cond_destroy(&facts->stop);
    pthread_mutex_destroy(&facts->lock);
    free(facts->name_override);
    buf_done(&facts->text);
    free(facts->table.speeds);
    free(facts->new_table.speeds);
    free(facts);
}
