/* SPDX-License-Identifier: MIT */
/*
 * medium - blocks of 8 to 16000 bytes, every byte written.
 *
 * Random replacement of blocks whose use costs about as much as getting
 * them: half come from malloc, the rest from posix_memalign and
 * aligned_alloc with alignments of 8 and 16.  The sizes lie around the
 * border between slabs and page runs.
 */
#include "bench.h"

struct slot {
	unsigned char *block;
	size_t size;
};

/* A block by one of three calls, all of it written. */
static unsigned char *fill(size_t size, size_t n, size_t call)
{
	size_t align = call == 0 ? 8 : 16;
	void *p = NULL;

	if (call == 0) {
		if (posix_memalign(&p, align, size))
			p = NULL;
	} else if (call == 1) {
		p = aligned_alloc(align, size + (align - size % align) % align);
	} else {
		p = malloc(size);
	}
	if (!p)
		die("%zu bytes aligned to %zu: no memory", size, align);
	if ((uintptr_t)p % align && (call < 2 || size >= align))
		die("block %p of %zu bytes is not aligned to %zu", p, size,
		    align);
	memset(p, block_stamp(size, n), size);
	return p;
}

int main(int argc, char **argv)
{
	uint64_t steps, seed;
	size_t slots, min, max;
	struct slot *slot;
	struct rng rng;
	double start;

	arg_help(argc, argv, "[STEPS [SLOTS [SEED [MIN MAX]]]]\n"
		 "  STEPS    blocks replaced (2000000)\n"
		 "  SLOTS    live blocks (1000)\n"
		 "  SEED     of the random numbers (1)\n"
		 "  MIN MAX  block sizes in bytes (8 16000)");
	steps = arg_number(argc, argv, 1, "STEPS", 2000000, 0, UINT64_MAX);
	slots = arg_number(argc, argv, 2, "SLOTS", 1000, 1, 1 << 28);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	min = arg_number(argc, argv, 4, "MIN", 8, 1, 1 << 30);
	max = arg_number(argc, argv, 5, "MAX", min > 16000 ? min : 16000, min,
			 1 << 30);
	rng = rng_new(seed, 0);
	slot = table_new(slots, sizeof(*slot));
	start = now();
	for (uint64_t i = 0; i < steps; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, slots);
		struct slot *s = &slot[n];

		if (s->block)
			block_delete(s->block, s->size, n);
		s->size = min + scale_low(random, max - min + 1);
		s->block = fill(s->size, n, random % 4);
	}
	for (size_t n = 0; n < slots; n++)
		if (slot[n].block)
			block_delete(slot[n].block, slot[n].size, n);
	report_ops("medium", steps, now() - start);
	return 0;
}
