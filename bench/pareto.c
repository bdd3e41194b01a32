/* SPDX-License-Identifier: MIT */
/*
 * pareto - random replacement in a heap that no cache holds.
 *
 * A million slots are filled, then blocks of random slots are freed and
 * allocated anew.  Sizes are Pareto-like: the smallest are the most
 * frequent, and twice the size is half as likely (shape 1), up to 1 KB.
 * Each step misses the caches a few times whatever the allocator does; what
 * it adds to that, and how densely it packs, is the difference.
 */
#include "bench.h"

enum {
	SMALLEST = 16,
	SIZES = 4096,		/* entries of the table of sizes */
};

/* min / (1 - u) for evenly spread u, cut off at the largest. */
static void fill_sizes(uint16_t *sizes, size_t largest)
{
	for (size_t i = 0; i < SIZES; i++) {
		size_t size = (size_t)SMALLEST * SIZES / (SIZES - i);

		sizes[i] = (uint16_t)(size < largest ? size : largest);
	}
}

int main(int argc, char **argv)
{
	static uint16_t sizes[SIZES];
	uint64_t steps, seed;
	size_t slots, largest;
	unsigned char **block;
	uint16_t *size;
	struct rng rng;
	double start;

	arg_help(argc, argv, "[STEPS [SLOTS [SEED [MAX]]]]\n"
		 "  STEPS  blocks replaced (2000000)\n"
		 "  SLOTS  live blocks (1048576)\n"
		 "  SEED   of the random numbers (1)\n"
		 "  MAX    largest size in bytes (1024)");
	steps = arg_number(argc, argv, 1, "STEPS", 2000000, 0, UINT64_MAX);
	slots = arg_number(argc, argv, 2, "SLOTS", 1 << 20, 1, 1 << 28);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	largest = arg_number(argc, argv, 4, "MAX", 1024, SMALLEST, UINT16_MAX);
	rng = rng_new(seed, 0);
	block = table_new(slots, sizeof(*block));
	size = table_new(slots, sizeof(*size));
	fill_sizes(sizes, largest);
	start = now();
	for (size_t n = 0; n < slots; n++) {
		size[n] = sizes[rng_below(&rng, SIZES)];
		block[n] = block_new(size[n], n);
	}
	for (uint64_t i = 0; i < steps; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, slots);

		block_delete(block[n], size[n], n);
		size[n] = sizes[scale_low(random, SIZES)];
		block[n] = block_new(size[n], n);
	}
	for (size_t n = 0; n < slots; n++)
		block_delete(block[n], size[n], n);
	report_ops("pareto", steps + slots, now() - start);
	return 0;
}
