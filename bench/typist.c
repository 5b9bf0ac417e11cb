/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types at a program on a pseudo-terminal of its own and measures what comes back: from a key
 * to the last byte of the redraw, bytes while nobody types, resident memory before and after
 * many keys and sizes, CPU time. Use: typist [OPTION...] -- PROGRAM ARG...; see bench/README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TYPIST_KEYS_MAX 100000
#define TYPIST_QUIET_MS 15  /* so long nothing comes behind a redraw's last byte */
#define TYPIST_WAIT_MS  500 /* so long a redraw may take to begin */

struct typist {
    int pty;
    pid_t pid;
    unsigned rows, cols, keys, resizes;
    double settle, idle; /* seconds: before anything is typed; without a key */
    uint64_t bytes;      /* that came so far */
};

static int64_t typist_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void typist_fail(const char *what)
{
    fprintf(stderr, "typist: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Reads what is there within the time; the time of its last byte, 0 = none came. -1: the
 * program is gone. `quiet_ms`: an end before that, when nothing follows for so long. */
static int64_t typist_read(struct typist *t, int wait_ms, int quiet_ms)
{
    int64_t end = typist_now() + wait_ms * INT64_C(1000000), last = 0;
    char text[65536];

    for (;;) {
        struct pollfd ready = {.fd = t->pty, .events = POLLIN};
        int64_t left = (end - typist_now()) / 1000000;
        int wait = last && quiet_ms ? quiet_ms : (int)(left > 0 ? left : 0);
        ssize_t n;

        if (poll(&ready, 1, wait) <= 0)
            return last;
        n = read(t->pty, text, sizeof(text));
        if (n <= 0)
            return -1;
        last = typist_now();
        t->bytes += (uint64_t)n;
        if (last > end && !quiet_ms)
            return last;
    }
}

static void typist_resize(struct typist *t, unsigned rows, unsigned cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    if (ioctl(t->pty, TIOCSWINSZ, &size) < 0)
        typist_fail("cannot set the size");
}

static void typist_start(struct typist *t, char **argv)
{
    char *name;

    t->pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (t->pty < 0 || grantpt(t->pty) < 0 || unlockpt(t->pty) < 0 || !(name = ptsname(t->pty)))
        typist_fail("cannot make a pseudo-terminal");
    typist_resize(t, t->rows, t->cols);
    t->pid = fork();
    if (t->pid < 0)
        typist_fail("cannot fork");
    if (t->pid == 0) {
        int fd;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setsid();
        fd = open(name, O_RDWR);
        if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(126);
        if (fd > 2)
            close(fd);
        setenv("TERM", "xterm-256color", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
}

/* KiB; 0 = not known. */
static unsigned long typist_rss(const struct typist *t)
{
    char path[64], line[256];
    unsigned long kb = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)t->pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtoul(line + 6, NULL, 10);
    }
    if (file)
        fclose(file);
    return kb;
}

/* CPU time of the process in ns. */
static int64_t typist_cpu(const struct typist *t)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid(t->pid, &clock) != 0 || clock_gettime(clock, &time) < 0)
        return 0;
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* What a person presses in the course of a day; every one is followed by what undoes it. */
static const char *const typist_keys[] = {
    "\033[B", "\033[B", "\033[A", "c",      "m",    "d",       "n",       "i",       "a",      ">",
    ">",      "<",      "r",      "r",      "!",    "\033[6~", "\033[5~", "\033[F",  "\033[H", "u",
    "u",      "u",      "\033[C", "\033[D", "e",    "e",       "h",       "\033[6~", "q",      "f",
    "j",      " ",      " ",      "k",      "f",    "o",       "j",       "q",       "\n",     "q",
    "/",      "1",      "7",      "\177",   "\177", "\n",      "p",       "s",       "l",      "a",
};
#define TYPIST_KEY_COUNT (sizeof(typist_keys) / sizeof(typist_keys[0]))

static int typist_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void typist_type_all(struct typist *t)
{
    int64_t *times = calloc(t->keys ? t->keys : 1, sizeof(*times));
    unsigned count = 0, silent = 0;

    if (!times)
        typist_fail("no memory");
    for (unsigned i = 0; i < t->keys; i++) {
        const char *key = typist_keys[i % TYPIST_KEY_COUNT];
        int64_t start = typist_now(), last;

        if (write(t->pty, key, strlen(key)) < 0)
            typist_fail("cannot type");
        last = typist_read(t, TYPIST_WAIT_MS, TYPIST_QUIET_MS);
        if (last < 0)
            typist_fail("the program ended while it was typed at");
        if (last)
            times[count++] = last - start;
        else
            silent++;
    }
    qsort(times, count, sizeof(*times), typist_compare);
    if (count)
        printf("key_p50_us %lld\nkey_p99_us %lld\nkey_max_us %lld\n",
               (long long)times[count / 2] / 1000, (long long)times[count * 99 / 100] / 1000,
               (long long)times[count - 1] / 1000);
    printf("keys %u\nkeys_without_redraw %u\n", count, silent);
    free(times);
}

static void typist_resize_all(struct typist *t)
{
    for (unsigned i = 0; i < t->resizes; i++) {
        unsigned rows = 5 + (i * 7) % (t->rows - 4), cols = 20 + (i * 13) % (t->cols - 19);

        typist_resize(t, rows, cols);
        if (typist_read(t, TYPIST_WAIT_MS, TYPIST_QUIET_MS) < 0)
            typist_fail("the program ended at another size");
    }
    typist_resize(t, t->rows, t->cols);
    (void)typist_read(t, TYPIST_WAIT_MS, TYPIST_QUIET_MS);
}

static void typist_idle(struct typist *t)
{
    uint64_t bytes = t->bytes;
    int64_t cpu = typist_cpu(t), start = typist_now();

    if (!(t->idle > 0))
        return;
    (void)typist_read(t, (int)(t->idle * 1000), 0);
    while (typist_now() - start < (int64_t)(t->idle * 1e9))
        (void)typist_read(t, 50, 0);
    printf("idle_bytes %llu\nidle_cpu_us %lld\n", (unsigned long long)(t->bytes - bytes),
           (long long)(typist_cpu(t) - cpu) / 1000);
}

static bool typist_options(int argc, char **argv, struct typist *t)
{
    static const struct option longs[] = {{"rows", required_argument, NULL, 'r'},
                                          {"cols", required_argument, NULL, 'c'},
                                          {"keys", required_argument, NULL, 'k'},
                                          {"resizes", required_argument, NULL, 'z'},
                                          {"settle", required_argument, NULL, 's'},
                                          {"idle", required_argument, NULL, 'i'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
        double number = optarg ? strtod(optarg, NULL) : 0;

        switch (c) {
        case 'r':
            t->rows = (unsigned)number;
            break;
        case 'c':
            t->cols = (unsigned)number;
            break;
        case 'k':
            t->keys = (unsigned)number;
            break;
        case 'z':
            t->resizes = (unsigned)number;
            break;
        case 's':
            t->settle = number;
            break;
        case 'i':
            t->idle = number;
            break;
        default:
            return false;
        }
    }
    return optind < argc && t->rows >= 5 && t->cols >= 20 && t->keys <= TYPIST_KEYS_MAX;
}

int main(int argc, char **argv)
{
    struct typist t = {.rows = 50, .cols = 200, .settle = 5};
    unsigned long rss;
    int status;

    if (!typist_options(argc, argv, &t)) {
        fputs("usage: typist [--rows=N] [--cols=N] [--settle=S] [--idle=S] [--keys=N] "
              "[--resizes=N] -- "
              "PROGRAM ARG...\n",
              stderr);
        return 2;
    }
    typist_start(&t, argv + optind);
    if (typist_read(&t, (int)(t.settle * 1000), 0) < 0)
        typist_fail("the program ended at its start");
    typist_idle(&t);
    /* Once through everything, so that what is kept is there. */
    for (size_t i = 0; i < TYPIST_KEY_COUNT && t.keys; i++) {
        if (write(t.pty, typist_keys[i], strlen(typist_keys[i])) < 0 ||
            typist_read(&t, TYPIST_WAIT_MS, TYPIST_QUIET_MS) < 0)
            typist_fail("the program ended while it was typed at");
    }
    rss = typist_rss(&t);
    printf("rss_start_kb %lu\n", rss);
    typist_type_all(&t);
    typist_resize_all(&t);
    printf("rss_end_kb %lu\nrss_grown_kb %ld\n", typist_rss(&t), (long)typist_rss(&t) - (long)rss);
    kill(t.pid, SIGTERM);
    while (typist_read(&t, 2000, 0) > 0)
        ;
    waitpid(t.pid, &status, 0);
    printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
