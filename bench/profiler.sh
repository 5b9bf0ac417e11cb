#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures what proxprofiler costs with N look-alike machines, next to proxtop that reads the same:
# CPU per cycle of 2 s, memory, how long its main thread is at something else, and what records and
# states of all machines take. Use: bench/profiler.sh [N], default 1000. A figure that misses its
# bar is said so and is no failure.
#
#   BUILD   build directory (default build); a release build without sanitizers
#   CYCLES  cycles per figure (60)
#   STATES  where the state directory is made (default /var/tmp): on the disk that is meant
#   BUSY    percent of a CPU per vCPU (0)
#
# As root it runs in namespaces of its own, and with the script everything ends that it made.
set -euo pipefail

BUILD=$(readlink -f "${BUILD:-build}")
PROFILER_SCRIPT=$(readlink -f "${BASH_SOURCE[0]}")
PROFILER_ROOT=${PROFILER_SCRIPT%/*}
CYCLES=${CYCLES:-60}
STATES=${STATES:-/var/tmp}
BUSY=${BUSY:-0}
INTERVAL=2
EVERY=10 # seconds between rounds of output
URL=http://127.0.0.1:9977/healthz
# shellcheck disable=SC2054 # the comma is an option's
ARGS=(--no-config --processes --qmp-interval=0 --cpu --mem --disk --net --io --pressure --host
    "--interval=$INTERVAL" "--sink=prometheus,serve,127.0.0.1:9977")

profiler_cleanup()
{
    local pid
    trap - EXIT
    for pid in "$program" "$vms"; do
        [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
        [[ -z $pid ]] || wait "$pid" 2>/dev/null || true
    done
    rm -rf "$dir" "$states"
}

# profiler_print PROGRAM WHAT FIGURE UNIT [BAR]
profiler_print()
{
    local verdict=''
    [[ -z ${5:-} ]] || verdict=$(awk -v f="$3" -v bar="$5" 'BEGIN { print f <= bar ? "reached" : "missed" }')
    printf '%-6s %-13s %-46s %10s %-6s %s %s\n' "$n" "$1" "$2" "$3" "$4" "${5:+<= $5}" "$verdict"
}

# profiler_figure FILE NAME [DIVISOR]
profiler_figure()
{
    awk -v name="$2" -v by="${3:-1}" '$1 == name { printf "%.4g\n", $2 / by }' "$1"
}

profiler_start_vms()
{
    local tap=()
    ((EUID != 0)) || tap=(--tap)
    "$BUILD/bench/lookalike" --count="$n" --vcpus=2 --busy="$BUSY" "${tap[@]}" --dir="$dir/vms" >/dev/null 2>&1 &
    vms=$!
    until [[ -e $dir/vms/ready ]]; do
        kill -0 "$vms"
        sleep 0.1
    done
}

# profiler_measure NAME ARGUMENT...: runs it; $program goes on, the figures are in $dir/NAME.
profiler_measure()
{
    local name=$1 what=()
    shift
    [[ $name != proxprofiler ]] || what=("$states")
    "$BUILD/$name" "${ARGS[@]}" "$@" 2>"$dir/$name.err" &
    program=$!
    until curl -sf "$URL" >/dev/null; do
        kill -0 "$program"
        sleep 0.1
    done
    # all states are there once, all ranges are known
    sleep $((3 * EVERY))
    python3 "$PROFILER_ROOT/watch_program.py" "$program" "$CYCLES" "$INTERVAL" "$URL" "${what[@]}" >"$dir/$name"
    profiler_print "$name" 'CPU per cycle' "$(profiler_figure "$dir/$name" cpu_cycle_ms)" ms
    profiler_print "$name" '  of the main thread' "$(profiler_figure "$dir/$name" cpu_main_ms)" ms
    profiler_print "$name" 'main thread held up, median' "$(profiler_figure "$dir/$name" answer_p50_ms)" ms
    profiler_print "$name" '  99 of 100' "$(profiler_figure "$dir/$name" answer_p99_ms)" ms
    profiler_print "$name" '  worst' "$(profiler_figure "$dir/$name" answer_max_ms)" ms 500
    profiler_print "$name" 'RSS' "$(profiler_figure "$dir/$name" rss_kb 1024)" MB
    profiler_print "$name" '  highest' "$(profiler_figure "$dir/$name" hwm_kb 1024)" MB
}

# profiler_end NAME: how long its end takes.
profiler_end()
{
    local begin=${EPOCHREALTIME//[.,]/} status=0
    kill "$program"
    wait "$program" || status=$?
    program=''
    profiler_print "$1" "its end (exit status $status)" $(((${EPOCHREALTIME//[.,]/} - begin) / 1000)) ms 10000
    sed "s/^/  $1: /" "$dir/$1.err" | head -n 5
}

profiler_files()
{
    local count bytes
    profiler_print proxprofiler 'states written per cycle' "$(profiler_figure "$dir/proxprofiler" states_cycle)" ''
    profiler_print proxprofiler '  most' "$(profiler_figure "$dir/proxprofiler" states_cycle_most)" '' 130
    profiler_print proxprofiler 'written to disks' "$(profiler_figure "$dir/proxprofiler" written_mb_s)" MB/s
    count=$(find "$states" -type f ! -name '.*' | wc -l)
    bytes=$(find "$states" -type f ! -name '.*' -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / NR) }')
    profiler_print proxprofiler 'state files' "$count" ''
    profiler_print proxprofiler '  size of one, mean' "$bytes" bytes
    bytes=$(awk '{ sum += length($0) + 1 } END { print int(sum / NR) }' "$dir/records")
    profiler_print proxprofiler 'size of a record, mean' "$bytes" bytes
}

main()
{
    [[ ${1:-} != --inside ]] || shift
    n=${1:-1000} program='' vms=''
    dir=$(mktemp -d /dev/shm/proxtop-profiler.XXXXXX)
    states=$(mktemp -d "$STATES/proxtop-profiler.XXXXXX")
    trap profiler_cleanup EXIT
    trap 'exit 130' INT TERM
    profiler_start_vms
    profiler_measure proxtop --sink=json,file,/dev/null
    profiler_end proxtop
    profiler_measure proxprofiler "--outputFreq=$EVERY" "--sink=json,file,$dir/records" "--state-dir=$states" \
        --save-interval=0
    profiler_end proxprofiler
    profiler_files
}

[[ ${1:-1000} =~ ^(--inside|[1-9][0-9]{0,4})$ ]] || {
    echo "profiler: '$1' is no number of machines" >&2
    exit 2
}
if ((EUID == 0)) && [[ ${1:-} != --inside ]]; then
    setpriv --pdeathsig KILL unshare --net --pid --mount --fork --kill-child --mount-proc \
        "$BASH" -c 'ip link set lo up && exec "$@"' - "$BASH" "$PROFILER_SCRIPT" --inside "$@"
    exit
fi
main "$@"
