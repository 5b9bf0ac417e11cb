#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer of --output=tcp for tests, and what compares what it got.

peer.py serve   DIR PORT   takes connections; what each brings goes to DIR/0001, DIR/0002, ...
peer.py harass  DIR PORT   does so in a process that is killed and started again, many times
peer.py kill    PID        kills a peer that was started by "serve" once it has read what has come
peer.py compare DIR FILE   whether DIR holds each line of FILE once and in order
"""
import argparse
import json
import os
import random
import selectors
import signal
import socket
import ssl
import subprocess
import sys
import time


def next_file(directory):
    """A file for one more connection."""
    return open(os.path.join(directory, "%04d" % (1 + connections(directory))), "xb", buffering=0)


def touch(path):
    with open(path, "w", encoding="ascii"):
        pass


class Connection:
    def __init__(self, sock, args):
        self.sock = sock
        self.args = args
        self.file = next_file(args.dir)

    def take(self):
        """False at the end."""
        try:
            if self.args.cert:
                data = self.sock.recv(65536)
                self.file.write(data)
                return bool(data)
            # First written, then taken: whoever is killed between the two has not read it.
            data = self.sock.recv(65536, socket.MSG_PEEK)
            self.file.write(data)
            self.sock.recv(len(data))
            return bool(data)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False

    def close(self):
        self.sock.close()
        os.rename(self.file.name, self.file.name + ".end")
        self.file.close()


def tls_context(args):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert)
    if args.client_ca:
        context.load_verify_locations(args.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def accept(listener, args, context):
    sock, _ = listener.accept()
    if context:
        try:
            sock = context.wrap_socket(sock, server_side=True)
        except (ssl.SSLError, OSError) as error:
            print("handshake:", error, flush=True)
            return None
    return Connection(sock, args)


def serve(args):
    dying = []
    signal.signal(signal.SIGUSR1, lambda *_: dying.append(True))
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    listener = socket.create_server((args.host, args.port), family=family)
    if args.mute:  # set before, so that every connection has it
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    context = tls_context(args) if args.cert else None
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    deaf = []
    touch(os.path.join(args.dir, "ready"))
    while True:
        events = selector.select(0 if dying else 0.02)
        if dying and not events:
            os.kill(os.getpid(), signal.SIGKILL)
        for key, _ in events:
            if key.fileobj is listener:
                connection = accept(listener, args, context)
                if connection and args.mute:
                    deaf.append(connection)
                elif connection:
                    selector.register(connection.sock, selectors.EVENT_READ, connection)
            elif not key.data.take():
                selector.unregister(key.fileobj)
                key.data.close()


def kill_read(pid):
    """What a kernel has acknowledged for a process that then is killed before it read two records
    nobody can know of: the peer dies by itself, at a moment at which it has nothing to read."""
    os.kill(pid, signal.SIGUSR1)


def connections(directory):
    return sum(name[0].isdigit() for name in os.listdir(directory))


def harass(args):
    seed = args.seed if args.seed is not None else random.randrange(1 << 32)
    print("seed", seed, flush=True)
    chance = random.Random(seed)
    command = [sys.executable, __file__, "serve", "--host", args.host, args.dir, str(args.port)]
    child = None

    def leave(*_):
        if child:
            child.kill()
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    for number in range(args.kills):
        before = connections(args.dir)
        child = subprocess.Popen(command)
        # Most die with a connection, however long it took to get one, some maybe before.
        limit = time.monotonic() + (120 if number % 4 else 0)
        while connections(args.dir) == before and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.05, args.period))
        kill_read(child.pid)
        child.wait()
        child = None
        time.sleep(chance.uniform(0, args.period))
    child = subprocess.Popen(command)
    touch(os.path.join(args.dir, "calm"))
    child.wait()


def lines_of(path, whole):
    with open(path, "rb") as file:
        text = file.read()
    lines = text.split(b"\n")
    rest = lines.pop()
    if whole and rest:
        sys.exit("%s ends within a line" % path)
    return lines


class Comparison:
    def __init__(self, args):
        self.args = args
        self.expected = lines_of(args.file, True)
        if args.header:
            self.expected.pop(0)
        self.places = {line: place for place, line in enumerate(self.expected)}
        if len(self.places) != len(self.expected):
            sys.exit("the lines of %s are not different ones" % args.file)
        self.place = 0  # of the line that comes next
        self.missing = self.twice = self.unknown = 0

    def take(self, path, number, line, first):
        if not self.args.header:
            json.loads(line)
        place = self.places.get(line)
        if place is None:
            self.unknown += 1
            print("%s: line %d is not among those expected" % (path, number))
        elif first and place < self.place:
            print("%s: %d lines come again" % (path, self.place - place))
            self.twice += self.place - place
            self.place = place + 1
        elif place < self.place:
            sys.exit("%s: line %d comes out of order" % (path, number))
        else:
            if place > self.place:
                print("%s: %d lines are missing before line %d, which is line %d of the file"
                      % (path, place - self.place, number, place + 1))
            self.missing += place - self.place
            self.place = place + 1

    def take_connection(self, path):
        lines = lines_of(path, False)
        if self.args.header and lines:
            if lines.pop(0) != self.args.header.encode():
                sys.exit("%s does not begin with the header" % path)
        first = True
        for number, line in enumerate(lines, 1):
            self.take(path, number, line, first)
            first = False

    def end(self):
        self.missing += len(self.expected) - self.place
        print("%d lines, %d missing, %d twice, %d unknown"
              % (len(self.expected), self.missing, self.twice, self.unknown))
        return (len(self.expected) >= self.args.least and self.missing <= self.args.missing
                and self.twice <= self.args.twice and self.unknown <= self.args.unknown)


def compare(args):
    comparison = Comparison(args)
    for name in sorted(os.listdir(args.dir)):
        if name[0].isdigit():
            comparison.take_connection(os.path.join(args.dir, name))
    sys.exit(0 if comparison.end() else 1)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("serve", "harass"):
        command = commands.add_parser(name)
        command.add_argument("--host", default="127.0.0.1")
        command.add_argument("dir")
        command.add_argument("port", type=int)
        if name == "serve":
            command.add_argument("--cert", help="speak TLS; a file with certificate and key")
            command.add_argument("--client-ca", help="demand a certificate of its authority")
            command.add_argument("--mute", action="store_true", help="accept and never read")
        else:
            command.add_argument("--kills", type=int, default=20)
            command.add_argument("--period", type=float, default=1, help="seconds")
            command.add_argument("--seed", type=int)
    command = commands.add_parser("kill")
    command.add_argument("pid", type=int)
    command = commands.add_parser("compare")
    command.add_argument("dir")
    command.add_argument("file")
    command.add_argument("--header")
    command.add_argument("--least", type=int, default=1, help="lines that FILE has at least")
    for limit in ("missing", "twice", "unknown"):
        command.add_argument("--" + limit, type=int, default=0)
    args = parser.parse_args()
    {"serve": serve, "harass": harass, "compare": compare,
     "kill": lambda args: kill_read(args.pid)}[args.command](args)


if __name__ == "__main__":
    main()
