/* SPDX-License-Identifier: MIT */
/*
 * Charts of hakmem-stat as they are in a page: the marks of their axes, and
 * what is drawn of many points.
 */
#include "unit.h"

#include "common/util.h"
#include "display/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void near(double is, double should)
{
	assert_true(fabs(is - should) <= should * 1e-9);
}

static void steps(void **state)
{
	(void)state;
	near(svg_step(5, 5), 1);
	near(svg_step(5.1, 5), 2);
	near(svg_step(23, 5), 5);
	near(svg_step(26, 5), 10);
	near(svg_step(0.3, 5), 0.1);
	near(svg_step(1e19, 5), 2e18);
	near(svg_step(0, 5), 1);
	near(svg_step_bytes(4096, 5), 1024);
	near(svg_step_bytes(5 * 1024, 5), 1024);
	near(svg_step_bytes(5 * 1024 + 1, 5), 2048);
	near(svg_step_bytes(0, 5), 1);
	near(svg_step_seconds(2.25, 8), 0.5);
	near(svg_step_seconds(8, 8), 1);
	near(svg_step_seconds(100, 8), 15);
	near(svg_step_seconds(3600, 8), 600);
	near(svg_step_seconds(86400, 8), 10800);
	near(svg_step_seconds(604800.0 * 80, 8), 604800 * 10.0);
}

/* No axis has more marks than were asked for, and none has only one. */
static void marks(void **state)
{
	(void)state;
	for (double most = 1e-3; most < 1e15; most *= 1.07) {
		assert_in_range((int)(most / svg_step(most, 5) + 1e-9), 2, 5);
		assert_in_range((int)(most / svg_step_seconds(most, 8) +
				      1e-9), 2, 8);
		if (most > 5)
			assert_in_range((int)(most /
				svg_step_bytes(most, 5) + 1e-9), 2, 5);
	}
}

static void says(double seconds, double step, const char *should)
{
	char text[SVG_TEXT_MAX];

	svg_seconds(text, seconds, step);
	assert_string_equal(text, should);
}

static void times(void **state)
{
	(void)state;
	says(0, 1, "0 s");
	says(1.5, 0.5, "1.5 s");
	says(90, 30, "90 s");
	says(90, 60, "1.5 min");
	says(7200, 3600, "2 h");
	says(86400 * 3, 86400, "3 d");
	says(86400 * 12345.0, 86400, "12345 d");
}

static void escapes(void **state)
{
	struct util_text text;

	(void)state;
	util_text_open(&text);
	svg_escape(text.out, "a<b>&\"c\"\033\n'");
	util_text_close(&text);
	assert_string_equal(text.bytes, "a&lt;b&gt;&amp;&quot;c&quot;?"
			    "?'");
	free(text.bytes);
}

#define POINTS 100000

static char *draw(const double *x, const double *y, size_t n, bool stacked)
{
	const struct svg_curve curves[] = { { "c0", "first", y },
					    { "c1", "second", y } };
	const struct svg_chart chart = {
		.label = "test", .width = 900, .height = 200, .seconds = x,
		.points = n, .curves = curves, .count = 2, .stacked = stacked,
	};
	struct util_text text;

	util_text_open(&text);
	svg_chart_put(text.out, &chart);
	util_text_close(&text);
	return text.bytes;
}

static size_t times_in(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* Four points in a column of dots are enough, if the highest is among them. */
static void many_points(void **state)
{
	double *x = malloc(POINTS * sizeof(*x));
	double *y = malloc(POINTS * sizeof(*y));
	char *text;

	(void)state;
	assert_non_null(x);
	assert_non_null(y);
	for (size_t i = 0; i < POINTS; i++) {
		x[i] = (double)i;
		y[i] = i == 54321 ? 100 : 10;
	}
	text = draw(x, y, POINTS, false);
	assert_true(strlen(text) < 200000);
	/* Its top: the axis ends at 100. */
	assert_int_equal(times_in(text, " 10.0L"), 2);
	free(text);
	/* All at one time. */
	for (size_t i = 0; i < POINTS; i++)
		x[i] = 0;
	text = draw(x, y, POINTS, false);
	assert_true(strlen(text) < 5000);
	free(text);
	free(x);
	free(y);
}

static void gaps(void **state)
{
	const double x[] = { 0, 1, 2, 3 };
	const double y[] = { 1, (double)NAN, 2, 3 };
	char *text = draw(x, y, 4, false);

	(void)state;
	/* A dot, and a line; in each of two curves. */
	assert_int_equal(times_in(text, "h0"), 4);
	assert_null(strstr(text, "nan"));
	free(text);
	/* An area goes on at 0; the upper one stands on the lower. */
	text = draw(x, y, 4, true);
	assert_null(strstr(text, "nan"));
	assert_int_equal(times_in(text, "z\"><title>"), 2);
	free(text);
}

/* Areas are as thin, and stand on each other at the same points. */
static void many_areas(void **state)
{
	double *x = malloc(POINTS * sizeof(*x));
	char *text;

	(void)state;
	assert_non_null(x);
	for (size_t i = 0; i < POINTS; i++)
		x[i] = (double)i;
	text = draw(x, x, POINTS, true);
	assert_true(strlen(text) < 100000);
	free(text);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps),
		cmocka_unit_test(marks),
		cmocka_unit_test(times),
		cmocka_unit_test(escapes),
		cmocka_unit_test(many_points),
		cmocka_unit_test(gaps),
		cmocka_unit_test(many_areas),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
