/* SPDX-License-Identifier: MIT */
/*
 * charted.h - the heap of a running process as a chart.
 */
#ifndef STAT_CHARTED_H
#define STAT_CHARTED_H

#include "figures/chart.h"
#include "figures/mapped.h"

/*
 * Looks at the process.  Returns NULL, with both for the caller to free, or
 * why it cannot be mapped, with nothing to free.
 */
const char *charted_read(struct chart *chart, enum chart_by by,
			 struct mapped *mapped, pid_t pid);

#endif /* STAT_CHARTED_H */
