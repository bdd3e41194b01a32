/* SPDX-License-Identifier: MIT */
/*
 * medium.h - blocks of 8 to 32 KiB: slabs of four units shared by all
 * threads, with the free blocks in a bitmap of the descriptor, so that pages
 * of freed blocks are not touched.
 *
 *    first unit      second unit     third         fourth
 *   +-------------+---------------+-------------+-------------+
 *   | HK_MEDIUM   | MEDIUM_PART   | MEDIUM_PART | MEDIUM_PART |
 *   | avail,fresh | live[28]      |             |             |
 *   +-------------+---------------+-------------+-------------+
 *
 * Heaps keep a few blocks of each class in magazines: neither `avail` nor
 * with the program.  live[i] tells whether the program has block i; it is
 * written, relaxed, by whoever hands the block out or takes it back, which
 * is one thread at a time, unless the program frees a block twice: finding
 * that is what it is for.
 */
#ifndef HK_MEDIUM_H
#define HK_MEDIUM_H

#include "os/lock.h"
#include "slab/class.h"
#include "superslab/unitmap.h"

/*
 * Takes up to `n` blocks of a class into out[]; bit i of *fresh tells that
 * out[i] has never been handed out and reads as zero.  Returns how many; 0
 * where the system gives no memory.
 */
unsigned int hk_medium_take(unsigned int class, void **out, unsigned int n,
			    uint32_t *fresh);

/* Gives `n` blocks of one class back. */
void hk_medium_give(unsigned int class, void *const *blocks, unsigned int n);

/*
 * The first descriptor of the medium slab that `d` is part of, and the
 * number of the block in it that holds `p`; *start is the block's start.
 */
struct hk_desc *hk_medium_find(struct hk_desc *d, const void *p,
			       unsigned int *number, char **start);

/* Gives all slabs with no block out back to the arena. */
void hk_medium_trim(void);

HK_INLINE bool hk_medium_live(const struct hk_desc *slab, unsigned int number)
{
	return atomic_load_explicit(&slab[1].live[number],
				    memory_order_relaxed);
}

HK_INLINE void hk_medium_set_live(struct hk_desc *slab, unsigned int number,
				  bool live)
{
	atomic_store_explicit(&slab[1].live[number], live,
			      memory_order_relaxed);
}

extern struct hk_lock hk_medium_locks[HK_MEDIUM_CLASSES];	/* fork */

#endif /* HK_MEDIUM_H */
