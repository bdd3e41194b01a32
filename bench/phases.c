/* SPDX-License-Identifier: MIT */
/*
 * phases - a program whose needs change: what becomes of the old memory?
 *
 * A heap of mixed sizes is built (evenly spread over the powers of two from
 * 16 bytes to 16 KiB, so that small blocks are the most and large ones hold
 * the most), 95 % of its blocks are freed in random order, then half as
 * much memory is allocated in another, single size; then nothing happens
 * for a second, and a little happens after that.
 *
 * After each phase a line tells the resident memory and what the program
 * has asked for and not freed (live).  The program's own tables are not in
 * either.  The figure is resident over live after the idle second.
 */
#include "bench.h"

enum {
	SMALLEST_SHIFT = 4,	/* 16 bytes */
	LARGEST_SHIFT = 14,	/* 16 KiB */
	KEEP_EVERY = 20,	/* 5 % stay */
	PAGE = 4096,
	TICK_PAIRS = 1000,
};

struct heap {
	unsigned char **block;
	uint32_t *size;
	size_t count;
	size_t room;
};

static size_t live;		/* bytes in blocks */
static size_t tables;		/* bytes of ours that were touched */

/* Resident bytes of this process, without our tables. */
static size_t resident(void)
{
	size_t kib = status_kib("VmRSS:");

	return kib * KIB > tables ? kib * KIB - tables : 0;
}

static double tell(const char *phase)
{
	size_t rss = resident();
	double ratio = (double)rss / (double)live;

	printf("phases: %-6s VmRSS %7.1f MiB, live %7.1f MiB, ratio %.3f\n",
	       phase, (double)rss / (double)MIB, (double)live / (double)MIB,
	       ratio);
	return ratio;
}

static struct heap heap_new(size_t room)
{
	return (struct heap){
		.block = table_new(room, sizeof(unsigned char *)),
		.size = table_new(room, sizeof(uint32_t)), .room = room,
	};
}

/* Adds a block, a byte written in each of its pages. */
static void heap_add(struct heap *h, size_t size)
{
	size_t n = h->count;

	if (n == h->room)
		die("the table of blocks is full");
	h->block[n] = block_raw(size);
	for (size_t i = 0; i < size; i += PAGE)
		h->block[n][i] = 1;
	block_mark(h->block[n], size, n);
	h->size[n] = (uint32_t)size;
	h->count++;
	live += size;
	tables += sizeof(*h->block) + sizeof(*h->size);
}

static void heap_drop(struct heap *h, size_t n)
{
	block_delete(h->block[n], h->size[n], n);
	h->block[n] = NULL;
	live -= h->size[n];
}

/* A size of 16 bytes to 16 KiB, each power of two equally likely. */
static size_t mixed_size(struct rng *rng)
{
	uint64_t random = rng_next(rng);
	size_t shift = SMALLEST_SHIFT +
		scale_low(random, LARGEST_SHIFT - SMALLEST_SHIFT);

	return ((size_t)1 << shift) + scale_high(random, (size_t)1 << shift);
}

/* Frees all but every 20th block, in random order. */
static void heap_thin(struct heap *h, struct rng *rng)
{
	uint32_t *turn = table_new(h->count, sizeof(*turn));

	for (size_t n = 0; n < h->count; n++) {
		size_t j = rng_below(rng, n + 1);

		turn[n] = turn[j];
		turn[j] = (uint32_t)n;
	}
	for (size_t n = 0; n < h->count; n++)
		if (n % KEEP_EVERY)
			heap_drop(h, turn[n]);
	munmap(turn, h->count * sizeof(*turn));
}

int main(int argc, char **argv)
{
	size_t bytes, other, idle_ms;
	uint64_t seed;
	struct heap first, second;
	struct rng rng;
	double after_free, after_idle, after_tick;
	struct timespec idle;

	arg_help(argc, argv, "[MIB [SEED [SIZE [IDLE]]]]\n"
		 "  MIB   size of the first heap (500)\n"
		 "  SEED  of the random numbers (1)\n"
		 "  SIZE  of the blocks that are built then (3000)\n"
		 "  IDLE  milliseconds (1000)");
	bytes = arg_number(argc, argv, 1, "MIB", 500, 1, 1 << 20) * MIB;
	seed = arg_number(argc, argv, 2, "SEED", 1, 0, UINT64_MAX);
	other = arg_number(argc, argv, 3, "SIZE", 3000, 1, 1 << 24);
	idle_ms = arg_number(argc, argv, 4, "IDLE", 1000, 0, 1000000);
	rng = rng_new(seed, 0);
	first = heap_new(bytes >> SMALLEST_SHIFT);
	second = heap_new(bytes / 2 / other + 1);

	while (live < bytes)
		heap_add(&first, mixed_size(&rng));
	tell("build");
	heap_thin(&first, &rng);
	after_free = tell("free");
	for (size_t done = 0; done < bytes / 2; done += other)
		heap_add(&second, other);
	tell("other");
	idle.tv_sec = (time_t)(idle_ms / 1000);
	idle.tv_nsec = (long)(idle_ms % 1000) * 1000000;
	nanosleep(&idle, NULL);
	after_idle = tell("idle");
	for (size_t i = 0; i < TICK_PAIRS; i++)
		block_delete(block_new(64, i), 64, i);
	after_tick = tell("tick");

	for (size_t n = 0; n < first.count; n++)
		if (first.block[n])
			heap_drop(&first, n);
	for (size_t n = 0; n < second.count; n++)
		heap_drop(&second, n);
	printf("phases: %.3f x live after idle, after_free=%.3f "
	       "after_tick=%.3f\n", after_idle, after_free, after_tick);
	return 0;
}
