/* SPDX-License-Identifier: MIT */
/*
 * drift.c - see drift.h, which has the formulas.
 */
#include "figures/drift.h"

#include "common/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The normal distribution: 95 % are within so many standard deviations. */
#define Z_95		1.959963984540054

/* What is as rare as that, without a trend, is one. */
#define P_TREND		0.01

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted(const double *x, size_t n)
{
	double *copy = util_resize(NULL, n, sizeof(*copy));

	memcpy(copy, x, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), by_value);
	return copy;
}

static double median_sorted(const double *x, size_t n)
{
	return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static double median(const double *x, size_t n)
{
	double *in_order = sorted(x, n);
	double m = median_sorted(in_order, n);

	free(in_order);
	return m;
}

/* ---- the warm-up ---- */

/* From the end on, by Welford's recurrence: a look at each number. */
size_t drift_warmup(const double *x, size_t n)
{
	double mean = 0, squares = 0, least = HUGE_VAL;
	size_t best = 0;

	for (size_t i = n; i-- > 0;) {
		double many = (double)(n - i);
		double off = x[i] - mean;
		double error;

		mean += off / many;
		squares += off * (x[i] - mean);
		error = squares / (many * many);
		if (i <= n / 2 && error <= least) {
			least = error;
			best = i;
		}
	}
	return best;
}

/* ---- the spread ---- */

/* The least number that so much of all are not above. */
static double percentile(const double *in_order, size_t n, double share)
{
	size_t rank = (size_t)ceil(share * (double)n);

	return in_order[rank > 0 ? rank - 1 : 0];
}

struct drift_spread drift_spread(const double *x, size_t n)
{
	struct drift_spread spread = { 0 };
	double *in_order = sorted(x, n);
	double squares = 0;

	for (size_t i = 0; i < n; i++)
		spread.mean += (x[i] - spread.mean) / (double)(i + 1);
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - spread.mean) * (x[i] - spread.mean);
	if (n > 1 && spread.mean != 0)
		spread.cv = sqrt(squares / (double)(n - 1)) /
			fabs(spread.mean);
	spread.p50 = median_sorted(in_order, n);
	spread.p99 = percentile(in_order, n, 0.99);
	spread.max = in_order[n - 1];
	if (n >= DRIFT_P999_LEAST)
		spread.p999 = percentile(in_order, n, 0.999);
	free(in_order);
	return spread;
}

/* ---- the trend ---- */

struct points {
	double t[DRIFT_BLOCKS], x[DRIFT_BLOCKS];
	size_t n;
};

static struct points points_of(const double *t, const double *x, size_t n)
{
	struct points points = { .n = n < DRIFT_BLOCKS ? n : DRIFT_BLOCKS };

	for (size_t i = 0; i < points.n; i++) {
		size_t from = i * n / points.n;
		size_t len = (i + 1) * n / points.n - from;

		points.t[i] = median(t + from, len);
		points.x[i] = median(x + from, len);
	}
	return points;
}

/* Of S, the number of pairs that rise less that of those that fall. */
static double variance(const struct points *points)
{
	double *in_order = sorted(points->x, points->n);
	double n = (double)points->n;
	double sum = n * (n - 1) * (2 * n + 5);
	size_t from = 0;

	for (size_t i = 1; i <= points->n; i++) {
		double same = (double)(i - from);

		if (i < points->n && in_order[i] == in_order[from])
			continue;
		sum -= same * (same - 1) * (2 * same + 5);
		from = i;
	}
	free(in_order);
	return sum / 18;
}

/* The slope at a rank from 1 on; at the ends where it is none. */
static double slope_at(const double *slopes, size_t n, double rank)
{
	if (rank < 1)
		return slopes[0];
	if (rank > (double)n)
		return slopes[n - 1];
	return slopes[(size_t)rank - 1];
}

struct drift_trend drift_trend(const double *t, const double *x, size_t n)
{
	struct points points = points_of(t, x, n);
	struct drift_trend trend = { .points = points.n, .p = 1 };
	size_t pairs = points.n * (points.n - 1) / 2, k = 0;
	double s = 0, c, deviation;
	double *slopes;

	if (points.n < 2)
		return trend;
	slopes = util_resize(NULL, pairs, sizeof(*slopes));
	for (size_t i = 0; i < points.n; i++)
		for (size_t j = i + 1; j < points.n; j++) {
			double rise = points.x[j] - points.x[i];
			double time = points.t[j] - points.t[i];

			s += (rise > 0) - (rise < 0);
			if (time > 0)
				slopes[k++] = rise / time;
		}
	if (k) {
		qsort(slopes, k, sizeof(*slopes), by_value);
		deviation = sqrt(variance(&points));
		c = Z_95 * deviation;
		trend.slope = median_sorted(slopes, k);
		trend.low = slope_at(slopes, k,
				     floor(((double)k - c) / 2));
		trend.high = slope_at(slopes, k,
				      ceil(((double)k + c) / 2) + 1);
		if (s != 0)
			trend.p = erfc((fabs(s) - 1) / deviation / sqrt(2));
	}
	free(slopes);
	return trend;
}

enum drift_verdict drift_verdict(const struct drift_trend *trend, double span,
				 double tolerance)
{
	double change = trend->slope * span;

	if (trend->points < DRIFT_LEAST)
		return DRIFT_INCONCLUSIVE;
	if (trend->low * span >= -tolerance &&
	    trend->high * span <= tolerance)
		return DRIFT_STABLE;
	if (trend->p >= P_TREND || fabs(change) <= tolerance)
		return DRIFT_INCONCLUSIVE;
	if (trend->low > 0)
		return DRIFT_RISES;
	return trend->high < 0 ? DRIFT_FALLS : DRIFT_INCONCLUSIVE;
}
