/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long proxtop's own client takes for a round of monitors: qmpround ROUNDS
 * < lines of "PID SOCKET". Rounds begin a second apart. Prints the number of
 * monitors, of answers in the last round, and in milliseconds the first round
 * (with the questions of each minute), the median and the longest of the
 * others, and the CPU time of a round.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/util.h"
#include "connect/qmp_vm.h"

#define ROUND_VMS_MAX    1000
#define ROUND_ROUNDS_MAX 1000
/* It makes the pause before a round next to nothing. */
#define ROUND_BEAT_S 0.001

struct round {
    struct qmp_vm *monitors[ROUND_VMS_MAX];
    size_t count, answered;
    struct inventory *inventory;
};

static bool round_parse(const char *text, uint64_t *ret)
{
    struct cursor c = cursor_of(text, strlen(text));

    return cursor_u64(&c, ret);
}

static void round_read_monitors(struct round *round)
{
    char line[256];

    while (round->count < ROUND_VMS_MAX && fgets(line, sizeof(line), stdin)) {
        char *path = strchr(line, ' ');
        uint64_t pid;

        if (!path || !round_parse(line, &pid))
            continue;
        path++;
        path[strcspn(path, "\n")] = '\0';
        round->monitors[round->count++] =
            qmp_vm_new(&(struct qmp_place){.path = path, .pid = (pid_t)pid, .proc_fd = -1});
    }
}

static void round_run(struct round *round)
{
    struct inventory *inventory = inventory_new("bench");
    struct qmp_visit visits[ROUND_VMS_MAX];

    for (size_t i = 0; i < round->count; i++) {
        struct vm_info *vm = inventory_append(inventory);

        if (!vm)
            abort();
        vm->key = xasprintf("%zu", i);
        vm->name = xstrdup(vm->key);
        if (round->inventory)
            qmp_vm_keep(&round->inventory->vms[i], vm);
    }
    for (size_t i = 0; i < round->count; i++)
        visits[i] = (struct qmp_visit){.monitor = round->monitors[i], .vm = &inventory->vms[i]};
    (void)qmp_visit_all(visits, round->count, ROUND_BEAT_S, NULL);
    inventory_unref(round->inventory);
    round->inventory = inventory;
    round->answered = 0;
    for (size_t i = 0; i < round->count; i++)
        round->answered += !inventory->vms[i].stale_reason[0] && inventory->vms[i].state;
}

static double round_cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int round_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct round round;
    static double times[ROUND_ROUNDS_MAX];
    double cpu = 0, first;
    uint64_t rounds = 0;

    if (argc != 2 || !round_parse(argv[1], &rounds) || rounds < 2 || rounds > ROUND_ROUNDS_MAX) {
        fputs("usage: qmpround ROUNDS < lines of \"PID SOCKET\"\n", stderr);
        return 2;
    }
    round_read_monitors(&round);
    for (size_t i = 0; i < rounds; i++) {
        struct mono start = clock_mono(&clock_system);
        double before = round_cpu_ms();
        struct timespec pause;

        round_run(&round);
        times[i] = mono_seconds_between(start, clock_mono(&clock_system)) * 1e3;
        cpu += i ? round_cpu_ms() - before : 0;
        pause = (struct timespec){.tv_nsec = times[i] < 999 ? (long)((1000 - times[i]) * 1e6) : 0};
        if (i + 1 < rounds)
            nanosleep(&pause, NULL);
    }
    first = times[0];
    qsort(times + 1, rounds - 1, sizeof(*times), round_compare);
    printf("%zu %zu %.1f %.1f %.1f %.2f\n", round.count, round.answered, first,
           times[1 + (rounds - 1) / 2], times[rounds - 1], cpu / (double)(rounds - 1));
    for (size_t i = 0; i < round.count; i++)
        qmp_vm_free(round.monitors[i]);
    inventory_unref(round.inventory);
    return 0;
}
