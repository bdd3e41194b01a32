/* SPDX-License-Identifier: MIT */
/*
 * producer_consumer - one thread allocates, another one frees.
 *
 * Threads come in pairs.  The producer fills crates of blocks and passes
 * them through a short queue; the consumer checks and frees every block.
 * Not one block is freed where it was allocated: an allocator that leaves
 * them with the consumer grows, one that sends them back one by one pays
 * for each.  A queue holds a few crates at most, so the live heap is small
 * and peak RSS shows what is stranded.
 */
#include "bench.h"

enum {
	CRATE_BLOCKS = 256,
	QUEUE_CRATES = 8,
};

struct crate {
	unsigned char *block[CRATE_BLOCKS];
	uint32_t size[CRATE_BLOCKS];
};

/* A bounded queue; the lock guards head and count, the parties their crate. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t not_full;
	pthread_cond_t not_empty;
	size_t head;
	size_t count;
	struct crate crate[QUEUE_CRATES];
};

struct worker {
	struct rng rng;
	struct queue *queue;
	uint64_t crates;
	size_t min;
	size_t max;
	int producer;
};

static struct queue *queue_new(void)
{
	struct queue *q = table_new(1, sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->not_full, NULL);
	pthread_cond_init(&q->not_empty, NULL);
	return q;
}

/* The crate that the producer may fill next; waits while all are full. */
static struct crate *queue_room(struct queue *q)
{
	struct crate *c;

	pthread_mutex_lock(&q->lock);
	while (q->count == QUEUE_CRATES)
		pthread_cond_wait(&q->not_full, &q->lock);
	c = &q->crate[(q->head + q->count) % QUEUE_CRATES];
	pthread_mutex_unlock(&q->lock);
	return c;
}

static void queue_pushed(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->count++;
	pthread_cond_signal(&q->not_empty);
	pthread_mutex_unlock(&q->lock);
}

/* The crate that the consumer may empty next; waits while there is none. */
static struct crate *queue_front(struct queue *q)
{
	struct crate *c;

	pthread_mutex_lock(&q->lock);
	while (q->count == 0)
		pthread_cond_wait(&q->not_empty, &q->lock);
	c = &q->crate[q->head];
	pthread_mutex_unlock(&q->lock);
	return c;
}

static void queue_popped(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->head = (q->head + 1) % QUEUE_CRATES;
	q->count--;
	pthread_cond_signal(&q->not_full);
	pthread_mutex_unlock(&q->lock);
}

static void produce(struct worker *w)
{
	struct rng rng = w->rng;
	size_t sizes = w->max - w->min + 1;

	for (uint64_t n = 0; n < w->crates; n++) {
		struct crate *c = queue_room(w->queue);

		for (size_t i = 0; i < CRATE_BLOCKS; i++) {
			size_t size = w->min + rng_below(&rng, sizes);

			c->size[i] = (uint32_t)size;
			c->block[i] = block_new(size, i + n);
		}
		queue_pushed(w->queue);
	}
}

static void consume(struct worker *w)
{
	for (uint64_t n = 0; n < w->crates; n++) {
		struct crate *c = queue_front(w->queue);

		for (size_t i = 0; i < CRATE_BLOCKS; i++)
			block_delete(c->block[i], c->size[i], i + n);
		queue_popped(w->queue);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	if (w->producer)
		produce(w);
	else
		consume(w);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[MAX_THREADS];
	uint64_t blocks, seed, crates;
	size_t threads, min, max;
	double seconds;

	arg_help(argc, argv, "[BLOCKS [THREADS [SEED [MIN MAX]]]]\n"
		 "  BLOCKS   of all pairs together (8000000)\n"
		 "  THREADS  half of them producers; even (2)\n"
		 "  SEED     of the random numbers (1)\n"
		 "  MIN MAX  block sizes in bytes (64 64)");
	blocks = arg_number(argc, argv, 1, "BLOCKS", 8000000, 1, UINT64_MAX);
	threads = arg_number(argc, argv, 2, "THREADS", 2, 2, MAX_THREADS);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	min = arg_number(argc, argv, 4, "MIN", 64, 1, 1 << 24);
	max = arg_number(argc, argv, 5, "MAX", min, min, 1 << 24);
	if (threads % 2) {
		fprintf(stderr, "producer_consumer: THREADS must be even\n");
		return 2;
	}
	crates = blocks / (threads / 2) / CRATE_BLOCKS + 1;
	for (size_t i = 0; i < threads; i++)
		workers[i] = (struct worker){
			.rng = rng_new(seed, i), .crates = crates,
			.min = min, .max = max, .producer = i % 2 == 0,
			.queue = i % 2 ? workers[i - 1].queue : queue_new(),
		};
	seconds = threads_run(threads, work, workers, sizeof(workers[0]));
	report_ops("producer_consumer", crates * CRATE_BLOCKS * (threads / 2),
		   seconds);
	return 0;
}
