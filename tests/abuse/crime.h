/* SPDX-License-Identifier: MIT */
/*
 * crime.h - what the abuse programs share.  Each commits one kind of crime,
 * the details named by its arguments; the table of what must become of it is
 * in the comment at its head, in lines that abuse.test reads:
 *
 *   case: ARGUMENTS    one way to run the program; several may follow
 *   dies: PATTERN      SIGABRT, and on standard error this one line, after
 *                      "hakmem: fatal: ", as an extended regular expression
 *   lives              exit status 0 and nothing on standard error
 *
 * A program that means to die tells first which pointer it is about to pass,
 * and which block it is in; @P and @B in a pattern stand for the two.  It
 * ends with status 3 where it got away with it.
 */
#ifndef CRIME_H
#define CRIME_H

#include "lib/blocks.h"

#include <malloc.h>

#define GOT_AWAY 3

static inline void crime_address(struct check_line *line, const void *p)
{
	char digits[16];
	uintptr_t n = (uintptr_t)p;
	size_t i = 0;

	do {
		digits[i++] = "0123456789abcdef"[n % 16];
		n /= 16;
	} while (n);
	check_str(line, "0x");
	while (i)
		line->text[line->len++] = digits[--i];
}

/* Tells the pointer and the block, on standard output. */
static inline void crime_tell(const void *pointer, const void *block)
{
	struct check_line line = { 0, { 0 } };

	crime_address(&line, pointer);
	check_str(&line, " ");
	crime_address(&line, block);
	line.text[line.len++] = '\n';
	if (write(STDOUT_FILENO, line.text, line.len) < 0)
		_exit(CHECK_ERROR_STATUS);
}

static inline size_t crime_number(int argc, char **argv, int index)
{
	if (index >= argc)
		CHECK_ERROR("an argument is missing");
	return (size_t)strtoull(argv[index], NULL, 0);
}

static inline bool crime_is(int argc, char **argv, const char *word)
{
	if (argc < 2)
		CHECK_ERROR("an argument is missing");
	return strcmp(argv[1], word) == 0;
}

/* A block of `size` bytes, written to as a program would. */
static inline unsigned char *crime_block(size_t size)
{
	unsigned char *p = (unsigned char *)HIDE(malloc(size));

	CHECK(p != NULL);
	memset(p, 0x41, size);
	return (unsigned char *)HIDE(p);
}

#endif /* CRIME_H */
