# SPDX-License-Identifier: GPL-2.0-or-later
# What the command line's tests share. They run in the lab (tests/lab/run-in-lab.sh), where no
# process is seen but their own: look-alike VMs and processes with a QEMU's arguments.
# shellcheck shell=bash

CLI_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
# shellcheck source=tests/lab/env.bash
source "$CLI_ROOT/tests/lab/env.bash"
BUILD_GCC=${BUILD_GCC:-$CLI_ROOT/build/test/gcc}
# The other program of the same build.
export PROXPROFILER=${PROXTOP%/*}/proxprofiler
LOOKALIKE=$BUILD_GCC/bench/lookalike

# lookalikes_start COUNT DIR [OPTION...]: that many VMs; their parent's PID is in DIR/parent.
lookalikes_start()
{
    local count=$1 dir=$2
    shift 2
    mkdir -p "$dir"
    "$LOOKALIKE" --count="$count" --vcpus=2 --dir="$dir" "$@" >"$dir/log" 2>&1 3>&- &
    echo $! >"$dir/parent"
    wait_for 20 test -e "$dir/ready"
}

# lookalikes_stop DIR
lookalikes_stop()
{
    local pid
    pid=$(<"$1/parent")
    kill "$pid"
    wait_for 20 process_is_gone "$pid"
}

# fake_qemu NAME: a process with a QEMU's arguments and this name; its PID is in FAKE_PID.
fake_qemu()
{
    (exec -a /usr/bin/qemu-system-x86_64 perl -e 'sleep 600' -- \
        -name "guest=$1" -uuid 11111111-2222-3333-4444-555555555555 >/dev/null 2>&1 3>&-) &
    FAKE_PID=$!
    wait_for 5 grep -qa -- '-name' "/proc/$FAKE_PID/cmdline"
}

# fails_with STATUS TEXT COMMAND...: and with one line on stderr that contains the text.
fails_with()
{
    local status=$1 text=$2 got=0 err
    shift 2
    err=$("$@" 2>&1 >/dev/null) || got=$?
    echo "status $got: $err"
    [ "$got" -eq "$status" ] && [[ $err == *"$text"* ]] && [ "$(wc -l <<<"$err")" -eq 1 ]
}
