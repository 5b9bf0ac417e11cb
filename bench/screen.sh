#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures the screen on a pseudo-terminal of 200x50: how long a key takes to the last byte of its
# redraw with N look-alike machines of which one's monitor hangs, CPU per cycle, memory after many
# keys and sizes, and bytes per refresh when nothing changes. Use: bench/screen.sh [N], default 1000.
# A figure that misses its bar is said so and is no failure.
#
#   BUILD   build directory (default build); a release build without sanitizers
#   KEYS    keys to type (5000)      RESIZES   sizes to take (500)
set -euo pipefail

BUILD=$(readlink -f "${BUILD:-build}")
SCREEN_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
SCREEN_N=${1:-1000}
SCREEN_DIR=''
SCREEN_VMS=''

screen_cleanup()
{
    if [[ -n $SCREEN_VMS ]]; then
        kill "$SCREEN_VMS" 2>/dev/null || true
        wait "$SCREEN_VMS" 2>/dev/null || true
    fi
    rm -rf "$SCREEN_DIR"
}

# screen_print WHAT FIGURE UNIT [BAR]
screen_print()
{
    local verdict=''
    if [[ -n ${4:-} ]]; then
        verdict=$(awk -v figure="$2" -v bar="$4" 'BEGIN { print figure <= bar ? "" : "MISSED" }')
    fi
    printf '%-6s %-44s %12s %-6s %s %s\n' "$SCREEN_N" "$1" "$2" "$3" "${4:+<= $4}" "$verdict"
}

# screen_figure FILE NAME [DIVISOR]
screen_figure()
{
    awk -v name="$2" -v divisor="${3:-1}" '$1 == name { printf "%.4g\n", $2 / divisor }' "$1"
}

screen_measure_vms()
{
    local out=$SCREEN_DIR/typed proxtop=("$BUILD/proxtop" --no-config --processes)
    mkdir "$SCREEN_DIR/vms"
    "$BUILD/bench/lookalike" --count="$SCREEN_N" --vcpus=2 --hung=1 --dir="$SCREEN_DIR/vms" >/dev/null 2>&1 &
    SCREEN_VMS=$!
    until [[ -e $SCREEN_DIR/vms/ready ]]; do
        sleep 0.1
    done
    "$BUILD/bench/typist" --settle=70 --keys="${KEYS:-5000}" --resizes="${RESIZES:-500}" -- \
        "${proxtop[@]}" --interval=2 >"$out"
    screen_print 'key to last byte of the redraw, median' "$(screen_figure "$out" key_p50_us 1000)" ms
    screen_print '  99 of 100 keys' "$(screen_figure "$out" key_p99_us 1000)" ms 20
    screen_print '  the slowest' "$(screen_figure "$out" key_max_us 1000)" ms
    screen_print 'keys that changed nothing' "$(screen_figure "$out" keys_without_redraw)" ''
    screen_print 'RSS when every view was seen' "$(screen_figure "$out" rss_start_kb)" KB
    screen_print "  grown by ${KEYS:-5000} keys, ${RESIZES:-500} sizes" "$(screen_figure "$out" rss_grown_kb)" KB 1024
    "$BUILD/bench/typist" --settle=10 --idle=20 -- "${proxtop[@]}" --interval=1 >"$out"
    screen_print 'CPU per cycle of 1 s' "$(screen_figure "$out" idle_cpu_us 20000)" ms
    screen_print '  bytes to the terminal' "$(screen_figure "$out" idle_bytes 20)" bytes
}

screen_measure_still()
{
    local out=$SCREEN_DIR/still
    python3 "$SCREEN_ROOT/bench/frozen_proc.py" "$SCREEN_DIR/proc" 100
    "$BUILD/bench/typist" --settle=6 --idle=20 -- "$BUILD/proxtop" --no-config --processes \
        --procfs="$SCREEN_DIR/proc" --interval=1 >"$out"
    screen_print 'bytes per refresh when nothing changes' "$(screen_figure "$out" idle_bytes 20)" bytes 200
}

SCREEN_DIR=$(mktemp -d "/dev/shm/proxtop-screen.XXXXXX")
trap screen_cleanup EXIT
trap 'exit 130' INT TERM
screen_measure_vms
screen_measure_still
