/* SPDX-License-Identifier: MIT */
/*
 * share.c - see share.h.
 */
#include "heap/share.h"

#include "heap/process.h"
#include "heap/remote.h"
#include "heap/thread.h"
#include "os/os.h"
#include "policy/policy.h"

/* A thread that takes longer for its calls has no use for a heap yet. */
#define WINDOW_MS 1000

struct hk_lock hk_share_lock;

/* Under the lock, but for what heap.h says of any heap. */
static struct hk_heap shared_heap;

/*
 * Threads that share it now, those that sleep included.  Any thread, relaxed:
 * which of two that leave at once is the last does not matter, as long as the
 * heap stays usable for whoever comes next.
 */
static _Atomic unsigned int sharers;

/* Of the heap's calls at the last hk_share_tend().  Under the lock. */
static uint64_t calls_tended;

/*
 * The end of a thread is to be seen, though it has no heap to leave: what
 * comes after it must not get one.  Setting the key may allocate.
 */
static void begin(void)
{
	atomic_fetch_add_explicit(&sharers, 1, memory_order_relaxed);
	hk_tls.calls = 1;
	hk_tls.since = (uint32_t)hk_os_clock_ms();
	pthread_setspecific(hk_process_key, &hk_heap_none);
}

bool hk_share_wanted(void)
{
	size_t most = hk_policy_get(HK_OPT_SHARE);
	uint32_t now;

	if (hk_tls.heap == &hk_heap_late)
		return true;
	if (!most || !hk_threads_served())
		return false;
	if (!hk_tls.calls) {
		if (hk_orphans_wait())
			return false;
		begin();
		return true;
	}
	if (hk_tls.calls++ < most)
		return true;
	now = (uint32_t)hk_os_clock_ms();
	if (now - hk_tls.since < WINDOW_MS)
		return false;
	hk_tls.since = now;
	hk_tls.calls = 1;
	return true;
}

struct hk_heap *hk_share_enter(void)
{
	if (hk_process_start())
		return NULL;
	hk_lock(&hk_share_lock, HK_RANK_SHARE);
	hk_tls.in_shared = true;
	if (!shared_heap.attached && hk_heap_prepare(&shared_heap)) {
		shared_heap.shared = true;
		hk_heap_add(&shared_heap);
	}
	if (shared_heap.attached)
		return &shared_heap;
	hk_share_leave();
	return NULL;
}

struct hk_heap *hk_share_enter_used(void)
{
	hk_lock(&hk_share_lock, HK_RANK_SHARE);
	hk_tls.in_shared = true;
	if (shared_heap.attached)
		return &shared_heap;
	hk_share_leave();
	return NULL;
}

void hk_share_leave(void)
{
	hk_tls.in_shared = false;
	hk_unlock(&hk_share_lock, HK_RANK_SHARE);
}

/* The thread does not share any more; returns whether others still do. */
static bool end(void)
{
	hk_tls.calls = 0;
	return atomic_fetch_sub_explicit(&sharers, 1,
					 memory_order_relaxed) > 1;
}

void hk_share_ends(void)
{
	if (hk_tls.calls)
		end();
}

void hk_share_forked(void)
{
	atomic_store_explicit(&sharers, hk_tls.calls != 0,
			      memory_order_relaxed);
}

/*
 * Not from others that go on sharing: they would have to make slabs of every
 * class anew each time that one of many threads leaves.
 */
void hk_share_inherit(struct hk_heap *heap)
{
	if (!hk_tls.calls || end() || !hk_share_enter_used())
		return;
	/* First, as empty slabs are not worth having. */
	hk_heap_flush_kept(&shared_heap);
	for (uint32_t bits = shared_heap.small_used; bits; bits &= bits - 1) {
		unsigned int class = (unsigned int)__builtin_ctz(bits);
		uint32_t i;

		while ((i = shared_heap.usable[class].head))
			hk_remote_hand_over(&shared_heap, hk_desc_at(i), heap);
	}
	hk_share_leave();
}

void hk_share_trim(void)
{
	if (!hk_share_enter_used())
		return;
	hk_heap_flush_kept(&shared_heap);
	hk_share_leave();
}

static uint64_t calls_made(void)
{
	return atomic_load_explicit(&shared_heap.counts.allocs,
				    memory_order_relaxed) +
		atomic_load_explicit(&shared_heap.counts.frees,
				     memory_order_relaxed);
}

void hk_share_tend(void)
{
	if (!hk_share_enter_used())
		return;
	if (calls_made() == calls_tended)
		hk_heap_flush_kept(&shared_heap);
	calls_tended = calls_made();
	hk_share_leave();
}
