#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Keys of the table in a real terminal, at three sizes: views, sorting, the filter, details, what
# is unfolded, the cursor.

bats_require_minimum_version 1.5.0

setup_file()
{
    load env.bash
    # The IOPS of a look-alike grow with its number; the last one's monitor does not answer.
    lookalikes_start 12 "$PROXTOP_LAB/vms" --busy=3 --tap --hung=1 \
        --names=web-01,web-02,DB-01,db-02,mail,proxy,cache,build,git,ci,log,zulu
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
    tui_start "$1" --processes --no-config "${@:2}"
    tui_wait '^.web-01 .* [0-9]+[.][0-9]'
}

# shows_view NAME TITLE: the status bar says so and the table has that title.
shows_view()
{
    tui_text | head -n 1 | grep -q "View: $1 " && tui_find_title "$2" >/dev/null
}

# names_are NAME...: from top to bottom.
names_are()
{
    [[ $(tui_names | tr '\n' ' ') == "$* " ]]
}

# sorted_by TITLE MARK: the title has the mark, and no other one has any.
sorted_by()
{
    [[ "$(tui_titles | grep -oE '[^ ]+[v^]( |$)' | tr -d ' ')" == "$1$2" ]]
}

@test "each view has its key, in both cases" {
    # What follows the name is a title of it. Each time from another one: where one is already, d and n
    # go on to a list.
    local views="c:CPU:%OTHRDY m:MEM:MCTL d:DISK:WRITES/s n:NET:RX-PKT i:I/O:IOMBRD/s p:NICS:SPEED
        s:DISKS:CLASS l:LVM:QLEN x:MULTIPATH:QLEN v:DISK:WRITES/s a:ALL:RDYMX" size entry key name title
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        for entry in $views $(sed -E 's/\b[a-z]:/\U&/g' <<<"$views"); do
            IFS=: read -r key name title <<<"$entry"
            tui_keys "$key"
            tui_wait_that shows_view "$name" "$title"
        done
        tui_stop
    done
}

@test "d and n again: a list of all disks, of all NICs; once more: back" {
    local size
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --sort=name:asc
        tui_press d '^   virtio0 '
        tui_press d '^.web-01 .* virtio0 '
        # Too far to the right for others.
        [[ $size != 200x50 ]] || tui_wait_that sorted_by LAT v
        tui_press_not d '^.web-01 .* virtio0 '
        tui_wait '^   virtio0 '
        tui_press v '^.web-01 .* virtio0 '
        tui_press D '^   virtio0 '
        tui_press n '^   net0 .*tap8i0 '
        tui_keys n
        tui_wait_that names_are build cache ci DB-01 db-02 git log mail proxy web-01 web-02 zulu
        tui_wait '^.web-01 .* net0  tap1i0 '
        tui_press N '^   net0 '
        tui_stop
    done
}

@test "Tab and Shift-Tab go round all views; an empty view says why" {
    local views=(CPU MEM DISK NET I/O NICS DISKS LVM MULTIPATH ALL) size i
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        for i in "${views[@]}"; do
            tui_press Tab "View: $i "
            case $i in
            LVM) [[ -e /dev/mapper/control ]] || tui_wait '^ +no LVM volume on this host$' ;;
            MULTIPATH) tui_wait '^ +no multipath device on this host$' ;;
            esac
        done
        for ((i = ${#views[@]} - 2; i >= 0; i--)); do
            tui_press BTab "View: ${views[i]} "
        done
        tui_press BTab 'View: ALL '
        tui_stop
    done
}

@test "< > r: the mark goes along, and rows are in the order that it says" {
    local size title titles
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        tui_wait_that sorted_by CORES v
        titles=(RDYMX RSS IOPS LAT)
        [[ $size == 80x24 ]] || titles=(%USED %RDY RDYMX %LIM GUEST RSS SWAP IOPS MB/s LAT)
        for title in "${titles[@]}"; do
            tui_keys '>'
            tui_wait_that sorted_by "$title" v
        done
        tui_wait_that tui_is_sorted LAT r
        while [[ $title != IOPS ]]; do
            unset 'titles[-1]'
            title=${titles[-1]}
            tui_keys '<'
            tui_wait_that sorted_by "$title" v
        done
        tui_wait_that tui_is_sorted IOPS r
        tui_keys r
        tui_wait_that sorted_by IOPS ^
        tui_wait_that tui_is_sorted IOPS
        # Each view has an order of its own, and keeps it.
        tui_press c 'View: CPU '
        tui_wait_that sorted_by CORES v
        tui_press a 'View: ALL '
        tui_wait_that sorted_by IOPS ^
        tui_keys R
        tui_wait_that sorted_by IOPS v
        tui_wait_that tui_is_sorted IOPS r
        tui_stop
    done
}

@test "F6 o: a menu of all columns to sort by" {
    local size
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size"
        tui_press F6 'Sort by, largest first .* 6 of '
        tui_wait '>\(\*\) CORES '
        tui_press_not F6 'Sort by,'
        tui_press o '>\(\*\) CORES '
        tui_press Home '>\( \) NAME '
        tui_press_not Enter 'Sort by,'
        tui_wait_that sorted_by NAME ^
        tui_wait_that names_are build cache ci DB-01 db-02 git log mail proxy web-01 web-02 zulu
        tui_press O 'Sort by, smallest first'
        choose_go_to iops
        tui_press_not Space 'Sort by,'
        tui_wait_that sorted_by IOPS v
        tui_wait_that tui_is_sorted IOPS r
        tui_press o '>\(\*\) IOPS '
        tui_press_not q 'Sort by,'
        tui_press o '>\(\*\) IOPS '
        tui_press_not Escape 'Sort by,'
        tui_wait_that sorted_by IOPS v
        tui_stop
    done
}

@test "!: whoever suffers most comes first" {
    local size
    # A busy host has others suffer from it.
    printf '[thresholds]\ncpu_steal_max = off\nstale = 0.5 1\n' >"$TUI_DIR/thresholds"
    for size in "${TUI_SIZES[@]}"; do
        tui_start "$size" --processes --config="$TUI_DIR/thresholds" --sort=name:asc
        tui_wait ' zulu .* [0-9]+[.][0-9]'
        tui_wait '1 stale'
        tui_keys '!'
        tui_wait_that names_are zulu build cache ci DB-01 db-02 git log mail proxy web-01 web-02
        # Where that column is on the screen.
        if [[ $size != 80x24 ]]; then
            tui_wait_that sorted_by WHY v
            tui_wait '^.zulu .* STUCK '
        fi
        tui_press s 'View: DISKS'
        tui_press '!' 'only VMs can be sorted by WHY'
        tui_stop
    done
}

@test "/ \\ F3 F4: a filter, live while it is typed" {
    local size key
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --sort=name:asc
        tui_press / '^ filter: _'
        tui_type W
        tui_wait_that names_are web-01 web-02
        tui_wait '^ filter: W_'
        tui_type eb-02
        tui_wait_that names_are web-02
        tui_keys BSpace
        tui_wait_that names_are web-01 web-02
        # Letters and keys of the table are text now, and one that is not finished does no harm.
        tui_type '2|'
        tui_wait_that names_are web-02
        tui_type 'db|q!'
        tui_wait_that names_are DB-01 db-02 web-02
        tui_wait '^ filter: Web-02\|db\|q!_'
        tui_keys DC DC
        tui_wait '^ filter: Web-02\|db\|_'
        tui_press_not Enter '^ filter: '
        tui_wait '\| filter: Web-02\|db\|'
        tui_wait_that names_are DB-01 db-02 web-02
        # It stays over views and sorting.
        tui_press m 'View: MEM'
        tui_keys r
        tui_wait_that sorted_by GUEST ^
        tui_press a 'View: ALL'
        tui_wait_that names_are DB-01 db-02 web-02
        tui_press_not Escape 'filter: '
        tui_wait_that names_are build cache ci DB-01 db-02 git log mail proxy web-01 web-02 zulu
        for key in '\' F3 F4; do
            tui_press "$key" '^ filter: _'
            tui_type zu
            tui_wait_that names_are zulu
            tui_press_not Escape 'filter: '
            tui_wait '^.build '
        done
        tui_type /nobody
        tui_press_not Enter '^ filter: '
        tui_wait 'nobody'
        tui_wait_not '^.zulu'
        tui_stop
    done
}

@test "Enter: all of one VM; Esc and q go back to it" {
    local size text part
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --sort=name:asc --interval=1
        tui_keys End Up Up
        tui_wait_that tui_marks web-01
        tui_press Enter '^ web-01 .*Esc closes'
        # Threads are read from now on.
        tui_wait 'LAT [0-9.]+'
        tui_wait_clock 2
        text=$(overlay_text)
        for part in "PID $(<"$PROXTOP_LAB/vms/1.pid")( |\$)" 'state running' 'up since ' 'balloon \(MCTL\) 1.0G' \
            'esxtop %RDY \(sum\): [0-9]' '^ +%USED +100 %' '^ +%RDY +100 %' '^ +LAT +[0-9]+ ms' \
            '^ +-5 min .* now' 'VCPUS \(2\)' 'vCPU 0 +%USED +[0-9.]+ +%RDY +[0-9.]+ \[' 'vCPU 1 +%USED +[0-9]' \
            'THREADS ' '^ +vcpu +2 +used +[0-9.]+ ' '^ +main +1 +used' '^ +iothread +1 ' '^ +worker +2 ' \
            'DISKS \(2\)' 'virtio0 +backend file .* 8.0G' "vms/1.raw" 'NICS \(1\)' 'net0 .*tap1i0'; do
            grep -qE -- "$part" <<<"$text" || { echo "no '$part' in: $text" >&2; return 1; }
        done
        tui_press_not Escape '^ web-01 .*Esc closes'
        tui_wait_that tui_marks web-01
        tui_press Enter '^ web-01 .*Esc closes'
        # Help over it gives it back.
        tui_press h '^ Help .*Esc closes'
        tui_press q '^ web-01 .*Esc closes'
        tui_press_not q '^ web-01 .*Esc closes'
        tui_wait_that tui_marks web-01
        tui_stop
    done
}

@test "e E: what is below one VM, below all" {
    local size
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --sort=name:asc
        tui_keys Down
        tui_wait_that tui_marks cache
        tui_press e '^>cache - '
        # From the next cycle on they are read; at 80 columns their figures are further right.
        tui_wait '^   vCPU 1( |$)'
        [[ $size == 80x24 ]] || tui_wait '^   vCPU 1 .* [0-9.]+'
        tui_wait '^   virtio0 '
        tui_wait '^   ide1-cd0 '
        tui_wait '^   net0 '
        tui_wait_that tui_count_is 1 '^   vCPU 1( |$)'
        tui_wait_that net0_is_last
        tui_press_not e '^   [vn]'
        tui_press E '^ build - '
        tui_wait '1-[0-9]+ of 70 '
        tui_press_not E '^   [vn]'
        tui_wait '1-12 of 12 '
        tui_press E '^ build - '
        # Of all that are unfolded, one is folded.
        tui_press e '^>cache +6'
        tui_wait '1-[0-9]+ of 65 '
        # Where they are part of the view, they start unfolded.
        tui_press d '^   virtio0 '
        tui_press_not E '^   virtio0 '
        tui_stop
    done
}

# net0_is_last: of what is below that VM.
net0_is_last()
{
    tui_text | grep -A5 '^>cache -' | tail -n 1 | grep '^   net0 '
}

@test "arrows j k PgUp PgDn Home End: the mark" {
    local size last
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --sort=name:asc
        tui_wait_that tui_marks build
        tui_keys Down
        tui_wait_that tui_marks cache
        tui_keys j
        tui_wait_that tui_marks ci
        tui_keys J
        tui_wait_that tui_marks DB-01
        tui_keys K
        tui_wait_that tui_marks ci
        tui_keys k
        tui_wait_that tui_marks cache
        tui_keys Up
        tui_wait_that tui_marks build
        tui_keys Up End
        tui_wait_that tui_marks zulu
        tui_keys Down Home
        tui_wait_that tui_marks build
        tui_press E '^>build - '
        tui_wait '^ 1-[0-9]+ of 70 '
        last=$(tui_text | tail -n 2 | head -n 1 | sed -E 's/^ +(vCPU [0-9]|[^ ]+).*/\1/')
        tui_keys PageDown
        tui_wait_that tui_marks "$last"
        tui_keys PageUp
        tui_wait_that tui_marks build
        tui_wait '^ 1-[0-9]+ of 70 '
        tui_press End '^ [0-9]+-70 of 70 '
        tui_wait '^>  net0 '
        tui_press Home '^ 1-[0-9]+ of 70 '
        tui_stop
    done
}

# titles_start_with TITLE...: the line of titles.
titles_start_with()
{
    [[ "$(tui_titles | sed 's/  */ /g')" == " $* "* ]]
}

@test "Left and Right: columns move, NAME stays" {
    local size
    for size in "${TUI_SIZES[@]}"; do
        table_start "$size" --sort=name:asc
        tui_wait_that titles_start_with NAME^ ID S
        tui_keys Right
        tui_wait_that titles_start_with NAME^ S
        tui_wait '^.web-01 +R '
        tui_keys Right Right Right
        if [[ $size == 80x24 ]]; then
            tui_wait_that titles_start_with NAME^ RDYMX RSS IOPS
        else
            tui_wait_that titles_start_with NAME^ CORES %USED
        fi
        tui_keys Left Left Left
        tui_wait_that titles_start_with NAME^ S
        tui_keys Left Left
        tui_wait_that titles_start_with NAME^ ID S
        # To the end, and no further; the last column is whole.
        tui_keys -N 100 Right
        tui_wait '^.web-01 '
        tui_wait_not ' CORES '
        tui_wait_that titles_start_with NAME^
        tui_keys -N 100 Left
        tui_wait_that titles_start_with NAME^ ID S
        tui_stop
    done
}
