#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hours of use: what leaks, grows or drifts shows here. Only ./dev test --long runs it.
# SOAK_SECONDS (default 7200) is how long.

bats_require_minimum_version 1.5.0

setup()
{
    load ../cli/env.bash
}

rss_kb()
{
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

@test "VMs come and go for hours: memory, descriptors and the beat stay as they are" {
    local seconds=${SOAK_SECONDS:-7200} start fds rss i=0
    lookalikes_start 100 "$PROXTOP_LAB/stay" --busy=1
    "$PROXTOP" --processes --verbose --devices -p json --interval=1 >"$PROXTOP_LAB/out" 2>"$PROXTOP_LAB/err" 3>&- &
    pid=$!
    # The first rounds fill pools and buffers to their final size.
    for _ in 1 2 3; do
        lookalikes_start 50 "$PROXTOP_LAB/warm" --first-id=5000
        sleep 5
        lookalikes_stop "$PROXTOP_LAB/warm"
        sleep 5
    done
    fds=$(ls "/proc/$pid/fd" | wc -l)
    rss=$(rss_kb $pid)
    start=$SECONDS
    : >"$PROXTOP_LAB/out"
    while ((SECONDS - start < seconds)); do
        lookalikes_start 50 "$PROXTOP_LAB/come$i" --first-id=5000
        sleep 10
        lookalikes_stop "$PROXTOP_LAB/come$i"
        sleep 10
        i=$((i + 1))
    done
    echo "RSS $rss KB -> $(rss_kb $pid) KB, descriptors $fds -> $(ls "/proc/$pid/fd" | wc -l), $i rounds"
    [ "$(rss_kb $pid)" -le "$((rss + 1024))" ] || [[ $PROXTOP == *asan* ]]
    [ "$(ls "/proc/$pid/fd" | wc -l)" -le "$((fds + 2))" ]
    kill -TERM $pid
    wait $pid
    run ! grep -q Sanitizer "$PROXTOP_LAB/err"
    # The file was truncated under an appending writer only by us: from then on a cycle a second.
    python3 - "$PROXTOP_LAB/out" "$seconds" <<'EOF'
import json, sys
lines = [l.strip("\0\n") for l in open(sys.argv[1])]
cycles = [json.loads(l) for l in lines if l.startswith("{")]
# What the machine was late is in one cycle and not in the next one; all time is in some cycle.
lengths = sorted(c["interval"] for c in cycles)
assert abs(sum(lengths) - int(sys.argv[2])) < 60, sum(lengths)
assert 0.9 < lengths[len(lengths) // 2] < 1.1, lengths[len(lengths) // 2]
EOF
    lookalikes_stop "$PROXTOP_LAB/stay"
}
