#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a running program costs, told as "name figure" lines.

watch_program.py PID CYCLES INTERVAL URL [DIRECTORY]: for CYCLES cycles of INTERVAL seconds nothing
is asked of it, which is when CPU time counts; then it is asked for URL a hundred times a second for
as long again: an answer that is late says that its main thread was at something else. DIRECTORY:
files that are replaced there are counted.
"""
import os
import sys
import time
import urllib.parse
import socket


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def cpu_of_threads(pid):
    """Nanoseconds per thread."""
    times = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            times[int(tid)] = int(read(f"/proc/{pid}/task/{tid}/schedstat").split()[0])
        except OSError:
            pass
    return times


def status_kb(pid, key):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def written_bytes(pid):
    for line in read(f"/proc/{pid}/io").splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def inodes(directory):
    with os.scandir(directory) as entries:
        return {entry.name: entry.inode() for entry in entries if not entry.name.startswith(".")}


def ask(where, host, path):
    """Seconds until the whole answer was there."""
    begin = time.monotonic()
    with socket.create_connection(where, timeout=30) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        while sock.recv(65536):
            pass
    return time.monotonic() - begin


def watch_cpu(pid, cycles, interval, directory):
    before, bytes_before = cpu_of_threads(pid), written_bytes(pid)
    files = inodes(directory) if directory else {}
    replaced, most = 0, 0
    for _ in range(cycles):
        time.sleep(interval)
        if directory:
            now = inodes(directory)
            count = sum(files.get(name) != inode for name, inode in now.items())
            replaced, most, files = replaced + count, max(most, count), now
    after = cpu_of_threads(pid)
    spent = sorted(((after[t] - before.get(t, 0)) / 1e6 / cycles, t) for t in after)
    print("cpu_cycle_ms", f"{sum(ms for ms, _ in spent):.2f}")
    print("cpu_main_ms", f"{dict((t, ms) for ms, t in spent)[pid]:.2f}")
    print("written_mb_s", f"{(written_bytes(pid) - bytes_before) / 1e6 / cycles / interval:.2f}")
    if directory:
        print("states_cycle", f"{replaced / cycles:.1f}")
        print("states_cycle_most", most)


def watch_answers(cycles, interval, url):
    parts = urllib.parse.urlsplit(url)
    where, times = (parts.hostname, parts.port), []
    until = time.monotonic() + cycles * interval
    while time.monotonic() < until:
        times.append(ask(where, parts.netloc, parts.path))
        time.sleep(0.01)
    times.sort()
    print("answer_p50_ms", f"{times[len(times) // 2] * 1e3:.2f}")
    print("answer_p99_ms", f"{times[len(times) * 99 // 100] * 1e3:.2f}")
    print("answer_max_ms", f"{times[-1] * 1e3:.2f}")


def main():
    pid, cycles, interval = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    watch_cpu(pid, cycles, interval, sys.argv[5] if len(sys.argv) > 5 else None)
    watch_answers(cycles, interval, sys.argv[4])
    print("rss_kb", status_kb(pid, "VmRSS"))
    print("hwm_kb", status_kb(pid, "VmHWM"))


main()
