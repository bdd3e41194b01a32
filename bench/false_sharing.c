/* SPDX-License-Identifier: MIT */
/*
 * false_sharing - threads that write blocks of a few bytes, again and again.
 *
 * thrash: every thread allocates its block itself.  Where an allocator
 * gives two threads blocks of one cache line (active false sharing), the
 * line goes back and forth with each write.
 *
 * scratch: the main thread allocates neighbouring blocks and gives each
 * thread one; the thread frees it and allocates again.  Where a block freed
 * by a stranger goes to the stranger's own cache, the threads share a line
 * from then on (passive false sharing).
 *
 * Each thread holds a few blocks at a time and writes them in turn, so that
 * not everything hangs on where one of them lies in its line.  Every block
 * counts its writes and must have the right count at the end.  Rounds with
 * new threads make the luck of one address count little.
 */
#include "bench.h"

enum { HELD = 16 };		/* blocks of a thread at a time */

struct worker {
	pthread_barrier_t *start;
	unsigned char *given[HELD];	/* to be freed first; scratch only */
	uint64_t sets;
	uint64_t writes;
	size_t size;
};

/* Holds a set of blocks, counts in them and gives them back. */
static void use_set(const struct worker *w)
{
	volatile unsigned char *p[HELD];

	for (size_t n = 0; n < HELD; n++) {
		p[n] = block_raw(w->size);
		p[n][0] = 0;
	}
	for (uint64_t i = 0; i < w->writes; i++)
		for (size_t n = 0; n < HELD; n++)
			p[n][0]++;
	for (size_t n = 0; n < HELD; n++) {
		if (p[n][0] != (unsigned char)w->writes)
			die("block %p has lost writes", (volatile void *)p[n]);
		free((void *)(uintptr_t)p[n]);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(w->start);
	for (size_t n = 0; n < HELD; n++)
		if (w->given[n])
			block_delete(w->given[n], w->size, n);
	for (uint64_t n = 0; n < w->sets; n++)
		use_set(w);
	return NULL;
}

/* Gives neighbouring blocks to different threads. */
static void give(struct worker *workers, size_t threads, size_t size)
{
	for (size_t n = 0; n < HELD; n++)
		for (size_t i = 0; i < threads; i++)
			workers[i].given[n] = block_new(size, n);
}

int main(int argc, char **argv)
{
	static struct worker workers[MAX_THREADS];
	pthread_barrier_t start;
	uint64_t rounds, sets, writes;
	size_t threads, size;
	int scratch;
	double begin, seconds, total;

	arg_help(argc, argv, "[scratch|thrash [ROUNDS [SETS [WRITES "
		 "[THREADS [SIZE]]]]]]\n"
		 "  ROUNDS   with new threads (20)\n"
		 "  SETS     of 16 blocks, for each thread and round (100)\n"
		 "  WRITES   into each block (2000)\n"
		 "  THREADS  (2)\n"
		 "  SIZE     of a block in bytes (8)");
	scratch = argc < 2 || !strcmp(argv[1], "scratch");
	if (!scratch && strcmp(argv[1], "thrash")) {
		fprintf(stderr, "false_sharing: scratch or thrash?\n");
		return 2;
	}
	rounds = arg_number(argc, argv, 2, "ROUNDS", 20, 1, UINT64_MAX);
	sets = arg_number(argc, argv, 3, "SETS", 100, 1, UINT64_MAX);
	writes = arg_number(argc, argv, 4, "WRITES", 2000, 0, UINT64_MAX);
	threads = arg_number(argc, argv, 5, "THREADS", 2, 2, MAX_THREADS);
	size = arg_number(argc, argv, 6, "SIZE", 8, 1, 1 << 20);
	pthread_barrier_init(&start, NULL, (unsigned)threads);
	begin = now();
	for (uint64_t r = 0; r < rounds; r++) {
		for (size_t i = 0; i < threads; i++)
			workers[i] = (struct worker){
				.start = &start, .sets = sets,
				.writes = writes, .size = size,
			};
		if (scratch)
			give(workers, threads, size);
		threads_run(threads, work, workers, sizeof(workers[0]));
	}
	seconds = now() - begin;
	total = (double)(rounds * sets * HELD * writes * threads);
	printf("false_sharing: %.3f M writes/s, mode=%s seconds=%.4f\n",
	       total / seconds * 1e-6,
	       scratch ? "scratch" : "thrash", seconds);
	return 0;
}
