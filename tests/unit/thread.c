/* SPDX-License-Identifier: MIT */
/*
 * Heaps and threads: attaching, ending, adopting, what comes after the last
 * destructor, and fork.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/init.h"
#include "heap/process.h"
#include "heap/share.h"
#include "heap/thread.h"
#include "slab/run.h"

static void count(struct hk_heap *heap, void *arg)
{
	(void)heap;
	++*(size_t *)arg;
}

static size_t heaps(void)
{
	size_t n = 0;

	hk_heaps_each(count, &n);
	return n;
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	unit_own_heaps();
	return 0;
}

static void *run_one(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;
	void *result;

	CHECK_EQ(pthread_create(&thread, NULL, fn, arg), 0);
	CHECK_EQ(pthread_join(thread, &result), 0);
	return result;
}

/* ---- one after the other ---- */

static void *small(void *arg)
{
	struct hk_heap *heap;

	(void)arg;
	CHECK(hk_tls.heap == &hk_heap_none);
	for (size_t n = 1; n < 300000; n = n * 2 + 1)
		hk_free(hk_malloc(n));
	heap = hk_tls.heap;
	CHECK(heap->attached);
	CHECK(pthread_getspecific(hk_process_key) == heap);
	CHECK(!atomic_load(&heap->orphan));
	return heap;
}

/* The next thread gets the heap of the last one, with nothing in it. */
static void adoption(void **state)
{
	struct hk_heap *first = run_one(small, NULL), *next;
	size_t before = heaps();

	(void)state;
	assert_ptr_not_equal(first, hk_tls.heap);
	assert_true(atomic_load(&first->orphan));
	for (int i = 0; i < 100; i++) {
		next = run_one(small, NULL);
		assert_ptr_equal(next, first);
		assert_true(atomic_load(&first->orphan));
		assert_int_equal(first->empties, 0);
		assert_int_equal(first->runs, 0);
		for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
			assert_int_equal(first->usable[c].head, 0);
		for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++)
			assert_int_equal(first->magazine[m].n, 0);
	}
	assert_int_equal(heaps(), before);
}

/* ---- what a thread leaves behind ---- */

static void *left[100];

static void *leaves(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < 100; i++) {
		left[i] = hk_malloc(64 + i);
		pattern_fill(left[i], 0, 64 + i, i);
	}
	return hk_tls.heap;
}

/* Usable slabs of orphans are taken by who needs one. */
static void stealing(void **state)
{
	struct hk_heap *orphan;
	struct hk_desc *d;
	void *p;

	(void)state;
	hk_heap_flush(hk_tls.heap);
	orphan = run_one(leaves, NULL);
	d = hk_desc_of(left[0]);
	assert_ptr_equal(hk_desc_owner(d), orphan);
	assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
	assert_false(hk_orphan_steal(hk_tls.heap, HK_SMALL_CLASSES - 1));
	p = hk_malloc(64);
	assert_ptr_equal(hk_desc_of(p), d);
	assert_ptr_equal(hk_desc_owner(d), hk_tls.heap);
	assert_int_equal(hk_desc_state(d), HK_SLAB_CURRENT);
	hk_heap_verify(orphan);
	hk_free(p);
	for (size_t i = 0; i < 100; i++) {
		CHECK_PATTERN(left[i], 0, 64 + i, i);
		hk_free(left[i]);
	}
	hk_heap_flush(hk_tls.heap);
	for (uint32_t i = 1; i < hk_arena_span() >> HK_UNIT_SHIFT; i++)
		assert_null(hk_desc_owner(hk_desc_at(i)));
}

/* ---- after the end ---- */

static pthread_key_t keys[4];
static _Atomic unsigned int rounds;

/* Runs in each round of destructors, before or after the library's. */
static void destructor(void *value)
{
	unsigned int round = (unsigned int)(uintptr_t)value;
	unsigned char *p = hk_malloc(100), *q = hk_calloc(1, 50000);

	CHECK(p && q);
	CHECK_ZERO(q, 50000);
	memset(p, 1, 100);
	p = hk_realloc(p, 3000);
	CHECK(p && p[99] == 1);
	hk_free(p);
	hk_free(q);
	atomic_fetch_add(&rounds, 1);
	if (round)
		pthread_setspecific(keys[round % 4],
			(void *)(uintptr_t)(round - 1));
}

static void *ends_slowly(void *arg)
{
	hk_free(hk_malloc(1));
	pthread_setspecific(keys[0], arg);
	return hk_tls.heap;
}

static void late_calls(void **state)
{
	size_t before;

	(void)state;
	before = heaps();
	for (int i = 0; i < 50; i++) {
		struct hk_heap *heap;

		atomic_store(&rounds, 0);
		heap = run_one(ends_slowly, (void *)20);
		assert_true(rounds >= 3);
		assert_true(atomic_load(&heap->orphan));
	}
	assert_in_range(heaps(), before, before + 1);
}

static void frees_value(void *value)
{
	hk_free(value);
}

static pthread_key_t value_key;

static void *only_a_destructor(void *value)
{
	pthread_setspecific(value_key, value);
	return NULL;
}

/* The first call of the thread comes in its destructor. */
static void first_call_at_the_end(void **state)
{
	size_t before = heaps();

	(void)state;
	for (int i = 0; i < 200; i++)
		run_one(only_a_destructor, hk_malloc(200));
	assert_in_range(heaps(), before, before + 1);
}

/* The state that comes after the end, by hand. */
static void *late_by_hand(void *arg)
{
	struct hk_heap *heap;
	void *p, *q;

	(void)arg;
	hk_free(hk_malloc(1));
	heap = hk_tls.heap;
	hk_thread_detach(&hk_heap_late);
	CHECK(hk_tls.heap == &hk_heap_late);
	CHECK(atomic_load(&heap->orphan));
	p = hk_malloc(64);
	CHECK(p && hk_tls.heap == &hk_heap_late);
	CHECK(hk_desc_owner(hk_desc_of(p))->shared);
	memset(p, 1, 64);
	q = hk_realloc(p, 100000);
	CHECK(q && hk_tls.heap == &hk_heap_late);
	CHECK(*(char *)q == 1);
	hk_free(q);
	hk_free(hk_aligned(4096, 77));
	hk_free(hk_malloc(5000));
	CHECK(hk_tls.heap == &hk_heap_late);
	CHECK(atomic_load(&heap->orphan));
	/* Nothing is kept ready by a heap that nobody has. */
	CHECK_EQ(heap->empties + heap->runs, 0);
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		CHECK(hk_tls.current[c] == &hk_desc_none);
		CHECK_EQ(heap->usable[c].head, 0);
	}
	for (unsigned int m = 0; m < HK_MEDIUM_CLASSES; m++)
		CHECK_EQ(heap->magazine[m].n, 0);
	return NULL;
}

static void late_state(void **state)
{
	(void)state;
	run_one(late_by_hand, NULL);
}

static void *wrong_value(void *other)
{
	struct hk_heap *heap;

	hk_free(hk_malloc(1));
	heap = hk_tls.heap;
	/* A program that copies specific values: not our heap, no effect. */
	hk_thread_ends(other);
	CHECK(hk_tls.heap == heap && !atomic_load(&heap->orphan));
	return NULL;
}

static void values_of_others(void **state)
{
	(void)state;
	run_one(wrong_value, hk_tls.heap);
	assert_false(atomic_load(&hk_tls.heap->orphan));
}

/* ---- many at once ---- */

static _Atomic(unsigned char *) shared[512];

static void *brief(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;

	for (size_t i = 0; i < 300; i++) {
		size_t k = random_below(&seed, 512), size;
		unsigned char *p;

		size = random_below(&seed, 10) ? random_below(&seed, 600) + 3
					       : random_below(&seed, 60000) + 3;
		p = hk_malloc(size);
		CHECK(p != NULL);
		p[0] = p[size - 1] = 0x77;
		p = atomic_exchange(&shared[k], p);
		if (p)
			CHECK_EQ(p[0], 0x77);
		hk_free(p);
	}
	return NULL;
}

static void *in_waves(void *arg)
{
	size_t n = check_count(60);

	for (size_t i = 0; i < n; i++)
		run_one(brief, arg);
	return NULL;
}

static void churn(void **state)
{
	unsigned int numbers[4] = { 0, 1, 2, 3 };

	(void)state;
	unit_threads(4, in_waves, numbers, sizeof(numbers[0]));
	assert_true(heaps() <= 2 + 1 + 4 + 1);
	for (size_t i = 0; i < 512; i++)
		hk_free(atomic_exchange(&shared[i], NULL));
	/* A chain may be forwarded from one heap to another. */
	for (int i = 0; i < 4; i++) {
		hk_share_trim();
		hk_orphans_trim();
		hk_heap_flush(hk_tls.heap);
	}
	for (uint32_t i = 1; i < hk_arena_span() >> HK_UNIT_SHIFT; i++)
		if (hk_desc_owner(hk_desc_at(i)))
			fail_msg("unit %u, state %d, %u out", i,
				hk_desc_state(hk_desc_at(i)),
				hk_slab_out(hk_desc_at(i)));
	hk_run_verify();
}

/* ---- fork ---- */

static _Atomic bool stop;

static void *busy(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;

	while (!atomic_load(&stop)) {
		void *p = hk_malloc(random_below(&seed, 300000));
		void *q = hk_malloc(random_below(&seed, 500));

		p = hk_realloc(p, random_below(&seed, 3000000) + 1);
		hk_free(atomic_exchange(&shared[random_below(&seed, 512)],
			q));
		hk_free(p);
	}
	return NULL;
}

static void child(void)
{
	alarm(20);
	for (size_t i = 0; i < 512; i++)
		hk_free(atomic_exchange(&shared[i], NULL));
	for (size_t n = 1; n < 4000000; n = n * 3 + 1) {
		void *p = hk_calloc(1, n);

		CHECK(p != NULL);
		CHECK_ZERO(p, n);
		hk_free(p);
	}
	hk_run_verify();
	hk_heap_verify(hk_tls.heap);
	_exit(0);
}

/* A child of a process whose threads are in the middle of everything. */
static void forking(void **state)
{
	unsigned int numbers[3] = { 0, 1, 2 };
	size_t forks = check_count(100);
	pthread_t threads[3];

	(void)state;
	if (hk_tsan)
		skip();		/* it cannot follow forks with threads */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, busy,
					 &numbers[i]),
			0);
	for (size_t i = 0; i < forks; i++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (!pid)
			child();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* ---- handlers of others, registered before the library's ---- */

static _Atomic unsigned int handled;

static void handler(void)
{
	void *p, *q;

	if (hk_tls.heap == &hk_heap_none)
		return;
	p = hk_malloc(300000);
	q = hk_malloc(100 * HK_MIB);
	CHECK(p && q);
	hk_free(q);
	hk_free(p);
	for (size_t n = 1; n < 100000; n = n * 2 + 1)
		hk_free(hk_malloc(n));
	atomic_fetch_add(&handled, 1);
}

__attribute__((constructor(101))) static void before_the_library(void)
{
	pthread_atfork(handler, handler, handler);
}

static void handlers_allocate(void *arg)
{
	int status;
	pid_t pid;

	(void)arg;
	alarm(20);
	atomic_store(&handled, 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK_EQ(handled, 2);
		_exit(0);
	}
	CHECK_EQ(handled, 2);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	/* And the locks are free again. */
	CHECK_EQ(hk_run_lock.word, 0);
	CHECK_EQ(hk_orphans_lock.word, 0);
	CHECK_EQ(hk_tls.heap->rob_lock.word, 0);
}

static void atfork_handlers(void **state)
{
	(void)state;
	assert_lives(handlers_allocate, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adoption),
		cmocka_unit_test(stealing),
		cmocka_unit_test(late_calls),
		cmocka_unit_test(first_call_at_the_end),
		cmocka_unit_test(late_state),
		cmocka_unit_test(values_of_others),
		cmocka_unit_test(churn),
		cmocka_unit_test(forking),
		cmocka_unit_test(atfork_handlers),
	};

	alarm(600);
	/* The constructor registers the library's handlers. */
	hk_init_anchor();
	hk_free(hk_malloc(1));
	for (int i = 0; i < 4; i++)
		if (pthread_key_create(&keys[i], destructor))
			return CHECK_ERROR_STATUS;
	if (pthread_key_create(&value_key, frees_value))
		return CHECK_ERROR_STATUS;
	return cmocka_run_group_tests(tests, set_up, NULL);
}
