/* SPDX-License-Identifier: MIT */
/*
 * heap.h - what a thread allocates from.  A heap owns slabs; a thread owns a
 * heap while it lives, and leaves it to the next thread when it ends.  One
 * heap is shared by those that have none: its owner at a time is who has its
 * lock (share.h).  So the owner of a slab is a heap, never a thread, and
 * heaps are never unmapped: a stale pointer to one is still a pointer to a
 * heap.
 *
 *   thread-local              heap                  slabs
 *   +-------------+       +-------------+         +----+ +----+
 *   | heap, fast  |------>| usable[0]   |-------->|    |-|    |
 *   | current[0]  |---+   | ...         |         +----+ +----+
 *   | ...         |   |   | magazine[]  |   1 to 128 KiB, ready to go
 *   | current[31] |   |   | run[]       |   more than 128 KiB, the same
 *   +-------------+   |   | inbox <-----|------- chains from other threads
 *                     |   +-------------+
 *                     +--> slab: freed -> block -> block -> (descriptor)
 */
#ifndef HK_HEAP_H
#define HK_HEAP_H

#include "os/lock.h"
#include "os/os.h"
#include "slab/class.h"
#include "slab/slab.h"

/*
 * Empty slabs that a heap keeps for any class, at most.  At first it keeps as
 * many as the user chose (empties).  It keeps one more each time that it wants
 * one after it gave one away for having too many, and one less each time that
 * it does so.
 */
#define HK_EMPTIES	32

/* Freed blocks of other heaps' slabs are collected per slab, in so many
   places; a power of two. */
#define HK_CHAINS	8

/* Magazines: medium blocks that are ready to go, per class. */
#define HK_MAGAZINE	31

/* Recent runs that a heap keeps: how many, and how many units in all. */
#define HK_RUNS_KEPT	4
#define HK_UNITS_KEPT	32

/* Slabs in order: unit indexes, 0 = none. */
struct hk_slab_list {
	uint32_t head, tail;
};

/*
 * Blocks of one foreign slab on their way to its owner: linked like any
 * list of the slab, in the order last freed first.
 */
struct hk_chain {
	struct hk_desc *slab;		/* NULL: none */
	struct hk_block *first, *last;
	uint32_t count;
	uint32_t since;			/* refill number of the first one */
};

/* Why a magazine was last filled up or emptied. */
enum hk_ran { HK_RAN_EMPTY, HK_RAN_FULL };

struct hk_magazine {
	uint32_t n;
	uint16_t size;		/* how many it may hold; 0: not in use */
	uint16_t ran;		/* enum hk_ran */
	void *blocks[HK_MAGAZINE];
};
static_assert(sizeof(struct hk_magazine) == 4 * HK_CACHE_LINE,
	      "a magazine is found by a shift");

/*
 * Owner-written, in slow paths; read by anyone, from other processes too:
 * relaxed, one writer, so no lost counts.
 */
struct hk_heap_counts {
	_Atomic uint64_t refills;
	_Atomic uint64_t retired;
	_Atomic uint64_t chains;	/* sent */
	_Atomic uint64_t received;	/* chains that came by the inbox */
	_Atomic uint64_t robbed;	/* inboxes of others, sorted */
	_Atomic uint64_t adopted;	/* times that a new thread got it */
	_Atomic uint64_t allocs;	/* that took the slow path */
	_Atomic uint64_t frees;
	struct {
		_Atomic uint64_t refills;
		_Atomic uint64_t made;		/* slabs */
		_Atomic uint64_t retired;
	} small[HK_SMALL_CLASSES];
	struct {
		_Atomic uint64_t refills;
		_Atomic uint64_t flushes;	/* as the magazine was full */
	} medium[HK_MEDIUM_CLASSES];
};

/*
 * Freed blocks that a heap keeps from being used again where blocks are
 * sealed; a power of two.
 */
#define HK_QUARANTINE	256u

/*
 * What a heap has besides where blocks are sealed (api/seal.h).  The fast
 * paths, which know nothing of seals, must not find a block there: the current
 * slabs are here, and hk_tls.current stays empty.
 */
struct hk_sealed {
	struct hk_desc *current[HK_SMALL_CLASSES];
	void *quarantine[HK_QUARANTINE];
	uint64_t draws;			/* of places, so far */
	size_t next;			/* the place drawn last */
};

struct hk_heap {
	/*
	 * Written by other threads: chains of freed blocks, the first block
	 * of the newest; 0 = none.  Pushed with release, taken whole with
	 * acquire.  inbox_bytes is what they hold, relaxed: counted before
	 * they are pushed and after they are taken, so never too little.
	 */
	_Atomic uintptr_t inbox HK_ALIGNED(HK_CACHE_LINE);
	_Atomic size_t inbox_bytes;
	/*
	 * Slabs whose robbed chains wait for the owner: first index.
	 * Written under rob_lock; read without it as a hint, relaxed.
	 */
	struct hk_lock rob_lock;
	_Atomic uint32_t robbed;

	/* The background thread's: refills at its last round, and for how
	   many rounds there were none. */
	uint64_t refills_seen;
	uint32_t rounds_still;

	/* Written by the owner only, below here; by whoever holds the
	   orphans lock while the heap has no thread; those of the shared
	   heap by whoever holds its lock. */

	/*
	 * Whether it waits for a thread.  Written under the orphans lock;
	 * read without it as a hint, relaxed.
	 */
	_Atomic bool orphan HK_ALIGNED(HK_CACHE_LINE);
	bool attached;		/* false: not a heap that serves anybody */
	bool shared;		/* by threads, each for a call: share.h */
	uint32_t id;
	/*
	 * Whose it is, or was, for readers of the statistics page: the number
	 * of a thread or HK_PAGE_THREAD_*.  Relaxed.
	 */
	_Atomic uint32_t thread;
	uint32_t tick;		/* refills, to tell the age of chains */
	/*
	 * A bit for each small class that ever had a slab, and for each
	 * medium one whose magazine is in use.
	 */
	uint32_t small_used;
	uint64_t medium_used;
	unsigned int sample_class;	/* whose list was put aside last */
	unsigned int empties;
	unsigned int empties_wanted;	/* beyond the first ones */
	unsigned int empties_given;	/* as too many, not wanted since */
	unsigned int runs;
	unsigned int run_units;	/* in all of run[] */
	size_t chain_bytes;
	uint64_t refills_told;	/* to the learner */
	size_t magazine_bytes;	/* of long blocks that all may hold */
	struct hk_heap *next_orphan;	/* under the orphans lock */
	struct hk_heap *next_heap;	/* all heaps, written once */
	struct hk_sealed *sealed;	/* or NULL; written once */
	struct hk_heap_counts counts;

	/* See park.h: relaxed, release and acquire where it says so. */
	_Atomic(struct hk_desc *) empty[HK_EMPTIES];
	struct hk_desc *run[HK_RUNS_KEPT];	/* oldest first */
	struct hk_chain chain[HK_CHAINS];
	struct hk_slab_list usable[HK_SMALL_CLASSES];
	struct hk_magazine magazine[HK_MEDIUM_CLASSES]
		HK_ALIGNED(HK_CACHE_LINE);
};

HK_INLINE struct hk_magazine *hk_magazine_of(struct hk_heap *heap,
					     unsigned int class)
{
	return &heap->magazine[class - HK_SMALL_CLASSES];
}

/*
 * A thread's own part.  Its initial value is the state "no heap yet": no
 * slab has a block, and the heap owns no slab, so both fast paths leave by
 * the branch that they have anyway.
 */
struct hk_tls {
	struct hk_heap *heap;
	/* The same for the fast paths; where blocks are sealed, there are
	   none for them, and this is hk_heap_none. */
	struct hk_heap *fast;
	struct hk_desc *current[HK_SMALL_CLASSES];
	/* Of a thread that shares a heap: how many calls, since when (ms);
	   whether it has its lock now. */
	uint32_t calls;
	uint32_t since;
	/*
	 * Allocations until one is to be sampled, as far as slow paths see
	 * them; what the fast ones do with blocks that come and go in one
	 * list is not seen.  Or until it is to be drawn how many these are:
	 * see api/sample.c.
	 */
	int32_t until_sample;
	bool sample_drawn;
	bool in_shared;
};
static_assert(sizeof(struct hk_tls) <= 352,
	      "static TLS is scarce for libraries opened with dlopen()");

extern HK_TLS struct hk_tls hk_tls HK_HIDDEN;

/* Stand for "no heap yet" and "the thread has ended", or is to have none. */
extern struct hk_heap hk_heap_none HK_HIDDEN, hk_heap_late HK_HIDDEN;

/* The calling thread has this heap from now on, or one that stands for it. */
HK_INLINE void hk_tls_set(struct hk_heap *heap)
{
	hk_tls.heap = heap;
	hk_tls.fast = heap->sealed ? &hk_heap_none : heap;
}

/* Where the current slab of a class is, while the heap is the caller's. */
HK_INLINE struct hk_desc **hk_current(struct hk_heap *heap,
				      unsigned int class)
{
	return heap->sealed ? &heap->sealed->current[class] :
			      &hk_tls.current[class];
}

/*
 * Makes what a heap needs where blocks are sealed, which each has then; false
 * without memory.
 */
bool hk_heap_prepare(struct hk_heap *heap);

/* ---- allocation; the heap is the calling thread's ---- */

/*
 * A block of a small class, when the current slab has none: from it, after
 * more were carved, or from the next.  NULL where the system gives no
 * memory.
 */
void *hk_heap_small(struct hk_heap *heap, unsigned int class);

/*
 * A block of a medium class, or of one a little larger whose size is a
 * multiple of `align` as well; *zeroed: it reads as zero but for its mark.
 */
void *hk_heap_medium(struct hk_heap *heap, unsigned int class, size_t align,
		     bool *zeroed);

/* Takes back such a block. */
void hk_heap_medium_free(struct hk_heap *heap, unsigned int class,
			 void *block);

/* Does the heap keep the medium block ready? */
bool hk_heap_medium_has(const struct hk_heap *heap, unsigned int class,
			const void *block);

/* A run of units as a block; *zeroed as above. */
void *hk_heap_run(struct hk_heap *heap, size_t units, size_t align,
		  bool *zeroed);
void hk_heap_run_free(struct hk_heap *heap, struct hk_desc *run);

/* Makes a block longer or shorter in place; false where it cannot grow. */
bool hk_heap_run_resize(struct hk_desc *run, size_t units);

/* Gives a block to the arena at once, by no heap. */
void hk_heap_run_drop(struct hk_desc *run);

/* How long they took, of refills one in 32.  Any thread, relaxed. */
extern _Atomic uint64_t hk_heap_refill_ns[HK_NS_BUCKETS] HK_HIDDEN;

/* Units in runs that are blocks of the program.  Any thread, relaxed. */
extern _Atomic size_t hk_heap_run_units HK_HIDDEN;

/* ---- slabs that change their state ---- */

/* Frees a block of a slab that the heap owns, in slow paths. */
void hk_heap_free_own(struct hk_heap *heap, struct hk_desc *d,
		      struct hk_block *b);

/* The count of a slab of the heap ran out. */
HK_COLD void hk_heap_event(struct hk_heap *heap, struct hk_desc *d);

/*
 * `n` blocks, first to last, of a slab that the heap owns come back.  The
 * heap's list of the class has the slab where it is usable.
 */
void hk_heap_splice(struct hk_heap *heap, struct hk_desc *d,
		    struct hk_block *first, struct hk_block *last,
		    uint32_t n);

/*
 * A full slab of another heap, all of whose blocks are in the list `first`,
 * becomes this heap's.
 */
void hk_heap_take_over(struct hk_heap *heap, struct hk_desc *d,
		       struct hk_block *first);

/* A usable slab leaves its heap's list, or joins it at the end. */
void hk_heap_unlist(struct hk_heap *heap, struct hk_desc *d);
void hk_heap_list(struct hk_heap *heap, struct hk_desc *d);

/*
 * Gives all that the heap keeps ready back to slabs and arena; the second
 * one leaves the current slabs, which are the calling thread's, out.
 */
void hk_heap_flush(struct hk_heap *heap);
void hk_heap_flush_kept(struct hk_heap *heap);

/* Debug builds: dies where the heap is not as it should be. */
void hk_heap_verify(struct hk_heap *heap);

/* The list of slab `d` is broken at `block`, or where it leads to. */
HK_COLD HK_NORETURN void hk_fatal_list(const struct hk_heap *heap,
				       const struct hk_desc *d,
				       const void *block);

/* Adds to a counter that only the calling thread writes. */
HK_INLINE void hk_count(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, old + n, memory_order_relaxed);
}

#endif /* HK_HEAP_H */
