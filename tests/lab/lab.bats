#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab itself: that its guests, its libvirtd and its cleaning up are what the other tests take
# them for. Needs no proxtop.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    libvirtd_start
    domain_start lab-busy 2 busy
    domain_start lab-idle 1 idle "" 4
    domain_wait lab-busy
    domain_wait lab-idle
}

teardown_file()
{
    load env.bash
    lab_end
}

setup()
{
    load env.bash
    RUN=$PROXTOP_LAB/up
}

vcpu_run_ns()
{
    cut -d' ' -f1 "/proc/$1/schedstat"
}

# vcpu_has_run TID NS
vcpu_has_run()
{
    [ "$(vcpu_run_ns "$1")" -gt "$2" ]
}

@test "lab up starts two guests, keeps them when called again, lab down ends them" {
    run lab_up "$RUN"
    [ "$status" -eq 0 ]
    [[ $output == *"proxtop-busy started"*"proxtop-idle started"* ]]
    busy=$(lab_guest_pid "$RUN" proxtop-busy)
    run lab_up "$RUN"
    [ "$status" -eq 0 ]
    [[ $output == *"proxtop-busy is running already (pid $busy)"* ]]
    lab_wait_ready "$RUN"
    [ "$(vcpu_tids "$busy" | wc -l)" -eq 2 ]
    run lab_down "$RUN"
    [ "$status" -eq 0 ]
    wait_for 60 process_is_gone "$busy"
    [ ! -e "$RUN" ]
}

@test "lab down ends a stopped guest, and no process that merely has a guest's number" {
    lab_start_guest "$RUN" one 1 idle 3>&-
    pid=$(lab_guest_pid "$RUN" one)
    kill -STOP "$pid"
    sleep 6000 3>&- &
    other=$!
    echo "$other" >"$RUN/other.pid"
    lab_down "$RUN"
    wait_for 60 process_is_gone "$pid"
    kill "$other"
    [ ! -e "$RUN" ]
}

@test "only system emulators count as VMs" {
    lab_host_runs_vm
    for name in qemu-system-x86_64 /usr/bin/qemu-system-arm /usr/bin/kvm qemu-kvm; do
        lab_is_emulator "$name"
    done
    for name in qemu-img /usr/bin/qemu-nbd qemu-ga qemu-storage-daemon qemu-x86_64 qemu-aarch64-static bash ''; do
        ! lab_is_emulator "$name" || false
    done
}

@test "a host without VMs is known as one, whatever else of QEMU runs" {
    # shellcheck disable=SC2016 # the inner shell's own
    unshare --pid --fork --kill-child --mount-proc bash -c '
        set -euo pipefail
        source "$1"
        (exec -a qemu-img sleep 600) & (exec -a /usr/bin/qemu-x86_64 sleep 600) &
        until grep -qsz ^qemu-img /proc/$!/cmdline /proc/[0-9]*/cmdline &&
            grep -qsz ^/usr/bin/qemu-x86_64 /proc/$!/cmdline; do sleep 0.1; done
        if lab_host_runs_vm; then exit 1; fi
        (exec -a /usr/bin/kvm sleep 600) &
        until grep -qsz ^/usr/bin/kvm /proc/$!/cmdline; do sleep 0.1; done
        lab_host_runs_vm' - "$LAB_ROOT/tools/lab.sh" 3>&-
}

@test "libvirt tells of its domains, the balloon's figures too" {
    # Asked of the guest every 2 s.
    wait_for 60 domain_stat lab-busy balloon.available balloon.usable balloon.unused
    [ "$(domain_stat lab-busy balloon.maximum vcpu.current | tr '\n' ' ')" = "131072 2 " ]
    [ "$(domain_vcpu_tids lab-busy | wc -l)" -eq 2 ]
}

@test "a busy guest's vCPUs run and an idle one's do not" {
    busy=$(domain_vcpu_tids lab-busy | head -n 1)
    idle=$(domain_vcpu_tids lab-idle)
    busy_before=$(vcpu_run_ns "$busy")
    idle_before=$(vcpu_run_ns "$idle")
    wait_for 300 vcpu_has_run "$busy" $((busy_before + 1000000000))
    [ $(($(vcpu_run_ns "$idle") - idle_before)) -lt $((($(vcpu_run_ns "$busy") - busy_before) / 3)) ]
}

@test "a stopped QEMU blocks libvirt's statistics and a continued one does not" {
    kill -STOP "$(domain_pid lab-idle)"
    run timeout 2 virsh -c qemu:///system domstats --balloon
    kill -CONT "$(domain_pid lab-idle)"
    [ "$status" -eq 124 ]
    wait_for 60 domain_stat lab-idle balloon.current
}

@test "domains outlive a killed libvirtd and the next one takes them over" {
    pid=$(domain_pid lab-busy)
    libvirtd_kill9
    run libvirtd_answers
    [ "$status" -ne 0 ]
    libvirtd_start
    [ "$(domain_pid lab-busy)" = "$pid" ]
    [ "$(virsh -c qemu:///system list --name | sort | xargs)" = "lab-busy lab-idle" ]
    wait_for 60 domain_stat lab-busy balloon.usable
}

@test "vCPUs can be plugged in, with and without libvirt" {
    virsh -q -c qemu:///system setvcpus lab-idle 2 --live
    # A thread names itself when it begins.
    wait_for 60 eval '[ "$(domain_vcpu_tids lab-idle | wc -l)" -eq 2 ]'
    guest_start plug 1,maxcpus=4 busy
    guest_wait plug
    guest_plug_vcpu plug
    wait_for 60 eval '[ "$(vcpu_tids "$(guest_pid plug)" | wc -l)" -eq 2 ]'
    tid=$(vcpu_tids "$(guest_pid plug)" | tail -n 1)
    # The guest has taken it into use.
    wait_for 60 vcpu_has_run "$tid" 500000000
    guest_stop plug
}

# was_throttled DIR US
was_throttled()
{
    [ "$(throttled_us "$1")" -gt "$2" ]
}

@test "a limited guest is held back" {
    guest_start_limited slow 1 busy 20
    dir=$(guest_cgroup slow)
    before=$(throttled_us "$dir")
    wait_for 300 was_throttled "$dir" $((before + 1500000))
    guest_stop slow
}

@test "a KVM guest spins" {
    [ -e /dev/kvm ] || skip "no /dev/kvm here"
    domain_start_kvm lab-kvm 1
    tid=$(domain_vcpu_tids lab-kvm)
    [ "$(<"/proc/$tid/comm")" = "CPU 0/KVM" ]
    # Longer than the firmware alone, which is busy for some 4 s and then would give up.
    wait_for 300 vcpu_has_run "$tid" 7000000000
    virsh -q -c qemu:///system destroy lab-kvm
}
