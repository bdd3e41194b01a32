/* SPDX-License-Identifier: MIT */
/*
 * random_mixed - a working set of slots, filled and emptied at random.
 *
 * Each step picks a slot: a block that is there is checked and freed, into
 * an empty one goes a block of a random size, its first and last byte
 * written.  On average half of the slots are taken.  These are the program
 * and the arguments by which hakmem has always been measured (40000000 400
 * 1); sizes and threads may follow.  Every thread has slots of its own.
 */
#include "bench.h"

struct slot {
	unsigned char *block;
	size_t size;
};

struct worker {
	struct rng rng;
	uint64_t steps;
	size_t slots;
	size_t min;
	size_t max;
	uint64_t every;		/* steps from line to line; 0: no lines */
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct rng rng = w->rng;
	struct slot *slots = table_new(w->slots, sizeof(*slots));
	size_t sizes = w->max - w->min + 1;
	uint64_t next = w->every - 1;
	double cpu = 0;

	for (uint64_t i = 0; i < w->steps; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, w->slots);
		struct slot *s = &slots[n];

		if (s->block) {
			block_delete(s->block, s->size, n);
			s->block = NULL;
		} else {
			s->size = w->min + scale_low(random, sizes);
			s->block = block_new(s->size, n);
		}
		if (i == next) {
			report_slice("random_mixed", w->every, &cpu);
			next += w->every;
		}
	}
	for (size_t n = 0; n < w->slots; n++)
		if (slots[n].block)
			block_delete(slots[n].block, slots[n].size, n);
	munmap(slots, w->slots * sizeof(*slots));
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS];
	uint64_t steps, seed, every;
	size_t slots, min, max, threads;
	double seconds;

	arg_help(argc, argv, "[ITERS [WS [SEED [MIN MAX [THREADS [EVERY]]]]]]\n"
		 "  ITERS  steps of each thread (20000000)\n"
		 "  WS     slots of each thread (400)\n"
		 "  SEED   of the random numbers (1)\n"
		 "  MIN MAX  block sizes in bytes (16 1024)\n"
		 "  THREADS  (1)\n"
		 "  EVERY    so many steps of the first thread it tells its "
		 "speed (0: never)");
	steps = arg_number(argc, argv, 1, "ITERS", 20000000, 1, UINT64_MAX);
	slots = arg_number(argc, argv, 2, "WS", 400, 1, 1 << 28);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	min = arg_number(argc, argv, 4, "MIN", 16, 1, 1 << 30);
	max = arg_number(argc, argv, 5, "MAX", min > 1024 ? min : 1024, min,
			 1 << 30);
	threads = arg_number(argc, argv, 6, "THREADS", 1, 1, MAX_THREADS);
	every = arg_number(argc, argv, 7, "EVERY", 0, 0, UINT64_MAX);
	for (size_t i = 0; i < threads; i++)
		workers[i] = (struct worker){
			.rng = rng_new(seed, i), .steps = steps,
			.slots = slots, .min = min, .max = max,
			.every = i ? 0 : every,
		};
	seconds = threads_run(threads, work, workers, sizeof(workers[0]));
	report_ops("random_mixed", steps * threads, seconds);
	return 0;
}
