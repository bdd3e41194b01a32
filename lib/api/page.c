/* SPDX-License-Identifier: MIT */
/*
 * page.c - the statistics page: which figures it has, and where they are.
 * Rows and texts are constant and hold no address, so that they cost a
 * process neither a relocation nor a private page.
 */
#include "api/page.h"

#include "api/copy.h"
#include "api/request.h"
#include "heap/process.h"
#include "heap/thread.h"
#include "os/meta.h"
#include "os/os.h"
#include "policy/policy.h"
#include "slab/guard.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "superslab/arena.h"
#include "superslab/unitmap.h"

#include <pthread.h>

#define OS(f)	HK_SECTION_OS, offsetof(struct hk_os_counts, f), 8
#define ARENA(f) HK_SECTION_ARENA, offsetof(struct hk_arena_counts, f), 8
#define HUGE(f)	HK_SECTION_HUGE, offsetof(struct hk_huge_counts, f), 8
#define GUARD(f) HK_SECTION_GUARD, offsetof(struct hk_guard_counts, f), 8
#define HEAP(f)	HK_SECTION_HEAPS, offsetof(struct hk_heap, f), 8
#define HEAP4(f) HK_SECTION_HEAPS, offsetof(struct hk_heap, f), 4
#define UNIT(f, width) HK_SECTION_UNITS, offsetof(struct hk_desc, f), width
#define ONE	HK_PAGE_ONE, 0, 1, 0
#define EACH	HK_PAGE_UNIT, 0, 0, 0
#define TIME	HK_PAGE_TIME, 0, HK_NS_BUCKETS, 8
#define SMALL	HK_PAGE_CLASS, 0, HK_SMALL_CLASSES, \
		sizeof(((struct hk_heap *)0)->counts.small[0])
#define MEDIUM	HK_PAGE_CLASS, HK_SMALL_CLASSES, HK_MEDIUM_CLASSES

/*
 * name, type, unit, shift, section, offset, width, index, first, count,
 * stride, help
 */
#define ROWS(X)								\
X(mmap_calls, 'c', 'n', 0, OS(mmap), ONE, "calls of mmap")		\
X(munmap_calls, 'c', 'n', 0, OS(munmap), ONE, "calls of munmap")	\
X(mremap_calls, 'c', 'n', 0, OS(mremap), ONE, "calls of mremap")	\
X(mprotect_calls, 'c', 'n', 0, OS(mprotect), ONE, "calls of mprotect")	\
X(madvise_calls, 'c', 'n', 0, OS(madvise), ONE, "calls of madvise")	\
X(madvise_failures, 'c', 'n', 0, OS(madvise_failed), ONE,		\
  "calls of madvise that were refused")					\
X(purge_calls, 'c', 'n', 0, OS(discards), ONE,				\
  "calls of madvise that gave pages back")				\
X(purged_bytes, 'c', 'b', 0, OS(discarded), ONE,			\
  "given back without unmapping")					\
X(mapped_bytes, 'c', 'b', 0, OS(mapped), ONE,				\
  "mapped or reserved")							\
X(unmapped_bytes, 'c', 'b', 0, OS(unmapped), ONE, "unmapped")		\
X(remapped_bytes, 'c', 'b', 0, OS(remapped), ONE,			\
  "lengths that mremap gave")						\
X(table_committed_bytes, 'c', 'b', 0, OS(committed), ONE,		\
  "made writable by mprotect")						\
X(huge_advised_bytes, 'c', 'b', 0, OS(huge), ONE,			\
  "for which huge pages were asked")					\
X(small_advised_bytes, 'c', 'b', 0, OS(nohuge), ONE,			\
  "for which small pages were asked")					\
X(call_time, 'c', 'n', 0, OS(call_ns), TIME,				\
  "calls to the system by duration")					\
X(lock_sleep_time, 'c', 'n', 0, OS(wait_ns), TIME,			\
  "sleeps for a lock by duration")					\
X(lock_waits, 'c', 'n', 0, HK_SECTION_LOCKS, 0, 8, HK_PAGE_RANK, 0,	\
  HK_RANK_META + 1, 8, "locks that were not free at once")		\
X(refill_time, 'c', 'n', 0, HK_SECTION_REFILLS, 0, 8, TIME,		\
  "refills by duration, of which one in 32 is measured")		\
X(arena_bytes, 'g', 'b', 0, ARENA(committed), ONE,			\
  "taken from the system for blocks")					\
X(table_bytes, 'g', 'b', 0, ARENA(table), ONE,				\
  "of descriptors, committed")						\
X(fallback_mmaps, 'c', 'n', 0, ARENA(jumps), ONE,			\
  "mappings of others that were gone round")				\
X(huge_bytes, 'g', 'b', 0, HUGE(bytes), ONE,				\
  "in mappings of their own")						\
X(huge_allocs, 'c', 'n', 0, HUGE(allocs), ONE,				\
  "mappings of their own made")						\
X(guarded_bytes, 'g', 'b', 0, GUARD(live), ONE,				\
  "of live blocks between guard pages")					\
X(guarded_kept_bytes, 'g', 'b', 0, GUARD(kept), ONE,			\
  "of freed such blocks that do not trap")				\
X(guarded_allocs, 'c', 'n', 0, GUARD(taken), ONE,			\
  "blocks between guard pages made")					\
X(meta_bytes, 'g', 'b', 0, HK_SECTION_META, 0, 8, ONE,			\
  "of the library's own memory")					\
X(run_bytes, 'g', 'b', HK_UNIT_SHIFT, HK_SECTION_RUNS, 0, 8, ONE,	\
  "of blocks above 128 KiB with the program")				\
X(clean_bytes, 'g', 'b', HK_UNIT_SHIFT, HK_SECTION_CLEAN, 0, 8, ONE,	\
  "free, not resident")							\
X(dirty_bytes, 'g', 'b', HK_UNIT_SHIFT, HK_SECTION_DIRTY, 0, 8, ONE,	\
  "free, perhaps resident")						\
X(class_size, 'g', 'b', 0, HK_SECTION_CLASSES, 0, 4, HK_PAGE_CLASS, 0,	\
  HK_CLASSES, 4, "of a block")						\
X(class_capacity, 'g', 'n', 0, HK_SECTION_CAPACITIES, 0, 2,		\
  HK_PAGE_CLASS, 0, HK_CLASSES, 2, "blocks in a slab")			\
X(medium_out, 'g', 'n', 0, HK_SECTION_MEDIUM, 0, 8, MEDIUM,		\
  HK_MEDIUM_STRIDE, "blocks with the program or in magazines")		\
X(magazine_blocks, 'g', 'n', 0, HEAP4(magazine[0].n), MEDIUM,		\
  sizeof(struct hk_magazine), "blocks in magazines")			\
X(heap_id, 'l', 'n', 0, HEAP4(id), ONE, "which heap it is")		\
X(heap_thread, 'l', 'n', 0, HEAP4(thread), ONE, "whose it is")		\
X(heaps_shared, 'g', 'n', 0, HK_SECTION_HEAPS,				\
  offsetof(struct hk_heap, shared), 1, ONE, "heaps that threads share")	\
X(heaps_idle, 'g', 'n', 0, HK_SECTION_HEAPS,				\
  offsetof(struct hk_heap, orphan), 1, ONE, "heaps without a thread")	\
X(empty_slabs, 'g', 'n', 0, HEAP4(empties), ONE,			\
  "empty slabs that heaps keep")					\
X(cached_run_bytes, 'g', 'b', HK_UNIT_SHIFT, HEAP4(run_units), ONE,	\
  "longer blocks that heaps keep")					\
X(chain_bytes, 'g', 'b', 0, HEAP(chain_bytes), ONE,			\
  "blocks that heaps collect for others")				\
X(inbox_bytes, 'g', 'b', 0, HEAP(inbox_bytes), ONE,			\
  "blocks sent and not yet fetched")					\
X(refills, 'c', 'n', 0, HEAP(counts.refills), ONE,			\
  "times a thread's list ran empty")					\
X(slabs_retired, 'c', 'n', 0, HEAP(counts.retired), ONE,		\
  "slabs that became empty")						\
X(chains_sent, 'c', 'n', 0, HEAP(counts.chains), ONE,			\
  "batches of blocks for other heaps")					\
X(chains_received, 'c', 'n', 0, HEAP(counts.received), ONE,		\
  "batches fetched from inboxes")					\
X(inboxes_robbed, 'c', 'n', 0, HEAP(counts.robbed), ONE,		\
  "inboxes sorted for an owner that does not look")			\
X(heaps_adopted, 'c', 'n', 0, HEAP(counts.adopted), ONE,		\
  "heaps given to a new thread")					\
X(slow_allocs, 'c', 'n', 0, HEAP(counts.allocs), ONE,			\
  "allocations of the slow path")					\
X(slow_frees, 'c', 'n', 0, HEAP(counts.frees), ONE,			\
  "frees of the slow path")						\
X(small_refills, 'c', 'n', 0, HEAP(counts.small[0].refills), SMALL,	\
  "refills by class")							\
X(small_made, 'c', 'n', 0, HEAP(counts.small[0].made), SMALL,		\
  "slabs made")								\
X(small_retired, 'c', 'n', 0, HEAP(counts.small[0].retired), SMALL,	\
  "slabs that became empty, by class")					\
X(medium_refills, 'c', 'n', 0, HEAP(counts.medium[0].refills), MEDIUM,	\
  sizeof(((struct hk_heap *)0)->counts.medium[0]),			\
  "magazines that ran empty")						\
X(medium_flushes, 'c', 'n', 0, HEAP(counts.medium[0].flushes), MEDIUM,	\
  sizeof(((struct hk_heap *)0)->counts.medium[0]),			\
  "magazines that ran full")						\
X(unit_owner, 'l', 'n', 0, UNIT(owner, 8), EACH, "heap of a slab")	\
X(unit_state, 'l', 'n', 0, UNIT(state, 1), EACH, "what a unit is")	\
X(unit_class, 'l', 'n', 0, UNIT(class, 1), EACH, "class of a slab")	\
X(unit_count, 'g', 'n', 0, UNIT(count, 4), EACH, "small: blocks out")	\
X(unit_wake, 'g', 'n', 0, UNIT(wake, 2), EACH,				\
  "small, full: frees until usable, and what nobody gets")		\
X(unit_carved, 'g', 'n', 0, UNIT(carved, 2), EACH, "blocks made")	\
X(unit_robbed, 'g', 'n', 0, UNIT(rob_count, 2), EACH,			\
  "small: blocks that wait for the owner")				\
X(unit_avail, 'g', 'n', 0, UNIT(avail, 8), EACH,			\
  "medium: which blocks are in the slab")				\
X(unit_idle, 'g', 'n', 0, UNIT(idle, 8), EACH,				\
  "medium: which of these may be resident")

static_assert((int)HK_SLAB_CURRENT == HK_PAGE_SLAB_CURRENT &&
	      (int)HK_SLAB_USABLE == HK_PAGE_SLAB_USABLE &&
	      (int)HK_SLAB_FULL == HK_PAGE_SLAB_FULL &&
	      (int)HK_MEDIUM == HK_PAGE_MEDIUM &&
	      (int)HK_MEDIUM_PART == HK_PAGE_MEDIUM_PART &&
	      (int)HK_RUN == HK_PAGE_RUN, "readers know these");

/* The options that are numbers, as they are in force; `unit` as above. */
#define UNIT_BOOL	'n'
#define UNIT_SIZE	'b'
#define UNIT_PERCENT	'n'
#define UNIT_MS		'n'
#define UNIT_NUMBER	'n'
#define UNIT_ENUM	'n'
#define OPTION_NAME(name) "option_" name

#define TEXT_FIELD(name, type, unit, shift, ...) \
	TEXT_FIELD_(name, __VA_ARGS__)
#define TEXT_FIELD_(name, section, offset, width, index, first, count,	\
		    stride, help)					\
	char name[sizeof(#name "\0" help)];
#define TEXT(name, type, unit, shift, ...) TEXT_(name, __VA_ARGS__)
#define TEXT_(name, section, offset, width, index, first, count, stride, \
	      help)							\
	.name = #name "\0" help,

#define OPTION_FIELD(id, name, type, unit, changes, least, most, balanced, \
		     speed, hardened, words, help)			\
	char option_##id[sizeof(OPTION_NAME(name) "\0" help)];
#define OPTION_TEXT(id, name, type, unit, changes, least, most, balanced, \
		    speed, hardened, words, help)			\
	.option_##id = OPTION_NAME(name) "\0" help,

/* A member for each row: its offset is what the row has as its name. */
static const struct texts {
	ROWS(TEXT_FIELD)
	HK_OPTION_NUMBERS(OPTION_FIELD)
} texts = {
	ROWS(TEXT)
	HK_OPTION_NUMBERS(OPTION_TEXT)
};

#define ROW(name, type, unit, shift, ...) \
	ROW_(name, type, unit, shift, __VA_ARGS__)
#define ROW_(name, type, unit, shift, section, offset, width, index, first, \
	     count, stride, help)					\
	{ offsetof(struct texts, name), type, unit, index, section, width, \
	  shift, count, stride, first, 0, offset },

#define OPTION_ROW(id, name, type, ...) \
	{ offsetof(struct texts, option_##id), 'g', UNIT_##type,	\
	  HK_PAGE_ONE, HK_SECTION_OPTIONS, sizeof(size_t), 0, 1, 0, 0, 0, \
	  HK_OPT_##id * sizeof(size_t) },

static const struct hk_page_row rows[] = {
	ROWS(ROW)
	HK_OPTION_NUMBERS(OPTION_ROW)
};

HK_EXPORT struct hk_stats_page hakmem_stats_page = {
	.head = {
		.magic = { 'H', 'A', 'K', 'M', 'E', 'M', 'P', 'G' },
		.abi = HK_PAGE_ABI,
		.size = sizeof(struct hk_page),
		.row_size = sizeof(rows[0]),
		.section_size = sizeof(struct hk_page_section),
		.rows = sizeof(rows) / sizeof(rows[0]),
		.sections = HK_SECTIONS,
		.text_size = sizeof(texts),
	},
};

static_assert((int)HK_SECTIONS <= HK_SECTIONS_ROOM,
	      "a longer object is another ABI");

/* Apart: the exported object does not grow with it. */
static struct hk_page_map map = {
	.size = sizeof(struct hk_page_map),
	.unit_size = HK_UNIT,
	.desc_size = sizeof(struct hk_desc),
	.state = offsetof(struct hk_desc, state),
	.class = offsetof(struct hk_desc, class),
	.carved = offsetof(struct hk_desc, carved),
	.wake = offsetof(struct hk_desc, wake),
	.count = offsetof(struct hk_desc, count),
	.units = offsetof(struct hk_desc, units),
	.avail = offsetof(struct hk_desc, avail),
	.robbed = offsetof(struct hk_desc, rob_count),
};

/* The three words that the map says are there. */
static_assert(offsetof(struct hk_arena, base) == 0 &&
	      offsetof(struct hk_arena, span) == 8 &&
	      offsetof(struct hk_arena, table) == 16, "as readers have it");

void hk_page_anchor(void)
{
}

static void set(enum hk_section section, const volatile void *at, size_t size)
{
	hakmem_stats_page.section[section].at = (uintptr_t)at;
	hakmem_stats_page.section[section].size = (uint32_t)size;
}

/* `table` is the address of a pointer. */
static void set_table(enum hk_section section, const void *table, size_t size,
		      const size_t *many, unsigned int shift)
{
	set(section, table, size);
	hakmem_stats_page.section[section].many = (uintptr_t)many;
	hakmem_stats_page.section[section].many_shift = shift;
}

static void set_map(void)
{
	const size_t *pairs;

	map.arena = (uintptr_t)&hk_arena;
	map.huge = (uintptr_t)hk_huge_table(&pairs);
	map.huge_pairs = (uintptr_t)pairs;
	map.guard = (uintptr_t)&hk_guard_base;
	map.guard_size = (uintptr_t)&hk_guard_span;
	map.chunks = (uintptr_t)&hk_meta_chunks;
	map.capacities = (uintptr_t)hk_class_capacities;
	map.request = (uintptr_t)&hk_request;
	hakmem_stats_page.head.map = (uintptr_t)&map;
}

/* In a child the counters go on; number and time are its own. */
static void forked(void)
{
	hakmem_stats_page.head.pid = hk_os_pid();
	hakmem_stats_page.head.start_ns = hk_os_date_ns();
	hk_request_forked();
	hk_copy_child();
}

/*
 * The number last, with release: a reader that sees one finds all addresses.
 */
__attribute__((constructor)) static void page_starts(void)
{
	struct hk_page *head = &hakmem_stats_page.head;

	hk_process_configure();
	if (!hk_policy_get(HK_OPT_STATS_PAGE))
		return;
	head->schema = (uintptr_t)rows;
	head->text = (uintptr_t)&texts;
	set(HK_SECTION_OS, &hk_os_counts, sizeof(hk_os_counts));
	set(HK_SECTION_LOCKS, hk_lock_waits, sizeof(hk_lock_waits));
	set(HK_SECTION_REFILLS, hk_heap_refill_ns, sizeof(hk_heap_refill_ns));
	set(HK_SECTION_ARENA, &hk_arena_counts, sizeof(hk_arena_counts));
	set(HK_SECTION_HUGE, &hk_huge_counts, sizeof(hk_huge_counts));
	set(HK_SECTION_GUARD, &hk_guard_counts, sizeof(hk_guard_counts));
	set(HK_SECTION_META, &hk_meta_taken, sizeof(hk_meta_taken));
	set(HK_SECTION_RUNS, &hk_heap_run_units, sizeof(hk_heap_run_units));
	set(HK_SECTION_CLEAN, hk_run_clean_units(), sizeof(size_t));
	set(HK_SECTION_DIRTY, hk_run_dirty_units(), sizeof(size_t));
	set(HK_SECTION_CLASSES, hk_class_sizes, sizeof(hk_class_sizes));
	set(HK_SECTION_CAPACITIES, hk_class_capacities,
	    sizeof(hk_class_capacities));
	set(HK_SECTION_MEDIUM, hk_medium_outs(),
	    (HK_MEDIUM_CLASSES - 1) * HK_MEDIUM_STRIDE + sizeof(size_t));
	set(HK_SECTION_OPTIONS, hk_policy.value, sizeof(hk_policy.value));
	set(HK_SECTION_HEAPS, hk_heaps_head(), sizeof(struct hk_heap));
	hakmem_stats_page.section[HK_SECTION_HEAPS].link =
		offsetof(struct hk_heap, next_heap);
	set_table(HK_SECTION_UNITS, &hk_arena.table, sizeof(struct hk_desc),
		  &hk_arena.span, HK_UNIT_SHIFT);
	set_map();
	head->start_ns = hk_os_date_ns();
	__atomic_store_n(&head->pid, hk_os_pid(), __ATOMIC_RELEASE);
	pthread_atfork(hk_copy_prepare, hk_copy_parent, forked);
	hk_copy_start();
}
