/* SPDX-License-Identifier: MIT */
/*
 * explained_rows.c - see explained.h: what is said of the rows.
 */
#include "figures/explained.h"

#include "policy/option.h"

#include <stdlib.h>

#define BOUND		50	/* one in so many: 2 % */
#define SHARE_MOST	1e9	/* tenths of a percent */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

bool explained_agrees(const struct explained *explained)
{
	uint64_t changed = (uint64_t)llabs(explained->bytes[EXPLAINED_CHANGED]);

	return distance(explained->total, explained->rss) <=
		explained->rss / BOUND && changed <= explained->rss / BOUND;
}

long explained_share(const struct explained *explained,
		     enum explained_row row)
{
	double share = explained->total ? 1000.0 *
		(double)explained->bytes[row] / (double)explained->total : 0;

	/* Of a recording, which may say what it likes. */
	if (share > SHARE_MOST || share < -SHARE_MOST)
		share = share < 0 ? -SHARE_MOST : SHARE_MOST;
	return (long)(share < 0 ? share - 0.5 : share + 0.5);
}

#define OPTION(id) (HK_OPT_##id + 1)

static const struct {
	const char *name, *help;
	unsigned char options[EXPLAINED_OPTIONS]; /* OPTION(); 0: none */
} rows[EXPLAINED_ROWS] = {
	[EXPLAINED_LIVE] = { "live", "blocks that the program holds", { 0 } },
	[EXPLAINED_ROUNDING] = { "rounding",
		"behind what was asked for, in these: an estimate", { 0 } },
	[EXPLAINED_CACHED] = { "cached",
		"freed blocks that threads keep ready or send each other",
		{ OPTION(BATCH), OPTION(SHARE) } },
	[EXPLAINED_SLAB_FREE] = { "slab_free",
		"free blocks in slabs that are partly used",
		{ OPTION(WAKE), OPTION(PURGE_AGE) } },
	[EXPLAINED_EMPTY_SLABS] = { "empty_slabs", "empty slabs that are kept",
		{ OPTION(EMPTIES) } },
	[EXPLAINED_DIRTY] = { "dirty", "free memory that waits for reuse",
		{ OPTION(PURGE_AGE), OPTION(DIRTY_BUDGET), OPTION(DIRTY_MIN),
		  OPTION(LEAN) } },
	[EXPLAINED_LAZY_FREE] = { "lazy_free",
		"free, the kernel's to take when it needs memory",
		{ OPTION(DECOMMIT) } },
	[EXPLAINED_UNUSED] = { "unused",
		"never handed out: huge pages, ends of slabs",
		{ OPTION(HUGE_PAGES), OPTION(PREWARM) } },
	[EXPLAINED_GUARDED] = { "guarded",
		"blocks between guard pages, a page for each",
		{ OPTION(GUARD) } },
	[EXPLAINED_METADATA] = { "metadata", "heaps and descriptors of units",
		{ OPTION(SHARE) } },
	[EXPLAINED_LIBRARY] = { "library", "libhakmem itself, code and data",
		{ 0 } },
	[EXPLAINED_FILES] = { "files",
		"not ours: program, libraries, other mapped files", { 0 } },
	[EXPLAINED_STACKS] = { "stacks", "not ours: stacks of threads",
		{ 0 } },
	[EXPLAINED_OTHER] = { "other", "not ours: other anonymous mappings",
		{ 0 } },
	[EXPLAINED_OTHER_LAZY] = { "other_lazy",
		"not ours: the same, the kernel's to take", { 0 } },
	[EXPLAINED_CHANGED] = { "changed",
		"came or went while it was read, or is the zero page",
		{ 0 } },
};

struct explained_text explained_text(enum explained_row row)
{
	struct explained_text text = { rows[row].name, rows[row].help,
				       { NULL } };

	for (size_t i = 0; i < EXPLAINED_OPTIONS; i++)
		if (rows[row].options[i])
			text.options[i] =
				hk_option[rows[row].options[i] - 1].name;
	return text;
}
