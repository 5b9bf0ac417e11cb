# SPDX-License-Identifier: GPL-2.0-or-later
# proxtop and proxprofiler with nothing but what they need at run time. docs/CONTAINER.md tells how
# to run it; tests/package/container.bats builds the same layout of files and runs that.
#
#   docker build -t proxtop .          podman build -t proxtop .

FROM debian:bookworm-slim AS build
WORKDIR /src
# First by itself: the packages are not downloaded again whenever a source file changes.
COPY tools/packages.sh tools/packages.sh
RUN apt-get update && \
    bash -c '. tools/packages.sh && packages_run_apt install -y --no-install-recommends $(packages_list build)'
COPY . .
RUN meson setup /build --prefix=/usr --buildtype=release --strip -Dlibvirt=enabled && \
    DESTDIR=/out meson install -C /build

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="proxtop" \
      org.opencontainers.image.description="What each virtual machine of a KVM host costs and what it waits for" \
      org.opencontainers.image.licenses="GPL-2.0-or-later"
# libvirt0 is opened at run time, where libvirt's socket is mounted; ca-certificates is what --tls
# and https trust, ncurses-base what the terminals can do.
RUN apt-get update && \
    apt-get install -y --no-install-recommends \
        ca-certificates \
        libcrypt1 \
        libevent-core-2.1-7 \
        libevent-extra-2.1-7 \
        libevent-openssl-2.1-7 \
        libexpat1 \
        libjson-c5 \
        libncursesw6 \
        libssl3 \
        libvirt0 \
        ncurses-base \
        zlib1g && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/bin/proxtop /usr/bin/proxtop
COPY --from=build /out/usr/bin/proxprofiler /usr/bin/proxprofiler
# The screen draws with characters beyond ASCII.
ENV LANG=C.UTF-8
# No USER: capabilities that a container is given reach root's processes alone, and without
# CAP_SYS_PTRACE what the QEMU processes read and write, and where disk images lie, stays closed.
# Whoever does not need these figures runs it with --user=65534:65534 --cap-drop=ALL.
ENTRYPOINT ["/usr/bin/proxtop"]
