#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The screen on terminals of all kinds and sizes: what they cannot do, what happens to them, and
# that they are left as they were.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 4 "$PROXTOP_LAB/vms" --busy=1 --names="日本語サーバ,db-01,web-01,app-01"
}

teardown_file()
{
    load env.bash
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR" || return
}

teardown()
{
    if [[ -n ${TMUX_PID:-} ]]; then
        kill -CONT "$TMUX_PID" 2>/dev/null || true
    fi
    if [[ -n ${HUNG:-} ]]; then
        lookalikes_stop "$HUNG"
    fi
    tui_stop
}

# screen SIZE ARG...: proxtop with the look-alikes, until it shows their figures.
screen()
{
    local size=$1
    shift
    tui_start "$size" --processes --no-config --interval=0.5 "$@"
    tui_wait 'db-01 +[0-9a-f]{8}'
}

# is_in_place SIZE: title and footer are where they belong in a terminal of that size.
is_in_place()
{
    local rows=${1#*x} lines
    mapfile -t lines < <(tui_text)
    # Lines at the end that are empty are kept by tmux.
    [ "${#lines[@]}" -eq "$rows" ] || return
    [[ ${lines[0]} == *"View: ALL"* && ${lines[rows - 1]} =~ ^" "1-[0-9]+" of 4" ]] || return
    [ "$(tui_text | grep -cE '^ NAME +ID')" -eq 1 ] && [ "$(tui_text | grep -c '^>')" -eq 1 ]
}

# was_restored: the terminal is as it was before proxtop.
was_restored()
{
    local flags
    # Where there is one screen, the line at its end is free again.
    tui_wait '^left with [0-9]+$'
    cmp modes.before modes.after
    flags=$(tui_format '#{cursor_flag} #{alternate_on} #{mouse_any_flag} #{keypad_flag} #{keypad_cursor_flag}')
    echo "TERM ${TUI_ENV[*]}: $flags"
    [ "$flags" = "1 0 0 0 0" ]
    # These have no other screen to come back from.
    [[ ${TUI_ENV[*]} == TERM=@(vt100|linux) ]] || tui_shows_not 'NAME|HOST'
}

@test "terminals of several types" {
    local type
    for type in xterm-256color screen tmux-256color linux vt100; do
        TUI_ENV=("TERM=$type")
        screen 120x30
        wait_for 120 is_in_place 120x30
        tui_record raw
        tui_keys m
        tui_wait 'View: MEM'
        tui_keys q
        was_restored
        [ "$(<status)" -eq 0 ]
        tui_stop
    done
}

# escapes FILE: the SGR sequences in it, one a line, each number by itself.
escapes()
{
    grep -aoP '\e\[[0-9;]*m' "$1" | tr -d '\033[m' | tr ';' '\n' | sort -u
}

# looks_of_stuck FILE: the codes that stand right before the word.
looks_of_stuck()
{
    grep -aoP '(\e\[[0-9;]*m|\x0f)+(?=STUCK)' "$1"
}

# stuck_raw FILE: what a full repaint writes, once a VM is known to be stuck.
stuck_raw()
{
    tui_wait 'STUCK'
    tui_record "$1"
    tui_keys C-l
    # The footer comes last.
    wait_for 120 grep -aq 'of 5' "$1"
}

@test "vt100 and NO_COLOR: no colour, and who suffers stands out all the same" {
    local kind
    # One whose monitor never greets.
    HUNG=$BATS_TEST_TMPDIR/hung
    lookalikes_start 1 "$HUNG" --hung=1 --first-id=50
    for kind in TERM=vt100 NO_COLOR=1; do
        TUI_ENV=("$kind")
        screen 120x30
        stuck_raw raw
        run escapes raw
        echo "$kind: $output"
        # 3x and 4x are colours, 9x and 10x bright ones.
        run ! grep -E '^(3[0-9]|4[0-9]|9[0-7]|10[0-7])$' <<<"$output"
        run looks_of_stuck raw
        printf '%q\n' "$output"
        # Bold, underlined, or reverse.
        [[ $output =~ $'\e['([0-9\;]*)[147]m ]]
        tui_stop
    done
    # With colour it is one: red or yellow.
    TUI_ENV=()
    screen 120x30
    stuck_raw raw
    [[ $(looks_of_stuck raw) =~ 3[13]m ]]
}

@test "without a terminal that can have a screen: text, and one line says why" {
    local type
    for type in dumb nonsense ""; do
        TUI_ENV=(TERM="$type")
        tui_start 200x60 --processes --no-config --interval=0.1 --runs=1
        tui_wait 'left with 0'
        tui_text
        [ "$(tui_text | grep -c 'printing text')" -eq 1 ]
        tui_shows 'TERM|terminal'
        [ "$(tui_format '#{alternate_on}')" = 0 ]
        tui_stop
        TUI_ENV=(TERM="$type")
        tui_start 200x30 --processes --no-config --printer=ncurses
        tui_wait 'left with 2'
        [ "$(tui_text | grep -vc '^ *$\|left with\|icanon')" -eq 1 ]
        tui_shows 'ncurses'
        tui_stop
    done
    TUI_ENV=(-u TERM)
    tui_start 200x60 --processes --no-config --interval=0.1 --runs=1
    tui_wait 'left with 0'
    tui_shows 'TERM is not set'
}

@test "standard output a pipe, standard input /dev/null: text, and one line says why" {
    # A terminal at the other end in both cases.
    tui_open 100x30 sh -c "'$PROXTOP' --processes --no-config --interval=0.1 --runs=2 2>err1 | cat >out1; echo piped; read x"
    tui_wait piped
    tui_stop
    tui_open 100x30 sh -c "'$PROXTOP' --processes --no-config --interval=0.1 --runs=2 2>err2 >/dev/tty </dev/null; echo ended; read x"
    tui_wait ended
    grep db-01 out1
    tui_shows db-01
    for number in 1 2; do
        [ "$(grep -c 'printing text' err$number)" -eq 1 ]
    done
    grep 'standard output is no terminal' err1
    grep 'standard input is no terminal' err2
    fails_with 2 "ncurses" "$PROXTOP" --processes --no-config --printer=ncurses </dev/null
}

is_larger()
{
    [ "$(wc -c <"$1")" -gt "$2" ]
}

@test "a locale without UTF-8: no byte that is no ASCII, whatever is shown" {
    local key
    TUI_LC_ALL=C screen 150x40
    tui_record raw
    for key in C-l c m d n i a h Escape Enter Escape f Escape o Escape; do
        tui_keys "$key"
        sleep 0.1
    done
    tui_keys c
    tui_wait 'View: CPU'
    tui_wait '\?\?\?\?\?\?'
    wait_for 120 is_larger raw 5000
    run ! grep -aP '[\x80-\xff]' raw
    # The other one has them: names, histories.
    tui_stop
    TUI_LC_ALL=C.UTF-8 screen 150x40
    tui_wait 日本語サーバ
}

@test "sizes from 20x5 to 500x200, each with its status, titles and footer" {
    local size
    for size in 20x5 40x10 80x24 300x100 500x200; do
        screen "$size"
        wait_for 120 is_in_place "$size"
        tui_stop
    done
}

@test "resized again and again while it draws: the screen is that of its size" {
    local i cols rows size
    screen 110x28 --interval=0.2
    tui_keys z
    tui_wait PAUSED
    tui_wait_that tui_stands_still before
    for ((i = 0; i < 40; i++)); do
        cols=$((20 + (i * 37) % 181))
        rows=$((5 + (i * 13) % 56))
        tui_resize "${cols}x$rows"
        # All of it again, as well.
        kill -CONT "$TUI_PID"
        if ((i % 8 == 0)); then
            tui_resize 20x5
        fi
    done
    tui_resize 110x28
    wait_for 120 same_as before
    tui_keys z
    tui_wait_not PAUSED
    wait_for 120 is_in_place 110x28
    for size in 20x5 60x15 200x60; do
        tui_resize "$size"
        wait_for 120 is_in_place "$size"
        # What was drawn bit by bit is what is drawn anew.
        tui_keys z
        tui_wait PAUSED
        tui_wait_that tui_stands_still shown
        tui_keys C-l
        wait_for 120 same_as shown
        tui_keys z
        tui_wait_not PAUSED
    done
}

# same_as FILE: the terminal shows it.
same_as()
{
    diff <(tui_still) "$1"
}

@test "Ctrl-Z gives the terminal back, and fg brings the screen" {
    screen 100x25
    cp modes.before modes
    for _ in 1 2 3; do
        tui_keys C-z
        tui_wait 'it is stopped'
        tui_wait_not 'HOST METRICS'
        [ "$(stty -g -F "$(tui_format '#{pane_tty}')")" = "$(<modes)" ]
        [ "$(tui_format '#{cursor_flag} #{alternate_on} #{mouse_any_flag}')" = "1 0 0" ]
        tui_keys Enter
        tui_wait 'HOST METRICS'
        tui_wait 'db-01'
        tui_wait_not 'it is stopped'
        [ "$(tui_format '#{cursor_flag} #{alternate_on}')" = "0 1" ]
        tui_keys m
        tui_wait 'View: MEM'
        tui_keys a
        tui_wait 'View: ALL'
    done
    # Also in another size, and in the middle of typing.
    tui_keys / d b
    tui_wait 'filter: db'
    tui_keys C-z
    tui_wait 'it is stopped'
    tui_resize 70x20
    tui_keys Enter
    tui_wait 'filter: db'
    tui_keys Escape q
    was_restored
}

@test "stopped and continued from outside: it is painted anew" {
    # Without a shell around it, which would take the terminal.
    tui_open 100x25 "$PROXTOP" --processes --no-config --interval=0.5
    tui_wait 'db-01 +[0-9a-f]{8}'
    TUI_PID=$(tui_format '#{pane_pid}')
    tui_keys z
    tui_wait PAUSED
    tui_wait_that tui_stands_still before
    kill -STOP "$TUI_PID"
    # Something else writes across it meanwhile.
    printf '\033[2J\033[5;5Hgarbage' >"$(tui_format '#{pane_tty}')"
    tui_wait garbage
    tui_shows_not PAUSED
    kill -CONT "$TUI_PID"
    wait_for 120 same_as before
}

@test "signals end it, and the terminal is as it was" {
    local signal
    for signal in TERM INT QUIT HUP; do
        screen 100x25
        # In a menu, too.
        tui_keys o
        tui_wait 'Enter sort'
        kill "-$signal" "$TUI_PID"
        wait_for 120 process_is_gone "$TUI_PID"
        was_restored
        [ "$(<status)" -eq 0 ]
        tui_stop
    done
    # As keys of the terminal: Ctrl-C, Ctrl-\.
    for signal in C-c C-\\; do
        screen 100x25
        tui_keys "$signal"
        wait_for 120 process_is_gone "$TUI_PID"
        was_restored
        tui_stop
    done
}

# cpu_ticks PID: the CPU time that it has used, in ticks.
cpu_ticks()
{
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
    # shellcheck disable=SC2086 # fields
    set -- ${stat##*) }
    [[ $1 != [ZX] ]] && echo "$((${12} + ${13}))"
}

# vanish: the terminal is gone; prints the ticks that proxtop used until it had ended.
vanish()
{
    local before now last
    before=$(cpu_ticks "$TUI_PID")
    last=$before
    kill -KILL "$(tui_format '#{pid}')"
    while now=$(cpu_ticks "$TUI_PID"); do
        last=$now
        sleep 0.05
        ((SECONDS < $1)) || return
    done
    echo "$((last - before))"
}

@test "a terminal that vanishes: it ends soon and does not spin" {
    screen 100x25
    run vanish $((SECONDS + 120))
    echo "ticks: $output"
    [ "$status" -eq 0 ]
    # Of processor time, of which a program that spins takes all that there is.
    ((output < 150))
    # What an output still has to deliver takes its time, without that terminal.
    screen 100x25 --sink=json,tcp,127.0.0.1:9
    run vanish $((SECONDS + 120))
    echo "ticks: $output"
    [ "$status" -eq 0 ]
    ((output < 300))
}

@test "Ctrl-S stops nothing" {
    screen 100x25
    tui_keys C-s
    tui_keys c
    tui_wait 'View: CPU'
    tui_keys C-q m
    tui_wait 'View: MEM'
}

lines_in()
{
    (($(wc -l <"$1") >= $2))
}

@test "a terminal that nobody reads holds up nothing" {
    local count i
    screen 200x50 --interval=0.2 --sink=json,file,beside
    TMUX_PID=$(tui_format '#{pid}')
    kill -STOP "$TMUX_PID"
    # More than a terminal keeps: each of these has everything painted again.
    for ((i = 0; i < 60; i++)); do
        kill -CONT "$TUI_PID"
        sleep 0.05
    done
    count=$(wc -l <beside)
    wait_for 120 lines_in beside $((count + 10))
    kill -CONT "$TMUX_PID"
    tui_keys z
    tui_wait PAUSED
    tui_wait_that tui_stands_still shown
    tui_keys C-l
    wait_for 120 same_as shown
    wait_for 120 is_in_place 200x50
    # It ends, too.
    tui_keys z
    kill -STOP "$TMUX_PID"
    for ((i = 0; i < 60; i++)); do
        kill -CONT "$TUI_PID"
        sleep 0.05
    done
    kill -TERM "$TUI_PID"
    wait_for 120 process_is_gone "$TUI_PID"
    kill -CONT "$TMUX_PID"
}

@test "a picture of the screen is a whole SVG with what it shows" {
    screen 100x20
    wait_for 120 is_in_place 100x20
    tui_styled | python3 "$CLI_ROOT/docs/pictures/ansi_to_svg.py" 'a < b & "c"' >picture.svg
    python3 - picture.svg <<'EOF'
import sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
texts = "".join(root.itertext())
assert 'a < b & "c"' in texts and "HOST METRICS" in texts and "View: ALL" in texts, texts
# No line is wider than the picture.
width = float(root.get("width"))
for text in root.iter("{http://www.w3.org/2000/svg}text"):
    assert float(text.get("x")) + float(text.get("textLength")) <= width, text.text
EOF
    tui_stop
}
