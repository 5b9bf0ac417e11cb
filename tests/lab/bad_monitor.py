#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A monitor that misbehaves in one way.

Use: bad_monitor.py KIND SOCKET [ARGUMENT...]; further arguments are those of the QEMU that it plays.
"""

import json
import os
import socket
import sys

GREETING = b'{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": ["oob"]}}\r\n'
EVENT = b'{"timestamp": {"seconds": 1}, "event": "FROM_THE_FUTURE", "data": [{}]}\r\n'
MEGABYTES = 10 << 20


def flood(sock, start, piece):
    text = piece * (4096 // len(piece))
    sock.sendall(GREETING + start)
    for _ in range(MEGABYTES // len(text)):
        sock.sendall(text)


def answer(sock, reply):
    """Answers what is asked by reply(id), batch by batch, the last question first."""
    sock.sendall(GREETING + EVENT)
    while True:
        questions = sock.recv(65536).splitlines()
        if not questions:
            return
        for question in reversed(questions):
            sock.sendall(EVENT + reply(json.dumps(json.loads(question)["id"]).encode()))


def vanish(sock):
    sock.sendall(GREETING)
    sock.recv(65536)
    sock.sendall(b'{"return": {"sta')
    sock.shutdown(socket.SHUT_RDWR)


KINDS = {
    "mute": lambda sock: None,
    "half": lambda sock: sock.sendall(GREETING[:20]),
    "endless": lambda sock: flood(sock, b'{"return": "', b"x"),
    "deep": lambda sock: flood(sock, b'{"return": ', b"["),
    "wide": lambda sock: flood(sock, b'{"return": [', b"{},"),
    "garbled": lambda sock: sock.sendall(GREETING + b"}{,,\0"),
    "vanishing": vanish,
    # These two answer.
    "mistyped": lambda sock: answer(sock, lambda number: b'{"id": %b, "return": [5]}\r\n' % number),
    "refusing": lambda sock: answer(
        sock,
        lambda number: b'{"id": %b, "return": {}}\r\n' % number
        if number == b"31"
        else b'{"id": %b, "error": {"class": "CommandNotFound"}}\r\n' % number,
    ),
}


def main():
    kind, path = sys.argv[1:3]
    with socket.socket(socket.AF_UNIX) as listener:
        if os.path.exists(path):
            os.unlink(path)
        listener.bind(path)
        listener.listen(1)
        while True:
            sock = listener.accept()[0]
            try:
                KINDS[kind](sock)
                while sock.recv(65536):
                    pass
            except OSError:
                pass
            sock.close()


main()
