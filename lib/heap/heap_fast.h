/* SPDX-License-Identifier: MIT */
/*
 * heap_fast.h - the two fast paths, and nothing rare: whatever is not the
 * plain case leaves by one of the branches.  A test counts their
 * instructions in the built library.
 */
#ifndef HK_HEAP_FAST_H
#define HK_HEAP_FAST_H

#include "heap/heap.h"

/*
 * The last block freed in the current slab of a small class; NULL where the
 * slab has none or its list is broken: hk_heap_small() finds out which.
 */
HK_INLINE void *hk_pop(struct hk_desc *d)
{
	struct hk_block *b = d->freed;

	if (hk_unlikely(!hk_block_in(d, b)))
		return NULL;
	d->freed = hk_block_next(b);
	hk_countup(&d->count);
	hk_block_clear(b);
	return b;
}

/*
 * The slab of block `p` if the plain case holds: the calling thread's heap
 * owns it, `p` is the start of a carved block, and no list has it.  Else
 * NULL.
 */
HK_INLINE struct hk_desc *hk_own_slab(const void *p)
{
	size_t off = (uintptr_t)p - hk_arena.base;
	struct hk_desc *d;

	/* As hk_desc_of(), of which the compiler would test the result. */
	if (hk_unlikely(off >= hk_peek(&hk_arena.span)))
		return NULL;
	d = &hk_arena.table[off >> HK_UNIT_SHIFT];
	if (hk_unlikely(!hk_desc_is_owner(d, hk_tls.heap)))
		return NULL;
	if (hk_unlikely(!hk_desc_is_start(d, p)))
		return NULL;
	if (hk_unlikely(hk_block_marked(p)))
		return NULL;
	return d;
}

/* Puts a block on its slab's list; true where the count ran out. */
HK_INLINE bool hk_push(struct hk_desc *d, struct hk_block *b)
{
	hk_block_set(b, d->freed);
	d->freed = b;
	return hk_countdown(&d->count);
}

#endif /* HK_HEAP_FAST_H */
