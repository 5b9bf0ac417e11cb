#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which metrics have a value in what proxtop printed: reads its JSON (an object
per line: cycles, or --json=lines) from stdin and prints "SCOPE<TAB>KEY" per line,
sorted, each once. Of --names=esxtop the keys mean nothing here: leave that out."""
import json
import sys

# Arrays of a cycle's object, and the scope of the objects in them.
ARRAYS = {
    "vcpus": "vcpu",
    "disks": "vmdisk",
    "nics": "vmnic",
    "block_devices": "blockdev",
    "net_devices": "netdev",
}
# What every flat line says of itself.
LINE_KEYS = {"version", "type", "timestamp", "host_name", "interval"}


def keys_of_row(scope, row, skip=frozenset()):
    """The (scope, key) pairs of a row and of the rows inside it that are valid."""
    for key, value in row.items():
        if key in ARRAYS and isinstance(value, list):
            for part in value:
                yield from keys_of_row(ARRAYS[key], part)
        elif value is not None and value != "" and key not in skip:
            yield scope, key


def keys_of_object(item):
    """The pairs of one line of output."""
    if "type" in item:
        yield from keys_of_row(item["type"], item, LINE_KEYS)
        return
    yield from keys_of_row("host", item.get("host", {}))
    for domain in item.get("domains", []):
        yield from keys_of_row("vm", domain)


def keys_of_text(lines):
    """The pairs of all lines; a line that is no JSON ends the program."""
    valid = set()
    for line in lines:
        if line.strip():
            valid.update(keys_of_object(json.loads(line)))
    return valid


def main():
    """Filter stdin."""
    for scope, key in sorted(keys_of_text(sys.stdin)):
        print(scope, key, sep="\t")


if __name__ == "__main__":
    main()
