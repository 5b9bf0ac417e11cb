/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The yardstick of the benchmark: what it costs to do nothing but pread, at the same beat, the
 * files that proxtop reads in a steady cycle. No parsing, no output; a monitor cannot be cheaper
 * unless it reads less.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

#define BARE_BUFFER_TASK 4096   /* files of one process or thread */
#define BARE_BUFFER_HOST 262144 /* host-wide files grow with the CPUs and the devices */
#define BARE_WARMUP      2      /* cycles before the measuring begins */

struct bare_file {
    int fd;
    unsigned size; /* of the read */
    bool paged;    /* the kernel hands it over a page at a time: read until its end */
};

struct bare_loop {
    const char *procfs;
    const char *fileset;
    unsigned files_of; /* a PID, 0 = none */
    double interval_s;
    unsigned runs;
    struct bare_file *files;
    size_t n_files, max_files;
    size_t skipped; /* could not be opened */
    size_t processes;
};

static void bare_usage(FILE *out)
{
    fputs("usage: bareloop [--procfs=/proc] [--interval=1] [--runs=10] FILESET\n"
          "       bareloop [--procfs=/proc] [--interval=1] [--runs=10] --files-of=PID\n"
          "Opens files once and preads each once per cycle (net/dev and diskstats until their\n"
          "end); prints what a cycle costs.\n"
          "  FILESET         names with commas between: task/*/schedstat = of each thread of each\n"
          "                  qemu-system-* process, stat = of each such process, /stat = of the "
          "host\n"
          "  --files-of=PID  the files below /proc and /sys that PID keeps open\n",
          out);
}

static bool bare_parse_uint(const char *text, unsigned *ret)
{
    uint64_t value;

    if (!parse_u64(text, &value) || value > INT_MAX)
        return false;
    *ret = (unsigned)value;
    return true;
}

static bool bare_parse_seconds(const char *text, double *ret)
{
    double value;

    if (!parse_seconds(text, &value) || value > 3600)
        return false;
    *ret = value;
    return true;
}

static bool bare_parse_options(int argc, char **argv, struct bare_loop *b)
{
    static const struct option longs[] = {
        {"procfs", required_argument, NULL, 'p'}, {"interval", required_argument, NULL, 'i'},
        {"runs", required_argument, NULL, 'r'},   {"files-of", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    bool ok = true;
    int c;

    while (ok && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'p':
            b->procfs = optarg;
            break;
        case 'i':
            ok = bare_parse_seconds(optarg, &b->interval_s);
            break;
        case 'r':
            ok = bare_parse_uint(optarg, &b->runs) && b->runs > 0;
            break;
        case 'f':
            ok = bare_parse_uint(optarg, &b->files_of) && b->files_of > 0;
            break;
        case 'h':
            bare_usage(stdout);
            exit(0);
        default:
            ok = false;
        }
    }
    if (ok && b->files_of == 0 && optind < argc)
        b->fileset = argv[optind++];
    return ok && optind == argc && (b->files_of > 0 || b->fileset != NULL);
}

static bool bare_is_number(const char *name)
{
    return name[0] != '\0' && strspn(name, "0123456789") == strlen(name);
}

static bool bare_ends_with(const char *path, const char *end)
{
    size_t path_len = strlen(path), len = strlen(end);

    return path_len >= len && strcmp(path + path_len - len, end) == 0;
}

/* Files of a line per device, which may take more than a page. */
static bool bare_is_paged(const char *path)
{
    return bare_ends_with(path, "/net/dev") || bare_ends_with(path, "/diskstats");
}

static int bare_add_file(struct bare_loop *b, const char *path, unsigned size)
{
    bool paged = bare_is_paged(path);
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        b->skipped++;
        return errno == EMFILE || errno == ENFILE ? -errno : 0;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return 0;
    }
    if (b->n_files == b->max_files) {
        size_t max = b->max_files == 0 ? 1024 : b->max_files * 2;
        struct bare_file *files = reallocarray(b->files, max, sizeof(*files));

        if (files == NULL) {
            close(fd);
            return -ENOMEM;
        }
        b->files = files;
        b->max_files = max;
    }
    b->files[b->n_files++] =
        (struct bare_file){.fd = fd, .size = paged ? BARE_BUFFER_HOST : size, .paged = paged};
    return 0;
}

/* Below /proc/<number>/ = of a process. */
static unsigned bare_choose_size(const char *path, const char *procfs)
{
    size_t len = strlen(procfs);

    if (strncmp(path, procfs, len) == 0 && path[len] == '/' && path[len + 1] >= '0' &&
        path[len + 1] <= '9')
        return BARE_BUFFER_TASK;
    return strncmp(path, "/sys/", 5) == 0 ? BARE_BUFFER_TASK : BARE_BUFFER_HOST;
}

/* The kernel says " (deleted)" of a net/dev whose name was looked up anew meanwhile. */
static void bare_strip_deleted(char *link)
{
    static const char mark[] = " (deleted)";

    if (bare_ends_with(link, mark))
        link[strlen(link) - strlen(mark)] = '\0';
}

/* What the other program keeps open, in its order: that is the order in which it reads. */
static int bare_add_files_of(struct bare_loop *b)
{
    char path[PATH_MAX], link[PATH_MAX];
    struct stat st;
    int rc = 0;

    snprintf(path, sizeof(path), "/proc/%u/fd", b->files_of);
    if (stat(path, &st) < 0)
        return -errno;
    for (unsigned fd = 0, missing = 0; rc == 0 && missing < 4096; fd++) {
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/%u/fd/%u", b->files_of, fd);
        n = readlink(path, link, sizeof(link) - 1);
        if (n < 0) {
            missing++;
            continue;
        }
        missing = 0;
        link[n] = '\0';
        bare_strip_deleted(link);
        if (strncmp(link, b->procfs, strlen(b->procfs)) != 0 && strncmp(link, "/sys/", 5) != 0)
            continue;
        rc = bare_add_file(b, link, bare_choose_size(link, b->procfs));
    }
    return rc;
}

static bool bare_is_machine(const struct bare_loop *b, const char *pid)
{
    char path[PATH_MAX], argv0[256], *base;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "%s/%s/cmdline", b->procfs, pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, argv0, sizeof(argv0) - 1);
    close(fd);
    if (n <= 0)
        return false;
    argv0[n] = '\0';
    base = strrchr(argv0, '/');
    base = base == NULL ? argv0 : base + 1;
    return strncmp(base, "qemu-system-", 12) == 0;
}

/* Adds `name` of the process, or of each of its threads if it begins with task/ and a star. */
static int bare_add_of_process(struct bare_loop *b, const char *pid, const char *name)
{
    char path[PATH_MAX];
    struct dirent *entry;
    DIR *dir;
    int rc = 0;

    if (strncmp(name, "task/*/", 7) != 0) {
        snprintf(path, sizeof(path), "%s/%s/%s", b->procfs, pid, name);
        return bare_add_file(b, path, BARE_BUFFER_TASK);
    }
    snprintf(path, sizeof(path), "%s/%s/task", b->procfs, pid);
    dir = opendir(path);
    if (dir == NULL)
        return 0; /* it ended */
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (!bare_is_number(entry->d_name))
            continue;
        snprintf(path, sizeof(path), "%s/%s/task/%s/%s", b->procfs, pid, entry->d_name, name + 7);
        rc = bare_add_file(b, path, BARE_BUFFER_TASK);
    }
    closedir(dir);
    return rc;
}

/* Host-wide names (with a leading slash) if `pid` is NULL, else the others. */
static int bare_add_names(struct bare_loop *b, const char *pid)
{
    char *copy = strdup(b->fileset), *save = NULL, *name;
    char path[PATH_MAX];
    int rc = copy == NULL ? -ENOMEM : 0;

    if (rc == 0) {
        for (name = strtok_r(copy, ",", &save); rc == 0 && name != NULL;
             name = strtok_r(NULL, ",", &save)) {
            if (pid != NULL && name[0] != '/') {
                rc = bare_add_of_process(b, pid, name);
            } else if (pid == NULL && name[0] == '/') {
                snprintf(path, sizeof(path), "%s%s", b->procfs, name);
                rc = bare_add_file(b, path, BARE_BUFFER_HOST);
            }
        }
    }
    free(copy);
    return rc;
}

static int bare_add_fileset(struct bare_loop *b)
{
    struct dirent *entry;
    DIR *dir = opendir(b->procfs);
    int rc;

    if (dir == NULL)
        return -errno;
    rc = bare_add_names(b, NULL);
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (!bare_is_number(entry->d_name) || !bare_is_machine(b, entry->d_name))
            continue;
        b->processes++;
        rc = bare_add_names(b, entry->d_name);
    }
    closedir(dir);
    return rc;
}

static double bare_cpu_us(void)
{
    struct rusage ru;

    getrusage(RUSAGE_SELF, &ru);
    return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1e6 +
           (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec);
}

static int bare_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void bare_sleep_until(struct timespec *deadline, double interval_s)
{
    uint64_t ns = (uint64_t)(interval_s * 1e9) + (uint64_t)deadline->tv_nsec;

    deadline->tv_sec += (time_t)(ns / 1000000000u);
    deadline->tv_nsec = (long)(ns % 1000000000u);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, deadline, NULL) == EINTR)
        continue;
}

/* One file of a cycle; returns the number of calls, of which *failed grows by those that failed. */
static unsigned bare_read(const struct bare_file *file, char *buffer, uint64_t *failed)
{
    off_t offset = 0;
    unsigned calls = 0;
    ssize_t n;

    do {
        n = pread(file->fd, buffer, file->size, offset);
        calls++;
        *failed += n < 0;
        offset += n;
    } while (file->paged && n > 0);
    return calls;
}

/* The figure of a cycle contains the sleep before it, as that of a monitor does. */
static int bare_run(const struct bare_loop *b)
{
    static char buffer[BARE_BUFFER_HOST];
    double *cpu_us = calloc(b->runs, sizeof(*cpu_us));
    double start = 0.0, last = 0.0, now;
    uint64_t preads = 0, failed = 0, calls;
    struct timespec deadline;

    if (cpu_us == NULL)
        return -ENOMEM;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    for (unsigned cycle = 0; cycle < BARE_WARMUP + b->runs; cycle++) {
        if (cycle == BARE_WARMUP)
            start = last = bare_cpu_us();
        bare_sleep_until(&deadline, b->interval_s);
        calls = 0;
        for (size_t i = 0; i < b->n_files; i++)
            calls += bare_read(&b->files[i], buffer, &failed);
        if (cycle < BARE_WARMUP)
            continue;
        preads += calls;
        now = bare_cpu_us();
        cpu_us[cycle - BARE_WARMUP] = now - last;
        last = now;
    }
    qsort(cpu_us, b->runs, sizeof(*cpu_us), bare_compare);
    printf("cpu_us_per_cycle=%.1f\ncpu_us_median=%.1f\npreads_per_cycle=%.1f\n",
           (last - start) / b->runs, cpu_us[b->runs / 2], (double)preads / b->runs);
    printf("files=%zu\nskipped=%zu\nfailed=%.1f\nprocesses=%zu\n", b->n_files, b->skipped,
           (double)failed / (BARE_WARMUP + b->runs), b->processes);
    free(cpu_us);
    return 0;
}

int main(int argc, char **argv)
{
    struct bare_loop b = {.procfs = "/proc", .interval_s = 1.0, .runs = 10};
    struct rlimit limit;
    int rc;

    if (!bare_parse_options(argc, argv, &b)) {
        bare_usage(stderr);
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    rc = b.files_of > 0 ? bare_add_files_of(&b) : bare_add_fileset(&b);
    if (rc == 0 && b.n_files == 0)
        rc = -ENOENT;
    if (rc == 0)
        rc = bare_run(&b);
    for (size_t i = 0; i < b.n_files; i++)
        close(b.files[i].fd);
    free(b.files);
    if (rc < 0) {
        fprintf(stderr, "bareloop: %s\n", strerror(-rc));
        return 1;
    }
    return 0;
}
