/* SPDX-License-Identifier: MIT */
/*
 * readings.h - files that have figures: logs with [SS_OS_STATS] lines,
 * recordings, and what "hakmem-stat -p PID --json" printed.  Which one a file
 * is, its first line tells.
 */
#ifndef STAT_READINGS_H
#define STAT_READINGS_H

#include "figures/osline.h"
#include "figures/recording.h"

struct readings {
	struct oslines lines;	/* of all logs */
	struct recording *recordings;
	size_t count;		/* of these; each has a sample */
};

/*
 * Reads one file, "-" being standard input, and says what is wrong with it.
 * Returns false where it cannot be read to its end.
 */
bool readings_add(struct readings *readings, const char *name);

/* How the file of that name is called in messages. */
const char *readings_name(const char *name);

bool readings_are_none(const struct readings *readings);

void readings_free(struct readings *readings);

#endif /* STAT_READINGS_H */
