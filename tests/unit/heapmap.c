/* SPDX-License-Identifier: MIT */
/*
 * The library's memory as another process sees it, of this process itself:
 * the same bytes of each kind as the library counts, each address once; and
 * maps that are none.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/page.h"
#include "api/stats.h"
#include "heapmap.h"
#include "os/meta.h"
#include "process.h"
#include "slab/class.h"
#include "slab/guard.h"
#include "superslab/arena.h"

#define KINDS (HEAPMAP_META + 1)
#define BLOCKS 3000

static void *blocks[BLOCKS];

struct seen {
	uint64_t bytes[KINDS];
	uint64_t small_out;	/* bytes of blocks */
	uint64_t robbed;
	uint64_t arena;		/* bytes of it that were told */
	uint64_t end;		/* of what was told last of it */
	bool ordered;
};

static void note(void *arg, const struct heapmap_piece *piece)
{
	struct seen *seen = arg;
	uint64_t len = piece->end - piece->start;

	assert_true(piece->end > piece->start && piece->kind < KINDS);
	seen->bytes[piece->kind] += len;
	if (piece->kind == HEAPMAP_SMALL) {
		assert_true(piece->out <= piece->made);
		assert_int_equal(len, piece->made *
			hk_class_size(piece->class));
		seen->small_out += piece->out * hk_class_size(piece->class);
		seen->robbed += piece->robbed * hk_class_size(piece->class);
	}
	/* Where the window is not ours alone, mappings are behind the span. */
	if (piece->start - hk_arena.base < hk_arena_span()) {
		seen->ordered &= piece->start >= seen->end;
		seen->end = piece->end;
		seen->arena += len;
	}
}

/* NULL: what was never used is read as well. */
static struct resident *look_at;

static const char *see(struct seen *seen, const struct page *page)
{
	*seen = (struct seen){ .ordered = true };
	return heapmap_each(getpid(), page, look_at, note, seen);
}

static bool read_own(void *arg, uint64_t at, void *to, size_t len)
{
	pid_t self = getpid();

	(void)arg;
	return process_read(&self, at, to, len);
}

static int set_up(void **state)
{
	uint64_t seed = 5;
	pid_t self = getpid();
	char byte;

	(void)state;
	if (check_emulated() || access("/proc/self/pagemap", R_OK) ||
	    !process_read(&self, (uintptr_t)&seed, &byte, 1))
		CHECK_SKIP("a process may not look into itself here");
	hk_free(hk_malloc(1));
	unit_own_heaps();
	for (size_t i = 0; i < BLOCKS; i++) {
		size_t max = i % 50 == 0 ? 2000000 : i % 5 == 0 ? 150000 :
			1500;

		blocks[i] = hk_malloc(random_size(&seed, max));
		assert_non_null(blocks[i]);
	}
	for (size_t i = 0; i < BLOCKS; i += 1 + random_below(&seed, 3)) {
		hk_free(blocks[i]);
		blocks[i] = NULL;
	}
	return 0;
}

static void *free_third(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < BLOCKS; i += 3) {
		hk_free(blocks[i]);
		blocks[i] = NULL;
	}
	return NULL;
}

static void agrees_either_way(void)
{
	struct hakmem_stats s;
	struct seen seen;
	struct page page;

	hk_stats_collect(&s);
	assert_null(page_load(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	assert_null(see(&seen, &page));
	assert_true(seen.ordered);
	assert_int_equal(seen.arena, hk_arena_committed());
	assert_int_equal(seen.bytes[HEAPMAP_CLEAN], s.clean_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_DIRTY], s.dirty_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_EMPTY], s.empty_slab_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_KEPT], s.cached_run_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_LIVE],
		s.run_bytes + s.huge_bytes);
	/* Blocks that are out are with the program, or with heaps. */
	assert_int_equal(seen.small_out + seen.bytes[HEAPMAP_OUT],
		s.live_bytes - s.run_bytes - s.huge_bytes - s.guarded_bytes +
		s.cached_bytes + s.sent_bytes);
	assert_int_equal(seen.robbed + page_sum(&page, "inbox_bytes"),
		s.sent_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_SMALL] - seen.small_out +
		seen.bytes[HEAPMAP_FREE], s.slab_free_bytes +
		s.slab_purged_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_UNUSED], HK_UNIT +
		s.slab_uncarved_bytes + s.slab_tail_bytes);
	assert_int_equal(seen.bytes[HEAPMAP_META], hk_meta_bytes() +
		hk_arena_table_bytes());
	assert_int_equal(seen.bytes[HEAPMAP_GUARD],
		hk_guard_counts.reserved);
	page_free(&page);
}

static void agrees(void)
{
	static struct resident resident;

	assert_int_equal(resident_open(&resident, getpid()), 0);
	look_at = &resident;
	agrees_either_way();
	look_at = NULL;
	resident_close(&resident);
	agrees_either_way();
}

static void same_figures(void **state)
{
	(void)state;
	agrees();
}

static void with_threads(void **state)
{
	void *huge[3];
	pthread_t thread;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		huge[i] = hk_malloc((i + 70) * HK_MIB);
	assert_int_equal(pthread_create(&thread, NULL, free_third, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	agrees();
	hk_free(huge[1]);
	hk_trim(0);
	agrees();
	hk_free(huge[0]);
	hk_free(huge[2]);
}

static void with_guards(void **state)
{
	struct hk_guard_slot culprit;
	void *some[50];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		some[i] = hk_guard_alloc(100, 16, 50,
			__builtin_frame_address(0), &culprit);
		assert_non_null(some[i]);
	}
	assert_true(hk_guard_counts.reserved > 0);
	agrees();
	for (size_t i = 0; i < 50; i++)
		hk_free(some[i]);
}

/* ---- what is no map ---- */

static void ignore(void *arg, const struct heapmap_piece *piece)
{
	(void)arg;
	assert_true(piece->end > piece->start && piece->kind < KINDS);
}

static void no_map(void **state)
{
	static struct hk_page_map map;
	struct page page;
	pid_t self = getpid();
	uint64_t real, seed = 3;

	(void)state;
	assert_null(page_load(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	real = page.map;
	page.map = 0;
	assert_non_null(heapmap_each(self, &page, NULL, ignore, NULL));
	page.map = 8;
	assert_non_null(heapmap_each(self, &page, NULL, ignore, NULL));
	page.map = (uintptr_t)&map;
	assert_non_null(heapmap_each(self, &page, NULL, ignore, NULL));
	/* Any of its words anything: it ends, one way or the other. */
	for (size_t i = 0; i < check_count(500); i++) {
		memcpy(&map, (void *)(uintptr_t)real, sizeof(map));
		((uint32_t *)&map)[random_below(&seed, sizeof(map) / 4)] =
			(uint32_t)random_next(&seed) >>
			random_below(&seed, 32);
		heapmap_each(self, &page, NULL, ignore, NULL);
	}
	memcpy(&map, (void *)(uintptr_t)real, sizeof(map));
	map.unit_size *= 2;
	assert_non_null(heapmap_each(self, &page, NULL, ignore, NULL));
	map.unit_size /= 2;
	map.state = map.desc_size;
	assert_non_null(heapmap_each(self, &page, NULL, ignore, NULL));
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_figures),
		cmocka_unit_test(with_threads),
		cmocka_unit_test(with_guards),
		cmocka_unit_test(no_map),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
