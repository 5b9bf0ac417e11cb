# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages, completions and docs/METRICS.md: as the tables are, complete, and what they say works.

bats_require_minimum_version 1.5.0
load manual

setup_file()
{
    MANUAL_BUILD=$(manual_build)
    export MANUAL_BUILD
    export GENERATOR=$MANUAL_BUILD/manual/generate
}

setup()
{
    cd "$MANUAL_TREE"
    PROXTOP=$MANUAL_BUILD/proxtop
    PROXPROFILER=$MANUAL_BUILD/proxprofiler
}

@test "generated files are as their templates and tables are" {
    tools/generate.sh --check
}

@test "a changed template is noticed, and what ./dev generate then makes is not" {
    manual_copy "$BATS_TEST_TMPDIR/tree"
    cd "$BATS_TEST_TMPDIR/tree"
    tools/generate.sh --check
    sed -i 's/^It only reads:/It always only reads:/' man/proxtop.1.in
    run -1 tools/generate.sh --check
    [[ $output == *"+It always only reads:"* && $output == *"./dev generate makes them"* ]]
    tools/generate.sh
    tools/generate.sh --check
    sed -i 's/value_any()/value_none()/' completions/bash/proxprofiler
    run -1 tools/generate.sh --check
    rm completions/bash/proxprofiler
    run -1 tools/generate.sh --check
}

@test "a changed table is noticed" {
    local dir=$BATS_TEST_TMPDIR commands object=libcore.a.p/src_app_options_table.c.o compile link
    commands=$(ninja -C "$MANUAL_BUILD" -t commands manual/generate)
    sed 's/time between cycles, /time between two cycles, /' src/app/options_table.c >"$dir/table.c"
    run ! cmp -s src/app/options_table.c "$dir/table.c"
    compile=$(grep -F "$object " <<<"$commands" | grep -F -- ' -c ' | head -n 1)
    compile=${compile//$object/$dir/table.o}
    compile="${compile% -c *} -c $dir/table.c"
    link=$(grep -F -- '-o manual/generate ' <<<"$commands")
    link=${link/-o manual\/generate /-o $dir/generate $dir/table.o }
    (cd "$MANUAL_BUILD" && eval "$compile" && eval "$link")
    GENERATOR=$dir/generate run -1 tools/generate.sh --check
    [[ $output == *"+time between two cycles, "* ]]
    [[ $output == *"+++ "*proxtop.1* && $output == *"+++ "*proxtop-config.5* ]]
    [[ $output == *"+++ "*_proxtop* && $output == *"+++ "*proxtop.fish* ]]
}

@test "the pages' date and version are those of the release; nothing else changes them" {
    local date
    manual_copy "$BATS_TEST_TMPDIR/tree"
    cd "$BATS_TEST_TMPDIR/tree"
    echo 'proxtop 7.8.9 (2031-02-03)' >CHANGES
    echo 7.8.9 >VERSION
    TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 tools/generate.sh
    for page in "${MANUAL_PAGES[@]}"; do
        grep -qx '.Dd February 3, 2031' "$page"
        grep -qx '.Os proxtop 7.8.9' "$page"
    done
    TZ=Pacific/Niue LC_ALL=C tools/generate.sh --check
    run ! grep -rnE '20[0-9]{2}-[0-9]{2}-[0-9]{2}' man/*.[15] completions docs/METRICS.md
}

@test "mandoc and groff find nothing wrong in the pages" {
    local page
    # Weighed: our pages are of no BSD, and may be read where the others are not installed.
    mandoc -Tlint "${MANUAL_PAGES[@]}" >"$BATS_TEST_TMPDIR/lint" 2>/dev/null || true
    run ! grep -vE 'STYLE: (operating system explicitly specified|referenced manual not found)' \
        "$BATS_TEST_TMPDIR/lint"
    for page in "${MANUAL_PAGES[@]}"; do
        [[ -z $(groff -mdoc -ww -Tutf8 -z "$page" 2>&1) ]]
    done
}

@test "the pages have their parts, and each variable and signal that the programs know" {
    local page part name
    for page in "${MANUAL_PAGES[@]}"; do
        manual_render "$page" >"$BATS_TEST_TMPDIR/${page##*/}"
        for part in NAME SYNOPSIS DESCRIPTION OPTIONS FILES EXAMPLES DIAGNOSTICS 'SEE ALSO'; do
            grep -qx "$part" "$BATS_TEST_TMPDIR/${page##*/}" || { echo "$page: $part" && false; }
        done
    done
    for page in proxtop.1 proxprofiler.1; do
        for part in METRICS OUTPUT SIGNALS ENVIRONMENT 'EXIT STATUS'; do
            grep -qx "$part" "$BATS_TEST_TMPDIR/$page" || { echo "$page: $part" && false; }
        done
    done
    sed -n '/^ENVIRONMENT$/,/^FILES$/p' "$BATS_TEST_TMPDIR/proxtop.1" >"$BATS_TEST_TMPDIR/environment"
    sed -n '/^SIGNALS$/,/^ENVIRONMENT$/p' "$BATS_TEST_TMPDIR/proxtop.1" >"$BATS_TEST_TMPDIR/signals"
    grep -rhoE '(getenv|notify_take_variable)\("[A-Z_]+"' src | grep -oE '[A-Z_]{4,}' | sort -u >"$BATS_TEST_TMPDIR/names"
    (($(wc -l <"$BATS_TEST_TMPDIR/names") >= 10))
    while read -r name; do
        grep -qE "^ +([A-Z_]+, )*$name(,|  |\$)" "$BATS_TEST_TMPDIR/environment" || { echo "$name" && false; }
    done <"$BATS_TEST_TMPDIR/names"
    # SIGTTOU is what the screen sends itself.
    grep -ohE '\bSIG[A-Z]+[12]?\b' src/app/loop.c src/app/program_main.c | grep -vx SIGTTOU | sort -u >"$BATS_TEST_TMPDIR/names"
    (($(wc -l <"$BATS_TEST_TMPDIR/names") >= 8))
    while read -r name; do
        grep -qw "$name" "$BATS_TEST_TMPDIR/signals" || { echo "$name" && false; }
    done <"$BATS_TEST_TMPDIR/names"
}

@test "the pages fit terminals of 80 and 120 columns" {
    local page width
    for page in "${MANUAL_PAGES[@]}"; do
        for width in 80 120; do
            # Examples are to be pasted, and are not broken.
            mandoc -Tascii -O width="$width" "$page" | sed 's/.\x08//g' |
                awk -v width="$width" 'length > width && !/^ +prox(top|profiler) /' \
                    >"$BATS_TEST_TMPDIR/long"
            run -0 cat "$BATS_TEST_TMPDIR/long"
            [[ -z $output ]]
        done
    done
}

@test "every option of --help stands in the pages and completions" {
    local program option names
    for program in proxtop proxprofiler; do
        names=$("$MANUAL_BUILD/$program" --help | grep -E '^  -' | grep -oE '^  (-[^ ]+,? ?)+' |
            grep -oE -- '-[-a-zA-Z]+')
        (($(wc -w <<<"$names") > 40))
        manual_render "man/$program.1" >"$BATS_TEST_TMPDIR/page"
        for option in $names; do
            grep -qE -- "^ +(-[^ ]+, )*$option(,|=|\$| )" "$BATS_TEST_TMPDIR/page" ||
                { echo "$program.1: $option" && false; }
            grep -qE -- "[ '|:]$option([ ='|)]|\$)" "completions/bash/$program" ||
                { echo "bash, $program: $option" && false; }
            grep -qE -- "[{,(' ]$option[]+=,}' [)]" "completions/zsh/_$program" ||
                { echo "zsh, $program: $option" && false; }
            grep -qE -- " -[sl] ${option##*-}( |\$)| -l ${option#--} " "completions/fish/$program.fish" ||
                { echo "fish, $program: $option" && false; }
        done
    done
}

@test "every option that may stand in a file stands in the page about files, no other" {
    local program option
    manual_render man/proxtop-config.5 >"$BATS_TEST_TMPDIR/page"
    cd "$BATS_TEST_TMPDIR" # for the log file of that name
    for program in proxtop proxprofiler; do
        while read -r option; do
            # What the program takes from a file.
            echo "$option = nonsense" >"$BATS_TEST_TMPDIR/config"
            [[ $program == proxtop ]] || sed -i '1i[proxprofiler]' "$BATS_TEST_TMPDIR/config"
            run -1 "$MANUAL_BUILD/$program" --config="$BATS_TEST_TMPDIR/config" --procfs=/nonexistent
            if [[ $output == *"command line only"* ]]; then
                run ! grep -qE "^ +$option = " "$BATS_TEST_TMPDIR/page"
            else
                grep -qE "^ +$option = " "$BATS_TEST_TMPDIR/page" || { echo "$option" && false; }
            fi
        done < <("$MANUAL_BUILD/$program" --help | grep -E '^  -' | grep -oE '^  (-[^ ]+,? ?)+' |
            grep -oE -- '--[-a-zA-Z]+' | sed 's/^--//' | grep -vxE 'frequency|output-freq')
    done
}

@test "every metric of --list-fields stands in the manual and in docs/METRICS.md, in its scope" {
    local count=0 scope key heading
    declare -A headings=([host]="Host" [vm]="VM" [vcpu]="vCPU of a VM" [vmdisk]="Disk of a VM"
        [vmnic]="NIC of a VM" [blockdev]="Block device of the host"
        [netdev]="Network device of the host")
    manual_render man/proxtop.1 >"$BATS_TEST_TMPDIR/page"
    for scope in "${!headings[@]}"; do
        heading=${headings[$scope]}
        # From the heading to the next one.
        awk -v heading="   $heading" '$0 == heading { on = 1; next } /^ {0,3}[^ ]/ { on = 0 } on' \
            "$BATS_TEST_TMPDIR/page" >"$BATS_TEST_TMPDIR/$scope.page"
        awk -v heading="## ${heading}" '$0 == heading { on = 1; next } /^## / { on = 0 } on' \
            docs/METRICS.md >"$BATS_TEST_TMPDIR/$scope.md"
    done
    while IFS=$'\t' read -r scope key _; do
        grep -qF "     $key (" "$BATS_TEST_TMPDIR/$scope.page" || { echo "$scope.$key" && false; }
        grep -qF "| \`$key\` |" "$BATS_TEST_TMPDIR/$scope.md" || { echo "$scope.$key" && false; }
        count=$((count + 1))
    done < <("$PROXTOP" --list-fields | tail -n +2)
    ((count > 200))
    # In the order in which they are printed.
    diff <("$PROXTOP" --list-fields | awk -F'\t' '$1 == "vm" { print $2 }') \
        <(sed -nE 's/^\| `([^`]+)`.*/\1/p' "$BATS_TEST_TMPDIR/vm.md")
}

@test "every key of the screen's help stands in the manual" {
    local names
    manual_render man/proxtop.1 >"$BATS_TEST_TMPDIR/page"
    # The rows of the table that help shows: those with a text.
    grep -A1 -E '^    \{\{.*DO_|^     "' src/tui/keys.c |
        sed -nE 's/^.*"([^"]+)", "[^"]+.*/\1/p' | sed 's/\\\\/\\/g' >"$BATS_TEST_TMPDIR/keys"
    (($(wc -l <"$BATS_TEST_TMPDIR/keys") > 35))
    while read -r names; do
        grep -qF "     ${names// /, } " "$BATS_TEST_TMPDIR/page" || grep -qxF "     ${names// /, }" \
            "$BATS_TEST_TMPDIR/page" || { echo "$names" && false; }
    done <"$BATS_TEST_TMPDIR/keys"
}

@test "every example of options is one that the program takes" {
    local program command count=0
    for program in proxtop proxprofiler; do
        while read -r command; do
            [[ $command != *--doctor* && $command != proxprofiler\ [a-z]* ]] || continue
            echo "$command"
            # With options that it takes it looks for procfs, and ends with 1; else with 2.
            run -1 bash -c "PATH=$MANUAL_BUILD:\$PATH; $command --no-config --procfs=/nonexistent"
            [[ $output == *"cannot open procfs '/nonexistent'"* ]]
            count=$((count + 1))
        done < <(manual_examples "man/$program.1" "$program")
    done
    ((count >= 12))
}

@test "the examples of commands work as they stand there" {
    mkdir "$BATS_TEST_TMPDIR/work"
    # In order: each uses what the ones before it made.
    manual_render man/proxprofiler.1 |
        sed -nE 's/^ +(printf .*|proxprofiler (train|show|predict|plot|score|diff) .*)$/\1/p' |
        grep -v '\[OPTION' >"$BATS_TEST_TMPDIR/commands"
    (($(wc -l <"$BATS_TEST_TMPDIR/commands") == 7))
    (cd "$BATS_TEST_TMPDIR/work" && PATH=$MANUAL_BUILD:$PATH bash -e "$BATS_TEST_TMPDIR/commands")
    [[ -s $BATS_TEST_TMPDIR/work/web.svg ]]
}

@test "the example of a configuration has no wrong line" {
    local program
    mandoc -Tascii -O width=400 man/proxtop-config.5 | sed 's/.\x08//g' |
        sed -n '/^EXAMPLES/,/^DIAGNOSTICS/{s/^ \{10,\}//p;}' >"$BATS_TEST_TMPDIR/config"
    grep -q '^\[thresholds\]' "$BATS_TEST_TMPDIR/config"
    for program in proxtop proxprofiler; do
        run -1 "$MANUAL_BUILD/$program" --config="$BATS_TEST_TMPDIR/config" --procfs=/nonexistent
        [[ $output == "$program: "*"cannot open procfs '/nonexistent'"* ]]
        ((${#lines[@]} == 1))
    done
    # It would tell one.
    echo 'disk_nothing = 1 2' >>"$BATS_TEST_TMPDIR/config"
    sed -i '$!b;s/^/[thresholds]\n/' "$BATS_TEST_TMPDIR/config"
    run -1 "$PROXTOP" --config="$BATS_TEST_TMPDIR/config" --procfs=/nonexistent
    ((${#lines[@]} == 1)) || [[ $output == *disk_nothing* ]]
}

@test "bash completes options, choices, keys behind commas, files and commands" {
    touch "$BATS_TEST_TMPDIR/some.log" && mkdir "$BATS_TEST_TMPDIR/some.dir"
    run -0 manual_bash completions/bash/proxtop 'proxtop --pri' 'proxtop --printer=' \
        'proxtop --printer=js' 'proxtop -p pro' 'proxtop --printer inf' \
        'proxtop --fields=name,cpu_steal' 'proxtop --fields=name,vm.cpu_steal_' \
        'proxtop --fields=+why,-disk_errors' 'proxtop --sort=cpu_steal_m' \
        'proxtop --sort=cpu_steal_max:' 'proxtop --view=n' 'proxtop --sink=json@10,tc' \
        "proxtop --log-file=$BATS_TEST_TMPDIR/som" "proxtop --spool=$BATS_TEST_TMPDIR/som" \
        'proxtop --runs ' 'proxtop --no-such'
    diff <(echo "$output") - <<EOF
proxtop --pri => --printer=
proxtop --printer= => ncurses text json csv prometheus influx
proxtop --printer=js => json
proxtop -p pro => prometheus
proxtop --printer inf => influx
proxtop --fields=name,cpu_steal => name,cpu_steal name,cpu_steal_max
proxtop --fields=name,vm.cpu_steal_ => name,vm.cpu_steal_max
proxtop --fields=+why,-disk_errors => +why,-disk_errors
proxtop --sort=cpu_steal_m => cpu_steal_max
proxtop --sort=cpu_steal_max: => asc desc
proxtop --view=n => net nics
proxtop --sink=json@10,tc => 10,tcp
proxtop --log-file=$BATS_TEST_TMPDIR/som => $BATS_TEST_TMPDIR/some.dir $BATS_TEST_TMPDIR/some.log
proxtop --spool=$BATS_TEST_TMPDIR/som => $BATS_TEST_TMPDIR/some.dir
proxtop --runs  => 
proxtop --no-such => 
EOF
    run -0 manual_bash completions/bash/proxprofiler 'proxprofiler s' 'proxprofiler --state-' \
        'proxprofiler show --metric=cpu_' 'proxprofiler train --binning=' \
        'proxprofiler --logscale=io,n' "proxprofiler show $BATS_TEST_TMPDIR/some.l"
    diff <(echo "$output") - <<EOF
proxprofiler s => show simulate score
proxprofiler --state- => --state-dir=
proxprofiler show --metric=cpu_ => cpu_used cpu_steal
proxprofiler train --binning= => nearest equal
proxprofiler --logscale=io,n => io,net
proxprofiler show $BATS_TEST_TMPDIR/some.l => $BATS_TEST_TMPDIR/some.log
EOF
}

@test "zsh completes options, choices, keys behind commas and commands" {
    run -0 manual_zsh 'proxtop --pri' 'proxtop --printer=' 'proxtop -p pro' \
        'proxtop --fields=name,cpu_steal' 'proxtop --fields=name,vm.cpu_steal_' \
        'proxtop --sort=cpu_steal_m' 'proxtop --sort=cpu_steal_max:' 'proxtop --sink=json@10,tc' \
        'proxprofiler s' 'proxprofiler --state-' 'proxprofiler show --metric=cpu_' \
        'proxprofiler train --binning=' 'proxprofiler --logscale=io,n'
    diff <(echo "$output") - <<'EOF'
proxtop --pri => --printer
proxtop --printer= => ncurses text json csv prometheus influx
proxtop -p pro => prometheus
proxtop --fields=name,cpu_steal => cpu_steal cpu_steal_max
proxtop --fields=name,vm.cpu_steal_ => vm.cpu_steal_max
proxtop --sort=cpu_steal_m => cpu_steal_max
proxtop --sort=cpu_steal_max: => asc desc
proxtop --sink=json@10,tc => tcp
proxprofiler s => show simulate score
proxprofiler --state- => --state-dir
proxprofiler show --metric=cpu_ => cpu_used cpu_steal
proxprofiler train --binning= => nearest equal
proxprofiler --logscale=io,n => net
EOF
}

@test "fish completes options, choices, keys behind commas, files and commands" {
    touch "$BATS_TEST_TMPDIR/some.log"
    run -0 manual_fish completions/fish/proxtop.fish 'proxtop --pri' 'proxtop --printer=js' \
        'proxtop -p js' 'proxtop --fields=name,cpu_steal' 'proxtop --fields name,vm.cpu_steal_' \
        'proxtop --sort=cpu_steal_max:' 'proxtop --sink=json,t' \
        "proxtop --log-file=$BATS_TEST_TMPDIR/some.l" "proxtop $BATS_TEST_TMPDIR/some.l"
    diff <(echo "$output") - <<EOF
proxtop --pri => --printer
proxtop --printer=js => --printer=json
proxtop -p js => json
proxtop --fields=name,cpu_steal => --fields=name,cpu_steal --fields=name,cpu_steal_max
proxtop --fields name,vm.cpu_steal_ => name,vm.cpu_steal_max
proxtop --sort=cpu_steal_max: => --sort=cpu_steal_max:asc --sort=cpu_steal_max:desc
proxtop --sink=json,t => --sink=json,tcp
proxtop --log-file=$BATS_TEST_TMPDIR/some.l => --log-file=$BATS_TEST_TMPDIR/some.log
proxtop $BATS_TEST_TMPDIR/some.l =>
EOF
    run -0 manual_fish completions/fish/proxprofiler.fish 'proxprofiler sh' 'proxprofiler --state-' \
        'proxprofiler show --metric=cpu_' 'proxprofiler train --binning=' 'proxprofiler show --js'
    diff <(echo "$output") - <<'EOF'
proxprofiler sh => show
proxprofiler --state- => --state-dir
proxprofiler show --metric=cpu_ => --metric=cpu_steal --metric=cpu_used
proxprofiler train --binning= => --binning=equal --binning=nearest
proxprofiler show --js => --json
EOF
}

@test "meson install brings pages and completions to where man and shells look" {
    local installed
    installed=$(meson introspect --installed "$MANUAL_BUILD")
    [[ $installed == *"/share/man/man1/proxtop.1\""* && $installed == *"/share/man/man1/proxprofiler.1\""* ]]
    [[ $installed == *"/share/man/man5/proxtop-config.5\""* ]]
    [[ $installed == *"/share/bash-completion/completions/proxtop\""* ]]
    [[ $installed == *"/share/zsh/site-functions/_proxprofiler\""* ]]
    [[ $installed == *"/share/fish/vendor_completions.d/proxprofiler.fish\""* ]]
    [[ $installed != *manual/generate* ]]
}
