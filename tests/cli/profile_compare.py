#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""profile_compare.py PROXPROFILER CASE...: made-up loads through "proxprofiler train --record" and what
is made of saved profiles, every figure against profile_model.py. A case may end in *."""
import csv
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

from profile_model import Profile, Settings, Spec, distance, percentage, score, similarity

IO_MAX, NET_MAX = 6442450944.0, 125e6
KNOWN = {
    "cpu": Spec("cpu", percent=True), "cpu_used": Spec("cpu_used", percent=True),
    "cpu_steal": Spec("cpu_steal", percent=True), "mem": Spec("mem", percent=True),
    "disk": Spec("disk", percent=True), "psi_cpu": Spec("psi_cpu", percent=True),
    "io": Spec("io", 0, IO_MAX, first=1000), "net": Spec("net", 0, NET_MAX, first=1000),
    "disk_lat": Spec("disk_lat", 0, 1000, log=True),
}


# Loads: lists of values, None = a gap.

def uniform(rng, n, lo=0, hi=100):
    return [rng.uniform(lo, hi) for _ in range(n)]


def sticky(rng, n, levels=(5, 40, 90), stay=0.95, noise=3):
    level, values = rng.choice(levels), []
    for _ in range(n):
        if rng.random() > stay:
            level = rng.choice(levels)
        values.append(max(0, rng.gauss(level, noise)))
    return values


def bursty(rng, n, rate=0.02, high=95):
    values, left = [], 0
    for _ in range(n):
        if not left and rng.random() < rate:
            left = rng.randrange(3, 12)
        values.append(max(0, rng.gauss(high if left else 2, 1)))
        left -= left > 0
    return values


def periodic(rng, n, period, noise=1):
    return [50 + 45 * math.sin(2 * math.pi * t / period) + rng.uniform(-noise, noise) for t in range(n)]


def two_regimes(rng, n, each):
    values = []
    while len(values) < n:
        values += [95 * (t % 2) + rng.uniform(0, 4) for t in range(each)]
        values += [rng.uniform(45, 55) for _ in range(each)]
    return values[:n]


def with_gaps(rng, values, rate=0.03):
    return [None if rng.random() < rate else v for v in values]


def with_outliers(rng, values, far=4000, rate=0.01):
    return [far if rng.random() < rate else v for v in values]


def growing(rng, n, factor=1.03):
    return [rng.uniform(0, factor ** min(t, 800)) for t in range(n)]


def whole(values, digits=0):
    """Many equal values and values on edges."""
    return [None if v is None else float(round(v, digits)) for v in values]


class Case:
    def __init__(self, columns, times=None, bounds=None, vcpus=0, mem_kb=0, period=None, **settings):
        self.columns, self.times, self.bounds = columns, times, bounds or {}
        self.vcpus, self.mem_kb, self.period = vcpus, mem_kb, period
        self.settings = Settings(**settings)

    def specs(self):
        for name in self.columns:
            spec = Spec(**vars(KNOWN.get(name, Spec(name))))
            if name in self.bounds:
                spec.lo, spec.hi = self.bounds[name]
                if (spec.lo, spec.hi) != (0, 100):
                    spec.percent = False
            yield spec

    def csv(self):
        lines = [",".join((["time"] if self.times else []) + list(self.columns))]
        for i, row in enumerate(zip(*self.columns.values())):
            cells = [repr(self.times[i])] if self.times else []
            lines.append(",".join(cells + ["" if v is None else repr(v) for v in row]))
        return "\n".join(lines) + "\n"

    def options(self):
        s = self.settings
        found = [f"--states={s.states}", f"--history={s.history}", f"--buffersize={s.buffer}",
                 f"--filterstddevs={s.filter}", f"--binning={s.binning}", f"--window={s.window}",
                 f"--interval={s.seconds}", "--name=x", "--dynamicbound" if s.dynamic else "--fixedbound"]
        found += [f"--calendar={s.calendar}"] if s.calendar else []
        found += ["--phantom-start"] if s.phantom else []
        found += ["--periodsize=" + ",".join(map(str, s.periods))] if s.periods else []
        found += [f"--bounds={name}:{lo}:{hi}" for name, (lo, hi) in self.bounds.items()]
        found += [f"--vcpus={self.vcpus}"] if self.vcpus else []
        return found + ([f"--memory={self.mem_kb}"] if self.mem_kb else [])

    def train(self, program, *more):
        run = subprocess.run([program, "train", "-", *self.options(), *more], input=self.csv().encode(),
                             stdout=subprocess.PIPE, check=True)
        return run.stdout

    def model(self):
        profile = Profile(list(self.specs()), self.settings)
        for i, row in enumerate(zip(*self.columns.values())):
            profile.take(row, self.times[i] if self.times else i * self.settings.seconds)
        return profile


class Report:
    """Collects what differs."""

    def __init__(self, name):
        self.name, self.differences, self.compared = name, [], 0

    def same(self, where, got, want, tolerance=1e-6):
        if isinstance(want, dict):
            if not isinstance(got, dict) or set(got) - set(want) or set(want) - set(got):
                keys = [sorted(map(str, set(x or ()))) for x in (got, want)]
                only = [sorted(set(keys[0]) - set(keys[1]))[:6], sorted(set(keys[1]) - set(keys[0]))[:6]]
                self.differences.append(f"{where}: only in program {only[0]}, only in model {only[1]}")
                got = got or {}
            for key in want:
                if key in got:
                    self.same(f"{where}.{key}", got[key], want[key], tolerance)
        elif isinstance(want, list):
            if not isinstance(got, list) or len(got) != len(want):
                self.differences.append(f"{where}: {got} is not {want}")
            else:
                for i, (one, other) in enumerate(zip(got, want)):
                    self.same(f"{where}[{i}]", one, other, tolerance)
        else:
            self.compared += 1
            exact = want is None or isinstance(want, (bool, str)) or (isinstance(want, int) and tolerance < 1)
            if exact and isinstance(want, int) and not isinstance(want, bool) and isinstance(got, float):
                exact = False
            if exact and got == want:
                return
            if not exact and isinstance(got, (int, float)) and not isinstance(got, bool) and \
                    abs(got - want) <= tolerance * max(1, abs(want)):
                return
            self.differences.append(f"{where}: program {got}, model {want}")

    def any_of(self, where, got, answers):
        if not any(got == a or (None not in (got, a) and abs(got - a) <= 1e-6 * max(1, abs(a)))
                   for a in answers):
            self.differences.append(f"{where}: program {got}, model {answers}")
        self.compared += 1


# How many decimals the record has of a figure; of all others all.
SHARES = {"hit_rate": 6, "busy_share": 6, "top_share": 6}


def compare_metric(report, name, got, channel):
    want = channel.result()
    for quantile in ("p50", "p90", "p95", "p99"):
        report.any_of(f"{name}.{quantile}", got["stats"].pop(quantile), want["stats"].pop(quantile))
    for part, other in ((got["stats"], want["stats"]), (got["forecast"], want["forecast"]),
                        (got["forecast"]["baseline"], want["forecast"]["baseline"])):
        for key in set(part) & set(SHARES):
            report.same(f"{name}.{key}", part.pop(key), other.pop(key), 1.01e-6)
    for key, tolerance in (("p", 5.1e-5), ("stationary", 1.01e-6)):
        report.same(f"{name}.{key}", got.pop(key), want.pop(key), tolerance)
    if want["predict"] and got["predict"]:
        for key in ("p", "hot"):
            report.same(f"{name}.predict.{key}", got["predict"].pop(key), want["predict"].pop(key), 5.1e-5)
    # Surprisals are kept as floats, which a small deviation magnifies.
    anomaly = want["anomaly"]
    if anomaly["z"] is not None and anomaly["sigma"]:
        steps = channel.anomaly.steps
        rounding = 6e-8 * max(s[0] for s in steps) * math.sqrt(len(steps)) / anomaly["sigma"]
        for key in ("z", "score"):
            report.same(f"{name}.anomaly.{key}", got["anomaly"].pop(key), anomaly.pop(key), 1e-6 + rounding)
    for key in ("scale", "binning", "unit", "period"):
        want[key] = got[key]
    report.same(name, got, want)


def compare_compat(report, name, got, channel, matrix, count, mean):
    report.same(f"{name}.transitions", got["transitions"], matrix.compat())
    report.same(f"{name}.stats", [got["stats"][k] for k in ("min", "max", "count", "avg")],
                [channel.lo, channel.hi, count, mean])


def compare_periods(report, record, profile):
    """Nodes of the tree, by their places from the root down."""
    def walk(node, path):
        found = {path: {m["metric"]: m for m in node["txmatrix"]}} if path else {}
        for i, child in enumerate(node["children"]):
            found.update(walk(child, path + (i,)))
        return found

    nodes = walk(record["periodTree"]["root"], ())
    for channel in profile.channels:
        name = channel.spec.name
        got = {path: metrics[name] for path, metrics in nodes.items() if name in metrics}
        report.same(f"{name}.slots", sorted(map(str, got)), sorted(map(str, channel.slots)))
        for path in set(got) & set(channel.slots):
            slot = channel.slots[path]
            compare_compat(report, f"{name}.slot{path}", got[path], channel, slot.matrix,
                           slot.count * profile.settings.buffer, slot.mean)


def compare_phases(report, record, profile):
    phases, ext = profile.phases, record["ext"]
    count = len(phases.phases)
    report.same("phase", ext["phase"], phases.current if count else None)
    report.same("phases", ext["phases"],
                [{"transitions": sum(m.total() for m in phase),
                  "follows": [phases.follows.get((i, j), 0) for j in range(count)]}
                 for i, phase in enumerate(phases.phases)])
    for i, phase in enumerate(phases.phases[:len(record["phases"]["phases"])]):
        got = {m["metric"]: m for m in record["phases"]["phases"][i]}
        report.same(f"phase{i}.metrics", sorted(got), sorted(c.spec.name for c, m in
                                                           zip(profile.channels, phase) if m.rows))
        for channel, matrix in zip(profile.channels, phase):
            if channel.spec.name in got and matrix.rows:
                values = [(channel.value_of(j), n) for row in matrix.rows.values() for j, n in enumerate(row)]
                report.same(f"phase{i}.{channel.spec.name}.sum", got[channel.spec.name]["stats"]["avg"],
                            sum(v * n for v, n in values) / matrix.total())
                report.same(f"phase{i}.{channel.spec.name}", got[channel.spec.name]["transitions"],
                            matrix.compat())
    moves = {}
    for (i, j), n in phases.follows.items():
        moves.setdefault(i, [0] * count)[j] = n
    report.same("phasetx", record["phases"]["tx"]["transitions"],
                {str(i): {"nextProbs": [percentage(n, sum(row)) for n in row],
                          "probability": percentage(sum(row), sum(phases.follows.values()))}
                 for i, row in moves.items()})


def compare_whole(report, case, ext, profile):
    settings = profile.settings
    for key, want in (("steps", profile.steps), ("samples", profile.samples),
                      ("gaps", sum(c.gaps for c in profile.channels if c.samples)),
                      ("filtered", sum(c.filtered for c in profile.channels)),
                      ("step_seconds", settings.buffer * settings.seconds),
                      ("learned_seconds", profile.learned)):
        report.same(key, ext[key], want)
    anomaly = profile.anomaly()
    for key, want in anomaly.items():
        report.same(f"anomaly.{key}", ext["anomaly"][key], want, 1e-4)
    blamed = next((c for c in profile.channels if c.spec.name == anomaly["blame"]), None)
    if blamed:
        worst = max(s[0] for s in blamed.anomaly.steps)
        report.any_of("anomaly.step", 1, [ext["anomaly"]["step"] in
                                          {f"{i}>{j}" for x, i, j in blamed.anomaly.steps
                                           if x >= worst - 1e-6 * max(1, worst)} or 0])
    cpu, mem = profile.role("cpu"), profile.role("mem")
    p95 = lambda c: c.quantile(.95)[0] if c else None
    advice = {
        "vcpus": max(1, math.ceil(case.vcpus * p95(cpu) / 100 * 1.15)) if cpu and case.vcpus else None,
        "mem_kb": min(case.mem_kb, math.ceil(p95(mem) / 100 * case.mem_kb * 1.15)) if mem and case.mem_kb else None,
        "cpu_slack": 1 - p95(cpu) / 100 if cpu else None,
        "mem_slack": 1 - p95(mem) / 100 if mem else None,
        "ready": profile.learned >= 86400,
    }
    for key, want in advice.items():
        report.same(f"recommend.{key}", ext["recommend"][key], want)
    report.same("recommend.confidence", ext["recommend"]["confidence"], min(1, profile.learned / 86400), 5.1e-5)
    report.same("class", ext["class"], profile.kind(ext["metrics"].get("cpu", {}).get("period")))


def compare(name, case, program):
    report = Report(name)
    record = json.loads(case.train(program, "--record"))["profile"]
    profile = case.model()
    ext = record["ext"]
    # A metric that never had a value is not told of.
    report.same("metrics", sorted(ext["metrics"]),
                sorted(c.spec.name for c in profile.channels if c.samples))
    compare_whole(report, case, ext, profile)
    compare_phases(report, record, profile)
    compare_periods(report, record, profile)
    root = {m["metric"]: m for m in record["roottx"]}
    for channel in profile.channels:
        metric = channel.spec.name
        if not channel.samples:
            continue
        compare_compat(report, f"{metric}.root", root[metric], channel, channel.matrix, channel.samples,
                       channel.moments.mean)
        if case.period and metric in case.period:
            report.same(f"{metric}.period", ext["metrics"][metric]["period"], case.period[metric])
        compare_metric(report, metric, ext["metrics"][metric], channel)
    return report


def run_json(program, *words, allowed=(0,)):
    run = subprocess.run([program, *words], stdout=subprocess.PIPE, check=False)
    assert run.returncode in allowed, (words, run.returncode)
    return json.loads(run.stdout)


def predicted(channel, steps, hot):
    """The first step by the whole context, the others by the last state."""
    matrix, states = channel.matrix, channel.settings.states
    p, now, value = matrix.dense(), matrix.expect(channel.context), [channel.value_of(j) for j in range(states)]
    caught = [float(j == channel.state) for j in range(states)] if channel.state >= hot else now
    for _ in range(steps):
        yield {"p": now, "hot": sum(caught[hot:]), "value": sum(q * v for q, v in zip(now, value))}
        now = [sum(now[i] * p[i][j] for i in range(states)) for j in range(states)]
        caught = [sum(caught[i] * (p[i][j] if i < hot else i == j) for i in range(states)) for j in range(states)]


def compare_saved(name, case, other, program):
    """predict, diff and score, of saved profiles; `other` is another load for the same settings."""
    report, steps = Report(f"saved {name}"), 12
    one, two, hot = case.model(), other.model(), case.settings.states // 2
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, n) for n in ("a.json", "b.json", "b.csv")]
        case.train(program, f"--output={files[0]}")
        other.train(program, f"--output={files[1]}")
        with open(files[2], "w", encoding="ascii") as file:
            file.write(other.csv())
        got = run_json(program, "predict", files[0], "--json", f"--steps={steps}", f"--hot={hot}")["metrics"]
        apart = None
        if case.settings.history == 1 and not case.settings.dynamic:
            apart = run_json(program, "diff", *files[:2], "--json", allowed=(0, 1))["metrics"]
        run = subprocess.run([program, "score", files[2], f"--profile={files[0]}"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=True)
    for a, b in zip(one.channels, two.channels):
        metric = a.spec.name
        if a.context:
            found = [{k: step[k] for k in ("p", "hot", "value")} for step in got[metric]["steps"]]
            report.same(f"{metric}.predict", found, list(predicted(a, steps, hot)))
        if not apart:
            continue
        d, occupancy = distance(a, b)
        report.any_of(f"{metric}.p95", apart[metric].pop("p95"),
                      [y - x for x in a.quantile(.95) for y in b.quantile(.95)])
        report.same(f"{metric}.diff", apart[metric],
                    {"distance": d, "similarity": 1 - d, "occupancy": occupancy,
                     "mean": b.moments.mean - a.moments.mean, "compat_similarity": similarity(a, b)})
    wanted = score(one, list(zip(*other.columns.values())))
    rows = list(csv.DictReader(run.stdout.decode().splitlines()))
    report.same("score.rows", len(rows), len(wanted))
    for i, (row, want) in enumerate(zip(rows, wanted)):
        number = lambda text: float(text) if text else None
        report.same(f"score[{i}]", [row["metric"], number(row["value"]), int(row["state"]),
                                    number(row["surprisal"]), int(row["anomaly"])],
                    [*want[:4], want[5]])
        report.same(f"score[{i}].z", number(row["z"]), want[4], 2e-5)
    return report


def saved_cases():
    rng = random.Random(77)
    r = lambda: random.Random(rng.random())
    made = {}
    for states, history, buffer in ((4, 1, 1), (8, 1, 3), (3, 3, 1), (20, 1, 1), (4, 2, 2)):
        settings = dict(states=states, history=history, buffer=buffer)
        made[f"sticky-{states}-{history}"] = (
            Case({"cpu": sticky(r(), 3000), "x": uniform(r(), 3000)}, **settings),
            Case({"cpu": sticky(r(), 1500, (5, 40, 70)), "x": with_gaps(r(), uniform(r(), 1500, 20, 90))},
                 **settings))
    # A state where it never was, and it stays there: as strange as anything can be.
    calm = sticky(r(), 1500, (5, 28), .8, 1)
    made["never-seen"] = (Case({"cpu": calm}, buffer=1),
                          Case({"cpu": calm[:200] + [55.0] * 100 + calm[:100] + [98.0 * (i % 2) for i in range(60)]},
                               buffer=1))
    grow = growing(r(), 600)
    made["dynamic"] = (Case({"x": grow}, buffer=1, dynamic=True), Case({"x": grow[:400]}, buffer=1, dynamic=True))
    return made


def cases():
    rng = random.Random(20240607)
    r = lambda: random.Random(rng.random())
    made = {}
    for states in (2, 4, 9, 64):
        made[f"sticky-{states}"] = Case({"cpu": sticky(r(), 4000)}, states=states, buffer=1)
    for history in (2, 3, 4):
        made[f"history-{history}"] = Case({"cpu": sticky(r(), 3000, stay=.7), "x": uniform(r(), 3000)},
                                          states=4, history=history, buffer=1)
    made["history-phantom"] = Case({"cpu": sticky(r(), 1000)}, states=3, history=3, buffer=2, phantom=True)
    made["phantom"] = Case({"cpu": sticky(r(), 400, stay=.5), "mem": uniform(r(), 400)}, buffer=1, phantom=True)
    made["buffers"] = Case({"cpu": sticky(r(), 6000), "mem": uniform(r(), 6000)}, buffer=7)
    made["bursty"] = Case({"cpu": bursty(r(), 5000), "cpu_steal": bursty(r(), 5000, .005, 30)}, buffer=1)
    made["bursty-filter"] = Case({"cpu": bursty(r(), 3000), "io": with_outliers(r(), sticky(r(), 3000), 5e9)},
                                 buffer=3, filter=2)
    made["level-shift"] = Case({"cpu": [v + (60 if i > 500 else 0) for i, v in
                                        enumerate(sticky(r(), 1500, (5, 8), noise=1))]}, buffer=2, filter=3)
    made["outliers-gaps"] = Case({"cpu": with_gaps(r(), with_outliers(r(), sticky(r(), 3000)), .02)},
                                 buffer=1, filter=3)
    made["constant"] = Case({"cpu": [42.0] * 500, "mem": [0.0] * 500, "net": [3e6] * 500}, buffer=1,
                            vcpus=4, mem_kb=4 << 20)
    made["gaps"] = Case({"cpu": with_gaps(r(), sticky(r(), 4000)), "mem": with_gaps(r(), uniform(r(), 4000), .2),
                         "net": [None] * 4000}, buffer=3, history=2)
    made["gaps-1"] = Case({"cpu": with_gaps(r(), sticky(r(), 4000), .1)}, buffer=1, history=3, states=5)
    made["edges"] = Case({"cpu": whole(uniform(r(), 3000, -10, 120)), "x": whole(uniform(r(), 3000, -10, 120), 1)},
                         states=8, buffer=1)
    made["edges-equal"] = Case({"cpu": whole(uniform(r(), 3000, -10, 120)), "x": whole(uniform(r(), 3000, 0, 9))},
                               states=10, buffer=1, binning="equal", bounds={"x": (0.0, 1.0)})
    made["bounds"] = Case({"x": uniform(r(), 2000, 40, 95), "mem": uniform(r(), 2000, 0, 100),
                           "y": uniform(r(), 2000, -80, -10)}, states=5, buffer=2,
                          bounds={"x": (50.0, 90.0), "y": (-100.0, 0.0), "mem": (20.0, 80.0)})
    made["log"] = Case({"disk_lat": [2 ** rng.uniform(-6, 14) for _ in range(3000)],
                        "net": [2 ** rng.uniform(0, 28) for _ in range(3000)]}, states=12, buffer=1)
    made["log-wide"] = Case({"disk_lat": [2 ** rng.uniform(-1, 31) for _ in range(2000)]}, states=4, buffer=1,
                            bounds={"disk_lat": (0.0, 1e9)})
    made["log-above"] = Case({"disk_lat": uniform(r(), 500, -50, 3000)}, states=6, buffer=1,
                             bounds={"disk_lat": (10.0, 2000.0)})
    made["huge"] = Case({"x": [rng.choice((1e18, 0.0, -1e18, 3.5, 1e12)) for _ in range(1000)],
                         "io": uniform(r(), 1000, 0, 1e18)}, buffer=1)
    for states in (2, 4, 7):
        made[f"dynamic-{states}"] = Case({"x": growing(r(), 600), "cpu": sticky(r(), 600)}, states=states,
                                         buffer=1, dynamic=True, history=2 if states == 4 else 1,
                                         periods=(3, 4) if states == 4 else ())
    made["dynamic-phases"] = Case({"x": [v * (1 if i < 900 else 7) for i, v in
                                         enumerate(two_regimes(r(), 2400, 200))], "io": growing(r(), 2400, 1.01)},
                                  buffer=1, dynamic=True, window=20)
    made["dynamic-huge"] = Case({"x": [rng.choice((1.0, 0.25, 1e18, 4.0, -7.0)) if i > 40 else .1 * i
                                       for i in range(300)]}, buffer=1, dynamic=True)
    for sizes in ((2, 3), (4,), (3, 2, 5), (24, 6)):
        made["periods-" + "-".join(map(str, sizes))] = Case(
            {"cpu": sticky(r(), 1500), "mem": with_gaps(r(), uniform(r(), 1500), .01)}, buffer=2, periods=sizes)
    made["periodic"] = Case({"cpu": periodic(r(), 3000, 24), "mem": periodic(r(), 3000, 60, 8),
                             "x": uniform(r(), 3000)}, buffer=1, states=6,
                            period={"cpu": 24, "mem": 60, "x": None})
    made["square"] = Case({"cpu": [0.0, 0.0, 100.0, 100.0] * 100}, buffer=1, period={"cpu": 4})
    made["saturated"] = Case({"cpu": [min(100.0, v + 60) for v in uniform(r(), 800, 20, 60)]}, buffer=2, vcpus=8)
    made["contended"] = Case({"cpu": uniform(r(), 800, 20, 60), "cpu_steal": uniform(r(), 800, 5, 20)}, buffer=2)
    made["steady"] = Case({"cpu": uniform(r(), 800, 40, 50), "mem": uniform(r(), 800, 30, 31)}, buffer=2,
                          vcpus=6, mem_kb=16 << 20)
    made["idle"] = Case({"cpu": uniform(r(), 800, 0, 4), "mem": uniform(r(), 800, 30, 31)}, seconds=200)
    # Each row is a half-life later: what is old weighs little.
    made["half-life"] = Case({"cpu": [90.0] * 40 + uniform(r(), 12, 0, 50), "net": growing(r(), 52, 1.3)},
                             buffer=1, seconds=86400)
    made["half-life-slow"] = Case({"cpu": [90.0] * 400 + uniform(r(), 600, 0, 50)}, buffer=4, seconds=600)
    made["two-regimes"] = Case({"cpu": two_regimes(r(), 3000, 300)}, buffer=1)
    made["two-regimes-metrics"] = Case({"cpu": two_regimes(r(), 4000, 400), "mem": sticky(r(), 4000),
                                        "x": with_gaps(r(), two_regimes(r(), 4000, 900))}, buffer=2, window=15)
    many = []
    for i in range(24):  # more kinds of behaviour than there are phases
        p = [random.Random(i % 12).sample(range(0, 100, 14), 8), i]
        many += [p[0][t % (2 + i % 5)] + 1.0 for t in range(120)]
    made["many-phases"] = Case({"cpu": many, "mem": many[::-1]}, buffer=1, window=10, states=8)
    made["window-2"] = Case({"cpu": sticky(r(), 500, stay=.6)}, buffer=1, window=2)
    made["window-64"] = Case({"cpu": sticky(r(), 3000)}, buffer=1, window=64)
    # A change that lasts: an alarm, learning is held, then it is the new normal.
    made["anomaly"] = Case({"cpu": [5.0 + (i % 2) if i < 2000 or i > 2700 else 95.0 * (i % 2)
                                    for i in range(3500)]}, buffer=1, window=20)
    made["anomaly-now"] = Case({"cpu": [50 + 45 * math.sin(i / 30) if i < 3000 else 98.0 * (i % 2)
                                        for i in range(3060)]}, buffer=1, states=6)
    made["anomaly-long"] = Case({"cpu": [v + (55 if i > 1500 else 0) for i, v in
                                         enumerate(sticky(r(), 2500, (5, 30), noise=1))]}, buffer=1, window=10,
                                states=5)
    made["rows-full"] = Case({"cpu": uniform(r(), 2600)}, buffer=1, states=16, history=4)
    made["row-cap"] = Case({"x": sticky(r(), 69000, (10, 90), .99, 1)}, buffer=1, states=2)
    made["breaks"] = Case({"cpu": sticky(r(), 900), "mem": with_gaps(r(), uniform(r(), 900))}, buffer=4, history=2,
                          periods=(2, 3), times=[1e9 + 10 * i + (500 if i > 300 else 0) - (7000 if i > 600 else 0)
                                                 for i in range(900)], seconds=10)
    made["breaks-near"] = Case({"cpu": sticky(r(), 900)}, buffer=4, seconds=10,
                               times=[1e9 + 10 * i + (i > 300) * 190 + (i > 600) * 190.1 for i in range(900)])
    # Two weeks, around the end of summer time in Berlin; and a range that grows.
    for calendar, hours, grows in (("hour-of-day", 1, False), ("hour-of-week", 1, True), ("hour-of-week", 6, False)):
        n, begin = 14 * 24 * 4, 1792800000.0
        made[f"{calendar}-{hours}"] = Case(
            {"cpu": with_gaps(r(), sticky(r(), n), .01), "x": growing(r(), n, 1.01)}, dynamic=grows, buffer=hours,
            times=[begin + 900 * i for i in range(n)], seconds=900, calendar=calendar)
    made["short"] = Case({"cpu": [1.0, 2.0, 99.0]}, buffer=1)
    made["nothing"] = Case({"cpu": [1.0, 2.0], "mem": [None, None]})
    for i in range(40):  # anything with anything
        rng_i = r()
        states, history = rng_i.choice(((2, 4), (3, 3), (4, 2), (4, 1), (5, 2), (8, 1), (13, 3), (32, 1)))
        n, dynamic = rng_i.randrange(60, 1200), rng_i.random() < .3
        columns = {}
        for name in rng_i.sample(["cpu", "cpu_steal", "mem", "io", "net", "disk_lat", "x"], rng_i.randrange(1, 4)):
            kind = rng_i.choice((uniform, sticky, bursty, lambda r, n: two_regimes(r, n, 90), growing,
                                 lambda r, n: periodic(r, n, 17)))
            values = kind(rng_i, n)
            if name in ("io", "net"):
                values = [v * 1e6 for v in values]
            if rng_i.random() < .3:
                values = with_gaps(rng_i, values, rng_i.choice((.002, .05)))
            if rng_i.random() < .2:
                values = whole(values)
            columns[name] = values
        made[f"random-{i}"] = Case(
            columns, states=states, history=history, dynamic=dynamic, buffer=rng_i.choice((1, 1, 2, 3, 10)),
            binning="equal" if dynamic else rng_i.choice(("nearest", "equal")),
            phantom=rng_i.random() < .2, window=rng_i.choice((2, 5, 10, 30, 64)),
            filter=rng_i.choice((-1, -1, 0.5, 2, 4)), seconds=rng_i.choice((0.5, 2, 60, 3600)),
            periods=rng_i.choice(((), (), (4,), (2, 3), (2, 2, 2), (7, 1))))
    return made


def main():
    program, names = sys.argv[1], sys.argv[2:]
    os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
    time.tzset()
    every = {name: (compare, case) for name, case in cases().items()}
    every.update({f"saved-{name}": (compare_saved, *both) for name, both in saved_cases().items()})
    chosen = [n for n in every if not names or any(n == x or (x.endswith("*") and n.startswith(x[:-1]))
                                                   for x in names)]
    failed = compared = 0
    for name in chosen:
        how, *what = every[name]
        report = how(name, *what, program)
        compared += report.compared
        if report.differences:
            failed += 1
            print(f"{name}: {len(report.differences)} of {report.compared} differ")
            for line in report.differences[:12]:
                print(f"    {line[:300]}")
    print(f"{len(chosen)} cases, {compared} figures, {failed} cases differ")
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
