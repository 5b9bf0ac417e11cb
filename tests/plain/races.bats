#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ThreadSanitizer over all threads: VMs come and go, signals, connectors whose source hangs or dies.

bats_require_minimum_version 1.5.0

setup()
{
    load ../cli/env.bash
    cd "$BATS_TEST_TMPDIR" || return
    tsan=$BUILD_TSAN/proxtop
    # libvirt's own library for XDR has a race of its own.
    echo "called_from_lib:libtirpc.so.3" >known
    export TSAN_OPTIONS="exitcode=66 suppressions=$PWD/known"
}

teardown_file()
{
    load ../cli/env.bash
    lab_end
}

@test "VMs come and go, signals, libvirt's test driver" {
    "$tsan" --processes --cpu --mem --host --verbose --devices -o file --target=file --interval=0.1 2>err 3>&- &
    pid=$!
    wait_for 300 test -s file
    cycles_pass 10 file
    lookalikes_start 10 "$PROXTOP_LAB/raced" --first-id=2000
    for i in 1 2 3 4 5; do
        kill -USR1 $pid
        kill -HUP $pid
        cycles_pass 3 file
    done
    lookalikes_stop "$PROXTOP_LAB/raced"
    cycles_pass 15 file
    kill -TERM $pid
    wait $pid
    run cat err
    [[ $output != *ThreadSanitizer* ]]
    timeout 600 "$tsan" -c test:///default --runs=4 --interval=0.5 -p json >out 2>err
    run ! grep -q ThreadSanitizer err
    jq -es 'length == 4 and all(.[]; .domains[0].name == "test")' out
}

@test "proxprofiler: VMs come and go, and so does the state directory; signals" {
    "${tsan%/*}/proxprofiler" --processes --interval=0.1 --buffersize=1 --output-freq=0.3 \
        --state-dir=states --save-interval=0 -o file --target=file --log-file=log 2>err 3>&- &
    pid=$!
    for i in 1 2 3; do
        lookalikes_start 5 "$PROXTOP_LAB/learned$i" --first-id=$((i * 100))
        kill -HUP $pid
        kill -USR1 $pid
        wait_for 60 grep -q final.:false file
        wait_for 60 rm -r states
        lookalikes_stop "$PROXTOP_LAB/learned$i"
        wait_for 60 grep -q final.:true file
        mv file "file$i"
    done
    kill -TERM $pid
    wait $pid
    run ! grep ThreadSanitizer err
    ls states/*
}

@test "libvirt: a QEMU that hangs, a libvirtd that is killed and started again" {
    libvirtd_start
    domain_start lab-hangs 1 idle
    domain_start lab-stays 1 idle
    # The sanitizer looks for the functions of libtirpc at the start; libvirt brings it in later.
    LD_PRELOAD=libtirpc.so.3 "$tsan" --libvirt --verbose --devices -p json --interval=0.5 >out 2>err 3>&- &
    pid=$!
    wait_for 300 grep -q lab-hangs out
    cycles_pass 4 out
    stopped=$(domain_pid lab-hangs)
    kill -STOP "$stopped"
    cycles_pass 10 out
    kill -CONT "$stopped"
    libvirtd_kill9
    libvirtd_start
    cycles_pass 10 out
    kill -TERM $pid
    wait $pid
    run ! grep -q ThreadSanitizer err
    jq -es '(last | .domains | map(.name) == ["lab-hangs", "lab-stays"])' out
}
