#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The web server: what it answers, to whom, and that no client is in the way of a cycle.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 200 "$PROXTOP_LAB/vms"
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
    SERVE_PID=
}

teardown()
{
    if [ -n "$SERVE_PID" ]; then
        kill -TERM "$SERVE_PID" 2>/dev/null || true
    fi
}

# serve ARG...: in the background, at port 9977; returns when it answers. All cycles are in the file
# cycles, too.
serve()
{
    env "${PROXTOP_ENV[@]}" "$PROXTOP" --processes --output=serve --sink=json,file,cycles "$@" \
        >out 2>err 3>&- </dev/null &
    SERVE_PID=$!
    PORT=9977
    wait_for 120 curl -s "http://127.0.0.1:$PORT/"
}

# serve_end: it ends well, and has told of no error of memory.
serve_end()
{
    local pid=$SERVE_PID
    SERVE_PID=
    kill -TERM "$pid"
    wait "$pid"
    run ! grep -E 'Sanitizer|runtime error' err
}

fetch()
{
    curl -s --max-time 60 "$@"
}

# code CODE CURL-ARG...: the status of the answer.
code()
{
    local wanted=$1 got
    shift
    got=$(fetch -o /dev/null -w '%{http_code}' "$@")
    echo "$got for $*"
    [ "$got" -eq "$wanted" ]
}

# clients ARG...: see serve_clients.py.
clients()
{
    timeout 600 python3 "$CLI_ROOT/tests/cli/serve_clients.py" "$PORT" "$@" 3>&-
}

# clients_start ARG...: in the background, what they print goes to the file clients; see clients_end.
clients_start()
{
    rm -f clients release
    clients "$@" >clients &
    CLIENTS=$!
}

clients_end()
{
    : >release
    wait "$CLIENTS"
}

has_cycle()
{
    code 200 http://127.0.0.1:9977/json
}

# cycles_are_whole: all VMs are in each of the last ones.
cycles_are_whole()
{
    tail -n 5 cycles | jq -es 'length == 5 and all(.[]; .version == 1 and (.domains | length) == 200)' >/dev/null
}

@test "each path answers; before the first cycle it is told that there is none" {
    serve --interval=3600
    url=http://127.0.0.1:9977
    code 200 $url/
    fetch $url/ | grep -q 'href="/metrics"'
    fetch $url/ | grep -q "$("$PROXTOP" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)"
    # It stays so for a moment only: the first cycle comes at once.
    for path in json metrics healthz; do
        status=$(fetch -o body -w '%{http_code}' $url/$path)
        [ "$status" -eq 200 ] || [ "$status" -eq 503 ]
        if [ "$status" -eq 503 ]; then [ "$(cat body)" = "there was no cycle yet" ]; fi
    done
    serve_end
}

@test "/json is the last cycle, whole, also compressed and by HTTP/1.0" {
    serve --interval=0.5
    url=http://127.0.0.1:9977
    wait_for 120 has_cycle
    fetch $url/json | jq -se 'length == 1 and .[0].version == 1 and (.[0].domains | length) == 200'
    fetch -0 $url/json | jq -e '.domains | length == 200'
    fetch -D head -H 'Accept-Encoding: gzip' $url/json >packed
    grep -qi '^content-encoding: gzip' head
    [ "$(tr -d '\r' <head | awk 'tolower($1) == "content-length:" { print $2 }')" -eq "$(stat -c %s packed)" ]
    gzip -dc packed | jq -e '.domains | length == 200'
    fetch -D head -H 'Accept-Encoding: gzip;q=0' $url/json | jq -e '.version == 1'
    run ! grep -qi '^content-encoding' head
    grep -qi '^content-type: application/json' head
    grep -qi '^x-content-type-options: nosniff' head
    run ! grep -qi '^transfer-encoding' head
    wait_for 120 has_lines cycles 3
    serve_end
}

@test "/metrics speaks both forms, /healthz tells the age; others are told what there is" {
    serve --interval=0.5
    url=http://127.0.0.1:9977
    wait_for 120 has_cycle
    code 200 $url/metrics
    fetch -I $url/metrics | grep -qi '^content-type: text/plain; version=0.0.4'
    accept='application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
    fetch -I -H "Accept: $accept" $url/metrics | grep -qi '^content-type: application/openmetrics-text; version=1.0.0'
    [[ $(fetch $url/healthz) =~ ^ok,\ last\ cycle\ [0-9]+\.[0-9]\ s\ ago$ ]]
    code 404 $url/nothing
    code 404 $url/json/
    code 200 "$url/json?some=thing"
    for method in POST PUT DELETE OPTIONS PATCH; do
        code 405 -X $method $url/json
        fetch -D - -o /dev/null -X $method $url/json | grep -q '^Allow: GET, HEAD'
    done
    code 405 -d little=1 $url/json
    head -c 100000 /dev/zero | code 413 --data-binary @- $url/json
    # HEAD: the same head and no body.
    fetch -I $url/ >head
    [ "$(tr -d '\r' <head | awk '$1 == "Content-Length:" { print $2 }')" -eq "$(fetch $url/ | wc -c)" ]
    for path in / /json /metrics /healthz /none; do
        exec 9<>/dev/tcp/127.0.0.1/9977
        printf 'HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$path" >&9
        tr -d '\r' <&9 >head
        exec 9>&-
        [ -s head ]
        [ -z "$(sed '1,/^$/d' head)" ]
    done
    serve_end
}

@test "the host's name is in every sample if that is asked for, else in its info alone" {
    serve --interval=0.5 --host-name=node7
    wait_for 120 has_cycle
    fetch http://127.0.0.1:9977/metrics >page
    [ "$(grep -c 'host="node7"' page)" -eq 1 ]
    grep -q '^proxtop_host_info{host="node7",' page
    serve_end
    serve --interval=0.5 --host-name=node7 --prom-host-label
    wait_for 120 has_cycle
    fetch http://127.0.0.1:9977/metrics >page
    [ "$(grep -vc '^#' page)" -eq "$(grep -c '^[a-z_]*{host="node7"[,}]' page)" ]
    serve_end
}

@test "the end of cycles shows in /healthz" {
    serve --interval=0.5
    wait_for 120 has_cycle
    wait_for 120 code 200 http://127.0.0.1:9977/healthz
    # The thread that makes them is held when it reads that file, and only it.
    strace -f -qq -o /dev/null -P /proc/stat -e trace=pread64,read -e inject=pread64,read:delay_enter=600s \
        -p "$SERVE_PID" 3>&- &
    holder=$!
    wait_for 120 code 503 http://127.0.0.1:9977/healthz
    kill -KILL "$holder"
    wait "$holder" || true
    wait_for 120 code 200 http://127.0.0.1:9977/healthz
    serve_end
}

@test "where it serves: another port, IPv6, an address in use, and none of ours" {
    serve --interval=0.5 --target=[::1]:9978 --sink=prometheus,serve,[::]:9979 --sink=prometheus,serve
    code 200 http://[::1]:9978/
    code 200 http://[::1]:9979/
    code 200 http://127.0.0.1:9979/
    fails_with 1 "cannot serve at '127.0.0.1:9977': Address already in use" \
        "$PROXTOP" --processes --output=serve --runs=1
    fails_with 1 "cannot serve at '192.0.2.1:9977'" \
        "$PROXTOP" --processes --output=serve --target=192.0.2.1 --runs=1
    for bad in host.example:9977 0 65536 1:2:3 [::1; do
        fails_with 2 "$bad" "$PROXTOP" --processes --output=serve --target=$bad --runs=1
    done
    # Others are told that everybody may read; on loopback nobody else can.
    [ "$(grep -c 'everybody who can reach \[::\]:9979' err)" -eq 1 ]
    [ "$(grep -c 'everybody' err)" -eq 1 ]
    serve_end
}

# end_alone: how long it takes to end with nobody connected, in seconds.
end_alone()
{
    serve --interval=0.5
    wait_for 120 has_cycle
    began=$SECONDS
    serve_end
    alone=$((SECONDS - began))
}

# end_crowded: how long since those came who say nothing, of whom each hears the end. Others take nothing.
end_crowded()
{
    local fds=() fd word
    serve --interval=0.5
    wait_for 120 has_cycle
    clients_start slow 20 /json 5
    wait_for 120 has_sockets "$SERVE_PID" 20
    began=$SECONDS
    for _ in $(seq 20); do
        exec {fd}<>/dev/tcp/127.0.0.1/9977
        fds+=("$fd")
    done
    serve_end
    crowded=$((SECONDS - began))
    for fd in "${fds[@]}"; do
        run read -r -t 100 -u "$fd" word
        [ "$status" -eq 1 ]
        exec {fd}>&-
    done
    clients_end
}

# Who says nothing is cut off after 10 s, who takes nothing after 30: it waits for neither. Where it takes
# half as long to end when nobody is there, nothing can be told, and nothing is held against it.
@test "it ends at once, whoever is connected, and serves again at the same place" {
    for try in 1 2 3 4 5; do
        end_alone
        end_crowded
        echo "ended after $alone s alone, $crowded s with clients"
        if ((crowded < 9 || alone >= 5)); then
            break
        fi
    done
    ((crowded < 9 || alone >= 5))
    serve --interval=0.5 --runs=2
    pid=$SERVE_PID
    SERVE_PID=
    ends_with 0 "$pid"
}

@test "a thousand clients at once, of which half say nothing, stop no cycle and leave no trace" {
    serve --interval=0.5
    wait_for 120 has_cycle
    before=$(sockets "$SERVE_PID")
    # Silent clients take at most the places that there are; the others are told to come again.
    clients_start crowd 1000 release
    wait_for 300 test -s clients
    cat clients
    grep '200=' clients
    grep -E '503=|closed=' clients
    # The silent ones come back as long as they may.
    go_on cycles 5
    clients_end
    wait_for 120 has_sockets_at_most "$SERVE_PID" "$before"
    told_once err 'more are turned away'
    clients reset 500
    wait_for 120 code 200 http://127.0.0.1:9977/healthz
    wait_for 120 has_sockets_at_most "$SERVE_PID" "$before"
    cycles_are_whole
    serve_end
}

@test "who never asks is cut off, also who does so letter by letter" {
    serve --interval=0.5
    clients trickle 200 >trickle &
    trickle=$!
    wait_for 120 has_cycle
    clients_start silent 50 200
    go_on cycles 3
    wait "$CLIENTS"
    [ "$(cat clients)" -eq 50 ]
    wait "$trickle"
    [ "$(cat trickle)" -lt 200 ]
    wait_for 120 code 200 http://127.0.0.1:9977/healthz
    wait_for 120 cycles_are_whole
    serve_end
}

@test "readers who take nothing are cut off; what they hold is bounded" {
    serve --interval=0.5 --devices --verbose --cpu --mem --disk --net --io
    wait_for 120 has_lines cycles 4
    before=$(sockets "$SERVE_PID")
    rss=$(awk '$1 == "VmRSS:" { print $2 }' /proc/$SERVE_PID/status)
    clients flood 5 >flood &
    flood=$!
    clients_start slow 200 /json 200
    go_on cycles 5
    wait "$CLIENTS"
    [ "$(cat clients)" -eq 0 ]
    wait "$flood"
    peak=$(awk '$1 == "VmHWM:" { print $2 }' /proc/$SERVE_PID/status)
    echo "RSS $rss KB, at most $peak KB; a page has $(fetch http://127.0.0.1:9977/json | wc -c) bytes"
    # ASan keeps freed memory apart for a while.
    [[ $PROXTOP == *asan* ]] || [ "$peak" -le "$((rss + 64 * 1024))" ]
    wait_for 120 has_sockets_at_most "$SERVE_PID" "$before"
    cycles_are_whole
    serve_end
}

@test "garbage harms nobody" {
    serve --interval=0.5
    wait_for 120 has_cycle
    before=$(sockets "$SERVE_PID")
    clients rude
    wait_for 120 has_sockets_at_most "$SERVE_PID" "$before"
    go_on cycles 5
    cycles_are_whole
    serve_end
}

@test "what the other program serves is called after it" {
    printf 'alice:%s\n' "$(openssl passwd -5 secret)" >users
    chmod 600 users
    PROXTOP=$PROXPROFILER serve --serve-auth-file=users
    fetch -D - -o /dev/null http://127.0.0.1:9977/ | grep -q '^WWW-Authenticate: Basic realm="proxprofiler"'
    wait_for 120 eval 'fetch -u alice:secret http://127.0.0.1:9977/ | grep "<h1>proxprofiler [0-9.]*</h1>"'
    serve_end
}

# guess: thirty wrong passwords at once; the answers are in the file guesses.
guess()
{
    seq 30 | xargs -P 30 -I '{}' curl -s --max-time 60 -o /dev/null -w '%{http_code}\n' -u 'alice:guess{}' \
        "http://127.0.0.1:$PORT/json" >guesses
    sort guesses | uniq -c
    grep -vE '^(401|429)$' guesses >others || true
    [ ! -s others ]
}

# guesses_are_slow: for those that are more than two in a second the time is not taken.
guesses_are_slow()
{
    guess && grep -q 429 guesses
}

@test "passwords: only who is in the file may read, and the file is read again on SIGHUP" {
    printf '# readers\nalice:%s\n\nbob:%s\n' "$(openssl passwd -6 secret)" "$(openssl passwd -5 other)" >users
    chmod 600 users
    serve --interval=0.5 --serve-auth-file=users
    url=http://127.0.0.1:9977
    wait_for 120 code 200 -u alice:secret $url/json
    [ ! -s err ] || run ! grep users err
    for path in / /json /metrics /healthz /nothing; do
        code 401 $url$path
    done
    fetch -D - -o /dev/null $url/ | grep -q '^WWW-Authenticate: Basic realm="proxtop"'
    for i in 1 2 3 4 5 6 7 8 9 10; do
        code 200 -u alice:secret $url/json
    done
    # Two passwords are computed a second: others have to come again.
    wait_for 120 code 401 -u alice:wrong $url/json
    wait_for 120 code 401 -u mallory:secret $url/json
    wait_for 120 code 200 -u bob:other $url/json
    # Guessing is slow, and nobody who is known waits for it.
    wait_for 120 guesses_are_slow
    [ ! -s others ]
    code 200 -u alice:secret $url/json
    # The log tells of it, without the words.
    grep -q "a client of '127.0.0.1:9977', 127.0.0.1, has no right to read" err
    run ! grep -E 'guess|wrong' err
    printf 'carol:%s\n' "$(openssl passwd -6 third)" >users
    kill -HUP "$SERVE_PID"
    wait_for 120 code 200 -u carol:third $url/json
    wait_for 120 code 401 -u alice:secret $url/json
    echo nonsense >>users
    kill -HUP "$SERVE_PID"
    wait_for 120 grep -q "cannot use line 2 of 'users'" err
    code 200 -u carol:third $url/json
    serve_end
}

@test "files of users that cannot be used, and one that everybody can read" {
    fails_with 1 "cannot read the users in 'none'" \
        "$PROXTOP" --processes --output=serve --serve-auth-file=none --runs=1
    printf '\nalice:secret\n' >users
    chmod 600 users
    fails_with 1 "cannot use line 2 of 'users'" \
        "$PROXTOP" --processes --output=serve --serve-auth-file=users --runs=1
    printf 'alice:%s\n' "$(openssl passwd -6 secret)" >users
    chmod 644 users
    "$PROXTOP" --processes --output=serve --serve-auth-file=users --runs=1 --interval=0.3 2>err
    grep -q "'users' can be read by everybody" err
}
