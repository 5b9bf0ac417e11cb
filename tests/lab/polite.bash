# SPDX-License-Identifier: GPL-2.0-or-later
# How long another client of the monitors waits, alone and beside proxtop. Loaded by tests that have
# loaded env.bash and pve.bash.
# shellcheck shell=bash

POLITE_VMS="201 202 203 204 205"

# polite_up: VMs whose monitors have as much to tell as usual ones.
polite_up()
{
    local vmid
    pve_up
    for vmid in $POLITE_VMS; do
        pve_start "$vmid" "vm-$vmid" \
            -device virtio-scsi-pci,id=virtioscsi0 \
            -drive "file=$(pve_image "$vmid-scsi0" 32M),if=none,id=drive-scsi0,format=raw" \
            -device scsi-hd,bus=virtioscsi0.0,scsi-id=0,drive=drive-scsi0,id=scsi0 \
            -drive "file=$(pve_image "$vmid-virtio0" 16M),if=none,id=drive-virtio0,format=raw" \
            -device virtio-blk-pci,drive=drive-virtio0,id=virtio0 \
            -drive if=none,id=drive-ide2,media=cdrom -device ide-cd,drive=drive-ide2,id=ide2
        printf 'name: vm-%s\n' "$vmid" | pve_configure "$vmid"
    done
}

# polite_ask SECONDS: prints what tests/lab/other_client.py found at all VMs, and to the terminal.
polite_ask()
{
    local vmid paths=()
    for vmid in $POLITE_VMS; do
        paths+=("$PVE_RUN/$vmid.qmp")
    done
    python3 "$LAB_TESTS/other_client.py" "$1" "${paths[@]}" 3>&- 4>&-
}

# polite_figures NAME LINE...
polite_figures()
{
    local count failed median p99 max
    read -r count failed median p99 max <<<"$2"
    echo "# $1: $count conversations, $failed failed, median $median ms, p99 $p99 ms, worst $max ms" >&3
}

# polite_check SECONDS FILE: nobody fails, and the slowest hundredth of conversations waits at most
# 50 ms, or twice as long as without proxtop right before or after.
polite_check()
{
    local before beside after
    before=$(polite_ask $(($1 / 4)))
    proxtop_watch "$2" --proxmox --devices --verbose --interval=1 --qmp-interval=1 --runs=$(($1 + 4))
    wait_for 20 test -s "$2"
    beside=$(polite_ask "$1")
    proxtop_finish
    after=$(polite_ask $(($1 / 4)))
    polite_figures "alone" "$before"
    polite_figures "beside proxtop" "$beside"
    polite_figures "alone again" "$after"
    tail -n +2 <<<"$beside"
    awk 'FNR == 1 { failed[++n] = $2; p99[n] = $4; count[n] = $1 }
        END {
            alone = p99[1] > p99[3] ? p99[1] : p99[3]
            exit !(failed[2] == 0 && count[2] > 100 && p99[2] <= (alone > 25 ? 2 * alone : 50))
        }' <(echo "$before") <(echo "$beside") <(echo "$after")
    # Meanwhile proxtop asked, and was answered.
    check_json "$2" "length == $1 + 4 and all(.[3:][] | .domains[]; .stale == 0 and .state == \"paused\")"
    check_json "$2" 'last | all(.domains[]; (.disks | length) == 3 and .ram_actual == 32768)'
}
