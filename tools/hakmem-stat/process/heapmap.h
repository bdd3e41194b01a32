/* SPDX-License-Identifier: MIT */
/*
 * heapmap.h - which addresses of another process are the library's, and what
 * for: by the map that its statistics page leads to (lib/stats/page.h), unit
 * after unit.
 *
 * The process goes on meanwhile, and its memory may hold anything: what is
 * told lies in the arena or in a mapping that the library has made, but may
 * be some operations old.
 */
#ifndef STAT_HEAPMAP_H
#define STAT_HEAPMAP_H

#include "process/page.h"
#include "process/resident.h"

#include <stdint.h>
#include <sys/types.h>

enum heapmap_kind {
	HEAPMAP_LIVE,		/* a block above 128 KiB */
	HEAPMAP_KEPT,		/* the same, freed, kept by a heap */
	HEAPMAP_SMALL,		/* blocks of a small slab, `out` of `made`
				   not in it */
	HEAPMAP_OUT,		/* a block of a medium slab, not in it */
	HEAPMAP_FREE,		/* one that is in it */
	HEAPMAP_UNUSED,		/* never handed out */
	HEAPMAP_EMPTY,		/* an empty slab, or units under way */
	HEAPMAP_DIRTY,		/* a free run that waits for reuse */
	HEAPMAP_CLEAN,		/* one that was given back, or never used */
	HEAPMAP_GUARD,		/* pages between guard pages, and these */
	HEAPMAP_META,		/* descriptors, heaps */
};

/* What it is a part of. */
enum heapmap_place {
	HEAPMAP_APART,		/* a mapping, not of the arena */
	HEAPMAP_ARENA,		/* a unit of the arena that is no slab's */
	HEAPMAP_IN_SMALL,	/* a slab, which is a unit */
	HEAPMAP_IN_MEDIUM,	/* a unit of a slab */
};

struct heapmap_piece {
	enum heapmap_kind kind;
	enum heapmap_place place;
	uint64_t start, end;
	unsigned int class;	/* of the slab */
	uint64_t owner;		/* of a small one: its heap's address; 0:
				   that is not known */
	uint32_t out, made;	/* blocks that begin in it */
	uint32_t robbed;	/* of `out`, with the slab's heap to fetch */
};

/* Called with one piece after the other: the arena's in order, then others. */
typedef void heapmap_tell(void *arg, const struct heapmap_piece *piece);

/*
 * Tells all pieces of process `pid`, whose page this is.  With `resident`,
 * which may be NULL, memory of the process that was never used is not read,
 * as that would make it resident; and where all of its work is done, no more
 * is told.  Returns NULL, or why they cannot be told, or not all of them.
 */
const char *heapmap_each(pid_t pid, const struct page *page,
			 struct resident *resident, heapmap_tell *tell,
			 void *arg);

#endif /* STAT_HEAPMAP_H */
