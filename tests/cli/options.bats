#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line as a user meets it: texts, refusals, exit statuses.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
}

@test "--help names every option; --version the version; both exit 0" {
    run "$PROXTOP" --help
    [ "$status" -eq 0 ]
    for name in interval frequency runs connection procfs sysfs host-name verbose human log-file \
        log-level proxmox libvirt processes allow-hmp libvirt-interval qmp-interval guest-stats cpu mem disk \
        net io pressure host printer output target fields names scope devices timestamps json \
        netdev storedev pve-run pve-conf sink influx prom-host-label buffer spool spool-size drain-timeout \
        send-timeout tls tls-ca tls-cert tls-key datagram http-header http-token-file http-gzip \
        serve-auth-file config no-config view sort filter units no-mouse help version list-fields; do
        [[ $output == *"--$name"* ]] || { echo "no --$name"; return 1; }
    done
    for option in --version -v -V; do
        run "$PROXTOP" $option
        [ "$status" -eq 0 ]
        [[ $output =~ ^proxtop\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    done
}

@test "--help on a terminal: lines that end before its right edge, with every word of the long ones" {
    local width program
    cd "$BATS_TEST_TMPDIR"
    for program in "$PROXTOP" "${PROXTOP%/*}/proxprofiler"; do
        "$program" --help | sed -n '/^Application:/,/^Exit status/p' | tr -s ' \n' '\n' >words
        for width in 80 100 130; do
            script -qec "stty cols $width; $program --help" /dev/null </dev/null | tr -d '\r' |
                sed -n '/^Application:/,/^Exit status/p' >help
            awk -v width="$width" 'length >= width { print; found = 1 } END { exit found }' help
            tr -s ' \n' '\n' <help | cmp - words
        done
    done
}

@test "--list-fields: scope, key, unit, source and meaning of what can be read" {
    run "$PROXTOP" --list-fields
    [ "$status" -eq 0 ]
    grep -qP '^vm\tcpu_steal\t%\t/proc/PID/task/TID/schedstat\t.+' <<<"$output"
    grep -qP '^host\tram_Total\tKB\t/proc/meminfo\t.+' <<<"$output"
    [ "$(awk -F'\t' 'NF != 5' <<<"$output" | wc -l)" -eq 0 ]
}

@test "wrong values: exit 2, one line with option, value and what is allowed" {
    fails_with 2 "--interval: '0' is not allowed; allowed: seconds from 0.1 to 3600" "$PROXTOP" -f 0
    fails_with 2 "'3600.5'" "$PROXTOP" --interval=3600.5
    fails_with 2 "'1e3'" "$PROXTOP" -d 1e3
    fails_with 2 "--runs: '0'" "$PROXTOP" -r 0
    fails_with 2 "--runs: '-2'" "$PROXTOP" --runs=-2
    fails_with 2 "--printer: 'xml' is not allowed; allowed: ncurses, text, json, csv" "$PROXTOP" -p xml
    fails_with 2 "--scope: 'guest'" "$PROXTOP" --scope=guest
    fails_with 2 "--fields: 'cpu_totl'" "$PROXTOP" --fields=name,cpu_totl
    fails_with 2 "--fields: 'host.name'" "$PROXTOP" --fields=host.name
    fails_with 2 "--log-level: 'loud'" "$PROXTOP" --log-level=loud
    fails_with 2 "--qmp-interval: '0.05' is not allowed; allowed: 0 (never)" "$PROXTOP" --qmp-interval=0.05
}

@test "what contradicts itself or is unknown: exit 2, one line" {
    fails_with 2 "only one hypervisor" "$PROXTOP" --libvirt --processes
    fails_with 2 "surplus argument 'now'" "$PROXTOP" --cpu now
    fails_with 2 "'--order=x'" "$PROXTOP" --order=x
    fails_with 2 "'-z'" "$PROXTOP" -z
    fails_with 2 "needs a value" "$PROXTOP" --interval
    fails_with 2 "takes no value" "$PROXTOP" --verbose=yes
    fails_with 2 "needs --target" "$PROXTOP" --output=file
    fails_with 2 "--connection" "$PROXTOP" --processes -c qemu:///system
    fails_with 2 "--devices: has no meaning" "$PROXTOP" --processes -p csv --devices --fields=disk_name
    fails_with 2 "--scope=host prints those" "$PROXTOP" --processes -p csv --pressure
    fails_with 2 "none of the chosen metrics" "$PROXTOP" --processes --scope=host --fields=name
    fails_with 2 "no metric of the host or of a VM" "$PROXTOP" --processes --fields=vcpu_id
    fails_with 2 "has no meaning" "$PROXTOP" --target=x
}

@test "without a terminal there is no screen, and text only with a line that says so" {
    fails_with 2 "'ncurses' needs a terminal, and standard output is no terminal; --printer=text needs none" \
        "$PROXTOP" --printer=ncurses
    fails_with 2 "no meaning for --output=file" "$PROXTOP" --printer=ncurses --output=file --target=x
    fails_with 2 "option --target: 'x' has no meaning for --printer=ncurses" "$PROXTOP" -p ncurses --target=x
    fails_with 2 "ncurses is the screen" "$PROXTOP" --sink=ncurses,stdout
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.1
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ $output != *$'\e'* ]]
    [ "$(grep -c 'standard output is no terminal: printing text' <<<"$stderr")" -eq 1 ]
    for option in --printer=text -b --output=stdout --sink=text,stdout; do
        run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.1 $option
        [ "$status" -eq 0 ]
        [[ $stderr != *terminal* ]]
    done
}

@test "what the screen has not is refused with what it has" {
    fails_with 2 "--view: 'vm' is not allowed; allowed: all, cpu, mem, disk" "$PROXTOP" --view=vm
    fails_with 2 "--units: 'bits' is not allowed; allowed: human, bytes, raw" "$PROXTOP" --units=bits
    fails_with 2 'option --sort: "nope" is no field of view cpu to sort by' "$PROXTOP" --view=cpu --sort=nope
    fails_with 2 "--no-config" "$PROXTOP" --no-config --config=x
}

@test "runtime failures: exit 1 with the path" {
    fails_with 1 "'/nonexistent'" "$PROXTOP" --procfs=/nonexistent
    fails_with 1 "'/etc' is no procfs" "$PROXTOP" --procfs=/etc
    fails_with 1 "'/nonexistent'" "$PROXTOP" --sysfs=/nonexistent
    fails_with 1 "'/nonexistent/x'" "$PROXTOP" --processes -o file --target=/nonexistent/x
    fails_with 1 "'/nonexistent/log'" "$PROXTOP" --processes --log-file=/nonexistent/log
}

@test "no VM: says so once with the likely reasons, and goes on" {
    run --separate-stderr "$PROXTOP" --processes --runs=3 --interval=0.2
    [ "$status" -eq 0 ]
    [ "$(grep -c 'no VM found' <<<"$stderr")" -eq 1 ]
    [[ $stderr == *hidepid* && $stderr == *namespace* ]]
    # Host and VM headers, and a host line per cycle.
    [ "${#lines[@]}" -eq 5 ]
}

@test "text with --view prints the screen's table, without a line about terminals only if text was named" {
    run --separate-stderr "$PROXTOP" --processes --runs=2 --interval=0.2 --view=nics --printer=text
    [ "$status" -eq 0 ]
    [ "$(grep -c '^DEVICE  *SPEED' <<<"$output")" -eq 2 ]
    [ "$(grep -c '^$' <<<"$output")" -eq 1 ]
    [ "$(grep -c '^lo ' <<<"$output")" -eq 2 ]
    [[ $output != *$'\t'* && $stderr != *terminal* ]]
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.2 --view=nics --filter=nonsense -b
    [ "${#lines[@]}" -eq 2 ]
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.2 --view=nics --fields=device,rx,tx -b
    [[ ${lines[0]} =~ ^DEVICE\ +RX\ +TX$ ]]
    fails_with 2 'option --fields: "cpu_total"' "$PROXTOP" --processes --view=nics --fields=cpu_total -b
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.2 --view=nics --printer=json
    jq -e .host <<<"$output"
}
