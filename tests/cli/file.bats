#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Files: what begins them, what rotates them, and no room.

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

# watch_start ARG...: in the background until watch_end.
watch_start()
{
    "$PROXTOP" --processes --interval=0.1 -o file "$@" 2>err 3>&- &
    WATCH=$!
}

watch_end()
{
    kill -TERM $WATCH
    wait $WATCH
}

# begins_with_header FILE: and has no other.
begins_with_header()
{
    [[ $(head -n 1 "$1") == timestamp,* ]] && [ "$(grep -c ^timestamp, "$1")" -eq 1 ]
}

@test "file: the header begins a file, once, over runs; another one is written where it begins" {
    for i in 1 2; do
        "$PROXTOP" --processes -p csv -o file --target=data --runs=2 --interval=0.1 --fields=vm.name
    done
    begins_with_header data
    [ "$(wc -l <data)" -eq 13 ]
    "$PROXTOP" --processes -p csv -o file --target=data --runs=1 --interval=0.1 --fields=vm.name,vm.pid
    [ "$(grep -n ^timestamp, data | cut -d: -f1 | tr '\n' ' ')" = "1 14 " ]
    [ "$(wc -l <data)" -eq 17 ]
    : >empty
    "$PROXTOP" --processes -b -o file --target=empty --runs=2 --interval=0.1
    [ "$(wc -l <empty)" -eq 10 ]
}

# truncate_data: until the program has seen it before it wrote on: between its look and its writing nobody
# can be seen.
truncate_data()
{
    local try
    for try in 1 2 3 4 5; do
        : >data
        wait_for 120 test -s data
        if begins_with_header data; then
            return 0
        fi
    done
    return 1
}

# ends_whole FILE: with a whole line.
ends_whole()
{
    [ "$(tail -c 1 "$1" | od -An -tx1)" = " 0a" ]
}

@test "file: moved away, removed, copied and truncated: each new file begins with the header" {
    watch_start -p csv --target=data
    wait_for 120 test -s data
    mv data data.1
    wait_for 120 test -s data
    rm data
    wait_for 120 test -s data
    wait_for 120 has_lines data 7
    cp data data.2
    truncate_data
    mv data data.3
    kill -HUP $WATCH
    wait_for 120 test -s data
    watch_end
    begins_with_header data.2
    for file in data data.1 data.3; do
        begins_with_header $file
        ends_whole $file
    done
    [ ! -s err ] || run ! grep -q cannot err
}

@test "file: a directory that vanishes is told once; the old file goes on" {
    mkdir dir
    watch_start -p json --target=dir/data
    wait_for 120 test -s dir/data
    mv dir away
    wait_for 120 grep -q 'going on with the old file' err
    size=$(stat -c %s away/data)
    wait_for 120 sh -c "[ \$(stat -c %s away/data) -gt $size ]"
    mkdir dir
    wait_for 120 test -s dir/data
    watch_end
    told_once err 'going on with'
    jq -es 'length > 0' away/data
    jq -es 'length > 0' dir/data
}

@test "file: a full disk leaves whole lines only, whenever one looks" {
    mkdir small
    mount -t tmpfs -o size=16k tmpfs small
    watch_start -p json --target=small/data --verbose
    wait_for 120 grep -q 'No space left' err
    for i in 1 2 3 4 5; do
        # Between two tries the file ends with a whole cycle.
        cp small/data copy
        if ends_whole copy; then
            jq -es 'length > 0' copy
        fi
        sleep 0.2
    done
    told_once err 'No space left'
    mount -o remount,size=16m small
    wait_for 120 grep -q 'works again' err
    wait_for 120 has_lines small/data 6
    watch_end
    jq -es 'length > 5' small/data
    umount small
}

@test "file: /dev/full is told, and the lost cycles are counted; a size limit is the same" {
    status=0
    timeout 300 "$PROXTOP" --processes -p json -o file --target=/dev/full --runs=2 --interval=0.1 2>err || status=$?
    [ "$status" -eq 1 ]
    grep -q "cannot write to '/dev/full': No space left" err
    grep -q "2 cycles did not get to '/dev/full'" err
    status=0
    (
        ulimit -f 16
        exec timeout 300 "$PROXTOP" --processes -p json -o file --target=data --runs=10 --interval=0.1 --verbose
    ) 2>err || status=$?
    [ "$status" -eq 1 ]
    grep -q "cannot write to 'data': File too large" err
    jq -es 'length > 0 and length < 10' data
}

@test "file: a FIFO without a reader holds up no start; each reader begins with the header" {
    mkfifo pipe
    watch_start -p csv --target=pipe
    wait_for 120 grep -q "cannot write to 'pipe': nobody reads it" err
    for i in 1 2; do
        timeout 300 head -n 5 pipe >got
        begins_with_header got
        # A reader that came before the last one's end was noticed would be taken for the same.
        wait_for 120 sh -c "[ \$(grep -c 'Broken pipe' err) -eq $i ]"
    done
    watch_end || true
    mkfifo other
    status=0
    timeout 300 "$PROXTOP" --processes -p csv -o file --target=other --runs=1 --interval=0.1 2>err || status=$?
    [ "$status" -eq 1 ]
}

# whole FILE: a text of Prometheus that begins and ends with whole lines.
whole()
{
    [[ $(head -n 1 "$1") == "# HELP "* ]] && [ "$(tail -c 1 "$1" | od -An -tx1)" = " 0a" ] && grep -q '^proxtop_vm_' "$1"
}

@test "file: Prometheus text is replaced with each cycle, whole for whoever reads it; text in *.prom is the same" {
    : >.out.prom.aB3dEf.tmp # what a killed one left
    watch_start -b --target=out.prom
    wait_for 120 test -s out.prom
    [ ! -e .out.prom.aB3dEf.tmp ]
    inode=0 changes=0 end=$((SECONDS + 120))
    while ((changes < 15 && SECONDS < end)); do
        exec 9<out.prom
        cat <&9 >copy
        exec 9<&-
        whole copy
        if [ "$(stat -c %i out.prom)" != "$inode" ]; then
            inode=$(stat -c %i out.prom)
            changes=$((changes + 1))
        fi
    done
    watch_end
    [ "$changes" -eq 15 ]
    [ "$(stat -c %a out.prom)" = 644 ]
    [ "$(grep -c '^# TYPE proxtop_host_cpus ' out.prom)" -eq 1 ]
    [ -z "$(find . -name '.out*')" ]
}

# fill_up DIR: true once that was told.
fill_up()
{
    head -c 1M /dev/zero >>"$1/ballast" 2>/dev/null || true
    grep -q 'No space left' err
}

@test "file: without room the old Prometheus text stays, and nothing beside it; with room it goes on" {
    mkdir small
    mount -t tmpfs -o size=64k tmpfs small
    watch_start -p prometheus --target=small/out.prom
    wait_for 120 test -s small/out.prom
    # Again and again: what a file beside took when it was filled is free once that one is gone.
    wait_for 120 fill_up small
    for _ in $(seq 20); do
        fill_up small
        sleep 0.05
    done
    sum=$(md5sum <small/out.prom)
    sleep 1
    whole small/out.prom
    [ "$(md5sum <small/out.prom)" = "$sum" ]
    told_once err 'No space left'
    rm small/ballast
    wait_for 120 grep -q 'works again' err
    wait_for 120 sh -c "[ \"\$(md5sum <small/out.prom)\" != '$sum' ]"
    watch_end
    whole small/out.prom
    [ -z "$(find small -name '.out*')" ]
    umount small
}

@test "file: what cannot be opened: exit 1, with the path" {
    mkdir dir
    fails_with 1 "'dir'" "$PROXTOP" --processes -o file --target=dir
    fails_with 1 "'/nonexistent/x'" "$PROXTOP" --processes -p csv -o file --target=/nonexistent/x
    fails_with 1 "'dir'" "$PROXTOP" --processes -p prometheus -o file --target=dir
    fails_with 1 "'/nonexistent/x.prom'" "$PROXTOP" --processes -p prometheus -o file --target=/nonexistent/x.prom
    fails_with 1 "'/dev/null'" "$PROXTOP" --processes -p prometheus -o file --target=/dev/null
}
