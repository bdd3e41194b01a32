/* SPDX-License-Identifier: MIT */
/*
 * serve.h - one call of a thread served by a heap: its own one or the shared
 * one.  What the family's functions (alloc.h) and sealed blocks (sealed.h)
 * are made of.
 */
#ifndef HK_SERVE_H
#define HK_SERVE_H

#include "api/locate.h"
#include "heap/heap.h"
#include "heap/share.h"

/* A run this long moves by its page tables when it cannot grow in place. */
#define HK_MOVE_PAGES_MIN	HK_MIB

/* Alignments above are left to a mapping of its own. */
#define HK_RUN_ALIGN_MAX	HK_SUPER

HK_INLINE size_t hk_units_for(size_t n)
{
	return (n + HK_UNIT - 1) >> HK_UNIT_SHIFT;
}

/*
 * The calling thread's heap, given now if it has none, or the shared one;
 * NULL without memory.  hk_serve_leave() must follow: until then *shared says
 * that the heap is locked.
 */
struct hk_heap *hk_serve_enter_slow(bool *shared);

HK_INLINE struct hk_heap *hk_serve_enter(bool *shared)
{
	struct hk_heap *heap = hk_tls.heap;

	*shared = false;
	if (hk_likely(heap->attached))
		return heap;
	return hk_serve_enter_slow(shared);
}

HK_INLINE void hk_serve_leave(bool shared)
{
	if (hk_unlikely(shared))
		hk_share_leave();
}

/*
 * A block of a class; *zeroed: it reads as zero.  `align`: what the class's
 * size is a multiple of, and must be.  NULL without memory, like the others.
 */
void *hk_serve_class(struct hk_heap *heap, unsigned int class, size_t align,
		     bool *zeroed);

/*
 * A run, at a multiple of `align`; of 1 MiB and more, a mapping of its own
 * where the arena has no room, as long as the run would have been.
 */
void *hk_serve_run(struct hk_heap *heap, size_t align, size_t n,
		   bool *zeroed);

/* A block of any size, at a multiple of `align`, a power of two. */
void *hk_serve_aligned(struct hk_heap *heap, size_t align, size_t n);

/* Gives a block back, but for kinds that are not in a heap. */
void hk_serve_free(struct hk_heap *heap, void *p,
		   const struct hk_block_info *info);

#endif /* HK_SERVE_H */
