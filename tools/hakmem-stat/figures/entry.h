/* SPDX-License-Identifier: MIT */
/*
 * entry.h - what the units of a heap are shown as on a map: an entry, with
 * its letter and colour, for each kind of them.
 */
#ifndef STAT_ENTRY_H
#define STAT_ENTRY_H

#include "figures/mapped.h"

enum chart_by {
	CHART_STATE,
	CHART_FILL,
	CHART_CLASS,
	CHART_HEAP,
	CHART_RESIDENT,
};

/* What --by= takes; NULL ends them. */
extern const char *const chart_words[];

/* What a cell is shown as; and a line of the legend. */
struct chart_entry {
	char letter;
	unsigned char color;	/* of palette.h */
	bool is_apart;		/* not of the arena: no cell has it */
	bool is_idle;		/* no block is in it */
	char name[60];
	struct mapped_sum sum;
};

/* The first ones are free memory and what is the same by all. */
#define ENTRIES_COMMON 5

struct entries {
	struct chart_entry *items;
	size_t count;
};

/*
 * Makes those of a chart, without any bytes; `items` is the caller's, to
 * free.  The heaps are those that the parts have.
 */
void entries_make(struct entries *to, enum chart_by by,
		  const uint64_t *heap_ids, size_t heaps);

/* The place of the one that a part is shown as. */
size_t entry_of(enum chart_by by, const struct mapped_part *part);

#endif /* STAT_ENTRY_H */
