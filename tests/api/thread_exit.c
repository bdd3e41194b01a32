/* SPDX-License-Identifier: MIT */
/*
 * The ways in which a thread ends, and the calls that come after what it
 * could take for the last: destructors that run in the last round, the C
 * library's own frees, blocks that outlive their thread, threads that
 * nobody joins, cancellation, and a main thread that ends first.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/wait.h>

static pthread_key_t keys[8];
static _Thread_local unsigned int round_of;
static sem_t done;

/*
 * Asks to be called again until the C library gives up, so the last round
 * is after every destructor of the library.
 */
static void again(void *value)
{
	unsigned char *p = HIDE(malloc(5000));

	CHECK(p != NULL);
	pattern_fill(p, 0, 5000, round_of);
	p = HIDE(realloc(p, 50000));
	CHECK(p != NULL);
	CHECK_PATTERN(p, 0, 5000, round_of);
	free(p);
	free(value);
	round_of++;
	if (round_of < PTHREAD_DESTRUCTOR_ITERATIONS * 8)
		for (size_t i = 0; i < 8; i++) {
			if (pthread_getspecific(keys[i]))
				continue;
			CHECK_EQ(pthread_setspecific(keys[i],
					 HIDE(malloc(64 + i))),
				0);
			break;
		}
}

static void *with_destructors(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(pthread_setspecific(keys[i], HIDE(malloc(16 * i + 1))),
			0);
	/* a buffer that glibc frees when the thread is gone */
	CHECK(strerror(98765) != NULL);
	return NULL;
}

static void *by_pthread_exit(void *unused)
{
	with_destructors(unused);
	pthread_exit(HIDE(malloc(77)));
}

/* A thread whose first call into the allocator is in a destructor. */
static void *never_allocates(void *value)
{
	CHECK_EQ(pthread_setspecific(keys[3], value), 0);
	return NULL;
}

static void *detached(void *unused)
{
	with_destructors(unused);
	sem_post(&done);
	return NULL;
}

static void *cancelled(void *unused)
{
	with_destructors(unused);
	for (;;) {
		free(HIDE(malloc(100)));
		pthread_testcancel();
	}
	return NULL;
}

static void *leaves_blocks(void *argument)
{
	unsigned char **blocks = argument;
	uint64_t state = 17;

	for (size_t i = 0; i < 500; i++) {
		size_t size = random_size(&state, 200000);

		blocks[i] = HIDE(malloc(size));
		CHECK(blocks[i] != NULL);
		pattern_fill(blocks[i], 0, size, i);
	}
	return NULL;
}

static void join(void *(*start)(void *), void *argument, void **result)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, start, argument), 0);
	CHECK_EQ(pthread_join(thread, result), 0);
}

/* Blocks of a dead thread are read, resized and freed by the living. */
static void heritage(void)
{
	static unsigned char *blocks[500];

	for (int round = 0; round < 20; round++) {
		uint64_t state = 17;

		join(leaves_blocks, blocks, NULL);
		for (size_t i = 0; i < 500; i++) {
			size_t size = random_size(&state, 200000);

			CHECK_PATTERN(blocks[i], 0, size, i);
			if (i % 3 == 0) {
				blocks[i] = HIDE(realloc(blocks[i], size + 99));
				CHECK(blocks[i] != NULL);
				CHECK_PATTERN(blocks[i], 0, size, i);
			}
		}
		for (size_t i = 0; i < 500; i++)
			free(blocks[i * 77 % 500]);
	}
}

static void nobody_joins(void)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 300; i++) {
		pthread_t thread;

		CHECK_EQ(pthread_create(&thread, &attr, detached, NULL), 0);
		if (i % 4 == 3)
			for (int k = 0; k < 4; k++)
				sem_wait(&done);
	}
	pthread_attr_destroy(&attr);
}

static void *outlives_main(void *unused)
{
	(void)unused;
	usleep(50000);
	with_destructors(NULL);
	for (size_t size = 1; size < MIB; size = size * 2 + 1)
		free(HIDE(malloc(size)));
	exit(0);
}

/* In a child: its main thread ends while another goes on. */
static void main_ends_first(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		CHECK_ERROR("fork");
	if (pid == 0) {
		pthread_t thread;

		alarm(20);
		CHECK_EQ(pthread_create(&thread, NULL, outlives_main, NULL), 0);
		with_destructors(NULL);
		pthread_exit(NULL);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

int main(void)
{
	alarm(300);
	CHECK_EQ(sem_init(&done, 0, 0), 0);
	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(pthread_key_create(&keys[i], again), 0);
	for (int i = 0; i < 200; i++) {
		void *result = NULL;
		pthread_t thread;

		join(with_destructors, NULL, NULL);
		join(by_pthread_exit, NULL, &result);
		CHECK(result != NULL);
		free(result);
		join(never_allocates, HIDE(malloc(1000)), NULL);
		CHECK_EQ(pthread_create(&thread, NULL, cancelled, NULL), 0);
		CHECK_EQ(pthread_cancel(thread), 0);
		CHECK_EQ(pthread_join(thread, &result), 0);
		CHECK(result == PTHREAD_CANCELED);
	}
	heritage();
	nobody_joins();
	main_ends_first();
	return 0;
}
