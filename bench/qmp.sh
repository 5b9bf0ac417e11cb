#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures with real QEMUs (paused, without a guest, some 15 MB each) what proxtop's questions to
# their monitors cost: CPU time inside OBSERVED of them, beside a client that makes three connections
# a second to each in the same run; and how long a round of all CROWD monitors takes. Prints a table;
# a figure that misses its bar is said so and is no failure. Use: bench/qmp.sh
#
#   BUILD     build directory (default build); must be a release build without sanitizers
#   PROXTOP   the program (default $BUILD/proxtop)
#   OBSERVED  QEMUs that are observed (50)     CROWD   QEMUs of a round (200)
#   ROUNDS    slices of each kind (2)          SECONDS_EACH  length of a slice (12)
set -euo pipefail

BUILD=${BUILD:-build}
PROXTOP=${PROXTOP:-$BUILD/proxtop}
OBSERVED=${OBSERVED:-50}
CROWD=${CROWD:-200}
ROUNDS=${ROUNDS:-2}
SECONDS_EACH=${SECONDS_EACH:-12}
BENCH_DIR=$(readlink -f "${BASH_SOURCE[0]%/*}")

dir=''        # everything temporary
client_pid='' # who asks the monitors at the moment
n=0           # QEMUs that run
pids=()       # of them

qmpbench_fail()
{
    echo "bench: $*" >&2
    exit 1
}

qmpbench_cleanup()
{
    trap - EXIT
    [[ -z $client_pid ]] || kill -TERM "$client_pid" 2>/dev/null || true
    ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    [[ -z $dir ]] || rm -rf "$dir"
}

qmpbench_print() # what, figure, unit [, bar, 1 = reached]
{
    local verdict=''

    [[ $# -lt 5 ]] || { [[ $5 == 1 ]] && verdict=reached || verdict=missed; }
    printf '%-6s %-38s %12s %-9s %-8s %s\n' "$n" "$1" "$2" "$3" "${4:-}" "$verdict"
}

# qmpbench_start_one NAME: adds its process to pids.
qmpbench_start_one()
{
    truncate -s 1M "$dir/$1.raw"
    qemu-system-x86_64 -name "guest=$1,debug-threads=on" -machine pc,accel=tcg -S -smp 1 -m 16 \
        -nodefaults -no-user-config -display none \
        -chardev "socket,id=qmp,path=$dir/$1.qmp,server=on,wait=off" -mon chardev=qmp,mode=control \
        -pidfile "$dir/$1.pid" -daemonize -device virtio-balloon-pci,id=balloon0 \
        -drive "file=$dir/$1.raw,if=none,id=drive-virtio0,format=raw" \
        -device virtio-blk-pci,drive=drive-virtio0,id=virtio0
    pids+=("$(<"$dir/$1.pid")")
    n=$((n + 1))
}

# qmpbench_start COUNT: until so many run.
qmpbench_start()
{
    local start=$EPOCHREALTIME
    while ((n < $1)); do
        qmpbench_start_one "bench-$n"
    done
    qmpbench_print 'QEMUs: start' "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')" s
}

# Sets cpu_ns: CPU time of all threads of these processes.
qmpbench_read_cpu()
{
    local pid file ns

    cpu_ns=0
    for pid in "$@"; do
        for file in "/proc/$pid/task"/*/schedstat; do
            { read -r ns _ <"$file"; } 2>/dev/null || continue
            cpu_ns=$((cpu_ns + ns))
        done
    done
}

# qmpbench_slice COMMAND...: CPU time of the QEMUs in a slice beside the command, into slice_ns, and
# of the command itself, into client_ns; how much it printed, into slice_rounds. The first seconds of both are left out.
qmpbench_slice()
{
    local before before_client
    "$@" </dev/null >"$dir/client" 2>&1 &
    client_pid=$!
    sleep 8
    slice_rounds=$(wc -c <"$dir/client")
    qmpbench_read_cpu "${pids[@]}"
    before=$cpu_ns
    qmpbench_read_cpu "$client_pid"
    before_client=$cpu_ns
    sleep "$SECONDS_EACH"
    qmpbench_read_cpu "$client_pid"
    client_ns=$((cpu_ns - before_client))
    qmpbench_read_cpu "${pids[@]}"
    slice_ns=$((cpu_ns - before))
    slice_rounds=$(($(wc -c <"$dir/client") - slice_rounds))
    if ! kill -TERM "$client_pid" 2>/dev/null; then
        tail -n 5 "$dir/client" >&2
        qmpbench_fail "'$1' ended by itself"
    fi
    wait "$client_pid" || true
    client_pid=''
}

# qmpbench_ms NS: milliseconds a second, of all slices.
qmpbench_ms()
{
    awk -v ns="$1" -v s="$((ROUNDS * SECONDS_EACH))" 'BEGIN { printf "%.2f", ns / s / 1e6 }'
}

qmpbench_observe()
{
    local i idle=0 observed=0 yardstick=0 rounds=0 own=0 share
    local top=("$PROXTOP" --processes --interval=1 --devices --verbose -p json)

    for ((i = 0; i < ROUNDS; i++)); do
        qmpbench_slice sleep 1000
        idle=$((idle + slice_ns))
        qmpbench_slice "${top[@]}"
        observed=$((observed + slice_ns))
        own=$((own + client_ns))
        qmpbench_slice python3 "$BENCH_DIR/three_connections.py" "$dir"/*.qmp
        yardstick=$((yardstick + slice_ns))
        rounds=$((rounds + slice_rounds))
    done
    ((rounds > 0)) || qmpbench_fail 'nobody made three connections'
    # A busy host may have kept it from one each second.
    yardstick=$((yardstick * ROUNDS * SECONDS_EACH / rounds))
    qmpbench_print 'CPU in all QEMUs, nobody asks' "$(qmpbench_ms "$idle")" ms/s
    qmpbench_print 'CPU in all QEMUs, three connections' "$(qmpbench_ms "$yardstick")" ms/s
    qmpbench_print 'CPU in all QEMUs, proxtop' "$(qmpbench_ms "$observed")" ms/s
    share=$(awk -v a="$((observed - idle))" -v b="$((yardstick - idle))" 'BEGIN { printf "%.1f", 100 * a / b }')
    qmpbench_print 'proxtop in relation to that' "$share" % '<= 33.3' "$(awk -v s="$share" 'BEGIN { print s <= 100 / 3 }')"
    qmpbench_print 'CPU of proxtop itself, all of it' "$(qmpbench_ms "$own")" ms/s
}

qmpbench_round()
{
    local i count answered first median worst cpu idle asking

    for ((i = 0; i < n; i++)); do
        echo "${pids[i]} $dir/bench-$i.qmp"
    done | "$BUILD/bench/qmpround" 11 >"$dir/rounds"
    read -r count answered first median worst cpu <"$dir/rounds"
    qmpbench_print 'monitors that answered' "$answered" "of $count"
    qmpbench_print 'a round, the first one' "$first" ms
    qmpbench_print 'a round, median of the others' "$median" ms '<= 500' "$(awk -v m="$median" 'BEGIN { print m <= 500 }')"
    qmpbench_print 'a round, the longest of the others' "$worst" ms
    qmpbench_print 'CPU of the client, a round' "$cpu" ms
    qmpbench_slice "$PROXTOP" --processes --interval=1 --qmp-interval=0 --devices --verbose -p json
    idle=$client_ns
    qmpbench_slice "$PROXTOP" --processes --interval=1 --qmp-interval=1 --devices --verbose -p json
    asking=$client_ns
    qmpbench_print 'CPU of proxtop, without QMP' "$(awk -v ns="$idle" -v s="$SECONDS_EACH" 'BEGIN { printf "%.2f", ns / s / 1e6 }')" ms/s
    qmpbench_print 'CPU of proxtop, with QMP each second' "$(awk -v ns="$asking" -v s="$SECONDS_EACH" 'BEGIN { printf "%.2f", ns / s / 1e6 }')" ms/s
}

main()
{
    local shm=/dev/shm file

    for file in "$PROXTOP" "$BUILD/bench/qmpround"; do
        [[ -x $file ]] || qmpbench_fail "'$file' is missing: build first"
    done
    command -v qemu-system-x86_64 >/dev/null || qmpbench_fail 'no qemu-system-x86_64'
    [[ -w $shm ]] || shm=${TMPDIR:-/tmp}
    dir=$(mktemp -d "$shm/proxtop-qmp.XXXXXX")
    trap qmpbench_cleanup EXIT
    trap 'exit 130' INT TERM
    n=N
    printf '%-6s %-38s %12s %-9s %-8s %s\n' N what figure unit bar ''
    n=0
    qmpbench_start "$OBSERVED"
    qmpbench_observe
    qmpbench_start "$CROWD"
    qmpbench_round
}

main "$@"
