#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends one command to a QEMU monitor and prints what it returns.

Use: qmp.py SOCKET '{"execute": "query-status"}'
"""

import json
import socket
import sys


def read_reply(stream):
    """The next line that is no event."""
    while True:
        line = stream.readline()
        if not line:
            sys.exit("the monitor has closed the connection")
        message = json.loads(line)
        if "event" not in message:
            return message


def main():
    path, command = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(path)
        stream = sock.makefile("rw", encoding="utf-8")
        read_reply(stream)
        for message in ('{"execute": "qmp_capabilities"}', command):
            stream.write(message + "\n")
            stream.flush()
            reply = read_reply(stream)
            if "error" in reply:
                sys.exit(f"{message}: {reply['error']['desc']}")
    print(json.dumps(reply["return"]))


main()
