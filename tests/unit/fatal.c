/* SPDX-License-Identifier: MIT */
/*
 * Lines of text: numbers, truncation, and the last line of a process.
 */
#include "unit.h"

#include "base/fatal.h"

#include <signal.h>
#include <stdio.h>

static void numbers(void **state)
{
	static const uint64_t values[] = { 0, 1, 9, 10, 99, 1000000007,
		INT64_MAX, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		struct hk_line line = { 0 };
		char expected[64];
		int n = snprintf(expected, sizeof(expected), "<%llu> %#llx",
			(unsigned long long)values[i],
			(unsigned long long)values[i]);

		hk_line_str(&line, "<");
		hk_line_num(&line, values[i]);
		hk_line_str(&line, "> ");
		if (values[i])
			hk_line_ptr(&line, (void *)(uintptr_t)values[i]);
		else
			hk_line_str(&line, "0");
		assert_int_equal(line.len, n);
		assert_memory_equal(line.text, expected, (size_t)n);
	}
}

static void null_pointer(void **state)
{
	struct hk_line line = { 0 };

	(void)state;
	hk_line_ptr(&line, NULL);
	assert_int_equal(line.len, 3);
	assert_memory_equal(line.text, "0x0", 3);
}

/* Whatever is put in, nothing is written behind, and the newline fits. */
static void truncation(void **state)
{
	struct {
		struct hk_line line;
		char behind[64];
	} guarded = { 0 };
	char read_back[sizeof(guarded.line.text) + 1];
	int fds[2];

	(void)state;
	for (int i = 0; i < 100; i++) {
		hk_line_str(&guarded.line, "0123456789");
		hk_line_num(&guarded.line, UINT64_MAX);
		hk_line_ptr(&guarded.line, &guarded);
	}
	assert_int_equal(guarded.line.len, sizeof(guarded.line.text) - 1);
	assert_int_equal(pipe(fds), 0);
	errno = 4711;
	hk_line_write(&guarded.line, fds[1]);
	assert_int_equal(errno, 4711);
	close(fds[1]);
	assert_int_equal(read(fds[0], read_back, sizeof(read_back)),
		sizeof(guarded.line.text));
	close(fds[0]);
	assert_memory_equal(read_back, "0123456789", 10);
	assert_int_equal(read_back[sizeof(guarded.line.text) - 1], '\n');
	for (size_t i = 0; i < sizeof(guarded.behind); i++)
		assert_int_equal(guarded.behind[i], 0);
}

/* Nobody to read it: no loop, no signal, and errno is kept. */
static void closed_descriptor(void **state)
{
	struct hk_line line = { 0 };

	(void)state;
	hk_line_str(&line, "unheard");
	errno = 4711;
	hk_line_write(&line, -1);
	assert_int_equal(errno, 4711);
}

/* A pipe that takes a few bytes at a time: all arrive, in order. */
static void *slow_reader(void *arg)
{
	static char all[4096];
	int fd = *(int *)arg;
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, all + len, 7)) > 0)
		len += (size_t)n;
	all[len] = '\0';
	return all;
}

static void partial_writes(void **state)
{
	struct hk_line line = { 0 };
	pthread_t thread;
	void *all;
	int fds[2];

	(void)state;
	for (int i = 0; i < 40; i++)
		hk_line_num(&line, (uint64_t)i);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, slow_reader, &fds[0]),
		0);
	hk_line_write(&line, fds[1]);
	close(fds[1]);
	assert_int_equal(pthread_join(thread, &all), 0);
	close(fds[0]);
	assert_memory_equal(all, "0123456789101112", 16);
	assert_memory_equal((char *)all + line.len - 3, "39\n", 4);
}

static void dies(void *arg)
{
	struct hk_line line;

	hk_fatal_start(&line);
	hk_line_str(&line, arg);
	hk_fatal_end(&line);
}

static void breaks_promise(void *arg)
{
	(void)arg;
	hk_fatal_assert("here.c", 42, "sky == blue");
}

static void last_words(void **state)
{
	(void)state;
	assert_dies(dies, (void *)(uintptr_t)"the sky fell",
		"hakmem: fatal: the sky fell\n");
	assert_dies(breaks_promise, NULL,
		"hakmem: fatal: internal error at here.c:42: sky == blue\n");
}

static void asserts(void *arg)
{
	hk_assert(arg != NULL);
}

/* Assertions are checked in debug builds, and only there. */
static void assertions(void **state)
{
	(void)state;
	assert_lives(asserts, state);
	if (hk_debug)
		assert_dies(asserts, NULL, "fatal.c");
	else
		assert_lives(asserts, NULL);
}

/*
 * Nobody reads: the process lives, and a signal of the same kind that was
 * pending, and blocked by the program, is still there.
 */
static void no_reader(void **state)
{
	struct hk_line line = { 0 };
	sigset_t pipes, pending;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	hk_line_write(&line, fds[1]);
	assert_int_equal(sigpending(&pending), 0);
	assert_false(sigismember(&pending, SIGPIPE));
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &pipes, NULL), 0);
	assert_int_equal(raise(SIGPIPE), 0);
	hk_line_write(&line, fds[1]);
	assert_int_equal(sigpending(&pending), 0);
	assert_true(sigismember(&pending, SIGPIPE));
	assert_int_equal(sigwaitinfo(&pipes, NULL), SIGPIPE);
	assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &pipes, NULL), 0);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(null_pointer),
		cmocka_unit_test(truncation),
		cmocka_unit_test(closed_descriptor),
		cmocka_unit_test(no_reader),
		cmocka_unit_test(partial_writes),
		cmocka_unit_test(last_words),
		cmocka_unit_test(assertions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
