/* SPDX-License-Identifier: MIT */
/*
 * chart.c - see chart.h.
 */
#include "figures/chart.h"

#include "common/util.h"

#include <stdlib.h>
#include <string.h>

/* ---- the cells ---- */

/*
 * Where there are more entries than votes, the one with the fewest gives way,
 * and its units count for the new one: what most units have is found all the
 * same.
 */
static void vote(struct chart_cell *cell, uint32_t entry, uint32_t units)
{
	struct chart_vote *least = &cell->votes[0];

	for (size_t i = 0; i < CHART_VOTES; i++) {
		struct chart_vote *v = &cell->votes[i];

		if (v->units && v->entry == entry) {
			v->units += units;
			return;
		}
		if (v->units < least->units)
			least = v;
	}
	least->entry = entry;
	least->units += units;
}

static void join(struct chart_cell *to, const struct chart_cell *cell)
{
	for (size_t i = 0; i < CHART_VOTES; i++)
		if (cell->votes[i].units)
			vote(to, cell->votes[i].entry, cell->votes[i].units);
	to->bytes += cell->bytes;
	to->live += cell->live;
	to->resident += cell->resident;
}

void chart_start(struct chart *chart, enum chart_by by, uint64_t unit,
		 const uint64_t *heap_ids, size_t heaps)
{
	*chart = (struct chart){ .by = by, .unit = unit };
	entries_make(&chart->entries, by, heap_ids, heaps);
}

void chart_halve(struct chart *chart)
{
	size_t half = (chart->count + 1) / 2;

	for (size_t i = 0; i < half; i++) {
		struct chart_cell cell = chart->cells[2 * i];

		if (2 * i + 1 < chart->count)
			join(&cell, &chart->cells[2 * i + 1]);
		chart->cells[i] = cell;
	}
	chart->count = half;
	chart->unit *= 2;
}

void chart_fit(struct chart *chart, size_t most)
{
	while (chart->count > most && chart->count > 1)
		chart_halve(chart);
}

static struct chart_cell *cell_at(struct chart *chart, uint64_t address)
{
	uint64_t i;

	while ((i = (address - chart->base) / chart->unit) >=
	       CHART_CELLS_MAX)
		chart_halve(chart);
	if (i >= chart->room) {
		size_t room = 2 * (size_t)i + 64;

		chart->cells = util_resize(chart->cells, room,
					   sizeof(*chart->cells));
		memset(chart->cells + chart->room, 0,
		       (room - chart->room) * sizeof(*chart->cells));
		chart->room = room;
	}
	/* Halved ones have left something behind the last. */
	for (; chart->count <= i; chart->count++)
		chart->cells[chart->count] = (struct chart_cell){ 0 };
	return &chart->cells[i];
}

void chart_add(struct chart *chart, const struct mapped_part *part)
{
	size_t entry = entry_of(chart->by, part);
	struct chart_cell *cell;

	mapped_sum_add(&chart->entries.items[entry].sum, &part->sum);
	if (chart->entries.items[entry].is_apart)
		return;
	if (!chart->count)
		chart->base = part->start;
	cell = cell_at(chart, part->start);
	vote(cell, (uint32_t)entry, 1);
	cell->bytes += part->sum.bytes;
	cell->live += part->sum.live;
	cell->resident += part->sum.resident;
}

const struct chart_entry *chart_shown(const struct chart *chart, size_t cell)
{
	const struct chart_vote *votes = chart->cells[cell].votes;
	size_t most = 0;

	for (size_t i = 1; i < CHART_VOTES; i++)
		if (votes[i].units > votes[most].units)
			most = i;
	if (!votes[most].units)
		return NULL;
	return &chart->entries.items[votes[most].entry];
}

double chart_share(const struct chart *chart, size_t cell)
{
	const struct chart_cell *c = &chart->cells[cell];
	uint64_t part = chart->by == CHART_RESIDENT ? c->resident : c->live;

	if (!c->bytes)
		return 0;
	return part < c->bytes ? (double)part / (double)c->bytes : 1;
}

/* ---- the legend ---- */

static int by_bytes(const void *a, const void *b)
{
	const struct chart_entry *x = *(const struct chart_entry *const *)a;
	const struct chart_entry *y = *(const struct chart_entry *const *)b;

	if (x->sum.bytes != y->sum.bytes)
		return x->sum.bytes < y->sum.bytes ? 1 : -1;
	return (x > y) - (x < y);
}

/* Heaps first, or what is above the common ones; what is apart last. */
static size_t collect(const struct chart *chart,
		      const struct chart_entry **all)
{
	size_t n = 0;

	for (size_t i = ENTRIES_COMMON; i < chart->entries.count; i++)
		if (chart->entries.items[i].sum.bytes)
			all[n++] = &chart->entries.items[i];
	if (chart->by == CHART_HEAP)
		qsort(all, n, sizeof(*all), by_bytes);
	return n;
}

size_t chart_legend(const struct chart *chart,
		    const struct chart_entry **legend, size_t most,
		    size_t *left)
{
	const struct chart_entry **all = util_resize(NULL,
		chart->entries.count, sizeof(const struct chart_entry *));
	size_t room = util_less(most, ENTRIES_COMMON);
	size_t n = collect(chart, all), used = n < room ? n : room;

	*left = n - used;
	memcpy(legend, all, used * sizeof(*all));
	for (size_t i = 0; i < ENTRIES_COMMON && used < most; i++)
		if (chart->entries.items[i].sum.bytes)
			legend[used++] = &chart->entries.items[i];
	free(all);
	return used;
}

void chart_free(struct chart *chart)
{
	free(chart->cells);
	free(chart->entries.items);
	*chart = (struct chart){ 0 };
}
