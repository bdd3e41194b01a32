/* SPDX-License-Identifier: MIT */
/*
 * Many threads, a few at a time, each with a destructor of thread-specific
 * data that allocates and frees.  The process must not grow with their
 * number: at most 1 MiB, for 20,000 as for 1,000,000.
 *
 * thread_churn [THREADS]
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>

#define AT_ONCE 8
#define WARM_UP 1000

static pthread_key_t key;

static void destroy(void *value)
{
	char *p = HIDE(malloc(300));
	char *q = HIDE(calloc(1, 9000));

	CHECK(p && q);
	memset(p, 1, 300);
	p = HIDE(realloc(p, 3000));
	CHECK(p != NULL);
	free(value);
	free(p);
	free(q);
}

static void *life(void *given)
{
	char *mine[20];
	void *value = HIDE(malloc(100));

	CHECK(value != NULL);
	CHECK_EQ(pthread_setspecific(key, value), 0);
	for (size_t i = 0; i < 20; i++) {
		mine[i] = HIDE(malloc(i * i * i * 5 + 10));
		CHECK(mine[i] != NULL);
		mine[i][0] = 1;
	}
	for (size_t i = 0; i < 20; i++)
		free(mine[i]);
	/* one block from another thread, one for it */
	free(given);
	return HIDE(malloc(200));
}

static void churn(size_t threads)
{
	pthread_t running[AT_ONCE];
	void *result = NULL;

	for (size_t i = 0; i < threads + AT_ONCE; i++) {
		if (i >= AT_ONCE)
			CHECK_EQ(pthread_join(running[i % AT_ONCE], &result),
				0);
		if (i < threads)
			CHECK_EQ(pthread_create(&running[i % AT_ONCE], NULL,
					 life, result),
				0);
		else
			free(result);
		result = NULL;
	}
}

int main(int argc, char **argv)
{
	size_t threads = check_argument(argc, argv, 1, 20000);
	size_t before, after;

	alarm(argc > 1 ? 0 : 600);
	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	churn((WARM_UP + AT_ONCE) / AT_ONCE * AT_ONCE);
	/* what is kept for reuse comes and goes; this is about the rest */
	malloc_trim(0);
	before = resident_bytes();
	churn((threads + AT_ONCE) / AT_ONCE * AT_ONCE);
	malloc_trim(0);
	after = resident_bytes();
	CHECK_AT(after <= before + MIB, after - before);
	return 0;
}
