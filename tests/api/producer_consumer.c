/* SPDX-License-Identifier: MIT */
/*
 * Blocks that one thread allocates and another frees.  Threads that only
 * free, in order and scattered; an owner that sits idle meanwhile.  Memory
 * must come back, or the process grows for ever.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#define QUEUE 4096

struct queue {
	_Atomic(unsigned char *) slots[QUEUE];
};

static struct queue queues[4];
static size_t count;

static size_t size_at(size_t i)
{
	static const size_t sizes[] = { 24, 100, 256, 900, 2000, 6000, 14000 };

	return sizes[i % 7] + i % 11;
}

static void *produce(void *argument)
{
	struct queue *queue = argument;

	for (size_t i = 0; i < count; i++) {
		size_t size = size_at(i);
		unsigned char *p = HIDE(malloc(size));

		CHECK(p != NULL);
		pattern_fill(p, 0, size, i);
		while (atomic_load_explicit(&queue->slots[i % QUEUE],
			memory_order_acquire))
			sched_yield();
		atomic_store_explicit(&queue->slots[i % QUEUE], p,
			memory_order_release);
	}
	return NULL;
}

static void *consume(void *argument)
{
	struct queue *queue = argument;

	for (size_t i = 0; i < count; i++) {
		unsigned char *p;

		while (!(p = atomic_exchange_explicit(&queue->slots[i % QUEUE],
				 NULL, memory_order_acq_rel)))
			sched_yield();
		CHECK_PATTERN(p, 0, size_at(i), i);
		free(p);
	}
	return NULL;
}

/* A stream of many times the memory that is alive at any moment. */
static void stream(void)
{
	pthread_t threads[8];
	size_t start = resident_bytes();

	for (size_t i = 0; i < 4; i++) {
		CHECK_EQ(pthread_create(&threads[2 * i], NULL, produce,
				 &queues[i]),
			0);
		CHECK_EQ(pthread_create(&threads[2 * i + 1], NULL, consume,
				 &queues[i]),
			0);
	}
	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	/* at most 4 full queues were alive: about 55 MiB */
	CHECK_AT(resident_bytes() < start + 130 * MIB, resident_bytes());
}

#define IDLE_BLOCKS 400000
#define IDLE_SIZE 500

static unsigned char **blocks;
static pthread_barrier_t barrier;

static void *idle_owner(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < IDLE_BLOCKS; i++) {
		blocks[i] = HIDE(malloc(IDLE_SIZE));
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, IDLE_SIZE);
	}
	pthread_barrier_wait(&barrier);
	/* no call into the allocator until the others are done */
	pthread_barrier_wait(&barrier);
	return NULL;
}

/*
 * Another thread frees all blocks of one that is asleep, then needs as much
 * memory itself: it is the same memory.
 */
static void asleep(int scattered)
{
	size_t total = (size_t)IDLE_BLOCKS * IDLE_SIZE;
	size_t base, peak;
	pthread_t owner;

	blocks = HIDE(calloc(IDLE_BLOCKS, sizeof(*blocks)));
	CHECK(blocks != NULL);
	malloc_trim(0);
	base = resident_bytes();
	pthread_barrier_init(&barrier, NULL, 2);
	CHECK_EQ(pthread_create(&owner, NULL, idle_owner, NULL), 0);
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < IDLE_BLOCKS; i++) {
		size_t k = scattered ? i * 7919 % IDLE_BLOCKS : i;

		free(blocks[k]);
	}
	for (size_t i = 0; i < IDLE_BLOCKS; i++) {
		blocks[i] = HIDE(malloc(1000 - IDLE_SIZE));
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, 1000 - IDLE_SIZE);
	}
	peak = resident_bytes();
	CHECK_AT(peak - base < total + total / 3, (peak - base) / MIB);
	for (size_t i = 0; i < IDLE_BLOCKS; i++)
		free(blocks[i]);
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_join(owner, NULL), 0);
	pthread_barrier_destroy(&barrier);
	free(blocks);
}

/* A thread whose only call is free() ends, and so does the next. */
static void *only_free(void *argument)
{
	unsigned char **mine = argument;

	for (size_t i = 0; i < 1000; i++)
		free(mine[i]);
	return NULL;
}

static void free_only_threads(void)
{
	static unsigned char *mine[1000];
	size_t base = 0;

	for (size_t round = 0; round < 400; round++) {
		pthread_t thread;

		for (size_t i = 0; i < 1000; i++) {
			size_t size = size_at(i + round);

			mine[i] = HIDE(malloc(size));
			CHECK(mine[i] != NULL);
			mine[i][0] = mine[i][size - 1] = 1;
		}
		CHECK_EQ(pthread_create(&thread, NULL, only_free, mine), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		if (round == 20)
			base = resident_bytes();
	}
	CHECK_AT(resident_bytes() < base + 8 * MIB, resident_bytes() - base);
}

int main(int argc, char **argv)
{
	alarm(argc > 1 ? 0 : 600);
	count = check_argument(argc, argv, 1, 100000);
	stream();
	asleep(0);
	asleep(1);
	free_only_threads();
	return 0;
}
