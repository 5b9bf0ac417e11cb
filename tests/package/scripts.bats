#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The maintainer scripts by themselves, on what hosts can have in their places: with layers over this
# machine's directories, and programs that only write down how they were called.
# shellcheck disable=SC2016 # much of it is text for shells

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    STAND_INS=$BATS_TEST_TMPDIR/bin
    CALLS=$BATS_TEST_TMPDIR/calls
    export ENABLED=''
    mkdir "$STAND_INS"
    : >"$CALLS"
    # is-enabled holds for what is in $ENABLED.
    cat >"$STAND_INS/systemctl" <<'EOF'
#!/bin/sh
echo "systemctl $*" >>/mnt/calls
case "$*" in
*is-enabled*) case " $ENABLED " in *" ${3%.service} "*) exit 0 ;; *) exit 1 ;; esac ;;
esac
EOF
    cat >"$STAND_INS/deb-systemd-helper" <<'EOF'
#!/bin/sh
echo "helper $*" >>/mnt/calls
case "$1" in debian-installed) exit 1 ;; esac
EOF
    printf '#!/bin/sh\necho "invoke $*" >>/mnt/calls\n' >"$STAND_INS/deb-systemd-invoke"
    chmod 755 "$STAND_INS"/*
}

# scripts_run COMMANDS: in a mount namespace of its own, where SCRIPT ARG... runs a maintainer script
# and nothing that is written below these directories stays.
scripts_run()
{
    : >"$CALLS"
    unshare --mount bash -euc '
        layers=/mnt/layers scripts=$2
        mount --make-rprivate /
        mount --bind "$1" /mnt # what is in /run is hidden below
        mkdir -p "$layers"
        mount -t tmpfs tmpfs "$layers"
        for dir in /etc /usr/share /var/lib; do
            mkdir -p "$layers$dir".{upper,work}
            mount -t overlay -o "lowerdir=$dir,upperdir=$layers$dir.upper,workdir=$layers$dir.work" overlay "$dir"
        done
        mount -t tmpfs tmpfs /run
        mkdir -p /run/systemd/system /usr/share/proxtop
        rm -rf /etc/proxtop.conf /etc/pve
        cp "$scripts/../etc/proxtop.conf" /usr/share/proxtop/
        for script in preinst postinst prerm postrm; do
            eval "$script() { sh \"\$scripts/$script\" \"\$@\"; }"
        done
        eval "$3"' - "$BATS_TEST_TMPDIR" \
        "$PACKAGE_TREE/packaging/debian" "PATH=/mnt/bin:\$PATH; $1"
}

enabled_proxtop()
{
    grep -qx 'helper enable proxtop.service' "$CALLS"
}

@test "the target is read as text, as the service manager reads it" {
    local line
    for line in 'a:1' '"a:1"' "'a:1'" ' a:1' '$(touch /etc/executed)' '`touch /etc/executed`' $'a:1\r' '"a'; do
        LINE=$line scripts_run 'printf %s "PROXTOP_TARGET=$LINE" >/etc/proxtop.conf
            postinst configure
            printf %s "PROXTOP_TARGET=$LINE" | cmp - /etc/proxtop.conf
            [ ! -e /etc/executed ]'
        enabled_proxtop || { echo "'$line' is a target" >&2 && false; }
    done
    scripts_run 'echo " PROXTOP_TARGET = a:1" >/etc/proxtop.conf; postinst configure'
    enabled_proxtop
    for line in '' '""' "''" $'\r' ' ' $'a:1\nPROXTOP_TARGET='; do
        LINE=$line scripts_run 'printf "%s\n" "PROXTOP_TARGET=$LINE" >/etc/proxtop.conf; postinst configure'
        run ! enabled_proxtop
    done
}

@test "a directory, or nothing that can be read, in the place of /etc/proxtop.conf enables nothing" {
    scripts_run 'mkdir /etc/proxtop.conf; postinst configure; [ -d /etc/proxtop.conf ]; postrm purge; [ -d /etc/proxtop.conf ]'
    run ! enabled_proxtop
    scripts_run 'ln -s /nonexistent/conf /etc/proxtop.conf; postinst configure; [ ! -e /nonexistent ]'
    run ! enabled_proxtop
}

@test "only the first installation enables: no upgrade, and no removal or upgrade that failed" {
    local arguments
    for arguments in 'configure 0.9-1' abort-remove 'abort-upgrade 2.0-1' 'abort-deconfigure in-favour other 1'; do
        scripts_run "echo PROXTOP_TARGET=a:1 >/etc/proxtop.conf; postinst $arguments"
        run ! enabled_proxtop
    done
}

@test "what a removal stopped is started when the package comes back, or the removal failed; no upgrade does" {
    ENABLED='proxtop proxtop-exporter'
    scripts_run 'preinst install 1.0.0-1; postinst configure 1.0.0-1; [ ! -e /run/proxtop.installing ]'
    grep -qx 'invoke start proxtop.service' "$CALLS"
    grep -qx 'invoke start proxtop-exporter.service' "$CALLS"
    run ! grep 'invoke.*proxprofiler' "$CALLS"
    scripts_run 'postinst abort-remove'
    grep -qx 'invoke start proxtop.service' "$CALLS"
    scripts_run 'preinst upgrade 1.0.0-1; postinst configure 1.0.0-1'
    grep -qx 'invoke try-restart proxtop.service proxprofiler.service proxtop-exporter.service' "$CALLS"
    run ! grep 'invoke start' "$CALLS"
    # An installation that was given up is none.
    scripts_run 'preinst install; postrm abort-install; postinst configure 1.0.0-1'
    run ! grep 'invoke start' "$CALLS"
}

@test "nothing is removed through links, and what cannot be removed does not stop purging" {
    scripts_run 'mkdir /etc/kept /etc/state; : >/etc/state/file
        mkdir -p /etc/systemd/system /var/lib/proxtop
        ln -s /etc/kept /etc/systemd/system/proxtop.service.d
        ln -s /etc/state /var/lib/proxprofiler
        mount -t tmpfs tmpfs /var/lib/proxtop
        postinst configure
        postrm purge
        [ -d /etc/kept ] && [ -e /etc/state/file ] && [ -L /etc/systemd/system/proxtop.service.d ]
        [ ! -L /var/lib/proxprofiler ] && [ ! -e /etc/proxtop.conf ]'
    grep -q '^helper purge proxtop.service' "$CALLS"
}
