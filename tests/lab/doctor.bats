#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What --doctor says about real guests: to root and to others, with and without libvirtd, of a guest
# whose threads have no names, and while something hangs.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    guest_start lab-one 1 idle
    guest_start lab-two 1 idle
    guest_wait lab-one
    guest_wait lab-two
}

teardown_file()
{
    load env.bash
    lab_end
}

setup()
{
    load env.bash
}

# doctor [OPTION...]: as root; into $output, $stderr and $status.
doctor()
{
    run --separate-stderr timeout 60 env "${PROXTOP_ENV[@]}" "$PROXTOP" --doctor --no-config "$@"
    echo "$output"
    echo "$stderr"
}

# doctor_as CAPS [OPTION...]: as nobody with these capabilities ("" = none).
doctor_as()
{
    local caps=-all${1:+,$1}
    shift
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    run --separate-stderr timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups "--inh-caps=$caps" "--ambient-caps=$caps" \
        env HOME=/nonexistent "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --doctor --no-config "$@"
    echo "$output"
    echo "$stderr"
}

# says VERDICT OBJECT TEXT
says()
{
    grep -F -- "$3" <<<"$output" | grep -qE "^$1 +$2 "
}

@test "as root: nothing is missing" {
    doctor --processes
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    says ok connection 'the list of processes: 2 VMs (--processes)'
    says ok io '2 VMs can be read'
    says ok monitors 'of 2 VMs are open to us'
    says ok threads '2 VMs have names'
    says ok schedstat 'counts'
    run ! grep -qE '^(warn|FAIL)' <<<"$output"
}

@test "as nobody: how many VMs, which files, and what would open them" {
    doctor_as "" --processes
    [ "$status" -eq 0 ]
    says warn io 'of 2 of 2 VMs are missing: '
    says warn monitors 'of 2 of 2 VMs are missing'
    # One command for all of it: setcap takes away what it does not name.
    [ "$(grep -cF -- "sudo setcap cap_sys_ptrace,cap_dac_read_search,cap_dac_override+ep $PROXTOP_LAB/bin/proxtop" <<<"$output")" -eq 2 ]
    says ok threads '2 VMs have names'
}

@test "with the capabilities that it names, it is as it says" {
    doctor_as +sys_ptrace,+dac_read_search,+dac_override --processes
    says ok io '2 VMs can be read'
    says ok monitors 'of 2 VMs are open to us'
    # One of them is not enough: the file is readable by its owner alone.
    doctor_as +sys_ptrace --processes
    says warn io 'of 2 of 2 VMs are missing: '
}

@test "a guest without names of threads" {
    guest_start lab-bare 1 idle -name debug-threads=off
    guest_wait lab-bare
    # QMP tells which are vCPUs where it lets us in, and nobody does where not.
    doctor --processes
    says note threads "'lab-bare' (process $(guest_pid lab-bare))"
    doctor_as "" --processes
    says warn threads "CPU figures of 1 of 3 VMs are missing: no thread of 'lab-bare'"
    grep -q 'debug-threads=on' <<<"$output"
    guest_stop lab-bare
}

@test "a QEMU that hangs holds up nothing" {
    local pid
    pid=$(guest_pid lab-one)
    kill -STOP "$pid"
    doctor --processes
    kill -CONT "$pid"
    [ "$status" -eq 0 ]
    says ok connection '2 VMs'
    says ok io '2 VMs can be read'
}

@test "libvirtd runs, hangs, is stopped" {
    libvirtd_start
    domain_start lab-dom 1 idle
    # It knows its own.
    doctor
    [ "$status" -eq 0 ]
    says note connection 'libvirt: 1 VM, and 2 QEMU processes that it does not know'
    says ok io '1 VM can be read'

    kill -STOP "$(libvirtd_pid)"
    doctor --libvirt
    [ "$status" -eq 1 ]
    says FAIL connection 'libvirt: it does not answer'
    doctor
    [ "$status" -eq 0 ]
    says warn connection 'the list of processes: 3 VMs (libvirt: it '
    grep -q -- '-> systemctl restart libvirtd' <<<"$output"
    kill -CONT "$(libvirtd_pid)"

    libvirtd_kill9
    doctor --libvirt
    [ "$status" -eq 1 ]
    says FAIL connection "cannot open 'qemu:///system'"
    grep -q -- '-> systemctl start libvirtd' <<<"$output"
    # Without being asked for, libvirt is missed only where it is installed.
    doctor
    [ "$status" -eq 0 ]
    says warn connection 'the list of processes: 3 VMs'
}

@test "processes of others are hidden: it says by what, and that it blocks" {
    local hidden=$PROXTOP_LAB/hidden
    mkdir -p "$hidden"
    mount -t proc -o hidepid=2 proc "$hidden"
    doctor_as "" --processes --procfs="$hidden"
    umount "$hidden"
    [ "$status" -eq 1 ]
    says warn processes "mounted with hidepid="
    says FAIL vms 'hidden'
}
