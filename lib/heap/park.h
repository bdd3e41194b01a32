/* SPDX-License-Identifier: MIT */
/*
 * park.h - the empty slabs that a heap keeps for any class, in a stack.
 *
 * Its owner pushes and pops; where there is a background thread, that may
 * take what lies there too.  An empty slab is nobody's: its owner is NULL,
 * no block of it is out and no list has it.  So a place of the stack is all
 * that refers to it, and who gets it out of its place with an exchange has
 * it alone.  The count is the owner's: places below it may be NULL.
 *
 * Without a background thread nobody else looks, and the exchange is a load
 * and a store.
 */
#ifndef HK_PARK_H
#define HK_PARK_H

#include "heap/heap.h"
#include "policy/policy.h"
#include "slab/due.h"

/* Release: with the slab as its last owner left it. */
HK_INLINE void hk_park(struct hk_heap *heap, struct hk_desc *d)
{
	atomic_store_explicit(&heap->empty[heap->empties++], d,
			      memory_order_release);
	hk_due_note();
}

/* The slab of the highest place, or NULL; there is one place less. */
HK_INLINE struct hk_desc *hk_unpark(struct hk_heap *heap)
{
	_Atomic(struct hk_desc *) *place = &heap->empty[--heap->empties];
	struct hk_desc *d;

	/* Acquire pairs with the release in hk_park(). */
	if (hk_unlikely(hk_policy_get(HK_OPT_BACKGROUND_THREAD)))
		return atomic_exchange_explicit(place, NULL,
						memory_order_acquire);
	d = atomic_load_explicit(place, memory_order_relaxed);
	atomic_store_explicit(place, NULL, memory_order_relaxed);
	return d;
}

/* How many slabs lie there, by places that are taken: any thread, a hint. */
HK_INLINE unsigned int hk_parked(const struct hk_heap *heap)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < HK_EMPTIES; i++)
		n += atomic_load_explicit(&heap->empty[i],
					  memory_order_relaxed) != NULL;
	return n;
}

#endif /* HK_PARK_H */
