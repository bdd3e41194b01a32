/* SPDX-License-Identifier: MIT */
/*
 * What each option does to the heap.  Each case is a process of its own,
 * whose heap has not started: it chooses, starts the heap, and looks.  What
 * is about time only ever waits for longer than needed.
 */
#include "unit.h"

#include "api/alloc.h"
#include "base/annotate.h"
#include "heap/process.h"
#include "heap/thread.h"
#include "os/os.h"
#include "policy/option.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "superslab/arena.h"

#include <stdio.h>
#include <sys/mman.h>

static void choose(enum hk_option_id id, const char *value)
{
	CHECK_EQ(hk_option_assign(&hk_policy, id, hk_span_of(value)), 0);
}

/*
 * Nobody else's choice counts here, and what goes by the clock does not,
 * unless a case chooses so.
 */
static void begin(void)
{
	hk_process_configure();
	hk_option_reset(&hk_policy, HK_BALANCED);
	choose(HK_OPT_PURGE_AGE, "86400s");
}

static struct hk_desc *take(size_t units)
{
	bool zeroed;
	struct hk_desc *d = hk_run_take(units, 1, &zeroed);

	CHECK(d != NULL);
	hk_note_open(hk_desc_start(d), units * HK_UNIT);
	memset(hk_desc_start(d), 1, units * HK_UNIT);
	return d;
}

static size_t dirty_units(void)
{
	size_t clean, dirty;

	hk_run_free_bytes(&clean, &dirty);
	return dirty / HK_UNIT;
}

/*
 * Frees a run of so many units while at least `live` others are in use;
 * returns how many are kept.
 */
static size_t kept_of(size_t units, size_t live)
{
	struct hk_desc *d;
	bool zeroed;

	CHECK_EQ(hk_process_start(), 0);
	CHECK(hk_run_take(live, 1, &zeroed) != NULL);
	d = take(units);
	hk_run_give(d);
	/* What is too much waits for 100 ms, by a clock that may lag. */
	usleep(250000);
	hk_run_tend();
	return dirty_units();
}

/* ---- when memory is given back ---- */

static void purge_age(void *arg)
{
	struct hk_desc *d[5];

	(void)arg;
	begin();
	CHECK_EQ(hk_process_start(), 0);
	for (int i = 0; i < 5; i++)
		d[i] = take(1);
	hk_run_give(d[0]);
	usleep(100000);
	hk_run_give(d[2]);
	CHECK_EQ(dirty_units(), 2);
	choose(HK_OPT_PURGE_AGE, "20ms");
	hk_run_give(d[4]);
	/* The first is old; the others may be, on a slow machine. */
	CHECK(dirty_units() <= 2);
}

static void dirty_budget(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_DIRTY_MIN, "0");
	choose(HK_OPT_DIRTY_BUDGET, "50%");
	CHECK_EQ(kept_of(50, 100), 50);
	CHECK_EQ(kept_of(150, 100), 0);
}

static void no_dirty_budget(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_DIRTY_MIN, "0");
	choose(HK_OPT_DIRTY_BUDGET, "0");
	CHECK_EQ(kept_of(1, 1000), 0);
}

static void dirty_min(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_DIRTY_BUDGET, "0");
	choose(HK_OPT_DIRTY_MIN, "16M");
	CHECK_EQ(kept_of(16 * HK_MIB / HK_UNIT, 2000), 512);
	choose(HK_OPT_DIRTY_MIN, "15M");
	CHECK_EQ(kept_of(16 * HK_MIB / HK_UNIT, 1), 0);
}

/* What the constants were before there were options. */
static void balanced(void *arg)
{
	(void)arg;
	begin();
	/* A small heap: half of what is in use.  Unit 0 is. */
	CHECK_EQ(kept_of(100, 199), 100);
}

static void balanced_small(void *arg)
{
	(void)arg;
	begin();
	CHECK_EQ(kept_of(101, 199), 0);
}

/* A large one: an eighth. */
static void balanced_large(void *arg)
{
	(void)arg;
	begin();
	CHECK_EQ(kept_of(1000, 7999), 1000);
}

static void balanced_too_much(void *arg)
{
	(void)arg;
	begin();
	CHECK_EQ(kept_of(1001, 7999), 0);
}

static void speed_first(void *arg)
{
	(void)arg;
	begin();
	CHECK_EQ(hk_option_change(&hk_policy, HK_OPT_PRESET,
			 hk_span_of("speed-first")), 0);
	CHECK_EQ(kept_of(1000, 2000), 1000);
}

static void decommit_off(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_DECOMMIT, "off");
	choose(HK_OPT_DIRTY_MIN, "0");
	choose(HK_OPT_DIRTY_BUDGET, "0");
	choose(HK_OPT_PURGE_AGE, "0");
	CHECK_EQ(kept_of(100, 1), 100);
	/* Who asks, gets. */
	CHECK_EQ(hk_run_purge(0), 100 * HK_UNIT);
	CHECK_EQ(dirty_units(), 0);
}

/* Blocks above 8 KiB give nothing back by themselves either. */
static void decommit_off_in_slabs(void *arg)
{
	static void *blocks[400];
	uint64_t before;

	(void)arg;
	begin();
	choose(HK_OPT_DECOMMIT, "off");
	choose(HK_OPT_PURGE_AGE, "100ms");
	for (int round = 0; round < 4; round++) {
		before = atomic_load(&hk_os_counts.discarded);
		for (size_t i = 0; i < UNIT_COUNT(blocks); i++) {
			blocks[i] = hk_malloc(100000);
			memset(blocks[i], 1, 100000);
		}
		for (size_t i = 0; i < UNIT_COUNT(blocks); i++)
			hk_free(blocks[i]);
		usleep(120000);
		CHECK_EQ(atomic_load(&hk_os_counts.discarded), before);
	}
}

/* Pages may still have what they had: nothing of it reads as zero. */
static void decommit_free(void *arg)
{
	uint64_t before;
	struct hk_desc *d;
	bool zeroed;

	(void)arg;
	begin();
	choose(HK_OPT_DECOMMIT, "free");
	choose(HK_OPT_DIRTY_MIN, "0");
	choose(HK_OPT_DIRTY_BUDGET, "0");
	before = atomic_load(&hk_os_counts.discarded);
	CHECK_EQ(kept_of(100, 1), 0);
	CHECK_EQ(atomic_load(&hk_os_counts.discarded),
		 before + 100 * HK_UNIT);
	d = hk_run_take(100, 1, &zeroed);
	CHECK(d != NULL);
	CHECK(!zeroed);
	hk_run_give(d);
	for (size_t size = 1; size < 4 * HK_MIB; size += size / 2 + 1) {
		char *p = hk_calloc(1, size);

		CHECK_ZERO(p, size);
		memset(p, 1, size);
		hk_free(p);
	}
}

static void lean(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_LEAN, "1");
	choose(HK_OPT_LEAN_TARGET, "10M");
	choose(HK_OPT_DIRTY_BUDGET, "1000%");
	/* 320 units are the target, and unit 0 counts. */
	CHECK_EQ(kept_of(119, 200), 119);
	CHECK_EQ(kept_of(120, 120), 0);
}

/* ---- what is there at start ---- */

static char *first_super(void)
{
	return (char *)hk_arena.base + HK_SUPER;
}

static void prewarm(void *arg)
{
	bool zeroed;
	struct hk_desc *d;

	(void)arg;
	begin();
	choose(HK_OPT_PREWARM, "8M");
	CHECK_EQ(hk_process_start(), 0);
	CHECK_EQ(unit_resident(first_super(), 4 * HK_MIB),
		 4 * HK_MIB / hk_os_page_size());
	/* It is as good as new. */
	d = hk_run_take(8 * HK_MIB / HK_UNIT, 1, &zeroed);
	CHECK(d && zeroed);
	hk_note_open(hk_desc_start(d), 8 * HK_MIB);
	CHECK_ZERO(hk_desc_start(d), 8 * HK_MIB);
	hk_run_verify();
}

static void no_prewarm(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_PREWARM, "8M");
	choose(HK_OPT_LEAN, "1");
	CHECK_EQ(hk_process_start(), 0);
	CHECK_EQ(hk_arena_committed(), 0);
}

static void arena_size(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_ARENA_SIZE, "130M");
	CHECK_EQ(hk_process_start(), 0);
	CHECK_EQ(hk_arena.window, 192 * HK_MIB);
	CHECK_EQ(hk_policy_get(HK_OPT_ARENA_SIZE), 192 * HK_MIB);
}

static void least_arena_size(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_ARENA_SIZE, "1");
	CHECK_EQ(hk_process_start(), 0);
	CHECK_EQ(hk_arena.window, 64 * HK_MIB);
	CHECK_EQ(hk_policy_get(HK_OPT_ARENA_SIZE), 64 * HK_MIB);
}

/* ---- what heaps keep ---- */

#define SLABS	20

static struct hk_heap *heap(void)
{
	return hk_tls.heap;
}

static void use_slabs(void)
{
	static void *blocks[SLABS * HK_UNIT / 1024];
	size_t n = SLABS * hk_class_capacity(hk_class_of(1024));

	CHECK(n <= UNIT_COUNT(blocks));
	for (size_t i = 0; i < n; i++)
		blocks[i] = hk_malloc(1024);
	for (size_t i = 0; i < n; i++)
		hk_free(blocks[i]);
}

static void empties(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_EMPTIES, "7");
	use_slabs();
	CHECK_EQ(heap()->empties, 7);
	hk_heap_flush(heap());
	choose(HK_OPT_EMPTIES, "0");
	use_slabs();
	CHECK_EQ(heap()->empties, 0);
}

/* With the most, what is wanted beyond has no place. */
static void most_empties(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_EMPTIES, "32");
	for (int i = 0; i < 5; i++)
		use_slabs();
	CHECK(heap()->empties <= HK_EMPTIES);
	choose(HK_OPT_EMPTIES, "31");
	for (int i = 0; i < 100; i++)
		use_slabs();
	CHECK(heap()->empties <= HK_EMPTIES);
	hk_heap_flush(heap());
}

static unsigned int longest_magazine(void)
{
	static void *blocks[300];
	struct hk_magazine *mag = hk_magazine_of(heap(), hk_class_of(2000));

	for (size_t i = 0; i < UNIT_COUNT(blocks); i++)
		blocks[i] = hk_malloc(2000);
	for (int round = 0; round < 40; round++) {
		for (size_t i = 200; i < UNIT_COUNT(blocks); i++)
			hk_free(blocks[i]);
		for (size_t i = 200; i < UNIT_COUNT(blocks); i++)
			blocks[i] = hk_malloc(2000);
	}
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++)
		hk_free(blocks[i]);
	return mag->size;
}

static void batch(void *arg)
{
	(void)arg;
	begin();
	hk_free(hk_malloc(1));
	CHECK_EQ(longest_magazine(), HK_MAGAZINE);
	/* A long one becomes shorter, a step each time that it runs empty. */
	choose(HK_OPT_BATCH, "2");
	for (int i = 0; i < 10; i++)
		longest_magazine();
	CHECK_EQ(longest_magazine(), 2);
}

static void wake(void *arg)
{
	(void)arg;
	begin();
	CHECK_EQ(hk_slab_wake_count(1024), 32);
	choose(HK_OPT_WAKE, "2");
	CHECK_EQ(hk_slab_wake_count(1024), 512);
	use_slabs();
	CHECK_EQ(hk_process_start(), 0);
	hk_heap_verify(heap());
}

static void seldom_awake(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_WAKE, "1024");
	CHECK_EQ(hk_slab_wake_count(1000), 1);
	use_slabs();
	hk_heap_verify(heap());
}

/* Slabs that are full when it changes keep the count that they have. */
static void wake_while_full(void *arg)
{
	static void *blocks[4 * HK_UNIT / 1024];
	struct hk_desc *d;

	(void)arg;
	begin();
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++)
		blocks[i] = hk_malloc(1024);
	d = hk_desc_of(blocks[0]);
	CHECK_EQ(hk_desc_state(d), HK_SLAB_FULL);
	CHECK_EQ(hk_slab_out(d), hk_class_capacity(d->class));
	choose(HK_OPT_WAKE, "2");
	CHECK_EQ(hk_slab_out(d), hk_class_capacity(d->class));
	hk_free(blocks[0]);
	CHECK_EQ(hk_desc_state(d), HK_SLAB_USABLE);
	CHECK_EQ(hk_slab_out(d), hk_class_capacity(d->class) - 1);
	for (size_t i = 1; i < UNIT_COUNT(blocks); i++)
		hk_free(blocks[i]);
	hk_heap_verify(heap());
}

/* ---- the learner ---- */

/* What the heap finds out by itself it forgets between the rounds. */
static void use_slabs_much(void)
{
	for (int i = 0; i < 100; i++) {
		use_slabs();
		hk_heap_flush(heap());
	}
}

static void learned(void *arg)
{
	struct hk_slab_tuning *t = &hk_slab_tuning[hk_class_of(1024)];

	(void)arg;
	begin();
	use_slabs_much();
	CHECK_EQ(hk_policy_get(HK_OPT_EMPTIES), 2);
	CHECK_EQ(t->batch, 0);
	hk_policy.chosen = 0;
	choose(HK_OPT_LEARNER, "1");
	use_slabs_much();
	CHECK(hk_policy_get(HK_OPT_EMPTIES) > 2);
	CHECK_EQ(hk_policy_get(HK_OPT_PURGE_AGE), 4000);
	CHECK(t->batch >= 2 && t->batch <= 31);
	CHECK_EQ(t->wake, 32);
	hk_heap_verify(heap());
}

/* The user's word counts for more. */
static void learned_but_chosen(void *arg)
{
	struct hk_slab_tuning *t = &hk_slab_tuning[hk_class_of(1024)];

	(void)arg;
	begin();
	choose(HK_OPT_LEARNER, "1");
	choose(HK_OPT_EMPTIES, "1");
	choose(HK_OPT_PURGE_AGE, "77");
	choose(HK_OPT_WAKE, "16");
	use_slabs_much();
	CHECK_EQ(hk_policy_get(HK_OPT_EMPTIES), 1);
	CHECK_EQ(hk_policy_get(HK_OPT_PURGE_AGE), 77);
	CHECK(t->batch > 0);
	CHECK_EQ(t->wake, 0);
}

/* ---- huge pages ---- */

/*
 * The flags of the mapping that `p` is in, as /proc/self/smaps has them: "hg"
 * where huge pages were asked for, "nh" where none.
 */
static void flags_of(const void *p, char flags[200])
{
	FILE *in = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false;
	char line[512];

	flags[0] = '\0';
	CHECK(in != NULL);
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (here && !strncmp(line, "VmFlags:", 8))
			snprintf(flags, 200, "%.190s ", strtok(line, "\n"));
	}
	fclose(in);
}

static void check_huge(const void *p, const char *flag)
{
	char flags[200];

	flags_of(p, flags);
	if (!strstr(flags, flag))
		fprintf(stderr, "%s is not in \"%s\"\n", flag, flags);
	CHECK(strstr(flags, flag) != NULL);
}

static void huge_pages(void *arg)
{
	(void)arg;
	begin();
	CHECK_EQ(hk_process_start(), 0);
	check_huge(hk_desc_start(take(1)), " nh ");
	check_huge(hk_malloc(100 * HK_MIB), " hg ");
}

static void huge_pages_always(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_HUGE_PAGES, "always");
	CHECK_EQ(hk_process_start(), 0);
	check_huge(hk_desc_start(take(1)), " hg ");
}

static void huge_pages_never(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_HUGE_PAGES, "never");
	choose(HK_OPT_HUGE_PAGES_FROM, "0");
	CHECK_EQ(hk_process_start(), 0);
	check_huge(hk_desc_start(take(1)), " nh ");
	check_huge(hk_malloc(100 * HK_MIB), " nh ");
}

static void huge_pages_from(void *arg)
{
	(void)arg;
	begin();
	choose(HK_OPT_HUGE_PAGES_FROM, "0");
	CHECK_EQ(hk_process_start(), 0);
	check_huge(hk_desc_start(take(1)), " hg ");
}

/* ---- the cases ---- */

struct effect {
	void (*run)(void *arg);
	bool huge;		/* needs a kernel that has and tells them */
};

static bool tells_huge_pages(void)
{
	char flags[200];

	flags_of(flags, flags);
	return *flags &&
		!access("/sys/kernel/mm/transparent_hugepage", F_OK);
}

static void effect(void **state)
{
	const struct effect *e = *state;

	if (e->huge && !tells_huge_pages())
		skip();
	assert_lives(e->run, NULL);
}

#define EFFECT(what, needs_huge) \
	{ .name = #what, .test_func = effect, \
	  .initial_state = &(struct effect){ what, needs_huge } }

int main(void)
{
	const struct CMUnitTest tests[] = {
		EFFECT(purge_age, false),
		EFFECT(dirty_budget, false),
		EFFECT(no_dirty_budget, false),
		EFFECT(dirty_min, false),
		EFFECT(balanced, false),
		EFFECT(balanced_small, false),
		EFFECT(balanced_large, false),
		EFFECT(balanced_too_much, false),
		EFFECT(speed_first, false),
		EFFECT(decommit_off, false),
		EFFECT(decommit_off_in_slabs, false),
		EFFECT(decommit_free, false),
		EFFECT(lean, false),
		EFFECT(prewarm, false),
		EFFECT(no_prewarm, false),
		EFFECT(arena_size, false),
		EFFECT(least_arena_size, false),
		EFFECT(empties, false),
		EFFECT(most_empties, false),
		EFFECT(batch, false),
		EFFECT(wake, false),
		EFFECT(seldom_awake, false),
		EFFECT(wake_while_full, false),
		EFFECT(learned, false),
		EFFECT(learned_but_chosen, false),
		EFFECT(huge_pages, true),
		EFFECT(huge_pages_always, true),
		EFFECT(huge_pages_never, true),
		EFFECT(huge_pages_from, true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
