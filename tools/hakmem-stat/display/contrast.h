/* SPDX-License-Identifier: MIT */
/*
 * contrast.h - prints two files' figures beside each other, for "hakmem-stat
 * diff".
 */
#ifndef STAT_CONTRAST_H
#define STAT_CONTRAST_H

#include "common/util.h"
#include "display/print.h"
#include "figures/compared.h"

struct contrast {
	const char *names[COMPARED_SIDES]; /* of the files */
	const struct comparison *comparison;
	const char **failed;	/* thresholds that are met, as given */
	size_t count;
};

void contrast_print(enum print_format format, const struct contrast *contrast);

/* B less A, of a row that has both; B / A, where A is not 0. */
long double contrast_difference(const struct compared *row);
bool contrast_has_ratio(const struct compared *row);
long double contrast_ratio(const struct compared *row);

/* A value of the row for people; signed with `plus`, where it is not 0. */
typedef char contrast_number[UTIL_BYTES_MAX + 1];
void contrast_text(contrast_number text, const struct compared *row,
		   long double n, bool plus);

#endif /* STAT_CONTRAST_H */
