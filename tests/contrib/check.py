#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of contrib/: what it prints is wrong. check.py dashboard|thresholds|families PROXTOP|options PROXTOP|queries URL|answers URL"""

import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "contrib"))
sys.dont_write_bytecode = True
import metric_table  # noqa: E402

METRICS = metric_table.read(os.path.join(ROOT, "src/model/metric.def"))
DASHBOARD = os.path.join(ROOT, "contrib/grafana/proxtop.json")

# What the Prometheus printer tells beside the metric table, and Prometheus itself.
OWN_FAMILIES = {
    "proxtop_build_info", "proxtop_cycle_seconds", "proxtop_dropped_cycles_total",
    "proxtop_host_info", "proxtop_last_cycle_timestamp_seconds", "proxtop_late_cycles_total",
    "proxtop_up", "proxtop_vm_disk_info", "proxtop_vm_info", "proxtop_vm_nic_info",
    "proxtop_vm_ready_max_ratio", "proxtop_vms", "process_cpu_seconds_total",
    "process_resident_memory_bytes", "up",
}  # fmt: skip

# What a host has nothing to say about whose VMs have no NIC, no CPU limit and little to do: the
# beginnings of panel and query.
SILENT = (
    ("Host memory", "proxtop_host_zfs_arc_bytes"),
    ("Top disks by latency", ""),
    ("CPU used, ready, throttled", "rate(proxtop_vm_cpu_throttled"),
    ("Network", ""),
    ("Network: packets, errors, drops", ""),
)

# Panels whose thresholds are those of a metric: title -> scope, key, what divides it.
THRESHOLDS = {
    "Host CPU: stolen from this host": ("host", "cpu_steal", 100),
    "Host CPU: waiting for I/O": ("host", "cpu_iowait", 100),
    "Host pressure: all stalled": ("host", "psi_full_io_avg60", 100),
    "Host pressure: some stalled": ("host", "psi_some_io_avg60", 100),
    "Host disks: utilisation": ("blockdev", "disk_device_ioutil", 100),
    "Host disks: latency": ("blockdev", "disk_device_await", 1000),
    "Host network: errors and drops": ("netdev", "net_host_receivedErrs", 1),
    "Top VMs by ready time": ("vm", "cpu_steal", 100),
    "Top VMs by ready time without their own limit": ("vm", "cpu_steal", 100),
    "Ready time, the ten that wait most": ("vm", "cpu_steal", 100),
    "CPU used, ready, throttled": ("vm", "cpu_steal", 100),
    "Disk latency": ("vmdisk", "disk_lat_rd", 1000),
    "Top disks by latency": ("vmdisk", "disk_lat_avg", 1000),
    "Memory: major faults": ("vm", "ram_majflt", 1),
    "Disk errors": ("vmdisk", "disk_errors", 1),
    "Silent for": ("vm", "stale", 1),
}


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def expressions(board):
    """(where, expression) of panels and variables."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            query = variable["query"]["query"]
            inner = re.fullmatch(r"(?:query_result|label_values)\((.*?)(?:, *\w+)?\)", query)
            yield "variable " + variable["name"], inner.group(1) if inner else query


def substitute(expression):
    """As Grafana does it, with "All" chosen."""
    for name, value in (("$__rate_interval", "5m"), ("$host", ".*"), ("$vm", ".*")):
        expression = expression.replace(name, value)
    return expression


def metric_names(expression):
    """Names of series in an expression of PromQL: what is neither text, label, function nor word."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', "", expression)
    text = re.sub(r"\{[^}]*\}", "", text)
    text = re.sub(r"\[[^]]*\]", "", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", text)
    words = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
    for match in re.finditer(r"(?<![\w.:$])([A-Za-z_:][\w:]*)(?!\s*\(|[\w:])", text):
        if match.group(1).lower() not in words:
            yield match.group(1)


def overlaps(panels):
    places = [(p["title"], p["gridPos"]) for p in panels]
    for i, (title, a) in enumerate(places):
        if a["x"] < 0 or a["x"] + a["w"] > 24 or a["w"] < 1 or a["h"] < 1:
            yield "%s: outside of the grid" % title
        for other, b in places[:i]:
            if (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
                    and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]):  # fmt: skip
                yield "%s lies over %s" % (title, other)


def check_dashboard():
    board = dashboard()
    for key in ("uid", "title", "schemaVersion", "templating", "time", "panels"):
        if not board.get(key):
            yield "no " + key
    ids = [p["id"] for p in board["panels"]]
    if len(set(ids)) != len(ids):
        yield "panels share ids"
    yield from overlaps(board["panels"])
    names = {v["name"] for v in board["templating"]["list"]} | {"__rate_interval"}
    for panel in board["panels"]:
        targets = panel.get("targets", [])
        if panel["type"] != "row" and not targets:
            yield panel["title"] + ": asks for nothing"
        if len({t["refId"] for t in targets}) != len(targets):
            yield panel["title"] + ": queries share a refId"
        if panel["type"] != "row" and not panel["fieldConfig"]["defaults"].get("unit"):
            yield panel["title"] + ": has no unit"
        if any(t["datasource"]["uid"] != "${datasource}" for t in targets):
            yield panel["title"] + ": a query has a data source of its own"
    for where, expression in expressions(board):
        for name in re.findall(r"\$\{?(\w+)", expression):
            if name not in names:
                yield "%s: no variable %s" % (where, name)


def check_thresholds():
    by_name = {(m.scope, m.key): m for m in METRICS}
    panels = {p["title"]: p for p in dashboard()["panels"]}
    for title, (scope, key, divisor) in THRESHOLDS.items():
        metric = by_name[(scope, key)]
        if title not in panels:
            yield "no panel '%s'" % title
            continue
        steps = panels[title]["fieldConfig"]["defaults"]["thresholds"]["steps"]
        have = [s["value"] for s in steps[1:]]
        want = [float(metric.warn) / divisor, float(metric.crit) / divisor]
        if len(have) != 2 or any(abs(a - b) > 1e-9 for a, b in zip(have, want)):
            yield "%s: thresholds %s, %s has %s" % (title, have, key, want)


def check_options(proxtop):
    """Options in documents and configurations that the program does not know."""
    text = subprocess.run([proxtop, "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"--([a-z][a-z-]*)", text))
    for path in ("docs/INTEGRATION.md", "docs/MIGRATING.md", "contrib/prometheus/prometheus.yml"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                for command in re.findall(r"\bproxtop ((?:-\S+ ?|\\ ?)+)", line):
                    for option in re.findall(r"--([a-z][a-z-]*)", command):
                        if option not in known:
                            yield "%s:%d: --%s" % (path, number, option)


def check_families(proxtop):
    """What the program prints of a host, compared with what the other checks take for granted."""
    command = [proxtop, "--processes", "--printer=prometheus", "--runs=1", "--interval=0.2"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    printed = set(re.findall(r"^# TYPE (\S+) ", text, re.M))
    for name in sorted(printed - metric_table.families(METRICS) - OWN_FAMILIES):
        yield "printed, but unknown here: " + name
    for name in sorted(OWN_FAMILIES - printed):
        if not name.startswith("proxtop_vm_") and name != "up":
            yield "not printed: " + name


def ask(url, path, **arguments):
    data = urllib.parse.urlencode(arguments)
    try:
        with urllib.request.urlopen(url + path + "?" + data, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def check_queries(url):
    """Each query of dashboard and rules names series that exist, and Prometheus understands it."""
    groups = ask(url, "/api/v1/rules")["data"]["groups"]
    rules = [(r["name"], r["query"]) for g in groups for r in g["rules"]]
    records = {r["name"] for g in groups for r in g["rules"] if r["type"] == "recording"}
    if len(records) < 10 or len(rules) - len(records) < 10:
        yield "Prometheus did not load the rules"
    known = metric_table.families(METRICS) | OWN_FAMILIES | records
    asked = [(w, substitute(e)) for w, e in expressions(dashboard())] + rules
    for where, expression in asked:
        names = set(metric_names(expression))
        if not names:
            yield "%s: names no series: %s" % (where, expression)
        for name in sorted(names - known):
            yield "%s: there is no %s" % (where, name)
        answer = ask(url, "/api/v1/query", query=expression)
        if answer["status"] != "success":
            yield "%s: %s: %s" % (where, answer.get("error"), expression)


def check_answers(url):
    """Each query of the dashboard has an answer from a host with VMs."""
    for where, expression in expressions(dashboard()):
        if any(where == panel and expression.startswith(query) for panel, query in SILENT):
            continue
        result = ask(url, "/api/v1/query", query=substitute(expression))["data"]["result"]
        if not result:
            yield "%s: no answer: %s" % (where, expression)
        elif any(series["value"][1] == "NaN" for series in result):
            yield "%s: no number: %s" % (where, expression)


def main():
    what = {
        "dashboard": check_dashboard,
        "thresholds": check_thresholds,
        "families": check_families,
        "options": check_options,
        "queries": check_queries,
        "answers": check_answers,
    }[sys.argv[1]]
    wrong = list(what(*sys.argv[2:]))
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


main()
