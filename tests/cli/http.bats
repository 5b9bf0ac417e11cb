#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --output=http against a peer that answers as it is told.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 2 "$PROXTOP_LAB/vms" --busy=5
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
    PEER=""
}

teardown()
{
    peer_kill
}

# peer_start OPTION...: http_peer.py on the port that the one before had, if any; see PEER_URL.
peer_start()
{
    local port=()
    if [[ -s port ]]; then
        port=(--port="$(<port)")
        rm port
    fi
    touch requests
    python3 "$CLI_ROOT/tests/cli/http_peer.py" "$PWD" "${port[@]}" "$@" >peer.log 2>&1 3>&- &
    PEER=$!
    wait_for 120 test -s port
    PEER_URL=http://127.0.0.1:$(<port)/write?db=x
}

peer_kill()
{
    if [[ -n $PEER ]]; then
        kill -KILL "$PEER"
        wait "$PEER" || true
        PEER=""
    fi
}

# posts_start ARG...: proxtop sends JSON to the peer until it is told to end, and writes the same cycles
# to "cycles". Its end waits for the peer, unless it is told not to.
posts_start()
{
    "$PROXTOP" --processes -p json --output=http --target="$PEER_URL" --drain-timeout=100 \
        --sink=json,file,"$PWD/cycles" --interval=0.2 "$@" 2>err 3>&- &
    POSTS=$!
}

# posts ARG...: until it ends by itself.
posts()
{
    posts_start "$@"
    wait "$POSTS"
}

# posts_end STATUS
posts_end()
{
    kill -TERM "$POSTS"
    ends_with "$1" "$POSTS"
}

# loses_all: what was not sent at the end is told.
loses_all()
{
    local count
    posts_end 1
    count=$(wc -l <cycles)
    if ((count == 1)); then
        says "lost: 1 cycle did"
    else
        says "lost: $count cycles did"
    fi
}

requests()
{
    jq -es "$1" requests >requests.jq || {
        echo "not true of the requests: $1"
        cat requests.jq err
        jq -c '{connection, status, headers, len: (.body | length)}' requests
        return 1
    }
}

# arrived STATUS: the bodies that were answered so are the cycles of the file, once and in order.
arrived()
{
    jq -rj "select(.status == $1) | .body" requests >arrived
    cmp arrived cycles
}

has_requests()
{
    [ "$(wc -l <requests)" -ge "$1" ]
}

# says TEXT: once, or with pauses.
says()
{
    told_once err "$1"
}

has_answers()
{
    [ "$(jq -s "map(select(.status == $1)) | length" requests)" -ge "$2" ]
}

@test "each cycle is posted once, in order, over one connection" {
    peer_start
    posts --runs=5
    arrived 200
    requests 'length == 5 and all(.[]; .path == "/write?db=x" and .connection == 1)'
    requests 'all(.[].headers; .["content-type"] == "application/json"
        and (.["user-agent"] | test("^proxtop/[0-9.]+$")) and (has("content-encoding") | not)
        and (has("authorization") | not))'
    requests "all(.[].headers; .host == \"127.0.0.1:$(<port)\")"
    [[ $(<err) != *peer* && $(<err) != *lost* ]]
}

@test "the other program says who it is, too" {
    peer_start
    PROXTOP=$PROXPROFILER posts --runs=5 --cpu
    requests 'length > 0 and all(.[].headers["user-agent"]; test("^proxprofiler/[0-9.]+$"))'
}

@test "a name as target; 204 is fine; nothing is left of it at the end" {
    peer_start --answers=204
    PEER_URL=http://localhost:$(<port)
    posts --runs=2
    arrived 204
    requests "all(.[]; .path == \"/\" and .headers.host == \"localhost:$(<port)\")"
}

@test "headers of the command line and of files, a token of a file" {
    peer_start
    printf '# secret\nX-Scope-OrgID: 7\r\n\nUser-Agent: mine\n' >headers
    printf ' abc.def \n' >token
    posts --runs=1 --http-header='X-A: b' --http-header=@headers --http-token-file=token
    requests 'all(.[].headers; .["x-a"] == "b" and .["x-scope-orgid"] == "7"
        and .["user-agent"] == "mine" and .authorization == "Bearer abc.def")'
    requests 'all(.[].header_names; length == (unique | length))'
}

@test "an Authorization of a file, as InfluxDB 2 has it" {
    peer_start
    echo 'Authorization: Token abc==' >headers
    posts --runs=1 --http-header=@headers
    requests 'all(.[].headers; .authorization == "Token abc==")'
}

@test "headers and tokens that cannot be are told at the start, without the secret" {
    peer_start
    local base=("$PROXTOP" --processes --output=http "--target=$PEER_URL" --runs=1)
    fails_with 2 "option --http-header: 'nonsense'" "${base[@]}" --http-header=nonsense
    fails_with 2 "made by the program" "${base[@]}" --http-header='Content-Length: 5'
    fails_with 1 "cannot read '$PWD/none'" "${base[@]}" --http-header="@$PWD/none"
    fails_with 1 "cannot take a token from '$PWD/none'" "${base[@]}" --http-token-file="$PWD/none"
    printf 'A: 1\nhidden\n' >headers
    run "${base[@]}" --http-header=@headers
    [[ $status -eq 1 && $output == *"'headers', line 2: "* && $output != *hidden* ]]
    fails_with 2 "" "${base[@]}" --target=ftp://127.0.0.1/
    fails_with 2 "--target=URL" "$PROXTOP" --processes --output=http
    requests 'length == 0'
}

@test "gzip, and a header line at the beginning of each body" {
    peer_start
    timeout 300 "$PROXTOP" --processes -p csv --output=http --target="$PEER_URL" --http-gzip \
        --drain-timeout=100 --runs=3 --interval=0.2 2>err 3>&-
    requests 'length == 3 and all(.[]; .packed and .headers["content-encoding"] == "gzip"
        and (.headers["content-type"] | startswith("text/csv"))
        and (.body | split("\n") | length == 4 and (.[0] | test("name")) and (.[1] | test("vm-0"))))'
}

@test "500, then 200: the same record again, and what follows in order" {
    peer_start --answers=200,500,500,200
    posts --runs=4
    arrived 200
    requests '[.[] | .status] == [200, 500, 500, 200, 200, 200]
        and .[1].body == .[2].body and .[1].body == .[3].body and all(.[]; .connection == 1)'
    says "answers 500: status  [31m500, it says; trying again"
    says "answers again"
}

@test "429 waits as long as it says" {
    peer_start --answers=429,200 --retry-after=1
    posts --runs=3
    arrived 200
    requests '.[0].status == 429 and .[0].body == .[1].body and .[1].time - .[0].time > 0.9'
    says "answers 429"
}

@test "503 with a date, 408 without anything" {
    peer_start --answers=503,408,200 --retry-after='Sun, 06 Nov 1994 08:49:37 GMT'
    posts --runs=2
    arrived 200
    requests '[.[] | .status] == [503, 408, 200, 200]'
}

@test "400 loses exactly that record, tells why, and is no reason to wait" {
    peer_start --answers=200,400,200
    local got=0
    posts --runs=4 || got=$?
    [ "$got" -eq 1 ]
    sed 2d cycles >expected
    mv expected cycles
    arrived 200
    requests '[.[] | .status] == [200, 400, 200, 200]'
    says "refuses what it is sent: 400: status  [31m400, it says; such cycles are lost (1 so far)"
    says "takes what it is sent again"
    says "some output was lost: 1 cycle did"
}

@test "a redirection is not followed; where it leads is told" {
    peer_start --answers=301
    local got=0
    posts --runs=2 || got=$?
    [ "$got" -eq 1 ]
    requests 'length == 2'
    says "301: http://elsewhere.example/; such cycles"
}

@test "401: a new token is read, and the record sent again" {
    echo old >token
    echo old >wanted
    peer_start --need-token=wanted
    posts_start --http-token-file=token
    wait_for 120 has_requests 2
    echo new >token.new
    echo new >wanted.new
    mv token.new token
    mv wanted.new wanted
    wait_for 120 has_answers 401 1
    posts_end 0
    arrived 200
    requests '[.[] | select(.status == 401)] | length == 1 and .[0].headers.authorization == "Bearer old"'
    requests '.[-1].headers.authorization == "Bearer new"'
    run ! grep -E 'old|new' err
}

@test "401 with a token that stays: the records are lost" {
    echo old >token
    echo new >wanted
    peer_start --need-token=wanted
    local got=0
    posts --runs=2 --http-token-file=token || got=$?
    [ "$got" -eq 1 ]
    requests 'length == 2 and all(.[]; .status == 401)'
    says "2 cycles did"
}

@test "a peer that is killed and comes back gets everything" {
    peer_start
    posts_start
    wait_for 120 has_requests 3
    peer_kill
    wait_for 120 grep -q 'trying again' err
    go_on cycles 3
    peer_start
    wait_for 120 grep -q 'answers again' err
    posts_end 0
    jq -rj 'select(.status == 200) | .body' requests | awk '!seen[$0]++' >arrived
    cmp arrived cycles
    says "trying again"
    says "answers again"
}

@test "a peer that was never there: it is told, the end waits for it as long as it may" {
    peer_start
    peer_kill
    local got=0
    posts --runs=2 --drain-timeout=0.5 || got=$?
    [ "$got" -eq 1 ]
    [ "$(wc -l <cycles)" -eq 2 ]
    grep -q "cannot send to http://127.0.0.1:$(<port)/write: .*refused; trying again" err
    says "2 cycles did"
    run ! grep -F 'db=x' <(grep 'cannot send' err)
}

@test "an address that no way leads to; one where nobody listens" {
    local got=0
    : >requests
    PEER_URL=http://192.0.2.1/x
    posts --runs=2 --drain-timeout=0.2 || got=$?
    [ "$got" -eq 1 ]
    grep -q 'cannot send to http://192.0.2.1/x: Network is unreachable; trying again' err
    run ! grep -v '^proxtop: ' err
    rm cycles
    got=0
    PEER_URL=http://[::1]:1/x
    posts --runs=2 --drain-timeout=0.2 || got=$?
    [ "$got" -eq 1 ]
    grep -q 'cannot send to http://\[::1\]:1/x: ' err
    run ! grep -v '^proxtop: ' err
}

@test "a peer that comes at the end" {
    peer_start
    peer_kill
    posts_start --runs=3
    wait_for 120 has_lines cycles 3
    peer_start
    wait "$POSTS"
    arrived 200
}

@test "a peer that never answers delays nobody" {
    peer_start --style=silent
    posts_start --send-timeout=0.5 --drain-timeout=0.2
    wait_for 120 grep -q 'no answer within 0.5 s; trying again' err
    wait_for 120 has_requests 1
    go_on cycles 5
    loses_all
    jq -se 'all(.[]; .version == 1)' cycles
    says "no answer within 0.5 s; trying again"
    requests '[.[].body] | unique | length == 1'
}

@test "headers without the body that they promise: the status counts" {
    peer_start --style=half
    posts --runs=2 --send-timeout=1
    # Where even the headers take that long, it comes again.
    jq -rj .body requests | awk '!seen[$0]++' >arrived
    cmp arrived cycles
}

@test "answers that are chunked, that end with the connection, that close it at once" {
    peer_start --style=chunked
    posts --runs=3
    arrived 200
    requests 'all(.[]; .connection == 1)'
    peer_kill
    rm requests cycles
    peer_start --style=old
    posts --runs=3
    arrived 200
    requests '[.[].connection] | unique | length == 3'
    [[ $(<err) != *trying* ]]
}

@test "a kept connection that is closed without a word is no failure" {
    peer_start --keep=2
    posts --runs=6
    arrived 200
    [[ $(<err) != *trying* ]]
}

@test "answers that are too long are not read" {
    local style
    for style in large endless; do
        peer_start --style="$style"
        posts --runs=2 --send-timeout=100
        arrived 200
        peer_kill
        rm requests cycles
    done
    peer_start --style=large --answers=400
    local got=0
    posts --runs=2 || got=$?
    [ "$got" -eq 1 ]
    requests 'length == 2'
    says "refuses what it is sent: 400"
}

@test "headers without end, and what is no HTTP, are failures" {
    local style
    for style in headers garbage close; do
        peer_start --style="$style"
        posts_start --drain-timeout=0.3
        wait_for 120 grep -q 'cannot send to .*; trying again' err
        wait_for 120 has_lines cycles 2
        loses_all
        peer_kill
        rm requests cycles
    done
}

# certificate NAME: for that host name, by an authority in ca.pem.
certificate()
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
        -subj /CN=authority -days 2 -addext basicConstraints=critical,CA:TRUE
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout peer.key -out peer.csr -subj "/CN=$1"
    openssl x509 -req -in peer.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=DNS:$1") -out peer.pem
    cat peer.key >>peer.pem
}

@test "https: one connection, the certificate's name is checked" {
    certificate localhost >/dev/null 2>&1
    peer_start --cert=peer.pem
    PEER_URL=https://localhost:$(<port)/write
    posts --runs=3 --tls-ca=ca.pem --http-gzip
    arrived 200
    requests '[.[].connection] | unique | length == 1'
    rm cycles
    : >requests
    PEER_URL=https://127.0.0.1:$(<port)/write
    posts_start --tls-ca=ca.pem --drain-timeout=0.3
    wait_for 120 grep -qi "cannot send to https://127.0.0.1:.*mismatch" err
    loses_all
    requests 'length == 0'
    rm cycles
    PEER_URL=https://localhost:$(<port)/write
    posts_start --drain-timeout=0.3
    wait_for 120 grep -qi "cannot send to https://localhost:.*certificate" err
    loses_all
    requests 'length == 0'
}

@test "https: a peer that closes kept connections, one that answers 500, one that is away for a time" {
    certificate localhost >/dev/null 2>&1
    peer_start --cert=peer.pem --keep=2 --answers=200,500,200
    PEER_URL=https://localhost:$(<port)/write
    posts_start --tls-ca=ca.pem
    wait_for 120 has_requests 6
    peer_kill
    wait_for 120 grep -q 'cannot send' err
    peer_start --cert=peer.pem --style=old
    wait_for 120 has_requests $(($(wc -l <requests) + 3))
    posts_end 0
    jq -rj 'select(.status == 200) | .body' requests | awk '!seen[$0]++' >arrived
    cmp arrived cycles
}

@test "descriptors do not gather when connections fail" {
    peer_start
    peer_kill
    posts_start --drain-timeout=0
    wait_for 120 grep -q 'cannot send' err
    go_on cycles 15
    wait_for 120 has_sockets_at_most "$POSTS" 1
    peer_start --style=close
    wait_for 120 has_requests 4
    wait_for 120 has_sockets_at_most "$POSTS" 1
    posts_end 1
}

@test "what waits in a spool when the program ends is sent by the next one" {
    peer_start
    peer_kill
    local got=0
    posts --runs=3 --spool="$PWD/spool" --drain-timeout=0.3 || got=$?
    [ "$got" -eq 0 ]
    peer_start
    posts --runs=2 --spool="$PWD/spool"
    arrived 200
}
