#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whether every metric of the table had a value in some test.
# Usage: coverage.sh METRICS.TSV LIST... A list is "SCOPE<TAB>KEY" per line, as valid_keys.py
# makes them. What no test here can see stands in elsewhere.tsv beside this script with its reason.
# A line of TAP; the metrics that are missing follow it.
set -euo pipefail
export LC_ALL=C

COVERAGE_ROOT=$(readlink -f "${BASH_SOURCE[0]%/*}")

if (($# < 2)); then
    echo "usage: coverage.sh METRICS.TSV LIST..." >&2
    exit 2
fi
metrics=$1
shift

# coverage_names [FILE...]: the first two columns, sorted; comments and a header are left out.
coverage_names()
{
    cat "$@" | grep -vE '^(#|scope\b|$)' | cut -f1,2 | sort -u || true
}

all=$(awk -F'\t' 'NR > 1 { print $1 "\t" $3 }' "$metrics" | sort -u)
seen=$(coverage_names "$@")
elsewhere=$(coverage_names "$COVERAGE_ROOT/elsewhere.tsv")
missing=$(comm -23 <(echo "$all") <(printf '%s\n%s\n' "$seen" "$elsewhere" | sort -u))
# An excuse for what is no metric, or for what a test does see.
stale=$(comm -23 <(echo "$elsewhere") <(comm -23 <(echo "$all") <(echo "$seen")) | grep . || true)
count=$(comm -12 <(echo "$all") <(echo "$seen") | grep -c . || true)

if [[ -n $missing || -n $stale ]]; then
    echo "not ok coverage: $count of $(wc -l <<<"$all") metrics"
    [[ -z $missing ]] || sed 's/^/# no test sees a value of: /' <<<"$missing"
    [[ -z $stale ]] || sed 's/^/# needs no line in elsewhere.tsv: /' <<<"$stale"
    exit 1
fi
echo "ok coverage: $count of $(wc -l <<<"$all") metrics"
