/* SPDX-License-Identifier: MIT */
/*
 * guard.c - blocks between guard pages: where they are, what is told of an
 * address, which slot is used again, and what traps.
 */
#include "unit.h"

#include "os/os.h"
#include "slab/guard.h"

#define FRAME __builtin_frame_address(0)

static size_t page;

static char *alloc_of(size_t n, size_t align, size_t most)
{
	struct hk_guard_slot culprit;
	char *p = hk_guard_alloc(n, align, most, FRAME, &culprit);

	assert_int_equal(culprit.state, HK_GUARD_UNUSED);
	return p;
}

static char *alloc(size_t n)
{
	char *p = alloc_of(n, 16, HK_GUARD_SLOTS);

	assert_non_null(p);
	return p;
}

static void drop(char *p)
{
	assert_true(hk_guard_free(p, FRAME, true));
}

/* So that its page stays open. */
static void leave(char *p)
{
	assert_true(hk_guard_free(p, FRAME, false));
}

static enum hk_guard_verdict look(const char *p)
{
	struct hk_guard_slot slot;

	return hk_guard_look(p, &slot);
}

/* By turns at the start and at the end of a page: one of each. */
static void pair(size_t n, char **first, char **last)
{
	*first = alloc(n);
	*last = alloc(n);
	if ((uintptr_t)*first % page) {
		char *p = *first;

		*first = *last;
		*last = p;
	}
}

static void placement(void **state)
{
	char *first, *last;

	(void)state;
	pair(40, &first, &last);
	assert_int_equal((uintptr_t)first % page, 0);
	assert_int_equal((uintptr_t)last % page, page - 48);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(first[i] | last[i], 0);
	drop(first);
	drop(last);
	pair(0, &first, &last);
	assert_int_equal((uintptr_t)last % page, page - 16);
	drop(first);
	drop(last);
	assert_null(alloc_of(page + 1, 16, HK_GUARD_SLOTS));
	assert_null(alloc_of(8, 2 * page, HK_GUARD_SLOTS));
}

static void alignment(void **state)
{
	(void)state;
	for (size_t align = 16; align <= page; align *= 2) {
		for (int i = 0; i < 2; i++) {
			char *p = alloc_of(24, align, HK_GUARD_SLOTS);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % align, 0);
			memset(p, 1, 24);
			drop(p);
		}
	}
}

static void verdicts(void **state)
{
	struct hk_guard_slot slot;
	char *first, *last;

	(void)state;
	pair(40, &first, &last);
	assert_int_equal(look(first), HK_GUARD_BLOCK);
	assert_int_equal(look(last), HK_GUARD_BLOCK);
	assert_int_equal(look(first + 39), HK_GUARD_INSIDE);
	assert_int_equal(look(first + 40), HK_GUARD_PAST);
	assert_int_equal(look(first - 1), HK_GUARD_BEFORE);
	assert_int_equal(look(last + 48), HK_GUARD_PAST);
	assert_int_equal(look((char *)&slot), HK_GUARD_NONE);
	assert_false(hk_guard_is(&slot));
	assert_int_equal(hk_guard_look(last + 50, &slot), HK_GUARD_PAST);
	assert_ptr_equal(slot.start, last);
	assert_int_equal(slot.size, 40);
	assert_int_equal(slot.allocated.thread, hk_os_tid());
	assert_true(slot.allocated.n > 0);
	assert_int_equal(slot.freed.thread, 0);

	first[40] = 1;
	assert_int_equal(look(first), HK_GUARD_SPILLED);
	last[47] ^= 1;
	assert_int_equal(look(last), HK_GUARD_SPILLED);
	drop(first);
	drop(last);
	assert_int_equal(hk_guard_look(first, &slot), HK_GUARD_AFTER_FREE);
	assert_int_equal(slot.freed.thread, hk_os_tid());
	assert_int_equal(look(first + 39), HK_GUARD_AFTER_FREE);
	assert_false(hk_guard_free(first, FRAME, true));
	assert_false(hk_guard_free(first + 16, FRAME, true));
}

/* Every page but those of live blocks. */
static void what_traps(void **state)
{
	char *first, *last;

	(void)state;
	pair(64, &first, &last);
	assert_true(hk_os_readable(first));
	assert_true(hk_os_readable(first + page - 1));
	assert_true(hk_os_readable(last + 63));
	assert_false(hk_os_readable(first - 1));
	assert_false(hk_os_readable(first + page));
	assert_false(hk_os_readable(last + 64));
	memset(first, 0x55, 64);
	drop(first);
	drop(last);
	assert_false(hk_os_readable(first));
	assert_false(hk_os_readable(last));
}

/* The slot that was freed last is the last to be used, and reads as zero. */
static void reuse(void **state)
{
	char *block[HK_GUARD_SLOTS], *gone;
	size_t live = hk_guard_counts.live;

	(void)state;
	for (unsigned int i = 0; i < HK_GUARD_SLOTS; i++) {
		block[i] = alloc(32);
		memset(block[i], 0xff, 32);
	}
	assert_int_equal(hk_guard_counts.live - live, HK_GUARD_SLOTS * page);
	assert_null(alloc_of(32, 16, HK_GUARD_SLOTS));
	gone = block[5];
	for (unsigned int i = 0; i < HK_GUARD_SLOTS; i++)
		drop(block[(i + 5) % HK_GUARD_SLOTS]);
	assert_int_equal(hk_guard_counts.live, live);
	for (unsigned int i = 0; i < HK_GUARD_SLOTS; i++) {
		block[i] = alloc(32);
		for (size_t b = 0; b < 32; b++)
			assert_int_equal(block[i][b], 0);
		/* The one that was freed first, and so on. */
		if (!i)
			assert_int_equal((uintptr_t)gone / page,
					 (uintptr_t)block[i] / page);
	}
	for (unsigned int i = 0; i < HK_GUARD_SLOTS; i++)
		drop(block[i]);
}

static void most(void **state)
{
	char *a = alloc(8), *b = alloc(8);

	(void)state;
	assert_null(alloc_of(8, 16, 2));
	drop(b);
	b = alloc_of(8, 16, 2);
	assert_non_null(b);
	drop(a);
	drop(b);
}

/*
 * Pages that stay open are used by turns, without a call to the system, and
 * never more of them than may be; a block in one reads as zero.
 */
static void kept_open(void **state)
{
	uint64_t calls = hk_os_counts.madvise + hk_os_counts.mprotect;
	char *block[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		block[i] = alloc_of(100, 16, 3);
		assert_non_null(block[i]);
	}
	assert_true(hk_os_counts.madvise + hk_os_counts.mprotect > calls);
	assert_null(alloc_of(100, 16, 3));
	for (int i = 0; i < 3; i++)
		leave(block[i]);
	assert_int_equal(hk_guard_counts.kept, 3 * page);
	assert_int_equal(look(block[0]), HK_GUARD_AFTER_FREE);
	assert_true(hk_os_readable(block[0]));
	assert_false(hk_guard_free(block[0], FRAME, true));

	calls = hk_os_counts.madvise + hk_os_counts.mprotect;
	for (int i = 0; i < 30; i++) {
		char *p = alloc_of(3000, 16, 3);

		assert_int_equal((uintptr_t)p / page,
				 (uintptr_t)block[i % 3] / page);
		for (size_t b = 0; b < 3000; b++)
			assert_int_equal(p[b], 0);
		memset(p, 0xff, 3000);
		leave(p);
	}
	assert_int_equal(hk_os_counts.madvise + hk_os_counts.mprotect, calls);
	for (int i = 0; i < 3; i++)
		block[i] = alloc_of(1, 1, 3);
	assert_int_equal(hk_guard_counts.kept, 0);
	for (int i = 0; i < 3; i++)
		drop(block[i]);
}

/* Whoever writes to a freed block is told of when its page is used again. */
static void written(void **state)
{
	struct hk_guard_slot culprit;
	size_t at[] = { 0, 39, 47 };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		char *p = alloc_of(40, 16, 1);

		leave(p);
		p[at[i]] ^= 1;
		assert_null(hk_guard_alloc(40, 16, 1, FRAME, &culprit));
		assert_int_equal(culprit.state, HK_GUARD_WAITING);
		assert_ptr_equal(culprit.start, p);
		assert_int_equal(culprit.size, 40);
		assert_int_equal(culprit.freed.thread, hk_os_tid());
		/* It is used no more; another one is. */
		assert_int_equal(hk_guard_counts.kept, 0);
	}
}

static void child_reads(void *arg)
{
	volatile char *p = arg;

	signal(SIGSEGV, SIG_DFL);
	(void)*p;
}

/* In a child as well, to which the parent's pages go down. */
static void in_a_child(void **state)
{
	struct unit_death death;
	char *p = alloc(8);

	(void)state;
	drop(p);
	unit_run(child_reads, p, &death);
	assert_true(WIFSIGNALED(death.status));
	assert_int_equal(WTERMSIG(death.status), SIGSEGV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placement),
		cmocka_unit_test(alignment),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(what_traps),
		cmocka_unit_test(most),
		cmocka_unit_test(reuse),
		cmocka_unit_test(in_a_child),
		cmocka_unit_test(kept_open),
		cmocka_unit_test(written),
	};

	/* Which sees all accesses itself: nothing is sampled there. */
	if (unit_in_valgrind())
		return CHECK_SKIP_STATUS;
	page = hk_os_page_size();
	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
