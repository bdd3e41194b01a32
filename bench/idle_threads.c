/* SPDX-License-Identifier: MIT */
/*
 * idle_threads - many threads that have worked once and now only wait.
 *
 * A server has a thread for each of its connections, and most of them are
 * asleep most of the time.  Here each thread allocates and frees blocks of
 * 16 to 1024 bytes, 64 at a time, holds none in the end, and waits until all
 * others have done so too.  What the process has grown by since all threads
 * were there, each with its stack and nothing allocated, is what its
 * allocator keeps for threads that need nothing.
 *
 * The figure is that growth, in resident KiB for each thread.
 */
#include "bench.h"

enum {
	BLOCKS = 64,		/* at a time */
	SMALLEST = 16,		/* bytes */
	LARGEST = 1024,
	STACK_USED = 8192,	/* touched before anything is counted */
	THREADS_MAX = 20000,
};

struct worker {
	struct rng rng;
	pthread_t id;
};

static pthread_barrier_t barrier;
static uint64_t rounds;

/* Touches the part of the stack that the allocator may use later. */
__attribute__((noinline))
static void use_stack(void)
{
	char space[STACK_USED];

	memset(space, 1, sizeof(space));
	__asm__ volatile("" : : "r"(space) : "memory");
}

static void use_blocks(struct rng *rng)
{
	unsigned char *block[BLOCKS];
	size_t size[BLOCKS];

	for (size_t i = 0; i < BLOCKS; i++) {
		size[i] = rng_range(rng, SMALLEST, LARGEST);
		block[i] = block_new(size[i], i);
	}
	/* In an order that is neither that of a queue nor of a stack. */
	for (size_t i = 0; i < BLOCKS; i++) {
		size_t n = i * 37 % BLOCKS;

		block_delete(block[n], size[n], n);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	use_stack();
	pthread_barrier_wait(&barrier);		/* all are there */
	pthread_barrier_wait(&barrier);		/* memory was looked at */
	for (uint64_t i = 0; i < rounds; i++)
		use_blocks(&w->rng);
	pthread_barrier_wait(&barrier);		/* all are idle */
	pthread_barrier_wait(&barrier);		/* memory was looked at */
	use_blocks(&w->rng);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker *workers;
	size_t threads, before, after;
	uint64_t seed;
	double start, seconds;

	arg_help(argc, argv, "[ROUNDS [THREADS [SEED]]]\n"
		 "  ROUNDS   of 64 blocks, of each thread (200)\n"
		 "  THREADS  (64)\n"
		 "  SEED     of the random numbers (1)");
	rounds = arg_number(argc, argv, 1, "ROUNDS", 200, 1, UINT64_MAX);
	threads = arg_number(argc, argv, 2, "THREADS", 64, 1, THREADS_MAX);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	workers = table_new(threads, sizeof(*workers));
	pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
	start = now();
	for (size_t i = 0; i < threads; i++) {
		workers[i].rng = rng_new(seed, i);
		workers[i].id = thread_start(work, &workers[i]);
	}
	pthread_barrier_wait(&barrier);
	before = status_kib("VmRSS:");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	after = status_kib("VmRSS:");
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < threads; i++)
		thread_join(workers[i].id);
	seconds = now() - start;
	printf("idle_threads: %.2f KiB/thread, threads=%zu seconds=%.4f\n",
	       (double)(after > before ? after - before : 0) /
	       (double)threads, threads, seconds);
	return 0;
}
