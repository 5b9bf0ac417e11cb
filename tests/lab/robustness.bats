#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever happens to libvirtd or to one VM: every cycle comes, in time, and with all that can still
# be known.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    libvirtd_start
    domain_start lab-a 1 busy
    domain_start lab-b 1 idle
    domain_start lab-c 1 idle
    for name in lab-a lab-b lab-c; do
        domain_wait "$name"
    done
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
    STOPPED=
}

# A process that a failed test has left stopped would fail the next one, too.
teardown()
{
    if [[ -n $STOPPED ]]; then
        kill -CONT "$STOPPED" 2>/dev/null || true
    fi
}

# All three domains have what only libvirt knows, and it is fresh.
LIBVIRT_IS_THERE='[.domains[] | select(.ram_actual == 131072 and .stale == 0).name] | sort == ["lab-a", "lab-b", "lab-c"]'

check_libvirt_back()
{
    check_json "$JSON" "last | $LIBVIRT_IS_THERE"
}

# check_proc_steady: what comes from /proc was there in every cycle but the first.
check_proc_steady()
{
    check_json "$JSON" 'all(.[1:][]; vm("lab-a").cpu_total > 0)'
}

@test "libvirtd stopped for 5 s" {
    proxtop_watch "$JSON" --libvirt --cpu --mem --verbose --interval=1
    cycle_comes "$JSON" "$LIBVIRT_IS_THERE"
    STOPPED=$(libvirtd_pid)
    kill -STOP "$STOPPED"
    cycles_pass 5 "$JSON"
    kill -CONT "$STOPPED"
    cycle_comes "$JSON" "$LIBVIRT_IS_THERE"
    cycles_pass 2 "$JSON"
    proxtop_stop
    check_cycles "$JSON" - 1.2
    check_proc_steady
    check_libvirt_back
}

@test "libvirtd killed and started again" {
    proxtop_watch "$JSON" --libvirt --cpu --mem --verbose --interval=1
    cycle_comes "$JSON" "$LIBVIRT_IS_THERE"
    libvirtd_kill9
    cycles_pass 4 "$JSON"
    libvirtd_start
    cycle_comes "$JSON" "$LIBVIRT_IS_THERE"
    cycles_pass 2 "$JSON"
    proxtop_stop
    check_cycles "$JSON" - 1.2
    check_proc_steady
    check_libvirt_back
    # The domains have been running all the time.
    check_json "$JSON" 'all(.[]; [.domains[].name] | sort == ["lab-a", "lab-b", "lab-c"])'
}

@test "one of three QEMUs stopped for 10 s" {
    until_judged measure_stopped
}

measure_stopped()
{
    proxtop_watch "$JSON" --libvirt --cpu --mem --verbose --interval=1
    cycle_comes "$JSON" "$LIBVIRT_IS_THERE"
    STOPPED=$(domain_pid lab-b)
    kill -STOP "$STOPPED"
    cycles_pass 10 "$JSON"
    kill -CONT "$STOPPED"
    cycle_comes "$JSON" "$LIBVIRT_IS_THERE"
    cycles_pass 2 "$JSON"
    proxtop_stop
    check_cycles "$JSON" - 1.2
    check_proc_steady
    check_json "$JSON" 'all(.[]; vm("lab-a").stale == 0 and vm("lab-c").stale == 0)'
    check_json "$JSON" '[.[] | vm("lab-b").stale] | max > 5'
    # Once it is silent, its age grows with each cycle.
    # shellcheck disable=SC2016 # jq's own variables
    check_json "$JSON" '[.[] | vm("lab-b").stale] | . as $s | index(max) as $top | $s[:$top + 1] == ($s[:$top + 1] | sort)'
    # Told once when it fell silent and once when it was back, by name; the others never were.
    [ "$(grep -c "VM 'lab-b' does not answer" "$JSON.err")" -eq 1 ]
    [ "$(grep -c "VM 'lab-b' answers again" "$JSON.err")" -eq 1 ]
    run ! grep "VM 'lab-[ac]' does not answer" "$JSON.err"
    check_libvirt_back
}
