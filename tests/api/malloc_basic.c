/* SPDX-License-Identifier: MIT */
/*
 * malloc() and free(): every size from 0, alignment, blocks that do not
 * overlap, the bounds of sizes, and errno.
 */
#include "lib/blocks.h"

#include <malloc.h>

#define SPAN 5000	/* sizes tried one by one */

static void *blocks[SPAN];

static void every_small_size(void)
{
	for (size_t n = 0; n < SPAN; n++) {
		CHECK_ERRNO_KEPT(blocks[n] = HIDE(malloc(n)));
		CHECK_AT(blocks[n] != NULL, n);
		CHECK_AT(is_aligned(blocks[n], 16), n);
		pattern_fill(blocks[n], 0, n, n);
	}
	for (size_t n = 0; n < SPAN; n++)
		CHECK_PATTERN(blocks[n], 0, n, n);
	for (size_t n = 0; n < SPAN; n += 2)
		CHECK_ERRNO_KEPT(free(blocks[n]));
	for (size_t n = 0; n < SPAN; n += 2) {
		blocks[n] = HIDE(malloc(n));
		CHECK_AT(is_aligned(blocks[n], 16), n);
		pattern_fill(blocks[n], 0, n, ~n);
	}
	for (size_t n = 0; n < SPAN; n++)
		CHECK_PATTERN(blocks[n], 0, n, n % 2 ? n : ~n);
	for (size_t n = SPAN; n-- > 0;)
		free(blocks[n]);
}

static void one_boundary(size_t size)
{
	char *p, *q;

	CHECK_ERRNO_KEPT(p = HIDE(malloc(SIZE(size))));
	CHECK_AT(p != NULL, size);
	q = HIDE(malloc(SIZE(size)));
	CHECK_AT(q != NULL, size);
	CHECK_AT(is_aligned(p, 16) && is_aligned(q, 16), size);
	CHECK_AT(p + size <= q || q + size <= p, size);
	p[0] = 1;
	p[size - 1] = 2;
	q[0] = 3;
	q[size - 1] = 4;
	CHECK_AT(p[size - 1] == 2, size);
	CHECK_AT(p[0] == (size == 1 ? 2 : 1), size);
	CHECK_ERRNO_KEPT(free(p));
	CHECK_ERRNO_KEPT(free(q));
}

static void size_zero(void)
{
	void *a = HIDE(malloc(0)), *b = HIDE(malloc(0));

	CHECK(a && b && a != b);
	free(a);
	free(b);
	CHECK_ERRNO_KEPT(free(NULL));
}

static void too_large(void)
{
	static const size_t sizes[] = {
		(size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2,
		SIZE_MAX - 65536, SIZE_MAX - 4096, SIZE_MAX - 4095,
		SIZE_MAX - 16, SIZE_MAX - 15, SIZE_MAX - 8, SIZE_MAX - 1,
		SIZE_MAX,
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		CHECK_NULL(malloc(SIZE(sizes[i])), ENOMEM);

	/* Allowed by the standard, but more than any machine has. */
	CHECK_NULL(malloc(SIZE(PTRDIFF_MAX)), ENOMEM);
	CHECK_NULL(malloc(SIZE((size_t)PTRDIFF_MAX - 65536)), ENOMEM);
	CHECK_NULL(malloc(SIZE((size_t)1 << 50)), ENOMEM);

	/* After all of it there is still memory. */
	one_boundary(100);
}

/* Many blocks at once, of one size: none overlaps another. */
static void many(size_t size, size_t count)
{
	unsigned char **all = HIDE(malloc(count * sizeof(*all)));

	CHECK(all != NULL);
	for (size_t i = 0; i < count; i++) {
		all[i] = HIDE(malloc(size));
		CHECK(all[i] != NULL);
		pattern_fill(all[i], 0, size, i);
	}
	for (size_t i = 0; i < count; i++)
		CHECK_PATTERN(all[i], 0, size, i);
	for (size_t i = 0; i < count; i++)
		free(all[(i * 7919) % count]);
	free(all);
}

int main(void)
{
	every_small_size();
	each_boundary(192 * MIB, one_boundary);
	size_zero();
	too_large();
	many(16, 100003);
	many(48, 50021);
	many(1024, 5003);
	many(8192, 1009);
	many(8193, 1009);
	many(32768, 257);
	many(40000, 257);
	many(300000, 101);
	return 0;
}
