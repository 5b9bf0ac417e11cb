#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Several printers and outputs in one run.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 3 "$PROXTOP_LAB/vms"
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

@test "every sink gets every cycle, in its own form" {
    run --separate-stderr "$PROXTOP" --processes --runs=4 --interval=0.2 --cpu -p json \
        --sink=csv,file,a.csv --sink=text,file,b.txt --sink=json,file,c,with,commas
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 4 ]
    [ "$(wc -l <a.csv)" -eq 13 ]
    [ "$(wc -l <b.txt)" -eq 18 ]
    diff <(printf '%s\n' "${lines[@]}") c,with,commas
    # One reading, whoever prints it.
    diff <(tail -n +2 a.csv | cut -d, -f1 | tr -d '\r' | uniq) <(jq -r .timestamp c,with,commas)
}

@test "--sink alone prints nothing on standard output" {
    run --separate-stderr "$PROXTOP" --processes --runs=2 --interval=0.2 --sink=json,file,a
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ "$(wc -l <a)" -eq 2 ]
}

@test "a sink with a beat of its own takes every so many-th cycle" {
    local began=${EPOCHREALTIME/./} most
    run --separate-stderr "$PROXTOP" --processes --runs=9 --interval=0.3 --cpu -p json --sink=json@0.9,file,slow
    # Nine cycles take 2.4 s, or more where some came too late.
    most=$(((${EPOCHREALTIME/./} - began) / 900000 + 1))
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 9 ]
    [ "$(wc -l <slow)" -ge 3 ]
    [ "$(wc -l <slow)" -le "$most" ]
    [ "$(wc -l <slow)" -lt 9 ] || ((most >= 9))
    # What it prints are cycles of the run.
    run ! grep -vxFf <(printf '%s\n' "${lines[@]}") slow
}

@test "metrics that only one sink wants are read for all and shown by that one" {
    "$PROXTOP" --processes --runs=2 --interval=0.3 --cpu -p json --sink=prometheus,file,a.prom >out.json
    jq -se 'all(.[].domains; length == 3 and all(.[]; has("cpu_other_total") | not))' out.json
    [ "$(grep -c '^proxtop_vm_overhead_cpu_seconds_total{' a.prom)" -eq 3 ]
}

@test "text in a file called .prom is what Prometheus reads" {
    "$PROXTOP" --processes --runs=2 --interval=0.3 -p text -o file --target=x.prom
    grep -q '^# TYPE proxtop_vm_cpu_seconds_total counter' x.prom
    "$PROXTOP" --processes --runs=2 --interval=0.3 -p text -o file --target=x.txt
    run ! grep '^#' x.txt
}

@test "one sink that cannot be opened ends it with a line that names it" {
    fails_with 1 "no/such/dir/x" "$PROXTOP" --processes --runs=1 --sink=json,file,no/such/dir/x
    fails_with 2 "--sink" "$PROXTOP" --processes --runs=1 --sink=json
    fails_with 2 "--sink" "$PROXTOP" --processes --runs=1 --sink=json@0,file,x
    fails_with 2 "needs --target" "$PROXTOP" --processes --runs=1 --sink=json,file
    fails_with 2 "--sink" "$PROXTOP" --processes --runs=1 --sink=nothing,file,x
}

@test "a reader that goes away ends all, and the other sinks are whole" {
    "$PROXTOP" --processes --interval=0.1 -p json --sink=json,file,rest 2>err | head -n 5 >first
    [ "$(wc -l <first)" -eq 5 ]
    jq -es 'length >= 5' rest
    run ! grep lost err
}
