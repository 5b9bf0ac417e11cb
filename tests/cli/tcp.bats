#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Cycles to a peer by TCP: what gets there when peer, program or name are not as they should be.
# Each run has a second sink, a file, that tells what had to arrive.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 5 "$PROXTOP_LAB/vms" --busy=5
    make_certificates "$PROXTOP_LAB/tls"
}

teardown_file()
{
    load env.bash
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load env.bash
    TLS=$PROXTOP_LAB/tls
    PEERS=()
    cd "$BATS_TEST_TMPDIR" || return
}

teardown()
{
    local pid
    for pid in "${PEERS[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
}

# make_certificate DIR NAME DAYS NAMES: by the authority in DIR; certificate and key in NAME.pem.
make_certificate()
{
    local dir=$1 name=$2 days=$3 names=$4
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
        -keyout "$dir/$name.key" -out "$dir/$name.request"
    openssl x509 -req -in "$dir/$name.request" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
        -CAcreateserial -days "$days" -extfile <(echo "subjectAltName=$names") -out "$dir/$name.crt"
    cat "$dir/$name.crt" "$dir/$name.key" >"$dir/$name.pem"
}

make_certificates()
{
    local name
    mkdir -p "$1" "$1/other"
    for name in "$1" "$1/other"; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
            -subj "/CN=authority ${name##*/}" -keyout "$name/ca.key" -out "$name/ca.pem"
    done
    make_certificate "$1" good 2 DNS:localhost,IP:127.0.0.1
    make_certificate "$1" wrong 2 DNS:elsewhere.example
    make_certificate "$1" expired -1 DNS:localhost
    make_certificate "$1" client 2 DNS:client
}

# peer_start DIR PORT [OPTION...]: it listens when this returns; its PID is in PEER.
peer_start()
{
    local dir=$1 port=$2
    shift 2
    mkdir -p "$dir"
    rm -f "$dir/ready"
    python3 "$CLI_ROOT/tests/cli/peer.py" serve "$dir" "$port" "$@" >>"$dir/log" 2>&1 3>&- &
    PEER=$!
    PEERS+=("$PEER")
    wait_for 120 test -e "$dir/ready"
}

# peer_kill PID: once it has read what has come.
peer_kill()
{
    python3 "$CLI_ROOT/tests/cli/peer.py" kill "$1"
    wait "$1" || true
}

# peer_compare DIR FILE [OPTION...]
peer_compare()
{
    python3 "$CLI_ROOT/tests/cli/peer.py" compare "$@"
}

# tcp_start OPTION...: to both sinks in the background, with messages in err; its PID is in TCP.
tcp_start()
{
    "$PROXTOP" --processes --interval=0.1 --drain-timeout=100 "$@" --sink=json,file,expected 2>>err 3>&- &
    TCP=$!
}

# tcp_run OPTION...: the same to its end. The status is in `status`.
tcp_run()
{
    status=0
    timeout 300 "$PROXTOP" --processes --interval=0.1 --drain-timeout=100 "$@" --sink=json,file,expected 2>>err ||
        status=$?
}

# tcp_stop: by SIGTERM. The status is in `status`.
tcp_stop()
{
    kill -TERM "$TCP"
    status=0
    wait "$TCP" || status=$?
}

@test "a peer that is killed and started again 20 times gets every cycle, in order" {
    mkdir got
    python3 "$CLI_ROOT/tests/cli/peer.py" harass --kills=20 --period=0.7 got 5101 >harass.log 3>&- &
    PEERS+=("$!")
    tcp_start --sink=json,tcp,127.0.0.1:5101 --verbose --devices
    wait_for 300 test -e got/calm
    wait_for 120 has_lines expected 300
    tcp_stop
    cat harass.log err
    [ "$status" -eq 0 ] || { cat err; false; }
    # What a connection brought last may come again: those of a second at most.
    peer_compare got expected --least=300 --twice=200
    # Each failure and its end is told; nothing else is.
    grep -q 'tcp 127.0.0.1:5101: it has closed the connection; connecting again' err
    grep -q 'tcp 127.0.0.1:5101: cycles get through again' err
    run ! grep -qE 'lost|dropped' err
}

@test "with a spool, a program that is killed again and again loses nothing that was spooled" {
    mkdir got
    python3 "$CLI_ROOT/tests/cli/peer.py" harass --kills=10 --period=1 got 5102 >harass.log 3>&- &
    PEERS+=("$!")
    for count in 15 30 45 60 75; do
        tcp_start --sink=json,tcp,127.0.0.1:5102 --spool=spool
        wait_for 120 has_lines expected "$count"
        kill -KILL "$TCP"
        wait "$TCP" || true
        grep -raoh '"timestamp":"[^"]*"' spool >>spooled || true
    done
    tcp_start --sink=json,tcp,127.0.0.1:5102 --spool=spool
    wait_for 300 test -e got/calm
    go_on expected 5
    tcp_stop
    cat err
    [ "$status" -eq 0 ] || { cat err; false; }
    cat got/0* | grep -aoh '"timestamp":"[^"]*"' | sort -u >arrived
    grep -oh '"timestamp":"[^"]*"' expected | sort -u >printed
    sort -u spooled -o spooled
    wc -l arrived printed spooled
    has_lines spooled 10
    [ -z "$(comm -13 arrived spooled)" ]
    # What each kill took with it, what was printed and not spooled yet, is the smaller part.
    [ "$(comm -13 arrived printed | wc -l)" -le "$(($(wc -l <printed) / 2))" ]
    run ! grep -q 'lost' err
}

@test "a peer that is not there at the start gets all when it comes; both are told once" {
    tcp_start --sink=json,tcp,localhost:5103
    wait_for 120 grep -q 'tcp localhost:5103: cannot connect: Connection refused; trying again' err
    wait_for 120 has_lines expected 10
    peer_start got 5103
    wait_for 120 grep -q 'tcp localhost:5103: cycles get through again' err
    tcp_stop
    cat err
    [ "$status" -eq 0 ] || { cat err; false; }
    peer_compare got expected --least=10
    told_once err 'tcp localhost:5103: cannot connect'
    told_once err 'tcp localhost:5103: cycles get through again'
}

@test "IPv6; a name of several addresses; a name that nobody knows" {
    peer_start got6 5104 --host=::1
    tcp_run --sink=json,tcp,[::1]:5104 --runs=3
    [ "$status" -eq 0 ] || { cat err; false; }
    peer_compare got6 expected --least=3
    peer_kill "$PEER"
    rm expected
    # localhost may be ::1 first, where nobody listens.
    peer_start got4 5104
    tcp_run --sink=json,tcp,localhost:5104 --runs=3
    [ "$status" -eq 0 ] || { cat err; false; }
    peer_compare got4 expected --least=3
    tcp_run --sink=json,tcp,no.such.name.invalid:1 --runs=2 --drain-timeout=0.5
    [ "$status" -eq 1 ]
    grep -q "2 cycles did not get to 'no.such.name.invalid:1'" err
}

@test "wrong targets and wrong files end it at once" {
    fails_with 2 "target 'localhost' is not allowed: the port is missing" "$PROXTOP" --processes -o tcp --target=localhost
    fails_with 2 "an IPv6 address needs brackets" "$PROXTOP" --processes -o tcp --target=::1:514
    fails_with 1 "cannot read the certificates of authorities (--tls-ca) 'missing': No such file" \
        "$PROXTOP" --processes -o tcp --target=localhost:1 --tls --tls-ca=missing
    fails_with 1 "mismatch" "$PROXTOP" --processes -o tcp --target=localhost:1 --tls \
        --tls-cert="$TLS/good.crt" --tls-key="$TLS/client.key"
}

@test "a peer that never reads delays no cycle; it is left, and memory stays bounded" {
    peer_start got 5105 --mute
    # Cycles of more than 40 KB each: what the peer's kernel takes is full soon.
    tcp_start --sink=json,tcp,127.0.0.1:5105 --verbose --devices --buffer=1M --send-timeout=1 --drain-timeout=0.5
    wait_for 120 grep -q 'tcp 127.0.0.1:5105: it has taken nothing for 1 s; connecting again' err
    wait_for 120 grep -q 'tcp 127.0.0.1:5105: too much waits for it' err
    size=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$TCP/status")
    echo "memory: $size KB"
    go_on expected 10
    tcp_stop
    cat err
    [ "$status" -eq 1 ]
    grep -qE "lost: [0-9]+ cycles did not get to '127.0.0.1:5105'" err
    jq -es 'length > 20' expected
    grep -q __asan_init "$PROXTOP" || [ "$size" -lt 20000 ]
}

@test "the end: delivered, lost and counted, or kept in the spool" {
    # Nobody there: it waits for the drain time, and says what is lost.
    tcp_run --sink=json,tcp,127.0.0.1:5106 --runs=4 --drain-timeout=0.5
    [ "$status" -eq 1 ]
    grep -q "4 cycles did not get to '127.0.0.1:5106'" err
    # Kept in a spool nothing is lost; the next run brings it, before its own.
    rm expected err
    tcp_run --sink=json,tcp,127.0.0.1:5106 --runs=4 --drain-timeout=0.5 --spool=spool
    [ "$status" -eq 0 ] || { cat err; false; }
    grep -q "4 cycles wait in the spool 'spool' for the next run" err
    peer_start got 5106
    tcp_run --sink=json,tcp,127.0.0.1:5106 --runs=2 --drain-timeout=60 --spool=spool
    [ "$status" -eq 0 ] || { cat err; false; }
    run ! grep -q lost err
    peer_compare got expected --least=6
    peer_kill "$PEER"
    # A peer that comes back only after the end was asked for.
    rm -r expected got
    tcp_start --sink=json,tcp,127.0.0.1:5106 --drain-timeout=60
    wait_for 120 has_lines expected 5
    kill -TERM "$TCP"
    sleep 0.3
    peer_start got 5106
    wait "$TCP"
    peer_compare got expected --least=5
    # The peer sees a whole end, and no reset.
    wait_for 120 test -e got/0001.end
}

@test "without time to drain it does not wait" {
    # A program that waits is ended by tcp_run, with another status.
    tcp_run --sink=json,tcp,127.0.0.1:5107 --runs=2 --drain-timeout=0
    [ "$status" -eq 1 ]
    grep -q '2 cycles did not get to' err
}

@test "a CSV header begins each connection" {
    peer_start got 5108
    "$PROXTOP" --processes --interval=0.1 --drain-timeout=100 --sink=csv,tcp,127.0.0.1:5108 --sink=csv,file,expected \
        2>err 3>&- &
    TCP=$!
    wait_for 120 has_lines got/0001 20
    peer_kill "$PEER"
    peer_start got 5108
    wait_for 120 has_lines got/0002 20
    tcp_stop
    [ "$status" -eq 0 ] || { cat err; false; }
    # A cycle is five lines, and those of a second may come again.
    peer_compare got expected --header="$(head -n 1 expected)" --twice=50
}

@test "TLS: what is encrypted arrives, once and in order" {
    peer_start got 5109 --cert="$TLS/good.pem"
    tcp_run --sink=json,tcp,localhost:5109 --tls --tls-ca="$TLS/ca.pem" --runs=20 --verbose --devices
    cat err
    [ "$status" -eq 0 ] || { cat err; false; }
    peer_compare got expected --least=20
    tcp_run --sink=json,tcp,127.0.0.1:5109 --tls --tls-ca="$TLS/ca.pem" --runs=2
    [ "$status" -eq 0 ] || { cat err; false; }
    peer_compare got expected --least=22
}

# tls_refuses REASON PORT OPTION...: no cycle gets through, which is told with the reason.
tls_refuses()
{
    local reason=$1 port=$2
    shift 2
    rm -f err expected
    tcp_start --sink=json,tcp,localhost:"$port" --tls --drain-timeout=0.5 "$@"
    wait_for 120 grep -q "$reason" err
    wait_for 120 has_lines expected 5
    tcp_stop
    cat err
    [ "$status" -eq 1 ]
    grep -q "$(wc -l <expected) cycles did not get to 'localhost:$port'" err
}

@test "TLS: no cycle for a peer of another name, another authority, another time" {
    peer_start wrong 5110 --cert="$TLS/wrong.pem"
    peer_start expired 5111 --cert="$TLS/expired.pem"
    peer_start good 5112 --cert="$TLS/good.pem"
    tls_refuses 'no TLS: .*ostname mismatch' 5110 --tls-ca="$TLS/ca.pem"
    tls_refuses 'no TLS: certificate has expired' 5111 --tls-ca="$TLS/ca.pem"
    tls_refuses 'no TLS: unable to get local issuer certificate' 5112 --tls-ca="$TLS/other/ca.pem"
    tls_refuses 'no TLS: ' 5112
    run ! grep -q timestamp wrong/0* expired/0* good/0*
}

@test "TLS: a peer that demands a certificate, and one that does not speak TLS" {
    peer_start got 5113 --cert="$TLS/good.pem" --client-ca="$TLS/ca.pem"
    tls_refuses 'certificate required' 5113 --tls-ca="$TLS/ca.pem"
    rm expected
    tcp_run --sink=json,tcp,localhost:5113 --tls --tls-ca="$TLS/ca.pem" --tls-cert="$TLS/client.pem" --runs=5
    cat err
    [ "$status" -eq 0 ] || { cat err; false; }
    peer_compare got expected --least=5
    peer_start plain 5114 --mute
    # It says nothing, and nothing of a cycle is said to it.
    tls_refuses '' 5114
}
