/* SPDX-License-Identifier: MIT */
/*
 * guard.h - blocks between guard pages: each on a page of its own, which may
 * trap once the block is freed, as do the pages beside it at any time.  Some
 * allocations are served so, to find what no check of a free can see.
 *
 *   +-------+------------+-------+------------+-------+--- ~ ---+-------+
 *   | guard | slot 0 === | guard | === slot 1 | guard |         | guard |
 *   +-------+------------+-------+------------+-------+--- ~ ---+-------+
 *              block at the end,    or at the start of its page: the one
 *              traps overflows, the other what is written before it
 *
 * A freed slot is the last to be used again.  A block that its alignment
 * keeps from the very end of the page, or that is at the start, has a pattern
 * behind it, which is looked at when it is freed.
 *
 * To close a page and to open it again are two calls to the system.  A freed
 * block whose page stays open is overwritten with the pattern, and that is
 * looked at when the slot is used again.
 *
 * Functions take the lock (HK_RANK_GUARD) themselves and may be called by
 * any thread.
 */
#ifndef HK_GUARD_H
#define HK_GUARD_H

#include "base/base.h"
#include "os/lock.h"
#include "os/trace.h"

#define HK_GUARD_SLOTS 128u

enum hk_guard_state {
	HK_GUARD_UNUSED,
	HK_GUARD_LIVE,
	HK_GUARD_FREED,			/* and its page traps */
	HK_GUARD_WAITING,		/* freed, its page is open */
};

/* Under the lock. */
struct hk_guard_slot {
	enum hk_guard_state state;
	uint32_t size;			/* bytes asked for */
	char *start;			/* of the block */
	struct hk_trace allocated;	/* by whom */
	struct hk_trace freed;
	uint32_t next;			/* freed after it: number + 1 */
};

/* What a pointer, or an address that trapped, is to the blocks here. */
enum hk_guard_verdict {
	HK_GUARD_NONE,		/* not near any */
	HK_GUARD_BLOCK,		/* the start of a live one, all well */
	HK_GUARD_SPILLED,	/* the same, with bytes behind it written */
	HK_GUARD_INSIDE,	/* in a live one, or its page */
	HK_GUARD_PAST,		/* behind one */
	HK_GUARD_BEFORE,	/* before one */
	HK_GUARD_AFTER_FREE,	/* in a freed one */
};

/*
 * A block of `n` bytes at a multiple of `align`, both at most a page, which
 * reads as zero; `frame` as in trace.h, of the call.  NULL where `most`
 * pages are open and all have live blocks, or there is no memory or address
 * space; or where somebody wrote to the block that was to be used again after
 * it was freed: *culprit is a copy of its slot then, and HK_GUARD_UNUSED
 * otherwise.
 */
void *hk_guard_alloc(size_t n, size_t align, size_t most, const void *frame,
		     struct hk_guard_slot *culprit);

/*
 * What `p` is; *slot is a copy of the slot of the block that is nearest, but
 * for HK_GUARD_NONE.  May be called by a handler of a trap: a lock that is
 * not free for a while is not waited for.
 */
enum hk_guard_verdict hk_guard_look(const void *p,
				    struct hk_guard_slot *slot);

/* How many pages are open, once there was a block: of live and freed ones. */
size_t hk_guard_open(void);

/*
 * Frees the live block that starts at `p`, so that its page traps or is kept
 * open; false where none does.
 */
bool hk_guard_free(void *p, const void *frame, bool trap);

/*
 * Where the slots are; 0 before there are any.  Written once, under the
 * lock, the length first; read without: release and acquire.
 */
extern _Atomic uintptr_t hk_guard_base HK_HIDDEN;
extern size_t hk_guard_span HK_HIDDEN;

/* Is `p` among the slots or their guards? */
HK_INLINE bool hk_guard_is(const void *p)
{
	uintptr_t base = atomic_load_explicit(&hk_guard_base,
					      memory_order_acquire);

	return hk_unlikely(base && (uintptr_t)p - base < hk_guard_span);
}

/* Written under the lock, read without: relaxed. */
struct hk_guard_counts {
	_Atomic size_t live;		/* bytes: whole pages */
	_Atomic size_t kept;		/* the same, freed and open */
	_Atomic size_t reserved;	/* address space */
	_Atomic uint64_t taken;		/* blocks so far */
};
extern struct hk_guard_counts hk_guard_counts HK_HIDDEN;

extern struct hk_lock hk_guard_lock;	/* for fork */

#endif /* HK_GUARD_H */
