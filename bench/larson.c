/* SPDX-License-Identifier: MIT */
/*
 * larson - threads that replace blocks at random, hand all of them to a
 * successor and end, as the connections of a server do.
 *
 * Each lineage owns a table of blocks, filled by the main thread.  A thread
 * of the lineage frees a random block and puts a new one in its place, a
 * fixed number of times; then it starts its successor with the same table
 * and ends.  So most blocks are freed by a thread that did not allocate
 * them, and many of them after their thread has gone.
 *
 * A thread waits for its predecessor's end only when its own work is done:
 * the two overlap for a moment, and no more than two of a lineage live.
 */
#include "bench.h"

struct slot {
	unsigned char *block;
	size_t size;
};

struct lineage {
	struct rng rng;
	struct slot *slots;
	size_t chunks;
	size_t min;
	size_t max;
	uint64_t steps;		/* of one generation */
	uint64_t generations;	/* left, the running one included */
	pthread_t before;	/* the predecessor */
	int has_before;
};

/* Lineages that still run; the last thread of each counts it down. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static size_t running;

static void fill(struct slot *s, size_t n, size_t size)
{
	s->size = size;
	s->block = block_new(size, n);
}

static void end_lineage(void)
{
	pthread_mutex_lock(&lock);
	if (--running == 0)
		pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
}

static void *generation(void *arg)
{
	struct lineage *l = arg;
	struct rng rng = l->rng;
	size_t sizes = l->max - l->min + 1;

	for (uint64_t i = 0; i < l->steps; i++) {
		uint64_t random = rng_next(&rng);
		size_t n = scale_high(random, l->chunks);
		struct slot *s = &l->slots[n];

		block_delete(s->block, s->size, n);
		fill(s, n, l->min + scale_low(random, sizes));
	}
	l->rng = rng;
	if (l->has_before)
		thread_join(l->before);
	l->before = pthread_self();
	l->has_before = 1;
	if (--l->generations == 0)
		end_lineage();
	else
		thread_start(generation, l);
	return NULL;
}

static void make_lineage(struct lineage *l)
{
	l->slots = table_new(l->chunks, sizeof(*l->slots));
	for (size_t n = 0; n < l->chunks; n++)
		fill(&l->slots[n], n, rng_range(&l->rng, l->min, l->max));
}

int main(int argc, char **argv)
{
	static struct lineage lineages[MAX_THREADS];
	uint64_t generations, steps, seed;
	size_t threads, chunks, min, max;
	double start, seconds;

	arg_help(argc, argv, "[GENERATIONS [STEPS [SEED [THREADS [CHUNKS "
		 "[MIN MAX]]]]]]\n"
		 "  GENERATIONS  threads that follow each other (400)\n"
		 "  STEPS    blocks that each of them replaces (20000)\n"
		 "  SEED     of the random numbers (1)\n"
		 "  THREADS  lineages at once (2)\n"
		 "  CHUNKS   blocks of a lineage (1024)\n"
		 "  MIN MAX  block sizes in bytes (8 1000)");
	generations = arg_number(argc, argv, 1, "GENERATIONS", 400, 1, 1 << 30);
	steps = arg_number(argc, argv, 2, "STEPS", 20000, 0, UINT64_MAX);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	threads = arg_number(argc, argv, 4, "THREADS", 2, 1, MAX_THREADS);
	chunks = arg_number(argc, argv, 5, "CHUNKS", 1024, 1, 1 << 28);
	min = arg_number(argc, argv, 6, "MIN", 8, 1, 1 << 30);
	max = arg_number(argc, argv, 7, "MAX", min > 1000 ? min : 1000, min,
			 1 << 30);
	for (size_t i = 0; i < threads; i++) {
		lineages[i] = (struct lineage){
			.rng = rng_new(seed, i), .chunks = chunks,
			.min = min, .max = max, .steps = steps,
			.generations = generations,
		};
		make_lineage(&lineages[i]);
	}
	start = now();
	running = threads;
	for (size_t i = 0; i < threads; i++)
		thread_start(generation, &lineages[i]);
	pthread_mutex_lock(&lock);
	while (running)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	seconds = now() - start;
	for (size_t i = 0; i < threads; i++) {
		struct lineage *l = &lineages[i];

		thread_join(l->before);
		for (size_t n = 0; n < chunks; n++)
			block_delete(l->slots[n].block, l->slots[n].size, n);
	}
	report_ops("larson", generations * steps * threads, seconds);
	return 0;
}
