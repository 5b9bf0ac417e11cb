/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pretended virtual machine: QEMU's threads by name, its pid file, disk image and tap, and
 * a monitor socket that serves one client at a time.
 */
#include "lookalike.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define VM_STACK_BYTES 65536

/* The names that a real one has beside its vCPUs; the main thread has the program's. */
static const char *const vm_helper_names[] = {"call_rcu", "IO mon_iothread", "worker"};

#define VM_HELPERS (sizeof(vm_helper_names) / sizeof(vm_helper_names[0]))

struct vm_thread {
    struct lookalike_vm *vm;
    const char *name; /* NULL for a vCPU */
    unsigned index;   /* of the vCPU */
};

static pthread_barrier_t vm_barrier; /* all threads are named and have told their id */

uint64_t lookalike_clock_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void vm_sleep_ns(uint64_t ns)
{
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u),
                          .tv_nsec = (long)(ns % 1000000000u)};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
        continue;
}

static void vm_spin_ns(uint64_t ns)
{
    struct timespec ts;
    uint64_t now, end = 0;

    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
        now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
        if (end == 0)
            end = now + ns;
    } while (now < end);
}

/* Small loads run once per second, so that thousands of machines do not wake the host all the
 * time; the starts are spread over the period. */
static void vm_burn(const struct lookalike_vm *vm, unsigned index)
{
    uint64_t period = vm->busy_ppm < 10000 ? 1000000000u : 100000000u;
    uint64_t work = period / 1000000u * vm->busy_ppm;

    vm_sleep_ns((vm->id * 7919u + index * 104729u) % 1000u * (period / 1000u));
    for (;;) {
        vm_spin_ns(work);
        if (work < period)
            vm_sleep_ns(period - work);
    }
}

static void *vm_thread_main(void *arg)
{
    struct vm_thread *thread = arg;
    char name[16]; /* the kernel's limit */

    if (thread->name != NULL) {
        snprintf(name, sizeof(name), "%s", thread->name);
    } else {
        snprintf(name, sizeof(name), "CPU %u/KVM", thread->index);
        thread->vm->tids[thread->index] = gettid();
    }
    prctl(PR_SET_NAME, name);
    pthread_barrier_wait(&vm_barrier);
    if (thread->name == NULL && thread->vm->busy_ppm > 0)
        vm_burn(thread->vm, thread->index);
    for (;;)
        pause();
    return NULL;
}

static int vm_start_threads(struct lookalike_vm *vm)
{
    static struct vm_thread threads[VM_HELPERS + LOOKALIKE_MAX_VCPUS];
    unsigned count = (unsigned)VM_HELPERS + vm->vcpus;
    pthread_attr_t attr;
    pthread_t id;
    int rc;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    rc = pthread_attr_setstacksize(&attr, VM_STACK_BYTES);
    if (rc == 0)
        rc = pthread_barrier_init(&vm_barrier, NULL, count + 1);
    for (unsigned i = 0; rc == 0 && i < count; i++) {
        threads[i].vm = vm;
        threads[i].name = i < VM_HELPERS ? vm_helper_names[i] : NULL;
        threads[i].index = i < VM_HELPERS ? 0 : i - (unsigned)VM_HELPERS;
        rc = pthread_create(&id, &attr, vm_thread_main, &threads[i]);
    }
    pthread_attr_destroy(&attr);
    if (rc == 0)
        pthread_barrier_wait(&vm_barrier);
    return -rc;
}

static int vm_write_pidfile(const struct lookalike_vm *vm)
{
    char name[32];
    FILE *out;

    snprintf(name, sizeof(name), "%u.pid", vm->id);
    out = fopen(name, "we");
    if (out == NULL)
        return -errno;
    fprintf(out, "%d\n", (int)getpid());
    return fclose(out) == 0 ? 0 : -errno;
}

/* The descriptor stays open, as QEMU's would. The file is all hole. */
static int vm_open_disk(const struct lookalike_vm *vm)
{
    char name[32];
    int fd;

    snprintf(name, sizeof(name), "%u.raw", vm->id);
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)LOOKALIKE_DISK_BYTES) < 0)
        return -errno;
    return 0;
}

/* The interface lives as long as the descriptor, so nothing is left behind. */
static int vm_open_tap(const struct lookalike_vm *vm)
{
    struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int fd, sock, rc = 0;

    if (snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "tap%ui0", vm->id) >= IFNAMSIZ)
        return -ENAMETOOLONG;
    fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (ioctl(fd, TUNSETIFF, &ifr) < 0)
        return -errno;
    sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sock < 0)
        return -errno;
    ifr.ifr_flags = IFF_UP;
    if (ioctl(sock, SIOCSIFFLAGS, &ifr) < 0)
        rc = -errno;
    close(sock);
    return rc;
}

static int vm_listen(const struct lookalike_vm *vm, int *ret_fd)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd;

    if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%u.qmp", vm->dir, vm->id) >=
        (int)sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    unlink(addr.sun_path);
    /* backlog 1 lets two clients queue; a third that does not block gets EAGAIN, as with QEMU */
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 1) < 0) {
        int rc = -errno;

        close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

/* One client after the other. A hung monitor keeps each until it gives up. */
static void vm_serve(const struct lookalike_vm *vm, int listener)
{
    bool quit = false;

    while (!quit) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno != EINTR && errno != ECONNABORTED)
                return;
            continue;
        }
        if (vm->hung) {
            struct pollfd pfd = {.fd = fd, .events = POLLRDHUP};

            while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
                continue;
        } else {
            quit = lookalike_qmp_serve(vm, fd);
        }
        close(fd);
    }
}

int lookalike_vm_run(struct lookalike_vm *vm, int ready_fd)
{
    int listener = -1, rc;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != vm->parent) /* it died before the line above */
        return -ECHILD;
    prctl(PR_SET_NAME, "qemu-system-x86"); /* 15 characters: what execve makes of the name */
    vm->start_ns = lookalike_clock_ns();
    rc = vm_start_threads(vm);
    if (rc == 0)
        rc = vm_write_pidfile(vm);
    if (rc == 0)
        rc = vm_open_disk(vm);
    if (rc == 0 && vm->tap)
        rc = vm_open_tap(vm);
    if (rc == 0)
        rc = vm_listen(vm, &listener);
    if (rc < 0)
        return rc;
    if (write(ready_fd, "", 1) != 1)
        return -EPIPE;
    close(ready_fd);
    vm_serve(vm, listener);
    return 0;
}
