/* SPDX-License-Identifier: MIT */
/*
 * Linked with libhakmem.a: the program's malloc, and the C library's own
 * calls, are the archive's.  Built twice: against the shared C library, and
 * with -static.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>

#include "hakmem.h"

static void *work(void *argument)
{
	uint64_t state = (uintptr_t)argument;

	for (int i = 0; i < 20000; i++) {
		size_t size = random_size(&state, 200000);
		void *p = HIDE(i % 2 ? malloc(size) : calloc(1, size));

		CHECK(p && is_aligned(p, 16));
		pattern_fill(p, 0, size < 64 ? size : 64, 1);
		p = HIDE(realloc(p, size * 2));
		CHECK(p != NULL);
		CHECK_PATTERN(p, 0, size < 64 ? size : 64, 1);
		free(p);
	}
	return NULL;
}

int main(void)
{
	struct hakmem_stats before, after;
	pthread_t threads[4];
	char *text;
	int status;
	pid_t pid;
	void *p;

	CHECK_EQ(hakmem_stats_get(&before, sizeof(before)), 0);
	p = HIDE(malloc(100 * MIB));
	CHECK(p != NULL);
	CHECK_EQ(hakmem_stats_get(&after, sizeof(after)), 0);
	CHECK_EQ(after.huge_allocs, before.huge_allocs + 1);
	hakmem_free(p);

	/* a block of the C library, measured and freed by the archive's */
	text = strdup("some words");
	CHECK(text && hakmem_malloc_usable_size(text) >= 11);
	CHECK_EQ(hakmem_malloc_usable_size(text), hakmem_good_size(11));
	free(text);

	for (uintptr_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work,
				 (void *)(i + 1)),
			0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(20);
		work((void *)9);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return 0;
}
