/* SPDX-License-Identifier: MIT */
/*
 * table.h - a table for people, whose columns are as wide as they need be.
 */
#ifndef STAT_TABLE_H
#define STAT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer cells, such as a container's 64 digits, are cut, with a "+". */
#define TABLE_CELL_MAX	28

typedef char table_cell[TABLE_CELL_MAX + 1];

struct table {
	size_t columns;
	table_cell *cells;	/* row by row, the first one is the heading */
	size_t count;
};

/* Cells are put from left to right, row after row; "" shows as "-". */
void table_start(struct table *table, size_t columns);
void table_text(struct table *table, const char *text);
void table_bytes(struct table *table, uint64_t bytes);
void table_number(struct table *table, uint64_t n);

/* "12.5%": so much of `whole`; "-" where that is 0. */
void table_share(struct table *table, uint64_t part, uint64_t whole);

/*
 * Prints it on standard output, and frees it.  right(c): whether column
 * c stands to the right, as numbers do.
 */
void table_print(struct table *table, bool (*right)(size_t column));

#endif /* STAT_TABLE_H */
