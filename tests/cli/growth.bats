#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What must not grow.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 20 "$PROXTOP_LAB/vms"
}

teardown_file()
{
    load env.bash
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
}

@test "descriptors and memory do not grow while VMs come and go" {
    "$PROXTOP" --processes --cpu --mem --verbose -p json --interval=0.2 >/dev/null 2>err 3>&- &
    pid=$!
    sleep 3
    fds=$(ls /proc/$pid/fd | wc -l)
    rss=0
    for i in 1 2 3; do
        lookalikes_start 30 "$PROXTOP_LAB/more$i" --first-id=1000
        sleep 3
        lookalikes_stop "$PROXTOP_LAB/more$i"
        sleep 3
        # The first round brings the buffers to their size.
        [ $i -gt 1 ] || rss=$(awk '$1 == "VmRSS:" { print $2 }' /proc/$pid/status)
    done
    [ "$(ls /proc/$pid/fd | wc -l)" -le "$((fds + 2))" ]
    now=$(awk '$1 == "VmRSS:" { print $2 }' /proc/$pid/status)
    echo "RSS $rss KB, then $now KB"
    # ASan keeps freed memory apart for a while.
    [[ $PROXTOP == *asan* ]] || [ "$now" -le "$((rss + 512))" ]
    # Ends cleanly: under ASan, with no leak.
    kill -TERM $pid
    wait $pid
    run ! grep -q 'Sanitizer' err
}
