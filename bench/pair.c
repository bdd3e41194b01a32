/* SPDX-License-Identifier: MIT */
/*
 * pair - the price of one malloc and one free.
 *
 * A table of slots is full all the time; each step frees the block of a
 * random slot and allocates another one in its place.  Most blocks are
 * small (8-264 bytes), one in 16 is of up to 4 KiB, as in the heaps of most
 * programs.  The figure is nanoseconds per pair, the choice of slot and
 * size and the two touched lines included: with 8192 slots the table and
 * the heap fit in the second level cache.
 */
#include "bench.h"

enum {
	SMALL_MIN = 8,
	SMALL_MAX = 264,
	LARGE_MAX = 4096,
	LARGE_EVERY = 16,	/* a power of two */
};

struct slot {
	unsigned char *block;
	size_t size;
};

struct worker {
	struct rng rng;
	uint64_t pairs;
	size_t slots;
};

/* A size from the lower half of a random number. */
static size_t pick_size(uint64_t random)
{
	if (random % LARGE_EVERY == 0)
		return SMALL_MAX + scale_low(random, LARGE_MAX - SMALL_MAX + 1);
	return SMALL_MIN + scale_low(random, SMALL_MAX - SMALL_MIN + 1);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct rng rng = w->rng;
	struct slot *slots = table_new(w->slots, sizeof(*slots));

	for (size_t n = 0; n < w->slots; n++) {
		slots[n].size = pick_size(rng_next(&rng));
		slots[n].block = block_new(slots[n].size, n);
	}
	for (uint64_t i = 0; i < w->pairs; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, w->slots);
		struct slot *s = &slots[n];

		block_delete(s->block, s->size, n);
		s->size = pick_size(random);
		s->block = block_new(s->size, n);
	}
	for (size_t n = 0; n < w->slots; n++)
		block_delete(slots[n].block, slots[n].size, n);
	munmap(slots, w->slots * sizeof(*slots));
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS];
	uint64_t pairs, seed;
	size_t slots, threads;
	double seconds;

	arg_help(argc, argv, "[PAIRS [SLOTS [SEED [THREADS]]]]\n"
		 "  PAIRS    of each thread (20000000)\n"
		 "  SLOTS    live blocks of each thread (8192)\n"
		 "  SEED     of the random numbers (1)\n"
		 "  THREADS  (1)");
	pairs = arg_number(argc, argv, 1, "PAIRS", 20000000, 1, UINT64_MAX);
	slots = arg_number(argc, argv, 2, "SLOTS", 8192, 1, 1 << 28);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	threads = arg_number(argc, argv, 4, "THREADS", 1, 1, MAX_THREADS);
	for (size_t i = 0; i < threads; i++)
		workers[i] = (struct worker){
			.rng = rng_new(seed, i), .pairs = pairs,
			.slots = slots,
		};
	seconds = threads_run(threads, work, workers, sizeof(workers[0]));
	printf("pair: %.2f ns/pair, pairs=%" PRIu64 " threads=%zu "
	       "seconds=%.4f\n", seconds / (double)pairs * 1e9, pairs, threads,
	       seconds);
	return 0;
}
