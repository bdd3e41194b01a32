# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# common.sh - what the scripts that build and try packages share: messages,
# what must be installed, and a small Debian to try them in.
#
# That system is made once by debootstrap and kept as a tarball in
# $HAKMEM_CHROOTS (by default in ~/.cache/hakmem).  Each script unpacks it
# anew into a directory of its own and enters it with inside(), in namespaces
# of its own: what is mounted there nobody else sees, and when the command
# ends, whatever it started ends with it.

set -eu
LC_ALL=C.UTF-8
export LC_ALL
unset LD_PRELOAD

tool=${0##*/}
chroots=${HAKMEM_CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/hakmem}

say() {
	echo "$tool: $*"
}

die() {
	echo "$tool: error: $*" >&2
	exit 1
}

# need COMMAND PACKAGE ...: all of them, or the end, with what to install.
need() {
	local missing=
	while [ $# -gt 0 ]; do
		command -v "$1" >/dev/null || missing="$missing $2"
		shift 2
	done
	[ -z "$missing" ] || die "not installed, and needed:$missing;" \
		"install by: apt-get install$missing"
}

# need_root: exit status 77, as a test that cannot run here.
need_root() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "$tool: skipped: only root can change its root" >&2
		exit 77
	elif ! unshare --mount --pid --fork true 2>/dev/null; then
		echo "$tool: skipped: no namespaces can be made here" >&2
		exit 77
	fi
}

# Removed at the end.
scratch=
scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/hakmem-$tool.XXXXXX")
	chmod 755 "$scratch"
	trap 'rm -rf --one-file-system "$scratch"' EXIT
	trap 'exit 1' HUP INT TERM
}

# quietly WHAT LOG COMMAND ...: shows the end of the log where it fails.
quietly() {
	local what=$1 log=$2
	shift 2
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 30 "$log" | sed 's/^/  | /' >&2
		die "$what failed; all of its output is in $log"
	fi
}

### A system to try things in

suite=bookworm

# base_tarball: makes it if it is not there yet, and prints its name.
base_tarball() {
	local tarball
	tarball=$chroots/$suite-$(dpkg --print-architecture).tar
	if [ ! -e "$tarball" ]; then
		need debootstrap debootstrap
		say "making a $suite system in $tarball" >&2
		mkdir -p "$chroots"
		quietly debootstrap "$chroots/debootstrap.log" \
			debootstrap --variant=minbase "$suite" "$scratch/base"
		ready "$scratch/base"
		tar -C "$scratch/base" --one-file-system -cf "$tarball.new" .
		mv "$tarball.new" "$tarball"
		rm -rf --one-file-system "$scratch/base"
	fi
	echo "$tarball"
}

# ready ROOT: no service starts by itself there, apt asks nothing, and names
# are resolved as here.
ready() {
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
	cat >"$1/etc/apt/apt.conf.d/90hakmem" <<-'EOF'
	APT::Install-Recommends "false";
	APT::Get::Assume-Yes "true";
	Dpkg::Use-Pty "false";
	EOF
	cp -L /etc/resolv.conf "$1/etc/resolv.conf"
}

# new_root ROOT: unpacks it.
new_root() {
	local tarball
	tarball=$(base_tarball)
	mkdir -p "$1"
	tar -C "$1" -xpf "$tarball"
	cp -L /etc/resolv.conf "$1/etc/resolv.conf"
}

# inside ROOT COMMAND ...: as process 1 of namespaces of its own, with /proc
# and a /dev of pseudo-terminals, shared memory and the usual devices.
inside() {
	local root=$1
	shift
	# shellcheck disable=SC2016 # for the shell in there
	unshare --mount --pid --ipc --fork --kill-child sh -c '
		root=$1
		shift
		mount --make-rprivate / &&
			mount -t proc proc "$root/proc" &&
			mount -t devpts -o newinstance,ptmxmode=666,mode=620 \
				devpts "$root/dev/pts" &&
			mkdir -p "$root/dev/shm" &&
			mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" ||
			exit 1
		[ -e "$root/dev/ptmx" ] ||
			ln -s pts/ptmx "$root/dev/ptmx"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			chroot "$root" "$@"' sh "$root" "$@" </dev/null
}
