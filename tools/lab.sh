# SPDX-License-Identifier: GPL-2.0-or-later
# Two real guests to look at on any machine: direct QEMU processes with emulated CPUs, so neither
# KVM nor libvirt nor a bridge is needed. One spins on both of its vCPUs, the other one sleeps.
# Sourced by ./dev and by the tests' own lab; nothing here runs on its own.
# shellcheck shell=bash

LAB_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
LAB_IMAGE_DIR=$LAB_ROOT/build/lab
LAB_DEFAULT_DIR=$LAB_IMAGE_DIR/run
# Above this, sun_path cannot hold a socket's name.
LAB_SOCKET_MAX=107

# lab_guest_pid DIR NAME: prints the guest's process id; fails unless that very guest runs. A pid
# file alone proves nothing: numbers are used again.
lab_guest_pid()
{
    local file=$1/$2.pid pid
    [[ -s $file ]] || return 1
    pid=$(<"$file")
    [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
    # An ended process that nobody has waited for has an empty command line.
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$file" || return 1
    echo "$pid"
}

# lab_guests DIR: names of the guests that have left a pid file there.
lab_guests()
{
    local file
    for file in "$1"/*.pid; do
        if [[ -e $file ]]; then
            file=${file##*/}
            echo "${file%.pid}"
        fi
    done
}

# lab_start_guest DIR NAME SMP LOAD [QEMU-ARG...]: SMP is the value of -smp, LOAD what the guest
# does: busy, idle, alternate, disk or steady. A kernel that checks its timer on a host with no time for
# it would panic.
lab_start_guest()
{
    local dir name=$2 smp=$3 load=$4
    mkdir -p "$1"
    dir=$(readlink -f "$1")
    shift 4
    if ((${#dir} + ${#name} + 5 > LAB_SOCKET_MAX)); then
        echo "lab: '$dir' is too long a path for sockets" >&2
        return 1
    fi
    rm -f "$dir/$name".{log,qmp}
    truncate -s 16M "$dir/$name.img"
    qemu-system-x86_64 \
        -name "guest=$name,debug-threads=on" \
        -machine pc,accel=tcg -smp "$smp" -m 128 \
        -uuid "$(</proc/sys/kernel/random/uuid)" \
        -nodefaults -no-user-config -display none \
        -chardev "socket,id=qmp,path=$dir/$name.qmp,server=on,wait=off" -mon chardev=qmp,mode=control \
        -pidfile "$dir/$name.pid" -daemonize \
        -serial "file:$dir/$name.log" \
        -device virtio-balloon-pci,id=balloon0 \
        -drive "file=$dir/$name.img,if=none,id=drive-virtio0,format=raw" \
        -device virtio-blk-pci,drive=drive-virtio0,id=virtio0 \
        -kernel "$LAB_IMAGE_DIR/vmlinuz" -initrd "$LAB_IMAGE_DIR/initrd.img" \
        -append "console=ttyS0 quiet no_timer_check load=$load" "$@"
}

# lab_signal_guest DIR NAME SIGNAL: only to the process that is that guest.
lab_signal_guest()
{
    local pid
    pid=$(lab_guest_pid "$1" "$2") || return 1
    kill "-$3" "$pid" 2>/dev/null
}

# lab_stop_guest DIR NAME: ends the guest and removes what it left.
lab_stop_guest()
{
    local dir name=$2 try
    dir=$(readlink -f "$1")
    lab_signal_guest "$dir" "$name" TERM || true
    # One that is stopped would hear TERM only when it goes on.
    lab_signal_guest "$dir" "$name" CONT || true
    for ((try = 0; try < 50; try++)); do
        lab_guest_pid "$dir" "$name" >/dev/null || break
        sleep 0.1
    done
    if lab_signal_guest "$dir" "$name" KILL; then
        for ((try = 0; try < 600; try++)); do
            lab_guest_pid "$dir" "$name" >/dev/null || break
            sleep 0.1
        done
    fi
    rm -f "$dir/$name".{pid,qmp,log,img}
}

# lab_start_known DIR NAME SMP LOAD: as lab_start_guest, but one that runs is kept.
lab_start_known()
{
    local pid
    if pid=$(lab_guest_pid "$1" "$2"); then
        echo "lab: guest $2 is running already (pid $pid)"
        return 0
    fi
    lab_start_guest "$@" || return
    pid=$(lab_guest_pid "$1" "$2") || return
    echo "lab: guest $2 started (pid $pid)"
}

# lab_up [DIR]
lab_up()
{
    local dir=${1:-$LAB_DEFAULT_DIR}
    # shellcheck source=tools/packages.sh
    source "$LAB_ROOT/tools/packages.sh"
    packages_require guests || return
    "$LAB_ROOT/tools/guest-image.sh" || return
    mkdir -p "$dir"
    dir=$(readlink -f "$dir")
    # As hypervisors do, so that their memory is told anew: QEMU asks guests by itself for nothing.
    local stats=(-set device.balloon0.guest-stats-polling-interval=2)
    if ! { lab_start_known "$dir" proxtop-busy 2 busy "${stats[@]}" &&
        lab_start_known "$dir" proxtop-idle 1 idle "${stats[@]}"; }; then
        lab_down "$dir"
        return 1
    fi
}

# lab_down [DIR]: ends the guests whose pid files are in DIR, and no other process.
lab_down()
{
    local dir=${1:-$LAB_DEFAULT_DIR} name
    [[ -d $dir ]] || return 0
    for name in $(lab_guests "$dir"); do
        lab_stop_guest "$dir" "$name"
        echo "lab: guest $name ended"
    done
    rmdir "$dir" 2>/dev/null || true
}

# lab_wait_guest DIR NAME SECONDS: until the guest has booted.
lab_wait_guest()
{
    local log=$1/$2.log end=$((SECONDS + $3))
    until grep -q 'guest ready' "$log" 2>/dev/null; do
        if ((SECONDS >= end)) || ! lab_guest_pid "$1" "$2" >/dev/null; then
            echo "lab: guest $2 has not become ready; its console:" >&2
            tail -n 20 "$log" >&2 || true
            return 1
        fi
        sleep 0.2
    done
}

# lab_wait_ready [DIR [SECONDS]]: until every guest there has booted.
lab_wait_ready()
{
    local dir=${1:-$LAB_DEFAULT_DIR} seconds=${2:-300} name
    dir=$(readlink -f "$dir")
    for name in $(lab_guests "$dir"); do
        lab_wait_guest "$dir" "$name" "$seconds" || return
    done
}

# lab_is_emulator NAME: a program that runs VMs. qemu-img, qemu-nbd, qemu-ga, qemu-storage-daemon
# and user-mode emulation (qemu-arm) are none.
lab_is_emulator()
{
    case ${1##*/} in
    qemu-system-* | qemu-kvm | kvm) return 0 ;;
    *) return 1 ;;
    esac
}

# lab_host_runs_vm: does this host run any VM, whoever started it?
lab_host_runs_vm()
{
    local proc exe argv0
    for proc in /proc/[0-9]*; do
        # Another user's exe cannot be read, its command line can.
        exe=$(readlink "$proc/exe" 2>/dev/null) || exe=
        # After an upgrade of QEMU the file behind a running one is gone.
        if lab_is_emulator "${exe% (deleted)}"; then
            return 0
        fi
        argv0=
        { IFS= read -r -d '' argv0 <"$proc/cmdline"; } 2>/dev/null || true
        if lab_is_emulator "$argv0"; then
            return 0
        fi
    done
    return 1
}
