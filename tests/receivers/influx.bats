#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A real InfluxDB stores every point, by HTTP and by UDP.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
}

teardown()
{
    receivers_stop
    [ -z "${FAKE_PID:-}" ] || kill "$FAKE_PID" 2>/dev/null || true
    [ ! -e vms/parent ] || lookalikes_stop vms
}

NASTY=$'a b,,c=d"e\\' # to QEMU a doubled comma is one

# stored MEASUREMENT COUNT: that many points have a cpu_cores.
stored()
{
    [ "$(influx_count "$1" cpu_cores)" -eq "$2" ]
}

# written COUNT: that many lines are in the file, or more.
written()
{
    [ "$(wc -l <written)" -ge "$1" ]
}

# no_point_refused: by what the server says; it answers UDP with nothing else.
no_point_refused()
{
    run ! grep -iE 'conflict|partial write|unable to parse|invalid|dropped' influxd.log
}

# a_type_each: every field has one type.
a_type_each()
{
    influx_query 'SHOW FIELD KEYS' | cut -d, -f1 >fields
    [ -s fields ]
    fetch 'http://127.0.0.1:8086/query?db=proxtop' --data-urlencode 'q=SHOW FIELD KEYS' |
        jq -r '.results[0].series[] | .name as $m | .values[] | $m + " " + .[0]' | sort | uniq -d >twice
    [ ! -s twice ]
}

@test "HTTP: as many points as rows, types that stay over a VM's restart" {
    influx_start
    lookalikes_start 10 vms --tap
    fake_qemu "$NASTY"
    "$PROXTOP" --processes --devices --verbose --influx=both -p influx -o http \
        --target='http://127.0.0.1:8086/write?db=proxtop&precision=ns' --interval=0.3 --runs=20 --drain-timeout=120 \
        --sink=influx,file,written 3>&- 2>proxtop.err &
    pid=$!
    wait_for 120 grep -q "pid=${FAKE_PID}i" written
    kill "$FAKE_PID"
    fake_qemu "$NASTY"
    wait $pid
    for measurement in proxtop_host proxtop_vm proxtop_vcpu proxtop_disk proxtop_nic proxtop_blockdev proxtop_netdev; do
        # A host of no block device but those that are left out has none to tell.
        [ $measurement != proxtop_blockdev ] || grep -q "^$measurement," written || continue
        grep -q "^$measurement," written
        # A field that every line of the measurement has.
        field=$(grep "^$measurement," written | head -n 1 | sed 's/.*[^\\] \([^ ]*\) [0-9]*$/\1/' | cut -d= -f1)
        expected=$(grep "^$measurement," written | grep -cF "$field=" || true)
        stored=$(influx_count "$measurement" "$field")
        echo "$measurement $field: $expected written, $stored stored"
        [ "$stored" -eq "$expected" ]
    done
    [ "$(grep -c '^proxtop_host,' written)" -eq 20 ]
    [ "$(influx_query 'SHOW TAG VALUES FROM proxtop_vm WITH KEY = "name"' | grep -cF 'name,a b,c=d"e')" -eq 1 ]
    no_point_refused
    a_type_each
    [ ! -s proxtop.err ] || run ! grep -iE 'lost|dropped|40[0-9]' proxtop.err
}

@test "UDP: every point that was sent is stored" {
    influx_start
    lookalikes_start 10 vms
    # The server may drop what its socket cannot hold: it has room for all of this, were it to take nothing.
    "$PROXTOP" --processes -p influx -o udp --target=127.0.0.1:8089 --interval=0.3 --runs=10 --drain-timeout=120 \
        --fields=host.cpu_cores,vm.cpu_cores,vm.name,vm.cpu_total --sink=influx,file,written
    wait_for 120 stored proxtop_vm 100
    [ "$(grep -c '^proxtop_vm,' written)" -eq 100 ]
    wait_for 120 stored proxtop_host 10
    no_point_refused
    a_type_each
}

@test "HTTP: a server that goes away and comes back misses nothing" {
    influx_start
    fake_qemu plain
    "$PROXTOP" --processes -p influx -o http --target='http://127.0.0.1:8086/write?db=proxtop' \
        --interval=0.2 --runs=60 --drain-timeout=300 --sink=influx,file,written 2>proxtop.err 3>&- &
    pid=$!
    wait_for 120 written 10
    receiver_stop influxd
    wait_for 120 written 50
    influx_start
    wait $pid
    wait_for 120 stored proxtop_host 60
}
