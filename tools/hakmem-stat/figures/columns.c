/* SPDX-License-Identifier: MIT */
/*
 * columns.c - see columns.h.
 */
#include "figures/columns.h"

#include "common/order.h"
#include "common/util.h"

#include <stdio.h>
#include <string.h>

const char *const columns_names[COLUMN_COUNT + 1] = {
	[COLUMN_PID] = "pid",
	[COLUMN_USER] = "user",
	[COLUMN_RSS] = "rss",
	[COLUMN_USED] = "used",
	[COLUMN_COMMITTED] = "committed",
	[COLUMN_FAULTS] = "faults",
	[COLUMN_REFILLS] = "refills",
	[COLUMN_CALLS] = "calls",
	[COLUMN_PURGED] = "purged",
	[COLUMN_PRESET] = "preset",
	[COLUMN_UNIT] = "unit",
	[COLUMN_COMMAND] = "command",
};

bool columns_right(size_t column)
{
	return column != COLUMN_USER && column < COLUMN_PRESET;
}

/* ---- the order ---- */

static int by_rate(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_figure(const struct watched_row *x, const struct watched_row *y,
		     uint64_t a, uint64_t b)
{
	if (!x->has_figures || !y->has_figures)
		return !x->has_figures - !y->has_figures;
	return order_number(a, b);
}

static enum watched_rate rate_of(enum column column)
{
	return (enum watched_rate)((int)column - (int)COLUMN_FAULTS);
}

int columns_compare(const struct watched_row *x, const struct watched_row *y,
		    enum column column)
{
	switch (column) {
	case COLUMN_USER:
		return order_text(x->user, y->user);
	case COLUMN_RSS:
		return order_number(x->rss, y->rss);
	case COLUMN_USED:
		return by_figure(x, y, x->used, y->used);
	case COLUMN_COMMITTED:
		return by_figure(x, y, x->committed, y->committed);
	case COLUMN_FAULTS:
	case COLUMN_REFILLS:
	case COLUMN_CALLS:
	case COLUMN_PURGED:
		return by_rate(x->rates[rate_of(column)],
			       y->rates[rate_of(column)]);
	case COLUMN_PRESET:
		return order_text(x->preset, y->preset);
	case COLUMN_UNIT:
		return order_text(x->unit, y->unit);
	case COLUMN_COMMAND:
		return order_text(x->command, y->command);
	default:
		return (x->pid > y->pid) - (x->pid < y->pid);
	}
}

/* ---- the cells ---- */

void columns_brief(char cell[COLUMNS_CELL], double n, unsigned int base)
{
	static const char units[] = "KMGTPEZ";
	size_t unit = 0;

	if (n < 999.5) {
		snprintf(cell, COLUMNS_CELL, "%.0f", n);
		return;
	}
	n /= base;
	while (n >= 999.5 && unit < sizeof(units) - 2) {
		n /= base;
		unit++;
	}
	snprintf(cell, COLUMNS_CELL, n < 99.95 ? "%.1f%c" : "%.0f%c", n,
		 units[unit]);
}

static void bytes_cell(char cell[COLUMNS_CELL], uint64_t bytes, bool brief)
{
	if (brief)
		columns_brief(cell, (double)bytes, 1024);
	else
		util_bytes(cell, bytes);
}

static void rate_cell(char cell[COLUMNS_CELL], double rate,
		      enum column column, bool brief)
{
	if (rate < 0)
		snprintf(cell, COLUMNS_CELL, "-");
	else if (column == COLUMN_PURGED)
		/* A page may claim more than a number holds. */
		bytes_cell(cell, rate < 0x1p63 ? (uint64_t)rate :
			   (uint64_t)1 << 63, brief);
	else if (rate > 0 && rate < 9.95)
		snprintf(cell, COLUMNS_CELL, "%.1f", rate);
	else if (brief)
		columns_brief(cell, rate, 1000);
	else
		snprintf(cell, COLUMNS_CELL, "%.0f", rate);
}

static const char *text_of(const struct watched_row *row, enum column column)
{
	switch (column) {
	case COLUMN_USER:
		return row->user;
	case COLUMN_PRESET:
		return row->preset;
	case COLUMN_UNIT:
		return row->unit;
	default:
		return row->command;
	}
}

void columns_cell(char cell[COLUMNS_CELL], const struct watched_row *row,
		  enum column column, bool brief)
{
	const char *text;

	switch (column) {
	case COLUMN_PID:
		snprintf(cell, COLUMNS_CELL, "%ld", (long)row->pid);
		return;
	case COLUMN_RSS:
		bytes_cell(cell, row->rss, brief);
		return;
	case COLUMN_USED:
	case COLUMN_COMMITTED:
		if (row->has_figures)
			bytes_cell(cell, column == COLUMN_USED ? row->used :
				   row->committed, brief);
		else
			snprintf(cell, COLUMNS_CELL, "-");
		return;
	case COLUMN_FAULTS:
	case COLUMN_REFILLS:
	case COLUMN_CALLS:
	case COLUMN_PURGED:
		rate_cell(cell, row->rates[rate_of(column)], column, brief);
		return;
	default:
		text = text_of(row, column);
		snprintf(cell, COLUMNS_CELL, "%s", *text ? text : "-");
	}
}

/* ---- how they fit ---- */

/* Brief cells, the longest of a preset, and a name as the kernel cuts it. */
#define NAME_WIDTH	13
#define UNIT_WIDTH	20

static const struct {
	enum column column;
	int width;
} fits[] = {	/* what is left out last comes first */
	{ COLUMN_COMMAND, NAME_WIDTH },
	{ COLUMN_PID, 7 },
	{ COLUMN_RSS, 5 },
	{ COLUMN_USED, 5 },
	{ COLUMN_COMMITTED, 9 },
	{ COLUMN_USER, 8 },
	{ COLUMN_REFILLS, 7 },
	{ COLUMN_FAULTS, 6 },
	{ COLUMN_CALLS, 5 },
	{ COLUMN_PURGED, 6 },
	{ COLUMN_PRESET, 11 },
	{ COLUMN_UNIT, UNIT_WIDTH },
};

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* What is left over: for the command's whole name, then for the unit. */
void columns_fit(int width, int widths[COLUMN_COUNT])
{
	int left = width + 1, more;

	memset(widths, 0, COLUMN_COUNT * sizeof(*widths));
	for (size_t i = 0; i < sizeof(fits) / sizeof(*fits); i++) {
		if (fits[i].width + 1 > left)
			break;
		widths[fits[i].column] = fits[i].width;
		left -= fits[i].width + 1;
	}
	if (!widths[COLUMN_COMMAND]) {
		widths[COLUMN_COMMAND] = width;
		return;
	}
	if (widths[COLUMN_UNIT]) {
		/* The name of a process has 15 bytes at most. */
		more = least(left, 15 - NAME_WIDTH);
		widths[COLUMN_COMMAND] += more;
		left -= more;
		more = least(left, 64 - UNIT_WIDTH);
		widths[COLUMN_UNIT] += more;
		left -= more;
	}
	widths[COLUMN_COMMAND] += left;
}
