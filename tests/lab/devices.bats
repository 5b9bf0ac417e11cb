#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's block devices, the disks of VMs on them, and all rows of devices together. One of a
# guest's disks lies on the disk of this machine, one on a loop device, one in memory.

bats_require_minimum_version 1.5.0

# disk_xml FILE TARGET CACHE READS WRITES
disk_xml()
{
    cat <<XML
<disk type='file' device='disk'>
  <driver name='qemu' type='raw' cache='$3'/>
  <source file='$1'/>
  <target dev='$2' bus='virtio'/>
  <iotune><read_iops_sec>$4</read_iops_sec><write_iops_sec>$5</write_iops_sec></iotune>
</disk>
XML
}

# bridge_xml NUMBER
bridge_xml()
{
    nic_xml bridge "<source bridge='lab-br'/>" "52:54:00:00:01:0$1"
}

setup_file()
{
    load env.bash
    local name loop=$PROXTOP_LAB/loop
    network_up
    libvirtd_start
    OWN_DIR=$(mktemp -d "$LAB_IMAGE_DIR/own.XXXXXX")
    export OWN_DIR
    head -c 16M /dev/urandom >"$OWN_DIR/own.img"
    sync "$OWN_DIR/own.img"
    truncate -s 64M "$PROXTOP_LAB/loop.img"
    mkfs.ext4 -q "$PROXTOP_LAB/loop.img"
    mkdir "$loop"
    mount -o loop "$PROXTOP_LAB/loop.img" "$loop"
    truncate -s 16M "$loop/loop.img"
    DOMAIN_NET=10.9.0.2/24 DOMAIN_DEVICES="$(disk_xml "$OWN_DIR/own.img" vdb none 160 60)
        $(disk_xml "$loop/loop.img" vdc writeback 30 15)$(bridge_xml 1)" domain_start lab-own 1 steady
    for name in lab-b lab-c; do
        DOMAIN_NET=10.9.0.2/24 DOMAIN_DEVICES=$(bridge_xml "${name/lab-/}") domain_start "$name" 1 steady
    done
    for name in lab-own lab-b lab-c; do
        virsh -q -c qemu:///system blkdeviotune "$name" vda --read-iops-sec 30 --write-iops-sec 15 --live
        domain_wait "$name"
    done
}

teardown_file()
{
    load env.bash
    lab_end
    network_down
    umount "$PROXTOP_LAB/loop"
    rm -r "$OWN_DIR" "$PROXTOP_LAB/loop.img"
}

setup()
{
    load env.bash
    JSON=$BATS_TEST_TMPDIR/cycles
    STOPPED=
}

teardown()
{
    if [[ -n $STOPPED ]]; then
        kill -CONT "$STOPPED" 2>/dev/null || true
    fi
    traffic_stop
}

# need_disk: the machine's disk in $DISK.
need_disk()
{
    DISK=$(host_disk "$OWN_DIR") || skip "the checkout lies on no disk of its own"
}

# disk_checks ROW DISK: all figures of a block device against /proc/diskstats: 3 % or some requests.
disk_checks()
{
    local requests=reads+writes+discards+flushes
    cat <<CHECKS
$1 disk_device_reads              disk:$2 reads 1 3 10
$1 disk_device_writes             disk:$2 writes 1 3 10
$1 disk_device_mbread             disk:$2 sectors_read 4.8828125e-4 3 2000
$1 disk_device_mbwrite            disk:$2 sectors_written 4.8828125e-4 3 2000
$1 disk_device_ioutil             disk:$2 ms_busy 0.1 3 20
$1 disk_device_queuelen           disk:$2 ms_weighted 1e-3 5 100
$1 disk_device_readsmerged        disk:$2 reads_merged 1 3 10
$1 disk_device_writesmerged       disk:$2 writes_merged 1 3 100
$1 disk_device_sectorsread        disk:$2 sectors_read 1 3 2000
$1 disk_device_sectorswritten     disk:$2 sectors_written 1 3 2000
$1 disk_device_timereading        disk:$2 ms_reading 1 3 20
$1 disk_device_timewriting        disk:$2 ms_writing 1 3 20
$1 disk_device_timeforops         disk:$2 ms_busy 1 3 20
$1 disk_device_weightedtimeforops disk:$2 ms_weighted 1 5 100
$1 disk_device_servicetime        disk:$2 ms_busy/$requests 1 5 0.02
$1 disk_device_await              disk:$2 ms_reading+ms_writing+ms_discarding+ms_flushing/$requests 1 5 0.03
CHECKS
}

@test "the host's disk does what /proc/diskstats counts, and so does the host" {
    need_disk
    check_figures 0 "$(disk_checks "block/$DISK" "$DISK"; disk_checks host "$DISK")" \
        --libvirt --disk --verbose --devices --storedev="$DISK" --interval=1 --runs=9
    check_json "$JSON" "all(.[]; blockdev(\"$DISK\").class == \"disk\" and .host.disk_device_count == 1)"
    check_json "$JSON" "all(.[]; .host.disk_device_ioutil >= 0 and .host.disk_device_ioutil <= 100)"
    check_json "$JSON" "last | blockdev(\"$DISK\").disk_device_reads > 40"
}

@test "the host's disk as iostat sees it" {
    need_disk
    until_judged measure_iostat
}

measure_iostat()
{
    local status=0 key theirs scale slack value expected
    rm -f "$JSON"
    proxtop_json "$JSON" --libvirt --disk --devices --interval=1 --runs=10 3>&- &
    # What its start reads from the disk is in no cycle, and must not be in theirs.
    wait_for 60 test -s "$JSON"
    iostat -x -y -o JSON "$DISK" 1 8 >"$JSON.iostat" 3>&-
    wait "$!"
    while read -r key theirs scale slack; do
        value=$(jq -s "[.[1:9][].host.block_devices[] | select(.device == \"$DISK\").$key] | add / length" "$JSON")
        expected=$(jq "[.sysstat.hosts[0].statistics[].disk[0].\"$theirs\"] | add / length * $scale" "$JSON.iostat")
        check_near "$key" "$value" "$expected" 10 "$slack" || status=1
    done <<<'disk_device_reads r/s 1 5
disk_device_writes w/s 1 5
disk_device_mbread rkB/s 0.0009765625 0.05
disk_device_mbwrite wkB/s 0.0009765625 0.05
disk_device_queuelen aqu-sz 1 0.05
disk_device_ioutil util 1 1'
    [ "$status" -eq 0 ]
}

@test "which block devices are there, and which count" {
    need_disk
    proxtop_json "$JSON" --libvirt --disk --verbose --devices --interval=1 --runs=2
    # A loop device is in use, or that none has a row would prove nothing.
    [[ $(findmnt -no SOURCE "$PROXTOP_LAB/loop") == /dev/loop* ]]
    check_json "$JSON" "all(.[]; [.host.block_devices[].device] | index(\"$DISK\") and
        all(.[]; test(\"^(loop|ram|zram|sr|fd)[0-9]\") | not))"
    whole=$(lsblk -dnbo NAME,TYPE,SIZE | awk '$2 == "disk" && $3 > 0 && $1 !~ /^(zram|ram|loop|sr|fd|rbd|nbd)/' | wc -l)
    check_json "$JSON" "last | .host.disk_device_count == $whole"
    run --separate-stderr env "${PROXTOP_ENV[@]}" "$PROXTOP" --libvirt --disk "--storedev=$DISK,nonsense" --runs=1 --printer=json
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *nonsense* && $stderr == *$DISK* ]]
}

@test "the load of a VM's disk on its device; none on a loop device or in memory" {
    need_disk
    check_figures 2 "
vm/lab-own/disks/vdb disk_ioutil disk:$DISK virsh:lab-own vdb 30 0.5
vm/lab-own           disk_ioutil disk:$DISK virsh:lab-own vdb 30 0.5
vm/lab-own/disks/vda disk_ioutil none none 1 0 0
vm/lab-own/disks/vdc disk_ioutil none none 1 0 0
vm/lab-b             disk_ioutil none none 1 0 0
vm/lab-own/disks/vdb disk_reads  virsh:lab-own vdb.rd.reqs 1 5 1
vm/lab-own/disks/vdc disk_writes virsh:lab-own vdc.wr.reqs 1 5 1" \
        --libvirt --disk --verbose --devices --interval=1 --runs=17
    # Never more than the device was busy in the last beats, and something, but where the VM was silent: others ask its
    # monitor, too, and libvirt lets one in at a time.
    # shellcheck disable=SC2016 # jq's own variables
    check_json "$JSON" ". as \$c | [range(5; length) | . as \$i |
            select([\$c[\$i - 5:\$i + 1][] | vm(\"lab-own\").stale == 0] | all) |
            {u: (\$c[\$i] | vm(\"lab-own\") | disk(\"vdb\").disk_ioutil),
             most: ([\$c[\$i - 5:\$i + 1][] | blockdev(\"$DISK\").disk_device_ioutil] | max)}] |
        length > 0 and all(.[]; .u > 0 and .u <= .most + 0.01)"
}

@test "Prometheus: what a disk and a NIC are, in info families" {
    need_disk
    page=$BATS_TEST_TMPDIR/page.prom
    env "${PROXTOP_ENV[@]}" "$PROXTOP" --libvirt -p prometheus -o file --target="$page" --interval=1 --runs=4
    grep -F 'name="lab-own"' "$page" | grep '_info{' # for whoever reads a failure
    vm=$(grep -o 'uuid="[^"]*",name="lab-own"' "$page" | sort -u)
    grep -qF "proxtop_vm_disk_info{host=\"lab-host\",$vm,disk=\"vdb\",backend=\"file\",source=\"$OWN_DIR/own.img\",device=\"$DISK\"} 1" "$page"
    # No device of the host that has a row lies below this one.
    grep -qF ",$vm,disk=\"vdc\",backend=\"file\",source=\"$PROXTOP_LAB/loop/loop.img\",device=\"\"} 1" "$page"
    grep -q ",$vm,nic=\"net[0-9]*\",interface=\"vnet[0-9]*\",mac=\"52:54:00:00:01:01\",bridge=\"lab-br\",kind=\"tap\"} 1" "$page"
}

@test "what a QEMU reads and writes on that disk" {
    need_disk
    local io
    io=io:$(domain_pid lab-own)
    # Each reading of libvirt's would make QEMU write hundreds of times, just when the cycle ends.
    check_figures 0 "
vm/lab-own io_MBRD/s $io read_bytes 9.5367431640625e-7 2 16384
vm/lab-own io_MBWR/s $io write_bytes 9.5367431640625e-7 2 32768
vm/lab-own io_RDOPS  $io syscr 1 2 20
vm/lab-own io_WROPS  $io syscw 1 2 20" --libvirt --libvirt-interval=0 --io --verbose --interval=1 --runs=9
    check_json "$JSON" 'last | vm("lab-own") | ."io_MBRD/s" > 0.5 and ."io_MBWR/s" > 0.5'
}

@test "one QEMU of three stopped: the others' disks stay fresh, its network goes on" {
    until_judged measure_stopped
}

measure_stopped()
{
    traffic_start "$JSON.gen0" lab-gen gen0 52:54:00:00:01:0c 10.9.0.2 100 500
    traffic_start "$JSON.gen1" lab-gen gen0 52:54:00:00:01:0b 10.9.0.2 100 500
    proxtop_watch "$JSON" --libvirt --disk --net --verbose --devices --interval=1
    cycle_comes "$JSON" 'all(vm("lab-own", "lab-b", "lab-c"); .stale == 0 and .disk_reads != null)'
    cycles_pass 3 "$JSON"
    STOPPED=$(domain_pid lab-b)
    kill -STOP "$STOPPED"
    # Silent, and the tap has no place left for what nobody takes.
    cycle_comes "$JSON" 'vm("lab-b") | .stale > 4 and .net_receivedPackets == 0'
    cycles_pass 3 "$JSON"
    kill -CONT "$STOPPED"
    cycle_comes "$JSON" 'vm("lab-b") | .stale == 0 and .disk_reads != null'
    cycles_pass 3 "$JSON"
    proxtop_stop
    traffic_stop
    check_cycles "$JSON" - 1.2
    check_json "$JSON" 'all(.[3:][]; all(vm("lab-own", "lab-c"); .stale == 0 and .disk_reads > 5 and .disk_writes > 2 and
        all(.disks[]; .disk_reads > 5 and .disk_lat_rd > 0)))'
    # Once it is silent its rates are gone, its sizes are not, and what /proc says goes on.
    check_json "$JSON" '[.[] | vm("lab-b").stale] | max > 4'
    check_json "$JSON" 'all(.[] | vm("lab-b") | select(.stale > 4); all(., .disks[]; .disk_reads == null and
        .disk_writes == null and .disk_mbread == null and .disk_lat_rd == null and .disk_inflight == null and
        .disk_size_capacity == 16777216 and .disk_size_allocation > 0 and .disk_size_physical == 16777216))'
    check_json "$JSON" 'all(.[2:][] | vm("lab-b"); all(., .nics[]; .net_receivedPackets != null and .net_transmittedPackets != null))'
    check_json "$JSON" '[.[] | vm("lab-b") | select(.stale > 4 and .net_receivedPackets == 0)] | length >= 3 and
        all(.[].nics[]; .net_receivedPackets == 0 and .net_transmittedPackets == 0)'
    # After it the rates are right again at once.
    check_json "$JSON" 'last | vm("lab-b") | .stale == 0 and .disk_reads > 5 and .net_receivedPackets > 90'
    check_json "$JSON" 'all(.[] | vm("lab-b"); (.disk_reads // 0) < 40)'
}

# The tables that --devices prints.
TABLES='["blockdev","host","netdev","vcpu","vm","vmdisk","vmnic"]'

@test "text with --devices: the first column tells the tables apart" {
    env "${PROXTOP_ENV[@]}" "$PROXTOP" --libvirt --cpu --disk --net --devices --printer=text --interval=1 --runs=3 >"$JSON" 2>"$JSON.err" 3>&-
    # The first line of a table is its header; the others have as many columns.
    awk -F'\t' -v OFS='\t' '!($1 in columns) { columns[$1] = NF; next }
        { lines[$1]++ } NF != columns[$1] { print "columns of " $1 ": " NF, columns[$1]; bad = 1 }
        END { for (name in lines) { print name, lines[name] } exit bad }' \
        "$JSON" | sort >"$JSON.tables"
    cat "$JSON.tables" >&2
    [ "$(cut -f1 "$JSON.tables" | jq -cRn '[inputs]')" = "$TABLES" ]
    # 3 cycles, 3 VMs; 5 disks, 3 NICs, 3 vCPUs.
    for each in host:3 vm:9 vmdisk:15 vmnic:9 vcpu:9; do
        grep -qx "${each%:*}"$'\t'"${each#*:}" "$JSON.tables"
    done
}

@test "CSV: a row per VM and cycle, every row as long as the header" {
    env "${PROXTOP_ENV[@]}" "$PROXTOP" --libvirt --cpu --disk --net --printer=csv --interval=1 --runs=3 >"$JSON" 2>"$JSON.err" 3>&-
    python3 - "$JSON" <<'PYTHON'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8")))
head, lines = rows[0], rows[1:]
assert len(lines) == 9, len(lines)
assert all(len(row) == len(head) for row in rows)
names = [row[head.index("name")] for row in lines]
assert sorted(set(names)) == ["lab-b", "lab-c", "lab-own"] and names[:3] == names[3:6] == names[6:], names
assert all(float(row[head.index("disk_reads")]) > 5 for row in lines[6:])
PYTHON
}

@test "--json=lines: every type of line, with the VM it belongs to" {
    proxtop_json "$JSON" --libvirt --cpu --disk --net --devices --json=lines --interval=1 --runs=2
    [ "$(jq -cs '[.[].type] | unique' "$JSON")" = "$TABLES" ]
    jq -es 'all(.[]; .timestamp and .host_name) and
        all(.[] | select(.type | IN("vcpu", "vmdisk", "vmnic")); .name | startswith("lab-"))' "$JSON"
    [ "$(jq -rs '[.[] | select(.type == "vmdisk")] | map(.name + "." + .disk_name) | unique | join(" ")' "$JSON")" = \
        "lab-b.vda lab-c.vda lab-own.vda lab-own.vdb lab-own.vdc" ]
}

# Not a test of its own: tests/coverage adds this to what other tests have seen.
@test "all metrics that have a value here" {
    local all=(--cpu --mem --disk --net --io --pressure --host --verbose --devices --netdev=lab-veth --interval=1)
    traffic_start "$JSON.gen0" lab-gen gen0 52:54:00:00:01:01 10.9.0.2 100 500
    for name in lab-own lab-b lab-c; do
        wait_for 60 domain_stat "$name" balloon.usable
    done
    proxtop_json "$JSON" --libvirt "${all[@]}" --runs=5
    proxtop_json "$JSON.processes" --processes "${all[@]}" --runs=5
    cat "$JSON" "$JSON.processes" | coverage_keep devices
    for scope in host vm vcpu vmdisk vmnic blockdev netdev; do
        grep -q "^$scope"$'\t' "${LAB_OUT:-$LAB_ROOT/build/coverage}/lab-devices.tsv"
    done
}
