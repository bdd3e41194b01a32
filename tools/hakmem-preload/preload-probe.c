/* SPDX-License-Identifier: MIT */
/*
 * preload-probe.c - the program with threads that hakmem-preload runs before
 * and after it enables the library.
 *
 * Four threads allocate, resize and free blocks of all kinds, and free each
 * other's; meanwhile a child is made, which does the same and ends.  Contents
 * are checked.  Then it prints a line, waits for the end of standard input,
 * so that its memory map can be looked at, and exits with 0.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS		4
#define SLOTS		64
#define ROUNDS		500

/* Blocks that any thread may take and free. */
static unsigned char *slot[SLOTS];
static size_t slot_size[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what)
{
	fprintf(stderr, "preload-probe: %s\n", what);
	_exit(1);
}

static void check_and_free(unsigned char *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (block[i] != (unsigned char)size)
			die("a block has other contents than were written");
	free(block);
}

static unsigned char *allocate(uint32_t random, size_t size)
{
	void *block = NULL;

	switch (random % 4) {
	case 0:
		block = malloc(size);
		break;
	case 1:
		block = calloc(1, size);
		break;
	case 2:
		block = realloc(malloc(size / 2 + 1), size);
		break;
	case 3:
		if (posix_memalign(&block, 64, size) ||
		    (uintptr_t)block % 64)
			die("a block is not aligned");
		break;
	}
	if (!block)
		die("there is no memory");
	return memset(block, (unsigned char)size, size);
}

/* Mostly small blocks, some of them large. */
static size_t choose_size(uint32_t random)
{
	return random % 100 ? random % 2000 + 1 : random % 3000000 + 1;
}

static void *churn(void *arg)
{
	uint32_t random = *(const uint32_t *)arg;

	for (int i = 0; i < ROUNDS; i++) {
		size_t size, old_size;
		unsigned char *block, *old;
		uint32_t at;

		random = random * 1664525 + 1013904223;
		size = choose_size(random >> 8);
		block = allocate(random >> 4, size);
		at = (random >> 16) % SLOTS;
		pthread_mutex_lock(&lock);
		old = slot[at];
		old_size = slot_size[at];
		slot[at] = block;
		slot_size[at] = size;
		pthread_mutex_unlock(&lock);
		if (old)
			check_and_free(old, old_size);
	}
	return NULL;
}

/* The child has one thread; the lock may be another one's. */
static void fork_once(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("there can be no child");
	if (pid == 0) {
		for (uint32_t i = 0; i < 1000; i++) {
			size_t size = choose_size(i * 2654435761u >> 8);

			check_and_free(allocate(i, size), size);
		}
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("the child failed");
}

int main(void)
{
	pthread_t thread[THREADS];
	uint32_t seed[THREADS];
	int c;

	for (uint32_t i = 0; i < THREADS; i++) {
		seed[i] = i + 1;
		if (pthread_create(&thread[i], NULL, churn, &seed[i]))
			die("there can be no thread");
	}
	fork_once();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < SLOTS; i++)
		if (slot[i])
			check_and_free(slot[i], slot_size[i]);
	puts("ready");
	fflush(stdout);
	while ((c = getchar()) != EOF)
		;
	return 0;
}
