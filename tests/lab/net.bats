#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# NICs of VMs and of the host are what the devices themselves count, and what a generator of known
# traffic has sent. The guests drop most of it and answer the rest, so that RX and TX differ.

bats_require_minimum_version 1.5.0

MAC_BRIDGE=52:54:00:00:00:01
MAC_ETHERNET=52:54:00:00:00:02
MAC_NETWORK=52:54:00:00:00:03
MAC_USER=52:54:00:00:00:11
MAC_PARTIAL=52:54:00:00:00:12
MAC_DIRECT=52:54:00:00:00:21

setup_file()
{
    load env.bash
    network_up
    libvirtd_start
    ip tuntap add mode tap name lab-tap
    ip link set lab-tap master lab-br up
    virsh -q -c qemu:///system net-create /dev/stdin <<<"<network><name>lab-network</name>
        <forward mode='bridge'/><bridge name='lab-br'/></network>" 3>&- 4>&-
    DOMAIN_NET=10.9.0.2/24,10.9.1.2/24,10.9.2.2/24 DOMAIN_DEVICES="
        $(nic_xml bridge "<source bridge='lab-br'/><target dev='lab-nic'/>" $MAC_BRIDGE)
        $(nic_xml ethernet "<target dev='lab-tap' managed='no'/>" $MAC_ETHERNET)
        $(nic_xml network "<source network='lab-network'/>" $MAC_NETWORK)" domain_start lab-three 1 idle
    DOMAIN_NET=10.9.3.2/24 DOMAIN_DEVICES="
        $(nic_xml bridge "<source bridge='lab-br'/>" $MAC_PARTIAL)
        $(nic_xml user '' $MAC_USER)" domain_start lab-user 1 idle
    # A QEMU in a network namespace of its own, with a tap there.
    ip netns add lab-vmns
    ip netns exec lab-vmns sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    ip -n lab-vmns tuntap add mode tap name far-tap
    ip -n lab-vmns link set far-tap up
    # shellcheck disable=SC2016 # the inner shell's own
    ip netns exec lab-vmns bash -c 'source "$1/env.bash"
        guest_start lab-far 1 "idle net=10.9.4.2/24" -netdev tap,id=net0,ifname=far-tap,script=no,downscript=no \
            -device "virtio-net-pci,netdev=net0,id=net0,mac=$2,romfile="' - "$LAB_TESTS" $MAC_DIRECT
    domain_wait lab-three
    domain_wait lab-user
    guest_wait lab-far
}

teardown_file()
{
    load env.bash
    lab_end
    ip netns del lab-vmns
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

# tap_of NAME MAC: the device of a domain's NIC, as libvirt names it.
tap_of()
{
    virsh -q -c qemu:///system domiflist "$1" | awk -v mac="$2" '$5 == mac { print $1 }'
}

# tap_checks ROW SOURCE DEVICE...: what the VM receives is what its taps transmit. 1 % or a packet.
tap_checks()
{
    local row=$1 source=$2 prefix=$3
    cat <<CHECKS
$row net_receivedBytes      $source ${prefix}tx_bytes 1 1 1000
$row net_receivedPackets    $source ${prefix}tx_packets 1 1 1
$row net_receivedErrs       $source ${prefix}tx_errors 1 1 0.01
$row net_receivedDrop       $source ${prefix}tx_dropped 1 1 1
$row net_transmittedBytes   $source ${prefix}rx_bytes 1 1 100
$row net_transmittedPackets $source ${prefix}rx_packets 1 1 1
$row net_transmittedErrs    $source ${prefix}rx_errors 1 1 0.01
$row net_transmittedDrop    $source ${prefix}rx_dropped 1 1 1
CHECKS
}

# generator_checks ROW FILE: and it is what the generator has sent and what came back to it.
generator_checks()
{
    cat <<CHECKS
$1 net_receivedBytes      file:$2 sent_bytes 1 1 3000
$1 net_receivedPackets    file:$2 sent 1 1 3
$1 net_transmittedBytes   file:$2 got_bytes 1 1 200
$1 net_transmittedPackets file:$2 got 1 1 3
CHECKS
}

# check_traffic CHECKS-OF-DEVICES CHECKS-OF-GENERATORS ARG...: with what traffic_begin starts anew for
# each try, since a generator's file is there when it has ended.
check_traffic()
{
    until_judged traffic_measure "$@"
}

traffic_measure()
{
    local checks=$1 generated=$2 sources status=0
    shift 2
    mapfile -t sources < <(awk 'NF { print $3 }' <<<"$checks" | sort -u)
    traffic_begin || return
    # The first packets look for the guest.
    sleep 1
    figures_record "${sources[@]}" || return
    proxtop_json "$JSON" "$@" || status=$?
    figures_stop || status=$?
    traffic_stop
    ((status == 0)) || return
    figures_compare compare 0 <<<"$checks"$'\n'"$generated"
}

@test "NICs of the types bridge, ethernet and network" {
    local names=(lab-nic lab-tap "$(tap_of lab-three $MAC_NETWORK)")
    traffic_begin()
    {
        traffic_start "$JSON.gen0" lab-gen gen0 $MAC_BRIDGE 10.9.0.2 200 1000
        traffic_start "$JSON.gen1" lab-gen gen0 $MAC_ETHERNET 10.9.1.2 120 700
        traffic_start "$JSON.gen2" lab-gen gen0 $MAC_NETWORK 10.9.2.2 60 300
    }
    [ "${names[2]#vnet}" != "${names[2]}" ]
    check_traffic "$(for i in 0 1 2; do tap_checks "vm/lab-three/nics/net$i" "net:${names[i]}" ''; done)" \
        "$(for i in 0 1 2; do generator_checks "vm/lab-three/nics/net$i" "$JSON.gen$i"; done)" \
        --libvirt --net --verbose --devices --interval=1 --runs=9
    check_json "$JSON" "last | vm(\"lab-three\") | [nic(\"net0\", \"net1\", \"net2\") | .nic_name] ==
        [\"lab-nic\", \"lab-tap\", \"${names[2]}\"] and all(.nics[]; .nic_kind == \"tap\")"
    # The VM is the sum of them.
    check_json "$JSON" 'all(.[1:][] | vm("lab-three"); . as $vm | all(("net_receivedBytes", "net_receivedPackets",
        "net_transmittedBytes", "net_transmittedPackets"); . as $key | $vm[$key] != null and
        ($vm[$key] - ([$vm.nics[][$key]] | add) | fabs) < 3))'
    check_json "$JSON" 'last | vm("lab-three") | (has("net_partial") | not) and
        (.net_interfaces | split(";") | sort) == ([.nics[].nic_name] | sort)'
    # Taps do not count these.
    check_json "$JSON" 'all(.[] | vm("lab-three") | ., .nics[]; .net_receivedFrame == null and
        .net_receivedMulticast == null and .net_transmittedColls == null and .net_transmittedCarrier == null)'
}

@test "a user-mode NIC: no figures, and the VM says that its totals lack it" {
    traffic_begin()
    {
        traffic_start "$JSON.gen0" lab-gen gen0 $MAC_PARTIAL 10.9.3.2 100 500
    }
    check_traffic "$(tap_checks vm/lab-user/nics/net0 "net:$(tap_of lab-user $MAC_PARTIAL)" '')" \
        "$(generator_checks vm/lab-user "$JSON.gen0")" --libvirt --net --verbose --devices --interval=1 --runs=7
    check_json "$JSON" 'all(.[] | vm("lab-user"); .net_partial == true)'
    check_json "$JSON" 'all(.[] | vm("lab-user") | nic("net1"); .nic_kind == "user" and
        all(to_entries[] | select(.key | startswith("net_")); .value == null))'
    check_json "$JSON" 'all(.[] | vm("lab-three"); has("net_partial") | not)'
}

@test "the same taps by the processes connector, and one in another network namespace" {
    local pid names
    pid=$(guest_pid lab-far)
    names=(lab-nic lab-tap)
    traffic_begin()
    {
        traffic_start "$JSON.far" lab-vmns far-tap $MAC_DIRECT 10.9.4.2 150 800
        traffic_start "$JSON.gen0" lab-gen gen0 $MAC_BRIDGE 10.9.0.2 200 1000
    }
    proxtop_json "$JSON" --processes --net --devices --interval=1 --runs=1
    far=$(jq -r '.domains[] | select(.name == "lab-far").nics[0].nic' "$JSON")
    check_traffic "$(tap_checks "vm/lab-far/nics/$far" "netns:$pid:far-tap" ''; tap_checks vm/lab-far "netns:$pid:far-tap" '')" \
        "$(generator_checks vm/lab-far "$JSON.far")" --processes --net --verbose --devices --interval=1 --runs=9
    check_json "$JSON" 'last | vm("lab-far") | .nics[0].nic_name == "far-tap" and .nics[0].nic_kind == "tap" and .net_interfaces == "far-tap"'
    # libvirt hands over descriptors, not names: nothing is better than somebody else's figures.
    check_json "$JSON" 'all(.[] | vm("lab-three").nics[]; (.nic_name // "" | . != "far-tap"))'
    # A device of that name in this namespace is another one.
    ip tuntap add mode tap name far-tap
    proxtop_json "$JSON" --processes --net --devices --interval=1 --runs=3
    ip link del far-tap
    check_json "$JSON" 'last | vm("lab-far") | .net_receivedBytes == 0'
    traffic_begin
    sleep 1
    ip tuntap add mode tap name far-tap
    proxtop_json "$JSON" --processes --net --verbose --interval=1 --runs=4
    ip link del far-tap
    check_json "$JSON" 'map(vm("lab-far")) | (map(.net_receivedPackets | values) | max > 100) and
        (map(.net_transmittedPackets | values) | max > 20)'
}

@test "the host's devices: named ones and their sum" {
    traffic_begin()
    {
        traffic_start "$JSON.gen0" lab-gen gen0 $MAC_BRIDGE 10.9.0.2 200 1000
        traffic_start "$JSON.gen2" lab-gen gen0 $MAC_NETWORK 10.9.2.2 60 300
    }
    local device checks=''
    for device in lab-veth lab-nic; do
        checks+="
netdev/$device net_host_receivedBytes      net:$device rx_bytes 1 1 1000
netdev/$device net_host_receivedPackets    net:$device rx_packets 1 1 1
netdev/$device net_host_transmittedBytes   net:$device tx_bytes 1 1 1000
netdev/$device net_host_transmittedPackets net:$device tx_packets 1 1 1"
    done
    # On the wire into the bridge is all that both generators have sent.
    check_traffic "$checks" "" --libvirt --net --verbose --devices --netdev=lab-veth,lab-nic --interval=1 --runs=7
    check_json "$JSON" 'all(.[1:][]; . as $cycle | all(("net_host_receivedBytes", "net_host_receivedPackets",
        "net_host_transmittedBytes", "net_host_transmittedPackets"); . as $key |
        ($cycle.host[$key] - ([$cycle | netdev("lab-veth", "lab-nic")[$key]] | add) | fabs) < 2 and $cycle.host[$key] > 10))'
    # A tap that is named has a row, another one has none.
    check_json "$JSON" 'all(.[]; [.host.net_devices[].device] | index("lab-nic") and (index("lab-tap") | not))'
}

@test "the host's devices by default: physical ones count, and no tap has a row" {
    local sys=$BATS_TEST_TMPDIR/sys device
    # No such device can be had in a namespace: one is declared to be physical.
    mkdir -p "$sys/class/net"
    for device in lo lab-br lab-veth lab-tap lab-nic; do
        mkdir -p "$sys/class/net/$device"
        echo 1000 >"$sys/class/net/$device/speed"
    done
    mkdir "$sys/class/net/lab-veth/device"
    traffic_begin()
    {
        traffic_start "$JSON.gen0" lab-gen gen0 $MAC_BRIDGE 10.9.0.2 200 1000
    }
    check_traffic "
host net_host_receivedBytes      net:lab-veth rx_bytes 1 1 1000
host net_host_receivedPackets    net:lab-veth rx_packets 1 1 1
host net_host_transmittedBytes   net:lab-veth tx_bytes 1 1 1000
host net_host_transmittedPackets net:lab-veth tx_packets 1 1 1" "" \
        --libvirt --net --verbose --devices --sysfs="$sys" --interval=1 --runs=6
    check_json "$JSON" "all(.[]; [.host.net_devices[].device] | index(\"lab-br\") and index(\"lab-veth\") and
        ((index(\"lab-nic\", \"lab-tap\", \"$(tap_of lab-three $MAC_NETWORK)\") // false) | not))"
    check_json "$JSON" 'last | .host.net_host_speed == 1000'
    # Without one there is nothing to sum up.
    proxtop_json "$JSON" --libvirt --net --devices --interval=1 --runs=3
    check_json "$JSON" 'all(.[]; .host.net_host_receivedBytes == null and .host.net_host_transmittedBytes == null)'
    check_json "$JSON" 'last | netdev("lab-br").net_host_receivedBytes != null'
}

@test "a device that is not there: exit 2, and those that are are listed" {
    run --separate-stderr env "${PROXTOP_ENV[@]}" "$PROXTOP" --libvirt --net --netdev=lab-br,nonsense --runs=1 --printer=json
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *nonsense* && $stderr == *lab-br* && $stderr == *lab-veth* ]]
}

@test "macvtap: counted the VM's way" {
    ip link add lab-mv0 type veth peer name lab-mv1
    ip link set lab-mv0 up
    ip link set lab-mv1 up
    if ! ip link add link lab-mv1 name lab-macvtap type macvtap 2>/dev/null; then
        ip link del lab-mv0
        skip "no macvtap in this kernel"
    fi
    ip link del lab-macvtap
    DOMAIN_NET=10.9.5.2/24 DOMAIN_DEVICES="$(nic_xml direct "<source dev='lab-mv1' mode='bridge'/>" 52:54:00:00:00:31)" \
        domain_start lab-direct 1 idle
    domain_wait lab-direct
    ip link set lab-mv0 netns lab-gen
    ip -n lab-gen link set lab-mv0 up
    traffic_begin()
    {
        traffic_start "$JSON.gen0" lab-gen lab-mv0 52:54:00:00:00:31 10.9.5.2 200 1000
    }
    check_traffic '' "$(generator_checks vm/lab-direct/nics/net0 "$JSON.gen0")" \
        --libvirt --net --verbose --devices --interval=1 --runs=7
    check_json "$JSON" 'last | vm("lab-direct") | nic("net0").nic_kind == "macvtap"'
    coverage_keep net <"$JSON"
    virsh -q -c qemu:///system destroy lab-direct
}
