/* SPDX-License-Identifier: MIT */
/*
 * curves.h - what of a recording is drawn over time, for "plot" and for
 * "report --html": memory, and how often things happened.
 */
#ifndef STAT_CURVES_H
#define STAT_CURVES_H

#include "figures/recording.h"

/* Names of figures, NULL ends them.  A recording may lack some. */
extern const char *const curves_gauges[];
extern const char *const curves_counters[];

/*
 * How often per second a counter rose between sample `i`, from 1 on, and the
 * one before; NAN where that is not known.
 */
double curves_rate(const struct recording *recording,
		   const struct series *series, size_t i);

/* The value of sample `i`, from 0 on; NAN where it has none. */
double curves_value(const struct series *series, size_t i);

#endif /* STAT_CURVES_H */
