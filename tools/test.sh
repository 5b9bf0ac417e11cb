#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test of the tree: ./dev test [--long]. Each part declares its tier by where it is called:
# short ones always run, long ones with --long only, and are named when they do not. The last line
# says "N passed, N failed".
# shellcheck disable=SC2317 # queues are called by their names
set -uo pipefail

TEST_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
cd "$TEST_ROOT" || exit 1
# shellcheck source=tools/packages.sh
source tools/packages.sh
# shellcheck source=tools/build.sh
source tools/build.sh

PASSED=0
FAILED=0
SKIPPED=0
FUZZ_SECONDS=6
TEST_LONG=false
TEST_BUILD=$TEST_ROOT/build/test
# Of each queue that runs: its process, which leads its group.
declare -A TEST_QUEUES=()
# In a queue: where it tells what it has counted.
TEST_COUNTS=''
TEST_SECTION_BEGAN=0

# test_count PASSED FAILED [SKIPPED]
test_count()
{
    PASSED=$((PASSED + $1))
    FAILED=$((FAILED + $2))
    SKIPPED=$((SKIPPED + ${3:-0}))
    [[ -z $TEST_COUNTS ]] || echo "$PASSED $FAILED $SKIPPED" >"$TEST_COUNTS"
}

test_section()
{
    TEST_SECTION_BEGAN=$SECONDS
    echo "== $* ($SECONDS s)"
}

# test_spent: how long the section has taken, and how busy the machine was at its end.
test_spent()
{
    echo "$((SECONDS - TEST_SECTION_BEGAN)) s, load $(cut -d' ' -f1 /proc/loadavg)"
}

# ---- queues ----

# test_queue_main NAME: as a process of its own.
test_queue_main()
{
    set +m
    trap - EXIT INT TERM HUP
    PASSED=0 FAILED=0 SKIPPED=0 TEST_COUNTS=$TEST_BUILD/queue-$1.counts
    "test_queue_$1"
    touch "$TEST_BUILD/queue-$1.done"
}

# test_queue_start NAME: beside what follows, in a group of processes of its own, which ends as one.
test_queue_start()
{
    rm -f "$TEST_BUILD/queue-$1".{counts,done}
    set -m
    test_queue_main "$1" >"$TEST_BUILD/queue-$1.log" 2>&1 </dev/null &
    TEST_QUEUES[$1]=$!
    set +m
}

# test_queue_join NAME...: waits for each and tells what it told. One that has not come to its end has
# failed, whatever it counted.
test_queue_join()
{
    local name passed failed skipped
    for name in "$@"; do
        wait "${TEST_QUEUES[$name]}"
        # What it has left behind, if it died.
        kill -TERM -- "-${TEST_QUEUES[$name]}" 2>/dev/null
        unset "TEST_QUEUES[$name]"
        cat "$TEST_BUILD/queue-$name.log"
        if read -r passed failed skipped 2>/dev/null <"$TEST_BUILD/queue-$name.counts"; then
            test_count "$passed" "$failed" "$skipped"
        fi
        if [[ ! -e $TEST_BUILD/queue-$name.done ]]; then
            echo "not ok the queue '$name' has not come to its end"
            test_count 0 1
        fi
    done
}

# test_queue_run NAME...: side by side, told in this order when all have come to their end.
test_queue_run()
{
    local name
    for name in "$@"; do
        test_queue_start "$name"
    done
    test_queue_join "$@"
}

# test_tree PID...: with all that these have started, whatever groups it is in, as of one moment.
test_tree()
{
    ps -eo pid=,ppid= | awk -v pids="$*" '
        BEGIN { for (n = split(pids, list); n; n--) tree[list[n]] }
        { parent[$1] = $2 }
        END {
            do {
                more = 0
                for (pid in parent)
                    if (!(pid in tree) && parent[pid] in tree) { tree[pid]; more = 1 }
            } while (more)
            for (pid in tree) print pid
        }'
}

# Labs end with the process that started them, whatever goes on in them; who cleans up behind a lab
# does not hear this signal.
test_end_queues()
{
    local tree
    trap - EXIT
    mapfile -t tree < <(test_tree "${TEST_QUEUES[@]}")
    ((${#tree[@]})) || return 0
    kill -TERM "${tree[@]}" 2>/dev/null
    wait "${TEST_QUEUES[@]}" 2>/dev/null
}

# ---- what a section is made of ----

# test_step NAME COMMAND...: one test, which is a command that must succeed.
test_step()
{
    local name=$1
    shift
    if "$@"; then
        echo "ok $name ($SECONDS s)"
        test_count 1 0
    else
        echo "not ok $name"
        test_count 0 1
    fi
}

# test_tap FILE: counts the results in a TAP stream and shows what failed.
test_tap()
{
    local passed failed skipped
    failed=$(grep -c '^not ok' "$1")
    skipped=$(grep -ciE '^ok .*# skip' "$1")
    passed=$(($(grep -c '^ok' "$1") - skipped))
    test_count "$passed" "$failed" "$skipped"
    echo "$passed passed, $failed failed, $skipped skipped in $(test_spent)"
    grep -iE '^ok .*# skip' "$1"
    [[ $failed == 0 ]] || cat "$1"
    [[ $failed == 0 ]]
}

# test_meson NAME DIR: the unit and golden tests of a build directory.
test_meson()
{
    local log=$2/meson-logs/testlog.json tap=$2/tap.log
    test_section "unit and golden tests, $1"
    meson test -C "$2" --no-rebuild --print-errorlogs >"$2/meson.log" 2>&1 || cat "$2/meson.log"
    # Programs that speak TAP count by their cases, the others as one.
    jq -r 'if (.stdout // "" | test("(?m)^(not )?ok "))
           then (.stdout | split("\n")[] | select(test("^(not )?ok ")))
                , (if .result != "OK" and (.stdout | test("(?m)^not ok ") | not)
                   then "not ok \(.name) (exit)" else empty end)
           else (if .result == "OK" then "ok " else "not ok " end) + .name end' \
        "$log" >"$tap" || echo "not ok no results in $log" >"$tap"
    [[ -s $tap ]] || echo "not ok no test ran in $2" >"$tap"
    test_tap "$tap"
}

# test_run_bats LOG NAME FILE...: bats files, which see no process and no network but their own.
test_run_bats()
{
    local tap=$1 name=$2
    shift 2
    tests/lab/run-in-lab.sh bats --formatter tap "$@" >"$tap" 2>&1 </dev/null ||
        grep -q '^not ok' "$tap" || echo "not ok $name (exit)" >>"$tap"
    grep -q '^1\.\.' "$tap" || echo "not ok $name ran no test" >>"$tap"
}

# test_bats NAME FILE...
test_bats()
{
    local name=$1 log=$TEST_BUILD/bats-${1//[^a-zA-Z]/-}.log
    shift
    test_section "$name"
    test_run_bats "$log" "$name" "$@"
    test_tap "$log"
}

test_fuzz()
{
    local log=$TEST_BUILD/fuzz.log passed failed
    test_section "fuzzing, $FUZZ_SECONDS s each"
    fuzz/run.sh "$FUZZ_SECONDS" "$TEST_BUILD/asan" >"$log" 2>&1
    grep -q '^FAILED' "$log" && cat "$log"
    if read -r passed _ failed _ < <(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1); then
        test_count "$passed" "$failed"
        echo "$(tail -n 1 "$log") in $(test_spent)"
    else
        echo "not ok fuzzing was not told"
        test_count 0 1
    fi
}

# What all tests need; the fuzz targets are compiled with the same sanitizers.
test_builds()
{
    test_section "builds"
    CC=gcc test_step "gcc, warnings as errors" \
        build_directory "$TEST_BUILD/gcc" --werror -Dtests=true -Dbench=true
    CC=clang test_step "clang, warnings as errors, ASan and UBSan, libFuzzer" \
        build_directory "$TEST_BUILD/asan" --werror -Dtests=true -Dfuzz=true -Db_sanitize=address,undefined
}

# What few tests need or none. Without libvirt is asked only whether it compiles: no optimization.
test_more_builds()
{
    test_section "more builds"
    CC=clang test_step "clang, TSan" \
        build_directory "$TEST_BUILD/tsan" --werror -Db_sanitize=thread
    CC=gcc test_step "gcc without libvirt" \
        build_directory "$TEST_BUILD/minimal" --werror -Dlibvirt=disabled -Doptimization=0 -Ddebug=false
    test_step "what ./dev build makes" build_release
}

test_lint()
{
    local log=$TEST_BUILD/lint.log
    test_section "lint"
    tools/lint.sh >"$log" 2>&1
    test_tap "$log"
}

# What is made of the tables is as they are; packages build, install, run and go again.
test_packages()
{
    test_section "packages"
    tools/package.sh --test >"$TEST_BUILD/package.log" 2>&1 </dev/null ||
        grep -q '^not ok' "$TEST_BUILD/package.log" || echo "not ok packages (exit)" >>"$TEST_BUILD/package.log"
    test_tap "$TEST_BUILD/package.log"
}

# ---- the queues: first what measures nothing, side by side. Most of it waits. ----

# What needs CPUs and no clock leaves them to the others.
test_queue_work()
{
    renice -n 10 "$BASHPID" >/dev/null
    test_more_builds
    test_meson "gcc" "$TEST_BUILD/gcc"
    test_meson "clang with ASan and UBSan" "$TEST_BUILD/asan"
    test_packages
    test_lint
    test_fuzz
}

# With sanitizers, but for the files in which sizes count; the largest with both builds.
test_queue_cli()
{
    PROXTOP=$BUILD_GCC/proxtop test_bats "command line" tests/cli/{descriptors,growth,serve,tcp}.bats
    PROXTOP=$BUILD_GCC/proxtop test_bats "receivers" tests/receivers/*.bats
    PROXTOP=$BUILD_GCC/proxtop test_bats "what is contributed" tests/contrib/*.bats
}

test_queue_sanitized()
{
    local sanitized=() file
    for file in tests/cli/*.bats; do
        [[ $file == tests/cli/descriptors.bats || $file == tests/cli/growth.bats ]] || sanitized+=("$file")
    done
    PROXTOP=$BUILD_ASAN/proxtop test_bats "command line, ASan and UBSan" "${sanitized[@]}"
}

# The screen's tests wait for what they see. With sanitizers, but for the keys, of which there are many.
test_queue_screen()
{
    local keys=() rest=() file
    for file in tests/tui/*.bats; do
        case $file in
        tests/tui/keys* | tests/tui/views*) keys+=("$file") ;;
        *) rest+=("$file") ;;
        esac
    done
    PROXTOP=$BUILD_GCC/proxtop test_bats "screen: keys" "${keys[@]}"
    PROXTOP=$BUILD_ASAN/proxtop test_bats "screen, ASan and UBSan" "${rest[@]}"
}

# Each file of the lab once, with the build that finds more in it: sanitizers where errors of memory
# hide, the plain one where figures count. Where both do, with both. In which of these a file belongs
# is told by what it does; what stands in none runs alone, see test_lab. Two files whose domains have
# the same names must not meet: libvirt would give them the same cgroups.

# Guests, but no figure that is compared with another one.
TEST_LAB_PLAIN=(privileges qmp_processes lab)
TEST_LAB_SANITIZED=(connectors lifecycle pve)
# What they do is known, and few of them do much.
TEST_LAB_DISKS=(disk net)
TEST_LAB_MONITORS=(qmp_faults polite pve_figures)
TEST_LAB_DEVICES=(devices io_pressure robustness)
TEST_LAB_PROFILER=(profiler)

# test_lab_bats NAME FILE...: files of the lab by their names alone.
test_lab_bats()
{
    local name=$1 files
    shift
    mapfile -t files < <(printf 'tests/lab/%s.bats\n' "$@")
    test_bats "$name" "${files[@]}"
}

test_queue_guests()
{
    PROXTOP=$BUILD_GCC/proxtop test_lab_bats "lab: guests" "${TEST_LAB_PLAIN[@]}"
    PROXTOP=$BUILD_ASAN/proxtop test_lab_bats "lab: guests, ASan and UBSan" "${TEST_LAB_SANITIZED[@]}" robustness
}

# A guest is watched for minutes, and all that counts is how long it is busy and idle.
test_queue_profiler()
{
    PROXTOP=$BUILD_GCC/proxtop test_lab_bats "profiler of real guests" "${TEST_LAB_PROFILER[@]}"
}

# ---- then figures against a second source, and nothing else ----

test_queue_disks()
{
    PROXTOP=$BUILD_GCC/proxtop test_lab_bats "lab: disks and networks" "${TEST_LAB_DISKS[@]}"
}

test_queue_monitors()
{
    PROXTOP=$BUILD_GCC/proxtop test_lab_bats "lab: monitors" "${TEST_LAB_MONITORS[@]}"
}

test_queue_devices()
{
    PROXTOP=$BUILD_GCC/proxtop test_lab_bats "lab: devices" "${TEST_LAB_DEVICES[@]}"
}

# ---- and alone what wants the CPUs for itself ----

test_lab()
{
    local shared=" ${TEST_LAB_PLAIN[*]} ${TEST_LAB_SANITIZED[*]} ${TEST_LAB_PROFILER[*]} ${TEST_LAB_DISKS[*]} "
    shared+=" ${TEST_LAB_MONITORS[*]} ${TEST_LAB_DEVICES[*]} "
    local alone=() file name
    for file in tests/lab/*.bats; do
        name=$(basename "$file" .bats)
        [[ $shared == *" $name "* ]] || alone+=("$file")
    done
    PROXTOP=$BUILD_GCC/proxtop test_bats "lab" "${alone[@]}"
}

# Every metric has a value in some golden or lab test.
test_coverage()
{
    local log=$TEST_BUILD/coverage.log
    test_section "coverage"
    shopt -s nullglob
    tests/coverage/coverage.sh tests/unit/metrics.tsv "$TEST_BUILD/gcc/tests/golden/coverage.tsv" \
        "$TEST_BUILD"/coverage/*.tsv >"$log" 2>&1
    shopt -u nullglob
    [[ -s $log ]] || echo "not ok coverage was not told" >"$log"
    test_tap "$log"
}

main()
{
    if [[ ${1:-} == --long ]]; then
        TEST_LONG=true
        FUZZ_SECONDS=3600
    elif (($#)); then
        echo "test: only --long is allowed, not '$1'" >&2
        exit 2
    fi
    mkdir -p "$TEST_BUILD"
    packages_require test || exit 1
    # Labs that begin at the same time would all want to make it.
    tools/guest-image.sh || exit 1
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    export LAB_OUT=$TEST_BUILD/coverage
    export BUILD_GCC=$TEST_BUILD/gcc BUILD_ASAN=$TEST_BUILD/asan BUILD_TSAN=$TEST_BUILD/tsan
    trap test_end_queues EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    test_builds
    export RUNLAB_SHARED=1
    # Not all at once: what waits for what comes must not wait for the CPUs all the time.
    test_queue_start work
    test_queue_run cli screen profiler
    test_queue_run sanitized guests
    test_queue_join work
    test_queue_run disks monitors devices
    unset RUNLAB_SHARED
    PROXTOP=$BUILD_GCC/proxtop test_bats "steady cycle, races" tests/plain/*.bats
    test_lab
    test_coverage
    if [[ $TEST_LONG == true ]]; then
        PROXTOP=$BUILD_GCC/proxtop test_bats "soak (long)" tests/long/*.bats
        PROXTOP=$BUILD_ASAN/proxtop test_bats "soak (long), ASan and UBSan" tests/long/*.bats
    else
        echo "not run without --long: an hour of fuzzing per target, tests/long"
    fi
    echo "took $SECONDS s"
    if ((SKIPPED)); then
        echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
    else
        echo "$PASSED passed, $FAILED failed"
    fi
    ((FAILED == 0 && PASSED > 0))
}

# On one line: the script may change while it runs.
main "$@"; exit
