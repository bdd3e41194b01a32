/* SPDX-License-Identifier: MIT */
/*
 * unit.h - what the unit tests share: cmocka, blocks with known contents,
 * and the death of a child.
 *
 * A unit test is linked with the core: malloc() is the C library's, and only
 * calls of hk_* and hakmem_* reach the library.  cmocka's assertions jump,
 * so other threads than the test's own use CHECK() of check.h, which ends
 * the program.
 */
#ifndef UNIT_H
#define UNIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "lib/blocks.h"

#include "base/base.h"
#include "policy/policy.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

/*
 * Valgrind needs memory itself, and has no other process's limits: what is
 * about the lack of it is not tried there.  ThreadSanitizer ends a process
 * in which it gets none at the wrong moment: hk_tsan is asked beside this.
 */
static inline bool unit_in_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

/*
 * From now on a thread gets a heap of its own with its first call, and no
 * block is sampled: for tests that look at what becomes of blocks.  The
 * library has started before.
 */
static inline void unit_own_heaps(void)
{
	atomic_store(&hk_policy.value[HK_OPT_SHARE], 0);
	atomic_store(&hk_policy.value[HK_OPT_GUARD], 0);
}

/* How many of the pages of a range, to 4 MiB, have memory behind them. */
static inline size_t unit_resident(void *p, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = 0;
	unsigned char pages[1024];

	CHECK(len / page <= sizeof(pages));
	CHECK_EQ(mincore(p, len, pages), 0);
	for (size_t i = 0; i < len / page; i++)
		n += pages[i] & 1;
	return n;
}

/* How a child ended and what it said on standard error. */
struct unit_death {
	int status;
	char said[1024];
};

/* The child reports misuse by abort(): no core file, no waiting. */
static inline void unit_child(void (*fn)(void *arg), void *arg, int fd)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGABRT, SIG_DFL);
	alarm(60);
	dup2(fd, STDERR_FILENO);
	fn(arg);
	_exit(0);
}

static inline void unit_run(void (*fn)(void *arg), void *arg,
	struct unit_death *death)
{
	size_t len = 0;
	int fds[2];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		unit_child(fn, arg, fds[1]);
	close(fds[1]);
	while (len < sizeof(death->said) - 1 &&
		(n = read(fds[0], death->said + len,
			 sizeof(death->said) - 1 - len)) > 0)
		len += (size_t)n;
	death->said[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &death->status, 0), pid);
}

/* fn(arg) must end the process with SIGABRT, saying `message` before. */
static inline void assert_dies(void (*fn)(void *arg), void *arg,
	const char *message)
{
	struct unit_death death;

	unit_run(fn, arg, &death);
	if (!strstr(death.said, message))
		fail_msg("\"%s\" expected, said \"%s\"", message, death.said);
	assert_true(WIFSIGNALED(death.status));
	assert_int_equal(WTERMSIG(death.status), SIGABRT);
}

/* fn(arg) must do no such thing: what it checks itself holds. */
static inline void assert_lives(void (*fn)(void *arg), void *arg)
{
	struct unit_death death;

	unit_run(fn, arg, &death);
	if (death.status)
		fail_msg("status %d, said \"%s\"", death.status, death.said);
}

/* Runs fn(arg) in `n` threads, arguments `size` bytes apart. */
static inline void unit_threads(unsigned int n, void *(*fn)(void *arg),
	void *args, size_t size)
{
	pthread_t threads[16];

	assert_in_range(n, 1, 16);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn,
					 (char *)args + i * size),
			0);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif /* UNIT_H */
