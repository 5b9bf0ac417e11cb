#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# InfluxDB line protocol, read by its grammar.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 3 "$PROXTOP_LAB/vms" --busy=5
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
    LINES_PY=$CLI_ROOT/tests/cli/lines.py
}

# influx ARG...: what it prints as JSON, in the file out.
influx()
{
    "$PROXTOP" --processes -p influx --interval=0.3 "$@" >lines 2>err
    [ -s lines ]
    python3 "$LINES_PY" <lines >out
}

@test "influx: a line per host and VM, with times of the cycles and values of the documented keys" {
    began=$(date +%s)
    influx --runs=3 --host-name='my host,1'
    jq -es 'length == 12 and ([.[].time] | unique | length == 3) and all(.[]; .tags.host == "my host,1")' out
    jq -es '[.[] | select(.name == "proxtop_vm")] | length == 9 and all(.[]; .tags.name and .tags.uuid
        and (.fields | has("name") or has("UUID") | not) and .fields.cpu_total != null
        and .fields.ram_used > 0)' out
    jq -es '[.[] | select(.name == "proxtop_host")] | length == 3 and all(.[]; .fields.cpu_cores > 0)' out
    # From then to now, in nanoseconds.
    jq -es --argjson began "$began" --argjson now "$(date +%s)" \
        'all(.[]; .time / 1e9 >= $began and .time / 1e9 < $now + 1)' out
}

@test "influx: devices, everything, counters: types never differ" {
    influx --runs=3 --devices --verbose --cpu --mem --disk --net --io --host --pressure --influx=both
    for name in host vm vcpu; do
        grep -q "^proxtop_$name," lines
    done
    jq -es '[.[] | select(.name == "proxtop_vcpu")] | length == 18 and all(.[]; .tags.vcpu and .tags.name
        and .fields.vcpu_total_total > 0)' out
    jq -es 'all(.[]; .fields | has("host_name") | not)' out
    influx --runs=2 --influx=counters
    jq -es '[.[] | select(.name == "proxtop_vm") | .fields | keys[]] | unique | length > 3 and all(.[]; endswith("_total"))' out
}

@test "influx: hostile names are escaped and cleaned" {
    evil=$'a\x1b[2J,b=c d"\\\t\n\xc2\x9b\xff\\'
    fake_qemu "${evil//,/,,}"
    influx --runs=1
    kill "$FAKE_PID"
    # A backslash that a reader could misread is a slash.
    jq -es 'any(.[]; .tags.name == "a?[2J,b=c d\"\\????/")' out
    run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2\x9b' lines
}

@test "influx: a VM that restarts keeps the types of its fields" {
    fake_qemu again
    "$PROXTOP" --processes -p influx --interval=0.2 --verbose --influx=both >lines 2>err 3>&- &
    pid=$!
    wait_for 120 grep -q ',name=again' lines
    kill "$FAKE_PID"
    wait_for 120 process_is_gone "$FAKE_PID"
    first=$FAKE_PID
    fake_qemu again
    wait_for 120 grep -q "name=again.* pid=${FAKE_PID}i" lines
    kill -TERM $pid
    wait $pid
    kill "$FAKE_PID"
    python3 "$LINES_PY" <lines >out
    grep -q "pid=${first}i" lines
}

@test "influx: goes into a file, and beside another printer" {
    "$PROXTOP" --processes --runs=2 --interval=0.2 --sink=influx,file,data --sink=csv,file,table
    python3 "$LINES_PY" <data | jq -es 'length == 8'
    [ "$(wc -l <table)" -eq 7 ]
}
