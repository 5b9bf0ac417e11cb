#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Proxmox VE connector with real QEMUs on a host that looks like one of Proxmox VE.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    load pve.bash
    pve_up
    pve_start_full 100 web
    pve_configure 100 <<'CONF'
#Shop%0AsecondLine%3A [none]
cores: 2
efidisk0: local-lvm:vm-100-disk-2,size=528K
ide0: local:iso/tools.iso,media=cdrom,size=2M
ide2: none,media=cdrom
lock: backup
memory: current=128
name: web
net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,tag=20
scsi0: local-lvm:vm-100-disk-0,iothread=1,size=32M
smbios1: uuid=00000000-0000-4000-8000-000000000100
tags: prod;web
virtio0: local-lvm:vm-100-disk-1,iothread=1,size=16M

[PENDING]
cores: 4
name: pending

[before]
name: snapshot
lock: snapshot
memory: 4096
net5: virtio=BC:24:11:00:00:05,bridge=vmbr5
CONF
    pve_start 101 idle
    printf 'name: idle\r\nmemory:\t32\r\ntemplate: 1\r\nsmbios1: uuid=%s\r\ntags: a; b,c\r\n' \
        "$(pve_uuid 100)" | pve_configure 101
    pve_start 102 bare
    pve_wait 100
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
    JSON=$BATS_TEST_TMPDIR/cycles
}

# pve_as_nobody FILE ARG...: a copy that nobody may run, wherever the checkout is.
pve_as_nobody()
{
    local file=$1
    shift
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    HOME=/nonexistent timeout 600 setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all \
        env "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --printer=json "$@" >"$file" 2>"$file.err" 3>&- 4>&- </dev/null || {
        cat "$file.err" >&2
        return 1
    }
}

@test "Proxmox VE is the first that is looked for" {
    libvirtd_start
    proxtop_json "$JSON" --interval=1 --runs=2
    libvirtd_kill9
    check_json "$JSON" 'all(.[]; [.domains[].name] == ["bare", "idle", "web"])'
    [ "$(cat "$JSON.err")" = "$(grep -E 'using Proxmox VE: 3 VMs \(/etc/pve is there\)$' "$JSON.err")" ]
    # An option that names a connection means it.
    run -2 --separate-stderr "$PROXTOP" --proxmox --libvirt
    [[ $stderr == *"only one hypervisor"* ]]
}

@test "qm on PATH is enough, and is not started" {
    mv /etc/pve "$PROXTOP_LAB/etc-pve"
    mkdir -p "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\ntouch %s/started\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bin/qm"
    chmod +x "$BATS_TEST_TMPDIR/bin/qm"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH proxtop_json "$JSON" --interval=1 --runs=1
    proxtop_json "$JSON.without" --processes --interval=1 --runs=1
    mv "$PROXTOP_LAB/etc-pve" /etc/pve
    grep -q 'using Proxmox VE: 3 VMs (qm is there)$' "$JSON.err"
    [ ! -e "$BATS_TEST_TMPDIR/started" ]
    # The command lines know names, too.
    check_json "$JSON" 'last | [.domains[].name] == ["bare", "idle", "web"]'
    check_json "$JSON.without" 'last | all(.domains[]; .vmid == null)'
}

@test "name, UUID, tags, lock and memory are those of the configuration" {
    proxtop_json "$JSON" --proxmox --mem --verbose --interval=1 --runs=2
    check_json "$JSON" 'last | vm("web") | .vmid == 100'
    check_json "$JSON" 'last | vm("web") | .tags == ["prod", "web"] and .lock == "backup" and .ram_max == 131072'
    check_json "$JSON" 'last | vm("idle") | .tags == ["a", "b", "c"] and (has("lock") | not) and .ram_max == 32768'
    check_json "$JSON" 'last | vm("bare") | (has("tags") | not) and .UUID == "00000000-0000-4000-8000-000000000102"'
    # Two VMs with one UUID are two.
    check_json "$JSON" 'last | vm("web").UUID == vm("idle").UUID and (.domains | length) == 3'
    proxtop_json "$JSON" --proxmox --json=lines --interval=1 --runs=1
    check_json "$JSON" 'map(select(.type == "vm" and .name == "web")) | .[0] | .tags == "prod;web" and .lock == "backup"'
    [ ! -s "$JSON.err" ]
}

@test "CPU, state, disks and NICs of a real guest" {
    proxtop_json "$JSON" --proxmox --devices --verbose --interval=1 --runs=6
    check_json "$JSON" 'last | vm("web") | .state == "running" and .stale == 0 and .cpu_cores == 2 and .cpu_total > 0'
    check_json "$JSON" 'last | vm("idle") | .state == "paused" and .cpu_cores == 2'
    check_json "$JSON" 'last | vm("web") | .ram_actual == 131072'
    check_json "$JSON" 'last | vm("web").disks | map(.disk_name) | sort == ["ide0", "ide2", "scsi0", "virtio0"]'
    # What can be taken out, and what is the firmware's, is no part of the totals.
    check_json "$JSON" 'last | vm("web") | .disk_size_capacity == 48 * 1048576'
    check_json "$JSON" '[.[] | vm("web").disk_writes | select(. != null)] | max > 0'
    check_json "$JSON" 'last | vm("web").nics | map([.nic, .nic_name, .nic_kind]) == [["net0", "tap100i0", "tap"]]'
    check_json "$JSON" 'last | vm("web").nics[0] | .net_receivedBytes != null'
    check_json "$JSON" 'last | vm("web").net_interfaces == "tap100i0"'
}

@test "without QMP the disks are those of the configuration, without figures" {
    proxtop_json "$JSON" --proxmox --devices --disk --verbose --qmp-interval=0 --interval=1 --runs=2
    check_json "$JSON" 'last | vm("web").disks | map(.disk_name) == ["efidisk0", "ide0", "ide2", "scsi0", "virtio0"]'
    check_json "$JSON" 'last | vm("web").disks[3] | .disk_size_capacity == 33554432 and .disk_reads == null'
    check_json "$JSON" 'last | vm("web") | .disk_reads == null and .disk_size_capacity == 50331648'
}

@test "pid files that are stale, of others or of other daemons make no VM" {
    sleep 300 3>&- 4>&- &
    echo 999999 >"$PVE_RUN/200.pid"
    echo $! >"$PVE_RUN/201.pid"
    pve_pid 100 >"$PVE_RUN/202.pid"
    pve_pid 100 >"$PVE_RUN/qsd-100.pid"
    touch "$PVE_RUN/203.pid"
    # A VM that is not of Proxmox VE.
    guest_start lab-other 1 idle
    proxtop_json "$JSON" --interval=1 --runs=1
    guest_stop lab-other
    kill $!
    rm -f "$PVE_RUN"/20?.pid "$PVE_RUN"/qsd-100.pid
    check_json "$JSON" 'last | [.domains[].name] == ["bare", "idle", "web"]'
    grep -q 'using Proxmox VE: 3 VMs, and 1 QEMU process that it does not know' "$JSON.err"
}

@test "the figures go on over changes of the configuration, and without it" {
    proxtop_watch "$JSON" --proxmox --cpu --verbose --log-level=notice --interval=1
    wait_for 60 grep -q '"name":"idle"' "$JSON"
    printf 'name: renamed\nlock: migrate\n' | pve_configure 101
    wait_for 60 grep -q '"name":"renamed"' "$JSON"
    # It goes to the node that the VM migrates to, while the VM is still here.
    rm "$PVE_CONF/101.conf"
    pve_start 103 later
    wait_for 60 grep -q '"name":"later"' "$JSON"
    pve_stop 103
    cycle_comes "$JSON" 'has_vm("later") | not'
    proxtop_stop
    printf 'name: idle\n' | pve_configure 101
    check_json "$JSON" 'last | vm("renamed") | .lock == "migrate" and .vmid == 101'
    check_json "$JSON" 'all(.[]; .domains | map(.vmid) | index(101) != null)'
    check_json "$JSON" 'last | has_vm("later") | not'
    [ ! -s "$JSON.err" ]
}

@test "an /etc/pve that hangs delays nothing, and what was read stays" {
    local deaf dir=/etc/pve/nodes/$PVE_NODE/qemu-server
    proxtop_watch "$JSON" --proxmox --cpu --interval=1
    wait_for 60 grep -q '"name":"idle"' "$JSON"
    python3 "$LAB_TESTS/deaf_mount.py" "$dir" 3>&- 4>&- &
    deaf=$!
    wait_for 60 grep -q 'reading the configurations of VMs takes longer' "$JSON.err"
    pve_start 104 later
    wait_for 60 grep -q '"name":"later"' "$JSON"
    kill $deaf
    wait_for 60 process_is_gone $deaf
    umount "$dir"
    printf 'name: better\n' | pve_configure 104
    wait_for 60 grep -q '"name":"better"' "$JSON"
    cycles_pass 2 "$JSON"
    proxtop_stop
    pve_stop 104
    check_cycles "$JSON" - 2
    check_json "$JSON" 'all(.[1:][]; vm("web").tags == ["prod", "web"] and vm("web").lock == "backup" and has_vm("idle"))'
    [ "$(grep -c 'takes longer' "$JSON.err")" -eq 1 ]
}

@test "an unprivileged user sees VMs by their command lines, and is told once what is missing" {
    pve_as_nobody "$JSON" --proxmox --cpu --mem --net --devices --verbose --log-level=notice --interval=1 --runs=6
    check_json "$JSON" 'last | [.domains[].name] == ["bare", "idle", "web"] and [.domains[].vmid] == [102, 101, 100]'
    check_json "$JSON" 'last | vm("web") | .cpu_total > 0 and .ram_rss > 0 and .state == "unknown" and .stale == null'
    check_json "$JSON" 'last | vm("web").nics | map([.nic, .nic_name]) == [["net0", "tap100i0"]]'
    check_json "$JSON" 'last | vm("web") | (has("tags") | not) and .net_receivedBytes != null'
    [ "$(wc -l <"$JSON.err")" -eq 1 ]
    grep -q 'qemu-server.*CAP_DAC_OVERRIDE' "$JSON.err"
}

@test "in a container the directories have other names" {
    mkdir -p "$PROXTOP_LAB/host"
    ln -sfn "$PVE_RUN" "$PROXTOP_LAB/host/run"
    ln -sfn "$PVE_CONF" "$PROXTOP_LAB/host/conf"
    proxtop_json "$JSON" --proxmox --procfs=/proc --pve-run="$PROXTOP_LAB/host/run" --pve-conf="$PROXTOP_LAB/host/conf" \
        --interval=1 --runs=3
    check_json "$JSON" 'last | vm("web") | .tags == ["prod", "web"] and .state == "running"'
    # These options alone do not choose Proxmox VE.
    mv /etc/pve "$PROXTOP_LAB/etc-pve"
    proxtop_json "$JSON" --pve-run="$PROXTOP_LAB/host/run" --interval=1 --runs=1
    mv "$PROXTOP_LAB/etc-pve" /etc/pve
    grep -q 'using the list of processes' "$JSON.err"
    # Not there at all: the command lines must do, and it is told.
    proxtop_json "$JSON" --proxmox --pve-run="$PROXTOP_LAB/nothing" --pve-conf="$PROXTOP_LAB/nothing" --interval=1 --runs=1
    check_json "$JSON" 'last | [.domains[].name] == ["bare", "idle", "web"]'
    grep -q -- '--pve-run' "$JSON.err"
    [ "$(wc -l <"$JSON.err")" -eq 2 ]
}
