/* SPDX-License-Identifier: MIT */
/*
 * medium.c - see medium.h.  Each class has a lock and a list of the slabs
 * that have a block; the lowest block of the first slab goes first, so that
 * the others may become empty.
 */
#include "slab/medium.h"

#include "os/os.h"
#include "slab/run.h"

struct hk_lock hk_medium_locks[HK_MEDIUM_CLASSES];

static_assert(HK_SHORT_UNITS * HK_UNIT / (HK_SMALL_MAX + 1) <= 64,
	      "a slab's blocks have a bit each");

/* First slab of each class with a block in it: index, 0 = none. */
static uint32_t heads[HK_MEDIUM_CLASSES];

/* The slabs listed in a class that have no block out; so many are kept. */
#define EMPTIES_KEPT 1

static unsigned int empties[HK_MEDIUM_CLASSES];

/* The blocks of each class that are out, and that are idle in slabs. */
static size_t out[HK_MEDIUM_CLASSES];
static size_t idle[HK_MEDIUM_CLASSES];

/* When the class was last searched for cold blocks, in ms. */
static uint32_t searched[HK_MEDIUM_CLASSES];

/*
 * Free blocks above 8 KiB give their pages back once they have been idle
 * from one search to the next; and at once, a slab at a time, where so much
 * of a class is idle that it cannot all be needed soon.
 */
#define SEARCH_MS	100
#define IDLE_MIN_BYTES	(4 * HK_MIB)
#define IDLE_PER_OUT	2
#define IDLE_SLAB_SHARE	4

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

/* The same; not written without need, as every free reads that line. */
static void set_fresh(struct hk_desc *d, uint64_t fresh)
{
	if (d->fresh != fresh)
		__atomic_store_n(&d->fresh, fresh, __ATOMIC_RELAXED);
}

/*
 * Blocks `bits` of the slab are idle from here on, or are not: others that
 * are in the slab read as zero.
 */
static void idle_add(unsigned int m, struct hk_desc *d, uint64_t bits)
{
	d->idle |= bits;
	idle[m] += (size_t)__builtin_popcountll(bits);
}

static void idle_drop(unsigned int m, struct hk_desc *d, uint64_t bits)
{
	bits &= d->idle;
	d->idle ^= bits;
	d->cold &= d->idle;
	idle[m] -= (size_t)__builtin_popcountll(bits);
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
	unsigned int units = hk_class_units(class);
	bool zeroed;
	struct hk_desc *d = hk_run_take(units, 1, &zeroed);

	if (!d)
		return NULL;
	hk_desc_set_class(d, class);
	d->recip = (uint32_t)(((uint64_t)1 << 32) / hk_class_size(class) + 1);
	d->back = 0;
	__atomic_store_n(&d->first, hk_desc_start(d), __ATOMIC_RELAXED);
	set_avail(d, ALL_AVAIL);
	__atomic_store_n(&d->fresh, ALL_AVAIL, __ATOMIC_RELAXED);
	d->locked = false;
	d->idle = 0;
	d->cold = 0;
	if (!zeroed)
		idle_add(class - HK_SMALL_CLASSES, d, ~none_avail(d));
	for (uint16_t i = 1; i < units; i++) {
		d[i].back = i;
		hk_desc_set_state(&d[i], HK_MEDIUM_PART);
	}
	hk_desc_set_state(d, HK_MEDIUM);
	return d;
}

static void slab_end(struct hk_desc *d)
{
	unsigned int units = hk_class_units(d->class);

	idle_drop(d->class - HK_SMALL_CLASSES, d, d->idle);
	for (unsigned int i = 1; i < units; i++)
		hk_desc_set_state(&d[i], HK_NONE);
	hk_desc_set_units(d, units);
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

/* Takes up to `n` blocks of one slab; *fresh as in hk_medium_take(). */
static unsigned int take_from(struct hk_desc *d, void **blocks, unsigned int n,
			      uint32_t *fresh)
{
	uint64_t none = none_avail(d), avail = d->avail & ~none;
	unsigned int got = 0;

	*fresh = 0;
	while (got < n && avail) {
		unsigned int i = (unsigned int)__builtin_ctzll(avail);

		*fresh |= (uint32_t)(~d->idle >> i & 1) << got;
		avail &= avail - 1;
		blocks[got++] = hk_medium_block(d, i);
	}
	avail |= none;
	set_fresh(d, d->fresh & ~(d->avail ^ avail));
	idle_drop(d->class - HK_SMALL_CLASSES, d, ~avail);
	set_avail(d, avail);
	return got;
}

unsigned int hk_medium_take(unsigned int class, void **blocks, unsigned int n,
			    uint32_t *fresh)
{
	unsigned int m = class - HK_SMALL_CLASSES;
	unsigned int got = 0;
	struct hk_desc *d;

	*fresh = 0;
	hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	/* A new slab is not started for the sake of a full magazine. */
	while (got < n && (!got || heads[m]) && (d = slab_usable(class))) {
		uint32_t bits;
		unsigned int shift = got;

		if (d->avail == ALL_AVAIL)
			empties[m]--;
		got += take_from(d, blocks + got, n - got, &bits);
		*fresh |= bits << shift;
		if (d->avail == none_avail(d))
			list_remove(m, d);
	}
	out[m] += got;
	hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	return got;
}

/* ---- pages of free blocks ---- */

/*
 * Gives the pages of idle blocks `bits` back, with those between them that
 * have none.  The lock is held meanwhile: of all calls to the system this is
 * the shortest.  Returns the bytes of blocks that were idle.
 */
static size_t slab_purge(unsigned int m, struct hk_desc *d, uint64_t bits)
{
	uint64_t free = (d->avail & ~d->idle & ~none_avail(d)) | bits;
	size_t before = idle[m];

	while (bits && !d->locked) {
		unsigned int i = (unsigned int)__builtin_ctzll(free);
		unsigned int n = (unsigned int)__builtin_ctzll(~(free >> i));
		uint64_t run = (((uint64_t)1 << n) - 1) << i;

		free &= ~run;
		if (!(bits & run))
			continue;
		bits &= ~run;
		d->locked = hk_os_discard(hk_medium_block(d, i),
					  n * hk_class_size(d->class));
		if (!d->locked)
			idle_drop(m, d, run);
	}
	return (before - idle[m]) * hk_class_size(d->class);
}

static bool can_purge(unsigned int class)
{
	return class >= HK_LONG_CLASS;
}

/* Is too much of the class idle, and enough of this slab? */
static bool purge_due(unsigned int m, const struct hk_desc *d)
{
	unsigned int class = m + HK_SMALL_CLASSES;

	return can_purge(class) &&
		idle[m] > out[m] * IDLE_PER_OUT &&
		idle[m] * hk_class_size(class) > IDLE_MIN_BYTES &&
		(unsigned int)__builtin_popcountll(d->idle) >=
		hk_class_capacity(class) / IDLE_SLAB_SHARE;
}

/* Finds what has gone cold, now and then. */
static void search(unsigned int m)
{
	uint32_t now;

	if (!can_purge(m + HK_SMALL_CLASSES))
		return;
	now = (uint32_t)hk_os_clock_ms();
	if (now - searched[m] < SEARCH_MS)
		return;
	searched[m] = now;
	for (uint32_t i = heads[m]; i; i = hk_desc_at(i)->next) {
		struct hk_desc *d = hk_desc_at(i);

		slab_purge(m, d, d->cold);
		d->cold = d->idle;
	}
}

/* ---- giving back ---- */

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
static struct hk_desc *give_one(unsigned int m, struct hk_desc *d,
				unsigned int number)
{
	if (d->avail == none_avail(d))
		list_push(m, d);
	set_avail(d, d->avail | (uint64_t)1 << number);
	idle_add(m, d, (uint64_t)1 << number);
	if (d->avail != ALL_AVAIL) {
		if (hk_unlikely(purge_due(m, d)))
			slab_purge(m, d, d->idle);
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
		d = give_one(m, d, number);
		if (d)
			slab_end(d);
	}
	out[m] -= n;
	search(m);
	hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
}

size_t hk_medium_trim(void)
{
	size_t given = 0;

	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++) {
		uint32_t i, next;

		hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
		for (i = heads[m]; i; i = next) {
			struct hk_desc *d = hk_desc_at(i);

			next = d->next;
			if (d->avail != ALL_AVAIL) {
				if (can_purge(m + HK_SMALL_CLASSES))
					given += slab_purge(m, d, d->idle);
				continue;
			}
			empties[m]--;
			list_remove(m, d);
			slab_end(d);
		}
		hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	}
	return given;
}

size_t hk_medium_bytes(void)
{
	size_t bytes = 0;

	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++) {
		hk_lock(&hk_medium_locks[m], HK_RANK_MEDIUM);
		bytes += out[m] * hk_class_size(m + HK_SMALL_CLASSES);
		hk_unlock(&hk_medium_locks[m], HK_RANK_MEDIUM);
	}
	return bytes;
}
