/* SPDX-License-Identifier: MIT */
/*
 * heapmap.c - see heapmap.h.  The descriptors come a few hundred at a time;
 * what a unit is may follow from the ones before it.
 *
 * The process chooses how many units, mappings and chunks there are.  Each
 * number has a bound here, which no heap of today comes near; and as what is
 * told may lie over each other, the work that is made of it has one in
 * resident.h.
 */
#include "process/heapmap.h"

#include "common/util.h"
#include "process/process.h"

#include "stats/page.h"
#include "superslab/unitmap.h"

#include <stdlib.h>
#include <string.h>

#define BATCH		512u
#define DESC_MAX	1024u
#define CLASSES_MAX	256u
#define LEAST_BLOCK	16u
#define CHUNKS_MAX	(1u << 20)
#define PAIRS_MAX	(1u << 22)
#define PAIRS_TRIES	10
#define SPAN_MAX	((uint64_t)1 << 42)
#define SLAB_BLOCKS	64u	/* bits of a medium slab's words */

static const char no_map[] =
	"its library does not tell what its memory is used for: another "
	"hakmem-stat is needed";
static const char unreadable[] = "its memory cannot be read";
static const char too_much[] =
	"what it says of its memory is more than can be looked at: its heap "
	"is beyond a terabyte, or its statistics page makes no sense";

/* A descriptor, as far as it is of use here. */
struct unit {
	unsigned int state, class;
	uint32_t carved, wake, count, units, robbed;
	uint64_t avail, owner;
};

/* The medium slab that a unit belongs to; `class` of none is CLASSES_MAX. */
struct slab {
	unsigned int class;
	uint64_t start;
	uint32_t carved;
	uint64_t avail;
};

struct walk {
	pid_t pid;
	struct hk_page_map map;
	uint64_t base, span, table;
	bool has_owner;			/* a descriptor has, and where */
	size_t owner;
	uint32_t skipped;		/* blocks of a small slab that are
					   nobody's, in front */
	size_t classes;
	uint32_t size[CLASSES_MAX];	/* of a block */
	uint16_t capacity[CLASSES_MAX];	/* blocks of a slab */
	struct resident *resident;
	heapmap_tell *tell;
	void *arg;
	/* Where the walk is. */
	uint64_t run_left;		/* units of the run, and what it is */
	enum heapmap_kind run;
	struct slab slab;
	enum heapmap_place place;
};

static bool get(struct walk *w, uint64_t at, void *to, size_t len)
{
	return process_read(&w->pid, at, to, len);
}

/* The same of an array, of which the process may not have used all. */
static bool get_array(struct walk *w, uint64_t at, void *to, size_t len)
{
	char *place = to;

	if (!w->resident)
		return get(w, at, to, len);
	while (len) {
		uint64_t size = w->resident->page_size;
		size_t n = (size_t)(size - at % size);

		if (n > len)
			n = len;
		if (!resident_was_touched(w->resident, at))
			memset(place, 0, n);
		else if (!get(w, at, place, n))
			return false;
		place += n;
		at += n;
		len -= n;
	}
	return true;
}

/* Has it made all the work that it may? */
static bool is_spent(const struct walk *w)
{
	return w->resident && w->resident->spent;
}

static void tell_piece(const struct walk *w,
		       const struct heapmap_piece *piece)
{
	if (piece->start < piece->end && !is_spent(w))
		w->tell(w->arg, piece);
}

/* One without blocks, or with one that begins in it. */
static void tell(const struct walk *w, enum heapmap_kind kind, uint64_t start,
		 uint64_t end, uint32_t blocks)
{
	struct heapmap_piece piece = {
		.kind = kind, .place = w->place, .start = start, .end = end,
		.made = blocks, .out = kind == HEAPMAP_LIVE ? blocks : 0,
	};

	tell_piece(w, &piece);
}

/* ---- units ---- */

static uint64_t field(const char *desc, size_t offset, size_t size)
{
	uint64_t n = 0;

	/* Little-endian, as all machines that the library is for. */
	memcpy(&n, desc + offset, size);
	return n;
}

static struct unit unit_of(const struct walk *w, const char *desc)
{
	const struct hk_page_map *map = &w->map;

	return (struct unit){
		.state = (unsigned int)field(desc, map->state, 1),
		.class = (unsigned int)field(desc, map->class, 1),
		.carved = (uint32_t)field(desc, map->carved, 2),
		.wake = (uint32_t)field(desc, map->wake, 2),
		.count = (uint32_t)field(desc, map->count, 4),
		.units = (uint32_t)field(desc, map->units, 4),
		.robbed = (uint32_t)field(desc, map->robbed, 2),
		.avail = field(desc, map->avail, 8),
		.owner = w->has_owner ? field(desc, w->owner, 8) : 0,
	};
}

/* As hk_slab_out() counts; bounded, as the words may not fit each other. */
static uint32_t out_of(const struct walk *w, const struct unit *u)
{
	uint32_t out = u->count;

	if (u->state == HK_SLAB_CURRENT)
		out = u->count - 1;
	else if (u->state == HK_SLAB_FULL)
		out = w->capacity[u->class] - u->wake + u->count;
	return out < u->carved ? out : u->carved;
}

/* Where blocks are sealed, a small slab's first one is nobody's. */
static void find_skipped(struct walk *w, const struct page *page)
{
	w->skipped = page_sum(page, "option_seal") != 0;
}

/* Blocks start at multiples of their size from the grid's line on. */
static void small_slab(const struct walk *w, const struct unit *u,
		       uint64_t start)
{
	uint64_t size = w->size[u->class], off = start & (HK_GRID - 1);
	uint64_t number = (off + size - 1) / size + w->skipped;
	uint64_t first = start + number * size - off;
	uint64_t end = first + u->carved * size;
	struct heapmap_piece piece = {
		.place = HEAPMAP_IN_SMALL, .class = u->class,
		.owner = u->owner,
	};
	struct heapmap_piece blocks = piece, front = piece, rest = piece;

	if (first > start + HK_UNIT || end > start + HK_UNIT)
		end = first = start;
	blocks.kind = HEAPMAP_SMALL;
	blocks.start = first;
	blocks.end = end;
	blocks.out = out_of(w, u);
	blocks.made = u->carved;
	blocks.robbed = u->robbed < blocks.out ? u->robbed : blocks.out;
	front.kind = rest.kind = HEAPMAP_UNUSED;
	front.start = start;
	front.end = first;
	rest.start = end;
	rest.end = start + HK_UNIT;
	tell_piece(w, &front);
	tell_piece(w, &blocks);
	tell_piece(w, &rest);
}

/* What is behind the last block that a slab can have is in one piece. */
static struct heapmap_piece medium_piece(const struct slab *slab,
					 uint64_t size, uint64_t start,
					 uint64_t end)
{
	uint64_t n = (start - slab->start) / size;
	uint64_t block = slab->start + n * size, stop = block + size;
	struct heapmap_piece piece = {
		.kind = HEAPMAP_OUT, .place = HEAPMAP_IN_MEDIUM,
		.class = slab->class, .start = start, .end = end,
	};

	if (n >= slab->carved)
		piece.kind = HEAPMAP_UNUSED;
	else if (slab->avail >> n & 1)
		piece.kind = HEAPMAP_FREE;
	if (n < SLAB_BLOCKS && stop < end)
		piece.end = stop;
	if (n < slab->carved && start == block) {
		piece.made = 1;
		piece.out = piece.kind == HEAPMAP_OUT;
	}
	return piece;
}

/* The part of a medium slab that is in the unit at `start`. */
static void medium_unit(const struct walk *w, uint64_t start)
{
	uint64_t size = w->size[w->slab.class], end = start + HK_UNIT;

	while (start < end) {
		struct heapmap_piece piece = medium_piece(&w->slab, size,
							  start, end);

		tell_piece(w, &piece);
		start = piece.end;
	}
}

static void start_slab(struct walk *w, const struct unit *u, uint64_t start)
{
	w->slab = (struct slab){ u->class, start,
		u->carved < SLAB_BLOCKS ? u->carved : SLAB_BLOCKS, u->avail };
}

static void start_run(struct walk *w, const struct unit *u,
		      enum heapmap_kind kind, uint64_t start)
{
	w->run = kind;
	w->run_left = u->units ? u->units - 1 : 0;
	tell(w, kind, start, start + HK_UNIT,
	     kind == HEAPMAP_LIVE || kind == HEAPMAP_KEPT);
}

/*
 * The first unit of something; what has no state is inside of something, or
 * nobody's.  States of a later version are under way, to this one.
 */
static void first_unit(struct walk *w, const struct unit *u, uint64_t start)
{
	w->slab.class = CLASSES_MAX;
	switch ((enum hk_state)u->state) {
	case HK_NONE:
	case HK_FREE_TAIL:
	case HK_MEDIUM_PART:
		break;
	case HK_FREE_CLEAN:
		start_run(w, u, HEAPMAP_CLEAN, start);
		break;
	case HK_FREE_DIRTY:
		start_run(w, u, HEAPMAP_DIRTY, start);
		break;
	case HK_SLAB_CURRENT:
	case HK_SLAB_USABLE:
	case HK_SLAB_FULL:
		if (u->class < w->classes)
			small_slab(w, u, start);
		break;
	case HK_MEDIUM:
		if (u->class >= w->classes)
			break;
		start_slab(w, u, start);
		medium_unit(w, start);
		break;
	case HK_RUN:
		start_run(w, u, HEAPMAP_LIVE, start);
		break;
	case HK_RUN_CACHED:
		start_run(w, u, HEAPMAP_KEPT, start);
		break;
	case HK_BUSY:
	default:
		start_run(w, u, HEAPMAP_EMPTY, start);
		break;
	}
}

static void one_unit(struct walk *w, uint64_t index, const struct unit *u)
{
	uint64_t start = w->base + index * HK_UNIT;
	bool inside = u->state == HK_NONE || u->state == HK_FREE_TAIL;

	if (!index) {
		tell(w, HEAPMAP_UNUSED, start, start + HK_UNIT, 0);
	} else if (w->run_left && inside) {
		w->run_left--;
		tell(w, w->run, start, start + HK_UNIT, 0);
	} else if (u->state == HK_MEDIUM_PART && w->slab.class < CLASSES_MAX) {
		medium_unit(w, start);
	} else {
		w->run_left = 0;
		first_unit(w, u, start);
	}
}

static bool each_unit(struct walk *w)
{
	size_t size = w->map.desc_size;
	char *descs = util_resize(NULL, BATCH, size);
	uint64_t units = w->span / HK_UNIT;
	bool ok = true;

	w->slab.class = CLASSES_MAX;
	w->place = HEAPMAP_ARENA;
	for (uint64_t i = 0; i < units && ok && !is_spent(w); i += BATCH) {
		size_t n = units - i < BATCH ? (size_t)(units - i) : BATCH;

		ok = get_array(w, w->table + i * size, descs, n * size);
		for (size_t k = 0; ok && k < n; k++) {
			struct unit u = unit_of(w, descs + k * size);

			one_unit(w, i + k, &u);
		}
	}
	free(descs);
	w->place = HEAPMAP_APART;
	return ok;
}

/* ---- other mappings ---- */

/* The table of huge blocks may be replaced meanwhile: then once more. */
static bool each_huge(struct walk *w)
{
	uint64_t at, count, again, (*pairs)[2];
	bool ok;

	for (int tries = 0; tries < PAIRS_TRIES; tries++) {
		if (!get(w, w->map.huge_pairs, &count, sizeof(count)) ||
		    !get(w, w->map.huge, &at, sizeof(at)) ||
		    count > PAIRS_MAX)
			return false;
		pairs = util_resize(NULL, (size_t)count, sizeof(*pairs));
		ok = get_array(w, at, pairs, (size_t)count * sizeof(*pairs)) &&
			get(w, w->map.huge_pairs, &again, sizeof(again));
		for (size_t i = 0; ok && again == count && i < count; i++)
			if (pairs[i][0])
				tell(w, HEAPMAP_LIVE, pairs[i][0],
				     pairs[i][0] + pairs[i][1], 1);
		free(pairs);
		if (!ok || again == count)
			return ok;
	}
	return false;
}

static bool each_chunk(struct walk *w)
{
	uint64_t at, chunk[2];

	if (!get(w, w->map.chunks, &at, sizeof(at)))
		return false;
	for (size_t n = 0; at && n < CHUNKS_MAX && !is_spent(w); n++) {
		if (!get(w, at, chunk, sizeof(chunk)))
			return false;
		tell(w, HEAPMAP_META, at, at + chunk[1], 0);
		at = chunk[0];
	}
	return true;
}

static bool guard_pages(struct walk *w)
{
	uint64_t at, len;

	if (!get(w, w->map.guard, &at, sizeof(at)) ||
	    !get(w, w->map.guard_size, &len, sizeof(len)))
		return false;
	if (at)
		tell(w, HEAPMAP_GUARD, at, at + len, 0);
	return true;
}

/* ---- the map ---- */

static bool fits(const struct hk_page_map *map, size_t offset, size_t size)
{
	return offset + size <= map->desc_size;
}

static bool is_sound(const struct hk_page_map *map)
{
	return map->size >= sizeof(*map) && map->unit_size == HK_UNIT &&
		map->desc_size <= DESC_MAX && fits(map, map->state, 1) &&
		fits(map, map->class, 1) && fits(map, map->carved, 2) &&
		fits(map, map->wake, 2) && fits(map, map->count, 4) &&
		fits(map, map->units, 4) && fits(map, map->avail, 8) &&
		fits(map, map->robbed, 2);
}

/* The map does not tell where a slab's heap is, but the table of units. */
static void find_owner(struct walk *w, const struct page *page)
{
	const struct page_value *owner = page_find(page, "unit_owner");

	w->has_owner = owner && owner->width == 8 &&
		page->table.size == w->map.desc_size &&
		fits(&w->map, owner->offset, 8);
	w->owner = w->has_owner ? owner->offset : 0;
}

static bool read_classes(struct walk *w, const struct page *page)
{
	const struct page_value *sizes = page_find(page, "class_size");

	if (!sizes || sizes->count > CLASSES_MAX)
		return false;
	w->classes = sizes->count;
	for (size_t i = 0; i < w->classes; i++) {
		w->size[i] = (uint32_t)sizes->elements[i];
		if (w->size[i] < LEAST_BLOCK)
			return false;
	}
	return get(w, w->map.capacities, w->capacity,
		   w->classes * sizeof(w->capacity[0]));
}

const char *heapmap_each(pid_t pid, const struct page *page,
			 struct resident *resident, heapmap_tell *to,
			 void *arg)
{
	struct walk w = { .pid = pid, .resident = resident, .tell = to,
			  .arg = arg };
	uint64_t arena[3];

	if (!page->map)
		return no_map;
	if (!get(&w, page->map, &w.map, sizeof(w.map)))
		return unreadable;
	if (!is_sound(&w.map) || !read_classes(&w, page))
		return no_map;
	if (!get(&w, w.map.arena, arena, sizeof(arena)))
		return unreadable;
	if (arena[1] > SPAN_MAX)
		return too_much;
	w.base = arena[0];
	w.span = arena[1];
	w.table = arena[2];
	find_owner(&w, page);
	find_skipped(&w, page);
	if (!each_unit(&w) || !each_huge(&w) || !each_chunk(&w) ||
	    !guard_pages(&w))
		return unreadable;
	tell(&w, HEAPMAP_META, w.table,
	     w.table + page_sum(page, "table_bytes"), 0);
	return is_spent(&w) ? too_much : NULL;
}
