/* SPDX-License-Identifier: MIT */
/*
 * The background thread: what it fetches from whom, when it sleeps, starts
 * and ends.  Nothing here takes a time for granted: the tests wait until
 * what must happen has happened, however long that takes.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/init.h"
#include "heap/background.h"
#include "heap/park.h"
#include "heap/remote.h"
#include "heap/thread.h"
#include "slab/medium.h"
#include "slab/run.h"

static enum hk_due due(void)
{
	return (enum hk_due)atomic_load(&hk_due);
}

static void nap(void)
{
	usleep(5000);
}

static void wait_for(enum hk_due state)
{
	while (due() != state)
		nap();
}

static size_t dirty_bytes(void)
{
	size_t clean, dirty;

	hk_run_free_bytes(&clean, &dirty);
	return dirty;
}

/* ---- what the process has ---- */

#define BLOCKS	4000

static void *blocks[BLOCKS];

/* Blocks of all kinds, and none again. */
static void burst(void)
{
	uint64_t seed = 7;

	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = random_size(&seed, 600 * KIB);

		blocks[i] = hk_malloc(size);
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, size);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		hk_free(blocks[i]);
}

static void burst_is_given_back(void **state)
{
	(void)state;
	burst();
	assert_int_not_equal(due(), HK_DUE_NONE);
	assert_int_not_equal(due(), HK_DUE_WANTED);
	wait_for(HK_DUE_ASLEEP);
	assert_int_equal(dirty_bytes(), 0);
	/* And again: a note wakes it. */
	burst();
	while (dirty_bytes())
		nap();
	wait_for(HK_DUE_ASLEEP);
}

/* What may wait for any time is no reason to stay awake. */
static void kept_dirty(void **state)
{
	(void)state;
	hk_run_keep_dirty(PTRDIFF_MAX);
	burst();
	wait_for(HK_DUE_ASLEEP);
	assert_true(dirty_bytes() > 0);
	hk_run_keep_dirty(0);
	burst();
	while (dirty_bytes())
		nap();
}

/* ---- what a thread has that sleeps ---- */

static pthread_barrier_t barrier;
static struct hk_heap *sleeper;

static void meet(void)
{
	int ret = pthread_barrier_wait(&barrier);

	CHECK(ret == 0 || ret == PTHREAD_BARRIER_SERIAL_THREAD);
}

/* Fills slabs for the main thread and sleeps. */
static void *give_and_sleep(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = hk_malloc(1000);
	sleeper = hk_tls.heap;
	meet();
	meet();
	return NULL;
}

static size_t slabs_of(const struct hk_heap *heap)
{
	size_t n = 0;

	for (uint32_t i = 1; i < hk_arena_span() >> HK_UNIT_SHIFT; i++)
		n += hk_desc_owner(hk_desc_at(i)) == heap;
	return n;
}

/*
 * Blocks are freed in an order in which no chain is all of a slab: the
 * slabs come back by robbing alone.  All but the one that is current.
 */
static void inbox_of_sleeper(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, give_and_sleep, NULL),
		0);
	meet();
	assert_in_range(slabs_of(sleeper), 100, 200);
	for (size_t first = 0; first < 2; first++)
		for (size_t i = first; i < BLOCKS; i += 2)
			hk_free(blocks[i]);
	hk_remote_send_all(hk_tls.heap);
	while (slabs_of(sleeper) > 1)
		nap();
	meet();
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&barrier);
}

/* Empties slabs, of which its heap parks some, and sleeps. */
static void *park_and_sleep(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = hk_malloc(1000);
	for (size_t i = 0; i < BLOCKS; i++)
		hk_free(blocks[i]);
	sleeper = hk_tls.heap;
	CHECK(sleeper->empties >= hk_policy_get(HK_OPT_EMPTIES));
	meet();
	meet();
	/* The places are empty, and the heap finds its way. */
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = hk_malloc(1000);
	CHECK_EQ(sleeper->empties, 0);
	for (size_t i = 0; i < BLOCKS; i++)
		hk_free(blocks[i]);
	hk_heap_verify(sleeper);
	return NULL;
}

static void parked_of_sleeper(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, park_and_sleep, NULL),
		0);
	meet();
	for (unsigned int i = 0; i < HK_EMPTIES; i++)
		while (atomic_load(&sleeper->empty[i]))
			nap();
	meet();
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&barrier);
}

/* Classes of which nothing is out keep no slab. */
static void unused_classes(void **state)
{
	(void)state;
	burst();
	hk_heap_flush(hk_tls.heap);
	wait_for(HK_DUE_ASLEEP);
	assert_int_equal(hk_medium_trim(), 0);
	assert_int_equal(dirty_bytes(), 0);
}

/* ---- threads that work all the while ---- */

static void *work(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;
	size_t steps = check_count(100000);
	static _Atomic(void *) shared[256];

	for (size_t i = 0; i < steps; i++) {
		size_t size = random_size(&seed, 20 * KIB);
		unsigned char *p = hk_malloc(size);

		CHECK(p != NULL);
		p[0] = p[size - 1] = 1;
		hk_free(atomic_exchange(&shared[random_below(&seed, 256)],
			p));
		if (i % 10000 == 0)
			hk_due_stir();
	}
	for (size_t i = 0; i < 256; i++)
		hk_free(atomic_exchange(&shared[i], NULL));
	return NULL;
}

static void others_work(void **state)
{
	unsigned int numbers[4] = { 0, 1, 2, 3 };

	(void)state;
	unit_threads(4, work, numbers, sizeof(numbers[0]));
	hk_run_verify();
}

/* ---- start and end ---- */

static void child(void *arg)
{
	(void)arg;
	CHECK_EQ(due(), HK_DUE_NONE);
	burst();
	wait_for(HK_DUE_ASLEEP);
	CHECK_EQ(dirty_bytes(), 0);
}

static void forked(void **state)
{
	(void)state;
	/* ThreadSanitizer ends a child of several threads that starts one. */
	if (hk_tsan)
		skip();
	/* Asleep, and awake. */
	wait_for(HK_DUE_ASLEEP);
	assert_lives(child, NULL);
	for (int i = 0; i < 5; i++) {
		burst();
		assert_lives(child, NULL);
	}
}

static void ends_with_the_last_heap(void **state)
{
	(void)state;
	burst();
	wait_for(HK_DUE_ASLEEP);
	hk_thread_detach(&hk_heap_none);
	assert_int_equal(hk_threads_served(), 0);
	wait_for(HK_DUE_NONE);
	burst();
	wait_for(HK_DUE_ASLEEP);
	assert_int_equal(dirty_bytes(), 0);
}

static void stopped(void **state)
{
	(void)state;
	wait_for(HK_DUE_ASLEEP);
	hk_background_stop();
	burst();
	assert_int_equal(due(), HK_DUE_OFF);
	hk_background_forked();
	assert_int_equal(due(), HK_DUE_OFF);
}

/* Before it is armed, nothing starts it. */
static int set_up(void **state)
{
	(void)state;
	/* With the constructor, which asks for calls around fork. */
	hk_init_anchor();
	burst();
	unit_own_heaps();
	if (due() != HK_DUE_OFF)
		return -1;
	atomic_store_explicit(&hk_policy.value[HK_OPT_BACKGROUND_THREAD], 1,
		memory_order_relaxed);
	hk_background_arm();
	return due() == HK_DUE_NONE ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_is_given_back),
		cmocka_unit_test(kept_dirty),
		cmocka_unit_test(inbox_of_sleeper),
		cmocka_unit_test(parked_of_sleeper),
		cmocka_unit_test(unused_classes),
		cmocka_unit_test(others_work),
		cmocka_unit_test(forked),
		cmocka_unit_test(ends_with_the_last_heap),
		cmocka_unit_test(stopped),
	};

	alarm(800);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
