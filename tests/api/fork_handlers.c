/* SPDX-License-Identifier: MIT */
/*
 * Handlers of pthread_atfork() that allocate and free, registered before the
 * library's own (from .preinit_array, ahead of the first malloc) and after:
 * theirs run while the library holds its locks, and when it does not.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

static atomic_uint prepared, in_parent, in_child;
static atomic_bool stop;
static void *kept[4];

/* All kinds of blocks, so that all locks are wanted. */
static void allocate(void)
{
	static const size_t sizes[] = { 24, 5000, 20000, 200000, 5000000 };

	for (size_t i = 0; i < 5; i++) {
		void *p = HIDE(malloc(sizes[i]));

		CHECK(p != NULL);
		pattern_fill(p, 0, 24, i);
		p = HIDE(realloc(p, sizes[i] + sizes[i] / 2));
		CHECK(p != NULL);
		CHECK_PATTERN(p, 0, 24, i);
		free(p);
	}
}

static void prepare(void)
{
	prepared++;
	allocate();
	/* across the fork: freed by the next handler */
	kept[0] = HIDE(malloc(1000));
	kept[1] = HIDE(malloc(100000));
	CHECK(kept[0] && kept[1]);
}

static void parent(void)
{
	in_parent++;
	free(kept[0]);
	free(kept[1]);
	kept[0] = kept[1] = NULL;
	allocate();
}

static void child(void)
{
	in_child++;
	free(kept[0]);
	free(kept[1]);
	kept[0] = kept[1] = NULL;
	allocate();
}

static void early_prepare(void)
{
	prepared++;
	allocate();
	kept[2] = HIDE(malloc(300));
	kept[3] = HIDE(malloc(40000));
	CHECK(kept[2] && kept[3]);
}

static void early_parent(void)
{
	in_parent++;
	free(kept[2]);
	free(kept[3]);
	kept[2] = kept[3] = NULL;
	allocate();
}

static void early_child(void)
{
	in_child++;
	free(kept[2]);
	free(kept[3]);
	kept[2] = kept[3] = NULL;
	allocate();
}

static void before_all(void)
{
	pthread_atfork(early_prepare, early_parent, early_child);
}

/* The array is not run in shared objects; in a program it comes first. */
__attribute__((section(".preinit_array"), used)) static void (*const first)(
	void) = before_all;

static void *work(void *unused)
{
	uint64_t state = 9;

	(void)unused;
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		free(HIDE(malloc(random_size(&state, 5 * MIB))));
	return NULL;
}

int main(void)
{
	const unsigned int forks = (unsigned int)check_count(300);
	pthread_t threads[3];

	alarm(300);
	CHECK_EQ(pthread_atfork(prepare, parent, child), 0);
	for (size_t i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (unsigned int i = 0; i < forks; i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			CHECK_ERROR("fork");
		if (pid == 0) {
			alarm(60);
			CHECK_EQ(in_child, 2);
			allocate();
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK_AT(WIFEXITED(status), status);
		CHECK_EQ(WEXITSTATUS(status), 0);
	}
	CHECK_EQ(prepared, 2 * forks);
	CHECK_EQ(in_parent, 2 * forks);
	CHECK_EQ(in_child, 0);
	atomic_store(&stop, true);
	for (size_t i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return 0;
}
