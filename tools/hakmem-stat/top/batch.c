/* SPDX-License-Identifier: MIT */
/*
 * batch.c - see batch.h.
 */
#define _GNU_SOURCE
#include "top/batch.h"

#include "common/util.h"
#include "display/json.h"
#include "display/table.h"
#include "figures/columns.h"
#include "top/heads.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static void print_table(const struct view *view, bool first)
{
	const struct watched *watched = &view->watched;
	char *list = heads_list(view), *sums = heads_sums(watched);
	struct table table;

	printf("%s%s\n%s\n", first ? "" : "\n", list, sums);
	free(list);
	free(sums);
	table_start(&table, COLUMN_COUNT);
	for (int c = 0; c < COLUMN_COUNT; c++)
		table_text(&table, columns_names[c]);
	for (size_t i = 0; i < watched->shown_count; i++)
		for (int c = 0; c < COLUMN_COUNT; c++) {
			char cell[COLUMNS_CELL];

			columns_cell(cell, watched->shown[i], (enum column)c,
				     false);
			table_text(&table, cell);
		}
	table_print(&table, columns_right);
}

static void csv_row(const struct watched_row *row, double now)
{
	printf("%.3f,%ld,", now, (long)row->pid);
	print_csv_field(stdout, row->user);
	printf(",%" PRIu64 ",", row->rss);
	if (row->has_figures)
		printf("%" PRIu64 ",%" PRIu64, row->used, row->committed);
	else
		putchar(',');
	for (int r = 0; r < WATCHED_RATES; r++) {
		putchar(',');
		if (row->rates[r] >= 0)
			printf("%.3f", row->rates[r]);
	}
	printf(",%s,", row->preset);
	print_csv_field(stdout, row->unit);
	putchar(',');
	print_csv_field(stdout, row->command);
	putchar('\n');
}

static void print_csv(const struct watched *watched, double now, bool first)
{
	if (first) {
		fputs("time,pid,user,rss_bytes,used_bytes,committed_bytes",
		      stdout);
		for (int r = 0; r < WATCHED_RATES; r++)
			printf(",%s",
			       watched_rate_name((enum watched_rate)r));
		puts(",preset,unit,command");
	}
	for (size_t i = 0; i < watched->shown_count; i++)
		csv_row(watched->shown[i], now);
}

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void batch_print(enum print_format format, const struct view *view,
		 bool first)
{
	double now = now_seconds();

	switch (format) {
	case PRINT_TABLE:
		print_table(view, first);
		break;
	case PRINT_JSON:
		print_watched_json(&view->watched, now);
		break;
	case PRINT_CSV:
		print_csv(&view->watched, now, first);
		break;
	}
}
