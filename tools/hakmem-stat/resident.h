/* SPDX-License-Identifier: MIT */
/*
 * resident.h - which bytes of another process are in memory, page by page:
 * /proc/PID/pagemap, which takes the same right as its memory does.
 */
#ifndef STAT_RESIDENT_H
#define STAT_RESIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RESIDENT_WINDOW	4096u

struct resident {
	int fd;
	uint64_t page_size;
	uint64_t first;		/* page of the window's first entry */
	size_t count;		/* entries that were read */
	uint64_t entries[RESIDENT_WINDOW];
};

/* Returns 0 or a negative errno value. */
int resident_open(struct resident *resident, pid_t pid);

/*
 * How many bytes of [from, to) are in memory.  Ranges are best asked for in
 * order: what was read of the file is kept for the next ones.
 */
uint64_t resident_of(struct resident *resident, uint64_t from, uint64_t to);

/*
 * Was the page at this address ever used?  To read one that was not makes it
 * resident, or the zero page: there is no need, as it reads as zero.
 */
bool resident_was_touched(struct resident *resident, uint64_t at);

/* Forgets what was read: the process may have gone on. */
void resident_again(struct resident *resident);

void resident_close(struct resident *resident);

#endif /* STAT_RESIDENT_H */
