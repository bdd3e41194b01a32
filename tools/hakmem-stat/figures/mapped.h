/* SPDX-License-Identifier: MIT */
/*
 * mapped.h - the heap of a process, piece by piece in the order of addresses:
 * what each unit of the arena is, and behind these the library's other
 * mappings, for "hakmem-stat map".
 */
#ifndef STAT_MAPPED_H
#define STAT_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum mapped_kind {
	MAPPED_SMALL,		/* slabs of blocks up to 1 KiB */
	MAPPED_MEDIUM,		/* slabs of blocks up to 128 KiB */
	MAPPED_LARGE,		/* longer blocks */
	MAPPED_KEPT,		/* such, freed, that a heap keeps */
	MAPPED_EMPTY,		/* empty slabs, and what changes its use */
	MAPPED_DIRTY,		/* free, and perhaps resident */
	MAPPED_CLEAN,		/* free, given back or never used */
	MAPPED_RESERVED,	/* the first unit, that nobody gets */
	/* Not of the arena: */
	MAPPED_HUGE,		/* blocks with a mapping of their own */
	MAPPED_GUARDED,		/* blocks between guard pages, and these */
	MAPPED_METADATA,	/* descriptors, heaps */
	MAPPED_KINDS
};

/* How it is told in CSV and JSON. */
const char *mapped_word(enum mapped_kind kind);

struct mapped_sum {
	uint64_t bytes;
	uint64_t live;		/* bytes of blocks out of their slab */
	uint64_t resident;
	uint64_t huge;		/* of these, in huge pages */
};

static inline void mapped_sum_add(struct mapped_sum *to,
				  const struct mapped_sum *sum)
{
	to->bytes += sum->bytes;
	to->live += sum->live;
	to->resident += sum->resident;
	to->huge += sum->huge;
}

/* A unit, or a mapping; or several that are alike behind each other. */
struct mapped_part {
	enum mapped_kind kind;
	uint64_t start, end;
	uint64_t block;		/* bytes of a slab's blocks; 0: no slab */
	size_t heap;		/* of a small slab: its place in heap_ids, and
				   one more; 0: none, or it is not known */
	uint64_t blocks_live;	/* out of their slab: with the program, ready
				   in magazines, or on their way back */
	uint64_t blocks_free;	/* in it, made before */
	struct mapped_sum sum;
};

struct mapped {
	pid_t pid;
	char *command;
	uint64_t base;		/* where the arena starts */
	uint64_t unit;		/* bytes of a unit */
	struct mapped_sum totals[MAPPED_KINDS];
	struct mapped_sum total;
	bool has_huge;		/* the kernel tells of huge pages */
	uint64_t *heap_ids;
	size_t heaps;
	struct mapped_part *parts; /* those that are alike in one */
	size_t count;
};

/* Called with each unit and each mapping, alike or not. */
typedef void mapped_each(void *arg, const struct mapped_part *part);

/* What there is to be known before them. */
typedef void mapped_begins(void *arg, const struct mapped *mapped);

struct mapped_reader {
	mapped_begins *begins;
	mapped_each *each;	/* NULL: parts are collected instead */
	void *arg;
};

/*
 * Looks at the process.  Returns NULL, or why it cannot be mapped, with
 * nothing to free.
 */
const char *mapped_read(struct mapped *mapped, pid_t pid,
			const struct mapped_reader *reader);

void mapped_free(struct mapped *mapped);

#endif /* STAT_MAPPED_H */
