#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks what proxtop prints against counters that were read independently, meanwhile.

Use: figures.py record FILE SOURCE...            until SIGTERM: all counters of the sources, with times
     figures.py compare FILE JSON BEAT < CHECKS  FILE against the cycles that proxtop printed meanwhile
     figures.py gauges FILE JSON SLACK < CHECKS  each value must be one that was seen at that time

A source is virsh:DOMAIN, hmp:SOCKET (a QEMU's monitor), io:PID, stat:PID, net:DEVICE, netns:PID:DEVICE,
disk:DEVICE, cpu:, vmstat:, psi:RESOURCE or file:PATH, which holds [[time, {name: value}], ...] made by another
program. BEAT: seconds between two readings of the source that proxtop itself uses, 0 for each cycle.

A check: ROW KEY SOURCE COUNTERS SCALE PERCENT SLACK
ROW is host, vm/NAME, vm/NAME/disks/vda, vm/NAME/nics/net0, block/DEVICE or netdev/DEVICE. COUNTERS is a+b
(a rate of their sum) or a+b/c+d (a ratio). The mean of the figure over the cycles has to be within PERCENT
and SLACK (in units of the counters, of a ratio in its own). The value none for SOURCE: null in every cycle.
"""

import bisect
import datetime
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time

PERIOD = 0.05
SLOW_PERIOD = 0.25

# What a mean per request has to be weighted by.
WEIGHTS = {
    "disk_lat_rd": ("disk_reads",),
    "disk_lat_wr": ("disk_writes",),
    "disk_lat_fl": ("disk_stats_flushreq",),
    "disk_lat_avg": ("disk_reads", "disk_writes", "disk_stats_flushreq"),
    "disk_device_await": ("disk_device_reads", "disk_device_writes"),
    "disk_device_servicetime": ("disk_device_reads", "disk_device_writes"),
}

NET_DEV = (
    "rx_bytes rx_packets rx_errors rx_dropped rx_fifo rx_frame rx_compressed rx_multicast "
    "tx_bytes tx_packets tx_errors tx_dropped tx_fifo tx_colls tx_carrier tx_compressed"
).split()
DISKSTATS = (
    "reads reads_merged sectors_read ms_reading writes writes_merged sectors_written ms_writing inflight ms_busy "
    "ms_weighted discards discards_merged sectors_discarded ms_discarding flushes ms_flushing"
).split()
CPU = "user nice system idle iowait irq softirq steal guest guest_nice".split()


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# ---- sources: each is a function that returns {counter: value} ----


def after_colon(text):
    return {name.strip(): value for name, _, value in (line.partition(":") for line in text.splitlines())}


def source_io(pid):
    return lambda: {name: int(value) for name, value in after_colon(read_text(f"/proc/{pid}/io")).items()}


def source_stat(pid):
    def read():
        fields = read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return {"minflt": int(fields[7]), "cminflt": int(fields[8]), "majflt": int(fields[9])}

    return read


def source_net(device):
    directory = f"/sys/class/net/{device}/statistics"
    names = os.listdir(directory)
    return lambda: {name: int(read_text(f"{directory}/{name}")) for name in names}


def source_netns(argument):
    pid, device = argument.split(":")

    def read():
        fields = after_colon(read_text(f"/proc/{pid}/net/dev"))[device].split()
        return dict(zip(NET_DEV, map(int, fields)))

    return read


def source_disk(device):
    def read():
        for line in read_text("/proc/diskstats").splitlines():
            fields = line.split()
            if fields[2] == device:
                return dict(zip(DISKSTATS, map(int, fields[3:])))
        sys.exit(f"no device {device}")

    return read


def source_cpu(_):
    def read():
        values = dict(zip(CPU, map(int, read_text("/proc/stat").split("\n", 1)[0].split()[1:])))
        return values | {"all": sum(values[name] for name in CPU[:8])}

    return read


def source_vmstat(_):
    return lambda: {name: int(value) for name, value in map(str.split, read_text("/proc/vmstat").splitlines())}


def source_psi(resource):
    def read():
        values = {}
        for line in read_text(f"/proc/pressure/{resource}").splitlines():
            kind, *pairs = line.split()
            values |= {f"{kind}_{name}": float(value) for name, value in (pair.split("=") for pair in pairs)}
        return values

    return read


def source_virsh(domain):
    """One virsh for all readings: to start one takes longer than to ask. block.N.x becomes NAME.x."""
    # pylint: disable=consider-using-with
    virsh = subprocess.Popen(
        ["stdbuf", "-oL", "virsh", "-q", "-r", "-c", "qemu:///system"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )

    def read():
        virsh.stdin.write(f"domstats --raw --block --balloon {domain}\necho END-OF-STATS\n")
        virsh.stdin.flush()
        stats = {}
        for line in iter(virsh.stdout.readline, ""):
            if line.strip() == "END-OF-STATS":  # it repeats what it is told, too
                break
            name, found, value = line.strip().partition("=")
            if found:
                stats[name] = value
        names = {key[:-5]: value for key, value in stats.items() if re.fullmatch(r"block\.\d+\.name", key)}
        values = {}
        for key, value in stats.items():
            prefix = ".".join(key.split(".")[:2])
            if value.isdigit():
                values[key.replace(prefix, names[prefix], 1) if prefix in names else key] = int(value)
        return values

    return read


def source_hmp(path):
    """QEMU's monitor for people, which says the same as QMP and is another socket."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    sock.settimeout(10)

    def read_prompt():
        text = b""
        while not text.endswith(b"(qemu) "):
            text += sock.recv(65536)
        return text.decode("utf-8", "replace")

    read_prompt()

    def read():
        sock.sendall(b"info blockstats\n")
        values = {}
        for line in read_prompt().splitlines():
            device, found, rest = line.partition(": ")
            if found and "rd_bytes=" in rest:
                values |= {f"{device}.{name}": int(value) for name, value in re.findall(r"(\w+)=(\d+)", rest)}
        return values

    return read


SOURCES = {
    "io": source_io,
    "stat": source_stat,
    "net": source_net,
    "netns": source_netns,
    "disk": source_disk,
    "cpu": source_cpu,
    "vmstat": source_vmstat,
    "psi": source_psi,
    "virsh": source_virsh,
    "hmp": source_hmp,
}
SLOW = ("virsh", "hmp")


def record(path, names):
    """Writes {source: [[time, {counter: value}], ...]}. A reading is dated in the middle of the time it took."""
    readers = {}
    for name in names:
        kind, _, argument = name.partition(":")
        if kind != "file":
            readers[name] = SOURCES[kind](argument)
    samples = {name: [] for name in readers}
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    due = {name: 0.0 for name in readers}
    while not stopping:
        for name, read in readers.items():
            before = time.time()
            if before < due[name]:
                continue
            due[name] = before + (SLOW_PERIOD if name.partition(":")[0] in SLOW else PERIOD)
            try:
                values = read()
            except (FileNotFoundError, ProcessLookupError):
                continue
            samples[name].append(((before + time.time()) / 2, values))
        # So that a signal that comes before this wait does not have to wait for it.
        select.select((), (), (), PERIOD / 2)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(samples, file)


# ---- what proxtop said ----


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def only(rows, what):
    if len(rows) != 1:
        sys.exit(f"{len(rows)} rows of {what}")
    return rows[0]


def find_row(cycle, path):
    kind, _, name = path.partition("/")
    if kind == "host":
        return cycle["host"]
    if kind in ("block", "netdev"):
        rows = cycle["host"]["block_devices" if kind == "block" else "net_devices"]
        return only([row for row in rows if row["device"] == name], path)
    vm, _, rest = name.partition("/")
    row = only([row for row in cycle["domains"] if row["name"] == vm], vm)
    if not rest:
        return row
    array, _, part = rest.partition("/")
    key = {"disks": "disk_name", "nics": "nic"}[array]
    return only([each for each in row[array] if each[key] == part], path)


class Mean:
    """One figure over the cycles, weighted by their length and for means per request by the requests."""

    def __init__(self, cycles, path, key):
        self.start = self.end = None
        total = weight_sum = 0
        for cycle in cycles:
            row = find_row(cycle, path)
            if key not in row:
                sys.exit(f"{path} has no {key}")
            value = row[key]
            weight = cycle["interval"]
            if key in WEIGHTS:
                rates = [row[rate] for rate in WEIGHTS[key]]
                weight *= 0 if None in rates else sum(rates)
                # Nothing completed: no mean, and no gap either.
                if value is None and weight == 0 and self.start is not None:
                    self.end = parse_time(cycle["timestamp"])
                    continue
            if value is None:
                if self.start is not None:
                    sys.exit(f"{path} {key} is missing in the cycle of {cycle['timestamp']}")
                continue
            self.end = parse_time(cycle["timestamp"])
            if self.start is None:
                self.start = self.end - cycle["interval"]
            total += value * weight
            weight_sum += weight
        self.value = total / weight_sum if weight_sum else None


# ---- the comparison ----


def value_at(samples, names, when):
    """The sum of these counters at a time between two samples."""
    right = bisect.bisect_left(samples, when, key=lambda sample: sample[0])
    if right in (0, len(samples)):
        sys.exit("proxtop's cycles are not covered by the record")
    before, after = samples[right - 1], samples[right]
    share = (when - before[0]) / (after[0] - before[0])
    sums = [sum(sample[1][name] for name in names) for sample in (before, after)]
    return sums[0] + share * (sums[1] - sums[0])


def samples_of(recorded, source):
    kind, _, path = source.partition(":")
    return json.loads(read_text(path)) if kind == "file" else recorded[source]


def compare_one(check, recorded, cycles, shift):
    path, key, source, counters, scale, percent, slack = check
    label = f"{path} {key}"
    scale, percent, slack = float(scale), float(percent), float(slack)
    mean = Mean(cycles, path, key)
    if mean.value is None:
        print(f"{label}: no value in any cycle   WRONG")
        return False
    samples = samples_of(recorded, source)
    start, end = mean.start - shift, mean.end - shift
    over, _, under = counters.partition("/")
    delta = value_at(samples, over.split("+"), end) - value_at(samples, over.split("+"), start)
    if under:
        requests = value_at(samples, under.split("+"), end) - value_at(samples, under.split("+"), start)
        if requests <= 0:
            print(f"{label}: nothing to compare, no {under} meanwhile   WRONG")
            return False
        real, allowed = delta / requests * scale, slack
    else:
        real, allowed = delta / (end - start) * scale, slack / (end - start) * scale
    good = abs(mean.value - real) <= max(allowed, abs(real) * percent / 100)
    print(f"{label}: proxtop {mean.value:.4g}, {source} {real:.4g}{'' if good else '   WRONG'}")
    return good


def is_never_there(check, cycles):
    path, key = check[:2]
    values = {json.dumps(find_row(cycle, path)[key]) for cycle in cycles}
    if values == {"null"}:
        return True
    print(f"{path} {key}: null expected, proxtop says {' '.join(sorted(values))}   WRONG")
    return False


def gauge_one(check, recorded, cycles, slack_seconds):
    """Every value lies between the least and the greatest seen around its time; avg exactly one that was seen."""
    path, key, source, counters, scale, percent, slack = check
    samples = samples_of(recorded, source)
    scale, percent, slack = float(scale), float(percent), float(slack)
    for cycle in cycles:
        when = parse_time(cycle["timestamp"])
        value = find_row(cycle, path)[key]
        seen = [
            sum(each[1][name] for name in counters.split("+")) * scale
            for each in samples
            if when - slack_seconds <= each[0] <= when + slack_seconds
        ]
        if not seen:
            sys.exit("proxtop's cycles are not covered by the record")
        allowed = max(slack, max(seen) * percent / 100)
        if value is None or not min(seen) - allowed <= value <= max(seen) + allowed:
            print(f"{path} {key}: proxtop {value}, {source} {min(seen):.10g} to {max(seen):.10g}   WRONG")
            return False
    print(f"{path} {key}: {len(cycles)} values right, last {value}")
    return True


def check_all(mode, path, json_path, seconds):
    recorded = json.loads(read_text(path))
    cycles = [json.loads(line) for line in read_text(json_path).splitlines()]
    if not cycles:
        sys.exit("proxtop printed no cycle")
    good = True
    count = 0
    for line in sys.stdin:
        check = line.split()
        if not check:
            continue
        count += 1
        if check[2] == "none":
            good = is_never_there(check, cycles) and good
        elif mode == "compare":
            # Of a slower source a cycle shows the last step, which ended half a beat ago on average and whose
            # middle is half a beat before that; the cycle's own middle is half a cycle ago.
            shift = seconds - cycles[-1]["interval"] / 2 if seconds else 0
            good = compare_one(check, recorded, cycles, max(shift, 0)) and good
        else:
            good = gauge_one(check, recorded, cycles, seconds) and good
    return good and count > 0


def main():
    mode = sys.argv[1]
    if mode == "record":
        record(sys.argv[2], sys.argv[3:])
    elif not check_all(mode, sys.argv[2], sys.argv[3], float(sys.argv[4])):
        sys.exit(1)


main()
