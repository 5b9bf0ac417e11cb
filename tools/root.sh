# SPDX-License-Identifier: GPL-2.0-or-later
# Small Debian roots to try things in. Nothing but the downloaded base is kept between runs. Sourced.
#
#   root_base                   build/package/base.tar: what a minimal Debian of this machine's
#                               release is made of, from its mirror; downloaded once, then kept
#   root_template DIR           a root in DIR, of the base. Needs no network
#   root_download DIR PACKAGE...  has apt put the packages, and all that they need, into the root's
#                               own cache, so that they can be installed there without a network;
#                               with --install-recommends before them, what they recommend, too.
#                               A package may be the path of a .deb
#   root_make DIR               a fresh root in DIR: as $ROOT_TEMPLATE is, or, without that, made of
#                               the base. In a lab it is a layer over the template, which takes no time
#   root_run DIR COMMAND...     runs it in the root, in mount and process namespaces of its own (with
#                               /proc, /sys, /dev and an empty /run) that end with it. ROOT_BINDS is a
#                               list of FROM:TO, directories of the outside to be seen in the root
#   root_apt DIR ARGUMENT...    apt-get in the root, without questions
#   root_list DIR               what is in the root: type, mode, owner, path and target of each file
#   root_remove DIR             only what root_make or root_template made, and only when nothing is
#                               mounted there
# shellcheck shell=bash

ROOT_TREE=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
ROOT_BASE=${ROOT_BASE:-$ROOT_TREE/build/package/base.tar}
# In each root made here: without it, none is removed.
ROOT_MARK=.proxtop-root
ROOT_BINDS=()

# root_quiet LOG COMMAND...: its output goes to the log, of which the end is shown if it fails.
root_quiet()
{
    local log=$1
    shift
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        echo "root: '$*' failed; see $log" >&2
        return 1
    fi
}

root_codename()
{
    (
        # shellcheck source=/dev/null
        source /etc/os-release
        echo "$VERSION_CODENAME"
    )
}

# root_read_sources: MIRROR SUITE, of what apt on this machine has of Debian's own, main component;
# whether that was written as deb822 or in lines is apt's to know.
root_read_sources()
{
    # shellcheck disable=SC2016 # apt's own $(...)
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)' \
        'Created-By: Packages' |
        awk -F'|' '$1 == "Debian" && $2 ~ /^Debian(-Security)?$/ && $3 == "main" && !seen[$0]++ { print $4, $5 }'
}

# root_sources: the same, after an update if apt knows nothing yet.
root_sources()
{
    local release
    release=$(root_codename)
    if ! root_read_sources | grep -q " $release\$"; then
        apt-get -qq update >&2 || true
    fi
    if ! root_read_sources | grep -q " $release\$"; then
        echo "root: apt on this machine has no source of Debian $release" >&2
        return 1
    fi
    root_read_sources | grep -E " $release(-.*)?\$"
}

root_base()
{
    local release arch mirror work log
    release=$(root_codename)
    arch=$(dpkg --print-architecture)
    if [[ -s $ROOT_BASE && $(cat "$ROOT_BASE.of" 2>/dev/null) == "$release $arch "* ]]; then
        return 0
    fi
    mkdir -p "${ROOT_BASE%/*}"
    mirror=$(root_sources | awk -v release="$release" '$2 == release { print $1; exit }') || return
    [[ -n $mirror ]] || return 1
    work=$(mktemp -d)
    log=${ROOT_BASE%.tar}.log
    # debootstrap removes its target in the end.
    if ! root_quiet "$log" debootstrap --variant=minbase --arch="$arch" --make-tarball="$ROOT_BASE.new" \
        "$release" "$work/target" "$mirror"; then
        rm -rf "$work" "$ROOT_BASE.new"
        return 1
    fi
    rm -rf "$work"
    mv "$ROOT_BASE.new" "$ROOT_BASE"
    echo "$release $arch $mirror" >"$ROOT_BASE.of"
}

# root_configure DIR: this machine's sources, no server that starts by itself, and no waiting for the
# disk, since the root is gone before a power cut could hurt it.
root_configure()
{
    local dir=$1 mirror suite
    root_sources | while read -r mirror suite; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$dir/etc/apt/sources.list"
    printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d"
    chmod 755 "$dir/usr/sbin/policy-rc.d"
    echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/root"
    : >"$dir/etc/resolv.conf"
    echo root >"$dir/etc/hostname"
    rm -rf "$dir"/var/cache/apt/archives/*.deb "$dir/debootstrap"
}

root_template()
{
    local dir=$1 release mirror log
    # The downloaded lists go by the mirror's name, so that it must be the same again.
    read -r release _ mirror <"$ROOT_BASE.of" || return
    mkdir -p "$dir"
    : >"$dir/$ROOT_MARK"
    log=${ROOT_BASE%.tar}.log
    # In namespaces of its own: what debootstrap mounts and does not get unmounted ends with it, and it
    # with who asked for it.
    root_quiet "$log" setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
        debootstrap --variant=minbase --unpack-tarball="$ROOT_BASE" "$release" "$dir" \
        "$mirror" || return
    root_configure "$dir"
}

# By the apt of this machine, which knows how to get to the mirror, for the root.
root_download()
{
    local dir log
    dir=$(readlink -f "$1")
    shift
    log=${ROOT_BASE%.tar}.log
    local apt=(apt-get -q -o "Dir=$dir" -o "Dir::State::status=$dir/var/lib/dpkg/status"
        -o APT::Update::Post-Invoke-Success= -o APT::Sandbox::User=root -o Binary::apt-get::Dir::Cache::archives=
        -o "Dir::Cache::archives=$dir/var/cache/apt/archives/")
    if [[ ! -e $dir/var/lib/apt/lists/.up-to-date ]]; then
        root_quiet "$log" "${apt[@]}" update || return
        : >"$dir/var/lib/apt/lists/.up-to-date"
    fi
    local recommends=--no-install-recommends
    if [[ $1 == --install-recommends ]]; then
        recommends=$1
        shift
    fi
    root_quiet "$log" "${apt[@]}" install -y --download-only "$recommends" "$@"
}

root_make()
{
    local dir=$1
    mkdir -p "$dir"
    if [[ -z ${ROOT_TEMPLATE:-} ]]; then
        root_template "$dir"
    elif [[ -n ${PROXTOP_LAB:-} ]]; then
        mkdir -p "$dir.layer"/{upper,work}
        mount -t overlay -o "lowerdir=$ROOT_TEMPLATE,upperdir=$dir.layer/upper,workdir=$dir.layer/work" \
            overlay "$dir"
    else
        cp -a --reflink=auto "$ROOT_TEMPLATE/." "$dir/"
    fi
}

# root_enter DIR COMMAND...: the part inside the namespaces.
root_enter()
{
    local dir=$1 pair
    shift
    mount --make-rprivate /
    mount --rbind "$dir" "$dir"
    mount -t proc proc "$dir/proc"
    mount --rbind /sys "$dir/sys"
    mount --rbind /dev "$dir/dev"
    mount -t tmpfs -o mode=755 tmpfs "$dir/run"
    mkdir -m 1777 "$dir/run/lock"
    for pair in "${ROOT_BINDS[@]}"; do
        mkdir -p "$dir${pair#*:}"
        mount --rbind "${pair%%:*}" "$dir${pair#*:}"
    done
    # Not exec: process 1 must be one that reaps orphans.
    chroot "$dir" "$@"
}

root_run()
{
    local dir
    dir=$(readlink -f "$1")
    shift
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
        DEBIAN_FRONTEND=noninteractive \
        bash -euc "$(declare -f root_enter); $(declare -p ROOT_BINDS); root_enter \"\$@\"" root_run "$dir" "$@"
}

root_apt()
{
    local dir=$1
    shift
    root_run "$dir" apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root "$@" </dev/null
}

# What apt, dpkg and the loader keep about their own work is no part of it.
root_list()
{
    (
        cd "$1" || exit
        find . -xdev -path ./proc -prune -o -path ./sys -prune -o -path ./dev -prune -o -path ./run -prune -o \
            -path ./tmp -prune -o -path ./var/lib/dpkg -prune -o -path ./var/lib/apt -prune -o \
            -path ./var/cache -prune -o -path ./var/log -prune -o -path ./etc/ld.so.cache -prune -o \
            -printf '%y %m %u:%g %p %l\n'
    ) | LC_ALL=C sort -k 4
}

root_remove()
{
    local dir
    dir=$(readlink -f "$1")
    [[ -e $dir ]] || return 0
    if [[ ! -e $dir/$ROOT_MARK ]]; then
        echo "root: $dir was not made here: left as it is" >&2
        return 1
    fi
    if [[ -d $dir.layer ]]; then
        umount "$dir" || return
        rm -rf "$dir.layer"
    elif awk -v dir="$dir" '$5 == dir || index($5, dir "/") == 1 { found = 1 } END { exit !found }' /proc/self/mountinfo; then
        echo "root: something is mounted in $dir: left as it is" >&2
        return 1
    fi
    rm -rf --one-file-system "$dir"
}
