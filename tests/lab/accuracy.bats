#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What proxtop prints is what the kernel, libvirt and QEMU say. Three busy vCPUs share two CPUs with
# an idle guest, so that each of them waits a good part of its time.

setup_file()
{
    load env.bash
    libvirtd_start
    domain_start lab-busy 2 busy
    domain_start lab-spin 1 busy
    domain_start lab-idle 1 idle
    guest_start lab-direct 1 idle
    for name in lab-busy lab-spin lab-idle; do
        domain_wait "$name"
        # However many there are.
        taskset -apc "$(two_cpus)" "$(domain_pid "$name")"
    done
    guest_wait lab-direct
    guest_qmp lab-direct '{"execute": "qom-set", "arguments": {"path": "/machine/peripheral/balloon0",
        "property": "guest-stats-polling-interval", "value": 2}}'
}

# two_cpus: their numbers, of those that may be used.
two_cpus()
{
    python3 -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2], sep=",")'
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

# check_cpu CONNECTOR NAME...: the domains' CPU figures over 8 s, as threads and as means.
check_cpu()
{
    until_judged measure_cpu "$@"
}

measure_cpu()
{
    local connector=$1 name pairs=() recorder status=0
    shift
    for name in "$@"; do
        pairs+=("$name=$(domain_pid "$name")")
    done
    rm -f "$JSON.record.begun"
    python3 "$LAB_TESTS/schedstat.py" record "$JSON.record" "${pairs[@]}" 3>&- &
    recorder=$!
    wait_for 60 test -e "$JSON.record.begun" || return
    proxtop_json "$JSON" "--$connector" --cpu --verbose --devices --interval=1 --runs=9 || status=$?
    kill -TERM "$recorder"
    wait "$recorder" && ((status == 0)) || return
    check_json "$JSON" 'length == 9' || return
    python3 "$LAB_TESTS/schedstat.py" compare "$JSON.record" "$JSON" 3 >"$JSON.compared" 2>&1 || status=$?
    sed 's/^/# /' "$JSON.compared" >&3
    return "$status"
}

# check_waiting: two CPUs were too few for its guests, or the comparison of waits proves little.
check_waiting()
{
    check_json "$JSON" '[.[] | vm("lab-busy").cpu_steal | values] | add / length > 10'
}

# read_process PID: virtual size and resident memory in KB, by another program than proxtop.
read_process()
{
    python3 -c 'import resource, sys
fields = open(f"/proc/{sys.argv[1]}/stat").read().rpartition(")")[2].split()
print(int(fields[20]) // 1024, int(fields[21]) * resource.getpagesize() // 1024)' "$1"
}

# last_of NAME KEY: in the last cycle.
last_of()
{
    tail -n 1 "$JSON" | jq -r --arg name "$1" --arg key "$2" '.domains[] | select(.name == $name)[$key]'
}

# check_process NAME PID: memory and identity of the process.
check_process()
{
    local vsize rss
    read -r vsize rss < <(read_process "$2")
    check_near "$1 ram_vsize" "$(last_of "$1" ram_vsize)" "$vsize" 2 0 || return
    check_near "$1 ram_rss" "$(last_of "$1" ram_rss)" "$rss" 2 0 || return
    [ "$(last_of "$1" pid)" = "$2" ]
}

# balloon_has_grown NAME KB: it leaves the guest no more than KB.
balloon_has_grown()
{
    [ "$(domain_stat "$1" balloon.current)" -le "$2" ]
}

@test "CPU of emulated guests, libvirt connector" {
    check_cpu libvirt lab-busy lab-spin lab-idle
    check_waiting
}

@test "CPU of emulated guests, processes connector" {
    check_cpu processes lab-busy lab-spin lab-idle
    check_waiting
}

@test "CPU of a KVM guest, both connectors" {
    [ -e /dev/kvm ] || skip "no /dev/kvm here"
    domain_start_kvm lab-kvm 1
    check_cpu libvirt lab-kvm lab-busy
    check_cpu processes lab-kvm lab-busy
    virsh -q -c qemu:///system destroy lab-kvm
}

# measure_memory: of domains, right after a run.
measure_memory()
{
    local name total usable unused current maximum
    proxtop_json "$JSON" --libvirt --mem --verbose --interval=1 --runs=4 || return
    for name in lab-busy lab-idle; do
        read -r -d '' total usable unused current maximum < <(domain_stat "$name" balloon.available \
            balloon.usable balloon.unused balloon.current balloon.maximum) || true
        [ -n "$maximum" ] &&
            check_near "$name ram_total" "$(last_of "$name" ram_total)" "$total" 1 0 &&
            check_near "$name ram_used" "$(last_of "$name" ram_used)" "$((total - usable))" 3 4096 &&
            check_near "$name ram_free" "$(last_of "$name" ram_free)" "$unused" 3 4096 &&
            check_near "$name ram_actual" "$(last_of "$name" ram_actual)" "$current" 1 0 &&
            check_near "$name ram_max" "$(last_of "$name" ram_max)" "$maximum" 1 0 &&
            check_process "$name" "$(domain_pid "$name")" || return
    done
}

@test "the guests' memory, libvirt connector" {
    wait_for 60 domain_stat lab-busy balloon.usable
    wait_for 60 domain_stat lab-idle balloon.usable
    until_judged measure_memory
}

@test "a guest's memory after its balloon has grown, libvirt connector" {
    virsh -q -c qemu:///system setmem lab-idle 100M --live
    wait_for 60 balloon_has_grown lab-idle 102400
    proxtop_json "$JSON" --libvirt --mem --verbose --interval=1 --runs=3
    check_near ram_actual "$(last_of lab-idle ram_actual)" 102400 1 0
    check_near ram_max "$(last_of lab-idle ram_max)" 131072 1 0
}

@test "the guests' memory, processes connector" {
    until_judged measure_direct_memory
}

measure_direct_memory()
{
    local stats total available free
    proxtop_json "$JSON" --processes --mem --verbose --interval=1 --runs=4 || return
    check_process lab-direct "$(guest_pid lab-direct)" && check_process lab-busy "$(domain_pid lab-busy)" || return
    stats=$(guest_qmp lab-direct '{"execute": "qom-get", "arguments":
        {"path": "/machine/peripheral/balloon0", "property": "guest-stats"}}')
    read -r total available free < <(jq -r \
        '.stats | [."stat-total-memory", ."stat-available-memory", ."stat-free-memory"] | map(. / 1024) | @tsv' <<<"$stats")
    check_near ram_total "$(last_of lab-direct ram_total)" "$total" 1 0 &&
        check_near ram_used "$(last_of lab-direct ram_used)" "$((total - available))" 3 4096 &&
        check_near ram_free "$(last_of lab-direct ram_free)" "$free" 3 4096 &&
        check_near ram_actual "$(last_of lab-direct ram_actual)" 131072 1 0 &&
        check_near ram_max "$(last_of lab-direct ram_max)" 131072 1 0
}
