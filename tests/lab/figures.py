#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks what proxtop prints against counters that were read independently, meanwhile.

Use: figures.py record FILE SOURCE...            until SIGTERM: all counters of the sources, with times;
                                                 FILE.begun is there when each was read
     figures.py compare FILE JSON BEAT < CHECKS  FILE against the cycles that proxtop printed meanwhile
     figures.py gauges FILE JSON SLACK < CHECKS  each value must be one that was seen at that time

A source is virsh:DOMAIN, hmp:SOCKET or qmp:SOCKET (a QEMU's monitor), io:PID, stat:PID, status:PID, net:DEVICE,
netns:PID:DEVICE, disk:DEVICE, cpu:, meminfo:, vmstat:, psi:RESOURCE or file:PATH, which holds
[[time, {name: value}], ...] made by another program. BEAT: seconds between two readings of the source that proxtop itself uses, 0 for each cycle.

A check: ROW KEY SOURCE COUNTERS SCALE PERCENT SLACK
ROW is host, vm/NAME, vm/NAME/disks/vda, vm/NAME/nics/net0, block/DEVICE or netdev/DEVICE. COUNTERS is a+b
(a rate of their sum) or a+b/c+d (a ratio). The mean of the figure over the cycles has to be within PERCENT
and SLACK (in units of the counters, of a ratio in its own). The value none for SOURCE: null in every cycle.
ROW KEY disk:DEVICE virsh:DOMAIN TARGET PERCENT SLACK: the share that a disk has in what the device is busy.
"""

import bisect
import datetime
import itertools
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


def source_meminfo(_):
    def read():
        values = {name: int(value.split()[0]) for name, value in after_colon(read_text("/proc/meminfo")).items()}
        return values | {"SwapUsed": values["SwapTotal"] - values["SwapFree"]}

    return read


def source_status(pid):
    def read():
        lines = after_colon(read_text(f"/proc/{pid}/status"))
        return {name: int(value.split()[0]) for name, value in lines.items() if value.endswith(" kB")}

    return read


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
            if line.endswith("echo END-OF-STATS\n"):  # it repeats what it is told; its answer has no end of line
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
        if "balloon.usable" in values:
            values["balloon.used"] = values["balloon.available"] - values["balloon.usable"]
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


def source_qmp(path):
    """A monitor for programs, which others ask too: a short conversation each time, and none waits for long."""

    def converse(stream, command):
        stream.write(json.dumps({"execute": command}) + "\n")
        stream.flush()
        for line in stream:
            reply = json.loads(line)
            if "event" not in reply:
                return reply["return"]
        raise ConnectionError(f"{path} was closed")

    def read():
        with socket.socket(socket.AF_UNIX) as sock:
            # Without a time limit a full queue is waited for.
            sock.connect(path)
            sock.settimeout(10)
            stream = sock.makefile("rw", encoding="utf-8")
            stream.readline()
            converse(stream, "qmp_capabilities")
            devices = converse(stream, "query-blockstats")
        return {
            f"{device['device']}.{name}": value
            for device in devices
            for name, value in device["stats"].items()
            if isinstance(value, int)
        }

    return read


SOURCES = {
    "io": source_io,
    "stat": source_stat,
    "net": source_net,
    "netns": source_netns,
    "disk": source_disk,
    "cpu": source_cpu,
    "vmstat": source_vmstat,
    "meminfo": source_meminfo,
    "status": source_status,
    "psi": source_psi,
    "virsh": source_virsh,
    "hmp": source_hmp,
    "qmp": source_qmp,
}
SLOW = ("virsh", "hmp", "qmp")


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
    begun = last = False
    while not last:
        # Once more after the signal, or what came last would not be covered.
        last = bool(stopping)
        for name, read in readers.items():
            before = time.time()
            if before < due[name] and not last:
                continue
            due[name] = before + (SLOW_PERIOD if name.partition(":")[0] in SLOW else PERIOD)
            try:
                values = read()
            except (FileNotFoundError, ProcessLookupError):
                continue
            samples[name].append(((before + time.time()) / 2, values))
        if not begun:
            os.close(os.open(path + ".begun", os.O_WRONLY | os.O_CREAT, 0o600))
            begun = True
        if stopping:
            continue
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


def find_row(cycle, path, may_lack=False):
    """A row, or None for a disk or NIC that is not there when it need not be."""
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
    parts = [each for each in row[array] if each[key] == part]
    return None if may_lack and not parts else only(parts, path)


class Mean:
    """One figure over the cycles, weighted by weight(start, end) of each: by its length, of a ratio by the requests."""

    def __init__(self, cycles, path, key, weigh):
        self.start = self.end = None
        total = weight_sum = 0
        for cycle in cycles:
            # The first cycles may know the VM by its process alone.
            row = find_row(cycle, path, self.start is None)
            if row is None:
                continue
            if key not in row:
                sys.exit(f"{path} has no {key}")
            end = parse_time(cycle["timestamp"])
            weight = weigh(end - cycle["interval"], end)
            if row[key] is None:
                # A mean of no request is none, and no gap either.
                if self.start is not None and weight:
                    sys.exit(f"{path} {key} is missing in the cycle of {cycle['timestamp']}")
                continue
            self.end = end
            if self.start is None:
                self.start = end - cycle["interval"]
            total += row[key] * weight
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


def lateness(samples):
    """How much later than usual this reader came to its next reading, at worst: so much later may proxtop have read,
    too, than it says. On a quiet machine next to nothing."""
    gaps = sorted(after[0] - before[0] for before, after in zip(samples, samples[1:]))
    return max(0, gaps[-1] - 2 * gaps[len(gaps) // 2])


def compare_shifted(mean_of, samples, counters, scale, shift, moved):
    """(what proxtop says, what the source says) about the time that is `shift` before its cycles, whose begin and end
    are moved by so much."""
    over, _, under = counters.partition("/")

    def delta(names, start, end):
        names = names.split("+")
        return value_at(samples, names, end - shift) - value_at(samples, names, start - shift)

    def moved_delta(names, start, end):
        if any(moved):
            first, last = samples[0][0] + shift + 1e-6, samples[-1][0] + shift - 1e-6
            start, end = max(start + moved[0], first), min(end + moved[1], last)
        return delta(names, start, end)

    def weigh(start, end):
        return delta(under, start, end) if under else end - start

    mean = mean_of(weigh)
    if mean.value is None:
        return mean, None
    spent = moved_delta(under, mean.start, mean.end) if under else mean.end - mean.start
    return mean, moved_delta(over, mean.start, mean.end) * scale / spent if spent else None


def compare_one(check, recorded, cycles, beat):
    """Of a slower source, when it was read is not known, but to a beat: what lies between is right."""
    path, key, source, counters, scale, percent, slack = check
    label = f"{path} {key}"
    scale, percent, slack = float(scale), float(percent), float(slack)
    offs, reals = [], []
    samples = samples_of(recorded, source)
    late = lateness(samples)
    moves = [(0, 0), (late, -late), (-late, late), (late, late), (-late, -late)] if late else [(0, 0)]
    steps = range(int(beat / SLOW_PERIOD) + 1)
    for shift, moved in itertools.product((step * SLOW_PERIOD for step in steps), moves):
        mean, real = compare_shifted(
            lambda weigh: Mean(cycles, path, key, weigh), samples, counters, scale, shift, moved
        )
        if real is None and moved != (0, 0):
            continue
        if real is None:
            print(f"{label}: no value in any cycle   WRONG")
            return False
        allowed = slack if "/" in counters else slack / (mean.end - mean.start) * scale
        allowed = max(allowed, abs(real) * percent / 100)
        offs.append((mean.value - real, allowed))
        reals.append(real)
    good = min(off - allowed for off, allowed in offs) <= 0 <= max(off + allowed for off, allowed in offs)
    print(f"{label}: proxtop {mean.value:.4g}, {source} {reals[0]:.4g}{f', late by {late:.2f} s' if late > 0.2 else ''}"
          f"{'' if good else '   WRONG'}")
    return good


def share_one(check, recorded, cycles, beat):
    """The share of a device that a disk has, estimated anew: in pieces, as its bytes and the device's come in bursts.
    A cycle shows what a step that ended half a beat ago says, on average; its middle is half a beat before that."""
    shift = max(beat - cycles[-1]["interval"] / 2, 0)
    path, key, device, disk, name, percent, slack = check
    mean = Mean(cycles, path, key, lambda start, end: end - start)
    if mean.value is None:
        print(f"{path} {key}: no value in any cycle   WRONG")
        return False
    device, disk = samples_of(recorded, device), samples_of(recorded, disk)
    pieces = []
    when = mean.start - shift
    while when + 2 <= mean.end - shift:
        moved, busy, own = (
            value_at(samples, names, when + 2) - value_at(samples, names, when)
            for samples, names in (
                (device, ("sectors_read", "sectors_written")),
                (device, ("ms_busy",)),
                (disk, (f"{name}.rd.bytes", f"{name}.wr.bytes")),
            )
        )
        pieces.append(busy / 20 * min(1, own / max(512 * moved, 1)))
        when += 2
    real = sum(pieces) / len(pieces)
    good = abs(mean.value - real) <= max(float(slack), real * float(percent) / 100)
    print(f"{path} {key}: proxtop {mean.value:.4g}, estimated {real:.4g}{'' if good else '   WRONG'}")
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
            one = share_one if ":" in check[3] else compare_one
            good = one(check, recorded, cycles, seconds) and good
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
