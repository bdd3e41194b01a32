/* SPDX-License-Identifier: MIT */
/*
 * drift.h - does a series of numbers rise or fall in the long run?  What is
 * asked of one, with the sources of the formulas:
 *
 *   the warm-up  what to leave out at the start: the place d, in the first
 *     half, for which the sum of (x - mean)^2 over what is behind it, divided
 *     by the square of how many that are, is least.  White, "An Effective
 *     Truncation Heuristic for Bias Reduction in Simulation Output",
 *     Simulation 69 (1997).
 *
 *   the slope  the median of the slopes between all pairs of points, with the
 *     95 % confidence interval by the ranks of slopes (N -+ C) / 2, where C is
 *     1.96 times the square root of the variance below.  Theil 1950; Sen,
 *     "Estimates of the Regression Coefficient Based on Kendall's Tau",
 *     Journal of the American Statistical Association 63 (1968); as in
 *     Gilbert, "Statistical Methods for Environmental Pollution Monitoring"
 *     (1987), section 16.5.
 *
 *   the test of Mann and Kendall  S is how many pairs rise less how many
 *     fall; its variance without a trend is (n (n - 1) (2n + 5) - sum of t (t
 *     - 1) (2t + 5)) / 18, over groups of t equal values; (S -+ 1) / sqrt of
 *     it is nearly normal.  Mann, Econometrica 13 (1945); Kendall, "Rank
 *     Correlation Methods" (1975); Gilbert, section 16.4.
 *
 * The test takes its points for independent, and samples that follow each
 * other closely are not.  So a long series is cut into DRIFT_BLOCKS pieces,
 * and the median of each is a point.
 */
#ifndef STAT_DRIFT_H
#define STAT_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#define DRIFT_BLOCKS	100u
#define DRIFT_LEAST	10u	/* points, for any verdict */
#define DRIFT_P999_LEAST 10000u	/* samples, for the percentile 99.9 */

/* How the numbers are spread, in no order of time. */
struct drift_spread {
	double mean;
	double cv;		/* standard deviation / mean; 0 for mean 0 */
	double p50, p99, max;
	double p999;		/* 0 with less than DRIFT_P999_LEAST */
};

struct drift_trend {
	size_t points;
	double slope, low, high; /* in a unit of the times */
	double p;		/* of no trend, both ways */
};

enum drift_verdict {
	DRIFT_STABLE,		/* the change is within the tolerance */
	DRIFT_RISES,		/* there is a trend, beyond the tolerance */
	DRIFT_FALLS,
	DRIFT_INCONCLUSIVE,	/* neither can be said */
};

/* How many of the numbers at the start are the warm-up. */
size_t drift_warmup(const double *x, size_t n);

/* Of at least one number. */
struct drift_spread drift_spread(const double *x, size_t n);

/* Of numbers x at the times t, which rise. */
struct drift_trend drift_trend(const double *t, const double *x, size_t n);

/*
 * Whether the change over `span` of time is within `tolerance`, both ways,
 * with all of its confidence interval; or beyond it, and no chance.
 */
enum drift_verdict drift_verdict(const struct drift_trend *trend, double span,
				 double tolerance);

#endif /* STAT_DRIFT_H */
