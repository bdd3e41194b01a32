#!/bin/sh
# SPDX-License-Identifier: MIT
#
# autogen.sh - makes ./configure in a checkout.  Needs autoconf, automake,
# libtool and pkg-config; a release tarball needs none of them.

set -e
cd "$(dirname "$0")"
exec autoreconf --install --force
