#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Datagrams: whole records, short enough, from a peer that need not be there.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 50 "$PROXTOP_LAB/vms" --busy=1
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

teardown()
{
    [ -z "${RECEIVER:-}" ] || kill "$RECEIVER" 2>/dev/null || true
}

# receive PORT DIR [ADDRESS]: what comes there is in files of DIR.
receive()
{
    python3 "$CLI_ROOT/tests/cli/receiver.py" "$@" 3>&- &
    RECEIVER=$!
    wait_for 120 test -e "$2/ready"
}

# datagrams DIR: they are there; each ends with a line's end.
datagrams()
{
    local file
    for file in "$1"/0*; do
        [ "$(tail -c 1 "$file" | od -An -tx1)" = " 0a" ] || return
    done
}

@test "udp: a cycle too long for a datagram comes as whole flat records, none too long, no VM missing" {
    receive 5001 got
    "$PROXTOP" --processes -p json -o udp --target=127.0.0.1:5001 --runs=3 --drain-timeout=100 --interval=0.3 2>err
    wait_for 120 sh -c 'cat got/0* | grep -c "\"vm\"" | grep -qx 150'
    datagrams got
    [ "$(stat -c %s got/0* | sort -n | tail -n 1)" -le 1400 ]
    [ "$(find got -name '0*' | wc -l)" -gt 50 ]
    for file in got/0*; do jq -e '.type' "$file" >/dev/null; done
    cat got/0* | jq -es '[.[] | select(.type == "vm")] | length == 150 and ([.[].name] | unique | length == 50)'
    run ! grep -q lost err
}

@test "udp: a short cycle is one datagram, one object" {
    receive 5002 got
    "$PROXTOP" --processes -p json -o udp --target=127.0.0.1:5002 --runs=3 --drain-timeout=100 --interval=0.2 --datagram=65507 --fields=vm.name
    wait_for 120 test -e got/000003
    for file in got/0*; do jq -es 'length == 1 and (.[0].domains | length == 50)' "$file"; done
}

@test "udp: influx and csv, by the datagram's size; the header stands in the first one" {
    receive 5003 got
    "$PROXTOP" --processes -p influx -o udp --target=localhost:5003 --runs=2 --drain-timeout=100 --interval=0.2 --datagram=4000
    wait_for 120 sh -c 'cat got/0* | grep -c ^proxtop_vm | grep -qx 100'
    datagrams got
    [ "$(stat -c %s got/0* | sort -n | tail -n 1)" -le 4000 ]
    for file in got/0*; do python3 "$CLI_ROOT/tests/cli/lines.py" <"$file" >/dev/null; done
    kill "$RECEIVER"
    receive 5004 table
    "$PROXTOP" --processes -p csv -o udp --target=127.0.0.1:5004 --runs=2 --drain-timeout=100 --interval=0.2
    wait_for 120 sh -c '[ $(cat table/0* | wc -l) -eq 101 ]'
    [[ $(head -n 1 table/000001) == timestamp,* ]]
    [ "$(cat table/0* | grep -c ^timestamp)" -eq 1 ]
}

@test "udp: IPv6" {
    receive 5005 got ::1
    "$PROXTOP" --processes -p json -o udp --target='[::1]:5005' --runs=2 --drain-timeout=100 --interval=0.2 --fields=vm.name --datagram=9000
    wait_for 120 test -e got/000002
}

@test "udp: a receiver that is not there is told once; the cycles that follow reach it" {
    "$PROXTOP" --processes -p json -o udp --target=127.0.0.1:5006 --interval=0.2 --fields=vm.name --datagram=9000 2>err 3>&- &
    pid=$!
    wait_for 120 grep -q 'nobody listens at udp 127.0.0.1:5006' err
    receive 5006 got
    wait_for 120 test -e got/000003
    wait_for 120 grep -q 'works again' err
    told_once err 'nobody listens'
    kill "$RECEIVER"
    wait "$RECEIVER" || true
    sleep 0.5
    receive 5006 again
    wait_for 120 test -e again/000003
    kill -TERM $pid
    wait $pid
}

@test "udp: of a name's addresses the one that listens gets all; one that moved is found" {
    printf '::1 dual\n127.0.0.1 dual\n127.0.0.2 moving\n' >>/etc/hosts
    receive 5008 got
    "$PROXTOP" --processes -p csv -o udp --target=dual:5008 --runs=1 --interval=0.2 --fields=vm.name --datagram=9000 2>err
    wait_for 120 test -e got/000001
    [[ $(head -n 1 got/000001) == timestamp,* ]]
    kill "$RECEIVER"
    receive 5009 first 127.0.0.2
    "$PROXTOP" --processes -p json -o udp --target=moving:5009 --interval=0.2 --fields=vm.name --datagram=9000 2>err 3>&- &
    pid=$!
    wait_for 120 test -e first/000002
    sed -i 's/^127.0.0.2 moving/127.0.0.3 moving/' /etc/hosts
    kill "$RECEIVER"
    receive 5009 second 127.0.0.3
    wait_for 120 test -e second/000002
    kill -TERM $pid
    wait $pid
}

@test "udp: a name that is not known is told; the end does not wait longer than it may" {
    status=0
    timeout 300 "$PROXTOP" --processes -o udp --target=host.invalid:5007 --runs=2 --interval=0.2 --drain-timeout=1 \
        2>err || status=$?
    [ "$status" -eq 1 ]
    grep -q 'output was lost: 2 cycles' err
}

@test "udp: targets that are none: exit 2, one line" {
    fails_with 2 "needs --target" "$PROXTOP" --processes -o udp
    fails_with 2 "'localhost'" "$PROXTOP" --processes -o udp --target=localhost
    fails_with 2 "'::1:5'" "$PROXTOP" --processes -o udp --target=::1:5
    fails_with 2 "'x:99999'" "$PROXTOP" --processes --sink=json,udp,x:99999
}
