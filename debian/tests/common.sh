# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# common.sh - what the tests of the installed packages share.  A test ends
# with the first thing that is not as it should be, and prints nothing on
# standard error otherwise.

set -eu
unset LD_PRELOAD

# shellcheck disable=SC2034 # for the tests
library=$(dpkg -L libhakmem1 | grep '/libhakmem\.so\.1$')
list=/etc/ld.so.preload

die() {
	echo "$*" >&2
	exit 1
}

# is WHAT EXPECTED IS
is() {
	[ "$2" = "$3" ] || die "$1: '$3', but '$2' was expected"
	echo "ok: $1"
}

# mapped COMMAND ...: whether a grep that COMMAND starts has the library.
mapped() {
	if "$@" grep -q libhakmem /proc/self/maps; then
		echo yes
	else
		echo no
	fi
}

# enable_it, disable_it: with the tool where it is, or else by hand.
enable_it() {
	if command -v hakmem-preload >/dev/null; then
		hakmem-preload enable
	else
		echo "$library" >"$list.new"
		chmod 644 "$list.new"
		mv "$list.new" "$list"
	fi
}

disable_it() {
	if command -v hakmem-preload >/dev/null; then
		hakmem-preload disable
	else
		rm -f "$list"
	fi
}
