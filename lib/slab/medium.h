/* SPDX-License-Identifier: MIT */
/*
 * medium.h - blocks of 1 to 128 KiB: slabs shared by all threads, with the
 * free blocks in a bitmap of the first unit's descriptor.
 *
 * Heaps keep some blocks of each class in magazines.  To the slab these are
 * out, like those of the program; they carry the mark in their second word.
 */
#ifndef HK_MEDIUM_H
#define HK_MEDIUM_H

#include "os/lock.h"
#include "slab/class.h"
#include "superslab/unitmap.h"

/*
 * Takes up to `n` blocks of a class into blocks[]; bit i of *fresh tells that
 * blocks[i] reads as zero and has no mark.  Returns how many; 0 where the
 * system gives no memory.  `n` is at most 32.
 */
unsigned int hk_medium_take(unsigned int class, void **blocks, unsigned int n,
			    uint32_t *fresh);

/* Gives `n` blocks of one class back; dies of one that is there already. */
void hk_medium_give(unsigned int class, void *const *blocks, unsigned int n);

/*
 * Gives slabs with no block out back to the arena, and the pages of free
 * blocks above 8 KiB to the system; returns how many bytes of the latter.
 */
size_t hk_medium_trim(void);

/*
 * The number of the block of slab `d`, its first descriptor, that holds `p`
 * if `p` is the start of one.  Any other address gives a number whose
 * block starts elsewhere, or that the slab does not have.
 *
 * The product of offset and reciprocal is exact for multiples of the block
 * size: x * (2^32 + e) / 2^32 with x < 2^20 and e <= size is x and less
 * than one block more.
 */
HK_INLINE unsigned int hk_medium_number(const struct hk_desc *d,
					const void *p)
{
	uint64_t off = (uint64_t)((const char *)p - d->first);

	return (unsigned int)(off * d->recip >> 32);
}

HK_INLINE char *hk_medium_block(const struct hk_desc *d, unsigned int number)
{
	return d->first + number * hk_class_size(d->class);
}

/*
 * Was the block never handed out?  Exact for a block that the caller holds,
 * no other thread changes its bit; true for numbers that the slab does not
 * have, up to 63.
 */
HK_INLINE bool hk_medium_fresh(struct hk_desc *d, unsigned int number)
{
	return __atomic_load_n(&d->fresh, __ATOMIC_RELAXED) >> number & 1;
}

/*
 * Is the block in the slab, neither with the program nor in a magazine?
 * Exact as above.  Reads what other threads may just have written, which
 * takes many times as long: for slow paths.
 */
HK_INLINE bool hk_medium_avail(struct hk_desc *d, unsigned int number)
{
	return __atomic_load_n(&d->avail, __ATOMIC_RELAXED) >> number & 1;
}

/*
 * The same for the plain case of a free.  Blocks that never lose their pages
 * while they are in the slab have the mark there, and need no such look.
 */
HK_INLINE bool hk_medium_back(struct hk_desc *d, unsigned int number)
{
	return d->class < HK_LONG_CLASS ? hk_medium_fresh(d, number) :
					  hk_medium_avail(d, number);
}

/* Bytes of blocks that are out, by their classes' sizes. */
size_t hk_medium_bytes(void);

extern struct hk_lock hk_medium_locks[HK_MEDIUM_CLASSES];	/* fork */

#endif /* HK_MEDIUM_H */
