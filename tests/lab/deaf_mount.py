# SPDX-License-Identifier: GPL-2.0-or-later
# Mounts a file system by FUSE that never answers a question, until the program ends.
# Use: deaf_mount.py DIRECTORY
import ctypes
import os
import struct
import sys

FUSE_INIT = 26

libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
if libc.mount(b"deaf", sys.argv[1].encode(), b"fuse", 0, options.encode()) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
while True:
    request = os.read(fd, 1 << 20)
    _, opcode, unique = struct.unpack_from("IIQ", request)
    if opcode == FUSE_INIT:
        # struct fuse_init_out of version 7.31: all of it is agreed to.
        body = struct.pack("IIIIHHIIHHI28x", 7, 31, 65536, 0, 16, 12, 65536, 1, 32, 0, 0)
        os.write(fd, struct.pack("IiQ", 16 + len(body), 0, unique) + body)
