#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What proxprofiler learns of a VM is what the kernel's counters say.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
}

@test "counters that are known, that fall, and a VM that restarts" {
    python3 "$CLI_ROOT/tests/cli/profile_values.py" "$PROXPROFILER" "$BATS_TEST_TMPDIR"
}
