/* SPDX-License-Identifier: MIT */
/*
 * table.c - see table.h.
 */
#include "display/table.h"

#include "common/util.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void table_start(struct table *table, size_t columns)
{
	*table = (struct table){ .columns = columns };
}

void table_text(struct table *table, const char *text)
{
	char *cell;

	/* A row at a time. */
	if (table->count % table->columns == 0)
		table->cells = util_resize(table->cells, table->count +
					   table->columns,
					   sizeof(*table->cells));
	cell = table->cells[table->count++];
	snprintf(cell, sizeof(table_cell), "%s", *text ? text : "-");
	if (strlen(text) > TABLE_CELL_MAX)
		cell[TABLE_CELL_MAX - 1] = '+';
}

void table_bytes(struct table *table, uint64_t bytes)
{
	char text[UTIL_BYTES_MAX];

	table_text(table, util_bytes(text, bytes));
}

void table_number(struct table *table, uint64_t n)
{
	char text[UTIL_BYTES_MAX];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	table_text(table, text);
}

void table_share(struct table *table, uint64_t part, uint64_t whole)
{
	char text[UTIL_BYTES_MAX] = "";

	if (whole)
		snprintf(text, sizeof(text), "%.1f%%",
			 100 * (double)part / (double)whole);
	table_text(table, text);
}

/* Nothing comes behind the last column, so that no line ends in blanks. */
static void print_row(const struct table *table, size_t first,
		      const int *widths, bool (*right)(size_t column))
{
	for (size_t c = 0; c < table->columns; c++) {
		int width = widths[c];

		if (!right(c))
			width = c == table->columns - 1 ? 0 : -width;
		printf("%s%*s", c ? "  " : "", width,
		       table->cells[first + c]);
	}
}

void table_print(struct table *table, bool (*right)(size_t column))
{
	int *widths = util_resize(NULL, table->columns, sizeof(*widths));

	memset(widths, 0, table->columns * sizeof(*widths));
	for (size_t i = 0; i < table->count; i++) {
		int *width = &widths[i % table->columns];
		int len = (int)strlen(table->cells[i]);

		*width = len > *width ? len : *width;
	}
	for (size_t i = 0; i < table->count; i += table->columns) {
		fputs(i ? "" : util_bold(stdout), stdout);
		print_row(table, i, widths, right);
		printf("%s\n", i ? "" : util_plain(stdout));
	}
	free(widths);
	free(table->cells);
}
