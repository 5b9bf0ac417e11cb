#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients of a web server that are many, slow or rude.

serve_clients.py PORT crowd COUNT FILE    COUNT connections at once, each second one silent; prints how the others fared;
                                          the silent ones come again until FILE is there
serve_clients.py PORT slow COUNT PATH S   COUNT readers who ask for PATH and take next to nothing of it for S seconds
serve_clients.py PORT silent COUNT S      COUNT connections that never send a byte, for S seconds; prints how many were ended
serve_clients.py PORT trickle S           sends a header byte by byte; prints after how many seconds it was cut off
serve_clients.py PORT rude                garbage of many kinds; fails if the server does not answer afterwards
serve_clients.py PORT flood S             asks on and on for S seconds and reads nothing
serve_clients.py PORT reset COUNT         connections that are reset at once, or in the middle of their request
"""
import collections
import concurrent.futures
import os
import random
import resource
import select
import selectors
import socket
import struct
import sys
import time

HOST = "127.0.0.1"


def connect(port, receive=None):
    client = socket.socket()
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.settimeout(60)
    client.connect((HOST, port))
    return client


def request(path, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def read_answer(client):
    """Status and body of one answer; (None, ...) when there is none."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            piece = client.recv(65536)
            if not piece:
                return None, data
            data += piece
        head, body = data.split(b"\r\n\r\n", 1)
        size = 0
        for line in head.split(b"\r\n")[1:]:
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                size = int(value)
        while len(body) < size:
            piece = client.recv(65536)
            if not piece:
                return None, data
            body += piece
        return int(head.split()[1]), body
    except OSError:
        return None, data


def ask(port, path, more=""):
    with connect(port) as client:
        client.sendall(request(path, more))
        return read_answer(client)


def crowd(port, count, release):
    clients = []
    for _ in range(count):
        try:
            clients.append(connect(port))
        except OSError:
            clients.append(None)
    fared = collections.Counter()
    asked = []
    for client in clients[1::2]:
        try:
            client.sendall(request("/healthz"))
            asked.append(client)
        except (OSError, AttributeError):
            fared["closed"] += 1
    for client in asked:
        status, _ = read_answer(client)
        fared[str(status) if status else "closed"] += 1
    print(" ".join(f"{key}={fared[key]}" for key in sorted(fared)), flush=True)
    for client in asked:
        client.close()
    silent_ones = clients[::2]
    while not os.path.exists(release):
        for i, client in enumerate(silent_ones):
            if not client or is_told_to_go(client):
                silent_ones[i] = come_again(port, client)
        time.sleep(0.05)
    for client in silent_ones:
        if client:
            client.close()


def is_told_to_go(client):
    poll = select.poll()
    poll.register(client, select.POLLIN | select.POLLRDHUP)
    return bool(poll.poll(0))


def come_again(port, client):
    if client:
        client.close()
    try:
        return connect(port)
    except OSError:
        return None


def slow(port, count, path, seconds):
    ended = select.POLLRDHUP | select.POLLHUP | select.POLLERR
    clients = []
    for _ in range(count):
        client = connect(port, 2048)
        # The kernel takes an answer or two on the client's behalf.
        client.sendall(request(path) * 8)
        client.setblocking(False)
        clients.append(client)
    end = time.monotonic() + seconds
    while time.monotonic() < end and clients:
        poll = select.poll()
        for client in clients:
            poll.register(client, select.POLLRDHUP)
        gone = {fd for fd, events in poll.poll(0) if events & ended}
        clients = [client for client in clients if client.fileno() not in gone]
        for client in clients:
            try:
                client.recv(1)
            except OSError:
                pass
        time.sleep(0.2)
    print(len(clients))


def silent(port, count, seconds):
    clients = [connect(port) for _ in range(count)]
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client, selectors.EVENT_READ)
    end = time.monotonic() + seconds
    ended = 0
    while ended < count and time.monotonic() < end:
        for key, _ in selector.select(0.5):
            selector.unregister(key.fileobj)
            ended += 1
    print(ended)


def trickle(port, seconds):
    client = connect(port)
    began = time.monotonic()
    client.sendall(b"GET / HTTP/1.1\r\nX: ")
    while time.monotonic() - began < seconds:
        try:
            client.sendall(b"x")
            client.settimeout(0.5)
            if not client.recv(100):
                break
        except socket.timeout:
            continue
        except OSError:
            break
    print(round(time.monotonic() - began))


def rude(port):
    source = random.Random(1)
    line = b"GET /json HTTP/1.1\r\n"
    bodies = [
        os.urandom(3000),
        b"\x00" * 3000,
        b"\xff\r\n" * 3000,
        b"G" * 1000000,
        b"GET /" + b"x" * 1000000 + b" HTTP/1.1\r\n\r\n",
        line + b"X: " + b"y" * 1000000 + b"\r\n\r\n",
        line + b"X: y\r\n" * 100000 + b"\r\n",
        line + b"Content-Length: -1\r\n\r\n",
        line + b"Content-Length: 99999999999999999999\r\n\r\n" + b"z" * 100000,
        line + b"Content-Length: 9223372036854775807\r\n\r\n" + b"z" * 100000,
        line + b"Content-Length: 1024\r\n\r\n" + b"z" * 10,
        line + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nzzzzzz",
        line + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nz\r\n0\r\n\r\n",
        line + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nz",
        line + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nz\r\n" * 5000 + b"0\r\n\r\n",
        line + b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
        line + b" folded\r\n\r\n",
        line + b": empty\r\nno colon\r\n\r\n",
        line + b"Accept: " + b"text/plain;q=0.5," * 400 + b"\r\n\r\n",
        line + b"Accept-Encoding: " + b"\"" * 4000 + b"\r\n\r\n",
        line + b"Authorization: Basic " + b"=" * 4000 + b"\r\n\r\n",
        b"GET http://[::1/%zz?%00 HTTP/1.1\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\n\r\n",
        b"GET //json HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500),
        b"HEAD /json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 300,
        request("/json") * 300,
        request("/nope") * 1000,
    ]
    for _ in range(200):
        base = bytearray(request("/json", "Accept: text/plain\r\nContent-Length: 3\r\n") + b"abc")
        for _ in range(source.randrange(1, 6)):
            base[source.randrange(len(base))] = source.randrange(256)
        bodies.append(bytes(base))
    def send(body):
        with connect(port) as client:
            client.settimeout(0.2)
            try:
                client.sendall(body)
                for _ in range(20):
                    if not client.recv(65536):
                        break
            except OSError:
                pass

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(send, bodies))
    status, _ = ask(port, "/healthz")
    if status not in (200, 503):
        sys.exit(f"no answer after all that: {status}")


def flood(port, seconds):
    client = connect(port, 2048)
    client.setblocking(False)
    end = time.monotonic() + seconds
    sent = 0
    while time.monotonic() < end:
        try:
            sent += client.send(request("/json") * 100)
        except BlockingIOError:
            time.sleep(0.05)
        except OSError:
            break
    print(sent)


def reset(port, count):
    for i in range(count):
        client = connect(port)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if i % 3:
            client.sendall(request("/json")[: 10 if i % 3 == 1 else None])
        client.close()


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
    port, what, rest = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    arguments = [int(a) if a.isdigit() else a for a in rest]
    {"crowd": crowd, "slow": slow, "silent": silent, "trickle": trickle, "rude": rude,
     "flood": flood, "reset": reset}[what](port, *arguments)


if __name__ == "__main__":
    main()
