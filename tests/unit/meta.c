/* SPDX-License-Identifier: MIT */
/*
 * The library's own memory: zero, aligned, never handed out twice.
 */
#include "unit.h"

#include "os/meta.h"

#define THREADS	4
#define PIECES	400

struct piece {
	unsigned char *start;
	size_t size;
};

static struct piece pieces[THREADS][PIECES];

static void *take(void *arg)
{
	struct piece *piece = arg;
	uint64_t seed = (uint64_t)(uintptr_t)arg | 1;

	for (size_t i = 0; i < PIECES; i++, piece++) {
		piece->size = i % 50 == 7 ? 70000 + random_below(&seed, 100000)
					  : random_below(&seed, 9000);
		piece->start = hk_meta_alloc(piece->size);
		CHECK(piece->start != NULL);
		CHECK(is_aligned(piece->start, HK_CACHE_LINE));
		CHECK_ZERO(piece->start, piece->size);
		pattern_fill(piece->start, 0, piece->size,
			(uint64_t)(uintptr_t)piece);
	}
	return NULL;
}

static void several_threads(void **state)
{
	size_t before = hk_meta_bytes(), asked = 0;

	(void)state;
	unit_threads(THREADS, take, pieces, sizeof(pieces[0]));
	for (size_t t = 0; t < THREADS; t++)
		for (size_t i = 0; i < PIECES; i++) {
			struct piece *piece = &pieces[t][i];

			CHECK_PATTERN(piece->start, 0, piece->size,
				(uint64_t)(uintptr_t)piece);
			asked += piece->size;
		}
	assert_true(hk_meta_bytes() - before >= asked);
	/* Chunks are not thrown away half full, but for large pieces. */
	assert_true(hk_meta_bytes() - before <= 2 * asked);
}

/* One that the system refuses harms nothing. */
static void refused(void **state)
{
	size_t before = hk_meta_bytes();

	(void)state;
	errno = 4711;
	assert_null(hk_meta_alloc((size_t)1 << 60));
	assert_int_equal(errno, 4711);
	assert_int_equal(hk_meta_bytes(), before);
	assert_non_null(hk_meta_alloc(64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_threads),
		cmocka_unit_test(refused),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
