/* SPDX-License-Identifier: MIT */
/*
 * slab.c - see slab.h: carving, and the counter.
 */
#include "slab/slab.h"

#include "base/fatal.h"
#include "base/glance.h"
#include "superslab/arena.h"

/* Its start is in no slab's reach, so no block is in it. */
struct hk_desc hk_desc_none = { .start = UINTPTR_MAX };

/*
 * How many blocks to carve from pages that were used before.  Untouched
 * pages are carved one page at a time: a link is never written into a page
 * that nobody needs yet.
 */
#define CARVE_USED 16

static unsigned int capacity(const struct hk_desc *d)
{
	return hk_slab_capacity(hk_desc_class(d));
}

struct hk_slab_tuning hk_slab_tuning[HK_SMALL_CLASSES];

/* How many frees make the slab usable again, were it full now. */
static uint16_t wake_count(const struct hk_desc *d)
{
	uint32_t wake = atomic_load_explicit(&hk_slab_tuning[d->class].wake,
					     memory_order_relaxed);

	if (!wake)
		return (uint16_t)hk_slab_wake_count(capacity(d));
	return (uint16_t)hk_max(capacity(d) / wake, 1);
}

/* How many blocks are carved at once from pages that were used before. */
static size_t batch(const struct hk_desc *d)
{
	size_t n = atomic_load_explicit(&hk_slab_tuning[d->class].batch,
					memory_order_relaxed);

	return n ? n : CARVE_USED;
}

void hk_slab_init(struct hk_desc *d, unsigned int class,
		  struct hk_heap *owner, bool used)
{
	size_t size = hk_class_size(class);

	hk_assert(class < HK_SMALL_CLASSES);
	d->freed = hk_list_end(d);
	d->start = (uintptr_t)hk_desc_start(d);
	hk_count_set(&d->count, 0);
	d->recip = (uint32_t)(((uint64_t)1 << 32) / size + 1);
	__atomic_store_n(&d->start_max, 0, __ATOMIC_RELAXED);
	d->carved = 0;
	hk_desc_set_class(d, class);
	d->used = used;
	if (!used)
		hk_arena_hollow(HK_UNIT);
	d->next = d->prev = 0;
	d->rob_next = d->rob_prev = 0;
	d->rob_count = 0;
	hk_desc_set_state(d, HK_SLAB_USABLE);
	hk_desc_set_owner(d, owner);
}

void hk_slab_end(struct hk_desc *d)
{
	if (!d->used)
		hk_arena_hollow((ptrdiff_t)(d->carved *
					    hk_class_size(d->class)) -
				(ptrdiff_t)HK_UNIT);
	hk_desc_set_owner(d, NULL);
	hk_desc_set_state(d, HK_BUSY);
	hk_desc_set_units(d, 1);
}

/* The number of the slab's first block to be used, counted in its grid. */
static uint32_t first_number(const struct hk_desc *d)
{
	uint32_t off = d->start & (HK_GRID - 1);
	uint32_t size = (uint32_t)hk_class_size(d->class);

	return (off + size - 1) / size + hk_slab_skipped();
}

/* The slab's block number `i`, counted from its first. */
static char *block_at(const struct hk_desc *d, size_t i)
{
	return (char *)(d->start & ~(HK_GRID - 1)) +
		(first_number(d) + i) * hk_class_size(d->class);
}

/* How many blocks the next carving makes. */
static unsigned int carve_count(const struct hk_desc *d)
{
	size_t size = hk_class_size(d->class);
	size_t start = (uintptr_t)block_at(d, d->carved);
	size_t page_end = hk_round_up(start + 1, HK_PAGE);
	size_t n = (page_end - start + size - 1) / size;

	if (d->used)
		n = hk_max(n, batch(d));
	return (unsigned int)hk_min(n, (size_t)capacity(d) - d->carved);
}

bool hk_slab_carve(struct hk_desc *d)
{
	size_t size = hk_class_size(d->class);
	/* recip * size = 2^32 + excess: see hk_desc_is_start(). */
	uint32_t excess = d->recip * (uint32_t)size;
	char *first, *b;
	unsigned int n;

	/* What follows divides, and this is asked for each slab that fills. */
	if (d->carved == capacity(d))
		return false;
	n = carve_count(d);
	first = b = block_at(d, d->carved);
	for (unsigned int i = 1; i < n; i++, b += size)
		hk_block_set((struct hk_block *)b, b + size);
	hk_block_set((struct hk_block *)b, d->freed);
	d->freed = (struct hk_block *)first;
	if (!d->used)
		hk_arena_hollow(-(ptrdiff_t)(n * size));
	d->carved = (uint16_t)(d->carved + n);
	/* Relaxed: whoever got a block of these got it later. */
	__atomic_store_n(&d->start_max,
			 (first_number(d) + d->carved - 1) * excess,
			 __ATOMIC_RELAXED);
	return true;
}

void hk_slab_choose(struct hk_desc *d)
{
	hk_assert(hk_desc_state(d) == HK_SLAB_USABLE);
	hk_desc_set_state(d, HK_SLAB_CURRENT);
	hk_count_set(&d->count, d->count + 1);
}

bool hk_slab_leave(struct hk_desc *d)
{
	hk_assert(hk_desc_state(d) == HK_SLAB_CURRENT);
	if (d->freed == hk_list_end(d) && d->carved == capacity(d)) {
		unsigned int skipped = hk_slab_skipped();
		uint16_t wake = wake_count(d);

		/* Relaxed: others read it for a figure, or after the state. */
		__atomic_store_n(&d->wake, (uint16_t)(wake + skipped),
				 __ATOMIC_RELAXED);
		hk_count_set(&d->count, wake);
		/* Last: from here on the slab may be somebody else's. */
		hk_desc_set_state(d, HK_SLAB_FULL);
		return false;
	}
	hk_count_set(&d->count, d->count - 1);
	hk_desc_set_state(d, HK_SLAB_USABLE);
	return true;
}

void hk_slab_wake(struct hk_desc *d)
{
	hk_assert(hk_desc_state(d) == HK_SLAB_FULL);
	hk_desc_set_state(d, HK_SLAB_USABLE);
	hk_count_set(&d->count, hk_class_capacity(d->class) - d->wake);
}

uint32_t hk_slab_out(struct hk_desc *d)
{
	uint32_t count = hk_countdown_read(&d->count);

	switch (hk_desc_state(d)) {
	case HK_SLAB_CURRENT:
		return count - 1;
	case HK_SLAB_FULL:
		return hk_class_capacity(hk_desc_class(d)) -
			hk_glance(&d->wake) + count;
	default:
		return count;
	}
}

bool hk_list_has(const struct hk_block *list, const struct hk_block *b)
{
	const struct hk_desc *d = hk_desc_of(b);
	const struct hk_block *i = list;

	/* Bounded: the list may be broken, that may be why we are asked. */
	for (size_t n = 0; n < HK_UNIT / sizeof(*i); n++) {
		if (!hk_block_in(d, i))
			return false;
		if (i == b)
			return true;
		i = hk_block_next(i);
	}
	return false;
}

void hk_slab_verify(struct hk_desc *d)
{
	const struct hk_block *b = d->freed;
	size_t freed = 0;

	hk_assert(d->start == (uintptr_t)hk_desc_start(d));
	hk_assert(d->carved <= capacity(d));
	for (; b != hk_list_end(d); b = hk_block_next(b)) {
		hk_assert(hk_block_in(d, b));
		hk_assert(hk_desc_is_start(d, b));
		hk_assert(freed < d->carved);
		freed++;
	}
	hk_assert(hk_slab_out(d) + freed == d->carved);
}
