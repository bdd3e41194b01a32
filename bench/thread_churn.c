/* SPDX-License-Identifier: MIT */
/*
 * thread_churn - many short threads, each with a handful of blocks.
 *
 * What a thread costs that allocates at all: its heap set up at the first
 * malloc, given back at its end.  Threads run a few at a time; each of them
 * leaves one block for the main thread to check and free, so that no heap
 * is simply empty when its thread has gone.
 */
#include "bench.h"

enum {
	BLOCKS = 16,		/* of a thread */
	LARGEST = 512,		/* bytes */
};

struct worker {
	struct rng rng;
	unsigned char *left;	/* the block for the main thread */
	size_t left_size;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned char *block[BLOCKS];
	size_t size[BLOCKS];

	for (size_t i = 0; i < BLOCKS; i++) {
		size[i] = rng_range(&w->rng, 1, LARGEST);
		block[i] = block_new(size[i], i);
	}
	for (size_t i = 1; i < BLOCKS; i++)
		block_delete(block[i], size[i], i);
	w->left = block[0];
	w->left_size = size[0];
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS];
	uint64_t total, seed, done = 0;
	size_t threads;
	double start, seconds;

	arg_help(argc, argv, "[TOTAL [SEED [THREADS]]]\n"
		 "  TOTAL    threads, altogether (20000)\n"
		 "  SEED     of the random numbers (1)\n"
		 "  THREADS  at a time (4)");
	total = arg_number(argc, argv, 1, "TOTAL", 20000, 1, UINT64_MAX);
	seed = arg_number(argc, argv, 2, "SEED", 1, 0, UINT64_MAX);
	threads = arg_number(argc, argv, 3, "THREADS", 4, 2, MAX_THREADS);
	start = now();
	while (done < total) {
		for (size_t i = 0; i < threads; i++)
			workers[i].rng = rng_new(seed, done + i);
		threads_run(threads, work, workers, sizeof(workers[0]));
		for (size_t i = 0; i < threads; i++)
			block_delete(workers[i].left, workers[i].left_size, 0);
		done += threads;
	}
	seconds = now() - start;
	printf("thread_churn: %.2f us/thread, threads=%" PRIu64
	       " seconds=%.4f\n", seconds / (double)done * 1e6, done, seconds);
	return 0;
}
