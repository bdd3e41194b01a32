/* SPDX-License-Identifier: MIT */
/*
 * calloc(): all bytes zero, also in memory that was used before, whatever
 * way it came back; and the product that does not fit.
 */
#include "lib/blocks.h"

#include <malloc.h>

#include "hakmem.h"

/* Dirties the whole usable block, so that its next owner would see it. */
static void soil(void *p)
{
	memset(p, 0xa5, malloc_usable_size(p));
	HIDE(p);
}

static void recycled(size_t size)
{
	enum { BATCH = 8 };
	void *blocks[BATCH];
	size_t batch = size > 4 * MIB ? 1 : size > 64 * KIB ? 2 : BATCH;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < batch; i++) {
			CHECK_ERRNO_KEPT(
				blocks[i] = HIDE(calloc(1, SIZE(size))));
			CHECK_AT(blocks[i] && is_aligned(blocks[i], 16), size);
			CHECK_ZERO(blocks[i], size);
			/* what it has above what was asked for is ours too */
			soil(blocks[i]);
		}
		for (size_t i = 0; i < batch; i++)
			free(blocks[i]);
		for (size_t i = 0; i < batch; i++) {
			blocks[i] = HIDE(malloc(size));
			CHECK_AT(blocks[i] != NULL, size);
			soil(blocks[i]);
		}
		for (size_t i = 0; i < batch; i++)
			free(blocks[i]);
	}
}

static void one_boundary(size_t size)
{
	recycled(size);
}

/*
 * Memory that changed its kind in between: soiled as one size, given out as
 * another.
 */
static void changed_kind(void)
{
	enum { LIVE = 256 };
	static void *live[LIVE];
	uint64_t state = 7;
	size_t rounds = check_count(40000);

	for (size_t i = 0; i < rounds; i++) {
		size_t slot = random_below(&state, LIVE);
		size_t size = random_size(&state, 3 * MIB);

		free(live[slot]);
		if (random_below(&state, 2)) {
			live[slot] = HIDE(calloc(1, size));
			CHECK(live[slot] != NULL);
			CHECK_ZERO(live[slot], size);
		} else {
			live[slot] = HIDE(malloc(size));
			CHECK(live[slot] != NULL);
		}
		if (size < 64 * KIB || random_below(&state, 4) == 0)
			soil(live[slot]);
		else
			memset(live[slot], 0x5a, 5000);
		/* a tail given back, or a grown block, in a soiled state */
		if (random_below(&state, 8) == 0) {
			size = random_size(&state, 3 * MIB);
			live[slot] = HIDE(realloc(live[slot], size));
			CHECK(live[slot] != NULL);
			soil(live[slot]);
		}
		if (i % 8000 == 7999)
			malloc_trim(0);
	}
	for (size_t slot = 0; slot < LIVE; slot++)
		free(live[slot]);
}

/* A block that is soiled only in one page: the others must be zero too. */
static void sparse(void)
{
	for (size_t size = 40000; size < 100 * MIB; size = size * 5 / 3) {
		char *p = HIDE(malloc(size));

		CHECK_AT(p != NULL, size);
		p[size / 2] = 1;
		p[size - 1] = 1;
		free(p);
		p = HIDE(calloc(size, 1));
		CHECK_AT(p != NULL, size);
		CHECK_ZERO(p, size);
		free(p);
	}
}

static void products(void *(*call)(size_t, size_t))
{
	static const struct {
		size_t count, size;
	} over[] = {
		{ SIZE_MAX, 2 }, { 2, SIZE_MAX }, { SIZE_MAX, SIZE_MAX },
		{ (size_t)1 << 32, (size_t)1 << 32 },
		{ ((size_t)1 << 32) + 1, (size_t)1 << 32 },
		{ SIZE_MAX / 2, 3 }, { 3, SIZE_MAX / 2 },
		{ SIZE_MAX / 16 + 1, 16 }, { 16, SIZE_MAX / 16 + 1 },
		{ 1, SIZE_MAX }, { SIZE_MAX, 1 },
		{ 1, (size_t)PTRDIFF_MAX + 1 }, { (size_t)1 << 62, 2 },
		{ (size_t)1 << 48, 4096 },
	};
	void *a, *b;

	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		CHECK_NULL(call(SIZE(over[i].count), SIZE(over[i].size)),
			ENOMEM);
	a = HIDE(call(0, SIZE(SIZE_MAX)));
	b = HIDE(call(SIZE(SIZE_MAX), 0));
	CHECK(a && b && a != b);
	free(a);
	free(b);
	a = HIDE(call(3, 7));
	CHECK(a != NULL);
	CHECK_ZERO(a, 21);
	free(a);
}

static void zalloc(void)
{
	for (size_t size = 1; size < 4 * MIB; size = size * 3 / 2 + 1) {
		void *p = HIDE(malloc(size));

		CHECK(p != NULL);
		soil(p);
		free(p);
		CHECK_ERRNO_KEPT(p = HIDE(hakmem_zalloc(size)));
		CHECK_AT(p != NULL, size);
		CHECK_ZERO(p, size);
		soil(p);
		free(p);
	}
	CHECK_NULL(hakmem_zalloc(SIZE(SIZE_MAX)), ENOMEM);
}

int main(void)
{
	each_boundary(4 * MIB, one_boundary);
	recycled(30 * MIB);
	recycled(64 * MIB);
	recycled(64 * MIB + 1);
	recycled(150 * MIB);
	changed_kind();
	sparse();
	products(calloc);
	products(hakmem_calloc);
	zalloc();
	return 0;
}
