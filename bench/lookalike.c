/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load generator: N processes that look like QEMU virtual machines in /proc and answer on a QMP
 * socket, for a fraction of a percent of what real ones cost. Each is this very program, executed
 * under QEMU's name and arguments; LOOKALIKE_VM in the environment tells it what it is.
 */
#include "lookalike.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

#define LOOKALIKE_ENV      "LOOKALIKE_VM"
#define LOOKALIKE_READY_FD 3     /* where a child finds the pipe that it reports to */
#define LOOKALIKE_STALL_MS 30000 /* no child came up for that long: something is wrong */

struct lookalike_parent {
    struct lookalike_options opt;
    bool made_dir;
    char exe[PATH_MAX];  /* the copy of this program that is called qemu-system-x86_64 */
    const char *program; /* what is executed: that, or this file where DIR is mounted noexec */
    int ready[2];
    pid_t *pids; /* 0 = ended and reaped */
    unsigned started;
    unsigned alive;
};

static const char *const lookalike_suffixes[] = {"pid", "qmp", "raw"};

static void lookalike_usage(FILE *out)
{
    fputs("usage: lookalike --count=N --dir=DIR [--vcpus=2] [--busy=PERCENT] [--first-id=1]\n"
          "                 [--hung=K] [--tap] [--names=A,B,...]\n"
          "Starts N processes that look like QEMU virtual machines, writes DIR/ready when all are\n"
          "up, and ends them on SIGTERM or SIGINT.\n"
          "  --busy=PERCENT  CPU time of each vCPU in percent of one host CPU, 0.01 and up\n"
          "  --hung=K        the monitors of the last K accept a client and never greet it\n"
          "  --names=A,B,... of the first ones; the others are called vm-00007\n"
          "  --tap           one tap interface tapNi0 each, in the current network namespace\n",
          out);
}

static bool lookalike_parse_uint(const char *text, unsigned max, unsigned *ret)
{
    uint64_t value;

    if (!parse_u64(text, &value) || value > max)
        return false;
    *ret = (unsigned)value;
    return true;
}

static bool lookalike_parse_busy(const char *text, unsigned *ret_ppm)
{
    double percent;

    if (!parse_seconds(text, &percent) || percent > 100)
        return false;
    *ret_ppm = (unsigned)(percent * 10000.0);
    return true;
}

static bool lookalike_parse_options(int argc, char **argv, struct lookalike_options *opt)
{
    static const struct option longs[] = {{"count", required_argument, NULL, 'n'},
                                          {"vcpus", required_argument, NULL, 'c'},
                                          {"dir", required_argument, NULL, 'd'},
                                          {"busy", required_argument, NULL, 'b'},
                                          {"first-id", required_argument, NULL, 'f'},
                                          {"hung", required_argument, NULL, 'u'},
                                          {"tap", no_argument, NULL, 't'},
                                          {"names", required_argument, NULL, 'N'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bool ok = true;
    int c;

    while (ok && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'n':
            ok = lookalike_parse_uint(optarg, 100000, &opt->count);
            break;
        case 'c':
            ok = lookalike_parse_uint(optarg, LOOKALIKE_MAX_VCPUS, &opt->vcpus);
            break;
        case 'f':
            ok = lookalike_parse_uint(optarg, 999999999, &opt->first_id);
            break;
        case 'u':
            ok = lookalike_parse_uint(optarg, 100000, &opt->hung);
            break;
        case 'b':
            ok = lookalike_parse_busy(optarg, &opt->busy_ppm);
            break;
        case 'd':
            ok = snprintf(opt->dir, sizeof(opt->dir), "%s", optarg) < PATH_MAX;
            break;
        case 't':
            opt->tap = true;
            break;
        case 'N':
            opt->names = optarg;
            break;
        case 'h':
            lookalike_usage(stdout);
            exit(0);
        default:
            ok = false;
        }
    }
    return ok && optind == argc && opt->count > 0 && opt->vcpus > 0 && opt->dir[0] != '\0' &&
           opt->hung <= opt->count;
}

/* The words of LOOKALIKE_VM: id vcpus busy_ppm hung tap parent. The directory is the working
 * directory, as the argument of -pidfile must not have to be parsed back. */
static int lookalike_spawn_one(struct lookalike_parent *p, posix_spawn_file_actions_t *actions,
                               posix_spawnattr_t *attr)
{
    const struct lookalike_options *opt = &p->opt;
    unsigned index = p->started;
    bool hung = index >= opt->count - opt->hung;
    struct lookalike_args args = {.n = 0};
    char word[160];
    char *env[] = {word, NULL};
    int rc = -ENOMEM;

    snprintf(word, sizeof(word), LOOKALIKE_ENV "=%u %u %u %u %u %u", opt->first_id + index,
             opt->vcpus, opt->busy_ppm, hung, opt->tap, (unsigned)getpid());
    if (lookalike_make_args(opt, opt->first_id + index, &args))
        rc = -posix_spawn(&p->pids[index], p->program, actions, attr, args.argv, env);
    lookalike_free_args(&args);
    if (rc < 0) {
        fprintf(stderr, "lookalike: machine %u: %s%s\n", opt->first_id + index, strerror(-rc),
                rc == -EAGAIN ? " (kernel.pid_max or a limit on processes is reached)" : "");
        p->pids[index] = 0;
        return rc;
    }
    p->started++;
    p->alive++;
    return 0;
}

static int lookalike_spawn_all(struct lookalike_parent *p)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none;
    int rc = 0;

    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, p->ready[1], LOOKALIKE_READY_FD);
    /* what the caller left open must not stay open in thousands of processes */
    posix_spawn_file_actions_addclosefrom_np(&actions, LOOKALIKE_READY_FD + 1);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    while (rc == 0 && p->started < p->opt.count)
        rc = lookalike_spawn_one(p, &actions, &attr);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    close(p->ready[1]);
    return rc;
}

static void lookalike_remove_files(const struct lookalike_parent *p, unsigned index)
{
    char path[PATH_MAX + 32];

    for (size_t i = 0; i < sizeof(lookalike_suffixes) / sizeof(lookalike_suffixes[0]); i++) {
        snprintf(path, sizeof(path), "%s/%u.%s", p->opt.dir, p->opt.first_id + index,
                 lookalike_suffixes[i]);
        unlink(path);
    }
}

/* Collects machines that ended; returns how many. */
static unsigned lookalike_reap(struct lookalike_parent *p)
{
    unsigned reaped = 0;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        for (unsigned i = 0; i < p->started; i++) {
            if (p->pids[i] != pid)
                continue;
            p->pids[i] = 0;
            lookalike_remove_files(p, i);
            p->alive--;
            reaped++;
            break;
        }
    }
    return reaped;
}

/* One byte comes through the pipe from each machine that is up. */
static int lookalike_wait_ready(struct lookalike_parent *p)
{
    struct pollfd pfd = {.fd = p->ready[0], .events = POLLIN};
    unsigned up = 0;
    char bytes[256];
    ssize_t n;

    while (up < p->opt.count) {
        int rc = poll(&pfd, 1, LOOKALIKE_STALL_MS);

        if (rc < 0 && errno == EINTR)
            continue;
        if (rc <= 0) {
            fprintf(stderr, "lookalike: only %u of %u came up\n", up, p->opt.count);
            return -ETIMEDOUT;
        }
        n = read(p->ready[0], bytes, sizeof(bytes));
        if (n <= 0) {
            fprintf(stderr, "lookalike: %u of %u came up, the others ended\n", up, p->opt.count);
            return -ECHILD;
        }
        up += (unsigned)n;
    }
    return 0;
}

/* Copies this program to DIR/qemu-system-x86_64: comm and /proc/PID/exe are then what they are
 * with the real one. A hard link would do, but DIR is often on another file system. */
static int lookalike_copy_self(struct lookalike_parent *p)
{
    char buf[65536];
    ssize_t n = -1;
    int in, out, rc = 0;

    if (snprintf(p->exe, sizeof(p->exe), "%s/qemu-system-x86_64", p->opt.dir) >= PATH_MAX)
        return -ENAMETOOLONG;
    in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return -errno;
    unlink(p->exe);
    out = open(p->exe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (out < 0)
        rc = -errno;
    while (rc == 0 && (n = read(in, buf, sizeof(buf))) > 0) {
        if (write(out, buf, (size_t)n) != n)
            rc = -EIO;
    }
    if (rc == 0 && n < 0)
        rc = -errno;
    if (out >= 0)
        close(out);
    close(in);
    p->program = access(p->exe, X_OK) == 0 ? p->exe : "/proc/self/exe";
    return rc;
}

static int lookalike_prepare_dir(struct lookalike_parent *p)
{
    char path[PATH_MAX];

    if (mkdir(p->opt.dir, 0755) == 0)
        p->made_dir = true;
    else if (errno != EEXIST)
        return -errno;
    if (realpath(p->opt.dir, path) == NULL)
        return -errno;
    memcpy(p->opt.dir, path, sizeof(path));
    /* sun_path has 108 bytes; "/999999999.qmp" and the final 0 take 15 */
    if (strlen(path) > 108 - 15)
        return -ENAMETOOLONG;
    if (chdir(path) < 0)
        return -errno;
    unlink("ready");
    return lookalike_copy_self(p);
}

static void lookalike_end_all(struct lookalike_parent *p)
{
    /* a child that is not reaped keeps its PID, so none of these can be somebody else's */
    for (unsigned i = 0; i < p->started; i++) {
        if (p->pids[i] > 0)
            kill(p->pids[i], SIGKILL);
    }
    for (unsigned i = 0; i < p->started; i++) {
        if (p->pids[i] <= 0)
            continue;
        while (waitpid(p->pids[i], NULL, 0) < 0 && errno == EINTR)
            continue;
        lookalike_remove_files(p, i);
    }
    if (p->exe[0] != '\0') {
        unlink("ready");
        unlink(p->exe);
    }
    if (p->made_dir)
        rmdir(p->opt.dir);
}

static int lookalike_write_ready(double seconds)
{
    FILE *out = fopen("ready", "we");

    if (out == NULL)
        return -errno;
    fprintf(out, "%.3f\n", seconds);
    return fclose(out) == 0 ? 0 : -errno;
}

static int lookalike_run_parent(struct lookalike_parent *p, const sigset_t *signals)
{
    uint64_t start = lookalike_clock_ns();
    int rc, sig;

    rc = lookalike_spawn_all(p);
    if (rc == 0)
        rc = lookalike_wait_ready(p);
    if (rc == 0)
        rc = lookalike_write_ready((double)(lookalike_clock_ns() - start) / 1e9);
    while (rc == 0 && p->alive > 0) {
        sig = sigwaitinfo(signals, NULL);
        if (sig == SIGCHLD)
            lookalike_reap(p);
        else if (sig > 0)
            break;
    }
    lookalike_end_all(p);
    return rc;
}

/* The side of a child: reads back what lookalike_spawn_one wrote. */
static int lookalike_run_child(const char *text)
{
    static struct lookalike_vm vm; /* 4 KB of path and the thread list: not on the stack */
    unsigned values[6];
    char copy[160];
    char *save = NULL, *word;
    size_t n = 0;
    int rc;

    snprintf(copy, sizeof(copy), "%s", text);
    for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (n >= 6 || !lookalike_parse_uint(word, UINT_MAX, &values[n++]))
            return 2;
    }
    if (n != 6 || values[1] > LOOKALIKE_MAX_VCPUS || getcwd(vm.dir, sizeof(vm.dir)) == NULL)
        return 2;
    vm.id = values[0];
    vm.vcpus = values[1];
    vm.busy_ppm = values[2];
    vm.hung = values[3] != 0;
    vm.tap = values[4] != 0;
    vm.parent = (pid_t)values[5];
    vm.no_driver = vm.id % 8 == 7;
    rc = lookalike_vm_run(&vm, LOOKALIKE_READY_FD);
    if (rc < 0)
        fprintf(stderr, "lookalike: machine %u: %s\n", vm.id, strerror(-rc));
    return rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct lookalike_parent p = {.opt = {.vcpus = 2, .first_id = 1}};
    const char *child = getenv(LOOKALIKE_ENV);
    sigset_t signals;
    int rc;

    if (child != NULL)
        return lookalike_run_child(child);
    if (!lookalike_parse_options(argc, argv, &p.opt)) {
        lookalike_usage(stderr);
        return 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    p.pids = calloc(p.opt.count, sizeof(*p.pids));
    if (p.pids == NULL || pipe2(p.ready, O_CLOEXEC) < 0) {
        perror("lookalike");
        return 1;
    }
    rc = lookalike_prepare_dir(&p);
    if (rc == 0) {
        rc = lookalike_run_parent(&p, &signals);
    } else {
        fprintf(stderr, "lookalike: '%s': %s\n", p.opt.dir, strerror(-rc));
        lookalike_end_all(&p);
    }
    free(p.pids);
    return rc < 0 ? 1 : 0;
}
