/* SPDX-License-Identifier: MIT */
/*
 * Blocks with mappings of their own: the table that knows them, as it grows
 * and shrinks, and what happens to their contents.
 */
#include "unit.h"

#include "base/annotate.h"
#include "os/os.h"
#include "slab/huge.h"

#include <sys/mman.h>

#define BLOCKS	3000

static struct {
	char *start;
	size_t size;
} blocks[BLOCKS];

static size_t page;

/* A new block, open to the test. */
static void *make(size_t size, size_t align)
{
	void *p = hk_huge_alloc(size, align);

	if (p)
		hk_note_open(p, hk_huge_size(p));
	return p;
}

static void *resize(void *p, size_t size)
{
	p = hk_huge_realloc(p, size);
	if (p)
		hk_note_open(p, hk_huge_size(p));
	return p;
}

static size_t whole(size_t n)
{
	return hk_round_up(n, page);
}

static void check(size_t i)
{
	char *p = blocks[i].start;

	assert_int_equal(hk_huge_size(p), whole(blocks[i].size));
	assert_int_equal(*(size_t *)(void *)p, i);
	assert_int_equal(hk_huge_size(p + 1), 0);
	assert_int_equal(hk_huge_size(p + page), 0);
	assert_false(hk_huge_free(p + 16));
}

/* Thousands of entries, put in and taken out in random order. */
static void table(void **state)
{
	size_t sum = 0, live = 0, steps = check_count(15000);
	uint64_t seed = 3, made = hk_huge_allocs();

	(void)state;
	assert_int_equal(hk_huge_bytes(), 0);
	for (size_t k = 0; k < steps; k++) {
		/* Filled to the last one, then emptied. */
		bool fill = k < steps / 2;
		size_t i = random_below(&seed, BLOCKS);

		if (blocks[i].start) {
			check(i);
			if (fill && random_below(&seed, 4))
				continue;
			assert_true(hk_huge_free(blocks[i].start));
			assert_int_equal(hk_huge_size(blocks[i].start), 0);
			assert_false(hk_huge_free(blocks[i].start));
			sum -= whole(blocks[i].size);
			live--;
			blocks[i].start = NULL;
		} else if (fill || !random_below(&seed, 8)) {
			blocks[i].size = random_below(&seed, 5 * page) + 8;
			blocks[i].start = make(blocks[i].size, page);
			assert_non_null(blocks[i].start);
			*(size_t *)(void *)blocks[i].start = i;
			sum += whole(blocks[i].size);
			live++;
			made++;
		}
		assert_int_equal(hk_huge_bytes(), sum);
		assert_int_equal(hk_huge_blocks(), live);
	}
	assert_int_equal(hk_huge_allocs(), made);
	for (size_t i = 0; i < BLOCKS; i++)
		if (blocks[i].start) {
			check(i);
			assert_true(hk_huge_free(blocks[i].start));
			blocks[i].start = NULL;
		}
	assert_int_equal(hk_huge_bytes(), 0);
	assert_int_equal(hk_huge_blocks(), 0);
}

static void alignment(void **state)
{
	(void)state;
	for (size_t align = 16; align <= HK_GIB; align *= 4) {
		size_t mapped = proc_number("/proc/self/status", "VmSize:");
		char *p = make(3 * page + 1, align), *q;

		assert_non_null(p);
		assert_true(is_aligned(p, align));
		assert_int_equal(hk_huge_size(p), 4 * page);
		CHECK_ZERO(p, 4 * page);
		memset(p, 1, 4 * page);
		q = make(1, align);
		assert_true(is_aligned(q, align));
		assert_true(hk_huge_free(p));
		assert_true(hk_huge_free(q));
		/* What was mapped for the alignment is gone as well. */
		assert_in_range(proc_number("/proc/self/status", "VmSize:"), 1,
			mapped + 2048);
	}
}

static void refusals(void **state)
{
	(void)state;
	errno = 4711;
	assert_null(make((size_t)1 << 60, page));
	assert_null(make(page, (size_t)1 << 62));
	assert_null(make(PTRDIFF_MAX, (size_t)1 << 62));
	assert_null(make(PTRDIFF_MAX, page));
	assert_int_equal(errno, 4711);
	assert_int_equal(hk_huge_blocks(), 0);
	assert_int_equal(hk_huge_bytes(), 0);
	assert_int_equal(hk_huge_size(NULL), 0);
	assert_int_equal(hk_huge_size(&page), 0);
	assert_false(hk_huge_free(&page));
	assert_null(resize(&page, page));
	assert_null(hk_huge_around(&page));
}

static void around(void **state)
{
	char *a = make(3 * page, page);
	char *b = make(5 * page, page);

	(void)state;
	assert_ptr_equal(hk_huge_around(a), a);
	assert_ptr_equal(hk_huge_around(a + 3 * page - 1), a);
	assert_ptr_not_equal(hk_huge_around(a + 3 * page), a);
	assert_ptr_equal(hk_huge_around(b + 1), b);
	assert_ptr_equal(hk_huge_around(b + 5 * page - 1), b);
	assert_ptr_not_equal(hk_huge_around(b - 1), b);
	assert_true(hk_huge_free(a));
	assert_null(hk_huge_around(a + 5));
	assert_true(hk_huge_free(b));
}

static void resizing(void **state)
{
	size_t size = 3 * HK_MIB, allocs;
	uint64_t seed = 9;
	char *p = make(size, page), *q;

	(void)state;
	allocs = hk_huge_allocs();
	pattern_fill(p, 0, size, 1);
	for (int i = 0; i < 60; i++) {
		size_t n = random_below(&seed, 8 * HK_MIB) + 1;
		size_t kept = n < size ? n : size;

		q = resize(p, n);
		assert_non_null(q);
		assert_int_equal(hk_huge_size(q), whole(n));
		assert_int_equal(hk_huge_bytes(), whole(n));
		assert_int_equal(hk_huge_blocks(), 1);
		if (q != p)
			assert_int_equal(hk_huge_size(p), 0);
		CHECK_PATTERN(q, 0, kept, 1);
		if (n > whole(size))
			CHECK_ZERO(q + whole(size), n - whole(size));
		pattern_fill(q, kept, n, 1);
		p = q;
		size = n;
	}
	assert_int_equal(hk_huge_allocs(), allocs);
	/* Refused: the block is as it was. */
	assert_null(resize(p, (size_t)1 << 60));
	assert_int_equal(hk_huge_size(p), whole(size));
	CHECK_PATTERN(p, 0, size, 1);
	assert_true(hk_huge_free(p));
}

/* A block in the middle of others grows: it moves, they stay. */
static void moving(void **state)
{
	char *p[9];

	(void)state;
	for (int i = 0; i < 9; i++) {
		p[i] = make(2 * HK_MIB, page);
		assert_non_null(p[i]);
		pattern_fill(p[i], 0, 2 * HK_MIB, (uint64_t)i);
	}
	for (int i = 1; i < 9; i += 3) {
		p[i] = resize(p[i], 40 * HK_MIB);
		assert_non_null(p[i]);
	}
	for (int i = 0; i < 9; i++) {
		CHECK_PATTERN(p[i], 0, 2 * HK_MIB, (uint64_t)i);
		assert_true(hk_huge_free(p[i]));
	}
	assert_int_equal(hk_huge_blocks(), 0);
}

/* ---- adoption ---- */

static void adoption(void **state)
{
	void *place;
	char *p, *q;

	(void)state;
	assert_int_equal(hk_os_map(NULL, 4 * HK_MIB, &place), 0);
	p = place;
	pattern_fill(p, 0, 4 * HK_MIB, 8);
	q = hk_huge_adopt(p + HK_MIB, HK_MIB, 9 * HK_MIB + 1);
	if (!q) {
		/* The kernel cannot (before 5.7, or Valgrind's). */
		CHECK_PATTERN(p, 0, 4 * HK_MIB, 8);
		assert_int_equal(hk_os_unmap(p, 4 * HK_MIB), 0);
		skip();
	}
	assert_int_equal(hk_huge_size(q), 9 * HK_MIB + page);
	for (size_t i = 0; i < HK_MIB; i += 8)
		assert_int_equal(*(uint64_t *)(void *)(q + i),
			pattern_word(8, (HK_MIB + i) / 8));
	CHECK_ZERO(q + HK_MIB, 8 * HK_MIB);
	CHECK_PATTERN(p, 0, HK_MIB, 8);
	CHECK_ZERO(p + HK_MIB, HK_MIB);
	memset(p + HK_MIB, 1, HK_MIB);
	assert_true(hk_huge_free(q));
	assert_int_equal(hk_os_unmap(p, 4 * HK_MIB), 0);
}

/*
 * Mappings are scarce: short blocks are adopted only while there are few;
 * what is refused stays where it is.
 */
static void few_short_ones(void **state)
{
	size_t n = 0, limit = 3000;
	void *place;
	char *p;

	(void)state;
	assert_int_equal(hk_os_map(NULL, 16 * HK_MIB, &place), 0);
	p = place;
	pattern_fill(p, 0, 16 * HK_MIB, 8);
	while (n < limit && n < BLOCKS) {
		blocks[n].start = make(page, page);
		assert_non_null(blocks[n].start);
		n++;
	}
	assert_null(hk_huge_adopt(p, HK_MIB, 2 * HK_MIB));
	CHECK_PATTERN(p, 0, 16 * HK_MIB, 8);
	while (n > 0) {
		assert_true(hk_huge_free(blocks[--n].start));
		blocks[n].start = NULL;
	}
	assert_int_equal(hk_os_unmap(p, 16 * HK_MIB), 0);
}

/* ---- several threads ---- */

static void *churn(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;
	size_t steps = check_count(1500);
	char *mine[10] = { NULL };

	for (size_t i = 0; i < steps; i++) {
		size_t k = random_below(&seed, 10), size;

		size = (random_below(&seed, 30) + 1) * page;
		if (!mine[k]) {
			mine[k] = make(size, page);
			CHECK(mine[k] != NULL);
			*(size_t *)(void *)mine[k] = (size_t)&mine[k];
			continue;
		}
		CHECK_EQ(*(size_t *)(void *)mine[k], (size_t)&mine[k]);
		if (random_below(&seed, 2)) {
			mine[k] = resize(mine[k], size);
			CHECK(mine[k] != NULL);
			CHECK_EQ(hk_huge_size(mine[k]), size);
		} else {
			CHECK(hk_huge_free(mine[k]));
			mine[k] = NULL;
		}
	}
	for (size_t k = 0; k < 10; k++)
		if (mine[k])
			CHECK(hk_huge_free(mine[k]));
	return NULL;
}

static void several_threads(void **state)
{
	unsigned int numbers[4] = { 0, 1, 2, 3 };

	(void)state;
	unit_threads(4, churn, numbers, sizeof(numbers[0]));
	assert_int_equal(hk_huge_blocks(), 0);
	assert_int_equal(hk_huge_bytes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(alignment),
		cmocka_unit_test(refusals),
		cmocka_unit_test(around),
		cmocka_unit_test(resizing),
		cmocka_unit_test(moving),
		cmocka_unit_test(adoption),
		cmocka_unit_test(few_short_ones),
		cmocka_unit_test(several_threads),
	};

	page = (size_t)sysconf(_SC_PAGESIZE);
	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
