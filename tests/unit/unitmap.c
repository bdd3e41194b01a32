/* SPDX-License-Identifier: MIT */
/*
 * From addresses to blocks: the reciprocal test for every offset of every
 * class and every number of carved blocks, and the look-up of descriptors
 * at the edges of the window.
 */
#include "unit.h"

#include "heap/process.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "slab/slab.h"

static int set_up(void **state)
{
	(void)state;
	return hk_process_start();
}

static struct hk_desc *take(size_t units)
{
	bool zeroed;
	struct hk_desc *d = hk_run_take(units, 1, &zeroed);

	assert_non_null(d);
	return d;
}

/* A slab lies where a run's length was. */
static void give(struct hk_desc *d, size_t units)
{
	hk_desc_set_units(d, units);
	hk_run_give(d);
}

/* Two units from the start of the grid on. */
static struct hk_desc *take_grid(void)
{
	bool zeroed;
	struct hk_desc *d = hk_run_take(2, 2, &zeroed);

	assert_non_null(d);
	return d;
}

/* ---- the start of a block ---- */

/* All offsets, for the blocks carved so far. */
static void check_starts(const struct hk_desc *d, size_t size)
{
	const char *start = hk_desc_start(d);
	size_t lead = (size - (uintptr_t)start % HK_GRID % size) % size;
	size_t end = lead + d->carved * size;

	for (size_t off = 0, in = (size - lead) % size; off < HK_UNIT;
	     off++) {
		bool is = off < end && in == 0;

		if (hk_desc_is_start(d, start + off) != is)
			fail_msg("%zu bytes, %u carved: offset %zu %s", size,
				d->carved, off, is ? "refused" : "accepted");
		in = in + 1 == size ? 0 : in + 1;
	}
}

/*
 * Every carved count that comes up as a slab fills, in clean slabs (a page
 * at a time) and in used ones.
 */
static void starts_as_carved(void **state)
{
	struct hk_desc *pair = take(2);

	(void)state;
	for (unsigned int half = 0; half < 2; half++)
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		for (int used = 0; used < 2; used++) {
			struct hk_desc *d = pair + half;
			unsigned int last = 0;

			hk_slab_init(d, c, NULL, used);
			hk_slab_choose(d);
			while (hk_slab_carve(d)) {
				assert_true(d->carved > last);
				last = d->carved;
				check_starts(d, hk_class_size(c));
			}
			assert_int_equal(last, hk_class_capacity(c));
		}
	give(pair, 2);
}

/*
 * The formula holds for any block size up to 8 KiB and any count: only the
 * offsets around multiples can go wrong, and all of them are tried.
 */
static void starts_by_formula(void **state)
{
	struct hk_desc *d = take_grid();
	const char *start = hk_desc_start(d);

	(void)state;
	for (size_t size = 16; size <= 8192; size += 16) {
		unsigned int n = (unsigned int)(HK_GRID / size);

		d->recip = (uint32_t)(((uint64_t)1 << 32) / size + 1);
		for (unsigned int carved = 1; carved <= n;
		     carved += carved < 3 || carved + 3 > n ? 1 : n / 7 + 1) {
			d->start_max = (carved - 1) * (d->recip *
						       (uint32_t)size);
			for (size_t q = 0; q < n; q++) {
				const char *b = start + q * size;

				assert_true(hk_desc_is_start(d, b) ==
					    (q < carved));
				assert_false(hk_desc_is_start(d, b + 1));
				assert_false(hk_desc_is_start(d, b + 8));
				assert_false(hk_desc_is_start(d, b + 15));
				assert_false(hk_desc_is_start(d, b + size - 1));
			}
		}
	}
	give(d, 2);
}

/* Every address of a medium slab of every class. */
static void medium_numbers(void **state)
{
	(void)state;
	for (unsigned int c = HK_SMALL_CLASSES; c < HK_CLASSES; c++) {
		size_t size = hk_class_size(c), len;
		struct hk_desc *d;
		uint32_t fresh;
		void *block;

		assert_int_equal(hk_medium_take(c, 0, &block, 1, &fresh), 1);
		d = hk_desc_of(block);
		len = hk_class_units(c) * HK_UNIT;
		assert_ptr_equal(block, hk_desc_start(d));
		for (size_t off = 0; off < len; off++) {
			const char *p = hk_desc_start(d) + off;
			unsigned int n = hk_medium_number(d, p);
			bool is = off % size == 0 &&
				  off / size < hk_class_capacity(c);

			if (is != (n < hk_class_capacity(c) &&
				   hk_medium_block(d, n) == p))
				fail_msg("%zu bytes: offset %zu", size, off);
		}
		hk_medium_give(c, &block, 1);
	}
	hk_medium_trim();
}

/*
 * By every descriptor of a slab: the blocks that were ever handed out, and
 * nothing else.
 */
static void medium_starts(void **state)
{
	(void)state;
	for (unsigned int c = HK_SMALL_CLASSES; c < HK_CLASSES; c++) {
		size_t size = hk_class_size(c), len, n = 0;
		unsigned int capacity = hk_class_capacity(c);
		struct hk_desc *d = NULL;
		uint32_t fresh;
		void *out[64];

		len = hk_class_units(c) * HK_UNIT;
		while (n < capacity) {
			assert_int_equal(hk_medium_take(c, 0, &out[n], 1,
					&fresh), 1);
			d = hk_desc_of(out[0]);
			n++;
			if (n > 2 && n != capacity / 2 && n + 2 < capacity)
				continue;
			for (size_t off = 0; off < len;
			     off += (off + 14) % size < 17 ? 1 : 13) {
				char *p = hk_desc_start(d) + off;
				bool is = off % size == 0 && off / size < n;

				if (is != hk_medium_is(hk_desc_of(p), p))
					fail_msg("%zu bytes: offset %zu of %zu",
						size, off, n);
			}
		}
		hk_medium_give(c, out, capacity);
	}
	hk_medium_trim();
}

/* ---- descriptors ---- */

static void descriptors(void **state)
{
	struct hk_desc *d = take(3);
	char *start = hk_desc_start(d);

	(void)state;
	assert_true(hk_desc_index(d) > 0);
	assert_ptr_equal(hk_desc_at(hk_desc_index(d)), d);
	assert_int_equal((uintptr_t)start % HK_UNIT, 0);
	for (size_t i = 0; i < 3; i++) {
		char *unit = start + i * HK_UNIT;

		assert_ptr_equal(hk_desc_start(d + i), unit);
		assert_ptr_equal(hk_desc_of(unit), d + i);
		assert_ptr_equal(hk_desc_of(unit + 1), d + i);
		assert_ptr_equal(hk_desc_of(unit + HK_UNIT - 1), d + i);
	}
	assert_ptr_equal(hk_desc_of(start - 1), d - 1);
	give(d, 3);
}

/* An address outside of the span has no descriptor, however near. */
static void outside(void **state)
{
	char *base = (char *)hk_arena.base;
	int local;

	(void)state;
	assert_non_null(hk_desc_of(base));
	assert_non_null(hk_desc_of(base + hk_arena_span() - 1));
	assert_null(hk_desc_of(base - 1));
	assert_null(hk_desc_of(base + hk_arena_span()));
	assert_null(hk_desc_of(NULL));
	assert_null(hk_desc_of((void *)UINTPTR_MAX));
	assert_null(hk_desc_of(&local));
	assert_null(hk_desc_of(&hk_arena));
	assert_null(hk_desc_of(hk_arena.table));
}

/* ---- links ---- */

static void links(void **state)
{
	struct hk_desc *d = take(2);
	char *start = hk_desc_start(d);
	struct hk_block *a, *b;

	(void)state;
	hk_slab_init(d, 3, NULL, false);
	a = (struct hk_block *)start;
	b = (struct hk_block *)(start + 64);
	assert_true(hk_arena.link_key != 0);
	assert_true(hk_arena.mark_key & 1);
	hk_block_set(a, b);
	assert_ptr_equal(hk_block_next(a), b);
	hk_note_open(a, sizeof(*a));
	assert_true(a->link != (uintptr_t)b);
	assert_true(hk_block_marked(a));
	hk_block_clear(a);
	hk_note_open(a, sizeof(*a));
	assert_false(hk_block_marked(a));
	hk_block_mark(a);
	hk_note_open(a, sizeof(*a));
	assert_true(hk_block_marked(a));
	assert_ptr_equal(hk_block_next(a), b);

	assert_true(hk_block_in(d, a));
	assert_true(hk_block_in(d, b));
	assert_true(hk_block_in(d, (void *)(start + HK_UNIT - 16)));
	assert_false(hk_block_in(d, (void *)(start + HK_UNIT)));
	assert_false(hk_block_in(d, (void *)(start - 16)));
	for (int i = 1; i < 16; i++)
		assert_false(hk_block_in(d, (void *)(start + 64 + i)));
	assert_false(hk_block_in(d, hk_list_end(d)));
	assert_false(hk_block_in(d, NULL));
	assert_false(hk_block_in(&hk_desc_none, hk_desc_none.freed));
	give(d, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_as_carved),
		cmocka_unit_test(starts_by_formula),
		cmocka_unit_test(medium_numbers),
		cmocka_unit_test(medium_starts),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(outside),
		cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
