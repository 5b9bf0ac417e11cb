#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an open file of /proc costs, in bytes, as the memory controller of cgroups counts it, which MemoryMax=
limits. Use: kernel_memory.py NAME, of a cgroup that is made below the root and removed. Exit 77: there is no
such controller here."""
import os
import resource
import sys
import time

FIRST, FILES = 256, 3000  # the first ones pay for what is allocated once
PLACES = (("/sys/fs/cgroup/memory", "memory.usage_in_bytes"), ("/sys/fs/cgroup", "memory.current"))


def measure(group, usage):
    """Bytes per file, of a child that is the only one in the group."""
    def used():
        with open(os.path.join(group, usage), encoding="ascii") as file:
            return int(file.read())

    def hold(count):
        for _ in range(count):
            os.pread(os.open("/proc/self/stat", os.O_RDONLY), 4096, 0)

    resource.setrlimit(resource.RLIMIT_NOFILE, (FIRST + FILES + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with open(os.path.join(group, "cgroup.procs"), "w", encoding="ascii") as file:
        file.write("0")
    hold(FIRST)
    before = used()
    hold(FILES)
    print((used() - before) // FILES, flush=True)


def main():
    """In the first hierarchy that counts memory."""
    for root, usage in PLACES:
        group = os.path.join(root, sys.argv[1])
        try:
            os.mkdir(group)
        except OSError:
            continue
        try:
            if not os.path.exists(os.path.join(group, usage)):
                continue
            child = os.fork()
            if child == 0:
                try:
                    measure(group, usage)
                    os._exit(0)
                finally:
                    os._exit(1)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        finally:
            remove(group)
    return 77


def remove(group):
    """A process that ended is in it for a moment more."""
    for _ in range(600):
        try:
            os.rmdir(group)
            return
        except OSError:
            time.sleep(0.1)


sys.exit(main())
