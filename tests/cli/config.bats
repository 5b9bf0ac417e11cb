#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Configuration files as a user meets them: where they are, who has the last word, what is told.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR"
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/config
    mkdir -p config/proxtop home/.config/proxtop
}

# cycles OPTION...: the JSON of one cycle.
cycles()
{
    run --separate-stderr "$PROXTOP" --processes --runs=1 --interval=0.1 "$@"
    [ "$status" -eq 0 ]
}

@test "the user's file by XDG_CONFIG_HOME, else HOME; --config in its place; --no-config" {
    printf 'printer = json\nhost-name = by-xdg\n' >config/proxtop/config
    printf 'printer = json\nhost-name = by-home\n' >home/.config/proxtop/config
    printf 'printer = json\nhost-name = by-option\n' >other
    cycles --host
    [[ $output == *by-xdg* ]]
    XDG_CONFIG_HOME='' cycles --host
    [[ $output == *by-home* ]]
    cycles --host --config=other
    [[ $output == *by-option* && $stderr != *terminal* ]]
    cycles --host --no-config
    [[ $output != *by-* && $stderr == *terminal* ]]
    unset XDG_CONFIG_HOME HOME
    cycles --host
    [[ $output != *by-* ]]
    fails_with 2 "option --config: cannot read 'none': No such file or directory" "$PROXTOP" --config=none
}

@test "the command line counts more, also where options add up" {
    printf 'printer = csv\ncpu = yes\nsink = json,file,a\nhost-name = file\nproxmox = yes\n' >config/proxtop/config
    cycles --host --mem -p json --host-name=line --sink=json,file,b
    [[ $output == *'"line"'* ]]
    jq -e '.host | has("ram_Total") and (has("cpu_cores") | not)' <<<"$output"
    [ -s b ]
    [ ! -e a ]
}

@test "what only a file says breaks no rule: --tls-ca without --tls, a screen without a terminal" {
    printf 'tls-ca = /x\nprinter = ncurses\n' >config/proxtop/config
    cycles
    [[ $stderr == *"printing text"* ]]
    fails_with 2 "--tls-ca: needs --tls" "$PROXTOP" --no-config --tls-ca=/x -b
}

@test "a broken line is told with file and line, and the rest counts" {
    printf 'interval = 0\nnonsense\nhost-name = rest\n[view disk\n' >config/proxtop/config
    cycles --host -p json
    [[ $output == *'"rest"'* ]]
    for text in "1: option 'interval': '0' is not allowed; allowed: seconds from 0.1 to 3600" \
        "2: the line has no '='" "4: the line has no ']'"; do
        [ "$(grep -cF "$PWD/config/proxtop/config:$text" <<<"$stderr")" -eq 1 ]
    done
    cycles --host -p json --log-level=error
    [[ $stderr != *config* ]]
    cycles --host -p json --log-file=log
    [[ $stderr != *config* ]]
    [ "$(grep -c "config:" log)" -eq 3 ]
}

@test "a name that is not known, of an option, a section, a view or a metric, loses only its line" {
    printf '%s\n' 'colour = blue' 'host-name = rest' '[view disk]' 'colour = blue' '[thresholds]' 'vm.colour = 1 2' \
        'cpu_steal = 5 10' '[colours]' 'host-name = not-this' '[proxtop]' 'interval = 7' 'colours = 3' >config/proxtop/config
    cycles --host -p json
    jq -e '.host_name == "rest"' <<<"$output"
    echo "$stderr"
    for line in 1 4 6 8 12; do
        [ "$(grep -c "/config/proxtop/config:$line: .*colour" <<<"$stderr")" -eq 1 ]
    done
    [ "$(grep -c '/config/proxtop/config:' <<<"$stderr")" -eq 5 ]
    run --separate-stderr timeout 60 "$PROXTOP" --processes --doctor
    [[ $output == *"5 lines are left out; the first: $PWD/config/proxtop/config:1: "* ]]
}

@test "--help, --version and --list-fields read no file" {
    printf 'nonsense\n' >config/proxtop/config
    for option in --help --version --list-fields; do
        run --separate-stderr "$PROXTOP" $option
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
    done
}

@test "a file that cannot be read is a warning; random bytes are, too" {
    head -c 100000 /dev/urandom >config/proxtop/config
    cycles -b
    [[ $stderr == *"configuration '$PWD/config/proxtop/config' is not read: it is no text"* ]]
    head -c 100000 /dev/urandom | tr '\000' 'x' >config/proxtop/config
    cycles -b
    [ "$(grep -c '/config:' <<<"$stderr")" -le 21 ]
    rm config/proxtop/config
    mkfifo config/proxtop/config
    cycles -b
    [[ $stderr == *"it is no regular file"* ]]
}

@test "the environment counts more than a file" {
    printf 'connection = test:///from-file\nlibvirt = yes\n' >config/proxtop/config
    run --separate-stderr env LIBVIRT_DEFAULT_URI=test:///from-env "$PROXTOP" -b --runs=1 --interval=0.1
    [[ $stderr == *from-env* && $stderr != *from-file* ]]
}
