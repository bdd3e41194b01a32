/* SPDX-License-Identifier: MIT */
/*
 * interval.h - what "hakmem-stat -p PID INTERVAL" prints: a row for each
 * interval, of memory as it is and of what happened per second.
 */
#ifndef STAT_INTERVAL_H
#define STAT_INTERVAL_H

#include "display/print.h"
#include "figures/sample.h"

/*
 * Prints a row: from `before` to `now`, or, where `before` is NULL, since the
 * library started in the process.  Headings come by themselves: in front of
 * the first row, and in a table on a terminal once on each screen.
 */
void interval_row(enum print_format format, const struct sampler *sampler,
		 const struct sample *before, const struct sample *now);

#endif /* STAT_INTERVAL_H */
