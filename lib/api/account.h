/* SPDX-License-Identifier: MIT */
/*
 * account.h - where every committed byte is, each counted once.
 *
 * A unit of the arena is in a slab, with a heap, with the program or free; a
 * block of a slab is with the program, kept ready by a thread, on its way to
 * the heap that has its slab, or free.  doc/statistics.md has the picture.
 *
 * Taken step by step, under one lock at a time or none: exact where no other
 * thread runs; elsewhere figures may be some operations old and not fit each
 * other, and are bounded so that none is negative.
 */
#ifndef HK_ACCOUNT_H
#define HK_ACCOUNT_H

#include "heap/heap.h"
#include "slab/medium.h"
#include "stats/report.h"

/* Slabs of a small class, as the walk over the descriptors finds them. */
struct hk_small_count {
	size_t slabs;
	size_t out;		/* blocks that are not in their slab */
	size_t carved;
};

struct hk_account {
	struct hk_small_count small[HK_SMALL_CLASSES];
	struct hk_medium_count medium[HK_MEDIUM_CLASSES];
	size_t cached[HK_CLASSES];	/* blocks that threads keep ready */
	size_t sent;		/* bytes freed by others, not yet fetched */
	size_t empty_units;	/* in empty slabs that heaps keep */
	size_t run_units;	/* in runs that they keep */
	size_t live_run_units;
	size_t heaps;
};

/*
 * Looks at all heaps, under the orphans lock, at the medium classes, each
 * under its own, and at all descriptors, without any.
 */
void hk_account_take(struct hk_account *account);

/* One class's figures. */
void hk_account_class(const struct hk_account *account, unsigned int class,
		      struct hk_class_figures *figures);

/* What one heap has; any heap, without a lock. */
void hk_account_heap(struct hk_heap *heap, struct hk_heap_figures *figures);

#endif /* HK_ACCOUNT_H */
