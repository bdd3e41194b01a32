/* SPDX-License-Identifier: MIT */
/*
 * exposition.h - the text formats that collectors of metrics read:
 * Prometheus' own, and OpenMetrics, which came out of it.  They are not the
 * same, and a collector that is given the other one refuses it or loses the
 * types.
 *
 *                    Prometheus              OpenMetrics
 *   a counter        # TYPE x_total counter  # TYPE x counter
 *                    x_total 1               x_total 1
 *   a unit           -                       # UNIT x_bytes bytes
 *   '"' in a help    as it is                \"
 *   the end          -                       # EOF
 *
 * Both want the samples of a family behind each other.
 */
#ifndef STAT_EXPOSITION_H
#define STAT_EXPOSITION_H

#include <stdbool.h>
#include <stdio.h>

enum exposition_type {
	EXPOSITION_COUNTER,
	EXPOSITION_GAUGE,
};

struct exposition_family {
	const char *name;	/* with its unit, without "_total" */
	enum exposition_type type;
	const char *unit;	/* that the name ends in; or "" */
	const char *help;	/* any text */
};

struct exposition {
	FILE *out;
	bool openmetrics;
	const struct exposition_family *begun;	/* whose head was printed */
};

/*
 * Prints one sample, and in front of a family's first one its head.  `labels`
 * and `more` are "" or what exposition_label() printed, with commas between;
 * `value` is a number as text.
 */
void exposition_sample(struct exposition *to,
		       const struct exposition_family *family,
		       const char *labels, const char *more,
		       const char *value);

/* Behind the last sample. */
void exposition_end(struct exposition *to);

/*
 * Prints NAME="VALUE".  The value may be any text: what is no UTF-8, and
 * control characters but for newlines, become U+FFFD.
 */
void exposition_label(FILE *out, const char *name, const char *value);

#endif /* STAT_EXPOSITION_H */
