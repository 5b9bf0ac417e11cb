#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command as systemd would run it for a unit, as far as that goes without systemd: the user,
# the capabilities, a file system that is read-only but for STATE, and what restrict.py restricts.
# Needs root, a mount namespace of its own (it makes one), and no file in /tmp.
# Use: restrict.sh UNIT refuse|kill STATE CMD...      refuse: as the service; kill: a system call that
#                                                     is not allowed ends the command
set -euo pipefail

RESTRICT_DIR=${BASH_SOURCE[0]%/*}
RESTRICT_UID=61184 # the first that DynamicUser= gives

restrict_get()
{
    python3 "$RESTRICT_DIR/restrict.py" get "$1" Service "$2"
}

# restrict_mount DIR OPTION: it and nothing below it, in this namespace alone.
restrict_mount()
{
    mount -o "remount,bind,$2" "$1"
}

# ProtectSystem=strict, StateDirectory=, PrivateTmp=, ProtectKernelTunables=, ProtectControlGroups=.
restrict_mounts()
{
    local state=$1 target
    mount --make-rslave /
    mount --bind "$state" "$state"
    for target in /tmp /var/tmp; do
        mount -t tmpfs -o mode=1777 tmpfs "$target"
    done
    mount --bind /proc/sys /proc/sys
    while read -r target; do
        printf -v target %b "$target"
        # Of several mounts in one place only the last can be got at; of one that is covered, none.
        if [[ $target != "$state" && $target != /proc && $target != /proc/[!s]* && $target != /dev* &&
            $target != /tmp && $target != /var/tmp ]]; then
            restrict_mount "$target" ro 2>/dev/null || echo "restrict: cannot make $target read-only" >&2
        fi
    done < <(findmnt -rno TARGET | sort -u)
    for target in /proc/kcore /proc/kallsyms; do
        [[ ! -e $target ]] || mount --bind /dev/null "$target"
    done
}

# restrict_capabilities UNIT KEY: as setpriv wants them.
restrict_capabilities()
{
    local name
    printf -- '-all'
    for name in $(restrict_get "$1" "$2"); do
        name=${name#CAP_}
        printf ',+%s' "${name,,}"
    done
}

restrict_inside()
{
    local unit=$1 mode=$2 state=$3 user ambient bounding
    shift 3
    cd /
    user=$(restrict_get "$unit" User)
    ambient=$(restrict_capabilities "$unit" AmbientCapabilities)
    bounding=$(restrict_capabilities "$unit" CapabilityBoundingSet)
    local environment
    read -r -a environment <<<"$(restrict_get "$unit" Environment)"
    local identity=(--reuid="$RESTRICT_UID" --regid="$RESTRICT_UID" --clear-groups)
    if [[ $user == root ]]; then
        identity=(--reuid=0 --regid=0 --clear-groups)
    else
        chown -R "$RESTRICT_UID:$RESTRICT_UID" "$state"
    fi
    restrict_mounts "$state"
    exec setpriv "${identity[@]}" --inh-caps="$ambient" --ambient-caps="$ambient" \
        --bounding-set="$bounding" --no-new-privs \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 "${environment[@]}" \
        python3 "$RESTRICT_DIR/restrict.py" filter "$unit" "$mode" "$@"
}

if [[ ${1:-} == --inside ]]; then
    shift
    restrict_inside "$@"
else
    exec unshare --mount "$BASH" "${BASH_SOURCE[0]}" --inside "$@"
fi
