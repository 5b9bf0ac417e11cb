#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# All figures that proxprofiler learns from made-up loads, against a second program that was made
# from the definitions alone (profile_model.py): counts exactly, all else to six digits.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
}

# compare CASE...: see profile_compare.py.
compare()
{
    python3 "$CLI_ROOT/tests/cli/profile_compare.py" "$PROXPROFILER" "$@"
}

@test "the model itself: what was worked out by hand" {
    python3 "$CLI_ROOT/tests/cli/profile_model.py"
}

@test "states, histories and buffers" {
    compare 'sticky*' 'history*' 'phantom' 'buffers' 'edges*' 'bounds' 'log*' 'huge' 'constant' 'short' 'nothing'
}

@test "gaps, breaks, outliers, ranges that grow" {
    compare 'gaps*' 'breaks*' 'outliers*' 'bursty*' 'level-shift' 'dynamic*'
}

@test "periods, phases, anomalies, time that weighs less" {
    compare 'period*' 'hour*' 'square' 'two-regimes*' 'many-phases' 'window*' 'anomaly*' 'half-life*'
}

@test "classes and recommendations" {
    compare saturated contended steady idle
}

@test "matrices that are full, rows that age" {
    compare rows-full row-cap
}

@test "anything with anything" {
    compare 'random*'
}

@test "saved profiles: predictions, distances, scores" {
    compare 'saved*'
}
