/* SPDX-License-Identifier: MIT */
/*
 * The library's memory as another process sees it, of this process itself:
 * the same bytes of each kind as the library counts, each address once; and
 * maps that are none, or that want endless work.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/page.h"
#include "api/stats.h"
#include "os/meta.h"
#include "process/heapmap.h"
#include "process/process.h"
#include "slab/class.h"
#include "slab/guard.h"
#include "superslab/arena.h"

#define KINDS (HEAPMAP_META + 1)
#define BLOCKS 3000

static void *blocks[BLOCKS];

struct seen {
	uint64_t bytes[KINDS];
	uint64_t small_out;	/* bytes of blocks */
	uint64_t blocks;	/* out of slabs, as bytes of these */
	bool has_owners;	/* each small slab has a heap */
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
	assert_true(piece->out <= piece->made);
	if (piece->place == HEAPMAP_IN_SMALL)
		seen->has_owners &= piece->owner != 0;
	if (piece->place == HEAPMAP_IN_MEDIUM)
		seen->blocks += piece->out * hk_class_size(piece->class);
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
	*seen = (struct seen){ .ordered = true, .has_owners = true };
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
	assert_true(seen.ordered && seen.has_owners);
	/* A block of several units begins in one. */
	assert_int_equal(seen.blocks, seen.bytes[HEAPMAP_OUT]);
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

/* ---- work without an end ---- */

#define PAIRS 10000
#define ALL ((uint64_t)1 << 46)

static void ask_all(void *arg, const struct heapmap_piece *piece)
{
	resident_of(arg, piece->start, piece->end);
}

/* A reservation of the process's, which costs it nothing. */
static char *reserve(void)
{
	char *p = mmap(NULL, ALL / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Huge blocks that are all the same, and nearly all addresses. */
static void endless(void **state)
{
	static struct resident resident;
	static uint64_t pairs[PAIRS][2], count = PAIRS;
	static void *table = pairs;
	struct hk_page_map map;
	struct page page;
	char *p = reserve();

	(void)state;
	for (size_t i = 0; i < PAIRS; i++) {
		pairs[i][0] = p ? (uintptr_t)p : 4096;
		pairs[i][1] = p ? ALL / 4 : ALL;
	}
	assert_null(page_load(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	memcpy(&map, (void *)(uintptr_t)page.map, sizeof(map));
	map.huge = (uintptr_t)&table;
	map.huge_pairs = (uintptr_t)&count;
	page.map = (uintptr_t)&map;
	assert_int_equal(resident_open(&resident, getpid()), 0);
	/* So that it takes less than a second here. */
	resident.work = RESIDENT_WORK / 64;
	assert_non_null(heapmap_each(getpid(), &page, &resident, ask_all,
		&resident));
	assert_true(resident.spent);
	assert_int_equal(resident_of(&resident, (uintptr_t)&page,
		(uintptr_t)&page + 1), 0);
	resident_again(&resident);
	assert_int_equal(resident_of(&resident, (uintptr_t)&page,
		(uintptr_t)&page + 1), 1);
	resident_close(&resident);
	page_free(&page);
	if (p)
		munmap(p, ALL / 4);
}

/* An arena that is longer than any. */
static void too_large(void **state)
{
	uint64_t arena[3] = { 1 << 20, ALL, 4096 };
	struct hk_page_map map;
	struct page page;

	(void)state;
	assert_null(page_load(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	memcpy(&map, (void *)(uintptr_t)page.map, sizeof(map));
	map.arena = (uintptr_t)arena;
	page.map = (uintptr_t)&map;
	assert_non_null(heapmap_each(getpid(), &page, NULL, ignore, NULL));
	page_free(&page);
}

struct few {
	size_t pieces;
	uint64_t bytes;
};

static void count_pieces(void *arg, const struct heapmap_piece *piece)
{
	struct few *few = arg;

	few->pieces += piece->place == HEAPMAP_IN_MEDIUM;
	if (piece->place == HEAPMAP_IN_MEDIUM)
		few->bytes += piece->end - piece->start;
}

/* A medium slab of the least blocks has no more than fit in its words. */
static void many_blocks(void **state)
{
	static char descs[4][sizeof(struct hk_desc)];
	uint64_t arena[3] = { 1 << 20, 4 * HK_UNIT, (uintptr_t)descs };
	struct hk_page_map map;
	struct page page;
	struct few few = { 0, 0 };

	(void)state;
	assert_null(page_load(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	memcpy(&map, (void *)(uintptr_t)page.map, sizeof(map));
	map.arena = (uintptr_t)arena;
	page.map = (uintptr_t)&map;
	for (size_t i = 1; i < 4; i++) {
		descs[i][map.state] = i == 1 ? HK_MEDIUM : HK_MEDIUM_PART;
		memset(&descs[i][map.carved], 0xff, 2);
		memset(&descs[i][map.avail], 0x55, 8);
	}
	assert_null(heapmap_each(getpid(), &page, NULL, count_pieces, &few));
	assert_int_equal(few.pieces, 64 + 1 + 2);
	assert_int_equal(few.bytes, 3 * HK_UNIT);
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_figures),
		cmocka_unit_test(with_threads),
		cmocka_unit_test(with_guards),
		cmocka_unit_test(no_map),
		cmocka_unit_test(endless),
		cmocka_unit_test(too_large),
		cmocka_unit_test(many_blocks),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
