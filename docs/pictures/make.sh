#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the pictures of the README. Those of the screen are the real program's: look-alike machines
# in a lab, proxtop in a terminal, what that shows as SVG. The profile's is a plot of made-up figures,
# the same ones every time. Use: docs/pictures/make.sh [--profile] [DIR], default where it stands;
# --profile makes that picture alone. Needs a build with -Dtests=true -Dbench=true in $BUILD_GCC and
# that proxtop in $PROXTOP, proxprofiler beside it.
set -euo pipefail

PICTURES_HOME=$(readlink -f "${BASH_SOURCE[0]%/*}")
PICTURES_ROOT=${PICTURES_HOME%/docs/pictures}

# name vCPUs percent-of-a-CPU-per-vCPU hung-monitors
PICTURES_VMS=(
    "db-01 4 22 0" "web-01 2 12 0" "web-02 2 9 0" "mail-01 2 5 0" "app-01 2 7 1"
    "build-03 8 6 0" "cache-01 1 3 0" "dns-01 1 0.4 0" "git-01 2 2 0" "monitor-01 1 1 0"
    "thin-07 2 0.3 0" "windows-10 4 1.5 0"
)

pictures_start_vms()
{
    local i=100 name vcpus busy hung
    for row in "${PICTURES_VMS[@]}"; do
        read -r name vcpus busy hung <<<"$row"
        mkdir -p "$PROXTOP_LAB/vms/$i"
        "$BUILD_GCC/bench/lookalike" --count=1 --first-id="$i" --vcpus="$vcpus" --busy="$busy" \
            --hung="$hung" --names="$name" --tap --dir="$PROXTOP_LAB/vms/$i" >/dev/null 2>&1 &
        wait_for 20 test -e "$PROXTOP_LAB/vms/$i/ready"
        i=$((i + 1))
    done
}

# pictures_take NAME TITLE
pictures_take()
{
    tui_styled | python3 "$PICTURES_HOME/ansi_to_svg.py" "$2" >"$PICTURES_DIR/$1.svg"
}

# pictures_make_profile: of ten days that are learned from a CSV file.
pictures_make_profile()
{
    local work profiler=${PROXTOP%/*}/proxprofiler
    work=$(mktemp -d)
    python3 "$PICTURES_HOME/profile_csv.py" >"$work/web-01.csv"
    TZ=UTC "$profiler" train "$work/web-01.csv" --calendar=hour-of-day --vcpus=4 --memory=8388608 \
        --output="$work/web-01.profile"
    "$profiler" plot --metric=cpu "$work/web-01.profile" "$PICTURES_DIR/profile.svg"
    rm -r "$work"
}

pictures_make()
{
    # shellcheck source=tests/tui/env.bash
    source "$PICTURES_ROOT/tests/tui/env.bash"
    hostname pve1
    pictures_start_vms
    tui_start "${PICTURES_SIZE:-140x30}" --no-config --processes --interval=2
    tui_wait 'db-01'
    sleep "${PICTURES_SECONDS:-60}"
    tui_keys Home
    sleep 0.5
    pictures_take all 'proxtop: all virtual machines of a host'
    tui_keys Enter
    tui_wait 'vCPU'
    sleep 5
    pictures_take details 'proxtop: one virtual machine'
    tui_keys Escape
    tui_keys d
    tui_wait 'View: DISK'
    sleep 5
    pictures_take disk 'proxtop: the disks of the virtual machines'
    tui_keys h
    tui_wait 'View: DISK'
    sleep 1
    pictures_take help 'proxtop: help'
    tui_keys q
    tui_stop
}

PICTURES_ONLY=
if [[ ${1:-} == --profile ]]; then
    PICTURES_ONLY=profile
    shift
fi
PICTURES_DIR=$(readlink -f "${1:-$PICTURES_HOME}")
export PICTURES_DIR BUILD_GCC PROXTOP
if [[ -n $PICTURES_ONLY || -z ${PROXTOP_LAB:-} ]]; then
    pictures_make_profile
fi
if [[ -n $PICTURES_ONLY ]]; then
    exit
fi
if [[ -z ${PROXTOP_LAB:-} ]]; then
    exec "$PICTURES_ROOT/tests/lab/run-in-lab.sh" "$PICTURES_HOME/make.sh" "$PICTURES_DIR"
fi
pictures_make
