/* SPDX-License-Identifier: MIT */
/*
 * slab.c - see slab.h: carving, taking, and the counter.
 */
#include "slab/slab.h"

/*
 * A full slab becomes usable again when this share of it has been freed:
 * sooner, and refills take few blocks each; later, and memory lies idle.
 */
#define WAKE_SHARE 8

/*
 * How many blocks to carve from pages that were used before.  Untouched
 * pages are carved one page at a time: a link is never written into a page
 * that nobody needs yet.
 */
#define CARVE_USED 16

static uint32_t wake_count(const struct hk_desc *d)
{
	return (uint32_t)hk_max(d->capacity / WAKE_SHARE, 1);
}

void hk_slab_init(struct hk_desc *d, unsigned int class,
		  struct hk_heap *owner, bool used)
{
	uint32_t size = (uint32_t)hk_class_size(class);

	d->freed = hk_list_end(d);
	d->count = 0;
	d->block_size = size;
	d->recip = (uint32_t)(((uint64_t)1 << 32) / size + 1);
	d->start_max = 0;
	d->capacity = (uint16_t)(HK_UNIT / size);
	d->carved = 0;
	d->class = (uint8_t)class;
	d->next = d->prev = 0;
	d->rob_next = d->rob_prev = 0;
	d->rob_count = 0;
	d->used = used;
	hk_desc_set_state(d, HK_SLAB_USABLE);
	/* Release: a freeing thread that sees the owner sees the slab. */
	hk_desc_set_owner(d, owner);
}

/* How many blocks the next carving makes. */
static unsigned int carve_count(const struct hk_desc *d)
{
	size_t size = d->block_size;
	size_t start = d->carved * size;
	size_t page_end = hk_round_up(start + 1, HK_PAGE);
	size_t n = (page_end - start + size - 1) / size;

	if (d->used)
		n = hk_max(n, CARVE_USED);
	return (unsigned int)hk_min(n, (size_t)d->capacity - d->carved);
}

static struct hk_block *carve(struct hk_desc *d)
{
	size_t size = d->block_size;
	unsigned int n = carve_count(d);
	char *first = hk_desc_start(d) + d->carved * size;
	char *b = first;
	/* 2^32 = recip * size - excess: see hk_desc_is_start(). */
	uint32_t excess = d->recip * d->block_size;

	for (unsigned int i = 1; i < n; i++, b += size)
		hk_block_set((struct hk_block *)b, b + size);
	hk_block_set((struct hk_block *)b, hk_list_end(d));
	d->carved = (uint16_t)(d->carved + n);
	d->start_max = (d->carved - 1u) * excess;
	return (struct hk_block *)first;
}

struct hk_block *hk_slab_take(struct hk_desc *d)
{
	struct hk_block *list = d->freed;

	hk_assert(hk_desc_state(d) == HK_SLAB_USABLE);
	if (list == hk_list_end(d))
		list = carve(d);
	d->freed = hk_list_end(d);
	d->count = d->carved;
	if (d->carved == d->capacity) {
		hk_desc_set_state(d, HK_SLAB_FULL);
		d->count = wake_count(d);
	}
	return list;
}

void hk_slab_wake(struct hk_desc *d)
{
	hk_assert(hk_desc_state(d) == HK_SLAB_FULL);
	hk_desc_set_state(d, HK_SLAB_USABLE);
	d->count = d->capacity - wake_count(d);
}

uint32_t hk_slab_out(struct hk_desc *d)
{
	uint32_t count = hk_countdown_read(&d->count);

	if (hk_desc_state(d) == HK_SLAB_FULL)
		return d->capacity - wake_count(d) + count;
	return count;
}

bool hk_list_has(const struct hk_block *list, const struct hk_block *b)
{
	const struct hk_block *i = list;

	/* Bounded: the list may be broken, that may be why we are asked. */
	for (size_t n = 0; n < HK_UNIT / sizeof(*i); n++) {
		if (!hk_block_near(i, b))
			return false;
		if (i == b)
			return true;
		i = hk_block_next(i);
	}
	return false;
}

void hk_slab_verify(const struct hk_desc *d)
{
	enum hk_state state = hk_desc_state(d);
	const struct hk_block *b = d->freed;
	size_t freed = 0;

	hk_assert(state == HK_SLAB_USABLE || state == HK_SLAB_FULL);
	hk_assert(d->block_size == hk_class_size(d->class));
	hk_assert(d->carved <= d->capacity);
	for (; b != hk_list_end(d); b = hk_block_next(b)) {
		hk_assert(hk_block_near(b, (struct hk_block *)
					   hk_desc_start(d)));
		hk_assert(hk_desc_is_start(d, b));
		hk_assert(freed < d->carved);
		freed++;
	}
	if (state == HK_SLAB_FULL)
		hk_assert(d->count + freed == wake_count(d));
	else
		hk_assert(d->count + freed == d->carved);
}
