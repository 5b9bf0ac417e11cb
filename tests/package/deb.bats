#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package in fresh roots, by apt and dpkg, without a network: comes, is upgraded, is
# removed, goes without a trace, whatever was there before and wherever it is interrupted. apt's part
# is tried once; the others begin in a root that has what the package needs.

bats_require_minimum_version 1.5.0

UNITS=(proxtop.service proxprofiler.service proxtop-exporter.service)

setup_file()
{
    load env.bash
    ROOT=$BATS_FILE_TMPDIR/ready
    root_make "$ROOT"
    package_install "$ROOT" >&2
    root_apt "$ROOT" purge proxtop >&2
    # A layer between the template and the tests' own.
    umount "$ROOT"
    # An older version: the same files, but for its number.
    deb_repack "$BATS_FILE_TMPDIR/older.deb" "sed -i 's/^Version: .*/Version: 0.9.0-1/' DEBIAN/control"
}

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR"
    OLDER=$BATS_FILE_TMPDIR/older.deb
    NEWER=$BATS_TEST_TMPDIR/newer.deb
}

teardown()
{
    package_remove_roots
}

# deb_root: a fresh root that has what the package needs.
deb_root()
{
    ROOT_TEMPLATE=$BATS_FILE_TMPDIR/ready.layer/upper:$ROOT_TEMPLATE package_root root
}

# deb_install [FILE]: without an answer to any question.
deb_install()
{
    cp "${1:-$PACKAGE_DEB}" "$ROOT/tmp/package.deb"
    deb_dpkg -i /tmp/package.deb
}

# deb_repack FILE COMMANDS: the package with what shell commands change in its tree.
deb_repack()
{
    local dir=$BATS_TEST_TMPDIR/repack
    [[ -n ${BATS_TEST_NAME:-} ]] || dir=$BATS_FILE_TMPDIR/repack
    rm -rf "$dir"
    dpkg-deb -R "$PACKAGE_DEB" "$dir"
    (cd "$dir" && bash -euc "$2")
    dpkg-deb -Znone -b "$dir" "$1" >/dev/null
    rm -rf "$dir"
}

# deb_newer COMMANDS: likewise, of a higher version, in $NEWER.
deb_newer()
{
    deb_repack "$NEWER" "sed -i 's/^Version: .*/Version: 99-1/' DEBIAN/control; $1"
}

# deb_dpkg ARGUMENT...: in the root; a question would end it, since nobody can answer.
deb_dpkg()
{
    root_run "$ROOT" dpkg "$@" <&-
}

deb_state()
{
    root_run "$ROOT" dpkg-query -W -f '${db:Status-Status} ${Version}' "${1:-proxtop}" 2>/dev/null
}

# deb_enabled: names of our units that something in the root wants, one a line.
deb_enabled()
{
    find "$ROOT/etc/systemd/system" -path '*.wants/prox*' -printf '%f\n' 2>/dev/null | sort
}

# deb_links: the drop-ins that are linked, one a line.
deb_links()
{
    find "$ROOT/etc/systemd/system" -name proxtop-pve.conf -type l -printf '%P -> %l\n' 2>/dev/null | sort
}

deb_all_links()
{
    printf '%s.d/proxtop-pve.conf -> /usr/share/proxtop/proxtop-pve.conf\n' "${UNITS[@]}" | sort
}

@test "without recommended packages: comes with what it needs, works, goes without a trace" {
    package_root root
    root_list "$ROOT" >before
    [[ $(deb_state libevent-core-2.1-7) != installed* ]]
    package_install "$ROOT"
    [ "$(deb_state)" = "installed $PACKAGE_VERSION-1" ]
    [[ $(deb_state libevent-core-2.1-7) == installed* ]]
    [[ $(deb_state libvirt0) != installed* ]]
    root_run "$ROOT" dpkg --audit >audit
    [ ! -s audit ]
    [ "$(root_run "$ROOT" proxtop --version)" = "proxtop $PACKAGE_VERSION" ]
    [ "$(root_run "$ROOT" proxprofiler --version)" = "proxprofiler $PACKAGE_VERSION" ]
    root_run "$ROOT" proxtop --processes --printer=json --runs=1 --interval=0.1 --mem >frame
    jq -e '.domains == [] and .host.ram_Total > 0' frame
    # No library is missed before somebody asks for it by its option.
    root_run "$ROOT" proxtop --printer=json --runs=1 --interval=0.1 2>messages >frame
    jq -e '.domains == []' frame
    grep -q 'using the list of processes' messages
    root_apt "$ROOT" purge --auto-remove proxtop
    [[ $(deb_state) != *"$PACKAGE_VERSION"* ]]
    root_list "$ROOT" >after
    diff before after
}

@test "with recommended packages: libvirt's library comes, too, and is found; the services' user has a name" {
    package_root root
    package_install "$ROOT" --install-recommends
    [[ $(deb_state libvirt0) == installed* ]]
    # libvirt refuses a user without one.
    [[ $(deb_state libnss-systemd) == installed* ]]
    run root_run "$ROOT" proxtop --libvirt --printer=json --runs=1 --interval=0.1
    [[ $output == *"Failed to connect socket"* ]]
}

@test "as installed: nothing is enabled, /etc/proxtop.conf has no target and is no conffile of dpkg's" {
    deb_root
    deb_install
    [ -z "$(deb_enabled)" ]
    [ -z "$(deb_links)" ]
    cmp "$ROOT/etc/proxtop.conf" "$PACKAGE_TREE/packaging/etc/proxtop.conf"
    [ "$(stat -c '%a %U' "$ROOT/etc/proxtop.conf")" = '644 root' ]
    [ "$(grep -v '^#' "$ROOT/etc/proxtop.conf")" = PROXTOP_TARGET= ]
    root_run "$ROOT" dpkg-query -W -f '${Conffiles}\n' proxtop >conffiles
    [ "$(grep -c . conffiles)" -eq 1 ]
    grep -q '^ /etc/proxtop/config ' conffiles
    for unit in "${UNITS[@]}"; do
        [ -s "$ROOT/usr/lib/systemd/system/$unit" ]
    done
}

@test "an /etc/proxtop.conf from before is kept byte for byte, and its target enables proxtop.service" {
    deb_root
    printf '# by hand\r\nOTHER="x"\nPROXTOP_TARGET="logs.example.org:5000"  \n\xff no newline' >"$ROOT/etc/proxtop.conf"
    chmod 640 "$ROOT/etc/proxtop.conf"
    cp -p "$ROOT/etc/proxtop.conf" conf
    stat -c '%a %u %g %Y' conf >facts
    root_list "$ROOT" >before
    deb_install
    cmp conf "$ROOT/etc/proxtop.conf"
    stat -c '%a %u %g %Y' "$ROOT/etc/proxtop.conf" | diff facts -
    [ "$(deb_enabled)" = proxtop.service ]
    [ "$(systemctl --root="$ROOT" is-enabled proxtop.service)" = enabled ]
    deb_newer :
    deb_install "$NEWER"
    [ "$(deb_state)" = 'installed 99-1' ]
    cmp conf "$ROOT/etc/proxtop.conf"
    [ "$(deb_enabled)" = proxtop.service ]
    # What the package did not make it does not take away; the links are its own.
    deb_dpkg --purge proxtop
    cmp conf "$ROOT/etc/proxtop.conf"
    [ -z "$(deb_enabled)" ]
    root_list "$ROOT" | diff before -
}

@test "what is no target enables nothing: empty, quoted, a comment, another name, a later line" {
    local text
    deb_root
    for text in 'PROXTOP_TARGET=' 'PROXTOP_TARGET=""' "PROXTOP_TARGET='' " '#PROXTOP_TARGET=a:1' \
        'MY_PROXTOP_TARGET=a:1' $'PROXTOP_TARGET=a:1\nPROXTOP_TARGET=' ''; do
        echo "$text" >"$ROOT/etc/proxtop.conf"
        deb_install
        [ -z "$(deb_enabled)" ]
        deb_dpkg --purge proxtop
        [ "$(cat "$ROOT/etc/proxtop.conf")" = "$text" ]
    done
}

@test "a target that comes later enables nothing; what is disabled stays so, what is enabled, too" {
    deb_root
    deb_install "$OLDER"
    echo 'PROXTOP_TARGET=a:1' >"$ROOT/etc/proxtop.conf"
    deb_install
    [ -z "$(deb_enabled)" ]
    deb_dpkg --purge proxtop
    rm -f "$ROOT/etc/proxtop.conf"
    echo 'PROXTOP_TARGET=a:1' >"$ROOT/etc/proxtop.conf"
    deb_install "$OLDER"
    [ "$(deb_enabled)" = proxtop.service ]
    systemctl --root="$ROOT" disable proxtop.service
    systemctl --root="$ROOT" enable proxprofiler.service
    deb_install
    [ "$(deb_enabled)" = proxprofiler.service ]
}

@test "an upgrade keeps both files as they were changed, without a question" {
    deb_root
    deb_install "$OLDER"
    [ "$(deb_state)" = 'installed 0.9.0-1' ]
    echo 'PROXTOP_TARGET=logs.example.org:5000' >>"$ROOT/etc/proxtop.conf"
    echo 'interval = 7' >>"$ROOT/etc/proxtop/config"
    cp "$ROOT/etc/proxtop.conf" "$ROOT/etc/proxtop/config" .
    deb_install
    [ "$(deb_state)" = "installed $PACKAGE_VERSION-1" ]
    cmp proxtop.conf "$ROOT/etc/proxtop.conf"
    cmp config "$ROOT/etc/proxtop/config"
    # An /etc/proxtop.conf of a newer package is no reason for one, either.
    deb_newer "echo '# more' >>usr/share/proxtop/proxtop.conf"
    deb_install "$NEWER"
    cmp proxtop.conf "$ROOT/etc/proxtop.conf"
    [ -z "$(find "$ROOT/etc" -name '*.dpkg-*' -o -name '*proxtop-new')" ]
}

@test "a link in place of /etc/proxtop.conf is left alone, also one to nowhere" {
    deb_root
    ln -s /srv/proxtop.conf "$ROOT/etc/proxtop.conf"
    deb_install
    [ "$(readlink "$ROOT/etc/proxtop.conf")" = /srv/proxtop.conf ]
    [ ! -e "$ROOT/srv/proxtop.conf" ]
    deb_dpkg --purge proxtop
    [ -L "$ROOT/etc/proxtop.conf" ]
}

@test "a unit in /etc/systemd/system that hides the package's is told, with what to do" {
    local dir=etc/systemd/system
    deb_root
    mkdir -p "$ROOT/$dir" "$ROOT/usr/local/lib/systemd/system"
    echo '[Service]' >"$ROOT/$dir/proxtop.service"
    ln -s /dev/null "$ROOT/$dir/proxprofiler.service"
    echo '[Service]' >"$ROOT/usr/local/lib/systemd/system/proxtop-exporter.service"
    run deb_install
    [ "$status" -eq 0 ]
    [[ $output == *"/$dir/proxtop.service hides the package's unit, /usr/lib/systemd/system/proxtop.service"* ]]
    [[ $output == *"remove /$dir/proxtop.service"* ]]
    [[ $output == *"/$dir/proxprofiler.service masks the package's unit"*"systemctl unmask proxprofiler.service"* ]]
    [[ $output == *"/usr/local/lib/systemd/system/proxtop-exporter.service hides the package's unit"* ]]
    [ "$(cat "$ROOT/$dir/proxtop.service")" = '[Service]' ]
    # At each upgrade, as long as it is there.
    rm "$ROOT/$dir/proxprofiler.service" "$ROOT/usr/local/lib/systemd/system/proxtop-exporter.service"
    ln -sf /srv/proxtop.service "$ROOT/$dir/proxtop.service"
    deb_newer :
    run deb_install "$NEWER"
    [[ $output == *"/$dir/proxtop.service hides"* ]]
    [[ $output != *masks* && $output != *exporter.service\ hides* ]]
}

@test "what enables the package's unit hides nothing" {
    local dir=etc/systemd/system
    deb_root
    mkdir -p "$ROOT/$dir"
    ln -s /lib/systemd/system/proxprofiler.service "$ROOT/$dir/proxprofiler.service"
    echo 'PROXTOP_TARGET=a:1' >"$ROOT/etc/proxtop.conf"
    run deb_install
    [ "$status" -eq 0 ]
    [ "$(deb_enabled)" = proxtop.service ]
    [[ $output != *hides* && $output != *masks* ]]
}

@test "a unit of an installation by hand that is enabled stays so, and is not the package's" {
    local dir=etc/systemd/system
    deb_root
    mkdir -p "$ROOT/$dir/multi-user.target.wants"
    printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >"$ROOT/$dir/proxtop.service"
    ln -s "/$dir/proxtop.service" "$ROOT/$dir/multi-user.target.wants/proxtop.service"
    echo 'PROXTOP_TARGET=a:1' >"$ROOT/etc/proxtop.conf"
    deb_install
    [ "$(readlink "$ROOT/$dir/multi-user.target.wants/proxtop.service")" = "/$dir/proxtop.service" ]
}

@test "on Proxmox VE the drop-in is linked when the package comes, and never again" {
    local link=etc/systemd/system/proxtop.service.d/proxtop-pve.conf
    deb_root
    mkdir "$ROOT/etc/pve"
    root_list "$ROOT" >before
    deb_install "$OLDER"
    [ "$(deb_links)" = "$(deb_all_links)" ]
    grep -q '^User=root' "$ROOT/$(readlink "$ROOT/$link")"
    # Whoever takes one away has reasons.
    rm "$ROOT/$link"
    deb_install
    [ ! -e "$ROOT/$link" ]
    [ "$(deb_links | wc -l)" -eq 2 ]
    # A drop-in that somebody wrote is none of the package's links.
    echo '[Service]' >"$ROOT/$link"
    deb_dpkg --remove proxtop
    [ -z "$(deb_links)" ]
    [ "$(cat "$ROOT/$link")" = '[Service]' ]
    [ "$(find "$ROOT/etc/systemd/system" -name 'prox*.d')" = "$ROOT/etc/systemd/system/proxtop.service.d" ]
    rm -r "${ROOT:?}/${link%/*}"
    # It comes again, and so do they.
    deb_install
    [ "$(deb_links)" = "$(deb_all_links)" ]
    deb_dpkg --purge proxtop
    root_list "$ROOT" | diff before -
}

@test "pveversion tells a Proxmox VE host, too" {
    deb_root
    ln -s /bin/true "$ROOT/usr/bin/pveversion"
    deb_install
    [ "$(deb_links)" = "$(deb_all_links)" ]
}

@test "removing leaves the configuration and nothing else; it is as before when the package comes back" {
    deb_root
    root_list "$ROOT" >before
    deb_install
    echo 'interval = 7' >>"$ROOT/etc/proxtop/config"
    echo 'PROXTOP_TARGET=a:1' >>"$ROOT/etc/proxtop.conf"
    cp "$ROOT/etc/proxtop.conf" "$ROOT/etc/proxtop/config" .
    deb_dpkg --remove proxtop
    root_list "$ROOT" >left
    # deb-systemd-helper remembers what was enabled, for when it comes back.
    diff before left | awk '/^[<>]/ && $5 !~ /deb-systemd-helper-enabled/ { print $1, $5 }' | LC_ALL=C sort >difference
    printf '> %s\n' ./etc/proxtop ./etc/proxtop.conf ./etc/proxtop/config | LC_ALL=C sort | diff - difference
    deb_install
    cmp proxtop.conf "$ROOT/etc/proxtop.conf"
    cmp config "$ROOT/etc/proxtop/config"
}

@test "purging takes everything, also what services kept; after it the package comes as to a new host" {
    deb_root
    root_list "$ROOT" >before
    deb_install
    mkdir -p "$ROOT"/var/lib/private/proxprofiler "$ROOT/var/lib/proxtop/spool"
    ln -s private/proxprofiler "$ROOT/var/lib/proxprofiler"
    echo x >"$ROOT/var/lib/private/proxprofiler/vm"
    echo 'PROXTOP_TARGET=a:1' >>"$ROOT/etc/proxtop.conf"
    echo 'interval = 7' >>"$ROOT/etc/proxtop/config"
    deb_dpkg --purge proxtop
    rmdir "$ROOT/var/lib/private"
    root_list "$ROOT" | diff before -
    deb_install
    cmp "$ROOT/etc/proxtop.conf" "$PACKAGE_TREE/packaging/etc/proxtop.conf"
    cmp "$ROOT/etc/proxtop/config" "$PACKAGE_TREE/packaging/etc/config"
    [ -z "$(deb_enabled)" ]
}

@test "installing twice, and each maintainer script twice, changes nothing" {
    local script=/var/lib/dpkg/info/proxtop
    deb_root
    mkdir "$ROOT/etc/pve"
    echo 'PROXTOP_TARGET=a:1' >"$ROOT/etc/proxtop.conf"
    deb_install
    root_list "$ROOT" >once
    deb_install
    root_list "$ROOT" | diff once -
    root_run "$ROOT" "$script.preinst" install
    root_run "$ROOT" "$script.preinst" upgrade 0.9.0-1
    for old in '' "$PACKAGE_VERSION-1"; do
        root_run "$ROOT" "$script.postinst" configure "$old"
    done
    root_run "$ROOT" "$script.postinst" abort-upgrade 99-1
    root_run "$ROOT" "$script.prerm" upgrade 99-1
    root_run "$ROOT" "$script.postrm" upgrade 99-1
    root_list "$ROOT" | diff once -
    for word in remove remove purge purge; do
        root_run "$ROOT" "$script.prerm" remove
        root_run "$ROOT" "$script.postrm" "$word"
    done
}

@test "an installation that fails half-way leaves nothing, or goes on where it stood" {
    deb_root
    mkdir "$ROOT/etc/pve"
    root_list "$ROOT" >before
    # It has a file of another package, which dpkg finds out after preinst.
    deb_newer 'mkdir -p usr/bin; echo >usr/bin/apt-get'
    run ! deb_install "$NEWER"
    deb_dpkg --purge proxtop
    root_list "$ROOT" | diff before -
    # Its last step fails.
    deb_newer "sed -i 's/^exit 0/exit 1/' DEBIAN/postinst"
    run ! deb_install "$NEWER"
    [[ $(deb_state) == half-configured* ]]
    deb_newer :
    deb_install "$NEWER"
    [ "$(deb_links)" = "$(deb_all_links)" ]
    [ "$(deb_state)" = 'installed 99-1' ]
}

@test "an upgrade that fails leaves the old version as it was" {
    deb_root
    deb_install
    echo 'interval = 7' >>"$ROOT/etc/proxtop/config"
    root_list "$ROOT" >before
    deb_newer 'mkdir -p usr/bin; echo >usr/bin/apt-get'
    run ! deb_install "$NEWER"
    [ "$(deb_state)" = "installed $PACKAGE_VERSION-1" ]
    root_list "$ROOT" | diff before -
}

# A service manager that only writes down what it is asked, for the time of one command.
deb_with_manager()
{
    local calls=/tmp/calls
    : >"$ROOT$calls"
    for program in systemctl deb-systemd-invoke; do
        printf '#!/bin/sh\necho %s "$@" >>%s\n' "$program" "$calls" >"$ROOT/tmp/$program"
        chmod 755 "$ROOT/tmp/$program"
    done
    root_run "$ROOT" sh -c 'mkdir -p /run/systemd/system; PATH=/tmp:$PATH; exec "$@"' sh "$@" <&-
}

@test "with a service manager: started with a target, restarted if it runs, stopped when it goes" {
    deb_root
    cp "$PACKAGE_DEB" "$ROOT/tmp/new.deb"
    echo 'PROXTOP_TARGET=a:1' >"$ROOT/etc/proxtop.conf"
    deb_with_manager dpkg -i /tmp/new.deb
    cat "$ROOT/tmp/calls"
    grep -qx 'systemctl --system daemon-reload' "$ROOT/tmp/calls"
    [ "$(grep invoke "$ROOT/tmp/calls")" = 'deb-systemd-invoke start proxtop.service' ]
    deb_newer :
    cp "$NEWER" "$ROOT/tmp/new.deb"
    deb_with_manager dpkg -i /tmp/new.deb
    grep -qx 'systemctl --system daemon-reload' "$ROOT/tmp/calls"
    [ "$(grep invoke "$ROOT/tmp/calls")" = "deb-systemd-invoke try-restart ${UNITS[*]}" ]
    deb_with_manager dpkg --remove proxtop
    [ "$(grep invoke "$ROOT/tmp/calls")" = "deb-systemd-invoke stop ${UNITS[*]}" ]
    grep -qx 'systemctl --system daemon-reload' "$ROOT/tmp/calls"
}

@test "each line of the shipped /etc/proxtop/config is valid; what is unknown loses only its line" {
    local line section='' count=0
    deb_root
    deb_install
    run ! grep -vE '^(#|$)' "$ROOT/etc/proxtop/config"
    cp "$ROOT/etc/proxtop/config" shipped
    deb_warnings()
    {
        root_run "$ROOT" proxtop --processes --printer=json --runs=1 --interval=0.1 --scope=host 2>&1 >frame
        jq -e . frame >/dev/null
        root_run "$ROOT" proxprofiler --processes --runs=1 --interval=0.1 2>&1 >/dev/null
    }
    while IFS= read -r line; do
        [[ $line =~ ^#[a-z[] ]] || continue
        line=${line#\#}
        if [[ $line == \[* ]]; then
            section=$line
            continue
        fi
        count=$((count + 1))
        printf '%s\n%s\n' "$section" "$line" >"$ROOT/etc/proxtop/config"
        deb_warnings >messages
        run ! grep -F /etc/proxtop/config messages
    done <shipped
    [ "$count" -ge 10 ]
    # All of them.
    sed -E 's/^#([a-z[])/\1/' shipped >"$ROOT/etc/proxtop/config"
    deb_warnings >messages
    run ! grep -F /etc/proxtop/config messages
    # One that nobody knows.
    printf 'host-name = kept\nnonsense = 1\nprinter = json\n' >"$ROOT/etc/proxtop/config"
    root_run "$ROOT" proxtop --processes --runs=1 --interval=0.1 --host --output=stdout >out 2>messages
    grep -q "/etc/proxtop/config:2: .*nonsense" messages
    [ "$(grep -c /etc/proxtop/config messages)" -eq 1 ]
    grep -q kept out
}

@test "the tarball's README installs it where its libraries are" {
    local top
    deb_root
    top=$(basename "$PACKAGE_TARBALL" .tar.xz)
    tar -xf "$PACKAGE_TARBALL" -C "$ROOT/srv"
    grep -E '^    (tar -c|\[ -e /etc)' "$PACKAGE_TREE/packaging/tarball/README" >commands
    [ "$(wc -l <commands)" -eq 3 ]
    root_list "$ROOT" >before
    root_run "$ROOT" sh -euc "cd /srv/$top; [ -z \"\$(ldd usr/bin/proxtop | grep 'not found')\" ]; $(cat commands)"
    [ "$(root_run "$ROOT" proxtop --version)" = "proxtop $PACKAGE_VERSION" ]
    root_run "$ROOT" proxtop --processes --printer=json --runs=1 --interval=0.1 --scope=host >frame
    jq -e . frame
    [ -s "$ROOT/etc/proxtop.conf" ]
    [ -s "$ROOT/etc/proxtop/config" ]
    # Nothing that was there is another one now.
    root_list "$ROOT" | diff before - >difference || true
    run ! grep '^<' difference
    run ! grep '^>' <(grep -vE ' \./(usr/(bin/prox|lib/systemd|share/(proxtop|doc/proxtop|man|bash-completion|zsh|fish))|etc/proxtop)' difference)
}
