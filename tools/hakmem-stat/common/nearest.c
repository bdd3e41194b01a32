/* SPDX-License-Identifier: MIT */
/*
 * nearest.c - see nearest.h.
 */
#include "common/nearest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX	32u

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many letters to add, leave out, change or swap: at most WORD_MAX. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *two = rows[0], *one = rows[1], *now = rows[2];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (unsigned int j = 0; j <= lb; j++)
		one[j] = j;
	for (unsigned int i = 1; i <= la; i++) {
		unsigned int *oldest = two;

		now[0] = i;
		for (unsigned int j = 1; j <= lb; j++) {
			now[j] = least(least(one[j], now[j - 1]) + 1,
				       one[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], two[j - 2] + 1);
		}
		two = one;
		one = now;
		now = oldest;
	}
	return one[lb];
}

const char *util_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned int best_distance = 3;

	for (; *words; words++) {
		unsigned int d = distance(word, *words);

		/* At least half of it is there. */
		if (d < best_distance && 2 * d < strlen(*words)) {
			best = *words;
			best_distance = d;
		}
	}
	return best;
}
