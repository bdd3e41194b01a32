/* SPDX-License-Identifier: MIT */
/*
 * svg.c - see svg.h.
 *
 *      LEFT                          width - RIGHT
 *       |                                 |
 *    32 |-----------------------------    |  TOP
 *       |        curves                   |
 *    16 |-----------------------------    |
 *       |                                 |
 *     0 +--------+--------+--------+------+  height - BOTTOM
 *       0 s     10 s     20 s
 */
#include "display/svg.h"

#include "common/util.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEFT	76
#define RIGHT	14
#define TOP	10
#define BOTTOM	26
#define MARKS_Y	5
#define MARK_X	92	/* dots for a mark and its text */

/* ---- axes ---- */

double svg_step(double most, int marks)
{
	double step = pow(10, floor(log10(most / marks)));

	if (!(most > 0))
		return 1;
	if (most / step <= marks)
		return step;
	if (most / (2 * step) <= marks)
		return 2 * step;
	return most / (5 * step) <= marks ? 5 * step : 10 * step;
}

double svg_step_bytes(double most, int marks)
{
	return most > marks ? exp2(ceil(log2(most / marks))) : 1;
}

double svg_step_seconds(double most, int marks)
{
	static const double steps[] = {
		1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
		10800, 21600, 43200, 86400, 172800, 604800,
	};

	if (most < marks)
		return svg_step(most, marks);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (most / steps[i] <= marks)
			return steps[i];
	return 604800 * svg_step(most / 604800, marks);
}

void svg_seconds(char text[SVG_TEXT_MAX], double seconds, double step)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = {
		{ 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" },
	};
	size_t i = 0;

	while (i < 3 && step < units[i].seconds)
		i++;
	seconds /= units[i].seconds;
	snprintf(text, SVG_TEXT_MAX, seconds < 1000 ? "%.4g %s" : "%.0f %s",
		 seconds, units[i].name);
}

/* ---- text ---- */

void svg_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc((unsigned char)*text < ' ' ? '?' : *text, out);
	}
}

static void value_text(char text[UTIL_BYTES_MAX], const struct svg_chart *c,
		       double value)
{
	if (c->bytes)
		util_bytes(text, util_whole(value));
	else
		snprintf(text, UTIL_BYTES_MAX, "%.6g", value);
}

/* ---- the chart ---- */

struct frame {
	FILE *out;
	const struct svg_chart *chart;
	double most_x, most_y;	/* what the axes end at */
	double step_x, step_y;
	/* Of a stacked one: what is below the next curve, and which points. */
	double *sums;
	bool *is_drawn;
};

static double curve_value(const struct svg_curve *curve, size_t i)
{
	return curve->y[i] > 0 ? curve->y[i] : 0;
}

static double highest(const struct svg_chart *chart)
{
	double most = 0;

	for (size_t i = 0; i < chart->points; i++) {
		double sum = 0;

		for (size_t k = 0; k < chart->count; k++) {
			double y = curve_value(&chart->curves[k], i);

			sum = chart->stacked ? sum + y : fmax(sum, y);
		}
		most = fmax(most, sum);
	}
	return most;
}

/* The axis of values ends at a mark, that of time with the last point. */
static void measure(struct frame *f, const struct svg_chart *chart)
{
	double most = highest(chart);

	f->step_y = chart->bytes ? svg_step_bytes(most, MARKS_Y) :
		svg_step(most, MARKS_Y);
	f->most_y = fmax(1, ceil(most / f->step_y)) * f->step_y;
	f->most_x = fmax(chart->most_seconds,
			 chart->seconds[chart->points - 1]);
	if (!(f->most_x > 0))
		f->most_x = 1;
	f->step_x = svg_step_seconds(f->most_x, (chart->width - LEFT - RIGHT) /
				     MARK_X);
}

static double at_x(const struct frame *f, double seconds)
{
	return LEFT + seconds / f->most_x *
		(f->chart->width - LEFT - RIGHT);
}

static double at_y(const struct frame *f, double value)
{
	return f->chart->height - BOTTOM - value / f->most_y *
		(f->chart->height - TOP - BOTTOM);
}

static void put_axes(const struct frame *f)
{
	int right = f->chart->width - RIGHT;
	int bottom = f->chart->height - BOTTOM;
	char text[UTIL_BYTES_MAX];

	for (double v = 0; v <= f->most_y * 1.001; v += f->step_y) {
		double y = at_y(f, v);

		value_text(text, f->chart, v);
		fprintf(f->out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
			"<text class=\"tick\" x=\"%d\" y=\"%.1f\" "
			"text-anchor=\"end\">%s</text>\n", LEFT, y, right,
			LEFT - 6, y + 4, text);
	}
	for (double s = 0; s <= f->most_x * 1.001; s += f->step_x) {
		svg_seconds(text, s, f->step_x);
		fprintf(f->out, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" "
			"text-anchor=\"middle\">%s</text>\n", at_x(f, s),
			bottom + 18, text);
	}
}

/*
 * There may be far more points than dots: of those in one column of dots the
 * first, the least, the most and the last are drawn.  Returns how many points
 * from `first` on are in one column with it.
 */
static size_t column(const struct frame *f, size_t first)
{
	double x = floor(at_x(f, f->chart->seconds[first]));
	size_t n = 1;

	while (first + n < f->chart->points &&
	       floor(at_x(f, f->chart->seconds[first + n])) <= x)
		n++;
	return n;
}

struct extremes {
	size_t least, most;
};

static struct extremes extremes_of(const double *y, size_t first, size_t n)
{
	struct extremes e = { first, first };

	for (size_t i = first; i < first + n; i++) {
		if (isnan(y[e.least]) || y[i] < y[e.least])
			e.least = i;
		if (isnan(y[e.most]) || y[i] > y[e.most])
			e.most = i;
	}
	return e;
}

static void put_point(const struct frame *f, char command, size_t i, double y)
{
	fprintf(f->out, "%c%.1f %.1f", command,
		at_x(f, f->chart->seconds[i]), at_y(f, y));
}

/* Goes on with a line; after a gap one begins.  One of a single point is a
   dot, by its round ends. */
static void put_column(const struct frame *f, const double *y, size_t first,
		       size_t n, bool *begun)
{
	struct extremes e = extremes_of(y, first, n);

	for (size_t i = first; i < first + n; i++) {
		if (isnan(y[i])) {
			*begun = false;
			continue;
		}
		if (n > 4 && i != first && i != first + n - 1 &&
		    i != e.least && i != e.most)
			continue;
		put_point(f, *begun ? 'L' : 'M', i, y[i]);
		fputs(*begun ? "" : "h0", f->out);
		*begun = true;
	}
}

static void put_line(const struct frame *f, const struct svg_curve *curve)
{
	bool begun = false;

	fprintf(f->out, "<path class=\"line\" style=\"stroke:var(--%s)\" "
		"d=\"", curve->class);
	for (size_t first = 0; first < f->chart->points;) {
		size_t n = column(f, first);

		put_column(f, curve->y, first, n, &begun);
		first += n;
	}
}

/*
 * Forth along the upper edge, back along what it stands on; of the points in
 * one column of dots the last is drawn, of each area the same one.
 */
static void put_area(const struct frame *f, const struct svg_curve *curve)
{
	const size_t points = f->chart->points;
	char command = 'M';

	fprintf(f->out, "<path style=\"fill:var(--%s)\" d=\"", curve->class);
	for (size_t i = 0; i < points; i++) {
		if (!f->is_drawn[i])
			continue;
		put_point(f, command, i, f->sums[i] + curve_value(curve, i));
		command = 'L';
	}
	for (size_t i = points; i > 0; i--)
		if (f->is_drawn[i - 1])
			put_point(f, 'L', i - 1, f->sums[i - 1]);
	fputc('z', f->out);
	for (size_t i = 0; i < points; i++)
		f->sums[i] += curve_value(curve, i);
}

static void choose_points(const struct frame *f)
{
	for (size_t first = 0; first < f->chart->points;) {
		size_t n = column(f, first);

		f->is_drawn[first + n - 1] = true;
		first += n;
	}
	f->is_drawn[0] = true;
}

static void put_title(const struct frame *f, const struct svg_curve *curve)
{
	fputs("\"><title>", f->out);
	svg_escape(f->out, curve->name);
	fputs("</title></path>\n", f->out);
}

static void put_areas(struct frame *f)
{
	size_t points = f->chart->points;

	f->sums = util_resize(NULL, points, sizeof(*f->sums));
	f->is_drawn = util_resize(NULL, points, sizeof(*f->is_drawn));
	memset(f->sums, 0, points * sizeof(*f->sums));
	memset(f->is_drawn, 0, points * sizeof(*f->is_drawn));
	choose_points(f);
	for (size_t k = 0; k < f->chart->count; k++) {
		put_area(f, &f->chart->curves[k]);
		put_title(f, &f->chart->curves[k]);
	}
	free(f->sums);
	free(f->is_drawn);
}

static void put_lines(const struct frame *f)
{
	for (size_t k = 0; k < f->chart->count; k++) {
		put_line(f, &f->chart->curves[k]);
		put_title(f, &f->chart->curves[k]);
	}
}

void svg_chart_put(FILE *out, const struct svg_chart *chart)
{
	struct frame f = { .out = out, .chart = chart };

	measure(&f, chart);
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
		chart->width, chart->height);
	svg_escape(out, chart->label);
	fputs("\">\n", out);
	/* Lines of the grid are seen on areas, and below lines. */
	if (chart->stacked)
		put_areas(&f);
	put_axes(&f);
	if (!chart->stacked)
		put_lines(&f);
	fputs("</svg>\n", out);
}
