/* SPDX-License-Identifier: MIT */
/*
 * threshold.h - by how much a figure may differ:
 *
 *   threshold = figure ( ">" | ">=" | "<" | "<=" ) amount
 *   amount    = [ "+" | "-" ] number [ "%" | "K" | "M" | "G" | "T" ]
 *
 * It is met where the difference, the second value less the first one, is
 * above the amount, or below it.  "%" is of the first value; K is 1024, and so
 * on; KiB is the same as K.  Blanks may stand between the parts.
 */
#ifndef STAT_THRESHOLD_H
#define STAT_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

enum threshold_order {
	THRESHOLD_ABOVE,
	THRESHOLD_AT_LEAST,
	THRESHOLD_BELOW,
	THRESHOLD_AT_MOST,
};

struct threshold {
	const char *text;	/* as it was given, not owned */
	char *name;		/* of the figure */
	enum threshold_order order;
	long double amount;
	bool is_percent;
};

/*
 * Reads one.  Returns NULL, or what is wanted where something else stands, at
 * *column, from 1 on, with nothing to free.
 */
const char *threshold_read(struct threshold *threshold, const char *text,
			   size_t *column);

bool threshold_is_met(const struct threshold *threshold, long double a,
		      long double b);

#endif /* STAT_THRESHOLD_H */
