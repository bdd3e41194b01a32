/* SPDX-License-Identifier: MIT */
/*
 * libc_mode.c - see libc_mode.h.
 */
#define _GNU_SOURCE
#include "api/libc_mode.h"

#include "base/fatal.h"
#include "heap/thread.h"
#include "os/os.h"
#include "policy/policy.h"

#include <dlfcn.h>
#include <unistd.h>

struct hk_libc hk_libc;

/* Stores a function found by name; ISO C has no cast for that. */
static bool find(void *slot, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	*(void **)slot = symbol;
	return symbol != NULL;
}

void hk_libc_mode_start(void)
{
	struct hk_libc libc;
	struct hk_line line = { 0 };

	if (!find(&libc.malloc, "malloc") || !find(&libc.calloc, "calloc") ||
	    !find(&libc.realloc, "realloc") ||
	    !find(&libc.memalign, "memalign") || !find(&libc.free, "free") ||
	    !find(&libc.usable_size, "malloc_usable_size")) {
		hk_line_str(&line, "hakmem: force_libc: no other allocator "
				   "found in this process, staying on "
				   "libhakmem");
		if (!hk_policy.quiet && !hk_os_secure())
			hk_line_write(&line, STDERR_FILENO);
		return;
	}
	find(&libc.mallinfo, "mallinfo");
	find(&libc.mallinfo2, "mallinfo2");
	find(&libc.stats, "malloc_stats");
	find(&libc.info, "malloc_info");
	find(&libc.opt, "mallopt");
	find(&libc.trim, "malloc_trim");
	if (hk_tls.heap->attached)
		hk_thread_detach(&hk_heap_late);
	hk_libc = libc;
}
