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

# complains: standard error, but for the line that may be there on any system.
complains() {
	sed '/^hakmem-stat: [0-9]* process[es]* could not be looked at[:;]/d' \
		"$work/err"
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

# ---- commands that look into one process ----

# look_usage COMMAND [unsorted]: its command line.
look_usage() {
	stat "$1" --frobnicate
	ends "an unknown option" 2 "unrecognized option"
	stat "$1"
	ends "no process" 2 "$1: which process?"
	stat "$1" -p 1 2
	ends "an argument" 2 "takes no argument, such as '2'"
	for word in 12x 0 -1 4000000000 ''; do
		stat "$1" --pid="$word"
		ends "process '$word'" 2 "'$word' is no number of a process"
		check "that is one line" test "$(wc -l <"$work/err")" -eq 1
	done
	stat "$1" -p 1 --sort=
	if [ $# -eq 1 ]; then
		ends "no column" 2 "no such column"
	else
		ends "it has no order" 2 "unrecognized option"
	fi
	stat "$1" -p 1 --format=cvs
	ends "a format misspelt" 2 "did you mean 'csv'?"
	quiet "and nothing on standard output" cat "$work/out"
	stat "$1" --help
	ends "help" 0 "^Usage:"
	stat "$1" -p 2147483647
	ends "a process that is not there" 3 "there is no such process"
	check "that is one line" test "$(wc -l <"$work/err")" -eq 1
	quiet "and nothing on standard output" cat "$work/out"
}

# look_needs NAME: skips the rest where no process may be looked at.
look_needs() {
	reason=$(unreachable)
	if [ -n "$reason" ]; then
		skip "$1" "$reason"
		finish
	fi
	mkfifo "$work/in" "$work/said"
}

# start PROGRAM ...: runs it on the library, until stop, and waits for its
# first line, which is then in $work/first; its number is in $pid.
start() {
	LD_PRELOAD=$HAKMEM_LIB "$@" <"$work/in" >"$work/said" 3>&- &
	pid=$!
	exec 3>"$work/in"
	head -n 1 "$work/said" >"$work/first"
	check "$(basename "$1") runs" test -s "$work/first"
}

stop() {
	exec 3>&-
	wait "$pid"
}

# look_errors COMMAND: processes that cannot be looked into.
look_errors() {
	# This shell runs on the system's allocator.
	stat "$1" -p $$
	ends "a process without the library" 3 "libhakmem is not loaded there"
	check "that is one line" test "$(wc -l <"$work/err")" -eq 1

	export HAKMEM_CONF=stats_page=0
	start sh -c 'echo ready; read -r line'
	unset HAKMEM_CONF
	stat "$1" -p "$pid"
	ends "one whose page is not in use" 3 "stats_page is 0"
	quiet "with nothing on standard output" cat "$work/out"

	if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
		skip "another user's process" "not root, or no setpriv"
	else
		chmod 755 "$work"
		cp "$HAKMEM_STAT" "$work/tool"
		setpriv --reuid=54321 --clear-groups "$work/tool" "$1" \
			-p "$pid" >"$work/out" 2>"$work/err"
		echo $? >"$work/status"
		ends "another user's process" 3 "may not be read"
		check "that is one line" test "$(wc -l <"$work/err")" -eq 1
	fi
	stop

	# Programs with a page of their own, which is of no library of today.
	cat >"$work/later.c" <<'END_OF_C'
#include <stdint.h>
#include <unistd.h>

#include "stats/page.h"

struct hk_page hakmem_stats_page = {
	.magic = { 'H', 'A', 'K', 'M', 'E', 'M', 'P', 'G' },
	.abi = HK_PAGE_ABI + LATER, .size = sizeof(struct hk_page),
	.row_size = sizeof(struct hk_page_row),
	.section_size = sizeof(struct hk_page_section), .pid = 1,
};

int main(void)
{
	char byte;

	hakmem_stats_page.schema = (uintptr_t)&hakmem_stats_page;
	hakmem_stats_page.text = (uintptr_t)&hakmem_stats_page;
	if (write(1, "ready\n", 6) != 6)
		return 1;
	return read(0, &byte, 1) != 0;
}
END_OF_C
	for later in -1 0 1; do
		# shellcheck disable=SC2086 # a compiler may come with options
		$CC -DLATER=$later -I"$top_srcdir/lib" -rdynamic \
			-o "$work/later$later" "$work/later.c" || exit 99
	done
	library=$HAKMEM_LIB
	HAKMEM_LIB=
	start "$work/later1"
	stat "$1" -p "$pid"
	ends "a page of a later kind" 3 "of a later kind: a newer hakmem-stat"
	check "that is one line" test "$(wc -l <"$work/err")" -eq 1
	stop
	start "$work/later-1"
	stat "$1" -p "$pid"
	ends "one of an earlier kind" 3 "of an earlier kind: an older hakmem-stat"
	stop
	start "$work/later0"
	stat "$1" -p "$pid"
	ends "one that tells nothing of slabs" 3 "another hakmem-stat is needed"
	check "that is one line" test "$(wc -l <"$work/err")" -eq 1
	stop
	HAKMEM_LIB=$library
}
