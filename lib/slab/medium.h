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
 * Threads of different shards take from different slabs where they can, so
 * that neighbouring blocks are used by one processor.  Only to 8 KiB: longer
 * blocks have fewer neighbours.
 */
#define HK_SHARDS 8u

/*
 * Takes up to `n` blocks of a class for a thread of a shard into blocks[]; bit
 * i of *fresh tells that blocks[i] reads as zero and has no mark.  Returns how
 * many; 0 where the system gives no memory.  `n` is at most 32.
 */
unsigned int hk_medium_take(unsigned int class, unsigned int shard,
			    void **blocks, unsigned int n, uint32_t *fresh);

/* Gives `n` blocks of one class back; dies of one that is there already. */
void hk_medium_give(unsigned int class, void *const *blocks, unsigned int n);

/*
 * Gives slabs with no block out back to the arena, and the pages of free
 * blocks above 8 KiB to the system; returns how many bytes of the latter.
 */
size_t hk_medium_trim(void);

/*
 * The same, little by little, as idle.h has it: for each class of which no
 * block is out, slabs go back; of the others, pages that have gone cold.
 * Returns whether some are idle that may be cold one day.
 */
bool hk_medium_tend(void);

/*
 * Of the latter for classes that are not used any more, by whoever comes here
 * now and then, under no lock of this rank or above.
 */
void hk_medium_poll(void);

/*
 * Memory is being used that is not resident.  Where a class has so much idle
 * that it cannot all be needed soon, its pages go for that, for a millisecond
 * or so.  Under no lock of this rank or above, and none that many wait for.
 */
void hk_medium_make_up(void);

/*
 * With m = floor(2^40 / s) + 1 and e = m * s - 2^40, which is 1 to s, the
 * product of an offset x = q * s + r in a slab and m has the quotient q in
 * its bits from 40 on, and below them q * e + r * m.  That is q * e, at most
 * 2^20, for the start of a block, and at least m, from 2^23 on, for all other
 * addresses, as x is below 2^20 and s at most 2^17.
 */
#define HK_MEDIUM_SHIFT 40

HK_INLINE uint64_t hk_medium_product(const struct hk_desc *d, const void *p)
{
	return (uint64_t)((const char *)p - d->first) * d->recip;
}

/* The number of the block of the slab that `p` is in. */
HK_INLINE unsigned int hk_medium_number(const struct hk_desc *d,
					const void *p)
{
	return (unsigned int)(hk_medium_product(d, p) >> HK_MEDIUM_SHIFT);
}

HK_INLINE char *hk_medium_block(const struct hk_desc *d, unsigned int number)
{
	return d->first + number * hk_class_size(d->class);
}

/*
 * Is `p` the start of a block of slab `d`, any of its descriptors, that was
 * ever handed out?
 */
HK_INLINE bool hk_medium_is(const struct hk_desc *d, const void *p)
{
	return hk_medium_product(d, p) << (64 - HK_MEDIUM_SHIFT) <=
		__atomic_load_n(&d->limit, __ATOMIC_RELAXED);
}

/*
 * Is the block in the slab, `d` its first descriptor, neither with the
 * program nor in a magazine?  Exact for a block that the caller holds: no
 * other thread changes its bit.  True for numbers that the slab does not
 * have, up to 63.  Reads what other threads may just have written, which
 * takes many times as long as reading what they have not.
 */
HK_INLINE bool hk_medium_avail(struct hk_desc *d, unsigned int number)
{
	return __atomic_load_n(&d->avail, __ATOMIC_RELAXED) >> number & 1;
}

/*
 * The plain case of a free: a block that was handed out, and is not in the
 * slab.  A block there has the mark that a free looks for anyway, unless its
 * page was given back, and the mark with it.
 */
HK_INLINE bool hk_medium_is_out(struct hk_desc *d, const void *p)
{
	return hk_medium_is(d, p) &&
		(hk_likely(!__atomic_load_n(&d->purged, __ATOMIC_RELAXED)) ||
		 !hk_medium_avail(d - d->back, hk_medium_number(d, p)));
}

/*
 * A class lends blocks that were used before to the so many classes below it,
 * which would otherwise make untouched memory resident: each class has a peak
 * of its own, and at most times most classes are below theirs.
 */
#define HK_LENDING 2u

/*
 * A block for `class` from one of the classes above that lend to it, whose
 * size is a multiple of `align`; NULL where `class` has such blocks itself,
 * or none of these has.  It carries the mark, and does not read as zero.
 */
void *hk_medium_borrow(unsigned int class, unsigned int shard, size_t align);

/*
 * May the block, which the caller holds, of slab `d`, its first descriptor,
 * serve a request of class `class`?  True for the slab's own class; for one
 * below it where the block was lent since it was last in the slab.
 */
bool hk_medium_serves(const struct hk_desc *d, const void *block,
		      unsigned int class);

/*
 * Hints: how many blocks of a class are out, magazines included, and how many
 * are in their slab, and resident.
 */
size_t hk_medium_out(unsigned int class);
size_t hk_medium_idle(unsigned int class);

/* What a class has, in blocks but for `slabs`. */
struct hk_medium_count {
	size_t slabs;
	size_t out;		/* magazines included */
	size_t free;		/* in their slab, perhaps resident */
	size_t purged;		/* in it, their pages given back */
	size_t uncarved;	/* in it, and never handed out */
};

/* Under the class's lock, for as long as it takes to walk its lists. */
void hk_medium_count(unsigned int class, struct hk_medium_count *count);

/*
 * For statistics: bytes of static memory; where the blocks out of the first
 * class are counted, and how far behind those of the next are, for readers
 * in other processes.
 */
size_t hk_medium_static_bytes(void);
const void *hk_medium_outs(void);
#define HK_MEDIUM_STRIDE (2 * HK_CACHE_LINE)

/* For fork: all locks, in the order of the classes. */
void hk_medium_lock_all(void);
void hk_medium_unlock_all(void);

#endif /* HK_MEDIUM_H */
