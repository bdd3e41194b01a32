/* SPDX-License-Identifier: MIT */
/*
 * fuzz_common.h - what every fuzz target shares: reading an input as a
 * stream of small numbers, saying what went wrong, and main().
 *
 * A target is a function that takes one input and returns when every check
 * has held; FUZZ_MAIN(function) makes the program.  Built with a compiler of
 * AFL++ it is a persistent-mode target.  Built with any other it replays the
 * files and directories that it is given, so that "make check" can run the
 * corpus everywhere: each input in a process of its own, as in the fuzzer,
 * and then all of them in one, in the order of their names, on a heap that
 * the ones before have used.
 *
 * Targets that allocate call hakmem_*, never malloc(): the sanitizer's and the
 * fuzzer's own allocator is another one than the one under test.
 */
#ifndef FUZZ_COMMON_H
#define FUZZ_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inputs are cut off here. */
#define FUZZ_INPUT_MAX	((size_t)64 << 10)

/* ---- one input, read from its start; zeros follow its end ---- */

struct fuzz_input {
	const uint8_t *data;
	size_t len;
	size_t pos;
};

static inline bool fuzz_more(const struct fuzz_input *in)
{
	return in->pos < in->len;
}

static inline unsigned int fuzz_u8(struct fuzz_input *in)
{
	return in->pos < in->len ? in->data[in->pos++] : 0;
}

static inline unsigned int fuzz_u16(struct fuzz_input *in)
{
	unsigned int low = fuzz_u8(in);

	return low | fuzz_u8(in) << 8;
}

/* ---- what a target says ---- */

/* Set by FUZZ_TRACE=1: print each call as a line of C on standard error. */
extern bool fuzz_tracing;

/* Prints a line when tracing. */
__attribute__((format(printf, 1, 2)))
void fuzz_trace(const char *format, ...);

/* A check did not hold: says so and where, then abort(). */
__attribute__((format(printf, 1, 2), noreturn))
void fuzz_fail(const char *format, ...);

/* ---- main() ---- */

typedef void fuzz_target(const uint8_t *data, size_t len);

/*
 * Replays the inputs of the command line, or standard input; returns the exit
 * status.  A single one is run in the process itself.
 */
int fuzz_replay(fuzz_target *target, int argc, char **argv);

/* Reads FUZZ_TRACE.  Both programs call it first. */
void fuzz_start(void);

#ifdef __AFL_FUZZ_TESTCASE_LEN
#include <unistd.h>	/* for its macros */

#define FUZZ_MAIN(target)						\
__AFL_FUZZ_INIT();							\
									\
int main(int argc, char **argv)						\
{									\
	fuzz_start();							\
	if (argc > 1)							\
		return fuzz_replay(target, argc, argv);			\
	__AFL_INIT();							\
	const uint8_t *data = __AFL_FUZZ_TESTCASE_BUF;			\
	while (__AFL_LOOP(FUZZ_RUNS)) {					\
		int len = (int)__AFL_FUZZ_TESTCASE_LEN;			\
		if (len > 0)						\
			target(data, (size_t)len);			\
	}								\
	return 0;							\
}
#else
#define FUZZ_MAIN(target)						\
int main(int argc, char **argv)						\
{									\
	fuzz_start();							\
	return fuzz_replay(target, argc, argv);				\
}
#endif

/*
 * Inputs that one process of the fuzzer runs; a target that is about something
 * else defines it first.  One: an allocator that has
 * been used behaves otherwise than a fresh one, and an input must do the
 * same each time, in the fuzzer and in a replay.  Measured with 500: half of
 * the edges came and went, and executions were not faster, as forking costs
 * less than what a long-lived heap does for its age and budget.
 */
#ifndef FUZZ_RUNS
#define FUZZ_RUNS	1
#endif

#endif /* FUZZ_COMMON_H */
