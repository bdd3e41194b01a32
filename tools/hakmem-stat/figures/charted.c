/* SPDX-License-Identifier: MIT */
/*
 * charted.c - see charted.h.
 */
#include "figures/charted.h"

static void begins(void *arg, const struct mapped *mapped)
{
	struct chart *chart = arg;

	chart_start(chart, chart->by, mapped->unit, mapped->heap_ids,
		    mapped->heaps);
}

static void add(void *arg, const struct mapped_part *part)
{
	chart_add(arg, part);
}

const char *charted_read(struct chart *chart, enum chart_by by,
			 struct mapped *mapped, pid_t pid)
{
	const struct mapped_reader reader = { begins, add, chart };
	const char *why;

	*chart = (struct chart){ .by = by };
	why = mapped_read(mapped, pid, &reader);
	if (why)
		chart_free(chart);
	return why;
}
