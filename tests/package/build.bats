#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ./dev package made, looked at from outside: that two builds are byte-equal is tools/package.sh's
# own test.

bats_require_minimum_version 1.5.0

setup()
{
    load env.bash
    cd "$BATS_TEST_TMPDIR"
    PROGRAMS=("$PACKAGE_FILES"/usr/bin/{proxtop,proxprofiler})
}

@test "lintian finds no error and no warning" {
    lintian --display-info --fail-on error,warning --tag-display-limit 0 \
        "$PACKAGE_OUT/proxtop_$PACKAGE_VERSION-1_$PACKAGE_ARCH.changes" >tags 2>&1 || {
        cat tags
        false
    }
    cp tags "$PACKAGE_OUT/log/lintian.log"
}

@test "it needs neither libvirt nor Proxmox VE" {
    depends=$(dpkg-deb -f "$PACKAGE_DEB" Depends Pre-Depends)
    [[ $depends == *libc6* ]]
    run ! grep -iE 'libvirt|pve|qemu' <<<"$depends"
    [ "$(dpkg-deb -f "$PACKAGE_DEB" Recommends)" = "libnss-systemd, libvirt0" ]
    for program in "${PROGRAMS[@]}"; do
        readelf -dW "$program" >dynamic
        grep -q 'NEEDED.*libc\.so' dynamic
        run ! grep -iE 'NEEDED.*virt' dynamic
    done
}

@test "the programs are hardened" {
    for program in "${PROGRAMS[@]}"; do
        readelf -hlW "$program" >headers
        readelf -dW "$program" >dynamic
        readelf --dyn-syms -W "$program" >symbols
        grep -q 'Type: *DYN' headers
        grep -q 'GNU_RELRO' headers
        # Neither the stack nor anything else can be written and executed.
        grep -qE 'GNU_STACK .* RW ' headers
        run ! grep -E '(LOAD|GNU_STACK) .* (RWE|WE)' headers
        grep -qE 'FLAGS_1.*NOW.*PIE' dynamic
        grep -q ' __stack_chk_fail@' symbols
        grep -q ' __memcpy_chk@' symbols
        grep -q ' __snprintf_chk@' symbols
    done
}

@test "the debug symbols are those of the programs, which have none themselves" {
    dpkg-deb -x "$PACKAGE_OUT/proxtop-dbgsym_$PACKAGE_VERSION-1_$PACKAGE_ARCH.deb" debug
    for program in "${PROGRAMS[@]}"; do
        id=$(readelf -nW "$program" | sed -n 's/.*Build ID: //p')
        [ "${#id}" -eq 40 ]
        file=debug/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug
        readelf -nW "$file" | grep -q "Build ID: $id"
        readelf -SW "$file" | grep -q '\.debug_info'
        # dwz keeps what both share in a file of its own; symbols are in each.
        nm "$file" | grep -q ' T main$'
        readelf -SW "$program" >sections
        run ! grep -E '\.(symtab|debug_info)' sections
    done
}

@test "no path of the build and no time but the release's is in the package" {
    epoch=$(date --utc --date="$(sed -n '1s/.*(\(.*\))/\1/p' "$PACKAGE_TREE/CHANGES")" '+%Y-%m-%d %H:%M')
    for file in "$PACKAGE_OUT"/*.deb; do
        TZ=UTC dpkg-deb -c "$file" >list
        [ "$(wc -l <list)" -gt 4 ]
        run ! grep -v " $epoch " list
        TZ=UTC dpkg-deb --ctrl-tarfile "$file" | TZ=UTC tar -tv >list
        run ! grep -v " $epoch " list
    done
    run ! grep -rlE '/tmp/tmp\.|/obj-' "$PACKAGE_FILES"
}

@test "the tarball: one directory, root's, the package's programs, for glibc 2.36" {
    tar -tvf "$PACKAGE_TARBALL" >list
    run ! grep -vE '^[-d]\S+ 0/0 .* proxtop-'"$PACKAGE_VERSION"'-linux-[a-z0-9_]+/' list
    tar -xf "$PACKAGE_TARBALL"
    top=$(basename "$PACKAGE_TARBALL" .tar.xz)
    for file in README LICENSE CHANGES usr/share/man/man1/proxtop.1.gz usr/lib/systemd/system/proxtop.service \
        usr/share/bash-completion/completions/proxtop etc/proxtop/config; do
        [ -s "$top/$file" ]
    done
    for program in "${PROGRAMS[@]}"; do
        cmp "$program" "$top/usr/bin/${program##*/}"
        newest=$(readelf -VW "$program" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
        [ "$(printf '%s\n' "$newest" GLIBC_2.36 | sort -V | tail -n 1)" = GLIBC_2.36 ]
        "$top/usr/bin/${program##*/}" --version
    done
    # Sorted, so that the order is nobody's directory's.
    tar -tf "$PACKAGE_TARBALL" >names
    LC_ALL=C sort -c <(sed 's|/$||; s|/|\x01|g' names)
}

@test "meson install below another prefix" {
    (cd "$PACKAGE_STAGE" && find . -type f -o -type l) | LC_ALL=C sort >found
    (
        cd "$PACKAGE_TREE"
        printf './usr/local/%s\n' bin/proxtop bin/proxprofiler \
            lib/systemd/system/{proxtop,proxprofiler,proxtop-exporter}.service \
            share/man/man1/{proxtop,proxprofiler}.1 share/man/man5/proxtop-config.5 \
            share/bash-completion/completions/{proxtop,proxprofiler} \
            share/zsh/site-functions/_{proxtop,proxprofiler} \
            share/fish/vendor_completions.d/{proxtop,proxprofiler}.fish \
            share/proxtop/proxtop{,-pve}.conf \
            share/doc/proxtop/{README.md,docs/*.md,docs/pictures/*.svg} \
            share/doc/proxtop/contrib/{grafana/proxtop.json,prometheus/{alerts,prometheus,rules}.yml} |
            while read -r path; do
                # The patterns are of this tree.
                case $path in
                *'/docs/*.md') printf './usr/local/share/doc/proxtop/%s\n' docs/*.md ;;
                *'/docs/pictures/*.svg') printf './usr/local/share/doc/proxtop/%s\n' docs/pictures/*.svg ;;
                *) echo "$path" ;;
                esac
            done
        echo ./etc/proxtop/config
    ) | LC_ALL=C sort >wanted
    diff wanted found
    for unit in "$PACKAGE_STAGE"/usr/local/lib/systemd/system/*.service; do
        grep -q '^ExecStart=/usr/local/bin/prox' "$unit"
        run ! grep '=/usr/bin/prox' "$unit"
    done
    "$PACKAGE_STAGE/usr/local/bin/proxtop" --version
}

@test "meson install leaves an /etc/proxtop/config that is there" {
    install=$PACKAGE_TREE/packaging/install-config.sh
    DESTDIR=$PWD/a "$install" "$PACKAGE_TREE/packaging/etc/config" /etc/proxtop/config
    cmp a/etc/proxtop/config "$PACKAGE_TREE/packaging/etc/config"
    [ "$(stat -c %a a/etc/proxtop/config)" = 644 ]
    echo 'interval = 7' >a/etc/proxtop/config
    DESTDIR=$PWD/a "$install" "$PACKAGE_TREE/packaging/etc/config" /etc/proxtop/config
    [ "$(cat a/etc/proxtop/config)" = 'interval = 7' ]
}

@test "the licence is the GPL's second version, word for word" {
    cmp "$PACKAGE_TREE/LICENSE" /usr/share/common-licenses/GPL-2
    grep -q '^License: GPL-2.0-or-later' "$PACKAGE_FILES/usr/share/doc/proxtop/copyright"
}

@test "the version is the same everywhere" {
    [ "$("${PROGRAMS[0]}" --version)" = "proxtop $PACKAGE_VERSION" ]
    [ "$("${PROGRAMS[1]}" --version)" = "proxprofiler $PACKAGE_VERSION" ]
    [ "$(dpkg-deb -f "$PACKAGE_DEB" Version)" = "$PACKAGE_VERSION-1" ]
    [[ $(head -n 1 "$PACKAGE_TREE/CHANGES") == "proxtop $PACKAGE_VERSION ("* ]]
    zcat "$PACKAGE_FILES/usr/share/doc/proxtop/changelog.Debian.gz" | head -n 1 |
        grep -qF "proxtop ($PACKAGE_VERSION-1) "
    [[ $PACKAGE_TARBALL == */proxtop-$PACKAGE_VERSION-linux-* ]]
    for page in proxtop.1 proxprofiler.1 proxtop-config.5; do
        zcat "$PACKAGE_FILES/usr/share/man/man${page##*.}/$page.gz" | grep -F '.Os' | grep -qF "$PACKAGE_VERSION"
    done
}

@test "a version that CHANGES does not know is not packaged" {
    git -C "$PACKAGE_TREE" -c safe.directory='*' ls-files -z | (cd "$PACKAGE_TREE" && tar -c --null -T -) | tar -x
    sed -i '1s/ [0-9.]* / 0.0.1 /' CHANGES
    run tools/package.sh
    [ "$status" -ne 0 ]
    [[ $output == *"VERSION is $PACKAGE_VERSION, but CHANGES begins with 'proxtop 0.0.1 "* ]]
    [ ! -e build ]
}
