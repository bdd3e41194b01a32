/* SPDX-License-Identifier: MIT */
/*
 * One small slab, without a heap: carving, the states, what the counter
 * counts, and the checker itself.
 */
#include "unit.h"

#include "heap/heap_fast.h"
#include "heap/process.h"
#include "slab/run.h"

#define BLOCKS	(HK_UNIT / 16)

static struct hk_desc *d;
static struct hk_block *out[BLOCKS];
static unsigned int n_out;

static int set_up(void **state)
{
	bool zeroed;

	(void)state;
	if (hk_process_start())
		return -1;
	d = hk_run_take(1, 1, &zeroed);
	return d ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	hk_desc_set_units(d, 1);
	hk_run_give(d);
	return 0;
}

static void start(unsigned int class, bool used)
{
	hk_slab_init(d, class, NULL, used);
	n_out = 0;
}

static void verify(void)
{
	hk_slab_verify(d);
	assert_int_equal(hk_slab_out(d), n_out);
}

/* As hk_malloc() and hk_heap_small() do it. */
static bool get(void)
{
	struct hk_block *b = hk_pop(d);

	if (!b && d->freed == hk_list_end(d) && hk_slab_carve(d))
		b = hk_pop(d);
	if (!b)
		return false;
	assert_true(hk_desc_is_start(d, b));
	assert_false(hk_block_marked(b));
	out[n_out++] = b;
	return true;
}

/* True where the counter ran out. */
static bool put(unsigned int i)
{
	struct hk_block *b = out[i];

	out[i] = out[--n_out];
	return hk_push(d, b);
}

static void made(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		start(c, c % 2);
		assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
		assert_int_equal(hk_desc_class(d), c);
		assert_int_equal(d->carved, 0);
		assert_int_equal(d->count, 0);
		assert_ptr_equal(d->freed, hk_list_end(d));
		verify();
	}
}

/*
 * Untouched pages are carved page by page, in order; used ones some more at
 * a time.
 */
static void carving(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		size_t size = hk_class_size(c);

		size_t lead;

		start(c, false);
		hk_slab_choose(d);
		lead = (size - d->start % HK_GRID % size) % size;
		while (d->carved < hk_class_capacity(c)) {
			size_t before = lead + d->carved * size, after;

			assert_true(hk_slab_carve(d));
			after = lead + d->carved * size;
			assert_true(after > before);
			/* Up to the next page, and not one block beyond. */
			assert_true(after - size <
				    hk_round_up(before + 1, HK_PAGE));
			verify();
			while (d->freed != hk_list_end(d))
				assert_true(get());
			/* In order of address. */
			assert_ptr_equal(out[n_out - 1],
				hk_desc_start(d) + after - size);
		}
		assert_false(hk_slab_carve(d));
		assert_int_equal(n_out, hk_class_capacity(c));
		verify();

		start(c, true);
		hk_slab_choose(d);
		assert_true(hk_slab_carve(d));
		assert_true(d->carved >= 16);
	}
}

/* The other words of a block are left alone while it is free. */
static void contents(void **state)
{
	unsigned int c = hk_class_of(256);

	(void)state;
	start(c, false);
	hk_slab_choose(d);
	while (get())
		;
	for (unsigned int i = 0; i < n_out; i++) {
		hk_note_open(out[i], 256);
		pattern_fill(out[i], 0, 256, i);
	}
	for (unsigned int i = 0; i < n_out; i++) {
		struct hk_block *b = out[i];

		hk_push(d, b);
		hk_note_open(b, 256);
		CHECK_PATTERN(b, 16, 256, i);
		assert_true(hk_block_marked(b));
	}
}

/* One life: current, full, usable, empty; the counter at each step. */
static void life(unsigned int c)
{
	unsigned int capacity = hk_class_capacity(c);
	unsigned int wake = hk_slab_wake_count(capacity);

	start(c, false);
	hk_slab_choose(d);
	assert_int_equal(hk_desc_state(d), HK_SLAB_CURRENT);
	while (get())
		assert_int_equal(hk_slab_out(d), n_out);
	assert_int_equal(n_out, capacity);

	/* While it is current, nothing happens, even with no block out. */
	while (n_out)
		assert_false(put(n_out / 2));
	verify();
	while (get())
		;
	assert_int_equal(n_out, capacity);
	verify();

	hk_slab_leave(d);
	assert_int_equal(hk_desc_state(d), HK_SLAB_FULL);
	verify();
	for (unsigned int i = 1; i < wake; i++) {
		assert_false(put(i % n_out));
		verify();
	}
	assert_true(put(0));
	hk_slab_wake(d);
	assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
	verify();
	while (n_out > 1) {
		assert_false(put(n_out - 1));
		verify();
	}
	assert_true(put(0));
	assert_int_equal(hk_slab_out(d), 0);
	verify();
}

static void lives(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++)
		life(c);
}

/* Left with something to give: usable, and the count is right. */
static void left_early(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c++) {
		start(c, false);
		hk_slab_choose(d);
		/* with no block out at all */
		hk_slab_leave(d);
		assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
		assert_int_equal(d->count, 0);
		verify();
		/* not fully carved */
		hk_slab_choose(d);
		assert_true(get());
		assert_true(get());
		hk_slab_leave(d);
		assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
		verify();
		/* all carved, one free */
		hk_slab_choose(d);
		while (get())
			;
		assert_false(put(n_out / 3));
		hk_slab_leave(d);
		assert_int_equal(hk_desc_state(d), HK_SLAB_USABLE);
		verify();
		while (n_out > 1)
			assert_false(put(0));
		assert_true(put(0));
		verify();
	}
}

/* Random frees and allocations in one slab, checked at each step. */
static void random_operations(void **state)
{
	uint64_t seed = 77;
	size_t steps = check_count(20000);

	(void)state;
	for (unsigned int c = 0; c < HK_SMALL_CLASSES; c += 5) {
		start(c, c & 1);
		hk_slab_choose(d);
		for (size_t i = 0; i < steps / 7; i++) {
			if (n_out && random_below(&seed, 2))
				assert_false(put((unsigned int)random_below(
					&seed, n_out)));
			else
				get();
			if (i % 256 == 0)
				verify();
		}
		verify();
	}
}

static void lists(void **state)
{
	struct hk_block *mine;

	(void)state;
	start(hk_class_of(64), false);
	hk_slab_choose(d);
	for (int i = 0; i < 20; i++)
		assert_true(get());
	mine = out[7];
	assert_false(hk_list_has(d->freed, mine));
	assert_false(put(7));
	assert_true(hk_list_has(d->freed, mine));
	for (int i = 0; i < 5; i++)
		assert_false(put(0));
	assert_true(hk_list_has(d->freed, mine));
	for (unsigned int i = 0; i < n_out; i++)
		assert_false(hk_list_has(d->freed, out[i]));
	assert_false(hk_list_has(hk_list_end(d), mine));
	/* A broken list, even one that goes round, ends the search. */
	hk_block_set(mine, mine);
	assert_false(hk_list_has(d->freed, out[0]));
	hk_block_set(mine, (char *)mine + 3);
	assert_false(hk_list_has(d->freed, out[0]));
}

/* ---- what is forged is noticed ---- */

static void forged_link(void **state)
{
	static const uintptr_t wrong[] = { 0, 8, HK_UNIT, 1, (uintptr_t)-16 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(wrong); i++) {
		struct hk_block *b;

		start(hk_class_of(64), false);
		hk_slab_choose(d);
		assert_true(get());
		b = out[0];
		assert_false(put(0));
		hk_note_open(b, sizeof(*b));
		b->link = wrong[i] ? hk_link_encode(hk_desc_start(d) +
						    wrong[i])
				   : 0x4141414141414141u;
		/* The block itself is given, what follows is not. */
		assert_ptr_equal(hk_pop(d), b);
		assert_null(hk_pop(d));
		assert_ptr_not_equal(d->freed, hk_list_end(d));
	}
}

static void breaks(void *arg)
{
	start(hk_class_of(64), false);
	hk_slab_choose(d);
	for (int i = 0; i < 30; i++)
		get();
	for (int i = 0; i < 3; i++)
		put(0);
	switch (*(int *)arg) {
	case 0:
		d->count++;
		break;
	case 1:
		d->count--;
		break;
	case 2:
		d->start += 16;
		break;
	case 3:
		hk_block_set(d->freed, d->freed);
		break;
	case 4:
		hk_block_set(d->freed, (char *)d->freed + 16);
		break;
	case 5:
		d->carved = 5000;
		break;
	case 6:
		d->freed = hk_block_next(d->freed);
		break;
	}
	hk_slab_verify(d);
}

static void verifier(void **state)
{
	int sound = 7;

	(void)state;
	assert_lives(breaks, &sound);
	for (int i = 0; hk_debug && i < sound; i++)
		assert_dies(breaks, &i, "internal error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made),
		cmocka_unit_test(carving),
		cmocka_unit_test(contents),
		cmocka_unit_test(lives),
		cmocka_unit_test(left_early),
		cmocka_unit_test(random_operations),
		cmocka_unit_test(lists),
		cmocka_unit_test(forged_link),
		cmocka_unit_test(verifier),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
