/* SPDX-License-Identifier: MIT */
/*
 * curves.c - see curves.h.
 */
#include "figures/curves.h"

#include "common/util.h"

#include <math.h>

const char *const curves_gauges[] = {
	"rss_bytes", "committed_bytes", "used_bytes", "dirty_bytes", NULL
};

const char *const curves_counters[] = {
	"refills", "minor_faults", "madvise_calls", "lock_waits", NULL
};

double curves_value(const struct series *series, size_t i)
{
	return series->values[i] == SERIES_NONE ? (double)NAN :
		(double)series->values[i];
}

double curves_rate(const struct recording *recording,
		   const struct series *series, size_t i)
{
	uint64_t ns = util_less(recording->elapsed_ns[i],
				recording->elapsed_ns[i - 1]);

	if (series->values[i] == SERIES_NONE ||
	    series->values[i - 1] == SERIES_NONE || !ns)
		return (double)NAN;
	return (double)util_less(series->values[i], series->values[i - 1]) /
		(double)ns * 1e9;
}
