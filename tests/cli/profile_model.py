#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What proxprofiler computes, a second time: plain Python made from the definitions alone and not
from the program. Slow and simple on purpose: what is counted is a dict of lists, what is expected
is summed up anew, no figure is kept up to date that can be worked out of the counts."""
import math
import time
from dataclasses import dataclass

BUCKETS = 400
HOT_STEPS = 10
PHASES = 8
SERIES = 4096
TILTS = (0.25, 0.5, 0.75, 1.0)
SLACK, EVIDENCE, KNOWN = 0.04, 7.0, 5


@dataclass
class Settings:
    states: int = 4
    history: int = 1
    buffer: int = 10
    filter: float = -1
    binning: str = "nearest"
    dynamic: bool = False
    phantom: bool = False
    periods: tuple = ()
    calendar: str = ""
    window: int = 30
    row_cap: int = 65535
    rows_max: int = 4096
    half_life: float = 86400
    seconds: float = 2


@dataclass
class Spec:
    name: str
    lo: float = 0
    hi: float = 100
    log: bool = False
    percent: bool = False  # buckets of 0.25
    first: float = 0.1     # else the width of the first bucket


def percentage(n, total):
    return (200 * n + total) // (2 * total) if total else 0


def state_of(value, lo, hi, states, binning, log):
    width = (hi - lo) / states
    if width <= 0:
        return 0
    if log:
        if 1 + value - lo <= 0:
            return 0
        share = math.log(1 + value - lo) / math.log(1 + hi - lo)
        return max(0, min(states - 1, math.floor(states * share)))
    if binning == "equal":
        return max(0, min(states - 1, math.floor((value - lo) / width)))
    for i in range(states):
        if i * width - width / 2 <= value - lo < i * width + width / 2:
            return i
    return states - 1 if value - lo >= (states - 1) * width + width / 2 else 0


def centre_of(i, lo, hi, states, binning, log):
    width = (hi - lo) / states
    if log:
        return lo + math.expm1((i + 0.5) / states * math.log1p(hi - lo))
    return lo + i * width if binning == "nearest" else lo + (i + 0.5) * width


class Matrix:
    """Counts by context, a tuple of the last 1..history states, the oldest first."""

    def __init__(self, settings, history=None):
        self.states, self.history = settings.states, history or settings.history
        self.row_cap, self.rows_max = settings.row_cap, settings.rows_max
        self.rows = {}
        self.known = {}  # by state: (mean, mean of squares) of -ln p of a step from there

    @staticmethod
    def key(context):
        return "-".join(map(str, context))

    def age(self, context):
        while sum(self.rows.get(context, ())) >= self.row_cap:
            row = [n // 2 for n in self.rows[context]]
            if any(row):
                self.rows[context] = row
            else:
                del self.rows[context]

    def learn(self, context, state):
        for length in range(min(len(context), self.history), 0, -1):
            tail = context[-length:]
            if tail not in self.rows:
                if len(self.rows) >= self.rows_max:
                    least = min(map(sum, self.rows.values()))
                    del self.rows[min((c for c in self.rows if sum(self.rows[c]) == least), key=self.key)]
                    self.known.clear()
                self.rows[tail] = [0] * self.states
            self.rows[tail][state] += 1
            self.age(tail)
        self.known.pop(context[-1] if context else None, None)

    def total(self, length=1):
        if length == 1:
            return sum(sum(self.rows.get((i,), ())) for i in range(self.states))
        return sum(sum(row) for context, row in self.rows.items() if len(context) == length)

    def smooth(self, row):
        total = sum(row)
        return [(n + 0.5) / (total + 0.5 * self.states) for n in row]

    def expect(self, context):
        """p(next | context): of the longest known tail."""
        for length in range(len(context), 0, -1):
            row = self.rows.get(context[-length:])
            if row and (sum(row) >= 5 or length == 1):
                return self.smooth(row)
        return [1 / self.states] * self.states

    def dense(self):
        return [self.smooth(self.rows.get((i,), [0] * self.states)) for i in range(self.states)]

    def shares(self):
        all_rows = self.total()
        return [sum(self.rows.get((i,), ())) / all_rows if all_rows else 0 for i in range(self.states)]

    def surprise(self):
        """Mean and deviation of -ln p of a step, as the matrix expects it of itself."""
        mean = squares = 0
        for i, share in enumerate(self.shares()):
            if not share:
                continue
            if i not in self.known:
                p = self.smooth(self.rows[(i,)])
                self.known[i] = (sum(-q * math.log(q) for q in p), sum(q * math.log(q) ** 2 for q in p))
            mean += share * self.known[i][0]
            squares += share * self.known[i][1]
        return mean, math.sqrt(max(0, squares - mean * mean))

    def fold(self):
        old, self.rows = self.rows, {}
        self.known.clear()
        for context, row in old.items():
            into = self.rows.setdefault(tuple(s // 2 for s in context), [0] * self.states)
            for j, n in enumerate(row):
                into[j // 2] += n
        for context in list(self.rows):
            self.age(context)

    def counts(self):
        return {self.key(c): self.rows[c] for c in self.rows}

    def compat(self):
        totals = {length: self.total(length) for length in range(1, self.history + 1)}
        return {self.key(c): {"nextProbs": [percentage(n, sum(row)) for n in row],
                              "probability": percentage(sum(row), totals[len(c)])}
                for c, row in self.rows.items()}


class Histogram:
    """All values with their times: weights are made when somebody asks."""

    def __init__(self, spec, half_life):
        self.spec, self.half_life = spec, half_life
        self.values = []

    def edge(self, i):
        return i * 0.25 if self.spec.percent else self.spec.first * (1.05 ** i - 1) / 0.05

    def bucket(self, value):
        if self.spec.percent:
            i = math.floor(max(0, value) / 0.25)
        else:
            i = math.floor(math.log1p(max(0, value) * 0.05 / self.spec.first) / math.log(1.05))
            while i and self.edge(i) > max(0, value):
                i -= 1
            while i < BUCKETS and self.edge(i + 1) <= max(0, value):
                i += 1
        return min(i, BUCKETS - 1)

    def quantile(self, q, tolerance=1e-6):
        """All answers that rounding of the weights allows."""
        if not self.values:
            return [None]
        weights, newest = [0.0] * BUCKETS, max(t for _, t in self.values)
        for value, t in self.values:
            weights[self.bucket(value)] += 2 ** ((t - newest) / self.half_life)
        total, largest = sum(weights), max(0, max(v for v, _ in self.values))
        cumulated, answers = 0, []
        for i, weight in enumerate(weights):
            cumulated += weight
            if weight and cumulated >= q * total - tolerance * total:
                answers.append(min(self.edge(i + 1), largest))
                if cumulated > q * total + tolerance * total:
                    break
        return answers


class Moments:
    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0
        self.min = self.max = None

    def add(self, value):
        self.count += 1
        away = value - self.mean
        self.mean += away / self.count
        self.squares += away * (value - self.mean)
        self.min = value if self.min is None else min(self.min, value)
        self.max = value if self.max is None else max(self.max, value)

    @property
    def deviation(self):
        return math.sqrt(self.squares / self.count) if self.count else 0


class Anomaly:
    def __init__(self, window):
        self.window = window
        self.steps = []  # (surprisal, from, to)
        self.mean = self.mu = self.sigma = self.z = None
        self.sums = [0.0] * len(TILTS)
        self.high = self.held = 0
        self.calm = window
        self.active = False

    def take(self, start, to, p, known, expected, trained):
        x = -math.log(p[to])
        self.steps = (self.steps + [(x, start, to)])[-self.window:]
        self.mean = sum(s[0] for s in self.steps) / len(self.steps)
        self.mu, self.sigma = expected
        self.z = (self.mean - self.mu) / (self.sigma / math.sqrt(len(self.steps))) if self.sigma else 0
        if not trained:
            self.high, self.active = 0, False
            return True
        for i, tilt in enumerate(TILTS):
            gain = tilt * x - math.log(sum(q ** (1 - tilt) for q in p)) - SLACK
            gain = gain if known >= KNOWN else x - self.mu
            self.sums[i] = min(2 * EVIDENCE, max(0, self.sums[i] + gain))
        evidence = max(self.sums) >= EVIDENCE
        self.high = self.high + 1 if self.z >= 3 else 0
        self.active = self.high > 0 if self.active else self.high >= 3 and evidence
        return self.may_learn(self.active or (0 < known < KNOWN and evidence))

    def may_learn(self, doubted):
        self.calm = 0 if self.active else self.calm + 1
        if self.calm >= self.window:
            self.held = 0
        if not doubted or self.held >= 10 * self.window:
            return True
        self.calm = 0
        self.held += 1
        return False

    def broken(self):
        """What comes does not follow what was: the window begins anew."""
        if self.active:
            self.calm = 0
        self.steps, self.sums = [], [0.0] * len(TILTS)
        self.mean = self.mu = self.sigma = self.z = None
        self.high, self.active = 0, False

    def worst(self):
        return max(self.steps, key=lambda s: s[0]) if self.steps else None


class Drift:
    def __init__(self):
        self.alarms = 0
        self.reset()

    def reset(self):
        self.count, self.mean, self.sum, self.min = 0, 0.0, 0.0, 0.0

    def take(self, x):
        self.count += 1
        self.mean += (x - self.mean) / self.count
        self.sum += x - self.mean - 0.05
        self.min = min(self.min, self.sum)
        if self.sum - self.min > 5:
            self.alarms += 1
            self.reset()

    @property
    def level(self):
        return self.sum - self.min


class Forecast:
    def __init__(self):
        self.steps = self.hits = self.stays = self.over = self.under = 0
        self.error = self.stay_error = self.brier = self.stay_brier = 0

    def take(self, p, last, came):
        next_one = p.index(max(p))
        self.steps += 1
        self.hits += next_one == came
        self.stays += last == came
        self.error += abs(next_one - came)
        self.stay_error += abs(last - came)
        self.brier += sum((q - (j == came)) ** 2 for j, q in enumerate(p))
        self.stay_brier += 2 * (last != came)
        self.over += next_one > came
        self.under += next_one < came

    def result(self):
        n = self.steps
        share = (lambda v: v / n) if n else (lambda v: None)
        return {"steps": n, "hit_rate": share(self.hits), "state_error": share(self.error),
                "brier": share(self.brier), "over": self.over, "under": self.under,
                "useful": self.hits > self.stays,
                "baseline": {"hit_rate": share(self.stays), "state_error": share(self.stay_error),
                             "brier": share(self.stay_brier)}}


class Slot:
    def __init__(self, settings):
        self.count, self.mean, self.max = 0, 0.0, None
        self.matrix = Matrix(settings)

    def take(self, value, context, state):
        self.count += 1
        self.mean += (value - self.mean) / self.count
        self.max = value if self.max is None else max(self.max, value)
        if context:
            self.matrix.learn(context, state)


def node_path(sizes, step):
    """Places from the root down to the leaf that a step belongs to; the last size: steps of a leaf."""
    path, unit = [], math.prod(sizes)
    for size in sizes[:-1]:
        unit //= size
        path.append(step // unit % size)
    return tuple(path)


def hour_of(calendar, seconds):
    """By the local clock; weeks begin on Monday."""
    local = time.localtime(seconds)
    return local.tm_hour + (24 * local.tm_wday if calendar == "hour-of-week" else 0)


def period_of(values):
    n = len(values)
    mean = sum(values) / n if n else 0
    away = [v - mean for v in values]
    all_squares = sum(a * a for a in away)
    if not all_squares or n < 6:
        return None
    r = [sum(a * b for a, b in zip(away, away[k:])) / all_squares for k in range(n // 3 + 2)]
    for k in range(2, n // 3 + 1):
        if r[k] >= 0.5 and r[k] > r[k - 1] and r[k] >= r[k + 1]:
            return k
    return None


class Channel:
    def __init__(self, spec, settings):
        self.spec, self.settings = spec, settings
        self.lo, self.hi = (0, 1) if settings.dynamic else (spec.lo, spec.hi)
        self.binning = "equal" if settings.dynamic else settings.binning
        self.log = spec.log and not settings.dynamic
        self.buffer = []
        self.context = (0,) * settings.history if settings.phantom else ()
        self.state = None
        self.samples = self.steps = self.gaps = self.filtered = self.rejected = 0
        self.below = self.above = self.top = self.busy = 0
        self.moments, self.histogram = Moments(), Histogram(spec, settings.half_life)
        self.matrix = Matrix(settings)
        self.visits, self.sums = [0] * settings.states, [0.0] * settings.states
        self.anomaly, self.drift, self.forecast = Anomaly(settings.window), Drift(), Forecast()
        self.slots, self.hours = {}, {}
        self.series = []

    def broken(self):
        self.buffer, self.context = [], ()
        self.anomaly.broken()

    def is_outlier(self, value):
        far, moments = self.settings.filter, self.moments
        return (far >= 0 and moments.count >= 30 and moments.deviation > 0 and
                abs(value - moments.mean) > far * moments.deviation)

    def take(self, value, seconds, step):
        """Returns (from, to) of a transition, and how often the range doubled before it."""
        if value is None:
            self.gaps += 1
            self.broken()
            return None, 0
        if self.is_outlier(value) and self.rejected < 10:
            self.filtered += 1
            self.rejected += 1
            return None, 0
        self.rejected = 0
        self.samples += 1
        self.moments.add(value)
        self.histogram.values.append((value, seconds))
        self.busy += value >= self.lo + 0.8 * (self.hi - self.lo)
        self.buffer.append(value)
        if len(self.buffer) < self.settings.buffer:
            return None, 0
        average = sum(self.buffer) / len(self.buffer)
        self.buffer = []
        return self.take_average(average, seconds, step)

    def fold(self):
        half = lambda values: [sum(values[2 * i:2 * i + 2]) for i in range(self.settings.states)]
        self.hi *= 2
        self.matrix.fold()
        self.context = tuple(s // 2 for s in self.context)
        self.state = None if self.state is None else self.state // 2
        self.visits, self.sums = half(self.visits), half(self.sums)
        self.top = self.busy = 0
        self.anomaly.steps = [(x, a // 2, b // 2) for x, a, b in self.anomaly.steps]
        for slot in [*self.slots.values(), *self.hours.values()]:
            slot.matrix.fold()

    def take_average(self, average, seconds, step):
        folds = 0
        while self.settings.dynamic and self.hi < average:
            self.fold()
            folds += 1
        states = self.settings.states
        state = state_of(average, self.lo, self.hi, states, self.binning, self.log)
        self.below += average < self.lo
        self.above += average > self.hi
        self.steps += 1
        self.top += state == states - 1
        self.visits[state] += 1
        self.sums[state] += average
        self.series.append(average)
        context, transition, learn = self.context, None, True
        if context and self.steps == 1:
            # The made-up start is counted, but it was no step to be judged.
            self.matrix.learn(context, state)
            learn = False
        elif context:
            transition = (context[-1], state)
            p = self.matrix.expect(context)
            self.forecast.take(p, context[-1], state)
            self.drift.take(-math.log(p[state]))
            learn = self.anomaly.take(context[-1], state, p, sum(self.matrix.rows.get(context[-1:], ())),
                                      self.matrix.surprise(), self.matrix.total() >= 10 * states ** 2)
            if learn:
                self.matrix.learn(context, state)
        path = node_path(self.settings.periods, step) if self.settings.periods else ()
        for depth in range(1, len(path) + 1):
            slot = self.slots.setdefault(path[:depth], Slot(self.settings))
            slot.take(average, context if learn else (), state)
        if self.settings.calendar:
            slot = self.hours.setdefault(hour_of(self.settings.calendar, seconds), Slot(self.settings))
            slot.take(average, context if learn else (), state)
        self.context = (context + (state,))[-self.settings.history:]
        self.state = state
        return transition, folds

    def value_of(self, i):
        if self.visits[i]:
            return self.sums[i] / self.visits[i]
        return centre_of(i, self.lo, self.hi, self.settings.states, self.binning, self.log)

    def ahead(self, steps):
        """The distribution of the state in 1..steps steps, from the state of now, order 1."""
        p, now, found = self.matrix.dense(), [float(i == self.state) for i in range(self.settings.states)], []
        for _ in range(steps):
            now = [sum(now[i] * p[i][j] for i in range(len(p))) for j in range(len(p))]
            found.append(now)
        return found

    def hot(self, steps, state=None, hot=None):
        p, hot = self.matrix.dense(), self.settings.states - 1 if hot is None else hot
        state, found = self.state if state is None else state, []
        u = [float(i >= hot) for i in range(len(p))]
        for _ in range(steps):
            u = [1 if i >= hot else sum(p[i][j] * u[j] for j in range(len(p))) for i in range(len(p))]
            found.append(u[state])
        return found

    def stationary(self):
        """x = x P, sum x = 1, by elimination."""
        p, n = self.matrix.dense(), self.settings.states
        a = [[p[j][i] - (i == j) for j in range(n)] + [0.0] for i in range(n)]
        a[-1] = [1.0] * n + [1.0]
        for c in range(n):
            best = max(range(c, n), key=lambda r: abs(a[r][c]))
            a[c], a[best] = a[best], a[c]
            for r in range(n):
                if r != c and a[r][c]:
                    f = a[r][c] / a[c][c]
                    a[r] = [x - f * y for x, y in zip(a[r], a[c])]
        return [a[i][n] / a[i][i] for i in range(n)]

    def dwell(self):
        found = []
        for i in range(self.settings.states):
            row = self.matrix.rows.get((i,))
            found.append(1 / (1 - row[i] / sum(row)) if row and row[i] < sum(row) else None)
        return found

    def quantile(self, q):
        return self.histogram.quantile(q)

    def result(self):
        matrix, states = self.matrix, self.settings.states
        pi, p = (self.stationary(), matrix.dense()) if matrix.rows else ([], [])
        entropy = -sum(pi[i] * sum(q * math.log(q) for q in p[i]) for i in range(len(pi)))
        found = self.moments.count > 0
        found = {
            "lo": self.lo, "hi": self.hi, "samples": self.samples, "steps": self.steps, "gaps": self.gaps,
            "filtered": self.filtered, "below": self.below, "above": self.above, "state": self.state,
            "context": Matrix.key(self.context), "counts": matrix.counts(),
            "p": {k: [n / sum(row) for n in row] for k, row in matrix.counts().items()},
            "stats": {"mean": self.moments.mean if found else None,
                      "stddev": self.moments.deviation if found else None,
                      "min": self.moments.min, "max": self.moments.max,
                      "p50": self.quantile(.5), "p90": self.quantile(.9), "p95": self.quantile(.95),
                      "p99": self.quantile(.99),
                      "busy_share": self.busy / self.samples if self.samples else None,
                      "top_share": self.top / self.steps if self.steps else None},
            "values": [self.sums[i] / self.visits[i] if self.visits[i] else None for i in range(states)],
            "visits": self.visits, "predict": None, "forecast": self.forecast.result(),
            "anomaly": {"A": self.anomaly.mean, "mu": self.anomaly.mu, "sigma": self.anomaly.sigma,
                        "z": self.anomaly.z,
                        "score": None if self.anomaly.z is None else 1 - math.exp(-max(0, self.anomaly.z) / 3),
                        "evidence": max(self.anomaly.sums), "held": self.anomaly.held,
                        "active": self.anomaly.active},
            "drift": {"alarms": self.drift.alarms, "level": self.drift.level},
            "dwell": self.dwell(), "stationary": pi,
            "entropy_rate": entropy if matrix.rows else None,
            "predictability": 1 - entropy / math.log(states) if matrix.rows else None,
        }
        if self.settings.calendar:
            found["calendar"] = {str(i): {"count": slot.count, "mean": slot.mean, "max": slot.max,
                                          "counts": slot.matrix.counts()} for i, slot in self.hours.items()}
        if self.context:
            now = matrix.expect(self.context)
            found["predict"] = {"next": now.index(max(now)), "p": max(now),
                                "value": sum(q * self.value_of(j) for j, q in enumerate(now)),
                                "hot": self.hot(HOT_STEPS)}
        return found


class Phases:
    """Blocks of `window` steps, each counted in the phase that it looks like."""

    def __init__(self, settings, channels):
        self.settings, self.channels = settings, channels
        self.phases, self.current, self.last = [], 0, None
        self.block, self.block_steps = [[] for _ in range(channels)], 0
        self.step = [None] * channels
        self.follows = {}

    def matrices(self):
        return [Matrix(self.settings, history=1) for _ in range(self.channels)]

    def judge(self, phase):
        """(mean surprisal, whether any metric scores 3) of the block."""
        means, high = [], False
        for matrix, block in zip(self.phases[phase], self.block):
            if not block:
                continue
            a = sum(-math.log(matrix.expect((i,))[j]) for i, j in block) / len(block)
            mu, sigma = matrix.surprise()
            means.append(a)
            speaks = phase != self.current or matrix.total() >= self.settings.window
            high |= speaks and sigma > 0 and (a - mu) / (sigma / math.sqrt(len(block))) >= 3
        return sum(means) / len(means), high

    def end_step(self):
        for block, transition in zip(self.block, self.step):
            if transition:
                block.append(transition)
        self.step = [None] * self.channels
        self.block_steps += 1
        if self.block_steps < self.settings.window:
            return
        if any(self.block):
            self.choose()
        else:
            self.last = None
        self.block, self.block_steps = [[] for _ in range(self.channels)], 0

    def choose(self):
        if not self.phases:
            self.phases.append(self.matrices())
        elif self.judge(self.current)[1]:
            others = [(self.judge(i)[0], i) for i in range(len(self.phases))
                      if i != self.current and not self.judge(i)[1]]
            if others:
                self.current = min(others)[1]
            elif len(self.phases) < PHASES:
                self.phases.append(self.matrices())
                self.current = len(self.phases) - 1
            else:
                sizes = [sum(m.total() for m in phase) for phase in self.phases]
                self.current = sizes.index(min(sizes))
                self.phases[self.current] = self.matrices()
                self.last = None if self.last == self.current else self.last
                self.follows = {k: n for k, n in self.follows.items() if self.current not in k}
        for matrix, block in zip(self.phases[self.current], self.block):
            for i, j in block:
                matrix.learn((i,), j)
        if self.last is not None:
            key = (self.last, self.current)
            self.follows[key] = self.follows.get(key, 0) + 1
        self.last = self.current

    def fold(self, channel):
        for phase in self.phases:
            phase[channel].fold()
        self.block[channel] = [(i // 2, j // 2) for i, j in self.block[channel]]

    def broken(self):
        self.block, self.block_steps, self.last = [[] for _ in range(self.channels)], 0, None
        self.step = [None] * self.channels


class Profile:
    def __init__(self, specs, settings):
        self.settings = settings
        self.channels = [Channel(spec, settings) for spec in specs]
        self.phases = Phases(settings, len(specs))
        self.samples = self.filled = self.steps = 0
        self.first = self.last = None
        self.learned = 0.0

    def take(self, values, seconds):
        past = self.settings.seconds
        if self.last is not None:
            away = seconds - self.last
            if away < 0 or away > 5 * self.settings.buffer * self.settings.seconds:
                self.filled = 0
                self.phases.broken()
                for channel in self.channels:
                    channel.broken()
                    channel.series = []
            else:
                past = away
        if any(v is not None for v in values):
            self.learned += past
        self.first = seconds if self.first is None else self.first
        self.last = seconds
        self.samples += 1
        self.filled += 1
        for i, (channel, value) in enumerate(zip(self.channels, values)):
            transition, folds = channel.take(value, seconds, self.samples // self.settings.buffer - 1)
            for _ in range(folds):
                self.phases.fold(i)
            if transition:
                self.phases.step[i] = transition
        if self.filled == self.settings.buffer:
            self.filled = 0
            self.steps += 1
            self.phases.end_step()

    def role(self, name):
        return next((c for c in self.channels if c.spec.name == name and c.samples), None)

    def kind(self, periodic):
        cpu, steal = self.role("cpu"), self.role("cpu_steal")
        if not cpu:
            return "unknown"
        q = lambda channel, share: channel.quantile(share)[0]
        if q(cpu, .95) < 5:
            return "idle"
        if steal and q(steal, .95) >= 10:
            return "contended"
        if q(cpu, .9) >= 90:
            return "saturated"
        if periodic:
            return "periodic"
        if q(cpu, .99) >= 4 * max(q(cpu, .5), 1):
            return "bursty"
        return "steady" if cpu.moments.deviation <= cpu.moments.mean / 4 else "variable"

    def anomaly(self):
        scored = [c for c in self.channels if c.anomaly.steps]
        if not scored:
            return {"z": None, "score01": None, "blame": None, "active": False}
        worst = max(scored, key=lambda c: c.anomaly.z)
        return {"z": worst.anomaly.z, "score01": 1 - math.exp(-max(0, worst.anomaly.z) / 3),
                "blame": worst.spec.name, "active": any(c.anomaly.active for c in self.channels)}


def divergence(a, b):
    """Jensen-Shannon, in bits."""
    m = [(x + y) / 2 for x, y in zip(a, b)]
    part = lambda p: sum(x * math.log2(x / y) for x, y in zip(p, m) if x)
    return (part(a) + part(b)) / 2


def distance(a, b):
    """(D, JSD of occupancy) of two channels of order 1."""
    rows_a, rows_b = a.matrix.rows, b.matrix.rows
    total, d = a.matrix.total() + b.matrix.total(), 0
    for key in set(rows_a) | set(rows_b):
        one, two = rows_a.get(key), rows_b.get(key)
        weight = (sum(one or ()) + sum(two or ())) / total
        if one and two:
            d += weight * divergence([n / sum(one) for n in one], [n / sum(two) for n in two])
        else:
            d += weight
    return d, divergence(a.matrix.shares(), b.matrix.shares())


def similarity(a, b):
    """As readers of percentages know it."""
    one, two = a.matrix.compat(), b.matrix.compat()
    all_of, d = 0, 0
    for key, row in one.items():
        mine = row["nextProbs"]
        other = two[key]["nextProbs"] if key in two else None
        all_of += sum(mine) + sum(other or ())
        d += sum(abs(x - y) for x, y in zip(mine, other)) if other else sum(mine)
    return round(1 - d / all_of, 3) if all_of else None


def score(profile, rows):
    """Steps of all metrics, judged by what was learned, none of it learned: (value, state, surprisal,
    z, anomaly) each."""
    settings, found = profile.settings, []
    judges = [(channel, [], Anomaly(settings.window), []) for channel in profile.channels]
    contexts = [()] * len(judges)
    for row in rows:
        for i, (channel, buffer, anomaly, _) in enumerate(judges):
            if row[i] is None:
                buffer.clear()
                contexts[i] = ()
                anomaly.broken()
                continue
            buffer.append(row[i])
            if len(buffer) < settings.buffer:
                continue
            average, x, matrix = sum(buffer) / len(buffer), None, channel.matrix
            buffer.clear()
            state = state_of(average, channel.lo, channel.hi, settings.states, channel.binning, channel.log)
            if contexts[i]:
                last = contexts[i][-1]
                p = matrix.expect(contexts[i])
                x = -math.log(p[state])
                anomaly.take(last, state, p, sum(matrix.rows.get((last,), ())), matrix.surprise(),
                             matrix.total() >= 10 * settings.states ** 2)
            found.append((channel.spec.name, average, state, x, None if x is None else anomaly.z,
                          int(anomaly.active)))
            contexts[i] = (contexts[i] + (state,))[-settings.history:]
    return found


def near(got, want, tolerance=1e-6):
    assert len(got) == len(want), (got, want)
    for one, other in zip(got, want):
        assert abs(one - other) < tolerance, (got, want)


def learn(values, specs=None, **settings):
    profile = Profile(specs or [Spec("cpu", percent=True)], Settings(**{"buffer": 1, **settings}))
    for i, value in enumerate(values):
        profile.take([value], i * profile.settings.seconds)
    return profile, profile.channels[0]


V1 = (0, 30, 55, 80, 100, 12.4, 12.5, 87.5, 250, -5)


def check_chain():
    _, v1 = learn(V1)
    assert v1.matrix.counts() == {"0": [0, 2, 0, 0], "1": [0, 0, 1, 1], "2": [0, 0, 0, 1], "3": [2, 0, 0, 2]}
    assert (v1.below, v1.above) == (1, 1)
    near(v1.matrix.surprise(), (1.163926, 0.619004))
    for steps, mean, z in (((0, 1, 2, 3, 3), 0.754862, -1.321684), ((0, 3, 1, 0, 2), 2.180808, 3.285539)):
        judge = Anomaly(30)
        for i, j in zip(steps, steps[1:]):
            judge.take(i, j, v1.matrix.expect((i,)), 5, v1.matrix.surprise(), False)
        near((judge.mean, judge.z), (mean, z))
    v1.state = 0
    near(v1.ahead(3)[1] + v1.ahead(3)[2], (.166667, .1875, .28125, .364583, .243056, .204861, .168403, .383681))
    near(v1.hot(3), (.125, .4375, .653646))
    near(v1.stationary(), (.235294, .235294, .176471, .352941))
    near((v1.dwell()[3], v1.result()["entropy_rate"], v1.result()["predictability"]), (2, 1.170924, .155357))
    _, other = learn((0, 30, 50, 75, 0, 30, 50, 75, 0))
    near(distance(v1, other)[:1] + distance(other, v1)[:1] + distance(v1, v1)[:1], (.183105, .183105, 0))
    drift, levels = Drift(), []
    for x in (.1, .2, .1, .2, 2, 2.2, 2.1):
        drift.take(x)
        levels.append(drift.level)
    near(levels[3:], (0, 1.43, 2.78, 3.84429), 1e-5)


def check_states():
    _, v2 = learn((0, 10, 40, 60, 70, 90, 40, 60, 70, 90, 0, 10), buffer=2, history=2, phantom=True)
    assert v2.matrix.counts() == {
        "0": [1, 0, 1, 0], "0-0": [1, 0, 1, 0], "2": [0, 0, 0, 2], "0-2": [0, 0, 0, 1],
        "3": [1, 0, 1, 0], "2-3": [1, 0, 1, 0], "3-2": [0, 0, 0, 1]}
    assert v2.matrix.compat()["0-2"] == {"nextProbs": [0, 0, 0, 100], "probability": 17}
    near((v2.moments.mean, v2.moments.deviation), (45, 32.0156), 1e-4)
    _, grown = learn((3, 1, 6), dynamic=True)
    assert grown.matrix.counts() == {"1": [1, 0, 0, 0], "0": [0, 0, 0, 1]}
    edges = (0, 12.4, 12.5, 37.4, 37.5, 62.4, 62.5, 87.5, 100, 250, -5)
    assert [state_of(v, 0, 100, 4, "nearest", False) for v in edges] == [0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 0]
    assert state_of(1000, 0, 1e9, 4, "", True) == 1 and state_of(125e3, 0, 125e6, 4, "", True) == 2
    _, kept = learn([9, 10, 11] * 10 + [100] * 11, filter=4)
    assert (kept.filtered, kept.samples, kept.state) == (10, 31, 3)
    _, slotted = learn((0, 0, 90, 90, 0, 90, 90, 90, 90, 0, 0, 0), states=2, periods=(2, 3))
    assert slotted.slots[(0,)].matrix.counts() == {"0": [1, 1], "1": [0, 3]}
    assert slotted.slots[(1,)].matrix.counts() == {"0": [2, 1], "1": [2, 1]}
    assert period_of([0, 0, 1, 1] * 4) == 4


def check_phases():
    _, channel = learn((0,))
    phases, states = Phases(channel.settings, 1), [0, 3] * 35 + [2] * 40 + [0, 3] * 20
    channel.settings.window = 10
    order = []
    for i, j in zip(states, states[1:]):
        phases.step = [(i, j)]
        phases.end_step()
        order += [phases.current] if phases.block_steps == 0 else []
    assert order == [0] * 7 + [1] * 4 + [0] * 3, order
    assert phases.phases[0][0].counts() == {"0": [0, 0, 0, 50], "3": [49, 0, 1, 0]}
    assert phases.phases[1][0].counts() == {"2": [1, 0, 39, 0]}


if __name__ == "__main__":
    check_chain()
    check_states()
    check_phases()
