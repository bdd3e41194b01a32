/* SPDX-License-Identifier: MIT */
/*
 * check.h - what a test program needs to say what it found.
 *
 * Nothing in here allocates, takes a lock or uses stdio, so a check may
 * stand in a constructor, an atfork handler, a destructor of a thread's
 * data or a child of vfork().  The first check that fails writes one line
 * with its place and ends the process with status 1; a program ends with 0
 * when all is well, 77 when it cannot run here and 99 when the machine, not
 * the library, is in the way.
 *
 * For C and C++.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_SKIP_STATUS 77
#define CHECK_ERROR_STATUS 99

/* One line of text, put together on the stack. */
struct check_line {
	size_t len;
	char text[400];
};

static inline void check_str(struct check_line *line, const char *s)
{
	while (*s && line->len < sizeof(line->text) - 1)
		line->text[line->len++] = *s++;
}

static inline void check_num(struct check_line *line, uint64_t n)
{
	char digits[20];
	size_t i = 0;

	do {
		digits[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	while (i && line->len < sizeof(line->text) - 1)
		line->text[line->len++] = digits[--i];
}

static inline void check_write(struct check_line *line)
{
	line->text[line->len++] = '\n';
	if (write(STDERR_FILENO, line->text, line->len) < 0)
		return;
}

static inline void check_place(struct check_line *line, const char *file,
	int where)
{
	line->len = 0;
	check_str(line, file);
	check_str(line, ":");
	check_num(line, (uint64_t)where);
	check_str(line, ": ");
}

__attribute__((noreturn, cold)) static inline void check_end(
	struct check_line *line, int status)
{
	check_write(line);
	_exit(status);
}

__attribute__((noreturn, cold, unused)) static void check_failed(
	const char *file, int where, const char *what)
{
	struct check_line line;

	check_place(&line, file, where);
	check_str(&line, "failed: ");
	check_str(&line, what);
	check_end(&line, 1);
}

__attribute__((noreturn, cold, unused)) static void check_failed_eq(
	const char *file, int where, const char *what, uint64_t got,
	uint64_t want)
{
	struct check_line line;

	check_place(&line, file, where);
	check_str(&line, "failed: ");
	check_str(&line, what);
	check_str(&line, " is ");
	check_num(&line, got);
	check_str(&line, ", not ");
	check_num(&line, want);
	check_end(&line, 1);
}

__attribute__((noreturn, cold, unused)) static void check_failed_at(
	const char *file, int where, const char *what, uint64_t value)
{
	struct check_line line;

	check_place(&line, file, where);
	check_str(&line, "failed: ");
	check_str(&line, what);
	check_str(&line, " (with ");
	check_num(&line, value);
	check_str(&line, ")");
	check_end(&line, 1);
}

__attribute__((noreturn, cold, unused)) static void check_stop(
	const char *file, int where, const char *why, int status)
{
	struct check_line line;

	check_place(&line, file, where);
	check_str(&line, why);
	check_end(&line, status);
}

/* Tells a figure, on standard error. */
__attribute__((cold, unused)) static void check_tell(const char *what,
	uint64_t value)
{
	struct check_line line;

	line.len = 0;
	check_str(&line, what);
	check_str(&line, ": ");
	check_num(&line, value);
	check_write(&line);
}

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			check_failed(__FILE__, __LINE__, #cond);               \
	} while (0)

/* The same, telling a number that the case turned on (a size, a step). */
#define CHECK_AT(cond, value)                                                  \
	do {                                                                   \
		if (!(cond))                                                   \
			check_failed_at(__FILE__, __LINE__, #cond,             \
				(uint64_t)(value));                            \
	} while (0)

#define CHECK_EQ(got, want)                                                    \
	do {                                                                   \
		uint64_t check_got = (uint64_t)(got);                          \
		uint64_t check_want = (uint64_t)(want);                        \
		if (check_got != check_want)                                   \
			check_failed_eq(__FILE__, __LINE__, #got, check_got,   \
				check_want);                                   \
	} while (0)

#define CHECK_SKIP(why) check_stop(__FILE__, __LINE__, why, CHECK_SKIP_STATUS)
#define CHECK_ERROR(why) check_stop(__FILE__, __LINE__, why, CHECK_ERROR_STATUS)

/*
 * An expression that must fail with NULL and `code`; and one that must
 * leave errno alone.
 */
#define CHECK_NULL(expr, code)                                                 \
	do {                                                                   \
		void *check_result;                                            \
		errno = 0;                                                     \
		check_result = HIDE(expr);                                     \
		if (check_result)                                              \
			check_failed(__FILE__, __LINE__, #expr " == NULL");    \
		CHECK_EQ(errno, code);                                         \
	} while (0)

#define CHECK_ERRNO_KEPT(statement)                                            \
	do {                                                                   \
		errno = 4711;                                                  \
		statement;                                                     \
		CHECK_EQ(errno, 4711);                                         \
	} while (0)

/*
 * The compiler knows what malloc() and free() mean and removes calls, keeps
 * values across them and warns of the crimes that some tests are about.
 * What passes through here has been used and may have changed.
 */
static inline void *check_hide(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static inline size_t check_hide_size(size_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

#define HIDE(p) check_hide((void *)(uintptr_t)(p))
#define SIZE(n) check_hide_size(n)

/*
 * How much of a workload to run: HAKMEM_TEST_SCALE in the environment is a
 * percentage (100), for emulators, Valgrind and long runs.  At least 1.
 */
static inline size_t check_count(size_t count)
{
	const char *scale = getenv("HAKMEM_TEST_SCALE");
	size_t percent = scale ? (size_t)strtoul(scale, NULL, 10) : 100;

	count = count / 100 * percent + count % 100 * percent / 100;
	return count ? count : 1;
}

/* Runs under Valgrind? */
static inline int check_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "vgpreload");
}

/*
 * Runs under an emulator or Valgrind, whose own memory, mappings and limits
 * are not the program's?
 */
static inline int check_emulated(void)
{
	const char *emulator = getenv("EMULATOR");

	return (emulator && *emulator) || check_valgrind();
}

/* A number from the command line, or else the scaled default. */
static inline size_t check_argument(int argc, char **argv, int index,
	size_t count)
{
	return argc > index ? (size_t)strtoul(argv[index], NULL, 10)
			    : check_count(count);
}

#endif /* CHECK_H */
