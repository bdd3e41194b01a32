/* SPDX-License-Identifier: MIT */
/*
 * Runs of units: random operations against a map of units kept by the test,
 * joining, alignment, contents, purging, and what is there when the system
 * gives nothing.
 */
#include "unit.h"

#include "base/annotate.h"
#include "heap/process.h"
#include "os/os.h"
#include "policy/option.h"
#include "slab/run.h"

#include <sys/syscall.h>

#define RUNS	300

static struct run {
	struct hk_desc *d;
	size_t units;
	uint64_t seed;
} runs[RUNS];

/* For each unit of the arena: the run that has it, from 1 on. */
static unsigned short map[1 << 16];

static int set_up(void **state)
{
	(void)state;
	return hk_process_start();
}

static void claim(size_t r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		size_t unit = hk_desc_index(runs[r].d) + i;

		assert_in_range(unit, 1, UNIT_COUNT(map) - 1);
		assert_int_equal(map[unit], 0);
		map[unit] = (unsigned short)(r + 1);
	}
}

static void release(size_t r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		map[hk_desc_index(runs[r].d) + i] = 0;
}

/* A word at both ends of each unit: enough to see any overlap. */
static void stamp(size_t r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint64_t *unit = (void *)hk_desc_start(runs[r].d + i);

		unit[0] = runs[r].seed + i;
		unit[HK_UNIT / 8 - 1] = ~(runs[r].seed + i);
	}
}

static void check(size_t r)
{
	assert_int_equal(runs[r].d->units, runs[r].units);
	for (size_t i = 0; i < runs[r].units; i++) {
		uint64_t *unit = (void *)hk_desc_start(runs[r].d + i);

		if (i)
			assert_int_equal(hk_desc_state(runs[r].d + i),
				HK_NONE);
		assert_int_equal(unit[0], runs[r].seed + i);
		assert_int_equal(unit[HK_UNIT / 8 - 1], ~(runs[r].seed + i));
	}
}

/* All free units of the arena are in runs, and no others. */
static void check_sums(void)
{
	size_t clean, dirty, held = 0;

	for (size_t i = 0; i < UNIT_COUNT(map); i++)
		held += map[i] != 0;
	hk_run_free_bytes(&clean, &dirty);
	/* Unit 0 is nobody's. */
	assert_int_equal(held + (clean >> HK_UNIT_SHIFT) +
				 (dirty >> HK_UNIT_SHIFT) + 1,
		hk_arena_span() >> HK_UNIT_SHIFT);
	hk_run_verify();
}

static struct hk_desc *take_whole(size_t units, bool *zeroed)
{
	size_t ahead;
	struct hk_desc *d = hk_run_take_whole(units, zeroed, &ahead);

	if (ahead)
		hk_run_prefault(d, ahead);
	return d;
}

static void take(size_t r, uint64_t *seed)
{
	size_t align = (size_t)1 << (random_below(seed, 4) ? 0 :
					      random_below(seed, 6));
	size_t units = random_below(seed, random_below(seed, 4) ? 8 : 150) + 1;
	bool zeroed;

	if (align == 1 && random_below(seed, 2))
		runs[r].d = take_whole(units, &zeroed);
	else
		runs[r].d = hk_run_take(units, align, &zeroed);
	assert_non_null(runs[r].d);
	assert_int_equal(runs[r].d->units, units);
	assert_int_equal(hk_desc_index(runs[r].d) % align, 0);
	assert_int_equal(hk_desc_state(runs[r].d), HK_BUSY);
	hk_desc_set_state(runs[r].d, HK_RUN);
	runs[r].units = units;
	runs[r].seed = random_next(seed);
	claim(r, 0, units);
	hk_note_open(hk_desc_start(runs[r].d), units * HK_UNIT);
	if (zeroed)
		for (size_t i = 0; i < units; i++)
			CHECK_ZERO(hk_desc_start(runs[r].d + i), HK_PAGE);
	stamp(r, 0, units);
}

static void give(size_t r)
{
	check(r);
	release(r, 0, runs[r].units);
	hk_run_give(runs[r].d);
	runs[r].d = NULL;
}

/* Grows exactly where the map says that the units behind are free. */
static void grow(size_t r, uint64_t *seed)
{
	size_t more = random_below(seed, 20) + 1;
	size_t units = runs[r].units + more;
	size_t end = hk_desc_index(runs[r].d) + runs[r].units;
	bool room = end + more <= hk_arena_span() >> HK_UNIT_SHIFT;

	for (size_t i = 0; room && i < more; i++)
		room = !map[end + i];
	if (!hk_run_grow(runs[r].d, units)) {
		/* Or half is clean, half dirty. */
		check(r);
		return;
	}
	assert_true(room);
	claim(r, runs[r].units, units);
	hk_note_open(hk_desc_start(runs[r].d), units * HK_UNIT);
	stamp(r, runs[r].units, units);
	runs[r].units = units;
	check(r);
}

static void shrink(size_t r, uint64_t *seed)
{
	size_t units = random_below(seed, runs[r].units) + 1;

	if (units == runs[r].units)
		return;
	hk_run_shrink(runs[r].d, units);
	release(r, units, runs[r].units);
	runs[r].units = units;
	check(r);
}

static void random_operations(void **state)
{
	uint64_t seed = 20260101;
	size_t steps = check_count(60000);

	(void)state;
	for (size_t i = 0; i < steps; i++) {
		size_t r = random_below(&seed, RUNS);

		if (!runs[r].d)
			take(r, &seed);
		else if (random_below(&seed, 3) == 0)
			grow(r, &seed);
		else if (random_below(&seed, 3) == 0)
			shrink(r, &seed);
		else
			give(r);
		if (i % 4096 == 0)
			hk_run_purge(random_below(&seed, 64) * HK_MIB);
		if (i % 512 == 0)
			check_sums();
	}
	for (size_t r = 0; r < RUNS; r++)
		if (runs[r].d)
			give(r);
	check_sums();
}

/* ---- joining ---- */

static struct hk_desc *plain(size_t units)
{
	bool zeroed;
	struct hk_desc *d = hk_run_take(units, 1, &zeroed);

	assert_non_null(d);
	hk_desc_set_state(d, HK_RUN);
	hk_note_open(hk_desc_start(d), units * HK_UNIT);
	return d;
}

/*
 * One run becomes `n` in a row, of so many units each, the first and last of
 * which are walls: nothing joins across them.
 */
static void split(struct hk_desc **parts, const size_t *units, size_t n)
{
	size_t all = 0;
	struct hk_desc *d;

	for (size_t i = 0; i < n; i++)
		all += units[i];
	d = plain(all);
	for (size_t i = 0; i < n; i++) {
		parts[i] = d;
		hk_desc_set_units(d, units[i]);
		hk_desc_set_state(d, HK_RUN);
		d += units[i];
	}
}

/* Three runs in a row, given in each order, are one run again. */
static void joining(void **state)
{
	static const int orders[6][3] = { { 1, 2, 3 }, { 1, 3, 2 },
		{ 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };
	static const size_t units[5] = { 1, 10, 20, 30, 1 };

	(void)state;
	hk_run_keep_dirty(HK_GIB);
	for (int o = 0; o < 6; o++) {
		struct hk_desc *part[5];

		split(part, units, 5);
		for (int i = 0; i < 3; i++)
			hk_run_give(part[orders[o][i]]);
		hk_run_verify();
		assert_int_equal(hk_desc_state(part[1]), HK_FREE_DIRTY);
		assert_int_equal(part[1]->units, 60);
		for (size_t i = 1; i < 59; i++)
			assert_int_equal(hk_desc_state(part[1] + i), HK_NONE);
		assert_int_equal(hk_desc_state(part[1] + 59), HK_FREE_TAIL);
		hk_run_give(part[0]);
		hk_run_give(part[4]);
	}
	hk_run_keep_dirty(0);
}

/* What is given back to the system joins clean neighbours on both sides. */
static void joining_clean(void **state)
{
	static const size_t units[5] = { 1, 10, 20, 30, 1 };
	struct hk_desc *part[5];

	(void)state;
	hk_run_keep_dirty(HK_GIB);
	split(part, units, 5);
	hk_run_give(part[1]);
	hk_run_give(part[3]);
	hk_run_purge(0);
	hk_run_give(part[2]);
	assert_int_equal(hk_desc_state(part[2]), HK_FREE_DIRTY);
	assert_int_equal(part[2]->units, 20);
	hk_run_purge(0);
	hk_run_verify();
	assert_int_equal(hk_desc_state(part[1]), HK_FREE_CLEAN);
	assert_int_equal(part[1]->units, 60);
	for (size_t i = 1; i < 59; i++)
		assert_int_equal(hk_desc_state(part[1] + i), HK_NONE);
	assert_int_equal(hk_desc_state(part[1] + 59), HK_FREE_TAIL);
	hk_run_give(part[0]);
	hk_run_give(part[4]);
	hk_run_keep_dirty(0);
}

/* The shortest that is long enough. */
static void best_fit(void **state)
{
	struct hk_desc *runs_of[5], *busy[5];
	static const size_t units[5] = { 40, 12, 25, 11, 60 };

	(void)state;
	hk_run_purge(0);
	hk_run_keep_dirty(HK_GIB);
	for (int i = 0; i < 5; i++) {
		runs_of[i] = plain(units[i]);
		busy[i] = plain(1);
	}
	for (int i = 0; i < 5; i++)
		hk_run_give(runs_of[i]);
	assert_ptr_equal(plain(11), runs_of[3]);
	assert_ptr_equal(plain(12), runs_of[1]);
	assert_ptr_equal(plain(13), runs_of[2]);
	assert_ptr_equal(plain(41), runs_of[4]);
	assert_ptr_equal(plain(26), runs_of[0]);
	for (int i = 0; i < 5; i++) {
		hk_run_give(runs_of[i]);
		hk_run_give(busy[i]);
	}
	hk_run_keep_dirty(0);
	hk_run_verify();
}

/* ---- purging ---- */

static size_t dirty_now(void)
{
	size_t clean, dirty;

	hk_run_free_bytes(&clean, &dirty);
	return dirty;
}

static void purging(void **state)
{
	struct hk_desc *d;
	uint64_t supers;
	const size_t units = 3 * HK_SUPER / HK_UNIT;
	bool zeroed;

	(void)state;
	hk_run_keep_dirty(HK_GIB);
	hk_run_purge(0);
	supers = hk_run_supers_purged();
	assert_int_equal(dirty_now(), 0);
	assert_int_equal(hk_run_purge(0), 0);
	/* Three whole superslabs, and nothing that they could join. */
	d = hk_run_take(units, HK_SUPER / HK_UNIT, &zeroed);
	assert_non_null(d);
	hk_note_open(hk_desc_start(d), units * HK_UNIT);
	memset(hk_desc_start(d), 1, units * HK_UNIT);
	hk_run_give(d);
	assert_int_equal(dirty_now(), units * HK_UNIT);
	assert_int_equal(hk_run_purge(units * HK_UNIT), 0);
	assert_int_equal(hk_run_purge(units * HK_UNIT - 1), units * HK_UNIT);
	assert_int_equal(dirty_now(), 0);
	assert_int_equal(hk_run_supers_purged(), supers + 3);
	d = hk_run_take(units, 1, &zeroed);
	assert_true(zeroed);
	hk_note_open(hk_desc_start(d), units * HK_UNIT);
	CHECK_ZERO(hk_desc_start(d), units * HK_UNIT);
	hk_run_give(d);
	hk_run_keep_dirty(0);
	hk_run_verify();
}

/* What is used again before it is purged is not zero, and says so. */
static void dirty_is_told(void **state)
{
	struct hk_desc *d = plain(5);
	bool zeroed;

	(void)state;
	memset(hk_desc_start(d), 1, 5 * HK_UNIT);
	hk_run_keep_dirty(HK_GIB);
	hk_run_give(d);
	assert_ptr_equal(hk_run_take(5, 1, &zeroed), d);
	assert_false(zeroed);
	hk_run_give(d);
	hk_run_keep_dirty(0);
}

static void choose_age(const char *age)
{
	assert_int_equal(hk_option_assign(&hk_policy, HK_OPT_PURGE_AGE,
				 hk_span_of(age)), 0);
}

/* Too old, or too much: given back at the next occasion. */
static void aging(void **state)
{
	static const size_t units[5] = { 1, 16, 1, 1, 1 };
	struct hk_desc *part[5], *d, *live = plain(500);

	(void)state;
	hk_run_purge(0);
	choose_age("250ms");
	split(part, units, 5);
	hk_run_give(part[1]);
	assert_int_equal(dirty_now(), 16 * HK_UNIT);
	usleep(400000);
	hk_run_give(part[3]);
	assert_int_equal(dirty_now(), HK_UNIT);
	for (int i = 0; i < 5; i += 2)
		hk_run_give(part[i]);

	d = plain(65 * HK_MIB / HK_UNIT);
	hk_run_give(d);
	assert_true(dirty_now() < 64 * HK_MIB);
	hk_run_give(live);
	choose_age("1s");
	hk_run_verify();
}

/* Too old, where no run comes or goes. */
static void polling(void **state)
{
	struct hk_desc *live = plain(500), *d = plain(16);

	(void)state;
	hk_run_purge(0);
	choose_age("250ms");
	hk_run_give(d);
	hk_run_poll();
	assert_int_equal(dirty_now(), 16 * HK_UNIT);
	usleep(400000);
	hk_run_poll();
	assert_int_equal(dirty_now(), 0);
	/* Nothing waits: not even the lock is taken. */
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	hk_run_poll();
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	choose_age("1s");
	hk_run_give(live);
	hk_run_verify();
}

/* What was in use a moment ago is soon wanted again, however much it is. */
static void bursts_wait(void **state)
{
	struct hk_desc *live = plain(500), *d;
	uint64_t start;

	(void)state;
	hk_run_purge(0);
	do {
		d = plain(32 * HK_MIB / HK_UNIT);
		start = hk_os_clock_ms();
		hk_run_give(d);
		/* Unless we were kept from it. */
	} while (hk_os_clock_ms() - start > 50);
	assert_int_equal(dirty_now(), 32 * HK_MIB);
	usleep(250000);
	hk_run_tend();
	assert_int_equal(dirty_now(), 0);
	hk_run_give(live);
	hk_run_verify();
}

/* How long it was too much before does not count once it is in use. */
static void bursts_again(void **state)
{
	struct hk_desc *live = plain(500), *d;

	(void)state;
	hk_run_purge(0);
	d = plain(32 * HK_MIB / HK_UNIT);
	hk_run_give(d);
	d = plain(32 * HK_MIB / HK_UNIT);
	usleep(150000);
	hk_run_give(d);
	assert_int_equal(dirty_now(), 32 * HK_MIB);
	hk_run_give(live);
	hk_run_purge(0);
	hk_run_verify();
}

/* But not for ever where parts of it are taken and given all the time. */
static void too_much_in_use(void **state)
{
	struct hk_desc *live = plain(500), *d;

	(void)state;
	hk_run_purge(0);
	d = plain(32 * HK_MIB / HK_UNIT);
	hk_run_give(d);
	for (int i = 0; i < 15; i++) {
		d = plain(1);
		usleep(20000);
		hk_run_give(d);
	}
	assert_true(dirty_now() <= 8 * HK_MIB);
	hk_run_give(live);
	hk_run_verify();
}

/* The kernel refuses to take locked pages: they stay, and stay dirty. */
static void locked_pages(void **state)
{
	struct hk_desc *d = plain(35), *again;
	uint64_t supers;
	bool zeroed;

	(void)state;
	hk_run_purge(0);
	hk_run_keep_dirty(HK_GIB);
	supers = hk_run_supers_purged();
	/* Sanitizers make mlock() a call that does nothing. */
	if (syscall(SYS_mlock, hk_desc_start(d), HK_UNIT)) {
		hk_run_give(d);
		skip();
	}
	memset(hk_desc_start(d), 7, 35 * HK_UNIT);
	hk_run_give(d);
	assert_int_equal(hk_run_purge(0), 0);
	assert_int_equal(dirty_now(), 35 * HK_UNIT);
	assert_int_equal(hk_run_supers_purged(), supers);
	hk_run_verify();
	again = hk_run_take(35, 1, &zeroed);
	assert_ptr_equal(again, d);
	assert_false(zeroed);
	assert_int_equal(syscall(SYS_munlock, hk_desc_start(d), HK_UNIT), 0);
	hk_run_give(d);
	hk_run_keep_dirty(0);
	assert_int_equal(hk_run_purge(0), 35 * HK_UNIT);
}

/* ---- several pages at a time ---- */

/* In use, and with it the most that becomes resident in one call. */
#define IN_USE		(16 * HK_MIB / HK_UNIT)
#define AHEAD		(IN_USE / 64)

/* In a process with so many units in use, and nothing dirty. */
static void begin_ahead(size_t units)
{
	hk_run_purge(0);
	hk_run_give(plain(2 * units));
	hk_run_purge(0);
	plain(units);
}

/* A run of `units` of clean memory that will be used whole. */
static struct hk_desc *clean_resident(size_t units)
{
	bool zeroed;
	struct hk_desc *d = take_whole(units, &zeroed);

	CHECK(d && zeroed);
	hk_desc_set_state(d, HK_RUN);
	return d;
}

/* Pieces of clean memory come first, as they fit best. */
static struct hk_desc *with_all_along(void)
{
	struct hk_desc *d;

	do {
		hk_run_purge(0);
		d = clean_resident(1);
	} while (dirty_now() != (AHEAD - 1) * HK_UNIT);
	return d;
}

/* What was taken along is the next to be taken, and is there. */
static void taken_along(void *arg)
{
	struct hk_desc *d;
	bool zeroed;

	(void)arg;
	begin_ahead(IN_USE);
	d = with_all_along();
	CHECK_EQ(unit_resident(hk_desc_start(d), AHEAD * HK_UNIT),
		 AHEAD * HK_UNIT / hk_os_page_size());
	hk_note_open(hk_desc_start(d), AHEAD * HK_UNIT);
	CHECK_ZERO(hk_desc_start(d), AHEAD * HK_UNIT);
	for (size_t i = 1; i < AHEAD; i++) {
		struct hk_desc *next = take_whole(1, &zeroed);

		CHECK(next == d + i && !zeroed);
		hk_desc_set_state(next, HK_RUN);
	}
	CHECK_EQ(dirty_now(), 0);
	/* Longer than that: no more than itself. */
	d = clean_resident(AHEAD + 1);
	CHECK_EQ(dirty_now(), 0);
	CHECK_EQ(unit_resident(hk_desc_start(d), (AHEAD + 1) * HK_UNIT),
		 (AHEAD + 1) * HK_UNIT / hk_os_page_size());
	hk_run_verify();
}

/* What nobody wants is given back like all that is dirty. */
static void along_in_vain(void *arg)
{
	(void)arg;
	choose_age("250ms");
	begin_ahead(IN_USE);
	with_all_along();
	hk_run_poll();
	CHECK_EQ(dirty_now(), (AHEAD - 1) * HK_UNIT);
	usleep(400000);
	hk_run_poll();
	CHECK_EQ(dirty_now(), 0);
}

/* Nothing is to wait: only the run itself. */
static void along_without_age(void *arg)
{
	(void)arg;
	choose_age("0");
	begin_ahead(IN_USE);
	for (int i = 0; i < 100; i++)
		clean_resident(1);
	CHECK_EQ(dirty_now(), 0);
}

/* The budget has no room for it: only the run itself. */
static void along_over_budget(void *arg)
{
	(void)arg;
	begin_ahead(IN_USE);
	hk_run_cap_dirty((AHEAD - 1) * HK_UNIT);
	for (int i = 0; i < 100; i++) {
		struct hk_desc *d = clean_resident(1);

		CHECK_EQ(unit_resident(hk_desc_start(d), HK_UNIT),
			 HK_UNIT / hk_os_page_size());
	}
	CHECK_EQ(dirty_now(), 0);
}

/* A process below 4 MiB touches its pages one by one. */
static void small_stays_small(void *arg)
{
	(void)arg;
	hk_run_purge(0);
	for (size_t i = 0; i < 32; i++) {
		struct hk_desc *d = clean_resident(1);

		CHECK_EQ(unit_resident(hk_desc_start(d), HK_UNIT), 0);
	}
	CHECK_EQ(dirty_now(), 0);
}

/* Does the system know how? */
static bool can_prefault(void)
{
	struct hk_desc *d = plain(1);
	bool can;

	hk_os_discard(hk_desc_start(d), HK_UNIT);
	can = hk_os_prefault(hk_desc_start(d), HK_UNIT) &&
		unit_resident(hk_desc_start(d), HK_UNIT);
	hk_run_give(d);
	return can;
}

static void ahead(void **state)
{
	(void)state;
	if (!can_prefault())
		skip();
	assert_lives(taken_along, NULL);
	assert_lives(along_in_vain, NULL);
	assert_lives(along_without_age, NULL);
	assert_lives(along_over_budget, NULL);
	assert_lives(small_stays_small, NULL);
}

/* ---- no memory ---- */

/*
 * The address space is at its limit: what is free is found, also where
 * dirty and clean lie side by side, and then NULL is the answer.
 */
static void at_the_limit(void *arg)
{
	struct hk_desc *d = plain(200), *behind;
	struct rlimit limit = { 1, 1 };
	size_t clean, dirty, n = 0;
	bool zeroed;

	(void)arg;
	behind = plain(100);
	hk_run_keep_dirty(HK_GIB);
	hk_run_give(behind);
	hk_run_purge(0);
	hk_run_give(d);
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	hk_run_free_bytes(&clean, &dirty);
	CHECK(dirty > 0 && clean > 0);
	while ((d = hk_run_take(1, 1, &zeroed)))
		n++;
	CHECK_EQ(n, (clean + dirty) >> HK_UNIT_SHIFT);
	CHECK(!hk_run_take(1, 1, &zeroed));
	CHECK(!hk_run_take(1000, 1, &zeroed));
	hk_run_verify();
}

static void side_by_side(void *arg)
{
	static const size_t units[4] = { 1, 10, 10, 1 };
	struct rlimit limit = { 1, 1 };
	struct hk_desc *part[4], *d;
	bool zeroed, found = false;

	(void)arg;
	hk_run_keep_dirty(HK_GIB);
	split(part, units, 4);
	hk_run_give(part[2]);
	hk_run_purge(0);
	hk_run_give(part[1]);
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	for (size_t n = 1000; n >= 20; n--)
		while ((d = hk_run_take(n, 1, &zeroed)))
			found |= d == part[1];
	CHECK(found);
}

static void no_memory(void **state)
{
	(void)state;
	if (unit_in_valgrind() || hk_tsan)
		skip();
	hk_run_purge(0);
	assert_lives(at_the_limit, NULL);
	assert_lives(side_by_side, NULL);
}

/* ---- several threads ---- */

static void *churn(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 99;
	struct hk_desc *mine[20] = { NULL };
	size_t steps = check_count(10000);

	for (size_t i = 0; i < steps; i++) {
		size_t r = random_below(&seed, 20);
		struct hk_desc *d = mine[r];
		bool zeroed;

		if (!d) {
			d = hk_run_take(random_below(&seed, 40) + 1, 1,
				&zeroed);
			CHECK(d != NULL);
			hk_desc_set_state(d, HK_RUN);
			hk_note_open(hk_desc_start(d), d->units * HK_UNIT);
			*(void **)(void *)hk_desc_start(d) = d;
			mine[r] = d;
			continue;
		}
		CHECK(*(void **)(void *)hk_desc_start(d) == d);
		if (random_below(&seed, 3) == 0 &&
			hk_run_grow(d, d->units + 1)) {
			char *unit = hk_desc_start(d + d->units - 1);

			hk_note_open(unit, HK_UNIT);
			*(void **)(void *)unit = d;
		}
		if (d->units > 1 && random_below(&seed, 3) == 0)
			hk_run_shrink(d, d->units - 1);
		if (random_below(&seed, 2)) {
			hk_run_give(d);
			mine[r] = NULL;
		}
		if (i % 1000 == 0)
			hk_run_purge(random_below(&seed, 10 * HK_MIB));
	}
	for (size_t r = 0; r < 20; r++)
		if (mine[r])
			hk_run_give(mine[r]);
	return NULL;
}

static void several_threads(void **state)
{
	unsigned int numbers[4] = { 0, 1, 2, 3 };

	(void)state;
	unit_threads(4, churn, numbers, sizeof(numbers[0]));
	memset(map, 0, sizeof(map));
	check_sums();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations),
		cmocka_unit_test(joining),
		cmocka_unit_test(joining_clean),
		cmocka_unit_test(best_fit),
		cmocka_unit_test(purging),
		cmocka_unit_test(dirty_is_told),
		cmocka_unit_test(aging),
		cmocka_unit_test(polling),
		cmocka_unit_test(bursts_wait),
		cmocka_unit_test(bursts_again),
		cmocka_unit_test(too_much_in_use),
		cmocka_unit_test(locked_pages),
		cmocka_unit_test(ahead),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(several_threads),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
