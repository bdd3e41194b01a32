/* SPDX-License-Identifier: MIT */
/*
 * moments.h - looks where the memory of a process is, for "record", and when.
 */
#ifndef STAT_MOMENTS_H
#define STAT_MOMENTS_H

#include "figures/sample.h"

#include <stdbool.h>
#include <stdint.h>

struct moments {
	uint64_t every_ns;	/* from one to the next; 0: none */
	uint64_t start_ns;	/* by the clock that nobody sets: elapsed 0 */
	uint64_t due_ns;	/* the next one, from there */
	uint64_t slack_ns;	/* it may be so much before that */
	uint64_t taken_ns;	/* the last one, from the start */
	bool has_failed;	/* and that was told */
};

/* Is one due with a sample of that time, from the start on? */
bool moments_due(const struct moments *moments, uint64_t elapsed_ns);

/*
 * Looks at the process.  With SAMPLED, *line is for the caller to free, or
 * NULL where it cannot be looked into like that, which is told the first
 * time; else the process is no longer there, and there is no line.
 */
enum sampled moments_look(struct moments *moments,
			  const struct sampler *sampler, char **line);

#endif /* STAT_MOMENTS_H */
