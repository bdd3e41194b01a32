/* SPDX-License-Identifier: MIT */
/*
 * The window and how it fills: each case in a process of its own, as a
 * window is found once.
 */
#include "unit.h"

#include "base/annotate.h"
#include "os/os.h"
#include "superslab/arena.h"

#include <sys/mman.h>

static void extend(size_t units, struct hk_desc **first, size_t *got)
{
	CHECK_EQ(hk_arena_extend(units, hk_arena_committed() >> HK_UNIT_SHIFT,
			 first, got),
		0);
	CHECK(*got >= units);
	hk_note_open(hk_desc_start(*first), *got * HK_UNIT);
}

static void start(void)
{
	CHECK_EQ(hk_arena_init(), 0);
	CHECK_EQ(hk_arena.window % (64 * HK_MIB), 0);
	CHECK_EQ(hk_arena.base % HK_SUPER, 0);
	CHECK(hk_arena.window >= 2 * hk_min(hk_os_memory(), 4 * HK_GIB));
	CHECK_EQ(hk_arena_span(), 0);
	CHECK_EQ(hk_arena_committed(), 0);
}

static void grows(void *arg)
{
	struct hk_desc *first, *next;
	size_t got, sum = 0, last = 0;

	(void)arg;
	start();
	extend(1, &first, &got);
	/* Unit 0 is never used. */
	CHECK_EQ(hk_desc_index(first), 1);
	CHECK_EQ(got, HK_SUPER / HK_UNIT - 1);
	CHECK_EQ(hk_arena_committed(), HK_SUPER);
	sum = got + 1;
	for (int i = 0; i < 40; i++) {
		extend(3, &next, &got);
		CHECK(next == first + sum - 1);
		CHECK_EQ(got % (HK_SUPER / HK_UNIT), 0);
		/* Steps grow with the heap, up to 64 MiB. */
		CHECK(got >= last && got <= 64 * HK_MIB / HK_UNIT);
		last = got;
		CHECK_ZERO(hk_desc_start(next), HK_PAGE);
		memset(hk_desc_start(next + got - 1), 1, HK_UNIT);
		CHECK_EQ(hk_desc_state(next + got - 1), HK_NONE);
		sum += got;
		CHECK_EQ(hk_arena_committed(), sum * HK_UNIT);
		CHECK_EQ(hk_arena_span(), sum * HK_UNIT);
	}
	CHECK(last > HK_SUPER / HK_UNIT);
	CHECK(hk_arena_table_bytes() >= sum * sizeof(*first));
	CHECK_EQ(hk_arena_table_reserved(), hk_arena.window / 256);
	CHECK_EQ(hk_arena_jumps(), 0);

	/* As much as is asked for, where a step would be less. */
	extend(3000, &next, &got);
	CHECK(hk_desc_of(hk_desc_start(next + 2999)) == next + 2999);
}

/*
 * Somebody has mapped right at the frontier: it is jumped over, what he has
 * stays his, and his addresses are no units.
 */
static void clashes(void *arg)
{
	struct hk_desc *first, *next;
	size_t got, before;
	char *his;
	void *p;

	(void)arg;
	start();
	extend(1, &first, &got);
	before = hk_arena_span();
	his = (char *)hk_arena.base + before;
	CHECK_EQ(hk_os_map(his, HK_SUPER, &p), 0);
	memset(his, 0x5a, HK_SUPER);

	extend(64, &next, &got);
	CHECK(hk_arena_jumps() >= 1);
	CHECK(hk_desc_start(next) >= his + HK_SUPER);
	CHECK_EQ(hk_arena_committed(), HK_SUPER + got * HK_UNIT);
	CHECK(hk_arena_span() > before + HK_SUPER);
	for (size_t i = 0; i < HK_SUPER; i += 4096)
		CHECK_AT(his[i] == 0x5a, i);
	for (char *u = his; u < hk_desc_start(next); u += HK_UNIT) {
		struct hk_desc *d = hk_desc_of(u);

		CHECK(!d || (hk_desc_state(d) == HK_NONE && !d->owner));
	}
	memset(hk_desc_start(next), 1, got * HK_UNIT);
	CHECK(his[HK_SUPER - 1] == 0x5a);
	/* The gap is no neighbour. */
	CHECK(next > first + HK_SUPER / HK_UNIT);
	extend(1, &first, &got);
	CHECK(first > next);
}

/* In the way of the very first step. */
static void clashes_at_once(void *arg)
{
	struct hk_desc *first;
	size_t got;
	void *p;

	(void)arg;
	start();
	CHECK_EQ(hk_os_map((char *)hk_arena.base + HK_UNIT, HK_UNIT, &p), 0);
	extend(5, &first, &got);
	CHECK(hk_desc_index(first) > HK_SUPER / HK_UNIT);
	CHECK_EQ(hk_desc_index(first) % (HK_SUPER / HK_UNIT), 0);
	CHECK_EQ(hk_arena_jumps(), 1);
	memset(hk_desc_start(first), 1, got * HK_UNIT);
}

/* A limit on the address space makes a small window, not a failure. */
static void limited(void *arg)
{
	struct rlimit limit = { 600 * HK_MIB, 600 * HK_MIB };
	struct hk_desc *first;
	size_t got, sum = 0;
	int err = 0;

	(void)arg;
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	CHECK_EQ(hk_arena_init(), 0);
	/* The table costs at most one fiftieth of what may be used. */
	CHECK(hk_arena_table_reserved() <= 12 * HK_MIB);
	while (!err) {
		err = hk_arena_extend(1, 0, &first, &got);
		sum += err ? 0 : got;
	}
	CHECK_EQ(-err, ENOMEM);
	CHECK(sum * HK_UNIT >= 500 * HK_MIB);
	CHECK_EQ(-hk_arena_extend(1, 0, &first, &got), ENOMEM);
}

/* Nothing to be had: told, and tried again with success later. */
static void refused(void *arg)
{
	struct rlimit limit, none;

	(void)arg;
	CHECK_EQ(getrlimit(RLIMIT_AS, &limit), 0);
	none = limit;
	none.rlim_cur = 1;
	CHECK_EQ(setrlimit(RLIMIT_AS, &none), 0);
	CHECK_EQ(-hk_arena_init(), ENOMEM);
	CHECK(!hk_arena.table && !hk_desc_of(&limit));
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	start();
}

static void growth(void **state)
{
	(void)state;
	assert_lives(grows, NULL);
}

static void foreign_mapping(void **state)
{
	(void)state;
	assert_lives(clashes, NULL);
	assert_lives(clashes_at_once, NULL);
}

static void limits(void **state)
{
	(void)state;
	if (unit_in_valgrind())
		skip();
	/* Sanitizers take terabytes of address space themselves. */
	if (proc_number("/proc/self/status", "VmSize:") * KIB < 200 * MIB)
		assert_lives(limited, NULL);
	assert_lives(refused, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth),
		cmocka_unit_test(foreign_mapping),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
