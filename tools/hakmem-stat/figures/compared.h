/* SPDX-License-Identifier: MIT */
/*
 * compared.h - the figures of two files beside each other, for "hakmem-stat
 * diff".  Of a log they are the sums over its processes.  Of a recording they
 * are the median of what goes up and down, and of counters how much they rose
 * in a second.
 */
#ifndef STAT_COMPARED_H
#define STAT_COMPARED_H

#include "figures/readings.h"

#include <stdbool.h>
#include <stddef.h>

enum compared_side { COMPARED_A, COMPARED_B, COMPARED_SIDES };

/* A long double has every 64-bit number, and the difference of two. */
struct compared {
	char *name;		/* "refills_per_second" of a counter */
	bool is_rate;		/* not a whole number */
	bool has[COMPARED_SIDES];
	long double values[COMPARED_SIDES];
};

struct comparison {
	struct compared *rows;	/* those of A in its order, then others */
	size_t count;
};

/* Adds the figures of one file, which has some. */
void compared_add(struct comparison *comparison, enum compared_side side,
		  const struct readings *readings);

bool compared_has_both(const struct compared *row);

/* Is it a number of bytes, or of bytes in a second? */
bool compared_is_bytes(const struct compared *row);

/*
 * The row of that name, or NULL; "_bytes" and "_per_second" at its end may be
 * left out.
 */
const struct compared *compared_find(const struct comparison *comparison,
				     const char *name);

/* One that may have been meant, or NULL. */
const char *compared_nearest(const struct comparison *comparison,
			     const char *name);

void compared_free(struct comparison *comparison);

#endif /* STAT_COMPARED_H */
