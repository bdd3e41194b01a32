/* SPDX-License-Identifier: MIT */
/*
 * sample.h - the figures of one process, taken again and again.
 *
 * The process runs on and notices nothing of it.  It may end, its number may
 * be another's by then, and it may execute another program: what is taken is
 * of the one that was there first, or nothing.
 */
#ifndef STAT_SAMPLE_H
#define STAT_SAMPLE_H

#include "figures/figures.h"
#include "process/origin.h"

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct sampler {
	pid_t pid;
	struct origin origin;	/* of its statistics page */
	uint64_t born;		/* the process: ticks since the boot */
	uint64_t start_ns;	/* the library in it: since 1970 */
	uint32_t abi;
	char *command;		/* printable */
};

struct sample {
	uint64_t time_ns;	/* when it was taken: since 1970 */
	uint64_t clock_ns;	/* by a clock that nobody sets */
	struct figures figures;
};

/*
 * Finds the process, by its number or that of any thread; ends the program
 * where it cannot be looked into.
 */
void sampler_open(struct sampler *sampler, pid_t pid);

enum sampled {
	SAMPLED,		/* there is one */
	SAMPLED_ENDED,		/* the process has ended */
	SAMPLED_EXECUTED,	/* another program is in its place */
	SAMPLED_UNREADABLE,	/* its page is there, and makes no sense */
};

/* Only with SAMPLED there is something to free. */
enum sampled sampler_take(const struct sampler *sampler,
			  struct sample *sample);

/*
 * Says on standard error what became of the process, and returns the exit
 * status of a command that has taken a sample before.
 */
int sampler_over(const struct sampler *sampler, enum sampled why);

/* Nanoseconds of a clock. */
uint64_t sample_clock(clockid_t clock);

void sample_free(struct sample *sample);
void sampler_close(struct sampler *sampler);

#endif /* STAT_SAMPLE_H */
