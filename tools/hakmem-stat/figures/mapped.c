/* SPDX-License-Identifier: MIT */
/*
 * mapped.c - see mapped.h.  heapmap.h tells pieces of units: they are put
 * together here, and each asked of the kernel how much of it is resident.
 */
#include "figures/mapped.h"

#include "common/util.h"
#include "process/heapmap.h"
#include "process/page.h"
#include "process/proc.h"
#include "process/process.h"
#include "process/resident.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

/* More than 100 GiB have where no unit is like the one before. */
#define PARTS_MAX	((size_t)1 << 22)

/* A heap's address and its number in the page. */
struct owner {
	uint64_t at;
	size_t heap;
};

struct reading {
	struct mapped *to;
	const struct mapped_reader *reader;
	struct page page;
	const struct page_value *sizes;
	struct owner *owners;		/* by address */
	struct resident resident;
	bool begun;			/* `now` is the unit that pieces are
					   added to */
	struct mapped_part now;
	size_t room;			/* for parts */
	bool too_many;
};

const char *mapped_word(enum mapped_kind kind)
{
	static const char *const words[MAPPED_KINDS] = {
		[MAPPED_SMALL] = "small", [MAPPED_MEDIUM] = "medium",
		[MAPPED_LARGE] = "large", [MAPPED_KEPT] = "kept",
		[MAPPED_EMPTY] = "empty", [MAPPED_DIRTY] = "dirty",
		[MAPPED_CLEAN] = "clean", [MAPPED_RESERVED] = "reserved",
		[MAPPED_HUGE] = "huge", [MAPPED_GUARDED] = "guarded",
		[MAPPED_METADATA] = "metadata",
	};

	return words[kind];
}

/* ---- parts ---- */

static bool are_alike(const struct mapped_part *a, const struct mapped_part *b)
{
	return a->end == b->start && a->kind == b->kind &&
		a->block == b->block && a->heap == b->heap &&
		a->kind < MAPPED_HUGE;
}

static void collect(struct reading *r, const struct mapped_part *part)
{
	struct mapped *to = r->to;
	struct mapped_part *last = to->count ? &to->parts[to->count - 1] :
		NULL;

	if (last && are_alike(last, part)) {
		last->end = part->end;
		last->blocks_live += part->blocks_live;
		last->blocks_free += part->blocks_free;
		mapped_sum_add(&last->sum, &part->sum);
		return;
	}
	if (to->count == PARTS_MAX) {
		r->too_many = true;
		return;
	}
	if (to->count == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		to->parts = util_resize(to->parts, r->room,
					sizeof(*to->parts));
	}
	to->parts[to->count++] = *part;
}

/* The part is whole. */
static void finish(struct reading *r)
{
	struct mapped_part *part = &r->now;

	if (!r->begun)
		return;
	r->begun = false;
	if (!r->to->base && part->kind < MAPPED_HUGE)
		r->to->base = part->start;
	part->sum.bytes = part->end - part->start;
	part->sum.resident = resident_of(&r->resident, part->start,
					 part->end);
	if (part->sum.resident >= HK_UNIT)
		part->sum.huge = resident_huge(&r->resident, part->start,
					       part->end);
	mapped_sum_add(&r->to->totals[part->kind], &part->sum);
	mapped_sum_add(&r->to->total, &part->sum);
	if (r->reader->each)
		r->reader->each(r->reader->arg, part);
	else
		collect(r, part);
}

/* ---- pieces ---- */

static enum mapped_kind kind_of(const struct heapmap_piece *piece)
{
	bool apart = piece->place == HEAPMAP_APART;

	if (piece->place == HEAPMAP_IN_SMALL)
		return MAPPED_SMALL;
	if (piece->place == HEAPMAP_IN_MEDIUM)
		return MAPPED_MEDIUM;
	switch (piece->kind) {
	case HEAPMAP_LIVE:
		return apart ? MAPPED_HUGE : MAPPED_LARGE;
	case HEAPMAP_KEPT:
		return MAPPED_KEPT;
	case HEAPMAP_DIRTY:
		return MAPPED_DIRTY;
	case HEAPMAP_CLEAN:
		return MAPPED_CLEAN;
	case HEAPMAP_GUARD:
		return MAPPED_GUARDED;
	case HEAPMAP_META:
		return MAPPED_METADATA;
	case HEAPMAP_UNUSED:
		return MAPPED_RESERVED;
	case HEAPMAP_EMPTY:
	case HEAPMAP_SMALL:
	case HEAPMAP_OUT:
	case HEAPMAP_FREE:
		break;
	}
	return MAPPED_EMPTY;
}

static int by_address(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* 0 for one that was made since the page was read. */
static size_t heap_of(const struct reading *r, uint64_t at)
{
	const struct owner key = { .at = at }, *owner = NULL;

	if (at && r->to->heaps)
		owner = bsearch(&key, r->owners, r->to->heaps, sizeof(key),
				by_address);
	return owner ? owner->heap + 1 : 0;
}

static void start_part(struct reading *r, const struct heapmap_piece *piece)
{
	bool in_slab = piece->place == HEAPMAP_IN_SMALL ||
		piece->place == HEAPMAP_IN_MEDIUM;

	finish(r);
	r->begun = true;
	r->now = (struct mapped_part){
		.kind = kind_of(piece),
		.start = piece->start,
		.block = in_slab ? page_element(r->sizes, piece->class) : 0,
		.heap = heap_of(r, piece->owner),
	};
}

/* A piece is of the unit before it, or starts one, or is a mapping. */
static void add_piece(void *arg, const struct heapmap_piece *piece)
{
	struct reading *r = arg;
	uint64_t live = 0;

	if (!r->begun || piece->place == HEAPMAP_APART ||
	    piece->start != r->now.end ||
	    piece->start - r->now.start >= HK_UNIT)
		start_part(r, piece);
	if (piece->kind == HEAPMAP_SMALL)
		live = piece->out * r->now.block;
	else if (piece->kind == HEAPMAP_OUT || piece->kind == HEAPMAP_LIVE)
		live = piece->end - piece->start;
	r->now.end = piece->end;
	r->now.sum.live += live;
	r->now.blocks_live += piece->out;
	r->now.blocks_free += piece->made - piece->out;
}

/* ---- the process ---- */

static void take_heaps(struct reading *r)
{
	const struct page *page = &r->page;
	struct mapped *to = r->to;

	to->heaps = page->heaps;
	to->heap_ids = util_resize(NULL, to->heaps, sizeof(*to->heap_ids));
	r->owners = util_resize(NULL, to->heaps, sizeof(*r->owners));
	for (size_t i = 0; i < to->heaps; i++) {
		to->heap_ids[i] = page_of_heap(page, "heap_id", i, 0);
		r->owners[i] = (struct owner){ page->heap_at[i], i };
	}
	qsort(r->owners, to->heaps, sizeof(*r->owners), by_address);
}

static const char *read_map(struct reading *r)
{
	const char *why;

	take_heaps(r);
	r->sizes = page_find(&r->page, "class_size");
	r->resident.wants_huge = true;
	if (r->reader->begins)
		r->reader->begins(r->reader->arg, r->to);
	why = heapmap_each(r->to->pid, &r->page, &r->resident, add_piece, r);
	finish(r);
	r->to->has_huge = r->resident.has_huge;
	free(r->owners);
	if (!why && r->too_many)
		why = "its heap has too many parts that differ: "
			"--format=table condenses them";
	return why;
}

static const char *read_page(struct reading *r)
{
	pid_t pid = r->to->pid;
	uint64_t at;
	const char *why = process_symbol(pid, PROCESS_PAGE, &at);

	if (!why)
		why = page_load_heaps(&r->page, process_read, &pid, at);
	if (!why && resident_open(&r->resident, pid))
		why = "its pages cannot be read (/proc/PID/pagemap)";
	if (!why) {
		why = read_map(r);
		resident_close(&r->resident);
	}
	page_free(&r->page);
	return why;
}

const char *mapped_read(struct mapped *to, pid_t pid,
			const struct mapped_reader *reader)
{
	struct reading r = { .to = to, .reader = reader };
	const char *why;

	*to = (struct mapped){ .pid = pid, .unit = HK_UNIT };
	to->command = proc_name(pid, "comm");
	why = read_page(&r);
	if (why)
		mapped_free(to);
	return why;
}

void mapped_free(struct mapped *mapped)
{
	free(mapped->command);
	free(mapped->heap_ids);
	free(mapped->parts);
	*mapped = (struct mapped){ 0 };
}
