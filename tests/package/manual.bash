# SPDX-License-Identifier: GPL-2.0-or-later
# For manual.bats: the tree, the generator, rendered pages, completion in three shells.
# shellcheck shell=bash disable=SC2034 # what is set here is for the tests

MANUAL_TREE=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
MANUAL_PAGES=(man/proxtop.1 man/proxprofiler.1 man/proxtop-config.5)

# manual_build: a build directory with the generator and both programs, as the sources are now.
manual_build()
{
    local dir
    for dir in ${BUILD_GCC:+"$BUILD_GCC"} "$MANUAL_TREE/build/test/gcc" "$MANUAL_TREE/build"; do
        [[ ! -f $dir/build.ninja ]] || break
    done
    if [[ ! -f $dir/build.ninja ]]; then
        dir=$BATS_FILE_TMPDIR/build
        meson setup "$dir" "$MANUAL_TREE" >&2
    fi
    ninja -C "$dir" proxtop proxprofiler manual/generate >&2
    readlink -f "$dir"
}

# manual_copy DIR: all that ./dev generate reads and writes.
manual_copy()
{
    mkdir -p "$1"
    (cd "$MANUAL_TREE" && cp -a --parents VERSION man completions manual tools docs/METRICS.md "$1")
    [[ ! -f $MANUAL_TREE/CHANGES ]] || cp "$MANUAL_TREE/CHANGES" "$1"
}

# manual_render PAGE: as text, with long lines, so that none is broken where a test looks.
manual_render()
{
    mandoc -Tascii -O width=400 "$1" | sed 's/.\x08//g'
}

# manual_examples PAGE PROGRAM: the lines of its examples that run the program.
manual_examples()
{
    manual_render "$1" | sed -nE "s/^ {10,}($2( .*)?)\$/\1/p" | grep -E "^$2 (-[-a-zA-Z]|[a-z]+ )"
}

# manual_bash FILE LINE...: what completion offers for each line, "LINE => WORD WORD ...". No program
# can be run meanwhile.
manual_bash()
{
    # shellcheck disable=SC2016 # for the inner one
    PATH=/nonexistent "$(command -v bash)" --norc -c '
        source "$1"
        shift
        for COMP_LINE in "$@"; do
            COMP_POINT=${#COMP_LINE}
            COMPREPLY=()
            "_${COMP_LINE%% *}"
            echo "$COMP_LINE => ${COMPREPLY[*]}"
        done' bash "$@"
}

# manual_fish FILE LINE...: the same; descriptions are left out.
manual_fish()
{
    # shellcheck disable=SC2016 # for the inner one
    HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR PATH=/nonexistent \
        "$(command -v fish)" --no-config -c '
        source $argv[1]
        for line in $argv[2..-1]
            echo "$line =>" (complete -C $line | string replace -r "\t.*" "")
        end' "$@"
}

# manual_zsh LINE...: the same, in a terminal of its own.
manual_zsh()
{
    HOME=$BATS_TEST_TMPDIR timeout 300 zsh -f "$MANUAL_TREE/tests/package/complete.zsh" \
        "$MANUAL_TREE/completions/zsh" "$BATS_TEST_TMPDIR/zsh" "$@"
}
