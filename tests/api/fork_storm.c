/* SPDX-License-Identifier: MIT */
/*
 * fork() while six threads allocate, one of them by way of threads that it
 * starts.  Each child at once allocates, resizes and frees, blocks of the
 * threads that it has left behind too.  A lock that was held at the moment of
 * the fork, or a list cut in two, shows as a hang or a wrong byte.
 *
 * fork_storm [FORKS]
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define THREADS 6
#define SLOTS 96

struct header {
	size_t size;
	uint64_t seed;
};

/* Whoever takes a block out of its slot owns it. */
static _Atomic(struct header *) slots[SLOTS];
static atomic_bool stop;

static struct header *obtain(uint64_t *state)
{
	size_t size = sizeof(struct header) + random_size(state, 200000);
	struct header *block = HIDE(random_below(state, 4)
			? malloc(size)
			: memalign((size_t)32 << random_below(state, 8), size));

	CHECK(block != NULL);
	block->size = size;
	block->seed = random_next(state);
	pattern_fill(block, sizeof(*block), size, block->seed);
	return block;
}

static void dispose(struct header *block)
{
	if (!block)
		return;
	CHECK_PATTERN(block, sizeof(*block), block->size, block->seed);
	free(block);
}

static void *work(void *argument)
{
	uint64_t state = (uintptr_t)argument;

	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		size_t slot = random_below(&state, SLOTS);

		dispose(atomic_exchange(&slots[slot], obtain(&state)));
		free(HIDE(malloc(random_size(&state, 3 * MIB))));
	}
	return NULL;
}

static void *short_life(void *argument)
{
	uint64_t state = (uintptr_t)argument * 2 + 1;

	for (int i = 0; i < 5; i++)
		dispose(obtain(&state));
	return NULL;
}

/* Threads that start and end: heaps change hands at the moment of a fork. */
static void *start_others(void *argument)
{
	for (uintptr_t i = 0; !atomic_load(&stop); i++) {
		pthread_t others[4];

		for (size_t k = 0; k < 4; k++)
			CHECK_EQ(pthread_create(&others[k], NULL, short_life,
					 (void *)(i + k)),
				0);
		for (size_t k = 0; k < 4; k++)
			CHECK_EQ(pthread_join(others[k], NULL), 0);
	}
	return argument;
}

static void *childs_thread(void *unused)
{
	uint64_t state = 3;

	(void)unused;
	for (int i = 0; i < 50; i++)
		dispose(obtain(&state));
	return NULL;
}

static void child(uint64_t seed)
{
	uint64_t state = seed * 2 + 1;
	pthread_t thread;

	alarm(60);
	for (size_t i = 0; i < SLOTS; i++) {
		struct header *block = atomic_exchange(&slots[i], NULL);
		struct header *mine = obtain(&state);
		size_t size, kept;

		dispose(mine);
		if (!block)
			continue;
		if (i % 2) {
			dispose(block);
			continue;
		}
		size = sizeof(*block) + random_size(&state, 100000);
		kept = size < block->size ? size : block->size;
		block = HIDE(realloc(block, size));
		CHECK(block != NULL);
		CHECK_PATTERN(block, sizeof(*block), kept, block->seed);
		free(block);
	}
	/* a thread of its own, a child of its own, a way out of its own */
	if (seed % 4 == 0) {
		CHECK_EQ(pthread_create(&thread, NULL, childs_thread, NULL), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
	}
	if (seed % 16 == 1) {
		int status;
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			childs_thread(NULL);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	if (seed % 16 == 2)
		exit(0);
	_exit(0);
}

static void reap(void)
{
	int status;

	CHECK(wait(&status) > 0);
	if (WIFSIGNALED(status))
		check_tell("a child ended by signal",
			(uint64_t)WTERMSIG(status));
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
	size_t forks = check_argument(argc, argv, 1, 1000);
	pthread_t threads[THREADS];
	size_t running = 0;

	alarm(argc > 1 ? 0 : 600);
	for (size_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL,
				 i ? work : start_others,
				 (void *)(i * 77 + 5)),
			0);
	for (size_t i = 0; i < forks; i++) {
		pid_t pid = fork();

		if (pid < 0)
			CHECK_ERROR("fork");
		if (pid == 0)
			child(i);
		if (++running == 2) {
			reap();
			running--;
		}
	}
	while (running--)
		reap();
	atomic_store(&stop, true);
	for (size_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < SLOTS; i++)
		dispose(atomic_load(&slots[i]));
	return 0;
}
