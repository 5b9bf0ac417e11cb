#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Fewer descriptors than files: everything is still right, only dearer.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 20 "$PROXTOP_LAB/vms" --tap
}

teardown_file()
{
    load env.bash
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
    all=("$PROXTOP" --processes --qmp-interval=0 --cpu --mem --disk --net --io --pressure --verbose
        --devices -p json --interval=0.5)
}

# same_figures: the last cycles of both tell the same of each VM. What is read seldom comes when it comes.
same_figures()
{
    python3 - <<'EOP'
import json

def shape(value, path=""):
    """Which figures are there, of everything below a VM."""
    if isinstance(value, dict):
        return {name for k, v in value.items() for name in shape(v, f"{path}.{k}")}
    if isinstance(value, list):
        return {name for i, v in enumerate(value) for name in shape(v, f"{path}[{i}]")}
    return set() if value is None else {path}

def last(name):
    return {vm["pid"]: vm for vm in json.loads(open(name).read().split("\n")[-2])["domains"]}

high, low = last("high"), last("low")
assert len(high) == 20 and high.keys() == low.keys()
for pid, vm in high.items():
    assert len(shape(vm)) > 40, shape(vm)
    assert shape(vm) == shape(low[pid]), shape(vm) ^ shape(low[pid])
    assert vm["start_time"] == low[pid]["start_time"]
EOP
}

@test "with a low limit of open files each VM has the figures that it has with a high one" {
    "${all[@]}" >high 2>high.err 3>&- &
    high=$!
    (ulimit -n 64 && exec "${all[@]}" >low 2>low.err 3>&-) &
    low=$!
    wait_for 120 has_lines low 3
    wait_for 120 same_figures
    kill $low $high
    ends_with 0 $low
    ends_with 0 $high
    run ! grep 'limit of open files' high.err
    [ "$(grep -c 'limit of open files' low.err)" -eq 1 ]
}

# The files of VMs that process $1 keeps open: how many always have a use, and how many seldom.
count_kept()
{
    local files
    files=$(readlink /proc/"$1"/fd/* || true)
    mains=$(grep -cE '^/proc/[0-9]+/(task/[0-9]+/schedstat|stat)$' <<<"$files" || true)
    extras=$(grep -cE '^/proc/[0-9]+/(io|status)$' <<<"$files" || true)
    echo "$mains and $extras"
}

# keeps PID MAINS EXTRAS: at least that many of the first, just so many or any of the others.
keeps()
{
    count_kept "$1"
    ((mains >= $2)) && if [ "$3" = some ]; then ((extras > 0)); else ((extras == $3)); fi
}

# A VM has a stat, a schedstat for each of its six threads, io and status: room for 64 of 140 of the
# first kind, then for these and some of the others.
@test "where descriptors are scarce, io and status of the VMs are not kept open" {
    (ulimit -n 128 && exec "${all[@]}" --runs=-1 >/dev/null 2>&1 3>&-) &
    pid=$!
    wait_for 120 keeps $pid 40 0
    kill $pid
    wait $pid
    (ulimit -n 330 && exec "${all[@]}" --runs=-1 >/dev/null 2>&1 3>&-) &
    pid=$!
    wait_for 120 keeps $pid 140 some
    kill $pid
    wait $pid
}
