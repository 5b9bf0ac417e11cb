#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What proxtop says of VMs of Proxmox VE is what their QEMUs say, asked by QMP on the sockets that
# proxtop asks too. Two real guests read, write and flush all the time, as fast as QEMU lets them.

bats_require_minimum_version 1.5.0

# store_image NAME SIZE: a sparse file, on a disk of this host where it has one.
store_image()
{
    truncate -s "$2" "$STORE/$1.raw"
    echo "$STORE/$1.raw"
}

# store_drive VMID SLOT SIZE [READS WRITES]: the value of a -drive as Proxmox VE writes it.
store_drive()
{
    echo "file=$(store_image "vm-$1-$2" "$3"),if=none,id=drive-$2${4:+,throttling.iops-read=$4,throttling.iops-write=$5},format=raw,cache=none,aio=threads"
}

# linux_args VMID: the part of the arguments that makes a Linux guest with steady load.
linux_args()
{
    LINUX=(-kernel "$LAB_IMAGE_DIR/vmlinuz" -initrd "$LAB_IMAGE_DIR/initrd.img"
        -append "console=ttyS0 quiet no_timer_check load=steady" -serial "file:$PVE_IMAGES/$1.log"
        -netdev "type=tap,id=net0,ifname=tap${1}i0,script=no,downscript=no"
        -device "virtio-net-pci,mac=BC:24:11:00:02:${1: -2},netdev=net0,id=net0")
}

start_db()
{
    linux_args 201
    pve_start 201 db "${LINUX[@]}" \
        -object iothread,id=iothread-virtioscsi0 -object iothread,id=iothread-virtio1 \
        -device virtio-scsi-pci,id=virtioscsi0,iothread=iothread-virtioscsi0 \
        -drive "$(store_drive 201 scsi0 32M 60 20)" \
        -device scsi-hd,bus=virtioscsi0.0,scsi-id=0,drive=drive-scsi0,id=scsi0 \
        -drive "$(store_drive 201 virtio1 16M 80 40)" \
        -device virtio-blk-pci,drive=drive-virtio1,id=virtio1,iothread=iothread-virtio1 \
        -drive if=none,id=drive-ide2,media=cdrom,aio=threads \
        -device ide-cd,bus=ide.1,unit=0,drive=drive-ide2,id=ide2
    pve_configure 201 <<CONF
balloon: 128
cores: 2
ide2: none,media=cdrom
memory: 128
name: db
net0: virtio=BC:24:11:00:02:01,bridge=vmbr0
parent: before
scsi0: local-lvm:vm-201-disk-0,iops_rd=60,iops_wr=20,iothread=1,size=32M
scsihw: virtio-scsi-single
smbios1: uuid=$(pve_uuid 201)
virtio1: local-lvm:vm-201-disk-1,iops_rd=80,iops_wr=40,iothread=1,size=16M

[PENDING]
cores: 4
memory: 4096
name: later
virtio1: local-lvm:vm-201-disk-1,iothread=1,size=64M

[before]
cores: 1
memory: 64
name: earlier
scsi0: local-lvm:vm-201-disk-0,size=8M
snaptime: 1700000000
CONF
}

start_app()
{
    linux_args 202
    # The last -smp counts.
    pve_start 202 app "${LINUX[@]}" -smp 1,sockets=1,cores=1,maxcpus=1 \
        -drive "$(store_drive 202 virtio0 16M 40 20)" -device virtio-blk-pci,drive=drive-virtio0,id=virtio0
    pve_configure 202 <<CONF
cores: 1
memory: 128
name: app
net0: virtio=BC:24:11:00:02:02,bridge=vmbr0
smbios1: uuid=$(pve_uuid 202)
virtio0: local-lvm:vm-202-disk-0,iops_rd=40,iops_wr=20,size=16M
CONF
}

# start_halted VMID NAME: one whose CPUs have not begun.
start_halted()
{
    pve_start "$1" "$2" -device virtio-scsi-pci,id=virtioscsi0 -drive "$(store_drive "$1" scsi0 8M)" \
        -device scsi-hd,bus=virtioscsi0.0,scsi-id=0,drive=drive-scsi0,id=scsi0
}

setup_file()
{
    load env.bash
    load pve.bash
    pve_up
    STORE=$(mktemp -d "$LAB_IMAGE_DIR/pve.XXXXXX")
    export STORE
    start_db
    start_app
    # A template has a QEMU while it is backed up.
    start_halted 203 gold
    printf 'name: gold\nmemory: 32\ntemplate: 1\nscsi0: local-lvm:base-203-disk-0,size=8M\n' | pve_configure 203
    start_halted 204 bare
    for vmid in 201 202; do
        pve_wait "$vmid"
        # Proxmox VE does so after the start of a VM with a balloon.
        pve_qmp "$vmid" '{"execute": "qom-set", "arguments": {"path": "/machine/peripheral/balloon0",
            "property": "guest-stats-polling-interval", "value": 2}}'
        wait_for 60 guest_has_reported "$vmid"
    done
}

teardown_file()
{
    load env.bash
    load pve.bash
    pve_down
    lab_end
    rm -r "$STORE"
}

setup()
{
    load env.bash
    load pve.bash
    JSON=$BATS_TEST_TMPDIR/cycles
}

# pve_qmp VMID JSON-COMMAND: what QEMU itself returns.
pve_qmp()
{
    python3 "$LAB_TESTS/qmp.py" "$PVE_RUN/$1.qmp" "$2"
}

guest_stats()
{
    pve_qmp "$1" '{"execute": "qom-get", "arguments": {"path": "/machine/peripheral/balloon0", "property": "guest-stats"}}'
}

guest_has_reported()
{
    guest_stats "$1" | jq -e '."last-update" > 0 and .stats."stat-available-memory" > 0'
}

# last_of NAME PATH: of the VM's row in the last cycle.
last_of()
{
    tail -n 1 "$JSON" | jq -r --arg name "$1" ".domains[] | select(.name == \$name) | $2"
}

# keys_of_vms: the metrics that a VM has without --verbose, of the collectors that work by themselves.
keys_of_vms()
{
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["scope"] == "vm" && $at["verbose"] == 0 && $at["collector"] ~ /^(base|cpu|mem|disk|net|io)$/ {
            print $at["key"] }' "$LAB_ROOT/tests/unit/metrics.tsv"
}

# keys_without_value NAME: of those on stdin, the ones that are null or absent in each cycle.
keys_without_value()
{
    jq -Rn '[inputs]' | jq -r --arg name "$1" --slurpfile cycles "$JSON" '
        [$cycles[].domains[] | select(.name == $name)] as $rows | .[] | . as $key |
        select(all($rows[]; .[$key] == null or .[$key] == ""))'
}

@test "every metric of a guest at work has a value" {
    local name missing keys
    keys=$(keys_of_vms)
    if ! host_disk "$STORE" >/dev/null; then
        echo "# without disk_ioutil: no disk of this host holds the images" >&3
        keys=$(grep -vx disk_ioutil <<<"$keys")
    fi
    proxtop_json "$JSON" --proxmox --interval=1 -p json --runs=8
    check_json "$JSON" 'last | [.domains[].name] == ["app", "bare", "db", "gold"]'
    [ "$(wc -l <<<"$keys")" -ge 20 ]
    # Nothing is there that is not looked for.
    [ "$(echo disk_nothing | keys_without_value db)" = disk_nothing ]
    for name in db app; do
        missing=$(keys_without_value "$name" <<<"$keys")
        if [[ -n $missing ]]; then
            echo "$name: no value in any of $(wc -l <"$JSON") cycles:" $missing
            return 1
        fi
    done
    coverage_keep pve-figures <"$JSON"
}

# sum_of SUFFIX DRIVE...: a counter of figures.py, summed over drives.
sum_of()
{
    local suffix=$1 sum='' drive
    shift
    for drive in "$@"; do
        sum+=+drive-$drive.$suffix
    done
    echo "${sum:1}"
}

# qmp_checks VMID ROW SLOT...: all figures of the row against what QEMU counts: 5 % or one request,
# which here is a byte count or a time. Flushes are few, and one takes as long as the host wants.
qmp_checks()
{
    local source=qmp:$PVE_RUN/$1.qmp row=$2 reads writes flushes read_ns write_ns flush_ns
    shift 2
    reads=$(sum_of rd_operations "$@") writes=$(sum_of wr_operations "$@") flushes=$(sum_of flush_operations "$@")
    read_ns=$(sum_of rd_total_time_ns "$@") write_ns=$(sum_of wr_total_time_ns "$@")
    flush_ns=$(sum_of flush_total_time_ns "$@")
    cat <<CHECKS
$row disk_reads                 $source $reads 1 5 1
$row disk_writes                $source $writes 1 5 1
$row disk_stats_flushreq        $source $flushes 1 5 1.5
$row disk_mbread                $source $(sum_of rd_bytes "$@") 9.5367431640625e-7 5 8192
$row disk_mbwrite               $source $(sum_of wr_bytes "$@") 9.5367431640625e-7 5 16384
$row disk_stats_rdtotaltimes    $source $read_ns 1e-6 5 5e7
$row disk_stats_wrtotaltimes    $source $write_ns 1e-6 5 1e8
$row disk_stats_flushtotaltimes $source $flush_ns 1e-6 20 2e7
$row disk_lat_rd                $source $read_ns/$reads 1e-6 5 0.01
$row disk_lat_wr                $source $write_ns/$writes 1e-6 5 0.01
$row disk_lat_fl                $source $flush_ns/$flushes 1e-6 20 0.05
$row disk_lat_avg               $source $read_ns+$write_ns+$flush_ns/$reads+$writes+$flushes 1e-6 5 0.01
$row disk_inflight              $source $read_ns+$write_ns+$flush_ns 1e-9 5 1e8
CHECKS
}

@test "disks do what their QEMUs count, and a VM what its disks do" {
    check_figures 2 "$(qmp_checks 201 vm/db scsi0 virtio1
        qmp_checks 201 vm/db/disks/scsi0 scsi0
        qmp_checks 201 vm/db/disks/virtio1 virtio1
        qmp_checks 202 vm/app virtio0)" --proxmox --disk --verbose --devices --interval=1 --runs=17
    # The guests were at work, all of their disks, or the comparison would prove little.
    check_json "$JSON" 'all(last | vm("db") | disk("scsi0", "virtio1"); .disk_reads > 10 and .disk_writes > 3)'
    check_json "$JSON" 'last | vm("app").disk_reads > 10'
    # Halted ones do nothing, which is a figure.
    check_json "$JSON" 'all(last | vm("gold", "bare"); .disk_reads == 0 and .disk_mbwrite == 0 and .disk_lat_rd == null)'
}

# check_sizes VMID NAME: of each disk and of the VM, against query-block.
check_sizes()
{
    local blocks slot capacity allocated
    blocks=$(pve_qmp "$1" '{"execute": "query-block"}' |
        jq -c 'map(select(.inserted)) | map({slot: (.device | ltrimstr("drive-"))} + .inserted.image)')
    for slot in $(jq -r '.[].slot' <<<"$blocks"); do
        read -r capacity allocated < <(jq -r --arg slot "$slot" \
            '.[] | select(.slot == $slot) | "\(."virtual-size") \(."actual-size")"' <<<"$blocks")
        check_near "$2 $slot capacity" "$(last_of "$2" ".disks[] | select(.disk_name == \"$slot\").disk_size_capacity")" \
            "$capacity" 0 0
        check_near "$2 $slot allocation" "$(last_of "$2" ".disks[] | select(.disk_name == \"$slot\").disk_size_allocation")" \
            "$allocated" 0 65536
    done
    check_near "$2 capacity" "$(last_of "$2" .disk_size_capacity)" "$(jq 'map(."virtual-size") | add' <<<"$blocks")" 0 0
    check_near "$2 allocation" "$(last_of "$2" .disk_size_allocation)" "$(jq 'map(."actual-size") | add' <<<"$blocks")" 0 131072
}

# state_of VMID: the word of proxtop for what query-status says.
state_of()
{
    case $(pve_qmp "$1" '{"execute": "query-status"}' | jq -r .status) in
    running) echo running ;;
    prelaunch | paused) echo paused ;;
    *) echo "no state that this test makes" ;;
    esac
}

@test "sizes, memory, states and CPUs are those that QMP tells" {
    until_judged measure_sizes
}

measure_sizes()
{
    local pair vmid name total available
    proxtop_json "$JSON" --proxmox --verbose --devices --interval=1 --runs=8
    for pair in 201:db 202:app 203:gold 204:bare; do
        vmid=${pair%:*} name=${pair#*:}
        check_sizes "$vmid" "$name"
        [ "$(last_of "$name" .state)" = "$(state_of "$vmid")" ]
        check_near "$name cpu_cores" "$(last_of "$name" .cpu_cores)" \
            "$(pve_qmp "$vmid" '{"execute": "query-cpus-fast"}' | jq length)" 0 0
        check_near "$name ram_actual" "$(last_of "$name" .ram_actual)" \
            "$(pve_qmp "$vmid" '{"execute": "query-balloon"}' | jq '.actual / 1024')" 0 0
    done
    for pair in 201:db 202:app; do
        vmid=${pair%:*} name=${pair#*:}
        read -r total available < <(guest_stats "$vmid" |
            jq -r '.stats | "\(."stat-total-memory" / 1024) \(."stat-available-memory" / 1024)"')
        check_near "$name ram_total" "$(last_of "$name" .ram_total)" "$total" 0 0
        check_near "$name ram_used" "$(last_of "$name" .ram_used)" "$((total - available))" 3 4096
        check_json "$JSON" "last | vm(\"$name\") | has(\"ram_used_source\") | not"
    done
    # Guests that have not begun tell nothing, and so their processes must do.
    check_json "$JSON" 'all(last | vm("gold", "bare"); .ram_total == .ram_actual and .ram_used_source == "rss" and
        .ram_used == ([.ram_rss, .ram_total] | min))'
}

@test "a VM that is stopped, and one whose balloon has grown" {
    pve_qmp 202 '{"execute": "stop"}'
    pve_qmp 201 '{"execute": "balloon", "arguments": {"value": 104857600}}'
    wait_for 60 balloon_is 201 104857600
    proxtop_json "$JSON" --proxmox --mem --verbose --interval=1 --runs=3
    [ "$(state_of 202)" = paused ]
    [ "$(last_of app .state) $(last_of db .state)" = "paused running" ]
    [ "$(last_of db .ram_actual)" = 102400 ]
    pve_qmp 202 '{"execute": "cont"}'
    pve_qmp 201 '{"execute": "balloon", "arguments": {"value": 134217728}}'
    wait_for 60 balloon_is 201 134217728
    proxtop_json "$JSON" --proxmox --mem --verbose --interval=1 --runs=3
    [ "$(last_of app .state) $(last_of db .state)" = "running running" ]
    [ "$(last_of db .ram_actual)" = 131072 ]
}

# balloon_is VMID BYTES
balloon_is()
{
    [ "$(pve_qmp "$1" '{"execute": "query-balloon"}' | jq .actual)" = "$2" ]
}
