/* SPDX-License-Identifier: MIT */
/*
 * slab.h - small slabs: one unit of blocks of one class, up to 8 KiB.
 *
 * The owner takes the whole list of freed blocks at once and hands them out
 * one by one, so nothing counts them: after a take, every carved block is
 * "out", in its list or with the program.  One counter counts frees down to
 * the next event:
 *
 *             take, all carved                 capacity/8 frees
 *   USABLE ------------------------> FULL ------------------------> USABLE
 *   listed, count = blocks out       unlisted                       |
 *                                                     all others freed
 *                                                                   v
 *                                                                 empty
 *
 * Nothing here is thread-safe: a slab is its owner's.
 */
#ifndef HK_SLAB_H
#define HK_SLAB_H

#include "base/annotate.h"
#include "slab/class.h"
#include "superslab/unitmap.h"

/*
 * Makes a run of one unit an empty slab of a small class.  `used`: whether
 * its pages may hold anything but zeroes.
 */
void hk_slab_init(struct hk_desc *d, unsigned int class,
		  struct hk_heap *owner, bool used);

/*
 * Takes every freed block of a usable slab or, where there is none, carves
 * some more.  Returns the first block of the list, never NULL.  Afterwards
 * the slab is HK_SLAB_FULL if all of it is out.
 */
struct hk_block *hk_slab_take(struct hk_desc *d);

/* The counter of a full slab ran out: it is usable again. */
void hk_slab_wake(struct hk_desc *d);

/* How many blocks of the slab are out, in a list or with the program. */
uint32_t hk_slab_out(struct hk_desc *d);

/* Debug builds: dies where the slab is not as it should be. */
void hk_slab_verify(const struct hk_desc *d);

/* Is block `b` in the list that starts at `list`?  For slow paths. */
bool hk_list_has(const struct hk_block *list, const struct hk_block *b);

/* What a list of slab `d` ends in. */
HK_INLINE struct hk_block *hk_list_end(const struct hk_desc *d)
{
	return (struct hk_block *)(uintptr_t)d;
}

HK_INLINE void hk_block_set(struct hk_block *b, const void *next)
{
	hk_note_open(b, sizeof(*b));
	b->mark = hk_arena.mark_key;
	/* Two stores: as one of 16 bytes, the next load would wait for it. */
	atomic_signal_fence(memory_order_release);
	b->link = hk_link_encode(next);
	hk_note_close(b, sizeof(*b));
}

/* What follows `b` in its list; not verified. */
HK_INLINE struct hk_block *hk_block_next(const struct hk_block *b)
{
	uintptr_t next;

	hk_note_open(b, sizeof(*b));
	next = hk_link_decode(b->link);
	hk_note_close(b, sizeof(*b));
	return (struct hk_block *)next;
}

/* Are `b` and what its link decodes to in one slab, both aligned? */
HK_INLINE bool hk_block_near(const struct hk_block *b,
			     const struct hk_block *next)
{
	return !(((uintptr_t)b ^ (uintptr_t)next) & HK_LINK_FAR);
}

/* The start of the block of slab `d` that `p` is in. */
HK_INLINE char *hk_slab_block(const struct hk_desc *d, const void *p)
{
	size_t off = (uintptr_t)p & (HK_UNIT - 1);

	return (char *)((uintptr_t)p - off % d->block_size);
}

#endif /* HK_SLAB_H */
