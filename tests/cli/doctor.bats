#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --doctor from outside: its layout, its exit status, and that it never waits long.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 3 "$BATS_FILE_TMPDIR/vms"
}

teardown_file()
{
    load env.bash
    lookalikes_stop "$BATS_FILE_TMPDIR/vms"
}

setup()
{
    load env.bash
}

# doctor [OPTION...]: into $output, $stderr and $status.
doctor()
{
    run --separate-stderr timeout 60 env "${PROXTOP_ENV[@]}" "$PROXTOP" --doctor "$@"
    echo "$output"
    echo "$stderr"
}

# line_of OBJECT: the lines about it.
line_of()
{
    grep -E "^(ok  |note|warn|FAIL)  $1 " <<<"$output"
}

@test "a line for each thing, an advice below each that is not well, a summary" {
    local line before=""
    doctor --processes --no-config
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    while read -r line; do
        line=${line%$'\r'}
        if [[ $before =~ ^(note|warn|FAIL)\  ]]; then
            [[ $line == '-> '* ]]
        fi
        [[ $line =~ ^(ok|note|warn|FAIL)\ +[a-z]+\ +[^\ ] || $line == '-> '* || $line == "nothing blocks; "* ]]
        before=$line
    done <<<"$output"
    [[ $before =~ ^"nothing blocks; "[0-9]+" warning"s?$ ]]
    # All texts begin in one column.
    [ "$(grep -vE '^(ok  |note|warn|FAIL)  [a-z]+ +[^ ]' <<<"$output" | grep -cv '^                  -> ')" -eq 1 ]
    [ "$(grep -E '^(ok  |note|warn|FAIL)' <<<"$output" | grep -cvE '^.{17} [^ ]')" -eq 0 ]
    line_of program | grep -q "proxtop $("$PROXTOP" --version | cut -d' ' -f2) "
    line_of connection | grep -q 'the list of processes: 3 VMs (--processes)'
    line_of io | grep -q '^ok '
}

@test "it is in --help of proxtop, and no configuration can say it" {
    "$PROXTOP" --help | grep -q -- '--doctor'
    run ! grep -q -- '--doctor' <("$PROXPROFILER" --help)
    echo 'doctor = yes' >"$BATS_TEST_TMPDIR/config"
    doctor --processes --config="$BATS_TEST_TMPDIR/config"
    line_of config | grep -q '^warn .*config: 1 line is left out; the first: .*config:1: '
}

@test "a broken configuration: how many lines are left out, and the first of them" {
    printf 'interval = 5\nnonsense = 1\n[thresholds]\nx = y\n' >"$BATS_TEST_TMPDIR/config"
    doctor --processes --config="$BATS_TEST_TMPDIR/config"
    [ "$status" -eq 0 ]
    line_of config | grep -qF "warn  config      $BATS_TEST_TMPDIR/config: 2 lines are left out; the first: $BATS_TEST_TMPDIR/config:2: "
}

@test "wrong usage is wrong usage: one line, and 2" {
    fails_with 2 "--config" "$PROXTOP" --doctor --config=/nonexistent
    fails_with 2 "nonsense" "$PROXTOP" --doctor --nonsense
    fails_with 2 "--output" "$PROXTOP" --doctor --output=pigeon
    fails_with 2 "--fields" "$PROXTOP" --doctor -p text --fields=nonsense
    fails_with 2 "--storedev" "$PROXTOP" --doctor --processes --storedev=nonsense
    fails_with 2 "only one hypervisor" "$PROXTOP" --doctor --processes --proxmox
}

@test "no procfs there: it blocks, and 1" {
    doctor --processes --procfs=/etc
    [ "$status" -eq 1 ]
    line_of processes | grep -q "^FAIL .*'/etc' is no procfs"
    [[ ${lines[-1]} == "1 thing blocks; "* ]]
}

@test "libvirt's socket is not there, or not for this user, or nobody answers at it: told within seconds" {
    local start socket=$BATS_TEST_TMPDIR/socket
    doctor -c "qemu:///system?socket=$socket"
    [ "$status" -eq 1 ]
    line_of connection | grep -q '^FAIL .*cannot open .*No such file or directory'
    grep -q -- '-> systemctl start libvirtd' <<<"$output"

    python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
time.sleep(600)' "$socket" 3>&- &
    wait_for 20 test -S "$socket"
    start=$SECONDS
    doctor -c "qemu:///system?socket=$socket"
    kill $!
    [ "$status" -eq 1 ]
    # It gives up by itself: timeout would have ended it with 124.
    echo "took $((SECONDS - start)) s"
    line_of connection | grep -q '^FAIL .*libvirt: it does not answer'
    grep -q -- '-> systemctl restart libvirtd' <<<"$output"

    chmod 777 "$BATS_TEST_TMPDIR"
    python3 -c '
import os, socket, sys, time
os.unlink(sys.argv[1])
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
os.chmod(sys.argv[1], 0o600)' "$socket"
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    mkdir -p "$PROXTOP_LAB/sockets"
    mv "$socket" "$PROXTOP_LAB/sockets/socket"
    run --separate-stderr timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
        env HOME=/nonexistent "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --doctor -c "qemu:///system?socket=$PROXTOP_LAB/sockets/socket"
    echo "$output"
    [ "$status" -eq 1 ]
    line_of connection | grep -q '^FAIL .*Permission denied; it takes root or the group libvirt'
    grep -q -- 'sudo usermod -aG libvirt' <<<"$output"
}

@test "a terminal: its type, its size, its characters" {
    doctor --processes --no-config
    line_of terminal | grep -q '^note .*is no terminal'
    run script -qec "stty rows 30 cols 100; TERM=xterm-256color LC_ALL=C.UTF-8 $PROXTOP --doctor --processes --no-config" /dev/null </dev/null
    line_of terminal | grep -q '^ok .* xterm-256color, 100 x 30, 256 colours, UTF-8'
    run script -qec "stty rows 4 cols 10; TERM=vt100 LC_ALL=C $PROXTOP --doctor --processes --no-config" /dev/null </dev/null
    line_of terminal | grep -q '^warn .*10 columns and 4 rows are too few'
    line_of terminal | grep -q '^note .*the locale is not UTF-8'
    run script -qec "TERM=nonsense $PROXTOP --doctor --processes --no-config" /dev/null </dev/null
    line_of terminal | grep -q "^warn .*'nonsense' is not known here"
}

@test "messages of a run name what it is about and the next step" {
    fails_with 1 "--procfs must name one" "$PROXTOP" --procfs=/etc
    run --separate-stderr timeout 60 env "${PROXTOP_ENV[@]}" "$PROXTOP" -c "qemu:///system?socket=$BATS_TEST_TMPDIR/none" -p text --runs=1 --interval=0.2
    [[ $stderr == *"libvirt: cannot open 'qemu:///system?socket="*"proxtop --doctor"* ]]
    TERM=nonsense run script -qec "TERM=nonsense $PROXTOP --processes --no-config --runs=1 --interval=0.2" /dev/null </dev/null
    [[ $output == *"'nonsense' is not known here; set TERM to what the terminal is"* ]]
}
