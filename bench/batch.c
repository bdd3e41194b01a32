/* SPDX-License-Identifier: MIT */
/*
 * batch - N blocks of one size allocated in a row, then all freed: in the
 * order of their allocation, in reverse, and shuffled.
 *
 * A thread cache swallows the small batches; the larger ones go through
 * refill and flush, and the largest fill and empty whole slabs.  Without an
 * N of its own the program climbs through 25, 100, 400, 1600 and 6400
 * blocks with the same number of operations on each step.
 */
#include "bench.h"

enum order { IN_ORDER, REVERSE, SHUFFLED, ORDERS };

static const char *const order_names[] = { "inorder", "reverse", "shuffled" };
static const size_t ladder[] = { 25, 100, 400, 1600, 6400 };
#define LADDER_STEPS (sizeof(ladder) / sizeof(ladder[0]))

struct worker {
	struct rng rng;
	uint64_t blocks;	/* to allocate and free, altogether */
	size_t size;
	size_t batch;		/* 0: every step of the ladder */
	int order;		/* -1: each order in its turn */
};

/* Fills table[] with 0..n-1 in the order in which blocks are to be freed. */
static void fill_order(uint32_t *table, size_t n, enum order order,
		       struct rng *rng)
{
	for (size_t i = 0; i < n; i++)
		table[i] = (uint32_t)(order == REVERSE ? n - 1 - i : i);
	if (order != SHUFFLED)
		return;
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(rng, i);
		uint32_t t = table[i - 1];

		table[i - 1] = table[j];
		table[j] = t;
	}
}

static void run_batches(const struct worker *w, struct rng *rng,
			unsigned char **block, uint32_t *turn, size_t n,
			enum order order, uint64_t blocks)
{
	uint64_t rounds = blocks / n + 1;

	fill_order(turn, n, order, rng);
	for (uint64_t r = 0; r < rounds; r++) {
		for (size_t i = 0; i < n; i++)
			block[i] = block_new(w->size, i);
		for (size_t i = 0; i < n; i++)
			block_delete(block[turn[i]], w->size, turn[i]);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct rng rng = w->rng;
	size_t steps = w->batch ? 1 : LADDER_STEPS;
	size_t largest = w->batch ? w->batch : ladder[LADDER_STEPS - 1];
	unsigned char **block = table_new(largest, sizeof(*block));
	uint32_t *turn = table_new(largest, sizeof(*turn));
	uint64_t share = w->blocks / steps / (w->order < 0 ? ORDERS : 1);

	for (size_t s = 0; s < steps; s++) {
		size_t n = w->batch ? w->batch : ladder[s];

		for (int o = 0; o < ORDERS; o++)
			if (w->order < 0 || w->order == o)
				run_batches(w, &rng, block, turn, n,
					    (enum order)o, share);
	}
	munmap(block, largest * sizeof(*block));
	munmap(turn, largest * sizeof(*turn));
	return NULL;
}

static int parse_order(const char *name)
{
	for (int o = 0; o < ORDERS; o++)
		if (!strcmp(name, order_names[o]))
			return o;
	if (!strcmp(name, "all"))
		return -1;
	fprintf(stderr, "batch: ORDER is inorder, reverse, shuffled or all\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS];
	uint64_t blocks, seed;
	size_t size, threads, batch;
	int order;
	double seconds;

	arg_help(argc, argv,
		 "[BLOCKS [SIZE [SEED [THREADS [N [ORDER]]]]]]\n"
		 "  BLOCKS  to allocate and free in each thread (10000000)\n"
		 "  SIZE    of each block in bytes (128)\n"
		 "  SEED    of the random numbers (1)\n"
		 "  THREADS (1)\n"
		 "  N       blocks of a batch; 0: 25, 100, 400, 1600, 6400\n"
		 "  ORDER   inorder, reverse, shuffled or all (all)");
	blocks = arg_number(argc, argv, 1, "BLOCKS", 10000000, 1, UINT64_MAX);
	size = arg_number(argc, argv, 2, "SIZE", 128, 1, 1 << 30);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	threads = arg_number(argc, argv, 4, "THREADS", 1, 1, MAX_THREADS);
	batch = arg_number(argc, argv, 5, "N", 0, 0, 1 << 24);
	order = argc > 6 ? parse_order(argv[6]) : -1;
	for (size_t i = 0; i < threads; i++)
		workers[i] = (struct worker){
			.rng = rng_new(seed, i), .blocks = blocks,
			.size = size, .batch = batch, .order = order,
		};
	seconds = threads_run(threads, work, workers, sizeof(workers[0]));
	report_ops("batch", blocks * threads * 2, seconds);
	return 0;
}
