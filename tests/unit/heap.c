/* SPDX-License-Identifier: MIT */
/*
 * A heap in its own thread: which slab is allocated from, what becomes of
 * slabs as they fill and empty, magazines, kept runs, and the flush.
 */
#include "unit.h"

#include "api/alloc.h"
#include "heap/thread.h"
#include "policy/policy.h"
#include "slab/medium.h"
#include "slab/run.h"

#define MANY	20000

static void *blocks[MANY];

static struct hk_heap *heap(void)
{
	return hk_tls.heap;
}

/* Every slab that the heap owns is sound. */
static void verify(void)
{
	hk_heap_verify(heap());
	hk_run_verify();
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		struct hk_desc *d = hk_tls.current[c];

		if (d == &hk_desc_none)
			continue;
		assert_int_equal(hk_desc_state(d), HK_SLAB_CURRENT);
		assert_int_equal(hk_desc_class(d), c);
		assert_ptr_equal(hk_desc_owner(d), heap());
		hk_slab_verify(d);
	}
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	return heap()->attached ? 0 : -1;
}

/* How many slabs the heap owns, kept empty ones left out. */
static size_t slabs(void)
{
	size_t n = 0, units = hk_arena_span() >> HK_UNIT_SHIFT;

	for (uint32_t i = 1; i < units; i++) {
		struct hk_desc *d = hk_desc_at(i);
		enum hk_state s = hk_desc_state(d);

		if (s == HK_SLAB_CURRENT || s == HK_SLAB_USABLE ||
			s == HK_SLAB_FULL) {
			assert_ptr_equal(hk_desc_owner(d), heap());
			n++;
		}
	}
	return n;
}

static void no_heap_before_the_first_call(void **state)
{
	(void)state;
	assert_ptr_equal(hk_tls.heap, &hk_heap_none);
	assert_null(hk_desc_of(blocks));
	hk_free(NULL);
	assert_ptr_equal(hk_tls.heap, &hk_heap_none);
	assert_int_equal(set_up(state), 0);
	assert_ptr_not_equal(hk_tls.heap, &hk_heap_none);
	assert_int_equal(heap()->id, 1);
}

/* Whole slabs of every class: no block twice, none lost. */
static void fill_and_empty(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		size_t size = hk_class_size(c);
		size_t n = 3 * hk_class_capacity(c) + 5;
		uint64_t retired;

		if (n > MANY)
			n = MANY;
		hk_heap_flush(heap());
		assert_int_equal(slabs(), 0);
		for (size_t i = 0; i < n; i++) {
			blocks[i] = hk_malloc(size);
			assert_non_null(blocks[i]);
			assert_false(hk_block_marked(blocks[i]));
			pattern_fill(blocks[i], 0, size, i);
		}
		assert_int_equal(slabs(), 4);
		verify();
		retired = atomic_load(&heap()->counts.retired);
		for (size_t i = 0; i < n; i++) {
			size_t k = (i * 7919 + 3) % n;

			while (!blocks[k])
				k = (k + 1) % n;
			CHECK_PATTERN(blocks[k], 0, size, k);
			hk_free(blocks[k]);
			blocks[k] = NULL;
		}
		verify();
		/* The current one stays, and the last of the others. */
		assert_int_equal(slabs(), 2);
		assert_int_equal(atomic_load(&heap()->counts.retired),
			retired + 2);
		assert_in_range(heap()->empties, 1, HK_EMPTIES);
	}
	hk_heap_flush(heap());
	assert_int_equal(slabs(), 0);
	assert_int_equal(heap()->empties, 0);
	verify();
}

/* Last freed, first out; a slab that has room is used before a new one. */
static void order(void **state)
{
	size_t n = 2 * hk_class_capacity(hk_class_of(512));
	void *p, *q;

	(void)state;
	hk_heap_flush(heap());
	p = hk_malloc(500);
	q = hk_malloc(500);
	hk_free(p);
	hk_free(q);
	assert_ptr_equal(hk_malloc(500), q);
	assert_ptr_equal(hk_malloc(500), p);
	hk_free(q);
	hk_free(p);
	for (size_t i = 0; i < n; i++)
		blocks[i] = hk_malloc(500);
	assert_int_equal(slabs(), 2);
	/* A quarter of what is out comes back: it is used again. */
	for (size_t i = 0; i < n / 4; i++)
		hk_free(blocks[i]);
	for (size_t i = 0; i < n / 4; i++)
		blocks[i] = hk_malloc(500);
	assert_int_equal(slabs(), 2);
	verify();
	for (size_t i = 0; i < n; i++)
		hk_free(blocks[i]);
	hk_heap_flush(heap());
}

/* Free blocks of another slab come before a page that nothing was in. */
static void pages_in_use_first(void **state)
{
	size_t n = hk_class_capacity(hk_class_of(512));
	struct hk_desc *first, *second;

	(void)state;
	hk_heap_flush(heap());
	hk_trim(0);
	for (size_t i = 0; i <= n; i++)
		blocks[i] = hk_malloc(500);
	first = hk_desc_of(blocks[0]);
	second = hk_desc_of(blocks[n]);
	assert_ptr_not_equal(first, second);
	assert_false(second->used);
	for (size_t i = 0; i < n / 2; i++)
		hk_free(blocks[i]);
	assert_int_equal(hk_desc_state(first), HK_SLAB_USABLE);
	/* What is left of the second one's first page, and then those. */
	for (size_t i = n + 1; i < n + second->carved; i++) {
		blocks[i] = hk_malloc(500);
		assert_ptr_equal(hk_desc_of(blocks[i]), second);
	}
	for (size_t i = 0; i < n / 2; i++) {
		blocks[i] = hk_malloc(500);
		assert_ptr_equal(hk_desc_of(blocks[i]), first);
	}
	n += second->carved;
	blocks[n] = hk_malloc(500);
	assert_ptr_equal(hk_desc_of(blocks[n]), second);
	verify();
	for (size_t i = 0; i <= n; i++)
		hk_free(blocks[i]);
	hk_heap_flush(heap());
}

/* Fills so many slabs, and empties them. */
static void use_slabs(size_t n)
{
	n *= hk_class_capacity(hk_class_of(1024));
	assert_true(n <= MANY);
	for (size_t i = 0; i < n; i++)
		blocks[i] = hk_malloc(1024);
	for (size_t i = 0; i < n; i++)
		hk_free(blocks[i]);
}

/* As many empty slabs are kept as are wanted again, and no more. */
static void empties_wanted(void **state)
{
	(void)state;
	hk_heap_flush(heap());
	/* Growing alone is no reason. */
	use_slabs(20);
	assert_int_equal(heap()->empties, hk_policy_get(HK_OPT_EMPTIES));
	assert_int_equal(heap()->empties_wanted, 0);
	use_slabs(20);
	use_slabs(20);
	/* One is current, one is the last of its class. */
	assert_int_equal(heap()->empties, 18);
	assert_true(heap()->empties_wanted <= 20);
	hk_heap_flush(heap());
	assert_int_equal(heap()->empties, 0);
	assert_int_equal(heap()->empties_wanted, 0);
}

/* An empty slab is for any class. */
static void empties_are_reused(void **state)
{
	size_t n = 2 * hk_class_capacity(hk_class_of(1024)) + 1;
	struct hk_desc *d;
	void *p;

	(void)state;
	hk_heap_flush(heap());
	for (size_t i = 0; i < n; i++)
		blocks[i] = hk_malloc(1024);
	for (size_t i = 0; i < n; i++)
		hk_free(blocks[i]);
	assert_int_equal(heap()->empties, 1);
	d = heap()->empty[0];
	assert_int_equal(hk_desc_state(d), HK_BUSY);
	assert_null(hk_desc_owner(d));
	p = hk_malloc(16);
	assert_ptr_equal(hk_desc_of(p), d);
	assert_int_equal(heap()->empties, 0);
	hk_free(p);
	hk_heap_flush(heap());
	assert_int_equal(slabs(), 0);
}

static void random_operations(void **state)
{
	size_t steps = check_count(300000);
	uint64_t seed = 11;

	(void)state;
	memset(blocks, 0, sizeof(blocks));
	for (size_t i = 0; i < steps; i++) {
		size_t k = random_below(&seed, MANY);
		size_t size;

		if (blocks[k]) {
			size = *(size_t *)blocks[k];
			CHECK_PATTERN(blocks[k], 8, size, k);
			hk_free(blocks[k]);
			blocks[k] = NULL;
			continue;
		}
		size = random_below(&seed, 1000) + 16;
		blocks[k] = hk_malloc(size);
		assert_non_null(blocks[k]);
		*(size_t *)blocks[k] = size;
		pattern_fill(blocks[k], 8, size, k);
		if (i % 50000 == 0)
			verify();
	}
	for (size_t k = 0; k < MANY; k++)
		hk_free(blocks[k]);
	memset(blocks, 0, sizeof(blocks));
	verify();
	hk_heap_flush(heap());
	assert_int_equal(slabs(), 0);
	verify();
}

/* ---- magazines ---- */

static size_t mediums(void)
{
	size_t n = 0, units = hk_arena_span() >> HK_UNIT_SHIFT;

	for (uint32_t i = 1; i < units; i++)
		if (hk_desc_state(hk_desc_at(i)) == HK_MEDIUM)
			n += (size_t)__builtin_popcountll(
				~hk_desc_at(i)->avail);
	return n;
}

/* Whatever is freed and allocated, nothing is twice and nothing is lost. */
static void magazines(void **state)
{
	(void)state;
	hk_heap_flush(heap());
	assert_int_equal(mediums(), 0);
	for (unsigned int c = HK_SMALL_CLASSES; c < HK_CLASSES; c++) {
		size_t size = hk_class_size(c), n = 60;

		for (size_t i = 0; i < n; i++) {
			bool zeroed = false;

			blocks[i] = hk_heap_medium(heap(), c, 1, &zeroed);
			assert_non_null(blocks[i]);
			assert_false(hk_block_marked(blocks[i]));
			hk_note_malloc(blocks[i], size, zeroed);
			if (zeroed)
				CHECK_ZERO(blocks[i], size);
			pattern_fill(blocks[i], 0, size, i);
		}
		for (size_t i = 0; i < n; i++) {
			CHECK_PATTERN(blocks[i], 0, size, i);
			assert_false(hk_heap_medium_has(heap(), c,
				blocks[i]));
			hk_note_free(blocks[i]);
			hk_heap_medium_free(heap(), c, blocks[i]);
			assert_true(hk_heap_medium_has(heap(), c, blocks[i]));
		}
		/* What is not in the magazine is back in its slab. */
		assert_int_equal(mediums(),
			heap()->magazine[c - HK_SMALL_CLASSES].n);
		hk_heap_flush(heap());
		assert_int_equal(mediums(), 0);
	}
	hk_medium_trim();
	hk_run_verify();
}

static struct hk_magazine *magazine_of(size_t size)
{
	return hk_magazine_of(heap(), hk_class_of(size));
}

/* Blocks `from` to `end` of a size are taken, or given back. */
static void take_medium(size_t size, size_t from, size_t end)
{
	bool zeroed;

	for (size_t i = from; i < end; i++) {
		blocks[i] = hk_heap_medium(heap(), hk_class_of(size), 1,
			&zeroed);
		assert_non_null(blocks[i]);
		hk_note_malloc(blocks[i], size, zeroed);
	}
}

static void give_medium(size_t size, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++) {
		hk_note_free(blocks[i]);
		hk_heap_medium_free(heap(), hk_class_of(size), blocks[i]);
	}
}

/* So often `n` blocks, in addition to `base` of them. */
static void come_and_go(size_t size, size_t base, size_t n)
{
	take_medium(size, 0, base);
	for (int i = 0; i < 40; i++) {
		take_medium(size, base, base + n);
		give_medium(size, base, base + n);
	}
	give_medium(size, 0, base);
}

/*
 * A magazine is as long as its use asks for: short where there are few
 * blocks, not more than half as long as it may be where they go one way, and
 * no longer where all together hold much.
 */
static void magazine_lengths(void **state)
{
	size_t all = 0;
	unsigned int longest;

	(void)state;
	hk_heap_flush(heap());
	assert_int_equal(heap()->magazine_bytes, 0);
	come_and_go(3000, 0, 8);
	assert_in_range(magazine_of(3000)->size, 2, 8);
	take_medium(2000, 0, 200);
	assert_in_range(magazine_of(2000)->size, 8, HK_MAGAZINE / 2);
	give_medium(2000, 0, 200);
	come_and_go(2000, 200, 60);
	longest = magazine_of(2000)->size;
	assert_int_equal(longest, HK_MAGAZINE);
	/* It becomes shorter with what there is. */
	come_and_go(2000, 0, 2 * HK_MAGAZINE);
	assert_true(magazine_of(2000)->size < longest);
	assert_int_equal(heap()->magazine_bytes, 0);
	for (unsigned int c = HK_LONG_CLASS; c < HK_CLASSES; c++)
		come_and_go(hk_class_size(c), 150, 60);
	for (unsigned int c = HK_LONG_CLASS; c < HK_CLASSES; c++)
		all += hk_magazine_of(heap(), c)->size * hk_class_size(c);
	assert_int_equal(heap()->magazine_bytes, all);
	assert_in_range(all, 6 * HK_MIB, 12 * HK_MIB);
	/* That is nothing to classes up to 8 KiB. */
	come_and_go(4000, 200, 60);
	assert_int_equal(magazine_of(4000)->size, HK_MAGAZINE);
	hk_heap_flush(heap());
	assert_int_equal(heap()->magazine_bytes, 0);
	hk_medium_trim();
}

/* ---- runs ---- */

static void kept_runs(void **state)
{
	void *runs[HK_RUNS_KEPT + 2];
	struct hk_desc *first;
	bool zeroed;

	(void)state;
	hk_heap_flush(heap());
	for (size_t i = 0; i < UNIT_COUNT(runs); i++) {
		runs[i] = hk_heap_run(heap(), 3, 1, &zeroed);
		assert_non_null(runs[i]);
		assert_int_equal(hk_desc_state(hk_desc_of(runs[i])), HK_RUN);
		hk_note_open(runs[i], 3 * HK_UNIT);
		memset(runs[i], 1, 3 * HK_UNIT);
	}
	first = hk_desc_of(runs[0]);
	for (size_t i = 0; i < UNIT_COUNT(runs); i++) {
		hk_heap_run_free(heap(), hk_desc_of(runs[i]));
		assert_true(heap()->runs <= HK_RUNS_KEPT);
	}
	/* The oldest went first. */
	assert_int_not_equal(hk_desc_state(first), HK_RUN_CACHED);
	for (size_t i = UNIT_COUNT(runs) - 1; i > 1; i--) {
		assert_int_equal(hk_desc_state(hk_desc_of(runs[i])),
			HK_RUN_CACHED);
		/* The latest is the first to be used again. */
		assert_ptr_equal(hk_heap_run(heap(), 3, 1, &zeroed), runs[i]);
		assert_false(zeroed);
	}
	assert_int_equal(heap()->runs, 0);
	for (size_t i = 2; i < UNIT_COUNT(runs); i++)
		hk_heap_run_free(heap(), hk_desc_of(runs[i]));
	/* Another length, an alignment: not these. */
	runs[0] = hk_heap_run(heap(), 2, 1, &zeroed);
	runs[1] = hk_heap_run(heap(), 3, 4, &zeroed);
	assert_int_equal(heap()->runs, HK_RUNS_KEPT);
	assert_true(is_aligned(runs[1], 4 * HK_UNIT));
	hk_heap_run_free(heap(), hk_desc_of(runs[0]));
	hk_heap_run_free(heap(), hk_desc_of(runs[1]));
	/* A long one is not kept. */
	runs[0] = hk_heap_run(heap(), HK_UNITS_KEPT / 2 + 1, 1, &zeroed);
	hk_heap_run_free(heap(), hk_desc_of(runs[0]));
	assert_int_not_equal(hk_desc_state(hk_desc_of(runs[0])),
		HK_RUN_CACHED);
	hk_heap_flush(heap());
	assert_int_equal(heap()->runs, 0);
	hk_run_verify();
}

/* ---- what is broken ends the process ---- */

static void forged(void *arg)
{
	void *p = hk_malloc(64);
	uintptr_t *words = hk_malloc(64);
	uintptr_t link = *(uintptr_t *)arg;

	hk_free(p);
	hk_free(words);
	hk_note_open(words, 64);
	words[0] = link;
	for (int i = 0; i < 3; i++)
		if (!hk_malloc(64))
			_exit(3);
}

static void forged_links(void **state)
{
	uintptr_t links[] = { 0, 0x4141414141414141, (uintptr_t)blocks,
		UINTPTR_MAX };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(links); i++)
		assert_dies(forged, &links[i], "hakmem: fatal: corrupted "
					       "free list at 0x");
}

static void comes_back_twice(void *arg)
{
	struct hk_desc *d;
	void *p;

	(void)arg;
	hk_heap_flush(heap());
	for (size_t i = 0; i < 100; i++)
		blocks[i] = hk_malloc(1024);
	p = blocks[0];
	d = hk_desc_of(p);
	for (size_t i = 0; i < 100; i++)
		if (hk_desc_of(blocks[i]) == d)
			hk_heap_free_own(heap(), d, blocks[i]);
	/* The slab is kept, empty: what now comes is too much. */
	CHECK_EQ(hk_desc_state(d), HK_SLAB_USABLE);
	hk_heap_free_own(heap(), d, p);
}

static void too_much(void **state)
{
	(void)state;
	assert_dies(comes_back_twice, NULL, "corrupted free list");
}

/* ---- age ---- */

static size_t dirty_bytes(void)
{
	size_t clean, dirty;

	hk_run_free_bytes(&clean, &dirty);
	return dirty;
}

/* Allocates and frees so many blocks, a thousand at a time. */
static void small_blocks(size_t size, size_t n)
{
	void *p[1000];

	for (size_t i = 0; i < n / 1000; i++) {
		for (size_t k = 0; k < 1000; k++)
			assert_non_null(p[k] = hk_malloc(size));
		for (size_t k = 0; k < 1000; k++)
			hk_free(p[k]);
	}
}

/* A run that was freed is given back while the program is busy with others. */
static void old_runs_go(void **state)
{
	static const size_t sizes[] = { 64, 5000 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		void *run = hk_malloc(20 * HK_MIB);

		assert_non_null(run);
		small_blocks(sizes[i], 20000);
		hk_trim(0);
		hk_free(run);
		assert_true(dirty_bytes() >= 8 * HK_MIB);
		usleep(1300000);
		small_blocks(sizes[i], 200000);
		assert_true(dirty_bytes() < 8 * HK_MIB);
	}
}

/* ---- no memory ---- */

static void exhausted(void *arg)
{
	struct rlimit limit = { 1, 1 };
	size_t n = 0;
	void *p, *list = NULL;

	(void)arg;
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	while ((p = hk_malloc(256))) {
		*(void **)p = list;
		list = p;
		n++;
	}
	CHECK(n > 1000);
	CHECK_EQ(errno, ENOMEM);
	CHECK_NULL(hk_malloc(256), ENOMEM);
	CHECK_NULL(hk_malloc(5000), ENOMEM);
	CHECK_NULL(hk_malloc(500000), ENOMEM);
	while (list) {
		void *next = *(void **)list;

		CHECK_ERRNO_KEPT(hk_free(list));
		list = next;
	}
	verify();
	CHECK((p = hk_malloc(5000)));
	hk_free(p);
}

/* ThreadSanitizer needs memory for each address that is used atomically. */
static void no_memory(void **state)
{
	(void)state;
	if (unit_in_valgrind() || hk_tsan)
		skip();
	assert_lives(exhausted, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_heap_before_the_first_call),
		cmocka_unit_test(fill_and_empty),
		cmocka_unit_test(order),
		cmocka_unit_test(pages_in_use_first),
		cmocka_unit_test(empties_are_reused),
		cmocka_unit_test(empties_wanted),
		cmocka_unit_test(random_operations),
		cmocka_unit_test(magazines),
		cmocka_unit_test(magazine_lengths),
		cmocka_unit_test(kept_runs),
		cmocka_unit_test(forged_links),
		cmocka_unit_test(too_much),
		cmocka_unit_test(old_runs_go),
		cmocka_unit_test(no_memory),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
