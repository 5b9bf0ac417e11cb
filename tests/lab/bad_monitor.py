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


def answer(sock, what, first):
    """Answers each question with `what`, and the first one of all with `first`."""
    sock.sendall(GREETING + EVENT)
    while True:
        # Whole questions: they come in one piece, and are told apart by their braces.
        text = sock.recv(65536).decode()
        if not text:
            return
        while text:
            question, used = json.JSONDecoder().raw_decode(text)
            text = text[used:]
            number = question.get("id")
            reply = dict(first or what, **({} if number is None else {"id": number}))
            sock.sendall(EVENT + json.dumps(reply).encode() + b"\r\n")
            first = None


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
    "mistyped": lambda sock: answer(sock, {"return": [5]}, None),
    "refusing": lambda sock: answer(sock, {"error": {"class": "CommandNotFound"}}, {"return": {}}),
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
