/* SPDX-License-Identifier: MIT */
/*
 * order.h - in which order lists of processes come: what qsort(3) wants.
 */
#ifndef STAT_ORDER_H
#define STAT_ORDER_H

#include <stdint.h>
#include <string.h>

/* The largest first. */
static inline int order_number(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

/* As in a dictionary, "" behind all others. */
static inline int order_text(const char *a, const char *b)
{
	if (!*a || !*b)
		return !*a - !*b;
	return strcmp(a, b);
}

#endif /* STAT_ORDER_H */
