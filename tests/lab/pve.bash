# SPDX-License-Identifier: GPL-2.0-or-later
# A host that looks like one of Proxmox VE: its directories, and real QEMUs started with its own
# arguments. Loaded by tests that have loaded env.bash. The lab's /etc and /run are its own.
# shellcheck shell=bash

PVE_NODE=lab-host
PVE_RUN=/run/qemu-server
PVE_CONF=/etc/pve/qemu-server
PVE_IMAGES=$PROXTOP_LAB/pve

# pve_up: the directories, as they are on the node itself.
pve_up()
{
    mkdir -p "/etc/pve/nodes/$PVE_NODE/qemu-server" "$PVE_IMAGES"
    ln -sfn "nodes/$PVE_NODE" /etc/pve/local
    ln -sfn local/qemu-server "$PVE_CONF"
    install -d -m 750 -g www-data "$PVE_RUN"
    gcc -shared -fPIC -o "$PVE_IMAGES/id.so" "$LAB_TESTS/pve_id.c" -ldl
}

# pve_down: ends all VMs, and takes the directories away.
pve_down()
{
    local file
    for file in "$PVE_RUN"/*.pid; do
        if [[ -e $file && ${file##*/} =~ ^[0-9]+\.pid$ ]]; then
            pve_stop "$(basename "$file" .pid)"
        fi
    done
    rm -rf /etc/pve "$PVE_RUN" "$PVE_IMAGES"
}

# pve_configure VMID < TEXT: written as Proxmox VE does it, by a new file.
pve_configure()
{
    cat >"$PVE_CONF/$1.conf.tmp"
    chmod 640 "$PVE_CONF/$1.conf.tmp"
    mv "$PVE_CONF/$1.conf.tmp" "$PVE_CONF/$1.conf"
}

# pve_pid VMID: prints it; fails unless the VM runs.
pve_pid()
{
    local pid
    pid=$(cat "$PVE_RUN/$1.pid" 2>/dev/null) || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "/var$PVE_RUN/$1.pid" || return 1
    echo "$pid"
}

# pve_start VMID NAME [QEMU-ARG...]: with the arguments of every VM. Where no kernel is given the
# guest does not run: it takes a tenth of a second and next to no memory.
pve_start()
{
    local vmid=$1 name=$2 machine=(-machine "pc,accel=tcg" -S -m 32)
    shift 2
    if [[ " $* " == *" -kernel "* ]]; then
        machine=(-machine "pc,accel=tcg" -m 128)
    fi
    (
        export LD_PRELOAD=$PVE_IMAGES/id.so
        exec -a /usr/bin/kvm qemu-system-x86_64 \
            -id "$vmid" -name "$name,debug-threads=on" -no-shutdown \
            -chardev "socket,id=qmp,path=/var$PVE_RUN/$vmid.qmp,server=on,wait=off" \
            -mon chardev=qmp,mode=control \
            -chardev socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5 \
            -mon chardev=qmp-event,mode=control \
            -pidfile "/var$PVE_RUN/$vmid.pid" -daemonize \
            -smbios "type=1,uuid=$(pve_uuid "$vmid")" \
            -smp 2,sockets=1,cores=2,maxcpus=2 -nodefaults -no-user-config -display none \
            "${machine[@]}" -device virtio-balloon-pci,id=balloon0 "$@" 3>&- 4>&-
    )
}

# pve_uuid VMID: the one that its QEMU is started with.
pve_uuid()
{
    printf '00000000-0000-4000-8000-%012d\n' "$1"
}

# pve_image NAME SIZE
pve_image()
{
    truncate -s "$2" "$PVE_IMAGES/$1"
    echo "$PVE_IMAGES/$1"
}

# pve_start_full VMID NAME: a Linux guest that writes to its disk all the time, with one of each kind
# of disk, and a NIC.
pve_start_full()
{
    pve_start "$1" "$2" -kernel "$LAB_IMAGE_DIR/vmlinuz" -initrd "$LAB_IMAGE_DIR/initrd.img" \
        -append "console=ttyS0 quiet no_timer_check load=disk" -serial "file:$PVE_IMAGES/$1.log" \
        -object iothread,id=iothread-virtioscsi0 -object iothread,id=iothread-virtio0 \
        -device virtio-scsi-pci,id=virtioscsi0,iothread=iothread-virtioscsi0 \
        -drive "file=$(pve_image "$1-scsi0" 32M),if=none,id=drive-scsi0,format=raw" \
        -device scsi-hd,bus=virtioscsi0.0,scsi-id=0,drive=drive-scsi0,id=scsi0 \
        -drive "file=$(pve_image "$1-virtio0" 16M),if=none,id=drive-virtio0,format=raw" \
        -device virtio-blk-pci,drive=drive-virtio0,id=virtio0,iothread=iothread-virtio0 \
        -drive "file=$(pve_image "$1-ide0" 2M),if=none,id=drive-ide0,media=cdrom,readonly=on,format=raw" \
        -device ide-cd,drive=drive-ide0,id=ide0 \
        -drive if=none,id=drive-ide2,media=cdrom -device ide-cd,drive=drive-ide2,id=ide2 \
        -netdev "type=tap,id=net0,ifname=tap${1}i0,script=no,downscript=no" \
        -device "virtio-net-pci,mac=BC:24:11:00:00:01,netdev=net0,id=net0"
}

# pve_wait VMID: until its guest has booted.
pve_wait()
{
    wait_for 300 grep -q 'guest ready' "$PVE_IMAGES/$1.log"
}

# pve_stop VMID: the hard way; what it leaves goes with it.
pve_stop()
{
    local pid
    if pid=$(pve_pid "$1"); then
        kill -KILL "$pid"
        wait_for 60 process_is_gone "$pid"
    fi
    rm -f "$PVE_RUN/$1".{pid,qmp} "$PVE_CONF/$1.conf"
}
