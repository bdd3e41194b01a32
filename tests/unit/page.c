/* SPDX-License-Identifier: MIT */
/*
 * The statistics page and its reader: the process's own page, pages of later
 * versions of the library, and memory that is no page at all.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/page.h"
#include "api/stats.h"
#include "page.h"

#include <stdlib.h>

/* This process's own memory. */
static bool read_own(void *arg, uint64_t at, void *to, size_t len)
{
	(void)arg;
	memcpy(to, (const void *)(uintptr_t)at, len);
	return true;
}

static struct page load(const void *at)
{
	struct page page;
	const char *why = page_load(&page, read_own, NULL, (uintptr_t)at);

	if (why)
		fail_msg("%s", why);
	return page;
}

static uint64_t sum(const struct page *page, const char *name)
{
	const struct page_value *value = page_find(page, name);
	uint64_t n = 0;

	assert_non_null(value);
	assert_true(value->count > 0);
	for (size_t i = 0; i < value->count; i++)
		n += value->elements[i];
	return n;
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	unit_own_heaps();
	return 0;
}

/* ---- the own page ---- */

static void described(void **state)
{
	struct page page = load(&hakmem_stats_page);

	(void)state;
	assert_int_equal(page.pid, getpid());
	assert_int_equal(page.abi, 1);
	assert_true(page.start_ns > 0);
	assert_true(page.heaps >= 1);
	for (size_t i = 0; i < page.count; i++) {
		const struct page_value *value = &page.values[i];

		assert_true(value->count > 0);
		assert_true(*value->name && *value->help);
		assert_true(value->type == 'c' || value->type == 'g');
		assert_true(value->unit == 'n' || value->unit == 'b');
		assert_ptr_equal(page_find(&page, value->name), value);
	}
	page_free(&page);
}

/* What the page has, hakmem_stats_get() has too. */
static void agrees(void **state)
{
	void *blocks[200], *huge = hk_malloc(90 * HK_MIB);
	struct hakmem_stats s;
	struct page page;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		blocks[i] = hk_malloc(i * 1500);
	for (size_t i = 0; i < 200; i += 2)
		hk_free(blocks[i]);
	hk_stats_collect(&s);
	page = load(&hakmem_stats_page);
	assert_int_equal(sum(&page, "mmap_calls"), s.mmap_calls);
	assert_int_equal(sum(&page, "madvise_calls"), s.madvise_calls);
	assert_int_equal(sum(&page, "purged_bytes"), s.purged_bytes);
	assert_int_equal(sum(&page, "call_time"), s.mmap_calls +
		s.munmap_calls + s.mremap_calls + s.mprotect_calls +
		s.madvise_calls);
	assert_int_equal(sum(&page, "refills"), s.refills);
	assert_int_equal(sum(&page, "small_refills"), s.refills);
	assert_int_equal(sum(&page, "slabs_retired"), s.slabs_retired);
	assert_int_equal(sum(&page, "small_retired"), s.slabs_retired);
	assert_int_equal(sum(&page, "huge_bytes"), s.huge_bytes);
	assert_int_equal(sum(&page, "run_bytes"), s.run_bytes);
	assert_int_equal(sum(&page, "clean_bytes"), s.clean_bytes);
	assert_int_equal(sum(&page, "dirty_bytes"), s.dirty_bytes);
	assert_int_equal(sum(&page, "cached_run_bytes"), s.cached_run_bytes);
	assert_int_equal(sum(&page, "empty_slabs") * HK_UNIT,
		s.empty_slab_bytes);
	assert_int_equal(page.heaps, s.heaps);
	assert_true(sum(&page, "medium_refills") > 0);
	assert_true(sum(&page, "slow_allocs") > 0);
	assert_true(sum(&page, "slow_frees") > 0);
	page_free(&page);

	for (size_t i = 1; i < 200; i += 2)
		hk_free(blocks[i]);
	hk_free(huge);
	hk_trim(0);
	page = load(&hakmem_stats_page);
	assert_true(sum(&page, "purge_calls") > 0);
	assert_true(sum(&page, "small_made") >= sum(&page, "small_retired"));
	assert_int_equal(sum(&page, "huge_bytes"), 0);
	page_free(&page);
}

static uint64_t figure(const char *name)
{
	struct page page = load(&hakmem_stats_page);
	uint64_t n = sum(&page, name);

	page_free(&page);
	return n;
}

/* What is asked of the system, in bytes. */
static void system_bytes(void **state)
{
	uint64_t mapped = figure("mapped_bytes");
	uint64_t unmapped = figure("unmapped_bytes");
	uint64_t remapped = figure("remapped_bytes");
	uint64_t advised = figure("huge_advised_bytes");
	void *p = hk_malloc(90 * HK_MIB);

	(void)state;
	assert_true(figure("mapped_bytes") - mapped >= 90 * HK_MIB);
	/* A system without huge pages refuses. */
	if (!figure("madvise_failures"))
		assert_int_equal(figure("huge_advised_bytes") - advised,
			90 * HK_MIB);
	p = hk_realloc(p, 100 * HK_MIB);
	assert_int_equal(figure("remapped_bytes") - remapped, 100 * HK_MIB);
	hk_free(p);
	assert_true(figure("unmapped_bytes") - unmapped >= 100 * HK_MIB);
}

static void *free_all(void *blocks)
{
	for (size_t i = 0; i < 100; i++)
		hk_free(((void **)blocks)[i]);
	return NULL;
}

/* Blocks that another thread frees; the second thread gets its heap. */
static void threads(void **state)
{
	uint64_t sent = figure("chains_sent");
	uint64_t received = figure("chains_received");
	uint64_t adopted;
	static void *blocks[2][100];
	pthread_t thread;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		blocks[0][i] = hk_malloc(64);
		blocks[1][i] = hk_malloc(64);
	}
	assert_int_equal(pthread_create(&thread, NULL, free_all, blocks[0]),
		0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(figure("chains_sent") > sent);
	assert_int_equal(figure("inbox_bytes"), 6400);
	assert_int_equal(figure("heaps_idle"), 1);
	adopted = figure("heaps_adopted");
	assert_int_equal(pthread_create(&thread, NULL, free_all, blocks[1]),
		0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(figure("heaps_adopted"), adopted + 1);
	hk_trim(0);
	assert_true(figure("chains_received") > received);
	assert_int_equal(figure("inbox_bytes"), 0);
}

static void count_child(void *arg)
{
	struct page page;

	(void)arg;
	CHECK(!page_load(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	CHECK_EQ(page.pid, getpid());
}

static void child(void **state)
{
	(void)state;
	assert_lives(count_child, NULL);
}

/* ---- other pages ---- */

/* A row and a section with more behind what this reader knows. */
struct later_row {
	struct hk_page_row row;
	char more[12];
};

struct later_section {
	struct hk_page_section section;
	uint64_t more;
};

static struct block {
	uint64_t number;
	struct block *next;
} last = { 5, NULL }, middle = { 30, &last }, first = { 200, &middle };
static struct block *blocks_head = &first;

static const char later_text[] = "\0" "ours\0help\0" "unknown\0\0" "list\0";

static struct later_page {
	struct hk_page head;
	char more[24];
	struct later_section section[2];
} later;
static struct later_row later_rows[5];
static uint32_t words[4] = { 1, 2, 3, 4 };

static void make_later(void)
{
	later = (struct later_page){
		.head = {
			.magic = { 'H', 'A', 'K', 'M', 'E', 'M', 'P', 'G' },
			.abi = 1,
			.size = offsetof(struct later_page, section),
			.row_size = sizeof(struct later_row),
			.section_size = sizeof(struct later_section),
			.rows = 5,
			.sections = 2,
			.schema = (uintptr_t)later_rows,
			.text = (uintptr_t)later_text,
			/* The last help is cut off. */
			.text_size = sizeof(later_text) - 1,
			.pid = 77,
		},
		.section = {
			{ { (uintptr_t)words, sizeof(words), 0 }, ~0u },
			{ { (uintptr_t)&blocks_head, sizeof(first),
				offsetof(struct block, next) }, ~0u },
		},
	};
	memset(later_rows, 0xff, sizeof(later_rows));
	later_rows[0].row = (struct hk_page_row){ .name = 1, .type = 'c',
		.unit = 'n', .index = 'c', .width = 4, .shift = 3,
		.count = 2, .stride = 8, .first = 9 };
	/* A type and a unit that this reader has never heard of. */
	later_rows[1].row = (struct hk_page_row){ .name = 11, .type = 'z',
		.unit = 'q', .index = 'x', .width = 4, .count = 1 };
	/* A list of a later kind: no section of this reader's. */
	later_rows[2].row = (struct hk_page_row){ .name = 20, .type = 'c',
		.unit = 'b', .section = 1, .width = 8, .count = 1 };
	/* Behind its section's end; and nonsense everywhere. */
	later_rows[3].row = (struct hk_page_row){ .name = 20, .type = 'c',
		.section = 0, .width = 4, .count = 2, .stride = 16 };
}

static void later_page(void **state)
{
	const struct page_value *value;
	struct page page;

	(void)state;
	make_later();
	page = load(&later);
	assert_int_equal(page.pid, 77);
	assert_int_equal(page.count, 5);
	value = page_find(&page, "ours");
	assert_string_equal(value->help, "help");
	assert_int_equal(value->count, 2);
	assert_int_equal(value->first, 9);
	assert_int_equal(value->elements[0], 1 << 3);
	assert_int_equal(value->elements[1], 3 << 3);
	assert_int_equal(sum(&page, "unknown"), 1);
	assert_int_equal(sum(&page, "list"), 235);
	assert_int_equal(page.heaps, 3);
	assert_string_equal(page_find(&page, "list")->help, "");
	assert_int_equal(page.values[3].count, 0);
	assert_int_equal(page.values[4].count, 0);
	page_free(&page);
}

/* An older page has shorter rows: what it does not have is 0. */
static void older_page(void **state)
{
	static char short_rows[2 * 16];
	struct page page;

	(void)state;
	make_later();
	memcpy(short_rows, &later_rows[0], 16);
	memcpy(short_rows + 16, &later_rows[1], 16);
	later.head.schema = (uintptr_t)short_rows;
	later.head.row_size = 16;
	later.head.rows = 2;
	page = load(&later);
	assert_int_equal(page.count, 2);
	assert_int_equal(page_find(&page, "ours")->elements[1], 3 << 3);
	page_free(&page);
}

static void refused(const char *part)
{
	struct page page;
	const char *why = page_load(&page, read_own, NULL, (uintptr_t)&later);

	assert_non_null(why);
	assert_non_null(strstr(why, part));
	page_free(&page);
	make_later();
}

static bool read_nothing(void *arg, uint64_t at, void *to, size_t len)
{
	(void)arg, (void)at, (void)to, (void)len;
	return false;
}

static void no_page(void **state)
{
	struct page page;

	(void)state;
	make_later();
	later.head.magic[3] = 'X';
	refused("no statistics page");
	later.head.abi = 2;
	refused("newer hakmem-stat");
	later.head.pid = 0;
	refused("not started");
	later.head.rows = 5000;
	refused("no sense");
	later.head.row_size = 0;
	refused("no sense");
	later.head.text_size = ~0u;
	refused("no sense");
	assert_non_null(page_load(&page, read_nothing, NULL, 0));
	page_free(&page);
}

/* A list that leads back to itself, and a link outside of its block. */
static void bad_lists(void **state)
{
	struct page page;

	(void)state;
	make_later();
	last.next = &first;
	page = load(&later);
	assert_true(page.heaps >= 3);
	page_free(&page);
	last.next = NULL;

	later.section[1].section.link = sizeof(struct block) - 4;
	page = load(&later);
	assert_int_equal(page.heaps, 0);
	assert_int_equal(page_find(&page, "list")->count, 0);
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(described),
		cmocka_unit_test(agrees),
		cmocka_unit_test(system_bytes),
		cmocka_unit_test(threads),
		cmocka_unit_test(child),
		cmocka_unit_test(later_page),
		cmocka_unit_test(older_page),
		cmocka_unit_test(no_page),
		cmocka_unit_test(bad_lists),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
