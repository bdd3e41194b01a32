/* SPDX-License-Identifier: MIT */
/*
 * slab.h - small slabs: one unit of blocks of one class, up to 1 KiB.
 *
 * A slab has one list of free blocks, last freed first.  Its owner allocates
 * from the list of its current slab and frees to the list of any.  Nothing
 * walks a list; one counter tells when something is to be done:
 *
 *            chosen                    nothing left
 *   USABLE ----------> CURRENT ---------------------------> FULL
 *   in a list,         count = blocks out + 1, so that      in no list,
 *   count = blocks     it never runs out                    count = 1/32 of
 *   out                                                     the capacity
 *     | ^                                                        |
 *     | +--------------------------------------------------------+
 *     |   count ran out: so many were freed
 *     v
 *   empty: count ran out, nothing is out
 *
 * Nothing here is thread-safe: a slab is its owner's.
 */
#ifndef HK_SLAB_H
#define HK_SLAB_H

#include "base/annotate.h"
#include "policy/policy.h"
#include "slab/class.h"
#include "superslab/unitmap.h"

/*
 * Where blocks are sealed (api/seal.h), a slab's first block is nobody's: what
 * stands before a block is looked at, and before that one there is nothing.
 */
HK_INLINE unsigned int hk_slab_skipped(void)
{
	return (unsigned int)hk_policy_get(HK_OPT_SEAL);
}

/* How many blocks of a slab of the small class may be out. */
HK_INLINE unsigned int hk_slab_capacity(unsigned int class)
{
	return hk_class_capacity(class) - hk_slab_skipped();
}

/*
 * How many blocks of a full slab must be freed before it is usable again:
 * with less it is soon full again, with more memory lies idle.  1/32 was not
 * slower than 1/8.
 */
HK_INLINE uint32_t hk_slab_wake_count(uint32_t capacity)
{
	return (uint32_t)hk_max(capacity / hk_policy_get(HK_OPT_WAKE), 1);
}

/*
 * What was learned of a small class, if anything: 0 leaves the policy's wake
 * and the usual batch.  Any thread writes and reads it, relaxed: slabs
 * remember the wake count that they were left with.
 */
struct hk_slab_tuning {
	_Atomic uint16_t batch;	/* blocks carved at a time in used pages */
	_Atomic uint16_t wake;	/* as the option: one in so many */
};
extern struct hk_slab_tuning hk_slab_tuning[HK_SMALL_CLASSES] HK_HIDDEN;

/*
 * Makes a run of one unit an empty slab of a small class.  `used`: whether
 * its pages may hold anything but zeroes.
 */
void hk_slab_init(struct hk_desc *d, unsigned int class,
		  struct hk_heap *owner, bool used);

/* Makes an empty slab that is in no list a run of one unit again. */
void hk_slab_end(struct hk_desc *d);

/* A usable slab, taken out of its list, becomes the current one. */
void hk_slab_choose(struct hk_desc *d);

/*
 * Makes more blocks of the current slab.  False where all are made; then,
 * with none free, it is to be left.
 */
bool hk_slab_carve(struct hk_desc *d);

/*
 * The current slab is not that any more.  Returns true where it is usable,
 * to be listed, with count 0 if no block is out; false where it is full:
 * then another thread that has all its blocks may take it over at once, and
 * the caller does not touch it again.
 */
bool hk_slab_leave(struct hk_desc *d);

/* The counter of a full slab ran out: it is usable, to be listed. */
void hk_slab_wake(struct hk_desc *d);

/* How many blocks of the slab are out. */
uint32_t hk_slab_out(struct hk_desc *d);

/* Debug builds: dies where the slab is not as it should be. */
void hk_slab_verify(struct hk_desc *d);

/* Is block `b` in the list that starts at `list`?  For slow paths. */
bool hk_list_has(const struct hk_block *list, const struct hk_block *b);

/* No slab at all: its list is always at its end. */
extern struct hk_desc hk_desc_none HK_HIDDEN;

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

/* A block that goes to the program loses its mark. */
HK_INLINE void hk_block_clear(struct hk_block *b)
{
	hk_note_open(b, sizeof(*b));
	b->mark = 0;
	hk_note_close(b, sizeof(*b));
}

HK_INLINE void hk_block_mark(struct hk_block *b)
{
	hk_note_open(b, sizeof(*b));
	b->mark = hk_arena.mark_key;
	hk_note_close(b, sizeof(*b));
}

/*
 * Does it carry the mark of freed blocks?  That is not proof of one: a
 * program may have copied it from memory that it never wrote.
 */
HK_INLINE bool hk_block_marked(const void *p)
{
	const struct hk_block *b = p;

	return hk_note_read(&b->mark) == hk_arena.mark_key;
}

/* Is `b` in slab `d`, and aligned?  Neither the end nor a forged link is. */
HK_INLINE bool hk_block_in(const struct hk_desc *d, const struct hk_block *b)
{
	return !((d->start ^ (uintptr_t)b) & HK_LINK_FAR);
}

/* The start of the block of slab `d` that `p` is in. */
HK_INLINE char *hk_slab_block(const struct hk_desc *d, const void *p)
{
	size_t off = (uintptr_t)p & (HK_GRID - 1);

	return (char *)((uintptr_t)p - off % hk_class_size(d->class));
}

#endif /* HK_SLAB_H */
