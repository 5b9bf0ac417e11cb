#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs every fuzz target of a build directory for some seconds, two at a time.
# Seeds come from a copy of the corpus; what breaks a target, and its log, stay
# below BUILDDIR/fuzz/found.
set -u

if [[ $# -ne 2 || ! $1 =~ ^[1-9][0-9]*$ || ! -d $2/fuzz ]]; then
    echo "usage: $0 SECONDS BUILDDIR (of a build with -Dfuzz=true)" >&2
    exit 2
fi
seconds=$1
build=$(realpath "$2")
source=$(dirname "$(realpath "$0")")
found=$build/fuzz/found
seeds=$(mktemp -d) || exit 1
trap 'rm -rf "$seeds"' EXIT
cp -r "$source/corpus/." "$seeds/"
mkdir -p "$found"

# run_target PROGRAM: one target; its result is told by the exit status.
run_target() {
    local name
    name=$(basename "$1")
    mkdir -p "$seeds/${name#fuzz_}"
    "$1" -max_total_time="$seconds" -max_len=8192 -timeout=5 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$found/$name-" \
        "$seeds/${name#fuzz_}" >"$found/$name.log" 2>&1
}

targets=()
for program in "$build"/fuzz/fuzz_*; do
    [[ -f $program && -x $program ]] && targets+=("$program")
done
passed=0
failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
    jobs=()
    for program in "${targets[@]:i:2}"; do
        run_target "$program" &
        jobs+=("$!:$program")
    done
    for job in "${jobs[@]}"; do
        program=${job#*:}
        if wait "${job%%:*}"; then
            passed=$((passed + 1))
            units=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$(basename "$program").log")
            echo "ok     $(basename "$program") ($units inputs)"
        else
            failed=$((failed + 1))
            echo "FAILED $(basename "$program"), see $found/$(basename "$program").log"
        fi
    done
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
