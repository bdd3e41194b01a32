/* SPDX-License-Identifier: MIT */
/*
 * pool - a pool of threads that work on what another one hands them.
 *
 * The main thread makes tasks, each with a buffer of input; a worker takes
 * one, allocates and frees some memory of its own, makes a buffer for the
 * result, frees the input, and hands the result on; the main thread checks
 * and frees it.  So every buffer is freed by another thread than the one
 * that allocated it, in both directions, and any worker may get any task.
 *
 * Tasks go through two queues in trays of some dozens, or else the scheduler
 * is what would be measured.  The trays are of the program's own memory.
 */
#include "bench.h"

enum {
	TRAY_TASKS = 64,
	TRAYS = 16,		/* in flight at most */
	SMALLEST_SHIFT = 5,	/* inputs: 32 bytes to 8 KiB */
	LARGEST_SHIFT = 13,
	SCRATCH_BLOCKS = 6,	/* of a worker for each task */
	SCRATCH_MAX = 400,	/* bytes */
};

struct task {
	unsigned char *buffer;	/* the input, then the result */
	size_t size;
};

struct tray {
	struct tray *next;	/* in a queue */
	uint64_t number;
	size_t tag;		/* of the stamps in it */
	struct task task[TRAY_TASKS];
};

/* A list of trays under a lock; closed: no more will come. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct tray *first;
	struct tray **last;
	int closed;
};

struct worker {
	struct rng rng;
	struct queue *todo;
	struct queue *done;
};

static void queue_init(struct queue *q)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	q->first = NULL;
	q->last = &q->first;
	q->closed = 0;
}

static void queue_push(struct queue *q, struct tray *t)
{
	t->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = t;
	q->last = &t->next;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

/* The next tray; waits for one; nothing when the queue is closed. */
static struct tray *queue_pop(struct queue *q)
{
	struct tray *t;

	pthread_mutex_lock(&q->lock);
	while (!q->first && !q->closed)
		pthread_cond_wait(&q->filled, &q->lock);
	t = q->first;
	if (t) {
		q->first = t->next;
		if (!q->first)
			q->last = &q->first;
	}
	pthread_mutex_unlock(&q->lock);
	return t;
}

static void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = 1;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

/* Each power of two is equally likely. */
static size_t pick_size(struct rng *rng)
{
	uint64_t random = rng_next(rng);
	size_t power = (size_t)1 << (SMALLEST_SHIFT +
		scale_low(random, LARGEST_SHIFT - SMALLEST_SHIFT));

	return power + scale_high(random, power);
}

/* What a worker needs for itself while it works on a task. */
static void use_scratch(struct rng *rng)
{
	unsigned char *block[SCRATCH_BLOCKS];
	size_t size[SCRATCH_BLOCKS];

	for (size_t i = 0; i < SCRATCH_BLOCKS; i++) {
		size[i] = rng_range(rng, 16, SCRATCH_MAX);
		block[i] = block_new(size[i], i);
	}
	for (size_t i = 0; i < SCRATCH_BLOCKS; i++)
		block_delete(block[i], size[i], i);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct tray *t;

	while ((t = queue_pop(w->todo))) {
		size_t tag = t->tag;

		t->tag = ~tag;
		for (size_t i = 0; i < TRAY_TASKS; i++) {
			struct task *task = &t->task[i];
			size_t size = task->size / 2 + 16;
			unsigned char *result = block_new(size, t->tag + i);

			use_scratch(&w->rng);
			block_delete(task->buffer, task->size, tag + i);
			task->buffer = result;
			task->size = size;
		}
		queue_push(w->done, t);
	}
	return NULL;
}

static void fill(struct tray *t, struct rng *rng, uint64_t number)
{
	t->number = number;
	t->tag = (size_t)number;
	for (size_t i = 0; i < TRAY_TASKS; i++) {
		struct task *task = &t->task[i];

		task->size = pick_size(rng);
		task->buffer = block_new(task->size, t->tag + i);
	}
}

static void empty(struct tray *t)
{
	if (t->tag != ~(size_t)t->number)
		die("a tray was not worked on");
	for (size_t i = 0; i < TRAY_TASKS; i++)
		block_delete(t->task[i].buffer, t->task[i].size, t->tag + i);
}

/* The main thread's part: trays in circulation until all are through. */
static void serve(struct queue *todo, struct queue *done, uint64_t trays,
		  struct rng *rng)
{
	struct tray *tray = table_new(TRAYS, sizeof(*tray));
	uint64_t sent = 0;

	for (; sent < trays && sent < TRAYS; sent++) {
		fill(&tray[sent], rng, sent);
		queue_push(todo, &tray[sent]);
	}
	for (uint64_t back = 0; back < trays; back++) {
		struct tray *t = queue_pop(done);

		empty(t);
		if (sent < trays) {
			fill(t, rng, sent++);
			queue_push(todo, t);
		}
	}
	queue_close(todo);
}

int main(int argc, char **argv)
{
	struct queue todo, done;
	struct worker workers[MAX_THREADS];
	pthread_t id[MAX_THREADS];
	uint64_t tasks, seed, trays;
	size_t threads;
	struct rng rng;
	double start;

	arg_help(argc, argv, "[TASKS [WORKERS [SEED]]]\n"
		 "  TASKS    (400000)\n"
		 "  WORKERS  beside the main thread (2)\n"
		 "  SEED     of the random numbers (1)");
	tasks = arg_number(argc, argv, 1, "TASKS", 400000, 1, UINT64_MAX);
	threads = arg_number(argc, argv, 2, "WORKERS", 2, 1, MAX_THREADS);
	seed = arg_number(argc, argv, 3, "SEED", 1, 0, UINT64_MAX);
	trays = tasks / TRAY_TASKS + 1;
	rng = rng_new(seed, threads);
	queue_init(&todo);
	queue_init(&done);
	start = now();
	for (size_t i = 0; i < threads; i++) {
		workers[i] = (struct worker){
			.rng = rng_new(seed, i), .todo = &todo, .done = &done,
		};
		id[i] = thread_start(work, &workers[i]);
	}
	serve(&todo, &done, trays, &rng);
	for (size_t i = 0; i < threads; i++)
		thread_join(id[i]);
	report_ops("pool", trays * TRAY_TASKS, now() - start);
	return 0;
}
