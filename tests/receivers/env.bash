# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests against real receivers share: starting them on loopback, in the lab's own network,
# with their data in the test's directory. Each is ended by its PID.
# shellcheck shell=bash

RECEIVERS_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
# shellcheck source=tests/cli/env.bash
source "$RECEIVERS_ROOT/tests/cli/env.bash"
# Prometheus looks its data up in memory that it maps; the sanitizers' variables are not for it.
unset GOMAXPROCS

# receiver_start NAME COMMAND...: in the background; its PID is in NAME.pid, what it says in NAME.log.
receiver_start()
{
    local name=$1
    shift
    "$@" >"$name.log" 2>&1 3>&- </dev/null &
    echo $! >"$name.pid"
}

# receiver_stop NAME
receiver_stop()
{
    local pid
    [ -s "$1.pid" ] || return 0
    pid=$(<"$1.pid")
    kill "$pid" 2>/dev/null || true
    wait_for 120 process_is_gone "$pid"
    rm -f "$1.pid"
}

# receivers_stop: all of this directory.
receivers_stop()
{
    local file
    for file in *.pid; do
        [ -e "$file" ] && receiver_stop "${file%.pid}"
    done
    return 0
}

# fetch URL [CURL-OPTION...]: the body, or failure for a status of 400 and up.
fetch()
{
    curl --silent --show-error --fail --max-time 60 "${@:2}" "$1"
}

# prometheus_start PORT TARGET: scrapes TARGET every second.
prometheus_start()
{
    cat >prometheus.yml <<CONF
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: proxtop
    static_configs:
      - targets: ['$2']
CONF
    PROMETHEUS=127.0.0.1:$1
    receiver_start prometheus prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
        --web.listen-address="$PROMETHEUS"
    wait_for 120 fetch "http://$PROMETHEUS/-/ready"
}

# query EXPRESSION: the result of an instant query as JSON.
query()
{
    fetch "http://$PROMETHEUS/api/v1/query" --data-urlencode "query=$1" | jq -ec '.data.result'
}

# query_has EXPRESSION: whether it has a result.
query_has()
{
    query "$1" | jq -e 'length > 0'
}

# influx_start [UDP-PORT]: InfluxDB 1.x with the database "proxtop" on port 8086.
influx_start()
{
    cat >influx.conf <<CONF
reporting-disabled = true
bind-address = "127.0.0.1:8088"
[meta]
  dir = "$PWD/influx/meta"
[data]
  dir = "$PWD/influx/data"
  wal-dir = "$PWD/influx/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:8086"
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:8089"
  database = "proxtop"
  batch-size = 10
  batch-timeout = "100ms"
  precision = "n"
CONF
    receiver_start influxd influxd -config influx.conf
    wait_for 120 fetch http://127.0.0.1:8086/ping
    fetch http://127.0.0.1:8086/query --data-urlencode 'q=CREATE DATABASE proxtop'
}

# influx_query QUERY: rows as "value,value" lines without the header.
influx_query()
{
    fetch 'http://127.0.0.1:8086/query?db=proxtop&epoch=ns' --data-urlencode "q=$1" |
        jq -er '.results[0].series[]? | .values[] | map(tostring) | join(",")'
}

# influx_count MEASUREMENT FIELD: its points.
influx_count()
{
    influx_query "SELECT COUNT(\"$2\") FROM \"$1\"" | cut -d, -f2
}
