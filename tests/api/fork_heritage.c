/* SPDX-License-Identifier: MIT */
/*
 * What a child inherits of the threads that it left behind: it frees their
 * blocks, in order or scattered, and needs as much memory itself.  It is the
 * same memory: the child must not grow to twice the size.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>

#define BLOCKS 200000
#define SIZE_EACH 500

static unsigned char *blocks[BLOCKS];
static pthread_barrier_t barrier;

static void *owner(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = HIDE(malloc(SIZE_EACH));
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, SIZE_EACH);
	}
	pthread_barrier_wait(&barrier);
	/* alive, and idle, at the moment of the fork */
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void child(bool scattered)
{
	const size_t total = (size_t)BLOCKS * SIZE_EACH;
	size_t base = resident_bytes();

	alarm(60);
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < BLOCKS; i++)
			free(blocks[scattered ? i * 7919 % BLOCKS : i]);
		for (size_t i = 0; i < BLOCKS; i++) {
			blocks[i] = HIDE(malloc(SIZE_EACH));
			CHECK(blocks[i] != NULL);
			memset(blocks[i], round, SIZE_EACH);
		}
		CHECK_AT(resident_bytes() < base + total / 3 + 8 * MIB,
			(resident_bytes() - base) / MIB);
	}
	_exit(0);
}

int main(void)
{
	pthread_t thread;

	alarm(120);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 2), 0);
	CHECK_EQ(pthread_create(&thread, NULL, owner, NULL), 0);
	pthread_barrier_wait(&barrier);
	for (int scattered = 0; scattered < 2; scattered++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			CHECK_ERROR("fork");
		if (pid == 0)
			child(scattered);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK_AT(WIFEXITED(status), status);
		CHECK_EQ(WEXITSTATUS(status), 0);
	}
	pthread_barrier_wait(&barrier);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return 0;
}
