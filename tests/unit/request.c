/* SPDX-License-Identifier: MIT */
/*
 * What a process is asked to do through its statistics page (stats/page.h):
 * it does it once, when it next comes out of a slow path, whatever thread
 * that is, and says how it ended; a child has nothing to do with it; nonsense
 * is refused.
 *
 * The asker is the process itself, which writes what another would.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/page.h"
#include "api/request.h"
#include "hakmem.h"

#include <sched.h>
#include <stdio.h>

#define THREADS 3
#define ASKED 500u
/* More than a list of any class has blocks. */
#define ENOUGH 5000

static struct hk_page_request *const request = &hk_request;

/* As a reader finds it. */
static void is_in_page(void **state)
{
	const struct hk_page_map *map;

	(void)state;
	assert_true(hakmem_stats_page.head.map != 0);
	map = (const void *)(uintptr_t)hakmem_stats_page.head.map;
	assert_int_equal(map->request, (uintptr_t)request);
	assert_int_equal(request->size, sizeof(*request));
}

/* Returns its number. */
static uint64_t ask(uint32_t what, const char *text, size_t len)
{
	uint64_t number = request->asked + 1;

	for (size_t i = 0; i < len; i++)
		__atomic_store_n(&request->text[i], text[i],
				 __ATOMIC_RELAXED);
	__atomic_store_n(&request->what, what, __ATOMIC_RELAXED);
	__atomic_store_n(&request->asked, number, __ATOMIC_RELEASE);
	return number;
}

static uint64_t ask_text(uint32_t what, const char *text)
{
	return ask(what, text, strlen(text) + 1);
}

static bool is_done(uint64_t number)
{
	return __atomic_load_n(&request->done, __ATOMIC_ACQUIRE) == number;
}

static int64_t result(void)
{
	return __atomic_load_n(&request->result, __ATOMIC_RELAXED);
}

/* Comes out of slow paths of every kind. */
static void allocate(size_t size)
{
	static void *block[ENOUGH];

	for (int i = 0; i < ENOUGH; i++) {
		block[i] = hk_malloc(size);
		CHECK(block[i] != NULL);
	}
	for (int i = 0; i < ENOUGH; i++)
		hk_free(block[i]);
}

/* What it answers, once this thread has allocated. */
static int64_t answer(uint64_t number)
{
	CHECK(!is_done(number));
	errno = EDOM;
	allocate(48);
	CHECK_EQ(errno, EDOM);
	CHECK(is_done(number));
	return result();
}

static int64_t ask_set(const char *pair)
{
	return answer(ask_text(HK_PAGE_SET, pair));
}

static bool option_is(const char *name, const char *value)
{
	char text[64];

	CHECK_EQ(hakmem_option_get(name, text, sizeof(text)), 0);
	return !strcmp(text, value);
}

static void sets_options(void **state)
{
	(void)state;
	CHECK_EQ(ask_set("empties=7"), 0);
	CHECK(option_is("empties", "7"));
	CHECK_EQ(ask_set("decommit=free"), 0);
	CHECK(option_is("decommit", "free"));
	CHECK_EQ(ask_set("decommit=dontneed"), 0);
	CHECK(option_is("decommit", "dontneed"));
}

static void refuses(void **state)
{
	char nonsense[HK_PAGE_REQUEST_TEXT];

	(void)state;
	CHECK_EQ(ask_set("empteis=7"), -ENOENT);
	CHECK_EQ(ask_set("empties"), -EINVAL);
	CHECK_EQ(ask_set(""), -EINVAL);
	CHECK_EQ(ask_set("empties=many"), -EINVAL);
	CHECK_EQ(ask_set("empties=1000"), -ERANGE);
	CHECK_EQ(ask_set("learner=1"), -EPERM);
	CHECK(option_is("empties", "7"));
	CHECK_EQ(answer(ask_text(99, "empties=3")), -ENOSYS);
	CHECK(option_is("empties", "7"));
	memset(nonsense, '=', sizeof(nonsense));
	CHECK(answer(ask(HK_PAGE_SET, nonsense, sizeof(nonsense))) < 0);
	memset(nonsense, 'x', sizeof(nonsense));
	CHECK(answer(ask(HK_PAGE_SET, nonsense, sizeof(nonsense))) < 0);
}

static uint64_t dirty(void)
{
	struct hakmem_stats stats;

	CHECK_EQ(hakmem_stats_get(&stats, sizeof(stats)), 0);
	return stats.dirty_bytes;
}

static void trims(void **state)
{
	void *p = hk_malloc(6 << 20);

	(void)state;
	CHECK(p != NULL);
	memset(p, 1, 6 << 20);
	hk_free(p);
	CHECK(dirty() >= 6 << 20);
	/* Its blocks are dirty themselves when they are freed. */
	CHECK_EQ(answer(ask_text(HK_PAGE_TRIM, "")), 0);
	CHECK(dirty() < 6 << 20);
}

/* Slow paths that free, and those of longer blocks, do it as well. */
static void at_any_slow_path(void **state)
{
	void *p = hk_malloc(400000);
	uint64_t number;

	(void)state;
	CHECK(p != NULL);
	number = ask_text(HK_PAGE_SET, "empties=5");
	hk_free(p);
	CHECK(is_done(number));
	number = ask_text(HK_PAGE_SET, "empties=6");
	p = hk_calloc(1, 400000);
	CHECK(p != NULL);
	CHECK(is_done(number));
	hk_free(p);
	number = ask_text(HK_PAGE_SET, "empties=7");
	allocate(3000);
	CHECK(is_done(number));
}

static void not_in_a_child(void **state)
{
	uint64_t number = ask_text(HK_PAGE_SET, "empties=9");
	pid_t pid = fork();
	int status;

	(void)state;
	CHECK(pid >= 0);
	if (!pid) {
		CHECK(is_done(number));
		allocate(48);
		CHECK(option_is("empties", "7"));
		CHECK_EQ(ask_set("empties=8"), 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(answer(number), 0);
	CHECK(option_is("empties", "9"));
}

static _Atomic int stop;

static void *work(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		void *block[64];

		for (int i = 0; i < 64; i++) {
			block[i] = hk_malloc(random_size(&state, 40000));
			CHECK(block[i] != NULL);
		}
		for (int i = 0; i < 64; i++)
			hk_free(block[i]);
	}
	return NULL;
}

/* Each is done, and in its turn: what was asked last is in force. */
static void by_many_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work,
					(void *)(i + 1)), 0);
	for (unsigned int i = 1; i <= ASKED; i++) {
		char pair[32], value[16];
		uint64_t number;

		snprintf(value, sizeof(value), "%u", i % 32 + 1);
		snprintf(pair, sizeof(pair), "empties=%s", value);
		number = ask_text(i % 10 ? HK_PAGE_SET : HK_PAGE_TRIM, pair);
		while (!is_done(number))
			sched_yield();
		CHECK_EQ(result(), 0);
		if (i % 10)
			CHECK(option_is("empties", value));
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	unit_own_heaps();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_in_page),
		cmocka_unit_test(sets_options),
		cmocka_unit_test(refuses),
		cmocka_unit_test(trims),
		cmocka_unit_test(at_any_slow_path),
		cmocka_unit_test(not_in_a_child),
		cmocka_unit_test(by_many_threads),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
