/* SPDX-License-Identifier: MIT */
/*
 * sized.c - see sized.h.
 */
#include "figures/sized.h"

#include "common/util.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define ALL		(1u << SIZED_SMALL | 1u << SIZED_MEDIUM | \
			 1u << SIZED_RUN | 1u << SIZED_HUGE | \
			 1u << SIZED_GUARDED)
#define CLASSES		(1u << SIZED_SMALL | 1u << SIZED_MEDIUM)
#define SMALL		(1u << SIZED_SMALL)
#define MEDIUM		(1u << SIZED_MEDIUM)

static const struct {
	const char *name;
	size_t offset;
	unsigned int kinds;	/* that have it */
} figures[FIGURES] = {
	[FIGURE_SIZE] = { "size_bytes", offsetof(struct sized, size),
		CLASSES },
	[FIGURE_SLABS] = { "slabs", offsetof(struct sized, slabs), CLASSES },
	[FIGURE_LIVE] = { "live", offsetof(struct sized, live),
		CLASSES | 1u << SIZED_RUN },
	[FIGURE_CACHED] = { "cached", offsetof(struct sized, cached),
		MEDIUM },
	[FIGURE_FREE] = { "free", offsetof(struct sized, free), CLASSES },
	[FIGURE_PURGED] = { "purged", offsetof(struct sized, purged),
		MEDIUM },
	[FIGURE_UNCARVED] = { "uncarved", offsetof(struct sized, uncarved),
		CLASSES },
	[FIGURE_BYTES] = { "bytes", offsetof(struct sized, bytes), ALL },
	[FIGURE_LIVE_BYTES] = { "live_bytes",
		offsetof(struct sized, live_bytes), ALL },
	[FIGURE_REFILLS] = { "refills", offsetof(struct sized, refills),
		CLASSES },
	[FIGURE_MADE] = { "made", offsetof(struct sized, made),
		SMALL },
	[FIGURE_RETIRED] = { "retired", offsetof(struct sized, retired),
		SMALL },
	[FIGURE_FLUSHES] = { "flushes", offsetof(struct sized, flushes),
		MEDIUM },
};

const char *sized_word(enum sized_kind kind)
{
	static const char *const words[] = {
		[SIZED_SMALL] = "small", [SIZED_MEDIUM] = "medium",
		[SIZED_RUN] = "run", [SIZED_HUGE] = "huge",
		[SIZED_GUARDED] = "guarded",
	};

	return words[kind];
}

const char *sized_name(enum sized_figure figure)
{
	return figures[figure].name;
}

bool sized_has(enum sized_kind kind, enum sized_figure figure)
{
	return figures[figure].kinds >> kind & 1;
}

/* The words of the struct that are figures, one by one. */
static uint64_t *figure_of(struct sized *row, enum sized_figure figure)
{
	char *start = (char *)row;

	return (uint64_t *)(void *)(start + figures[figure].offset);
}

uint64_t sized_value(const struct sized *row, enum sized_figure figure)
{
	struct sized copy = *row;

	return *figure_of(&copy, figure);
}

/* ---- the rows ---- */

static void add(struct sizes *sizes, struct sized row)
{
	bool any = false;

	for (int f = FIGURE_SIZE + 1; f < FIGURES; f++) {
		uint64_t n = *figure_of(&row, (enum sized_figure)f);

		*figure_of(&sizes->total, (enum sized_figure)f) += n;
		any |= n != 0;
	}
	if (!any)
		return;
	sizes->rows = util_resize(sizes->rows, sizes->count + 1, sizeof(row));
	sizes->rows[sizes->count++] = row;
}

static void add_class(struct sizes *sizes, const struct page *page,
		      const struct units_class *units, size_t class)
{
	const struct page_value *medium = page_find(page, "medium_out");
	bool is_medium = medium && class >= medium->first;
	struct sized row = {
		.kind = is_medium ? SIZED_MEDIUM : SIZED_SMALL,
		.size = page_of_class(page, "class_size", class),
		.slabs = units->slabs,
		.cached = page_of_class(page, "magazine_blocks", class),
		.free = units->free,
		.purged = units->purged,
		.uncarved = units->uncarved,
		.bytes = units->units * HK_UNIT,
		.refills = page_of_class(page, is_medium ? "medium_refills" :
					 "small_refills", class),
		.made = page_of_class(page, "small_made", class),
		.retired = page_of_class(page, "small_retired", class),
		.flushes = page_of_class(page, "medium_flushes", class),
	};

	row.live = util_less(units->out, row.cached);
	row.live_bytes = row.live * row.size;
	add(sizes, row);
}

/* Blocks that are in no slab are live, all bytes of them. */
static void add_others(struct sizes *sizes, enum sized_kind kind,
		       uint64_t live, uint64_t bytes)
{
	add(sizes, (struct sized){ .kind = kind, .live = live, .bytes = bytes,
				   .live_bytes = bytes });
}

void sizes_take(struct sizes *sizes, pid_t pid, const struct page *page,
		const struct units *units)
{
	*sizes = (struct sizes){ .pid = pid };
	for (size_t i = 0; i < units->count; i++)
		add_class(sizes, page, &units->classes[i], i);
	add_others(sizes, SIZED_RUN, units->runs,
		   page_sum(page, "run_bytes"));
	add_others(sizes, SIZED_HUGE, 0, page_sum(page, "huge_bytes"));
	add_others(sizes, SIZED_GUARDED, 0, page_sum(page, "guarded_bytes"));
}

void sizes_free(struct sizes *sizes)
{
	free(sizes->rows);
	*sizes = (struct sizes){ 0 };
}
