#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells how quiet this machine was: two figures that owe nothing to the program under test.

Use: metronome.py FILE      until SIGTERM; FILE.begun is there when it has begun. FILE becomes "LATE FOREIGN":
LATE: seconds that one who only sleeps was woken too late, at worst, on whichever CPU: a tick each 0.1 s.
FOREIGN: the share of all CPUs' time that went to others than the processes of this lab, or was stolen.
"""
import os
import signal
import sys
import time

BEAT = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
CPUS = os.sysconf("SC_NPROCESSORS_ONLN")


def worst_lateness(stop, worst=0.0):
    tick = time.monotonic()
    while not stop:
        tick += BEAT
        time.sleep(max(0.0, tick - time.monotonic()))
        late = time.monotonic() - tick
        if late > BEAT:  # it lost ticks: those are not late as well
            tick += late
        worst = max(worst, late)
    return worst


def busy_of_host():
    """Seconds that all CPUs were at work or not to be had."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def busy_of_lab():
    """Of all processes that are seen here; what one has used that has ended is its parent's to tell."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                total += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total / TICKS


def main():
    path = sys.argv[1]
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    # A child on each CPU: one of them can be taken away while the others are not.
    children = []
    for cpu in sorted(os.sched_getaffinity(0)):
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.sched_setaffinity(0, {cpu})
            os.close(ours)
            os.write(theirs, b"begun ")
            os.write(theirs, b"%.3f" % worst_lateness(stop))
            os._exit(0)
        os.close(theirs)
        children.append((pid, ours))
    for _, ours in children:
        os.read(ours, 6)
    start, host, lab = time.monotonic(), busy_of_host(), busy_of_lab()
    os.close(os.open(path + ".begun", os.O_WRONLY | os.O_CREAT, 0o600))
    while not stop:
        time.sleep(BEAT)
    worst = 0.0
    for pid, ours in children:
        os.kill(pid, signal.SIGTERM)
        worst = max(worst, float(os.read(ours, 32)))
        os.waitpid(pid, 0)
    foreign = (busy_of_host() - host - (busy_of_lab() - lab)) / (time.monotonic() - start) / CPUS
    with open(path, "w", encoding="ascii") as out:
        print(f"{worst:.3f} {max(foreign, 0):.3f}", file=out)


main()
