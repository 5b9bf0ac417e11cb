#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the table of old and new keys in docs/MIGRATING.md from the metric table.

migrating-table.py           writes it there
migrating-table.py --check   says what differs, status 1
"""

import difflib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "contrib"))
sys.dont_write_bytecode = True
import metric_table  # noqa: E402

DOCUMENT = os.path.join(ROOT, "docs/MIGRATING.md")
BEGIN = "<!-- begin of the table: made by contrib/migrating-table.py -->\n"
END = "<!-- end of the table -->\n"

# kvmtop 2.x printed our keys, but for these: None = it had no such key, else (key, factor).
KVMTOP = {
    ("host", "ram_SwapUsed"): None,
    ("host", "disk_device_mbread"): None,
    ("host", "disk_device_mbwrite"): None,
    ("host", "disk_device_await"): None,
    ("host", "disk_device_queuelen"): ("disk_device_queuesize", 1),
    ("vm", "ram_vsize"): ("ram_vsize", 1024),
    ("vm", "ram_rss"): ("ram_rss", 1024),
    ("vm", "ram_free"): None,
    ("vm", "ram_actual"): None,
    ("vm", "ram_max"): None,
    ("vm", "ram_swapin"): None,
    ("vm", "ram_swapout"): None,
    ("vm", "disk_reads"): ("disk_stats_rdreq", 1),
    ("vm", "disk_writes"): ("disk_stats_wrreq", 1),
    ("vm", "disk_mbread"): ("disk_stats_rdbytes", 1048576),
    ("vm", "disk_mbwrite"): ("disk_stats_wrbytes", 1048576),
    ("vm", "disk_lat_rd"): None,
    ("vm", "disk_lat_wr"): None,
    ("vm", "disk_lat_fl"): None,
    ("vm", "disk_lat_avg"): None,
    ("vm", "disk_stats_rdtotaltimes"): ("disk_stats_rdtotaltimes", 1000000),
    ("vm", "disk_stats_wrtotaltimes"): ("disk_stats_wrtotaltimes", 1000000),
    ("vm", "disk_stats_flushtotaltimes"): ("disk_stats_flushtotaltimes", 1000000),
    ("vm", "disk_delayblkio"): ("disk_delayblkio", 0.1),
    ("vm", "io_MBRD/s"): ("io_read_bytes", 1048576),
    ("vm", "io_MBWR/s"): ("io_write_bytes", 1048576),
    ("vm", "io_RDOPS"): ("io_syscr", 1),
    ("vm", "io_WROPS"): ("io_syscw", 1),
}

DECIMALS = "two decimals; was rounded to whole percent"
PER_SECOND = "per second; was per cycle"
SWAPPED = "as the VM sees it; on a tap the directions were swapped"
LATENCY = "missing where no request completed; was 0.00"
DEVICES = "of whole disks; was of partitions, and of LVM and loop devices on top of them"

# Why a value moved, where it did: (scope, beginning of the key) -> words. The longest one counts.
MOVED = {
    ("host", "cpu_"): DECIMALS,
    ("host", "cpu_cores"): "",
    ("host", "cpu_curfreq"): "whole MHz; was printed with six decimals",
    ("host", "cpu_minfreq"): "whole MHz; was printed with six decimals",
    ("host", "cpu_maxfreq"): "whole MHz; was printed with six decimals",
    ("host", "disk_device_"): DEVICES,
    ("host", "disk_device_count"): "counts whole disks",
    ("host", "disk_device_ioutil"): "of the busiest whole disk, at most 100; was the sum over all devices, rounded",
    ("host", "disk_device_queuelen"): DEVICES + "; two decimals",
    ("host", "disk_device_servicetime"): "per completed I/O; merged ones counted, and it was rounded to whole ms",
    ("host", "disk_device_await"): "time per I/O, queue and service; was an estimate of the queue alone, rounded to whole ms",
    ("host", "net_host_"): "of physical NICs; was 0 on Proxmox VE",
    ("host", "net_host_speed"): "sum of the physical NICs that have link",
    ("vm", "cpu_total"): DECIMALS,
    ("vm", "cpu_steal"): DECIMALS + ". Contains the VM's own limit (`cpu_throttled`), as before",
    ("vm", "cpu_other_total"): "sum over the threads in % of one host CPU, vhost threads too; was their mean, rounded: far too small",
    ("vm", "cpu_other_steal"): "sum over the threads in % of one host CPU; was their mean, rounded",
    ("vm", "ram_total"): "also without a balloon driver; was 0 there with libvirt",
    ("vm", "ram_used"): "total minus what the guest could use without swapping, else minus its free memory, else what is resident (JSON says so); was minus free memory: caches counted as used",
    ("vm", "ram_vsize"): "KB; was bytes",
    ("vm", "ram_rss"): "KB; was bytes",
    ("vm", "ram_minflt"): PER_SECOND,
    ("vm", "ram_cminflt"): PER_SECOND,
    ("vm", "ram_majflt"): PER_SECOND,
    ("vm", "ram_cmajflt"): PER_SECOND,
    ("vm", "ram_swapin"): "KB per second; was the sum since the VM's start",
    ("vm", "ram_swapout"): "KB per second; was the sum since the VM's start",
    ("vm", "disk_size_"): "of disks; no CD-ROM, floppy or EFI disk",
    ("vm", "disk_size_allocation"): "space really allocated; was the capacity on Proxmox VE, the highest offset with libvirt",
    ("vm", "disk_ioutil"): "share of the device that holds the image; was the share of all devices together, rounded",
    ("vm", "disk_reads"): "of disks, no CD-ROM; two decimals",
    ("vm", "disk_writes"): "of disks, no CD-ROM; two decimals",
    ("vm", "disk_lat_"): LATENCY,
    ("vm", "disk_delayblkio"): "ms per second; was clock ticks of 10 ms, so that `--names=esxtop` shows ten times the old figure",
    ("vm", "net_"): SWAPPED,
    ("vm", "net_receivedBytes"): SWAPPED + "; bytes per second",
    ("vm", "net_transmittedBytes"): SWAPPED + "; bytes per second",
    ("vm", "net_interfaces"): "",
}  # fmt: skip
TITLES = {"host": "Host", "vm": "VMs"}


def moved(metric):
    keys = [b for s, b in MOVED if s == metric.scope and metric.key.startswith(b)]
    return MOVED[(metric.scope, max(keys, key=len))] if keys else ""


def kvmtop_key(metric):
    if (metric.scope, metric.key) not in KVMTOP:
        return "`%s`" % metric.key
    old = KVMTOP[(metric.scope, metric.key)]
    if not old:
        return "-"
    return "`%s`%s" % (old[0], "" if old[1] == 1 else " = %s x" % old[1])


def lines(metrics):
    for scope in TITLES:
        yield "\n### %s\n\n" % TITLES[scope]
        yield "| kvmtop 2.x | proxtop 1.1.7 | factor | now | unit | what moved |\n"
        yield "|---|---|---|---|---|---|\n"
        for m in metrics:
            if m.scope != scope or not m.alias:
                continue
            key = "`%s`%s" % (m.key, " (v)" if m.verbose == "1" else "")
            yield "| %s | `%s` | %s | %s | %s | %s |\n" % (
                kvmtop_key(m), m.alias, m.alias_scale, key, m.unit, moved(m),
            )  # fmt: skip
    yield "\n"


def main():
    metrics = metric_table.read(os.path.join(ROOT, "src/model/metric.def"))
    known = {(m.scope, m.key) for m in metrics if m.alias}
    for scope, key in KVMTOP:
        if (scope, key) not in known:
            sys.exit("migrating-table: there is no metric %s.%s with an old name" % (scope, key))
    with open(DOCUMENT, encoding="utf-8") as file:
        old = file.read()
    before, rest = old.split(BEGIN)
    after = rest.split(END)[1]
    new = before + BEGIN + "".join(lines(metrics)) + END + after
    if "--check" in sys.argv[1:]:
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), "committed", "made")
        )
        sys.exit(old != new)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(new)


main()
