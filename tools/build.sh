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

# build_directory DIR [MESON-OPTION...]: configures and compiles; from scratch when the options or
# the compiler ($CC) are not those of the last time.
build_directory()
{
    local dir=$1 wanted="${CC:-} $*"
    shift
    if [[ ! -f $dir/build.ninja || $(cat "$dir/options" 2>/dev/null) != "$wanted" ]]; then
        # Nothing but Meson's own is removed: build/ holds other things too.
        rm -rf "$dir"/{meson-private,meson-info,meson-logs,build.ninja}
        build_run meson setup "$dir" "$BUILD_ROOT" "$@" || return
        echo "$wanted" >"$dir/options"
    fi
    build_run ninja -C "$dir"
}

# build_release: what ./dev build and ./dev run give a user.
build_release()
{
    build_directory "$BUILD_ROOT/build" --buildtype=release
}
