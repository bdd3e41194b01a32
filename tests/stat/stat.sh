# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# stat.sh - what the tests of hakmem-stat share.  HAKMEM_STAT and HAKMEM_LIB
# name another program and library than those of the build tree.

# shellcheck source=tests/build/common.sh
. "${top_srcdir:?}/tests/build/common.sh"

# shellcheck disable=SC2154 # made by common.sh
export HAKMEM_STAT="${HAKMEM_STAT:-$top_builddir/tools/hakmem-stat/hakmem-stat}"
export HAKMEM_LIB="${HAKMEM_LIB:-${HAKMEM_SO:-}}"
unset NO_COLOR HAKMEM_SS_OS_STATS HAKMEM_FORCE_LIBC_ALLOC HAKMEM_CONF \
	HAKMEM_PROFILE HAKMEM_STATS_FILE HAKMEM_QUIET LD_PRELOAD

# stat ARGUMENT ...: runs the program; its output is then in $work/out and
# $work/err, its exit status in $work/status.
stat() {
	# shellcheck disable=SC2086 # an emulator comes with options
	${EMULATOR:-} "$HAKMEM_STAT" "$@" >"$work/out" 2>"$work/err"
	echo $? >"$work/status"
}

show() {
	echo "exit status $(cat "$work/status"); standard output:"
	cat -v "$work/out"
	echo "standard error:"
	cat -v "$work/err"
}

# ends NAME STATUS [PATTERN ...]: the last stat exited with STATUS, and each
# PATTERN is in what it printed.
ends() {
	ends_name=$1
	ends_ok=yes
	[ "$(cat "$work/status")" = "$2" ] || ends_ok=no
	shift 2
	for pattern in "$@"; do
		cat "$work/out" "$work/err" | grep -q -e "$pattern" ||
			ends_ok="no $pattern"
	done
	if [ "$ends_ok" = yes ]; then
		pass "$ends_name"
	else
		{
			echo "$ends_ok"
			show
		} | fail "$ends_name"
	fi
}

# same NAME FILE: standard output of the last stat is FILE, byte for byte.
same() {
	if cmp -s "$work/out" "$2"; then
		pass "$1"
	else
		show | fail "$1"
	fi
}

# figure NAME KEY VALUE: the last report has that value for that key in the
# first column of its table.
figure() {
	value=$(awk -v key="$2" '$1 == key { print $2 }' "$work/out")
	if [ "$value" = "$3" ]; then
		pass "$1"
	else
		show | fail "$1"
	fi
}
