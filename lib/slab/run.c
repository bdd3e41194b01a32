/* SPDX-License-Identifier: MIT */
/*
 * run.c - see run.h.
 *
 * Free runs hang in bins by length: one bin for each length to 64 units,
 * then eight to a doubling.  A bitmap tells which bins have any.  The first
 * descriptor of a free run has its kind and length, the last one's state is
 * HK_FREE_TAIL and its length leads back to the first: so the neighbours of
 * a run are found in one step each way.  The descriptors in between are
 * HK_NONE and are not touched.
 *
 *      first                          last
 *     +----------+------+------+----------+
 *     | FREE_*   | NONE | NONE | TAIL     |
 *     | units=4  |      |      | units=4  |
 *     +----------+------+------+----------+
 *
 * Dirty runs also hang in a list by age, oldest first.
 */
#include "slab/run.h"

#include "base/annotate.h"
#include "os/cgroup.h"
#include "os/os.h"
#include "policy/policy.h"
#include "slab/due.h"
#include "superslab/arena.h"
#include "superslab/thp.h"

#include <string.h>

#define EXACT_BINS	64
#define BINS		(EXACT_BINS + 8 * 22)	/* to 2^28 units */
#define WORDS		((BINS + 63) / 64)

/*
 * How much dirty memory may wait for reuse, and how long, is the user's
 * choice (dirty_budget, dirty_min, purge_age).  A share of what is in use, so
 * that it scales with the heap: an eighth, but of a small heap a half, as
 * giving back and faulting in again costs more than using it, and always what
 * a burst in a small program leaves behind.
 *
 * What is beyond that waits a little too: programs want again what they have
 * just freed, and a fault costs what a thousand allocations do, on some
 * virtual machines ten times that.  Blocks to 64 MiB make no peak of it, as
 * dirty memory is taken first, see make_up_for().  But a program may fall
 * asleep now, so this is at most as much as is in use, or a fixed amount.
 */
#define DIRTY_OVER_MS	100u
#define LOOK_MS		100u
#define DIRTY_OVER_BYTES (64 * HK_MIB)
#define DIRTY_FLOOR_BYTES HK_MIB
#define DIRTY_PIECES_BYTES (4 * HK_MIB)
#define DIRTY_SMALL_SHARE 2

/* From this size of the arena on a control group's limit counts: at most
   one in so many bytes of it. */
#define CGROUP_FROM_BYTES (16 * HK_MIB)
#define CGROUP_SHARE	16

/*
 * Memory that is used at once becomes resident several pages at a time, as a
 * fault costs what a thousand allocations do: a run and what is behind it, one
 * in so many units of what is in use, and at most so many.  With twice as much
 * no row was faster, and RSS 1 % larger.  Nothing below two units, 4 MiB in
 * use: in a small process the pages not needed weigh more.
 */
#define AHEAD_SHARE	64
#define AHEAD_UNITS	8

/* Where memory waits for less than so long, nothing is made to wait. */
#define ALONG_AGE_MS	100u

struct hk_lock hk_run_lock;

struct bins {
	uint64_t used[WORDS];	/* bins that have a run */
	uint32_t head[BINS];	/* index of the first run, 0 = none */
	size_t units;		/* in all of them */
};

/* All of this under hk_run_lock. */
static struct bins clean, dirty;
static uint32_t oldest, newest;	/* dirty runs by age */
static size_t dirty_keep;		/* bytes, never given back unasked */
static size_t dirty_cap = SIZE_MAX;	/* bytes, whatever is in use */
static bool over;			/* more than the budget, when */
static uint32_t over_since;		/* last looked, and since then: ms */
static bool clean_was_used;	/* pages may have been left to the system */

/*
 * When to look again whether something is due, by the clock in milliseconds;
 * 0: nothing waits.  Written under the lock, read without, as a hint:
 * relaxed.
 */
static _Atomic uint32_t look_at;

/*
 * How often the system refused: it does not know how to, memory is short, or
 * another thread has protected its part meanwhile.  After so many times it is
 * not asked again.  Any thread, relaxed: a hint.
 */
#define AHEAD_REFUSED	8u
static _Atomic unsigned int ahead_refused;

/* Superslabs given back.  Written under the lock, read without: relaxed. */
static _Atomic uint64_t supers_purged;

/* ---- bins ---- */

/* The bin that a run of `units` hangs in. */
static unsigned int bin_of(size_t units)
{
	unsigned int log;

	if (units <= EXACT_BINS)
		return (unsigned int)units - 1;
	log = hk_log2(units);
	return EXACT_BINS + (log - 6) * 8 +
		(unsigned int)(units >> (log - 3)) % 8;
}

static struct bins *bins_of(const struct hk_desc *d)
{
	return hk_desc_state(d) == HK_FREE_DIRTY ? &dirty : &clean;
}

static void age_append(struct hk_desc *d)
{
	uint32_t i = hk_desc_index(d);

	d->stamp = (uint32_t)hk_os_clock_ms();
	d->old_next = 0;
	d->old_prev = newest;
	if (newest)
		hk_desc_at(newest)->old_next = i;
	else
		oldest = i;
	newest = i;
}

static void age_remove(struct hk_desc *d)
{
	if (d->old_prev)
		hk_desc_at(d->old_prev)->old_next = d->old_next;
	else
		oldest = d->old_next;
	if (d->old_next)
		hk_desc_at(d->old_next)->old_prev = d->old_prev;
	else
		newest = d->old_prev;
}

/* Marks [d, d + units) as one free run and hangs it in its bin. */
static void bin_insert(struct hk_desc *d, size_t units, enum hk_state kind)
{
	struct bins *bins = kind == HK_FREE_DIRTY ? &dirty : &clean;
	unsigned int b = bin_of(units);
	uint32_t i = hk_desc_index(d);

	if (units > 1) {
		struct hk_desc *last = d + units - 1;

		hk_desc_set_state(last, HK_FREE_TAIL);
		hk_desc_set_units(last, units);
	}
	hk_desc_set_state(d, kind);
	hk_desc_set_units(d, units);
	d->prev = 0;
	d->next = bins->head[b];
	if (d->next)
		hk_desc_at(d->next)->prev = i;
	bins->head[b] = i;
	bins->used[b / 64] |= (uint64_t)1 << (b % 64);
	bins->units += units;
	if (kind == HK_FREE_DIRTY)
		age_append(d);
}

/* Takes a free run out of its bin and clears its marks. */
static void bin_remove(struct hk_desc *d)
{
	struct bins *bins = bins_of(d);
	unsigned int b = bin_of(d->units);

	if (d->prev)
		hk_desc_at(d->prev)->next = d->next;
	else
		bins->head[b] = d->next;
	if (d->next)
		hk_desc_at(d->next)->prev = d->prev;
	if (!bins->head[b])
		bins->used[b / 64] &= ~((uint64_t)1 << (b % 64));
	bins->units -= d->units;
	if (bins == &dirty)
		age_remove(d);
	hk_desc_set_state(d + d->units - 1, HK_NONE);
	hk_desc_set_state(d, HK_NONE);
}

/* The first bin from `b` on that has a run; BINS where none has. */
static unsigned int bin_next(const struct bins *bins, unsigned int b)
{
	for (unsigned int w = b / 64; w < WORDS; w++) {
		uint64_t word = bins->used[w];

		if (w == b / 64)
			word &= ~(uint64_t)0 << (b % 64);
		if (word)
			return w * 64 + (unsigned int)__builtin_ctzll(word);
	}
	return BINS;
}

/*
 * Where in a free run a run of `units` at a multiple of `align` fits: units
 * from its start, or SIZE_MAX.
 */
static size_t fit(const struct hk_desc *d, size_t units, size_t align)
{
	size_t i = hk_desc_index(d);
	size_t skip = hk_round_up(i, align) - i;

	return skip + units <= d->units ? skip : SIZE_MAX;
}

/*
 * The best fit: the shortest run that is long enough.  A bin beyond the
 * exact ones holds several lengths, so its runs are looked at one by one.
 */
static struct hk_desc *bin_find(const struct bins *bins, size_t units,
				size_t align)
{
	unsigned int b = bin_next(bins, bin_of(units));

	for (; b < BINS; b = bin_next(bins, b + 1)) {
		for (uint32_t i = bins->head[b]; i; i = hk_desc_at(i)->next)
			if (fit(hk_desc_at(i), units, align) != SIZE_MAX)
				return hk_desc_at(i);
	}
	return NULL;
}

/* ---- joining ---- */

/* The free run of kind `kind` that ends right before `d`, or NULL. */
static struct hk_desc *run_before(struct hk_desc *d, enum hk_state kind)
{
	struct hk_desc *last = d - 1;

	if (hk_desc_state(last) == HK_FREE_TAIL)
		last -= last->units - 1;
	return hk_desc_state(last) == kind ? last : NULL;
}

/* The first unit behind what the arena covers has no descriptor. */
static bool covered(const struct hk_desc *d)
{
	return hk_desc_index(d) <
		hk_arena_span() >>
		HK_UNIT_SHIFT;
}

static struct hk_desc *run_behind(struct hk_desc *d, enum hk_state kind)
{
	return covered(d) && hk_desc_state(d) == kind ? d : NULL;
}

/* Makes [d, d + units) free and joins it with its neighbours. */
static void join(struct hk_desc *d, size_t units, enum hk_state kind)
{
	struct hk_desc *near = run_behind(d + units, kind);

	if (near) {
		units += near->units;
		bin_remove(near);
	}
	near = run_before(d, kind);
	if (near) {
		units += near->units;
		bin_remove(near);
		d = near;
	}
	bin_insert(d, units, kind);
}

/* ---- giving back to the system ---- */

/* Whole superslabs in a free run. */
static size_t supers_in(const struct hk_desc *d)
{
	const size_t per = HK_SUPER / HK_UNIT;
	size_t first = hk_round_up(hk_desc_index(d), per);
	size_t end = (hk_desc_index(d) + d->units) & ~(per - 1);

	return end > first ? (end - first) / per : 0;
}

/*
 * As the user chose.  Pages that the system may take later are what they were
 * until it does: *later tells that, in which case they may not be zero.
 */
static int give_back(struct hk_desc *d, size_t units, bool *later)
{
	size_t len = units << HK_UNIT_SHIFT;

	*later = hk_policy_get(HK_OPT_DECOMMIT) == HK_DECOMMIT_FREE &&
		!hk_os_discard_later(hk_desc_start(d), len);
	return *later ? 0 : hk_thp_discard(hk_desc_start(d), len);
}

/*
 * Gives the oldest dirty run's pages back and files it as clean.  The lock
 * is let go for the call, which may take long; meanwhile the run is
 * nobody's.  Where the kernel refuses (locked memory), the run stays dirty,
 * and is the youngest.  Returns the bytes given back, 0 where it was refused
 * or there was none.
 */
static size_t purge_oldest(void)
{
	struct hk_desc *d = hk_desc_at(oldest);
	size_t units = d->units, supers;
	bool later;
	int err;

	if (!oldest)
		return 0;
	supers = supers_in(d);
	bin_remove(d);
	hk_desc_set_state(d, HK_BUSY);
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	err = give_back(d, units, &later);
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	clean_was_used |= later;
	hk_desc_set_state(d, HK_NONE);
	join(d, units, err ? HK_FREE_DIRTY : HK_FREE_CLEAN);
	if (err)
		return 0;
	atomic_fetch_add_explicit(&supers_purged, supers,
				  memory_order_relaxed);
	return units << HK_UNIT_SHIFT;
}

/* Units that are in use. */
static size_t busy_units(void)
{
	return (hk_arena_committed() >> HK_UNIT_SHIFT) - clean.units -
		dirty.units;
}

/* In units.  Lean: what is in use and what waits are at most the target. */
static size_t dirty_budget(void)
{
	size_t live = busy_units();
	size_t min = hk_policy_get(HK_OPT_DIRTY_MIN) >> HK_UNIT_SHIFT;
	size_t share = live * hk_policy_get(HK_OPT_DIRTY_BUDGET) / 1000;
	size_t least = hk_min(min, live / DIRTY_SMALL_SHARE);
	size_t target = hk_policy_get(HK_OPT_LEAN_TARGET) >> HK_UNIT_SHIFT;
	size_t cap = dirty_cap >> HK_UNIT_SHIFT;

	if (hk_policy_get(HK_OPT_LEAN))
		return hk_min(target - hk_min(target, live), cap);
	least = hk_max(least,
		       hk_min(min, DIRTY_FLOOR_BYTES >> HK_UNIT_SHIFT));
	return hk_min(hk_max(least, share), cap);
}

/* Is memory given back before anybody asks for that? */
static bool purges_unasked(void)
{
	return hk_policy_get(HK_OPT_DECOMMIT) != HK_DECOMMIT_OFF;
}

/* As much as may wait beyond the budget, for a moment, in units. */
static size_t over_most(void)
{
	size_t most = hk_max(busy_units(), DIRTY_OVER_BYTES >> HK_UNIT_SHIFT);

	if (hk_policy_get(HK_OPT_LEAN))
		return 0;
	return hk_min(most, dirty_cap >> HK_UNIT_SHIFT);
}

/*
 * Is more dirty than the budget, by far or for long?  Runs do not tell for
 * how long: one that is cut or joined is young again.
 */
static bool is_over(uint32_t now, uint32_t age)
{
	bool was_over = over;

	over = dirty.units > dirty_budget();
	if (!over)
		return false;
	if (!was_over)
		over_since = now;
	return dirty.units > over_most() ||
		now - over_since >= hk_min(age, DIRTY_OVER_MS);
}

/*
 * What was taken or given back may have brought it below the budget: what is
 * over next is that from then on.
 */
static void no_longer_over(void)
{
	over = over && dirty.units > dirty_budget();
}

/* Something that may not go now may go later. */
static void look_again(uint32_t now)
{
	atomic_store_explicit(&look_at, oldest ? (now + LOOK_MS) | 1 : 0,
			      memory_order_relaxed);
}

/*
 * Gives back what is too old or too much: all of that, once it has begun.
 * Under the lock.  False where the system refused.
 */
static bool purge_due(void)
{
	uint32_t age = (uint32_t)hk_policy_get(HK_OPT_PURGE_AGE);

	while (purges_unasked() && oldest &&
	       dirty.units > dirty_keep >> HK_UNIT_SHIFT) {
		/* Each time anew: others give runs while the lock is free. */
		uint32_t now = (uint32_t)hk_os_clock_ms();

		if (!is_over(now, age) &&
		    now - hk_desc_at(oldest)->stamp < age) {
			look_again(now);
			break;
		}
		if (!purge_oldest())
			return false;
	}
	return true;
}

/* Keeps at most `keep` bytes.  Under the lock. */
static size_t purge_to(size_t keep)
{
	size_t given = 0, more = 1;

	while (more && dirty.units << HK_UNIT_SHIFT > keep) {
		more = purge_oldest();
		given += more;
	}
	return given;
}

bool hk_run_tend(void)
{
	bool left;

	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	left = purge_due() && dirty.units > dirty_keep >> HK_UNIT_SHIFT;
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	return left;
}

void hk_run_poll(void)
{
	uint32_t at = atomic_load_explicit(&look_at, memory_order_relaxed);

	if (!at || (int32_t)((uint32_t)hk_os_clock_ms() - at) < 0 ||
	    !hk_trylock(&hk_run_lock, HK_RANK_RUNS))
		return;
	purge_due();
	look_again((uint32_t)hk_os_clock_ms());
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
}

size_t hk_run_purge(size_t keep)
{
	size_t given;

	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	given = purge_to(keep);
	no_longer_over();
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	return given;
}

/* ---- taking ---- */

/* Cuts [skip, skip + units) out of a free run; the rest stays free. */
static struct hk_desc *cut(struct hk_desc *d, size_t skip, size_t units)
{
	enum hk_state kind = hk_desc_state(d);
	size_t all = d->units;
	struct hk_desc *run = d + skip;

	bin_remove(d);
	if (skip)
		bin_insert(d, skip, kind);
	if (skip + units < all)
		bin_insert(run + units, all - skip - units, kind);
	hk_desc_set_state(run, HK_BUSY);
	hk_desc_set_units(run, units);
	return run;
}

static struct hk_desc *take_from(struct bins *bins, size_t units,
				 size_t align)
{
	struct hk_desc *d = bin_find(bins, units, align);

	return d ? cut(d, fit(d, units, align), units) : NULL;
}

/* Takes more from the system; `align` - 1 units are enough to align. */
static int extend(size_t units, size_t align)
{
	struct hk_desc *first;
	size_t got;
	int err = hk_arena_extend(units + align - 1, busy_units(), &first,
				  &got);

	if (!err)
		join(first, got, HK_FREE_CLEAN);
	return err;
}

/* A free run, dirty or clean, is used before the system is asked. */
static struct hk_desc *take_free(size_t units, size_t align, bool *zeroed)
{
	struct hk_desc *run = take_from(&dirty, units, align);

	*zeroed = !run && !clean_was_used;
	return run ? run : take_from(&clean, units, align);
}

/*
 * So many units may be in pieces too short for what is wanted: a process
 * that is still small reuses most, and where lengths are many a piece for
 * each is found among many only.
 */
static size_t pieces_most(void)
{
	size_t share = busy_units() * hk_policy_get(HK_OPT_DIRTY_BUDGET) / 1000;
	size_t least = DIRTY_PIECES_BYTES >> HK_UNIT_SHIFT;

	if (hk_policy_get(HK_OPT_LEAN))
		return least;
	return hk_max(least, hk_min(share, dirty_cap >> HK_UNIT_SHIFT));
}

/*
 * Untouched memory is about to become resident because what is dirty comes
 * in pieces too short: as much of that is given back.
 */
static void make_up_for(size_t units)
{
	size_t left = dirty.units - hk_min(units, dirty.units);

	left = hk_max(left, pieces_most()) << HK_UNIT_SHIFT;
	if (purges_unasked())
		purge_to(hk_max(left, dirty_keep));
}

/*
 * Where the group of the process has a limit on memory, what lies idle is at
 * most a share of it.  A small process does not ask: it has little idle, and
 * the files cost more than its whole start.  True once, under the lock.
 */
static bool must_learn(void)
{
	static bool asked;

	if (asked || hk_arena_committed() <= CGROUP_FROM_BYTES)
		return false;
	asked = true;
	return hk_policy_get(HK_OPT_CGROUP);
}

static HK_COLD void learn_cap(void)
{
	size_t limit = hk_os_cgroup_limit("/proc/self/cgroup",
					  "/sys/fs/cgroup");

	if (limit < SIZE_MAX)
		hk_run_cap_dirty(hk_max(limit / CGROUP_SHARE,
					DIRTY_FLOOR_BYTES));
}

/*
 * Where blocks are sealed, one that was written since it was freed is known
 * by its not being zero.  What is long is cleared by the system: perhaps
 * nobody will touch it.
 */
static void clear(struct hk_desc *run, size_t units)
{
	size_t len = units * HK_UNIT;
	char *start = hk_desc_start(run);

	hk_note_open(start, len);
	if (len < HK_MIB || hk_thp_discard(start, len))
		memset(start, 0, len);
	hk_note_close(start, len);
}

/* As hk_run_take(), under the lock. */
static struct hk_desc *take(size_t units, size_t align, bool *zeroed)
{
	struct hk_desc *run = take_free(units, align, zeroed);

	if (!run && hk_arena_has_room(units)) {
		/* Without more: neighbours, once both clean, may do. */
		if (extend(units, align))
			purge_to(0);
		run = take_free(units, align, zeroed);
	}
	if (run && *zeroed) {
		hk_thp_taken(run, units);
		make_up_for(units);
	}
	no_longer_over();
	return run;
}

/*
 * Is a call to make the run resident worth making?  Not in a small process;
 * not where the first touch brings a huge page, or pages are longer than
 * units.
 */
static bool is_ahead(const struct hk_desc *run)
{
	return busy_units() >= 2 * AHEAD_SHARE && !hk_thp_asks(run) &&
		hk_os_page_size() <= HK_UNIT &&
		atomic_load_explicit(&ahead_refused, memory_order_relaxed) <
			AHEAD_REFUSED;
}

/* How many units may become dirty for the sake of one call. */
static size_t along_most(void)
{
	size_t most = hk_min(busy_units() / AHEAD_SHARE, AHEAD_UNITS);
	size_t room = hk_min(dirty_budget(),
			     DIRTY_PIECES_BYTES >> HK_UNIT_SHIFT);

	if (dirty.units + most > room ||
	    hk_policy_get(HK_OPT_PURGE_AGE) < ALONG_AGE_MS)
		return 0;
	return most;
}

/*
 * How many units are to become resident now that a clean run was taken which
 * will be used at once: its own, and clean ones right behind it.  Those are
 * dirty from here on, so they are taken first, counted as what they are, and
 * given back where nobody wants them.  Under the lock.
 */
static size_t take_along(struct hk_desc *run)
{
	struct hk_desc *behind = run_behind(run + run->units, HK_FREE_CLEAN);
	size_t units = run->units, most = along_most();
	size_t more;

	if (!behind || most <= units)
		return units;
	more = hk_min(most - units, behind->units);
	behind = cut(behind, 0, more);
	hk_desc_set_state(behind, HK_NONE);
	join(behind, more, HK_FREE_DIRTY);
	if (!atomic_load_explicit(&look_at, memory_order_relaxed))
		look_again((uint32_t)hk_os_clock_ms());
	return units + more;
}

/*
 * By now others may have what was taken along, and write there; pages that
 * are resident do not hurt them.  Should they have given it back already, it
 * is resident and counts as clean, until it is taken again.
 */
void hk_run_prefault(struct hk_desc *run, size_t units)
{
	if (!hk_os_prefault(hk_desc_start(run), units << HK_UNIT_SHIFT))
		atomic_fetch_add_explicit(&ahead_refused, 1,
					  memory_order_relaxed);
}

/* *ahead as hk_run_take_whole() has it; NULL: not wanted. */
static struct hk_desc *take_run(size_t units, size_t align, bool *zeroed,
				size_t *ahead)
{
	struct hk_desc *run;
	bool learn;

	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	run = take(units, align, zeroed);
	if (run && *zeroed && ahead && is_ahead(run))
		*ahead = take_along(run);
	learn = must_learn();
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	if (hk_unlikely(learn))
		learn_cap();
	if (run && !*zeroed && hk_unlikely(hk_policy_get(HK_OPT_SEAL))) {
		clear(run, units);
		*zeroed = true;
	}
	return run;
}

struct hk_desc *hk_run_take(size_t units, size_t align, bool *zeroed)
{
	return take_run(units, align, zeroed, NULL);
}

struct hk_desc *hk_run_take_whole(size_t units, bool *zeroed, size_t *ahead)
{
	struct hk_desc *run;

	*ahead = 0;
	run = take_run(units, 1, zeroed, ahead);
	if (*ahead > units)
		hk_due_note();
	return run;
}

/* ---- giving back to the arena ---- */

void hk_run_give(struct hk_desc *run)
{
	size_t units = run->units;

	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	hk_desc_set_state(run, HK_NONE);
	join(run, units, HK_FREE_DIRTY);
	purge_due();
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	hk_due_note();
}

bool hk_run_grow(struct hk_desc *run, size_t units)
{
	struct hk_desc *end = run + run->units;
	size_t more = units - run->units;
	struct hk_desc *free;
	bool ok = false;

	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	free = run_behind(end, HK_FREE_DIRTY);
	if (!free)
		free = run_behind(end, HK_FREE_CLEAN);
	if (free && free->units >= more) {
		hk_desc_set_state(cut(free, 0, more), HK_NONE);
		hk_desc_set_units(run, units);
		no_longer_over();
		ok = true;
	}
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	return ok;
}

void hk_run_shrink(struct hk_desc *run, size_t units)
{
	size_t less = run->units - units;

	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	hk_desc_set_units(run, units);
	join(run + units, less, HK_FREE_DIRTY);
	purge_due();
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	hk_due_note();
}

/* ---- looking ---- */

void hk_run_free_bytes(size_t *clean_bytes, size_t *dirty_bytes)
{
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	*clean_bytes = clean.units << HK_UNIT_SHIFT;
	*dirty_bytes = dirty.units << HK_UNIT_SHIFT;
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
}

/* At the start of the first run: that is where takers begin. */
void hk_run_prewarm(size_t bytes)
{
	size_t units = bytes >> HK_UNIT_SHIFT;

	if (!units)
		return;
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	if (!extend(units, 1))
		hk_os_populate(hk_desc_start(hk_desc_at(1)),
			       units << HK_UNIT_SHIFT);
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
}

void hk_run_cap_dirty(size_t bytes)
{
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	dirty_cap = bytes;
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
}

void hk_run_keep_dirty(size_t bytes)
{
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	dirty_keep = bytes;
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
}

uint64_t hk_run_supers_purged(void)
{
	return atomic_load_explicit(&supers_purged, memory_order_relaxed);
}

size_t hk_run_static_bytes(void)
{
	return sizeof(clean) + sizeof(dirty);
}

const size_t *hk_run_clean_units(void)
{
	return &clean.units;
}

const size_t *hk_run_dirty_units(void)
{
	return &dirty.units;
}

static void bins_verify(const struct bins *bins, enum hk_state kind)
{
	size_t units = 0;

	for (unsigned int b = 0; b < BINS; b++) {
		bool used = bins->used[b / 64] >> (b % 64) & 1;

		hk_assert(used == (bins->head[b] != 0));
		for (uint32_t i = bins->head[b]; i; i = hk_desc_at(i)->next) {
			struct hk_desc *d = hk_desc_at(i);

			hk_assert(hk_desc_state(d) == kind);
			hk_assert(bin_of(d->units) == b);
			hk_assert(d->units == 1 ||
				  (d + d->units - 1)->units == d->units);
			hk_assert(!run_behind(d + d->units, kind));
			units += d->units;
		}
	}
	hk_assert(units == bins->units);
}

void hk_run_verify(void)
{
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	bins_verify(&clean, HK_FREE_CLEAN);
	bins_verify(&dirty, HK_FREE_DIRTY);
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
}
