# SPDX-License-Identifier: GPL-2.0-or-later
# How long another client of the monitors waits: of those that proxtop asks, too, and at the same time
# of others that it does not know. Loaded by tests that have
# loaded env.bash and pve.bash.
# shellcheck shell=bash

POLITE_VMS="201 202 203 204 205"
POLITE_UNKNOWN="211 212 213 214 215"

# polite_up: VMs whose monitors have as much to tell as usual ones.
polite_up()
{
    local vmid
    pve_up
    for vmid in $POLITE_VMS $POLITE_UNKNOWN; do
        pve_start "$vmid" "vm-$vmid" \
            -device virtio-scsi-pci,id=virtioscsi0 \
            -drive "file=$(pve_image "$vmid-scsi0" 32M),if=none,id=drive-scsi0,format=raw" \
            -device scsi-hd,bus=virtioscsi0.0,scsi-id=0,drive=drive-scsi0,id=scsi0 \
            -drive "file=$(pve_image "$vmid-virtio0" 16M),if=none,id=drive-virtio0,format=raw" \
            -device virtio-blk-pci,drive=drive-virtio0,id=virtio0 \
            -drive if=none,id=drive-ide2,media=cdrom -device ide-cd,drive=drive-ide2,id=ide2
        printf 'name: vm-%s\n' "$vmid" | pve_configure "$vmid"
    done
    # Without these they are no VMs of Proxmox VE.
    mkdir "$PVE_RUN/unknown"
    for vmid in $POLITE_UNKNOWN; do
        mv "$PVE_RUN/$vmid.pid" "$PVE_RUN/unknown/"
        rm "$PVE_CONF/$vmid.conf"
    done
}

# polite_down: pve_down finds VMs by their pid files.
polite_down()
{
    mv "$PVE_RUN"/unknown/*.pid "$PVE_RUN/"
    pve_down
}

# polite_sockets VMID...
polite_sockets()
{
    printf "$PVE_RUN/%s.qmp\n" "$@"
}

# polite_figures NAME LINE
polite_figures()
{
    local count failed median p99 max
    read -r count failed median p99 max <<<"$2"
    echo "# $1: $count conversations, $failed failed, median $median ms, p99 $p99 ms, worst $max ms" >&3
}

# polite_check SECONDS FILE: nobody fails, and the slowest hundredth of conversations waits at most
# 50 ms, or twice as long as with VMs that proxtop does not ask.
polite_check()
{
    until_judged polite_measure "$@"
}

polite_measure()
{
    local sockets
    mapfile -t sockets < <(
        # shellcheck disable=SC2086 # words
        polite_sockets $POLITE_VMS
        echo --
        # shellcheck disable=SC2086 # words
        polite_sockets $POLITE_UNKNOWN
    )
    proxtop_watch "$2" --proxmox --devices --verbose --interval=1 --qmp-interval=1
    cycles_pass 3 "$2"
    python3 "$LAB_TESTS/other_client.py" "$1" "${sockets[@]}" >"$2.waits" 3>&- 4>&-
    cycles_pass 1 "$2"
    proxtop_stop
    polite_figures "asked by proxtop, too" "$(sed -n 1p "$2.waits")"
    polite_figures "unknown to it" "$(sed -n 2p "$2.waits")"
    tail -n +3 "$2.waits"
    # Meanwhile proxtop asked, and was answered, by these and no others.
    check_json "$2" "length >= $1 and all(.[3:][] | .domains[]; .stale == 0 and .state == \"paused\")"
    check_json "$2" 'last | (.domains | length) == 5 and all(.domains[]; (.disks | length) == 3 and .ram_actual == 32768)'
    awk 'NR <= 2 { count[NR] = $1; failed[NR] = $2; p99[NR] = $4 }
        END { exit !(failed[1] == 0 && count[1] > 100 && p99[1] <= (p99[2] > 25 ? 2 * p99[2] : 50)) }' "$2.waits"
}
