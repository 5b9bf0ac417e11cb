#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What proxprofiler keeps: over its ends, of whatever kind, and on disks that are slow.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 3 "$PROXTOP_LAB/vms" --busy=1
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
    export HOME=$PWD/home
    PROFILER=
}

teardown()
{
    [ -z "$PROFILER" ] || kill -9 "$PROFILER" 2>/dev/null || true
    [ ! -e more/parent ] || lookalikes_stop more
}

# keep OPTION...: in the background, ten samples a second, states in the directory "state", written at
# each output.
keep()
{
    env "${PROXTOP_ENV[@]}" "$PROXPROFILER" --no-config --processes --cpu --interval=0.1 --state-dir=state \
        --save-interval=0 "$@" 2>>err 3>&- </dev/null &
    PROFILER=$!
}

# figures FILE: UUID, samples, gaps, steps of cpu in each VM's last record.
figures()
{
    jq -cs 'group_by(.profile.name)[] | .[-1].profile | .ext.metrics.cpu as $cpu |
        [.name, $cpu.samples, $cpu.gaps, $cpu.steps]' "$1"
}

# states_are_whole COUNT: so many states, of which each can be shown; nothing was set aside.
states_are_whole()
{
    local file files=(state/[0-9a-f]*)
    run ! ls state/*.bad
    [ "$(printf '%s\n' "${files[@]}" | grep -vc '\.tmp')" -eq "$1" ]
    for file in "${files[@]}"; do
        [[ $file == *.tmp ]] && continue
        "$PROXPROFILER" show --json "$file" | jq -e '.profile.ext.metrics.cpu.samples > 0' >/dev/null
    done
}

@test "N samples, SIGTERM, M more: the samples add up, buffers go on, nothing counts as a gap" {
    keep --outputFreq=0.5 >first
    wait_for 120 has_lines first 6
    kill "$PROFILER"
    wait "$PROFILER"
    keep --outputFreq=0 --runs=17 >second
    wait "$PROFILER"
    keep --outputFreq=0 --runs=13 >third
    wait "$PROFILER"
    figures first >a
    figures third >c
    cat a c
    jq -es '.[:3] as $a | .[3:] as $c | length == 6 and all(range(3); $c[.][0] == $a[.][0] and $a[.][1] > 5
        and $c[.][1] == $a[.][1] + 30 and $c[.][2] == 0 and $a[.][2] == 0 and $c[.][3] == ($c[.][1] / 10 | floor))' a c
    states_are_whole 3
    run ! grep -v 'too late' err
}

@test "killed at any moment, thirty times: each state can be read, and none loses what it had" {
    local round
    keep --outputFreq=0.1 --runs=10 >/dev/null
    wait "$PROFILER"
    for round in $(seq 30); do
        cp -r state before
        keep --outputFreq=0.1 >out
        wait_for 120 has_lines out 3
        sleep "0.$((round * 37 % 100))"
        kill -KILL "$PROFILER"
        wait "$PROFILER" || true
        states_are_whole 3
        for file in before/[0-9a-f]*; do
            [[ $file == *.tmp ]] && continue
            # Saved as text, with what has been seen in all.
            jq -es '.[0].samples > 0 and .[0].samples <= .[1].samples' "$file" "state/${file##*/}" >/dev/null
        done
        rm -rf before
    done
    PROFILER=
    run ! grep -E 'bad|no saved profile|cannot' err
    for file in state/[0-9a-f]*; do
        [[ $file == *.tmp ]] || "$PROXPROFILER" show "$file" >shown
    done
    # It goes on from there.
    keep --outputFreq=0 --runs=5 >last
    wait "$PROFILER"
    figures last | jq -es 'length == 3 and all(.[]; .[1] >= 15)'
}

@test "rounds that come sooner than 150 states are written: each VM's is, before the program ends" {
    lookalikes_start 150 more --first-id=1000
    keep --outputFreq=0.1 >out
    wait_for 120 eval '[ "$(find state -name "[0-9a-f]*" ! -name "*.tmp" 2>/dev/null | wc -l)" -eq 153 ]'
    kill -KILL "$PROFILER"
    wait "$PROFILER" || true
    states_are_whole 153
}

# count_states: files of VMs in the directory.
count_states()
{
    find state -name '[0-9a-f]*' ! -name '*.tmp' | wc -l
}

@test "states have a beat of their own: written without any output, and not at each of many" {
    keep --outputFreq=0 --save-interval=0.5 >out
    wait_for 60 eval '[ "$(count_states)" -eq 3 ]'
    kill -KILL "$PROFILER"
    wait "$PROFILER" || true
    [ ! -s out ]
    states_are_whole 3
    rm -r state
    keep --outputFreq=0.1 --save-interval=31d >out
    wait_for 60 has_lines out 30
    [ "$(count_states)" -eq 0 ]
    kill "$PROFILER"
    wait "$PROFILER"
    states_are_whole 3
}

@test "what was measured of the host goes on after a restart, also with other states" {
    keep --outputFreq=0 --runs=12 >/dev/null
    wait "$PROFILER"
    [ "$(stat -c %a state/.host)" -eq 600 ]
    first=$(jq .samples state/.host)
    [ "$first" -ge 5 ]
    keep --outputFreq=0 --runs=12 --states=5 >/dev/null
    wait "$PROFILER"
    jq -e ".samples >= $first + 5 and .cores > 0 and .node != \"\"" state/.host
    echo spoilt >state/.host
    keep --outputFreq=0 --runs=12 --states=5 >/dev/null
    wait "$PROFILER"
    grep "state/.host' is no saved profile" err
    jq -e ".samples < $first + 5" state/.host
}
