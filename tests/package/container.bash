#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A container without a container engine: the Dockerfile's last stage as a Debian root, and a program
# in it in namespaces of its own, with the capabilities and mounts that docs/CONTAINER.md names.
# tools/package.sh sources it, too, for container_packages. As a program, for what wants one:
#
#   container.bash ROOT [OPTION...] PROGRAM ARGUMENT...      is container_run
# shellcheck shell=bash

CONTAINER_TREE=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")

# container_stage: the instructions of the Dockerfile's last stage, one a line.
container_stage()
{
    sed -e '/^ *#/d' "$CONTAINER_TREE/Dockerfile" |
        awk '/\\$/ { sub(/\\$/, ""); printf "%s", $0; next } { print }' |
        awk '$1 == "FROM" { text = "" } { text = text $0 "\n" } END { printf "%s", text }'
}

# container_packages: what that stage installs, one a line.
container_packages()
{
    container_stage | grep -oE 'apt-get install [^&]*' | tr -s ' ' '\n' | sed -e '1,2d' -e '/^-/d' -e '/^$/d'
}

# container_files: FROM TO of what that stage copies from the stage that builds.
container_files()
{
    container_stage | awk '$1 == "COPY" && $2 == "--from=build" { print $3, $4 }'
}

# container_variables: NAME=VALUE of its environment.
container_variables()
{
    container_stage | awk '$1 == "ENV" { print $2 }'
}

# container_entrypoint: the one word of it.
container_entrypoint()
{
    container_stage | sed -nE 's/^ENTRYPOINT \["([^"]+)"\]$/\1/p'
}

# container_make DIR: the layout of files; its packages come from the template's cache.
container_make()
{
    local root=$1 packages from to
    root_make "$root"
    readarray -t packages < <(container_packages)
    root_apt "$root" install --no-install-recommends "${packages[@]}"
    while read -r from to; do
        case ${from##*/} in
        proxtop) install -D -m 755 "$PROXTOP" "$root$to" ;;
        proxprofiler) install -D -m 755 "$PROXPROFILER" "$root$to" ;;
        *)
            echo "container: what is $from?" >&2
            return 1
            ;;
        esac
    done < <(container_files)
    mkdir -p "$root/host"
}

# container_mount FROM TO[:ro]: as the engines do it, with everything that is mounted below.
container_mount()
{
    local from=$1 to=$root${2%:ro}
    if [[ -d $from ]]; then
        mkdir -p "$to"
    else
        mkdir -p "${to%/*}"
        : >>"$to"
    fi
    mount --rbind "$from" "$to"
    [[ $2 != *:ro ]] || mount -o remount,bind,ro "$to"
}

# container_join_cgroup: moves this shell to a cgroup below the root, as each container has one, in the
# hierarchy that limits CPUs. The lab removes it; another lab that ends may do so before it is used.
container_join_cgroup()
{
    local dir=/sys/fs/cgroup/cpu try
    [[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || dir=/sys/fs/cgroup
    for ((try = 0; try < 100; try++)); do
        if mkdir -p "$dir/proxtop-lab/container" && echo 0 >"$dir/proxtop-lab/container/cgroup.procs"; then
            return
        fi
        sleep 0.1
    done 2>/dev/null
    echo "container: cannot enter a cgroup in $dir" >&2
    return 1
}

# container_inside ROOT COMMAND...: process 1 of the container.
container_inside()
{
    local root=$1 volume device
    shift
    mount --make-rprivate /
    mount --bind "$root" "$root"
    # What is mounted from outside, before it is covered.
    for volume in "${CONTAINER_VOLUMES[@]}"; do
        container_mount "${volume%%:*}" "${volume#*:}"
    done
    mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
    mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir "$root/dev/shm"
    for device in null zero full random urandom tty; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    hostname container
    # The network is an engine's own: only loopback is needed here.
    [[ -z ${CONTAINER_NET:-} ]] || ip link set lo up
    exec chroot "$root" setpriv --reuid="$CONTAINER_USER" --regid="$CONTAINER_USER" --clear-groups \
        "--bounding-set=-all$CONTAINER_CAPS" "--inh-caps=-all" --no-new-privs "$@"
}

# container_run ROOT [OPTION...] PROGRAM ARGUMENT...: replaces the shell by it, in namespaces of its own: mounts, processes,
# host name, IPC, network, cgroups. Options as those of the engines:
#   --volume=FROM:TO[:ro]   --user=UID   --cap-add=NAME,...   --network=host   --cgroupns=host   --pid=host
container_run()
{
    local root=$1 unshared=(--mount --pid --uts --ipc --net --cgroup) spaces=()
    local CONTAINER_VOLUMES=() CONTAINER_USER=0 CONTAINER_CAPS='' CONTAINER_NET=own variables
    shift
    while [[ ${1:-} == --* ]]; do
        case $1 in
        --volume=*) CONTAINER_VOLUMES+=("${1#*=}") ;;
        --user=*) CONTAINER_USER=${1#*=} ;;
        --cap-add=*) CONTAINER_CAPS+=",+${1#*=}" ;;
        --network=host) spaces+=(--net) CONTAINER_NET='' ;;
        --cgroupns=host) spaces+=(--cgroup) ;;
        --pid=host) spaces+=(--pid) ;;
        *)
            echo "container: no option $1" >&2
            return 2
            ;;
        esac
        shift
    done
    local option keep=()
    for option in "${unshared[@]}"; do
        [[ " ${spaces[*]} " == *" $option "* ]] || keep+=("$option")
    done
    readarray -t variables < <(container_variables)
    container_join_cgroup || return
    exec setpriv --pdeathsig KILL unshare "${keep[@]}" --fork --kill-child \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-xterm}" \
        "${variables[@]}" bash -euc "$(declare -f container_mount container_inside); $(declare -p CONTAINER_VOLUMES CONTAINER_USER CONTAINER_CAPS CONTAINER_NET)
            container_inside \"\$@\"" container "$root" "$@"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    container_run "$@"
fi
