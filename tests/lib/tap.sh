# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tap.sh - what the TAP scripts that run programs on the library share.
#
# From the environment: top_srcdir and top_builddir, absolute; HAKMEM_LIB, or
# else HAKMEM_SO, the absolute path of libhakmem.so.1.

# shellcheck source=tests/build/common.sh
. "${top_srcdir:?}/tests/build/common.sh"
unset LD_PRELOAD HAKMEM_CONF

# shellcheck disable=SC2034 # for the scripts
hakmem=${HAKMEM_LIB:-${HAKMEM_SO:-$top_builddir/.libs/libhakmem.so.1}}

# Others than the one who made it look into it.
# shellcheck disable=SC2154 # made by common.sh
chmod 755 "$work"

# fail NAME: as in common.sh, of programs that may say very much, or what does
# not end in a newline.
fail() {
	echo "not ok $(count) - $1"
	head -c 4000 | sed 's/^/# /'
	echo
}

# check NAME COMMAND...: as in common.sh, with the status where it fails.
check() {
	local name=$1 status
	shift
	# What bash says of a program that a signal ended is of no interest.
	{
		"$@" >"$work/check.out" 2>&1
		status=$?
	} 2>/dev/null
	if [ $status -eq 0 ]; then
		pass "$name"
	else
		{
			echo "status $status"
			cat "$work/check.out"
		} | fail "$name"
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

# The keys of the statistics line, in their order.
# shellcheck disable=SC2034 # for the scripts
stats_keys="alloc free madvise madvise_disabled mmap_total fallback_mmap \
huge_alloc munmap_total mprotect_total mremap_total purge_bytes thp refill \
retire remote"

# was_loaded FILE: standard error of a run with HAKMEM_SS_OS_STATS=1 has the
# line, at least once.
was_loaded() {
	grep -q '^\[SS_OS_STATS\] alloc=' "$1"
}

# on_hakmem PROGRAM COMMAND...: runs it on the library, and fails where the
# dynamic linker does not say, in a process of that program, that it was
# loaded there.  (Not every program lets a library print at its end.)
on_hakmem() {
	local program=$1 file status
	shift
	rm -rf "$work/linker" && mkdir -m 777 "$work/linker"
	timeout "${limit:-120}" env LD_PRELOAD="$hakmem" LD_DEBUG=files \
		LD_DEBUG_OUTPUT="$work/linker/pid" "$@"
	status=$?
	for file in "$work"/linker/pid.*; do
		grep -q "initialize program: \(.*/\)\?$program\$" "$file" &&
			grep -qF "calling init: $hakmem" "$file" &&
			return $status
	done
	echo "the library was not loaded into $program" >&2
	return 98
}

# same NAME PROGRAM COMMAND...: runs a command on the system's allocator and
# on the library, where PROGRAM must have it, in a directory that is made anew
# for each and is a copy of $work/given, if that exists.  Exit status (0),
# standard output and standard error must be the same.
same() {
	local name=$1 program=$2 ours theirs
	shift 2
	fresh
	(cd "$work/same" && exec timeout "${limit:-120}" "$@") \
		>"$work/theirs.out" 2>"$work/theirs.err" </dev/null
	theirs=$?
	fresh
	(cd "$work/same" && on_hakmem "$program" "$@") \
		>"$work/ours.out" 2>"$work/ours.err" </dev/null
	ours=$?
	if [ "$theirs" -ne 0 ]; then
		{
			echo "status $theirs on the system's allocator, too"
			cat "$work/theirs.err"
		} | fail "$name"
	elif [ "$ours" -ne 0 ]; then
		{
			echo "status $ours"
			cat "$work/ours.err"
		} | fail "$name"
	elif [ ! -s "$work/theirs.out" ]; then
		echo "no output to compare" | fail "$name"
	elif ! cmp "$work/theirs.out" "$work/ours.out" >"$work/why" 2>&1 ||
		! cmp "$work/theirs.err" "$work/ours.err" >>"$work/why" 2>&1
	then
		{
			cat "$work/why"
			diff -a "$work/theirs.out" "$work/ours.out" | head -20
			diff -a "$work/theirs.err" "$work/ours.err" | head -20
		} | fail "$name"
	else
		pass "$name"
	fi
}

fresh() {
	rm -rf "$work/same"
	if [ -d "$work/given" ]; then
		cp -a "$work/given" "$work/same"
	else
		mkdir "$work/same"
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
