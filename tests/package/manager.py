#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A service manager, as far as sd_notify(3) goes: manager.py SOCKET FILE. Each line of each datagram
becomes a line of FILE, with the seconds since it listens in front. SOCKET may begin with @."""
import socket
import sys
import time

name, path = sys.argv[1:]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\0" + name[1:] if name[0] == "@" else name)
started = time.monotonic()
with open(path, "w", encoding="utf-8") as file:
    while True:
        for line in receiver.recv(65536).decode().splitlines():
            print(f"{time.monotonic() - started:.3f}", line, file=file, flush=True)
