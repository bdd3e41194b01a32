/* SPDX-License-Identifier: MIT */
/*
 * units.c - see units.h.
 */
#include "process/units.h"

#include "common/util.h"
#include "stats/page.h"

#include <stdlib.h>
#include <string.h>

/* The order of the values of a record. */
enum { OWNER, STATE, CLASS, COUNT, WAKE, CARVED, ROBBED, AVAIL, IDLE, FIELDS };

static const char *const fields[FIELDS + 1] = {
	"unit_owner", "unit_state", "unit_class", "unit_count", "unit_wake",
	"unit_carved", "unit_robbed", "unit_avail", "unit_idle", NULL
};

/* A heap's address and its number in the page. */
struct owner {
	uint64_t at;
	size_t heap;
};

struct reading {
	struct units *units;
	const struct page *page;
	const struct page_value *sizes, *capacities;	/* of classes */
	struct owner *owners;	/* by address */
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t bits(uint64_t word)
{
	return (uint64_t)__builtin_popcountll(word);
}

/* The lowest `n` bits. */
static uint64_t mask(uint64_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* ---- small slabs ---- */

static int by_address(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void add_to_heap(const struct reading *r, const uint64_t *record,
			uint64_t out)
{
	const struct owner key = { .at = record[OWNER] };
	const struct owner *owner = bsearch(&key, r->owners, r->page->heaps,
					    sizeof(key), by_address);
	uint64_t size = page_element(r->sizes, record[CLASS]);
	struct units_heap *heap;

	/* It is a heap that was made since the page was read. */
	if (!owner)
		return;
	heap = &r->units->heaps[owner->heap];
	heap->slabs++;
	heap->out_bytes += out * size;
	heap->robbed_bytes += least(record[ROBBED], out) * size;
}

static void add_small(const struct reading *r, const uint64_t *record,
		      uint64_t capacity)
{
	struct units_class *class = &r->units->classes[record[CLASS]];
	uint64_t carved = least(record[CARVED], capacity);
	uint64_t out = record[COUNT];

	if (record[STATE] == HK_PAGE_SLAB_CURRENT && out)
		out--;
	else if (record[STATE] == HK_PAGE_SLAB_FULL)
		out += capacity - least(record[WAKE], capacity);
	out = least(out, carved);
	class->slabs++;
	class->units++;
	class->out += out;
	class->free += carved - out;
	class->uncarved += capacity - carved;
	add_to_heap(r, record, out);
}

/* ---- medium slabs ---- */

static void add_medium(const struct reading *r, const uint64_t *record,
		       uint64_t capacity)
{
	struct units_class *class = &r->units->classes[record[CLASS]];
	uint64_t free = record[AVAIL] & mask(capacity);
	uint64_t made = free & mask(record[CARVED]);

	class->slabs++;
	class->units++;
	class->out += least(capacity, 64) - bits(free);
	class->free += bits(made & record[IDLE]);
	class->purged += bits(made & ~record[IDLE]);
	class->uncarved += bits(free ^ made);
}

/* ---- all ---- */

static void add_record(void *arg, const uint64_t *record)
{
	const struct reading *r = arg;
	uint64_t capacity;

	if (record[STATE] == HK_PAGE_RUN)
		r->units->runs++;
	if (record[CLASS] >= r->units->count)
		return;
	capacity = page_element(r->capacities, record[CLASS]);
	switch (record[STATE]) {
	case HK_PAGE_SLAB_CURRENT:
	case HK_PAGE_SLAB_USABLE:
	case HK_PAGE_SLAB_FULL:
		add_small(r, record, capacity);
		break;
	case HK_PAGE_MEDIUM:
		add_medium(r, record, capacity);
		break;
	case HK_PAGE_MEDIUM_PART:
		r->units->classes[record[CLASS]].units++;
		break;
	default:
		break;
	}
}

static void *zeroes(size_t count, size_t size)
{
	void *to = util_resize(NULL, count, size);

	memset(to, 0, count * size);
	return to;
}

void units_free(struct units *units)
{
	free(units->classes);
	free(units->heaps);
	*units = (struct units){ 0 };
}

const char *units_load(struct units *units, const struct page *page,
		       page_read *read, void *arg)
{
	const struct page_value *sizes = page_find(page, "class_size");
	struct reading r = {
		.units = units,
		.page = page,
		.sizes = page_find(page, "class_size"),
		.capacities = page_find(page, "class_capacity"),
	};
	const char *why;

	*units = (struct units){ .count = sizes ? sizes->count : 0 };
	units->classes = zeroes(units->count, sizeof(*units->classes));
	units->heaps = zeroes(page->heaps, sizeof(*units->heaps));
	r.owners = util_resize(NULL, page->heaps, sizeof(*r.owners));
	for (size_t i = 0; i < page->heaps; i++)
		r.owners[i] = (struct owner){ page->heap_at[i], i };
	qsort(r.owners, page->heaps, sizeof(*r.owners), by_address);
	why = page_records(page, read, arg, fields, add_record, &r);
	free(r.owners);
	if (why)
		units_free(units);
	return why;
}
