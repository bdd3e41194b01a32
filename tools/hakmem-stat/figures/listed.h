/* SPDX-License-Identifier: MIT */
/*
 * listed.h - the processes of the machine that have the library, and what
 * is to be said of each, for "hakmem-stat ls", "top" and "export".
 */
#ifndef STAT_LISTED_H
#define STAT_LISTED_H

#include "figures/known.h"
#include "process/copy.h"
#include "process/page.h"
#include "process/proc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * One of them.  The texts but for `comm` are printable ASCII, and none is
 * NULL; what is not known is "", or a number that its flag says nothing of.
 */
struct listed {
	pid_t pid;
	pid_t task;		/* a thread of it that lives: proc_alive() */
	uid_t uid;		/* the effective one */
	char *user;		/* its name, or its number */
	uint64_t rss;		/* bytes */
	struct copy_told left;	/* of listed_ended(): what it has left, of
				   left.date_ns; else that is 0 */
	bool has_figures;	/* the page was read: */
	struct page page;
	uint64_t used;		/* live blocks, and small blocks' slabs */
	uint64_t committed;
	const char *preset;	/* "libc": the C library's allocator */
	char *cgroup;		/* "/system.slice/web.service" */
	const char *unit;	/* the last part of it */
	char *library;		/* the file that it is in */
	char *command;
	char *comm;		/* the same as the kernel has it: any bytes */
	struct proc_stat stat;	/* of listed_again() */
};

struct listing {
	struct listed *items;	/* in no order */
	size_t count;
	size_t closed;		/* processes that may not be looked at */
};

/* Whose processes; `any` for all. */
struct listed_whose {
	bool any;
	uid_t uid;
};

/*
 * Looks at every process but this one.  A process that ends meanwhile is in
 * none of the counts.  Returns 0, or -errno where there is no /proc.
 */
int listed_all(struct listing *listing, struct listed_whose whose);

/*
 * Those that have ended and left copies of their pages in /dev/shm, as with
 * stats_shm.  Of them no more is known than these have.  With `tidy`, files
 * that have nothing are removed.
 */
void listed_ended(struct listing *listing, struct listed_whose whose,
		  bool tidy);

/* Takes the copies of those away; returns how many could not be. */
size_t listed_remove(const struct listing *listing);

/*
 * The same as listed_all() for who looks time and again: what was known from
 * the last time is not looked for, and `library` may be "".  A process that
 * loads the library when it is known to have none is found some looks later.
 */
int listed_again(struct listing *listing, struct listed_whose whose,
		 struct known *known);

/*
 * Looks at one process, whose page has to be read.  Returns NULL, with the
 * listing that has it; or why that cannot be, and nothing is to be freed.
 */
const char *listed_one(struct listing *listing, pid_t pid);

/* What of a page's heap is used, and committed: as they are in `listed`. */
uint64_t listed_used(const struct page *page);
uint64_t listed_committed(const struct page *page);

/* Says how many processes could not be looked at, where there are any. */
void listed_tell_closed(const struct listing *listing);

void listed_free(struct listing *listing);

#endif /* STAT_LISTED_H */
