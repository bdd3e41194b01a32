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

/* The descriptor of `p` in *d; false where there is none. */
HK_INLINE bool hk_find_desc(const void *p, struct hk_desc **d)
{
	size_t off = (uintptr_t)p - hk_arena.base;

	if (hk_unlikely(off >= hk_peek(&hk_arena.span)))
		return false;
	*d = &hk_arena.table[off >> HK_UNIT_SHIFT];
	/* One register: clang would keep the table's and the offset. */
	__asm__("" : "+r"(*d));
	return true;
}

/*
 * Is this the plain case of a free: the calling thread's heap owns the slab,
 * `p` is the start of a carved block, and no list has it?
 */
HK_INLINE bool hk_is_own(const struct hk_desc *d)
{
	return hk_likely(hk_desc_is_owner(d, hk_tls.fast));
}

HK_INLINE bool hk_is_plain(const struct hk_desc *d, const void *p)
{
	return hk_likely(hk_desc_is_start(d, p)) &&
		hk_likely(!hk_block_marked(p));
}

/* Puts a block on its slab's list; true where the count ran out. */
HK_INLINE bool hk_push(struct hk_desc *d, struct hk_block *b)
{
	hk_block_set(b, d->freed);
	d->freed = b;
	return hk_countdown(&d->count);
}

/* ---- 1 to 128 KiB: not the fast paths, but the next best ---- */

/* The last block put into the heap's magazine of a class, or NULL. */
HK_INLINE void *hk_magazine_pop(struct hk_heap *heap, unsigned int class)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);
	struct hk_block *b;

	if (hk_unlikely(!mag->n))
		return NULL;
	b = mag->blocks[--mag->n];
	hk_block_clear(b);
	return b;
}

/* False where the magazine is full. */
HK_INLINE bool hk_magazine_push(struct hk_heap *heap, unsigned int class,
				void *block)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);

	if (hk_unlikely(mag->n == mag->size))
		return false;
	hk_block_mark(block);
	mag->blocks[mag->n++] = block;
	return true;
}

#endif /* HK_HEAP_FAST_H */
