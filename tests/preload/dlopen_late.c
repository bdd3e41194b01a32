/* SPDX-License-Identifier: MIT */
/*
 * dlopen_late LIBRARY [TLS-MODULE...]
 *
 * A program that is not linked with the library opens it when other
 * libraries have used up thread-local storage, for its hakmem_* calls, beside
 * the C library's malloc; and closes it, which must not unload it.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "hakmem.h"

static struct {
	__typeof__(hakmem_malloc) *malloc;
	__typeof__(hakmem_free) *free;
	__typeof__(hakmem_realloc) *realloc;
	__typeof__(hakmem_calloc) *calloc;
	__typeof__(hakmem_malloc_usable_size) *usable_size;
	__typeof__(hakmem_version) *version;
} api;

static void *use(void *unused)
{
	void *blocks[100];
	uint64_t state = 5;

	(void)unused;
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 100; i++) {
			size_t size = random_size(&state, MIB);

			blocks[i] = HIDE(i % 2 ? api.malloc(size)
					       : api.calloc(1, size));
			CHECK(blocks[i] != NULL);
			pattern_fill(blocks[i], 0, size, i);
			blocks[i] = HIDE(api.realloc(blocks[i], size + 100));
			CHECK(blocks[i] != NULL);
			CHECK_PATTERN(blocks[i], 0, size, i);
			CHECK(api.usable_size(blocks[i]) >= size + 100);
			/* glibc's blocks are another matter */
			free(HIDE(malloc(size)));
		}
		for (size_t i = 0; i < 100; i++)
			api.free(blocks[i]);
	}
	return NULL;
}

static void *symbol(void *library, const char *name)
{
	void *at = dlsym(library, name);

	if (!at) {
		fprintf(stderr, "%s: not found\n", name);
		exit(1);
	}
	return at;
}

static void *open_library(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return library;
}

static void in_threads(void)
{
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, use, NULL), 0);
	use(NULL);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void *wait_for_it(void *barrier)
{
	/* a thread from before the library: its storage is made late */
	pthread_barrier_wait(barrier);
	return use(NULL);
}

int main(int argc, char **argv)
{
	pthread_barrier_t barrier;
	pthread_t older;
	void *library, *held;

	CHECK(argc >= 2);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
	CHECK_EQ(pthread_create(&older, NULL, wait_for_it, &barrier), 0);
	for (int i = 2; i < argc; i++) {
		void *module = open_library(argv[i]);
		int (*touch)(int) =
			(int (*)(int))(uintptr_t)symbol(module, "tls_touch");

		CHECK_EQ(touch(i), 0);
		CHECK_EQ(touch(i), i);
	}
	library = open_library(argv[1]);
	*(void **)&api.malloc = symbol(library, "hakmem_malloc");
	*(void **)&api.free = symbol(library, "hakmem_free");
	*(void **)&api.realloc = symbol(library, "hakmem_realloc");
	*(void **)&api.calloc = symbol(library, "hakmem_calloc");
	*(void **)&api.version = symbol(library, "hakmem_version");
	*(void **)&api.usable_size =
		symbol(library, "hakmem_malloc_usable_size");
	CHECK(strcmp(api.version(), HAKMEM_VERSION_STRING) == 0);
	pthread_barrier_wait(&barrier);
	in_threads();
	CHECK_EQ(pthread_join(older, NULL), 0);

	held = HIDE(api.malloc(5000));
	CHECK(held != NULL);
	pattern_fill(held, 0, 5000, 1);
	CHECK_EQ(dlclose(library), 0);
	/* still there, with all that it holds */
	in_threads();
	CHECK_PATTERN(held, 0, 5000, 1);
	api.free(held);
	library = open_library(argv[1]);
	CHECK((void *)(uintptr_t)api.malloc ==
		symbol(library, "hakmem_malloc"));
	in_threads();
	CHECK_EQ(dlclose(library), 0);
	puts("dlopen_late: fine");
	return 0;
}
