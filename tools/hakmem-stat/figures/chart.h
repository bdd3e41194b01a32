/* SPDX-License-Identifier: MIT */
/*
 * chart.h - the heap of a process as rows of cells, each of a unit or of
 * several, and what each cell is shown as: what sheet.h prints and picture.h
 * draws.
 *
 * A chart has a bounded number of cells, however large the heap is: where
 * there is no more room, two neighbours become one.
 */
#ifndef STAT_CHART_H
#define STAT_CHART_H

#include "figures/entry.h"

/* Of the units of a cell, so many are shown as an entry. */
#define CHART_VOTES 8
struct chart_vote {
	uint32_t entry, units;
};

struct chart_cell {
	struct chart_vote votes[CHART_VOTES];
	uint64_t bytes, live, resident;
};

struct chart {
	enum chart_by by;
	uint64_t base;		/* address of the first cell */
	uint64_t unit;		/* bytes of a cell */
	struct chart_cell *cells;
	size_t count, room;
	struct entries entries;
};

/* The most cells that a chart ever has. */
#define CHART_CELLS_MAX ((size_t)1 << 18)

/* By its heaps, which for other charts are of no use. */
void chart_start(struct chart *chart, enum chart_by by, uint64_t unit,
		 const uint64_t *heap_ids, size_t heaps);

/* Adds a unit, or a mapping that is not of the arena. */
void chart_add(struct chart *chart, const struct mapped_part *part);

/* Two cells become one. */
void chart_halve(struct chart *chart);

/* Halves it until it has at most so many cells. */
void chart_fit(struct chart *chart, size_t most);

/* The entry that most of the cell is shown as; NULL: nothing of it is ours. */
const struct chart_entry *chart_shown(const struct chart *chart, size_t cell);

/*
 * How much of the cell is in live blocks, or of a chart by what is resident,
 * is that: 0 to 1.
 */
double chart_share(const struct chart *chart, size_t cell);

/*
 * The entries of which there is something, as a legend has them: at most
 * `most`, those of heaps by their bytes.  Returns how many; *left is how many
 * there are beyond.
 */
size_t chart_legend(const struct chart *chart,
		    const struct chart_entry **legend, size_t most,
		    size_t *left);

void chart_free(struct chart *chart);

#endif /* STAT_CHART_H */
