#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs one command as root in a lab of its own: own mounts, processes, network and host name. The
# lab ends with the command, and with it every process, mount, bridge and tap that the command made;
# only cgroups outlive their processes, so those are removed from outside.
# $RUNLAB_SHARED not empty: beside other labs that allow it, too.
# Use: tests/lab/run-in-lab.sh CMD [ARG...]        e.g. ... bats tests/lab/accuracy.bats
set -euo pipefail

RUNLAB_SCRIPT=$(readlink -f "${BASH_SOURCE[0]}")
RUNLAB_ROOT=${RUNLAB_SCRIPT%/tests/lab/*}

# runlab_list_cgroups: the cgroups that libvirt and the lab make, each after its parent.
runlab_list_cgroups()
{
    find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d \( -name 'machine*' -o -name 'proxtop-lab*' \) \
        -prune -exec find {} -type d \; 2>/dev/null | LC_ALL=C sort -u
}

# runlab_list_foreign: of these, those that no lab has made, not even one that was cut off or that
# runs beside this one out of another checkout. The domains of all labs are called lab-*.
runlab_list_foreign()
{
    runlab_list_cgroups | grep -vE '/proxtop-lab|/machine/qemu-[0-9]+-lab-' || true
}

# runlab_remove_cgroups BEFORE: those that are not in the list BEFORE. A cgroup in use cannot be
# removed, so a VM that anybody else started meanwhile is safe.
runlab_remove_cgroups()
{
    local before=$1 try left path
    for ((try = 0; try < 30; try++)); do
        left=$(LC_ALL=C comm -13 <(echo "$before") <(runlab_list_cgroups))
        if [[ -z $left ]]; then
            break
        fi
        while read -r path; do
            rmdir "$path" 2>/dev/null || true
        done < <(LC_ALL=C sort -r <<<"$left")
        sleep 0.1
    done
    # Of two labs that overlap, the second has found this one there. Empty, it is of no use to anyone.
    rmdir /sys/fs/cgroup/machine /sys/fs/cgroup/*/machine 2>/dev/null || true
}

# runlab_add_layer DIR: what is written there from now on does not show outside.
runlab_add_layer()
{
    local layer=/run/lab/layers/${1//\//-}
    if [[ ! -d $layer ]]; then
        mkdir -p "$layer"/{upper,work}
        mount -t overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" overlay "$1"
    fi
}

# runlab_hide_directory DIR: an empty one in its place, made in a layer where there is none.
runlab_hide_directory()
{
    local dir=$1
    if [[ ! -d $dir ]]; then
        runlab_add_layer "${dir%/*}"
        mkdir "$dir"
    fi
    mount -t tmpfs -o mode=755 tmpfs "$dir"
}

# runlab_add_account NAME ID: a user and a group of that name, where the host has none. libvirtd does
# not start without the account that it was built for, even when it is told to use another one; the
# package that would make it brings the default network too.
runlab_add_account()
{
    local name=$1 id=$2 file
    for file in passwd group; do
        if ! getent "$file" "$name" >/dev/null; then
            {
                cat "/etc/$file"
                case $file in
                passwd) echo "$name:x:$id:$id::/nonexistent:/usr/sbin/nologin" ;;
                group) echo "$name:x:$id:" ;;
                esac
            } >"/run/lab/$file"
            mount --bind "/run/lab/$file" "/etc/$file"
        fi
    done
}

# runlab_enter_network: /sys as this network sees it. The cgroup mounts sit below the old one.
runlab_enter_network()
{
    ip link set lo up
    mkdir /run/lab/cgroup
    mount --move /sys/fs/cgroup /run/lab/cgroup
    mount -t sysfs sysfs /sys
    mount --move /run/lab/cgroup /sys/fs/cgroup
    rmdir /run/lab/cgroup
}

# runlab_enter: the part inside, as process 1 of the lab.
runlab_enter()
{
    local dir
    # An empty /run hides the host's libvirt, Proxmox, D-Bus and systemd from the lab, and the lab's
    # own from the host.
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p /run/lock /run/lab/tmp
    chmod 1777 /run/lock /run/lab/tmp
    # Tests make an /etc/pve; a real one is a mount, of which a layer shows only the empty directory.
    runlab_add_layer /etc
    rm -rf --one-file-system /etc/pve
    for dir in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
        runlab_hide_directory "$dir"
    done
    runlab_add_account libvirt-qemu 64055
    runlab_enter_network
    hostname lab-host
    export TMPDIR=/run/lab/tmp PROXTOP_LAB=/run/lab
    # Not exec: process 1 must be one that reaps the orphans of the daemons.
    "$@"
}

# runlab_prepare: what the lab needs and only the outside can get.
runlab_prepare()
{
    if ((EUID != 0)); then
        echo "run-in-lab: only root can make a lab" >&2
        return 1
    fi
    # shellcheck source=tools/packages.sh
    source "$RUNLAB_ROOT/tools/packages.sh"
    packages_require lab
    "$RUNLAB_ROOT/tools/guest-image.sh"
    # Two labs at once would measure each other; those in which nothing is measured share.
    local share=${RUNLAB_SHARED:+--shared}
    mkdir -p /run/lock
    exec {RUNLAB_LOCK}>/run/lock/proxtop-lab.lock
    if ! flock -n ${share:+"$share"} "$RUNLAB_LOCK"; then
        echo "run-in-lab: waiting for another lab to end" >&2
        flock ${share:+"$share"} "$RUNLAB_LOCK"
    fi
}

runlab_main()
{
    local before status=0 alive cleaner
    runlab_prepare
    before=$(runlab_list_foreign)
    # The cleaner works when the last holder of the pipe is gone, however this script ends.
    exec {alive}> >(
        trap '' INT TERM HUP
        cat
        # Another lab that shares may have made one that it does not use yet: the last lab cleans.
        flock -n "$RUNLAB_LOCK" || exit 0
        runlab_remove_cgroups "$before"
    )
    cleaner=$!
    # The lab dies with this script, even by SIGKILL: setpriv covers unshare, unshare the rest.
    setpriv --pdeathsig KILL unshare --mount --pid --net --uts --fork --kill-child --mount-proc \
        "$BASH" "$RUNLAB_SCRIPT" --inside "$@" {alive}>&- || status=$?
    exec {alive}>&-
    wait "$cleaner" || true
    return "$status"
}

if (($# == 0)); then
    echo "usage: run-in-lab.sh CMD [ARG...]" >&2
    exit 2
fi
if [[ $1 == --inside ]]; then
    shift
    runlab_enter "$@"
elif [[ -n ${PROXTOP_LAB:-} ]]; then
    exec "$@"
else
    runlab_main "$@"
fi
