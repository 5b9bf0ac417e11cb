# SPDX-License-Identifier: GPL-2.0-or-later
# A receiver of UDP: receiver.py PORT DIR [ADDRESS]. Each datagram becomes a file of DIR, numbered from
# 1; DIR/ready says that it listens. Ends with SIGTERM.
import os
import socket
import sys

port, directory = int(sys.argv[1]), sys.argv[2]
address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
os.makedirs(directory, exist_ok=True)
receiver = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
try:  # what comes while this process does not run waits for it
    receiver.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
except OSError:
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
receiver.bind((address, port))
open(os.path.join(directory, "ready"), "w").close()
number = 0
while True:
    datagram = receiver.recv(65536)
    number += 1
    path = os.path.join(directory, "%06d" % number)
    with open(path + ".part", "wb") as file:
        file.write(datagram)
    os.rename(path + ".part", path)
