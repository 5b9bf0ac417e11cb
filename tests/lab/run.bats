#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ./dev run, as a person uses it on a host without VMs.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
}

@test "dev run starts two guests, shows them with real figures, and ends them" {
    run ! lab_host_runs_vm
    run --separate-stderr "$LAB_ROOT/dev" run --cpu --mem --printer=json --runs=3 --interval=1
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ $stderr == *"starting two small guests"* ]]
    jq -e '[.domains[].name] == ["proxtop-busy", "proxtop-idle"]' <<<"${lines[2]}"
    # One of them works, the other one sleeps.
    jq -e '.domains[0].cpu_total + .domains[0].cpu_steal > 60 and .domains[1].cpu_total < 20' <<<"${lines[2]}"
    jq -e 'all(.domains[]; .ram_total > 0 and .ram_used > 0)' <<<"${lines[2]}"
    run ! lab_host_runs_vm
}

@test "dev run ends its guests when it is interrupted, and passes the exit status on" {
    "$LAB_ROOT/dev" run -p json >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    pid=$!
    wait_for 120 grep -q domains "$BATS_TEST_TMPDIR/out"
    lab_host_runs_vm
    # As Ctrl-C on a terminal: the whole group of processes gets it.
    top=$(pgrep -P "$pid" proxtop)
    kill -TERM "$pid" "$top"
    wait "$pid" || true
    run ! lab_host_runs_vm
    run "$LAB_ROOT/dev" run --interval=0
    [ "$status" -eq 2 ]
    run ! lab_host_runs_vm
}

@test "dev profile does the same with proxprofiler, and needs no guests for its commands" {
    run --separate-stderr "$LAB_ROOT/dev" profile --cpu --printer=text --runs=3 --interval=1
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == NAME*CLASS* ]]
    [[ ${lines[1]} == "proxtop-busy "* ]]
    run ! lab_host_runs_vm
    run --separate-stderr "$LAB_ROOT/dev" profile show --help
    [ "$status" -eq 0 ]
    [[ $stderr != *guests* ]]
}
