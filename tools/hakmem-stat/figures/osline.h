/* SPDX-License-Identifier: MIT */
/*
 * osline.h - the [SS_OS_STATS] lines that the library prints, read back.
 *
 * A line may stand anywhere in a log, behind the prefix of a log daemon or
 * between colour codes; its keys may come in any order, and some may be
 * unknown to this version.  Values are decimal integers, or words.
 */
#ifndef STAT_OSLINE_H
#define STAT_OSLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OSLINE_TAG "[SS_OS_STATS]"

struct osline_value {
	char *key;
	char *text;
	bool is_number;
	uint64_t number;
};

/* What one process printed. */
struct osline {
	const char *source;	/* name of the log, not owned */
	unsigned long line;	/* in it, from 1 */
	struct osline_value *values;
	size_t count;
};

struct oslines {
	struct osline *items;
	size_t count;
};

/*
 * A line of ours has twenty keys.  What a line has more than these is passed
 * by, and so is, in the sums, what all lines have more: a log may be anybody's.
 */
#define OSLINE_KEYS_MAX 256u
#define OSLINE_SUMS_MAX 4096u

/* The values of one key over all lines that have it. */
struct osline_sum {
	const char *key;
	unsigned int numbers;	/* lines that have a number for it */
	const char *word;	/* the value of the last that has a word */
	uint64_t total, least, most;
};

/*
 * Adds what one line of text has: none, one or several.  Returns false where
 * the tag is there with nothing behind it that could be read.
 */
bool osline_read(struct oslines *lines, const char *source,
		 unsigned long number, const char *text, size_t len);

/* Frees all that osline_read() added; the lines are none then. */
void oslines_free(struct oslines *lines);

/* The value of `key`, or NULL. */
const struct osline_value *osline_find(const struct osline *line,
				       const char *key);

/*
 * One sum for each key, in the order in which the keys first appear, up to
 * OSLINE_SUMS_MAX; stores how many in *count.  The caller frees the array.
 */
struct osline_sum *osline_sums(const struct oslines *lines, size_t *count);

/* Calls to the system for memory, of every kind, of all processes. */
uint64_t osline_calls(const struct oslines *lines);

/* What a key means, or "" for one that this version does not know. */
const char *osline_meaning(const char *key);

/* Whether the values of a key are bytes. */
bool osline_is_bytes(const char *key);

#endif /* STAT_OSLINE_H */
