/* SPDX-License-Identifier: MIT */
/*
 * heap.c - the slow paths of a heap: refilling lists, what happens when a
 * slab's count runs out, magazines and kept runs.  All of it runs in the
 * heap's own thread, or under the orphans lock for a heap without one, or
 * under its own for the shared heap.
 */
#include "heap/heap.h"

#include "base/fatal.h"
#include "heap/heap_fast.h"
#include "heap/learner.h"
#include "heap/park.h"
#include "heap/remote.h"
#include "heap/share.h"
#include "heap/thread.h"
#include "os/meta.h"
#include "policy/policy.h"
#include "slab/medium.h"
#include "slab/run.h"

#include <string.h>

struct hk_heap hk_heap_none, hk_heap_late;

/* Refills of a kind, from one look at what is free to the next. */
#define TEND_EACH	32

#define NONE &hk_desc_none
#define NONE4 NONE, NONE, NONE, NONE
#define NONE16 NONE4, NONE4, NONE4, NONE4

HK_TLS struct hk_tls hk_tls = {
	.heap = &hk_heap_none,
	.fast = &hk_heap_none,
	.current = { NONE16, NONE16 },
};

void hk_fatal_list(const struct hk_heap *heap, const struct hk_desc *d,
		   const void *block)
{
	struct hk_line line;

	hk_fatal_start(&line);
	hk_line_str(&line, "corrupted free list at ");
	hk_line_ptr(&line, block);
	hk_line_str(&line, " (");
	hk_line_num(&line, hk_class_size(hk_desc_class(d)));
	hk_line_str(&line, "-byte class, heap ");
	hk_line_num(&line, heap->id);
	hk_line_str(&line, ")");
	/* Whoever handles the signal may allocate. */
	if (hk_tls.in_shared)
		hk_share_leave();
	hk_fatal_end(&line);
}

bool hk_heap_prepare(struct hk_heap *heap)
{
	if (!hk_policy_get(HK_OPT_SEAL) || heap->sealed)
		return true;
	heap->sealed = hk_meta_alloc(sizeof(*heap->sealed));
	if (!heap->sealed)
		return false;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		heap->sealed->current[c] = &hk_desc_none;
	return true;
}

/* Is each block taken by a slow path? */
static bool has_no_fast_path(const struct hk_heap *heap)
{
	return heap->shared || heap->sealed;
}

/* ---- lists of usable slabs ---- */

void hk_heap_list(struct hk_heap *heap, struct hk_desc *d)
{
	struct hk_slab_list *list = &heap->usable[d->class];
	uint32_t i = hk_desc_index(d);

	heap->small_used |= (uint32_t)1 << d->class;
	d->next = 0;
	d->prev = list->tail;
	if (list->tail)
		hk_desc_at(list->tail)->next = i;
	else
		list->head = i;
	list->tail = i;
}

/* The same, at the front: it is the next to be chosen. */
static void list_first(struct hk_heap *heap, struct hk_desc *d)
{
	struct hk_slab_list *list = &heap->usable[d->class];
	uint32_t i = hk_desc_index(d);

	d->prev = 0;
	d->next = list->head;
	if (list->head)
		hk_desc_at(list->head)->prev = i;
	else
		list->tail = i;
	list->head = i;
}

void hk_heap_unlist(struct hk_heap *heap, struct hk_desc *d)
{
	struct hk_slab_list *list = &heap->usable[d->class];

	if (d->prev)
		hk_desc_at(d->prev)->next = d->next;
	else
		list->head = d->next;
	if (d->next)
		hk_desc_at(d->next)->prev = d->prev;
	else
		list->tail = d->prev;
}

/* ---- slabs that become empty ---- */

/* A heap without a thread keeps nothing ready: nobody would use it. */
static bool is_orphan(const struct hk_heap *heap)
{
	return atomic_load_explicit(&heap->orphan, memory_order_relaxed);
}

/* How many empty slabs the heap keeps at the moment. */
static unsigned int empties_kept(const struct hk_heap *heap)
{
	size_t first = hk_policy_get(HK_OPT_EMPTIES);

	return (unsigned int)hk_min(first + heap->empties_wanted, HK_EMPTIES);
}

/*
 * An empty slab that is in no list: kept for any class, or given to the
 * arena.  Nobody holds a block of it, so nobody looks at its owner.
 */
static void retire(struct hk_heap *heap, struct hk_desc *d)
{
	bool keep;

	hk_slab_end(d);
	hk_count(&heap->counts.retired, 1);
	hk_count(&heap->counts.small[d->class].retired, 1);
	if (is_orphan(heap)) {
		hk_run_give(d);
		return;
	}
	keep = heap->empties < empties_kept(heap);
	hk_learner_note(heap, d, !keep);
	if (keep) {
		hk_park(heap, d);
		return;
	}
	heap->empties_wanted -= heap->empties_wanted > 0;
	heap->empties_given += heap->empties_given < HK_EMPTIES;
	hk_run_give(d);
}

/* The last slab of a class is kept even when it is empty. */
static bool is_kept(const struct hk_heap *heap, const struct hk_desc *d)
{
	const struct hk_slab_list *list = &heap->usable[d->class];

	return list->head == list->tail && !is_orphan(heap);
}

void hk_heap_event(struct hk_heap *heap, struct hk_desc *d)
{
	switch (hk_desc_state(d)) {
	case HK_SLAB_FULL:
		hk_slab_wake(d);
		hk_heap_list(heap, d);
		break;
	case HK_SLAB_USABLE:
		if (is_kept(heap, d))
			break;
		hk_heap_unlist(heap, d);
		retire(heap, d);
		break;
	default:
		/* A current slab's count is above its blocks'. */
		hk_fatal_list(heap, d, d->freed);
	}
}

void hk_heap_splice(struct hk_heap *heap, struct hk_desc *d,
		    struct hk_block *first, struct hk_block *last, uint32_t n)
{
	hk_block_set(last, d->freed);
	d->freed = first;
	/* A long chain may cross both events. */
	while (n && n >= d->count) {
		bool empty = hk_desc_state(d) == HK_SLAB_USABLE;

		n -= d->count;
		/* More than were out: some came back twice. */
		if (empty && n)
			hk_fatal_list(heap, d, first);
		hk_count_set(&d->count, 0);
		hk_heap_event(heap, d);
	}
	if (n)
		hk_count_set(&d->count, d->count - n);
}

void hk_heap_free_own(struct hk_heap *heap, struct hk_desc *d,
		      struct hk_block *b)
{
	hk_heap_splice(heap, d, b, b, 1);
}

/*
 * Nobody else refers to a full slab but through its blocks, and these are
 * all here: owner, state and counter may be written.
 */
void hk_heap_take_over(struct hk_heap *heap, struct hk_desc *d,
		       struct hk_block *first)
{
	hk_slab_wake(d);
	d->freed = first;
	hk_count_set(&d->count, 0);
	/* Release: with the slab as it now is. */
	hk_desc_set_owner(d, heap);
	hk_heap_list(heap, d);
	if (!is_kept(heap, d)) {
		hk_heap_unlist(heap, d);
		retire(heap, d);
	}
}

/* ---- refilling ---- */

/* None is left: one more is to be kept where one was given away before. */
static void want_empty(struct hk_heap *heap)
{
	if (!heap->empties_given)
		return;
	heap->empties_given--;
	heap->empties_wanted += empties_kept(heap) < HK_EMPTIES;
}

/*
 * Does the heap have so many slabs of a class that it will use a whole one
 * more?  As many as it made and has not seen empty: those that came from or
 * went to others are not known.  Not the shared heap, which has a lock.
 */
static bool class_grows(const struct hk_heap *heap, unsigned int class)
{
	uint64_t made = atomic_load_explicit(&heap->counts.small[class].made,
					     memory_order_relaxed);
	uint64_t retired = atomic_load_explicit(
		&heap->counts.small[class].retired, memory_order_relaxed);

	return !heap->shared && made >= retired + HK_WHOLE_FROM;
}

/* An empty slab for a class: the heap's own, or a unit of the arena. */
static struct hk_desc *slab_new(struct hk_heap *heap, unsigned int class)
{
	struct hk_desc *d = NULL;
	bool zeroed = false;
	size_t ahead = 0;

	/* Which takes a lock that comes before the shared heap's. */
	if (!heap->shared)
		hk_learner_apply();
	while (!d && heap->empties)
		d = hk_unpark(heap);
	if (d && hk_unlikely(heap->sealed)) {
		hk_note_zero(hk_desc_start(d), HK_UNIT);
		zeroed = true;
	}
	if (!d) {
		want_empty(heap);
		d = class_grows(heap, class) ?
			hk_run_take_whole(1, &zeroed, &ahead) :
			hk_run_take(1, 1, &zeroed);
		if (ahead)
			hk_run_prefault(d, ahead);
		if (d && zeroed && !heap->shared)
			hk_medium_make_up();
	}
	if (d) {
		hk_count(&heap->counts.small[class].made, 1);
		hk_slab_init(d, class, heap, !zeroed);
		hk_heap_list(heap, d);
	}
	return d;
}

/* The current slab of a class becomes one among others. */
static void leave(struct hk_heap *heap, unsigned int class)
{
	struct hk_desc **current = hk_current(heap, class);
	struct hk_desc *d = *current;

	if (d == &hk_desc_none)
		return;
	*current = &hk_desc_none;
	if (!hk_slab_leave(d))
		return;
	hk_heap_list(heap, d);
	if (!d->count)
		hk_heap_event(heap, d);
}

/*
 * Memory that was freed has an age, also where all that the program does now
 * is small.
 */
static void tend(const struct hk_heap *heap, _Atomic uint64_t *refills)
{
	if (atomic_load_explicit(refills, memory_order_relaxed) % TEND_EACH)
		return;
	/* Which may take a moment, and others wait for the shared heap. */
	if (!heap->shared)
		hk_medium_poll();
	hk_run_poll();
}

/* Every thread, relaxed: see heap.h. */
_Atomic uint64_t hk_heap_refill_ns[HK_NS_BUCKETS];

/*
 * The time where this refill is one that is measured, else 0: none of those
 * that tend, as there would be none but those.
 */
static uint64_t refill_starts(_Atomic uint64_t *refills)
{
	return atomic_load_explicit(refills, memory_order_relaxed) %
		TEND_EACH == TEND_EACH / 2 ? hk_os_clock_ns() : 0;
}

static void refill_ends(uint64_t start)
{
	if (hk_unlikely(start))
		hk_os_count_time(hk_heap_refill_ns, start);
}

/*
 * Has another slab of the class free blocks, in pages that are in use, where
 * this one would begin a page?  A class that now and then needs a little more
 * than one slab would else touch all pages of two.
 */
static bool used_elsewhere(const struct hk_heap *heap, const struct hk_desc *d)
{
	uint32_t next = heap->usable[d->class].head;

	return !d->used && next &&
		hk_desc_at(next)->freed != hk_list_end(hk_desc_at(next));
}

/* Makes a slab with a block to give the current one; NULL without memory. */
static struct hk_desc *choose(struct hk_heap *heap, unsigned int class)
{
	struct hk_desc **current = hk_current(heap, class);
	struct hk_desc *d = *current;

	hk_remote_tick(heap);
	if (d != &hk_desc_none) {
		/* What has come from other threads may be for this slab. */
		if (d->freed != hk_list_end(d) ||
		    (!used_elsewhere(heap, d) && hk_slab_carve(d)))
			return d;
		leave(heap, class);
	}
	if (!heap->usable[class].head && !hk_orphan_steal(heap, class) &&
	    !slab_new(heap, class))
		return NULL;
	d = hk_desc_at(heap->usable[class].head);
	hk_heap_unlist(heap, d);
	hk_slab_choose(d);
	*current = d;
	if (d->freed == hk_list_end(d))
		hk_slab_carve(d);
	return d;
}

static struct hk_desc *refill(struct hk_heap *heap, unsigned int class)
{
	uint64_t start = 0;
	struct hk_desc *d;

	/* In the shared heap each call is here, and most find a list. */
	if (!heap->shared || !heap->usable[class].head) {
		hk_count(&heap->counts.refills, 1);
		hk_count(&heap->counts.small[class].refills, 1);
		tend(heap, &heap->counts.refills);
		start = refill_starts(&heap->counts.refills);
	}
	d = choose(heap, class);
	refill_ends(start);
	return d;
}

/*
 * The thread that took a block has the heap no longer than that: the current
 * slab becomes the first of the others, with that block out.
 */
static void put_down(struct hk_heap *heap, unsigned int class)
{
	struct hk_desc **current = hk_current(heap, class);
	struct hk_desc *d = *current;

	*current = &hk_desc_none;
	if (hk_slab_leave(d))
		list_first(heap, d);
}

/* The class after `class` that the heap ever used, or that one. */
static unsigned int next_class(const struct hk_heap *heap, unsigned int class)
{
	uint32_t above = heap->small_used & ~(uint32_t)1 << class;

	return (unsigned int)__builtin_ctz(above ? above : heap->small_used);
}

/* The next call of a slow path is to be sampled: see hk_tls.until_sample. */
static bool sample_is_next(void)
{
	return hk_tls.until_sample <= 1;
}

/*
 * The blocks of the list will go to the program without a slow path, or many
 * of them will come and go, which is not seen.  Where a sample comes due
 * meanwhile, it is taken at once, and another class loses its list too, each
 * in turn: its blocks might never be sampled otherwise.
 */
static void count_to_sample(struct hk_heap *heap, unsigned int class,
			    const struct hk_desc *d)
{
	if (sample_is_next())
		return;
	hk_tls.until_sample -= (int32_t)(d->carved - (d->count - 1));
	if (!sample_is_next())
		return;
	hk_tls.until_sample = 1;
	heap->sample_class = next_class(heap, heap->sample_class);
	if (heap->sample_class != class)
		leave(heap, heap->sample_class);
}

void *hk_heap_small(struct hk_heap *heap, unsigned int class)
{
	struct hk_desc *d = *hk_current(heap, class);
	void *p;

	if (d == &hk_desc_none || d->freed == hk_list_end(d)) {
		d = refill(heap, class);
		if (!d)
			return NULL;
		if (!has_no_fast_path(heap))
			count_to_sample(heap, class, d);
	}
	p = hk_pop(d);
	if (!p)
		hk_fatal_list(heap, d, d->freed);
	if (hk_unlikely(heap->shared || sample_is_next()))
		put_down(heap, class);
	return p;
}

/* All but `keep` empty slabs go to the arena. */
static void give_empties(struct hk_heap *heap, unsigned int keep)
{
	while (heap->empties > keep) {
		struct hk_desc *d = hk_unpark(heap);

		if (d)
			hk_run_give(d);
	}
}

/* Memory is wanted for something else: half of what is kept will do. */
static void release_empties(struct hk_heap *heap)
{
	heap->empties_wanted /= 2;
	give_empties(heap, empties_kept(heap));
}

/* ---- 1 to 128 KiB ---- */

/*
 * A magazine starts small and grows each time that it runs empty or full: a
 * thread that does little with a class keeps little of it.  Where blocks go
 * one way only, from one thread to another, length saves calls and holds
 * memory; where they come and go, it saves most of the calls.
 */
#define MAGAZINE_START	2
#define MAGAZINE_LEAST	8
#define MAGAZINE_LEAST_BYTES (16 * HK_KIB)	/* but never below 4 blocks */
#define MAGAZINE_LEAST_ALL 128		/* of all threads together */
#define MAGAZINE_ONE_WAY 15

/* A magazine holds at most so much of all blocks that programs have. */
#define MAGAZINE_SHARE	3

/*
 * Once the magazines of a heap may hold so much in blocks above 8 KiB, those
 * classes do not grow beyond the least.
 */
#define MAGAZINES_BYTES	(6 * HK_MIB)

/* Less than so much is idle for a moment only, in some class or other. */
#define RECEDING_BYTES	(256 * HK_KIB)

/*
 * Blocks that all magazines of a class may hold: relaxed, a hint.  In a
 * forked child those of the parent's other threads count for ever, which
 * only makes the child's shorter.
 */
static _Atomic unsigned int room[HK_MEDIUM_CLASSES];

/*
 * So long a magazine may be in any case, if it is no more than some pages.
 * With many more threads than processors most of them wait, and their blocks
 * with them.
 */
static size_t magazine_least(unsigned int class)
{
	unsigned int threads = hk_threads_served();
	size_t few = hk_max(MAGAZINE_LEAST_BYTES / hk_class_size(class),
			    MAGAZINE_LEAST / 2);

	if (threads > MAGAZINE_LEAST_ALL / MAGAZINE_LEAST)
		few = hk_min(few, hk_max(MAGAZINE_LEAST_ALL / threads,
					 MAGAZINE_START));
	return hk_min(few, MAGAZINE_LEAST);
}

/*
 * Have most blocks of a class gone from the program?  What a magazine hands
 * out then is spread over all of the slabs; what comes from the slabs
 * themselves is not, and the others become empty.  Above 8 KiB pages go back
 * without their slab.
 */
static bool class_recedes(unsigned int class)
{
	size_t idle = hk_medium_idle(class);

	return class < HK_LONG_CLASS && idle > 2 * hk_medium_out(class) &&
		idle * hk_class_size(class) >= RECEDING_BYTES;
}

/* How long a magazine may be for what programs have of the class. */
static unsigned int magazine_max(unsigned int class)
{
	size_t held = atomic_load_explicit(&room[class - HK_SMALL_CLASSES],
					   memory_order_relaxed);
	size_t out = hk_medium_out(class);
	size_t max = out > held ? (out - held) / MAGAZINE_SHARE : 0;

	if (class_recedes(class))
		return MAGAZINE_START;
	return (unsigned int)hk_min(hk_max(max, magazine_least(class)),
				    hk_policy_get(HK_OPT_BATCH));
}

static void magazine_resize(struct hk_heap *heap, unsigned int class,
			    unsigned int size)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);
	unsigned int more = size - mag->size;	/* or less, modulo 2^32 */

	atomic_fetch_add_explicit(&room[class - HK_SMALL_CLASSES], more,
				  memory_order_relaxed);
	if (class >= HK_LONG_CLASS)
		heap->magazine_bytes += (size_t)(int)more *
			hk_class_size(class);
	mag->size = (uint16_t)size;
}

/*
 * A magazine ran empty or full; half of a full one has gone.  It becomes
 * shorter only where blocks are taken: much of what is freed may come again,
 * but for a class that recedes.
 */
static void magazine_ran(struct hk_heap *heap, unsigned int class,
			 enum hk_ran ran)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);
	unsigned int max = magazine_max(class);
	bool one_way = ran == mag->ran;

	mag->ran = (uint16_t)ran;
	if (!mag->size) {
		heap->medium_used |= (uint64_t)1 << (class - HK_SMALL_CLASSES);
		magazine_resize(heap, class, MAGAZINE_START);
	} else if (mag->size > max && ran == HK_RAN_EMPTY) {
		magazine_resize(heap, class, mag->size - 1u);
	} else if (mag->size < max &&
		   !(one_way && mag->size >= MAGAZINE_ONE_WAY) &&
		   (class < HK_LONG_CLASS || mag->size < MAGAZINE_LEAST ||
		    heap->magazine_bytes < MAGAZINES_BYTES)) {
		magazine_resize(heap, class, mag->size + 1u);
	}
}

/* The older blocks go; the younger are warm. */
static void magazine_keep(struct hk_magazine *mag, unsigned int class,
			  unsigned int keep)
{
	unsigned int more = mag->n - keep;

	if (!more)
		return;
	hk_medium_give(class, mag->blocks, more);
	mag->n = keep;
	memmove(mag->blocks, mag->blocks + more, keep * sizeof(void *));
}

/*
 * The last block taken is the first to go, and the only one known to read as
 * zero: the others get the mark that all in the magazine have.
 */
static void *magazine_fill(struct hk_heap *heap, unsigned int class,
			   bool *zeroed)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);
	unsigned int shard = heap->id % HK_SHARDS;
	uint32_t fresh;

	release_empties(heap);
	magazine_ran(heap, class, HK_RAN_EMPTY);
	mag->n = hk_medium_take(class, shard, mag->blocks, mag->size / 2,
				&fresh);
	if (!mag->n)
		return NULL;
	mag->n--;
	for (unsigned int i = 0; i < mag->n; i++)
		hk_block_mark(mag->blocks[i]);
	if (fresh && !heap->shared)
		hk_medium_make_up();
	*zeroed = fresh >> mag->n & 1;
	return mag->blocks[mag->n];
}

static void *medium_refill(struct hk_heap *heap, unsigned int class,
			   size_t align, bool *zeroed)
{
	_Atomic uint64_t *refills =
		&heap->counts.medium[class - HK_SMALL_CLASSES].refills;
	void *block = hk_medium_borrow(class, heap->id % HK_SHARDS, align);
	uint64_t start;

	if (block)
		return block;
	hk_count(refills, 1);
	tend(heap, refills);
	start = refill_starts(refills);
	block = magazine_fill(heap, class, zeroed);
	refill_ends(start);
	return block;
}

void *hk_heap_medium(struct hk_heap *heap, unsigned int class, size_t align,
		     bool *zeroed)
{
	struct hk_block *b = hk_magazine_pop(heap, class);

	*zeroed = false;
	if (b)
		return b;
	b = medium_refill(heap, class, align, zeroed);
	if (b)
		hk_block_clear(b);
	return b;
}

void hk_heap_medium_free(struct hk_heap *heap, unsigned int class,
			 void *block)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);

	if (hk_magazine_push(heap, class, block))
		return;
	hk_count(&heap->counts.medium[class - HK_SMALL_CLASSES].flushes, 1);
	if (mag->size > MAGAZINE_START && class_recedes(class))
		magazine_resize(heap, class, MAGAZINE_START);
	magazine_keep(mag, class, (mag->size + 1u) / 2);
	magazine_ran(heap, class, HK_RAN_FULL);
	hk_magazine_push(heap, class, block);
}

bool hk_heap_medium_has(const struct hk_heap *heap, unsigned int class,
			const void *block)
{
	const struct hk_magazine *mag =
		&heap->magazine[class - HK_SMALL_CLASSES];

	for (unsigned int i = 0; i < mag->n; i++)
		if (mag->blocks[i] == block)
			return true;
	return false;
}

/* ---- runs ---- */

static void run_forget(struct hk_heap *heap, unsigned int i)
{
	heap->runs--;
	heap->run_units -= heap->run[i]->units;
	for (; i < heap->runs; i++)
		heap->run[i] = heap->run[i + 1];
}

/*
 * A kept run of just this length, the latest first.  What is dirty ages
 * meanwhile, though nothing is asked of the runs.
 */
static struct hk_desc *run_recent(struct hk_heap *heap, size_t units)
{
	for (unsigned int i = heap->runs; i-- > 0;) {
		struct hk_desc *run = heap->run[i];

		if (run->units == units) {
			run_forget(heap, i);
			hk_run_poll();
			return run;
		}
	}
	return NULL;
}

/* Every thread, relaxed: a figure orders nothing. */
_Atomic size_t hk_heap_run_units;

static void count_units(ptrdiff_t n)
{
	atomic_fetch_add_explicit(&hk_heap_run_units, (size_t)n,
				  memory_order_relaxed);
}

bool hk_heap_run_resize(struct hk_desc *run, size_t units)
{
	ptrdiff_t more = (ptrdiff_t)units - (ptrdiff_t)run->units;

	if (more > 0 && !hk_run_grow(run, units))
		return false;
	if (more < 0)
		hk_run_shrink(run, units);
	count_units(more);
	return true;
}

void hk_heap_run_drop(struct hk_desc *run)
{
	count_units(-(ptrdiff_t)run->units);
	hk_run_give(run);
}

void *hk_heap_run(struct hk_heap *heap, size_t units, size_t align,
		  bool *zeroed)
{
	struct hk_desc *run = NULL;

	*zeroed = false;
	if (align == 1)
		run = run_recent(heap, units);
	if (!run) {
		release_empties(heap);
		run = hk_run_take(units, align, zeroed);
	}
	if (!run)
		return NULL;
	if (*zeroed && !heap->shared)
		hk_medium_make_up();
	hk_desc_set_state(run, HK_RUN);
	count_units((ptrdiff_t)units);
	return hk_desc_start(run);
}

void hk_heap_run_free(struct hk_heap *heap, struct hk_desc *run)
{
	hk_desc_set_state(run, HK_RUN_CACHED);
	count_units(-(ptrdiff_t)run->units);
	if (run->units > HK_UNITS_KEPT / 2) {
		hk_run_give(run);
		return;
	}
	while (heap->runs == HK_RUNS_KEPT ||
	       heap->run_units + run->units > HK_UNITS_KEPT) {
		struct hk_desc *old = heap->run[0];

		run_forget(heap, 0);
		hk_run_give(old);
	}
	heap->run[heap->runs++] = run;
	heap->run_units += run->units;
}

/* ---- giving everything back ---- */

/* Empty slabs that were kept as the last of their class. */
static void flush_kept(struct hk_heap *heap, unsigned int class)
{
	struct hk_slab_list *list = &heap->usable[class];
	uint32_t i, next;

	for (i = list->head; i; i = next) {
		struct hk_desc *d = hk_desc_at(i);

		next = d->next;
		if (!d->count) {
			hk_heap_unlist(heap, d);
			retire(heap, d);
		}
	}
}

static void flush_magazine(struct hk_heap *heap, unsigned int class)
{
	struct hk_magazine *mag = hk_magazine_of(heap, class);

	if (mag->n)
		hk_medium_give(class, mag->blocks, mag->n);
	mag->n = 0;
	magazine_resize(heap, class, 0);
}

void hk_heap_flush_kept(struct hk_heap *heap)
{
	uint64_t bits;

	hk_remote_send_all(heap);
	hk_remote_drain(heap);
	for (bits = heap->small_used; bits; bits &= bits - 1)
		flush_kept(heap, (unsigned int)__builtin_ctzll(bits));
	for (bits = heap->medium_used; bits; bits &= bits - 1)
		flush_magazine(heap, HK_SMALL_CLASSES +
			       (unsigned int)__builtin_ctzll(bits));
	heap->medium_used = 0;
	while (heap->runs)
		hk_run_give(heap->run[--heap->runs]);
	heap->run_units = 0;
	give_empties(heap, 0);
	heap->empties_wanted = heap->empties_given = 0;
}

/* Only what was used is looked at: most threads use little. */
void hk_heap_flush(struct hk_heap *heap)
{
	uint64_t bits;

	for (bits = heap->small_used; bits; bits &= bits - 1)
		leave(heap, (unsigned int)__builtin_ctzll(bits));
	hk_heap_flush_kept(heap);
}

void hk_heap_verify(struct hk_heap *heap)
{
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		uint32_t prev = 0;

		for (uint32_t i = heap->usable[c].head; i;
		     i = hk_desc_at(i)->next) {
			struct hk_desc *d = hk_desc_at(i);

			hk_assert(d->class == c && d->prev == prev);
			hk_assert(hk_desc_owner(d) == heap);
			hk_assert(hk_desc_state(d) == HK_SLAB_USABLE);
			hk_slab_verify(d);
			prev = i;
		}
		hk_assert(heap->usable[c].tail == prev);
	}
}
