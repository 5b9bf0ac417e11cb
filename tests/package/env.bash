# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of packages share: `load env` in tests/package/*.bats. They run in a lab
# (tests/lab/run-in-lab.sh), without a network; `./dev package --test` has prepared for them:
#
#   PACKAGE_OUT      what ./dev package made: .deb, -dbgsym, .changes, tarball
#   PACKAGE_FILES    the unpacked .deb: PACKAGE_FILES/usr/bin/proxtop
#   PROXTOP, PROXPROFILER   the programs of it
#   PACKAGE_STAGE    what `meson install` with DESTDIR made
#   ROOT_BASE        a minimal Debian, as downloaded
#   ROOT_TEMPLATE    the same, installed, with everything in its apt's cache that a test installs
#
# tools/root.sh says what can be done with roots. A test's own roots come from package_root.
# shellcheck shell=bash disable=SC2034 # what is set here is for the tests

PACKAGE_TREE=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
PACKAGE_OUT=${PACKAGE_OUT:-$PACKAGE_TREE/build/package}
PACKAGE_FILES=$PACKAGE_OUT/test/files
PACKAGE_STAGE=$PACKAGE_OUT/test/stage
PACKAGE_VERSION=$(cat "$PACKAGE_TREE/VERSION")
PACKAGE_ARCH=$(dpkg --print-architecture)
PACKAGE_DEB=$PACKAGE_OUT/proxtop_$PACKAGE_VERSION-1_$PACKAGE_ARCH.deb
PACKAGE_TARBALL=$PACKAGE_OUT/proxtop-$PACKAGE_VERSION-linux-$(dpkg-architecture -qDEB_HOST_GNU_CPU).tar.xz
PROXTOP=${PROXTOP:-$PACKAGE_FILES/usr/bin/proxtop}
PROXPROFILER=${PROXPROFILER:-$PACKAGE_FILES/usr/bin/proxprofiler}
ROOT_BASE=$PACKAGE_OUT/base.tar
ROOT_TEMPLATE=${ROOT_TEMPLATE:-$PACKAGE_OUT/test/template}
PACKAGE_ROOTS=()

# shellcheck source=tools/root.sh
source "$PACKAGE_TREE/tools/root.sh"

# package_root NAME: a fresh root; its directory is in $ROOT. It goes with package_remove_roots.
package_root()
{
    ROOT=$BATS_TEST_TMPDIR/$1
    PACKAGE_ROOTS+=("$ROOT")
    root_make "$ROOT"
}

# For teardown(), which must not leave roots to bats: they are mounted.
package_remove_roots()
{
    local root
    for root in "${PACKAGE_ROOTS[@]}"; do
        root_remove "$root"
    done
    PACKAGE_ROOTS=()
}

# package_install ROOT [APT-OPTION...] [DEB]: the package, or another build of it, by apt with what it
# needs; without recommended packages, unless an option asks for them.
package_install()
{
    local root=$1 deb=$PACKAGE_DEB options=(--no-install-recommends)
    shift
    if (($#)) && [[ ${!#} == *.deb ]]; then
        deb=${!#}
        set -- "${@:1:$#-1}"
    fi
    (($# == 0)) || options=("$@")
    cp "$deb" "$root/tmp/"
    root_apt "$root" install "${options[@]}" "/tmp/${deb##*/}"
    rm -f "$root/tmp/${deb##*/}"
}
