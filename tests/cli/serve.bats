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
    wait_for 20 curl -s "http://127.0.0.1:$PORT/"
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
    curl -s --max-time 20 "$@"
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
    timeout 120 python3 "$CLI_ROOT/tests/cli/serve_clients.py" "$PORT" "$@" 3>&-
}

has_cycle()
{
    code 200 http://127.0.0.1:9977/json
}

# has_cycles N: at least.
has_cycles()
{
    [ "$(wc -l <cycles)" -ge "$1" ]
}

descriptors()
{
    ls "/proc/$SERVE_PID/fd" | wc -l
}

has_descriptors()
{
    [ "$(descriptors)" -ge "$1" ]
}

has_descriptors_at_most()
{
    [ "$(descriptors)" -le "$1" ]
}

# cycles_are_whole SECONDS: each cycle came about when it was due. On a busy machine some may be
# late; none may be missing.
cycles_are_whole()
{
    jq -se --argjson interval "$1" '
        length > 5 and ([.[].interval] | add / length) < 2 * $interval
        and ([.[].interval | select(. > 5 * $interval)] | length) <= length / 10' cycles
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
    wait_for 20 has_cycle
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
    wait_for 20 has_cycles 3
    serve_end
}

@test "/metrics speaks both forms, /healthz tells the age; others are told what there is" {
    serve --interval=0.5
    url=http://127.0.0.1:9977
    wait_for 20 has_cycle
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
    wait_for 20 has_cycle
    fetch http://127.0.0.1:9977/metrics >page
    [ "$(grep -c 'host="node7"' page)" -eq 1 ]
    grep -q '^proxtop_host_info{host="node7",' page
    serve_end
    serve --interval=0.5 --host-name=node7 --prom-host-label
    wait_for 20 has_cycle
    fetch http://127.0.0.1:9977/metrics >page
    [ "$(grep -vc '^#' page)" -eq "$(grep -c '^[a-z_]*{host="node7"[,}]' page)" ]
    serve_end
}

@test "the end of cycles shows in /healthz" {
    serve --interval=0.5
    wait_for 20 has_cycle
    kill -STOP "$SERVE_PID"
    sleep 11
    kill -CONT "$SERVE_PID"
    # The first answer may come before the next cycle or after it; soon all is well again.
    wait_for 20 code 200 http://127.0.0.1:9977/healthz
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

@test "it ends at once, whoever is connected, and serves again at the same place" {
    serve --interval=0.5
    clients silent 20 60 >silent &
    quiet=$!
    wait_for 20 has_cycle
    clients slow 20 /json 60 >slow &
    wait_for 20 has_descriptors 40
    began=$SECONDS
    serve_end
    ((SECONDS - began < 10))
    wait $quiet
    [ "$(cat silent)" -eq 20 ]
    serve --interval=0.5 --runs=2
    pid=$SERVE_PID
    SERVE_PID=
    wait "$pid"
    kill %% 2>/dev/null || true
}

@test "a thousand clients at once, of which half say nothing, delay no cycle and leave no trace" {
    serve --interval=0.5
    wait_for 20 has_cycle
    before=$(descriptors)
    # Silent clients take at most the places that there are; the others are told to come again.
    fared=$(clients crowd 1000)
    echo "$fared"
    [[ $fared == *200=* ]]
    [[ $fared == *503=* || $fared == *closed=* ]]
    wait_for 20 has_descriptors_at_most "$((before + 1))"
    [ "$(grep -c 'more are turned away' err)" -eq 1 ]
    clients reset 500
    code 200 http://127.0.0.1:9977/healthz
    wait_for 20 has_descriptors_at_most "$((before + 1))"
    cycles_are_whole 0.5
    serve_end
}

@test "who never asks is cut off, also who does so letter by letter" {
    serve --interval=0.5
    clients trickle 100 >trickle &
    wait_for 20 has_cycle
    [ "$(clients silent 50 100)" -eq 50 ]
    wait $!
    [ "$(cat trickle)" -lt 100 ]
    wait_for 20 code 200 http://127.0.0.1:9977/healthz
    cycles_are_whole 0.5
    serve_end
}

@test "readers who take nothing are cut off; what they hold is bounded" {
    serve --interval=0.5 --devices --verbose --cpu --mem --disk --net --io
    wait_for 20 has_cycle
    before=$(descriptors)
    sleep 2
    rss=$(awk '$1 == "VmRSS:" { print $2 }' /proc/$SERVE_PID/status)
    clients flood 5 >flood &
    [ "$(clients slow 200 /json 60)" -eq 0 ]
    wait $!
    peak=$(awk '$1 == "VmHWM:" { print $2 }' /proc/$SERVE_PID/status)
    echo "RSS $rss KB, at most $peak KB; a page has $(fetch http://127.0.0.1:9977/json | wc -c) bytes"
    # ASan keeps freed memory apart for a while.
    [[ $PROXTOP == *asan* ]] || [ "$peak" -le "$((rss + 64 * 1024))" ]
    wait_for 20 has_descriptors_at_most "$((before + 1))"
    cycles_are_whole 0.5
    serve_end
}

@test "garbage harms nobody" {
    serve --interval=0.5
    wait_for 20 has_cycle
    before=$(descriptors)
    clients rude
    wait_for 20 has_descriptors_at_most "$((before + 1))"
    cycles_are_whole 0.5
    serve_end
}

@test "what the other program serves is called after it" {
    printf 'alice:%s\n' "$(openssl passwd -5 secret)" >users
    chmod 600 users
    PROXTOP=$PROXPROFILER serve --serve-auth-file=users
    fetch -D - -o /dev/null http://127.0.0.1:9977/ | grep -q '^WWW-Authenticate: Basic realm="proxprofiler"'
    wait_for 20 eval 'fetch -u alice:secret http://127.0.0.1:9977/ | grep "<h1>proxprofiler [0-9.]*</h1>"'
    serve_end
}

@test "passwords: only who is in the file may read, and the file is read again on SIGHUP" {
    printf '# readers\nalice:%s\n\nbob:%s\n' "$(openssl passwd -6 secret)" "$(openssl passwd -5 other)" >users
    chmod 600 users
    serve --interval=0.5 --serve-auth-file=users
    url=http://127.0.0.1:9977
    wait_for 20 code 200 -u alice:secret $url/json
    [ ! -s err ] || run ! grep users err
    for path in / /json /metrics /healthz /nothing; do
        code 401 $url$path
    done
    fetch -D - -o /dev/null $url/ | grep -q '^WWW-Authenticate: Basic realm="proxtop"'
    for i in 1 2 3 4 5 6 7 8 9 10; do
        code 200 -u alice:secret $url/json
    done
    sleep 1
    code 401 -u alice:wrong $url/json
    sleep 1
    code 401 -u mallory:secret $url/json
    sleep 1
    code 200 -u bob:other $url/json
    # Guessing is slow, and nobody who is known waits for it.
    for i in $(seq 30); do
        fetch -o /dev/null -w '%{http_code}\n' -u "alice:guess$i" $url/json
    done >guesses
    sort guesses | uniq -c
    run ! grep -vE '^(401|429)$' guesses
    grep -q 429 guesses
    code 200 -u alice:secret $url/json
    # The log tells of it, without the words.
    grep -q "a client of '127.0.0.1:9977', 127.0.0.1, has no right to read" err
    run ! grep -E 'guess|wrong' err
    printf 'carol:%s\n' "$(openssl passwd -6 third)" >users
    kill -HUP "$SERVE_PID"
    sleep 2
    wait_for 20 code 200 -u carol:third $url/json
    sleep 1
    code 401 -u alice:secret $url/json
    echo nonsense >>users
    kill -HUP "$SERVE_PID"
    wait_for 20 grep -q "cannot use line 2 of 'users'" err
    sleep 1
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
