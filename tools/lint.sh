#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that a machine can check, each a line of TAP: formatting, static analysis, layers, sizes.
# ./dev lint; part of ./dev test.
set -uo pipefail

LINT_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}/..")
cd "$LINT_ROOT" || exit 1
# shellcheck source=tools/packages.sh
source tools/packages.sh
# shellcheck source=tools/build.sh
source tools/build.sh

LINT_FAILED=0
mapfile -t LINT_C < <(find src tests fuzz bench manual -name '*.[ch]' | sort)
mapfile -t LINT_SRC < <(find src -name '*.c' | sort)
mapfile -t LINT_SH < <(
    {
        printf '%s\n' dev .ci/run completions/bash/* packaging/*.sh packaging/debian/p*
        find tools tests fuzz bench -name '*.sh' -o -name '*.bash'
    } | sort
)

# lint_rule NAME COMMAND...: what the command prints are offenders.
lint_rule()
{
    local name=$1 out
    shift
    out=$("$@" 2>&1)
    if [[ -z $out ]]; then
        echo "ok lint: $name"
    else
        echo "not ok lint: $name"
        sed 's/^/# /' <<<"$out"
        LINT_FAILED=1
    fi
}

lint_format()
{
    clang-format --dry-run -Werror "${LINT_C[@]}" 2>&1 | grep -E 'error:' | head -n 20
}

lint_tidy()
{
    local dir=build/lint
    CC=clang build_directory "$dir" || return
    # Two at a time; only what our own .clang-tidy asks for.
    local log=$dir/tidy.log status=0
    printf '%s\n' "${LINT_SRC[@]}" |
        xargs -P 2 -n 6 clang-tidy --quiet -p "$dir" >"$log" 2>"$log.err" || status=$?
    if grep -E '(warning|error):' "$log" | sort -u | grep .; then
        return
    fi
    # One that failed without a finding did not work.
    ((status == 0)) || tail -n 5 "$log.err"
}

lint_shell()
{
    shellcheck -x -S warning "${LINT_SH[@]}"
}

# All but documents, data, and what administrators edit.
lint_spdx()
{
    find . \( -path './build*' -o -path ./.git -o -path ./fuzz/corpus \) -prune -o -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -name '*.py' -o -name '*.zsh' \
        -o -name 'meson*' -o -name '*.yml' -o -name '*.def' -o -name '*.service' -o -name Dockerfile -o -name dev \
        -o -path './.ci/*' -o -path './man/*' -o -path './completions/*' -o -path './packaging/systemd/*' \
        -o -path './packaging/debian/p*' -o -path './packaging/debian/rules' \) -print0 |
        xargs -0 awk 'FNR > 5 { nextfile } /SPDX-License-Identifier: GPL-2\.0-or-later/ { found[FILENAME] }
            END { for (i = 1; i < ARGC; i++) if (!(ARGV[i] in found)) print ARGV[i] ": no SPDX line" }'
}

# A layer may include itself and those before it.
lint_layers()
{
    local order=(base profile kernel model connect collect derive print profiler tui output app) i j layer file other
    for i in "${!order[@]}"; do
        layer=${order[i]}
        for ((j = i + 1; j < ${#order[@]}; j++)); do
            other=${order[j]}
            grep -nE "#include \"$other/" -r "src/$layer" || true
        done
    done
    # Neither of these is a way round: VMs are found without collecting, and outputs know no frames,
    # but for the exporter, which makes its pages of them.
    grep -nE '#include "connect/' -r src/collect src/derive src/print src/tui src/output || true
    grep -nE '#include "(profiler?|kernel|derive)/' -r src/tui src/output || true
    grep -nE '#include "tui/' -r src/output || true
    grep -nE '#include "(model|print)/' -r src/output | grep -vE '^src/output/(serve[a-z_]*\.[ch]|pages\.h):' || true
    grep -nE '#include "(connect|collect)/' -r src/derive src/print src/profiler src/tui || true
    grep -nE '#include "(kernel|model)/' -r src/profile || true
    for file in $(grep -lE '#include <libvirt/' -r src || true); do
        [[ $file == src/connect/libvirt* ]] || echo "$file includes libvirt"
    done
    for file in $(grep -lE '#include <(n?curses|ncursesw/)' -r src || true); do
        [[ $file == src/tui/terminal.c ]] || echo "$file includes curses"
    done
}

lint_sizes()
{
    wc -l "${LINT_C[@]}" | awk '$2 != "total" && $1 > 700 { print $2 ": " $1 " lines" }'
    ctags -o - --kinds-C=f --fields=+ne --output-format=xref --_xformat='%{end} %n %N %F' \
        "${LINT_C[@]}" | awk '$1 - $2 > 100 { print $4 ": " $3 " has " $1 - $2 + 1 " lines" }'
}

# Functions that have a checked or bounded counterpart here.
lint_functions()
{
    grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strncpy|gets|atoi|atol|atof|sscanf|strtok|system|popen)\(' \
        "${LINT_SRC[@]}" | grep -vE '^\S+:\s*\*' || true
}

# Descriptors are never inherited.
lint_cloexec()
{
    grep -nE '(^|[^_>.a-z])(open|openat)\(' "${LINT_SRC[@]}" | grep -vE 'O_CLOEXEC|_open|/\*|^\S+\s+\*' || true
}

# In a bats test, a command behind "!" fails nothing unless it is the last one.
lint_negations()
{
    grep -nE '^\s+! ' -r tests --include='*.bats' | grep -v '|| false' || true
}

lint_metrics()
{
    # A metric's key stands in the metric table and nowhere else in the sources.
    local key
    grep -oP '^(HOST|VM|VCPU|BLOCKDEV|VMDISK|NETDEV|VMNIC)\([A-Z0-9_]+, [A-Z]+, "\K[^"]+' src/model/metric.def |
        sort -u | grep -E '_' | while read -r key; do
        grep -nF "\"$key\"" -r src --include='*.c' --include='*.h' | grep -vE '"host_name"' || true
    done
}

packages_require test || exit 1
lint_rule "clang-format" lint_format
lint_rule "clang-tidy" lint_tidy
lint_rule "shellcheck" lint_shell
lint_rule "SPDX lines" lint_spdx
lint_rule "layers" lint_layers
lint_rule "sizes of files and functions" lint_sizes
lint_rule "unchecked functions" lint_functions
lint_rule "close-on-exec" lint_cloexec
lint_rule "metrics are named once" lint_metrics
lint_rule "negations in tests count" lint_negations
exit "$LINT_FAILED"
