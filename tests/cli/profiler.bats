#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# proxprofiler from outside: what it refuses, when it prints, where to, and how it ends.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 3 "$PROXTOP_LAB/vms" --busy=1
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
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/config
    mkdir -p config/proxtop
    PEERS=()
}

teardown()
{
    local pid
    for pid in "${PEERS[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
}

# profile OPTION...: of the look-alikes, ten times a second.
profile()
{
    env "${PROXTOP_ENV[@]}" timeout 300 "$PROXPROFILER" --processes --interval=0.1 --drain-timeout=100 "$@"
}

# profile_start OPTION...: the same in the background, to out and err; its PID is in PROFILER.
profile_start()
{
    env "${PROXTOP_ENV[@]}" "$PROXPROFILER" --processes --interval=0.1 "$@" >out 2>err 3>&- </dev/null &
    PROFILER=$!
    PEERS+=("$PROFILER")
}

# fake_qemu_named NAME: a process with a QEMU's arguments and this name alone.
fake_qemu_named()
{
    (exec -a /usr/bin/qemu-system-x86_64 perl -e 'sleep 600' -- -name "guest=$1" >/dev/null 2>&1 3>&-) &
    PEERS+=("$!")
    wait_for 120 grep -qa -- '-name' "/proc/$!/cmdline"
}

# profile_stop [SIGNAL]: it ends well, in a few seconds.
profile_stop()
{
    kill "-${1:-TERM}" "$PROFILER"
    wait_for 120 process_is_gone "$PROFILER"
    wait "$PROFILER"
    run ! grep -E 'Sanitizer|runtime error' err
}

# are_profiles FILE EXPRESSION: each line is a profile and nothing else, and EXPRESSION holds for all.
are_profiles()
{
    jq -es 'length > 0 and all(.[]; keys == ["profile"] and (.profile.name | length == 36)
        and (.profile.ext.final | type == "boolean"))' "$1" && jq -es "$2" "$1" ||
        { head -c 3000 "$1"; return 1; }
}

@test "--help names every option and command; --version the version; both exit 0" {
    run --separate-stderr "$PROXPROFILER" --help
    [ "$status" -eq 0 ]
    for name in interval frequency runs connection procfs sysfs host-name verbose log-file log-level \
        proxmox libvirt processes allow-hmp libvirt-interval qmp-interval guest-stats cpu mem disk net \
        io pressure host states buffersize history filterstddevs fixedbound dynamicbound binning \
        phantom-start periodsize calendar outputFreq output-freq rowcap maxrows window halflife iomax \
        logscale state-dir keep-days save-interval printer output target sink netdev storedev prom-host-label buffer \
        spool spool-size drain-timeout send-timeout tls tls-ca tls-cert tls-key datagram http-header \
        http-token-file http-gzip serve-auth-file config no-config help version; do
        [[ $output == *"--$name"* ]] || { echo "no --$name"; return 1; }
    done
    for command in show diff predict simulate score train plot; do
        [[ $output == *$'\n'"  $command "* ]] || { echo "no $command"; return 1; }
    done
    [[ $output != *--view* && $output != *--fields* && $output == *"[proxprofiler]"* ]]
    for option in --version -v -V; do
        run "$PROXPROFILER" $option
        [ "$status" -eq 0 ]
        [[ $output =~ ^proxprofiler\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    done
}

@test "wrong values: exit 2, one line with option, value and what is allowed" {
    fails_with 2 "--states: '1' is not allowed; allowed: whole numbers from 2 to 64" "$PROXPROFILER" --states=1
    fails_with 2 "--states: '65'" "$PROXPROFILER" --states 65
    fails_with 2 "--states: '-4'" "$PROXPROFILER" --states=-4
    fails_with 2 "--buffersize: '0' is not allowed; allowed: whole numbers from 1 to 3600" "$PROXPROFILER" --buffersize=0
    fails_with 2 "--history: '5' is not allowed; allowed: whole numbers from 1 to 4" "$PROXPROFILER" --history=5
    fails_with 2 "--history: '3' is not allowed with --states=64; allowed: states^history up to 65536" \
        "$PROXPROFILER" --states=64 --history=3
    fails_with 2 "--filterstddevs: '-2' is not allowed; allowed: -1 (off)" "$PROXPROFILER" --filterstddevs=-2
    fails_with 2 "--binning: 'log' is not allowed; allowed: nearest, equal" "$PROXPROFILER" --binning=log
    fails_with 2 "--periodsize: '60,720,1440' is not allowed; allowed: 1 to 8 numbers from 1 to 10000" \
        "$PROXPROFILER" --periodsize=60,720,1440
    fails_with 2 "--periodsize: '4,x'" "$PROXPROFILER" --periodsize=4,x
    fails_with 2 "--calendar: 'day' is not allowed; allowed: hour-of-day, hour-of-week" "$PROXPROFILER" --calendar=day
    fails_with 2 "--outputFreq: '60x' is not allowed; allowed: 0 (only at the end)" "$PROXPROFILER" --output-freq=60x
    fails_with 2 "--outputFreq: '1h1h'" "$PROXPROFILER" --outputFreq=1h1h
    fails_with 2 "--rowcap: '65536'" "$PROXPROFILER" --rowcap=65536
    fails_with 2 "--maxrows: '0'" "$PROXPROFILER" --maxrows=0
    fails_with 2 "--window: '1'" "$PROXPROFILER" --window=1
    fails_with 2 "--halflife: '0'" "$PROXPROFILER" --halflife=0
    fails_with 2 "--iomax: '0'" "$PROXPROFILER" --iomax=0
    fails_with 2 "--logscale: 'disc' is not allowed; allowed: some of cpu, io, net," "$PROXPROFILER" --logscale=disc
    fails_with 2 "--keep-days: 'x'" "$PROXPROFILER" --keep-days=x
    fails_with 2 "--interval: '0'" "$PROXPROFILER" -f 0
    fails_with 2 "--printer: 'ncurses' is not allowed; allowed: json, text, prometheus" "$PROXPROFILER" -p ncurses
}

@test "what contradicts itself, is unknown or proxtop's: exit 2, one line" {
    fails_with 2 "--dynamicbound: contradicts --fixedbound" "$PROXPROFILER" --fixedbound --dynamicbound
    fails_with 2 "--binning: 'nearest' is not allowed with --dynamicbound" "$PROXPROFILER" --dynamicbound --binning=nearest
    fails_with 2 "--view: is one of proxtop" "$PROXPROFILER" --view=cpu
    fails_with 2 "--filter: is one of proxtop" "$PROXPROFILER" --filter=3
    fails_with 2 "--list-fields: is one of proxtop" "$PROXPROFILER" --list-fields
    fails_with 2 "--sink: 'json@9,stdout' is not allowed" "$PROXPROFILER" --sink=json@9,stdout
    fails_with 2 "'--order=x'" "$PROXPROFILER" --order=x
    fails_with 2 "unknown command 'shew'; --help lists all" "$PROXPROFILER" shew x
    fails_with 2 "surplus argument 'show'" "$PROXPROFILER" --cpu show x
    fails_with 2 "'--states=4'" "$PROXTOP" --states=4
    run -2 "$PROXPROFILER" show
    # It says who it is.
    fails_with 2 "proxprofiler: option --states" "$PROXPROFILER" --states=x
}

@test "runtime failures: exit 1 with the path" {
    fails_with 1 "'/nonexistent'" "$PROXPROFILER" --procfs=/nonexistent
    fails_with 1 "/nonexistent/x/y" "$PROXPROFILER" --processes --runs=1 --state-dir=/nonexistent/x/y
    fails_with 1 "'/nonexistent/x'" "$PROXPROFILER" --processes -o file --target=/nonexistent/x
}

@test "--runs alone: the last profile of each VM on standard output, and nothing else there" {
    profile --runs=3 >out 2>err
    are_profiles out 'length == 3 and all(.[]; .profile.ext.final) and ([.[].profile.name] | unique | length == 3)'
    run ! grep -E 'error|profile' err
    # By default something is printed, on a terminal as well.
    python3 - "$PROXPROFILER" >pty <<'PY'
import os, pty, sys
os.environ["TERM"] = "xterm"
sys.exit(os.waitstatus_to_exitcode(pty.spawn([sys.argv[1], "--processes", "--interval=0.1", "--runs=2"],
                                             lambda fd: os.read(fd, 65536))))
PY
    grep '^{' pty | tr -d '\r' >lines
    are_profiles lines 'length == 3'
}

@test "messages never stand between profiles" {
    profile --runs=6 --outputFreq=0.2s --verbose --log-level=debug >out 2>err
    are_profiles out 'length > 3'
    [ -s err ]
    # Profiles can go to a file as messages can; standard output stays empty.
    profile --runs=3 -o file --target=p.json --log-file=log >out
    [ ! -s out ]
    are_profiles p.json 'length == 3'
}

@test "--outputFreq: after each interval, not before the first one; 0 is only at the end" {
    local began most
    for form in 0.5 0.5s; do
        began=${EPOCHREALTIME/./}
        profile --runs=18 --outputFreq="$form" --buffersize=2 >out 2>err
        # 1.7 s at least: three times, and the last one; more where it took longer, fewer where there was no
        # cycle for so long.
        most=$(((${EPOCHREALTIME/./} - began) / 500000))
        are_profiles out "(map(select(.profile.ext.final)) | length == 3) and (map(select(.profile.ext.final | not)) |
            length >= 3 and length <= 3 * $most)"
    done
    for form in 0 60 60s 5m 1h 1h30m 2d; do
        profile --runs=3 --output-freq="$form" >out 2>err
        are_profiles out 'length == 3 and all(.[]; .profile.ext.final)'
    done
}

@test "SIGTERM and SIGINT: a last profile of each VM, and exit 0" {
    for signal in TERM INT; do
        profile_start --outputFreq=0.3
        wait_for 120 has_lines out 3
        profile_stop "$signal"
        are_profiles out '(map(select(.profile.ext.final)) | length == 3 and (map(.profile.name) | unique | length == 3))'
    done
    # They are the last lines.
    tail -n 3 out | jq -es 'all(.[]; .profile.ext.final)'
}

@test "a VM that ends has its last profile at once" {
    fake_qemu passing
    profile_start --outputFreq=1h --sink=json,stdout -o serve --target=127.0.0.1:9979
    uuid=11111111-2222-3333-4444-555555555555
    wait_for 120 sh -c "curl -sf http://127.0.0.1:9979/json | grep -q $uuid"
    kill "$FAKE_PID"
    wait_for 120 has_lines out 1
    are_profiles out "length == 1 and .[0].profile.name == \"$uuid\" and .[0].profile.ext.final"
    wait_for 120 sh -c "! curl -sf http://127.0.0.1:9979/json | grep -q $uuid"
    profile_stop
    are_profiles out "length == 4 and all(.[1:][]; .profile.name != \"$uuid\")"
}

@test "SIGUSR1 samples at once" {
    profile_start --interval=600 --outputFreq=0.1
    wait_for 120 takes_signals "$PROFILER"
    # The first cycles may be kept until it is known how fast the network is.
    for _ in $(seq 300); do
        if has_lines out 3; then
            break
        fi
        kill -USR1 "$PROFILER"
        sleep 0.2
    done
    profile_stop
    are_profiles out '(map(select(.profile.ext.final | not)) | length >= 3) and
        (map(select(.profile.ext.final)) | length == 3)'
}

@test "a peer by TCP gets all that a file gets, the last ones too" {
    mkdir got
    python3 "$CLI_ROOT/tests/cli/peer.py" serve got 5177 >peer.log 2>&1 3>&- &
    PEERS+=("$!")
    wait_for 120 test -e got/ready
    profile --runs=12 --outputFreq=0.2 -o tcp --target=127.0.0.1:5177 --sink=json,file,expected --sink=text,file,text
    are_profiles expected 'map(select(.profile.ext.final)) | length == 3'
    wait_for 120 test -e got/0001.end
    cmp expected got/0001.end
    [ -s text ]
    run ! grep '^{' text
}

@test "profiles by UDP, one datagram each" {
    python3 "$CLI_ROOT/tests/cli/receiver.py" 5178 got >receiver.log 2>&1 3>&- &
    PEERS+=("$!")
    wait_for 120 test -e got/ready
    profile --runs=3 --cpu -o udp --target=127.0.0.1:5178 --datagram=65507 --sink=json,file,expected
    wait_for 120 sh -c 'cat got/0*[0-9] | cmp - expected'
}

@test "serve: /metrics and /json tell of all VMs at any time, / of the program" {
    profile_start -o serve --target=127.0.0.1:9978 --outputFreq=1h
    url=http://127.0.0.1:9978
    wait_for 120 curl -sf $url/metrics
    wait_for 120 sh -c "curl -sf $url/json | grep -c profile | grep -qx 3"
    curl -sf $url/json >json
    are_profiles json 'length == 3'
    curl -sf $url/metrics >metrics
    [ "$(grep -c '^# TYPE ' metrics)" -gt 3 ]
    # Those of profiles, not those of cycles.
    run ! grep -E '^proxtop_vm_cpu_seconds_total' metrics
    curl -sf -H 'Accept: application/openmetrics-text; version=1.0.0' $url/metrics | tail -n 1 | grep -qx '# EOF'
    curl -sf --compressed $url/json | cmp - <(curl -sf $url/json) || true
    curl -sf $url/ | grep -q '<h1>proxprofiler '
    curl -sf $url/healthz | grep -q '^ok'
    [ ! -s out ]
    profile_stop
    [ ! -s out ]
}

@test "a reader that goes away ends it, and the other sinks are whole" {
    profile --outputFreq=0.2 -p json --sink=json,file,rest 2>err | head -n 3 >first
    [ "$(wc -l <first)" -eq 3 ]
    are_profiles rest 'map(select(.profile.ext.final)) | length == 3'
}

@test "configuration: [proxprofiler] is its own, and proxtop leaves it alone" {
    cat >config/proxtop/config <<'CONF'
interval = 5
view = nonsense
broken
[proxprofiler]
sink = json,file,by-file
outputFreq = 0
states = 7
[thresholds]
nonsense = 1
CONF
    run --separate-stderr "$PROXPROFILER" --processes --interval=0.1 --runs=3
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [[ $stderr != *config/proxtop* ]]
    are_profiles by-file 'length == 3 and all(.[]; .profile.settings.states == 7)'
    # The command line counts more.
    profile --runs=3 --states=3 -p json >out
    are_profiles out 'all(.[]; .profile.settings.states == 3)'
    # What is wrong there is told, with its line.
    printf '[proxprofiler]\nstates = 1\nview = cpu\n' >config/proxtop/config
    profile --runs=2 >out 2>err
    grep -q "config:2: option 'states': '1' is not allowed" err
    grep -q "config:3: option 'view': is one of proxtop" err
    printf '[proxprofiler]\nstates = 1\nbroken\nhost-name = x\n[proxtop]\nhost-name = right\n' >config/proxtop/config
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.1 --host -p json
    [[ $output == *'"right"'* && $stderr != *config/proxtop* ]]
}

@test "a state directory holds a private file per VM, which a second run goes on from" {
    profile --runs=8 --buffersize=1 --cpu --state-dir=state >first 2>err
    [ "$(stat -c %a state)" -eq 700 ]
    [ "$(find state -type f ! -name '.*' -perm 600 | wc -l)" -eq 3 ]
    profile --runs=8 --buffersize=1 --cpu --state-dir=state >second 2>>err
    count='[.[].profile.roottx[] | select(.metric == "cpu") | .stats.count] | add'
    [ "$(jq -s "$count" second)" -gt "$(jq -s "$count" first)" ]
    profile_start --outputFreq=0.2 --state-dir=state
    wait_for 120 has_lines out 3
    profile_stop
    run ! grep -iE 'warning|cannot|bad' err
}

@test "with other settings, also other ranges, a profile of its own stands beside; the old one is found again" {
    io='map(.profile.ext.metrics.io | {hi, scale, samples}) | unique | .[]'
    profile --runs=4 --buffersize=1 --cpu --io --state-dir=state 2>err | jq -csr "$io" >first
    run ! grep -q 'other settings' err
    for option in --iomax=1M --logscale=io --states=5; do
        profile --runs=4 --buffersize=1 --cpu --io --state-dir=state $option 2>err | jq -csr "$io" >other
        [ "$(grep -c 'other settings' err)" -eq 3 ]
        [ "$(jq -cs "map(del(.samples))" first)" != "$(jq -cs "map(del(.samples))" other)" ] || [ $option = --states=5 ]
        [ "$(jq -s 'map(.samples) | max' other)" -le "$(jq -s 'map(.samples) | max' first)" ]
    done
    grep -q '"scale":"linear"' first
    [ "$(find state -type f ! -name '.*' | wc -l)" -eq 12 ]
    profile --runs=4 --buffersize=1 --cpu --io --state-dir=state 2>err | jq -csr "$io" >again
    run ! grep -v 'too late' err
    [ "$(jq -s 'map(.samples) | max' again)" -gt "$(jq -s 'map(.samples) | max' first)" ]
}

# states_are_whole DIR COUNT: so many saved profiles, and each can be read.
states_are_whole()
{
    local file
    [ "$(find "$1" -type f ! -name '.*' ! -name '*.tmp' | wc -l)" -eq "$2" ]
    for file in "$1"/*; do
        [[ $file == *.tmp ]] || "$PROXPROFILER" show "$file" >/dev/null
    done
}

# learned DIR: samples that all saved profiles have seen.
learned()
{
    find "$1" -type f ! -name '.*' ! -name '*.tmp' -exec cat {} + | jq -s 'map(.samples) | add // 0'
}

has_learned()
{
    [ "$(learned "$1")" -ge "$2" ]
}

@test "a state directory that does not answer: profiles are shown all the same" {
    mkdir deaf
    python3 "$LAB_TESTS/deaf_mount.py" deaf 3>&- &
    deaf=$!
    PEERS+=("$deaf")
    wait_for 120 grep -q deaf /proc/self/mounts
    profile_start --buffersize=1 --outputFreq=1 --state-dir=deaf/states
    wait_for 120 has_lines out 3
    grep "'deaf/states' does not answer: it is not waited for" err
    kill "$deaf"
    wait_for 120 grep "is not kept" err
    kill "$PROFILER"
    wait "$PROFILER" && false
    umount deaf
    are_profiles out 'map(select(.profile.ext.final)) | length == 3'
    run ! grep -E 'Sanitizer|runtime error' err
}

@test "a state directory that is full, or removed: what can be written is whole" {
    mkdir full
    mount -t tmpfs -o size=64k,mode=700 none full
    dd if=/dev/zero of=full/.fill bs=4k count=9 2>/dev/null
    run -1 --separate-stderr profile --runs=20 --buffersize=1 --outputFreq=0.5 --state-dir=full --save-interval=0
    [[ $stderr == *"cannot write 'full/"*"No space left on device"* ]]
    [ "$(find full -name '*.tmp' | wc -l)" -eq 0 ]
    states_are_whole full "$(find full -type f ! -name '.*' | wc -l)"
    umount full
    profile_start --buffersize=1 --outputFreq=0.5 --state-dir=gone --save-interval=0
    wait_for 120 has_learned gone 10
    wait_for 120 rm -r gone
    wait_for 120 has_learned gone 10
    profile_stop
    states_are_whole gone 3
    [ "$(grep -c "'gone' was removed, and is made again" err)" -eq 1 ]
}

@test "an output that takes nothing does not keep profiles from being saved" {
    mkfifo pipe
    sleep 600 <>pipe 3>&- &
    PEERS+=("$!")
    env "${PROXTOP_ENV[@]}" "$PROXPROFILER" --processes --interval=0.1 --buffersize=1 --outputFreq=0.1 \
        --state-dir=states --save-interval=0 >pipe 2>err 3>&- </dev/null &
    PROFILER=$!
    PEERS+=("$PROFILER")
    wait_for 120 has_learned states 90
    before=$(learned states)
    wait_for 120 has_learned states $((before + 30))
    kill "$PROFILER"
    wait_for 120 process_is_gone "$PROFILER"
    wait "$PROFILER" && false
    grep 'some output was lost' err
    states_are_whole states 3
    [ "$(learned states)" -ge "$((before + 30))" ]
}

@test "killed at any moment: what is saved is whole" {
    for i in 1 2 3 4 5 6 7 8 9 10; do
        profile_start --buffersize=1 --outputFreq=0.1 --state-dir=states --save-interval=0
        wait_for 120 test -e states/.lock
        sleep "0.$((i * 7))"
        kill -KILL "$PROFILER"
        wait "$PROFILER" || true
        states_are_whole states "$(find states -type f ! -name '.*' ! -name '*.tmp' | wc -l)"
    done
    profile --runs=5 --buffersize=1 --state-dir=states >out 2>err
    states_are_whole states 3
    run ! grep -iE 'warning|cannot|bad' err
}

@test "SIGHUP: outputs and log begin anew, the state goes on" {
    profile_start --buffersize=1 --outputFreq=0.2 --state-dir=states --log-file=log --log-level=info \
        -o file --target=file
    for i in 1 2 3; do
        wait_for 120 has_lines file 3
        mv file "file.$i"
        mv log "log.$i"
        kill -HUP "$PROFILER"
        wait_for 120 test -e file -a -e log
    done
    profile_stop
    cat file.1 file.2 file.3 file >all
    are_profiles all '[.[] | select(.profile.ext.final)] | length == 3'
    states_are_whole states 3
}

@test "started without descriptors: files hold what they should" {
    local closed
    for closed in '<&-' '2>&-' '<&- >&- 2>&-'; do
        rm -rf states file
        eval "profile --runs=5 --buffersize=1 --state-dir=states -o file --target=file $closed"
        are_profiles file 'length == 3'
        states_are_whole states 3
    done
    run -1 bash -c "'$PROXPROFILER' show states/*1 >&-"
}

@test "VMs with hostile names: files within the directory, one each, and figures of each" {
    local name names=(../../x .. . .lock '' $'\e[2J\n\x01' $'\xff\xc0\x80' "$(head -c 10000 /dev/zero | tr '\0' L)"
        same same '"\' 6c6f6f6b-616c-4b65-8000-000000000001+vm-00001)
    for name in "${names[@]}"; do
        fake_qemu_named "$name"
    done
    mkdir in
    profile --runs=25 --buffersize=1 --outputFreq=0.5 --state-dir=in/states >out 2>err
    jq -es '[.[] | select(.profile.ext.final)] | length == 15 and ([.[].profile.name] | unique | length == 14)' out
    states_are_whole in/states 14
    [ "$(ls -A in)" = states ]
    [ ! -e x ]
    profile --runs=3 --buffersize=1 --state-dir=in/states -p text >text 2>err
    run ! grep -P '[\x00-\x09\x0b-\x1f\x7f]' text
    run ! grep -iE 'warning|cannot|bad' err
}

@test "proxtop has nothing of the learner in it" {
    nm "$PROXTOP" >names
    run ! grep -E ' [tT] (profiler|profile|channel|matrix|command|store)_' names
    [ "$(nm "$PROXPROFILER" | grep -c -E ' [tT] profiler_')" -gt 5 ]
}
