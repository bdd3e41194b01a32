/* SPDX-License-Identifier: MIT */
/*
 * units.h - what the slabs of a process are made of, by the table of units
 * that its statistics page leads to: for each size class and for each heap.
 *
 * The process runs on while the table is read.  Every slab's figures fit
 * each other; those of two slabs may be of two moments.
 */
#ifndef STAT_UNITS_H
#define STAT_UNITS_H

#include "process/page.h"

/* The slabs of one class; blocks, but for `units`. */
struct units_class {
	uint64_t slabs;
	uint64_t units;		/* in all of them */
	uint64_t out;		/* not in a slab: with the program, ready in
				   magazines, or on their way back */
	uint64_t free;		/* in their slab, perhaps resident */
	uint64_t purged;	/* in it, their pages given back */
	uint64_t uncarved;	/* in it, never handed out */
};

/* The slabs of small blocks that one heap has. */
struct units_heap {
	uint64_t slabs;
	uint64_t out_bytes;	/* as `out` above */
	uint64_t robbed_bytes;	/* of these: sorted, the owner may have them */
};

struct units {
	size_t count;		/* of classes */
	struct units_class *classes;
	struct units_heap *heaps; /* in the order of the page's */
	uint64_t runs;		/* longer blocks with the program */
};

/*
 * Reads the table of a page that page_load_heaps() has loaded.  Returns NULL,
 * or why there is none; then nothing is to be freed.
 */
const char *units_load(struct units *units, const struct page *page,
		       page_read *read, void *arg);

void units_free(struct units *units);

#endif /* STAT_UNITS_H */
