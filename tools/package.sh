#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What other machines get: ./dev package makes, in build/package,
#
#   proxtop_VERSION-1_ARCH.deb, proxtop-dbgsym_..., .changes, .buildinfo
#   proxtop-VERSION-linux-CPU.tar.xz     the same programs for other distributions
#
# of the files of this tree that git knows, as they are now. The version is that of VERSION, the date
# that of its heading in CHANGES; nothing else of when, where and by whom gets into the files.
# With --test: builds twice and compares, prepares what tests/package needs while there is a network,
# and runs that in a lab. TAP on standard output; what was done is told in build/package/log.
set -euo pipefail

PACKAGE_TREE=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
cd "$PACKAGE_TREE"
# shellcheck source=tools/packages.sh
source tools/packages.sh
# shellcheck source=tools/root.sh
source tools/root.sh
# shellcheck source=tests/package/container.bash
source tests/package/container.bash

PACKAGE_OUT=$PACKAGE_TREE/build/package
PACKAGE_LOG=$PACKAGE_OUT/log
PACKAGE_TEST=$PACKAGE_OUT/test
PACKAGE_VERSION=$(<VERSION)
# Of the packaging; there is one of each release.
PACKAGE_REVISION=1
PACKAGE_WORK=''
PACKAGE_PREPARING=''

# package_log NAME COMMAND...: its output goes to the log of that name, of which the end is shown if
# it fails.
package_log()
{
    local log=$PACKAGE_LOG/$1.log
    shift
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        echo "package: '$1' failed; see $log" >&2
        return 1
    fi
}

# package_changelog: CHANGES as Debian writes it.
package_changelog()
{
    local line version='' date=''
    while IFS= read -r line || [[ -n $line ]]; do
        if [[ $line =~ ^proxtop\ ([0-9.]+)\ \(([0-9-]+)\)$ ]]; then
            [[ -z $version ]] || package_changelog_end "$date"
            version=${BASH_REMATCH[1]} date=${BASH_REMATCH[2]}
            printf 'proxtop (%s-%s) unstable; urgency=medium\n\n' "$version" "$PACKAGE_REVISION"
        elif [[ -n $line ]]; then
            printf '  %s\n' "${line/#- /* }"
        fi
    done <CHANGES
    package_changelog_end "$date"
}

# package_changelog_end DATE: of an entry, by the maintainer that control names.
package_changelog_end()
{
    printf '\n -- %s  %s\n\n' "$(sed -n 's/^Maintainer: //p' packaging/debian/control)" \
        "$(LC_ALL=C date --utc --date="$1" '+%a, %d %b %Y %H:%M:%S +0000')"
}

# package_check_version: CHANGES begins with the version that is to be made.
package_check_version()
{
    local heading
    heading=$(head -n 1 CHANGES)
    if [[ ! $heading =~ ^proxtop\ ([0-9.]+)\ \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$ ||
        ${BASH_REMATCH[1]} != "$PACKAGE_VERSION" ]]; then
        echo "package: VERSION is $PACKAGE_VERSION, but CHANGES begins with '$heading'" >&2
        return 1
    fi
}

package_epoch()
{
    date --utc --date="$(sed -n '1s/.*(\(.*\))/\1/p' CHANGES)" +%s
}

# package_list_files: what git knows; of a tree without git, all but what was built.
package_list_files()
{
    local file
    if git -c safe.directory='*' rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git -c safe.directory='*' ls-files -z
    else
        find . -path './build*' -prune -o -type f -printf '%P\0'
    fi | while IFS= read -r -d '' file; do
        # One that is known and was removed goes without saying.
        [[ ! -e $file && ! -L $file ]] || printf '%s\0' "$file"
    done
}

# package_stage DIR: a source tree as for a Debian package. Modes are what the umask leaves, as in a
# fresh clone.
package_stage()
{
    local dir=$1
    mkdir -p "$dir"
    package_list_files | tar -c --null --files-from=- | tar -x --no-same-permissions --no-same-owner -C "$dir"
    cp -R "$dir/packaging/debian" "$dir/debian"
    package_changelog >"$dir/debian/changelog"
    find "$dir" -exec touch --no-dereference --date="@$(package_epoch)" {} +
}

# package_make DIR JOBS: the tests of the code are ./dev test's, so that it does without.
package_make()
{
    (
        cd "$1"
        DEB_BUILD_OPTIONS=nocheck DEB_BUILD_PROFILES=nocheck \
            dpkg-buildpackage --build=binary --unsigned-changes --unsigned-buildinfo --jobs="$2"
    )
}

# package_build DIR JOBS: all that ./dev package leaves, in DIR/out, and the tree that it was built
# in as DIR/proxtop-VERSION.
package_build()
{
    local dir=$1 source=$1/proxtop-$PACKAGE_VERSION
    package_stage "$source"
    package_make "$source" "$2"
    mkdir -p "$dir/out"
    mv "$dir"/*.{deb,changes,buildinfo} "$dir/out/"
    package_tarball "$dir" "$dir/out/$(package_tarball_name).tar.xz"
}

package_tarball_name()
{
    echo "proxtop-$PACKAGE_VERSION-$(dpkg-architecture -qDEB_HOST_ARCH_OS)-$(dpkg-architecture -qDEB_HOST_GNU_CPU)"
}

# package_tarball DIR FILE: the package's files without what is Debian's own.
package_tarball()
{
    local dir=$1 file=$2 name epoch top
    name=$(package_tarball_name)
    epoch=$(package_epoch)
    top=$dir/tar/$name
    mkdir -p "$top"
    dpkg-deb -x "$dir"/out/proxtop_*.deb "$top"
    rm -rf "$top/usr/share/lintian" "$top"/usr/share/doc/proxtop/{copyright,changelog*,README.Debian}
    cp packaging/tarball/README LICENSE CHANGES "$top/"
    chmod -R u=rwX,go=rX "$top"
    tar -C "$dir/tar" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" \
        --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        -c "$name" | xz -6 --threads=1 >"$file"
}

package_keep()
{
    rm -f "$PACKAGE_OUT"/*.{deb,changes,buildinfo,tar.xz}
    cp "$1"/out/* "$PACKAGE_OUT/"
}

# package_same FIRST SECOND: TAP, a line per file.
package_same()
{
    local file name
    for file in "$1"/out/*.{deb,tar.xz}; do
        name=${file##*/}
        if cmp "$file" "$2/out/$name" >&2; then
            echo "ok two builds are byte-equal: $name"
        else
            echo "not ok two builds are byte-equal: $name"
        fi
    done
}

# What needs no build, beside the first one.
package_prepare_root()
{
    root_base
    root_remove "$PACKAGE_TEST/template"
    root_template "$PACKAGE_TEST/template"
}

# package_prepare DIR: what tests/package/env.bash promises, of the build in DIR.
package_prepare()
{
    local source=$1/proxtop-$PACKAGE_VERSION deb
    deb=$(echo "$PACKAGE_OUT"/proxtop_*.deb)
    rm -rf "${PACKAGE_TEST:?}"/{files,stage}
    mkdir -p "$PACKAGE_TEST/files"
    dpkg-deb -x "$deb" "$PACKAGE_TEST/files"
    # Installed otherwise than packages are; nothing is compiled for it.
    meson configure "$source"/obj-* -Dprefix=/usr/local -Dsystemdunitdir= -Dzsh-functions=site-functions
    DESTDIR=$PACKAGE_TEST/stage meson install -C "$source"/obj-*
    root_download "$PACKAGE_TEST/template" "$deb"
    root_download "$PACKAGE_TEST/template" --install-recommends "$deb"
    # shellcheck disable=SC2046 # a list of words
    root_download "$PACKAGE_TEST/template" $(container_packages)
    # Each fresh root would reckon it again.
    root_run "$PACKAGE_TEST/template" apt-cache gencaches
}

package_cleanup()
{
    [[ -z $PACKAGE_PREPARING ]] || kill "$PACKAGE_PREPARING" 2>/dev/null || true
    [[ -z $PACKAGE_WORK ]] || rm -rf "$PACKAGE_WORK"
}

package_begin()
{
    packages_require package >&2
    package_check_version
    mkdir -p "$PACKAGE_LOG" "$PACKAGE_TEST"
    rm -f "$PACKAGE_LOG"/*.log
    PACKAGE_WORK=$(mktemp -d)
    # Whoever builds does not count: neither does what the environment says of compilers and flags.
    unset CC CFLAGS CPPFLAGS LDFLAGS DEB_BUILD_OPTIONS DEB_BUILD_PROFILES SOURCE_DATE_EPOCH
    export PATH=${PATH//\/usr\/lib\/ccache:/} LC_ALL=C.UTF-8 TZ=UTC
    umask 022
    trap package_cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

package_main()
{
    package_begin
    package_log build package_build "$PACKAGE_WORK" "$(nproc)"
    package_keep "$PACKAGE_WORK"
    ls "$PACKAGE_OUT"/*.{deb,changes,buildinfo,tar.xz}
}

# package_again DIR: what may differ between two who build differs.
package_again()
(
    umask 077
    export LC_ALL=C LANG=C TZ=Pacific/Kiritimati HOME=/nonexistent USER=other LOGNAME=other
    package_log build-again package_build "$1" "$(($(nproc) + 1))"
)

package_test()
{
    local first again status=0
    packages_require manual >&2
    package_begin
    first=$PACKAGE_WORK/first
    again=$PACKAGE_WORK/another/place
    package_log roots package_prepare_root &
    PACKAGE_PREPARING=$!
    package_log build package_build "$first" "$(nproc)"
    package_keep "$first"
    wait "$PACKAGE_PREPARING"
    PACKAGE_PREPARING=''
    package_log roots package_prepare "$first"
    package_again "$again"
    package_same "$first" "$again" 2>>"$PACKAGE_LOG/build-again.log"
    RUNLAB_SHARED=1 tests/lab/run-in-lab.sh bats --formatter tap tests/package/*.bats || status=$?
    root_remove "$PACKAGE_TEST/template"
    return "$status"
}

case ${1:-} in
'') package_main ;;
--test) package_test ;;
*)
    echo "package: only --test is allowed, not '$1'" >&2
    exit 2
    ;;
esac
