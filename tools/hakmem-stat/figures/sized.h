/* SPDX-License-Identifier: MIT */
/*
 * sized.h - the blocks of a process by their size, for "hakmem-stat sizes".
 */
#ifndef STAT_SIZED_H
#define STAT_SIZED_H

#include "process/page.h"
#include "process/units.h"

#include <sys/types.h>

/* What a row is of.  The last three are not size classes: a row each. */
enum sized_kind {
	SIZED_SMALL,		/* classes whose slabs are of heaps */
	SIZED_MEDIUM,		/* classes whose slabs are of all threads */
	SIZED_RUN,		/* longer blocks */
	SIZED_HUGE,		/* blocks with a mapping of their own */
	SIZED_GUARDED,		/* blocks between guard pages */
};

/* How its kind is told. */
const char *sized_word(enum sized_kind kind);

/*
 * A row; blocks where nothing else is said.  What a kind does not have, or
 * what nobody counts for it, is 0: see sized_has().
 */
struct sized {
	enum sized_kind kind;
	uint64_t size;		/* of a block, in bytes */
	uint64_t slabs;
	uint64_t live;		/* with the program, or on their way back */
	uint64_t cached;	/* ready in magazines */
	uint64_t free;		/* in their slab, perhaps resident */
	uint64_t purged;	/* in it, their pages given back */
	uint64_t uncarved;	/* in it, never handed out */
	uint64_t bytes;		/* of the slabs, else of live blocks */
	uint64_t live_bytes;
	uint64_t refills;	/* times a list or a magazine ran empty */
	uint64_t made;		/* slabs */
	uint64_t retired;	/* slabs that became empty */
	uint64_t flushes;	/* times a magazine ran full */
};

enum sized_figure {
	FIGURE_SIZE, FIGURE_SLABS, FIGURE_LIVE, FIGURE_CACHED, FIGURE_FREE,
	FIGURE_PURGED, FIGURE_UNCARVED, FIGURE_BYTES, FIGURE_LIVE_BYTES,
	FIGURE_REFILLS, FIGURE_MADE, FIGURE_RETIRED, FIGURE_FLUSHES, FIGURES
};

/* Its name in CSV and JSON, its value, and whether its kind has it. */
const char *sized_name(enum sized_figure figure);
uint64_t sized_value(const struct sized *row, enum sized_figure figure);
bool sized_has(enum sized_kind kind, enum sized_figure figure);

struct sizes {
	pid_t pid;
	struct sized *rows;	/* those that are not all 0, by size */
	size_t count;
	struct sized total;
};

void sizes_take(struct sizes *sizes, pid_t pid, const struct page *page,
		const struct units *units);
void sizes_free(struct sizes *sizes);

#endif /* STAT_SIZED_H */
