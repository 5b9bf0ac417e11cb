#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys in a real terminal, at three sizes: leaving, help, fields, units, time, the layout, the mouse.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 6 "$PROXTOP_LAB/vms" --busy=3 --names=alpha,beta,gamma,delta,epsilon,zeta
}

teardown_file()
{
    load env.bash
    lookalikes_stop "$PROXTOP_LAB/vms"
}

setup()
{
    load env.bash
}

teardown()
{
    tui_stop
}

# table_start SIZE ARG...: until there are figures.
table_start()
{
    tui_start "$1" --processes --no-config --sort=name:asc "${@:2}"
    tui_wait '^>alpha .* [0-9]+[.][0-9]'
}

# left: with what it found, and the terminal as it was.
left()
{
    tui_wait 'left with 0'
    tui_has_ended
    tui_wait '^isig icanon .*[^-]echo '
    run tui_text
    [[ $output != *"HOST METRICS"* ]]
    [ "$(tui_tmux display -p '#{alternate_on}#{mouse_any_flag}#{keypad_flag}')" = 000 ]
}

@test "q Q F10 Ctrl-C: it ends, and the terminal is as before" {
    local size key
    for size in "${TUI_SIZES[@]}"; do
        for key in q Q F10 C-c; do
            tui_start "$size" --processes --no-config
            tui_wait '^ proxtop '
            tui_keys "$key"
            left
            tui_stop
        done
    done
}

@test "F10, Ctrl-C: they end it whatever lies over the table; Esc does not" {
    local over i=0
    local ends=(F10 C-c)
    for over in 'h:^ Help ' 'f:Fields ' 'o:Sort by' '/:^ filter: ' 'Enter:^ alpha .*Esc closes'; do
        table_start "${TUI_SIZES[i % 3]}"
        tui_press Escape '^>alpha'
        tui_press "${over%%:*}" "${over#*:}"
        tui_keys "${ends[i++ % 2]}"
        left
        tui_stop
    done
}

@test "h ? F1: help, to its end; all that closes it does only that" {
    local size key
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        for key in h H '?' F1; do
            tui_press "$key" '^ Help .*Esc closes'
            tui_wait '^ KEYS'
            tui_press_not "$key" '^ Help '
        done
        for key in q Q Escape; do
            tui_press h '^ Help .*Esc closes'
            tui_press_not "$key" '^ Help '
            tui_wait '^>alpha'
        done
        tui_press h '^ Help .* 1-'
        tui_press Down '^ Help .* 2-'
        tui_press j '^ Help .* 3-'
        tui_press k '^ Help .* 2-'
        tui_press Up '^ Help .* 1-'
        tui_press_not End '\(more below\)'
        tui_press PageUp '\(more below\)'
        tui_press Home '^ Help .* 1-'
        tui_stop
    done
}

@test "help tells every key, and every column that any view shows" {
    local size text key title titles=NAME
    local keys='q F10 Ctrl-C Esc h ? F1 f F2 u a c m d v n i p s l x Tab Shift-Tab < > F6 o ! r + = - / \ F3 F4
        Enter e E Up k Down j PgUp PgDn Home End Left Right Space z Ctrl-L W mouse'
    table_start 200x50
    for key in a c m d n i p s l x; do
        tui_press "$key" '^ (NAME|DEVICE)'
        titles+=" $(tui_titles | tr -d ^)"
        tui_keys -N 60 Right
        tui_wait '^ (NAME|DEVICE)'
        titles+=" $(tui_titles | tr -d ^)"
    done
    tui_stop
    # The mark of sorting is none of it.
    titles=$(sed -E 's/([A-Za-z0-9%/+])v( |$)/\1\2/g' <<<"$titles")
    # In ALL it is called otherwise.
    titles=${titles//HSWAP/SWAP}
    [ "$(wc -w <<<"$titles")" -gt 200 ]
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        tui_press h '^ Help '
        text=$(overlay_text)
        for key in $keys; do
            grep -qF -- " $key " <<<"$(grep -E '^  .{12,}' <<<"$text" | cut -c 1-16 | sed 's/$/ /')" || {
                echo "no key '$key' in: $text" >&2
                return 1
            }
        done
        for title in $titles; do
            grep -qE -- "^  ${title//+/[+]}( |\$)" <<<"$text" || {
                echo "no column '$title' in: $text" >&2
                return 1
            }
        done
        tui_stop
    done
}

@test "f F2: fields are switched on and off, and are read when they are on" {
    local size key
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --interval=1
        tui_press F2 'Fields '
        tui_press_not F2 'Fields '
        tui_press f 'Fields '
        tui_press_not F 'Fields '
        tui_press m 'View: MEM '
        tui_press f '>\[x\] NAME '
        # Space and Enter change nothing about NAME.
        tui_press Down '>\[x\] ID '
        tui_press_not Space '\[x\] ID '
        tui_press Enter '>\[x\] ID '
        tui_press k '>\[x\] NAME '
        tui_keys Space Enter Space
        tui_press j '>\[x\] ID '
        tui_wait ' \[x\] NAME '
        choose_go_to ram_vsize
        tui_press Space '>\[x\] VSIZE '
        tui_press_not Escape 'Fields '
        tui_keys End Right Right Right Right Right Right Right Right Right
        tui_wait_that tui_find_title VSIZE
        tui_wait_clock 2
        tui_wait_that vsize_is_told
        tui_press f 'Fields '
        choose_go_to ram_vsize
        tui_press Enter '>\[ \] VSIZE '
        tui_press_not q 'Fields '
        tui_wait_that without_title VSIZE
        tui_wait '^ NAME'
        tui_stop
    done
}

# vsize_is_told: for each VM.
vsize_is_told()
{
    [ "$(tui_column VSIZE | grep -cE '^[0-9.]+[MG]$')" -eq 6 ]
}

without_title()
{
    tui_titles | grep -q NAME && ! tui_find_title "$1"
}

@test "the field selector: paging leaves no field out" {
    local size seen place count
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        tui_press f ' 1 of [0-9]+ '
        count=$(tui_place | cut -d' ' -f3)
        seen=$(tui_text | grep -oE '\[[x ]\] +[^ ]+ +[^ ]+')
        while [[ $(tui_place) != "$count of "* ]]; do
            place=$(tui_place)
            tui_keys PageDown
            tui_wait_that tui_place_is_not "$place"
            seen+=$'\n'$(tui_text | grep -oE '\[[x ]\] +[^ ]+ +[^ ]+')
        done
        echo "of $count: $(sort -u <<<"$seen")"
        [ "$(sort -u <<<"$seen" | wc -l)" -eq "$count" ]
        tui_stop
    done
}

@test "u: human, bytes, raw, and round" {
    local size
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        tui_wait_that rss_are '^[0-9.]+M$'
        tui_press u 'units: bytes, network in bytes per s'
        tui_press u 'units: raw, as they are collected'
        tui_wait_that rss_are '^[0-9]{4}$'
        tui_press U 'units: human, network in Mb/s'
        tui_wait_that rss_are '^[0-9.]+M$'
        tui_stop
    done
}

rss_are()
{
    [ "$(tui_column RSS | grep -cE "$1")" -eq 6 ]
}

@test "+ = -: the interval, and figures come at that pace" {
    local size step key
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --interval=60
        for step in 30 10 5 3 2 1 0.5; do
            tui_press - "interval: $step s"
            tui_wait "Refresh: ${step%.*}[.][05]s"
        done
        tui_press - 'stays at 0.5 s: it is the shortest'
        tui_wait_clock 3
        for step in 1 2 3 5 10 30 60; do
            key='='
            ((step % 2 == 0)) || key='+'
            tui_press "$key" "interval: $step s"
            tui_wait "Refresh: ${step}[.]0s"
        done
        tui_press + 'stays at 60 s: it is the longest'
        wait_for 120 clock_stands
        tui_stop
    done
}

@test "Space: figures now" {
    local size clock
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --interval=60
        # Behind those of the start none comes by itself.
        wait_for 120 clock_stands
        clock=$(tui_clock)
        tui_press Space 'sampling now'
        tui_wait_that tui_clock_is_not "$clock"
        tui_stop
    done
}

clock_has_passed()
{
    [[ $(date +%H:%M:%S) != "$1" && $(date -d '-1 s' +%H:%M:%S) != "$1" ]]
}

clock_stands()
{
    local clock
    clock=$(tui_clock)
    sleep 2.5
    [[ -n $clock && $(tui_clock) == "$clock" ]]
}

@test "z: what is shown stands still, keys work, and it goes on" {
    local size clock
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --interval=0.5
        tui_press z 'PAUSED'
        clock=$(tui_clock)
        tui_keys Down
        tui_wait_that tui_marks beta
        tui_press c 'View: CPU '
        tui_press h '^ Help '
        tui_press_not q '^ Help '
        wait_for 120 clock_has_passed "$clock"
        [ "$(tui_clock)" = "$clock" ]
        tui_shows 'PAUSED'
        # One step.
        tui_keys Space
        tui_wait_that tui_clock_is_not "$clock"
        tui_shows 'PAUSED'
        tui_press_not Z 'PAUSED'
        tui_wait_clock 2
        tui_stop
    done
}

@test "under help, fields, the menu and details figures go on" {
    local size over
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --interval=0.5
        for over in 'h:^ Help ' 'f:Fields ' 'o:Sort by' 'Enter:^ alpha .*Esc closes'; do
            tui_press "${over%%:*}" "${over#*:}"
            tui_wait_clock
            tui_shows "${over#*:}"
            tui_press_not Escape "${over#*:}"
        done
        tui_stop
    done
}

@test "Ctrl-L: what others wrote on the terminal is gone" {
    local size before
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --interval=60
        tui_press Escape '^>alpha'
        wait_for 120 clock_stands
        before=$(tui_text | sed 1d)
        printf '\033[5;3HRUBBISH\033[12;1HMORE OF IT' >"$(tui_tmux display -p '#{pane_tty}')"
        tui_wait 'RUBBISH'
        tui_wait '^MORE OF IT'
        tui_press_not C-l 'RUBBISH|MORE OF IT'
        tui_wait_that below_is "$before"
        tui_stop
    done
}

# below_is TEXT: what is shown below the status bar.
below_is()
{
    [ "$(tui_text | sed 1d)" = "$1" ]
}

@test "W writes the layout and says where; w does not" {
    local size file=$PROXTOP_LAB/layout/proxtop/config
    # shellcheck disable=SC2034 # for tui_start
    TUI_ENV=(XDG_CONFIG_HOME="$PROXTOP_LAB/layout")
    for size in "${TUI_SIZES[@]}"; do
        rm -rf "$PROXTOP_LAB/layout"
        tui_start "$size" --processes
        tui_wait '^.alpha .* [0-9]+[.][0-9]'
        tui_press m 'View: MEM '
        tui_press r 'GUEST\^'
        tui_press u 'units: bytes'
        tui_press w 'units: bytes'
        tui_press i 'View: I/O '
        [ ! -e "$file" ]
        tui_press m 'View: MEM '
        tui_press W "layout written to '$file'"
        [ -s "$file" ]
        tui_stop
        tui_start "$size" --processes
        tui_wait 'View: MEM '
        tui_wait 'GUEST\^'
        tui_wait '^.alpha .* [0-9]+[.][0-9]'
        # The next ones after bytes.
        tui_press u 'units: raw'
        tui_stop
    done
}

@test "mouse: a row, a title, the wheel" {
    local size
    # shellcheck disable=SC2034 # for tui_open
    for TUI_TERM in tmux-256color xterm-256color; do
        for size in "${TUI_SIZES[@]}"; do
            table_start "$size"
            [ "$(tui_tmux display -p '#{mouse_any_flag}')" = 1 ]
            tui_click 5 "$(tui_line_of '^.delta')"
            tui_wait_that tui_marks delta
            tui_click "$(tui_find_title IOPS)" "$(tui_line_of '^ NAME')"
            tui_wait ' IOPSv '
            tui_wait_that tui_is_sorted IOPS r
            tui_click "$(tui_find_title IOPS)" "$(tui_line_of '^ NAME')"
            tui_wait ' IOPS\^ '
            tui_wait_that tui_is_sorted IOPS
            tui_click 3 "$(tui_line_of '^ NAME')"
            tui_wait '^ NAME\^ '
            tui_keys Home
            tui_wait_that tui_marks alpha
            tui_click 5 10 65
            tui_wait_that tui_marks epsilon
            tui_click 5 10 64
            tui_wait_that tui_marks alpha
            tui_press h '^ Help .* 1-'
            tui_click 5 10 65
            tui_wait '^ Help .* 4-'
            tui_stop
        done
    done
}

@test "--no-mouse: it is left to the terminal" {
    local size
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --no-mouse
        [ "$(tui_tmux display -p '#{mouse_any_flag}')" = 0 ]
        tui_tmux send-keys -H 1b 5b 3c 30 3b 35 3b 39 4d
        tui_press u 'units: bytes'
        tui_marks alpha
        tui_stop
    done
}
