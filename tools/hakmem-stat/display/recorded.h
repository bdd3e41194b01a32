/* SPDX-License-Identifier: MIT */
/*
 * recorded.h - prints what is in a recording, for "hakmem-stat report".
 */
#ifndef STAT_RECORDED_H
#define STAT_RECORDED_H

#include "common/util.h"
#include "display/print.h"
#include "figures/recording.h"

/* What is told of a figure. */
struct recorded_span {
	uint64_t first, last, least, most;
	bool has_rate;
	double rate;		/* of a counter, per second */
};

struct recorded_span recorded_span_of(const struct recording *recording,
				      const struct series *series);

/* A value of a figure, and how much it rose in a second, for people. */
void recorded_value_text(char text[UTIL_BYTES_MAX], const char *name,
			 uint64_t value);
void recorded_rate_text(char text[UTIL_BYTES_MAX], const char *name,
			const struct recorded_span *span);

/*
 * A table or JSON has each figure's first, last, least and most value, or, of
 * a counter, how much it rose in a second.  CSV has a row for each sample.
 */
void recorded_print(enum print_format format,
		    const struct recording *recording);

#endif /* STAT_RECORDED_H */
