/* SPDX-License-Identifier: MIT */
/*
 * stats.c - see stats.h.
 */
#include "api/stats.h"

#include "api/account.h"
#include "heap/thread.h"
#include "os/meta.h"
#include "os/os.h"
#include "slab/guard.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "superslab/arena.h"

static uint64_t load(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* What is counted as it happens. */
static void add_events(struct hakmem_stats *s)
{
	s->mmap_calls = load(&hk_os_counts.mmap);
	s->munmap_calls = load(&hk_os_counts.munmap);
	s->mremap_calls = load(&hk_os_counts.mremap);
	s->mprotect_calls = load(&hk_os_counts.mprotect);
	s->madvise_calls = load(&hk_os_counts.madvise);
	s->madvise_failures = load(&hk_os_counts.madvise_failed);
	s->purged_bytes = load(&hk_os_counts.discarded);
	s->superslabs_taken = hk_arena_committed() >> HK_SUPER_SHIFT;
	s->superslabs_freed = hk_run_supers_purged();
	s->fallback_mmaps = hk_arena_jumps();
	s->huge_allocs = hk_huge_allocs();
	s->guarded_allocs = load(&hk_guard_counts.taken);
	s->thp_bytes = load(&hk_os_counts.huge);
	/* Heaps are put in front of the list and stay in it: no lock. */
	for (struct hk_heap *h = hk_heaps_first(); h; h = h->next_heap) {
		s->refills += load(&h->counts.refills);
		s->slabs_retired += load(&h->counts.retired);
		s->remote_chains += load(&h->counts.chains);
	}
}

/* ---- where the bytes are ---- */

/* At most what is `left`, of which it is taken. */
static uint64_t take(size_t *left, size_t bytes)
{
	bytes = hk_min(bytes, *left);
	*left -= bytes;
	return bytes;
}

static void add_classes(struct hakmem_stats *s, const struct hk_account *a,
			size_t *left)
{
	for (unsigned int c = 0; c < HK_CLASSES; c++) {
		struct hk_class_figures f;

		hk_account_class(a, c, &f);
		s->live_bytes += take(left, f.live * f.size);
		s->cached_bytes += take(left, f.cached * f.size);
		s->slab_free_bytes += take(left, f.free * f.size);
		s->slab_purged_bytes += take(left, f.purged * f.size);
		s->slab_uncarved_bytes += take(left, f.uncarved * f.size);
		s->slab_tail_bytes += take(left, f.tail_bytes);
	}
	/* Blocks under way are among the live ones of their class. */
	s->sent_bytes = hk_min(a->sent, s->live_bytes);
	s->live_bytes -= s->sent_bytes;
}

/*
 * Static memory: the heap of the first thread, the shared one, two that
 * stand for none, and the heads of lists.
 */
static size_t static_bytes(void)
{
	return 4 * sizeof(struct hk_heap) + hk_medium_static_bytes() +
		hk_run_static_bytes();
}

/* The arena's bytes, one kind after the other; what is left is in transit. */
static size_t add_arena(struct hakmem_stats *s, const struct hk_account *a)
{
	size_t clean, dirty, arena, left;

	hk_run_free_bytes(&clean, &dirty);
	arena = hk_arena_committed();	/* after: it only grows */
	left = arena;
	/* Unit 0 is not used. */
	s->metadata_bytes = take(&left, HK_UNIT);
	s->clean_bytes = take(&left, clean);
	s->dirty_bytes = take(&left, dirty);
	add_classes(s, a, &left);
	s->run_bytes = take(&left, a->live_run_units << HK_UNIT_SHIFT);
	s->live_bytes += s->run_bytes;
	s->empty_slab_bytes = take(&left, a->empty_units << HK_UNIT_SHIFT);
	s->cached_run_bytes = take(&left, a->run_units << HK_UNIT_SHIFT);
	s->transit_bytes = left;
	s->free_bytes = arena - s->metadata_bytes - s->clean_bytes -
		s->live_bytes - s->slab_purged_bytes;
	return arena;
}

static void collect(struct hakmem_stats *s, const struct hk_account *a)
{
	/* Pages of sampled blocks that were freed and may be written to. */
	uint64_t kept = load(&hk_guard_counts.kept);
	size_t arena;

	*s = (struct hakmem_stats){ .size = sizeof(*s), .heaps = a->heaps };
	add_events(s);
	arena = add_arena(s, a);

	s->huge_bytes = hk_huge_bytes();
	s->guarded_bytes = load(&hk_guard_counts.live);
	s->live_bytes += s->huge_bytes + s->guarded_bytes;
	s->metadata_bytes += hk_meta_bytes() + hk_arena_table_bytes() +
		static_bytes() + kept;
	s->committed_bytes = arena + s->huge_bytes + s->guarded_bytes +
		s->metadata_bytes - (arena ? HK_UNIT : 0);
	s->reserved_bytes = s->committed_bytes +
		hk_arena_table_reserved() - hk_arena_table_bytes() +
		load(&hk_guard_counts.reserved) - s->guarded_bytes - kept;
}

void hk_stats_events(struct hakmem_stats *s)
{
	*s = (struct hakmem_stats){ .size = sizeof(*s) };
	add_events(s);
}

void hk_stats_collect(struct hakmem_stats *s)
{
	struct hk_account account;

	hk_account_take(&account);
	collect(s, &account);
}

void hk_stats_verify(void)
{
	struct hakmem_stats s;

	if (!hk_debug)
		return;
	hk_stats_collect(&s);
	hk_assert(!s.transit_bytes);
	hk_assert(s.live_bytes + s.cached_bytes + s.sent_bytes +
		  s.slab_free_bytes + s.slab_purged_bytes +
		  s.slab_uncarved_bytes + s.slab_tail_bytes +
		  s.empty_slab_bytes + s.cached_run_bytes + s.dirty_bytes +
		  s.clean_bytes + s.metadata_bytes == s.committed_bytes);
}

/* ---- all of it as text ---- */

int hk_stats_report(enum hk_report_format format, hk_report_write *write,
		    void *arg)
{
	struct hk_account account;
	struct hakmem_stats stats;
	struct hk_report report;

	hk_account_take(&account);
	collect(&stats, &account);
	hk_report_start(&report, format, write, arg, &stats);
	hk_report_classes(&report);
	for (unsigned int c = 0; c < HK_CLASSES; c++) {
		struct hk_class_figures figures;

		hk_account_class(&account, c, &figures);
		if (figures.slabs)
			hk_report_class(&report, &figures);
	}
	hk_report_heaps(&report);
	/* Without the lock: whoever reads the text may need it. */
	for (struct hk_heap *h = hk_heaps_first(); h; h = h->next_heap) {
		struct hk_heap_figures figures;

		hk_account_heap(h, &figures);
		hk_report_heap(&report, &figures);
	}
	return hk_report_end(&report);
}

static int write_fd(void *arg, const char *text, size_t len)
{
	const int *fd = arg;

	return hk_os_write(*fd, text, len);
}

int hk_stats_report_fd(enum hk_report_format format, int fd)
{
	return hk_stats_report(format, write_fd, &fd);
}
