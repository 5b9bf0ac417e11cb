# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of units and of what the service manager is told share: `load units`. They run in a
# lab (tests/lab/run-in-lab.sh); the programs are $PROXTOP and the proxprofiler beside it.
# shellcheck shell=bash

UNITS_TESTS=$(readlink -f "${BASH_SOURCE[0]%/*}")
UNITS_DIR=$(readlink -f "$UNITS_TESTS/../../packaging/systemd")
UNITS=(proxtop.service proxprofiler.service proxtop-exporter.service)
if [[ -e $UNITS_TESTS/env.bash ]]; then
    # shellcheck source=/dev/null
    source "$UNITS_TESTS/env.bash"
fi
# shellcheck source=tests/lab/env.bash
source "$UNITS_TESTS/../lab/env.bash"
PROXPROFILER=${PROXTOP%/*}/proxprofiler

# unit_settings UNIT SECTION KEY
unit_settings()
{
    python3 "$UNITS_TESTS/restrict.py" get "$1" "$2" "$3"
}

# units_install: what a restricted program needs, where it may still be read: /tmp is its own. Also the
# units as they are on Proxmox VE, called pve-*.
units_install()
{
    local unit
    UNITS_BIN=$PROXTOP_LAB/restricted
    install -d -m 755 "$UNITS_BIN"
    install -m 755 "$PROXTOP" "$PROXPROFILER" "$UNITS_TESTS"/restrict.{py,sh} "$UNITS_BIN"
    for unit in "${UNITS[@]}"; do
        install -m 644 "$UNITS_DIR/$unit" "$UNITS_BIN"
        python3 "$UNITS_TESTS/restrict.py" merge "$UNITS_DIR/$unit" "$UNITS_DIR/proxtop-pve.conf" >"$UNITS_BIN/pve-$unit"
    done
    export UNITS_BIN
}

# unit_command UNIT TARGET: its command line in COMMAND, with the test's program and directories.
unit_command()
{
    mapfile -t COMMAND < <(python3 "$UNITS_TESTS/restrict.py" command "$1" "PROXTOP_TARGET=$2")
    COMMAND[0]=$UNITS_BIN/${COMMAND[0]##*/}
    COMMAND=("${COMMAND[@]/\/var\/lib\//$PROXTOP_LAB/state/}")
}

# unit_start UNIT MODE TARGET [ARG...]: as its service, in the background (UNIT_PID), with further
# arguments. What it says goes to $JSON.err; its state directory is $UNIT_STATE.
unit_start()
{
    local unit=$1 mode=$2 target=$3 state
    shift 3
    state=$(unit_settings "$unit" Service StateDirectory)
    UNIT_STATE=$PROXTOP_LAB/state/${state:-none}
    mkdir -p "$UNIT_STATE"
    unit_command "$unit" "$target"
    bash "$UNITS_BIN/restrict.sh" "$unit" "$mode" "$UNIT_STATE" "${COMMAND[@]}" "$@" \
        >"$JSON.out" 2>"$JSON.err" 3>&- 4>&- </dev/null &
    UNIT_PID=$!
}

# unit_stop: as systemd does; fails when it failed.
unit_stop()
{
    local status=0
    kill -TERM "$UNIT_PID"
    wait "$UNIT_PID" || status=$?
    UNIT_PID=
    ((status == 0)) || cat "$JSON.err" >&2
    return "$status"
}

# unit_ends_with STATUS: by itself.
unit_ends_with()
{
    local status=0
    wait "$UNIT_PID" || status=$?
    UNIT_PID=
    ((status == $1))
}

# For teardown().
units_end()
{
    local pid
    for pid in ${UNIT_PID:-} ${RECEIVER_PID:-}; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    UNIT_PID='' RECEIVER_PID=''
    rm -rf "$PROXTOP_LAB/state"
}

# receiver_start FILE: takes one connection after the other; its port is in RECEIVER_PORT.
receiver_start()
{
    python3 - "$1" 2>&1 3>&- 4>&- <<'PYTHON' &
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".port.part", "w", encoding="ascii") as file:
    print(listener.getsockname()[1], file=file)
os.rename(sys.argv[1] + ".port.part", sys.argv[1] + ".port")
with open(sys.argv[1], "wb", buffering=0) as file:
    while True:
        connection = listener.accept()[0]
        while data := connection.recv(65536):
            file.write(data)
PYTHON
    RECEIVER_PID=$!
    wait_for 60 test -s "$1.port"
    RECEIVER_PORT=$(<"$1.port")
}

# has_lines FILE COUNT
has_lines()
{
    [[ -e $1 ]] && (($(wc -l <"$1") >= $2))
}

# received_lines COUNT FILE: so many came, or the service ended before.
received_or_ended()
{
    has_lines "$2" "$1" || process_is_gone "$UNIT_PID"
}

# valid_keys < JSON
valid_keys()
{
    python3 "$UNITS_TESTS/../coverage/valid_keys.py"
}

# unit_missing UNIT MODE ARG...: in $MISSING what has a value for root and none for the service, in
# cycles of the same time.
unit_missing()
{
    local unit=$1 mode=$2 reference=$BATS_TEST_TMPDIR/reference
    shift 2
    rm -f "$JSON" "$JSON.port"
    receiver_start "$JSON"
    unit_start "$unit" "$mode" "localhost:$RECEIVER_PORT" "$@"
    env -i PATH="$PATH" HOME=/nonexistent "$PROXTOP" --printer=json "$@" --runs=8 >"$reference" 2>"$reference.err" 3>&- 4>&-
    wait_for 60 received_or_ended 8 "$JSON"
    unit_stop || return
    kill "$RECEIVER_PID"
    wait "$RECEIVER_PID" || true
    RECEIVER_PID=
    valid_keys <"$reference" >"$reference.keys"
    # The connection's last line may have been cut off by the end of the receiver.
    sed '/}$/!d' "$JSON" | valid_keys >"$JSON.keys"
    MISSING=$(comm -23 "$reference.keys" "$JSON.keys")
    echo "# $unit: $(wc -l <"$reference.keys") metrics with a value for root, $(wc -l <"$JSON.keys") for the service" >&3
    (($(wc -l <"$reference.keys") > 100))
}

# unit_sees_all UNIT MODE ARG...: nothing is missing. A figure that nothing happened for has no value,
# and that may differ: a second and a third try, but what is closed stays closed.
unit_sees_all()
{
    local try
    for try in 1 2 3; do
        unit_missing "$@" || return
        [[ -n $MISSING ]] || return 0
        echo "# try $try: missing: ${MISSING//$'\n'/; }" >&3
    done
    return 1
}
