#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the guest of the lab: a Debian kernel and an initrd of busybox and virtio modules, about
# 10 MB together, under build/lab. Kernel and busybox are unpacked from their packages, never
# installed. What is there and made by this very script is kept.
# Use: tools/guest-image.sh [DIR]
set -euo pipefail

IMAGE_SCRIPT=$(readlink -f "${BASH_SOURCE[0]}")
IMAGE_ROOT=${IMAGE_SCRIPT%/tools/*}
IMAGE_DIR=${1:-$IMAGE_ROOT/build/lab}

IMAGE_MODULES="virtio_pci virtio_balloon virtio_blk virtio_scsi sd_mod sr_mod virtio_net virtio_console"
IMAGE_APPLETS="cat dd echo insmod ip kill mkdir mount printf rm sh sleep sync taskset"

# image_print_init: the guest's first and only program.
image_print_init()
{
    cat <<'INIT'
#!/bin/sh
# Loads the drivers, gives the NICs the addresses of net=A/N,A/N,... on the kernel command line, and
# then does what load= says, for ever.

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

while read -r module; do
    insmod "/modules/$module" 2>/dev/null
done </modules/order

load=idle
net=
for word in $(cat /proc/cmdline); do
    case $word in
    load=*) load=${word#load=} ;;
    net=*) net=${word#net=} ;;
    esac
done

# Nothing of its own accord, so that every packet is an answer.
nics_up()
{
    echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    nic=0
    IFS=,
    for address in $net; do
        ip addr add "$address" dev "eth$nic"
        ip link set "eth$nic" up
        nic=$((nic + 1))
    done
    unset IFS
}

# One endless loop for each CPU. CPUs can be plugged in at any time and come offline.
spin_every_cpu()
{
    for dir in /sys/devices/system/cpu/cpu[0-9]*; do
        cpu=${dir##*/cpu}
        [ -e "/spin.$cpu" ] && continue
        [ -e "$dir/online" ] && echo 1 >"$dir/online"
        taskset "$(printf %x $((1 << cpu)))" sh -c 'while :; do :; done' &
        echo $! >"/spin.$cpu"
    done
}

spin_stop()
{
    for file in /spin.*; do
        kill -9 "$(cat "$file")"
        rm "$file"
    done
}

disk_turn()
{
    if [ ! -b /dev/vda ]; then
        sleep 3600
        return
    fi
    dd if=/dev/zero of=/dev/vda bs=64k count=128 conv=fsync 2>/dev/null
    echo 3 >/proc/sys/vm/drop_caches
    dd if=/dev/vda of=/dev/null bs=64k count=128 2>/dev/null
}

# One reads and one writes with a flush every 5 requests, past the guest's cache, until the disk is
# gone. How fast is up to the host's limits.
disk_read()
{
    while dd if="/dev/$1" of=/dev/null bs=8k count=1000 iflag=direct 2>/dev/null; do :; done
}

disk_write()
{
    while [ -b "/dev/$1" ] && dd if=/dev/zero of="/dev/$1" bs=16k count=5 oflag=direct conv=fsync 2>/dev/null; do :; done
}

disk_pair()
{
    disk_write "$1" &
    disk_read "$1"
    wait
    # A disk that goes between the look and the write leaves a file, in the way of the next disk.
    [ -b "/dev/$1" ] || rm -f "/dev/$1"
    rm "/pair.$1"
}

# Disks can be plugged in and out at any time; a CD is only read.
use_every_disk()
{
    for dir in /sys/block/vd* /sys/block/sd* /sys/block/sr*; do
        disk=${dir##*/}
        { [ -b "/dev/$disk" ] && [ ! -e "/pair.$disk" ]; } || continue
        echo >"/pair.$disk"
        case $disk in
        sr*) disk_read "$disk" & ;;
        *) disk_pair "$disk" & ;;
        esac
    done
}

[ -z "$net" ] || nics_up
echo "guest ready"
while :; do
    case $load in
    busy)
        spin_every_cpu
        sleep 1
        ;;
    alternate)
        spin_every_cpu
        sleep 20
        spin_stop
        sleep 20
        ;;
    disk) disk_turn ;;
    steady)
        use_every_disk
        sleep 1
        ;;
    *) sleep 3600 ;;
    esac
done
INIT
}

# image_fetch PACKAGE WORK: the package's files below WORK/PACKAGE; the archive is kept in the cache.
image_fetch()
{
    local package=$1 work=$2 deb
    local cached=("$IMAGE_DIR/packages/${package}"_*.deb)
    if [[ ! -e ${cached[0]} ]]; then
        mkdir -p "$work/get"
        # A .deb that was fetched half-way must not look like a cached one. apt's own sandbox
        # user cannot write here, which it would only warn about.
        (cd "$work/get" && apt-get -q -o APT::Sandbox::User=root download "$package" >"$work/apt.log" 2>&1) || {
            cat "$work/apt.log" >&2
            echo "guest-image: cannot fetch package $package" >&2
            return 1
        }
        mkdir -p "$IMAGE_DIR/packages"
        mv "$work/get/"*.deb "$IMAGE_DIR/packages/"
        cached=("$IMAGE_DIR/packages/${package}"_*.deb)
    fi
    deb=${cached[-1]}
    mkdir -p "$work/$package"
    dpkg-deb -x "$deb" "$work/$package"
}

# image_kernel_package: the package that linux-image-cloud-amd64 stands for, cached or current.
image_kernel_package()
{
    local cached=("$IMAGE_DIR/packages/linux-image-"*.deb) package
    if [[ -e ${cached[0]} ]]; then
        package=${cached[-1]##*/}
        echo "${package%%_*}"
        return
    fi
    apt-cache depends --no-recommends --no-suggests linux-image-cloud-amd64 2>/dev/null |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

# image_update_lists: fresh machines have no package lists; only root can fetch them.
image_update_lists()
{
    if ((EUID == 0)); then
        # shellcheck source=tools/packages.sh
        source "$IMAGE_ROOT/tools/packages.sh"
        packages_run_apt update
    fi
}

# image_copy_modules TREE ROOT: the modules and what they depend on, in the order to load them.
image_copy_modules()
{
    local tree=$1 root=$2 version file name module
    version=$(basename "$tree"/lib/modules/*)
    depmod -b "$tree" "$version"
    mkdir -p "$root/modules"
    # Those built into the kernel print "builtin", unknown ones fail: both are no file to copy.
    for module in $IMAGE_MODULES; do
        modprobe -d "$tree" -S "$version" --show-depends "$module" 2>/dev/null || true
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
        name=${file##*/}
        case $name in
        *.xz) xz -dc "$file" >"$root/modules/${name%.xz}" ;;
        *.zst) zstd -dqc "$file" >"$root/modules/${name%.zst}" ;;
        *.gz) gzip -dc "$file" >"$root/modules/${name%.gz}" ;;
        *) cp "$file" "$root/modules/$name" ;;
        esac
        echo "${name%.ko*}.ko"
    done >"$root/modules/order"
    if ! grep -q '^virtio_balloon' "$root/modules/order"; then
        echo "guest-image: no virtio drivers found in $tree" >&2
        return 1
    fi
}

# image_pack_initrd BUSYBOX TREE WORK: WORK/initrd.img
image_pack_initrd()
{
    local busybox=$1 tree=$2 work=$3 root=$3/root applet
    mkdir -p "$root"/{bin,dev,proc,sys}
    cp "$busybox" "$root/bin/busybox"
    for applet in $IMAGE_APPLETS; do
        ln -s busybox "$root/bin/$applet"
    done
    image_copy_modules "$tree" "$root"
    image_print_init >"$root/init"
    chmod 755 "$root/init"
    (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -9n) >"$work/initrd.img"
}

# image_build WORK: both files in WORK
image_build()
{
    local work=$1 kernel
    kernel=$(image_kernel_package)
    if [[ -z $kernel ]]; then
        image_update_lists
        kernel=$(image_kernel_package)
    fi
    if [[ -z $kernel ]]; then
        echo "guest-image: package linux-image-cloud-amd64 not found; run 'apt-get update' first" >&2
        return 1
    fi
    # Lists that are older than the archive name files that are gone.
    image_fetch "$kernel" "$work" 2>/dev/null || {
        image_update_lists
        image_fetch "$kernel" "$work"
    }
    # Not from the host: the package busybox-static would drive out an installed busybox.
    image_fetch busybox-static "$work"
    image_pack_initrd "$(find "$work/busybox-static" -path '*bin/busybox' -type f)" "$work/$kernel" "$work"
    cp "$work/$kernel"/boot/vmlinuz-* "$work/vmlinuz"
}

image_main()
{
    local stamp work
    mkdir -p "$IMAGE_DIR"
    # Two callers at once: the second waits and finds the work done.
    exec {IMAGE_LOCK}>"$IMAGE_DIR/image.lock"
    flock "$IMAGE_LOCK"
    stamp=$(sha256sum <"$IMAGE_SCRIPT")
    if [[ -s $IMAGE_DIR/vmlinuz && -s $IMAGE_DIR/initrd.img && -e $IMAGE_DIR/image.stamp &&
        $(<"$IMAGE_DIR/image.stamp") == "$stamp" ]]; then
        return 0
    fi
    echo "guest-image: making $IMAGE_DIR/vmlinuz and initrd.img" >&2
    work=$(mktemp -d "$IMAGE_DIR/image.XXXXXX")
    # shellcheck disable=SC2064 # the value of now
    trap "rm -rf '$work'" EXIT
    rm -f "$IMAGE_DIR/image.stamp"
    image_build "$work"
    mv "$work/vmlinuz" "$work/initrd.img" "$IMAGE_DIR/"
    echo "$stamp" >"$IMAGE_DIR/image.stamp"
}

image_main
