/* SPDX-License-Identifier: MIT */
/*
 * Medium slabs: taking and giving against a shadow, which blocks are fresh,
 * and when slabs go back to the arena.
 */
#include "unit.h"

#include "base/annotate.h"
#include "heap/process.h"
#include "os/os.h"
#include "policy/option.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "superslab/thp.h"

#define BLOCKS	400

static struct {
	char *start;
	uint64_t seed;
} blocks[BLOCKS];
static size_t n_blocks;
static unsigned int class;

static int set_up(void **state)
{
	(void)state;
	return hk_process_start();
}

static size_t size(void)
{
	return hk_class_size(class);
}

/* The first descriptor of the slab that a block is in. */
static struct hk_desc *slab_of(const void *block)
{
	struct hk_desc *d = hk_desc_of(block);

	assert_true(hk_desc_state(d) == HK_MEDIUM ||
		    hk_desc_state(d) == HK_MEDIUM_PART);
	d -= d->back;
	assert_int_equal(hk_desc_state(d), HK_MEDIUM);
	assert_int_equal(hk_desc_class(d), class);
	return d;
}

static bool avail(const void *block)
{
	struct hk_desc *d = slab_of(block);
	unsigned int number = hk_medium_number(d, block);

	assert_true(number < hk_class_capacity(class));
	assert_ptr_equal(hk_medium_block(d, number), block);
	return hk_medium_avail(d, number);
}

static void keep(void *block, uint64_t seed)
{
	for (size_t i = 0; i < n_blocks; i++)
		assert_true(blocks[i].start + size() <= (char *)block ||
			    (char *)block + size() <= blocks[i].start);
	assert_false(avail(block));
	blocks[n_blocks].start = block;
	blocks[n_blocks++].seed = seed;
	pattern_fill(block, 0, 64, seed);
	pattern_fill(block, size() - 64, size(), seed);
}

static void *drop(size_t i)
{
	char *block = blocks[i].start;

	CHECK_PATTERN(block, 0, 64, blocks[i].seed);
	CHECK_PATTERN(block, size() - 64, size(), blocks[i].seed);
	blocks[i] = blocks[--n_blocks];
	return block;
}

static void drop_all(void)
{
	while (n_blocks) {
		void *block = drop(n_blocks - 1);

		hk_medium_give(class, &block, 1);
	}
}

/* Every class: whole slabs, in order of address, all fresh. */
static void whole_slabs(void **state)
{
	(void)state;
	hk_run_purge(0);
	for (class = HK_SMALL_CLASSES; class < HK_CLASSES; class++) {
		unsigned int capacity = hk_class_capacity(class), got = 0;
		char *first = NULL;

		while (got < capacity) {
			uint32_t fresh = 0x5a5a5a5a;
			void *out[32];
			unsigned int n = hk_medium_take(class, 0, out,
				capacity - got < 7 ? capacity - got : 7,
				&fresh);

			assert_in_range(n, 1, 7);
			assert_int_equal(fresh, (1u << n) - 1);
			for (unsigned int i = 0; i < n; i++) {
				if (!first)
					first = out[i];
				assert_ptr_equal(out[i],
					first + (got + i) * size());
				hk_note_open(out[i], size());
				CHECK_ZERO(out[i], size());
				keep(out[i], got + i);
			}
			got += n;
		}
		assert_int_equal(
			__builtin_popcountll(~slab_of(first)->avail),
			capacity);
		drop_all();
		hk_medium_trim();
		hk_run_purge(0);
	}
	hk_run_verify();
}

/* A block is fresh once: not again after it was given back. */
static void fresh_once(void **state)
{
	uint32_t fresh;
	void *out[5], *again[5];

	(void)state;
	hk_run_purge(0);
	class = hk_class_of(10000);
	assert_int_equal(hk_medium_take(class, 0, out, 5, &fresh), 5);
	assert_int_equal(fresh, 0x1f);
	hk_medium_give(class, &out[1], 3);
	assert_int_equal(hk_medium_take(class, 0, again, 5, &fresh), 5);
	/* The lowest first: three old ones, two never given out. */
	assert_ptr_equal(again[0], out[1]);
	assert_ptr_equal(again[2], out[3]);
	assert_int_equal(fresh, 0x18);
	hk_medium_give(class, again, 5);
	hk_medium_give(class, &out[0], 1);
	hk_medium_give(class, &out[4], 1);

	/* A slab of used pages has no fresh block at all. */
	hk_run_keep_dirty(HK_GIB);
	hk_medium_trim();
	assert_int_equal(hk_medium_take(class, 0, out, 5, &fresh), 5);
	assert_int_equal(fresh, 0);
	hk_medium_give(class, out, 5);
	hk_medium_trim();
	hk_run_keep_dirty(0);
}

/* A second slab is not started only to fill a magazine. */
static void one_slab_at_a_time(void **state)
{
	uint32_t fresh;
	unsigned int capacity;
	void *out[32], *more[32];

	(void)state;
	class = HK_CLASSES - 1;
	capacity = hk_class_capacity(class);
	assert_int_equal(hk_medium_take(class, 0, out, capacity - 1, &fresh),
		capacity - 1);
	assert_int_equal(hk_medium_take(class, 0, more, 4, &fresh), 1);
	assert_ptr_equal(slab_of(more[0]), slab_of(out[0]));
	assert_int_equal(hk_medium_take(class, 0, &more[1], 2, &fresh), 2);
	assert_ptr_not_equal(slab_of(more[1]), slab_of(out[0]));
	/* With both listed, one take may use both. */
	hk_medium_give(class, out, 1);
	assert_int_equal(hk_medium_take(class, 0, &more[3], 3, &fresh), 3);
	assert_ptr_equal(more[3], out[0]);
	assert_ptr_equal(slab_of(more[4]), slab_of(more[1]));
	hk_medium_give(class, more, 6);
	hk_medium_give(class, &out[1], capacity - 2);
}

static struct hk_desc *take_in(unsigned int shard, void **block)
{
	uint32_t fresh;

	assert_int_equal(hk_medium_take(class, shard, block, 1, &fresh), 1);
	return slab_of(*block);
}

/*
 * Each shard has slabs of its own, and one that has none takes over another's
 * if a quarter of it is free; long blocks know no shards.
 */
static void shards(void **state)
{
	unsigned int capacity, n = 0;
	void *mine[64], *block;
	struct hk_desc *d;

	(void)state;
	hk_medium_trim();
	class = hk_class_of(4000);
	capacity = hk_class_capacity(class);
	d = take_in(0, &mine[n++]);
	while (n < capacity - capacity / 4 + 1)
		assert_ptr_equal(take_in(0, &mine[n++]), d);
	/* Less than a quarter is free: no. */
	assert_ptr_not_equal(take_in(1, &block), d);
	hk_medium_give(class, &block, 1);
	hk_medium_trim();
	hk_medium_give(class, &mine[--n], 1);
	assert_ptr_equal(take_in(1, &mine[n]), d);
	n++;
	/* It has changed hands, for its first user as well. */
	assert_ptr_not_equal(take_in(0, &block), d);
	hk_medium_give(class, &block, 1);
	hk_medium_give(class, mine, n);

	class = hk_class_of(10000);
	d = take_in(0, &mine[0]);
	assert_ptr_equal(take_in(1, &mine[1]), d);
	hk_medium_give(class, mine, 2);
	hk_medium_trim();
}

static void random_operations(void **state)
{
	static const size_t sizes[] = { 1025, 3000, 8192, 8193, 20000, 32768,
		40000, 100000, 131072 };
	size_t steps = check_count(2000);
	uint64_t seed = 5;

	(void)state;
	for (size_t s = 0; s < UNIT_COUNT(sizes); s++) {
		class = hk_class_of(sizes[s]);
		for (size_t i = 0; i < steps; i++) {
			size_t want = random_below(&seed, 9) + 1;
			unsigned int n = 0;
			void *some[9];
			uint32_t fresh;

			if (n_blocks + want <= BLOCKS &&
				random_below(&seed, 200) + 50 > n_blocks) {
				n = hk_medium_take(class, 0, some,
					(unsigned int)want, &fresh);
				assert_in_range(n, 1, want);
				for (unsigned int k = 0; k < n; k++) {
					hk_note_open(some[k], size());
					if (fresh >> k & 1)
						CHECK_ZERO(some[k], size());
					keep(some[k], random_next(&seed));
				}
				continue;
			}
			while (n < want && n_blocks)
				some[n++] = drop(random_below(&seed,
					n_blocks));
			hk_medium_give(class, some, n);
			if (i % 100 == 0)
				hk_medium_trim();
		}
		drop_all();
	}
	hk_medium_trim();
	hk_run_verify();
}

static size_t in_slabs(void)
{
	size_t n = 0, units = hk_arena_span() >> HK_UNIT_SHIFT;

	for (uint32_t i = 1; i < units; i++)
		n += hk_desc_state(hk_desc_at(i)) == HK_MEDIUM;
	return n;
}

/*
 * A class without a block that was used before gets one of the two classes
 * above, and the slab knows it until the block is back.
 */
static void lending(void **state)
{
	unsigned int asks;
	uint32_t fresh;
	void *block, *other;

	(void)state;
	hk_medium_trim();
	hk_run_purge(0);	/* a new slab has no block that was used */
	class = hk_class_of(5000);
	asks = class - HK_LENDING;
	assert_int_equal(hk_medium_take(class, 0, &block, 1, &fresh), 1);
	assert_int_equal(hk_medium_take(class, 0, &other, 1, &fresh), 1);
	/* What was never used is not lent. */
	assert_null(hk_medium_borrow(asks, 0, 1));
	assert_false(hk_medium_serves(slab_of(block), block, asks));
	hk_medium_give(class, &block, 1);
	assert_null(hk_medium_borrow(class + 1, 0, 1));
	assert_null(hk_medium_borrow(asks - 1, 0, 1));
	assert_null(hk_medium_borrow(asks, 0, hk_class_size(class) * 2));
	assert_ptr_equal(hk_medium_borrow(asks, 0, 16), block);
	assert_false(avail(block));
	for (unsigned int c = asks; c <= class; c++)
		assert_true(hk_medium_serves(slab_of(block), block, c));
	assert_false(hk_medium_serves(slab_of(block), block, asks - 1));
	assert_false(hk_medium_serves(slab_of(block), block, class + 1));
	assert_false(hk_medium_serves(slab_of(other), other, asks));
	assert_null(hk_medium_borrow(asks, 0, 1));
	hk_medium_give(class, &block, 1);
	assert_int_equal(hk_medium_take(class, 0, &block, 1, &fresh), 1);
	assert_false(hk_medium_serves(slab_of(block), block, asks));
	hk_medium_give(class, &block, 1);

	/* A class that has such blocks itself does not borrow. */
	class = asks;
	assert_int_equal(hk_medium_take(class, 0, &block, 1, &fresh), 1);
	hk_medium_give(class, &block, 1);
	assert_null(hk_medium_borrow(asks, 0, 1));
	class = asks + HK_LENDING;
	hk_medium_give(class, &other, 1);
	hk_medium_trim();
	assert_int_equal(in_slabs(), 0);
}

/* Of the empty slabs of a class one is kept, and trimming takes it. */
static void empties(void **state)
{
	uint32_t fresh;
	void *out[16];

	(void)state;
	hk_medium_trim();
	assert_int_equal(in_slabs(), 0);
	class = HK_CLASSES - 1;
	for (int i = 0; i < 16; i++)
		take_in(0, &out[i]);
	assert_int_equal(in_slabs(), 2);
	hk_medium_give(class, &out[8], 8);
	assert_int_equal(in_slabs(), 2);
	hk_medium_give(class, out, 7);
	hk_medium_trim();
	assert_int_equal(in_slabs(), 1);
	hk_medium_give(class, &out[7], 1);
	assert_int_equal(in_slabs(), 1);
	for (int round = 0; round < 100; round++) {
		assert_int_equal(hk_medium_take(class, 0, out, 8, &fresh), 8);
		hk_medium_give(class, out, 8);
		assert_int_equal(in_slabs(), 1);
	}
	hk_medium_trim();
	assert_int_equal(in_slabs(), 0);
}

/* ---- pages of free blocks ---- */

static uint64_t discarded(void)
{
	return atomic_load(&hk_os_counts.discarded);
}

/* Takes `n` blocks, one at a time, and fills them. */
static void take_and_keep(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t fresh;
		void *block;

		assert_int_equal(hk_medium_take(class, 0, &block, 1, &fresh),
				 1);
		hk_note_open(block, size());
		if (fresh)
			CHECK_ZERO(block, size());
		memset(block, 0xa5, size());
		keep(block, i);
	}
}

/* Gives the block kept at `i` back, and closes it to checkers. */
static void give_kept(size_t i)
{
	void *block = drop(i);

	hk_note_close(block, size());
	hk_medium_give(class, &block, 1);
}

/*
 * What is idle from one search to the next loses its pages, what was used
 * in between does not, and the neighbours keep their contents.
 */
static void cold_blocks(void **state)
{
	uint64_t before;
	size_t capacity;
	char *last;

	(void)state;
	hk_medium_trim();
	class = hk_class_of(10000);
	capacity = hk_class_capacity(class);
	assert_int_equal(hk_option_assign(&hk_policy, HK_OPT_PURGE_AGE,
				 hk_span_of("200ms")), 0);
	take_and_keep(capacity);
	usleep(150000);
	before = discarded();
	for (size_t i = capacity / 2; i-- > 1;)
		give_kept(2 * i);
	/* Each give after half the age searches: one to see, one to purge. */
	usleep(150000);
	give_kept(0);
	usleep(150000);
	last = blocks[0].start;
	give_kept(0);
	assert_true(discarded() - before >= (capacity / 2 - 1) * HK_PAGE);
	assert_true(discarded() - before < (capacity / 2 + 2) * size());
	assert_true(slab_of(last)->idle >>
		hk_medium_number(slab_of(last), last) & 1);
	/* Marks may be gone: a free looks further, whatever unit it is in. */
	assert_false(hk_medium_is_out(hk_desc_of(last), last));
	for (unsigned int i = 0; i < hk_class_units(class); i++)
		assert_true(slab_of(last)[i].purged);
	assert_true(hk_medium_is_out(hk_desc_of(blocks[0].start),
		blocks[0].start));
	take_and_keep(capacity - n_blocks);
	drop_all();
	hk_medium_trim();
}

/* Most of a large class comes back: it does not wait for a search. */
static void too_much_idle(void **state)
{
	uint64_t before, seed = 3;
	size_t all = 8 * HK_MIB / 20480;

	(void)state;
	hk_medium_trim();
	class = hk_class_of(20000);
	assert_int_equal(size(), 20480);
	take_and_keep(all < BLOCKS ? all : BLOCKS);
	before = discarded();
	while (n_blocks > 40)
		give_kept(random_below(&seed, n_blocks));
	assert_true(discarded() - before > HK_MIB);
	take_and_keep(200);
	drop_all();
	hk_medium_trim();
}

/*
 * A huge page is not broken for what may be wanted again at once; it is where
 * memory is wanted that nobody has touched.
 */
static void much_in_huge_pages(void **state)
{
	uint64_t before, seed = 4;
	size_t all = 8 * HK_MIB / 20480;

	(void)state;
	hk_medium_trim();
	class = hk_class_of(20000);
	assert_int_equal(hk_option_assign(&hk_policy, HK_OPT_PURGE_AGE,
				 hk_span_of("3600s")), 0);
	take_and_keep(all < BLOCKS ? all : BLOCKS);
	for (size_t i = 0; i < n_blocks; i++)
		hk_thp_grown((char *)((uintptr_t)blocks[i].start &
				      ~(HK_SUPER - 1)), HK_SUPER, true);
	before = discarded();
	while (n_blocks > 40)
		give_kept(random_below(&seed, n_blocks));
	assert_int_equal(discarded(), before);
	/* Each time for a moment, until it is not too much any more. */
	for (int i = 0; i < 1000; i++)
		hk_medium_make_up();
	assert_true(discarded() > before);
	before = discarded();
	usleep(50000);
	hk_medium_make_up();
	assert_int_equal(discarded(), before);
	take_and_keep(200);
	drop_all();
	hk_medium_trim();
}

/* What a class has idle goes though no block of it comes or goes any more. */
static void unused_class(void **state)
{
	uint64_t before;
	size_t capacity;

	(void)state;
	hk_medium_trim();
	class = hk_class_of(10000);
	capacity = hk_class_capacity(class);
	assert_int_equal(hk_option_assign(&hk_policy, HK_OPT_PURGE_AGE,
				 hk_span_of("3600s")), 0);
	take_and_keep(capacity);
	for (size_t i = capacity / 2; i-- > 0;)
		give_kept(2 * i);
	assert_int_equal(hk_option_assign(&hk_policy, HK_OPT_PURGE_AGE,
				 hk_span_of("200ms")), 0);
	before = discarded();
	/* One to see, one to purge. */
	usleep(150000);
	hk_medium_poll();
	assert_int_equal(discarded(), before);
	usleep(150000);
	hk_medium_poll();
	assert_true(discarded() - before >= (capacity / 2) * HK_PAGE);
	drop_all();
	hk_medium_trim();
}

/* The mark goes with the page: that a block is there is known all the same. */
static void given_twice(void *arg)
{
	(void)arg;
	class = hk_class_of(20000);
	take_and_keep(2);
	give_kept(0);
	hk_medium_trim();
	hk_medium_give(class, (void *[]){ hk_medium_block(
		slab_of(blocks[0].start), 0) }, 1);
}

/*
 * A slab ends, and another of the class begins one unit later: the address of
 * a block of the first is no block's now.
 */
static void given_late(void *arg)
{
	unsigned int capacity, units = 0;
	struct hk_desc *d, *unit[64];
	void *block[64], *last;
	uint32_t fresh;
	bool zeroed;

	(void)arg;
	hk_medium_trim();
	class = hk_class_of(1152);
	capacity = hk_class_capacity(class);
	for (unsigned int i = 0; i < capacity; i++)
		CHECK_EQ(hk_medium_take(class, 0, &block[i], 1, &fresh), 1);
	d = slab_of(block[0]);
	last = block[capacity - 5];
	hk_medium_give(class, block, capacity);
	hk_medium_trim();
	do {
		CHECK(units < UNIT_COUNT(unit));
		unit[units++] = hk_run_take(1, 1, &zeroed);
	} while (unit[units - 1] != d);
	for (unsigned int i = 0; i < capacity; i++)
		CHECK_EQ(hk_medium_take(class, 0, &block[i], 1, &fresh), 1);
	CHECK(slab_of(block[0]) == d + 1);
	hk_medium_give(class, &last, 1);
}

static void twice(void **state)
{
	(void)state;
	assert_dies(given_twice, NULL, "double free of 0x");
	assert_dies(given_late, NULL, "double free of 0x");
}

/*
 * How much of a slab is free decides which list has it, whatever the order
 * in which blocks come and go: what a shard takes over is always one that is
 * a quarter free.
 */
static void tight_and_loose(void **state)
{
	unsigned int capacity, n = 0;
	struct hk_desc *d;
	void *block;

	(void)state;
	hk_medium_trim();
	class = hk_class_of(4096);
	capacity = hk_class_capacity(class);
	/* Sixteen slabs of one shard, all full. */
	while (n_blocks < 16 * capacity) {
		(void)take_in(2, &block);
		hk_note_open(block, size());
		keep(block, n++);
	}
	/* One is half free; then each of the others has one block. */
	d = slab_of(blocks[0].start);
	for (size_t i = n_blocks; i-- > 0;)
		if (slab_of(blocks[i].start) == d && i % 2)
			give_kept(i);
	assert_in_range(d->free, capacity / 4, capacity - 1);
	for (int i = 0; i < 15; i++) {
		size_t k = 0;

		while (slab_of(blocks[k].start)->free)
			k++;
		give_kept(k);
	}
	/* Another shard gets that one, however late its turn seems. */
	assert_ptr_equal(take_in(3, &block), d);
	hk_medium_give(class, &block, 1);
	/* Its first owner takes what it has left of the others. */
	for (int i = 0; i < 15; i++) {
		assert_ptr_not_equal(take_in(2, &block), d);
		hk_note_open(block, size());
		keep(block, n++);
	}
	drop_all();
	hk_medium_trim();
}

static void out_of_memory(void *arg)
{
	struct rlimit limit = { 1, 1 };
	unsigned int shared = hk_class_of(1100), n = 0;
	uint32_t fresh;
	bool zeroed;
	void *first, *block;

	(void)arg;
	hk_medium_trim();
	for (unsigned int i = 2; i < hk_class_capacity(shared); i++)
		CHECK_EQ(hk_medium_take(shared, 0, &block, 1, &fresh), 1);
	class = HK_CLASSES - 1;
	CHECK_EQ(hk_medium_take(class, 0, &first, 1, &fresh), 1);
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	while (hk_medium_take(class, 0, &block, 1, &fresh))
		n++;
	CHECK(n >= 7);
	CHECK_EQ(fresh, 0);
	CHECK_EQ(hk_medium_take(class, 0, &block, 1, &fresh), 0);
	/* What another shard has left of a slab is better than nothing. */
	while (hk_run_take(1, 1, &zeroed))
		n++;
	for (n = 0; n < 2; n++)
		CHECK_EQ(hk_medium_take(shared, 1, &block, 1, &fresh), 1);
	CHECK_EQ(hk_medium_take(shared, 1, &block, 1, &fresh), 0);
	hk_medium_give(class, &first, 1);
	CHECK_EQ(hk_medium_take(class, 0, &block, 1, &fresh), 1);
	CHECK(block == first);
}

static void no_memory(void **state)
{
	(void)state;
	if (unit_in_valgrind() || hk_tsan)
		skip();
	assert_lives(out_of_memory, NULL);
}

/* ---- several threads ---- */

static void *churn(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1, mine = seed;
	unsigned int shard = *(unsigned int *)arg;
	unsigned int c = hk_class_of(shard % 2 ? 5000 : 20000);
	size_t steps = check_count(20000), n = 0;
	void *some[64];

	for (size_t i = 0; i < steps; i++) {
		uint32_t fresh;

		if (n && random_below(&seed, 2)) {
			CHECK_EQ(*(uint64_t *)some[n - 1], mine);
			hk_medium_give(c, &some[--n], 1);
		} else if (n < 60) {
			CHECK_EQ(hk_medium_take(c, shard, &some[n], 1,
				&fresh), 1);
			hk_note_open(some[n], 8);
			*(uint64_t *)some[n++] = mine;
		}
	}
	hk_medium_give(c, some, (unsigned int)n);
	return NULL;
}

static void several_threads(void **state)
{
	unsigned int numbers[4] = { 0, 1, 2, 3 };

	(void)state;
	unit_threads(4, churn, numbers, sizeof(numbers[0]));
	hk_medium_trim();
	assert_int_equal(in_slabs(), 0);
	hk_run_verify();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_slabs),
		cmocka_unit_test(fresh_once),
		cmocka_unit_test(one_slab_at_a_time),
		cmocka_unit_test(shards),
		cmocka_unit_test(lending),
		cmocka_unit_test(random_operations),
		cmocka_unit_test(empties),
		cmocka_unit_test(cold_blocks),
		cmocka_unit_test(too_much_idle),
		cmocka_unit_test(twice),
		cmocka_unit_test(tight_and_loose),
		cmocka_unit_test(much_in_huge_pages),
		cmocka_unit_test(unused_class),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(several_threads),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
