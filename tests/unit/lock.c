/* SPDX-License-Identifier: MIT */
/*
 * Locks: one holder at a time, nobody sleeps for ever, and ranks.
 */
#include "unit.h"

#include "base/fatal.h"
#include "os/lock.h"
#include "os/os.h"

#include <sched.h>

#define THREADS	4

static struct hk_lock lock;
static bool busy;		/* under the lock: nobody else is inside */
static uint64_t total;		/* under the lock, not atomic on purpose */
static size_t rounds;

static void *add(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;

	for (size_t i = 0; i < rounds; i++) {
		if (random_below(&seed, 4) == 0) {
			if (!hk_trylock(&lock, HK_RANK_RUNS))
				hk_lock(&lock, HK_RANK_RUNS);
		} else {
			hk_lock(&lock, HK_RANK_RUNS);
		}
		CHECK(!busy);
		busy = true;
		total++;
		/* Long enough now and then that the others go to sleep. */
		if (random_below(&seed, 500) == 0)
			usleep(100);
		busy = false;
		hk_unlock(&lock, HK_RANK_RUNS);
	}
	return NULL;
}

static void one_at_a_time(void **state)
{
	unsigned int numbers[THREADS] = { 0, 1, 2, 3 };

	(void)state;
	rounds = check_count(20000);
	total = 0;
	unit_threads(THREADS, add, numbers, sizeof(numbers[0]));
	assert_int_equal(total, THREADS * rounds);
	assert_int_equal(lock.word, 0);
}

static void trying(void **state)
{
	(void)state;
	assert_true(hk_trylock(&lock, HK_RANK_META));
	assert_false(hk_trylock(&lock, HK_RANK_META));
	hk_unlock(&lock, HK_RANK_META);
	assert_true(hk_trylock(&lock, HK_RANK_META));
	hk_unlock(&lock, HK_RANK_META);
}

static void *waits(void *arg)
{
	hk_lock(&lock, HK_RANK_META);
	*(bool *)arg = true;
	hk_unlock(&lock, HK_RANK_META);
	return NULL;
}

/* Sleepers say so in the word, and are woken one after the other. */
static void sleepers_are_woken(void **state)
{
	bool done[3] = { false, false, false };
	pthread_t threads[3];

	(void)state;
	hk_lock(&lock, HK_RANK_META);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, waits,
					 &done[i]),
			0);
	while (atomic_load(&lock.word) != 2)
		usleep(1000);
	usleep(20000);
	assert_int_equal(atomic_load(&lock.word), 2);
	hk_unlock(&lock, HK_RANK_META);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(done[i]);
	}
	assert_int_equal(lock.word, 0);
}

static uint64_t sleeps(void)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < HK_NS_BUCKETS; i++)
		n += atomic_load(&hk_os_counts.wait_ns[i]);
	return n;
}

/* Who finds a lock taken is counted, and who sleeps. */
static void waits_are_counted(void **state)
{
	uint64_t waits_before = atomic_load(&hk_lock_waits[HK_RANK_META]);
	uint64_t others = atomic_load(&hk_lock_waits[HK_RANK_RUNS]);
	uint64_t sleeps_before = sleeps();
	bool done = false;
	pthread_t thread;

	(void)state;
	hk_lock(&lock, HK_RANK_META);
	assert_int_equal(pthread_create(&thread, NULL, waits, &done), 0);
	while (atomic_load(&lock.word) != 2)
		sched_yield();
	hk_unlock(&lock, HK_RANK_META);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(atomic_load(&hk_lock_waits[HK_RANK_META]),
		waits_before + 1);
	assert_int_equal(atomic_load(&hk_lock_waits[HK_RANK_RUNS]), others);
	assert_true(sleeps() > sleeps_before);
	/* A free one is not waited for. */
	hk_lock(&lock, HK_RANK_META);
	hk_unlock(&lock, HK_RANK_META);
	assert_int_equal(atomic_load(&hk_lock_waits[HK_RANK_META]),
		waits_before + 1);
}

/* ---- ranks ---- */

static struct hk_lock other;

static void wrong_order(void *arg)
{
	(void)arg;
	hk_lock(&lock, HK_RANK_RUNS);
	hk_lock(&other, HK_RANK_MEDIUM);
}

static void wrong_order_trying(void *arg)
{
	(void)arg;
	hk_lock(&lock, HK_RANK_META);
	if (!hk_trylock(&other, HK_RANK_ROB))
		_exit(3);
}

static void not_held(void *arg)
{
	(void)arg;
	hk_unlock(&lock, HK_RANK_RUNS);
}

static void right_order(void *arg)
{
	(void)arg;
	hk_lock(&lock, HK_RANK_INIT);
	hk_lock(&other, HK_RANK_META);
	hk_unlock(&lock, HK_RANK_INIT);
	hk_unlock(&other, HK_RANK_META);
	hk_lock(&lock, HK_RANK_RUNS);
	hk_unlock(&lock, HK_RANK_RUNS);
}

/* fork takes the locks of all heaps, of which there may be many. */
static void many_of_one_rank(void *arg)
{
	static struct hk_lock many[600];

	(void)arg;
	for (size_t i = 0; i < UNIT_COUNT(many); i++)
		hk_lock(&many[i], HK_RANK_ROB);
	for (size_t i = 0; i < UNIT_COUNT(many); i++)
		hk_unlock(&many[i], HK_RANK_ROB);
	hk_lock(&lock, HK_RANK_INIT);
	hk_unlock(&lock, HK_RANK_INIT);
}

static void ranks(void **state)
{
	(void)state;
	assert_lives(right_order, NULL);
	assert_lives(many_of_one_rank, NULL);
	if (!hk_debug) {
		assert_lives(wrong_order, NULL);
		return;
	}
	assert_dies(wrong_order, NULL, "locks taken out of order");
	assert_dies(wrong_order_trying, NULL, "locks taken out of order");
	assert_dies(not_held, NULL, "internal error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(trying),
		cmocka_unit_test(sleepers_are_woken),
		cmocka_unit_test(waits_are_counted),
		cmocka_unit_test(ranks),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
