/* SPDX-License-Identifier: MIT */
/*
 * medium.c - see medium.h.  Each class has a lock, and lists of the slabs that
 * have a block, one for each shard; the lowest block of the first slab goes
 * first, so that the others may become empty.
 */
#include "slab/medium.h"

#include "slab/idle.h"
#include "slab/run.h"

struct hk_lock hk_medium_locks[HK_MEDIUM_CLASSES];

static_assert(HK_SHORT_UNITS * HK_UNIT / (HK_SMALL_MAX + 1) <= 64,
	      "a slab's blocks have a bit each");
static_assert(HK_LONGEST_UNITS * HK_UNIT <= 1 << 20 &&
	      HK_MEDIUM_MAX <= 1 << 17, "hk_medium_product() is exact");

/* First slab of each list: index, 0 = none. */
static uint32_t heads[HK_MEDIUM_CLASSES][HK_SHARDS];

/*
 * A shard without a block takes over a slab of another that has one block in
 * so many: with less the two would soon share it, with more they would keep
 * more of them half empty.
 */
#define MOVE_SHARE	4

/* The slabs listed in a class that have no block out; so many are kept. */
#define EMPTIES_KEPT 1

static unsigned int empties[HK_MEDIUM_CLASSES];

/* Each class is a group; only long blocks give their pages back. */
static struct hk_idle idle[HK_MEDIUM_CLASSES];

/* Bits beyond the slab's blocks are always set. */
#define ALL_AVAIL (~(uint64_t)0)

static uint64_t none_avail(const struct hk_desc *d)
{
	unsigned int capacity = hk_class_capacity(hk_desc_class(d));

	return capacity < 64 ? ALL_AVAIL << capacity : 0;
}

/* Relaxed, for hk_medium_avail(): the lock orders everything else. */
static void set_avail(struct hk_desc *d, uint64_t avail)
{
	__atomic_store_n(&d->avail, avail, __ATOMIC_RELAXED);
}

/*
 * The first `carved` blocks of the slab may be with the program.  As the
 * lowest go first, the others were never handed out.
 */
static void set_carved(struct hk_desc *d, unsigned int carved)
{
	uint64_t excess = d->recip * hk_class_size(d->class) -
		((uint64_t)1 << HK_MEDIUM_SHIFT);

	d->carved = (uint16_t)carved;
	for (unsigned int i = 0; i < hk_class_units(d->class); i++)
		__atomic_store_n(&d[i].limit,
				 (carved - 1) * excess <<
				 (64 - HK_MEDIUM_SHIFT), __ATOMIC_RELAXED);
}

static void list_push(unsigned int m, struct hk_desc *d)
{
	uint32_t *head = &heads[m][d->shard];

	d->prev = 0;
	d->next = *head;
	if (d->next)
		hk_desc_at(d->next)->prev = hk_desc_index(d);
	*head = hk_desc_index(d);
}

static void list_remove(unsigned int m, struct hk_desc *d)
{
	if (d->prev)
		hk_desc_at(d->prev)->next = d->next;
	else
		heads[m][d->shard] = d->next;
	if (d->next)
		hk_desc_at(d->next)->prev = d->prev;
}

static struct hk_desc *slab_new(unsigned int class)
{
	unsigned int units = hk_class_units(class);
	uint64_t one = (uint64_t)1 << HK_MEDIUM_SHIFT;
	bool zeroed;
	struct hk_desc *d = hk_run_take(units, 1, &zeroed);
	char *first;

	if (!d)
		return NULL;
	first = hk_desc_start(d);
	set_avail(d, ALL_AVAIL);
	d->carved = 0;
	for (uint16_t i = 0; i < units; i++) {
		hk_desc_set_class(&d[i], class);
		d[i].recip = (uint32_t)(one / hk_class_size(class) + 1);
		d[i].back = i;
		__atomic_store_n(&d[i].first, first, __ATOMIC_RELAXED);
		__atomic_store_n(&d[i].limit, 0, __ATOMIC_RELAXED);
		hk_desc_set_state(&d[i], i ? HK_MEDIUM_PART : HK_MEDIUM);
	}
	hk_idle_join(&idle[class - HK_SMALL_CLASSES], d,
		     zeroed ? 0 : ~none_avail(d));
	return d;
}

static void slab_end(struct hk_desc *d)
{
	unsigned int units = hk_class_units(d->class);

	hk_idle_leave(&idle[d->class - HK_SMALL_CLASSES], d);
	for (unsigned int i = 1; i < units; i++)
		hk_desc_set_state(&d[i], HK_NONE);
	hk_desc_set_units(d, units);
	hk_run_give(d);
}

/* Another shard's slab that may change hands, or NULL. */
static struct hk_desc *slab_of_others(unsigned int class)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	unsigned int least = hk_class_capacity(class) / MOVE_SHARE;

	for (unsigned int shard = 0; shard < HK_SHARDS; shard++)
		for (uint32_t i = heads[m][shard]; i; i = hk_desc_at(i)->next) {
			struct hk_desc *d = hk_desc_at(i);
			uint64_t avail = d->avail & ~none_avail(d);

			if ((unsigned int)__builtin_popcountll(avail) >= least)
				return d;
		}
	return NULL;
}

/* A slab of the shard with a block in it. */
static struct hk_desc *slab_usable(unsigned int class, unsigned int shard)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	struct hk_desc *d;

	if (heads[m][shard])
		return hk_desc_at(heads[m][shard]);
	d = slab_of_others(class);
	if (d) {
		list_remove(m, d);
	} else {
		d = slab_new(class);
		if (!d)
			return NULL;
		empties[m]++;
	}
	d->shard = (uint8_t)shard;
	list_push(m, d);
	return d;
}

/* Takes up to `n` blocks of one slab; *fresh as in hk_medium_take(). */
static unsigned int take_from(struct hk_desc *d, void **blocks, unsigned int n,
			      uint32_t *fresh)
{
	struct hk_idle *group = &idle[d->class - HK_SMALL_CLASSES];
	uint64_t none = none_avail(d), avail = d->avail & ~none;
	size_t size = hk_class_size(d->class);
	unsigned int got = 0, i = 0;

	*fresh = 0;
	while (got < n && avail) {
		i = (unsigned int)__builtin_ctzll(avail);
		*fresh |= (uint32_t)hk_idle_take(group, d, (uint64_t)1 << i,
						 1) << got;
		avail &= avail - 1;
		blocks[got++] = d->first + i * size;
	}
	if (i >= d->carved)
		set_carved(d, i + 1);
	set_avail(d, avail | none);
	return got;
}

unsigned int hk_medium_take(unsigned int class, unsigned int shard,
			    void **blocks, unsigned int n, uint32_t *fresh)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	unsigned int got = 0;
	struct hk_desc *d;

	*fresh = 0;
	if (class >= HK_LONG_CLASS)
		shard = 0;
	hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	/* A new slab is not started for the sake of a full magazine. */
	while (got < n && (!got || heads[m][shard]) &&
	       (d = slab_usable(class, shard))) {
		uint32_t bits;
		unsigned int shift = got;

		if (d->avail == ALL_AVAIL)
			empties[m]--;
		got += take_from(d, blocks + got, n - got, &bits);
		*fresh |= bits << shift;
		if (d->avail == none_avail(d))
			list_remove(m, d);
	}
	hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	return got;
}

/* ---- giving back ---- */

/* Finds long blocks that have gone cold, now and then. */
static void search(unsigned int class)
{
	unsigned int m = class - HK_SMALL_CLASSES;

	if (class < HK_LONG_CLASS || !hk_idle_search_due(&idle[m]))
		return;
	for (uint32_t i = heads[m][0]; i; i = hk_desc_at(i)->next)
		hk_idle_search(&idle[m], hk_desc_at(i), hk_class_size(class));
}

static size_t purge(unsigned int class, struct hk_desc *d)
{
	if (class < HK_LONG_CLASS)
		return 0;
	return hk_idle_purge(&idle[class - HK_SMALL_CLASSES], d, d->idle,
			     hk_class_size(class));
}

/*
 * The slab of a block that is out, and the block's number in it.  NULL where
 * it was given twice, by magazines that did not know of each other; by then
 * its slab may even have ended.
 */
static struct hk_desc *slab_of(unsigned int class, const void *block,
			       unsigned int *number)
{
	struct hk_desc *d = hk_desc_of(block);
	enum hk_state state = hk_desc_state(d);

	if (state != HK_MEDIUM && state != HK_MEDIUM_PART)
		return NULL;
	d -= d->back;
	if (d->class != class)
		return NULL;
	*number = hk_medium_number(d, block);
	return hk_medium_avail(d, *number) ? NULL : d;
}

/* A block comes back; returns the slab if it is to be given up. */
static struct hk_desc *give_one(unsigned int class, struct hk_desc *d,
				unsigned int number)
{
	unsigned int m = class - HK_SMALL_CLASSES;

	if (d->avail == none_avail(d))
		list_push(m, d);
	set_avail(d, d->avail | (uint64_t)1 << number);
	hk_idle_give(&idle[m], d, (uint64_t)1 << number, 1);
	if (d->avail != ALL_AVAIL) {
		if (class >= HK_LONG_CLASS &&
		    hk_idle_due(&idle[m], d, hk_class_capacity(class),
				hk_class_size(class)))
			purge(class, d);
		return NULL;
	}
	empties[m]++;
	if (empties[m] <= EMPTIES_KEPT)
		return NULL;
	empties[m]--;
	list_remove(m, d);
	return d;
}

void hk_medium_give(unsigned int class, void *const *blocks, unsigned int n)
{
	unsigned int m = class - HK_SMALL_CLASSES;

	hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int number;
		struct hk_desc *d = slab_of(class, blocks[i], &number);

		if (hk_unlikely(!d)) {
			/* Whoever handles the signal may allocate. */
			hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
			hk_fatal_double_free(blocks[i], hk_class_size(class),
					     0);
		}
		d = give_one(class, d, number);
		if (d)
			slab_end(d);
	}
	search(class);
	hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
}

/* What is free in the list of a class that starts at `first`. */
static size_t trim(unsigned int class, uint32_t first)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	size_t bytes = 0;
	uint32_t i, next;

	for (i = first; i; i = next) {
		struct hk_desc *d = hk_desc_at(i);

		next = d->next;
		if (d->avail != ALL_AVAIL) {
			bytes += purge(class, d);
			continue;
		}
		empties[m]--;
		list_remove(m, d);
		slab_end(d);
	}
	return bytes;
}

size_t hk_medium_trim(void)
{
	size_t bytes = 0;

	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++) {
		hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
		for (unsigned int s = 0; s < HK_SHARDS; s++)
			bytes += trim(m + HK_SMALL_CLASSES, heads[m][s]);
		hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	}
	return bytes;
}

size_t hk_medium_bytes(void)
{
	size_t bytes = 0;

	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++) {
		hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
		bytes += idle[m].out * hk_class_size(m + HK_SMALL_CLASSES);
		hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	}
	return bytes;
}
