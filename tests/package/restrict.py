#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a unit file says, and a program under its restrictions, where no systemd runs.

restrict.py merge UNIT [DROPIN...]            prints the unit that systemd would make of them
restrict.py get UNIT SECTION KEY              prints the values of a setting, one a line
restrict.py command UNIT NAME=VALUE...        prints the words of ExecStart=, one a line, with variables filled in
restrict.py filter UNIT (refuse|kill) CMD...  runs CMD with the unit's SystemCallFilter=, RestrictAddressFamilies=,
                                              MemoryDenyWriteExecute= and LimitNOFILE= (and RestrictNamespaces=yes); a
                                              system call outside fails as it would in the service, or kills
The filter is made by libseccomp, as systemd makes it. Users, capabilities and mounts are not its own."""
import ctypes
import os
import re
import resource
import shlex
import socket
import subprocess
import sys

ERRNO, KILL, ALLOW = 0x00050000, 0x80000000, 0x7FFF0000
EPERM, EAFNOSUPPORT = 1, 97
NE, MASKED_EQ = 1, 7
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
NAMESPACES = 0x7E020080
# What libraries try and do without: libnuma, which libvirt brings, asks for what the kernel has.
TRIED = ("set_mempolicy",)
# Settings that are lists: each line adds to them, an empty one empties them.
LISTS = {"SystemCallFilter", "RestrictAddressFamilies", "CapabilityBoundingSet", "AmbientCapabilities",
         "Environment", "EnvironmentFile", "ExecStart", "ExecReload", "StateDirectory", "IPAddressAllow",
         "IPAddressDeny", "After", "Documentation"}


def read_settings(paths):
    """The settings of a unit and its drop-ins, by systemd.unit(5) and systemd.syntax(7)."""
    settings, section = {}, None
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines = file.read().replace("\\\n", " ").splitlines()
        for line in lines:
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if line[0] == "[":
                section = line.strip("[]")
                continue
            key, value = (part.strip() for part in line.split("=", 1))
            values = settings.setdefault((section, key), [])
            if not value or key not in LISTS:
                values.clear()
            if value or key in LISTS:
                values.append(value)
    return settings


def get(settings, key, section="Service"):
    """The values of a setting that count."""
    return [value for value in settings.get((section, key), []) if value]


def merge(paths):
    """Text of one unit; an empty assignment stays, since it is not the default."""
    sections = {}
    for (section, key), values in read_settings(paths).items():
        sections.setdefault(section, []).extend(f"{key}={value}" for value in values)
    return "\n".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections.items())


def command(settings, variables):
    """The words of ExecStart=, by systemd.service(5): ${NAME} is filled in within a word."""
    words = shlex.split(get(settings, "ExecStart")[-1])
    return [re.sub(r"\$\{(\w+)\}", lambda match: variables.get(match.group(1), ""), word) for word in words]


def resolve(name, seen):
    """The system calls of a set (@name), or the one of that name."""
    if not name.startswith("@"):
        return {name}
    if name in seen:
        return set()
    seen.add(name)
    text = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], check=True,
                          capture_output=True, text=True).stdout
    calls = set()
    for line in text.splitlines()[1:]:
        line = line.strip()
        if line and not line.startswith("#"):
            calls |= resolve(line, seen)
    return calls


def allowed_calls(settings):
    """The first line decides that it is a list of what is allowed; further ones add, or (~) take away."""
    calls = resolve("@default", set())
    for line in get(settings, "SystemCallFilter"):
        names = set().union(*(resolve(name, set()) for name in line.lstrip("~").split()))
        calls = calls - names if line.startswith("~") else calls | names
    return calls | {"execve", "exit", "exit_group"}


class Compare(ctypes.Structure):
    """struct scmp_arg_cmp"""
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    """One filter; the kernel runs all that are loaded, and the strictest answer counts."""

    def __init__(self, default):
        self.lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.lib.seccomp_init.argtypes = [ctypes.c_uint32]
        self.lib.seccomp_load.argtypes = [ctypes.c_void_p]
        self.lib.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
        self.lib.seccomp_rule_add_array.argtypes = [
            ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Compare)]
        self.context = self.lib.seccomp_init(default)
        self.lib.seccomp_attr_set(self.context, 4, 1)  # SCMP_FLTATR_CTL_TSYNC

    def add(self, action, name, *compares):
        """False = this architecture has no such call."""
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return False
        array = (Compare * max(len(compares), 1))(*compares)
        result = self.lib.seccomp_rule_add_array(self.context, action, number, len(compares), array)
        if result < 0:
            raise OSError(-result, f"seccomp rule for {name}")
        return True

    def load(self):
        """From here on it holds."""
        result = self.lib.seccomp_load(self.context)
        if result < 0:
            raise OSError(-result, "seccomp_load")


def load_calls(settings, action):
    """SystemCallFilter="""
    names = sorted(allowed_calls(settings))
    filter_ = Filter(action)
    count = sum(filter_.add(ALLOW, name) for name in names)
    if count < 100:
        sys.exit(f"the unit allows {count} system calls: it is not understood")
    if action == KILL:
        for name in TRIED:
            filter_.add(ERRNO | EPERM, name)
    filter_.load()


def load_families(settings):
    """RestrictAddressFamilies=, as a list of what is allowed"""
    filter_ = Filter(ALLOW)
    families = {int(getattr(socket, name)) for line in get(settings, "RestrictAddressFamilies") for name in line.split()}
    for family in range(64):
        if family not in families:
            filter_.add(ERRNO | EAFNOSUPPORT, "socket", Compare(0, MASKED_EQ, 0xFFFFFFFF, family))
    filter_.load()


def load_others(settings):
    """MemoryDenyWriteExecute=, RestrictNamespaces="""
    filter_ = Filter(ALLOW)
    if get(settings, "MemoryDenyWriteExecute") == ["yes"]:
        both = PROT_WRITE | PROT_EXEC
        filter_.add(ERRNO | EPERM, "mmap", Compare(2, MASKED_EQ, both, both))
        filter_.add(ERRNO | EPERM, "mprotect", Compare(2, MASKED_EQ, PROT_EXEC, PROT_EXEC))
        filter_.add(ERRNO | EPERM, "pkey_mprotect", Compare(2, MASKED_EQ, PROT_EXEC, PROT_EXEC))
        filter_.add(ERRNO | EPERM, "shmat", Compare(2, MASKED_EQ, SHM_EXEC, SHM_EXEC))
    if get(settings, "RestrictNamespaces") == ["yes"]:
        filter_.add(ERRNO | EPERM, "unshare", Compare(0, NE, 0, 0))
        filter_.add(ERRNO | EPERM, "setns")
        for bit in range(32):
            if NAMESPACES & 1 << bit:
                filter_.add(ERRNO | EPERM, "clone", Compare(0, MASKED_EQ, 1 << bit, 1 << bit))
    filter_.load()


def run_filtered(settings, mode, words):
    """Does not return."""
    limit = int(get(settings, "LimitNOFILE")[-1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)  # without CAP_SYS_RESOURCE no more than there is
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    load_families(settings)
    load_others(settings)
    load_calls(settings, KILL if mode == "kill" else ERRNO | EPERM)
    os.execvp(words[0], words)


def main():
    """By the first word."""
    mode, arguments = sys.argv[1], sys.argv[2:]
    if mode == "merge":
        print(merge(arguments), end="")
        return
    settings = read_settings(arguments[:1])
    if mode == "get":
        print("\n".join(get(settings, arguments[2], arguments[1])))
    elif mode == "command":
        print("\n".join(command(settings, dict(item.split("=", 1) for item in arguments[1:]))))
    elif mode == "filter":
        run_filtered(settings, arguments[1], arguments[2:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
