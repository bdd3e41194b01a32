/* SPDX-License-Identifier: MIT */
/*
 * The heap that threads share until they have one of their own: who uses it,
 * what it leaves behind, when a thread stops using it, and misuse under it.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/init.h"
#include "heap/process.h"
#include "heap/remote.h"
#include "heap/share.h"
#include "heap/thread.h"
#include "slab/medium.h"
#include "slab/run.h"

#include <semaphore.h>

#define CALLS 512

static void set_share(size_t calls)
{
	atomic_store(&hk_policy.value[HK_OPT_SHARE], calls);
}

/*
 * Beside a heap that waits for a thread none shares: threads that do nothing
 * more have those that earlier tests left, until the end.
 */
static pthread_t holders[64];
static unsigned int n_holders;
static sem_t held, let_go;

static void *hold(void *arg)
{
	hk_free(hk_malloc(1));
	hk_heap_flush(hk_tls.heap);
	sem_post(&held);
	sem_wait(&let_go);
	return arg;
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	while (hk_orphans_wait()) {
		if (n_holders == 64 || pthread_create(&holders[n_holders++],
					       NULL, hold, NULL))
			return -1;
		sem_wait(&held);
	}
	set_share(CALLS);
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < n_holders; i++)
		sem_post(&let_go);
	for (unsigned int i = 0; i < n_holders; i++)
		pthread_join(holders[i], NULL);
	return 0;
}

static void run_one(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, fn, arg), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

static struct hk_heap *owner_of(const void *p)
{
	return hk_desc_owner(hk_desc_of(p));
}

static bool shares(void)
{
	return hk_tls.heap == &hk_heap_none;
}

static void check_no_current(void)
{
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		CHECK(hk_tls.current[c] == &hk_desc_none);
	CHECK_EQ(hk_share_lock.word, 0);
}

/* No slab of the arena has an owner once all heaps have flushed. */
static void assert_nothing_left(void)
{
	/* A chain may be forwarded from one heap to another. */
	for (int i = 0; i < 3; i++)
		hk_trim(0);
	for (uint32_t i = 1; i < hk_arena_span() >> HK_UNIT_SHIFT; i++)
		if (hk_desc_owner(hk_desc_at(i)))
			fail_msg("unit %u of heap %u, state %d, %u out", i,
				hk_desc_owner(hk_desc_at(i))->id,
				hk_desc_state(hk_desc_at(i)),
				hk_slab_out(hk_desc_at(i)));
}

/* ---- what a thread with few calls does ---- */

static void *few(void *arg)
{
	void *p[100];

	(void)arg;
	CHECK(shares());
	for (size_t i = 0; i < 100; i++) {
		p[i] = hk_malloc(64);
		pattern_fill(p[i], 0, 64, i);
		CHECK(owner_of(p[i])->shared);
		check_no_current();
	}
	for (size_t i = 0; i < 100; i++) {
		CHECK_PATTERN(p[i], 0, 64, i);
		hk_free(p[i]);
	}
	/* Freed blocks come again: one slab was enough. */
	for (size_t i = 0; i < 100; i++) {
		void *again = hk_malloc(64);

		CHECK(hk_desc_of(again) == hk_desc_of(p[0]));
		hk_free(again);
	}
	CHECK(shares());
	CHECK(pthread_getspecific(hk_process_key) == &hk_heap_none);
	return NULL;
}

static void few_calls(void **state)
{
	(void)state;
	assert_false(hk_tls.heap->shared);
	for (int i = 0; i < 5; i++)
		run_one(few, NULL);
	assert_nothing_left();
}

/* Every kind of block, and every call that has a heap. */
static void *kinds(void *arg)
{
	static const size_t sizes[] = {
		1, 1024, 1025, 8192, 30000, 131072, 131073, 1 << 20,
		(size_t)70 << 20,
	};
	size_t n = sizeof(sizes) / sizeof(sizes[0]);

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		unsigned char *p = hk_calloc(1, sizes[i]);

		CHECK(p != NULL);
		CHECK_EQ(p[0] | p[sizes[i] - 1], 0);
		p[0] = p[sizes[i] - 1] = 1;
		p = hk_realloc(p, sizes[(i + 1) % n]);
		CHECK(p && p[0] == 1);
		CHECK(hk_usable_size(p) >= sizes[(i + 1) % n]);
		hk_free_sized(p, sizes[(i + 1) % n]);
		p = hk_aligned(256, sizes[i]);
		CHECK(p && !((uintptr_t)p & 255));
		hk_free_aligned_sized(p, 256, sizes[i]);
		check_no_current();
	}
	CHECK(shares());
	return NULL;
}

static void all_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		run_one(kinds, NULL);
	assert_nothing_left();
}

/* ---- when a thread gets its own ---- */

/* Mallocs and frees count, in any order; the one after the last is its. */
static void *many(void *arg)
{
	void *p[CALLS];
	struct hk_heap *heap;

	for (size_t i = 0; i < CALLS; i++) {
		CHECK(shares());
		p[i] = hk_malloc(200);
		CHECK(owner_of(p[i])->shared);
	}
	CHECK(shares());
	hk_free(p[0]);
	heap = hk_tls.heap;
	CHECK(heap->attached && !heap->shared);
	CHECK(pthread_getspecific(hk_process_key) == heap);
	/* Slabs with a block in them came along, full ones did not. */
	CHECK(owner_of(p[CALLS - 1]) == heap);
	CHECK(owner_of(p[1])->shared);
	p[0] = hk_malloc(200);
	CHECK(owner_of(p[0]) == heap);
	hk_heap_verify(heap);
	/* What others gave it goes back to them, and nothing is lost. */
	for (size_t i = 0; i < CALLS; i++)
		hk_free(p[i]);
	*(struct hk_heap **)arg = heap;
	return NULL;
}

static void many_calls(void **state)
{
	struct hk_heap *heap = NULL;

	(void)state;
	run_one(many, &heap);
	assert_true(atomic_load(&heap->orphan));
	assert_nothing_left();
}

/* Shares the heap, with a block in it, until it is told to end. */
static void *one_block(void *arg)
{
	void *p = hk_malloc(200);

	CHECK(owner_of(p)->shared);
	sem_post(&held);
	sem_wait(arg);
	hk_free(p);
	return NULL;
}

static void *many_of_several(void *arg)
{
	void *p[CALLS];

	for (size_t i = 0; i < CALLS; i++)
		p[i] = hk_malloc(200);
	hk_free(p[0]);
	CHECK(hk_tls.heap->attached && !hk_tls.heap->shared);
	/* The slabs are still the other thread's as well. */
	CHECK(owner_of(p[CALLS - 1])->shared);
	for (size_t i = 1; i < CALLS; i++)
		hk_free(p[i]);
	return arg;
}

/* Only the last to share it inherits. */
static void another_shares(void **state)
{
	pthread_t other;
	sem_t done;

	assert_int_equal(sem_init(&done, 0, 0), 0);
	assert_int_equal(pthread_create(&other, NULL, one_block, &done), 0);
	sem_wait(&held);
	run_one(many_of_several, NULL);
	sem_post(&done);
	pthread_join(other, NULL);
	assert_int_equal(set_up(state), 0);
	many_calls(state);
}

/* A thread that takes its time stays, however many calls it makes. */
static void *slow(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10 * CALLS; i++) {
		/* As if the calls before were so long ago. */
		if (i % (CALLS / 2) == 0)
			hk_tls.since -= 1001;
		hk_free(hk_malloc(100));
		CHECK(shares());
	}
	/* In a hurry now: the window of a second begins anew only once. */
	for (int i = 0; i < 2 * CALLS; i++)
		hk_free(hk_malloc(100));
	CHECK(hk_tls.heap->attached);
	return NULL;
}

static void slow_thread(void **state)
{
	(void)state;
	run_one(slow, NULL);
	assert_nothing_left();
}

static void *at_once(void *arg)
{
	(void)arg;
	hk_free(hk_malloc(1));
	CHECK(hk_tls.heap->attached && !hk_tls.heap->shared);
	return NULL;
}

static void no_sharing(void **state)
{
	(void)state;
	set_share(0);
	run_one(at_once, NULL);
	set_share(CALLS);
}

static void assert_not_shared(struct hk_heap *heap, void *arg)
{
	(void)arg;
	assert_false(heap->shared);
}

/* The very first call of the process, and not by its main thread. */
static void first_thread(void **state)
{
	(void)state;
	assert_ptr_equal(hk_tls.heap, &hk_heap_none);
	assert_int_equal(hk_threads_served(), 0);
	run_one(at_once, NULL);
	/* What looks at the shared heap does not make it one. */
	hk_trim(0);
	hk_share_tend();
	hk_heaps_each(assert_not_shared, NULL);
	assert_int_equal(hk_share_lock.word, 0);
}

/* ---- blocks that wander ---- */

static void *given[300];

static void *gives(void *arg)
{
	size_t size = *(size_t *)arg;

	for (size_t i = 0; i < 300; i++)
		given[i] = hk_malloc(size);
	CHECK(shares());
	return NULL;
}

static void *takes(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < 300; i++)
		hk_free(given[i]);
	CHECK(shares());
	return NULL;
}

/* From a thread that shares to one with a heap, and the other way round. */
static void wandering(void **state)
{
	static const size_t sizes[] = { 16, 700, 1024, 3000, 200000 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		size_t size = sizes[i];

		run_one(gives, &size);
		for (size_t k = 0; k < 300; k++)
			hk_free(given[k]);
		assert_nothing_left();
		for (size_t k = 0; k < 300; k++)
			given[k] = hk_malloc(size);
		run_one(takes, NULL);
		assert_nothing_left();
	}
}

/* A thread that has ended frees what came from a heap that waits. */
static void *late(void *arg)
{
	(void)arg;
	hk_tls_set(&hk_heap_late);
	/* Not all of any slab: that would change hands. */
	for (size_t i = 0; i < 300; i += 2) {
		struct hk_heap *owner = owner_of(given[i]);

		CHECK(atomic_load(&owner->orphan));
		hk_free(given[i]);
	}
	/* The next thread will find its slabs there. */
	hk_share_trim();
	for (size_t i = 0; i < 300; i++) {
		struct hk_heap *owner = owner_of(given[i]);

		CHECK(!owner->shared && atomic_load(&owner->orphan));
	}
	return NULL;
}

static void *leaves(void *arg)
{
	for (size_t i = 0; i < 300; i++)
		given[i] = hk_malloc(*(size_t *)arg);
	CHECK(hk_tls.heap->attached);
	return NULL;
}

static void orphans_keep(void **state)
{
	size_t size = 500;

	(void)state;
	set_share(0);
	run_one(leaves, &size);
	set_share(CALLS);
	assert_true(hk_orphans_wait());
	hk_thread_detach(&hk_heap_none);
	run_one(late, NULL);
	for (size_t i = 1; i < 300; i += 2)
		hk_free(given[i]);
	assert_nothing_left();
}

/*
 * A thread that only shared ends while a heap waits: it must not get that
 * when it is all but gone, as nobody would take it away again.
 */
static pthread_key_t last_key;
static sem_t began, go_on;

static void at_last(void *p)
{
	CHECK(hk_tls.heap == &hk_heap_late);
	hk_free(p);
	for (int i = 0; i < 2 * CALLS; i++)
		hk_free(hk_malloc(64));
	CHECK(hk_tls.heap == &hk_heap_late);
}

static void *ends_slowly(void *arg)
{
	void *p = hk_malloc(64);

	CHECK_EQ(pthread_setspecific(last_key, p), 0);
	CHECK(shares());
	sem_post(&began);
	sem_wait(&go_on);
	/* Not for one that has begun to share either. */
	hk_free(hk_malloc(64));
	CHECK(shares());
	return arg;
}

static void ends_beside_orphan(void **state)
{
	unsigned int served = hk_threads_served();
	pthread_t thread;

	(void)state;
	assert_int_equal(sem_init(&began, 0, 0), 0);
	assert_int_equal(sem_init(&go_on, 0, 0), 0);
	/* Behind the library's, so its destructor comes later. */
	assert_int_equal(pthread_key_create(&last_key, at_last), 0);
	assert_int_equal(pthread_create(&thread, NULL, ends_slowly, NULL), 0);
	sem_wait(&began);
	set_share(0);
	run_one(at_once, NULL);
	set_share(CALLS);
	assert_true(hk_orphans_wait());
	sem_post(&go_on);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(hk_orphans_wait());
	assert_int_equal(hk_threads_served(), served);
	assert_nothing_left();
	pthread_key_delete(last_key);
	sem_destroy(&began);
	sem_destroy(&go_on);
}

/* With a heap that waits, the next thread has it at once. */
static void no_sharing_beside_orphans(void **state)
{
	(void)state;
	set_share(0);
	run_one(at_once, NULL);
	set_share(CALLS);
	assert_true(hk_orphans_wait());
	run_one(at_once, NULL);
}

/* ---- misuse ---- */

static void *twice(void *arg)
{
	size_t size = *(size_t *)arg;
	void *p = hk_malloc(size), *q = hk_malloc(size);

	hk_free(p);
	hk_free(q);
	hk_free(p);
	return NULL;
}

static void dies_twice(void *arg)
{
	run_one(twice, arg);
}

static void *once_each(void *arg)
{
	hk_free(arg);
	return NULL;
}

/* Freed by one thread that shares, then by this one, which does not. */
static void dies_apart(void *arg)
{
	size_t size = *(size_t *)arg;

	run_one(gives, &size);
	run_one(once_each, given[7]);
	hk_free(given[7]);
}

/* The other way round: the thread that shares comes second. */
static void dies_apart_again(void *arg)
{
	void *p;

	run_one(gives, arg);
	p = given[9];
	run_one(once_each, p);
	run_one(once_each, p);
}

static void *inside(void *arg)
{
	hk_free((char *)hk_malloc(*(size_t *)arg) + 16);
	return NULL;
}

static void dies_inside(void *arg)
{
	run_one(inside, arg);
}

static void *overwritten(void *arg)
{
	uintptr_t *p = hk_malloc(64), *q = hk_malloc(64);

	(void)arg;
	hk_free(p);
	hk_free(q);
	q[0] ^= 0xff00;
	for (int i = 0; i < 4; i++)
		hk_malloc(64);
	return NULL;
}

static void dies_overwritten(void *arg)
{
	run_one(overwritten, arg);
}

static void misuse(void **state)
{
	static const size_t sizes[] = { 64, 1024, 5000 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t size = sizes[i];

		assert_dies(dies_twice, &size, "double free");
		assert_dies(dies_apart_again, &size, "double free");
		assert_dies(dies_apart, &size, "double free");
		assert_dies(dies_inside, &size, "invalid free");
	}
	assert_dies(dies_overwritten, NULL, "corrupted free list");
}

/* ---- fork ---- */

/* The only thread of a process gets a heap; the shared one is as it was. */
static void in_child(void *arg)
{
	struct hk_heap *heap;

	CHECK_EQ(hk_share_lock.word, 0);
	hk_free(arg);
	heap = hk_tls.heap;
	CHECK(heap->attached);
	hk_tls_set(&hk_heap_late);
	for (size_t i = 0; i < 3 * CALLS; i++) {
		void *p = hk_malloc(i);

		CHECK(i > 1024 || owner_of(p)->shared);
		hk_free(p);
	}
	hk_tls_set(heap);
	hk_trim(0);
	check_no_current();
}

static void *forks(void *arg)
{
	void *p = hk_malloc(64);
	struct unit_death death;

	(void)arg;
	CHECK(shares());
	unit_run(in_child, p, &death);
	CHECK_EQ(death.status, 0);
	hk_free(p);
	CHECK(shares());
	return NULL;
}

static void forking(void **state)
{
	(void)state;
	run_one(forks, NULL);
	assert_nothing_left();
}

/* ---- many at once ---- */

static _Atomic(unsigned char *) places[256];

static void *brief(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;
	bool few = *(unsigned int *)arg % 2;
	size_t n = few ? CALLS / 2 - 1 : 2 * CALLS;

	for (size_t i = 0; i < n; i++) {
		size_t k = random_below(&seed, 256), size;
		unsigned char *p;

		size = random_below(&seed, 10) ? random_below(&seed, 900) + 3
					       : random_below(&seed, 60000) + 3;
		p = hk_malloc(size);
		CHECK(p != NULL);
		p[0] = p[size - 1] = 0x77;
		p = atomic_exchange(&places[k], p);
		if (p)
			CHECK_EQ(p[0], 0x77);
		hk_free(p);
	}
	CHECK(few || hk_tls.heap->attached);
	return NULL;
}

static void *in_waves(void *arg)
{
	size_t n = check_count(60);

	for (size_t i = 0; i < n; i++)
		run_one(brief, arg);
	return NULL;
}

static void verify_shared(struct hk_heap *heap, void *arg)
{
	(void)arg;
	if (heap->shared)
		hk_heap_verify(heap);
}

/* Beside threads that share, others come and go with heaps. */
static void storm(void **state)
{
	unsigned int numbers[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	(void)state;
	unit_threads(8, in_waves, numbers, sizeof(numbers[0]));
	hk_heaps_each(verify_shared, NULL);
	for (size_t i = 0; i < 256; i++)
		hk_free(atomic_exchange(&places[i], NULL));
	assert_nothing_left();
}

/* What is learned comes into force under a lock that ranks before. */
static void storm_with_learner(void **state)
{
	atomic_store(&hk_policy.value[HK_OPT_LEARNER], 1);
	storm(state);
	atomic_store(&hk_policy.value[HK_OPT_LEARNER], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_thread),
		/* Before there are other threads, for ThreadSanitizer. */
		cmocka_unit_test_setup(misuse, set_up),
		cmocka_unit_test_setup(few_calls, set_up),
		cmocka_unit_test_setup(all_kinds, set_up),
		cmocka_unit_test_setup(many_calls, set_up),
		cmocka_unit_test_setup(another_shares, set_up),
		cmocka_unit_test_setup(slow_thread, set_up),
		cmocka_unit_test_setup(no_sharing, set_up),
		cmocka_unit_test_setup(wandering, set_up),
		cmocka_unit_test_setup(orphans_keep, set_up),
		cmocka_unit_test_setup(ends_beside_orphan, set_up),
		cmocka_unit_test_setup(no_sharing_beside_orphans, set_up),
		cmocka_unit_test_setup(forking, set_up),
		cmocka_unit_test_setup(storm, set_up),
		cmocka_unit_test_setup(storm_with_learner, set_up),
	};

	alarm(600);
	/* The constructor registers the library's handlers. */
	hk_init_anchor();
	if (sem_init(&held, 0, 0) || sem_init(&let_go, 0, 0))
		return CHECK_ERROR_STATUS;
	return cmocka_run_group_tests(tests, NULL, end);
}
