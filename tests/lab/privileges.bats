#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What proxtop says and prints for a user who may not see everything.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    network_up
    ip tuntap add mode tap name lab-tap
    ip link set lab-tap master lab-br up
    guest_start lab-one 1 "steady net=10.9.0.2/24" -netdev tap,id=net0,ifname=lab-tap,script=no,downscript=no \
        -device virtio-net-pci,netdev=net0,id=net0,mac=52:54:00:00:00:01,romfile=
    guest_start lab-two 1 busy
    guest_wait lab-one
    guest_wait lab-two
}

teardown_file()
{
    load env.bash
    lab_end
    network_down
}

setup()
{
    load env.bash
    JSON=$BATS_TEST_TMPDIR/cycles
}

teardown()
{
    traffic_stop
}

# proxtop_as UID FILE ARG...: a copy that everybody may run, wherever the checkout is.
proxtop_as()
{
    local uid=$1 file=$2
    shift 2
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    HOME=/nonexistent timeout 600 setpriv "--reuid=$uid" --regid=65534 --clear-groups --inh-caps=-all \
        env "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --printer=json "$@" >"$file" 2>"$file.err" 3>&- 4>&- </dev/null || {
        cat "$file.err" >&2
        return 1
    }
}

ALL=(--cpu --mem --disk --net --io --pressure --host --verbose --devices --interval=1)

@test "as root nothing is said about privileges, and everything is there" {
    proxtop_json "$JSON" --processes "${ALL[@]}" --log-level=notice --runs=4
    [ ! -s "$JSON.err" ]
    check_json "$JSON" 'last | vm("lab-one") | .io_rchar != null and .disk_reads != null and .net_receivedBytes != null and .state == "running"'
}

@test "as nobody, processes connector: said once what is missing and what would give it" {
    proxtop_as 65534 "$JSON" --processes "${ALL[@]}" --log-level=notice --runs=6
    sed 's/^/# /' "$JSON.err" >&3
    # One message for each thing that is closed, none twice, and nothing else.
    [ -s "$JSON.err" ]
    [ -z "$(sort "$JSON.err" | uniq -d)" ]
    run ! grep -qvE '^proxtop: ' "$JSON.err"
    # I/O, disks and what is known of the memory inside; and what would open them.
    grep -qiE 'io_|/proc/PID/io|I/O' "$JSON.err"
    grep -qiE 'disk' "$JSON.err"
    grep -qiE 'root|CAP_' "$JSON.err"
    check_json "$JSON" 'length == 6 and all(.[]; [.domains[].name] | sort == ["lab-one", "lab-two"])'
    check_json "$JSON" 'all(.[].domains[]; [to_entries[] | select(.key | test("^(io_|disk_(reads|writes|mb|lat|stats|inflight))")).value] |
        length > 10 and all(. == null))'
    check_json "$JSON" 'last | all(.domains[]; .cpu_total != null and .cpu_steal != null and .ram_rss > 0 and .ram_vsize > 0 and
        .ram_minflt != null and .ram_total == 131072 and .ram_used > 0 and (.vcpus | length) == 1 and .vcpus[0].vcpu_total != null)'
    check_json "$JSON" 'last | vm("lab-two") | .cpu_total + .cpu_steal > 50'
    check_json "$JSON" 'last | .host | .cpu_user != null and .ram_Total > 0 and .disk_device_reads != null and .host_name == "lab-host"'
}

@test "as nobody, processes connector: the network of VMs" {
    until_judged measure_network
    check_json "$JSON" 'last | vm("lab-one").net_interfaces == "lab-tap"'
}

# measure_network: what nobody sees of a VM's network is what a generator has sent.
measure_network()
{
    local status=0
    traffic_start "$JSON.gen0" lab-gen gen0 52:54:00:00:00:01 10.9.0.2 100 500 || return
    # The first packets look for the guest.
    sleep 1
    proxtop_as 65534 "$JSON" --processes --net --verbose --devices --interval=1 --runs=6 || status=$?
    traffic_stop
    ((status == 0)) || return
    echo '{}' >"$JSON.record"
    figures_compare compare 0 <<<"vm/lab-one net_receivedPackets file:$JSON.gen0 sent 1 3 3"
}

@test "as nobody without I/O nothing is said of it" {
    proxtop_as 65534 "$JSON" --processes --cpu --log-level=notice --interval=1 --runs=3
    cat "$JSON.err" >&2
    # The state is the monitor's to tell, and always printed.
    [ "$(wc -l <"$JSON.err")" -eq 1 ]
    grep -q 'state' "$JSON.err"
    run ! grep -qE '/proc/PID/io|--io' "$JSON.err"
    check_json "$JSON" 'last | vm("lab-two") | .cpu_total + .cpu_steal > 50'
}

@test "as nobody, text: messages go beside, never into the table" {
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
        env "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --processes --printer=text --disk --io --interval=1 --runs=3 \
        >"$JSON" 2>"$JSON.err" 3>&- </dev/null
    run ! grep -q 'proxtop:' "$JSON"
    # Both header lines, and a line of the host and two of VMs per cycle.
    [ "$(wc -l <"$JSON")" -eq 11 ]
}
