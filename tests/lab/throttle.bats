#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of a VM's waiting that its own CPU limit makes, against the kernel's account of it.

setup_file()
{
    load env.bash
    guest_start_limited lab-slow 1 busy 20
    libvirtd_start
    domain_start lab-capped 1 busy
    domain_wait lab-capped
    # 20 % of one CPU for each vCPU; libvirt sets it on the vCPU's own cgroup.
    virsh -q -c qemu:///system schedinfo lab-capped --live --set vcpu_period=100000 --set vcpu_quota=20000
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

# measure_limit CONNECTOR NAME DIR...: the mean of cpu_throttled over 8 s is what the cgroups' own
# account says of a VM with one vCPU.
measure_limit()
{
    until_judged limit_once "$@"
}

limit_once()
{
    local connector=$1 name=$2 before after start end value real
    shift 2
    before=$(throttled_us "$@")
    start=$EPOCHREALTIME
    proxtop_json "$JSON" "--$connector" --cpu --verbose --interval=1 --runs=9 || return
    after=$(throttled_us "$@")
    end=$EPOCHREALTIME
    real=$(awk -v us=$((after - before)) -v start="$start" -v end="$end" \
        'BEGIN { print us / (end - start) / 10000 }')
    [ "${real%.*}" -gt 40 ] || return
    check_json "$JSON" "length == 9 and ([.[1:][] | vm(\"$name\").cpu_throttled | values] | length >= 7)" || return
    value=$(jq -s --arg name "$name" '[.[] | .interval as $seconds | .domains[] |
        select(.name == $name and .cpu_throttled != null) | [.cpu_throttled * $seconds, $seconds]] |
        transpose | map(add) | .[0] / .[1]' "$JSON")
    check_near "cpu_throttled of $name" "$value" "$real" 0 5
}

@test "the CPU limit of a guest's own cgroup" {
    measure_limit processes lab-slow "$(guest_cgroup lab-slow)"
    # Waiting contains it.
    check_json "$JSON" '[.[1:][] | vm("lab-slow") | .cpu_steal] | add / length > 60'
}

@test "the CPU limit that libvirt sets on a vCPU" {
    tid=$(domain_vcpu_tids lab-capped)
    dir=$(thread_cgroup "$(domain_pid lab-capped)" "$tid")
    measure_limit libvirt lab-capped "$dir"
}

@test "a VM without a limit is not throttled" {
    domain_start lab-free 1 busy
    proxtop_json "$JSON" --libvirt --cpu --verbose --interval=1 --runs=4
    check_json "$JSON" 'all(.[]; vm("lab-free").cpu_throttled | . == null or . == 0)'
}
