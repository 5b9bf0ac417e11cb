# SPDX-License-Identifier: GPL-2.0-or-later
# What the lab tests share: a libvirtd of their own, real guests with and without it, and a few
# checks of what proxtop prints. Loaded by the tests, which run inside tests/lab/run-in-lab.sh: the
# lab takes everything with it when it ends, so lab_end is only for the next file of the same lab.
# shellcheck shell=bash

LAB_TESTS=$(readlink -f "${BASH_SOURCE[0]%/*}")
# shellcheck source=tools/lab.sh
source "$LAB_TESTS/../../tools/lab.sh"

if [[ -z ${PROXTOP_LAB:-} ]]; then
    echo "run this in a lab: tests/lab/run-in-lab.sh bats ${BATS_TEST_FILENAME:-FILE}" >&2
    # shellcheck disable=SC2317 # reached when the file is run and not sourced
    return 1 2>/dev/null || exit 1
fi

PROXTOP=$(readlink -f "${PROXTOP:-$LAB_ROOT/build/proxtop}")
export PROXTOP
# proxtop must find the lab's libvirtd as on any host, and no configuration of the developer's.
unset LIBVIRT_DEFAULT_URI LIBVIRT_URI
export LC_ALL=C HOME=$PROXTOP_LAB XDG_CONFIG_HOME=$PROXTOP_LAB/config

# Clang's AddressSanitizer stands before the XDR functions and looks for the real ones when a program
# starts; libvirt brings them only when it is opened, and the call would go to address 0. What libvirt
# brings, too, is a libcrypto that keeps a block for each thread.
PROXTOP_ENV=()
if grep -q __asan_init "$PROXTOP" 2>/dev/null; then
    echo "leak:libcrypto.so" >"$PROXTOP_LAB/leaks"
    PROXTOP_ENV=(LD_PRELOAD=libtirpc.so.3 "LSAN_OPTIONS=suppressions=$PROXTOP_LAB/leaks:print_suppressions=0")
fi

LAB_GUESTS=$PROXTOP_LAB/guests
LAB_LIBVIRTD_PID=$PROXTOP_LAB/libvirtd.pid
LAB_CGROUP=proxtop-lab
LAB_TRAFFIC=()

# wait_for SECONDS CMD...: until CMD succeeds; at the end of the time it is heard.
wait_for()
{
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= end)); then
            "$@" && return
            echo "waited in vain for: $*" >&2
            return 1
        fi
        sleep 0.1
    done
}

# lab_end: the lab as it was at first, without VMs and without libvirtd.
lab_end()
{
    local file
    libvirtd_kill9 || true
    for file in "$PROXTOP_LAB/remote.pid" /run/libvirt/qemu/*.pid; do
        if [[ -s $file ]]; then
            kill -KILL "$(<"$file")" 2>/dev/null || true
        fi
    done
    lab_down "$LAB_GUESTS"
    # What it knows of its domains would have the next libvirtd look for them.
    rm -rf /run/libvirt "$PROXTOP_LAB/domains" "$PROXTOP_LAB/remote.pid"
    wait_for 60 lab_is_empty
}

lab_is_empty()
{
    ! lab_host_runs_vm
}

# ---- libvirtd ----

# libvirtd_configure: root for everything and no help from the rest of a system. stdio_handler: QEMU
# writes consoles itself, which saves virtlogd.
libvirtd_configure()
{
    cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
stdio_handler = "file"
namespaces = []
CONF
    cat >/etc/libvirt/libvirtd.conf <<CONF
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0700"
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
auth_tcp = "none"
host_uuid = "$(</proc/sys/kernel/random/uuid)"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
CONF
}

# libvirtd_pid: prints it; fails when it does not run.
libvirtd_pid()
{
    local pid
    pid=$(cat "$LAB_LIBVIRTD_PID" 2>/dev/null) || return 1
    [[ $(readlink "/proc/$pid/exe" 2>/dev/null) == */libvirtd ]] || return 1
    echo "$pid"
}

libvirtd_answers()
{
    timeout 30 virsh -c qemu:///system uri
}

# libvirtd_start: returns when it answers. Also used again after libvirtd_kill9.
libvirtd_start()
{
    [[ -e /etc/libvirt/qemu.conf ]] || libvirtd_configure
    # A killed one leaves its sockets, and a client that gets ECONNREFUSED does not wait.
    rm -f /run/libvirt/libvirt-sock* "$LAB_LIBVIRTD_PID"
    libvirtd -d -p "$LAB_LIBVIRTD_PID" 3>&- 4>&-
    wait_for 60 libvirtd_answers
}

# libvirtd_kill9: ends it the hard way; the domains run on.
libvirtd_kill9()
{
    local pid
    pid=$(libvirtd_pid) || return 1
    kill -KILL "$pid"
    wait_for 60 process_is_gone "$pid"
}

# ---- processes ----

# process_is_gone PID: a zombie is gone, too.
process_is_gone()
{
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    stat=${stat##*) }
    [[ ${stat%% *} == [ZX] ]]
}

# vcpu_tids PID: the threads of its vCPUs in the order of their numbers.
vcpu_tids()
{
    local dir comm
    for dir in "/proc/$1"/task/*; do
        comm=$(cat "$dir/comm" 2>/dev/null) || continue
        if [[ $comm =~ ^CPU\ ([0-9]+)/(KVM|TCG)$ ]]; then
            echo "${BASH_REMATCH[1]} ${dir##*/}"
        fi
    done | sort -n | cut -d' ' -f2
}

# ---- domains of libvirt ----

# domain_print_xml NAME UUID TYPE VCPUS MAX-VCPUS OS-XML DISK CPU-XML; $DOMAIN_DEVICES are more devices.
domain_print_xml()
{
    cat <<XML
<domain type='$3'>
  <name>$1</name>
  <uuid>$2</uuid>
  <memory unit='MiB'>128</memory>
  <vcpu placement='static' current='$4'>$5</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type>$6</os>
  <features><acpi/></features>
  $8
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='$7'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <controller type='usb' index='0' model='none'/>
    <serial type='file'><source path='$PROXTOP_LAB/domains/$1.log'/></serial>
    <memballoon model='virtio'><stats period='2'/></memballoon>
    ${DOMAIN_DEVICES:-}
  </devices>
</domain>
XML
}

# domain_create NAME < XML: a transient one, so destroying it leaves nothing defined. LAB_URI names
# another libvirtd than the lab's own.
domain_create()
{
    local xml=$PROXTOP_LAB/domains/$1.xml
    cat >"$xml"
    virsh -q -c "${LAB_URI:-qemu:///system}" create "$xml" 3>&- 4>&-
}

# domain_start NAME VCPUS LOAD [UUID [MAX-VCPUS]]: a Linux guest with emulated CPUs. $DOMAIN_DEVICES
# are more devices in XML, $DOMAIN_NET the addresses of its NICs.
domain_start()
{
    local name=$1 vcpus=$2 load=$3 uuid=${4:-} os
    mkdir -p "$PROXTOP_LAB/domains"
    rm -f "$PROXTOP_LAB/domains/$name.log"
    truncate -s 16M "$PROXTOP_LAB/domains/$name.img"
    os="<kernel>$LAB_IMAGE_DIR/vmlinuz</kernel><initrd>$LAB_IMAGE_DIR/initrd.img</initrd>"
    os+="<cmdline>console=ttyS0 quiet no_timer_check load=$load${DOMAIN_NET:+ net=$DOMAIN_NET}</cmdline>"
    domain_print_xml "$name" "${uuid:-$(</proc/sys/kernel/random/uuid)}" qemu "$vcpus" "${5:-$vcpus}" \
        "$os" "$PROXTOP_LAB/domains/$name.img" '' | domain_create "$name"
}

# domain_start_kvm NAME VCPUS: a guest of two bytes, a jump to itself, which spins on its first vCPU
# and runs even where KVM itself is emulated and a kernel would not. Needs /dev/kvm. The firmware
# does not boot from a virtio disk of a single sector, hence the larger one.
domain_start_kvm()
{
    local name=$1 disk=$PROXTOP_LAB/domains/$1.img
    mkdir -p "$PROXTOP_LAB/domains"
    printf '\xeb\xfe' >"$disk"
    truncate -s 510 "$disk"
    printf '\x55\xaa' >>"$disk"
    truncate -s 1M "$disk"
    domain_print_xml "$name" "$(</proc/sys/kernel/random/uuid)" kvm "$2" "$2" '' "$disk" \
        "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>" | domain_create "$name"
}

# domain_wait NAME [SECONDS]: until its guest has booted.
domain_wait()
{
    wait_for "${2:-300}" grep -q 'guest ready' "$PROXTOP_LAB/domains/$1.log"
}

# domain_pid NAME
domain_pid()
{
    cat "/run/libvirt/qemu/$1.pid"
}

# domain_vcpu_tids NAME
domain_vcpu_tids()
{
    vcpu_tids "$(domain_pid "$1")"
}

# domain_stat NAME KEY...: the figures of virsh domstats, one a line, in the order asked for.
domain_stat()
{
    local name=$1 stats key
    shift
    stats=$(virsh -c qemu:///system domstats --raw "$name") || return
    for key in "$@"; do
        awk -F= -v key="$key" '$1 ~ "^ *" key "$" { print $2; found = 1 } END { exit !found }' <<<"$stats" || return
    done
}

# ---- guests without libvirt ----

# guest_start NAME SMP LOAD [QEMU-ARG...]
guest_start()
{
    lab_start_guest "$LAB_GUESTS" "$@" 3>&- 4>&-
}

guest_stop()
{
    lab_stop_guest "$LAB_GUESTS" "$1"
}

guest_wait()
{
    lab_wait_guest "$LAB_GUESTS" "$1" "${2:-300}"
}

guest_pid()
{
    lab_guest_pid "$LAB_GUESTS" "$1"
}

# guest_qmp NAME JSON-COMMAND: prints what the command returns.
guest_qmp()
{
    python3 "$LAB_TESTS/qmp.py" "$LAB_GUESTS/$1.qmp" "$2"
}

# guest_plug_vcpu NAME: adds one to a guest that was started with maxcpus= in its SMP.
guest_plug_vcpu()
{
    local command
    # QEMU lists the free places last to first.
    command=$(guest_qmp "$1" '{"execute": "query-hotpluggable-cpus"}' | jq -c '
        map(select(has("qom-path") | not)) | last |
        {execute: "device_add", arguments: ({driver: .type, id: "cpu\(.props."core-id")"} + .props)}') || return
    guest_qmp "$1" "$command"
}

# guest_cgroup NAME: its own cgroup, in the hierarchy that limits CPUs here.
guest_cgroup()
{
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo "/sys/fs/cgroup/$LAB_CGROUP/$1"
    else
        echo "/sys/fs/cgroup/cpu/$LAB_CGROUP/$1"
    fi
}

# guest_limit NAME PERCENT: puts a guest that runs into a cgroup of its own that may use PERCENT of
# one CPU.
guest_limit()
{
    local dir
    dir=$(guest_cgroup "$1")
    mkdir -p "$dir"
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
        echo +cpu >"${dir%/*}/cgroup.subtree_control"
        echo "$(($2 * 1000)) 100000" >"$dir/cpu.max"
    else
        echo 100000 >"$dir/cpu.cfs_period_us"
        echo "$(($2 * 1000))" >"$dir/cpu.cfs_quota_us"
    fi
    guest_pid "$1" >"$dir/cgroup.procs"
}

# guest_start_limited NAME SMP LOAD PERCENT: booted first, which under the limit would take minutes.
guest_start_limited()
{
    guest_start "$1" "$2" "$3" && guest_wait "$1" && guest_limit "$1" "$4"
}

# thread_cgroup PID TID: the cgroup of one thread, in the hierarchy that limits CPUs here.
thread_cgroup()
{
    local file=/proc/$1/task/$2/cgroup
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        sed -n 's#^0::#/sys/fs/cgroup#p' "$file"
    else
        sed -n -E 's#^[0-9]+:(cpu|cpu,cpuacct):#/sys/fs/cgroup/cpu#p' "$file"
    fi
}

# throttled_us DIR...: how long the CPU limits of these cgroups have held their threads back, summed.
throttled_us()
{
    local dir
    for dir in "$@"; do
        cat "$dir/cpu.stat"
    done | awk '$1 == "throttled_usec" { sum += $2 } $1 == "throttled_time" { sum += $2 / 1000 }
        END { printf "%.0f\n", sum }'
}

# ---- proxtop ----

# proxtop_json FILE ARG...: one JSON line a cycle in FILE, what it says beside in FILE.err, which is
# repeated when it fails.
proxtop_json()
{
    local file=$1 status=0
    shift
    timeout 600 env "${PROXTOP_ENV[@]}" "$PROXTOP" --printer=json "$@" >"$file" 2>"$file.err" 3>&- 4>&- </dev/null || status=$?
    if ((status)); then
        cat "$file.err" >&2
    fi
    return "$status"
}

# metronome_start FILE: tells FILE how quiet the machine is, see metronome.py; returns when it has begun.
metronome_start()
{
    rm -f "$1" "$1.begun"
    python3 "$LAB_TESTS/metronome.py" "$1" 3>&- 4>&- </dev/null &
    PROXTOP_METRONOME=$!
    PROXTOP_LATENESS=$1
    wait_for 60 test -e "$1.begun"
}

metronome_stop()
{
    kill -TERM "$PROXTOP_METRONOME"
    wait "$PROXTOP_METRONOME"
    unset PROXTOP_METRONOME
}

# until_judged MEASURE [ARG...]: MEASURE succeeds. Where it fails while the machine was at something
# else, that try proves nothing and there is another one, for ten minutes; what fails three times on a
# quiet machine is wrong. Any command that fails in MEASURE ends it, as in a test; what it has left
# running is ended, and what $STOPPED names goes on.
until_judged()
{
    local end=$((SECONDS + 600)) judged=0 status late foreign watch quiet=$BATS_TEST_TMPDIR/quiet
    while true; do
        metronome_start "$quiet" || return
        watch=$PROXTOP_METRONOME
        unset PROXTOP_METRONOME
        status=0
        # Not as a condition, in which no command that fails would end it.
        (
            trap judged_end EXIT
            "$@"
        ) &
        wait $! || status=$?
        PROXTOP_METRONOME=$watch
        metronome_stop
        ((status)) || return 0
        read -r late foreign <"$quiet"
        if awk "BEGIN { exit !($late < 0.1 && $foreign < 0.15) }"; then
            judged=$((judged + 1))
        fi
        if ((judged == 3 || SECONDS >= end)); then
            return "$status"
        fi
        echo "# not so: again (a sleeper was late by $late s, others had $foreign of the CPUs)" >&3
    done
}

judged_end()
{
    local job
    if [[ -n ${STOPPED:-} ]]; then
        kill -CONT "$STOPPED" 2>/dev/null || true
    fi
    for job in $(jobs -p); do
        # shellcheck disable=SC2046 # words
        kill -TERM $(pgrep -P "$job") "$job" 2>/dev/null || true
    done
    wait
}

# proxtop_watch FILE ARG...: the same in the background; proxtop_finish waits for it.
proxtop_watch()
{
    # One for all that are watched at the same time.
    if [[ -z ${PROXTOP_METRONOME:-} ]]; then
        metronome_start "$1.late" || return
    fi
    proxtop_json "$@" &
    PROXTOP_WATCH=$!
}

proxtop_finish()
{
    local status=0
    wait "$PROXTOP_WATCH" || status=$?
    metronome_stop
    return "$status"
}

# proxtop_end WATCH: ends it, where WATCH is a $PROXTOP_WATCH. timeout would send the signal twice, and
# the second one is meant to end it at once.
proxtop_end()
{
    kill -TERM "$(pgrep -P "$(pgrep -P "$1" -x timeout)")"
}

# proxtop_stop: one that is watched and has no --runs.
proxtop_stop()
{
    proxtop_end "$PROXTOP_WATCH"
    proxtop_finish
}

# cycles_pass N FILE...: until each has N more cycles.
cycles_pass()
{
    local more=$1 file
    shift
    local -A wanted=()
    for file in "$@"; do
        wanted[$file]=$(($(wc -l <"$file") + more))
    done
    for file in "$@"; do
        wait_for 300 has_cycles "$file" "${wanted[$file]}"
    done
}

# has_cycles FILE N
has_cycles()
{
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# cycle_comes FILE EXPRESSION: until it is true of the last cycle, see check_json.
cycle_comes()
{
    wait_for 120 check_json "$1" "last | $2"
}

# coverage_keep NAME < JSON: adds what has a value to the lists of tests/coverage.
coverage_keep()
{
    local out=${LAB_OUT:-$LAB_ROOT/build/coverage}
    mkdir -p "$out"
    python3 "$LAB_ROOT/tests/coverage/valid_keys.py" >"$out/lab-$1.tsv"
}

# figures_record SOURCE...: records counters in the background, see figures.py; figures_stop ends it.
figures_record()
{
    local recorded=() source
    for source in "$@"; do
        if [[ $source != file:* ]]; then
            recorded+=("$source")
        fi
    done
    rm -f "$JSON.record.begun"
    python3 "$LAB_TESTS/figures.py" record "$JSON.record" "${recorded[@]}" 3>&- 4>&- </dev/null &
    FIGURES_RECORDER=$!
    wait_for 60 test -e "$JSON.record.begun"
}

figures_stop()
{
    kill -TERM "$FIGURES_RECORDER"
    wait "$FIGURES_RECORDER"
}

# figures_compare MODE SECONDS < CHECKS: the cycles in $JSON against what was recorded, see figures.py.
figures_compare()
{
    local status=0
    python3 "$LAB_TESTS/figures.py" "$1" "$JSON.record" "$JSON" "$2" >"$JSON.compared" 2>&1 || status=$?
    if ((status)); then
        cat "$JSON.compared" >&2
    fi
    sed 's/^/# /' "$JSON.compared" >&3
    return "$status"
}

# check_figures BEAT CHECKS ARG...: proxtop with ARGs says what the sources that stand in CHECKS say.
# Both cannot be read at the same instant, and a machine that is busy otherwise pauses either.
check_figures()
{
    until_judged figures_measure "$@"
}

figures_measure()
{
    local beat=$1 checks=$2 sources status=0
    shift 2
    mapfile -t sources < <(awk 'NF && $3 != "none" { print $3 } $4 ~ /:/ { print $4 }' <<<"$checks" | sort -u)
    figures_record "${sources[@]}" || return
    # A slow source shows what was before proxtop's first cycle.
    sleep "$((beat + 1))"
    proxtop_json "$JSON" "$@" || status=$?
    figures_stop && ((status == 0)) || return
    figures_compare compare "$beat" <<<"$checks"
}

# check_json FILE EXPRESSION: EXPRESSION is true for the array of all cycles in FILE. In it,
# vm("name") is the row of a VM in one cycle, which must be there; vms("name") gives nothing instead.
# disk("vda") and nic("net0") are parts of a VM's row, blockdev("vda") and netdev("eth0") of a cycle's.
check_json()
{
    # shellcheck disable=SC2016 # jq's own variables
    local defs='def vms($name): .domains[] | select(.name == $name);
        def vm($name): [vms($name)] | if length == 1 then .[0] else error("\(length) rows of \($name)") end;
        def has_vm($name): any(.domains[]; .name == $name);
        def one(rows; $what): [rows] | if length == 1 then .[0] else error("\(length) rows of \($what)") end;
        def disk($name): one(.disks[] | select(.disk_name == $name); $name);
        def nic($name): one(.nics[] | select(.nic == $name); $name);
        def blockdev($name): one(.host.block_devices[] | select(.device == $name); $name);
        def netdev($name): one(.host.net_devices[] | select(.device == $name); $name);
        def seconds: .timestamp | (.[0:19] + "Z" | fromdate) + (.[19:23] | tonumber);'
    if ! jq -es "$defs $2" "$1" >"$1.jq" 2>&1; then
        echo "not true of $1: $2" >&2
        cat "$1.jq" >&2
        echo "--- what proxtop said beside:" >&2
        head -n 20 "$1.err" >&2
        echo "--- its first and last cycle:" >&2
        sed -n '1p;$p' "$1" | cut -c -3000 >&2
        return 1
    fi
}

# check_cycles FILE N MAX-GAP: N lines (- is any number), and no two neighbours further apart than MAX-GAP seconds and
# what a program that did nothing but sleep was late meanwhile; proxtop must be woken more than once for
# a cycle, and shares the CPU for it.
check_cycles()
{
    local late
    read -r late _ <"$PROXTOP_LATENESS" || return
    echo "worst lateness of a sleeper: $late s"
    [[ $2 == - ]] || check_json "$1" "length == $2" || return
    check_json "$1" "[.[] | seconds] | [.[1:], .[:-1]] | transpose | all(.[0] - .[1] <= $3 + 4 * $late)"
}

# check_near WHAT VALUE EXPECTED PERCENT ABSOLUTE: within the larger of both tolerances.
check_near()
{
    awk -v what="$1" -v value="$2" -v expected="$3" -v percent="$4" -v absolute="$5" 'BEGIN {
        if (value !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/) {
            printf "%s: \"%s\" is no number, %s expected\n", what, value, expected
            exit 1
        }
        off = value - expected
        if (off < 0) off = -off
        allowed = expected * percent / 100
        if (allowed < absolute) allowed = absolute
        if (off > allowed) {
            printf "%s: %s, but %s (+-%s) expected\n", what, value, expected, allowed
            exit 1
        }
        printf "%s: %s, expected %s\n", what, value, expected
    }'
}

# ---- disks ----

# host_disk DIRECTORY: the whole disk that it lies on; fails where it lies on anything else.
host_disk()
{
    local path
    path=$(readlink -e "/sys/dev/block/$(stat -c %Hd:%Ld "$1")") || return
    if [[ -e $path/partition ]]; then
        path=${path%/*}
    fi
    [[ -e $path/device && ${path##*/} != loop* ]] && echo "${path##*/}"
}

# ---- networks ----

# network_up: a bridge, and a namespace beside it that sends (see traffic.py). Nothing sends by itself.
network_up()
{
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    ip link add lab-br type bridge
    ip link set lab-br up
    ip netns add lab-gen
    ip netns exec lab-gen sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    ip link add lab-veth type veth peer name gen0 netns lab-gen
    ip link set lab-veth master lab-br up
    ip -n lab-gen link set gen0 up
}

# network_down: with whatever a test has added, all of which is called lab-*.
network_down()
{
    local name
    ip netns del lab-gen
    for name in /sys/class/net/lab-*; do
        # The other end of one that is gone is gone, too.
        ip link del "${name##*/}" 2>/dev/null || true
    done
}

# traffic_start FILE NETNS DEVICE MAC ADDRESS [PACKETS-PER-SECOND [BYTES]]
traffic_start()
{
    local file=$1 space=$2
    shift 2
    rm -f "$file.begun"
    ip netns exec "$space" python3 "$LAB_TESTS/traffic.py" "$file" "$@" 3>&- 4>&- </dev/null &
    LAB_TRAFFIC+=("$!")
    wait_for 60 test -e "$file.begun"
}

# traffic_stop: all of them; they write their files.
traffic_stop()
{
    local pid
    for pid in "${LAB_TRAFFIC[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" || true
    done
    LAB_TRAFFIC=()
}

# nic_xml TYPE SOURCE-XML MAC: a virtio NIC whose link is ready without a ROM.
nic_xml()
{
    echo "<interface type='$1'>$2<mac address='$3'/><model type='virtio'/><rom enabled='no'/></interface>"
}
