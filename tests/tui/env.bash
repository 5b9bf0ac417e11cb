# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the screen share: proxtop in a real terminal (tmux, with a server of each test's
# own), and what is to be seen there.
# shellcheck shell=bash

TUI_TESTS=$(readlink -f "${BASH_SOURCE[0]%/*}")
# shellcheck source=tests/cli/env.bash
source "$TUI_TESTS/../cli/env.bash"

TUI_DIR=${BATS_TEST_TMPDIR:-$PROXTOP_LAB}
TUI_SOCKET=$TUI_DIR/tmux
# shellcheck disable=SC2034 # for the tests
TUI_SIZES=(80x24 120x30 200x50)

# tui_tmux COMMAND...: of the test's own server.
tui_tmux()
{
    LC_ALL=C.UTF-8 tmux -u -S "$TUI_SOCKET" "$@" 3>&- 4>&-
}

# tui_open SIZE COMMAND...: a terminal of SIZE (COLSxROWS) with this in it. $TUI_TERM is its type.
tui_open()
{
    local size=$1
    shift
    cat >"$TUI_DIR/tmux.conf" <<EOF
set -g default-terminal "${TUI_TERM:-tmux-256color}"
set -g status off
set -g history-limit 0
set -g remain-on-exit on
set -s escape-time 0
set -g mouse off
EOF
    LC_ALL=C.UTF-8 TERM=xterm-256color tmux -u -f "$TUI_DIR/tmux.conf" -S "$TUI_SOCKET" new-session -d \
        -x "${size%x*}" -y "${size#*x}" "$@" 3>&- 4>&-
    tui_tmux resize-window -x "${size%x*}" -y "${size#*x}"
}

# tui_start SIZE ARG...: proxtop with these arguments in a terminal of that size; TUI_PID is its
# process. $TUI_ENV are more settings of its environment. What sanitizers find goes to files that
# tui_stop looks for; what it returned stands in "status" when it has ended.
tui_start()
{
    local size=$1
    shift
    rm -f "$TUI_DIR"/{status,pid,modes.after}
    {
        echo '#!/bin/bash'
        printf 'export LC_ALL=%q HOME=%q XDG_CONFIG_HOME=%q\n' "${TUI_LC_ALL:-C.UTF-8}" "$HOME" \
            "$TUI_DIR/config"
        printf 'export ASAN_OPTIONS=log_path=%q UBSAN_OPTIONS=log_path=%q:halt_on_error=1\n' \
            "$TUI_DIR/found" "$TUI_DIR/found"
        # The modes as they were and as they are left: $TUI_DIR/modes.before and modes.after.
        printf 'stty -g >%q\n' "$TUI_DIR/modes.before"
        # In the background only so far that its PID is known: it gets the terminal.
        printf 'set -m\nenv %s & \n' "$(printf '%q ' "${TUI_ENV[@]}" "${PROXTOP_ENV[@]}" "$PROXTOP" "$@")"
        printf 'echo $! >%q\nfg >/dev/null\nstatus=$?\n' "$TUI_DIR/pid"
        # Stopped (128 + SIGSTOP to SIGTTOU), it comes back when the test says so. No loop: one in which a job
        # is suspended is left by bash.
        printf 'again()\n{\n echo "it is stopped"\n read -r answer\n fg >/dev/null\n status=$?\n'
        printf ' ((status < 147 || status > 150)) || again\n}\n((status < 147 || status > 150)) || again\n'
        # shellcheck disable=SC2016 # the script's own variable
        printf 'echo "$status" >%q\nstty -g >%q\n' "$TUI_DIR/status" "$TUI_DIR/modes.after"
        # shellcheck disable=SC2016
        printf 'echo "left with $status"\nstty -a | tr ";" "\\n" | grep -E " -?(icanon|echo|isig) " \n'
        # At its end tmux would scroll by a line and hide the cursor.
        printf 'read -r answer\n'
    } >"$TUI_DIR/run"
    chmod +x "$TUI_DIR/run"
    tui_open "$size" "$TUI_DIR/run"
    wait_for 120 test -s "$TUI_DIR/pid"
    TUI_PID=$(<"$TUI_DIR/pid")
}

# tui_text: what the terminal shows.
tui_text()
{
    tui_tmux capture-pane -p
}

# tui_styled: the same with its colours as escape sequences.
tui_styled()
{
    tui_tmux capture-pane -p -e
}

tui_shows()
{
    tui_text | grep -qE -- "$1"
}

tui_shows_not()
{
    ! tui_shows "$1"
}

# tui_until SECONDS COMMAND...: as wait_for, but looks more often: keys are answered at once.
tui_until()
{
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.03
    done
}

# tui_wait REGEX: until the terminal shows it; else what it shows instead is told.
tui_wait()
{
    if ! tui_until "${2:-60}" tui_shows "$1"; then
        echo "the terminal does not show '$1' but:" >&2
        tui_text >&2
        return 1
    fi
}

tui_wait_not()
{
    if ! tui_until "${2:-60}" tui_shows_not "$1"; then
        echo "the terminal still shows '$1':" >&2
        tui_text >&2
        return 1
    fi
}

# tui_wait_that COMMAND...: until it succeeds, asked about the terminal again and again.
tui_wait_that()
{
    if ! tui_until 60 "$@"; then
        echo "waited in vain for: $*" >&2
        tui_text >&2
        return 1
    fi
}

# tui_keys KEY...: as tmux calls them: "Up", "PageDown", "C-l", "F1", "Space", "a".
tui_keys()
{
    tui_tmux send-keys "$@"
}

# tui_type TEXT: character by character.
tui_type()
{
    tui_tmux send-keys -l -- "$1"
}

# tui_press KEY REGEX: presses it and waits for what it brings.
tui_press()
{
    tui_keys "$1"
    tui_wait "$2" || { echo "after the key $1" >&2; return 1; }
}

# tui_press_not KEY REGEX: presses it and waits for what it takes away.
tui_press_not()
{
    tui_keys "$1"
    tui_wait_not "$2" || { echo "after the key $1" >&2; return 1; }
}

# tui_stands_still FILE: what is shown, which must not change with the cycles: two pictures that are
# some time apart are the same.
tui_stands_still()
{
    tui_still >"$1"
    sleep 0.7
    diff <(tui_still) "$1"
}

# tui_still: what is shown while it is paused; the histories go on.
tui_still()
{
    tui_text | LC_ALL=C.UTF-8 sed 's/[▁▂▃▄▅▆▇█]/ /g'
}

# tui_count_is COUNT REGEX: so many lines show it.
tui_count_is()
{
    [ "$(tui_text | grep -cE -- "$2")" -eq "$1" ]
}

# tui_foot_has REGEX: the last line of the terminal.
tui_foot_has()
{
    tui_text | tail -n 1 | grep -qE -- "$1"
}

# tui_order_is REGEX NAME...: what the rows begin with, of that which the expression finds.
tui_order_is()
{
    local regex=$1
    shift
    [ "$(tui_text | grep -oE "$regex" | tr -d ' >' | tr '\n' ' ')" = "$* " ]
}

# ---- what stands where ----

# tui_clock: the time of what is shown, at the right end of the status bar.
tui_clock()
{
    tui_text | sed -n '1s/.* \([0-9:]\{8\}\)$/\1/p'
}

tui_clock_is_not()
{
    local now
    now=$(tui_clock)
    [[ -n $now && $now != "$1" ]]
}

# tui_wait_clock [TIMES]: until figures of another time are shown, so many times over.
tui_wait_clock()
{
    local i
    for ((i = 0; i < ${1:-1}; i++)); do
        tui_wait_that tui_clock_is_not "$(tui_clock)" || return
    done
}

# tui_titles: the line of titles.
tui_titles()
{
    tui_text | grep -m1 -E '^ (NAME|DEVICE)'
}

# tui_find_title TITLE: the column of the screen in which it ends, from 1 on.
tui_find_title()
{
    local LC_ALL=C.UTF-8 line before
    line="$(tui_titles) "
    before=${line%%" $1"[ v^]*}
    [[ $before != "$line" ]] || return 1
    echo $((${#before} + 1 + ${#1}))
}

# tui_rows: the rows of the table, without those below a VM.
tui_rows()
{
    tui_text | sed -e '$d' | sed -e '1,/^ \(NAME\|DEVICE\)/d' | grep -E '^[ >][^ ]'
}

# tui_column TITLE: the figures of those rows below a title, which are aligned to the right.
tui_column()
{
    local LC_ALL=C.UTF-8 end line
    end=$(tui_find_title "$1") || return
    while IFS= read -r line; do
        line=${line:0:end}
        echo "${line##* }"
    done < <(tui_rows)
}

# tui_names: the names of those rows.
tui_names()
{
    tui_rows | sed -e 's/^[ >]\([^ ]*\).*/\1/'
}

# tui_marked: what the row with the mark is called.
tui_marked()
{
    tui_text | sed -n 's/^> *\(vCPU [0-9]*\|[^ ]*\).*/\1/p'
}

# tui_marks NAME: whether the mark is there.
tui_marks()
{
    [[ $(tui_marked) == "$1" ]]
}

# tui_is_sorted TITLE [r]: whether the figures are in that order, whatever has none left out, and
# whether there are different ones at all.
tui_is_sorted()
{
    local figures
    figures=$(tui_column "$1" | grep -E '^[0-9.]+$') || return
    [ "$(sort -u <<<"$figures" | wc -l)" -gt 1 ] && LC_ALL=C sort -C -g${2:+"$2"} <<<"$figures"
}

# ---- what lies over the table ----

# tui_place: where in a long text or list one is: "1-21 of 30", "6 of 88".
tui_place()
{
    tui_text | grep -m1 -oE '[0-9-]+ of [0-9]+ ' | tr -s ' '
}

tui_place_is_not()
{
    local place
    place=$(tui_place)
    [[ -n $place && $place != "$1" ]]
}

# overlay_text: help or the details from end to end.
overlay_text()
{
    local screen place
    tui_press Home ' 1-[0-9]+ of [0-9]+  Esc closes' || return
    screen=$(tui_text)
    echo "$screen"
    while [[ $screen == *"(more below)"* ]]; do
        place=$(tui_place)
        tui_keys PageDown
        tui_wait_that tui_place_is_not "$place" || return
        screen=$(tui_text)
        echo "$screen"
    done
}

# choose_row KEY: in which line of the screen the entry is; ">" is that with the cursor.
choose_row()
{
    tui_text | grep -nE "$([[ $1 == '>' ]] && echo '>[[(][ x*][])] ' || echo "[[(][ x*][])] .* $1 ")" |
        head -n 1 | cut -d: -f1 | grep .
}

# choose_go_to KEY: the cursor of the field selector or the sort menu, to that column.
choose_go_to()
{
    local place row cursor by
    tui_press Home ' 1 of ' || return
    while ! row=$(choose_row "$1"); do
        place=$(tui_place)
        tui_keys PageDown
        tui_wait_that tui_place_is_not "$place" || return
    done
    cursor=$(choose_row '>')
    by=$((row - cursor))
    if ((by > 0)); then
        tui_keys -N "$by" Down
    elif ((by < 0)); then
        tui_keys -N "$((-by))" Up
    fi
    tui_wait ">[[(][ x*][])] .* $1 "
}

# tui_line_of REGEX: its number on the screen.
tui_line_of()
{
    tui_text | grep -nE -m1 -- "$1" | cut -d: -f1
}

# tui_click COL ROW [BUTTON]: as a terminal tells it that was asked for it. 0 = left, 64 and 65 = wheel.
tui_click()
{
    local bytes
    if [[ $(tui_tmux display -p '#{mouse_sgr_flag}') == 1 ]]; then
        bytes=$(printf '\033[<%d;%d;%dM\033[<%d;%d;%dm' "${3:-0}" "$1" "$2" "${3:-0}" "$1" "$2" | od -An -v -tx1 | tr -d ' \n')
    else
        bytes=$(printf '1b5b4d%02x%02x%02x' $((32 + ${3:-0})) $((32 + $1)) $((32 + $2)))
        [[ -n ${3:-} ]] || bytes+=$(printf '1b5b4d23%02x%02x' $((32 + $1)) $((32 + $2)))
    fi
    # shellcheck disable=SC2046 # a word per byte
    tui_tmux send-keys -H $(sed 's/../& /g' <<<"$bytes")
}

# tui_resize COLSxROWS
tui_resize()
{
    tui_tmux resize-window -x "${1%x*}" -y "${1#*x}"
}

# tui_format FORMAT: what tmux knows of the terminal: "#{cursor_flag}", "#{alternate_on}".
tui_format()
{
    tui_tmux display-message -p "$1"
}

# tui_record FILE: from now on every byte that is written to the terminal.
tui_record()
{
    : >"$1"
    tui_tmux pipe-pane -O "exec cat >>$(printf %q "$1")"
}

tui_has_ended()
{
    [[ -s $TUI_DIR/status ]] && process_is_gone "$TUI_PID"
}

# tui_stop: ends proxtop and the terminal; fails if a sanitizer found anything.
tui_stop()
{
    local status=0 server
    if [[ -n ${TUI_PID:-} ]] && ! process_is_gone "$TUI_PID"; then
        kill -CONT "$TUI_PID" 2>/dev/null
        kill -TERM "$TUI_PID" 2>/dev/null
        wait_for 120 process_is_gone "$TUI_PID" || status=1
    fi
    if server=$(tui_format '#{pid}' 2>/dev/null); then
        tui_tmux kill-server 2>/dev/null || true
        # Else the next one finds the socket of this one.
        wait_for 120 process_is_gone "$server" || status=1
    fi
    if compgen -G "$TUI_DIR/found*" >/dev/null; then
        cat "$TUI_DIR"/found* >&2
        status=1
    fi
    return "$status"
}
