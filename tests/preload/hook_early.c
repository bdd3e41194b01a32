/* SPDX-License-Identifier: MIT */
/*
 * hook_early - a library that needs memory before the allocator's own
 * constructor has run, and after its destructor: from a constructor, from a
 * thread that it starts there, from atexit and from a destructor.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *kept[64];

static void *in_thread(void *unused)
{
	(void)unused;
	free(malloc(4000));
	return calloc(1, 500);
}

static void obtain(void)
{
	for (size_t i = 0; i < 64; i++) {
		kept[i] = malloc(i * 300 + 1);
		if (!kept[i])
			abort();
		memset(kept[i], (int)i, i * 300 + 1);
	}
}

static void dispose(void)
{
	for (size_t i = 0; i < 64; i++) {
		if (!kept[i])
			continue;
		if (kept[i][i * 300] != (char)i)
			abort();
		free(kept[i]);
		kept[i] = NULL;
	}
}

static void at_exit(void)
{
	dispose();
	obtain();
}

__attribute__((constructor(101))) static void start(void)
{
	pthread_t thread;
	void *result;

	obtain();
	/* the loader's error text is allocated, and freed by the next call */
	if (dlsym(RTLD_DEFAULT, "no such symbol") || !dlerror())
		abort();
	if (pthread_create(&thread, NULL, in_thread, NULL) ||
		pthread_join(thread, &result) || !result)
		abort();
	free(result);
	atexit(at_exit);
}

__attribute__((destructor(101))) static void end(void)
{
	dispose();
	obtain();
	dispose();
	if (getenv("HOOK_EARLY_TELL"))
		fprintf(stderr, "hook_early: ended\n");
}
