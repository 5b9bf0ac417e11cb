#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What docs/CONTAINER.md promises, in the layout of the image, with real guests outside of it.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    load container.bash
    load ../lab/env.bash
    CONTAINER_ROOT=$BATS_FILE_TMPDIR/image
    # One for all tests of this file, which nothing is written to.
    container_make "$CONTAINER_ROOT"
    export CONTAINER_ROOT
    network_up
    ip tuntap add mode tap name lab-tap
    ip link set lab-tap master lab-br up
    # Of root, with a NIC whose tap is in the host's network; and of an account of its own, as libvirt's.
    guest_start lab-root 1 busy -netdev tap,id=net0,ifname=lab-tap,script=no,downscript=no \
        -device virtio-net-pci,netdev=net0,id=net0,romfile=
    container_start_other
    libvirtd_start
    domain_start lab-domain 1 busy
    guest_wait lab-root
    wait_for 90 grep -q 'guest ready' "$PROXTOP_LAB/other/lab-other.log"
    domain_wait lab-domain
    virsh -q -c qemu:///system schedinfo lab-domain --live --set vcpu_period=100000 --set vcpu_quota=5000
}

# A guest whose QEMU runs as libvirt's usually do, under an account that is not root.
container_start_other()
{
    install -d -o 64055 -g 64055 "$PROXTOP_LAB/other"
    install -D -m 644 -t "$PROXTOP_LAB/kernel" "$LAB_IMAGE_DIR"/{vmlinuz,initrd.img}
    setpriv --reuid=64055 --regid=64055 --clear-groups env "LAB_IMAGE_DIR=$PROXTOP_LAB/kernel" \
        "LAB_SOCKET_MAX=$LAB_SOCKET_MAX" bash -euc "$(declare -f lab_start_guest); lab_start_guest \"\$@\"" start \
        "$PROXTOP_LAB/other" lab-other 1 busy 3>&- 4>&-
}

teardown_file()
{
    load env.bash
    load container.bash
    load ../lab/env.bash
    lab_end
    lab_down "$PROXTOP_LAB/other"
    rm -rf "$PROXTOP_LAB/other" "$PROXTOP_LAB/kernel"
    network_down
    root_remove "$CONTAINER_ROOT"
}

setup()
{
    load env.bash
    load container.bash
    load ../lab/env.bash
    JSON=$BATS_TEST_TMPDIR/cycles
    load ../lab/pve.bash
    CONTAINER=$CONTAINER_TREE/tests/package/container.bash
    HOST=(--volume=/proc:/host/proc:ro --volume=/sys:/host/sys:ro)
    CAPS=--cap-add=sys_ptrace,+dac_override
    ENTRY=$(container_entrypoint)
    OPTIONS=(--procfs=/host/proc --sysfs=/host/sys --host-name=the-host)
    FIGURES=(--cpu --mem --disk --net --io --host --verbose --devices --interval=1)
}

# container_json OPTION... -- ARG...: proxtop's JSON in $JSON, what it says beside in $JSON.err.
container_json()
{
    local options=() status=0
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    timeout 300 "$CONTAINER" "$CONTAINER_ROOT" "${options[@]}" "$ENTRY" --printer=json "$@" >"$JSON" 2>"$JSON.err" \
        3>&- 4>&- </dev/null || status=$?
    sed 's/^/# /' "$JSON.err" >&2
    return "$status"
}

# container_start: the same in the background; container_stop ends it as an engine does, and it must
# end by itself and well.
container_start()
{
    container_json "$@" &
    CONTAINER_JOB=$!
}

# Process 1 of the container, which has the only proxtop of these tests.
container_pid()
{
    local dir
    for dir in /proc/[0-9]*; do
        if [[ $(readlink "$dir/root" 2>/dev/null) == "$CONTAINER_ROOT" && $(cat "$dir/comm") == proxtop ]]; then
            echo "${dir##*/}"
            return
        fi
    done
    return 1
}

container_stop()
{
    local job=$CONTAINER_JOB
    CONTAINER_JOB=
    kill -TERM "$(container_pid)"
    wait "$job"
}

teardown()
{
    local pid
    if [[ -n ${CONTAINER_JOB:-} ]] && pid=$(container_pid); then
        kill -KILL "$pid"
    fi
    tmux -L container kill-server 2>/dev/null || true
    if [[ -d /etc/pve ]]; then
        pve_down
    fi
}

# json_has JQ: the last whole cycle says so.
json_has()
{
    local line
    line=$(tail -n 2 "$JSON" | head -n 1)
    jq -e "$1" <<<"$line"
}

@test "the image has all libraries that the programs need" {
    for program in proxtop proxprofiler; do
        run -0 chroot "$CONTAINER_ROOT" ldd "/usr/bin/$program"
        [[ $output != *"not found"* ]]
        run -0 chroot "$CONTAINER_ROOT" "/usr/bin/$program" --version
        [[ $output == *"$(<"$CONTAINER_TREE/VERSION")"* ]]
    done
}

@test "the host's VMs with all their figures, without the host's PID namespace, network and images" {
    container_json "${HOST[@]}" "$CAPS" -- --processes "${OPTIONS[@]}" "${FIGURES[@]}" --runs=4
    check_json "$JSON" 'length == 4 and all(.[]; [.domains[].name] | sort == ["lab-domain", "lab-other", "lab-root"])'
    check_json "$JSON" 'last | all(.domains[]; .cpu_total != null and .cpu_steal != null and .ram_rss > 0 and .io_rchar != null and
        .ram_used != null)'
    # By the monitors of their own, through the processes' roots, and so the sizes of the images.
    check_json "$JSON" 'last | vm("lab-root", "lab-other") | .state == "running" and .disk_reads != null and
        .disk_size_physical == 16777216'
    check_json "$JSON" 'last | vm("lab-root") | .net_interfaces == "lab-tap" and .net_receivedPackets != null'
    check_json "$JSON" 'last | .host | .host_name == "the-host" and .cpu_cores == '"$(nproc --all)"
    # The host's NICs, not the container's.
    check_json "$JSON" 'last | [.host.net_devices[].device] | index("lab-br") != null'
    check_json "$JSON" 'last | [.host.block_devices[].device] | length > 0'
}

@test "without capabilities: said, and CPU and memory are there" {
    container_json "${HOST[@]}" -- --processes "${OPTIONS[@]}" "${FIGURES[@]}" --runs=4
    grep -q 'permission denied for /proc/PID/io' "$JSON.err"
    check_json "$JSON" 'last | all(.domains[]; .cpu_total != null and .cpu_steal != null and .ram_rss > 0 and .io_rchar == null)'
    check_json "$JSON" 'last | vm("lab-root", "lab-other") | .disk_reads == null and .disk_size_physical == null'
}

@test "CAP_SYS_PTRACE alone: no I/O of QEMUs of other accounts; CAP_DAC_READ_SEARCH gives it, but not their monitors" {
    container_json "${HOST[@]}" --cap-add=sys_ptrace -- --processes "${OPTIONS[@]}" "${FIGURES[@]}" --runs=4
    check_json "$JSON" 'last | vm("lab-root").io_rchar != null and vm("lab-other").io_rchar == null'
    check_json "$JSON" 'last | vm("lab-root").disk_size_physical == 16777216'
    container_json "${HOST[@]}" --cap-add=sys_ptrace,+dac_read_search -- --processes "${OPTIONS[@]}" "${FIGURES[@]}" --runs=4
    check_json "$JSON" 'last | vm("lab-root", "lab-other") | .io_rchar != null'
    check_json "$JSON" 'last | vm("lab-root").disk_reads != null and vm("lab-other").disk_reads == null'
}

@test "capabilities do not reach another user than root" {
    container_json "${HOST[@]}" "$CAPS" --user=65534 -- --processes "${OPTIONS[@]}" "${FIGURES[@]}" --runs=3
    check_json "$JSON" 'last | all(.domains[]; .cpu_total != null and .io_rchar == null)'
}

@test "libvirt, by its read-only socket" {
    container_json "${HOST[@]}" --cap-add=sys_ptrace,+dac_read_search --volume=/run/libvirt:/run/libvirt:ro -- \
        "${OPTIONS[@]}" "${FIGURES[@]}" --runs=4
    grep -q 'using libvirt: 1 VM' "$JSON.err"
    check_json "$JSON" 'last | [.domains[].name] == ["lab-domain"]'
    check_json "$JSON" 'last | vm("lab-domain") | .state == "running" and .cpu_total != null and .io_rchar != null and
        .disk_reads != null and .disk_size_physical == 16777216'
}

@test "libvirt is found again after a restart of libvirtd, as its directory is mounted and not its socket" {
    container_start "${HOST[@]}" --volume=/run/libvirt:/run/libvirt:ro -- --libvirt "${OPTIONS[@]}" --disk --interval=1
    wait_for 60 json_has '.domains[0] | .stale == 0 and .disk_reads != null'
    libvirtd_kill9
    wait_for 60 json_has '.domains[0] | .stale > 0'
    libvirtd_start
    wait_for 60 json_has '.domains[0] | .stale == 0 and .disk_reads != null'
    container_stop
}

@test "libvirt, as a user without rights" {
    container_json "${HOST[@]}" --user=65534 --volume=/run/libvirt:/run/libvirt:ro -- "${OPTIONS[@]}" "${FIGURES[@]}" --runs=4
    check_json "$JSON" 'last | vm("lab-domain") | .state == "running" and .cpu_total != null and .disk_reads != null'
}

@test "the CPU limit of a VM: in the host's cgroup namespace, and not in the container's own" {
    local mounts=("${HOST[@]}" --volume=/run/libvirt:/run/libvirt:ro)
    container_json "${mounts[@]}" --cgroupns=host -- "${OPTIONS[@]}" --cpu --verbose --interval=1 --runs=4
    check_json "$JSON" '[.[1:][] | vm("lab-domain").cpu_throttled | values] | length > 0 and max > 0'
    container_json "${mounts[@]}" -- "${OPTIONS[@]}" --cpu --verbose --interval=1 --runs=4
    check_json "$JSON" 'all(.[]; vm("lab-domain").cpu_throttled == null)'
}

@test "Proxmox VE: its pid files, monitors and configurations" {
    pve_up
    pve_configure 101 <<<$'name: web-01\nmemory: 32\ncores: 2\nscsi0: local:101/vm-101-disk-0.raw,size=16M\n'
    pve_start 101 web-01 -device virtio-scsi-pci,id=virtioscsi0 \
        -drive "file=$(pve_image 101-scsi0 16M),if=none,id=drive-scsi0,format=raw" \
        -device scsi-hd,bus=virtioscsi0.0,scsi-id=0,drive=drive-scsi0,id=scsi0
    local mounts=("${HOST[@]}" --volume=/etc/pve:/etc/pve:ro --volume=/run/qemu-server:/run/qemu-server:ro)
    container_json "${mounts[@]}" --cap-add=sys_ptrace -- "${OPTIONS[@]}" "${FIGURES[@]}" --runs=5
    grep -q 'using Proxmox VE: 1 VM' "$JSON.err"
    check_json "$JSON" 'last | vm("web-01") | (.vmid | tostring) == "101" and .state != null and .cpu_total != null and .io_rchar != null and
        .disk_reads != null and .disk_size_physical == 16777216'
}

exporter_answers()
{
    curl -sf http://127.0.0.1:9977/metrics | grep -q 'lab-root'
}

@test "the exporter, in the host's network and in the container's" {
    local options=("${HOST[@]}" "$CAPS")
    container_start "${options[@]}" --network=host -- --processes "${OPTIONS[@]}" --printer=prometheus --output=serve \
        --target=127.0.0.1:9977
    wait_for 60 exporter_answers
    container_stop
    container_start "${options[@]}" -- --processes "${OPTIONS[@]}" --printer=prometheus --output=serve --target=0.0.0.0:9977
    wait_for 60 container_pid
    export -f exporter_answers
    wait_for 60 nsenter --net -t "$(container_pid)" bash -c exporter_answers
    run ! exporter_answers
    container_stop
}

@test "JSON over TCP to a receiver of the host" {
    python3 - "$BATS_TEST_TMPDIR/port" >"$BATS_TEST_TMPDIR/got" 3>&- 4>&- <<'PY' &
import os, socket, sys
server = socket.create_server(("127.0.0.1", 0))
server.settimeout(120)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(server.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
print(server.accept()[0].makefile().readline(), end="")
PY
    local receiver=$!
    wait_for 60 test -s "$BATS_TEST_TMPDIR/port"
    container_start "${HOST[@]}" "$CAPS" --network=host -- --processes "${OPTIONS[@]}" --output=tcp \
        "--target=127.0.0.1:$(<"$BATS_TEST_TMPDIR/port")" --drain-timeout=1
    wait "$receiver"
    jq -e '.host_name == "the-host" and ([.domains[].name] | index("lab-root") != null)' "$BATS_TEST_TMPDIR/got"
    kill -TERM "$(container_pid)"
    wait "$CONTAINER_JOB" || true # what came after that line has been lost
    CONTAINER_JOB=
}

screen_shows()
{
    tmux -L container capture-pane -p | grep -q "$1"
}

@test "the screen on a terminal" {
    tmux -L container -f /dev/null new-session -d -x 120 -y 30 "'$CONTAINER' '$CONTAINER_ROOT' ${HOST[*]} $CAPS '$ENTRY' \
        --processes ${OPTIONS[*]}; echo it ended with \$?; sleep 600" 3>&- 4>&- </dev/null
    wait_for 60 screen_shows lab-root
    screen_shows lab-other
    tmux -L container send-keys q
    wait_for 60 screen_shows 'it ended with 0'
}

@test "proxprofiler, with its state outside" {
    mkdir "$BATS_TEST_TMPDIR/state"
    ENTRY=/usr/bin/proxprofiler
    container_json "${HOST[@]}" "$CAPS" "--volume=$BATS_TEST_TMPDIR/state:/var/lib/proxprofiler" -- --processes \
        --procfs=/host/proc --sysfs=/host/sys --state-dir=/var/lib/proxprofiler --interval=0.5 --output-freq=1 --runs=1
    [ -n "$(ls "$BATS_TEST_TMPDIR/state")" ]
}

@test "without the host's /proc: said why there are no VMs" {
    container_json --cap-add=sys_ptrace -- --processes --runs=1
    check_json "$JSON" '.[0].domains == []'
    grep -q "no VM found by 'processes': .*PID namespace (container)" "$JSON.err"
}

@test "--doctor tells that a container does not see the host, and with the documented options that it does" {
    run -0 "$CONTAINER" "$CONTAINER_ROOT" --cap-add=sys_ptrace "$ENTRY" --doctor --processes
    [[ $output == *"PID namespace"*"--procfs=/host/proc"* ]]
    run -0 "$CONTAINER" "$CONTAINER_ROOT" "${HOST[@]}" "$CAPS" "$ENTRY" --doctor --processes "${OPTIONS[@]}"
    [[ $output == *"/proc/PID/io of 3 VMs can be read"* ]]
}

@test "a /host/proc that is not mounted is named" {
    rmdir "$CONTAINER_ROOT"/host/*
    run ! container_json -- --processes "${OPTIONS[@]}" --runs=1
    grep -q "cannot open procfs '/host/proc'" "$JSON.err"
}

# Debian has no libraries for musl to link with, but its headers: whatever is of glibc alone fails.
# crypt.h is that of libxcrypt, which is not musl's.
@test "the sources compile against musl" {
    local musl=/usr/include/$(uname -m)-linux-musl headers=$BATS_TEST_TMPDIR/headers system name
    system=/usr/include/$(gcc -print-multiarch)
    mkdir -p "$headers/sys" "$headers/openssl"
    printf '#define __BEGIN_DECLS\n#define __END_DECLS\n#define __THROW\n' >"$headers/sys/cdefs.h"
    for name in asm-generic crypt.h curses.h event2 expat.h expat_external.h json-c libvirt linux ncurses_dll.h \
        term.h unctrl.h uthash.h zconf.h zlib.h; do
        ln -s "/usr/include/$name" "$headers/"
    done
    ln -s "$system/asm" "$system/expat_config.h" "$headers/"
    ln -s /usr/include/openssl/* "$headers/openssl/"
    ln -sf "$system"/openssl/* "$headers/openssl/"
    find "$CONTAINER_TREE/src" -name '*.c' -print0 | xargs -0 -P2 -n20 gcc -fsyntax-only -nostdinc -isystem "$musl" \
        -isystem "$(gcc -print-file-name=include)" -isystem "$headers" -I "$CONTAINER_TREE/src" \
        -std=gnu17 -Werror=implicit-function-declaration -D_GNU_SOURCE -DHAVE_LIBVIRT=1 -DPROXTOP_VERSION='""'
}
