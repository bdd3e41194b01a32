/* SPDX-License-Identifier: MIT */
/*
 * unitmap.h - from an address to the descriptor of its unit, exactly.
 *
 *        table                          arena
 *   +----+----+----+---  ~  ---+  +--------+--------+--------+--- ~
 *   | d0 | d1 | d2 |           |  | unit 0 | unit 1 | unit 2 |
 *   +----+----+----+---  ~  ---+  +--------+--------+--------+--- ~
 *    128 bytes each                32 KiB each, from hk_arena.base
 *
 * The window holds all addresses that can ever be units; hk_arena.span says
 * how much of it has readable descriptors.  Addresses of the window that are
 * not ours (somebody else mapped there) have all-zero descriptors.  An
 * address outside the span is never taken for a unit.
 *
 * Unit 0 is never used, so that index 0 can mean "none" in the lists.
 */
#ifndef HK_UNITMAP_H
#define HK_UNITMAP_H

#include "base/base.h"
#include "base/fatal.h"

struct hk_heap;

/*
 * The first two words of a block while it is free.
 *
 *   +------------------+-----------+----------------------
 *   | next ^ link_key  | mark_key  |  left as it was
 *   +------------------+-----------+----------------------
 *
 * `next` is in the same slab or, in the last block of a list, the address
 * of the slab's descriptor, which is outside every slab: so a list whose
 * first block is not in its slab is either at its end or forged.
 */
struct hk_block {
	uintptr_t link;
	uintptr_t mark;
};

/*
 * What a unit is.  The numbers are read from other processes, by another
 * version perhaps (stats/page.h): new ones come at the end.
 */
enum hk_state {
	HK_NONE = 0,		/* inside a run, or not ours */
	HK_FREE_CLEAN,		/* first of a free run, reads as zero */
	HK_FREE_DIRTY,		/* first of a free run, was used */
	HK_FREE_TAIL,		/* last of a free run of several units */
	HK_BUSY,		/* first of a run between two states */
	HK_SLAB_CURRENT,	/* small slab that its heap allocates from */
	HK_SLAB_USABLE,		/* small slab, listed in its heap */
	HK_SLAB_FULL,		/* small slab, unlisted: nearly all is out */
	HK_MEDIUM,		/* first of a medium slab */
	HK_MEDIUM_PART,		/* its other units */
	HK_RUN,			/* first of a run with the program */
	HK_RUN_CACHED,		/* first of a run that a heap keeps */
};

/*
 * The descriptor of a unit: two cache lines, as processors fetch lines in
 * pairs, and neighbouring units often belong to different threads.  The
 * first line is what freeing reads; what other threads write at any time is
 * on the second.  Who may touch what:
 *
 *   free runs         under the runs lock
 *   small slabs       their owner; for the shared heap's, who has its lock.
 *                     `owner`, `state` and `class` are read by every thread
 *                     that frees a block of the slab.  The robbed chain is
 *                     under the owner's rob lock.
 *   medium slabs      under the lock of their class; all their units have
 *                     what freeing reads.  `limit`, `avail` and `purged` are
 *                     read by freeing threads: what the first two tell of
 *                     a block does not change while it is out; nor does
 *                     what `lent` does, read by sized frees
 *   runs              whoever holds the block
 *
 * `owner` is written (release) by the owner when a slab is made, emptied or
 * taken over, and read by freeing threads: relaxed on the fast path, where
 * only equality with the reader's own heap counts, which no other thread
 * can bring about or end while the reader frees a block of the slab; acquire
 * where a chain is sent.  `state` is atomic for the same readers.
 */
struct hk_desc {
	struct hk_heap *owner;		/* small slabs, else NULL */
	union {
		struct {			/* small slabs */
			struct hk_block *freed;	/* list of free blocks */
			uintptr_t start;	/* of the slab */
			uint32_t count;		/* frees until an event */
			uint32_t start_max;	/* see hk_desc_is_start() */
		};
		struct {			/* medium slabs */
			char *first;		/* its start */
			uint64_t limit;		/* see hk_medium_is() */
		};
		struct {			/* runs and free runs */
			uint32_t units;
			uint32_t stamp;		/* ms, when it was freed */
			uint32_t old_next, old_prev;	/* by age */
		};
	};
	uint32_t recip;			/* of the block size, in slabs */
	uint16_t carved;		/* blocks made, or handed out, so far */
	union {
		uint16_t back;		/* medium: units to the first one */
		uint16_t wake;		/* small, full: frees until usable, and
					   blocks that are nobody's */
	};
	uint8_t class;
	_Atomic uint8_t state;		/* enum hk_state */
	bool used;			/* small: its pages were, before */
	bool locked;			/* medium: pages cannot be given back */
	bool purged;			/* medium: some of them were */
	_Atomic uint8_t thp;		/* see thp.c; first of a region */

	uint32_t next HK_ALIGNED(HK_CACHE_LINE);
	uint32_t prev;			/* unit indexes, 0 = none: lists */
	uint64_t avail;			/* medium: which blocks are in it */
	uint64_t idle;			/* those that may be resident */
	uint64_t cold;			/* those that were so for a while */
	uint64_t lent;			/* those that serve a smaller class */
	uint32_t rob_next, rob_prev;
	uint16_t rob_count;
	uint16_t rob_first, rob_last;	/* small: offsets / 16 */
	uint8_t free;			/* medium: blocks in the slab */
	uint8_t list;			/* medium: which has or last had it */
};
static_assert(sizeof(struct hk_desc) == 2 * HK_CACHE_LINE,
	      "a descriptor is two cache lines");

/*
 * `base`, `table`, `window` and the keys are written once, before the first
 * block is handed out.  `span` only grows, under the runs lock; relaxed
 * reads suffice, for whoever holds a block got it after the span covered
 * it.
 */
struct hk_arena {
	uintptr_t base;
	size_t span;
	struct hk_desc *table;
	uintptr_t link_key;
	uintptr_t mark_key;
	size_t window;
} HK_ALIGNED(HK_CACHE_LINE);

extern struct hk_arena hk_arena HK_HIDDEN;

/* The descriptor of the unit that `p` is in; NULL where there is none. */
HK_INLINE struct hk_desc *hk_desc_of(const void *p)
{
	size_t off = (uintptr_t)p - hk_arena.base;

	if (hk_unlikely(off >= hk_peek(&hk_arena.span)))
		return NULL;
	return &hk_arena.table[off >> HK_UNIT_SHIFT];
}

/* Bytes of the window that have descriptors. */
HK_INLINE size_t hk_arena_span(void)
{
	return __atomic_load_n(&hk_arena.span, __ATOMIC_RELAXED);
}

/* The owner of a small slab, with the slab as it was handed to him. */
HK_INLINE struct hk_heap *hk_desc_owner(const struct hk_desc *d)
{
	return __atomic_load_n(&d->owner, __ATOMIC_ACQUIRE);
}

HK_INLINE void hk_desc_set_owner(struct hk_desc *d, struct hk_heap *heap)
{
	__atomic_store_n(&d->owner, heap, __ATOMIC_RELEASE);
}

/* Does the slab belong to the calling thread's heap? */
HK_INLINE bool hk_desc_is_owner(const struct hk_desc *d,
				const struct hk_heap *heap)
{
	return hk_peek(&d->owner) == heap;
}

HK_INLINE uint32_t hk_desc_index(const struct hk_desc *d)
{
	return (uint32_t)(d - hk_arena.table);
}

HK_INLINE struct hk_desc *hk_desc_at(uint32_t index)
{
	return &hk_arena.table[index];
}

/* The first byte of the unit that `d` describes. */
HK_INLINE char *hk_desc_start(const struct hk_desc *d)
{
	return (char *)(hk_arena.base +
			((size_t)hk_desc_index(d) << HK_UNIT_SHIFT));
}

HK_INLINE enum hk_state hk_desc_state(const struct hk_desc *d)
{
	return (enum hk_state)atomic_load_explicit(&d->state,
						   memory_order_relaxed);
}

/*
 * Is the small slab full?  Acquire: who sees it sees all that the owner did
 * to the slab, and the owner does nothing more until a block comes back.
 */
HK_INLINE bool hk_desc_is_full(const struct hk_desc *d)
{
	return atomic_load_explicit(&d->state, memory_order_acquire) ==
		HK_SLAB_FULL;
}

/* Release, for hk_desc_is_full(). */
HK_INLINE void hk_desc_set_state(struct hk_desc *d, enum hk_state state)
{
	atomic_store_explicit(&d->state, (uint8_t)state,
			      memory_order_release);
}

/* Relaxed, for readers that walk the descriptors of others. */
HK_INLINE void hk_desc_set_class(struct hk_desc *d, unsigned int class)
{
	__atomic_store_n(&d->class, (uint8_t)class, __ATOMIC_RELAXED);
}

HK_INLINE unsigned int hk_desc_class(const struct hk_desc *d)
{
	return __atomic_load_n(&d->class, __ATOMIC_RELAXED);
}

HK_INLINE void hk_desc_set_units(struct hk_desc *d, size_t units)
{
	__atomic_store_n(&d->units, (uint32_t)units, __ATOMIC_RELAXED);
}

HK_INLINE size_t hk_desc_units(const struct hk_desc *d)
{
	return __atomic_load_n(&d->units, __ATOMIC_RELAXED);
}

/*
 * Is `p` the start of a carved block of the small slab `d`?
 *
 * With m = floor(2^32 / s) + 1 and e = m * s - 2^32, which is 1 to s, the
 * product of an offset x = q * s + r and m is q * e + r * m modulo 2^32:
 * q * e for a block's start, and at least m for all others, as m is above
 * every q * e where x < 2^16 and s <= 2^13.  So one comparison with q * e
 * of the last carved block accepts the starts of carved blocks and nothing
 * else: offsets count from the multiple of HK_GRID, and no address of the
 * slab is below its first block's but those that are nobody's.  Where blocks
 * are sealed, one such place is a block's, which has the seal of a free one.
 * After Lemire, Kaser, Kurz, "Faster remainder by direct computation"
 * (2019), section 3.2.
 */
HK_INLINE bool hk_desc_is_start(const struct hk_desc *d, const void *p)
{
	return (uint16_t)(uintptr_t)p * d->recip <= hk_peek(&d->start_max);
}

/* ---- the counter ---- */

/*
 * The owner counts in one instruction each way; a statistics reader may
 * look at any time.  To C that is a race on a plain word: under
 * ThreadSanitizer both sides are relaxed atomics, elsewhere the one aligned
 * word that every supported machine reads and writes whole.
 */
HK_INLINE bool hk_countdown(uint32_t *count)
{
	if (hk_tsan)
		return __atomic_sub_fetch(count, 1, __ATOMIC_RELAXED) == 0;
	return --*count == 0;
}

HK_INLINE void hk_countup(uint32_t *count)
{
	if (hk_tsan)
		__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	else
		++*count;
}

HK_INLINE void hk_count_set(uint32_t *count, uint32_t n)
{
	__atomic_store_n(count, n, __ATOMIC_RELAXED);
}

/*
 * Statistics may read this while the unit becomes one of another kind: what
 * they get then is dropped, but all that is ever stored there is atomic.
 */
HK_INLINE uint32_t hk_countdown_read(uint32_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/* ---- links ---- */

/* Bits that differ between two blocks only if their slabs do, or if one is
   not aligned. */
#define HK_LINK_FAR (~(uintptr_t)(HK_UNIT - 16))

HK_INLINE uintptr_t hk_link_encode(const void *next)
{
	return (uintptr_t)next ^ hk_arena.link_key;
}

HK_INLINE uintptr_t hk_link_decode(uintptr_t link)
{
	return link ^ hk_arena.link_key;
}

#endif /* HK_UNITMAP_H */
