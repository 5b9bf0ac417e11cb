#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What must not grow.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 20 "$PROXTOP_LAB/vms"
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
}

# cycle_has COUNT: so many VMs are in the last cycle.
cycle_has()
{
    tail -n 1 cycles | jq -e "(.domains | length) == $1" >/dev/null
}

# settle COUNT: there are so many VMs, and some more cycles have come.
settle()
{
    wait_for 120 cycle_has "$1"
    go_on cycles 3
}

rss()
{
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$pid/status"
}

files()
{
    find "/proc/$pid/fd" -type l | wc -l
}

has_files_at_most()
{
    [ "$(files)" -le "$1" ]
}

# What grows does so in each round; what is only as large as was needed once grows in some.
@test "descriptors and memory do not grow while VMs come and go" {
    "$PROXTOP" --processes --cpu --mem --verbose -p json --interval=0.2 >cycles 2>err 3>&- &
    pid=$!
    wait_for 120 test -s cycles
    settle 20
    fds=$(files)
    last=0 grew=1
    for i in 1 2 3 4 5 6 7 8; do
        lookalikes_start 30 "$PROXTOP_LAB/more$i" --first-id=1000
        settle 50
        lookalikes_stop "$PROXTOP_LAB/more$i"
        settle 20
        now=$(rss)
        echo "round $i: RSS $last KB, then $now KB"
        # The first round brings the buffers to their size. ASan keeps freed memory apart for a while.
        if ((i > 2)) && { ((now <= last + 64)) || grep -q __asan_init "$PROXTOP"; }; then
            grew=0
            break
        fi
        last=$now
    done
    ((!grew))
    wait_for 120 has_files_at_most "$((fds + 2))"
    # Ends cleanly: under ASan, with no leak.
    kill -TERM $pid
    wait $pid
    run ! grep -q 'Sanitizer' err
}
