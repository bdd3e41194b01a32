/* SPDX-License-Identifier: MIT */
/*
 * The malloc family beyond the fast paths: realloc between all kinds of
 * blocks, zeroes over used memory, sizes, alignment, and the verdicts on
 * pointers that are no blocks.
 */
#include "unit.h"

#include "api/alloc.h"
#include "heap/thread.h"
#include "slab/huge.h"
#include "slab/run.h"

#include <hakmem.h>

/* Sizes of each kind: small, medium of each length, runs, huge. */
static const size_t sizes[] = { 1, 15, 16, 17, 100, 128, 129, 1000, 1024,
	1025, 5000, 8192, 8193, 20000, 32768, 32769, 65536, 131072, 131073,
	200000, 1 << 20, (1 << 20) + 1, 3 << 20, 5 << 20, 70 << 20 };

static void set_errno(void)
{
	errno = 4711;
}

static void realloc_everywhere(void **state)
{
	(void)state;
	for (size_t a = 0; a < UNIT_COUNT(sizes); a++)
		for (size_t b = 0; b < UNIT_COUNT(sizes); b++) {
			size_t from = sizes[a], to = sizes[b];
			size_t kept = from < to ? from : to;
			size_t ends = kept < 40000 ? kept : 40000;
			char *p = hk_malloc(from), *q;

			assert_non_null(p);
			pattern_fill(p, 0, ends, a);
			pattern_fill(p, kept - ends, kept, a);
			set_errno();
			q = hk_realloc(p, to);
			assert_int_equal(errno, 4711);
			assert_non_null(q);
			assert_true(is_aligned(q, 16));
			if (kept == ends)
				CHECK_PATTERN(q, 0, kept, a);
			else
				CHECK_PATTERN(q, kept - ends, kept, a);
			assert_true(hk_usable_size(q) >= to);
			q[to - 1] = 1;
			/* and back again */
			p = hk_realloc(q, from);
			assert_non_null(p);
			if (kept == ends && kept < to)
				CHECK_PATTERN(p, 0, kept, a);
			hk_free(p);
		}
}

static void realloc_edges(void **state)
{
	char *p = hk_realloc(NULL, 100);

	(void)state;
	assert_non_null(p);
	memset(p, 7, 100);
	CHECK_NULL(hk_realloc(p, (size_t)PTRDIFF_MAX + 1), ENOMEM);
	CHECK_NULL(hk_realloc(p, SIZE_MAX), ENOMEM);
	CHECK_NULL(hk_realloc(p, PTRDIFF_MAX), ENOMEM);
	CHECK_NULL(hk_reallocarray(p, SIZE_MAX / 2, 3), ENOMEM);
	assert_int_equal(p[0], 7);
	assert_int_equal(p[99], 7);
	p = hk_reallocarray(p, 100, 30);
	assert_non_null(p);
	assert_int_equal(p[99], 7);
	set_errno();
	assert_null(hk_realloc(p, 0));
	assert_int_equal(errno, 4711);
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
		assert_null(hk_realloc(hk_malloc(sizes[i]), 0));
}

/* In place where it can be: no copy of megabytes. */
static void realloc_in_place(void **state)
{
	char *p = hk_malloc(4 * HK_MIB), *q;

	(void)state;
	for (size_t i = 0; i < 4 * HK_MIB; i += HK_PAGE)
		p[i] = (char)(i >> 12);
	q = hk_realloc(p, 2 * HK_MIB);
	assert_ptr_equal(q, p);
	assert_int_equal(hk_usable_size(p), 2 * HK_MIB);
	q = hk_realloc(p, 4 * HK_MIB - 5);
	assert_ptr_equal(q, p);
	for (size_t i = 0; i < 2 * HK_MIB; i += HK_PAGE)
		assert_int_equal(p[i], (char)(i >> 12));
	hk_free(p);
}

/* Random sizes, whole contents. */
static void realloc_random(void **state)
{
	size_t steps = check_count(3000);
	uint64_t seed = 8;
	char *blocks[30] = { NULL };
	size_t size[30] = { 0 };

	(void)state;
	for (size_t i = 0; i < steps; i++) {
		size_t k = random_below(&seed, 30);
		size_t n = random_size(&seed, 6 * HK_MIB), kept;

		kept = n < size[k] ? n : size[k];
		blocks[k] = hk_realloc(blocks[k], n);
		assert_non_null(blocks[k]);
		CHECK_PATTERN(blocks[k], 0, kept, k);
		pattern_fill(blocks[k], kept, n, k);
		size[k] = n;
	}
	for (size_t k = 0; k < 30; k++) {
		CHECK_PATTERN(blocks[k], 0, size[k], k);
		hk_free(blocks[k]);
	}
}

/* ---- zeroes ---- */

/* Memory of every kind is used, freed, and asked for again as zero. */
static void zeroed(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < UNIT_COUNT(sizes); i++) {
			size_t n = sizes[i];
			char *p[6];

			for (int k = 0; k < 6; k++) {
				p[k] = hk_calloc(1, n);
				assert_non_null(p[k]);
				CHECK_ZERO(p[k], n);
				if (n < 10 * HK_MIB)
					memset(p[k], 0xff,
						hk_usable_size(p[k]));
				else
					memset(p[k] + n - 5000, 0xff, 5000);
			}
			for (int k = 0; k < 6; k++)
				hk_free(p[k]);
			if (round == 1)
				hk_trim(0);
		}
}

static void zeroed_overflow(void **state)
{
	(void)state;
	CHECK_NULL(hk_calloc(SIZE_MAX, 2), ENOMEM);
	CHECK_NULL(hk_calloc((size_t)1 << 32, (size_t)1 << 32), ENOMEM);
	CHECK_NULL(hk_calloc(1, SIZE_MAX), ENOMEM);
	CHECK_NULL(hk_calloc(PTRDIFF_MAX, 2), ENOMEM);
	CHECK_NULL(hk_malloc((size_t)PTRDIFF_MAX + 1), ENOMEM);
	CHECK_NULL(hk_malloc(SIZE_MAX), ENOMEM);
	CHECK_NULL(hk_malloc(PTRDIFF_MAX), ENOMEM);
	hk_free(hk_calloc(0, 5));
	hk_free(hk_calloc(5, 0));
}

/* ---- sizes ---- */

static void one_size(size_t n)
{
	void *p = hk_malloc(n);

	assert_non_null(p);
	assert_true(is_aligned(p, 16));
	assert_true(hk_usable_size(p) >= n);
	/* More where a larger class lent it. */
	if (n > HK_SMALL_MAX && n <= HK_LONG_MAX)
		assert_true(hk_usable_size(p) >= hk_good_size(n));
	else
		assert_int_equal(hk_usable_size(p), hk_good_size(n));
	assert_int_equal(hk_good_size(hk_good_size(n)), hk_good_size(n));
	/* All of what is usable is the block's. */
	if (n < HK_MIB) {
		memset(p, 1, hk_usable_size(p));
		hk_free_sized(p, n);
	} else {
		hk_free(p);
	}
}

static void good_sizes(void **state)
{
	(void)state;
	for (size_t n = 0; n < 2000; n++)
		one_size(n);
	each_boundary(80 * HK_MIB, one_size);
	assert_int_equal(hk_usable_size(NULL), 0);
	assert_int_equal(hk_good_size((size_t)PTRDIFF_MAX + 1), 0);
	assert_int_equal(hk_good_size(SIZE_MAX), 0);
}

/* ---- alignment ---- */

static void aligned(void **state)
{
	static const size_t n_of[] = { 0, 1, 24, 100, 1000, 4096, 5000, 40000,
		200000, 3 << 20, 65 << 20 };

	(void)state;
	for (size_t align = 1; align <= 64 * HK_MIB; align *= 2)
		for (size_t i = 0; i < UNIT_COUNT(n_of); i++) {
			size_t n = n_of[i];
			char *p, *q;
			void *r = NULL;

			set_errno();
			p = hk_aligned_alloc(align, n);
			q = hk_memalign(align, n);
			assert_int_equal(errno, 4711);
			assert_non_null(p);
			assert_non_null(q);
			assert_true(is_aligned(p, align) && is_aligned(p, 16));
			assert_true(is_aligned(q, align) && is_aligned(q, 16));
			assert_true(p + n <= q || q + n <= p);
			assert_true(hk_usable_size(p) >= n);
			if (n) {
				p[0] = p[n - 1] = 1;
				q[0] = q[n - 1] = 2;
				assert_int_equal(p[n - 1], 1);
			}
			if (align >= sizeof(void *)) {
				assert_int_equal(hk_posix_memalign(&r, align,
							 n),
					0);
				assert_true(is_aligned(r, align));
			}
			hk_free_aligned_sized(p, align, n);
			hk_free_aligned(q, align);
			hk_free(r);
		}
}

static void bad_alignment(void **state)
{
	void *p = &p;

	(void)state;
	CHECK_NULL(hk_aligned_alloc(0, 10), EINVAL);
	CHECK_NULL(hk_aligned_alloc(24, 10), EINVAL);
	CHECK_NULL(hk_aligned_alloc(SIZE_MAX, 10), EINVAL);
	CHECK_NULL(hk_aligned_alloc((size_t)1 << 63, 10), ENOMEM);
	CHECK_NULL(hk_aligned_alloc((size_t)1 << 62, 10), ENOMEM);
	CHECK_NULL(hk_aligned_alloc(64, SIZE_MAX), ENOMEM);
	CHECK_NULL(hk_aligned_alloc(4096, PTRDIFF_MAX), ENOMEM);
	CHECK_NULL(hk_memalign(SIZE_MAX, 1), EINVAL);
	CHECK_NULL(hk_pvalloc(SIZE_MAX), ENOMEM);
	CHECK_NULL(hk_pvalloc(PTRDIFF_MAX), ENOMEM);
	set_errno();
	assert_int_equal(hk_posix_memalign(&p, 0, 8), EINVAL);
	assert_int_equal(hk_posix_memalign(&p, 4, 8), EINVAL);
	assert_int_equal(hk_posix_memalign(&p, 24, 8), EINVAL);
	assert_int_equal(hk_posix_memalign(&p, 64, SIZE_MAX), ENOMEM);
	assert_int_equal(errno, 4711);
	assert_ptr_equal(p, &p);
	p = hk_memalign(24, 10);
	assert_true(is_aligned(p, 32));
	hk_free(p);
	p = hk_memalign(0, 10);
	hk_free(p);
	p = hk_valloc(10);
	assert_true(is_aligned(p, 4096));
	hk_free(p);
	p = hk_pvalloc(4097);
	assert_true(is_aligned(p, 4096));
	assert_true(hk_usable_size(p) >= 8192);
	hk_free(p);
}

/* ---- verdicts ---- */

static char global[64];

struct crime {
	const char *said;
	void (*commit)(void);
};

static void twice(size_t n)
{
	void *p = HIDE(hk_malloc(n));

	hk_free(p);
	hk_free(p);
}

static void twice_small(void) { twice(64); }
static void twice_medium(void) { twice(5000); }
static void twice_long(void) { twice(100000); }
static void twice_run(void) { twice(500000); }
static void twice_huge(void) { twice(100 * HK_MIB); }

/* Ready in a magazine, and never handed out: from pages used before. */
static void never_out(void)
{
	struct hk_magazine *mag =
		hk_magazine_of(hk_tls.heap, hk_class_of(5000));
	char *run = hk_malloc(800000);

	hk_note_open(run, 800000);
	memset(run, 1, 800000);
	hk_free(HIDE(run));
	hk_heap_flush(hk_tls.heap);
	for (int i = 0; i < 50 || !mag->n; i++)
		CHECK(HIDE(hk_malloc(5000)) != NULL);
	hk_free(HIDE(mag->blocks[0]));
}

static void twice_remote(void)
{
	void *p = HIDE(hk_malloc(64));

	hk_thread_detach(&hk_heap_none);
	hk_free(HIDE(hk_malloc(100)));
	/* adopted again: the slab is this heap's, and listed */
	hk_free(p);
	hk_free(p);
}

static void inside(size_t n, size_t at)
{
	hk_free((char *)HIDE(hk_malloc(n)) + at);
}

static void inside_small(void) { inside(64, 16); }
static void unaligned_small(void) { inside(64, 1); }
static void inside_medium(void) { inside(5000, 4096); }
static void inside_long(void) { inside(100000, 65536); }
static void inside_run(void) { inside(500000, 4096); }
static void far_inside_run(void) { inside(5000000, 4000000); }
static void inside_huge(void) { inside(100 * HK_MIB, HK_MIB); }

static void on_stack(void)
{
	char local[64] = { 0 };

	hk_free(HIDE(local + 16));
}

static void in_data(void) { hk_free(HIDE(global + 16)); }
static void of_libc(void) { hk_free(HIDE(malloc(64))); }
static void wild(void) { hk_free(HIDE((void *)0x123450)); }

static void in_free_run(void)
{
	char *p = hk_malloc(3000000);

	hk_free(p);
	hk_trim(0);
	hk_free(HIDE(p + 65536));
}

static void not_carved(void)
{
	char *p = hk_malloc(1000);

	hk_free(HIDE((char *)((uintptr_t)p & ~(HK_UNIT - 1)) +
		     HK_UNIT - 1024));
}

static void of_realloc(void)
{
	if (hk_realloc((char *)HIDE(hk_malloc(64)) + 32, 100))
		_exit(3);
}

static void of_usable(void)
{
	if (hk_usable_size(HIDE(global)))
		_exit(3);
}

static void size_wrong(void) { hk_free_sized(HIDE(hk_malloc(50)), 100); }
static void size_medium(void) { hk_free_sized(HIDE(hk_malloc(5000)), 500); }
static void size_run(void) { hk_free_sized(HIDE(hk_malloc(500000)), 1); }
static void size_huge(void)
{
	hk_free_sized(HIDE(hk_malloc(100 * HK_MIB)), 200 * HK_MIB);
}
static void size_delete(void) { hk_delete_sized(HIDE(hk_malloc(50)), 999); }
static void align_wrong(void)
{
	char *p = hk_malloc(64);

	hk_free_aligned((uintptr_t)p % 128 ? p : p + 64, 128);
}
static void align_odd(void)
{
	hk_free_aligned_sized(HIDE(hk_malloc(64)), 24, 64);
}

static const struct crime crimes[] = {
	{ "double free of 0x", twice_small },
	{ "double free of 0x", twice_medium },
	{ "double free of 0x", twice_long },
	{ "double free of 0x", twice_run },
	{ "invalid free of 0x", twice_huge },
	{ "double free of 0x", twice_remote },
	{ "double free of 0x", never_out },
	{ "(inside a 64-byte block at 0x", inside_small },
	{ "(inside a 64-byte block at 0x", unaligned_small },
	{ "-byte block at 0x", inside_medium },
	{ "-byte block at 0x", inside_long },
	{ "-byte block at 0x", inside_run },
	{ "-byte block at 0x", far_inside_run },
	{ "(inside a 104857600-byte block at 0x", inside_huge },
	{ "(not from this allocator)", on_stack },
	{ "(not from this allocator)", in_data },
	{ "(not from this allocator)", of_libc },
	{ "invalid free of 0x123450 (not from this allocator)", wild },
	{ "(memory that is free)", in_free_run },
	{ "(memory that is free)", not_carved },
	{ "invalid realloc of 0x", of_realloc },
	{ "invalid malloc_usable_size of 0x", of_usable },
	{ "(freed as 100 bytes, block of the 64-byte class)", size_wrong },
	{ "size mismatch on free of 0x", size_medium },
	{ "size mismatch on free of 0x", size_run },
	{ "size mismatch on free of 0x", size_huge },
	{ "size mismatch on free of 0x", size_delete },
	{ "alignment mismatch on free of 0x", align_wrong },
	{ "(freed as aligned to 24)", align_odd },
};

static void commit(void *arg)
{
	((const struct crime *)arg)->commit();
}

static void verdicts(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	for (size_t i = 0; i < UNIT_COUNT(crimes); i++)
		assert_dies(commit, (void *)(uintptr_t)&crimes[i],
			crimes[i].said);
}

/* A program may hold the mark without having freed anything. */
static void copied_mark(void **state)
{
	uintptr_t *p = hk_malloc(64), *q = hk_malloc(5000);

	(void)state;
	p[1] = hk_arena.mark_key;
	q[1] = hk_arena.mark_key;
	assert_int_equal(hk_usable_size(p), 64);
	p = hk_realloc(p, 60);
	assert_int_equal(p[1], hk_arena.mark_key);
	hk_free(p);
	hk_free(q);
}

/* ---- the public names ---- */

static void public_names(void **state)
{
	void *p = NULL;

	(void)state;
	assert_string_equal(hakmem_version(), HAKMEM_VERSION_STRING);
	p = hakmem_zalloc(100);
	CHECK_ZERO(p, 100);
	p = hakmem_realloc(p, 200);
	assert_true(hakmem_malloc_usable_size(p) >= 200);
	p = hakmem_reallocarray(p, 10, 10);
	hakmem_free_sized(p, 100);
	hakmem_free(hakmem_malloc(10));
	hakmem_free(hakmem_calloc(10, 10));
	hakmem_free(NULL);
	hakmem_free_aligned_sized(hakmem_aligned_alloc(64, 100), 64, 100);
	hakmem_free(hakmem_memalign(64, 100));
	hakmem_free(hakmem_valloc(100));
	hakmem_free(hakmem_pvalloc(100));
	assert_int_equal(hakmem_posix_memalign(&p, 64, 100), 0);
	hakmem_free(p);
	assert_int_equal(hakmem_good_size(100), 112);
}

static void trimming(void **state)
{
	char *p = hk_malloc(8 * HK_MIB), *q;

	(void)state;
	hk_trim(0);
	assert_int_equal(hk_trim(0), 0);
	q = hk_malloc(HK_MIB);
	memset(q, 1, HK_MIB);
	/* Half a megabyte may wait beside eight in use. */
	q = hk_realloc(q, HK_MIB / 2);
	assert_int_equal(hk_trim(64 * HK_MIB), 0);
	assert_int_equal(hk_trim(0), 1);
	assert_int_equal(hk_trim(0), 0);
	hk_free(p);
	hk_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(realloc_everywhere),
		cmocka_unit_test(realloc_edges),
		cmocka_unit_test(realloc_in_place),
		cmocka_unit_test(realloc_random),
		cmocka_unit_test(zeroed),
		cmocka_unit_test(zeroed_overflow),
		cmocka_unit_test(good_sizes),
		cmocka_unit_test(aligned),
		cmocka_unit_test(bad_alignment),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(copied_mark),
		cmocka_unit_test(public_names),
		cmocka_unit_test(trimming),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
