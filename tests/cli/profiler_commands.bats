#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# proxprofiler's commands on saved profiles: figures that were worked out by hand, and files of any
# kind.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
    # States 0 1 2 3 3 0 1 3 3 0 of four on 0..100.
    printf '%s\n' cpu 0 30 55 80 100 12.4 12.5 87.5 250 -5 >v1.csv
}

# train FILE.csv ARG...: a step per value, the profile goes to FILE.json.
train()
{
    "$PROXPROFILER" train "$1" --buffersize=1 --output="${1%.csv}.json" "${@:2}"
}

# made KIND ROWS [FROM UNTIL]: values that go up and down within 200 rows; from row FROM to UNTIL
# they jump.
made()
{
    awk -v rows="$1" -v from="${2:-0}" -v until="${3:-0}" 'BEGIN {
        print "cpu"
        srand(7)
        for (i = 0; i < rows; i++) {
            value = 50 + 45 * sin(i / 200 * 6.2831853) + 4 * rand()
            if (i >= from && i < until)
                value = i % 2 ? 99 : 1
            printf "%.3f\n", value
        }
    }'
}

# near A B: to 6 decimals.
near()
{
    awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && d < 1e-6) }' ||
        { echo "$1 is not $2"; return 1; }
}

@test "--help of each command: exit 0 and every option of it" {
    for command in show diff predict simulate train score plot; do
        run "$PROXPROFILER" "$command" --help
        [ "$status" -eq 0 ]
        [[ ${lines[0]} == "Usage: proxprofiler $command "* ]]
        [ "$(awk 'length($0) > 100' <<<"$output" | wc -l)" -eq 0 ]
    done
    run "$PROXPROFILER" train -h
    for name in states buffersize history filterstddevs fixedbound dynamicbound binning phantom-start \
        periodsize window interval min max bounds output record name; do
        [[ $output == *"  --$name"* ]] || { echo "no --$name"; return 1; }
    done
}

@test "wrong usage: exit 2 and one line with the option, the value and what is allowed" {
    train v1.csv
    fails_with 2 "train: option --states: '1' is not allowed; allowed: 2 to 64" "$PROXPROFILER" train v1.csv --states=1
    fails_with 2 "option --states: '65'" "$PROXPROFILER" train v1.csv --states=65
    fails_with 2 "option --states: 'four'" "$PROXPROFILER" train v1.csv --states=four
    fails_with 2 "option --buffersize: '0' is not allowed; allowed: 1 to 3600" "$PROXPROFILER" train v1.csv --buffersize=0
    fails_with 2 "option --history: '5' is not allowed; allowed: 1 to 4" "$PROXPROFILER" train v1.csv --history=5
    fails_with 2 "makes 262144 contexts; allowed: 65536" "$PROXPROFILER" train v1.csv --history=3 --states=64
    fails_with 2 "option --filterstddevs: '-2'" "$PROXPROFILER" train v1.csv --filterstddevs=-2
    fails_with 2 "option --binning: 'round' is not allowed; allowed: nearest, equal" "$PROXPROFILER" train v1.csv --binning=round
    fails_with 2 "option --periodsize: '60,720,1440'" "$PROXPROFILER" train v1.csv --periodsize=60,720,1440
    fails_with 2 "option --bounds: 'cpu:1'" "$PROXPROFILER" train v1.csv --bounds=cpu:1
    fails_with 2 "option --bounds: 'cpu:2:1'" "$PROXPROFILER" train v1.csv --bounds=cpu:2:1
    fails_with 2 "option --bounds: there is no column 'mem'" "$PROXPROFILER" train v1.csv --bounds=mem:0:1
    fails_with 2 "option --min: 5 is not below --max=5" "$PROXPROFILER" train v1.csv --min=5 --max=5
    fails_with 2 "has no width" "$PROXPROFILER" train v1.csv --min=100
    fails_with 2 "option --steps: '0' is not allowed" "$PROXPROFILER" predict v1.json --steps=0
    fails_with 2 "option --steps: '10001' is not allowed; allowed: 1 to 10000" "$PROXPROFILER" predict v1.json --steps=10001
    fails_with 2 "option --hot: '4' is not allowed; allowed: 0 to 3" "$PROXPROFILER" predict v1.json --hot=4
    fails_with 2 "option --threshold: 'nan'" "$PROXPROFILER" diff v1.json v1.json --threshold=nan
    fails_with 2 "option --metric: 'mem' is not in the profile of v1; allowed: cpu" "$PROXPROFILER" show v1.json --metric=mem
    fails_with 2 "option '--steps=1' is not known" "$PROXPROFILER" show v1.json --steps=1
    fails_with 2 "needs a value" "$PROXPROFILER" show v1.json --metric
    fails_with 2 "takes no value" "$PROXPROFILER" show v1.json --json=yes
    fails_with 2 "show: needs FILE" "$PROXPROFILER" show
    fails_with 2 "diff: needs A B" "$PROXPROFILER" diff v1.json
    fails_with 2 "surplus argument 'x'" "$PROXPROFILER" show v1.json x
    fails_with 2 "--profile=FILE is required" "$PROXPROFILER" score v1.csv
    fails_with 2 "--vm: may be given once" "$PROXPROFILER" show v1.json --vm=v1 --vm=v2
}

@test "train: states and counts worked out by hand, the last value included" {
    train v1.csv
    [ "$(jq -c '.channels[0] | .counts, .samples, .below, .above' v1.json | tr '\n' ' ')" = \
        '{"0":[0,2,0,0],"1":[0,0,1,1],"2":[0,0,0,1],"3":[2,0,0,2]} 10 1 1 ' ]
    train v1.csv --phantom-start
    [ "$(jq -c '.channels[0].counts' v1.json)" = '{"0":[1,2,0,0],"1":[0,0,1,1],"2":[0,0,0,1],"3":[2,0,0,2]}' ]
    # As other profilers print it.
    "$PROXPROFILER" train v1.csv --buffersize=1 --phantom-start --record >v1.jsonl
    [ "$(jq -c '.profile.periodTree.root.txmatrix[0] | .transitions[].nextProbs, [.transitions[].probability], .stats.count' v1.jsonl |
        tr '\n' ' ')" = '[33,67,0,0] [0,0,50,50] [0,0,0,100] [50,0,0,50] [30,20,10,40] 10 ' ]
    near "$(jq '.profile.periodTree.root.txmatrix[0].stats.avg' v1.jsonl)" 62.24
    # Averages of two, contexts of two: states 0 2 3 2 3 0.
    printf '%s\n' cpu 0 10 40 60 70 90 40 60 70 90 0 10 >v2.csv
    "$PROXPROFILER" train v2.csv --buffersize=2 --history=2 >v2.json
    [ "$(jq -c '.channels[0].counts | .["0"], .["2"], .["0-2"], .["2-3"], .["3-2"]' v2.json | tr '\n' ' ')" = \
        '[0,0,1,0] [0,0,0,2] [0,0,0,1] [1,0,1,0] [0,0,0,1] ' ]
}

@test "train: ranges, names, gaps and times" {
    printf '%s\n' 'time,cpu,"a:b"' 1970-01-02T00:00:00Z,50,5 86430,,7 1970-01-02T00:01:00Z,50,6 86490,60,10 >t.csv
    train t.csv --bounds=a:b:5:10 --max=200 --name='my vm'
    [ "$(jq -c '.settings.sample_seconds, .vm.name, .first, .last, [.channels[].spec | .lo, .hi]' t.json | tr '\n' ' ')" = \
        '30 "my vm" 86400 86490 [0,200,5,10] ' ]
    [ "$(jq -c '.channels[0] | .gaps, .counts' t.json | tr '\n' ' ')" = '1 {"1":[0,1,0,0]} ' ]
    # Edges 5.625, 6.875, 8.125: states 0 2 1 3.
    [ "$(jq -c '.channels[1].counts' t.json)" = '{"0":[0,0,1,0],"1":[0,0,0,1],"2":[0,1,0,0]}' ]
    # From standard input, to standard output.
    "$PROXPROFILER" train - --buffersize=1 <v1.csv | "$PROXPROFILER" show - >out
    grep -q '^standard input$' out
}

@test "show: figures worked out by hand, within 80 columns for up to 8 states" {
    train v1.csv
    run "$PROXPROFILER" show v1.json
    [ "$status" -eq 0 ]
    grep -qE '^ +3 from 62\.5 +44 \| +50 +\. +\. +50 \| +2\.0 +35$' <<<"$output"
    grep -qE '^ +0 below 12\.5 +22 \| +\. +100 +\. +\. \| +1\.0 +24$' <<<"$output"
    grep -q 'predictability 0.155' <<<"$output"
    grep -q 'state 0 (below 12.5), next most likely 1 (62 %)' <<<"$output"
    grep -q '1 below, 1 above' <<<"$output"
    made 2000 >m.csv
    for states in 2 8 9 64; do
        train m.csv --states=$states --vcpus=4 --memory=8388608
        "$PROXPROFILER" show m.json >out
        [ "$(awk 'length($0) > 80' out | wc -l)" -eq 0 ]
        grep -q '4 vCPUs, 8.0G memory' out
    done
    grep -qE '^  \([0-9]+ states? w' out
    run "$PROXPROFILER" show m.json --json
    [ "$status" -eq 0 ]
    [ "$(jq -r '.profile.name' <<<"$output")" = m ]
}

@test "diff: 0.183105 whichever way round, 0 to itself, exit status by the threshold" {
    train v1.csv
    printf '%s\n' cpu 0 30 50 75 0 30 50 75 0 >b.csv
    train b.csv
    run "$PROXPROFILER" diff v1.json b.json --json
    [ "$status" -eq 1 ]
    near "$(jq .distance <<<"$output")" 0.183105
    near "$(jq .metrics.cpu.compat_similarity <<<"$output")" 0.75
    run "$PROXPROFILER" diff b.json v1.json --json --threshold=0.2
    [ "$status" -eq 0 ]
    near "$(jq .distance <<<"$output")" 0.183105
    run "$PROXPROFILER" diff v1.json v1.json
    [ "$status" -eq 0 ]
    [[ $output == *"overall     0.000000  (threshold 0.1): the same"* ]]
    run "$PROXPROFILER" diff - v1.json --threshold=0 <v1.json
    [ "$status" -eq 0 ]
    fails_with 2 "one of the two files only" "$PROXPROFILER" diff - - <v1.json
    # Other states cannot be compared; where one metric of several can, it counts.
    train b.csv --states=5
    fails_with 2 "cpu: not comparable:" "$PROXPROFILER" diff v1.json b.json
    printf '%s\n' cpu,mem 0,1 30,50 50,2 75,50 >c.csv
    train c.csv
    run "$PROXPROFILER" diff c.json v1.json --json
    [ "$(jq -c '.not_comparable' <<<"$output")" = '{"mem":"not in B"}' ]
    [ "$(jq -c '.metrics | keys' <<<"$output")" = '["cpu"]' ]
    fails_with 2 "mem: not comparable: not in B" "$PROXPROFILER" diff c.json v1.json --metric=mem
}

@test "predict: distributions and hot probabilities worked out by hand" {
    train v1.csv
    run "$PROXPROFILER" predict v1.json --steps=3 --json
    [ "$status" -eq 0 ]
    i=0
    while read -r want; do
        near "$(jq ".metrics.cpu.steps[$((i / 5))] | (.p + [.hot])[$((i % 5))]" <<<"$output")" "$want"
        i=$((i + 1))
    done < <(printf '%s\n' .125 .625 .125 .125 .125 .166667 .1875 .28125 .364583 .4375 \
        .243056 .204861 .168403 .383681 .653646)
    [ "$i" -eq 15 ]
    # .125*2.466667 + .625*21.25 + .125*55 + .125*129.375
    near "$(jq '.metrics.cpu.steps[0].value' <<<"$output")" 36.6364583333
    near "$(jq '.metrics.cpu.hit_rate' <<<"$output")" 0.1111111
    [ "$(jq -c '.metrics.cpu.useful' <<<"$output")" = false ]
    run "$PROXPROFILER" predict v1.json --hot=0
    [[ $output == *"right 11.1 % of 9, staying as it is 22.2 %: not useful"* ]]
    [ "$(grep -cE '^ +[0-9]+ .* 100\.00 ' <<<"$output")" -eq 5 ]
    # What follows two states is another thing than what follows the last one: 0 1 0 2 0 1 0 2...
    printf 'cpu\n' >h.csv
    for i in {1..40}; do printf '0\n33\n0\n66\n'; done >>h.csv
    train h.csv --history=2 --states=3
    [ "$(jq -c '.channels[0].context' h.json)" = '"0-2"' ]
    "$PROXPROFILER" predict h.json --steps=2 --json >out
    [ "$(jq -c '.metrics.cpu.steps[0].p[0] > 0.97' out)" = true ]
    near "$(jq '.metrics.cpu.steps[1].p | add' out)" 1
}

@test "simulate: the same run for a seed, alone and among others, and only what was learned" {
    train v1.csv
    "$PROXPROFILER" simulate v1.json --steps=200000 --seed=5 >a
    "$PROXPROFILER" simulate v1.json --steps=200000 --seed=5 >b
    "$PROXPROFILER" simulate v1.json --steps=200000 --seed=6 >c
    cmp a b
    run ! cmp -s a c
    [ "$(wc -l <a)" -eq 200001 ]
    [ "$(head -n 1 a)" = $'step,cpu.state,cpu\r' ]
    # Drawn by another program, too: it must not change from machine to machine.
    [ "$("$PROXPROFILER" simulate v1.json --steps=40 --seed=1 | awk -F, 'NR > 1 { printf "%s", $2 }')" = \
        "$(python3 - <<'PY'
MASK = (1 << 64) - 1
name = 0xcbf29ce484222325  # FNV-1a of the metric's name
for c in b"cpu":
    name = (name ^ c) * 0x100000001b3 & MASK
seed = 1 ^ name
rows = [[0, 2, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1], [2, 0, 0, 2]]
state, run = 0, ""
for _ in range(40):
    seed = (seed + 0x9e3779b97f4a7c15) & MASK
    z = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9 & MASK
    z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK
    draw = ((z ^ z >> 31) >> 11) / 2**53 * sum(rows[state])
    for state, count in enumerate(rows[state]):
        draw -= count
        if draw < 0:
            break
    run += str(state)
print(run)
PY
    )" ]
    # Only transitions that were seen; from 3 half of them go to 0 (within 5 standard deviations).
    awk -F, 'NR > 2 { n[last ">" $2]++ } { last = $2 }
        END {
            for (t in n) if (t !~ /^(0>1|1>2|1>3|2>3|3>0|3>3)$/) { print t; exit 1 }
            p = n["3>0"] / (n["3>0"] + n["3>3"])
            if (p < 0.49 || p > 0.51) { print p; exit 1 }
        }' <(tr -d '\r' <a)
    paste -d, v1.csv v1.csv | sed '1s/.*/cpu,mem/' >two.csv
    train two.csv
    "$PROXPROFILER" simulate two.json --steps=50 >a
    "$PROXPROFILER" simulate two.json --steps=50 --metric=mem >b
    cmp <(cut -d, -f1,4,5 a) b
}

@test "score: worked out by hand; nothing is learned" {
    train v1.csv
    sum=$(sha256sum v1.json)
    printf '%s\n' cpu 0 75 25 0 50 >s.csv
    run --separate-stderr "$PROXPROFILER" score s.csv --profile=v1.json
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 6 ]
    [ "${lines[0]}" = $'step,time,metric,value,state,surprisal,z,anomaly\r' ] || [ "${lines[0]}" = 'step,time,metric,value,state,surprisal,z,anomaly' ]
    [[ ${lines[1]} == 1,,cpu,0,0,,,0* ]]
    near "$(cut -d, -f6 <<<"${lines[2]}")" 2.079442
    near "$(cut -d, -f7 <<<"${lines[5]}")" 3.285539
    [[ $stderr == *"too little was learned for verdicts"* ]]
    [ "$(sha256sum v1.json)" = "$sum" ]
    # The same steps again score the same: what came before them was not learned.
    { cat s.csv; echo; sed 1d s.csv; } >twice.csv
    "$PROXPROFILER" score twice.csv --profile=v1.json 2>/dev/null | cut -d, -f3- >out
    cmp <(sed -n 2,6p out) <(sed -n 7,11p out)
}

@test "score: an anomaly is found where it is, and only there" {
    made 6000 >good.csv
    made 4000 2500 2700 >bad.csv
    train good.csv
    "$PROXPROFILER" score good.csv --profile=good.json --fail >out
    [ "$(grep -c ',1.$' out)" -eq 0 ]
    run -1 --separate-stderr "$PROXPROFILER" score bad.csv --profile=good.json --fail
    [[ $stderr == *"1 anomaly of "* ]]
    "$PROXPROFILER" score bad.csv --profile=good.json 2>/dev/null >out
    # Its first step is step 2501; it is seen within a window and is over a window after its end.
    read -r first last < <(awk -F, '$8 ~ /^1/ { if (!f) f = $1; l = $1 } END { print f, l }' out)
    echo "from $first to $last"
    [ "$first" -gt 2500 ] && [ "$first" -lt 2530 ] && [ "$last" -ge 2700 ] && [ "$last" -lt 2735 ]
    run -2 "$PROXPROFILER" score <(sed 1s/cpu/mem/ good.csv) --profile=good.json
    [[ $output == *"no metric in common"* ]]
}

@test "plot: XML that another parser takes, names escaped, replaced at once" {
    made 3000 1000 1100 >m.csv
    for states in 2 4 17 64; do
        train m.csv --states=$states --name='<a href="x">&amp;'
        "$PROXPROFILER" plot m.json out.svg
        python3 - <<'PY'
import xml.dom.minidom
svg = xml.dom.minidom.parse("out.svg").documentElement
assert svg.tagName == "svg" and svg.getAttribute("viewBox")
title = svg.getElementsByTagName("title")[0].firstChild.data
assert title == '<a href="x">&amp;', title
assert not svg.getElementsByTagName("a")
PY
    done
    [ "$(stat -c %a out.svg)" = "$(printf '%o' $((0666 & ~$(umask))))" ]
    train m.csv
    before=$(stat -c %i out.svg)
    chmod 640 out.svg
    ln -s out.svg link.svg
    "$PROXPROFILER" plot m.json link.svg --data=m.csv --metric=cpu
    [ -L link.svg ]
    [ "$(stat -c %a out.svg)" = 640 ]
    [ "$(stat -c %i out.svg)" -ne "$before" ]
    grep -q 'class="alarm"' out.svg
    grep -q '12.5 to 37.5 %' out.svg
    "$PROXPROFILER" plot m.json - | cmp - <("$PROXPROFILER" plot m.json /dev/stdout)
    "$PROXPROFILER" plot m.json /dev/null
    [ -c /dev/null ]
    fails_with 1 "cannot write $PWD: Is a directory" "$PROXPROFILER" plot m.json "$PWD"
    fails_with 1 "cannot write none/out.svg: No such file or directory" "$PROXPROFILER" plot m.json none/out.svg
    [ "$(find . -name 'out.svg.*' -o -name 'none*' | wc -l)" -eq 0 ]
}

@test "records: the last one of a VM counts, and one of several is to be named" {
    for vm in a b c; do
        "$PROXPROFILER" train v1.csv --name=$vm --buffersize=1 --record
    done >all
    "$PROXPROFILER" train <(head -n 5 v1.csv) --name=b --buffersize=1 --record >>all
    fails_with 2 "several VMs: choose one by --vm=NAME|UUID: a, b, c" "$PROXPROFILER" show all
    fails_with 2 "has no VM named 'd': a, b, c" "$PROXPROFILER" show all --vm=d
    run "$PROXPROFILER" show all --vm=b
    [[ $output == *"values     4, steps 4"* ]]
    run "$PROXPROFILER" show - --vm=a <all
    [[ $output == *"values     10, steps 10"* ]]
    # Two of a name are told apart by their UUIDs.
    sed 's/"name":"c","roottx"/"name":"uuid-1","roottx"/; s/"uuid":"c"/"uuid":"uuid-1"/' all | grep uuid-1 >same
    sed 's/uuid-1/uuid-2/g' same >>same.2
    cat same.2 >>same
    fails_with 2 "c (uuid-1), c (uuid-2)" "$PROXPROFILER" show same --vm=c
    run "$PROXPROFILER" show same --vm=UUID-2
    [[ ${lines[0]} == "c  uuid-2" ]]
    # Empty lines are nothing.
    { yes '' | head -n 1000000; tail -n 1 all; } >blank
    "$PROXPROFILER" show blank --json | cmp - <(tail -n 1 all)
    # What a record says of its distributions is told.
    train v1.csv --name=a
    [ "$("$PROXPROFILER" show all --vm=a | sed -n '/P50/p;/^  forecasts/p;/^  class/p')" = \
        "$("$PROXPROFILER" show v1.json | sed -n '/P50/p;/^  forecasts/p;/^  class/p')" ]
    "$PROXPROFILER" show all --vm=b --json | cmp - <(tail -n 1 all)
    "$PROXPROFILER" diff all all --vm=a --vm=c
    run -1 "$PROXPROFILER" diff all all --vm=a --vm=b
    "$PROXPROFILER" diff all v1.json --vm=a --threshold=0
    # One that is being written is cut.
    { cat all; head -c 700 all; } >cut.json
    run --separate-stderr "$PROXPROFILER" show cut.json --vm=a
    [ "$status" -eq 0 ]
    [[ $stderr == *"cut.json:5: the last line is cut: it is left out"* ]]
    { cat all; echo '{"host":{}}'; } >other
    fails_with 2 "other:5: no record of a profile" "$PROXPROFILER" show other --vm=a
    # A profile in a file of its own goes by its name too.
    fails_with 2 "has no VM named 'b': a" "$PROXPROFILER" show v1.json --vm=b
    "$PROXPROFILER" show v1.json --vm=a >/dev/null
}

@test "files of any kind: one line with the file and what is wrong, exit 2" {
    train v1.csv
    : >empty
    fails_with 2 "cannot read none: No such file" "$PROXPROFILER" show none
    fails_with 2 "cannot read .: Is a directory" "$PROXPROFILER" show .
    fails_with 2 "cannot read .: Is a directory" "$PROXPROFILER" train .
    fails_with 2 "empty: no saved profile: there is nothing in it" "$PROXPROFILER" show empty
    fails_with 2 "empty:1: there is nothing in it" "$PROXPROFILER" train empty
    head -c 100000 /dev/urandom >binary
    for command in "show binary" "train binary" "plot binary out.svg" "score binary --profile=v1.json" \
        "score v1.csv --profile=binary" "diff v1.json binary"; do
        # shellcheck disable=SC2086
        fails_with 2 "binary:" "$PROXPROFILER" $command
    done
    # A state that is cut, anywhere.
    size=$(stat -c %s v1.json)
    for ((n = 1; n < size - 2; n += 97)); do
        head -c "$n" v1.json >cut.json
        fails_with 2 "cut.json: no saved profile:" "$PROXPROFILER" show cut.json
    done
    { printf 'cpu\n'; head -c 10000000 /dev/zero | tr '\0' 1; } >long.csv
    fails_with 2 "long.csv:2: longer than 1048576 bytes" "$PROXPROFILER" train long.csv
    fails_with 2 "long.csv: no saved profile:" "$PROXPROFILER" show long.csv
    # A few bytes of a record would take hundreds each: it is refused before it is parsed.
    { printf '{"profile":{"name":"u","a":['; head -c 3000000 /dev/zero | sed 's/\x0/{},/g'; echo '1]}}'; } >hungry
    fails_with 2 "hungry:1: no saved profile: too large" "$PROXPROFILER" show hungry
    printf 'cpu,mem\n1,2\n1\n' >missing.csv
    fails_with 2 "missing.csv:3: 1 cells where the header has 2" "$PROXPROFILER" train missing.csv
    printf 'cpu,mem\n1,\033[2Jnan\n' >escape.csv
    fails_with 2 "escape.csv:2: column 'mem':" "$PROXPROFILER" train escape.csv
    run "$PROXPROFILER" train escape.csv
    [[ $output != *$'\033'* ]]
    printf 'cpu\n' >header.csv
    fails_with 2 "nothing to learn" "$PROXPROFILER" train header.csv
    [ ! -e out.svg ]
    # Nobody reads what is written; nothing can be written.
    fails_with 1 "cannot write to standard output: No space left" bash -c "'$PROXPROFILER' show v1.json >/dev/full"
    run -1 --separate-stderr "$PROXPROFILER" train v1.csv --output=none/x
    run ! bash -o pipefail -c "'$PROXPROFILER' simulate v1.json --steps=1000000 | head -n 1 >/dev/null"
}

@test "train --output: replaced at once, nobody else reads it" {
    train v1.csv
    [ "$(stat -c %a v1.json)" = 600 ]
    sum=$(sha256sum v1.json)
    # A failure leaves the old one.
    run -2 "$PROXPROFILER" train <(printf 'cpu\n1\nx\n') --output=v1.json
    [ "$(sha256sum v1.json)" = "$sum" ]
    [ "$(find . -name 'v1.json.*' | wc -l)" -eq 0 ]
}
