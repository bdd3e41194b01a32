# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# common.sh - what the TAP scripts share.  They run in the build tree, with
# the variables that tests/Makefile.inc exports.

: "${top_srcdir:?}" "${top_builddir:?}"
set -u
LC_ALL=C
export LC_ALL

# Removed at the end; a script fills it as it likes.
work=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-test.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

# The count is kept in files: a function that is fed through a pipe runs in
# a process of its own.
count() {
	echo >>"$work/count"
	wc -l <"$work/count" | tr -d ' '
}

pass() {
	echo "ok $(count) - $1"
}

# fail NAME: what went wrong is read from standard input.
fail() {
	echo "not ok $(count) - $1"
	sed 's/^/# /'
}

skip() {
	echo "ok $(count) - $1 # SKIP $2"
}

# skip_all REASON: the whole script has nothing to do in this build.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# check NAME COMMAND ...: passes where the command exits with 0; shows what
# it wrote where it does not.
check() {
	check_name=$1
	shift
	if "$@" >"$work/check.out" 2>&1; then
		pass "$check_name"
	else
		fail "$check_name" <"$work/check.out"
	fi
}

# quiet NAME COMMAND ...: passes where the command writes nothing, which is
# how the scripts that look for faults report.
quiet() {
	quiet_name=$1
	shift
	if "$@" >"$work/check.out" 2>&1 && [ ! -s "$work/check.out" ]; then
		pass "$quiet_name"
	else
		fail "$quiet_name" <"$work/check.out"
	fi
}

# Why no other process can be looked into here; empty where one can.
unreachable() {
	if [ "$HK_SANITIZER" != no ]; then
		echo "no library with a sanitizer"
	elif [ -n "${EMULATOR:-}" ]; then
		echo "the memory of an emulator is not its program's"
	elif [ "$(id -u)" -ne 0 ] &&
		[ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null ||
			echo 0)" -ne 0 ]; then
		echo "only root may look into processes here"
	fi
}

# A failed check is reported by its own line, not by the exit status, which
# would be counted as another fault.
finish() {
	echo "1..$(($(count) - 1))"
	exit 0
}
