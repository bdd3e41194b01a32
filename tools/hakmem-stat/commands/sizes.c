/* SPDX-License-Identifier: MIT */
/*
 * sizes.c - "hakmem-stat sizes": the blocks of a process, a line for each
 * size class, and one for each kind of block that has none.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/look_arguments.h"
#include "commands/output.h"
#include "common/util.h"
#include "display/json.h"
#include "display/print.h"
#include "display/table.h"
#include "figures/sized.h"
#include "process/look.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- the table ---- */

enum { SIZE, SLABS, LIVE, CACHED, FREE, BYTES, SHARE, USED, REFILLS, COLUMNS };

/* The headings, and what --sort= takes. */
static const char *const columns[COLUMNS + 1] = {
	"size", "slabs", "live", "cached", "free", "bytes", "share", "used",
	"refills", NULL
};

/* In their slabs, whatever has become of their pages. */
static uint64_t free_of(const struct sized *row)
{
	return row->free + row->purged + row->uncarved;
}

static bool is_number(size_t column)
{
	(void)column;
	return true;
}

static void put(struct table *table, const struct sized *row,
		enum sized_figure figure, uint64_t n)
{
	if (sized_has(row->kind, figure))
		table_number(table, n);
	else
		table_text(table, "");
}

static void put_bytes(struct table *table, const struct sized *row,
		      const struct sized *total)
{
	table_bytes(table, row->bytes);
	table_share(table, row->bytes, total->bytes);
	table_share(table, row->live_bytes, row->bytes);
}

static void put_row(struct table *table, const struct sized *row,
		    const struct sized *total)
{
	if (sized_has(row->kind, FIGURE_SIZE))
		table_number(table, row->size);
	else
		table_text(table, sized_word(row->kind));
	put(table, row, FIGURE_SLABS, row->slabs);
	put(table, row, FIGURE_LIVE, row->live);
	put(table, row, FIGURE_CACHED, row->cached);
	put(table, row, FIGURE_FREE, free_of(row));
	put_bytes(table, row, total);
	put(table, row, FIGURE_REFILLS, row->refills);
}

static void print_table(const struct sizes *sizes)
{
	const struct sized *total = &sizes->total;
	struct table table;

	table_start(&table, COLUMNS);
	for (int c = 0; c < COLUMNS; c++)
		table_text(&table, columns[c]);
	for (size_t i = 0; i < sizes->count; i++)
		put_row(&table, &sizes->rows[i], total);
	table_text(&table, "total");
	table_number(&table, total->slabs);
	table_number(&table, total->live);
	table_number(&table, total->cached);
	table_number(&table, free_of(total));
	put_bytes(&table, total, total);
	table_number(&table, total->refills);
	table_print(&table, is_number);
}

/* ---- CSV ---- */

static void print_csv(const struct sizes *sizes)
{
	fputs("kind", stdout);
	for (int f = 0; f < FIGURES; f++)
		printf(",%s", sized_name((enum sized_figure)f));
	putchar('\n');
	for (size_t i = 0; i < sizes->count; i++) {
		const struct sized *row = &sizes->rows[i];

		fputs(sized_word(row->kind), stdout);
		for (int f = 0; f < FIGURES; f++) {
			enum sized_figure figure = (enum sized_figure)f;

			putchar(',');
			if (sized_has(row->kind, figure))
				printf("%" PRIu64, sized_value(row, figure));
		}
		putchar('\n');
	}
}

/* ---- the order ---- */

static int by_size(const struct sized *x, const struct sized *y)
{
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->size > y->size) - (x->size < y->size);
}

static double used_of(const struct sized *row)
{
	return row->bytes ? (double)row->live_bytes / (double)row->bytes : -1;
}

/* What a row is compared by, the largest first. */
static double key_of(const struct sized *row, int column)
{
	switch (column) {
	case SLABS:
		return (double)row->slabs;
	case LIVE:
		return (double)row->live;
	case CACHED:
		return (double)row->cached;
	case FREE:
		return (double)free_of(row);
	case BYTES:
	case SHARE:
		return (double)row->bytes;
	case USED:
		return used_of(row);
	case REFILLS:
		return (double)row->refills;
	default:
		return 0;
	}
}

static int compare(const void *a, const void *b, void *column)
{
	const struct sized *x = a, *y = b;
	double p = key_of(x, *(const int *)column);
	double q = key_of(y, *(const int *)column);

	return p == q ? by_size(x, y) : p < q ? 1 : -1;
}

/* ---- the command ---- */

static void print_sizes(enum print_format format, const struct sizes *sizes)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(sizes);
		break;
	case PRINT_JSON:
		print_sizes_json(sizes);
		break;
	case PRINT_CSV:
		print_csv(sizes);
		break;
	}
}

static int run(int argc, char **argv)
{
	enum print_format format;
	struct look_arguments args = { .command = "sizes", .columns = columns,
				       .sort = BYTES };
	struct units units;
	struct sizes sizes;
	struct page page;

	if (!look_arguments(argc, argv, &args))
		return args.output.status;
	format = print_format_named(args.output.format);
	look_units(&page, &units, args.pid);
	sizes_take(&sizes, args.pid, &page, &units);
	if (sizes.count)
		qsort_r(sizes.rows, sizes.count, sizeof(*sizes.rows), compare,
			&args.sort);
	print_sizes(format, &sizes);
	sizes_free(&sizes);
	units_free(&units);
	page_free(&page);
	return STATUS_FINE;
}

const struct command command_sizes = {
	.name = "sizes",
	.run = run,
	.usage = "-p PID [OPTION...]",
	.summary = "the blocks of a process by size",
	.examples =
"  hakmem-stat sizes -p 4711              its blocks by size\n",
	.help =
"Lists the size classes of a running process: slabs, blocks that are live,\n"
"ready in magazines and free, bytes of the slabs, their share of all, how\n"
"much of them is live, refills; and longer blocks.  Exits with 3 where the\n"
"process cannot be looked into.\n"
"  -p, --pid=PID        the process\n"
"  --sort=COLUMN        size, slabs, live, cached, free, bytes (the default),\n"
"                       share, used or refills; the most first\n"
	OUTPUT_HELP,
};
