/* SPDX-License-Identifier: MIT */
/*
 * busy_threads - far more threads than processors, all with work to do.
 *
 * Each thread replaces blocks in slots of its own, mostly small ones, some
 * of up to 16 KiB; one step in 16 swaps a block with a place in a table that
 * all share, so blocks wander.  With dozens of threads on a few processors
 * any of them may lose its processor at any moment, in the middle of an
 * allocation too: an allocator that holds a lock then, or waits for one by
 * turning in circles, holds up all others.  And each thread has a cache,
 * so many threads have much in them.
 */
#include "bench.h"

enum {
	SLOTS = 64,		/* of each thread */
	SHARED = 512,		/* places of the exchange */
	SWAP_EVERY = 16,	/* steps */
	LARGE_EVERY = 32,
	SMALLEST = 16,		/* bytes */
	SMALL_MAX = 1024,
	LARGE_MAX = 16384,
};

/* What a block begins with; its stamp lies behind that. */
struct block {
	uint32_t size;		/* of what follows */
	uint32_t tag;
};

struct worker {
	struct rng rng;
	uint64_t steps;
};

/*
 * Written by all threads with an exchange; acquire and release, so that a
 * thread sees what the block's former holder has written into it.
 */
static struct block *shared[SHARED];

static struct block *take(uint64_t random)
{
	size_t most = random % LARGE_EVERY ? SMALL_MAX : LARGE_MAX;
	size_t size = SMALLEST + scale_low(random, most - SMALLEST + 1);
	struct block *b = (struct block *)block_raw(sizeof(*b) + size);

	b->size = (uint32_t)size;
	b->tag = (uint32_t)(random >> 40);
	block_mark((unsigned char *)(b + 1), size, b->tag);
	return b;
}

static void give(struct block *b)
{
	unsigned char *stamp;

	if (!b)
		return;
	stamp = (unsigned char *)(b + 1);
	block_check(stamp, b->size, b->tag);
	*stamp = (unsigned char)~*stamp;
	__asm__ volatile("" : : "r"(b) : "memory");
	free(b);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct block *slot[SLOTS] = { NULL };
	struct rng rng = w->rng;

	for (uint64_t i = 0; i < w->steps; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, SLOTS);

		if (i % SWAP_EVERY == 0)
			slot[n] = __atomic_exchange_n(
				&shared[scale_low(random, SHARED)], slot[n],
				__ATOMIC_ACQ_REL);
		give(slot[n]);
		slot[n] = take(random);
	}
	for (size_t n = 0; n < SLOTS; n++)
		give(slot[n]);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS];
	uint64_t steps, seed;
	size_t threads;
	double seconds;

	arg_help(argc, argv, "[STEPS [THREADS [SEED]]]\n"
		 "  STEPS    of each thread (100000)\n"
		 "  THREADS  (64)\n"
		 "  SEED     of the random numbers (1)");
	steps = arg_number(argc, argv, 1, "STEPS", 100000, 1, UINT64_MAX);
	threads = arg_number(argc, argv, 2, "THREADS", 64, 1, MAX_THREADS);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	for (size_t i = 0; i < threads; i++)
		workers[i] = (struct worker){
			.rng = rng_new(seed, i), .steps = steps,
		};
	seconds = threads_run(threads, work, workers, sizeof(workers[0]));
	for (size_t i = 0; i < SHARED; i++)
		give(shared[i]);
	report_ops("busy_threads", steps * threads, seconds);
	return 0;
}
