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

/*
 * Pages that are looked at, each time that they are, and those that are read
 * for it: enough for a heap of a terabyte, and some seconds.  The process says
 * where its heap is, and may say all addresses a million times.
 */
#define RESIDENT_WORK	((uint64_t)1 << 30)

struct resident {
	int fd;
	uint64_t work;		/* that may still be done */
	bool spent;		/* and there was more to do: what is told
				   since then is nothing */
	bool wants_huge;	/* set by who asks resident_huge() */
	bool has_huge;		/* and the kernel tells of huge pages */
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

/* The same, of those that are part of a huge page; 0 where has_huge is not. */
uint64_t resident_huge(struct resident *resident, uint64_t from, uint64_t to);

/* Takes so much of the work off that may be done. */
void resident_spend(struct resident *resident, uint64_t work);

/*
 * Was the page at this address ever used?  To read one that was not makes it
 * resident, or the zero page: there is no need, as it reads as zero.
 */
bool resident_was_touched(struct resident *resident, uint64_t at);

/* Forgets what was read, and done: the process may have gone on. */
void resident_again(struct resident *resident);

void resident_close(struct resident *resident);

#endif /* STAT_RESIDENT_H */
