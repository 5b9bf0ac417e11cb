# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages by purpose, and one function that installs those still missing.
# Sourced by ./dev and by the lab; nothing here runs on its own.
# shellcheck shell=bash

# libvirt-daemon-system is left out on purpose: it brings the default network (a bridge,
# virbr0) and units that start by themselves. The lab starts its own libvirtd as root with
# its own configuration and needs none of that.
declare -gA PACKAGES=(
    [build]="gcc libc6-dev meson ninja-build pkg-config
        libevent-dev libssl-dev zlib1g-dev libcrypt-dev libjson-c-dev libexpat1-dev libvirt-dev uthash-dev
        libncurses-dev"
    [guests]="qemu-system-x86 qemu-system-common qemu-system-data seabios qemu-utils cpio kmod xz-utils
        iproute2 procps util-linux"
    [lab]="libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients bats jq python3 sysstat"
    [lint]="clang clang-tidy clang-format shellcheck universal-ctags"
    [receivers]="prometheus prometheus-node-exporter influxdb influxdb-client rsyslog openssl curl"
    [bench]="python3 jq procps strace"
    [manual]="mandoc groff-base bash-completion zsh fish"
    [package]="debhelper dpkg-dev fakeroot lintian debootstrap xz-utils systemd libcap2-bin util-linux strace musl-dev"
    [test]="libclang-rt-14-dev libcmocka-dev tmux strace bc"
)

# The purposes whose packages a purpose needs beside its own.
declare -gA PACKAGES_INCLUDES=(
    [lab]="guests"
    [lint]="build"
    [bench]="build"
    [package]="build"
    [test]="build lab lint receivers manual package"
)

# packages_list PURPOSE...: names, one a line, each once.
packages_list()
{
    local purpose package
    for purpose in "$@"; do
        if [[ -z ${PACKAGES[$purpose]:-} ]]; then
            echo "packages: no such purpose: $purpose (known: ${!PACKAGES[*]})" >&2
            return 2
        fi
        if [[ -n ${PACKAGES_INCLUDES[$purpose]:-} ]]; then
            # shellcheck disable=SC2086 # a list of words
            packages_list ${PACKAGES_INCLUDES[$purpose]}
        fi
        # shellcheck disable=SC2086 # a list of words
        for package in ${PACKAGES[$purpose]}; do
            echo "$package"
        done
    done | awk '!seen[$0]++'
}

# packages_missing PURPOSE...: names of those not installed, one a line.
packages_missing()
{
    local wanted installed
    wanted=$(packages_list "$@") || return
    # dpkg-query fails when it does not know one of the names; what it prints still counts.
    # shellcheck disable=SC2086,SC2016 # a list of words; dpkg's own ${...}
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
        awk '$1 == "installed" { print $2 }') || true
    awk 'NR == FNR { have[$0] = 1; next } !($0 in have)' <(echo "$installed") <(echo "$wanted")
}

# packages_hold_services COMMAND...: the servers among the packages are for the tests, which start
# them themselves; installing them starts none.
packages_hold_services()
{
    local policy=/usr/sbin/policy-rc.d status=0
    if [[ -e $policy ]]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    "$@" || status=$?
    rm -f "$policy"
    return "$status"
}

# packages_run_apt ARG...: apt-get, heard only when it fails.
packages_run_apt()
{
    local log
    log=$(mktemp)
    if ! DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        echo "packages: 'apt-get $*' failed" >&2
        return 1
    fi
    rm -f "$log"
}

# packages_require PURPOSE...: install what is missing; nothing is touched when all is there.
packages_require()
{
    local missing
    missing=$(packages_missing "$@") || return
    if [[ -z $missing ]]; then
        return 0
    fi
    missing=${missing//$'\n'/ }
    if ((EUID != 0)); then
        echo "packages: missing: $missing" >&2
        echo "packages: as root: apt-get install --no-install-recommends $missing" >&2
        return 1
    fi
    echo "packages: installing $missing" >&2
    packages_run_apt update || return
    # shellcheck disable=SC2086 # a list of words
    packages_hold_services packages_run_apt install -y --no-install-recommends $missing
}
