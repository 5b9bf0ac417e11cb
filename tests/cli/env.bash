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
    wait_for 120 test -e "$dir/ready"
}

# lookalikes_stop DIR
lookalikes_stop()
{
    local pid
    pid=$(<"$1/parent")
    kill "$pid"
    wait_for 120 process_is_gone "$pid"
}

# fake_qemu NAME: a process with a QEMU's arguments and this name; its PID is in FAKE_PID.
fake_qemu()
{
    (exec -a /usr/bin/qemu-system-x86_64 perl -e 'sleep 600' -- \
        -name "guest=$1" -uuid 11111111-2222-3333-4444-555555555555 >/dev/null 2>&1 3>&-) &
    FAKE_PID=$!
    wait_for 120 grep -qa -- '-name' "/proc/$FAKE_PID/cmdline"
}

# told_once FILE TEXT: the program tells what repeats with growing pauses, the first of 10 s: on a machine
# on which the test takes longer, again.
told_once()
{
    local count
    count=$(grep -cF -- "$2" "$1") || true
    ((count >= 1 && count <= 1 + SECONDS / 10)) || {
        echo "told $count times in $SECONDS s: $2"
        cat "$1"
        return 1
    }
}

# has_lines FILE COUNT: or more.
has_lines()
{
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# go_on FILE COUNT: a cycle a line, so many more come there. This is what is asked of whoever must not be
# held up: how fast they come depends on the machine.
go_on()
{
    wait_for 120 has_lines "$1" $(($(wc -l <"$1") + $2))
}

# takes_signals PID: SIGUSR1 and SIGHUP no longer end it: they are held back or caught.
takes_signals()
{
    local masks
    masks=$(awk '/^Sig(Blk|Cgt):/ { printf "0x%s ", $2 }' "/proc/$1/status")
    # shellcheck disable=SC2086 # two words
    set -- $masks
    ((($1 | $2) & 0x1)) && ((($1 | $2) & 0x200))
}

# sockets PID: how many it has open.
sockets()
{
    find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

has_sockets()
{
    [ "$(sockets "$1")" -ge "$2" ]
}

has_sockets_at_most()
{
    [ "$(sockets "$1")" -le "$2" ]
}

# ends_with STATUS PID: by itself or by what it was sent; not never.
ends_with()
{
    local status=0
    wait_for 120 process_is_gone "$2" || return
    wait "$2" || status=$?
    echo "it ended with $status"
    [ "$status" -eq "$1" ]
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
