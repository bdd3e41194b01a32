/* SPDX-License-Identifier: MIT */
/*
 * stats.c - see stats.h.
 */
#include "api/stats.h"

#include "heap/thread.h"
#include "os/meta.h"
#include "os/os.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "superslab/arena.h"

static uint64_t load(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_heap(struct hk_heap *heap, void *arg)
{
	struct hakmem_stats *s = arg;

	s->heaps++;
	s->refills += load(&heap->counts.refills);
	s->slabs_retired += load(&heap->counts.retired);
	s->remote_chains += load(&heap->counts.chains);
}

/*
 * Bytes of the blocks of small slabs that are out.  A unit may become one of
 * another kind at any time: a figure counts only if it was a small slab
 * before and after it was read.
 */
static size_t small_bytes(void)
{
	size_t units = hk_arena_span() >> HK_UNIT_SHIFT;
	size_t bytes = 0;

	for (size_t i = 1; i < units; i++) {
		struct hk_desc *d = hk_desc_at((uint32_t)i);
		enum hk_state state = hk_desc_state(d);
		unsigned int class = hk_desc_class(d);
		size_t out;

		if (state < HK_SLAB_CURRENT || state > HK_SLAB_FULL)
			continue;
		out = hk_slab_out(d);
		if (hk_desc_state(d) == state &&
		    class < HK_SMALL_CLASSES && out <= hk_class_capacity(class))
			bytes += out * hk_class_size(class);
	}
	return bytes;
}

void hk_stats_collect(struct hakmem_stats *s)
{
	size_t huge = hk_huge_bytes();
	size_t arena, clean, dirty, live;

	*s = (struct hakmem_stats){ .size = sizeof(*s) };
	hk_heaps_each(add_heap, s);
	hk_run_free_bytes(&clean, &dirty);
	arena = hk_arena_committed();	/* after: it only grows */
	live = small_bytes() + hk_medium_bytes() + hk_heap_run_bytes();
	live = hk_min(live, arena - clean);

	s->live_bytes = live + huge;
	s->free_bytes = arena - clean - live;
	s->metadata_bytes = hk_meta_bytes() + hk_arena_table_bytes();
	s->committed_bytes = arena + huge + s->metadata_bytes;
	s->reserved_bytes = s->committed_bytes +
		hk_arena_table_reserved() - hk_arena_table_bytes();
	s->huge_bytes = huge;

	s->mmap_calls = load(&hk_os_counts.mmap);
	s->munmap_calls = load(&hk_os_counts.munmap);
	s->mremap_calls = load(&hk_os_counts.mremap);
	s->mprotect_calls = load(&hk_os_counts.mprotect);
	s->madvise_calls = load(&hk_os_counts.madvise);
	s->madvise_failures = load(&hk_os_counts.madvise_failed);

	s->superslabs_taken = arena >> HK_SUPER_SHIFT;
	s->superslabs_freed = hk_run_supers_purged();
	s->fallback_mmaps = hk_arena_jumps();
	s->purged_bytes = load(&hk_os_counts.discarded);
	s->huge_allocs = hk_huge_allocs();
}
