/* SPDX-License-Identifier: MIT */
/*
 * Whether series of numbers drift: those whose answers are known.
 */
#include "unit.h"

#include "figures/drift.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MANY	20000

static void is_near(double found, double expected, double off)
{
	if (fabs(found - expected) > off)
		fail_msg("%.9g instead of %.9g", found, expected);
}

/* Numbers from 0 to 1 that look like chance and are the same each time. */
static double chance(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 11) / 9007199254740992.0;
}

static double *times(size_t n)
{
	double *t = calloc(n, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < n; i++)
		t[i] = (double)i;
	return t;
}

static struct drift_trend trend_of(const double *x, size_t n)
{
	double *t = times(n);
	struct drift_trend trend = drift_trend(t, x, n);

	free(t);
	return trend;
}

/* S = 45, its variance 10 * 9 * 25 / 18 = 125: z = 44 / sqrt(125). */
static void straight(void **state)
{
	static const double x[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct drift_trend trend = trend_of(x, COUNT(x));

	(void)state;
	assert_int_equal(trend.points, 10);
	is_near(trend.slope, 1, 1e-12);
	is_near(trend.low, 1, 1e-12);
	is_near(trend.high, 1, 1e-12);
	is_near(trend.p, 8.303e-5, 1e-7);
}

/*
 * Three pairs of equal values: S = 12, the variance (6 * 5 * 17 - 3 * 18) /
 * 18 = 25.33, z = 11 / 5.033.  The slopes are 0 three times, 1/3 twice, 2/5,
 * 1/2 six times, 2/3, and 1 twice.
 */
static void ties(void **state)
{
	static const double x[] = { 1, 1, 2, 2, 3, 3 };
	struct drift_trend trend = trend_of(x, COUNT(x));

	(void)state;
	is_near(trend.slope, 0.5, 1e-12);
	is_near(trend.p, 0.02885, 1e-5);
	/* C = 9.865: ranks 2 and 14 of 15. */
	is_near(trend.low, 0, 1e-12);
	is_near(trend.high, 1, 1e-12);
}

/* One value that is wrong moves the mean's slope, and this one not. */
static void outlier(void **state)
{
	static const double x[] = { 0, 2, 4, 6, 1e9, 10, 12, 14, 16, 18, 20 };
	struct drift_trend trend = trend_of(x, COUNT(x));

	(void)state;
	is_near(trend.slope, 2, 1e-12);
}

static void falling(void **state)
{
	static const double x[] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 };
	struct drift_trend trend = trend_of(x, COUNT(x));

	(void)state;
	is_near(trend.slope, -1, 1e-12);
	is_near(trend.p, 8.303e-5, 1e-7);
	assert_int_equal(drift_verdict(&trend, 9, 1), DRIFT_FALLS);
}

static void constant(void **state)
{
	double x[50];
	struct drift_trend trend;

	(void)state;
	for (size_t i = 0; i < COUNT(x); i++)
		x[i] = 7;
	trend = trend_of(x, COUNT(x));
	is_near(trend.slope, 0, 0);
	is_near(trend.p, 1, 0);
	assert_int_equal(drift_verdict(&trend, 49, 0.1), DRIFT_STABLE);
	assert_int_equal(drift_warmup(x, COUNT(x)), 0);
}

/* Too few for any verdict, down to none. */
static void few(void **state)
{
	static const double x[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	(void)state;
	for (size_t n = 1; n <= COUNT(x); n++) {
		struct drift_trend trend = trend_of(x, n);

		assert_int_equal(trend.points, n);
		assert_int_equal(drift_verdict(&trend, 1, 1000),
				 DRIFT_INCONCLUSIVE);
	}
	/* All at one moment. */
	{
		static const double t[COUNT(x)];
		struct drift_trend trend = drift_trend(t, x, COUNT(x));

		is_near(trend.slope, 0, 0);
		is_near(trend.p, 1, 0);
	}
}

/* Noise alone, and with a slope in it that is small beside it. */
static void noise(void **state)
{
	double *x = calloc(MANY, sizeof(*x));
	struct drift_trend trend;

	(void)state;
	assert_non_null(x);
	for (size_t i = 0; i < MANY; i++)
		x[i] = 1000 + 100 * chance();
	trend = trend_of(x, MANY);
	assert_int_equal(trend.points, DRIFT_BLOCKS);
	assert_true(trend.low <= 0 && trend.high >= 0);
	assert_int_equal(drift_verdict(&trend, MANY, 10), DRIFT_STABLE);
	/* A tolerance that this noise does not let be told. */
	assert_int_equal(drift_verdict(&trend, MANY, 0.01),
			 DRIFT_INCONCLUSIVE);

	for (size_t i = 0; i < MANY; i++)
		x[i] += 50 * (double)i / MANY;
	trend = trend_of(x, MANY);
	is_near(trend.slope * MANY, 50, 5);
	assert_true(trend.low * MANY < 50 && trend.high * MANY > 50);
	assert_true(trend.p < 1e-6);
	assert_int_equal(drift_verdict(&trend, MANY, 10), DRIFT_RISES);
	assert_int_equal(drift_verdict(&trend, MANY, 100), DRIFT_STABLE);
	free(x);
}

/* What rises and levels off has a warm-up; what goes on rising has not. */
static void warmup(void **state)
{
	double x[1000];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(x); i++)
		x[i] = (i < 100 ? (double)i : 100) + chance();
	n = drift_warmup(x, COUNT(x));
	assert_true(n >= 90 && n <= 110);
	for (size_t i = 0; i < COUNT(x); i++)
		x[i] = 5 + chance();
	assert_true(drift_warmup(x, COUNT(x)) < 300);
	for (size_t i = 0; i < COUNT(x); i++)
		x[i] = (double)i;
	assert_true(drift_warmup(x, COUNT(x)) <= COUNT(x) / 2);
	assert_int_equal(drift_warmup(x, 1), 0);
}

/* 1 to n in another order: the percentiles are their ranks. */
static void spread(void **state)
{
	double *x = calloc(DRIFT_P999_LEAST, sizeof(*x));
	struct drift_spread s;

	(void)state;
	assert_non_null(x);
	for (size_t i = 0; i < DRIFT_P999_LEAST; i++)
		x[i] = (double)(i * 7 % DRIFT_P999_LEAST + 1);
	s = drift_spread(x, DRIFT_P999_LEAST);
	is_near(s.mean, 5000.5, 1e-6);
	is_near(s.p50, 5000.5, 1e-9);
	is_near(s.p99, 9900, 1e-9);
	is_near(s.p999, 9990, 1e-9);
	is_near(s.max, 10000, 1e-9);
	/* The deviation is sqrt(n (n + 1) / 12). */
	is_near(s.cv, sqrt(10000.0 * 10001 / 12) / 5000.5, 1e-9);
	s = drift_spread(x, DRIFT_P999_LEAST - 1);
	is_near(s.p999, 0, 0);
	s = drift_spread(x, 1);
	is_near(s.mean, 1, 0);
	is_near(s.cv, 0, 0);
	is_near(s.p99, 1, 0);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight), cmocka_unit_test(ties),
		cmocka_unit_test(outlier), cmocka_unit_test(falling),
		cmocka_unit_test(constant), cmocka_unit_test(few),
		cmocka_unit_test(noise), cmocka_unit_test(warmup),
		cmocka_unit_test(spread),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
