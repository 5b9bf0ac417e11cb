# SPDX-License-Identifier: GPL-2.0-or-later
# Small Debian roots to try things in. Nothing but the downloaded base is kept between runs. Sourced.
#
#   root_base                   build/package/base.tar: a minimal Debian of this machine's release
#                               and mirror; made once, then kept. Needs the network
#   root_make DIR               a fresh root in DIR, of it
#   root_download DIR PACKAGE...  has apt put the packages, and all that they need, into the root's
#                               own cache, so that they can be installed without a network
#   root_run DIR COMMAND...     runs it in the root, in mount and process namespaces of its own (with
#                               /proc, /sys, /dev) that end with it
#   root_remove DIR             only what root_make made, and only when nothing is mounted there
# shellcheck shell=bash
