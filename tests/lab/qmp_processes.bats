#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the processes connector learns from the monitors and the open files of real QEMUs, and that
# it does not disturb who else uses the monitors.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    guest_start lab-disk 1 disk \
        -netdev tap,id=net0,ifname=labtap0,script=no,downscript=no \
        -device virtio-net-pci,netdev=net0,id=net0,mac=52:54:00:00:00:01 \
        -nic user,model=virtio-net-pci \
        -drive if=none,id=drive-ide2,media=cdrom -device ide-cd,drive=drive-ide2,id=ide2
    guest_start lab-idle 1 idle
    guest_wait lab-disk
    guest_wait lab-idle
}

teardown_file()
{
    load env.bash
    lab_end
}

setup()
{
    load env.bash
    JSON=$BATS_TEST_TMPDIR/cycles
}

# disk_counter KEY: of the disk of lab-disk, asked past proxtop.
disk_counter()
{
    guest_qmp lab-disk '{"execute": "query-blockstats"}' |
        jq ".[] | select(.device == \"drive-virtio0\") | .stats.$1"
}

# monitor_hold NAME: has the guest's monitor until $HOLDER ends; returns when it has it.
monitor_hold()
{
    python3 - "$LAB_GUESTS/$1.qmp" "$BATS_TEST_TMPDIR/held" 3>&- 4>&- <<'EOF' &
import pathlib, socket, sys, time
with socket.socket(socket.AF_UNIX) as sock:
    sock.connect(sys.argv[1])
    sock.recv(4096)
    pathlib.Path(sys.argv[2]).touch()
    time.sleep(600)
EOF
    HOLDER=$!
    wait_for 60 test -e "$BATS_TEST_TMPDIR/held"
}

@test "state, balloon and disks come from the monitor" {
    proxtop_json "$JSON" --processes --mem --disk --devices --verbose --interval=1 --runs=4
    check_json "$JSON" 'last | all(.domains[]; .state == "running" and .stale == 0 and .ram_actual == 131072)'
    check_json "$JSON" 'last | vm("lab-idle").disks | map(.disk_name) == ["virtio0"]'
    check_json "$JSON" 'last | vm("lab-disk").disks | map(.disk_name) | sort == ["ide2", "virtio0"]'
    check_json "$JSON" 'last | vm("lab-disk").disks[] | select(.disk_name == "virtio0") |
        .disk_size_capacity == 16777216 and .disk_size_allocation != null and .disk_errors == 0'
    # The drive without a disc does not count.
    check_json "$JSON" 'last | vm("lab-disk").disk_size_capacity == 16777216'
}

@test "Prometheus: what the disk's image is comes from the monitor" {
    page=$BATS_TEST_TMPDIR/page.prom
    "$PROXTOP" --processes -p prometheus -o file --target="$page" --interval=1 --runs=4
    grep 'disk_info{' "$page" # for whoever reads a failure
    image=$(guest_qmp lab-disk '{"execute": "query-block"}' |
        jq -r '.[] | select(.device == "drive-virtio0") | .inserted.file')
    [ -n "$image" ]
    grep 'disk_info{' "$page" | grep 'name="lab-disk"' |
        grep -qF "disk=\"virtio0\",backend=\"file\",source=\"$image\",device=\""
    # The drive without a disc is nothing's.
    grep 'disk_info{' "$page" | grep 'name="lab-disk"' | grep -qF 'disk="ide2",backend="",source="",device=""'
}

@test "requests and bytes are what the monitor counts" {
    until_judged measure_disk
}

measure_disk()
{
    local before bytes start seconds writes rate mean
    before=$(disk_counter wr_operations)
    bytes=$(disk_counter wr_bytes)
    start=$(date +%s%N)
    proxtop_json "$JSON" --processes --disk --devices --verbose --interval=1 --runs=20
    seconds=$(awk -v a="$start" -v b="$(date +%s%N)" 'BEGIN { print (b - a) / 1e9 }')
    writes=$(awk -v a="$before" -v b="$(disk_counter wr_operations)" -v s="$seconds" 'BEGIN { print (b - a) / s }')
    rate=$(awk -v a="$bytes" -v b="$(disk_counter wr_bytes)" -v s="$seconds" 'BEGIN { print (b - a) / s / 1048576 }')
    mean='[.[3:][] | .domains[] | select(.name == "lab-disk") | .disks[] | select(.disk_name == "virtio0")'
    check_near writes/s "$(jq -s "$mean | .disk_writes] | add / length" "$JSON")" "$writes" 40 1
    check_near MB/s "$(jq -s "$mean | .disk_mbwrite] | add / length" "$JSON")" "$rate" 40 0.1
}

@test "a VM that is paused through its monitor shows so" {
    guest_qmp lab-idle '{"execute": "stop"}'
    proxtop_json "$JSON" --processes --interval=1 --runs=2
    guest_qmp lab-idle '{"execute": "cont"}'
    check_json "$JSON" 'last | vm("lab-idle").state == "paused" and vm("lab-disk").state == "running"'
}

@test "NICs by name and by descriptor have their interfaces" {
    # As libvirt does: the tap comes open.
    python3 - "$LAB_GUESTS/lab-open" 3>&- 4>&- <<'EOF'
import fcntl, os, struct, sys
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", b"labtap1", 0x1002))  # TUNSETIFF, tap without header
os.set_inheritable(fd, True)
base = sys.argv[1]
os.execvp("qemu-system-x86_64", ["qemu-system-x86_64", "-name", "guest=lab-open,debug-threads=on",
    "-machine", "pc,accel=tcg", "-m", "32", "-S", "-nodefaults", "-display", "none",
    "-netdev", f"tap,id=host0,fd={fd}", "-device", "e1000,netdev=host0,id=net5,mac=52:54:00:00:00:05",
    "-qmp", f"unix:{base}.qmp,server=on,wait=off", "-pidfile", f"{base}.pid", "-daemonize"])
EOF
    proxtop_json "$JSON" --processes --net --devices --verbose --interval=1 --runs=3
    guest_stop lab-open
    check_json "$JSON" 'last | vm("lab-open").nics | map([.nic, .nic_name, .nic_kind]) == [["net5", "labtap1", "tap"]]'
    check_json "$JSON" 'last | vm("lab-disk").nics | map([.nic, .nic_name, .nic_kind]) ==
        [["net0", "labtap0", "tap"], ["net1", null, "user"]]'
    check_json "$JSON" 'last | vm("lab-disk").nics[0].net_receivedBytes != null'
}

@test "a QEMU that hangs costs only its own freshness" {
    until_judged measure_hanging
    wait_for 60 lab_idle_answers
    proxtop_json "$JSON" --processes --interval=1 --runs=4
    check_json "$JSON" 'last | vm("lab-idle") | .stale == 0 and .state == "running"'
}

lab_idle_answers()
{
    guest_qmp lab-idle '{"execute": "query-status"}'
}

measure_hanging()
{
    STOPPED=$(guest_pid lab-idle)
    kill -STOP "$STOPPED"
    proxtop_json "$JSON" --processes --cpu --mem --verbose --interval=1 --runs=12
    kill -CONT "$STOPPED"
    check_json "$JSON" 'length == 12 and all(.[]; has_vm("lab-idle") and vm("lab-disk").stale == 0)'
    check_json "$JSON" 'last | vm("lab-idle") | .stale > 3 and .cpu_total != null'
    check_json "$JSON" 'last | vm("lab-disk").ram_actual == 131072'
    [ "$(grep -c "VM 'lab-idle' does not answer: QMP busy" "$JSON.err")" -eq 1 ]
}

@test "a monitor that another client holds is let alone, and asked when it is free again" {
    monitor_hold lab-idle
    proxtop_watch "$JSON" --processes --mem --interval=1
    cycle_comes "$JSON" 'vm("lab-idle").stale > 3'
    kill "$HOLDER"
    cycle_comes "$JSON" 'vm("lab-idle").stale == 0'
    proxtop_stop
    check_json "$JSON" 'any(.[]; vm("lab-idle").stale > 0) and (last | vm("lab-idle").stale == 0)'
    [ "$(grep -c "VM 'lab-idle' answers again" "$JSON.err")" -eq 1 ]
}

@test "other clients of a monitor are served while proxtop asks often" {
    proxtop_json "$JSON" --processes --mem --verbose --interval=0.2 --qmp-interval=0.1 --runs=40 &
    watch=$!
    python3 - "$LAB_GUESTS/lab-idle.qmp" <<'EOF'
import socket, sys, time
worst = 0
for _ in range(300):
    start = time.monotonic()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(60)
        sock.connect(sys.argv[1])
        assert b"QMP" in sock.recv(4096)
    worst = max(worst, time.monotonic() - start)
    time.sleep(0.01)
print(f"the longest wait for a greeting: {worst * 1000:.1f} ms")
EOF
    wait "$watch"
    check_json "$JSON" 'last | vm("lab-idle").ram_actual == 131072'
}

@test "as nobody the monitors are missed, and that is said once" {
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    chmod 700 "$LAB_GUESTS"
    HOME=/nonexistent timeout 600 setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
        env "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --printer=json --processes --mem --verbose \
        --interval=1 --runs=5 >"$JSON" 2>"$JSON.err" 3>&- 4>&- </dev/null
    chmod 755 "$LAB_GUESTS"
    check_json "$JSON" 'last | all(.domains[]; .state == "unknown" and .stale == null and .ram_actual == null)'
    check_json "$JSON" 'last | all(.domains[]; .ram_rss > 0)'
    [ "$(grep -c 'monitors of 2 VMs.*CAP_DAC_OVERRIDE' "$JSON.err")" -eq 1 ]
    [ "$(grep -c 'does not answer' "$JSON.err")" -eq 0 ]
}

# Leaks cannot be looked for under strace.
@test "without readings of monitors none is connected to" {
    # A socket is opened by its name, then connected to by its descriptor.
    ASAN_OPTIONS=detect_leaks=0 strace -f -s 256 -e trace=connect,openat,openat2 -o "$BATS_TEST_TMPDIR/trace" "$PROXTOP" -p json --processes --qmp-interval=0 \
        --interval=1 --runs=3 >"$JSON" 2>"$JSON.err"
    run ! grep -q qmp "$BATS_TEST_TMPDIR/trace"
    check_json "$JSON" 'last | all(.domains[]; .state == "unknown" and .stale == null)'
}

@test "libvirt's monitors are not connected to" {
    libvirtd_start
    domain_start lab-domain 1 idle
    ASAN_OPTIONS=detect_leaks=0 strace -f -s 256 -e trace=connect,openat,openat2 -o "$BATS_TEST_TMPDIR/trace" "$PROXTOP" -p json --processes \
        --interval=1 --runs=4 >"$JSON" 2>"$JSON.err"
    grep -q "lab-idle.qmp" "$BATS_TEST_TMPDIR/trace"
    run ! grep -q "monitor.sock" "$BATS_TEST_TMPDIR/trace"
    check_json "$JSON" 'last | vm("lab-domain") | .state == "unknown" and .stale == null'
}
