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
 * The first block of a list, or NULL where it is the last, the list has none
 * or its link is forged: hk_heap_small() finds out which.
 */
HK_INLINE void *hk_pop(struct hk_block **head)
{
	struct hk_block *b = *head;
	struct hk_block *next = hk_block_next(b);

	if (hk_unlikely(!hk_block_near(b, next)))
		return NULL;
	*head = next;
	hk_note_open(b, sizeof(*b));
	b->mark = 0;
	hk_note_close(b, sizeof(*b));
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
	uintptr_t mark;

	/* As hk_desc_of(), of which the compiler would test the result. */
	if (hk_unlikely(off >= hk_peek(&hk_arena.span)))
		return NULL;
	d = &hk_arena.table[off >> HK_UNIT_SHIFT];
	if (hk_unlikely(!hk_desc_is_owner(d, hk_tls.heap)))
		return NULL;
	if (hk_unlikely(!hk_desc_is_start(d, p)))
		return NULL;
	hk_note_open(p, sizeof(struct hk_block));
	mark = ((const struct hk_block *)p)->mark;
	if (hk_unlikely(mark == hk_arena.mark_key))
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
