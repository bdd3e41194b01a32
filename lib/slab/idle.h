/* SPDX-License-Identifier: MIT */
/*
 * idle.h - pages of free blocks inside slabs that are in use: when
 * they are given back to the system.
 *
 * A block has a bit in three words of its slab: `avail` tells that it is
 * free, `idle` that it is free and may be resident, `cold` that it was so
 * when the group was searched last.  A group is the slabs of a class, whose
 * lock is held for every call here but where it says otherwise.
 *
 *   out ----------> free, idle ----------> free, cold -------> free, no pages,
 *    ^    given          |      search         |      search   reads as zero
 *    +-------------------+---------------------+------------------+
 *                               taken
 */
#ifndef HK_IDLE_H
#define HK_IDLE_H

#include "superslab/unitmap.h"

struct hk_idle {
	/*
	 * Blocks with the program or in magazines.  Relaxed: others than the
	 * holder of the lock read it as a hint.
	 */
	_Atomic size_t out;
	_Atomic size_t idle;	/* blocks that have the bit; the same */
	uint32_t searched;	/* ms */
};

/* A slab with these idle blocks joins the group, or leaves it. */
void hk_idle_join(struct hk_idle *group, struct hk_desc *d, uint64_t idle);
void hk_idle_leave(struct hk_idle *group, struct hk_desc *d);

HK_INLINE size_t hk_idle_out(const struct hk_idle *group)
{
	return atomic_load_explicit(&group->out, memory_order_relaxed);
}

HK_INLINE void hk_idle_set_out(struct hk_idle *group, size_t out)
{
	atomic_store_explicit(&group->out, out, memory_order_relaxed);
}

HK_INLINE size_t hk_idle_blocks(const struct hk_idle *group)
{
	return atomic_load_explicit(&group->idle, memory_order_relaxed);
}

HK_INLINE void hk_idle_set_blocks(struct hk_idle *group, size_t idle)
{
	atomic_store_explicit(&group->idle, idle, memory_order_relaxed);
}

/* The block with the bit `bit` is given back. */
HK_INLINE void hk_idle_give(struct hk_idle *group, struct hk_desc *d,
			    uint64_t bit)
{
	d->idle |= bit;
	hk_idle_set_blocks(group, hk_idle_blocks(group) + 1);
	hk_idle_set_out(group, hk_idle_out(group) - 1);
}

/* It is taken; returns whether it reads as zero. */
HK_INLINE bool hk_idle_take(struct hk_idle *group, struct hk_desc *d,
			    uint64_t bit)
{
	hk_idle_set_out(group, hk_idle_out(group) + 1);
	if (!(d->idle & bit))
		return true;
	hk_idle_set_blocks(group, hk_idle_blocks(group) - 1);
	d->idle &= ~bit;
	d->cold &= ~bit;
	return false;
}

/*
 * Gives the pages of idle blocks `bits` of a slab back, `size` bytes each.
 * The lock is held meanwhile: of all calls to the system this is the
 * shortest.  Returns how many bytes were idle.
 */
size_t hk_idle_purge(struct hk_idle *group, struct hk_desc *d, uint64_t bits,
		     size_t size);

/*
 * Is so much of the group idle that it cannot all be needed soon?  A hint
 * without the lock.
 */
bool hk_idle_much(const struct hk_idle *group, size_t size);

/* Is enough of this slab, of `capacity` blocks, idle to begin here? */
bool hk_idle_worth(const struct hk_desc *d, unsigned int capacity);

/* Is it time to search?  Then hk_idle_search() is for each slab. */
bool hk_idle_search_due(struct hk_idle *group);
void hk_idle_search(struct hk_idle *group, struct hk_desc *d, size_t size);

#endif /* HK_IDLE_H */
