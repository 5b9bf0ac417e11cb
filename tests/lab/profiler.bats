#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What proxprofiler learns of real guests: one that is busy and idle in turns of 20 s, one that is
# busy all the time, one that sleeps.

# Six turns and a half.
PROFILER_SECONDS=260

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    guest_start lab-turns 1 alternate
    guest_start lab-always 1 busy
    guest_start lab-never 1 idle
    for name in lab-turns lab-always lab-never; do
        guest_wait "$name"
    done
    JSON=$BATS_FILE_TMPDIR/profiles
    python3 "$LAB_TESTS/schedstat.py" record "$JSON.truth" lab-turns="$(guest_pid lab-turns)" 3>&- 4>&- </dev/null &
    recorder=$!
    # A step is a second.
    timeout $((PROFILER_SECONDS + 600)) env "${PROXTOP_ENV[@]}" "${PROXTOP%/*}/proxprofiler" --processes --cpu --mem --io \
        --interval=0.5 --buffersize=2 --states=4 --outputFreq=60 --runs=$((PROFILER_SECONDS * 2)) \
        --state-dir="$BATS_FILE_TMPDIR/state" >"$JSON" 2>"$JSON.err" 3>&- 4>&- </dev/null
    echo $? >"$JSON.status"
    kill -TERM "$recorder"
    wait "$recorder"
}

teardown_file()
{
    load env.bash
    lab_end
}

setup()
{
    load env.bash
    JSON=$BATS_FILE_TMPDIR/profiles
}

# last_profile NAME FILTER: of the last record of that VM.
last_profile()
{
    jq -sr --arg name "$1" "[.[].profile | select(.ext.vm.name == \$name)] | last | $2" "$JSON"
}

# true_dwell busy|idle: mean length in seconds of the turns that another reader of the vCPU's run
# time saw, the first and the last one left out.
true_dwell()
{
    python3 - "$JSON.truth" "$1" <<'PY'
import itertools, json, statistics, sys

with open(sys.argv[1], encoding="utf-8") as file:
    recorded = json.load(file)
samples = next(iter(recorded["samples"].values()))
states = []
start = samples[0]
for sample in samples:
    if sample[0] - start[0] >= 1:
        busy = (sample[1] + sample[2] - start[1] - start[2]) / 1e9 / (sample[0] - start[0])
        states.append((busy > 0.5, sample[0] - start[0]))
        start = sample
turns = [(key, sum(length for _, length in turn))
         for key, turn in itertools.groupby(states, key=lambda state: state[0])]
print(statistics.mean(length for busy, length in turns[1:-1] if busy == (sys.argv[2] == "busy")))
PY
}

@test "it ran to its end and said nothing but profiles" {
    [ "$(<"$JSON.status")" = 0 ]
    run ! grep -iE 'error|warning' "$JSON.err"
    # Four rounds while it ran, or more if it was held up, and one at the end, of three VMs each.
    jq -es 'length >= 15 and length % 3 == 0 and all(.[]; keys == ["profile"]) and
        ([.[] | .profile.ext | select(.final)] | length == 3)' "$JSON"
}

@test "a guest that is busy and idle in turns has two states" {
    last_profile lab-turns '.ext.metrics.cpu | .counts' >&3
    # Nearly all steps are spent idle or at the top, nearly none between.
    [ "$(last_profile lab-turns '.ext.metrics.cpu.counts | ([.["0", "3"][]?] | add) / ([.[][]] | add) > 0.85')" = true ]
    [ "$(last_profile lab-turns '.ext.metrics.cpu.counts | (.["0"] | .[0] > 10 * (.[1:] | add)) and (.["3"] | .[3] > 10 * (.[:3] | add))')" = true ]
}

@test "their dwell times are those of the guest" {
    for state in 0:idle 3:busy; do
        real=$(true_dwell "${state#*:}")
        echo "# dwell of ${state#*:}: $(last_profile lab-turns ".ext.metrics.cpu.dwell[${state%:*}]") s, by another reader $real s" >&3
        check_near "dwell while ${state#*:}" "$(last_profile lab-turns ".ext.metrics.cpu.dwell[${state%:*}] * .ext.step_seconds")" "$real" 20 0
    done
}

@test "guests of one kind are told by their class" {
    [ "$(last_profile lab-never .ext.class)" = idle ]
    [ "$(last_profile lab-always .ext.class)" = saturated ] || [ "$(last_profile lab-always .ext.class)" = contended ]
    [ "$(last_profile lab-always '.ext.metrics.cpu.predict.next')" = 3 ]
    [ "$(last_profile lab-never '.ext.metrics.cpu.predict.next')" = 0 ]
}

@test "memory is a share of what the guest has, I/O is bytes" {
    resident=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$(guest_pid lab-never)/status")
    check_near "mem of lab-never" "$(last_profile lab-never '.ext.metrics.mem.stats.min')" \
        "$(awk -v rss="$resident" -v kb="$(last_profile lab-never .ext.vm.mem_kb)" 'BEGIN { print 100 * rss / kb }')" 10 3
    [ "$(last_profile lab-never '.ext.metrics.io | .hi == 6442450944 and .state == 0')" = true ]
}

@test "what was saved is what was printed last" {
    for name in lab-turns lab-always lab-never; do
        uuid=$(last_profile "$name" .name)
        "${PROXTOP%/*}/proxprofiler" show --json "$BATS_FILE_TMPDIR/state/$uuid" >"$BATS_TEST_TMPDIR/shown"
        diff <(last_profile "$name" '.ext.metrics | map_values(.counts)' | jq -S .) \
            <(jq -S '.profile.ext.metrics | map_values(.counts)' "$BATS_TEST_TMPDIR/shown")
    done
    "${PROXTOP%/*}/proxprofiler" plot "$BATS_FILE_TMPDIR/state/$(last_profile lab-turns .name)" "$BATS_TEST_TMPDIR/turns.svg"
    python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$BATS_TEST_TMPDIR/turns.svg"
}
