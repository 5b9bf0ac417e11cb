#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends a guest a known number of frames through a device and counts those that it answers.

Use: traffic.py FILE DEVICE MAC ADDRESS [FRAMES-PER-SECOND] [BYTES]     until SIGTERM

Besides frames of BYTES that the guest drops (an EtherType for experiments) it sends ARP requests for ADDRESS,
a quarter as many, each of which the guest answers with one frame. FILE.begun is there when it counts. FILE becomes [[time, counters], ...] with
the counters sent, sent_bytes, got and got_bytes.
"""

import json
import os
import signal
import socket
import struct
import sys
import time

TICK = 0.02
EXPERIMENTAL = 0x88B5
ARP = 0x0806
ETH_P_ALL = 3
PACKET_OUTGOING = 4
OWN_MAC = bytes.fromhex("020000abcdef")


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def arp_request(mac, address):
    head = mac + OWN_MAC + struct.pack("!H", ARP)
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + OWN_MAC + socket.inet_aton(address.rsplit(".", 1)[0] + ".1")
    return head + body + bytes(6) + socket.inet_aton(address)


class Traffic:
    """Counts what went out and what came back."""

    def __init__(self, device, mac):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((device, ETH_P_ALL))
        self.sock.setblocking(False)
        self.mac = mac
        self.counters = {"sent": 0, "sent_bytes": 0, "got": 0, "got_bytes": 0}

    def send(self, frame):
        self.sock.send(frame)
        self.counters["sent"] += 1
        self.counters["sent_bytes"] += len(frame)

    def receive(self):
        while True:
            try:
                frame, origin = self.sock.recvfrom(65536)
            except BlockingIOError:
                return
            if origin[2] != PACKET_OUTGOING and frame[6:12] == self.mac:
                self.counters["got"] += 1
                self.counters["got_bytes"] += len(frame)


def main():
    path, device, mac, address = sys.argv[1:5]
    per_second = int(sys.argv[5]) if len(sys.argv) > 5 else 200
    size = int(sys.argv[6]) if len(sys.argv) > 6 else 1000
    traffic = Traffic(device, mac_bytes(mac))
    plain = (mac_bytes(mac) + OWN_MAC + struct.pack("!H", EXPERIMENTAL)).ljust(size, b"x")
    request = arp_request(mac_bytes(mac), address)
    samples = []
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    start = time.monotonic()
    plains = requests = 0
    last = False
    while not last:
        # Once more after the signal, or what came last would not be covered.
        last = bool(stopping)
        elapsed = time.monotonic() - start
        while plains < elapsed * per_second:
            traffic.send(plain)
            plains += 1
        while requests < elapsed * per_second / 4:
            traffic.send(request)
            requests += 1
        traffic.receive()
        samples.append((time.time(), dict(traffic.counters)))
        if len(samples) == 1:
            os.close(os.open(path + ".begun", os.O_WRONLY | os.O_CREAT, 0o600))
        time.sleep(TICK)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(samples, file)


main()
