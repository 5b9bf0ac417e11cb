#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A real rsyslog takes flat JSON lines by TCP and UDP, and parses them.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
    lookalikes_start 10 vms
    cat >rsyslog.conf <<CONF
global(workDirectory="$PWD" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imtcp" maxSessions="20")
module(load="imudp")
module(load="mmjsonparse")
template(name="raw" type="string" string="%rawmsg%\n")
template(name="parsed" type="string" string="%\$!scope% %\$!name% %\$!timestamp%\n")
ruleset(name="proxtop") {
    action(type="omfile" file="$PWD/raw" template="raw")
    action(type="mmjsonparse" cookie="" useRawMsg="on")
    if \$parsesuccess == "OK" then action(type="omfile" file="$PWD/parsed" template="parsed")
    else action(type="omfile" file="$PWD/refused" template="raw")
}
input(type="imtcp" address="127.0.0.1" port="5514" ruleset="proxtop")
input(type="imudp" address="127.0.0.1" port="5514" ruleset="proxtop" rcvbufSize="4m")
CONF
    rsyslog_start
}

rsyslog_start()
{
    receiver_start rsyslogd rsyslogd -n -f rsyslog.conf -i "$PWD/rsyslogd.run"
    wait_for 120 eval 'ss -Hltn | grep -q :5514'
    wait_for 120 eval 'ss -Hlun | grep -q :5514'
}

teardown()
{
    receivers_stop
    lookalikes_stop vms
    [ ! -e more/parent ] || lookalikes_stop more
}

# arrived COUNT
arrived()
{
    [ -e raw ] && [ "$(wc -l <raw)" -ge "$1" ]
}

# all_is_read: by the server, of what has come.
all_is_read()
{
    ss -Htn state established '( sport = :5514 )' | awk '$1 > 0 { exit 1 }'
}

lines_are_whole()
{
    jq -es 'all(.[]; .version == 1 and has("timestamp") and has("host_name"))' raw
    [ ! -e refused ]
    [ "$(wc -l <parsed)" -eq "$(wc -l <raw)" ]
    # The same lines, in the same order, as another output of the same run has.
    diff <(jq -c . raw) <(jq -c . written)
}

@test "rsyslog takes every line by TCP, whole and in order" {
    "$PROXTOP" --processes -p json --json=lines -o tcp --target=127.0.0.1:5514 --interval=0.2 --runs=20 \
        --drain-timeout=120 --sink=json,file,written
    wait_for 120 arrived 220
    lines_are_whole
}

@test "rsyslog takes every line by UDP, one a datagram" {
    "$PROXTOP" --processes -p json --json=lines -o udp --datagram=200 --target=127.0.0.1:5514 --interval=0.2 \
        --runs=20 --drain-timeout=120 --sink=json,file,written
    wait_for 120 arrived 220
    lines_are_whole
}

@test "profiles of 100 VMs by TCP: every line is whole, and a restart of rsyslog loses what is told at most" {
    local round told=0 missing
    lookalikes_start 90 more --first-id=100
    receiver_start proxprofiler "$PROXPROFILER" --no-config --processes --interval=0.5 --outputFreq=1 -o tcp --drain-timeout=120 \
        --target=127.0.0.1:5514 --sink=json,file,expected
    for round in 1 2 3; do
        wait_for 120 arrived $((round * 200))
        # What a kernel has acknowledged for a server that ends before it reads it nobody can know of:
        # nothing comes while it ends.
        kill -STOP "$(<proxprofiler.pid)"
        wait_for 120 all_is_read
        receiver_stop rsyslogd
        kill -CONT "$(<proxprofiler.pid)"
        # What comes meanwhile waits.
        wait_for 120 eval "[ \$(wc -l <expected) -ge $((round * 200 + 300)) ]"
        rsyslog_start
    done
    wait_for 120 eval '[ "$(wc -l <raw)" -ge "$(($(wc -l <expected) - 500))" ]'
    receiver_stop proxprofiler
    wait_for 120 eval '[ "$(tail -n 1 raw | sha256sum)" = "$(tail -n 1 expected | sha256sum)" ]'
    # Each line that came is one that was written, to the last byte.
    jq -es 'all(.[]; .profile.ext.version == 1)' raw
    sort expected >all
    sort -u raw >came
    [ -z "$(comm -13 <(sort -u all) came)" ]
    [ "$(sort -u all | wc -l)" -eq "$(wc -l <all)" ]
    missing=$(comm -23 all came | wc -l)
    cat proxprofiler.log
    told=$(sed -n 's/.*output was lost: \([0-9]*\) cycles.*/\1/p' proxprofiler.log)
    echo "$missing of $(wc -l <all) records are missing, ${told:-0} cycles are told"
    if [ -z "$told" ]; then
        [ "$missing" -eq 0 ]
    else
        [ "$missing" -le "$((told * 100))" ]
    fi
}
