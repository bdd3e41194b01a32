# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tool.sh - what the tests of hakmem-preload share: a small system in a
# directory, with the C library, a shell and true of this machine, in which
# /etc/ld.so.preload is in force for what runs by chroot(8).
#
# An ordinary user becomes root of a user namespace for it.

: "${top_srcdir:?}" "${top_builddir:?}"
export HAKMEM_PRELOAD="${HAKMEM_PRELOAD:-$top_builddir/tools/hakmem-preload/hakmem-preload}"
unset LD_PRELOAD HAKMEM_CONF HAKMEM_PROFILE HAKMEM_SS_OS_STATS

if [ "$(id -u)" -ne 0 ]; then
	if [ -n "${HAKMEM_TEST_NAMESPACE:-}" ] ||
		! unshare -rm true 2>/dev/null; then
		echo "1..0 # SKIP needs root, or unshare -r"
		exit 0
	fi
	HAKMEM_TEST_NAMESPACE=1 exec unshare -rm bash "$0"
fi

# shellcheck source=tests/build/common.sh
. "$top_srcdir/tests/build/common.sh"
# shellcheck disable=SC2154 # made by common.sh
chmod 755 "$work"

# Where the tool was configured to find them.
: "${LIBDIR:?}" "${SYSCONFDIR:?}" "${PKGLIBEXECDIR:?}"
# shellcheck disable=SC2034 # for the tests
library=$LIBDIR/libhakmem.so.1

need_library() {
	[ -e "${HAKMEM_SO:-}" ] || skip_all "no library"
}

root=$work/root
file=$root/etc/ld.so.preload

# put PROGRAM [PATH]: into the root, with the libraries that it needs.
put() {
	local path=${2:-$1} needed
	mkdir -p "$root${path%/*}"
	cp -L "$1" "$root$path"
	for needed in $(ldd "$1" | grep -o '/[^ ]*'); do
		mkdir -p "$root${needed%/*}"
		[ -e "$root$needed" ] || cp -L "$needed" "$root$needed"
	done
}

# new_root: makes it, without /etc/ld.so.preload.  One is made and copied.
new_root() {
	rm -rf "$root"
	if [ ! -d "$work/model" ]; then
		mkdir -p "$root/etc" "$root$SYSCONFDIR" "$root/tmp" \
			"$root/usr/bin" "$root/run"
		put "$(type -P true)" /bin/true
		put "$(readlink -f "$(type -P sh)")" /bin/sh
		put "$top_builddir/tools/hakmem-preload/preload-probe" \
			"$PKGLIBEXECDIR/preload-probe"
		mkdir -p "$root$LIBDIR"
		cp -L "$HAKMEM_SO" "$root$library"
		chmod -R go-w "$root"
		find "$root" -name 'lib*' -type f -exec chmod 755 {} +
		mv "$root" "$work/model"
	fi
	cp -a "$work/model" "$root"
}

# tool ARGUMENT ...: runs it on the root; its output is then in $work/out and
# $work/err, its exit status in $work/status.
tool() {
	"$HAKMEM_PRELOAD" --root "$root" "$@" >"$work/out" 2>"$work/err"
	echo $? >"$work/status"
}

show() {
	echo "exit status $(cat "$work/status"); standard output:"
	cat -v "$work/out"
	echo "standard error:"
	cat -v "$work/err"
	if [ -f "$file" ]; then
		echo "$file:"
		cat -v "$file"
	fi
	ls -la "$root/etc"
}

# ends NAME STATUS [PATTERN ...]: the last tool exited with STATUS, and each
# PATTERN is in what it printed.  Where it did not end well it said so in one
# line.
ends() {
	local name=$1 status=$2 fine=yes pattern
	shift 2
	[ "$(cat "$work/status")" = "$status" ] ||
		fine="status $(cat "$work/status"), not $status"
	for pattern in "$@"; do
		cat "$work/out" "$work/err" | grep -q -e "$pattern" ||
			fine="no $pattern"
	done
	if [ "$status" -ge 4 ] &&
		[ "$(grep -vc ': note: ' "$work/err")" -ne 1 ]; then
		fine="not one line"
	fi
	if [ "$fine" = yes ]; then
		pass "$name"
	else
		{
			echo "$fine"
			show
		} | fail "$name"
	fi
}

# holds NAME TEXT: the file has that, byte for byte (as of printf(1)).
holds() {
	# shellcheck disable=SC2059 # a format
	printf "$2" >"$work/wanted"
	if [ -f "$file" ] && [ ! -L "$file" ] &&
		cmp -s "$work/wanted" "$file" &&
		[ "$(stat -c %a "$file")" = 644 ]; then
		pass "$1"
	else
		show | fail "$1"
	fi
}

# absent NAME: there is no such file.
absent() {
	if [ -e "$file" ] || [ -L "$file" ]; then
		show | fail "$1"
	else
		pass "$1"
	fi
}

# Names in /etc of the root that hakmem-preload may have while it works.
leftovers() {
	find "$root/etc" "$root$SYSCONFDIR" -name '*hakmem*' \
		! -name hakmem.conf ! -name zz-hakmem.conf
}

# starts: a program starts in the root and prints nothing.
starts() {
	[ -z "$(chroot "$root" /bin/sh -c ':' 2>&1)" ] &&
		chroot "$root" /bin/true 2>/dev/null
}

# compile OUTPUT FLAG ...: a library from the C text on standard input.
compile() {
	local output=$1
	shift
	# shellcheck disable=SC2086 # a compiler may come with options
	${CC:-cc} -x c -shared -fPIC -O1 -w -o "$output" - -x none "$@" \
		2>"$work/why" && chmod 755 "$output" && return
	fail "a library is compiled" <"$work/why"
	finish
}

# The calls of libhakmem, served by the C library.
# shellcheck disable=SC2034 # for the tests
calls='
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
void *malloc(size_t n) { return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return __libc_realloc(p, n); }
void free(void *p) { __libc_free(p); }
const char *hakmem_version(void) { return "0"; }
'
