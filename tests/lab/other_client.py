#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Another client of VMs' monitors, as Proxmox VE's own: two short conversations a second with each.

Use: other_client.py SECONDS SOCKET... [-- SOCKET...]
Each connection tries again every 0.1 s while the socket's queue is full, and gives up 3 s after its
begin. Prints "COUNT FAILED MEDIAN P99 MAX" for each of the groups of sockets, times in milliseconds,
and why some failed.
"""

import itertools
import json
import socket
import sys
import threading
import time

LIMIT_S = 3
# Not quite 0.5 s: the conversations wander through the beats of whoever else asks.
BEAT_S = 0.49
COMMANDS = ("qmp_capabilities", "query-status", "query-balloon")


def connect(sock, path, end):
    while True:
        try:
            return sock.connect(path)
        except BlockingIOError:
            if time.monotonic() + 0.1 >= end:
                raise
            time.sleep(0.1)


def read_message(stream, end, sock):
    """The next line that is no event."""
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        sock.settimeout(left)
        line = stream.readline()
        if not line:
            raise ConnectionError("closed")
        message = json.loads(line)
        if "event" not in message:
            return message


def converse(path):
    end = time.monotonic() + LIMIT_S
    with socket.socket(socket.AF_UNIX) as sock:
        # With a time limit a full queue would be waited for and not be told.
        sock.setblocking(False)
        connect(sock, path, end)
        sock.settimeout(LIMIT_S)
        stream = sock.makefile("rb")
        if "QMP" not in read_message(stream, end, sock):
            raise ConnectionError("no greeting")
        for command in COMMANDS:
            sock.sendall(json.dumps({"execute": command}).encode())
            if "return" not in read_message(stream, end, sock):
                raise ConnectionError(f"{command} failed")


def follow(path, start, end, waits, failures):
    beat = start
    while beat < end:
        time.sleep(max(0.0, beat - time.monotonic()))
        begin = time.monotonic()
        try:
            converse(path)
        except (OSError, ValueError) as error:
            failures.append(f"{path}: {error!r}")
        waits.append(time.monotonic() - begin)
        beat = max(beat + BEAT_S, time.monotonic() - BEAT_S)


def main():
    seconds, paths = float(sys.argv[1]), sys.argv[2:]
    groups = []
    for is_separator, group in itertools.groupby(paths, key=lambda path: path == "--"):
        if not is_separator:
            groups.append((list(group), [], []))
    threads = []
    start = time.monotonic()
    for sockets, waits, failures in groups:
        for i, path in enumerate(sockets):
            first = start + i * BEAT_S / len(sockets)
            arguments = (path, first, start + seconds, waits, failures)
            threads.append(threading.Thread(target=follow, args=arguments))
            threads[-1].start()
    for thread in threads:
        thread.join()
    for _, waits, failures in groups:
        waits.sort()
        figures = [waits[int(len(waits) * part)] * 1000 for part in (0.5, 0.99)] + [waits[-1] * 1000]
        print(len(waits), len(failures), *(f"{figure:.2f}" for figure in figures))
    for _, _, failures in groups:
        for failure in failures:
            print(failure)


main()
