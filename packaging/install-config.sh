#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# install-config.sh FILE TARGET: for `meson install`; a target that is there has somebody's settings.
set -eu

target=${DESTDIR:-}$2
if [ ! -e "$target" ] && [ ! -L "$target" ]; then
    install -d -m 755 "${target%/*}"
    install -m 644 "$1" "$target"
fi
