/* SPDX-License-Identifier: MIT */
/*
 * large - blocks of megabytes.
 *
 * memset: 20 live blocks of 5 to 25 MiB; a random one is freed, another
 * size allocated and cleared.  calloc: the same through calloc, of which a
 * word in every page is checked for zero and written: memory that the
 * kernel has just cleared need not be cleared again.  realloc: a block that
 * grows by an eighth at a time from 64 KiB to 256 MiB, with small blocks
 * allocated in between, what it held checked on the way: copying each time
 * moves eight times as much as remapping does.
 */
#include "bench.h"

enum mode { MEMSET, CALLOC, REALLOC };

static const char *const mode_names[] = { "memset", "calloc", "realloc" };

enum {
	BLOCKS = 20,
	PAGE = 4096,
	NEIGHBOURS = 64,
};

#define SMALLEST (5 * MIB)
#define LARGEST (25 * MIB)
#define GROW_FROM (64 * KIB)
#define GROW_TO (256 * MIB)

static unsigned char *get_cleared(size_t size, size_t tag)
{
	unsigned char *p = block_raw(size);

	memset(p, 0, size);
	block_mark(p, size, tag);
	return p;
}

static unsigned char *get_zeroed(size_t size, size_t tag)
{
	unsigned char *p = calloc(size / PAGE, PAGE);

	if (!p)
		die("calloc of %zu bytes failed", size);
	for (size_t i = 0; i + sizeof(uint64_t) <= size / PAGE * PAGE;
	     i += PAGE) {
		uint64_t word;

		memcpy(&word, p + i, sizeof(word));
		if (word)
			die("calloc of %zu bytes: not zero at %zu", size, i);
		p[i] = 1;
	}
	block_mark(p, size / PAGE * PAGE, tag);
	return p;
}

static void replace_blocks(enum mode mode, uint64_t steps, struct rng *rng)
{
	unsigned char *block[BLOCKS] = { NULL };
	size_t size[BLOCKS] = { 0 };

	for (uint64_t i = 0; i < steps + BLOCKS; i++) {
		size_t n = i < BLOCKS ? i : rng_below(rng, BLOCKS);

		if (block[n])
			block_delete(block[n], size[n], n);
		size[n] = rng_range(rng, SMALLEST, LARGEST) / PAGE * PAGE;
		block[n] = mode == CALLOC ? get_zeroed(size[n], n) :
			get_cleared(size[n], n);
	}
	for (size_t n = 0; n < BLOCKS; n++)
		block_delete(block[n], size[n], n);
}

/* Every page begins with its number: the old ones after each move. */
static void check_pages(const unsigned char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		size_t number;

		memcpy(&number, p + i * PAGE, sizeof(number));
		if (number != i)
			die("realloc lost page %zu of %zu", i, pages);
	}
}

static void number_pages(unsigned char *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		memcpy(p + i * PAGE, &i, sizeof(i));
}

static void grow_block(struct rng *rng)
{
	unsigned char *neighbour[NEIGHBOURS] = { NULL };
	size_t neighbours = 0;
	size_t pages = GROW_FROM / PAGE;
	unsigned char *p = block_raw(GROW_FROM);

	number_pages(p, 0, pages);
	while (pages < GROW_TO / PAGE) {
		size_t more = pages + pages / 8;

		if (more > GROW_TO / PAGE)
			more = GROW_TO / PAGE;
		p = realloc(p, more * PAGE);
		if (!p)
			die("realloc of %zu pages failed", more);
		number_pages(p, pages, more);
		pages = more;
		if (neighbours < NEIGHBOURS)
			neighbour[neighbours++] =
				block_new(rng_range(rng, KIB, 64 * KIB), 0);
	}
	check_pages(p, pages);
	free(p);
	while (neighbours)
		free(neighbour[--neighbours]);
}

static enum mode parse_mode(const char *name)
{
	for (int m = MEMSET; m <= REALLOC; m++)
		if (!strcmp(name, mode_names[m]))
			return (enum mode)m;
	fprintf(stderr, "large: memset, calloc or realloc?\n");
	exit(2);
}

int main(int argc, char **argv)
{
	enum mode mode;
	uint64_t steps, seed;
	struct rng rng;
	double start, seconds;

	arg_help(argc, argv, "[memset|calloc|realloc [STEPS [SEED]]]\n"
		 "  STEPS  blocks replaced, or blocks grown (100)\n"
		 "  SEED   of the random numbers (1)");
	mode = argc > 1 ? parse_mode(argv[1]) : MEMSET;
	steps = arg_number(argc, argv, 2, "STEPS", 100, 1, UINT64_MAX);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	rng = rng_new(seed, 0);
	start = now();
	if (mode == REALLOC)
		for (uint64_t i = 0; i < steps; i++)
			grow_block(&rng);
	else
		replace_blocks(mode, steps, &rng);
	seconds = now() - start;
	printf("large: %.3f ms/step, mode=%s steps=%" PRIu64
	       " seconds=%.4f\n", seconds / (double)steps * 1e3,
	       mode_names[mode], steps, seconds);
	return 0;
}
