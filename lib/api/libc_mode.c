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

/* Constructors that come early are few; what they say more is lost. */
#define EARLY_MAX 16u

/*
 * What mallopt() was told before our constructor: by the process's one
 * thread, as a rule, and only by counting up.
 */
static struct {
	int param, value;
} early[EARLY_MAX];
static _Atomic unsigned int early_count;

void hk_libc_mode_remember(int param, int value)
{
	/* Relaxed: the constructor that reads it runs in the same thread. */
	unsigned int i = atomic_load_explicit(&early_count,
					      memory_order_relaxed);

	if (i == EARLY_MAX)
		return;
	early[i].param = param;
	early[i].value = value;
	atomic_store_explicit(&early_count, i + 1, memory_order_relaxed);
}

void hk_libc_mode_forget(void)
{
	atomic_store_explicit(&early_count, EARLY_MAX, memory_order_relaxed);
}

static void tell_early(const struct hk_libc *libc)
{
	unsigned int n = atomic_load_explicit(&early_count,
					      memory_order_relaxed);

	for (unsigned int i = 0; libc->opt && i < n; i++)
		libc->opt(early[i].param, early[i].value);
}

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
	tell_early(&libc);
	hk_libc = libc;
}
