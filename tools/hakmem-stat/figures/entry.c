/* SPDX-License-Identifier: MIT */
/*
 * entry.c - see entry.h.
 */
#define _GNU_SOURCE
#include "figures/entry.h"

#include "common/util.h"
#include "figures/palette.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const chart_words[] = {
	"state", "fill", "class", "heap", "resident", NULL
};

/* ---- the entries ---- */

/* What every chart has, first. */
enum {
	FREE, RESERVED, HUGE, GUARDED, METADATA, FIRST
};
static_assert(FIRST == ENTRIES_COMMON, "as the legend has it");

static const struct chart_entry common[FIRST] = {
	[FREE] = { .letter = '.', .color = PALETTE_FREE, .is_idle = true,
		   .name = "clean: given back, or never used" },
	[RESERVED] = { .letter = '-', .color = PALETTE_LINE, .is_idle = true,
		       .name = "the first unit, which is not used" },
	[HUGE] = { .letter = ' ', .color = PALETTE_ORANGE, .is_apart = true,
		   .name = "not shown: blocks with own mappings" },
	[GUARDED] = { .letter = ' ', .color = PALETTE_FREE, .is_apart = true,
		      .name = "not shown: blocks between guard pages" },
	[METADATA] = { .letter = ' ', .color = PALETTE_FREE, .is_apart = true,
		       .name = "not shown: descriptors, heaps" },
};

/* Where a chart does not tell what kind of free memory it is. */
static const char all_free[] = "no live blocks";
static const char not_resident[] = "nothing is resident";

enum {
	SMALL_LOW = FIRST, SMALL_HIGH, MEDIUM_LOW, MEDIUM_HIGH, LARGE, KEPT,
	EMPTY, DIRTY, STATES
};

static const struct chart_entry states[STATES - FIRST] = {
	{ .letter = 's', .color = PALETTE_BLUE + PALETTE_COLORS,
	  .name = "small blocks, at most half is live" },
	{ .letter = 'S', .color = PALETTE_BLUE,
	  .name = "small blocks, more than half" },
	{ .letter = 'm', .color = PALETTE_GREEN + PALETTE_COLORS,
	  .name = "medium blocks, at most half is live" },
	{ .letter = 'M', .color = PALETTE_GREEN,
	  .name = "medium blocks, more than half" },
	{ .letter = 'L', .color = PALETTE_ORANGE,
	  .name = "large blocks, above 128 KiB" },
	{ .letter = 'k', .color = PALETTE_YELLOW, .is_idle = true,
	  .name = "large blocks freed, kept by heaps" },
	{ .letter = 'e', .color = PALETTE_PINK, .is_idle = true,
	  .name = "empty slabs, kept by heaps" },
	{ .letter = 'd', .color = PALETTE_RED, .is_idle = true,
	  .name = "dirty: free, waits for reuse" },
};

/* Tenths; all of it is the last one, too. */
#define TENTHS 10

static const char *const class_names[] = {
	"16", "32", "64", "128", "256", "512", "1024", "2 KiB", "4 KiB",
	"8 KiB", "16 KiB", "32 KiB", "64 KiB", "128 KiB",
};
#define GROUPS (sizeof(class_names) / sizeof(class_names[0]))
enum { CLASS_LARGE = FIRST + GROUPS };

enum { HEAP_MEDIUM = FIRST, HEAP_LARGE, HEAP_UNKNOWN, HEAPS };

static const struct chart_entry heap_entries[HEAPS - FIRST] = {
	{ .letter = 'm', .color = PALETTE_LINE,
	  .name = "medium blocks: of all threads" },
	{ .letter = 'L', .color = PALETTE_FAINT,
	  .name = "large blocks: of no heap" },
	{ .letter = '?', .color = PALETTE_BLACK,
	  .name = "of a heap made since" },
};

enum { RESIDENT_LOW = FIRST, RESIDENT_HIGH, RESIDENT_HUGE };

static const struct chart_entry resident_entries[] = {
	{ .letter = 'r', .color = PALETTE_BLUE + PALETTE_COLORS,
	  .name = "at most half is resident" },
	{ .letter = 'R', .color = PALETTE_BLUE,
	  .name = "more than half is resident" },
	{ .letter = 'h', .color = PALETTE_ORANGE,
	  .name = "more than half is in huge pages" },
};

/* A letter for each heap, as far as there are some. */
static const char heap_letters[] =
	"123456789abcdefghijknopqrstuvwxyzABCDEFGHIJKNOPQRSTUVWXYZ";

static struct chart_entry *new_entries(struct entries *to, enum chart_by by,
				       size_t more)
{
	struct chart_entry *all = util_resize(NULL, FIRST + more,
					      sizeof(*all));

	memset(all, 0, (FIRST + more) * sizeof(*all));
	memcpy(all, common, sizeof(common));
	to->items = all;
	to->count = FIRST + more;
	if (by != CHART_STATE)
		snprintf(all[FREE].name, sizeof(all[FREE].name), "%s",
			 by == CHART_RESIDENT ? not_resident : all_free);
	return all + FIRST;
}

static void tenth_entries(struct chart_entry *to)
{
	for (int i = 0; i < TENTHS; i++) {
		to[i].letter = (char)('0' + i);
		to[i].color = (unsigned char)(PALETTE_STEPS + i *
			(PALETTE_STEP_COUNT - 1) / (TENTHS - 1));
		snprintf(to[i].name, sizeof(to[i].name),
			 "%d to %d %% is in live blocks", i * 10,
			 (i + 1) * 10);
	}
}

static void class_entries(struct chart_entry *to)
{
	for (size_t i = 0; i < GROUPS; i++) {
		to[i].letter = (char)('a' + i);
		to[i].color = (unsigned char)(PALETTE_STEPS + i);
		snprintf(to[i].name, sizeof(to[i].name), "blocks to %s%s",
			 class_names[i], i > 6 ? "" : " bytes");
	}
	to[GROUPS] = states[LARGE - FIRST];
}

static void heap_entries_of(struct chart_entry *to, const uint64_t *ids,
			    size_t heaps)
{
	static const unsigned char colors[] = {
		PALETTE_BLUE, PALETTE_ORANGE, PALETTE_GREEN, PALETTE_PINK,
		PALETTE_SKY, PALETTE_RED, PALETTE_YELLOW,
	};

	memcpy(to, heap_entries, sizeof(heap_entries));
	to += HEAPS - FIRST;
	for (size_t i = 0; i < heaps; i++) {
		/* By the number, so that it is the same the next time. */
		uint64_t n = ids[i] ? ids[i] - 1 : 0;

		to[i].letter = n < sizeof(heap_letters) - 1 ?
			heap_letters[n] : '+';
		to[i].color = colors[n % sizeof(colors)];
		snprintf(to[i].name, sizeof(to[i].name),
			 "small blocks of heap %" PRIu64, ids[i]);
	}
}

void entries_make(struct entries *to, enum chart_by by,
		  const uint64_t *heap_ids, size_t heaps)
{
	switch (by) {
	case CHART_STATE:
		memcpy(new_entries(to, by, STATES - FIRST), states,
		       sizeof(states));
		break;
	case CHART_FILL:
		tenth_entries(new_entries(to, by, TENTHS));
		break;
	case CHART_CLASS:
		class_entries(new_entries(to, by, GROUPS + 1));
		break;
	case CHART_HEAP:
		heap_entries_of(new_entries(to, by, HEAPS - FIRST + heaps),
				heap_ids, heaps);
		break;
	case CHART_RESIDENT:
		memcpy(new_entries(to, by, 3), resident_entries,
		       sizeof(resident_entries));
		break;
	}
}

/* ---- the entry of a part ---- */

static bool is_above_half(uint64_t part, uint64_t whole)
{
	return part > whole / 2;
}

static size_t by_state(const struct mapped_part *part)
{
	bool high = is_above_half(part->sum.live, part->sum.bytes);

	switch (part->kind) {
	case MAPPED_SMALL:
		return high ? SMALL_HIGH : SMALL_LOW;
	case MAPPED_MEDIUM:
		return high ? MEDIUM_HIGH : MEDIUM_LOW;
	case MAPPED_LARGE:
		return LARGE;
	case MAPPED_KEPT:
		return KEPT;
	case MAPPED_EMPTY:
		return EMPTY;
	case MAPPED_DIRTY:
		return DIRTY;
	default:
		return FREE;
	}
}

static size_t by_fill(const struct mapped_part *part)
{
	uint64_t tenths = part->sum.live * TENTHS / part->sum.bytes;

	if (!part->block && part->kind != MAPPED_LARGE)
		return FREE;
	return FIRST + (size_t)(tenths < TENTHS ? tenths : TENTHS - 1);
}

static size_t by_class(const struct mapped_part *part)
{
	size_t group = 0;

	if (part->kind == MAPPED_LARGE)
		return CLASS_LARGE;
	if (!part->block)
		return FREE;
	while (group < GROUPS - 1 && (uint64_t)16 << group < part->block)
		group++;
	return FIRST + group;
}

static size_t by_heap(const struct mapped_part *part)
{
	if (part->kind == MAPPED_SMALL)
		return part->heap ? HEAPS + part->heap - 1 : HEAP_UNKNOWN;
	if (part->kind == MAPPED_MEDIUM)
		return HEAP_MEDIUM;
	return part->kind == MAPPED_LARGE ? HEAP_LARGE : FREE;
}

static size_t by_resident(const struct mapped_part *part)
{
	if (is_above_half(part->sum.huge, part->sum.bytes))
		return RESIDENT_HUGE;
	if (is_above_half(part->sum.resident, part->sum.bytes))
		return RESIDENT_HIGH;
	return part->sum.resident ? RESIDENT_LOW : FREE;
}

size_t entry_of(enum chart_by by, const struct mapped_part *part)
{
	switch (part->kind) {
	case MAPPED_RESERVED:
		return RESERVED;
	case MAPPED_HUGE:
		return HUGE;
	case MAPPED_GUARDED:
		return GUARDED;
	case MAPPED_METADATA:
		return METADATA;
	default:
		break;
	}
	switch (by) {
	case CHART_STATE:
		return by_state(part);
	case CHART_FILL:
		return by_fill(part);
	case CHART_CLASS:
		return by_class(part);
	case CHART_HEAP:
		return by_heap(part);
	case CHART_RESIDENT:
		break;
	}
	return by_resident(part);
}
