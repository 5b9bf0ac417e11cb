#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a directory that looks like a /proc with N virtual machines in which nothing ever happens:
frozen_proc.py DIR N"""
import os
import sys

root, count = sys.argv[1], int(sys.argv[2])


def put(path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def stat_line(pid, comm, threads):
    fields = ["S", 1, pid, pid, 0, -1, 0, 10, 0, 0, 0, 100, 50, 0, 0, 20, 0, threads, 0, 1000,
              1 << 31, 50000] + [0] * 28
    return "%d (%s) %s\n" % (pid, comm, " ".join(str(f) for f in fields))


for name in ("meminfo", "diskstats", "stat"):
    with open("/proc/" + name, encoding="ascii") as live:
        put(name, live.read())
put("1/net/dev", "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n")
for i in range(count):
    pid = 1000 + 10 * i
    put("%d/cmdline" % pid, "\0".join((
        "/usr/bin/qemu-system-x86_64", "-name", "guest=vm-%05d,debug-threads=on" % i, "-uuid",
        "11111111-2222-4333-8444-%012d" % i, "-m", "1024", "-smp", "1")) + "\0")
    put("%d/stat" % pid, stat_line(pid, "qemu-system-x86", 2))
    for tid, comm in ((pid, "qemu-system-x86"), (pid + 1, "CPU 0/KVM")):
        put("%d/task/%d/comm" % (pid, tid), comm + "\n")
        put("%d/task/%d/stat" % (pid, tid), stat_line(tid, comm, 2))
        put("%d/task/%d/schedstat" % (pid, tid), "123456789 1234567 100\n")
        put("%d/task/%d/cgroup" % (pid, tid), "0::/\n")
    put("%d/io" % pid, "rchar: 1\nwchar: 1\nsyscr: 1\nsyscw: 1\nread_bytes: 0\nwrite_bytes: 0\n"
        "cancelled_write_bytes: 0\n")
