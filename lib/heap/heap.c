/* SPDX-License-Identifier: MIT */
/*
 * heap.c - the slow paths of a heap: refilling lists, what happens when a
 * slab's count runs out, magazines and kept runs.  All of it runs in the
 * heap's own thread, or under the orphans lock for a heap without one.
 */
#include "heap/heap.h"

#include "base/fatal.h"
#include "heap/remote.h"
#include "heap/thread.h"
#include "slab/medium.h"
#include "slab/run.h"

/*
 * All bits set: XORed with a key, whose highest bit is clear, it decodes to
 * an address outside of user space, before and after the key is drawn.
 */
const struct hk_block hk_block_none = { .link = UINTPTR_MAX };

struct hk_heap hk_heap_none, hk_heap_late;

#define NONE HK_NO_BLOCK
#define NONE4 NONE, NONE, NONE, NONE
#define NONE16 NONE4, NONE4, NONE4, NONE4

HK_TLS struct hk_tls hk_tls = {
	.heap = &hk_heap_none,
	.head = { NONE16, NONE16 },
};

void hk_fatal_list(const struct hk_heap *heap, const void *block)
{
	const struct hk_desc *d = hk_desc_of(block);
	struct hk_line line;

	hk_fatal_start(&line);
	hk_line_str(&line, "corrupted free list at ");
	hk_line_ptr(&line, block);
	if (d) {
		hk_line_str(&line, " (");
		hk_line_num(&line, d->block_size);
		hk_line_str(&line, "-byte class, heap ");
		hk_line_num(&line, heap->id);
		hk_line_str(&line, ")");
	}
	hk_fatal_end(&line);
}

/* ---- lists of usable slabs ---- */

void hk_heap_list(struct hk_heap *heap, struct hk_desc *d)
{
	struct hk_slab_list *list = &heap->usable[d->class];
	uint32_t i = hk_desc_index(d);

	d->next = 0;
	d->prev = list->tail;
	if (list->tail)
		hk_desc_at(list->tail)->next = i;
	else
		list->head = i;
	list->tail = i;
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

/*
 * An empty slab that is in no list: kept for any class, or given to the
 * arena.  Nobody holds a block of it, so nobody looks at its owner.
 */
static void retire(struct hk_heap *heap, struct hk_desc *d)
{
	hk_desc_set_owner(d, NULL);
	hk_desc_set_state(d, HK_BUSY);
	d->units = 1;
	hk_count(&heap->counts.retired, 1);
	if (heap->empties < HK_EMPTIES && !is_orphan(heap))
		heap->empty[heap->empties++] = d;
	else
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
	if (hk_desc_state(d) == HK_SLAB_FULL) {
		hk_slab_wake(d);
		hk_heap_list(heap, d);
	} else if (!is_kept(heap, d)) {
		hk_heap_unlist(heap, d);
		retire(heap, d);
	}
}

void hk_heap_splice(struct hk_heap *heap, struct hk_desc *d,
		    struct hk_block *first, struct hk_block *last, uint32_t n)
{
	hk_block_set(last, d->freed);
	d->freed = first;
	/* A long chain may cross both events. */
	while (n && n >= d->count) {
		n -= d->count;
		d->count = 0;
		hk_heap_event(heap, d);
	}
	if (n)
		d->count -= n;
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
	d->count = 0;
	/* Release: with the slab as it now is. */
	hk_desc_set_owner(d, heap);
	hk_heap_list(heap, d);
	if (!is_kept(heap, d)) {
		hk_heap_unlist(heap, d);
		retire(heap, d);
	}
}

/* ---- refilling ---- */

/* An empty slab for a class: the heap's own, or a unit of the arena. */
static struct hk_desc *slab_new(struct hk_heap *heap, unsigned int class)
{
	struct hk_desc *d;
	bool zeroed = false;

	if (heap->empties)
		d = heap->empty[--heap->empties];
	else
		d = hk_run_take(1, 1, &zeroed);
	if (d) {
		hk_slab_init(d, class, heap, !zeroed);
		hk_heap_list(heap, d);
	}
	return d;
}

/* A new list of blocks of a class; NULL without memory. */
static struct hk_block *refill(struct hk_heap *heap, unsigned int class)
{
	struct hk_block *list;
	struct hk_desc *d;

	hk_count(&heap->counts.refills, 1);
	hk_remote_tick(heap);
	if (!heap->usable[class].head && !hk_orphan_steal(heap, class) &&
	    !slab_new(heap, class))
		return NULL;
	d = hk_desc_at(heap->usable[class].head);
	list = hk_slab_take(d);
	if (hk_desc_state(d) == HK_SLAB_FULL)
		hk_heap_unlist(heap, d);
	return list;
}

struct hk_block **hk_heap_head(struct hk_heap *heap, unsigned int class)
{
	if (class < HK_TABLE_CLASSES)
		return &hk_tls.head[class];
	return &heap->head[class - HK_TABLE_CLASSES];
}

void *hk_heap_small(struct hk_heap *heap, unsigned int class)
{
	struct hk_block **head = hk_heap_head(heap, class);
	struct hk_block *b = *head;
	struct hk_block *next;

	if (b == HK_NO_BLOCK) {
		b = refill(heap, class);
		if (!b)
			return NULL;
	}
	next = hk_block_next(b);
	if (hk_block_near(b, next))
		*head = next;
	else if (next == hk_list_end(hk_desc_of(b)))
		*head = HK_NO_BLOCK;
	else
		hk_fatal_list(heap, b);
	hk_note_open(b, sizeof(*b));
	b->mark = 0;
	hk_note_close(b, sizeof(*b));
	return b;
}

bool hk_heap_has_free(struct hk_heap *heap, const struct hk_desc *d,
		      const struct hk_block *b)
{
	return hk_list_has(*hk_heap_head(heap, d->class), b) ||
		hk_list_has(d->freed, b);
}

/* ---- 8 to 32 KiB ---- */

void *hk_heap_medium(struct hk_heap *heap, unsigned int class, bool *zeroed)
{
	struct hk_magazine *mag = &heap->magazine[class - HK_SMALL_CLASSES];
	struct hk_desc *d;
	unsigned int number;
	uint32_t fresh = 0;
	char *start;
	void *p;

	if (!mag->n)
		mag->n = hk_medium_take(class, mag->blocks, HK_MAGAZINE / 2,
					&fresh);
	if (!mag->n)
		return NULL;
	p = mag->blocks[--mag->n];
	*zeroed = fresh >> mag->n & 1;
	d = hk_medium_find(hk_desc_of(p), p, &number, &start);
	hk_medium_set_live(d, number, true);
	return p;
}

void hk_heap_medium_free(struct hk_heap *heap, unsigned int class,
			 void *block)
{
	struct hk_magazine *mag = &heap->magazine[class - HK_SMALL_CLASSES];
	const unsigned int half = HK_MAGAZINE / 2;

	if (mag->n == HK_MAGAZINE) {
		/* The older half goes; the younger is warm. */
		hk_medium_give(class, mag->blocks, half);
		for (unsigned int i = 0; i < half; i++)
			mag->blocks[i] = mag->blocks[i + half];
		mag->n = half;
	}
	mag->blocks[mag->n++] = block;
}

/* ---- runs ---- */

static void run_forget(struct hk_heap *heap, unsigned int i)
{
	heap->runs--;
	for (; i < heap->runs; i++)
		heap->run[i] = heap->run[i + 1];
}

/* A kept run of just this length, the latest first. */
static struct hk_desc *run_recent(struct hk_heap *heap, size_t units)
{
	for (unsigned int i = heap->runs; i-- > 0;) {
		struct hk_desc *run = heap->run[i];

		if (run->units == units) {
			run_forget(heap, i);
			return run;
		}
	}
	return NULL;
}

void *hk_heap_run(struct hk_heap *heap, size_t units, size_t align,
		  bool *zeroed)
{
	struct hk_desc *run = NULL;

	*zeroed = false;
	if (align == 1)
		run = run_recent(heap, units);
	if (!run)
		run = hk_run_take(units, align, zeroed);
	if (!run)
		return NULL;
	hk_desc_set_state(run, HK_RUN);
	return hk_desc_start(run);
}

void hk_heap_run_free(struct hk_heap *heap, struct hk_desc *run)
{
	hk_desc_set_state(run, HK_RUN_CACHED);
	if (run->units > HK_RUN_KEPT_MAX) {
		hk_run_give(run);
		return;
	}
	if (heap->runs == HK_RUNS_KEPT) {
		hk_run_give(heap->run[0]);
		run_forget(heap, 0);
	}
	heap->run[heap->runs++] = run;
}

/* ---- giving everything back ---- */

/* The blocks that are ready to go return to their slab. */
static void flush_list(struct hk_heap *heap, unsigned int class)
{
	struct hk_block **head = hk_heap_head(heap, class);
	struct hk_block *first = *head, *last = first;
	struct hk_desc *d;
	uint32_t n = 1;

	if (first == HK_NO_BLOCK)
		return;
	*head = HK_NO_BLOCK;
	d = hk_desc_of(first);
	for (;;) {
		struct hk_block *next = hk_block_next(last);

		if (next == hk_list_end(d))
			break;
		if (!hk_block_near(last, next) || n == d->capacity)
			hk_fatal_list(heap, last);
		last = next;
		n++;
	}
	hk_heap_splice(heap, d, first, last, n);
}

/* Empty slabs that were kept as the last of their class. */
static void flush_kept(struct hk_heap *heap, unsigned int class)
{
	struct hk_slab_list *list = &heap->usable[class];
	struct hk_desc *d = hk_desc_at(list->head);

	if (list->head && !d->count) {
		hk_heap_unlist(heap, d);
		retire(heap, d);
	}
}

void hk_heap_flush(struct hk_heap *heap)
{
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		flush_list(heap, c);
	hk_remote_send_all(heap);
	hk_remote_drain(heap);
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		flush_kept(heap, c);
	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++) {
		struct hk_magazine *mag = &heap->magazine[m];

		if (mag->n)
			hk_medium_give(HK_SMALL_CLASSES + m, mag->blocks,
				       mag->n);
		mag->n = 0;
	}
	while (heap->runs)
		hk_run_give(heap->run[--heap->runs]);
	while (heap->empties)
		hk_run_give(heap->empty[--heap->empties]);
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
