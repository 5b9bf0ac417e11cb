#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures what proxtop costs with N look-alike virtual machines, beside a bare loop that only
# preads the same files at the same beat. Prints a table; a figure that misses its bar is said so
# and is no failure. Use: bench/bench.sh [N...], default 10 100 1000.
#
#   BUILD         build directory (default build); must be a release build without sanitizers
#   PROXTOP       the program (default $BUILD/proxtop)
#   PROXTOP_ARGS  its arguments in place of those of all tables, without --interval and --runs
#   ROUNDS        slices of each kind (3)         CYCLES  cycles per slice (8)
#   SETTLE        seconds before measuring (5)    BUSY    percent of a CPU per vCPU (0)
#   QUIET         1 = /proc/stat is held still: on a busy host every cycle is a steady one (0)
#
# As root it runs in namespaces of its own: each machine has a tap there, which nobody else sees,
# and with the script everything ends that it made.
#
# While it measures it starts no process, not even sleep(1): a fork anywhere on the host makes
# proxtop look for new machines in that cycle. A steady cycle is one without such a lookup. On a
# busy host there may be none; the table shows how many there were.
set -euo pipefail

BUILD=${BUILD:-build}
PROXTOP=${PROXTOP:-$BUILD/proxtop}
ROUNDS=${ROUNDS:-3}
CYCLES=${CYCLES:-8}
SETTLE=${SETTLE:-5}
BUSY=${BUSY:-0}
QUIET=${QUIET:-0}
MANY=1000000000 # cycles that proxtop may run: it is ended from here

ARGS_ALL='--processes --qmp-interval=0 --cpu --mem --disk --net --io --pressure -p json'
ARGS_CPU_MEM='--processes --qmp-interval=0 --cpu --mem -p json'
# the monitors are asked at the start only: without their word there are no rows of disks
ARGS_VERBOSE="${ARGS_ALL/--qmp-interval=0/--qmp-interval=3600} --verbose --devices"
QMP_BEAT=2 # seconds between the rounds that ask the monitors
ARGS_QMP="${ARGS_ALL/--qmp-interval=0/--qmp-interval=$QMP_BEAT}"

dir=''           # everything temporary
vms_pid=''       # the look-alikes' parent
top_pid=''       # proxtop
strace_pid=''
n=0              # the number of machines of the running pass
table=''         # what the running pass reads
tap=()           # --tap where the machines have one
declare -A per_vm_ns cycle_ns # by table and n

# Sorts a[0] to a[count - 1], an absent one counting 0.
awk_sort='
    function sort(a, count,   i, j, x) {
        for (i = 0; i < count; i++) {
            x = a[i] + 0
            for (j = i; j > 0 && a[j - 1] > x; j--) a[j] = a[j - 1]
            a[j] = x
        }
    }'

bench_fail()
{
    echo "bench: $*" >&2
    exit 1
}

# True if $1 is there and no zombie: within a trap the shell does not collect its children.
bench_is_alive()
{
    local state=Z

    { read -r _ _ state _ <"/proc/$1/stat"; } 2>/dev/null || true
    [[ $state != Z ]]
}

bench_end_pid()
{
    local pid=$1 i

    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
        bench_is_alive "$pid" || break
        bench_pause 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

bench_cleanup()
{
    trap - EXIT
    [[ -z $strace_pid ]] || bench_end_pid "$strace_pid"
    [[ -z $top_pid ]] || bench_end_pid "$top_pid"
    [[ -z $vms_pid ]] || bench_end_pid "$vms_pid"
    [[ -z $dir ]] || rm -rf "$dir"
}

# Sleeps without starting a process: nothing ever comes through this pipe.
exec {never}<> <(:)
bench_pause()
{
    read -rt "$1" -u "$never" || true
}

bench_now_us() { now_us=${EPOCHREALTIME//[.,]/}; }

bench_pause_until_us()
{
    local left

    bench_now_us
    left=$(($1 - now_us))
    ((left > 0)) || return 0
    printf -v left '%d.%06d' $((left / 1000000)) $((left % 1000000))
    bench_pause "$left"
}

# Sets cpu_ns: CPU time of all threads of $1. /proc/PID/stat would have steps of 10 ms.
bench_read_cpu()
{
    local file ns

    cpu_ns=0
    for file in "/proc/$1/task"/*/schedstat; do
        { read -r ns _ <"$file"; } 2>/dev/null || continue
        cpu_ns=$((cpu_ns + ns))
    done
}

# Sets forks: processes and threads started on the host since it booted.
bench_read_forks()
{
    local key value

    forks=0
    while read -r key value _; do
        if [[ $key == processes ]]; then
            forks=$value
            break
        fi
    done </proc/stat
}

# Sets kb from a "Name:  123 kB" file.
bench_read_kb()
{
    local key value

    kb=0
    while read -r key value _; do
        if [[ $key == "$2:" ]]; then
            kb=$value
            break
        fi
    done <"$1"
}

# Waits for the silence after a cycle of $1, so that a slice holds whole cycles. A program that is
# never still for 0.2 s is measured all the same.
bench_wait_quiet()
{
    local last still=0 seen=0 i

    bench_read_cpu "$1"
    last=$cpu_ns
    for ((i = 0; i < 40 * ${2:-1}; i++)); do
        bench_pause 0.05
        bench_read_cpu "$1"
        if ((cpu_ns != last)); then
            seen=1
            still=0
            last=$cpu_ns
        elif ((seen && ++still >= 4)); then
            return 0
        fi
    done
}

# Sets median of the integers given.
bench_set_median()
{
    local -a sorted=("$@")
    local i j x

    for ((i = 1; i < ${#sorted[@]}; i++)); do
        x=${sorted[i]}
        for ((j = i; j > 0 && sorted[j - 1] > x; j--)); do
            sorted[j]=${sorted[j - 1]}
        done
        sorted[j]=$x
    done
    median=${sorted[$((${#sorted[@]} / 2))]}
}

bench_print() # what, figure, unit [, bar, 1 = reached]
{
    local verdict=''

    [[ $# -lt 5 ]] || { [[ $5 == 1 ]] && verdict=reached || verdict=missed; }
    printf '%-5s %-8s %-38s %12s %-6s %-7s %s\n' "$n" "$table" "$1" "$2" "$3" "${4:-}" "$verdict"
}

bench_us() { printf -v us '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

bench_start_vms()
{
    local before after i

    bench_read_kb /proc/meminfo MemAvailable
    before=$kb
    "$BUILD/bench/lookalike" --count="$n" --vcpus=2 --busy="$BUSY" "${tap[@]}" --dir="$dir/vms" &
    vms_pid=$!
    for ((i = 0; i < 1200; i++)); do
        [[ ! -e $dir/vms/ready ]] || break
        bench_is_alive "$vms_pid" || bench_fail "the look-alikes did not start"
        bench_pause 0.1
    done
    [[ -e $dir/vms/ready ]] || bench_fail "the look-alikes did not come up"
    bench_pause 1
    bench_read_kb /proc/meminfo MemAvailable
    after=$kb
    read -r i <"$dir/vms/ready"
    table=-
    bench_print 'look-alikes: start' "$i" s
    bench_print 'look-alikes: memory each' $(((before - after) / n)) KB
}

# Starts proxtop with the arguments $1 at an interval of $2 s; the others are for env(1).
bench_start_top()
{
    local interval=$2
    local -a args

    read -ra args <<<"${PROXTOP_ARGS:-$1}"
    shift 2
    env "$@" "$PROXTOP" "${args[@]}" "--interval=$interval" "--runs=$MANY" \
        </dev/null >/dev/null 2>"$dir/stderr" &
    top_pid=$!
    bench_pause $((SETTLE + 2 * (interval - 1)))
    if ! bench_is_alive "$top_pid"; then
        cat "$dir/stderr" >&2
        bench_fail "'$PROXTOP' ended by itself"
    fi
}

bench_end_top()
{
    bench_end_pid "$top_pid"
    top_pid=''
}

# One slice of proxtop: adds the CPU time (ns) of each cycle to all_ns, and to steady_ns those
# of cycles when nothing on the host was started in them and in the two before: a start is noticed
# at the next beat of the search for machines, up to 2 s later.
bench_slice_top()
{
    local i start_us last_cpu last_forks calm=0

    bench_wait_quiet "$top_pid"
    bench_now_us
    start_us=$now_us
    bench_read_cpu "$top_pid"
    last_cpu=$cpu_ns
    bench_read_forks
    last_forks=$forks
    for ((i = 1; i <= CYCLES; i++)); do
        bench_pause_until_us $((start_us + i * 1000000))
        bench_read_cpu "$top_pid"
        bench_read_forks
        all_ns+=($((cpu_ns - last_cpu)))
        calm=$((forks == last_forks ? calm + 1 : 0))
        ((calm < 3)) || steady_ns+=($((cpu_ns - last_cpu)))
        last_cpu=$cpu_ns
        last_forks=$forks
    done
}

# One slice of the bare loop over the files that the stopped proxtop holds: adds to bare_ns.
bench_slice_bare()
{
    local key value

    bench_wait_quiet "$top_pid"
    kill -STOP "$top_pid"
    "$BUILD/bench/bareloop" --interval=1 --runs="$CYCLES" --files-of="$top_pid" \
        >"$dir/bare" 2>"$dir/bare.err" || {
        cat "$dir/bare.err" >&2
        bench_fail 'the bare loop could not read what proxtop keeps open (ENOENT = nothing)'
    }
    kill -CONT "$top_pid"
    while IFS='=' read -r key value; do
        case $key in
        cpu_us_median) bare_ns+=("${value/./}00") ;; # one decimal of us = 100 ns
        preads_per_cycle) bare_preads=$value ;;
        esac
    done <"$dir/bare"
    bench_pause 3
}

# $1 = the highest ratio to the bare loop that is good, in thousandths.
bench_measure_cpu()
{
    local i top bare used ratio bar
    local -a all_ns=() steady_ns=() bare_ns=()

    bare_preads=0
    for ((i = 0; i < ROUNDS; i++)); do
        bench_slice_top
        bench_slice_bare
    done
    used="${#steady_ns[@]} of ${#all_ns[@]}"
    if ((${#steady_ns[@]} < 3)); then
        steady_ns=("${all_ns[@]}")
        used="0 of ${#all_ns[@]}, all used"
    fi
    bench_set_median "${steady_ns[@]}"
    top=$median
    bench_set_median "${bare_ns[@]}"
    bare=$median
    ratio=$((bare > 0 ? top * 1000 / bare : 0))
    cycle_ns[$table-$n]=$top
    per_vm_ns[$table-$n]=$((top / n))
    bench_us $((top / 1000))
    bench_print 'proxtop: CPU per cycle' "$us" ms
    bench_us $((top / n))
    bench_print 'proxtop: CPU per cycle and VM' "$us" us
    bench_us $((bare / 1000))
    bench_print 'bare loop: CPU per cycle' "$us" ms
    bench_print 'bare loop: preads per cycle' "$bare_preads" calls
    bench_us "$1"
    bar="<= ${us%00}"
    bench_us $ratio
    if ((n >= 100)); then
        bench_print 'CPU ratio' "$us" x "$bar" $((ratio > 0 && ratio <= $1))
    else
        bench_print 'CPU ratio' "$us" x
    fi
    bench_print 'steady cycles among those measured' "$used" ''
}

bench_measure_memory()
{
    local rss hwm threads mb
    local -a fds=("/proc/$top_pid/fd"/*)

    bench_read_kb "/proc/$top_pid/status" VmRSS
    rss=$kb
    bench_read_kb "/proc/$top_pid/status" VmHWM
    hwm=$kb
    bench_read_kb "/proc/$top_pid/status" Threads
    threads=$kb
    printf -v mb '%d.%d' $((rss / 1024)) $((rss % 1024 * 10 / 1024))
    if ((n == 1000)); then
        bench_print 'proxtop: RSS' "$mb" MB '< 32' $((rss < 32 * 1024))
    else
        bench_print 'proxtop: RSS' "$mb" MB
    fi
    printf -v mb '%d.%d' $((hwm / 1024)) $((hwm % 1024 * 10 / 1024))
    bench_print 'proxtop: highest RSS' "$mb" MB
    bench_print 'proxtop: open files' "${#fds[@]}" files
    bench_print 'proxtop: threads' "$threads" ''
}

# CPU and memory, undisturbed. Kernel memory moves with everything else on the host: the difference
# between before the start and after settling is an estimate. $1 = proxtop's arguments, $2 = the
# bar as of bench_measure_cpu.
bench_pass_plain()
{
    local slab unreclaim

    bench_read_kb /proc/meminfo Slab
    slab=$kb
    bench_read_kb /proc/meminfo SUnreclaim
    unreclaim=$kb
    bench_start_top "$1" 1
    bench_read_kb /proc/meminfo Slab
    slab=$((kb - slab))
    bench_read_kb /proc/meminfo SUnreclaim
    unreclaim=$((kb - unreclaim))
    bench_measure_cpu "$2"
    bench_measure_memory
    bench_print 'kernel memory: slab (estimate)' "$slab" KB
    bench_print 'kernel memory: unreclaimable (est.)' "$unreclaim" KB
    bench_end_top
}

# Allocations per cycle out of the counters of the preloaded library. $1 = wall clock of a quiet
# moment (us), $2 = interval (s). A cycle is what falls between two quiet moments; the steady one is
# the one with the fewest, for a process that starts anywhere on the host means a lookup.
bench_report_allocations()
{
    local least median_calls bytes frees

    od -An -v -t u8 -w40 "$dir/alloc" |
        awk -v from_us="$1" -v tenths=$(($2 * 10)) -v cycles="$CYCLES" "$awk_sort"'
        NR == 1 { first = int((from_us * 1000 - $1) / 1e8) + 2; next }
        NR >= first && NR < first + tenths * cycles {
            k = int((NR - first) / tenths)
            calls[k] += $1 + $2 + $3
            frees[k] += $4
            bytes[k] += $5
        }
        END {
            sort(calls, cycles)
            sort(frees, cycles)
            sort(bytes, cycles)
            m = int(cycles / 2)
            print calls[0], calls[m], bytes[0], frees[0]
        }' >"$dir/alloc.txt"
    read -r least median_calls bytes frees <"$dir/alloc.txt"
    bench_print 'allocations per steady cycle' "$least" calls 0 $((least == 0))
    bench_print '  bytes asked' "$bytes" bytes
    bench_print '  frees' "$frees" calls
    bench_print 'allocations per cycle, median' "$median_calls" calls
}

# System calls per cycle by kind out of the log of strace, from the quiet moment $2 (s) on. The
# steady cycle is the one with the fewest opens; where strace drew one out beyond the interval, the
# empty rest does not count.
bench_report_calls()
{
    awk -v start="$2" -v interval="$1" -v cycles="$CYCLES" "$awk_sort"'
        $3 ~ /^<\.\.\./ { next }
        $2 ~ /^[0-9]+\.[0-9]+$/ {
            name = $3
            sub(/\(.*/, "", name)
            if (name !~ /^[a-z_0-9]+$/) next
            k = int(($2 - start) / interval)
            if ($2 < start || k >= cycles) next
            calls[k, name]++
            names[name] = 1
            total[k]++
            if (name ~ /^(open|openat|openat2|creat)$/) opens[k]++
            else if (name ~ /^(pread64|read)$/ && ++reads[k] > most) most = reads[k]
        }
        END {
            for (k = 0; k < cycles; k++) {
                if (reads[k] * 2 < most) continue
                if (used == 0 || opens[k] < opens[best]) best = k
                sorted[used++] = opens[k] + 0
            }
            sort(sorted, used)
            printf "opens %d\nmedian %d\nall %d\n", opens[best], sorted[int(used / 2)], total[best]
            for (name in names)
                if (calls[best, name] > 0)
                    printf "%s %d\n", name, calls[best, name] | "sort -k2,2nr"
        }' "$dir/strace.log"
}

# A second proxtop, under the counting library and then under strace, with a slower beat when the
# cycles are long: strace makes each call some 50 us slower. No slower than needed, for the longer
# the interval, the surer is something started in it. $1 = its arguments.
bench_pass_traced()
{
    local interval=$((1 + n / 1500)) quiet_us what figure before_forks

    bench_start_top "$1" "$interval" "LD_PRELOAD=$BUILD/bench/liballoccount.so" \
        "ALLOCCOUNT_FILE=$dir/alloc"
    bench_wait_quiet "$top_pid" "$interval"
    bench_now_us
    quiet_us=$now_us
    bench_read_forks
    before_forks=$forks
    bench_pause_until_us $((quiet_us + CYCLES * interval * 1000000 + 200000))
    bench_read_forks
    bench_print 'starts on the host while counting' $((forks - before_forks)) ''
    [[ -s $dir/alloc ]] || bench_fail 'the counting library wrote nothing'
    bench_report_allocations "$quiet_us" "$interval"

    if ! command -v strace >/dev/null; then
        bench_print 'system calls' '-' 'no strace'
    else
        strace -f -qq -ttt -s 0 -o "$dir/strace.log" -p "$top_pid" 2>"$dir/strace.err" &
        strace_pid=$!
        # the start of strace is itself a reason to look for machines, and that cycle is a long one
        bench_pause "$interval"
        bench_wait_quiet "$top_pid" $((4 * interval))
        bench_wait_quiet "$top_pid" $((4 * interval))
        bench_now_us
        quiet_us=$now_us
        bench_read_forks
        before_forks=$forks
        bench_pause_until_us $((quiet_us + CYCLES * interval * 1000000 + 200000))
        bench_read_forks
        bench_end_pid "$strace_pid"
        strace_pid=''
        bench_print 'starts on the host while tracing' $((forks - before_forks)) ''
        while read -r what figure; do
            case $what in
            opens) bench_print 'opens per steady cycle' "$figure" calls 0 $((figure == 0)) ;;
            median) bench_print 'opens per cycle, median' "$figure" calls ;;
            all) bench_print 'system calls per steady cycle' "$figure" calls ;;
            *) bench_print "  $what" "$figure" calls ;;
            esac
        done < <(bench_report_calls "$interval" "${quiet_us:0:-6}.${quiet_us: -6}")
        [[ -s $dir/strace.log ]] || bench_print 'system calls' '-' 'strace could not attach'
    fi
    bench_end_top
}

# Sets cpu_ns: CPU time of the threads of all machines that serve their monitors.
bench_read_monitors_cpu()
{
    local file pid ns

    cpu_ns=0
    for file in "$dir"/vms/*.pid; do
        read -r pid <"$file"
        read -r ns _ <"/proc/$pid/task/$pid/schedstat"
        cpu_ns=$((cpu_ns + ns))
    done
}

# What asking the monitors adds to cycles without: on both ends of the socket. $1 = arguments.
bench_pass_qmp()
{
    local i top monitors rounds=$CYCLES
    local -a top_ns=() monitors_ns=()

    bench_start_top "$1" 1
    for ((i = 0; i < 3; i++)); do
        bench_wait_quiet "$top_pid"
        bench_now_us
        bench_read_monitors_cpu
        monitors=$cpu_ns
        bench_read_cpu "$top_pid"
        top=$cpu_ns
        bench_pause_until_us $((now_us + rounds * QMP_BEAT * 1000000))
        bench_read_cpu "$top_pid"
        top_ns+=($(((cpu_ns - top) / rounds - QMP_BEAT * ${cycle_ns[all-$n]})))
        bench_read_monitors_cpu
        monitors_ns+=($(((cpu_ns - monitors) / rounds)))
    done
    bench_set_median "${top_ns[@]}"
    bench_us $((median > 0 ? median / 1000 : 0))
    bench_print 'proxtop: CPU added per round' "$us" ms
    bench_us $((median > 0 ? median / n : 0))
    bench_print 'proxtop: CPU added per round and VM' "$us" us
    bench_set_median "${monitors_ns[@]}"
    bench_us $((median / 1000))
    bench_print 'look-alikes: CPU per round' "$us" ms
    bench_us $((median / n))
    bench_print 'look-alikes: CPU per round and VM' "$us" us
    bench_measure_memory
    bench_end_top
}

bench_compare_sizes()
{
    local few=${per_vm_ns[all-100]:-0} many=${per_vm_ns[all-1000]:-0} ratio

    ((few > 0 && many > 0)) || return 0
    ratio=$((many * 1000 / few))
    n=1000
    table=all
    bench_us $ratio
    bench_print 'CPU per VM, to that of 100 VMs' "$us" x '<= 1.2' $((ratio <= 1200))
}

# The part inside the namespaces. /sys is to be that of this network; the cgroups sit below it.
bench_enter()
{
    local cgroup=/dev/shm/cgroup

    mount -t tmpfs tmpfs /dev/shm
    mkdir "$cgroup"
    mount --move /sys/fs/cgroup "$cgroup"
    mount -t sysfs sysfs /sys
    mount --move "$cgroup" /sys/fs/cgroup
    rmdir "$cgroup"
    tap=(--tap)
    ((QUIET == 0)) || {
        cat /proc/stat >/dev/shm/stat
        mount --bind /dev/shm/stat /proc/stat
    }
}

bench_prepare()
{
    local shm=/dev/shm file

    for file in "$PROXTOP" "$BUILD/bench/lookalike" "$BUILD/bench/bareloop" \
        "$BUILD/bench/liballoccount.so"; do
        [[ -x $file ]] || bench_fail "'$file' is missing: build first"
    done
    BUILD=$(cd "$BUILD" && pwd)
    PROXTOP=$(cd "$(dirname "$PROXTOP")" && pwd)/$(basename "$PROXTOP")
    if grep -qE '__(asan|tsan|ubsan)_' "$PROXTOP"; then
        echo 'bench: this build has a sanitizer in it, the figures are worth nothing' >&2
    fi
    # thousands of small files: much faster in memory than on a disk
    [[ -w $shm ]] || shm=${TMPDIR:-/tmp}
    dir=$(mktemp -d "$shm/proxtop-bench.XXXXXX")
    trap bench_cleanup EXIT
    trap 'exit 130' INT TERM
}

main()
{
    local count

    [[ ${1:-} != --inside ]] || {
        shift
        bench_enter
    }
    for count in "$@"; do
        [[ $count =~ ^[1-9][0-9]{0,4}$ ]] || bench_fail "'$count' is no number of machines"
    done
    bench_prepare
    n=N
    table=table
    bench_print what figure unit bar
    for count in "$@"; do
        n=$count
        bench_start_vms
        table=all
        bench_pass_plain "$ARGS_ALL" 1300
        bench_pass_traced "$ARGS_ALL"
        table=qmp
        bench_pass_qmp "$ARGS_QMP"
        if ((n >= 100)); then
            table=verbose
            bench_pass_plain "$ARGS_VERBOSE" 1300
            table=cpu+mem
            bench_pass_plain "$ARGS_CPU_MEM" 1500
        fi
        bench_end_pid "$vms_pid"
        vms_pid=''
    done
    bench_compare_sizes
}

[[ $# -gt 0 ]] || set -- 10 100 1000
if ((EUID == 0)) && [[ $1 != --inside ]]; then
    # it dies with this script, even by SIGKILL: setpriv covers unshare, unshare the rest
    setpriv --pdeathsig KILL unshare --net --pid --mount --fork --kill-child --mount-proc \
        "$BASH" "$(readlink -f "$0")" --inside "$@"
    exit
fi
((EUID == 0)) || echo 'bench: not root: the machines have no taps' >&2
main "$@"
