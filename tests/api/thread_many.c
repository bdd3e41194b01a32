/* SPDX-License-Identifier: MIT */
/*
 * Hundreds of threads alive at once, each with blocks of its own and of
 * others: all works, and a thread that does little costs little.
 *
 * thread_many [THREADS]
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>

#include "hakmem.h"

#define MAX_THREADS 2000
#define EACH 30

/* What a thread may cost: the C library's stack and ours, blocks included. */
#define PER_THREAD (128 * KIB)

static unsigned char *blocks[MAX_THREADS][EACH];
static pthread_barrier_t barrier;
static size_t threads, before, during;

static size_t size_at(size_t thread, size_t i)
{
	return (thread * 31 + i * 97) % 1000 + 1;
}

static void *work(void *argument)
{
	size_t me = (uintptr_t)argument;
	size_t other = (me * 7 + 1) % threads;

	for (size_t i = 0; i < EACH; i++) {
		blocks[me][i] = HIDE(malloc(size_at(me, i)));
		CHECK(blocks[me][i] != NULL);
		pattern_fill(blocks[me][i], 0, size_at(me, i), me + i);
	}
	/* all hold their blocks; one looks at what that costs */
	if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		during = resident_bytes();
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < EACH; i++) {
		CHECK_PATTERN(blocks[other][i], 0, size_at(other, i),
			other + i);
		free(blocks[other][i]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t all[MAX_THREADS];
	struct hakmem_stats stats;
	pthread_attr_t attr;

	alarm(300);
	/* `other` must be a permutation: not a multiple of 7 */
	threads = check_argument(argc, argv, 1, 600);
	threads += threads % 7 == 0;
	CHECK(threads <= MAX_THREADS);
	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstacksize(&attr, 256 * KIB), 0);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, (unsigned int)threads),
		0);
	for (int round = 0; round < 3; round++) {
		before = resident_bytes();
		for (size_t i = 0; i < threads; i++) {
			int err = pthread_create(&all[i], &attr, work,
				(void *)i);

			if (err == EAGAIN)
				CHECK_SKIP("no more threads to be had");
			CHECK_EQ(err, 0);
		}
		for (size_t i = 0; i < threads; i++)
			CHECK_EQ(pthread_join(all[i], NULL), 0);
		if (round == 0 && during > before)
			CHECK_AT((during - before) / threads < PER_THREAD,
				(during - before) / threads);
	}
	CHECK_EQ(hakmem_stats_get(&stats, sizeof(stats)), 0);
	/* ended threads leave their heaps to new ones */
	CHECK_AT(stats.heaps <= threads + 8, stats.heaps);
	return 0;
}
