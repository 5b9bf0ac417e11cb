#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test of the tree: ./dev test [--long]. Each part declares its tier by where it is called:
# short ones always run, long ones with --long only, and are named when they do not. The last line
# says "N passed, N failed".
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
TEST_BACKGROUND=''
TEST_SCREEN=''
TEST_PROFILER=''
TEST_BUILD=$TEST_ROOT/build/test

# test_count PASSED FAILED [SKIPPED]
test_count()
{
    PASSED=$((PASSED + $1))
    FAILED=$((FAILED + $2))
    SKIPPED=$((SKIPPED + ${3:-0}))
}

test_section()
{
    echo "== $* ($SECONDS s)"
}

# test_step NAME COMMAND...: one test, which is a command that must succeed.
test_step()
{
    local name=$1
    shift
    if "$@"; then
        echo "ok $name"
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
    echo "$passed passed, $failed failed, $skipped skipped"
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
    local name=$1
    shift
    test_section "$name"
    test_run_bats "$TEST_BUILD/bats.log" "$name" "$@"
    test_tap "$TEST_BUILD/bats.log"
}

# Lint and fuzzing need the CPUs, most of the other tests wait for clocks: so they run beside those
# of which none measures.
test_start_background()
{
    {
        tools/lint.sh >"$TEST_BUILD/lint.log" 2>&1
        fuzz/run.sh "$FUZZ_SECONDS" "$TEST_BUILD/fuzz" >"$TEST_BUILD/fuzz.log" 2>&1
    } </dev/null &
    TEST_BACKGROUND=$!
    trap 'kill $TEST_BACKGROUND $TEST_SCREEN $TEST_PROFILER 2>/dev/null' EXIT
    # They share the machine with what follows, which has the first right to it.
    renice -n 10 "$TEST_BACKGROUND" >/dev/null
}

# The screen's tests wait for what they see, and nothing in them is measured: they run beside the
# command line's. With sanitizers, but for the keys, of which there are many.
test_start_screen()
{
    local rest=() file
    for file in tests/tui/*.bats; do
        [[ $file == tests/tui/keys* || $file == tests/tui/views* ]] || rest+=("$file")
    done
    {
        PROXTOP=$BUILD_GCC/proxtop RUNLAB_SHARED=1 test_run_bats "$TEST_BUILD/keys.log" "screen: keys" \
            tests/tui/{keys,views}*.bats
        PROXTOP=$BUILD_ASAN/proxtop RUNLAB_SHARED=1 test_run_bats "$TEST_BUILD/screen.log" \
            "screen, ASan and UBSan" "${rest[@]}"
    } </dev/null &
    TEST_SCREEN=$!
}

test_screen()
{
    wait "$TEST_SCREEN"
    test_section "screen: keys"
    test_tap "$TEST_BUILD/keys.log"
    test_section "screen, ASan and UBSan"
    test_tap "$TEST_BUILD/screen.log"
}

# A guest is watched for minutes, and all that counts is how long it is busy and idle.
test_start_profiler()
{
    PROXTOP=$BUILD_GCC/proxtop RUNLAB_SHARED=1 test_run_bats "$TEST_BUILD/profiler.log" \
        "profiler of real guests" tests/lab/profiler.bats </dev/null &
    TEST_PROFILER=$!
}

test_profiler()
{
    wait "$TEST_PROFILER"
    test_section "profiler of real guests"
    test_tap "$TEST_BUILD/profiler.log"
}

test_fuzz()
{
    local log=$TEST_BUILD/fuzz.log passed failed
    test_section "fuzzing, $FUZZ_SECONDS s each"
    grep -q '^FAILED' "$log" && cat "$log"
    if read -r passed _ failed _ < <(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1); then
        test_count "$passed" "$failed"
        tail -n 1 "$log"
    else
        test_count 0 1
    fi
}

test_builds()
{
    test_section "builds"
    export CC
    CC=gcc test_step "gcc, warnings as errors" \
        build_directory "$TEST_BUILD/gcc" --werror -Dtests=true -Dbench=true
    CC=clang test_step "clang, warnings as errors, ASan and UBSan" \
        build_directory "$TEST_BUILD/asan" --werror -Dtests=true -Db_sanitize=address,undefined
    CC=clang test_step "clang, TSan" \
        build_directory "$TEST_BUILD/tsan" --werror -Db_sanitize=thread
    CC=clang test_step "clang, libFuzzer" \
        build_directory "$TEST_BUILD/fuzz" --werror -Dfuzz=true -Db_sanitize=address,undefined
    CC=gcc test_step "gcc without libvirt" \
        build_directory "$TEST_BUILD/minimal" --werror -Dlibvirt=disabled
    test_step "what ./dev build makes" build_release
    unset CC
}

test_lint()
{
    local log=$TEST_BUILD/lint.log
    test_section "lint"
    test_tap "$log"
}

# With sanitizers, but for the files in which sizes count; the largest with both builds.
test_cli()
{
    local plain=(tests/cli/{descriptors,growth}.bats) both=(tests/cli/{serve,tcp}.bats) sanitized=() file
    for file in tests/cli/*.bats; do
        [[ " ${plain[*]} " == *" $file "* ]] || sanitized+=("$file")
    done
    PROXTOP=$BUILD_GCC/proxtop test_bats "command line" "${plain[@]}" "${both[@]}"
    PROXTOP=$BUILD_ASAN/proxtop test_bats "command line, ASan and UBSan" "${sanitized[@]}"
}

# Each file once, with the build that finds more in it: sanitizers where errors of memory hide, the
# plain one where figures and times count. Where both do, with both.
test_lab()
{
    local sanitized=(tests/lab/{connectors,lifecycle,pve}.bats) plain=() file
    for file in tests/lab/*.bats; do
        [[ " ${sanitized[*]} tests/lab/profiler.bats " == *" $file "* ]] || plain+=("$file")
    done
    PROXTOP=$BUILD_GCC/proxtop test_bats "lab" "${plain[@]}"
    PROXTOP=$BUILD_ASAN/proxtop test_bats "lab, ASan and UBSan" "${sanitized[@]}" tests/lab/robustness.bats
}

# What is made of the tables is as they are; packages build, install, run and go again.
test_packages()
{
    test_section "packages"
    tools/package.sh --test >"$TEST_BUILD/package.log" 2>&1 </dev/null ||
        grep -q '^not ok' "$TEST_BUILD/package.log" || echo "not ok packages (exit)" >>"$TEST_BUILD/package.log"
    test_tap "$TEST_BUILD/package.log"
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
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    export LAB_OUT=$TEST_BUILD/coverage
    export BUILD_GCC=$TEST_BUILD/gcc BUILD_ASAN=$TEST_BUILD/asan BUILD_TSAN=$TEST_BUILD/tsan
    test_builds
    test_start_background
    test_meson "gcc" "$TEST_BUILD/gcc"
    test_meson "clang with ASan and UBSan" "$TEST_BUILD/asan"
    test_start_screen
    test_start_profiler
    export RUNLAB_SHARED=1
    test_cli
    PROXTOP=$BUILD_GCC/proxtop test_bats "receivers" tests/receivers/*.bats
    PROXTOP=$BUILD_GCC/proxtop test_bats "what is contributed" tests/contrib/*.bats
    unset RUNLAB_SHARED
    test_screen
    test_profiler
    wait "$TEST_BACKGROUND"
    trap - EXIT
    test_lint
    test_fuzz
    PROXTOP=$BUILD_GCC/proxtop test_bats "steady cycle, races" tests/plain/*.bats
    test_packages
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
