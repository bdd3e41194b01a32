/* SPDX-License-Identifier: MIT */
/*
 * columns.h - the columns of "hakmem-stat top": their names, which is how
 * --sort= names them too, what stands in them, and how they fit a terminal.
 */
#ifndef STAT_COLUMNS_H
#define STAT_COLUMNS_H

#include "figures/watched.h"

#include <stdbool.h>
#include <stddef.h>

enum column {
	COLUMN_PID,
	COLUMN_USER,
	COLUMN_RSS,
	COLUMN_USED,
	COLUMN_COMMITTED,
	COLUMN_FAULTS,		/* these four: a second */
	COLUMN_REFILLS,
	COLUMN_CALLS,
	COLUMN_PURGED,
	COLUMN_PRESET,
	COLUMN_UNIT,
	COLUMN_COMMAND,
	COLUMN_COUNT
};

/* NULL ends them. */
extern const char *const columns_names[COLUMN_COUNT + 1];

/* Stands to the right, as numbers do: for table_print(), too. */
bool columns_right(size_t column);

/*
 * Bytes come most first, other numbers of a second too, "pid" the smallest
 * first, texts as in a dictionary; what is not known is last.
 */
int columns_compare(const struct watched_row *x, const struct watched_row *y,
		    enum column column);

/* What stands there; "-" for what is not known.  `brief`: "1.5M". */
#define COLUMNS_CELL	128
void columns_cell(char cell[COLUMNS_CELL], const struct watched_row *row,
		  enum column column, bool brief);

/* "999", "1.5M", "149G": at most five characters. */
void columns_brief(char cell[COLUMNS_CELL], double n, unsigned int base);

/*
 * How wide each is on a line of `width`, with a blank between them; 0: it is
 * left out.  The one that comes last has the rest.
 */
void columns_fit(int width, int widths[COLUMN_COUNT]);

#endif /* STAT_COLUMNS_H */
