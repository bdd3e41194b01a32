/* SPDX-License-Identifier: MIT */
/*
 * Threads that have worked and now sleep, 64 of them and then 1000: each
 * allocates and frees a mix of sizes, hands half of what it keeps to others,
 * frees what it was handed, and waits.  Then they end, in two halves, so that
 * the second frees into heaps that nobody has any more and adopts none of
 * them.  A second generation starts on the heaps of the first.
 *
 * All of it must come back: once all have ended, as many bytes are live as
 * before, to the last; and there are no more heaps than there were threads
 * at a time, and the one that threads share.  The threads' stacks are ours:
 * what the C library keeps of its own for the next thread would count as live.
 *
 * thread_idle [THREADS [STEPS]]
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <pthread.h>
#include <sys/mman.h>

#include "hakmem.h"

#define MAX_THREADS	4000
#define KEPT		24
#define STACK		(128 * KIB)

/* Larger blocks are kept by few threads: a thousand times all is too much. */
#define MAX_SMALL	(4 * KIB)
#define MAX_LARGE	(300 * KIB)

static struct worker {
	pthread_t id;
	size_t number;
	unsigned char *kept[KEPT];
	size_t sizes[KEPT];
} workers[MAX_THREADS];

static pthread_barrier_t barrier;
static size_t threads, steps;
static unsigned char *stacks;

static void keep(struct worker *w, size_t i, uint64_t *seed)
{
	size_t max = w->number % 16 ? MAX_SMALL : MAX_LARGE;
	size_t size = random_size(seed, max);

	w->kept[i] = HIDE(malloc(size));
	CHECK(w->kept[i] != NULL);
	w->sizes[i] = size;
	pattern_fill(w->kept[i], 0, size, w->number + i);
}

static void drop(struct worker *w, size_t i)
{
	CHECK_PATTERN(w->kept[i], 0, w->sizes[i], w->number + i);
	free(w->kept[i]);
	w->kept[i] = NULL;
}

/* Every second block of another thread is this one's to free. */
static void drop_of(struct worker *w, size_t from)
{
	for (size_t i = from; i < KEPT; i += 2)
		drop(w, i);
}

static void wait_for_all(void)
{
	int ret = pthread_barrier_wait(&barrier);

	CHECK(ret == 0 || ret == PTHREAD_BARRIER_SERIAL_THREAD);
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct worker *next = &workers[(w->number + 1) % threads];
	uint64_t seed = w->number + 1;

	for (size_t i = 0; i < KEPT; i++)
		keep(w, i, &seed);
	for (size_t n = 0; n < steps; n++) {
		size_t i = random_below(&seed, KEPT);

		drop(w, i);
		keep(w, i, &seed);
	}
	wait_for_all();		/* all have all their blocks */
	drop_of(next, 1);
	wait_for_all();		/* idle: the main thread looks */
	wait_for_all();
	/* The even ones end first, and leave the others' blocks to them. */
	if (w->number % 2 == 0)
		return NULL;
	CHECK_EQ(pthread_join(workers[w->number - 1].id, NULL), 0);
	drop_of(&workers[w->number - 1], 0);
	drop_of(w, 0);
	return NULL;
}

static void start(struct worker *w)
{
	pthread_attr_t attr;
	int err;

	CHECK_EQ(pthread_attr_init(&attr), 0);
	CHECK_EQ(pthread_attr_setstack(&attr, stacks + w->number * STACK,
			 STACK), 0);
	err = pthread_create(&w->id, &attr, work, w);
	if (err == EAGAIN)
		CHECK_SKIP("no more threads to be had");
	CHECK_EQ(err, 0);
	pthread_attr_destroy(&attr);
}

/*
 * Nothing of this thread's or of ended ones is kept ready.  A chain may go
 * by way of one heap to another: twice is enough, as no slab changes hands
 * any more.
 */
static uint64_t live_bytes(uint64_t *heaps)
{
	struct hakmem_stats stats;

	for (int i = 0; i < 3; i++)
		hakmem_trim(0);
	CHECK_EQ(hakmem_stats_get(&stats, sizeof(stats)), 0);
	*heaps = stats.heaps;
	return stats.live_bytes;
}

static void generation(size_t n, const char *what)
{
	size_t before = resident_bytes(), during;

	threads = n;
	CHECK_EQ(pthread_barrier_init(&barrier, NULL,
			 (unsigned int)n + 1), 0);
	for (size_t i = 0; i < n; i++) {
		workers[i].number = i;
		start(&workers[i]);
	}
	wait_for_all();
	wait_for_all();
	during = resident_bytes();
	if (what && during > before)
		check_tell(what, (during - before) / n / KIB);
	wait_for_all();
	for (size_t i = 1; i < n; i += 2)
		CHECK_EQ(pthread_join(workers[i].id, NULL), 0);
	pthread_barrier_destroy(&barrier);
}

/* An even number of them, twice over. */
static void crowd(size_t n)
{
	uint64_t heaps, before = live_bytes(&heaps);

	generation(n, "KiB for each thread, with what it keeps");
	CHECK_EQ(live_bytes(&heaps), before);
	CHECK_AT(heaps <= n + 2, heaps);
	generation(n, NULL);
	CHECK_EQ(live_bytes(&heaps), before);
	CHECK_AT(heaps <= n + 2, heaps);
}

int main(int argc, char **argv)
{
	size_t most = check_argument(argc, argv, 1, 1000);

	alarm(800);
	steps = check_argument(argc, argv, 2, 400);
	most += most % 2;
	CHECK(most <= MAX_THREADS);
	stacks = mmap(NULL, most * STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1,
		0);
	if (stacks == MAP_FAILED)
		CHECK_SKIP("no room for so many stacks");
	/* What the C library makes once is made now. */
	generation(2, NULL);
	crowd(most < 64 ? most : 64);
	if (most > 64)
		crowd(most);
	return 0;
}
