#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the service manager is told, by both programs.

bats_require_minimum_version 1.5.0

setup()
{
    load units.bash
    TOLD=$BATS_TEST_TMPDIR/told
    SOCKET=$BATS_TEST_TMPDIR/socket
    SERVICE_PID='' MANAGER_PID=''
}

teardown()
{
    local pid
    for pid in $SERVICE_PID $MANAGER_PID; do
        kill -KILL "$pid" 2>/dev/null || true
    done
}

manager_start()
{
    python3 "$UNITS_TESTS/manager.py" "$SOCKET" "$TOLD" 3>&- 4>&- &
    MANAGER_PID=$!
    wait_for 60 test -e "$TOLD"
}

# service_start WATCHDOG-SECONDS PROGRAM ARG...: its output is in $TOLD.out, its messages in $TOLD.err.
service_start()
{
    local usec=$1
    shift
    # The watchdog is of the process that becomes the program.
    NOTIFY_SOCKET=$SOCKET WATCHDOG_USEC=${usec}000000 "$BASH" -c 'export WATCHDOG_PID=$$; exec "$@"' - \
        "$@" >"$TOLD.out" 2>"$TOLD.err" 3>&- 4>&- </dev/null &
    SERVICE_PID=$!
}

# service_stop: fails when the program did.
service_stop()
{
    local status=0
    kill -TERM "$SERVICE_PID"
    wait "$SERVICE_PID" || status=$?
    SERVICE_PID=
    return "$status"
}

# service_ends_with STATUS
service_ends_with()
{
    local status=0
    wait "$SERVICE_PID" || status=$?
    SERVICE_PID=
    [ "$status" -eq "$1" ]
}

# told COUNT PATTERN: the manager was told so at least as often.
told()
{
    (($(grep -cE "^[0-9.]+ $2\$" "$TOLD") >= $1))
}

# told_times PATTERN
told_times()
{
    grep -cE "^[0-9.]+ $1\$" "$TOLD" || true
}

@test "proxtop: ready with the first cycle and not before, alive with each one, stopping at the end" {
    manager_start
    service_start 60 "$PROXTOP" --processes --printer=json --interval=1
    wait_for 60 told 1 READY=1
    wait_for 60 told 4 WATCHDOG=1
    # Cycles are printed before they are told: none is told that did not come.
    [ "$(told_times WATCHDOG=1)" -le "$(wc -l <"$TOLD.out")" ]
    [ "$(sed -n 1p "$TOLD" | cut -d' ' -f2)" = READY=1 ]
    told 1 'STATUS=no VM by processes.*, every 1 s'
    # What does not change is told once.
    [ "$(told_times READY=1)" -eq 1 ]
    [ "$(told_times 'STATUS=.*')" -eq 1 ]
    run ! grep -q WATCHDOG_USEC "$TOLD"
    service_stop
    told 1 STOPPING=1
    told 1 'EXTEND_TIMEOUT_USEC=[1-9][0-9]{6,}'
    [ ! -s "$TOLD.err" ] || ! grep -q 'service manager' "$TOLD.err"
}

@test "proxprofiler: ready, alive, stopping, on an abstract socket" {
    SOCKET=@proxtop-test-$BASHPID
    manager_start
    service_start 60 "$PROXPROFILER" --processes --interval=1 --state-dir="$BATS_TEST_TMPDIR/state"
    wait_for 60 told 1 READY=1
    wait_for 60 told 3 WATCHDOG=1
    service_stop
    told 1 STOPPING=1
    # It may have to save.
    told 1 'EXTEND_TIMEOUT_USEC=[6-9][0-9]{7,}'
}

@test "the watchdog is fed by cycles alone: none while the sampler stands still" {
    local before
    manager_start
    # Nothing but the sampler waits: the loop turns, and answers who asks.
    service_start 60 "$PROXTOP" --processes --output=serve --target=127.0.0.1:9971 --interval=3600
    wait_for 60 told 1 WATCHDOG=1
    told 1 READY=1
    # What would bite between two cycles was asked to wait for three.
    told 1 WATCHDOG_USEC=10800000000
    before=$(told_times WATCHDOG=1)
    curl -sSf http://127.0.0.1:9971/metrics >/dev/null
    sleep 2
    [ "$(told_times WATCHDOG=1)" -eq "$before" ]
    # A cycle that somebody asks for feeds it, too.
    kill -USR1 "$SERVICE_PID"
    wait_for 60 told "$((before + 1))" WATCHDOG=1
    service_stop
}

@test "not ready as long as nothing was measured: a start that fails, and one that is wrong" {
    manager_start
    service_start 60 "$PROXTOP" --procfs=/nonexistent
    service_ends_with 1
    service_start 60 "$PROXTOP" --output=tcp --target=
    service_ends_with 2
    run ! grep -qE 'READY|WATCHDOG' "$TOLD"
}

@test "names of VMs cannot tell the manager anything" {
    local pid
    manager_start
    # A look-alike whose name brings a line of its own.
    (exec -a /usr/bin/qemu-system-x86_64 perl -e 'sleep 600' -- \
        -name $'guest=evil\nSTOPPING=1' -qmp unix:/nonexistent/qmp,server=on,wait=off >/dev/null 2>&1 3>&- 4>&-) &
    pid=$!
    service_start 60 "$PROXTOP" --processes --printer=json --interval=1
    # It is named as soon as its monitor is known to be silent: cleaned, in a line that is not its own.
    wait_for 60 told 1 'STATUS=1 VM by processes.* silent: evil.*STOPPING=1.*'
    run ! grep -qE '^[0-9.]+ STOPPING' "$TOLD"
    service_stop
    kill "$pid"
}

@test "a manager that is gone, or that does not read, holds up nobody" {
    SOCKET=$BATS_TEST_TMPDIR/nobody
    service_start 60 "$PROXTOP" --processes --printer=json --interval=0.5 --runs=3
    wait "$SERVICE_PID"
    [ "$(wc -l <"$TOLD.out")" -eq 3 ]
    [ "$(grep -c 'service manager' "$TOLD.err")" -eq 1 ]
    # One that never reads: its queue is full after some dozens.
    SOCKET=$BATS_TEST_TMPDIR/socket
    manager_start
    kill -STOP "$MANAGER_PID"
    service_start 1 "$PROXTOP" --processes --printer=json --interval=0.1 --runs=60
    wait "$SERVICE_PID"
    SERVICE_PID=
    [ "$(wc -l <"$TOLD.out")" -eq 60 ]
    kill -CONT "$MANAGER_PID"
    wait_for 60 told 1 READY=1
}

@test "what the manager gave is not handed on, and nobody is told where nobody asked" {
    manager_start
    NOTIFY_SOCKET='' "$PROXTOP" --processes --printer=json --interval=0.2 --runs=2 >/dev/null 3>&- 4>&-
    [ ! -s "$TOLD" ]
    service_start 60 "$PROXTOP" --processes --printer=json --interval=1
    wait_for 60 told 1 READY=1
    # A watchdog of another process is none of ours.
    service_stop
    : >"$TOLD.out"
    NOTIFY_SOCKET=$SOCKET WATCHDOG_USEC=60000000 WATCHDOG_PID=1 "$PROXTOP" --processes --printer=json \
        --interval=0.2 --runs=2 >"$TOLD.out" 3>&- 4>&-
    wait_for 60 told 2 READY=1
    [ "$(sed -n '/STOPPING/,$p' "$TOLD" | grep -c WATCHDOG)" -eq 0 ]
}
