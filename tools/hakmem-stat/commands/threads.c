/* SPDX-License-Identifier: MIT */
/*
 * threads.c - "hakmem-stat threads": the heaps of a process, a line for each,
 * and the thread that has it.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/look_arguments.h"
#include "commands/output.h"
#include "common/order.h"
#include "common/util.h"
#include "display/json.h"
#include "display/print.h"
#include "display/table.h"
#include "figures/heaped.h"
#include "process/look.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- the table ---- */

enum {
	HEAP, THREAD, BYTES, LIVE, FREE, KEPT, SENT, REFILLS, CHAINS, NAME,
	COLUMNS
};

/* The headings, and what --sort= takes. */
static const char *const columns[COLUMNS + 1] = {
	"heap", "thread", "bytes", "live", "free", "kept", "sent", "refills",
	"chains", "name", NULL
};

/* What the columns of numbers have. */
static const enum heaped_figure figures[COLUMNS] = {
	[BYTES] = HEAPED_BYTES, [LIVE] = HEAPED_LIVE, [FREE] = HEAPED_FREE,
	[KEPT] = HEAPED_KEPT, [SENT] = HEAPED_SENT,
	[REFILLS] = HEAPED_REFILLS, [CHAINS] = HEAPED_CHAINS,
};

static bool is_number(size_t column)
{
	return column != NAME;
}

static void put_figures(struct table *table,
			const uint64_t values[HEAPED_FIGURES])
{
	for (int c = BYTES; c <= CHAINS; c++) {
		if (c < REFILLS)
			table_bytes(table, values[figures[c]]);
		else
			table_number(table, values[figures[c]]);
	}
}

/* In the place of a number, why there is no thread. */
static void put_row(struct table *table, const struct heaped *row)
{
	table_number(table, row->id);
	if (row->tid)
		table_number(table, (uint64_t)row->tid);
	else
		table_text(table, row->state == HEAPED_THREAD ? "" :
			   heaped_word(row->state));
	put_figures(table, row->figures);
	table_text(table, row->name);
}

static void print_table(const struct heaps *heaps)
{
	struct table table;

	table_start(&table, COLUMNS);
	for (int c = 0; c < COLUMNS; c++)
		table_text(&table, columns[c]);
	for (size_t i = 0; i < heaps->count; i++)
		put_row(&table, &heaps->rows[i]);
	table_text(&table, "total");
	table_text(&table, "");
	put_figures(&table, heaps->total);
	table_text(&table, "");
	table_print(&table, is_number);
}

/* ---- CSV ---- */

static void print_csv(const struct heaps *heaps)
{
	fputs("heap,state,thread,name", stdout);
	for (int f = 0; f < HEAPED_FIGURES; f++)
		printf(",%s", heaped_name((enum heaped_figure)f));
	putchar('\n');
	for (size_t i = 0; i < heaps->count; i++) {
		const struct heaped *row = &heaps->rows[i];

		printf("%" PRIu64 ",%s,", row->id, heaped_word(row->state));
		if (row->tid)
			printf("%ld", (long)row->tid);
		putchar(',');
		print_csv_field(stdout, row->name);
		for (int f = 0; f < HEAPED_FIGURES; f++)
			printf(",%" PRIu64, row->figures[f]);
		putchar('\n');
	}
}

/* ---- the order ---- */

static int by_id(const struct heaped *x, const struct heaped *y)
{
	return (x->id > y->id) - (x->id < y->id);
}

/* Those without a number behind all others. */
static int by_thread(const struct heaped *x, const struct heaped *y)
{
	if (!x->tid || !y->tid)
		return !x->tid - !y->tid;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* The largest first. */
static int by_figure(const struct heaped *x, const struct heaped *y,
		     enum heaped_figure figure)
{
	return order_number(x->figures[figure], y->figures[figure]);
}

static int compare(const void *a, const void *b, void *sort)
{
	const struct heaped *x = a, *y = b;
	int column = *(const int *)sort;
	int order = 0;

	if (column == NAME)
		order = order_text(x->name, y->name);
	else if (column == THREAD)
		order = by_thread(x, y);
	else if (column != HEAP)
		order = by_figure(x, y, figures[column]);
	return order ? order : by_id(x, y);
}

/* ---- the command ---- */

static void print_heaps(enum print_format format, const struct heaps *heaps)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(heaps);
		break;
	case PRINT_JSON:
		print_heaps_json(heaps);
		break;
	case PRINT_CSV:
		print_csv(heaps);
		break;
	}
}

static int run(int argc, char **argv)
{
	enum print_format format;
	struct look_arguments args = { .command = "threads",
				       .columns = columns, .sort = BYTES };
	struct units units;
	struct heaps heaps;
	struct page page;

	if (!look_arguments(argc, argv, &args))
		return args.output.status;
	format = print_format_named(args.output.format);
	look_units(&page, &units, args.pid);
	heaps_take(&heaps, args.pid, &page, &units);
	if (heaps.count)
		qsort_r(heaps.rows, heaps.count, sizeof(*heaps.rows), compare,
			&args.sort);
	print_heaps(format, &heaps);
	heaps_free(&heaps);
	units_free(&units);
	page_free(&page);
	return STATUS_FINE;
}

const struct command command_threads = {
	.name = "threads",
	.run = run,
	.usage = "-p PID [OPTION...]",
	.summary = "what each thread of a process keeps",
	.examples =
"  hakmem-stat threads -p 4711            what each of its threads keeps\n",
	.help =
"Lists the heaps of a running process: the thread that has it, bytes of its\n"
"slabs and of what it keeps ready, refills, batches of blocks freed for\n"
"others.  Exits with 3 where the process cannot be looked into.\n"
"  -p, --pid=PID        the process\n"
"  --sort=COLUMN        heap, thread, bytes (the default), live, free, kept,\n"
"                       sent, refills, chains or name; the most first\n"
	OUTPUT_HELP,
};
