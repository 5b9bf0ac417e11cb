#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The units of systemd: that it understands them, how little they expose, and that the programs find
# under their restrictions whatever root finds, on real guests.

bats_require_minimum_version 1.5.0

ALL=(--verbose --devices --interval=1)

setup_file()
{
    load units.bash
    units_install
    network_up
    # The names of a dynamic user, which libvirtd wants to know of each client, and nss-systemd tells it.
    mkdir "$PROXTOP_LAB/names"
    cp /etc/{passwd,group} "$PROXTOP_LAB/names"
    echo "proxtop:x:61184:61184::/:/usr/sbin/nologin" >>/etc/passwd
    echo "proxtop:x:61184:" >>/etc/group
    libvirtd_start
    UNITS_DISK=$(mktemp -d "$LAB_IMAGE_DIR/units.XXXXXX")
    export UNITS_DISK
    # On a disk of this machine, where others may not look.
    chmod 700 "$UNITS_DISK"
    truncate -s 16M "$UNITS_DISK/disk.img"
    DOMAIN_NET=10.9.0.2/24 DOMAIN_DEVICES="<disk type='file' device='disk'><driver name='qemu' type='raw'/>
        <source file='$UNITS_DISK/disk.img'/><target dev='vdb' bus='virtio'/></disk>
        <interface type='bridge'><mac address='52:54:00:00:02:01'/><source bridge='lab-br'/>
        <target dev='lab-tap'/><model type='virtio'/></interface>" domain_start lab-unit 2 steady
    domain_wait lab-unit
}

teardown_file()
{
    load units.bash
    lab_end
    network_down
    # No new files: they may be mounts.
    cat "$PROXTOP_LAB/names/passwd" >/etc/passwd
    cat "$PROXTOP_LAB/names/group" >/etc/group
    rm -r "$PROXTOP_LAB/names"
    rm -r "$UNITS_DISK"
    rm -rf "$UNITS_BIN" "$PROXTOP_LAB/state"
}

setup()
{
    load units.bash
    JSON=$BATS_TEST_TMPDIR/cycles
    UNIT_PID='' RECEIVER_PID=''
}

teardown()
{
    units_end
    if [[ -d ${PVE_IMAGES:-} ]]; then
        pve_down
    fi
}

# units_print_all: every unit as it is, and as it is with the drop-in, as files in $BATS_TEST_TMPDIR/how/.
units_print_all()
{
    local unit
    for unit in "${UNITS[@]}"; do
        install -D -m 644 "$UNITS_DIR/$unit" "$BATS_TEST_TMPDIR/plain/$unit"
        install -D -m 644 "$UNITS_BIN/pve-$unit" "$BATS_TEST_TMPDIR/pve/$unit"
    done
    for unit in "$BATS_TEST_TMPDIR"/{plain,pve}/*; do
        # The programs are not installed here.
        sed -i "s#^ExecStart=/usr/bin/#ExecStart=$UNITS_BIN/#" "$unit"
        echo "$unit"
    done
}

@test "systemd understands every line of the units, also with the drop-in for Proxmox VE" {
    local unit
    for unit in $(units_print_all); do
        systemd-analyze verify --man=no --recursive-errors=no "$unit" >"$unit.said" 2>&1 || {
            cat "$unit.said"
            false
        }
        cat "$unit.said"
        [ ! -s "$unit.said" ]
    done
    # It does complain of what it does not understand.
    sed -i 's/^ProtectClock=/ProtectClocks=/' "$unit"
    systemd-analyze verify --man=no --recursive-errors=no "$unit" 2>&1 | grep -q ProtectClocks
}

@test "the units expose little: 2.5 at most, by systemd's own reckoning" {
    local unit
    for unit in $(units_print_all); do
        systemd-analyze --no-pager security --offline=true --threshold=25 "$unit" >"$unit.said" 2>&1 || {
            cat "$unit.said"
            false
        }
        grep 'exposure level' "$unit.said" | sed "s#^#${unit%/*}: #; s#.*/##; s/^/# /" >&3
    done
}

@test "the units say what the documentation says of them" {
    local unit
    for unit in "${UNITS[@]}"; do
        [ "$(unit_settings "$UNITS_DIR/$unit" Service Type)" = notify ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service Restart)" = always ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service RestartPreventExitStatus)" = 2 ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service NoNewPrivileges)" = yes ]
        [ -n "$(unit_settings "$UNITS_DIR/$unit" Service WatchdogSec)" ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Install WantedBy)" = multi-user.target ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service DynamicUser)" = yes ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service CapabilityBoundingSet)" = 'CAP_SYS_PTRACE CAP_DAC_READ_SEARCH' ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service AmbientCapabilities)" = 'CAP_SYS_PTRACE CAP_DAC_READ_SEARCH' ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service ProtectSystem)" = strict ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service SystemCallFilter)" = $'@system-service\n~@privileged @resources' ]
        [ "$(unit_settings "$UNITS_DIR/$unit" Service RestrictAddressFamilies)" = 'AF_UNIX AF_INET AF_INET6' ]
        # What it must see: other processes, /dev, the network.
        [ "$(unit_settings "$UNITS_DIR/$unit" Service PrivateDevices)" = no ]
        [ -z "$(unit_settings "$UNITS_DIR/$unit" Service ProtectProc)$(unit_settings "$UNITS_DIR/$unit" Service ProcSubset)" ]
        [ -z "$(unit_settings "$UNITS_DIR/$unit" Service PrivateNetwork)$(unit_settings "$UNITS_DIR/$unit" Service PrivateUsers)" ]
        [ "$(unit_settings "$UNITS_BIN/pve-$unit" Service User)" = root ]
        [ "$(unit_settings "$UNITS_BIN/pve-$unit" Service CapabilityBoundingSet)" = CAP_SYS_PTRACE ]
        [ -z "$(unit_settings "$UNITS_BIN/pve-$unit" Service AmbientCapabilities)" ]
    done
    [ "$(unit_settings "$UNITS_DIR/proxtop.service" Service ExecStart)" = \
        '/usr/bin/proxtop --printer=json --output=tcp --target=${PROXTOP_TARGET}' ]
    [ "$(unit_settings "$UNITS_DIR/proxprofiler.service" Service ExecStart)" = \
        '/usr/bin/proxprofiler --printer=json --output=tcp --target=${PROXTOP_TARGET} --state-dir=/var/lib/proxprofiler' ]
    [ "$(unit_settings "$UNITS_DIR/proxtop-exporter.service" Service ExecStart)" = \
        '/usr/bin/proxtop --output=serve --target=127.0.0.1:9977' ]
    [ "$(unit_settings "$UNITS_DIR/proxtop-exporter.service" Service IPAddressDeny)" = any ]
    [ "$(unit_settings "$UNITS_DIR/proxtop-exporter.service" Service IPAddressAllow)" = localhost ]
}

# The kernel's memory for open files counts as the service's own: what MemoryMax= leaves has to hold as many
# as LimitNOFILE= allows, the program with 2000 VMs, and what waits to be delivered.
@test "MemoryMax has room for the kernel's memory of all files that may be open" {
    local unit max each files own=$(((92 + 16) * 1024 * 1024))
    run python3 "$UNITS_TESTS/kernel_memory.py" proxtop-lab-files
    ((status != 77)) || skip "no cgroup counts memory here"
    [ "$status" -eq 0 ]
    each=$output
    echo "# an open file of /proc holds $each bytes" >&3
    ((each > 1000))
    for unit in "${UNITS[@]}"; do
        max=$(unit_settings "$UNITS_DIR/$unit" Service MemoryMax)
        [[ $max =~ ^[0-9]+M$ ]]
        files=$(unit_settings "$UNITS_DIR/$unit" Service LimitNOFILE)
        echo "$unit: $files files, $max"
        ((files * each + own < ${max%M} * 1024 * 1024))
    done
}

@test "without a target the service ends with wrong usage, which systemd does not start again" {
    unit_start "$UNITS_BIN/proxtop.service" refuse ''
    unit_ends_with 2
    cat "$JSON.err"
    grep -q 'target' "$JSON.err"
}

@test "libvirt: the service finds every figure that root finds" {
    # Named, since on a machine that is busy it may not answer in the time that the choice takes.
    unit_sees_all "$UNITS_BIN/proxtop.service" refuse --libvirt "${ALL[@]}"
    run ! grep -qi 'may not\|denied\|missing' "$JSON.err"
    grep -q '"io_rchar":[0-9]' "$JSON"
}

@test "libvirt: with CAP_SYS_PTRACE alone the io_ figures are missing, and disks in closed directories, nothing else" {
    local unit=$BATS_TEST_TMPDIR/ptrace.service
    sed 's/ CAP_DAC_READ_SEARCH$//' "$UNITS_BIN/proxtop.service" >"$unit"
    [ "$(unit_settings "$unit" Service CapabilityBoundingSet)" = CAP_SYS_PTRACE ]
    install -m 644 "$unit" "$UNITS_BIN/ptrace.service"
    local try
    for try in 1 2 3; do
        unit_missing "$UNITS_BIN/ptrace.service" refuse --libvirt "${ALL[@]}"
        echo "$MISSING"
        [ -n "$MISSING" ]
        grep -qvP '^vm\tio_|\tdisk_ioutil$' <<<"$MISSING" || break
    done
    run ! grep -vP '^vm\tio_|\tdisk_ioutil$' <<<"$MISSING"
    grep -q 'CAP_DAC_READ_SEARCH' "$JSON.err"
}

@test "libvirt: no system call of the service is one that the unit refuses" {
    unit_missing "$UNITS_BIN/proxtop.service" kill --libvirt "${ALL[@]}"
}

@test "proxprofiler's service learns, and saves in its state directory" {
    receiver_start "$JSON"
    unit_start "$UNITS_BIN/proxprofiler.service" kill "localhost:$RECEIVER_PORT" --libvirt --interval=1 --runs=8
    unit_ends_with 0
    ls -l "$UNIT_STATE"
    [ -n "$(find "$UNIT_STATE" -type f -size +0)" ]
    [ -z "$(find "$UNIT_STATE" -type f ! -user 61184)" ]
    wait_for 60 grep -q lab-unit "$JSON"
}

@test "the exporter's service answers, and tells of the VMs" {
    unit_start "$UNITS_BIN/proxtop-exporter.service" kill ''
    wait_for 60 curl -sSf -o "$JSON" http://127.0.0.1:9977/metrics
    wait_for 60 eval 'curl -sS -o "$JSON" http://127.0.0.1:9977/metrics && grep -q lab-unit "$JSON"'
    unit_stop
}

@test "Proxmox VE: root with CAP_SYS_PTRACE alone finds every figure that root finds" {
    load ../lab/pve.bash
    pve_up
    pve_configure 100 <<'CONF'
name: web
cores: 2
memory: 128
scsi0: local-lvm:vm-100-disk-0,size=32M
net0: virtio=BC:24:11:00:00:01,bridge=vmbr0
CONF
    pve_start_full 100 web
    pve_wait 100
    unit_sees_all "$UNITS_BIN/pve-proxtop.service" refuse "${ALL[@]}"
    grep -q 'using Proxmox VE' "$JSON.err"
    run ! grep -qi 'may not\|denied\|missing' "$JSON.err"
    grep -q '"vmid":100' "$JSON"
    grep -q '"disk_stats_rdreq":[0-9]\|"disk_reads":[0-9]' "$JSON"
    unit_missing "$UNITS_BIN/pve-proxtop.service" kill "${ALL[@]}"
}
