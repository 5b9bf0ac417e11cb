#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which metrics have a value in at least one expected JSON file of the scenarios.
Usage: coverage.py METRICS.TSV SCENARIO_DIRECTORY LIST. Writes those that have to
LIST, "SCOPE<TAB>KEY" per line (tests/coverage/coverage.sh joins such lists), prints
how many they are and which have none. Fails where keys of no metric are printed."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "coverage"))
import valid_keys  # noqa: E402  pylint: disable=wrong-import-position

# What stands in a row and is no metric.
NOTES = {
    ("vm", key) for key in ("ram_used_source", "disk_partial", "net_partial", "tags", "lock")
}
# Always there, whatever was chosen.
ALWAYS = {("vm", "state"), ("vm", "stale")}


def main():
    """Compare the metric table with the expected files."""
    table, scenarios, target = (pathlib.Path(argument) for argument in sys.argv[1:4])
    metrics = set()
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        scope, _, key = line.split("\t")[:3]
        metrics.add((scope, key))
    valid = set()
    for path in sorted(scenarios.glob("*.json")):
        if ".esxtop." not in path.name:
            valid |= valid_keys.keys_of_text(path.read_text(encoding="utf-8").splitlines())
    covered = sorted(metrics & valid)
    target.write_text("".join(f"{scope}\t{key}\n" for scope, key in covered), encoding="utf-8")
    print(f"golden-coverage: {len(covered)} of {len(metrics)}")
    for scope, key in sorted(metrics - valid):
        print(f"no value anywhere\t{scope}\t{key}")
    strangers = sorted(valid - metrics - NOTES)
    for scope, key in strangers:
        print(f"no metric\t{scope}\t{key}")
    return 1 if strangers or not ALWAYS <= valid else 0


if __name__ == "__main__":
    sys.exit(main())
