#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a steady cycle must not do: open, walk, allocate. Brings its own instruments, so it is not run
# under ASan as well.

bats_require_minimum_version 1.5.0

setup_file()
{
    load ../cli/env.bash
    lookalikes_start 20 "$PROXTOP_LAB/vms" --tap
    # Whoever starts a program anywhere on this host has proxtop look for VMs: here nobody is seen to.
    cp /proc/stat "$PROXTOP_LAB/stat"
    mount --bind "$PROXTOP_LAB/stat" /proc/stat
}

teardown_file()
{
    load ../cli/env.bash
    umount /proc/stat
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load ../cli/env.bash
    cd "$BATS_TEST_TMPDIR" || return
    all=(--processes --qmp-interval=3600 --cpu --mem --disk --net --io --pressure --verbose --devices
        -p json --interval=0.5 --runs=16)
    learned=(--processes --qmp-interval=3600 --interval=0.5 --runs=16 --buffersize=1 --output-freq=0
        --state-dir=states)
}

# Every collector brought figures: of VMs, of their vCPUs, disks and NICs, and of the host's devices.
everything_is_there()
{
    [ "$(wc -l <"$1")" -eq 16 ]
    tail -n 1 "$1" | jq -e '[.host | .psi_some_cpu_avg10, (.block_devices | length > 0)] +
        [.domains[] | .cpu_total, .ram_rss, .io_rchar, .net_receivedBytes, (.vcpus | length == 2),
            .disks[0].disk_size_capacity, (.nics | length == 1)] | all(. != null and . != false)'
}

# quiet_trace FILE: of the windows of half a second, one has no open and no walk.
quiet_trace()
{
    python3 - "$1" <<'EOF'
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

# quiet_allocator FILE: of the windows of a second, one has no call of the allocator.
quiet_allocator()
{
    python3 - "$1" <<'EOF'
import struct, sys
words = struct.unpack("<%dQ" % (5 * 120), open(sys.argv[1], "rb").read(8 * 5 * 120))
tenths = [sum(words[5 * k:5 * k + 4]) for k in range(1, 120)]
windows = [sum(tenths[k:k + 10]) for k in range(30, 70)]
print("allocator calls per second:", windows)
assert sum(tenths[:10]) > 0, "nothing was counted"
assert min(windows) == 0
EOF
}

# Steady begins when the threads were listed twice and nothing was started for a while; the other
# collectors' beat of 10 s is not part of a cycle, nor are the monitors, which are asked at the start
# only: what they told of the disks stays. A machine that is at something else draws the beginning out:
# then there is another try. The quietest of several windows is asked for.
@test "a steady cycle opens nothing and walks no directory" {
    until_judged measure_opens
}

measure_opens()
{
    strace -f -ttt -e trace=openat,getdents64,execve -o trace "$PROXTOP" "${all[@]}" \
        >out 2>/dev/null
    everything_is_there out
    quiet_trace trace
}

@test "a steady cycle allocates nothing" {
    until_judged measure_allocations
}

measure_allocations()
{
    LD_PRELOAD=$BUILD_GCC/bench/liballoccount.so ALLOCCOUNT_FILE=$PWD/alloc "$PROXTOP" "${all[@]}" \
        >out 2>/dev/null
    everything_is_there out
    quiet_allocator alloc
}

# everything_is_learned FILE: of each VM and each metric, a step per sample but for the first ones;
# not of how busy its disk is, as an image may lie on what has no device.
everything_is_learned()
{
    jq -es 'length == 20 and all(.[]; .profile.ext.metrics | del(.disk) |
        length == 10 and all(.[]; .steps >= 12))' "$1" ||
        { jq -c '.profile.ext.metrics | map_values(.steps)' "$1" | head -n 3; return 1; }
}

# Each sample is a step, which is the most that there is to do.
@test "a sample of proxprofiler without output opens nothing and walks no directory" {
    until_judged measure_learning_opens
}

measure_learning_opens()
{
    strace -f -ttt -e trace=openat,getdents64,execve -o trace "$PROXPROFILER" "${learned[@]}" \
        >out 2>/dev/null
    everything_is_learned out
    quiet_trace trace
}

@test "a sample of proxprofiler without output allocates nothing" {
    until_judged measure_learning_allocations
}

measure_learning_allocations()
{
    LD_PRELOAD=$BUILD_GCC/bench/liballoccount.so ALLOCCOUNT_FILE=$PWD/alloc "$PROXPROFILER" \
        "${learned[@]}" >out 2>/dev/null
    everything_is_learned out
    quiet_allocator alloc
}
