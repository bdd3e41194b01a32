/* SPDX-License-Identifier: MIT */
/*
 * medium.c - see medium.h.  Each class has a lock, and two lists for each
 * shard of the slabs that have a block:
 *
 *             a quarter of the slab is free
 *    tight  -------------------------------->  loose  ---> another shard's
 *      ^  |  <--------------------------------              loose list
 *      |  |     less than that is free
 *      |  v
 *      full: in no list
 *
 * A shard takes from its own slabs as long as they have a block, from the
 * tight ones first, so that the others may become empty; then it takes over a
 * loose slab of another shard, or starts a new one.
 */
#include "slab/medium.h"

#include "os/os.h"
#include "policy/policy.h"
#include "slab/due.h"
#include "slab/idle.h"
#include "slab/run.h"
#include "superslab/thp.h"

static_assert(HK_SHORT_UNITS * HK_UNIT / (HK_SMALL_MAX + 1) <= 64,
	      "a slab's blocks have a bit each");
static_assert(HK_LONGEST_UNITS * HK_UNIT <= 1 << 20 &&
	      HK_MEDIUM_MAX <= 1 << 17, "hk_medium_product() is exact");

/*
 * A slab is loose when one block in so many is free.  With less to take over
 * the two shards would soon share it; with more, each would keep more slabs
 * half empty.
 */
#define LOOSE_SHARE	4

/* Lists: the tight slabs of each shard, then the loose ones of each. */
#define LISTS		(2 * HK_SHARDS)

/*
 * What a class has, all of it under its lock; two cache lines for each, as
 * processors fetch lines in pairs.
 */
static struct medium {
	struct hk_lock lock;
	unsigned int empties;	/* listed slabs that have no block out */
	struct hk_idle idle;
	uint32_t heads[LISTS];	/* first slab: index, 0 = none */
} HK_ALIGNED(2 * HK_CACHE_LINE) mediums[HK_MEDIUM_CLASSES];
static_assert(sizeof(struct medium) == HK_MEDIUM_STRIDE,
	      "a class has a pair of lines");

static struct medium *medium_of(unsigned int class)
{
	return &mediums[class - HK_SMALL_CLASSES];
}

/* At most so often: all slabs of a class are looked at; and so long. */
#define MAKE_UP_MS	10u
#define MAKE_UP_NS	1000000u
#define POLL_MS		50u

/* The clock is read after so many slabs that gave nothing. */
#define LOOK_SLABS	64u

/* Of one class, in regions with huge pages. */
#define HUGE_WAITS_BYTES (64 * HK_MIB)

/* Of the slabs that have no block out, so many are kept. */
#define EMPTIES_KEPT 1

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

/* Relaxed, for hk_medium_serves(), as above. */
static void set_lent(struct hk_desc *d, uint64_t lent)
{
	__atomic_store_n(&d->lent, lent, __ATOMIC_RELAXED);
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

/* ---- lists ---- */

/* Where a thread's shard takes blocks of a class from. */
static unsigned int shard_for(unsigned int class, unsigned int shard)
{
	return class < HK_LONG_CLASS ? shard : 0;
}

static unsigned int shard_of(const struct hk_desc *d)
{
	return d->list % HK_SHARDS;
}

static bool is_loose(const struct hk_desc *d)
{
	return d->free >= hk_class_capacity(d->class) / LOOSE_SHARE;
}

/* Lists a slab of a shard by how much of it is free. */
static void list_push(struct medium *m, struct hk_desc *d, unsigned int shard)
{
	uint32_t *head;

	d->list = (uint8_t)(shard + is_loose(d) * HK_SHARDS);
	head = &m->heads[d->list];
	d->prev = 0;
	d->next = *head;
	if (d->next)
		hk_desc_at(d->next)->prev = hk_desc_index(d);
	*head = hk_desc_index(d);
}

static void list_remove(struct medium *m, struct hk_desc *d)
{
	if (d->prev)
		hk_desc_at(d->prev)->next = d->next;
	else
		m->heads[d->list] = d->next;
	if (d->next)
		hk_desc_at(d->next)->prev = d->prev;
}

/* More or less of a slab is free: it may belong into the other list. */
static void list_again(struct medium *m, struct hk_desc *d)
{
	if (is_loose(d) == (d->list >= HK_SHARDS))
		return;
	list_remove(m, d);
	list_push(m, d, shard_of(d));
}

/* The first slab of one of the lists `from` to `end`, or NULL. */
static struct hk_desc *list_find(const struct medium *m, unsigned int from,
				 unsigned int end)
{
	for (; from < end; from++)
		if (m->heads[from])
			return hk_desc_at(m->heads[from]);
	return NULL;
}

/* ---- slabs ---- */

/*
 * Will the blocks of one more slab of a class all be touched soon?  Where as
 * many are out as some slabs have.  Those of a page and less are touched by
 * their mark; of longer ones programs leave pages out.
 */
static bool class_grows(unsigned int class)
{
	return hk_class_size(class) <= HK_PAGE &&
		hk_medium_out(class) >=
			HK_WHOLE_FROM * hk_class_capacity(class);
}

/* A run whose first units are to become resident, once the lock is free. */
struct fresh {
	struct hk_desc *run;
	size_t ahead;
};

static struct hk_desc *slab_new(unsigned int class, struct fresh *fresh)
{
	unsigned int units = hk_class_units(class);
	uint64_t one = (uint64_t)1 << HK_MEDIUM_SHIFT;
	bool zeroed;
	struct hk_desc *d = class_grows(class) ?
		hk_run_take_whole(units, &zeroed, &fresh->ahead) :
		hk_run_take(units, 1, &zeroed);
	char *first;

	if (!d)
		return NULL;
	fresh->run = d;
	first = hk_desc_start(d);
	set_avail(d, ALL_AVAIL);
	set_lent(d, 0);
	d->free = (uint8_t)hk_class_capacity(class);
	d->carved = 0;
	for (uint16_t i = 0; i < units; i++) {
		hk_desc_set_class(&d[i], class);
		d[i].recip = (uint32_t)(one / hk_class_size(class) + 1);
		__atomic_store_n(&d[i].back, i, __ATOMIC_RELAXED);
		__atomic_store_n(&d[i].first, first, __ATOMIC_RELAXED);
		/* The first block passes: it is out before others look. */
		__atomic_store_n(&d[i].limit, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&d[i].purged, false, __ATOMIC_RELAXED);
		hk_desc_set_state(&d[i], i ? HK_MEDIUM_PART : HK_MEDIUM);
	}
	hk_idle_join(&medium_of(class)->idle, d,
		     zeroed ? 0 : ~none_avail(d));
	return d;
}

/* A slab with no block out, in no list, goes back to the arena. */
static void slab_end(struct medium *m, struct hk_desc *d)
{
	unsigned int units = hk_class_units(d->class);

	hk_idle_leave(&m->idle, d);
	for (unsigned int i = 1; i < units; i++)
		hk_desc_set_state(&d[i], HK_NONE);
	hk_desc_set_units(d, units);
	hk_run_give(d);
}

/* Another shard's slab, for want of an own one; the loose ones first. */
static struct hk_desc *slab_of_others(struct medium *m, unsigned int class,
				      struct fresh *fresh)
{
	struct hk_desc *d = list_find(m, HK_SHARDS, LISTS);

	if (!d) {
		d = slab_new(class, fresh);
		if (d) {
			m->empties++;
			return d;
		}
		/* Without memory, sharing is the least of all evils. */
		d = list_find(m, 0, HK_SHARDS);
	}
	if (d)
		list_remove(m, d);
	return d;
}

/*
 * A slab with a block in it for a shard: its own, or, where it has none and
 * `fresh` is not NULL, one that becomes its own.  NULL without that, or memory.
 */
static struct hk_desc *slab_usable(unsigned int class, unsigned int shard,
				   struct fresh *fresh)
{
	struct medium *m = medium_of(class);
	struct hk_desc *d = list_find(m, shard, shard + 1);

	if (!d)
		d = list_find(m, HK_SHARDS + shard, HK_SHARDS + shard + 1);
	if (d || !fresh)
		return d;
	d = slab_of_others(m, class, fresh);
	if (d)
		list_push(m, d, shard);
	return d;
}

/* ---- taking ---- */

/*
 * Takes up to `n` blocks of one slab, of those in `wanted`; *fresh as in
 * hk_medium_take().
 */
static unsigned int take_from(struct medium *m, struct hk_desc *d,
			      uint64_t wanted, void **blocks, unsigned int n,
			      uint32_t *fresh)
{
	uint64_t avail = d->avail & ~none_avail(d) & wanted, taken = 0;
	size_t size = hk_class_size(d->class);
	unsigned int got = 0, i = 0;

	*fresh = 0;
	while (got < n && avail) {
		uint64_t bit = avail & -avail;

		i = (unsigned int)__builtin_ctzll(avail);
		*fresh |= (uint32_t)hk_idle_take(&m->idle, d, bit) << got;
		avail ^= bit;
		taken |= bit;
		blocks[got++] = d->first + i * size;
	}
	if (i >= d->carved)
		set_carved(d, i + 1);
	set_avail(d, d->avail & ~taken);
	d->free = (uint8_t)(d->free - got);
	if (d->free)
		list_again(m, d);
	else
		list_remove(m, d);
	return got;
}

unsigned int hk_medium_take(unsigned int class, unsigned int shard,
			    void **blocks, unsigned int n, uint32_t *fresh)
{
	struct medium *m = medium_of(class);
	struct fresh slab = { NULL, 0 };
	unsigned int got = 0;
	struct hk_desc *d;

	*fresh = 0;
	shard = shard_for(class, shard);
	hk_lock(&m->lock, HK_RANK_MEDIUM);
	/* A new slab is not started for the sake of a full magazine. */
	while (got < n && (d = slab_usable(class, shard,
						  got ? NULL : &slab))) {
		uint32_t bits;
		unsigned int shift = got;

		m->empties -= d->avail == ALL_AVAIL;
		got += take_from(m, d, ALL_AVAIL, blocks + got, n - got,
				 &bits);
		*fresh |= bits << shift;
	}
	hk_unlock(&m->lock, HK_RANK_MEDIUM);
	if (slab.ahead)
		hk_run_prefault(slab.run, slab.ahead);
	return got;
}

/* ---- lending ---- */

/* The first slab of a list, if it has a block that was used before. */
static struct hk_desc *idle_slab(const struct medium *m, unsigned int list)
{
	struct hk_desc *d = list_find(m, list, list + 1);

	return d && d->idle ? d : NULL;
}

/*
 * From slabs that the shard would take from as well: what is lent must not
 * bring two processors to one slab that do without.
 */
static void *lend(unsigned int class, unsigned int shard)
{
	struct medium *m = medium_of(class);
	void *block = NULL;
	struct hk_desc *d;
	uint32_t fresh;

	hk_lock(&m->lock, HK_RANK_MEDIUM);
	d = idle_slab(m, shard);
	for (unsigned int i = 0; !d && i < HK_SHARDS; i++)
		d = idle_slab(m, HK_SHARDS + (shard + i) % HK_SHARDS);
	if (d) {
		uint64_t bit = d->idle & -d->idle;

		m->empties -= d->avail == ALL_AVAIL;
		take_from(m, d, bit, &block, 1, &fresh);
		set_lent(d, d->lent | bit);
	}
	hk_unlock(&m->lock, HK_RANK_MEDIUM);
	return block;
}

/* Above 32 KiB what is not touched costs nothing, so nothing is saved. */
void *hk_medium_borrow(unsigned int class, unsigned int shard, size_t align)
{
	unsigned int last = class + HK_LENDING;

	if (hk_medium_idle(class))
		return NULL;
	for (unsigned int c = class + 1;
	     c <= last && c < HK_LONGEST_CLASS; c++) {
		void *block;

		if (hk_class_size(c) & (align - 1) || !hk_medium_idle(c))
			continue;
		block = lend(c, shard_for(c, shard));
		if (block)
			return block;
	}
	return NULL;
}

bool hk_medium_serves(const struct hk_desc *d, const void *block,
		      unsigned int class)
{
	uint64_t lent = __atomic_load_n(&d->lent, __ATOMIC_RELAXED);

	return class == d->class ||
		(class < d->class && class + HK_LENDING >= d->class &&
		 lent >> hk_medium_number(d, block) & 1);
}

/* ---- pages of free blocks ---- */

static bool can_purge(unsigned int class)
{
	return class >= HK_LONG_CLASS;
}

/* From here on a free does not rely on marks in the slab. */
static void will_purge(struct hk_desc *d)
{
	for (unsigned int i = 0; i < hk_class_units(d->class); i++)
		__atomic_store_n(&d[i].purged, true, __ATOMIC_RELAXED);
}

/* Finds blocks that have gone cold, now and then. */
static void search(struct medium *m, unsigned int class)
{
	if (!can_purge(class) || !hk_idle_search_due(&m->idle))
		return;
	for (unsigned int list = 0; list < LISTS; list++)
		for (uint32_t i = m->heads[list]; i; i = hk_desc_at(i)->next) {
			struct hk_desc *d = hk_desc_at(i);

			if (d->cold && !d->locked)
				will_purge(d);
			hk_idle_search(&m->idle, d, hk_class_size(class));
		}
}

static size_t purge(struct medium *m, struct hk_desc *d)
{
	if (!can_purge(d->class) || !d->idle || d->locked)
		return 0;
	will_purge(d);
	return hk_idle_purge(&m->idle, d, d->idle, hk_class_size(d->class));
}

static bool is_much(unsigned int class)
{
	return hk_idle_much(&medium_of(class)->idle, hk_class_size(class));
}

static bool is_worth(const struct hk_desc *d)
{
	return hk_idle_worth(d, hk_class_capacity(d->class));
}

/*
 * May what is idle in huge pages wait?  So much that the process should not
 * keep it, if it falls asleep now, may not.
 */
static bool may_wait(const struct medium *m, const struct hk_desc *d)
{
	return hk_thp_asks(d) && !hk_policy_get(HK_OPT_LEAN) &&
		hk_idle_blocks(&m->idle) * hk_class_size(d->class) <=
			HUGE_WAITS_BYTES;
}

/*
 * Has a slab to give its pages at once?  Not where they are part of huge ones,
 * which break: what lies in those waits until it is cold, or until memory is
 * wanted that nobody has touched.
 */
static bool purge_due(const struct medium *m, const struct hk_desc *d)
{
	return can_purge(d->class) && is_much(d->class) && is_worth(d) &&
		!may_wait(m, d);
}

/* Until the clock has that time, as others may wait; true: that was all. */
static bool purge_worth(struct medium *m, uint64_t until)
{
	unsigned int seen = 0;

	for (unsigned int list = 0; list < LISTS; list++)
		for (uint32_t i = m->heads[list]; i; i = hk_desc_at(i)->next) {
			struct hk_desc *d = hk_desc_at(i);
			bool given = is_worth(d) && purge(m, d);

			if ((given || ++seen % LOOK_SLABS == 0) &&
			    hk_os_clock_ns() >= until)
				return false;
		}
	return true;
}

/* Has so much time passed since then?  Of threads that ask, one is told so. */
static bool has_passed(_Atomic uint32_t *then, uint32_t ms)
{
	/* The older of the two first.  Relaxed: it orders nothing. */
	uint32_t seen = atomic_load_explicit(then, memory_order_relaxed);
	uint32_t now = (uint32_t)hk_os_clock_ms();

	return now - seen >= ms && atomic_compare_exchange_strong_explicit(
		then, &seen, now, memory_order_relaxed, memory_order_relaxed);
}

/* Returns whether there is no more. */
static bool make_up(unsigned int class, uint64_t until)
{
	struct medium *m = medium_of(class);
	bool all;

	if (!is_much(class))
		return true;
	hk_lock(&m->lock, HK_RANK_MEDIUM);
	all = purge_worth(m, until);
	hk_unlock(&m->lock, HK_RANK_MEDIUM);
	return all;
}

void hk_medium_make_up(void)
{
	static _Atomic uint32_t then;
	unsigned int class = HK_LONG_CLASS;
	uint64_t until;
	bool all = true;

	while (class < HK_CLASSES && !is_much(class))
		class++;
	/* Where the system refuses, it is not asked all the time. */
	if (hk_likely(class == HK_CLASSES) || !has_passed(&then, MAKE_UP_MS))
		return;
	until = hk_os_clock_ns() + MAKE_UP_NS;
	while (all && class < HK_CLASSES)
		all = make_up(class++, until);
	if (!all)
		atomic_store_explicit(&then, 0, memory_order_relaxed);
}

void hk_medium_poll(void)
{
	static _Atomic uint32_t then;

	if (!has_passed(&then, POLL_MS))
		return;
	for (unsigned int class = HK_LONG_CLASS; class < HK_CLASSES; class++) {
		struct medium *m = medium_of(class);

		if (!hk_idle_blocks(&m->idle) ||
		    !hk_trylock(&m->lock, HK_RANK_MEDIUM))
			continue;
		search(m, class);
		hk_unlock(&m->lock, HK_RANK_MEDIUM);
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
	/* The slab of now may begin elsewhere. */
	if (d->class != class || !hk_medium_is(d, block))
		return NULL;
	*number = hk_medium_number(d, block);
	d -= d->back;
	return hk_medium_avail(d, *number) ? NULL : d;
}

static void give_one(struct medium *m, struct hk_desc *d, unsigned int number)
{
	uint64_t bit = (uint64_t)1 << number;

	set_avail(d, d->avail | bit);
	set_lent(d, d->lent & ~bit);
	hk_idle_give(&m->idle, d, bit);
	if (!d->free++)
		list_push(m, d, shard_of(d));
	else
		list_again(m, d);
	if (d->avail != ALL_AVAIL) {
		if (hk_unlikely(purge_due(m, d)))
			purge(m, d);
		return;
	}
	if (m->empties < EMPTIES_KEPT) {
		m->empties++;
		return;
	}
	list_remove(m, d);
	slab_end(m, d);
}

void hk_medium_give(unsigned int class, void *const *blocks, unsigned int n)
{
	struct medium *m = medium_of(class);

	hk_lock(&m->lock, HK_RANK_MEDIUM);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int number;
		struct hk_desc *d = slab_of(class, blocks[i], &number);

		if (hk_unlikely(!d)) {
			/* Whoever handles the signal may allocate. */
			hk_unlock(&m->lock, HK_RANK_MEDIUM);
			hk_fatal_double_free(blocks[i], hk_class_size(class),
					     0);
		}
		give_one(m, d, number);
	}
	search(m, class);
	hk_unlock(&m->lock, HK_RANK_MEDIUM);
	hk_due_note();
}

/* What is free in the list that starts at `first`. */
static size_t trim(struct medium *m, uint32_t first)
{
	size_t bytes = 0;
	uint32_t i, next;

	for (i = first; i; i = next) {
		struct hk_desc *d = hk_desc_at(i);

		next = d->next;
		if (d->avail != ALL_AVAIL) {
			bytes += purge(m, d);
			continue;
		}
		m->empties--;
		list_remove(m, d);
		slab_end(m, d);
	}
	return bytes;
}

size_t hk_medium_trim(void)
{
	size_t bytes = 0;

	for (unsigned int i = 0; i < HK_MEDIUM_CLASSES; i++) {
		struct medium *m = &mediums[i];

		hk_lock(&m->lock, HK_RANK_MEDIUM);
		for (unsigned int list = 0; list < LISTS; list++)
			bytes += trim(m, m->heads[list]);
		hk_unlock(&m->lock, HK_RANK_MEDIUM);
	}
	return bytes;
}

/* Does the class have idle blocks whose pages can be given back? */
static bool has_idle(const struct medium *m)
{
	for (unsigned int list = 0; list < LISTS; list++)
		for (uint32_t i = m->heads[list]; i; i = hk_desc_at(i)->next)
			if (hk_desc_at(i)->idle && !hk_desc_at(i)->locked)
				return true;
	return false;
}

bool hk_medium_tend(void)
{
	bool left = false;

	for (unsigned int i = 0; i < HK_MEDIUM_CLASSES; i++) {
		struct medium *m = &mediums[i];

		hk_lock(&m->lock, HK_RANK_MEDIUM);
		if (!hk_idle_out(&m->idle))
			for (unsigned int list = 0; list < LISTS; list++)
				trim(m, m->heads[list]);
		search(m, i + HK_SMALL_CLASSES);
		left |= can_purge(i + HK_SMALL_CLASSES) && has_idle(m);
		hk_unlock(&m->lock, HK_RANK_MEDIUM);
	}
	return left;
}

/* The blocks of a listed slab that are in it; returns how many are out. */
static size_t count_slab(const struct hk_desc *d, struct hk_medium_count *n)
{
	uint64_t free = d->avail & ~none_avail(d);
	/* Bit by bit: `carved` may be all 64. */
	uint64_t made = free & (d->carved < 64 ?
				((uint64_t)1 << d->carved) - 1 : ALL_AVAIL);

	n->free += (size_t)__builtin_popcountll(made & d->idle);
	n->purged += (size_t)__builtin_popcountll(made & ~d->idle);
	n->uncarved += (size_t)__builtin_popcountll(free ^ made);
	return hk_class_capacity(d->class) -
		(size_t)__builtin_popcountll(free);
}

/* What is out and in no listed slab fills slabs. */
void hk_medium_count(unsigned int class, struct hk_medium_count *n)
{
	struct medium *m = medium_of(class);
	size_t listed = 0, listed_out = 0;

	*n = (struct hk_medium_count){ 0 };
	hk_lock(&m->lock, HK_RANK_MEDIUM);
	for (unsigned int list = 0; list < LISTS; list++)
		for (uint32_t i = m->heads[list]; i; i = hk_desc_at(i)->next) {
			listed++;
			listed_out += count_slab(hk_desc_at(i), n);
		}
	n->out = hk_idle_out(&m->idle);
	n->slabs = listed + (n->out - listed_out) / hk_class_capacity(class);
	hk_unlock(&m->lock, HK_RANK_MEDIUM);
}

size_t hk_medium_out(unsigned int class)
{
	return hk_idle_out(&medium_of(class)->idle);
}

size_t hk_medium_idle(unsigned int class)
{
	return hk_idle_blocks(&medium_of(class)->idle);
}

size_t hk_medium_static_bytes(void)
{
	return sizeof(mediums);
}

const void *hk_medium_outs(void)
{
	return &mediums[0].idle.out;
}

void hk_medium_lock_all(void)
{
	for (unsigned int i = 0; i < HK_MEDIUM_CLASSES; i++)
		hk_lock(&mediums[i].lock, HK_RANK_MEDIUM);
}

void hk_medium_unlock_all(void)
{
	for (unsigned int i = HK_MEDIUM_CLASSES; i-- > 0;)
		hk_unlock(&mediums[i].lock, HK_RANK_MEDIUM);
}
