/* SPDX-License-Identifier: MIT */
/*
 * hook_wrap - a preloaded library in front of the allocator, as tracers and
 * profilers are: it finds the next malloc() by dlsym() in its first call,
 * allocates in its constructor and while it looks, and counts.
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *malloc(size_t size);
void free(void *ptr);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);

static void *(*next_malloc)(size_t);
static void (*next_free)(void *);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static atomic_ulong calls;

static void find(void *slot, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	char *note = dlerror();

	if (!symbol) {
		fprintf(stderr, "hook_wrap: %s: %s\n", name, note);
		abort();
	}
	memcpy(slot, &symbol, sizeof(symbol));
}

static void look(void)
{
	if (next_realloc)
		return;
	find(&next_malloc, "malloc");
	find(&next_free, "free");
	find(&next_calloc, "calloc");
	find(&next_realloc, "realloc");
}

void *malloc(size_t size)
{
	look();
	calls++;
	return next_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	look();
	calls++;
	return next_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
	look();
	calls++;
	return next_realloc(ptr, size);
}

void free(void *ptr)
{
	look();
	next_free(ptr);
}

__attribute__((constructor)) static void start(void)
{
	char *text = calloc(3, 100);

	if (!text || text[299])
		abort();
	free(realloc(text, 100000));
}

__attribute__((destructor)) static void end(void)
{
	char *told = getenv("HOOK_WRAP_TELL");

	if (told && calls)
		fprintf(stderr, "hook_wrap: called\n");
}
