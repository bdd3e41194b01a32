/* SPDX-License-Identifier: MIT */
/*
 * fuzz_threads.c - the second fuzz target: the operations of fuzz_ops.c, each
 * in one of four threads, after a script.
 *
 * Only one thread runs at a time, and which is in the input: blocks are
 * allocated by one thread and freed by another in every order, yet an input
 * does the same each time.  A fifth way to run an operation is in a thread
 * that is made for it and has ended before the next one, so that heaps of
 * ended threads are taken over while their blocks live on.
 *
 * Built from fuzz_threads.c, ops.c, shadow.c and fuzz_common.c, and linked
 * with libhakmem-core and -pthread.
 */
#include "fuzz_common.h"
#include "ops.h"

#include <pthread.h>
#include <semaphore.h>

#define WORKERS		4u
#define PASSING		WORKERS		/* the thread made for a step */

struct worker {
	pthread_t id;
	sem_t go;
	ops_step *step;
};

static struct worker workers[WORKERS];
static sem_t done;

static void sem_wait_fully(sem_t *sem)
{
	while (sem_wait(sem))
		;
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (;;) {
		sem_wait_fully(&worker->go);
		worker->step();
		sem_post(&done);
	}
	return NULL;
}

static void *pass(void *arg)
{
	struct worker *worker = arg;

	worker->step();
	return NULL;
}

/* In the process that runs the inputs: threads do not survive a fork. */
static void start_workers(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	sem_init(&done, 0, 0);
	for (unsigned int i = 1; i < WORKERS; i++) {
		sem_init(&workers[i].go, 0, 0);
		if (pthread_create(&workers[i].id, NULL, work, &workers[i]))
			fuzz_fail("no thread could be made");
	}
}

/* Thread 0 is the main thread. */
static void run_there(ops_step *step, unsigned int thread)
{
	struct worker passing = { .step = step };

	if (thread == 0) {
		step();
	} else if (thread == PASSING) {
		if (pthread_create(&passing.id, NULL, pass, &passing))
			fuzz_fail("no thread could be made");
		pthread_join(passing.id, NULL);
	} else {
		workers[thread].step = step;
		sem_post(&workers[thread].go);
		sem_wait_fully(&done);
	}
}

static void fuzz_threads(const uint8_t *data, size_t len)
{
	start_workers();
	ops_run(data, len, run_there, WORKERS + 1);
}

FUZZ_MAIN(fuzz_threads)
