#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes on beside the screen: sinks, messages, what is read for it, options and configuration.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    lookalikes_start 3 "$PROXTOP_LAB/vms" --busy=1 --tap --names=db-01,web-01,app-01
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
    CONFIG=$PWD/config/proxtop/config
    mkdir -p "${CONFIG%/*}"
}

teardown()
{
    tui_stop
}

# screen ARG...: on 120x30, with figures.
screen()
{
    tui_start 120x30 --processes "$@"
    tui_wait '[ >](db|web|app)-01 '
}

@test "a sink beside the screen gets every cycle and all its figures, whatever keys are pressed" {
    local keys=(m c d e n E i p s l x a f Escape h Escape o Escape Enter Escape u r '<' '>' / d b Escape z z) i
    screen --no-config --interval=0.4 --runs=25 --sink=json,file,beside.json
    for ((i = 0; i < 400; i++)); do
        process_is_gone "$TUI_PID" && break
        tui_keys "${keys[i % ${#keys[@]}]}" 2>/dev/null || break
        sleep 0.02
    done
    wait_for 120 process_is_gone "$TUI_PID"
    ((i > 20))
    tui_wait 'left with 0'
    [ "$(wc -l <beside.json)" -eq 25 ]
    # Each cycle has the same fields, and the VMs' figures; a monitor may be late with its own.
    [ "$(jq -c '[.domains[] | keys] | unique' beside.json | sort -u | wc -l)" -eq 1 ]
    jq -es 'all(.domains | length == 3 and all(.cpu_total != null and .ram_total != null)) and
        (map(select(.domains | all(.disk_reads != null))) | length > 5)' beside.json
}

@test "messages: in the log file and in the footer, and nowhere else" {
    # A peer that is not there; the file of the system is not read.
    screen --no-config --interval=0.5 --log-file="$PWD/log" --sink=json,tcp,127.0.0.1:9
    tui_wait '^ .*127.0.0.1:9.*(refused|Connection)'
    tui_wait_that tui_count_is 1 '127.0.0.1:9'
    tui_wait_that tui_foot_has '127.0.0.1:9'
    grep 'warning: .*127.0.0.1:9' log
}

@test "nothing but the screen writes to the terminal: libvirt's library, with no libvirtd" {
    tui_start 160x30 --libvirt --no-config --interval=0.5
    tui_wait 'HOST METRICS'
    tui_wait 'libvirt.*libvirt-sock'
    tui_wait_that tui_count_is 1 'libvirt-sock'
    tui_wait_that tui_foot_has 'libvirt-sock'
    # What a library says with its own voice goes nowhere.
    [ "$(readlink "/proc/$TUI_PID/fd/2")" = /dev/null ]
    tui_keys z
    tui_wait PAUSED
    tui_text | sed '$d' >before
    tui_keys C-l
    tui_wait_that shows_all_of before
    # And the keys answer.
    tui_keys m
    tui_wait 'View: MEM'
}

# shows_all_of FILE: above the footer.
shows_all_of()
{
    tui_text | sed '$d' | diff - "$1"
}

# reads_of FILE: how often files of that name below /proc/PID were read in two seconds.
reads_of()
{
    local status=0
    timeout -s INT 2 strace -f -y -q -e trace=pread64,read,openat -p "$TUI_PID" -o trace 2>/dev/null || status=$?
    # There were cycles in it.
    grep -q '/proc/stat>' trace || return
    grep -cE "(pread64|read)\([0-9]+</proc/[0-9]+/$1>" trace
}

reads_none()
{
    [ "$(reads_of "$1")" -eq 0 ]
}

reads_some()
{
    [ "$(reads_of "$1")" -gt 0 ]
}

@test "a dear file is read while a column of it is in sight, and not otherwise" {
    tui_start 100x30 --processes --no-config --interval=0.3 --view=net
    tui_wait 'db-01'
    wait_for 120 reads_none status
    # HSWAP of memory.
    tui_keys m
    tui_wait HSWAP
    wait_for 120 reads_some status
    tui_keys n
    tui_wait 'View: NET'
    wait_for 120 reads_none status
    # The details of a VM tell it, too.
    tui_keys Enter
    tui_wait 'HSWAP 0'
    wait_for 120 reads_some status
    tui_keys Escape
    wait_for 120 reads_none status
}

@test "the layout from the command line: --view, --sort, --filter, --units, --fields" {
    screen --no-config --interval=0.5 --view=mem --sort=name:desc --filter='db|web' --units=raw \
        --fields=name,state,ram_used
    tui_wait 'View: MEM.*filter: db\|web.*\[R\]'
    tui_wait '^ NAME[v^] +S +GUEST *$'
    tui_wait_that tui_order_is '^[ >](web|db|app)-01' web-01 db-01
    tui_wait '1-2 of 2 \(1 hidden'
    # Raw: a number of KB.
    tui_wait '[ >]web-01 +R +[0-9]{5,} *$'
    tui_stop
    screen --no-config --interval=0.5 --sort=name:asc
    tui_wait '^ NAME[v^] '
    tui_wait_that tui_order_is '^[ >](web|db|app)-01' app-01 db-01 web-01
    fails_with 2 view "$PROXTOP" --no-config --view=nonsense
}

@test "the layout from the configuration; W writes it, and the next start shows it" {
    printf '# mine\ninterval = 1\nview = disk\nunits = bytes\n[view mem]\nsort = name:asc\nfields = name,state,ram_used\n[thresholds]\nstale = 5 20\n' >"$CONFIG"
    screen
    tui_wait 'Refresh: 1.0s.*View: DISK.*\[B\]'
    tui_keys m
    tui_wait '^ NAME[v^] +S +GUEST *$'
    tui_wait_that tui_order_is '^[ >](web|db|app)-01' app-01 db-01 web-01
    tui_keys r u -
    tui_wait 'Refresh: 0.5s.*\[R\]'
    tui_text | grep -E '^ NAME' >titles
    # A small one does nothing.
    tui_keys w z
    tui_wait PAUSED
    grep -q 'view = disk' "$CONFIG"
    tui_keys z
    tui_keys W
    tui_wait "layout written to '$CONFIG'"
    cat "$CONFIG"
    [ "$(head -n 1 "$CONFIG")" = '# mine' ]
    grep -x 'stale = 5 20' "$CONFIG"
    tui_stop
    screen
    tui_wait 'Refresh: 0.5s.*View: MEM.*\[R\]'
    tui_wait_that titles_are titles
    tui_wait_that tui_order_is '^[ >](web|db|app)-01' web-01 db-01 app-01
}

# titles_are FILE: the line of titles.
titles_are()
{
    tui_text | grep -E '^ NAME' | diff "$1" -
}

@test "thresholds of the configuration colour the screen" {
    # Everybody waits more than that; with others nobody does.
    printf '[thresholds]\ncpu_total = 0.0001 0.0002\n' >"$CONFIG"
    screen --interval=0.5
    wait_for 120 has_red_row
    printf '[thresholds]\ncpu_steal = 99999 99999\ncpu_steal_max = 99999 99999\n' >"$CONFIG"
    tui_stop
    screen --interval=0.5
    tui_wait_clock 3
    run ! has_red_row
}

has_red_row()
{
    tui_styled | grep -aE '(web|db|app)-01' | grep -qaP '\e\[([0-9;]*;)?31m'
}

@test "a broken configuration: one line in the footer with file and line, and it starts all the same" {
    printf 'interval = 1\nview = nonsense\n' >"$CONFIG"
    screen
    tui_wait 'Refresh: 1.0s.*View: ALL'
    tui_wait "^ .*config:2: .*view"
    tui_wait_that tui_count_is 1 'config:2:'
    tui_wait_that tui_foot_has 'config:2:'
    tui_stop
    head -c 5000 /dev/urandom >"$CONFIG"
    screen
    tui_wait_that tui_foot_has 'config'
}
