/* SPDX-License-Identifier: MIT */
/*
 * util.h - what every part of hakmem-stat uses: messages, exit statuses,
 * memory, numbers for people, and whether to colour.
 */
#ifndef STAT_UTIL_H
#define STAT_UTIL_H

#include "common/nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses; those of "run" are the command's, or these. */
enum {
	STATUS_FINE = 0,
	STATUS_FINDING = 1,	/* asked a question, the answer is bad news */
	STATUS_USAGE = 2,
	STATUS_UNREADABLE = 3,	/* a file or a process; or no more output */
	STATUS_RUN_FAILED = 125, /* "run" itself */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,	/* and the number of the signal */
};

/*
 * The status with which a wrong command line or a lack of memory ends the
 * program: STATUS_USAGE, but STATUS_RUN_FAILED once "run" is known to be the
 * command.
 */
extern int util_trouble;

/* Called before a message, where it is not NULL: gives the terminal back. */
extern void (*util_before_message)(void);

/* "hakmem-stat: MESSAGE" on standard error. */
__attribute__((format(printf, 1, 2)))
void util_say(const char *format, ...);

/* The same, then exits with `status`. */
__attribute__((format(printf, 2, 3), noreturn))
void util_die(int status, const char *format, ...);

/* Never NULL; end the program where there is no memory. */
void *util_resize(void *ptr, size_t count, size_t size);
char *util_copy(const char *text, size_t len);
__attribute__((format(printf, 1, 2)))
char *util_format(const char *format, ...);

/* A file's text, up to a \0, to be freed; NULL where it cannot be read. */
char *util_read(const char *path);

/* a - b of figures that were not read in the same moment: 0 where b is more. */
static inline uint64_t util_less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/*
 * How many bytes the character of UTF-8 at `text` has; 0 where there is no
 * valid one: an encoding too long, half of a surrogate, above U+10FFFF.
 */
size_t util_character(const char *text);

/* A decimal number and nothing else; false where it does not fit. */
bool util_number(const char *text, uint64_t *number);

/* Of a number that may be anything: the nearest that there is. */
static inline uint64_t util_whole(long double n)
{
	return n >= 0x1p64L ? UINT64_MAX : n > 0 ? (uint64_t)n : 0;
}

/* "1.5 GiB", "12.0 KiB", "17 B" in `text`. */
#define UTIL_BYTES_MAX 32
const char *util_bytes(char text[UTIL_BYTES_MAX], uint64_t bytes);

/* "2026-11-30 19:12:59", of this place, in `text`; from ns since 1970. */
#define UTIL_DATE_MAX 32
const char *util_date(char text[UTIL_DATE_MAX], uint64_t ns);

/* A text, which may have any bytes, as a string of JSON. */
void util_put_json(FILE *out, const char *text);

/* --color=auto|always|never; any other word ends the program. */
void util_set_color(const char *when);

/* The codes that start and end a heading on `out`; "" without colour. */
const char *util_bold(FILE *out);
const char *util_plain(FILE *out);

/*
 * A text that is written by `out`, in memory.  Once it is closed, it is in
 * `bytes`, `len` of them and a \0, for the caller to free.
 */
struct util_text {
	FILE *out;
	char *bytes;
	size_t len;
};

void util_text_open(struct util_text *text);
void util_text_close(struct util_text *text);

/*
 * Flushes `out`.  A reader that has gone is no error; anything else, such as
 * a full disk, ends the program with `status`.
 */
void util_finish(FILE *out, const char *name, int status);

#endif /* STAT_UTIL_H */
