#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What Prometheus reads, by the judgement of its own tools.

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

# lint FILE: promtool takes it, and has nothing to say.
lint()
{
    run promtool check metrics <"$1"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "promtool has nothing to say, with and without vCPUs" {
    "$PROXTOP" --processes -p prometheus --runs=1 --interval=0.3 >out 2>err
    lint out
    [ "$(grep -c '^proxtop_vm_cpu_seconds_total{' out)" -eq 3 ]
    [ "$(grep -c '^proxtop_vm_info{' out)" -eq 3 ]
    run ! grep -q '^proxtop_vm_vcpu_seconds_total{' out
    grep -q '^proxtop_host_cpu_seconds_total{.*mode="idle"} [0-9]' out
    "$PROXTOP" --processes -p prometheus --devices --runs=1 --interval=0.3 >out 2>err
    lint out
    [ "$(grep -c '^proxtop_vm_vcpu_seconds_total{' out)" -eq 6 ]
}

@test "promtool has nothing to say of hostile names and of VMs that share a UUID" {
    evil=$'a\x1b[2J"\\\t\r\n\x01\xc2\x9b\xff,,b'
    fake_qemu "$evil"
    first=$FAKE_PID
    fake_qemu "$evil"
    "$PROXTOP" --processes -p prometheus --runs=1 --interval=0.2 >out 2>err
    kill "$first" "$FAKE_PID"
    lint out
    grep -q "^proxtop_vm_info{.*,pid=\"$first\"," out
    grep -q "^proxtop_vm_info{.*,pid=\"$FAKE_PID\"," out
    [ "$(grep -c '^proxtop_vm_info{' out)" -eq 5 ]
    run ! grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2\x9b' out
}

@test "each sample carries the host's name in a file" {
    "$PROXTOP" --processes -p prometheus --runs=1 --interval=0.2 --host-name='no"de' >out 2>err
    lint out
    [ "$(grep -vc '^#' out)" -eq "$(grep -c '^[a-z_]*{host="no\\"de"[,}]' out)" ]
}

@test "what the program tells of itself" {
    began=$(date +%s)
    "$PROXTOP" --processes -p prometheus --runs=1 --interval=0.2 >out 2>err
    grep -q '^proxtop_up{.*source="processes"} 1$' out
    grep -q '^proxtop_build_info{.*version="[0-9.]*"} 1$' out
    [ "$(grep -c '^proxtop_vms{' out)" -eq 10 ]
    awk '/^process_resident_memory_bytes/ { rss = $2 } /^process_cpu_seconds_total/ { cpu = $2 }
        /^proxtop_cycle_seconds/ { cycle = $2 }
        END { exit !(rss > 100000 && rss < 1e9 && cpu > 0 && cpu < 600 && cycle > 0 && cycle < 600) }' out
    now=$(date +%s)
    awk -v began="$began" -v now="$now" '/^proxtop_last_cycle_timestamp_seconds/ { at = $2 }
        END { exit !(at >= began && at < now + 1) }' out
}

@test "counters go on from cycle to cycle, by the kernel's own figures" {
    pid=$(pgrep -f -- 'vm-00001' | head -n 1)
    "$PROXTOP" --processes -p prometheus --fields=vm.ram_minflt,vm.cpu_total --runs=2 --interval=0.5 >out 2>err
    awk '/^proxtop_vm_cpu_seconds_total{.*vm-00001/ { n++; if (n > 1 && $2 < last) bad = 1; last = $2 }
        END { exit !(n == 2 && !bad && last > 0) }' out
    # Faults of the process, field 10 of its stat, which only rise.
    faults=$(awk '{ print $10 }' "/proc/$pid/stat")
    awk -v faults="$faults" '/^proxtop_vm_memory_minor_faults_total{.*vm-00001/ { told = $2 }
        END { exit !(told > 0 && told <= faults) }' out
}
