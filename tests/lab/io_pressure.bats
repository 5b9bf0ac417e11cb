#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# I/O of the QEMU processes, pressure, memory and the host's own figures against what /proc says
# meanwhile to another reader, and balloons against libvirt.

setup_file()
{
    load env.bash
    libvirtd_start
    domain_start lab-io 1 steady
    domain_start lab-mem 1 idle
    virsh -q -c qemu:///system blkdeviotune lab-io vda --read-iops-sec 80 --write-iops-sec 40 --live
    domain_wait lab-io
    domain_wait lab-mem
}

teardown_file()
{
    load env.bash
    lab_end
}

setup()
{
    load env.bash
    JSON=$BATS_TEST_TMPDIR/cycles
}

# io_checks PID: 2 % or what comes between two readings.
io_checks()
{
    cat <<CHECKS
vm/lab-io io_MBRD/s               io:$1 read_bytes 9.5367431640625e-7 2 4096
vm/lab-io io_MBWR/s               io:$1 write_bytes 9.5367431640625e-7 2 4096
vm/lab-io io_RDOPS                io:$1 syscr 1 2 5
vm/lab-io io_WROPS                io:$1 syscw 1 2 5
vm/lab-io io_rchar                io:$1 rchar 1 2 20000
vm/lab-io io_wchar                io:$1 wchar 1 2 20000
vm/lab-io io_cancelled_write_bytes io:$1 cancelled_write_bytes 1 2 4096
vm/lab-io ram_minflt              stat:$1 minflt 1 2 5
vm/lab-io ram_majflt              stat:$1 majflt 1 2 1
CHECKS
}

@test "I/O and faults of a QEMU, libvirt connector" {
    # Each reading of libvirt's makes QEMU write hundreds of times, just when the cycle ends.
    check_figures 0 "$(io_checks "$(domain_pid lab-io)")" --libvirt --libvirt-interval=0 --io --mem --verbose --interval=1 --runs=9
    check_json "$JSON" 'last | vm("lab-io").io_rchar > 100000'
}

@test "I/O and faults of a QEMU, processes connector" {
    check_figures 0 "$(io_checks "$(domain_pid lab-io)")" --processes --io --mem --verbose --interval=1 --runs=9
}

# record_during SOURCE... -- ARG...: proxtop with ARGs while the sources are recorded.
record_during()
{
    local sources=() status=0
    while [[ $1 != -- ]]; do
        sources+=("$1")
        shift
    done
    shift
    figures_record "${sources[@]}" || return
    # Values are compared with those around their time.
    sleep 1
    proxtop_json "$JSON" "$@" || status=$?
    sleep 1
    figures_stop && ((status == 0))
}

# gauges_measure SLACK CHECKS SOURCE... -- ARG...
gauges_measure()
{
    local slack=$1 checks=$2
    shift 2
    record_during "$@" || return
    figures_compare gauges "$slack" <<<"$checks"
}

@test "pressure of the host" {
    [ -r /proc/pressure/cpu ] || skip "no pressure stall information in this kernel"
    local resource name kind window checks=''
    # The averages move every 2 s and are then the same for every reader; so nothing is between two of them.
    for resource in cpu io memory; do
        name=${resource/memory/mem}
        for kind in some full; do
            [[ $kind$name != fullcpu ]] || continue
            for window in 10 60 300; do
                checks+="host psi_${kind}_${name}_avg$window psi:$resource ${kind}_avg$window 1 0 0.005"$'\n'
            done
            checks+="host psi_${kind}_${name}_total psi:$resource ${kind}_total 1 0 0"$'\n'
        done
    done
    until_judged gauges_measure 0.4 "$checks" psi:cpu psi:io psi:memory -- --libvirt --pressure --verbose --interval=1 --runs=6
    # Two vCPUs and a reader: something has waited, or 0 would have passed for all.
    check_json "$JSON" 'last | .host.psi_some_cpu_total > 0 and (.host | has("psi_full_cpu_avg10") | not)'
}

@test "CPU of the host" {
    # Ticks of both CPUs: 1 point of a percent or some ticks.
    local key field checks=''
    for key in user system idle steal nice iowait irq softirq guest:guest guestnice:guest_nice; do
        field=${key#*:} key=${key%:*}
        checks+="host cpu_$key cpu: $field/all 100 0 1"$'\n'
    done
    check_figures 0 "$checks" --libvirt --cpu --verbose --interval=1 --runs=9
    check_json "$JSON" "all(.[]; .host.cpu_cores == $(getconf _NPROCESSORS_ONLN))"
}

# memory_measure: sizes, and what swaps, of the host.
memory_measure()
{
    record_during meminfo: vmstat: -- --libvirt --mem --verbose --interval=1 --runs=4 || return
    # Of each line of /proc/meminfo that is a metric; (anon) and _ are not in its key.
    local checks
    checks=$(jq -r --slurpfile record "$JSON.record" '
        [.host | keys[] | select(startswith("ram_"))] as $keys |
        $record[0]["meminfo:"][0][1] | keys[] | . as $field |
        ("ram_" + (gsub("[()_]"; "") | sub("^Mem"; "")) | ascii_downcase) as $lower |
        ($keys[] | select(ascii_downcase == $lower)) as $key | "host \($key) meminfo: \($field) 1 1 256"' < <(tail -n 1 "$JSON"))
    [ "$(wc -l <<<"$checks")" -gt 30 ] || return
    figures_compare gauges 0.3 <<<"$checks
host ram_SwapUsed meminfo: SwapUsed 1 1 64" || return
    # What the kernel does not list is not there.
    check_json "$JSON" "last | [.host | to_entries[] | select(.value != null).key | select(startswith(\"ram_\"))] - 
        $(awk '{ print $2 }' <<<"$checks" | jq -Rnc '[inputs]') - [\"ram_SwapUsed\", \"ram_SwapIn\", \"ram_SwapOut\"] == []" || return
    python3 "$LAB_TESTS/figures.py" compare "$JSON.record" "$JSON" 0 <<CHECKS
host ram_SwapIn  vmstat: pswpin $(($(getconf PAGESIZE) / 1024)) 2 1
host ram_SwapOut vmstat: pswpout $(($(getconf PAGESIZE) / 1024)) 2 1
CHECKS
}

@test "memory and swap of the host" {
    until_judged memory_measure
}

# memory_checks NAME: sizes that libvirt and /proc know.
memory_checks()
{
    local pid
    pid=$(domain_pid "$1")
    cat <<CHECKS
vm/$1 ram_total     virsh:$1 balloon.available 1 1 0
vm/$1 ram_used      virsh:$1 balloon.used 1 3 4096
vm/$1 ram_free      virsh:$1 balloon.unused 1 3 4096
vm/$1 ram_actual    virsh:$1 balloon.current 1 1 0
vm/$1 ram_max       virsh:$1 balloon.maximum 1 0 0
vm/$1 ram_rss       status:$pid VmRSS 1 2 0
vm/$1 ram_vsize     status:$pid VmSize 1 1 0
vm/$1 ram_hostswap  status:$pid VmSwap 1 1 0
vm/$1 ram_hugetlb   status:$pid HugetlbPages 1 0 0
CHECKS
}

@test "memory of VMs, before and after their balloon has grown" {
    local size
    wait_for 60 domain_stat lab-mem balloon.usable
    for size in 131072 100000 120000; do
        virsh -q -c qemu:///system setmem lab-mem "${size}K" --live
        wait_for 60 eval "[ \$(domain_stat lab-mem balloon.current) -eq $size ]"
        # The guest tells of itself every 2 s.
        sleep 3
        until_judged gauges_measure 5 "$(memory_checks lab-mem)" virsh:lab-mem "status:$(domain_pid lab-mem)" -- \
            --libvirt --mem --verbose --interval=1 --runs=4
        check_json "$JSON" "all(.[] | vm(\"lab-mem\"); .ram_actual == $size and .ram_max == 131072 and
            (has(\"ram_used_source\") | not))"
    done
}
