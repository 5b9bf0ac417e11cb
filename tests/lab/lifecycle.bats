#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# VMs that come, go, come back under the same UUID, and grow while proxtop watches.

# The beat of the connectors is 2 s at an interval of 1 s, so a change shows within 4 s; the slack
# covers the part of a cycle between a change and the next line, and what the machine was late.
within()
{
    awk '{ print 4.3 + 4 * $1 }' "$PROXTOP_LATENESS"
}

setup_file()
{
    load env.bash
    libvirtd_start
    domain_start lab-stays 1 idle
    domain_wait lab-stays
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

# check_appeared FILE NAME SINCE UNTIL: from SINCE + 2 beats until UNTIL every cycle has NAME, and so
# has every one after the first that has it.
check_appeared()
{
    check_json "$1" "[.[] | select(seconds > $3 + $(within) and seconds < $4)] | all(.[]; has_vm(\"$2\"))"
    check_json "$1" "map(select(seconds < $4) | has_vm(\"$2\")) | index(true) as \$first | \$first != null and all(.[\$first:][]; .)"
}

# check_disappeared FILE NAME SINCE: from SINCE + 2 beats on no cycle has NAME.
check_disappeared()
{
    check_json "$1" "[.[] | select(seconds > $3 + $(within))] | all(.[]; has_vm(\"$2\") | not)"
    check_json "$1" "last | has_vm(\"$2\") | not"
}

# check_no_spike FILE NAME: no CPU figure of NAME over what its vCPU can use, and no rate beyond all
# reason, which is what a counter that began again looks like when it is taken for a wrap.
check_no_spike()
{
    check_json "$1" "all(.[] | vms(\"$2\"); .cpu_total == null or .cpu_total <= 100)"
    check_json "$1" "[.[] | vms(\"$2\") | to_entries[] |
        select(.key | test(\"^(cpu_|io_|net_|ram_.*flt|ram_swap|disk_(?!size))\")) |
        .value | numbers | select(. > 1e7 or . < 0)] == []"
}

@test "domains and guests appear and disappear within two beats" {
    proxtop_watch "$JSON.libvirt" --libvirt --interval=1
    libvirt=$PROXTOP_WATCH
    proxtop_watch "$JSON.processes" --processes --interval=1
    cycles_pass 3 "$JSON.libvirt" "$JSON.processes"
    domain_start lab-guest 1 idle
    guest_start lab-direct 1 idle
    started=$EPOCHREALTIME
    cycle_comes "$JSON.libvirt" 'has_vm("lab-guest")'
    cycle_comes "$JSON.processes" 'has_vm("lab-guest") and has_vm("lab-direct")'
    cycles_pass 3 "$JSON.libvirt" "$JSON.processes"
    ended=$EPOCHREALTIME
    virsh -q -c qemu:///system destroy lab-guest
    guest_stop lab-direct
    gone=$EPOCHREALTIME
    cycle_comes "$JSON.libvirt" 'has_vm("lab-guest") | not'
    cycle_comes "$JSON.processes" '(has_vm("lab-guest") or has_vm("lab-direct")) | not'
    cycles_pass 3 "$JSON.libvirt" "$JSON.processes"
    proxtop_end "$libvirt"
    wait "$libvirt"
    proxtop_stop
    for connector in libvirt processes; do
        check_cycles "$JSON.$connector" - 1.2
        check_json "$JSON.$connector" 'first | has_vm("lab-guest") | not'
        check_appeared "$JSON.$connector" lab-guest "$started" "$ended"
        check_disappeared "$JSON.$connector" lab-guest "$gone"
        check_json "$JSON.$connector" 'all(.[]; has_vm("lab-stays"))'
    done
    check_appeared "$JSON.processes" lab-direct "$started" "$ended"
    check_disappeared "$JSON.processes" lab-direct "$gone"
    check_json "$JSON.libvirt" 'all(.[]; has_vm("lab-direct") | not)'
}

@test "a domain started again under its UUID begins anew, without a spike" {
    uuid=12345678-9abc-4def-8123-456789abcdef
    # Busy, so that the first one's counters are far above the second one's.
    domain_start lab-again 1 busy "$uuid"
    domain_wait lab-again
    first=$(domain_pid lab-again)
    proxtop_watch "$JSON" --libvirt --verbose --interval=1
    cycle_comes "$JSON" 'vm("lab-again").cpu_total != null'
    cycles_pass 3 "$JSON"
    virsh -q -c qemu:///system destroy lab-again
    domain_start lab-again 1 idle "$uuid"
    second=$(domain_pid lab-again)
    cycle_comes "$JSON" "vm(\"lab-again\") | .pid == $second and .cpu_total != null"
    cycles_pass 3 "$JSON"
    proxtop_stop
    [ "$first" != "$second" ]
    check_cycles "$JSON" - 1.2
    check_json "$JSON" "[.[] | vms(\"lab-again\") | select(.UUID == \"$uuid\").pid | values] | first == $first and last == $second"
    check_json "$JSON" 'last | vm("lab-again").cpu_total != null'
    check_no_spike "$JSON" lab-again
    virsh -q -c qemu:///system destroy lab-again
}

@test "a vCPU plugged in by libvirt is counted and shown" {
    domain_start lab-grows 1 idle "" 4
    domain_wait lab-grows
    proxtop_watch "$JSON" --libvirt --cpu --verbose --devices --interval=1
    cycle_comes "$JSON" 'vm("lab-grows").cpu_total != null'
    virsh -q -c qemu:///system setvcpus lab-grows 2 --live
    # A thread names itself when it begins.
    wait_for 60 eval '[ "$(domain_vcpu_tids lab-grows | wc -l)" -eq 2 ]'
    tids=$(domain_vcpu_tids lab-grows | jq -cs .)
    cycle_comes "$JSON" 'vm("lab-grows") | .cpu_cores == 2 and (.vcpus | length) == 2 and all(.vcpus[]; .vcpu_total != null)'
    proxtop_stop
    check_json "$JSON" 'first | vm("lab-grows") | .cpu_cores == 1 and (.vcpus | length) == 1'
    check_json "$JSON" "last | vm(\"lab-grows\") | .cpu_cores == 2 and [.vcpus[].vcpu_id] == [0, 1] and [.vcpus[].vcpu_tid] == $tids"
    check_json "$JSON" 'last | vm("lab-grows") | all(.vcpus[]; .vcpu_total != null)'
    check_no_spike "$JSON" lab-grows
    virsh -q -c qemu:///system destroy lab-grows
}

@test "a vCPU plugged in by QMP is counted and shown" {
    guest_start lab-plug 1,maxcpus=4 busy
    guest_wait lab-plug
    proxtop_watch "$JSON" --processes --cpu --verbose --devices --interval=1
    cycle_comes "$JSON" 'vm("lab-plug").cpu_total != null'
    guest_plug_vcpu lab-plug
    wait_for 60 eval '[ "$(vcpu_tids "$(guest_pid lab-plug)" | wc -l)" -eq 2 ]'
    tids=$(vcpu_tids "$(guest_pid lab-plug)" | jq -cs .)
    cycle_comes "$JSON" 'vm("lab-plug") | .cpu_cores == 2 and (.vcpus | length) == 2 and all(.vcpus[]; .vcpu_total + .vcpu_steal > 50)'
    cycles_pass 2 "$JSON"
    proxtop_stop
    check_json "$JSON" 'first | vm("lab-plug") | .cpu_cores == 1 and (.vcpus | length) == 1'
    check_json "$JSON" "last | vm(\"lab-plug\") | .cpu_cores == 2 and [.vcpus[].vcpu_id] == [0, 1] and [.vcpus[].vcpu_tid] == $tids"
    # The guest has taken it into use, and the mean is over both.
    check_json "$JSON" 'last | vm("lab-plug") | all(.vcpus[]; .vcpu_total > 0 and .vcpu_total + .vcpu_steal > 50) and
        ((.cpu_total - (.vcpus | map(.vcpu_total) | add / 2)) | fabs < 1)'
    check_no_spike "$JSON" lab-plug
    guest_stop lab-plug
}
