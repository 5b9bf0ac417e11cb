#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A real Prometheus scrapes the exporter; node_exporter reads the file.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
    FAKE_PIDS=()
}

teardown()
{
    receivers_stop
    [ "${#FAKE_PIDS[@]}" -eq 0 ] || kill "${FAKE_PIDS[@]}" 2>/dev/null || true
    [ ! -e vms/parent ] || lookalikes_stop vms
}

# fake_vm UUID NAME: a process with a QEMU's arguments.
fake_vm()
{
    (exec -a /usr/bin/qemu-system-x86_64 perl -e 'sleep 600' -- \
        -name "guest=$2" -uuid "$1" >/dev/null 2>&1 3>&-) &
    FAKE_PID=$!
    FAKE_PIDS+=("$FAKE_PID")
    wait_for 120 grep -qa -- '-name' "/proc/$FAKE_PID/cmdline"
}

# A name with all that the format escapes, a newline and bytes that are no UTF-8 among it.
NASTY=$'q"uo\\te\nnew{line}=,,\xff#é%'
NASTY_LABEL=$'q"uo\\te\nnew{line}=,\xef\xbf\xbd#é%'

@test "Prometheus scrapes every VM, whatever its name, with the right values" {
    fake_vm 11111111-2222-3333-4444-555555555501 "$NASTY"
    nasty_pid=$FAKE_PID
    fake_vm 11111111-2222-3333-4444-555555555502 plain
    fake_vm 11111111-2222-3333-4444-555555555503 twin
    twin_pid=$FAKE_PID
    fake_vm 11111111-2222-3333-4444-555555555503 twin
    lookalikes_start 5 vms --busy=5
    receiver_start proxtop "$PROXTOP" --processes --output=serve --interval=0.5 --host-name=lab
    wait_for 120 fetch http://127.0.0.1:9977/metrics -o page
    prometheus_start 9090 127.0.0.1:9977
    wait_for 120 query_has 'rate(proxtop_vm_cpu_seconds_total[5s])'
    # A scrape that takes longer than a second counts for none.
    wait_for 120 query_has 'up{job="proxtop"} == 1'
    # The page as a whole was taken: as many VMs as there are.
    wait_for 120 query_has 'count(proxtop_vm_info) == 9'
    name=$(query 'proxtop_vm_info{uuid="11111111-2222-3333-4444-555555555501"}' | jq -r '.[0].metric.name')
    [ "$name" = "$NASTY_LABEL" ]
    # VMs with one UUID and name are two series, told apart by their PIDs.
    query 'proxtop_vm_info{name="twin"}' | jq -e --arg pid "$twin_pid" \
        'length == 2 and any(.[]; .metric.pid == $pid) and .[0].metric.pid != .[1].metric.pid'
    # Values against the kernel's own.
    resident=$(($(cut -d' ' -f24 "/proc/$nasty_pid/stat") * $(getconf PAGESIZE)))
    query 'proxtop_vm_memory_resident_bytes{uuid="11111111-2222-3333-4444-555555555501"}' |
        jq -e --argjson r "$resident" '(.[0].value[1] | tonumber) as $v | $v == $r'
    total=$(($(awk '$1 == "MemTotal:" {print $2}' /proc/meminfo) * 1024))
    query proxtop_host_memory_total_bytes | jq -e --argjson t "$total" '(.[0].value[1] | tonumber) == $t'
    query 'proxtop_vms{state="running"}' | jq -e 'length == 1'
    query 'sum(proxtop_vm_state) by (uuid, pid)' | jq -e 'all(.[]; .value[1] == "1")'
    # The vCPUs of a look-alike are busy to 5 %, or less on a busy machine.
    wait_for 120 query_has 'count(rate(proxtop_vm_cpu_seconds_total{name=~"vm-.*"}[20s]) > 0) == 5'
    query 'rate(proxtop_vm_cpu_seconds_total{name=~"vm-.*"}[20s])' | tee rates
    jq -e 'length == 5 and all(.[]; (.value[1] | tonumber) < 0.3)' rates
    # No sample was refused as a duplicate or out of order.
    run ! grep -iE 'duplicate|out of order|append failed' prometheus.log
}

@test "promtool finds nothing to say about the exporter's page" {
    lookalikes_start 3 vms --tap
    fake_vm 11111111-2222-3333-4444-555555555501 "$NASTY"
    receiver_start proxtop "$PROXTOP" --processes --output=serve --devices --interval=0.5
    wait_for 120 fetch http://127.0.0.1:9977/metrics -o page
    run promtool check metrics <page
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    # What OpenMetrics asks for beyond the text format, Prometheus' own parser checks.
    fetch http://127.0.0.1:9977/metrics -H 'Accept: application/openmetrics-text; version=1.0.0' -o open
    [ "$(tail -n 1 open)" = "# EOF" ]
}

@test "node_exporter takes the file whenever it reads it, while it is rewritten all the time" {
    mkdir textfile
    lookalikes_start 20 vms
    fake_vm 11111111-2222-3333-4444-555555555501 "$NASTY"
    receiver_start node_exporter prometheus-node-exporter --collector.disable-defaults \
        --collector.textfile --collector.textfile.directory=textfile --web.listen-address=127.0.0.1:9100
    wait_for 120 fetch http://127.0.0.1:9100/metrics -o page
    "$PROXTOP" --processes -p text -o file --target=textfile/proxtop.prom --interval=0.1 3>&- &
    pid=$!
    wait_for 120 test -e textfile/proxtop.prom
    for _ in $(seq 100); do
        fetch http://127.0.0.1:9100/metrics -o page
        grep -qx 'node_textfile_scrape_error 0' page
        [ "$(grep -c '^proxtop_vm_info{' page)" -eq 21 ]
        grep '^proxtop_last_cycle_timestamp_seconds' page >>cycles
    done
    kill $pid
    wait $pid
    # Of many cycles.
    [ "$(sort -u cycles | wc -l)" -gt 10 ]
    # Nothing is left beside the file.
    [ "$(ls -A textfile)" = proxtop.prom ]
    run promtool check metrics <textfile/proxtop.prom
    echo "$output"
    [ "$status" -eq 0 ]
}

# profile_round: proxprofiler takes a sample, which is told by /json; of all 3 VMs.
profile_round()
{
    local before
    before=$(jq -s 'map(.profile.ext.samples) | add // 0' records 2>/dev/null || echo 0)
    kill -USR1 "$(<proxprofiler.pid)"
    wait_for 120 profile_is_newer "$before"
}

profile_is_newer()
{
    fetch http://127.0.0.1:9977/json -o records && jq -es "map(.profile.ext.samples) | add > $1" records
}

# scrapes_agree: what Prometheus has of scores and states is what the records say, VM by VM.
scrapes_agree()
{
    query 'proxprofiler_vm_anomaly_score' >scores && query 'proxprofiler_vm_metric_state{metric="cpu"}' >states &&
        query 'proxprofiler_vm_metric_p95{metric="cpu"}' >p95 &&
        jq -es --slurpfile scores scores --slurpfile states states --slurpfile p95 p95 '
            def by_uuid: map({(.metric.uuid): (.value[1] | tonumber)}) | add;
            ($scores[0] | by_uuid) as $score | ($states[0] | by_uuid) as $state | ($p95[0] | by_uuid) as $p |
            length == 3 and ($score | length) == 3 and all(.[].profile;
                ($score[.name] - .ext.anomaly.z | fabs) < 1e-9 and $state[.name] == .ext.metrics.cpu.state
                and ($p[.name] - .ext.metrics.cpu.stats.p95 | fabs) < 1e-9)' records
}

@test "Prometheus has the scores of proxprofiler that its records of the same time tell" {
    lookalikes_start 3 vms --busy=5
    receiver_start proxprofiler "$PROXPROFILER" --no-config --processes --cpu --interval=600 --states=2 --buffersize=1 \
        --dynamicbound --outputFreq=0 --output=serve --host-name=lab --sink=json,file,/dev/null
    wait_for 120 fetch http://127.0.0.1:9977/healthz
    wait_for 120 profile_is_newer -1
    prometheus_start 9090 127.0.0.1:9977
    # Scores are told once 40 transitions are known.
    for _ in $(seq 60); do
        profile_round
    done
    jq -es 'length == 3 and all(.[]; .profile.ext.anomaly.z != null)' records
    for i in 1 2 3 4 5; do
        profile_round
        wait_for 120 scrapes_agree
        cp records "records.$i"
    done
    # They are not the same ones all the time.
    jq -es 'map(.profile.ext.anomaly.z) | unique | length > 3' records.*
    # Alarms can be written: the VM is known by name and UUID in all families.
    query 'proxprofiler_vm_anomaly_score * on (name, uuid) group_left (class) proxprofiler_vm_info' |
        jq -e 'length == 3 and all(.[]; .metric.class != null)'
    run ! grep -iE 'duplicate|out of order|append failed' prometheus.log
    run promtool check metrics < <(fetch http://127.0.0.1:9977/metrics)
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}
