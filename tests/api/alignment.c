/* SPDX-License-Identifier: MIT */
/*
 * The aligned calls: every alignment with every kind of size, which
 * arguments are refused and how, and what is left alone on failure.
 */
#include "lib/blocks.h"
#include "lib/family.h"

#include "hakmem.h"

static const size_t sizes[] = {
	0, 1, 7, 8, 15, 16, 17, 24, 48, 63, 64, 65, 100, 128, 200, 256, 500,
	768, 1000, 1024, 1500, 2048, 3072, 4095, 4096, 4097, 6000, 8192, 8193,
	12288, 16384, 20000, 32768, 32769, 40000, 65536, 65537, 131072,
	1000000, 2097152, 5000000,
};
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void *posix_aligned(size_t alignment, size_t size)
{
	void *p = &p;
	int err;

	CHECK_ERRNO_KEPT(err = posix_memalign(&p, alignment, size));
	CHECK_EQ(err, 0);
	return p;
}

static void *hakmem_posix_aligned(size_t alignment, size_t size)
{
	void *p = &p;
	int err;

	CHECK_ERRNO_KEPT(err = hakmem_posix_memalign(&p, alignment, size));
	CHECK_EQ(err, 0);
	return p;
}

static void all_sizes(void *(*get)(size_t, size_t), size_t alignment)
{
	void *blocks[NR_SIZES];

	for (size_t i = 0; i < NR_SIZES; i++) {
		CHECK_ERRNO_KEPT(blocks[i] = HIDE(get(alignment, sizes[i])));
		CHECK_AT(blocks[i] != NULL, alignment);
		CHECK_AT(is_aligned(blocks[i], alignment), alignment);
		CHECK_AT(is_aligned(blocks[i], 16), alignment);
		CHECK_AT(malloc_usable_size(blocks[i]) >= sizes[i], alignment);
		pattern_fill(blocks[i], 0, sizes[i], alignment + i);
	}
	for (size_t i = 0; i < NR_SIZES; i++)
		CHECK_PATTERN(blocks[i], 0, sizes[i], alignment + i);
	for (size_t i = 0; i < NR_SIZES; i += 2)
		CHECK_ERRNO_KEPT(free(blocks[i]));
	for (size_t i = 1; i < NR_SIZES; i += 2) {
		/* resizing keeps the contents, not the alignment */
		blocks[i] = HIDE(realloc(blocks[i], sizes[i] + 1000));
		CHECK_AT(blocks[i] != NULL, alignment);
		CHECK_PATTERN(blocks[i], 0, sizes[i], alignment + i);
		CHECK_ERRNO_KEPT(free(blocks[i]));
	}
}

static void all_alignments(void)
{
	for (size_t a = 1; a <= 32 * MIB; a *= 2) {
		if (a >= sizeof(void *)) {
			all_sizes(posix_aligned, a);
			all_sizes(hakmem_posix_aligned, a);
		}
		all_sizes(aligned_alloc, a);
		all_sizes(memalign, a);
		all_sizes(hakmem_aligned_alloc, a);
		all_sizes(hakmem_memalign, a);
	}
}

/* Alignments beyond the largest run: a mapping of its own, or refused. */
static void huge_alignments(void)
{
	for (size_t a = 64 * MIB; a <= GIB; a *= 2) {
		char *p;

		errno = 0;
		p = HIDE(memalign(a, 5000));
		if (!p) {
			CHECK_EQ(errno, ENOMEM);
			continue;
		}
		CHECK_AT(is_aligned(p, a), a);
		pattern_fill(p, 0, 5000, a);
		CHECK_PATTERN(p, 0, 5000, a);
		CHECK_ERRNO_KEPT(free(p));

		p = HIDE(memalign(a, 100 * MIB));
		CHECK_AT(p && is_aligned(p, a), a);
		p[0] = p[100 * MIB - 1] = 1;
		CHECK_ERRNO_KEPT(free(p));
	}
}

static void refused_posix(int (*call)(void **, size_t, size_t))
{
	static const size_t bad[] = {
		0, 1, 2, 3, 4, 7, 9, 12, 24, 40, 48, 4095, 4097, 6144,
		((size_t)1 << 63) + 8, (size_t)3 << 62, SIZE_MAX,
		SIZE_MAX - 7,
	};
	int dummy;
	void *p = &dummy;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int err;

		CHECK_ERRNO_KEPT(err = call(&p, SIZE(bad[i]), 64));
		CHECK_AT(err == EINVAL, bad[i]);
		CHECK_AT(p == &dummy, bad[i]);
		/* a bad alignment is told before a bad size */
		CHECK_AT(call(&p, SIZE(bad[i]), SIZE(SIZE_MAX)) == EINVAL,
			bad[i]);
	}
	for (size_t a = 8; a; a *= 2) {
		int err;

		CHECK_ERRNO_KEPT(err = call(&p, SIZE(a), SIZE(SIZE_MAX)));
		CHECK_AT(err == ENOMEM && p == &dummy, a);
		CHECK_ERRNO_KEPT(
			err = call(&p, SIZE(a), SIZE((size_t)PTRDIFF_MAX + 1)));
		CHECK_AT(err == ENOMEM && p == &dummy, a);
		CHECK_ERRNO_KEPT(err = call(&p, SIZE(a), SIZE(PTRDIFF_MAX)));
		CHECK_AT(err == ENOMEM && p == &dummy, a);
	}
	/* a power of two, and no place for it */
	CHECK_EQ(call(&p, SIZE((size_t)1 << 63), 64), ENOMEM);
	CHECK_EQ(call(&p, SIZE((size_t)1 << 62), 64), ENOMEM);
	CHECK(p == &dummy);
}

static void refused(void)
{
	/*
	 * aligned_alloc: no multiple of the alignment is asked of the size.
	 * glibc 2.36 takes alignments that are no power of two and rounds
	 * them up, as memalign() does; C17 wants failure, later glibc fails
	 * with EINVAL, and hakmem.h promises that for its own call.
	 */
	CHECK_NULL(hakmem_aligned_alloc(SIZE(0), 64), EINVAL);
	CHECK_NULL(hakmem_aligned_alloc(SIZE(24), 64), EINVAL);
	CHECK_NULL(hakmem_aligned_alloc(SIZE(4097), 64), EINVAL);
	CHECK_NULL(hakmem_aligned_alloc(SIZE(SIZE_MAX), 64), EINVAL);
	CHECK_NULL(hakmem_aligned_alloc(SIZE((size_t)1 << 63), 64), ENOMEM);

	for (size_t a = 16; a; a *= 2) {
		CHECK_NULL(aligned_alloc(SIZE(a), SIZE(SIZE_MAX)), ENOMEM);
		CHECK_NULL(memalign(SIZE(a), SIZE(SIZE_MAX)), ENOMEM);
		CHECK_NULL(memalign(SIZE(a), SIZE((size_t)PTRDIFF_MAX + 1)),
			ENOMEM);
	}

	/* memalign: rounded up to a power of two, EINVAL where there is none */
	for (size_t a = 1; a < 70000; a = a * 3 / 2 + 1) {
		void *p = HIDE(memalign(SIZE(a), 100));
		size_t power = 16;

		while (power < a)
			power *= 2;
		CHECK_AT(p && is_aligned(p, power), a);
		free(p);
	}
	CHECK_NULL(memalign(SIZE(((size_t)1 << 63) + 1), 64), EINVAL);
	CHECK_NULL(memalign(SIZE(SIZE_MAX), 64), EINVAL);
	CHECK_NULL(hakmem_memalign(SIZE(SIZE_MAX), 64), EINVAL);
	free(HIDE(memalign(SIZE(0), 64)));
}

static void pages(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < NR_SIZES; i++) {
		size_t whole = (sizes[i] + page - 1) / page * page;
		void *p;

		CHECK_ERRNO_KEPT(p = HIDE(valloc(sizes[i])));
		CHECK_AT(p && is_aligned(p, page), sizes[i]);
		pattern_fill(p, 0, sizes[i], i);
		CHECK_PATTERN(p, 0, sizes[i], i);
		CHECK_ERRNO_KEPT(free(p));

		CHECK_ERRNO_KEPT(p = HIDE(pvalloc(sizes[i])));
		CHECK_AT(p && is_aligned(p, page), sizes[i]);
		CHECK_AT(malloc_usable_size(p) >= whole, sizes[i]);
		pattern_fill(p, 0, whole, i);
		CHECK_PATTERN(p, 0, whole, i);
		CHECK_ERRNO_KEPT(free(p));
	}
	CHECK_NULL(valloc(SIZE(SIZE_MAX)), ENOMEM);
	CHECK_NULL(pvalloc(SIZE(SIZE_MAX)), ENOMEM);
	CHECK_NULL(pvalloc(SIZE(SIZE_MAX - page + 2)), ENOMEM);
	CHECK_NULL(pvalloc(SIZE((size_t)PTRDIFF_MAX + 1)), ENOMEM);
}

/* Aligned blocks among others do not overlap them. */
static void mixed(void)
{
	enum { LIVE = 512 };
	static struct {
		void *p;
		size_t size;
		uint64_t seed;
	} live[LIVE];
	uint64_t state = 42;
	size_t rounds = check_count(60000);

	for (size_t i = 0; i < rounds; i++) {
		size_t slot = random_below(&state, LIVE);
		size_t alignment = (size_t)1 << random_below(&state, 15);

		if (live[slot].p) {
			CHECK_PATTERN(live[slot].p, 0, live[slot].size,
				live[slot].seed);
			free(live[slot].p);
		}
		live[slot].size = random_size(&state, 200000);
		live[slot].seed = i;
		live[slot].p = HIDE(i % 3 ? memalign(alignment, live[slot].size)
					  : malloc(live[slot].size));
		CHECK(live[slot].p != NULL);
		CHECK_AT(is_aligned(live[slot].p, i % 3 ? alignment : 16),
			alignment);
		pattern_fill(live[slot].p, 0, live[slot].size, i);
	}
	for (size_t slot = 0; slot < LIVE; slot++)
		free(live[slot].p);
}

int main(void)
{
	all_alignments();
	huge_alignments();
	refused_posix(posix_memalign);
	refused_posix(hakmem_posix_memalign);
	refused();
	pages();
	mixed();
	return 0;
}
