#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/lab/polite.bats for twice as long.

bats_require_minimum_version 1.5.0

setup_file()
{
    load ../lab/env.bash
    load ../lab/pve.bash
    load ../lab/polite.bash
    polite_up
}

teardown_file()
{
    load ../lab/env.bash
    load ../lab/pve.bash
    load ../lab/polite.bash
    polite_down
    lab_end
}

@test "another client of the monitors waits no longer beside proxtop for two minutes" {
    load ../lab/env.bash
    load ../lab/pve.bash
    load ../lab/polite.bash
    polite_check 120 "$BATS_TEST_TMPDIR/cycles"
}
