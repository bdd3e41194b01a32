/* SPDX-License-Identifier: MIT */
/*
 * heaped.h - the heaps of a process and the threads that have them, for
 * "hakmem-stat threads".
 */
#ifndef STAT_HEAPED_H
#define STAT_HEAPED_H

#include "process/page.h"
#include "process/proc.h"
#include "process/units.h"

enum heaped_state {
	HEAPED_THREAD,		/* it is a thread's */
	HEAPED_SHARED,		/* of threads that have none of their own */
	HEAPED_IDLE,		/* its thread has ended; the next one gets it */
	HEAPED_GONE,		/* its thread was not forked: nobody gets it */
};

/* How it is told. */
const char *heaped_word(enum heaped_state state);

/* What numbers there are of a heap. */
enum heaped_figure {
	HEAPED_SLABS,		/* of small blocks */
	HEAPED_BYTES,		/* of these, and of what it keeps */
	HEAPED_LIVE,		/* bytes of their blocks that are out */
	HEAPED_FREE,		/* the other bytes of them */
	HEAPED_KEPT,		/* bytes in magazines, empty slabs and longer
				   blocks that it keeps */
	HEAPED_CHAINED,		/* bytes that its thread freed, and that it
				   collects for other heaps */
	HEAPED_SENT,		/* bytes that others freed for it, and that it
				   has not fetched */
	HEAPED_REFILLS,		/* as in the page: refills, ... */
	HEAPED_RETIRED,
	HEAPED_CHAINS,
	HEAPED_RECEIVED,
	HEAPED_ALLOCS,
	HEAPED_FREES,
	HEAPED_ADOPTED,
	HEAPED_FIGURES
};

/* Its name in CSV and JSON. */
const char *heaped_name(enum heaped_figure figure);

struct heaped {
	uint64_t id;
	enum heaped_state state;
	pid_t tid;		/* 0: it has no thread that still runs */
	const char *name;	/* of the thread, or "" */
	uint64_t figures[HEAPED_FIGURES];
};

struct heaps {
	pid_t pid;
	struct proc_threads threads;
	struct heaped *rows;
	size_t count;
	uint64_t total[HEAPED_FIGURES];
};

void heaps_take(struct heaps *heaps, pid_t pid, const struct page *page,
		const struct units *units);
void heaps_free(struct heaps *heaps);

#endif /* STAT_HEAPED_H */
