#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An HTTP server that takes POSTs, answers as it is told, and writes down what it saw.

http_peer.py DIR [--port=N] [--answers=CODE,...] [--retry-after=TEXT] [--style=...] [--cert=FILE]

DIR/port gets the port once it listens; DIR/requests a JSON object per line for each request, with
the number of its connection, the status that was answered, and its body (unpacked, when it came in
gzip). The last of the answers is given again and again. --keep tells how many requests a connection
lives, without a word that it will end.
"""
import argparse
import gzip
import http.server
import json
import os
import ssl
import threading
import time

LOCK = threading.Lock()
BIG = 1 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served = 0

    def setup(self):
        super().setup()
        with LOCK:
            self.server.connections += 1
            self.connection_number = self.server.connections

    def log_message(self, *args):
        pass

    def version_string(self):
        return "peer"

    def write_down(self, body, status):
        headers = [[name.lower(), value] for name, value in self.headers.items()]
        packed = self.headers.get("Content-Encoding") == "gzip"
        line = {
            "path": self.path,
            "headers": dict(headers),
            "header_names": [name for name, _ in headers],
            "connection": self.connection_number,
            "status": status,
            "time": time.monotonic(),
            "packed": packed,
            "body": (gzip.decompress(body) if packed else body).decode(),
        }
        with open(f"{self.server.options.dir}/requests", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def do_POST(self):
        options = self.server.options
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with LOCK:
            status = self.server.answers[0]
            if len(self.server.answers) > 1:
                self.server.answers.pop(0)
            if options.need_token:
                with open(options.need_token, encoding="utf-8") as file:
                    wanted = "Bearer " + file.read().strip()
                status = 200 if self.headers.get("Authorization") == wanted else 401
            self.write_down(body, status)
        getattr(self, "answer_" + options.style)(status)
        self.served += 1
        if options.keep and self.served == options.keep:
            self.close_connection = True

    def start(self, status):
        self.send_response(status)
        if self.server.options.retry_after and status != 200:
            self.send_header("Retry-After", self.server.options.retry_after)
        if status // 100 == 3:
            self.send_header("Location", "http://elsewhere.example/")

    def answer_plain(self, status):
        self.start(status)
        if status == 204:
            self.end_headers()
            return
        text = f"\r\n  status \x1b[31m{status}, it says\nsecond line\n".encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer_silent(self, _status):
        time.sleep(3600)

    def answer_half(self, status):
        """Headers that promise a body that never comes."""
        self.start(status)
        self.send_header("Content-Length", "10")
        self.end_headers()
        time.sleep(3600)

    def answer_old(self, status):
        """Until the end of the connection."""
        self.protocol_version = "HTTP/1.0"
        self.start(status)
        self.end_headers()
        self.wfile.write(b"as in the old days\n")
        self.close_connection = True

    def answer_chunked(self, status):
        self.start(status)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n6\r\n there\n\r\n0\r\nTrailer: x\r\n\r\n")

    def answer_large(self, status):
        self.start(status)
        self.send_header("Content-Length", str(BIG))
        self.end_headers()
        self.wfile.write(b"x" * BIG)

    def answer_endless(self, status):
        self.start(status)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    def answer_headers(self, status):
        """Headers without end."""
        self.start(status)
        self.flush_headers()
        while True:
            self.wfile.write(b"X-Filler: " + b"x" * 1024 + b"\r\n")

    def answer_garbage(self, _status):
        self.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n" + os.urandom(1000))
        self.close_connection = True

    def answer_close(self, _status):
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    connections = 0

    def handle_error(self, *args):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--answers", default="200")
    parser.add_argument("--retry-after")
    parser.add_argument("--style", default="plain")
    parser.add_argument("--cert")
    parser.add_argument("--keep", type=int, default=0)
    parser.add_argument("--need-token")
    options = parser.parse_args()
    server = Server(("127.0.0.1", options.port), Handler)
    server.options = options
    server.answers = [int(answer) for answer in options.answers.split(",")]
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    with open(f"{options.dir}/port.new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.rename(f"{options.dir}/port.new", f"{options.dir}/port")
    server.serve_forever()


main()
