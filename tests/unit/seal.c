/* SPDX-License-Identifier: MIT */
/*
 * Sealed blocks between threads: each thread has a heap of its own whose
 * blocks only slow paths take, any thread frees any block, and of several
 * that free one at a time, one does.  What is stopped and with which words:
 * tests/abuse/sealed.test.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/seal.h"
#include "heap/process.h"
#include "heap/thread.h"
#include "slab/medium.h"
#include "slab/slab.h"

#define LATE	2000		/* calls; nothing is told beyond */
#define BLOCK	((size_t)1000)	/* bytes, of a small class */

static bool is_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void verify(struct hk_heap *heap, void *arg)
{
	(void)arg;
	hk_heap_verify(heap);
}

/* The fast paths find nothing, whatever the thread has used. */
static void *uses(void *arg)
{
	static const size_t sizes[] = { 1, 100, BLOCK, 5000, 30000, 200000 };

	for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
		void *p = hk_malloc(sizes[i]), *q = hk_malloc(sizes[i]);

		CHECK(p && q);
		CHECK_EQ(hk_usable_size(p), sizes[i]);
		hk_free(p);
		hk_free(q);
	}
	CHECK(hk_tls.heap->attached && !hk_tls.heap->shared);
	CHECK(hk_tls.heap->sealed && hk_tls.fast == &hk_heap_none);
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		CHECK(hk_tls.current[c] == &hk_desc_none);
	return arg;
}

static void no_fast_paths(void **state)
{
	pthread_t thread;

	(void)state;
	uses(NULL);
	assert_int_equal(pthread_create(&thread, NULL, uses, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Nothing stands before the first block of a slab, so nobody has it. */
static void first_is_nobodys(void **state)
{
	static unsigned char *blocks[2000];
	unsigned int full = 0;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++) {
		struct hk_desc *d;

		blocks[i] = hk_malloc(BLOCK);
		assert_true(blocks[i] && is_zero(blocks[i], BLOCK));
		d = hk_desc_of(blocks[i]);
		assert_true((uintptr_t)blocks[i] >=
			    d->start + hk_class_size(d->class));
	}
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++) {
		struct hk_desc *d = hk_desc_of(blocks[i]);

		if (hk_desc_state(d) == HK_SLAB_FULL) {
			assert_int_equal(hk_slab_out(d),
					 hk_class_capacity(d->class) - 1);
			full++;
		}
	}
	assert_in_range(full, 1, UNIT_COUNT(blocks));
	hk_heap_verify(hk_tls.heap);
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++)
		hk_free(blocks[i]);
	hk_heap_verify(hk_tls.heap);
}

/*
 * When a freed block comes back is a matter of chance; perhaps not at all, if
 * its slab is not the one that others come from.
 */
static void comes_back_late(void **state)
{
	size_t sum = 0, back = 0, trials = 40;

	(void)state;
	for (size_t t = 0; t < trials; t++) {
		unsigned char *p = hk_malloc(BLOCK), *q;
		size_t n = 0;

		memset(p, 'A', BLOCK);
		hk_free(p);
		do {
			q = hk_malloc(BLOCK);
			assert_true(is_zero(q, BLOCK));
			hk_free(q);
		} while (q != p && ++n < LATE);
		sum += n;
		back += q == p;
	}
	assert_in_range(back, 1, trials);
	assert_true(sum / trials > HK_QUARANTINE / 4);
}

/* ---- one block, two threads ---- */

static struct {
	unsigned char *block;
	struct hk_block_info info;
	pthread_barrier_t barrier;
	_Atomic unsigned int whole, freed;
	size_t rounds;
} race;

/* Its damage may be seen before its seal: see hk_seal_break(). */
#if defined(__x86_64__)
#define ORDERED true
#else
#define ORDERED false
#endif

static void *breaks(void *arg)
{
	bool first = !*(int *)arg;

	for (size_t i = 0; i < race.rounds; i++) {
		if (first) {
			race.block = hk_malloc(BLOCK);
			hk_locate(race.block, "free", &race.info);
		}
		pthread_barrier_wait(&race.barrier);
		switch (hk_seal_break(race.block, &race.info)) {
		case HK_SEAL_WHOLE:
			race.whole++;
			/* It is its own now: the rest of a free. */
			CHECK(hk_seal_clear(race.block, &race.info));
			break;
		case HK_SEAL_OVERFLOW:
			CHECK(!ORDERED);
			/* fall through */
		case HK_SEAL_FREED:
			race.freed++;
			break;
		default:
			CHECK(false);
		}
		pthread_barrier_wait(&race.barrier);
	}
	return NULL;
}

static void one_of_two(void **state)
{
	int numbers[2] = { 0, 1 };

	(void)state;
	/* It is misuse, and a race. */
	if (hk_tsan)
		skip();
	race.rounds = check_count(20000);
	pthread_barrier_init(&race.barrier, NULL, 2);
	unit_threads(2, breaks, numbers, sizeof(numbers[0]));
	pthread_barrier_destroy(&race.barrier);
	assert_int_equal(race.whole, race.rounds);
	assert_int_equal(race.freed, race.rounds);
}

/* ---- many at once ---- */

struct held {
	uint32_t size;
	unsigned char seed;
};

static _Atomic(unsigned char *) places[256];

/* Its first bytes tell of it; the last one is next to the pattern. */
static void fill(unsigned char *p, size_t size, unsigned char seed)
{
	struct held held = { (uint32_t)size, seed };

	memcpy(p, &held, sizeof(held));
	p[size - 1] = seed;
}

static size_t check(const unsigned char *p)
{
	struct held held;

	memcpy(&held, p, sizeof(held));
	CHECK_EQ(p[held.size - 1], held.seed);
	CHECK_EQ(hk_usable_size((void *)p), held.size);
	return held.size;
}

static size_t some_size(uint64_t *seed)
{
	size_t max = random_below(seed, 8) ? 300 : 12000;

	return random_below(seed, max) + sizeof(struct held) + 1;
}

static unsigned char *resized(unsigned char *p, uint64_t *seed)
{
	size_t was = check(p), size = some_size(seed);
	unsigned char last = p[was - 1];

	p = hk_realloc(p, size);
	CHECK(p != NULL);
	if (size > was)
		CHECK(is_zero(p + was, size - was));
	fill(p, size, last);
	return p;
}

static void *exchange(void *arg)
{
	uint64_t seed = *(unsigned int *)arg * 977 + 1;
	size_t n = check_count(60000);

	for (size_t i = 0; i < n; i++) {
		size_t k = random_below(&seed, UNIT_COUNT(places));
		size_t size = some_size(&seed);
		unsigned char *p = hk_malloc(size);

		CHECK(p && is_zero(p, size));
		fill(p, size, (unsigned char)random_below(&seed, 256));
		p = atomic_exchange(&places[k], p);
		if (p && !random_below(&seed, 4))
			p = resized(p, &seed);
		if (p)
			check(p);
		hk_free(p);
	}
	return NULL;
}

static void storm(void **state)
{
	unsigned int numbers[4] = { 0, 1, 2, 3 };

	(void)state;
	unit_threads(4, exchange, numbers, sizeof(numbers[0]));
	hk_heaps_each(verify, NULL);
	for (size_t i = 0; i < UNIT_COUNT(places); i++)
		hk_free(atomic_exchange(&places[i], NULL));
}

/* Some have heaps of their own, some share one, a call at a time. */
static void storm_with_shared(void **state)
{
	atomic_store(&hk_policy.value[HK_OPT_SHARE], 1000);
	storm(state);
	atomic_store(&hk_policy.value[HK_OPT_SHARE], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_fast_paths),
		cmocka_unit_test(first_is_nobodys),
		cmocka_unit_test(comes_back_late),
		cmocka_unit_test(one_of_two),
		cmocka_unit_test(storm),
		cmocka_unit_test(storm_with_shared),
	};

	/* Before the first block, as a process decides it. */
	hk_process_configure();
	atomic_store(&hk_policy.value[HK_OPT_SEAL], 1);
	unit_own_heaps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
