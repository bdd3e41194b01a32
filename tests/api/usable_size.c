/* SPDX-License-Identifier: MIT */
/*
 * malloc_usable_size() and hakmem_good_size(): all of what is promised may
 * be written without harm to a neighbour, the two agree, and rounding wastes
 * as little as the design says.
 */
#include "lib/blocks.h"

#include <malloc.h>

#include "hakmem.h"

/* All of a block, or both ends of one that would take too long. */
static void fill(void *block, size_t usable, uint64_t seed)
{
	size_t ends = usable < MIB ? usable : 70000;

	pattern_fill(block, 0, ends, seed);
	pattern_fill(block, usable - ends, usable, seed);
}

static void look(const void *block, size_t usable, uint64_t seed)
{
	size_t ends = usable < MIB ? usable : 70000;

	CHECK_PATTERN(block, 0, ends, seed);
	CHECK_PATTERN(block, usable - ends, usable, seed);
}

/*
 * Sizes whose class may get a block from one of the two above it have at
 * least what they are promised; all others have just that.
 */
static bool may_be_lent(size_t size)
{
	return size > 1024 && size <= 32768;
}

static void one_size(size_t size)
{
	size_t good = hakmem_good_size(size);
	void *blocks[3];
	size_t usable[3];

	for (size_t i = 0; i < 3; i++) {
		blocks[i] = HIDE(malloc(SIZE(size)));
		CHECK_AT(blocks[i] != NULL, size);
		CHECK_ERRNO_KEPT(usable[i] = malloc_usable_size(blocks[i]));
		CHECK_AT(usable[i] >= size, size);
		CHECK_AT(usable[i] == good ||
				(usable[i] > good && may_be_lent(size)),
			size);
		CHECK_EQ(hakmem_malloc_usable_size(blocks[i]), usable[i]);
		fill(blocks[i], usable[i], size + i);
	}
	for (size_t i = 0; i < 3; i++)
		look(blocks[i], usable[i], size + i);
	CHECK_ERRNO_KEPT(CHECK_EQ(hakmem_good_size(size), good));
	/* asking for the good size gives no more */
	CHECK_EQ(hakmem_good_size(good), good);
	for (size_t i = 0; i < 3; i++)
		free(blocks[i]);

	/* the waste of rounding: 12.5 %, or to whole pages */
	if (size > 128)
		CHECK_AT(good - size <= size / 8 + 16 ||
				good - size < 65536,
			size);
	if (size > 128 && size <= 32768)
		CHECK_AT(good - size <= size / 8 + 16, size);
	if (size <= 128)
		CHECK_AT(good - size < 32, size);

	/* realloc to the usable size stays where it is */
	blocks[0] = HIDE(malloc(SIZE(size)));
	CHECK_AT(blocks[0] != NULL, size);
	blocks[1] = HIDE(realloc(blocks[0], good));
	CHECK_AT((uintptr_t)blocks[1] == (uintptr_t)blocks[0], size);
	CHECK_AT(malloc_usable_size(blocks[1]) >= good, size);
	free(blocks[1]);
}

/* Never smaller for a larger request. */
static void monotonic(void)
{
	size_t last = 0;

	for (size_t size = 0; size < 3 * MIB; size += size < 70000 ? 1 : 997) {
		size_t good = hakmem_good_size(size);

		CHECK_AT(good >= size && good >= last, size);
		last = good;
	}
}

static void extremes(void)
{
	CHECK_ERRNO_KEPT(CHECK_EQ(malloc_usable_size(NULL), 0));
	CHECK_ERRNO_KEPT(CHECK_EQ(hakmem_malloc_usable_size(NULL), 0));
	CHECK(hakmem_good_size(0) >= 1);
	CHECK_EQ(hakmem_good_size(SIZE_MAX), 0);
	CHECK_EQ(hakmem_good_size((size_t)PTRDIFF_MAX + 1), 0);
	CHECK(hakmem_good_size(GIB) >= GIB);
}

/* After a realloc the usable size is that of the new block. */
static void after_realloc(void)
{
	uint64_t state = 3;
	void *p = NULL;

	for (size_t i = 0; i < 3000; i++) {
		size_t size = random_size(&state, 3 * MIB);
		size_t usable;

		p = HIDE(realloc(p, size));
		CHECK(p != NULL);
		usable = malloc_usable_size(p);
		CHECK_AT(usable >= size, size);
		memset(p, 0x33, usable);
		HIDE(p);
	}
	free(p);
}

int main(void)
{
	for (size_t size = 0; size < 9000; size++)
		one_size(size);
	each_boundary(130 * MIB, one_size);
	monotonic();
	extremes();
	after_realloc();
	return 0;
}
