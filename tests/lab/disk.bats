#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks of VMs are what libvirt and QEMU count. The guests read, write and flush all the time; QEMU
# limits the requests, so that two who do not look at the same instant see the same.

bats_require_minimum_version 1.5.0

# limited_disk_xml FILE FORMAT TARGET BUS READS WRITES
limited_disk_xml()
{
    cat <<XML
<disk type='file' device='disk'>
  <driver name='qemu' type='$2'/>
  <source file='$1'/>
  <target dev='$3' bus='$4'/>
  <iotune><read_iops_sec>$5</read_iops_sec><write_iops_sec>$6</write_iops_sec></iotune>
</disk>
XML
}

cdrom_xml()
{
    cat <<XML
<controller type='scsi' model='virtio-scsi'/>
<disk type='file' device='cdrom'>
  <driver name='qemu' type='raw'/>
  <source file='$1'/>
  <target dev='sda' bus='scsi'/>
  <readonly/>
  <iotune><read_iops_sec>20</read_iops_sec></iotune>
</disk>
XML
}

setup_file()
{
    load env.bash
    local images=$PROXTOP_LAB/domains
    mkdir -p "$images"
    libvirtd_start
    qemu-img create -q -f qcow2 "$images/second.qcow2" 64M
    truncate -s 2M "$images/cd.iso"
    DOMAIN_DEVICES="$(limited_disk_xml "$images/second.qcow2" qcow2 vdb virtio 60 20)$(cdrom_xml "$images/cd.iso")" \
        domain_start lab-disk 1 steady
    virsh -q -c qemu:///system blkdeviotune lab-disk vda --read-iops-sec 80 --write-iops-sec 40 --live
    guest_start lab-direct 1 steady -monitor "unix:$PROXTOP_LAB/direct.hmp,server=on,wait=off"
    guest_qmp lab-direct '{"execute": "block_set_io_throttle", "arguments":
        {"device": "drive-virtio0", "bps": 0, "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 40, "iops_wr": 20}}'
    # Whatever the guest asks of its second disk fails; it tries again each second.
    truncate -s 16M "$images/bad.img"
    guest_start lab-errors 1 steady -drive "if=none,id=drive-virtio1,format=raw,rerror=report,werror=report,\
file.driver=blkdebug,file.image.filename=$images/bad.img,\
file.inject-error.0.event=read_aio,file.inject-error.0.errno=5,\
file.inject-error.1.event=write_aio,file.inject-error.1.errno=5" -device virtio-blk-pci,drive=drive-virtio1,id=virtio1
    guest_qmp lab-errors '{"execute": "block_set_io_throttle", "arguments":
        {"device": "drive-virtio0", "bps": 0, "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 20, "iops_wr": 10}}'
    domain_wait lab-disk
    guest_wait lab-direct
    guest_wait lab-errors
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
    IMAGES=$PROXTOP_LAB/domains
}

# sum_of SUFFIX DISK...: a counter of figures.py, summed over disks.
sum_of()
{
    local suffix=$1 sum='' disk
    shift
    for disk in "$@"; do
        sum+=+$disk.$suffix
    done
    echo "${sum:1}"
}

# virsh_checks ROW DISK...: all figures of the row against libvirt's of the disks: 5 % or one request,
# which here is a byte count or a time.
virsh_checks()
{
    local row=$1 source=virsh:lab-disk reads writes flushes read_ns write_ns flush_ns
    shift
    reads=$(sum_of rd.reqs "$@") writes=$(sum_of wr.reqs "$@") flushes=$(sum_of fl.reqs "$@")
    read_ns=$(sum_of rd.times "$@") write_ns=$(sum_of wr.times "$@") flush_ns=$(sum_of fl.times "$@")
    cat <<CHECKS
$row disk_reads                 $source $reads 1 5 1
$row disk_writes                $source $writes 1 5 1
$row disk_stats_flushreq        $source $flushes 1 5 1.5
$row disk_mbread                $source $(sum_of rd.bytes "$@") 9.5367431640625e-7 5 8192
$row disk_mbwrite               $source $(sum_of wr.bytes "$@") 9.5367431640625e-7 5 16384
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

# check_sizes NAME DISK FILE: in the last cycle. The image grows while it is measured, if at all.
check_sizes()
{
    local row capacity allocated
    row=$(tail -n 1 "$JSON" | jq -c --arg vm "$1" --arg disk "$2" \
        '.domains[] | select(.name == $vm).disks[] | select(.disk_name == $disk)')
    capacity=$(qemu-img info -U --output=json "$3" | jq '."virtual-size"')
    allocated=$(($(stat -c '%b * %B' "$3")))
    check_near "$2 capacity" "$(jq .disk_size_capacity <<<"$row")" "$capacity" 0 0
    check_near "$2 allocation" "$(jq .disk_size_allocation <<<"$row")" "$allocated" 0 65536
    check_near "$2 physical" "$(jq .disk_size_physical <<<"$row")" "$(stat -c %s "$3")" 0 65536
}

@test "every disk of a domain does what libvirt counts" {
    check_figures 2 "$(virsh_checks vm/lab-disk/disks/vda vda; virsh_checks vm/lab-disk/disks/vdb vdb)" \
        --libvirt --disk --verbose --devices --interval=1 --runs=17
}

@test "a domain's totals are those of its disks without the CD" {
    # The CD is read, or that it does not count would prove nothing.
    before=$(domain_stat lab-disk block.2.rd.reqs)
    check_figures 2 "$(virsh_checks vm/lab-disk vda vdb)" --libvirt --disk --verbose --devices --interval=1 --runs=17
    [ "$(domain_stat lab-disk block.2.name)" = sda ]
    [ "$(domain_stat lab-disk block.2.rd.reqs)" -gt $((before + 50)) ]
    check_json "$JSON" 'last | vm("lab-disk") | disk("sda").disk_reads > 5 and disk("sda").disk_writes == 0'
    check_json "$JSON" 'last | vm("lab-disk") | has("disk_partial") | not'
}

@test "sizes of a sparse raw and a qcow2 image, libvirt connector" {
    proxtop_json "$JSON" --libvirt --disk --verbose --devices --interval=1 --runs=4
    check_sizes lab-disk vda "$IMAGES/lab-disk.img"
    check_sizes lab-disk vdb "$IMAGES/second.qcow2"
    # The sparse one is far smaller on the host than for its guest, or the figures could be mixed up.
    check_json "$JSON" 'last | vm("lab-disk") | disk("vda") | .disk_size_allocation * 4 < .disk_size_capacity'
    check_json "$JSON" 'last | vm("lab-disk") | [disk("vda", "vdb")] as $d |
        .disk_size_capacity == ($d | map(.disk_size_capacity) | add) and
        .disk_size_allocation == ($d | map(.disk_size_allocation) | add) and
        .disk_size_physical == ($d | map(.disk_size_physical) | add)'
}

@test "one column per disk and no rows of disks without --devices" {
    proxtop_json "$JSON" --libvirt --disk --interval=1 --runs=4
    check_json "$JSON" 'last | vm("lab-disk") | .disk_reads > 20 and (has("disks") | not) and (has("disk_inflight") | not)'
}

@test "a disk plugged in and out: no figure below zero or above what QEMU lets through" {
    truncate -s 16M "$IMAGES/third.img"
    limited_disk_xml "$IMAGES/third.img" raw vdc virtio 60 30 >"$IMAGES/third.xml"
    until_judged measure_plugged
}

third_is_gone()
{
    [ -z "$(virsh -q -c qemu:///system domblklist lab-disk | grep '^ *vdc ')" ]
}

measure_plugged()
{
    # A try before this one may have left it.
    third_is_gone || virsh -q -c qemu:///system detach-device lab-disk "$IMAGES/third.xml" --live
    wait_for 60 third_is_gone
    proxtop_watch "$JSON" --libvirt --disk --verbose --devices --interval=1
    cycle_comes "$JSON" 'vm("lab-disk").disk_reads != null'
    # The second time the same again: its counters begin anew.
    for _ in 1 2; do
        virsh -q -c qemu:///system attach-device lab-disk "$IMAGES/third.xml" --live
        cycle_comes "$JSON" 'vm("lab-disk") | disk("vdc").disk_reads != null'
        cycles_pass 6 "$JSON"
        virsh -q -c qemu:///system detach-device lab-disk "$IMAGES/third.xml" --live
        cycle_comes "$JSON" 'vm("lab-disk") | all(.disks[]; .disk_name != "vdc")'
        cycles_pass 4 "$JSON"
    done
    proxtop_stop
    check_json "$JSON" '[.[] | vm("lab-disk") | any(.disks[]; .disk_name == "vdc")] | (index(true) > 0) and .[0] == false'
    check_json "$JSON" '[.[] | vm("lab-disk").disks[] | select(.disk_name == "vdc").disk_reads | values] | max > 15'
    # A burst of a tenth of a second is let through beside the limit.
    check_json "$JSON" 'all(.[] | vm("lab-disk").disks[] | select(.disk_name == "vdc");
        (.disk_reads // 0) <= 66 and (.disk_writes // 0) <= 33 and (.disk_lat_rd // 0) < 500)'
    check_json "$JSON" 'all(.[4:][] | vm("lab-disk"); .disk_reads != null and .disk_reads <= 220 and .disk_writes <= 99)'
    check_json "$JSON" 'all(.[] | vm("lab-disk") | ., .disks[] | to_entries[] | select(.key | test("^disk_(?!name)"));
        .value == null or .value >= 0)'
    # Without it and with it, the other two make up what is left.
    check_json "$JSON" 'all(.[4:][] | vm("lab-disk"); .disk_reads > 20)'
}

@test "a QEMU without libvirt: its disk does what the monitor counts" {
    local source=hmp:$PROXTOP_LAB/direct.hmp row checks=''
    proxtop_json "$JSON" --processes --disk --devices --interval=1 --runs=2
    disk=$(tail -n 1 "$JSON" | jq -r '.domains[] | select(.name == "lab-direct").disks[0].disk_name')
    for row in vm/lab-direct "vm/lab-direct/disks/$disk"; do
        checks+="
$row disk_reads                 $source drive-virtio0.rd_operations 1 5 1
$row disk_writes                $source drive-virtio0.wr_operations 1 5 1
$row disk_stats_flushreq        $source drive-virtio0.flush_operations 1 5 1.5
$row disk_mbread                $source drive-virtio0.rd_bytes 9.5367431640625e-7 5 8192
$row disk_mbwrite               $source drive-virtio0.wr_bytes 9.5367431640625e-7 5 16384
$row disk_stats_rdtotaltimes    $source drive-virtio0.rd_total_time_ns 1e-6 5 5e7
$row disk_stats_wrtotaltimes    $source drive-virtio0.wr_total_time_ns 1e-6 5 1e8
$row disk_lat_rd                $source drive-virtio0.rd_total_time_ns/drive-virtio0.rd_operations 1e-6 5 0.01
$row disk_lat_wr                $source drive-virtio0.wr_total_time_ns/drive-virtio0.wr_operations 1e-6 5 0.01"
    done
    check_figures 2 "$checks" --processes --disk --verbose --devices --interval=1 --runs=17
    check_sizes lab-direct "$disk" "$LAB_GUESTS/lab-direct.img"
}

# failed_requests: of the second disk of lab-errors, by its monitor.
failed_requests()
{
    guest_qmp lab-errors '{"execute": "query-blockstats"}' | jq 'map(select(.qdev | contains("virtio1")).stats) |
        map(.failed_rd_operations + .failed_wr_operations + .failed_flush_operations) | add'
}

# errors_measure: the rate over a run is the one over a little more.
errors_measure()
{
    local before after start end
    before=$(failed_requests) start=${EPOCHREALTIME/./}
    proxtop_json "$JSON" --processes --disk --verbose --devices --interval=1 --runs=15 || return
    after=$(failed_requests) end=${EPOCHREALTIME/./}
    [ "$after" -gt $((before + 10)) ] || return
    check_near disk_errors "$(jq -s '[.[].domains[] | select(.name == "lab-errors").disks[] |
        select(.disk_name == "virtio1").disk_errors | values] | add / length' "$JSON")" \
        "$(awk "BEGIN { print ($after - $before) * 1000000 / ($end - $start) }")" 20 0
}

@test "failed requests of a QEMU without libvirt; libvirt does not count them" {
    until_judged errors_measure
    check_json "$JSON" 'last | vm("lab-errors") | disk("virtio0").disk_errors == 0 and .disk_errors == disk("virtio1").disk_errors'
    coverage_keep disk <"$JSON"
    proxtop_json "$JSON" --libvirt --disk --verbose --devices --interval=1 --runs=2
    check_json "$JSON" 'last | vm("lab-disk") | all(., .disks[]; has("disk_errors") and .disk_errors == null)'
}
