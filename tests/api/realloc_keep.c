/* SPDX-License-Identifier: MIT */
/*
 * realloc() and reallocarray(): contents are kept up to the smaller size
 * from and to every kind of block, failure leaves the block as it was, and
 * the special arguments.
 */
#include "lib/blocks.h"

#include <malloc.h>

#include "hakmem.h"

/* from -> to -> from, with the contents looked at after each step */
static void there_and_back(size_t from, size_t to)
{
	size_t less = from < to ? from : to;
	uint64_t seed = from * 31 + to;
	void *p = HIDE(malloc(from));

	CHECK_AT(p != NULL, from);
	pattern_fill(p, 0, from, seed);
	CHECK_ERRNO_KEPT(p = HIDE(realloc(p, to)));
	CHECK_AT(p && is_aligned(p, 16), to);
	CHECK_AT(malloc_usable_size(p) >= to, to);
	CHECK_PATTERN(p, 0, less, seed);
	pattern_fill(p, 0, to, ~seed);
	CHECK_ERRNO_KEPT(p = HIDE(realloc(p, from)));
	CHECK_AT(p && malloc_usable_size(p) >= from, from);
	CHECK_PATTERN(p, 0, less, ~seed);
	pattern_fill(p, less, from, ~seed);
	free(p);
}

static void one_boundary(size_t size)
{
	there_and_back(size, size + 1);
	there_and_back(size, size * 2);
	there_and_back(size, size + size / 8 + 1);
	there_and_back(size, 1);
	there_and_back(size, 40000);
}

/* One block growing step by step through every kind, then shrinking. */
static void one_long_life(size_t max)
{
	size_t size = 1;
	char *p = HIDE(malloc(size));

	CHECK(p != NULL);
	pattern_fill(p, 0, size, 1);
	while (size < max) {
		size_t more = size + size / 7 + 5;

		p = HIDE(realloc(p, more));
		CHECK_AT(p != NULL, more);
		/* all of it in small blocks, then the ends and the middle */
		if (size < MIB)
			CHECK_PATTERN(p, 0, size, 1);
		CHECK_PATTERN(p, 0, size < 9000 ? size : 9000, 1);
		CHECK_PATTERN(p, size / 2, size, 1);
		pattern_fill(p, size, more, 1);
		size = more;
	}
	CHECK_PATTERN(p, 0, size, 1);
	while (size > 1) {
		size -= size / 5 + 1;
		CHECK_ERRNO_KEPT(p = HIDE(realloc(p, SIZE(size ? size : 1))));
		CHECK_AT(p != NULL, size);
		CHECK_PATTERN(p, 0, size, 1);
	}
	free(p);
}

/* Neighbours must not suffer when one of them grows or shrinks. */
static void neighbours(size_t max)
{
	enum { LIVE = 200 };
	static struct {
		void *p;
		size_t size;
	} live[LIVE];
	uint64_t state = 99;
	size_t rounds = check_count(30000);

	for (size_t i = 0; i < rounds; i++) {
		size_t slot = random_below(&state, LIVE);
		size_t size = random_size(&state, max);
		size_t kept = live[slot].size < size ? live[slot].size : size;

		live[slot].p = HIDE(realloc(live[slot].p, size));
		CHECK_AT(live[slot].p != NULL, size);
		CHECK_PATTERN(live[slot].p, 0, kept, slot);
		pattern_fill(live[slot].p, kept, size, slot);
		live[slot].size = size;
		if (i % 2500 == 0) {
			for (slot = 0; slot < LIVE; slot++)
				CHECK_PATTERN(live[slot].p, 0, live[slot].size,
					slot);
		}
	}
	for (size_t slot = 0; slot < LIVE; slot++) {
		CHECK_PATTERN(live[slot].p, 0, live[slot].size, slot);
		free(live[slot].p);
		live[slot].p = NULL;
		live[slot].size = 0;
	}
}

/* The sizes beyond what runs serve, where the kernel moves the pages. */
static void huge(void)
{
	static const size_t path[] = {
		50, 63, 64, 65, 128, 200, 129, 90, 70, 64, 60, 100, 3, 80,
	};
	size_t size = 40 * MIB;
	char *p = HIDE(malloc(size));
	char *wall[4];

	CHECK(p != NULL);
	pattern_fill(p, 0, size, 5);
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		size_t next = path[i] * MIB + i * 4096 + 17;
		size_t kept = next < size ? next : size;

		/* something that may stand in the way of growing in place */
		wall[i % 4] = HIDE(malloc(66 * MIB));
		CHECK(wall[i % 4] != NULL);
		wall[i % 4][0] = 1;
		p = HIDE(realloc(p, next));
		CHECK_AT(p && is_aligned(p, 16), next);
		CHECK_PATTERN(p, 0, kept, 5);
		pattern_fill(p, kept, next, 5);
		size = next;
		if (i % 4 == 3) {
			for (size_t w = 0; w < 4; w++)
				free(wall[w]);
		}
	}
	for (size_t w = 0; w < sizeof(path) / sizeof(path[0]) % 4; w++)
		free(wall[w]);
	CHECK_PATTERN(p, 0, size, 5);
	free(p);
}

static void *call_realloc(void *p, size_t count, size_t size)
{
	return realloc(p, count * size);
}

static void *call_hakmem_realloc(void *p, size_t count, size_t size)
{
	return hakmem_realloc(p, count * size);
}

static void failure_keeps_the_block(void *(*call)(void *, size_t, size_t))
{
	static const size_t held[] = {
		0, 1, 100, 1024, 5000, 20000, 100000, 3000000, 100 * 1048576,
	};
	static const size_t wanted[] = {
		PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096,
		SIZE_MAX - 15, SIZE_MAX, (size_t)1 << 50,
	};

	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
		void *p = HIDE(malloc(held[i]));
		size_t usable = malloc_usable_size(p);

		CHECK(p != NULL);
		pattern_fill(p, 0, held[i], i);
		for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++)
			CHECK_NULL(call(p, 1, SIZE(wanted[j])), ENOMEM);
		CHECK_PATTERN(p, 0, held[i], i);
		CHECK_EQ(malloc_usable_size(p), usable);
		free(p);
	}
	for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++)
		CHECK_NULL(call(NULL, 1, SIZE(wanted[j])), ENOMEM);
}

static void products(void *(*call)(void *, size_t, size_t))
{
	void *p = HIDE(malloc(100));

	CHECK(p != NULL);
	pattern_fill(p, 0, 100, 3);
	CHECK_NULL(call(p, SIZE(SIZE_MAX), 2), ENOMEM);
	CHECK_NULL(call(p, SIZE((size_t)1 << 32), SIZE((size_t)1 << 32)),
		ENOMEM);
	CHECK_NULL(call(p, SIZE(SIZE_MAX / 16 + 1), 16), ENOMEM);
	CHECK_NULL(call(p, 16, SIZE(SIZE_MAX / 16 + 1)), ENOMEM);
	CHECK_NULL(call(NULL, SIZE(SIZE_MAX), 3), ENOMEM);
	CHECK_PATTERN(p, 0, 100, 3);
	p = HIDE(call(p, 50, 40));
	CHECK(p != NULL);
	CHECK_PATTERN(p, 0, 100, 3);
	/* a product of zero frees, as realloc does */
	CHECK_ERRNO_KEPT(CHECK(HIDE(call(p, SIZE(0), 8)) == NULL));
	p = HIDE(call(NULL, SIZE(0), 8));
	CHECK(p != NULL);
	CHECK(HIDE(call(p, 8, SIZE(0))) == NULL);
}

static void special_arguments(void)
{
	void *p;

	/* NULL: malloc, of 0 bytes too */
	CHECK_ERRNO_KEPT(p = HIDE(realloc(NULL, SIZE(0))));
	CHECK(p != NULL);
	/* size 0: free and NULL, errno left alone */
	CHECK_ERRNO_KEPT(p = HIDE(realloc(p, SIZE(0))));
	CHECK(p == NULL);
	p = HIDE(hakmem_realloc(NULL, SIZE(0)));
	CHECK(p != NULL);
	CHECK(HIDE(hakmem_realloc(p, SIZE(0))) == NULL);

	/* freeing by realloc really frees: memory does not run away */
	for (size_t i = 0; i < 2000; i++) {
		p = HIDE(malloc(8 * MIB));
		CHECK(p != NULL);
		memset(p, 1, 4096);
		CHECK(HIDE(realloc(p, SIZE(0))) == NULL);
	}
	CHECK(resident_bytes() < 256 * MIB);
}

int main(void)
{
	each_boundary(2 * MIB, one_boundary);
	one_long_life(200 * MIB);
	neighbours(100000);
	neighbours(6 * MIB);
	huge();
	failure_keeps_the_block(call_realloc);
	failure_keeps_the_block(call_hakmem_realloc);
	failure_keeps_the_block(reallocarray);
	products(reallocarray);
	products(hakmem_reallocarray);
	special_arguments();
	return 0;
}
