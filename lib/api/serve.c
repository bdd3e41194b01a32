/* SPDX-License-Identifier: MIT */
/*
 * serve.c - see serve.h.
 */
#include "api/serve.h"

#include "api/libc_mode.h"
#include "heap/heap_fast.h"
#include "heap/remote.h"
#include "heap/thread.h"
#include "slab/huge.h"
#include "slab/run.h"

struct hk_heap *hk_serve_enter_slow(bool *shared)
{
	struct hk_heap *heap;

	if (!hk_libc_mode_on() && !hk_share_wanted()) {
		heap = hk_thread_attach();
		if (heap) {
			hk_share_inherit(heap);
			return heap;
		}
	}
	heap = hk_share_enter();
	*shared = heap != NULL;
	return heap;
}

void *hk_serve_class(struct hk_heap *heap, unsigned int class, size_t align,
		     bool *zeroed)
{
	void *p;

	*zeroed = false;
	if (class >= HK_SMALL_CLASSES)
		return hk_heap_medium(heap, class, align, zeroed);
	p = hk_pop(*hk_current(heap, class));
	return p ? p : hk_heap_small(heap, class);
}

void *hk_serve_run(struct hk_heap *heap, size_t align, size_t n, bool *zeroed)
{
	void *p = hk_heap_run(heap, hk_units_for(n),
			      hk_max(align >> HK_UNIT_SHIFT, 1), zeroed);

	if (p || n < HK_MOVE_PAGES_MIN)
		return p;
	*zeroed = true;
	return hk_huge_alloc(hk_units_for(n) << HK_UNIT_SHIFT,
			     hk_max(align, HK_PAGE));
}

void *hk_serve_aligned(struct hk_heap *heap, size_t align, size_t n)
{
	unsigned int class = HK_CLASSES;
	bool zeroed;

	if (hk_likely(align <= 16 && n <= HK_MEDIUM_MAX))
		class = hk_class_of(n);
	else if (align <= HK_PAGE)
		class = hk_class_aligned(n, align);
	if (class < HK_CLASSES)
		return hk_serve_class(heap, class, align, &zeroed);
	if (n > HK_RUN_MAX_UNITS << HK_UNIT_SHIFT || align > HK_RUN_ALIGN_MAX)
		return hk_huge_alloc(hk_max(n, 1), align);
	return hk_serve_run(heap, align, hk_max(n, 1), &zeroed);
}

static void free_small(struct hk_heap *heap, struct hk_desc *d, void *p)
{
	/* Relaxed: see struct hk_desc. */
	if (hk_desc_owner(d) == heap)
		hk_heap_free_own(heap, d, p);
	else
		hk_remote_free(heap, d, p);
}

void hk_serve_free(struct hk_heap *heap, void *p,
		   const struct hk_block_info *info)
{
	switch (info->kind) {
	case HK_KIND_SMALL:
		free_small(heap, info->d, p);
		break;
	case HK_KIND_MEDIUM:
		hk_heap_medium_free(heap, info->d->class, p);
		break;
	case HK_KIND_RUN:
		hk_heap_run_free(heap, info->d);
		break;
	default:
		break;
	}
}
