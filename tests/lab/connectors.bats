#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How proxtop finds the VMs: by itself, at a libvirt on another host, and without privileges. The
# tests depend on their order: the first ones want a host without libvirtd.

setup_file()
{
    load env.bash
    guest_start lab-one 1 busy
    guest_start lab-two 1 idle
    guest_wait lab-one
    guest_wait lab-two
}

teardown_file()
{
    load env.bash
    lab_end
}

setup()
{
    load env.bash
    JSON=$BATS_TEST_TMPDIR/cycles
}

# check_one_line FILE REGEX: one line was said beside, and it is like that.
check_one_line()
{
    if [[ $(wc -l <"$1.err") -ne 1 ]] || ! grep -qiE "$2" "$1.err"; then
        echo "one line like '$2' expected, but proxtop said:" >&2
        cat "$1.err" >&2
        return 1
    fi
}

# check_no_io: /proc/PID/io of another user is closed, so its figures are unknown and not 0.
check_no_io()
{
    check_json "$JSON" 'all(.[].domains[] | to_entries[] | select(.key | startswith("io_")); .value == null)'
}

# proxtop_as_nobody FILE ARG...: a copy that nobody may run, wherever the checkout is; with the capabilities
# of $NOBODY_CAPS (",+name" each).
proxtop_as_nobody()
{
    local file=$1
    shift
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    HOME=/nonexistent timeout 600 setpriv --reuid=nobody --regid=nogroup --clear-groups \
        --inh-caps="-all${NOBODY_CAPS:-}" --ambient-caps="-all${NOBODY_CAPS:-}" \
        env "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --printer=json "$@" >"$file" 2>"$file.err" 3>&- 4>&- </dev/null || {
        cat "$file.err" >&2
        return 1
    }
}

# remote_start: a host of its own, but for the network, with a libvirtd that answers on TCP.
remote_start()
{
    # shellcheck disable=SC2016 # the inner shell's own
    unshare --mount --pid --uts --fork --kill-child --mount-proc bash -c '
        set -euo pipefail
        for dir in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
            mount -t tmpfs tmpfs "$dir"
        done
        mkdir -p /run/libvirt
        mount -t tmpfs tmpfs /run/libvirt
        hostname far-host
        source "$1/env.bash"
        libvirtd_configure
        libvirtd --listen -p /run/libvirt/libvirtd.pid
        # The shell must stay: as process 1, libvirtd would wait in vain for orphans to vanish.
        exit' - "$LAB_TESTS" >"$PROXTOP_LAB/remote.log" 2>&1 3>&- 4>&- &
    echo $! >"$PROXTOP_LAB/remote.pid"
    wait_for 60 virsh -c "$LAB_URI" uri
}

@test "without libvirtd the processes are found, and proxtop says why" {
    proxtop_json "$JSON" --interval=1 --runs=3
    check_json "$JSON" 'length == 3 and all(.[]; [.domains[].name] | sort == ["lab-one", "lab-two"])'
    check_json "$JSON" 'last | vm("lab-one") | .cpu_total + .cpu_steal > 50'
    check_one_line "$JSON" 'processes.*libvirt.*; proxtop --doctor tells more$'
}

@test "as nobody, processes connector" {
    proxtop_as_nobody "$JSON" --processes --verbose --interval=1 --runs=3
    check_json "$JSON" 'length == 3 and all(.[]; [.domains[].name] | sort == ["lab-one", "lab-two"])'
    check_json "$JSON" 'last | vm("lab-one") | .cpu_total > 0 and .cpu_total + .cpu_steal > 50 and .ram_rss > 0'
    check_no_io
}

@test "as nobody, what only root may read is null and the rest of the host's row is there" {
    local id=$PROXTOP_LAB/sys/devices/virtual/dmi/id
    mkdir -p "$id"
    echo 11111111-2222-4333-8444-555555555555 >"$id/product_uuid"
    chmod 400 "$id/product_uuid"
    proxtop_json "$JSON" --processes --host --mem --verbose --sysfs="$PROXTOP_LAB/sys" --interval=1 --runs=1
    check_json "$JSON" 'last | .host | (.host_uuid | ascii_downcase) == "11111111-2222-4333-8444-555555555555" and .ram_Total > 0'
    proxtop_as_nobody "$JSON" --processes --host --mem --verbose --sysfs="$PROXTOP_LAB/sys" --interval=1 --runs=1
    check_json "$JSON" 'last | .host | has("host_uuid") and .host_uuid == null and .ram_Total > 0'
    NOBODY_CAPS=,+dac_read_search proxtop_as_nobody "$JSON" --processes --host --mem --verbose --sysfs="$PROXTOP_LAB/sys" \
        --interval=1 --runs=1
    check_json "$JSON" 'last | .host | .host_uuid != null'
}

@test "with libvirtd it is asked, and proxtop says how many VMs it does not know" {
    libvirtd_start
    domain_start lab-domain 1 idle
    domain_wait lab-domain
    proxtop_json "$JSON" --interval=1 --runs=3
    check_json "$JSON" 'length == 3 and all(.[]; [.domains[].name] == ["lab-domain"])'
    check_one_line "$JSON" '(libvirt.*\b2\b|\b2\b.*libvirt)'
}

# check_switch: the VMs of all connectors first, then libvirt's, and of each change one line is said.
check_switch()
{
    check_json "$JSON" '[.[] | [.domains[].name] | sort | join(" ")] | . == sort_by(. == "lab-domain") and
        (unique == ["lab-domain", "lab-domain lab-one lab-two"])'
    [ "$(wc -l <"$JSON.err")" -eq 2 ]
    grep -qE "using the list of processes: 3 VMs .libvirt: .*; proxtop --doctor tells more\$" "$JSON.err"
    grep -qE "libvirt answers now and is used in place of 'processes': 1 VM, and 2 QEMU" "$JSON.err"
}

@test "a libvirtd that hangs at the start is used as soon as it answers" {
    local pid
    pid=$(libvirtd_pid)
    kill -STOP "$pid"
    proxtop_watch "$JSON" --interval=1
    if ! wait_for 120 test -s "$JSON" || ! cycles_pass 3 "$JSON"; then
        kill -CONT "$pid"
        false
    fi
    kill -CONT "$pid"
    cycle_comes "$JSON" '[.domains[].name] == ["lab-domain"]'
    cycles_pass 2 "$JSON"
    # What only it tells is there.
    check_json "$JSON" 'first | vm("lab-domain").state == "unknown"'
    check_json "$JSON" 'last | vm("lab-domain").state == "running"'
    proxtop_stop
    check_switch
}

@test "a libvirtd that is started after proxtop is used, too" {
    libvirtd_kill9
    proxtop_watch "$JSON" --interval=1
    wait_for 120 test -s "$JSON"
    libvirtd_start
    cycle_comes "$JSON" '[.domains[].name] == ["lab-domain"]'
    proxtop_stop
    check_switch
}

@test "as nobody, libvirt connector" {
    proxtop_as_nobody "$JSON" --libvirt --verbose --interval=1 --runs=4
    check_json "$JSON" 'length == 4'
    check_json "$JSON" 'last | vm("lab-domain") | .cpu_total != null and .ram_rss > 0 and .ram_actual == 131072'
    check_no_io
}

@test "a user without a name, as DynamicUser= makes them: what gives it one is told" {
    install -D -m 755 "$PROXTOP" "$PROXTOP_LAB/bin/proxtop"
    [ -z "$(getent passwd 61199)" ]
    local as=(timeout 60 setpriv --reuid=61199 --regid=61199 --clear-groups --inh-caps=-all env HOME=/nonexistent)
    run "${as[@]}" "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --libvirt -p json --runs=1 --interval=0.5
    [[ $output == *"Failed to find user record for uid '61199'; "*"libnss-systemd"*"proxtop --doctor"* ]]
    run "${as[@]}" "${PROXTOP_ENV[@]}" "$PROXTOP_LAB/bin/proxtop" --doctor --libvirt
    [ "$status" -eq 1 ]
    [[ $output == *"-> apt install libnss-systemd"* ]]
}

@test "a libvirt on another host: no figures of this host's processes" {
    export LAB_URI=qemu+tcp://127.0.0.1/system
    libvirtd_kill9
    remote_start
    domain_start lab-far 1 idle
    domain_wait lab-far

    LIBVIRT_DEFAULT_URI=$LAB_URI proxtop_json "$JSON" --libvirt --cpu --mem --host --verbose --log-level=notice --interval=1 --runs=4
    check_json "$JSON" 'length == 4 and all(.[]; [.domains[].name] == ["lab-far"])'
    check_json "$JSON" 'last | vm("lab-far") | .state == "running" and .stale == 0 and .ram_actual == 131072 and .cpu_cores == 1'
    check_json "$JSON" 'all(.[] | vm("lab-far"); .cpu_total == null and .cpu_steal == null and .ram_rss == null and .ram_vsize == null)'
    # Nor of this host itself, and the name is the other's.
    check_json "$JSON" 'all(.[]; .host_name == "far-host" and (.host | del(.host_name) | all(.[]; . == null)))'
    check_one_line "$JSON" 'far-host|remote|another host|other host'

    status=0
    LIBVIRT_DEFAULT_URI=$LAB_URI proxtop_json "$JSON" --libvirt --procfs=/proc --interval=1 --runs=1 || status=$?
    [ "$status" -eq 2 ]
}
