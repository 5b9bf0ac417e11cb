#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What stands in contrib/ and docs/ is right: rules, dashboard, and the table of old keys. Runs in the
# lab, where no VM is seen but those started here.

bats_require_minimum_version 1.5.0

setup()
{
    load ../cli/env.bash
    CONTRIB_ROOT=$(readlink -f "$BATS_TEST_DIRNAME/../..")
    cd "$CONTRIB_ROOT/contrib/prometheus" || return
}

# contrib_check WHAT...: prints what is wrong, and fails then.
contrib_check()
{
    python3 "$CONTRIB_ROOT/tests/contrib/check.py" "$@"
}

# prometheus_start DIR CONFIGURATION: on a port of its own; its PID is in PROMETHEUS, the port in PORT.
prometheus_start()
{
    PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    prometheus --config.file="$2" --storage.tsdb.path="$1/data" \
        --web.listen-address="127.0.0.1:$PORT" >"$1/log" 2>&1 3>&- &
    PROMETHEUS=$!
    for _ in {1..600}; do
        curl -sf "http://127.0.0.1:$PORT/-/ready" >/dev/null && return
        kill -0 "$PROMETHEUS" || break
        sleep 0.2
    done
    cat "$1/log"
    return 1
}

teardown()
{
    if [[ -n ${SERVER:-} ]]; then
        kill "$SERVER"
        wait "$SERVER" || true
    fi
    if [[ -e $BATS_TEST_TMPDIR/vms/parent ]]; then
        lookalikes_stop "$BATS_TEST_TMPDIR/vms"
    fi
    if [[ -n ${PROMETHEUS:-} ]]; then
        kill "$PROMETHEUS"
        wait "$PROMETHEUS" || true
    fi
}

@test "promtool finds nothing to say about rules, alerts and the configuration" {
    promtool check rules rules.yml alerts.yml
    promtool check config prometheus.yml
}

@test "the recording rules compute what they say" {
    promtool test rules rules_test.yml
}

@test "each alert fires when it should, and only then" {
    promtool test rules alerts_test.yml
}

@test "each alert has a case in which it fires" {
    missing=
    for alert in $(sed -n 's/^ *- alert: //p' alerts.yml); do
        grep -q "labels: 'ALERTS{alertname=\"$alert\", alertstate=\"firing\"" alerts_test.yml || missing+=" $alert"
    done
    echo "without:$missing"
    [ -z "$missing" ]
}

@test "each alert says what is wrong and where to look" {
    alerts=$(grep -c '^ *- alert: ' alerts.yml)
    [ "$alerts" -gt 5 ]
    for key in severity summary description; do
        [ "$(grep -c "^ *$key: " alerts.yml)" -eq "$alerts" ]
    done
}

@test "the dashboard can be imported: ids, places, units, variables" {
    contrib_check dashboard
}

@test "the dashboard's thresholds are those of the metric table" {
    contrib_check thresholds
}

@test "queries of dashboard, rules and alerts name what exists, and Prometheus understands them" {
    prometheus_start "$BATS_TEST_TMPDIR" "$PWD/prometheus.yml"
    contrib_check queries "http://127.0.0.1:$PORT"
}

@test "each panel of the dashboard shows something of a host with VMs" {
    lookalikes_start 3 "$BATS_TEST_TMPDIR/vms" --busy=5
    "$PROXTOP" --processes -o serve --target=127.0.0.1:9977 --interval=0.5 \
        --cpu --mem --disk --net --io --pressure --host >"$BATS_TEST_TMPDIR/serve" 2>&1 3>&- &
    SERVER=$!
    printf '%s\n' 'global: {scrape_interval: 1s}' 'scrape_configs:' '  - job_name: proxtop' \
        '    static_configs: [{targets: ["127.0.0.1:9977"]}]' >"$BATS_TEST_TMPDIR/scrape.yml"
    prometheus_start "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/scrape.yml"
    wait_for 120 contrib_check answers "http://127.0.0.1:$PORT"
}

@test "the series that these checks know are those that the program prints" {
    contrib_check families "$PROXTOP"
}

@test "the table of old keys is the metric table's" {
    python3 "$CONTRIB_ROOT/contrib/migrating-table.py" --check
}

@test "documents name only options that the program has" {
    contrib_check options "$PROXTOP"
}
