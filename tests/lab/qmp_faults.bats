#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Monitors that hang, lie or vanish, and QEMUs that stop or are another one all of a sudden: what is
# shown of other VMs stays as it is, and nothing is shown that is not true.

bats_require_minimum_version 1.5.0

BAD_KINDS="mute half endless deep wide garbled vanishing"
ANSWERING_KINDS="mistyped refusing"

setup_file()
{
    load env.bash
    load pve.bash
    pve_up
    pve_start 300 good -drive "file=$(pve_image 300-ide0 2M),if=none,id=drive-ide0,format=raw" \
        -device ide-hd,drive=drive-ide0,id=ide0
    pve_start_full 301 writes
}

teardown_file()
{
    load env.bash
    load pve.bash
    pve_down
    lab_end
}

setup()
{
    load env.bash
    load pve.bash
    # Where the lab's build has its look-alikes.
    LOOKALIKE=${BUILD_GCC:-$LAB_ROOT/build/test/gcc}/bench/lookalike
    JSON=$BATS_TEST_TMPDIR/cycles
    STOPPED=
    STARTED=()
}

# What a failed test has left stopped or running would fail the next one, too.
teardown()
{
    if [[ -n $STOPPED ]]; then
        kill -CONT "$STOPPED" 2>/dev/null || true
    fi
    if ((${#STARTED[@]})); then
        kill -KILL "${STARTED[@]}" 2>/dev/null || true
    fi
}

# bad_start KIND: a process that is called bad-KIND and has a monitor that behaves so.
bad_start()
{
    local path=$BATS_TEST_TMPDIR/$1.qmp
    (exec -a /usr/bin/qemu-system-x86_64 /usr/bin/python3 "$LAB_TESTS/bad_monitor.py" "$1" "$path" \
        -name "guest=bad-$1,debug-threads=on" -chardev "socket,id=qmp,path=$path,server=on,wait=off" \
        -mon chardev=qmp,mode=control 3>&- 4>&- </dev/null) &
    STARTED+=($!)
    disown $!
    wait_for 60 test -S "$path"
}

@test "monitors that never greet, answer by halves, without end, wrongly or not as JSON" {
    for kind in $BAD_KINDS $ANSWERING_KINDS; do
        bad_start "$kind"
    done
    until_judged measure_bad
}

measure_bad()
{
    local kind
    proxtop_watch "$JSON" --processes --devices --verbose --interval=1 --qmp-interval=1 --runs=15
    proxtop_finish
    check_cycles "$JSON" 15 1.1
    check_json "$JSON" 'all(.[]; vm("good") | .stale == 0 and .state == "paused")'
    check_json "$JSON" 'last | vm("good").disks | map(.disk_name) == ["ide0"]'
    for kind in $BAD_KINDS; do
        check_json "$JSON" "last | vm(\"bad-$kind\") | .stale > 5 and .state == \"unknown\" and .ram_rss > 0"
        [ "$(grep -c "VM 'bad-$kind' does not answer: QMP" "$JSON.err")" -eq 1 ]
    done
    grep -q "VM 'bad-mute' does not answer: QMP busy" "$JSON.err"
    grep -q "VM 'bad-wide' does not answer: QMP: endless answer" "$JSON.err"
    check_json "$JSON" 'last | vm("bad-mistyped") | .stale == 0 and .disk_reads == null and .ram_actual == null'
    check_json "$JSON" 'last | vm("bad-refusing") | .stale == 0 and .disk_reads == null and .ram_actual == null'
}

@test "a QEMU that is stopped for a while and goes on: no rate is made up" {
    pve_wait 301
    until_judged measure_stopped
}

measure_stopped()
{
    proxtop_watch "$JSON" --proxmox --disk --cpu --devices --verbose --interval=1 --qmp-interval=1
    cycle_comes "$JSON" 'vm("writes").disk_writes > 0'
    cycles_pass 5 "$JSON"
    STOPPED=$(pve_pid 301)
    kill -STOP "$STOPPED"
    cycles_pass 8 "$JSON"
    kill -CONT "$STOPPED"
    # It is asked again some seconds after it goes on.
    cycle_comes "$JSON" 'vm("writes") | .stale == 0 and .disk_writes != null'
    cycles_pass 5 "$JSON"
    proxtop_stop
    check_cycles "$JSON" - 1.1
    check_json "$JSON" 'all(.[]; vm("good").stale == 0)'
    check_json "$JSON" '[.[] | vm("writes").stale] | max > 3 and last == 0'
    # No answer, no rate; of its process all is known.
    check_json "$JSON" 'all(.[] | vm("writes") | select(.stale > 0); .disk_writes == null and .cpu_total != null)'
    check_json "$JSON" '[.[] | vm("writes") | select(.stale > 0).cpu_total] | min < 5'
    # What it did before and after.
    check_json "$JSON" '[.[] | vm("writes").disk_writes] | .[:6] as $before | .[-4:] as $after |
        ($before | max) > 0 and ($after | min) > 0 and max < 5 * ($before + $after | max)'
    check_json "$JSON" 'all(.[] | vm("writes").cpu_total | select(. != null); . <= 100)'
}

@test "a QEMU that is killed and started again under its VMID is another one" {
    until_judged measure_again
}

measure_again()
{
    pve_stop 302
    # This one does next to nothing, so that all counters of the second one are ahead.
    pve_start 302 again -drive "file=$(pve_image 302-virtio0 16M),if=none,id=drive-virtio0,format=raw" \
        -device virtio-blk-pci,drive=drive-virtio0,id=virtio0
    printf 'name: again\n' | pve_configure 302
    proxtop_watch "$JSON" --proxmox --disk --cpu --devices --verbose --interval=1 --qmp-interval=1
    wait_for 60 grep -q '"disk_name":"virtio0"' "$JSON"
    cycles_pass 3 "$JSON"
    # It must not see what is between the two.
    STOPPED=$(pgrep -x proxtop)
    kill -STOP "$STOPPED"
    kill -KILL "$(pve_pid 302)"
    wait_for 60 eval '! pve_pid 302'
    pve_start_full 302 again
    pve_wait 302
    pid=$(pve_pid 302)
    kill -CONT "$STOPPED"
    cycle_comes "$JSON" "vm(\"again\") | .pid == $pid and .disk_writes > 0 and .cpu_total != null"
    cycles_pass 8 "$JSON"
    proxtop_stop
    # shellcheck disable=SC2016 # jq's own variables
    check_json "$JSON" '([.[] | vms("again").pid] | unique | length) == 2'
    check_json "$JSON" "map(vms(\"again\") | select(.pid == $pid)) | length > 5 and
        (.[0] | .cpu_total == null and .disk_writes == null and .disk_mbwrite == null) and
        (last | .disk_writes > 0 and .cpu_total != null and .stale == 0)"
    check_json "$JSON" "map(vms(\"again\") | select(.pid == $pid)) |
        all(.[]; (.cpu_total // 0) <= 100) and ([.[].disk_writes] | max < 5 * (.[-5:] | max))"
}

@test "20 of 60 monitors hang: the others are asked as ever, and no cycle is late" {
    local dir=$PROXTOP_LAB/hung
    mkdir -p "$dir"
    "$LOOKALIKE" --count=60 --vcpus=2 --hung=20 --dir="$dir" >"$dir/log" 2>&1 3>&- 4>&- &
    STARTED+=($!)
    disown $!
    wait_for 60 test -e "$dir/ready"
    until_judged measure_hung
}

measure_hung()
{
    proxtop_watch "$JSON" --processes --devices --verbose --interval=1 --qmp-interval=1 --runs=30
    proxtop_finish
    check_cycles "$JSON" 30 1.1
    check_json "$JSON" 'last | [.domains[] | select(.stale > 5)] | length == 20'
    check_json "$JSON" 'all(.[]; [.domains[] | select(.name | test("vm-000([0-3][0-9]|40)")) | .stale] | length == 40 and max == 0)'
    check_json "$JSON" 'last | [.domains[] | select(.stale == 0 and .disk_reads != null)] | length >= 40'
}
