/* SPDX-License-Identifier: MIT */
/*
 * recording.h - the figures of a process over time, in a file: lines of JSON.
 *
 *   {"schema":1,"kind":"recording","version":"1.0.0","pid":4711,
 *    "command":"web","abi":1,"start_ns":9,"interval_ns":1000000000,
 *    "counters":["refills",...]}
 *   {"time_ns":9,"elapsed_ns":0,"rss_bytes":9,"refills":9,...}
 *   ...
 *
 * The first line is the head, each other one a sample or, now and then, a
 * moment: moment.h has what is in that.  Where the file ends in
 * the middle of a line, that line is not JSON and everybody sees that it is
 * not whole.  Counters are since the process began.
 *
 * What "hakmem-stat -p PID --json" prints is read as a recording of one
 * sample for each line.
 */
#ifndef STAT_RECORDING_H
#define STAT_RECORDING_H

#include "figures/moment.h"
#include "figures/sample.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ---- */

/* Lines with their newlines, for the caller to free. */
char *recording_head(const struct sampler *sampler, uint64_t interval_ns,
		     const struct sample *first);
char *recording_line(const struct sample *first, const struct sample *sample);

/* ---- reading ---- */

/* A figure over time. */
struct series {
	char *name;
	bool is_counter;
	uint64_t *values;	/* of each sample, or: */
};

#define SERIES_NONE	UINT64_MAX	/* the sample does not have it */

struct recording {
	const char *source;	/* name of the file, not owned */
	uint64_t pid;
	char *command;		/* printable, or "" */
	uint64_t start_ns;	/* when the library started there; or 0 */
	struct figures counters; /* which ones they are */
	struct series *series;
	size_t count;
	uint64_t *time_ns;	/* of each sample, since 1970 */
	uint64_t *elapsed_ns;	/* the same, since the first */
	size_t samples, room;
	struct moment *moments;	/* only the last one has its map still */
	size_t moment_count;
};

enum recording_line {
	RECORDING_TAKEN,
	RECORDING_NONE,		/* a first line that is none of a recording */
	RECORDING_LATER,	/* of a later hakmem-stat */
	RECORDING_BROKEN,	/* no JSON, no sample and no moment */
};

/*
 * Takes one line of `len` bytes after the other, the head first.  `recording`
 * is all 0 but for `source` before.  For RECORDING_BROKEN, *column is where.
 */
enum recording_line recording_take(struct recording *recording,
				   const char *line, size_t len,
				   size_t *column);

const struct series *recording_find(const struct recording *recording,
				    const char *name);

/* The seconds from the first sample, of which there is one, to that time. */
double recording_since(const struct recording *recording, uint64_t elapsed_ns);

/* Of what time counters tell: of all samples, or, of one, since the start. */
double recording_seconds(const struct recording *recording);

/*
 * By how much a counter rose in that time, or false where that is not known:
 * it is in one sample only, and that does not tell since when it counts.
 */
bool recording_rise(const struct recording *recording,
		    const struct series *series, uint64_t *rise);

/* The first and the last value that there is; there is one. */
uint64_t series_first(const struct recording *recording,
		      const struct series *series);
uint64_t series_last(const struct recording *recording,
		     const struct series *series);

void recording_free(struct recording *recording);

#endif /* STAT_RECORDING_H */
