/* SPDX-License-Identifier: MIT */
/*
 * moment.h - where the memory of a process was at one moment of a recording:
 * the rows of "hakmem-stat explain" and the heap map by state, on a line.
 *
 *   {"kind":"moment","time_ns":9,"elapsed_ns":9,"total_bytes":9,
 *    "kernel_bytes":9,"rows":{"live":9,...},"base":9,"unit":32768,
 *    "names":["small slabs",...],"colors":[9,...],"idle":[0,...],
 *    "bytes":[9,...],"live":[9,...],"resident":[9,...],"cells":[9,...]}
 *
 * The arrays from "names" to "resident" have an element for each entry of the
 * legend.  A cell is `unit` bytes from `base` on: 0 where nothing of it is the
 * library's, else 101 times the place of its entry, and 1, and how many
 * percent of it are in live blocks.
 */
#ifndef STAT_MOMENT_H
#define STAT_MOMENT_H

#include "figures/chart.h"
#include "figures/explained.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOMENT_KIND	"moment"
#define MOMENT_ENTRIES	24u
#define MOMENT_CELLS	4096u

struct moment_entry {
	char name[60];
	unsigned int color;	/* of palette.h */
	bool is_idle;		/* no block is in it */
	uint64_t bytes, live, resident;
};

struct moment_map {
	uint64_t base, unit;
	struct moment_entry entries[MOMENT_ENTRIES];
	size_t entry_count;
	uint32_t cells[MOMENT_CELLS];
	size_t cell_count;
};

struct moment {
	uint64_t time_ns, elapsed_ns;
	struct explained explained; /* its command and container are NULL */
	struct moment_map *map;
};

/* ---- writing ---- */

/*
 * A line with its newline, for the caller to free.  The chart is one by state
 * and has at most MOMENT_CELLS.
 */
char *moment_line(uint64_t time_ns, uint64_t elapsed_ns,
		  const struct explained *explained,
		  const struct chart *chart);

/* ---- reading ---- */

/*
 * Reads one; false where the line, which is JSON, is no whole moment.  Only
 * with true there is something to free.
 */
bool moment_read(struct moment *moment, const char *line);

/* The entry of a cell, or NULL; *share is how much of it is live: 0 to 1. */
const struct moment_entry *moment_cell(const struct moment_map *map, size_t i,
				       double *share);

void moment_free(struct moment *moment);

#endif /* STAT_MOMENT_H */
