# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the metric table (src/model/metric.def) as text, for documents and tests made from it."""

import re
from collections import namedtuple

SCOPES = ("HOST", "VM", "VCPU", "BLOCKDEV", "VMDISK", "NETDEV", "VMNIC")
FIELDS = (
    "id", "collector", "key", "label", "alias", "alias_scale", "unit", "type", "digits", "kind",
    "verbose", "source", "help", "prometheus", "prometheus_type", "warn", "crit",
)
Metric = namedtuple("Metric", ("scope",) + FIELDS)

TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_0-9.+-]+)|([(),])|(\s+|/\*.*?\*/)', re.S)


def _arguments(text, at):
    """The arguments of the call whose "(" is at that place: strings that stand side by side are one."""
    arguments, current, depth = [], None, 0
    while True:
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError("metric table: unexpected text: %r" % text[at:at + 40])
        at = match.end()
        string, word, sign, _ = match.groups()
        if string is not None:
            current = (current or "") + string.replace('\\"', '"').replace("\\\\", "\\")
        elif word is not None:
            current = word
        elif sign == "(":
            depth += 1
        elif sign == ",":
            arguments.append(current)
            current = None
        elif sign == ")":
            depth -= 1
            if not depth:
                return arguments + [current]


def read(path):
    """All metrics, in the order of the table."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    metrics = []
    for match in re.finditer(r"^(%s)\(" % "|".join(SCOPES), text, re.M):
        arguments = _arguments(text, match.end() - 1)
        if len(arguments) != len(FIELDS):
            raise ValueError("metric table: %s has %d columns" % (arguments[0], len(arguments)))
        metrics.append(Metric(match.group(1).lower(), *arguments))
    if not metrics:
        raise ValueError("metric table: no metric in %s" % path)
    return metrics


def families(metrics):
    """Names of the Prometheus families of the table."""
    return {
        m.prometheus.split("{")[0]
        for m in metrics
        if m.prometheus and not m.prometheus.startswith("label ")
    }
