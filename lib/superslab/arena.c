/* SPDX-License-Identifier: MIT */
/*
 * arena.c - the window and how it fills.
 *
 * Only the table of descriptors is reserved (128 bytes for each 32 KiB of the
 * window: 0.4 %).  The units themselves are mapped from the
 * window's start upwards, in steps, each exactly behind the last: so the
 * process shows no address space that it does not use, limits on it
 * (RLIMIT_AS, also one set later) and mlockall() work as with any program,
 * and yet one comparison tells whether an address is ours.  If something
 * else sits in the way, the frontier jumps over it; its descriptors stay
 * zero, and its addresses are not ours.
 *
 * The window lies where the kernel puts nothing by itself: between 1/8 and
 * 1/4 of the address space, at a random place.
 */
#include "superslab/arena.h"

#include "base/annotate.h"
#include "os/os.h"
#include "policy/option.h"
#include "superslab/thp.h"

struct hk_arena hk_arena;
struct hk_arena_counts hk_arena_counts;

/* Under the runs lock, but for hk_arena_init(). */
static size_t frontier;			/* bytes from base: next to map */

/* Growing by an eighth keeps the number of calls logarithmic. */
#define STEP_MIN	HK_SUPER
#define STEP_MAX	(64 * HK_MIB)
#define STEP_FRACTION	8

/*
 * Huge pages save most of the time of first touches.  They cost up to 2 MiB
 * each, so by themselves they are for heaps that are large (huge_pages_from),
 * and dense: many threads with a few blocks of each class each would become
 * resident as a whole.
 */
/* Of what is in use, at most this share may be hollow. */
#define HUGE_PAGES_HOLLOW	4

#define TABLE_STEP	(256 * HK_KIB)
#define TABLE_SHIFT	(HK_UNIT_SHIFT - 7)	/* window to table bytes */
static_assert(HK_UNIT >> TABLE_SHIFT == sizeof(struct hk_desc),
	      "the table's size follows from the window's");

/*
 * Twice what the machine can hold.  Half of it is for long runs only while
 * there is room: not all that is allocated is written, but what has no other
 * place than the arena must find one.
 */
#define WINDOW_MIN	(8 * HK_GIB)
#define WINDOW_MAX	(4096 * HK_GIB)
#define WINDOW_LEAST	(64 * HK_MIB)	/* a table of 256 KiB */

/* How far an unexpected mapping is jumped over, at first. */
#define JUMP_MIN	(32 * HK_MIB)

/* ---- start ---- */

static size_t window_size(void)
{
	size_t top = hk_os_address_top();
	size_t window = hk_policy_get(HK_OPT_ARENA_SIZE);

	if (!window)
		window = hk_max(2 * hk_os_memory(), WINDOW_MIN);

	/* The reserved table counts against the limit: at most 1.6 % of it. */
	window = hk_min(window, hk_os_limit() * 4);
	window = hk_min(hk_min(window, WINDOW_MAX), top / 16);
	return hk_round_up(window, WINDOW_LEAST);
}

/*
 * The table goes right below the window's start, at a random multiple of
 * the superslab's size.
 */
static int reserve_at_random(size_t window, uint64_t random)
{
	uintptr_t top = hk_os_address_top();
	size_t table = window >> TABLE_SHIFT;

	for (uint64_t i = 0; i < 4; i++) {
		uint64_t draw = hk_splitmix(random + i * HK_SPLITMIX_STEP);
		uintptr_t place = top / 8 +
			(draw & (top / 8 - 1) & ~(HK_SUPER - 1));
		void *got;

		if (!hk_os_reserve((void *)(place - table), table, &got)) {
			hk_arena.base = place;
			hk_arena.table = got;
			return 0;
		}
	}
	return -ENOMEM;
}

/*
 * For address spaces where only the kernel knows what is free: it finds a
 * place for table and window, and the window is given up again at once.
 */
static int reserve_anywhere(size_t window)
{
	size_t table = window >> TABLE_SHIFT;
	size_t len = table + HK_SUPER + window;
	uintptr_t start, base;
	void *got;
	int err = hk_os_reserve(NULL, len, &got);

	if (err)
		return err;
	start = (uintptr_t)got;
	base = hk_round_up(start + table, HK_SUPER);
	hk_os_unmap((void *)base, start + len - base);
	hk_arena.base = base;
	hk_arena.table = (void *)(base - table);
	return 0;
}

/*
 * One call for all that is drawn: it is a good part of what a start costs.
 * An odd mark is no pointer that a program might store.
 */
static uint64_t draw_keys(void)
{
	uint64_t random[3];

	hk_os_random(random, sizeof(random));
	hk_arena.link_key = random[0];
	hk_arena.mark_key = random[1] | 1;
	return random[2];
}

int hk_arena_init(void)
{
	size_t window = window_size();
	uint64_t random = draw_keys();

	for (; window; window = window / 2 & ~(WINDOW_LEAST - 1)) {
		/* Its shadow lies over most of the address space. */
		if (!hk_tsan && !reserve_at_random(window, random))
			break;
		if (!reserve_anywhere(window))
			break;
	}
	if (!hk_arena.table)
		return -ENOMEM;
	hk_arena.window = window;
	/* Others may read how much it became of what was asked for. */
	if (hk_policy_get(HK_OPT_ARENA_SIZE))
		hk_option_overrule(&hk_policy, HK_OPT_ARENA_SIZE, window);
	return 0;
}

/* ---- growth ---- */

/* Makes the descriptors of the window's first `span` bytes readable. */
static int cover(size_t span)
{
	size_t need = hk_round_up(span >> TABLE_SHIFT, TABLE_STEP);
	size_t have = hk_arena_table_bytes();
	int err;

	need = hk_min(need, hk_arena_table_reserved());
	if (need <= have)
		return 0;
	err = hk_os_commit((char *)hk_arena.table + have, need - have);
	if (!err)
		atomic_store_explicit(&hk_arena_counts.table, need,
				      memory_order_relaxed);
	return err;
}

/*
 * Maps `len` bytes at the frontier.  A clash moves the frontier on and is
 * tried again, with longer and longer jumps.
 */
static int map_step(size_t len)
{
	for (size_t jump = JUMP_MIN; frontier + len <= hk_arena.window;
	     jump *= 2) {
		void *got;
		int err = cover(frontier + len);

		if (err)
			return err;
		err = hk_os_map((void *)(hk_arena.base + frontier), len,
				&got);
		if (err != -EEXIST)
			return err;
		frontier += jump;
		atomic_fetch_add_explicit(&hk_arena_counts.jumps, 1,
					  memory_order_relaxed);
	}
	return -ENOMEM;
}

static size_t next_step(size_t need)
{
	size_t step = hk_arena_committed() / STEP_FRACTION;

	step = hk_min(hk_max(step, STEP_MIN), STEP_MAX);
	return hk_round_up(hk_max(step, need), HK_SUPER);
}

/* In slabs; any thread, relaxed: it decides nothing but a hint. */
static _Atomic ptrdiff_t hollow;

void hk_arena_hollow(ptrdiff_t bytes)
{
	atomic_fetch_add_explicit(&hollow, bytes, memory_order_relaxed);
}

static bool wants_huge_pages(size_t busy)
{
	ptrdiff_t bytes = atomic_load_explicit(&hollow, memory_order_relaxed);

	switch ((enum hk_huge_pages)hk_policy_get(HK_OPT_HUGE_PAGES)) {
	case HK_HUGE_NEVER:
		return false;
	case HK_HUGE_ALWAYS:
		return true;
	case HK_HUGE_AUTO:
		break;
	}
	return frontier >= hk_policy_get(HK_OPT_HUGE_PAGES_FROM) &&
		bytes <= (ptrdiff_t)((busy << HK_UNIT_SHIFT) /
				     HUGE_PAGES_HOLLOW);
}

bool hk_arena_has_room(size_t units)
{
	return units <= HK_MIB >> HK_UNIT_SHIFT ||
		frontier <= hk_arena.window / 2;
}

int hk_arena_extend(size_t units, size_t busy, struct hk_desc **first,
		    size_t *got)
{
	size_t need = hk_round_up(units << HK_UNIT_SHIFT, HK_SUPER);
	size_t skip = 0, len;
	char *start;
	int err;

	if (!frontier)		/* unit 0 is not used */
		need = hk_round_up((units + 1) << HK_UNIT_SHIFT, HK_SUPER);
	len = next_step(need);
	err = map_step(len);
	if (err && len > need) {
		len = need;
		err = map_step(len);
	}
	if (err)
		return err;

	start = (char *)(hk_arena.base + frontier);
	hk_thp_grown(start, len, wants_huge_pages(busy));
	if (!frontier)
		skip = 1;
	hk_note_close(start, len);
	*first = &hk_arena.table[(frontier >> HK_UNIT_SHIFT) + skip];
	*got = (len >> HK_UNIT_SHIFT) - skip;
	frontier += len;
	/* Relaxed: see struct hk_arena. */
	__atomic_store_n(&hk_arena.span, frontier, __ATOMIC_RELAXED);
	atomic_fetch_add_explicit(&hk_arena_counts.committed, len,
				  memory_order_relaxed);
	return 0;
}

size_t hk_arena_committed(void)
{
	return atomic_load_explicit(&hk_arena_counts.committed,
				    memory_order_relaxed);
}

size_t hk_arena_table_bytes(void)
{
	return atomic_load_explicit(&hk_arena_counts.table,
				    memory_order_relaxed);
}

size_t hk_arena_table_reserved(void)
{
	return hk_arena.window >> TABLE_SHIFT;
}

uint64_t hk_arena_jumps(void)
{
	return atomic_load_explicit(&hk_arena_counts.jumps,
				    memory_order_relaxed);
}
