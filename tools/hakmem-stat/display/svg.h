/* SPDX-License-Identifier: MIT */
/*
 * svg.h - figures over time as a drawing within a page of HTML: lines, or
 * areas that stand on each other.
 *
 * Colours are those of the page's style sheet: the curve of class "a" has
 * `stroke: var(--a)` or, as an area, `fill: var(--a)`; axes and text have the
 * classes "grid" and "tick".
 */
#ifndef STAT_SVG_H
#define STAT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct svg_curve {
	const char *class;	/* one word */
	const char *name;	/* any text; shown where the pointer is */
	const double *y;	/* 0 or more; NAN: a gap, and as an area 0 */
};

struct svg_chart {
	const char *label;	/* what it shows, for those who do not see */
	int width, height;
	const double *seconds;	/* of each point, from 0 on, none less than
				   the one before */
	size_t points;
	double most_seconds;	/* where the axis ends; 0: at the last point */
	const struct svg_curve *curves;
	size_t count;
	bool stacked;		/* areas, the first one lowest */
	bool bytes;		/* of the values; else numbers per second */
};

void svg_chart_put(FILE *out, const struct svg_chart *chart);

/*
 * The distance of marks on an axis from 0 to `most`, so that there are at most
 * `marks` above 0: 1, 2 or 5 times a power of ten; of bytes a power of two; of
 * seconds as clocks and calendars have it.
 */
double svg_step(double most, int marks);
double svg_step_bytes(double most, int marks);
double svg_step_seconds(double most, int marks);

/* "90 s", "1.5 h": as long as the step that marks are apart asks for. */
#define SVG_TEXT_MAX 32
void svg_seconds(char text[SVG_TEXT_MAX], double seconds, double step);

/* The same text with what means something in HTML written as it has to be. */
void svg_escape(FILE *out, const char *text);

#endif /* STAT_SVG_H */
