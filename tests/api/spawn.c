/* SPDX-License-Identifier: MIT */
/*
 * The other ways to make a process: vfork(), a raw clone() that shares the
 * memory, posix_spawn(), system() and popen(), while other threads allocate.
 * A child that shares the memory allocates and frees in it.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

static atomic_bool stop;
static void *given[64], *returned[64];
static _Alignas(64) char child_stack[256 * 1024];

static void *work(void *unused)
{
	uint64_t state = 13;

	(void)unused;
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		free(HIDE(malloc(random_size(&state, MIB))));
	return NULL;
}

static size_t size_at(size_t i)
{
	return i % 8 ? i * i + 1 : i * i * 20 + 1;
}

static void give(void)
{
	for (size_t i = 0; i < 64; i++) {
		given[i] = HIDE(malloc(size_at(i)));
		CHECK(given[i] != NULL);
		pattern_fill(given[i], 0, size_at(i), i);
	}
}

/* In the child: frees what the parent gave, leaves blocks for it. */
static int exchange(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < 64; i++) {
		CHECK_PATTERN(given[i], 0, size_at(i), i);
		returned[i] = HIDE(malloc(size_at(i)));
		CHECK(returned[i] != NULL);
		pattern_fill(returned[i], 0, size_at(i), ~i);
		free(given[i]);
	}
	return 0;
}

static void take(void)
{
	for (size_t i = 0; i < 64; i++) {
		CHECK_PATTERN(returned[i], 0, size_at(i), ~i);
		free(returned[i]);
	}
}

static void reap(pid_t pid)
{
	int status;

	CHECK(pid > 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static void shared_by_vfork(void)
{
	/* static: gcc fears for locals, as vfork() returns twice */
	static size_t left;

	for (left = check_count(100); left; left--) {
		pid_t pid;

		give();
		pid = vfork();
		if (pid == 0)
			_exit(exchange(NULL));
		reap(pid);
		take();
	}
}

static void shared_by_clone(void)
{
	for (size_t i = 0; i < check_count(100); i++) {
		pid_t pid;

		give();
		/* the parent waits, so one of them uses the thread's data */
		pid = clone(exchange, child_stack + sizeof(child_stack),
			CLONE_VM | (i % 2 ? CLONE_VFORK : 0) | SIGCHLD, NULL);
		if (pid < 0)
			CHECK_ERROR("clone");
		reap(pid);
		take();
	}
}

static void spawned(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	for (size_t i = 0; i < check_count(100); i++) {
		pid_t pid;

		CHECK_EQ(posix_spawnp(&pid, "true", NULL, NULL, argv, environ),
			0);
		reap(pid);
	}
}

static void by_shell(void)
{
	for (size_t i = 0; i < check_count(20); i++) {
		char text[64];
		FILE *pipe;

		CHECK_EQ(system("exit 0"), 0);
		pipe = popen("echo some words", "r");
		CHECK(pipe != NULL);
		CHECK(fgets(text, sizeof(text), pipe) != NULL);
		CHECK(strcmp(text, "some words\n") == 0);
		CHECK_EQ(pclose(pipe), 0);
	}
}

int main(void)
{
	/* emulators make a fork() of each */
	const bool shared = !check_emulated();
	pthread_t threads[2];

	alarm(300);
	if (shared) {
		shared_by_vfork();
		shared_by_clone();
	}
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, NULL), 0);
	if (shared) {
		shared_by_vfork();
		shared_by_clone();
	}
	spawned();
	by_shell();
	atomic_store(&stop, true);
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	return 0;
}
