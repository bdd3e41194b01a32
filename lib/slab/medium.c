/* SPDX-License-Identifier: MIT */
/*
 * medium.c - see medium.h.  Each class has a lock and a list of the slabs
 * that have a block; the lowest block of the first slab goes first, so that
 * the others may become empty.  One empty slab of a class is kept.
 */
#include "slab/medium.h"

#include "slab/run.h"

struct hk_lock hk_medium_locks[HK_MEDIUM_CLASSES];

static_assert(HK_MEDIUM_BYTES / (HK_SMALL_MAX + 1) <=
	      sizeof(((struct hk_desc *)0)->live) + 3,
	      "live[] has a byte for each block");

/* First slab of each class with a block in it: index, 0 = none. */
static uint32_t heads[HK_MEDIUM_CLASSES];

/* The slabs listed in a class that have no block out. */
static unsigned int empties[HK_MEDIUM_CLASSES];

static uint32_t all_of(const struct hk_desc *d)
{
	return (uint32_t)(((uint64_t)1 << d->capacity) - 1);
}

static void list_push(unsigned int m, struct hk_desc *d)
{
	d->prev = 0;
	d->next = heads[m];
	if (d->next)
		hk_desc_at(d->next)->prev = hk_desc_index(d);
	heads[m] = hk_desc_index(d);
}

static void list_remove(unsigned int m, struct hk_desc *d)
{
	if (d->prev)
		hk_desc_at(d->prev)->next = d->next;
	else
		heads[m] = d->next;
	if (d->next)
		hk_desc_at(d->next)->prev = d->prev;
}

static struct hk_desc *slab_new(unsigned int class)
{
	bool zeroed;
	struct hk_desc *d = hk_run_take(HK_MEDIUM_UNITS, 1, &zeroed);

	if (!d)
		return NULL;
	d->class = (uint8_t)class;
	d->block_size = (uint32_t)hk_class_size(class);
	d->capacity = (uint16_t)(HK_MEDIUM_BYTES / d->block_size);
	d->back = 0;
	d->avail = all_of(d);
	d->fresh = zeroed ? d->avail : 0;
	for (unsigned int i = 0; i < d->capacity; i++)
		hk_medium_set_live(d, i, false);
	for (uint16_t i = 1; i < HK_MEDIUM_UNITS; i++) {
		d[i].back = i;
		hk_desc_set_state(&d[i], HK_MEDIUM_PART);
	}
	hk_desc_set_state(d, HK_MEDIUM);
	return d;
}

static void slab_end(struct hk_desc *d)
{
	for (unsigned int i = 1; i < HK_MEDIUM_UNITS; i++)
		hk_desc_set_state(&d[i], HK_NONE);
	d->units = HK_MEDIUM_UNITS;
	hk_run_give(d);
}

/* A slab of the class with a block in it. */
static struct hk_desc *slab_usable(unsigned int class)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	struct hk_desc *d;

	if (heads[m])
		return hk_desc_at(heads[m]);
	d = slab_new(class);
	if (d) {
		list_push(m, d);
		empties[m]++;
	}
	return d;
}

unsigned int hk_medium_take(unsigned int class, void **out, unsigned int n,
			    uint32_t *fresh)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	unsigned int got = 0;
	struct hk_desc *d;

	*fresh = 0;
	hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	/* A second slab is not started for the sake of a full magazine. */
	while (got < n && (!got || heads[m]) && (d = slab_usable(class))) {
		if (d->avail == all_of(d))
			empties[m]--;
		while (got < n && d->avail) {
			unsigned int i = (unsigned int)__builtin_ctz(d->avail);
			uint32_t bit = (uint32_t)1 << i;

			if (d->fresh & bit)
				*fresh |= (uint32_t)1 << got;
			d->avail &= ~bit;
			d->fresh &= ~bit;
			out[got++] = hk_desc_start(d) + i * d->block_size;
		}
		if (!d->avail)
			list_remove(m, d);
	}
	hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	return got;
}

/* One block comes back; returns the slab if it is to be given up. */
static struct hk_desc *give_one(unsigned int m, void *block)
{
	unsigned int number;
	char *start;
	struct hk_desc *d = hk_medium_find(hk_desc_of(block), block, &number,
					   &start);

	if (!d->avail)
		list_push(m, d);
	d->avail |= (uint32_t)1 << number;
	if (d->avail != all_of(d))
		return NULL;
	if (!empties[m]) {
		empties[m]++;
		return NULL;
	}
	list_remove(m, d);
	return d;
}

void hk_medium_give(unsigned int class, void *const *blocks, unsigned int n)
{
	unsigned int m = class - HK_SMALL_CLASSES;

	hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	for (unsigned int i = 0; i < n; i++) {
		struct hk_desc *empty = give_one(m, blocks[i]);

		if (empty)
			slab_end(empty);
	}
	hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
}

struct hk_desc *hk_medium_find(struct hk_desc *d, const void *p,
			       unsigned int *number, char **start)
{
	d -= d->back;
	*number = (unsigned int)((size_t)((const char *)p - hk_desc_start(d)) /
				 d->block_size);
	*start = hk_desc_start(d) + *number * d->block_size;
	return d;
}

void hk_medium_trim(void)
{
	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++) {
		uint32_t i, next;

		hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
		for (i = heads[m]; i; i = next) {
			struct hk_desc *d = hk_desc_at(i);

			next = d->next;
			if (d->avail != all_of(d))
				continue;
			empties[m]--;
			list_remove(m, d);
			slab_end(d);
		}
		hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	}
}
