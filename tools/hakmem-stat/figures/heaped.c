/* SPDX-License-Identifier: MIT */
/*
 * heaped.c - see heaped.h.
 */
#include "figures/heaped.h"

#include "common/util.h"

#include "base/base.h"
#include "stats/page.h"

#include <stdlib.h>

static const char *const names[HEAPED_FIGURES] = {
	[HEAPED_SLABS] = "slabs", [HEAPED_BYTES] = "bytes",
	[HEAPED_LIVE] = "live_bytes", [HEAPED_FREE] = "free_bytes",
	[HEAPED_KEPT] = "kept_bytes", [HEAPED_CHAINED] = "chained_bytes",
	[HEAPED_SENT] = "sent_bytes", [HEAPED_REFILLS] = "refills",
	[HEAPED_RETIRED] = "retired", [HEAPED_CHAINS] = "chains_sent",
	[HEAPED_RECEIVED] = "chains_received",
	[HEAPED_ALLOCS] = "slow_allocs", [HEAPED_FREES] = "slow_frees",
	[HEAPED_ADOPTED] = "adopted",
};

const char *heaped_name(enum heaped_figure figure)
{
	return names[figure];
}

const char *heaped_word(enum heaped_state state)
{
	static const char *const words[] = {
		[HEAPED_THREAD] = "thread", [HEAPED_SHARED] = "shared",
		[HEAPED_IDLE] = "idle", [HEAPED_GONE] = "gone",
	};

	return words[state];
}

/* ---- whose it is ---- */

static enum heaped_state state_of(const struct page *page, size_t heap,
				  uint64_t thread)
{
	if (page_of_heap(page, "heaps_shared", heap, 0))
		return HEAPED_SHARED;
	if (page_of_heap(page, "heaps_idle", heap, 0))
		return HEAPED_IDLE;
	return thread == HK_PAGE_THREAD_GONE ? HEAPED_GONE : HEAPED_THREAD;
}

/* A thread that has ended since is not found. */
static void find_thread(struct heaped *row, const struct heaps *heaps,
			const struct page *page, uint64_t number)
{
	uint32_t inner = number == HK_PAGE_THREAD_FIRST ? page->pid :
		(uint32_t)number;
	const struct proc_thread *thread;

	if (row->state != HEAPED_THREAD)
		return;
	thread = proc_thread_find(&heaps->threads, inner);
	if (thread) {
		row->tid = thread->tid;
		row->name = thread->name;
	}
}

/* ---- what it has ---- */

static uint64_t magazine_bytes(const struct page *page, size_t heap)
{
	const struct page_value *value = page_find(page, "magazine_blocks");
	uint64_t n = 0;

	for (size_t i = 0; value && i < value->count; i++) {
		size_t class = value->first + i;

		n += page_of_heap(page, "magazine_blocks", heap, class) *
			page_of_class(page, "class_size", class);
	}
	return n;
}

static uint64_t one(const struct page *page, size_t heap, const char *name)
{
	return page_of_heap(page, name, heap, 0);
}

static void take_figures(uint64_t figures[HEAPED_FIGURES],
			 const struct page *page, size_t heap,
			 const struct units_heap *units)
{
	uint64_t slab_bytes = units->slabs * HK_UNIT;

	figures[HEAPED_SLABS] = units->slabs;
	figures[HEAPED_LIVE] = units->out_bytes;
	figures[HEAPED_FREE] = slab_bytes - units->out_bytes;
	figures[HEAPED_KEPT] = magazine_bytes(page, heap) +
		one(page, heap, "empty_slabs") * HK_UNIT +
		one(page, heap, "cached_run_bytes");
	figures[HEAPED_BYTES] = slab_bytes + figures[HEAPED_KEPT];
	figures[HEAPED_CHAINED] = one(page, heap, "chain_bytes");
	figures[HEAPED_SENT] = one(page, heap, "inbox_bytes") +
		units->robbed_bytes;
	figures[HEAPED_REFILLS] = one(page, heap, "refills");
	figures[HEAPED_RETIRED] = one(page, heap, "slabs_retired");
	figures[HEAPED_CHAINS] = one(page, heap, "chains_sent");
	figures[HEAPED_RECEIVED] = one(page, heap, "chains_received");
	figures[HEAPED_ALLOCS] = one(page, heap, "slow_allocs");
	figures[HEAPED_FREES] = one(page, heap, "slow_frees");
	figures[HEAPED_ADOPTED] = one(page, heap, "heaps_adopted");
}

void heaps_take(struct heaps *heaps, pid_t pid, const struct page *page,
		const struct units *units)
{
	*heaps = (struct heaps){ .pid = pid, .count = page->heaps };
	heaps->rows = util_resize(NULL, heaps->count, sizeof(*heaps->rows));
	proc_threads(&heaps->threads, pid);
	for (size_t i = 0; i < heaps->count; i++) {
		uint64_t thread = one(page, i, "heap_thread");
		struct heaped *row = &heaps->rows[i];

		*row = (struct heaped){
			.id = one(page, i, "heap_id"),
			.state = state_of(page, i, thread),
			.name = "",
		};
		find_thread(row, heaps, page, thread);
		take_figures(row->figures, page, i, &units->heaps[i]);
		for (int f = 0; f < HEAPED_FIGURES; f++)
			heaps->total[f] += row->figures[f];
	}
}

void heaps_free(struct heaps *heaps)
{
	proc_threads_free(&heaps->threads);
	free(heaps->rows);
	*heaps = (struct heaps){ 0 };
}
