#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""profile_values.py PROXPROFILER DIR: a VM in a made-up /proc and /sys in DIR whose counters are known;
what proxprofiler makes of each cycle, against what they say. Cycles are made by SIGUSR1."""
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

PROGRAM, ROOT = sys.argv[1], sys.argv[2]
URL = "127.0.0.1:9971"
UUID = "00000201-1111-2222-3333-444444444444"
PAUSE = 0.4
# Of the time between two cycles, which is told in ms and differs by some for each file.
TIME_TOLERANCE = 0.08
# On a busy machine it differs by more at times: a cycle that is not as it should be is tried again.
TRIES = 30


def put(path, text):
    """In place, as the kernel's files change; nobody reads meanwhile."""
    path = os.path.join(ROOT, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a+", encoding="ascii") as file:
        file.seek(0)
        file.truncate()
        file.write(text)


class VM:
    """Counters of one, and where the kernel shows them."""

    def __init__(self):
        self.pid, self.start, self.vcpus = 201, 500000, 2
        self.used, self.waited = [80 * 10 ** 9, 30 * 10 ** 9], [10 ** 9, 2 * 10 ** 9]
        self.read, self.written, self.received, self.sent = 10 ** 9, 2 * 10 ** 9, 5 * 10 ** 8, 6 * 10 ** 8
        self.rss = 1 << 20
        self.stalled = {"cpu": 10 ** 6, "io": 2 * 10 ** 6, "memory": 3 * 10 ** 6}
        self.processes, self.interface = 5000, 3

    def write(self):
        pid = f"proc/{self.pid}"
        put("proc/stat", f"cpu 1000 0 500 8000 0 0 0 0 0 0\ncpu0 1000 0 500 8000 0 0 0 0 0 0\n"
            f"btime 1767000000\nprocesses {self.processes}\n")
        put("proc/sys/kernel/hostname", "alpha\n")
        put(f"{pid}/cmdline", "\0".join((
            "/usr/bin/qemu-system-x86_64", "-name", "guest=known,debug-threads=on", "-uuid", UUID, "-m", "2048",
            "-smp", "2", "-netdev", "type=tap,id=net0,ifname=tap201i0", "-device",
            "virtio-net-pci,mac=BC:24:11:00:00:01,netdev=net0,id=net0")) + "\0")
        put(f"{pid}/stat", f"{self.pid} (qemu-system-x86) S 1 {self.pid} {self.pid} 0 -1 138412416 1000 0 10 0 900 300 "
            f"0 0 20 0 3 0 {self.start} 4294967296 {self.rss // 4} 18446744073709551615 " + "0 " * 26 + "0\n")
        put(f"{pid}/status", f"Name:\tqemu-system-x86\nState:\tS (sleeping)\nTgid:\t{self.pid}\n"
            f"VmRSS:\t{self.rss} kB\nVmSwap:\t0 kB\nHugetlbPages:\t0 kB\nThreads:\t3\n")
        put(f"{pid}/io", f"rchar: 1\nwchar: 1\nsyscr: 1\nsyscw: 1\nread_bytes: {self.read}\n"
            f"write_bytes: {self.written}\ncancelled_write_bytes: 0\n")
        for i, comm in enumerate(("qemu-system-x86", "CPU 0/KVM", "CPU 1/KVM")):
            task = f"{pid}/task/{self.pid + i}"
            put(f"{task}/comm", comm + "\n")
            used, waited = (self.used[i - 1], self.waited[i - 1]) if i else (10 ** 9, 10 ** 6)
            put(f"{task}/schedstat", f"{used} {waited} 100\n")
            put(f"{task}/cgroup", "0::/lab/vm1\n")
        put("proc/1/net/dev", "Inter-|   Receive                                                |  Transmit\n"
            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
            "carrier compressed\n"
            # A tap counts from the host's side.
            f"tap201i0: {self.sent} 10 0 0 0 0 0 0 {self.received} 10 0 0 0 0 0 0\n")
        if not os.path.exists(os.path.join(ROOT, pid, "net/dev")):  # the same namespace as PID 1
            os.makedirs(os.path.join(ROOT, pid, "net"))
            os.link(os.path.join(ROOT, "proc/1/net/dev"), os.path.join(ROOT, pid, "net/dev"))
        put("sys/class/net/tap201i0/ifindex", f"{self.interface}\n")
        put("sys/fs/cgroup/lab/vm1/cpu.stat", "usage_usec 9000000\n")
        put("sys/fs/cgroup/lab/vm1/cgroup.procs", f"{self.pid}\n")
        for name, total in self.stalled.items():
            put(f"proc/pressure/{name}", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n")  # not the VM's
            put(f"sys/fs/cgroup/lab/vm1/{name}.pressure",
                f"some avg10=0.00 avg60=0.00 avg300=0.00 total={total}\n"
                f"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")

    def run(self, seconds, shares):
        """As if `seconds` passed with these values."""
        for i in range(self.vcpus):
            # One vCPU works twice as much as the mean, the other not at all.
            self.used[i] += round(seconds * shares["cpu_used"] * 1e7 * 2 * (i == 0))
            self.waited[i] += round(seconds * shares["cpu_steal"] * 1e7 * 2 * (i == 1))
        self.read += round(seconds * shares["io"] * .75)
        self.written += round(seconds * shares["io"] * .25)
        self.received += round(seconds * shares["net"] * .5)
        self.sent += round(seconds * shares["net"] * .5)
        self.rss = round(shares["mem"] / 100 * (2 << 20))
        for name, key in (("cpu", "psi_cpu"), ("io", "psi_io"), ("memory", "psi_mem")):
            self.stalled[name] += round(seconds * shares[key] * 1e4)

    def restart(self):
        """The same VM in another process, whose counters are larger by chance."""
        for folder, _, files in os.walk(os.path.join(ROOT, "proc", str(self.pid))):
            for name in files:
                os.truncate(os.path.join(folder, name), 0)
        shutil.rmtree(os.path.join(ROOT, "proc", str(self.pid)))
        self.pid, self.start, self.processes = 601, 900000, 6001
        self.used = [n * 5 for n in self.used]
        self.read *= 7
        self.interface, self.received, self.sent = 4, 2000, 1000


def values(level):
    return {"cpu_used": 20 * level, "cpu_steal": 4 * level, "io": 5e6 * level, "net": 2e6 * level,
            "mem": 12.5 * (1 + level), "psi_cpu": 11 * level, "psi_io": 7 * level, "psi_mem": 3 * level}


RATES = set(values(1)) - {"mem"}


class Learner:
    def __init__(self, interval):
        self.process = subprocess.Popen(
            [PROGRAM, "--processes", f"--interval={interval}", "--buffersize=1", "--outputFreq=1h", "-o", "serve",
             f"--target={URL}", f"--procfs={ROOT}/proc", f"--sysfs={ROOT}/sys", f"--state-dir={ROOT}/state{interval}"], stdin=subprocess.DEVNULL)
        self.seen, self.before, self.by_signals = None, None, interval > 60

    def ask(self):
        with urllib.request.urlopen(f"http://{URL}/json", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return json.loads(lines[-1])["profile"]["ext"] if lines else None

    def wait(self, wanted, signals=False):
        """The profile once `wanted` holds of it; `signals`: after as many cycles as that takes."""
        end, found = time.monotonic() + 120, None
        while time.monotonic() < end:
            try:
                found = self.ask()
                if found and wanted(found):
                    return found
                if signals and self.by_signals:  # it answers, so it takes them
                    os.kill(self.process.pid, signal.SIGUSR1)
                    time.sleep(0.2)
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"waited in vain, last: {found}")

    def first(self):
        """Cycles until all has been read twice; nothing has happened yet."""
        self.wait(lambda ext: True, signals=True)
        self.settle()
        return self.seen

    def settle(self):
        """Cycles in which nothing happens, until all metrics have a value."""
        before = self.wait(lambda ext: True)
        self.wait(lambda ext: all(ext["metrics"][name]["samples"] > before["metrics"][name]["samples"]
                                  for name in values(1)), signals=True)
        # The cycle of the last signal may still be to come.
        last = None
        while self.by_signals and self.ask() != last:
            last = self.ask()
            time.sleep(0.5)
        self.seen = self.ask()

    def cycle(self):
        """One more; returns the values that it added, None for a gap."""
        before = self.seen
        count = before["samples"] if before else 0
        os.kill(self.process.pid, signal.SIGUSR1)
        self.before, self.seen = before, self.wait(lambda ext: ext["samples"] > count)
        return {name: self.added(name) for name in self.seen["metrics"]}

    def added(self, name):
        new = self.seen["metrics"][name]
        old = self.before["metrics"][name] if self.before else {"samples": 0, "gaps": 0, "stats": {"mean": 0}}
        taken = new["samples"] - old["samples"]
        assert taken + new["gaps"] - old["gaps"] == 1, (name, old, new)
        if not taken:
            return None
        return new["stats"]["mean"] * new["samples"] - (old["stats"]["mean"] or 0) * old["samples"]

    def seconds(self):
        """Between the last two cycles, as the program saw them."""
        def stamp(text):
            return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + float(text[19:-1])
        return stamp(self.seen["last"]) - stamp(self.before["last"])


def near(name, got, want, tolerance):
    assert got is not None and abs(got - want) <= tolerance * abs(want) + 1e-6, f"{name}: {got} is not {want}"


def check(got, shares, factor):
    """`factor`: what was counted in a second of the counters passed in so many seconds of the clock."""
    for name, share in shares.items():
        if name == "mem":
            near(name, got[name], share, 1e-6)
        else:
            near(name, got[name], min(share * factor, 100 if name.startswith("psi") else math.inf), TIME_TOLERANCE)
    near("cpu", got["cpu"], got["cpu_used"] + got["cpu_steal"], 1e-6)


def stop(learner):
    learner.process.terminate()
    assert learner.process.wait(120) == 0


def check_values(vm, learner):
    """What each cycle is, of figures that change, and of counters that fall."""
    first, highest = learner.first(), {}
    # Counters that are large at first are no spike.
    for name in RATES | {"cpu"}:
        assert first["metrics"][name]["stats"]["max"] == 0, (name, first["metrics"][name])
    near("mem", first["metrics"]["mem"]["stats"]["mean"], 50, 1e-6)

    def cycle():
        time.sleep(PAUSE)
        vm.write()
        got = learner.cycle()
        for name, value in got.items():
            if value is not None:
                highest[name] = max(highest.get(name, 50 if name == "mem" else 0), value)
        return got

    def run(level):
        for left in reversed(range(TRIES)):
            vm.run(PAUSE, values(level))
            try:
                got = cycle()
                check(got, values(level), PAUSE / learner.seconds())
                return
            except AssertionError as error:
                print(f"{left} tries are left: {error}", file=sys.stderr)
                if not left:
                    raise

    for level in (1, 3, 0, 2.5):
        run(level)
    # Of one vCPU, of what was written, of what was sent, of the pressure on the CPU.
    vm.run(PAUSE, values(1))
    vm.used[0] -= 70 * 10 ** 9
    vm.written -= 10 ** 9
    vm.sent -= 10 ** 8
    vm.stalled["cpu"] -= 900000
    got = cycle()
    for name in got:
        assert (got[name] is None) == (name in ("cpu_used", "cpu", "io", "net", "psi_cpu")), (name, got)
    for level in (2, 4):
        run(level)
    for name, metric in learner.seen["metrics"].items():
        if metric["samples"]:
            near(f"{name} max", metric["stats"]["max"], highest[name], 1e-6)
    assert learner.seen["vm"]["vcpus"] == 2 and learner.seen["vm"]["mem_kb"] == 2 << 20, learner.seen["vm"]


def check_restart(vm, learner):
    """Nothing happens, but that it is another process with other counters at once."""
    before = learner.first()
    vm.restart()
    vm.write()
    learner.settle()
    learner.wait(lambda ext: ext["samples"] > learner.seen["samples"] + 2)
    for name in RATES:
        old, new = before["metrics"][name], learner.ask()["metrics"][name]
        assert new["stats"]["max"] == 0 and new["gaps"] > old["gaps"] and new["samples"] > old["samples"], (name, new)


def main():
    vm = VM()
    vm.write()
    for interval, checks in ((600, check_values), (0.3, check_restart)):
        learner = Learner(interval)
        try:
            checks(vm, learner)
        finally:
            stop(learner)


if __name__ == "__main__":
    main()
