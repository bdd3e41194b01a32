/* SPDX-License-Identifier: MIT */
/*
 * account.c - see account.h.
 */
#include "api/account.h"

#include "base/glance.h"
#include "heap/park.h"
#include "heap/thread.h"
#include "superslab/arena.h"

/* ---- what heaps keep ready ---- */

/* Blocks that a heap collects for other heaps' slabs. */
static void add_chains(struct hk_heap *heap, size_t cached[HK_CLASSES])
{
	for (unsigned int i = 0; i < HK_CHAINS; i++) {
		struct hk_desc *d = hk_glance(&heap->chain[i].slab);
		unsigned int class = d ? hk_desc_class(d) : HK_CLASSES;

		/* The slab may be another one by now. */
		if (class < HK_SMALL_CLASSES)
			cached[class] += hk_min(
				hk_glance(&heap->chain[i].count),
				hk_class_capacity(class));
	}
}

static void add_magazines(struct hk_heap *heap, size_t cached[HK_CLASSES])
{
	for (unsigned int c = HK_SMALL_CLASSES; c < HK_CLASSES; c++)
		cached[c] += hk_min(hk_glance(&hk_magazine_of(heap, c)->n),
				    HK_MAGAZINE);
}

static size_t inbox_bytes(struct hk_heap *heap)
{
	return atomic_load_explicit(&heap->inbox_bytes, memory_order_relaxed);
}

static void add_heap(struct hk_heap *heap, void *arg)
{
	struct hk_account *a = arg;

	a->heaps++;
	add_chains(heap, a->cached);
	add_magazines(heap, a->cached);
	a->sent += inbox_bytes(heap);
	a->empty_units += hk_parked(heap);
	a->run_units += hk_min(hk_glance(&heap->run_units), HK_UNITS_KEPT);
}

void hk_account_heap(struct hk_heap *heap, struct hk_heap_figures *f)
{
	size_t cached[HK_CLASSES] = { 0 };

	*f = (struct hk_heap_figures){ .id = heap->id };
	f->idle = atomic_load_explicit(&heap->orphan, memory_order_relaxed);
	add_chains(heap, cached);
	add_magazines(heap, cached);
	for (unsigned int c = 0; c < HK_CLASSES; c++)
		f->cached_bytes += cached[c] * hk_class_size(c);
	f->sent_bytes = inbox_bytes(heap);
	f->empty_slab_bytes = hk_parked(heap) * HK_UNIT;
	f->cached_run_bytes = hk_min(hk_glance(&heap->run_units),
				     HK_UNITS_KEPT) * HK_UNIT;
	f->refills = atomic_load_explicit(&heap->counts.refills,
					  memory_order_relaxed);
	f->slabs_retired = atomic_load_explicit(&heap->counts.retired,
						memory_order_relaxed);
	f->remote_chains = atomic_load_explicit(&heap->counts.chains,
						memory_order_relaxed);
}

/* ---- small slabs ---- */

/*
 * A unit may become one of another kind at any time: a figure counts only if
 * it was a small slab before and after it was read.
 */
static void add_unit(struct hk_account *a, struct hk_desc *d)
{
	enum hk_state state = hk_desc_state(d);
	unsigned int class = hk_desc_class(d);
	size_t out, carved, robbed;

	if (state < HK_SLAB_CURRENT || state > HK_SLAB_FULL ||
	    class >= HK_SMALL_CLASSES)
		return;
	out = hk_slab_out(d);
	carved = hk_glance(&d->carved);
	robbed = hk_glance(&d->rob_count);
	if (hk_desc_state(d) != state || hk_desc_class(d) != class)
		return;
	carved = hk_min(carved, hk_class_capacity(class));
	out = hk_min(out, carved);
	a->small[class].slabs++;
	a->small[class].carved += carved;
	a->small[class].out += out;
	a->sent += hk_min(robbed, out) * hk_class_size(class);
}

void hk_account_take(struct hk_account *a)
{
	size_t units = hk_arena_span() >> HK_UNIT_SHIFT;

	*a = (struct hk_account){ 0 };
	hk_heaps_each(add_heap, a);
	for (size_t i = 1; i < units; i++)
		add_unit(a, hk_desc_at((uint32_t)i));
	for (unsigned int i = 0; i < HK_MEDIUM_CLASSES; i++)
		hk_medium_count(HK_SMALL_CLASSES + i, &a->medium[i]);
	a->live_run_units = atomic_load_explicit(&hk_heap_run_units,
						 memory_order_relaxed);
}

/* ---- a class ---- */

static void small_class(const struct hk_small_count *n, unsigned int class,
			struct hk_class_figures *f)
{
	f->slabs = n->slabs;
	f->live = n->out;
	f->free = n->carved - n->out;
	f->uncarved = n->slabs * hk_class_capacity(class) - n->carved;
}

static void medium_class(const struct hk_medium_count *n,
			 struct hk_class_figures *f)
{
	f->slabs = n->slabs;
	f->live = n->out;
	f->free = n->free;
	f->purged = n->purged;
	f->uncarved = n->uncarved;
}

void hk_account_class(const struct hk_account *a, unsigned int class,
		      struct hk_class_figures *f)
{
	size_t tail = hk_class_units(class) * HK_UNIT -
		hk_class_capacity(class) * hk_class_size(class);

	*f = (struct hk_class_figures){ .size = hk_class_size(class) };
	if (class < HK_SMALL_CLASSES)
		small_class(&a->small[class], class, f);
	else
		medium_class(&a->medium[class - HK_SMALL_CLASSES], f);
	f->cached = hk_min(a->cached[class], f->live);
	f->live -= f->cached;
	f->tail_bytes = f->slabs * tail;
}
