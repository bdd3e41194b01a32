/* SPDX-License-Identifier: MIT */
/*
 * Calls from before main() and from after it: .preinit_array, the first and
 * the last constructor, atexit handlers, the last destructor, and the blocks
 * of one freed by the other.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>

#define STAGES 4
#define BLOCKS 40

static struct {
	unsigned char *p;
	size_t size;
} blocks[STAGES][BLOCKS];

static void obtain(size_t stage)
{
	uint64_t state = stage + 77;

	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = random_size(&state, 300000);

		blocks[stage][i].p = HIDE(i % 2 ? malloc(size)
						: calloc(1, size));
		blocks[stage][i].size = size;
		CHECK_AT(blocks[stage][i].p != NULL, stage);
		pattern_fill(blocks[stage][i].p, 0, size, stage * 100 + i);
	}
}

/* Frees those whose number gives `rest`; the others wait for later. */
static void dispose(size_t stage, size_t rest)
{
	for (size_t i = rest; i < BLOCKS; i += 4) {
		CHECK_PATTERN(blocks[stage][i].p, 0, blocks[stage][i].size,
			stage * 100 + i);
		if (i % 3 == 0) {
			blocks[stage][i].p = HIDE(realloc(blocks[stage][i].p,
				blocks[stage][i].size * 2));
			CHECK(blocks[stage][i].p != NULL);
			CHECK_PATTERN(blocks[stage][i].p, 0,
				blocks[stage][i].size, stage * 100 + i);
		}
		free(blocks[stage][i].p);
	}
}

static void *in_thread(void *unused)
{
	(void)unused;
	free(HIDE(malloc(1000)));
	return HIDE(malloc(2000));
}

static void preinit(void)
{
	obtain(0);
	dispose(0, 0);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(
	void) = preinit;

__attribute__((constructor(101))) static void first_constructor(void)
{
	obtain(1);
	dispose(0, 1);
	dispose(1, 0);
}

__attribute__((constructor(65535))) static void last_constructor(void)
{
	pthread_t thread;
	void *result;

	obtain(2);
	CHECK_EQ(pthread_create(&thread, NULL, in_thread, NULL), 0);
	CHECK_EQ(pthread_join(thread, &result), 0);
	free(result);
	dispose(1, 1);
	dispose(2, 0);
}

static void at_exit(void)
{
	dispose(0, 2);
	dispose(1, 2);
	dispose(2, 2);
	dispose(3, 0);
	obtain(3);
}

__attribute__((destructor(101))) static void last_destructor(void)
{
	dispose(0, 3);
	dispose(1, 3);
	dispose(2, 3);
	dispose(3, 1);
	obtain(2);
	dispose(2, 0);
	malloc_trim(0);
	if (write(STDOUT_FILENO, "the end\n", 8) != 8)
		_exit(1);
}

int main(void)
{
	obtain(3);
	CHECK_EQ(atexit(at_exit), 0);
	dispose(2, 1);
	/* its buffer is freed by the C library after the last destructor */
	setvbuf(stdout, NULL, _IOFBF, 8192);
	fputs("the beginning\n", stdout);
	fflush(stdout);
	return 0;
}
