#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the CPU figures that proxtop prints against the kernel's own, read independently.

Use: schedstat.py record FILE NAME=PID...     until SIGTERM: run time and wait of each vCPU thread;
                                           FILE.begun is there when that has begun
     schedstat.py compare FILE JSON [POINTS]  FILE against the cycles that proxtop printed meanwhile
"""

import bisect
import datetime
import json
import os
import re
import signal
import sys
import time

PERIOD = 0.05
VCPU = re.compile(r"CPU (\d+)/(KVM|TCG)$")


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def find_vcpus(pid):
    """The ids of the vCPU threads of a QEMU."""
    tids = []
    for tid in os.listdir(f"/proc/{pid}/task"):
        if VCPU.match(read_text(f"/proc/{pid}/task/{tid}/comm").strip()):
            tids.append(int(tid))
    if not tids:
        sys.exit(f"process {pid} has no vCPU threads")
    return tids


def record(path, pairs):
    """Writes {"vms": {name: [tid]}, "samples": {tid: [[time, run_ns, wait_ns]]}}."""
    vms = {}
    files = {}
    for pair in pairs:
        name, pid = pair.split("=")
        vms[name] = find_vcpus(pid)
        for tid in vms[name]:
            files[tid] = os.open(f"/proc/{pid}/task/{tid}/schedstat", os.O_RDONLY)
    samples = {tid: [] for tid in files}
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    begun = False
    while True:
        last = bool(stopping)
        for tid, file in files.items():
            run, wait, _ = os.pread(file, 100, 0).split()
            samples[tid].append((time.time(), int(run), int(wait)))
        if not begun:
            os.close(os.open(path + ".begun", os.O_WRONLY | os.O_CREAT, 0o600))
            begun = True
        if last:
            break
        time.sleep(PERIOD)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"vms": vms, "samples": samples}, file)


def value_at(samples, column, when):
    """The counter at a time between two samples."""
    right = bisect.bisect_left(samples, when, key=lambda sample: sample[0])
    if right in (0, len(samples)):
        sys.exit("proxtop's cycles are not covered by the record")
    before, after = samples[right - 1], samples[right]
    share = (when - before[0]) / (after[0] - before[0])
    return before[column] + share * (after[column] - before[column])


def lateness(samples):
    """How much later than usual this reader came to its next reading, at worst: so much later may proxtop have read,
    too, than it says. On a quiet machine next to nothing."""
    gaps = sorted(after[0] - before[0] for before, after in zip(samples, samples[1:]))
    return max(0, gaps[-1] - 2 * gaps[len(gaps) // 2])


def mean_percents(samples, column, start, end):
    """(the mean, the least and the most that it can be)"""
    late = lateness(samples)
    first, last = samples[0][0] + 1e-6, samples[-1][0] - 1e-6
    percents = []
    for move in (0, -late, late):
        begin, stop = max(first, start + move), min(last, end - move)
        spent = value_at(samples, column, stop) - value_at(samples, column, begin)
        percents.append(spent / 1e9 / (end - start) * 100)
    return percents


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Series:
    """One figure of proxtop over its cycles: its mean, weighted by the cycles' length."""

    def __init__(self):
        self.start = self.end = None
        self.sum = self.seconds = 0

    def add(self, cycle, value):
        if value is None:
            if self.start is not None:
                sys.exit(f"a value is missing in the cycle of {cycle['timestamp']}")
            return
        self.end = parse_time(cycle["timestamp"])
        if self.start is None:
            self.start = self.end - cycle["interval"]
        self.sum += value * cycle["interval"]
        self.seconds += cycle["interval"]

    def mean(self):
        return self.sum / self.seconds


def collect_series(cycles, name):
    """{(key, tid or None): Series} of one VM."""
    series = {}
    for cycle in cycles:
        rows = [row for row in cycle["domains"] if row["name"] == name]
        if len(rows) != 1:
            sys.exit(f"{name}: {len(rows)} rows in the cycle of {cycle['timestamp']}")
        for key in ("cpu_total", "cpu_steal"):
            series.setdefault((key, None), Series()).add(cycle, rows[0][key])
        for vcpu in rows[0].get("vcpus", ()):
            for key in ("vcpu_total", "vcpu_steal"):
                series.setdefault((key, vcpu["vcpu_tid"]), Series()).add(cycle, vcpu[key])
    return series


def compare_one(label, series, column, threads, points):
    """Prints a line; true if proxtop is right."""
    if series.start is None:
        print(f"{label}: no value in any cycle")
        return False
    percents = [mean_percents(samples, column, series.start, series.end) for samples in threads]
    real, most, least = (sum(column) / len(threads) for column in zip(*percents))
    mean = series.mean()
    good = least - points <= mean <= most + points
    print(f"{label}: proxtop {mean:.2f}, kernel {real:.2f}{'' if good else '   WRONG'}")
    return good


def compare(path, json_path, points):
    recorded = json.loads(read_text(path))
    cycles = [json.loads(line) for line in read_text(json_path).splitlines()]
    good = True
    for name, tids in recorded["vms"].items():
        series = collect_series(cycles, name)
        seen = {tid for _, tid in series if tid is not None}
        if seen != set(tids):
            print(f"{name}: the vCPU threads are {sorted(tids)}, proxtop says {sorted(seen)}")
            good = False
        for (key, tid), one in series.items():
            of = [tid] if tid is not None else tids
            threads = [recorded["samples"].get(str(each)) for each in of]
            if None in threads:
                continue
            label = f"{name} {key}" + (f" of thread {tid}" if tid is not None else "")
            column = 1 if key.endswith("_total") else 2
            good = compare_one(label, one, column, threads, points) and good
    return good


def main():
    if sys.argv[1] == "record":
        record(sys.argv[2], sys.argv[3:])
    elif not compare(sys.argv[2], sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else 3):
        sys.exit(1)


main()
