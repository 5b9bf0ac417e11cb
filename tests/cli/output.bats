#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What comes out, where it goes, and what ends it.

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
}

@test "--runs=N prints exactly N cycles, the first with real rates" {
    run --separate-stderr "$PROXTOP" --processes -p json --runs=3 --interval=0.3
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    for line in "${lines[@]}"; do
        jq -e '.version == 1 and (.domains | length) == 3 and .interval > 0
               and all(.domains[]; .cpu_total != null and .cpu_steal != null)
               and (.host.cpu_idle != null)' <<<"$line"
    done
    jq -e '.timestamp | test("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$")' <<<"${lines[0]}"
}

@test "cycles without a row are no lost output" {
    run --separate-stderr "$PROXTOP" --processes -p json --json=lines --scope=vmdisk \
        --qmp-interval=0 --runs=3 --interval=0.2
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ "$stderr" != *lost* ]]
}

@test "a kernel without pressure: its cells are missing, and one line says how to get them" {
    mkdir -p root/proc
    cp /proc/stat root/proc/stat
    run --separate-stderr "$PROXTOP" --processes --procfs=root/proc --pressure --scope=host -p json --runs=3 --interval=0.2
    [ "$status" -eq 0 ]
    jq -se 'length == 3 and all(.[].host; length == 5 and all(.[]; . == null))' <<<"$output"
    [ "$(grep -c 'psi=1' <<<"$stderr")" -eq 1 ]
}

@test "text: two headers once, then a host line and a line per VM; same fields everywhere" {
    run --separate-stderr "$PROXTOP" --processes -b --runs=2 --interval=0.3
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 10 ]
    [[ ${lines[0]} == cpu_cores$'\t'* ]]
    [[ ${lines[1]} == UUID$'\t'name$'\t'cpu_cores$'\t'cpu_total$'\t'cpu_steal$'\t'* ]]
    for i in 0 2 6; do [ "$(awk -F'\t' '{print NF}' <<<"${lines[i]}")" -eq "$(awk -F'\t' '{print NF}' <<<"${lines[0]}")" ]; done
    for i in 3 4 5 7 8 9; do [ "$(awk -F'\t' '{print NF}' <<<"${lines[i]}")" -eq "$(awk -F'\t' '{print NF}' <<<"${lines[1]}")" ]; done
    # Sorted by name.
    [ "$(printf '%s\n' "${lines[@]:3:3}" | cut -f2)" = $'vm-00001\nvm-00002\nvm-00003' ]
}

@test "--scope, --timestamps, --fields, --names shape the text" {
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.3 --scope=vcpu --timestamps
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = $'timestamp\tUUID\tname\tvcpu_id\tvcpu_total\tvcpu_steal\tvcpu_tid' ]
    [ "${#lines[@]}" -eq 7 ]
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.3 --fields=ram_rss,vm.name
    [ "${lines[0]}" = $'ram_rss\tname' ]
    [[ ${lines[1]} =~ ^[0-9]+$'\t'vm-00001$ ]]
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.3 --fields=vm.cpu_total,vm.ram_vsize --names=esxtop
    [ "${lines[0]}" = $'cpu_%used\tmem_VSIZE' ]
}

@test "--json=lines: flat objects that say what they are" {
    run --separate-stderr "$PROXTOP" --processes -p json --json=lines --devices --host --cpu --runs=1 --interval=0.3
    [ "$status" -eq 0 ]
    [ "$(printf '%s\n' "${lines[@]}" | jq -r .type | sort | uniq -c | tr -s ' \n' ' ')" = " 1 host 6 vcpu 3 vm " ]
    printf '%s\n' "${lines[@]}" | jq -es 'all(.[]; .version == 1 and .timestamp and .interval and .host_name
        and all(.[]; type != "object" and type != "array"))'
    # No key twice, which a reader of JSON would not notice.
    printf '%s\n' "${lines[@]}" | python3 -c '
import json, sys
def once(pairs):
    assert len(pairs) == len(dict(pairs)), pairs
    return dict(pairs)
for line in sys.stdin: json.loads(line, object_pairs_hook=once)'
}

@test "hostile names never break JSON, never put a control byte out" {
    evil=$'a\x1b[2J"\\\t\r\n\x01\xc2\x9b\xff,,b'
    fake_qemu "$evil"
    run --separate-stderr "$PROXTOP" --processes -p json --runs=1 --interval=0.2 --fields=name
    kill "$FAKE_PID"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    jq -e '.domains[].name | select(startswith("a\u001b[2J\"\\\t\r\n\u0001\u009b\ufffd,b"))' <<<"$output"
    run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output"
    fake_qemu "$evil"
    run --separate-stderr "$PROXTOP" --processes -b --runs=1 --interval=0.2 --fields=name
    kill "$FAKE_PID"
    grep -qF 'a?[2J"\????' <<<"$output"
    run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2\x9b' <<<"$output"
}

@test "file: appends, mode 0644, opened again on SIGHUP" {
    echo before >log
    umask 000
    "$PROXTOP" --processes -o file --target=log --interval=0.2 2>err 3>&- &
    pid=$!
    wait_for 120 grep -q domains log
    [ "$(head -n 1 log)" = before ]
    mv log log.1
    kill -HUP $pid
    wait_for 120 grep -q domains log
    [ "$(stat -c %a log)" = 644 ]
    count=$(wc -l <log.1)
    kill -TERM $pid
    wait $pid
    [ "$(wc -l <log.1)" -eq "$count" ]
    tail -n +2 log.1 >rotated
    jq -es 'length > 0' rotated
    jq -es 'length > 0' log
    [ "$(tail -c 1 log | od -An -tx1)" = " 0a" ]
}

@test "a full disk is told once, and writing goes on when there is room" {
    mkdir small
    mount -t tmpfs -o size=16k tmpfs small
    "$PROXTOP" --processes -o file --target=small/log --interval=0.1 --cpu --mem --verbose 2>err 3>&- &
    pid=$!
    wait_for 120 grep -q 'No space left' err
    sleep 1
    told_once err 'No space left'
    mount -o remount,size=16m small
    wait_for 120 grep -q 'works again' err
    go_on small/log 5
    wait_for 120 has_lines small/log 11
    kill -TERM $pid
    wait $pid
    # Nothing is torn: the line that was cut by the full disk was finished.
    jq -es 'length > 10' small/log
    umount small
}

@test "output to /dev/full: told, and exit 1" {
    "$PROXTOP" --processes --interval=0.1 >/dev/full 2>err 3>&- &
    pid=$!
    wait_for 120 grep -q "cannot write to 'standard output'" err
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 1 ]
}

@test "the last cycle on a full disk: a few tries, then exit 1 with the number of lost cycles" {
    status=0
    timeout 300 "$PROXTOP" --processes --runs=2 --interval=0.1 >/dev/full 2>err || status=$?
    [ "$status" -eq 1 ]
    grep -q 'output was lost: 2 cycles' err
}

@test "closed standard descriptors: nothing goes where it does not belong" {
    "$PROXTOP" --processes -o file --target=data --runs=2 --interval=0.2 <&- >&- 2>&-
    jq -es 'length == 2' data
    status=0
    "$PROXTOP" --processes --runs=1 --interval=0.2 --log-file=log >&- || status=$?
    [ "$status" -eq 1 ]
    grep -q 'standard output is closed' log
    run ! grep -q ram_total log
}

@test "a pipe that its owner made non-blocking loses nothing" {
    python3 - "$PROXTOP" <<'EOF'
import fcntl, json, os, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, 1031, 4096)  # F_SETPIPE_SZ
os.set_blocking(w, False)
p = subprocess.Popen([sys.argv[1], "--processes", "--verbose", "--devices", "-p", "json", "--runs=10", "--interval=0.1",
                      "--drain-timeout=100"],
                     stdout=w, stderr=subprocess.PIPE)
os.close(w)
text = b""
while True:
    part = os.read(r, 65536)
    if not part:
        break
    text += part
    time.sleep(0.005)
err = p.stderr.read().decode()
assert p.wait() == 0, err
assert "cannot write" not in err, err
assert len([json.loads(line) for line in text.splitlines()]) == 10
EOF
}

@test "a terminal that nobody reads holds up neither cycles nor the end" {
    python3 - "$PROXTOP" <<'EOF'
import os, pty, signal, subprocess, sys, time
master, slave = pty.openpty()
os.set_blocking(slave, True)
out = open("cycles", "wb")
p = subprocess.Popen([sys.argv[1], "--processes", "--verbose", "-p", "json", "--interval=0.2"], stdout=out, stderr=slave)
# Fill the terminal, so that the program's own messages find no room.
os.set_blocking(slave, False)
try:
    while True:
        os.write(slave, b"x" * 512)
except BlockingIOError:
    pass
os.set_blocking(slave, True)
end = time.monotonic() + 120
while len(open("cycles").readlines()) < 8:
    assert time.monotonic() < end
    time.sleep(0.1)
p.send_signal(signal.SIGTERM)
assert p.wait(timeout=120) == 0
EOF
}

@test "a reader that goes away ends it quietly" {
    set +e
    "$PROXTOP" --processes --interval=0.1 2>err | head -n 2 >out
    status=${PIPESTATUS[0]}
    set -e
    [ "$status" -eq 0 ]
    [ "$(wc -l <out)" -eq 2 ]
    run ! grep -qi pipe err
}

@test "a reader that stops reading delays no cycle, and does not hold up the end" {
    mkfifo pipe
    "$PROXTOP" --processes -p json --interval=0.1 --verbose --sink=json,file,cycles >pipe 2>err 3>&- &
    pid=$!
    exec 9<pipe
    # More than a pipe holds, 64 KB, and then cycles that go on.
    wait_for 120 sh -c '[ "$(stat -c %s cycles)" -gt 80000 ]'
    go_on cycles 5
    kill -TERM $pid
    # What it did not take is lost, after five seconds of grace.
    ends_with 1 $pid
    exec 9<&-
    grep -q 'output was lost' err
}

@test "SIGTERM and SIGINT end it with status 0 on a whole line" {
    for signal in TERM INT; do
        "$PROXTOP" --processes -p json --interval=0.1 >out 2>/dev/null 3>&- &
        pid=$!
        wait_for 120 grep -q domains out
        kill -$signal $pid
        wait $pid
        jq -es 'length > 0' out
    done
}

@test "SIGUSR1 samples at once" {
    "$PROXTOP" --processes -p json --interval=600 >out 2>/dev/null 3>&- &
    pid=$!
    wait_for 120 grep -q domains out
    kill -USR1 $pid
    wait_for 120 has_lines out 2
    kill -TERM $pid
    wait $pid
    tail -n 1 out | jq -e '.interval < 300 and all(.domains[]; .cpu_total != null)'
}

@test "a flood of SIGUSR1 makes no cycle shorter than the shortest interval" {
    local began=${EPOCHREALTIME/./} most
    "$PROXTOP" --processes -p json --interval=600 >out 2>/dev/null 3>&- &
    pid=$!
    wait_for 120 grep -q domains out
    for _ in $(seq 100); do
        kill -USR1 $pid
        sleep 0.005
    done
    wait_for 120 has_lines out 3
    kill -TERM $pid
    wait $pid
    # As many as that time has room for: a tenth of a second each, however fast they were asked for.
    most=$(((${EPOCHREALTIME/./} - began) / 100000 + 1))
    wc -l out
    jq -es --argjson most "$most" 'length > 2 and length <= $most' out
}

@test "SIGUSR1 and SIGHUP while it starts do not end it" {
    "$PROXTOP" --processes -p json --interval=1 >out 2>/dev/null 3>&- &
    pid=$!
    # From its first moments on they are held back until they can be served.
    wait_for 120 grep -q '^proxtop$' /proc/$pid/comm
    wait_for 120 takes_signals $pid
    for _ in $(seq 30); do
        kill -USR1 $pid
        kill -HUP $pid
    done
    wait_for 120 has_lines out 2
    kill -TERM $pid
    ends_with 0 $pid
    jq -es 'length >= 2' out
}

@test "messages: --verbose at info level, --log-file instead of stderr" {
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.2 --log-file=messages --log-level=debug
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(stat -c %a messages)" = 644 ]
}
