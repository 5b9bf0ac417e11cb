#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who else asks the monitors of VMs does not notice proxtop.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    load pve.bash
    load polite.bash
    polite_up
}

teardown_file()
{
    load env.bash
    load pve.bash
    load polite.bash
    polite_down
    lab_end
}

setup()
{
    load env.bash
    load pve.bash
    load polite.bash
    JSON=$BATS_TEST_TMPDIR/cycles
}

@test "another client of the monitors waits no longer beside proxtop, and never fails" {
    polite_check 60 "$JSON"
}

# guest_polling VMID: seconds between QEMU's questions to the guest.
guest_polling()
{
    python3 "$LAB_TESTS/qmp.py" "$PVE_RUN/$1.qmp" '{"execute": "qom-get", "arguments":
        {"path": "/machine/peripheral/balloon0", "property": "guest-stats-polling-interval"}}'
}

@test "how often a guest is asked for its memory is changed only when told to, and only to more often" {
    local options=(--proxmox --mem --verbose --interval=1 --runs=3)
    python3 "$LAB_TESTS/qmp.py" "$PVE_RUN/201.qmp" '{"execute": "qom-set", "arguments":
        {"path": "/machine/peripheral/balloon0", "property": "guest-stats-polling-interval", "value": 2}}'
    python3 "$LAB_TESTS/qmp.py" "$PVE_RUN/202.qmp" '{"execute": "qom-set", "arguments":
        {"path": "/machine/peripheral/balloon0", "property": "guest-stats-polling-interval", "value": 60}}'
    proxtop_json "$JSON" "${options[@]}"
    [ "$(guest_polling 201) $(guest_polling 202) $(guest_polling 203)" = "2 60 0" ]
    proxtop_json "$JSON" "${options[@]}" --guest-stats=0
    [ "$(guest_polling 201) $(guest_polling 202) $(guest_polling 203)" = "2 60 0" ]
    proxtop_json "$JSON" "${options[@]}" --guest-stats=4.5
    [ "$(guest_polling 201) $(guest_polling 202) $(guest_polling 203)" = "2 5 5" ]
}
