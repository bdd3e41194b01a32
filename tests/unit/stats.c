/* SPDX-License-Identifier: MIT */
/*
 * The figures: exact for a known set of blocks, never negative, and true to
 * what the kernel was asked.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/info.h"
#include "api/stats.h"
#include "os/os.h"
#include "slab/medium.h"
#include "slab/run.h"

#include <hakmem.h>

static struct hakmem_stats now(void)
{
	struct hakmem_stats s;

	hk_stats_collect(&s);
	assert_int_equal(s.size, sizeof(s));
	assert_true(s.live_bytes + s.free_bytes <= s.committed_bytes);
	assert_true(s.committed_bytes <= s.reserved_bytes);
	assert_true(s.metadata_bytes <= s.committed_bytes);
	assert_true(s.huge_bytes <= s.live_bytes);
	return s;
}

/* Every committed byte is somewhere, and nowhere twice. */
static struct hakmem_stats adds_up(void)
{
	struct hakmem_stats s = now();

	assert_int_equal(s.transit_bytes, 0);
	assert_int_equal(s.live_bytes + s.cached_bytes + s.sent_bytes +
			s.slab_free_bytes + s.slab_purged_bytes +
			s.slab_uncarved_bytes + s.slab_tail_bytes +
			s.empty_slab_bytes + s.cached_run_bytes +
			s.dirty_bytes + s.clean_bytes + s.metadata_bytes,
		s.committed_bytes);
	hk_stats_verify();
	return s;
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	unit_own_heaps();
	return 0;
}

/* Whatever is allocated, the live bytes are the sum of the usable sizes. */
static void live_bytes(void **state)
{
	static void *blocks[3000];
	uint64_t seed = 4;
	size_t sum = 0;

	(void)state;
	hk_trim(0);
	assert_int_equal(now().live_bytes, 0);
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++) {
		size_t n = i % 500 == 3 ? 70 * HK_MIB
					: random_size(&seed, 600000);

		blocks[i] = hk_malloc(n);
		assert_non_null(blocks[i]);
		sum += hk_usable_size(blocks[i]);
		if (i % 10)
			continue;
		/* What the thread keeps ready is not the program's. */
		assert_int_equal(adds_up().live_bytes, sum);
	}
	for (size_t i = 0; i < UNIT_COUNT(blocks); i++) {
		sum -= hk_usable_size(blocks[i]);
		hk_free(blocks[i]);
		if (i % 10)
			continue;
		assert_int_equal(adds_up().live_bytes, sum);
	}
	hk_trim(0);
	assert_int_equal(now().live_bytes, 0);
	assert_int_equal(now().huge_bytes, 0);
}

/* A block of each kind that is given back is where it is said to be. */
static void kept_ready(void **state)
{
	struct hakmem_stats a, b;
	void *p;

	(void)state;
	hk_trim(0);
	p = hk_malloc(20000);
	a = adds_up();
	hk_free(p);
	b = adds_up();
	assert_int_equal(a.live_bytes - b.live_bytes, hk_good_size(20000));
	assert_int_equal(b.cached_bytes - a.cached_bytes,
		hk_good_size(20000));

	p = hk_malloc(300000);
	a = adds_up();
	hk_free(p);
	b = adds_up();
	assert_int_equal(a.run_bytes - b.run_bytes, hk_good_size(300000));
	assert_int_equal(b.cached_run_bytes - a.cached_run_bytes,
		hk_good_size(300000));
	hk_trim(0);
	b = adds_up();
	assert_int_equal(b.cached_bytes, 0);
	assert_int_equal(b.cached_run_bytes, 0);
	assert_int_equal(b.empty_slab_bytes, 0);
	assert_int_equal(b.dirty_bytes, 0);
	assert_int_equal(b.live_bytes, 0);
}

static void in_slabs(void **state)
{
	void *small[300], *medium[40];
	struct hakmem_stats a, b;

	(void)state;
	hk_trim(0);
	for (size_t i = 0; i < 300; i++)
		small[i] = hk_malloc(1000);
	for (size_t i = 0; i < 40; i++)
		medium[i] = memset(hk_malloc(20000), 1, 20000);
	a = adds_up();
	assert_int_equal(a.live_bytes, 300 * hk_good_size(1000) +
		40 * hk_good_size(20000));
	for (size_t i = 0; i < 300; i += 4)
		hk_free(small[i]);
	b = adds_up();
	assert_int_equal(b.slab_free_bytes - a.slab_free_bytes,
		75 * hk_good_size(1000));
	/* Every other one: no slab becomes empty, and pages may go. */
	for (size_t i = 0; i < 40; i += 2)
		hk_free(medium[i]);
	hk_heap_flush(hk_tls.heap);
	hk_medium_trim();
	b = adds_up();
	assert_int_equal(b.slab_purged_bytes, 20 * hk_good_size(20000));
	for (size_t i = 0; i < 300; i++)
		if (i % 4)
			hk_free(small[i]);
	/* Empty slabs are kept by the heap, one of the class in its list. */
	assert_true(adds_up().empty_slab_bytes >= HK_UNIT);
	for (size_t i = 1; i < 40; i += 2)
		hk_free(medium[i]);
	hk_trim(0);
	assert_int_equal(adds_up().live_bytes, 0);
}

static void *free_all(void *blocks)
{
	for (size_t i = 0; i < 100; i++)
		hk_free(((void **)blocks)[i]);
	return NULL;
}

/* Freed by a thread that has ended, for an owner that has not looked. */
static void under_way(void **state)
{
	static void *blocks[100];
	struct hakmem_stats a, b;
	pthread_t thread;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		blocks[i] = hk_malloc(64);
	a = adds_up();
	assert_int_equal(a.sent_bytes, 0);
	assert_int_equal(pthread_create(&thread, NULL, free_all, blocks), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	b = adds_up();
	assert_int_equal(b.sent_bytes, 6400);
	assert_int_equal(a.live_bytes - b.live_bytes, 6400);
	hk_trim(0);
	b = adds_up();
	assert_int_equal(b.sent_bytes, 0);
	assert_int_equal(b.live_bytes, 0);
}

static void free_and_committed(void **state)
{
	struct hakmem_stats a, b;
	size_t clean, dirty;
	char *p;

	(void)state;
	hk_trim(0);
	a = now();
	p = hk_malloc(10 * HK_MIB);
	memset(p, 1, 10 * HK_MIB);
	b = now();
	assert_int_equal(b.live_bytes - a.live_bytes, 10 * HK_MIB);
	assert_int_equal(b.free_bytes, a.free_bytes);
	hk_free(p);
	hk_run_free_bytes(&clean, &dirty);
	b = now();
	assert_int_equal(b.live_bytes, a.live_bytes);
	assert_int_equal(b.free_bytes - a.free_bytes, dirty);
	a = now();
	p = hk_malloc(90 * HK_MIB);
	b = now();
	assert_int_equal(b.huge_bytes - a.huge_bytes, 90 * HK_MIB);
	assert_int_equal(b.committed_bytes - a.committed_bytes, 90 * HK_MIB);
	assert_int_equal(b.huge_allocs, a.huge_allocs + 1);
	hk_free(p);
	assert_int_equal(now().committed_bytes, a.committed_bytes);
}

static void events(void **state)
{
	static void *blocks[1000];
	struct hakmem_stats a, b;

	(void)state;
	hk_trim(0);
	a = now();
	for (size_t i = 0; i < 1000; i++)
		blocks[i] = hk_malloc(1024);
	b = now();
	/* 1,000 KiB by at most a slab, at least a block at a time */
	assert_in_range(b.refills - a.refills, 1000 * HK_KIB / HK_UNIT, 1000);
	assert_int_equal(b.slabs_retired, a.slabs_retired);
	for (size_t i = 0; i < 1000; i++)
		hk_free(blocks[i]);
	hk_trim(0);
	b = now();
	assert_int_equal(b.slabs_retired - a.slabs_retired,
		(1000 * HK_KIB + HK_UNIT - 1) / HK_UNIT);
	assert_true(b.purged_bytes > a.purged_bytes);
	assert_true(b.madvise_calls > a.madvise_calls);
	assert_int_equal(b.madvise_failures, a.madvise_failures);
	assert_int_equal(b.remote_chains, a.remote_chains);
	assert_int_equal(b.mmap_calls, atomic_load(&hk_os_counts.mmap));
	assert_int_equal(b.munmap_calls, atomic_load(&hk_os_counts.munmap));
	assert_int_equal(b.mremap_calls, atomic_load(&hk_os_counts.mremap));
	assert_int_equal(b.mprotect_calls,
		atomic_load(&hk_os_counts.mprotect));
	assert_int_equal(b.fallback_mmaps, 0);
	assert_true(b.superslabs_taken >= 1);
}

/* ---- the public call ---- */

static void public_call(void **state)
{
	struct {
		struct hakmem_stats stats;
		char behind[16];
	} s;

	(void)state;
	memset(&s, 0x55, sizeof(s));
	assert_int_equal(hakmem_stats_get(&s.stats, sizeof(s.stats)), 0);
	assert_int_equal(s.stats.size, sizeof(s.stats));
	assert_true(s.stats.committed_bytes > 0);

	/* An older program knows fewer fields. */
	memset(&s, 0x55, sizeof(s));
	assert_int_equal(hakmem_stats_get(&s.stats, 24), 0);
	assert_int_equal(s.stats.size, 24);
	assert_int_equal(s.stats.committed_bytes, 0x5555555555555555);
	/* A newer one knows more: only ours are written. */
	memset(&s, 0x55, sizeof(s));
	assert_int_equal(hakmem_stats_get(&s.stats, sizeof(s)), 0);
	assert_int_equal(s.stats.size, sizeof(s.stats));
	for (size_t i = 0; i < sizeof(s.behind); i++)
		assert_int_equal(s.behind[i], 0x55);

	errno = 0;
	assert_int_equal(hakmem_stats_get(NULL, sizeof(s)), -1);
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_int_equal(hakmem_stats_get(&s.stats, 7), -1);
	assert_int_equal(errno, EINVAL);
}

static void malloc_info_of_glibc(void **state)
{
	void *p = hk_malloc(90 * HK_MIB), *q = hk_malloc(500000);
	struct mallinfo2 m = hk_mallinfo2();
	struct mallinfo small = hk_mallinfo();
	struct hakmem_stats s = now();
	char *text = NULL;
	size_t len;
	FILE *f;

	(void)state;
	assert_int_equal(m.hblks, 1);
	assert_int_equal(m.hblkhd, 90 * HK_MIB);
	assert_int_equal(m.uordblks, s.live_bytes - s.huge_bytes);
	assert_int_equal(m.fordblks, s.free_bytes);
	assert_true(m.arena >= m.uordblks + m.fordblks);
	assert_int_equal(small.hblkhd, 90 * HK_MIB);
	assert_int_equal(small.uordblks, m.uordblks);
	hk_free(p);
	hk_free(q);
	assert_int_equal(hk_mallinfo2().hblks, 0);

	f = open_memstream(&text, &len);
	assert_int_equal(hk_malloc_info(0, f), 0);
	fclose(f);
	assert_memory_equal(text, "<malloc version=", 16);
	assert_non_null(strstr(text, "</malloc>\n"));
	free(text);
	errno = 0;
	assert_int_equal(hk_malloc_info(1, stderr), -1);
	assert_int_equal(errno, EINVAL);
}

/* ---- while others work ---- */

static _Atomic bool stop;

static void *work(void *arg)
{
	uint64_t seed = *(unsigned int *)arg + 1;
	void *blocks[200] = { NULL };

	while (!atomic_load(&stop)) {
		size_t k = random_below(&seed, 200);

		hk_free(blocks[k]);
		blocks[k] = hk_malloc(random_size(&seed, 3 * HK_MIB));
		CHECK(blocks[k] != NULL);
		if (random_below(&seed, 2000) == 0)
			hk_trim(0);
	}
	for (size_t k = 0; k < 200; k++)
		hk_free(blocks[k]);
	return NULL;
}

static void never_negative(void **state)
{
	unsigned int numbers[3] = { 0, 1, 2 };
	size_t looks = check_count(1000);
	pthread_t threads[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work,
					 &numbers[i]),
			0);
	for (size_t i = 0; i < looks; i++) {
		struct hakmem_stats s;

		hk_stats_collect(&s);
		assert_true(s.live_bytes < HK_GIB * 64);
		assert_true(s.free_bytes < HK_GIB * 64);
		assert_true(s.committed_bytes < HK_GIB * 64);
		assert_true(s.committed_bytes <= s.reserved_bytes);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	hk_trim(0);
	assert_int_equal(now().live_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_bytes),
		cmocka_unit_test(kept_ready),
		cmocka_unit_test(in_slabs),
		cmocka_unit_test(free_and_committed),
		cmocka_unit_test(events),
		cmocka_unit_test(under_way),
		cmocka_unit_test(public_call),
		cmocka_unit_test(malloc_info_of_glibc),
		cmocka_unit_test(never_negative),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
