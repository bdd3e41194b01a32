/* SPDX-License-Identifier: MIT */
/*
 * Size classes: the constant tables against the formula, for every size.
 */
#include "unit.h"

#include "slab/class.h"

/* Classes to the next power of two from `base` on. */
static unsigned int steps(size_t base)
{
	return base < HK_LONG_MAX ? 8 : 2;
}

/* The class of `n` bytes as class.h describes it, by computation. */
static unsigned int formula(size_t n)
{
	size_t base = 128;
	unsigned int c = 8;

	if (n <= 128)
		return n ? (unsigned int)((n + 15) / 16 - 1) : 0;
	while (n > 2 * base) {
		c += steps(base);
		base *= 2;
	}
	return c + (unsigned int)((n - base - 1) / (base / steps(base)));
}

static void table_is_formula(void **state)
{
	(void)state;
	for (size_t n = 0; n <= HK_SMALL_MAX; n++)
		assert_int_equal(hk_class_small(n), formula(n));
	for (size_t n = HK_SMALL_MAX + 1; n <= HK_MEDIUM_MAX; n++)
		assert_int_equal(hk_class_medium(n), formula(n));
	for (size_t n = 0; n <= HK_MEDIUM_MAX; n++)
		assert_int_equal(hk_class_of(n), formula(n));
}

/* The smallest class that is large enough, and all classes are used. */
static void smallest_that_fits(void **state)
{
	unsigned int last = 0;

	(void)state;
	for (size_t n = 1; n <= HK_MEDIUM_MAX; n++) {
		unsigned int c = hk_class_of(n);

		assert_true(c < HK_CLASSES);
		assert_true(c == last || c == last + 1);
		assert_true(hk_class_size(c) >= n);
		if (c > 0)
			assert_true(hk_class_size(c - 1) < n);
		last = c;
	}
	assert_int_equal(last, HK_CLASSES - 1);
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(hk_class_size(0), 16);
	assert_int_equal(hk_class_size(HK_SMALL_CLASSES - 1), HK_SMALL_MAX);
	assert_int_equal(hk_class_size(HK_CLASSES - 1), HK_MEDIUM_MAX);
	for (unsigned int c = 1; c < HK_CLASSES; c++) {
		size_t step = hk_class_size(c) - hk_class_size(c - 1);

		assert_int_equal(hk_class_size(c) % 16, 0);
		assert_true(step > 0);
		/* At most 12.5 % are wasted from 129 bytes to 32 KiB. */
		if (c >= 8)
			assert_true(step * steps(hk_class_size(c - 1)) <=
				    hk_class_size(c - 1));
		else
			assert_int_equal(step, 16);
	}
}

/* Every size at every alignment: aligned, large enough, and the smallest. */
static void aligned(void **state)
{
	(void)state;
	for (size_t align = 1; align <= HK_PAGE; align *= 2)
		for (size_t n = 0; n <= HK_MEDIUM_MAX + 1; n++) {
			unsigned int c = hk_class_aligned(n, align);
			unsigned int i = 0;

			while (i < HK_CLASSES && (hk_class_size(i) < n ||
						  hk_class_size(i) % align))
				i++;
			if (c != i)
				fail_msg("%zu at %zu: %u, not %u", n, align, c,
					i);
		}
}

static void capacities(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < HK_CLASSES; c++) {
		size_t units = hk_class_units(c);
		size_t size = hk_class_size(c);
		size_t lead = c < HK_SMALL_CLASSES ?
			(size - HK_UNIT % size) % size : 0;

		/* as many as fit in either half of the grid */
		assert_int_equal(hk_class_capacity(c),
			(units * HK_UNIT - lead) / size);
		assert_true(hk_class_capacity(c) >= 8);
		if (c < HK_SMALL_CLASSES)
			assert_int_equal(units, 1);
		else
			assert_true(hk_class_capacity(c) <= 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_formula),
		cmocka_unit_test(smallest_that_fits),
		cmocka_unit_test(sizes),
		cmocka_unit_test(aligned),
		cmocka_unit_test(capacities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
