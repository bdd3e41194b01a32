/* SPDX-License-Identifier: MIT */
/*
 * origin.h - where the statistics page of a process is read from: its memory
 * or, where that may not be read or is no more, the copy in /dev/shm.
 */
#ifndef STAT_ORIGIN_H
#define STAT_ORIGIN_H

#include "process/copy.h"
#include "process/page.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct origin {
	uint64_t at;		/* address of the page in its memory */
	bool is_copy;
	const char *why;	/* that: its memory cannot be read */
	struct copy_told told;	/* of a copy: as it was last loaded */
};

/*
 * Finds and loads the page of process `pid`.  Returns NULL, or why there is
 * none; then nothing is to be freed.
 */
const char *origin_find(struct origin *origin, struct page *page, pid_t pid);

/* Loads it again, from the same place. */
const char *origin_load(struct origin *origin, struct page *page, pid_t pid);

/* Says on standard error that the figures are a copy's, where they are. */
void origin_say(const struct origin *origin);

#endif /* STAT_ORIGIN_H */
