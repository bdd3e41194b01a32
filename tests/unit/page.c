/* SPDX-License-Identifier: MIT */
/*
 * The statistics page and its reader: the process's own page, pages of later
 * versions of the library, and memory that is no page at all.
 */
#include "unit.h"

#include "api/account.h"
#include "api/alloc.h"
#include "api/page.h"
#include "api/stats.h"
#include "heap/thread.h"
#include "os/os.h"
#include "process/page.h"
#include "process/units.h"

#include <semaphore.h>
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
	assert_true(page.map != 0);
	for (size_t i = 0; i < page.count; i++) {
		const struct page_value *value = &page.values[i];

		assert_true(value->index == 'u' ? value->width > 0 :
			value->count > 0);
		assert_true(*value->name && *value->help);
		assert_true(value->type == 'c' || value->type == 'g' ||
			value->type == 'l');
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

/* ---- heaps and slabs ---- */

static struct page load_heaps(struct units *units)
{
	struct page page;

	assert_null(page_load_heaps(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	assert_null(units_load(units, &page, read_own, NULL));
	return page;
}

/* Of a value by heaps: how many of 32, and what is left of them, are 16. */
static uint64_t halves(const struct page *page, const char *name)
{
	const struct page_value *value = page_find(page, name);
	uint64_t n = 0;

	assert_non_null(value);
	for (size_t i = 0; i < page->heaps * value->count; i++)
		n += (value->of_heaps[i] + 16) / 32;
	return n;
}

/* Which refills are measured is known, so how many there are is, too. */
static void refills_are_timed(void **state)
{
	static void *blocks[4000];
	struct units units;
	struct page page;
	uint64_t before;

	(void)state;
	page = load_heaps(&units);
	before = sum(&page, "refill_time");
	assert_int_equal(before, halves(&page, "refills") +
		halves(&page, "medium_refills"));
	units_free(&units);
	page_free(&page);
	for (size_t i = 0; i < 4000; i++)
		blocks[i] = hk_malloc(i % 2 ? 900 : 3000);
	for (size_t i = 0; i < 4000; i++)
		hk_free(blocks[i]);
	page = load_heaps(&units);
	assert_true(sum(&page, "refill_time") > before);
	assert_int_equal(sum(&page, "refill_time"),
		halves(&page, "refills") + halves(&page, "medium_refills"));
	units_free(&units);
	page_free(&page);
}

static void *free_every_third(void *arg)
{
	void **blocks = arg;

	for (size_t i = 0; i < 3000; i += 3)
		hk_free(blocks[i]);
	return NULL;
}

/* Each class has what the library finds for it, and so has each heap. */
static void slabs(void **state)
{
	static void *blocks[3000];
	uint64_t by_class = 0, by_heap = 0, sent = 0, small = 0, units_all = 0;
	struct hk_account a;
	struct units units;
	struct page page;
	pthread_t thread;

	(void)state;
	for (size_t i = 0; i < 3000; i++)
		blocks[i] = hk_malloc(i * 40 + 1);
	for (size_t i = 1; i < 3000; i += 3)
		hk_free(blocks[i]);
	assert_int_equal(pthread_create(&thread, NULL, free_every_third,
		blocks), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	hk_account_take(&a);
	page = load_heaps(&units);
	assert_int_equal(units.count, HK_CLASSES);
	assert_int_equal(page.heaps, a.heaps);
	for (unsigned int c = 0; c < HK_CLASSES; c++) {
		const struct units_class *u = &units.classes[c];
		struct hk_class_figures f;

		hk_account_class(&a, c, &f);
		assert_int_equal(u->slabs, f.slabs);
		assert_int_equal(u->units, f.slabs * hk_class_units(c));
		assert_int_equal(u->out, f.live + f.cached);
		assert_int_equal(u->free, f.free);
		assert_int_equal(u->purged, f.purged);
		assert_int_equal(u->uncarved, f.uncarved);
		units_all += u->units;
		if (c < HK_SMALL_CLASSES) {
			by_class += u->out * f.size;
			small += u->slabs;
		}
	}
	assert_true(small > 0 && units_all > small);
	for (size_t h = 0; h < page.heaps; h++) {
		by_heap += units.heaps[h].out_bytes;
		small -= units.heaps[h].slabs;
		sent += units.heaps[h].robbed_bytes;
	}
	assert_int_equal(by_heap, by_class);
	assert_int_equal(small, 0);
	assert_true(a.sent > 0);
	assert_int_equal(sent + sum(&page, "inbox_bytes"), a.sent);
	units_free(&units);
	page_free(&page);

	for (size_t i = 2; i < 3000; i += 3)
		hk_free(blocks[i]);
	hk_trim(0);
}

/* The values of heaps add up; `value` of the heap with that id. */
static uint64_t of_heap(const struct page *page, const char *name,
			uint32_t id)
{
	uint64_t found = ~(uint64_t)0;

	for (size_t h = 0; h < page->heaps; h++)
		if (page_of_heap(page, "heap_id", h, 0) == id)
			found = page_of_heap(page, name, h, 0);
	return found;
}

static sem_t told, done;
static uint32_t other_thread, other_heap;

static void *live(void *arg)
{
	void *block = hk_malloc(100);

	other_thread = hk_os_tid();
	other_heap = hk_tls.heap->id;
	sem_post(&told);
	sem_wait(&done);
	hk_free(block);
	return arg;
}

/* The one thread of a child has its parent's heap; the other's is nobody's. */
static void owners_in_child(void *arg)
{
	struct units units;
	struct page page;

	(void)arg;
	CHECK(!page_load_heaps(&page, read_own, NULL,
		(uintptr_t)&hakmem_stats_page));
	CHECK(!units_load(&units, &page, read_own, NULL));
	CHECK_EQ(of_heap(&page, "heap_thread", hk_tls.heap->id),
		HK_PAGE_THREAD_FIRST);
	CHECK_EQ(of_heap(&page, "heap_thread", other_heap),
		HK_PAGE_THREAD_GONE);
	CHECK_EQ(of_heap(&page, "heaps_idle", other_heap), 0);
}

static void owners(void **state)
{
	uint64_t refills = 0;
	struct units units;
	struct page page;
	pthread_t thread;

	(void)state;
	assert_int_equal(sem_init(&told, 0, 0) | sem_init(&done, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, live, NULL), 0);
	sem_wait(&told);
	page = load_heaps(&units);
	assert_int_equal(of_heap(&page, "heap_thread", hk_tls.heap->id),
		HK_PAGE_THREAD_FIRST);
	assert_int_equal(of_heap(&page, "heap_thread", other_heap),
		other_thread);
	assert_int_equal(of_heap(&page, "heaps_idle", other_heap), 0);
	for (size_t h = 0; h < page.heaps; h++)
		refills += page_of_heap(&page, "refills", h, 0);
	assert_int_equal(refills, sum(&page, "refills"));
	/* Labels are not added. */
	assert_int_equal(sum(&page, "heap_id"), 0);
	units_free(&units);
	page_free(&page);
	/* As the library does. */
	assert_int_equal(pthread_atfork(hk_fork_prepare, hk_fork_parent,
		hk_fork_child), 0);
	assert_lives(owners_in_child, NULL);

	sem_post(&done);
	assert_int_equal(pthread_join(thread, NULL), 0);
	page = load_heaps(&units);
	assert_int_equal(of_heap(&page, "heaps_idle", other_heap), 1);
	units_free(&units);
	page_free(&page);
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
			{ .section = { .at = (uintptr_t)words,
				.size = sizeof(words) }, .more = ~0u },
			{ .section = { .at = (uintptr_t)&blocks_head,
				.size = sizeof(first),
				.link = offsetof(struct block, next) },
				.more = ~0u },
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

/* A header that ends before the map: what follows is no address of one. */
static void without_map(void **state)
{
	static struct {
		char head[offsetof(struct hk_page, map)];
		struct later_section section[2];
	} old;
	struct page page;

	(void)state;
	make_later();
	later.head.map = 4711;
	page = load(&later);
	assert_int_equal(page.map, 4711);
	page_free(&page);
	later.head.size = sizeof(old.head);
	memcpy(old.head, &later.head, sizeof(old.head));
	memcpy(old.section, later.section, sizeof(old.section));
	page = load(&old);
	assert_int_equal(page.map, 0);
	assert_int_equal(sum(&page, "list"), 235);
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

/* Records in a table of a later version, which are longer. */
static struct record {
	uint8_t state;
	uint8_t more;
	uint16_t number;
} records[3] = { { 1, 9, 100 }, { 2, 9, 200 }, { 3, 9, 300 } };
static struct record *records_at = records;
static uint64_t records_many = 3 << 4;

static const char table_text[] = "\0" "state\0\0" "number\0\0";

static void make_table(void)
{
	make_later();
	later.head.text = (uintptr_t)table_text;
	later.head.text_size = sizeof(table_text) - 1;
	later.head.rows = 2;
	later.section[0].section = (struct hk_page_section){
		.at = (uintptr_t)&records_at, .size = sizeof(records[0]),
		.many = (uintptr_t)&records_many, .many_shift = 4,
	};
	later_rows[0].row = (struct hk_page_row){ .name = 1, .type = 'l',
		.index = 'u', .width = 1,
		.offset = offsetof(struct record, state) };
	later_rows[1].row = (struct hk_page_row){ .name = 8, .type = 'g',
		.index = 'u', .width = 2, .shift = 1,
		.offset = offsetof(struct record, number) };
}

static void add_record(void *arg, const uint64_t *values)
{
	uint64_t *total = arg;

	total[0] += values[0];
	total[1] += values[1];
}

static const char *read_table(uint64_t total[2], const char *name)
{
	const char *const asked[] = { name, "state", NULL };
	struct page page = load(&later);
	const char *why;

	total[0] = total[1] = 0;
	why = page_records(&page, read_own, NULL, asked, add_record, total);
	page_free(&page);
	return why;
}

static void table(void **state)
{
	uint64_t total[2];

	(void)state;
	make_table();
	assert_null(read_table(total, "number"));
	assert_int_equal(total[0], 1200);
	assert_int_equal(total[1], 6);
	/* It has another name in a later version, or lies elsewhere. */
	assert_non_null(strstr(read_table(total, "nummer"),
		"another hakmem-stat"));
	later_rows[1].row.offset = 3;
	assert_non_null(strstr(read_table(total, "number"),
		"another hakmem-stat"));
	/* A field of another table, whose records are longer. */
	make_table();
	later.section[1].section = later.section[0].section;
	later.section[1].section.size = 1000;
	later.head.rows = 3;
	later_rows[2].row = later_rows[0].row;
	later_rows[0].row = (struct hk_page_row){ .name = 1, .type = 'l',
		.index = 'u', .width = 1, .section = 1, .offset = 999 };
	later_rows[2].row.name = 0;
	assert_non_null(strstr(read_table(total, "number"), "no sense"));
	make_table();
	records_many = ~(uint64_t)0;
	assert_non_null(strstr(read_table(total, "number"), "no sense"));
	assert_int_equal(total[0], 0);
	/* Nothing was ever allocated. */
	records_many = 3 << 4;
	records_at = NULL;
	assert_null(read_table(total, "number"));
	assert_int_equal(total[0], 0);
	records_at = records;
}

/* It ends soon, whatever a page makes the reader read and add. */
static void endless_list(void **state)
{
	static struct large {
		uint64_t number;
		struct large *next;
		char more[(1 << 20) - 16];
	} large = { .number = 1, .next = &large };
	static struct large *head = &large;
	struct page page;

	(void)state;
	make_later();
	later.section[1].section.at = (uintptr_t)&head;
	later.section[1].section.size = sizeof(large);
	page = load(&later);
	assert_in_range(page.heaps, 1000, 1024);
	assert_int_equal(sum(&page, "list"), page.heaps);
	page_free(&page);
}

/*
 * What is kept of each heap is of the first list: a value of another one would
 * be looked for in heaps that it does not have.
 */
static void two_lists(void **state)
{
	struct page page;

	(void)state;
	make_later();
	blocks_head = &last;
	later.section[0].section = (struct hk_page_section){
		.at = (uintptr_t)&blocks_head, .size = sizeof(first),
		.link = offsetof(struct block, next) };
	later_rows[0].row.count = 1;
	later_rows[0].row.shift = 0;
	later.section[1].section.at = (uintptr_t)&(struct block *){ &first };
	assert_null(page_load_heaps(&page, read_own, NULL, (uintptr_t)&later));
	assert_int_equal(page.heaps, 1);
	assert_int_equal(page_of_heap(&page, "ours", 0, 9), 5);
	assert_int_equal(page_of_heap(&page, "list", 0, 0), 0);
	assert_int_equal(page_of_heap(&page, "list", 2, 0), 0);
	page_free(&page);
	blocks_head = &first;
}

/* What does not fit is left out; what comes behind it is not. */
static void many_elements(void **state)
{
	static uint64_t values[4000];
	static struct later_row rows[20];
	struct page page;
	size_t n = 0;

	(void)state;
	make_later();
	for (size_t i = 0; i < 20; i++)
		rows[i].row = (struct hk_page_row){ .name = 1, .type = 'c',
			.unit = 'n', .width = 8, .stride = 8,
			.count = i < 19 ? 4000 : 1 };
	later.head.schema = (uintptr_t)rows;
	later.head.rows = 20;
	later.section[0].section.at = (uintptr_t)values;
	later.section[0].section.size = sizeof(values);
	page = load(&later);
	for (size_t i = 0; i < page.count; i++)
		n += page.values[i].count;
	assert_int_equal(n, 16 * 4000 + 1);
	assert_int_equal(page.values[19].count, 1);
	page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(described),
		cmocka_unit_test(agrees),
		cmocka_unit_test(refills_are_timed),
		cmocka_unit_test(slabs),
		cmocka_unit_test(owners),
		cmocka_unit_test(system_bytes),
		cmocka_unit_test(threads),
		cmocka_unit_test(child),
		cmocka_unit_test(later_page),
		cmocka_unit_test(older_page),
		cmocka_unit_test(without_map),
		cmocka_unit_test(no_page),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(table),
		cmocka_unit_test(endless_list),
		cmocka_unit_test(two_lists),
		cmocka_unit_test(many_elements),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
