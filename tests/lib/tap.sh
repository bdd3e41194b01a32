# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tap.sh - what the TAP scripts that run programs on the library share.
#
# From the environment: top_srcdir and top_builddir, absolute; HAKMEM_LIB, or
# else HAKMEM_SO, the absolute path of libhakmem.so.1.

: "${top_srcdir:?}" "${top_builddir:?}"
set -u
LC_ALL=C
export LC_ALL
unset LD_PRELOAD

# shellcheck disable=SC2034 # for the scripts
hakmem=${HAKMEM_LIB:-${HAKMEM_SO:-$top_builddir/.libs/libhakmem.so.1}}

# Removed at the end; a script fills it as it likes.
work=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-test.XXXXXX") || exit 99
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

# The count is kept in a file: a function that is fed through a pipe runs in
# a process of its own.
tally() {
	echo >>"$work/tally"
	wc -l <"$work/tally" | tr -d ' '
}

pass() {
	echo "ok $(tally) - $1"
}

# fail NAME: what went wrong is read from standard input.
fail() {
	echo "not ok $(tally) - $1"
	head -c 4000 | sed 's/^/# /'
	echo
}

skip() {
	echo "ok $(tally) - $1 # SKIP $2"
}

# skip_all REASON: the script has nothing to do here.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# check NAME COMMAND...: passes where the command exits with 0; shows what it
# wrote where it does not.
check() {
	local name=$1
	shift
	if "$@" >"$work/check.out" 2>&1; then
		pass "$name"
	else
		fail "$name" <"$work/check.out"
	fi
}

# need PROGRAM PACKAGE: fails, and ends the script, where a program that the
# test is about is not installed.
need() {
	command -v "$1" >/dev/null && return
	echo "not found: $1; install the package $2 (./quickstart does)" |
		fail "$1 is installed"
	finish
}

finish() {
	echo "1..$(($(tally) - 1))"
	exit 0
}

# The keys of the statistics line, in their order.
# shellcheck disable=SC2034 # for the scripts
stats_keys="alloc free madvise madvise_disabled mmap_total fallback_mmap \
huge_alloc munmap_total mprotect_total mremap_total purge_bytes refill retire remote"

# on_hakmem COMMAND...: runs it on the library, which tells at the end of
# each process that it was there.
on_hakmem() {
	timeout 120 env LD_PRELOAD="$hakmem" HAKMEM_SS_OS_STATS=1 "$@"
}

# was_loaded FILE: standard error of such a run has the line, at least once.
was_loaded() {
	grep -q '^\[SS_OS_STATS\] alloc=' "$1"
}

# without_stats FILE: the file without those lines.
without_stats() {
	grep -v '^\[SS_OS_STATS\]' "$1" || true
}

# same NAME COMMAND...: runs a command on the system's allocator and on the
# library, in $work/same, which is made anew for each: exit status, standard
# output and standard error must be the same, and the library must have been
# there.
same() {
	local name=$1 ours theirs
	shift
	rm -rf "$work/same" && mkdir "$work/same"
	(cd "$work/same" && exec timeout 120 "$@") \
		>"$work/theirs.out" 2>"$work/theirs.err" </dev/null
	theirs=$?
	rm -rf "$work/same" && mkdir "$work/same"
	(cd "$work/same" && on_hakmem "$@") \
		>"$work/ours.out" 2>"$work/ours.raw" </dev/null
	ours=$?
	without_stats "$work/ours.raw" >"$work/ours.err"
	if ! was_loaded "$work/ours.raw"; then
		fail "$name: the library was not loaded" <"$work/ours.err"
	elif [ "$ours" -ne "$theirs" ]; then
		(
			echo "status $ours, not $theirs"
			cat "$work/ours.err"
		) | fail "$name"
	elif [ "$theirs" -ne 0 ]; then
		(
			echo "status $theirs on the system's allocator, too"
			cat "$work/theirs.err"
		) | fail "$name"
	elif [ ! -s "$work/theirs.out" ]; then
		echo "no output to compare" | fail "$name"
	elif ! cmp "$work/theirs.out" "$work/ours.out" >"$work/cmp" 2>&1; then
		(
			cat "$work/cmp"
			diff -a "$work/theirs.out" "$work/ours.out" | head -20
		) | fail "$name: output"
	elif ! cmp "$work/theirs.err" "$work/ours.err" >"$work/cmp" 2>&1; then
		diff -a "$work/theirs.err" "$work/ours.err" |
			fail "$name: standard error"
	else
		pass "$name"
	fi
}

# build_probe FILE [ARGUMENTS...]: compiles tests/preload/probe.c.
build_probe() {
	local file=$1
	shift
	${CC:-cc} -O2 -fno-builtin -I"$top_srcdir/include" \
		-I"$top_srcdir/tests" -o "$file" \
		"$top_srcdir/tests/preload/probe.c" "$@" -lpthread -ldl \
		2>"$work/why" && return
	fail "probe is compiled" <"$work/why"
	finish
}
