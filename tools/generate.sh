#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ./dev generate [--check]: the manual pages, completions and docs/METRICS.md, made of their
# templates and the tables in the sources. --check makes them elsewhere and fails with the
# differences if the committed ones are others.
set -euo pipefail

GENERATE_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
cd "$GENERATE_ROOT"
# shellcheck source=tools/packages.sh
source tools/packages.sh
# shellcheck source=tools/build.sh
source tools/build.sh

# template, what it becomes, for which program
GENERATE_FILES=(
    man/proxtop.1.in man/proxtop.1 proxtop
    man/proxprofiler.1.in man/proxprofiler.1 proxprofiler
    man/proxtop-config.5.in man/proxtop-config.5 proxtop
    completions/bash.in completions/bash/proxtop proxtop
    completions/bash.in completions/bash/proxprofiler proxprofiler
    completions/zsh.in completions/zsh/_proxtop proxtop
    completions/zsh.in completions/zsh/_proxprofiler proxprofiler
    completions/fish.in completions/fish/proxtop.fish proxtop
    completions/fish.in completions/fish/proxprofiler.fish proxprofiler
    manual/METRICS.md.in docs/METRICS.md proxtop
)

# generate_program: the path of the generator. $GENERATOR names one that is built already.
generate_program()
{
    if [[ -n ${GENERATOR:-} ]]; then
        echo "$GENERATOR"
        return
    fi
    packages_require build >&2
    if [[ ! -f build/build.ninja ]]; then
        build_release >&2
    fi
    build_run ninja -C build manual/generate >&2
    echo "$GENERATE_ROOT/build/manual/generate"
}

# generate_date: that of the newest version in CHANGES, as mdoc(7) wants it; no date of a build.
generate_date()
{
    local date=2026-11-22 newest=''
    if [[ -f CHANGES ]]; then
        newest=$(sed -nE 's/^proxtop [^ ]+ \(([0-9]{4}-[0-9]{2}-[0-9]{2})\).*/\1/p;T;q' CHANGES)
    fi
    LC_ALL=C TZ=UTC date -d "${newest:-$date}" '+%B %-d, %Y'
}

# generate_all GENERATOR DIR: all files, below the directory.
generate_all()
{
    local generator=$1 dir=$2 version date i
    version=$(cat VERSION)
    date=$(generate_date)
    for ((i = 0; i < ${#GENERATE_FILES[@]}; i += 3)); do
        mkdir -p "$dir/$(dirname "${GENERATE_FILES[i + 1]}")"
        "$generator" "${GENERATE_FILES[i]}" VERSION="$version" DATE="$date" \
            PROGRAM="${GENERATE_FILES[i + 2]}" >"$dir/${GENERATE_FILES[i + 1]}"
    done
}

# generate_differences DIR: what the committed files have otherwise; fails if there is something.
generate_differences()
{
    local i status=0
    for ((i = 1; i < ${#GENERATE_FILES[@]}; i += 3)); do
        diff -uN "${GENERATE_FILES[i]}" "$1/${GENERATE_FILES[i]}" || status=1
    done
    return "$status"
}

generate_main()
{
    local generator dir i
    case ${1:-} in
    '' | --check) ;;
    *)
        echo "generate: only --check is allowed, not '$1'" >&2
        return 2
        ;;
    esac
    generator=$(generate_program)
    dir=$(mktemp -d)
    # shellcheck disable=SC2064 # as it is now
    trap "rm -rf '$dir'" EXIT
    generate_all "$generator" "$dir"
    if [[ ${1:-} == --check ]]; then
        if generate_differences "$dir"; then
            return 0
        fi
        echo "generate: these files are not as templates and tables are; ./dev generate makes them" >&2
        return 1
    fi
    for ((i = 1; i < ${#GENERATE_FILES[@]}; i += 3)); do
        mkdir -p "$(dirname "${GENERATE_FILES[i]}")"
        cmp -s "$dir/${GENERATE_FILES[i]}" "${GENERATE_FILES[i]}" ||
            cp "$dir/${GENERATE_FILES[i]}" "${GENERATE_FILES[i]}"
    done
}

generate_main "$@"
