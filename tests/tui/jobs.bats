#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The screen among a shell's jobs.

load env.bash

teardown()
{
    tui_stop
}

# What the process is doing: T = it is stopped.
job_state_is()
{
    grep -q "^State:[[:space:]]$1" "/proc/$TUI_PID/status"
}

@test "a stopped screen ends by a signal, like other jobs" {
    tui_start 100x30 --no-config --processes
    tui_wait 'View: ALL'
    tui_keys C-z
    tui_wait 'it is stopped'
    job_state_is T
    # As "kill %1" of a shell does.
    kill -TERM "$TUI_PID"
    kill -CONT "$TUI_PID"
    wait_for 120 process_is_gone "$TUI_PID"
}

# Whether it has run since it had switched so often.
job_has_run()
{
    [[ $(job_switches) != "$1" ]]
}

job_switches()
{
    grep ctxt_switches "/proc/$TUI_PID/status"
}

@test "continued in the background, it stops again, and goes on in front" {
    local switches
    tui_start 100x30 --no-config --processes
    tui_wait 'View: ALL'
    kill -STOP "$TUI_PID"
    tui_wait 't is stopped' # the terminal is as the screen left it
    switches=$(job_switches)
    kill -CONT "$TUI_PID"
    wait_for 120 job_has_run "$switches"
    wait_for 120 job_state_is T
    tui_wait 't is stopped'
    tui_keys C-j
    tui_wait_not 't is stopped'
    tui_wait 'View: ALL'
    tui_keys q
    tui_wait 'left with 0'
}
