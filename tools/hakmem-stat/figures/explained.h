/* SPDX-License-Identifier: MIT */
/*
 * explained.h - where the resident memory of a process is: rows that add up
 * to what the kernel says, for "hakmem-stat explain".
 */
#ifndef STAT_EXPLAINED_H
#define STAT_EXPLAINED_H

#include "process/container.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum explained_row {
	EXPLAINED_LIVE,
	EXPLAINED_ROUNDING,
	EXPLAINED_CACHED,
	EXPLAINED_SLAB_FREE,
	EXPLAINED_EMPTY_SLABS,
	EXPLAINED_DIRTY,
	EXPLAINED_LAZY_FREE,
	EXPLAINED_UNUSED,
	EXPLAINED_GUARDED,
	EXPLAINED_METADATA,
	EXPLAINED_LIBRARY,
	EXPLAINED_FILES,
	EXPLAINED_STACKS,
	EXPLAINED_OTHER,
	EXPLAINED_OTHER_LAZY,
	EXPLAINED_CHANGED,
	EXPLAINED_ROWS,
};

#define EXPLAINED_OPTIONS 4

/* What is to be said of a row whatever its bytes. */
struct explained_text {
	const char *name;
	const char *help;
	const char *options[EXPLAINED_OPTIONS]; /* NULL: no more */
};

struct explained {
	pid_t pid;
	char *command;
	/* None is negative but EXPLAINED_CHANGED; `total` is their sum. */
	int64_t bytes[EXPLAINED_ROWS];
	uint64_t total;		/* of /proc/PID/smaps */
	uint64_t rss;		/* the kernel's own sum, afterwards */
	struct container container;
};

/*
 * Looks at the process.  Returns NULL, or why it cannot be explained, with
 * nothing to free.
 */
const char *explained_read(struct explained *explained, pid_t pid);

/* Do the rows and the kernel's sum agree within 2 %? */
bool explained_agrees(const struct explained *explained);

struct explained_text explained_text(enum explained_row row);

/* The share of the total in tenths of a percent; may be negative. */
long explained_share(const struct explained *explained,
		     enum explained_row row);

void explained_free(struct explained *explained);

#endif /* STAT_EXPLAINED_H */
