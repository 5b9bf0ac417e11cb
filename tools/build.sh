# SPDX-License-Identifier: GPL-2.0-or-later
# Build directories by Meson, made once and then only brought up to date. Sourced.
# shellcheck shell=bash

BUILD_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/..")

# build_run COMMAND...: heard only when it fails.
build_run()
{
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        echo "build: '$*' failed" >&2
        return 1
    fi
    rm -f "$log"
}

# build_directory DIR [MESON-OPTION...]: configures and compiles. $CC chooses the compiler at the
# first time.
build_directory()
{
    local dir=$1
    shift
    if [[ ! -f $dir/build.ninja ]]; then
        build_run meson setup "$dir" "$BUILD_ROOT" "$@" || return
    fi
    build_run ninja -C "$dir"
}

# build_release: what ./dev build and ./dev run give a user.
build_release()
{
    build_directory "$BUILD_ROOT/build" --buildtype=release
}
