#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The yardstick for what monitors cost their QEMUs: three questions to each VM and second, each in a
connection of its own, one after the other. Use: three_connections.py SOCKET... Ends on SIGTERM. Each
round is a letter on standard output.
"""

import signal
import socket
import sys
import time

QUESTIONS = ("query-status", "query-blockstats", "query-balloon")


def read_message(stream):
    while True:
        line = stream.readline()
        if not line or b'"event"' not in line:
            return line


def ask(path, question):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(1)
        sock.connect(path)
        stream = sock.makefile("rb")
        read_message(stream)
        for command in ("qmp_capabilities", question):
            sock.sendall(b'{"execute": "%s"}' % command.encode())
            if b'"return"' not in read_message(stream):
                sys.exit(f"{path}: no answer to {command}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    beat = time.monotonic()
    while True:
        for path in sys.argv[1:]:
            for question in QUESTIONS:
                ask(path, question)
        print("r", end="", flush=True)
        beat = max(beat + 1, time.monotonic())
        time.sleep(max(0, beat - time.monotonic()))


main()
