#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What happens to VMs while they are watched: they come, go, hang, pause, and have names.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
    VMS=$BATS_TEST_TMPDIR/vms
    STARTED=()
    FAKES=()
}

teardown()
{
    local dir
    if [[ -n ${HANGING:-} ]]; then
        kill -CONT "$HANGING"
    fi
    for dir in "${STARTED[@]}"; do
        lookalikes_stop "$dir"
    done
    if ((${#FAKES[@]})); then
        kill "${FAKES[@]}"
    fi
    tui_stop
}

# vms COUNT DIR OPTION...: look-alikes that end with the test.
vms()
{
    lookalikes_start "$@"
    STARTED+=("$2")
}

# screen SIZE ARG...
screen()
{
    local size=$1
    shift
    tui_start "$size" --processes --no-config --interval=0.5 "$@"
}

# names: of the rows that are shown, in their order.
names()
{
    tui_text | sed -nE 's/^[ >](vm-[0-9]+) +[0-9a-f]{8}.*/\1/p'
}

# selected: the name in the row with the mark.
selected()
{
    tui_text | sed -nE 's/^>([^ ]+) .*/\1/p'
}

selected_is()
{
    [ "$(selected)" = "$1" ]
}

@test "a hundred VMs: every one is reached by Down, by PgDn, and the last by End" {
    local page i last=""
    vms 100 "$VMS"
    screen 80x24 --sort=name:asc
    tui_wait 'VMs: 100'
    tui_wait 'of 100'
    tui_keys Home
    wait_for 120 selected_is vm-00001
    # By page, until the last row is shown.
    for ((i = 0; i < 20; i++)); do
        page=$(names)
        [ "$(sort <<<"$page" | uniq -d)" = "" ]
        echo "$page" >>pages
        [[ $page != *vm-00100* ]] || break
        last=$(selected)
        tui_keys PageDown
        wait_for 120 selection_left "$last"
    done
    [ "$(sort -u pages | wc -l)" -eq 100 ]
    tui_wait '^ [0-9]+-100 of 100'
    # By line: as many steps as there are to the last one, each to the next.
    tui_keys Home
    wait_for 120 selected_is vm-00001
    for ((i = 2; i <= 20; i++)); do
        tui_keys Down
        wait_for 120 selected_is "$(printf 'vm-%05d' "$i")"
    done
    tui_keys -N 80 Down
    wait_for 120 selected_is vm-00100
    tui_keys Down j
    tui_wait '^>vm-00100'
    tui_keys Home
    wait_for 120 selected_is vm-00001
    tui_keys End
    wait_for 120 selected_is vm-00100
    [ "$(names | tail -n 1)" = vm-00100 ]
    tui_keys k Up
    wait_for 120 selected_is vm-00098
}

selection_left()
{
    [ "$(selected)" != "$1" ]
}

# is_coloured NAME CODE: the name stands in this colour.
is_coloured()
{
    tui_styled | grep -qaP "(^|[^\w])\e\[([0-9;]*;)?$2m$1"
}

# was_coloured NAME CODE: it was written so, since tui_record.
was_coloured()
{
    grep -qaP "\e\[([0-9;]*;)?$2m[^\e]*$1" raw
}

is_not_coloured()
{
    ! is_coloured "$@" || false
}

@test "a VM that starts is green for two cycles; one that ends is grey for two, with the reason in the footer" {
    vms 2 "$VMS" --names=old-1,old-2
    screen 120x24 --interval=1.5
    tui_wait 'old-1 +[0-9a-f]{8}'
    # Those that are there at the start are not new.
    is_not_coloured old-1 32
    # Of what passes, all that was written tells: a picture may come too late.
    tui_record raw
    lookalikes_start 1 "$BATS_TEST_TMPDIR/more" --first-id=30 --names=new-1
    tui_wait '[ >]new-1'
    wait_for 120 was_coloured new-1 32
    tui_wait 'VMs: 3'
    wait_for 120 is_not_coloured new-1 32
    tui_wait '[ >]new-1'
    lookalikes_stop "$BATS_TEST_TMPDIR/more"
    # Bright black, or dim.
    wait_for 120 was_coloured new-1 '(90|2|38;5;8)'
    wait_for 120 grep -aq 'new-1 left' raw
    tui_wait 'VMs: 2'
    tui_wait_not '^[ >]new-1'
    tui_wait '[ >]old-1'
}

@test "a VM that is watched in detail and ends: its details close, and the footer tells" {
    vms 1 "$VMS" --names=stays
    lookalikes_start 1 "$BATS_TEST_TMPDIR/more" --first-id=30 --names=goes
    screen 120x30 --filter=goes
    tui_wait '^>goes'
    tui_keys Enter
    tui_wait 'THREADS'
    lookalikes_stop "$BATS_TEST_TMPDIR/more"
    tui_wait 'goes left'
    tui_wait_not 'THREADS'
    tui_wait 'View: ALL.*VMs: 1'
}

# slowest_key: of those that change the view, the longest time until it is shown; in ms, in worst.
slowest_key()
{
    local start key took
    local -A view=([m]=MEM [c]=CPU [d]=DISK [n]=NET [i]=I/O [a]=ALL)
    worst=0
    for key in m c d n i a; do
        start=${EPOCHREALTIME/./}
        tui_keys "$key"
        tui_wait "View: ${view[$key]}"
        took=$(((${EPOCHREALTIME/./} - start) / 1000))
        ((took <= worst)) || worst=$took
    done
}

@test "a monitor that hangs: STUCK and a word in the footer; keys and the other VMs go on" {
    local worst usual
    vms 4 "$VMS" --busy=1 --names=hangs,goes-on
    screen 120x24
    tui_wait '^[ >]hangs +[0-9a-f]+ R'
    slowest_key
    usual=$worst
    HANGING=$(<"$VMS/1.pid")
    kill -STOP "$HANGING"
    tui_wait '^[ >]hangs .* STUCK '
    tui_wait 'hangs.*QMP busy'
    tui_wait 'VMs: 4 \(1 stale\)'
    # The others have what their monitors tell: IOPS, in a column of its own.
    tui_wait '^[ >]goes-on +[0-9a-f]+ R'
    tui_wait_not '^[ >](goes-on|vm-0000[34]) .*STUCK'
    # A question to a monitor takes seconds until it is given up: keys that waited for it would do so again
    # and again. What a busy machine takes for them it takes without such a monitor, too.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        slowest_key
        echo "# the slowest key took $worst ms, before that $usual ms" >&3
        ((worst >= 2000 && worst > 3 * usual)) || break
    done
    ((worst < 2000 || worst <= 3 * usual))
    tui_wait '^[ >]hangs .* STUCK '
    kill -CONT "$HANGING"
    tui_wait_not 'STUCK|stale'
}

@test "names of all kinds: columns stay in line, and nothing of them reaches the terminal" {
    local names=日本語サーバ,$'cafe\u0301',$'\U1F680rocket',Ünïcödé,ＷＩＤＥ
    vms 6 "$VMS" --names="$names"
    fake_qemu $'esc\e[31mred\e[5;5Hjump\e]0;stolen\a'
    FAKES+=("$FAKE_PID")
    fake_qemu $'two\nlines\ttab\r\x9b5n'
    FAKES+=("$FAKE_PID")
    fake_qemu "$(printf 'x%.0s' {1..200})"
    FAKES+=("$FAKE_PID")
    fake_qemu "$(printf '漢%.0s' {1..66})"
    FAKES+=("$FAKE_PID")
    for size in 80x24 120x30 200x30; do
        screen "$size"
        tui_record raw
        tui_wait 'VMs: 10'
        tui_wait 'cafe.* R'
        tui_wait '1-10 of 10'
        tui_keys C-l End Home
        for view in c m a; do
            tui_keys "$view"
            tui_wait "View: $(tr acm ACM <<<"$view")"
            tui_wait_that shows_in_line 10
        done
        tui_keys Enter
        tui_wait 'THREADS'
        tui_keys Escape
        # The sequences and the name of the window, as they came.
        run ! grep -aF $'\e[31mred' raw
        run ! grep -aF $'\e[5;5Hjump' raw
        run ! grep -aF $'\e]0;stolen' raw
        run ! grep -aF $'\x9b5n' raw
        [[ $(tui_format '#{pane_title}') != *stolen* ]]
        tui_stop
    done
    LC_ALL=C.UTF-8 grep -q 'two?lines?tab?' shown
}

# shows_in_line COUNT: the terminal, see in_line.
shows_in_line()
{
    tui_text >shown
    in_line shown "$1"
}

# in_line FILE COUNT: that many rows of VMs whose states stand where the title's S is, by the columns
# that characters take.
in_line()
{
    LC_ALL=C.UTF-8 python3 - "$@" <<'EOP'
import ctypes, locale, re, sys

locale.setlocale(locale.LC_ALL, "")
wcwidth = ctypes.CDLL(None).wcwidth

def cells(line):
    """The text of each column; the right half of a wide character is empty."""
    out = []
    for c in line:
        width = wcwidth(ord(c))
        assert width >= 0, f"control character {c!r} in {line!r}"
        if width == 0 and out:
            out[-1] += c
        else:
            out += [c] + [""] * (width - 1)
    return out

lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
titles = next(i for i, line in enumerate(lines) if re.match(r" NAME\b", line))
at = re.search(r" S ", lines[titles]).start() + 1
rows = [cells(line) for line in lines[titles + 1:-1] if line.strip()]
assert len(rows) == int(sys.argv[2]), len(rows)
for row in rows:
    found = "".join(row[at - 1:at + 2])
    assert re.fullmatch(r" [RPDSEXMs?] ", found), ("".join(row), at, found)
EOP
}

@test "the selection stays on its VM while the order changes" {
    vms 12 "$VMS" --busy=1
    screen 100x30 --sort=name:asc
    tui_wait '1-12 of 12'
    tui_keys Down Down Down
    wait_for 120 selected_is vm-00004
    tui_keys r
    wait_for 120 first_is vm-00012
    tui_wait_that selected_is vm-00004
    # By a figure that changes with each cycle.
    tui_keys '>' '>' '>' '>'
    tui_keys r
    tui_wait_clock 3
    tui_wait_that selected_is vm-00004
    # Others come and go above it.
    lookalikes_start 3 "$BATS_TEST_TMPDIR/more" --first-id=40 --names=a-1,a-2,a-3
    tui_wait 'of 15'
    tui_wait_that selected_is vm-00004
    tui_keys m
    tui_wait 'View: MEM'
    tui_keys a
    tui_wait 'View: ALL'
    tui_wait_that selected_is vm-00004
    lookalikes_stop "$BATS_TEST_TMPDIR/more"
    tui_wait 'of 12'
    tui_wait_that selected_is vm-00004
}

first_is()
{
    [ "$(names | head -n 1)" = "$1" ]
}

# cpu_ns PID THREADS: the CPU time of the vCPUs, or of all other threads.
cpu_ns()
{
    local pid=$1 tid ns sum=0 vcpus
    vcpus=" $(vcpu_tids "$pid" | tr '\n' ' ')"
    for tid in "/proc/$pid/task"/*; do
        read -r ns _ <"$tid/schedstat"
        if [[ $vcpus == *" ${tid##*/} "* ]]; then
            [[ $2 == vcpu ]] && sum=$((sum + ns))
        else
            [[ $2 == vcpu ]] || sum=$((sum + ns))
        fi
    done
    echo "$sum"
}

# vcpus_shown: what the details say that the vCPUs use, in percent of one host CPU.
vcpus_shown()
{
    tui_text | sed -nE 's/^ *vcpu +2 +used +([0-9.]+) .*/\1/p'
}

@test "a guest of QEMU: limit, threads and disk in its details fit what the host says; it pauses and goes on" {
    local pid before start shown measured good
    guest_start guest-1 2 busy
    guest_wait guest-1
    guest_limit guest-1 50
    pid=$(guest_pid guest-1)
    screen 120x50 --interval=2
    tui_wait '^>guest-1 +[0-9a-f]{8} R'
    tui_keys Enter
    tui_wait 'CPU limit 0.50 host CPUs'
    tui_wait "PID $pid"
    tui_wait '^ *vcpu +2 +used +[0-9]'
    tui_wait '^ *main +1 +used +[0-9.]+ +waiting'
    tui_wait "virtio0 +backend file .*SIZE 16.0M.*$LAB_GUESTS/guest-1.img"
    tui_wait 'VCPUS \(2\)'
    # Two cycles of its own beside two of the screen: figures differ with the load of the machine.
    for _ in $(seq 20); do
        before=$(cpu_ns "$pid" vcpu)
        start=${EPOCHREALTIME/./}
        sleep 4
        shown=$(vcpus_shown)
        measured=$((($(cpu_ns "$pid" vcpu) - before) / 10 / (${EPOCHREALTIME/./} - start)))
        echo "# vCPUs: $shown % on the screen, $measured % by schedstat" >&3
        good=$(awk -v s="$shown" -v m="$measured" 'BEGIN { print (m > 0 && s > m * 0.7 - 3 && s < m * 1.3 + 3 && s < 60) }')
        ((good)) && break
    done
    ((good))
    tui_keys Escape
    guest_qmp guest-1 '{"execute": "stop"}'
    tui_wait '^>guest-1 +[0-9a-f]{8} P'
    tui_keys Enter
    tui_wait 'state paused'
    tui_keys Escape
    guest_qmp guest-1 '{"execute": "cont"}'
    tui_wait '^>guest-1 +[0-9a-f]{8} R'
    guest_stop guest-1
    tui_wait 'guest-1 left \((ended|shut down)\)'
    tui_wait 'No VMs: none runs, or it is hidden; proxtop --doctor tells'
}
