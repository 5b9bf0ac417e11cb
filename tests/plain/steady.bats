#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a steady cycle must not do: open, walk, allocate. Brings its own instruments, so it is not run
# under ASan as well.

bats_require_minimum_version 1.5.0

setup_file()
{
    load ../cli/env.bash
    lookalikes_start 20 "$PROXTOP_LAB/vms"
}

teardown_file()
{
    load ../cli/env.bash
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load ../cli/env.bash
    cd "$BATS_TEST_TMPDIR" || return
}

# Steady begins when the threads were listed twice and nothing was started for a while; the other
# collectors' beat of 10 s is not part of a cycle. Forks anywhere on the host bring a lookup, so the
# quietest of several windows is asked for.
@test "a steady cycle opens nothing and walks no directory" {
    strace -f -ttt -e trace=openat,getdents64,execve -o trace "$PROXTOP" --processes --cpu --mem \
        --verbose -p json --interval=0.5 --runs=16 >out 2>/dev/null
    [ "$(wc -l <out)" -eq 16 ]
    python3 - trace <<'EOF'
import re, sys
times = [float(line.split()[1]) for line in open(sys.argv[1]) if re.search(r'openat|getdents64', line)]
start, end = times[0], float(open(sys.argv[1]).readlines()[-1].split()[1])
windows = []
t = start + 3
while t + 0.5 <= end:
    windows.append(sum(t <= x < t + 0.5 for x in times))
    t += 0.25
print("opens and walks per half second:", windows)
assert windows and min(windows) == 0
EOF
}

@test "a steady cycle allocates nothing" {
    LD_PRELOAD=$BUILD_GCC/bench/liballoccount.so ALLOCCOUNT_FILE=$PWD/alloc "$PROXTOP" --processes \
        --cpu --mem --verbose -p json --interval=0.5 --runs=16 >out 2>/dev/null
    [ "$(wc -l <out)" -eq 16 ]
    python3 - alloc <<'EOF'
import struct, sys
words = struct.unpack("<%dQ" % (5 * 120), open(sys.argv[1], "rb").read(8 * 5 * 120))
tenths = [sum(words[5 * k:5 * k + 4]) for k in range(1, 120)]
windows = [sum(tenths[k:k + 10]) for k in range(30, 70)]
print("allocator calls per second:", windows)
assert sum(tenths[:10]) > 0, "nothing was counted"
assert min(windows) == 0
EOF
}
