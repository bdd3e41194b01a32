/* SPDX-License-Identifier: MIT */
/*
 * watched.c - see watched.h.
 */
#define _GNU_SOURCE
#include "figures/watched.h"

#include "common/util.h"
#include "figures/columns.h"

#include <stdlib.h>
#include <string.h>

const char *watched_rate_name(enum watched_rate rate)
{
	static const char *const names[WATCHED_RATES] = {
		[WATCHED_FAULTS] = "faults_per_second",
		[WATCHED_REFILLS] = "refills_per_second",
		[WATCHED_CALLS] = "calls_per_second",
		[WATCHED_PURGED] = "purged_bytes_per_second",
	};

	return names[rate];
}

/* ---- a row ---- */

static uint64_t calls_of(const struct page *page)
{
	return page_sum(page, "mmap_calls") + page_sum(page, "munmap_calls") +
		page_sum(page, "mremap_calls") +
		page_sum(page, "mprotect_calls") +
		page_sum(page, "madvise_calls");
}

struct watched_row watched_row(const struct listed *item)
{
	const struct page *page = &item->page;
	struct watched_row row = {
		.pid = item->pid,
		.start = item->stat.start,
		.began = item->has_figures ? page->start_ns : 0,
		.user = util_format("%s", item->user),
		.unit = util_format("%s", item->unit),
		.command = util_format("%s", item->command),
		.preset = item->preset,
		.has_figures = item->has_figures,
		.rss = item->rss,
		.used = item->used,
		.committed = item->committed,
	};

	row.counters[WATCHED_FAULTS] = item->stat.minor_faults +
		item->stat.major_faults;
	if (item->has_figures) {
		row.counters[WATCHED_REFILLS] = page_sum(page, "refills") +
			page_sum(page, "medium_refills");
		row.counters[WATCHED_CALLS] = calls_of(page);
		row.counters[WATCHED_PURGED] = page_sum(page, "purged_bytes");
	}
	for (int r = 0; r < WATCHED_RATES; r++)
		row.rates[r] = WATCHED_UNKNOWN;
	return row;
}

static void free_rows(struct watched_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rows[i].user);
		free(rows[i].unit);
		free(rows[i].command);
	}
	free(rows);
}

/* ---- rates ---- */

/*
 * The faults are the kernel's and go on when another program is executed; the
 * others begin anew.  A page may be made to say anything: what went down is
 * not known.
 */
static void take_rates(struct watched_row *row,
		       const struct watched_row *before, double seconds)
{
	for (int r = 0; r < WATCHED_RATES; r++) {
		bool same = r == WATCHED_FAULTS ||
			(row->has_figures && before->has_figures &&
			 row->began == before->began);

		if (same && row->counters[r] >= before->counters[r])
			row->rates[r] = (double)(row->counters[r] -
						 before->counters[r]) /
				seconds;
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct watched_row *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Both are in the order of numbers. */
static void compare_rows(const struct watched *before,
			 struct watched_row *rows, size_t count,
			 double seconds)
{
	for (size_t i = 0, k = 0; i < count; i++) {
		const struct watched_row *old;

		while (k < before->count && before->rows[k].pid < rows[i].pid)
			k++;
		if (k == before->count)
			return;
		old = &before->rows[k];
		if (old->pid == rows[i].pid && old->start == rows[i].start)
			take_rates(&rows[i], old, seconds);
	}
}

void watched_take(struct watched *watched, struct watched_row *rows,
		  size_t count, size_t closed, uint64_t now_ns)
{
	uint64_t passed = util_less(now_ns, watched->taken_ns);

	if (count)
		qsort(rows, count, sizeof(*rows), by_pid);
	if (passed)
		compare_rows(watched, rows, count, (double)passed / 1e9);
	free_rows(watched->rows, watched->count);
	watched->rows = rows;
	watched->count = count;
	watched->closed = closed;
	watched->taken_ns = now_ns;
	watched_arrange(watched);
}

/* ---- what is shown ---- */

static bool has_text(const struct watched_row *row, const char *text)
{
	char number[COLUMNS_CELL];

	columns_cell(number, row, COLUMN_PID, false);
	return !*text || strcasestr(row->command, text) ||
		strcasestr(row->unit, text) || strcasestr(row->user, text) ||
		strcasestr(row->preset, text) || strstr(number, text);
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct watched_row *x = *(const struct watched_row *const *)a;
	const struct watched_row *y = *(const struct watched_row *const *)b;
	const struct watched *watched = arg;
	enum column column = (enum column)watched->sort;
	int order = columns_compare(x, y, column);

	if (watched->reverse)
		order = -order;
	return order ? order : columns_compare(x, y, COLUMN_PID);
}

void watched_arrange(struct watched *watched)
{
	watched->rss = watched->used = watched->committed = 0;
	watched->shown_count = 0;
	watched->shown = util_resize(watched->shown, watched->count,
				     sizeof(*watched->shown));
	for (size_t i = 0; i < watched->count; i++) {
		const struct watched_row *row = &watched->rows[i];

		if (!has_text(row, watched->text))
			continue;
		watched->shown[watched->shown_count++] = row;
		watched->rss += row->rss;
		watched->used += row->used;
		watched->committed += row->committed;
	}
	if (watched->shown_count)
		qsort_r(watched->shown, watched->shown_count,
			sizeof(*watched->shown), compare, watched);
}

size_t watched_place(const struct watched *watched, pid_t pid,
		     uint64_t start)
{
	size_t i = 0;

	while (i < watched->shown_count &&
	       (watched->shown[i]->pid != pid ||
		watched->shown[i]->start != start))
		i++;
	return i;
}

void watched_free(struct watched *watched)
{
	free_rows(watched->rows, watched->count);
	free(watched->shown);
	*watched = (struct watched){ 0 };
}
